"""What time does to a page: dirty paper, folds, wrinkles, coffee, footprints, and the scanner.

All of it is darkness: 0 is white paper, 1 is black.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

DIRT = ("folds", "wrinkles", "coffee", "footprints")


def scan(rng: np.random.Generator, ink: np.ndarray, kind: str) -> np.ndarray:
    """What the scanner sees of a clean page on dirty paper, (height, width) in [0, 1].

    Measured on real scans: darkness = ink + dirt - k ink dirt, with the ink a little blurred and
    k = 1 (two filters one behind the other: light passes both) or up to 1.7 where folds and
    wrinkles catch the light (there the ink on dark paper is paler).
    """
    shape = ink.shape
    kinds = [kind] + ([str(rng.choice(DIRT))] if rng.random() < 0.25 else [])
    dirt = paper(rng, shape)
    for name in kinds:
        dirt = dirt + _DIRT_MAKERS[name](rng, shape)
    dirt = np.clip(dirt, 0, 1)
    pale = kind in ("folds", "wrinkles") and rng.random() < 0.7
    k = rng.uniform(1.3, 1.75) if pale else rng.normal(1.0, 0.07)
    if rng.random() < 0.7:  # as measured
        black, blur = rng.uniform(0.94, 1.01), rng.uniform(0.045, 0.067)
    else:
        black, blur = rng.uniform(0.85, 1.03), rng.uniform(0.02, 0.1)
    soft = black * blur_cross(ink, blur)
    seen = soft + dirt - k * soft * dirt
    seen += rng.uniform(0, 0.007) * rng.standard_normal(shape, np.float32)
    return np.round(255 * np.clip(1 - seen, 0, 1)) / 255  # scanners write bytes


def blur_cross(image: np.ndarray, weight: float) -> np.ndarray:
    """Give each pixel's four neighbours `weight` of it."""
    padded = np.pad(image, 1, mode="edge")
    sides = padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]
    return ((1 - 4 * weight) * image + weight * sides).astype(np.float32)


def smooth(
    rng: np.random.Generator, shape: tuple[int, int], scale: float, across: float | None = None
) -> np.ndarray:
    """Smooth noise of mean 0 and variance about 1 whose bumps are `scale` pixels apart.

    With `across`, they are that far apart from left to right, and `scale` from top to bottom.
    """
    across = scale if across is None else across
    rows, columns = (int(n / s) + 5 for n, s in zip(shape, (scale, across)))
    coarse = Image.fromarray(1.4 * rng.standard_normal((rows, columns), np.float32))
    x, y = rng.uniform(1, 2, size=2)
    box = (x, y, x + shape[1] / across, y + shape[0] / scale)
    return np.asarray(coarse.resize(shape[::-1], Image.Resampling.BICUBIC, box=box))


def _grid(shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of each pixel, as broadcastable float32 arrays."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return rows.astype(np.float32), columns.astype(np.float32)


def _step(x: np.ndarray) -> np.ndarray:
    """0 below -1/2, 1 above 1/2, straight between."""
    return np.clip(x + 0.5, 0, 1)


def paper(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Grey paper with its grain, in uneven light."""
    level = rng.uniform(0.08, 0.2) if rng.random() < 0.85 else rng.uniform(0.02, 0.35)
    grain = np.exp(rng.normal(0, 0.4))
    dirt = level + grain * 0.008 * rng.standard_normal(shape, np.float32)
    for scale in (2, 4, 8, 16):
        dirt += grain * rng.uniform(0.002, 0.007) * smooth(rng, shape, scale)
    light = 0.02 * np.exp(rng.normal(0, 0.5))
    dirt += light * smooth(rng, shape, max(shape) * rng.uniform(0.15, 0.6))
    if rng.random() < 0.1:  # a shadow, as near the spine of a book
        _, columns = _grid(shape)
        edge = columns if rng.random() < 0.5 else shape[1] - columns
        dirt += rng.uniform(0.1, 0.4) * np.exp(-edge / rng.uniform(10, 80))
    return dirt


def _coffee(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Rings of cups, filled stains and drops, with dark rims and sharp edges."""
    rows, columns = _grid(shape)
    dirt = np.zeros(shape, np.float32)
    speckle = 1 + rng.uniform(0.03, 0.12) * smooth(rng, shape, 2)
    speckle += rng.uniform(0.03, 0.2) * smooth(rng, shape, 12)
    wobble = smooth(rng, shape, rng.uniform(8, 30))
    for _ in range(rng.integers(2, 7)):
        filled = rng.random() < 0.3
        radius = rng.uniform(4, 40) if filled else rng.uniform(50, 180)
        width = radius if filled else rng.uniform(4, 28)
        y, x = rng.uniform(-0.2, 1.2, size=2) * shape
        dy, dx = rows - y, columns - x
        inside = width - np.abs(
            np.hypot(dx, dy * rng.uniform(0.85, 1.2)) - (0 if filled else radius)
        )
        inside = inside + rng.uniform(0, 0.25) * width * wobble
        if not filled and rng.random() < 0.8:  # a cup leaves only parts of its ring
            y, x = rng.uniform(-1, 1, size=2)
            facing = (dy * y + dx * x) / (radius * np.hypot(x, y))
            inside = inside - width * (1.2 * (facing + rng.uniform(-0.5, 0.9)))
        body = _step(inside / rng.uniform(0.8, 3))
        rim = np.exp(-np.square((inside - 2) / rng.uniform(1, 3)))
        strength = rng.uniform(0.05, 0.3) if rng.random() < 0.7 else rng.uniform(0.3, 0.65)
        fade = 1 + rng.uniform(0, 0.5) * wobble
        stain = strength * body * (1 + rng.uniform(0, 0.5) * rim) * speckle * np.clip(fade, 0.2, 2)
        dirt = np.maximum(dirt, stain) if rng.random() < 0.5 else dirt + stain
    for _ in range(rng.integers(0, 5)):  # drops
        y, x = rng.uniform(0, 1, size=2) * shape
        inside = rng.uniform(1, 6) - np.hypot(rows - y, columns - x)
        dirt = np.maximum(dirt, rng.uniform(0.2, 0.8) * _step(inside))
    return np.minimum(dirt, 0.85)


def _folds(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Straight folds: a thin light line, a dark one beside it, other light on either side."""
    rows, columns = _grid(shape)
    dirt = np.zeros(shape, np.float32)
    bend = smooth(rng, shape, 60)
    worn = np.clip(0.6 + 0.6 * smooth(rng, shape, rng.uniform(5, 25)), 0, 1.6)
    for _ in range(rng.integers(2, 8)):
        angle = rng.choice([0.0, np.pi / 2, rng.uniform(0, np.pi)]) + rng.normal(0, 0.02)
        y, x = rng.uniform(0, 1, size=2) * shape
        across = (columns - x) * np.sin(angle) + (rows - y) * np.cos(angle)
        across = across + rng.uniform(0, 2.5) * bend
        strength = np.exp(rng.normal(0, 0.5)) * worn
        if rng.random() < 0.5:  # it ends somewhere
            along = (columns - x) * np.cos(angle) - (rows - y) * np.sin(angle)
            strength = strength * _step((along + rng.uniform(-50, 50)) / rng.uniform(10, 60))
        line = np.exp(-np.square(across / rng.uniform(0.6, 1.6)))
        beside = np.exp(-np.square((across - rng.uniform(1.5, 3)) / rng.uniform(0.8, 2.5)))
        shade = np.sign(across) * np.exp(-np.abs(across) / rng.uniform(6, 60))
        dirt -= rng.uniform(0, 0.1) * strength * line
        dirt += rng.uniform(0, 0.1) * strength * beside
        dirt += rng.normal(0, 0.03) * shade
    return dirt


def _wrinkles(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Crumpled paper lit from one side: smooth facets that meet in sharp ridges."""
    size = rng.uniform(0.6, 1.8)
    rise, angle = np.zeros(shape, np.float32), rng.uniform(0, 2 * np.pi)
    for scale in (70, 45, 25, 14, 8):
        ridge = np.abs(smooth(rng, shape, size * scale)) * rng.choice([-1, 1])
        rise += rng.uniform(0.4, 1.2) * scale**0.9 * ridge
    slope_y, slope_x = np.gradient(rise)
    shade = np.cos(angle) * slope_x + np.sin(angle) * slope_y
    shade = blur_cross(shade, 0.1)
    shade *= rng.uniform(0.03, 0.1) / (shade.std() + 1e-6)
    return np.clip(shade, -0.25, 0.55) + rng.uniform(-0.03, 0.03)


def _footprints(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """The tread of a shoe in mud: blocks, bars, circles or zigzags, with gaps, and streaks."""
    rows, columns = _grid(shape)
    dirt = np.zeros(shape, np.float32)
    speckle = 1 + 0.1 * smooth(rng, shape, 2) + rng.uniform(0, 0.3) * smooth(rng, shape, 6)
    for _ in range(rng.integers(1, 4)):
        angle, period = rng.normal(0, 0.3), rng.uniform(24, 110)
        u = (columns * np.cos(angle) + rows * np.sin(angle)) / period + rng.uniform()
        v = (rows * np.cos(angle) - columns * np.sin(angle)) / period * rng.uniform(0.6, 1.4)
        from_middle_u, from_middle_v = np.abs(u % 1 - 0.5), np.abs(v % 1 - 0.5)
        pattern = rng.integers(4)
        if pattern == 0:  # nested squares
            wave = np.cos(2 * np.pi * np.maximum(from_middle_u, from_middle_v) * rng.integers(2, 6))
        elif pattern == 1:  # nested circles
            wave = np.cos(2 * np.pi * np.hypot(from_middle_u, from_middle_v) * rng.integers(2, 5))
        elif pattern == 2:  # bars
            wave = np.cos(2 * np.pi * rng.integers(1, 4) * u) + 0 * v
        else:  # zigzags
            wave = np.cos(2 * np.pi * rng.integers(1, 4) * (u + 0.8 * from_middle_v))
        wave = wave + rng.uniform(-0.5, 0.5) + rng.uniform(0.05, 0.45) * smooth(rng, shape, 9)
        touch = smooth(rng, shape, rng.uniform(40, 120)) + rng.uniform(-0.3, 1.2)
        print_ = _step(wave * rng.uniform(0.8, 4)) * _step(touch * rng.uniform(0.5, 3))
        dirt += rng.uniform(0.02, 0.13) * print_ * np.clip(speckle, 0, 2)
    if rng.random() < 0.6:
        streaks = smooth(rng, shape, rng.uniform(15, 60), across=rng.uniform(2, 5))
        if rng.random() < 0.3:
            streaks = smooth(rng, shape, rng.uniform(2, 5), across=rng.uniform(15, 60))
        where = _step(smooth(rng, shape, 60))
        dirt += rng.uniform(0.02, 0.1) * np.clip(streaks - 0.3, 0, 2) * where
    return dirt


_DIRT_MAKERS = {
    "folds": _folds,
    "wrinkles": _wrinkles,
    "coffee": _coffee,
    "footprints": _footprints,
}
