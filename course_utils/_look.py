"""The look of the book's figures: colours, fonts, sizes in pixels, and where text finds room."""

import io
import itertools
import math
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import style, ticker
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from PIL import Image

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
LEGEND = {"loc": "outside upper left", "ncols": 2, "handlelength": 3.2}

# Okabe and Ito's palette without its yellow, which is too pale for lines. Markers and dashes say
# the same again, for readers who cannot tell the colours apart.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#555555")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_DASHES = ((5, 1.5), (1.5, 1.2), (5, 1.5, 1.5, 1.5), (8, 2), (3, 1))
DASHES: tuple[Any, ...] = ("-", *((0, dashes) for dashes in _DASHES), "-")
REFERENCE_DASHES = ((0, (2, 2)), (0, (6, 3)), (0, (1, 1)), (0, (6, 2, 1, 2)))

# Paul Tol's muted palette, with a darker grey as the tenth colour.
CLASS_COLOURS = (
    *("#332288", "#DDCC77", "#117733", "#88CCEE", "#882255"),
    *("#44AA99", "#CC6677", "#999933", "#AA4499", "#888888"),
)

_STYLE = {
    "figure.dpi": DPI,
    "figure.constrained_layout.use": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # ships with matplotlib: the same everywhere
    "grid.color": GRID,
    "legend.frameon": False,
    "lines.linewidth": 2.0,
    "lines.markersize": 5.5,
    **dict.fromkeys(("figure.facecolor", "axes.facecolor"), BACKGROUND),
    **dict.fromkeys(("axes.edgecolor", "axes.labelcolor", "text.color"), INK),
    **dict.fromkeys(("xtick.color", "ytick.color"), INK),
    **dict.fromkeys(("font.size", "axes.labelsize"), FONT),
    **dict.fromkeys(("legend.fontsize", "xtick.labelsize", "ytick.labelsize"), SMALL_FONT),
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
def figure(width: float, height: float) -> Iterator[Figure]:
    """Give a figure of width x height pixels in the book's style, and leave all settings alone."""
    with style.context(["default", _STYLE]):
        yield _BookFigure(figsize=(width / DPI, height / DPI))


@contextmanager
def picture(values: np.ndarray, left: int, bottom: int, scaling: tuple[float, str], **look: Any):
    """Give an Axes with values (rows, columns) as a picture at (left, bottom) of a figure."""
    scale, interpolation = scaling
    height, width = (size * scale for size in values.shape)
    right, top = left + math.ceil(width) + 10, bottom + math.ceil(height) + 10
    with figure(right, top) as fig:
        fig.set_layout_engine("none")
        ax = fig.add_axes((left / right, bottom / top, width / right, height / top))
        look = {"cmap": "gray", "vmin": 0, "vmax": 1, **look}
        ax.imshow(values, interpolation=interpolation, aspect="auto", **look)
        yield ax


@contextmanager
def diagram(height: float, xlabel: str, ylabel: str, grid: str | None = None) -> Iterator[Axes]:
    """Give an Axes with names, and lines across the axis `grid`, in a figure of the full width."""
    with figure(WIDTH, height) as fig:
        ax = fig.add_subplot()
        ax.set(xlabel=xlabel, ylabel=ylabel)
        if grid:
            ax.grid(axis=grid)
        yield ax


def note(ax: Axes, text: str, xy: Any, shift: tuple[float, float], **look: Any) -> None:
    """Write small text at a point, shifted by so many typographic points."""
    look = {"textcoords": "offset points", "fontsize": SMALL_FONT, **look}
    ax.annotate(text, xy, xytext=shift, **look)


def number(value: float, value_format: str) -> str:
    """Write a number with a real minus sign."""
    return value_format.format(value).replace("-", MINUS)


def pixel_scale(values: int, pixels: int) -> tuple[float, str]:
    """Return how many pixels to draw one value with, at most 5, and how to interpolate."""
    exact = min(5.0, pixels / values)
    # Whole pixels look best and make small files, unless they waste a quarter of the width.
    if math.floor(exact) > 0.75 * exact:
        return float(math.floor(exact)), "nearest"
    return exact, "hanning"


def wrap(text: str, pixels: float) -> str:
    """Break lines that do not fit into so many pixels at 8 points; leave formulas alone."""
    if "$" in text:
        return text
    letters = max(1, int(pixels / (LETTER * 8 * DPI / 72)))
    lines = (textwrap.fill(line, letters, break_long_words=False) for line in text.split("\n"))
    return "\n".join(lines)


def longest_line(texts: Sequence[str]) -> int:
    """Return the number of letters of the longest line, 0 without texts."""
    return max((len(line) for text in texts for line in text.split("\n")), default=0)


def log_scale(ax: Axes, axis: Axis) -> None:
    """Make an axis logarithmic, with plain numbers if it spans less than four powers of ten."""
    ax.set(**{f"{axis.axis_name}scale": "log"})
    low, high = sorted(axis.get_view_interval())
    decades = math.log10(high / low)
    if decades < 4:
        subs = (1, 2, 5) if decades > 1.3 else (1, 1.5, 2, 3, 4, 5, 6, 8)
        axis.set_major_locator(ticker.LogLocator(subs=subs))
        axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_locator(ticker.NullLocator())


def luminance(colour: Any) -> float:
    """Return the relative luminance of a colour by WCAG 2.2, from 0 (black) to 1 (white)."""
    channels = np.array(mpl.colors.to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def readable(colour: Any) -> tuple[float, ...]:
    """Darken a colour until small text in it has a contrast of 4.5 to the background."""
    rgb = np.array(mpl.colors.to_rgb(colour))
    while (luminance(BACKGROUND) + 0.05) / (luminance(rgb) + 0.05) < 4.5:
        rgb = rgb * 0.95
    return tuple(float(channel) for channel in rgb)


def spread(
    places: Sequence[float], heights: Sequence[float], low: float, high: float
) -> list[float]:
    """Move intervals, centred at the places, apart until none overlap, by as little as they can."""
    from sklearn.isotonic import isotonic_regression

    order = np.argsort(places, kind="stable")
    sizes = np.asarray(heights, float)[order]
    middles = np.cumsum(sizes) - sizes / 2  # of the intervals if they were stacked from zero
    top = max(low, high - sizes.sum())
    lowest = isotonic_regression(np.asarray(places)[order] - middles, y_min=low, y_max=top)
    return list((lowest + middles)[np.argsort(order)])


def push_apart(
    places: Sequence[Sequence[float]], sizes: Sequence[tuple[float, float]], num_rounds: int = 300
) -> np.ndarray:
    """Move boxes (width, height), centred at the places, apart pair by pair until none overlap."""
    moved, boxes = np.array(places, float), np.array(sizes, float)
    for _ in range(num_rounds):
        before = moved.copy()
        for a, b in itertools.combinations(range(len(moved)), 2):
            overlap = (boxes[a] + boxes[b]) / 2 - np.abs(moved[a] - moved[b])
            if overlap.min() > 0:
                k = int(overlap[0] >= overlap[1])
                shift = (overlap[k] / 2 + 0.3) * (1 if moved[a, k] >= moved[b, k] else -1)
                moved[[a, b], k] += shift, -shift
        if (moved == before).all():
            break
    return moved
