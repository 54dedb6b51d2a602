"""Finding one's way on a page: contents, progress, larger figures, the header's buttons."""

import inspect
import io
import re
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from pages import SHOW_RESULTS, Book
from PIL import Image
from test_front import extension

from course_utils import plots

CHAPTER = "chapters/elbo"
ACTIVE = "[...document.querySelectorAll('#pst-page-toc-nav a.active')].map(link => link.hash)"
# The last heading in the upper part of the window, or above it.
READ = """() => {
  let now = "";
  for (const link of document.querySelectorAll("#pst-page-toc-nav a")) {
    const section = document.getElementById(link.hash.slice(1));
    if (section.closest("[hidden]")) continue;
    if (section.getBoundingClientRect().top <= innerHeight * 0.3) now = link.hash;
  }
  return now ? [now] : [];
}"""


class Quiet(SimpleHTTPRequestHandler):
    """A server of files that says nothing."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def opened(browser: Any, book: Book, name: str = CHAPTER, width: int = 1280, **look: Any) -> Any:
    """Open a page in a window."""
    tab = browser.new_page(viewport={"width": width, "height": 900}, **look)
    tab.set_default_timeout(120_000)
    tab.goto(book[name].file.as_uri())
    tab.wait_for_load_state("networkidle")
    return tab


@pytest.fixture
def tab(browser: Any, book: Book) -> Iterator[Any]:
    """A long chapter in the window of a laptop."""
    tab = opened(browser, book)
    yield tab
    tab.close()


def scroll(tab: Any, to: float) -> None:
    """Scroll to a part of the page: 0 is its top, 1 its end."""
    tab.evaluate(
        "part => scrollTo(0, part * (document.documentElement.scrollHeight - innerHeight))", to
    )
    tab.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 100)))")


def test_the_contents_follow_the_reader(tab: Any) -> None:
    seen = set()
    for part in (0.1, 0.35, 0.6, 0.85, 0.5, 0.2):
        scroll(tab, part)
        assert tab.evaluate(ACTIVE) == tab.evaluate(READ) != []
        current = tab.locator("#pst-page-toc-nav [aria-current]")
        assert current.count() == 1
        assert current.evaluate("""link => {
          const place = link.getBoundingClientRect();
          const bar = link.closest('.bd-sidebar-secondary').getBoundingClientRect();
          return place.top >= bar.top && place.bottom <= Math.min(bar.bottom, innerHeight);
        }""")
        seen.add(current.get_attribute("href"))
    assert len(seen) >= 4
    scroll(tab, 1)
    last = tab.locator("article section:not([hidden], [hidden] *)").last.get_attribute("id")
    assert tab.evaluate(ACTIVE) == [f"#{last}"]


def test_the_mark_of_progress_grows_with_the_page(tab: Any) -> None:
    width = "document.querySelector('.book-progress').getBoundingClientRect().width / innerWidth"
    for part in (0, 0.5, 1):
        scroll(tab, part)
        assert tab.evaluate(width) == pytest.approx(part, abs=0.02)


def test_the_way_back_to_the_top_needs_no_mouse(tab: Any) -> None:
    button = tab.locator("button.book-top")
    assert not button.is_visible()
    scroll(tab, 0.5)
    assert button.is_visible()
    button.focus()
    tab.keyboard.press("Enter")
    tab.wait_for_function("scrollY === 0")
    assert tab.evaluate("document.activeElement.tagName") == "H1"


def test_the_side_bar_shows_the_chapter_and_the_search(browser: Any, book: Book) -> None:
    in_bar = """part => {
      const place = part.getBoundingClientRect();
      return place.top >= 0 && place.bottom <= innerHeight;
    }"""
    for page in ("chapters/compression_and_pca", "chapters/scaling_out", "bibliography"):
        tab = opened(browser, book, page)
        assert tab.locator(".bd-sidebar-primary a.current").evaluate(in_bar), page
        assert tab.locator(".bd-sidebar-primary .search-button-field").evaluate(in_bar), page
        covered = """link => {
          const place = link.getBoundingClientRect();
          return link.contains(document.elementFromPoint(place.x + 9, place.y + place.height / 2));
        }"""
        assert tab.locator(".bd-sidebar-primary a.current").evaluate(covered), page
        search = tab.locator(".bd-sidebar-primary .search-button-field").bounding_box()
        links = tab.locator(".bd-sidebar-primary .sidebar-primary-item:has(nav)").bounding_box()
        assert links["y"] >= search["y"] + search["height"], page  # no link lies below a button
        tab.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_header_has_a_search_button(browser: Any, book: Book, width: int) -> None:
    tab = opened(browser, book, width=width)
    tab.locator(".bd-header-article .search-button").click()
    assert tab.evaluate("document.activeElement.matches('input[type=search]')")
    tab.close()


def test_sections_are_numbered(book: Book) -> None:
    chapter = book[CHAPTER].article
    number = chapter.h1.select_one(".section-number").get_text().strip()
    sections = [heading.select_one(".section-number") for heading in chapter.select("h2")]
    numbers = [section.get_text().strip() for section in sections]
    assert numbers == [f"{number}{place}." for place in range(1, len(numbers) + 1)]


def test_a_figure_is_enlarged_by_the_keyboard(tab: Any) -> None:
    button = tab.locator("figure .book-enlarge").first
    assert button.get_attribute("aria-label").startswith("Enlarge Fig. 9.")
    small = tab.locator("figure.book-figure img").first.bounding_box()["width"]
    button.focus()
    tab.keyboard.press("Enter")
    dialog = tab.locator("dialog.book-large")
    assert dialog.is_visible()
    assert dialog.evaluate("box => box.contains(document.activeElement)")
    assert dialog.locator("img").bounding_box()["width"] > 1.2 * small
    assert dialog.locator("img").get_attribute("alt")
    assert "Fig. 9." in dialog.inner_text()
    tab.keyboard.press("Escape")
    assert dialog.count() == 0
    assert button.evaluate("button => button === document.activeElement")


def test_a_figure_is_enlarged_by_a_tap(browser: Any, book: Book) -> None:
    tab = opened(browser, book, width=390, has_touch=True)
    picture = tab.locator("figure.book-figure img").first
    picture.tap()
    large = tab.locator("dialog.book-large img")
    assert large.bounding_box()["width"] > 1.5 * picture.bounding_box()["width"]
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tab.locator("dialog.book-large .book-close").tap()
    assert large.count() == 0
    tab.close()


def corner(tab: Any, picture: Any) -> tuple[int, int, int]:
    """Return the colour of a picture's paper, as it is drawn."""
    with Image.open(io.BytesIO(picture.screenshot())) as drawn:
        return drawn.convert("RGB").getpixel((16, 16))


@pytest.mark.parametrize(
    ("media", "scheme"), [("screen", "dark"), ("screen", "light"), ("print", "dark")]
)
def test_plots_take_the_colours_of_the_page_and_images_keep_their_paper(
    browser: Any, book: Book, media: str, scheme: str
) -> None:
    tab = opened(browser, book, "chapters/denoising", color_scheme=scheme)
    tab.add_init_script(SHOW_RESULTS)
    tab.reload()
    tab.wait_for_function(f"document.documentElement.dataset.theme === '{scheme}'")
    tab.emulate_media(media=media)
    page = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    plot, images = (
        tab.locator(f".cell_output figure img{kind}").first
        for kind in (".book-plot", ":not(.book-plot)")
    )
    dark = media == "screen" and scheme == "dark"
    near = [int(one) for one in re.findall(r"\d+", page)][:3] if dark else (252, 252, 248)
    assert max(abs(a - b) for a, b in zip(corner(tab, plot), near)) < 12
    assert min(corner(tab, images)) > 200
    tab.close()


def test_an_enlarged_plot_has_the_same_colours(browser: Any, book: Book) -> None:
    tab = opened(browser, book, "chapters/denoising", color_scheme="dark")
    tab.add_init_script(SHOW_RESULTS)
    tab.reload()
    tab.locator(".cell_output figure img.book-plot").first.click()
    large = tab.locator("dialog.book-large img")
    assert large.evaluate("picture => getComputedStyle(picture).filter").startswith("invert")
    tab.close()


def test_every_kind_of_figure_is_a_plot_or_shows_images() -> None:
    dark_plots = extension("dark_plots")
    kinds = {
        name
        for name, one in inspect.getmembers(plots, inspect.isfunction)
        if one.__module__ == plots.__name__
        and not name.startswith("_")
        and "Figure" in str(inspect.signature(one).return_annotation)
    }
    assert kinds == {*dark_plots.PLOTS, *dark_plots.IMAGES}
    assert dark_plots.is_plot("x = 1\nplots.curves({'a': x})")
    for code in ("", "plots.rows(x)", "plots.curves(x)\nplots.rows(x)", "print(curves(x))"):
        assert not dark_plots.is_plot(code)


def test_the_notebook_is_saved_and_not_shown(book: Book, browser: Any) -> None:
    handler = partial(Quiet, directory=book.folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        tab.goto(f"http://127.0.0.1:{server.server_port}/{CHAPTER}.html")
        tab.locator(".dropdown-download-buttons button").first.click()
        link = tab.locator("a.btn-download-source-button")
        assert link.inner_text().strip() == "Save as .ipynb"
        with tab.expect_download() as saved:
            link.click()
        assert saved.value.suggested_filename == f"{CHAPTER.split('/')[1]}.ipynb"
        tab.close()
        server.shutdown()


def test_the_colour_switch_keeps_the_focus(tab: Any) -> None:
    switch = tab.locator(".bd-header-article button.theme-switch-button")
    switch.focus()
    for _ in range(3):
        mode = tab.evaluate("document.documentElement.dataset.mode")
        tab.keyboard.press("Enter")
        assert tab.evaluate("document.documentElement.dataset.mode") != mode
        tab.wait_for_timeout(100)
        assert switch.evaluate("button => button === document.activeElement")


# The picture at the top


def test_a_chapter_opens_with_the_picture_that_a_cell_is_tagged_for(book: Book) -> None:
    page = book["chapters/sparse_autoencoders"]
    made = page.soup.select_one(".tag_opening figure")
    top = page.soup.select_one("article figure.book-opening")
    assert top.find("img")["src"] == made.find("img")["src"]
    assert top.find("img").get("class") == made.find("img").get("class")
    assert top.find("img")["alt"] == f"Where this chapter leads: {made.find('img')['alt']}"
    assert top.find("a")["href"] == f"#{made['id']}"
    number = made.select_one(".caption-number").get_text(strip=True)
    assert number in top.get_text() and top.find_previous_sibling("p").find_previous("h1")


def test_a_chapter_without_the_tag_stays_as_it_is() -> None:
    body = "<h1>A</h1>\n<p>B</p>\n<div class='cell'></div>"
    assert extension("opening_picture").with_opening(body) == body
