"""Clean my scan: the page that the command makes, in the reader's browser, whatever is dropped."""

import base64
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pages import AXE, is_foreign
from PIL import Image

from course_utils.documents import clean_and_compare, load_cleaner
from course_utils.documents.command import describe
from course_utils.documents.files import read_page
from tools import live_fixtures, toc
from tools.live import exports, pack

ASSETS = toc.ROOT / "_assets" / "live"
DATA = toc.ROOT / exports.DATA / "document-cleaner.js"
BARE = """<!DOCTYPE html><html lang="en" data-theme="light"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>A page</title>
<link rel="stylesheet" href="live/live.css"><style>body {margin: 1rem}
html[data-theme=dark] {background: #14181e; color: #ddd}</style><main><h1>A page</h1>
<div class="live" data-live="clean-my-scan" data-live-title="Clean my scan"
data-live-options="{}"><div class="live-still"></div></div></main>
<script defer src="live/clean-my-scan.js"></script></html>"""
WATCH = """window.longest = 0;
new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.longest = Math.max(longest, entry.duration);
}).observe({entryTypes: ["longtask"]});"""
BYTES = """async (link) => {
    const blob = await (await fetch(link.href)).blob();
    const reader = new FileReader();
    return new Promise((done) => {
        reader.onload = () => done(reader.result.split(",")[1]);
        reader.readAsDataURL(blob);
    });
}"""
RUNNING = ".live-running"


class Figure:
    """The figure on a bare page from disk."""

    def __init__(self, browser: Any, folder: Path, **options: Any) -> None:
        self.context = browser.new_context(**options)
        self.context.add_init_script(WATCH)
        self.tab = self.context.new_page()
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.tab.on("pageerror", lambda error: self.errors.append(str(error)))
        self.tab.on("request", lambda request: self.requests.append(request.url))
        self.tab.goto((folder / "page.html").as_uri())
        self.tab.wait_for_selector(".live-on")

    def give(self, file: Path) -> None:
        """Choose a file."""
        self.tab.locator("input[type=file]").first.set_input_files(file)

    def wait(self, words: str) -> str:
        """Wait until the status line says that; return all of it."""
        self.tab.wait_for_function(
            "words => document.querySelector('.live-status').textContent.includes(words)",
            arg=words,
        )
        return self.tab.locator(".live-status").inner_text()

    def clean(self, file: Path) -> np.ndarray:
        """Choose a file, wait for it, and return the page that can be saved."""
        self.give(file)
        self.wait(f"{file.name} ")
        self.tab.wait_for_selector(RUNNING, state="hidden")
        self.wait("Drag across it")
        return self.saved()

    def saved(self) -> np.ndarray:
        """Return the page that can be saved, as bytes."""
        data = self.tab.locator("a.live-button").evaluate(BYTES)
        return np.array(Image.open(io.BytesIO(base64.b64decode(data))).convert("L"))

    def notes(self) -> list[str]:
        """Return the sentences below the page."""
        return self.tab.locator(".live-notes li").all_inner_texts()

    def name(self) -> str:
        """Return which page is shown."""
        return self.tab.locator(".live-view").get_attribute("aria-label").split(":")[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a page that holds nothing but the figure."""
    target = tmp_path_factory.mktemp("scan")
    shutil.copytree(ASSETS, target / "live")
    (target / "page.html").write_text(BARE, encoding="utf-8")
    return target


@pytest.fixture
def figure(browser: Any, folder: Path) -> Iterator[Figure]:
    """The figure, which must not complain, ask other hosts, or hold up the page."""
    opened = Figure(browser, folder, viewport={"width": 900, "height": 900})
    yield opened
    longest = opened.tab.evaluate("longest")
    opened.context.close()
    assert opened.errors == []
    assert [one for one in opened.requests if is_foreign(one)] == []
    assert longest <= 1000  # a machine that tests is busy; without a load it is less than 100


@pytest.fixture(scope="module")
def model() -> Any:
    """The command's network."""
    return load_cleaner()


def unlike(there: np.ndarray, here: np.ndarray) -> str:
    """Say how two pages of bytes differ; nothing if only a rounding in ten thousand pixels does."""
    if there.shape != here.shape:
        return f"it has {there.shape} pixels, not {here.shape}"
    difference = np.abs(there.astype(int) - here)
    share = np.count_nonzero(difference) / difference.size
    if difference.max() <= 1 and share <= 1e-4:
        return ""
    return f"up to {difference.max()} grey levels, in {share:.2%} of the pixels"


def coloured(folder: Path) -> Path:
    """A page in colours, half transparent in one corner."""
    scan = np.asarray(Image.open(Path(__file__).parent / "cases" / "c01_control_grey.png"))
    page = np.repeat(scan[:200, :300, None], 4, axis=2)
    page[..., 0] = page[..., 0] // 2 + 90
    page[:50, :80, 2] //= 2
    page[..., 3] = 255
    page[150:, 200:, 3] = 0
    Image.fromarray(page).save(folder / "coloured.png")
    return folder / "coloured.png"


def turned(folder: Path) -> Path:
    """A photo that the camera held upright."""
    scan = Image.open(Path(__file__).parent / "cases" / "c01_control_grey.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    scan.crop((0, 0, 300, 200)).save(folder / "turned.jpg", exif=exif, quality=90)
    return folder / "turned.jpg"


# What is exported, and what the JavaScript is tested against


def test_the_network_on_the_page_is_the_commands(model: Any):
    there = map(pack.unpack, pack.read(DATA)["networks"]["cleaner"]["weights"])
    for packed, weight in zip(there, model.weights, strict=True):
        np.testing.assert_array_equal(packed, np.asarray(weight), "run make live")


def test_the_fixtures_are_what_python_makes():
    stored = json.loads(live_fixtures.TARGET.read_text(encoding="utf-8"))
    assert stored["results"].keys() == live_fixtures.FUNCTIONS.keys()
    assert stored["pages"].keys() == live_fixtures.pages().keys()
    made = json.loads(json.dumps(live_fixtures.cleanings(["panel", "tiny"])))
    for name, cleaning in made.items():
        for key in ("scale", "boxes"):  # not the pages: other processors round otherwise
            assert cleaning[key] == stored["cleanings"][name][key], f"{name}: {key}"


# The same as the command


@pytest.mark.parametrize(
    "name",
    ["c01_bitonal.png", "c04_pale.png", "c05_large_print.png", "c10_white_on_blue.png", "c16.avif"],
)
def test_the_page_is_the_commands(name: str, cases: Path, figure: Figure, model: Any):
    here = clean_and_compare(read_page(cases / name).pixels, model)
    assert unlike(figure.clean(cases / name), here.page) == ""


@pytest.mark.parametrize("make", [coloured, turned])
def test_colours_holes_and_turned_photos_are_read_alike(
    make: Any, figure: Figure, model: Any, tmp_path: Path
):
    file = make(tmp_path)
    here = clean_and_compare(read_page(file).pixels, model)
    assert unlike(figure.clean(file), here.page) == ""


def test_a_page_that_differs_is_noticed():
    page = np.full((200, 200), 7, np.uint8)
    assert unlike(page, page) == ""
    assert "pixels" in unlike(page, page[1:])
    for change in (np.s_[0, 0], 2), (np.s_[0, :8], 1):
        other = page.copy()
        other[change[0]] += change[1]
        assert unlike(page, other)


def test_it_says_what_the_command_says(figure: Figure, model: Any, folder: Path):
    tab = figure.tab
    tab.get_by_role("button", name="Take an example").click()
    figure.wait("example.webp is clean")
    example = pack.unpack(pack.read(DATA)["arrays"]["example"]).tobytes()
    here = clean_and_compare(np.array(Image.open(io.BytesIO(example)).convert("L")), model)
    assert unlike(figure.saved(), here.page) == ""
    said = [one[0].upper() + one[1:].replace("--keep", "“Erase nothing”") for one in describe(here)]
    assert len(said) == 2
    assert figure.notes() == said
    assert not tab.locator(".live-marks").is_visible()
    tab.get_by_role("button", name="Mark the places").click()
    assert tab.locator(".live-marks").is_visible()
    tab.get_by_role("button", name="Erase nothing").click()
    tab.wait_for_selector(RUNNING, state="visible")
    tab.wait_for_selector(RUNNING, state="hidden")
    figure.wait("is clean")
    here = clean_and_compare(
        np.array(Image.open(io.BytesIO(example)).convert("L")), model, keep=True
    )
    assert unlike(figure.saved(), here.page) == ""


def test_a_clean_page_and_a_negative_are_named(figure: Figure, cases: Path):
    figure.clean(cases / "c01_bitonal.png")
    assert "was clean already" in figure.wait("c01_bitonal.png was")
    assert figure.notes() == ["This page was clean already: hardly anything has changed."]
    figure.clean(cases / "c10_white_on_blue.png")
    assert any("cleaned as a negative" in note for note in figure.notes())


# Bad input, and a change of mind


def bad_files(folder: Path, cases: Path) -> dict[str, str]:
    """Make files that cannot be cleaned; return what must be said of each."""
    (folder / "letter.txt").write_text("Dear reader")
    (folder / "empty.png").write_bytes(b"")
    (folder / "letter.pdf").write_bytes(b"%PDF-1.4 and so on")
    (folder / "photo.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    (folder / "half.png").write_bytes((cases / "c02_table.png").read_bytes()[:6000])
    Image.new("1", (5000, 4000), 1).save(folder / "large.png")
    Image.new("1", (30000, 30000), 1).save(folder / "huge.png")
    return {
        "letter.txt": "is not an image",
        "empty.png": "is empty",
        "letter.pdf": "is a PDF",
        "photo.heic": "is a HEIC photo",
        "half.png": "could not be cleaned: it is damaged",
        "large.png": "has 20 million pixels; up to 16 million can be cleaned here",
        "huge.png": "has 900 million pixels",
    }


def test_bad_files_are_refused_in_one_sentence_and_nothing_is_lost(
    figure: Figure, cases: Path, tmp_path: Path
):
    before = figure.clean(cases / "c01_bitonal.png")
    for name, words in bad_files(tmp_path, cases).items():
        figure.give(tmp_path / name)
        assert figure.wait(f"{name} {words}").startswith(name)
        assert figure.tab.locator(".live-trouble").is_visible()
        assert figure.name() == "c01_bitonal.png"
        assert not figure.tab.locator(RUNNING).is_visible()
    np.testing.assert_array_equal(figure.saved(), before)


def test_cancel_brings_the_page_before_back(figure: Figure, cases: Path):
    before = figure.clean(cases / "c01_bitonal.png")
    figure.give(cases / "c06_title_80.png")
    figure.tab.get_by_role("button", name="Cancel").click()
    figure.wait("Cancelled")
    assert figure.name() == "c01_bitonal.png"
    np.testing.assert_array_equal(figure.saved(), before)


def test_a_second_page_takes_the_place_of_one_that_is_being_cleaned(figure: Figure, cases: Path):
    figure.give(cases / "c06_title_80.png")
    figure.tab.wait_for_selector(RUNNING, state="visible")
    assert figure.clean(cases / "c01_bitonal.png").shape == (300, 400)
    assert figure.name() == "c01_bitonal.png"


def test_a_bad_file_does_not_stop_a_page_that_is_being_cleaned(
    figure: Figure, cases: Path, tmp_path: Path
):
    bad_files(tmp_path, cases)
    figure.give(cases / "c04_pale.png")
    figure.tab.wait_for_selector(RUNNING, state="visible")
    figure.give(tmp_path / "letter.txt")
    figure.wait("c04_pale.png is clean")
    assert figure.saved().shape == (420, 620)


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_files_can_be_dropped_and_pasted_anywhere(way: str, figure: Figure, cases: Path):
    data = base64.b64encode((cases / "c01_bitonal.png").read_bytes()).decode()
    taken = figure.tab.evaluate(
        """([way, data]) => {
            const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
            const carried = new DataTransfer();
            carried.items.add(new File([bytes], "given.png", {type: "image/png"}));
            const options = {bubbles: true, cancelable: true};
            const event = way === "drop"
                ? new DragEvent("drop", {...options, dataTransfer: carried})
                : new ClipboardEvent("paste", {...options, clipboardData: carried});
            document.body.dispatchEvent(event);
            return event.defaultPrevented;
        }""",
        [way, data],
    )
    assert taken
    figure.wait("given.png was clean already")


# Looking at it


def wiped(figure: Figure) -> int:
    """Return where the edge between scan and clean page is, in per cent of the width."""
    edge, view = (figure.tab.locator(name).bounding_box() for name in (".live-edge", ".live-view"))
    return round(100 * (edge["x"] + 1 - view["x"]) / view["width"])


def test_the_edge_follows_mouse_and_keys(figure: Figure, cases: Path):
    figure.clean(cases / "c01_bitonal.png")
    tab = figure.tab
    tab.locator(".live-view").scroll_into_view_if_needed()
    box = tab.locator(".live-view").bounding_box()
    middle = box["y"] + box["height"] / 2
    tab.mouse.move(box["x"] + 0.5 * box["width"], middle)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 0.2 * box["width"], middle, steps=3)
    tab.mouse.up()
    tab.mouse.move(box["x"] + 0.9 * box["width"], middle)
    assert wiped(figure) == pytest.approx(20, abs=1)
    slider = tab.get_by_role("slider", name="Compare")
    slider.focus()
    tab.keyboard.press("End")
    assert wiped(figure) == pytest.approx(100, abs=1)
    assert slider.get_attribute("aria-valuetext") == "100 % scan"


def test_on_a_phone_it_fits_and_a_camera_is_offered(browser: Any, folder: Path, cases: Path):
    size = {"width": 390, "height": 844}
    figure = Figure(browser, folder, viewport=size, has_touch=True, is_mobile=True)
    assert figure.tab.get_by_role("button", name="Photograph a page").is_visible()
    figure.clean(cases / "c01_bitonal.png")
    assert figure.tab.evaluate("document.documentElement.scrollWidth") == 390
    figure.tab.locator(".live-view").tap(position={"x": 30, "y": 40})
    assert wiped(figure) < 20
    figure.context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_use_it(theme: str, figure: Figure, cases: Path, tmp_path: Path):
    tab = figure.tab
    tab.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
    tab.evaluate(AXE.read_text(encoding="utf-8"))
    check = "async () => (await axe.run(document, {preload: false})).violations.map(v => v.id)"
    (tmp_path / "letter.txt").write_text("Dear reader")
    figure.give(tmp_path / "letter.txt")
    figure.wait("is not an image")
    figure.give(cases / "c05_large_print.png")
    tab.wait_for_selector(RUNNING, state="visible")
    assert tab.evaluate(check) == []
    figure.wait("Drag across it")
    tab.evaluate("document.querySelector('.live-trouble').hidden = false")
    assert tab.evaluate(check) == []
