# ruff: noqa: E501
"""How far a picture is from the best legal fern: nearest of a catalogue, then Gauss-Newton."""

import numpy as np
from ferns import HIGH, LOW, draw, draw_factors

SPAN = HIGH - LOW


def into_rules(factors):
    """The nearest legal factors, or nearly: clip to the ranges, then give way to the joint rules."""
    f = np.clip(factors, LOW, HIGH)
    f[:, 2] = np.minimum(f[:, 2], 2.0 * f[:, 1])
    f[:, 5] = np.minimum(f[:, 5], 0.4 * f[:, 0])
    return f


class Judge:
    def __init__(self, n, rng, legal=True):
        self.factors = draw_factors(n, rng)
        self.flat = draw(self.factors).reshape(n, 784)
        self.squared = (self.flat**2).sum(1)

    def nearest(self, pictures, k=1):
        x = pictures.reshape(len(pictures), 784)
        d = self.squared[None] - 2 * x @ self.flat.T
        return np.argpartition(d, k - 1, axis=1)[:, :k]

    def fit(self, pictures, rounds=6, starts=1):
        """Best legal factors (n, 6), and squared error of the best fern per unit of its ink."""
        x = pictures.reshape(len(pictures), 784)
        best = np.full(len(x), np.inf)
        answer = np.zeros((len(x), 6))
        for column in self.nearest(pictures, starts).T:
            f = self.factors[column]
            damp = np.full(len(x), 1e-2)
            fern = draw(f).reshape(-1, 784)
            error = ((x - fern) ** 2).sum(1)
            for _ in range(rounds):
                step = 0.01 * SPAN
                slopes = np.stack(
                    [
                        (draw(f + step * e).reshape(-1, 784) - draw(f - step * e).reshape(-1, 784))
                        / 0.02
                        for e in np.eye(6)
                    ],
                    1,
                )
                a = slopes @ slopes.swapaxes(1, 2)
                b = np.einsum("nkp,np->nk", slopes, x - fern)
                scale = np.trace(a, axis1=1, axis2=2) / 6
                a = a + (damp * scale)[:, None, None] * np.eye(6)
                move = np.linalg.solve(a, b[..., None])[..., 0]
                trial = into_rules(f + SPAN * move)
                new = draw(trial).reshape(-1, 784)
                new_error = ((x - new) ** 2).sum(1)
                better = new_error < error
                f = np.where(better[:, None], trial, f)
                fern = np.where(better[:, None], new, fern)
                error = np.where(better, new_error, error)
                damp = np.where(better, damp / 3, damp * 5)
            gain = error < best
            best = np.where(gain, error, best)
            answer[gain] = f[gain]
        return answer, np.sqrt(best / (draw(answer).reshape(-1, 784) ** 2).sum(1))

    def distance_to_catalogue(self, pictures):
        x = pictures.reshape(len(pictures), 784)
        i = self.nearest(pictures)[:, 0]
        d = ((x - self.flat[i]) ** 2).sum(1)
        return np.sqrt(d / self.squared[i])
