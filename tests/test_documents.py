"""Generated pages, real scans, splits, patches and the classical baseline."""

import time

import numpy as np
import pytest
from PIL import Image

from course_utils import documents
from course_utils.documents import Pair, classical, generator
from course_utils.documents import dirt as dirt_module
from course_utils.documents import everyday as everyday_module


@pytest.fixture(scope="module")
def pages():
    return documents.generate_pages(8, seed=3, height=200, width=400)


@pytest.fixture(scope="module")
def real(noisy_office):
    return documents.load_noisy_office(noisy_office)


def test_a_font_that_an_older_matplotlib_lacks_is_done_without(monkeypatch, tmp_path):
    upright = {family[0] for _, family in generator._FAMILIES}
    where = generator._font_file
    monkeypatch.setattr(
        generator, "_font_file", lambda name: where(name) if name in upright else tmp_path / name
    )
    generator.font.cache_clear()
    pages = documents.generate_pages(12, seed=0, height=64, width=128)  # slanted and bold ones too
    assert len(pages) == 12


def mse(a, b):
    return float(np.mean(np.square(a - b)))


# Generated pages


def test_pages_are_what_the_docstring_says(pages):
    assert len(pages) == 8
    for images in (pages.dirty, pages.clean):
        assert images.shape == (8, 200, 400, 1)
        assert images.dtype == np.float32
        assert images.min() >= 0 and images.max() <= 1
    assert set(pages.dirt) <= set(documents.DIRT)
    assert pages.page.tolist() == list(range(8))
    assert len(pages.texts) == 8


def test_same_seed_same_pages_other_seed_other_pages(pages):
    again = documents.generate_pages(8, seed=3, height=200, width=400)
    assert np.array_equal(again.dirty, pages.dirty)
    assert np.array_equal(again.clean, pages.clean)
    assert again.texts == pages.texts
    other = documents.generate_pages(8, seed=4, height=200, width=400)
    assert not np.array_equal(other.clean, pages.clean)


def test_the_first_pages_do_not_depend_on_how_many_are_made(pages):
    few = documents.generate_pages(2, seed=3, height=200, width=400)
    assert np.array_equal(few.dirty, pages.dirty[:2])


def test_copies_share_their_text_and_differ_in_dirt():
    pages = documents.generate_pages(2, seed=0, height=100, width=200, copies=4)
    assert pages.page.tolist() == [0] * 4 + [1] * 4
    assert set(pages.dirt[:4]) == set(documents.DIRT)
    for i in range(1, 4):
        assert np.array_equal(pages.clean[0], pages.clean[i])
        assert not np.array_equal(pages.dirty[0], pages.dirty[i])
    assert not np.array_equal(pages.clean[0], pages.clean[4])
    assert pages.texts[0] == pages.texts[3] != pages.texts[4] == pages.texts[7]


def test_clean_pages_are_dark_text_on_white(pages):
    assert (pages.clean == 1).mean() > 0.5
    for clean in pages.clean:
        assert 0.02 < (clean < 0.5).mean() < 0.3
        assert clean.min() < 0.1
    assert all(len(text.split()) >= 3 for text in pages.texts)


def test_dirty_pages_are_darker_and_keep_the_text(pages):
    for dirty, clean in zip(pages.dirty, pages.clean):
        assert dirty.mean() < clean.mean()
        assert np.corrcoef(dirty.ravel(), clean.ravel())[0, 1] > 0.5


def test_dirty_pages_hold_whole_bytes_as_a_scanner_writes_them(pages):
    grey = 255 * pages.dirty.astype(float)
    assert np.abs(grey - np.round(grey)).max() < 1e-4
    assert len(np.unique(np.round(grey))) > 50


def test_pairs_keep_dirty_and_clean_apart_and_know_their_page():
    pages = documents.generate_pages(2, seed=0, height=64, width=128, copies=2)
    pairs = pages.pairs()
    assert [pair.page for pair in pairs] == [0, 0, 1, 1]
    assert len({pair.sheet for pair in pairs}) == len({pair.name for pair in pairs}) == 4
    for i, pair in enumerate(pairs):
        assert np.array_equal(pair.dirty, pages.dirty[i])
        assert np.array_equal(pair.clean, pages.clean[i])


@pytest.mark.parametrize("kind", documents.DIRT)
def test_each_kind_of_dirt_marks_the_paper(kind):
    rng = np.random.default_rng(0)
    dirt = dirt_module._DIRT_MAKERS[kind](rng, (120, 240))
    assert dirt.shape == (120, 240)
    assert np.isfinite(dirt).all()
    assert dirt.std() > 0.005


def test_a_page_takes_little_time():
    documents.generate_pages(1, seed=0)
    start = time.process_time()
    documents.generate_pages(4, seed=1)
    assert (time.process_time() - start) / 4 < 0.5  # 0.05 s on an idle machine


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_pages": 0, "seed": 0}, "num_pages"),
        ({"num_pages": 1, "seed": -1}, "seed"),
        ({"num_pages": 1, "seed": 0, "height": 10}, "height must be at least 32"),
        ({"num_pages": 1, "seed": 0, "width": 10}, "width must be at least 64"),
        ({"num_pages": 1, "seed": 0, "copies": 0}, "copies"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        documents.generate_pages(**arguments)


@pytest.mark.parametrize("size", [(32, 64), (64, 1000), (600, 100)])
def test_odd_sizes_work(size):
    pages = documents.generate_pages(2, seed=1, height=size[0], width=size[1])
    assert pages.dirty.shape == (2, *size, 1)


# Real scans


def write_scans(folder, clean_pages, dirt=(0.8, 0.6)):
    number = 2
    for part in ("train", "train_cleaned"):
        (folder / part).mkdir(parents=True)
    for clean in clean_pages:
        for grey in dirt:
            pixels = np.round(255 * clean[..., 0]).astype("uint8")
            Image.fromarray(pixels).save(folder / "train_cleaned" / f"{number}.png")
            dirty = np.round(grey * pixels).astype("uint8")
            Image.fromarray(dirty).save(folder / "train" / f"{number}.png")
            number += 4
    return folder


@pytest.fixture
def scans(tmp_path, pages):
    return write_scans(tmp_path / "scans", pages.clean[:3])


def test_scans_are_loaded_in_the_order_of_their_numbers(scans):
    pairs = documents.load_noisy_office(scans)
    assert [pair.name for pair in pairs] == ["2", "6", "10", "14", "18", "22"]
    assert [pair.page for pair in pairs] == [0, 0, 1, 1, 2, 2]
    assert [pair.sheet for pair in pairs] == [0, 1, 0, 1, 0, 1]
    assert pairs[0].dirty.shape == (200, 400, 1) and pairs[0].dirty.dtype == np.float32
    assert pairs[0].dirty.max() == pytest.approx(0.8, abs=1 / 255)
    assert pairs[0].clean.max() == 1


def test_nearly_equal_clean_pages_count_as_one(scans):
    path = scans / "train_cleaned" / "6.png"
    pixels = np.array(Image.open(path))
    pixels[50:53, 50:53] ^= 3
    Image.fromarray(pixels).save(path)
    assert [pair.page for pair in documents.load_noisy_office(scans)] == [0, 0, 1, 1, 2, 2]


def test_the_folder_comes_from_the_environment(scans, monkeypatch):
    monkeypatch.setenv("NOISY_OFFICE_DIR", str(scans))
    assert documents.find_noisy_office() == scans
    assert len(documents.load_noisy_office()) == 6


def test_without_scans_there_is_none_and_loading_says_what_to_do(monkeypatch):
    monkeypatch.delenv("NOISY_OFFICE_DIR", raising=False)
    assert documents.find_noisy_office() is None
    with pytest.raises(FileNotFoundError, match="set NOISY_OFFICE_DIR"):
        documents.load_noisy_office()


def test_a_wrong_folder_in_the_environment_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("NOISY_OFFICE_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        documents.find_noisy_office()
    monkeypatch.setenv("NOISY_OFFICE_DIR", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="train"):
        documents.find_noisy_office()


def test_a_page_without_partner_is_named(scans):
    (scans / "train_cleaned" / "14.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"14\.png has no partner in train_cleaned"):
        documents.load_noisy_office(scans)


def test_a_folder_without_pictures_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        documents.load_noisy_office(tmp_path)
    for part in ("train", "train_cleaned"):
        (tmp_path / part).mkdir()
    with pytest.raises(FileNotFoundError, match=r"no \.png files"):
        documents.load_noisy_office(tmp_path)


@pytest.mark.parametrize("damage", ["text", "truncated", "empty"])
def test_a_damaged_file_is_named(scans, damage):
    path = scans / "train" / "10.png"
    raw = path.read_bytes()
    path.write_bytes(
        {"text": b"no picture", "truncated": raw[: len(raw) // 2], "empty": b""}[damage]
    )
    with pytest.raises(ValueError, match=r"10\.png cannot be read"):
        documents.load_noisy_office(scans)


def test_a_pair_of_different_sizes_is_refused(scans):
    path = scans / "train" / "10.png"
    Image.open(path).crop((0, 0, 300, 200)).save(path)
    with pytest.raises(ValueError, match=r"10\.png is 300 x 200 pixels"):
        documents.load_noisy_office(scans)


def test_the_real_scans_have_four_kinds_of_dirt_per_page(real):
    assert (np.bincount([pair.page for pair in real]) == 4).all()
    assert len({pair.sheet for pair in real}) < 20
    assert len({(pair.page, pair.sheet) for pair in real}) == len(real)
    for pair in real:
        assert pair.dirty.shape == pair.clean.shape
        assert pair.dirty.shape[1:] == (540, 1)


def test_background_subtraction_cleans_real_scans(real):
    nothing = np.mean([mse(pair.dirty, pair.clean) for pair in real])
    error = np.mean([mse(documents.background_subtraction(p.dirty), p.clean) for p in real])
    assert 0.02 < nothing < 0.03
    assert error < 0.0015


def test_generated_pages_resemble_the_real_ones(real):
    pages = documents.generate_pages(24, seed=0)

    def describe(pairs):
        clean, dirty = (
            np.concatenate([getattr(p, n).ravel() for p in pairs]) for n in ("clean", "dirty")
        )
        return {
            "ink": 1 - clean.mean(),
            "white": (clean > 0.99).mean(),
            "paper": np.median(dirty[clean > 0.99]),
            "dark ink": np.median(dirty[clean < 0.05]),
            "error": mse(dirty, clean),
        }

    made, found = describe(pages.pairs()), describe(real)
    assert 0.6 < made["ink"] / found["ink"] < 1.7
    assert 0.7 < made["error"] / found["error"] < 3  # more variety, hence more dirt
    for name in ("white", "paper", "dark ink"):
        assert abs(made[name] - found[name]) < 0.1, name


# Splits


@pytest.fixture
def pairs():
    blank = np.ones((40, 40, 1), np.float32)
    return [Pair(str(i), blank, blank, i // 4, i) for i in range(36)]


@pytest.mark.parametrize("seed", range(5))
def test_a_split_by_page_shares_no_page(pairs, seed):
    train, held_out = documents.split_by_page(pairs, 1 / 3, seed)
    assert len(train) + len(held_out) == 36 and len(held_out) == 12
    assert not {pair.page for pair in train} & {pair.page for pair in held_out}


@pytest.mark.parametrize("seed", range(5))
def test_a_split_by_page_goes_by_the_numbers_of_the_pages_not_by_their_places(seed):
    blank = np.ones((8, 8, 1), np.float32)
    numbers = [3, 5, 9, 12]  # no page's number is its place
    pairs = [Pair(f"{n}{copy}", blank, blank, n, copy) for copy in range(3) for n in numbers]
    train, held_out = documents.split_by_page(pairs, 1 / 4, seed)
    chosen = {pair.page for pair in held_out}
    assert len(chosen) == 1 and chosen < set(numbers)
    assert len(held_out) == 3 and len(train) == 9
    assert {pair.page for pair in train} == set(numbers) - chosen
    assert [p.name for p in train] == [p.name for p in pairs if p.page not in chosen]


def test_every_page_is_held_out_by_some_seed(pairs):
    chosen = {
        pair.page for seed in range(60) for pair in documents.split_by_page(pairs, 1 / 9, seed)[1]
    }
    assert chosen == set(range(9))


def test_a_random_split_shares_pages(pairs):
    train, held_out = documents.split_at_random(pairs, 1 / 3, 0)
    assert len(held_out) == 12 and len(train) == 24
    assert not {pair.name for pair in train} & {pair.name for pair in held_out}
    assert {pair.page for pair in train} & {pair.page for pair in held_out}


@pytest.mark.parametrize("split", [documents.split_by_page, documents.split_at_random])
def test_splits_repeat_and_leave_both_sides_something(pairs, split):
    assert split(pairs, 0.25, 1)[1] == split(pairs, 0.25, 1)[1]
    assert [p.name for p in split(pairs, 0.25, 1)[1]] != [p.name for p in split(pairs, 0.25, 2)[1]]
    for fraction in (0, 1):
        assert all(split(pairs, fraction, 0))
    with pytest.raises(ValueError, match="fraction"):
        split(pairs, 1.5, 0)
    with pytest.raises(ValueError, match="at least two"):
        split(pairs[:1], 0.5, 0)


# Patches


def test_patches_come_from_the_same_place_of_both_pages():
    rng = np.random.default_rng(0)
    clean = [rng.random((50, 70, 1), np.float32), rng.random((90, 40, 1), np.float32)]
    dirty = [page / 2 for page in clean]
    x, y = documents.patches(dirty, clean, num=200, size=16, seed=0)
    assert x.shape == y.shape == (200, 16, 16, 1)
    assert x.dtype == y.dtype == np.float32
    assert np.allclose(2 * x, y)
    assert len(np.unique(y[:, 0, 0, 0])) > 150
    again, _ = documents.patches(dirty, clean, num=200, size=16, seed=0)
    assert np.array_equal(again, x)


def test_a_page_is_chosen_in_proportion_to_its_area():
    large, little = np.ones((60, 60, 1), np.float32), np.zeros((30, 30, 1), np.float32)
    _, y = documents.patches([large, little], [large, little], num=3000, size=8, seed=0)
    assert y.mean() == pytest.approx(0.8, abs=0.04)


def test_patches_reach_every_part_of_a_page():
    where = np.arange(400, dtype=np.float32).reshape(20, 20, 1)
    x, _ = documents.patches([where], [where], num=2000, size=8, seed=0)
    assert set(np.unique(x)) == set(range(400))


@pytest.mark.parametrize(
    ("dirty", "clean", "size", "message"),
    [
        ([np.ones((9, 9, 1))], [], 4, "as many dirty pages"),
        ([], [], 4, "at least one"),
        ([np.ones((9, 9, 1))], [np.ones((9, 8, 1))], 4, "of one shape"),
        ([np.ones((9, 9, 1))], [np.ones((9, 9, 1))], 10, "too small"),
    ],
)
def test_patches_refuse_what_does_not_fit(dirty, clean, size, message):
    with pytest.raises(ValueError, match=message):
        documents.patches(dirty, clean, num=2, size=size, seed=0)


# Background subtraction


def test_median_paper_is_the_median_of_a_window():
    page = np.random.default_rng(0).integers(0, 256, (40, 50, 1)).astype(np.float32) / 255
    paper = documents.median_paper(page, size=5)
    for row, column in ((10, 20), (30, 7)):
        window = page[row - 2 : row + 3, column - 2 : column + 3]
        assert paper[row, column, 0] == pytest.approx(np.median(window), abs=1e-6)


def test_background_subtraction_divides_and_stretches_by_its_line():
    page = np.full((60, 60, 1), 0.6, np.float32)
    page[30, 30] = 0.6 * 0.5
    clean = documents.background_subtraction(page)
    assert clean[0, 0] == 1
    share = page[30, 30, 0] / documents.median_paper(page)[30, 30, 0]
    wanted = (share - classical._INK) / (classical._PAPER - classical._INK)
    assert clean[30, 30, 0] == pytest.approx(wanted, abs=1e-5)


def test_background_subtraction_removes_smooth_dirt_and_keeps_ink():
    clean = np.ones((80, 120, 1), np.float32)
    clean[20:22, 10:110] = clean[50:52, 10:110] = 0
    light = np.linspace(0.5, 0.95, 120, dtype=np.float32)[None, :, None]
    dirty = light * (0.05 + 0.95 * clean)
    assert mse(dirty, clean) > 0.05
    assert mse(documents.background_subtraction(dirty), clean) < 1e-3


def test_background_subtraction_improves_generated_pages(pages):
    before = [mse(d, c) for d, c in zip(pages.dirty, pages.clean)]
    after = [mse(documents.background_subtraction(d), c) for d, c in zip(pages.dirty, pages.clean)]
    assert np.mean(after) < 0.3 * np.mean(before)


def test_background_subtraction_refuses_bad_input(pages):
    with pytest.raises(ValueError, match="odd"):
        documents.background_subtraction(pages.dirty[0], size=20)
    with pytest.raises(ValueError, match=r"\(height, width, 1\)"):
        documents.background_subtraction(pages.dirty)
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        documents.background_subtraction(255 * pages.dirty[0])


def test_background_subtraction_by_hand():
    # Ink of half of the paper's light: (0.5 - 0.17) / (0.94 - 0.17), on light and on dark paper.
    for grey in (200, 40):
        page = np.full((60, 60, 1), grey / 255, np.float32)
        page[30, 30] /= 2
        clean = documents.background_subtraction(page)
        assert clean[30, 30, 0] == pytest.approx(0.33 / 0.77, abs=1e-5)
        assert clean[30, 31, 0] == 1
    page = np.tile(np.repeat([0.2, 0.8], 30).astype(np.float32)[:, None, None], (1, 60, 1))
    paper = documents.median_paper(page, size=3)
    np.testing.assert_allclose(paper[[0, 29, 30, 59], 7, 0], [0.2, 0.2, 0.8, 0.8], atol=1e-6)


# How the generated pages are made


def test_the_kind_of_dirt_that_a_page_states_is_the_one_that_is_on_it(monkeypatch):
    made = []

    def recorder(kind):
        return lambda rng, shape: made.append(kind) or np.zeros(shape, np.float32)

    makers = {kind: recorder(kind) for kind in documents.DIRT}
    monkeypatch.setattr(dirt_module, "_DIRT_MAKERS", makers)
    stated = []
    for seed in range(8):
        made.clear()
        page = documents.generate_pages(1, seed=seed, height=32, width=64)
        assert page.dirt == made[:1]
        stated += page.dirt
    assert len(set(stated)) > 2


@pytest.mark.parametrize(("kind", "low", "high"), [("coffee", 0.0, 0.05), ("folds", 0.07, 0.2)])
def test_light_passes_the_dirt_and_the_ink_one_after_the_other(kind, low, high, monkeypatch):
    blank = dict.fromkeys(documents.DIRT, lambda rng, shape: np.zeros(shape, np.float32))
    monkeypatch.setattr(dirt_module, "_DIRT_MAKERS", blank)
    monkeypatch.setattr(dirt_module, "paper", lambda rng, shape: np.full(shape, 0.3, np.float32))
    ink = np.zeros((32, 64), np.float32)
    ink[:, 32:] = 1
    scans = [dirt_module.scan(np.random.default_rng(seed), ink, kind) for seed in range(30)]
    for scan in scans:
        assert np.median(scan[:, :30]) == pytest.approx(0.7, abs=0.005)
    assert low <= np.mean([scan[:, 34:].mean() for scan in scans]) < high


def test_a_blurred_point_keeps_its_light():
    point = np.zeros((5, 7), np.float32)
    point[2, 3] = 1
    expected = np.zeros((5, 7))
    expected[2, 3] = 1 - 4 * 0.06
    expected[[1, 3, 2, 2], [3, 3, 2, 4]] = 0.06
    np.testing.assert_allclose(dirt_module.blur_cross(point, 0.06), expected, atol=1e-7)
    flat = np.full((4, 4), 0.7, np.float32)
    np.testing.assert_allclose(dirt_module.blur_cross(flat, 0.1), flat, rtol=1e-6)


def test_smooth_noise_has_its_variance_and_its_distances():
    def steps(noise):
        return [np.abs(np.diff(noise, axis=axis)).mean() for axis in (0, 1)]

    fields = [dirt_module.smooth(np.random.default_rng(seed), (200, 300), 8.0) for seed in range(4)]
    assert np.mean(fields) == pytest.approx(0, abs=0.1)
    assert np.var(fields) == pytest.approx(1, abs=0.3)
    down, across = steps(fields[0])
    assert down == pytest.approx(across, rel=0.2)
    wide = dirt_module.smooth(np.random.default_rng(0), (200, 300), 4.0, across=40.0)
    down, across = steps(wide)
    assert down > 4 * across
    assert not np.array_equal(fields[0], fields[1])


def test_a_step_is_a_ramp_of_length_one():
    places = np.array([-1.0, -0.5, -0.25, 0.0, 0.5, 2.0])
    np.testing.assert_allclose(dirt_module._step(places), [0, 0, 0.25, 0.5, 1, 1])


def test_paper_is_light_and_stains_darken_it():
    generators = [np.random.default_rng(seed) for seed in range(40)]
    papers = [dirt_module.paper(rng, (48, 96)).mean() for rng in generators]
    assert np.mean(papers) == pytest.approx(0.15, abs=0.05)
    for make in (dirt_module._coffee, dirt_module._footprints):
        dirt = [make(np.random.default_rng(seed), (120, 240)) for seed in range(8)]
        assert min(d.min() for d in dirt) >= -1e-6 and max(d.mean() for d in dirt) > 0.02


@pytest.mark.parametrize("seed", range(4))
def test_lines_are_set_in_order_within_the_margins_and_justified(seed):
    font = generator.font("cmr10", 20)
    lines = generator._typeset(np.random.default_rng(seed), font, 20.0, 500, 400, generator.LATIN)
    heights = [y for y, _ in lines]
    assert heights == sorted(heights) and np.diff(heights).min() >= 1.1 * 20 - 1e-9
    ends = []
    for _, words in lines:
        starts = [x for x, _ in words]
        stops = [x + font.getlength(word) for x, word in words]
        assert starts[0] >= 0.25 * 20
        assert all(stop < start for stop, start in zip(stops, starts[1:]))
        ends.append(stops[-1])
    assert max(ends) <= 500 - 0.2 * 20
    assert np.mean(np.abs(np.array(ends) - max(ends)) < 1e-6) >= 0.4


# Pages of every day


@pytest.fixture(scope="module")
def everyday():
    return documents.generate_everyday_pages(120, seed=5, height=96, width=160)


def test_everyday_pages_are_what_the_docstring_says(everyday):
    for images in (everyday.dirty, everyday.clean):
        assert images.shape == (120, 96, 160, 1) and images.dtype == np.float32
        assert images.min() >= 0 and images.max() <= 1
    assert set(everyday.dirt) == set(everyday_module.SCANS)
    again = documents.generate_everyday_pages(3, seed=5, height=96, width=160)
    assert np.array_equal(again.dirty, everyday.dirty[:3])
    other = documents.generate_everyday_pages(3, seed=6, height=96, width=160)
    assert not np.array_equal(other.clean, everyday.clean[:3])


def test_black_and_white_scans_and_their_twins_are_so_and_differ_by_specks(everyday):
    chosen = [i for i, kind in enumerate(everyday.dirt) if kind == "black and white"]
    differing = []
    for i in chosen:
        assert set(np.unique(everyday.dirty[i])) | set(np.unique(everyday.clean[i])) <= {0, 1}
        differing.append(np.mean(everyday.dirty[i] != everyday.clean[i]))
    assert max(differing) < 0.1
    assert 0.3 < np.mean(np.array(differing) > 0) < 0.95


def test_everyday_pages_are_pale_dark_and_dim(everyday):
    grey = [i for i, kind in enumerate(everyday.dirt) if kind != "black and white"]
    darkest = np.array([everyday.clean[i].min() for i in grey])
    assert (darkest > 0.2).sum() >= 2  # pale print stays pale in the clean twin
    assert (darkest < 0.05).sum() >= 20
    assert (everyday.clean.mean(axis=(1, 2, 3)) < 0.5).sum() >= 3  # white on dark stays so
    dim = [i for i, kind in enumerate(everyday.dirt) if kind == "dim"]
    spans = [np.ptp(np.quantile(everyday.dirty[i], (0.02, 0.98))) for i in dim]
    assert min(spans) < 0.5
    assert all(np.mean(everyday.dirty[i] != everyday.clean[i]) > 0.3 for i in dim)


@pytest.mark.parametrize("maker", [m.__name__ for m in everyday_module._MAKERS])
def test_each_maker_puts_ink_on_the_page(maker):
    make = getattr(everyday_module, maker)
    blank = np.zeros((120, 240), np.float32)
    inked = [make(np.random.default_rng(seed), blank, faint=False) for seed in range(8)]
    for page in inked:
        assert page.shape == blank.shape and page.min() >= 0
    assert sum(page.max() > 0.35 for page in inked) >= 6
    assert not np.array_equal(inked[0], inked[1])
    assert not blank.any()


def test_on_dirty_paper_nothing_is_faint():
    for seed in range(30):
        strength = everyday_module._strength(np.random.default_rng(seed), faint=False)
        assert strength >= 0.75
    faint = [everyday_module._strength(np.random.default_rng(s), faint=True) for s in range(60)]
    assert min(faint) < 0.4


def test_everyday_pages_refuse_bad_sizes():
    with pytest.raises(ValueError, match="height must be at least 32"):
        documents.generate_everyday_pages(1, seed=0, height=8)
    with pytest.raises(ValueError, match="num_pages"):
        documents.generate_everyday_pages(0, seed=0)


def test_other_scripts_are_printed_in_their_own_letters():
    alphabet = everyday_module.ALPHABETS[2]
    ink, text = generator.print_text(np.random.default_rng(1), 80, 200, (14, 20), alphabet)
    letters = {c for c in text.lower() if c.isalpha()}
    assert len(letters) > 8 and letters <= set(alphabet)
    assert 0.02 < ink.mean() < 0.4


def test_sauvola_is_the_threshold_of_its_paper():
    page = np.full((40, 40, 1), 0.6, np.float32)
    page[20, 20] = 0.1
    window = page[13:28, 13:28].astype(float)
    mean, deviation = window.mean(), window.std()
    assert 0.1 < mean * (1 + 0.3 * (deviation / 0.5 - 1)) < 0.6
    clean = documents.sauvola(page)
    assert clean[20, 20, 0] == 0 and clean.sum() == 40 * 40 - 1
    with pytest.raises(ValueError, match="odd"):
        documents.sauvola(page, size=14)
