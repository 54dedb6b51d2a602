"""One style sheet for each page: what its rules ask for occurs, and what occurs has its rules."""

import gzip
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import tinycss2
from pages import Book

from tools import toc

sys.path.insert(0, str(toc.ROOT / "_ext"))
import light_styles

LARGEST = 36_000  # bytes of the style sheet of a page, as a server sends it
PAGE = """<html><head>
<link rel="stylesheet" href="{up}_static/styles/a.css?digest=1" />
<link href="{up}_static/b.css?v=2" rel="stylesheet" />
<link rel="icon" href="{up}_static/a.svg">
<link rel="stylesheet" type="text/css" href="{up}_static/book.css" />
</head><body class="one"><p id="first" class="two three">Text</p></body></html>"""
NAMES = {"one", "two", "first"}


@pytest.mark.parametrize(
    ("css", "left"),
    [
        (".one {color: red}", ".one{color: red}"),
        (".one, .four  > p {color: red}", ".one{color: red}"),
        (".four {color: red}", ""),
        ("#fourth {color: red}\n#first {color: #fff}", "#first{color: #fff}"),
        ("p::before {content: '.four'}", 'p::before{content: ".four"}'),
        ("p:not(.four), :is(.four, .one) {a: b}", "p:not(.four),:is(.four, .one){a: b}"),
        ("[class*='four'] {a: b} /* .one */", '[class*="four"]{a: b}'),
        (".bs-tooltip-end {a: b}", ".bs-tooltip-end{a: b}"),
        ("@media print {.four {a: b} .one {a: /* c */ b}}", "@media print{.one{a:  b}}"),
        ("@media print {@supports (a: b) {.four {a: b}}}", ""),
        ("@font-face {src: url(a.woff)}", "@font-face{src: url(a.woff)}"),
        ("@keyframes turn {from {a: b}}", "@keyframes turn{from {a: b}}"),
        (".one {width: calc(1px + 2px)}", ".one{width: calc(1px + 2px)}"),
    ],
)
def test_rules_for_what_does_not_occur_go(css: str, left: str) -> None:
    assert light_styles.pruned(css, NAMES) == left


@pytest.mark.parametrize(
    ("css", "left"),
    [
        ("html[data-theme=light] a {b: c}", "html[data-theme=light] a,[T] a{b: c}"),
        (
            'html[data-theme="dark"] a {b: c}',
            'html[data-theme="dark"] a{b: c}\n@media (prefers-color-scheme:dark){[T] a{b: c}}',
        ),
        ("html[data-theme] a {b: c}", "html[data-theme] a{b: c}"),
    ],
)
def test_a_page_without_scripts_has_the_colours_that_the_device_asks_for(css, left) -> None:
    assert light_styles.pruned(css, None) == left.replace("[T]", 'html[data-theme="auto"]')


PLACES = ["body", ".bd-article p a", ".bd-article .highlight", ".bd-header"]
COLOURS = """places => places.map(place => {
  const style = getComputedStyle(document.querySelector(place));
  return [style.color, style.backgroundColor];
})"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_scripts_change_no_colour(book: Book, browser: Any, scheme: str) -> None:
    seen = []
    for scripts in (True, False):
        context = browser.new_context(color_scheme=scheme, java_script_enabled=scripts)
        tab = context.new_page()
        tab.goto(book["chapters/elbo"].file.as_uri())
        tab.wait_for_load_state("load")
        seen.append(tab.evaluate(COLOURS, PLACES))
        context.close()
    assert seen[0] == seen[1]
    assert (seen[0][0][1] == "rgb(255, 255, 255)") == (scheme == "light")


def test_without_names_only_comments_go() -> None:
    assert light_styles.pruned("/* a */ .four {a: b}", None) == ".four{a: b}"


@pytest.mark.parametrize(
    ("address", "leads"),
    [
        ("url(a.png)", 'url("../a.png")'),
        ("url('fonts/a.woff')", 'url("../fonts/a.woff")'),
        ('url("../a.png")', 'url("../../a.png")'),
        ("url(data:image/png;base64,xy)", "url(data:image/png;base64,xy)"),
        ("url(#mask)", "url(#mask)"),
        ("url(https://x.org/a.png)", "url(https://x.org/a.png)"),
    ],
)
def test_addresses_lead_to_the_same_from_another_folder(address: str, leads: str) -> None:
    assert light_styles.moved(address, "_static", "_static/styles") == leads


def test_a_script_may_use_any_of_its_words() -> None:
    found = light_styles.words(['<p class="a b-c" id="d">e</p>'], ["x.add('f g'); `h-${i}`"])
    assert {"a", "b-c", "d", "f", "g"} <= found and "e" not in found


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A small book with three style sheets, one of which imports a fourth."""
    (tmp_path / "_static" / "styles").mkdir(parents=True)
    (tmp_path / "chapters").mkdir()
    for name, css in {
        "styles/a.css": '@import "../z.css"; .one {a: url(a.png)} .four {a: b}',
        "b.css": ".two {c: d}",
        "z.css": "p {e: f}",
        "book.css": ".only-on-paper {g: url(a.woff)}",
        "x.js": "",
    }.items():
        (tmp_path / "_static" / name).write_text(css, encoding="utf-8")
    (tmp_path / "index.html").write_text(PAGE.format(up=""), encoding="utf-8")
    (tmp_path / "chapters" / "a.html").write_text(PAGE.format(up="../"), encoding="utf-8")
    return tmp_path


def finish(out: Path, exception: Exception | None = None) -> None:
    """Run the extension on a built book."""
    light_styles.finish(
        SimpleNamespace(outdir=out, builder=SimpleNamespace(format="html")), exception
    )


def test_the_sheets_of_a_page_become_one_in_their_order(built: Path) -> None:
    finish(built)
    texts = []
    for page in (built / "index.html", built / "chapters" / "a.html"):
        html = page.read_text(encoding="utf-8")
        (link,) = re.findall(r'<link rel="stylesheet" href="([^"?]+)', html)
        assert '<link rel="icon"' in html and html.endswith("</p></body></html>")
        texts.append((page.parent / link).read_text(encoding="utf-8"))
    assert texts[0] == texts[1]
    assert texts[0].split("\n") == [
        "p{e: f}",
        '.one{a: url("a.png")}',
        ".two{c: d}",
        '.only-on-paper{g: url("../a.woff")}',
    ]
    before = (built / "index.html").read_text(encoding="utf-8")
    finish(built)
    assert (built / "index.html").read_text(encoding="utf-8") == before


def test_a_page_whose_sheet_is_missing_stays_as_it_is(built: Path) -> None:
    (built / "_static" / "b.css").unlink()
    before = (built / "index.html").read_text(encoding="utf-8")
    finish(built)
    assert (built / "index.html").read_text(encoding="utf-8") == before


def test_a_build_that_failed_is_left_alone(built: Path) -> None:
    finish(built, ValueError("the build failed"))
    assert (built / "index.html").read_text(encoding="utf-8") == PAGE.format(up="")


# The book


def sheet(book: Book, name: str) -> Path:
    """Return the style sheet of a page."""
    (link,) = book[name].soup.select("link[rel=stylesheet]")
    return (book[name].file.parent / link["href"].partition("?")[0]).resolve()


def test_every_page_has_one_small_style_sheet(book: Book) -> None:
    for path in {sheet(book, page.name) for page in book.pages}:
        css = path.read_text(encoding="utf-8")
        assert len(gzip.compress(css.encode(), 6)) < LARGEST
        assert "@import" not in css
        for _, address in light_styles.ADDRESS.findall(css):
            assert (path.parent / address.partition("#")[0].partition("?")[0]).is_file(), address


def selectors(css: str | list) -> set[str]:
    """Return the selectors of all rules of a style sheet."""
    found: set[str] = set()
    for rule in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        if rule.type == "qualified-rule":
            found |= {light_styles.short(one) for one in light_styles.parts(rule.prelude)}
        elif rule.type == "at-rule" and rule.lower_at_keyword in light_styles.GROUPS:
            found |= selectors(rule.content or [])
    return found


@pytest.mark.parametrize("name", ["index", "search", "chapters/elbo", "bibliography"])
def test_what_a_page_shows_has_all_its_rules(book: Book, browser: Any, name: str) -> None:
    static = book.folder / "_static"
    ours = ("book.css", "live.css")
    theme = [
        f for f in static.rglob("*.css") if not f.name.startswith("pages-") and f.name not in ours
    ]
    asked = set().union(*(selectors(file.read_text(encoding="utf-8")) for file in theme))
    assert len(asked) > 1000
    kept = selectors(sheet(book, name).read_text(encoding="utf-8"))
    tab = browser.new_page()
    tab.goto(book[name].file.as_uri())
    matching = tab.evaluate(
        """selectors => selectors.filter(one => {
          const plain = one.replace(/::?(before|after|hover|focus[a-z-]*|active|checked)/g, "");
          try { return document.querySelector(plain || "*"); } catch { return false; }
        })""",
        sorted(asked - kept),
    )
    tab.close()
    assert matching == []
