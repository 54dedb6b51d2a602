"""What the commands of the course share: what they say, how they end, and how they import Keras."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO


def run(
    parser: argparse.ArgumentParser,
    argv: Sequence[str] | None,
    work: Callable[[argparse.Namespace], Path],
    too_large: str,
) -> int:
    """Run a command: read its arguments, do its work, and say in one sentence how it ended.

    Args:
        parser: of the arguments, among them `quiet`; its `prog` ends in `.NAME`.
        argv: the arguments, or None for those of this process.
        work: is given the arguments, and returns what it wrote.
        too_large: what does not fit into memory, and what to do.

    Returns:
        The exit status: 0, 2 if what was to be written exists, 130 after Ctrl-C, otherwise 1.
    """
    for stream in (sys.stdout, sys.stderr):  # a name may hold what the terminal cannot show
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    name = parser.prog.rpartition(".")[2]
    arguments = parser.parse_args(argv)
    started = time.perf_counter()
    try:
        written = work(arguments)
    except (OSError, ValueError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 2 if isinstance(error, FileExistsError) else 1
    except MemoryError:
        print(f"{name}: {too_large}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{name}: interrupted; nothing was written.", file=sys.stderr)
        return 130
    if not arguments.quiet:
        print(f"Wrote {written} in {time.perf_counter() - started:.1f} seconds.")
    return 0


def note(sentence: str) -> None:
    """Tell the reader something that is no error, on standard error."""
    print(f"Note: {sentence}", file=sys.stderr)


def whole_number(low: int, high: float = math.inf) -> Callable[[str], int]:
    """Return a type of argument: a whole number from `low` to `high`."""

    def read(text: str) -> int:
        if text.isdecimal() and low <= int(text) <= high:
            return int(text)
        upper = "" if high == math.inf else f" and at most {high:g}"
        raise argparse.ArgumentTypeError(
            f"must be a whole number of at least {low}{upper}; got {text!r}"
        )

    return read


def import_keras() -> None:
    """Import Keras, without what TensorFlow logs meanwhile; that is shown only if it fails."""
    if "keras" in sys.modules:
        return
    said = b""
    try:
        with captured_stderr() as log:
            try:
                importlib.import_module("keras")
            except BaseException:
                log.seek(0)
                said = log.read()
                raise
    except BaseException:
        os.write(2, said)
        raise


@contextlib.contextmanager
def captured_stderr() -> Iterator[IO[bytes]]:
    """Catch what libraries in C write past sys.stderr; yields the file that it goes to."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as log:
        standard_error = os.dup(2)
        os.dup2(log.fileno(), 2)
        try:
            yield log
        finally:
            os.dup2(standard_error, 2)
            os.close(standard_error)
