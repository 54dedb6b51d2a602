"""Generated pages: running text, printed and scanned.

A page is a float32 array (height, width, 1): 0 is black, 1 is white. The generated pages imitate
what was measured on the NoisyOffice corpus (how dark ink is, how it combines with dirt, how paper
looks) and vary all of it beyond what was found there; nothing is copied from the corpus.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from course_utils._checks import check_positive_int, check_seed
from course_utils.documents.corpus import Pair
from course_utils.documents.dirt import DIRT, blur_cross, scan


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
    check_size(height, width)
    generators = np.random.default_rng(check_seed(seed)).spawn(num_pages)
    shape = (num_pages * copies, height, width, 1)
    dirty, clean = np.empty(shape, np.float32), np.empty(shape, np.float32)
    dirt, texts = [], []
    for number, rng in enumerate(generators):
        ink, text = print_text(rng, height, width)
        kinds = rng.permutation(len(DIRT))
        for copy in range(copies):
            i = number * copies + copy
            kind = DIRT[kinds[copy % len(DIRT)]]
            clean[i, ..., 0] = 1 - ink
            dirty[i, ..., 0] = scan(rng, ink, kind)
            dirt.append(kind)
            texts.append(text)
    return Pages(dirty, clean, dirt, texts, np.repeat(np.arange(num_pages), copies))


def check_size(height: int, width: int) -> None:
    """Raise ValueError unless a page of this size (pixels) can be made."""
    for value, name, least in ((height, "height", 32), (width, "width", 64)):
        if check_positive_int(value, name) < least:
            raise ValueError(f"{name} must be at least {least} pixels; got {value}.")


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

LATIN = "abcdefghijklmnopqrstuvwxyz"

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
def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    path = str(_font_file(name))
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def _sentence(rng: np.random.Generator, alphabet: str) -> list[str]:
    words = [str(word) for word in rng.choice(_WORDS, size=rng.integers(4, 15))]
    if alphabet != LATIN:  # no sense, but the shapes of another script, in words of these lengths
        words = ["".join(rng.choice(list(alphabet), size=len(word))) for word in words]
    words[0] = words[0].capitalize()
    if rng.random() < 0.4:
        words[len(words) // 2] += str(rng.choice([",", ",", ",", ";", ":"]))
    if rng.random() < 0.15:
        words[-1] = str(rng.integers(2, 2000))
    words[-1] += str(rng.choice([".", ".", ".", ".", "?"]))
    return words


def print_text(
    rng: np.random.Generator,
    height: int,
    width: int,
    em_range: tuple[float, float] = (14, 40),
    alphabet: str = LATIN,
) -> tuple[np.ndarray, str]:
    """Print running text; return how much ink each pixel has, (height, width) in [0, 1], and it.

    `em_range` bounds the size of the letters (pixels of an em), `alphabet` names their script.

    The text is drawn two to four times larger and then reduced, as in a scan of fine resolution.
    The corpus looks as if it had been drawn twice as large in pure black and white: its hairlines
    are half grey. So most pages are made in that way.
    """
    pure = bool(rng.random() < 0.6)
    scale = 2 if pure else int(rng.integers(2, 5))
    size = np.exp(rng.uniform(*np.log(em_range)))  # pixels of an em
    em = scale * max(8.0, min(size, width / 8, height / 2.5))
    families = [f for f in _FAMILIES if alphabet == LATIN or f[1][0].startswith("DejaVu")]
    weights = np.array([weight for weight, _ in families], float)
    family = families[rng.choice(len(families), p=weights / weights.sum())][1]
    style = rng.choice(3, p=(0.5, 0.38, 0.12))
    name = family[style] if family[style] and _font_file(family[style]).is_file() else family[0]
    face = font(name, round(em))
    slant = 0.2 if style == 1 and name == family[0] else 0.0
    canvas = Image.new("L", (width * scale, height * scale), 0)
    lines = _typeset(rng, face, em, *canvas.size, alphabet)
    for y, words in lines:
        _draw_line(canvas, face, em, y, words, slant, pure)
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
    ink += rng.uniform(0, 0.4 if pure else 1.3) * (ink - blur_cross(ink, 0.055))
    return np.clip(ink, 0, 1), "\n".join(" ".join(word for _, word in line) for _, line in lines)


def _typeset(
    rng, font, em: float, width: int, height: int, alphabet: str
) -> list[tuple[float, list]]:
    """Break running text into lines: (y, [(x, word), ...]), justified as in a book."""
    spacing, space = em * rng.uniform(1.1, 1.5), em * rng.uniform(0.3, 0.55)
    left, right = rng.uniform(0.25, 1.2) * em, width - rng.uniform(0.2, 0.8) * em
    y, indent = rng.uniform(0.1, 0.8) * em, rng.choice([0.0, 1.8]) * em
    waiting, lines = _sentence(rng, alphabet), []
    while y + 1.25 * em < height:
        is_last = rng.random() < 0.15  # of its paragraph: ends with its sentence, not justified
        x, words, ends = left + indent, [], []
        while x + (length := font.getlength(waiting[0])) <= right:
            words.append(waiting.pop(0))
            ends.append((x, length))
            x += length + space
            if not waiting:
                waiting = _sentence(rng, alphabet)
                if is_last:
                    break
        if not words:  # not even one word fits
            waiting = waiting[1:] or _sentence(rng, alphabet)
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
