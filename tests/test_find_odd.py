"""The command that finds odd pictures: its ranking, its promise, what it writes and refuses."""

import csv
import errno
import os
import re
import sys
import urllib.parse

import numpy as np
import pytest
from bs4 import BeautifulSoup
from commands import run_python
from PIL import Image

from course_utils.pictures import command, network, oddness, sheet
from tools import odd_pictures


def make_levels(count, seed=0, size=32):
    """Pictures that are alike: a bright disc on a dark ground, with noise."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices((size, size)) / size - 0.5
    pictures = []
    for _ in range(count):
        shift = rng.normal(0, 0.02, 2)
        disc = (rows - shift[0]) ** 2 + (columns - shift[1]) ** 2 < 0.09
        picture = np.where(disc[..., None], (200, 150, 60), (40, 50, 60))
        pictures.append(np.clip(picture + rng.normal(0, 5, picture.shape), 0, 255))
    return np.array(pictures).astype(np.uint8)


def spoil(picture):
    """Paint a blue bar across a picture, in place."""
    half, eighth = len(picture) // 2, len(picture) // 8
    picture[half - eighth : half + eighth, eighth:half] = (30, 60, 220)


def write_pictures(folder, levels, name="p{:03d}.png"):
    folder.mkdir(exist_ok=True)
    for i, picture in enumerate(levels):
        Image.fromarray(picture).save(folder / name.format(i))


class MeanPicture:
    """In place of a trained network: it reconstructs the mean of what it was trained on."""

    trained = ()

    def __init__(self, levels, seed, on_step=lambda: None):
        self.known = {picture.tobytes() for picture in levels}
        self.mean = np.rint(levels.mean(axis=0)).astype(np.uint8)
        self.asked = set()
        MeanPicture.trained = (*MeanPicture.trained, self)
        on_step()

    def reconstruct(self, levels):
        self.asked |= {picture.tobytes() for picture in levels}
        return np.repeat(self.mean[None], len(levels), axis=0)


@pytest.fixture
def quick(monkeypatch):
    """Put the mean picture in the place of the network."""
    monkeypatch.setattr(MeanPicture, "trained", ())
    monkeypatch.setattr(network, "train", MeanPicture)


@pytest.fixture
def folder(tmp_path):
    """40 pictures, the last of which is odd."""
    levels = make_levels(40)
    spoil(levels[39])
    write_pictures(tmp_path / "mine", levels)
    return tmp_path / "mine"


@pytest.fixture
def run(quick, capsys):
    """Run the command in this process; returns status, standard output, standard error."""

    def run_command(*arguments):
        status = command.main([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return run_command


def table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def is_one_sentence(text):
    return text.startswith("find_odd: ") and text.endswith(".\n") and text.count("\n") == 1


# The ranking


def test_each_picture_is_judged_by_what_was_not_trained_on_it(quick):
    levels = make_levels(30)
    detector = oddness.Detector(levels)
    one, two = MeanPicture.trained
    everything = {picture.tobytes() for picture in levels}
    assert one.known | two.known == everything and not one.known & two.known
    assert one.asked == two.known and two.asked == one.known
    assert abs(len(one.known) - len(two.known)) <= 1
    assert detector.own.scores.shape == (30,)


def test_the_pieces_of_a_picture_are_not_compared_with_themselves(quick):
    levels = make_levels(30)
    spoil(levels[7])
    own = oddness.Detector(levels).own
    pieces = own.witnesses[:, oddness.WITNESSES.index("pieces")]
    assert pieces.argmax() == 7 and pieces[7] > 3
    row, column = own.oddest_piece[7]
    assert 0.3 < row < 0.7 and column < 0.6


def test_an_odd_picture_does_not_hide_behind_its_copy(quick):
    levels = make_levels(40)
    spoil(levels[3])
    levels[30] = levels[21] = levels[3]
    for seed in range(3):
        detector = oddness.Detector(levels, seed)
        assert set(detector.own.order()[:3]) == {3, 21, 30}
        assert len({detector.halves[i] for i in (3, 21, 30)}) == 1


def test_each_witness_says_zero_in_the_middle_and_one_for_one_in_ten(quick):
    witnesses = oddness.Detector(make_levels(60)).own.witnesses
    assert witnesses.shape == (60, len(oddness.WITNESSES))
    np.testing.assert_allclose(np.median(witnesses, axis=0), 0, atol=1e-6)
    assert (np.quantile(witnesses, 0.9, axis=0) <= 1 + 1e-6).all()


def test_an_error_counts_by_what_is_usual_at_its_place(quick):
    levels = make_levels(60)
    noise = np.random.default_rng(1).integers(0, 256, (60, 10, 32, 3))
    levels[:, :10] = noise  # the top is different in every picture
    levels[5, 22:26, 22:26] = 250
    detector = oddness.Detector(levels)
    assert detector.own.order()[0] == 5
    errors = detector.error_map(levels[5], detector.own.reconstructions[5])
    row, column = np.unravel_index(errors.argmax(), errors.shape)
    assert row > 18 and column > 18


def test_others_are_judged_as_well(quick):
    detector = oddness.Detector(make_levels(40))
    others = make_levels(12, seed=1)
    spoil(others[4])
    found = detector.judge(others)
    assert found.order()[0] == 4 and found.reconstructions.shape == others.shape
    usual = np.delete(found.scores, 4)
    assert found.scores[4] > usual.max() + 2 and abs(np.median(usual)) < 2


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        (make_levels(19), "19 pictures are too few to learn what is usual; give 20 or more"),
        (np.zeros((50, 32, 32, 3), np.uint8), "hardly any two of the pictures differ"),
    ],
)
def test_too_few_to_learn_from(quick, levels, message):
    with pytest.raises(ValueError, match=message):
        oddness.Detector(levels)


def test_the_network_learns_and_the_seed_repeats_it(monkeypatch):
    levels = make_levels(80)
    trained = network.train(levels[:64], seed=3)
    rest = levels[64:].astype(float)
    error = np.mean((trained.reconstruct(levels[64:]) - rest) ** 2)
    assert error < 0.5 * np.mean((levels[:64].mean(axis=0) - rest) ** 2)
    monkeypatch.setattr(network, "num_steps", lambda count: 4)
    again = [network.train(levels, seed).reconstruct(levels) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(again[0], again[1])
    assert not np.array_equal(again[0], again[2])


def test_the_seed_repeats_the_ranking(quick):
    levels = make_levels(40)
    scores = [oddness.Detector(levels, seed).own.scores for seed in (1, 1, 2)]
    np.testing.assert_array_equal(scores[0], scores[1])
    assert not np.array_equal(scores[0], scores[2])


def test_more_pictures_get_more_steps_up_to_a_limit():
    steps = [network.num_steps(count) for count in (10, 250, 500, 100_000)]
    assert steps == sorted(steps) and steps[0] == 150 and steps[-1] == 1000
    assert oddness.count_steps(501) == network.num_steps(250) + network.num_steps(251)


# The promise


def test_p_values_are_the_share_of_held_out_scores_that_are_as_high():
    found = oddness.p_values([0.5, 3.0, 9.0], [1.0, 2.0, 3.0, 4.0])
    np.testing.assert_allclose(found, [1.0, 3 / 5, 1 / 5])


def test_of_normal_pictures_no_more_are_flagged_than_promised():
    rng = np.random.default_rng(0)
    flagged = []
    for _ in range(2000):
        scores = rng.standard_normal(19 + 5)
        flagged += list(oddness.p_values(scores[19:], scores[:19]) <= 0.05)
    assert 0.04 < np.mean(flagged) < 0.06  # 0.05, but for chance


@pytest.mark.parametrize(
    ("share", "needed"), [(0.01, 99), (0.05, 19), (0.1, 9), (0.02, 49), (0.3, 3), (0.5, 1)]
)
def test_how_many_held_out_pictures_a_promise_needs(share, needed):
    assert oddness.needed_for(share) == needed
    assert oddness.p_values([9.0], np.zeros(needed))[0] <= share + 1e-12
    if needed > 1:
        assert oddness.p_values([9.0], np.zeros(needed - 1))[0] > share


@pytest.mark.parametrize("share", [0, 1, -0.1, 2, float("nan")])
def test_a_share_of_false_alarms_is_between_0_and_1(share):
    with pytest.raises(ValueError, match=r"must be above 0 and below 1; got .*write 1 % as 0\.01"):
        oddness.needed_for(share)


def test_normal_pictures_make_a_promise(run, folder, tmp_path):
    write_pictures(tmp_path / "good", make_levels(80, seed=5))
    status, _, err = run(
        folder, "--normal", tmp_path / "good", "--false-alarms", 0.05, "--out", tmp_path / "out"
    )
    assert status == 0
    learned = set().union(*(network.known for network in MeanPicture.trained))
    assert len(learned) == 40  # half are held out
    rows = table(tmp_path / "out" / "scores.csv")
    assert rows[0]["file"] == "p039.png" and rows[0]["flagged"] == "yes"
    assert float(rows[0]["p_value"]) == pytest.approx(1 / 41, abs=1e-6)
    flagged = sum(row["flagged"] == "yes" for row in rows)
    assert f"Note: {flagged} of 40 pictures are flagged. Of normal pictures at most 5 % are" in err
    assert "as 40 held-out normal pictures say" in err and "same source" in err
    assert "flagged" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")


def test_a_promise_holds_out_what_it_needs(run, folder, tmp_path):
    write_pictures(tmp_path / "good", make_levels(70, seed=5))
    options = ("--normal", tmp_path / "good", "--false-alarms", 0.02, "--quiet")
    status, out, err = run(folder, *options)
    assert status == 0 and out == "" and "49 held-out" in err
    assert len(set().union(*(network.known for network in MeanPicture.trained))) == 21


def test_too_few_normal_pictures_for_a_promise(run, folder, tmp_path):
    write_pictures(tmp_path / "good", make_levels(40, seed=5))
    status, out, err = run(folder, "--normal", tmp_path / "good")
    assert (status, out) == (1, "") and err.count("\n") == 1
    assert "a promise of 1 % false alarms needs at least 99 held-out normal pictures" in err
    assert "119 in all" in err and "has 40; add 79, or ask for --false-alarms 0.0477." in err
    again = run(folder, "--normal", tmp_path / "good", "--false-alarms", 0.0477)
    assert again[0] == 0, again
    assert MeanPicture.trained and os.path.isdir(tmp_path / "mine-odd")


def test_pictures_in_both_folders_are_said(run, folder, tmp_path):
    levels = make_levels(60, seed=5)
    write_pictures(tmp_path / "good", levels)
    write_pictures(folder, levels[:3], "copy{}.png")
    options = ("--normal", tmp_path / "good", "--false-alarms", 0.05, "--size", 32)
    assert "Note: 3 pictures are in both folders" in run(folder, *options)[2]


# What is written


def test_the_command_writes_a_sheet_and_a_table_and_changes_nothing(run, folder):
    before = {path: path.read_bytes() for path in folder.iterdir()}
    status, out, err = run(folder)
    new = folder.with_name("mine-odd")
    assert status == 0 and re.fullmatch(rf"Wrote {new}/index.html in [\d.]+ seconds\.\n", out)
    assert "Note: This is a ranking, which promises nothing" in err and "at least 119" in err
    assert sorted(os.listdir(new)) == ["index.html", "scores.csv"]
    assert before == {path: path.read_bytes() for path in folder.iterdir()}
    assert sorted(os.listdir(folder.parent)) == ["mine", "mine-odd"]
    rows = table(new / "scores.csv")
    assert [int(row["rank"]) for row in rows] == list(range(1, 41))
    assert rows[0]["file"] == "p039.png" and "p_value" not in rows[0]
    scores = [float(row["score"]) for row in rows]
    assert scores == sorted(scores, reverse=True) and scores[0] > scores[1] + 1


def test_the_sheet_needs_no_other_file_and_says_what_is_in_its_pictures(run, folder):
    name = 'ä <b>&"#? %.png'
    (folder / "p039.png").rename(folder / name)
    assert run(folder, "--top", 3)[0] == 0
    home = folder.with_name("mine-odd")
    page = BeautifulSoup((home / "index.html").read_text(encoding="utf-8"), "html.parser")
    odd, usual = page.find_all(class_="cards")
    assert len(odd.find_all("li")) == 3 and 3 <= len(usual.find_all("li")) <= 6
    assert [picture["src"][:23] for picture in page.find_all("img")] == (
        ["data:image/jpeg;base64,"] * len(page.find_all("img"))
    )
    alts = [picture["alt"] for picture in page.find_all("img")]
    assert alts[0] == f"Picture {name}" and len(set(alts)) == len(alts)
    assert re.match(re.escape(f"Error map of {name}: largest error at the "), alts[1])
    link = odd.find("a")
    assert link.text == name and "://" not in link["href"]
    assert (home / urllib.parse.unquote(link["href"])).resolve() == (folder / name).resolve()
    text = page.find("style").text
    assert "prefers-color-scheme: dark" in text and "url(" not in text
    assert page.find("meta", attrs={"name": "viewport"}) and not page.find_all(["script", "link"])


def test_the_overlay_colours_the_error_and_frames_the_piece():
    picture = Image.new("RGB", (100, 100), (90, 90, 90))
    errors = np.full((20, 20), 0.5)
    errors[2:5, 2:5] = 30
    marked = np.asarray(sheet.overlay(picture, errors, (0.75, 0.75))).astype(int)
    red = marked[..., 0] - marked[..., 1]
    assert red[17, 17] > 100 and abs(red[40:, :60]).max() == 0
    assert marked[75, 63:67].max() > 200 and tuple(marked[75, 75]) == (90, 90, 90)


def test_files_that_cannot_be_read_are_listed(run, folder):
    for i in range(7):
        (folder / f"bad{i}.png").write_text("no picture")
    (folder / "inner").mkdir()
    status, _, err = run(folder, "--quiet")
    assert status == 0 and err.count("Note: skipped /") == 5
    assert "Note: skipped 2 more files" in err and "has 1 folders within, left out" in err
    rows = table(folder.with_name("mine-odd") / "skipped.csv")
    assert [row["file"] for row in rows] == [f"bad{i}.png" for i in range(7)]
    assert rows[0]["reason"] == "it is no picture of a known format"
    page = folder.with_name("mine-odd") / "index.html"
    assert "bad6.png: it is no picture" in page.read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are Unicode there")
def test_a_name_that_is_no_unicode(run, folder):
    os.rename(folder / "p039.png", os.fsencode(folder) + b"/\xff.png")
    assert run(folder)[0] == 0
    home = folder.with_name("mine-odd")
    assert table(home / "scores.csv")[0]["file"] == "\\udcff.png"
    link = BeautifulSoup((home / "index.html").read_text(encoding="utf-8"), "html.parser").find("a")
    assert link["href"].endswith("/%FF.png")


# What is refused


def test_nothing_is_overwritten(run, folder, tmp_path):
    (tmp_path / "mine-odd").mkdir()
    (tmp_path / "file").write_text("precious")
    for options in ((), ("--out", tmp_path / "file"), ("--out", folder)):
        status, out, err = run(folder, *options)
        assert (status, out) == (2, "") and is_one_sentence(err) and "left as it is" in err
    assert not os.listdir(tmp_path / "mine-odd") and len(os.listdir(folder)) == 40
    assert (tmp_path / "file").read_text() == "precious"
    assert MeanPicture.trained == ()  # it is said before the work begins


def test_a_folder_that_appears_meanwhile_is_not_lost(run, folder, tmp_path, monkeypatch):
    def slow(*args, **options):
        (tmp_path / "mine-odd").mkdir()
        (tmp_path / "mine-odd" / "a").write_text("precious")

    monkeypatch.setattr(sheet, "write_sheet", slow)
    status, _, err = run(folder, "--quiet")
    assert status == 2 and is_one_sentence(err.splitlines(keepends=True)[-1])
    assert (tmp_path / "mine-odd" / "a").read_text() == "precious"
    assert sorted(os.listdir(tmp_path)) == ["mine", "mine-odd"]


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (KeyboardInterrupt(), 130, "interrupted; nothing was written"),
        (MemoryError(), 1, "do not fit into memory"),
        (OSError(errno.ENOSPC, "No space left on device"), 1, "No space left on device"),
    ],
)
def test_what_interrupts_leaves_nothing(run, folder, monkeypatch, error, status, message):
    def fail(*args, **options):
        raise error

    monkeypatch.setattr(sheet, "write_sheet", fail)
    result = run(folder)
    assert result[0] == status and message in result[2]
    assert is_one_sentence(result[2].splitlines(keepends=True)[-1])
    assert os.listdir(folder.parent) == ["mine"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing"], "there is no folder"),
        (["few"], "has 19 pictures that can be read, which are too few"),
        (["few/p000.png"], "is a file; name the folder that it is in"),
        (["mine", "--out", "no/such/new"], "there is no folder no/such; make it first"),
        (["mine", "--false-alarms", "0.05"], "by --normal"),
        (["mine", "--normal", "missing"], "there is no folder missing"),
    ],
)
def test_mistakes_are_one_sentence(run, folder, monkeypatch, arguments, message):
    write_pictures(folder.parent / "few", make_levels(19))
    monkeypatch.chdir(folder.parent)
    status, out, err = run(*arguments)
    assert (status, out) == (1, "") and is_one_sentence(err) and message in err
    assert sorted(os.listdir(folder.parent)) == ["few", "mine"] and MeanPicture.trained == ()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["a", "b"],
        ["a", "--false-alarms", "0"],
        ["a", "--false-alarms", "5"],
        ["a", "--top", "0"],
        ["a", "--size", "40"],
        ["a", "--size", "16"],
        ["a", "--fit", "squash"],
        ["a", "--seed", "-1"],
        ["a", "--seed", "4294967296"],
    ],
)
def test_wrong_options(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        command.main(arguments)
    assert caught.value.code == 2 and "error: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [({"size": 40}, "size must be a multiple of 16"), ({"top": 0}, "top"), ({"seed": -1}, "seed")],
)
def test_wrong_arguments(folder, options, message):
    with pytest.raises(ValueError, match=message):
        command.find_odd(folder, **options)


def test_options_reach_their_place(monkeypatch):
    seen = {}
    monkeypatch.setattr(command, "find_odd", lambda *a, **options: seen.update(options))
    command.main(["a"])
    assert (seen["size"], seen["fit"], seen["seed"], seen["progress"]) == (64, "pad", 0, True)
    assert (seen["normal"], seen["false_alarms"], seen["subfolders"]) == (None, None, False)
    given = "a --size 128 --fit crop --seed 7 --quiet --subfolders --normal b --false-alarms 0.1"
    command.main([*given.split(), "--top", "5"])
    assert (seen["size"], seen["fit"], seen["seed"], seen["progress"]) == (128, "crop", 7, False)
    assert (seen["normal"], seen["false_alarms"], seen["subfolders"]) == ("b", 0.1, True)
    assert seen["top"] == 5


def test_mistakes_and_help_are_told_before_keras_is_imported(tmp_path):
    code = (
        "import sys; from course_utils import find_odd\n"
        f"print(find_odd.main([{str(tmp_path / 'no')!r}]))\n"
        "print(any(m in sys.modules for m in ('keras', 'tensorflow', 'jax')))\n"
        "find_odd.main(['--help'])"
    )
    run = run_python("-c", code)
    assert run.returncode == 0 and is_one_sentence(run.stderr)
    assert run.stdout.startswith("1\nFalse\nusage: python -m course_utils.find_odd")
    for option in ("--out", "--normal", "--false-alarms", "--subfolders", "--size", "--seed"):
        assert option in run.stdout


def test_the_odd_pictures_of_a_folder_are_found_from_a_shell(tmp_path):
    """Trains the networks; of 500 pictures, `python -m tools.odd_pictures` does the same."""
    folder = tmp_path / "gears"
    odd = odd_pictures.write_folder(folder, "gears", count=120, num_odd=3)
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    run = run_python("-m", "course_utils.find_odd", folder, env=environment)
    assert run.returncode == 0, run.stderr
    assert all(line.startswith("Note: ") for line in run.stderr.splitlines()), run.stderr
    for name in ("half.png", "empty.jpg", "notes.txt", "text.png"):
        assert f"Note: skipped {folder / name}: " in run.stderr
    first = [row["file"] for row in table(tmp_path / "gears-odd" / "scores.csv")[:6]]
    assert set(odd) <= set(first)
