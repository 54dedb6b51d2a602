"""The workflows of the continuous integration and the dev container: pinned, bounded, and callable.

Nothing here can run them; this reads what they say.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import course
from tools import toc

ROOT = toc.ROOT
FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.iterdir())
MATRIX = "${{ matrix.course }}"  # `make`, or what stands for it on Windows

CHECKOUT = "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8"


def read(path: Path) -> dict[str, Any]:
    """Return a workflow. YAML takes its key `on` for the truth value."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the steps of all jobs."""
    return [step for job in workflow["jobs"].values() for step in job.get("steps", ())]


def unpinned(text: str) -> list[str]:
    """Return the actions in the text of a workflow that no commit and no version in words names."""
    pinned = r"[\w.-]+/[\w./-]+@[0-9a-f]{40} +# v\d+(\.\d+)+"
    return [line for line in re.findall(r"\buses: *(.*)", text) if not re.fullmatch(pinned, line)]


def wrong_calls(run: str) -> list[str]:
    """Return the calls of course.py in a text of shell commands that it would not understand."""
    complaints = []
    for words in re.findall(
        r"(?:\bmake|course\.py|\$\{\{ matrix\.course \}\})((?: +[^\s;&|]+)*)", run
    ):
        name, *options = [word for word in words.split("#")[0].split() if word != "${{"] or [""]
        if name not in course.COMMANDS:
            complaints.append(f"there is no command {name!r}")
            continue
        for option in options:
            if "=" in option and option.split("=")[0] not in course.COMMANDS[name][1]:
                complaints.append(f"{name} takes no {option}")
    return complaints


def unbounded(workflow: dict[str, Any]) -> list[str]:
    """Return the jobs that could run for hours, and what may write without need."""
    complaints = []
    if workflow.get("permissions") != {"contents": "read"}:
        complaints.append("the workflow may do more than read")
    for name, job in workflow["jobs"].items():
        if not isinstance(job.get("timeout-minutes"), int):
            complaints.append(f"{name} has no timeout")
        if set(job.get("permissions", ())) - {"pages", "id-token"}:
            complaints.append(f"{name} asks for more than publishing the pages")
    return complaints


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_action_is_pinned_by_its_commit_with_its_version(path: Path) -> None:
    assert path.suffix == ".yml"
    assert unpinned(path.read_text(encoding="utf-8")) == []
    assert len(re.findall(r"\buses:", path.read_text(encoding="utf-8"))) == len(
        [step for step in steps(read(path)) if "uses" in step]
    )


def test_an_action_has_the_same_commit_everywhere() -> None:
    found: dict[str, set[str]] = {}
    for path in FILES:
        for name, rest in re.findall(r"uses: ([^@\s]+)@(.*)", path.read_text(encoding="utf-8")):
            found.setdefault(name, set()).add(rest)
    assert {name: rests for name, rests in found.items() if len(rests) > 1} == {}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_job_ends_and_may_only_read(path: Path) -> None:
    assert unbounded(read(path)) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_command_that_is_called_is_there(path: Path) -> None:
    for step in steps(read(path)):
        assert wrong_calls(step.get("run", "")) == [], step


def test_the_whole_check_calls_commands_that_are_there() -> None:
    text = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    called = re.findall(r"(?m)^step (make .*)$", text)
    assert called[:2] == ["make install", "make test"]
    assert wrong_calls("\n".join(called)) == []


def supported() -> list[str]:
    """Return the versions of Python that pyproject.toml admits, the oldest first."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    first, behind = map(int, re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', text).groups())
    return [f"3.{minor}" for minor in range(first, behind)]


def test_the_matrices_cover_systems_and_versions() -> None:
    jobs = read(FOLDER / "test.yml")["jobs"]
    systems = {row["os"]: row["course"] for row in jobs["systems"]["strategy"]["matrix"]["include"]}
    assert set(systems) == {"ubuntu-latest", "macos-latest", "windows-latest"}
    assert systems["windows-latest"] == "python course.py"
    runs = [step.get("run") for step in jobs["systems"]["steps"]]
    assert {f"{MATRIX} unit", f"{MATRIX} notebooks"} <= set(runs)
    assert jobs["systems"]["env"] == {"FASHION_MNIST_DIR": "sample"}
    versions = supported()
    assert jobs["unit"]["strategy"]["matrix"]["python"] == versions
    assert jobs["jax"]["strategy"]["matrix"]["python"] == [versions[0], versions[-1]]
    assert any(step.get("run") == "bash .ci/run" for step in jobs["everything"]["steps"])
    assert any(step.get("run") == "make test-colab" for step in jobs["colab"]["steps"])


def test_once_a_week_the_newest_packages_are_tried_and_cells_run_again() -> None:
    weekly = read(FOLDER / "weekly.yml")
    assert "schedule" in weekly[True]
    newest = [step.get("run") for step in weekly["jobs"]["newest"]["steps"]]
    assert newest.index("make install VERSIONS=newest") < newest.index("make test")
    runs = [step.get("run", "") for step in steps(weekly)]
    assert any("-m tools.rerun" in run for run in runs)
    assert "make mutants" in runs and "make execute" in runs


def test_the_pages_are_built_by_the_command_that_readers_use() -> None:
    build = read(FOLDER / "pages.yml")["jobs"]["build"]
    assert any(step.get("run") == "make book" for step in build["steps"])
    assert any(step.get("with", {}).get("path") == "_build/html" for step in build["steps"])


# The dev container


def test_the_dev_container_installs_the_course_by_itself() -> None:
    text = (ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8")
    container = json.loads(text)
    image, tag = container["image"].rsplit(":", 1)
    assert image == "mcr.microsoft.com/devcontainers/python"
    assert re.fullmatch(rf"\d+-{supported()[-1]}-\w+", tag)  # no moving `latest`
    assert container["postCreateCommand"] == "python3 course.py install"
    assert wrong_calls(container["postCreateCommand"]) == []
    editor = container["customizations"]["vscode"]
    assert {"ms-python.python", "ms-toolsai.jupyter"} <= set(editor["extensions"])
    interpreter = editor["settings"]["python.defaultInterpreterPath"]
    assert interpreter == "${containerWorkspaceFolder}/.venv/bin/python"
    for name in container["customizations"]["codespaces"]["openFiles"]:
        assert (ROOT / name).is_file()


# Planted faults


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (f"uses: {CHECKOUT} # v5.0.0", 0),
        (f"uses: {CHECKOUT}", 1),
        ("uses: actions/checkout@v5 # v5.0.0", 1),
        (f"uses: {CHECKOUT[:-1]} # v5.0.0", 1),
        ("uses: ./local", 1),
    ],
)
def test_an_action_that_is_not_pinned_is_found(text: str, count: int) -> None:
    assert len(unpinned(text)) == count


@pytest.mark.parametrize(
    ("run", "count"),
    [
        ("make test WORKERS=1  # both", 0),
        ("python course.py unit && make book", 0),
        (f"{MATRIX} notebooks", 0),
        ("make tset", 1),
        ("make", 1),
        ("py course.py tset; make unti", 2),
        (f"{MATRIX} note", 1),
        ("make unit WORKERS=1", 1),
    ],
)
def test_a_call_that_leads_nowhere_is_found(run: str, count: int) -> None:
    assert len(wrong_calls(run)) == count


@pytest.mark.parametrize(
    ("change", "count"),
    [
        ({}, 0),
        ({"permissions": None}, 1),
        ({"permissions": "write-all"}, 1),
        ({"jobs": {"a": {}}}, 1),
        ({"jobs": {"a": {"timeout-minutes": 5, "permissions": {"contents": "write"}}}}, 1),
    ],
)
def test_a_job_without_bounds_is_found(change: dict, count: int) -> None:
    good = {"permissions": {"contents": "read"}, "jobs": {"a": {"timeout-minutes": 5}}}
    assert len(unbounded({**good, **change})) == count
