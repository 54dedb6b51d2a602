"""Cells may be run again, in any order: what names they bind and change, and whether they fail."""

from pathlib import Path

import nbformat
import pytest

from tools import bindings, rerun, toc
from tools.execute import NotExecuted

# What a cell may change that another has made, and why.
ALLOWED = {
    ("reading_networks", "deep"): "the exercise puts the weights back in the same cell",
    (
        "debug_your_vae",
        "frozen",
    ): "only frozen again, as it was before the cell that makes it ended",
}


def notebook(*sources: str) -> nbformat.NotebookNode:
    """Return a notebook of code cells."""
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])


# All chapters


@pytest.fixture(params=toc.notebooks(), ids=str)
def chapter(request: pytest.FixtureRequest) -> tuple[str, nbformat.NotebookNode]:
    """The name and the content of one chapter."""
    return request.param.stem, nbformat.read(toc.ROOT / request.param, as_version=4)


def test_a_name_that_cells_need_is_bound_in_one_cell(
    chapter: tuple[str, nbformat.NotebookNode],
) -> None:
    assert bindings.bound_twice(chapter[1]) == []


def test_no_cell_changes_what_another_has_made(chapter: tuple[str, nbformat.NotebookNode]) -> None:
    name, content = chapter
    allowed = tuple(f"{what} is made" for where, what in ALLOWED if where == name)
    found = bindings.changed_elsewhere(content)
    assert [line for line in found if not line.startswith(allowed or "-")] == []


def test_what_is_allowed_happens() -> None:
    for name, what in ALLOWED:
        content = nbformat.read(toc.ROOT / "chapters" / f"{name}.ipynb", as_version=4)
        found = bindings.changed_elsewhere(content)
        assert any(line.startswith(f"{what} is made") for line in found), (name, what)


# The checks themselves


@pytest.mark.parametrize(
    "cells",
    [
        ("x = 1", "y = x", "x = 2"),
        ("x = 1", "x = x + 1"),
        ("x = 1", "x += 1"),
        ("w = 1", "def f():\n    return w", "w = 2"),
        ("w = 1\nf = lambda: w", "w = 2"),
        ("m = 1", "for m in range(3):\n    pass", "print(m)"),
        ("m = 1", "print(f'{m:.2f}')", "(m, n) = 1, 2"),
        ("x = 1", "if y:\n    x = 2\nprint(x)"),
        ("from a import models", "models = [1]", "print(models)"),
        ("def f():\n    pass", "f()", "def f():\n    return 1"),
        ("x = 1", "with open('a') as x:\n    pass", "[x for y in z]"),
        ("x = 1", "class A:\n    def f(self):\n        return x", "x = 2"),
    ],
)
def test_a_name_bound_twice_is_found(cells: tuple[str, ...]) -> None:
    assert len(bindings.bound_twice(notebook(*cells))) == 1


@pytest.mark.parametrize(
    "cells",
    [
        ("x = 1", "y = x", "z = [x for x in range(3)]"),
        ("for k in a:\n    print(k)", "for k in b:\n    print(k)"),
        ("x = 1\nprint(x)", "x = 2\nprint(x)"),
        ("import numpy as np", "import numpy as np", "np.pi"),
        ("x = 1", "def f(x):\n    x = x + 1\n    return x", "lambda x: x"),
        ("x = 1", "y = f(x=x)", "print(y.x)"),
        ("if a:\n    x = 1\nelse:\n    x = 2\nprint(x)", "x = 3"),
        ("x: int = 1\nprint(x)", "x = 2\nprint(x)"),
    ],
)
def test_names_that_disturb_nobody_are_not_found(cells: tuple[str, ...]) -> None:
    assert bindings.bound_twice(notebook(*cells)) == []


@pytest.mark.parametrize(
    "change",
    [
        "x[0] = 1",
        "x[0][1] += 1",
        "x.name = 3",
        "x += 1",
        "x.sort()",
        "x.append(3)",
        "x['a'].append(3)",
        "x.set_weights(w)",
        "x.fit(images)",
        "training.fit(x, images)",
        "history = training.fit(x, images)",
        "rng.shuffle(x)",
        "np.fill_diagonal(x, 0)",
        "np.add(a, b, out=x)",
        "train(x, images)",
        "again(model=x)",
        "note(3)",
        "del x[0]",
    ],
)
def test_a_change_in_place_is_found(change: str) -> None:
    functions = (
        "def train(model, images):\n    return training.fit(model, images)\n\n\n"
        "def again(images=None, model=None):\n    train(model, images)\n\n\n"
        "def note(value):\n    x.append(value)"
    )
    found = bindings.changed_elsewhere(notebook(functions, "x = make()", change))
    assert [line.split(",")[0] for line in found] == ["x is made in cell 2"]


@pytest.mark.parametrize(
    "cells",
    [
        ("x = []\nx.append(1)\nx[0] = 2", "print(x)"),
        ("x = make()", "y = sorted(x)\ny.sort()\nz = np.sort(x)"),
        ("x = make()", "pca = PCA(2).fit(x)"),
        ("x = make()", "def f(x):\n    x = x.copy()\n    x.sort()\n    return x\n\n\nf(x)"),
        ("x = make()", "def build(x):\n    y = list(x)\n    y.sort()\n    return y", "build(x)"),
        ("rng = make()", "y = rng.normal(size=3)"),
    ],
)
def test_what_changes_nothing_is_not_found(cells: tuple[str, ...]) -> None:
    assert bindings.changed_elsewhere(notebook(*cells)) == []


# Running cells again


def test_quick_cells_run_in_their_order_backwards_and_at_random() -> None:
    quick = list(range(20))
    found = dict(rerun.orders(quick))
    assert list(found) == ["in order", "backwards", "at random"]
    assert found["in order"] == quick
    assert found["backwards"] == quick[::-1]
    assert sorted(found["at random"]) == quick
    assert found["at random"] not in (quick, quick[::-1])


def run(tmp_path: Path, *cells: str, quick: float = 2.0) -> rerun.Rerun:
    """Run a small notebook and its quick cells again."""
    path = tmp_path / "a.ipynb"
    nbformat.write(notebook(*cells), path)
    return rerun.rerun(path, quick)


def test_a_cell_that_fails_when_it_is_run_again_is_found(tmp_path: Path) -> None:
    slow = (
        "import time\nend = time.process_time() + 0.8\nwhile time.process_time() < end:\n    pass"
    )
    result = run(
        tmp_path,
        "from course_utils.claims import claim\nx = [3, 1]",
        f"{slow}\nif 'y' in globals():\n    1 / 0\ny = 0",
        "claim('x is not sorted', x[0], above=2)",
        "x.sort()\nz = [1]",
        "z = {'a': z[0]}",
        quick=0.5,
    )
    assert 2 not in result.quick and result.cells == 5
    failed = {(f.order, f.cell, f.name) for f in result.failures}
    assert ("backwards", 3, "ClaimFailed") in failed
    assert ("backwards", 5, "KeyError") in failed
    assert {f.cell for f in result.failures} <= {3, 5}
    assert all(f.order != "in order" for f in result.failures)


def test_a_notebook_that_fails_at_once_is_not_run_again(tmp_path: Path) -> None:
    with pytest.raises(NotExecuted, match="failed in cell 2 before any was run again, with Zero"):
        run(tmp_path, "x = 1", "x / 0")


def test_the_command_says_which_cells_failed(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "a.ipynb"
    nbformat.write(notebook("x = 1", "x = {'a': 1}[x if x == 'a' else 'a']", "assert x"), path)
    assert rerun.main([str(path)]) == 0
    nbformat.write(notebook("x = [1]", "x.pop()"), path)
    assert rerun.main([str(path)]) == 1
    said = capsys.readouterr().out
    assert "3 of 3 cells run again three times, 0 failures" in said
    assert "cell 2, again backwards: IndexError: pop from empty list" in said


def test_a_chapters_quick_cells_can_be_run_again() -> None:
    result = rerun.rerun(toc.ROOT / "chapters" / "exponential_families.ipynb")
    assert [str(failure) for failure in result.failures] == []
    assert len(result.quick) >= result.cells - 3
