"""Sphinx extension: the index at the end of the book, from a list of words for each place.

`subject_index.yml` names, for the places of a page, the words under which somebody may look for
them: the field's where the book uses plainer ones, too. The directive `subject-index` makes the
page, with the terms of the glossary among them; the search (section_search.py) reads the same list.
"""

import re
import unicodedata
from itertools import groupby
from pathlib import Path

import yaml
from docutils import nodes
from section_search import INDEX, is_place, title_and_place
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

GLOSSARY = "glossary"
LOGGER = logging.getLogger(__name__)


class indexed_place(nodes.Inline, nodes.TextElement):  # docutils writes its nodes so
    """A place that an entry of the index leads to, until all pages are read."""


def read(file: Path) -> dict[str, dict[str, list[str]]]:
    """Return the words of each place (its name in addresses, or "" for the page) of each page."""
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def letter(word: str) -> str:
    """Return the heading under which a word stands: its first letter, without an accent."""
    first = unicodedata.normalize("NFD", word.lstrip("_-"))[0].upper()
    return first if "A" <= first <= "Z" else "0–9"


def terms(glossary: str) -> list[str]:
    """Return the terms of a glossary, from the text of its page."""
    inside = glossary.split("{glossary}\n")[1].split("\n:::")[0]
    return re.findall(r"^(?! )(.+)$", inside, re.MULTILINE)


def by_word(
    words: dict[str, dict[str, list[str]]], terms: list[str]
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return each word of an index in its order, and the pages and places that it leads to.

    Args:
        words: those of each place of each page.
        terms: those of the glossary, whose places are the terms themselves.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    spelled = {}
    for page, places in words.items():
        for place, named in places.items():
            for word in named:
                spelled[word.casefold()] = word
                found.setdefault(word, []).append((page, place))
    for term in terms:
        found.setdefault(spelled.get(term.casefold(), term), []).append((GLOSSARY, term))
    return sorted(found.items(), key=lambda entry: (letter(entry[0]), entry[0].casefold()))


class SubjectIndex(SphinxDirective):
    """All words of the index with their places, under a heading for each letter."""

    def run(self) -> list[nodes.Node]:
        """Return a section for each letter."""
        file = Path(self.env.srcdir) / INDEX
        self.env.note_dependency(str(file))
        glossary = Path(self.env.doc2path(GLOSSARY))
        self.env.note_dependency(str(glossary))
        words = by_word(read(file), terms(glossary.read_text(encoding="utf-8")))
        found = []
        for first, entries in groupby(words, lambda entry: letter(entry[0])):
            section = nodes.section("", nodes.title("", first), ids=[f"index-{first[0].lower()}"])
            items = nodes.bullet_list(classes=["subject-index"])
            for word, places in entries:
                line = nodes.paragraph("", word)
                for page, place in places:
                    line += [nodes.Text(" · " if len(line) > 1 else ", ")]
                    line += indexed_place("", page=page, place=place)
                items += nodes.list_item("", line)
            section += items
            found.append(section)
        return found


def titles(env: BuildEnvironment, page: str) -> dict[str, str]:
    """Return what stands in the index for each place on a page.

    That is its title, with the number of the section that it is part of; where the page has no
    numbers, with the title of the page.
    """
    numbers = env.toc_secnumbers.get(page, {})
    found = {}
    before = ""
    for node in env.get_doctree(page).findall(is_place):
        title, place = title_and_place(node)
        number = numbers.get(f"#{place}" if found else "")
        if number:
            before = ".".join(map(str, number)) + " "
        label = before + title
        if not found:
            found[""] = label
            before = before or f"{title}: "
        found.setdefault(place, label)
    return found


def lead(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Turn the entries of the index into links, and warn of one that leads nowhere."""
    known: dict[str, dict[str, str]] = {}
    terms = app.env.get_domain("std").objects
    for entry in list(doctree.findall(indexed_place)):
        page, place = entry["page"], entry["place"]
        if page not in known:
            known[page] = titles(app.env, page) if page in app.env.found_docs else {}
        if page == GLOSSARY and ("term", place) in terms:
            place = terms["term", place][1]
            known[page][place] = GLOSSARY
        if place not in known[page]:
            LOGGER.warning("%s: the book has no %s#%s", INDEX, page, place, location=docname)
            entry.replace_self(nodes.Text(place))
            continue
        address = app.builder.get_relative_uri(docname, page) + (f"#{place}" if place else "")
        link = nodes.reference("", known[page][place], refuri=address, internal=True)
        entry.replace_self(link)


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.add_node(indexed_place)
    app.add_directive("subject-index", SubjectIndex)
    app.connect("doctree-resolved", lead, priority=400)  # before glossary_notes.py looks for links
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
