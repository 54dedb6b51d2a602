"""Whole pages from tiles, at the scale of the strokes, and the shipped networks."""

import tracemalloc
from pathlib import Path

import keras
import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from course_utils import documents, models
from course_utils.documents import cleaner, network, strokes

ROOT = Path(__file__).parents[1]
RNG = np.random.default_rng(0)


def copy_page(page, training):
    """A network that has learned nothing but to copy."""
    return page


def written_page(letter_size, height=300, width=600):
    """Dark text on white, sharp, float32 (height, width)."""
    font = ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans.ttf", letter_size)
    image = Image.new("L", (width, height), 255)
    words = "an autoencoder learns to copy its input through a narrow code and finds patterns "
    for line, top in enumerate(range(8, height - letter_size, int(1.5 * letter_size))):
        ImageDraw.Draw(image).text((10, top), (words * 4)[7 * line :], fill=20, font=font)
    return np.asarray(image, dtype=np.float32) / 255


def uneven_light(page):
    """The page under light that fades from one corner to the other."""
    rows, columns = np.indices(page.shape, dtype=np.float32)
    return page * (0.95 - 0.25 * rows / page.shape[0] - 0.2 * columns / page.shape[1])


def mse(a, b):
    return float(np.mean((a - b) ** 2))


# Tiles


@pytest.fixture(scope="module")
def shipped():
    """The shipped architecture and weights, so that seams are judged as a reader would see them."""
    return network.load_cleaner()


@pytest.mark.parametrize(("height", "width"), [(200, 500), (397, 170)])
def test_tiles_make_the_page_that_the_network_makes_of_the_whole(shipped, height, width):
    page = uneven_light(written_page(16, height, width)) + RNG.normal(0, 0.02, (height, width))
    page = np.clip(page, 0, 1).astype(np.float32)
    padded = np.pad(page, ((0, -height % 16), (0, -width % 16)), mode="reflect")
    whole = np.asarray(shipped(padded[None, ..., None], training=False))[0, :height, :width, 0]
    tiled = network.apply_network(page, shipped, tile=176)
    np.testing.assert_allclose(tiled, whole, atol=1e-5)
    # The test sees seams where there are some.
    tiled = network.apply_network(page, shipped, tile=176, overlap=16)
    assert np.abs(tiled - whole).max() > 1e-3


def reach(model, side=256):
    """How far from a pixel the model's output changes when that pixel does."""
    page = RNG.uniform(size=(1, side, side, 1)).astype("float32")
    before = np.asarray(model(page, training=False))
    furthest = 0
    for shift in range(16):  # pooling sees a pixel differently at each place of its grid
        changed = page.copy()
        row, column = side // 2 + shift, side // 2 + (7 * shift) % 16
        changed[0, row, column] = 20 if shift % 2 else -20
        places = np.argwhere(np.asarray(model(changed, training=False)) != before)
        furthest = max(furthest, np.abs(places[:, 1:3] - [row, column]).max())
    return furthest


def test_the_overlap_covers_what_the_networks_see(shipped):
    assert 48 < reach(shipped) <= network.OVERLAP
    keras.utils.set_random_seed(0)
    assert 2 < reach(models.document_denoiser((None, None, 1)), side=64) <= network.OVERLAP
    assert network.OVERLAP % network.STRIDE == 0


def test_spans_cover_every_pixel_once_and_start_on_the_grid():
    for tile, overlap in ((160, 64), (144, 64), (512, 64), (96, 16), (32, 0)):
        for length in range(16, 1500, 16):
            size, spans = network._spans(length, tile, overlap)
            assert size <= tile and size % 16 == 0
            taken = [pixel for _, first, last in spans for pixel in range(first, last)]
            assert taken == list(range(length))
            for start, first, last in spans:
                assert start % 16 == 0
                assert start >= 0 and start + size <= length
                assert first == 0 or first - start >= overlap
                assert last == length or start + size - last >= overlap


def test_tiles_have_one_shape_and_bounded_size():
    seen = []

    def record(page, training):
        assert training is False
        seen.append(page.shape)
        return page

    for height, width in ((900, 1300), (2000, 100)):
        seen.clear()
        page = RNG.uniform(size=(height, width)).astype("float32")
        clean = network.apply_network(page, record, tile=256)
        np.testing.assert_array_equal(clean, page)
        assert len(set(seen)) == 1 and len(seen) > 10
        batch, tall, wide, channels = seen[0]
        assert (batch, channels) == (1, 1) and max(tall, wide) <= 256


@pytest.mark.parametrize(
    "shape",
    [(1, 1), (1, 70), (17, 3), (64, 64), (65, 130), (258, 540), (258, 541, 1), (2, 1), (1, 1, 1)],
)
def test_any_size_comes_back_as_it_was(shape):
    page = RNG.uniform(size=shape)
    clean = network.apply_network(page, copy_page, tile=160)
    assert clean.dtype == np.float32
    np.testing.assert_array_equal(clean, page.astype("float32"))
    assert cleaner.clean_page(page, copy_page, scale=2.5).shape == shape
    assert cleaner.clean_page(page, copy_page).shape == shape  # automatic scale


def test_results_are_clipped_and_the_page_is_left_alone():
    page = RNG.uniform(size=(70, 90)).astype("float32")
    before = page.copy()
    clean = network.apply_network(page, lambda x, training: 3 * x - 1)
    assert clean.min() == 0 and clean.max() == 1
    cleaner.clean_page(page, lambda x, training: 3 * x - 1, scale=2)
    np.testing.assert_array_equal(page, before)


def test_progress_is_on_standard_error_and_only_if_asked(capsys):
    page = np.ones((300, 100), np.float32)
    network.apply_network(page, copy_page)
    assert capsys.readouterr() == ("", "")
    network.apply_network(page, copy_page, tile=160, progress=True)
    out, err = capsys.readouterr()
    assert out == "" and "tile" in err and "100%" in err


@pytest.mark.parametrize(
    ("page", "options", "message"),
    [
        (np.ones(8), {}, r"shape \(8,\)"),
        (np.ones((2, 8, 8)), {}, "shape"),
        (np.ones((8, 8, 3)), {}, "shape"),
        (np.ones((0, 8)), {}, "shape"),
        (np.full((8, 8), 255), {}, "divide bytes by 255"),
        (np.full((8, 8), np.nan), {}, r"\[0, 1\]"),
        (np.full((8, 8), "a"), {}, "array of numbers"),
        (np.ones((8, 8)), {"tile": 500}, "tile must be a multiple of 16"),
        (np.ones((8, 8)), {"tile": 0}, "tile must"),
        (np.ones((8, 8)), {"overlap": 20}, "overlap must be a multiple of 16 pixels; got 20"),
        (np.ones((8, 8)), {"overlap": -32}, "overlap must"),
        (np.ones((8, 8)), {"tile": 128, "overlap": 64}, "at least 144"),
    ],
)
def test_wrong_arguments(page, options, message):
    with pytest.raises(ValueError, match=message):
        network.apply_network(page, copy_page, **options)


@pytest.mark.parametrize("scale", [0.5, 33, float("nan"), "large"])
def test_wrong_scales(scale):
    with pytest.raises(ValueError, match=f"from 1 to 32 or 'auto'; got {scale!r}"):
        cleaner.clean_page(np.ones((8, 8)), copy_page, scale=scale)


def test_a_model_that_changes_the_size_is_refused():
    with pytest.raises(ValueError, match="it returned"):
        network.apply_network(np.ones((64, 64)), lambda x, training: x[:, ::2])


def test_memory_beside_page_and_result_is_small():
    page = RNG.uniform(size=(2400, 1800)).astype("float32")
    tracemalloc.start()
    network.apply_network(page, copy_page, tile=256)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3.2 * page.nbytes  # the result, and the padded copy


# Large letters


def test_a_large_page_keeps_its_sharpness():
    clean = written_page(48, 600, 1200)
    dirty = uneven_light(clean)

    def know_the_answer(page, training):
        small = cleaner._reduce(clean, 4)
        padded = np.pad(small, [(0, b - s) for s, b in zip(small.shape, page.shape[1:3])])
        return padded[None, ..., None]

    result = cleaner.clean_page(dirty, know_the_answer, scale=4)
    small = Image.fromarray(cleaner._reduce(clean, 4))
    enlarged = np.asarray(small.resize(clean.shape[::-1], Image.Resampling.BICUBIC))
    assert mse(result, clean) < 0.1 * mse(enlarged, clean)
    assert mse(result, clean) < 0.01 * mse(dirty, clean)


def test_strips_leave_no_seams(monkeypatch):
    page = uneven_light(written_page(30, 311, 405))
    whole = cleaner.clean_page(page, lambda x, training: x**0.5, scale=2.7)
    monkeypatch.setattr(cleaner, "STRIP", 13)
    strips = cleaner.clean_page(page, lambda x, training: x**0.5, scale=2.7)
    np.testing.assert_allclose(strips, whole, atol=1e-5)


def test_local_lines_recover_a_line():
    x = RNG.uniform(size=(40, 50)).astype("float32")
    slope, offset = cleaner._local_lines(x, 0.7 * x + 0.2)
    np.testing.assert_allclose(slope, 0.7, atol=0.01)
    np.testing.assert_allclose(offset, 0.2, atol=0.01)
    slope, offset = cleaner._local_lines(x, np.ones_like(x))  # bare paper
    np.testing.assert_allclose(slope, 0, atol=0.01)
    np.testing.assert_allclose(offset, 1, atol=0.01)


@pytest.mark.parametrize("size", [16, 24, 48, 72])
def test_strokes_are_measured_on_clean_and_dirty_pages(size):
    page = written_page(size, 20 * size, 40 * size)
    dirty = np.clip(uneven_light(page) + RNG.normal(0, 0.03, page.shape), 0, 1).astype("float32")
    # A stem of this font is 0.09 of its size.
    for scan in (page, dirty, (page > 0.5).astype("float32"), 1 - page, 0.1 + 0.2 * page):
        assert 0.05 * size - 0.5 <= strokes.stroke_width(scan) <= 0.15 * size


def test_what_is_no_letter_does_not_mislead_the_measure():
    page = written_page(60, 600, 1200)
    alone = strokes.stroke_width(page)
    page[:, :40] = 0  # a solid border
    page[250:256, 60:1100] = 0  # a rule
    assert strokes.stroke_width(page) == pytest.approx(alone, rel=0.4)
    few = np.ones((600, 800), np.float32)
    few[:, :300] = written_page(120, 600, 800)[:, :300]  # a letter or two in a line
    assert strokes.stroke_width(few) > 8


def test_scale_follows_the_strokes():
    for size in (12, 16, 20):
        assert cleaner.choose_scale(written_page(size)) == 1
    scales = [
        cleaner.choose_scale(uneven_light(written_page(size, 20 * size, 40 * size)))
        for size in (80, 160)
    ]
    assert 2 < scales[0] < 4
    assert scales[1] == pytest.approx(2 * scales[0], rel=0.2)
    huge = written_page(160, 5200, 5200)  # measured on a reduced copy
    assert cleaner.choose_scale(huge) == pytest.approx(scales[1], rel=0.3)


def test_a_page_without_text_is_left_at_its_scale():
    blank = np.ones((877, 620), np.float32)
    noisy = np.clip(uneven_light(blank) + RNG.normal(0, 0.03, blank.shape), 0, 1)
    for page in (blank, 0 * blank, noisy.astype("float32"), blank[:1, :1]):
        assert strokes.stroke_width(page) is None
        assert cleaner.choose_scale(page) == 1


# The trained networks


@pytest.mark.parametrize("trained_on", ["real", "generated"])
def test_the_shipped_networks_clean_pages_of_both_scales(trained_on):
    model = network.load_cleaner(trained_on)
    shares, large_shares, unscaled_shares = [], [], []  # of the dirt that is left
    for pair in documents.generate_pages(3, seed=1, height=128, width=320).pairs():
        clean = cleaner.clean_page(pair.dirty, model)
        assert clean.shape == pair.dirty.shape
        shares.append(mse(clean, pair.clean) / mse(pair.dirty, pair.clean))

        dirty, clean = (enlarge_threefold(page) for page in (pair.dirty, pair.clean))
        result = cleaner.clean_page(dirty, model)
        unscaled = cleaner.clean_page(dirty, model, scale=1)
        large_shares.append(mse(result, clean) / mse(dirty, clean))
        unscaled_shares.append(mse(unscaled, clean) / mse(dirty, clean))
    assert np.median(shares) < 0.2
    assert np.median(large_shares) < 0.2
    assert np.median(unscaled_shares) > 2 * np.median(large_shares)


def enlarge_threefold(page):
    height, width, _ = page.shape
    image = Image.fromarray(page[..., 0]).resize((3 * width, 3 * height), Image.Resampling.BICUBIC)
    return np.clip(np.asarray(image), 0, 1)


def test_there_are_two_networks():
    with pytest.raises(ValueError, match="'real' or 'generated'"):
        network.load_cleaner("tea")


def test_each_network_comes_from_its_own_file(shipped):
    generated = network.load_cleaner("generated")
    weights = [model.get_weights()[0] for model in (shipped, generated)]
    assert not np.allclose(*weights)
    again = models.document_cleaner()
    again.load_weights(str(network.CLEANER_DIR / "document_cleaner_generated.keras"))
    np.testing.assert_array_equal(again.get_weights()[0], weights[1])
