"""The diagrams: drawings that a page takes in, and that are also files of their own.

Each check returns the list of its complaints; planted faults show that it complains.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from pages import Book, Page, Visit

from tools import toc

ROOT = toc.ROOT
FOLDER = ROOT / "_assets" / "diagrams"
FILES = sorted(FOLDER.glob("*.svg"))
SVG = "{http://www.w3.org/2000/svg}"
SHOWN = 350  # pixels that a drawing has on a phone
SMALLEST = 11  # pixels of a text there
SMALLEST_SCRIPT = 9  # and of a subscript
SHORTEST_ALT = 40  # characters: less cannot describe a drawing
PICTURE = re.compile(r"!\[([^\]]*)\]\((?:\.\./)*_assets/diagrams/([a-z0-9-]+)\.svg\)")
COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|hwb|lab|lch|oklab|oklch)a?\(", re.I)
PAINT = re.compile(r"(?<![\w-])(fill|stroke|color|stop-color|background(?:-color)?)\s*:\s*([^;}]+)")
IN_A_VARIABLE = re.compile(r"var\(--diagram-[a-z-]+, #[0-9a-f]{6}\)")
DEFINITION = re.compile(r"(--diagram-[a-z-]+): ([^;]+);")


# Files


def style_of(text: str) -> str:
    """Return the style sheet in a drawing."""
    return "".join(re.findall(r"(?s)<style>(.*?)</style>", text))


def check_frame(name: str, text: str) -> list[str]:
    """A drawing has its size, a title and a description, which it is labelled by."""
    root = ElementTree.fromstring(text)
    found = []
    _, _, width, height = root.get("viewBox", "0 0 0 0").split()
    if (root.get("width"), root.get("height")) != (width, height) or root.get("class") != "dg":
        found.append(f"{name}: width and height must be those of the viewBox, the class dg")
    labels = [f"diagram-{name}-title", f"diagram-{name}-desc"]
    if root.get("role") != "img" or root.get("aria-labelledby") != " ".join(labels):
        found.append(f"{name}: it must be an image labelled by {labels}")
    for tag, label, shortest in (("title", labels[0], 4), ("desc", labels[1], SHORTEST_ALT)):
        element = root.find(SVG + tag)
        if element is None or element.get("id") != label or len(element.text or "") < shortest:
            found.append(f"{name}: no {tag} with the id {label}, or an empty one")
    ids = [element.get("id") for element in root.iter() if "id" in element.attrib]
    if wrong := [one for one in ids if not one.startswith(f"diagram-{name}-")]:
        found.append(f"{name}: these ids may meet others on a page: {wrong}")
    return found


def check_colours(name: str, text: str) -> list[str]:
    """Colours are variables, with the one of the light mode beside it."""
    found = []
    rules, _, dark = style_of(text).partition("@media")
    paints = [(key, value.strip()) for key, value in PAINT.findall(rules)]
    paints += [
        (key, value)
        for element in ElementTree.fromstring(text).iter()
        for key, value in element.attrib.items()
        if key in ("fill", "stroke", "color", "stop-color")
    ]
    for key, value in paints:
        if value != "none" and not IN_A_VARIABLE.fullmatch(value):
            found.append(f"{name}: {key} must be a variable, but is {value}")
    if other := COLOUR.findall(IN_A_VARIABLE.sub("", rules) + DEFINITION.sub("", dark)):
        found.append(f"{name}: colours outside variables: {other}")
    if "style=" in text:
        found.append(f"{name}: a style outside the classes")
    return found


def check_safety(name: str, text: str) -> list[str]:
    """A drawing loads and runs nothing, and links only to chapters that are there."""
    found = []
    for element in ElementTree.fromstring(text).iter():
        tag = element.tag.removeprefix(SVG)
        if tag in ("script", "foreignObject", "image", "use", "iframe", "animate", "set"):
            found.append(f"{name}: it must not have the element {tag}")
        for key, value in element.attrib.items():
            key = key.rpartition("}")[2]
            if key.startswith("on"):
                found.append(f"{name}: it must run nothing, but has {key}")
            elif key == "href" and (tag != "a" or not (FOLDER / value).resolve().is_file()):
                found.append(f"{name}: {value} is no chapter")
    if loaded := re.findall(r"url\(|@import|@font-face", text):
        found.append(f"{name}: it loads something: {loaded}")
    return found


def check_classes(name: str, text: str) -> list[str]:
    """Classes are those of the style, so that they meet no other on a page."""
    used = {
        one
        for element in ElementTree.fromstring(text).iter()
        for one in element.get("class", "").split()
    }
    known = set(re.findall(r"\.(dg[\w-]*)", style_of(text)))
    return [f"{name}: the style has no class {one}" for one in sorted(used - known)]


def check_sizes(name: str, text: str) -> list[str]:
    """Texts can be read on a phone, where the whole drawing is as wide as the page."""
    root = ElementTree.fromstring(text)
    scale = SHOWN / float(root.get("viewBox").split()[2])
    sizes = {
        rule[1]: float(rule[2])
        for rule in re.finditer(r"\.(dg[\w-]*) \{[^}]*?font(?:-size)?: ([\d.]+)px", style_of(text))
    }
    found = []
    for element in root.iter():
        classes = element.get("class", "").split()
        size = min([sizes[one] for one in classes if one in sizes], default=sizes["dg"])
        least = SMALLEST_SCRIPT if "dg-sub" in classes else SMALLEST
        if size * scale < least or "font-size" in element.attrib:
            found.append(f"{name}: a text of {size * scale:.1f} pixels on a phone, below {least}")
    return found


CHECKS: list[Callable[[str, str], list[str]]] = [
    check_frame,
    check_colours,
    check_safety,
    check_classes,
    check_sizes,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_drawing(path: Path, check: Callable[[str, str], list[str]]) -> None:
    assert check(path.stem, path.read_text(encoding="utf-8")) == []


def test_all_drawings_have_the_same_style() -> None:
    styles = {path.stem: style_of(path.read_text(encoding="utf-8")) for path in FILES}
    assert FILES and len(set(styles.values())) == 1


def test_the_colours_of_the_page_are_those_of_the_files() -> None:
    css = (ROOT / "_assets" / "book.css").read_text(encoding="utf-8")
    rules, _, dark = style_of(FILES[0].read_text(encoding="utf-8")).partition("@media")
    blocks = [dict(DEFINITION.findall(block)) for block in re.findall(r"\{([^{}]*)\}", css)]
    light_page, dark_page = [block for block in blocks if "--diagram-ink" in block]
    light_file = dict(re.findall(r"var\((--diagram-[a-z-]+), (#[0-9a-f]{6})\)", rules))
    dark_file = dict(DEFINITION.findall(dark))
    ground = "--diagram-ground"
    assert light_page.pop(ground) == "transparent" and light_file.pop(ground)
    assert dark_file.pop(ground)
    assert light_page == light_file and dark_page == dark_file


# Uses


def uses() -> list[tuple[str, str, str]]:
    """Return page, name and alternative text of each picture of a diagram."""
    found = []
    for page in toc.pages():
        path = (ROOT / page).with_suffix(".md")
        if path.is_file():
            texts = [path.read_text(encoding="utf-8")]
        else:
            cells = json.loads((ROOT / f"{page}.ipynb").read_text(encoding="utf-8"))["cells"]
            texts = ["".join(c["source"]) for c in cells if c["cell_type"] == "markdown"]
        found += [(page, name, alt) for text in texts for alt, name in PICTURE.findall(text)]
    return found


def check_cells(cells: list[str]) -> list[str]:
    """A diagram in a notebook has a cell of its own, with a caption in italics below it."""
    return [
        f"a diagram, an empty line and a caption in italics, and no more: {cell[:60]!r}"
        for cell in cells
        if "_assets/diagrams/" in cell
        and not re.fullmatch(PICTURE.pattern + r"\n\n\*[^*\n]{20,}\*", cell)
    ]


@pytest.mark.parametrize("path", toc.notebooks(), ids=str)
def test_a_diagram_has_a_cell_and_a_caption(path: Path) -> None:
    cells = json.loads((ROOT / path).read_text(encoding="utf-8"))["cells"]
    assert check_cells(["".join(c["source"]) for c in cells if c["cell_type"] == "markdown"]) == []


def test_every_diagram_is_used_and_described_in_the_same_words() -> None:
    assert {name for _, name, _ in uses()} == {path.stem for path in FILES}
    for page, name, alt in uses():
        root = ElementTree.fromstring((FOLDER / f"{name}.svg").read_text(encoding="utf-8"))
        description = " ".join(root.find(SVG + "desc").text.split())
        assert alt == description, f"{page}: the alternative text is not the <desc> of {name}"


def test_the_map_has_every_chapter() -> None:
    root = ElementTree.fromstring((FOLDER / "map.svg").read_text(encoding="utf-8"))
    linked = {Path(link.get("href")).stem for link in root.iter(f"{SVG}a")}
    chapters = {path.stem for path in toc.notebooks()}
    assert linked == chapters - {"exponential_families"}, "map.svg: a box with a link for each"


# The built pages


def wrong_figures(page: Page, names: list[str]) -> list[str]:
    """Return what is wrong with the diagrams of a page, which should be these."""
    found = []
    if page.soup.select("img[src*='diagrams']"):
        found.append(f"{page.name} loads a diagram as a file")
    figures = page.soup.select("figure.diagram")
    if len(figures) != len(names):
        found.append(f"{page.name} has {len(figures)} diagrams, not {len(names)}")
    ids = [tag["id"] for tag in page.soup.find_all(id=True)]
    for figure in figures:
        drawing = figure.find("svg", recursive=False)
        role = "group" if drawing.find("a") else "img"
        labels = (drawing.get("aria-labelledby") or "").split()
        if drawing.get("role") != role or len(labels) != 2:
            found.append(f"{page.name}: a drawing is not labelled, or no {role}")
        for label in labels:
            if ids.count(label) != 1:
                found.append(f"{page.name} has {ids.count(label)} elements called {label}")
        caption = figure.find("figcaption")
        if caption is None or len(caption.get_text(strip=True)) < 20:
            found.append(f"{page.name}: a diagram has no caption")
    styles = [style for style in page.soup.select("svg style") if ".dg" in style.get_text()]
    if len(styles) != bool(names):
        found.append(f"{page.name} has the style of diagrams {len(styles)} times")
    return found


def test_diagrams_are_a_part_of_their_pages(book: Book) -> None:
    for page in book.pages:
        names = [name for where, name, _ in uses() if where == page.name]
        assert wrong_figures(page, names) == []


INKS = """() => [...document.querySelectorAll("figure.diagram svg")].map(
    svg => getComputedStyle(svg).fill)"""


def test_the_page_gives_diagrams_their_colours(book: Book, browser: Any) -> None:
    with Visit(browser, book["chapters/scaling_out"]) as visit:
        for device in ("light", "dark"):
            visit.look(1280, device)
            # The page follows the device a moment later, and would undo what is set before.
            visit.tab.wait_for_function(f"document.documentElement.dataset.theme === '{device}'")
            for mode, ink in (("light", "rgb(31, 41, 51)"), ("dark", "rgb(230, 237, 242)")):
                visit.tab.evaluate(f"document.documentElement.dataset.theme = '{mode}'")
                assert set(visit.tab.evaluate(INKS)) == {ink}


OUTSIDE = """() => {
  const root = document.documentElement, all = root.viewBox.baseVal;
  const boxes = [...root.querySelectorAll("text")].map(text => [text, text.getBBox()]);
  const found = boxes.filter(([, box]) => box.x < all.x || box.y < all.y ||
      box.x + box.width > all.width || box.y + box.height > all.height);
  const meet = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width &&
      a.y + 3 < b.y + b.height && b.y + 3 < a.y + a.height;
  boxes.forEach(([text, box], i) => {
    if (boxes.slice(i + 1).some(([, other]) => meet(box, other))) found.push([text, box]);
  });
  return found.map(([text]) => text.textContent);
}"""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_texts_are_inside_the_drawing_and_apart(path: Path, browser: Any) -> None:
    tab = browser.new_page()
    tab.goto(path.as_uri())
    assert tab.evaluate(OUTSIDE) == []
    tab.close()


# Planted faults

GOOD = """<svg xmlns="http://www.w3.org/2000/svg" class="dg" viewBox="0 0 400 200" width="400"
  height="200" role="img" aria-labelledby="diagram-x-title diagram-x-desc">
<title id="diagram-x-title">A drawing</title>
<desc id="diagram-x-desc">A circle that stands for the code, and nothing else.</desc>
<style>.dg { fill: var(--diagram-ink, #123456); font: 17px sans-serif; }
.dg-sub { font-size: 12px; }
@media (prefers-color-scheme: dark) { :root { --diagram-ink: #ffffff; } }</style>
<circle r="9"/><text x="9">z<tspan class="dg-sub">1</tspan></text></svg>"""


def test_a_good_drawing_passes() -> None:
    assert [complaint for check in CHECKS for complaint in check("x", GOOD)] == []


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (check_frame, ' width="400"', ""),
        (check_frame, "A drawing", ""),
        (check_frame, " that stands for the code, and nothing else", ""),
        (check_frame, '"diagram-x-desc">', '"desc">'),
        (check_frame, "<circle", '<circle id="c"'),
        (check_colours, "<circle", '<circle fill="#ff0000"'),
        (check_colours, "<circle", '<circle stroke="red"'),
        (check_colours, "<circle", '<circle style="stroke: none"'),
        (check_colours, "var(--diagram-ink, #123456)", "black"),
        (check_colours, "--diagram-ink: #ffffff", "fill: #ffffff"),
        (check_safety, "<circle", "<script/><circle"),
        (check_safety, "<circle", '<circle onclick="f()"'),
        (check_safety, "<circle", '<a href="https://x.org"/><circle'),
        (check_safety, "<circle", '<a href="../../chapters/none.ipynb"/><circle'),
        (check_safety, "<circle", '<use href="#diagram-x-title"/><circle'),
        (check_safety, ".dg-sub", "@import 'x.css'; .dg-sub"),
        (check_classes, "<circle", '<circle class="note"'),
        (check_sizes, "17px", "12px"),
        (check_sizes, "12px", "9px"),
        (check_sizes, "0 0 400", "0 0 600"),
    ],
)
def test_a_fault_in_a_drawing_is_found(
    check: Callable[[str, str], list[str]], right: str, wrong: str
) -> None:
    assert right in GOOD and check("x", GOOD.replace(right, wrong, 1)) != []


@pytest.mark.parametrize(
    "cell",
    [
        "![A circle](../_assets/diagrams/x.svg)",
        "![A circle](../_assets/diagrams/x.svg)\n\nA caption that is not in italics.",
        "Text.\n\n![A circle](../_assets/diagrams/x.svg)\n\n*A caption that is long enough.*",
        "<img src='../_assets/diagrams/x.svg'>",
    ],
)
def test_a_diagram_without_a_cell_of_its_own_is_found(cell: str) -> None:
    good = "![A circle](../_assets/diagrams/x.svg)\n\n*A caption that is long enough.*"
    assert check_cells([good]) == []
    assert check_cells([cell]) != []


FIGURE = f"""<figure class="diagram">{GOOD}<figcaption>A caption that is long enough.</figcaption>
</figure>"""


@pytest.mark.parametrize(
    ("html", "count"),
    [
        ("", 1),
        ("<img src='_images/diagrams/x.svg'>", 0),
        (FIGURE, 0),
        (FIGURE + FIGURE, 2),
        (FIGURE.replace('role="img"', ""), 1),
        (FIGURE.replace("<circle", "<a/><circle"), 1),
        (FIGURE.replace("A caption that is long enough.", ""), 1),
        (re.sub(r"(?s)<style>.*</style>", "", FIGURE), 1),
    ],
)
def test_a_page_with_a_wrong_diagram_is_found(tmp_path: Path, html: str, count: int) -> None:
    def page(content: str) -> Page:
        (tmp_path / "page.html").write_text(content, encoding="utf-8")
        return Page(tmp_path, tmp_path / "page.html")

    assert wrong_figures(page(FIGURE), ["x"]) == []
    assert wrong_figures(page(html), ["x"] * count) != []
