"""The page of the project: its code runs without a download, and its marks add up."""

import re

import numpy as np
import pytest

from course_utils.claims import ClaimFailed
from tools import toc

PAGE = (toc.ROOT / "capstone.md").read_text(encoding="utf-8")
COLUMNS = 76  # of code that a page shows on a laptop
LEVELS = ["0", "1", "2", "3"]


def criteria(page: str) -> dict[str, tuple[int, list[str]]]:
    """Return weight in per cent and numbers of the levels of each criterion."""
    part = page.split("## How it is judged")[1].split("\n## ")[0]
    found = {}
    for section in part.split("\n### ")[1:]:
        title, _, body = section.partition("\n")
        name, _, weight = title.rpartition(": ")
        found[name] = int(weight.removesuffix(" %")), re.findall(r"(?m)^(\d+)\. \S", body)
    return found


def complaints(page: str) -> list[str]:
    """Return what is wrong with the marks."""
    found = [
        f"{name} has the levels {levels}"
        for name, (_, levels) in criteria(page).items()
        if levels != LEVELS
    ]
    total = sum(weight for weight, _ in criteria(page).values())
    return found if total == 100 else [*found, f"the weights add up to {total}"]


def test_each_criterion_has_four_levels_and_the_weights_add_up_to_100():
    assert len(criteria(PAGE)) >= 5
    assert complaints(PAGE) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [("### Data: 15 %", "### Data: 20 %"), ("\n1. A random split", "\nA random split")],
    ids=["weight", "level"],
)
def test_a_planted_slip_in_the_marks_is_found(old, new):
    assert old in PAGE
    assert len(complaints(PAGE.replace(old, new))) == 1


def test_its_code_runs_on_what_comes_with_the_course(monkeypatch):
    monkeypatch.setenv("FASHION_MNIST_DIR", "sample")
    blocks = re.findall(r"(?ms)^```python\n(.*?)^```", PAGE)
    assert max(len(line) for block in blocks for line in block.splitlines()) <= COLUMNS
    sets = []
    for block in blocks:
        names = {}
        exec(block, names)
        sets.append(names)
    digits, garments, pages, claims = sets

    assert [len(digits[k]) for k in ("x_train", "x_val", "x_test")] == [1078, 359, 360]
    assert len(garments["strangers"]) == len(garments["x_val"]) / 9  # equally many of each class
    for names, parts in ((garments, ("x_train", "x_val")), (pages, ("dirty_train", "dirty_val"))):
        train, val = ({x.tobytes() for x in names[part]} for part in parts)
        assert not train & val
        assert all(names[part].shape[1:] == (28, 28, 1) for part in parts)
    assert pages["clean_val"].shape == pages["dirty_val"].shape
    assert 0 <= np.min(pages["dirty_val"]) <= np.max(pages["dirty_val"]) <= 1

    claims["compare"]("ours is ahead", [2.0, 3.0], [1.0, 1.0])
    with pytest.raises(ClaimFailed):
        claims["compare"]("ours is ahead", [2.0, 3.0], [1.0, 4.0])
