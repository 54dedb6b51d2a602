"""Which difference between the two denoisers counts, and would more steps help the classic one?

Eight trainings of equal length: network (classic, skip) x training noise (10 % only, 5 to 50 %) x
loss (squared error, log error). The two that were trained on 5 to 50 % with the log error go on, to
twice the number of steps again and again; the learning rate falls to zero before each measurement
and starts anew after it. Everything is measured on validation images that chose nothing.

Chapter: Denoising.
"""

import keras
import numpy as np
from keras import ops

from course_utils import metrics, models, noise, training
from course_utils.data import load_fashion_mnist

LEVELS = (0.05, 0.10, 0.20, 0.30, 0.40, 0.50)
BATCH_SIZE = 16
STEPS = 800  # of each of the eight trainings
DOUBLINGS = {"classic": 3, "skip": 1}
LEARNING_RATE = 4e-3  # of 1e-3, 2e-3 and 4e-3 the best for the classic network
BUILD = {"classic": models.conv_denoiser, "skip": models.skip_denoiser}


def run(seed: int, toy: bool = False) -> dict:
    """Train the networks and measure them.

    Args:
        seed: seed of the weights, of the noise, and of the order of the images.
        toy: some steps only, to see that the script works.

    Returns:
        The noise levels; "cells", the PSNR in decibels by level for each of the eight trainings;
        and "curves" for each network: the numbers of steps and, for each of them, the PSNR by
        level, the PSNR for clean input, and at 10 % noise the share of the squared error on
        untouched pixels and the ratio of root mean squared errors, untouched to replaced pixels.
    """
    seed = training.set_seed(seed)
    data = load_fashion_mnist()
    steps = 20 if toy else STEPS
    clean = np.tile(data.x_train, (2 if toy else max(1, 55_000 // len(data.x_train)), 1, 1, 1))
    amounts = np.random.default_rng(seed).uniform(0.05, 0.50, len(clean))
    noisy = {
        "10 % only": noise.salt_and_pepper(clean, 0.10, seed=seed + 2),
        "5 to 50 %": noise.salt_and_pepper(clean, amounts, seed=seed + 3),
    }
    probe = _Probe(data.x_val[200 : 260 if toy else 700], seed + 4)
    cells, curves = {}, {}
    for network, build in BUILD.items():
        for trained_on, images in noisy.items():
            for loss_name, loss in (("squared error", "mse"), ("log error", log_error)):
                keras.utils.set_random_seed(seed)
                model = build()
                _train(model, images, clean, loss, steps, seed)
                cells[f"{network}, {trained_on}, {loss_name}"] = probe.by_level(model)
        # The last one, trained on 5 to 50 % with the log error, goes on.
        curve = {"steps": [steps], "probes": [probe.everything(model)]}
        for doubling in range(DOUBLINGS[network]):
            more = steps * 2**doubling
            _train(model, images, clean, loss, more, seed + 100 + doubling)
            curve["steps"].append(2 * more)
            curve["probes"].append(probe.everything(model))
        curves[network] = {
            "steps": curve["steps"],
            **{name: [p[name] for p in curve["probes"]] for name in curve["probes"][0]},
        }
    return {"levels": list(LEVELS), "cells": cells, "curves": curves}


def log_error(target, output):
    """The logarithm of each image's mean squared error, as in the chapter."""
    return ops.log(ops.mean(ops.square(target - output), axis=(1, 2, 3)) + 1e-5)


def _train(model, noisy, clean, loss, steps, seed):
    epochs = max(1, steps // 400)
    training.fit(
        model,
        noisy,
        clean,
        loss=loss,
        learning_rate=LEARNING_RATE,
        epochs=epochs,
        batch_size=BATCH_SIZE,
        images_per_epoch=steps // epochs * BATCH_SIZE,
        seed=seed,
    )


class _Probe:
    """Validation images and their noisy versions, the same for every network of a run."""

    def __init__(self, images, seed):
        self.images = images
        self.noisy = {level: noise.salt_and_pepper(images, level, seed=seed) for level in LEVELS}
        self.untouched = self.noisy[0.10] == images

    def by_level(self, model) -> list[float]:
        return [float(self._psnr(self._answer(model, y))) for y in self.noisy.values()]

    def everything(self, model) -> dict:
        squared = (self._answer(model, self.noisy[0.10]) - self.images) ** 2
        good, bad = squared[self.untouched], squared[~self.untouched]
        return {
            "psnr": self.by_level(model),
            "clean_psnr": float(self._psnr(self._answer(model, self.images))),
            "share_on_untouched": float(good.sum() / squared.sum()),
            "untouched_to_replaced": float(np.sqrt(good.mean() / bad.mean())),
        }

    def _answer(self, model, images):
        return np.clip(ops.convert_to_numpy(model(images, training=False)), 0, 1)

    def _psnr(self, answer):
        return np.mean(metrics.psnr(self.images, answer))
