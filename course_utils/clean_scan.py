"""Cleaning a scanned page with the network that the course ships; also a command.

    python -m course_utils.clean_scan in.png out.png

The network is at its best on letters of 8 to 16 pixels. A page with larger ones is reduced and
cleaned, and the result carried over to the page itself, which keeps its size and its sharpness.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import importlib
import os
import secrets
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageOps
from scipy import ndimage

from course_utils._checks import check_images, check_positive_int

if TYPE_CHECKING:  # Keras takes seconds to import: a mistake in the arguments is told before that
    import keras

CLEANER_DIR = Path(__file__).parent / "cleaner"
CLEANERS = {"real": "document_cleaner.keras", "generated": "document_cleaner_generated.keras"}

STRIDE = 16  # the network halves a page four times, so pages and tiles are multiples of this
OVERLAP = 64  # no pixel has an influence further away than this: tests/test_clean_scan.py measures
SMALLEST_SIDE = 64  # a page smaller than this is padded

LETTER_HEIGHT = 13.0  # pixels, to which larger letters are reduced
LARGEST_LETTER_HEIGHT = 16.0  # above it, reducing the page first gives the cleaner result
LEAST_CONTRAST = 0.1  # between ink and paper; with less, what looks like letters is dirt
LARGEST_SCALE = 32.0
A4_WIDTH = 1240  # pixels, at 150 dots per inch, where 10-point letters are as high as wanted

FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF", "PPM")
SUFFIXES = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
}
STRIP = 256  # rows that are worked on at once where a whole page would take much memory
MAX_PIXELS = 89_000_000  # A3 at 600 dots per inch has 70 million
_SAVE_OPTIONS = {
    "PNG": {},
    "JPEG": {"quality": 92},
    "TIFF": {"compression": "tiff_deflate"},
    "WEBP": {"lossless": True},
}
_EXIF_ORIENTATION, _EXIF_DPI, _EXIF_UNIT = 0x0112, (0x011A, 0x011B), 0x0128


# The page


def load_cleaner(trained_on: str = "real") -> keras.Model:
    """Load the trained network that comes with the course.

    Args:
        trained_on: "real" (generated pages and real scans) or "generated" (generated pages only).

    Returns:
        A model from pages (batch, height, width, 1) to clean pages of the same size; height and
        width must be multiples of 16, as `clean_page` sees to.

    Raises:
        ValueError: `trained_on` is something else, or the file is damaged.
        FileNotFoundError: the file is not there.

    Chapter: Cleaning documents.
    """
    if trained_on not in CLEANERS:
        raise ValueError(f"trained_on must be 'real' or 'generated'; got {trained_on!r}.")
    from course_utils import models

    path = CLEANER_DIR / CLEANERS[trained_on]
    if not path.is_file():
        raise FileNotFoundError(f"there is no model at {path}; fetch the course again.")
    # Only the weights are taken from the file: the description of a network that one version of
    # Keras writes is not always understood by an older one, such as Colab's.
    cleaner = models.document_cleaner()
    try:
        cleaner.load_weights(str(path))
    except Exception as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ValueError(f"{path} is damaged ({reason}); fetch the course again.") from error
    return cleaner


@functools.lru_cache(maxsize=1)
def _default_cleaner() -> keras.Model:
    return load_cleaner()


def clean_page(
    page: np.ndarray,
    model: keras.Model | None = None,
    *,
    scale: float | str = "auto",
    tile: int = 512,
    overlap: int = OVERLAP,
    progress: bool = False,
) -> np.ndarray:
    """Clean a scanned page of any size; the memory that the network needs grows with the tile only.

    The page is cut into tiles of one size, which overlap and begin at multiples of 16. Of each
    only the part is kept that does not see the tile's own edge, so the tiles together are the page
    that the network would have made of the whole.

    Where letters are higher than 16 pixels, the page is reduced first. Near each pixel of the
    reduced page, a straight line is fitted from dirty to clean brightness by least squares; its
    slope and offset are enlarged and applied to the page itself.

    Args:
        page: shape (height, width) or (height, width, 1), from 0 (black) to 1 (white).
        model: a fully convolutional network from (batch, height, width, 1) to the same shape that
            accepts multiples of 16; None for the one that comes with the course.
        scale: the factor from 1 to 32 by which the page is reduced before the network sees it;
            "auto" measures the letters.
        tile: the largest side of a tile in pixels, a multiple of 16.
        overlap: pixels at a tile's inner edges that are computed and not used, a multiple of 16.
        progress: show a progress bar.

    Returns:
        The clean page, float32, same shape as `page`, in [0, 1].

    Raises:
        ValueError: an argument is not as described, or the model returns another shape.

    Source: He, Sun & Tang 2013, "Guided image filtering", for the lines. Chapter: Cleaning
    documents.
    """
    array = _check_page(page)
    if check_positive_int(tile, "tile") % STRIDE:
        raise ValueError(f"tile must be a multiple of {STRIDE} pixels; got {tile}.")
    if overlap != 0 and check_positive_int(overlap, "overlap") % STRIDE:
        raise ValueError(f"overlap must be a multiple of {STRIDE} pixels; got {overlap}.")
    if tile < 2 * overlap + STRIDE:
        raise ValueError(
            f"tile must be at least {2 * overlap + STRIDE} pixels for an overlap of {overlap}; "
            f"got {tile}; nothing of a tile would be left between its edges."
        )
    factor = choose_scale(array) if isinstance(scale, str) and scale == "auto" else scale
    if isinstance(factor, str) or not 1 <= factor <= LARGEST_SCALE:
        raise ValueError(
            f"scale must be a number from 1 to {LARGEST_SCALE:g} or 'auto'; got {scale!r}."
        )
    model = _default_cleaner() if model is None else model
    if factor == 1:
        clean = _clean_tiles(array, model, tile, overlap, progress)
    else:
        small = _reduce(array, factor)
        clean = _carry_over(array, small, _clean_tiles(small, model, tile, overlap, progress))
    return clean.reshape(np.shape(page))


def _check_page(page: Any) -> np.ndarray:
    """The page as float32 (height, width), or a ValueError."""
    array = np.asarray(page)
    if array.ndim == 3 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim != 2 or array.size == 0:
        raise ValueError(
            "page must be one page of shape (height, width) or (height, width, 1); got shape "
            f"{np.shape(page)}; index with [0] for the first of several."
        )
    return check_images(array[None, ..., None], "page", allow_any_size=True)[0, ..., 0]


def _clean_tiles(
    page: np.ndarray, model: keras.Model, tile: int, overlap: int, progress: bool
) -> np.ndarray:
    from keras import ops
    from tqdm import tqdm

    height, width = page.shape
    padding = [(0, max(-side % STRIDE, SMALLEST_SIDE - side)) for side in page.shape]
    page = np.pad(page, padding, mode="reflect")
    (tall, rows), (wide, columns) = (_spans(side, tile, overlap) for side in page.shape)
    clean = np.empty(page.shape, np.float32)
    bar = tqdm(total=len(rows) * len(columns), unit="tile", file=sys.stderr, disable=not progress)
    with bar:
        for top, first_row, last_row in rows:
            for left, first_column, last_column in columns:
                dirty = page[None, top : top + tall, left : left + wide, None]
                # Not predict, which compiles anew for each shape: a tile is enough work for a call.
                output = ops.convert_to_numpy(model(dirty, training=False))
                if output.shape != dirty.shape:
                    raise ValueError(
                        f"model must return a page of the shape it is given; for {dirty.shape} "
                        f"it returned {output.shape}; use a fully convolutional one."
                    )
                clean[first_row:last_row, first_column:last_column] = output[
                    0, first_row - top : last_row - top, first_column - left : last_column - left, 0
                ]
                bar.update()
    clean = np.ascontiguousarray(clean[:height, :width])
    return np.clip(clean, 0, 1, out=clean)


def _spans(length: int, tile: int, overlap: int) -> tuple[int, list[tuple[int, int, int]]]:
    """Cut `length` pixels, a multiple of 16, into tiles of one size.

    Returns the size, not above `tile`, and for each tile where it begins, and the first and the
    last (exclusive) pixel that is taken from it.
    """
    if length <= tile:
        return length, [(0, 0, length)]
    count = -(-(length - 2 * overlap) // (tile - 2 * overlap))
    step = -(-(length - 2 * overlap) // (count * STRIDE)) * STRIDE
    size = step + 2 * overlap
    starts = [min(i * step, length - size) for i in range(count)]
    edges = [0, *(start + overlap for start in starts[1:]), length]
    return size, list(zip(starts, edges[:-1], edges[1:]))


# The size of the letters


def choose_scale(page: np.ndarray) -> float:
    """The factor by which to reduce a page so that the network sees letters of a size it knows.

    Without text, the page is taken for a sheet of A4.

    Args:
        page: shape (height, width) or (height, width, 1), in [0, 1].

    Returns:
        A number from 1 (leave as it is) to 32.

    Raises:
        ValueError: `page` is not such a page.
    """
    array = _check_page(page)
    letters = letter_height(array)
    if letters is None:
        scale = min(array.shape) / A4_WIDTH
    else:
        scale = letters / LETTER_HEIGHT if letters > LARGEST_LETTER_HEIGHT else 1.0
    return float(np.clip(scale, 1.0, LARGEST_SCALE))


def letter_height(page: np.ndarray) -> float | None:
    """Measure the height of the letters on a page, dirty or clean.

    What is darker than its surroundings (threshold of Otsu) is split into connected pieces. The
    result is the height such that half of the ink is in pieces that are not higher. It is nearly
    the same before and after cleaning, since most ink is in letters.

    Args:
        page: shape (height, width) or (height, width, 1), in [0, 1].

    Returns:
        The height in pixels, between that of an x and that of an l; None where fewer than 20
        pieces look like letters.

    Raises:
        ValueError: `page` is not such a page.

    Source: Otsu 1979 for the threshold.
    """
    from skimage.filters import threshold_otsu

    array = _check_page(page)
    scale = max(1.0, min(array.shape) / (2 * A4_WIDTH))  # fine enough for letters, and not slow
    array = _reduce(array, scale)
    window = max(15, min(array.shape) // 20)
    dark = ndimage.uniform_filter(array, window, mode="nearest") - array
    if not dark.max() > dark.min():
        return None
    ink = dark > threshold_otsu(dark)
    if dark[ink].mean() - dark[~ink].mean() < LEAST_CONTRAST:
        return None
    pieces, _ = ndimage.label(ink)
    boxes = ndimage.find_objects(pieces)
    heights = np.array([box[0].stop - box[0].start for box in boxes])
    widths = np.array([box[1].stop - box[1].start for box in boxes])
    areas = np.bincount(pieces.ravel())[1:]
    letters = (heights > 2) & (widths < 4 * heights) & (heights < 4 * widths)
    if np.count_nonzero(letters) < 20:
        return None
    heights, areas = heights[letters], areas[letters]
    order = np.argsort(heights)
    covered = np.cumsum(areas[order])
    return float(heights[order][np.searchsorted(covered, covered[-1] / 2)] * scale)


def _reduce(page: np.ndarray, scale: float) -> np.ndarray:
    if scale == 1:
        return page
    height, width = (max(1, round(side / scale)) for side in page.shape)
    # Each pixel is the mean of the area it covers.
    return np.asarray(Image.fromarray(page).resize((width, height), Image.Resampling.BOX))


def _carry_over(page: np.ndarray, small: np.ndarray, small_clean: np.ndarray) -> np.ndarray:
    """Do to `page` what was done to `small`, its reduced copy, to make `small_clean`.

    Mean squared error on nine sharp pages with three times larger letters than in training, under
    the dirt of real scans, by the network that was trained on generated pages only: 0.0003 in this
    way, 0.0028 for the small clean page enlarged, 0.0009 for the page plus the enlarged difference
    of the small ones, and 0.019 for the network on the page itself; doing nothing is 0.022.
    """
    slope, offset = _local_lines(small, small_clean)
    clean = np.empty(page.shape, np.float32)
    for top in range(0, len(page), STRIP):
        rows = slice(top, min(top + STRIP, len(page)))
        strip = _enlarge(slope, page.shape, rows) * page[rows] + _enlarge(offset, page.shape, rows)
        np.clip(strip, 0, 1, out=clean[rows])
    return clean


def _local_lines(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slope and offset of the line from x to y fitted around each pixel, in 5 x 5 of them.

    On bare paper, dirt says nothing about y = 1: the slope is 0 and the offset 1.
    """

    def mean(values):
        return ndimage.uniform_filter(values, 5, mode="nearest")

    mean_x, mean_y = mean(x), mean(y)
    covariance, variance = mean(x * y) - mean_x * mean_y, mean(x * x) - mean_x * mean_x
    slope = covariance / (np.maximum(variance, 0) + 1e-4)
    return slope, mean_y - slope * mean_x


def _enlarge(values: np.ndarray, shape: tuple[int, int], rows: slice) -> np.ndarray:
    """The given rows of `values`, enlarged to `shape`."""
    height, width = values.shape
    box = (0, rows.start * height / shape[0], width, rows.stop * height / shape[0])
    size = (shape[1], rows.stop - rows.start)
    return np.asarray(Image.fromarray(values).resize(size, Image.Resampling.BILINEAR, box))


# The file


def clean_file(
    source: str | os.PathLike,
    target: str | os.PathLike,
    *,
    page_number: int = 1,
    scale: float | str = "auto",
    trained_on: str = "real",
    force: bool = False,
    progress: bool = False,
) -> Path:
    """Clean the scan in a file and write it, in shades of grey, to another one.

    The target is complete or not there at all. What the reader should know (further pages, a page
    unlike a scan) is printed on standard error.

    Args:
        source: PNG, JPEG, TIFF, WebP, BMP, GIF or PNM, grey or colour, up to 89 million pixels.
        target: ends in .png, .jpg, .jpeg, .tif, .tiff or .webp.
        page_number: which page of a file with several, from 1.
        scale: as for `clean_page`.
        trained_on: as for `load_cleaner`.
        force: replace the target if it exists.
        progress: show a progress bar.

    Returns:
        The target's path.

    Raises:
        FileExistsError: the target exists, and `force` is not set.
        FileNotFoundError: there is no source, or no folder for the target.
        ValueError: the source is no image or too large, or an argument is not as described.
        OSError: the source cannot be read or the target not be written.

    Chapter: Cleaning documents.
    """
    source, target = Path(source), Path(target)
    _check_source(source)
    _check_target(source, target, force)
    page, dpi, num_pages = read_page(source, page_number)
    if num_pages > 1:
        _note(f"{source} has {num_pages} pages; only page {page_number} is cleaned.")
    if np.median(page) < 0.4:
        _note(
            f"{source} is mostly dark, unlike a scan; the network knows dark text on light paper, "
            "so expect little, and invert white text on black first."
        )
    _import_keras()
    page = clean_page(page, load_cleaner(trained_on), scale=scale, progress=progress)
    write_page(page, target, dpi, force)
    return target


def _import_keras() -> None:
    """Import Keras, without what TensorFlow logs meanwhile; that is shown only if it fails."""
    if "keras" in sys.modules:
        return
    sys.stderr.flush()
    with tempfile.TemporaryFile() as log:
        standard_error = os.dup(2)
        os.dup2(log.fileno(), 2)  # the log is written by C++, past sys.stderr
        try:
            importlib.import_module("keras")
        except BaseException:
            log.seek(0)
            os.write(standard_error, log.read())
            raise
        finally:
            os.dup2(standard_error, 2)
            os.close(standard_error)


def _note(sentence: str) -> None:
    print(f"Note: {sentence}", file=sys.stderr)


def _check_source(source: Path) -> None:
    if source.is_dir():
        raise ValueError(f"{source} is a folder; name the file of one scan.")
    if not source.exists():
        raise FileNotFoundError(f"there is no file {source}.")
    try:
        with open(source, "rb") as file:
            start = file.read(1024)
    except OSError as error:
        raise OSError(f"{source} cannot be read ({error.strerror}).") from error
    if not start:
        raise ValueError(f"{source} is empty; scan or copy it again.")
    if b"%PDF-" in start:
        raise ValueError(
            f"{source} is a PDF, not an image; save its pages as images first, for example with "
            "pdftoppm -r 300 -png."
        )


def _check_target(source: Path, target: Path, force: bool) -> None:
    _format_of(target)
    if not target.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {target.parent}; make it first.")
    if target.is_dir():
        raise ValueError(f"{target} is a folder; name a file in it.")
    if target.exists() and os.path.samefile(source, target):
        raise ValueError(f"{target} is the scan itself, which is kept; choose another name.")
    if os.path.lexists(target) and not force:
        raise FileExistsError(_exists(target))
    if not os.access(target.parent, os.W_OK):
        raise PermissionError(f"the folder {target.parent} cannot be written to; choose another.")


def _format_of(target: Path) -> str:
    if target.suffix.lower() not in SUFFIXES:
        raise ValueError(f"{target} must end in one of {', '.join(SUFFIXES)}.")
    return SUFFIXES[target.suffix.lower()]


def _exists(target: Path) -> str:
    return f"{target} exists and is left as it is; use --force (force=True) to replace it."


def read_page(
    source: str | os.PathLike, page_number: int = 1
) -> tuple[np.ndarray, tuple[float, float] | None, int]:
    """Read a page from an image file, as a viewer would show it, in shades of grey.

    Colours become their luminance, transparent parts white, and a rotation noted by the camera is
    carried out.

    Args:
        source: PNG, JPEG, TIFF, WebP, BMP, GIF or PNM, up to 89 million pixels.
        page_number: which page of a file with several, from 1.

    Returns:
        The page, float32 (height, width) in [0, 1]; its dots per inch (across, down), None if the
        file does not tell; the number of pages in the file.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no image or damaged, the image is too large, or has no such page.
        OSError: the file cannot be read.
    """
    source = Path(source)
    check_positive_int(page_number, "page_number")
    _check_source(source)
    too_many = (
        f"{source} has more than the {MAX_PIXELS // 10**6} million pixels that can be cleaned (A3 "
        "at 600 dots per inch); reduce it or cut it into pieces first."
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            # By its name, Pillow 13 maps the file into memory, and garbles a turned TIFF in that.
            with open(source, "rb") as file, Image.open(file, formats=FORMATS) as image:
                num_pages = getattr(image, "n_frames", 1)
                if page_number > num_pages:
                    raise _Refused(f"{source} has no page {page_number}, but {num_pages} in all.")
                if page_number > 1:
                    image.seek(page_number - 1)
                if image.width * image.height > MAX_PIXELS:
                    raise _Refused(too_many)
                return *_decode(image), num_pages
        except (_Refused, MemoryError):
            raise
        except (Image.DecompressionBombWarning, Image.DecompressionBombError):
            raise _Refused(too_many) from None
        except Image.UnidentifiedImageError:
            raise ValueError(
                f"{source} is not an image that can be read; give a PNG, JPEG, TIFF, WebP, "
                "BMP, GIF or PNM file."
            ) from None
        except Exception as error:  # whatever a decoder says about a damaged file
            reason = " ".join(str(error).split()) or type(error).__name__
            raise ValueError(
                f"{source} is damaged or incomplete ({reason}); scan or copy it again."
            ) from error


class _Refused(ValueError):
    """An image that is in order, but not for this."""


def _decode(image: Image.Image) -> tuple[np.ndarray, tuple[float, float] | None]:
    dpi, orientation = _find_dpi(image), image.getexif().get(_EXIF_ORIENTATION)
    if dpi is not None and orientation in (5, 6, 7, 8):
        dpi = dpi[::-1]  # a quarter turn
    image.load()  # turns a TIFF
    image = ImageOps.exif_transpose(image)  # turns the others
    if image.mode.startswith(("I", "F")):  # more than 8 bits
        page = np.asarray(image).astype(np.float32)
        if image.mode != "F":
            page /= 65535
        if not (page.min() >= 0 and page.max() <= 1):  # written so that NaN fails too
            raise ValueError("its pixel values are neither 16-bit numbers nor fractions")
        return page, dpi
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    if image.mode not in ("1", "L", "RGB"):
        image = image.convert("RGB")
    page = np.asarray(image.convert("L")).astype(np.float32)
    page /= 255
    return page, dpi


def _find_dpi(image: Image.Image) -> tuple[float, float] | None:
    dpi = image.info.get("dpi")
    if dpi is None:  # WebP keeps it as a camera does
        exif = image.getexif()
        dpi = [exif.get(tag) for tag in _EXIF_DPI]
        if exif.get(_EXIF_UNIT, 2) != 2 or None in dpi:
            return None
    try:
        across, down = (float(value) for value in dpi)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if 1 < across < 1e5 and 1 < down < 1e5 else None


def write_page(
    page: np.ndarray,
    target: str | os.PathLike,
    dpi: tuple[float, float] | None = None,
    force: bool = False,
) -> None:
    """Write a page as an 8-bit grey image; the file is complete or not there at all.

    Args:
        page: shape (height, width) or (height, width, 1), in [0, 1].
        target: ends in .png, .jpg, .jpeg, .tif, .tiff or .webp.
        dpi: dots per inch (across, down), to note in the file.
        force: replace the target if it exists.

    Raises:
        FileExistsError: the target exists, and `force` is not set.
        ValueError: `page` is not such a page, or the target ends otherwise.
        OSError: the file cannot be written, or the format cannot hold it.
    """
    target = Path(target)
    image = Image.fromarray(_to_bytes(_check_page(page)))
    file_format = _format_of(target)
    options = dict(_SAVE_OPTIONS[file_format])
    if dpi is not None and file_format == "WEBP":
        options["exif"] = exif = Image.Exif()
        exif.update({**dict(zip(_EXIF_DPI, dpi)), _EXIF_UNIT: 2})
    elif dpi is not None:
        options["dpi"] = dpi
    temporary = target.with_name(f".{target.stem}-{secrets.token_hex(4)}{target.suffix}")
    try:
        with open(temporary, "xb") as file:
            image.save(file, file_format, **options)
        if not force:  # take the name: a file that came meanwhile is not lost
            open(target, "xb").close()
        try:
            os.replace(temporary, target)
        except OSError:
            if not force:
                os.remove(target)
            raise
    except FileExistsError:
        raise FileExistsError(_exists(target)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise OSError(
            f"{target} could not be written ({reason}); nothing is left of it."
        ) from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.remove(temporary)


def _to_bytes(page: np.ndarray) -> np.ndarray:
    levels = np.empty(page.shape, np.uint8)
    for top in range(0, len(page), STRIP):
        levels[top : top + STRIP] = np.rint(page[top : top + STRIP] * 255)
    return levels


# The command


def _scale(text: str) -> float | str:
    if text == "auto":
        return text
    with contextlib.suppress(ValueError):
        if 1 <= float(text) <= LARGEST_SCALE:
            return float(text)
    raise argparse.ArgumentTypeError(
        f"must be 'auto' or a number from 1 to {LARGEST_SCALE:g}; got {text!r}"
    )


def _page_number(text: str) -> int:
    if text.isdecimal() and int(text) >= 1:
        return int(text)
    raise argparse.ArgumentTypeError(f"must be a whole number of at least 1; got {text!r}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m course_utils.clean_scan",
        description="Clean a scanned page of text: remove folds, stains and uneven light.",
        epilog="Exit status: 0 the clean page was written, 1 it was not, 2 the arguments are "
        "wrong or TARGET exists. The clean page has the size and the dots per inch of the scan, "
        "in 8-bit grey.",
    )
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="the scan: PNG, JPEG, TIFF, WebP, BMP, GIF or PNM, grey or colour, up to "
        f"{MAX_PIXELS // 10**6} million pixels",
    )
    parser.add_argument(
        "target", metavar="TARGET", help=f"the clean page; must end in {', '.join(SUFFIXES)}"
    )
    parser.add_argument("--force", action="store_true", help="replace TARGET if it exists")
    parser.add_argument(
        "--page",
        type=_page_number,
        default=1,
        metavar="N",
        help="which page of a file with several",
    )
    parser.add_argument(
        "--scale",
        type=_scale,
        default="auto",
        metavar="FACTOR",
        help="reduce the page by this factor before the network sees it, so that letters are 8 "
        "to 16 pixels high; the result has the scan's size all the same (default: measure them)",
    )
    parser.add_argument(
        "--trained-on",
        choices=sorted(CLEANERS),
        default="real",
        help="which network: trained on real scans too, or on generated pages only (default: real)",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bar, no final message")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    arguments = _parser().parse_args(argv)
    started = time.perf_counter()
    try:
        target = clean_file(
            arguments.source,
            arguments.target,
            page_number=arguments.page,
            scale=arguments.scale,
            trained_on=arguments.trained_on,
            force=arguments.force,
            progress=not arguments.quiet,
        )
    except (OSError, ValueError) as error:
        print(f"clean_scan: {error}", file=sys.stderr)
        return 2 if isinstance(error, FileExistsError) else 1
    except MemoryError:
        print("clean_scan: the page does not fit into memory; reduce it first.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("clean_scan: interrupted; nothing was written.", file=sys.stderr)
        return 130
    if not arguments.quiet:
        print(f"Wrote {target} in {time.perf_counter() - started:.1f} seconds.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
