"""Scanned pages: generated ones, real ones when there are any, and how to clean them classically.

A page is a float32 array (height, width, 1): 0 is black, 1 is white. The generated pages imitate
what was measured on the NoisyOffice corpus (how dark ink is, how it combines with dirt, how paper
looks) and vary all of it beyond what was found there; nothing is copied from the corpus.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

from course_utils._checks import check_fraction, check_images, check_positive_int, check_seed

DIRT = ("folds", "wrinkles", "coffee", "footprints")


class Pair(NamedTuple):
    """A dirty page and what it should look like.

    Attributes:
        name: the file's name, or a number for generated pages.
        dirty: the scan, float32 (height, width, 1) in [0, 1].
        clean: the same page without dirt, same shape.
        page: the number of the clean page; pairs with the same number show the same text.
        sheet: the number of the dirty sheet; pairs with the same number have the same dirt.
    """

    name: str
    dirty: np.ndarray
    clean: np.ndarray
    page: int
    sheet: int


@dataclass(frozen=True)
class Pages:
    """Generated pages.

    Attributes:
        dirty: float32 (n, height, width, 1) in [0, 1], 0 black.
        clean: the same pages without dirt.
        dirt: the main kind of dirt of each, one of `DIRT`.
        texts: what is printed on each, lines separated by newlines.
        page: int64 (n,), the number of the clean page; equal where the text is the same.
    """

    dirty: np.ndarray
    clean: np.ndarray
    dirt: list[str]
    texts: list[str]
    page: np.ndarray

    def __len__(self) -> int:
        return len(self.dirty)

    def pairs(self) -> list[Pair]:
        """The same pages as a list of pairs, named "0", "1", ..."""
        return [
            Pair(str(i), self.dirty[i], self.clean[i], int(self.page[i]), sheet=i)
            for i in range(len(self))
        ]


def generate_pages(
    num_pages: int, seed: int, height: int = 258, width: int = 540, copies: int = 1
) -> Pages:
    """Make scanned pages of running text with folds, wrinkles, coffee stains or footprints.

    Fonts, sizes, paper, light, dirt, and the way in which ink and dirt combine are drawn anew for
    each page. The same seed gives the same pages on every machine with the same fonts.

    Args:
        num_pages: the number of different clean pages.
        seed: seed of everything random.
        height: pixels from top to bottom, at least 32.
        width: pixels from left to right, at least 64.
        copies: how many dirty versions to make of each clean page, each with another kind of dirt
            as long as there are kinds.

    Returns:
        `Pages`, num_pages * copies of them; the copies of a page follow one another.

    Raises:
        ValueError: an argument is out of range.

    Source: the corpus that is imitated is Castro-Bleda et al. (2019),
    https://doi.org/10.1093/comjnl/bxz098. Chapter: Cleaning documents.
    """
    check_positive_int(num_pages, "num_pages")
    check_positive_int(copies, "copies")
    for value, name, least in ((height, "height", 32), (width, "width", 64)):
        if check_positive_int(value, name) < least:
            raise ValueError(f"{name} must be at least {least} pixels; got {value}.")
    generators = np.random.default_rng(check_seed(seed)).spawn(num_pages)
    shape = (num_pages * copies, height, width, 1)
    dirty, clean = np.empty(shape, np.float32), np.empty(shape, np.float32)
    dirt, texts = [], []
    for number, rng in enumerate(generators):
        ink, text = _print_text(rng, height, width)
        kinds = rng.permutation(len(DIRT))
        for copy in range(copies):
            i = number * copies + copy
            kind = DIRT[kinds[copy % len(DIRT)]]
            clean[i, ..., 0] = 1 - ink
            dirty[i, ..., 0] = _scan(rng, ink, kind)
            dirt.append(kind)
            texts.append(text)
    return Pages(dirty, clean, dirt, texts, np.repeat(np.arange(num_pages), copies))


# Real scans


def find_noisy_office() -> Path | None:
    """The folder of real scans that the environment variable NOISY_OFFICE_DIR names, or None.

    The folder has the layout of Kaggle's "Denoising Dirty Documents": `train` holds dirty pages,
    `train_cleaned` the same pages, under the same names, without dirt.

    Raises:
        FileNotFoundError: the variable is set, but there is no such folder, or it lacks one of the
            two.

    Chapter: Cleaning documents.
    """
    wanted = os.environ.get("NOISY_OFFICE_DIR", "")
    if not wanted:
        return None
    folder = Path(wanted).expanduser()
    for needed in (folder, folder / "train", folder / "train_cleaned"):
        if not needed.is_dir():
            raise FileNotFoundError(
                f"NOISY_OFFICE_DIR is set to {wanted}, but there is no folder {needed}: name the "
                "folder that holds train and train_cleaned, or unset the variable."
            )
    return folder


def load_noisy_office(folder: str | os.PathLike | None = None) -> list[Pair]:
    """Load pairs of real scans, and find out which show the same clean page or the same dirt.

    The corpus combines each text with several dirty sheets, and each sheet with several texts.
    Pages count as the same if their clean images are of one size and all but equal; sheets, if
    their scans are of one size and all but equal where both are blank.

    Args:
        folder: where `train` and `train_cleaned` are; None for `find_noisy_office()`.

    Returns:
        The pairs, in the order of their file names.

    Raises:
        FileNotFoundError: there are no scans, or a page lacks its partner.
        ValueError: a file is not a readable picture, or the two of a pair differ in size.

    Source: Castro-Bleda et al. (2019), https://doi.org/10.1093/comjnl/bxz098.
    Chapter: Cleaning documents.
    """
    if folder is None and (folder := find_noisy_office()) is None:
        raise FileNotFoundError(
            "no real scans were found; set NOISY_OFFICE_DIR to the folder that holds train and "
            "train_cleaned."
        )
    folder = Path(folder)
    names = {}
    for part in ("train", "train_cleaned"):
        if not (folder / part).is_dir():
            raise FileNotFoundError(f"there is no folder {folder / part}; put the scans there.")
        names[part] = {path.name for path in (folder / part).glob("*.png")}
    if not names["train"] | names["train_cleaned"]:
        raise FileNotFoundError(f"there are no .png files in {folder / 'train'}; put them there.")
    for part, other in (("train", "train_cleaned"), ("train_cleaned", "train")):
        if alone := sorted(names[part] - names[other], key=_by_number):
            raise FileNotFoundError(
                f"{folder / part / alone[0]} has no partner in {other} ({len(alone)} such files); "
                "copy the missing pages, or remove the lonely ones."
            )
    pairs: list[Pair] = []
    seen: list[np.ndarray] = []  # the clean pages met so far
    sheets: list[tuple] = []  # one (dirty, clean) of each dirty sheet met so far
    for name in sorted(names["train"], key=_by_number):
        dirty, clean = (_read_page(folder / part / name) for part in ("train", "train_cleaned"))
        if dirty.shape != clean.shape:
            raise ValueError(
                f"{name} is {dirty.shape[1]} x {dirty.shape[0]} pixels in train and "
                f"{clean.shape[1]} x {clean.shape[0]} in train_cleaned; the two must be of one "
                "size: copy them again."
            )
        page = next((i for i, other in enumerate(seen) if _same_page(clean, other)), len(seen))
        if page == len(seen):
            seen.append(clean)
        sheet = next(
            (i for i, other in enumerate(sheets) if _same_sheet(dirty, clean, *other)), len(sheets)
        )
        if sheet == len(sheets):
            sheets.append((dirty, clean))
        pairs.append(Pair(Path(name).stem, dirty, clean, page, sheet))
    return pairs


def _by_number(name: str) -> tuple:
    """Sort 2.png before 10.png."""
    stem = Path(name).stem
    return (0, int(stem), name) if stem.isdecimal() else (1, 0, name)


def _read_page(path: Path) -> np.ndarray:
    """Read a picture as a grey page (height, width, 1) in [0, 1]."""
    try:
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("L"))
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        reason = str(error) or type(error).__name__
        raise ValueError(f"{path} cannot be read as a picture ({reason}); copy it again.") from None
    return np.divide(pixels, np.float32(255), dtype=np.float32)[..., None]


def _same_page(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two clean pages agree but for traces of noise; other text differs far more."""
    return a.shape == b.shape and bool(np.mean(np.square(a - b)) < 0.005)


def _same_sheet(dirty_a, clean_a, dirty_b, clean_b) -> bool:
    """Whether two scans have the same dirt, judged where both pages are blank."""
    if dirty_a.shape != dirty_b.shape:
        return False
    some = np.s_[::3]  # of the rows; enough, and faster
    blank = (clean_a[some] > 0.999) & (clean_b[some] > 0.999)
    if np.count_nonzero(blank) < 100:
        return False
    return bool(np.median(np.abs(dirty_a[some] - dirty_b[some])[blank]) < 0.002)


# Splitting and cutting


def split_by_page(pairs: Sequence[Pair], fraction: float, seed: int) -> tuple[list, list]:
    """Split pairs so that no clean page is on both sides.

    Args:
        pairs: of scans, as `load_noisy_office` or `Pages.pairs` give them.
        fraction: of the clean pages to hold out; at least one is held out and one is left.
        seed: seed of the choice.

    Returns:
        The pairs to train on, and those held out; both in the order that they had.

    Raises:
        ValueError: there are fewer than two clean pages, or `fraction` is not from 0 to 1.

    Chapter: Cleaning documents.
    """
    pages = sorted({pair.page for pair in pairs})
    held_out = {pages[i] for i in _choose(len(pages), fraction, seed, "different clean pages")}
    train = [pair for pair in pairs if pair.page not in held_out]
    return train, [pair for pair in pairs if pair.page in held_out]


def split_at_random(pairs: Sequence[Pair], fraction: float, seed: int) -> tuple[list, list]:
    """Split pairs without regard to their clean pages: shown because it leaks, not to be used.

    Args:
        pairs: of scans.
        fraction: of the pairs to hold out; at least one is held out and one is left.
        seed: seed of the choice.

    Returns:
        The pairs to train on, and those held out; both in the order that they had.

    Raises:
        ValueError: there are fewer than two pairs, or `fraction` is not from 0 to 1.

    Chapter: Cleaning documents.
    """
    held_out = set(_choose(len(pairs), fraction, seed, "pairs"))
    train = [pair for i, pair in enumerate(pairs) if i not in held_out]
    return train, [pair for i, pair in enumerate(pairs) if i in held_out]


def _choose(count: int, fraction: float, seed: int, what: str) -> list[int]:
    """Choose which of `count` things are held out."""
    check_fraction(fraction, "fraction")
    if count < 2:
        raise ValueError(f"a split needs at least two {what}; got {count}; load more pages.")
    number = min(max(1, round(fraction * count)), count - 1)
    return np.random.default_rng(check_seed(seed)).permutation(count)[:number].tolist()


def patches(
    dirty: Sequence[np.ndarray], clean: Sequence[np.ndarray], num: int, size: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Cut random square patches from pages, which may be of different sizes.

    A page is chosen in proportion to its area, then a place on it; patches may overlap.

    Args:
        dirty: pages (height, width, 1).
        clean: the same pages without dirt.
        num: how many patches.
        size: their height and width in pixels.
        seed: seed of the choice.

    Returns:
        The patches of the dirty pages and those of the clean ones, float32 (num, size, size, 1).

    Raises:
        ValueError: the lists do not match, or a page is smaller than a patch.

    Chapter: Cleaning documents.
    """
    check_positive_int(num, "num")
    check_positive_int(size, "size")
    if len(dirty) != len(clean) or len(dirty) == 0:
        raise ValueError(
            f"patches needs as many dirty pages as clean ones, at least one; got {len(dirty)} and "
            f"{len(clean)}."
        )
    for i, (page, target) in enumerate(zip(dirty, clean)):
        if np.shape(page) != np.shape(target) or np.ndim(page) != 3:
            raise ValueError(
                f"page {i} must be of one shape (height, width, 1), dirty and clean; got "
                f"{np.shape(page)} and {np.shape(target)}."
            )
        if min(page.shape[:2]) < size:
            raise ValueError(
                f"page {i} is {page.shape[1]} x {page.shape[0]} pixels, too small for patches of "
                f"{size}; use smaller patches."
            )
    rng = np.random.default_rng(check_seed(seed))
    area = np.array([page.shape[0] * page.shape[1] for page in dirty], float)
    x, y = np.empty((2, num, size, size, 1), np.float32)
    for n, i in enumerate(rng.choice(len(area), size=num, p=area / area.sum())):
        top, left = (rng.integers(0, length - size + 1) for length in dirty[i].shape[:2])
        window = np.s_[top : top + size, left : left + size]
        x[n], y[n] = dirty[i][window], clean[i][window]
    return x, y


# The classical way


def median_paper(page: np.ndarray, size: int = 21) -> np.ndarray:
    """Estimate the paper under the text: the median grey of a window around each pixel.

    Text covers less than half of any window that is much larger than a stroke, so the median there
    is the grey of paper.

    Args:
        page: (height, width, 1) in [0, 1].
        size: of the window in pixels, odd.

    Returns:
        The paper, float32 (height, width, 1) in [0, 1], in steps of 1/255.

    Raises:
        ValueError: `page` is not a page, or `size` is not an odd number of at least 3.

    Chapter: Cleaning documents.
    """
    import cv2

    page = _check_page(page)
    if check_positive_int(size, "size") < 3 or size % 2 == 0:
        raise ValueError(f"size must be odd and at least 3; got {size}.")
    pixels = np.round(255 * page[..., 0]).astype(np.uint8)
    return np.divide(cv2.medianBlur(pixels, size), np.float32(255), dtype=np.float32)[..., None]


def _check_page(page: np.ndarray) -> np.ndarray:
    if np.ndim(page) != 3:
        raise ValueError(f"page must have the shape (height, width, 1); got {np.shape(page)}.")
    return check_images(np.asarray(page)[None], "page", allow_any_size=True)[0]


def background_subtraction(page: np.ndarray, size: int = 21) -> np.ndarray:
    """Clean a page classically: a median filter finds the paper, and the page is divided by it.

    Ink takes away a share of the light that the paper reflects, so page / paper shows the ink
    alone; a straight line then maps the grey of ink to 0 and the grain of the paper to 1.

    Args:
        page: (height, width, 1) in [0, 1].
        size: of the window in pixels, odd. The default and the two constants of the line were
            chosen on real pages used for training.

    Returns:
        The cleaned page, float32 (height, width, 1) in [0, 1].

    Raises:
        ValueError: `page` is not a page, or `size` is not an odd number of at least 3.

    Chapter: Cleaning documents.
    """
    page = _check_page(page)
    share = page / np.maximum(median_paper(page, size), 0.05)
    return np.clip((share - _INK) / (_PAPER - _INK), 0, 1).astype(np.float32)


_INK, _PAPER = 0.17, 0.94  # of the paper, where ink is blackest and where paper begins


# The text

_WORDS = tuple(
    """
a about above after again all also always an and another any are around as at away back be because
been before below between black book both box but by came can case change clean coffee come copy
corner could cup dark day desk did different dirt do down dry each early edge end enough even every
far few field figure file find first fold foot for form found four from garden give good grey ground
had half hand has have he her here high his home hour house how however if image in ink into is it
its just keep kind known land large last late lead left letter library light like line list little
long look low machine made make many map margin may mean measure men method might minute more most
move much must name near never new next night no noise not note now number of off office often old
on one only open or order other our out over own page paper part past people picture piece place
plain point print quiet quite rain read reader rest right river road room round same scan school
second see sheet shelf shelter short should show side small so some soon stain step still stone
street such table take test text than that the their them then there these they thing think this
those three through time to together took town tree turn two under until up upon use very walk wall
was water way we week well went were what when where which while white who why wide will window
winter with within without word work world would write year yellow yet you young
""".split()  # noqa: SIM905 (a list of words is read as words)
)

# Families, by weight: (upright, slanted, bold); a slanted file that is missing is sheared instead.
_FAMILIES = (
    (4, ("cmr10", "cmti10", "cmb10")),
    (3, ("cmss10", None, None)),
    (3, ("cmtt10", None, None)),
    (2, ("STIXGeneral", "STIXGeneralItalic", "STIXGeneralBol")),
    (1, ("DejaVuSans", "DejaVuSans-Oblique", "DejaVuSans-Bold")),
    (1, ("DejaVuSerif", "DejaVuSerif-Italic", "DejaVuSerif-Bold")),
    (1, ("DejaVuSansMono", "DejaVuSansMono-Oblique", "DejaVuSansMono-Bold")),
)


def _font_file(name: str) -> Path:
    """Where matplotlib keeps a font; not every version has all of them (cmti10 came late)."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf"


@lru_cache(maxsize=512)
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    path = str(_font_file(name))
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def _sentence(rng: np.random.Generator) -> list[str]:
    words = [str(word) for word in rng.choice(_WORDS, size=rng.integers(4, 15))]
    words[0] = words[0].capitalize()
    if rng.random() < 0.4:
        words[len(words) // 2] += str(rng.choice([",", ",", ",", ";", ":"]))
    if rng.random() < 0.15:
        words[-1] = str(rng.integers(2, 2000))
    words[-1] += str(rng.choice([".", ".", ".", ".", "?"]))
    return words


def _print_text(rng: np.random.Generator, height: int, width: int) -> tuple[np.ndarray, str]:
    """Print running text; return how much ink each pixel has, (height, width) in [0, 1], and it.

    The text is drawn two to four times larger and then reduced, as in a scan of fine resolution.
    The corpus looks as if it had been drawn twice as large in pure black and white: its hairlines
    are half grey. So most pages are made in that way.
    """
    pure = bool(rng.random() < 0.6)
    scale = 2 if pure else int(rng.integers(2, 5))
    size = np.exp(rng.uniform(np.log(14), np.log(40)))  # pixels of an em
    em = scale * max(8.0, min(size, width / 8, height / 2.5))
    weights = np.array([weight for weight, _ in _FAMILIES], float)
    family = _FAMILIES[rng.choice(len(_FAMILIES), p=weights / weights.sum())][1]
    style = rng.choice(3, p=(0.5, 0.38, 0.12))
    name = family[style] if family[style] and _font_file(family[style]).is_file() else family[0]
    font = _font(name, round(em))
    slant = 0.2 if style == 1 and name == family[0] else 0.0
    canvas = Image.new("L", (width * scale, height * scale), 0)
    lines = _typeset(rng, font, em, *canvas.size)
    for y, words in lines:
        _draw_line(canvas, font, em, y, words, slant, pure)
    if rng.random() < 0.08:  # a ruled line
        y = rng.uniform(0.05, 0.95) * canvas.height
        box = (rng.uniform(0, 0.3) * canvas.width, y, rng.uniform(0.6, 1) * canvas.width, y)
        ImageDraw.Draw(canvas).line(box, fill=255, width=max(1, round(0.05 * em)))
    if rng.random() < 0.25:  # laid on the glass a little askew
        turn = float(np.clip(rng.normal(0, 0.006), -0.015, 0.015))
        x, y = canvas.width / 2, canvas.height / 2
        canvas = canvas.transform(
            canvas.size,
            Image.Transform.AFFINE,
            (1, turn, -turn * y, -turn, 1, turn * x),
            Image.Resampling.BILINEAR,
        )
    filters = (Image.Resampling.LANCZOS, Image.Resampling.BICUBIC, Image.Resampling.BOX)
    reduced = canvas.resize((width, height), filters[rng.choice(3, p=(0.6, 0.3, 0.1))])
    ink = np.asarray(reduced, np.float32) / 255
    # Scans are sharpened when they are cleaned; what overshoots black and white is cut off.
    ink += rng.uniform(0, 0.4 if pure else 1.3) * (ink - _blur_cross(ink, 0.055))
    return np.clip(ink, 0, 1), "\n".join(" ".join(word for _, word in line) for _, line in lines)


def _typeset(rng, font, em: float, width: int, height: int) -> list[tuple[float, list]]:
    """Break running text into lines: (y, [(x, word), ...]), justified as in a book."""
    spacing, space = em * rng.uniform(1.1, 1.5), em * rng.uniform(0.3, 0.55)
    left, right = rng.uniform(0.25, 1.2) * em, width - rng.uniform(0.2, 0.8) * em
    y, indent = rng.uniform(0.1, 0.8) * em, rng.choice([0.0, 1.8]) * em
    waiting, lines = _sentence(rng), []
    while y + 1.25 * em < height:
        is_last = rng.random() < 0.15  # of its paragraph: ends with its sentence, not justified
        x, words, ends = left + indent, [], []
        while x + (length := font.getlength(waiting[0])) <= right:
            words.append(waiting.pop(0))
            ends.append((x, length))
            x += length + space
            if not waiting:
                waiting = _sentence(rng)
                if is_last:
                    break
        if not words:  # not even one word fits
            waiting = waiting[1:] or _sentence(rng)
        is_last = is_last and x - space < left + 0.9 * (right - left)
        slack = 0.0 if is_last or len(words) < 2 else (right - x + space) / (len(words) - 1)
        slack = min(slack, 0.8 * em)
        if words:
            lines.append(
                (y, [(x + i * slack, w) for i, ((x, _), w) in enumerate(zip(ends, words))])
            )
        indent = rng.choice([0.0, 1.8]) * em if is_last else 0.0
        y += spacing * (rng.choice([1.0, 1.6]) if is_last else 1.0)
    return lines


def _draw_line(
    canvas: Image.Image, font, em: float, y: float, words: list, slant: float, pure: bool
) -> None:
    """Draw one line of words, sheared about its base line; pure: without greys at the edges."""
    strip = Image.new("L", (canvas.width, round(1.6 * em)), 0)
    draw = ImageDraw.Draw(strip)
    draw.fontmode = "1" if pure else "L"
    for x, word in words:
        draw.text((x, 0), word, font=font, fill=255)
    if slant:
        how = Image.Resampling.NEAREST if pure else Image.Resampling.BILINEAR
        shear = (1, slant, -slant * em, 0, 1, 0)
        strip = strip.transform(strip.size, Image.Transform.AFFINE, shear, how)
    canvas.paste(255, (0, round(y)), strip)


# The dirt. All of it is darkness: 0 is white paper, 1 is black.


def _scan(rng: np.random.Generator, ink: np.ndarray, kind: str) -> np.ndarray:
    """What the scanner sees of a clean page on dirty paper, (height, width) in [0, 1].

    Measured on real scans: darkness = ink + dirt - k ink dirt, with the ink a little blurred and
    k = 1 (two filters one behind the other: light passes both) or up to 1.7 where folds and
    wrinkles catch the light (there the ink on dark paper is paler).
    """
    shape = ink.shape
    kinds = [kind] + ([str(rng.choice(DIRT))] if rng.random() < 0.25 else [])
    dirt = _paper(rng, shape)
    for name in kinds:
        dirt = dirt + _DIRT_MAKERS[name](rng, shape)
    dirt = np.clip(dirt, 0, 1)
    pale = kind in ("folds", "wrinkles") and rng.random() < 0.7
    k = rng.uniform(1.3, 1.75) if pale else rng.normal(1.0, 0.07)
    if rng.random() < 0.7:  # as measured
        black, blur = rng.uniform(0.94, 1.01), rng.uniform(0.045, 0.067)
    else:
        black, blur = rng.uniform(0.85, 1.03), rng.uniform(0.02, 0.1)
    soft = black * _blur_cross(ink, blur)
    seen = soft + dirt - k * soft * dirt
    seen += rng.uniform(0, 0.007) * rng.standard_normal(shape, np.float32)
    return np.round(255 * np.clip(1 - seen, 0, 1)) / 255  # scanners write bytes


def _blur_cross(image: np.ndarray, weight: float) -> np.ndarray:
    """Give each pixel's four neighbours `weight` of it."""
    padded = np.pad(image, 1, mode="edge")
    sides = padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]
    return ((1 - 4 * weight) * image + weight * sides).astype(np.float32)


def _smooth(
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


def _paper(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Grey paper with its grain, in uneven light."""
    level = rng.uniform(0.08, 0.2) if rng.random() < 0.85 else rng.uniform(0.02, 0.35)
    grain = np.exp(rng.normal(0, 0.4))
    dirt = level + grain * 0.008 * rng.standard_normal(shape, np.float32)
    for scale in (2, 4, 8, 16):
        dirt += grain * rng.uniform(0.002, 0.007) * _smooth(rng, shape, scale)
    light = 0.02 * np.exp(rng.normal(0, 0.5))
    dirt += light * _smooth(rng, shape, max(shape) * rng.uniform(0.15, 0.6))
    if rng.random() < 0.1:  # a shadow, as near the spine of a book
        _, columns = _grid(shape)
        edge = columns if rng.random() < 0.5 else shape[1] - columns
        dirt += rng.uniform(0.1, 0.4) * np.exp(-edge / rng.uniform(10, 80))
    return dirt


def _coffee(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Rings of cups, filled stains and drops, with dark rims and sharp edges."""
    rows, columns = _grid(shape)
    dirt = np.zeros(shape, np.float32)
    speckle = 1 + rng.uniform(0.03, 0.12) * _smooth(rng, shape, 2)
    speckle += rng.uniform(0.03, 0.2) * _smooth(rng, shape, 12)
    wobble = _smooth(rng, shape, rng.uniform(8, 30))
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
    bend = _smooth(rng, shape, 60)
    worn = np.clip(0.6 + 0.6 * _smooth(rng, shape, rng.uniform(5, 25)), 0, 1.6)
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
        ridge = np.abs(_smooth(rng, shape, size * scale)) * rng.choice([-1, 1])
        rise += rng.uniform(0.4, 1.2) * scale**0.9 * ridge
    slope_y, slope_x = np.gradient(rise)
    shade = np.cos(angle) * slope_x + np.sin(angle) * slope_y
    shade = _blur_cross(shade, 0.1)
    shade *= rng.uniform(0.03, 0.1) / (shade.std() + 1e-6)
    return np.clip(shade, -0.25, 0.55) + rng.uniform(-0.03, 0.03)


def _footprints(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """The tread of a shoe in mud: blocks, bars, circles or zigzags, with gaps, and streaks."""
    rows, columns = _grid(shape)
    dirt = np.zeros(shape, np.float32)
    speckle = 1 + 0.1 * _smooth(rng, shape, 2) + rng.uniform(0, 0.3) * _smooth(rng, shape, 6)
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
        wave = wave + rng.uniform(-0.5, 0.5) + rng.uniform(0.05, 0.45) * _smooth(rng, shape, 9)
        touch = _smooth(rng, shape, rng.uniform(40, 120)) + rng.uniform(-0.3, 1.2)
        print_ = _step(wave * rng.uniform(0.8, 4)) * _step(touch * rng.uniform(0.5, 3))
        dirt += rng.uniform(0.02, 0.13) * print_ * np.clip(speckle, 0, 2)
    if rng.random() < 0.6:
        streaks = _smooth(rng, shape, rng.uniform(15, 60), across=rng.uniform(2, 5))
        if rng.random() < 0.3:
            streaks = _smooth(rng, shape, rng.uniform(2, 5), across=rng.uniform(15, 60))
        where = _step(_smooth(rng, shape, 60))
        dirt += rng.uniform(0.02, 0.1) * np.clip(streaks - 0.3, 0, 2) * where
    return dirt


_DIRT_MAKERS = {
    "folds": _folds,
    "wrinkles": _wrinkles,
    "coffee": _coffee,
    "footprints": _footprints,
}
