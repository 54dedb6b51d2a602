"""The command that cleans a scan in a file: python -m course_utils.clean_scan in.png out.png"""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from course_utils._command import import_keras, note, run, whole_number
from course_utils.documents import cleaner, files
from course_utils.documents.cleaner import LARGEST_SCALE, LEFT, REMOVED, RESTORED, Cleaning
from course_utils.documents.network import CLEANERS, load_cleaner

_COLOURS = {RESTORED: (214, 39, 40), LEFT: (31, 119, 180), REMOVED: (255, 187, 80)}
# red, blue and yellow


def clean_file(
    source: str | os.PathLike,
    target: str | os.PathLike,
    *,
    page_number: int = 1,
    scale: float | str = "auto",
    keep: bool = False,
    report: str | os.PathLike | None = None,
    trained_on: str = "real",
    force: bool = False,
    progress: bool = False,
) -> Path:
    """Clean the scan in a file and write it, in shades of grey, to another one.

    The target is complete or not there at all. What the reader should know (further pages, strokes
    that were put back, areas that were left alone) is printed on standard error.

    Args:
        source: PNG, JPEG, TIFF, WebP, AVIF, JPEG 2000, BMP, GIF or PNM, up to 89 million pixels.
        target: ends in .png, .jpg, .jpeg, .tif, .tiff or .webp.
        page_number: which page of a file with several, from 1.
        scale: as for `clean_and_compare`.
        keep: as for `clean_and_compare`.
        report: a picture to write that marks on the clean page what was put back (red) and what
            was left as it was (blue); ends as `target` may.
        trained_on: as for `load_cleaner`.
        force: replace the target and the report if they exist.
        progress: show a progress bar.

    Returns:
        The target's path.

    Raises:
        FileExistsError: the target or the report exists, and `force` is not set.
        FileNotFoundError: there is no source, or no folder for the target.
        ValueError: the source is no image or too large, or an argument is not as described.
        OSError: the source cannot be read or the target not be written.

    Chapter: Cleaning documents.
    """
    source, target = Path(source), Path(target)
    files.check_source(source)
    files.check_target(source, target, force)
    if report is not None:
        files.check_target(source, report := Path(report), force)
        if report.resolve() == target.resolve():
            raise ValueError(f"{report} is to be both the clean page and the report; name another.")
    scan = files.read_page(source, page_number)
    for sentence in scan.notes:
        note(sentence)
    if scan.num_pages > 1:
        note(f"{source} has {scan.num_pages} pages; only page {page_number} is cleaned.")
    import_keras()
    cleaning = cleaner.clean_and_compare(
        scan.pixels,
        load_cleaner(trained_on),
        scale=scale,
        keep=keep,
        progress=progress,
    )
    files.write_page(cleaning.page, target, scan.dpi, force)
    for sentence in describe(cleaning):
        note(sentence)
    if report is not None:
        files.write_page(report_picture(cleaning), report, scan.dpi, force)
    return target


def describe(cleaning: Cleaning) -> list[str]:
    """Say in sentences what was put back and what was left alone, where and how often.

    Args:
        cleaning: what `clean_and_compare` returned.

    Returns:
        No sentence, one or two.
    """
    notes = []
    if restored := cleaning.boxes(RESTORED):
        notes.append(
            f"strokes in {_places(restored)} were lost in cleaning and have been put back from the "
            "scan; look there, or try --keep."
        )
    if left := cleaning.boxes(LEFT):
        notes.append(f"{_places(left)} {'was' if len(left) == 1 else 'were'} left as in the scan.")
    if removed := cleaning.boxes(REMOVED):
        notes.append(
            f"{_places(removed)} with a wide grey area was taken for stained and lightened; if a "
            "picture was there, use --keep."
        )
    return notes


def _places(boxes: list[tuple[int, int, int, int]]) -> str:
    left, top, right, bottom = boxes[0]
    where = f"{right - left} x {bottom - top} pixels at ({left}, {top})"
    if len(boxes) == 1:
        return f"1 place ({where})"
    return f"{len(boxes)} places (the largest: {where})"


def report_picture(cleaning: Cleaning) -> np.ndarray:
    """Mark on the clean page what was put back (red) and what was left as it was (blue).

    Args:
        cleaning: what `clean_and_compare` returned.

    Returns:
        The picture, uint8 (height, width, 3).
    """
    page = cleaning.page.reshape(cleaning.page.shape[:2])
    grey = page if page.dtype == np.uint8 else files.to_bytes(page)
    rows, columns = (
        np.arange(side) * small // side for side, small in zip(grey.shape, cleaning.changes.shape)
    )
    picture = np.repeat(grey[..., None], 3, axis=2)
    for top in range(0, len(grey), files.STRIP):
        strip = slice(top, top + files.STRIP)
        changes = cleaning.changes[np.ix_(rows[strip], columns)]
        for change, colour in _COLOURS.items():
            where = changes == change
            picture[strip][where] = picture[strip][where] // 2 + np.array(colour, np.uint8) // 2
    return picture


def _scale(text: str) -> float | str:
    if text == "auto":
        return text
    with contextlib.suppress(ValueError):
        if 1 <= float(text) <= LARGEST_SCALE:
            return float(text)
    raise argparse.ArgumentTypeError(
        f"must be 'auto' or a number from 1 to {LARGEST_SCALE:g}; got {text!r}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m course_utils.clean_scan",
        description="Clean a scanned page of text: remove folds, stains and uneven light. Strokes "
        "are compared before and after; what would be lost is put back, and said.",
        epilog="Exit status: 0 the clean page was written, 1 it was not, 2 the arguments are "
        "wrong or TARGET exists. The clean page has the size and the dots per inch of the scan, "
        "in 8-bit grey.",
    )
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help=f"the scan: {files.READABLE}, grey or colour, up to "
        f"{files.MAX_PIXELS // 10**6} million pixels",
    )
    parser.add_argument(
        "target", metavar="TARGET", help=f"the clean page; must end in {', '.join(files.SUFFIXES)}"
    )
    parser.add_argument("--force", action="store_true", help="replace TARGET if it exists")
    parser.add_argument(
        "--keep",
        action="store_true",
        help="lighten the paper and erase nothing that stands out from it, stains included",
    )
    parser.add_argument(
        "--report",
        metavar="PICTURE",
        help="also write a picture that marks what was put back (red) and left alone (blue)",
    )
    parser.add_argument(
        "--page",
        type=whole_number(1),
        default=1,
        metavar="N",
        help="which page of a file with several",
    )
    parser.add_argument(
        "--scale",
        type=_scale,
        default="auto",
        metavar="FACTOR",
        help="reduce the page by this factor before the network sees it, so that strokes are 2 to "
        "3 pixels wide; the result has the scan's size all the same (default: measure them)",
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

    def work(arguments: argparse.Namespace) -> Path:
        return clean_file(
            arguments.source,
            arguments.target,
            page_number=arguments.page,
            scale=arguments.scale,
            keep=arguments.keep,
            report=arguments.report,
            trained_on=arguments.trained_on,
            force=arguments.force,
            progress=not arguments.quiet,
        )

    return run(_parser(), argv, work, "the page does not fit into memory; reduce it first.")
