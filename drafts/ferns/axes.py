# ruff: noqa: E501
"""Do the codes hold the generator's factors, and do single axes? And a walk that stays near codes."""

import sys

import distort
import keras
import numpy as np
from ferns import FACTORS, draw, draw_factors
from judge import SPAN, Judge
from sklearn.neighbors import KNeighborsRegressor, NearestNeighbors

import course_utils.models  # noqa: F401

vae = keras.saving.load_model(sys.argv[1])
factors = draw_factors(4000, np.random.default_rng(0))
seen = draw(factors)
new_factors = draw_factors(1000, np.random.default_rng(10**6 + 1))
fresh = draw(new_factors)
judge = Judge(20000, np.random.default_rng(10**6))
tolerance = np.quantile(judge.distance_to_catalogue(fresh), 0.95)
codes, new_codes = vae.encode(seen), vae.encode(fresh)
np.set_printoptions(precision=2, suppress=True, linewidth=150)


def r2(truth, guess):
    return 1 - ((truth - guess) ** 2).mean(0) / truth.var(0)


lin = np.linalg.lstsq(np.c_[codes, np.ones(4000)], factors, rcond=None)[0]
print("factors", FACTORS)
print("linear R2 from codes ", r2(new_factors, np.c_[new_codes, np.ones(1000)] @ lin))
near = KNeighborsRegressor(8, weights="distance").fit(codes, factors)
print("nearest-8 R2         ", r2(new_factors, near.predict(new_codes)))
pca_mean, pca = seen.reshape(4000, -1).mean(0), None
_, _, vt = np.linalg.svd(seen.reshape(4000, -1) - pca_mean, full_matrices=False)
p, q = ((x.reshape(len(x), -1) - pca_mean) @ vt[: codes.shape[1]].T for x in (seen, fresh))
print(
    "nearest-8 R2 of PCA  ",
    r2(new_factors, KNeighborsRegressor(8, weights="distance").fit(p, factors).predict(q)),
)
again = pca_mean + q @ vt[: codes.shape[1]]
error = np.sqrt(
    ((again - fresh.reshape(1000, -1)) ** 2).sum(1) / (fresh.reshape(1000, -1) ** 2).sum(1)
)
print(
    "PCA reconstruction error",
    np.median(error),
    "plausible",
    (judge.fit(again[:100].reshape(-1, 28, 28, 1), 4)[1] < tolerance).mean(),
)
print(
    "correlation of each axis (rows) with each factor\n",
    np.corrcoef(codes.T, factors.T)[: codes.shape[1], codes.shape[1] :],
)
z = new_codes[:60]
for name, turn in (
    ("axes", np.eye(codes.shape[1])),
    ("turned", np.linalg.qr(np.random.default_rng(1).standard_normal((codes.shape[1],) * 2))[0]),
):
    table = []
    for j in range(codes.shape[1]):
        step = 0.3 * turn[j]
        up, down = (judge.fit(vae.decode(z + sign * step), 4)[0] for sign in (1, -1))
        table.append(np.abs((up - down) / SPAN).mean(0))
    table = np.array(table)
    share = table**2 / (table**2).sum(1, keepdims=True)
    weight = (table**2).sum(1) / (table**2).sum()
    print(
        f"{name}: mean change of each factor (share of its range) for +-0.3\n",
        table,
        "\nlargest share, weighted",
        (share.max(1) * weight).sum(),
    )

rng = np.random.default_rng(5)
start = np.repeat(seen[:40], 4, axis=0)
book = NearestNeighbors(n_neighbors=2).fit(codes)
usual = np.quantile(book.kneighbors(codes)[0][:, 1], [0.5, 0.9])
middle, spread = codes.mean(0), np.linalg.cholesky(np.cov(codes.T))
z = np.repeat(codes[:40], 4, axis=0)


def tell(name, made):
    far = judge.fit(made, 4)[1]
    g = made.reshape(40, 4, -1)
    size = np.linalg.norm(start.reshape(160, -1), axis=1).mean()
    pairs = (
        np.mean(
            [np.linalg.norm(g[:, a] - g[:, b], axis=1).mean() for a in range(4) for b in range(a)]
        )
        / size
    )
    orig = np.sqrt(((made - start) ** 2).sum((1, 2, 3)) / (start**2).sum((1, 2, 3))).mean()
    print(
        f"{name:24} plausible {(far < tolerance).mean():.3f} median {np.median(far):.3f} from original {orig:.3f} pairs {pairs:.3f}"
    )


for limit_name, limit in (("0.5", usual[0]), ("0.9", usual[1])):
    for s in (0.3, 0.5, 0.7, 1.0):
        kept, todo = z.copy(), np.ones(len(z), bool)
        for _ in range(200):
            e = rng.standard_normal(z.shape) @ spread.T
            trial = middle + np.sqrt(1 - s**2) * (z - middle) + s * e
            ok = todo & (book.kneighbors(trial, 1)[0][:, 0] < limit)
            kept[ok], todo[ok] = trial[ok], False
        tell(f"walk {s} near {limit_name} left {todo.sum()}", vae.decode(kept))
for s in (0.02, 0.03, 0.06):
    tell(f"affine {s}", distort.many(distort.affine, start, s, rng))
for s in (0.25, 0.4, 0.6):
    tell(f"elastic {s}", distort.many(distort.elastic, start, s, rng))
for s in (1.0, 2.0):
    tell(
        f"elastic smooth 10, {s}",
        distort.many(lambda a, b, r: distort.elastic(a, b, r, 10.0), start, s, rng),
    )
