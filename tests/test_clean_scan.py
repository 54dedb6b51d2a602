"""Whole pages from tiles, the scale of the letters, files of every kind, and the command."""

import errno
import os
import re
import subprocess
import sys
import tracemalloc
from pathlib import Path

import keras
import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from course_utils import clean_scan, documents, models

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
def cleaner():
    """The shipped architecture and weights, so that seams are judged as a reader would see them."""
    return clean_scan.load_cleaner()


@pytest.mark.parametrize(("height", "width"), [(200, 500), (397, 170)])
def test_tiles_make_the_page_that_the_network_makes_of_the_whole(cleaner, height, width):
    page = uneven_light(written_page(16, height, width)) + RNG.normal(0, 0.02, (height, width))
    page = np.clip(page, 0, 1).astype(np.float32)
    padded = np.pad(page, ((0, -height % 16), (0, -width % 16)), mode="reflect")
    whole = np.asarray(cleaner(padded[None, ..., None], training=False))[0, :height, :width, 0]
    tiled = clean_scan.clean_page(page, cleaner, scale=1, tile=176)
    np.testing.assert_allclose(tiled, whole, atol=1e-5)
    # The test sees seams where there are some.
    tiled = clean_scan.clean_page(page, cleaner, scale=1, tile=176, overlap=16)
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


def test_the_overlap_covers_what_the_networks_see(cleaner):
    assert 48 < reach(cleaner) <= clean_scan.OVERLAP
    keras.utils.set_random_seed(0)
    assert 2 < reach(models.document_denoiser((None, None, 1)), side=64) <= clean_scan.OVERLAP
    assert clean_scan.OVERLAP % clean_scan.STRIDE == 0


def test_spans_cover_every_pixel_once_and_start_on_the_grid():
    for tile, overlap in ((160, 64), (144, 64), (512, 64), (96, 16), (32, 0)):
        for length in range(16, 1500, 16):
            size, spans = clean_scan._spans(length, tile, overlap)
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
        clean = clean_scan.clean_page(page, record, scale=1, tile=256)
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
    clean = clean_scan.clean_page(page, copy_page, scale=1, tile=160)
    assert clean.dtype == np.float32
    np.testing.assert_array_equal(clean, page.astype("float32"))
    assert clean_scan.clean_page(page, copy_page, scale=2.5).shape == shape
    assert clean_scan.clean_page(page, copy_page).shape == shape  # automatic scale


def test_results_are_clipped_and_the_page_is_left_alone():
    page = RNG.uniform(size=(70, 90)).astype("float32")
    before = page.copy()
    for scale in (1, 2):
        clean = clean_scan.clean_page(page, lambda x, training: 3 * x - 1, scale=scale)
        assert clean.min() == 0 and clean.max() == 1
    np.testing.assert_array_equal(page, before)


def test_progress_is_on_standard_error_and_only_if_asked(capsys):
    page = np.ones((300, 100), np.float32)
    clean_scan.clean_page(page, copy_page)
    assert capsys.readouterr() == ("", "")
    clean_scan.clean_page(page, copy_page, tile=160, progress=True)
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
        (np.ones((8, 8)), {"scale": 0.5}, "from 1 to 32"),
        (np.ones((8, 8)), {"scale": 33}, "from 1 to 32"),
        (np.ones((8, 8)), {"scale": float("nan")}, "from 1 to 32"),
        (np.ones((8, 8)), {"scale": "large"}, "'large'"),
    ],
)
def test_wrong_arguments(page, options, message):
    with pytest.raises(ValueError, match=message):
        clean_scan.clean_page(page, copy_page, **options)


def test_a_model_that_changes_the_size_is_refused():
    with pytest.raises(ValueError, match="it returned"):
        clean_scan.clean_page(np.ones((64, 64)), lambda x, training: x[:, ::2])


def test_memory_beside_page_and_result_is_small():
    page = RNG.uniform(size=(2400, 1800)).astype("float32")
    for scale in (1, 4):
        tracemalloc.start()
        clean_scan.clean_page(page, copy_page, scale=scale, tile=256)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        # The result, and, where the page itself is cut into tiles, its padded copy.
        assert peak < (3.2 if scale == 1 else 1.8) * page.nbytes


# Large letters


def test_a_large_page_keeps_its_sharpness():
    clean = written_page(48, 600, 1200)
    dirty = uneven_light(clean)

    def know_the_answer(page, training):
        small = clean_scan._reduce(clean, 4)
        padded = np.pad(small, [(0, b - s) for s, b in zip(small.shape, page.shape[1:3])])
        return padded[None, ..., None]

    result = clean_scan.clean_page(dirty, know_the_answer, scale=4)
    small = Image.fromarray(clean_scan._reduce(clean, 4))
    enlarged = np.asarray(small.resize(clean.shape[::-1], Image.Resampling.BICUBIC))
    assert mse(result, clean) < 0.1 * mse(enlarged, clean)
    assert mse(result, clean) < 0.01 * mse(dirty, clean)


def test_strips_leave_no_seams(monkeypatch):
    page = uneven_light(written_page(30, 311, 405))
    whole = clean_scan.clean_page(page, lambda x, training: x**0.5, scale=2.7)
    monkeypatch.setattr(clean_scan, "STRIP", 13)
    strips = clean_scan.clean_page(page, lambda x, training: x**0.5, scale=2.7)
    np.testing.assert_allclose(strips, whole, atol=1e-5)


def test_local_lines_recover_a_line():
    x = RNG.uniform(size=(40, 50)).astype("float32")
    slope, offset = clean_scan._local_lines(x, 0.7 * x + 0.2)
    np.testing.assert_allclose(slope, 0.7, atol=0.01)
    np.testing.assert_allclose(offset, 0.2, atol=0.01)
    slope, offset = clean_scan._local_lines(x, np.ones_like(x))  # bare paper
    np.testing.assert_allclose(slope, 0, atol=0.01)
    np.testing.assert_allclose(offset, 1, atol=0.01)


@pytest.mark.parametrize("size", [16, 24, 48, 72])
def test_letters_are_measured_on_clean_and_dirty_pages(size):
    page = written_page(size, 20 * size, 40 * size)
    dirty = np.clip(uneven_light(page) + RNG.normal(0, 0.03, page.shape), 0, 1)
    # An x of this font is 0.55 of its size, an l 0.76.
    for scan in (page, dirty, dirty[..., None]):
        assert 0.5 * size <= clean_scan.letter_height(scan) <= 0.82 * size


def test_letters_of_a_huge_page_are_measured_on_a_reduced_one(monkeypatch):
    page = written_page(72, 1440, 2880)
    exactly = clean_scan.letter_height(page)
    monkeypatch.setattr(clean_scan, "A4_WIDTH", 240)  # the page is reduced to a third of its size
    assert clean_scan.letter_height(page) == pytest.approx(exactly, rel=0.1)


def test_scale_follows_the_letters():
    for size in (12, 16, 20):
        assert clean_scan.choose_scale(written_page(size)) == 1
    scales = [
        clean_scan.choose_scale(uneven_light(written_page(size, 20 * size, 40 * size)))
        for size in (36, 72)
    ]
    assert scales[0] == pytest.approx(36 * 0.65 / clean_scan.LETTER_HEIGHT, rel=0.25)
    assert scales[1] == pytest.approx(2 * scales[0], rel=0.1)


def test_a_page_without_text_is_taken_for_a4():
    blank = np.ones((3508, 2480), np.float32)
    assert clean_scan.letter_height(blank) is None
    assert clean_scan.choose_scale(blank) == 2
    noisy = np.clip(uneven_light(blank[::4, ::4]) + RNG.normal(0, 0.03, (877, 620)), 0, 1)
    assert clean_scan.letter_height(noisy) is None
    assert clean_scan.choose_scale(noisy) == 1
    few = np.ones((200, 300), np.float32)
    few[50:62, 50:60] = 0
    assert clean_scan.letter_height(few) is None


# The trained networks


@pytest.mark.parametrize("trained_on", ["real", "generated"])
def test_the_shipped_networks_clean_pages_of_both_scales(trained_on):
    model = clean_scan.load_cleaner(trained_on)
    shares, large_shares, unscaled_shares = [], [], []  # of the dirt that is left
    for pair in documents.generate_pages(3, seed=1, height=128, width=320).pairs():
        clean = clean_scan.clean_page(pair.dirty, model)
        assert clean.shape == pair.dirty.shape
        shares.append(mse(clean, pair.clean) / mse(pair.dirty, pair.clean))

        dirty, clean = (enlarge_threefold(page) for page in (pair.dirty, pair.clean))
        result = clean_scan.clean_page(dirty, model)
        unscaled = clean_scan.clean_page(dirty, model, scale=1)
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
        clean_scan.load_cleaner("tea")


# Reading


GREY = np.array([[0, 51, 102], [153, 204, 255]], np.uint8)
EXPECTED = GREY.astype(np.float32) / 255


def exif(**values):
    tags = {"orientation": 0x0112, "x": 0x011A, "y": 0x011B, "unit": 0x0128}
    result = Image.Exif()
    result.update({tags[name]: value for name, value in values.items()})
    return result


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp", "gif", "pgm", "webp"])
def test_grey_files(tmp_path, suffix):
    path = tmp_path / f"page.{suffix}"
    Image.fromarray(GREY).save(path, **({"lossless": True} if suffix == "webp" else {}))
    page, _, num_pages = clean_scan.read_page(path)
    assert page.dtype == np.float32 and num_pages == 1
    np.testing.assert_allclose(page, EXPECTED, atol=1e-6)


def test_jpeg(tmp_path):
    wide = np.kron(GREY, np.ones((16, 16), np.uint8))
    Image.fromarray(wide).save(tmp_path / "page.jpg", quality=95)
    page, _, _ = clean_scan.read_page(tmp_path / "page.jpg")
    np.testing.assert_allclose(page, wide / 255, atol=0.02)


@pytest.mark.parametrize("mode", ["RGB", "P", "RGBA", "LA", "CMYK"])
def test_grey_in_every_mode(tmp_path, mode):
    path = tmp_path / "page.tif"
    Image.fromarray(GREY).convert(mode).save(path)
    page, _, _ = clean_scan.read_page(path)
    np.testing.assert_allclose(page, EXPECTED, atol=0.005)


def test_colours_become_their_luminance(tmp_path):
    colours = np.zeros((1, 3, 3), np.uint8)
    colours[0, [0, 1, 2], [0, 1, 2]] = 255  # red, green, blue
    Image.fromarray(colours).save(tmp_path / "page.png")
    page, _, _ = clean_scan.read_page(tmp_path / "page.png")
    np.testing.assert_allclose(page, [[0.299, 0.587, 0.114]], atol=0.003)


def test_a_photo_with_a_preview_is_two_pages(tmp_path):
    image = Image.new("RGB", (64, 32), "white")
    image.save(tmp_path / "p.jpg", "MPO", save_all=True, append_images=[image.resize((32, 16))])
    page, _, num_pages = clean_scan.read_page(tmp_path / "p.jpg")
    assert page.shape == (32, 64) and num_pages == 2


def test_one_bit(tmp_path):
    Image.fromarray(GREY > 100).save(tmp_path / "page.png")
    page, _, _ = clean_scan.read_page(tmp_path / "page.png")
    np.testing.assert_array_equal(page, (GREY > 100).astype(np.float32))


@pytest.mark.parametrize("suffix", ["png", "tif", "pgm"])
def test_sixteen_bits(tmp_path, suffix):
    deep = np.array([[0, 1000, 32768], [40000, 65534, 65535]], np.uint16)
    Image.fromarray(deep).save(tmp_path / f"page.{suffix}")
    page, _, _ = clean_scan.read_page(tmp_path / f"page.{suffix}")
    np.testing.assert_allclose(page, deep / 65535, atol=1e-6)


def test_numbers_of_no_known_range_are_refused(tmp_path):
    Image.fromarray(np.full((2, 2), 70_000, np.int32)).save(tmp_path / "int.tif")
    Image.fromarray(np.full((2, 2), np.nan, np.float32)).save(tmp_path / "float.tif")
    for name in ("int.tif", "float.tif"):
        with pytest.raises(ValueError, match="neither 16-bit numbers nor fractions"):
            clean_scan.read_page(tmp_path / name)
    Image.fromarray(EXPECTED).save(tmp_path / "fractions.tif")
    page, _, _ = clean_scan.read_page(tmp_path / "fractions.tif")
    np.testing.assert_array_equal(page, EXPECTED)


def test_transparent_is_white(tmp_path):
    image = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    image.putpixel((1, 0), (0, 0, 0, 255))
    image.save(tmp_path / "rgba.png")
    palette = Image.new("P", (2, 1), 0)
    palette.putpalette([10, 10, 10, 0, 0, 0])
    palette.putpixel((1, 0), 1)
    palette.save(tmp_path / "palette.png", transparency=0)
    grey = Image.new("L", (2, 1), 7)
    grey.putpixel((1, 0), 0)
    grey.save(tmp_path / "grey.png", transparency=7)
    for name in ("rgba.png", "palette.png", "grey.png"):
        page, _, _ = clean_scan.read_page(tmp_path / name)
        np.testing.assert_array_equal(page, [[1, 0]])


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
def test_a_turned_photo_is_turned_back(tmp_path, suffix):
    path = tmp_path / f"page.{suffix}"
    turned = np.full((32, 64), 255, np.uint8)
    turned[:, :32] = 0
    data = exif(orientation=6, x=300.0, y=150.0, unit=2)
    options = {} if suffix == "webp" else {"dpi": (300, 150)}
    Image.fromarray(turned).save(path, exif=data, **options)  # a TIFF without compression too
    page, dpi, _ = clean_scan.read_page(path)
    assert page.shape == (64, 32)
    assert page[:28].mean() < 0.1 and page[36:].mean() > 0.9
    assert dpi == pytest.approx((150, 300), abs=0.1)


def test_a_file_with_several_pages(tmp_path):
    path = tmp_path / "pages.tif"
    pages = [Image.new("L", (4, 4 + i), 51 * i) for i in range(3)]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    for number in (1, 2, 3):
        page, _, num_pages = clean_scan.read_page(path, number)
        assert num_pages == 3 and page.shape == (3 + number, 4)
        np.testing.assert_allclose(page, 0.2 * (number - 1), atol=1e-6)
    with pytest.raises(ValueError, match="no page 4, but 3 in all"):
        clean_scan.read_page(path, 4)
    with pytest.raises(ValueError, match="page_number"):
        clean_scan.read_page(path, 0)


# Writing


@pytest.mark.parametrize("name", ["p.png", "p.jpg", "p.JPEG", "p.tif", "p.tiff", "p.webp"])
def test_written_pages_can_be_read_and_keep_their_resolution(tmp_path, name):
    page = np.kron(EXPECTED, np.ones((16, 16), np.float32))
    clean_scan.write_page(page, tmp_path / name, dpi=(300, 200))
    again, dpi, _ = clean_scan.read_page(tmp_path / name)
    np.testing.assert_allclose(again, page, atol=0.02 if name.lower().endswith("g") else 1e-6)
    assert dpi == pytest.approx((300, 200), abs=0.1)
    assert os.listdir(tmp_path) == [name]
    clean_scan.write_page(page[..., None], tmp_path / name, force=True)
    assert clean_scan.read_page(tmp_path / name)[1] is None


def test_rounding_to_bytes_is_to_the_nearest(tmp_path, monkeypatch):
    monkeypatch.setattr(clean_scan, "STRIP", 2)
    page = RNG.uniform(size=(5, 7)).astype("float32")
    clean_scan.write_page(page, tmp_path / "p.png")
    again, _, _ = clean_scan.read_page(tmp_path / "p.png")
    assert np.abs(again - page).max() <= 0.5 / 255 + 1e-6


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_others_may_read_the_result_as_any_new_file(tmp_path):
    clean_scan.write_page(EXPECTED, tmp_path / "p.png")
    (tmp_path / "other").touch()
    assert (tmp_path / "p.png").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_failure_while_writing_leaves_nothing(tmp_path, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    for place, name in ((os, "replace"), (Image.Image, "save")):
        with monkeypatch.context() as patch:
            patch.setattr(place, name, lambda *args, **options: full())
            with pytest.raises(OSError, match=r"p\.png could not be written \(No space left"):
                clean_scan.write_page(EXPECTED, tmp_path / "p.png")
        assert os.listdir(tmp_path) == []


def test_a_failure_while_replacing_keeps_the_old_file(tmp_path, monkeypatch):
    (tmp_path / "p.png").write_text("precious")

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        clean_scan.write_page(EXPECTED, tmp_path / "p.png", force=True)
    assert os.listdir(tmp_path) == ["p.png"]
    assert (tmp_path / "p.png").read_text() == "precious"


def test_a_page_that_the_format_cannot_hold(tmp_path):
    with pytest.raises(ValueError, match="must end in one of"):
        clean_scan.write_page(EXPECTED, tmp_path / "p.pdf")
    with pytest.raises(OSError, match="could not be written"):
        clean_scan.write_page(np.ones((1, 16_400)), tmp_path / "p.webp")
    assert os.listdir(tmp_path) == []


# The command, with a network that copies


@pytest.fixture
def scan(tmp_path):
    path = tmp_path / "scan.png"
    image = Image.fromarray(np.rint(255 * uneven_light(written_page(16))).astype(np.uint8))
    image.save(path, dpi=(300, 300))
    return path


@pytest.fixture
def command(monkeypatch, capsys):
    """Run the command in this process; returns status, standard output, standard error."""
    monkeypatch.setattr(clean_scan, "load_cleaner", lambda trained_on: copy_page)

    def run(*arguments):
        status = clean_scan.main([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return run


def is_one_sentence(text):
    return text.startswith("clean_scan: ") and text.endswith(".\n") and text.count("\n") == 1


def test_the_command_writes_a_page_of_the_same_size_and_resolution(command, scan, tmp_path):
    status, out, err = command(scan, tmp_path / "clean.png")
    assert status == 0
    assert "100%" in err and "Note" not in err
    assert out.startswith(f"Wrote {tmp_path / 'clean.png'} in ") and out.endswith(" seconds.\n")
    with Image.open(tmp_path / "clean.png") as image, Image.open(scan) as before:
        assert (image.mode, image.size) == ("L", before.size)
        assert image.info["dpi"] == before.info["dpi"]
        np.testing.assert_array_equal(np.asarray(image), np.asarray(before))
    assert sorted(os.listdir(tmp_path)) == ["clean.png", "scan.png"]


def test_quiet(command, scan, tmp_path):
    assert command(scan, tmp_path / "clean.png", "--quiet") == (0, "", "")


def test_an_existing_file_is_replaced_only_by_force(command, scan, tmp_path):
    target = tmp_path / "clean.png"
    target.write_text("precious")
    status, out, err = command(scan, target)
    assert status == 2 and out == "" and is_one_sentence(err) and "--force" in err
    assert target.read_text() == "precious"
    assert command(scan, target, "--force")[0] == 0
    assert Image.open(target).size == (600, 300)


def test_a_file_that_appears_meanwhile_is_not_lost(command, scan, tmp_path, monkeypatch):
    target = tmp_path / "clean.png"

    def slow(page, *args, **options):
        target.write_text("precious")
        return page

    monkeypatch.setattr(clean_scan, "clean_page", slow)
    status, _, err = command(scan, target)
    assert status == 2 and is_one_sentence(err)
    assert target.read_text() == "precious"
    assert sorted(os.listdir(tmp_path)) == ["clean.png", "scan.png"]


@pytest.mark.skipif(os.name == "nt", reason="Windows needs a privilege for links")
def test_links(command, scan, tmp_path):
    (tmp_path / "same.png").symlink_to(scan)
    (tmp_path / "dangling.png").symlink_to(tmp_path / "nowhere.png")
    before = scan.read_bytes()
    for options in ((), ("--force",)):
        status, _, err = command(scan, tmp_path / "same.png", *options)
        assert status == 1 and "the scan itself" in err
    assert command(scan, tmp_path / "dangling.png")[0] == 2
    assert scan.read_bytes() == before


def test_the_scan_itself_is_never_replaced(command, scan):
    before = scan.read_bytes()
    for options in ((), ("--force",)):
        status, _, err = command(scan, scan.parent / "." / scan.name, *options)
        assert status == 1 and is_one_sentence(err) and "the scan itself" in err
    assert scan.read_bytes() == before


def make_sources(folder):
    """Files that are no scans; the name tells what is wrong."""
    good = folder / "good.png"
    Image.fromarray(RNG.integers(0, 256, (60, 80), dtype=np.uint8)).save(good)
    Image.open(good).save(folder / "good.jpg")
    data = {
        "empty.png": b"",
        "text.png": b"This is no image at all.\n" * 20,
        "paper.pdf": b"%PDF-1.7\n%more",
        "truncated.png": good.read_bytes()[: good.stat().st_size // 2],
        "truncated.jpg": (folder / "good.jpg").read_bytes()[:900],
        "header.png": good.read_bytes()[:20],
        "large.pgm": b"P5 9950 8950 255\n" + bytes(10),
        "huge.pgm": b"P5 100000 100000 255\n" + bytes(10),
        "flat.pgm": b"P5 0 10 255\n",
    }
    for name, content in data.items():
        (folder / name).write_bytes(content)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.png", "there is no file"),
        ("", "is a folder"),
        ("empty.png", "is empty"),
        ("text.png", "is not an image"),
        ("paper.pdf", "pdftoppm"),
        ("truncated.png", "is damaged or incomplete"),
        ("truncated.jpg", "is damaged or incomplete"),
        ("header.png", "is not an image|is damaged"),
        ("large.pgm", "more than the 89 million pixels"),
        ("huge.pgm", "more than the 89 million pixels"),
        ("flat.pgm", "is not an image|is damaged"),
    ],
)
def test_sources_that_are_no_scans(command, tmp_path, name, message):
    make_sources(tmp_path)
    before = sorted(os.listdir(tmp_path))
    status, out, err = command(tmp_path / name, tmp_path / "clean.png")
    assert (status, out) == (1, "") and is_one_sentence(err)
    assert re.search(message, err), err
    assert sorted(os.listdir(tmp_path)) == before


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("clean", "must end in"),
        ("clean.pdf", "must end in one of .png"),
        ("no/such/folder/clean.png", "there is no folder"),
        ("folder.png", "is a folder"),
    ],
)
def test_targets_that_cannot_be(command, scan, tmp_path, target, message):
    (tmp_path / "folder.png").mkdir()
    status, out, err = command(scan, tmp_path / target, "--force")
    assert (status, out) == (1, "") and is_one_sentence(err) and message in err
    assert sorted(os.listdir(tmp_path)) == ["folder.png", "scan.png"]


def test_files_that_are_forbidden(command, scan, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:  # not by chmod: the super-user may do anything
        patch.setattr(os, "access", lambda *args: False)
        status, _, err = command(scan, tmp_path / "clean.png")
    assert status == 1 and is_one_sentence(err) and "cannot be written" in err

    def forbid(*args):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(clean_scan, "open", forbid, raising=False)
    status, _, err = command(scan, tmp_path / "clean.png")
    assert status == 1 and is_one_sentence(err) and "cannot be read (Permission denied)" in err


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (KeyboardInterrupt(), 130, "nothing was written"),
        (MemoryError(), 1, "does not fit into memory"),
    ],
)
def test_what_interrupts_leaves_nothing(
    command, scan, tmp_path, monkeypatch, error, status, message
):
    def fail(*args, **options):
        raise error

    for place, name in ((clean_scan, "clean_page"), (Image.Image, "save")):
        with monkeypatch.context() as patch:
            patch.setattr(place, name, fail)
            result = command(scan, tmp_path / "clean.png")
        assert result[0] == status
        assert is_one_sentence(result[2][result[2].index("clean_scan:") :]) and message in result[2]
        assert os.listdir(tmp_path) == ["scan.png"]


def test_notes(command, tmp_path):
    dark = Image.fromarray(np.rint(255 * (1 - written_page(16))).astype(np.uint8))
    dark.save(tmp_path / "dark.tif", save_all=True, append_images=[dark.crop((0, 0, 90, 80))])
    status, _, err = command(tmp_path / "dark.tif", tmp_path / "clean.png", "--quiet")
    notes = err.splitlines()
    assert status == 0 and len(notes) == 2 and all(note.startswith("Note: ") for note in notes)
    assert "has 2 pages; only page 1 is cleaned" in notes[0]
    assert "mostly dark" in notes[1]
    second = tmp_path / "second.png"
    assert command(tmp_path / "dark.tif", second, "--page", 2)[0] == 0
    assert Image.open(second).size == (90, 80)
    status, _, err = command(tmp_path / "dark.tif", tmp_path / "third.png", "--page", 3)
    assert status == 1 and is_one_sentence(err) and "no page 3" in err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["a.png"],
        ["a.png", "b.png", "c.png"],
        ["a.png", "b.png", "--scale", "0.5"],
        ["a.png", "b.png", "--scale", "nan"],
        ["a.png", "b.png", "--scale", "big"],
        ["a.png", "b.png", "--page", "0"],
        ["a.png", "b.png", "--trained-on", "tea"],
    ],
)
def test_wrong_options(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        clean_scan.main(arguments)
    assert caught.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_options_reach_their_place(monkeypatch):
    seen = {}
    monkeypatch.setattr(clean_scan, "clean_file", lambda *a, **options: seen.update(options))
    clean_scan.main(["a.png", "b.png"])
    assert (seen["scale"], seen["trained_on"]) == ("auto", "real")
    clean_scan.main(["a.png", "b.png", "--scale", "2.5", "--trained-on", "generated"])
    assert (seen["scale"], seen["trained_on"]) == (2.5, "generated")


def run_python(*arguments, **options):
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
        **options,
    )


def test_mistakes_and_help_are_told_before_keras_is_imported(tmp_path):
    code = (
        "import sys; from course_utils import clean_scan\n"
        f"print(clean_scan.main([{str(tmp_path / 'no.png')!r}, {str(tmp_path / 'c.png')!r}]))\n"
        "print(any(m in sys.modules for m in ('keras', 'tensorflow', 'jax')))\n"
        "clean_scan.main(['--help'])"
    )
    run = run_python("-c", code)
    assert run.returncode == 0
    assert run.stdout.startswith("1\nFalse\nusage: python -m course_utils.clean_scan")
    assert is_one_sentence(run.stderr)
    for option in ("--force", "--scale", "--page", "--trained-on", "--quiet"):
        assert option in run.stdout


def test_the_command_from_a_shell(tmp_path, scan):
    """Loads the shipped network; standard error has the progress bar and nothing else."""
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    run = run_python("-m", "course_utils.clean_scan", scan, tmp_path / "clean.png", env=environment)
    assert run.returncode == 0 and run.stdout.startswith("Wrote ")
    lines = [line for line in run.stderr.replace("\r", "\n").splitlines() if line.strip()]
    assert lines and all("tile" in line for line in lines)
    page, dpi, _ = clean_scan.read_page(tmp_path / "clean.png")
    assert dpi == pytest.approx((300, 300), abs=0.1)
    assert mse(page, written_page(16)) < 0.2 * mse(clean_scan.read_page(scan)[0], written_page(16))


def test_what_went_wrong_in_the_import_is_shown(tmp_path):
    (tmp_path / "keras.py").write_text(
        "import os\nos.write(2, b'a line of C++')\nraise ImportError('no Keras')\n"
    )
    code = "from course_utils import clean_scan\nclean_scan._import_keras()"
    run = run_python("-c", code, env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert run.returncode == 1
    assert "a line of C++" in run.stderr and "ImportError: no Keras" in run.stderr


def test_what_clean_file_is_told_reaches_the_network_and_the_page(tmp_path, scan, monkeypatch):
    seen = {}
    monkeypatch.setattr(clean_scan, "load_cleaner", lambda name: seen.update(name=name) or "net")

    def record(page, model, *, scale, progress):
        seen.update(model=model, scale=scale, progress=progress)
        return 1 - page

    monkeypatch.setattr(clean_scan, "clean_page", record)
    options = {"scale": 2.5, "trained_on": "generated", "progress": True}
    clean_scan.clean_file(scan, tmp_path / "clean.png", **options)
    assert seen == {"name": "generated", "model": "net", "scale": 2.5, "progress": True}
    pages = [clean_scan.read_page(path)[0] for path in (scan, tmp_path / "clean.png")]
    np.testing.assert_allclose(pages[1], 1 - pages[0], atol=1e-6)


def test_each_network_comes_from_its_own_file(cleaner):
    generated = clean_scan.load_cleaner("generated")
    weights = [model.get_weights()[0] for model in (cleaner, generated)]
    assert not np.allclose(*weights)
    again = models.document_cleaner()
    again.load_weights(str(clean_scan.CLEANER_DIR / "document_cleaner_generated.keras"))
    np.testing.assert_array_equal(again.get_weights()[0], weights[1])
