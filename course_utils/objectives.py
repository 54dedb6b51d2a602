"""Log-likelihoods, KL divergences and the ELBO, in nats per image.

Every function but the last two sums over all axes but the first: one number for each image, shape
(batch,), never a mean over pixels or latent dimensions. That choice decides the balance between
reconstruction and KL, and chapter "Reparameterization" computes what happens when it is made
carelessly. A log variance is the logarithm of the variance, not of the standard deviation.

Arguments of another shape than is said, and values out of their range, raise ValueError.
"""

import math

import keras
import numpy as np
from keras import ops

import course_utils._keras  # noqa: F401  it sets Keras up
from course_utils._checks import check_same_shape

_LOG_2PI = math.log(2.0 * math.pi)


def _of_one_dtype(*values):
    """Tensors of the dtype that NumPy's rules would give; TensorFlow itself refuses a mixture."""
    tensors = [ops.convert_to_tensor(value) for value in values]
    dtype = keras.backend.result_type(*(tensor.dtype for tensor in tensors), float)
    return [ops.cast(tensor, dtype) for tensor in tensors]


def _sum_per_image(values: keras.KerasTensor) -> keras.KerasTensor:
    return ops.sum(values, axis=tuple(range(1, len(values.shape))))


def bernoulli_log_likelihood(x, logits):
    """log p(x | z) of Bernoulli pixels: sum of x log(s) + (1 - x) log(1 - s), s = sigmoid(logit).

    Grey pixels in [0, 1] are allowed, as in the cross-entropy that most VAEs use. The expression
    x * logit - softplus(logit) is the same number, and it does not overflow for large logits.

    The images x, (batch, ...), have the shape of the logits, which are the decoder's outputs before
    the sigmoid. Their values are looked at if x is a NumPy array.

    Source: Kingma & Welling 2014, appendix C.1. Chapter: The Fashion-MNIST VAE.
    """
    check_same_shape(x, logits, "x", "logits")
    if isinstance(x, np.ndarray) and x.size and not (x.min() >= 0.0 and x.max() <= 1.0):
        raise ValueError(
            f"x must be in [0, 1] for a Bernoulli likelihood, but it spans {x.min():g} to "
            f"{x.max():g}; divide bytes by 255 and keep logits out of x."
        )
    x, logits = _of_one_dtype(x, logits)
    return _sum_per_image(x * logits - ops.softplus(logits))


def gaussian_log_likelihood(x, mean, log_var):
    """log N(x; mean, exp(log_var)) for x, mean and log_var of one shape, (batch, ...).

    Source: the normal density. Chapter: The Fashion-MNIST VAE.
    """
    check_same_shape(x, mean, "x", "mean")
    check_same_shape(x, log_var, "x", "log_var")
    x, mean, log_var = _of_one_dtype(x, mean, log_var)
    squared_distance = ops.square(x - mean) * ops.exp(-log_var)
    return -0.5 * _sum_per_image(_LOG_2PI + log_var + squared_distance)


def kl_normals(mean_q, log_var_q, mean_p, log_var_p):
    """KL(q || p) of two normal distributions with diagonal covariances, in closed form.

    Their means and log variances all have the shape (batch, latent_dim).
    Source: Kingma & Welling 2014, appendix B. Chapter: The ELBO.
    """
    for name, value in (("log_var_q", log_var_q), ("mean_p", mean_p), ("log_var_p", log_var_p)):
        check_same_shape(mean_q, value, "mean_q", name)
    mean_q, log_var_q, mean_p, log_var_p = _of_one_dtype(mean_q, log_var_q, mean_p, log_var_p)
    variance_ratio = ops.exp(log_var_q - log_var_p)
    shift = ops.square(mean_q - mean_p) * ops.exp(-log_var_p)
    return 0.5 * _sum_per_image(variance_ratio + shift - 1.0 - (log_var_q - log_var_p))


def kl_standard_normal(z_mean, z_log_var):
    """KL(q || N(0, I)) in closed form, q normal with z_mean and z_log_var (batch, latent_dim).

    Source: Kingma & Welling 2014, appendix B. Chapter: The ELBO.
    """
    check_same_shape(z_mean, z_log_var, "z_mean", "z_log_var")
    z_mean, z_log_var = _of_one_dtype(z_mean, z_log_var)
    return 0.5 * _sum_per_image(ops.square(z_mean) + ops.exp(z_log_var) - 1.0 - z_log_var)


def elbo(x, logits, z_mean, z_log_var, beta: float = 1.0):
    """The evidence lower bound: log p(x | z) - beta KL(q(z | x) || N(0, I)), Bernoulli pixels.

    It is an unbiased one-sample estimate when `logits` are decoded from one z drawn from q, which
    has the mean and log variance z_mean and z_log_var, (batch, latent_dim). In expectation it is a
    lower bound of log p(x) if `beta`, the weight of the KL term, is at least 1, and the tightest
    with 1 (Higgins et al. 2017). Smaller ones, down to 0, are allowed.

    Source: Kingma & Welling 2014, equation 7. Chapters: The ELBO; The Fashion-MNIST VAE.
    """
    if isinstance(beta, (int, float)) and not 0.0 <= beta < math.inf:
        raise ValueError(f"beta must be a finite number >= 0, but it is {beta}.")
    return bernoulli_log_likelihood(x, logits) - beta * kl_standard_normal(z_mean, z_log_var)


def reparameterize(z_mean, z_log_var, epsilon):
    """A sample of N(z_mean, exp(z_log_var)) as a differentiable function of its parameters.

    It is z_mean + exp(z_log_var / 2) * epsilon with standard normal noise epsilon; all four have
    the shape (batch, latent_dim).
    Source: Kingma & Welling 2014, section 2.4. Chapter: Reparameterization.
    """
    check_same_shape(z_mean, z_log_var, "z_mean", "z_log_var")
    check_same_shape(z_mean, epsilon, "z_mean", "epsilon")
    z_mean, z_log_var, epsilon = _of_one_dtype(z_mean, z_log_var, epsilon)
    return z_mean + ops.exp(0.5 * z_log_var) * epsilon


def mean_rates(activity):
    """How active each unit is on average over a batch, (units,), if its values are rates.

    The activity, (batch, units), is all in [0, 1], such as a sigmoid's. Inside a compiled training
    step it cannot be looked at; there a value outside [0, 1] makes the rates nan, and
    `training.fit` stops because the loss is no longer finite.
    Source: Ng 2011. Chapter: Sparse autoencoders.
    """
    try:
        values = ops.convert_to_numpy(activity)
    except (NotImplementedError, TypeError, ValueError):  # symbolic: there are no values yet
        values = None
    if values is not None and values.size and not (values.min() >= 0.0 and values.max() <= 1.0):
        raise ValueError(
            f"rates need values in [0, 1], but these span {values.min():g} to {values.max():g}; "
            "use a sigmoid as the activation, not a ReLU."
        )
    inside = ops.all(ops.logical_and(activity >= 0.0, activity <= 1.0))
    return ops.where(inside, ops.mean(activity, axis=0), float("nan"))
