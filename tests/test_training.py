"""Training: repeatable, stops early on validation data, and loses nothing when interrupted."""

import random
import types

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


# Data that would train a wrong network without a word

BYTES = (255 * IMAGES).astype("uint8")
SIGNED = 2 * IMAGES - 1
LABELS = np.arange(len(IMAGES)) % 10
BROKEN = np.where(IMAGES > 0.99, np.nan, IMAGES)
RANGE = r"must have pixel values in \[0, 1\]; got .*divide bytes by 255"


def classifier():
    return keras.Sequential(
        [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10)]
    )


@pytest.mark.parametrize(
    "wrong",
    [BYTES, BYTES.astype("float32"), SIGNED, BROKEN],
    ids=["bytes", "floats", "signed", "nan"],
)
def test_images_beyond_zero_and_one_are_refused_wherever_they_come(wrong):
    training.set_seed(0)
    for model, loss in ((tiny_vae(), None), (models.linear_autoencoder(3), "mse")):
        before = model.get_weights()
        with pytest.raises(ValueError, match=f"^x {RANGE}"):
            training.fit(model, wrong, loss=loss, epochs=1)
        with pytest.raises(ValueError, match=f"^the validation's x {RANGE}"):
            training.fit(model, IMAGES, loss=loss, epochs=1, validation=wrong)
        for a, b in zip(before, model.get_weights()):
            np.testing.assert_array_equal(a, b)
    with pytest.raises(ValueError, match=f"^x {RANGE}"):
        training.fit(classifier(), wrong, LABELS, loss=SPARSE, epochs=1)
    with pytest.raises(ValueError, match=f"^y {RANGE}"):
        training.fit(model, IMAGES, wrong, loss="mse", epochs=1)
    with pytest.raises(ValueError, match=f"^the validation's y {RANGE}"):
        training.fit(model, IMAGES, loss="mse", epochs=1, validation=(IMAGES, wrong))


SPARSE = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def test_the_message_is_the_one_of_encode():
    model = models.linear_autoencoder(3)
    for wrong in (BYTES, IMAGES[..., 0]):
        with pytest.raises(ValueError) as of_encode:
            model.encode(wrong)
        with pytest.raises(ValueError) as of_fit:
            training.fit(model, wrong, loss="mse", epochs=1)
        sizes = str(of_encode.value).replace("(n, 28, 28, 1)", "(n, height, width, 1)")
        assert str(of_fit.value) == sizes


def test_flat_bytes_are_refused_and_flat_numbers_are_not():
    model = Recorder()
    with pytest.raises(ValueError, match="divide bytes by 255"):
        training.fit(model, BYTES.reshape(len(BYTES), 784), epochs=1)
    for fine in (SIGNED.reshape(len(BYTES), 784), (BYTES > 99).astype("uint8")[:, 0, :, 0]):
        training.fit(model, fine, epochs=1)
    features = np.random.default_rng(0).normal(size=(12, 28, 28, 8))
    training.fit(model, features, epochs=1)
    assert len(model.seen) == 3


def absolute(target, output):
    return keras.ops.mean(keras.ops.abs(target - output), axis=(1, 2, 3))


@pytest.mark.parametrize(
    "loss", ["mse", keras.losses.MeanAbsoluteError(), absolute], ids=["name", "object", "function"]
)
@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_labels_are_no_targets_of_an_autoencoder(loss, shape):
    labels = LABELS.reshape(shape)
    for model in (models.linear_autoencoder(3), models.conv_denoiser(), Doubled()):
        with pytest.raises(ValueError, match=r"^y must have the shape \(n, 28, 28, 1\)"):
            training.fit(model, IMAGES, labels, loss=loss, epochs=1)
    with pytest.raises(ValueError, match=r"^the validation's y must have the shape"):
        training.fit(model, IMAGES, loss=loss, epochs=1, validation=(IMAGES, labels))


class Doubled(keras.Model):
    """A model that does not know the shape of its output beforehand."""

    def __init__(self):
        super().__init__()
        self.scale = keras.layers.Dense(1)

    def call(self, x):
        return self.scale(x)


@pytest.mark.parametrize(
    ("y", "loss", "words"),
    [
        (LABELS, "mse", r"y must have the shape \(n, 10\)"),
        (LABELS, "categorical_crossentropy", r"y must have the shape \(n, 10\)"),
        (np.eye(10)[LABELS], SPARSE, "one class number for each output"),
        (np.eye(12)[LABELS], "mse", r"y must have the shape \(n, 10\)"),
        (IMAGES, "mse", r"y must have the shape \(n, 10\)"),
        (3.0, "mse", "same length"),
    ],
)
def test_targets_of_another_shape_than_the_output_are_refused(y, loss, words):
    with pytest.raises(ValueError, match=words) as caught:
        training.fit(classifier(), IMAGES, y, loss=loss, epochs=1)
    assert "\n" not in str(caught.value)


def own_loss(labels, logits):
    return keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)


@pytest.mark.parametrize(
    ("y", "loss"),
    [
        (LABELS, SPARSE),
        (LABELS[:, None].astype("uint8"), "sparse_categorical_crossentropy"),
        (np.eye(10)[LABELS], keras.losses.CategoricalCrossentropy(from_logits=True)),
        (LABELS, own_loss),
    ],
)
def test_classifiers_are_trained_as_ever(y, loss):
    training.fit(classifier(), IMAGES, y, loss=loss, epochs=1, validation=(IMAGES, y))


def test_one_number_for_each_image_fits_one_output():
    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten()])
    model.add(keras.layers.Dense(1))
    brightness = IMAGES.mean(axis=(1, 2, 3))
    history = training.fit(model, IMAGES, brightness, loss="mse", epochs=1)
    assert history.stopped == "all epochs done"


def test_pages_of_another_size_validate_a_network_of_any_size():
    model = models.document_denoiser((None, None, 1))
    pages = np.ones((2, 32, 48, 1), "float32")
    training.fit(model, IMAGES[:4], IMAGES[:4], loss="mse", epochs=1, validation=(pages, pages))


@pytest.mark.parametrize(
    ("validation", "words"),
    [
        ((IMAGES,), "got 1 arrays"),
        ([IMAGES, IMAGES], "pass a tuple"),
        ((IMAGES, IMAGES[:3]), "the validation's x and the validation's y must have the same"),
    ],
)
def test_validation_data_of_another_kind_are_refused(validation, words):
    with pytest.raises(ValueError, match=words):
        training.fit(
            models.linear_autoencoder(3), IMAGES, loss="mse", epochs=1, validation=validation
        )


def test_the_checks_draw_no_random_numbers():
    training.set_seed(0)
    model = tiny_vae()
    state = keras.ops.convert_to_numpy(model.sampling.seed_generator.state)
    training._check_arrays(model, IMAGES, None, None)
    training._scorer(model, IMAGES, None, IMAGES)
    after = keras.ops.convert_to_numpy(model.sampling.seed_generator.state)
    np.testing.assert_array_equal(state, after)


@pytest.mark.parametrize("policy", ["float16", "mixed_float16", "mixed_bfloat16"])
def test_half_precision_is_refused(policy):
    before = keras.config.dtype_policy()
    try:
        keras.config.set_dtype_policy(policy)
        model = models.linear_autoencoder(3)
    finally:
        keras.config.set_dtype_policy(before)
    with pytest.raises(ValueError, match=r"must compute in float32, .* uses b?float16: call") as e:
        training.fit(model, IMAGES, loss="mse", epochs=1)
    assert "\n" not in str(e.value)


# What the model is given


class Recorder:
    """In place of a model: keeps what it is trained on; its loss is the number of the epoch."""

    def __init__(self):
        self.seen = []

    def compile(self, optimizer, **options):
        self.optimizer, self.compiled = optimizer, options

    def fit(self, x, y, **options):
        self.seen.append((x, y))
        self.options = options
        return types.SimpleNamespace(history={"loss": [float(len(self.seen))]})


NUMBERS = np.arange(12.0)[:, None]


def test_every_image_comes_with_its_own_target():
    model = Recorder()
    history = training.fit(model, NUMBERS, 10 * NUMBERS, epochs=3, batch_size=4, loss="mae", seed=0)
    assert history.train == [1, 2, 3]
    assert model.compiled["loss"] == "mae"
    assert model.options == {"batch_size": 4, "epochs": 1, "shuffle": False, "verbose": 0}
    for x, y in model.seen:
        np.testing.assert_array_equal(y, 10 * x)
        np.testing.assert_array_equal(np.sort(x, axis=0), NUMBERS)
    assert not np.array_equal(model.seen[0][0], model.seen[1][0])
    training.fit(model, NUMBERS, epochs=1, batch_size=4, loss="mse")
    np.testing.assert_array_equal(*model.seen[-1])  # an autoencoder's target is its input
    training.fit(model, NUMBERS, epochs=1, batch_size=4)
    assert model.seen[-1][1] is None


def test_short_epochs_take_up_where_the_last_one_ended():
    model = Recorder()
    training.fit(model, NUMBERS, epochs=3, batch_size=2, images_per_epoch=4, seed=0)
    assert [len(x) for x, _ in model.seen] == [4, 4, 4]
    together = np.concatenate([x for x, _ in model.seen])
    np.testing.assert_array_equal(np.sort(together, axis=0), NUMBERS)


def test_batches_are_full_and_a_pass_takes_no_image_twice():
    batches = training._batches(11, 4, seed=0)
    for _ in range(5):
        one_pass = np.concatenate([next(batches), next(batches)])
        assert len(set(one_pass)) == 8 and one_pass.min() >= 0 and one_pass.max() <= 10
    model = Recorder()
    training.fit(model, NUMBERS[:3], epochs=1, batch_size=200)
    assert len(model.seen[0][0]) == 3 and model.options["batch_size"] == 3


@pytest.mark.parametrize("per_epoch", [None, 40])
def test_the_learning_rate_follows_the_cosine_over_the_steps_that_are_taken(per_epoch):
    rates = []

    def score(model):
        rates.append(float(keras.ops.convert_to_numpy(model.optimizer.learning_rate)))
        return 0.0

    train(epochs=4, images_per_epoch=per_epoch, learning_rate=0.02, validation=score)
    expected = 0.01 * (1 + np.cos(np.pi * np.arange(1, 5) / 4))
    np.testing.assert_allclose(rates, expected, atol=1e-7)


def test_a_given_optimizer_is_used():
    model, own = Recorder(), keras.optimizers.SGD(0.5)
    training.fit(model, NUMBERS, epochs=1, optimizer=own)
    assert model.optimizer is own
    training.fit(model, NUMBERS, epochs=1)
    assert isinstance(model.optimizer, keras.optimizers.Adam)


def test_validation_compares_what_the_model_makes_of_the_first_with_the_second():
    noisy, clean = IMAGES[:50] * 0.5, IMAGES[50:100]
    for validation, inputs, targets in (
        ((noisy, clean), noisy, clean),
        (clean, clean, clean),
    ):
        model = models.linear_autoencoder(3)
        history = training.fit(
            model, IMAGES, epochs=2, batch_size=60, loss="mse", validation=validation
        )
        error = np.mean((model.reconstruct(inputs) - targets) ** 2)
        assert history.validation[-1] == pytest.approx(error, rel=1e-4)
        assert history.validation[0] != history.validation[1]


def test_both_clocks_run_in_training_only(monkeypatch):
    now = {"cpu": 5.0, "wall": 50.0}
    clocks = types.SimpleNamespace(
        process_time=lambda: now["cpu"], perf_counter=lambda: now["wall"]
    )
    monkeypatch.setattr(training, "time", clocks)

    def pass_time(cpu, wall):
        now["cpu"] += cpu
        now["wall"] += wall

    class Slow(Recorder):
        def fit(self, *args, **options):
            pass_time(2, 3)
            return super().fit(*args, **options)

    def score(model):
        pass_time(100, 1000)
        return 0.0

    history = training.fit(Slow(), NUMBERS, epochs=3, validation=score)
    assert history.cpu_seconds == [2, 4, 6]
    assert history.wall_seconds == [3, 6, 9]
