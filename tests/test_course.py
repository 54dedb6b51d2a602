"""course.py and its thin face, the Makefile: they find a Python, install, run, pass on, and end."""

import ast
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import course
from tools import toc

ROOT = toc.ROOT
posix = pytest.mark.skipif(os.name == "nt", reason="the stand-in for Python is a shell script")
needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")

# Stands in for Python, venv, pip and everything that they start: it notes what it is asked for.
STAND_IN = r"""#!/bin/sh
printf '%s%s\n' "$*" "${KERAS_BACKEND:+ on $KERAS_BACKEND}" >>"$STAND_IN/log"
case "$*" in
*platform*) echo 3.12.1 ;;
*-m\ venv*) for folder; do :; done; mkdir -p "$folder/bin"; cp "$0" "$folder/bin/python" ;;
*uv\ pip\ compile*) for word; do
    case "$before" in --output-file) printf 'a==1\nb==2\n' >"$word" ;; esac; before=$word; done
    case "$*" in *jax*) echo jax==3 >>constraints-jax.all ;; esac ;;
*pip\ install*-r*) [ -z "$PIP_SLEEPS" ] || exec sleep "$PIP_SLEEPS"
    exit "${PIP_STATUS:-0}" ;;
*tools.toc*) printf 'chapters/a.ipynb\nchapters/b.ipynb\n' ;;
*tools.cover*) pwd >"$STAND_IN/folder" ;;
*course_utils.data*) exit 1 ;;
*jupyterlab*) eval "$LAB" ;;
esac
"""


COMMANDS = course.COMMANDS.values()


class Copy:
    """A copy of course.py in a folder with spaces and umlauts, where nothing real is installed."""

    def __init__(self, folder: Path) -> None:
        self.notes = folder / "notes"
        self.root = folder / "Kürs, mit Lücken"
        self.notes.mkdir()
        self.root.mkdir()
        for name in ("course.py", "Makefile"):
            shutil.copy(ROOT / name, self.root)
        for name in course.LISTS:
            (self.root / name).write_text("a==1\n")
        self.python = self.notes / "python"
        self.python.write_text(STAND_IN)
        self.python.chmod(0o755)

    def environment(self) -> dict[str, str]:
        """The variables for a command: without those of the command that runs these tests."""
        outer = {"KERAS_BACKEND", "COURSE_FACE", "MFLAGS", *sum((c[1] for c in COMMANDS), ())}
        kept = {k: v for k, v in os.environ.items() if k not in outer and k[:4] != "MAKE"}
        return {**kept, "STAND_IN": str(self.notes), "PYTHON": str(self.python)}

    def start(self, *words: str, make: bool = False, shell: str = "", **variables: str):
        """Start a command of the course; return the process."""
        environment = {**self.environment(), **variables}
        command = ["make", *words] if make else [sys.executable, "course.py", *words]
        if shell:
            command = ["sh", "-c", shell, "sh", *command]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
        return subprocess.Popen(
            command, cwd=self.root, env=environment, text=True, encoding="utf-8", **pipes
        )

    def call(self, *words: str, **options) -> subprocess.CompletedProcess[str]:
        """Run a command of the course and forget what was noted before."""
        (self.notes / "log").write_text("")
        process = self.start(*words, **options)
        out, err = process.communicate(timeout=60)
        assert "Traceback" not in err
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    @property
    def log(self) -> list[str]:
        """What the stand-in was asked for, in short."""
        lines = (self.notes / "log").read_text().splitlines()
        return [line.replace(str(self.root), "HERE") for line in lines if not line.startswith("-c")]

    def await_line(self, word: str) -> None:
        """Wait until the stand-in was asked for something."""
        deadline = time.monotonic() + 30
        while not any(word in line for line in self.log):
            assert time.monotonic() < deadline, f"{word} was never asked for"
            time.sleep(0.05)


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """An empty copy."""
    found = Copy(tmp_path)
    (found.notes / "log").write_text("")
    return found


INSTALLS = [
    "-m pip install --quiet --disable-pip-version-check --no-deps -r HERE/constraints.txt",
    "-m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .",
]

# The environment


@posix
def test_the_first_command_installs_and_the_second_does_not(copy: Copy) -> None:
    first = copy.call("cleaner")
    assert first.returncode == 0, first.stderr
    assert copy.log == ["-m venv --clear HERE/.venv", *INSTALLS, "-m tools.train_cleaner"]
    assert "Creating the environment .venv with Python 3.12.1." in first.stdout
    second = copy.call("cleaner")
    assert copy.log == ["-m tools.train_cleaner"] and second.stdout == ""
    assert copy.call("install").stdout == "The environment .venv is up to date.\n"
    assert copy.log == []


@posix
@pytest.mark.parametrize("name", course.LISTS)
def test_a_changed_list_of_packages_is_installed(copy: Copy, name: str) -> None:
    copy.call("install")
    os.utime(copy.root / name, (2e9, 2e9))
    copy.call("unit")
    assert len(copy.log) == 1  # newer, but the same
    (copy.root / name).write_text("a==2\n")
    copy.call("unit")
    assert copy.log[:2] == INSTALLS and len(copy.log) == 3


@posix
def test_a_folder_that_was_moved_is_installed_again(copy: Copy) -> None:
    copy.call("install")
    copy.root = copy.root.rename(copy.root.with_name("moved"))
    copy.call("unit")
    assert copy.log[:2] == INSTALLS


@posix
def test_an_environment_without_its_python_is_made_anew(copy: Copy) -> None:
    copy.call("install")
    (copy.root / ".venv/bin/python").unlink()
    copy.call("install")
    assert copy.log == ["-m venv --clear HERE/.venv", *INSTALLS]


@posix
def test_packages_that_cannot_be_installed_are_one_sentence_and_are_tried_again(copy: Copy) -> None:
    failed = copy.call("lint", PIP_STATUS="1")
    assert failed.returncode == 1
    assert failed.stderr.count("\n") == 1 and "pip could not install the packages" in failed.stderr
    assert copy.log[-1] == INSTALLS[0]
    copy.call("cleaner")
    assert copy.log == [*INSTALLS, "-m tools.train_cleaner"]


@posix
def test_an_update_that_is_interrupted_is_not_taken_for_complete(copy: Copy) -> None:
    copy.call("install")
    before = (copy.root / "constraints.txt").read_text()
    (copy.root / "constraints.txt").write_text("a==2\n")
    (copy.notes / "log").write_text("")
    process = copy.start("unit", PIP_SLEEPS="30")
    copy.await_line("pip install")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130 and err == ""
    (copy.root / "constraints.txt").write_text(before)  # a part of the other is installed
    copy.call("unit")
    assert copy.log[:2] == INSTALLS


@posix
def test_the_newest_versions_stay_until_the_tested_ones_are_asked_for(copy: Copy) -> None:
    assert copy.call("install", "VERSIONS=newest").returncode == 0
    compiled, *installed = copy.log[2:]
    assert compiled.startswith("-m uv pip compile pyproject.toml") and "--upgrade" in compiled
    assert "constraints" not in compiled
    assert installed == [INSTALLS[0].replace("constraints", ".venv/newest"), INSTALLS[1]]
    copy.call("unit")
    assert len(copy.log) == 1
    copy.call("install")
    assert copy.log == INSTALLS
    assert copy.call("install", "VERSIONS=latest").returncode == 2


# The choice of a Python


def fake_python(tmp_path: Path, version: str, body: str) -> str:
    """Write a program that answers as a Python of that version would; return its path."""
    path = tmp_path / f"python{version}"
    path.write_text(f'#!/bin/sh\ncase "$*" in\n*platform*) echo {version};;\n{body}\nesac\n')
    path.chmod(0o755)
    return str(path)


@posix
@pytest.mark.parametrize("version", ["3.9.18", "3.14.0"])
def test_an_unsupported_python_is_one_clear_sentence(version: str, copy: Copy) -> None:
    result = copy.call("book", PYTHON=fake_python(copy.notes, version, "*) exit 1;;"))
    assert result.returncode == 1
    assert len(result.stderr.strip().splitlines()) == 1
    assert "needs Python 3.10, 3.11, 3.12 or 3.13" in result.stderr and version in result.stderr


def test_a_missing_python_is_one_clear_sentence(copy: Copy) -> None:
    result = copy.call("book", "PYTHON=python-that-is-not-there")
    assert result.returncode == 1
    assert result.stderr.strip().count("\n") == 0 and "missing" in result.stderr


@posix
def test_a_python_without_venv_is_one_clear_sentence(copy: Copy) -> None:
    python = fake_python(copy.notes, "3.12.1", "*ensurepip*) exit 1;;\n*) exit 0;;")
    result = copy.call("book", PYTHON=python)
    assert result.returncode == 1
    assert result.stderr.strip().count("\n") == 0 and "apt install python3-venv" in result.stderr


@posix
def test_a_python_with_venv_is_preferred(copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    without = fake_python(copy.notes, "3.12.1", "*ensurepip*) exit 1;;\n*) exit 0;;")
    old = fake_python(copy.notes, "3.9.1", "*) exit 1;;")
    programs = [[old], ["python-that-is-not-there"], [without], [str(copy.python)]]
    monkeypatch.setenv("STAND_IN", str(copy.notes))
    monkeypatch.setattr(course, "candidates", lambda wanted: programs)
    assert course.choose_python("") == [str(copy.python)]


@pytest.mark.parametrize(
    ("version", "suits"),
    [((3, 9), False), ((3, 10), True), ((3, 13), True), ((3, 14), False)],
)
def test_the_versions_that_suit(version: tuple, suits: bool) -> None:
    code = f"import sys; sys.version_info = ({version[0]}, {version[1]}, 0); {course.SUITABLE}"
    assert course.answers([sys.executable], code) == suits


def test_course_py_starts_on_a_python_that_is_too_old() -> None:
    ast.parse((ROOT / "course.py").read_text(encoding="utf-8"), feature_version=(3, 7))


def test_course_py_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse((ROOT / "course.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = (
                [node.module] if isinstance(node, ast.ImportFrom) else [n.name for n in node.names]
            )
            assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


def test_the_environment_lies_where_windows_puts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    source = (ROOT / "course.py").read_text(encoding="utf-8")
    assert '"Scripts/python.exe" if WINDOWS else "bin/python"' in source
    monkeypatch.setattr(course, "WINDOWS", True)
    assert ["py", "-3.12"] in course.candidates("")


# What each command runs

COMPARE = "-m pytest --nbval --nbval-current-env --nbval-cell-timeout=900 --dist loadfile -n 2"
BOTH = "chapters/a.ipynb chapters/b.ipynb"
STEPS = {
    "book": ["-m course_utils.data", "-m tools.book"],
    "pdf": ["-m tools.pdf"],
    "epub": ["-m tools.epub"],
    "slides": ["-m tools.slides"],
    "slides NOTEBOOK=chapters/a.ipynb": ["-m tools.slides chapters/a.ipynb"],
    "figures": ["-m tools.figures"],
    "test": ["-m tools.toc", f"{COMPARE} -m not colab tests {BOTH}"],
    "unit": ["-m pytest -m not colab --no-book tests"],
    "notebooks": ["-m tools.toc", f"{COMPARE} -m not colab {BOTH}"],
    "notebooks NOTEBOOK=chapters/c.ipynb": [f"{COMPARE} -m not colab chapters/c.ipynb"],
    "test-jax": [
        "-m pip install --quiet --disable-pip-version-check --no-deps -r constraints-jax.txt",
        "-m tools.toc",
        f"{COMPARE} -m not colab --no-book tests {BOTH} on jax",
    ],
    "test-colab WORKERS=3": ["-m pytest -n 3 -m colab tests/test_colab.py"],
    "execute": ["-m tools.execute", "-m tools.cover"],
    "execute chapters/a.ipynb chapters/b.ipynb": [f"-m tools.execute {BOTH}", "-m tools.cover"],
    "evidence WORKERS=1 NOTEBOOK=experiments/x.py": [
        "-m tools.evidence --workers 1 experiments/x.py",
        "-m tools.cover",
        "-m tools.costs",
    ],
    "links": ["-m tools.book linkcheck"],
    "live": ["-m tools.live", "-m tools.cover"],
    "mutants": ["-m tools.mutants --workers 2"],
    "mutants MUTANT=elbo": ["-m tools.mutants --workers 2 elbo"],
    "bench NOTEBOOK=chapters/a.ipynb": ["-m tools.bench chapters/a.ipynb"],
    "cleaner": ["-m tools.train_cleaner"],
    "lab": ["-m jupyterlab"],
    "lint": ["-m ruff check .", "-m ruff format --check ."],
    "format": ["-m ruff check --fix .", "-m ruff format ."],
    "address URL=https://github.com/a/b": ["-m tools.set_address https://github.com/a/b"],
    "address https://github.com/a/b BRANCH=c": [
        "-m tools.set_address https://github.com/a/b --branch c"
    ],
    "address": ["-m tools.set_address "],
}


@posix
@pytest.mark.parametrize("words", STEPS)
def test_what_a_command_runs(copy: Copy, words: str) -> None:
    copy.call("install")
    done = copy.call(*words.split())
    assert copy.log == STEPS[words], done.stderr
    assert done.returncode == 0


def test_every_command_is_tried_here() -> None:
    tried = {words.split()[0] for words in STEPS}
    assert tried | {"help", "install", "lock", "clean"} == set(course.COMMANDS)


def test_every_tool_that_a_command_runs_is_there() -> None:
    source = (ROOT / "course.py").read_text(encoding="utf-8")
    for name in re.findall(r'"tools\.(\w+)"', source):
        module = ROOT / "tools" / name
        assert module.with_suffix(".py").is_file() or (module / "__main__.py").is_file(), name


@posix
def test_lock_writes_both_lists_and_nothing_twice(copy: Copy) -> None:
    copy.call("install")
    copy.call("lock")
    assert (copy.root / "constraints.txt").read_text() == "a==1\nb==2\n"
    assert (copy.root / "constraints-jax.txt").read_text() == "jax==3\n"
    first, second = [line for line in copy.log if "compile" in line]
    assert "--upgrade" in first and "--extra" not in first
    assert "--upgrade" not in second and "--constraint constraints.txt" in second
    assert not list(copy.root.glob("*.all"))


def test_clean_removes_what_was_built_and_nothing_else(copy: Copy) -> None:
    for name in ("_build/html", ".cache", "x.egg-info", ".venv/bin", "chapters", ".evidence"):
        (copy.root / name).mkdir(parents=True)
    before = {path.name for path in copy.root.iterdir()}
    assert copy.call("clean").returncode == 0
    assert before - {path.name for path in copy.root.iterdir()} == {
        "_build",
        ".cache",
        "x.egg-info",
    }


@posix
def test_a_command_runs_in_the_folder_of_the_course(copy: Copy, tmp_path: Path) -> None:
    copy.call("install")
    script = str(copy.root / "course.py")
    command = [sys.executable, script, "execute"]
    subprocess.run(command, cwd=tmp_path, env=copy.environment(), check=True)
    assert (copy.notes / "folder").read_text().strip() == str(copy.root)


# What is asked for


def test_the_commands_are_listed_with_and_without_a_word(copy: Copy) -> None:
    for words in ([], ["help"], ["--help"]):
        lines = copy.call(*words).stdout.splitlines()
        assert [line.split("course.py ")[1].split()[0] for line in lines] == list(course.COMMANDS)
        assert all(len(line.split("course.py ")[1].split()) > 3 for line in lines)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["tset"], "There is no command tset"),
        (["book", "NOTEBOOK=a.ipynb"], "book does not take NOTEBOOK=a.ipynb; it takes PYTHON=…"),
        (["test", "a.ipynb"], "test does not take a.ipynb"),
        (["clean", "now"], "clean does not take now; it takes no options"),
    ],
)
def test_what_cannot_be_meant_is_one_clear_sentence(
    copy: Copy, words: list[str], message: str
) -> None:
    result = copy.call(*words)
    assert result.returncode == 2 and message in result.stderr
    assert result.stderr.count("\n") == 1


@posix
@pytest.mark.parametrize("count", ["0", "two", "-1"])
def test_workers_must_be_a_number(copy: Copy, count: str) -> None:
    copy.call("install")
    result = copy.call("mutants", f"WORKERS={count}")
    assert result.returncode == 2 and "WORKERS must be a whole number from 1" in result.stderr


@posix
def test_one_file_may_have_spaces_in_its_name(copy: Copy) -> None:
    (copy.root / "chapters").mkdir()
    (copy.root / "chapters/my draft.ipynb").touch()
    copy.call("install")
    copy.call("execute", "NOTEBOOK=chapters/my draft.ipynb")
    assert copy.log[0] == "-m tools.execute chapters/my draft.ipynb"


# How it ends


@posix
@pytest.mark.parametrize(("lab", "status"), [("exit 3", 3), ("kill -KILL $$", 137), ("", 0)])
def test_the_status_is_the_program_s(copy: Copy, lab: str, status: int) -> None:
    copy.call("install")
    assert copy.call("lab", LAB=lab).returncode == status


@posix
def test_a_step_that_fails_is_the_last(copy: Copy) -> None:
    copy.call("install")
    assert copy.call("test-jax", PIP_STATUS="4").returncode == 4
    assert len(copy.log) == 1


@posix
@pytest.mark.parametrize("shell", ['trap "" INT; "$@"', '"$@" & wait $!'])
def test_a_child_can_be_interrupted_although_the_shell_ignores_it(copy: Copy, shell: str) -> None:
    copy.call("install")
    done = copy.call("lab", LAB="kill -INT $$; sleep 1; exit 0", shell=shell)
    assert done.returncode == 130


def has_ended(pid: int) -> bool:
    """Wait until a process is gone, or is only waiting to be buried by the system."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        state = Path(f"/proc/{pid}/stat")
        if state.is_file() and state.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.1)
    return False


@posix
@pytest.mark.parametrize("whole_group", [True, False])
@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_what_ends_the_command_ends_its_child(
    copy: Copy, sent: int, status: int, whole_group: bool
) -> None:
    copy.call("install")
    (copy.notes / "log").write_text("")
    pid_file = copy.notes / "pid"
    process = copy.start(
        "lab", LAB=f"echo $$ >'{pid_file}'; exec sleep 60", shell='exec setsid "$@"'
    )
    copy.await_line("jupyterlab")
    while not (pid_file.exists() and pid_file.read_text().strip()):
        time.sleep(0.05)
    (os.killpg if whole_group else os.kill)(process.pid, sent)
    _, err = process.communicate(timeout=20)
    assert process.returncode == status and err == ""
    assert has_ended(int(pid_file.read_text()))


@posix
@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_a_child_is_started_leaves_no_child_behind(
    monkeypatch: pytest.MonkeyPatch, sent: int, status: int
) -> None:
    started = []

    class Slow(subprocess.Popen):
        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, **options)
            started.append(self)
            os.kill(os.getpid(), sent)  # the child runs, and its starter does not have it yet

    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    monkeypatch.setattr(course.subprocess, "Popen", Slow)
    monkeypatch.setattr(course, "PATIENCE", [0.1, 5, 5])
    try:
        course.handle_signals()
        with pytest.raises(SystemExit) as end:
            course.run("sleep", "60")
    finally:
        for number, handler in zip((signal.SIGINT, signal.SIGTERM), before):
            signal.signal(number, handler)
    assert end.value.code == status
    assert started[0].returncode is not None


@posix
def test_a_child_that_does_not_listen_is_ended_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(60)"
    child = subprocess.Popen([sys.executable, "-c", code])
    monkeypatch.setattr(course, "in_foreground", lambda: False)
    monkeypatch.setattr(course, "PATIENCE", [1, 0.2, 5])
    assert course.end_of_interrupted(child) == 128 + signal.SIGTERM


@posix
@pytest.mark.parametrize("workers", [[], ["-n", "1"]])
def test_plain_pytest_can_interrupt_although_the_shell_ignores_it(
    tmp_path: Path, workers: list[str]
) -> None:
    (tmp_path / "test_it.py").write_text(
        "import signal\n"
        "def test_it():\n"
        "    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "conftest", "-p", "no:cacheprovider"]
    command += ["-c", os.devnull, f"--rootdir={tmp_path}", *workers, "test_it.py"]
    done = subprocess.run(
        ["sh", "-c", 'trap "" INT; "$@"', "sh", *command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


# The Makefile


@needs_make
def test_make_lists_its_commands(copy: Copy) -> None:
    for words in ([], ["help"]):
        lines = copy.call(*words, make=True).stdout.splitlines()
        assert [line.split()[:2] for line in lines] == [["make", name] for name in course.COMMANDS]


@needs_make
@posix
@pytest.mark.parametrize("words", STEPS)
def test_make_runs_what_course_py_runs(copy: Copy, words: str) -> None:
    name, *options = words.split()
    if any("=" not in option for option in options):
        pytest.skip("make takes a word without = as another command")
    copy.call("install")
    done = copy.call(name, *options, make=True)
    assert copy.log == STEPS[words] and done.returncode == 0


@needs_make
@posix
def test_make_names_itself_and_passes_on_the_status(copy: Copy) -> None:
    result = copy.call("book", "PYTHON=python-that-is-not-there", make=True)
    assert result.returncode == 2  # make's for a command that failed
    assert "run make again, or name it as in make book PYTHON=python3.12" in result.stderr


@needs_make
@posix
def test_make_finds_a_python_under_another_name(copy: Copy) -> None:
    programs = copy.notes / "bin"
    programs.mkdir()
    for name in ("sh", "make"):
        (programs / name).symlink_to(shutil.which(name))
    (programs / "python3.11").symlink_to(sys.executable)
    result = copy.call("help", make=True, PATH=str(programs))
    assert result.stdout.startswith("make help"), result.stderr


def test_the_makefile_is_thin() -> None:
    recipes = re.findall(r"(?m)^\t(.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert len([line for line in recipes if "course.py" in line]) == 1
