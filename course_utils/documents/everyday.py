"""Generated pages of every day: what else lies on a scanner than grey pages of running text.

Tables, frames, ruled paper, headlines, stamps, pencil, drawings, photographs, white on colour and
other scripts, printed dark or pale, scanned in black and white, in grey, dim, or as a JPEG. What
belongs to the page is ink, whatever its darkness; only what the scan or time added is dirt.
"""

from __future__ import annotations

import io
import itertools

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from course_utils._checks import check_positive_int, check_seed
from course_utils.documents.dirt import DIRT, blur_cross, paper, scan, smooth
from course_utils.documents.generator import LATIN, Pages, check_size, print_text

ALPHABETS = (
    LATIN,
    "αβγδεζηθικλμνξοπρστυφχψω",
    "абвгдежзийклмнопрстуфхцчшщъыьэюя",
    "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ",
    "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ",
)
SCANS = ("dirty", "grey", "black and white", "dim", "jpeg")
_SCAN_SHARES = (0.3, 0.25, 0.25, 0.1, 0.1)


def generate_everyday_pages(
    num_pages: int, seed: int, height: int = 258, width: int = 540
) -> Pages:
    """Make scanned pages of many kinds; `dirt` of each page names how it was scanned.

    The clean page keeps what was printed as dark as it was printed: pale print and pencil stay
    pale, photographs stay. A page scanned in black and white has a clean twin in black and white.

    Args:
        num_pages: the number of pages.
        seed: seed of everything random.
        height: pixels from top to bottom, at least 32.
        width: pixels from left to right, at least 64.

    Returns:
        `Pages`; `dirt` is one of `SCANS`, `texts` holds the running text only.

    Raises:
        ValueError: an argument is out of range.

    Chapter: Cleaning documents.
    """
    check_positive_int(num_pages, "num_pages")
    check_size(height, width)
    shape = (num_pages, height, width, 1)
    dirty, clean = np.empty(shape, np.float32), np.empty(shape, np.float32)
    kinds, texts = [], []
    for i, rng in enumerate(np.random.default_rng(check_seed(seed)).spawn(num_pages)):
        kind = str(rng.choice(SCANS, p=_SCAN_SHARES))
        ink, text = _page(rng, height, width, faint=kind != "dirty")
        dirty[i, ..., 0], clean[i, ..., 0] = _scanned(rng, ink, kind)
        kinds.append(kind)
        texts.append(text)
    return Pages(dirty, clean, kinds, texts, np.arange(num_pages))


# What is on the page: ink from 0 to 1


def _page(rng: np.random.Generator, height: int, width: int, faint: bool) -> tuple[np.ndarray, str]:
    """Lay out a page; return its ink (height, width) and its running text.

    Only if `faint`, something may be pale. On dirty paper nothing is: there a faint line is a fold,
    and a network that may take it for a pencil's cleans nothing.
    """
    alphabet = LATIN if rng.random() < 0.85 else str(rng.choice(ALPHABETS[1:]))
    ink, text = np.zeros((height, width), np.float32), ""
    if rng.random() < 0.85:
        large = rng.random() < 0.25  # few large letters, as at 600 dots per inch
        em_range = (36, 110) if large else (9, 40)
        ink, text = print_text(rng, height, width, em_range, alphabet)
    if faint and rng.random() < 0.35:  # pale print, unevenly inked
        strength = rng.uniform(0.15, 0.8)
        ink *= strength * np.clip(1 + rng.uniform(0, 0.2) * smooth(rng, ink.shape, 12), 0, 1.2)
    makers = rng.permutation(_MAKERS)[: rng.choice(4, p=(0.2, 0.45, 0.25, 0.1))]
    for make in makers:
        ink = make(rng, ink, faint)
    if rng.random() < 0.1:  # askew
        turn = rng.uniform(-3, 3)
        ink = ndimage.rotate(ink, turn, reshape=False, order=1, mode="nearest")
    return np.clip(ink, 0, 1).astype(np.float32), text


def _box(rng, shape: tuple[int, int], least: float = 0.15) -> tuple[slice, slice]:
    """A rectangle somewhere on the page, at least `least` of its sides, also cut by the edge."""
    sides = []
    for length in shape:
        size = max(24, int(rng.uniform(least, 0.9) * length))
        start = int(rng.uniform(-0.1, 1.0) * (length - 0.5 * size))
        sides.append(slice(max(0, start), min(length, max(start, 0) + size)))
    return sides[0], sides[1]


def _drawn(rng, shape: tuple[int, int], draw_on) -> np.ndarray:
    """What `draw_on(draw, unit)` draws on a canvas of twice the size; `unit` is one pixel."""
    canvas = Image.new("L", (2 * shape[1], 2 * shape[0]), 0)
    draw_on(ImageDraw.Draw(canvas), 2)
    reduced = canvas.resize((shape[1], shape[0]), Image.Resampling.BOX)
    return np.asarray(reduced, np.float32) / 255


def _over(below: np.ndarray, above: np.ndarray) -> np.ndarray:
    """Ink upon ink: light passes both."""
    return 1 - (1 - below) * (1 - above)


def _strength(rng, faint: bool) -> float:
    """How dark something is printed; only if `faint`, it may also be pale."""
    if not faint or rng.random() < 0.6:
        return float(rng.uniform(0.75, 1))
    return float(rng.uniform(0.2, 0.75))


def _table(rng, ink: np.ndarray, faint: bool) -> np.ndarray:
    """Connected rules with a word or a number in some cells."""
    rows, columns = _box(rng, ink.shape, 0.4)
    shape = ink[rows, columns].shape
    ys = np.linspace(1, shape[0] - 3, rng.integers(2, 8))
    xs = np.linspace(1, shape[1] - 3, rng.integers(2, 7))
    if rng.random() < 0.5:
        xs = np.sort(np.r_[xs[[0, -1]], rng.uniform(1, shape[1] - 3, len(xs) - 2)])
    thick = rng.choice([1, 1, 2, 3, 6], size=2)
    upright = rng.random() < 0.8

    def draw(pen, unit):
        for y in ys:
            pen.line((xs[0] * unit, y * unit, xs[-1] * unit, y * unit), 255, int(thick[0]) * unit)
        for x in xs if upright else ():
            pen.line((x * unit, ys[0] * unit, x * unit, ys[-1] * unit), 255, int(thick[1]) * unit)

    cells = np.zeros(shape, np.float32)
    for top, bottom in itertools.pairwise(ys):
        for left, right in itertools.pairwise(xs):
            inside = np.s_[int(top) + 4 : int(bottom) - 3, int(left) + 4 : int(right) - 3]
            size = cells[inside].shape
            if min(size) > 12 and rng.random() < 0.7:
                cells[inside] = print_text(rng, *size, (9, 24))[0]
    result = ink.copy()
    lines = _strength(rng, faint) * _drawn(rng, shape, draw)
    result[rows, columns] = np.maximum(lines, rng.uniform(0.6, 1) * cells)
    return result


def _rules(rng, ink: np.ndarray, faint: bool) -> np.ndarray:
    """Ruled or squared paper, a staff, or underlines: thin parallel lines over the whole width."""
    height, width = ink.shape
    gap, kind = rng.uniform(8, 40), rng.integers(4)
    start = rng.uniform(0, gap)

    def draw(pen, unit):
        thick = int(rng.choice([1, 1, 2, 3]))
        for i, y in enumerate(np.arange(start, height, gap)):
            if kind == 2 and i % 8 > 4:  # staves of five lines
                continue
            y = y * unit
            pen.line((0, y, width * unit, y), 255, thick)
        if kind == 1:
            for x in np.arange(start, width, gap):
                pen.line((x * unit, 0, x * unit, height * unit), 255, thick)

    return np.maximum(ink, _strength(rng, faint) * _drawn(rng, ink.shape, draw))


def _frame(rng, ink: np.ndarray, faint: bool) -> np.ndarray:
    """One to three frames, some double or with round corners, some at the edge of the page."""

    def draw(pen, unit):
        for _ in range(rng.integers(1, 4)):
            rows, columns = _box(rng, ink.shape, 0.3)
            box = [v * unit for v in (columns.start, rows.start, columns.stop, rows.stop)]
            thick = int(rng.choice([1, 2, 3, 6, 10])) * unit
            pen.rounded_rectangle(box, rng.choice([0, 0, 12]) * unit, None, 255, thick)

    return np.maximum(ink, _strength(rng, faint) * _drawn(rng, ink.shape, draw))


def _headline(rng, ink: np.ndarray, faint: bool) -> np.ndarray:
    """One line of large letters in place of what was there."""
    size = int(min(rng.uniform(40, 150), ink.shape[0] / 1.6))
    height = int(1.35 * size)
    top = int(rng.uniform(0, ink.shape[0] - height))
    result = ink.copy()
    words, _ = print_text(rng, height, ink.shape[1], (size, size + 1))
    result[top : top + height] = _strength(rng, faint) * words
    return result


def _stamp(rng, ink: np.ndarray, faint: bool) -> np.ndarray:
    """A ring or box with words in it, turned, unevenly inked, over whatever is there."""
    side = int(rng.uniform(60, 180))
    shape = (int(side * rng.uniform(0.35, 1)), side)
    word, _ = print_text(rng, max(24, shape[0] // 3), side, (14, 30))
    stamp = np.zeros(shape, np.float32)
    top = (shape[0] - len(word)) // 2
    if top > 0:
        stamp[top : top + len(word), 8:-8] = word[:, 8:-8]
    ring = rng.random() < 0.5

    def draw(pen, unit):
        box = (unit, unit, (shape[1] - 2) * unit, (shape[0] - 2) * unit)
        thick = int(rng.integers(1, 4)) * unit
        (pen.ellipse if ring else pen.rectangle)(box, None, 255, thick)

    stamp = np.maximum(stamp, _drawn(rng, shape, draw))
    stamp = ndimage.rotate(stamp, rng.uniform(-30, 30), order=1)
    worn = np.clip(0.8 + 0.4 * smooth(rng, stamp.shape, 5), 0.2, 1)
    stamp = (rng.uniform(0.25, 0.8) if faint else 0.8) * stamp * worn
    return _pasted(rng, ink, stamp)


def _pasted(rng, ink: np.ndarray, small: np.ndarray) -> np.ndarray:
    """Put a picture onto the page, somewhere, cut where the page ends."""
    small = small[: ink.shape[0], : ink.shape[1]]
    top, left = (int(rng.integers(0, n - s + 1)) for n, s in zip(ink.shape, small.shape))
    place = np.s_[top : top + small.shape[0], left : left + small.shape[1]]
    result = ink.copy()
    result[place] = _over(ink[place], small)
    return result


def _pencil(rng, ink: np.ndarray, faint: bool) -> np.ndarray:
    """Handwriting: smooth strokes of pencil or pen in rows."""
    height, width = ink.shape
    size, thick = rng.uniform(6, 30), rng.choice([2, 3, 4, 6])

    def draw(pen, unit):
        for y in np.arange(rng.uniform(0, 60), height, size * rng.uniform(2.5, 6)):
            x = rng.uniform(0, 0.4 * width)
            while x < rng.uniform(0.6, 1) * width:
                steps = np.linspace(0, 1, 8 * (count := int(rng.integers(2, 7))))
                phases = rng.uniform(0, 6.3, 3)
                px = x + size * count * 0.55 * steps + 0.35 * size * np.sin(6.3 * count * steps)
                py = y + size * 0.5 * np.sin(6.3 * count * steps + phases[0])
                py = py + size * rng.uniform(0.1, 0.5) * np.sin(3 * count * steps + phases[1])
                points = [(unit * a, unit * b) for a, b in zip(px, py)]
                pen.line(points, 255, int(thick), joint="curve")
                x += size * (0.6 * count + rng.uniform(0.5, 1.2))

    grain = np.clip(1 + rng.uniform(0, 0.3) * smooth(rng, ink.shape, 2), 0.2, 1.3)
    strength = rng.uniform(0.2, 0.6) if faint and rng.random() < 0.6 else rng.uniform(0.7, 1)
    return np.maximum(ink, strength * grain * _drawn(rng, ink.shape, draw))


def _drawing(rng, ink: np.ndarray, faint: bool) -> np.ndarray:
    """A diagram of boxes, circles and arrows, or the contour lines and roads of a map."""
    if rng.random() < 0.4:
        hills = smooth(rng, ink.shape, rng.uniform(25, 80))
        level = hills * rng.uniform(2, 6)
        steep = np.hypot(*np.gradient(level)) + 1e-3
        lines = np.clip(rng.uniform(0.6, 1.6) - np.abs(level - np.round(level)) / steep, 0, 1)
        return np.maximum(ink, _strength(rng, faint) * lines.astype(np.float32))

    def draw(pen, unit):
        points = rng.uniform(0, 1, (8, 2)) * (ink.shape[1] * unit, ink.shape[0] * unit)
        thick = int(rng.integers(1, 4)) * unit
        for a, b in itertools.pairwise(points):
            pen.line((*a, *b), 255, thick)
        for x, y in points:
            r = rng.uniform(6, 60) * unit
            box = (x - r, y - r * rng.uniform(0.4, 1), x + r, y + r)
            fill = 255 if rng.random() < 0.1 else 0 if rng.random() < 0.5 else None
            (pen.ellipse if rng.random() < 0.5 else pen.rectangle)(box, fill, 255, thick)

    return np.maximum(ink, _strength(rng, faint) * _drawn(rng, ink.shape, draw))


def _photograph(rng, ink: np.ndarray, faint: bool) -> np.ndarray:
    """A grey picture with sharp edges and soft shades, some as a halftone, in place of the page."""
    rows, columns = _box(rng, ink.shape, 0.3)
    shape = ink[rows, columns].shape
    shades = rng.uniform(0.2, 0.8) + 0.2 * smooth(rng, shape, rng.uniform(20, 90))
    for _ in range(rng.integers(1, 6)):  # things in front of one another
        edge = smooth(rng, shape, rng.uniform(15, 80)) > rng.uniform(0, 1)
        shades = np.where(edge, rng.uniform(0.05, 1) + 0.1 * smooth(rng, shape, 25), shades)
    shades = np.clip(shades + rng.uniform(0, 0.05) * smooth(rng, shape, 2), 0.03, 1)
    if rng.random() < 0.3:  # a halftone
        y, x = np.indices(shape) * (2 * np.pi / rng.uniform(3, 8))
        turn = rng.uniform(0, 1.5)
        u, v = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
        shades = np.clip(4 * (shades - 0.5 + 0.25 * (np.sin(u) + np.sin(v))) + 0.5, 0, 1)
    result = ink.copy()
    result[rows, columns] = shades
    return result


def _panel(rng, ink: np.ndarray, faint: bool) -> np.ndarray:
    """White or pale letters on a dark or coloured ground: a panel, or the whole page."""
    whole = rng.random() < 0.4
    rows, columns = (np.s_[:], np.s_[:]) if whole else _box(rng, ink.shape, 0.25)
    shape = ink[rows, columns].shape
    words, _ = print_text(rng, *shape, (12, 60))
    ground = rng.uniform(0.35, 1)
    result = ink.copy()
    result[rows, columns] = ground * (1 - rng.uniform(0.7, 1) * words)
    return result


def _blocks(rng, ink: np.ndarray, faint: bool) -> np.ndarray:
    """A bar code, a square code, solid bars, or the black border of a scan."""
    kind = rng.integers(4)
    if kind == 0:
        bars = np.repeat(rng.random(60) < 0.5, rng.integers(1, 4)).astype(np.float32)
        return _pasted(rng, ink, np.tile(bars, (int(rng.integers(20, 80)), 1)))
    if kind == 1:
        cells = (rng.random((21, 21)) < 0.5).astype(np.float32)
        return _pasted(rng, ink, np.kron(cells, np.ones(2 * (int(rng.integers(2, 6)),))))
    result = ink.copy()
    if kind == 2:
        rows, columns = _box(rng, ink.shape, 0.05)
        result[rows, columns] = _strength(rng, faint)
    else:
        edge = int(rng.integers(4, 40))
        side = (np.s_[:edge], np.s_[-edge:], np.s_[:, :edge], np.s_[:, -edge:])[rng.integers(4)]
        result[side] = rng.uniform(0.6, 1)
    return result


_MAKERS = (
    _table,
    _rules,
    _frame,
    _headline,
    _stamp,
    _pencil,
    _drawing,
    _photograph,
    _panel,
    _blocks,
)


# How it was scanned


def _scanned(rng, ink: np.ndarray, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """The scan and its clean twin, each (height, width) in [0, 1]."""
    if kind == "dirty":
        return scan(rng, ink, str(rng.choice(DIRT))), 1 - ink
    shape = ink.shape
    if kind == "black and white":
        seen = blur_cross(ink, rng.uniform(0.02, 0.12))
        seen = seen + rng.uniform(0, 0.08) * smooth(rng, shape, 2)
        level = rng.uniform(0.3, 0.6) * (ink.max() if ink.max() > 0.1 else 1)
        twin = (seen > level).astype(np.float32)
        specks = rng.random(shape) < 10.0 ** rng.uniform(-5, -2.3)
        if rng.random() < 0.3:  # specks of more than a pixel
            specks = ndimage.binary_dilation(specks)
        flipped = np.where(specks, 1 - twin, twin) if rng.random() < 0.7 else twin
        return 1 - flipped, 1 - twin
    dirt = rng.uniform(0.2, 1) * paper(rng, shape)
    seen = _over(blur_cross(ink, rng.uniform(0, 0.12)), np.clip(dirt, 0, 1))
    light = 1 - seen
    if kind == "dim":  # dark all over, or without contrast
        low, high = sorted(rng.uniform(0, 0.9, 2))
        light = low + max(high - low, 0.12) * light
    light = light + rng.uniform(0, 0.012) * rng.standard_normal(shape)
    light = np.round(255 * np.clip(light, 0, 1)) / 255
    if kind == "jpeg":
        stream = io.BytesIO()
        picture = Image.fromarray(np.uint8(255 * light))
        picture.save(stream, "JPEG", quality=int(rng.integers(15, 75)))
        light = np.asarray(Image.open(stream), np.float32) / 255
    return light.astype(np.float32), 1 - ink
