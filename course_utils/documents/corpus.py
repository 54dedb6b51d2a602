"""Pairs of dirty and clean pages: real scans, splits without a leak, and patches to train on."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, UnidentifiedImageError

from course_utils._checks import check_fraction, check_images, check_positive_int, check_seed

STRIP = 256  # rows of a page that are worked on at once where all would take much memory


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


def check_page(page: Any) -> np.ndarray:
    """Return a page as float32 (height, width).

    Args:
        page: shape (height, width) or (height, width, 1), from 0 (black) to 1 (white).

    Raises:
        ValueError: `page` is not such a page.
    """
    array = np.asarray(page)
    if array.ndim == 3 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim != 2 or array.size == 0:
        raise ValueError(
            "page must be one page of shape (height, width) or (height, width, 1); got shape "
            f"{np.shape(page)}; index with [0] for the first of several."
        )
    return check_images(array[None, ..., None], "page", allow_any_size=True)[0, ..., 0]


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
