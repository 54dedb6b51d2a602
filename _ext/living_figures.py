"""Sphinx extension: living figures.

In a page of Markdown

    ```{live} latent-explorer
    :title: The latent plane
    :method: vae

    ![what the picture shows](_assets/manifold.png)
    ```

and in a notebook the tag `live-latent-explorer` on a cell that draws a picture, with options in the
cell's metadata as "live": {"title": …, "method": …}. The picture is what Jupyter, a printer and a
browser without JavaScript show. Where there is JavaScript, the script of that figure, which only
these pages load, puts the living one in the picture's place, or below that of a chapter, which
shows what was measured.
"""

import json
import re
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.docutils import SphinxDirective

FIGURES = Path(__file__).parent.parent / "_assets" / "live"
DATA = re.compile(r'\.data\("([a-z0-9-]+)"\)')  # in a bundle
CELL = re.compile(r"tag_live-([a-z0-9-]+)")


class live(nodes.General, nodes.Element):  # docutils writes its nodes so
    """A place for a living figure; its children are the picture."""


class Live(SphinxDirective):
    """The directive for pages of Markdown."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {
        name: directives.unchanged_required
        for name in (
            "title",
            "try",
            "compare",
            "method",
            "points",
            "beta",
            "noise",
            "strength",
            "seed",
        )
    }

    def run(self) -> list[nodes.Node]:
        node = _node(self.arguments[0], dict(self.options))
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


def _node(name: str, options: dict) -> live:
    if not (FIGURES / f"{name}.js").is_file():
        raise SphinxError(f"there is no living figure {name}: {FIGURES.name}/{name}.js is missing")
    title = options.pop("title", name.replace("-", " ").capitalize())
    return live("", name=name, title=title, options=options, classes=["live"])


def wrap_cells(app: Sphinx, doctree: nodes.document) -> None:
    """Put the outputs of tagged cells into a place for a living figure."""
    for cell in list(doctree.findall(nodes.container)):
        name = next(filter(None, map(CELL.fullmatch, cell.get("classes", ()))), None)
        if name is None:
            continue
        given = cell.get("cell_metadata", {}).get("live", {})
        node = _node(name[1], dict(given))
        node["classes"].append("live-beside")
        outputs = [one for one in cell.children if "cell_output" in one.get("classes", ())]
        if not outputs:
            raise SphinxError(f"the cell for the living figure {name[1]} stores no picture")
        for output in outputs:
            cell.remove(output)
            node += output
        cell += node


def add_scripts(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Load the scripts of a page's figures on that page only.

    A figure in a page of Markdown is in sight at once: its data set is asked for with the page.
    """
    if doctree is None:
        return
    names = dict.fromkeys(node["name"] for node in doctree.findall(live))
    if names:
        app.add_css_file("live/live.css")
    for name in names:
        app.add_js_file(f"live/{name}.js", loading_method="defer")
    first = next(doctree.findall(live), None)
    if first is not None and "live-beside" not in first["classes"]:
        for data in DATA.findall((FIGURES / f"{first['name']}.js").read_text(encoding="utf-8"))[:1]:
            file = context["pathto"](f"_static/live/data/{data}.js", 1)
            context["metatags"] += f'\n<link rel="preload" as="script" href="{file}">'


def visit(translator, node: live) -> None:
    """Open the place."""
    attributes = {
        "data-live": node["name"],
        "data-live-title": node["title"],
        "data-live-options": json.dumps(node["options"], sort_keys=True),
    }
    translator.body.append(translator.starttag(node, "div", **attributes))
    translator.body.append('<div class="live-still">')


def depart(translator, node: live) -> None:
    """Close the place."""
    translator.body.append("</div></div>\n")


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.add_node(live, html=(visit, depart), latex=(lambda *_: None, lambda *_: None))
    app.add_directive("live", Live)
    app.connect("doctree-read", wrap_cells)
    app.connect("html-page-context", add_scripts)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
