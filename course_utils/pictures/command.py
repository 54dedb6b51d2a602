"""The command that finds the odd pictures of a folder: python -m course_utils.find_odd FOLDER"""

from __future__ import annotations

import argparse
import contextlib
import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from course_utils._checks import check_positive_int, check_seed
from course_utils._command import import_keras, note, run, whole_number
from course_utils.pictures import oddness, sheet
from course_utils.pictures.files import FITS, Images, count_folders, load_images

SIZES = range(32, 257, 16)
FALSE_ALARMS = 0.01
TOP = 30
_SHOWN_SKIPPED = 5
_USUAL = 6


def find_odd(
    folder: str | os.PathLike,
    out: str | os.PathLike | None = None,
    *,
    normal: str | os.PathLike | None = None,
    false_alarms: float | None = None,
    top: int = TOP,
    size: int = 64,
    fit: str = "pad",
    subfolders: bool = False,
    seed: int = 0,
    progress: bool = False,
) -> Path:
    """Rank the pictures of a folder by how odd they are, and write a contact sheet and tables.

    Most of the pictures are taken to be normal; none has a label, and none is judged by a network
    that was trained on it. The new folder has index.html, a contact sheet of the oddest, scores.csv
    with all pictures, and skipped.csv if files could not be read; it is complete or not there at
    all. What the reader should know is printed on standard error.

    With a second folder of pictures that are known to be normal, the networks learn from a part of
    them, and the rest sets the threshold: of further normal pictures, a share of at most
    `false_alarms` is flagged on average. That needs 1 / false_alarms - 1 pictures to be held out
    and 20 to learn from.

    Args:
        folder: the pictures, 20 or more, or any number with `normal`.
        out: the folder to write, which must not exist; None for FOLDER-odd beside `folder`.
        normal: a folder of other pictures, all of them normal.
        false_alarms: the share of normal pictures that may be flagged, above 0 and below 1; None
            for 0.01 with `normal`.
        top: how many pictures the contact sheet shows.
        size: width and height that the networks see, in pixels: a multiple of 16 from 32 to 256.
        fit: as for `load_images`.
        subfolders: also take what is in folders within the folders.
        seed: the same seed gives the same ranking, on the same machine.
        progress: show progress bars, unless standard error is no terminal.

    Returns:
        The path of index.html.

    Raises:
        FileExistsError: `out` exists.
        FileNotFoundError: there is no such folder, or none to write into.
        ValueError: there are too few pictures, or an argument is not as described.
        OSError: a folder cannot be read or written.
    """
    folder = Path(folder)
    out = default_out(folder) if out is None else Path(out)
    _check_arguments(out, normal, false_alarms, top, size, seed)
    options = {"size": size, "fit": fit, "subfolders": subfolders, "progress": progress}
    images = load_images(folder, **options)
    reference = None if normal is None else load_images(normal, **options)
    share = FALSE_ALARMS if false_alarms is None else false_alarms
    if reference is None:
        _check_enough(images, folder)
    else:
        learn, held_out = _split(len(reference), share, Path(normal), seed)
        _say_what_was_read(reference, Path(normal), subfolders)
        _say_what_is_in_both(images, reference)
    _say_what_was_read(images, folder, subfolders)
    if reference is None:
        detector = _learn(images.levels, seed, progress)
        findings, p_values, promise = detector.own, None, _no_promise()
    else:
        detector = _learn(reference.levels[learn], seed, progress)
        findings = detector.judge(images.levels)
        calibration = detector.judge(reference.levels[held_out]).scores
        p_values = oddness.p_values(findings.scores, calibration)
        promise = _promise(p_values, share, len(held_out))
    flagged = np.zeros(len(images), bool) if p_values is None else p_values <= share
    entries = _entries(folder, images, findings, detector, p_values, flagged, top)
    note(promise)
    skipped = [(_name(path, folder), reason) for path, reason in images.skipped]
    _write(out, folder, entries, skipped, [promise, *_how_to_read(images)], top, fit)
    return out / "index.html"


def default_out(folder: Path) -> Path:
    """The folder beside `folder` that is written if no other is named."""
    folder = folder.resolve()
    return folder.with_name(f"{folder.name}-odd")


def _check_arguments(out: Path, normal, false_alarms, top, size, seed) -> None:
    check_seed(seed)
    check_positive_int(top, "top")
    if size not in SIZES:
        raise ValueError(f"size must be a multiple of 16 from 32 to 256; got {size!r}.")
    if false_alarms is not None:
        oddness.needed_for(false_alarms)
        if normal is None:
            raise ValueError(
                "a promise on false alarms needs pictures that are known to be normal; name their "
                "folder by --normal (normal=…)."
            )
    if os.path.lexists(out):
        raise FileExistsError(f"{out} exists and is left as it is; name another by --out (out=…).")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {out.parent}; make it first.")
    if not os.access(out.parent, os.W_OK):
        raise PermissionError(
            f"the folder {out.parent} cannot be written to; name another by --out (out=…)."
        )


def _say_what_was_read(images: Images, folder: Path, subfolders: bool) -> None:
    if not subfolders and (num_folders := count_folders(folder)):
        note(f"{folder} has {num_folders} folders within, left out; --subfolders takes them too.")
    for sentence in images.notes():
        note(sentence)
    for path, reason in images.skipped[:_SHOWN_SKIPPED]:
        note(f"skipped {path}: {reason}.")
    if (more := len(images.skipped) - _SHOWN_SKIPPED) > 0:
        note(f"skipped {more} more files; the contact sheet and skipped.csv name all of FOLDER.")


def _check_enough(images: Images, folder: Path) -> None:
    if len(images) < oddness.FEWEST:
        raise ValueError(
            f"{folder} has {len(images)} pictures that can be read, which are too few to learn "
            f"what is usual; it takes {oddness.FEWEST}, and a few hundred are better."
        )


def _learn(levels: np.ndarray, seed: int, progress: bool) -> oddness.Detector:
    import_keras()
    total = oddness.count_steps(len(levels))
    with tqdm(total=total, desc="training", unit="step", disable=None if progress else True) as bar:
        return oddness.Detector(levels, seed, bar.update)


def _split(count: int, share: float, folder: Path, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Choose at random which normal pictures to learn from and which to hold out: half of them,
    or as many as the promise needs."""
    needed = oddness.needed_for(share)
    if count < needed + oddness.FEWEST:
        within = ""
        if count > oddness.FEWEST + 1:
            least = np.ceil(1e4 / (count - oddness.FEWEST + 1)) / 1e4
            within = f", or ask for --false-alarms {least:g}"
        raise ValueError(
            f"a promise of {100 * share:g} % false alarms needs at least {needed} held-out normal "
            f"pictures and {oddness.FEWEST} to learn from, {needed + oddness.FEWEST} in all; "
            f"{folder} has {count}; add {needed + oddness.FEWEST - count}{within}."
        )
    order = np.random.default_rng(seed).permutation(count)
    num_held_out = max(needed, count // 2)
    return np.sort(order[num_held_out:]), np.sort(order[:num_held_out])


def _say_what_is_in_both(images: Images, reference: Images) -> None:
    known = {picture.tobytes() for picture in reference.levels}
    both = sum(picture.tobytes() in known for picture in images.levels)
    if both:
        note(
            f"{both} pictures are in both folders; the promise holds only for the others, since "
            "these helped to set the threshold."
        )


def _no_promise() -> str:
    needed = oddness.needed_for(FALSE_ALARMS) + oddness.FEWEST
    return (
        "This is a ranking, which promises nothing: the first picture need not be odd. For a limit "
        f"on false alarms, such as {100 * FALSE_ALARMS:g} % of the normal pictures, name by "
        f"--normal a folder of at least {needed} other pictures that are known to be normal."
    )


def _promise(p_values: np.ndarray, share: float, num_held_out: int) -> str:
    return (
        f"{np.count_nonzero(p_values <= share)} of {len(p_values)} pictures are flagged. Of normal "
        f"pictures at most {100 * share:g} % are, on average, as {num_held_out} held-out normal "
        "pictures say; that holds while pictures come from the same source, and not after a change "
        "of light, camera or things."
    )


def _how_to_read(images: Images) -> list[str]:
    return [
        "Each picture is beside its error map: coloured where the autoencoder's error is above the "
        "usual one at that place, fully from ten times that. The frame is around the piece that is "
        "least like the pieces of other pictures. The neighbours are the most similar other "
        "pictures. Each of these three says 0 of a picture in the middle and 1 of what one in ten "
        "exceeds; the score is the sum of what is above 0.",
        *images.notes(),
    ]


def _entries(folder, images, findings, detector, p_values, flagged, top) -> list[sheet.Entry]:
    """One entry for each picture, the oddest first, with error maps for the first of them."""
    entries = []
    for rank, i in enumerate(findings.order(), start=1):
        shown = rank <= top
        errors = (
            detector.error_map(images.levels[i], findings.reconstructions[i]) if shown else None
        )
        entries.append(
            sheet.Entry(
                path=images.paths[i],
                name=_name(images.paths[i], folder),
                rank=rank,
                score=float(findings.scores[i]),
                witnesses=dict(zip(oddness.WITNESSES, map(float, findings.witnesses[i]))),
                p_value=None if p_values is None else float(p_values[i]),
                flagged=bool(flagged[i]),
                error_map=errors,
                oddest_piece=tuple(findings.oddest_piece[i]),
            )
        )
    return entries


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _write(out, folder, entries, skipped, sentences, top, fit) -> None:
    """Write the folder under another name, and give it its own when it is complete."""
    temporary = out.with_name(f".{out.name[:40]}-{secrets.token_hex(4)}")
    middle = max(top, len(entries) // 2)
    try:
        temporary.mkdir()
        sheet.write_scores(temporary / "scores.csv", entries)
        if skipped:
            sheet.write_skipped(temporary / "skipped.csv", skipped)
        sheet.write_sheet(
            temporary / "index.html",
            f"The oddest pictures of {folder.resolve().name}",
            [f"{len(entries)} pictures.", *sentences],
            entries[:top],
            entries[middle : middle + _USUAL],
            skipped,
            fit=fit,
            home=out,
        )
        if os.path.lexists(out):  # it has come meanwhile
            raise FileExistsError(
                f"{out} exists and is left as it is; name another by --out (out=…)."
            )
        os.rename(temporary, out)
    except FileExistsError:
        raise
    except OSError as error:
        reason = error.strerror or " ".join(str(error).split())
        raise OSError(f"{out} could not be written ({reason}); nothing is left of it.") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _share(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 < float(text) < 1:
            return float(text)
    raise argparse.ArgumentTypeError(
        f"must be above 0 and below 1, such as 0.01 for 1 %; got {text!r}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m course_utils.find_odd",
        description="Find the pictures of a folder that do not belong: an autoencoder learns from "
        "the others what is usual. Writes a contact sheet (index.html) and a table of all pictures "
        "(scores.csv) into a new folder, and changes nothing in FOLDER.",
        epilog="Exit status: 0 the new folder was written, 1 it was not, 2 the arguments are wrong "
        "or the new folder exists.",
    )
    parser.add_argument(
        "folder", metavar="FOLDER", help="the pictures, in any format that Pillow reads"
    )
    parser.add_argument("--out", metavar="NEW", help="the folder to write (default: FOLDER-odd)")
    parser.add_argument(
        "--normal",
        metavar="FOLDER",
        help="other pictures, all normal: learn from them, and flag with a promise",
    )
    parser.add_argument(
        "--false-alarms",
        type=_share,
        metavar="SHARE",
        help="of normal pictures at most this share is flagged, on average; needs --normal with at "
        f"least 1/SHARE + {oddness.FEWEST - 1} pictures (default: {FALSE_ALARMS:g})",
    )
    parser.add_argument(
        "--top",
        type=whole_number(1),
        default=TOP,
        metavar="N",
        help=f"how many pictures the contact sheet shows (default: {TOP})",
    )
    parser.add_argument(
        "--fit",
        choices=FITS,
        default="pad",
        help="how pictures become square: with bars, cut, or distorted (default: pad)",
    )
    parser.add_argument(
        "--size",
        type=int,
        choices=SIZES,
        default=64,
        metavar="PIXELS",
        help="what the network sees, a multiple of 16 from 32 to 256; more shows smaller faults "
        "and takes longer (default: 64)",
    )
    parser.add_argument("--subfolders", action="store_true", help="also look into folders within")
    parser.add_argument(
        "--seed",
        type=whole_number(0, 2**32 - 1),
        default=0,
        metavar="N",
        help="the same seed gives the same ranking (default: 0)",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bar, no final message")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""

    def work(arguments: argparse.Namespace) -> Path:
        return find_odd(
            arguments.folder,
            arguments.out,
            normal=arguments.normal,
            false_alarms=arguments.false_alarms,
            top=arguments.top,
            size=arguments.size,
            fit=arguments.fit,
            subfolders=arguments.subfolders,
            seed=arguments.seed,
            progress=not arguments.quiet,
        )

    too_large = "the pictures do not fit into memory; try a smaller --size or fewer."
    return run(_parser(), argv, work, too_large)
