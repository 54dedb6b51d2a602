"""Sphinx extension: the search finds sections and shows an extract of each.

Sphinx's own search finds pages, and fetches them for an extract, which a page that is opened from
disk may not do. So the build writes `_static/sections.js`: the text of every section, term of the
glossary and function, with its place and its entries in the index. `book_search.js` looks there.
Only the search page loads these two.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import yaml
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

FILE = "sections.js"
INDEX = "subject_index.yml"  # the words under which a reader may look for a place
# What a formula in an extract may have.
SYMBOLS = {"log": "log", "exp": "exp", "le": "≤", "ge": "≥", "times": "×", "varepsilon": "ε"}
SYMBOLS |= {unicodedata.name(letter).split()[-1].lower(): letter for letter in "αβγδεηθκμπρσφχψ"}
SYMBOLS["lambda"] = "λ"  # Unicode writes it without the b
ANSWERS = ("Right: ", "Not quite: ")  # what an option says once it is chosen
IDENTIFIER = re.compile(r"[A-Za-z_]\w{3,}")
# Parts that have no text of their own, or text that is no part of an extract.
SKIPPED = (nodes.title, nodes.term, nodes.raw, nodes.literal_block, nodes.comment, nodes.image)
PLACES = (nodes.section, addnodes.desc, nodes.definition_list_item)


def plain(formula: str) -> str:
    """Return a short formula as text, and of a longer one a sign that something is left out."""
    text = re.sub(r"\\([a-z]+)", lambda found: SYMBOLS.get(found[1], found[0]), formula)
    return "…" if re.search(r"[\\{}^_&]", text) or len(text) > 25 else text


def pieces(node: nodes.Node, titles: dict[str, str]) -> Iterator[str]:
    """Yield what a reader reads in a part of a page, without the parts that are found themselves.

    Args:
        node: the part.
        titles: the titles of the pages, which a link without a text of its own shows.
    """
    for child in node.children:
        if isinstance(child, nodes.Text):
            yield child.astext()
        elif isinstance(child, addnodes.pending_xref) and child.get("refdomain") == "cite":
            continue  # a key of the bibliography is no word
        elif isinstance(child, nodes.paragraph) and child.astext().startswith(ANSWERS):
            continue  # an extract would give the answer of a question away
        elif isinstance(child, addnodes.pending_xref) and not child.astext():
            yield titles.get(child["reftarget"], "")
        elif isinstance(child, nodes.math | nodes.math_block):
            yield plain(child.astext())
        elif isinstance(child, nodes.table):
            yield " ".join(" ".join(pieces(one, titles)) for one in child.findall(nodes.entry))
        elif is_place(child) or isinstance(child, SKIPPED):
            continue
        else:
            yield from pieces(child, titles)
            if isinstance(child, nodes.Body | nodes.Part):
                yield " "


def is_place(node: nodes.Node) -> bool:
    """Whether a part of a page is found by itself: a section, a function or a term."""
    if isinstance(node, nodes.definition_list_item):
        return isinstance(node.parent.parent, addnodes.glossary)
    return isinstance(node, PLACES)


def names_in_code(node: nodes.Node) -> str:
    """Return the names that the code of a section uses, each once."""
    found: dict[str, None] = {}
    for child in node.children:
        if isinstance(child, nodes.literal_block):
            inside = child.parent
            output = inside is not None and "cell_output" in inside.get("classes", ())
            if not output:
                found |= dict.fromkeys(IDENTIFIER.findall(child.astext()))
        elif isinstance(child, nodes.Element) and not is_place(child):
            found |= dict.fromkeys(names_in_code(child).split())
    return " ".join(found)


def title_and_place(node: nodes.Element) -> tuple[str, str]:
    """Return the title of a place and its name in addresses."""
    if isinstance(node, addnodes.desc):
        signature = next(node.findall(addnodes.desc_signature))
        name = f"{signature.get('module', '')}.{signature.get('fullname', '')}"
        return name.removeprefix("course_utils."), (signature["ids"] or [""])[0]
    if isinstance(node, nodes.definition_list_item):
        terms = [term.astext() for term in node.findall(nodes.term)]
        return ", ".join(terms), next(node.findall(nodes.term))["ids"][0]
    title = next(iter(node.findall(nodes.title)), None)
    return (title.astext() if title else ""), (node["ids"] or [""])[0]


def sections(
    doctree: nodes.document, titles: dict[str, str]
) -> Iterator[tuple[str, str, str, str]]:
    """Yield title, place, text and names in the code of all that can be found on a page.

    The place of the page's first section is empty: the page itself.
    """
    first = True
    for node in doctree.findall(is_place):
        title, place = title_and_place(node)
        text = re.sub(r"\s+", " ", "".join(pieces(node, titles))).strip()
        text = re.sub(r"(… ?){2,}", "… ", text)
        yield title, "" if first else place, text, names_in_code(node)
        first = False


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write the texts of all pages where the search page finds them."""
    if exception is not None or app.builder.format != "html":
        return
    titles = {name: title.astext() for name, title in app.env.titles.items()}
    entries = Path(app.srcdir) / INDEX
    index = yaml.safe_load(entries.read_text(encoding="utf-8")) if entries.is_file() else {}
    pages = []
    for name in sorted(app.env.found_docs):
        if "nosearch" in app.env.metadata[name]:
            continue
        numbers = app.env.toc_secnumbers.get(name, {})
        number = ".".join(map(str, numbers.get("", ())))
        title = f"{number}. {titles[name]}" if number else titles[name]
        words = index.get(name, {})
        found = [
            (*place, words.get(place[1], []))
            for place in sections(app.env.get_doctree(name), titles)
        ]
        pages.append([app.builder.get_target_uri(name), title, found])
    data = json.dumps(pages, ensure_ascii=False, separators=(",", ":"))
    file = Path(app.outdir) / "_static" / FILE
    file.write_text(f"window.BOOK_SECTIONS = {data};\n", encoding="utf-8")


def add_scripts(app: Sphinx, pagename: str, *_: object) -> None:
    """Give the search page its scripts; before Sphinx's, whose start they wait for."""
    if pagename == "search":
        app.add_js_file(FILE)
        app.add_js_file("book_search.js")


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.connect("html-page-context", add_scripts)
    app.connect("build-finished", write)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
