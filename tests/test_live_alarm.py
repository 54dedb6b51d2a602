"""The figure of the alarm, touched: promise, threshold, rarity, calibrations, the link."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from pages import Book, Visit, on_phone
from scipy.stats import beta

from tools import toc
from tools.live import exports, pack

PAGE = "chapters/finding_what_does_not_belong"
PIECES = 10_000


@pytest.fixture
def visit(book: Book, browser: Any) -> Iterator[Visit]:
    with Visit(browser, book[PAGE]) as opened:
        yield opened


@pytest.fixture
def link(book: Book, browser: Any) -> Iterator[Any]:
    """A function that opens the figure in a situation."""
    opened = []

    def opening(situation: str) -> Visit:
        opened.append(Visit(browser, book[PAGE], query=f"#live-alarm:{situation}"))
        return opened[-1]

    yield opening
    for one in opened:
        assert one.errors == []
        one.context.close()


def scores() -> tuple[np.ndarray, np.ndarray]:
    """Return the scores that the page has, of normal and of odd garments."""
    arrays = pack.read(toc.ROOT / exports.DATA / "alarm.js")["arrays"]
    return pack.unpack(arrays["calm"]), pack.unpack(arrays["odd"])


def counts(visit: Visit) -> list[float]:
    """Return right alarms, odd ones missed, false alarms, and normal ones without an alarm."""
    return [
        float(one.get_attribute("value")) for one in visit.tab.locator(".live-pieces data").all()
    ]


def rates(visit: Visit) -> list[float]:
    """Return the shares of normal and of odd ones that are flagged, as they are written."""
    texts = visit.tab.locator(".live-alarm .live-caption b").all_inner_texts()
    return [float(text.split()[0]) / 100 for text in texts]


def precision(visit: Visit) -> float:
    """Return the share of the alarms that are right, as it is written."""
    text = visit.tab.locator(".live-worth").inner_text()
    return float(re.search(r"([\d.]+)\s%", text)[1]) / 100


def status(visit: Visit) -> str:
    """Return the line below the figure when it has come to rest."""
    visit.tab.wait_for_timeout(250)
    return visit.tab.locator(".live-alarm .live-status").inner_text()


def cut(plane: Any) -> float:
    """Return the threshold, as it is told."""
    found = re.match(r"[\d.,]*\d", plane.get_attribute("aria-valuetext"))
    return float(found[0].replace(",", ""))


def press(visit: Visit, label: str, *keys: str) -> None:
    """Press keys on a control."""
    visit.tab.locator(".live-alarm").get_by_label(label, exact=True).focus()
    for key in keys:
        visit.tab.keyboard.press(key)


def in_chapter(book: Book, pattern: str) -> float:
    """Return a number of the chapter's output, in per cent."""
    return float(re.search(pattern, book[PAGE].article.get_text())[1]) / 100


def test_the_scores_are_sorted_and_those_of_the_chapter(book: Book):
    calm, odd = scores()
    assert len(calm) > 2500 and len(odd) > 10_000
    assert (np.diff(calm) >= 0).all() and (np.diff(odd) >= 0).all()
    at = calm[int(np.ceil((len(calm) + 1) * 0.99)) - 1]
    hits = in_chapter(book, r"false alarms (\d+)% of the odd are found")
    assert abs(np.mean(odd > at) - hits) <= 0.0051


def test_the_counts_add_up_wherever_the_reader_goes(visit: Visit):
    seen = set()
    for label, keys in (
        ("promised false alarms", ["ArrowRight"] * 30),
        ("odd ones", ["Home"]),
        ("Threshold", ["Shift+ArrowRight", "ArrowLeft", "ArrowLeft"]),
        ("normal examples", ["End"]),
        ("odd ones", ["ArrowRight"] * 4),
        ("odd ones", ["End"]),
        ("promised false alarms", ["Home"]),
    ):
        press(visit, label, *keys)
        now = counts(visit)
        assert abs(sum(now) - PIECES) < 1e-6
        words = visit.tab.locator(".live-alarm").get_by_label("odd ones", exact=True)
        one_in = int(
            re.search(r"1 in ([\d,]+)", words.get_attribute("aria-valuetext"))[1].replace(",", "")
        )
        assert abs(now[0] + now[1] - PIECES / one_in) < 0.06
        seen.add(tuple(now))
    assert len(seen) == 7
    assert visit.errors == []


def test_at_one_in_a_thousand_the_alarm_is_worth_what_the_chapter_says(book: Book, link: Any):
    said = in_chapter(book, r"odd ones\s+0\.1%: of the flagged, ([\d.]+)% are odd")
    visit = link("alpha=0.01&n=2000&in=1000")
    false_alarms, hits = rates(visit)
    low, high = beta.ppf([0.001, 0.999], 21, 1980)
    found = precision(visit)
    assert abs(hits - in_chapter(book, r"false alarms (\d+)% of the odd are found")) < 0.06
    assert low - 0.01 < false_alarms < high + 0.01  # 700 fresh ones scatter, too
    by_hand = 0.001 * hits / (0.001 * hits + 0.999 * false_alarms)
    assert abs(found - by_hand) < 0.05 * by_hand
    assert said / 2 < found < 2 * said


def test_what_is_flagged_is_counted_among_what_no_calibration_has_seen(visit: Visit):
    calm, odd = scores()
    lines = visit.tab.locator(".live-alarm .live-caption").all_inner_texts()
    assert f"among {len(calm) - 500:,} fresh" in lines[0]
    assert f"of {len(odd):,} odd" in lines[1]
    shown = cut(visit.tab.locator(".live-scores"))
    assert abs(np.mean(odd > shown) - rates(visit)[1]) < 0.01


def test_the_range_of_one_calibration_is_that_of_the_beta_distribution(link: Any):
    for n, alpha in ((500, 0.05), (2000, 0.01), (50, 0.1)):
        k = int(np.ceil((n + 1) * (1 - alpha)))
        low, high = 100 * beta.ppf([0.05, 0.95], n + 1 - k, k)
        text = link(f"n={n}&alpha={alpha}").tab.locator(".live-alarm .live-parts").inner_text()
        shown = [float(x) for x in re.search(r"between ([\d.]+)\s% and ([\d.]+)\s%", text).groups()]
        assert shown == pytest.approx([low, high], rel=0.06)


def test_it_says_when_there_are_too_few_examples(visit: Visit):
    press(visit, "promised false alarms", "Home")
    visit.tab.get_by_role("button", name="0.1 %", exact=True).click()
    text = visit.tab.locator(".live-impossible").inner_text().replace("\xa0", " ")
    assert "500 examples are too few to promise 0.1 %" in text
    assert "at least 999" in text
    assert rates(visit) == [0, 0]
    assert counts(visit)[0] == counts(visit)[2] == 0
    assert "cannot promise" in status(visit)
    press(visit, "normal examples", "ArrowRight")
    assert visit.tab.locator(".live-impossible").count() == 0
    assert counts(visit)[0] > 0
    assert visit.errors == []


def test_the_promise_is_kept_on_average_only(visit: Visit):
    visit.tab.get_by_role("button", name="5 %", exact=True).click()
    seen = {rates(visit)[0]}
    for _ in range(5):
        visit.tab.get_by_role("button", name="Calibrate again").click()
        seen.add(rates(visit)[0])
    assert len(seen) > 2
    for _ in range(5):
        visit.tab.get_by_role("button", name="20 times more").click()
    text = visit.tab.locator(".live-alarm .live-parts").inner_text()
    mean = float(re.search(r"mean of 106 calibrations is ([\d.]+)\s%", text)[1])
    assert abs(mean - 5) < 0.4
    assert visit.tab.locator(".live-rates circle").count() == 106
    visit.tab.get_by_role("button", name="Start over").click()
    assert visit.tab.locator(".live-rates circle").count() == 1


def test_the_mouse_drags_the_threshold_and_with_it_the_promise(visit: Visit):
    tab = visit.tab
    plane = tab.locator(".live-scores")
    plane.scroll_into_view_if_needed()
    box = plane.bounding_box()
    before = plane.get_attribute("aria-valuetext")
    tab.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"])
    tab.mouse.down()
    for share in (0.35, 0.4):
        tab.mouse.move(box["x"] + share * box["width"], box["y"] + 0.4 * box["height"])
    tab.mouse.up()
    assert plane.get_attribute("aria-valuetext") != before
    handle = plane.locator(".live-handle").bounding_box()
    at = handle["x"] + handle["width"] / 2 - box["x"]
    assert abs(at - 0.4 * box["width"]) < 0.04 * box["width"]
    promised = tab.locator(".live-alarm").get_by_label("promised false alarms", exact=True)
    assert promised.get_attribute("aria-valuetext").split()[0] in plane.get_attribute(
        "aria-valuetext"
    )
    assert visit.errors == []


def test_arrow_keys_take_the_threshold_across_gaps(visit: Visit):
    plane = visit.tab.locator(".live-scores")
    press(visit, "Threshold", *["Shift+ArrowLeft"] * 12)
    seen = [cut(plane)]
    for _ in range(12):
        press(visit, "Threshold", "Shift+ArrowRight")
        seen.append(cut(plane))
    assert seen == sorted(seen)
    assert seen[-1] > 3 * seen[0]
    assert "0.2\xa0%" in plane.get_attribute("aria-valuetext")  # the last of 500


def test_a_link_brings_the_same_situation_back(visit: Visit, book: Book, browser: Any):
    tab = visit.tab
    press(visit, "Threshold", "Shift+ArrowLeft", "ArrowLeft")
    press(visit, "odd ones", "ArrowLeft", "ArrowLeft")
    press(visit, "normal examples", "ArrowRight")
    tab.get_by_role("button", name="Calibrate again").click()
    shown, said = counts(visit), status(visit)
    tab.get_by_role("button", name="Link to this").click()
    tab.wait_for_function("location.hash.startsWith('#live-alarm:')")
    with Visit(browser, book[PAGE], query=tab.evaluate("location.hash")) as other:
        assert counts(other) == shown
        assert status(other) == said
        assert other.tab.locator(".live-rates circle").count() == 2


def test_a_link_with_nonsense_opens_the_figure_all_the_same(link: Any):
    visit = link("alpha=-3&n=1e9&in=0&draws=-5")
    assert abs(sum(counts(visit)) - PIECES) < 1e-6
    assert visit.tab.locator(".live-worth").inner_text()


def test_the_picture_of_the_pieces_changes_with_the_theme(visit: Visit):
    look = "canvas => canvas.toDataURL()"
    canvas = visit.tab.locator(".live-sheet canvas")
    visit.look(1280, "light")
    light = canvas.evaluate(look)
    visit.look(1280, "dark")
    assert canvas.evaluate(look) != light
    assert "right alarms" in canvas.get_attribute("aria-label")


def test_a_finger_drags_on_a_narrow_phone(book: Book, browser: Any):
    tab = on_phone(browser, book[PAGE], width=360, reduced_motion="reduce")
    place = tab.locator('.live[data-live="alarm"]')
    plane = tab.locator(".live-scores")
    plane.scroll_into_view_if_needed()
    before = plane.get_attribute("aria-valuetext")
    box = plane.bounding_box()
    tab.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert plane.get_attribute("aria-valuetext") != before
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    for target in place.locator(".live-box").locator("button, input").all():
        assert target.bounding_box()["height"] >= 44
    tab.context.close()


def test_the_picture_of_the_chapter_stays(visit: Visit):
    assert visit.tab.locator('.live[data-live="alarm"] .live-still img').is_visible()


def test_no_complaint_by_axe_and_no_scroll_to_the_side(visit: Visit):
    for width, scheme in ((1280, "light"), (390, "dark")):
        visit.look(width, scheme)
        assert visit.excess() == 0
        assert visit.violations() == []
