"""Tests of course_utils.plots: what is drawn where, how it is shown, and what is refused."""

import io
import itertools
import re

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from PIL import Image
from scipy import stats

from course_utils import _look, plots

RNG = np.random.default_rng(0)
IMAGES = RNG.random((12, 28, 28, 1)).astype(np.float32)
T = np.arange(1, 11)
CODES = RNG.normal(size=(300, 2))
LABELS = np.arange(300) % 10

EVERY_PLOT = {
    "image_grid": lambda: plots.image_grid(IMAGES, 4, titles=[f"shoe {i}" for i in range(12)]),
    "rows": lambda: plots.rows({"original": IMAGES, "decoded": 1 - IMAGES}),
    "curves": lambda: plots.curves({"a": (T, T), "b": (T, T**2)}, "epoch", "loss"),
    "bars": lambda: plots.bars({"a": 1.0, "b": 2.0}, "bytes"),
    "histogram": lambda: plots.histogram({"a": T, "b": T**2}, "distance"),
    "heatmap": lambda: plots.heatmap(np.eye(3), "abc", "def", "column", "row"),
    "latent_scatter": lambda: plots.latent_scatter(CODES, LABELS),
    "manifold": lambda: plots.manifold(lambda z: np.zeros((len(z), 28, 28, 1)), 5),
    "vector_field": lambda: plots.vector_field(CODES, {"a": CODES, "b": -CODES}, CODES),
}


def _constant_images(values) -> np.ndarray:
    """Make images of one grey each."""
    return np.ones((len(values), 28, 28, 1)) * np.asarray(values, float)[:, None, None, None]


def _picture(figure: Figure) -> np.ndarray:
    """Return the array of the only picture of a figure."""
    (shown,) = figure.axes[0].images
    return np.ma.filled(shown.get_array(), np.nan)


def _shown(figure: Figure) -> Image.Image:
    """Return what a notebook shows."""
    return Image.open(io.BytesIO(figure._repr_mimebundle_()["image/png"]))


# What all have in common


@pytest.mark.parametrize("name", EVERY_PLOT)
def test_figure_shows_itself_small_opaque_and_the_same_every_time(name):
    figure = EVERY_PLOT[name]()
    assert isinstance(figure, Figure)
    bundle = figure._repr_mimebundle_()
    width, height = (round(side) for side in figure.bbox.size)
    assert bundle["text/plain"] == (f"<Figure size {width}x{height} with {len(figure.axes)} Axes>")
    picture = _shown(figure)
    assert picture.size == (width, height) and width <= _look.WIDTH + 5
    assert picture.mode == "P" and "transparency" not in picture.info
    corner = np.array(picture.convert("RGB"))[0, 0] / 255
    np.testing.assert_allclose(corner, mpl.colors.to_rgb(_look.BACKGROUND), atol=1 / 255)
    assert len(bundle["image/png"]) < 80_000
    again = EVERY_PLOT[name]()._repr_mimebundle_()
    assert again == bundle


@pytest.mark.parametrize("name", EVERY_PLOT)
def test_settings_and_open_figures_are_left_alone(name):
    settings = dict(mpl.rcParams)
    odd = {"font.size": 30, "axes.facecolor": "red", "savefig.dpi": 33, "xtick.color": "red"}
    with plt.rc_context(odd):
        shown = EVERY_PLOT[name]()._repr_mimebundle_()
    assert shown == EVERY_PLOT[name]()._repr_mimebundle_()  # the reader's settings do not matter
    assert dict(mpl.rcParams) == settings
    assert not plt.get_fignums()


def test_saved_figure_is_the_one_that_is_shown(tmp_path):
    figure = EVERY_PLOT["curves"]()
    with plt.rc_context({"font.size": 30, "savefig.facecolor": "red", "xtick.color": "red"}):
        figure.savefig(tmp_path / "figure.png")
    saved = np.array(Image.open(tmp_path / "figure.png").convert("RGB")).astype(int)
    shown = np.array(_shown(figure).convert("RGB")).astype(int)
    assert saved.shape == shown.shape
    assert np.abs(saved - shown).max() < 40 and np.abs(saved - shown).mean() < 1


@pytest.mark.parametrize("name", EVERY_PLOT)
def test_nothing_is_cut_off_at_the_edge(name):
    pixels = np.array(_shown(EVERY_PLOT[name]()).convert("RGB"))
    for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        assert (edge == pixels[0, 0]).all()


def test_ipython_shows_the_figure_once(tmp_path):
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    code = """
import numpy as np
from course_utils import plots
plots.curves({"a": ([1, 2], [3, 4])}, "epoch", "loss")"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbclient.NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
    (output,) = notebook.cells[0].outputs
    assert output.output_type == "execute_result"
    assert output.data["text/plain"] == "<Figure size 720x430 with 1 Axes>"
    assert set(output.data) == {"text/plain", "image/png"}


# Pictures


def test_grid_puts_images_in_reading_order_with_gaps():
    figure = plots.image_grid(_constant_images(np.arange(5) / 10), num_columns=3)
    picture = _picture(figure)
    assert picture.shape == (2 * 28 + 2, 3 * 28 + 2 * 2)
    for i in range(5):
        r, c = divmod(i, 3)
        tile = picture[r * 30 : r * 30 + 28, c * 30 : c * 30 + 28]
        np.testing.assert_allclose(tile, i / 10, atol=1e-6)
    assert np.isnan(picture[28:30]).all() and np.isnan(picture[:, 28:30]).all()
    assert np.isnan(picture[30:, 60:]).all()  # the sixth place is empty


def test_grid_shows_zero_black_and_one_white_whatever_the_range():
    picture = np.array(_shown(plots.image_grid(_constant_images([0.0, 0.25, 0.5]))).convert("L"))
    middle = picture[picture.shape[0] // 2]
    np.testing.assert_allclose(middle[[20, 165, 310]], [0, 64, 128], atol=4)


def test_grid_columns_by_default():
    assert _picture(plots.image_grid(IMAGES)).shape == (2 * 30 - 2, 10 * 30 - 2)
    assert _picture(plots.image_grid(IMAGES[:4])).shape == (28, 4 * 30 - 2)
    with_titles = plots.image_grid(IMAGES, titles=["a"] * 12)
    assert _picture(with_titles).shape[1] == 5 * 30 - 2


def test_signed_images_share_one_scale_around_zero():
    figure = plots.image_grid(_constant_images([-2.0, 0.0, 1.0]), signed=True)
    assert figure.axes[0].images[0].get_clim() == (-2, 2)
    picture = np.array(_shown(figure).convert("RGB")).astype(int)
    red, green, blue = picture[picture.shape[0] // 2, [50, 215, 365]].T
    assert blue[0] > red[0] + 50 and red[2] > blue[2] + 50
    assert min(red[1], green[1], blue[1]) > 235
    plots.image_grid(_constant_images([0.0]), signed=True)  # nothing to scale


def test_titles_stand_above_their_images():
    titles = [f"t{i}" for i in range(6)]
    figure = plots.image_grid(IMAGES[:6], 3, titles=titles)
    texts = figure.axes[0].texts
    assert [text.get_text() for text in texts] == titles
    picture = _picture(figure)
    for i, text in enumerate(texts):
        x, y = text.get_position()
        c = i % 3
        below = picture[int(np.ceil(y)) :, c * 30]
        first = int(np.flatnonzero(~np.isnan(below))[0]) + int(np.ceil(y))
        np.testing.assert_array_equal(
            picture[first : first + 28, c * 30 : c * 30 + 28], IMAGES[i, ..., 0]
        )
        assert x == pytest.approx(c * 30 + 13.5)


def test_long_titles_do_not_run_into_each_other():
    figure = plots.image_grid(IMAGES[:10], 10, titles=["ankle boot"] * 10)
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert all(a.x1 < b.x0 for a, b in itertools.pairwise(boxes))


def test_rows_are_labelled_in_order():
    figure = plots.rows(
        {"before": _constant_images([0.1, 0.2]), "after a cure": _constant_images([0.3, 0.4])},
        column_titles=["first", "second"],
    )
    picture = _picture(figure)
    values = [v for v in picture[:, [0, 30]].ravel() if not np.isnan(v)]
    np.testing.assert_allclose(sorted(set(np.round(values, 3))), [0.1, 0.2, 0.3, 0.4], atol=1e-6)
    labels = {t.get_text(): t.get_position()[1] for t in figure.axes[0].texts}
    row = round(labels["before"])
    np.testing.assert_allclose(picture[row, [0, 30]], [0.1, 0.2], atol=1e-6)
    row = round(labels["after a cure"])
    np.testing.assert_allclose(picture[row, [0, 30]], [0.3, 0.4], atol=1e-6)
    assert labels["first"] == labels["second"] < labels["before"]


def test_titles_of_columns_stand_over_their_columns_and_rows_may_be_signed():
    images = {"a": _constant_images([0.5, -2.0]), "b": _constant_images([1.0, 0.0])}
    figure = plots.rows(images, column_titles=["first", "second"], signed=True)
    places = {text.get_text(): text.get_position()[0] for text in figure.axes[0].texts}
    assert (places["first"], places["second"]) == (13.5, 43.5)
    assert figure.axes[0].images[0].get_clim() == (-2, 2)
    assert figure.axes[0].images[0].get_cmap().name == "RdBu_r"


def test_pages_wider_than_the_figure_are_shrunk():
    figure = plots.image_grid(RNG.random((2, 258, 540, 1)))
    assert figure.bbox.width <= _look.WIDTH + 5
    assert figure.bbox.height < 250


# Diagrams


def test_curves_draw_the_points_with_distinct_styles():
    lines = {f"line {i}": (T, T + i) for i in range(7)}
    figure = plots.curves(lines, "epoch", "loss")
    drawn = figure.axes[0].lines
    styles = {(line.get_color(), line.get_marker()) for line in drawn}
    assert len(drawn) == len(styles) == 7
    assert len({line.get_marker() for line in drawn}) == 7
    for line, (x, y) in zip(drawn, lines.values(), strict=True):
        np.testing.assert_array_equal(line.get_data(), (x, y))
    assert figure.axes[0].get_xlabel() == "epoch" and figure.axes[0].get_ylabel() == "loss"


def test_curves_mark_the_points_of_the_named_lines_only():
    lines = {"limit": ([0, 1], [0, 1]), "models": ([0, 1], [1, 0])}
    drawn = plots.curves(lines, "x", "y", marker=["models"]).axes[0].get_lines()
    assert [line.get_marker() == "None" for line in drawn] == [True, False]


def test_names_stand_at_the_ends_of_their_lines_and_do_not_touch():
    lines = {"low": (T, T), "middle": (T, T + 0.01), "high": (T, T + 5)}
    figure = plots.curves(lines, "x", "y", hline={"floor": 1.0})
    assert not figure.legends
    figure.draw_without_rendering()
    ax = figure.axes[0]
    boxes = {text.get_text(): text.get_window_extent() for text in ax.texts}
    assert set(boxes) == {"low", "middle", "high", "floor"}
    order = sorted(boxes, key=lambda name: boxes[name].y0)
    assert order == ["floor", "low", "middle", "high"]
    for a, b in itertools.pairwise(order):
        assert boxes[a].y1 <= boxes[b].y0
    assert all(box.x0 >= ax.bbox.x1 - 1 for box in boxes.values())
    assert boxes["high"].y0 < ax.transData.transform((10, 15))[1] < boxes["high"].y1


def test_lines_that_end_far_apart_get_a_legend():
    figure = plots.curves({"quick": (T, T), "slow": (10 * T, T)}, "seconds", "loss")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["quick", "slow"]
    assert not figure.axes[0].texts


def test_one_line_needs_no_name():
    figure = plots.curves({"only": (T, T)}, "x", "y")
    assert not figure.legends and not figure.axes[0].texts


def test_logarithmic_axes_have_plain_numbers():
    sizes = [2, 4, 8, 16, 32]
    figure = plots.curves(
        {"a": (sizes, [0.08, 0.04, 0.02, 0.01, 0.005])}, "x", "y", True, True, xticks=sizes
    )
    ax = figure.axes[0]
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert [label.get_text() for label in ax.get_xticklabels()] == ["2", "4", "8", "16", "32"]
    low, high = ax.get_ylim()
    shown = [t.get_text() for t in ax.get_yticklabels() if low <= t.get_position()[1] <= high]
    assert {"0.01", "0.02", "0.05"} <= set(shown)


def test_band_and_reference_line():
    figure = plots.curves({"a": (T, T)}, "x", "y", band={"a": (T - 1, T + 1)}, hline={"floor": 3})
    (band,) = figure.axes[0].collections
    extent = band.get_paths()[0].get_extents()
    assert (extent.y0, extent.y1) == (0, 11)
    assert list(figure.axes[0].lines[1].get_ydata()) == [3, 3]


def test_bars_have_their_lengths_values_and_order():
    figure = plots.bars({"PNG": 412.4, "loss": -3.25}, "bytes", value_format="{:.1f}")
    ax = figure.axes[0]
    assert [bar.get_width() for bar in ax.patches] == [412.4, -3.25]
    assert [text.get_text() for text in ax.texts] == ["412.4", "\N{MINUS SIGN}3.2"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["PNG", "loss"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first on top
    assert ax.get_xlim()[0] < 0 < ax.get_xlim()[1]


def test_error_bars_go_by_their_labels_and_the_value_stands_behind_them():
    figure = plots.bars({"a": 1.0, "b": 2.0, "c": -3.0}, "kB", "file", errors=dict(c=1, b=0.5, a=0))
    (drawn,) = figure.axes[0].collections
    ends = [sorted(segment[:, 0]) for segment in drawn.get_segments()]
    assert ends == [[1.0, 1.0], [1.5, 2.5], [-4.0, -2.0]]
    assert [segment[0, 1] for segment in drawn.get_segments()] == [0, 1, 2]
    assert [tuple(text.xy) for text in figure.axes[0].texts] == [(1.0, 0), (2.5, 1), (-4.0, 2)]
    assert figure.axes[0].get_xlabel() == "kB" and figure.axes[0].get_ylabel() == "file"


def test_histogram_shares_bins_and_has_area_one():
    figure = plots.histogram({"a": CODES[:, 0], "b": 5 + CODES[:, 1]}, "distance", num_bins=20)
    steps = [patch.get_data() for patch in figure.axes[0].patches if not patch.get_fill()]
    assert len(steps) == 2
    np.testing.assert_array_equal(steps[0].edges, steps[1].edges)
    for step in steps:
        assert len(step.values) == 20
        assert np.sum(step.values * np.diff(step.edges)) == pytest.approx(1)


def test_heatmap_writes_each_value_in_its_cell_legibly():
    matrix = np.array([[0.0, 0.5, 1.0], [-0.25, 0.75, 0.1]])
    figure = plots.heatmap(matrix, ["r0", "r1"], ["c0", "c1", "c2"], "column", "row")
    ax = figure.axes[0]
    texts = {tuple(text.get_position()): text for text in ax.texts}
    assert texts[2, 0].get_text() == "1"
    assert texts[0, 1].get_text() == "\N{MINUS SIGN}0.25"
    shown = ax.images[0]
    for (x, y), text in texts.items():
        cell = _look.luminance(shown.cmap(shown.norm(matrix[y, x]))) + 0.05
        letters = _look.luminance(text.get_color()) + 0.05
        assert max(cell, letters) / min(cell, letters) >= 4.5


def test_heatmap_draws_each_value_under_its_labels():
    matrix = np.array([[0.0, 0.25], [0.5, 1.0]])
    figure = plots.heatmap(matrix, ["r0", "r1"], ["c0", "c1"], "guess", "truth", "{:.2f}")
    ax = figure.axes[0]
    np.testing.assert_array_equal(ax.images[0].get_array(), matrix)
    places = {tuple(text.get_position()): text.get_text() for text in ax.texts}
    assert places == {(0, 0): "0.00", (1, 0): "0.25", (0, 1): "0.50", (1, 1): "1.00"}
    for axis, names in ((ax.xaxis, ["c0", "c1"]), (ax.yaxis, ["r0", "r1"])):
        assert list(axis.get_ticklocs()) == [0, 1]
        assert [label.get_text() for label in axis.get_ticklabels()] == names
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("guess", "truth")
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first row on top
    colours = [ax.images[0].cmap(ax.images[0].norm(value)) for value in (0.0, 0.5, 1.0)]
    light = [_look.luminance(colour) for colour in colours]
    assert light == sorted(light)


def test_histogram_draws_each_set_under_its_name():
    sets = {"low": [0.0, 0.0, 0.0, 1.0], "high": [3.0, 4.0]}
    figure = plots.histogram(sets, "length", num_bins=4, logy=True)
    ax = figure.axes[0]
    outlines = {p.get_label(): p for p in ax.patches if not p.get_fill()}
    np.testing.assert_array_equal(outlines["low"].get_data().values, [0.75, 0.25, 0, 0])
    np.testing.assert_array_equal(outlines["high"].get_data().values, [0, 0, 0, 1])
    np.testing.assert_array_equal(outlines["low"].get_data().edges, [0, 1, 2, 3, 4])
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_yscale()) == ("length", "density", "log")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["low", "high"]
    assert plots.histogram(sets, "length").axes[0].get_yscale() == "linear"


def test_bands_names_and_lines_share_their_colour():
    lines = {"a": (T, T), "b": (T, T + 20.0), "c": (T, T + 40.0)}
    band = {"c": (T + 35, T + 48), "b": (T + 15, T + 22)}
    figure = plots.curves(lines, "x", "y", band=band, hline={"top": 60, "floor": -9})
    ax = figure.axes[0]
    colours = {line.get_label(): line.get_color() for line in ax.lines}
    assert {line.get_label(): line.get_ydata()[0] for line in ax.lines[3:]} == {
        "top": 60,
        "floor": -9,
    }
    for label, shade in zip(("b", "c"), ax.collections, strict=True):
        assert mpl.colors.to_hex(shade.get_facecolor()[0]).upper() == colours[label]
        box = shade.get_paths()[0].get_extents()
        assert (box.x0, box.x1) == (1, 10)
        assert (box.y0, box.y1) == (band[label][0][0], band[label][1][-1])
    for text in ax.texts:
        assert text.get_color() == _look.readable(colours[text.get_text()])
        ends = {"a": 10, "b": 30, "c": 50, "top": 60, "floor": -9}
        assert text.xy[1] == ends[text.get_text()]


def test_a_legend_names_each_line_by_its_colour():
    figure = plots.curves({"quick": (T, T), "slow": (10 * T, T)}, "seconds", "loss")
    handles = figure.legends[0].get_lines()
    assert [handle.get_color() for handle in handles] == [
        line.get_color() for line in figure.axes[0].lines
    ]


@pytest.mark.parametrize("log", [(True, False), (False, True)])
def test_only_the_axis_that_is_asked_for_is_logarithmic(log):
    ax = plots.curves({"a": (T, T)}, "x", "y", *log, marker=False).axes[0]
    assert (ax.get_xscale() == "log", ax.get_yscale() == "log") == log
    assert ax.lines[0].get_marker() == "None"


# Latent spaces


def test_scatter_names_its_axes_and_frames_each_name_in_the_colour_of_its_class():
    codes = np.array([[0.0, 0.0], [5.0, 5.0]])
    ax = plots.latent_scatter(codes, [2, 1], ["a", "b", "c"], "first", "second").axes[0]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("first", "second")
    frames = {
        text.get_text(): mpl.colors.to_hex(text.get_bbox_patch().get_edgecolor()).upper()
        for text in ax.texts
    }
    assert frames == {"b": _look.CLASS_COLOURS[1], "c": _look.CLASS_COLOURS[2]}


def test_a_part_of_the_points_is_spread_over_the_list_with_the_right_colours():
    codes = np.stack([np.arange(100.0), np.arange(100.0) % 10], axis=1)
    ax = plots.latent_scatter(codes, np.arange(100) % 10, max_points=34).axes[0]
    drawn = np.asarray(ax.collections[0].get_offsets())
    np.testing.assert_array_equal(np.sort(drawn[:, 0]), np.arange(0, 100, 3))
    for (_, label), colour in zip(drawn, ax.collections[0].get_facecolors(), strict=True):
        assert mpl.colors.to_hex(colour[:3]).upper() == _look.CLASS_COLOURS[int(label)]


def test_scatter_has_the_colour_of_each_class_and_its_name_at_the_median():
    codes = np.array([[0.0, 0.0], [0.2, 0.0], [9.0, 0.0], [5.0, 5.0], [5.0, 5.2], [5.0, 9.0]])
    figure = plots.latent_scatter(codes, [0, 0, 0, 1, 1, 1], ["shoe", "hat"])
    ax = figure.axes[0]
    (points,) = ax.collections
    offsets = np.asarray(points.get_offsets())
    order = np.lexsort(offsets.T)
    np.testing.assert_array_equal(offsets[order], codes[np.lexsort(codes.T)])
    for place, colour in zip(offsets, points.get_facecolors(), strict=True):
        k = int(place[1] > 0)
        assert mpl.colors.to_hex(colour[:3]).upper() == _look.CLASS_COLOURS[k]
    assert {text.get_text(): tuple(text.xy) for text in ax.texts} == {
        "shoe": (0.2, 0.0),
        "hat": (5.0, 5.2),
    }
    figure.draw_without_rendering()
    scale = np.diff(ax.transData.transform([[0, 0], [1, 1]]), axis=0)[0]
    assert scale[0] == pytest.approx(scale[1], rel=1e-2)


def test_names_of_classes_in_one_place_do_not_cover_each_other():
    figure = plots.latent_scatter(CODES * 0.01, LABELS)
    figure.draw_without_rendering()
    boxes = [text.get_bbox_patch().get_window_extent() for text in figure.axes[0].texts]
    assert len(boxes) == 10
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            width = min(a.x1, b.x1) - max(a.x0, b.x0)
            height = min(a.y1, b.y1) - max(a.y0, b.y0)
            assert width < 4 or height < 4, "more than the frames overlap"


def test_scatter_draws_at_most_so_many_points_and_only_classes_that_occur():
    figure = plots.latent_scatter(CODES, LABELS % 3, max_points=50)
    assert len(figure.axes[0].collections[0].get_offsets()) == 50
    assert len(figure.axes[0].texts) == 3


def test_manifold_asks_for_quantiles_at_the_middle_of_the_cells():
    asked = []

    def decode(z):
        asked.append(z)
        return np.zeros((len(z), 28, 28, 1))

    plots.manifold(decode, num=4)
    (z,) = asked
    expected = stats.norm.ppf([0.125, 0.375, 0.625, 0.875])
    assert z.shape == (16, 2) and z.dtype == np.float32
    for axis in (0, 1):
        np.testing.assert_allclose(np.unique(z[:, axis]), expected, rtol=1e-6)
    assert len(np.unique(z, axis=0)) == 16


@pytest.mark.parametrize("num", [1, 2, 15, 1001])
def test_manifold_values_are_finite_symmetric_and_equally_probable(num):
    values = plots.manifold_values(num)
    assert np.isfinite(values).all() and len(values) == num
    np.testing.assert_allclose(values, -values[::-1], atol=1e-12)
    np.testing.assert_allclose(stats.norm.cdf(values) * num, np.arange(num) + 0.5)


def test_manifold_grows_to_the_right_and_upwards_as_its_ticks_say():
    def decode(z):
        images = np.zeros((len(z), 28, 28, 1))
        images[:, :14] = stats.norm.cdf(z[:, 0])[:, None, None, None]  # the upper half shows z_1
        images[:, 14:] = stats.norm.cdf(z[:, 1])[:, None, None, None]
        return images

    figure = plots.manifold(decode, num=4)
    picture = _picture(figure)
    middles = (np.arange(4) + 0.5) / 4
    for r in range(4):
        np.testing.assert_allclose(picture[28 * r + 3, 3::28], middles, atol=1e-6)
        np.testing.assert_allclose(picture[28 * r + 20, 3::28], middles[3 - r], atol=1e-6)
    ax = figure.axes[0]
    assert ax.images[0].get_clim() == (0, 1) and ax.images[0].get_cmap().name == "gray"
    values = plots.manifold_values(4)
    for ticks, labels, expected in (
        (ax.get_xticks(), ax.get_xticklabels(), values),
        (ax.get_yticks(), ax.get_yticklabels(), values[::-1]),
    ):
        for tick, label in zip(ticks, labels, strict=True):
            written = float(label.get_text().replace("\N{MINUS SIGN}", "-"))
            assert written == pytest.approx(expected[int(tick // 28)], abs=0.05)
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # row 0 of the picture is at the top
    assert ax.get_xlabel() == "$z_1$" and ax.get_ylabel() == "$z_2$"


# Colours and places


@pytest.mark.parametrize("colour", [*_look.COLOURS, _look.INK])
def test_names_of_lines_can_be_read(colour):
    background = _look.luminance(_look.BACKGROUND) + 0.05
    assert background / (_look.luminance(_look.readable(colour)) + 0.05) >= 4.5


def test_luminance_of_known_colours():
    assert _look.luminance("black") == 0
    assert _look.luminance("white") == pytest.approx(1)
    assert _look.luminance("#808080") == pytest.approx(0.2159, abs=1e-4)


@pytest.mark.parametrize("places", [[0, 0, 0], [5, 90, 3], [99, 98, 97], [50], [10, 20, 60, 61]])
def test_spread_keeps_order_room_and_range(places):
    heights = [10.0 + i for i in range(len(places))]
    moved = _look.spread(places, heights, low=0, high=100)
    edges = sorted((m - h / 2, m + h / 2) for m, h in zip(moved, heights, strict=True))
    assert edges[0][0] >= -1e-9 and edges[-1][1] <= 100 + 1e-9
    assert all(a[1] <= b[0] + 1e-9 for a, b in itertools.pairwise(edges))
    order = np.argsort(places, kind="stable")
    assert list(np.argsort(moved, kind="stable")) == list(order)


def test_spread_leaves_places_that_have_room():
    assert _look.spread([80.0, 20.0], [10, 10], 0, 100) == [80, 20]


# Bad input


NAN = np.array([1.0, np.nan])


def test_vector_fields_share_one_scale_and_start_at_their_points():
    axis = np.linspace(-1, 1, 5)
    points = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    right = np.tile([3.0, 0.0], (25, 1))
    figure = plots.vector_field(points, {"right": right, "half": right / 2}, background=CODES)
    quivers = [ax.collections[-1] for ax in figure.axes]
    for ax, quiver, length in zip(figure.axes, quivers, (0.5, 0.25), strict=True):
        np.testing.assert_allclose(quiver.get_offsets(), points)
        drawn = np.hypot(quiver.U, quiver.V) / quiver.scale
        np.testing.assert_allclose(drawn, length)  # in units of the axes; the spacing is 0.5
        np.testing.assert_allclose(quiver.U / quiver.scale, length)
        np.testing.assert_array_equal(quiver.V, 0)
        assert (quiver.angles, quiver.scale_units) == ("xy", "xy")
        assert ax.get_aspect() == 1
        low, high = ax.get_xlim()
        assert low < -1 and high >= 1.5  # the last arrow fits
        np.testing.assert_array_equal(ax.collections[0].get_offsets(), CODES)
    assert [ax.get_title() for ax in figure.axes] == ["right", "half"]
    plots.vector_field(points, {"nothing": 0 * points})  # nothing to scale


def test_arrows_and_points_keep_their_coordinates():
    points = np.array([[0.0, 5.0], [1.0, 5.0], [0.0, 7.0], [2.0, 6.0]])
    arrows = np.array([[0.1, -0.2], [0.3, 0.0], [0.0, 0.4], [-0.5, 0.6]])
    figure = plots.vector_field(points, {"f": arrows}, 2 * points, xlabel="left", ylabel="up")
    ax = figure.axes[0]
    background, quiver = ax.collections
    np.testing.assert_array_equal(background.get_offsets(), 2 * points)
    np.testing.assert_array_equal(quiver.get_offsets(), points)
    np.testing.assert_array_equal(np.stack([quiver.U, quiver.V], axis=1), arrows)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("left", "up")
    for low, high, k in ((*ax.get_xlim(), 0), (*ax.get_ylim(), 1)):
        assert low < points[:, k].min() and points[:, k].max() < high
        assert (low + high) / 2 == pytest.approx((points[:, k].min() + points[:, k].max()) / 2)


BAD = {
    "grid of bytes": (lambda: plots.image_grid(IMAGES * 255), "images must"),
    "grid of one image": (lambda: plots.image_grid(IMAGES[0]), "images must"),
    "grid without columns": (lambda: plots.image_grid(IMAGES, 0), "num_columns must"),
    "too few titles": (lambda: plots.image_grid(IMAGES, titles=["a"]), "titles must"),
    "signed of two dimensions": (lambda: plots.image_grid(np.eye(3), signed=True), "images must"),
    "signed with nan": (lambda: plots.image_grid(IMAGES * np.nan, signed=True), "images must"),
    "rows of nothing": (lambda: plots.rows({}), "labelled_images must"),
    "rows of a list": (lambda: plots.rows([IMAGES]), "labelled_images must"),
    "uneven rows": (lambda: plots.rows({"a": IMAGES, "b": IMAGES[:3]}), "same shape"),
    "a bad row": (lambda: plots.rows({"before": IMAGES - 1}), "the row 'before' must"),
    "too few column titles": (lambda: plots.rows({"a": IMAGES}, ["x"]), "column_titles must"),
    "no lines": (lambda: plots.curves({}, "x", "y"), "lines must"),
    "eight lines": (
        lambda: plots.curves({str(i): (T, T) for i in range(8)}, "x", "y"),
        "lines must",
    ),
    "a line without x": (lambda: plots.curves({"a": T}, "x", "y"), "'a' must be a pair"),
    "a line of nan": (
        lambda: plots.curves({"a": ([1, 2], NAN)}, "x", "y"),
        "y of 'a' must be finite",
    ),
    "uneven x and y": (lambda: plots.curves({"a": (T, T[:3])}, "x", "y"), "x and y of 'a' must"),
    "zero on a log axis": (
        lambda: plots.curves({"a": (T, T - 1)}, "x", "y", logy=True),
        "positive",
    ),
    "a level below a log axis": (
        lambda: plots.curves({"a": (T, T)}, "x", "y", logy=True, hline={"h": -1}),
        "hline 'h' must be positive",
    ),
    "a level of two": (
        lambda: plots.curves({"a": (T, T)}, "x", "y", hline={"h": [1, 2]}),
        "hline 'h'",
    ),
    "five levels": (
        lambda: plots.curves({"a": (T, T)}, "x", "y", hline={str(i): i for i in range(5)}),
        "hline must",
    ),
    "a band of no line": (
        lambda: plots.curves({"a": (T, T)}, "x", "y", band={"b": (T, T)}),
        "band must",
    ),
    "another line's band": (
        lambda: plots.curves({"a": (T, T)}, "x", "y", band={"a": (T + 1, T + 2)}),
        "within its band",
    ),
    "half a band": (lambda: plots.curves({"a": (T, T)}, "x", "y", band={"a": T}), "pair"),
    "a short band": (
        lambda: plots.curves({"a": (T, T)}, "x", "y", band={"a": (T[:2], T[:2])}),
        "as long",
    ),
    "no bars": (lambda: plots.bars({}, "x"), "values must"),
    "a bar of nan": (lambda: plots.bars({"a": np.nan}, "x"), "values must be finite"),
    "errors of others": (lambda: plots.bars({"a": 1}, "x", errors={"b": 1}), "errors must"),
    "negative errors": (lambda: plots.bars({"a": 1}, "x", errors={"a": -1}), "errors must not"),
    "histogram of nan": (lambda: plots.histogram({"a": NAN}, "x"), "values of 'a' must"),
    "histogram without bins": (lambda: plots.histogram({"a": T}, "x", num_bins=0), "num_bins must"),
    "heatmap of a row": (lambda: plots.heatmap(T, "a", "b", "x", "y"), "matrix must"),
    "heatmap rows": (lambda: plots.heatmap(np.eye(2), "a", "ab", "x", "y"), "row_labels must"),
    "heatmap columns": (
        lambda: plots.heatmap(np.eye(2), "ab", "a", "x", "y"),
        "column_labels must",
    ),
    "codes of three": (lambda: plots.latent_scatter(np.zeros((3, 3)), T[:3]), "codes must"),
    "codes of nan": (lambda: plots.latent_scatter([[np.nan, 0]], [0]), "codes must be finite"),
    "labels too short": (lambda: plots.latent_scatter(CODES, LABELS[:3]), "labels must"),
    "labels too large": (lambda: plots.latent_scatter(CODES, LABELS, ["a", "b"]), "labels must"),
    "eleven classes": (lambda: plots.latent_scatter(CODES, LABELS, ["a"] * 11), "class_names must"),
    "no points": (lambda: plots.latent_scatter(CODES, LABELS, max_points=0), "max_points must"),
    "points of three": (lambda: plots.vector_field(np.eye(3), {"a": np.eye(3)}), "points must"),
    "arrows all in one place": (
        lambda: plots.vector_field([[1, 2]], {"a": [[1, 0]]}),
        "two different places",
    ),
    "a field too short": (lambda: plots.vector_field(CODES, {"a": CODES[1:]}), "the field 'a'"),
    "a field of nan": (
        lambda: plots.vector_field(CODES, {"a": np.nan * CODES}),
        "the field 'a' must be finite",
    ),
    "no fields": (lambda: plots.vector_field(CODES, {}), "fields must"),
    "four fields": (
        lambda: plots.vector_field(CODES, dict.fromkeys("abcd", CODES)),
        "fields must",
    ),
    "a background of three": (
        lambda: plots.vector_field(CODES, {"a": CODES}, np.eye(3)),
        "background must",
    ),
    "no tiles": (lambda: plots.manifold(lambda z: z, 0), "num must"),
    "codes in place of images": (
        lambda: plots.manifold(lambda z: z, 3),
        "what decode returns must",
    ),
    "logits": (lambda: plots.manifold(lambda z: IMAGES[:9] - 3, 3), "what decode returns must"),
    "too few decoded": (
        lambda: plots.manifold(lambda z: IMAGES[:8], 3),
        "what decode returns must",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gives_one_sentence(case):
    call, part = BAD[case]
    with pytest.raises(ValueError, match=re.escape(part)) as caught:
        call()
    message = str(caught.value)
    assert message.endswith(".") and ". " not in message and "\n" not in message
