"""Run a notebook to its end, and then its quick cells again: python -m tools.rerun [NOTEBOOK ...]

That is what a reader does who scrolls back. On the bundled sample, from a fresh kernel, all cells
run once in their order; then those that took less than two seconds run once more in their order,
once from the last to the first, and once in a random order. No cell may fail, and no claim. (A
second of processor time is meant, so that a busy machine runs the same cells again.)
"""

import argparse
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
from jupyter_client import KernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from tools import toc
from tools.execute import NotExecuted, _ThisPython

QUICK = 2.0  # processor seconds in the first pass
LONGEST = 900  # seconds for a cell
ORDERS = ("in order", "backwards", "at random")


@dataclass(frozen=True)
class Failure:
    """A cell that failed when it was run again.

    Attributes:
        order: one of ORDERS.
        cell: its number in the notebook, from 1.
        name: of the exception; "ClaimFailed" for a claim or check.
        message: what it said.
    """

    order: str
    cell: int
    name: str
    message: str

    def __str__(self) -> str:
        return f"cell {self.cell}, again {self.order}: {self.name}: {self.message}"


@dataclass(frozen=True)
class Rerun:
    """What came of running a notebook's quick cells again.

    Attributes:
        quick: the numbers of the quick cells.
        cells: how many code cells there are.
        seconds: wall-clock time of everything.
        failures: the cells that failed.
    """

    quick: list[int]
    cells: int
    seconds: float
    failures: list[Failure]


def orders(quick: list[int], seed: int = 0) -> Iterator[tuple[str, list[int]]]:
    """Yield the orders in which the quick cells run again, each with its name."""
    shuffled = random.Random(seed).sample(quick, len(quick))
    yield from zip(ORDERS, (quick, quick[::-1], shuffled))


def cpu_seconds(process: psutil.Process) -> float:
    """Return the processor seconds of a process and of its children that have ended."""
    times = process.cpu_times()
    return times.user + times.system + times.children_user + times.children_system


def rerun(path: Path, quick_seconds: float = QUICK, seed: int = 0) -> Rerun:
    """Run a notebook on the bundled sample, then its quick cells again in three orders.

    Args:
        path: the notebook; it is not changed.
        quick_seconds: what a cell may take in the first pass to be run again.
        seed: of the random order.

    Raises:
        NotExecuted: a cell failed in the first pass, or the system ended the kernel.
    """
    start = time.perf_counter()
    notebook = nbformat.read(path, as_version=4)
    codes = {i: c for i, c in enumerate(notebook.cells) if c.cell_type == "code"}
    client = NotebookClient(
        notebook,
        km=KernelManager(kernel_spec_manager=_ThisPython()),
        timeout=LONGEST,
        resources={"metadata": {"path": str(path.resolve().parent)}},
        record_timing=False,
    )
    client.owns_km = True
    left_out = ("MPLBACKEND", "COURSE_CLAIMS_LOG", "COURSE_CLAIMS_KEEP_GOING")
    variables = {k: v for k, v in os.environ.items() if k not in left_out}
    variables |= {"FASHION_MNIST_DIR": "sample", "COURSE_SEED_OFFSET": "0"}
    failures, took = [], {}
    with client.setup_kernel(env=variables, stderr=subprocess.DEVNULL):
        try:
            kernel = psutil.Process(client.km.provisioner.pid)
            for i, cell in codes.items():
                before = cpu_seconds(kernel)
                client.execute_cell(cell, i)
                took[i] = cpu_seconds(kernel) - before
            quick = [i for i in codes if took[i] < quick_seconds]
            for name, order in orders(quick, seed):
                for i in order:
                    try:
                        client.execute_cell(codes[i], i)
                    except CellExecutionError as error:
                        message = error.evalue.splitlines()[0] if error.evalue else ""
                        failures.append(Failure(name, i + 1, error.ename, message))
        except CellExecutionError as error:
            raise NotExecuted(
                f"{path} failed in cell {i + 1} before any was run again, with "
                f"{error.ename}: {error.evalue}"
            ) from None
        except (CellTimeoutError, DeadKernelError) as error:
            raise NotExecuted(
                f"{path}: the kernel did not answer ({type(error).__name__})"
            ) from None
    seconds = time.perf_counter() - start
    return Rerun([i + 1 for i in quick], len(codes), seconds, failures)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 0 only if no cell failed."""
    parser = argparse.ArgumentParser(prog="python -m tools.rerun", description=__doc__)
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all of _toc.yml")
    parser.add_argument("--quick", type=float, default=QUICK, help=f"seconds; default: {QUICK}")
    parser.add_argument("--seed", type=int, default=0, help="of the random order; default: 0")
    options = parser.parse_args(arguments)
    status = 0
    for path in options.notebooks or toc.notebooks():
        try:
            result = rerun(path, options.quick, options.seed)
        except NotExecuted as error:
            print(f"{error}.", file=sys.stderr, flush=True)
            status = 1
            continue
        print(
            f"{path}: {len(result.quick)} of {result.cells} cells run again three times, "
            f"{len(result.failures)} failures ({result.seconds:.0f} s)",
            flush=True,
        )
        for failure in result.failures:
            print(f"  {failure}", flush=True)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
