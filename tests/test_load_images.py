"""A folder of pictures of any kind becomes one array; what cannot be read is named."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from course_utils import data
from course_utils.pictures import files

RNG = np.random.default_rng(0)


def quarters() -> Image.Image:
    """Red and green above, blue and white below: every turn of it differs."""
    pixels = np.zeros((40, 40, 3), np.uint8)
    pixels[:20, :20, 0] = pixels[:20, 20:, 1] = pixels[20:, :20, 2] = 255
    pixels[20:, 20:] = 255
    return Image.fromarray(pixels)


def corners(pixels: np.ndarray) -> np.ndarray:
    """What is in the four quarters of a picture, (4, channels)."""
    q = len(pixels) // 4
    return np.stack([pixels[q, q], pixels[q, -q], pixels[-q, q], pixels[-q, -q]])


EXPECTED = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]]


@pytest.mark.parametrize(
    "name",
    ["a.png", "a.bmp", "a.tif", "a.webp", "a.gif", "a.ppm", "a.jp2", "a.tga", "a.pcx", "a.jpg"],
)
def test_formats(tmp_path, name):
    options = {"lossless": True} if name.endswith("webp") else {}
    quarters().save(tmp_path / name, **options)
    images = data.load_images(tmp_path, size=16)
    assert images.pixels.shape == (1, 16, 16, 3) and images.pixels.dtype == np.float32
    np.testing.assert_allclose(corners(images.pixels[0]), EXPECTED, atol=0.05)
    assert images.paths == (tmp_path / name,) and images.skipped == ()


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turn_that_the_camera_noted_is_carried_out(tmp_path, orientation, suffix):
    inverse = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    shown = quarters().resize((60, 40), Image.Resampling.NEAREST)
    stored = shown.transpose(inverse[orientation]) if orientation in inverse else shown
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95} if suffix == "jpg" else {}
    stored.save(tmp_path / f"a.{suffix}", exif=exif, **options)
    images = data.load_images(tmp_path, size=32, fit="stretch")
    np.testing.assert_allclose(corners(images.pixels[0]), EXPECTED, atol=0.1)
    assert images.sizes == ((60, 40),)


def test_transparent_parts_are_white_in_every_mode(tmp_path):
    see_through = Image.new("RGBA", (20, 20), (200, 0, 0, 0))
    see_through.save(tmp_path / "rgba.png")
    see_through.convert("LA").save(tmp_path / "la.png")
    Image.new("P", (20, 20), 0).save(tmp_path / "palette.png", transparency=0)
    Image.new("L", (20, 20), 7).save(tmp_path / "grey.png", transparency=7)
    images = data.load_images(tmp_path, size=8)
    assert len(images) == 4 and images.pixels.min() == 1


def test_palettes_black_and_white_and_printing_colours(tmp_path):
    quarters().quantize(8).save(tmp_path / "palette.png")
    quarters().convert("CMYK").save(tmp_path / "print.tif")
    quarters().convert("CMYK").save(tmp_path / "print.jpg", quality=95)
    images = data.load_images(tmp_path, size=16)
    for pixels in images.pixels:
        np.testing.assert_allclose(corners(pixels), EXPECTED, atol=0.1)
    Image.new("1", (9, 9), 1).save(tmp_path / "bits.png")
    assert data.load_images(tmp_path, size=8).pixels[0].min() == 1


def test_more_than_eight_bits(tmp_path):
    ramp = np.linspace(0, 1, 32)[None].repeat(32, 0)
    Image.fromarray((65535 * ramp).astype(np.uint16)).save(tmp_path / "a.png")
    Image.fromarray(ramp.astype(np.float32)).save(tmp_path / "b.tif")
    images = data.load_images(tmp_path, size=32)
    np.testing.assert_allclose(images.pixels[..., 0], np.stack([ramp, ramp]), atol=0.01)


def test_twelve_bits_are_told_by_the_brightest_of_all_pictures(tmp_path):
    bright = np.full((16, 16), 4000, np.uint16)
    Image.fromarray(bright).save(tmp_path / "a.tif")
    Image.fromarray(bright // 10).save(tmp_path / "dark.tif")
    images = data.load_images(tmp_path, size=16)
    np.testing.assert_allclose(images.pixels.mean((1, 2, 3)), [4000 / 4095, 400 / 4095], atol=0.01)


def test_the_first_frame_of_several(tmp_path):
    frames = [Image.new("RGB", (10, 10), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    images = data.load_images(tmp_path, size=8)
    np.testing.assert_allclose(images.pixels[:, 0, 0], [[1, 0, 0]] * 2, atol=0.01)


def test_pad_keeps_the_shape_and_goes_on_in_the_colour_of_the_border(tmp_path):
    pixels = np.full((20, 40, 3), 90, np.uint8)
    pixels[5:15, 15:25] = (255, 0, 0)  # a red square
    Image.fromarray(pixels).save(tmp_path / "a.png")
    found = {}
    for fit in files.FITS:
        red = data.load_images(tmp_path, size=40, fit=fit).pixels[0, ..., 0] > 0.7
        rows, columns = np.flatnonzero(red.any(1)), np.flatnonzero(red.any(0))
        found[fit] = (np.ptp(rows) + 1) / (np.ptp(columns) + 1)
    assert found["pad"] == pytest.approx(1, abs=0.15) and found["crop"] == pytest.approx(1, abs=0.1)
    assert found["stretch"] == pytest.approx(2, abs=0.25)
    padded = data.load_images(tmp_path, size=40).levels[0]
    assert (padded[:9] == 90).all() and (padded[-9:] == 90).all()


def test_what_was_done_to_the_shapes_is_said(tmp_path):
    for i in range(3):
        Image.new("RGB", (40, 20), "grey").save(tmp_path / f"{i}.png")
    assert data.load_images(tmp_path, size=16).notes() == []
    assert "3 pictures that are not square were stretched, which distorts them." in (
        data.load_images(tmp_path, size=16, fit="stretch").notes()
    )
    Image.new("RGB", (10, 10), "grey").save(tmp_path / "small.png")
    said = data.load_images(tmp_path, size=16).describe()
    assert said.startswith("4 pictures, 16 x 16 pixels, colour.")
    assert "1 pictures have another shape than the usual one (width / height = 2.00)" in said
    assert "1 pictures are smaller than 16 pixels and were enlarged." in said


def test_grey(tmp_path):
    quarters().save(tmp_path / "a.png")
    images = data.load_images(tmp_path, size=16, channels="grey")
    assert images.pixels.shape == (1, 16, 16, 1)
    np.testing.assert_allclose(corners(images.pixels[0])[:, 0], [0.299, 0.587, 0.114, 1], atol=0.02)


def test_files_are_in_order_and_hidden_ones_and_folders_are_left_out(tmp_path):
    for name in ("b.png", "a.png", ".hidden.png", "inner/c.png", ".git/d.png", "inner/.e/f.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("L", (9, 9)).save(tmp_path / name)
    images = data.load_images(tmp_path, size=8)
    assert [path.name for path in images.paths] == ["a.png", "b.png"] and images.skipped == ()
    images = data.load_images(tmp_path, size=8, subfolders=True)
    assert [path.name for path in images.paths] == ["a.png", "b.png", "c.png"]


def write_bad_files(folder: Path) -> dict[str, str]:
    """Write files that cannot be read; return what is said of each."""
    whole = folder / "whole.png"
    Image.fromarray(RNG.integers(0, 256, (60, 60, 3), dtype=np.uint8)).save(whole)
    bad = {
        "empty.png": (b"", "it is empty"),
        "half.png": (whole.read_bytes()[:4000], "it is damaged or incomplete"),
        "header.png": (whole.read_bytes()[:30], "it is"),
        "text.jpg": (b"no picture", "it is no picture of a known format"),
        "notes.txt": (b"no picture", "it is no picture of a known format"),
        "photo.heic": (b"\0\0\0\x18ftypheic" + bytes(50), "it is a HEIC photo; save it as JPEG"),
        "bomb.pgm": (b"P5 20000 20000 255\n" + bytes(9), "it has more than 89 million pixels"),
        "large.pgm": (b"P5 9950 8950 255\n" + bytes(9), "it has more than 89 million pixels"),
    }
    for name, (content, _) in bad.items():
        (folder / name).write_bytes(content)
    return {name: reason for name, (_, reason) in bad.items()}


def test_files_that_cannot_be_read_are_named_and_skipped(tmp_path):
    expected = write_bad_files(tmp_path)
    if os.name != "nt":
        (tmp_path / "link.png").symlink_to(tmp_path / "nowhere.png")
        os.mkfifo(tmp_path / "pipe.png")
        expected |= {"link.png": "it is a link to nothing", "pipe.png": "it is no file"}
    images = data.load_images(tmp_path, size=16)
    assert [path.name for path in images.paths] == ["whole.png"]
    said = {path.name: reason for path, reason in images.skipped}
    assert said.keys() == expected.keys()
    for name, reason in expected.items():
        assert said[name].startswith(reason), (name, said[name])
        assert f"Skipped {tmp_path / name}: {reason}" in images.describe()
    assert repr(images) == f"<1 pictures of (16, 16, 3), {len(said)} skipped>"


def test_a_file_that_may_not_be_read_is_skipped(tmp_path, monkeypatch):
    Image.new("L", (9, 9)).save(tmp_path / "a.png")

    def forbid(*args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files, "open", forbid, raising=False)
    with pytest.raises(ValueError, match=r"a\.png: reading it is not permitted"):
        data.load_images(tmp_path)


def test_a_large_jpeg_is_decoded_at_a_fraction_of_its_size(tmp_path, monkeypatch):
    Image.new("RGB", (3000, 2000), "teal").save(tmp_path / "a.jpg")
    seen = []
    square = files._square
    monkeypatch.setattr(files, "_square", lambda im, *a: seen.append(im.size) or square(im, *a))
    images = data.load_images(tmp_path, size=32)
    assert seen[0][0] <= 800 and images.sizes == ((3000, 2000),)


@pytest.mark.parametrize(
    ("name", "options", "error", "message"),
    [
        ("missing", {}, FileNotFoundError, "there is no folder"),
        ("a.png", {}, ValueError, "is a file; name the folder that it is in"),
        ("empty", {}, ValueError, "holds no picture that can be read .0 files were tried."),
        ("outer", {}, ValueError, "name one of them, or ask for subfolders"),
        ("", {"size": 4}, ValueError, "size must be at least 8 pixels; got 4"),
        ("", {"size": 2.5}, ValueError, "size must be a whole number"),
        ("", {"fit": "squash"}, ValueError, "fit must be one of pad, crop, stretch; got 'squash'"),
        ("", {"channels": 3}, ValueError, "channels must be one of colour, grey; got 3"),
    ],
)
def test_what_cannot_be_is_one_sentence(tmp_path, name, options, error, message):
    (tmp_path / "empty").mkdir()
    (tmp_path / "outer" / "inner").mkdir(parents=True)
    Image.new("L", (9, 9)).save(tmp_path / "a.png")
    with pytest.raises(error, match=message) as caught:
        data.load_images(tmp_path / name, **options)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)
