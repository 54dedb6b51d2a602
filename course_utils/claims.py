"""`claim`: a sentence of the text together with the condition that makes it true."""

import json
import math
import os
from pathlib import Path


class ClaimFailed(AssertionError):
    """A sentence of the course does not hold on this run."""


def claim(sentence: str, condition: bool, measured: float | None = None) -> None:
    """Check what the text says, and print the sentence if it is true.

    Only the sentence is printed, never the number: the output is then the same on every machine,
    and the regression tests compare it literally.

    Two environment variables serve the command that repeats the claims over several seeds
    (`make claims`): COURSE_CLAIMS_LOG names a file to which one JSON line per claim is appended,
    and COURSE_CLAIMS_KEEP_GOING=1 prints a failed claim instead of raising it.

    Args:
        sentence: what the text claims, in words, without numbers that vary.
        condition: whether it holds; a Python or NumPy truth value.
        measured: the number behind the condition, for the log and the error message.

    Raises:
        ClaimFailed: the condition is false.
        ValueError: the sentence is empty, the condition is not a truth value, or the measured
            number is not finite.

    Chapter: all of them; "How to use this book" explains it.
    """
    if not isinstance(sentence, str) or not sentence.strip():
        raise ValueError(f"claim needs a sentence first, but got {sentence!r}.")
    if type(condition).__name__ not in ("bool", "bool_"):
        raise ValueError(
            f"claim needs a condition that is True or False, but got "
            f"{type(condition).__name__}; compare the measured number with something."
        )
    if measured is not None and not math.isfinite(float(measured)):
        raise ValueError(f"the number behind the claim {sentence!r} is {measured}, not finite.")
    holds = bool(condition)
    number = None if measured is None else float(measured)
    if log := os.environ.get("COURSE_CLAIMS_LOG"):
        with Path(log).open("a", encoding="utf-8") as file:
            record = {"sentence": sentence, "holds": holds, "measured": number}
            file.write(json.dumps(record) + "\n")
    if holds:
        print(f"Claim holds: {sentence}")
        return
    detail = "" if number is None else f" (measured: {number:.6g})"
    if os.environ.get("COURSE_CLAIMS_KEEP_GOING") == "1":
        print(f"CLAIM FAILS: {sentence}{detail}")
        return
    raise ClaimFailed(f"{sentence}{detail}")
