"""Writes the slides of a page of the built book, with all that they need, into a folder."""

import posixpath
import re
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml
from bs4 import BeautifulSoup, Tag

from tools import set_address, toc
from tools.drawings import resolved
from tools.slides.pick import Column, Slide, columns, tag

HERE = Path(__file__).parent
OWN = ("slides.css", "slides.js", "reveal/reveal.js", "reveal/reveal.css", "reveal/notes.js")
LICENCE = "reveal/LICENSE"
SHEETS = ("pygments.css", "live/live.css", "book.css")  # the book's, as far as slides need them
SCRIPTS = r"/live/"
FRAME = """<!DOCTYPE html>
<html lang="en" data-theme="light" data-mode="light">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title></title></head>
<body><div class="reveal"><div class="slides"></div></div></body></html>"""


class Deck:
    """The slides of one page."""

    def __init__(self, folder: Path, page: str, target: Path) -> None:
        self.folder = folder
        self.page = page
        self.target = target
        text = (folder / f"{page}.html").read_text(encoding="utf-8")
        self.source = BeautifulSoup(text, "html.parser")
        self.columns = columns(self.source.article)
        self.soup = BeautifulSoup(FRAME, "html.parser")
        self.config = yaml.safe_load((toc.ROOT / "_config.yml").read_text(encoding="utf-8"))

    def write(self) -> Path:
        """Write the file with the slides, and copy what it needs; return the file."""
        self.add_title()
        slides = self.soup.select_one(".slides")
        for column in self.columns:
            slides.append(self.column(column))
        self.plain_links()
        self.copy_pictures()
        self.add_head()
        made = self.target / f"{posixpath.basename(self.page)}.html"
        made.write_text(str(self.soup), encoding="utf-8")
        return made

    def add_title(self) -> None:
        """Complete the title slide."""
        first = self.columns[0][0]
        self.soup.title.string = f"{first.title.get_text()} - {self.config['title']}"
        first.title.name = "h1"
        words = f"{self.config['title']} · {self.config['author']}"
        licence = f"© {self.config['copyright']}. Text and figures: CC BY 4.0."
        address = set_address.current()
        if address.owner != set_address.PLACEHOLDER:
            licence += f" {address.pages}{self.page}.html"
        first.parts += [tag("p", line, **{"class": "byline"}) for line in (words, licence)]

    def column(self, column: Column) -> Tag:
        """Return the slides of a section, the first above the others."""
        made = [self.slide(one) for one in column]
        return made[0] if len(made) == 1 else tag("section", made)

    def slide(self, slide: Slide) -> Tag:
        """Return one slide, with its notes."""
        box = tag("div", [slide.title, *slide.parts], **{"class": "box"})
        notes = tag("aside", slide.notes, **{"class": "notes"})
        section = tag("section", [box, notes], **{"class": f"slide-{slide.kind}"})
        for element in section.select("[id]:not(svg *):not(svg)"):
            del element["id"]
        for unwanted in section.select("a.headerlink, button, script"):
            unwanted.decompose()
        for drawing in section.select("figure.diagram > svg"):
            drawing.replace_with(BeautifulSoup(resolved(str(drawing)), "html.parser"))
        return section

    def plain_links(self) -> None:
        """Leave the words of links within the book, which may not lie beside the slides."""
        for link in self.soup.select(".slides a"):
            if not urlsplit(link.get("href", link.get("xlink:href", ""))).scheme:
                link.name = "g" if link.find_parent("svg") else "span"
                link.attrs = {"class": link.get("class", [])}

    def place(self, address: str) -> str:
        """Return where a file that the page names lies in the built book."""
        path = unquote(urlsplit(address).path)
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.page), path))

    def keep(self, name: str) -> str:
        """Copy a file of the built book; return its address, as seen from the slides."""
        made = self.target / "files" / name
        made.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.folder / name, made)
        return f"files/{name}"

    def keep_sheet(self, name: str) -> str:
        """Copy a style sheet and its fonts; return its address, as seen from the slides."""
        css = (self.folder / name).read_text("utf-8")
        for font in re.findall(r"url\(\"?([^\"):]+\.woff2?)", css):
            self.keep(posixpath.normpath(posixpath.join(posixpath.dirname(name), font)))
        return self.keep(name)

    def copy_pictures(self) -> None:
        """Copy the pictures beside the slides."""
        for image in self.soup.select(".slides img"):
            if not re.match(r"data:|https?:", image["src"]):
                image["src"] = self.keep(self.place(image["src"]))
                image.attrs.pop("loading", None)

    def add_head(self) -> None:
        """Add styles and scripts: the page's that slides need, reveal.js, and those of tools."""
        head = self.soup.head
        for name in (*OWN, LICENCE):
            made = self.target / "files" / name
            made.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(HERE / name, made)
        scripts = [script["src"] for script in self.source.select("script[src]")]
        scripts = [one for one in scripts if re.search(SCRIPTS, one)]
        sheets = [name for name in SHEETS if scripts or not name.startswith("live/")]
        wanted = [self.keep_sheet(f"_static/{name}") for name in sheets]
        for address in ("files/reveal/reveal.css", *wanted, "files/slides.css"):
            head.append(tag("link", rel="stylesheet", href=address))
        names = [self.keep(self.place(one)) for one in scripts]
        if any("/live/" in one for one in scripts):
            data = self.folder / "_static" / "live" / "data"
            for file in data.iterdir():
                self.keep(file.relative_to(self.folder).as_posix())
        for address in (*names, "files/reveal/reveal.js", "files/reveal/notes.js"):
            head.append(tag("script", src=address, defer=""))
        head.append(tag("script", src="files/slides.js", defer=""))
