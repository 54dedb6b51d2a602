"""Derivatives of a function at given points, by whatever back end Keras computes with.

Keras has no derivative that runs on every back end. Both functions here ask TensorFlow's
GradientTape or JAX's jacrev and grad; with another back end they raise NotImplementedError. Points
that are not finite numbers, and functions that return another shape than is described, raise
ValueError. Chapters: Contractive autoencoders; The slope of the density.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

import course_utils._keras  # noqa: F401  it sets Keras up
from course_utils._checks import check_finite


def jacobian(function: Callable[[Any], Any], x: np.ndarray) -> np.ndarray:
    """Compute the Jacobian matrix of a function at each example of a batch.

    The function, a Keras model or `keras.ops`, maps a batch (n, ...) to a batch (n, ...), each
    example by itself (batch normalisation in training mode does not). Numbers are in single
    precision unless x is in double precision and the back end follows (JAX does so only in its
    64-bit mode).

    In the result, (n, outputs, inputs), entry [i, j, k] is the derivative of the j-th number that
    the function gives for x[i] by the k-th number of x[i], both of the flattened example.
    """
    x = _as_float(x)
    if x.ndim < 2:
        raise ValueError(
            f"x must be a batch of shape (n, ...); got shape {x.shape}; "
            "index with [None] for one example and [:, None] for examples of one number."
        )
    if _back_end() == "tensorflow":
        import tensorflow as tf

        inputs = tf.constant(x)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(inputs)
            outputs = _check_outputs(function(inputs), len(x))
            columns = tf.unstack(tf.reshape(outputs, (len(x), -1)), axis=1)
        # Examples do not mix, so the gradient of a column's sum holds one row for each example.
        # (batch_jacobian compiles anew at each call, and warns about it.)
        zeros = tf.UnconnectedGradients.ZERO  # a function may ignore its argument
        rows = [tape.gradient(column, inputs, unconnected_gradients=zeros) for column in columns]
        derivative = np.stack(rows, axis=1)
    else:
        import jax

        def single(example):
            return _check_outputs(function(example[None]), 1)[0]

        derivative = jax.jit(jax.vmap(jax.jacrev(single)))(x)
    derivative = np.asarray(derivative)
    return derivative.reshape(len(x), -1, int(np.prod(x.shape[1:])))


def gradient(function: Callable[[Any], Any], x: np.ndarray) -> np.ndarray:
    """Compute the gradient of a function with one value, such as a loss by its parameters.

    The function maps an array shaped like x, which may have any shape, to one number, written with
    `keras.ops`; the derivatives are shaped like x. For the precision see `jacobian`.
    """
    x = _as_float(x)
    if _back_end() == "tensorflow":
        import tensorflow as tf

        inputs = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            value = _check_scalar(function(inputs))
        zeros = tf.UnconnectedGradients.ZERO
        return np.asarray(tape.gradient(value, inputs, unconnected_gradients=zeros))
    import jax

    return np.asarray(jax.grad(lambda inputs: _check_scalar(function(inputs)))(x))


def _back_end() -> str:
    name = keras.backend.backend()
    if name not in ("tensorflow", "jax"):
        raise NotImplementedError(
            f"autodiff knows TensorFlow and JAX; this is {name!r}; set KERAS_BACKEND to one of the "
            "two before Keras is imported."
        )
    return name


def _as_float(x: Any) -> np.ndarray:
    x = check_finite(x, "x")
    return x if x.dtype in (np.float32, np.float64) else x.astype(np.float32)


def _check_outputs(outputs: Any, n: int) -> Any:
    shape = tuple(getattr(outputs, "shape", ()))
    if len(shape) < 2 or shape[0] != n:
        raise ValueError(
            f"function must turn {n} examples into a batch of shape ({n}, ...) with at least two "
            f"axes; got {shape}; add [:, None] if it returns one number for each example."
        )
    return outputs


def _check_scalar(value: Any) -> Any:
    shape = tuple(getattr(value, "shape", ()))
    if shape != ():
        advice = "sum or average it, or use jacobian"
        raise ValueError(f"function must return one number; got shape {shape}; {advice}.")
    return value
