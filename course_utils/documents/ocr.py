"""Reading the text of a page with Tesseract, and counting how much of it was read wrongly."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from typing import Any

import numpy as np
from PIL import Image

from course_utils._checks import check_images

TIMEOUT_SECONDS = 120.0  # a dense 600-dpi page takes about ten


def find_tesseract() -> str | None:
    """Return the path of the command `tesseract`, or None if it is not installed."""
    return shutil.which("tesseract")


def read_text(page: np.ndarray, language: str = "eng", timeout: float = TIMEOUT_SECONDS) -> str:
    """Read the text on a page with the command `tesseract`, which must be installed.

    Args:
        page: one page, shape (height, width) or (height, width, 1), from 0 (black) to 1 (white).
        language: Tesseract's name of the page's language; its data must be installed too.
        timeout: seconds after which to give up.

    Returns:
        The text, line by line, without white space at its end; "" for a page without text.

    Raises:
        ValueError: `page` is not such a page.
        RuntimeError: Tesseract is not installed, refuses, or takes too long.

    Source: Smith 2007, "An overview of the Tesseract OCR engine". Chapter: Cleaning documents.
    """
    png = _as_png(page)
    command = find_tesseract()
    if command is None:
        raise RuntimeError(
            "the command tesseract was not found; install it (Debian and Ubuntu: apt install "
            "tesseract-ocr; macOS: brew install tesseract) and see that it is on the PATH."
        )
    try:
        run = subprocess.run(
            [command, "stdin", "stdout", "-l", language],
            input=png,
            capture_output=True,
            # Its threads mostly wait for one another: one takes a third of the time of two.
            env={"OMP_THREAD_LIMIT": "1", **os.environ},
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(
            f"tesseract had not finished after {timeout:g} seconds; pass a smaller page or a "
            "longer timeout."
        ) from None
    except OSError as error:
        raise RuntimeError(
            f"{command} could not be started ({error.strerror}); install Tesseract again."
        ) from error
    if run.returncode != 0:
        said = [line for line in run.stderr.decode(errors="replace").splitlines() if line.strip()]
        first = said[0].rstrip(".") if said else "no message"
        raise RuntimeError(
            f"tesseract failed with status {run.returncode} ({first}); {_advice(first, language)}."
        )
    return run.stdout.decode("utf-8", errors="replace").rstrip()


def _advice(said: str, language: str) -> str:
    """What to do about what Tesseract said."""
    if "too large" in said.lower():
        return "pass a smaller page, at most 32,767 pixels wide and high"
    if "language" in said.lower() or "traineddata" in said.lower() or "data file" in said.lower():
        return f"see that it has the language {language!r}: tesseract --list-langs"
    return "see that tesseract reads another picture from the command line"


def _as_png(page: Any) -> bytes:
    array = np.asarray(page)
    array = array[..., 0] if array.ndim == 3 and array.shape[-1] == 1 else array
    if array.ndim != 2:
        raise ValueError(
            "page must be one page of shape (height, width) or (height, width, 1); got shape "
            f"{array.shape}; index with [0] for the first of several."
        )
    array = check_images(array[None, ..., None], "page", allow_any_size=True)[0, ..., 0]
    stream = io.BytesIO()
    Image.fromarray(np.round(array * 255).astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def character_error_rate(text: str, reference: str) -> float:
    """How many characters must be changed to turn `text` into `reference`, per character of it.

    A change is to insert, to delete or to replace one character. White space of any kind and
    length counts as one space, and is dropped at both ends. The rate is 0 for the same text, 1
    for an empty one, and above 1 for much text that is not in the reference.

    Args:
        text: what was read.
        reference: what the page says; not empty.

    Returns:
        The Levenshtein distance divided by the length of the reference.

    Raises:
        ValueError: an argument is not a string, or the reference is empty.

    Source: Levenshtein 1966. Chapter: Cleaning documents.
    """
    for value, name in ((text, "text"), (reference, "reference")):
        if not isinstance(value, str):
            raise ValueError(f"{name} must be a string; got {type(value).__name__}.")
    text, reference = " ".join(text.split()), " ".join(reference.split())
    if not reference:
        raise ValueError("reference must hold at least one character that is not white space.")
    return _levenshtein(text, reference) / len(reference)


def _levenshtein(a: str, b: str) -> int:
    """The smallest number of insertions, deletions and replacements that turn `a` into `b`.

    Row i of the table holds the distances from the first i characters of `a` to the first j of
    `b`, for all j. An entry comes from the row above (j: delete, j - 1: replace), or from its
    left neighbour by one insertion. That last step is a chain along the row; but k insertions cost
    k, so an entry is j + the smallest of (entry above - j) at or to the left of j.
    """
    codes = np.array([ord(character) for character in b], dtype=np.int64)
    columns = np.arange(len(b) + 1)
    row = columns.copy()
    for i, character in enumerate(a, start=1):
        replaced = row[:-1] + (codes != ord(character))
        above = np.concatenate([[i], np.minimum(row[1:] + 1, replaced)])
        row = columns + np.minimum.accumulate(above - columns)
    return int(row[-1])
