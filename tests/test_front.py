"""The front of the book: landing page, what each page says of itself, version, page for teachers.

The pages are those of tests/test_book.py, built without an address; a small book with an address
is built here. Planted faults show that the checks complain.
"""

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import pytest
import yaml
from pages import NOTEBOOKS, Book, Page
from PIL import Image

from tools import reading_time, set_address, toc

ROOT = toc.ROOT
ADDRESS = set_address.current()
IS_KNOWN = ADDRESS.owner != set_address.PLACEHOLDER
WINDOW = {"width": 1280, "height": 800}
LARGEST_PICTURE = 150_000  # bytes


def extension(name: str) -> ModuleType:
    """Return one of the extensions of the build."""
    folder = str(ROOT / "_ext")
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module(name)


metadata, numbers = extension("page_metadata"), extension("book_numbers")
EDITION = metadata.edition(ROOT)


def content(page: Page, name: str) -> list[str]:
    """Return what the meta elements with this name or property say."""
    found = page.soup.find_all("meta", attrs={"name": name})
    return [tag["content"] for tag in found + page.soup.find_all("meta", property=name)]


# Description, preview, version


def wrong_metadata(page: Page, is_known: bool) -> list[str]:
    """Return what is wrong with what a page says of itself."""
    wrong = []
    for name in ("description", "og:title", "og:description", "og:type", "twitter:card"):
        if len(content(page, name)) != 1:
            wrong.append(f"{page.name} has {len(content(page, name))} times {name}")
    text = "".join(content(page, "description"))
    if not metadata.SHORTEST <= len(text) <= metadata.LONGEST:
        wrong.append(f"{page.name}: a description of {len(text)} characters: {text}")
    if re.search(r"[\\$`{}]|\]\(", text):
        wrong.append(f"{page.name}: markup in the description: {text}")
    absolute = content(page, "og:image") + content(page, "og:url")
    absolute += [link["href"] for link in page.soup.select('link[rel="canonical"]')]
    if is_known and (len(absolute) != 3 or not all(a.startswith("https://") for a in absolute)):
        wrong.append(f"{page.name}: picture, address and canonical link are {absolute}")
    if not is_known and absolute:
        wrong.append(f"{page.name}: the address is not known, and yet there is {absolute}")
    return wrong


def of_the_theme(page: Page) -> list[str]:
    """Return what the theme leaves on a page that should not be there."""
    title = page.soup.title.get_text(strip=True) if page.soup.title else ""
    parts = [part.strip() for part in re.split("[—–]", title)]
    wrong = [f"{page.name}: the title is doubled: {title}"] * (len(set(parts)) < len(parts))
    if page.soup.select("[id*=ethical], [data-ea-publisher]"):
        wrong.append(f"{page.name} has a place for advertisements")
    return wrong


def test_every_page_has_a_description_and_a_preview(book: Book) -> None:
    pages = [book[name] for name in toc.pages()]
    assert [line for page in pages for line in wrong_metadata(page, IS_KNOWN)] == []
    texts = [content(page, "description")[0] for page in pages]
    assert sorted(set(texts)) == sorted(texts)


def test_the_theme_leaves_no_doubled_title_and_no_place_for_advertisements(book: Book) -> None:
    assert [line for page in book.pages for line in of_the_theme(page)] == []


def test_every_page_shows_the_version_and_leads_to_the_citation(book: Book) -> None:
    for page in book.pages:
        footer = page.soup.select_one(".bd-footer-content")
        assert f"Version {EDITION.version}, {EDITION.day}." in footer.get_text(), page.name
        link = footer.find("a", string="How to cite this book")["href"]
        target, anchor = link.split("#")
        there = (page.file.parent / target).resolve() if target else page.file
        assert there == book["index"].file and book["index"].soup.find(id=anchor), page.name


def test_a_page_that_is_not_found_leads_on(book: Book) -> None:
    page = book["404"]
    links = [link["href"] for link in page.article.find_all("a", href=True)]
    assert {"index.html", "index.html#the-chapters", "search.html"} <= set(links)
    assert content(page, "robots") == content(book["search"], "robots") == ["noindex"]
    assert ("<base" in str(page.soup)) == IS_KNOWN
    assert (book.folder / "sitemap.xml").is_file() == IS_KNOWN


def different_versions(citation: str, project: str, changes: str) -> list[str]:
    """Return where the three files that name the version differ."""
    version = str(yaml.safe_load(citation)["version"])
    day: date = yaml.safe_load(citation)["date-released"]
    wrong = []
    if re.search(r'(?m)^version = "(.*?)"', project)[1] != version:
        wrong.append(f"pyproject.toml has another version than {version}")
    heading = re.search(r"(?m)^## (.*)", changes)[1]
    when = "unreleased" if ".dev" in version else f"{day.day} {day:%B %Y}"
    if version.split(".dev")[0] not in heading or when not in heading:
        wrong.append(f"CHANGELOG.md begins with {heading!r}, not with {version}, {when}")
    return wrong


def test_the_version_is_the_same_everywhere(book: Book) -> None:
    files = [(ROOT / name).read_text("utf-8") for name in ("CITATION.cff", "pyproject.toml")]
    assert different_versions(*files, (ROOT / "CHANGELOG.md").read_text("utf-8")) == []
    shown = book["index"].article.select_one(".highlight-bibtex").get_text()
    assert shown.strip() == EDITION.bibtex(ADDRESS.pages if IS_KNOWN else "")
    assert f"{EDITION.authors}. Version {EDITION.version}, {EDITION.day}." in " ".join(
        book["index"].article.get_text().split()
    )


def test_the_citation_file_is_valid() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    assert citation["cff-version"] == "1.2.0" and citation["message"]
    assert citation["title"] == config["title"]
    assert [author["name"] for author in citation["authors"]] == [config["author"]]
    assert isinstance(citation["version"], str) and isinstance(citation["date-released"], date)
    assert citation["license"] == ["CC-BY-4.0", "MIT"]
    assert citation["repository-code"] == ADDRESS.url
    known = "cff-version message title abstract authors version date-released license keywords"
    assert set(citation) <= {*known.split(), "repository-code", "url", "type", "doi"}


# The landing page


def test_the_doors_and_the_explorer_share_the_first_screen(book: Book, browser: Any) -> None:
    doors = book["index"].article.select(".doors a")
    assert [door.get_text() for door in doors] == [
        "Start with chapter 1",
        "Run it in Colab",
        "My VAE is broken",
    ]
    assert doors[0]["href"] == f"{toc.notebooks()[0].with_suffix('.html').as_posix()}"
    context = browser.new_context(viewport=WINDOW)
    tab = context.new_page()
    tab.goto(book["index"].file.as_uri())
    tab.wait_for_selector(".live-on")
    for part in (".doors a >> nth=2", ".live-plane >> nth=0", ".live-picture >> nth=0"):
        box = tab.locator(part).bounding_box()
        assert box["y"] + box["height"] <= WINDOW["height"], part
    context.close()


def printed(notebook: str) -> str:
    """Return what the cells of a chapter show as text."""
    outputs = [
        output
        for cell in nbformat.read(ROOT / "chapters" / notebook, as_version=4).cells
        for output in cell.get("outputs", ())
    ]
    texts = [output.get("data", {}).get("text/html", output.get("text", "")) for output in outputs]
    return re.sub(r"<[^>]+>", "", "\n".join(texts))


def span(ends: Iterable[str]) -> str:
    """Return a range as the book writes it."""
    return " to ".join(f"{float(end):.1f}" for end in ends)


def wrong_numbers(text: str) -> list[str]:
    """Return which of the numbers that advertise the book the notebooks do not show."""
    shown = printed("denoising.ipynb")
    median = re.search(r"3 x 3 median +([\d.]+)", shown)[1]
    network = re.search(r"classic network +[\d.]+ \(([\d.]+) to ([\d.]+)\)", shown).groups()
    behind = re.search(
        r"still below the best filter at 10 % noise \(.*?five seeds ([\d.]+) to ([\d.]+)\)",
        " ".join(shown.split()),
    ).groups()
    wanted = [
        f"{numbers.count(ROOT, 'claims')} claims in {numbers.count(ROOT, 'notebooks')} notebooks",
        f"{numbers.count(ROOT, 'symptoms')} symptoms",
        f"to {float(median):.1f} dB",
        f"at {span(network)} dB after 2,400",
        f"after 6,400 still {span(behind)} dB below the best filter (five seeds",
    ]
    return [number for number in wanted if number not in " ".join(text.split())]


def test_the_numbers_that_advertise_the_book_are_those_of_the_notebooks(book: Book) -> None:
    assert "2,400 steps" in printed("denoising.ipynb")
    assert wrong_numbers(book["index"].article.get_text()) == []
    readme = (ROOT / "README.md").read_text("utf-8")
    assert wrong_numbers(readme) == []
    assert wrong_numbers(readme.replace("20.2", "21.2").replace("35 symptoms", "31 symptoms")) == [
        f"{numbers.count(ROOT, 'symptoms')} symptoms",
        "to 20.2 dB",
    ]


def numbers_of_no_chapter(text: str) -> list[str]:
    """Return the decimal numbers that no chapter linked from their section gives in its text."""
    found = []
    for section in re.split(r"(?m)^## ", text)[1:]:
        names = set(re.findall(r"chapters/(\w+)\.ipynb", section))
        said = " ".join(
            cell.source
            for name in names
            for cell in nbformat.read(ROOT / "chapters" / f"{name}.ipynb", 4).cells
            if cell.cell_type == "markdown"
        )
        numbers = re.findall(r"(?<![\w.])\d+\.\d+(?![\w.]\d)", section)
        found += [n for n in numbers if not re.search(rf"(?<![\d.]){re.escape(n)}(?!\d)", said)]
    return found


def test_the_last_page_quotes_the_chapters() -> None:
    text = (ROOT / "three_wishes.md").read_text("utf-8")
    assert len(re.findall(r"\d\.\d", text)) >= 10
    assert numbers_of_no_chapter(text) == []
    assert numbers_of_no_chapter(text.replace("0.51 to", "0.511 to")) == ["0.511"]


def test_the_readme_shows_a_picture_and_the_commands() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    picture = ROOT / re.search(r"!\[[^\]]{40,}\]\((\S+)\)", readme)[1]
    assert picture.stat().st_size <= LARGEST_PICTURE
    assert Image.open(picture).size == tuple(WINDOW.values())
    assert metadata.CARD[0] == f"_static/{picture.name}"
    first, _, rest = readme.partition("## Run it on your laptop")
    assert "make" not in first.split() and "git clone" not in first
    assert {"$ make book", "$ make test"} <= set(rest.splitlines()) and "py course.py book" in rest


# The page for teachers


def test_the_page_for_teachers_has_the_minutes_and_seconds_of_every_chapter(book: Book) -> None:
    rows = {}
    for row in book["teaching"].article.select("table tr")[1:]:
        name = row.find("a")["href"].removesuffix(".html")
        rows[name] = [cell.get_text() for cell in row.find_all("td")][1:3]
    assert set(rows) == NOTEBOOKS
    for path in toc.notebooks():
        minutes = reading_time.minutes(nbformat.read(ROOT / path, as_version=4))
        evidence = ROOT / "course_utils" / "evidence" / f"{path.stem}.json"
        seconds = json.loads(evidence.read_text("utf-8"))["cpu_seconds_per_run"]
        assert rows[path.with_suffix("").as_posix()] == [f"{minutes:.0f}", str(seconds)]


def uncorrected(text: str) -> list[str]:
    """Return the misconceptions without a link to a section, and the chapters with too few."""
    wrong = []
    part = text.partition("## What to prepare, and what to correct")[2].partition("\n## ")[0]
    chapters = re.split(r"(?m)^### ", part)[1:]
    for chapter in chapters:
        title = chapter.splitlines()[0]
        entries = re.findall(r'(?ms)^- ("[^"]+\.".*?)(?=^- |\Z)', chapter)
        if not 2 <= len(entries) <= 3 or "*Prepare:*" not in chapter:
            wrong.append(f"{title} has {len(entries)} misconceptions")
        wrong += [
            f"{title}: no experiment corrects {entry.split('.')[0]}"
            for entry in entries
            if not re.search(r"\]\(chapters/\w+\.ipynb#[\w-]+\)", entry)
        ]
    if len(chapters) != len(NOTEBOOKS):
        wrong.append(f"there are {len(chapters)} chapters")
    return wrong


def test_every_misconception_has_an_experiment() -> None:
    text = (ROOT / "teaching.md").read_text("utf-8")
    assert uncorrected(text) == []
    assert uncorrected(re.sub(r"#who-judges", "", text)) == [
        'Ordering and judging: no experiment corrects "A conditional VAE obeys its label'
    ]
    assert len(uncorrected(re.sub(r'(?m)^- "Follow the.*\n.*\n', "", text))) == 1


def test_a_living_figure_that_is_recommended_is_in_the_section_that_is_linked(book: Book) -> None:
    text = (ROOT / "teaching.md").read_text("utf-8")
    parts = re.findall(r"(?ms)^\*Prepare:\*(.*?)\n\n", text)
    links = [
        link
        for part in parts
        if "living" in part
        for link in re.findall(r"\((chapters/\w+)\.ipynb#([\w-]+)\)", part)
    ]
    assert len(links) >= 8
    missing = [
        (name, anchor)
        for name, anchor in links
        if not book[name].soup.find(id=anchor).select("[data-live]")
    ]
    assert missing == []


def test_the_courses_have_the_length_that_they_promise() -> None:
    courses = re.split(r"(?m)^### ", (ROOT / "teaching.md").read_text("utf-8"))[1:4]
    items = [re.findall(r"(?m)^\d+\. (.*)", course) for course in courses]
    assert [len(course) for course in items[1:]] == [5, 12]
    assert sum(int(item.split(" minutes")[0]) for item in items[0]) == 90


def test_links_to_a_figure_in_a_state_open_it_in_that_state(book: Book, browser: Any) -> None:
    page = book["teaching"]
    links = [link["href"] for link in page.article.select("a[href*='#live-']")]
    assert len(links) == 4
    for link in links:
        context = browser.new_context(viewport=WINDOW)
        tab = context.new_page()
        tab.set_default_timeout(120_000)  # a chapter is long, and the machine may be busy
        tab.goto((page.file.parent / link.split("#")[0]).as_uri() + "#" + link.split("#")[1])
        name, state = re.fullmatch(r".*#live-([\w-]+):(.*)", link).groups()
        tab.wait_for_selector(f"[data-live='{name}'].live-on")
        tab.locator(f"[data-live='{name}'] .live-link").click()
        assert set(state.split("&")) <= set(tab.url.split(":")[-1].split("&")), tab.url
        context.close()


# A small book whose address is known

INDEX = """# A book

A sentence of the book's first paragraph, which is long enough to be its description.

:::{container} doors
[Run it in Colab](how_to_use.md#colab){.colab}
:::

There are {count}`notebooks` notebooks and {count}`claims` claims. {edition}`date`

## The chapters

[](chapters/score_matching.ipynb)

## How to cite

```{how-to-cite}
```
"""


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """The pages of a small book with an address."""
    folder = tmp_path_factory.mktemp("known")
    new = set_address.parse("https://github.com/Ada/old-course", "trunk")
    for name in ("_config.yml", "CITATION.cff"):
        text = set_address.replaced((ROOT / name).read_text("utf-8"), ADDRESS, new)
        text = re.sub(r"(?m)^  branch: .*", "  branch: trunk", text)
        (folder / name).write_text(text, encoding="utf-8")
    for name in ("_ext", "_assets"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "chapters").mkdir()
    shutil.copy(ROOT / "chapters" / "score_matching.ipynb", folder / "chapters")
    shutil.copy(ROOT / "references.bib", folder)
    (folder / "index.md").write_text(INDEX, encoding="utf-8")
    text = "# How to use it\n\nWhatever has to be said about using this book.\n\n## Colab\n"
    (folder / "how_to_use.md").write_text(text, encoding="utf-8")
    files = ["how_to_use", "chapters/score_matching"]
    contents = {"format": "jb-book", "root": "index", "chapters": [{"file": f} for f in files]}
    (folder / "_toc.yml").write_text(yaml.safe_dump(contents), encoding="utf-8")
    program = "import sys; from jupyter_book.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "build", str(folder), "--quiet"]
    quiet = {**os.environ, "NO_COLOR": "1", "KERAS_BACKEND": "numpy"}
    run = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return Book(folder / "_build" / "html")


def test_with_an_address_pages_name_it(known: Book) -> None:
    base = "https://ada.github.io/old-course/"
    pages = [page for page in known.pages if page.name not in ("404", "search")]
    assert len(pages) == 3
    assert [line for page in pages for line in wrong_metadata(page, is_known=True)] == []
    index, chapter = known["index"], known["chapters/score_matching"]
    assert content(index, "og:url") == [base]
    assert content(index, "og:image") == [base + metadata.CARD[0]]
    assert index.soup.select_one('link[rel="canonical"]')["href"] == base
    assert content(chapter, "og:url") == [f"{base}chapters/score_matching.html"]
    for page in pages:  # the picture is there
        (picture,) = content(page, "og:image")
        assert (known.folder / picture.removeprefix(base)).is_file(), picture
    assert "_images/" in content(chapter, "og:image")[0]
    sitemap = (known.folder / "sitemap.xml").read_text("utf-8")
    assert re.findall("<loc>(.*?)</loc>", sitemap) == [
        base,
        f"{base}chapters/score_matching.html",
        f"{base}how_to_use.html",
    ]


def test_with_an_address_the_door_opens_colab_and_a_page_can_be_edited(known: Book) -> None:
    colab = "https://colab.research.google.com/github/Ada/old-course/blob/trunk/chapters/"
    door = known["index"].article.select_one(".doors a")
    assert door["href"] == f"{colab}score_matching.ipynb"
    edit = "https://github.com/Ada/old-course/edit/trunk/chapters/score_matching.ipynb"
    assert known["chapters/score_matching"].soup.find("a", href=edit)
    assert "url = {https://ada.github.io/old-course/}" in known["index"].article.get_text()


def test_a_missing_page_finds_its_style_and_links_from_any_folder(
    known: Book, browser: Any
) -> None:
    context = browser.new_context(viewport=WINDOW)
    tab = context.new_page()

    def serve(route: Any) -> None:
        path = route.request.url.removeprefix("https://ada.github.io/old-course/").split("?")[0]
        file = known.folder / path
        found = file if file.is_file() else known.folder / "404.html"
        route.fulfill(status=200 if found == file else 404, path=found)

    context.route("https://ada.github.io/old-course/**", serve)
    tab.goto("https://ada.github.io/old-course/chapters/no/such/page.html")
    rules = "[...document.styleSheets].map(one => one.href ? one.cssRules.length : 0)"
    assert max(tab.evaluate(rules)) > 500
    link = tab.get_by_role("link", name="Contents: all chapters")
    assert (
        link.evaluate("a => a.href") == "https://ada.github.io/old-course/index.html#the-chapters"
    )
    skip = tab.locator("a[href$='#main-content']").first
    assert skip.evaluate("a => a.href").endswith("/chapters/no/such/page.html#main-content")
    link.click()
    assert tab.locator("h1:visible").inner_text().startswith("A book")
    context.close()


# Planted faults


HEAD = """<html><head><title>A page — A book</title><meta name="description" content="{text}">
<meta property="og:title" content="A page"><meta property="og:description" content="{text}">
<meta property="og:type" content="article"><meta name="twitter:card" content="summary">{more}
</head><body><article><h1>A page</h1></article></body></html>"""
TEXT = "A sentence about this page that is long enough."


@pytest.mark.parametrize(
    ("text", "more", "count"),
    [
        (TEXT, "", 0),
        (TEXT, '<link rel="canonical" href="https://x.org/">', 1),
        (TEXT, '<meta property="og:image" content="https://x.org/a.png">', 1),
        (TEXT, f'<meta name="description" content="{TEXT}">', 1),
        ("Too short.", "", 1),
        (4 * TEXT, "", 1),
        (f"{TEXT} The norm of $x$.", "", 1),
        (f"{TEXT} The norm of \\lambda.", "", 1),
    ],
)
def test_a_wrong_description_is_found(tmp_path: Path, text: str, more: str, count: int) -> None:
    (tmp_path / "page.html").write_text(HEAD.format(text=text, more=more), encoding="utf-8")
    page = Page(tmp_path, tmp_path / "page.html")
    assert len(wrong_metadata(page, is_known=False)) == count
    assert len(wrong_metadata(page, is_known=True)) > 0


def test_a_doubled_title_and_a_place_for_advertisements_are_found(tmp_path: Path) -> None:
    html = HEAD.format(text=TEXT, more="")
    for text, count in ((html, 0), (html.replace("A page — ", "A book — "), 1)):
        (tmp_path / "page.html").write_text(text, encoding="utf-8")
        assert len(of_the_theme(Page(tmp_path, tmp_path / "page.html"))) == count
    (tmp_path / "page.html").write_text(f'{html}<div id="ethical-ad-placement"></div>')
    assert len(of_the_theme(Page(tmp_path, tmp_path / "page.html"))) == 1


CITATION = "version: {}\ndate-released: 2026-11-29\n"


@pytest.mark.parametrize(
    ("citation", "project", "heading", "count"),
    [
        ("2.0.0.dev0", "2.0.0.dev0", "Second edition, 2.0.0, unreleased", 0),
        ("2.0.0", "2.0.0", "Second edition, 2.0.0, 29 November 2026", 0),
        ("2.0.0", "2.0.0", "Second edition, 2.0.0, unreleased", 1),
        ("2.0.0", "2.0.0", "Second edition, 2.0.0, 28 November 2026", 1),
        ("2.0.0", "2.1.0", "Second edition, 2.0.0, 29 November 2026", 1),
        ("2.1.0", "2.0.0", "Second edition, 2.0.0, 29 November 2026", 2),
    ],
)
def test_versions_that_differ_are_found(
    citation: str, project: str, heading: str, count: int
) -> None:
    files = CITATION.format(citation), f'version = "{project}"\n', f"# Changes\n\n## {heading}\n"
    assert len(different_versions(*files)) == count


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One short sentence.", "One short sentence."),
        (f"{'a' * 60}. {'b' * 60}. {'c' * 60}.", f"{'a' * 60}. {'b' * 60}."),
        (f"Short. {'word ' * 50}", f"Short. {'word ' * 30}".strip()[:160].strip() + "…"),
    ],
)
def test_a_description_ends_with_a_sentence_or_says_that_it_goes_on(
    text: str, expected: str
) -> None:
    assert metadata.shortened(text) == expected
    assert len(metadata.shortened(text)) <= metadata.LONGEST


@pytest.mark.parametrize(
    ("url", "pages"),
    [
        ("https://github.com/Ada/Old", "https://ada.github.io/Old/"),
        ("https://github.com/Ada/ada.github.io", "https://ada.github.io/"),
    ],
)
def test_the_address_of_the_published_pages(url: str, pages: str) -> None:
    assert set_address.parse(url, "main").pages == pages


def test_a_number_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no notebook nowhere"):
        numbers.minutes(ROOT, "denoising, nowhere")
    with pytest.raises(ValueError, match="opinions are not counted"):
        numbers.count(ROOT, "opinions")
    alone = [numbers.minutes(ROOT, name) for name in ("denoising", "elbo")]
    assert numbers.minutes(ROOT, "denoising, elbo") == sum(alone)
