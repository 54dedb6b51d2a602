# ruff: noqa: E501
"""Random distortions of pictures, each with a strength; all anchored at the root, at (12, 27.5)."""

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

ROWS, COLS = np.mgrid[0:28, 0:28] + 0.5
ROOT = (27.5, 12.0)


def warp(picture, rows, cols):
    """By cubic splines: a linear interpolation would blur thin strokes, which the judge would see."""
    return np.clip(
        map_coordinates(picture, [rows - 0.5, cols - 0.5], order=3, mode="constant"), 0, 1
    )


def affine(picture, strength, rng):
    """Turn, shear and scale about the root: the identity plus normal numbers."""
    matrix = np.eye(2) + strength * rng.standard_normal((2, 2))
    dy, dx = ROWS - ROOT[0], COLS - ROOT[1]
    return warp(
        picture,
        ROOT[0] + matrix[0, 0] * dy + matrix[0, 1] * dx,
        ROOT[1] + matrix[1, 0] * dy + matrix[1, 1] * dx,
    )


def elastic(picture, strength, rng, smooth=5.0):
    """A smooth random field of shifts, of the standard deviation `strength` in pixels."""
    shift = np.stack(
        [gaussian_filter(rng.standard_normal((44, 44)), smooth)[8:36, 8:36] for _ in range(2)]
    )
    shift *= strength / (1 / (2 * smooth * np.sqrt(np.pi)))
    shift -= shift[:, 27:, 12:13]  # the root stays where it is
    return warp(picture, ROWS + shift[0], COLS + shift[1])


def brightness(picture, strength, rng):
    return np.clip(picture * np.exp(strength * rng.standard_normal()), 0, 1)


def mixing(picture, strength, rng, others):
    """A share of another of the ferns."""
    return (1 - strength) * picture + strength * others[rng.integers(len(others))]


def many(how, pictures, strength, rng, *rest):
    return np.stack([how(p, strength, rng, *rest) for p in pictures[..., 0]])[..., None].astype(
        "float32"
    )
