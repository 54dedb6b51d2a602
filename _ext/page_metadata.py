"""Sphinx extension: what search engines, link previews and librarians ask of a page.

Each page gets a description, made of its first paragraph, and the tags of a link preview; the
footer says which version of the book it is. The version, its date and the authors are kept in
CITATION.cff. The directive `{how-to-cite}` shows them as BibTeX.

What needs the address of the published pages (the canonical link, addresses in previews,
sitemap.xml, the page 404.html below other folders, the button "Suggest edit") is there only where
_config.yml has an address that is not the placeholder of a new copy.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from html import escape, unescape
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

sys.path.insert(0, str(Path(__file__).parent.parent))
from tools import set_address, toc

LOGGER = logging.getLogger(__name__)
LONGEST = 160  # characters of a description: search engines cut there
SHORTEST = 40  # less is no sentence about a page
CARD = "_static/explorer.png", "A plane of coloured points, and the boot that one of them draws."
ASIDE = (nodes.figure, nodes.table, nodes.list_item, nodes.block_quote, nodes.Admonition)
NOT_FOUND = """\
<h1>This page does not exist</h1>
<p>The address may be mistyped, or the page has been renamed.</p>
<ul>
<li><a href="index.html">Start of the book</a></li>
<li><a href="index.html#the-chapters">Contents: all chapters</a></li>
<li><a href="search.html">Search</a></li>
</ul>"""
# GitHub shows 404.html under the address that was asked for, in whatever folder. The attribute
# says that this script must run where it stands, before anything is loaded.
BASE = """\
<script data-cfasync="false">
if (location.protocol !== "file:") {{
  document.write('<base href="{path}">');
  document.addEventListener("DOMContentLoaded", function () {{
    document.querySelectorAll('a[href^="#"]').forEach(function (link) {{
      link.href = location.pathname + link.getAttribute("href");
    }});
  }});
}}
</script>"""


@dataclass(frozen=True)
class Edition:
    """What CITATION.cff says of the book."""

    title: str
    authors: str
    version: str
    date: date

    @property
    def day(self) -> str:
        """The date in words."""
        return f"{self.date.day} {self.date:%B %Y}"

    def bibtex(self, url: str) -> str:
        """Return the BibTeX entry; without an address if that is not known."""
        fields = {
            "author": f"{{{self.authors}}}",  # one name, not first and last names
            "title": f"{{{self.title}}}",
            "year": str(self.date.year),
            "note": f"Version {self.version}, {self.day}",
            "url": url,
        }
        lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
        return "\n".join(["@misc{introduction_to_autoencoders,", *lines, "}"])


def edition(root: Path) -> Edition:
    """Return what CITATION.cff in a folder says."""
    citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    authors = " and ".join(author["name"] for author in citation["authors"])
    return Edition(citation["title"], authors, citation["version"], citation["date-released"])


def pages_address(root: Path) -> str:
    """Return the address of the published pages; an empty text while nobody has set one."""
    address = set_address.current(root)
    return "" if address.owner == set_address.PLACEHOLDER else address.pages


def description(doctree: nodes.document) -> str:
    """Return a page's first paragraph without formulae, as far as whole sentences fit."""
    for paragraph in doctree.findall(nodes.paragraph):
        if _is_aside(paragraph) or any(paragraph.findall(_is_formula)):
            continue
        text = " ".join(paragraph.astext().split())
        if len(text) >= SHORTEST:
            return shortened(text)
    return ""


def _is_formula(node: nodes.Node) -> bool:
    return isinstance(node, nodes.math | nodes.math_block)


def _is_aside(node: nodes.Node) -> bool:
    """Return whether a part of a page is no running text: a caption, a list, an output, a door."""
    while node.parent is not None:
        node = node.parent
        if isinstance(node, ASIDE) or {"live", "cell", "doors"} & set(node.get("classes", ())):
            return True
    return False


def shortened(text: str) -> str:
    """Return the whole sentences that fit into a description, or as many words of the first."""
    if len(text) <= LONGEST:
        return text
    ends = [match.end() for match in re.finditer(r"[.!?](?= )", text) if match.end() <= LONGEST]
    if ends and ends[-1] >= SHORTEST:
        return text[: ends[-1]]
    return text[:LONGEST].rsplit(" ", 1)[0].rstrip(",;:.") + "…"


def picture(doctree: nodes.document) -> tuple[str, str]:
    """Return the file of the first photograph or plot on a page and its text, or the book's."""
    for image in doctree.findall(nodes.image):
        file = Path(image["uri"]).name
        if file.endswith((".png", ".jpg")) and image.get("alt"):
            return f"_images/{file}", image["alt"]
    return CARD


def tags(values: dict[str, str]) -> str:
    """Return the meta elements with these names or properties and contents."""
    lines = []
    for name, content in values.items():
        kind = "property" if name.startswith("og:") else "name"
        lines.append(f'<meta {kind}="{name}" content="{escape(content)}" />')
    return "\n".join(lines)


def add_metadata(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    """Add a page's description, its link preview and the version of the book."""
    root, base, book = app.config.root_doc, app.config.html_baseurl, edition(Path(app.srcdir))
    cite = ("" if pagename == root else context["pathto"](root)) + "#how-to-cite"
    context["theme_extra_footer"] = (
        f"{app.config.html_theme_options.get('extra_footer', '')}\n<p>Version {book.version}, "
        f'{book.day}. <a href="{escape(cite)}">How to cite this book</a></p>'
    )
    if doctree is None:
        context["pageurl"] = None
        context["metatags"] = context.get("metatags", "") + tags({"robots": "noindex"})
        if pagename == "404" and base:
            path = re.sub(r"https://[^/]+", "", base)
            context["metatags"] = BASE.format(path=path) + context["metatags"]
        return
    about = description(doctree)
    if not about:
        LOGGER.warning("no paragraph of this page can be its description", location=pagename)
    title = unescape(re.sub(r"<[^>]+>", "", context["title"]))
    values = {
        "description": about,
        "og:title": title,
        "og:description": about,
        "og:type": "website" if pagename == root else "article",
        "og:site_name": book.title,
        "twitter:card": "summary",
    }
    if base:
        if pagename == root:
            context["pageurl"] = base
        file, alt = CARD if pagename == root else picture(doctree)
        values |= {
            "twitter:card": "summary_large_image",
            "og:url": context["pageurl"],
            "og:image": base + file,
            "og:image:alt": alt,
        }
    context["metatags"] = context.get("metatags", "") + tags(values)
    if pagename == root:
        context["docstitle"] = ""  # the page's title is the book's: once is enough


def not_found(app: Sphinx) -> Iterator[tuple[str, dict, str]]:
    """Yield the page for addresses that do not exist."""
    yield "404", {"title": "Page not found", "body": NOT_FOUND}, "page.html"


def write_sitemap(app: Sphinx, exception: Exception | None) -> None:
    """Write the list of pages for search engines, if the address of the book is known."""
    if exception or not app.config.html_baseurl or app.builder.name != "html":
        return
    names = sorted(app.env.found_docs, key=lambda name: (name != app.config.root_doc, name))
    files = ["" if name == app.config.root_doc else f"{name}.html" for name in names]
    lines = [f"<url><loc>{escape(app.config.html_baseurl + file)}</loc></url>" for file in files]
    xml = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{}">\n{}\n</urlset>\n'
    text = xml.format("http://www.sitemaps.org/schemas/sitemap/0.9", "\n".join(lines))
    (Path(app.outdir) / "sitemap.xml").write_text(text, encoding="utf-8")


def open_doors(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Let a link with the class `colab` open the first chapter in Colab, if that can be found.

    On a page it leads to what the book says about Colab, which is right in every copy.
    """
    if not app.config.html_baseurl:
        return
    root = Path(app.srcdir)
    target = set_address.current(root).colab(toc.notebooks(root)[0])
    for link in doctree.findall(nodes.reference):
        if any("colab" in part.get("classes", ()) for part in link.findall(nodes.Element)):
            link["refuri"], link["internal"] = target, False


class HowToCite(SphinxDirective):
    """The directive that shows the book as a BibTeX entry."""

    def run(self) -> list[nodes.Node]:
        root = Path(self.env.srcdir)
        self.env.note_dependency(str(root / "CITATION.cff"))
        self.env.note_dependency(str(root / "_config.yml"))
        text = edition(root).bibtex(self.config.html_baseurl)
        return [nodes.literal_block(text, text, language="bibtex")]


class FromCitation(SphinxRole):
    """The role that shows the `version`, the `date` or the `authors` of the book."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        root = Path(self.env.srcdir)
        self.env.note_dependency(str(root / "CITATION.cff"))
        book = edition(root)
        values = {"version": book.version, "date": book.day, "authors": book.authors}
        if self.text not in values:
            error = f"an edition has {', '.join(values)}, but no {self.text}"
            return [], [self.inliner.reporter.error(error, line=self.lineno)]
        return [nodes.Text(values[self.text])], []


def configure(app: Sphinx, config: Config) -> None:
    """Tell Sphinx and the theme the address, if it is known; a `baseurl` in _config.yml wins."""
    config.html_baseurl = config.html_baseurl or pages_address(Path(app.srcdir))
    config.html_theme_options["use_edit_page_button"] = bool(config.html_baseurl)


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.add_directive("how-to-cite", HowToCite)
    app.add_role("edition", FromCitation())
    app.connect("config-inited", configure)
    app.connect("doctree-resolved", open_doors)
    app.connect("html-collect-pages", not_found)
    app.connect("html-page-context", add_metadata, priority=900)
    app.connect("build-finished", write_sitemap)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
