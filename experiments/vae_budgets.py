"""The classic network of "The Fashion-MNIST VAE" and the recommended one, at equal CPU time.

Three trainings of a VAE with two latent dimensions and the ELBO as objective, all on the full
training set, scored by -ELBO in nats per image on all validation images:

- the classic convolutional network with the published optimiser: RMSprop, a constant rate of
  0.001, batches of 16; one run, scored each time that a budget is used up;
- the classic network with Adam, a rate that decays along a cosine to zero, and a batch size and a
  first rate chosen for it on validation images (see CLASSIC);
- the recommended dense network with Adam, the cosine and batches of 200.

The dense network begins at a rate of 0.001: at 0.002 a training of 37 passes exploded after about
twelve, with clipped gradients and without.

With the cosine every budget is a training of its own. A budget in CPU seconds becomes a number of
steps by timing a short training first; the CPU seconds that the training really took are stored.

About 390 CPU seconds a seed. Chapter: The Fashion-MNIST VAE.
"""

import keras

from course_utils import data, metrics, models, training

BUDGETS = (12, 50, 125)  # CPU seconds
DENSE_BUDGETS = BUDGETS[:2]  # less than the classic network gets
# The best of seven, by -ELBO on validation images after 40 CPU seconds of seed 0. First rate 0.002,
# batches of 16: 272; 32: 274; 50: 286; 200: 387. First rate 0.001, 16: 283; 50: 294; 200: 310.
CLASSIC = {"batch_size": 16, "learning_rate": 2e-3}
DENSE = {"batch_size": 200, "learning_rate": 1e-3}


def run(seed: int, toy: bool = False) -> dict:
    """Train and score every network at every budget.

    Args:
        seed: seed of weights, of the order of the images and of the noise.
        toy: a few steps on whatever images there are.

    Returns:
        For "classic, RMSprop", "classic, Adam" and "dense, Adam" the lists "cpu_seconds", "images"
        (seen in training), "nats" (-ELBO on validation images) and "standard_error" (over images),
        an entry for each budget.
    """
    clothes = data.load_fashion_mnist()
    x_train, x_val = clothes.x_train, clothes.x_val
    if toy:
        x_train, x_val = x_train[:800], x_val[:100]
    budgets = (0.2, 0.4) if toy else BUDGETS
    return {
        "classic, RMSprop": _constant_rate(x_train, x_val, budgets, seed),
        "classic, Adam": _cosine(models.conv_vae, CLASSIC, x_train, x_val, budgets, seed),
        "dense, Adam": _cosine(
            models.dense_vae, DENSE, x_train, x_val, budgets[: len(DENSE_BUDGETS)], seed
        ),
    }


def _adam(model, recipe, x_train, epochs, per_epoch):
    """Train with Adam and cosine decay; return CPU seconds by epoch."""
    steps = epochs * (per_epoch // recipe["batch_size"])
    schedule = keras.optimizers.schedules.CosineDecay(recipe["learning_rate"], steps)
    optimizer = keras.optimizers.Adam(schedule)
    return _fit(model, optimizer, recipe["batch_size"], x_train, epochs, per_epoch)


def _rmsprop(model, x_train, epochs, per_epoch, optimizer=None):
    """Train with the published optimiser; return CPU seconds by epoch."""
    optimizer = optimizer or keras.optimizers.RMSprop(1e-3)
    return _fit(model, optimizer, 16, x_train, epochs, per_epoch)


def _fit(model, optimizer, batch_size, x_train, epochs, per_epoch):
    history = training.fit(
        model,
        x_train,
        epochs=epochs,
        images_per_epoch=per_epoch,
        batch_size=batch_size,
        optimizer=optimizer,
    )
    return history.cpu_seconds


def _speed(seconds, per_epoch) -> tuple[float, float]:
    """CPU seconds before the first step (compiling), and for each image."""
    first, *_, last = seconds
    per_image = (last - first) / (per_epoch * (len(seconds) - 1))
    return max(0.0, first - per_image * per_epoch), per_image


def _constant_rate(x_train, x_val, budgets, seed) -> dict:
    """One run with the published optimiser, scored at every budget."""
    training.set_seed(seed)
    part = min(len(x_train), 2000)
    start, per_image = _speed(_rmsprop(models.conv_vae(), x_train, 2, part), part)
    counts = [max(16, int((budget - start) / per_image)) for budget in budgets]
    training.set_seed(seed)
    vae, optimizer = models.conv_vae(), keras.optimizers.RMSprop(1e-3)
    result, seconds = _empty(), 0.0
    for done, count in zip([0, *counts], counts):
        epochs, per_epoch = _split(max(16, count - done), len(x_train))
        seconds += _rmsprop(vae, x_train, epochs, per_epoch, optimizer)[-1]
        _add(result, vae, x_val, seconds, count)
    return result


def _cosine(build, recipe, x_train, x_val, budgets, seed) -> dict:
    """A training of its own for every budget."""
    training.set_seed(seed)
    dense = build is models.dense_vae  # long enough for the compiler that long trainings get
    part, epochs = min(len(x_train), 55_000 if dense else 2000), 4 if dense else 2
    start, per_image = _speed(_adam(build(), recipe, x_train, epochs, part), part)
    result = _empty()
    for budget in budgets:
        count = max(recipe["batch_size"], int((budget - start) / per_image))
        epochs, per_epoch = _split(count, len(x_train))
        training.set_seed(seed)
        vae = build()
        seconds = _adam(vae, recipe, x_train, epochs, per_epoch)
        _add(result, vae, x_val, seconds[-1], epochs * per_epoch)
    return result


def _split(count: int, most: int) -> tuple[int, int]:
    """Epochs, and images in each, for about `count` images in all."""
    epochs = max(1, -(-count // most))
    return epochs, max(1, count // epochs)


def _empty() -> dict:
    return {"cpu_seconds": [], "images": [], "nats": [], "standard_error": []}


def _add(result, vae, x_val, seconds, images) -> None:
    nats = -metrics.elbo_per_image(vae, x_val)
    result["cpu_seconds"].append(round(float(seconds), 1))
    result["images"].append(int(images))
    result["nats"].append(round(float(nats.mean()), 2))
    result["standard_error"].append(round(float(nats.std() / len(nats) ** 0.5), 2))
