"""Arrays and Keras models as text that a page can load from disk: _assets/live/data/NAME.js."""

import base64
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np

from course_utils._files import replacing

PLAIN = {
    "Activation",
    "Flatten",
    "Add",
    "Subtract",
    "Multiply",
    "Concatenate",
}  # layers without attributes


def pack(values: np.ndarray, kind: str = "f16") -> dict:
    """Pack an array for live/core/data.js.

    Args:
        values: numbers; for "u8" in [0, 1], which become bytes, unless they are integers already.
        kind: "f16", "f32" or "u8".

    Returns:
        Its shape, its type and its bytes in base64. Of wider numbers all first bytes come first,
        then all second ones: gzip, which servers use, makes more of that.

    Raises:
        ValueError: a number is not finite, or too large for the type.
    """
    values = np.asarray(values)
    if not np.isfinite(values).all():
        raise ValueError("an array for a living figure holds numbers that are not finite.")
    if kind == "u8":
        if values.dtype.kind == "f":
            values = np.rint(255 * np.clip(values, 0, 1))
        elif values.min(initial=0) < 0 or values.max(initial=0) > 255:
            raise ValueError("integers for bytes must lie between 0 and 255.")
        planes = values.astype(np.uint8).tobytes()
    else:
        narrow = values.astype({"f16": "<f2", "f32": "<f4"}[kind])
        if not np.isfinite(narrow).all():
            raise ValueError(f"an array holds numbers that are too large for {kind}.")
        planes = np.ascontiguousarray(narrow).view(np.uint8).reshape(narrow.size, -1).T.tobytes()
    text = base64.b64encode(planes).decode()
    return {"shape": list(values.shape), "type": kind, "text": text}


def unpack(packed: dict) -> np.ndarray:
    """The array that `pack` was given, as far as its type could hold it."""
    planes = np.frombuffer(base64.b64decode(packed["text"]), np.uint8)
    if packed["type"] == "u8":
        return planes.reshape(packed["shape"])
    kind = {"f16": "<f2", "f32": "<f4"}[packed["type"]]
    together = np.ascontiguousarray(planes.reshape(np.dtype(kind).itemsize, -1).T)
    return together.view(kind).reshape(packed["shape"])


def network(model: keras.Model, kind: str = "f16") -> dict:
    """Pack a network of one input and one output for live/core/net.js.

    Args:
        model: a functional or sequential model of the layers that the course's networks have.
        kind: of the weights, "f16" or "f32".

    Returns:
        Its layers in the order of their computation, each with the numbers of those that it reads
        (-1 for the input), and its weights.

    Raises:
        ValueError: a layer is of a kind that a page does not know.
    """
    nodes: list[dict] = []
    weights: list[dict] = []
    places = {id(model.inputs[0]): -1}
    for layer in _in_order(model):
        node = _layer(layer)
        node["from"] = [places[id(one)] for one in _inputs(layer)]
        if layer.weights:
            node["weights"] = list(range(len(weights), len(weights) + len(layer.weights)))
            weights += [pack(keras.ops.convert_to_numpy(one), kind) for one in layer.weights]
        places[id(layer.output)] = len(nodes)
        nodes.append(node)
    if places[id(model.outputs[0])] != len(nodes) - 1:
        raise ValueError("the last layer must give the network's output.")
    return {"nodes": nodes, "weights": weights}


def _in_order(model: keras.Model) -> list[keras.Layer]:
    layers = [one for one in model.layers if not isinstance(one, keras.layers.InputLayer)]
    known = {id(model.inputs[0])}
    order = []
    while layers:
        ready = [one for one in layers if all(id(x) in known for x in _inputs(one))]
        if not ready:
            raise ValueError("the network has parts that do not depend on its input.")
        order += ready
        known |= {id(one.output) for one in ready}
        layers = [one for one in layers if one not in ready]
    last = next(one for one in order if one.output is model.outputs[0])
    return [*(one for one in order if one is not last), last]


def _inputs(layer: keras.Layer) -> list:
    return layer.input if isinstance(layer.input, list) else [layer.input]


def _layer(layer: keras.Layer) -> dict:
    kind = type(layer).__name__
    node: dict[str, Any] = {"op": kind}
    activation = getattr(getattr(layer, "activation", None), "__name__", "linear")
    if activation not in ("linear", "relu", "sigmoid", "sine", "tanh", "gelu"):
        raise ValueError(f"a page does not know the activation {activation}.")
    if activation != "linear":
        node["activation"] = activation
    if kind in ("Conv2D", "Conv2DTranspose"):
        known = kind == "Conv2D" or layer.padding == "same"
        if not known or len(set(layer.kernel_size)) > 1 or len(set(layer.strides)) > 1:
            raise ValueError(f"a page does not know this {kind}: it has no square or same steps.")
        node |= {"stride": layer.strides[0], "padding": layer.padding}
    elif kind == "MaxPooling2D":
        node["size"] = layer.pool_size[0]
    elif kind == "UpSampling2D":
        node["size"] = layer.size[0] if isinstance(layer.size, tuple) else layer.size
    elif kind == "Reshape":
        node["shape"] = list(layer.target_shape)
    elif kind not in PLAIN and kind != "Dense":
        raise ValueError(f"a page does not know the layer {kind}.")
    return node


def write(folder: Path, name: str, content: dict) -> int:
    """Write a data set as a script that puts it where live/core/figure.js finds it.

    Returns:
        The size in bytes.
    """
    text = json.dumps(content, separators=(",", ":"), sort_keys=True)
    script = f"(window.liveData??={{}})[{json.dumps(name)}]={text};\n"
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / f"{name}.js") as part:
        part.write_text(script, encoding="utf-8")
    return len(script)


def read(file: Path) -> dict:
    """The data set of a script that `write` wrote."""
    text = file.read_text(encoding="utf-8")
    return json.loads(text[text.index("]=") + 2 : text.rindex(";")])
