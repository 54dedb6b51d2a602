"""What several test files share."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pages import Book

from tools import toc
from tools.browser import FLAGS, find_browser


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a test whose name holds an address: two workers would collect different tests."""
    if changing := [item.nodeid for item in items if re.search(r"\bat 0x[0-9a-f]", item.nodeid)]:
        raise pytest.UsageError(f"give these tests ids of their own: {', '.join(changing)}")


@pytest.fixture(scope="session")
def noisy_office() -> Path:
    """Return the folder of real scans; skip, and say so, where there is none."""
    beside = Path(__file__).parents[2] / "shared" / "data" / "noisy-office"
    folder = Path(os.environ.get("NOISY_OFFICE_DIR") or beside)
    if not folder.is_dir():
        pytest.skip("there are no real scans: NOISY_OFFICE_DIR is not set")
    return folder


@pytest.fixture(scope="session")
def cases() -> Path:
    """Return the folder of small pages that a cleaner may spoil, copied into the project."""
    return Path(__file__).parent / "cases"


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of the pages, built from scratch with warnings as errors, and what went wrong."""
    if folder := os.environ.get("BOOK_HTML"):
        return Path(folder).resolve(), ""
    # Several processes share one: the first makes the folder and builds, the others wait for it.
    shared = tmp_path_factory.getbasetemp()
    target = (shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared) / "book"
    told = target / "told.txt"
    try:
        target.mkdir()
    except FileExistsError:
        while not told.exists():
            time.sleep(0.5)
        return target / "_build" / "html", told.read_text(encoding="utf-8")
    program = "import sys; from jupyter_book.cli.main import main; sys.exit(main())"
    options = ["-W", "-n", "--keep-going", "--quiet", "--path-output", str(target)]
    command = [sys.executable, "-c", program, "build", str(toc.ROOT), *options]
    quiet = {**os.environ, "NO_COLOR": "1", "KERAS_BACKEND": "numpy"}  # as in the Makefile
    run = subprocess.run(command, cwd=toc.ROOT, env=quiet, capture_output=True, text=True)
    output = run.stdout + run.stderr
    failed = run.returncode != 0 or "WARNING" in output
    part = told.with_suffix(".part")
    part.write_text(output if failed else "", encoding="utf-8")
    part.replace(told)
    return target / "_build" / "html", told.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def book(build: tuple[Path, str]) -> Book:
    """The pages of the book."""
    folder, wrong = build
    if wrong:
        pytest.skip("the book could not be built: see test_the_book_builds_without_a_warning")
    return Book(folder)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The system's Chromium, without a window."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = find_browser()
    if program is None:
        pytest.skip("no Chromium or Chrome found: the checks in a browser were not made")
    with api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield running
        running.close()
