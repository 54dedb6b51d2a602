"""What several test files share."""

import os
from pathlib import Path

import pytest


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
