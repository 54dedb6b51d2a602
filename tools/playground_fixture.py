"""Write what the playground's network must compute: losses and gradients by Keras, in float64.

    python -m tools.playground_fixture

The playground trains a small autoencoder in the reader's page, with gradients derived by hand in
live/playground/network.js. The file that this command writes, live/tests/fixtures/playground.json,
holds weights, points and noise, and what TensorFlow's GradientTape makes of the same objectives;
live/tests/playground.network.test.js compares. Running it again gives the same numbers.
"""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

from course_utils import objectives

FIXTURE = Path(__file__).parents[1] / "live" / "tests" / "fixtures" / "playground.json"

HIDDEN, CODE, POINTS = 8, 1, 20
NOISE, STRENGTH, BETA = 0.3, 0.7, 2.5
SPREAD = 0.1  # the standard deviation of p(x | z), SPREAD in network.js
METHODS = ("plain", "denoising", "contractive", "vae")


def chain(inputs: int, outputs: int) -> keras.Sequential:
    """Return two hidden layers of tanh units and a linear one, in double precision."""
    dense = [(HIDDEN, "tanh"), (HIDDEN, "tanh"), (outputs, None)]
    steps = [layers.Dense(units, activation=f, dtype="float64") for units, f in dense]
    return keras.Sequential([keras.Input((inputs,), dtype="float64"), *steps])


def squared_norm_of_jacobian(encoder: keras.Model, x: np.ndarray):
    """Return the squared Frobenius norm of the encoder's Jacobian at each point.

    Args:
        encoder: maps points (n, 2) to codes (n, k).
        x: points (n, 2).

    Returns:
        A tensor (n,), through which a gradient by the weights may be taken.
    """
    import tensorflow as tf

    x = tf.constant(x)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        columns = tf.unstack(encoder(x), axis=1)
    # Points do not mix, so the gradient of a column's sum holds one row for each point.
    rows = [tape.gradient(column, x) for column in columns]
    return ops.sum(ops.stack([ops.sum(row**2, axis=1) for row in rows]), axis=0)


def objective(method: str, encoder: keras.Model, decoder: keras.Model, x, normal):
    """Return the loss of a batch, a tensor with one number, as the chapters define it.

    Args:
        method: one of METHODS.
        encoder: maps points to codes, or with "vae" to means and log variances side by side.
        decoder: maps codes to points.
        x: points (n, 2).
        normal: standard normal draws (n, 2), or with "vae" (n, CODE).
    """
    if method == "vae":
        z_mean, z_log_var = ops.split(encoder(x), 2, axis=1)
        mean = decoder(objectives.reparameterize(z_mean, z_log_var, normal))
        log_var = np.full(x.shape, 2 * np.log(SPREAD))
        fit = objectives.gaussian_log_likelihood(x, mean, log_var)
        return ops.mean(BETA * objectives.kl_standard_normal(z_mean, z_log_var) - fit)
    seen = x + NOISE * normal if method == "denoising" else x
    loss = ops.sum((x - decoder(encoder(seen))) ** 2, axis=1)
    if method == "contractive":
        loss = loss + STRENGTH * squared_norm_of_jacobian(encoder, x)
    return ops.mean(loss)


def compute() -> dict:
    """Return everything that the fixture holds: lists of numbers, row after row."""
    import tensorflow as tf

    rng = np.random.default_rng(0)
    x = rng.normal(size=(POINTS, 2))
    result = {
        **{"hidden": HIDDEN, "code": CODE, "noise": NOISE, "strength": STRENGTH, "beta": BETA},
        **{"points": x.ravel().tolist(), "normal": {}, "weights": {}, "expected": {}},
    }
    for method in METHODS:
        encoder = chain(2, 2 * CODE if method == "vae" else CODE)
        decoder = chain(CODE, 2)
        weights = [*encoder.trainable_variables, *decoder.trainable_variables]
        for weight in weights:  # large enough for the tanh units to bend
            weight.assign(rng.normal(scale=0.6, size=weight.shape))
        normal = rng.normal(size=(POINTS, CODE if method == "vae" else 2))
        with tf.GradientTape() as tape:
            loss = objective(method, encoder, decoder, x, normal)
        gradient = tape.gradient(loss, [weight.value for weight in weights])
        codes = encoder(x)[:, :CODE]
        result["normal"][method] = normal.ravel().tolist()
        result["weights"][method] = flat(weights)
        result["expected"][method] = {
            "loss": float(loss),
            "gradient": flat(gradient),
            "codes": flat([codes]),
            "rebuilt": flat([decoder(codes)]),
            "contraction": float(ops.mean(squared_norm_of_jacobian(encoder, x))),
        }
    return result


def flat(tensors: list) -> list[float]:
    """Return the numbers of all tensors, one after the other."""
    return np.concatenate([ops.convert_to_numpy(t).ravel() for t in tensors]).tolist()


if __name__ == "__main__":
    FIXTURE.parent.mkdir(parents=True, exist_ok=True)
    FIXTURE.write_text(json.dumps(compute()) + "\n", encoding="utf-8")
    print(f"{FIXTURE} is written.")
