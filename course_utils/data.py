"""The images of the course: Fashion-MNIST, checked by content, handwritten digits, and your own.

`python -m course_utils.data` fetches Fashion-MNIST if it can and says which copy the notebooks use.
"""

import gzip
import hashlib
import io
import math
import os
import sys
import threading
import time
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from course_utils._checks import check_positive_int, check_seed
from course_utils._files import keras_home, replacing
from course_utils.pictures.files import load_images as load_images

CLASS_NAMES = (
    *("T-shirt", "trouser", "pullover", "dress", "coat"),
    *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
)

SAMPLE_DIR = Path(__file__).parent / "sample"
DEBIAN_DIR = Path("/usr/share/datasets/fashion-mnist")
DOWNLOAD_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
CONNECT_SECONDS = 10.0  # for the first file, a small one, to be here; else there is no network
STALL_SECONDS = 10.0  # without a single byte: the network is gone
DOWNLOAD_SECONDS = 600.0  # for all four files, 30 MB


class _IdxFile(NamedTuple):
    """What the content of one idx file must be."""

    name: str
    shape: tuple[int, ...]
    sha256: str


def _idx_files(num_train: int, num_test: int, *checksums: str) -> tuple[_IdxFile, ...]:
    """Describe training images and labels, and test images and labels."""
    names = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    shapes = ((num_train, 28, 28), (num_train,), (num_test, 28, 28), (num_test,))
    return tuple(_IdxFile(f"{n}-ubyte", *rest) for n, *rest in zip(names, shapes, checksums))


_FULL = _idx_files(
    60000,
    10000,
    "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
)
_SAMPLE = _idx_files(  # written by tools/make_sample.py, which also prints these checksums
    6000,
    1000,
    "d807814fcd1cefa08ccfc9767b4a9ac9d2c0a436b6e8eba79f91d51f108cdaf2",
    "e80a8ea3a2a40f833e7cf34e6ca8721879f1aca80b9758d9a6df0d1344151985",
    "73c9da0e9c8849091479dae74eaaba508085b8f72696f064d7f13cf964d69257",
    "7be5ccab529eeec6a47007125e153a839e982aada47cced33e9ae0780858e3b8",
)


@dataclass(frozen=True)
class FashionMNIST:
    """Fashion-MNIST, split for training, validation and the report at the end of a chapter.

    Images are float32 (n, 28, 28, 1) in [0, 1], classes int64 (n,). The validation images are split
    off the training set. `source` says where the files came from, `is_sample` whether they are the
    bundled sample, and `class_names` are the ten names, by class number.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    source: str
    is_sample: bool
    class_names: tuple[str, ...] = CLASS_NAMES

    def describe(self) -> str:
        """Return lines: the source, the numbers of images and, on the sample, what that means."""
        figures = "\nThe figures in the book are from the full set of 70,000 images."
        return (
            f"Fashion-MNIST from {self.source}:\n{len(self.x_train):,} training, "
            f"{len(self.x_val):,} validation and {len(self.x_test):,} test images."
            + (figures if self.is_sample else "")
        )

    def __str__(self) -> str:
        return self.describe().replace("\n", " ")

    def __repr__(self) -> str:  # not 200 MB of pixels
        return f"<{self}>"


def load_fashion_mnist(num_validation: int | None = None, seed: int = 0) -> FashionMNIST:
    """Load Fashion-MNIST from the first place that has it, checked by SHA-256.

    The places, in order: the folder named by the environment variable FASHION_MNIST_DIR (the value
    `sample` means the bundled sample), the folder of Debian's package dataset-fashion-mnist, Keras'
    download cache (filled by a download if there is a network), and the sample of 7,000 images that
    is bundled with the course. A damaged file is reported by name and never used.

    The validation images, 5,000 if `num_validation` is None (500 on the sample), are drawn from the
    training set by the seed, equally many of each class up to one. The test set is the published
    one. A file that is missing in FASHION_MNIST_DIR raises FileNotFoundError, a damaged one there
    and an argument out of range ValueError.

    Source: Xiao, Rasul and Vollgraf (2017), https://arxiv.org/abs/1708.07747.
    Chapter: Compression and PCA.
    """
    seed = check_seed(seed)
    (x_train, y_train, x_test, y_test), source, is_sample = _find()
    if num_validation is None:
        num_validation = len(x_train) // 12
    check_positive_int(num_validation, "num_validation")
    if not 10 <= num_validation <= len(x_train) - 10:
        raise ValueError(
            f"num_validation must be from 10 to {len(x_train) - 10}, so that every class is in "
            f"both parts; got {num_validation}."
        )
    is_val = _stratified_mask(y_train, num_validation, seed)
    return FashionMNIST(
        x_train=_to_images(x_train[~is_val]),
        y_train=y_train[~is_val].astype(np.int64),
        x_val=_to_images(x_train[is_val]),
        y_val=y_train[is_val].astype(np.int64),
        x_test=_to_images(x_test),
        y_test=y_test.astype(np.int64),
        source=source,
        is_sample=is_sample,
    )


def load_digits28() -> tuple[np.ndarray, np.ndarray]:
    """Load scikit-learn's handwritten digits, enlarged linearly from 8 x 8 to 28 x 28 pixels.

    It returns the images, float32 (1797, 28, 28, 1) in [0, 1], and the digits, int64 (1797,).
    Source: Alpaydin and Kaynak (1998), https://doi.org/10.24432/C50P49, through scikit-learn.
    Chapter: Compression and PCA.
    """
    from skimage.transform import resize
    from sklearn.datasets import load_digits

    digits = load_digits()
    small = digits.images.transpose(1, 2, 0) / 16.0
    large = resize(small, (28, 28), order=1, mode="edge", anti_aliasing=False)
    x = np.clip(large.transpose(2, 0, 1)[..., None], 0.0, 1.0)
    return np.ascontiguousarray(x, dtype=np.float32), digits.target.astype(np.int64)


def _to_images(pixels: np.ndarray) -> np.ndarray:
    """Turn bytes (n, 28, 28) into float32 images (n, 28, 28, 1) in [0, 1]."""
    return np.divide(pixels, np.float32(255), dtype=np.float32)[..., None]


def _stratified_mask(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Choose `count` places at random, equally many of each class up to one; return a mask."""
    rng = np.random.default_rng(seed)
    chosen = np.zeros(len(labels), dtype=bool)
    for k in range(len(CLASS_NAMES)):
        members = np.flatnonzero(labels == k)
        share = count // len(CLASS_NAMES) + (k < count % len(CLASS_NAMES))
        chosen[rng.permutation(members)[:share]] = True
    return chosen


# Finding the files


def _find() -> tuple[list[np.ndarray], str, bool]:
    """Return the four arrays as bytes, the name of their source, and whether it is the sample."""
    wanted, why = os.environ.get("FASHION_MNIST_DIR", ""), "FASHION_MNIST_DIR=sample"
    if wanted and wanted != "sample":
        try:
            return _read_folder(Path(os.path.expanduser(wanted)), _FULL), "FASHION_MNIST_DIR", False
        except (FileNotFoundError, ValueError) as error:
            raise type(error)(
                f"FASHION_MNIST_DIR is set to {wanted}, but {error}: "
                "put the four files there, or unset the variable to look elsewhere."
            ) from None
    if not wanted:
        try:
            if os.path.isdir(DEBIAN_DIR):
                found = _read_folder(DEBIAN_DIR, _FULL)
                return found, "Debian's package dataset-fashion-mnist", False
        except (FileNotFoundError, ValueError) as error:
            warnings.warn(f"Debian's copy of Fashion-MNIST is not used: {error}.", stacklevel=3)
        try:
            return _read_cache_or_download(), "Keras' download cache", False
        except _NotDownloadedError as error:
            why = str(error)
    try:
        return _read_folder(SAMPLE_DIR, _SAMPLE), f"the bundled sample ({why})", True
    except (FileNotFoundError, ValueError) as error:
        raise type(error)(f"{error}: get the course again, it brings this file.") from None


def _read_folder(folder: Path, files: tuple[_IdxFile, ...]) -> list[np.ndarray]:
    """Read and check the idx files of a folder; an error names the file that is bad."""
    if not os.path.exists(folder):
        raise FileNotFoundError(f"there is no folder {folder}")
    return [_read(folder, file) for file in files]


def _read(folder: Path, file: _IdxFile) -> np.ndarray:
    """Read and check one idx file, compressed (.gz) or not."""
    for path in (folder / f"{file.name}.gz", folder / file.name):
        try:
            raw = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise ValueError(f"{path} cannot be read ({error.strerror})") from None
        return _decode(raw, file, str(path))
    raise FileNotFoundError(f"{folder / file.name}.gz is missing")


def _decode(raw: bytes, file: _IdxFile, where: str) -> np.ndarray:
    """Check the content of an idx file and return it as bytes of the expected shape.

    Format: two zero bytes, 8 for unsigned bytes, the number of dimensions, each dimension as a
    big-endian 32-bit number, and the values (http://yann.lecun.com/exdb/mnist/).
    """
    header = bytes([0, 0, 8, len(file.shape)]) + np.array(file.shape, dtype=">u4").tobytes()
    expected = len(header) + math.prod(file.shape)
    if raw[:2] == b"\x1f\x8b":
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(raw)) as stream:
                raw = stream.read(expected + 1)
        except EOFError:
            raise ValueError(f"{where} is truncated (its compressed data end too early)") from None
        except (OSError, zlib.error):
            raise ValueError(f"{where} is damaged (it cannot be decompressed)") from None
    if len(raw) < expected:
        raise ValueError(f"{where} is truncated ({len(raw):,} bytes of {expected:,})")
    if not raw.startswith(header):
        raise ValueError(f"{where} is no idx file of shape {file.shape} (its header differs)")
    if hashlib.sha256(raw).hexdigest() != file.sha256:
        raise ValueError(f"{where} has the wrong content (its SHA-256 checksum differs)")
    return np.frombuffer(raw, np.uint8, offset=len(header)).reshape(file.shape)


# Downloading


class _NotDownloadedError(Exception):
    """Why the files could not be had from the network, in a few words."""


def _cache_dir() -> Path:
    """Return the folder where keras.datasets.fashion_mnist keeps its files."""
    return keras_home() / "datasets" / "fashion-mnist"


def _read_cache_or_download() -> list[np.ndarray]:
    """Read Keras' cache, and download what is missing there or damaged."""
    folder = _cache_dir()
    found: dict[str, np.ndarray] = {}
    for file in _FULL:
        try:
            found[file.name] = _read(folder, file)
        except FileNotFoundError:
            continue
        except ValueError as error:
            warnings.warn(
                f"Keras' copy of Fashion-MNIST is not used, but downloaded again: {error}.",
                stacklevel=4,
            )
    missing = [file for file in _FULL if file.name not in found]
    missing.sort(key=lambda file: math.prod(file.shape))  # the first shows if there is a network
    deadline = time.monotonic() + DOWNLOAD_SECONDS
    for i, file in enumerate(missing):
        seconds = CONNECT_SECONDS if i == 0 else deadline - time.monotonic()
        path = folder / f"{file.name}.gz"
        raw = _download(path.name, seconds, progress=i > 0)
        try:
            found[file.name] = _decode(raw, file, f"the download {path.name}")
        except ValueError as error:
            raise _NotDownloadedError(str(error)) from None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as part:
                part.write_bytes(raw)
        except OSError as error:  # a full disk costs only this copy
            warnings.warn(
                f"{path} was downloaded but not saved ({error.strerror}): it is used now, and will "
                "be downloaded again next time.",
                stacklevel=4,
            )
    return [found[file.name] for file in _FULL]


def _download(name: str, seconds: float, progress: bool) -> bytes:
    """Download one file into memory; raise _NotDownloadedError with the reason if that fails.

    A thread does it, because nothing else bounds the time to look up a host name.
    """
    import pooch
    import requests

    buffer = _Buffer()
    failures: list[Exception] = []

    def work() -> None:
        try:
            options = {"chunk_size": 2**14, "timeout": (CONNECT_SECONDS, STALL_SECONDS)}
            headers = {"Accept-Encoding": "identity"}  # the .gz file as it is
            fetch = pooch.HTTPDownloader(progressbar=progress, headers=headers, **options)
            fetch(DOWNLOAD_URL + name, buffer, None)
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        thread.join(max(0.0, seconds))
    finally:  # also when the reader interrupts the cell
        buffer.wanted = False
    begun = buffer.tell() > 0
    if thread.is_alive():
        reason = "a slow network" if begun else "no network"
        raise _NotDownloadedError(f"{reason}: {name} not here after {seconds:.0f} seconds")
    for error in failures:
        reason = f"{'the download broke off' if begun else 'no network'}: {type(error).__name__}"
        if isinstance(error, requests.HTTPError):
            reason = f"the server answered {error.response.status_code} for {name}"
        raise _NotDownloadedError(reason)
    return buffer.getvalue()


class _Buffer(io.BytesIO):
    """Memory to download into, which ends the download when it is no longer wanted."""

    wanted = True

    def write(self, chunk: Any) -> int:
        if not self.wanted:
            raise _NotDownloadedError("given up")
        return super().write(chunk)


def main() -> int:
    """Print which copy of Fashion-MNIST the notebooks will use; return the exit status."""
    try:
        print(load_fashion_mnist())
    except (FileNotFoundError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
