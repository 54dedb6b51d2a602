"""Sphinx extension: a link to a term of the glossary carries the term's first sentence.

A page links to a term by its place in the glossary, `[manifold](../glossary.md#term-manifold)`,
which in Jupyter and on GitHub opens the glossary. In the book the link gets the first sentence of
the entry as `data-note`, so that book.js can show it without asking for another page.
"""

import html
import re

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.errors import SphinxError

PLACE = "term-"
# What a formula in a note may have; anything else stops the build.
SYMBOLS = {r"\mid": "|", r"\log": "log", r"\beta": "β", r"\phi": "φ", r"\theta": "θ"}


class term_link(nodes.reference):  # docutils writes its nodes so
    """A link to a term, with its note; a plain link in every format but HTML."""


def plain(formula: str) -> str:
    """Return a short formula as plain text."""
    text = re.sub(r"\\[a-z]+", lambda found: SYMBOLS.get(found[0], found[0]), formula)
    if re.search(r"[\\{}^_$]", text):
        raise SphinxError(f"a note of the glossary cannot show the formula {formula}")
    return text


def first_sentence(definition: nodes.Node) -> str:
    """Return the first sentence of an entry, as plain text."""
    definition = definition.deepcopy()
    for formula in list(definition.findall(nodes.math)):
        formula.replace_self(nodes.Text(plain(formula.astext())))
    text = re.sub(r"\s+", " ", definition.astext()).strip()
    return re.split(r"(?<=[.!?]) (?=[A-Z])", text)[0]


def read_terms(app: Sphinx, doctree: nodes.document) -> None:
    """Make the terms of a glossary places that a link can name, and keep their notes."""
    env = app.env
    for glossary in doctree.findall(addnodes.glossary):
        page = env.metadata[env.docname]
        for item in glossary.findall(nodes.definition_list_item):
            definition = next(item.findall(nodes.definition))
            for term in item.findall(nodes.term):
                for name in term["ids"]:
                    page.setdefault("glossary_notes", {})[name] = first_sentence(definition)
                    page.setdefault("myst_slugs", {})[name] = (term.line, name, term.astext())
    for link in doctree.findall(addnodes.pending_xref):
        if (link.get("reftargetid") or "").startswith(PLACE):
            env.note_dependency(str(env.doc2path(link["reftarget"])))


def add_notes(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Give the links to terms their notes."""
    notes = {}
    for page in app.env.metadata.values():
        notes |= page.get("glossary_notes", {})
    for link in list(doctree.findall(nodes.reference)):
        address = link.get("refuri", "") if link.get("internal") else ""
        name = link.get("refid") or address.partition("#")[2]
        if name in notes:
            new = term_link("", "", *link.children, note=notes[name], **link.attributes)
            link.replace_self(new)


def visit(translator, node: term_link) -> None:
    """Open the link."""
    translator.visit_reference(node)
    note = html.escape(node["note"])
    translator.body[-1] = translator.body[-1].replace("<a ", f'<a data-note="{note}" ', 1)


def depart(translator, node: term_link) -> None:
    """Close the link."""
    translator.depart_reference(node)


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.add_node(term_link, html=(visit, depart))
    app.connect("doctree-read", read_terms)
    app.connect("doctree-resolved", add_notes)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
