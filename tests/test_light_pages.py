"""What a page loads: no script that it does not use, pictures with sizes, fonts of used icons."""

import gzip
import re
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont
from pages import Book, Visit
from PIL import Image

from tools import toc

sys.path.insert(0, str(toc.ROOT / "_ext"))
import light_pages

FIRST_PAGE = 600_000  # bytes that the landing page may load, as a server sends them
PAGE = """<html><head><script data-cfasync="false">mode()</script>
<script src="_static/scripts/fontawesome.js?v=1"></script>
<script src="searchindex.js"></script>
<script src="_static/doctools.js"></script>
</head><body><img src="a.png"><img src="a.png" width="7"></body></html>"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """The place of a page, with a picture beside it."""
    Image.new("L", (30, 20)).save(tmp_path / "a.png")
    return tmp_path / "page.html"


def scripts(html: str) -> list[str]:
    """Return the files that a page runs, in order."""
    return re.findall(r'<script[^>]* src="([^"?]+)', html)


def test_a_page_keeps_only_the_scripts_that_it_needs(page: Path):
    light = light_pages.lighten(PAGE, page)
    assert scripts(light) == ["_static/doctools.js"]
    assert light.index("mode()") < light.index("</head>") < light.index("doctools.js")
    assert light_pages.lighten(light, page) == light


def test_the_page_that_searches_keeps_the_index(page: Path):
    assert "searchindex.js" in light_pages.lighten(PAGE, page.with_name("search.html"))


def test_pictures_get_their_sizes_and_all_but_the_first_wait(page: Path):
    first, second = BeautifulSoup(light_pages.lighten(PAGE, page), "html.parser").find_all("img")
    assert (first["width"], first["height"], first.get("loading")) == ("30", "20", None)
    assert (second["width"], second.get("height"), second["loading"]) == ("7", None, "lazy")


def test_rules_of_unused_icons_go():
    css = (
        '.fa-bars:before,.fa-navicon:before{content:"\\f0c9"}.fa-bug:before{content:"\\f188"}a{b:c}'
    )
    left, characters = light_pages.without_icons(
        css, light_pages.used_icons(["<i class='fa-bars'>"])
    )
    assert left == '.fa-bars:before,.fa-navicon:before{content:"\\f0c9"}a{b:c}'
    assert characters == {0xF0C9}


# The book


def test_no_page_of_the_book_loads_what_it_does_not_use(book: Book):
    for page in book.pages:
        names = [tag["src"].split("?")[0] for tag in page.soup.find_all("script", src=True)]
        assert len(names) == len(set(names)), page.name
        assert not [name for name in names if name.endswith("fontawesome.js")], page.name
        assert any("searchindex" in name for name in names) == (page.name == "search"), page.name
        assert [tag for tag in page.soup.head.find_all("script", src=True)] == [], page.name


def test_every_picture_of_the_book_has_a_size(book: Book):
    for page in book.pages:
        for image in page.soup.select("article img"):
            if not image["src"].startswith("data:") and ".svg" not in image["src"]:
                assert image.get("width") and image.get("height"), f"{page.name}: {image['src']}"


def test_every_icon_that_a_page_shows_is_in_the_fonts(book: Book):
    static = book.folder / "_static"
    css = (static / "styles" / "pydata-sphinx-theme.css").read_text(encoding="utf-8")
    fonts = [TTFont(static / "styles" / one) for one in re.findall(r"url\(([^)]+\.woff)\)", css)]
    assert len(fonts) == 3
    known = set().union(*(font.getBestCmap() for font in fonts))
    codes = dict(re.findall(r'\.(fa-[\w-]+):+before(?:,[^{]*)?\{content:"\\([0-9a-f]+)"', css))
    shown = light_pages.used_icons([str(page.soup) for page in book.pages]) & codes.keys()
    assert {"fa-bars", "fa-magnifying-glass", "fa-github"} <= shown
    assert [name for name in shown if int(codes[name], 16) not in known] == []


def test_the_theme_measures_all_cells_before_it_changes_one(book: Book, browser):
    script = book.folder / "_static" / "scripts" / "pydata-sphinx-theme.js"
    assert light_pages.TOGETHER in script.read_text(encoding="utf-8")
    tab = browser.new_page(viewport={"width": 390, "height": 800})
    wide = "<pre style='width: 9px; overflow: auto'>abcdefghi</pre>"
    tab.set_content(f"<pre>a</pre>{wide}<details>{wide}</details><details open>{wide}</details>")
    tab.evaluate(f"document.querySelectorAll('pre'){light_pages.TOGETHER}")
    found = tab.evaluate("Array.from(document.querySelectorAll('pre'), e => e.tabIndex)")
    assert found == [-1, 0, -1, 0]
    tab.close()


@pytest.mark.parametrize(
    ("system", "mode", "theme"),
    [
        ("dark", "", "dark"),
        ("light", "", "light"),
        ("dark", "auto", "dark"),
        ("dark", "light", "light"),
    ],
)
def test_a_page_has_its_colours_before_the_scripts(
    book: Book, browser, system: str, mode: str, theme: str
):
    context = browser.new_context(color_scheme=system)
    context.add_init_script(f"if ('{mode}') localStorage.setItem('mode', '{mode}')")
    tab = context.new_page()
    tab.route("**/*.js*", lambda route: route.abort())
    tab.goto(book["index"].file.as_uri())
    assert tab.evaluate("document.documentElement.dataset.theme") == theme
    context.close()


def test_the_keyboard_reaches_wide_code_that_was_unfolded(book: Book, browser):
    tab = browser.new_page(viewport={"width": 1280, "height": 800})
    tab.goto(book["chapters/elbo"].file.as_uri())
    tab.wait_for_load_state("networkidle")
    fold = tab.locator("details.hide:has(pre)").first
    fold.locator("pre").first.evaluate("pre => { pre.textContent = 'x'.repeat(300); }")
    assert fold.locator("pre").first.evaluate("pre => pre.tabIndex") == -1
    fold.locator("summary").click()
    tab.wait_for_function("document.querySelector('details.hide[open] pre').tabIndex === 0")
    tab.close()


def test_the_landing_page_is_light(book: Book, browser):
    with Visit(browser, book["index"]) as visit:
        files = {url.split("?")[0].split("#")[0] for url in visit.requests}
    paths = [Path(url.removeprefix("file://")) for url in files if url.startswith("file:")]
    sizes = {
        path.name: len(gzip.compress(path.read_bytes(), 6)) for path in paths if path.is_file()
    }
    assert "explorer.js" in sizes
    assert sum(sizes.values()) <= FIRST_PAGE, sizes


def test_what_was_searched_is_marked_on_the_page(book: Book, browser):
    with Visit(browser, book["search"], query="?q=tesseract") as visit:
        visit.tab.wait_for_selector("ul.search li a")
        visit.tab.locator("ul.search li a").first.click()
        visit.tab.wait_for_selector("span.highlighted", state="attached")
