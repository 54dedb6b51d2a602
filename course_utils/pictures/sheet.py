"""The contact sheet of the oddest pictures, one file that needs no network, and the tables."""

from __future__ import annotations

import base64
import csv
import html
import io
import os
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from course_utils.pictures.files import Unreadable, read_picture

THUMBNAIL = 192  # pixels
_HEAT = (235, 40, 130)  # seen on light and dark pictures, and by the colour-blind
_STRONG = 10.0  # times the usual error, where the colour is full
_STYLE = """
:root { color-scheme: light dark; --ink: #1d2025; --soft: #5b6470; --paper: #fbfbf9;
  --card: #fff; --line: #d9dcdf; --flag: #a3195b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e9eb; --soft: #a4abb4; --paper: #16181b;
  --card: #1f2226; --line: #3a3f45; --flag: #ff8ac0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.2rem; max-width: 76rem; color: var(--ink);
  background: var(--paper); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.2; margin: 0 0 .6rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2rem 0 .6rem; }
p, li { max-width: 46rem; overflow-wrap: anywhere; }
a { color: inherit; }
.soft { color: var(--soft); }
.cards { display: grid; gap: .9rem; padding: 0; margin: 0; list-style: none;
  grid-template-columns: repeat(auto-fill, minmax(min(17rem, 100%), 1fr)); }
.cards li { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: .6rem; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .4rem; }
img { width: 100%; height: auto; display: block; border-radius: 4px; }
.name { margin: .4rem 0 0; font-weight: 600; }
.cards .soft { margin: 0; font-size: .875rem; font-variant-numeric: tabular-nums; }
.flag { color: var(--flag); font-weight: 600; }
.few { grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); }
"""


@dataclass(frozen=True)
class Entry:
    """One picture of the sheet.

    Attributes:
        path: its file.
        name: the file's name within the folder.
        rank: 1 for the oddest.
        score: how odd it is.
        witnesses: what each witness says, by its name.
        p_value: if something was promised, else None.
        flagged: whether the p-value says so.
        error_map: (size, size), 1 where the error is usual; None for an ordinary picture.
        oddest_piece: row and column of its middle, from 0 to 1.
    """

    path: Path
    name: str
    rank: int
    score: float
    witnesses: dict[str, float]
    p_value: float | None
    flagged: bool
    error_map: np.ndarray | None
    oddest_piece: tuple[float, float]


def write_scores(path: Path, entries: Sequence[Entry]) -> None:
    """Write a table of all pictures, the oddest first, as CSV in UTF-8."""
    promised = any(entry.p_value is not None for entry in entries)
    names = list(entries[0].witnesses)
    header = ["rank", "score", *names, *(["p_value", "flagged"] if promised else []), "file"]
    rows = []
    for entry in entries:
        numbers = [f"{entry.score:.4f}", *(f"{entry.witnesses[name]:.4f}" for name in names)]
        flags = [f"{entry.p_value:.6f}", "yes" if entry.flagged else "no"] if promised else []
        rows.append([entry.rank, *numbers, *flags, entry.name])
    _write_csv(path, header, rows)


def write_skipped(path: Path, skipped: Sequence[tuple[str, str]]) -> None:
    """Write a table of the files that were skipped, and why, as CSV in UTF-8."""
    _write_csv(path, ["file", "reason"], skipped)


def _write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    # A name that is no Unicode, as old file systems have them, is written with backslashes.
    with open(path, "w", newline="", encoding="utf-8", errors="backslashreplace") as file:
        csv.writer(file).writerows([header, *rows])


def write_sheet(
    path: Path,
    title: str,
    sentences: Sequence[str],
    odd: Sequence[Entry],
    usual: Sequence[Entry],
    skipped: Sequence[tuple[str, str]],
    *,
    fit: str,
    home: Path,
) -> None:
    """Write the contact sheet, an HTML file that needs no other.

    Args:
        path: the file to write.
        title: what is above it.
        sentences: what the reader should know first.
        odd: the oddest pictures, the oddest first.
        usual: a few ordinary ones, to compare with.
        skipped: names of files, and why they were skipped.
        fit: how the pictures were made square, as for `load_images`.
        home: the folder in which the sheet will be, for its links to the pictures.
    """
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_escape(title)}</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>{_escape(title)}</h1>",
        *(f"<p>{_escape(sentence)}</p>" for sentence in sentences),
        f'<ol class="cards">{"".join(_card(entry, fit, home) for entry in odd)}</ol>',
        "<h2>Ordinary pictures, to compare with</h2>",
        f'<ul class="cards few">{"".join(_card(entry, fit, home) for entry in usual)}</ul>',
    ]
    if skipped:
        items = (f"<li>{_escape(name)}: {_escape(reason)}</li>" for name, reason in skipped)
        parts += [f"<h2>Skipped files ({len(skipped)})</h2>", f"<ul>{''.join(items)}</ul>"]
    text = "\n".join([*parts, "</main></body></html>\n"])
    path.write_text(text, encoding="utf-8", errors="xmlcharrefreplace")


def _escape(text: str) -> str:
    """Escape for HTML; bytes of a name that are no Unicode are shown with backslashes."""
    return html.escape(text.encode("utf-8", "backslashreplace").decode())


def _card(entry: Entry, fit: str, home: Path) -> str:
    name = _escape(entry.name)
    link = f'<a href="{_escape(_address(entry.path, home))}">{name}</a>'
    try:
        picture = Image.fromarray(read_picture(entry.path, THUMBNAIL, "colour", fit).levels)
    except Unreadable:
        return f'<li><p class="name">{link}</p><p class="soft">The file has changed.</p></li>'
    if entry.error_map is None:
        shown = _image(picture, f"Ordinary picture {entry.name}")
        return f'<li>{shown}<p class="soft">{link}</p></li>'
    where = _where(np.unravel_index(entry.error_map.argmax(), entry.error_map.shape), entry)
    piece = _where(entry.oddest_piece, None)
    alt = f"Error map of {entry.name}: largest error {where}, oddest piece {piece}"
    marked = overlay(picture, entry.error_map, entry.oddest_piece)
    pair = _image(picture, f"Picture {entry.name}") + _image(marked, alt)
    said = ", ".join(f"{witness} {value:.1f}" for witness, value in entry.witnesses.items())
    flag = ' <span class="flag">flagged</span>' if entry.flagged else ""
    p_value = "" if entry.p_value is None else f", p = {entry.p_value:.3g}"
    return (
        f'<li><div class="pair">{pair}</div>'
        f'<p class="name">{entry.rank}. {link}{flag}</p>'
        f'<p class="soft">score {entry.score:.1f}{p_value} ({said})</p></li>'
    )


def _where(place, entry: Entry | None) -> str:
    """Say in words where a place is; with an entry, it is in pixels of its error map."""
    row, column = place if entry is None else np.divide(place, entry.error_map.shape)
    down = ("top", "middle", "bottom")[min(int(3 * row), 2)]
    across = ("left", "centre", "right")[min(int(3 * column), 2)]
    return f"at the {down} {across}".replace("middle centre", "centre")


def overlay(
    picture: Image.Image, error_map: np.ndarray, oddest_piece: tuple[float, float]
) -> Image.Image:
    """Colour a picture where the error is above the usual, and frame the oddest piece.

    Args:
        picture: the picture, in RGB.
        error_map: (size, size), 1 where the error is usual; the colour is full at ten times that.
        oddest_piece: row and column of its middle, from 0 to 1.
    """
    strength = np.clip(np.log(np.maximum(error_map, 1)) / np.log(_STRONG), 0, 1)
    mask = Image.fromarray(np.rint(215 * strength).astype(np.uint8))
    mask = mask.resize(picture.size, Image.Resampling.BICUBIC)
    grey = picture.convert("L").convert("RGB")  # so that the colour is the map's alone
    marked = Image.composite(Image.new("RGB", picture.size, _HEAT), grey, mask)
    side = picture.width / 4
    top, left = (middle * picture.width - side / 2 for middle in oddest_piece)
    box = [round(v) for v in (left, top, left + side - 1, top + side - 1)]
    ImageDraw.Draw(marked).rectangle(box, outline=(255, 255, 255), width=3)
    ImageDraw.Draw(marked).rectangle(box, outline=(20, 20, 20), width=1)
    return marked


def _image(picture: Image.Image, alt: str) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=82)
    data = base64.b64encode(buffer.getvalue()).decode()
    size = f'width="{picture.width}" height="{picture.height}"'
    return f'<img src="data:image/jpeg;base64,{data}" alt="{_escape(alt)}" {size}>'


def _address(path: Path, home: Path) -> str:
    """The address of a file, as seen from the sheet, so that both can be moved together."""
    try:
        relative = os.path.relpath(path.resolve(), home.resolve())
    except ValueError:  # on Windows: another drive
        return path.resolve().as_uri()
    return urllib.parse.quote(os.fsencode(relative.replace(os.sep, "/")))
