"""The PDF edition: pages in order, bookmarks, numbers in the contents, solutions at the end."""

import re
from pathlib import Path
from typing import Any

import pytest

from tools import pdf, toc

PAGE = """<html><head><link rel="stylesheet" href="../_static/book.css"></head><body>
<article class="bd-article"><section id="{name}">
<h1>{title}<a class="headerlink" href="#{name}">#</a></h1>
<p id="here">First words of {title}. <a href="{other}.html#here">The other</a>,
<a href="#here">this</a>, <a href="../missing.html">no page</a>,
<a href="https://x.org">elsewhere</a>.</p>
<div class="cell tag_hide-input"><details class="hide"><summary>Show the code</summary>
<pre>plumbing of {name}</pre></details>
<div class="cell_output"><pre>output of {name}</pre></div></div>
<details><summary>In other words</summary><p>No exercise in {name}.</p></details>
<section id="check-yourself"><h2>Check yourself</h2><p><strong>1.</strong> Which?</p>
<details><summary>The first</summary><p>Not quite: no.</p></details>
<details><summary>The second of {name}</summary><p>Right: because of {name}.</p></details>
</section>
<section id="exercises"><h2>Exercises</h2><section id="one"><h3>1. Try {title}</h3>
<p>What is asked in {name}?</p>
<div class="cell tag_hide-cell"><details class="hide"><summary>Show the content</summary>
<pre>solution of {name}</pre></details></div>
<details><summary>Show the explanation</summary><p>reason of {name}</p></details>
</section></section>
</section></article></body></html>"""
TITLES = {"chapters/a": "Chapter A", "chapters/b": "Chapter B"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A built book of two small pages."""
    html = tmp_path / "html"
    (html / "chapters").mkdir(parents=True)
    (html / "_static").mkdir()
    style = (toc.ROOT / "_assets" / "book.css").read_text(encoding="utf-8")
    (html / "_static" / "book.css").write_text(style, encoding="utf-8")
    for (page, title), other in zip(TITLES.items(), "ba"):
        text = PAGE.format(name=page[-1], title=title, other=other)
        (html / f"{page}.html").write_text(text, encoding="utf-8")
    return html


@pytest.fixture
def wanted() -> list[pdf.Part]:
    """Both pages, the second in a part with a heading."""
    return [pdf.Part("", ["chapters/a"]), pdf.Part("Part II", ["chapters/b"])]


@pytest.fixture
def edition(folder: Path, wanted: list[pdf.Part], tmp_path: Path) -> pdf.Edition:
    """The two pages in one document."""
    return pdf.Edition(folder, wanted, tmp_path / "pdf" / "book.pdf")


def test_the_parts_hold_every_page_of_the_book_in_order() -> None:
    assert [page for part in pdf.parts() for page in part.pages] == toc.pages()
    assert [part.caption for part in pdf.parts()][:2] == ["", "Before you start"]


def test_every_link_leads_somewhere_and_no_id_is_there_twice(edition: pdf.Edition) -> None:
    names = [element["id"] for element in edition.soup.find_all(id=True)]
    assert len(names) == len(set(names))
    links = [link["href"] for link in edition.soup.find_all("a", href=True)]
    assert {link[1:] for link in links if link.startswith("#")} <= set(names)
    assert {link for link in links if not link.startswith("#")} == {"https://x.org"}
    first = edition.soup.find(id="chapters-a--here")
    assert first.a["href"] == "#chapters-b--here"
    assert "no page" in first.get_text()


def test_solutions_are_taken_from_their_exercises(edition: pdf.Edition) -> None:
    chapter = edition.soup.find(id="chapters-a--").get_text()
    assert "What is asked in a?" in chapter and "plumbing of a" in chapter
    assert "No exercise in a." in chapter
    for words in ("solution of a", "reason of a", "Right: because of a", "Show the explanation"):
        assert words not in chapter
    assert re.findall(r"(?m)^[AB]\. \w+ \w+", chapter) == ["A. The first", "B. The second"]
    solutions = edition.soup.find(id="solutions--").get_text(" ", strip=True)
    order = ["Solutions", "Chapter A", "Check yourself", "B. Right: because of a."]
    order += ["1. Try Chapter A", "solution of a", "reason of a", "Chapter B", "solution of b"]
    places = [re.sub(r"\s+", " ", solutions).find(words) for words in order]
    assert -1 not in places and places == sorted(places)
    assert not edition.soup.select("#solutions-- details")


def test_the_pdf_has_bookmarks_numbers_and_the_solutions_at_the_end(
    folder: Path, wanted: list[pdf.Part], tmp_path: Path, browser: Any
) -> None:
    pypdf = pytest.importorskip("pypdf")
    target = tmp_path / "pdf" / "book.pdf"
    pdf.write(browser, folder, wanted, target)
    assert [path.name for path in target.parent.iterdir()] == ["book.pdf"]
    reader = pypdf.PdfReader(target)

    def marks(outline: list, depth: int = 0) -> list[tuple[int, str, int]]:
        found = []
        for one in outline:
            if isinstance(one, list):
                found += marks(one, depth + 1)
            else:
                found.append((depth, one.title, reader.get_destination_page_number(one) + 1))
        return found

    assert marks(reader.outline) == [
        (0, "Chapter A", 3),
        (1, "Check yourself", 3),
        (1, "Exercises", 3),
        (0, "Part II", 4),
        (1, "Chapter B", 4),
        (2, "Check yourself", 4),
        (2, "Exercises", 4),
        (0, "Solutions", 5),
        (1, "Chapter A", 5),
        (1, "Chapter B", 5),
    ]
    title, contents, first, second, end = [
        re.sub(r"\s+", " ", page.extract_text()) for page in reader.pages
    ]
    assert "An Introduction to Autoencoders" in title
    assert "Chapter A 3" in contents and "Chapter B 4" in contents and "Solutions 5" in contents
    assert "First words of Chapter A." in first and "First words of Chapter B." in second
    assert "Answers: page 5" in first and "No exercise in a." in first
    assert "output of a" in first and "plumbing of a" not in first
    assert "Solution: page 5" in first and "solution of a" not in first
    assert "solution of a" in end and "solution of b" in end
    assert first.endswith(" 3") and end.endswith(" 5")
    assert reader.metadata.title == "An Introduction to Autoencoders"
    links = [mark.get_object() for page in reader.pages for mark in page.get("/Annots", [])]
    inside = [link["/Dest"].lstrip("/") for link in links if "/Dest" in link]
    assert "chapters-b--here" in inside
    assert set(inside) <= {name.lstrip("/") for name in reader.named_destinations}


def test_without_a_browser_it_says_so_before_it_builds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(pdf, "find_browser", lambda: None)
    monkeypatch.setattr(pdf.book, "main", lambda: pytest.fail("the book was built"))
    assert pdf.main() == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "Chromium" in said and "CHROMIUM" in said


def test_a_book_that_was_not_built_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "find_browser", lambda: "chromium")
    monkeypatch.setattr(pdf.book, "main", lambda: 2)
    assert pdf.main() == 2
