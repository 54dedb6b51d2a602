"""The figures of the book: one look, colour-blind safe, readable on a light and on a dark page.

Every function returns a matplotlib Figure that pyplot does not know, so that a cell that ends with
the call shows it once; it has one Axes unless its text says otherwise. The figures show themselves,
as PNG files with a palette: small, and the same in JupyterLab, in Colab and in the book. Elsewhere,
call `figure.savefig("name.png")`.

`xlabel` and `ylabel` are the names of the axes, in lower case, with the unit. Other shapes, ranges
and numbers of labels than are said, values that are not finite, and more entries than can be told
apart raise a ValueError of one sentence.
"""

import functools
import math
import textwrap
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_utils import _checks, _look
from course_utils._look import CLASS_COLOURS, COLOURS, DPI, INK, LETTER, LINE, SMALL_FONT, WIDTH
from course_utils.data import CLASS_NAMES

_Lines = Mapping[str, tuple[np.ndarray, np.ndarray]]

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
        titles: a short text above each image.
        signed: for weights, components and differences: any finite values, on one scale for all
            images from blue (negative) through white (zero) to red (positive).
    """
    images = _checks.check_images(images, "images", allow_any_size=True, allow_any_value=signed)
    n, height, width = images.shape[:3]
    num_columns = (10 if titles is None else 5) if num_columns is None else num_columns
    num_columns = min(n, _checks.check_positive_int(num_columns, "num_columns"))
    if titles is not None:
        _checks.check_one_per_item(titles, "titles", n, "images")
    missing = np.full((-n % num_columns, height, width, 1), np.nan)
    tiles = np.concatenate([images, missing]).reshape(-1, num_columns, height, width)
    return _show_tiles(tiles, titles or (), (), signed)


def rows(
    labelled_images: Mapping[str, Any],
    column_titles: Sequence[str] | None = None,
    signed: bool = False,
) -> Figure:
    """Show one labelled row of images for each entry, such as originals and what became of them.

    The images, label -> (n, height, width, 1) in [0, 1], all have the same shape. The titles are a
    short text above each column; for `signed` see `image_grid`.
    """
    _check_entries(labelled_images, "labelled_images")
    check = functools.partial(_checks.check_images, allow_any_size=True, allow_any_value=signed)
    checked = {label: check(x, f"the row {label!r}") for label, x in labelled_images.items()}
    shapes = {label: images.shape for label, images in checked.items()}
    if len(set(shapes.values())) > 1:
        raise ValueError(
            f"the rows must all have the same shape; got {shapes}; choose the same images in all."
        )
    tiles = np.stack(list(checked.values()))[..., 0]
    if column_titles is not None:
        _checks.check_one_per_item(column_titles, "column_titles", tiles.shape[1], "columns")
    return _show_tiles(tiles, column_titles or (), list(checked), signed)


def _show_tiles(
    tiles: np.ndarray, titles: Sequence[str], row_labels: Sequence[str], signed: bool
) -> Figure:
    """Paste tiles (rows, columns, height, width) into one picture with gaps; NaN is left blank."""
    num_columns, height, width = tiles.shape[1:]
    labels = [textwrap.fill(label, 14) for label in row_labels]
    # 10 pixels a letter are ample, whatever letters an installation draws.
    left = 10 * _look.longest_line(labels) + 20 if labels else 10
    scale, _ = scaling = _look.pixel_scale(num_columns * (width + 2) - 2, WIDTH - left - 10)
    gap = 2 if scale >= 1 else math.ceil(2 / scale)
    titles = [_look.wrap(title, (width + gap) * scale) for title in titles]
    strips, tops = [], []
    for r, row in enumerate(tiles):
        own = titles[r * num_columns : (r + 1) * num_columns]
        num_lines = max((title.count("\n") + 1 for title in own), default=0)
        head = math.ceil(num_lines * LINE / scale)  # room for the titles above the tiles
        tops.append(sum(len(strip) for strip in strips) + head)
        spaced = np.pad(row, ((0, 0), (head, gap), (0, gap)), constant_values=np.nan)
        strips.append(np.hstack(spaced))
    canvas = np.concatenate(strips)[:-gap, :-gap].astype(np.float32)
    limit = float(np.nanmax(np.abs(canvas))) or 1.0
    look: dict[str, Any] = {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit} if signed else {}
    with _look.picture(canvas, left, 10, scaling, **look) as ax:
        ax.set_axis_off()
        # From 6 points, so that the longest line fits.
        fitting = (width + gap) * scale / (LETTER * (_look.longest_line(titles) + 2) * DPI / 72)
        size = max(6.0, min(SMALL_FONT, fitting))
        for i, title in enumerate(titles):
            x = (i % num_columns) * (width + gap) + (width - 1) / 2
            y = tops[i // num_columns] - 0.5 - 3 / scale
            ax.text(x, y, title, ha="center", va="bottom", fontsize=size)
        for top, label in zip(tops, labels, strict=False):  # a grid has no labels
            x, y = -0.5 - 10 / scale, top + (height - 1) / 2
            ax.text(x, y, label, ha="right", va="center", fontsize=SMALL_FONT)
    return ax.figure


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
        logx, logy: logarithmic axes, for positive numbers.
        hline: label -> y of a horizontal line to compare with; at most four.
        band: label of a line -> (low, high), as long as the line, which must lie between them.
        xticks: where to put ticks on the x axis; by default matplotlib's choice.
        marker: mark the points; or the labels of the lines whose points are marked.
    """
    _check_entries(lines, "lines", most=len(COLOURS))
    points = {k: _check_pair(xy, repr(k), ("x", "y"), (logx, logy)) for k, xy in lines.items()}
    hline = {label: _check_level(y, label, logy) for label, y in (hline or {}).items()}
    _check_most(hline, "hline", len(_look.REFERENCE_DASHES))
    edges = {label: _check_band(pair, label, points, logy) for label, pair in (band or {}).items()}
    with _look.diagram(430, xlabel, ylabel, grid="y") as ax:
        for i, (label, (x, y)) in enumerate(points.items()):
            marked = marker if isinstance(marker, bool) else label in marker
            symbol = _look.MARKERS[i] if marked else None
            ax.plot(x, y, color=COLOURS[i], linestyle=_look.DASHES[i], marker=symbol, label=label)
            if label in edges:
                ax.fill_between(x, *edges[label], color=COLOURS[i], alpha=0.18, linewidth=0)
        for i, (label, y) in enumerate(hline.items()):
            dashes = _look.REFERENCE_DASHES[i]
            ax.axhline(y, color=INK, linewidth=1.2, linestyle=dashes, label=label)
        if logx:
            _look.log_scale(ax, ax.xaxis)
        if logy:
            _look.log_scale(ax, ax.yaxis)
        if xticks is not None:
            ax.set_xticks(list(xticks), [f"{tick:g}" for tick in xticks])
            ax.set_xticks([], minor=True)
        if len(points) + len(hline) > 1:
            _name_lines(ax, points, hline, logx)
    return ax.figure


def _check_pair(
    pair: Any, name: str, parts: tuple[str, str], logs: tuple[bool, bool]
) -> tuple[np.ndarray, np.ndarray]:
    """Check two sequences of numbers of the same length and return them as arrays."""
    if not isinstance(pair, Sequence) or len(pair) != 2:
        expected = f"a pair ({', '.join(parts)}) of sequences"
        raise ValueError(f"{name} must be {expected}; got {type(pair).__name__}.")
    a, b = (_check_numbers(x, f"{part} of {name}", log) for x, part, log in zip(pair, parts, logs))
    if a.ndim != 1 or a.shape != b.shape:
        raise ValueError(
            f"{' and '.join(parts)} of {name} must be sequences of the same length; "
            f"got shapes {a.shape} and {b.shape}."
        )
    return a, b


def _check_level(y: Any, label: str, logy: bool) -> float:
    """Check the height of a horizontal line and return it as a number."""
    level = _check_numbers(y, f"hline {label!r}", logy)
    if level.size != 1:
        raise ValueError(f"hline {label!r} must be one number; got shape {level.shape}.")
    return float(level.item())


def _check_band(pair: Any, label: str, points: _Lines, logy: bool) -> tuple[np.ndarray, np.ndarray]:
    """Check the edges of a band and return them as arrays."""
    name = f"the band {label!r}"
    if label not in points:
        raise ValueError(f"band must name lines that are drawn, {list(points)}; got {label!r}.")
    low, high = _check_pair(pair, name, ("low", "high"), (logy, logy))
    y = points[label][1]
    if low.shape != y.shape:
        raise ValueError(f"{name} must be as long as its line, {len(y)}; got {len(low)}.")
    rounding = 1e-6 * np.abs(y).max()
    if np.any(y < low - rounding) or np.any(y > high + rounding):
        raise ValueError(
            f"the line {label!r} must lie within its band, but it does not; check whose band it is."
        )
    return low, high


def _check_numbers(x: Any, name: str, log: bool) -> np.ndarray:
    """Return finite numbers as an array, if they may stand on an axis that may be logarithmic."""
    values = _checks.check_finite(x, name)
    if log and not (values > 0).all():
        raise ValueError(f"{name} must be positive on a logarithmic axis; got {values.min():g}.")
    return values


def _name_lines(ax: Axes, points: _Lines, hline: Mapping[str, float], logx: bool) -> None:
    """Write the name of each line at its right end, or in a legend if the lines end far apart."""
    ends = np.array([(x[np.argmax(x)], y[np.argmax(x)]) for x, y in points.values()], float)
    start, first, last = min(x.min() for x, _ in points.values()), *np.sort(ends[:, 0])[[0, -1]]
    low, middle, high = np.log([start, first, last]) if logx else (start, first, last)
    if high - middle > 0.03 * (high - low):
        ax.figure.legend(**_look.LEGEND)
        return
    heights = [*ends[:, 1], *hline.values()]
    texts = [textwrap.fill(label, 18) for label in (*points, *hline)]
    colours = [*COLOURS[: len(points)], *[INK] * len(hline)]
    ax.margins(x=0.02)
    ax.figure.draw_without_rendering()  # only now is it known where the ends are on the page
    before = [ax.transData.transform((last, y))[1] for y in heights]
    rooms = [LINE * (text.count("\n") + 1) for text in texts]
    after = _look.spread(before, rooms, low=ax.bbox.y0, high=ax.bbox.y1)
    look = {"xycoords": ax.get_yaxis_transform(), "va": "center", "annotation_clip": False}
    for y, text, colour, old, new in zip(heights, texts, colours, before, after, strict=True):
        shift = (6, (new - old) * 72 / DPI)
        _look.note(ax, text, (1, y), shift, color=_look.readable(colour), **look)


def bars(
    values: Mapping[str, float],
    xlabel: str,
    ylabel: str = "",
    value_format: str = "{:.3g}",
    errors: Mapping[str, float] | None = None,
) -> Figure:
    """Draw horizontal bars from zero, each with its name before and its value behind it.

    `values` are label -> value, top to bottom, and `errors` label -> half the length of an error
    bar, for all labels, or None. `ylabel` is empty if the labels speak for themselves.
    """
    _check_entries(values, "values")
    lengths = _checks.check_finite(list(values.values()), "values")
    spread = np.zeros(len(lengths))
    if errors is not None:
        if set(errors) != set(values):
            raise ValueError(
                f"errors must have the same labels as values, {list(values)}; got {list(errors)}."
            )
        spread = _checks.check_finite([errors[label] for label in values], "errors")
        if spread.min() < 0:
            raise ValueError(f"errors must not be negative; got {spread.min():g}.")
    labels = [textwrap.fill(label, 22) for label in values]
    num_lines = sum(label.count("\n") + 1 for label in labels)
    height = 110 + 14 * len(labels) + LINE * num_lines
    with _look.diagram(height, xlabel, ylabel, grid="x") as ax:
        places = np.arange(len(labels))
        xerr = None if errors is None else spread
        ax.barh(places, lengths, height=0.62, color=COLOURS[0], xerr=xerr, ecolor=INK)
        for place, length, error in zip(places, lengths, spread, strict=True):
            side, ha = (-1, "right") if length < 0 else (1, "left")
            text, end = _look.number(length, value_format), (length + side * error, place)
            _look.note(ax, text, end, (4 * side, 0), va="center_baseline", ha=ha)
        ax.margins(x=0.12)
        ax.set_yticks(places, labels)
        ax.tick_params(axis="y", length=0)
        ax.invert_yaxis()
        ax.axvline(0, color=INK, linewidth=1)
    return ax.figure


def histogram(
    values: Mapping[str, Any], xlabel: str, num_bins: int = 40, logy: bool = False
) -> Figure:
    """Draw the distribution of one or several sets of numbers, with shared bins and area one each.

    `values` are label -> numbers of any shape, at most seven sets; the bins lie between the least
    and the greatest number of all. `logy` asks for a logarithmic y axis.
    """
    _check_entries(values, "values", most=len(COLOURS))
    sets = {k: _checks.check_finite(x, f"values of {k!r}").ravel() for k, x in values.items()}
    together = np.concatenate(list(sets.values()))
    edges = np.histogram_bin_edges(together, _checks.check_positive_int(num_bins, "num_bins"))
    with _look.diagram(400, xlabel, "density", grid="y") as ax:
        for i, (label, x) in enumerate(sets.items()):
            density = np.histogram(x, edges, density=True)[0]
            look = {"color": COLOURS[i], "linestyle": _look.DASHES[i], "linewidth": 2}
            ax.stairs(density, edges, label=label, **look)
            ax.stairs(density, edges, color=COLOURS[i], alpha=0.12, fill=True)
        if logy:
            ax.set_yscale("log")
        if len(sets) > 1:
            ax.figure.legend(**_look.LEGEND)
    return ax.figure


def heatmap(
    matrix: Any,
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    xlabel: str,
    ylabel: str,
    value_format: str = "{:.2g}",
) -> Figure:
    """Show a matrix as coloured cells, with the value written in each.

    The matrix, (rows, columns), is finite; there is one label for each row, top to bottom, and one
    for each column.
    """
    matrix = _checks.check_finite(matrix, "matrix")
    if matrix.ndim != 2:
        raise ValueError(f"matrix must have shape (rows, columns); got shape {matrix.shape}.")
    _checks.check_one_per_item(row_labels, "row_labels", matrix.shape[0], "rows")
    _checks.check_one_per_item(column_labels, "column_labels", matrix.shape[1], "columns")
    with _look.diagram(150 + 42 * len(matrix), xlabel, ylabel) as ax:
        shown = ax.imshow(matrix, cmap="cividis", aspect="auto")
        for (r, c), value in np.ndenumerate(matrix):
            # 0.18 is the luminance to which black and white have the same contrast.
            colour = "white" if _look.luminance(shown.cmap(shown.norm(value))) < 0.18 else "black"
            look = {"ha": "center", "va": "center", "color": colour, "fontsize": SMALL_FONT}
            ax.text(c, r, _look.number(value, value_format), **look)
        long = sum(len(label) for label in column_labels) > 50
        slant = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if long else {}
        ax.set_xticks(range(matrix.shape[1]), column_labels, **slant)
        ax.set_yticks(range(matrix.shape[0]), row_labels)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
    return ax.figure


# Planes: latent spaces, vector fields


def latent_scatter(
    codes: Any,
    labels: Any,
    class_names: Sequence[str] = CLASS_NAMES,
    xlabel: str = "$z_1$",
    ylabel: str = "$z_2$",
    max_points: int = 5000,
) -> Figure:
    """Show two-dimensional codes coloured by class, with the name of each class at its median.

    The codes are (n, 2), finite, their labels class numbers, (n,), of at most ten classes. If there
    are more than `max_points` codes, so many are drawn, evenly spaced in the list.
    """
    codes = _checks.check_codes(codes, "codes", latent_dim=2)
    _check_most(class_names, "class_names", len(CLASS_COLOURS))
    labels = _checks.check_labels(labels, "labels", len(codes), len(class_names))
    max_points = min(len(codes), _checks.check_positive_int(max_points, "max_points"))
    drawn = np.linspace(0, len(codes) - 1, max_points).astype(int)
    drawn = np.random.default_rng(0).permutation(drawn)  # no class on top of the others
    present = np.unique(labels)
    medians = [np.median(codes[labels == k], axis=0) for k in present]
    with _look.diagram(640, xlabel, ylabel) as ax:
        colours = np.array(CLASS_COLOURS)[labels[drawn]]
        ax.scatter(*codes[drawn].T, c=colours, s=7, linewidths=0, alpha=0.75)
        ax.set_aspect("equal", adjustable="datalim")
        ax.figure.draw_without_rendering()
        before = ax.transData.transform(medians) * 72 / DPI
        sizes = [(LETTER * SMALL_FONT * len(class_names[k]) + 12, LINE * 0.75) for k in present]
        shifts = _look.push_apart(before, sizes) - before
        line = {"arrowstyle": "-", "color": INK, "lw": 0.8, "shrinkA": 0, "shrinkB": 0}
        look = {"ha": "center", "va": "center", "arrowprops": line}
        for k, median, shift in zip(present, medians, shifts, strict=True):
            box = {"boxstyle": "round,pad=0.2", "fc": "white", "ec": CLASS_COLOURS[k], "lw": 2}
            _look.note(ax, class_names[k], median, tuple(shift), bbox=box, **look)
    return ax.figure


def manifold(
    decode: Callable[[np.ndarray], Any], num: int = 15, xlabel: str = "$z_1$", ylabel: str = "$z_2$"
) -> Figure:
    """Show what a decoder makes of a grid of two-dimensional codes.

    The first coordinate grows to the right and the second upwards. Both axes have the `num` values
    of `manifold_values`, so every tile stands for the same share of a standard normal prior.
    `decode` turns codes, float32 (num^2, 2), into images (num^2, height, width, 1) in [0, 1].
    Chapter: The Fashion-MNIST VAE.
    """
    values = manifold_values(num)
    z_1, z_2 = np.meshgrid(values, values[::-1])  # the first row of tiles is the top one
    codes = np.stack([z_1.ravel(), z_2.ravel()], axis=1).astype(np.float32)
    images = _checks.check_images(decode(codes), "what decode returns", allow_any_size=True)
    _checks.check_one_per_item(images, "what decode returns", num * num, "codes")
    height, width = images.shape[1:3]
    tiles = images.reshape(num, num, height, width).transpose(0, 2, 1, 3)
    canvas = tiles.reshape(num * height, num * width)
    with _look.picture(canvas, 80, 70, _look.pixel_scale(num * width, WIDTH - 90)) as ax:
        shown = np.unique(np.linspace(0, num - 1, min(num, 5)).round().astype(int))
        names = [_look.number(values[i], "{:.1f}") for i in shown]
        ax.set_xticks(shown * width + (width - 1) / 2, names)
        ax.set_yticks((num - 1 - shown) * height + (height - 1) / 2, names)
        ax.spines[:].set_visible(False)
        ax.set(xlabel=xlabel, ylabel=ylabel)
    return ax.figure


def manifold_values(num: int) -> np.ndarray:
    """Return the medians of `num` cells of equal probability under the standard normal, (num,).

    Unlike the quantiles of linspace(0, 1, num) they are finite. Chapter: The Fashion-MNIST VAE.
    """
    from scipy.stats import norm

    return norm.ppf((np.arange(_checks.check_positive_int(num, "num")) + 0.5) / num)


def vector_field(
    points: Any,
    fields: Mapping[str, Any],
    background: Any = None,
    xlabel: str = "$x_1$",
    ylabel: str = "$x_2$",
) -> Figure:
    """Draw arrows at points of the plane, one panel (an Axes) for each field, all on one scale.

    The arrows start at the points, (n, 2), at least two different places. One to three fields are
    label -> arrows (n, 2); the label stands above the panel. Nearly the longest of all arrows
    reaches from one place to the next. The background, such as the data, are grey points, (m, 2).
    Chapters: The slope of the density; Contractive autoencoders.
    """
    points = _checks.check_codes(points, "points", latent_dim=2)
    low, high = points.min(axis=0), points.max(axis=0)
    if (low == high).all():
        raise ValueError("points must hold at least two different places; got one.")
    _check_entries(fields, "fields", most=3)
    arrows = {k: _checks.check_codes(v, f"the field {k!r}", 2) for k, v in fields.items()}
    for label, field in arrows.items():
        _checks.check_one_per_item(field, f"the field {label!r}", len(points), "points")
    if background is not None:
        background = _checks.check_codes(background, "background", latent_dim=2)
    side = max(high - low)
    spacing = side / max(1.0, math.sqrt(len(points)) - 1)
    (left, bottom), half = (low + high) / 2, 0.5 * side + 1.1 * spacing
    lengths = np.linalg.norm(np.concatenate(list(arrows.values())), axis=1)
    scale = (float(np.quantile(lengths, 0.95)) or 1.0) / spacing  # arrow length per unit drawn
    look = {"angles": "xy", "scale_units": "xy", "scale": scale, "color": COLOURS[0]}
    look["width"] = 0.0055  # of the panel
    panel = WIDTH / max(len(arrows), 2)
    with _look.figure(panel * len(arrows), panel + 45) as fig:
        panels = fig.subplots(1, len(arrows), squeeze=False, sharex=True, sharey=True)[0]
        for ax, (label, field) in zip(panels, arrows.items(), strict=True):
            if background is not None:
                ax.scatter(*background.T, color="#bbbbbb", s=4, linewidths=0)
            ax.quiver(*points.T, *field.T, **look)
            ax.set(xlim=(left - half, left + half), ylim=(bottom - half, bottom + half))
            ax.set_aspect("equal")
            ax.set_title(label, fontsize=_look.FONT)
            ax.set_xlabel(xlabel)
        panels[0].set_ylabel(ylabel)
    return fig


def _check_entries(mapping: Any, name: str, most: float = math.inf) -> None:
    """Check that a mapping has entries, and not more than can be told apart."""
    if not isinstance(mapping, Mapping) or not mapping:
        raise ValueError(
            f"{name} must be a dict, label -> data, with at least one entry; "
            f"got {'an empty dict' if isinstance(mapping, Mapping) else type(mapping).__name__}."
        )
    _check_most(mapping, name, most)


def _check_most(entries: Collection[Any], name: str, most: float) -> None:
    """Check that there are not more entries than can be told apart."""
    if len(entries) > most:
        raise ValueError(
            f"{name} must have at most {most} entries, to be told apart; got {len(entries)}."
        )
