"""The networks of the course: the three classics, and the models it recommends beside them.

All of them are built from Dense, Conv2D, Conv2DTranspose, pooling and upsampling layers only.
Decoders of variational autoencoders return *logits*; apply a sigmoid for pictures (`VAE.decode`
does), and the objectives take the logits as they are.

Sizes (of codes, layers, filters) are positive whole numbers, images (batch, 28, 28, 1) with values
in [0, 1]; other numbers, shapes and ranges raise a ValueError of one sentence.
"""

import functools
import math
import os
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

from course_utils import objectives
from course_utils._checks import check_codes, check_images, check_positive_int
from course_utils._files import replacing

IMAGE_SHAPE = (28, 28, 1)
_REGISTER = keras.saving.register_keras_serializable(package="course_utils")


class _EncoderDecoder(keras.Model):
    """An encoder and a decoder kept as attributes, and saved and loaded as one model."""

    def __init__(self, encoder: keras.Model, decoder: keras.Model, **kwargs):
        super().__init__(**kwargs)
        codes = encoder.output_shape
        codes = codes[0] if isinstance(codes[0], (list, tuple)) else codes  # the first of two heads
        if codes[1:] != decoder.input_shape[1:]:
            raise ValueError(
                f"the decoder must take the encoder's codes of shape {codes[1:]}, but it takes "
                f"{decoder.input_shape[1:]}; build both with the same latent_dim."
            )
        self.encoder, self.decoder = encoder, decoder

    def build(self, input_shape=None):
        pass  # encoder and decoder are functional models, hence built already

    @property
    def latent_dim(self) -> int:
        """The number of dimensions of a code."""
        return int(self.decoder.input_shape[-1])

    def reconstruct(self, x: np.ndarray) -> np.ndarray:
        """The images decoded from the codes (of a VAE, the means) of `x`, same shape as `x`."""
        return self.decode(self.encode(x))

    def get_config(self):
        parts = {"encoder": self.encoder, "decoder": self.decoder}
        saved = {k: keras.saving.serialize_keras_object(part) for k, part in parts.items()}
        return {**super().get_config(), **saved}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        load = keras.saving.deserialize_keras_object
        parts = {k: load(config[k], custom_objects=custom_objects) for k in ("encoder", "decoder")}
        return cls(**{**config, **parts})


def _chain(name: str, input_shape: tuple, steps: list[keras.Layer]) -> keras.Sequential:
    """Layers one after the other."""
    return keras.Sequential([keras.Input(input_shape), *steps], name=name)


def _hidden(widths: tuple[int, ...]) -> list[keras.Layer]:
    """Dense layers with the activation of the course's own networks."""
    widths = [check_positive_int(width, "a hidden width") for width in widths]
    return [layers.Dense(width, activation="gelu") for width in widths]


def _conv(filters: int, size: int = 3, padding: str = "same", **options) -> keras.Layer:
    """The convolution of the course's networks, with a ReLU."""
    return layers.Conv2D(filters, size, activation="relu", padding=padding, **options)


# Autoencoders


@_REGISTER
class Autoencoder(_EncoderDecoder):
    """An encoder followed by a decoder; train it to reproduce its input.

    The encoder maps images (batch, 28, 28, 1) to codes (batch, latent_dim), the decoder codes to
    images. Source: Hinton & Salakhutdinov 2006. Chapter: Compression and PCA.
    """

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.build()

    def call(self, x):
        return self.decoder(self.encoder(x))

    def encode(self, x: np.ndarray) -> np.ndarray:
        """Codes (n, latent_dim) of images (n, 28, 28, 1)."""
        return _predict(self.encoder, check_images(x, "x"))

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Images (n, 28, 28, 1) of codes (n, latent_dim)."""
        codes = check_codes(codes, "codes", self.latent_dim)
        return _predict(self.decoder, codes.astype("float32", copy=False))


def linear_autoencoder(code_size: int, weight_decay: float = 0.0) -> Autoencoder:
    """One dense layer in, one dense layer out, no nonlinearity: it can learn what PCA learns.

    A positive `weight_decay`, the strength of an L2 penalty on the kernels of the layers "encode"
    and "decode", makes the axes of the code identifiable (Kunin et al. 2019).
    Source: Baldi & Hornik 1989. Chapter: Compression and PCA.
    """
    check_positive_int(code_size, "code_size")
    if not 0.0 <= weight_decay < math.inf:
        raise ValueError(f"weight_decay must be a finite number >= 0, but it is {weight_decay}.")

    penalty = keras.regularizers.L2(weight_decay) if weight_decay else None
    linear = functools.partial(layers.Dense, kernel_regularizer=penalty)
    encoder = _chain("encoder", IMAGE_SHAPE, [layers.Flatten(), linear(code_size, name="encode")])
    decode = [linear(784, name="decode"), layers.Reshape(IMAGE_SHAPE)]
    decoder = _chain("decoder", (code_size,), decode)
    return Autoencoder(encoder, decoder, name="linear_autoencoder")


def deep_autoencoder(code_size: int, widths: tuple[int, ...] = (256, 128)) -> Autoencoder:
    """Dense hidden layers around a bottleneck without an activation, and a sigmoid at the end.

    `widths` are the units of the encoder's hidden layers; the decoder mirrors them.
    Source: Hinton & Salakhutdinov 2006. Chapter: Compression and PCA.
    """
    check_positive_int(code_size, "code_size")
    encode = [layers.Flatten(), *_hidden(widths), layers.Dense(code_size)]
    encoder = _chain("encoder", IMAGE_SHAPE, encode)
    decode = [*_hidden(widths[::-1]), layers.Dense(784, activation="sigmoid")]
    decoder = _chain("decoder", (code_size,), [*decode, layers.Reshape(IMAGE_SHAPE)])
    return Autoencoder(encoder, decoder, name="deep_autoencoder")


def conv_denoiser() -> keras.Model:
    """The classic convolutional denoiser of 28 x 28 images: 49,761 parameters.

    It maps images to images with values in [0, 1]. Its third decoder convolution is "valid": that
    turns 16 x 16 into 14 x 14, so that the last upsampling arrives at 28 x 28.

    Source: F. Chollet's "Building autoencoders in Keras" (2016), as later courses have it.
    Chapter: Denoising.
    """
    steps = []
    for filters in (64, 32, 16):
        steps += [_conv(filters), layers.MaxPooling2D(2, padding="same")]
    for filters, padding in ((16, "same"), (32, "same"), (64, "valid")):
        steps += [_conv(filters, padding=padding), layers.UpSampling2D(2)]
    last = layers.Conv2D(1, 3, activation="sigmoid", padding="same")
    return _chain("conv_denoiser", IMAGE_SHAPE, [*steps, last])


def skip_denoiser(filters: int = 32) -> keras.Model:
    """The network that the course recommends for noisy 28 x 28 images: 42,690 parameters.

    It works at half and at a quarter of the resolution, where a convolution is cheap, and keeps
    more numbers than the picture has pixels, so that nothing has to be lost. One skip connection
    leads past the quarter, and one past everything: the layers "estimate" and "gate" predict every
    pixel and a number between 0 and 1, and the output is input + gate * (estimate - input). It may
    leave [0, 1] by a little: clip it. All convolutions but the last two have so many `filters`.

    Source: this course; the skips after Ronneberger et al. 2015. Chapter: Denoising.
    """
    check_positive_int(filters, "filters")

    up = functools.partial(layers.Conv2DTranspose, strides=2, padding="same")
    noisy = keras.Input(IMAGE_SHAPE)
    half = _conv(filters)(_conv(filters, 4, strides=2)(noisy))  # 14 x 14
    h = _conv(filters)(_conv(filters, strides=2)(half))  # 7 x 7
    h = layers.Add()([up(filters, 2, activation="relu")(h), half])
    h = _conv(filters)(h)
    gate = up(1, 4, activation="sigmoid", name="gate")(h)
    estimate = up(1, 4, name="estimate")(h)
    change = layers.Multiply()([gate, layers.Subtract()([estimate, noisy])])
    return keras.Model(noisy, layers.Add()([noisy, change]), name="skip_denoiser")


def document_denoiser(input_shape: tuple = (258, 540, 1)) -> keras.Model:
    """The classic denoiser of scanned pages: 38,145 parameters, fully convolutional.

    It maps pages to pages of the same size, (batch, height, width, 1), with values in [0, 1].
    `input_shape` is height, width and 1; height and width even, or None for any even size. Many
    entries of Kaggle's "Denoising Dirty Documents" share it. Chapter: Cleaning documents.
    """
    shape = tuple(input_shape)
    sizes_fit = all(s is None or (isinstance(s, int) and s > 0 and s % 2 == 0) for s in shape[:2])
    if len(shape) != 3 or shape[2] != 1 or not sizes_fit:
        raise ValueError(
            f"input_shape must be (height, width, 1) with even height and width, since the pages "
            f"are halved and doubled again, but it is {shape}; pad the page by one pixel."
        )
    steps = [_conv(64), layers.MaxPooling2D(2, padding="same"), _conv(64), layers.UpSampling2D(2)]
    last = layers.Conv2D(1, 3, activation="sigmoid", padding="same")
    return _chain("document_denoiser", shape, [*steps, last])


def document_cleaner(widths: tuple[int, ...] = (16, 24, 32, 48)) -> keras.Model:
    """The network that the course recommends for scanned pages: 123,569 parameters.

    A convolution in steps of two pixels halves the page; most of the work is done there and at
    still smaller sizes, where a pixel sees far and a convolution is cheap. What is lost on the
    way down comes back through skip connections, the page itself through the last one.

    It maps pages like `document_denoiser`, height and width being multiples of 2 ** len(widths), 16
    as it stands. `widths`, two or more, are the filters of the first convolution and of each level.

    Source: after the U-Net of Ronneberger et al. 2015. Chapter: Cleaning documents.
    """
    widths = [check_positive_int(width, "a width") for width in widths]
    if len(widths) < 2:
        raise ValueError(f"widths must have at least two entries, but they are {widths}.")
    page = keras.Input((None, None, 1))
    h = _conv(widths[0], 4, strides=2)(page)
    skips = []
    for width in widths[1:]:
        h = _conv(width)(h)
        skips.append(h)
        h = layers.MaxPooling2D(2)(h)
    h = _conv(widths[-1])(h)
    for skip in reversed(skips):
        h = layers.Concatenate()([layers.UpSampling2D(2)(h), skip])
        h = _conv(skip.shape[-1])(h)
    h = layers.Conv2DTranspose(8, 2, strides=2, activation="relu")(h)
    h = _conv(8)(layers.Concatenate()([h, page]))
    # Nine tenths of a page are white. Starting there keeps the first steps, which would otherwise
    # all push the same way, from driving the network to where every pixel is white for good.
    start = keras.initializers.Constant(math.log(0.9 / 0.1))
    last = layers.Conv2D(1, 3, activation="sigmoid", padding="same", bias_initializer=start)
    return keras.Model(page, last(h), name="document_cleaner")


# Variational autoencoders


@_REGISTER
class Sampling(layers.Layer):
    """Draws z from N(z_mean, exp(z_log_var)), differentiably in both.

    Its own random generator has the seed, or follows `training.set_seed` if that is None. Source:
    Kingma & Welling 2014, section 2.4. Chapter: Reparameterization.
    """

    def __init__(self, seed: int | None = None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, z_mean, z_log_var):
        epsilon = keras.random.normal(ops.shape(z_mean), seed=self.seed_generator)
        return objectives.reparameterize(z_mean, z_log_var, epsilon)

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}


@_REGISTER
class VAE(_EncoderDecoder):
    """A variational autoencoder with a standard normal prior and Bernoulli pixels.

    Training minimises the mean over the batch of -ELBO in nats per image. A subclass may replace
    `sample` or `loss_per_image`, as the chapter does to study another recipe, and then says with
    `posterior` which distribution it really draws from.

    The encoder maps images (batch, 28, 28, 1) to the pair (z_mean, z_log_var), each (batch,
    latent_dim), the decoder z to logits (batch, 28, 28, 1). `beta` >= 0 is the weight of the KL
    term in training, 1 for the ELBO, `seed` that of the noise, as in `Sampling`.
    Source: Kingma & Welling 2014. Chapter: The Fashion-MNIST VAE.
    """

    def __init__(self, encoder, decoder, beta: float = 1.0, seed: int | None = None, **kwargs):
        if not 0.0 <= beta < math.inf:
            raise ValueError(f"beta must be a finite number >= 0, but it is {beta}.")
        super().__init__(encoder, decoder, **kwargs)
        self.beta = beta
        self.sampling = Sampling(seed)
        self.build()

    def call(self, x):
        z_mean, z_log_var = self.encoder(x)
        logits = self.decoder(self.sample(z_mean, z_log_var))
        self.add_loss(ops.mean(self.loss_per_image(x, logits, z_mean, z_log_var)))
        return logits

    def sample(self, z_mean, z_log_var):
        """One z for each image, as drawn in training."""
        return self.sampling(z_mean, z_log_var)

    def loss_per_image(self, x, logits, z_mean, z_log_var):
        """What training minimises, shape (batch,): -ELBO in nats per image."""
        return -objectives.elbo(x, logits, z_mean, z_log_var, beta=self.beta)

    def posterior(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and log variance of q(z | x), each (n, latent_dim), of images (n, 28, 28, 1)."""
        return tuple(_predict(self.encoder, check_images(x, "x")))

    def encode(self, x: np.ndarray) -> np.ndarray:
        """The mean of q(z | x), (n, latent_dim), of images (n, 28, 28, 1)."""
        return self.posterior(x)[0]

    def decode_logits(self, z: np.ndarray, batch_size: int = 1000) -> np.ndarray:
        """Logits (n, 28, 28, 1) of p(x | z) for codes z (n, latent_dim)."""
        z = check_codes(z, "z", self.latent_dim)
        return _predict(self.decoder, z.astype("float32", copy=False), batch_size)

    def decode(self, z: np.ndarray) -> np.ndarray:
        """The mean image E[x | z], (n, 28, 28, 1), for codes z (n, latent_dim)."""
        logits = np.clip(self.decode_logits(z), -80.0, 80.0)  # exp stays finite in float32
        return 1.0 / (1.0 + np.exp(-logits))

    def get_config(self):
        return {**super().get_config(), "beta": self.beta, "seed": self.sampling.seed}


def _gaussian_encoder(hidden: list[keras.Layer], latent_dim: int) -> keras.Model:
    """Hidden layers followed by two linear heads, for the mean and the log variance."""
    x = keras.Input(IMAGE_SHAPE)
    h = functools.reduce(lambda h, layer: layer(h), hidden, x)
    heads = [layers.Dense(latent_dim, name=name)(h) for name in ("z_mean", "z_log_var")]
    return keras.Model(x, heads, name="encoder")


@_REGISTER
def sine(x):
    """sin(x), as an activation that can be saved and loaded."""
    return ops.sin(x)


def _sines(units: int) -> list[keras.Layer]:
    """A dense layer of sines with random directions and phases, or nothing for zero units."""
    if units == 0:
        return []
    # A network of few coordinates learns coarse variation first and fine variation late. Sines of
    # the coordinates give it the fine variation from the start.
    directions = keras.initializers.RandomNormal(stddev=1.0)
    phases = keras.initializers.RandomUniform(-math.pi, math.pi)
    options = {"kernel_initializer": directions, "bias_initializer": phases}
    return [layers.Dense(check_positive_int(units, "sines"), activation=sine, **options)]


def conv_vae(latent_dim: int = 2, beta: float = 1.0, seed: int | None = None) -> VAE:
    """The classic convolutional VAE: 550,629 parameters with two latent dimensions.

    The published network ends in a sigmoid; here that sigmoid is in `VAE.decode` and inside the
    likelihood, which changes no parameter and avoids rounding probabilities to 0 and 1. The decoder
    has 56,385 of them. `beta` and `seed` are those of `VAE`.
    Source: Chollet, "Deep Learning with Python" (2017), 8.4. Chapter: The Fashion-MNIST VAE.
    """
    check_positive_int(latent_dim, "latent_dim")
    convolutions = [_conv(32), _conv(64, strides=2), _conv(64), _conv(64)]
    hidden = [*convolutions, layers.Flatten(), layers.Dense(32, activation="relu")]
    encoder = _gaussian_encoder(hidden, latent_dim)
    decode = [
        layers.Dense(14 * 14 * 64, activation="relu"),
        layers.Reshape((14, 14, 64)),
        layers.Conv2DTranspose(32, 3, strides=2, activation="relu", padding="same"),
        layers.Conv2D(1, 3, padding="same"),
    ]
    decoder = _chain("decoder", (latent_dim,), decode)
    return VAE(encoder, decoder, beta=beta, seed=seed, name="conv_vae")


def dense_vae(
    latent_dim: int = 2,
    widths: tuple[int, ...] = (128, 128, 128),
    sines: int = 64,
    beta: float = 1.0,
    seed: int | None = None,
) -> VAE:
    """The VAE that the course recommends for 28 x 28 images: dense layers, and sines of the code.

    `widths` are the units of the encoder's hidden layers, which the decoder mirrors, and `sines`
    those of the decoder's first layer, which takes sines; 0 for none. For the rest see `VAE`.
    Source: this course; for the sines, Tancik et al. 2020. Chapter: The Fashion-MNIST VAE.
    """
    check_positive_int(latent_dim, "latent_dim")
    encoder = _gaussian_encoder([layers.Flatten(), *_hidden(widths)], latent_dim)
    decode = [*_sines(sines), *_hidden(widths[::-1]), layers.Dense(784)]
    decoder = _chain("decoder", (latent_dim,), [*decode, layers.Reshape(IMAGE_SHAPE)])
    return VAE(encoder, decoder, beta=beta, seed=seed, name="dense_vae")


# Saving, loading, predicting


def save(model: keras.Model, path: str | os.PathLike) -> Path:
    """Save a model of the course, or of Keras, and return the path, which must end in `.keras`.

    The file is complete or not there at all: an existing one is replaced only at the end, and left
    as it was where OSError says that the folder does not exist or the disk is full.
    """
    path = Path(path)
    if path.suffix != ".keras":
        raise ValueError(f"a model's path must end in .keras, but it is {path}; rename it.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent}; make it, then save again.")
    try:
        with replacing(path, suffix=".keras") as part:
            model.save(part)
    except OSError as error:
        raise OSError(
            error.errno,
            f"{path} could not be saved ({error.strerror or error}); free some space or choose "
            "another folder, and save again: the model is still in memory",
        ) from error
    return path


def load(path: str | os.PathLike) -> keras.Model:
    """Load a model saved by `save`, with Keras' safe mode on: no code in the file is run.

    It raises FileNotFoundError, or ValueError for no complete `.keras` file, or one with code.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no model at {path}; save one there first.")
    try:
        return keras.saving.load_model(path, safe_mode=True)
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ValueError(
            f"{path} could not be loaded ({reason}); it is not a complete .keras file that this "
            "course saved, so save or copy it again."
        ) from error


def _predict(model: keras.Model, x: np.ndarray, batch_size: int = 1000):
    """The model's output for all of `x`; `model.predict` would compile each small model anew."""
    batches = (x[start : start + batch_size] for start in range(0, len(x), batch_size))
    outputs = [model(batch, training=False) for batch in batches]
    if isinstance(outputs[0], (list, tuple)):
        return [np.concatenate([ops.convert_to_numpy(o) for o in head]) for head in zip(*outputs)]
    return np.concatenate([ops.convert_to_numpy(output) for output in outputs])
