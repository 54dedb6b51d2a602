"""Questions for homework and exams: complete, outside the book, and their answers recomputed here.

Each number of the key is computed once more, where that is possible by another way than the key's:
by drawing, by a sum over all cases or on a grid.
"""

import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy import integrate, optimize, stats

from tools import toc

FOLDER = toc.ROOT / "teachers"
QUESTION = re.compile(
    r"(?m)^### (?P<name>.+? \d): (?P<title>.+) "
    r"\((?P<level>easy|medium|hard), (?P<minutes>\d+) minutes, (?P<points>\d+) points\)$"
)
LN2 = math.log(2)


def entries(text: str) -> dict[str, str]:
    """Return the text under each heading of the third level, by its name."""
    parts = re.split(r"(?m)^### ", text.replace("\n## ", "\n### (chapter) "))[1:]
    found = {}
    for part in parts:
        head, _, body = part.partition("\n")
        if not head.startswith("(chapter)"):
            found[re.match(r".+? \d(?=:|$)", head)[0]] = body
    return found


QUESTIONS = (FOLDER / "questions.md").read_text(encoding="utf-8")
KEY = entries((FOLDER / "answer_key.md").read_text(encoding="utf-8"))
TITLES = {found["name"]: found for found in QUESTION.finditer(QUESTIONS)}


def wrong_entries(questions: str, key: dict[str, str]) -> list[str]:
    """Return what is wrong with the form of questions and key."""
    titles = {found["name"]: found for found in QUESTION.finditer(questions)}
    wrong = [f"{name} has no answer" for name in titles if name not in key]
    wrong += [f"{name} is not asked" for name in key if name not in titles]
    wrong += [f"{line} has no form" for line in re.findall(r"(?m)^### (.*)$", questions)
              if not QUESTION.match(f"### {line}")]  # fmt: skip
    for name in titles.keys() & key.keys():
        text = " ".join(key[name].split())
        marks = re.search(r"\*\*Points\.\*\* (.*?)\*\*Wrong\.\*\*", text)
        given = sum(map(int, re.findall(r"(\d) for ", marks[1]))) if marks else 0
        if given != int(titles[name]["points"]):
            wrong.append(f"{name}: the key gives {given} points")
        if "**Answer.**" not in text or len(text.partition("**Wrong.**")[2]) < 40:
            wrong.append(f"{name} lacks an answer or a wrong one")
    return sorted(wrong)


def test_every_question_has_an_answer_points_and_wrong_answers() -> None:
    assert wrong_entries(QUESTIONS, KEY) == []
    broken = {**KEY, "Denoising 1": KEY["Denoising 1"].replace("1 for", "2 for", 1)}
    del broken["Denoising 2"]
    assert wrong_entries(QUESTIONS, broken) == [
        "Denoising 1: the key gives 4 points",
        "Denoising 2 has no answer",
    ]


def test_every_chapter_has_questions_of_several_levels() -> None:
    chapters = re.split(r"(?m)^## ", QUESTIONS)[1:]
    links = [re.match(r"\[.+?\]\(\.\./(chapters/\w+\.ipynb)\)", one) for one in chapters]
    assert [Path(link[1]) for link in links] == toc.notebooks()
    for one in chapters:
        levels = [found["level"] for found in QUESTION.finditer(one)]
        assert len(levels) >= 3 and {"easy", "hard"} <= set(levels), one[:60]


def test_the_key_is_not_in_the_students_book(build: tuple[Path, str]) -> None:
    config = yaml.safe_load((toc.ROOT / "_config.yml").read_text("utf-8"))
    assert "teachers" in config["exclude_patterns"]
    assert not [page for page in toc.pages() if page.startswith("teachers")]
    folder = build[0]
    assert not [path for path in folder.rglob("*") if "answer_key" in path.name]
    assert "answer_key" not in (folder / "searchindex.js").read_text("utf-8")


# The numbers


def normal(function: Callable, mean: float = 0.0, sd: float = 1.0) -> float:
    """Return the mean of a function of a normal number, by quadrature."""
    area = integrate.quad(
        lambda z: function(z) * stats.norm.pdf(z, mean, sd), mean - 12 * sd, mean + 12 * sd,
        points=[mean], limit=500,
    )  # fmt: skip
    return area[0]


def kl_discrete(q: np.ndarray, p: np.ndarray) -> float:
    """Return the KL divergence of two lists of probabilities."""
    return float(np.sum(np.where(q > 0, q * np.log(np.where(q > 0, q / p, 1)), 0)))


def kl_normals(mean: float, sd: float) -> float:
    """Return the divergence of a normal from the standard normal, by quadrature."""
    q, p = stats.norm(mean, sd), stats.norm()
    return normal(lambda z: q.logpdf(z) - p.logpdf(z), mean, sd)


def compression_2() -> list[str]:
    # The rank of the map from weights to reconstructions, small, then the formula it confirms.
    def rank(n: int, k: int) -> int:
        rng = np.random.default_rng(0)
        sizes = [(k, n), (k, 1), (n, k), (n, 1)]
        theta = rng.normal(size=sum(a * b for a, b in sizes))
        x = rng.normal(size=(n, 50))

        def output(v: np.ndarray) -> np.ndarray:
            parts, start = [], 0
            for a, b in sizes:
                parts.append(v[start : start + a * b].reshape(a, b))
                start += a * b
            encoder, bias, decoder, offset = parts
            return (decoder @ (encoder @ x + bias) + offset).ravel()

        columns = [
            (output(theta + 1e-5 * e) - output(theta - 1e-5 * e)) / 2e-5 for e in np.eye(len(theta))
        ]
        return int(np.linalg.matrix_rank(np.array(columns), tol=1e-5))

    def formula(n: int, k: int) -> tuple[int, int]:
        return 2 * n * k + k + n, k * k + k

    for n, k in ((5, 2), (6, 3)):
        total, free = formula(n, k)
        assert rank(n, k) == total - free
    total, free = formula(784, 8)
    return [f"{total:,}", f"{free}", f"{total - free:,}"]


def compression_3() -> list[str]:
    decoder, codes = 4 * (64 * 784 + 784), 10_000 * 64 * 6 // 8
    many = next(n for n in range(1, 10_000) if 48 * n > decoder)
    ratio = 7_840_000 / (decoder + codes)
    return [f"{decoder:,}", f"{codes:,}", f"{ratio:.1f}", f"{many:,}"]


def compression_4() -> list[str]:
    angles = np.linspace(0, 2 * np.pi, 100_000, endpoint=False)
    points = np.stack([np.cos(angles), np.sin(angles)])
    return [f"{np.linalg.eigvalsh(np.cov(points))[0]:.2f}"]


def denoising_2() -> list[str]:
    x, p = 0.25, 0.2
    textbook = p * np.mean([(v - x) ** 2 for v in (0, 1)])
    beta = stats.beta(0.5, 0.5)
    course = p * beta.expect(lambda v: (v - x) ** 2)
    return [f"{textbook:.4f}", f"{course:.4f}", f"{p * np.mean([0 - x, 1 - x]):.2f}"]


def denoising_3() -> list[str]:
    both = 2 * stats.binom.sf(4, 9, 0.1)
    dark = stats.binom.sf(4, 9, 0.2)
    return [f"{100 * both:.2f} %", f"{100 * dark:.1f} %", f"{dark / both:.0f}"]


def denoising_4() -> list[str]:
    grid = np.linspace(0, 1, 100_001)
    square = 0.7 * grid**2 + 0.3 * (1 - grid) ** 2
    best, middle = grid[np.argmin(square)], grid[np.argmin(0.7 * grid + 0.3 * (1 - grid))]
    return [f"{best:.1f}", f"{middle:.0f}", f"{square.min():.2f}", f"{square[0]:.2f}"]


def documents_1() -> list[str]:
    # Which inputs move one output of a network whose weights are all one?
    def output(x: np.ndarray) -> float:
        for _ in range(3):
            x = np.convolve(x, np.ones(3), "same")
        x = x[0::2] + x[1::2]
        for _ in range(2):
            x = np.convolve(x, np.ones(3), "same")
        return x[len(x) // 2]

    return [str(sum(output(e) > 0 for e in np.eye(64)))]


def documents_2() -> list[str]:
    height, width = (next(n for n in range(side, side + 16) if n % 16 == 0) for side in (1000, 700))
    tiles = math.ceil(height / 128) * math.ceil(width / 128)
    return [f"{height:,} by {width}", str(tiles), f"{tiles * 256**2 / (height * width):.1f}"]


def documents_3() -> list[str]:
    alone = math.comb(495, 95) / math.comb(499, 99)
    return [f"{100 * (1 - alone):.2f} %"]


def documents_4() -> list[str]:
    seen = 0.6 * 0.2 + 0.4
    restored = 1 - (1 - seen) / 0.6
    return [f"{seen:.2f}", f"{1 - seen:.2f}", f"{1 / 0.6:.2f}", f"{restored:.1f}"]


def sparse_1() -> list[str]:
    grid = np.linspace(-2, 2, 40_001)
    best = [grid[np.argmin((x - grid) ** 2 + 0.4 * abs(grid))] for x in (0.15, -0.5, 1.0)]
    zero = [
        lam for lam in (1.9, 2.0) if abs(grid[np.argmin((1 - grid) ** 2 + lam * abs(grid))]) < 1e-6
    ]
    return [f"{best[1]:.1f}".replace("-", "−"), f"{best[2]:.1f}", f"{zero[0]:.0f}"]


def sparse_2() -> list[str]:
    def cost(mean: float) -> float:
        return kl_discrete(np.array([0.05, 0.95]), np.array([mean, 1 - mean]))

    return [f"{cost(0.2):.3f}", f"{cost(0.01):.3f}"]


def sparse_3() -> list[str]:
    bits = math.log2(math.comb(512, 16))
    total = math.ceil(bits) + 16 * 8
    return [f"{bits:.1f}", str(total), str(total // 8)]


def sparse_4() -> list[str]:
    found = optimize.minimize_scalar(lambda a: 2 / a + a**2, bounds=(0.1, 10), method="bounded")
    double = optimize.minimize_scalar(lambda a: 4 / a + a**2, bounds=(0.1, 10), method="bounded")
    return [f"{found.x:.0f}", f"{found.fun:.0f}", f"{double.fun / found.fun:.2f}"]


def reading_2() -> list[str]:
    def share(top: float) -> float:
        a, b = stats.norm(0, 1), stats.norm(0.5, 1)
        cut = optimize.brentq(lambda t: a.sf(t) + b.sf(t) - 2 * top, -5, 8)
        return b.sf(cut) / (a.sf(cut) + b.sf(cut))

    return [f"{share(0.5):.2f}", f"{share(0.02):.2f}"]


def reading_3() -> list[str]:
    rng = np.random.default_rng(0)
    atoms = rng.normal(size=(6_000, 9, 64))
    atoms /= np.linalg.norm(atoms, axis=2, keepdims=True)
    cosines = np.einsum("nd,nkd->nk", atoms[:, 0], atoms[:, 1:])
    three, eight = cosines[:, :3].sum(1), cosines.sum(1)
    assert abs(three.std() - math.sqrt(3) / 8) < 0.006 and abs(eight.std() - 8**0.5 / 8) < 0.01
    alarms = [stats.norm.sf(0.5, scale=math.sqrt(k) / 8) for k in (3, 8)]
    assert abs(np.mean(three > 0.5) - alarms[0]) < 0.006
    assert abs(np.mean(eight > 0.5) - alarms[1]) < 0.012
    return ["0.125", "0.22", "0.35", f"{100 * alarms[0]:.0f} %", f"{100 * alarms[1]:.0f} %"]


def reading_4() -> list[str]:
    mean = math.gamma(32) / (math.sqrt(math.pi) * math.gamma(32.5))
    rng = np.random.default_rng(0)
    drawn = rng.normal(size=(20_000, 64))
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    assert abs(abs(drawn[:, 0]).mean() - mean) < 0.002
    return [f"{mean:.2f}", f"{2 * mean:.1f}"]


def contractive_1() -> list[str]:
    def slope(h: float) -> float:
        a = math.log(h / (1 - h))
        s = [1 / (1 + math.exp(-(a + d))) for d in (1e-5, -1e-5)]
        return ((s[0] - s[1]) / 2e-5) ** 2 * 16

    return [f"{slope(0.9):.3f}", f"{slope(0.5):.0f}"]


def contractive_2() -> list[str]:
    jacobian = np.diag([3, 0.1])
    moved = [np.trace(jacobian @ np.diag(c) @ jacobian.T) for c in ((0.01, 1), (0.505, 0.505))]
    return [f"{moved[0]:.2f}", f"{moved[1]:.2f}"]


def contractive_3() -> list[str]:
    found = optimize.minimize_scalar(lambda w: 4 * (1 - w) ** 2 + w**2)
    return [f"{found.x:.1f}", f"{found.fun:.1f}"]


def contractive_4() -> list[str]:
    rng = np.random.default_rng(0)
    spreads = []
    for values in (np.ones(9), np.array([3.0])):
        drawn = ((values * rng.normal(size=(400_000, len(values)))) ** 2).sum(1)
        assert abs(drawn.mean() - 9) < 0.1
        exact = math.sqrt(2 * np.sum(values**4)) / 9
        assert abs(drawn.std() / 9 - exact) < 0.02
        spreads.append(f"{exact:.2f}")
    return spreads


def score_1() -> list[str]:
    # The best denoiser as a mean over the posterior, on a grid.
    z = np.linspace(-30, 30, 60_001)
    weight = stats.norm.pdf(z, 0, 2) * stats.norm.pdf(5 - z)
    arrow = np.sum(z * weight) / np.sum(weight) - 5
    return [f"{arrow:.0f}".replace("-", "−"), f"{-5 / 4:.2f}".replace("-", "−")]


def score_2() -> list[str]:
    def score(x: float, sigma: float) -> float:
        weights = stats.norm.pdf(x, [-1, 1], sigma)
        return (np.dot(weights, [-1, 1]) / weights.sum() - x) / sigma**2

    for x in (0.2, 0.7, 1.5):
        assert score(x, 1) < 0  # no other zero
    zero = optimize.brentq(lambda x: score(x, 0.5), 0.1, 2)
    return [f"{score(0.5, 1):.3f}".replace("-", "−"), f"{zero:.3f}"]


def score_3() -> list[str]:
    rng = np.random.default_rng(0)
    z = rng.normal(0, 2, 400_000)
    x = z + rng.normal(size=z.size)
    error = np.mean((z - x * np.dot(z, x) / np.dot(x, x)) ** 2)
    assert abs(error - 0.8) < 0.01
    return ["0.8"]


def score_4() -> list[str]:
    def variance(step: float) -> float:
        v = 0.0
        for _ in range(2000):
            v = (1 - step) ** 2 * v + 2 * step
        return v

    assert variance(2.1) > 1e6
    return [f"{variance(0.1):.3f}", f"{variance(1.0):.0f}"]


def plain_1() -> list[str]:
    scale = np.array([2, 0.1])
    distances = [np.linalg.norm(np.array(p) / scale) for p in ((1, 0), (0, 0.3))]
    return [f"{distances[0]:.1f}", f"{distances[1]:.0f}"]


def plain_2() -> list[str]:
    rng = np.random.default_rng(0)
    codes = np.concatenate([rng.normal(size=(2000, 2)), 50 + rng.normal(size=(1000, 2))])
    labels = np.repeat([0, 1, 2], 1000)
    order = np.argsort(((codes[:300, None] - codes) ** 2).sum(2), axis=1)[:, 1:11]
    mixed = (labels[order] == labels[:300, None]).mean()
    assert abs(mixed - 0.5) < 0.03
    return [f"{(0.5 + 0.5 + 1) / 3:.2f}"]


def plain_3() -> list[str]:
    errors = [math.sqrt(0.25 / n) for n in (400, 40)]
    return [
        *(f"{e:.3f}" for e in errors),
        *(f"{0.2 / e:.1f}" for e in errors),
        f"{2 * 0.7 - 1:.1f}",
    ]


def plain_4() -> list[str]:
    norms = stats.chi2(16)
    few, many = norms.cdf(4), stats.chi2(2).cdf(4)
    return [f"{100 * many:.0f} %", f"{100 * few:.1f} %", f"{math.sqrt(norms.median()):.1f}"]


def elbo_1() -> list[str]:
    joint = 0.5 * np.array([0.2, 0.6])
    q = np.array([0.5, 0.5])
    elbo, evidence = np.sum(q * np.log(joint / q)), np.log(joint.sum())
    assert math.isclose(evidence - elbo, kl_discrete(q, joint / joint.sum()))
    return [f"{v:.3f}".replace("-", "−") for v in (evidence, elbo)] + [f"{evidence - elbo:.3f}"]


def elbo_2() -> list[str]:
    wide, narrow = kl_normals(0, 2), kl_normals(0, 0.5)
    mean = optimize.brentq(lambda m: kl_normals(m, 1) - wide, 0.5, 3, xtol=1e-3)
    return [f"{wide:.3f}", f"{narrow:.3f}", f"{mean:.2f}"]


def elbo_3() -> list[str]:
    hits = stats.binom(50, 0.1)
    return [f"{100 * hits.pmf(0):.1f} %", f"{hits.median():.0f}"]


def elbo_4() -> list[str]:
    exact = np.array([[1, 0.6], [0.6, 1]])

    def gap(v: float) -> float:
        s = v * np.eye(2)
        sign = np.linalg.slogdet(exact)[1] - np.linalg.slogdet(s)[1]
        return 0.5 * (np.trace(np.linalg.solve(exact, s)) - 2 + sign)

    found = optimize.minimize_scalar(gap, bounds=(0.05, 2), method="bounded")
    return [f"{found.x:.2f}", f"{found.fun:.3f}"]


def reparameterization_1() -> list[str]:
    variance = normal(lambda e: (2 * (1 + 0.5 * e)) ** 2) - 4
    return ["2", f"{normal(lambda e: 2 * (1 + 0.5 * e) * e):.0f}", f"{variance:.0f}"]


def score_variance(baseline: float) -> float:
    """Return the variance of the score function's estimate in question 2, by quadrature."""
    return normal(lambda e: (((1 + 0.5 * e) ** 2 - baseline) * e / 0.5) ** 2) - 4


def reparameterization_2() -> list[str]:
    return [f"{score_variance(0):.2f}", "22"]


def reparameterization_3() -> list[str]:
    best = optimize.minimize_scalar(score_variance, bounds=(0, 4), method="bounded")
    return [f"{best.x:.2f}", f"{best.fun:.1f}", f"{score_variance(1.25):.1f}"]


def reparameterization_4() -> list[str]:
    def slope(z: float, tau: float) -> float:
        return 1 / (4 * tau * math.cosh(min(abs(z) / (2 * tau), 300)) ** 2)

    def variance(tau: float) -> float:
        return (
            normal(lambda z: slope(z, tau) ** 2, 0, 2) - normal(lambda z: slope(z, tau), 0, 2) ** 2
        )

    exact = (stats.norm.cdf(1e-4, 0, 2) - stats.norm.cdf(-1e-4, 0, 2)) / 2e-4
    return [f"{exact:.3f}", f"{variance(0.1):.2f}", f"{variance(0.05):.2f}"]


def fashion_1() -> list[str]:
    least = 392 * LN2
    return [f"{least:.1f}", f"{290 - least:.1f}"]


def fashion_2() -> list[str]:
    nats = kl_normals(1.5, 0.2)
    return [f"{nats:.2f}", f"{nats / LN2:.2f}"]


def fashion_3() -> list[str]:
    alone, paired = 90 / 100, 12 / 100
    return [f"{alone:.1f}", f"{paired:.2f}", f"{0.8 / paired:.1f}"]


def fashion_4() -> list[str]:
    means = np.sqrt(0.9) * stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    rate = np.mean(0.5 * (means**2 + 0.1 - 1 - math.log(0.1)))
    assert abs(rate - 0.5 * math.log(1 + 0.9 / 0.1)) < 1e-3
    return ["0.9", f"{rate:.2f}"]


def beyond_1() -> list[str]:
    return ["100", "98", f"{(88 - 80) / (20 - 10):.1f}"]


def beyond_2() -> list[str]:
    # One axis of the linear VAE: code N(m, s), picture N(w z, noise), both fitted by a search.
    def rate(value: float, beta: float, noise: float = 0.5) -> float:
        def loss(v: np.ndarray) -> float:
            w, a, s = v[0], v[1], math.exp(v[2])
            error = value * (1 - w * a) ** 2 + w**2 * s
            return error / (2 * noise) + beta * 0.5 * (a**2 * value + s - 1 - v[2])

        best = min((optimize.minimize(loss, x, tol=1e-12) for x in ((1, 1, -1), (0.1, 0.1, 0))),
                   key=lambda one: one.fun)  # fmt: skip
        _, a, t = best.x
        return 0.5 * (a**2 * value + math.exp(t) - 1 - t)

    rates = {beta: [rate(value, beta) for value in (5, 2, 0.8, 0.3)] for beta in (1, 2)}
    counts = [sum(r > 0.01 for r in rates[beta]) for beta in (1, 2)]
    return [str(counts[0]), str(counts[1]), f"{sum(rates[1]):.2f}"]


def beyond_3() -> list[str]:
    code = 1600 / (784 * LN2)
    weights = 500_000 * 32 / (10_000 * 784)
    many = next(n for n in range(1, 10**6) if code + 500_000 * 32 / (n * 784) < 4)
    return [f"{code:.2f}", f"{weights:.2f}", f"{code + weights:.2f}", f"{many:,}"]


def beyond_4() -> list[str]:
    rng = np.random.default_rng(0)
    weights = np.exp(rng.normal(-0.5, 1, (20_000, 100)))
    gap = -np.log(weights.mean(1)).mean()
    predicted = (math.e - 1) / 200
    assert abs(gap / predicted - 1) < 0.15
    return ["0.5", f"{predicted:.4f}", f"{math.ceil((math.e - 1) / 0.02)}"]


def ordering_1() -> list[str]:
    # In one dimension the distance compares quantiles.
    levels = (np.arange(200_000) + 0.5) / 200_000
    gap = np.mean((stats.norm.ppf(levels) - stats.norm.ppf(levels, 1, 2)) ** 2)
    return [f"{gap:.1f}".removesuffix(".0")]


def ordering_2() -> list[str]:
    limit, slope = np.linalg.solve([[1, 1 / 1000], [1, 1 / 2000]], [5, 4])
    return [f"{limit:.0f}", f"{limit + slope / 4000:.1f}"]


def ordering_4() -> list[str]:
    copied = 2 * 0.62 - 1
    error = 2 * math.sqrt(0.62 * 0.38 / 400)
    return ["0.025", f"{0.12 / 0.025:.1f}", f"{copied:.2f}", f"{1.96 * error:.2f}"]


def finding_1() -> list[str]:
    normal, odd = np.array([0.1, 0.2, 0.4, 0.5]), np.array([0.3, 0.6, 0.7])
    return [f"{(odd[:, None] > normal).mean():.2f}", f"{(odd > normal.max()).mean():.2f}"]


def finding_2() -> list[str]:
    bad = np.arange(10_000) < 20
    flagged = np.where(bad, 0.8, 0.02)
    right = flagged[bad].sum() / flagged.sum()
    return [f"{flagged.sum():.0f}", f"{right:.1%}".replace("%", " %"), f"{16 / 9980:.2%}"[:-1]]


def finding_3() -> list[str]:
    # The rate of a threshold is the share of uniform scores above it.
    place = math.ceil(200 * 0.95)
    rng = np.random.default_rng(0)
    rates = 1 - np.sort(rng.random((20_000, 199)), axis=1)[:, place - 1]
    enough = next(n for n in range(1, 2000) if math.ceil((n + 1) * 0.999) <= n)
    return [f"{place}th", f"{rates.mean():.2f}", f"{rates.std():.3f}", str(enough)]


def finding_4() -> list[str]:
    usual, short = stats.chi2(784), 784 / 4
    far = (usual.mean() - short) / usual.std()
    nats = [f"{usual.mean() / 2:.0f}", f"{(usual.mean() - short) / 2:.0f}"]
    return [*nats, f"{usual.std():.1f}", f"{far:.1f}"]


def prior_1() -> list[str]:
    # Among clean codes at the guess, those whose noise leads to 3.0: two steps up, then condition.
    rng = np.random.default_rng(0)
    low = 1.0 + rng.normal(size=4_000_000)
    low = low[abs(low + math.sqrt(3) * rng.normal(size=low.size) - 3.0) < 0.05]
    assert abs(low.mean() - 1.5) < 0.01 and abs(low.std() - math.sqrt(0.75)) < 0.01
    return ["1.50", f"{math.sqrt(0.75):.2f}"]


def prior_2() -> list[str]:
    def nats(low: float, high: float, error: float) -> float:
        # Two normals of one variance, whose means differ as the guess and the code do.
        keep = (low / high) ** 2
        return (1 - keep) ** 2 * error / (2 * low**2 * (1 - keep))

    costs = [nats(0.4, 0.8, 0.9), nats(0.2, 0.4, 0.5)]
    better = nats(0.4, 0.8, 0.6) + nats(0.2, 0.4, 0.2)
    return [f"{cost:.2f}" for cost in [*costs, better]]


def prior_3() -> list[str]:
    found = []
    for sigma in (1, 0.5):

        def log_density(x: float, sigma: float = sigma) -> float:
            return math.log(stats.norm.pdf(x, 1, sigma) + stats.norm.pdf(x, -1, sigma))

        score = (log_density(0.5 + 1e-5) - log_density(0.5 - 1e-5)) / 2e-5
        found += [f"{0.5 + sigma**2 * score:.2f}", f"{score:.2f}".replace("-", "−")]
    return found


def prior_4() -> list[str]:
    one = 32 + len(np.tril_indices(32)[0])
    entries = sum(range(1, 4 * 64 * 64 + 1))
    return [f"{50 * one + 49:,}", f"{entries:,}", f"{4 * entries / 1e9:.2f}"]


def symbols_1() -> list[str]:
    stored = 32 * 32 * len(f"{1023:b}") // 8
    picture = 256 * 256 * 3
    return [f"{8 * stored:,}", f"{stored:,}", f"{picture:,}", f"{picture / stored:.1f}"]


def symbols_2() -> list[str]:
    count, total = 4.0, 8.0
    for batch in ([1.0, 3.0, 5.0], *10 * [[]]):
        count = 0.9 * count + 0.1 * len(batch)
        total = 0.9 * total + 0.1 * sum(batch)
        assert abs(total / count - 8.1 / 3.9) < 1e-9
    return [f"{total / count:.2f}", f"{count:.2f}"]


def symbols_3() -> list[str]:
    entropy = stats.entropy([4, 2, 1, 1], base=2)
    return [f"{entropy:.2f}", f"{2**entropy:.2f}", "98", f"{49 * entropy:.2f}"]


def symbols_4() -> list[str]:
    z = np.linspace(-1, 1, 2_000_001)

    def loss(m: float, width: float) -> float:
        return np.mean((width * np.round((z + m) / width) - 1.3) ** 2)

    found = []
    for width in (2, 4):
        true = (loss(0.41, width) - loss(0.39, width)) / 0.02
        through = 2 * np.mean(width * np.round((z + 0.4) / width) - 1.3)
        found += [f"{true:.2f}", f"{through:.2f}"]
    return [text.replace("-0.00", "0.00").replace("-", "−") for text in found]


def meadow_1() -> list[str]:
    kept, spread = math.sqrt(1 - 0.6**2), 0.6 * 1.5
    settled = spread / math.sqrt(1 - kept**2)
    wrong = spread / math.sqrt(1 - 0.4**2)
    return [f"{x:.2f}" for x in (2 + kept * 3, spread, settled, wrong)]


def meadow_2() -> list[str]:
    a, b = np.interp(0.4, [0.2, 0.6], [0.95, 0.55]), np.interp(0.4, [0.3, 0.5], [0.95, 0.75])
    error = math.sqrt((a * (1 - a) + b * (1 - b)) / 200)
    return [f"{a:.2f}", f"{b:.2f}", f"{error:.3f}", f"{(b - a) / error:.1f}"]


def meadow_3() -> list[str]:
    def drawn(f: float) -> np.ndarray:
        return np.array([f, f * f])

    picture, slope = np.array([1.2, 0.8]), np.array([1.0, 2.0])
    towards, normal = slope @ (picture - drawn(1.0)), slope @ slope
    steps = [1 + towards / (normal + damping) for damping in (0, 5)]
    far = [np.linalg.norm(picture - drawn(f)) for f in (1.0, steps[0])]
    return [f"{f:.2f}" for f in steps] + [f"{d:.3f}" for d in far]


def meadow_4() -> list[str]:
    angle = math.radians(30)
    better, worse = math.cos(angle) ** 2, math.sin(angle) ** 2
    average = np.abs(np.cos(2 * np.linspace(0, np.pi, 100_001))).mean()
    return [f"{x:.2f}" for x in (better, worse, better - worse, average)]


def plan_1() -> list[str]:
    lengths = [1 + sum(2 for _ in range(1, rooms)) for rooms in (5, 7)]
    return [*map(str, lengths), str(24 * 24)]


def plan_2() -> list[str]:
    one, high, low = (1 - stats.binom.pmf(0, 16, p) for p in (0.18, 0.34, 0.02))
    return [f"{p:.3f}" for p in (one, high, low, (high + low) / 2)]


def plan_3() -> list[str]:
    logits = np.log([0.7, 0.2, 0.1]) / 0.5
    return [f"{p:.3f}" for p in np.exp(logits) / np.exp(logits).sum()]


def debug_1() -> list[str]:
    coin = 64 * 64 * 3 * LN2
    return [f"{coin:,.0f}", f"{32 * kl_normals(1, 1):.0f}", f"{coin + 16:,.0f}"]


def debug_2() -> list[str]:
    half, single = (math.log(float(np.finfo(t).max)) for t in (np.float16, np.float32))
    with np.errstate(over="ignore"):
        assert np.isinf(np.exp(np.float16(11.2))) and np.isfinite(np.exp(np.float16(11.0)))
    return [f"{half:.1f}", f"{2 * half:.1f}", f"{single:.1f}"]


def debug_3() -> list[str]:
    copy = -784 * stats.norm.logpdf(0, 0, 0.05)
    in_bytes = -784 * stats.norm.logpdf(0, 0, 0.05 * 255)
    return [f"{copy:,.0f}".replace("-", "−"), f"{in_bytes:,.0f}"]


def debug_4() -> list[str]:
    grid = np.linspace(0.001, 0.999, 999)
    cost = -0.3 * np.log(grid) - 0.7 * np.log(1 - grid)
    return [f"{grid[cost.argmin()]:.1f}", f"{784 * cost.min():.0f}"]


def scaling_1() -> list[str]:
    shares = 0.5 / np.array([60, 20])
    return [f"{shares[1] / shares[0]:.0f}", f"{60 / 80:.2f}", f"{20 / 80:.2f}"]


def scaling_2() -> list[str]:
    times = [2 + 10 / 4 + 3, 2 + 3]
    return [f"{times[0]}", f"{12 / times[0]:.1f}", f"{12 / times[1]:.1f}"]


def scaling_3() -> list[str]:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(2, 400_000))
    own = rng.normal(size=(4, 400_000))
    shared = math.sqrt(0.5) * noise[0] + math.sqrt(0.5) * own
    assert abs(shared.mean(0).var() / own.mean(0).var() - 2.5) < 0.05
    return [f"{(2.5 - 1) / 3:.1f}", "4"]


def scaling_4() -> list[str]:
    sent = 2 * 3 / 4 * 4
    return [f"{sent:.0f}", "8", f"{10 / (10 + sent):.3f}"]


def families_1() -> list[str]:
    k = np.arange(0, 80)
    two, three = stats.poisson.pmf(k, 2), stats.poisson.pmf(k, 3)
    return [f"{kl_discrete(two, three):.3f}", f"{kl_discrete(three, two):.3f}"]


def families_2() -> list[str]:
    def kl(a: float, b: float) -> float:
        return integrate.quad(
            lambda z: a * math.exp(-a * z) * (math.log(a / b) + (b - a) * z), 0, 60
        )[0]

    return [f"{kl(1, 2):.3f}", f"{kl(2, 1):.3f}"]


def families_3() -> list[str]:
    def coin(eta: float) -> np.ndarray:
        return np.array([1, math.exp(eta)]) / (1 + math.exp(eta))

    eta = math.log(3)
    exact = kl_discrete(coin(eta), coin(eta + 0.2))
    return ["0.75", "0.1875", "0.00375", f"{exact:.5f}"]


COMPUTED = {
    "Compression and PCA 2": compression_2,
    "Compression and PCA 3": compression_3,
    "Compression and PCA 4": compression_4,
    "Denoising 1": lambda: [f"{-10 * math.log10((1e-2 + 1e-4) / 2):.1f}", "30"],
    "Denoising 2": denoising_2,
    "Denoising 3": denoising_3,
    "Denoising 4": denoising_4,
    "Cleaning documents 1": documents_1,
    "Cleaning documents 2": documents_2,
    "Cleaning documents 3": documents_3,
    "Cleaning documents 4": documents_4,
    "Sparse autoencoders 1": sparse_1,
    "Sparse autoencoders 2": sparse_2,
    "Sparse autoencoders 3": sparse_3,
    "Sparse autoencoders 4": sparse_4,
    "Reading another network 2": reading_2,
    "Reading another network 3": reading_3,
    "Reading another network 4": reading_4,
    "Contractive autoencoders 1": contractive_1,
    "Contractive autoencoders 2": contractive_2,
    "Contractive autoencoders 3": contractive_3,
    "Contractive autoencoders 4": contractive_4,
    "The slope of the density 1": score_1,
    "The slope of the density 2": score_2,
    "The slope of the density 3": score_3,
    "The slope of the density 4": score_4,
    "Plain latent spaces 1": plain_1,
    "Plain latent spaces 2": plain_2,
    "Plain latent spaces 3": plain_3,
    "Plain latent spaces 4": plain_4,
    "The ELBO 1": elbo_1,
    "The ELBO 2": elbo_2,
    "The ELBO 3": elbo_3,
    "The ELBO 4": elbo_4,
    "Reparameterization 1": reparameterization_1,
    "Reparameterization 2": reparameterization_2,
    "Reparameterization 3": reparameterization_3,
    "Reparameterization 4": reparameterization_4,
    "The Fashion-MNIST VAE 1": fashion_1,
    "The Fashion-MNIST VAE 2": fashion_2,
    "The Fashion-MNIST VAE 3": fashion_3,
    "The Fashion-MNIST VAE 4": fashion_4,
    "Beyond the first VAE 1": beyond_1,
    "Beyond the first VAE 2": beyond_2,
    "Beyond the first VAE 3": beyond_3,
    "Beyond the first VAE 4": beyond_4,
    "Ordering and judging 1": ordering_1,
    "Ordering and judging 2": ordering_2,
    "Ordering and judging 4": ordering_4,
    "Finding what does not belong 1": finding_1,
    "Finding what does not belong 2": finding_2,
    "Finding what does not belong 3": finding_3,
    "Finding what does not belong 4": finding_4,
    "A prior that is learned 1": prior_1,
    "A prior that is learned 2": prior_2,
    "A prior that is learned 3": prior_3,
    "A prior that is learned 4": prior_4,
    "Codes that are symbols 1": symbols_1,
    "Codes that are symbols 2": symbols_2,
    "Codes that are symbols 3": symbols_3,
    "Codes that are symbols 4": symbols_4,
    "A meadow without twins 1": meadow_1,
    "A meadow without twins 2": meadow_2,
    "A meadow without twins 3": meadow_3,
    "A meadow without twins 4": meadow_4,
    "One more floor plan 1": plan_1,
    "One more floor plan 2": plan_2,
    "One more floor plan 3": plan_3,
    "Debug your VAE 1": debug_1,
    "Debug your VAE 2": debug_2,
    "Debug your VAE 3": debug_3,
    "Debug your VAE 4": debug_4,
    "Scaling out 1": scaling_1,
    "Scaling out 2": scaling_2,
    "Scaling out 3": scaling_3,
    "Scaling out 4": scaling_4,
    "Exponential families 1": families_1,
    "Exponential families 2": families_2,
    "Exponential families 3": families_3,
}
# The others are fractions that a reader checks at a glance.
BY_HEAD = {"Compression and PCA 1", "Reading another network 1", "Ordering and judging 3"}


def missing(name: str, text: str) -> list[str]:
    """Return the computed numbers that the answer does not give."""
    answer = text.partition("**Points.**")[0]
    pattern = r"(?<![\d.,]){}(?![\d%])(?!\.\d)"
    return [n for n in COMPUTED[name]() if not re.search(pattern.format(re.escape(n)), answer)]


@pytest.mark.parametrize("name", COMPUTED)
def test_the_key_gives_the_number_that_comes_out(name: str) -> None:
    assert missing(name, KEY[name]) == []


def test_every_question_is_computed_and_a_wrong_number_is_found() -> None:
    assert COMPUTED.keys() | BY_HEAD == TITLES.keys(), "COMPUTED needs a function for each"
    assert missing("The ELBO 4", KEY["The ELBO 4"].replace("0.223", "0.322")) == ["0.223"]
