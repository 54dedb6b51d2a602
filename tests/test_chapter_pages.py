"""Chapters that are read page by page: how long a page is, and that nothing is lost by it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from docutils import nodes
from pages import AXE, NOTEBOOKS, WHOLE_CHAPTERS, Book
from test_front import ROOT, extension

pages_of = extension("chapter_pages")
STARTS = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["sphinx"]["config"][
    "chapter_pages"
]
CHAPTER = "chapters/elbo"
SECOND, THIRD = STARTS[CHAPTER]
SCREEN = 900  # pixels: the height of a laptop's window
LONGEST = 20  # screens
HEIGHT = "document.documentElement.scrollHeight"
IN_SIGHT = """id => {
  const place = document.getElementById(id).getBoundingClientRect();
  return place.height > 0 && place.top > -5 && place.top < innerHeight / 2;
}"""
# The sections of the chapter that are in sight, by the number of their page
SHOWN = """[...new Set([...document.querySelectorAll("[class*='book-page-']:not([hidden])")]
  .filter(section => section.checkVisibility() && section.offsetHeight > 0)
  .map(section => Number(/book-page-(\\d+)/.exec(section.className)?.[1])))].filter(Boolean)"""


@pytest.fixture
def tab(book: Book, browser: Any) -> Iterator[Any]:
    """A chapter of three pages as a reader finds it."""
    context = browser.new_context(viewport={"width": 1280, "height": SCREEN})
    tab = context.new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(book[CHAPTER].file.as_uri())
    tab.wait_for_load_state("load")
    yield tab
    context.close()
    assert errors == []


def go_on(tab: Any) -> None:
    """Follow the link to the next page of the chapter."""
    tab.locator(".book-next-page").click()


def settled(tab: Any) -> float:
    """Return the height of what is in sight, in screens, when pictures and figures have theirs."""
    for place in tab.locator(".live:visible").all():
        place.scroll_into_view_if_needed()
        tab.wait_for_function(
            "place => place.classList.contains('live-on')", arg=place.element_handle()
        )
    return tab.evaluate(HEIGHT) / SCREEN


def test_no_page_of_a_chapter_has_more_than_twenty_screens(book: Book, browser: Any) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": SCREEN})
    tab = context.new_page()
    tab.set_default_timeout(120_000)
    heights = {}
    for name in sorted(NOTEBOOKS & {page.name for page in book.pages}):
        tab.goto(book[name].file.as_uri())
        tab.wait_for_load_state("load")
        heights[name] = [settled(tab)]
        for _ in STARTS.get(name, ()):
            before = tab.evaluate(SHOWN)
            go_on(tab)
            assert tab.evaluate(SHOWN) == [before[-1] + 1], name
            heights[name].append(settled(tab))
        assert tab.locator(".book-next-page").count() == 0, name
        # On the last page the way on leads to the next chapter.
        assert tab.locator(".prev-next-area .right-next").is_visible() or name not in STARTS
    context.close()
    long = {name: found for name, found in heights.items() if max(found) > LONGEST}
    assert long == {}
    short = {name: found for name, found in heights.items() if sum(found) < LONGEST - 4}
    assert not set(short) & set(STARTS), "it needs no pages"


def test_a_name_that_begins_no_page_is_reported() -> None:
    def chapter(*names: str) -> nodes.document:
        sections = [nodes.section("", nodes.title("", name), ids=[name]) for name in names]
        return nodes.document(None, None, "", nodes.section("", nodes.title("", "T"), *sections))

    tree = chapter("a", "b", "c")
    assert pages_of.number_pages(tree, ["b"]) == []
    found = [section["classes"] for section in tree.findall(nodes.section)][1:]
    assert found == [["book-page-1"], ["book-page-2"], ["book-page-2"]]
    assert pages_of.number_pages(chapter("a", "b"), ["x"]) == ["x"]
    assert pages_of.number_pages(chapter("a", "b", "c"), ["c", "b"]) == ["b"]
    assert pages_of.number_pages(nodes.document(None, None), ["a"]) == ["a"]


def test_without_scripts_the_whole_chapter_is_in_sight(book: Book, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    try:
        tab = context.new_page()
        tab.goto(book[CHAPTER].file.as_uri())
        sections = tab.locator("section[class*='book-page-']")
        assert sections.count() > 10
        assert all(section.is_visible() for section in sections.all())
    finally:
        context.close()


def test_before_the_script_has_come_the_first_page_is_in_sight(book: Book, browser: Any) -> None:
    context = browser.new_context()
    try:
        tab = context.new_page()
        tab.route("**/book.js*", lambda route: route.abort())
        tab.goto(book[CHAPTER].file.as_uri())
        assert tab.evaluate(SHOWN) == [1]
    finally:
        context.close()


def test_the_next_page_begins_at_its_top_and_the_way_back_where_one_was(tab: Any) -> None:
    assert tab.evaluate(SHOWN) == [1]
    assert tab.locator(".book-pages [aria-current]:visible").all_inner_texts() == ["Page 1"]
    tab.locator(".book-next-page").scroll_into_view_if_needed()
    link = tab.locator(".book-next-page")
    assert re.fullmatch(
        r"Next page\s+\d+\.\d+\. How does a bound replace the posterior\?", link.inner_text()
    )
    link.focus()
    tab.keyboard.press("Enter")
    assert tab.evaluate(SHOWN) == [2]
    assert tab.evaluate("[scrollY, location.hash]") == [0, f"#{SECOND}"]
    assert tab.evaluate("document.activeElement.parentElement.id") == SECOND
    assert tab.locator("article h1").is_visible()
    first = tab.locator("nav.book-pages").first  # above the text
    assert first.locator("[aria-current]").inner_text() == "Page 2"
    tab.go_back()
    tab.wait_for_function(
        """() => {
          const place = document.querySelector(".book-next-page").getBoundingClientRect();
          return scrollY > innerHeight && place.top >= 0 && place.bottom <= innerHeight;
        }"""
    )
    assert tab.evaluate(SHOWN) == [1]
    tab.go_forward()
    tab.wait_for_function("scrollY < 700")
    assert tab.evaluate(SHOWN) == [2]
    tab.locator("nav.book-pages").first.get_by_text("Page 1").click()
    assert tab.evaluate(SHOWN) == [1]
    assert tab.evaluate("document.activeElement.tagName") == "H1"


def test_other_chapters_are_reached_from_the_first_and_the_last_page(tab: Any) -> None:
    left, right = (tab.locator(f".prev-next-area {way}") for way in (".left-prev", ".right-next"))
    found = []
    for _ in range(3):
        found.append((left.is_visible(), right.is_visible()))
        if tab.locator(".book-next-page").count():
            go_on(tab)
    assert found == [(True, False), (False, False), (False, True)]


def test_a_link_to_a_place_on_another_page_goes_there(tab: Any, book: Book) -> None:
    inside = book[CHAPTER].soup.select(f"#{THIRD} [id]")
    names = [THIRD, "check-yourself", next(tag["id"] for tag in inside if tag.name == "figure")]
    for name in names:  # in a link, in the address, and in an address that changes
        tab.goto("about:blank")
        tab.goto(f"{book[CHAPTER].file.as_uri()}#{name}")
        tab.wait_for_function(IN_SIGHT, arg=name)
        assert tab.evaluate(SHOWN) == [3]
        tab.evaluate("location.hash = '#what-you-will-be-able-to-do'")
        tab.wait_for_function(IN_SIGHT, arg="what-you-will-be-able-to-do")
        assert tab.evaluate(SHOWN) == [1]
        tab.evaluate("id => { location.hash = id }", name)
        tab.wait_for_function(IN_SIGHT, arg=name)
        assert tab.evaluate(SHOWN) == [3]
    tab.locator(f"#pst-page-toc-nav a[href='#{SECOND}']").click()  # the contents, too
    tab.wait_for_function(IN_SIGHT, arg=SECOND)
    assert tab.evaluate(SHOWN) == [2]
    tab.wait_for_function(
        "hash => document.querySelector('#pst-page-toc-nav a.active')?.hash === hash",
        arg=f"#{SECOND}",
    )


def test_the_way_back_from_a_link_leads_to_where_one_was(tab: Any) -> None:
    settled(tab)
    tab.evaluate("scrollTo(0, 6000)")
    tab.locator(f"#pst-page-toc-nav a[href='#{SECOND}']").click()
    tab.wait_for_function(IN_SIGHT, arg=SECOND)
    tab.go_back()
    tab.wait_for_function("Math.abs(scrollY - 6000) < 200")
    assert tab.evaluate(SHOWN) == [1]


def test_the_contents_say_where_a_page_begins(tab: Any) -> None:
    marks = tab.locator("#pst-page-toc-nav .book-page-begins")
    assert [mark.get_attribute("data-page") for mark in marks.all()] == ["Page 2", "Page 3"]
    assert marks.locator(f"a[href='#{SECOND}']").count() == 1


def test_the_search_of_the_browser_finds_what_is_on_another_page(tab: Any) -> None:
    waiting = f"document.getElementById('{THIRD}')"
    assert tab.evaluate(f"{waiting}.getAttribute('hidden')") == "until-found"
    style = tab.evaluate(
        f"[getComputedStyle({waiting}).contentVisibility, getComputedStyle({waiting}).display]"
    )
    assert style == ["hidden", "block"]  # with `display: none` it would not be searched
    tab.evaluate(
        f"{waiting}.querySelector('p').dispatchEvent(new Event('beforematch', {{bubbles: true}}))"
    )
    assert tab.evaluate(SHOWN) == [3]


def test_words_that_the_search_page_has_found_are_in_sight(book: Book, browser: Any) -> None:
    context = browser.new_context()
    try:
        tab = context.new_page()
        errors: list[str] = []
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto(f"{book[CHAPTER].file.as_uri()}?highlight=posterior")  # in diagrams, too
        tab.wait_for_function(
            "document.querySelector('.bd-article .highlighted')?.checkVisibility()"
        )
        assert errors == []
        assert tab.locator(".highlighted").count() > 50
        tab.goto(f"{book[CHAPTER].file.as_uri()}?highlight=amortisation")  # on the third page
        tab.wait_for_function(
            "document.querySelector('.bd-article .highlighted')?.checkVisibility()"
        )
    finally:
        context.close()


def test_who_wants_whole_chapters_has_them_and_keeps_the_place(tab: Any, book: Book) -> None:
    go_on(tab)
    below = tab.locator("nav.book-pages").last
    below.scroll_into_view_if_needed()
    heading = tab.locator(f"#{SECOND} h2")
    top = heading.bounding_box()["y"]
    below.get_by_label("Whole chapters").check()
    assert tab.evaluate(SHOWN) == [1, 2, 3]
    assert heading.bounding_box()["y"] == pytest.approx(top, abs=2)
    assert tab.locator(".book-next-page").count() == 0
    tab.goto("about:blank")
    tab.goto(book["chapters/denoising"].file.as_uri())
    assert tab.evaluate(SHOWN) == [1, 2, 3]  # for other chapters as well
    assert not tab.evaluate("document.documentElement.classList.contains('book-paged')")
    tab.get_by_label("Whole chapters").uncheck()
    assert tab.evaluate(SHOWN) == [3]  # whose end the switch is at
    assert tab.locator(".prev-next-area .right-next").is_visible()


def test_paper_has_the_whole_chapter(tab: Any) -> None:
    go_on(tab)
    tab.emulate_media(media="print")
    tab.wait_for_function("!document.querySelector('.bd-article [hidden=until-found]')")
    sections = tab.locator("section[class*='book-page-']")
    assert all(section.is_visible() for section in sections.all())
    assert not tab.locator("nav.book-pages").last.is_visible()
    tab.emulate_media(media="screen")
    tab.wait_for_function("document.querySelector('.bd-article [hidden=until-found]')")
    assert tab.evaluate(SHOWN) == [2]


def test_a_browser_without_memory_shows_pages_all_the_same(book: Book, browser: Any) -> None:
    context = browser.new_context()
    try:
        tab = context.new_page()
        tab.add_init_script(
            "Object.defineProperty(window, 'localStorage', {get() { throw new Error('no') }})"
        )
        tab.goto(book[CHAPTER].file.as_uri())
        assert tab.evaluate(SHOWN) == [1]
        tab.get_by_label("Whole chapters").check()
        assert tab.evaluate(SHOWN) == [1, 2, 3]
    finally:
        context.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_a_later_page_is_as_accessible(tab: Any, width: int, scheme: str) -> None:
    tab.set_viewport_size({"width": width, "height": SCREEN})
    tab.emulate_media(color_scheme=scheme)
    go_on(tab)
    tab.wait_for_timeout(300)
    excess = f"{HEIGHT.replace('Height', 'Width')} - document.documentElement.clientWidth"
    assert tab.evaluate(excess) <= 0
    tab.evaluate(AXE.read_text(encoding="utf-8"))
    found = tab.evaluate(
        "async () => (await axe.run('main')).violations.flatMap("
        "rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 150)}`))"
    )
    assert found == []
    for link in tab.locator("nav.book-pages a:visible").all():
        assert link.bounding_box()["height"] >= 44


def test_wide_formulas_of_a_later_page_are_reached_by_the_keyboard(
    book: Book, browser: Any
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800})
    try:
        tab = context.new_page()
        tab.goto(book[CHAPTER].file.as_uri())
        tab.wait_for_load_state("load")
        go_on(tab)
        tab.wait_for_function(
            """() => {
              const wide = [...document.querySelectorAll(".bd-article div.math")].filter(one =>
                one.checkVisibility() && one.scrollWidth > one.clientWidth + 1);
              return wide.length && wide.every(one => one.hasAttribute("tabindex"));
            }"""
        )
    finally:
        context.close()


def test_the_switch_of_the_tests_is_that_of_the_readers() -> None:
    script = (ROOT / "_assets" / "book.js").read_text("utf-8")
    name = WHOLE_CHAPTERS.split("'")[1]
    assert f'"{name}"' in script and name in pages_of.EARLY
