"""Bringing a page to the brightness, contrast and polarity that the network knows, and back.

The network has seen dark ink on light paper. A page that is all but black, pale print, or white
letters on a colour is first made to look like that, and its clean version is turned back.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from course_utils.documents.strokes import (
    LEAST_CONTRAST,
    WINDOW,
    contrast,
    fall_of_light,
    grain,
    ink_contrast,
)

DIM = 0.65  # a page whose white is darker than this is made lighter
PAPER = 0.9  # to this
PALE = 0.5  # print of less contrast than this is made darker
DARK = 0.85  # to this
LARGEST_GAIN = 8.0


@dataclass(frozen=True)
class Exposure:
    """How a page differs from what the network knows.

    Attributes:
        ground: the grey of the dark ground of a page with light letters; None for dark letters.
        white: the brightness of its paper, after the first step, if that is dim; else `PAPER`.
        gain: by how much its contrast is to be raised; 1 for dark ink.
    """

    ground: float | None = None
    white: float = PAPER
    gain: float = 1.0

    def applied(self, page: np.ndarray) -> np.ndarray:
        """The page as the network knows pages, float32 of the same shape."""
        seen = page if self.ground is None else 1 - page
        if self.white != PAPER:
            seen = np.clip(seen * (PAPER / self.white), 0, 1)
        if self.gain != 1:
            light = fall_of_light(seen)
            seen = np.clip(light - self.gain * (light - seen), 0, 1)
        return seen.astype(np.float32, copy=False)

    def undone(self, clean: np.ndarray) -> np.ndarray:
        """A clean page with the polarity and the paleness of the page before, on white or black."""
        if self.gain != 1:
            clean = 1 - (1 - clean) / self.gain
        if self.ground is not None:
            clean = 1 - (1 - self.ground) * clean
        return clean


def measure(page: np.ndarray) -> Exposure:
    """Find the exposure of a page.

    Args:
        page: float32 (height, width) in [0, 1], with strokes of a few pixels.

    Returns:
        An `Exposure`; the default one for dark ink on light paper.
    """
    ground = _ground_of_light_letters(page)
    seen = page if ground is None else 1 - page
    white = float(np.quantile(seen[::2, ::2], 0.98))
    white = PAPER if white >= DIM else max(white, 0.01)
    seen = Exposure(None, white).applied(seen)
    least = max(LEAST_CONTRAST / 2, 5 * grain(seen))
    typical = ink_contrast(contrast(seen), least)
    gain = min(DARK / typical, LARGEST_GAIN) if least < typical < PALE else 1.0
    return Exposure(ground, white, gain)


def _ground_of_light_letters(page: np.ndarray) -> float | None:
    """The grey around letters that are lighter than it; None where letters are darker.

    The median of a window is the ground, of whatever grey. What stands out from it clearly is
    letters; so it counts whether more of that is lighter or darker.
    """
    pixels = np.round(255 * page).astype(np.uint8)
    ground = cv2.medianBlur(pixels, WINDOW)
    out = pixels.astype(np.int16) - ground
    clear = max(8.0, 0.4 * np.quantile(np.abs(out), 0.995))
    light, dark = np.count_nonzero(out > clear), np.count_nonzero(out < -clear)
    if light < 3 * dark or light < 0.002 * page.size:
        return None
    return float(np.median(ground)) / 255
