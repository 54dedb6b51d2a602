"""`claim`: a sentence of the text, the number behind it and its bound, in one call.

`check` is for what cannot fail by construction: identities and known answers of the machinery.
All chapters use both, and `spread`; the page "How to use this book" explains them.
"""

import functools
import html
import json
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

EVIDENCE_DIR = Path(__file__).parent / "evidence"
_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class ClaimFailed(AssertionError):
    """A sentence of the course does not hold on this run."""


def claim(
    sentence: str,
    measured: float | Sequence[float],
    *,
    above: float | None = None,
    below: float | None = None,
    within: tuple[float, float] | None = None,
    loose: str | None = None,
) -> None:
    """Compare a measured number with the bound that makes a sentence true; raise if it is not.

    The text that is printed is the sentence alone, the same on every machine, so that regression
    tests can compare it. Jupyter, Colab and the book show a richer form: the number, its bound, and
    the spread over seeds that is kept in `course_utils/evidence`. For `make evidence`,
    COURSE_CLAIMS_LOG names a file to which one JSON line per claim is added, and
    COURSE_CLAIMS_KEEP_GOING=1 shows a failed claim instead of raising it.

    Args:
        sentence: what the text claims, in words, without numbers that vary; one assertion.
        measured: the number that decides, in the unit that the sentence speaks of; or several, one
            for each seed of an experiment, which must all hold: shown are their mean and range.
        above, below, within: what the number must be larger than, or smaller than, or the interval
            (a, b) that it must not leave. Exactly one of the three is given.
        loose: why the bound is further from the seeds' range than CONTRIBUTING.md allows.

    It raises ClaimFailed if the number is on the wrong side of its bound, and ValueError without a
    sentence, a finite number and one bound.
    """
    _need_sentence(sentence)
    if loose is not None and not loose.strip():
        raise ValueError("loose must say why the bound is loose, or be left out.")
    numbers = [_number(sentence, value) for value in np.ravel(measured)]
    if not numbers:
        raise ValueError(f"the claim {sentence!r} got no number: run the experiment first.")
    record = {"kind": "claim", "sentence": sentence, "measured": float(np.mean(numbers))}
    if np.ndim(measured):
        record["seeds"] = numbers
    _report({**record, **_judged(sentence, numbers, (above, below, within))})


def check(
    sentence: str,
    measured: float | bool,
    *,
    above: float | None = None,
    below: float | None = None,
    within: tuple[float, float] | None = None,
) -> None:
    """Check the machinery: an identity, or an answer that is known beforehand.

    It is shown more quietly than a claim, and has no spread over seeds. `measured` is a number with
    exactly one bound, or a truth value without one; the rest, and the errors, are as in `claim`.
    """
    _need_sentence(sentence)
    record = {"kind": "check", "sentence": sentence}
    if not isinstance(measured, (bool, np.bool_)):
        number = _number(sentence, measured)
        judged = _judged(sentence, [number], (above, below, within))
        _report({**record, "measured": number, **judged})
    elif any(bound is not None for bound in (above, below, within)):
        raise ValueError("a truth value needs no bound; give a number with it.")
    else:
        _report({**record, "holds": bool(measured)})


def describe(record: dict[str, object], seeds: Sequence[float] = ()) -> str:
    """Say "measured 0.61, must be below 0.67, five seeds 0.58 to 0.64", or "" without a number.

    The record has the number ("measured") and its bounds ("above", "below", or both); the seeds are
    the same number measured with several, none if that is not known.
    """
    if "measured" not in record:
        return ""
    low, high = record.get("above"), record.get("below")
    if low is None or high is None:
        bound = f"must be below {_short(high)}" if low is None else f"must be above {_short(low)}"
    else:
        ends = [_short(edge, high - low) for edge in (low, high)]
        bound = f"must be within {ends[0]} and {ends[1]}"
        if ends[0] == ends[1]:
            bound = f"must be within {(high - low) / 2:.1g} of {_short((high + low) / 2)}"
    width = max(seeds) - min(seeds) if seeds else 0.0
    text = f"measured {_short(record['measured'], width)}, {bound}"
    if len(seeds) < 2:
        return text
    count = _WORDS[len(seeds)] if len(seeds) < len(_WORDS) else str(len(seeds))
    return f"{text}, {count} seeds {_short(min(seeds), width)} to {_short(max(seeds), width)}"


def rich(record: dict[str, object]) -> str:
    """Return the form of a claim or check that Jupyter, Colab and the book show, as HTML.

    The record has its "kind", "sentence", "holds", the number with its bounds if it has one, and
    its "seeds" if they are those of an experiment.
    """
    quiet = record["kind"] == "check"
    seeds = () if quiet else record.get("seeds") or stored_seeds().get(record["sentence"], ())
    numbers = describe(record, seeds)
    numbers = f' <span class="claim-numbers">({html.escape(numbers)})</span>' if numbers else ""
    return (
        f'<div class="{"claim claim-check" if quiet else "claim"}">'
        f'<span class="claim-mark">{"✓" if record["holds"] else "✗"}</span> '
        f'<span class="claim-sentence">{html.escape(record["sentence"])}</span>{numbers}</div>'
    )


def spread(name: str, value: object) -> tuple[object, object]:
    """Return the range of a measured quantity over the seeds, for a figure or table to show.

    These are the lowest and the highest value over this run and the seeds stored for the full set,
    each of the value's shape. In the same call the value goes into the log of `make evidence`.

    The name, such as "dB of the classic network by noise level", is unique in the book; the value
    is what this run measured, a finite number or an array of any shape.
    """
    if not isinstance(name, str) or not name.strip():
        raise ValueError(f"spread needs the name of the quantity first, but got {name!r}.")
    values = np.asarray(value, dtype=float)
    if not np.all(np.isfinite(values)):
        raise ValueError(f"the values of {name!r} are not all finite.")
    _log({"kind": "spread", "name": name, "value": values.tolist()})
    stored = [np.asarray(seed, dtype=float) for seed in _stored("spreads", "name").get(name, ())]
    together = [values, *(seed for seed in stored if seed.shape == values.shape)]
    low, high = np.min(together, axis=0), np.max(together, axis=0)
    return (float(low), float(high)) if values.ndim == 0 else (low, high)


def experiment(name: str) -> list[dict]:
    """Return the stored results of the script `experiments/<name>.py`, a dictionary for each seed.

    FileNotFoundError says that there are none: `make evidence` runs the script and stores them.
    """
    path = EVIDENCE_DIR / "experiments" / f"{name}.json"
    if not path.is_file():
        raise FileNotFoundError(
            f"there is no {path}: run make evidence NOTEBOOK=experiments/{name}.py"
        )
    seeds = json.loads(path.read_text(encoding="utf-8"))["seeds"]
    return [seeds[seed] for seed in sorted(seeds, key=int)]


def stored_seeds() -> dict[str, tuple[float, ...]]:
    """Return what each claim measured on the full set with the seeds of `make evidence`."""
    return {k: tuple(v) for k, v in _stored("claims", "sentence").items()}


@functools.cache
def _stored(kind: str, key: str) -> dict[str, list]:
    """Return what the files of evidence hold of a kind, for the full set, by sentence or name."""
    found = {}
    for path in sorted(EVIDENCE_DIR.glob("*.json")):
        for entry in json.loads(path.read_text(encoding="utf-8")).get(kind, ()):
            found[entry[key]] = entry["full"]
    return found


def _need_sentence(sentence: object) -> None:
    if not isinstance(sentence, str) or not sentence.strip():
        raise ValueError(f"a claim needs a sentence first, but got {sentence!r}.")


def _number(sentence: str, measured: object) -> float:
    if isinstance(measured, (bool, np.bool_)):
        raise ValueError(
            f"the claim {sentence!r} got a truth value; give the measured number and a bound."
        )
    number = float(measured)
    if not math.isfinite(number):
        raise ValueError(f"the number behind {sentence!r} is {measured}, not finite.")
    return number


def _judged(sentence: str, numbers: Sequence[float], bounds: tuple) -> dict[str, object]:
    """Return the bounds that there are, "above" and "below", and whether all numbers "hold"."""
    above, below, within = bounds
    if sum(bound is not None for bound in bounds) != 1:
        raise ValueError(
            f"the claim {sentence!r} needs exactly one of above=, below= and within=(a, b)."
        )
    low, high = within if within is not None else (above, below)
    low, high = float(-math.inf if low is None else low), float(math.inf if high is None else high)
    if not low < high:
        raise ValueError(f"the claim {sentence!r} has bounds that no number is between.")
    holds = all(low <= x <= high if within is not None else low < x < high for x in numbers)
    known = {k: v for k, v in (("above", low), ("below", high)) if math.isfinite(v)}
    return {**known, "holds": holds}


def _short(number: float, width: float = 0.0) -> str:
    """Write a number with three digits, or as many as show two of the width of its range."""
    if number != 0 and not 1e-3 <= abs(number) < 1e5:
        return f"{number:.2g}"
    digits = max(
        2 - math.floor(math.log10(abs(number))) if number else 0,
        min(4, 1 - math.floor(math.log10(width))) if width > 0 else 0,
        0,
    )
    text = f"{number:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _log(record: dict[str, object]) -> None:
    if log := os.environ.get("COURSE_CLAIMS_LOG"):
        with Path(log).open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")


def _report(record: dict[str, object]) -> None:
    """Log a claim or check, show it, and raise if it fails."""
    _log(record)
    sentence, number = record["sentence"], describe(record, record.get("seeds", ()))
    if record["holds"]:
        _show(record, f"{'Claim holds' if record['kind'] == 'claim' else 'Checked'}: {sentence}")
    elif os.environ.get("COURSE_CLAIMS_KEEP_GOING") == "1":
        _show(record, f"{record['kind'].upper()} FAILS: {sentence} ({number})")
    else:
        raise ClaimFailed(f"{sentence} ({number})" if number else sentence)


def _show(record: dict[str, object], text: str) -> None:
    """Show the rich form in a notebook, the text elsewhere."""
    if "IPython" not in sys.modules or sys.modules["IPython"].get_ipython() is None:
        print(text)
        return
    from IPython.display import display

    display(
        {"text/plain": text, "text/html": rich(record)},
        raw=True,
        metadata={"claim": {k: v for k, v in record.items() if k != "sentence"}},
    )
