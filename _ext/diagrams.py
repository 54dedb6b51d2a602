"""Sphinx extension: diagrams, drawings in `_assets/diagrams/` that become a part of the page.

In a page or a notebook a diagram is a picture in a paragraph of its own, and the paragraph in
italics below it is its caption:

    ![full description](../_assets/diagrams/elbo.svg)

    *What to see in it.*

Jupyter, Colab and GitHub load the file, which follows the colours of the device. In the book the
drawing stands in the page itself, where `book.css` gives it the colours that the reader chose.
"""

import posixpath
import re
from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import SphinxError

FOLDER = Path(__file__).parent.parent / "_assets" / "diagrams"
SOURCE = re.compile(r"(?:^|/)_assets/diagrams/([a-z0-9-]+)\.svg$")
SVG = "http://www.w3.org/2000/svg"


class diagram(nodes.General, nodes.Element):  # docutils writes its nodes so
    """A diagram; its children are the caption."""


def collect(app: Sphinx, doctree: nodes.document) -> None:
    """Put diagrams, with their captions, in the place of pictures of diagrams."""
    count: dict[str, int] = {}
    for image in list(doctree.findall(nodes.image)):
        found = SOURCE.search(image["uri"])
        if found is None:
            continue
        name, paragraph = found[1], image.parent
        file = FOLDER / f"{name}.svg"
        if not file.is_file():
            raise SphinxError(f"there is no diagram {name}: {file} is missing")
        if not isinstance(paragraph, nodes.paragraph) or len(paragraph) != 1:
            raise SphinxError(f"the diagram {name} must be alone in its paragraph")
        app.env.note_dependency(str(file))
        count[name] = count.get(name, 0) + 1
        node = diagram("", name=name, number=count[name], classes=paragraph["classes"])
        caption = paragraph.next_node(descend=False, siblings=True)
        if not (isinstance(caption, nodes.paragraph) and _is_italic(caption)):
            raise SphinxError(f"the diagram {name} needs a caption in italics below it")
        caption.parent.remove(caption)
        node += nodes.paragraph("", "", *caption[0].children)
        paragraph.replace_self(node)


def _is_italic(paragraph: nodes.paragraph) -> bool:
    return len(paragraph) == 1 and isinstance(paragraph[0], nodes.emphasis)


def inline(text: str, number: int, styled: bool, address) -> str:
    """Return a drawing as it stands in a page.

    `number` counts the uses of the same drawing on the page, whose ids would clash. The style is
    the same in all of them, and `styled` asks for it. `address` turns a link from the drawing to a
    page, such as `../../chapters/elbo.ipynb`, into one from the page that the drawing is on.
    """
    ElementTree.register_namespace("", SVG)
    root = ElementTree.fromstring(text)
    ending = "" if number == 1 else f"-{number}"
    for element in root.iter():
        if "id" in element.attrib:
            element.set("id", element.get("id") + ending)
        if element.tag in (f"{{{SVG}}}title", f"{{{SVG}}}desc"):
            element.set("class", "nohighlight")  # Sphinx's search would draw a mark on it, and fail
        if element.tag == f"{{{SVG}}}a":
            element.set("href", address(element.get("href")))
            root.set("role", "group")  # what is in an image, a screen reader does not reach
    labels = root.get("aria-labelledby").split()
    root.set("aria-labelledby", " ".join(label + ending for label in labels))
    if not styled:
        root.remove(root.find(f"{{{SVG}}}style"))
    return ElementTree.tostring(root, encoding="unicode")


def visit(translator, node: diagram) -> None:
    """Open the figure: the drawing, and its caption."""
    builder = translator.builder

    def address(link: str) -> str:
        page = posixpath.normpath(posixpath.join("_assets/diagrams", link))
        return builder.get_relative_uri(builder.current_docname, posixpath.splitext(page)[0])

    first = next(node.document.findall(diagram)) is node
    text = (FOLDER / f"{node['name']}.svg").read_text(encoding="utf-8")
    classes = " ".join(["diagram", *node["classes"]])
    translator.body.append(f'<figure class="{classes}">\n')
    translator.body.append(inline(text, node["number"], first, address))
    translator.body.append("\n<figcaption>\n")


def depart(translator, node: diagram) -> None:
    """Close the figure."""
    translator.body.append("</figcaption>\n</figure>\n")


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.add_node(diagram, html=(visit, depart), latex=(lambda *_: None, lambda *_: None))
    app.connect("doctree-read", collect, priority=400)  # before Sphinx collects pictures
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
