"""The command that trains the shipped cleaner, in small, and the files that it made."""

import numpy as np
import pytest

from course_utils import documents, models
from course_utils.documents.network import CLEANER_DIR, CLEANERS
from tools import train_cleaner


def pairs(num_pages: int, seed: int) -> list[documents.Pair]:
    """Return generated pages in the form of real ones."""
    return documents.generate_pages(num_pages, seed, height=96, width=160).pairs()


def test_patches_are_generated_and_real_in_the_stated_shares(monkeypatch):
    real = [pair._replace(dirty=np.full_like(pair.dirty, 0.123)) for pair in pairs(2, seed=1)]
    marks = {"generate_pages": 0.321, "generate_everyday_pages": 0.567}
    for name, mark in marks.items():

        def marked(num_pages, seed, mark=mark):
            pages = documents.Pages(*[np.full((num_pages, 96, 96, 1), mark)] * 2, [], [], [])
            return pages

        monkeypatch.setattr(documents, name, marked)
    for scans, plan, num_real in (
        (real, train_cleaner.Plan(1, 1.0, 0, everyday=0.3, real=0.5), 200),
        (real, train_cleaner.REAL, 340),
        ([], train_cleaner.GENERATED, 0),
    ):
        x, y = train_cleaner.training_patches(scans, plan, seed=0, num_patches=400)
        assert x.shape == y.shape == (400, train_cleaner.PATCH_SIZE, train_cleaner.PATCH_SIZE, 1)
        counts = [np.isclose(x, value).all(axis=(1, 2, 3)).sum() for value in marks.values()]
        assert np.isclose(x, 0.123).all(axis=(1, 2, 3)).sum() == num_real
        assert counts[1] == round(plan.everyday * (400 - num_real))
        assert sum(counts) == 400 - num_real
        assert not np.isclose(x[:100], x[0, 0, 0, 0]).all(axis=(1, 2, 3)).all()  # mixed


def test_each_pool_has_new_pages_and_their_sum_is_the_plan(monkeypatch):
    monkeypatch.setattr(train_cleaner, "POOL", 64)
    made = [x for x, _ in train_cleaner.pools([], train_cleaner.Plan(160, 1.0, 0, 0.5), seed=0)]
    assert [len(x) for x in made] == [64, 64, 32]
    assert not np.array_equal(made[0], made[1])


def test_a_short_training_improves_pages_repeats_itself_and_can_go_on(monkeypatch):
    monkeypatch.setattr(train_cleaner, "POOL", 320)
    plan = train_cleaner.Plan(960, 3e-3, 0, 0.35)
    cleaner = train_cleaner.train([], plan, seed=3)
    unseen = pairs(4, seed=9)
    nothing = np.mean([np.square(pair.dirty - pair.clean).mean() for pair in unseen])

    def error(model):
        return np.mean(
            [
                np.square(documents.apply_network(pair.dirty, model) - pair.clean).mean()
                for pair in unseen
            ]
        )

    assert error(cleaner) < min(0.9 * error(models.document_cleaner()), 0.9 * nothing)
    again = train_cleaner.train([], plan, seed=3)
    page = unseen[0].dirty[:96, :160][None]
    np.testing.assert_allclose(cleaner(page), again(page), atol=1e-3)
    still = train_cleaner.train([], train_cleaner.Plan(8, 0.0, 0, 0.35), start=cleaner, seed=3)
    np.testing.assert_allclose(cleaner(page), still(page), atol=1e-6)


def test_without_real_scans_only_one_file_is_written(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("NOISY_OFFICE_DIR", raising=False)
    monkeypatch.setattr(train_cleaner, "train", lambda *_: models.document_cleaner())
    train_cleaner.main(["--folder", str(tmp_path / "new")])
    written = [path.name for path in (tmp_path / "new").iterdir()]
    assert written == [CLEANERS["generated"]]
    assert "NOISY_OFFICE_DIR is not set" in capsys.readouterr().err


def test_the_second_network_goes_on_and_texts_are_held_back_from_it(tmp_path, monkeypatch, capsys):
    trained, measured = [], []

    def train(real, plan, start):
        trained.append((real, plan, start))
        return models.document_cleaner()

    monkeypatch.setattr(train_cleaner, "train", train)
    monkeypatch.setattr(
        train_cleaner, "error", lambda cleaner, unseen: measured.append(unseen) or 0.5
    )
    scans = pairs(6, seed=1)
    monkeypatch.setattr(documents, "find_noisy_office", lambda: tmp_path)
    monkeypatch.setattr(documents, "load_noisy_office", lambda: scans)
    train_cleaner.main(["--folder", str(tmp_path / "new")])
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(CLEANERS.values())
    assert [one[1] for one in trained] == [train_cleaner.GENERATED, train_cleaner.REAL]
    assert trained[0][0] == [] and trained[0][2] is None and trained[1][2] is not None
    learned_from = {pair.page for pair in trained[1][0]}

    train_cleaner.main(["--measure"])
    assert len(trained) == 2  # measuring trains nothing
    held_back = {pair.page for pair in measured[0]}
    assert held_back and not held_back & learned_from
    assert held_back | learned_from == {pair.page for pair in scans}
    printed = capsys.readouterr().out
    for name in ("background subtraction", "Sauvola", "generated pages only", "real ones"):
        assert name in printed


@pytest.mark.parametrize("trained_on", ["generated", "real"])
def test_the_shipped_cleaners_are_the_recommended_network_and_clean(trained_on):
    cleaner = documents.load_cleaner(trained_on)
    assert cleaner.count_params() == models.document_cleaner().count_params()
    assert (CLEANER_DIR / CLEANERS[trained_on]).stat().st_size < 700_000
    unseen = documents.generate_pages(12, seed=2026).pairs()
    baseline = [
        np.square(documents.background_subtraction(pair.dirty) - pair.clean).mean()
        for pair in unseen
    ]
    errors = [
        np.square(documents.apply_network(pair.dirty, cleaner) - pair.clean).mean()
        for pair in unseen
    ]
    assert np.mean(errors) < 0.5 * np.mean(baseline)


@pytest.mark.parametrize(("trained_on", "most"), [("generated", 0.0010), ("real", 0.0006)])
def test_the_shipped_cleaners_clean_real_scans(trained_on, most, noisy_office):
    scans = documents.load_noisy_office(noisy_office)[::3]
    # The second has seen these scans: for it this tells that the file is whole, not how well it
    # does on others. `python -m tools.train_cleaner --measure` tells that.
    assert train_cleaner.error(documents.load_cleaner(trained_on), scans) < most
