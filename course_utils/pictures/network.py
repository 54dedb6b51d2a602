"""The autoencoder of small pictures, trained on some to be tried on others; needs Keras."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers, ops

from course_utils import _keras  # noqa: F401  settles how Keras computes
from course_utils.pictures.files import chunks

BATCH_SIZE = 32
LEARNING_RATE = 3e-3
_SAMPLE = 200  # pictures that say how far pictures are from the mean one


@dataclass(frozen=True)
class Network:
    """A trained autoencoder, with the mean picture and the spread that it counts in."""

    model: keras.Model
    mean: np.ndarray
    spread: float

    def reconstruct(self, levels: np.ndarray) -> np.ndarray:
        """Reconstruct pictures, uint8 (n, size, size, channels); the result is of the same kind."""
        result = np.empty_like(levels)
        for chunk in chunks(levels):
            output = ops.convert_to_numpy(self.model(self.normalise(levels[chunk]), training=False))
            result[chunk] = np.clip(np.rint(255 * (output * self.spread + self.mean)), 0, 255)
        return result

    def normalise(self, levels: np.ndarray) -> np.ndarray:
        """Return bytes as float32 around 0, in units of the spread."""
        return (levels / np.float32(255) - self.mean) / np.float32(self.spread)


def picture_autoencoder(size: int, channels: int, code_size: int = 32) -> keras.Model:
    """A small autoencoder of pictures (size, size, channels), size a multiple of 8.

    The encoder's convolutions do not overlap, which makes a step on a CPU several times faster;
    the decoder's last ones do, so that no seams show. Source: this course.
    """
    side = size // 8
    picture = keras.Input((size, size, channels))
    h = layers.Conv2D(32, 4, strides=4, activation="relu")(picture)
    h = layers.Conv2D(64, 2, strides=2, activation="relu")(h)
    code = layers.Dense(code_size, name="code")(layers.Flatten()(h))
    h = layers.Dense(side * side * 64, activation="relu")(code)
    h = layers.Reshape((side, side, 64))(h)
    h = layers.Conv2DTranspose(32, 2, strides=2, activation="relu")(h)
    output = layers.Conv2DTranspose(channels, 8, strides=4, padding="same")(h)
    return keras.Model(picture, output, name="picture_autoencoder")


def num_steps(num_pictures: int) -> int:
    """How many gradient steps a network gets: 25 epochs, at least 150 steps, at most 1,000."""
    return int(np.clip(25 * num_pictures / BATCH_SIZE, 150, 1000))


def train(levels: np.ndarray, seed: int, on_step: Callable[[], object] = lambda: None) -> Network:
    """Train an autoencoder on pictures, in `num_steps` steps.

    Args:
        levels: the pictures, uint8 (n, size, size, channels), size a multiple of 8.
        seed: seeds Keras, NumPy and Python, as `training.set_seed` does.
        on_step: called after each step.
    """
    keras.utils.set_random_seed(seed)
    steps, generator = num_steps(len(levels)), np.random.default_rng(seed)
    mean = levels.mean(axis=0, dtype=np.float64).astype(np.float32) / 255
    some = levels[generator.permutation(len(levels))[:_SAMPLE]] / np.float32(255)
    network = Network(
        picture_autoencoder(levels.shape[1], levels.shape[3]),
        mean,
        max(float(np.sqrt(np.mean((some - mean) ** 2))), 1 / 255),  # all may be alike
    )
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    network.model.compile(keras.optimizers.Adam(schedule), loss="mse", jit_compile=False)
    order = np.empty(0, np.int64)
    for _ in range(steps):
        while len(order) < BATCH_SIZE:
            order = np.concatenate([order, generator.permutation(len(levels))])
        batch, order = network.normalise(levels[np.sort(order[:BATCH_SIZE])]), order[BATCH_SIZE:]
        network.model.train_on_batch(batch, batch)
        on_step()
    return network
