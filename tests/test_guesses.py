"""The guesses of a chapter in a browser: their results are covered until the reader has chosen."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from pages import AXE, Book, Page

FINGER = 44  # pixels
NARROW = 390
LIGHT = "chapters/score_matching"  # one guess, no living figure
READ_ON = "chapters/sparse_autoencoders"  # a guess whose answer is in the text, too
LINKED = ("chapters/scaling_out", "fig-scaling-shared-noise")  # a figure that is covered
BUTTON = "Show the result"
# The height of everything in the article, and where each heading and figure is.
PLACES = """[...document.querySelectorAll("article :is(h1, h2, h3, figure, pre, p, .claim)")]
  .filter(one => !one.closest(".book-guess") && one.getClientRects().length)
  .map(one => Math.round(one.getBoundingClientRect().top + scrollY))"""


@pytest.fixture
def page(book: Book) -> Page:
    """The lightest page with a guess."""
    return book[LIGHT]


@pytest.fixture
def tab(page: Page, browser: Any) -> Iterator[Any]:
    """That page as a reader finds it: options closed, result covered."""
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(page.file.as_uri(), wait_until="domcontentloaded")
    yield tab
    context.close()


def result(tab: Any) -> Any:
    """Return the first output behind the first guess."""
    return tab.locator(".book-guess ~ .cell .cell_output").first


def is_covered(tab: Any) -> bool:
    """Say whether it is out of sight, of the keyboard's reach and of a screen reader's hearing."""
    state = result(tab).evaluate(
        """part => [part.inert, part.getAttribute("aria-hidden") === "true",
          [part, ...part.querySelectorAll("*")].every(
            one => getComputedStyle(one).visibility === "hidden")]"""
    )
    assert len(set(state)) == 1, state
    return state[0]


def test_every_guess_of_the_book_covers_its_result(book: Book, browser: Any) -> None:
    tab = browser.new_page()
    asked, bare = 0, []
    for page in book.pages:
        prompts = [
            prompt.get_text()
            for prompt in page.article.select("p > strong:first-child")
            if re.match("Before you |Predict", prompt.get_text())
        ]
        if not prompts:
            continue
        tab.goto(page.file.as_uri(), wait_until="domcontentloaded")
        found = tab.evaluate(
            """[...document.querySelectorAll(".book-guess")].map(
              box => [box.querySelector("strong").textContent, !!box.querySelector("input")])"""
        )
        assert [prompt for prompt, _ in found] == prompts, page.name
        bare += [prompt for prompt, covers in found if not covers]
        asked += len(found)
    tab.close()
    assert asked > 60
    # A thought, not a measurement: the text says the answer much later.
    assert bare == ["Before you read on:"] * len(bare)
    assert len(bare) < 3


def test_a_choice_uncovers_and_says_whether_it_is_right(tab: Any) -> None:
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    assert is_covered(tab)
    assert tab.get_by_role("button", name=BUTTON).count() == 1
    right = tab.locator(".book-guess > [data-answer='right']")
    assert right.count() == 1
    right.locator("summary").click()
    assert not is_covered(tab)
    assert right.locator("p").inner_text().startswith("Right: ")
    mark = "option => getComputedStyle(option.querySelector('summary'), '::before').content"
    assert "✓" in right.evaluate(mark)
    assert tab.get_by_role("button", name=BUTTON).count() == 0
    assert tab.evaluate("document.activeElement.tagName") == "SUMMARY"
    # The questions at the end count their own.
    assert tab.locator("#check-yourself .book-score").text_content() == ""
    assert errors == []


def test_what_a_script_opens_is_no_choice(tab: Any) -> None:
    tab.evaluate("document.querySelectorAll('details').forEach(it => it.open = true)")
    assert is_covered(tab)


def test_the_keyboard_chooses(tab: Any) -> None:
    tab.locator(".book-guess summary").first.focus()
    tab.keyboard.press("Enter")
    assert not is_covered(tab)


def test_the_keyboard_reaches_the_button_and_then_the_result(tab: Any) -> None:
    tab.locator(".book-guess input").focus()
    seen = []
    for _ in range(6):
        tab.keyboard.press("Tab")
        seen.append(tab.evaluate("document.activeElement.textContent.trim()"))
        if seen[-1] == BUTTON:
            break
    assert seen[-1] == BUTTON
    tab.keyboard.press("Enter")
    assert not is_covered(tab)
    focused = "part => part.contains(document.activeElement)"
    assert result(tab).evaluate(focused)


def test_nothing_moves_when_the_result_is_uncovered(tab: Any) -> None:
    before = tab.evaluate(PLACES)
    tab.get_by_role("button", name=BUTTON).click()
    assert tab.evaluate(PLACES) == before


def test_no_screen_reader_hears_what_is_covered(tab: Any) -> None:
    words = "median cosine"
    tree = tab.context.new_cdp_session(tab)

    def heard() -> str:
        nodes = tree.send("Accessibility.getFullAXTree")["nodes"]
        return " ".join(
            str(node.get("name", {}).get("value", "")) for node in nodes if not node.get("ignored")
        )

    assert words in result(tab).evaluate("part => part.textContent")
    covered = heard()
    assert words not in covered
    assert "The result is covered until you choose." in covered
    tab.get_by_role("button", name=BUTTON).click()
    assert words in heard()


def test_who_wants_to_see_results_always_sees_them_until_it_is_taken_back(tab: Any) -> None:
    box = tab.get_by_label("Always show results").first
    box.check()
    assert not is_covered(tab)
    tab.reload(wait_until="domcontentloaded")
    assert not is_covered(tab)
    box.uncheck()
    assert is_covered(tab)
    tab.reload(wait_until="domcontentloaded")
    assert is_covered(tab)


def test_a_browser_without_memory_covers_all_the_same(page: Page, browser: Any) -> None:
    tab = browser.new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    try:
        tab.add_init_script(
            "Object.defineProperty(window, 'localStorage', {get() { throw new Error('no') }})"
        )
        tab.goto(page.file.as_uri(), wait_until="domcontentloaded")
        assert is_covered(tab)
        tab.get_by_label("Always show results").first.check()
        assert not is_covered(tab)
        assert [error for error in errors if "book.js" in error] == []
    finally:
        tab.close()


def test_a_link_into_what_is_covered_uncovers_it(book: Book, browser: Any) -> None:
    name, figure = LINKED
    file = book[name].file.as_uri()
    tab = browser.new_page()
    hidden = "id => document.getElementById(id).closest('.book-covered') !== null"
    try:
        tab.goto(f"{file}#is-one-device-busy", wait_until="domcontentloaded")
        assert tab.evaluate(hidden, figure)
        tab.evaluate("id => { location.hash = id }", figure)
        tab.wait_for_function(f"!({hidden})('{figure}')")
        assert tab.locator(".book-covered").count() > 0  # the others are still to be guessed
        tab.goto("about:blank")
        tab.goto(f"{file}#{figure}", wait_until="domcontentloaded")
        assert not tab.evaluate(hidden, figure)
    finally:
        tab.close()


def test_words_that_a_search_has_found_are_in_sight(page: Page, browser: Any) -> None:
    tab = browser.new_page()
    try:
        tab.goto(page.file.as_uri() + "?highlight=unblurred", wait_until="domcontentloaded")
        tab.locator(".cell_output .highlighted").first.wait_for(state="attached")
        tab.wait_for_function("!document.querySelector('.book-covered')")
        assert not is_covered(tab)
    finally:
        tab.close()


def test_text_that_gives_the_answer_is_covered_where_it_is_asked_before_reading_on(
    book: Book, browser: Any
) -> None:
    tab = browser.new_page()
    try:
        tab.goto(book[READ_ON].file.as_uri(), wait_until="domcontentloaded")
        after = tab.locator(".book-guess").first.locator("xpath=following-sibling::p").first
        assert after.evaluate("part => part.inert && part.matches('.book-covered')")
        tab.locator(".book-guess summary").first.click()
        assert after.is_visible()
    finally:
        tab.close()


def test_paper_shows_the_result_and_why(tab: Any) -> None:
    tab.emulate_media(media="print")
    tab.wait_for_function("!document.querySelector('.book-guess ~ .cell .cell_output').inert")
    assert not is_covered(tab)
    assert not tab.get_by_role("button", name=BUTTON).is_visible()
    assert not tab.locator(".book-guess-line").first.is_visible()
    for option in tab.locator(".book-guess > details").all():
        assert option.locator("summary").is_visible()
        right = option.get_attribute("data-answer") == "right"
        assert option.locator("p").is_visible() == right
    tab.emulate_media(media="screen")
    tab.wait_for_function("document.querySelector('.book-guess ~ .cell .cell_output').inert")
    assert is_covered(tab)


def test_without_scripts_nothing_is_covered(page: Page, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    try:
        tab = context.new_page()
        tab.goto(page.file.as_uri())
        prompt = tab.locator("p:has(> strong:text('Before you look'))")
        option = prompt.locator("xpath=following-sibling::details").first
        option.locator("summary").click()
        assert re.match("Right: |Not quite: ", option.locator("p").inner_text())
        output = option.locator("xpath=following-sibling::div").locator(".cell_output").first
        assert output.is_visible()
        assert tab.get_by_text(BUTTON).count() == 0
    finally:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_guess_fits_a_finger_and_can_be_read(tab: Any, scheme: str) -> None:
    tab.set_viewport_size({"width": NARROW, "height": 900})
    tab.emulate_media(color_scheme=scheme)
    tab.wait_for_function(f"document.documentElement.dataset.theme === '{scheme}'")
    for summary in tab.locator(".book-guess summary").all():
        assert summary.bounding_box()["height"] >= FINGER
    tab.add_style_tag(content="* {transition: none !important}")
    tab.evaluate(AXE.read_text(encoding="utf-8"))
    check = "async part => (await axe.run(part, {preload: false})).violations.map(one => one.id)"
    for part in (".book-guess", ".book-reveal-place"):
        assert tab.evaluate(check, part) == []
    button = tab.get_by_role("button", name=BUTTON).bounding_box()
    assert 0 <= button["x"] <= button["x"] + button["width"] <= NARROW


def test_who_wants_little_motion_gets_none(tab: Any) -> None:
    tab.get_by_role("button", name=BUTTON).click()
    moves = {}
    for wish in ("reduce", "no-preference"):
        tab.emulate_media(reduced_motion=wish)
        moves[wish] = result(tab).evaluate("part => getComputedStyle(part).animationName")
    assert moves == {"reduce": "none", "no-preference": "book-uncover"}
