"""Reading a folder of pictures of any kind into one array, and naming those that cannot be read."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps
from tqdm import tqdm

from course_utils._checks import check_positive_int

MAX_PIXELS = 89_000_000  # of one picture; Pillow calls more a decompression bomb
FITS = ("pad", "crop", "stretch")
CHANNELS = {"colour": 3, "grey": 1}
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
DEEP = 65535.0  # white in 16 bits
_TOO_LARGE = f"it has more than {MAX_PIXELS // 10**6} million pixels; reduce it first"
_CHUNK = 3_000_000  # numbers
_SAME_SHAPE = 1.02  # ratios of width to height that are nearer than this are one shape


@dataclass(frozen=True)
class Images:
    """The pictures of a folder, all of one size.

    Attributes:
        levels: uint8 (n, size, size, channels), from 0 to 255, which takes a quarter of the memory
            of `pixels`.
        paths: the files, one for each picture, in order of their names.
        skipped: files that are no pictures or could not be read, each with the reason in words.
        sizes: width and height of each picture as a viewer shows it.
        fit: how they were made square: one of `FITS`.
    """

    levels: np.ndarray
    paths: tuple[Path, ...]
    skipped: tuple[tuple[Path, str], ...]
    sizes: tuple[tuple[int, int], ...]
    fit: str

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def pixels(self) -> np.ndarray:
        """The pictures as float32 (n, size, size, channels) in [0, 1]; made anew at each call."""
        return np.divide(self.levels, np.float32(255), dtype=np.float32)

    def describe(self) -> str:
        """Return lines: how many pictures, how they were made square, and what was skipped."""
        height, width, channels = self.levels.shape[1:]
        kind = "grey" if channels == 1 else "colour"
        lines = [f"{len(self)} pictures, {width} x {height} pixels, {kind}.", *self.notes()]
        return "\n".join([*lines, *(f"Skipped {path}: {reason}." for path, reason in self.skipped)])

    def __repr__(self) -> str:  # not millions of pixels
        return f"<{len(self)} pictures of {self.levels.shape[1:]}, {len(self.skipped)} skipped>"

    def notes(self) -> list[str]:
        """Say in sentences what making the pictures square, and of one size, did to them."""
        notes = []
        ratios = [width / height for width, height in self.sizes]
        not_square = sum(_differ(ratio, 1.0) for ratio in ratios)
        if self.fit != "pad" and not_square:
            done = {"stretch": "were stretched, which distorts them", "crop": "lost their ends"}
            notes.append(f"{not_square} pictures that are not square {done[self.fit]}.")
        usual = float(np.median(ratios)) if ratios else 1.0
        others = sum(_differ(ratio, usual) for ratio in ratios)
        if others:
            notes.append(
                f"{others} pictures have another shape than the usual one (width / height = "
                f"{usual:.2f}), which may count as odd."
            )
        size = self.levels.shape[1]
        if small := sum(max(sides) < size for sides in self.sizes):
            notes.append(f"{small} pictures are smaller than {size} pixels and were enlarged.")
        return notes


def chunks(levels: np.ndarray) -> Iterator[slice]:
    """Cut pictures, uint8 (n, size, size, channels), into parts of a few million numbers each.

    As floating-point numbers a part takes some ten megabytes, whatever the size and the number.
    """
    step = max(1, _CHUNK // max(1, levels[:1].size))
    for start in range(0, len(levels), step):
        yield slice(start, start + step)


def _differ(a: float, b: float) -> bool:
    return max(a / b, b / a) > _SAME_SHAPE


def load_images(
    folder: str | os.PathLike,
    size: int = 64,
    *,
    channels: str = "colour",
    fit: str = "pad",
    subfolders: bool = False,
    progress: bool = False,
) -> Images:
    """Load the pictures of a folder, of any format that Pillow reads, all at one size.

    Each is shown as a viewer would show it: turned as the camera noted, the first frame of several,
    transparent parts on white, colours in RGB. What cannot be read is named with the reason and
    skipped; hidden files are left out. One picture at a time is decoded, so that memory is that of
    the result, size^2 bytes for each picture and channel, and of the largest file.
    Pictures of 10 to 16 bits are taken for as many as the brightest of them all needs.

    Args:
        folder: the folder, with one picture or more.
        size: height and width of the result in pixels, at least 8.
        channels: "colour" for three channels, red, green and blue, or "grey" for one.
        fit: how a picture becomes square. "pad" keeps its shape and adds bars in the colour of its
            own border; "crop" keeps its shape and cuts both ends off; "stretch" distorts it.
        subfolders: also load what is in folders within the folder.
        progress: show a progress bar, unless standard error is no terminal.

    Returns:
        `Images`, in order of the files' names.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: an argument is not as described, or the folder holds no picture to be read.
        OSError: the folder cannot be read.

    Chapter: Finding what does not belong.
    """
    check_positive_int(size, "size")
    if size < 8:
        raise ValueError(f"size must be at least 8 pixels; got {size}.")
    for name, value, allowed in (("channels", channels, CHANNELS), ("fit", fit, FITS)):
        if value not in allowed:
            raise ValueError(f"{name} must be one of {', '.join(allowed)}; got {value!r}.")
    files = list_files(folder, subfolders)
    levels = np.empty((len(files), size, size, CHANNELS[channels]), np.uint8)
    paths, sizes, skipped, deep = [], [], [], {}
    for path in tqdm(files, "reading", unit="file", disable=None if progress else True):
        try:
            picture = read_picture(path, size, channels, fit)
        except Unreadable as error:
            skipped.append((path, str(error)))
            continue
        if picture.brightest:
            deep[len(paths)] = picture.brightest
        levels[len(paths)] = picture.levels
        paths.append(path)
        sizes.append(picture.shown)
    most = max(deep.values(), default=DEEP)
    bits = next((bits for bits in (8, 10, 12, 14) if most < 2**bits), 16)
    for i in deep if bits < 16 else ():  # all but black so far
        levels[i] = read_picture(paths[i], size, channels, fit, 2**bits - 1).levels
    if not paths:
        tried = f"{len(skipped)} files were tried"
        tried += f"; {skipped[0][0].name}: {skipped[0][1]}" if skipped else ""
        raise ValueError(
            f"{folder} holds no picture that can be read ({tried}); "
            f"{_advice(Path(folder), subfolders)}."
        )
    return Images(levels[: len(paths)], tuple(paths), tuple(skipped), tuple(sizes), fit)


def _advice(folder: Path, subfolders: bool) -> str:
    if not subfolders and count_folders(folder):
        return "it has folders within: name one of them, or ask for subfolders"
    return "name a folder of PNG, JPEG or other pictures"


def list_files(folder: str | os.PathLike, subfolders: bool = False) -> list[Path]:
    """List the files of a folder that may be pictures, in order of their names.

    It raises FileNotFoundError where there is no folder, ValueError for a file, OSError where the
    folder cannot be read.
    """
    folder = Path(folder)
    if not folder.exists():
        raise FileNotFoundError(f"there is no folder {folder}.")
    if not folder.is_dir():
        raise ValueError(f"{folder} is a file; name the folder that it is in.")
    try:
        return sorted(_walk(folder, subfolders), key=lambda path: path.relative_to(folder).parts)
    except OSError as error:
        raise OSError(f"{error.filename} cannot be read ({error.strerror}).") from error


def count_folders(folder: Path) -> int:
    """How many folders are directly within a folder, without the hidden ones."""
    return sum(entry.is_dir() for entry in _visible(folder))


def _walk(folder: Path, subfolders: bool) -> Iterator[Path]:
    for entry in _visible(folder):
        if entry.is_dir():  # a link to a folder could lead round in a circle
            if subfolders and not entry.is_symlink():
                yield from _walk(Path(entry.path), subfolders)
        else:
            yield Path(entry.path)


def _visible(folder: Path) -> list[os.DirEntry]:
    with os.scandir(folder) as entries:
        return [entry for entry in entries if not entry.name.startswith(".")]


class Unreadable(ValueError):
    """Why a file is no picture, in words that end a sentence."""


class Picture(NamedTuple):
    """One picture: bytes (size, size, channels), its width and height as a viewer shows it, and,
    if it has more than 8 bits, its brightest value; else 0."""

    levels: np.ndarray
    shown: tuple[int, int]
    brightest: int


def read_picture(path: Path, size: int, channels: str, fit: str, white: float = DEEP) -> Picture:
    """Read one picture; `white` is the value of white if it has more than 8 bits.

    For the other arguments see `load_images`. `Unreadable` says in a few words why it cannot be.
    """
    try:
        if not path.is_file():  # a pipe would never end
            raise Unreadable("it is no file" if path.exists() else "it is a link to nothing")
        with open(path, "rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on harmless metadata; the size is checked below
            start = file.read(16)
            if not start:
                raise Unreadable("it is empty")
            if start[4:8] == b"ftyp" and start[8:12] in _HEIF_BRANDS:
                raise Unreadable("it is a HEIC photo; save it as JPEG")
            file.seek(0)
            # Through the open file: by its name Pillow may map a TIFF into memory, and turn it ill.
            with Image.open(file) as image:
                return _decode(image, size, channels, fit, white)
    except Unreadable:
        raise
    except Image.UnidentifiedImageError:
        raise Unreadable("it is no picture of a known format") from None
    except Image.DecompressionBombError:
        raise Unreadable(_TOO_LARGE) from None
    except PermissionError:
        raise Unreadable("reading it is not permitted") from None
    except Exception as error:  # whatever a decoder says about a damaged file
        reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise Unreadable(f"it is damaged or incomplete ({reason})") from None


def _decode(image: Image.Image, size: int, channels: str, fit: str, white: float) -> Picture:
    if image.width * image.height > MAX_PIXELS:
        raise Unreadable(_TOO_LARGE)
    sides = sorted(image.size)
    if image.format == "JPEG":
        image.draft(None, (2 * size, 2 * size))  # decodes at a fraction of the size
    image.load()  # turns a TIFF
    image = ImageOps.exif_transpose(image)  # turns the others
    width, height = sides[::-1] if image.width >= image.height else sides
    brightest = 0
    if image.mode.startswith(("I", "F")):  # more than 8 bits
        image, brightest = _from_deep(np.asarray(image), white)
    image = _square(_opaque(image), size, fit)
    if image.mode == "F":
        image = Image.fromarray(np.clip(np.rint(np.asarray(image)), 0, 255).astype(np.uint8))
    image = image.convert("RGB" if channels == "colour" else "L")
    levels = np.asarray(image).reshape(size, size, CHANNELS[channels])
    return Picture(levels, (width, height), brightest)


def _opaque(image: Image.Image) -> Image.Image:
    """Return the picture in mode L, RGB or F, with transparent parts on white."""
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image if image.mode in ("L", "RGB", "F") else image.convert("RGB")


def _from_deep(values: np.ndarray, white: float) -> tuple[Image.Image, int]:
    """Return whole numbers, or fractions, as shades from 0 to 255, and the brightest number."""
    values = values.astype(np.float32)
    if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= DEEP):
        raise Unreadable("its pixel values are neither 16-bit numbers nor fractions of 1")
    brightest = int(np.ceil(values.max()))
    if brightest <= 1:
        white, brightest = 1.0, 0
    values *= 255.0 / white
    return Image.fromarray(values), brightest


def _square(image: Image.Image, size: int, fit: str) -> Image.Image:
    """Make a picture square, of one size; `fit` as for `load_images`."""
    resample = Image.Resampling.BICUBIC
    if fit == "stretch":
        return image.resize((size, size), resample, reducing_gap=3.0)
    if fit == "crop":
        return ImageOps.fit(image, (size, size), resample)
    scale = size / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    small = image.resize((width, height), resample, reducing_gap=3.0)
    if small.size == (size, size):
        return small
    square = Image.new(small.mode, (size, size), _border_colour(small))
    square.paste(small, ((size - width) // 2, (size - height) // 2))
    return square


def _border_colour(image: Image.Image) -> float | tuple[int, ...]:
    """The median of the two sides to which bars are added: a plain background goes on in them."""
    pixels = np.asarray(image)
    pixels = pixels if image.width > image.height else pixels.swapaxes(0, 1)
    ends = np.concatenate([pixels[0], pixels[-1]])
    if ends.ndim == 2:
        return tuple(int(value) for value in np.median(ends, axis=0))
    return float(np.median(ends)) if image.mode == "F" else int(np.median(ends))
