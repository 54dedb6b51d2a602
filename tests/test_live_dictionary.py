"""The dictionary, touched: atoms by mouse, keys and finger, their strength, images."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from pages import Book, Visit, on_phone

from tools import toc
from tools.live import exports, pack

PAGE = "chapters/sparse_autoencoders"
IMAGE, SUM = 0, 1  # the pictures of the equation
PIXELS = """canvas => {
    const copy = document.createElement("canvas"); // reading from the page's own makes it slower
    [copy.width, copy.height] = [canvas.width, canvas.height];
    const context = copy.getContext("2d", { willReadFrequently: true });
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(0, 0, copy.width, copy.height);
    return [...data].filter((_, i) => i % 4 === 0);
}"""


@pytest.fixture
def visit(book: Book, browser: Any) -> Iterator[Visit]:
    with Visit(browser, book[PAGE]) as opened:
        yield opened


def pixels(tab: Any, number: int) -> np.ndarray:
    """Return the red of a picture of the equation, (rows, columns)."""
    values = np.array(tab.locator(".live-equation canvas").nth(number).evaluate(PIXELS))
    side = round(values.size**0.5)
    return values.reshape(side, side)


def error(tab: Any) -> float:
    """Return the squared error that is shown."""
    return float(tab.locator(".live-error strong").inner_text())


def pressed(tab: Any) -> int:
    """Return how many atoms are in the sum."""
    return tab.locator(".live-atom[aria-pressed=true]").count()


@pytest.fixture(scope="module")
def exported() -> dict:
    """What the page loads."""
    return pack.read(toc.ROOT / exports.DATA / "dictionary.js")


@pytest.fixture(scope="module")
def keras_sums() -> np.ndarray:
    """The reconstructions by Keras, (images, 196), less the mean image."""
    probe = pack.read(toc.ROOT / exports.PROBES / "dictionary.js")["decoder"]
    return pack.unpack(probe["output"])


def test_the_numbers_that_are_stored_give_the_reconstructions_of_keras(
    exported: dict, keras_sums: np.ndarray
):
    facts, k = exported["facts"], exported["facts"]["k"]
    atoms, bias = map(pack.unpack, exported["networks"]["decoder"]["weights"])
    numbers = pack.unpack(exported["arrays"]["numbers"]).astype(float)
    for row, places, theirs in zip(numbers, facts["atoms"], keras_sums, strict=True):
        ours = row[:k] @ atoms[places[:k]].astype(float) + bias
        np.testing.assert_allclose(ours, theirs, atol=1e-3)


def test_the_atoms_come_largest_first(exported: dict):
    numbers = pack.unpack(exported["arrays"]["numbers"])
    assert (np.diff(numbers.astype(float), axis=1) <= 0).all()
    assert all(len(set(places)) == len(places) for places in exported["facts"]["atoms"])


def test_the_sum_on_the_page_is_that_of_keras(visit: Visit, exported: dict, keras_sums: np.ndarray):
    mean = pack.unpack(exported["arrays"]["mean"])
    picked = exported["facts"]["labels"].index(9)  # the boot of the chapter
    theirs = np.clip(keras_sums[picked] + mean, 0, 1).reshape(14, 14)
    drawn = pixels(visit.tab, SUM)[::2, ::2] / 255
    assert np.abs(drawn - theirs).max() <= 1e-3 + 0.5 / 255  # a pixel has 256 levels


def test_an_atom_is_taken_away_and_put_back_by_keys(visit: Visit):
    tab = visit.tab
    before, small, count = pixels(tab, SUM), error(tab), pressed(tab)
    atom = tab.locator(".live-atom").first
    atom.focus()
    tab.keyboard.press("Enter")
    assert atom.get_attribute("aria-pressed") == "false"
    assert error(tab) > small and pressed(tab) == count - 1
    assert (pixels(tab, SUM) != before).any()
    tab.wait_for_timeout(300)
    assert f"{count - 1} atoms" in tab.locator(".live-status").inner_text()
    tab.keyboard.press("Space")
    assert (pixels(tab, SUM) == before).all() and error(tab) == small
    assert visit.errors == []


def test_an_atom_becomes_stronger_by_its_slider(visit: Visit):
    tab = visit.tab
    number = tab.locator(".live-number").first
    before, weak = pixels(tab, SUM), float(number.inner_text())
    tab.locator(".live-tile input").first.focus()
    tab.keyboard.press("End")
    assert float(number.inner_text()) == pytest.approx(2 * weak, abs=0.01)
    assert (pixels(tab, SUM) != before).any()
    tab.keyboard.press("Home")
    assert tab.locator(".live-atom").first.get_attribute("aria-pressed") == "false"
    tab.get_by_role("button", name="Undo").click()
    assert (pixels(tab, SUM) == before).all()


def test_more_atoms_leave_less_error(visit: Visit):
    tab = visit.tab
    slider = tab.get_by_label("Largest atoms")
    errors = []
    for k in (0, 1, 2, 4, 8, 16):
        slider.fill(str(k))
        assert pressed(tab) == k
        errors.append(error(tab))
    assert errors == sorted(errors, reverse=True)


def test_another_image_brings_its_own_atoms(visit: Visit):
    tab = visit.tab
    tab.locator(".live-atom").first.click()
    before = pixels(tab, IMAGE)
    tab.get_by_role("button", name="bag, image 9").click()
    assert (pixels(tab, IMAGE) != before).any()
    assert tab.locator(".live-equation").inner_text().startswith("bag")
    assert pressed(tab) == 16


def test_who_else_uses_an_atom_is_said(visit: Visit):
    tab = visit.tab
    atom = tab.locator(".live-atom").nth(2)
    atom.hover()
    assert tab.locator(".live-user").inner_text().startswith("Atom 3")
    assert "most often of the class" in atom.get_attribute("aria-label")


def test_a_finger_takes_an_atom_away_on_a_small_screen(book: Book, browser: Any):
    tab = on_phone(browser, book[PAGE])
    count = pressed(tab)
    tab.locator(".live-atom").nth(1).tap()
    assert pressed(tab) == count - 1
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    tab.context.close()


def test_a_link_brings_the_same_sum_back(visit: Visit, book: Book, browser: Any):
    tab = visit.tab
    tab.get_by_role("button", name="sandal, image 6").click()
    tab.get_by_label("Largest atoms").fill("12")
    tab.locator(".live-atom").nth(3).click()
    tab.locator(".live-tile input").nth(1).fill("1.7")
    drawn = pixels(tab, SUM)
    tab.get_by_role("button", name="Link to this").click()
    tab.wait_for_function("location.hash.startsWith('#live-dictionary:')")
    with Visit(browser, book[PAGE], query=tab.evaluate("location.hash")) as other:
        assert (pixels(other.tab, SUM) == drawn).all()


def test_no_complaint_by_axe_and_no_scroll_to_the_side(visit: Visit):
    visit.tab.locator(".live-atom").first.click()
    for width, scheme in ((1280, "light"), (390, "dark")):
        visit.look(width, scheme)
        assert visit.excess() == 0
        assert visit.violations() == []
