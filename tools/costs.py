"""Write the page "What this course costs" from the stored evidence: python -m tools.costs

Nothing is measured here. `make evidence` measures, and writes the page afterwards.
"""

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from course_utils import claims
from course_utils._files import replacing
from tools import toc

PAGE = Path("costs.md")
# Measured once, one run, on test images: the classic recipe as published, in CPU seconds by the
# nats per image that it had reached. No seeds are stored, so the page calls it one run.
PUBLISHED = {1: (265, 272.8), 2: (542, 269.1), 4: (1082, 266.4), 6: (1654, 265.3), 8: (2226, 267.0)}
RECIPES = {
    "classic, RMSprop": "classic network, published optimiser",
    "classic, Adam": "classic network, Adam and a schedule chosen for it",
    "dense, Adam": "recommended network",
}
NETWORK, RIVAL = "dense, Adam", "classic, Adam"


def chapters(root: Path = toc.ROOT, folder: Path = claims.EVIDENCE_DIR) -> dict[Path, int]:
    """Return the CPU seconds of each notebook, a mean over seeds, in the order of the book.

    Raises:
        FileNotFoundError: a notebook has no stored evidence.
    """
    costs = {}
    for path in toc.notebooks(root):
        file = folder / f"{path.stem}.json"
        if not file.is_file():
            raise FileNotFoundError(f"there is no {file}: run make evidence NOTEBOOK={path}")
        costs[path] = json.loads(file.read_text(encoding="utf-8"))["cpu_seconds_per_run"]
    return costs


def budgets(seeds: Sequence[dict]) -> list[dict[str, tuple[list[float], list[float]]]]:
    """Return what each recipe reached at each budget.

    Args:
        seeds: what `experiments/vae_budgets.py` returned, one dictionary for each seed.

    Returns:
        For each budget and recipe, the CPU seconds that were used and -ELBO in nats per image on
        validation images, each a list over seeds. A recipe without that budget is missing.
    """
    rows: list[dict[str, tuple[list[float], list[float]]]] = []
    for recipe in RECIPES:
        for k in range(min(len(seed[recipe]["nats"]) for seed in seeds)):
            rows += [{}] if k == len(rows) else []
            used = [seed[recipe]["cpu_seconds"][k] for seed in seeds]
            rows[k][recipe] = used, [seed[recipe]["nats"][k] for seed in seeds]
    return rows


def cell(used: Sequence[float], nats: Sequence[float]) -> str:
    """Return a cell of the table: the mean and the range in nats, and the mean CPU seconds."""
    low, high = min(nats), max(nats)
    return f"{np.mean(nats):.1f} ({low:.1f} to {high:.1f}) after {np.mean(used):.0f} s"


def sentences(rows: Sequence[dict[str, tuple[list[float], list[float]]]]) -> list[str]:
    """Return what the stored seeds say about the classic network's best, and what they do not.

    Raises:
        ValueError: they no longer say it; the page has to be written anew.
    """
    seconds, best = min(PUBLISHED.values(), key=lambda reached: reached[1])
    used, nats = rows[0][NETWORK]
    rival_used, rival_nats = rows[-1][RIVAL]
    if not max(nats) < min(best, *rival_nats) or not max(used) < min(rival_used):
        raise ValueError(
            "vae_budgets.json no longer shows the recommended network ahead at its smallest "
            "budget: write this page's conclusions anew in tools/costs.py."
        )
    several, tried = f"all {len(nats)} seeds", f"{min(used):.0f} to {max(used):.0f}"
    share = int(min(rival_used) / max(used))
    # Rounded outwards, so that the sentence stays true.
    worst, rivals_best = math.ceil(10 * max(nats)) / 10, math.floor(10 * min(rival_nats)) / 10
    return [
        f"**What the seeds say.** After {tried} CPU seconds the recommended network is at "
        f"{worst:.1f} nats or less in {several}. The classic network with Adam is at "
        f"{rivals_best:.1f} or more after {min(rival_used):.0f} to {max(rival_used):.0f}: "
        f"with at least {share} times the computation, its best seed does not reach the "
        f"other's worst.",
        f"**What rests on one run.** Trained as published, the classic network was at its best, "
        f"{best} nats on *test* images, after {seconds:,} CPU seconds (six of twenty passes). "
        f"That run was not repeated with other seeds; the table's first column stops long "
        f"before. Against that one run the recommended network needs less than a "
        f"{_hundreds(seconds / max(used))} of the time.",
        f"**What they do not say.** No seed was stopped before {min(used):.0f} CPU seconds, so "
        f"how much sooner the recommended network passes {best} is not measured here; a "
        f"single run passed 264.5 after about 7. Nor are these the "
        "best that either network can do: other budgets, schedules and sizes would move both.",
    ]


def _hundreds(ratio: float) -> str:
    """Return a ratio as a fraction in words, rounded so that the sentence stays true."""
    return "hundredth" if ratio >= 100 else f"1/{int(ratio)}"


def page() -> str:
    """Return the text of the page."""
    costs = chapters()
    rows = budgets(claims.experiment("vae_budgets"))
    total = sum(costs.values())
    lines = [
        "# What this course costs",
        "",
        "How long the course takes to run. All times are CPU seconds: of all cores together, on an "
        "ordinary processor; on a graphics card nothing was measured. Yours will differ, and not "
        "by one factor: at its end each chapter prints what its stored run took. For convolutions "
        "and for many small fits that was up to three times the number here. "
        "`python -m tools.costs` writes this page from the stored measurements.",
        "",
        "## The chapters",
        "",
        "One run from top to bottom on all 70,000 images, a mean over the seeds that the claims "
        "were measured with. On two cores the wait is between half of it and all of it.",
        "",
        "| chapter | CPU seconds |",
        "|---|---:|",
        *[f"| []({path.as_posix()}) | {seconds} |" for path, seconds in costs.items()],
        f"| all {len(costs)} together | {total:,} |",
        "",
        "## The recommended VAE and the classic one",
        "",
        "Two latent dimensions, the same objective; -ELBO in nats per image on validation images, "
        "where lower is better. Each entry is the mean over "
        f"{len(rows[0][NETWORK][0])} seeds, their range, and the CPU seconds of the training. "
        "[The chapter on the VAE](chapters/fashion_mnist_vae.ipynb) draws the same numbers.",
        "",
        "| " + " | ".join(RECIPES.values()) + " |",
        "|" + "---|" * len(RECIPES),
        *[
            "| " + " | ".join(cell(*row[name]) if name in row else "" for name in RECIPES) + " |"
            for row in rows
        ],
        "",
    ]
    for sentence in sentences(rows):
        lines += [sentence, ""]
    lines += [
        "`make bench` measures all this on your own machine: each chapter, and each recommended "
        "model beside the classic one.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the page."""
    with replacing(toc.ROOT / PAGE) as part:
        part.write_bytes(page().encode())
    print(f"{PAGE} is written from the stored evidence")


if __name__ == "__main__":
    main()
