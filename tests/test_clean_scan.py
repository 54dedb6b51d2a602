"""The command that cleans a scan: what it writes, what it says, and what it refuses."""

import errno
import os
import re

import matplotlib
import numpy as np
import pytest
from commands import run_python
from PIL import Image, ImageDraw, ImageFont

from course_utils.documents import cleaner, command, files

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


# The command, with a network that copies


@pytest.fixture
def scan(tmp_path):
    path = tmp_path / "scan.png"
    image = Image.fromarray(np.rint(255 * uneven_light(written_page(16))).astype(np.uint8))
    image.save(path, dpi=(300, 300))
    return path


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command in this process; returns status, standard output, standard error."""
    monkeypatch.setattr(command, "load_cleaner", lambda trained_on: copy_page)

    def run_command(*arguments):
        status = command.main([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return run_command


def is_one_sentence(text):
    return text.startswith("clean_scan: ") and text.endswith(".\n") and text.count("\n") == 1


def test_the_command_writes_a_page_of_the_same_size_and_resolution(run, scan, tmp_path):
    status, out, err = run(scan, tmp_path / "clean.png")
    assert status == 0
    assert "100%" in err and "Note" not in err
    assert out.startswith(f"Wrote {tmp_path / 'clean.png'} in ") and out.endswith(" seconds.\n")
    with Image.open(tmp_path / "clean.png") as image, Image.open(scan) as before:
        assert (image.mode, image.size) == ("L", before.size)
        assert image.info["dpi"] == before.info["dpi"]
        np.testing.assert_array_equal(np.asarray(image), np.asarray(before))
    assert sorted(os.listdir(tmp_path)) == ["clean.png", "scan.png"]


def test_quiet(run, scan, tmp_path):
    assert run(scan, tmp_path / "clean.png", "--quiet") == (0, "", "")


def test_an_existing_file_is_replaced_only_by_force(run, scan, tmp_path):
    target = tmp_path / "clean.png"
    target.write_text("precious")
    status, out, err = run(scan, target)
    assert status == 2 and out == "" and is_one_sentence(err) and "--force" in err
    assert target.read_text() == "precious"
    assert run(scan, target, "--force")[0] == 0
    assert Image.open(target).size == (600, 300)


def test_a_file_that_appears_meanwhile_is_not_lost(run, scan, tmp_path, monkeypatch):
    target = tmp_path / "clean.png"

    def slow(page, *args, **options):
        target.write_text("precious")
        return cleaner.Cleaning(page, 1.0, np.zeros(page.shape, np.uint8))

    monkeypatch.setattr(cleaner, "clean_and_compare", slow)
    status, _, err = run(scan, target)
    assert status == 2 and is_one_sentence(err)
    assert target.read_text() == "precious"
    assert sorted(os.listdir(tmp_path)) == ["clean.png", "scan.png"]


@pytest.mark.skipif(os.name == "nt", reason="Windows needs a privilege for links")
def test_links(run, scan, tmp_path):
    (tmp_path / "same.png").symlink_to(scan)
    (tmp_path / "dangling.png").symlink_to(tmp_path / "nowhere.png")
    before = scan.read_bytes()
    for options in ((), ("--force",)):
        status, _, err = run(scan, tmp_path / "same.png", *options)
        assert status == 1 and "the scan itself" in err
    assert run(scan, tmp_path / "dangling.png")[0] == 2
    assert scan.read_bytes() == before


def test_the_scan_itself_is_never_replaced(run, scan):
    before = scan.read_bytes()
    for options in ((), ("--force",)):
        status, _, err = run(scan, scan.parent / "." / scan.name, *options)
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
def test_sources_that_are_no_scans(run, tmp_path, name, message):
    make_sources(tmp_path)
    before = sorted(os.listdir(tmp_path))
    status, out, err = run(tmp_path / name, tmp_path / "clean.png")
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
def test_targets_that_cannot_be(run, scan, tmp_path, target, message):
    (tmp_path / "folder.png").mkdir()
    status, out, err = run(scan, tmp_path / target, "--force")
    assert (status, out) == (1, "") and is_one_sentence(err) and message in err
    assert sorted(os.listdir(tmp_path)) == ["folder.png", "scan.png"]


def test_files_that_are_forbidden(run, scan, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:  # not by chmod: the super-user may do anything
        patch.setattr(os, "access", lambda *args: False)
        status, _, err = run(scan, tmp_path / "clean.png")
    assert status == 1 and is_one_sentence(err) and "cannot be written" in err

    def forbid(*args):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(files, "open", forbid, raising=False)
    status, _, err = run(scan, tmp_path / "clean.png")
    assert status == 1 and is_one_sentence(err) and "cannot be read (Permission denied)" in err


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (KeyboardInterrupt(), 130, "nothing was written"),
        (MemoryError(), 1, "does not fit into memory"),
    ],
)
def test_what_interrupts_leaves_nothing(run, scan, tmp_path, monkeypatch, error, status, message):
    def fail(*args, **options):
        raise error

    for place, name in ((cleaner, "clean_and_compare"), (Image.Image, "save")):
        with monkeypatch.context() as patch:
            patch.setattr(place, name, fail)
            result = run(scan, tmp_path / "clean.png")
        assert result[0] == status
        assert is_one_sentence(result[2][result[2].index("clean_scan:") :]) and message in result[2]
        assert os.listdir(tmp_path) == ["scan.png"]


def test_a_file_with_several_pages(run, tmp_path):
    first = Image.fromarray(np.rint(255 * written_page(16)).astype(np.uint8))
    first.save(tmp_path / "two.tif", save_all=True, append_images=[first.crop((0, 0, 90, 80))])
    status, _, err = run(tmp_path / "two.tif", tmp_path / "clean.png", "--quiet")
    assert status == 0 and err.count("\n") == 1
    assert err.startswith("Note: ") and "has 2 pages; only page 1 is cleaned" in err
    second = tmp_path / "second.png"
    assert run(tmp_path / "two.tif", second, "--page", 2)[0] == 0
    assert Image.open(second).size == (90, 80)
    status, _, err = run(tmp_path / "two.tif", tmp_path / "third.png", "--page", 3)
    assert status == 1 and is_one_sentence(err) and "no page 3" in err


def erase(page, training):
    """A network that erases all."""
    return np.ones_like(page)


def test_what_the_network_loses_is_put_back_and_said(run, scan, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "load_cleaner", lambda trained_on: erase)
    status, _, err = run(scan, tmp_path / "c.png", "--report", tmp_path / "r.png", "--quiet")
    assert status == 0
    assert re.search(r"Note: strokes in \d+ places? \(.*pixels at \(\d+, \d+\)\) were lost", err)
    before, after = files.read_page(scan).page, files.read_page(tmp_path / "c.png").page
    ink = written_page(16) < 0.3
    assert np.mean(after[ink] < before[ink] + 0.1) > 0.95
    assert np.mean(after[~ink] > 0.6) > 0.9
    report = np.asarray(Image.open(tmp_path / "r.png")).astype(int)
    red = report[..., 0] > report[..., 2] + 50
    assert red[ink].mean() > 0.8 and red[:5].mean() < 0.01


def test_keep_erases_nothing(run, scan, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "load_cleaner", lambda trained_on: erase)
    pale = np.asarray(Image.open(scan)).copy()
    pale[140:160, 250:350] = 0.8 * pale[140:160, 250:350]  # a grey bar
    Image.fromarray(pale).save(scan)
    assert run(scan, tmp_path / "c.png", "--keep", "--quiet")[0] == 0
    after = files.read_page(tmp_path / "c.png").page
    assert after[145:155, 255:345].max() < 0.9
    assert np.median(after) > 0.97


def test_a_report_is_another_file_and_replaces_none(run, scan, tmp_path):
    (tmp_path / "old.png").write_text("precious")
    for name, message in (("old.png", "exists"), ("c.png", "both the clean page and the report")):
        status, _, err = run(scan, tmp_path / "c.png", "--report", tmp_path / name)
        assert status in (1, 2) and is_one_sentence(err) and message in err
        assert not (tmp_path / "c.png").exists()
    assert (tmp_path / "old.png").read_text() == "precious"


def test_a_name_that_the_terminal_cannot_show(scan, tmp_path):
    target = tmp_path / "sauber-\u00e4\u4e2d.png"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    run = run_python("-m", "course_utils.clean_scan", scan, target, env=environment)
    assert run.returncode == 0 and target.is_file()
    assert "sauber-\\xe4\\u4e2d.png" in run.stdout and "Traceback" not in run.stderr


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
        command.main(arguments)
    assert caught.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_options_reach_their_place(monkeypatch):
    seen = {}
    monkeypatch.setattr(command, "clean_file", lambda *a, **options: seen.update(options))
    command.main(["a.png", "b.png"])
    assert (seen["scale"], seen["trained_on"], seen["keep"]) == ("auto", "real", False)
    command.main(["a.png", "b.png", "--scale", "2.5", "--trained-on", "generated", "--keep"])
    assert (seen["scale"], seen["trained_on"], seen["keep"]) == (2.5, "generated", True)


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
    for option in ("--force", "--keep", "--report", "--scale", "--page", "--trained-on", "--quiet"):
        assert option in run.stdout


def test_the_command_from_a_shell(tmp_path, scan):
    """Loads the shipped network; standard error has the progress bar and nothing else."""
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    run = run_python("-m", "course_utils.clean_scan", scan, tmp_path / "clean.png", env=environment)
    assert run.returncode == 0 and run.stdout.startswith("Wrote ")
    lines = [line for line in run.stderr.replace("\r", "\n").splitlines() if line.strip()]
    assert lines and all("tile" in line for line in lines)
    clean = files.read_page(tmp_path / "clean.png")
    assert clean.dpi == pytest.approx((300, 300), abs=0.1)
    assert mse(clean.page, written_page(16)) < 0.2 * mse(
        files.read_page(scan).page, written_page(16)
    )


def test_what_went_wrong_in_the_import_is_shown(tmp_path):
    (tmp_path / "keras.py").write_text(
        "import os\nos.write(2, b'a line of C++')\nraise ImportError('no Keras')\n"
    )
    code = "from course_utils._command import import_keras\nimport_keras()"
    run = run_python("-c", code, env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert run.returncode == 1
    assert "a line of C++" in run.stderr and "ImportError: no Keras" in run.stderr


def test_what_clean_file_is_told_reaches_the_network_and_the_page(tmp_path, scan, monkeypatch):
    seen = {}
    monkeypatch.setattr(command, "load_cleaner", lambda name: seen.update(name=name) or "net")

    def record(page, model, **options):
        seen.update(model=model, **options)
        return cleaner.Cleaning(255 - page, 1.0, np.zeros(page.shape, np.uint8))

    monkeypatch.setattr(cleaner, "clean_and_compare", record)
    options = {"scale": 2.5, "keep": True, "progress": True}
    command.clean_file(scan, tmp_path / "clean.png", trained_on="generated", **options)
    assert seen == {"name": "generated", "model": "net", **options}
    pages = [files.read_page(path).page for path in (scan, tmp_path / "clean.png")]
    np.testing.assert_allclose(pages[1], 1 - pages[0], atol=1e-6)
