"""Training: seeded, with progress and the time left, on whatever device there is."""

import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import keras
import numpy as np
from tqdm import tqdm

from course_utils._checks import check_images, check_positive_int, check_seed
from course_utils._keras import check_precision

_DISPLAY_NAMES = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}


def set_seed(seed: int) -> int:
    """Seed Python, NumPy and Keras, so that a run on one CPU can be repeated bit by bit.

    The environment variable COURSE_SEED_OFFSET is added to the seed: `make evidence` repeats the
    chapters with it over several seeds. It returns the seed that was used. The seed, the offset and
    their sum must be whole numbers from 0 to 4294967295 (32 bits); else it raises ValueError.
    """
    offset = os.environ.get("COURSE_SEED_OFFSET", "0")
    if not offset.isdecimal():
        raise ValueError(
            f"COURSE_SEED_OFFSET must be a whole number of at least 0; got {offset!r}; unset it."
        )
    used = check_seed(check_seed(seed) + int(offset))
    keras.utils.set_random_seed(used)
    return used


def describe_device() -> str:
    """What Keras computes on, for example "TensorFlow on 2 CPU cores" or "JAX on 1 GPU"."""
    backend = _DISPLAY_NAMES.get(keras.backend.backend(), keras.backend.backend())
    accelerators = _accelerators()
    if accelerators:
        return f"{backend} on {len(accelerators)} {accelerators[0].split(':')[0].upper()}"
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{backend} on {cores} CPU core{'s' if cores != 1 else ''}"


def _accelerators() -> list[str]:
    return [name for name in keras.distribution.list_devices() if not name.startswith("cpu")]


@dataclass
class History:
    """What happened in training, one entry per epoch.

    `train` is the training loss, averaged over the epoch, `validation` the score of the validation
    data, if there are any. `cpu_seconds` is the CPU time spent in training up to the end of the
    epoch, over all cores and without validation, `wall_seconds` the same by the clock. `best_epoch`
    is the epoch (from 1) whose weights the model has now, `stopped` says why training ended.
    """

    train: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    wall_seconds: list[float] = field(default_factory=list)
    best_epoch: int = 0
    stopped: str = ""


def fit(
    model: keras.Model,
    x: np.ndarray,
    y: np.ndarray | None = None,
    *,
    epochs: int,
    batch_size: int = 200,
    learning_rate: float = 1e-3,
    loss: str | Callable | None = None,
    optimizer: keras.optimizers.Optimizer | None = None,
    validation: np.ndarray | tuple | Callable[[keras.Model], float] | None = None,
    patience: int | None = None,
    images_per_epoch: int | None = None,
    seed: int | None = None,
) -> History:
    """Train a model with Adam and a cosine-decayed learning rate, and show how long it takes.

    Every epoch visits the images in a new order. Interrupting (Ctrl-C, or the notebook's stop
    button) keeps the weights reached so far and returns the `History`, as the end does.

    Args:
        model: an `Autoencoder`, a `VAE`, or any Keras model.
        x: training inputs, shape (n, ...); images, (n, height, width, 1), are in [0, 1].
        y: training targets, shape (n, ...), as the model's output, or class numbers (n,) for a
            sparse loss; None for models that add their own loss, and for autoencoders, which get
            `x` itself when `loss` is given.
        epochs: the number of epochs; the learning rate is planned to reach zero after the last.
        batch_size: images per gradient step.
        learning_rate: where the cosine decay starts.
        loss: a Keras loss; None if the model adds its own, as a `VAE` does.
        optimizer: replaces Adam with cosine decay.
        validation: held-out images, a pair (x, y), or a function that scores the model; never
            the test set. Lower is better.
        patience: stop after so many epochs without a better score, and go back to the best weights.
        images_per_epoch: end an epoch early, after so many images, to look at the model more
            often; the next epoch goes on where this one ended.
        seed: seed of the order of the images; None follows `set_seed`.

    It raises ValueError if images are not in [0, 1], shapes do not fit, `patience` comes without
    `validation`, the model computes in half precision, or the loss is no longer finite.

    Source: Kingma & Ba 2015 (Adam); Loshchilov & Hutter 2017 (cosine decay).
    """
    check_precision(model)
    x, y = _check_arrays(model, x, y, loss)
    per_epoch = len(x) if images_per_epoch is None else images_per_epoch
    sizes = {"epochs": epochs, "batch_size": batch_size, "images_per_epoch": per_epoch}
    for name, value in {**sizes, **({} if patience is None else {"patience": patience})}.items():
        check_positive_int(value, name)
    if patience is not None and validation is None:
        raise ValueError("patience needs validation data to watch; pass validation=images.")
    score = _scorer(model, validation, loss, x)
    batch_size = min(batch_size, len(x))
    steps = max(1, min(per_epoch, len(x)) // batch_size)
    if optimizer is None:
        schedule = keras.optimizers.schedules.CosineDecay(learning_rate, epochs * steps)
        optimizer = keras.optimizers.Adam(schedule)
    model.compile(
        optimizer,
        loss=loss,
        jit_compile=_use_xla(model, num_images=epochs * steps * batch_size),
        steps_per_execution=min(50, steps),
    )
    history, best_weights, best_score = History(), None, np.inf
    batches = _batches(len(x), batch_size, random.getrandbits(32) if seed is None else seed)
    bar = tqdm(total=epochs, unit="epoch", desc=f"training on {describe_device()}", file=sys.stderr)
    try:
        for epoch in range(1, epochs + 1):
            wall, cpu = time.perf_counter(), time.process_time()
            indices = np.concatenate([next(batches) for _ in range(steps)])
            targets = None if y is None else y[indices]
            result = model.fit(
                x[indices], targets, batch_size=batch_size, epochs=1, shuffle=False, verbose=0
            )
            _append(history.cpu_seconds, time.process_time() - cpu)
            _append(history.wall_seconds, time.perf_counter() - wall)
            history.train.append(float(result.history["loss"][0]))
            history.best_epoch = epoch
            if not np.isfinite(history.train[-1]):
                raise ValueError(
                    f"the training loss became {history.train[-1]} in epoch {epoch}; lower the "
                    "learning rate, and check that the images are in [0, 1]."
                )
            shown = f"loss {history.train[-1]:.4g}"
            if score is not None:
                history.validation.append(score(model))
                shown += f", validation {history.validation[-1]:.4g}"
            bar.set_postfix_str(shown)
            bar.update()
            if patience is None:
                continue
            if history.validation[-1] < best_score:
                best_score, best_epoch = history.validation[-1], epoch
                best_weights = model.get_weights()
            elif epoch - best_epoch >= patience:
                history.stopped = f"no better validation score for {patience} epochs"
                break
        else:
            history.stopped = "all epochs done"
    except KeyboardInterrupt:
        history.stopped = "interrupted"
    finally:
        bar.close()
    if best_weights is not None:
        model.set_weights(best_weights)
        history.best_epoch = best_epoch
    return history


def _check_arrays(model, x, y, loss, prefix: str = ""):
    """Return inputs and targets as arrays that fit the model, or raise ValueError."""
    x = _check_images_among(x, f"{prefix}x")
    if x.ndim < 2 or len(x) == 0:
        raise ValueError(
            f"{prefix}x must hold images, shape (n, ...) with n >= 1, but it has {x.shape}."
        )
    if y is None:
        return x, (x if loss is not None else None)
    if loss is None:
        raise ValueError('y is a target without a loss to compare it; pass loss="mse" for example.')
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
    sparse = "sparse" in name.lower()  # class numbers are compared with one output for each class
    y = np.asarray(y) if sparse else _check_images_among(y, f"{prefix}y")
    if y.ndim == 0 or len(y) != len(x):
        raise ValueError(
            f"{prefix}x and {prefix}y must have the same length, but have {len(x)} and "
            f"{len(y) if y.ndim else 1}."
        )
    output = _output_shape(model, x)
    if output is not None:
        _check_targets(y, output, loss, sparse, f"{prefix}y")
    return x, y


def _check_images_among(x, name: str) -> np.ndarray:
    """Return x as an array: images and bytes must be in [0, 1], points and codes need not be."""
    x = np.asarray(x)
    if (len(x.shape[1:]) == 3 and x.shape[-1] == 1) or x.shape[1:] == (28, 28):
        return check_images(x, name, allow_any_size=True) if len(x) else x
    if x.dtype == np.uint8 and x.ndim > 1 and x.shape[-1] > 1 and x.size and x.max() > 1:
        raise ValueError(
            f"{name} must have pixel values in [0, 1]; got bytes up to {x.max()}; "
            "divide bytes by 255."
        )
    return x


def _check_targets(y, output: tuple, loss, sparse: bool, name: str) -> None:
    """Raise ValueError if targets would be broadcast against the output, as labels would be."""
    expected = output[:-1] if sparse else output
    # Keras adds a last axis of one, or takes it away, and that does no harm.
    given, wanted = (s[1:-1] if len(s) > 1 and s[-1] == 1 else s[1:] for s in (y.shape, expected))
    if len(given) == len(wanted) and all(w in (None, g) for w, g in zip(wanted, given)):
        return
    if not isinstance(loss, (str, keras.losses.Loss)) and (given != () or len(output) < 3):
        return  # a function may compare what it likes, but hardly one number with an image
    if sparse:
        raise ValueError(f"{name} must hold one class number for each output; got {y.shape}.")
    sizes = ", ".join("any" if size is None else str(size) for size in expected[1:])
    raise ValueError(
        f"{name} must have the shape (n, {sizes}) of what the model returns; got {y.shape}, "
        "which would be broadcast silently; leave it out for an autoencoder, whose target is x."
    )


def _output_shape(model, x) -> tuple | None:
    """Return the shape of a model's output; None where it has several or is no model of Keras."""
    if not isinstance(model, keras.Model):
        return None
    parts = (model, getattr(model, "decoder", None))
    shape = next(filter(None, (getattr(part, "output_shape", None) for part in parts)), None)
    if shape is None:  # ask by an example
        shape = getattr(model(x[:1], training=False), "shape", None)
    is_one = shape is not None and all(size is None or isinstance(size, int) for size in shape)
    return tuple(shape) if is_one else None


def _scorer(model, validation, loss, x) -> Callable[[keras.Model], float] | None:
    """Return a function that scores a model by validation data, if they fit it like x."""
    if validation is None or callable(validation):
        return validation
    pair = validation if isinstance(validation, tuple) else (validation, None)
    if len(pair) != 2:
        raise ValueError(f"validation must be images or a pair (x, y); got {len(pair)} arrays.")
    held_out = _check_arrays(model, *pair, loss, "the validation's ")
    if held_out[0].ndim != x.ndim:
        raise ValueError(
            f"validation must hold images like x, shape {x.shape}; got {held_out[0].shape}; "
            "pass a tuple (x, y) for a pair."
        )
    options = {"batch_size": 1000, "verbose": 0, "return_dict": True}
    return lambda model: float(model.evaluate(*held_out, **options)["loss"])


def _append(total: list[float], value: float) -> None:
    total.append(value + (total[-1] if total else 0.0))


def _batches(count: int, batch_size: int, seed: int):
    """Endless batches of indices, in every pass each image once; what is left over is left out."""
    generator = np.random.default_rng(seed)
    while True:
        order = generator.permutation(count)
        for start in range(0, count - batch_size + 1, batch_size):
            yield order[start : start + batch_size]


def _use_xla(model: keras.Model, num_images: int) -> bool | str:
    """XLA speeds long trainings of dense networks up on a CPU; convolutions are slower with it."""
    if keras.backend.backend() != "tensorflow" or _accelerators():
        return "auto"
    has_convolutions = any("Conv" in type(layer).__name__ for layer in model._flatten_layers())
    return num_images > 200_000 and not has_convolutions
