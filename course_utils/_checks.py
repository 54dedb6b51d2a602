"""Checks of arguments, for every module of the course.

Each takes a value and what to call it in the message, and returns it: a NumPy array, a Python
number. It raises a ValueError of one sentence: what was expected, what came, what to do.
"""

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np

ROUNDING = 1e-6  # of pixel values: a filter's sums are this far beyond 0 and 1 at most


def _as_array(x: Any, name: str) -> np.ndarray:
    """Turn x into a numeric array."""
    try:
        array = np.asarray(x)
    except (TypeError, ValueError):
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "fiub":
        raise ValueError(
            f"{name} must be an array of numbers of one shape; got {type(x).__name__}; "
            "convert it with numpy.asarray first."
        )
    return array


def check_finite(x: Any, name: str) -> np.ndarray:
    """Return x, numbers of any shape and type, if there is at least one and all are finite."""
    array = _as_array(x, name)
    if array.size == 0:
        raise ValueError(f"{name} must hold at least one value; got shape {array.shape}.")
    num_bad = array.size - np.count_nonzero(np.isfinite(array))
    if num_bad:
        raise ValueError(
            f"{name} must be finite; got {num_bad} values that are NaN or infinite; "
            "look at the step that made them."
        )
    return array


def check_images(
    x: Any, name: str, allow_any_size: bool = False, allow_any_value: bool = False
) -> np.ndarray:
    """Return x as float32 if it is a batch of one-channel images with values in [0, 1].

    Its shape must be (n, 28, 28, 1), or (n, height, width, 1) with `allow_any_size`. What rounding
    makes of 0 and 1 (filters return -1e-19) comes back as 0 and 1; float32 in range is not copied.
    With `allow_any_value` the values need only be finite, and keep their type.
    """
    array = _as_array(x, name)
    expected = "(n, height, width, 1)" if allow_any_size else "(n, 28, 28, 1)"
    right_size = allow_any_size or array.shape[1:3] == (28, 28)
    if array.ndim != 4 or array.shape[-1] != 1 or not right_size or array.size == 0:
        raise ValueError(
            f"{name} must be images of shape {expected}, n at least 1; got shape {array.shape}; "
            "index with [None] for one image and [..., None] for a missing channel axis."
        )
    if allow_any_value:
        return check_finite(array, name)
    low, high = array.min(), array.max()
    if not (low >= -ROUNDING and high <= 1 + ROUNDING):  # written so that NaN fails too
        raise ValueError(
            f"{name} must have pixel values in [0, 1]; got {low:g} to {high:g}; "
            "divide bytes by 255, or clip."
        )
    if low < 0 or high > 1:
        array = array.clip(0, 1)
    return array.astype(np.float32, copy=False)


def check_codes(z: Any, name: str, latent_dim: int | None = None) -> np.ndarray:
    """Return z if it is a finite batch of codes, (n, latent_dim); None: of any latent_dim."""
    array = check_finite(z, name)
    if array.ndim != 2 or (latent_dim is not None and array.shape[1] != latent_dim):
        width = "latent_dim" if latent_dim is None else latent_dim
        raise ValueError(
            f"{name} must be codes of shape (n, {width}); got shape {array.shape}; "
            "pass one row for each image."
        )
    return array


def check_labels(y: Any, name: str, count: int, num_classes: int) -> np.ndarray:
    """Return y as int64 if it holds `count` class numbers from 0 to num_classes - 1, (count,)."""
    array = _as_array(y, name)
    if array.dtype.kind not in "iu" or array.shape != (count,):
        raise ValueError(
            f"{name} must be {count} whole numbers, shape ({count},); "
            f"got {array.dtype} of shape {array.shape}; pass one label for each row."
        )
    if array.size and not (array.min() >= 0 and array.max() < num_classes):
        raise ValueError(
            f"{name} must be class numbers from 0 to {num_classes - 1}; "
            f"got {array.min()} to {array.max()}; give a name for each class."
        )
    return array.astype(np.int64, copy=False)


def check_same_shape(a: Any, b: Any, name_a: str, name_b: str) -> None:
    """Check that two arrays or tensors have the same shape."""
    shape_a, shape_b = tuple(np.shape(a)), tuple(np.shape(b))
    # Inside a compiled training step an axis may not be known yet; it is None there.
    differs = any(i != j for i, j in zip(shape_a, shape_b, strict=False) if None not in (i, j))
    if len(shape_a) != len(shape_b) or differs:
        raise ValueError(
            f"{name_a} and {name_b} must have the same shape; got {shape_a} and {shape_b}; "
            "NumPy would broadcast them silently, so reshape one first."
        )


def check_positive_int(value: Any, name: str) -> int:
    """Return value as an int if it is a whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1; got {value!r}.")
    return int(value)


def check_seed(value: Any, name: str = "seed") -> int:
    """Return value as an int if it is a whole number from 0 to 2**32 - 1."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or not 0 <= value < 2**32:
        raise ValueError(f"{name} must be a whole number from 0 to 2**32 - 1; got {value!r}.")
    return int(value)


def check_fraction(value: Any, name: str) -> float:
    """Return value as a float if it is a number from 0 to 1."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0 <= value <= 1:
        raise ValueError(f"{name} must be a number from 0 to 1; got {value!r}; write 10 % as 0.1.")
    return float(value)


def check_one_per_item(values: Sequence[Any], name: str, count: int, items: str) -> None:
    """Check that there are `count` values, one for each of the items, called so in the message."""
    if len(values) != count:
        raise ValueError(
            f"{name} must have one entry for each of the {count} {items}; got {len(values)}."
        )
