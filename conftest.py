"""Settings for pytest: for the unit tests and for the notebooks, which nbval executes."""

import os
import signal
import threading
from pathlib import Path

import pytest

# Kernels inherit these. A notebook draws into itself only if no other backend is chosen.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.pop("MPLBACKEND", None)


# A shell script starts `pytest &` so that it ignores Ctrl-C, and what ignores it hands that on: the
# processes that the tests interrupt would go on. (Signals are set in the main thread only.)
_ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
if _ignored and threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a quick run leave out the book, which takes a minute to build."""
    parser.addoption("--no-book", action="store_true", help="skip what needs the built book")


def pytest_configure(config: pytest.Config) -> None:
    """Give each of several workers cores of its own, as far as the system allows it.

    Otherwise every notebook starts as many threads as there are cores, and they wait in turn.
    """
    worker = getattr(config, "workerinput", None)
    if worker is None or not hasattr(os, "sched_setaffinity"):
        return
    cores, count = sorted(os.sched_getaffinity(0)), worker["workercount"]
    if len(cores) >= count:
        os.sched_setaffinity(0, cores[int(worker["workerid"].removeprefix("gw")) :: count])


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Let nbval skip what differs between machines: logs, progress bars and HTML tables.

    A figure's size is among it: its margins fit the labels, and a label may show a measured number.
    """
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += ("stderr", "text/html")
        collector.sanitize_patterns[r"<Figure size [\d.]+x[\d.]+ with"] = "<Figure with"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order: unit tests, the notebooks as given (that is, as in _toc.yml), the built book."""

    def rank(item: pytest.Item) -> int:
        path = Path(item.path)
        return 1 if path.suffix == ".ipynb" else 2 if path.name == "test_book.py" else 0

    items.sort(key=rank)
