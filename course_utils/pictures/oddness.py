"""How odd each picture of a folder is, told by networks that have not been trained on it.

Most of the pictures are taken to be normal, and nobody says which. They are dealt into two halves.
What was learned from the one half judges the other, by three witnesses:

- the autoencoder: the largest error of its reconstruction, blurred, in units of the error that is
  usual at that place. It knows where things belong.
- the neighbours: how far the whole picture, at 16 x 16 pixels, is from the three most similar ones
  of the other half. They know what kinds of pictures there are.
- the pieces: cut out of the picture, and described by their colour, contrast and direction, how far
  the three oddest are from similar pieces of pictures of the other half, wherever those are. They
  know textures, of which an autoencoder can reconstruct only the mean.

One who sees nothing is not heard: the score is the sum of what is above the median.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from course_utils._checks import check_finite, check_seed
from course_utils.pictures.files import chunks

FEWEST = 20  # pictures to learn from
WITNESSES = ("autoencoder", "neighbours", "pieces")
_SAMPLE = 8_000_000  # pixels of the pictures that say which error is usual
_BANK = 12_000  # pieces to compare with
_SMALL = 16  # height and width of whole pictures that are compared
_MOST_NEIGHBOURS = 4000  # pictures to compare with
_NEIGHBOURS = 3
_ODDEST_PIECES = 3
_SMALLEST_SPREAD = 0.05  # of a logarithm: pictures that are all alike have no oddest ones


@dataclass(frozen=True)
class Findings:
    """What the witnesses say of n pictures.

    Attributes:
        witnesses: (n, 3), what each of `WITNESSES` says: 0 for the median of the pictures that were
            learned from, 1 for what one in ten of them exceeds.
        scores: (n,), the sum of what they say above 0; the higher, the odder.
        reconstructions: uint8, like the pictures, by networks that were not trained on them.
        oddest_piece: (n, 2), row and column of the middle of the oddest piece, from 0 to 1.
    """

    witnesses: np.ndarray
    reconstructions: np.ndarray
    oddest_piece: np.ndarray

    @property
    def scores(self) -> np.ndarray:
        return np.maximum(self.witnesses, 0).sum(axis=1)

    def order(self) -> np.ndarray:
        """The numbers of the pictures, the oddest first."""
        return np.argsort(-self.scores, kind="stable")


def deal(levels: np.ndarray, seed: int) -> np.ndarray:
    """Deal pictures into two halves, (n,) of 0 and 1; copies of one picture are in the same half.

    So an odd picture that is there twice is not judged by what was learned from its copy.
    """
    names = [hashlib.sha256(picture.tobytes()).digest() for picture in levels]
    distinct = {name: i for i, name in enumerate(dict.fromkeys(names))}
    halves = np.random.default_rng(seed).permutation(len(distinct)) % 2
    return np.array([halves[distinct[name]] for name in names])


class Detector:
    """Learns from pictures, most of them normal, and says how odd they and others are.

    Args:
        levels: uint8 (n, size, size, channels), n at least `FEWEST`, size a multiple of 16.
        seed: of the halves, the networks and the choice of pieces.
        on_step: called after each step of training, of `count_steps` in all.

    `own` are the `Findings` on these pictures: each is judged by the half that it is not in.
    ValueError says that there are too few pictures, or that hardly any two of them differ.
    """

    def __init__(
        self, levels: np.ndarray, seed: int = 0, on_step: Callable[[], object] = lambda: None
    ) -> None:
        from course_utils.pictures import network  # imports Keras

        check_seed(seed)
        if len(levels) < FEWEST:
            raise ValueError(
                f"{len(levels)} pictures are too few to learn what is usual; give {FEWEST} or more."
            )
        halves = deal(levels, seed)
        if min(np.bincount(halves, minlength=2)) < FEWEST // 4:
            raise ValueError("hardly any two of the pictures differ; give pictures that do.")
        self.halves = halves
        self._networks = [network.train(levels[halves == k], seed, on_step) for k in (0, 1)]
        pieces = piece_features(levels)
        self._centre = pieces.mean(axis=(0, 1))
        self._spread = np.maximum(pieces.std(axis=(0, 1)), 1e-3)
        generator = np.random.default_rng(seed)
        self._banks = [self._bank(pieces[halves == k], generator) for k in (0, 1)]
        self._known = [small_pictures(levels[halves == k])[:_MOST_NEIGHBOURS] for k in (0, 1)]
        judges = 1 - halves
        reconstructions = self._reconstruct(levels, judges)
        some = np.sort(generator.permutation(len(levels))[: _SAMPLE // levels[0, ..., 0].size])
        usual = np.quantile(blurred_errors(levels[some], reconstructions[some]), 0.9, axis=0)
        self._usual = usual + 0.3 * np.median(usual) + 1e-8  # some places are always the same
        pieces = self._piece_distances(pieces, judges)
        raw = self._testimony(levels, reconstructions, pieces, judges)
        self._middle = np.median(raw, axis=0)
        self._scale = np.maximum(np.quantile(raw, 0.9, axis=0) - self._middle, _SMALLEST_SPREAD)
        self.own = self._findings(raw, reconstructions, pieces)

    def judge(self, levels: np.ndarray) -> Findings:
        """Say how odd other pictures are; both halves judge each of them."""
        features, raw = piece_features(levels), []
        for judges in (np.zeros(len(levels), int), np.ones(len(levels), int)):
            reconstructions = self._reconstruct(levels, judges)
            pieces = self._piece_distances(features, judges)
            raw.append(self._testimony(levels, reconstructions, pieces, judges))
        return self._findings(np.mean(raw, axis=0), reconstructions, pieces)

    def error_map(self, picture: np.ndarray, reconstruction: np.ndarray) -> np.ndarray:
        """The blurred error of a reconstruction, (size, size), 1 where it is usual to be."""
        return blurred_errors(picture[None], reconstruction[None])[0] / self._usual

    def _bank(self, pieces: np.ndarray, generator: np.random.Generator) -> cKDTree:
        pieces = pieces.reshape(-1, pieces.shape[-1])
        chosen = generator.permutation(len(pieces))[:_BANK]
        return cKDTree((pieces[chosen] - self._centre) / self._spread)

    def _reconstruct(self, levels: np.ndarray, judges: np.ndarray) -> np.ndarray:
        result = np.empty_like(levels)
        for k in (0, 1):
            result[judges == k] = self._networks[k].reconstruct(levels[judges == k])
        return result

    def _piece_distances(self, pieces: np.ndarray, judges: np.ndarray) -> np.ndarray:
        """How far each piece is from the nearest ones of its judge's half, (n, pieces)."""
        result = np.empty(pieces.shape[:2], np.float32)
        for k in (0, 1):
            mine = (pieces[judges == k] - self._centre) / self._spread
            if len(mine):
                found = self._banks[k].query(mine.reshape(-1, mine.shape[-1]), k=_NEIGHBOURS)[0]
                result[judges == k] = found[:, -1].reshape(mine.shape[:2])
        return result

    def _neighbour_distances(self, levels: np.ndarray, judges: np.ndarray) -> np.ndarray:
        """How far each picture is from the most similar ones of its judge's half, (n,)."""
        result, small = np.empty(len(levels), np.float32), small_pictures(levels)
        for chunk in chunks(levels):
            for k in (0, 1):
                chosen = chunk.start + np.flatnonzero(judges[chunk] == k)
                mine, known = small[chosen], self._known[k]
                squared = (mine**2).sum(1)[:, None] + (known**2).sum(1) - 2 * mine @ known.T
                nearest = np.partition(squared, _NEIGHBOURS - 1, axis=1)[:, :_NEIGHBOURS]
                result[chosen] = np.sqrt(np.maximum(nearest, 0)).mean(axis=1)
        return result

    def _testimony(self, levels, reconstructions, pieces, judges) -> np.ndarray:
        """The logarithm of what each witness measures, (n, 3)."""
        errors = np.empty(len(levels), np.float32)
        for chunk in chunks(levels):
            relative = blurred_errors(levels[chunk], reconstructions[chunk]) / self._usual
            errors[chunk] = relative.max(axis=(1, 2))
        neighbours = self._neighbour_distances(levels, judges)
        oddest = np.sort(pieces, axis=1)[:, -_ODDEST_PIECES:].mean(axis=1)
        return np.log(np.maximum(np.stack([errors, neighbours, oddest], axis=1), 1e-6))

    def _findings(self, raw, reconstructions, pieces) -> Findings:
        side = math.isqrt(pieces.shape[1])
        place = np.stack(np.unravel_index(pieces.argmax(axis=1), (side, side)), axis=1)
        witnesses = (raw - self._middle) / self._scale
        return Findings(witnesses, reconstructions, (place + 1) / (side + 1))


def count_steps(num_pictures: int) -> int:
    """How many steps of training a `Detector` of so many pictures takes, about."""
    from course_utils.pictures import network

    return network.num_steps(num_pictures // 2) + network.num_steps(
        num_pictures - num_pictures // 2
    )


def blurred_errors(levels: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    """Squared differences of pictures, blurred, float32 (n, size, size), in squared grey levels."""
    squared = np.empty(levels.shape[:3], np.float32)
    for chunk in chunks(levels):
        difference = (levels[chunk].astype(np.float32) - reconstructions[chunk]) / np.float32(255)
        squared[chunk] = np.mean(difference**2, axis=3)
    sigma = 3 * levels.shape[1] / 64
    return ndimage.gaussian_filter(squared, (0, sigma, sigma))


def small_pictures(levels: np.ndarray) -> np.ndarray:
    """Reduce pictures to 16 x 16 pixels: float32 (n, 256 * channels), in grey levels."""
    n, size, _, channels = levels.shape
    factor = size // _SMALL
    blocks = levels.reshape(n, _SMALL, factor, _SMALL, factor, channels)
    return blocks.mean(axis=(2, 4), dtype=np.float32).reshape(n, -1) / np.float32(255)


def piece_features(levels: np.ndarray) -> np.ndarray:
    """Describe pieces, a quarter of a picture wide and half overlapping, by a few numbers each.

    They are the mean of each channel, the roots of the mean squares of the slope and of what a blur
    takes away, and two numbers for the direction of the slope.

    Args:
        levels: uint8 (n, size, size, channels).

    Returns:
        float32 (n, 49, channels + 4).
    """
    parts = [_piece_features(levels[chunk] / np.float32(255)) for chunk in chunks(levels)]
    return np.concatenate(parts)


def _piece_features(pixels: np.ndarray) -> np.ndarray:
    size = pixels.shape[1]
    side, step = size // 4, size // 8
    grey = pixels.mean(axis=3)
    across = np.diff(grey, axis=2, append=grey[:, :, -1:])
    down = np.diff(grey, axis=1, append=grey[:, -1:])
    sigma = 2 * size / 64
    fine = grey - ndimage.gaussian_filter(grey, (0, sigma, sigma))

    def mean(values: np.ndarray) -> np.ndarray:
        blocks = ndimage.uniform_filter(values, (0, side, side))
        return blocks[:, step : size - step + 1 : step, step : size - step + 1 : step]

    slope = np.sqrt(np.maximum(mean(across**2 + down**2), 0) + 1e-6)
    features = [mean(pixels[..., channel]) for channel in range(pixels.shape[3])]
    features += [slope, np.sqrt(np.maximum(mean(fine**2), 0) + 1e-6)]
    features += [mean(across * down) / slope, mean(across**2 - down**2) / slope]
    result = np.stack(features, axis=-1)
    return result.reshape(len(pixels), -1, result.shape[-1])


# The promise


def needed_for(false_alarms: float) -> int:
    """How many normal pictures must be held out for a promise of so many false alarms, a share.

    With n of them no p-value is below 1 / (n + 1). It raises ValueError unless 0 < share < 1.
    """
    if not 0 < false_alarms < 1:
        raise ValueError(
            f"the share of false alarms must be above 0 and below 1; got {false_alarms}; write 1 % "
            "as 0.01."
        )
    return math.ceil(round(1 / false_alarms, 9)) - 1


def p_values(scores: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    """Conformal p-values of scores, (n,), by the scores of held-out normal pictures, (m,).

    (1 + how many of the held-out scores are as high or higher) / (m + 1). If a picture and the
    held-out ones are exchangeable, as photographs that come in any order from one source are, its
    p-value is at most a with probability at most a, for every a. Where the light, the camera or the
    things have changed since the normal pictures were taken, nothing is promised.

    Source: Vovk, Gammerman and Shafer 2005; Bates et al. 2023, https://doi.org/10.1214/22-AOS2244.
    """
    scores, held_out = check_finite(scores, "scores"), np.sort(check_finite(held_out, "held_out"))
    higher = len(held_out) - np.searchsorted(held_out, scores, side="left")
    return (1 + higher) / (len(held_out) + 1)
