"""The fern, as the chapter draws it: the lab's copy of the chapter's cells, for the experiments."""

import numpy as np

FACTORS = ("bend", "spacing", "length", "angle", "taper", "lead")
LOW = np.array([0.0, 3.4, 5.0, 0.7, 0.3, 0.0])
HIGH = np.array([1.1, 6.0, 10.0, 1.3, 1.0, 0.4])
STEM = 24.0  # pixels along the stem
PIXELS = np.stack(np.meshgrid(np.arange(28.0), np.arange(28.0)), -1).reshape(-1, 2) + 0.5
PIXELS = PIXELS.astype("float32")


def obeys(factors, tolerance=0.0):
    """Which rows obey the rules: the ranges, and two that join factors."""
    bend, spacing, length, _, _, lead = factors.T
    span = tolerance * (HIGH - LOW)
    inside = np.all((factors >= LOW - span) & (factors <= HIGH + span), axis=1)
    room = length <= 2.0 * spacing + 5 * tolerance
    outer = lead <= 0.4 * bend + 0.4 * tolerance
    return inside & room & outer


def draw_factors(n, rng):
    """n rows of factors that obey the rules, uniform over what is allowed."""
    kept = np.empty((0, 6))
    while len(kept) < n:
        tries = rng.uniform(LOW, HIGH, (4 * n, 6))
        kept = np.vstack([kept, tries[obeys(tries)]])
    return kept[:n]


def stem_at(bend, s):
    """Points (n, m, 2) on the stem and headings (n, m), s from 0 to 1."""
    b = np.maximum(bend, 1e-3)
    heading = b * s
    x = 12.0 + STEM * (1 - np.cos(heading)) / b
    y = 27.5 - STEM * np.sin(heading) / b
    return np.stack([x, y], -1), heading


def strokes(factors):
    """Begin, end (n, m, 2) and radius at both (n, m) of all that is drawn."""
    bend, spacing, length, angle, taper, lead = factors.T[:, :, None]
    knots, _ = stem_at(bend, np.linspace(0, 1, 6)[None, :])
    begins, ends = [knots[:, :-1]], [knots[:, 1:]]
    thick = np.broadcast_to(np.linspace(0.9, 0.5, 6), knots.shape[:2])
    radii = [(thick[:, :-1], thick[:, 1:])]
    for side in (-1, 1):  # left, then right, which begins half a space later
        place = 3.0 + spacing * (np.arange(6)[None] + (side + 1) / 4)
        s = np.minimum(place / STEM, 1.0)
        size = length * (1 - s) ** taper * (1 + lead * (side == -1)) ** 0.5
        size = size / (1 + lead * (side == 1)) ** 0.5
        base, heading = stem_at(bend, s)
        way = heading + side * angle
        tip = base + size[..., None] * np.stack([np.sin(way), -np.cos(way)], -1)
        begins.append(base)
        ends.append(tip)
        wide = 0.9 * np.minimum(size / 2.0, 1.0)
        radii.append((wide, 0.35 * wide))
    first, last = (np.concatenate(r, 1) for r in zip(*radii))
    return np.concatenate(begins, 1), np.concatenate(ends, 1), first, last


def draw(factors, chunk=100):
    """Ferns (n, 28, 28, 1) in [0, 1]; the edge of a stroke fades over one pixel."""
    pictures = np.empty((len(factors), 784), "float32")
    for start in range(0, len(factors), chunk):
        parts = [p.astype("float32") for p in strokes(factors[start : start + chunk])]
        ink = np.zeros((len(parts[0]), 784), "float32")
        for begin, end, first, last in zip(*(np.swapaxes(p, 0, 1) for p in parts)):
            way = end - begin
            squared = np.sum(way**2, axis=1, keepdims=True) + 1e-6
            dx = PIXELS[:, 0] - begin[:, :1]
            dy = PIXELS[:, 1] - begin[:, 1:]
            t = np.clip((dx * way[:, :1] + dy * way[:, 1:]) / squared, 0, 1)
            dx -= t * way[:, :1]
            dy -= t * way[:, 1:]
            near = np.sqrt(dx * dx + dy * dy)
            radius = first[:, None] + t * (last - first)[:, None]
            np.maximum(ink, np.clip(radius - near + 0.5, 0, np.minimum(1, 2 * radius)), out=ink)
        pictures[start : start + chunk] = ink
    return pictures.reshape(-1, 28, 28, 1)
