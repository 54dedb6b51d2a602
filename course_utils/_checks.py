"""Checks of arguments.

Each raises a ValueError of one sentence: what was expected, what came, what to do.
"""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np

ROUNDING = 1e-6  # of pixel values: a filter's sums are this far beyond 0 and 1 at most


def _as_array(x: Any, name: str) -> np.ndarray:
    """Turn x into a numeric NumPy array, or raise ValueError naming the argument."""
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
    """Return x as a NumPy array if it holds at least one value and all of them are finite.

    Args:
        x: numbers of any shape.
        name: what to call x in the message.

    Returns:
        x as a NumPy array, of the type it had.

    Raises:
        ValueError: if x is not numeric, is empty, or holds a NaN or an infinity.
    """
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


def check_images(x: Any, name: str, allow_any_size: bool = False) -> np.ndarray:
    """Return x as float32 images if it is a batch of one-channel images with values in [0, 1].

    What rounding makes of 0 and 1 (filters return -1e-19) is let pass, and comes back as 0 and 1.

    Args:
        x: images, (n, 28, 28, 1), or (n, height, width, 1) with `allow_any_size`.
        name: what to call x in the message.
        allow_any_size: accept any height and width.

    Returns:
        x as a float32 NumPy array (not copied if it is one already).

    Raises:
        ValueError: if the shape, the range or the type is another.
    """
    array = _as_array(x, name)
    expected = "(n, height, width, 1)" if allow_any_size else "(n, 28, 28, 1)"
    right_size = allow_any_size or array.shape[1:3] == (28, 28)
    if array.ndim != 4 or array.shape[-1] != 1 or not right_size or array.size == 0:
        raise ValueError(
            f"{name} must be images of shape {expected}, n at least 1; got shape {array.shape}; "
            "index with [None] for one image and [..., None] for a missing channel axis."
        )
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
    """Return z as an array if it is a finite batch of codes.

    Args:
        z: codes, (n, latent_dim).
        name: what to call z in the message.
        latent_dim: the number of columns that is needed; None for any.

    Returns:
        z as a NumPy array.

    Raises:
        ValueError: if the shape is another, or a value is not finite.
    """
    array = check_finite(z, name)
    if array.ndim != 2 or (latent_dim is not None and array.shape[1] != latent_dim):
        width = "latent_dim" if latent_dim is None else latent_dim
        raise ValueError(
            f"{name} must be codes of shape (n, {width}); got shape {array.shape}; "
            "pass one row for each image."
        )
    return array


def check_labels(y: Any, name: str, count: int, num_classes: int) -> np.ndarray:
    """Return y as int64 class numbers if there are `count` of them in 0 ... num_classes - 1.

    Args:
        y: labels, (count,).
        name: what to call y in the message.
        count: how many labels are needed.
        num_classes: how many classes there are.

    Returns:
        y as an int64 NumPy array.

    Raises:
        ValueError: if the shape, the type or the range is another.
    """
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
    """Raise ValueError unless a and b, arrays or tensors, have the same shape.

    Args:
        a: the first array.
        b: the second array.
        name_a: what to call a in the message.
        name_b: what to call b in the message.

    Raises:
        ValueError: if the shapes differ.
    """
    shape_a, shape_b = tuple(np.shape(a)), tuple(np.shape(b))
    # Inside a compiled training step an axis may not be known yet; it is None there.
    differs = any(i != j for i, j in zip(shape_a, shape_b, strict=False) if None not in (i, j))
    if len(shape_a) != len(shape_b) or differs:
        raise ValueError(
            f"{name_a} and {name_b} must have the same shape; got {shape_a} and {shape_b}; "
            "NumPy would broadcast them silently, so reshape one first."
        )


def check_positive_int(value: Any, name: str) -> int:
    """Return value as an int if it is a whole number of at least 1.

    Args:
        value: the number.
        name: what to call it in the message.

    Returns:
        value as a Python int.

    Raises:
        ValueError: if it is not whole, or less than 1 (True and False are refused too).
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1; got {value!r}.")
    return int(value)


def check_seed(value: Any, name: str = "seed") -> int:
    """Return value as an int if it is a whole number from 0 to 2**32 - 1.

    Args:
        value: the number.
        name: what to call it in the message.

    Returns:
        value as a Python int.

    Raises:
        ValueError: if it is not such a number.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or not 0 <= value < 2**32:
        raise ValueError(f"{name} must be a whole number from 0 to 2**32 - 1; got {value!r}.")
    return int(value)


def check_fraction(value: Any, name: str) -> float:
    """Return value as a float if it is a number from 0 to 1.

    Args:
        value: the number.
        name: what to call it in the message.

    Returns:
        value as a Python float.

    Raises:
        ValueError: if it is not a number from 0 to 1.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0 <= value <= 1:
        raise ValueError(f"{name} must be a number from 0 to 1; got {value!r}; write 10 % as 0.1.")
    return float(value)


def check_one_per_item(values: Sequence[Any], name: str, count: int, items: str) -> None:
    """Raise ValueError unless there is one value for each item.

    Args:
        values: the values.
        name: what to call them in the message.
        count: how many items there are.
        items: what to call the items in the message.

    Raises:
        ValueError: if len(values) is not count.
    """
    if len(values) != count:
        raise ValueError(
            f"{name} must have one entry for each of the {count} {items}; got {len(values)}."
        )
