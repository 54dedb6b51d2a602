"""Evidence follows a renaming of variables, and nothing that is more than that."""

import copy
import json
import re
import subprocess

import nbformat
import pytest

from tools import evidence, fingerprint, renaming

OLD = (
    "import numpy as np\nfrom course_utils.claims import claim, spread",
    "rng = np.random.default_rng(1)\nx = rng.normal(size=9)\ny = 2 * x",
    "scores = {'none': x.mean()}\nscores['all'] = (x + y).mean()",
    "def spread_of(values):\n    return values.std() / x.std()\n\n\nwide = spread_of(y)",
    "for k in (1, 2):\n    y = y + k * x\nlow, high = spread('the mean', y.mean())",
    "claim('a', y.mean(), above=3)\nclaim('b', scores['all'], above=3)\nclaim('c', wide, above=3)",
)
NEW = (
    OLD[0],
    "rng_1 = np.random.default_rng(1)\nx = rng_1.normal(size=9)\ndouble = 2 * x",
    "scores = {'none': x.mean()}\nmore = scores | {'all': (x + double).mean()}",
    "def spread_of(values):\n    return values.std() / x.std()\n\n\nwide = spread_of(double)",
    "total = double\nfor step in (1, 2):\n    total = total + step * x",
    "low, high = spread('the mean', total.mean())",
    "claim('a', total.mean(), above=3)\n"
    "claim('b', more['all'], above=3)\n"
    "claim('c', wide, above=3)",
)


def notebook(*sources: str) -> nbformat.NotebookNode:
    """Return a notebook of code cells."""
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])


def kept(old: tuple[str, ...], new: tuple[str, ...]) -> set[str]:
    """Return the keys of the claims and spreads whose evidence may be kept."""
    reasons = renaming.transferable(notebook(*old), notebook(*new))
    return {key for (_, key), reason in reasons.items() if not reason}


def replaced(cell: int, old: str, new: str) -> tuple[str, ...]:
    """Return OLD with a change in one cell."""
    assert OLD[cell].count(old) >= 1
    return (*OLD[:cell], OLD[cell].replace(old, new), *OLD[cell + 1 :])


ALL = {"a", "b", "c", "the\\ mean"}


WOOL = tuple(re.sub(r"\by\b", "wool", source) for source in OLD)


def renamed() -> tuple[str, ...]:
    """Return OLD with other names and other borders of cells, but the same statements."""
    return (*NEW[:4], NEW[4].replace("total = double\n", ""), *NEW[5:])


def test_the_same_notebook_keeps_everything() -> None:
    assert kept(OLD, OLD) == ALL


def test_new_names_new_borders_and_a_union_for_an_entry_keep_everything() -> None:
    new = renamed()
    new = (*new[:4], new[4].replace("total", "double"), *new[5:])
    new = tuple(source.replace("total", "double") for source in new)
    assert kept(OLD, new) == ALL


def test_a_name_may_be_split_where_its_value_changes() -> None:
    old = ("x = 1", "y = x + 1", "x = 2", "claim('a', x + y, above=3)")
    assert kept(old, ("x = 1", "y = x + 1", "z = 2", "claim('a', z + y, above=3)")) == {"a"}
    assert kept(old, ("x = 1", "y = x + 1", "z = 2", "claim('a', x + y, above=3)")) == set()


def test_names_may_be_merged_only_if_nothing_is_overwritten() -> None:
    old = ("a = one()", "b = f(a)", "c = g(b)", "claim('a', c + b, above=3)")
    free = ("a = one()", "b = f(a)", "a = g(b)", "claim('a', a + b, above=3)")
    taken = ("a = one()", "b = f(a)", "b = g(b)", "claim('a', b + b, above=3)")
    assert kept(old, free) == {"a"}
    assert kept(old, taken) == set()


@pytest.mark.parametrize(
    ("cell", "old", "new", "lost"),
    [
        (1, "default_rng(1)", "default_rng(2)", ALL),
        (1, "size=9", "size=8", ALL),
        (1, "x = rng.normal(size=9)\ny = 2 * x", "y = rng.normal(size=9)\nx = 2 * y", ALL),
        (1, "2 * x", "2.0 * x", ALL),
        (1, "\ny = 2 * x", "\ny = 2 * x\nx.sort()", ALL),
        (2, "(x + y)", "(y + x)", {"b"}),
        (2, "['all']", "['none']", {"b"}),
        (2, "(x + y).mean()", "(x + y).max()", {"b"}),
        (3, "values.std()", "y.std()", {"c"}),
        (3, "/ x.std()", "/ y.std()", {"c"}),
        (3, "spread_of(y)", "spread_of(x)", {"c"}),
        (3, "(values)", "(values, x=3)", {"c"}),
        (4, "(1, 2)", "(2, 1)", {"a", "the\\ mean"}),
        (4, "y + k * x", "k + y * x", {"a", "the\\ mean"}),
        (4, "    y = y", "    z = y", {"a", "the\\ mean"}),
        (4, "y.mean())", "x.mean())", {"the\\ mean"}),
        (5, "('a', y.mean()", "('a', x.mean()", {"a"}),
        (5, "scores['all']", "scores['none']", {"b"}),
    ],
)
def test_a_difference_is_refused(cell: int, old: str, new: str, lost: set[str]) -> None:
    assert lost <= ALL - kept(OLD, replaced(cell, old, new))


def test_a_difference_elsewhere_is_not_refused() -> None:
    assert kept(OLD, replaced(5, "above=3", "above=2")) == ALL
    assert kept(OLD, (*OLD[:2], "z = np.max(x)", *OLD[2:])) == ALL
    assert kept(OLD, (*OLD[:2], "spoil(x)", *OLD[2:])) == set()


def test_a_seed_that_is_set_or_left_out_is_refused() -> None:
    seeded = (OLD[0], "training.set_seed(3)\n" + OLD[1], *OLD[2:])
    assert kept(OLD, seeded) == kept(seeded, OLD) == set()


def test_exchanged_statements_are_refused() -> None:
    old = ("rng = make()", "a = rng.normal()\nb = rng.normal()", "claim('a', a - b, above=3)")
    new = ("rng = make()", "b = rng.normal()\na = rng.normal()", "claim('a', a - b, above=3)")
    assert kept(old, new) == set()


def test_a_function_must_still_read_what_it_read() -> None:
    old = ("w = 1", "def f(z):\n    return w * z", "w = 2", "claim('a', f(3), above=3)")
    assert kept(old, ("w = 1", *old[1:2], "v = 2", old[3])) == set()
    at_once = ("w = 1", old[1], "y = f(3)", "w = 2", "claim('a', w + y, above=3)")
    new = ("w = 1", old[1], "y = f(3)", "v = 2", "claim('a', v + y, above=3)")
    assert kept(at_once, new) == set()  # y might hold the function: what is not known is refused
    plain = ("w = 1", old[1], "w = 2", "claim('a', w, above=3)")
    assert kept(plain, ("w = 1", old[1], "v = 2", "claim('a', v, above=3)")) == {"a"}


def test_a_dictionary_that_something_else_holds_is_not_taken_for_a_copy() -> None:
    old = ("d = {'a': 1}", "held = [d]", "d['b'] = 2", "claim('a', held[0]['b'], above=3)")
    new = ("d = {'a': 1}", "held = [d]", "e = d | {'b': 2}", old[3])
    assert kept(old, new) == set()
    alone = (old[0], old[2], "claim('a', d['b'], above=3)")
    assert kept(alone, (old[0], new[2], "claim('a', e['b'], above=3)")) == {"a"}
    assert kept(alone, (old[0], new[2], "claim('a', d['b'], above=3)")) == set()


def test_a_statement_that_is_gone_may_have_changed_what_it_was_given() -> None:
    old = ("model = make()", "train(model)", "claim('a', error(model), above=3)")
    assert kept(old, (old[0], old[2])) == set()
    hidden = (old[0], "def more():\n    train(model)", "more()", old[2])
    assert kept(hidden, (*hidden[:2], hidden[3])) == set()


def test_a_name_of_a_loop_is_read_only_if_the_loop_ran() -> None:
    old = ("v = 1", "for v in range(3):\n    w = v", "claim('a', v + w, above=3)")
    assert kept(old, (old[0], "for u in range(3):\n    w = u", "claim('a', u + w, above=3)")) == {
        "a"
    }
    assert (
        kept(old, (old[0], "for u in range(3):\n    w = u", "claim('a', v + w, above=3)")) == set()
    )


def test_a_spread_within_a_figure_is_looked_at() -> None:
    old = ("x = one()\ny = two()", "plots.curves(x, band=spread('s', x))")
    assert kept(old, old) == {"s"}
    assert kept(old, (old[0], "plots.curves(x, band=spread('s', y))")) == set()


# The evidence itself


def stored(old: tuple[str, ...]) -> dict:
    """Return evidence that belongs to a notebook."""
    found = {"of": "chapters/a.ipynb", "claims": [], "spreads": []}
    for one in fingerprint.recorded(notebook(*old)):
        if one.kind == "claim":
            found["claims"].append({"sentence": one.key, "code": one.code, "full": [1, 2, 3, 4, 5]})
        else:
            found["spreads"].append({"name": "the mean", "code": one.code, "full": [1, 2, 3, 4, 5]})
    return found


def codes(kept: dict) -> dict[str, str]:
    """Return the fingerprints by sentence or name."""
    entries = kept["claims"] + kept["spreads"]
    return {entry.get("sentence", entry.get("name")): entry["code"] for entry in entries}


def test_evidence_gets_the_new_fingerprints_and_nothing_else() -> None:
    new = WOOL
    kept_then = stored(OLD)
    kept_now = copy.deepcopy(kept_then)
    assert evidence.transferred(kept_now, notebook(*OLD), notebook(*new)) == []
    assert codes(kept_now) == codes(stored(new)) != codes(kept_then)
    for entry in kept_now["claims"] + kept_now["spreads"]:
        assert entry["full"] == [1, 2, 3, 4, 5]
    again = copy.deepcopy(kept_now)
    assert evidence.transferred(again, notebook(*OLD), notebook(*new)) == []
    assert again == kept_now


def test_evidence_of_other_code_is_left_as_it_is() -> None:
    new = replaced(2, "(x + y)", "(x - y)")
    kept_now = stored(OLD)
    left = evidence.transferred(kept_now, notebook(*OLD), notebook(*new))
    assert len(left) == 1 and "measure the claim 'b' anew" in left[0]
    assert codes(kept_now)["b"] == codes(stored(OLD))["b"]


def test_evidence_must_be_that_of_the_revision() -> None:
    new = WOOL
    kept_now = stored(replaced(1, "size=9", "size=8"))
    left = evidence.transferred(kept_now, notebook(*OLD), notebook(*new))
    assert len(left) == 4
    assert all("no evidence is stored of that revision's code" in line for line in left)


def test_the_command_reads_the_revision_from_git(tmp_path, monkeypatch) -> None:
    chapter = tmp_path / "chapters" / "a.ipynb"
    chapter.parent.mkdir()
    nbformat.write(notebook(*OLD), chapter)
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "then"]):
        subprocess.run([*git, *arguments], cwd=tmp_path, check=True)
    nbformat.write(notebook(*WOOL), chapter)
    file = tmp_path / "course_utils" / "evidence" / "a.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(stored(OLD)), encoding="utf-8")
    monkeypatch.setattr(evidence.toc, "ROOT", tmp_path)
    path = chapter.relative_to(tmp_path)
    assert evidence.transfer(path, "HEAD") == []
    new = notebook(*WOOL)
    now = json.loads(file.read_text(encoding="utf-8"))
    assert codes(now) == {
        ("the mean" if one.kind == "spread" else one.key): one.code
        for one in fingerprint.recorded(new)
    }
    with pytest.raises(ValueError, match=r"git shows no chapters/a\.ipynb of the revision nowhere"):
        evidence.transfer(path, "nowhere")
