"""The pages on paper: nothing is cut, nothing scrolls, folded code stays out by one rule."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pages import Book

# A4 without the margins that book.css sets, in pixels at 96 for each inch.
SHEET = {"width": 658, "height": 978}
PATIENCE = 120_000  # milliseconds, for a machine that does other things, too
FONTS = "() => document.fonts.ready.then(() => null)"

# What is wider than the sheet, cut or scrolls; a figure that is higher than a sheet; what may be
# parted from what it belongs to.
FAULTS = """sheet => {
  const faults = [], wide = document.documentElement.clientWidth;
  const told = (what, one) => faults.push(
    `${what}: ${one.tagName} ${(one.textContent || "").trim().slice(0, 60)}`);
  const inside = "svg *, math *, .visually-hidden";
  for (const one of document.querySelectorAll("body *")) {
    if (!one.checkVisibility() || one.matches(inside)) continue;
    const style = getComputedStyle(one), box = one.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    const across = one.scrollWidth > one.clientWidth, down = one.scrollHeight > one.clientHeight;
    const bars = way => ["auto", "scroll"].includes(way);
    if (across && bars(style.overflowX) || down && bars(style.overflowY)) told("scrolls", one);
    const holds = one.matches("pre, .output, .cell_output, table, figure");
    if (holds && across && one.clientWidth) told("is cut", one);
    if (box.right > wide + 1) told("is wider than the sheet", one);
    if (one.matches("figure")) {
      if (box.height > sheet) told("is higher than a sheet", one);
      if (style.breakInside !== "avoid") told("may be parted from its caption", one);
    }
    if (one.matches("article :is(h1, h2, h3, h4)") && style.breakAfter !== "avoid") {
      told("may be parted from its text", one);
    }
    if (one.matches("article pre, article .cell_input") && style.breakInside !== "avoid") {
      told("may leave an empty box", one);
    }
  }
  return faults;
}"""


def on_paper(browser: Any, file: Path, scheme: str = "light") -> Any:
    """Open a page as it is printed on A4."""
    tab = browser.new_page(viewport=SHEET)
    tab.set_default_timeout(PATIENCE)
    tab.emulate_media(color_scheme=scheme)
    tab.goto(file.as_uri())
    tab.wait_for_load_state("networkidle")
    tab.evaluate(FONTS)
    tab.emulate_media(media="print", color_scheme=scheme)
    # Once it has been drawn, the page knows that it is on paper.
    tab.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))")
    return tab


@pytest.fixture
def chapter(book: Book, browser: Any) -> Iterator[Any]:
    """A chapter with solutions on paper, on a dark device."""
    tab = on_paper(browser, book["chapters/elbo"].file, scheme="dark")
    yield tab
    tab.close()


def test_nothing_is_cut_on_paper(book: Book, browser: Any) -> None:
    faults = {}
    for page in book.pages:
        tab = on_paper(browser, page.file)
        faults[page.name] = tab.evaluate(FAULTS, SHEET["height"])
        tab.close()
    assert {name: found[:5] for name, found in faults.items() if found} == {}


def test_paper_has_light_colours(chapter: Any) -> None:
    chapter.wait_for_function("document.documentElement.dataset.theme === 'light'")
    assert chapter.evaluate("getComputedStyle(document.body).backgroundColor") in (
        "rgb(255, 255, 255)",
        "rgba(0, 0, 0, 0)",
    )
    chapter.emulate_media(media="screen")
    chapter.wait_for_function("document.documentElement.dataset.theme === 'dark'")


def test_solutions_are_printed_and_folded_code_is_not(chapter: Any) -> None:
    solutions = chapter.locator(".tag_hide-cell details.hide")
    assert solutions.count() > 0
    for solution in solutions.all():
        assert solution.locator("pre").first.is_visible()
        assert not solution.locator("summary").is_visible()
    folded = chapter.locator(".tag_hide-input > details.hide")
    assert folded.count() > 0
    for fold in folded.all():
        assert not fold.locator("pre").first.is_visible()
    label = "getComputedStyle(document.querySelector('.tag_hide-input summary'), '::after').content"
    assert chapter.evaluate(label) == '"Code: on the web page"'
    chapter.emulate_media(media="screen")
    chapter.wait_for_function("!document.querySelector('.tag_hide-cell details.hide').open")


def test_what_a_reader_has_opened_is_printed(book: Book, browser: Any) -> None:
    tab = on_paper(browser, book["chapters/elbo"].file)
    tab.emulate_media(media="screen")
    tab.locator(".tag_hide-input > details.hide > summary").first.click()
    tab.emulate_media(media="print")
    assert tab.locator(".tag_hide-input > details.hide pre").first.is_visible()
    tab.close()


def test_a_link_that_is_an_address_does_not_show_it_twice(book: Book, browser: Any) -> None:
    tab = on_paper(browser, book["bibliography"].file)
    links = tab.locator("article a[href^='http']")
    assert links.count() > 0
    assert tab.locator("article a[data-address]").count() == 0
    tab.close()


def test_a_link_to_another_place_shows_its_address(chapter: Any) -> None:
    links = chapter.locator("article a[href^='https://doi.org']").all()
    assert links
    for link in links:
        assert link.get_attribute("data-address").startswith("doi.org/")
    shown = "link => getComputedStyle(link, '::after').content"
    assert "doi.org/" in links[0].evaluate(shown)
    for link in chapter.locator("article a[data-address]").all():
        assert len(link.get_attribute("data-address")) <= 100


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ("<pre style='width: 9rem; overflow: auto'>a line that is too long for it</pre>", "scroll"),
        ("<pre style='width: 9rem; overflow: hidden'>a line that is too long for it</pre>", "cut"),
        ("<table style='width: 800px'><tr><td>wide</td></tr></table>", "wider"),
        ("<figure><div style='height: 2000px'>tower</div></figure>", "higher"),
        ("<figure>picture</figure>", "caption"),
        ("<article><h2>Title</h2></article>", "its text"),
        ("<article><div class='cell_input'>x = 1</div></article>", "empty box"),
    ],
)
def test_a_fault_on_paper_is_found(tmp_path: Path, browser: Any, html: str, fault: str) -> None:
    file = tmp_path / "page.html"
    file.write_text(f"<html><body>{html}</body></html>", encoding="utf-8")
    tab = on_paper(browser, file)
    assert any(fault in found for found in tab.evaluate(FAULTS, SHEET["height"]))
    tab.close()
