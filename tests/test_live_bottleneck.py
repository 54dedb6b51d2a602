"""The bottleneck, touched: the slider of the code's size, the pictures, the link."""

from typing import Any

import pytest
from pages import Book, Visit, on_phone

PAGE = "chapters/compression_and_pca"
METHODS = ("PCA", "deep network", "shallow network")
PICTURE = "canvas => canvas.toDataURL()"


@pytest.fixture(scope="module")
def opened(book: Book, browser: Any) -> Visit:
    with Visit(browser, book[PAGE]) as visit:
        yield visit


@pytest.fixture
def tab(opened: Visit) -> Any:
    """The page as a reader finds it: eight numbers and a boot."""
    slider = opened.tab.get_by_label("Code", exact=True)
    slider.evaluate("(input) => {input.value = 6; input.dispatchEvent(new Event('input'));}")
    opened.tab.locator(".live-thumb").nth(9).click()
    yield opened.tab
    assert opened.errors == []


def shown(tab: Any) -> dict[str, tuple[str, list[str]]]:
    """Return each panel's picture and the lines below it."""
    return {
        panel.locator(".live-head").inner_text(): (
            panel.locator("canvas").evaluate(PICTURE),
            panel.locator(".live-measure").inner_text().splitlines(),
        )
        for panel in tab.locator(".live-exhibit").all()
    }


def errors(tab: Any) -> dict[str, float]:
    """Return the error that is written below each method."""
    found = shown(tab)
    return {name: float(found[name][1][-1].removeprefix("error ")) for name in METHODS}


def press(tab: Any, key: str, times: int = 1) -> None:
    """Press a key on the slider."""
    tab.get_by_label("Code", exact=True).focus()
    for _ in range(times):
        tab.keyboard.press(key)


def test_the_arrow_keys_change_the_code_and_its_bytes(tab: Any):
    before = shown(tab)
    assert before["PCA"][1][:2] == ["8 numbers", "6 bytes"]
    press(tab, "ArrowRight", 8)
    after = shown(tab)
    assert after["PCA"][1][:2] == ["32 numbers", "24 bytes"]
    assert after["PCA"][0] != before["PCA"][0]
    assert after["deep network"] == before["deep network"]
    press(tab, "End")
    last = shown(tab)
    for name in METHODS:
        assert last[name][1][:2] == ["64 numbers", "48 bytes"]
        assert last[name][0] != before[name][0], name


def test_networks_lead_by_far_with_few_numbers_and_pca_comes_near_with_many(tab: Any):
    shares = []
    for key in ("Home", "End"):
        press(tab, key)
        found = {name: 0.0 for name in METHODS}
        for thumb in tab.locator(".live-thumb").all()[:40]:
            thumb.click()
            for name, error in errors(tab).items():
                found[name] += error
        shares.append(found["deep network"] / found["PCA"])
    assert shares[0] < 0.8 < 0.9 < shares[1] < 1.3


def test_pca_copies_black_and_the_network_does_not(tab: Any):
    press(tab, "End")
    tab.get_by_role("button", name="black").click()
    found = errors(tab)
    assert found["PCA"] < 0.001 < found["deep network"]


def test_the_page_says_what_was_computed_where(tab: Any):
    note = tab.locator(".live-note").inner_text()
    assert "computed when the chapter was run" in note
    tab.wait_for_timeout(300)
    assert tab.locator(".live-status").inner_text().startswith("With 8 numbers PCA's error is")


def test_a_tap_picks_a_picture_on_a_phone(book: Book, browser: Any):
    tab = on_phone(browser, book[PAGE])
    before = shown(tab)
    tab.get_by_role("button", name="trouser").first.tap()
    after = shown(tab)
    assert all(after[name][0] != before[name][0] for name in ("original", *METHODS))
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    tab.context.close()


def test_a_link_brings_the_same_situation_back(tab: Any, book: Book, browser: Any):
    tab.locator(".live-thumb").nth(41).click()
    press(tab, "ArrowLeft", 2)
    found = shown(tab)
    tab.get_by_role("button", name="Link to this").click()
    tab.wait_for_function("location.hash.startsWith('#live-bottleneck:')")
    with Visit(browser, book[PAGE], query=tab.evaluate("location.hash")) as other:
        assert shown(other.tab) == found
