"""Sphinx extension: a chapter opens with the picture that it leads to.

The code cell of a notebook that draws this picture has the tag `opening`. The book shows a copy of
it below the first paragraph, with a link to where it is made and explained.
"""

import html
import re

from bs4 import BeautifulSoup, Tag
from sphinx.application import Sphinx

PLACE = re.compile(r"</h1>\s*<p>.*?</p>\n?", re.DOTALL)


def opening(figure: Tag) -> str:
    """Return the HTML of the picture at a chapter's top.

    Args:
        figure: the figure later in the chapter, with an id, a description and a caption.
    """
    picture, caption = figure.find("img"), figure.find("figcaption")
    number = caption.select_one(".caption-number").get_text(strip=True)
    text = caption.select_one(".caption-text").get_text(strip=True)
    alt = html.escape(f"Where this chapter leads: {picture['alt']}", quote=True)
    source, target = html.escape(picture["src"], quote=True), figure["id"]
    look = f'class="{" ".join(picture["class"])}" ' if picture.get("class") else ""
    return (
        f'<figure class="book-opening align-center">\n<img alt="{alt}" {look}src="{source}" />\n'
        f'<figcaption><p>Where this chapter leads (<a class="reference internal" href="#{target}">'
        f"{number}</a>): {html.escape(text.partition('. ')[0].rstrip('.'))}.</p></figcaption>\n"
        "</figure>\n"
    )


def with_opening(body: str) -> str:
    """Return the HTML of a chapter with the picture at its top, if a cell has the tag."""
    if "tag_opening" not in body:
        return body
    figure = BeautifulSoup(body, "html.parser").select_one(".tag_opening figure")
    place = PLACE.search(body)
    return body[: place.end()] + opening(figure) + body[place.end() :]


def add(app: Sphinx, name: str, template: str, context: dict, doctree: object) -> None:
    """Add the picture to a page that is about to be written."""
    if "body" in context:
        context["body"] = with_opening(context["body"])


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.connect("html-page-context", add)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
