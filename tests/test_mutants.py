"""The planted mistakes are well formed and enough; the command tells the caught ones."""

from pathlib import Path

import pytest

from tools import mutants, toc

MUTANTS = mutants.all_mutants()
FEWEST = 60


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mistake_can_be_planted(mutant, tmp_path):
    target = tmp_path / mutant.file
    target.parent.mkdir(parents=True)
    target.write_bytes((toc.ROOT / mutant.file).read_bytes())
    mutants.plant(mutant, tmp_path)
    assert target.read_bytes() != (toc.ROOT / mutant.file).read_bytes()
    assert (toc.ROOT / mutant.caught_by).is_file()
    assert mutant.tells.strip()


def test_there_are_enough_mistakes_of_both_kinds():
    notebooks = [mutant for mutant in MUTANTS if mutant.file.endswith(".ipynb")]
    assert len(MUTANTS) >= FEWEST
    assert len(notebooks) >= FEWEST // 2
    assert len(MUTANTS) - len(notebooks) >= FEWEST // 2
    assert {Path(m.file) for m in notebooks} == set(toc.notebooks())


FIELDS = {
    "file": "course_utils/a.py",
    "old": "x + 1",
    "new": "x - 1",
    "tells": "a smaller number",
    "caught_by": "tests/test_a.py",
}


def write(folder: Path, **fields: str) -> Path:
    """Write the file of a mistake."""
    path = folder / "a_01_sign.toml"
    path.write_text("".join(f'{k} = """{v}"""\n' for k, v in {**FIELDS, **fields}.items()))
    return path


@pytest.mark.parametrize("fields", [{"old": ""}, {"new": "x + 1"}, {"why": "a field too many"}])
def test_a_malformed_mistake_is_refused(fields, tmp_path):
    with pytest.raises(ValueError, match=r"must have the fields|changes nothing"):
        mutants.read(write(tmp_path, **fields))


@pytest.mark.parametrize("source", ["def f(x):\n    return x\n", "x + 1\nx + 1\n"])
def test_a_mistake_without_its_place_is_refused(source, tmp_path):
    (tmp_path / "course_utils").mkdir()
    (tmp_path / "course_utils" / "a.py").write_text(source)
    with pytest.raises(ValueError, match=r"occurs (0|2) times"):
        mutants.plant(mutants.read(write(tmp_path)), tmp_path)


def test_a_mistake_is_caught_or_survives(tmp_path, monkeypatch):
    course = tmp_path / "course"
    for folder in ("course_utils/sample", "course_utils/cleaner", "tests/assets", "tests/mutants"):
        (course / folder).mkdir(parents=True)
    (course / "course_utils" / "a.py").write_text("def f(x):\n    return x + 1\n")
    (course / "course_utils" / "__init__.py").write_text("")
    test = course / "tests" / "test_a.py"
    test.write_text("from course_utils.a import f\ndef test():\n    assert f(1) == 2\n")
    monkeypatch.setattr(
        mutants, "copy", lambda to: mutants.shutil.copytree(course, to, dirs_exist_ok=True)
    )
    mutant = mutants.read(write(course / "tests" / "mutants"))
    assert "test_a.py::test" in mutants.noticed(mutant)
    test.write_text("from course_utils.a import f\ndef test():\n    assert f(1) >= 0\n")
    assert mutants.noticed(mutant) == ""
