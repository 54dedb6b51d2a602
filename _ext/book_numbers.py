"""Sphinx extension: numbers that the repository knows better than whoever writes a page.

    {minutes}`denoising, score_matching`   minutes to read these chapters, by tools.reading_time
    {cpu}`denoising`                       CPU seconds of one run, as on the page of costs
    {count}`claims`                        how many there are in the notebooks: claims, checks,
                                           exercises, figures, notebooks or symptoms

They are counted when the book is built, so that they cannot go stale.
"""

import json
import re
import sys
from functools import cache
from pathlib import Path

import nbformat
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

sys.path.insert(0, str(Path(__file__).parent.parent))
from tools import reading_time, toc

EVIDENCE = Path("course_utils") / "evidence"


@cache
def _read(path: Path, changed: int) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def read(path: Path) -> nbformat.NotebookNode:
    """Return a notebook, read once as long as the file stays the same."""
    return _read(path, path.stat().st_mtime_ns)


def paths(root: Path, names: str) -> list[Path]:
    """Return the notebooks with these names, separated by commas.

    Raises:
        ValueError: a name is not that of a notebook of the book.
    """
    known = {path.stem: root / path for path in toc.notebooks(root)}
    wanted = [name.strip() for name in names.split(",")]
    if missing := [name for name in wanted if name not in known]:
        raise ValueError(f"there is no notebook {', '.join(missing)} in _toc.yml")
    return [known[name] for name in wanted]


def minutes(root: Path, names: str) -> int:
    """Return the minutes that it takes to read these chapters."""
    return sum(round(reading_time.minutes(read(path))) for path in paths(root, names))


def cpu_seconds(root: Path, names: str) -> int:
    """Return the CPU seconds that one run of these chapters takes."""
    # tools.costs reads the same files; it imports what building the book does not need.
    files = [root / EVIDENCE / f"{path.stem}.json" for path in paths(root, names)]
    evidence = [json.loads(file.read_text("utf-8")) for file in files]
    return sum(one["cpu_seconds_per_run"] for one in evidence)


def count(root: Path, what: str) -> int:
    """Return how many claims, checks, exercises, figures, notebooks or symptoms the book has.

    Raises:
        ValueError: these are not counted.
    """
    notebooks = [read(root / path) for path in toc.notebooks(root)]
    cells = [cell for notebook in notebooks for cell in notebook.cells]
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    if what == "notebooks":
        return len(notebooks)
    if what == "exercises":
        parts = re.findall(r"(?ms)^## Exercises$(.*?)^## ", text)
        return sum(len(re.findall(r"(?m)^### \d+\. ", part)) for part in parts)
    if what == "symptoms":
        return text.count("\n**You see**")
    if what == "figures":
        return sum("figure" in cell.metadata.get("mystnb", {}) for cell in cells)
    if what in ("claims", "checks"):
        outputs = [output for cell in cells for output in cell.get("outputs", ())]
        made = [output.get("metadata", {}).get("claim", {}).get("kind") for output in outputs]
        return made.count(what.removesuffix("s"))
    raise ValueError(f"{what} are not counted")


class Number(SphinxRole):
    """The role that shows one of these numbers."""

    functions = {"minutes": minutes, "cpu": cpu_seconds, "count": count}  # noqa: RUF012

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        root = Path(self.env.srcdir)
        for path in toc.notebooks(root):
            self.env.note_dependency(str(root / path))
        try:
            value = self.functions[self.name](root, self.text)
        except (ValueError, OSError) as error:
            return [], [self.inliner.reporter.error(str(error), line=self.lineno)]
        return [nodes.Text(f"{value:,}")], []


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    for name in Number.functions:
        app.add_role(name, Number())
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
