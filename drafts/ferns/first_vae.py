"""A dense VAE on 4,000 ferns or on forty: train, save, and say what it reconstructs."""

import sys
import time

import numpy as np
from ferns import draw, draw_factors
from judge import Judge

from course_utils import models, training

n, epochs, latent_dim, beta = (
    int(sys.argv[1]),
    int(sys.argv[2]),
    int(sys.argv[3]),
    float(sys.argv[4]),
)
seed = training.set_seed(0)
rng = np.random.default_rng(seed)
factors = draw_factors(n, rng)
ferns = draw(factors)
vae = models.dense_vae(
    latent_dim, widths=(256, 256), sines=0 if "nosines" in sys.argv else 64, beta=beta
)
started = time.process_time()
history = training.fit(vae, ferns, epochs=epochs, batch_size=100, learning_rate=2e-3)
print(f"cpu {time.process_time() - started:.0f} s, loss {history.train[-1]:.1f}")
vae.save(f"/tmp/vae_{n}_{latent_dim}.keras")
judge = Judge(20000, np.random.default_rng(10**6))
fresh = draw(draw_factors(200, np.random.default_rng(10**6 + 1)))
tolerance = np.quantile(judge.distance_to_catalogue(fresh), 0.95)
print("tolerance", tolerance)
for name, x in (("seen", ferns[:200]), ("fresh", fresh)):
    again = vae.reconstruct(x)
    error = np.sqrt(((x - again) ** 2).sum((1, 2, 3)) / (x**2).sum((1, 2, 3)))
    _, far = judge.fit(again, 5)
    print(
        name,
        "error",
        np.quantile(error, [0.1, 0.5, 0.9]),
        "from the best fern",
        np.quantile(far, [0.1, 0.5, 0.9, 0.95]),
        (far < tolerance).mean(),
    )
drawn = vae.decode(rng.standard_normal((200, latent_dim)))
_, far = judge.fit(drawn, 5)
print("prior", np.quantile(far, [0.1, 0.5, 0.9, 0.95]), (far < tolerance).mean())
mean, log_var = vae.posterior(fresh)
print(
    "kl",
    (0.5 * (np.exp(log_var) + mean**2 - 1 - log_var)).mean(0).round(2),
    "std of means",
    mean.std(0).round(2),
)
