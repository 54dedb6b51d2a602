"""The built book: what a browser loads, pictures, links, buttons, and the pages in a real browser.

The book is built once, from scratch, with warnings as errors; BOOK_HTML=folder checks pages that
exist already. Each check returns the list of its complaints; planted faults show that it complains.
The checks in a browser need a Chromium or Chrome, found by name or through CHROMIUM=path; without
one they are skipped, and pytest says so.
"""

import contextlib
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup, Tag
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pages import NOTEBOOKS, Book, Page, Visit, is_foreign

from tools import set_address, toc

ROOT = toc.ROOT
ADDRESS = set_address.current()
SHORTEST_ALT = 20  # characters: less cannot say what a figure shows
NARROW = 360  # pixels: a small phone
SCREEN = 900  # pixels: the height of a laptop's window


def test_the_book_builds_without_a_warning(build: tuple[Path, str]) -> None:
    _, wrong = build
    assert not wrong, f"the build failed:\n{wrong[-5000:]}"


# What a browser loads

_LINKS_THAT_LOAD_NOTHING = set(
    ["alternate", "author", "canonical", "help", "index", "license", "next", "prev", "search", "up"]
)
_LOADING_ATTRIBUTES = ("src", "srcset", "imagesrcset", "poster", "data", "background", "xlink:href")
_CDN = re.compile(
    r"cdn\.jsdelivr\.net|unpkg\.com|cdnjs\.cloudflare\.com|googleapis\.com|gstatic\.com"
    r"|googletagmanager\.com|plausible\.io|hypothes\.is|utteranc\.es|bootstrapcdn\.com"
    r"|polyfill\.io|esm\.sh|skypack\.dev"
)


def foreign_in_css(css: str) -> list[str]:
    """Return the addresses on other hosts that a style sheet loads."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    loaded = re.findall(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)", css, re.IGNORECASE)
    return [address for pair in loaded for address in pair if address and is_foreign(address)]


def foreign_in_page(page: Page) -> list[str]:
    """Return what a page itself loads from other hosts."""
    found = []
    for tag in page.soup.find_all(True):
        if tag.name == "link" and not set(tag.get("rel", [])) <= _LINKS_THAT_LOAD_NOTHING:
            found += [tag.get("href", "")]
        if tag.name in ("image", "use", "base"):
            found += [tag.get("href", "")]
        for name in _LOADING_ATTRIBUTES:
            addresses = tag.get(name, "").split(",") if "srcset" in name else [tag.get(name, "")]
            found += addresses
        found += foreign_in_css(tag.get("style", ""))
        if tag.name == "style":
            found += foreign_in_css(tag.get_text())
        if tag.name == "iframe" and tag.get("srcdoc"):
            found += re.findall(r"https?://[^\s'\"<>]+", tag["srcdoc"])
        if tag.name == "script" and not tag.get("src") and tag.get("type") != "application/ld+json":
            found += re.findall(r"(?:https?:|(?<=['\"]))//[\w-]+\.[^\s'\"<>]+", tag.get_text())
        if tag.name == "meta" and tag.get("http-equiv", "").lower() == "refresh":
            found += re.findall(r"url=(\S+)", tag.get("content", ""), re.IGNORECASE)
    return [f"{page.name} loads {address.strip()}" for address in found if is_foreign(address)]


def foreign_in_files(folder: Path) -> list[str]:
    """Return what the style sheets and scripts beside the pages load from other hosts."""
    complaints = []
    for file in sorted(folder.rglob("*.css")):
        found = foreign_in_css(file.read_text(encoding="utf-8"))
        complaints += [f"{file.name} loads {address}" for address in found]
    for file in sorted(folder.rglob("*.js")):
        hosts = set(_CDN.findall(file.read_text(encoding="utf-8")))
        complaints += [f"{file.name} names {host}" for host in sorted(hosts)]
    return complaints


def test_the_pages_load_nothing_from_other_hosts(book: Book) -> None:
    assert [complaint for page in book.pages for complaint in foreign_in_page(page)] == []


def test_the_style_sheets_and_scripts_load_nothing_from_other_hosts(book: Book) -> None:
    assert foreign_in_files(book.folder / "_static") == []


# Pictures

_FILE_NAME = re.compile(r"\.(png|svg|jpe?g|gif|webp)$|[\\/]\w+[\\/]|_build|^data:", re.IGNORECASE)


def pictures_without_text(page: Page) -> list[str]:
    """Return the pictures whose alternative text says nothing."""
    complaints = []
    for image in page.soup.find_all("img"):
        alt = image.get("alt")
        source = image.get("src", "")[:60]
        link = image.find_parent("a")
        named = link is not None and link.get_text(strip=True)  # the text beside it says it
        if image.get("role") in ("presentation", "none") or (alt is not None and named):
            continue
        if not (alt or "").strip():
            complaints.append(f"{page.name}: {source} has no alternative text")
        elif _FILE_NAME.search(alt.strip()):
            complaints.append(f"{page.name}: {alt!r} is a file's name, not a description")
        elif len(alt.split()) < 4 or len(alt) < SHORTEST_ALT:
            complaints.append(f"{page.name}: {alt!r} is too short to describe {source}")
    return complaints


def pictures_without_caption(page: Page) -> list[str]:
    """Return the pictures in the article that are no figure with a caption."""
    complaints = []
    for image in page.article.find_all("img"):
        figure = image.find_parent("figure")
        caption = figure.find("figcaption") if figure else None
        if caption is None or len(caption.get_text(strip=True)) < SHORTEST_ALT:
            complaints.append(f"{page.name}: {image.get('src', '')[:60]} has no caption")
    return complaints


def test_every_picture_has_a_real_description(book: Book) -> None:
    assert [complaint for page in book.pages for complaint in pictures_without_text(page)] == []


def test_every_picture_is_a_figure_with_a_caption(book: Book) -> None:
    assert [complaint for page in book.pages for complaint in pictures_without_caption(page)] == []


def test_no_two_figures_have_the_same_description(book: Book) -> None:
    texts = [image["alt"] for page in book.pages for image in page.article.find_all("img")]
    assert sorted(set(texts)) == sorted(texts)


# Links


def anchors(page: Page) -> set[str]:
    """Return the names on a page that a link can lead to; a living figure is one."""
    ids = {tag["id"] for tag in page.soup.find_all(id=True)}
    ids |= {f"live-{tag['data-live']}" for tag in page.soup.select("[data-live]")}
    return ids | {tag["name"] for tag in page.soup.find_all("a", attrs={"name": True})}


def broken_links(book: Book) -> list[str]:
    """Return the links inside the book, and the files that its pages load, that are not there."""
    known = {page.file: anchors(page) for page in book.pages}
    complaints = []
    for page in book.pages:
        for tag in page.soup.find_all(["a", "link", "script", "img", "source", "iframe"]):
            address = tag.get("href") if tag.name in ("a", "link") else tag.get("src")
            if address is None or is_foreign(address) or urlsplit(address).scheme:
                continue
            parts = urlsplit(address)
            target = (page.file.parent / unquote(parts.path)).resolve() if parts.path else page.file
            anchor = unquote(parts.fragment)
            if anchor.startswith("live-"):
                anchor = anchor.split(":")[0]  # what follows is the state of the figure
            if not target.is_file():
                complaints.append(f"{page.name}: {address} does not exist")
            elif anchor and anchor not in known.get(target, {anchor}):
                complaints.append(f"{page.name}: {address} leads to no place on that page")
    return complaints


def test_no_link_inside_the_book_is_broken(book: Book) -> None:
    assert broken_links(book) == []


def normal(address: str) -> str:
    """Return the DOI or the arXiv number in an address, in lower case, or an empty text."""
    address = unquote(address).lower()
    match = re.search(r"doi\.org/(10\..+)|arxiv\.org/(?:abs|pdf)/(\d+\.\d+)", address)
    return match[1] or match[2] if match else ""


def sources(page: Page) -> set[str]:
    """Return the DOIs and arXiv numbers that a page links to."""
    return {normal(link["href"]) for link in page.article.find_all("a", href=True)} - {""}


def test_every_source_of_a_chapter_is_in_the_bibliography(book: Book) -> None:
    listed = sources(book["bibliography"])
    for page in book.pages:
        missing = sources(page) - listed
        assert not missing, f"{page.name} links to what references.bib lacks: {missing}"


# Buttons


def wrong_buttons(page: Page) -> list[str]:
    """Return what is wrong with a page's links to Colab and to the repository."""
    links = [link["href"] for link in page.soup.find_all("a", href=True)]
    colab = [link for link in links if "colab.research.google.com" in link]
    right = ADDRESS.colab(Path(f"{page.name}.ipynb"))
    if not page.is_notebook:  # the landing page has a door to the first chapter
        right = ADDRESS.colab(toc.notebooks()[0])
    complaints = [f"{page.name}: {link} should be {right}" for link in colab if link != right]
    if page.is_notebook and not page.soup.select(".bd-header-article a[href*='colab.research']"):
        complaints.append(f"{page.name} has no Colab button")
    if colab and not page.is_notebook and page.name != "index":
        complaints.append(f"{page.name} is no notebook and has a Colab button")
    for link in links:
        place = re.match(r"https://github\.com/([^/#?]+/introduction-to-autoencoders[^/#?]*)", link)
        if place and place[1] != f"{ADDRESS.owner}/{ADDRESS.name}":
            complaints.append(f"{page.name}: {link} is not in {ADDRESS.url}")
    return complaints


def test_the_buttons_lead_to_the_address_in_the_configuration(book: Book) -> None:
    assert [complaint for page in book.pages for complaint in wrong_buttons(page)] == []
    for page in book.pages:
        if (ROOT / f"{page.name}.md").is_file() or page.is_notebook:
            assert page.soup.find("a", href=ADDRESS.url), f"{page.name} has no repository button"


# The pages as a whole


def test_every_entry_of_the_toc_has_its_page_and_no_other_page_is_built(book: Book) -> None:
    assert {page.name for page in book.pages} == {*toc.pages(), "search", "404"}


def test_the_landing_page_has_a_link_to_every_page(book: Book) -> None:
    index = book["index"]
    links = {link["href"].split("#")[0] for link in index.article.find_all("a", href=True)}
    assert {f"{name}.html" for name in toc.pages() if name != "index"} <= links


def unexplained_terms(page: Page) -> list[str]:
    """Return the terms of a glossary that lead to no section."""
    complaints = []
    for term in page.article.select("dl.glossary > dt"):
        links = term.find_next_sibling("dd").select('a[href*="#"]')
        if not any(link["href"].startswith(("chapters/", "how_to_use")) for link in links):
            complaints.append(f"{page.name}: no section explains {term.get_text(strip=True)!r}")
    return complaints


def test_every_term_of_the_glossary_leads_to_a_section_that_explains_it(book: Book) -> None:
    glossary = book["glossary"]
    assert len(glossary.article.select("dl.glossary > dt")) > 50
    assert unexplained_terms(glossary) == []


def wrong_frame(page: Page) -> list[str]:
    """Return what is wrong with a page's language, title and first heading."""
    complaints = []
    html = page.soup.find("html")
    if html is None or html.get("lang") != "en":
        complaints.append(f"{page.name} does not say that it is in English")
    title = page.soup.title.get_text(strip=True) if page.soup.title else ""
    headings = page.soup.select("h1:not(.onlyprint h1)")
    if len(headings) != 1:
        complaints.append(f"{page.name} has {len(headings)} first-level headings")
    if not title or re.search(r"no title|untitled", title, re.I):
        complaints.append(f"{page.name} has no title")
    return complaints


def test_every_page_has_a_language_a_title_and_one_first_heading(book: Book) -> None:
    assert [complaint for page in book.pages for complaint in wrong_frame(page)] == []
    titles = [page.soup.title.get_text(strip=True) for page in book.pages]
    assert sorted(set(titles)) == sorted(titles)


_RAW = re.compile(
    r"\{(glue|ref|numref|cite|eq|doc|term|math|figure|code-cell|note|admonition)[^}]*\}|^\s*:{3,}|```"
    r"|\$\$|(?<![\w$])\$\\?[a-zA-Z][^$\n]*\$(?!\w)|!?\[[^\]\n]+\]\([^)\s]+\)|</?(div|span|img|details)\b"
    r"|<Figure size|^\s*#{2,} |\*\*\w",
    re.MULTILINE,
)


def raw_text(page: Page) -> list[str]:
    """Return the Markdown, MyST or mathematics that a reader would see as it was typed."""
    article = BeautifulSoup(str(page.article), "html.parser")
    for tag in article.select("pre, code, script, style, .math, .sig"):
        tag.decompose()
    return [f"{page.name}: {match[0]}" for match in _RAW.finditer(article.get_text())]


def test_no_markup_is_left_in_the_text(book: Book) -> None:
    assert [complaint for page in book.pages for complaint in raw_text(page)] == []


def folded_outside_exercises(page: Page) -> list[str]:
    """Return the cells folded as a whole that are no solutions, as the button on them says."""
    complaints = []
    for number, cell in enumerate(page.article.select(".tag_hide-cell details.hide"), start=1):
        above = [section.find(re.compile("^h[1-6]$")) for section in cell.find_parents("section")]
        titles = " / ".join(heading.get_text() for heading in above if heading)
        if not re.search(r"exercise|solution", titles, re.I):
            complaints.append(f"{page.name}: folded cell {number} is no solution: {titles}")
    return complaints


_MARKDOWN = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin)
_SIGNS = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "--", "…": "..."})


def plain(text: Tag) -> str:
    """Return what a reader reads, without spaces, each formula being one sign."""
    text = BeautifulSoup(str(text), "html.parser")
    for formula in text.select(".math"):
        formula.replace_with("∎")
    return re.sub(r"\s", "", text.get_text()).translate(_SIGNS)


def unshown(markdown: str, page: Page) -> list[str]:
    """Return the paragraphs, headings and table cells of a text that its page does not show."""
    written = BeautifulSoup(_MARKDOWN.render(markdown), "html.parser")
    shown = plain(page.article)
    blocks = written.select("p, td, th, h2, h3, h4")
    return [f"{page.name}: {one.get_text()}" for one in blocks if plain(one) not in shown]


def test_what_is_written_in_a_chapter_is_what_its_page_shows(book: Book) -> None:
    for path in toc.notebooks():
        cells = nbformat.read(ROOT / path, as_version=4).cells
        text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        assert unshown(text, book[path.with_suffix("").as_posix()]) == []


def test_only_solutions_are_folded(book: Book) -> None:
    assert [complaint for page in book.pages for complaint in folded_outside_exercises(page)] == []


def test_every_tracked_address_is_the_one_in_the_configuration() -> None:
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert config["repository"]["url"] == ADDRESS.url
    for name in ("index", "how_to_use", "bibliography"):
        text = (ROOT / f"{name}.md").read_text(encoding="utf-8")
        for place in re.findall(r"github\.com/([\w.-]+/introduction-to-autoencoders)", text):
            assert place == f"{ADDRESS.owner}/{ADDRESS.name}"


# The pages in a browser


@pytest.fixture(scope="module")
def visits(book: Book, browser: Any) -> Iterator[dict[str, Visit]]:
    """Every page of the book, opened from disk with its folded cells open."""
    with contextlib.ExitStack() as stack:
        yield {page.name: stack.enter_context(Visit(browser, page)) for page in book.pages}


def test_no_page_asks_another_host_for_anything(visits: dict[str, Visit]) -> None:
    assert {name: visit.foreign for name, visit in visits.items() if visit.foreign} == {}


def test_no_page_reports_an_error(visits: dict[str, Visit]) -> None:
    assert {name: visit.errors for name, visit in visits.items() if visit.errors} == {}


def test_the_search_works_from_disk(book: Book, browser: Any) -> None:
    with Visit(browser, book["search"], query="?q=autoencoder") as visit:
        visit.tab.wait_for_selector("ul.search li a")
        assert visit.foreign == []
        assert visit.errors == []


def test_no_page_is_wider_than_a_phone(visits: dict[str, Visit]) -> None:
    for name, visit in visits.items():
        visit.look(NARROW, "light")
        assert visit.excess() <= 0, name


def test_a_chapter_shows_a_figure_within_two_screens(visits: dict[str, Visit]) -> None:
    late = {}
    for name, visit in visits.items():
        if name not in NOTEBOOKS:
            continue
        visit.look(1280, "light")
        figures = visit.tab.locator("article figure")
        top = figures.first.bounding_box()["y"] if figures.count() else math.inf
        if top + visit.tab.evaluate("scrollY") > 2 * SCREEN:
            late[name] = top
    assert set(late) <= {"chapters/exponential_families"}, late  # an appendix of formulas


@pytest.mark.parametrize(
    ("width", "scheme", "rules"),
    [
        (1280, "light", ()),
        (1280, "dark", ("color-contrast",)),  # all that the scheme changes
        (NARROW, "dark", ()),
    ],
)
def test_axe_finds_nothing_to_complain_about(
    visits: dict[str, Visit], width: int, scheme: str, rules: tuple[str, ...]
) -> None:
    for name, visit in visits.items():
        visit.look(width, scheme)
        # The page follows the system a moment later; it never does if this runs out of time.
        visit.tab.wait_for_function(f"document.documentElement.dataset.theme === '{scheme}'")
        assert visit.violations(rules) == [], name


def test_the_keyboard_reaches_what_the_mouse_can(book: Book, browser: Any) -> None:
    page = next(page for page in book.pages if page.is_notebook)
    with Visit(browser, page) as visit:
        tab = visit.tab
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.getAttribute('href')") == "#main-content"
        theme = tab.evaluate("document.documentElement.dataset.mode")
        tab.locator(".bd-header-article button.theme-switch-button").focus()
        tab.keyboard.press("Enter")
        assert tab.evaluate("document.documentElement.dataset.mode") != theme
        colab = tab.locator(".bd-header-article a[href*='colab']")
        tab.locator(".dropdown-launch-buttons button").focus()
        tab.keyboard.press("Enter")
        tab.keyboard.press("Tab")
        assert colab.evaluate("link => link === document.activeElement")
        solution = tab.locator("details.hide").first
        solution.locator("summary").focus()
        tab.keyboard.press("Enter")
        assert not solution.evaluate("part => part.open")


# Planted faults: each check complains about what it is there for


def planted(tmp_path: Path, html: str, name: str = "page") -> Page:
    """Return a page with the given text."""
    file = tmp_path / f"{name}.html"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(html, encoding="utf-8")
    return Page(tmp_path, file)


GOOD = """<html lang="en"><head><title>A page</title>
<link rel="canonical" href="https://x.org/page">
<style>p {background: url(local.png)} /* https://x.org */</style>
</head><body><article><h1>A page</h1>
<p id="here">Text with <a href="https://x.org">a link</a>, <a href="#here">another</a>, for $5.</p>
<figure><img src="data:image/png;base64,AA" alt="A curve that falls and then rises again.">
<figcaption>A curve that falls, and then rises.</figcaption></figure></article></body></html>"""


@pytest.mark.parametrize(
    "check",
    [
        foreign_in_page,
        pictures_without_text,
        pictures_without_caption,
        wrong_buttons,
        wrong_frame,
        raw_text,
        folded_outside_exercises,
    ],
)
def test_a_good_page_passes(tmp_path: Path, check: Callable[[Page], list[str]]) -> None:
    assert check(planted(tmp_path, GOOD)) == []


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://x.org/a.js"></script>',
        '<script src="//x.org/a.js"></script>',
        '<link rel="stylesheet" href="https://x.org/a.css">',
        '<link rel="preconnect" href="https://x.org">',
        '<link rel="preload" as="font" href="http://x.org/a.woff2">',
        '<img src="https://x.org/badge.svg">',
        '<img srcset="a.png 1x, https://x.org/b.png 2x">',
        '<iframe src="https://x.org"></iframe>',
        '<video poster="https://x.org/a.png"></video>',
        '<object data="https://x.org/a.svg"></object>',
        "<style>@import 'https://x.org/a.css';</style>",
        '<style>@font-face {src: url( "//x.org/a.woff2" )}</style>',
        '<p style="background: url(https://x.org/a.png)"></p>',
        '<svg><image href="https://x.org/a.png"/></svg>',
        '<script>require(["https://x.org/require.js"])</script>',
        '<meta http-equiv="refresh" content="0; url=https://x.org">',
    ],
)
def test_something_from_another_host_is_found(tmp_path: Path, html: str) -> None:
    assert foreign_in_page(planted(tmp_path, html)) != []


def test_a_style_sheet_or_script_that_loads_from_another_host_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("p {background: url(b.png)} /* url(https://x.org) */")
    (tmp_path / "a.js").write_text("// see https://x.org")
    assert foreign_in_files(tmp_path) == []
    (tmp_path / "b.css").write_text("@import url('https://x.org/a.css');")
    (tmp_path / "b.js").write_text("load('https://cdn.jsdelivr.net/npm/mathjax@3/es5/tex-svg.js')")
    assert len(foreign_in_files(tmp_path)) == 2


@pytest.mark.parametrize(
    "alt",
    [
        "",
        ' alt=""',
        ' alt=" "',
        ' alt="../_images/abc123.png"',
        ' alt="_build/jupyter_execute/a"',
        ' alt="Figure 1"',
        ' alt="plot"',
        ' alt="incomprehensibilities"',
    ],
)
def test_a_picture_without_a_real_description_is_found(tmp_path: Path, alt: str) -> None:
    assert pictures_without_text(planted(tmp_path, f'<img src="a.png"{alt}>')) != []


def test_a_picture_in_a_link_that_has_text_may_be_silent(tmp_path: Path) -> None:
    link = '<a href="#"><img src="a.png" alt="">{}</a>'
    assert pictures_without_text(planted(tmp_path, link.format(""))) != []
    assert pictures_without_text(planted(tmp_path, link.format("Home"))) == []


@pytest.mark.parametrize(
    "html",
    [
        '<article><img src="a.png"></article>',
        '<article><figure><img src="a.png"></figure></article>',
        '<article><figure><img src="a.png"><figcaption>Fig. 1</figcaption></figure></article>',
    ],
)
def test_a_picture_without_a_caption_is_found(tmp_path: Path, html: str) -> None:
    assert pictures_without_caption(planted(tmp_path, html)) != []


@pytest.mark.parametrize(
    "link",
    ["missing.html", "page.html#nowhere", "#nowhere", "sub/page.html", "other.html#here"],
)
def test_a_broken_link_is_found(tmp_path: Path, link: str) -> None:
    planted(tmp_path, GOOD.replace("#here", "other.html#there"))
    planted(tmp_path, '<p id="there"></p>', name="other")
    assert broken_links(Book(tmp_path)) == []
    planted(tmp_path, GOOD.replace('"#here"', f'"{link}"'))
    assert len(broken_links(Book(tmp_path))) == 1


def test_a_term_that_nothing_explains_is_found(tmp_path: Path) -> None:
    entry = '<dt>term</dt><dd><p>It is <a href="{}">this</a>.</p></dd>'
    for link, count in (("chapters/a.html#b", 0), ("#b", 1), ("https://example.com/#b", 1)):
        html = f'<dl class="glossary">{entry.format(link)}</dl>'
        assert len(unexplained_terms(planted(tmp_path, html))) == count


def test_a_source_is_known_by_its_doi_or_arxiv_number() -> None:
    assert normal("https://doi.org/10.1007/BF02288367") == "10.1007/bf02288367"
    assert normal("https://arxiv.org/pdf/1312.6114v10") == normal("https://arxiv.org/abs/1312.6114")
    assert normal("https://x.org/10.1007") == ""


@pytest.mark.parametrize(
    "link",
    [
        "https://colab.research.google.com/github/someone/else/blob/main/page.ipynb",
        "https://github.com/-/introduction-to-autoencoders",
    ],
)
def test_a_button_with_another_address_is_found(tmp_path: Path, link: str) -> None:
    assert wrong_buttons(planted(tmp_path, GOOD.replace("https://x.org", link))) != []


def test_a_missing_and_a_dead_colab_button_are_found(tmp_path: Path) -> None:
    notebook = sorted(NOTEBOOKS)[0]
    right = ADDRESS.colab(Path(f"{notebook}.ipynb"))
    button = f'<div class="bd-header-article"><a href="{right}">Colab</a></div>'
    assert wrong_buttons(planted(tmp_path, button, name=notebook)) == []
    assert wrong_buttons(planted(tmp_path, GOOD, name=notebook)) != []
    dead = button.replace(right, ADDRESS.colab(Path("page.ipynb")))
    assert wrong_buttons(planted(tmp_path, dead, name="page")) != []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (' lang="en"', ""),
        (' lang="en"', ' lang="de"'),
        ("<title>A page</title>", ""),
        ("<title>A page</title>", "<title>&lt;no title&gt;</title>"),
        ("<h1>A page</h1>", ""),
        ("<h1>A page</h1>", "<h1>One</h1><h1>Two</h1>"),
    ],
)
def test_a_page_without_language_title_or_heading_is_found(
    tmp_path: Path, right: str, wrong: str
) -> None:
    assert wrong_frame(planted(tmp_path, GOOD.replace(right, wrong))) != []


@pytest.mark.parametrize(
    "text",
    [
        "{glue}`loss`",
        "{numref}`fig-x`",
        "{cite:p}`x`",
        "::::{grid}",
        "```python",
        "$$x$$",
        "$z_1$",
        "$\\beta$",
        "[text](page.md)",
        "&lt;div class='x'&gt;",
        "&lt;Figure size 640x480&gt;",
        "**bold",
    ],
)
def test_markup_in_the_text_is_found(tmp_path: Path, text: str) -> None:
    assert raw_text(planted(tmp_path, f"<article><p>{text}</p></article>")) != []
    assert raw_text(planted(tmp_path, f"<article><pre>{text}</pre></article>")) == []


def test_a_sentence_that_lost_its_full_stop_is_found(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    math = '<span class="math">\\(x\\)</span>'
    good = f"<article><p>They are <em>white</em>. So {math}. And {math}.</p></article>"
    text = "They are *white*. So $x = 1$.\nAnd $y$."
    file.write_text(good, encoding="utf-8")
    assert unshown(text, Page(tmp_path, file)) == []
    file.write_text(good.replace("</em>.", "</em>"), encoding="utf-8")
    assert unshown(text, Page(tmp_path, file)) == ["page: They are white. So x = 1.\nAnd y."]


def test_a_folded_cell_that_is_no_solution_is_found(tmp_path: Path) -> None:
    folded = '<details class="hide"><summary>Show the solution</summary></details>'
    folded = f'<div class="cell tag_hide-cell">{folded}</div>'
    page = "<article><section><h2>{}</h2>" + folded + "</section></article>"
    assert folded_outside_exercises(planted(tmp_path, page.format("Exercises"))) == []
    assert folded_outside_exercises(planted(tmp_path, page.format("Training"))) != []


def test_faults_in_a_browser_are_found(tmp_path: Path, browser: Any) -> None:
    fault = """<html><body><div style="width: 500px">wide</div><img src="https://x.invalid/a.png">
        <script>undefinedFunction()</script></body></html>"""
    with Visit(browser, planted(tmp_path, fault)) as visit:
        visit.look(NARROW, "light")
        assert visit.foreign == ["https://x.invalid/a.png"]
        assert any("undefinedFunction" in error for error in visit.errors)
        assert visit.excess() > 0
        assert {"html-has-lang", "image-alt"} <= {text.split(":")[0] for text in visit.violations()}
