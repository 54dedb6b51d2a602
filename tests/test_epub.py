"""The EPUB: all files are there, links lead somewhere, and the XML can be parsed."""

import re
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from pages import Book
from test_pdf import folder, wanted  # noqa: F401  (a small built book, and its parts)

from tools import epub, pdf, toc

OPF = "{http://www.idpf.org/2007/opf}"
XHTML = "{http://www.w3.org/1999/xhtml}"
MATH = "{http://www.w3.org/1998/Math/MathML}"


def files(made: Path) -> dict[str, bytes]:
    """Return what is in an EPUB."""
    with zipfile.ZipFile(made) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def complaints(made: Path) -> list[str]:
    """Return what is wrong with an EPUB."""
    with zipfile.ZipFile(made) as archive:
        first = archive.infolist()[0]
    content = files(made)
    found = []
    if (first.filename, first.compress_type) != ("mimetype", zipfile.ZIP_STORED):
        found.append("the file `mimetype` is not the first, or compressed")
    package = ElementTree.fromstring(content["book.opf"])
    items = {item.get("href"): item for item in package.iter(f"{OPF}item")}
    listed = {"mimetype", "META-INF/container.xml", "book.opf", *items}
    found += [f"listed, or there, but not both: {name}" for name in listed ^ set(content)]
    found += [
        f"{name} has no kind" for name, item in items.items() if "/" not in item.get("media-type")
    ]
    texts = {name: content[name] for name in items if name.endswith(".xhtml")}
    trees = {name: ElementTree.fromstring(text) for name, text in texts.items()}  # well-formed
    ids = {
        name: [one.get("id") for one in tree.iter() if one.get("id")]
        for name, tree in trees.items()
    }
    for name, tree in trees.items():
        found += [f"{name}: an id twice"] * (len(ids[name]) != len(set(ids[name])))
        for element in tree.iter():
            tag = element.tag.split("}")[-1]
            address = element.get("href") or element.get("src") or ""
            if tag in ("script", "input", "button"):
                found.append(f"{name} has a {tag}")
            if not address or re.match(r"https?:|data:|mailto:", address):
                continue
            file, place = urldefrag(address)
            if (file or name) not in content or (place and place not in ids[file or name]):
                found.append(f"{name} leads to {address}")
        has_math = any(one.tag == f"{MATH}math" for one in tree.iter())
        if has_math != ("mathml" in items[name].get("properties", "")):
            found.append(f"{name}: formulas that the list does not announce, or none that it does")
    return found


@pytest.fixture
def made(folder: Path, wanted: list[pdf.Part], tmp_path: Path, browser: Any) -> Path:  # noqa: F811
    """The EPUB of two small pages."""
    target = tmp_path / "epub" / "book.epub"
    epub.write(browser, folder, wanted, target)
    return target


@pytest.fixture(autouse=True)
def with_logo(folder: Path) -> None:  # noqa: F811
    """The small book has the picture of its title page."""
    logo = toc.ROOT / "_assets" / "logo.svg"
    (folder / "_static" / "logo.svg").write_bytes(logo.read_bytes())


def test_nothing_is_missing_and_every_link_leads_somewhere(made: Path) -> None:
    assert complaints(made) == []
    names = list(files(made))
    assert names[:3] == ["mimetype", "META-INF/container.xml", "book.opf"]
    order = [
        "title.xhtml",
        "contents.xhtml",
        "chapters-a.xhtml",
        "chapters-b.xhtml",
        "solutions.xhtml",
    ]
    assert [name for name in names if name.endswith(".xhtml")] == order


def test_chapters_have_their_text_and_links_and_no_plumbing(made: Path) -> None:
    page = files(made)["chapters-a.xhtml"].decode()
    assert "First words of Chapter A" in page and "output of a" in page
    assert "plumbing of a" not in page and "solution of a" not in page
    assert 'href="chapters-b.xhtml#chapters-b--here"' in page
    assert 'href="#chapters-a--here"' in page and 'href="https://x.org"' in page
    solutions = files(made)["solutions.xhtml"].decode()
    assert "solution of b" in solutions and "reason of b" in solutions


def test_the_contents_are_nested_by_part_chapter_and_section(made: Path) -> None:
    listed = ElementTree.fromstring(files(made)["contents.xhtml"])
    nav = next(listed.iter(f"{XHTML}nav"))
    assert nav.get("{http://www.idpf.org/2007/ops}type") == "toc"
    outer = [one.find(f"{XHTML}a").text for one in nav.find(f"{XHTML}ol")]
    assert outer == ["Chapter A", "Part II", "Solutions"]
    places = {"x": "a--", "y": "a--", "z": "b--"}
    outline = [(0, "A", "x"), (1, "A & 1", "y"), (2, "deep", "y"), (0, "B", "z")]
    made_list = epub.contents(outline, places)
    assert "A &amp; 1" in made_list and 'href="b.xhtml#z"' in made_list
    tree = ElementTree.fromstring(made_list)
    assert [one.find("a").text for one in tree] == ["A", "B"]
    assert [one.text for one in tree[0].iter("a")] == ["A", "A & 1", "deep"]
    assert len(tree[1].findall("ol")) == 0


def test_the_same_book_makes_the_same_file(
    made: Path,
    folder: Path,  # noqa: F811
    wanted: list[pdf.Part],  # noqa: F811
    browser: Any,
) -> None:
    before = made.read_bytes()
    epub.write(browser, folder, wanted, made)
    assert made.read_bytes() == before


def test_formulas_keep_to_what_readers_know(
    folder: Path,  # noqa: F811
    wanted: list[pdf.Part],  # noqa: F811
    tmp_path: Path,
) -> None:
    page = folder / "chapters" / "a.html"
    formula = '<math><mfrac displaystyle="true"><mi>a</mi><mi>b</mi></mfrac></math>'
    page.write_text(page.read_text("utf-8").replace("First words", f"{formula} First"), "utf-8")
    volume = epub.Volume(folder, wanted, tmp_path / "epub" / "book.epub")
    fraction = volume.article.select_one("mfrac")
    assert not fraction.has_attr("displaystyle")
    assert fraction.parent.name == "mstyle" and fraction.parent["displaystyle"] == "true"


def test_faults_are_found(made: Path) -> None:
    def spoilt(name: str, before: str, after: str) -> list[str]:
        content = files(made)
        content[name] = content[name].decode().replace(before, after).encode()
        with zipfile.ZipFile(made.with_name("spoilt.epub"), "w") as archive:
            for file, text in content.items():
                archive.writestr(file, text)
        return complaints(made.with_name("spoilt.epub"))

    assert spoilt("style.css", "", "") == []
    assert "leads to" in spoilt("chapters-a.xhtml", "#chapters-b--here", "#nowhere")[0]
    assert "not both" in spoilt("book.opf", 'href="style.css"', 'href="other.css"')[0]
    assert "script" in spoilt("chapters-a.xhtml", "</body>", "<script></script></body>")[0]
    with pytest.raises(ElementTree.ParseError):
        spoilt("chapters-a.xhtml", "</body>", "<br></body>")


def test_chapters_of_the_book_make_an_epub(book: Book, browser: Any, tmp_path: Path) -> None:
    chosen = [pdf.Part("", ["index"]), pdf.Part("A part", ["chapters/elbo", "chapters/denoising"])]
    target = tmp_path / "book.epub"
    epub.write(browser, book.folder, chosen, target)
    assert complaints(target) == []
    content = files(target)
    page = BeautifulSoup(content["chapters-elbo.xhtml"].decode(), "html.parser")
    assert len(page.select("math")) > 100
    assert len(page.select("figure img, figure svg")) > 5
    assert "cover-image" in content["book.opf"].decode()
    assert target.stat().st_size < 5_000_000
