"""Reading scans from image files of many kinds, and writing clean pages whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from course_utils._checks import check_positive_int
from course_utils._command import captured_stderr
from course_utils.documents.corpus import STRIP, check_page

FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF", "PPM", "AVIF", "JPEG2000")
READABLE = "PNG, JPEG, TIFF, WebP, AVIF, JPEG 2000, BMP, GIF or PNM"
SUFFIXES = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
}
MAX_PIXELS = 89_000_000  # A3 at 600 dots per inch has 70 million
_SAVE_OPTIONS = {
    "PNG": {},
    "JPEG": {"quality": 92},
    "TIFF": {"compression": "tiff_deflate"},
    "WEBP": {"lossless": True},
}
_EXIF_ORIENTATION, _EXIF_DPI, _EXIF_UNIT = 0x0112, (0x011A, 0x011B), 0x0128
_TIFF_BITS, _TIFF_PHOTOMETRIC, _TIFF_LARGEST = 258, 262, 281
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")


@dataclass(frozen=True)
class Scan:
    """A page as it was in a file.

    Attributes:
        pixels: (height, width), uint8 from 0 to 255, or float32 in [0, 1] of files with more bits.
        dpi: dots per inch (across, down); None if the file does not tell.
        num_pages: how many pages the file has.
        notes: sentences on what was taken for granted in reading it.
    """

    pixels: np.ndarray
    dpi: tuple[float, float] | None
    num_pages: int
    notes: tuple[str, ...] = ()

    @property
    def page(self) -> np.ndarray:
        """The page, float32 (height, width) in [0, 1]."""
        return as_page(self.pixels)


def as_page(pixels: np.ndarray) -> np.ndarray:
    """Turn bytes into float32 in [0, 1]; leave what is so already."""
    if pixels.dtype == np.uint8:
        return np.divide(pixels, np.float32(255), dtype=np.float32)
    return pixels


def check_source(source: Path) -> None:
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
    if start[4:8] == b"ftyp" and start[8:12] in _HEIF_BRANDS:
        raise ValueError(
            f"{source} is a HEIC photo, which cannot be read here; save it as JPEG first, for "
            "example with heif-convert, or set the camera to its most compatible format."
        )
    if b"%PDF-" in start:
        raise ValueError(
            f"{source} is a PDF, not an image; save its pages as images first, for example with "
            "pdftoppm -r 300 -png."
        )


def check_target(source: Path, target: Path, force: bool) -> None:
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


def read_page(source: str | os.PathLike, page_number: int = 1) -> Scan:
    """Read a page from an image file, as a viewer would show it, in shades of grey.

    Colours become their luminance, transparent parts white, a rotation noted by the camera is
    carried out, and a camera's preview is no page. Ten to sixteen bits are read by what the file
    says of them.

    Args:
        source: PNG, JPEG, TIFF, WebP, AVIF, JPEG 2000, BMP, GIF or PNM, up to 89 million pixels.
        page_number: which page of a file with several, from 1.

    Returns:
        A `Scan`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no image or damaged, the image is too large, or has no such page.
        OSError: the file cannot be read.
    """
    source = Path(source)
    check_positive_int(page_number, "page_number")
    check_source(source)
    too_many = (
        f"{source} has more than the {MAX_PIXELS // 10**6} million pixels that can be cleaned (A3 "
        "at 600 dots per inch); reduce it or cut it into pieces first."
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            # By its name, Pillow 13 maps the file into memory, and garbles a turned TIFF in that.
            with open(source, "rb") as file, Image.open(file, formats=FORMATS) as image:
                # The other frames of an MPO are previews or the other eye's view of the same.
                num_pages = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
                if page_number > num_pages:
                    raise _Refused(f"{source} has no page {page_number}, but {num_pages} in all.")
                if page_number > 1:
                    image.seek(page_number - 1)
                if image.width * image.height > MAX_PIXELS:
                    raise _Refused(too_many)
                with _complaints(image) as said:
                    pixels, dpi, notes = _decode(image)
                if said:
                    raise ValueError(said[0])
                return Scan(pixels, dpi, num_pages, tuple(f"{source} {note}" for note in notes))
        except (_Refused, MemoryError):
            raise
        except (Image.DecompressionBombWarning, Image.DecompressionBombError):
            raise _Refused(too_many) from None
        except Image.UnidentifiedImageError:
            raise ValueError(
                f"{source} is not an image that can be read; give a {READABLE} file."
            ) from None
        except Exception as error:  # whatever a decoder says about a damaged file
            reason = " ".join(str(error).split()) or type(error).__name__
            raise ValueError(
                f"{source} is damaged or incomplete ({reason.rstrip('.')}); scan or copy it again."
            ) from error


class _Refused(ValueError):
    """An image that is in order, but not for this."""


@contextlib.contextmanager
def _complaints(image: Image.Image) -> Iterator[list[str]]:
    """Collect what the TIFF library says of a damaged fax; Pillow takes the page for whole."""
    said: list[str] = []
    if image.format != "TIFF":
        yield said
        return
    with captured_stderr() as log:
        yield said
        log.seek(0)
        lines = log.read().decode(errors="replace").splitlines()
    said += [line for line in lines if re.search(r"Fax|code word|Premature|Not enough data", line)]


def _decode(image: Image.Image) -> tuple[np.ndarray, tuple[float, float] | None, list[str]]:
    dpi, orientation = _find_dpi(image), image.getexif().get(_EXIF_ORIENTATION)
    if dpi is not None and orientation in (5, 6, 7, 8):
        dpi = dpi[::-1]  # a quarter turn
    image.load()  # turns a TIFF
    tags = getattr(image, "tag_v2", {})
    image = ImageOps.exif_transpose(image)  # turns the others
    if image.mode.startswith(("I", "F")):  # more than 8 bits
        page, notes = _deep(np.asarray(image), tags)
        return page, dpi, notes
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    if image.mode not in ("1", "L", "RGB"):
        image = image.convert("RGB")
    return np.array(image.convert("L")), dpi, []


def _deep(values: np.ndarray, tags) -> tuple[np.ndarray, list[str]]:
    """Turn whole numbers of 10 to 16 bits, or fractions, into a page by what the TIFF tags say.

    Source: TIFF 6.0, the fields BitsPerSample, MaxSampleValue and PhotometricInterpretation.
    """
    notes: list[str] = []
    page = values.astype(np.float32)
    if values.dtype.kind != "f":
        largest = 2.0 ** min((*np.atleast_1d(tags.get(_TIFF_BITS, 16)), 16)) - 1
        stated = float(np.atleast_1d(tags.get(_TIFF_LARGEST, largest))[0])
        if page.max() <= stated < largest:
            largest = stated
        elif largest > 4095 and page.max() <= 4095:
            bits = 8 if page.max() <= 255 else 12
            largest = 2.0**bits - 1
            notes.append(
                f"holds 16-bit numbers, none above {largest:g}; they are taken for {bits} bits, so "
                "that the page is not all but black."
            )
        page /= largest
    if not (page.min() >= 0 and page.max() <= 1):  # written so that NaN fails too
        raise ValueError("its pixel values are neither 16-bit numbers nor fractions")
    if tags.get(_TIFF_PHOTOMETRIC) == 0:  # white is zero; Pillow sees to it up to 8 bits only
        np.subtract(1, page, out=page)
    return page, notes


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
    """Write a page as an 8-bit image, grey or coloured; the file is complete or not there at all.

    Args:
        page: shape (height, width) or (height, width, 1), in [0, 1]; or bytes, uint8
            (height, width) or (height, width, 3).
        target: ends in .png, .jpg, .jpeg, .tif, .tiff or .webp.
        dpi: dots per inch (across, down), to note in the file.
        force: replace the target if it exists.

    Raises:
        FileExistsError: the target exists, and `force` is not set.
        ValueError: `page` is not such a page, or the target ends otherwise.
        OSError: the file cannot be written, or the format cannot hold it.
    """
    target = Path(target)
    image = Image.fromarray(page if page.dtype == np.uint8 else to_bytes(check_page(page)))
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
        if force:
            os.replace(temporary, target)
        else:
            _take_name(temporary, target)
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


def _take_name(temporary: Path, target: Path) -> None:
    """Give a file its name in one step, unless a file has come under that name meanwhile."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without links: take the name, then fill it
        open(target, "xb").close()
        try:
            os.replace(temporary, target)
        except OSError:
            os.remove(target)
            raise


def to_bytes(page: np.ndarray) -> np.ndarray:
    """Turn a page in [0, 1], (height, width), into bytes, strip by strip, to save memory."""
    levels = np.empty(page.shape, np.uint8)
    for top in range(0, len(page), STRIP):
        levels[top : top + STRIP] = np.rint(page[top : top + STRIP] * 255)
    return levels
