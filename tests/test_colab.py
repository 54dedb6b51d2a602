"""Each notebook alone, as Colab runs it: with Colab's versions, a clone, an empty folder.

`make test-colab` runs this; the environment stays in .cache/, so that the second time is quick.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import course_utils
from course_utils import colab
from tools import set_address, toc

ROOT = toc.ROOT

# From Colab's published list of packages of 19 August 2026; imgaug is not in that list.
COLAB = [
    "tensorflow==2.20.0",
    "keras==3.13.2",
    "numpy==2.1.3",
    "matplotlib==3.10.0",
    "ipython==7.34.0",
    "ipykernel==6.17.1",
    "imageio",
    "opencv-python-headless",
    "pillow",
    "pooch",
    "requests",
    "scikit-image",
    "scikit-learn",
    "scipy",
    "shapely",
    "six",
    "tqdm",
]
GOOGLE_COLAB = "import sys, types\nsys.modules['google.colab'] = types.ModuleType('google.colab')\n"


def text_of(command: list[str | Path], **options: object) -> str:
    """Run a command and return what it prints; fail the test with its messages if it fails."""
    result = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if result.returncode != 0:
        pytest.fail(
            f"{command[0]} failed:\n{result.stdout[-3000:]}\n{result.stderr[-3000:]}", pytrace=False
        )
    return result.stdout


def version(python: str) -> str:
    """Return the version of a Python, such as 3.13, or "" if it does not run."""
    command = [python, "-c", "import sys, ensurepip; print('%d.%d' % sys.version_info[:2])"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def find_python() -> str:
    """Return Colab's Python, 3.13, or else 3.12, or else the one that runs the tests."""
    for wanted in ("3.13", "3.12"):
        if version(f"python{wanted}") == wanted:
            return f"python{wanted}"
        for path in sorted(Path("~/.pyenv/versions").expanduser().glob(f"{wanted}*/bin/python")):
            if version(str(path)) == wanted:
                return str(path)
    return sys.executable


def installed(python: Path) -> dict[str, str]:
    """Return the packages of an environment and their versions."""
    packages = json.loads(text_of([python, "-m", "pip", "list", "--format=json"]))
    return {package["name"].lower(): package["version"] for package in packages}


def without_imgaug(python: Path) -> dict[str, str]:
    """Return the same without imgaug, which the notebooks install."""
    return {name: number for name, number in installed(python).items() if name != "imgaug"}


@pytest.fixture(scope="session")
def lookalike() -> Path:
    """The Python of an environment with Colab's versions, without the course."""
    base = find_python()
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")  # each changes its environment
    folder = ROOT / ".cache" / f"colab-python{version(base)}-{worker}"
    python = folder / "bin" / "python"
    ready = folder / "ready.json"
    if not ready.is_file() or json.loads(ready.read_text()) != [COLAB, without_imgaug(python)]:
        shutil.rmtree(folder, ignore_errors=True)
        text_of([base, "-m", "venv", folder])
        text_of([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *COLAB])
        ready.write_text(json.dumps([COLAB, without_imgaug(python)]))
    return python


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the course's files as they are now, in place of the one on the network."""
    folder = tmp_path_factory.mktemp("origin")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in text_of(command, cwd=ROOT).split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    text_of(
        ["git", "init", "--quiet", "--initial-branch", set_address.current().branch], cwd=folder
    )
    text_of(["git", "add", "--all"], cwd=folder)
    author = [
        "-c",
        "user.name=tests",
        "-c",
        "user.email=tests@localhost",
        "-c",
        "commit.gpgsign=false",
    ]
    text_of(["git", *author, "commit", "--quiet", "--message", "now"], cwd=folder)
    return folder


def write_kernel(folder: Path, python: Path, origin: Path) -> None:
    """Write a kernel that believes to be Colab's and whose git takes the course from `origin`."""
    (folder / "ipython/profile_default/startup").mkdir(parents=True)
    (folder / "ipython/profile_default/startup/00-colab.py").write_text(GOOGLE_COLAB)
    (folder / "kernels/lookalike").mkdir(parents=True)
    kernel = {
        "display_name": "Colab look-alike",
        "language": "python",
        "argv": [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "env": {
            "PYTHONPATH": "",  # or the course would be found without being fetched
            "IPYTHONDIR": str(folder / "ipython"),
            "FASHION_MNIST_DIR": os.environ.get("FASHION_MNIST_DIR", "sample"),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.file://{origin}.insteadOf",
            "GIT_CONFIG_VALUE_0": set_address.current().url,
        },
    }
    (folder / "kernels/lookalike/kernel.json").write_text(json.dumps(kernel))


@pytest.mark.colab
@pytest.mark.parametrize("notebook", toc.notebooks(), ids=str)
def test_notebook_runs_alone_in_colab(
    notebook: Path, lookalike: Path, origin: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    text_of([lookalike, "-m", "pip", "uninstall", "--yes", "--quiet", "imgaug"])
    before = installed(lookalike)
    write_kernel(tmp_path / "settings", lookalike, origin)
    work = tmp_path / "content"
    work.mkdir()
    shutil.copy(ROOT / notebook, work)

    with capsys.disabled():
        print(
            f"\n{notebook} on Python {version(str(lookalike))}, TensorFlow {before['tensorflow']}",
            flush=True,
        )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval",
        "--nbval-kernel-name=lookalike",
        "--quiet",
    ]
    command += [
        "--nbval-cell-timeout=900",
        "-p",
        "conftest",
        "-p",
        "no:cacheprovider",
        f"--rootdir={work}",
    ]
    command += ["-c", os.devnull, notebook.name]
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),  # for the course's conftest.py, in this process only
        "JUPYTER_PATH": str(tmp_path / "settings"),
    }
    text_of(command, cwd=work, env=environment)

    assert sorted(path.name for path in work.iterdir()) == sorted(
        [notebook.name, set_address.current().name]
    )
    assert without_imgaug(lookalike) == before


# The pieces, quick enough for `make test`


class Pip:
    """Stands for subprocess.run and remembers the command."""

    def __init__(self, returncode: int = 0, stderr: str = "") -> None:
        self.command: list[str] = []
        self.result = subprocess.CompletedProcess([], returncode, "", stderr)

    def __call__(self, command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        self.command = command
        return self.result


def lack(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    """Let importlib find everything but these modules."""
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in modules else "found"
    )


def test_install_missing_installs_only_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    pip = Pip()
    monkeypatch.setattr(subprocess, "run", pip)
    lack(monkeypatch, "imgaug", "tqdm")
    colab.install_missing()
    assert pip.command[:4] == [sys.executable, "-m", "pip", "install"]
    assert "--no-deps" in pip.command
    assert [part for part in pip.command[4:] if not part.startswith("-")] == [
        "imgaug==0.4.0",
        "tqdm",
    ]


def test_install_missing_does_nothing_if_nothing_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    pip = Pip(returncode=1)
    monkeypatch.setattr(subprocess, "run", pip)
    lack(monkeypatch)
    colab.install_missing()
    assert pip.command == []
    assert capsys.readouterr().out == ""


def test_install_missing_never_names_the_runtimes_own_packages() -> None:
    assert not {"tensorflow", "keras", "numpy", "jax"} & set(colab.REQUIREMENTS)


def test_install_missing_says_in_a_sentence_that_pip_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        subprocess, "run", Pip(1, "Looking\nERROR: No matching distribution found for imgaug")
    )
    lack(monkeypatch, "imgaug")
    with pytest.raises(
        RuntimeError, match=r"^pip could not install imgaug==0.4.0: check the network .*No matching"
    ):
        colab.install_missing()


class FirstCell:
    """Runs the first cell of a notebook in a folder, without network.

    Attributes:
        url: the course's address.
        commands: what it gave to the shell.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, installed: bool = False) -> None:
        self.url = set_address.current().url
        self.commands: list[str] = []
        self.fetches: Path | None = None
        self.path = list(sys.path)
        monkeypatch.setattr(sys, "path", self.path)
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name: "found" if installed else None
        )
        monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
        monkeypatch.setattr(colab, "install_missing", lambda: self.commands.append("pip"))
        monkeypatch.delenv("KAGGLE_URL_BASE", raising=False)
        monkeypatch.delitem(sys.modules, "google.colab", raising=False)

    def system(self, command: str) -> None:
        self.commands.append(command)
        if self.fetches is not None:
            (self.fetches / "course_utils").mkdir(parents=True)

    def run(self) -> dict[str, object]:
        from IPython.core.inputtransformer2 import TransformerManager

        code = TransformerManager().transform_cell(set_address.current().first_cell())
        names: dict[str, object] = {"get_ipython": lambda: self}
        exec(code, names)
        return names


def test_first_cell_does_nothing_where_the_course_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cell, before = FirstCell(monkeypatch, installed=True), list(sys.path)
    cell.run()
    assert cell.commands == []
    assert sys.path == before


@pytest.mark.parametrize("inside", [".", "chapters", "chapters/notes/deep"])
@pytest.mark.parametrize("in_colab", [False, True])
def test_first_cell_finds_the_clone_that_it_is_in_and_fetches_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: str, in_colab: bool
) -> None:
    clone = tmp_path / "any name"
    (clone / "course_utils").mkdir(parents=True)
    (clone / inside).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(clone / inside)
    cell = FirstCell(monkeypatch)
    if in_colab:
        monkeypatch.setitem(sys.modules, "google.colab", sys)
    cell.run()
    assert cell.commands == (["pip"] if in_colab else [])
    assert sys.path[0] == str(clone)


@pytest.mark.parametrize("where", ["google.colab", "Kaggle"])
def test_first_cell_fetches_the_course_once_in_colab_and_on_kaggle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.chdir(tmp_path)
    address = set_address.current()
    cell = FirstCell(monkeypatch)
    cell.fetches = tmp_path / address.name
    if where == "Kaggle":
        monkeypatch.setenv("KAGGLE_URL_BASE", "https://www.kaggle.com")
    else:
        monkeypatch.setitem(sys.modules, where, sys)
    names = cell.run()
    command = f"git clone --quiet --depth 1 --branch {address.branch} $repo"
    assert names["repo"] == cell.url
    assert cell.commands == [command, "pip"]
    assert sys.path[0] == str(tmp_path / address.name)
    cell.run()  # found beside the notebook; what pip did not finish is tried again
    assert cell.commands == [command, "pip", "pip"]


def test_first_cell_says_in_a_sentence_that_the_course_could_not_be_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cell = FirstCell(monkeypatch)
    monkeypatch.setitem(sys.modules, "google.colab", sys)
    with pytest.raises(AssertionError, match="git could not fetch the course: check the network"):
        cell.run()


def test_first_cell_says_that_git_is_missing_and_does_not_blame_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cell = FirstCell(monkeypatch)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "google.colab", sys)
    with pytest.raises(AssertionError, match=r"^git is missing: install it, run again$"):
        cell.run()
    assert cell.commands == []


def test_first_cell_of_a_chapter_alone_says_how_to_get_the_course(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cell = FirstCell(monkeypatch)
    sentence = (
        f"a chapter needs the rest of the course: run git clone {cell.url} and open the notebook "
        "in its folder chapters"
    )
    with pytest.raises(AssertionError) as raised:
        cell.run()
    assert str(raised.value) == sentence
    assert cell.commands == []


@pytest.mark.parametrize("python", [(3, 9, 18), (3, 14, 0), (2, 7)])
def test_an_unsupported_python_is_refused(python: tuple[int, ...]) -> None:
    with pytest.raises(ImportError, match=r"Python 3\.10 to 3\.13, but this is Python"):
        course_utils.check_versions(python, "2.1.3")


def test_an_old_numpy_is_refused() -> None:
    with pytest.raises(ImportError, match=r"NumPy 2 or later, but this is NumPy 1\.26\.4"):
        course_utils.check_versions((3, 12, 1), "1.26.4")


@pytest.mark.parametrize("python", [(3, 10), (3, 11, 7), (3, 12, 1, "final", 0), (3, 13, 0)])
@pytest.mark.parametrize("numpy", ["2.0.0", "2.4.6", "2.5.0rc1", "3.0"])
def test_supported_versions_pass(python: tuple[int, ...], numpy: str) -> None:
    course_utils.check_versions(python, numpy)
