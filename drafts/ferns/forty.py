# ruff: noqa: E501
"""Forty ferns: a VAE on their distortions. And 4,000: the rivals may refuse, too; twins counted."""

import time

import distort
import keras
import numpy as np
from ferns import draw, draw_factors
from judge import Judge
from sklearn.neighbors import NearestNeighbors

from course_utils import models, training

seen = draw(draw_factors(4000, np.random.default_rng(0)))
judge = Judge(20000, np.random.default_rng(10**6))
fresh = draw(draw_factors(1000, np.random.default_rng(10**6 + 1)))
tolerance = np.quantile(judge.distance_to_catalogue(fresh), 0.95)
forty = seen[:40]
rng = np.random.default_rng(5)
start = np.repeat(forty, 4, axis=0)
unit = np.linalg.norm(seen.reshape(4000, -1), axis=1).mean()
flat = {
    n: NearestNeighbors(n_neighbors=2, algorithm="brute").fit(seen[:n].reshape(n, -1))
    for n in (40, 4000)
}
print("unit", unit, "tolerance", tolerance)
print(
    "fresh to the nearest of 40 and of 4000",
    [
        np.quantile(
            flat[n].kneighbors(fresh[:300].reshape(300, -1), 1)[0] / unit, [0.05, 0.5, 0.95]
        ).round(2)
        for n in (40, 4000)
    ],
)


def tell(name, made, extra=""):
    far = judge.fit(made, 4)[1]
    g = made.reshape(40, 4, -1)
    pairs = (
        np.mean(
            [np.linalg.norm(g[:, a] - g[:, b], axis=1).mean() for a in range(4) for b in range(a)]
        )
        / unit
    )
    near = [
        np.quantile(flat[n].kneighbors(made.reshape(160, -1), 1)[0] / unit, [0.05, 0.5]).round(2)
        for n in (40, 4000)
    ]
    print(
        f"{name:30} plausible {(far < tolerance).mean():.3f} median {np.median(far):.3f} pairs {pairs:.3f} nearest of 40 {near[0]} of 4000 {near[1]} {extra}"
    )


def walk(z, codes, s, limit, book, tries=200):
    middle, spread = (
        codes.mean(0),
        np.linalg.cholesky(np.cov(codes.T) + 1e-6 * np.eye(codes.shape[1])),
    )
    kept, todo, asked = z.copy(), np.ones(len(z), bool), 0
    for _ in range(tries):
        trial = (
            middle + np.sqrt(1 - s**2) * (z - middle) + s * rng.standard_normal(z.shape) @ spread.T
        )
        ok = todo & (book.kneighbors(trial, 1)[0][:, 0] < limit)
        asked += todo.sum()
        kept[ok], todo[ok] = trial[ok], False
        if not todo.any():
            break
    return kept, f"left {todo.sum()} accepted {(~todo).sum() / asked:.2f}"


def try_walks(name, vae, pictures, strengths):
    codes = vae.encode(pictures)
    book = NearestNeighbors(n_neighbors=2).fit(codes)
    limit = np.quantile(book.kneighbors(codes)[0][:, 1], 0.9)
    for s in strengths:
        kept, extra = walk(np.repeat(vae.encode(forty), 4, axis=0), codes, s, limit, book)
        tell(f"{name}, walk {s}", vae.decode(kept), extra)


try_walks("4000", keras.saving.load_model("/tmp/vae_4000_8.keras"), seen, (0.3, 0.5, 0.7, 1.0))
limit = np.quantile(flat[4000].kneighbors(seen[:1000].reshape(1000, -1))[0][:, 1], 0.9)
for how, strengths in ((distort.affine, (0.03, 0.06)), (distort.elastic, (0.3, 0.5))):
    for s in strengths:
        kept, todo, asked = start.copy(), np.ones(160, bool), 0
        for _ in range(20):
            where = np.flatnonzero(todo)
            trial = distort.many(how, start[where], s, rng)
            ok = flat[4000].kneighbors(trial.reshape(len(trial), -1), 1)[0][:, 0] < limit
            asked += len(where)
            kept[where[ok]], todo[where[ok]] = trial[ok], False
            if not todo.any():
                break
        tell(
            f"{how.__name__} {s}, may refuse",
            kept,
            f"left {todo.sum()} accepted {(~todo).sum() / asked:.2f}",
        )

training.set_seed(0)
many = np.concatenate(
    [distort.many(distort.affine, forty, 0.02, rng) for _ in range(50)]
    + [distort.many(distort.elastic, forty, 0.2, rng) for _ in range(50)]
)
vae = models.dense_vae(8, widths=(256, 256))
t = time.process_time()
training.fit(vae, many, epochs=60, batch_size=100, learning_rate=2e-3)
print("cpu", time.process_time() - t)
vae.save("/tmp/vae_40.keras")
tell("fresh ferns by the VAE of 40", vae.reconstruct(fresh[:160]))
tell("forty by the VAE of 40", vae.reconstruct(start))
try_walks("40 distorted", vae, many, (0.15, 0.3, 0.5, 1.0))
