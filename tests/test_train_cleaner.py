"""The command that trains the shipped cleaner, in small, and the files that it made."""

import numpy as np
import pytest

from course_utils import clean_scan, documents, models
from tools import train_cleaner


def pairs(num_pages: int, seed: int) -> list[documents.Pair]:
    """Return generated pages in the form of real ones."""
    return documents.generate_pages(num_pages, seed, height=96, width=160).pairs()


def test_patches_are_generated_and_real_in_the_stated_shares():
    real = [pair._replace(dirty=np.full_like(pair.dirty, 0.123)) for pair in pairs(2, seed=1)]
    x, y = train_cleaner.training_patches(real, seed=0, num_pages=2, num_patches=40)
    assert x.shape == y.shape == (40, train_cleaner.PATCH_SIZE, train_cleaner.PATCH_SIZE, 1)
    is_real = np.isclose(x, 0.123).all(axis=(1, 2, 3))
    assert is_real.sum() == round(40 * train_cleaner.SHARE_OF_REAL)
    x, _ = train_cleaner.training_patches([], seed=0, num_pages=2, num_patches=40)
    assert len(x) == 40
    assert not np.isclose(x, 0.123).all(axis=(1, 2, 3)).any()


def test_a_short_training_improves_pages_and_repeats_itself():
    arguments = {"seed": 3, "num_pages": 6, "num_patches": 600, "epochs": 1}
    cleaner = train_cleaner.train([], **arguments)
    unseen = pairs(4, seed=9)
    nothing = np.mean([np.square(pair.dirty - pair.clean).mean() for pair in unseen])
    untrained = train_cleaner.error(models.document_cleaner(), unseen)
    assert train_cleaner.error(cleaner, unseen) < min(0.9 * untrained, 0.9 * nothing)
    again = train_cleaner.train([], **arguments)
    page = unseen[0].dirty[:96, :160][None]
    np.testing.assert_allclose(cleaner(page), again(page), atol=1e-3)


def test_without_real_scans_only_one_file_is_written(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("NOISY_OFFICE_DIR", raising=False)
    monkeypatch.setattr(train_cleaner, "train", lambda real: models.document_cleaner())
    train_cleaner.main(["--folder", str(tmp_path / "new")])
    written = [path.name for path in (tmp_path / "new").iterdir()]
    assert written == [clean_scan.CLEANERS["generated"]]
    assert "NOISY_OFFICE_DIR is not set" in capsys.readouterr().err


def test_measuring_holds_texts_back_and_writes_nothing(monkeypatch, capsys):
    scans = pairs(6, seed=4)
    learned_from = []

    def train(real):
        learned_from.append({pair.page for pair in real})
        return models.document_cleaner()

    measured = []
    monkeypatch.setattr(train_cleaner, "train", train)
    monkeypatch.setattr(
        train_cleaner, "error", lambda cleaner, unseen: measured.append(unseen) or 0.5
    )
    train_cleaner.measure(scans)
    held_back = {pair.page for pair in measured[0]}
    assert learned_from[0] == set()
    assert held_back
    assert not held_back & learned_from[1]
    assert held_back | learned_from[1] == {pair.page for pair in scans}
    assert "background subtraction" in capsys.readouterr().out


@pytest.mark.parametrize("trained_on", ["generated", "real"])
def test_the_shipped_cleaners_are_the_recommended_network_and_clean(trained_on):
    cleaner = clean_scan.load_cleaner(trained_on)
    assert cleaner.count_params() == models.document_cleaner().count_params()
    assert (clean_scan.CLEANER_DIR / clean_scan.CLEANERS[trained_on]).stat().st_size < 700_000
    unseen = documents.generate_pages(12, seed=2026).pairs()
    baseline = [
        np.square(documents.background_subtraction(pair.dirty) - pair.clean).mean()
        for pair in unseen
    ]
    assert train_cleaner.error(cleaner, unseen) < 0.5 * np.mean(baseline)


@pytest.mark.parametrize(("trained_on", "most"), [("generated", 0.0018), ("real", 0.0010)])
def test_the_shipped_cleaners_clean_real_scans(trained_on, most, noisy_office):
    scans = documents.load_noisy_office(noisy_office)
    # The second has seen these scans: for it this tells that the file is whole, not how well it
    # does on others. `python -m tools.train_cleaner --measure` tells that.
    assert train_cleaner.error(clean_scan.load_cleaner(trained_on), scans) < most
