"""What several test files share."""

import os
import re
from pathlib import Path

import pytest


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
