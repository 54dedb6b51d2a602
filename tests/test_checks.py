"""Tests of course_utils._checks: good input comes back, bad input gives one clear sentence."""

import numpy as np
import pytest

from course_utils import _checks

IMAGES = np.linspace(0, 1, 2 * 28 * 28).reshape(2, 28, 28, 1)


def test_images_come_back_as_float32_and_are_not_copied_twice():
    images = _checks.check_images(IMAGES, "x")
    assert images.dtype == np.float32
    np.testing.assert_allclose(images, IMAGES, atol=1e-7)
    assert _checks.check_images(images, "x") is images
    assert _checks.check_images(np.zeros((1, 3, 5, 1)), "x", allow_any_size=True).shape[1:3] == (
        3,
        5,
    )


@pytest.mark.parametrize(
    ("x", "part"),
    [
        (IMAGES[0], "got shape (28, 28, 1)"),
        (IMAGES[..., 0], "got shape (2, 28, 28)"),
        (IMAGES[:0], "got shape (0, 28, 28, 1)"),
        (np.zeros((2, 28, 27, 1)), "got shape (2, 28, 27, 1)"),
        (np.zeros((2, 28, 28, 3)), "got shape (2, 28, 28, 3)"),
        (IMAGES * 255, "0 to 255"),
        (IMAGES - 0.5, "-0.5 to 0.5"),
        (IMAGES - 1e-4, "-0.0001 to 0.9999"),
        (IMAGES + 1e-4, "0.0001 to 1.0001"),
        (IMAGES * np.nan, "nan"),
        ("shoe", "got str"),
        ([[1], [1, 2]], "got list"),
        (None, "got NoneType"),
    ],
)
def test_bad_images(x, part):
    _assert_one_sentence(lambda: _checks.check_images(x, "x_test"), "x_test must", part)


def test_the_rounding_errors_of_a_filter_are_clipped():
    images = IMAGES.copy()
    images[0, :2, 0, 0] = -7e-20, 1 + 2e-16
    checked = _checks.check_images(images, "x")
    assert checked.min() == 0 and checked.max() == 1
    assert images.min() < 0, "what was passed is unchanged"


def test_any_size_is_allowed_only_on_request():
    _assert_one_sentence(lambda: _checks.check_images(np.zeros((1, 3, 5, 1)), "x"), "(1, 3, 5, 1)")


def test_any_finite_value_is_allowed_only_on_request():
    weights = 5 - 10 * IMAGES
    assert _checks.check_images(weights, "x", allow_any_value=True) is weights
    check = lambda x: _checks.check_images(x, "weights", allow_any_value=True)  # noqa: E731
    _assert_one_sentence(lambda: check(weights[0]), "weights must", "(28, 28, 1)")
    _assert_one_sentence(lambda: check(weights * np.nan), "weights must be finite")


def test_one_nan_among_many_is_found():
    x = np.zeros((1000, 28, 28, 1), np.float32)
    x[500, 3, 3] = np.nan
    _assert_one_sentence(lambda: _checks.check_images(x, "x"), "nan")
    _assert_one_sentence(lambda: _checks.check_finite(x, "x"), "got 1 values")
    x[500, 3, 3] = -np.inf
    _assert_one_sentence(lambda: _checks.check_finite(x, "x"), "got 1 values")


def test_finite_values_whose_sum_overflows_are_finite():
    x = np.full(10, 1e308)
    assert _checks.check_finite(x, "x") is x
    assert _checks.check_finite([1, 2], "x").tolist() == [1, 2]
    _assert_one_sentence(lambda: _checks.check_finite([], "errors"), "errors must hold")


def test_codes():
    assert _checks.check_codes([[1.0, 2.0]], "z", latent_dim=2).shape == (1, 2)
    _assert_one_sentence(lambda: _checks.check_codes(np.zeros(3), "z"), "(n, latent_dim)", "(3,)")
    _assert_one_sentence(lambda: _checks.check_codes(np.zeros((3, 3)), "z", 2), "(n, 2)", "(3, 3)")
    _assert_one_sentence(lambda: _checks.check_codes([[np.inf, 0]], "z"), "finite")


def test_labels():
    labels = _checks.check_labels(np.array([0, 9], np.uint8), "y", 2, 10)
    assert labels.dtype == np.int64
    _assert_one_sentence(lambda: _checks.check_labels([0, 1], "y", 3, 10), "y must", "(2,)")
    _assert_one_sentence(lambda: _checks.check_labels([0.0, 1.0], "y", 2, 10), "float64")
    _assert_one_sentence(lambda: _checks.check_labels([0, 10], "y", 2, 10), "0 to 9", "0 to 10")
    _assert_one_sentence(lambda: _checks.check_labels([-1, 1], "y", 2, 10), "-1 to 1")


def test_same_shape():
    _checks.check_same_shape(np.zeros((2, 3)), [[1, 2, 3], [4, 5, 6]], "a", "b")
    for b in (np.zeros((3, 2)), np.zeros((1, 3)), np.zeros(3)):
        call = lambda b=b: _checks.check_same_shape(np.zeros((2, 3)), b, "x", "mean")  # noqa: E731
        _assert_one_sentence(call, "x and mean", "(2, 3)", str(b.shape))


@pytest.mark.parametrize("value", [0, -1, 1.0, "3", None, True, np.float32(2)])
def test_bad_positive_int(value):
    _assert_one_sentence(lambda: _checks.check_positive_int(value, "epochs"), "epochs", repr(value))


@pytest.mark.parametrize("value", [-1, 2**32, 1.0, "3", None, True])
def test_bad_seed(value):
    _assert_one_sentence(lambda: _checks.check_seed(value), "seed", repr(value))


@pytest.mark.parametrize("value", [-0.01, 1.01, 10, float("nan"), "0.1", None, True])
def test_bad_fraction(value):
    _assert_one_sentence(lambda: _checks.check_fraction(value, "amount"), "amount", repr(value))


def test_good_numbers_come_back_as_python_numbers():
    assert type(_checks.check_positive_int(np.int64(3), "n")) is int
    assert type(_checks.check_seed(np.uint32(2**32 - 1))) is int
    assert type(_checks.check_fraction(np.float32(0.5), "p")) is float
    assert [_checks.check_fraction(p, "p") for p in (0, 1)] == [0.0, 1.0]


def test_one_per_item():
    _checks.check_one_per_item("ab", "titles", 2, "images")
    _assert_one_sentence(
        lambda: _checks.check_one_per_item("ab", "titles", 3, "images"), "titles", "3 images", "2"
    )


def _assert_one_sentence(call, *parts):
    with pytest.raises(ValueError) as caught:
        call()
    message = str(caught.value)
    assert message.endswith(".") and ". " not in message and "\n" not in message, message
    for part in parts:
        assert part in message
