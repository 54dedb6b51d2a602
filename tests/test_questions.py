"""The questions of a chapter in a browser: what a reader who chooses an option sees and hears."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from pages import Book, Page, Visit

NARROW = 390
FINGER = 44  # pixels


@pytest.fixture
def page(book: Book) -> Page:
    """The lightest page with questions."""
    pages = [page for page in book.pages if page.soup.select_one("#check-yourself")]
    return min(pages, key=lambda page: page.file.stat().st_size)


@pytest.fixture
def visit(page: Page, browser: Any) -> Iterator[Visit]:
    """That page with all options closed."""
    with Visit(browser, page) as visit:
        visit.tab.evaluate("document.querySelectorAll('details').forEach(it => it.open = false)")
        yield visit


def questions(visit: Visit) -> list[list[tuple[Any, bool]]]:
    """Return the options of each question and whether they are right, as their text says."""
    found: list[list[tuple[Any, bool]]] = []
    for option in visit.tab.locator("#check-yourself > details").all():
        if option.evaluate("option => option.previousElementSibling.tagName") == "P":
            found.append([])
        text = option.evaluate("option => option.children[1].textContent")
        assert text.startswith(("Right: ", "Not quite: "))
        found[-1].append((option, text.startswith("Right: ")))
    return found


def choose(options: list[tuple[Any, bool]], right: bool) -> Any:
    """Choose the first option of a question that is right, or that is wrong, and return it."""
    option = next(option for option, is_right in options if is_right == right)
    option.locator("summary").click()
    return option


def mark(option: Any) -> str:
    """Return what stands before an option: its letter, or the mark of one that is chosen."""
    style = "option => getComputedStyle(option.querySelector('summary'), '::before').content"
    return option.evaluate(style)


def test_an_option_says_whether_it_is_right_and_first_tries_are_counted(visit: Visit) -> None:
    asked = questions(visit)
    score = visit.tab.locator("#check-yourself .book-score")
    assert score.get_attribute("aria-live") == "polite"
    assert score.text_content() == ""
    wrong = choose(asked[0], False)
    assert "✗" in mark(wrong)
    assert score.inner_text() == f"0 of {len(asked)} at the first try, {len(asked) - 1} to go"
    wrong.locator("summary").click()  # closes it, and is no answer
    assert "✗" in mark(wrong)
    assert "✓" in mark(choose(asked[0], True))
    for options in asked[1:]:
        choose(options, True)
    assert score.inner_text() == f"{len(asked) - 1} of {len(asked)} at the first try"
    assert visit.errors == []


def test_the_keyboard_answers_and_what_a_script_opens_is_no_answer(visit: Visit) -> None:
    (option, _), *_ = questions(visit)[0]
    option.evaluate("option => option.open = true")
    score = visit.tab.locator("#check-yourself .book-score")
    assert score.text_content() == ""
    assert "counter" in mark(option)
    option.evaluate("option => option.open = false")
    option.locator("summary").focus()
    visit.tab.keyboard.press("Enter")
    assert option.evaluate("option => option.open")
    assert "at the first try" in score.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_options_fit_a_finger_and_their_marks_can_be_read(visit: Visit, scheme: str) -> None:
    visit.look(NARROW, scheme)
    asked = questions(visit)
    heights = [
        option.locator("summary").bounding_box()["height"]
        for options in asked
        for option, _ in options
    ]
    assert min(heights) >= FINGER
    choose(asked[0], False)
    choose(asked[1], True)
    visit.tab.wait_for_function(f"document.documentElement.dataset.theme === '{scheme}'")
    assert visit.excess() <= 0
    assert visit.violations() == []


def test_paper_has_the_options_and_the_letters_of_the_right_ones(visit: Visit) -> None:
    asked = questions(visit)
    letters = [
        f"{number} {chr(65 + [is_right for _, is_right in options].index(True))}"
        for number, options in enumerate(asked, start=1)
    ]
    answers = visit.tab.locator("#check-yourself .book-answers")
    assert not answers.is_visible()
    chosen = choose(asked[0], False)
    visit.tab.emulate_media(media="print")
    assert answers.inner_text() == "Answers: " + ", ".join(letters)
    assert chosen.locator("summary").is_visible()
    assert not chosen.locator("p").is_visible()
    assert "counter" in mark(chosen)


def test_options_open_without_scripts(page: Page, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    try:
        tab = context.new_page()
        tab.goto(page.file.as_uri())
        option = tab.locator("#check-yourself > details").first
        option.locator("summary").click()
        assert re.match("Right: |Not quite: ", option.locator("p").first.inner_text())
        assert tab.locator(".book-score").count() == 0
    finally:
        context.close()
