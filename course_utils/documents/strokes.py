"""What is written on a page, found without a network, to see that cleaning has lost nothing of it.

Ink is dark against the paper close to it, and a stroke is narrow. So the paper is what remains when
everything dark and narrow is filled up (a morphological closing), and the contrast of a pixel is
the share of that paper's light that it lacks. A stroke is lost if most of its contrast is gone.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

WINDOW = 25  # pixels; what is wider is no stroke
LEAST_CONTRAST = 0.06  # of the paper's light; with less, nobody reads it
INK_SHARE = 0.6  # of the contrast of the page's ink; what is narrow and has more is ink, not dirt
WIDE_INK_SHARE = 0.9  # the same for wide strokes, since a stain is wide too, and paler
PALE_SHARE = 0.25  # what has more, and is written like text, may be pale print
LIGHT_SHARE = 0.01  # of a dark ground must be lost light strokes for them to be writing
LEFT_SHARE = 0.5  # of a stroke's contrast must be left after cleaning
STROKE_WIDTH = 2.0  # pixels; how wide strokes are where the network is at its best
WIDE_STROKE = 5.0  # pixels; from here on the page is reduced first


def contrast(page: np.ndarray, window: int = WINDOW) -> np.ndarray:
    """How much light each pixel lacks, as a share of the light of the paper around it.

    Args:
        page: float32 (height, width) in [0, 1].
        window: pixels; darkness that is wider counts as paper.

    Returns:
        The contrast in [0, 1], float32 (height, width).
    """
    soft = cv2.GaussianBlur(page, (0, 0), 0.7)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (window, window))
    paper = cv2.morphologyEx(soft, cv2.MORPH_CLOSE, kernel, borderType=cv2.BORDER_REPLICATE)
    paper = cv2.blur(paper, (window // 2 | 1,) * 2, borderType=cv2.BORDER_REPLICATE)
    np.subtract(paper, soft, out=soft)
    soft /= np.maximum(paper, 0.05, out=paper)
    return np.clip(soft, 0, 1, out=soft)


def grain(page: np.ndarray) -> float:
    """The standard deviation of the page's fine noise, robust against ink (median of differences).

    Args:
        page: float32 (height, width) in [0, 1].
    """
    some = page[:: max(1, len(page) // 1000)]
    if some.shape[1] < 3:
        return 0.0
    second = some[:, 2:] - 2 * some[:, 1:-1] + some[:, :-2]
    return float(1.4826 * np.median(np.abs(second)) / 6**0.5)


def ink_contrast(lacking: np.ndarray, least: float) -> float:
    """The contrast of ink: of the darkest fiftieth of what is dark and narrow.

    Args:
        lacking: the result of `contrast`.
        least: contrast below which a pixel does not count.
    """
    dark = lacking[lacking > least]
    return float(np.quantile(dark, 0.98)) if dark.size >= 50 else 1.0


def stroke_width(page: np.ndarray) -> float | None:
    """Measure how wide the strokes of a page are: the median along their middle lines.

    A solid area has a short middle line for its size, and a frame's is as narrow as a letter's, so
    neither misleads; nor does it matter how many letters there are, or whether they touch.

    Args:
        page: float32 (height, width) in [0, 1].

    Returns:
        The width in pixels, at least 1; None for a blank page.
    """
    ink = _ink(page)
    if ink is None:
        return None
    distance = cv2.distanceTransform(ink, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    middle = (distance >= cv2.dilate(distance, np.ones((3, 3)))) & (distance > 0)
    distance = distance[middle]
    if distance.size < 8:
        return None
    return float(max(1.0, np.median(2 * distance - 1)))


def broad_paper(page: np.ndarray) -> np.ndarray:
    """The light of the paper over an eighth of the page: smooth, so that nothing written is in it.

    Args:
        page: float32 (height, width) in [0, 1].

    Returns:
        float32 (height, width), at least 0.05.
    """
    small = _smaller(page, 4) if min(page.shape) >= 64 else page
    side = max(3, min(small.shape) // 8 | 1)
    bright = cv2.dilate(cv2.blur(small, (3, 3)), np.ones((side, side), np.uint8))
    bright = cv2.blur(bright, (side, side), borderType=cv2.BORDER_REPLICATE)
    bright = cv2.resize(bright, page.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.maximum(bright, 0.05)


def fall_of_light(page: np.ndarray) -> np.ndarray:
    """The light on the page, if it varies as slowly as a parabola: a picture or a stain does not.

    A quadratic surface is fitted to the bright pixels of blocks; blocks far below it lose weight.

    Args:
        page: float32 (height, width) in [0, 1].

    Returns:
        float32 (height, width), at least 0.05.
    """
    coarse = cv2.resize(page, (64, 64), interpolation=cv2.INTER_AREA)
    bright = cv2.dilate(coarse, np.ones((5, 5), np.uint8)).astype(float)
    y, x = np.mgrid[-1:1:64j, -1:1:64j]
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1).reshape(-1, 6)
    weight = np.ones(64 * 64)
    for _ in range(6):
        surface = (
            terms @ np.linalg.lstsq(weight[:, None] * terms, weight * bright.ravel(), rcond=None)[0]
        )
        weight = np.where(bright.ravel() < surface - 0.05, 0.05, 1.0)
    light = cv2.resize(surface.reshape(64, 64).astype(np.float32), page.shape[::-1])
    return np.maximum(light, 0.05)


def _ink(page: np.ndarray) -> np.ndarray | None:
    """Ink of whatever width as 1 in uint8, dark on light or the reverse; None if there is none."""
    lacking = np.clip(1 - page / broad_paper(page), 0, 1)
    level = _between(np.histogram(lacking, 256, (0, 1))[0]) / 256
    dark = lacking > level
    if not dark.any() or dark.all():
        return None
    if lacking[dark].mean() - lacking[~dark].mean() < max(LEAST_CONTRAST, 4 * grain(page)):
        return None
    if dark.mean() > 0.5:  # light on dark
        dark = ~dark
    return dark.astype(np.uint8)


def wide_strokes(page: np.ndarray) -> np.ndarray:
    """Where letters are so large that their strokes are wider than half the window.

    Args:
        page: float32 (height, width) in [0, 1].

    Returns:
        bool (height, width): the strokes with a margin around them.
    """
    lacking = np.clip(1 - page / broad_paper(page), 0, 1)
    ink = (lacking > WIDE_INK_SHARE * np.quantile(lacking, 0.98)).astype(np.uint8)
    if lacking.max() < 4 * LEAST_CONTRAST:
        return np.zeros(page.shape, bool)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (WINDOW // 2, WINDOW // 2))
    inner = cv2.morphologyEx(ink, cv2.MORPH_OPEN, kernel)
    count, labels = cv2.connectedComponents(ink)
    wide = np.bincount(labels.ravel(), inner.ravel(), count) > 0
    wide[0] = False
    return cv2.dilate(wide[labels].astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool)


def _between(counts: np.ndarray) -> float:
    """Otsu's threshold, in bins, in the middle of where the criterion is largest.

    In black and white nothing is between paper and ink, and any threshold there is as good as any
    other to the criterion: taking the first of them once made blank paper count as ink.

    Source: Otsu 1979.
    """
    below = np.cumsum(counts)[:-1].astype(float)
    moment = np.cumsum(counts * np.arange(len(counts)))[:-1].astype(float)
    total, all_moment = float(counts.sum()), float((counts * np.arange(len(counts))).sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = (all_moment * below / total - moment) ** 2 / (below * (total - below))
    spread = np.nan_to_num(spread)
    best = np.flatnonzero(spread >= spread.max() * (1 - 1e-9))
    return 0.5 * (best[0] + best[-1]) + 1


@dataclass(frozen=True)
class Loss:
    """What a cleaned page lacks of the page before.

    Attributes:
        ink: bool (height, width), strokes as dark as the page's ink that are gone.
        pale: bool, paler marks that stand in rows like text and are gone.
        light: bool, light strokes on a dark ground that are gone.
        ground: bool, the dark ground around such light strokes.
        grey: bool, wide dark areas that are gone without strokes in them: stains, most of them.
        share: the lost part of all ink, dark or light.
    """

    ink: np.ndarray
    pale: np.ndarray
    light: np.ndarray
    ground: np.ndarray
    grey: np.ndarray
    share: float


def compare(before: np.ndarray, after: np.ndarray) -> Loss:
    """Find the strokes of a page that are missing, or nearly so, after cleaning.

    Args:
        before: the page, float32 (height, width) in [0, 1].
        after: the same after cleaning, same shape.

    Returns:
        A `Loss`.
    """
    least = max(LEAST_CONTRAST, 5 * grain(before))
    width = stroke_width(before) or STROKE_WIDTH
    window = int(np.clip(5 * width, 11, WINDOW)) | 1
    was = contrast(before, window)
    typical = ink_contrast(was, least)
    ink, pale = _lost(before, after, window, least, typical, INK_SHARE)
    total = np.count_nonzero(was > INK_SHARE * typical)
    del was
    for step in (4, 16):  # wide strokes
        if min(before.shape) < 4 * step:
            break
        # The brightest of each block: inside a wide stroke all are dark, in text on a stain not.
        smaller = _brightest(before, step), _brightest(after, step)
        ink |= _larger(_lost(*smaller, WINDOW, 2 * least, typical, WIDE_INK_SHARE)[0], before.shape)
    even = np.clip(before / fall_of_light(before), 0, 1)
    light, ground = _lost_light(even, after, window, least, typical)
    grey = _pieces(dark_ground(even, 0.75) & (after > 0.85) & ~ground, WINDOW**2)
    share = float((ink | light).sum() / max(total, 1))
    return Loss(ink & ~ground, pale & ~ground, light, ground, grey, share)


def _lost_light(before, after, window: int, least: float, typical: float):
    """Lost light strokes on dark grounds, and those grounds, where they are more than chance."""
    ground = dark_ground(before, 0.65)
    if not ground.any():
        return ground, ground
    lost, _ = _lost(1 - before, 1 - after, window, least, typical, INK_SHARE)
    lost &= ground
    count, areas = cv2.connectedComponents(ground.astype(np.uint8))
    shares = np.bincount(areas.ravel(), lost.ravel(), count) / np.bincount(
        areas.ravel(), None, count
    )
    written = shares > LIGHT_SHARE
    written[0] = False
    ground = written[areas]
    return lost & ground, ground


def _lost(before, after, window: int, least: float, typical: float, share: float):
    """Lost strokes as dark as ink, and lost paler marks that are set like text."""
    was = contrast(before, window)
    now = contrast(after, window)
    # A blurred edge that has become sharp is no loss: what is close to ink that is left is kept.
    left = (now > LEFT_SHARE * was) & (was > least)
    near = cv2.dilate(left.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    gone = (was > least) & (now < LEFT_SHARE * was) & ~near
    ink = _pieces(gone & (was > share * typical), least_area=4)
    pale = gone & (was > max(least, PALE_SHARE * typical)) & ~ink
    return ink, _set_like_text(pale)


def _pieces(mask: np.ndarray, least_area: int) -> np.ndarray:
    """The mask without pieces of fewer pixels than `least_area`."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    large = stats[:, cv2.CC_STAT_AREA] >= least_area
    large[0] = False
    return large[labels]


def _set_like_text(mask: np.ndarray) -> np.ndarray:
    """The pieces of a mask that are of one size and stand in rows, as letters do."""
    count, labels, stats, middles = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    heights, widths = stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_WIDTH]
    letters = (heights >= 5) & (widths < 6 * heights) & (heights < 6 * widths)
    letters[0] = False
    keep = np.zeros(count, bool)
    if np.count_nonzero(letters) < 5:
        return keep[labels]
    size = np.median(heights[letters])
    letters &= (heights > 0.5 * size) & (heights < 2 * size)
    index = np.flatnonzero(letters)
    order = index[np.lexsort((middles[index, 0], np.round(middles[index, 1] / size)))]
    rows = np.split(order, np.flatnonzero(np.diff(np.round(middles[order, 1] / size))) + 1)
    for row in rows:
        gaps = np.diff(middles[row, 0])
        if len(row) >= 5 and np.median(gaps) < 3 * size:
            keep[row] = True
    return keep[labels]


def dark_ground(page: np.ndarray, share: float) -> np.ndarray:
    """Where the page is dark over more than a stroke's width: panels, photographs, borders.

    Args:
        page: float32 (height, width) in [0, 1].
        share: of the light of white paper; what has less is dark.

    Returns:
        bool (height, width).
    """
    white = np.quantile(page[::4, ::4], 0.98)
    dark = (page < share * white).astype(np.float32)
    # Text covers a quarter of its paper, and light text leaves three quarters of its ground.
    mostly = cv2.blur(dark, (WINDOW, WINDOW), borderType=cv2.BORDER_REPLICATE) > 0.55
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (WINDOW, WINDOW))
    return cv2.morphologyEx(mostly.astype(np.uint8), cv2.MORPH_OPEN, kernel).astype(bool)


def _smaller(page: np.ndarray, step: int) -> np.ndarray:
    return cv2.resize(page, None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA)


def _brightest(page: np.ndarray, step: int) -> np.ndarray:
    return cv2.dilate(page, np.ones((step, step), np.uint8))[step // 2 :: step, step // 2 :: step]


def _larger(mask: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    size = shape[::-1]
    return cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST).astype(bool)
