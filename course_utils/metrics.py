"""Measures: of pictures, of subspaces, of variational bounds and of latent spaces.

Images have the shape (n, height, width, 1) and values in [0, 1], codes (n, latent_dim); other
shapes, ranges and numbers than are said raise a ValueError of one sentence. What is measured of
latent spaces is explained in the chapter "What a plain latent space cannot do".
"""

import math

import numpy as np
from keras import ops
from scipy.linalg import subspace_angles
from scipy.spatial import Delaunay
from skimage.metrics import structural_similarity
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from course_utils import _checks, models, objectives

# Pictures


def mse(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Mean squared error over the pixels of each image x and y, in squared grey levels, (n,).

    Black is 0 and white is 1. Chapter: Compression and PCA.
    """
    x, y = _image_pair(x, y)
    return np.mean(np.square(x - y, dtype=np.float64), axis=(1, 2, 3))


def psnr(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Peak signal-to-noise ratio of each image x and y in decibels, for a peak of 1, (n,).

    It is infinite where the images are equal. Chapter: Denoising.
    """
    with np.errstate(divide="ignore"):
        return -10.0 * np.log10(mse(x, y))


def ssim(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Structural similarity of each image x and y, windows of 7 x 7 pixels, (n,).

    It is at most 1, and 1 where the images are equal; smaller images than the window are refused.
    Source: Wang et al. 2004, computed by scikit-image. Chapter: Denoising.
    """
    x, y = _image_pair(x, y)
    if min(x.shape[1:3]) < 7:
        raise ValueError(
            f"ssim needs images of at least 7 x 7 pixels, but they have {x.shape[1:3]}."
        )
    return np.array(
        [structural_similarity(a[..., 0], b[..., 0], data_range=1.0) for a, b in zip(x, y)]
    )


def _image_pair(x, y) -> tuple[np.ndarray, np.ndarray]:
    x = _checks.check_images(x, "x", allow_any_size=True)
    y = _checks.check_images(y, "y", allow_any_size=True)
    _checks.check_same_shape(x, y, "x", "y")
    return x, y


def principal_angles(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Principal angles between the spaces spanned by the columns of two matrices.

    The matrices, (n, p) and (n, q), are finite, with linearly independent columns; the angles are
    in degrees, from the smallest to the largest, (min(p, q),).
    Source: Björck & Golub 1973, computed by SciPy. Chapter: Compression and PCA.
    """
    matrices = {"a": np.asarray(a, dtype=np.float64), "b": np.asarray(b, dtype=np.float64)}
    for name, matrix in matrices.items():
        if matrix.ndim != 2 or 0 in matrix.shape or not np.isfinite(matrix).all():
            raise ValueError(
                f"{name} must be a finite matrix with one direction per column, but it has shape "
                f"{matrix.shape}."
            )
        if np.linalg.matrix_rank(matrix, rtol=1e-10) < matrix.shape[1]:
            raise ValueError(
                f"the columns of {name}, shape {matrix.shape}, must be linearly independent; "
                "remove the ones that repeat others."
            )
    if len(a) != len(b):
        raise ValueError(
            f"a and b must have the same number of rows, but have {len(a)} and {len(b)}; pass one "
            "direction per column."
        )
    return np.degrees(subspace_angles(*matrices.values())[::-1])


# Variational bounds


def elbo_per_image(
    vae: "models.VAE", x: np.ndarray, seed: int = 0, num_samples: int = 1, batch_size: int = 1000
) -> np.ndarray:
    """The ELBO of each image with beta = 1 in nats, (n,), estimated with samples of q(z | x).

    It measures the distribution that the model really draws from, as `vae.posterior` states it,
    whatever objective the model was trained with. The images x are (n, 28, 28, 1); `batch_size` of
    them are decoded at once. The estimate is unbiased for any number of samples per image, and the
    same seed gives every model the same noise.
    Source: Kingma & Welling 2014. Chapter: The Fashion-MNIST VAE.
    """
    _checks.check_positive_int(num_samples, "num_samples")
    samples = _log_likelihoods_and_ratios(vae, x, num_samples, seed, batch_size)
    return sum(log_likelihood - kl for log_likelihood, _, kl in samples) / num_samples


def negative_elbo(
    vae: "models.VAE", x: np.ndarray, seed: int = 0, num_samples: int = 1, batch_size: int = 1000
) -> float:
    """The mean of -ELBO over images, in nats per image; see `elbo_per_image`."""
    return -float(np.mean(elbo_per_image(vae, x, seed, num_samples, batch_size)))


def importance_weighted_bound(
    vae: "models.VAE", x: np.ndarray, k: int, seed: int = 0, batch_size: int = 1000
) -> np.ndarray:
    """The importance-weighted bound of log p(x) with k samples of q(z | x) per image.

    log (1/k) sum_i p(x | z_i) p(z_i) / q(z_i | x), in nats per image, (n,): in expectation the ELBO
    for k = 1, and never smaller for larger k. For the arguments see `elbo_per_image`.
    Source: Burda et al. 2016. Chapter: Beyond the first VAE.
    """
    _checks.check_positive_int(k, "k")
    total = np.full(len(x), -np.inf)
    for log_likelihood, log_ratio, _ in _log_likelihoods_and_ratios(vae, x, k, seed, batch_size):
        total = np.logaddexp(total, log_likelihood + log_ratio)
    return total - math.log(k)


def _log_likelihoods_and_ratios(vae, x, num_samples, seed, batch_size):
    """For each sample: log p(x | z), log p(z) - log q(z | x) and the closed-form KL, each (n,)."""
    x = _checks.check_images(x, "x")
    _checks.check_positive_int(batch_size, "batch_size")
    z_mean, z_log_var = (np.asarray(part, dtype=np.float64) for part in vae.posterior(x))
    kl = ops.convert_to_numpy(objectives.kl_standard_normal(z_mean, z_log_var))
    generator = np.random.default_rng(seed)
    together = max(1, 10 * batch_size // len(x))  # samples of few images are decoded in one call
    for start in range(0, num_samples, together):
        epsilon = generator.standard_normal((min(together, num_samples - start), *z_mean.shape))
        z = z_mean + np.exp(0.5 * z_log_var) * epsilon
        log_ratio = 0.5 * np.sum(epsilon**2 + z_log_var - z**2, axis=2)
        logits = vae.decode_logits(z.reshape(-1, z.shape[-1]), batch_size).reshape(-1, *x.shape)
        for i in range(len(z)):
            likelihood = ops.convert_to_numpy(objectives.bernoulli_log_likelihood(x, logits[i]))
            yield likelihood.astype(np.float64), log_ratio[i], kl


# Latent spaces


def knn_purity(codes: np.ndarray, labels: np.ndarray, k: int = 10) -> np.ndarray:
    """For each code, the share of its k nearest neighbours, k < n, that have its label, (n,).

    The labels are class numbers, (n,). Chance would give the share of the code's class.
    """
    codes, labels = _checks.check_codes(codes, "codes"), np.asarray(labels)
    _checks.check_positive_int(k, "k")
    if labels.shape != (len(codes),) or k >= len(codes):
        raise ValueError(
            f"knn_purity needs one label per code and k below their number, but got "
            f"{len(codes)} codes, labels of shape {labels.shape} and k = {k}."
        )
    neighbours = NearestNeighbors(n_neighbors=k).fit(codes).kneighbors(return_distance=False)
    return np.mean(labels[neighbours] == labels[:, None], axis=1)


def whiten(codes: np.ndarray, reference: np.ndarray | None = None) -> np.ndarray:
    """Shift and mix the axes of codes so that the reference has mean 0 and covariance I.

    The scale and the orientation of a plain latent space are arbitrary: a linear map put behind
    the encoder, and its inverse before the decoder, change no reconstruction. Distances between
    whitened codes are the same for every such map. The reference, more codes than dimensions and
    not in a subspace, is the codes if it is None.
    """
    codes = _checks.check_codes(codes, "codes").astype(np.float64)
    reference = codes if reference is None else reference
    reference = _checks.check_codes(reference, "reference", codes.shape[1]).astype(np.float64)
    covariance = np.atleast_2d(np.cov(reference.T)) if len(reference) > 1 else np.zeros((1, 1))
    variances = np.linalg.eigvalsh(covariance)
    if len(reference) <= codes.shape[1] or variances[0] <= 1e-12 * variances[-1]:
        raise ValueError(
            f"whiten needs codes that vary in all {codes.shape[1]} dimensions, but the covariance "
            f"of {len(reference)} codes is singular; use more codes, or fewer dimensions."
        )
    triangle = np.linalg.cholesky(covariance)
    return np.linalg.solve(triangle, (codes - reference.mean(axis=0)).T).T


def gap_share(
    codes: np.ndarray,
    expected: float = 10.0,
    num_probes: int = 20_000,
    seed: int = 0,
    inside_hull: bool = False,
) -> float:
    """The share, 0 to 1, of the region of the central 90 % of the codes that holds no code.

    Whiten the codes, take the ball around their mean that holds 90 % of them, and drop probes into
    it, uniformly. Around each probe stands a small ball of such a size that it would hold
    `expected` codes if the 90 % were spread evenly. The probe is in a gap if it holds none. Evenly
    spread codes give exp(-expected). An invertible affine map of the codes changes nothing.

    The codes, n more than `expected`, are not in a subspace. A larger `expected` finds larger gaps.
    With `inside_hull` only what is missing between codes counts, inside their convex hull, and not
    that their outline is no ellipse; the hull takes long in many dimensions.
    """
    white = whiten(codes)
    probes, radius = gap_probes(white, expected, num_probes, seed)
    distance, _ = NearestNeighbors(n_neighbors=1).fit(white).kneighbors(probes)
    in_gap = distance[:, 0] > radius
    if inside_hull:
        in_gap &= Delaunay(white).find_simplex(probes) >= 0
    return float(np.mean(in_gap))


def gap_probes(
    white: np.ndarray, expected: float = 10.0, num_probes: int = 20_000, seed: int = 0
) -> tuple[np.ndarray, float]:
    """The probes of `gap_share`, (num_probes, latent_dim), and the radius of the ball around each.

    A probe that is in no gap finds one of the codes, which are whitened, within the radius.
    """
    white = _checks.check_codes(white, "white")
    _checks.check_positive_int(num_probes, "num_probes")
    if not 0 < expected < 0.9 * len(white):
        raise ValueError(
            f"expected must be more than 0 and less than 90 % of the {len(white)} codes, but it is "
            f"{expected}; pass more codes or expect fewer in a ball."
        )
    generator, dim = np.random.default_rng(seed), white.shape[1]
    radius = np.quantile(np.linalg.norm(white, axis=1), 0.9)
    direction = generator.standard_normal((num_probes, dim))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    probes = radius * generator.random((num_probes, 1)) ** (1 / dim) * direction
    return probes, float(radius * (expected / (0.9 * len(white))) ** (1 / dim))


def distance_to_real(pictures: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Mean squared difference per pixel of each picture and the nearest real image, grey levels^2.

    The result is (n,) for n pictures and any number of real images of their size; take others than
    were decoded. A picture may be near because it is good or because it is smooth: compare with
    reconstructions from the same decoder.
    """
    pictures = _checks.check_images(pictures, "pictures", allow_any_size=True)
    real = _checks.check_images(real, "real", allow_any_size=True)
    _checks.check_same_shape(pictures[0], real[0], "a picture", "a real image")
    a, b = (x.reshape(len(x), -1).astype(np.float64) for x in (pictures, real))
    squared = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.maximum(squared.min(axis=1), 0) / a.shape[1]


def frechet(a: np.ndarray, b: np.ndarray) -> float:
    """Fréchet distance of the normal distributions that fit two sets of features.

    It is the smallest mean squared distance at which their points can be paired; few points make it
    too large. The features are (n, features) and (m, features), n and m 2 or more; else ValueError.
    Source: Dowson & Landau 1982; Heusel et al. 2017. Chapter: A prior that is learned.
    """
    a, b = (_checks.check_codes(x, name).astype(float) for x, name in ((a, "a"), (b, "b")))
    if a.shape[1] != b.shape[1] or min(len(a), len(b)) < 2:
        raise ValueError(f"frechet needs equally many features, 2 rows each: {a.shape}, {b.shape}.")
    shift = a.mean(axis=0) - b.mean(axis=0)
    cov_a, cov_b = (np.atleast_2d(np.cov(x.T)) for x in (a, b))
    root_a = _matrix_root(cov_a)
    cross = _matrix_root(root_a @ cov_b @ root_a)  # its trace is that of the root of cov_a cov_b
    return float(shift @ shift + np.trace(cov_a + cov_b - 2 * cross))


def _matrix_root(covariance: np.ndarray) -> np.ndarray:
    """The symmetric root of a symmetric matrix without negative eigenvalues."""
    values, vectors = np.linalg.eigh(covariance)
    return vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T


def standard_error(values: np.ndarray) -> float:
    """How far the mean of other values of the same kind may be: the standard error of a mean.

    It is the sample standard deviation of independent measurements, of several images or several
    seeds, (n,), n >= 2, divided by the root of n. Chapter: Contractive autoencoders.
    """
    values = _checks.check_finite(values, "values")
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(
            f"standard_error needs a list of two values or more; got shape {values.shape}."
        )
    return float(values.std(ddof=1) / math.sqrt(len(values)))


def two_sample_accuracy(
    a: np.ndarray, b: np.ndarray, k: int = 5, num_splits: int = 4, seed: int = 0
) -> float:
    """How well a nearest-neighbour classifier tells two sets of images apart: its test accuracy.

    Half of each set, of one shape (n, ...) with n >= 2 k, trains the classifier, by which k
    neighbours vote, the other half tests it; the result is averaged over splits into halves. Sets
    from one distribution give one half, up to chance; sets that never overlap give one.
    Source: Lopez-Paz & Oquab 2017.
    """
    a, b = np.asarray(a), np.asarray(b)
    _checks.check_same_shape(a, b, "a", "b")
    _checks.check_positive_int(k, "k")
    if a.ndim < 2 or len(a) < 2 * k:
        raise ValueError(
            f"two_sample_accuracy needs at least {2 * k} images in each set, got {len(a)}."
        )
    _checks.check_positive_int(num_splits, "num_splits")
    generator, half, scores = np.random.default_rng(seed), len(a) // 2, []
    labels = np.repeat([0, 1], half)
    for _ in range(num_splits):
        sets = [s[generator.permutation(len(s))].reshape(len(s), -1) for s in (a, b)]
        train = np.concatenate([s[:half] for s in sets])
        test = np.concatenate([s[half : 2 * half] for s in sets])
        classifier = KNeighborsClassifier(n_neighbors=k).fit(train, labels)
        scores.append(classifier.score(test, labels))
    return float(np.mean(scores))
