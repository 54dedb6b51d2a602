# ruff: noqa: E501
"""Variations around a fern by codes and by distortions: plausible share against variety."""

import sys

import distort
import keras
import numpy as np
from ferns import draw, draw_factors
from judge import Judge

import course_utils.models  # noqa: F401  (registers the layers)

vae = keras.saving.load_model(sys.argv[1])
seen = draw(draw_factors(int(sys.argv[2]), np.random.default_rng(0)))
judge = Judge(20000, np.random.default_rng(10**6))
fresh = draw(draw_factors(1000, np.random.default_rng(10**6 + 1)))
tolerance = np.quantile(judge.distance_to_catalogue(fresh), 0.95)
forty, each = seen[:40], 4
rng = np.random.default_rng(5)
start = np.repeat(forty, each, axis=0)


def relative(x, y):
    return np.sqrt(((x - y) ** 2).sum((1, 2, 3)) / (y**2).sum((1, 2, 3)))


def tell(name, made):
    _, far = judge.fit(made, 4)
    groups = made.reshape(40, each, 784)
    apart = [
        np.linalg.norm(g[:, None] - g[None], axis=-1)[np.triu_indices(each, 1)].mean()
        for g in groups
    ]
    size = np.linalg.norm(start.reshape(-1, 784), axis=1).mean()
    print(
        f"{name:22} plausible {(far < tolerance).mean():.3f}  median {np.median(far):.3f}  "
        f"from the original {relative(made, start).mean():.3f}  between pairs {np.mean(apart) / size:.3f}"
    )


codes = vae.encode(seen[:4000])
middle, spread = codes.mean(0), np.linalg.cholesky(np.cov(codes.T) + 1e-6 * np.eye(codes.shape[1]))
z = np.repeat(vae.encode(forty), each, axis=0)
print(
    "tolerance",
    tolerance,
    "pairs of true ferns",
    relative(seen[:500], seen[500:1000]).mean() if len(seen) > 999 else "",
)
tell("reconstruction", vae.decode(z))
for s in (0.15, 0.3, 0.5, 0.7, 1.0):
    e = rng.standard_normal(z.shape) @ spread.T
    tell(f"codes, walk {s}", vae.decode(middle + np.sqrt(1 - s**2) * (z - middle) + s * e))
for s in (0.15, 0.3, 0.5, 0.7):
    other = vae.encode(seen)[rng.integers(len(seen), size=len(z))]
    tell(f"codes, mixing {s}", vae.decode((1 - s) * z + s * other))
if "short" not in sys.argv:
    for s in (0.15, 0.3, 0.5):
        tell(f"pixels, mixing {s}", distort.many(distort.mixing, start, s, rng, seen[..., 0]))
    for s in (0.03, 0.06, 0.1, 0.15):
        tell(f"affine {s}", distort.many(distort.affine, start, s, rng))
    for s in (0.25, 0.5, 0.75, 1.0, 1.5):
        tell(f"elastic {s}", distort.many(distort.elastic, start, s, rng))
    for s in (0.1, 0.2, 0.4):
        tell(f"brightness {s}", distort.many(distort.brightness, start, s, rng))
