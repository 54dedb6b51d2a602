"""The figures of the book: one look, colour-blind safe, readable on a light and on a dark page.

Every function returns a matplotlib Figure that pyplot does not know, so that a cell that ends with
the call shows it once. The figures show themselves, as PNG files with a palette: small, and the
same in JupyterLab, in Colab and in the book. Elsewhere, call `figure.savefig("name.png")`.
"""

from __future__ import annotations

import io
import itertools
import math
import textwrap
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import style, ticker
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from PIL import Image

from course_utils._checks import (
    check_codes,
    check_finite,
    check_images,
    check_labels,
    check_one_per_item,
    check_positive_int,
)
from course_utils.data import CLASS_NAMES

DPI = 120
WIDTH = 720  # pixels, about the width of the book's column
FONT = 11.0  # points: 18 pixels, about the size of the text in the column
SMALL_FONT = 9.5
LINE = 23  # pixels from one line of small text to the next
LETTER = 0.6  # mean width of a letter, in units of the font size
BACKGROUND = "#fcfcf8"  # opaque, so that a dark page does not swallow the dark text
INK = "#222222"
GRID = "#dddddd"
MINUS = "\N{MINUS SIGN}"

# Okabe and Ito's palette without its yellow, which is too pale for lines. Markers and dashes say
# the same again, for readers who cannot tell the colours apart.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#555555")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES: tuple[Any, ...] = (
    "-",
    (0, (5, 1.5)),
    (0, (1.5, 1.2)),
    (0, (5, 1.5, 1.5, 1.5)),
    (0, (8, 2)),
    (0, (3, 1)),
    "-",
)
REFERENCE_DASHES = ((0, (2, 2)), (0, (6, 3)), (0, (1, 1)), (0, (6, 2, 1, 2)))

# Paul Tol's muted palette, with a darker grey as the tenth colour.
CLASS_COLOURS = (
    "#332288",
    "#DDCC77",
    "#117733",
    "#88CCEE",
    "#882255",
    "#44AA99",
    "#CC6677",
    "#999933",
    "#AA4499",
    "#888888",
)

_STYLE = {
    "figure.dpi": DPI,
    "figure.facecolor": BACKGROUND,
    "figure.constrained_layout.use": True,
    "axes.facecolor": BACKGROUND,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.labelsize": FONT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # ships with matplotlib: the same everywhere
    "font.size": FONT,
    "grid.color": GRID,
    "legend.frameon": False,
    "legend.fontsize": SMALL_FONT,
    "lines.linewidth": 2.0,
    "lines.markersize": 5.5,
    "text.color": INK,
    "xtick.color": INK,
    "xtick.labelsize": SMALL_FONT,
    "ytick.color": INK,
    "ytick.labelsize": SMALL_FONT,
}


class _BookFigure(Figure):
    """A figure that Jupyter shows as a small PNG file, and that looks the same for everybody."""

    def savefig(self, *args: Any, **kwargs: Any) -> None:
        """Save the figure; matplotlib makes ticks only now, so the style must hold here too."""
        with style.context(["default", _STYLE]):
            super().savefig(*args, **kwargs)

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, Any]:
        """Return what a notebook stores: the picture, and one line of text."""
        rendered, small = io.BytesIO(), io.BytesIO()
        self.savefig(rendered, format="png")
        # Multiples of 4 in each channel: nobody sees it, the file halves, and greys stay grey.
        picture = Image.open(rendered).convert("RGB").point(lambda v: min(255, 4 * round(v / 4)))
        picture.quantize(256, dither=Image.Dither.NONE).save(small, format="png", optimize=True)
        size = f"{self.bbox.width:g}x{self.bbox.height:g}"
        text = f"<Figure size {size} with {len(self.axes)} Axes>"
        return {"image/png": small.getvalue(), "text/plain": text}


@contextmanager
def _figure(width: float, height: float) -> Iterator[Figure]:
    """Give a figure of width x height pixels in the book's style, and leave all settings alone."""
    with style.context(["default", _STYLE]):
        yield _BookFigure(figsize=(width / DPI, height / DPI))


# Pictures


def image_grid(
    images: Any,
    num_columns: int | None = None,
    titles: Sequence[str] | None = None,
    signed: bool = False,
) -> Figure:
    """Show images side by side in rows.

    Args:
        images: (n, height, width, 1), values in [0, 1]; 0 is black and 1 is white.
        num_columns: images in a row; by default all up to 10, or up to 5 with titles.
        titles: a short text above each image, or None.
        signed: for weights, components and differences: any finite values, on one scale for all
            images from blue (negative) through white (zero) to red (positive).

    Returns:
        The figure, with one Axes.

    Raises:
        ValueError: if the shapes or the range are wrong, or titles are missing or left over.
    """
    images = _check_pictures(images, "images", signed)
    n = len(images)
    if num_columns is None:
        num_columns = 10 if titles is None else 5
    num_columns = min(n, check_positive_int(num_columns, "num_columns"))
    if titles is not None:
        check_one_per_item(titles, "titles", n, "images")
    tiles: list[list[np.ndarray | None]] = [
        list(images[start : start + num_columns]) for start in range(0, n, num_columns)
    ]
    tiles[-1] += [None] * (num_columns - len(tiles[-1]))
    return _show_tiles(tiles, titles=titles, signed=signed)


def rows(
    labelled_images: Mapping[str, Any],
    column_titles: Sequence[str] | None = None,
    signed: bool = False,
) -> Figure:
    """Show one labelled row of images for each entry, such as originals and what became of them.

    Args:
        labelled_images: label -> images (n, height, width, 1) in [0, 1], all of the same shape.
        column_titles: a short text above each column, or None.
        signed: as in `image_grid`.

    Returns:
        The figure, with one Axes.

    Raises:
        ValueError: if the rows differ in shape, or the shapes or the range are wrong.
    """
    _check_entries(labelled_images, "labelled_images")
    checked = {
        label: _check_pictures(images, f"the row {label!r}", signed)
        for label, images in labelled_images.items()
    }
    shapes = {label: images.shape for label, images in checked.items()}
    if len(set(shapes.values())) > 1:
        raise ValueError(
            f"the rows must all have the same shape; got {shapes}; choose the same images in all."
        )
    if column_titles is not None:
        num_columns = next(iter(shapes.values()))[0]
        check_one_per_item(column_titles, "column_titles", num_columns, "columns")
    tiles = [list(images) for images in checked.values()]
    return _show_tiles(tiles, titles=column_titles, row_labels=list(checked), signed=signed)


def _check_pictures(images: Any, name: str, signed: bool) -> np.ndarray:
    """Check images that are to be shown: in [0, 1], or only finite if signed."""
    if not signed:
        return check_images(images, name, allow_any_size=True)
    array = check_finite(images, name)
    if array.ndim != 4 or array.shape[-1] != 1:
        raise ValueError(
            f"{name} must have shape (n, height, width, 1); got shape {array.shape}; reshape first."
        )
    return array


def _show_tiles(
    tiles: Sequence[Sequence[np.ndarray | None]],
    titles: Sequence[str] | None = None,
    row_labels: Sequence[str] | None = None,
    signed: bool = False,
) -> Figure:
    """Paste tiles (height, width, 1) into one picture with gaps, if possible in whole pixels.

    The sizes follow from the shapes and the number of letters alone, not from how wide letters are
    drawn, so that they are the same with every version of matplotlib.
    """
    num_columns = len(tiles[0])
    height, width = tiles[0][0].shape[:2]
    labels = [textwrap.fill(label, 14) for label in row_labels or ()]
    longest = max((len(line) for label in labels for line in label.split("\n")), default=0)
    left = 10 + (10 * longest + 10 if labels else 0)  # 10 pixels for a letter are ample
    scale, interpolation = _pixel_scale(num_columns * (width + 2) - 2, WIDTH - left - 10)
    gap = 2 if scale >= 1 else math.ceil(2 / scale)
    titles = [_wrap(title, (width + gap) * scale) for title in titles or ()]
    strips: list[np.ndarray] = []
    tops: list[int] = []
    for r, row in enumerate(tiles):
        own = titles[r * num_columns : (r + 1) * num_columns]
        num_lines = max((title.count("\n") + 1 for title in own), default=0)
        row_head = math.ceil(num_lines * LINE / scale)  # room for the titles above the tiles
        strip = np.full((row_head + height + gap, num_columns * (width + gap)), np.nan, np.float32)
        for c, tile in enumerate(row):
            if tile is not None:
                x = c * (width + gap)
                strip[row_head : row_head + height, x : x + width] = tile[..., 0]
        tops.append(sum(len(s) for s in strips) + row_head)
        strips.append(strip)
    canvas = np.concatenate(strips)[:-gap, :-gap]
    look: dict[str, Any] = {"cmap": "gray", "vmin": 0, "vmax": 1}
    if signed:
        limit = float(np.nanmax(np.abs(canvas))) or 1.0
        look = {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit}

    box = (left, 10, canvas.shape[1] * scale, canvas.shape[0] * scale)
    with _picture(box, left + math.ceil(box[2]) + 10, math.ceil(box[3]) + 20) as ax:
        ax.set_axis_off()
        ax.imshow(canvas, interpolation=interpolation, aspect="auto", **look)
        size = _fitting_size(titles, (width + gap) * scale)
        for i, title in enumerate(titles):
            x = (i % num_columns) * (width + gap) + (width - 1) / 2
            y = tops[i // num_columns] - 0.5 - 3 / scale
            ax.text(x, y, title, ha="center", va="bottom", fontsize=size)
        for top, label in zip(tops, labels, strict=False):  # a grid has no labels
            x, y = -0.5 - 10 / scale, top + (height - 1) / 2
            ax.text(x, y, label, ha="right", va="center", fontsize=SMALL_FONT)
    return ax.figure


@contextmanager
def _picture(box: tuple[float, float, float, float], width: int, height: int) -> Iterator[Axes]:
    """Give an Axes at (left, bottom, width, height) pixels in a figure of width x height pixels."""
    with _figure(width, height) as fig:
        fig.set_layout_engine("none")
        whole = (width, height, width, height)
        yield fig.add_axes([part / size for part, size in zip(box, whole, strict=True)])


def _pixel_scale(values: int, pixels: int) -> tuple[float, str]:
    """Return how many pixels to draw one value with, at most 5, and how to interpolate.

    Whole pixels look best and make small files; where they would waste more than a quarter of the
    width, the picture is interpolated.
    """
    exact = min(5.0, pixels / values)
    if math.floor(exact) > 0.75 * exact:
        return float(math.floor(exact)), "nearest"
    return exact, "hanning"


def _wrap(text: str, pixels: float) -> str:
    """Break lines that do not fit into so many pixels at 8 points; leave formulas alone."""
    if "$" in text:
        return text
    letters = max(1, int(pixels / (LETTER * 8 * DPI / 72)))
    lines = (textwrap.fill(line, letters, break_long_words=False) for line in text.split("\n"))
    return "\n".join(lines)


def _fitting_size(texts: Sequence[str], pixels: float) -> float:
    """Return the font size, from 6 points, at which the longest line fits into so many pixels."""
    longest = max((len(line) for text in texts for line in text.split("\n")), default=0)
    return max(6.0, min(SMALL_FONT, pixels / (LETTER * (longest + 2) * DPI / 72)))


# Diagrams


def curves(
    lines: Mapping[str, tuple[Any, Any]],
    xlabel: str,
    ylabel: str,
    logx: bool = False,
    logy: bool = False,
    hline: Mapping[str, float] | None = None,
    band: Mapping[str, tuple[Any, Any]] | None = None,
    xticks: Sequence[float] | None = None,
    marker: bool | Collection[str] = True,
) -> Figure:
    """Draw lines, told apart by colour, marker and dashes.

    The name of a line stands at its right end if all lines end at about the same x, and in a legend
    above the diagram otherwise.

    Args:
        lines: label -> (x, y), two sequences of the same length; at most seven lines.
        xlabel: name and unit of x, in lower case.
        ylabel: name and unit of y, in lower case.
        logx: logarithmic x axis.
        logy: logarithmic y axis.
        hline: label -> y of a horizontal line to compare with; at most four.
        band: label of a line -> (low, high), two sequences as long as the line, shaded between.
        xticks: where to put ticks on the x axis; by default matplotlib's choice.
        marker: mark the points; or the labels of the lines whose points are marked.

    Returns:
        The figure, with one Axes.

    Raises:
        ValueError: if x and y differ in length, a value is not finite, a logarithmic axis gets a
            value that is not positive, there are too many lines, or a band belongs to no line or
            does not contain its own.
    """
    _check_entries(lines, "lines", most=len(COLOURS))
    points = {label: _check_line(xy, label, logx, logy) for label, xy in lines.items()}
    hline = {label: _check_level(y, label, logy) for label, y in (hline or {}).items()}
    if len(hline) > len(REFERENCE_DASHES):
        raise ValueError(
            f"hline must have at most {len(REFERENCE_DASHES)} entries, to be told apart; "
            f"got {len(hline)}."
        )
    edges = {label: _check_band(pair, label, points, logy) for label, pair in (band or {}).items()}

    with _figure(WIDTH, 430) as fig:
        ax = fig.add_subplot()
        for i, (label, (x, y)) in enumerate(points.items()):
            marked = marker if isinstance(marker, bool) else label in marker
            symbol = MARKERS[i] if marked else None
            ax.plot(x, y, color=COLOURS[i], linestyle=DASHES[i], marker=symbol, label=label)
            if label in edges:
                ax.fill_between(x, *edges[label], color=COLOURS[i], alpha=0.18, linewidth=0)
        for i, (label, y) in enumerate(hline.items()):
            ax.axhline(y, color=INK, linewidth=1.2, linestyle=REFERENCE_DASHES[i], label=label)
        if logx:
            _log_scale(ax, ax.xaxis)
        if logy:
            _log_scale(ax, ax.yaxis)
        if xticks is not None:
            ax.set_xticks(list(xticks), [f"{tick:g}" for tick in xticks])
            ax.set_xticks([], minor=True)
        ax.set_xlabel(xlabel)
        ax.set_ylabel(ylabel)
        ax.grid(axis="y")
        if len(points) + len(hline) > 1:
            _name_lines(ax, points, hline, logx)
    return fig


def _check_line(xy: Any, label: str, logx: bool, logy: bool) -> tuple[np.ndarray, np.ndarray]:
    """Check the points of one line and return them as arrays."""
    if not isinstance(xy, Sequence) or len(xy) != 2:
        raise ValueError(
            f"the line {label!r} must be a pair (x, y) of sequences; got {type(xy).__name__}."
        )
    x, y = check_finite(xy[0], f"x of {label!r}"), check_finite(xy[1], f"y of {label!r}")
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(
            f"x and y of {label!r} must be sequences of the same length; "
            f"got shapes {x.shape} and {y.shape}."
        )
    _check_log(x, f"x of {label!r}", logx)
    _check_log(y, f"y of {label!r}", logy)
    return x, y


def _check_level(y: Any, label: str, logy: bool) -> float:
    """Check the height of a horizontal line and return it as a number."""
    level = check_finite(y, f"hline {label!r}")
    if level.size != 1:
        raise ValueError(f"hline {label!r} must be one number; got shape {level.shape}.")
    _check_log(level, f"hline {label!r}", logy)
    return float(level.reshape(()))


def _check_band(
    pair: Any, label: str, points: Mapping[str, tuple[np.ndarray, np.ndarray]], logy: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Check the edges of a band and return them as arrays."""
    if label not in points:
        raise ValueError(f"band must name lines that are drawn, {list(points)}; got {label!r}.")
    if not isinstance(pair, Sequence) or len(pair) != 2:
        raise ValueError(
            f"the band {label!r} must be a pair (low, high); got {type(pair).__name__}."
        )
    low, high = (check_finite(edge, f"the band {label!r}") for edge in pair)
    shape = points[label][0].shape
    if low.shape != shape or high.shape != shape:
        raise ValueError(
            f"the band {label!r} must be two sequences as long as its line, {shape}; "
            f"got shapes {low.shape} and {high.shape}."
        )
    y = points[label][1]
    rounding = 1e-6 * np.abs(y).max()
    if np.any(y < low - rounding) or np.any(y > high + rounding):
        raise ValueError(
            f"the line {label!r} must lie within its band, but it does not; check whose band it is."
        )
    _check_log(low, f"the band {label!r}", logy)
    return low, high


def _check_log(values: np.ndarray, name: str, log: bool) -> None:
    """Check that values may stand on a logarithmic axis."""
    if log and not (values > 0).all():
        raise ValueError(f"{name} must be positive on a logarithmic axis; got {values.min():g}.")


def _log_scale(ax: Axes, axis: Axis) -> None:
    """Make an axis logarithmic, with plain numbers if it spans less than four powers of ten."""
    ax.set(**{f"{axis.axis_name}scale": "log"})
    low, high = sorted(axis.get_view_interval())
    decades = math.log10(high / low)
    if decades < 4:
        subs = (1, 2, 5) if decades > 1.3 else (1, 1.5, 2, 3, 4, 5, 6, 8)
        axis.set_major_locator(ticker.LogLocator(subs=subs))
        axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_locator(ticker.NullLocator())


def _name_lines(
    ax: Axes,
    points: Mapping[str, tuple[np.ndarray, np.ndarray]],
    hline: Mapping[str, float],
    logx: bool,
) -> None:
    """Write the name of each line at its right end, or in a legend if the lines end far apart."""
    last = [int(np.argmax(x)) for x, _ in points.values()]
    ends_x = np.array([x[i] for i, (x, _) in zip(last, points.values(), strict=True)], float)
    start = min(float(x.min()) for x, _ in points.values())
    positions = np.array([start, ends_x.min(), ends_x.max()])
    if logx:
        positions = np.log(positions)
    if positions[2] - positions[1] > 0.03 * (positions[2] - positions[0]):
        ax.figure.legend(loc="outside upper left", ncols=2, handlelength=3.2)
        return
    ends_y = [float(y[i]) for i, (_, y) in zip(last, points.values(), strict=True)]
    ends_y += hline.values()
    texts = [textwrap.fill(label, 18) for label in (*points, *hline)]
    colours = [*COLOURS[: len(points)], *[INK] * len(hline)]
    ax.margins(x=0.02)
    ax.figure.draw_without_rendering()  # only now is it known where the ends are on the page
    before = [ax.transData.transform((ends_x.max(), y))[1] for y in ends_y]
    heights = [LINE * (text.count("\n") + 1) for text in texts]
    after = _spread(before, heights, low=ax.bbox.y0, high=ax.bbox.y1)
    for y, text, colour, old, new in zip(ends_y, texts, colours, before, after, strict=True):
        ax.annotate(
            text,
            (1, y),
            xycoords=ax.get_yaxis_transform(),
            xytext=(6, (new - old) * 72 / DPI),
            textcoords="offset points",
            va="center",
            color=_readable(colour),
            fontsize=SMALL_FONT,
            annotation_clip=False,
        )


def _luminance(colour: Any) -> float:
    """Return the relative luminance of a colour, from 0 (black) to 1 (white).

    Source: WCAG 2.2, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance.
    """
    channels = np.array(mpl.colors.to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def _readable(colour: Any) -> tuple[float, ...]:
    """Darken a colour until small text in it has a contrast of 4.5 to the background."""
    rgb = np.array(mpl.colors.to_rgb(colour))
    while (_luminance(BACKGROUND) + 0.05) / (_luminance(rgb) + 0.05) < 4.5:
        rgb = rgb * 0.95
    return tuple(float(channel) for channel in rgb)


def _spread(
    places: Sequence[float], heights: Sequence[float], low: float, high: float
) -> list[float]:
    """Move intervals of the given heights, centred at the places, apart until none overlap.

    Neighbours that collide are joined into a group, which stays as near to their places as it can
    within the range from low to high.
    """
    groups: list[tuple[float, list[int]]] = []  # lower edge, and members from below
    for index in np.argsort(places, kind="stable"):
        members = [int(index)]
        while True:
            offsets = np.cumsum([0.0, *(heights[m] for m in members)])
            edges = [places[m] - heights[m] / 2 - offsets[i] for i, m in enumerate(members)]
            edge = max(low, min(float(np.mean(edges)), high - float(offsets[-1])))
            if not groups or groups[-1][0] + sum(heights[m] for m in groups[-1][1]) <= edge:
                break
            members = groups.pop()[1] + members
        groups.append((edge, members))
    moved = [0.0] * len(places)
    for edge, members in groups:
        for m in members:
            moved[m] = edge + heights[m] / 2
            edge += heights[m]
    return moved


def bars(
    values: Mapping[str, float],
    xlabel: str,
    ylabel: str = "",
    value_format: str = "{:.3g}",
    errors: Mapping[str, float] | None = None,
) -> Figure:
    """Draw horizontal bars from zero, each with its name before and its value behind it.

    Args:
        values: label -> value, top to bottom.
        xlabel: name and unit of the values, in lower case.
        ylabel: what the labels are; empty if they speak for themselves.
        value_format: a format for the value written behind each bar.
        errors: label -> half the length of an error bar, for all labels, or None.

    Returns:
        The figure, with one Axes.

    Raises:
        ValueError: if a value is not finite, an error is negative, or errors has other labels.
    """
    _check_entries(values, "values")
    lengths = check_finite(list(values.values()), "values")
    if errors is not None and set(errors) != set(values):
        raise ValueError(
            f"errors must have the same labels as values, {list(values)}; got {list(errors)}."
        )
    spread = np.zeros(len(lengths))
    if errors is not None:
        spread = check_finite([errors[label] for label in values], "errors")
        if spread.min() < 0:
            raise ValueError(f"errors must not be negative; got {spread.min():g}.")
    labels = [textwrap.fill(label, 22) for label in values]
    num_lines = sum(label.count("\n") + 1 for label in labels)
    with _figure(WIDTH, 110 + 14 * len(labels) + LINE * num_lines) as fig:
        ax = fig.add_subplot()
        places = np.arange(len(labels))
        xerr = None if errors is None else spread
        ax.barh(places, lengths, height=0.62, color=COLOURS[0], xerr=xerr, ecolor=INK)
        for place, length, error in zip(places, lengths, spread, strict=True):
            side = -1 if length < 0 else 1
            ax.annotate(
                value_format.format(length).replace("-", MINUS),
                (length + side * error, place),
                xytext=(4 * side, 0),
                textcoords="offset points",
                va="center_baseline",
                ha="left" if side > 0 else "right",
                fontsize=SMALL_FONT,
            )
        ax.margins(x=0.12)
        ax.set_yticks(places, labels)
        ax.tick_params(axis="y", length=0)
        ax.invert_yaxis()
        ax.axvline(0, color=INK, linewidth=1)
        ax.set_xlabel(xlabel)
        ax.set_ylabel(ylabel)
        ax.grid(axis="x")
    return fig


def histogram(
    values: Mapping[str, Any], xlabel: str, num_bins: int = 40, logy: bool = False
) -> Figure:
    """Draw the distribution of one or several sets of numbers, with shared bins and area one each.

    Args:
        values: label -> numbers of any shape; at most seven sets.
        xlabel: name and unit of the numbers, in lower case.
        num_bins: number of bins between the smallest and the largest number of all.
        logy: logarithmic y axis.

    Returns:
        The figure, with one Axes.

    Raises:
        ValueError: if a value is not finite, or there are too many sets.
    """
    _check_entries(values, "values", most=len(COLOURS))
    sets = {label: check_finite(x, f"values of {label!r}").ravel() for label, x in values.items()}
    together = np.concatenate(list(sets.values()))
    edges = np.histogram_bin_edges(together, check_positive_int(num_bins, "num_bins"))
    with _figure(WIDTH, 400) as fig:
        ax = fig.add_subplot()
        for i, (label, x) in enumerate(sets.items()):
            density = np.histogram(x, edges, density=True)[0]
            look = {"color": COLOURS[i], "linestyle": DASHES[i], "linewidth": 2}
            ax.stairs(density, edges, label=label, **look)
            ax.stairs(density, edges, color=COLOURS[i], alpha=0.12, fill=True)
        if logy:
            ax.set_yscale("log")
        ax.set_xlabel(xlabel)
        ax.set_ylabel("density")
        ax.grid(axis="y")
        if len(sets) > 1:
            fig.legend(loc="outside upper left", ncols=2, handlelength=3.2)
    return fig


def heatmap(
    matrix: Any,
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    xlabel: str,
    ylabel: str,
    value_format: str = "{:.2g}",
) -> Figure:
    """Show a matrix as coloured cells, with the value written in each.

    Args:
        matrix: (rows, columns), finite.
        row_labels: one for each row, top to bottom.
        column_labels: one for each column.
        xlabel: what the columns are.
        ylabel: what the rows are.
        value_format: a format for the values.

    Returns:
        The figure, with one Axes.

    Raises:
        ValueError: if the matrix is not two-dimensional and finite, or the labels do not match it.
    """
    matrix = check_finite(matrix, "matrix")
    if matrix.ndim != 2:
        raise ValueError(f"matrix must have shape (rows, columns); got shape {matrix.shape}.")
    check_one_per_item(row_labels, "row_labels", matrix.shape[0], "rows")
    check_one_per_item(column_labels, "column_labels", matrix.shape[1], "columns")
    with _figure(WIDTH, 150 + 42 * len(matrix)) as fig:
        ax = fig.add_subplot()
        shown = ax.imshow(matrix, cmap="cividis", aspect="auto")
        for (r, c), value in np.ndenumerate(matrix):
            # 0.18 is the luminance to which black and white have the same contrast.
            colour = "white" if _luminance(shown.cmap(shown.norm(value))) < 0.18 else "black"
            text = value_format.format(value).replace("-", MINUS)
            ax.text(c, r, text, ha="center", va="center", color=colour, fontsize=SMALL_FONT)
        long = sum(len(label) for label in column_labels) > 50
        slant = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if long else {}
        ax.set_xticks(range(matrix.shape[1]), column_labels, **slant)
        ax.set_yticks(range(matrix.shape[0]), row_labels)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        ax.set_xlabel(xlabel)
        ax.set_ylabel(ylabel)
    return fig


# Latent spaces


def latent_scatter(
    codes: Any,
    labels: Any,
    class_names: Sequence[str] = CLASS_NAMES,
    xlabel: str = "$z_1$",
    ylabel: str = "$z_2$",
    max_points: int = 5000,
) -> Figure:
    """Show two-dimensional codes coloured by class, with the name of each class at its median.

    Args:
        codes: (n, 2), finite.
        labels: the class of each code, whole numbers, (n,).
        class_names: the name of each class; at most ten.
        xlabel: name of the first coordinate.
        ylabel: name of the second coordinate.
        max_points: if there are more codes, so many of them are drawn, evenly spaced in the list.

    Returns:
        The figure, with one Axes; both axes have the same scale.

    Raises:
        ValueError: if the shapes or the classes are wrong.
    """
    codes = check_codes(codes, "codes", latent_dim=2)
    if len(class_names) > len(CLASS_COLOURS):
        raise ValueError(
            f"class_names must have at most {len(CLASS_COLOURS)} entries, to be told apart; "
            f"got {len(class_names)}."
        )
    labels = check_labels(labels, "labels", len(codes), len(class_names))
    max_points = min(len(codes), check_positive_int(max_points, "max_points"))
    drawn = np.linspace(0, len(codes) - 1, max_points).astype(int)
    drawn = np.random.default_rng(0).permutation(drawn)  # no class on top of the others
    present = np.unique(labels)
    medians = [np.median(codes[labels == k], axis=0) for k in present]
    with _figure(WIDTH, 640) as fig:
        ax = fig.add_subplot()
        colours = np.array(CLASS_COLOURS)[labels[drawn]]
        ax.scatter(*codes[drawn].T, c=colours, s=7, linewidths=0, alpha=0.75)
        ax.set_aspect("equal", adjustable="datalim")
        ax.set_xlabel(xlabel)
        ax.set_ylabel(ylabel)
        fig.draw_without_rendering()
        before = ax.transData.transform(medians)
        sizes = [(LETTER * SMALL_FONT * len(class_names[k]) + 12, LINE * 0.75) for k in present]
        after = _push_apart(before * 72 / DPI, sizes)
        for k, median, old, new in zip(present, medians, before * 72 / DPI, after, strict=True):
            box = {"boxstyle": "round,pad=0.2", "fc": "white", "ec": CLASS_COLOURS[k], "lw": 2}
            ax.annotate(
                class_names[k],
                median,
                xytext=tuple(new - old),
                textcoords="offset points",
                ha="center",
                va="center",
                fontsize=SMALL_FONT,
                bbox=box,
                arrowprops={"arrowstyle": "-", "color": INK, "lw": 0.8, "shrinkA": 0, "shrinkB": 0},
            )
    return fig


def _push_apart(
    places: Sequence[Sequence[float]], sizes: Sequence[tuple[float, float]], num_rounds: int = 300
) -> np.ndarray:
    """Move boxes of the given (width, height), centred at the places, until none overlap.

    Each pair that overlaps is moved apart along the axis where less is needed, round after round.
    """
    moved = [[float(x), float(y)] for x, y in places]
    for _ in range(num_rounds):
        settled = True
        for (a, size_a), (b, size_b) in itertools.combinations(zip(moved, sizes, strict=True), 2):
            overlap = [(size_a[k] + size_b[k]) / 2 - abs(a[k] - b[k]) for k in (0, 1)]
            if min(overlap) > 0:
                k = 0 if overlap[0] < overlap[1] else 1
                shift = (overlap[k] / 2 + 0.3) * (1 if a[k] >= b[k] else -1)
                a[k] += shift
                b[k] -= shift
                settled = False
        if settled:
            break
    return np.array(moved)


def manifold(
    decode: Callable[[np.ndarray], Any],
    num: int = 15,
    xlabel: str = "$z_1$",
    ylabel: str = "$z_2$",
) -> Figure:
    """Show what a decoder makes of a grid of two-dimensional codes.

    The first coordinate grows to the right and the second upwards. The grid is that of
    `manifold_values` on both axes, so every tile stands for the same share of a standard normal
    prior.

    Args:
        decode: a function from codes, float32 (num * num, 2), to images
            (num * num, height, width, 1) in [0, 1].
        num: tiles along each axis.
        xlabel: name of the first coordinate.
        ylabel: name of the second coordinate.

    Returns:
        The figure, with one Axes.

    Raises:
        ValueError: if num is not a positive whole number, or decode returns something else.

    Chapter: The Fashion-MNIST VAE.
    """
    values = manifold_values(num)
    z_1, z_2 = np.meshgrid(values, values[::-1])  # the first row of tiles is the top one
    codes = np.stack([z_1.ravel(), z_2.ravel()], axis=1).astype(np.float32)
    images = check_images(decode(codes), "what decode returns", allow_any_size=True)
    check_one_per_item(images, "what decode returns", num * num, "codes")
    height, width = images.shape[1:3]
    tiles = images.reshape(num, num, height, width).transpose(0, 2, 1, 3)
    canvas = tiles.reshape(num * height, num * width)
    scale, interpolation = _pixel_scale(num * width, WIDTH - 90)
    box = (80, 70, canvas.shape[1] * scale, canvas.shape[0] * scale)
    with _picture(box, 80 + math.ceil(box[2]) + 10, 70 + math.ceil(box[3]) + 10) as ax:
        ax.imshow(canvas, cmap="gray", vmin=0, vmax=1, interpolation=interpolation, aspect="auto")
        shown = np.unique(np.linspace(0, num - 1, min(num, 5)).round().astype(int))
        names = [f"{values[i]:.1f}".replace("-", MINUS) for i in shown]
        ax.set_xticks(shown * width + (width - 1) / 2, names)
        ax.set_yticks((num - 1 - shown) * height + (height - 1) / 2, names)
        ax.spines[:].set_visible(False)
        ax.set_xlabel(xlabel)
        ax.set_ylabel(ylabel)
    return ax.figure


def manifold_values(num: int) -> np.ndarray:
    """Return the medians of `num` cells of equal probability under the standard normal.

    Args:
        num: number of cells.

    Returns:
        norm.ppf((i + 1/2) / num) for i = 0 ... num - 1, (num,): growing, symmetric and finite,
        which the quantiles of linspace(0, 1, num) are not.

    Raises:
        ValueError: if num is not a positive whole number.

    Chapter: The Fashion-MNIST VAE.
    """
    from scipy.stats import norm

    return norm.ppf((np.arange(check_positive_int(num, "num")) + 0.5) / num)


# Vector fields


def vector_field(
    points: Any,
    fields: Mapping[str, Any],
    background: Any = None,
    xlabel: str = "$x_1$",
    ylabel: str = "$x_2$",
) -> Figure:
    """Draw arrows at points of the plane, one panel for each field, all on one scale.

    Args:
        points: where the arrows start, (n, 2), finite, at least two different places.
        fields: label -> arrows (n, 2), finite; one to three fields. The label stands above the
            panel. The arrows of all fields are drawn at the same scale: nearly the longest of
            them reaches from one place to the next.
        background: points to show in grey behind the arrows, such as the data, (m, 2), or None.
        xlabel: name of the first coordinate.
        ylabel: name of the second coordinate.

    Returns:
        The figure, with one Axes for each field; both coordinates have the same scale.

    Raises:
        ValueError: if shapes do not fit, a value is not finite, or there are too many fields.

    Chapter: The slope of the density; Contractive autoencoders.
    """
    points = check_codes(points, "points", latent_dim=2)
    extent = np.ptp(points, axis=0)
    if not extent.any():
        raise ValueError("points must hold at least two different places; got one.")
    _check_entries(fields, "fields", most=3)
    arrows = {k: check_codes(v, f"the field {k!r}", latent_dim=2) for k, v in fields.items()}
    for label, field in arrows.items():
        check_one_per_item(field, f"the field {label!r}", len(points), "points")
    if background is not None:
        background = check_codes(background, "background", latent_dim=2)
    side = max(extent)
    spacing = side / max(1.0, math.sqrt(len(points)) - 1)
    lengths = np.linalg.norm(np.concatenate(list(arrows.values())), axis=1)
    scale = (float(np.quantile(lengths, 0.95)) or 1.0) / spacing  # arrow length per unit drawn
    panel = WIDTH / max(len(arrows), 2)
    with _figure(panel * len(arrows), panel + 45) as fig:
        panels = fig.subplots(1, len(arrows), squeeze=False, sharex=True, sharey=True)[0]
        for ax, (label, field) in zip(panels, arrows.items(), strict=True):
            if background is not None:
                ax.scatter(*background.T, color="#bbbbbb", s=4, linewidths=0)
            ax.quiver(
                *points.T,
                *field.T,
                angles="xy",
                scale_units="xy",
                scale=scale,
                color=COLOURS[0],
                width=0.0055,
            )
            middle = (points.max(axis=0) + points.min(axis=0)) / 2
            half = 0.5 * side + 1.1 * spacing
            ax.set_xlim(middle[0] - half, middle[0] + half)
            ax.set_ylim(middle[1] - half, middle[1] + half)
            ax.set_aspect("equal")
            ax.set_title(label, fontsize=FONT)
            ax.set_xlabel(xlabel)
        panels[0].set_ylabel(ylabel)
    return fig


def _check_entries(mapping: Any, name: str, most: int | None = None) -> None:
    """Check that a mapping has entries, and not more than can be told apart."""
    if not isinstance(mapping, Mapping) or not mapping:
        raise ValueError(
            f"{name} must be a dict, label -> data, with at least one entry; "
            f"got {'an empty dict' if isinstance(mapping, Mapping) else type(mapping).__name__}."
        )
    if most is not None and len(mapping) > most:
        raise ValueError(
            f"{name} must have at most {most} entries, to be told apart; got {len(mapping)}."
        )
