"""Measure what the notebooks cost: python -m tools.bench [NOTEBOOK ...]

Each runs from a fresh kernel; no output is stored. Compare times of one run with one another only:
they depend on the machine and on what else it does.
"""

import argparse
import resource
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from tools import toc
from tools.execute import NotExecuted, Stopped, run

_PER_MIB = 1024**2 if sys.platform == "darwin" else 1024  # units of ru_maxrss in a MiB


@dataclass
class Cost:
    """What one run took: wall-clock seconds, CPU seconds of all cores, and MiB at its largest."""

    wall: float
    cpu: float
    peak: float


def measure(path: Path) -> Cost:
    """Run a notebook. Call it in a new process: the peak is that of all runs of this one.

    Raises:
        NotExecuted: a cell failed, or the file is not a notebook.
    """
    _, wall, cpu = run(path)
    return Cost(wall, cpu, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / _PER_MIB)


def table(costs: dict[str, Cost]) -> str:
    """Return one line per notebook, and a last one with the sums and the largest peak."""
    total = Cost(
        sum(cost.wall for cost in costs.values()),
        sum(cost.cpu for cost in costs.values()),
        max((cost.peak for cost in costs.values()), default=0.0),
    )
    lines = [f"{'wall / s':>9} {'CPU / s':>9} {'peak / MiB':>11}  notebook"]
    for name, cost in {**costs, "all": total}.items():
        lines.append(f"{cost.wall:9.0f} {cost.cpu:9.0f} {cost.peak:11.0f}  {name}")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 0 only if every notebook could be run."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument(
        "notebooks", nargs="*", type=Path, help="default: all, in the order of _toc.yml"
    )
    options = parser.parse_args(arguments)
    costs, status = {}, 0
    for path in options.notebooks or toc.notebooks():
        try:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                costs[str(path)] = pool.submit(measure, path).result()
        except NotExecuted as error:
            print(f"{error}.", file=sys.stderr)
            if isinstance(error, Stopped):
                return 130
            status = 1
    print(table(costs))
    return status


if __name__ == "__main__":
    sys.exit(main())
