"""Every command of the course, on any system: python course.py COMMAND [NAME=value ...]

Without a command it lists them. It needs a Python and its standard library only. The course's own
packages are installed into .venv before the first command that needs them, and again when the
lists of packages change. `make COMMAND NAME=value` is the same in other words.
"""

# This file has to start on a Python that the course does not support, to say which ones it does.
from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
WINDOWS = os.name == "nt"
VENV = ROOT / ".venv"
PY = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
READY = VENV / ".installed"
LISTS = ("constraints.txt", "requirements.txt", "pyproject.toml")
WITHOUT_DEPENDENCIES = ("--quiet", "--disable-pip-version-check", "--no-deps")
PATIENCE = (1, 20, 5)  # seconds before an interrupted child is told, told to end, and ended
CLEANED = ("_build", ".cache", ".pytest_cache", ".ruff_cache", "build", "*.egg-info")

# How the reader calls this: the Makefile says so in a variable.
FACE = os.environ.pop("COURSE_FACE", "") or ("py course.py" if WINDOWS else "python3 course.py")


# The commands


def install(options: dict) -> None:
    """create or update the environment in .venv (every other command does so by itself)"""
    versions = options.get("VERSIONS", "tested")
    if versions not in ("tested", "newest"):
        fail(f"VERSIONS must be tested or newest, but it is {versions!r}.", 2)
    if PY.exists() and installed() == stamp(versions) and versions == "tested":
        say("The environment .venv is up to date.")
    else:
        set_up(options.get("PYTHON", ""), versions)


def book(options: dict) -> None:
    """build the HTML book"""
    run(PY, "-m", "course_utils.data", may_fail=True)  # the book is built from stored outputs
    run(PY, "-m", "tools.book")


def pdf(options: dict) -> None:
    """build the book and print it into one PDF, with Chromium or Chrome"""
    run(PY, "-m", "tools.pdf")


def epub(options: dict) -> None:
    """build the book and put it into one EPUB, for readers of electronic books"""
    run(PY, "-m", "tools.epub")


def slides(options: dict) -> None:
    """build the book and make slides of its chapters (NOTEBOOK=chapters/x.ipynb for one)"""
    run(PY, "-m", "tools.slides", *named(options, "NOTEBOOK"))


def figures(options: dict) -> None:
    """pack all figures and diagrams of the book, with their licence, into one file"""
    run(PY, "-m", "tools.figures")


def test(options: dict) -> None:
    """run the unit tests, re-execute every notebook, check the built book"""
    run(*pytest(options), "tests", *notebook_paths(options))


def unit(options: dict) -> None:
    """run the quick tests only: no notebook is executed, no book built"""
    run(PY, "-m", "pytest", "-m", "not colab", "--no-book", "tests")


def notebooks(options: dict) -> None:
    """re-execute the notebooks and compare their outputs (NOTEBOOK=chapters/x.ipynb for one)"""
    run(*pytest(options), *notebook_paths(options))


def test_jax(options: dict) -> None:
    """the same as test without the book, on Keras' JAX backend"""
    run(PY, "-m", "pip", "install", *WITHOUT_DEPENDENCIES, "-r", "constraints-jax.txt")
    tests = (*pytest(options), "--no-book", "tests", *notebook_paths(options))
    run(*tests, KERAS_BACKEND="jax")


def test_colab(options: dict) -> None:
    """run each notebook alone in an environment with Colab's versions"""
    run(PY, "-m", "pytest", "-n", workers(options), "-m", "colab", "tests/test_colab.py")


def execute(options: dict) -> None:
    """re-execute the notebooks and store their outputs (NOTEBOOK=chapters/x.ipynb for one)"""
    run(PY, "-m", "tools.execute", *named(options, "NOTEBOOK"))
    run(PY, "-m", "tools.cover")


def evidence(options: dict) -> None:
    """measure the claims over seeds, store the outputs (NOTEBOOK=chapters/x.ipynb for one)"""
    files = named(options, "NOTEBOOK")
    run(PY, "-m", "tools.evidence", "--workers", workers(options), *files)
    run(PY, "-m", "tools.cover")
    run(PY, "-m", "tools.costs")


def live(options: dict) -> None:
    """bundle the living figures (with Node) and execute the notebooks whose networks they show"""
    run(PY, "-m", "tools.live")
    run(PY, "-m", "tools.cover")


def mutants(options: dict) -> None:
    """plant mistakes one by one and see whether they are noticed (MUTANT=name for one)"""
    names = named(options, "MUTANT")
    run(PY, "-m", "tools.mutants", "--workers", workers(options), *names)


def bench(options: dict) -> None:
    """measure the notebooks and the models (NOTEBOOK=chapters/x.ipynb for one)"""
    run(PY, "-m", "tools.bench", *named(options, "NOTEBOOK"))


def cleaner(options: dict) -> None:
    """train the cleaner of scans that ships with the course (better with NOISY_OFFICE_DIR set)"""
    run(PY, "-m", "tools.train_cleaner")


def links(options: dict) -> None:
    """look whether the addresses of other sites that the pages name still exist"""
    run(PY, "-m", "tools.book", "linkcheck")


def lab(options: dict) -> None:
    """open the notebooks in JupyterLab"""
    run(PY, "-m", "jupyterlab")


def lint(options: dict) -> None:
    """check the style of the code, notebooks included"""
    run(PY, "-m", "ruff", "check", ".")
    run(PY, "-m", "ruff", "format", "--check", ".")


def format_(options: dict) -> None:
    """put the code into that style"""
    run(PY, "-m", "ruff", "check", "--fix", ".")
    run(PY, "-m", "ruff", "format", ".")  # notebooks at 76 columns: chapters/ruff.toml


def lock(options: dict) -> None:
    """renew constraints.txt, the exact tested versions, from requirements.txt"""
    universal = ("--universal", "--python-version", "3.10", "--upgrade")
    resolve(ROOT / "constraints.txt", *universal)
    # What KERAS_BACKEND=jax needs on top: the lines that the first list does not have.
    both = ROOT / "constraints-jax.all"
    try:
        resolve(both, *universal[:3], "--extra", "jax", "--constraint", "constraints.txt")
        known = set((ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines())
        lines = both.read_text(encoding="utf-8").splitlines()
    finally:
        if both.exists():
            both.unlink()
    text = "".join(f"{line}\n" for line in lines if line not in known)
    (ROOT / "constraints-jax.txt").write_bytes(text.encode())
    say(f"constraints.txt and constraints-jax.txt are renewed; run {FACE} test before you commit.")


def address(options: dict) -> None:
    """set where the course lives: URL=https://github.com/owner/name [BRANCH=main]"""
    branch = ("--branch", options["BRANCH"]) if options.get("BRANCH") else ()
    run(PY, "-m", "tools.set_address", options.get("URL", ""), *branch)


def clean(options: dict) -> None:
    """remove what was built (not the environment)"""
    for path in sorted(path for name in CLEANED for path in ROOT.glob(name)):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        say(f"removed {path.name}")


def help_(options: dict) -> None:
    """list the commands"""
    for name, (function, _) in COMMANDS.items():
        say(f"{FACE + ' ' + name:<{len(FACE) + 12}} {function.__doc__}")


# Each with the options that it takes; a word without NAME= is the value of the first one.
COMMANDS = {
    "help": (help_, ()),
    "install": (install, ("PYTHON", "VERSIONS")),
    "book": (book, ("PYTHON",)),
    "pdf": (pdf, ("PYTHON",)),
    "epub": (epub, ("PYTHON",)),
    "slides": (slides, ("NOTEBOOK", "PYTHON")),
    "figures": (figures, ("PYTHON",)),
    "test": (test, ("PYTHON", "WORKERS")),
    "unit": (unit, ("PYTHON",)),
    "notebooks": (notebooks, ("NOTEBOOK", "PYTHON", "WORKERS")),
    "test-jax": (test_jax, ("PYTHON", "WORKERS")),
    "test-colab": (test_colab, ("PYTHON", "WORKERS")),
    "execute": (execute, ("NOTEBOOK", "PYTHON")),
    "evidence": (evidence, ("NOTEBOOK", "PYTHON", "WORKERS")),
    "live": (live, ("PYTHON",)),
    "mutants": (mutants, ("MUTANT", "PYTHON", "WORKERS")),
    "bench": (bench, ("NOTEBOOK", "PYTHON")),
    "cleaner": (cleaner, ("PYTHON",)),
    "links": (links, ("PYTHON",)),
    "lab": (lab, ("PYTHON",)),
    "lint": (lint, ("PYTHON",)),
    "format": (format_, ("PYTHON",)),
    "lock": (lock, ("PYTHON",)),
    "address": (address, ("URL", "BRANCH", "PYTHON")),
    "clean": (clean, ()),
}
_NEED_NO_ENVIRONMENT = ("help", "install", "clean")  # install sees to it itself


# What the commands share


def pytest(options: dict) -> tuple:
    """Return the command that runs tests and compares notebooks, without their names."""
    compare = ("--nbval", "--nbval-current-env", "--nbval-cell-timeout=900", "--dist", "loadfile")
    return (PY, "-m", "pytest", *compare, "-n", workers(options), "-m", "not colab")


def notebook_paths(options: dict) -> list[str]:
    """Return the notebooks that were named, or all of them in the order of the book."""
    return named(options, "NOTEBOOK") or run(PY, "-m", "tools.toc", capture=True).splitlines()


def named(options: dict, name: str) -> list[str]:
    """Return the values of an option that may have several, with spaces between them."""
    value = options.get(name, "")
    return [value] if (ROOT / value).is_file() else value.split()


def workers(options: dict) -> str:
    """Return how many processes share the work."""
    count = options.get("WORKERS", "2")
    if not re.fullmatch(r"[1-9]\d*", count):
        fail(f"WORKERS must be a whole number from 1, but it is {count!r}.", 2)
    return count


def say(text: str) -> None:
    """Print a line now, before what a child process prints."""
    print(text, flush=True)


def fail(text: str, status: int = 1) -> None:
    """Print a line as an error and end."""
    print(text, file=sys.stderr, flush=True)
    sys.exit(status)


# Child processes


class Terminated(BaseException):
    """This process was asked to end."""


class Signals:
    """Turns Ctrl-C and SIGTERM into exceptions, but not while a child is being started.

    An exception at that moment would leave behind a child that nobody knows.
    """

    def __init__(self) -> None:
        self.held = False
        self.came = 0

    def handle(self, number: int, frame: object) -> None:
        """Handle a signal."""
        self.came = number
        if not self.held:
            self.let_go()

    def hold(self) -> None:
        """Let signals wait."""
        self.held = True

    def let_go(self) -> None:
        """Let signals wait no longer; raise what has come."""
        self.held = False
        number, self.came = self.came, 0
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        if number:
            raise Terminated


SIGNALS = Signals()


def handle_signals() -> None:
    """Let Ctrl-C and SIGTERM end this command and its children.

    A shell script starts a command with `&` so that it ignores Ctrl-C, and what ignores it hands
    that on: the tests that interrupt a process would wait for ever.
    """
    signal.signal(signal.SIGINT, SIGNALS.handle)
    signal.signal(signal.SIGTERM, SIGNALS.handle)


def run(*command: object, may_fail: bool = False, capture: bool = False, **variables: str) -> str:
    """Run a program in the course's folder; end as it ended, unless it may fail.

    Args:
        command: the program and its arguments.
        may_fail: whether to go on whatever its status is.
        capture: whether to return what it prints instead of showing it.
        variables: environment variables besides those of this process.

    Returns:
        What it printed, if `capture`, or else an empty text.
    """
    words = [str(word) for word in command]
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ, **variables}
    if WINDOWS:
        environment.setdefault("PYTHONUTF8", "1")
    output = subprocess.PIPE if capture else None
    SIGNALS.hold()
    child = subprocess.Popen(words, cwd=str(ROOT), env=environment, stdout=output)
    text = ""
    try:
        SIGNALS.let_go()
        if capture:
            text = child.communicate()[0].decode("utf-8", "replace")
        status = child.wait()
    except KeyboardInterrupt:
        sys.exit(end_of_interrupted(child) or 130)
    except Terminated:
        child.terminate()
        child.wait()
        sys.exit(128 + signal.SIGTERM)
    if status and not may_fail:
        sys.exit(shell_status(status))
    return text


def shell_status(status: int) -> int:
    """Return the status of a process as a shell gives it: 128 and the signal that ended it."""
    return status if status >= 0 else 128 - status


def end_of_interrupted(child: subprocess.Popen) -> int:
    """Wait until a child has ended after Ctrl-C; return its status.

    At a terminal the child got the signal, too, and takes the time that it needs. A signal that
    was sent to this process alone is passed on.
    """
    patience = [None] if WINDOWS or in_foreground() else PATIENCE
    remedies = [signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)]
    for seconds, remedy in zip(patience, remedies):
        while True:
            try:
                return shell_status(child.wait(seconds))
            except KeyboardInterrupt:
                continue  # once more: the child got it, too
            except subprocess.TimeoutExpired:
                child.send_signal(remedy)
                break
    return shell_status(child.wait())


def in_foreground() -> bool:
    """Return whether a terminal sends its Ctrl-C to this process and its children."""
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (AttributeError, OSError, ValueError):
        return False


# The environment


def stamp(versions: str) -> str:
    """Return what an environment is made from: the versions, the lists of packages, the folder."""
    digest = hashlib.sha256()
    for name in LISTS:
        digest.update((ROOT / name).read_bytes() + b"\0")
    return f"{versions}\n{digest.hexdigest()}\n{ROOT}\n"


def installed() -> str:
    """Return the stamp of the environment; an empty text unless its installation was complete."""
    try:
        return READY.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def ready() -> bool:
    """Return whether the environment is complete and made from the present lists."""
    return PY.exists() and installed() in (stamp("tested"), stamp("newest"))


def answers(program: list, code: str) -> bool:
    """Return whether a Python runs some code without an error."""
    try:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.call([*program, "-c", code], **quiet) == 0
    except OSError:
        return False


SUITABLE = "import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))"


def candidates(wanted: str) -> list:
    """Return the Pythons to try, each as the words that start it: the named one, or several."""
    if wanted:
        return [[wanted]] if shutil.which(wanted) else [wanted.split()]
    here = getattr(sys, "_base_executable", None) or sys.executable  # not one inside .venv
    others = ["python3", "python3.13", "python3.12", "python3.11", "python3.10"]
    found = [[here]] + [[name] for name in others]
    if WINDOWS:
        found += [["py", f"-3.{minor}"] for minor in (13, 12, 11, 10)]
    return found


def choose_python(wanted: str) -> list:
    """Return the words that start a Python for the environment; end with a sentence without one."""
    suitable = [program for program in candidates(wanted) if answers(program, SUITABLE)]
    if not suitable:
        name, version = wanted or "python3", platform.python_version()
        if wanted:
            version = version_of(candidates(wanted)[0]) or "missing"
        fail(
            f"The course needs Python 3.10, 3.11, 3.12 or 3.13, and {name} here is {version}: "
            f"install one of them and run {FACE} again, or name it as in "
            f"{FACE} book PYTHON=python3.12."
        )
    for program in suitable:
        if answers(program, "import ensurepip, venv"):
            return program
    fail(
        f"{' '.join(suitable[0])} cannot create environments: install its venv package "
        f"(on Debian and Ubuntu: apt install python3-venv) and run {FACE} again."
    )
    return []  # not reached


def version_of(program: list) -> str:
    """Return the version of a Python; an empty text if it cannot be run."""
    code = "import platform; print(platform.python_version())"
    try:
        quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        done = subprocess.run([*program, "-c", code], text=True, **quiet)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def set_up(wanted: str, versions: str) -> None:
    """Create or update the environment.

    Args:
        wanted: the Python to create it with; an empty text for the first that is suitable.
        versions: "tested", those of constraints.txt, or "newest", what requirements.txt allows.
    """
    if READY.exists():
        READY.unlink()  # an installation that is interrupted is not taken for a complete one
    if not answers([str(PY)], SUITABLE) or not answers([str(PY)], "import pip"):
        python = choose_python(wanted)
        say(f"Creating the environment .venv with Python {version_of(python)}.")
        run(*python, "-m", "venv", "--clear", VENV)
    try:
        if versions == "newest":
            say("Installing the newest packages that requirements.txt allows (a few minutes).")
            packages = VENV / "newest.txt"
            resolve(packages, "--python", PY, "--upgrade")
        else:
            say("Installing the packages named in constraints.txt (a few minutes the first time).")
            packages = ROOT / "constraints.txt"
        # --no-deps because the list is complete: pip then has nothing to resolve, and cannot bring
        # back opencv-python, which imgaug asks for and pyproject.toml replaces by its headless
        # build.
        pip = (PY, "-m", "pip", "install", *WITHOUT_DEPENDENCIES)
        run(*pip, "-r", packages)
        run(*pip, "--no-build-isolation", "-e", ".")
    except SystemExit as end:
        if end.code in (130, 128 + signal.SIGTERM):
            raise
        fail(
            "pip could not install the packages (its message is above): "
            f"check the network and run {FACE} again."
        )
    READY.write_text(stamp(versions), encoding="utf-8")


def resolve(target: Path, *arguments: object) -> None:
    """Write the exact versions that requirements.txt allows, as uv finds them, to a file."""
    run(PY, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv")
    compiler = (PY, "-m", "uv", "pip", "compile", "pyproject.toml", "--no-annotate", "--quiet")
    output = ("--output-file", target, "--custom-compile-command", "make lock")
    run(*compiler, *output, *arguments, capture=True)


# The command line


def parse(words: list) -> tuple:
    """Return the name of a command and its options; end with a sentence if there is none such."""
    name, rest = (words[0], words[1:]) if words else ("help", [])
    if name in ("-h", "--help"):
        name = "help"
    if name not in COMMANDS:
        fail(f"There is no command {name}; {FACE} help lists those that there are.", 2)
    takes = COMMANDS[name][1]
    options = {option: os.environ[option] for option in takes if os.environ.get(option)}
    plain = []
    for word in rest:
        given = re.match(r"([A-Z]+)=(.*)$", word, re.DOTALL)
        if given is None and takes and takes[0] != "PYTHON":
            plain.append(word)
        elif given is None or given.group(1) not in takes:
            known = ", ".join(f"{option}=…" for option in takes) or "no options"
            fail(f"{name} does not take {word}; it takes {known}.", 2)
        else:
            options[given.group(1)] = given.group(2)
    if plain:
        options[takes[0]] = " ".join(plain)
    return name, options


def main(words: list) -> int:
    """Run a command; return its exit status."""
    handle_signals()
    try:
        name, options = parse(words)
        if name not in _NEED_NO_ENVIRONMENT and not ready():
            set_up(options.get("PYTHON", ""), "tested")
        COMMANDS[name][0](options)
    except KeyboardInterrupt:
        return 130
    except Terminated:
        return 128 + signal.SIGTERM
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
