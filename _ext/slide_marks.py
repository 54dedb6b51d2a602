"""Sphinx extension: a cell's "slideshow" metadata becomes a class on what the page shows of it.

In Jupyter one sets the type of slide that a cell is to be (`skip`, `notes`, `slide`, `subslide` or
`fragment`), and tools/slides, which makes slides from the pages, finds it as `slide_skip` and so
on. Cells without it, and those with "-", are left to the rules there.
"""

from pathlib import Path

import nbformat
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import SphinxError

TYPES = ("skip", "notes", "slide", "subslide", "fragment")
LINES_OF_A_CELL = 10_000  # MyST-NB counts the lines of a notebook so: cell 1 begins at 10,000


def wishes(path: Path) -> dict[int, str]:
    """Return the types of slides that cells ask for, by the number of the cell from 1.

    Raises:
        ValueError: there is no such type.
    """
    found = {}
    for number, cell in enumerate(nbformat.read(path, as_version=4).cells, 1):
        wish = cell.metadata.get("slideshow", {}).get("slide_type", "-")
        if wish not in (*TYPES, "-", ""):
            raise ValueError(f"cell {number} of {path.name} asks for the slide type {wish!r}")
        if wish in TYPES:
            found[number] = wish
    return found


def mark(app: Sphinx, doctree: nodes.document) -> None:
    """Give what belongs to these cells their class."""
    path = Path(app.env.doc2path(app.env.docname))
    if path.suffix != ".ipynb":
        return
    try:
        wanted = wishes(path)
    except ValueError as error:
        raise SphinxError(str(error)) from error
    if not wanted:
        return
    for node in doctree.findall(nodes.Element):
        within_cell = isinstance(node.parent, nodes.section | nodes.document)
        wish = wanted.get((node.line or 0) // LINES_OF_A_CELL)
        if within_cell and wish and not isinstance(node, nodes.title):
            node["classes"].append(f"slide_{wish}")


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.connect("doctree-read", mark, priority=300)  # before pictures become diagrams
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
