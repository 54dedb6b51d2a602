"""Counting wrongly read characters, and calling Tesseract, real and imitated."""

import io
import os
import random
import sys
import time

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from course_utils.documents import ocr

SENTENCE = "An autoencoder learns to copy its input through a narrow code."


def page_of(text):
    """A page with one line of text, 0 black on 1 white."""
    font = ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSerif.ttf", 28)
    image = Image.new("L", (int(font.getlength(text)) + 60, 90), 255)
    ImageDraw.Draw(image).text((30, 25), text, fill=0, font=font)
    return np.asarray(image, dtype=np.float32) / 255


@pytest.mark.parametrize(
    ("text", "reference", "rate"),
    [
        ("kitten", "sitting", 3 / 7),
        ("sitting", "kitten", 3 / 6),
        ("same", "same", 0),
        ("", "four", 1),
        ("abcdefgh", "ab", 3),
        ("ab", "ba", 1),
        ("  a \n\t b ", "a b", 0),
        ("a b", "ab", 1 / 2),
        ("naïve 日本", "naive 日本", 1 / 8),
    ],
)
def test_error_rates_known_by_hand(text, reference, rate):
    assert ocr.character_error_rate(text, reference) == pytest.approx(rate, abs=1e-12)


def slow_levenshtein(a, b):
    """The distance by its definition, entry by entry."""
    table = {(i, 0): i for i in range(len(a) + 1)} | {(0, j): j for j in range(len(b) + 1)}
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            table[i, j] = min(
                table[i - 1, j] + 1,
                table[i, j - 1] + 1,
                table[i - 1, j - 1] + (a[i - 1] != b[j - 1]),
            )
    return table[len(a), len(b)]


def test_error_rate_is_the_levenshtein_distance():
    generator = random.Random(0)
    for _ in range(200):
        a, b = ("".join(generator.choices("abc", k=generator.randint(1, 15))) for _ in range(2))
        assert ocr.character_error_rate(a, b) == slow_levenshtein(a, b) / len(b)


def test_error_rate_of_a_long_page_is_quick():
    generator = random.Random(1)
    a, b = ("".join(generator.choices("abcdefghij ", k=2000)) for _ in range(2))
    started = time.process_time()
    ocr.character_error_rate(a, b)
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("text", "reference", "message"),
    [("a", " \n", "at least one character"), (b"a", "a", "bytes"), ("a", None, "NoneType")],
)
def test_error_rate_refuses(text, reference, message):
    with pytest.raises(ValueError, match=message):
        ocr.character_error_rate(text, reference)


# An imitation of the command, so that these run where Tesseract is not installed.


@pytest.fixture
def imitate(tmp_path, monkeypatch):
    """Put a command `tesseract` that runs the given Python code first on the PATH."""

    def install(code):
        if os.name == "nt":
            pytest.skip("the imitation is a script with a first line that Windows does not obey")
        command = tmp_path / "tesseract"
        command.write_text(f"#!{sys.executable}\nimport sys\n{code}\n")
        command.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        return command

    return install


def test_the_page_goes_in_as_png_and_the_text_comes_out(imitate, tmp_path):
    command = imitate(
        f"open({str(tmp_path / 'in.png')!r}, 'wb').write(sys.stdin.buffer.read())\n"
        "print(' '.join(sys.argv[1:]))\n"
        "sys.stdout.buffer.write('naïve\\n\\n\\x0c'.encode())"
    )
    page = np.array([[0.0, 0.5, 1.0], [0.25, 0.75, 1.0]])
    assert ocr.find_tesseract() == str(command)
    assert ocr.read_text(page[..., None], language="deu") == "stdin stdout -l deu\nnaïve"
    image = Image.open(io.BytesIO((tmp_path / "in.png").read_bytes()))
    assert (image.format, image.mode) == ("PNG", "L")
    np.testing.assert_array_equal(np.asarray(image), [[0, 128, 255], [64, 191, 255]])


def test_without_tesseract(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ocr.find_tesseract() is None
    with pytest.raises(RuntimeError, match="not found; install it"):
        ocr.read_text(np.ones((8, 8)))


def test_a_failing_tesseract_is_quoted(imitate):
    imitate("sys.exit(sys.stderr.write('\\nError opening data file\\nmore\\n') and 3)")
    with pytest.raises(RuntimeError, match=r"status 3 \(Error opening data file\)") as caught:
        ocr.read_text(np.ones((8, 8)), language="tlh")
    assert "'tlh'" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("said", ["Image too large: (40000, 10)", "Segmentation fault"])
def test_the_hint_on_languages_is_for_languages(imitate, said):
    imitate(f"sys.exit(sys.stderr.write({said!r}) and 1)")
    with pytest.raises(RuntimeError) as caught:
        ocr.read_text(np.ones((8, 8)))
    assert said in str(caught.value) and "language" not in str(caught.value)
    assert ("smaller page" in str(caught.value)) == ("too large" in said)


@pytest.mark.skipif(ocr.find_tesseract() is None, reason="Tesseract is not installed")
def test_tesseract_on_a_page_that_is_too_large():
    with pytest.raises(RuntimeError, match="pass a smaller page"):
        ocr.read_text(np.ones((4, 40_000), np.float32))


def test_a_slow_tesseract_is_stopped(imitate):
    imitate("import time; time.sleep(60)")
    started = time.perf_counter()
    with pytest.raises(RuntimeError, match=r"not finished after 0\.5 seconds"):
        ocr.read_text(np.ones((8, 8)), timeout=0.5)
    assert time.perf_counter() - started < 20


def test_a_broken_tesseract_is_told(imitate):
    imitate("").write_bytes(b"#!/no/such/interpreter\n")
    with pytest.raises(RuntimeError, match="could not be started"):
        ocr.read_text(np.ones((8, 8)))


@pytest.mark.parametrize(
    "page", [np.ones(8), np.ones((2, 8, 8)), np.ones((8, 8, 3)), np.full((8, 8), 255), "page.png"]
)
def test_pages_that_are_none(page):
    with pytest.raises(ValueError, match="page must"):
        ocr.read_text(page)


@pytest.mark.skipif(ocr.find_tesseract() is None, reason="Tesseract is not installed")
def test_tesseract_reads_a_line():
    assert ocr.character_error_rate(ocr.read_text(page_of(SENTENCE)), SENTENCE) < 0.05
    assert ocr.read_text(np.ones((60, 200))) == ""


@pytest.mark.skipif(ocr.find_tesseract() is None, reason="Tesseract is not installed")
def test_tesseract_without_the_language():
    with pytest.raises(RuntimeError, match="xxx"):
        ocr.read_text(page_of(SENTENCE), language="xxx")
