"""Sphinx extension: plots take the colours of a dark page.

A plot is lines and text on paper, so its light and dark may change places; the style sheet does so
for pictures of the class `book-plot`. A figure that shows images keeps its paper: a garment whose
light and dark have changed places is another garment, and a scale of colours another scale.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx

PLOTS = ("bars", "curves", "histogram", "latent_scatter", "vector_field")
IMAGES = ("heatmap", "image_grid", "manifold", "rows")
DRAWN = re.compile(r"\bplots\.(\w+)\(")


def is_plot(code: str) -> bool:
    """Whether the figures that code draws are plots, with no image in them."""
    drawn = set(DRAWN.findall(code))
    return bool(drawn & set(PLOTS)) and not drawn & set(IMAGES)


def mark(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Give the plots of a notebook their class."""
    for cell in doctree.findall(nodes.container):
        if "cell" not in cell.get("classes", ()):
            continue
        code = "\n".join(block.astext() for block in cell.findall(nodes.literal_block))
        if is_plot(code):
            for picture in cell.findall(nodes.image):
                picture["classes"].append("book-plot")


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.connect("doctree-resolved", mark)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
