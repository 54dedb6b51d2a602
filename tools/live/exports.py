"""Which notebook exports what for which figure: one function for each data set.

A function gets the notebook's names after its last cell and returns what `live/figures` reads:
"networks" (Keras models), "arrays" (each a pair of an array and a type of `pack`), "facts" (what
JSON can hold), "precision" (of the weights; else "f16"), and "probes": inputs for the networks,
whose outputs by Keras the tests compare.
"""

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image

from course_utils import documents
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
            "networks": {
                key: pack.network(model, made.get("precision", "f16"))
                for key, model in networks.items()
            },
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


def drawing(decoder: keras.Sequential) -> keras.Sequential:
    """The decoder of a VAE, with the sigmoid that turns its logits into grey levels."""
    copies = [type(layer).from_config(layer.get_config()) for layer in decoder.layers]
    start, sigmoid = keras.Input(decoder.input_shape[1:]), keras.layers.Activation("sigmoid")
    model = keras.Sequential([start, *copies, sigmoid])
    model.set_weights(decoder.get_weights())
    return model


@exports("chapters/fashion_mnist_vae.ipynb")
def explorer(names: Mapping[str, Any]) -> dict:
    """The VAE, and the codes of a thousand validation images."""
    made = _plane(names, "VAE", "vae")
    made["arrays"]["labels"] = (names["y_val"][:1000], "u8")
    made["facts"] = {"classes": list(names["clothes"].class_names), "colours": CLASS_COLOURS}
    return made


@exports("chapters/fashion_mnist_vae.ipynb")
def explorer_plain(names: Mapping[str, Any]) -> dict:
    """The same network after the same training without noise and KL, for who compares."""
    return _plane(names, "same network", "plain")


def _plane(names: Mapping[str, Any], trained: str, key: str) -> dict:
    """A decoder of two numbers, and the codes of the explorer's images."""
    model = names["trained"]["clothes"][trained]
    codes = model.encode(names["x_val"][:1000])
    probe = np.random.default_rng(0).normal(size=(8, 2))
    return {
        "networks": {key: drawing(model.decoder)},
        "arrays": {"codes": (codes, "f16")},
        "probes": {key: codes.mean(0) + codes.std(0) * probe},
    }


@exports("chapters/cleaning_documents.ipynb")
def document_cleaner(names: Mapping[str, Any]) -> dict:
    """The network that the command cleans scans with, and a page to try it on.

    With weights of 16 bits, one pixel in eleven would differ from the command's by a grey level.
    """
    page = documents.generate_pages(1, seed=7, height=640, width=520).dirty[0, ..., 0]
    example = io.BytesIO()
    Image.fromarray(np.rint(255 * page).astype(np.uint8)).save(example, "WebP", quality=60)
    return {
        "networks": {"cleaner": documents.load_cleaner()},
        "precision": "f32",
        "arrays": {"example": (np.frombuffer(example.getvalue(), np.uint8), "u8")},
        "probes": {"cleaner": page[None, 64:112, 64:144, None]},
    }


@exports("chapters/beyond_the_first_vae.ipynb")
def beta(names: Mapping[str, Any]) -> dict:
    """What VAEs that differ in beta make of one garment of each class, and of the same codes."""
    sweep, labels = names["sweep"], names["data"].y_val
    images = names["x_val"][np.unique(labels, return_index=True)[1]]
    codes = np.random.default_rng(0).standard_normal((10, 12))
    return {
        "arrays": {
            "garments": (images.reshape(-1, 784), "u8"),
            "reconstructions": (
                np.stack([vae.reconstruct(images).reshape(-1, 784) for vae in sweep.values()]),
                "u8",
            ),
            "samples": (
                np.stack([vae.decode(codes).reshape(-1, 784) for vae in sweep.values()]),
                "u8",
            ),
        },
        "facts": {
            "betas": list(sweep),
            "classes": list(names["data"].class_names),
            "rates": [round(float(one), 2) for one in names["rate"]],
            "distortions": [round(float(one), 2) for one in names["distortion"]],
        },
    }


@exports("chapters/sparse_autoencoders.ipynb")
def dictionary(names: Mapping[str, Any]) -> dict:
    """Two images of each class, and of top-k's decoder the atoms that these images use."""
    model, x, labels = names["sparse"]["top-k"], names["x_val"], names["data"].y_val
    shown = [np.flatnonzero(labels == c)[i] for i in (0, 1) for c in range(10)]
    kernel, bias = model.encoder.layers[0].get_weights()
    numbers = np.maximum(x[shown] @ kernel + bias, 0)  # before all but the largest become zero
    order = np.argsort(-numbers, axis=1)[:, :20]
    used = np.unique(order)
    atoms, offset = model.decoder.get_weights()
    decoder = _dense_network([atoms[used], offset], ["linear"])
    codes = names["encode"](model, x)
    theirs = codes[shown][:, used]
    _require_equal(decoder.predict(theirs, verbose=0), names["decode"](model, codes[shown]))
    of_class = np.array([(codes[labels == c][:, used] > 0).mean(axis=0) for c in range(10)])
    return {
        "networks": {"decoder": decoder},
        "arrays": {
            "images": (x[shown], "f16"),
            "mean": (names["mean_image"], "f16"),
            "numbers": (np.take_along_axis(numbers, order, axis=1), "f16"),
        },
        "facts": {
            "classes": list(names["data"].class_names),
            "labels": labels[shown].tolist(),
            "atoms": np.searchsorted(used, order).tolist(),
            "users": (codes[:, used] > 0).mean(axis=0).round(4).tolist(),
            "favourite": of_class.argmax(axis=0).tolist(),
            "k": model.encoder.layers[1].k,
        },
        "probes": {"decoder": theirs},
    }


@exports("chapters/ordering_and_judging.ipynb")
def designs(names: Mapping[str, Any]) -> dict:
    """The decoder of the conditional VAE with the loud label: code and label in one row."""
    loudness = 5
    weights = names["conditional"][loudness].decoder.get_weights()
    decoder = _dense_network(weights, ["gelu", "gelu", "sigmoid"], (28, 28, 1))
    codes = np.random.default_rng(0).normal(size=(20, weights[0].shape[0] - 10))
    classes = np.arange(20) % 10
    rows = np.hstack([codes, loudness * np.eye(10)[classes]]).astype("float32")
    _require_equal(decoder.predict(rows, verbose=0), names["design"](codes, classes, loudness))
    return {
        "networks": {"decoder": decoder},
        "facts": {"classes": list(names["data"].class_names), "loudness": loudness},
        "probes": {"decoder": rows},
    }


def _dense_network(
    weights: list[np.ndarray], activations: list[str], shape: tuple[int, ...] = ()
) -> keras.Model:
    """Dense layers with these weights, a kernel and a bias for each, whose output has the shape."""
    layers = [
        keras.layers.Dense(kernel.shape[1], activation)
        for kernel, activation in zip(weights[::2], activations, strict=True)
    ]
    last = [keras.layers.Reshape(shape)] if shape else []
    model = keras.Sequential([keras.Input((weights[0].shape[0],)), *layers, *last])
    model.set_weights(weights)
    return model


def _require_equal(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Make sure that a network which was rearranged for a page computes what the chapter's does."""
    if not np.allclose(ours, theirs, atol=1e-4):
        raise ValueError("the network for the page differs from the chapter's.")


@exports("chapters/finding_what_does_not_belong.ipynb")
def alarm(names: Mapping[str, Any]) -> dict:
    """Scores of normal images that nothing was trained or tuned on, and of odd ones, sorted."""
    return {"arrays": {key: (np.sort(names[key]), "f32") for key in ("calm", "odd")}}


@exports("chapters/denoising.ipynb")
def noise_and_cure(names: Mapping[str, Any]) -> dict:
    """Both networks, the best filter of each level, and what the best linear denoiser needs."""
    images, networks = names["x"], {key: names[key] for key in ("classic", "skip")}
    picked = _of_each_class(names["labels"], 2)
    spoilt = names["noise"].salt_and_pepper(images[:4], 0.3, seed=0)
    linear, linear_facts = _linear_denoiser(names)
    return {
        "networks": networks,
        "arrays": {"pictures": (images[picked], "u8"), **linear},
        "facts": {
            "names": [names["data"].class_names[i] for i in names["labels"][picked]],
            "filters": [
                {"level": level, "threshold": threshold, "size": size, "passes": passes}
                for level, (threshold, size, passes) in names["best_filter"].items()
            ],
            "linear": linear_facts,
        },
        "probes": {key: spoilt for key in networks},
    }


def _of_each_class(labels: np.ndarray, number: int) -> np.ndarray:
    """Where the first images of each class are: first one of every class, then another."""
    places = [np.flatnonzero(labels == label)[:number] for label in range(10)]
    return np.transpose(places).ravel()


def _linear_denoiser(
    names: Mapping[str, Any], number: int = 360, level: float = 0.2
) -> tuple[dict, dict]:
    """Arrays and facts for live/pictures/linear.js, and what the page's way costs in decibels."""
    mean, centre = names["mean"], names["centre"]
    unit = np.sqrt(1 / 8 + (1 - level) * centre)
    variances, vectors = np.linalg.eigh(names["covariance"] / np.outer(unit, unit))
    variances, axes = variances[::-1], vectors.T[::-1][:number]
    steps = np.abs(axes).max(axis=1, keepdims=True) / 127
    whole = np.rint(axes / steps)
    rest = variances[number:].mean()

    clean, lost = names["x"][:500], []
    for p in names["levels"]:
        spoilt = names["noise"].salt_and_pepper(clean, p, seed=1)
        ratio = p * np.mean((1 / 8 + (1 - p) * centre) / unit**2)
        gain, others = (
            (1 - p) * v / ((1 - p) ** 2 * v + ratio) for v in (variances[:number], rest)
        )
        inputs = (spoilt.reshape(-1, 784) - (1 - p) * mean - p / 2) / unit
        outputs = inputs @ (whole * steps).T * (gain - others) @ (whole * steps) + others * inputs
        answer = np.clip(mean + unit * outputs, 0, 1).astype(np.float32).reshape(clean.shape)
        exact = names["linear_denoiser"](spoilt, p)
        lost.append(names["mean_psnr"](clean, exact) - names["mean_psnr"](clean, answer))
    arrays = {
        "axes": (whole.astype(int) + 128, "u8"),
        "steps": (steps[:, 0], "f32"),
        "variances": (variances[:number], "f32"),
        "mean": (mean, "f32"),
        "centre": (centre, "f32"),
    }
    return arrays, {"level": level, "rest": rest, "decibels lost": max(lost)}


@exports("chapters/compression_and_pca.ipynb")
def bottleneck(names: Mapping[str, Any]) -> dict:
    """Principal components for the page, and what the networks make of some pictures."""
    data, sizes, bits = names["data"], names["code_sizes"], 6
    picked = _of_each_class(data.y_val, 4)
    probes = {
        "shoe upside down": names["upside_down"],
        "digit": names["digits"],
        "checkerboard": names["checkerboard"],
        "noise": names["noise"],
        "black": names["black"],
    }
    images = np.concatenate([data.x_val[picked], *(one[:1] for one in probes.values())])
    images = (np.rint(255 * images) / 255).astype(np.float32)  # as the page has them
    codes = names["pca_encode"](data.x_train[:5000], max(sizes))
    pca = names["pca"]
    return {
        "arrays": {
            "pictures": (images, "u8"),
            "mean": (pca.mean_, "f16"),
            "components": (pca.components_[: max(sizes)], "f16"),
            "low": (codes.min(axis=0), "f32"),
            "high": (codes.max(axis=0), "f32"),
            **{
                f"{kind}-{size}": (names["network_stored"](model, images, bits), "u8")
                for (kind, size), model in names["networks"].items()
            },
        },
        "facts": {
            "names": [
                *(data.class_names[i] for i in data.y_val[picked]),
                *(f"{name}, not of the data" for name in probes),
            ],
            "sizes": list(sizes),
            "bits": bits,
            "pca": [
                names["error"](images, names["pca_stored"](images, size, bits)) for size in sizes
            ],
        },
    }


@exports("chapters/a_meadow.ipynb")
def ferns(names: Mapping[str, Any]) -> dict:
    """What the walk of the chapter needs, and its decoder without the pixels that stay black.

    Black is what stays darker than 0.05 in the pictures of all codes and of five steps from each.
    One in thirty steps of strength 1 that do not look loses more than half a grey level by that.
    """
    vae, walk, codes = names["vae"], names["walk"], names["codes"]
    anywhere = np.concatenate([codes, *(walk.step(codes, s) for s in (0.15, 0.3, 0.5, 0.7, 1.0))])
    inked = (vae.decode(anywhere) >= 0.05).any(axis=0).ravel()
    *weights, kernel, bias = vae.decoder.get_weights()
    activations = [layer.activation for layer in vae.decoder.layers if layer.weights][:-1]
    decoder = _dense_network([*weights, kernel[:, inked], bias[inked]], [*activations, "sigmoid"])
    probe = codes[:20]
    theirs = vae.decode(probe).reshape(20, 784)
    _require_equal(decoder.predict(probe, verbose=0), theirs[:, inked])
    return {
        "networks": {"decoder": decoder},
        "arrays": {
            "pictures": (names["forty"][:20].reshape(20, 784), "u8"),
            "codes": (codes, "f16"),
            "middle": (walk.middle, "f32"),
            "root": (walk.root, "f32"),
            "inked": (inked.astype(int), "u8"),
        },
        "facts": {
            "limit": float(walk.limit),
            "unit": float(names["UNIT"]),
            "variety": float(names["true_variety"]),
        },
        "probes": {"decoder": probe},
    }
