"""The playground: what it computes against Keras, and how it answers on a page."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from pages import Page, Visit

from tools import toc

LIVE = toc.ROOT / "_assets" / "live"
HTML = """<!doctype html>
<html lang="en" data-theme="{theme}"><head><title>Playground</title>
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="{live}/live.css"><script src="{live}/playground.js" defer></script>
<style>html[data-theme=dark] {{background: #121212; color: #eee}}</style></head>
<body><main><h1>Playground</h1><div class="live" data-live="playground" data-live-title="Playground"
data-live-options='{options}'><div class="live-still"></div></div><div id="below"
style="height: 3000px"></div></main></body></html>
"""


# What it computes


def test_the_fixture_is_what_keras_computes():
    if keras.backend.backend() != "tensorflow":
        pytest.skip("the playground's numbers are TensorFlow's: KERAS_BACKEND is another")
    from tools import playground_fixture

    def compare(stored: Any, computed: Any, name: str) -> None:
        if isinstance(stored, dict):
            assert stored.keys() == computed.keys(), name
            for key in stored:
                compare(stored[key], computed[key], f"{name} {key}")
        else:
            np.testing.assert_allclose(stored, computed, rtol=1e-9, atol=1e-12, err_msg=name)

    stored = json.loads(playground_fixture.FIXTURE.read_text(encoding="utf-8"))
    compare(stored, playground_fixture.compute(), "fixture")


# How it answers


@pytest.fixture
def page(tmp_path: Path) -> Page:
    """A page with nothing but a playground."""
    return write(tmp_path)


def write(folder: Path, theme: str = "light", **options: str) -> Page:
    file = folder / f"page-{theme}.html"
    text = HTML.format(live=LIVE.as_uri(), theme=theme, options=json.dumps(options))
    file.write_text(text, encoding="utf-8")
    return Page(folder, file)


@pytest.fixture
def visit(page: Page, browser: Any) -> Iterator[Visit]:
    with Visit(browser, page) as opened:
        yield opened


def shown(tab: Any) -> dict[str, float]:
    """Return the numbers beside the plane by their first word."""
    lines = tab.locator(".live-numbers div").all()
    pairs = [[part.inner_text() for part in line.locator("> *").all()] for line in lines]
    digits = str.maketrans({",": "", "%": "", "\N{MINUS SIGN}": "-"})
    return {name.split()[0].strip(","): float(value.translate(digits)) for name, value in pairs}


def pause(tab: Any) -> dict[str, float]:
    tab.get_by_role("button", name="Pause").click()
    return shown(tab)


def wait_for_steps(tab: Any, steps: int) -> None:
    tab.wait_for_function(
        """least => Number(document.querySelector(".live-numbers b").textContent.replace(",", ""))
        >= least""",
        arg=steps,
    )


def knobs(tab: Any) -> list[str]:
    return tab.locator(".live-slider:visible label").all_inner_texts()


def test_it_trains_by_itself_and_learns_and_asks_nobody(visit: Visit):
    wait_for_steps(visit.tab, 600)
    assert pause(visit.tab)["squared"] < 0.2  # a circle of radius 0.9 has the variance 0.81
    assert visit.foreign == [] and visit.errors == []


def test_pause_steps_and_reset_do_what_they_say(visit: Visit):
    tab = visit.tab
    wait_for_steps(tab, 50)
    before = pause(tab)["steps"]
    tab.wait_for_timeout(300)
    assert shown(tab)["steps"] == before
    tab.get_by_role("button", name="50 steps").click()
    wait_for_steps(tab, int(before) + 50)
    tab.wait_for_timeout(300)
    assert shown(tab)["steps"] == before + 50
    tab.get_by_role("button", name="Reset").click()
    assert shown(tab)["steps"] == 0


def test_each_method_has_its_slider_and_its_numbers(visit: Visit):
    tab = visit.tab
    for name, slider, number in (
        ("plain", [], "squared"),
        ("denoising", ["Noise σ"], "squared"),
        ("contractive", ["Strength λ"], "reaction"),
        ("VAE", ["β"], "KL"),
    ):
        tab.get_by_role("radio", name=name, exact=True).check()
        assert knobs(tab) == slider
        wait_for_steps(tab, 20)
        assert number in shown(tab)
    assert visit.errors == []


def test_a_large_beta_silences_the_code(visit: Visit):
    tab = visit.tab
    tab.get_by_role("radio", name="VAE", exact=True).check()
    wait_for_steps(tab, 400)
    assert shown(tab)["KL"] > 1
    slider = tab.locator(".live-slider:visible input")
    slider.focus()
    tab.keyboard.press("End")
    assert slider.get_attribute("aria-valuetext") == "100"
    wait_for_steps(tab, 1500)
    assert pause(tab)["KL"] < 0.05


def test_the_same_seed_gives_the_same_picture_and_another_seed_another(page: Page, browser: Any):
    pictures = []
    for query in ("seed=3", "seed=3", "seed=4"):
        with Visit(browser, page, query=f"#live-playground:{query}") as opened:
            opened.tab.get_by_role("button", name="Pause").click()
            opened.tab.get_by_role("button", name="Reset").click()
            opened.tab.get_by_role("button", name="50 steps").click()
            wait_for_steps(opened.tab, 50)
            pictures.append(opened.tab.locator(".live-plane").evaluate("c => c.toDataURL()"))
    assert pictures[0] == pictures[1] != pictures[2]


def test_points_are_added_by_mouse_and_by_keys_and_come_back_by_the_link(page, browser: Any):
    with Visit(browser, page) as opened:
        tab = opened.tab
        tab.get_by_role("radio", name="your own").check()
        assert tab.get_by_role("button", name="Start").is_disabled()
        plane = tab.locator(".live-plane")
        plane.click(position={"x": 60, "y": 80})
        plane.focus()
        tab.keyboard.press("ArrowRight")
        tab.keyboard.press("Enter")
        tab.keyboard.press("Shift+ArrowUp")
        tab.keyboard.press("Enter")
        tab.keyboard.press("Backspace")
        tab.get_by_role("button", name="Start").click()
        wait_for_steps(tab, 1000)
        assert pause(tab)["squared"] < 0.01
        tab.get_by_role("button", name="Link to this").click()
        tab.wait_for_function("location.hash.includes('own=')")
        link = tab.evaluate("location.hash")
        assert len(link.split("own=")[1]) == 2 * 4
    with Visit(browser, page, query=link) as again:
        wait_for_steps(again.tab, 1000)
        assert pause(again.tab)["squared"] < 0.01
        again.tab.get_by_role("button", name="Clear the points").click()
        assert again.tab.get_by_role("button", name="Start").is_disabled()
        assert again.errors == []


def test_nonsense_in_the_address_does_no_harm(page: Page, browser: Any):
    query = "#live-playground:method=x&points=toString&beta=-1&noise=1e9&seed=-2.5&own=%20ZZ"
    with Visit(browser, page, query=query) as opened:
        assert opened.tab.get_by_role("radio", name="plain").is_checked()
        assert opened.errors == []


def test_options_of_the_page_are_followed(tmp_path: Path, browser: Any):
    options = {"method": "vae", "points": "moons", "beta": "10", "try": "Look."}
    with Visit(browser, write(tmp_path, **options)) as opened:
        tab = opened.tab
        assert tab.get_by_role("radio", name="VAE").is_checked()
        assert tab.get_by_role("radio", name="two moons").is_checked()
        slider = tab.locator(".live-slider:visible input")
        assert slider.get_attribute("aria-valuetext") == "10"
        assert tab.locator(".live-try").inner_text() == "Look."


def test_with_reduced_motion_it_waits_to_be_asked(page: Page, browser: Any):
    context = browser.new_context(reduced_motion="reduce")
    tab = context.new_page()
    tab.goto(page.file.as_uri())
    tab.wait_for_selector(".live-on")
    tab.wait_for_timeout(500)
    assert shown(tab)["steps"] == 0
    tab.get_by_role("button", name="50 steps").click()
    wait_for_steps(tab, 50)
    context.close()


def test_out_of_sight_it_rests(visit: Visit):
    tab = visit.tab
    wait_for_steps(tab, 20)
    tab.locator("#below").evaluate("below => window.scrollTo(0, 2500)")
    tab.wait_for_timeout(300)
    before = shown(tab)["steps"]
    tab.wait_for_timeout(500)
    assert shown(tab)["steps"] == before
    tab.evaluate("window.scrollTo(0, 0)")
    wait_for_steps(tab, int(before) + 20)


def test_training_leaves_the_page_free(page: Page, browser: Any):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.add_init_script(
        """window.longest = 0;
        new PerformanceObserver(list => {
            for (const task of list.getEntries()) longest = Math.max(longest, task.duration);
        }).observe({type: "longtask"});"""
    )
    tab.goto(page.file.as_uri() + "#live-playground:method=contractive")
    tab.wait_for_selector(".live-on")
    tab.locator(".live-plane").scroll_into_view_if_needed()
    wait_for_steps(tab, 50)
    tab.evaluate("longest = 0")
    wait_for_steps(tab, 600)
    assert tab.evaluate("longest") <= 200
    spent = tab.evaluate(
        """() => {
            const plane = document.querySelector(".live-plane");
            const times = Array.from({length: 41}, () => {
                const start = performance.now();
                plane.dispatchEvent(new Event("focus"));
                plane.getContext("2d").getImageData(0, 0, 1, 1);
                return performance.now() - start;
            });
            return times.sort((a, b) => a - b)[20];
        }"""
    )
    assert spent <= 16  # a frame that is drawn, and not only asked for
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("points", ["circle", "own"])
def test_everyone_can_use_it_on_a_narrow_screen_too(
    tmp_path: Path, browser: Any, theme: str, points: str
):
    page = write(tmp_path, theme=theme, method="vae", points=points)
    with Visit(browser, page) as opened:
        assert opened.violations() == []
        opened.look(390, theme)
        assert opened.excess() == 0
        assert opened.violations() == []
        assert opened.errors == []
