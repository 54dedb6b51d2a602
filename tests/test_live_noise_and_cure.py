"""Noise and cure, touched: the slider, the pictures, drawing by mouse, finger and keys, links."""

from typing import Any

import pytest
from pages import Book, Visit, on_phone

from tools import toc
from tools.live import exports, pack

PAGE = "chapters/denoising"
CURES = ("best filter", "one matrix", "classic network", "skip network")
PICTURE = "canvas => canvas.toDataURL()"
SETTLED = """() => new Promise(done => {
    let frames = 6;
    const next = () => (frames-- ? requestAnimationFrame(next) : done());
    next();
})"""


@pytest.fixture(scope="module")
def opened(book: Book, browser: Any) -> Visit:
    with Visit(browser, book[PAGE]) as visit:
        yield visit


@pytest.fixture
def tab(opened: Visit) -> Any:
    """The page as a reader finds it: ten per cent of noise on the first garment."""
    tab = opened.tab
    slide(tab, 10)
    tab.locator(".live-thumb").first.click()
    yield tab
    assert opened.errors == []


def slide(tab: Any, amount: int) -> None:
    """Put the slider somewhere, as a mouse would."""
    tab.get_by_label("Noise", exact=True).evaluate(
        "(input, value) => {input.value = value; input.dispatchEvent(new Event('input'));}", amount
    )


def shown(tab: Any) -> dict[str, tuple[str, str]]:
    """Return each panel's picture and its decibels, when all are there."""
    tab.evaluate(SETTLED)
    panels = tab.locator(".live-exhibit")
    return {
        panel.locator(".live-head").inner_text(): (
            panel.locator("canvas").evaluate(PICTURE),
            panel.locator(".live-measure").inner_text(),
        )
        for panel in panels.all()
    }


def decibels(tab: Any, name: str) -> float:
    """Return what is written below a cure."""
    return float(shown(tab)[name][1].removesuffix(" dB"))


def test_the_arrow_keys_add_noise_and_every_cure_follows(tab: Any):
    before = shown(tab)
    slider = tab.get_by_label("Noise", exact=True)
    slider.focus()
    for _ in range(5):
        tab.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "15 %"
    after = shown(tab)
    for name in ("noisy", *CURES):
        assert after[name][0] != before[name][0], name
    assert after["draw on it"] == before["draw on it"]
    tab.wait_for_timeout(300)
    assert tab.locator(".live-status").inner_text().startswith("15 % noise")


def test_at_ten_per_cent_the_order_is_the_chapter_s(tab: Any):
    found = {name: [] for name in CURES}
    for thumb in tab.locator(".live-thumb").all():
        thumb.click()
        for name in CURES:
            found[name].append(decibels(tab, name))
    mean = {name: sum(values) / len(values) for name, values in found.items()}
    assert mean["skip network"] > mean["best filter"] + 2
    assert mean["best filter"] > mean["classic network"] + 0.5
    assert abs(mean["one matrix"] - mean["best filter"]) < 1.5


def test_without_noise_only_the_networks_err(tab: Any):
    slide(tab, 0)
    found = shown(tab)
    assert found["noisy"][1] == found["best filter"][1] == "no error"
    assert decibels(tab, "one matrix") > 60
    assert 10 < decibels(tab, "classic network") < decibels(tab, "skip network") < 60


def test_other_noise_is_other_noise(tab: Any):
    before = shown(tab)
    tab.get_by_role("button", name="Other noise").click()
    after = shown(tab)
    assert after["noisy"][0] != before["noisy"][0]
    assert after["draw on it"][0] == before["draw on it"][0]


def test_a_drawing_is_spoilt_and_cured_too(tab: Any):
    tab.get_by_role("button", name="Blank page").click()
    blank = shown(tab)
    assert tab.locator(".live-thumb[aria-pressed=true]").count() == 0
    board = tab.locator(".live-board")
    board.scroll_into_view_if_needed()
    box = board.bounding_box()
    tab.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.3 * box["height"])
    tab.mouse.down()
    tab.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.7 * box["height"], steps=5)
    tab.mouse.up()
    drawn = shown(tab)
    for name in ("draw on it", "noisy", *CURES):
        assert drawn[name][0] != blank[name][0], name
    tab.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.1 * box["height"])
    assert shown(tab) == drawn


def test_keys_draw_as_well(tab: Any):
    tab.get_by_role("button", name="Blank page").click()
    blank = shown(tab)
    for key in ("ArrowUp", "ArrowLeft"):
        tab.keyboard.press(key)
    assert shown(tab)["noisy"] == blank["noisy"]
    tab.keyboard.press("Space")
    for _ in range(4):
        tab.keyboard.press("Shift+ArrowDown")
    assert shown(tab)["noisy"] != blank["noisy"]


def test_a_finger_draws_and_does_not_move_the_page(book: Book, browser: Any):
    tab = on_phone(browser, book[PAGE])
    board = tab.locator(".live-board")
    board.scroll_into_view_if_needed()
    box, scrolled, before = board.bounding_box(), tab.evaluate("scrollY"), shown(tab)
    protocol = tab.context.new_cdp_session(tab)
    for kind, share in (("touchStart", 0.9), ("touchMove", 0.5), ("touchMove", 0.1)):
        point = {"x": box["x"] + share * box["width"], "y": box["y"] + share * box["height"]}
        protocol.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    protocol.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert shown(tab)["skip network"] != before["skip network"]
    assert tab.evaluate("scrollY") == scrolled
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    tab.context.close()


def test_a_link_brings_the_same_situation_back(tab: Any, book: Book, browser: Any):
    tab.locator(".live-thumb").nth(7).click()
    slide(tab, 33)
    found = shown(tab)
    tab.get_by_role("button", name="Link to this").click()
    tab.wait_for_function("location.hash.startsWith('#live-noise-and-cure:')")
    with Visit(browser, book[PAGE], query=tab.evaluate("location.hash")) as other:
        assert shown(other.tab) == found


def test_no_task_is_long_while_the_slider_moves(tab: Any):
    longest = tab.evaluate(
        """async () => {
            const tasks = [0];
            const watch = new PerformanceObserver(list => {
                tasks.push(...list.getEntries().map(entry => entry.duration));
            });
            watch.observe({ entryTypes: ["longtask"] });
            const input = document.querySelector(".live-slider input");
            for (let value = 0; value <= 60; value++) {
                input.value = value;
                input.dispatchEvent(new Event("input"));
                await new Promise(done => requestAnimationFrame(done));
            }
            await new Promise(done => setTimeout(done, 100));
            watch.disconnect();
            return Math.max(...tasks);
        }"""
    )
    assert longest <= 1000  # busy machines; alone it is less than 100


def test_the_short_form_of_the_matrix_costs_less_than_a_tenth_of_a_decibel():
    facts = pack.read(toc.ROOT / exports.DATA / "noise-and-cure.js")["facts"]
    assert abs(facts["linear"]["decibels lost"]) < 0.1
    assert len(facts["filters"]) == 10
