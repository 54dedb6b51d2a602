"""Cleaning a page without learning: the paper by a median filter, and thresholds."""

from __future__ import annotations

import numpy as np

from course_utils._checks import check_positive_int
from course_utils.documents.corpus import check_page


def median_paper(page: np.ndarray, size: int = 21) -> np.ndarray:
    """Estimate the paper under the text: the median grey of a window around each pixel.

    Text covers less than half of any window that is much larger than a stroke, so the median there
    is the grey of paper.

    Args:
        page: (height, width, 1) in [0, 1].
        size: of the window in pixels, odd.

    Returns:
        The paper, float32 (height, width, 1) in [0, 1], in steps of 1/255.

    Raises:
        ValueError: `page` is not a page, or `size` is not an odd number of at least 3.

    Chapter: Cleaning documents.
    """
    import cv2

    page = check_page(page)[..., None]
    if check_positive_int(size, "size") < 3 or size % 2 == 0:
        raise ValueError(f"size must be odd and at least 3; got {size}.")
    pixels = np.round(255 * page[..., 0]).astype(np.uint8)
    return np.divide(cv2.medianBlur(pixels, size), np.float32(255), dtype=np.float32)[..., None]


def background_subtraction(page: np.ndarray, size: int = 21) -> np.ndarray:
    """Clean a page classically: a median filter finds the paper, and the page is divided by it.

    Ink takes away a share of the light that the paper reflects, so page / paper shows the ink
    alone; a straight line then maps the grey of ink to 0 and the grain of the paper to 1.

    Args:
        page: (height, width, 1) in [0, 1].
        size: of the window in pixels, odd. The default and the two constants of the line were
            chosen on real pages used for training.

    Returns:
        The cleaned page, float32 (height, width, 1) in [0, 1].

    Raises:
        ValueError: `page` is not a page, or `size` is not an odd number of at least 3.

    Chapter: Cleaning documents.
    """
    page = check_page(page)[..., None]
    share = page / np.maximum(median_paper(page, size), 0.05)
    return np.clip((share - _INK) / (_PAPER - _INK), 0, 1).astype(np.float32)


_INK, _PAPER = 0.17, 0.94  # of the paper, where ink is blackest and where paper begins


def sauvola(page: np.ndarray, size: int = 15, k: float = 0.3) -> np.ndarray:
    """Clean a page by a threshold that follows the paper: black ink on white, nothing between.

    The threshold is m (1 + k (s / 0.5 - 1)), with the mean m and the standard deviation s of a
    window. It is what document software does before it reads.

    Args:
        page: (height, width, 1) in [0, 1].
        size: of the window in pixels, odd.
        k: how much darker than the mean ink must be where there is little contrast.

    Returns:
        The page in black and white, float32 (height, width, 1), 0 or 1.

    Raises:
        ValueError: `page` is not a page, or `size` is not an odd number of at least 3.

    Source: Sauvola and Pietikäinen 2000. Chapter: Cleaning documents.
    """
    from skimage.filters import threshold_sauvola

    page = check_page(page)
    if check_positive_int(size, "size") < 3 or size % 2 == 0:
        raise ValueError(f"size must be odd and at least 3; got {size}.")
    return (page > threshold_sauvola(page, size, k=k, r=0.5)).astype(np.float32)[..., None]
