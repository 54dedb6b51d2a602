"""Tests of course_utils.noise and of imgaug on NumPy 2."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from course_utils import _imgaug_numpy2, data, noise

GREY = np.full(
    (400, 28, 28, 1), 0.3, np.float32
)  # no draw is exactly 0.3: what changed was replaced
NUM_PIXELS = GREY.size


@pytest.mark.parametrize("amount", [0.01, 0.1, 0.5, 0.9])
def test_share_of_replaced_pixels_is_binomial(amount):
    replaced = noise.salt_and_pepper(GREY, amount, seed=1) != GREY
    low, high = stats.binom.interval(1 - 1e-6, NUM_PIXELS, amount)
    assert low <= replaced.sum() <= high
    # In each image too, and with the spread that independent pixels have.
    counts = replaced.sum(axis=(1, 2, 3))
    low, high = stats.binom.interval(1 - 1e-9, 784, amount)
    assert low <= counts.min() and counts.max() <= high
    ratio = counts.var(ddof=1) / (784 * amount * (1 - amount))
    low, high = np.array(stats.chi2.interval(1 - 1e-6, 399)) / 399
    assert low < ratio < high


def test_pixels_are_replaced_independently():
    amount = 0.3
    replaced = (noise.salt_and_pepper(GREY, amount, seed=2) != GREY)[..., 0]
    neighbours = [
        (replaced[:, :, 1:], replaced[:, :, :-1]),
        (replaced[:, 1:], replaced[:, :-1]),
        (replaced[1:], replaced[:-1]),
    ]
    for a, b in neighbours:
        low, high = stats.binom.interval(1 - 1e-6, a.size, amount**2)
        # Overlapping pairs are not quite independent: allow half as much again.
        middle, half = a.size * amount**2, 0.75 * (high - low)
        assert abs(np.sum(a & b) - middle) < half
    share = replaced.mean(axis=0)  # no place in the image is preferred
    low, high = stats.binom.interval(1 - 1e-8, 400, amount)
    assert low / 400 <= share.min() and share.max() <= high / 400


def test_replacement_does_not_depend_on_the_value_of_the_pixel():
    images = np.broadcast_to(np.linspace(0, 1, 28, dtype=np.float32)[:, None], (400, 28, 28))
    noisy = noise.salt_and_pepper(images[..., None], 0.3, seed=2)
    same = noise.salt_and_pepper(GREY, 0.3, seed=2)
    replaced = same != GREY
    np.testing.assert_array_equal(noisy[replaced], same[replaced])
    np.testing.assert_array_equal(noisy[~replaced], images[..., None][~replaced])


def test_new_values_follow_the_beta_distribution():
    noisy = noise.salt_and_pepper(GREY, 0.5, seed=3)
    new = noisy[noisy != GREY].astype(float)
    assert stats.kstest(new, stats.beta(0.5, 0.5).cdf).pvalue > 1e-4
    assert np.mean((new < 0.1) | (new > 0.9)) == pytest.approx(0.41, abs=0.005)  # the docstring


def test_amount_zero_and_one():
    np.testing.assert_array_equal(noise.salt_and_pepper(GREY, 0, seed=0), GREY)
    everything = noise.salt_and_pepper(GREY, 1, seed=0)
    assert np.mean(everything != GREY) > 0.99999


def test_result_is_new_float32_in_range_and_input_is_untouched():
    images = GREY[:50].astype(np.float64)
    before = images.copy()
    noisy = noise.salt_and_pepper(images, 0.5, seed=0)
    np.testing.assert_array_equal(images, before)
    assert noisy.dtype == np.float32 and noisy.shape == images.shape
    assert noisy.min() >= 0 and noisy.max() <= 1
    page = np.ones((2, 30, 17, 1), np.float32)
    assert noise.salt_and_pepper(page, 0.5, seed=0).shape == page.shape


def test_seed_decides_and_the_global_state_does_not():
    np.random.seed(5)  # noqa: NPY002 - the global state is what this test is about
    before = np.random.get_state()  # noqa: NPY002
    a = noise.salt_and_pepper(GREY[:20], 0.5, seed=7)
    after = np.random.get_state()  # noqa: NPY002
    np.testing.assert_array_equal(before[1], after[1])
    assert before[2:] == after[2:]
    np.random.seed(6)  # noqa: NPY002
    np.testing.assert_array_equal(a, noise.salt_and_pepper(GREY[:20], 0.5, seed=7))
    assert not np.array_equal(a, noise.salt_and_pepper(GREY[:20], 0.5, seed=8))


def test_signal_to_noise_ratio_on_clothes_is_the_measured_one(monkeypatch):
    """15.4, 10.6 and 8.4 decibels at 10, 30 and 50 %, as measured for the chapter on denoising."""
    monkeypatch.setenv("FASHION_MNIST_DIR", "sample")
    x = data.load_fashion_mnist().x_test
    for amount, expected in ((0.1, 15.4), (0.3, 10.6), (0.5, 8.4)):
        error = np.mean((noise.salt_and_pepper(x, amount, seed=0) - x) ** 2, axis=(1, 2, 3))
        assert np.mean(-10 * np.log10(error)) == pytest.approx(expected, abs=0.15)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ((GREY * 255, 0.1, 0), "images must"),
        ((GREY[0], 0.1, 0), "images must"),
        ((GREY, 10, 0), "amount must"),
        ((GREY, -0.1, 0), "amount must"),
        ((GREY, 0.1, -1), "seed must"),
        ((GREY, 0.1, None), "seed must"),
    ],
)
def test_bad_input(arguments, part):
    with pytest.raises(ValueError, match=part):
        noise.salt_and_pepper(*arguments)


# imgaug on NumPy 2


def test_a_fresh_interpreter_gains_one_name_and_loses_none():
    code = """
import numpy as np
before = {name: id(value) for name, value in vars(np).items()}
assert "sctypes" not in before
from course_utils import noise
assert not hasattr(np, "sctypes"), "imgaug must be imported only when it is needed"
from course_utils._imgaug_numpy2 import import_imgaug, restore_sctypes
restore_sctypes()
after = {name: id(value) for name, value in vars(np).items()}
assert set(after) - set(before) == {"sctypes"}, set(after) - set(before)
assert all(after[name] == before[name] for name in before)
first = np.sctypes
restore_sctypes()
assert np.sctypes is first
imgaug = import_imgaug()
assert import_imgaug() is imgaug
grey = np.full((40, 40, 1), 99, np.uint8)
noisy = imgaug.augmenters.SaltAndPepper(0.5, seed=1).augment_image(grey)
assert 600 < (noisy != 99).sum() < 1000
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


def test_restored_types_are_complete(monkeypatch):
    monkeypatch.delattr(np, "sctypes", raising=False)
    _imgaug_numpy2.restore_sctypes()
    assert set(np.sctypes) == {"int", "uint", "float", "complex", "others"}  # noqa: NPY201
    for kind, letter in (("int", "i"), ("uint", "u"), ("float", "f"), ("complex", "c")):
        members = np.sctypes[kind]  # noqa: NPY201
        assert {np.dtype(member).kind for member in members} == {letter}
        assert len(members) == (3 if kind == "complex" else 4)


def test_a_numpy_that_has_the_name_is_left_alone(monkeypatch):
    own = {"int": []}
    monkeypatch.setattr(np, "sctypes", own, raising=False)
    _imgaug_numpy2.restore_sctypes()
    assert np.sctypes is own and own == {"int": []}  # noqa: NPY201


def test_missing_imgaug_is_said_in_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "imgaug.augmenters", None)
    with pytest.raises(ImportError, match=r"^imgaug cannot be imported .*requirements\.txt\.$"):
        _imgaug_numpy2.import_imgaug()


def test_each_image_can_have_its_own_amount():
    amounts = np.repeat([0.0, 0.05, 0.3, 0.5], 100)
    noisy = noise.salt_and_pepper(GREY, amounts, seed=4)
    replaced = noisy != GREY
    for group, amount in enumerate((0.0, 0.05, 0.3, 0.5)):
        own = replaced[100 * group : 100 * (group + 1)]
        low, high = stats.binom.interval(1 - 1e-6, own.size, amount)
        assert low <= own.sum() <= high
    new = noisy[replaced].astype(float)
    assert stats.kstest(new, stats.beta(0.5, 0.5).cdf).pvalue > 1e-4
    one = noise.salt_and_pepper(GREY, 0.3, seed=4)
    np.testing.assert_array_equal(one, noise.salt_and_pepper(GREY, np.full(400, 0.3), seed=4))
    np.testing.assert_array_equal(GREY, noise.salt_and_pepper(GREY, np.zeros(400), seed=4))


@pytest.mark.parametrize(
    "amounts", [np.full(399, 0.1), np.full(400, 10.0), np.full(400, -0.1), np.full((400, 1), 0.1)]
)
def test_bad_amounts(amounts):
    with pytest.raises(ValueError, match="amount must be a number from 0 to 1, or one for each"):
        noise.salt_and_pepper(GREY, amounts, seed=0)


def test_the_seed_decides_when_each_image_has_its_own_amount():
    amounts = np.linspace(0.05, 0.5, 20)
    first, same, other = (noise.salt_and_pepper(GREY[:20], amounts, seed=s) for s in (7, 7, 8))
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


def test_no_two_images_get_the_same_noise():
    for amount in (0.3, np.linspace(0.1, 0.3, 20)):
        noisy = noise.salt_and_pepper(GREY[:20], amount, seed=5)
        assert len({image.tobytes() for image in noisy}) == 20
