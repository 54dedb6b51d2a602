"""The trained network that comes with the course, and how it cleans a page of any size in tiles."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from course_utils._checks import check_positive_int
from course_utils.documents.corpus import check_page

if TYPE_CHECKING:  # Keras takes seconds to import: a mistake in the arguments is told before that
    import keras

CLEANER_DIR = Path(__file__).parents[1] / "cleaner"
CLEANERS = {"real": "document_cleaner.keras", "generated": "document_cleaner_generated.keras"}

STRIDE = 16  # the network halves a page four times, so pages and tiles are multiples of this
OVERLAP = 64  # no pixel has an influence further away than this: the tests measure it
SMALLEST_SIDE = 64  # a page smaller than this is padded


def load_cleaner(trained_on: str = "real") -> keras.Model:
    """Load the trained network that comes with the course.

    Args:
        trained_on: "real" (generated pages and real scans) or "generated" (generated pages only).

    Returns:
        A model from pages (batch, height, width, 1) to clean pages of the same size; height and
        width must be multiples of 16, as `clean_page` sees to.

    Raises:
        ValueError: `trained_on` is something else, or the file is damaged.
        FileNotFoundError: the file is not there.

    Chapter: Cleaning documents.
    """
    if trained_on not in CLEANERS:
        raise ValueError(f"trained_on must be 'real' or 'generated'; got {trained_on!r}.")
    from course_utils import models

    path = CLEANER_DIR / CLEANERS[trained_on]
    if not path.is_file():
        raise FileNotFoundError(f"there is no model at {path}; fetch the course again.")
    # Only the weights are taken from the file: the description of a network that one version of
    # Keras writes is not always understood by an older one, such as Colab's.
    cleaner = models.document_cleaner()
    try:
        cleaner.load_weights(str(path))
    except Exception as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ValueError(f"{path} is damaged ({reason}); fetch the course again.") from error
    return cleaner


def apply_network(
    page: np.ndarray,
    model: keras.Model,
    *,
    tile: int = 512,
    overlap: int = OVERLAP,
    progress: bool = False,
) -> np.ndarray:
    """What a network makes of a page of any size; the memory needed grows with the tile only.

    The page is cut into tiles of one size, which overlap and begin at multiples of 16. Of each
    only the part is kept that does not see the tile's own edge, so the tiles together are the page
    that the network would have made of the whole.

    Args:
        page: shape (height, width) or (height, width, 1), from 0 (black) to 1 (white).
        model: a fully convolutional network from (batch, height, width, 1) to the same shape that
            accepts multiples of 16.
        tile: the largest side of a tile in pixels, a multiple of 16.
        overlap: pixels at a tile's inner edges that are computed and not used, a multiple of 16.
        progress: show a progress bar.

    Returns:
        The network's page, float32, same shape as `page`, in [0, 1].

    Raises:
        ValueError: an argument is not as described, or the model returns another shape.

    Chapter: Cleaning documents.
    """
    array = check_page(page)
    if check_positive_int(tile, "tile") % STRIDE:
        raise ValueError(f"tile must be a multiple of {STRIDE} pixels; got {tile}.")
    if overlap != 0 and check_positive_int(overlap, "overlap") % STRIDE:
        raise ValueError(f"overlap must be a multiple of {STRIDE} pixels; got {overlap}.")
    if tile < 2 * overlap + STRIDE:
        raise ValueError(
            f"tile must be at least {2 * overlap + STRIDE} pixels for an overlap of {overlap}; "
            f"got {tile}; nothing of a tile would be left between its edges."
        )
    return _clean_tiles(array, model, tile, overlap, progress).reshape(np.shape(page))


def _clean_tiles(
    page: np.ndarray, model: keras.Model, tile: int, overlap: int, progress: bool
) -> np.ndarray:
    from keras import ops
    from tqdm import tqdm

    height, width = page.shape
    padding = [(0, max(-side % STRIDE, SMALLEST_SIDE - side)) for side in page.shape]
    page = np.pad(page, padding, mode="reflect")
    (tall, rows), (wide, columns) = (_spans(side, tile, overlap) for side in page.shape)
    clean = np.empty(page.shape, np.float32)
    bar = tqdm(total=len(rows) * len(columns), unit="tile", file=sys.stderr, disable=not progress)
    with bar:
        for top, first_row, last_row in rows:
            for left, first_column, last_column in columns:
                dirty = page[None, top : top + tall, left : left + wide, None]
                # Not predict, which compiles anew for each shape: a tile is enough work for a call.
                output = ops.convert_to_numpy(model(dirty, training=False))
                if output.shape != dirty.shape:
                    raise ValueError(
                        f"model must return a page of the shape it is given; for {dirty.shape} "
                        f"it returned {output.shape}; use a fully convolutional one."
                    )
                clean[first_row:last_row, first_column:last_column] = output[
                    0, first_row - top : last_row - top, first_column - left : last_column - left, 0
                ]
                bar.update()
    clean = np.ascontiguousarray(clean[:height, :width])
    return np.clip(clean, 0, 1, out=clean)


def _spans(length: int, tile: int, overlap: int) -> tuple[int, list[tuple[int, int, int]]]:
    """Cut `length` pixels, a multiple of 16, into tiles of one size.

    Returns the size, not above `tile`, and for each tile where it begins, and the first and the
    last (exclusive) pixel that is taken from it.
    """
    if length <= tile:
        return length, [(0, 0, length)]
    count = -(-(length - 2 * overlap) // (tile - 2 * overlap))
    step = -(-(length - 2 * overlap) // (count * STRIDE)) * STRIDE
    size = step + 2 * overlap
    starts = [min(i * step, length - size) for i in range(count)]
    edges = [0, *(start + overlap for start in starts[1:]), length]
    return size, list(zip(starts, edges[:-1], edges[1:]))
