"""Sphinx extension: a chapter that a docstring of course_utils names is a link to it.

Docstrings end in `Chapter: The ELBO.` or `Chapters: Denoising; The ELBO.`, or name a chapter in
quotation marks: `chapter "Reparameterization"`.
"""

import re
from pathlib import Path

import nbformat
from sphinx.application import Sphinx

NAMED = re.compile(r"\bChapters?: [^.]+\.|\bchapter\s+\"[^\"]+\"")


def titles(folder: Path) -> dict[str, str]:
    """Return the notebooks of a folder by their titles, whole and up to a colon."""
    found = {}
    for path in sorted(folder.glob("*.ipynb")):
        first = nbformat.read(path, as_version=4).cells[0].source.partition("\n")[0]
        title = first.removeprefix("# ")
        found |= {name: path.stem for name in (title, title.split(":")[0])}
    return found


def link(text: str, known: dict[str, str]) -> str:
    """Return a docstring whose chapters are links, in reStructuredText."""
    names = "|".join(r"\s+".join(map(re.escape, name.split())) for name in sorted(known)[::-1])

    def replace(found: re.Match) -> str:
        title = " ".join(found[0].split())
        return f":doc:`{title} </chapters/{known[title]}>`"

    return NAMED.sub(lambda found: re.sub(names, replace, found[0]), text)


def link_chapters(app: Sphinx, what: str, name: str, obj: object, options, lines: list) -> None:
    """Make links of the chapters in a docstring; `lines` is changed in place, as autodoc asks."""
    lines[:] = link("\n".join(lines), app.chapter_titles).split("\n")


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.chapter_titles = titles(Path(app.srcdir) / "chapters")
    app.connect("autodoc-process-docstring", link_chapters)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
