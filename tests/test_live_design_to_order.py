"""Design to order, touched: classes, shuffling, pins, variations, the saved picture, the link."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pages import SHOW_RESULTS, Book, Visit, on_phone

from tools.live import exports

PAGE = "chapters/ordering_and_judging"
PICTURE = "canvas => canvas.toDataURL()"
ARRIVED = 700  # milliseconds until every garment has turned into the next one
COUNT = 12


@pytest.fixture
def visit(book: Book, browser: Any) -> Iterator[Visit]:
    with Visit(browser, book[PAGE]) as opened:
        yield opened


def window(tab: Any) -> list[str]:
    """Return the pictures in the window when they have arrived."""
    tab.wait_for_timeout(ARRIVED)
    canvases = tab.locator(".live-piece canvas").all()
    return [canvas.evaluate(PICTURE) for canvas in canvases]


def kinds(tab: Any) -> list[str]:
    """Return the classes in the window."""
    return tab.locator(".live-kind").all_inner_texts()


def pin(tab: Any, *places: int) -> None:
    """Press designs."""
    for place in places:
        tab.locator(".live-piece").nth(place).click()


def same(before: list[str], after: list[str]) -> list[int]:
    """Return where two windows show the same."""
    return [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a == b]


def test_the_window_is_full_and_no_two_are_alike(visit: Visit):
    assert len(set(window(visit.tab))) == COUNT
    assert kinds(visit.tab) == ["ankle boot"] * COUNT
    assert visit.errors == []


def test_what_is_pinned_stays_when_the_rest_is_shuffled(visit: Visit):
    tab = visit.tab
    before = window(tab)
    pin(tab, 2, 7)
    tab.get_by_role("button", name="Shuffle").click()
    assert same(before, window(tab)) == [2, 7]
    pin(tab, 2)
    tab.get_by_role("button", name="Shuffle").click()
    assert same(before, window(tab)) == [7]
    assert visit.errors == []


def test_an_order_changes_the_class_of_what_is_not_pinned(visit: Visit):
    tab = visit.tab
    before = window(tab)
    pin(tab, 0)
    tab.get_by_label("bag", exact=True).check()
    assert kinds(tab) == ["ankle boot"] + ["bag"] * (COUNT - 1)
    assert same(before, window(tab)) == [0]
    tab.get_by_label("ankle boot", exact=True).check()
    assert window(tab) == before  # the codes had stayed


def test_more_like_the_pinned_are_of_its_class_and_not_its_twins(visit: Visit):
    tab = visit.tab
    button = tab.get_by_role("button", name="More like the pinned")
    assert button.is_disabled()
    pin(tab, 4)
    tab.get_by_label("dress", exact=True).check()
    button.click()
    assert kinds(tab) == ["ankle boot"] * COUNT
    assert len(set(window(tab))) == COUNT


def test_keys_pin_and_a_screen_reader_is_told(visit: Visit):
    tab = visit.tab
    piece = tab.locator(".live-piece").nth(1)
    piece.focus()
    tab.keyboard.press("Space")
    assert piece.get_attribute("aria-pressed") == "true"
    assert piece.get_attribute("aria-label") == "Pin design 2, ankle boot"
    tab.wait_for_timeout(300)
    assert tab.locator(".live-status").inner_text().startswith("1 of 12 pinned")


def test_with_all_pinned_nothing_is_left_to_shuffle(visit: Visit):
    pin(visit.tab, *range(COUNT))
    assert visit.tab.get_by_role("button", name="Shuffle").is_disabled()
    assert visit.tab.get_by_role("button", name="More like the pinned").is_disabled()


def test_the_window_is_saved_as_a_picture(visit: Visit, tmp_path: Path):
    with visit.tab.expect_download() as waiting:
        visit.tab.get_by_role("button", name="Save the picture").click()
    assert waiting.value.suggested_filename == "shop-window.png"
    waiting.value.save_as(tmp_path / "window.png")
    content = (tmp_path / "window.png").read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", content[16:24]) == (4 * 240 + 16, 3 * 240 + 16)
    assert len(content) > 5000
    assert visit.errors == []


def test_with_reduced_motion_the_next_garments_are_there_at_once(book: Book, browser: Any):
    context = browser.new_context(reduced_motion="reduce")
    context.add_init_script(SHOW_RESULTS)
    tab = context.new_page()
    tab.goto(book[PAGE].file.as_uri())
    tab.locator(".live").scroll_into_view_if_needed()
    tab.wait_for_selector(".live-on")
    seen = tab.evaluate(
        """async () => {
            const picture = document.querySelector(".live-piece canvas");
            const frame = () => new Promise((done) => requestAnimationFrame(done));
            const seen = [picture.toDataURL()];
            document.querySelector(".live-controls button").click();
            for (let i = 0; i < 8; i++) { await frame(); seen.push(picture.toDataURL()); }
            return new Set(seen).size;
        }"""
    )
    assert seen == 2
    context.close()


def test_a_finger_pins_on_a_small_screen(book: Book, browser: Any):
    tab = on_phone(browser, book[PAGE])
    tab.locator(".live-piece").nth(3).tap()
    assert tab.locator(".live-piece[aria-pressed=true]").count() == 1
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    tab.context.close()


def test_a_link_brings_the_same_window_back(visit: Visit, book: Book, browser: Any):
    tab = visit.tab
    pin(tab, 1)
    tab.get_by_label("sandal", exact=True).check()
    pin(tab, 6)
    tab.get_by_role("button", name="More like the pinned").click()
    shown = window(tab)
    tab.get_by_role("button", name="Link to this").click()
    tab.wait_for_function("location.hash.startsWith('#live-design-to-order:')")
    with Visit(browser, book[PAGE], query=tab.evaluate("location.hash")) as other:
        assert window(other.tab) == shown
        assert other.tab.locator(".live-piece[aria-pressed=true]").count() == 2
        assert other.tab.get_by_label("sandal", exact=True).is_checked()


def test_the_picture_of_the_chapter_stays(visit: Visit):
    assert visit.tab.locator(".live-still img").is_visible()


def test_no_complaint_by_axe_and_no_scroll_to_the_side(visit: Visit):
    pin(visit.tab, 0)
    for width, scheme in ((1280, "light"), (390, "dark")):
        visit.look(width, scheme)
        assert visit.excess() == 0
        assert visit.violations() == []


def test_a_network_that_was_rearranged_wrongly_is_not_exported():
    exports._require_equal(np.ones(3), np.ones(3) + 1e-6)
    with pytest.raises(ValueError, match="differs"):
        exports._require_equal(np.ones(3), np.ones(3) + 0.01)
