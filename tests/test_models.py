"""Parameter counts, shapes, what the variational models draw, and saving and loading."""

import errno
import os
import stat
import time
import zipfile

import keras
import numpy as np
import pytest
from keras import ops

from course_utils import models

IMAGES = np.random.default_rng(0).uniform(size=(6, 28, 28, 1)).astype("float32")


@pytest.mark.parametrize(
    ("build", "count"),
    [
        (models.conv_denoiser, 49_761),
        (models.document_denoiser, 38_145),
        (models.conv_vae, 550_629),
        (lambda: models.conv_vae().decoder, 56_385),
        (lambda: models.linear_autoencoder(10), 784 * 10 + 10 + 10 * 784 + 784),
    ],
)
def test_parameter_counts_of_the_classics(build, count):
    assert build().count_params() == count


def test_conv_denoiser_has_the_published_layers():
    model = models.conv_denoiser()
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.filters for layer in convolutions] == [64, 32, 16, 16, 32, 64, 1]
    assert [layer.padding for layer in convolutions] == ["same"] * 5 + ["valid", "same"]
    assert [layer.activation.__name__ for layer in convolutions] == ["relu"] * 6 + ["sigmoid"]
    sizes = [tuple(layer.output.shape[1:]) for layer in model.layers]
    assert (4, 4, 16) in sizes
    output = model.predict(IMAGES, verbose=0)
    assert output.shape == IMAGES.shape
    assert 0 <= output.min() <= output.max() <= 1


def test_conv_vae_has_the_published_layers():
    vae = models.conv_vae()
    names = [type(layer).__name__ for layer in vae.encoder.layers[1:]]
    assert names == ["Conv2D"] * 4 + ["Flatten"] + ["Dense"] * 3
    assert [layer.strides for layer in vae.encoder.layers[1:5]] == [(1, 1), (2, 2), (1, 1), (1, 1)]
    assert [type(layer).__name__ for layer in vae.decoder.layers] == [
        "Dense",
        "Reshape",
        "Conv2DTranspose",
        "Conv2D",
    ]
    assert vae.decoder.layers[-1].activation is keras.activations.linear  # logits


@pytest.mark.parametrize("size", [(258, 540), (64, 32)])
def test_document_denoiser_takes_any_even_size(size):
    pages = np.zeros((1, *size, 1), "float32")
    model = models.document_denoiser((None, None, 1))
    assert model.predict(pages, verbose=0).shape == pages.shape


@pytest.mark.parametrize(
    "build", [models.linear_autoencoder, models.deep_autoencoder], ids=["linear", "deep"]
)
def test_autoencoders_encode_and_decode(build):
    model = build(7)
    codes = model.encode(IMAGES)
    assert codes.shape == (6, 7)
    assert model.latent_dim == 7
    assert model.decode(codes).shape == IMAGES.shape
    np.testing.assert_array_equal(model.reconstruct(IMAGES), model.decode(codes))


def test_the_linear_autoencoder_is_affine():
    model = models.linear_autoencoder(5)
    zero = model.predict(np.zeros_like(IMAGES), verbose=0)
    once, twice = (model.predict(factor * IMAGES, verbose=0) - zero for factor in (0.5, 1.0))
    np.testing.assert_allclose(2 * once, twice, atol=1e-5)


def test_weight_decay_penalises_encoder_and_decoder_equally():
    model = models.linear_autoencoder(3, weight_decay=0.25)
    encode, decode = (
        part.get_layer(name).kernel
        for part, name in ((model.encoder, "encode"), (model.decoder, "decode"))
    )
    expected = 0.25 * sum(np.square(ops.convert_to_numpy(w)).sum() for w in (encode, decode))
    assert float(sum(model.losses)) == pytest.approx(expected, rel=1e-5)


VAES = [models.conv_vae, models.dense_vae]


@pytest.mark.parametrize("build", VAES, ids=lambda build: build.__name__)
def test_vaes_have_two_heads_and_decode_logits(build):
    vae = build(latent_dim=3)
    z_mean, z_log_var = vae.posterior(IMAGES)
    assert z_mean.shape == z_log_var.shape == (6, 3)
    assert [layer.name for layer in vae.encoder.layers[-2:]] == ["z_mean", "z_log_var"]
    means = vae.encoder.get_layer("z_mean").output
    np.testing.assert_array_equal(
        z_mean, ops.convert_to_numpy(keras.Model(vae.encoder.input, means)(IMAGES))
    )
    np.testing.assert_array_equal(vae.encode(IMAGES), z_mean)
    logits = vae.decode_logits(z_mean)
    assert logits.shape == IMAGES.shape
    np.testing.assert_allclose(vae.decode(z_mean), 1 / (1 + np.exp(-logits)), atol=1e-6)


def test_sampling_draws_with_the_standard_deviation_of_the_log_variance():
    count = 100_000
    z_mean = np.tile(np.array([[2.0, -1.0]], "float32"), (count, 1))
    z_log_var = np.tile(np.array([[-2.0, 1.5]], "float32"), (count, 1))
    z = ops.convert_to_numpy(models.Sampling(seed=3)(z_mean, z_log_var))
    np.testing.assert_allclose(z.mean(axis=0), [2.0, -1.0], atol=0.03)
    np.testing.assert_allclose(np.log(z.var(axis=0)), [-2.0, 1.5], atol=0.03)


def test_sampling_draws_anew_each_time_and_repeats_with_the_seed():
    zeros = np.zeros((4, 2), "float32")
    layers = [models.Sampling(seed) for seed in (1, 1, 2)]
    first, same, other = (ops.convert_to_numpy(layer(zeros, zeros)) for layer in layers)
    np.testing.assert_array_equal(first, same)
    assert not np.allclose(first, other)
    assert not np.allclose(first, ops.convert_to_numpy(layers[0](zeros, zeros)))
    assert np.unique(first).size == first.size


def test_the_decoders_first_layer_takes_sines_of_the_code():
    first, *rest = models.dense_vae().decoder.layers
    z = np.random.default_rng(0).normal(size=(5, 2)).astype("float32")
    weights, phases = (ops.convert_to_numpy(w) for w in first.weights)
    np.testing.assert_allclose(
        ops.convert_to_numpy(first(z)), np.sin(z @ weights + phases), atol=1e-5
    )
    assert phases.std() > 1  # phases all alike would make half of the sines useless
    assert len(models.dense_vae(sines=0).decoder.layers) == len(rest)


@pytest.mark.parametrize("beta", [1.0, 0.3])
def test_the_training_loss_of_a_vae_is_the_mean_of_minus_elbo(beta):
    vae = models.dense_vae(beta=beta, widths=(8,))
    logits = ops.convert_to_numpy(vae(IMAGES))
    z_mean, z_log_var = vae.posterior(IMAGES)
    likelihood = (IMAGES * logits - np.logaddexp(0, logits)).sum(axis=(1, 2, 3))
    kl = 0.5 * (z_mean**2 + np.exp(z_log_var) - 1 - z_log_var).sum(axis=1)
    expected = float(np.mean(beta * kl - likelihood))
    assert float(vae.losses[0]) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    "build",
    [
        *VAES,
        models.conv_denoiser,
        models.skip_denoiser,
        lambda: models.linear_autoencoder(4, weight_decay=0.1),
        lambda: models.deep_autoencoder(4),
        lambda: models.dense_vae(latent_dim=5, widths=(16, 8), beta=0.5, seed=7),
    ],
)
def test_a_saved_model_comes_back_the_same(build, tmp_path):
    model = build()
    again = models.load(models.save(model, tmp_path / "model.keras"))
    for before, after in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    if isinstance(model, models.VAE):
        assert (again.beta, again.sampling.seed) == (model.beta, model.sampling.seed)
        np.testing.assert_array_equal(model.encode(IMAGES), again.encode(IMAGES))
    else:
        np.testing.assert_array_equal(
            model.predict(IMAGES, verbose=0), again.predict(IMAGES, verbose=0)
        )
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]


def test_document_cleaner_is_small_and_sees_the_page_through_its_skips():
    model = models.document_cleaner()
    assert model.count_params() == 123_569
    pages = np.zeros((1, 48, 80, 1), "float32")
    assert model(pages).shape == pages.shape
    blind = models.document_cleaner()
    blind.set_weights(model.get_weights())
    deepest = [layer for layer in blind.layers if isinstance(layer, keras.layers.Conv2D)][4]
    deepest.set_weights([np.zeros_like(weight) for weight in deepest.get_weights()])
    bright = np.ones_like(pages)
    assert np.abs(blind(bright) - blind(pages)).max() > 1e-4  # a way around the deepest level


@pytest.mark.parametrize(
    ("widths", "message"), [((16,), "at least two"), ((16, 0), "at least 1"), ((), "at least two")]
)
def test_document_cleaner_refuses_widths_that_make_no_network(widths, message):
    with pytest.raises(ValueError, match=message):
        models.document_cleaner(widths)


def test_a_saved_model_can_be_read_by_those_whom_the_user_lets(tmp_path):
    before = os.umask(0o022)
    try:
        path = models.save(models.deep_autoencoder(2), tmp_path / "model.keras")
        assert os.umask(0o022) == 0o022  # left as it was
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_full_disk_loses_nothing(tmp_path, monkeypatch):
    path = models.save(models.deep_autoencoder(2), tmp_path / "model.keras")
    before = path.read_bytes()
    model = models.deep_autoencoder(3)

    def write_half(filepath, *args, **kwargs):
        with open(filepath, "wb") as file:
            file.write(b"half a model")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(model, "save", write_half)
    with pytest.raises(OSError, match=r"free some space.*still in memory") as caught:
        models.save(model, path)
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.keras"]


def test_what_a_killed_save_left_behind_goes_after_an_hour(tmp_path):
    for name, hours in ((".model.keras.7-ab.keras", 2), (".model.keras.8-ab.keras", 0.5)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time.time() - 3600 * hours,) * 2)
    models.save(models.deep_autoencoder(2), tmp_path / "model.keras")
    assert {p.name for p in tmp_path.iterdir()} == {".model.keras.8-ab.keras", "model.keras"}


def test_saving_says_what_is_wrong_with_the_path(tmp_path):
    model = models.deep_autoencoder(2)
    with pytest.raises(ValueError, match=r"must end in \.keras"):
        models.save(model, tmp_path / "model.h5")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        models.save(model, tmp_path / "nowhere" / "model.keras")


def test_loading_says_what_is_wrong_with_the_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no model"):
        models.load(tmp_path / "missing.keras")
    whole = models.save(models.deep_autoencoder(2), tmp_path / "model.keras").read_bytes()
    truncated = tmp_path / "truncated.keras"
    truncated.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"truncated\.keras could not be loaded"):
        models.load(truncated)


def test_safe_mode_refuses_code(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x + 1)])
    path = tmp_path / "lambda.keras"
    model.save(path)
    assert zipfile.is_zipfile(path)
    with pytest.raises(ValueError, match="could not be loaded"):
        models.load(path)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: models.deep_autoencoder(0), "code_size must be a whole number"),
        (lambda: models.deep_autoencoder(2, widths=(16, 0)), "a hidden width must be"),
        (lambda: models.linear_autoencoder(2, weight_decay=-1), "weight_decay must be"),
        (lambda: models.conv_vae(latent_dim=2.0), "latent_dim must be a whole number"),
        (lambda: models.dense_vae(beta=-0.1), "beta must be"),
        (lambda: models.dense_vae(sines=-1), "sines must be a whole number"),
        (lambda: models.document_denoiser((259, 540, 1)), "even height and width"),
        (lambda: models.document_denoiser((258, 540, 3)), "must be .height, width, 1."),
        (lambda: models.deep_autoencoder(2).encode(IMAGES * 255), r"pixel values in \[0, 1\]"),
        (lambda: models.deep_autoencoder(2).encode(IMAGES[..., 0]), "must be images of shape"),
        (lambda: models.deep_autoencoder(2).decode(np.zeros((3, 4))), r"codes of shape \(n, 2\)"),
        (lambda: models.dense_vae().decode(np.zeros((3, 4))), r"codes of shape \(n, 2\)"),
        (
            lambda: models.VAE(models.dense_vae(3).encoder, models.dense_vae(2).decoder),
            "same latent_dim",
        ),
    ],
)
def test_wrong_input_gets_one_sentence(call, words):
    with pytest.raises(ValueError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_skip_denoiser_is_small_and_lets_pixels_pass_where_the_gate_is_shut():
    model = models.skip_denoiser()
    assert model.count_params() == 42_690 < models.conv_denoiser().count_params()
    gate, estimate = model.get_layer("gate"), model.get_layer("estimate")
    inside = keras.Model(model.input, [gate.output, estimate.output])
    parts = [np.array(part) for part in inside(IMAGES)]
    assert parts[0].min() > 0 and parts[0].max() < 1
    expected = IMAGES + parts[0] * (parts[1] - IMAGES)
    np.testing.assert_allclose(np.array(model(IMAGES)), expected, atol=1e-5)
    kernel, bias = gate.get_weights()
    gate.set_weights([0 * kernel, bias - 200])
    np.testing.assert_array_equal(np.array(model(IMAGES)), IMAGES)
    gate.set_weights([0 * kernel, bias + 200])
    np.testing.assert_allclose(np.array(model(IMAGES)), parts[1], atol=1e-5)


def test_skip_denoiser_is_made_of_plain_layers():
    plain = "Conv2D Conv2DTranspose Add Subtract Multiply InputLayer"
    assert {type(layer).__name__ for layer in models.skip_denoiser().layers} == set(plain.split())
    with pytest.raises(ValueError, match="filters must"):
        models.skip_denoiser(0)


# What the counts of parameters do not tell


def described(model):
    """Units or filters and activation of each layer that has them."""
    return [
        (getattr(layer, "units", None) or layer.filters, layer.activation.__name__)
        for layer in model.layers
        if hasattr(layer, "activation")
    ]


def test_dense_networks_are_mirrored_with_a_linear_code():
    model = models.deep_autoencoder(7)
    assert described(model.encoder) == [(256, "gelu"), (128, "gelu"), (7, "linear")]
    assert described(model.decoder) == [(128, "gelu"), (256, "gelu"), (784, "sigmoid")]
    vae = models.dense_vae(latent_dim=3, widths=(20, 10), sines=6)
    assert described(vae.encoder) == [
        (20, "gelu"),
        (10, "gelu"),
        (3, "linear"),
        (3, "linear"),
    ]
    assert described(vae.decoder) == [(6, "sine"), (10, "gelu"), (20, "gelu"), (784, "linear")]


def test_conv_vae_has_the_published_activations():
    vae = models.conv_vae()
    filters = [(32, "relu"), (64, "relu"), (64, "relu"), (64, "relu")]
    heads = [(2, "linear"), (2, "linear")]
    assert described(vae.encoder) == [*filters, (32, "relu"), *heads]
    assert described(vae.decoder) == [(14 * 14 * 64, "relu"), (32, "relu"), (1, "linear")]


def test_denoisers_of_pages_and_garments_work_at_the_sizes_that_they_describe():
    assert described(models.document_denoiser()) == [(64, "relu"), (64, "relu"), (1, "sigmoid")]
    sizes = {layer.output.shape[1:3] for layer in models.document_denoiser().layers}
    assert sizes == {(258, 540), (129, 270)}
    sizes = {layer.output.shape[1:3] for layer in models.skip_denoiser().layers}
    assert sizes == {(28, 28), (14, 14), (7, 7)}
    pooled = {type(layer).__name__ for layer in models.document_denoiser().layers}
    assert pooled == {"Conv2D", "MaxPooling2D", "UpSampling2D"}
    assert pooled == {type(layer).__name__ for layer in models.conv_denoiser().layers}
    skip = models.skip_denoiser()
    assert sum(isinstance(layer, keras.layers.Add) for layer in skip.layers) == 2
    assert skip.get_layer("estimate").activation is keras.activations.linear
    assert {a for f, a in described(skip) if f == 32} == {"relu"}


def test_the_document_cleaner_starts_where_nine_tenths_are_white():
    last = models.document_cleaner().layers[-1]
    assert last.activation.__name__ == "sigmoid"
    bias = float(ops.convert_to_numpy(last.bias)[0])
    assert 1 / (1 + np.exp(-bias)) == pytest.approx(0.9, abs=1e-6)


def test_the_sines_have_directions_of_variance_one():
    first = models.dense_vae(sines=2000).decoder.layers[0]
    weights, phases = (ops.convert_to_numpy(w) for w in first.weights)
    assert weights.std() == pytest.approx(1.0, abs=0.05)
    assert phases.min() < -3 and phases.max() > 3 and np.abs(phases).max() <= np.pi + 1e-6


@pytest.mark.parametrize("build", VAES, ids=lambda build: build.__name__)
def test_vaes_keep_the_beta_and_the_seed_that_they_are_given(build):
    vae = build(beta=0.25, seed=7)
    assert (vae.beta, vae.sampling.seed, vae.latent_dim) == (0.25, 7, 2)
    assert build().beta == 1 and build().sampling.seed is None


def test_a_vae_is_trained_on_a_sample_and_reconstructs_from_the_mean():
    vae = models.dense_vae(widths=(8,))
    first, second = (ops.convert_to_numpy(vae(IMAGES)) for _ in range(2))
    assert not np.allclose(first, second)
    np.testing.assert_array_equal(vae.reconstruct(IMAGES), vae.decode(vae.posterior(IMAGES)[0]))
    seen = []
    vae.sample = lambda z_mean, z_log_var: seen.append((z_mean, z_log_var)) or z_mean
    logits = ops.convert_to_numpy(vae(IMAGES))
    np.testing.assert_allclose(logits, vae.decode_logits(vae.encode(IMAGES)), atol=1e-5)
    for given, stated in zip(seen[0], vae.posterior(IMAGES), strict=True):
        np.testing.assert_allclose(ops.convert_to_numpy(given), stated, atol=1e-5)


def test_predictions_are_in_order_whatever_the_batches():
    vae = models.dense_vae(widths=(8,))
    whole = vae.posterior(IMAGES)
    for size in (1, 4):
        parts = models._predict(vae.encoder, IMAGES, size)
        for part, expected in zip(parts, whole, strict=True):
            np.testing.assert_allclose(part, expected, atol=1e-5)
        np.testing.assert_allclose(
            vae.decode_logits(whole[0], size), vae.decode_logits(whole[0]), atol=1e-5
        )
