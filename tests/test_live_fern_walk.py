"""A walk away from a fern, touched: strength, looking, refused steps, the link, keys and fingers.

What the page computes is compared with the chapter's own code, which gets the page's noise.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import nbformat
import numpy as np
import pytest
from pages import Book, Visit, on_phone
from sklearn.neighbors import NearestNeighbors

from tools import toc
from tools.live import exports, pack

PAGE = "chapters/a_meadow"
PICTURE = "canvas => canvas.toDataURL()"
COUNT = 12
GREY = """canvas => {
    const {data} = canvas.getContext("2d").getImageData(0, 0, 28, 28);
    return [...data].filter((_, i) => i % 4 === 0);
}"""


@pytest.fixture
def visit(book: Book, browser: Any) -> Iterator[Visit]:
    with Visit(browser, book[PAGE]) as opened:
        yield opened


def drawn(tab: Any) -> list[str]:
    """Return the twelve pictures."""
    return [one.evaluate(PICTURE) for one in tab.locator(".live-variations canvas").all()]


def words(tab: Any) -> list[str]:
    """Return what is said below the twelve pictures, without the distances."""
    return tab.locator(".live-variations .live-where span").all_inner_texts()


def distances(tab: Any) -> np.ndarray:
    """Return the distances to the nearest codes."""
    values = tab.locator(".live-variations data").evaluate_all("all => all.map(one => one.value)")
    return np.array(values, float)


def status(tab: Any) -> str:
    """Return the status line when it has arrived."""
    tab.wait_for_timeout(300)
    return tab.locator(".live-status").inner_text()


def walk(tab: Any, strength: float) -> None:
    """Move the slider."""
    tab.get_by_label("Strength", exact=True).fill(str(strength))


def look(tab: Any) -> Any:
    """Return the button that says whether the walk looks."""
    return tab.get_by_role("button", name="Look before you step")


def pick(tab: Any, fern: int) -> None:
    """Choose a fern, counted from 1."""
    tab.get_by_role("button", name=f"Fern {fern}", exact=True).click()


# The same numbers by the chapter's code


def noise(seed: int) -> Callable[[], float]:
    """Return the page's normal numbers of a seed: live/core/random.js."""
    state, spare = seed, []

    def uniform() -> float:
        nonlocal state
        state = (state + 0x6D2B79F5) % 2**32
        t = (state ^ state >> 15) * (state | 1) % 2**32
        t ^= (t + (t ^ t >> 7) * (t | 61)) % 2**32
        return (t ^ t >> 14) / 2**32

    def normal() -> float:
        if spare:
            return spare.pop()
        radius, angle = math.sqrt(-2 * math.log(1 - uniform())), 2 * math.pi * uniform()
        spare.append(radius * math.sin(angle))
        return radius * math.cos(angle)

    return normal


class Noise:
    """Stands for NumPy's generator in the chapter's code."""

    def __init__(self, seed: int) -> None:
        self.normal = noise(seed)

    def standard_normal(self, shape: tuple[int, ...]) -> np.ndarray:
        """Return the next numbers, row by row."""
        return np.array([self.normal() for _ in range(math.prod(shape))]).reshape(shape)


@pytest.fixture(scope="module")
def chapter() -> dict[str, Any]:
    """The chapter's `Walk` and `wander`, and a walk with the numbers that the page has."""
    cells = nbformat.read(toc.ROOT / f"{PAGE}.ipynb", 4).cells
    names: dict[str, Any] = {"np": np, "NearestNeighbors": NearestNeighbors}
    for start in ("class Walk", "def wander"):
        exec(next(cell.source for cell in cells if cell.source.startswith(start)), names)
    data = pack.read(toc.ROOT / exports.DATA / "ferns.js")
    arrays = {key: pack.unpack(one).astype(float) for key, one in data["arrays"].items()}
    walk = names["Walk"](arrays["codes"])
    walk.middle, walk.root, walk.limit = arrays["middle"], arrays["root"], data["facts"]["limit"]
    names |= {"arrays": arrays, "walk": walk}
    return names


def expected(chapter: dict[str, Any], fern: int, strength: float, looks: bool) -> tuple[list, list]:
    """Return the distances of the first dozen by the chapter's code, and the refused steps."""
    far, refused = [], []
    for seed in range(1, COUNT + 1):
        chapter["rng"] = Noise(seed)
        start, steps = chapter["arrays"]["codes"][[fern - 1]], chapter["walk"]
        if looks:
            z, kept = chapter["wander"](steps, start, strength)
            refused.append(round(1 / kept) - 1 if kept else 300)
        else:
            z = steps.step(start, strength)
        far.append(steps.book.kneighbors(z, 1)[0][0, 0])
    return far, refused


def test_what_is_exported_is_the_walk_of_the_chapter(chapter: dict[str, Any]):
    page, again = chapter["walk"], chapter["Walk"](chapter["arrays"]["codes"])
    np.testing.assert_allclose(page.middle, again.middle, atol=1e-3)
    np.testing.assert_allclose(page.root, again.root, atol=1e-3)
    assert page.limit == pytest.approx(again.limit, rel=1e-2)


@pytest.mark.parametrize(("fern", "strength"), [(2, 0.3), (2, 0.7), (9, 0.5), (20, 1.0)])
def test_the_page_steps_and_refuses_as_the_chapter_does(
    visit: Visit, chapter: dict[str, Any], fern: int, strength: float
):
    tab = visit.tab
    pick(tab, fern)
    walk(tab, strength)
    far, refused = expected(chapter, fern, strength, looks=True)
    np.testing.assert_allclose(distances(tab), far, atol=1e-5)
    assert words(tab) == [f"{n} refused" if n < 300 else "stayed" for n in refused]
    assert status(tab).startswith(f"{sum(refused)} steps refused")
    look(tab).click()
    far, _ = expected(chapter, fern, strength, looks=False)
    np.testing.assert_allclose(distances(tab), far, atol=1e-5)
    assert words(tab) == ["beyond" if one >= chapter["walk"].limit else "within" for one in far]
    # A slightly different walk would have been noticed.
    other, _ = expected(chapter, fern, strength * 0.99, looks=False)
    assert np.abs(distances(tab) - other).max() > 1e-3
    assert visit.errors == []


# Touched


def test_a_dozen_variations_that_differ_and_lie_within_the_limit(
    visit: Visit, chapter: dict[str, Any]
):
    assert len(set(drawn(visit.tab))) == COUNT
    assert distances(visit.tab).max() < chapter["walk"].limit
    assert look(visit.tab).get_attribute("aria-pressed") == "true"
    assert visit.tab.locator(".live-beyond").count() == 0
    assert visit.errors == []


def test_a_walk_of_strength_zero_is_the_reconstruction(visit: Visit):
    tab = visit.tab
    walk(tab, 0)
    origin = [one.evaluate(GREY) for one in tab.locator(".live-origin canvas").all()]
    fern, rebuilt = (np.array(one, float) for one in origin)
    for one in tab.locator(".live-variations canvas").all():
        assert np.abs(np.array(one.evaluate(GREY)) - rebuilt).max() <= 1
    assert words(tab) == ["0 refused"] * COUNT
    assert status(tab).startswith("0 steps refused, 12 taken. Variety 0.00")
    # It is a reconstruction, and of this fern.
    assert 0 < np.abs(fern - rebuilt).mean() < 0.3 * fern.mean()


def test_looking_changes_only_what_would_be_refused(visit: Visit):
    tab = visit.tab
    before, refused = drawn(tab), words(tab)
    look(tab).click()
    after, places = drawn(tab), words(tab)
    assert set(places) == {"beyond", "within"}
    for i in range(COUNT):
        assert (before[i] == after[i]) == (refused[i] == "0 refused") == (places[i] == "within")
    beyond = places.count("beyond")
    assert tab.locator(".live-beyond").count() == beyond
    assert f"without looking, {beyond} of them beyond the limit" in status(tab)
    look(tab).click()
    assert drawn(tab) == before


def test_further_is_more_various_and_costs_more_steps(visit: Visit):
    tab, said = visit.tab, []
    for strength in (0.15, 0.5, 1):
        walk(tab, strength)
        said.append(status(tab))
    refused = [int(one.split()[0]) for one in said]
    variety = [float(one.split("Variety ")[1].split(";")[0]) for one in said]
    assert refused == sorted(refused) and refused[0] < refused[2]
    assert variety == sorted(variety) and variety[0] < 0.5 * variety[2]


def test_another_dozen_and_another_fern_are_others(visit: Visit):
    tab = visit.tab
    shown = set(drawn(tab))
    tab.get_by_role("button", name="Another dozen").click()
    shown.update(drawn(tab))
    pick(tab, 5)
    shown.update(drawn(tab))
    assert len(shown) == 3 * COUNT
    assert tab.locator(".live-thumb[aria-pressed=true]").count() == 1


def test_a_link_brings_the_same_walk_back(visit: Visit, book: Book, browser: Any):
    tab = visit.tab
    pick(tab, 7)
    walk(tab, 0.85)
    look(tab).click()
    tab.get_by_role("button", name="Another dozen").click()
    shown = drawn(tab)
    tab.get_by_role("button", name="Link to this").click()
    tab.wait_for_function("location.hash.startsWith('#live-fern-walk:')")
    with Visit(browser, book[PAGE], query=tab.evaluate("location.hash")) as other:
        assert drawn(other.tab) == shown
        assert look(other.tab).get_attribute("aria-pressed") == "false"
        assert other.tab.get_by_label("Strength", exact=True).input_value() == "0.85"
        chosen = other.tab.get_by_role("button", name="Fern 7", exact=True)
        assert chosen.get_attribute("aria-pressed") == "true"


@pytest.mark.parametrize("hash", ["fern=99&strength=7&seed=-3.5", "fern=x&strength=&seed=y&look="])
def test_a_link_that_is_wrong_does_no_harm(book: Book, browser: Any, hash: str):
    with Visit(browser, book[PAGE], query=f"#live-fern-walk:{hash}") as visit:
        assert len(words(visit.tab)) == COUNT
        assert visit.tab.locator(".live-thumb[aria-pressed=true]").count() == 1
        assert visit.errors == []


def test_keys_do_all_and_a_screen_reader_is_told(visit: Visit):
    tab = visit.tab
    before = drawn(tab)
    tab.get_by_role("button", name="Fern 1", exact=True).focus()
    tab.keyboard.press("Enter")
    assert tab.locator(".live-thumb").first.get_attribute("aria-pressed") == "true"
    tab.get_by_label("Strength", exact=True).focus()
    tab.keyboard.press("End")
    assert tab.get_by_label("Strength", exact=True).get_attribute("aria-valuetext") == "1.00"
    look(tab).focus()
    tab.keyboard.press("Space")
    assert drawn(tab) != before
    assert status(tab).startswith("12 steps taken without looking")
    names = tab.locator(".live-variations canvas").evaluate_all("all => all.map(a => a.ariaLabel)")
    assert names[3].startswith("Variation 4: distance ") and names[3].endswith(" the limit")


def test_a_finger_walks_on_a_small_screen(book: Book, browser: Any):
    tab = on_phone(browser, book[PAGE], width=360)
    before = drawn(tab)
    tab.get_by_role("button", name="Fern 4", exact=True).tap()
    look(tab).tap()
    assert drawn(tab) != before
    for target in tab.locator(".live-box button, .live-box input").all():
        box = target.bounding_box()
        assert box["height"] >= 44 and box["width"] >= 44, target.inner_text()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    tab.context.close()


def test_no_complaint_by_axe_and_no_scroll_to_the_side(visit: Visit):
    look(visit.tab).click()
    for width, scheme in ((1280, "light"), (360, "dark")):
        visit.look(width, scheme)
        assert visit.excess() == 0
        assert visit.violations() == []


def test_the_picture_of_the_chapter_stays(visit: Visit):
    assert visit.tab.locator(".live-still img").is_visible()
