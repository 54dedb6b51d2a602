"""course_utils stays small enough to be read in one sitting: the lines of its files are counted.

The packages for documents and for the reader's own pictures, course_utils/documents/ and pictures/,
are subjects of their own and are left out, and so are the modules that start their commands, and
what these commands share.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MOST_LINES = 3000
MOST_LINES_OF_A_FILE = 600
SUBJECTS = {"documents", "pictures", "clean_scan.py", "find_odd.py", "_command.py"}


def lines_of_files(root: Path) -> dict[str, int]:
    """Count the lines of the Python files of course_utils, but for the subjects."""
    folder = root / "course_utils"
    files = [path.relative_to(folder) for path in folder.rglob("*.py")]
    return {
        path.as_posix(): len((folder / path).read_text(encoding="utf-8").splitlines())
        for path in files
        if path.parts[0] not in SUBJECTS
    }


def test_course_utils_can_be_read_in_one_sitting():
    lines = lines_of_files(ROOT)
    assert "plots.py" in lines and "data.py" in lines
    assert sum(lines.values()) <= MOST_LINES, dict(sorted(lines.items()))


def test_no_file_of_course_utils_is_long():
    assert {k: n for k, n in lines_of_files(ROOT).items() if n > MOST_LINES_OF_A_FILE} == {}


def test_lines_of_all_folders_but_the_subjects_are_counted(tmp_path):
    for name, text in (
        ("a.py", "x = 1\n\ny = 2"),
        ("more/b.py", "x = 1\n"),
        ("documents/c.py", "x = 1\n"),
        ("_command.py", "x = 1\n"),
        ("pictures/e.py", "x = 1\n"),
        ("cleaner/d.txt", "x\n"),
    ):
        path = tmp_path / "course_utils" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert lines_of_files(tmp_path) == {"a.py": 3, "more/b.py": 1}
