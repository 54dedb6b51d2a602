"""What nbval compares in the notebooks, and what it lets pass: the settings of conftest.py."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tools import toc

CODE = """\
class Figure:
    def __repr__(self):
        return "<Figure size 640x316 with 1 Axes>"
Figure()"""


@pytest.mark.parametrize(
    ("stored", "passes"),
    [
        ("<Figure size 640x316 with 1 Axes>", True),
        ("<Figure size 655.5x316 with 1 Axes>", True),  # a label was longer
        ("<Figure size 640x316 with 2 Axes>", False),
        ("<Axes>", False),
    ],
)
def test_a_figure_of_another_size_passes_and_another_figure_does_not(stored, passes, tmp_path):
    cell = nbformat.v4.new_code_cell(CODE, execution_count=1)
    cell.outputs = [
        nbformat.v4.new_output("execute_result", {"text/plain": stored}, execution_count=1)
    ]
    notebook = nbformat.v4.new_notebook(cells=[cell])
    nbformat.write(notebook, tmp_path / "figure.ipynb")
    assert run(tmp_path) == passes


def run(folder: Path) -> bool:
    """Run nbval on a folder's notebook with the course's settings; return whether it passed."""
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-p", "conftest"]
    command += ["-p", "no:cacheprovider", "-c", "/dev/null", f"--rootdir={folder}", "figure.ipynb"]
    environment = os.environ | {"PYTHONPATH": str(toc.ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.returncode == 0
