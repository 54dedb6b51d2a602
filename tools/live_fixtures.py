"""What Python makes of small pictures, for the tests of the figure that cleans a scan in the page.

    python -m tools.live_fixtures

writes live/tests/fixtures/scan.json: inputs and results of OpenCV, SciPy, NumPy and Pillow, and of
`course_utils.documents`, that the JavaScript of live/scan has to meet.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from course_utils.documents import cleaner, exposure, strokes
from tools.live import pack as packing

TARGET = Path(__file__).parents[1] / "live" / "tests" / "fixtures" / "scan.json"
LARGE, SMALL = (53, 67), (17, 29)


def pack(array: np.ndarray) -> dict:
    """An array as the figures' data holds it."""
    return packing.pack(array, "u8" if array.dtype == np.uint8 else "f32")


def inputs() -> dict[str, np.ndarray]:
    """The pictures that the functions are tried on."""
    rng = np.random.default_rng(0)
    rows, columns = np.indices(LARGE)
    waves = np.sin(rows / 3 + columns / 7) * np.cos(columns / 2 - rows / 9)
    page = np.clip(0.6 + 0.35 * waves + rng.normal(0, 0.05, LARGE), 0, 1).astype(np.float32)
    return {
        "page": page,
        "bytes": np.round(255 * page).astype(np.uint8),
        "mask": (page > 0.62).astype(np.uint8),
        "small": np.ascontiguousarray(page[5:22, 8:37]),
        "rgba": rng.integers(0, 256, (16, 16, 4), dtype=np.uint8),
    }


def _resized(page: np.ndarray, height: int, width: int, method: int) -> np.ndarray:
    return cv2.resize(page, (width, height), interpolation=method)


def _over_white(rgba: np.ndarray) -> np.ndarray:
    picture = Image.fromarray(rgba)
    white = Image.new("RGBA", picture.size, "white")
    return np.array(Image.alpha_composite(white, picture).convert("RGB").convert("L"))


def _enlarged(page: np.ndarray) -> np.ndarray:
    box = (0, 40 * LARGE[0] / 150, LARGE[1], 71 * LARGE[0] / 150)
    return np.asarray(Image.fromarray(page).resize((160, 31), Image.Resampling.BILINEAR, box))


def _ellipses() -> np.ndarray:
    sides = range(3, 26)
    shapes = [cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)) for side in sides]
    return np.concatenate([shape.ravel() for shape in shapes])


def _closed(page: np.ndarray) -> np.ndarray:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (11, 11))
    return cv2.morphologyEx(page, cv2.MORPH_CLOSE, kernel, borderType=cv2.BORDER_REPLICATE)


def _opened(mask: np.ndarray) -> np.ndarray:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (4, 4))
    return cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel)


def _pieces(mask: np.ndarray) -> np.ndarray:
    _, _, stats, middles = cv2.connectedComponentsWithStats(mask)
    columns = [cv2.CC_STAT_AREA, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_WIDTH]
    rows = np.column_stack([stats[:, columns], middles])
    return rows[np.lexsort(rows.T)].astype(np.float32)


FUNCTIONS: dict[str, tuple[str, Callable[[np.ndarray], np.ndarray]]] = {
    "greyOf": ("rgba", _over_white),
    "asBytes": ("page", lambda page: np.rint(page * 255).astype(np.uint8)),
    "quantiles": ("page", lambda page: np.stack([np.quantile(page, q) for q in (0.02, 0.5, 0.98)])),
    "median": ("page", np.median),
    "area 4": ("page", lambda page: cv2.resize(page, None, fx=0.25, fy=0.25, interpolation=3)),
    "area 20 31": ("page", lambda page: _resized(page, 20, 31, cv2.INTER_AREA)),
    "area bytes 20 31": ("bytes", lambda page: _resized(page, 20, 31, cv2.INTER_AREA)),
    "area bytes halves": ("bytes", lambda page: _resized(page[:52, :66], 26, 33, cv2.INTER_AREA)),
    "area bytes thirds": ("bytes", lambda page: _resized(page[:51, :66], 17, 22, cv2.INTER_AREA)),
    "area 64 64": ("page", lambda page: _resized(page, 64, 64, cv2.INTER_AREA)),
    "area small": ("small", lambda page: _resized(page, 64, 64, cv2.INTER_AREA)),
    "linear up": ("small", lambda page: _resized(page, *LARGE, cv2.INTER_LINEAR)),
    "linear down": ("page", lambda page: _resized(page, 20, 31, cv2.INTER_LINEAR)),
    "nearest": ("mask", lambda mask: _resized(mask[:17, :29], *LARGE, cv2.INTER_NEAREST)),
    "enlargedRows": ("page", _enlarged),
    "soften": ("page", lambda page: cv2.GaussianBlur(page, (0, 0), 0.7)),
    "blur replicate": (
        "page",
        lambda page: cv2.blur(page, (13, 13), borderType=cv2.BORDER_REPLICATE),
    ),
    "blur mirror": ("page", lambda page: cv2.blur(page, (3, 3))),
    "mean5": ("page", lambda page: ndimage.uniform_filter(page, 5, mode="nearest")),
    "medianBlur": ("bytes", lambda page: cv2.medianBlur(page, 25)),
    "ellipses": ("mask", lambda mask: _ellipses()),
    "closed": ("page", _closed),
    "opened": ("mask", _opened),
    "dilate 4": ("page", lambda page: cv2.dilate(page, np.ones((4, 4), np.uint8))),
    "dilate mask": ("mask", lambda mask: cv2.dilate(mask, np.ones((15, 31), np.uint8))),
    "distance": (
        "mask",
        lambda mask: cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) ** 2,
    ),
    "pieces": ("mask", _pieces),
}


def _written(size: int, height: int = 160, width: int = 240, ink: int = 20) -> np.ndarray:
    """Dark text on white, bytes."""
    font = ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans.ttf", size)
    image = Image.new("L", (width, height), 250)
    words = "an autoencoder learns to copy its input through a narrow code and finds patterns "
    for line, top in enumerate(range(8, height - size, int(1.5 * size))):
        ImageDraw.Draw(image).text((10, top), (words * 3)[7 * line :], fill=ink, font=font)
    return np.array(image)


def pages() -> dict[str, np.ndarray]:
    """Small pages, bytes, that take the cleaner through its branches."""
    text = _written(13)
    rows, columns = np.indices(text.shape)
    shade = 0.95 - 0.3 * rows / text.shape[0] - 0.2 * columns / text.shape[1]
    panel = text.copy()
    panel[60:, :190] = 255 - _written(22, ink=0)[60:, :190]
    stained = text.astype(float)
    stained[20:90, 130:220] *= 0.55
    pale = text.copy()
    pale[70:] = _written(13, ink=185)[70:]
    headline = _written(13, 300, 300)
    headline[:160] = 250
    headline[:160, :240] = _written(110)
    return {
        "text": text,
        "shaded": (text * shade).astype(np.uint8),
        "dim": (0.5 * text).astype(np.uint8),
        "faint": _written(13, ink=200),
        "negative": 255 - text,
        "panel": panel,
        "stained": stained.astype(np.uint8),
        "pale": pale,
        "headline": headline,
        "large": _written(84, 340, 480),
        "blank": np.full((70, 90), 240, np.uint8),
        "tiny": text[8:9, 10:31],
    }


NETWORKS: dict[str, Callable] = {
    "brighter": lambda page, training: np.clip(1.5 * page - 0.2, 0, 1),
    "white": lambda page, training: np.full_like(page, 0.97),
}


def _measures(page: np.ndarray) -> dict:
    """Numbers of a page in [0, 1] on the way to a clean one."""
    lacking = strokes.contrast(page)
    found = exposure.measure(page)
    return {
        "grain": strokes.grain(page),
        "ink": strokes.ink_contrast(lacking, 0.06),
        "width": strokes.stroke_width(page),
        "exposure": {"ground": found.ground, "white": found.white, "gain": found.gain},
        "sums": {
            "contrast": float(lacking.sum(dtype=float)),
            "broadPaper": float(strokes.broad_paper(page).sum(dtype=float)),
            "fallOfLight": float(strokes.fall_of_light(page).sum(dtype=float)),
            "wideStrokes": int(strokes.wide_strokes(page).sum()),
            "darkGround": int(strokes.dark_ground(page, 0.75).sum()),
        },
    }


def _cleaned(page: np.ndarray, network: Callable, keep: bool) -> dict:
    cleaning = cleaner.clean_and_compare(page, network, keep=keep)
    kinds = (cleaner.RESTORED, cleaner.LEFT, cleaner.REMOVED)
    return {
        "page": hashlib.sha256(cleaning.page.tobytes()).hexdigest(),
        "changes": hashlib.sha256(cleaning.changes.tobytes()).hexdigest(),
        "scale": cleaning.scale,
        "boxes": {kind: cleaning.boxes(kind) for kind in kinds},
    }


def cleanings(names: Iterable[str]) -> dict[str, dict]:
    """What the cleaner makes of some of the pages, with each of the networks."""
    return {
        f"{name}, {network}{', keep' if keep else ''}": _cleaned(
            pages()[name], NETWORKS[network], keep
        )
        for name in names
        for network, keep in (("brighter", False), ("white", False), ("white", True))
    }


def fixtures() -> dict:
    """Inputs and results by name."""
    pictures = inputs()
    return {
        "inputs": {name: pack(array) for name, array in pictures.items()},
        "results": {
            name: pack(np.asarray(function(pictures[source])))
            for name, (source, function) in FUNCTIONS.items()
        },
        "pages": {
            name: {
                "shape": page.shape,
                "zip": base64.b64encode(zlib.compress(page.tobytes(), 9)).decode(),
            }
            for name, page in pages().items()
        },
        "measures": {
            name: _measures(np.divide(page, np.float32(255), dtype=np.float32))
            for name, page in pages().items()
        },
        "cleanings": cleanings(pages()),
    }


def main() -> None:
    """Write the file."""
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(json.dumps(fixtures(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
