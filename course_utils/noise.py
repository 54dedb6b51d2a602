"""Noise that spoils images on purpose; imgaug makes it, imported when needed: it takes seconds."""

from typing import Any

import numpy as np

from course_utils._checks import check_finite, check_fraction, check_images, check_seed
from course_utils._imgaug_numpy2 import import_imgaug


def salt_and_pepper(images: Any, amount: Any, seed: int) -> np.ndarray:
    """Replace a share of the pixels by imgaug's salt and pepper.

    Each pixel is replaced with probability `amount`, independently of all others and of its value.
    The new value is drawn from the Beta(1/2, 1/2) distribution: often nearly black or nearly white
    (41 % of the draws are below 0.1 or above 0.9), but hardly ever exactly 0 or 1. The other pixels
    stay as they are, to the last bit.

    The images are (n, height, width, 1) in [0, 1], the result new ones, float32. The amount, from 0
    to 1, is one number for all images or one for each, (n,); what is out of range raises
    ValueError. NumPy's global random state is neither read nor changed.

    Source: imgaug 0.4.0, `SaltAndPepper`. Chapter: Denoising.
    """
    images = check_images(images, "images", allow_any_size=True)
    amounts = _check_amounts(amount, len(images))
    seed = check_seed(seed)
    augmenter = import_imgaug().augmenters.SaltAndPepper(float(amounts.max()), seed=seed)
    # imgaug's noise is made for bytes, 0 to 255. Here it spoils a blank page of -1, so that the
    # pixels it leaves alone need no scaling. All images are one tall page: five times faster than
    # one by one.
    page = np.full((images.shape[0] * images.shape[1], images.shape[2], 1), -1, np.float32)
    page = augmenter.augment_image(page).reshape(images.shape)
    replaced = page >= 0
    if amounts.min() < amounts.max():
        # Every image has got the largest amount: keep a random share of its replaced pixels.
        share = (amounts / amounts.max()).astype(np.float32).reshape(-1, 1, 1, 1)
        replaced &= np.random.default_rng(seed).random(images.shape, np.float32) < share
    return np.where(replaced, page / np.float32(255), images)


def _check_amounts(amount: Any, num_images: int) -> np.ndarray:
    if np.ndim(amount) == 0:
        return np.array([check_fraction(amount, "amount")])
    amounts = check_finite(amount, "amount")
    if amounts.shape != (num_images,) or amounts.min() < 0 or amounts.max() > 1:
        raise ValueError(
            "amount must be a number from 0 to 1, or one for each image; got shape "
            f"{amounts.shape} with values from {amounts.min():g} to {amounts.max():g} for "
            f"{num_images} images; write 10 % as 0.1."
        )
    return amounts
