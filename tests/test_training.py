"""Training: repeatable, stops early on validation data, and loses nothing when interrupted."""

import random

import keras
import numpy as np
import pytest

from course_utils import models, training

IMAGES = np.random.default_rng(0).uniform(size=(120, 28, 28, 1)).astype("float32")


@pytest.fixture(autouse=True)
def without_xla(monkeypatch):
    """Compiling with XLA takes most of the time of such short trainings."""
    monkeypatch.setattr(training, "_use_xla", lambda *args, **kwargs: False)


def tiny_vae():
    return models.dense_vae(widths=(8,))


def train(seed=None, model_seed=0, **kwargs):
    training.set_seed(model_seed)
    model = tiny_vae()
    kwargs = {"epochs": 2, "batch_size": 20, **kwargs}
    return model, training.fit(model, IMAGES, seed=seed, **kwargs)


def test_xla_is_used_on_a_cpu_for_long_trainings_of_dense_networks(monkeypatch):
    monkeypatch.undo()
    if keras.backend.backend() != "tensorflow" or training._accelerators():
        pytest.skip("the choice is made only for TensorFlow on a CPU")
    assert training._use_xla(tiny_vae(), num_images=10**6) is True
    assert training._use_xla(tiny_vae(), num_images=10**4) is False
    assert training._use_xla(models.conv_vae(), num_images=10**6) is False


def test_the_same_seed_gives_the_same_weights_bit_by_bit():
    first, history = train()
    second, again = train()
    assert history.train == again.train
    for a, b in zip(first.get_weights(), second.get_weights()):
        np.testing.assert_array_equal(a, b)


def test_everything_random_follows_set_seed(monkeypatch):
    """The initial weights, the noise of a VAE, and the order of the images."""
    seeds_of_orders = []
    monkeypatch.setattr(
        training,
        "_batches",
        lambda n, size, seed: seeds_of_orders.append(seed) or iter([np.arange(size)] * 9),
    )
    weights, noise = [], []
    for seed in (0, 0, 1):
        training.set_seed(seed)
        model = tiny_vae()
        weights.append(model.get_weights()[0].tolist())
        zeros = np.zeros((3, 2), "float32")
        noise.append(keras.ops.convert_to_numpy(model.sampling(zeros, zeros)).tolist())
        training.fit(model, IMAGES, epochs=1, batch_size=60)
    for values in (weights, noise, seeds_of_orders):
        assert values[0] == values[1] != values[2]


@pytest.mark.parametrize("other", [{"seed": 1}, {"model_seed": 1}])
def test_another_seed_gives_other_weights(other):
    first, second = train()[0], train(**other)[0]
    assert any(not np.array_equal(a, b) for a, b in zip(first.get_weights(), second.get_weights()))


def test_the_seed_offset_moves_every_seed(monkeypatch):
    assert training.set_seed(3) == 3
    plain = random.random()
    monkeypatch.setenv("COURSE_SEED_OFFSET", "2")
    assert training.set_seed(3) == 5
    assert random.random() != plain
    monkeypatch.setenv("COURSE_SEED_OFFSET", "many")
    with pytest.raises(ValueError, match="COURSE_SEED_OFFSET must be a whole number"):
        training.set_seed(3)


@pytest.mark.parametrize("seed", [-1, 1.5, "0", True, 2**32])
def test_a_bad_seed_is_refused(seed):
    with pytest.raises(ValueError, match="seed must be a whole number"):
        training.set_seed(seed)


def test_every_epoch_visits_every_image_once_in_a_new_order():
    batches = training._batches(12, 4, seed=0)
    epochs = [np.concatenate([next(batches) for _ in range(3)]) for _ in range(2)]
    for order in epochs:
        assert sorted(order) == list(range(12))
    assert list(epochs[0]) != list(epochs[1])


def test_short_epochs_go_on_where_the_last_one_ended():
    whole = np.concatenate([b for b, _ in zip(training._batches(12, 4, seed=0), range(3))])
    assert sorted(whole) == list(range(12))
    _, history = train(images_per_epoch=40, epochs=3)
    assert len(history.train) == 3


def test_the_history_has_one_entry_per_epoch_and_time_only_grows():
    _, history = train(epochs=3, validation=IMAGES[:10])
    for values in (history.train, history.validation, history.cpu_seconds, history.wall_seconds):
        assert len(values) == 3
    assert np.all(np.diff(history.cpu_seconds) > 0)
    assert np.all(np.diff(history.wall_seconds) > 0)
    assert history.best_epoch == 3
    assert history.stopped == "all epochs done"


def test_training_an_autoencoder_lowers_its_error():
    training.set_seed(0)
    model = models.linear_autoencoder(20)
    history = training.fit(model, IMAGES, epochs=10, batch_size=20, loss="mse")
    assert history.train[-1] < 0.7 * history.train[0]
    error = np.mean((model.predict(IMAGES, verbose=0) - IMAGES) ** 2)
    assert error == pytest.approx(history.train[-1], rel=0.2)


def test_targets_other_than_the_input_are_used():
    training.set_seed(0)
    model = models.linear_autoencoder(4)
    training.fit(
        model, IMAGES, 0 * IMAGES, epochs=30, batch_size=20, loss="mse", learning_rate=0.01
    )
    assert np.mean(model.predict(IMAGES, verbose=0) ** 2) < 0.05 * np.mean(IMAGES**2)


def test_early_stopping_goes_back_to_the_best_weights():
    scores = iter([3.0, 1.0, 2.0, 4.0, 5.0])
    seen = []

    def score(model):
        seen.append([weight.copy() for weight in model.get_weights()])
        return next(scores)

    model, history = train(epochs=5, validation=score, patience=2)
    assert history.validation == [3.0, 1.0, 2.0, 4.0]
    assert history.best_epoch == 2
    assert "no better validation score for 2 epochs" in history.stopped
    for kept, best in zip(model.get_weights(), seen[1]):
        np.testing.assert_array_equal(kept, best)


def test_an_interrupt_keeps_what_was_reached():
    def interrupt(model):
        raise KeyboardInterrupt

    model, history = train(epochs=5, validation=interrupt)
    assert history.stopped == "interrupted"
    assert len(history.train) == 1
    assert np.isfinite(model.encode(IMAGES)).all()


def test_the_progress_bar_is_on_stderr_and_names_the_device(capsys):
    train()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert training.describe_device() in captured.err
    assert "2/2" in captured.err


def test_the_device_is_described():
    backend = training._DISPLAY_NAMES[keras.backend.backend()]
    assert training.describe_device().startswith(f"{backend} on ")


def test_the_learning_rate_falls_to_zero_at_the_end():
    model, _ = train(epochs=3)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.0, abs=1e-9)


def test_validation_does_not_count_as_training_time():
    def slow(model):
        sum(range(20_000_000))
        return 0.0

    _, quick = train(epochs=3)
    _, with_slow_validation = train(epochs=3, validation=slow)
    spent = with_slow_validation.cpu_seconds[-1] - with_slow_validation.cpu_seconds[0]
    assert spent < 10 * (quick.cpu_seconds[-1] - quick.cpu_seconds[0]) + 0.5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"epochs": 0}, "epochs must be a whole number"),
        ({"batch_size": 0}, "batch_size must be a whole number"),
        ({"images_per_epoch": -5}, "images_per_epoch must be"),
        ({"patience": 2}, "patience needs validation data"),
        ({"y": IMAGES}, "a target without a loss"),
        ({"y": IMAGES[:5], "loss": "mse"}, "same length"),
        ({"learning_rate": 1e30, "epochs": 20}, "the training loss became"),
    ],
)
def test_wrong_input_gets_one_sentence(arguments, words):
    arguments = {"epochs": 2, "batch_size": 20, **arguments}
    with pytest.raises(ValueError, match=words) as caught:
        training.fit(tiny_vae(), IMAGES, **arguments)
    assert "\n" not in str(caught.value)


def test_no_images_is_said():
    with pytest.raises(ValueError, match="x must hold images"):
        training.fit(tiny_vae(), IMAGES[:0], epochs=1)
