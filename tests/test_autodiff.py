"""Derivatives against known ones, on the back end in use, and what is refused."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from course_utils import autodiff

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 3)).astype("float32")
A = RNG.normal(size=(3, 4)).astype("float32")


def test_jacobian_of_a_linear_map_is_its_matrix():
    jacobian = autodiff.jacobian(lambda x: x @ A, X)
    assert isinstance(jacobian, np.ndarray) and jacobian.shape == (5, 4, 3)
    np.testing.assert_allclose(jacobian, np.broadcast_to(A.T, (5, 4, 3)), rtol=1e-6)


def test_jacobian_differs_between_examples():
    jacobian = autodiff.jacobian(lambda x: ops.sin(x) * ops.sum(x, axis=1, keepdims=True), X)
    total = X.sum(axis=1)[:, None, None]
    expected = np.sin(X)[:, :, None] + total * np.cos(X)[:, :, None] * np.eye(3)
    np.testing.assert_allclose(jacobian, expected, rtol=1e-4, atol=1e-6)


def test_jacobian_flattens_images_in_reading_order():
    weights = np.arange(1, 9, dtype="float32").reshape(2, 2, 2)
    images = RNG.random((3, 2, 2, 2)).astype("float32")
    jacobian = autodiff.jacobian(lambda x: weights * x**2, images)
    expected = 2 * weights.ravel() * images.reshape(3, 8)
    np.testing.assert_allclose(jacobian, expected[:, :, None] * np.eye(8), rtol=1e-5)


def test_jacobian_of_a_model_matches_differences():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((3,)), layers.Dense(6, activation="tanh"), layers.Dense(2)]
    )
    jacobian = autodiff.jacobian(model, X)
    step = 1e-2
    for k in range(3):
        shift = step * np.eye(3, dtype="float32")[k]
        change = np.array(model(X + shift)) - np.array(model(X - shift))
        np.testing.assert_allclose(jacobian[:, :, k], change / (2 * step), atol=1e-3)


def test_gradient_of_a_sum_of_squares():
    for x in (X, X[0], np.float32(3.0)):
        gradient = autodiff.gradient(lambda v: ops.sum(v**2), x)
        assert isinstance(gradient, np.ndarray) and gradient.shape == np.shape(x)
        np.testing.assert_allclose(gradient, 2 * np.asarray(x), rtol=1e-6)


def test_gradient_by_parameters_of_a_loss():
    targets = RNG.normal(size=(5, 4)).astype("float32")
    gradient = autodiff.gradient(lambda a: ops.mean((X @ a - targets) ** 2), A)
    np.testing.assert_allclose(gradient, 2 * X.T @ (X @ A - targets) / 20, rtol=1e-4, atol=1e-6)


def test_derivatives_of_a_constant_are_zero():
    constant = autodiff.jacobian(lambda x: ops.ones((len(x), 2)), X)
    np.testing.assert_array_equal(constant, np.zeros((5, 2, 3)))
    np.testing.assert_array_equal(autodiff.gradient(lambda _: ops.sum(A), X), np.zeros((5, 3)))


def test_whole_numbers_become_floats():
    assert autodiff.gradient(lambda v: ops.sum(v**2), [1, 2]).tolist() == [2.0, 4.0]
    assert autodiff.jacobian(lambda v: v**2, [[3]]).tolist() == [[[6.0]]]


@pytest.mark.parametrize("call", [autodiff.jacobian, autodiff.gradient])
def test_other_back_ends_are_refused_clearly(call, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(NotImplementedError, match="knows TensorFlow and JAX; this is 'torch'"):
        call(lambda x: x, X)


@pytest.mark.parametrize(
    ("call", "part"),
    [
        (lambda: autodiff.jacobian(lambda x: x, X[0]), "x must be a batch"),
        (lambda: autodiff.jacobian(lambda x: x, [[np.nan]]), "x must be finite"),
        (lambda: autodiff.jacobian(lambda x: x, "abc"), "x must be an array"),
        (lambda: autodiff.jacobian(lambda x: ops.sum(x, axis=1), X), "function must turn"),
        (lambda: autodiff.jacobian(ops.sum, X), "function must turn"),
        (lambda: autodiff.gradient(lambda x: x, X), "function must return one number"),
        (lambda: autodiff.gradient(ops.sum, [np.inf]), "x must be finite"),
    ],
)
def test_bad_input_gives_one_sentence(call, part):
    with pytest.raises(ValueError, match=part) as caught:
        call()
    message = str(caught.value)
    assert message.endswith(".") and ". " not in message and "\n" not in message


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="JAX does so in 64-bit mode")
def test_double_precision_is_kept():
    x = np.array([[0.1, 0.2]])
    jacobian = autodiff.jacobian(lambda v: v**3, x)
    assert jacobian.dtype == np.float64
    np.testing.assert_allclose(jacobian, [np.diag(3 * x[0] ** 2)], rtol=1e-14)
    gradient = autodiff.gradient(lambda v: ops.sum(v**3), x)
    np.testing.assert_allclose(gradient, 3 * x**2, rtol=1e-14)


def test_jacobian_of_images_to_images_of_another_shape():
    images = RNG.random((2, 2, 3, 1)).astype("float32")
    jacobian = autodiff.jacobian(lambda x: ops.transpose(x, (0, 2, 1, 3))[:, 1:], images)
    expected = np.zeros((4, 6))  # numbers 1, 4, 2, 5 of a 2 x 3 image in reading order
    expected[[0, 1, 2, 3], [1, 4, 2, 5]] = 1
    np.testing.assert_allclose(jacobian, [expected, expected])
