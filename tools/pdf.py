"""Print the whole book into one PDF, _build/pdf/an-introduction-to-autoencoders.pdf:
python -m tools.pdf

The pages are put together in the order of _toc.yml, after a title page and a list of contents, and
Chromium prints them. The solutions of the exercises are at the end, by chapter and exercise.
"""

import copy
import os
import posixpath
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urlsplit

import yaml
from bs4 import BeautifulSoup, Tag

from tools import book, set_address, toc
from tools.browser import FLAGS, find_browser

HTML = toc.ROOT / "_build" / "html"
TARGET = toc.ROOT / "_build" / "pdf" / "an-introduction-to-autoencoders.pdf"
NO_BROWSER = (
    "{} is made with Chromium or Chrome, and none was found: install one (on Debian and "
    "Ubuntu: apt install chromium), or name its program in the variable CHROMIUM."
)
PATIENCE = 600_000  # milliseconds: the document has hundreds of sheets
MOST_RUNS = 3  # the first finds the numbers of the sheets, the second prints them
FOLDED = ".tag_hide-cell, details:not(.hide)"  # how a page hides what solves an exercise
HEADING = re.compile("^h[1-6]$")
EXERCISE = re.compile("exercise|solution", re.IGNORECASE)
FOOTER = """<div style="width: 100%; text-align: center; font: 8pt sans-serif; color: #555">
<span class="pageNumber"></span></div>"""
STYLE = """
.pdf-page { break-before: page; }
.pdf-title { padding-top: 30%; text-align: center; }
.pdf-title img { height: 6rem; }
.pdf-title .pdf-name { font-size: 2.75rem; font-weight: 600; line-height: 1.2; margin: 2rem 0; }
.pdf-contents { columns: 2; column-gap: 2.5rem; }
.pdf-contents h1 { column-span: all; }
.pdf-contents p { display: flex; gap: 1rem; margin: 0.15rem 0; break-inside: avoid; }
.pdf-contents p > a { flex: 1; color: inherit; text-decoration: none; }
.pdf-contents span { min-width: 2rem; text-align: right; }
.pdf-contents .pdf-part { font-weight: 600; margin-top: 1rem; break-after: avoid; }
.pdf-contents .pdf-chapter { margin-top: 0.5rem; }
.pdf-contents .pdf-section { font-size: 0.85rem; padding-left: 1.5rem; }
.pdf-solution { font-size: 0.85rem; font-style: italic; }
"""
# book.js is for the addresses of links.
FRAME = """<!DOCTYPE html>
<html lang="en" data-theme="light" data-mode="light">
<head><meta charset="utf-8"><title></title><style></style></head>
<body><div class="bd-content"><div class="bd-article-container"><article class="bd-article">
</article></div></div></body></html>"""


class Part:
    """A heading of _toc.yml with its pages."""

    def __init__(self, caption: str, pages: list[str]) -> None:
        self.caption = caption
        self.pages = pages


def parts(root: Path = toc.ROOT) -> list[Part]:
    """Return the parts of the book; the first has no heading, only the first page."""
    text = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    found = [Part("", [text["root"]])]
    for part in text["parts"]:
        found.append(Part(part["caption"], [chapter["file"] for chapter in part["chapters"]]))
    return found


def mark(page: str, name: str = "") -> str:
    """Return what an id of a page is called in the whole book."""
    return f"{page.replace('/', '-')}--{name}"


class Edition:
    """The pages of the built book in one document."""

    def __init__(self, folder: Path, wanted: list[Part], target: Path) -> None:
        self.folder = folder
        self.target = target
        self.pages = [page for part in wanted for page in part.pages]
        self.soup = BeautifulSoup(FRAME, "html.parser")
        self.article = self.soup.article
        self.solutions: dict[str, list[Tag]] = {}
        self.outline: list[tuple[int, str, str]] = []  # depth, title, where it leads
        config = yaml.safe_load((toc.ROOT / "_config.yml").read_text(encoding="utf-8"))
        self.title, self.author = config["title"], config["author"]
        self.soup.title.string = self.title
        self.soup.style.string = STYLE
        contents = self.tag("section", "pdf-page pdf-contents")
        self.article.extend([self.title_page(config), contents])
        for page in self.pages:
            self.article.append(self.read(page))
        self.add_solutions()
        self.add_contents(contents, wanted)
        self.name_solutions()

    def tag(self, name: str, classes: str = "", text: str = "", **attributes: str) -> Tag:
        """Return a new element."""
        made = self.soup.new_tag(name, attrs=attributes)
        if classes:
            made["class"] = classes.split()
        if text:
            made.string = text
        return made

    def place(self, page: str, address: str) -> str:
        """Return the address of a file, given from a page, as seen from the document."""
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(address)))
        relative = os.path.relpath(self.folder / path.split("?")[0], self.target.parent)
        return Path(relative).as_posix()

    def title_page(self, config: dict) -> Tag:
        """Return the first sheet."""
        section = self.tag("section", "pdf-title")
        logo = self.place("", f"_static/{Path(config['logo']).name}")
        section.append(self.tag("img", src=logo, alt=""))
        section.append(self.tag("p", "pdf-name", config["title"]))
        section.append(self.tag("p", text=config["author"]))
        section.append(self.tag("p", text=f"© {config['copyright']}. Text and figures: CC BY 4.0."))
        address = set_address.current()
        if address.owner != set_address.PLACEHOLDER:
            section.append(self.tag("p", text=address.url))
        return section

    def read(self, page: str) -> Tag:
        """Return a page, with ids and addresses that hold in the whole book."""
        html = (self.folder / f"{page}.html").read_text(encoding="utf-8")
        soup = BeautifulSoup(html, "html.parser")
        self.take_sheets(page, soup)
        found = soup.select_one("article")
        found.name = "section"
        found["class"] = ["pdf-page"]
        found["id"] = mark(page)
        for unwanted in found.select("script, a.headerlink, button"):
            unwanted.decompose()
        for element in found.find_all(id=True):
            if element is not found:
                element["id"] = mark(page, element["id"])
        for element in found.find_all(True):
            for name in ("aria-labelledby", "aria-describedby", "for"):
                if element.has_attr(name):
                    element[name] = mark(page, element[name])
        for image in found.find_all("img"):
            if not re.match(r"data:|https?:", image["src"]):
                image["src"] = self.place(page, image["src"])
            image.attrs.pop("loading", None)
        for link in found.find_all("a", href=True):
            self.lead(page, link)
        self.take_answers(page, found)
        self.take_solutions(page, found)
        for fold in found.select("details:not(.hide)"):
            fold["open"] = ""
        return found

    def take_sheets(self, page: str, soup: BeautifulSoup) -> None:
        """Load the style sheets and scripts of a page that paper needs, once."""
        for sheet in soup.select("link[rel=stylesheet]"):
            address = self.place(page, sheet["href"])
            if not self.soup.find("link", href=address):
                self.soup.style.insert_before(self.tag("link", rel="stylesheet", href=address))
        for script in soup.select("script[src*='book.js']"):
            address = self.place(page, script["src"])
            if not self.soup.find("script", src=address):
                self.soup.head.append(self.tag("script", src=address, defer=""))

    def lead(self, page: str, link: Tag) -> None:
        """Lead a link to its place in the document; leave only its text if it has none there."""
        address, name = urldefrag(link["href"])
        if urlsplit(address).scheme or link["href"].startswith("//"):
            return
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(address)))
        other = posixpath.splitext(path)[0] if address else page
        if other in self.pages and (not address or path.endswith(".html")):
            link["href"] = f"#{mark(other, unquote(name))}"
        else:
            link.unwrap()

    def take_answers(self, page: str, found: Tag) -> None:
        """Print the options of each question with letters; move the reasons to the solutions."""
        section = found.find(id=mark(page, "check-yourself"))
        if section is None:
            return
        answers = self.tag("ol")
        letter = 0
        for option in section.find_all("details", recursive=False):
            before = option.find_previous_sibling(True)
            letter = letter + 1 if before is not None and before.get("data-letter") else 0
            summary = option.summary.extract()
            reason = option.get_text().strip()
            sign = chr(ord("A") + letter)
            if reason.startswith("Right:"):
                answer = self.tag("li")
                answer.append(self.tag("strong", text=f"{sign}. "))
                answer.extend([copy.copy(child) for child in option.contents])
                answers.append(answer)
            line = self.tag("p", "pdf-option", f"{sign}. ", **{"data-letter": sign})
            line.extend(list(summary.contents))
            option.replace_with(line)
        if answers.contents:
            self.keep(page, section, [answers], "Answers")

    def take_solutions(self, page: str, found: Tag) -> None:
        """Move what solves an exercise from the page to the solutions."""
        for section in found.find_all("section"):
            titles = [one.find(HEADING) for one in [section, *section.find_parents("section")]]
            if not any(title and EXERCISE.search(title.get_text()) for title in titles):
                continue
            folded = [
                one for one in section.find_all(True, recursive=False) if one.css.match(FOLDED)
            ]
            for one in folded:
                for summary in one.find_all("summary"):
                    summary.decompose()
                for fold in [*one.find_all("details"), *[one] * (one.name == "details")]:
                    fold.name = "div"
                one.extract()
            if folded:
                self.keep(page, section, folded)

    def keep(self, page: str, section: Tag, parts: list[Tag], name: str = "Solution") -> None:
        """Keep the solution of an exercise, and say on its page where it is printed."""
        number = len(self.solutions.setdefault(page, [])) + 1
        place = mark(page, f"solution-{number}")
        line = self.tag("p", "pdf-solution")
        line.append(self.tag("a", text=name, href=f"#{place}"))
        section.append(line)
        solution = self.tag("section", id=place)
        heading = self.tag("h3", text=section.find(HEADING).get_text())
        solution.extend([heading, *parts])
        self.solutions[page].append(solution)

    def add_solutions(self) -> None:
        """Print all solutions as the last chapter."""
        if not self.solutions:
            return
        chapter = self.tag("section", "pdf-page", id=mark("solutions"))
        chapter.append(self.tag("h1", text="Solutions"))
        for page, found in self.solutions.items():
            title = self.article.find(id=mark(page)).h1.get_text()
            part = self.tag("section", id=mark("solutions", page.replace("/", "-")))
            part.extend([self.tag("h2", text=title), *found])
            chapter.append(part)
        self.article.append(chapter)

    def add_contents(self, contents: Tag, wanted: list[Part]) -> None:
        """List parts, chapters and sections, each with a place for the number of its sheet."""
        contents.append(self.tag("h1", text="Contents"))
        for part in wanted:
            if part.caption:
                contents.append(self.tag("p", "pdf-part", part.caption))
                self.outline.append((0, part.caption, mark(part.pages[0])))
            for page in part.pages:
                self.add_lines(contents, page, 1 if part.caption else 0)
        if self.solutions:
            contents.append(self.tag("p", "pdf-part", "At the end"))
            self.add_lines(contents, "solutions", 0)

    def add_lines(self, contents: Tag, page: str, depth: int) -> None:
        """List a chapter and its sections."""
        chapter = self.article.find(id=mark(page))
        self.add_line(contents, "pdf-chapter", chapter, depth)
        for heading in chapter.find_all("h2"):
            self.add_line(contents, "pdf-section", heading.find_parent("section"), depth + 1)

    def add_line(self, contents: Tag, classes: str, section: Tag, depth: int) -> None:
        """Add a line with a link, and a place for the number of the sheet that it leads to."""
        name = section["id"]
        text = " ".join(section.find(HEADING).get_text().split())
        self.outline.append((depth, text, name))
        line = self.tag("p", classes)
        line.append(self.tag("a", text=text, href=f"#{name}"))
        line.append(self.tag("span", **{"data-sheet": name}))
        contents.append(line)

    def name_solutions(self) -> None:
        """Let the line below an exercise have a place for a number, too."""
        for link in self.article.select(".pdf-solution > a"):
            link.insert_after(": page ", self.tag("span", **{"data-sheet": link["href"][1:]}))


FILL = """numbers => document.querySelectorAll("[data-sheet]").forEach(place => {
  place.textContent = numbers ? numbers[place.dataset.sheet] : "000";
})"""


def sheets(pdf: Path) -> dict[str, int]:
    """Return the number of the sheet, from 1, that each name in a PDF leads to."""
    from pypdf import PdfReader

    reader = PdfReader(pdf)
    places = reader.named_destinations.items()
    return {
        name.lstrip("/"): reader.get_destination_page_number(place) + 1 for name, place in places
    }


def finish(pdf: Path, edition: Edition, numbers: dict[str, int]) -> None:
    """Give a PDF its bookmarks, title and author."""
    from pypdf import PdfWriter

    writer = PdfWriter(clone_from=pdf)
    writer.add_metadata({"/Title": edition.title, "/Author": edition.author})
    above: dict[int, Any] = {}
    for depth, text, name in edition.outline:
        above[depth] = writer.add_outline_item(
            title=text, page_number=numbers[name] - 1, parent=above.get(depth - 1)
        )
    writer.page_mode = "/UseOutlines"
    writer.write(pdf)


def write(browser: Any, folder: Path, wanted: list[Part], target: Path) -> None:
    """Print pages of the built book into one PDF.

    Args:
        browser: Chromium, as playwright gives it.
        folder: the built book.
        wanted: the parts to print, with their pages.
        target: the PDF to write.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    source = target.with_suffix(".html")
    edition = Edition(folder, wanted, target)
    source.write_text(str(edition.soup), encoding="utf-8")
    tab = browser.new_page()
    tab.set_default_timeout(PATIENCE)
    try:
        tab.goto(source.as_uri())  # returns when all pictures are loaded
        tab.evaluate("() => document.fonts.ready.then(() => null)")
        options = {
            "path": target,
            "prefer_css_page_size": True,
            "display_header_footer": True,
            "header_template": "<span></span>",
            "footer_template": FOOTER,
            "tagged": True,
        }
        numbers: dict[str, int] = {}
        for _ in range(MOST_RUNS):
            tab.evaluate(FILL, numbers or None)
            tab.pdf(**options)
            before, numbers = numbers, sheets(target)
            if before == numbers:
                break
    finally:
        tab.close()
    finish(target, edition, numbers)
    source.unlink()


def made(what: str, write: Callable[..., None], target: Path) -> int:
    """Build the book, make one file of all its pages, and say where it is.

    Args:
        what: what the file is called in what is printed.
        write: makes it from a browser, the built book, its parts and the file's path.
        target: the file.

    Returns:
        The exit status.
    """
    program = find_browser()
    if program is None:
        print(NO_BROWSER.format(what), file=sys.stderr)
        return 1
    if status := book.main():
        return status
    from playwright.sync_api import sync_playwright

    print(f"{what} is being made of all chapters (minutes).", flush=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        write(browser, HTML, parts(), target)
        browser.close()
    print(f"{what} is ready: {target}")
    return 0


def main() -> int:
    """Build the book and print it; return the exit status."""
    return made("The PDF", write, TARGET)


if __name__ == "__main__":
    sys.exit(main())
