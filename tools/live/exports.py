"""Which notebook exports what for which figure: one function for each data set.

A function gets the notebook's names after its last cell and returns what `live/figures` reads:
"networks" (Keras models), "arrays" (each a pair of an array and a type of `pack`), "facts" (what
JSON can hold), and "probes": inputs for the networks, whose outputs by Keras the tests compare.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from course_utils._look import CLASS_COLOURS
from tools import toc
from tools.live import pack

DATA = Path("_assets/live/data")  # what the pages load
PROBES = Path("tests/assets/live")  # what only the tests read
EXPORTS: dict[str, dict[str, Callable]] = {}  # notebook -> data set -> function


def exports(notebook: str) -> Callable:
    """Register the function that follows: its name, with hyphens, is the data set's."""

    def register(function: Callable) -> Callable:
        EXPORTS.setdefault(notebook, {})[function.__name__.replace("_", "-")] = function
        return function

    return register


def export(notebook: str, names: Mapping[str, Any], root: Path = toc.ROOT) -> list[str]:
    """Write the data sets of a notebook.

    Args:
        notebook: its path in the project.
        names: its names after its last cell.
        root: where the project is.

    Returns:
        A line about each data set.
    """
    lines = []
    for name, function in EXPORTS.get(notebook, {}).items():
        made = function(names)
        networks = made.get("networks", {})
        content = {
            "networks": {key: pack.network(model) for key, model in networks.items()},
            "arrays": {key: pack.pack(*pair) for key, pair in made.get("arrays", {}).items()},
            "facts": made.get("facts", {}),
        }
        probes = {}
        for key, inputs in made.get("probes", {}).items():
            inputs = np.asarray(inputs, np.float32)
            outputs = networks[key].predict(inputs, verbose=0)
            probes[key] = {"input": pack.pack(inputs, "f32"), "output": pack.pack(outputs, "f32")}
        if missing := networks.keys() - probes.keys():
            raise ValueError(f"{name} has no probes for {', '.join(sorted(missing))}.")
        size = pack.write(root / DATA, name, content)
        if probes:
            pack.write(root / PROBES, name, probes)
        lines.append(f"{DATA}/{name}.js: {size / 1000:,.0f} kB")
    return lines


@exports("chapters/fashion_mnist_vae.ipynb")
def explorer(names: Mapping[str, Any]) -> dict:
    """The VAE and the same network without noise and KL, after equal trainings."""
    trained = names["trained"]["clothes"]
    pair = {"vae": trained["VAE"], "plain": trained["same network"]}
    images, labels = names["x_val"][:1500], names["y_val"][:1500]
    codes = {key: model.encode(images) for key, model in pair.items()}
    probe = np.random.default_rng(0).normal(size=(8, 2))
    probes = {key: codes[key].mean(0) + codes[key].std(0) * probe for key in pair}
    return {
        "networks": {key: model.decoder for key, model in pair.items()},
        "arrays": {
            "labels": (labels, "u8"),
            **{f"codes-{key}": (one, "f16") for key, one in codes.items()},
        },
        "facts": {"classes": list(names["clothes"].class_names), "colours": CLASS_COLOURS},
        "probes": probes,
    }
