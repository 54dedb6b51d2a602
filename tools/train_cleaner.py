"""Train the cleaner of scanned pages that ships with course_utils.

    python -m tools.train_cleaner              on generated pages, and, where NOISY_OFFICE_DIR names
                                               real scans, then a second one further on two thirds
                                               of their texts
    python -m tools.train_cleaner --measure    report the errors of the shipped ones on the other
                                               third, beside the rules; train and write nothing

The files are course_utils/cleaner/document_cleaner_generated.keras and document_cleaner.keras.
A file is written only when its training has ended. On one core the first takes about 40 minutes,
the second 15.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from tqdm import tqdm

from course_utils import documents, models, training
from course_utils.documents.network import CLEANER_DIR, CLEANERS

SEED = 0
PATCH_SIZE = 64
BATCH_SIZE = 8  # small: many short steps learn more than few long ones
POOL = 16_000  # patches that are in memory at a time; each is seen once
PATCHES_PER_PAGE = 40
HELD_OUT = 1 / 3  # of the real texts, to measure with


@dataclass(frozen=True)
class Plan:
    """How to train.

    Attributes:
        patches: seen in all.
        learning_rate: the highest; it decays to zero.
        warm_up: steps in which it rises from zero. The first steps all push the same way, towards
            white; long ones kill rectified units for good: without a warm-up, at twice the rate,
            28 of the 48 of the deepest convolution but one never answered again.
        everyday: share of the generated patches; the others are dirty pages of running text.
        real: share of all patches, where there are real scans.
    """

    patches: int
    learning_rate: float
    warm_up: int
    everyday: float
    real: float = 0.0


GENERATED = Plan(800_000, 1.5e-3, warm_up=4_000, everyday=0.35)
# It goes on from the weights of the first.
REAL = Plan(600_000, 1.5e-3, warm_up=1_000, everyday=0.6, real=0.85)


def training_patches(
    real: Sequence[documents.Pair], plan: Plan, seed: int, num_patches: int
) -> tuple[np.ndarray, np.ndarray]:
    """Cut patches from newly generated pages, and from real ones if there are any.

    Args:
        real: real pairs, possibly none.
        plan: which share of what.
        seed: seed of the pages, of the patches and of their order.
        num_patches: how many patches to cut in all.

    Returns:
        Dirty and clean patches, each (num_patches, PATCH_SIZE, PATCH_SIZE, 1).
    """
    num_real = round(plan.real * num_patches) if real else 0
    num_everyday = round(plan.everyday * (num_patches - num_real))
    num_office = num_patches - num_real - num_everyday
    parts = []
    for number, generate in (
        (num_office, documents.generate_pages),
        (num_everyday, documents.generate_everyday_pages),
    ):
        pages = generate(max(2, number // PATCHES_PER_PAGE), seed)
        parts.append(documents.patches(pages.dirty, pages.clean, number, PATCH_SIZE, seed))
    if num_real:
        dirty, clean = [pair.dirty for pair in real], [pair.clean for pair in real]
        parts.append(documents.patches(dirty, clean, num_real, PATCH_SIZE, seed))
    order = np.random.default_rng(seed).permutation(num_patches)
    x, y = (np.concatenate(both)[order] for both in zip(*parts))
    return x, y


def pools(real: Sequence[documents.Pair], plan: Plan, seed: int) -> Iterator[tuple]:
    """Yield the patches of a plan, `POOL` at a time, of new pages each time."""
    for i, start in enumerate(range(0, plan.patches, POOL)):
        number = min(POOL, plan.patches - start)
        yield training_patches(real, plan, 1000 * (seed + 1) + 7 * i, number)


def train(
    real: Sequence[documents.Pair],
    plan: Plan,
    start: keras.Model | None = None,
    seed: int = SEED,
) -> keras.Model:
    """Train a cleaner, on generated pages alone if `real` is empty.

    Args:
        real: real pairs to learn from, possibly none.
        plan: how long.
        start: a cleaner from whose weights to go on; None for a new one.
        seed: seed of the pages, of the patches and of the first weights.

    Returns:
        The trained model, without the optimizer's state.
    """
    training.set_seed(seed)
    model = models.document_cleaner()
    if start is not None:
        model.set_weights(start.get_weights())
    steps = plan.patches // BATCH_SIZE
    warm_up = min(plan.warm_up, steps // 10)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps - warm_up, warmup_target=plan.learning_rate, warmup_steps=warm_up
    )
    model.compile(keras.optimizers.Adam(schedule), loss="mse", steps_per_execution=min(50, steps))
    bar = tqdm(total=plan.patches, unit="patch", file=sys.stderr)
    with bar:
        for x, y in pools(real, plan, seed):
            result = model.fit(x, y, batch_size=BATCH_SIZE, shuffle=False, verbose=0)
            bar.set_postfix_str(f"loss {result.history['loss'][0]:.5f}")
            bar.update(len(x))
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
    return float(np.mean([_squared(documents.clean_page(p.dirty, cleaner), p) for p in pairs]))


def _squared(page: np.ndarray, pair: documents.Pair) -> float:
    return np.mean(np.square(page.reshape(pair.clean.shape) - pair.clean))


def measure(pairs: Sequence[documents.Pair]) -> None:
    """Print the error on real pages whose text was in no training page, against the baselines."""
    _, unseen = documents.split_by_page(pairs, HELD_OUT, SEED)
    print(f"{len(unseen)} real scans of {len({p.page for p in unseen})} texts that no model saw")
    nothing = [_squared(p.dirty, p) for p in unseen]
    rule = [_squared(documents.background_subtraction(p.dirty), p) for p in unseen]
    threshold = [_squared(documents.sauvola(p.dirty), p) for p in unseen]
    print(f"nothing done                  MSE {np.mean(nothing):.5f}")
    print(f"Sauvola's threshold           MSE {np.mean(threshold):.5f}")
    print(f"background subtraction        MSE {np.mean(rule):.5f}")
    for name, trained_on in (("generated pages only", "generated"), ("then real ones", "real")):
        print(f"{name:29s} MSE {error(documents.load_cleaner(trained_on), unseen):.5f}")


def main(arguments: list[str] | None = None) -> None:
    """Read the command line, train, and write the files or the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--measure", action="store_true", help="report, and write nothing")
    parser.add_argument("--folder", type=Path, default=CLEANER_DIR, help="where to write")
    options = parser.parse_args(arguments)
    if options.measure or documents.find_noisy_office() is not None:
        pairs = documents.load_noisy_office()
        learned_from, _ = documents.split_by_page(pairs, HELD_OUT, SEED)
    else:
        learned_from = []
        print("NOISY_OFFICE_DIR is not set: training on generated pages only.", file=sys.stderr)
    if options.measure:
        measure(pairs)
        return
    options.folder.mkdir(parents=True, exist_ok=True)
    cleaner = None
    for trained_on, real, plan in (("generated", [], GENERATED), ("real", learned_from, REAL)):
        if trained_on == "real" and not real:
            continue
        start = time.process_time()
        cleaner = train(real, plan, cleaner)
        path = models.save(cleaner, options.folder / CLEANERS[trained_on])
        print(f"{path}  {time.process_time() - start:.0f} CPU s", flush=True)


if __name__ == "__main__":
    main()
