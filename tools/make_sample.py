"""Make the sample of Fashion-MNIST that is bundled with course_utils, from the full set.

    python -m tools.make_sample FOLDER_OF_THE_FULL_SET [OUTPUT_FOLDER]

Draws 600 training and 100 test images of each class, seeded, in a seeded order, and prints the
shapes and the SHA-256 checksums that course_utils/data.py must name. Running it again gives the
same checksums, which are those of the decompressed files, and with the same zlib the same files.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
from pathlib import Path

import numpy as np

from course_utils import data

SEED = 20170825
PER_CLASS = {"train": 600, "t10k": 100}


def choose(labels: np.ndarray, per_class: int, rng: np.random.Generator) -> np.ndarray:
    """Return the places of `per_class` items of each class, drawn without replacement, shuffled.

    Args:
        labels: the class of each item, (n,).
        per_class: how many to draw from each of the ten classes.
        rng: the source of randomness.

    Returns:
        Places in `labels`, (10 * per_class,).
    """
    chosen = [rng.permutation(np.flatnonzero(labels == k))[:per_class] for k in range(10)]
    return rng.permutation(np.concatenate(chosen))


def idx_bytes(array: np.ndarray) -> bytes:
    """Return an array of unsigned bytes in the idx format.

    Args:
        array: uint8, any shape.

    Returns:
        The content of an uncompressed idx file.
    """
    sizes = np.array(array.shape, dtype=">u4").tobytes()
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


def make_sample(source: Path, output: Path) -> None:
    """Read the full set from `source`, checked, and write the four files of the sample to `output`.

    Args:
        source: folder with the four idx files, compressed or not.
        output: folder to write the four idx.gz files to.
    """
    arrays = data._read_folder(source, data._FULL)
    rng = np.random.default_rng(SEED)
    output.mkdir(parents=True, exist_ok=True)
    for prefix, images, labels in (("train", *arrays[:2]), ("t10k", *arrays[2:])):
        places = choose(labels, PER_CLASS[prefix], rng)
        for kind, array in (("images-idx3", images[places]), ("labels-idx1", labels[places])):
            content = idx_bytes(array)
            path = output / f"{prefix}-{kind}-ubyte.gz"
            path.write_bytes(gzip.compress(content, compresslevel=9, mtime=0))
            print(f"{path.name[:-3]} {array.shape} {hashlib.sha256(content).hexdigest()}")


def main() -> None:
    """Read the command line and make the sample."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="folder with the four files of the full set")
    parser.add_argument("output", type=Path, nargs="?", default=data.SAMPLE_DIR)
    arguments = parser.parse_args()
    make_sample(arguments.source, arguments.output)


if __name__ == "__main__":
    main()
