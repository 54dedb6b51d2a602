"""Train the cleaner of scanned pages that ships with course_utils.

    python -m tools.train_cleaner              on generated pages, and, where NOISY_OFFICE_DIR names
                                               real scans, a second one on both
    python -m tools.train_cleaner --measure    train on two thirds of the real pages' texts and
                                               report the error on the others; write nothing

The files are course_utils/cleaner/document_cleaner_generated.keras and document_cleaner.keras.
A file is written only when its training has ended.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from course_utils import clean_scan, documents, models, training

SEED = 0
NUM_PAGES = 300  # generated
NUM_PATCHES = 20_000
PATCH_SIZE = 48  # small patches make many short steps, which learn more than few long ones
EPOCHS = 4
BATCH_SIZE = 8
LEARNING_RATE = 3e-3
SHARE_OF_REAL = 0.65  # of the patches, where there are real scans; the others teach variety


def training_patches(
    real: Sequence[documents.Pair], seed: int, num_pages: int, num_patches: int
) -> tuple[np.ndarray, np.ndarray]:
    """Cut patches from generated pages, and from real ones if there are any.

    Args:
        real: real pairs, possibly none.
        seed: seed of the pages and of the patches.
        num_pages: how many pages to generate.
        num_patches: how many patches to cut in all.

    Returns:
        Dirty and clean patches, each (num_patches, PATCH_SIZE, PATCH_SIZE, 1).
    """
    num_real = round(SHARE_OF_REAL * num_patches) if real else 0
    pages = documents.generate_pages(num_pages, seed)
    generated = documents.patches(
        pages.dirty, pages.clean, num_patches - num_real, PATCH_SIZE, seed
    )
    if not num_real:
        return generated
    dirty, clean = [pair.dirty for pair in real], [pair.clean for pair in real]
    scanned = documents.patches(dirty, clean, num_real, PATCH_SIZE, seed)
    return tuple(np.concatenate(both) for both in zip(generated, scanned))


def train(
    real: Sequence[documents.Pair],
    seed: int = SEED,
    num_pages: int = NUM_PAGES,
    num_patches: int = NUM_PATCHES,
    epochs: int = EPOCHS,
) -> keras.Model:
    """Train a cleaner, on generated pages alone if `real` is empty.

    Args:
        real: real pairs to learn from, possibly none.
        seed: seed of the pages, of the patches and of the training.
        num_pages: how many pages to generate.
        num_patches: how many patches to cut.
        epochs: how often each patch is seen.

    Returns:
        The trained model, without the optimizer's state.
    """
    training.set_seed(seed)
    x, y = training_patches(real, seed, num_pages, num_patches)
    model = models.document_cleaner()
    training.fit(
        model,
        x,
        y,
        epochs=epochs,
        batch_size=BATCH_SIZE,
        learning_rate=LEARNING_RATE,
        loss="mse",
        seed=seed,
    )
    cleaner = models.document_cleaner()  # a fresh one: the optimizer would triple the file
    cleaner.set_weights(model.get_weights())
    return cleaner


def error(cleaner: keras.Model, pairs: Sequence[documents.Pair]) -> float:
    """Return the mean squared error of cleaned pages, averaged over the pages.

    Args:
        cleaner: the model.
        pairs: dirty and clean pages.

    Returns:
        Squared grey levels, black 0 and white 1.
    """
    return float(np.mean([_squared(clean_scan.clean_page(p.dirty, cleaner), p) for p in pairs]))


def _squared(page: np.ndarray, pair: documents.Pair) -> float:
    return np.mean(np.square(page.reshape(pair.clean.shape) - pair.clean))


def measure(pairs: Sequence[documents.Pair]) -> None:
    """Print the error on real pages whose text was in no training page, against the baselines."""
    learned_from, unseen = documents.split_by_page(pairs, 1 / 3, SEED)
    print(f"{len(unseen)} real scans of {len({p.page for p in unseen})} texts that no model saw")
    nothing = [_squared(p.dirty, p) for p in unseen]
    rule = [_squared(documents.background_subtraction(p.dirty), p) for p in unseen]
    print(f"nothing done                  MSE {np.mean(nothing):.5f}")
    print(f"background subtraction        MSE {np.mean(rule):.5f}")
    for name, real in (("generated pages only", []), ("generated and real pages", learned_from)):
        start = time.process_time()
        cleaner = train(real)
        seconds = time.process_time() - start
        print(f"{name:29s} MSE {error(cleaner, unseen):.5f}   {seconds:.0f} CPU s", flush=True)


def main(arguments: list[str] | None = None) -> None:
    """Read the command line, train, and write the files or the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--measure", action="store_true", help="report, and write nothing")
    folder = clean_scan.CLEANER_DIR
    parser.add_argument("--folder", type=Path, default=folder, help="where to write")
    options = parser.parse_args(arguments)
    if options.measure or documents.find_noisy_office() is not None:
        pairs = documents.load_noisy_office()
    else:
        pairs = []
        print("NOISY_OFFICE_DIR is not set: training on generated pages only.", file=sys.stderr)
    if options.measure:
        measure(pairs)
        return
    options.folder.mkdir(parents=True, exist_ok=True)
    for trained_on, real in (("generated", []), ("real", pairs)):
        if trained_on == "real" and not real:
            continue
        start = time.process_time()
        path = models.save(train(real), options.folder / clean_scan.CLEANERS[trained_on])
        print(f"{path}  {time.process_time() - start:.0f} CPU s", flush=True)


if __name__ == "__main__":
    main()
