"""Evidence belongs to the code that it was measured of, is resumable, and says what failed."""

import json
from pathlib import Path

import nbformat
import pytest

from course_utils import claims
from tools import evidence, execute, fingerprint, reading_time

BASE = (
    "import numpy as np\nfrom course_utils.claims import claim",
    "x = np.arange(3)  # the data",
    "model = make()\nhistory = training.fit(model, x)",
    "other = make()\nother_history = training.fit(other, x)",
    "plots.curve(history)\nprint(history)",
    "error = model.predict(x)\nclaim('a', error.mean(), above=3)\n"
    "claim('b', 4 * error.mean(), above=3)",
)


def notebook(*sources: str) -> nbformat.NotebookNode:
    """Return a notebook of code cells."""
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])


def kept(cell: int, source: str) -> list[bool]:
    """Say of each of the two claims whether it keeps its fingerprint when a cell is replaced."""
    changed = [*BASE[:cell], source, *BASE[cell + 1 :]]
    before, after = (fingerprint.recorded(notebook(*s)) for s in (BASE, changed))
    return [a.code == b.code for a, b in zip(before, after, strict=True)]


@pytest.mark.parametrize(
    ("cell", "source"),
    [
        (0, "from course_utils.claims import claim\nimport numpy as np"),
        (1, "x = np.arange(\n    3\n)"),
        (3, "other = make(wide=True)"),
        (4, "plots.curve(history, label='error')"),
        (5, BASE[5].replace("above=3", "above=2")),
        (5, BASE[5].replace("'a'", "'a sentence'")),
    ],
)
def test_a_claim_keeps_its_evidence(cell, source):
    assert kept(cell, source) == [True, True]


@pytest.mark.parametrize(
    ("cell", "source"),
    [
        (1, "x = np.arange(4)"),
        (1, BASE[1] + "\nx[0] = 5"),
        (2, BASE[2].replace("model, x", "model, x, epochs=3")),
        (3, BASE[3] + "\nmodel.set_weights(other.get_weights())"),
        (4, BASE[4] + "\ntrain_more(model)"),
        (4, "x = x[::-1]"),
        (5, BASE[5].replace("predict(x)", "predict(x[:2])")),
    ],
)
def test_a_claim_loses_its_evidence(cell, source):
    assert kept(cell, source) == [False, False]


def test_each_claim_depends_on_its_own_number():
    assert kept(5, BASE[5].replace("4 *", "5 *")) == [True, False]


def test_a_claim_without_a_plain_sentence_is_refused():
    with pytest.raises(ValueError, match="plain string"):
        fingerprint.recorded(notebook("claim(sentence, 3, above=2)"))


def test_docstrings_and_format_of_a_script_do_not_count():
    one = fingerprint.script('"""Doc."""\ndef run(seed):\n    """More."""\n    return {"a":seed}')
    assert one == fingerprint.script("def run(seed):\n    # why\n    return {'a': seed}")
    assert one != fingerprint.script("def run(seed):\n    return {'a': -seed}")


# The command, on a course of one notebook


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course with a notebook whose numbers are 10 plus the seed, and an experiment."""
    (tmp_path / "chapters").mkdir()
    (tmp_path / "experiments").mkdir()
    (tmp_path / "course_utils").mkdir()
    (tmp_path / "_toc.yml").write_text("root: index\nchapters:\n- file: chapters/a\n")
    path = tmp_path / "chapters" / "a.ipynb"
    source = (
        "import os\nfrom course_utils.claims import claim, spread\n"
        "seed = int(os.environ.get('COURSE_SEED_OFFSET', 0))\n"
        "claim('low', 10 + seed, below=11.5)\nclaim('high', 10 + seed, above=9)\n"
        "low, high = spread('curve', [seed, 2 * seed])\n"
        "for k in (1, 2):\n    spread(f'the {k}. number', k * seed)"
    )
    nbformat.write(notebook(source), path)
    monkeypatch.setattr(evidence.toc, "ROOT", tmp_path)
    monkeypatch.setattr(evidence, "CACHE", tmp_path / ".evidence")
    monkeypatch.setattr(claims, "EVIDENCE_DIR", tmp_path / "course_utils" / "evidence")
    return tmp_path


def run_all(seeds: int) -> list[str]:
    """Do what the command does, in this process."""
    path = Path("chapters/a.ipynb")
    folder = evidence.cache_of(path)
    for job in evidence.todo(path, seeds, 0, folder):
        evidence.run_notebook(path, job, folder)
    evidence.save(path, evidence.gather(path, folder))
    evidence.run_notebook(path, ("full", 0), folder)
    return evidence.finish(path, folder)


def test_evidence_is_measured_kept_and_belongs_to_the_code(course):
    path = Path("chapters/a.ipynb")
    assert len(evidence.complaints(path)) == 4  # two claims, two spreads
    failed = run_all(5)
    assert failed == [
        "chapters/a.ipynb: low: full-2: measured 12, must be below 11.5; "
        "full-3: measured 13, must be below 11.5; full-4: measured 14, must be below 11.5"
    ]
    assert evidence.complaints(path) == []
    stored = json.loads((course / "course_utils/evidence/a.json").read_text())
    assert [c["full"] for c in stored["claims"]] == [[10, 11, 12, 13, 14]] * 2
    assert {s["name"]: s["full"][2] for s in stored["spreads"]} == {
        "curve": [2, 4],
        "the 1. number": 2,
        "the 2. number": 4,
    }
    # nothing is left to run, and a log that is missing is the only one that is
    folder = evidence.cache_of(path)
    assert evidence.todo(path, 5, 0, folder) == []
    (folder / "full-3.jsonl").unlink()
    assert evidence.todo(path, 5, 0, folder) == [("full", 3)]
    # the stored outputs show all five seeds
    executed = nbformat.read(course / path, as_version=4)
    html = executed.cells[0].outputs[1].data["text/html"]
    assert "measured 10, must be above 9, five seeds 10 to 14" in html
    # another sentence and bound, the same code: the evidence is kept under the new sentence
    executed.cells[0].source = executed.cells[0].source.replace(
        "'high', 10 + seed, above=9", "'higher', 10 + seed, above=8"
    )
    nbformat.write(executed, course / path)
    assert any("higher" in line for line in evidence.complaints(path))
    assert evidence.rename(path) == 1
    assert evidence.complaints(path) == []
    assert evidence.restate(executed)
    assert executed.cells[0].outputs[1].data["text/plain"] == "Claim holds: higher"
    assert "must be above 8, five seeds" in executed.cells[0].outputs[1].data["text/html"]
    assert not evidence.restate(executed)
    # other code: the evidence is no longer its own
    executed.cells[0].source = executed.cells[0].source.replace("10 + seed", "9.5 + seed")
    nbformat.write(executed, course / path)
    assert len(evidence.complaints(path)) == 2


def test_a_claim_that_failed_holds_by_another_bound_and_edits_are_kept(course):
    path = Path("chapters/a.ipynb")
    written = nbformat.read(course / path, as_version=4)
    written.cells[0].source = written.cells[0].source.replace("below=11.5", "below=9.5")
    nbformat.write(written, course / path)
    assert run_all(1) == ["chapters/a.ipynb: low: full-0: measured 10, must be below 9.5"]
    assert nbformat.read(course / path, as_version=4).cells[0].outputs == []
    written.cells[0].source = written.cells[0].source.replace("below=9.5", "below=11.5")
    written.cells.insert(0, nbformat.v4.new_markdown_cell("A text written in the meantime."))
    nbformat.write(written, course / path)
    evidence.finish(path, evidence.cache_of(path))
    stored = nbformat.read(course / path, as_version=4)
    assert stored.cells[0].source == "A text written in the meantime."
    assert stored.cells[1].outputs[0].data["text/plain"] == "Claim holds: low"
    assert "must be below 11.5" in stored.cells[1].outputs[0].data["text/html"]


def test_a_claim_about_an_experiment_keeps_the_numbers_of_its_seeds_once(course):
    path = Path("chapters/a.ipynb")
    claimed = "from course_utils.claims import claim\nclaim('all', [1.5, 2.5, 4.0], below=5)"
    nbformat.write(notebook(claimed), course / path)
    run_all(2)
    (entry,) = evidence.stored(path)["claims"]
    assert entry["full"] == [1.5, 2.5, 4.0] and entry["sample"] == []


def test_an_experiment_is_measured_and_its_change_is_noticed(course, monkeypatch):
    script = Path("experiments/budgets.py")
    (course / script).write_text("def run(seed, toy=False):\n    return {'error': 2 * seed}\n")
    monkeypatch.syspath_prepend(str(course))
    assert evidence.experiments() == [script]
    assert evidence.complaints(script) == ["fewer than 5 seeds are stored"]
    folder = evidence.cache_of(script)
    for seed in range(5):
        evidence.run_script(script, ("full", seed), folder)
    assert evidence.finish(script, folder) == []
    assert evidence.complaints(script) == []
    assert [r["error"] for r in claims.experiment("budgets")] == [0, 2, 4, 6, 8]
    (course / script).write_text("def run(seed, toy=False):\n    return {'error': 3 * seed}\n")
    assert "has changed" in evidence.complaints(script)[0]


def test_two_runs_do_not_write_one_log(course):
    log = evidence.cache_of(Path("chapters/a.ipynb")) / "full-1.jsonl"
    one, two = evidence._partial(log), evidence._partial(log)
    assert one != two and one.parent == two.parent == log.parent
    assert not {one, two} & set(log.parent.glob("*.jsonl"))


def test_an_unknown_file_is_refused(capsys):
    with pytest.raises(SystemExit):
        evidence.main(["chapters/nothing.ipynb"])
    assert "no notebook of _toc.yml" in capsys.readouterr().err


def test_execute_says_which_claims_left_the_spread(tmp_path, monkeypatch):
    entry = {"sentence": "x is small", "full": [0.5, 0.75]}
    (tmp_path / "a.json").write_text(json.dumps({"claims": [entry]}))
    monkeypatch.setattr(claims, "EVIDENCE_DIR", tmp_path)
    claims._stored.cache_clear()

    def shown(measured: float) -> nbformat.NotebookNode:
        record = {"kind": "claim", "measured": measured, "below": 1.0, "holds": True}
        output = nbformat.v4.new_output(
            "display_data",
            data={"text/plain": "Claim holds: x is small"},
            metadata={"claim": record},
        )
        result = notebook("claim")
        result.cells[0].outputs = [output]
        return result

    assert execute.left_their_spread(shown(0.6)) == []
    assert execute.left_their_spread(shown(0.75001)) == []
    assert "measured 0.8" in execute.left_their_spread(shown(0.8))[0]
    claims._stored.cache_clear()


def test_reading_time_counts_words_code_and_figures_but_nothing_folded():
    new = nbformat.v4
    page = new.new_notebook(
        cells=[
            new.new_markdown_cell("word " * 400),
            new.new_code_cell("x = 1\n" * 30),
            new.new_code_cell("x = 1\n" * 30, metadata={"tags": ["hide-input"]}),
            new.new_code_cell(
                "plot()", metadata={"mystnb": {"figure": {}}, "tags": ["hide-input"]}
            ),
            new.new_code_cell("x", metadata={"mystnb": {"figure": {}}, "tags": ["hide-cell"]}),
            new.new_markdown_cell("## Check yourself\n\n**1.** " + "word " * 400),
        ]
    )
    assert reading_time.minutes(page) == pytest.approx(2 + 2 + 0.5)
    assert reading_time.num_words("![Three words here](../_assets/diagrams/x.svg)\n\n*a b*") == 2
    assert reading_time.num_words("a\n<details><summary>b</summary>\n\nc\n\n</details>\nd") == 2
    assert (
        reading_time.num_words("a [link](https://x.org/y) and $a + b$, `f(x, y)`\n$$a b c$$") == 8
    )


@pytest.mark.parametrize("script", evidence.experiments(), ids=str)
def test_experiment_runs_at_toy_size(script, monkeypatch):
    import importlib

    monkeypatch.setenv("FASHION_MNIST_DIR", "sample")
    result = importlib.import_module(f"experiments.{script.stem}").run(0, toy=True)
    stored = claims.experiment(script.stem)[0]
    assert json.loads(json.dumps(result)).keys() == stored.keys()


def test_a_line_that_begins_with_an_operator_is_no_command():
    tree = fingerprint.parsed("!git clone x\nequal = (\n    a\n    != b\n)\n%time c")
    assert [type(node).__name__ for node in tree.body] == ["Pass", "Assign", "Pass"]
