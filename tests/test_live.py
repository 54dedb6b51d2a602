"""The living figures: their files, the networks in them, and the pages that they live on.

What one figure does is tested in a file of its own, tests/test_live_*.py.
"""

import gzip
import hashlib
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pages import WHOLE_CHAPTERS, Book, Page, Visit

from course_utils import models
from tools import toc
from tools.live import exports, pack

SOURCES = toc.ROOT / "live"
SCRIPTS = toc.ROOT / "_assets" / "live"
DATA = toc.ROOT / exports.DATA
MOST_BYTES = 600_000  # that the figures of a page may add, as a server sends them
BANNER = re.compile(
    r"/\* Made by live/build\.mjs from ([^(]+) \(([0-9a-f]{16}), ([0-9a-f]{16})\)\. \*/\n"
)


def fingerprint(files: list[str]) -> str:
    """Return the fingerprint that live/build.mjs notes for these sources."""
    whole = hashlib.sha256()
    for file in sorted(files):
        whole.update(f"{file}\n".encode())
        whole.update((SOURCES / file).read_bytes())
    return whole.hexdigest()[:16]


def stale(script: Path) -> str:
    """Say how a bundle differs from its sources; nothing if it does not."""
    text = script.read_text(encoding="utf-8")
    found = BANNER.match(text)
    if not found:
        return "does not say what it was made from"
    files = found[1].split(", ")
    if missing := [file for file in files if not (SOURCES / file).is_file()]:
        return f"was made from {missing[0]}, which is gone"
    if hashlib.sha256(text[found.end() :].encode()).hexdigest()[:16] != found[3]:
        return "was edited by hand: run make live"
    return "" if fingerprint(files) == found[2] else "is older than its sources: run make live"


def test_every_figure_is_bundled_and_no_bundle_is_older_than_its_sources():
    figures = {path.name for path in (SOURCES / "figures").glob("*.js")}
    bundles = {path.name: stale(path) for path in SCRIPTS.glob("*.js")}
    assert bundles == dict.fromkeys(figures, "")


def test_an_old_bundle_is_found(tmp_path: Path):
    script = tmp_path / "latent-explorer.js"
    good = (SCRIPTS / script.name).read_text(encoding="utf-8")
    script.write_text(BANNER.sub(lambda m: m[0].replace(m[2], "0" * 16), good), encoding="utf-8")
    assert "older" in stale(script)
    script.write_text(good.replace("/* Made", "/* made"), encoding="utf-8")
    assert "does not say" in stale(script)
    script.write_text(good + "//", encoding="utf-8")
    assert "by hand" in stale(script)


def styled_twice(css: str) -> list[str]:
    """Return the classes that two sections of a style sheet style without saying of which figure.

    A section begins with a comment that begins with ==. A selector is bound to a figure where
    its first class is the figure's own; shared classes belong to the section before the figures.
    """
    first: dict[str, int] = {}
    twice = []
    for k, section in enumerate(re.split(r"^/\* == ", css, flags=re.MULTILINE)):
        flat = re.sub(r"@media[^{]*\{|/\*.*?\*/", "", section.partition("*/")[2], flags=re.DOTALL)
        for selectors in re.findall(r"([^{}]+)\{[^{}]*\}", flat):
            for selector in selectors.split(","):
                classes = re.findall(r"\.(live-[\w-]+)", selector.replace(".live-box ", ""))
                if len(classes) == 1 and first.setdefault(classes[0], k) != k:
                    twice.append(classes[0])
    return sorted(set(twice))


def test_no_figure_restyles_a_class_of_another():
    assert styled_twice((SCRIPTS / "live.css").read_text(encoding="utf-8")) == []
    assert styled_twice("/* == A */\n.live-a, .live-b {x: y}\n/* == B */\n.live-a {x: z}") == [
        "live-a"
    ]


def test_the_sources_pass_the_checks_of_their_own_tools():
    npm = shutil.which("npm")
    if npm is None or not (SOURCES / "node_modules").is_dir():
        pytest.skip("the sources of the living figures were not checked: run npm ci in live/")
    for task in ("check", "test"):
        run = subprocess.run(
            [npm, "run", task], cwd=SOURCES, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-2000:]


# What is exported


@pytest.mark.parametrize("kind", ["f16", "f32", "u8"])
def test_an_array_comes_back_as_it_was_packed(kind: str):
    values = np.random.default_rng(0).uniform(size=(3, 5))
    back = pack.unpack(pack.pack(values, kind))
    assert back.shape == (3, 5)
    if kind == "u8":
        np.testing.assert_array_equal(back, np.rint(255 * values))
    else:
        np.testing.assert_array_equal(back, values.astype({"f16": "<f2", "f32": "<f4"}[kind]))


@pytest.mark.parametrize(("values", "kind"), [([np.nan], "f32"), ([1e5], "f16"), ([256], "u8")])
def test_what_a_page_could_not_show_is_not_exported(values: list, kind: str):
    with pytest.raises(ValueError):
        pack.pack(np.array(values), kind)


def test_a_layer_that_a_page_does_not_know_is_refused():
    import keras

    model = keras.Sequential([keras.Input((4,)), keras.layers.LayerNormalization()])
    with pytest.raises(ValueError, match="LayerNormalization"):
        pack.network(model)


def numbers(data: dict) -> Iterator[np.ndarray]:
    """Yield every array of a data set."""
    for packed in data.get("arrays", {}).values():
        yield pack.unpack(packed)
    for network in data.get("networks", {}).values():
        yield from map(pack.unpack, network["weights"])


def test_every_data_set_is_there_complete_and_finite():
    wanted = {f"{name}.js" for sets in exports.EXPORTS.values() for name in sets}
    files = {path.name: pack.read(path) for path in DATA.glob("*.js")}
    assert files.keys() == wanted
    for name, data in files.items():
        for values in numbers(data):
            assert np.isfinite(values.astype(float)).all() and values.size, name


# On the pages


def parts(book: Book, page: Page) -> list[Path]:
    """Return the files that living figures add to a page, but for data sets."""
    static = book.folder / "_static" / "live"
    linked = [*page.soup.find_all("script", src=True), *page.soup.find_all("link", href=True)]
    names = [
        re.search(r"_static/live/([\w-]+\.\w+)", tag.get("src") or tag["href"]) for tag in linked
    ]
    return [static / found[1] for found in names if found]


def data_sets(script: Path) -> list[Path]:
    """Return the data sets that a bundle may ask for."""
    text = script.read_text(encoding="utf-8")
    return [file for file in sorted(DATA.glob("*.js")) if f'.data("{file.stem}")' in text]


def test_a_page_without_a_figure_loads_nothing_for_figures(book: Book):
    for page in book.pages:
        assert bool(parts(book, page)) == bool(page.soup.select(".live")), page.name


def test_a_page_with_figures_stays_light(book: Book):
    sizes = {}
    for page in book.pages:
        files = parts(book, page)
        files += [one for file in files if file.suffix == ".js" for one in data_sets(file)]
        sizes[page.name] = sum(len(gzip.compress(file.read_bytes(), 9)) for file in set(files))
    assert max(sizes.values()) > 10_000
    assert {name: size for name, size in sizes.items() if size > MOST_BYTES} == {}


def test_every_figure_keeps_a_picture_for_print_and_for_no_script(book: Book):
    places = [place for page in book.pages for place in page.soup.select(".live")]
    assert {place["data-live"] for place in places} == {path.stem for path in SCRIPTS.glob("*.js")}
    for place in places:
        assert place.select_one(".live-still img")["alt"]


@pytest.fixture(scope="module")
def server(book: Book) -> Iterator[str]:
    """The address of a server of the book."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    handler = partial(Quiet, directory=str(book.folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_every_figure_starts_on_a_server_too(book: Book, browser: Any, server: str):
    for page in book.pages:
        if not page.soup.select(".live"):
            continue
        context = browser.new_context()
        context.add_init_script(WHOLE_CHAPTERS)
        tab = context.new_page()
        errors: list[str] = []
        asked: list[str] = []
        tab.on("pageerror", lambda error, errors=errors: errors.append(str(error)))
        tab.on("request", lambda request, asked=asked: asked.append(request.url))
        tab.goto(f"{server}/{page.name}.html")
        for place in tab.locator(".live").all():
            place.scroll_into_view_if_needed()
            tab.wait_for_function(
                "place => place.classList.contains('live-on')", arg=place.element_handle()
            )
        assert errors == [], page.name
        assert [one for one in asked if not one.startswith((server, "data:", "blob:"))] == []
        context.close()


RUN = """async ([set, key, inputs]) => {
    const network = (await window.live.data(set)).networks[key];
    return inputs.map(({values, size}) => [...network.run(values, size)]);
}"""


def difference(tab: Any, name: str, key: str, probe: dict) -> float:
    """Return the largest difference between a network on the page and in Keras."""
    inputs = pack.unpack(probe["input"])
    size = (
        dict(zip(("height", "width", "channels"), inputs.shape[1:])) if inputs.ndim == 4 else None
    )
    given = [{"values": one.ravel().tolist()} | ({"size": size} if size else {}) for one in inputs]
    there = np.array(tab.evaluate(RUN, [name, key, given]))
    return float(np.abs(there - pack.unpack(probe["output"]).reshape(there.shape)).max())


def test_the_networks_on_the_pages_are_those_of_keras(book: Book, browser: Any):
    probes = {
        path.stem: pack.read(path) for path in (toc.ROOT / exports.PROBES).glob("*.js")
    }  # fmt: skip
    for name in {one for sets in exports.EXPORTS.values() for one in sets}:
        data = pack.read(DATA / f"{name}.js")
        assert data["networks"].keys() == probes.get(name, {}).keys(), name
    with Visit(browser, book["index"]) as visit:
        for name, networks in probes.items():
            for key, probe in networks.items():
                assert difference(visit.tab, name, key, probe) <= 1e-3, (name, key)


def test_another_network_is_told_apart(book: Book, browser: Any):
    probe = pack.read(toc.ROOT / exports.PROBES / "explorer.js")["vae"]
    changed = pack.unpack(probe["output"]).copy()
    changed.flat[5] += 0.01
    with Visit(browser, book["index"]) as visit:
        wrong = probe | {"output": pack.pack(changed, "f32")}
        assert difference(visit.tab, "explorer", "vae", wrong) > 1e-3


@pytest.mark.parametrize("build_model", [models.skip_denoiser, models.conv_denoiser])
def test_convolutions_are_those_of_keras(book: Book, browser: Any, build_model: Any):
    model = build_model()
    inputs = np.random.default_rng(0).uniform(size=(2, 28, 28, 1)).astype("float32")
    probe = {
        "input": pack.pack(inputs, "f32"),
        "output": pack.pack(np.asarray(model(inputs)), "f32"),
    }
    with Visit(browser, book["index"]) as visit:
        content = {"networks": {"new": pack.network(model, "f32")}}
        visit.tab.evaluate("content => { window.liveData.unseen = content; }", content)
        # It is there already, so that no file is asked for: the loader unpacks what it finds.
        visit.tab.evaluate("() => { document.head.append = element => element.onload(); }")
        assert difference(visit.tab, "unseen", "new", probe) <= 1e-5
