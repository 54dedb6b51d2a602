"""The measures against known answers."""

import numpy as np
import pytest
from scipy import integrate, stats

from course_utils import metrics, models

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(size=(4, 28, 28, 1)).astype("float32")


def test_mse_is_per_image():
    shifted = np.clip(IMAGES, 0.2, 0.8)
    expected = [np.mean((a - b) ** 2) for a, b in zip(IMAGES, shifted)]
    np.testing.assert_allclose(metrics.mse(IMAGES, shifted), expected, rtol=1e-5)


def test_psnr_of_a_known_error():
    black = np.zeros((2, 28, 28, 1), "float32")
    np.testing.assert_allclose(metrics.psnr(black, black + 0.1), [20.0, 20.0], rtol=1e-5)
    assert np.isinf(metrics.psnr(black, black)).all()


def test_psnr_is_that_of_each_image_by_itself():
    errors = np.array([0.1, 0.01], "float32").reshape(2, 1, 1, 1)
    grey = np.full((2, 28, 28, 1), 0.5, "float32")
    np.testing.assert_allclose(metrics.psnr(grey, grey + errors), [20.0, 40.0], rtol=1e-4)


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.6), (0.0, 0.1), (0.2, 1.0)])
def test_ssim_of_flat_images_is_what_the_formula_says(a, b):
    # Without variance only the comparison of the means is left, with C1 = (0.01 * range)^2.
    flat_a, flat_b = (np.full((1, 28, 28, 1), value, "float32") for value in (a, b))
    expected = (2 * a * b + 0.01**2) / (a**2 + b**2 + 0.01**2)
    np.testing.assert_allclose(metrics.ssim(flat_a, flat_b), [expected], rtol=1e-4)


def test_ssim_compares_contrasts_by_a_constant_of_range_one():
    # One window: equal means, contrasts s and s / 2, correlation 1, with C2 = (0.03 * range)^2.
    pattern = 0.02 * np.sign(RNG.normal(size=(1, 7, 7, 1)))
    pattern -= pattern.mean()
    variance = pattern.var(ddof=1)
    constant = 0.03**2
    expected = (variance + constant) / (1.25 * variance + constant)
    measured = metrics.ssim(
        (0.5 + pattern).astype("float32"), (0.5 + pattern / 2).astype("float32")
    )
    np.testing.assert_allclose(measured, [expected], rtol=1e-4)


def test_ssim_is_one_for_equal_images_and_less_for_others():
    np.testing.assert_allclose(metrics.ssim(IMAGES, IMAGES), 1.0)
    assert (metrics.ssim(IMAGES, IMAGES[::-1]) < 0.3).all()
    with pytest.raises(ValueError, match="at least 7 x 7"):
        metrics.ssim(IMAGES[:, :6, :6], IMAGES[:, :6, :6])


def test_principal_angles_of_planes_tilted_by_a_known_angle():
    a = np.eye(5)[:, :2]
    for degrees in (0.0, 1e-6, 3.0, 45.0, 89.0, 90.0):
        t = np.radians(degrees)
        b = np.array([[1, 0, 0, 0, 0], [0, np.cos(t), np.sin(t), 0, 0]]).T
        np.testing.assert_allclose(
            metrics.principal_angles(a, b), [0, degrees], rtol=1e-9, atol=1e-12
        )


@pytest.mark.parametrize("shapes", [((9, 3), (9, 3)), ((9, 4), (9, 2)), ((9, 2), (9, 5))])
def test_principal_angles_have_the_cosines_of_orthonormal_bases(shapes):
    a, b = (RNG.normal(size=shape) for shape in shapes)
    (basis_a, _), (basis_b, _) = np.linalg.qr(a), np.linalg.qr(b)
    cosines = np.linalg.svd(basis_a.T @ basis_b, compute_uv=False)
    angles = metrics.principal_angles(a, b)
    np.testing.assert_allclose(np.cos(np.radians(angles)), cosines, atol=1e-12)
    np.testing.assert_array_equal(angles, np.sort(angles))


def test_principal_angles_do_not_depend_on_the_basis():
    a, mixing = RNG.normal(size=(8, 3)), RNG.normal(size=(3, 3))
    np.testing.assert_allclose(metrics.principal_angles(a, a @ mixing), 0.0, atol=1e-10)


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        (np.eye(4), np.eye(5), "same number of rows"),
        (np.ones((4, 2)), np.eye(4), "linearly independent"),
        (np.full((4, 1), np.nan), np.eye(4), "finite matrix"),
        (np.ones(4), np.eye(4), "finite matrix"),
    ],
)
def test_principal_angles_refuse_what_is_no_basis(a, b, words):
    with pytest.raises(ValueError, match=words):
        metrics.principal_angles(a, b)


@pytest.fixture(scope="module")
def one_dimensional():
    """A VAE with one latent dimension, its images, and their log evidence by quadrature."""
    vae = models.dense_vae(latent_dim=1, widths=(8,), sines=0)
    generator = np.random.default_rng(5)
    vae.set_weights([generator.normal(scale=0.2, size=w.shape) for w in vae.get_weights()])
    grid = np.linspace(-8, 8, 3001)
    logits = vae.decode_logits(grid[:, None])[..., 0].reshape(len(grid), -1).astype("float64")
    x = IMAGES.reshape(4, -1).astype("float64")
    log_joint = x @ logits.T - np.logaddexp(0, logits).sum(axis=1) + stats.norm.logpdf(grid)
    top = log_joint.max(axis=1, keepdims=True)
    evidence = np.log(integrate.trapezoid(np.exp(log_joint - top), grid, axis=1)) + top[:, 0]
    z_mean, z_log_var = (part[:, 0].astype("float64") for part in vae.posterior(IMAGES))
    q = stats.norm.pdf(grid, z_mean[:, None], np.exp(z_log_var / 2)[:, None])
    inside = np.where(q > 0, log_joint - np.log(np.where(q > 0, q, 1)), 0)
    return vae, evidence, integrate.trapezoid(q * inside, grid, axis=1)


def test_the_elbo_is_that_of_the_exact_integral(one_dimensional):
    vae, evidence, exact = one_dimensional
    runs = np.array(
        [metrics.elbo_per_image(vae, IMAGES, seed=s, num_samples=50) for s in range(40)]
    )
    standard_error = runs.std(axis=0, ddof=1) / np.sqrt(len(runs))
    assert (np.abs(runs.mean(axis=0) - exact) < 4 * standard_error).all()
    assert (standard_error < 0.2 * (evidence - exact)).all()
    assert metrics.negative_elbo(vae, IMAGES) == -np.mean(metrics.elbo_per_image(vae, IMAGES))


def test_the_importance_weighted_bound_climbs_from_the_elbo_to_the_evidence(one_dimensional):
    vae, evidence, _ = one_dimensional
    bounds = [
        np.mean(
            [metrics.importance_weighted_bound(vae, IMAGES, k, seed=s) for s in range(30)], axis=0
        )
        for k in (1, 20, 2000)
    ]
    assert (bounds[0] < bounds[1]).all()
    assert (bounds[1] < bounds[2]).all()
    np.testing.assert_allclose(bounds[2], evidence, rtol=1e-3)


def test_the_bound_is_the_elbo_in_expectation_for_one_sample(one_dimensional):
    vae, _, exact = one_dimensional
    runs = np.array([metrics.importance_weighted_bound(vae, IMAGES, 1, seed=s) for s in range(300)])
    standard_error = runs.std(axis=0, ddof=1) / np.sqrt(len(runs))
    assert (np.abs(runs.mean(axis=0) - exact) < 4 * standard_error).all()


def test_bounds_do_not_depend_on_the_batch_size():
    vae = models.dense_vae(widths=(8,))
    for measure in (
        metrics.elbo_per_image,
        lambda *a, **k: metrics.importance_weighted_bound(*a, 3, **k),
    ):
        np.testing.assert_allclose(
            measure(vae, IMAGES, batch_size=1), measure(vae, IMAGES, batch_size=500), rtol=1e-5
        )


def test_knn_purity_of_separate_and_of_mixed_classes():
    labels = np.repeat([0, 1], 200)
    apart = RNG.normal(size=(400, 2)) + 100 * labels[:, None]
    np.testing.assert_array_equal(metrics.knn_purity(apart, labels), np.ones(400))
    mixed = RNG.normal(size=(400, 2))
    assert metrics.knn_purity(mixed, labels).mean() == pytest.approx(0.5, abs=0.06)
    twins = np.repeat(RNG.normal(size=(50, 2)), 2, axis=0)
    alternating = np.tile([0, 1], 50)
    # A code is not its own neighbour:
    assert metrics.knn_purity(twins, alternating, k=1).max() == 0.0


def test_whitened_codes_have_covariance_one_and_forget_any_affine_map():
    codes, mixing = RNG.gamma(2.0, size=(500, 3)), RNG.normal(size=(3, 3))
    white = metrics.whiten(codes)
    np.testing.assert_allclose(white.mean(axis=0), 0, atol=1e-10)
    np.testing.assert_allclose(np.cov(white.T), np.eye(3), atol=1e-10)
    other = metrics.whiten(7 + codes @ mixing)
    np.testing.assert_allclose(
        np.linalg.norm(other[0] - other, axis=1), np.linalg.norm(white[0] - white, axis=1)
    )
    np.testing.assert_allclose(metrics.whiten(codes[:5], codes), white[:5])


@pytest.mark.parametrize("expected", [0.5, 1.0, 3.0])
def test_gap_share_of_evenly_spread_codes(expected):
    angle, radius = 2 * np.pi * RNG.uniform(size=20_000), np.sqrt(RNG.uniform(size=20_000))
    disc = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    assert metrics.gap_share(disc, expected) == pytest.approx(np.exp(-expected), abs=0.015)


def test_gap_share_of_a_normal_cloud_and_of_a_ring():
    # With a density proportional to u = exp(-r^2 / 2), the empty share is the mean of
    # exp(-expected * u * log(10) / 0.9) over the disc, that is over log u from log 0.1 to 0.
    u = np.exp(np.linspace(np.log(0.1), 0, 2001))
    exact = np.exp(-3 * u * np.log(10) / 0.9).mean()
    cloud = RNG.normal(size=(20_000, 2))
    assert metrics.gap_share(cloud, 3) == pytest.approx(exact, abs=0.015)
    angle, square = 2 * np.pi * RNG.uniform(size=20_000), RNG.uniform(0.25, 1, size=20_000)
    ring = np.sqrt(square)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    hole = 0.25 / (0.25 + 0.9 * 0.75)
    assert metrics.gap_share(ring) == pytest.approx(hole, abs=0.03)
    stretched = 5 + ring @ np.array([[3.0, 1.0], [0.0, 0.01]])
    assert metrics.gap_share(stretched) == pytest.approx(hole, abs=0.03)


def test_knn_purity_looks_at_ten_neighbours_by_default():
    codes = np.arange(30.0)[:, None] ** 1.01
    labels = np.arange(30) // 6
    expected = metrics.knn_purity(codes, labels, k=10)
    np.testing.assert_array_equal(metrics.knn_purity(codes, labels), expected)
    assert not np.array_equal(metrics.knn_purity(codes, labels, k=5), expected)


def test_standard_error_is_the_scatter_of_means():
    assert metrics.standard_error([0.0, 2.0]) == pytest.approx(1)
    assert metrics.standard_error(np.tile([0.0, 1.0], 50)) == pytest.approx(0.05025, abs=1e-5)
    draws = RNG.normal(5, 3, size=(4000, 9))
    errors = [metrics.standard_error(row) ** 2 for row in draws]
    assert np.mean(errors) == pytest.approx(draws.mean(axis=1).var(), rel=0.1)
    for bad in ([1.0], [[1.0, 2.0]]):
        with pytest.raises(ValueError, match="two values or more"):
            metrics.standard_error(bad)


def test_gap_share_inside_the_hull_counts_holes_and_no_corners():
    triangle = RNG.dirichlet([1, 1, 1], 10_000)[:, :2]
    assert metrics.gap_share(triangle) > 0.15
    assert metrics.gap_share(triangle, inside_hull=True) < 0.01
    angle, square = 2 * np.pi * RNG.uniform(size=20_000), RNG.uniform(0.25, 1, size=20_000)
    ring = np.sqrt(square)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    hole = 0.25 / (0.25 + 0.9 * 0.75)
    assert metrics.gap_share(ring, inside_hull=True) == pytest.approx(hole, abs=0.03)


def test_gap_probes_fill_the_ball_of_nine_tenths_evenly():
    white = metrics.whiten(RNG.normal(size=(1000, 3)))
    probes, radius = metrics.gap_probes(white, expected=9)
    ball = np.quantile(np.linalg.norm(white, axis=1), 0.9)
    assert radius == pytest.approx(ball * 0.01 ** (1 / 3))
    inner = np.mean(np.linalg.norm(probes, axis=1) < ball / 2)
    assert inner == pytest.approx(1 / 8, abs=0.02)


def test_distance_to_real_is_the_smallest_mean_squared_error():
    pictures = np.clip(IMAGES[:2] + 0.05, 0, 1)
    expected = [min(np.mean((p - x) ** 2) for x in IMAGES) for p in pictures]
    np.testing.assert_allclose(metrics.distance_to_real(pictures, IMAGES), expected, rtol=1e-4)
    np.testing.assert_allclose(metrics.distance_to_real(IMAGES, IMAGES), 0, atol=1e-8)


def test_two_samples_of_one_distribution_cannot_be_told_apart():
    a, b = RNG.normal(size=(2, 2000, 3))
    assert metrics.two_sample_accuracy(a, b) == pytest.approx(0.5, abs=0.06)
    assert metrics.two_sample_accuracy(a, b + 20) == 1.0
    runs = [metrics.two_sample_accuracy(a, b, num_splits=n, seed=1) for n in (1, 8)]
    assert runs[0] != runs[1]
    assert runs[1] == pytest.approx(0.5, abs=0.04)


def test_two_uniform_sets_that_half_overlap_are_told_apart_half_way():
    # On [0, 2] against [1, 3], a guess is needed only in [1, 2], where half of each set lies.
    a, b = RNG.uniform(0, 2, size=(2000, 1)), RNG.uniform(1, 3, size=(2000, 1))
    assert metrics.two_sample_accuracy(a, b) == pytest.approx(0.75, abs=0.04)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: metrics.mse(IMAGES, IMAGES[:2]), "same shape"),
        (lambda: metrics.psnr(IMAGES * 2, IMAGES), r"\[0, 1\]"),
        (lambda: metrics.knn_purity(np.zeros((5, 2)), np.zeros(4)), "one label per code"),
        (lambda: metrics.knn_purity(np.zeros((5, 2)), np.zeros(5), k=5), "k below their number"),
        (lambda: metrics.whiten(np.ones((5, 3))), "singular"),
        (lambda: metrics.whiten(np.eye(3)[:1]), "singular"),
        (lambda: metrics.whiten(RNG.normal(size=(9, 2)), np.eye(3)), r"\(n, 2\)"),
        (lambda: metrics.gap_share(RNG.normal(size=(9, 2))), "expected must be"),
        (lambda: metrics.gap_share(RNG.normal(size=(99, 2)), 0), "expected must be"),
        (lambda: metrics.gap_share(RNG.normal(size=(99, 2)), num_probes=0), "num_probes"),
        (lambda: metrics.distance_to_real(IMAGES, IMAGES[:, :9]), "same shape"),
        (lambda: metrics.two_sample_accuracy(np.eye(20), np.eye(20), num_splits=0), "num_splits"),
        (lambda: metrics.two_sample_accuracy(np.zeros((4, 2)), np.zeros((4, 2))), "at least 10"),
        (lambda: metrics.negative_elbo(models.dense_vae(), IMAGES * 255), r"\[0, 1\]"),
        (lambda: metrics.elbo_per_image(models.dense_vae(), IMAGES, num_samples=0), "num_samples"),
        (lambda: metrics.importance_weighted_bound(models.dense_vae(), IMAGES, 0), "k must be"),
    ],
)
def test_wrong_input_gets_one_sentence(call, words):
    with pytest.raises(ValueError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)


# Each image, seed and argument by itself: one number for all would pass most of the tests above.


def test_ssim_is_that_of_each_image_by_itself():
    flat = np.full((3, 28, 28, 1), 0.5, "float32")
    other = flat * np.array([1.0, 0.5, 0.2], "float32").reshape(3, 1, 1, 1)
    b = np.array([0.5, 0.25, 0.1])
    expected = (2 * 0.5 * b + 0.01**2) / (0.5**2 + b**2 + 0.01**2)
    np.testing.assert_allclose(metrics.ssim(flat, other), expected, rtol=1e-4)


@pytest.fixture
def stated_posterior():
    """A VAE that states a posterior of its own, which differs between the images."""
    vae = models.dense_vae(widths=(8,))
    z_mean = np.array([[1.0, -0.5], [0.0, 2.0], [0.3, 0.3], [0.3, 0.3]])
    z_log_var = np.array([[0.2, -1.0], [-3.0, 0.5], [0.1, 0.4], [0.1, 0.4]])
    vae.posterior = lambda x: (z_mean, z_log_var)
    return vae, z_mean, z_log_var


def test_bounds_are_what_the_formulas_say_for_the_seeds_noise(stated_posterior):
    vae, z_mean, z_log_var = stated_posterior
    sigma, x = np.exp(z_log_var / 2), IMAGES.astype("float64")
    for seed in (0, 3):
        noise = np.random.default_rng(seed).standard_normal((5, 4, 2))
        likelihoods, ratios = [], []
        for epsilon in noise:
            z = z_mean + sigma * epsilon
            logits = vae.decode_logits(z).astype("float64")
            likelihoods.append((x * logits - np.logaddexp(0, logits)).sum(axis=(1, 2, 3)))
            ratios.append((stats.norm.logpdf(z) - stats.norm.logpdf(z, z_mean, sigma)).sum(axis=1))
        kl = 0.5 * (z_mean**2 + sigma**2 - 1 - z_log_var).sum(axis=1)
        np.testing.assert_allclose(
            metrics.elbo_per_image(vae, IMAGES, seed, num_samples=5),
            np.mean(likelihoods, axis=0) - kl,
            rtol=1e-5,
        )
        weights = np.array(likelihoods) + np.array(ratios)
        np.testing.assert_allclose(
            metrics.importance_weighted_bound(vae, IMAGES, 5, seed),
            np.logaddexp.reduce(weights, axis=0) - np.log(5),
            rtol=1e-5,
        )


def test_two_copies_of_an_image_get_different_noise(stated_posterior):
    vae, _, _ = stated_posterior
    twins = np.repeat(IMAGES[:1], 4, axis=0)  # the last two posteriors are equal
    for estimate in (
        metrics.elbo_per_image(vae, twins),
        metrics.importance_weighted_bound(vae, twins, 2),
    ):
        assert abs(estimate[2] - estimate[3]) > 1e-3


def test_negative_elbo_passes_its_arguments_on():
    vae = models.dense_vae(widths=(8,))
    values = [
        metrics.negative_elbo(vae, IMAGES, seed=seed, num_samples=n, batch_size=2)
        for seed, n in ((3, 4), (4, 4), (3, 5))
    ]
    assert len(set(values)) == 3
    expected = -np.mean(metrics.elbo_per_image(vae, IMAGES, seed=3, num_samples=4))
    assert values[0] == pytest.approx(expected, rel=1e-6)


def test_knn_purity_of_each_code_on_a_line():
    codes = np.array([0.0, 1.0, 2.1, 10.0, 11.0, 12.1, 13.3])[:, None]
    labels = np.array([0, 0, 1, 1, 1, 1, 0])
    np.testing.assert_allclose(
        metrics.knn_purity(codes, labels, k=2), [0.5, 0.5, 0.0, 1.0, 1.0, 0.5, 0.0]
    )
    np.testing.assert_allclose(metrics.knn_purity(codes, labels, k=1), [1, 1, 0, 1, 1, 1, 0])


def test_gap_probes_point_in_all_directions_and_follow_their_seed_and_number():
    white = metrics.whiten(np.random.default_rng(1).normal(size=(1000, 3)))
    probes, _ = metrics.gap_probes(white, num_probes=4000, seed=1)
    assert probes.shape == (4000, 3)
    ball = np.quantile(np.linalg.norm(white, axis=1), 0.9)
    np.testing.assert_allclose(probes.mean(axis=0), 0, atol=0.1 * ball)
    np.testing.assert_allclose(np.cov(probes.T), ball**2 / 5 * np.eye(3), atol=0.03 * ball**2)
    np.testing.assert_array_equal(metrics.gap_probes(white, num_probes=4000, seed=1)[0], probes)
    assert not np.allclose(metrics.gap_probes(white, num_probes=4000, seed=2)[0], probes)
    shares = [metrics.gap_share(white, 3, num_probes=500, seed=seed) for seed in (1, 1, 2)]
    assert shares[0] == shares[1] != shares[2]


def test_two_sample_accuracy_follows_its_seed_and_its_number_of_votes():
    # Each place has nine of one set for one of the other: one neighbour errs in a tenth of the
    # cases, and so does the image itself; many neighbours always name the frequent set.
    generator = np.random.default_rng(2)
    rare = np.arange(1000) % 10 == 0
    a, b = (100.0 * (rare ^ flip)[:, None] + generator.uniform(size=(1000, 1)) for flip in (0, 1))
    one, many = (metrics.two_sample_accuracy(a, b, k=k) for k in (1, 41))
    assert one == pytest.approx(0.9**2 + 0.1**2, abs=0.03)
    assert many == pytest.approx(0.9, abs=0.02)
    runs = [metrics.two_sample_accuracy(a, b, k=1, num_splits=1, seed=seed) for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]


def test_frechet_of_normals_with_known_answers():
    points = metrics.whiten(RNG.normal(size=(500, 3)))  # mean 0, covariance I
    rotation = np.linalg.qr(RNG.normal(size=(3, 3)))[0]
    sd_1, sd_2, offset = np.array([0.5, 1, 2]), np.array([2, 1, 0.7]), np.array([1.0, -2.0, 0.5])
    found = metrics.frechet(points * sd_1 @ rotation, points * sd_2 @ rotation + offset)
    assert found == pytest.approx(((sd_1 - sd_2) ** 2).sum() + (offset**2).sum(), abs=1e-8)
    a, b = points[:, :2] @ [[1.0, 0.5], [0.0, 2.0]], points[:, :2] @ [[2.0, 0.0], [1.0, 1.0]]
    cov_a, cov_b = np.cov(a.T), np.cov(b.T)
    root_trace = np.sqrt(np.trace(cov_a @ cov_b) + 2 * np.sqrt(np.linalg.det(cov_a @ cov_b)))
    expected = np.trace(cov_a) + np.trace(cov_b) - 2 * root_trace
    assert metrics.frechet(a, b) == pytest.approx(expected, abs=1e-8)
    assert metrics.frechet(a, a) == pytest.approx(0.0, abs=1e-8)


def test_frechet_says_what_it_needs():
    with pytest.raises(ValueError, match="equally many features"):
        metrics.frechet(np.zeros((5, 2)), np.zeros((5, 3)))
