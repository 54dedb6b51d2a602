"""How Keras must be set for the course, whatever this machine's `keras.json` says: at import."""

import contextlib
import json
import warnings

import keras

from course_utils._files import keras_home

PRECISION = "float32"


def settle() -> None:
    """Have Keras put the channels last and compute in float32; say so if it was to do otherwise.

    With the channels first the 28 rows of an image would be 28 channels, and train all the same. A
    dtype policy of the program's choice, such as "mixed_float16", is for `training.fit` to refuse.
    """
    keras.config.set_image_data_format("channels_last")
    found = keras.config.floatx()
    if found == PRECISION:
        return
    if keras.config.dtype_policy().name == found:  # it follows floatx, and only at the first use
        keras.config.set_dtype_policy(PRECISION)
    keras.config.set_floatx(PRECISION)
    warnings.warn(
        f"Keras was to compute in {found} ({_who_says(found)}); the course computes in "
        f"{PRECISION}, since its numbers are those of {PRECISION}.",
        stacklevel=2,
    )


def check_precision(model: object) -> None:
    """Raise ValueError if a layer of a Keras model computes or is kept in half precision."""
    layers = model._flatten_layers() if isinstance(model, keras.Model) else ()
    for layer in layers:
        for dtype in (layer.compute_dtype, layer.variable_dtype):
            if dtype not in (PRECISION, "float64"):
                raise ValueError(
                    f"the model must compute in {PRECISION}, which the numbers of the course are "
                    f"of, but its layer {layer.name!r} uses {dtype}: call "
                    f'keras.config.set_dtype_policy("{PRECISION}") and build it anew.'
                )


def _who_says(floatx: str) -> str:
    """Say where Keras has its floatx from."""
    path = keras_home() / "keras.json"
    with contextlib.suppress(OSError, ValueError, AttributeError):  # no file, no JSON, no object
        if json.loads(path.read_text(encoding="utf-8")).get("floatx") == floatx:
            return f'"floatx" in {path}'
    return "by keras.config.set_floatx"


settle()
