"""Measure every claim over several seeds: python -m tools.claims [--seeds N] [NOTEBOOK ...]

Each notebook is run once for each seed, with COURSE_SEED_OFFSET added to its seeds. No output is
stored.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tools import toc
from tools.execute import NotExecuted, Stopped, run


@dataclass
class Record:
    """What the runs said about one claim."""

    holds: list[bool] = field(default_factory=list)
    measured: list[float] = field(default_factory=list)


def collect(log: Path, records: dict[str, Record]) -> None:
    """Add the claims that one run has logged to `records`, under their sentences."""
    for line in log.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        record = records.setdefault(entry["sentence"], Record())
        record.holds.append(entry["holds"])
        if entry["measured"] is not None:
            record.measured.append(entry["measured"])


def table(records: dict[str, Record]) -> str:
    """Return one line per claim: how often it held, the measured values, the sentence."""
    lines = [f"{'held':>7}  {'measured':^25}  claim"]
    for sentence, record in records.items():
        held = f"{sum(record.holds)}/{len(record.holds)}"
        span = (
            f"{min(record.measured):.5g} .. {max(record.measured):.5g}" if record.measured else "-"
        )
        mark = "" if all(record.holds) else "  <- FAILS"
        lines.append(f"{held:>7}  {span:^25}  {sentence}{mark}")
    return "\n".join(lines)


def measure(path: Path, num_seeds: int) -> dict[str, Record]:
    """Run a notebook with `num_seeds` different seeds.

    Returns:
        What the runs said, by the claim's sentence.

    Raises:
        NotExecuted: a cell failed for another reason than a claim.
    """
    records: dict[str, Record] = {}
    with tempfile.TemporaryDirectory() as folder:
        for offset in range(num_seeds):
            log = Path(folder) / f"{offset}.jsonl"
            log.touch()
            variables = {
                "COURSE_SEED_OFFSET": str(offset),
                "COURSE_CLAIMS_LOG": str(log),
                "COURSE_CLAIMS_KEEP_GOING": "1",
            }
            _, wall, cpu = run(path, variables)
            which = f"{path}: seed {offset + 1} of {num_seeds}"
            print(f"{which} took {wall:.0f} s ({cpu:.0f} CPU seconds)")
            collect(log, records)
    return records


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 0 only if every claim held on every seed."""
    parser = argparse.ArgumentParser(prog="python -m tools.claims", description=__doc__)
    parser.add_argument(
        "notebooks", nargs="*", type=Path, help="default: all, in the order of _toc.yml"
    )
    parser.add_argument("--seeds", type=int, default=5, help="how many seeds (default: 5)")
    options = parser.parse_args(arguments)
    if options.seeds < 1:
        parser.error(f"--seeds must be 1 or more, but got {options.seeds}")
    status = 0
    for path in options.notebooks or toc.notebooks():
        try:
            records = measure(path, options.seeds)
        except NotExecuted as error:
            print(f"{error}.", file=sys.stderr)
            if isinstance(error, Stopped):
                return 130
            status = 1
            continue
        print(table(records))
        if not all(all(record.holds) for record in records.values()):
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
