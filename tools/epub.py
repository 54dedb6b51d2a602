"""Put the whole book into one EPUB, _build/epub/an-introduction-to-autoencoders.epub:
python -m tools.epub

The chapters are those of the PDF (tools/pdf.py): in the order of _toc.yml, solutions at the end,
and the code that a page folds stays out. Chromium turns their HTML into the XHTML of an EPUB.
"""

import io
import mimetypes
import re
import sys
import uuid
import zipfile
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import yaml
from bs4 import Tag

from tools import pdf, toc
from tools.pdf import Edition, Part, mark

TARGET = toc.ROOT / "_build" / "epub" / "an-introduction-to-autoencoders.epub"
COVER = "_static/explorer.png"
UNWANTED = "input, nav, .tag_hide-input details.hide"
ATTRIBUTES = ("tabindex", "decoding", "loading", "aria-controls", "aria-selected")
STYLE = """\
body { line-height: 1.5; margin: 1em; }
img, svg { height: auto; max-width: 100%; }
figure { break-inside: avoid; margin: 1em 0; }
figcaption { font-size: 0.9em; }
pre { font-size: 0.8em; overflow-wrap: anywhere; white-space: pre-wrap; }
table { border-collapse: collapse; font-size: 0.9em; }
th, td { border-bottom: 1px solid #999; padding: 0.2em 0.5em; text-align: left; }
.claim { margin: 0.3em 0 0.3em 1.5em; text-indent: -1.5em; }
.claim-numbers, .pdf-solution { font-size: 0.9em; font-style: italic; }
nav ol { list-style: none; padding-left: 1em; }
.pdf-title { text-align: center; }
.pdf-name { font-size: 2em; }
div.math { margin: 0.75em 0; overflow-x: auto; }
"""
CONTAINER = """\
<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/>
</rootfiles></container>
"""
PAGE = """\
<!DOCTYPE html>
<html lang="en"><head><title>{title}</title><link rel="stylesheet" href="style.css"></head>
<body>{body}</body></html>"""
SERIALIZE = """html => '<?xml version="1.0" encoding="UTF-8"?>\\n' + new XMLSerializer()
  .serializeToString(new DOMParser().parseFromString(html, "text/html"))"""
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same book makes the same file


class Volume(Edition):
    """The pages of the built book as the files of an EPUB."""

    def __init__(self, folder: Path, wanted: list[Part], target: Path) -> None:
        self.media: dict[Path, str] = {}  # a picture's file and its name in the EPUB
        super().__init__(folder, wanted, target)
        self.chapters = {section["id"]: section for section in self.article.select(".pdf-page[id]")}
        places = {
            element["id"]: name
            for name, section in self.chapters.items()
            for element in [section, *section.find_all(id=True)]
        }
        for name, section in self.chapters.items():
            for link in section.select("a[href^='#']"):
                self.lead_to_file(link, name, places)
            for element in section.select("[aria-labelledby], [aria-describedby]"):
                for attribute in ("aria-labelledby", "aria-describedby"):
                    if places.get(element.get(attribute)) != name:
                        element.attrs.pop(attribute, None)
            self.suit(section)
        self.places = places

    def suit(self, section: Tag) -> None:
        """Change what HTML allows and an EPUB does not."""
        for image in section.find_all("img"):
            if not re.match(r"data:|https?:|media/", image["src"]):
                image["src"] = self.name((self.target.parent / image["src"]).resolve())
        for element in section.select("math [displaystyle], math [scriptlevel]"):
            allowed = {"mstyle": ("displaystyle", "scriptlevel"), "mtable": ("displaystyle",)}
            names = {"displaystyle", "scriptlevel"}.difference(allowed.get(element.name, ()))
            style = {one: element.attrs.pop(one) for one in names if element.has_attr(one)}
            if style:
                element.wrap(self.soup.new_tag("mstyle", attrs=style))
        for link in section.select("svg a"):
            title = self.tag("title", text=" ".join(link.get_text(" ").split()))
            link.insert(0, title)
        for drawing in section.select("svg[role]"):
            drawing["role"] = "img"

    @staticmethod
    def lead_to_file(link: Tag, here: str, places: dict[str, str]) -> None:
        """Lead a link to the file where its place is; leave only its text if there is none."""
        place = link["href"][1:]
        if place not in places:
            link.unwrap()
        elif places[place] != here:
            link["href"] = f"{file_of(places[place])}#{place}"

    def read(self, page: str) -> Tag:
        """Return a page without what paper has no use for."""
        found = super().read(page)
        for unwanted in found.select(UNWANTED):
            unwanted.decompose()
        for fold in found.select("details[open]"):
            del fold["open"]  # a guess is worth the tap
        for element in found.find_all(True):
            for name in ATTRIBUTES:
                element.attrs.pop(name, None)
        return found

    def name(self, file: Path) -> str:
        """Return what a picture is called in the EPUB."""
        if file not in self.media:
            taken = set(self.media.values())
            name = f"media/{file.name}"
            if name in taken:
                name = f"media/{len(taken)}-{file.name}"
            self.media[file] = name
        return self.media[file]

    def name_solutions(self) -> None:
        """An EPUB has no numbers of sheets."""

    def title_page(self, config: dict) -> Tag:
        """Return the first page."""
        section = super().title_page(config)
        section["class"], section["id"] = ["pdf-page", "pdf-title"], mark("title")
        return section


def file_of(chapter: str) -> str:
    """Return the file of a chapter, of which the id is known."""
    return f"{chapter.removesuffix('--')}.xhtml"


def contents(outline: list[tuple[int, str, str]], places: dict[str, str]) -> str:
    """Return the list of contents: parts, chapters and sections, nested as deep as they are.

    Args:
        outline: depth from 0, title and id of each, in their order.
        places: the chapter in which an id is.
    """
    lines, depth = ["<ol>"], 0
    for number, (level, title, place) in enumerate(outline):
        level = min(level, depth + 1) if number else 0
        if level > depth:
            lines.append("<ol>")
        elif number:
            lines.append("</li>" + "</ol></li>" * (depth - level))
        depth = level
        lines.append(f'<li><a href="{file_of(places[place])}#{place}">{escape(title)}</a>')
    lines.append("</li>" + "</ol></li>" * depth + "</ol>")
    return "\n".join(lines)


def package(volume: Volume, texts: dict[str, str]) -> str:
    """Return the list of an EPUB's files and what librarians ask.

    Args:
        volume: the book.
        texts: XHTML by the name of its file.
    """
    about = yaml.safe_load((toc.ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    day = about["date-released"]
    identity = uuid.uuid5(uuid.NAMESPACE_URL, f"{volume.title} {about['version']}")
    items, order = [], []
    for number, (name, text) in enumerate(texts.items()):
        traits = [trait for trait in ("svg", "math") if re.search(rf"<{trait}[\s>]", text)]
        traits = ["mathml" if trait == "math" else trait for trait in traits]
        traits += ["nav"] * (name == "contents.xhtml")
        properties = f' properties="{" ".join(traits)}"' if traits else ""
        items.append(
            f'<item id="t{number}" href="{name}" media-type="application/xhtml+xml"{properties}/>'
        )
        order.append(f'<itemref idref="t{number}"/>')
    for number, (file, name) in enumerate(volume.media.items()):
        kind = mimetypes.guess_type(file.name)[0]
        cover = ' properties="cover-image"' if file == volume.folder.resolve() / COVER else ""
        items.append(f'<item id="m{number}" href="{escape(name)}" media-type="{kind}"{cover}/>')
    return f"""\
<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="en">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:{identity}</dc:identifier>
<dc:title>{escape(volume.title)}</dc:title>
<dc:creator>{escape(volume.author)}</dc:creator>
<dc:language>en</dc:language>
<dc:date>{day}</dc:date>
<dc:rights>Text and figures: CC BY 4.0. Code: MIT licence.</dc:rights>
<meta property="dcterms:modified">{day}T00:00:00Z</meta>
</metadata>
<manifest>
<item id="style" href="style.css" media-type="text/css"/>
{chr(10).join(items)}
</manifest>
<spine>
{chr(10).join(order)}
</spine>
</package>
"""


def pages(volume: Volume) -> Iterator[tuple[str, str]]:
    """Yield the name and the HTML of each file of text; the contents come second."""
    for number, (name, section) in enumerate(volume.chapters.items()):
        title = section.find(["h1", "p"]).get_text().strip()
        yield file_of(name), PAGE.format(title=escape(title), body=section)
        if number == 0:
            listed = contents(volume.outline, volume.places)
            body = f'<nav epub:type="toc" id="toc"><h1>Contents</h1>{listed}</nav>'
            yield "contents.xhtml", PAGE.format(title="Contents", body=body)


def write(browser: Any, folder: Path, wanted: list[Part], target: Path) -> None:
    """Put pages of the built book into one EPUB.

    Args:
        browser: Chromium, as playwright gives it.
        folder: the built book.
        wanted: the parts, with their pages.
        target: the EPUB to write.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    volume = Volume(folder, wanted, target)
    if (folder / COVER).is_file():
        volume.name((folder / COVER).resolve())
    tab = browser.new_page()
    try:
        texts = {name: tab.evaluate(SERIALIZE, html) for name, html in pages(volume)}
    finally:
        tab.close()
    prefix = 'xmlns:epub="http://www.idpf.org/2007/ops"'
    texts["contents.xhtml"] = texts["contents.xhtml"].replace("<html ", f"<html {prefix} ", 1)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name: str, content: str | bytes, kind: int = zipfile.ZIP_DEFLATED) -> None:
            archive.writestr(zipfile.ZipInfo(name, LONG_AGO), content, kind)

        add("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        add("META-INF/container.xml", CONTAINER)
        add("book.opf", package(volume, texts))
        add("style.css", STYLE)
        for name, text in texts.items():
            add(name, text)
        for file, name in volume.media.items():
            add(name, file.read_bytes())
    target.write_bytes(made.getvalue())


def main() -> int:
    """Build the book and put it into an EPUB; return the exit status."""
    return pdf.made("The EPUB", write, TARGET)


if __name__ == "__main__":
    sys.exit(main())
