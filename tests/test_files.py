"""Scans are read as a viewer shows them; clean pages are written whole or not at all."""

import errno
import os
import struct

import numpy as np
import pytest
from PIL import Image, features

from course_utils.documents import files

RNG = np.random.default_rng(0)


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
    scan = files.read_page(path)
    page, num_pages = scan.page, scan.num_pages
    assert page.dtype == np.float32 and num_pages == 1
    np.testing.assert_allclose(page, EXPECTED, atol=1e-6)


def test_jpeg(tmp_path):
    wide = np.kron(GREY, np.ones((16, 16), np.uint8))
    Image.fromarray(wide).save(tmp_path / "page.jpg", quality=95)
    page = files.read_page(tmp_path / "page.jpg").page
    np.testing.assert_allclose(page, wide / 255, atol=0.02)


@pytest.mark.parametrize("mode", ["RGB", "P", "RGBA", "LA", "CMYK"])
def test_grey_in_every_mode(tmp_path, mode):
    path = tmp_path / "page.tif"
    Image.fromarray(GREY).convert(mode).save(path)
    page = files.read_page(path).page
    np.testing.assert_allclose(page, EXPECTED, atol=0.005)


def test_colours_become_their_luminance(tmp_path):
    colours = np.zeros((1, 3, 3), np.uint8)
    colours[0, [0, 1, 2], [0, 1, 2]] = 255  # red, green, blue
    Image.fromarray(colours).save(tmp_path / "page.png")
    page = files.read_page(tmp_path / "page.png").page
    np.testing.assert_allclose(page, [[0.299, 0.587, 0.114]], atol=0.003)


def test_a_photo_with_a_preview_is_one_page(tmp_path):
    image = Image.new("RGB", (64, 32), "white")
    image.save(tmp_path / "p.jpg", "MPO", save_all=True, append_images=[image.resize((32, 16))])
    scan = files.read_page(tmp_path / "p.jpg")
    assert scan.page.shape == (32, 64) and scan.num_pages == 1


@pytest.mark.parametrize("suffix", ["avif", "jp2"])
def test_formats_of_today(tmp_path, suffix):
    if not features.check({"avif": "avif", "jp2": "jpg_2000"}[suffix]):
        pytest.skip(f"this Pillow was built without {suffix}")
    wide = np.kron(GREY, np.ones((32, 32), np.uint8))
    options = {"avif": {"quality": 95}, "jp2": {"irreversible": False}}[suffix]
    Image.fromarray(wide).save(tmp_path / f"page.{suffix}", **options)
    page = files.read_page(tmp_path / f"page.{suffix}").page
    np.testing.assert_allclose(page, wide / 255, atol=0.03)


def test_a_heic_photo_gets_a_hint(tmp_path):
    (tmp_path / "p.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(200))
    with pytest.raises(ValueError, match=r"HEIC photo.*save it as JPEG"):
        files.read_page(tmp_path / "p.heic")


def write_tiff(path, values, bits, photometric=1, **tags):
    """Write a grey TIFF in one strip, with the fields that scanners write and Pillow does not."""
    numbers = {"largest": 281}
    if bits == 12:  # packed: two numbers in three bytes
        flat = values.ravel().reshape(-1, 2).astype(np.uint16)
        a, b = flat[:, 0], flat[:, 1]
        packed = np.stack([a >> 4, (a & 15) << 4 | b >> 8, b & 255], axis=1)
        data = packed.astype(np.uint8).tobytes()
    else:
        data = values.astype(f"<u{bits // 8}").tobytes()
    height, width = values.shape
    fields = {256: width, 257: height, 258: bits, 259: 1, 262: photometric, 277: 1, 278: height}
    fields |= {279: len(data)} | {numbers[name]: value for name, value in tags.items()}
    fields[273] = start = 8 + 2 + 12 * (len(fields) + 1) + 4
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, fields[tag]) for tag in sorted(fields))
    head = b"II*\0" + struct.pack("<IH", 8, len(fields)) + entries + bytes(4)
    assert len(head) == start
    path.write_bytes(head + data)


DEEP = np.array([[0, 1000, 2048, 4095], [1, 2, 3, 4000]], np.uint16)


@pytest.mark.parametrize(
    ("bits", "factor", "tags", "noted"),
    [
        (16, 16, {}, False),
        (12, 1, {}, False),
        (16, 1, {"largest": 4095}, False),
        (16, 1, {}, True),
        (16, 0.0625, {}, True),
    ],
)
@pytest.mark.parametrize("photometric", [0, 1])
def test_bits_and_polarity_as_the_file_tells(tmp_path, bits, factor, tags, noted, photometric):
    write_tiff(tmp_path / "p.tif", (factor * DEEP).astype(int), bits, photometric, **tags)
    if (bits, photometric) == (12, 0):  # Pillow knows no such file
        with pytest.raises(ValueError, match="not an image that can be read"):
            files.read_page(tmp_path / "p.tif")
        return
    scan = files.read_page(tmp_path / "p.tif")
    expected = DEEP / 4095 if photometric else 1 - DEEP / 4095
    np.testing.assert_allclose(scan.page, expected, atol=0.005)
    assert len(scan.notes) == noted
    assert all("are taken for" in note for note in scan.notes)


@pytest.mark.skipif(not features.check("libtiff"), reason="this Pillow reads no fax")
def test_a_damaged_fax_is_not_taken_for_whole(tmp_path, capfd):
    page = Image.fromarray(RNG.random((60, 300)) < 0.1)
    page.save(tmp_path / "p.tif", compression="group4")
    data = bytearray((tmp_path / "p.tif").read_bytes())
    assert files.read_page(tmp_path / "p.tif").page.shape == (60, 300)
    middle = len(data) // 2
    data[middle : middle + 12] = RNG.bytes(12)
    (tmp_path / "p.tif").write_bytes(data)
    with pytest.raises(ValueError, match=r"p\.tif is damaged or incomplete \(Fax"):
        files.read_page(tmp_path / "p.tif")
    assert capfd.readouterr().err == ""


def test_one_bit(tmp_path):
    Image.fromarray(GREY > 100).save(tmp_path / "page.png")
    page = files.read_page(tmp_path / "page.png").page
    np.testing.assert_array_equal(page, (GREY > 100).astype(np.float32))


@pytest.mark.parametrize("suffix", ["png", "tif", "pgm"])
def test_sixteen_bits(tmp_path, suffix):
    deep = np.array([[0, 1000, 32768], [40000, 65534, 65535]], np.uint16)
    Image.fromarray(deep).save(tmp_path / f"page.{suffix}")
    page = files.read_page(tmp_path / f"page.{suffix}").page
    np.testing.assert_allclose(page, deep / 65535, atol=1e-6)


def test_numbers_of_no_known_range_are_refused(tmp_path):
    Image.fromarray(np.full((2, 2), 70_000, np.int32)).save(tmp_path / "int.tif")
    Image.fromarray(np.full((2, 2), np.nan, np.float32)).save(tmp_path / "float.tif")
    for name in ("int.tif", "float.tif"):
        with pytest.raises(ValueError, match="neither 16-bit numbers nor fractions"):
            files.read_page(tmp_path / name)
    Image.fromarray(EXPECTED).save(tmp_path / "fractions.tif")
    page = files.read_page(tmp_path / "fractions.tif").page
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
        page = files.read_page(tmp_path / name).page
        np.testing.assert_array_equal(page, [[1, 0]])


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
def test_a_turned_photo_is_turned_back(tmp_path, suffix):
    path = tmp_path / f"page.{suffix}"
    turned = np.full((32, 64), 255, np.uint8)
    turned[:, :32] = 0
    data = exif(orientation=6, x=300.0, y=150.0, unit=2)
    options = {} if suffix == "webp" else {"dpi": (300, 150)}
    Image.fromarray(turned).save(path, exif=data, **options)  # a TIFF without compression too
    scan = files.read_page(path)
    page, dpi = scan.page, scan.dpi
    assert page.shape == (64, 32)
    assert page[:28].mean() < 0.1 and page[36:].mean() > 0.9
    assert dpi == pytest.approx((150, 300), abs=0.1)


def test_a_file_with_several_pages(tmp_path):
    path = tmp_path / "pages.tif"
    pages = [Image.new("L", (4, 4 + i), 51 * i) for i in range(3)]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    for number in (1, 2, 3):
        scan = files.read_page(path, number)
        page, num_pages = scan.page, scan.num_pages
        assert num_pages == 3 and page.shape == (3 + number, 4)
        np.testing.assert_allclose(page, 0.2 * (number - 1), atol=1e-6)
    with pytest.raises(ValueError, match="no page 4, but 3 in all"):
        files.read_page(path, 4)
    with pytest.raises(ValueError, match="page_number"):
        files.read_page(path, 0)


# Writing


@pytest.mark.parametrize("name", ["p.png", "p.jpg", "p.JPEG", "p.tif", "p.tiff", "p.webp"])
def test_written_pages_can_be_read_and_keep_their_resolution(tmp_path, name):
    page = np.kron(EXPECTED, np.ones((16, 16), np.float32))
    files.write_page(page, tmp_path / name, dpi=(300, 200))
    scan = files.read_page(tmp_path / name)
    again, dpi = scan.page, scan.dpi
    np.testing.assert_allclose(again, page, atol=0.02 if name.lower().endswith("g") else 1e-6)
    assert dpi == pytest.approx((300, 200), abs=0.1)
    assert os.listdir(tmp_path) == [name]
    files.write_page(page[..., None], tmp_path / name, force=True)
    assert files.read_page(tmp_path / name).dpi is None


def test_rounding_to_bytes_is_to_the_nearest(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "STRIP", 2)
    page = RNG.uniform(size=(5, 7)).astype("float32")
    files.write_page(page, tmp_path / "p.png")
    again = files.read_page(tmp_path / "p.png").page
    assert np.abs(again - page).max() <= 0.5 / 255 + 1e-6


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_others_may_read_the_result_as_any_new_file(tmp_path):
    files.write_page(EXPECTED, tmp_path / "p.png")
    (tmp_path / "other").touch()
    assert (tmp_path / "p.png").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_failure_while_writing_leaves_nothing(tmp_path, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    for names in (((os, "replace"), (os, "link")), ((Image.Image, "save"),)):
        with monkeypatch.context() as patch:
            for place, name in names:
                patch.setattr(place, name, lambda *args, **options: full())
            with pytest.raises(OSError, match=r"p\.png could not be written \(No space left"):
                files.write_page(EXPECTED, tmp_path / "p.png")
        assert os.listdir(tmp_path) == []


def test_without_links_the_name_is_taken_and_no_file_replaced(tmp_path, monkeypatch):
    def no_links(*args):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    files.write_page(EXPECTED, tmp_path / "p.png")
    np.testing.assert_allclose(files.read_page(tmp_path / "p.png").page, EXPECTED, atol=0.002)
    with pytest.raises(FileExistsError):
        files.write_page(1 - EXPECTED, tmp_path / "p.png")
    np.testing.assert_allclose(files.read_page(tmp_path / "p.png").page, EXPECTED, atol=0.002)
    assert os.listdir(tmp_path) == ["p.png"]


def test_the_name_appears_with_the_whole_file(tmp_path, monkeypatch):
    link, sizes = os.link, []

    def look(source, target):
        assert not target.exists()
        link(source, target)
        sizes.append(target.stat().st_size)

    monkeypatch.setattr(os, "link", look)
    files.write_page(EXPECTED, tmp_path / "p.png")
    assert sizes == [(tmp_path / "p.png").stat().st_size] and sizes[0] > 50


def test_a_failure_while_replacing_keeps_the_old_file(tmp_path, monkeypatch):
    (tmp_path / "p.png").write_text("precious")

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        files.write_page(EXPECTED, tmp_path / "p.png", force=True)
    assert os.listdir(tmp_path) == ["p.png"]
    assert (tmp_path / "p.png").read_text() == "precious"


def test_the_second_page_of_a_turned_file_is_turned_back(tmp_path):
    pages = [Image.new("L", (40, 20), 200), Image.new("L", (30, 10), 0)]
    pages[0].save(tmp_path / "p.tif", save_all=True, append_images=pages[1:], tiffinfo={274: 6})
    assert files.read_page(tmp_path / "p.tif", 1).page.shape == (40, 20)
    assert files.read_page(tmp_path / "p.tif", 2).page.shape in ((30, 10), (10, 30))


def test_colours_are_written_too(tmp_path):
    picture = RNG.integers(0, 256, (5, 7, 3), dtype=np.uint8)
    files.write_page(picture, tmp_path / "p.png")
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "p.png")), picture)


def test_a_page_that_the_format_cannot_hold(tmp_path):
    with pytest.raises(ValueError, match="must end in one of"):
        files.write_page(EXPECTED, tmp_path / "p.pdf")
    with pytest.raises(OSError, match="could not be written"):
        files.write_page(np.ones((1, 16_400)), tmp_path / "p.webp")
    assert os.listdir(tmp_path) == []
