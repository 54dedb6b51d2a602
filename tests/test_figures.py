"""All figures in one file: none is missing, each is described, and every program can show it."""

import csv
import io
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from PIL import Image

from tools import figures, toc
from tools.drawings import resolved

FOLDER = "autoencoder-figures"
DRAWING = """<svg xmlns="http://www.w3.org/2000/svg"><style>
.dg { fill: var(--diagram-ink, #111111); stroke: var(--diagram-cool, #222222); }
@media (prefers-color-scheme: dark) {
  :root { --diagram-ink: #eeeeee; }
}</style><a href="../../chapters/elbo.ipynb"><rect/></a></svg>"""


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The file with the figures."""
    target = tmp_path_factory.mktemp("figures") / "figures.zip"
    figures.write(target)
    return zipfile.ZipFile(target)


def names(packed: zipfile.ZipFile) -> set[str]:
    """Return the names of the pictures in the file."""
    inside = {name.removeprefix(f"{FOLDER}/") for name in packed.namelist()}
    return {name for name in inside if name.endswith((".png", ".svg"))}


def test_every_figure_of_the_notebooks_is_there_as_it_is_stored(packed: zipfile.ZipFile) -> None:
    count = 0
    for path in toc.notebooks():
        cells = nbformat.read(toc.ROOT / path, as_version=4).cells
        shown = [one for one in cells if "figure" in one.metadata.get("mystnb", {})]
        name = path.stem.replace("_", "-")
        files = sorted(one for one in names(packed) if re.match(rf"{name}-\d\d-", one))
        assert len(files) == len(shown), path
        for i, file in enumerate(files, 1):
            assert file.startswith(f"{name}-{i:02}-") and not re.search(r"fig-|--|-\.", file)
            with Image.open(io.BytesIO(packed.read(f"{FOLDER}/{file}"))) as picture:
                picture.verify()
        count += len(files)
    assert count > 100 and "denoising-07-gate.png" in names(packed)


def test_every_diagram_is_there_twice_and_needs_nothing_else(packed: zipfile.ZipFile) -> None:
    drawn = {path.stem for path in (toc.ROOT / "_assets" / "diagrams").glob("*.svg")}
    files = {name for name in names(packed) if name.startswith("diagrams/")}
    assert files == {f"diagrams/{name}-{mode}.svg" for name in drawn for mode in ("light", "dark")}
    for file in files:
        text = packed.read(f"{FOLDER}/{file}").decode()
        ElementTree.fromstring(text)
        assert not re.search(r"var\(|--diagram|@media|href=", text), file
    light, dark = (packed.read(f"{FOLDER}/diagrams/elbo-{mode}.svg") for mode in ("light", "dark"))
    assert b"#1f2933" in light and b"#e6edf2" in dark and b"#1f2933" not in dark


def test_colours_are_those_of_the_mode() -> None:
    light, dark = resolved(DRAWING), resolved(DRAWING, dark=True)
    assert "fill: #111111; stroke: #222222" in light and "fill: #eeeeee; stroke: #222222" in dark
    assert b"<a" not in figures.standalone(dark) and b"rect" in figures.standalone(dark)
    with pytest.raises(ValueError, match="left open: var"):
        resolved(DRAWING.replace("var(--diagram-ink, #111111)", "var(--diagram-ink)"))


def test_the_table_says_what_each_file_is(packed: zipfile.ZipFile) -> None:
    text = packed.read(f"{FOLDER}/figures.csv").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["file"] for row in rows} == names(packed) and len(rows) == len(names(packed))
    for row in rows:
        told = [row["chapter"], row["caption"], row["alt_text"], row["address"]]
        assert all(told) and not re.search(r"\]\(|\*\*", row["caption"]), row
    gate = next(row for row in rows if row["file"] == "denoising-07-gate.png")
    assert gate["section"] == "Is the gate a detector?"
    assert gate["address"].endswith("chapters/denoising.html#fig-denoising-gate")


def test_the_addresses_are_those_of_the_book(
    packed: zipfile.ZipFile, build: tuple[Path, str]
) -> None:
    rows = csv.DictReader(io.StringIO(packed.read(f"{FOLDER}/figures.csv").decode("utf-8-sig")))
    pages: dict[str, str] = {}
    for row in rows:
        page, _, name = re.sub(r"^https://[^/]+/[^/]+/", "", row["address"]).partition("#")
        text = pages.setdefault(page, (build[0] / page).read_text("utf-8"))
        assert not name or f'id="{name}"' in text, row["address"]


def test_the_licences_lie_beside_them(packed: zipfile.ZipFile) -> None:
    text = packed.read(f"{FOLDER}/LICENSE-text")
    assert text == (toc.ROOT / "LICENSE-text").read_bytes()
    assert b"Zalando" in packed.read(f"{FOLDER}/LICENSE-fashion-mnist")
    assert "CC BY 4.0" in packed.read(f"{FOLDER}/README.txt").decode()


def test_two_figures_never_share_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures.toc, "notebooks", lambda: [Path("chapters/scaling_out.ipynb")] * 2)
    with pytest.raises(ValueError, match="two figures would be called scaling-out-01"):
        figures.collect()
