"""Measure what the notebooks and the models cost: python -m tools.bench [NOTEBOOK ...]

Each notebook runs from a fresh kernel; no output is stored. Then, unless notebooks were named, each
recommended model is trained beside the classic one and both are scored. Compare times of one run
with one another only: they depend on the machine and on what else it does.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from tools import toc
from tools.execute import CellTime, NotExecuted, Stopped, resource, run

_PER_MIB = 1024**2 if sys.platform == "darwin" else 1024  # units of ru_maxrss in a MiB
NOTHING = float("nan")


# Notebooks


@dataclass
class Cost:
    """What one run took.

    Wall-clock seconds, CPU seconds of all cores, and MiB at its largest; the wall-clock seconds of
    the longest cell and its number, and those from the start to the end of the first cell that
    shows a picture. What is not known is not a number.
    """

    wall: float
    cpu: float
    peak: float
    longest: float = NOTHING
    longest_cell: int = 0
    picture: float = NOTHING


def measure(path: Path) -> Cost:
    """Run a notebook. Call it in a new process: the peak is that of all runs of this one.

    Raises:
        NotExecuted: a cell failed, or the file is not a notebook.
    """
    times: list[CellTime] = []
    _, wall, cpu = run(path, times=times)
    peak = NOTHING
    if resource is not None:  # Windows does not tell
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / _PER_MIB
    longest = max(times, key=lambda time: time.seconds, default=CellTime(0, NOTHING, 0, False))
    picture = next((time.end for time in times if time.has_picture), NOTHING)
    return Cost(wall, cpu, peak, longest.seconds, longest.number, picture)


def table(costs: dict[str, Cost]) -> str:
    """Return a line for each notebook, and a last one with the sums and the largest values."""

    def largest(name: str) -> float:
        values = [getattr(cost, name) for cost in costs.values()]
        return max((value for value in values if value == value), default=NOTHING)

    total = Cost(
        sum(cost.wall for cost in costs.values()),
        sum(cost.cpu for cost in costs.values()),
        largest("peak"),
        largest("longest"),
        picture=largest("picture"),
    )
    names = ("wall / s", "CPU / s", "peak / MiB", "longest cell / s", "first picture / s")
    lines = ["  ".join(names) + "  notebook"]
    for name, cost in {**costs, "all": total}.items():
        number = f" ({cost.longest_cell})" if cost.longest_cell else ""
        cells = [f"{cost.wall:.0f}", f"{cost.cpu:.0f}", _number(cost.peak, 0)]
        cells += [_number(cost.longest, 1) + number, _number(cost.picture, 1)]
        aligned = [f"{cell:>{len(title)}}" for cell, title in zip(cells, names)]
        lines.append("  ".join(aligned) + f"  {name}")
    return "\n".join(lines)


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if value == value else "-"


# Models


@dataclass
class Trained:
    """A trained model: its name, CPU seconds of training, and its quality."""

    name: str
    cpu: float
    quality: float


@dataclass
class Pair:
    """A recommended model and the classic one, and what the numbers of their quality mean."""

    measure: str
    own: Trained
    classic: Trained

    @property
    def ratio(self) -> float:
        """How many times the recommended model's CPU seconds the classic one took."""
        return self.classic.cpu / self.own.cpu


def vaes(quick: bool) -> Pair:
    """The VAE at its largest budget, and the classic one with the published optimiser at its own.

    The first seed of experiments/vae_budgets.py; validation images.
    """
    from experiments import vae_budgets

    result = vae_budgets.run(0, toy=quick)
    own, classic = result["dense, Adam"], result["classic, RMSprop"]
    return Pair(
        "-ELBO in nats per image, lower is better",
        Trained("dense_vae", own["cpu_seconds"][-1], own["nats"][-1]),
        Trained("conv_vae", classic["cpu_seconds"][-1], classic["nats"][-1]),
    )


def denoisers(quick: bool) -> Pair:
    """Both denoisers after as many steps as in experiments/denoising_two_by_two.py.

    The classic one with the published loss and noise, the other with those of the chapter;
    validation images with 10 % of salt and pepper.
    """
    from course_utils import metrics, models, noise, training
    from course_utils.data import load_fashion_mnist
    from experiments import denoising_two_by_two as script

    seed, steps = training.set_seed(0), 10 if quick else script.STEPS
    data = load_fashion_mnist()
    clean = data.x_train[: steps * script.BATCH_SIZE]
    mixed = np.random.default_rng(seed).uniform(0.05, 0.50, len(clean))
    x = data.x_val[200:260] if quick else data.x_val[200:]
    noisy = noise.salt_and_pepper(x, 0.10, seed=seed + 4)

    def trained(build: Callable, amount: float | np.ndarray, loss: str | Callable) -> Trained:
        training.set_seed(seed)
        model = build()
        history = training.fit(
            model,
            noise.salt_and_pepper(clean, amount, seed=seed + 2),
            clean,
            loss=loss,
            learning_rate=script.LEARNING_RATE,
            epochs=-(-steps * script.BATCH_SIZE // len(clean)),
            batch_size=script.BATCH_SIZE,
            seed=seed,
        )
        answer = np.clip(model.predict(noisy, batch_size=100, verbose=0), 0, 1)
        quality = float(np.mean(metrics.psnr(x, answer)))
        return Trained(build.__name__, history.cpu_seconds[-1], quality)

    return Pair(
        "PSNR in decibels at 10 % noise, higher is better",
        trained(models.skip_denoiser, mixed, script.log_error),
        trained(models.conv_denoiser, 0.10, "mse"),
    )


def document_networks(quick: bool) -> Pair:
    """Both cleaners of pages after as many patches, the recipe of the chapter on documents.

    Generated pages that none has seen.
    """
    from course_utils import documents, models, training

    num_pages, num_patches = (4, 80) if quick else (48, 16_000)
    pages = documents.generate_pages(num_pages, seed=training.set_seed(1))
    x, y = documents.patches(pages.dirty, pages.clean, num_patches, 48, seed=1)
    unseen = documents.generate_pages(4 if quick else 32, seed=1001, height=128, width=256)

    def trained(name: str, model: object) -> Trained:
        history = training.fit(
            model, x, y, loss="mse", batch_size=4, learning_rate=3e-3, epochs=1, seed=1
        )
        answer = np.clip(model.predict(np.stack(unseen.dirty), batch_size=4, verbose=0), 0, 1)
        error = float(np.mean((answer - np.stack(unseen.clean)) ** 2))
        return Trained(name, history.cpu_seconds[-1], error)

    training.set_seed(1)
    own = trained("document_cleaner", models.document_cleaner())
    training.set_seed(1)
    classic = trained("document_denoiser", models.document_denoiser((None, None, 1)))
    return Pair("mean squared error of pages, lower is better", own, classic)


COMPARISONS = (vaes, denoisers, document_networks)


def compared(pairs: Sequence[Pair]) -> str:
    """Return two lines for each pair: the recommended model, and the classic one below it."""
    lines = [f"{'CPU / s':>8} {'quality':>9} {'ratio':>6}  model"]
    for pair in pairs:
        for model, ratio in ((pair.own, ""), (pair.classic, f"{pair.ratio:.2g}")):
            quality = f"{model.quality:.4g}"
            note = f"({pair.measure})" if model is pair.own else "(classic)"
            lines.append(f"{model.cpu:8.1f} {quality:>9} {ratio:>6}  {model.name} {note}")
    return "\n".join([*lines, "ratio: CPU seconds of the classic one, over the recommended one's"])


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 0 only if every notebook could be run."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument(
        "notebooks", nargs="*", type=Path, help="default: all, in the order of _toc.yml, and models"
    )
    parser.add_argument(
        "--quick", action="store_true", help="no notebook unless named; the models for some steps"
    )
    options = parser.parse_args(arguments)
    costs, status = {}, 0
    for path in options.notebooks or ([] if options.quick else toc.notebooks()):
        try:
            with _new_process() as pool:
                costs[str(path)] = pool.submit(measure, path).result()
        except NotExecuted as error:
            print(f"{error}.", file=sys.stderr)
            if isinstance(error, Stopped):
                return 130
            status = 1
    if options.notebooks or not options.quick:
        print(table(costs), flush=True)
    if options.quick or not options.notebooks:
        pairs = []
        for compare in COMPARISONS:
            with _new_process() as pool:
                pairs.append(pool.submit(compare, options.quick).result())
        print(f"\n{compared(pairs)}" if costs else compared(pairs))
    return status


def _new_process() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
