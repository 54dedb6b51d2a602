"""The page on what the course costs: it says what the stored evidence says."""

import json
from pathlib import Path

import pytest

from course_utils import claims
from tools import costs, toc


def test_the_page_is_what_the_tool_writes() -> None:
    stored = (toc.ROOT / costs.PAGE).read_text(encoding="utf-8")
    assert stored == costs.page(), "run python -m tools.costs"
    assert "costs" in toc.pages()


def course(folder: Path, **seconds: int) -> Path:
    """Write a course of empty chapters with evidence of what they took; return its folder."""
    (folder / "chapters").mkdir()
    files = "".join(f"  - file: chapters/{name}\n" for name in seconds)
    (folder / "_toc.yml").write_text(f"root: index\nchapters:\n{files}")
    for name, count in seconds.items():
        (folder / f"chapters/{name}.ipynb").touch()
        (folder / f"{name}.json").write_text(json.dumps({"cpu_seconds_per_run": count}))
    return folder


def test_chapters_are_in_the_order_of_the_book(tmp_path: Path) -> None:
    root = course(tmp_path, zebra=7, ape=5)
    assert [(path.stem, count) for path, count in costs.chapters(root, root).items()] == [
        ("zebra", 7),
        ("ape", 5),
    ]
    (root / "ape.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"make evidence NOTEBOOK=chapters/ape\.ipynb"):
        costs.chapters(root, root)


def test_the_total_is_the_sum_and_every_chapter_is_linked() -> None:
    text = costs.page()
    for path in toc.notebooks():
        file = claims.EVIDENCE_DIR / f"{path.stem}.json"
        seconds = json.loads(file.read_text(encoding="utf-8"))["cpu_seconds_per_run"]
        assert f"| []({path.as_posix()}) | {seconds} |" in text
    total = sum(costs.chapters().values())
    assert f"| all {len(toc.notebooks())} together | {total:,} |" in text


def seed(shift: float = 0.0, dense: float = 260.0, seconds: float = 12.0) -> dict:
    """Return what a seed might have measured, in the form of vae_budgets.py."""
    classic = {"cpu_seconds": [12.0, 50.0, 120.0], "nats": [285.0, 270.0, 266.0 + shift]}
    own = {"cpu_seconds": [seconds, 50.0], "nats": [dense + shift, 253.0]}
    return {"classic, RMSprop": classic, "classic, Adam": classic, "dense, Adam": own}


def test_a_budget_holds_each_recipe_over_the_seeds() -> None:
    rows = costs.budgets([seed(0), seed(1)])
    assert len(rows) == 3 and "dense, Adam" not in rows[2]
    assert rows[0]["dense, Adam"] == ([12.0, 12.0], [260.0, 261.0])
    assert rows[2]["classic, Adam"] == ([120.0, 120.0], [266.0, 267.0])


def test_a_cell_shows_the_mean_the_range_and_the_time() -> None:
    assert costs.cell([10.0, 14.0], [270.0, 273.0]) == "271.5 (270.0 to 273.0) after 12 s"


def test_the_conclusions_are_rounded_so_that_they_stay_true() -> None:
    rows = costs.budgets([seed(0.04, seconds=13.0), seed(-0.04, seconds=11.0)])
    says, one_run, says_not = costs.sentences(rows)
    assert "After 11 to 13 CPU seconds" in says and "260.1 nats or less in all 2 seeds" in says
    assert "at 265.9 or more" in says and "at least 9 times" in says  # 120 / 13 = 9.2
    assert "265.3 nats on *test* images, after 1,654 CPU seconds" in one_run
    assert "a hundredth" in one_run
    assert "before 11 CPU seconds" in says_not


@pytest.mark.parametrize(
    "last", [seed(dense=265.4), seed(dense=266.5), seed(shift=-20), seed(seconds=121.0)]
)
def test_conclusions_that_no_longer_hold_are_not_written(last: dict) -> None:
    with pytest.raises(ValueError, match="conclusions anew"):
        costs.sentences(costs.budgets([seed(), last]))
