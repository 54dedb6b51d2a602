"""What is written on a page is found without a network, before and after cleaning."""

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from course_utils.documents import cleaner, command, exposure, files, strokes


def page_of_text(size=18, shape=(240, 420), black=0.0, white=1.0):
    """Text on even paper, float32 (height, width)."""
    font = ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSerif.ttf", size)
    image = Image.new("L", shape[::-1], 255)
    words = "the caretaker keeps the key of the garden near the north gate and the pond "
    for i, top in enumerate(range(10, shape[0] - 2 * size, round(1.6 * size))):
        ImageDraw.Draw(image).text((10, top), (3 * words)[6 * i :], fill=0, font=font)
    return (black + (white - black) * np.asarray(image, np.float32) / 255).astype(np.float32)


def test_contrast_is_the_share_of_the_papers_light_that_is_lacking():
    for white in (1.0, 0.4):
        page = np.full((60, 60), white, np.float32)
        page[:, 28:32] *= 0.25
        lacking = strokes.contrast(page)
        assert lacking[30, 29:31].mean() == pytest.approx(0.75, abs=0.1)
        assert lacking[30, :15].max() < 0.02
    wide = np.ones((100, 100), np.float32)
    wide[:, 20:80] = 0
    assert strokes.contrast(wide)[50, 50] < 0.01  # no stroke


def test_grain_is_that_of_the_paper_not_of_the_ink():
    noise = np.random.default_rng(0).normal(0, 0.03, (240, 420))
    page = (page_of_text(black=0.1, white=0.8) + noise).astype(np.float32)
    assert strokes.grain(page) == pytest.approx(0.03, rel=0.35)
    assert strokes.grain(page_of_text()) < 0.005


@pytest.mark.parametrize("white", [1.0, 0.5])
@pytest.mark.parametrize("contrast", [1.0, 0.4])
def test_what_is_kept_is_no_loss_and_what_is_erased_is(white, contrast):
    page = page_of_text(black=white * (1 - contrast), white=white)
    kept = strokes.compare(page, np.clip(page / white, 0, 1))
    assert kept.share == 0 and not (kept.ink | kept.pale | kept.light | kept.grey).any()
    blank = strokes.compare(page, np.ones_like(page))
    dark = page < white * (1 - 0.8 * contrast)
    assert blank.share > 0.8 and blank.ink[dark].mean() > 0.9
    half = page / white
    half[:120] = 1
    lost = strokes.compare(page, half).ink
    assert lost[:110][dark[:110]].mean() > 0.9 and not lost[130:].any()


def test_a_sharper_edge_and_a_lightened_fold_are_no_loss():
    page = page_of_text()
    blurred = np.asarray(Image.fromarray(page).resize((210, 120)).resize((420, 240)))
    assert strokes.compare(np.clip(blurred, 0, 1), page).share < 0.01
    folded = page.copy()
    folded[:, 200:203] *= 0.7
    result = strokes.compare(folded, page)
    assert not result.ink.any() and not result.pale.any()


def test_pale_print_among_dark_is_missed_where_it_is_set_like_text():
    page = page_of_text()
    both = page.copy()
    both[120:] = 1 - 0.4 * (1 - both[120:])
    without = page.copy()
    without[120:] = 1
    lost = strokes.compare(both, without)
    assert lost.pale[130:].sum() > 0.3 * (both[130:] < 0.7).sum()
    assert not lost.pale[:110].any()
    specks = page.copy()
    specks[:, :] = 1
    places = np.random.default_rng(1).integers(5, 230, (12, 2))
    for y, x in places:
        specks[y : y + 3, x : x + 3] = 0.6
    specks[:100] = page[:100]
    assert not strokes.compare(specks, np.where(specks < 0.7, 1 - (specks < 0.1), 1.0)).pale.any()


def test_light_text_on_a_dark_ground_is_missed_and_its_ground_left_alone():
    page = page_of_text()
    panel = page.copy()
    panel[60:180] = 0.3 + 0.7 * (1 - page[60:180])
    ground = strokes.dark_ground(panel, 0.6)
    assert ground[80:160].mean() > 0.95 and not ground[:40].any()
    blank = panel.copy()
    blank[60:180] = 1
    lost = strokes.compare(panel, blank)
    assert lost.light[70:170].any() and not lost.light[:50].any()
    cleaning = cleaner.clean_and_compare(panel, lambda x, training: np.ones_like(x), scale=1)
    np.testing.assert_allclose(cleaning.page[70:170], panel[70:170], atol=1e-6)
    assert (cleaning.changes[70:170] == cleaner.LEFT).all()
    assert any("left as in the scan" in note for note in command.describe(cleaning))


def test_a_picture_that_is_gone_is_told():
    page = page_of_text()
    page[60:200, 100:260] = 0.55 + 0.1 * np.sin(np.arange(160) / 9)
    cleaned = page.copy()
    cleaned[60:200, 100:260] = 1
    cleaning = cleaner.clean_and_compare(page, lambda x, training: 1 - (x < 0.3), scale=1)
    assert (cleaning.changes[80:180, 120:240] == cleaner.REMOVED).mean() > 0.5
    assert any("use --keep" in note for note in command.describe(cleaning))
    kept = cleaner.clean_page(page, lambda x, training: 1 - (x < 0.3), scale=1, keep=True)
    assert np.corrcoef(kept[60:200, 100:260].ravel(), page[60:200, 100:260].ravel())[0, 1] > 0.9


def test_a_wrong_scale_is_found_out_and_another_tried():
    page = page_of_text()
    small = []

    def blind_at_full_size(x, training):
        small.append(x.shape)
        return x if x.shape[1] < 200 else np.ones_like(x)

    cleaning = cleaner.clean_and_compare(page, blind_at_full_size)
    assert cleaning.scale > 1 and len(set(small)) > 1
    assert not (cleaning.changes == cleaner.RESTORED).any()
    told = cleaner.clean_and_compare(page, blind_at_full_size, scale=1)  # as the user said
    assert told.scale == 1 and (told.changes == cleaner.RESTORED).any()


def test_light_that_falls_is_no_picture_and_a_picture_is_no_light():
    rows, columns = np.indices((240, 420), dtype=np.float32)
    light = 0.95 - 0.25 * rows / 240 - 0.2 * (columns / 420) ** 2
    page = (page_of_text() * light).astype(np.float32)
    np.testing.assert_allclose(strokes.fall_of_light(page), light, atol=0.06)
    assert not strokes.compare(page, page_of_text()).grey.any()
    page[60:180, 100:260] *= 0.6
    grey = strokes.compare(page, page_of_text()).grey
    assert grey[80:160, 120:240].mean() > 0.6 and not grey[:40].any()


def test_boxes_are_in_pixels_of_the_page_and_the_largest_comes_first():
    changes = np.zeros((100, 200), np.uint8)
    changes[10:12, 20:24] = cleaner.RESTORED
    changes[50:70, 100:150] = cleaner.RESTORED
    changes[90:95, 10:20] = cleaner.LEFT
    cleaning = cleaner.Cleaning(np.ones((200, 400), np.float32), 2.0, changes)
    assert cleaning.boxes(cleaner.RESTORED) == [(200, 100, 300, 140), (40, 20, 48, 24)]
    assert cleaning.boxes(cleaner.LEFT) == [(20, 180, 40, 190)]
    assert cleaning.boxes(cleaner.REMOVED) == []


@pytest.mark.parametrize(
    "name",
    [
        "c01_bitonal.png",
        "c01_bitonal_g4.tif",
        "c02_table.png",
        "c03_frame.png",
        "c04_pale.png",
        "c05_large_print.png",
        "c06_title_80.png",
        "c10_white_on_blue.png",
        "c13_fax_204x98.tif",
    ],
)
@pytest.mark.parametrize("trained_on", ["real", "generated"])
def test_nothing_written_is_lost_on_the_pages_that_were_once_spoilt(cases, name, trained_on):
    page = files.read_page(cases / name).page
    cleaning = cleaner.clean_and_compare(page, cleaner.load_cleaner(trained_on))
    lost = strokes.compare(page, cleaning.page)
    assert lost.share < 0.01 and not lost.light.any()
    said = command.describe(cleaning)
    assert not said or name == "c10_white_on_blue.png"


@pytest.mark.parametrize(
    ("black", "white", "expected"),
    [
        (0.1, 0.9, (None, False, False)),
        (0.9, 0.1, (0.1, False, False)),  # light letters
        (0.8, 0.5, (0.5, True, True)),  # light letters on grey
        (0.02, 0.15, (None, True, False)),  # all but black
        (0.75, 0.9, (None, False, True)),  # pale
        (0.45, 0.55, (None, True, True)),
    ],
)
def test_a_page_is_brought_to_dark_on_light_and_back(black, white, expected):
    page = page_of_text(black=black, white=white)
    found = exposure.measure(page)
    assert (found.ground is not None, found.white < 0.65, found.gain > 1.2) == (
        expected[0] is not None,
        *expected[1:],
    )
    if found.ground is not None:
        assert found.ground == pytest.approx(white, abs=0.03)
    seen = found.applied(page)
    ink = page_of_text() < 0.3
    assert np.median(seen[~ink]) > 0.75
    assert np.median(seen[ink]) < 0.4 * np.median(seen[~ink])
    clean = found.undone(page_of_text())
    assert np.sign(clean[ink].mean() - clean[~ink].mean()) == np.sign(black - white)


def test_a_blank_page_and_dirt_alone_are_not_amplified():
    rng = np.random.default_rng(0)
    blank = np.clip(0.85 + rng.normal(0, 0.01, (200, 300)), 0, 1).astype(np.float32)
    assert exposure.measure(blank) == exposure.Exposure()
