"""How long a page takes to read: python -m tools.reading_time [NOTEBOOK ...]

200 words of prose a minute, 15 lines of code a minute, half a minute a figure. What is folded
(cells tagged hide-input, hide-cell or remove-input; `<details>` in the text) is not counted, nor
are the questions of "Check yourself", which are for afterwards.
"""

import re
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools import toc

WORDS = 200  # a minute
LINES = 15  # a minute
PER_FIGURE = 0.5  # minutes
FOLDED = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
QUESTIONS = "## Check yourself"


def minutes(notebook: NotebookNode) -> float:
    """Return the minutes that a reader of the page needs, by the rates above."""
    words = lines = figures = 0
    for cell in notebook.cells:
        tags = set(cell.metadata.get("tags", ()))
        if cell.cell_type == "markdown":
            if not tags & {"hide-cell", "remove-cell"} and not cell.source.startswith(QUESTIONS):
                words += num_words(cell.source)
            continue
        if not tags & {"hide-cell", "remove-cell"}:
            figures += "figure" in cell.metadata.get("mystnb", {})
        if not tags & FOLDED:
            lines += sum(bool(line.strip()) for line in cell.source.splitlines())
    return words / WORDS + lines / LINES + figures * PER_FIGURE


def num_words(text: str) -> int:
    """Return how many words a Markdown text has; an inline formula counts as one of them."""
    text = re.sub(r"(?ms)^(```|~~~).*?^\1|<details>.*?</details>", "", text)
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", text)  # a diagram is looked at, not read
    text = re.sub(r"\$\$.*?\$\$", " formula formula formula ", text, flags=re.DOTALL)
    text = re.sub(r"\$[^$\n]*\$|`[^`\n]*`", " formula ", text)
    text = re.sub(r"\]\([^)]*\)", "] ", text)
    return len(re.findall(r"[^\W_][\w'’.,-]*", text))


def main(arguments: list[str]) -> None:
    """Print the minutes of each notebook."""
    for path in map(Path, arguments or map(str, toc.notebooks())):
        print(f"{minutes(nbformat.read(path, as_version=4)):5.0f} min  {path}")


if __name__ == "__main__":
    main(sys.argv[1:])
