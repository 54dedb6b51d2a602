"""The objectives against known answers: SciPy, Monte Carlo, finite differences, an exact model."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy import integrate, stats

from course_utils import objectives, training


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def as_numpy(value):
    return ops.convert_to_numpy(value)


def test_bernoulli_log_likelihood_is_scipys_for_binary_pixels(rng):
    x = rng.integers(0, 2, (5, 4, 3, 1)).astype("float32")
    logits = rng.normal(size=x.shape).astype("float32")
    expected = stats.bernoulli.logpmf(x, 1 / (1 + np.exp(-logits))).sum(axis=(1, 2, 3))
    actual = as_numpy(objectives.bernoulli_log_likelihood(x, logits))
    assert actual.shape == (5,)
    np.testing.assert_allclose(actual, expected, rtol=1e-5)


def test_bernoulli_log_likelihood_is_the_cross_entropy_of_grey_pixels_summed(rng):
    x = rng.uniform(size=(3, 28, 28, 1)).astype("float32")
    logits = rng.normal(size=x.shape).astype("float32")
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True, reduction=None)
    expected = -784 * as_numpy(cross_entropy(x, logits)).mean(axis=(1, 2))
    actual = as_numpy(objectives.bernoulli_log_likelihood(x, logits))
    np.testing.assert_allclose(actual, expected, rtol=1e-5)


def test_bernoulli_log_likelihood_survives_extreme_logits():
    x = np.array([[0.0, 1.0, 1.0, 0.0]], "float32")
    logits = np.array([[-500.0, 500.0, -500.0, 500.0]], "float32")
    np.testing.assert_allclose(as_numpy(objectives.bernoulli_log_likelihood(x, logits)), [-1000.0])


def test_gaussian_log_likelihood_is_scipys(rng):
    x, mean, log_var = rng.normal(size=(3, 6, 5))
    expected = stats.norm.logpdf(x, mean, np.exp(log_var / 2)).sum(axis=1)
    actual = as_numpy(objectives.gaussian_log_likelihood(x, mean, log_var))
    np.testing.assert_allclose(actual, expected, rtol=1e-4)


def test_gaussian_log_likelihood_integrates_to_one():
    def density(x):
        arrays = (np.array([[value]], "float32") for value in (x, 0.3, -0.8))
        return np.exp(as_numpy(objectives.gaussian_log_likelihood(*arrays))[0])

    assert integrate.quad(density, -8, 8, epsabs=1e-6)[0] == pytest.approx(1.0, abs=1e-4)


def kl_by_quadrature(mean_q, sigma_q, mean_p, sigma_p):
    q, p = stats.norm(mean_q, sigma_q), stats.norm(mean_p, sigma_p)
    edge = 12 * sigma_q
    return integrate.quad(
        lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), mean_q - edge, mean_q + edge
    )[0]


def test_kl_normals_is_scipys_integral_in_every_dimension(rng):
    mean_q, log_var_q, mean_p, log_var_p = rng.normal(size=(4, 3, 2))
    expected = [
        sum(
            kl_by_quadrature(
                mean_q[i, j],
                np.exp(log_var_q[i, j] / 2),
                mean_p[i, j],
                np.exp(log_var_p[i, j] / 2),
            )
            for j in range(2)
        )
        for i in range(3)
    ]
    actual = as_numpy(objectives.kl_normals(mean_q, log_var_q, mean_p, log_var_p))
    np.testing.assert_allclose(actual, expected, rtol=1e-4)


def test_kl_standard_normal_agrees_with_monte_carlo(rng):
    z_mean = np.array([[0.7, -1.2, 0.1]])
    z_log_var = np.array([[-1.5, 0.4, -3.0]])
    sigma = np.exp(z_log_var / 2)
    z = z_mean + sigma * rng.standard_normal((400_000, 3))
    log_ratio = (stats.norm.logpdf(z, z_mean, sigma) - stats.norm.logpdf(z)).sum(axis=1)
    closed = as_numpy(objectives.kl_standard_normal(z_mean, z_log_var))[0]
    standard_error = log_ratio.std() / np.sqrt(len(z))
    assert standard_error < 0.005 * closed
    assert abs(closed - log_ratio.mean()) < 4 * standard_error


def test_kl_standard_normal_is_the_special_case_of_kl_normals(rng):
    z_mean, z_log_var = rng.normal(size=(2, 7, 3))
    zeros = np.zeros_like(z_mean)
    np.testing.assert_allclose(
        as_numpy(objectives.kl_standard_normal(z_mean, z_log_var)),
        as_numpy(objectives.kl_normals(z_mean, z_log_var, zeros, zeros)),
        rtol=1e-5,
    )


def test_kl_is_zero_for_equal_distributions_and_positive_otherwise(rng):
    mean, log_var = rng.normal(size=(2, 5, 4)).astype("float32")
    equal = as_numpy(objectives.kl_normals(mean, log_var, mean, log_var))
    np.testing.assert_allclose(equal, 0.0, atol=1e-6)
    for shift in ({"mean_p": mean + 0.1}, {"log_var_p": log_var + 0.1}):
        arguments = {"mean_q": mean, "log_var_q": log_var, "mean_p": mean, "log_var_p": log_var}
        assert (as_numpy(objectives.kl_normals(**{**arguments, **shift})) > 0).all()


def test_elbo_plus_kl_to_the_posterior_is_the_log_evidence():
    """On a model with one latent variable whose evidence can be integrated numerically."""
    x = np.array([[1.0, 0.0, 0.3]], "float32")
    slope, offset = np.array([[1.5, -0.7, 0.4]]), np.array([[0.2, 0.1, -0.5]])

    def log_joint(z):
        logits = (z * slope + offset).astype("float32")
        likelihood = as_numpy(objectives.bernoulli_log_likelihood(np.repeat(x, len(z), 0), logits))
        return likelihood + stats.norm.logpdf(z[:, 0])

    grid = np.linspace(-9, 9, 20_001)[:, None]
    joint = log_joint(grid)
    log_evidence = np.log(integrate.trapezoid(np.exp(joint), grid[:, 0]))
    log_posterior = joint - log_evidence
    z_mean, z_log_var = np.array([[0.4]]), np.array([[-0.6]])
    q = stats.norm.pdf(grid[:, 0], 0.4, np.exp(-0.3))
    expected_elbo = integrate.trapezoid(q * (joint - np.log(q)), grid[:, 0])
    kl_to_posterior = integrate.trapezoid(q * (np.log(q) - log_posterior), grid[:, 0])
    assert expected_elbo + kl_to_posterior == pytest.approx(log_evidence, abs=1e-5)

    # The one-sample estimates of `elbo` average to that ELBO, and stay below the evidence.
    epsilon = np.random.default_rng(1).standard_normal((200_000, 1))
    z = as_numpy(
        objectives.reparameterize(
            np.repeat(z_mean, len(epsilon), 0), np.repeat(z_log_var, len(epsilon), 0), epsilon
        )
    )
    samples = as_numpy(
        objectives.elbo(
            np.repeat(x, len(z), 0),
            (z * slope + offset).astype("float32"),
            np.repeat(z_mean, len(z), 0).astype("float32"),
            np.repeat(z_log_var, len(z), 0).astype("float32"),
        )
    )
    standard_error = samples.std() / np.sqrt(len(samples))
    assert abs(samples.mean() - expected_elbo) < 4 * standard_error < 0.01
    assert samples.mean() < log_evidence - 4 * standard_error


def test_elbo_weighs_only_the_kl_with_beta(rng):
    x = rng.uniform(size=(4, 6)).astype("float32")
    logits = rng.normal(size=x.shape).astype("float32")
    z_mean, z_log_var = rng.normal(size=(2, 4, 2)).astype("float32")
    likelihood = as_numpy(objectives.bernoulli_log_likelihood(x, logits))
    kl = as_numpy(objectives.kl_standard_normal(z_mean, z_log_var))
    for beta in (0.0, 0.4, 1.0, 3.0):
        actual = as_numpy(objectives.elbo(x, logits, z_mean, z_log_var, beta=beta))
        np.testing.assert_allclose(actual, likelihood - beta * kl, rtol=1e-5)


def test_reparameterize_gives_the_mean_and_the_variance_it_is_asked_for(rng):
    z_mean, z_log_var = np.array([[1.0, -2.0]]), np.array([[-1.0, 2.0]])
    count = 200_000
    z = as_numpy(
        objectives.reparameterize(
            np.repeat(z_mean, count, 0),
            np.repeat(z_log_var, count, 0),
            rng.standard_normal((count, 2)),
        )
    )
    np.testing.assert_allclose(z.mean(axis=0), z_mean[0], atol=0.03)
    np.testing.assert_allclose(np.log(z.var(axis=0)), z_log_var[0], atol=0.02)


def finite_difference(function, at, step):
    gradient = np.zeros_like(at)
    for index in np.ndindex(at.shape):
        moved = [at.copy(), at.copy()]
        moved[0][index] += step
        moved[1][index] -= step
        gradient[index] = (function(moved[0]) - function(moved[1])) / (2 * step)
    return gradient


class _Negative(keras.layers.Layer):
    """-ELBO of two trainable tensors, so that Keras can train, hence differentiate."""

    def __init__(self, x, slope, z_mean, z_log_var, epsilon):
        super().__init__()
        self.fixed = x, slope, epsilon
        self.z_mean = self.add_weight(shape=z_mean.shape)
        self.z_log_var = self.add_weight(shape=z_log_var.shape)
        self.z_mean.assign(z_mean)
        self.z_log_var.assign(z_log_var)

    def call(self, inputs):
        x, slope, epsilon = self.fixed
        z = objectives.reparameterize(self.z_mean, self.z_log_var, epsilon)
        elbo = objectives.elbo(x, ops.matmul(z, slope), self.z_mean, self.z_log_var)
        self.add_loss(-ops.sum(elbo))
        return inputs


def test_gradient_of_the_elbo_agrees_with_finite_differences(rng):
    """Through Keras' own training step, on whichever backend runs: one SGD step with rate 1."""
    x = rng.uniform(size=(2, 5)).astype("float32")
    slope = rng.normal(size=(3, 5)).astype("float32")
    z_mean, z_log_var, epsilon = rng.normal(size=(3, 2, 3)).astype("float32")

    def negative_elbo(mean, log_var):
        z = mean + np.exp(log_var / 2) * epsilon.astype("float64")
        logits = z @ slope
        likelihood = (x * logits - np.logaddexp(0, logits)).sum()
        return 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var).sum() - likelihood

    expected = (
        finite_difference(lambda m: negative_elbo(m, z_log_var), z_mean.astype("float64"), 1e-5),
        finite_difference(lambda v: negative_elbo(z_mean, v), z_log_var.astype("float64"), 1e-5),
    )
    layer = _Negative(x, slope, z_mean, z_log_var, epsilon)
    model = keras.Sequential([keras.Input((1,)), layer])
    model.compile(keras.optimizers.SGD(1.0))
    model.fit(np.zeros((1, 1), "float32"), batch_size=1, epochs=1, verbose=0)
    moved = z_mean - as_numpy(layer.z_mean), z_log_var - as_numpy(layer.z_log_var)
    for actual, wanted in zip(moved, expected):
        np.testing.assert_allclose(actual, wanted, rtol=1e-3, atol=1e-4)


def test_single_and_double_precision_may_be_mixed(rng):
    double = rng.normal(size=(3, 4))
    single = double.astype("float32")
    expected = as_numpy(objectives.kl_standard_normal(double, double))
    np.testing.assert_allclose(
        as_numpy(objectives.kl_standard_normal(single, double)), expected, rtol=1e-5
    )


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda a, b: objectives.bernoulli_log_likelihood(a, a[:, :2]), "same shape"),
        (lambda a, b: objectives.bernoulli_log_likelihood(a * 255, a), r"x must be in \[0, 1\]"),
        (lambda a, b: objectives.bernoulli_log_likelihood(a * np.nan, a), r"x must be in \[0, 1\]"),
        (lambda a, b: objectives.gaussian_log_likelihood(a, a, b), "same shape"),
        (lambda a, b: objectives.kl_normals(a, a, a, b), "same shape"),
        (lambda a, b: objectives.kl_standard_normal(a, b), "same shape"),
        (lambda a, b: objectives.reparameterize(a, a, b), "same shape"),
        (lambda a, b: objectives.elbo(a, a, b, b, beta=-1.0), "beta must be"),
    ],
)
def test_wrong_input_gets_one_sentence(call, words):
    a, b = np.full((4, 3), 0.5, "float32"), np.zeros((4, 2), "float32")
    with pytest.raises(ValueError, match=words) as caught:
        call(a, b)
    assert "\n" not in str(caught.value)


def test_mean_rates_are_one_mean_for_each_unit():
    activity = np.array([[0.0, 1.0, 0.5], [0.5, 1.0, 0.0]], "float32")
    np.testing.assert_allclose(as_numpy(objectives.mean_rates(activity)), [0.25, 1.0, 0.25])


@pytest.mark.parametrize("value", [-0.1, 1.1, 10.0, np.nan])
def test_mean_rates_refuse_what_is_no_rate(value):
    activity = np.array([[0.5, 0.5], [0.5, value]], "float32")
    with pytest.raises(ValueError, match=r"values in \[0, 1\]"):
        objectives.mean_rates(ops.convert_to_tensor(activity))


def test_mean_rates_stop_a_training_whose_activations_are_no_rates():
    class Rate(keras.layers.Layer):
        def call(self, h):
            self.add_loss(ops.sum(objectives.mean_rates(h)))
            return h

    model = keras.Sequential([keras.Input((3,)), Rate(), keras.layers.Dense(3)])
    with pytest.raises(ValueError, match="loss became nan"):
        training.fit(model, np.full((20, 3), 10.0, "float32"), loss="mse", epochs=1, batch_size=10)


def test_values_by_hand_for_two_images_with_different_answers():
    # log(sigmoid(log 3)) = log(3/4); a variance of 4 has the log variance log 4.
    x = np.array([[1.0, 0.0], [0.0, 0.0]], "float32")
    logits = np.full((2, 2), np.log(3), "float32")
    np.testing.assert_allclose(
        as_numpy(objectives.bernoulli_log_likelihood(x, logits)),
        [np.log(3 / 4) + np.log(1 / 4), 2 * np.log(1 / 4)],
        rtol=1e-5,
    )
    z_mean = np.array([[1.0, 0.0], [2.0, 0.0]], "float32")
    z_log_var = np.array([[0.0, np.log(4)], [0.0, 0.0]], "float32")
    kl = np.array([0.5 + 0.5 * (4 - 1 - np.log(4)), 2.0])
    np.testing.assert_allclose(
        as_numpy(objectives.kl_standard_normal(z_mean, z_log_var)), kl, rtol=1e-5
    )
    ones = np.ones_like(z_mean)
    np.testing.assert_allclose(
        as_numpy(objectives.reparameterize(z_mean, z_log_var, 3 * ones)),
        [[4.0, 6.0], [5.0, 3.0]],
        rtol=1e-5,
    )
    # KL(N(m, v) || N(1, 4)) is not the same in the other direction.
    zeros, fours = 0 * ones, np.log(4) * ones
    np.testing.assert_allclose(
        as_numpy(objectives.kl_normals(zeros, zeros, ones, fours)),
        2 * [2 * 0.5 * (1 / 4 + 1 / 4 - 1 + np.log(4))],
        rtol=1e-5,
    )
