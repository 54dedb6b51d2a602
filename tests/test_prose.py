"""The spelling of the pages, the chapters and what the pages show of the code, by typos.

The word list is _typos.toml. A page is checked as text: of a notebook only its Markdown cells.
"""

import re
import subprocess
import sysconfig
from pathlib import Path

import nbformat
import pytest

from tools import toc

WORDS = toc.ROOT / "_typos.toml"
PAGES = [*toc.notebooks(), *(Path(f"{name}.md") for name in toc.pages()), Path("README.md")]
PAGES += [Path("CONTRIBUTING.md"), Path("CHANGELOG.md")]
PAGES += [Path("teachers/questions.md"), Path("teachers/answer_key.md")]
FENCED = re.compile(r"^(`{3,}|~{3,})(?!\{).*?^\1", re.MULTILINE | re.DOTALL)


def prose(path: Path) -> str:
    """Return the text of a page, line by line, without its blocks of code."""
    source = toc.ROOT / path
    if path.suffix == ".ipynb":
        cells = nbformat.read(source, as_version=4).cells
        text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    else:
        text = source.read_text(encoding="utf-8")
    return FENCED.sub("", text)


def misspelt(text: str, folder: Path) -> list[str]:
    """Return what the checker says about a text."""
    (folder / "text.md").write_text(text, encoding="utf-8")
    program = Path(sysconfig.get_path("scripts")) / "typos"
    run = subprocess.run(
        [program, "--config", WORDS, "--format", "brief", "text.md"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode in (0, 2), run.stderr  # 2: there are mistakes
    return [line.partition("error: ")[2] for line in run.stdout.splitlines()]


@pytest.mark.parametrize("path", [path for path in PAGES if (toc.ROOT / path).is_file()], ids=str)
def test_a_page_is_spelt_right(path: Path, tmp_path: Path):
    assert misspelt(prose(path), tmp_path) == []


@pytest.mark.parametrize("word", ["recieve", "normalize", "color", "seperate"])
def test_a_misspelt_word_is_found(word: str, tmp_path: Path):
    assert len(misspelt(f"They {word} the picture.", tmp_path)) == 1
    assert misspelt(f"The function `{word}` and [it](x.md#{word}) are code.", tmp_path) == []
