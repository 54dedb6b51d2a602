LINK="https://colab.research.google.com/github/OWNER/introduction-to-autoencoders/blob/main/chapters/a_learned_prior.ipynb"
md(r"""
# A prior that is learned

A [VAE](../glossary.md#term-VAE) draws a code from a standard normal [prior](../glossary.md#term-prior), and its [decoder](../glossary.md#term-decoder) makes a picture of it. Nobody asked the codes of real clothes whether they look like a standard normal. They do not, and the pictures show it.

So leave encoder and decoder as they are and learn the prior afterwards, from the codes. You compare a mixture of normals, which is fitted in seconds, with **[diffusion](../glossary.md#term-diffusion-model)**, which learns to take noise away step by step. An autoencoder with a diffusion prior is **latent diffusion**: the way most of today's image generators work, here in miniature.
""")
md(r"""
![A picture x goes through an encoder to a code z, and through a decoder back to a picture. From z, arrows to the right add noise in steps, until nothing but noise is left. Below them, arrows to the left belong to one network, the denoiser, which takes the noise away again in steps.](../_assets/diagrams/learned-prior.svg)

*Adding noise to a code needs no learning. Taking it away again is the prior.*
""", id="diagram-learned-prior")
md(r"""
## What you will be able to do

- Measure how much of a VAE's trouble comes from its prior, and cure it without training the VAE again.
- Derive diffusion as a VAE with many latent variables and a fixed encoder, and say what its denoiser has to do with the score.
- Check a learned density against a known one: its score, its likelihood, its samples.
- Draw samples in few steps, and draw the class that you order.
- Judge when a mixture of normals is enough.

**You need** [The Fashion-MNIST VAE](fashion_mnist_vae.ipynb) and [The slope of the density](score_matching.ipynb). Helpful: [how the rate is made of two parts](beyond_the_first_vae.ipynb#what-is-the-rate-made-of) and [the Fréchet distance](ordering_and_judging.ipynb#one-number).

**Time:** about 30 minutes to read. The end of the summary prints the processor time that the run took.

[Open this chapter in Colab]("""+LINK+""")
""")
code(first, H)
code(r"""
import time
from itertools import pairwise

import keras
import numpy as np
from keras import layers, ops
from scipy.spatial.distance import cdist
from scipy.special import logsumexp, softmax
from sklearn.mixture import GaussianMixture

from course_utils import (
    autodiff,
    claims,
    metrics,
    models,
    objectives,
    plots,
    training,
)
from course_utils.claims import check, claim
from course_utils.data import load_fashion_mnist
""", H)
code(r"""
data, seed = load_fashion_mnist(), training.set_seed(0)
rng = np.random.default_rng(seed)
started = time.process_time()
print(data.describe())
print(f"Computing with {training.describe_device()}.")
""", H, V)
md(r"""
## What is wrong with the standard normal?

First a VAE. Its code has 32 numbers, and the weight of its KL term is $\beta = 0.2$: in latent diffusion the first network should lose little, and the prior is somebody else's job. Such a small weight is usual there ([Rombach et al. 2022](https://arxiv.org/abs/2112.10752)); [Beyond the first VAE](beyond_the_first_vae.ipynb) shows what it trades.
""")
code(r"""
repeats = 9 if data.is_sample else 1  # the sample is small: show it again


def train(model, passes, *targets, **options):
    recipe = {"epochs": passes * repeats, "batch_size": 200}
    training.fit(model, data.x_train, *targets, **recipe, **options)
    return model


vae = train(
    models.dense_vae(32, widths=(256, 128), sines=0, beta=0.2),
    passes=6,
    learning_rate=2.5e-3,
)
""")
md(r"""
A judge says how good samples are. As in [Ordering and judging](ordering_and_judging.ipynb#who-judges) it is a small convolutional classifier of real images, and its last hidden layer gives 64 features of a picture. The Fréchet distance compares means and covariances of these features: the smaller, the more two sets of pictures are alike.
""")
code(r"""
def build_judge():
    conv = {"strides": 2, "padding": "same", "activation": "relu"}
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(24, 5, **conv),
            layers.Conv2D(48, 3, **conv),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(64, activation="relu"),
            layers.Dense(10),
        ]
    )


loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
judge = train(
    build_judge(), 3, data.y_train, learning_rate=2e-3, loss=loss
)
last_hidden = keras.Model(judge.inputs, judge.layers[-2].output)
""", H)
code(r"""
def features(pictures):
    # The judge's last hidden layer, (n, 64), of n pictures.
    options = {"batch_size": 1000, "verbose": 0}
    return last_hidden.predict(pictures.astype("float32"), **options)


def distance(pictures, reference):
    # Fréchet distance of pictures from the features of real ones.
    return metrics.frechet(features(pictures), reference)


real = features(data.x_val)
""", H)
md(r"""
Now the codes. We draw one for each training image from the [posterior](../glossary.md#term-posterior) that the encoder proposes, and give every dimension mean 0 and standard deviation 1. From here on, "code" means these 32 numbers.
""")
code(r"""
def draw_codes(images):
    z_mean, z_log_var = vae.posterior(images)
    noise = rng.standard_normal(z_mean.shape)
    return z_mean + np.exp(z_log_var / 2) * noise


raw = draw_codes(data.x_train)
centre, scale = raw.mean(axis=0), raw.std(axis=0)
codes = ((raw - centre) / scale).astype("float32")


def pictures_of(codes):
    return vae.decode(centre + scale * codes)
""")
code(r"""
val_codes = (draw_codes(data.x_val) - centre) / scale
n = 1000 if data.is_sample else 10_000  # samples of each prior
check(
    "of the training codes every dimension has mean 0 and deviation 1",
    max(np.abs(codes.mean(axis=0)).max(), np.abs(codes.std(0) - 1).max()),
    below=1e-3,
)
""", H)
md(r"""
What could a prior reach at best? If it knew the codes of real images exactly, the pictures would be their [reconstructions](../glossary.md#term-reconstruction). So the distance of reconstructions says what encoder and decoder lose, and what no prior of theirs can be blamed for. Beside it stand the standard normal, and the cheapest prior that is learned: one normal distribution with the mean and the covariance of the codes.
""")
code(r"""
def standard_normal(n):
    return (rng.standard_normal((n, 32)) - centre) / scale


covariance = np.cov(codes.T)


def one_normal(n):
    return rng.multivariate_normal(np.zeros(32), covariance, n)
""")
code(r"""
by_validation = {
    "reconstructions": distance(pictures_of(val_codes), real),
    "standard normal": distance(pictures_of(standard_normal(n)), real),
    "one normal": distance(pictures_of(one_normal(n)), real),
}
""", H)
code(r"""
for name, value in by_validation.items():
    print(f"{name:16} {value:5.1f}")
""", H, V)
code(r"""
claim(
    "of the standard normal's distance from real images most is the "
    "prior's own, not the decoder's",
    1 - by_validation["reconstructions"] / by_validation["standard normal"],
    within=(0.75, 0.95),
)
claim(
    "one normal distribution, fitted to the codes, removes part of the "
    "standard normal's distance",
    by_validation["one normal"] / by_validation["standard normal"],
    within=(0.3, 0.7),
)
""", H)
md(r"""
The decoder is good where codes of real images are, and nobody has told it what to draw elsewhere. The mixture of all posteriors, the [aggregate posterior](../glossary.md#term-aggregate-posterior) $q(z)$, is where the codes really are. Averaged over the data, the KL term of the ELBO is

$$\mathbb E_x\, \mathrm{KL}\big(q(z \mid x)\,\Vert\,p(z)\big) = I(x; z) + \mathrm{KL}\big(q(z)\,\Vert\,p(z)\big) .$$

The first part, the information in the code, has no prior in it. So the prior that makes the bound highest is $p(z) = q(z)$ ([Tomczak and Welling 2018](https://arxiv.org/abs/1705.07120)). To learn a prior is to learn the density of the codes.

## How far does a mixture get?

A [mixture](../glossary.md#term-mixture) of normals with full covariances is the natural next step. It has one setting, the number of normals; the validation images choose it. Every prior gets about half a minute of processor time at most, and the seconds are counted.
""")

code(r"""
def fit_mixture(count, codes):
    options = {"max_iter": 60, "tol": 1e-2, "random_state": seed}
    return GaussianMixture(count, **options).fit(codes)


def from_mixture(mixture, n):
    mixture.random_state = int(rng.integers(2**31))
    return rng.permutation(mixture.sample(n)[0])


before_mixtures = time.process_time()
mixtures = {k: fit_mixture(k, codes[:20_000]) for k in (10, 50)}
mixture_seconds = time.process_time() - before_mixtures
""")
code(r"""
by_count = {
    k: distance(pictures_of(from_mixture(mixture, n)), real)
    for k, mixture in mixtures.items()
}
best_count = min(by_count, key=by_count.get)
mixture = mixtures[best_count]
""", H)
code(r"""
for k, value in by_count.items():
    print(f"{k:3d} normals: distance {value:.2f}")
""", H, V)
code(r"""
claim(
    "fifty normals come nearer to real images than ten",
    by_count[50] / by_count[10],
    within=(0.7, 0.97),
)
claim(
    "the best mixture is within a quarter of the reconstructions' distance",
    by_count[best_count] / by_validation["reconstructions"],
    within=(1.0, 1.25),
)
""", H)
md(r"""
A few seconds of fitting, and little is left to gain: most of what remains is the decoder's blur. Keep that in mind when a paper compares a deep prior with the standard normal only. The rival to beat is the mixture.

## Can noise be undone?

Diffusion models go another way ([Sohl-Dickstein et al. 2015](https://arxiv.org/abs/1503.03585); [Ho et al. 2020](https://arxiv.org/abs/2006.11239)). You know all the parts: it is a VAE, with many latent variables and an encoder that has nothing to learn.

**The encoder adds noise.** Choose levels $\sigma_1 < \sigma_2 < \dots < \sigma_T$, from almost nothing to much more than the codes vary. Start at the code and add fresh noise until its standard deviation is $\sigma_1$, then $\sigma_2$, and so on. So $z_t = z + \sigma_t \varepsilon$, and the last one is as good as pure noise, whose distribution is known.

**One step back.** Take two neighbouring levels, $\sigma_s < \sigma_t$. If you knew the clean code $z$, Bayes' rule for normals would give you the step from $z_t$ back to $z_s$:

$$q(z_s \mid z_t, z) = \mathcal N\Big(z + \tfrac{\sigma_s^2}{\sigma_t^2}\,(z_t - z),\; \sigma_s^2 \big(1 - \tfrac{\sigma_s^2}{\sigma_t^2}\big) I\Big) .$$

**The generator guesses.** It does not know $z$. Let a network guess it, $\hat z(z_t, \sigma_t)$, and take the same step with the guess in its place: $p(z_s \mid z_t) = q\big(z_s \mid z_t, \hat z(z_t, \sigma_t)\big)$.

**The ELBO has one term for each step**, the KL divergence of two normals with the same covariance. Such a divergence is the squared distance of the means, over twice the variance. The means differ by $(1 - \sigma_s^2 / \sigma_t^2)(z - \hat z)$, and the factors become

$$\mathrm{KL}_t = \frac12 \Big( \frac{1}{\sigma_s^2} - \frac{1}{\sigma_t^2} \Big) \lVert z - \hat z(z_t, \sigma_t) \rVert^2 .$$

That is a squared error of a denoiser, weighted by how much the ratio of signal to noise, $1 / \sigma^2$, changes in the step ([Kingma et al. 2021](https://arxiv.org/abs/2107.00630)). The sum of all steps, a term at each end aside, is minus the ELBO: **to learn to denoise at every level is to maximise a bound on the likelihood.**

**And the guess is a score.** The best guess is $\mathbb E[z \mid z_t]$. By [Tweedie's formula](score_matching.ipynb#what-does-a-denoiser-know-about-the-data), $(\hat z - z_t) / \sigma_t^2$ is the [score](../glossary.md#term-score) of the density that is blurred with $\sigma_t$. One network holds the slopes of the density at all levels of blur.
""")
code(r"""
def step_back(z, noisy, high, low):
    # Mean and variance of q(z_low | z_high = noisy, z).
    keep = (low / high) ** 2
    return z + keep * (noisy - z), low**2 * (1 - keep)


z, guessed, noisy = rng.standard_normal((3, 200, 5))
(mean_q, variance), (mean_p, _) = (
    step_back(clean, noisy, 0.8, 0.5) for clean in (z, guessed)
)
log_var = np.full_like(z, np.log(variance))
kl = objectives.kl_normals(mean_q, log_var, mean_p, log_var)
weight = (1 / 0.5**2 - 1 / 0.8**2) / 2
""", H)
code(r"""
check(
    "the KL divergence of a step is the weighted squared error",
    np.abs(kl - weight * ((z - guessed) ** 2).sum(axis=1)).max(),
    below=1e-3,
)
walk = 2.0 + 0.5 * rng.standard_normal(100_000)
walk = walk + np.sqrt(0.8**2 - 0.5**2) * rng.standard_normal(100_000)
back, spread_back = step_back(2.0, walk, 0.8, 0.5)
back = back + np.sqrt(spread_back) * rng.standard_normal(100_000)
check(
    "two levels up and one down end with the noise of the lower level",
    np.std(back) / 0.5,
    within=(0.99, 1.01),
)
""", H)
md(r"""
### The network

The network gets a noisy code, the level and, for later, a label. The level enters as sines and cosines of its logarithm. Two blocks with [skip connections](../glossary.md#term-skip-connection) follow; that is all.
""")
code(r"""
def build_network(dim, width):
    noisy, level = keras.Input((dim,)), keras.Input((1,))
    label = keras.Input((10,))
    waves = [f(k * level / 2) for k in range(1, 9) for f in (ops.sin, ops.cos)]
    h = layers.Concatenate()([noisy, *waves, label])
    h = layers.Dense(width)(h)
    for _ in range(2):
        inner = layers.LayerNormalization()(h)
        inner = layers.Dense(width, activation="gelu")(inner)
        h = h + layers.Dense(width)(inner)
    return keras.Model([noisy, level, label], layers.Dense(dim)(h))
""")
md(r"""
Two choices make the training easy ([Karras et al. 2022](https://arxiv.org/abs/2206.00364)). First, if a code had variance one and were normal, the best guess would be $z_t / (1 + \sigma^2)$. So that is given, and the network learns only what has to be added, in units of its usual size, $\sigma / \sqrt{1 + \sigma^2}$. The loss is the squared error in the same units.

Second, the levels are drawn at random, most of them where there is something to learn: with little noise the answer is the input, with very much it is the mean. With any weights the best guess is the same at every level; weights and levels say what a small network spends its effort on.
""")
code(r"""
class Denoiser(keras.Model):
    # Guesses clean codes; rows of training data are a code and a label.

    def __init__(self, dim, width=192, usual_level=-0.5):
        super().__init__()
        self.dim, self.usual_level = dim, usual_level
        self.network = build_network(dim, width)
        self.chance = keras.random.SeedGenerator()

    def guess(self, noisy, sigma, label):
        length = ops.sqrt(1 + sigma**2)
        inputs = [noisy / length, ops.log(sigma), label]
        return noisy / length**2 + sigma / length * self.network(inputs)

    def call(self, rows):
        z, label = rows[:, : self.dim], rows[:, self.dim :]
        one = {"shape": (ops.shape(z)[0], 1), "seed": self.chance}
        level = self.usual_level + keras.random.normal(**one)
        sigma = ops.exp(level)
        told = ops.cast(keras.random.uniform(**one) > 0.5, "float32")
        noise = keras.random.normal(ops.shape(z), seed=self.chance)
        guess = self.guess(z + sigma * noise, sigma, label * told)
        error = (guess - z) * ops.sqrt(1 + sigma**2) / sigma
        self.add_loss(ops.mean(ops.sum(error**2, axis=1)))
        return guess
""")
code(r"""
def guesser(model, label):
    # A function (noisy, sigma) -> guess in NumPy, for labels (n, 10).
    label = ops.convert_to_tensor(label, "float32")

    def guess(noisy, sigma):
        x = ops.convert_to_tensor(noisy, "float32")
        answer = model.guess(x, ops.full((len(noisy), 1), sigma), label)
        return ops.convert_to_numpy(answer).astype("float64")

    return guess
""", H)
md(r"""
## Is it true in the plane?

Before you trust samples of codes, take a density that you know: five normals on a circle, the largest with five times the share of the smallest. Blurred, it is a mixture again, so its density and its score are known at every level.
""")
code(r"""
angle = 2 * np.pi * np.arange(5) / 5
centres = 1.2 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
shares, component_std = np.arange(1, 6) / 15, 0.25


def draw_points(n):
    which = rng.choice(5, n, p=shares)
    return centres[which] + component_std * rng.standard_normal((n, 2))


def log_terms(x, sigma):
    variance = component_std**2 + sigma**2
    squares = ((x[:, None] - centres) ** 2).sum(axis=2)
    logs = -squares / (2 * variance) - np.log(2 * np.pi * variance)
    return np.log(shares) + logs
""")
code(r"""
def log_density(x, sigma):
    return logsumexp(log_terms(x, sigma), axis=1)


def true_score(x, sigma):
    weights = softmax(log_terms(x, sigma), axis=1)
    return (weights @ centres - x) / (component_std**2 + sigma**2)
""")
code(r"""
points = draw_points(100_000)
unlabelled = np.zeros((len(points), 10))
in_plane = Denoiser(2, width=64, usual_level=-0.7)
history = training.fit(
    in_plane,
    np.hstack([points, unlabelled]).astype("float32"),
    epochs=30,
    batch_size=1000,
    learning_rate=5e-3,
)
""")
md(r"""
**The score.** At each level, blur fresh points and compare. The error is the root of the mean squared length of the difference, relative to that of the true score. Fresh noisy points are where the data are; elsewhere [nothing is promised](score_matching.ipynb#where-is-it-a-guess).
""")
code(r"""
sigmas = np.array([0.2, 0.5, 1.0, 2.0, 5.0])
fresh = draw_points(5000)
guess = guesser(in_plane, np.zeros((5000, 10)))
score_errors = []
for sigma in sigmas:
    x = fresh + sigma * rng.standard_normal(fresh.shape)
    true, learned = true_score(x, sigma), (guess(x, sigma) - x) / sigma**2
    error = np.mean((learned - true) ** 2) / np.mean(true**2)
    score_errors.append(np.sqrt(error))
""")
code(r"""
by_level = zip(sigmas, score_errors)
print(", ".join(f"{k:g}: {value:.3f}" for k, value in by_level))
plots.curves(
    {"learned score": (sigmas, score_errors)},
    "standard deviation of the noise",
    "relative error of the score",
    logx=True,
    hline={"5 %": 0.05},
    xticks=sigmas,
    band={
        "learned score": claims.spread(
            "relative error of the score by level", score_errors
        )
    },
)
""", H, V, cap="Error of the learned score in the plane, relative to the true one, by the level of noise. The band is the range over seeds.", alt="A falling line of five points over a logarithmic axis of noise from 0.2 to 5, beside a horizontal line at five per cent.", name="fig-prior-score")
code(r"""
steps = 1e-4 * np.eye(2)
slope = [
    log_density(fresh + s, 0.2) - log_density(fresh - s, 0.2) for s in steps
]
check(
    "the true score is the slope of the log density",
    np.abs(np.stack(slope, 1) / 2e-4 - true_score(fresh, 0.2)).max(),
    below=1e-3,
)
claim(
    "averaged over the levels, the learned score is right to a few "
    "per cent",
    np.mean(score_errors),
    below=0.05,
)
""", H)
md(r"""
**The likelihood.** The steps back are random. There is a way without chance that has the same densities at all levels ([Song et al. 2021](https://arxiv.org/abs/2011.13456)), the **[probability flow](../glossary.md#term-probability-flow)**:

$$\frac{dx}{d\sigma} = -\sigma\, \nabla \log p_\sigma(x) = \frac{x - \hat z(x, \sigma)}{\sigma} .$$

Why the same densities? More blur moves mass from where the density is high to where it is low, downhill along the score, and the flow moves every point that way, by as much. A smooth map changes a density by the volumes that it stretches. So with $J$, the [Jacobian](../glossary.md#term-Jacobian) of the guess,

$$\log p_{\text{low}}(x_{\text{low}}) = \log p_{\text{high}}(x_{\text{high}}) + \int \big(d - \mathrm{tr}\, J\big)\, d \log \sigma ,$$

from the low level to the high one, where the density is a wide normal. So a denoiser gives samples, and it also gives a likelihood.
""")
code(r"""
def flow(x, sigma):
    # Slope of x, and of the log density, by log sigma.
    def guess(x):
        level, label = ops.full((len(x), 1), sigma), ops.zeros((len(x), 10))
        return in_plane.guess(x, level, label)

    x = ops.convert_to_tensor(x, "float32")
    jacobian = autodiff.jacobian(guess, ops.convert_to_numpy(x))
    traces = np.trace(jacobian, axis1=1, axis2=2)
    return ops.convert_to_numpy(x - guess(x)), 2 - traces
""")
code(r"""
def log_likelihood(x, low=0.02, high=10.0, count=40):
    stretched = 0.0
    width = np.log(high / low) / count
    for level in np.log(low) + width * np.arange(count):
        middle = x + width / 2 * flow(x, np.exp(level))[0]
        slope, change = flow(middle, np.exp(level + width / 2))
        x, stretched = x + width * slope, stretched + width * change
    wide = high**2 + np.mean(points**2)
    normal = -(x**2).sum(axis=1) / (2 * wide) - np.log(2 * np.pi * wide)
    return normal + stretched
""")
code(r"""
by_flow = log_likelihood(fresh[:500])
exact = log_density(fresh[:500], 0.02)
gap = np.mean(by_flow - exact)
low, high = claims.spread("gap of the flow's log likelihood", gap)
print(f"exact: {exact.mean():.3f} nats, by the flow: {by_flow.mean():.3f}")
print(f"difference {gap:+.3f}, seeds {low:+.3f} to {high:+.3f}")
""", H, V)
code(r"""
claim(
    "the log likelihood by the probability flow is exact to a twentieth of "
    "a nat",
    gap,
    within=(-0.05, 0.05),
    loose="a twentieth is what the sentence says, and the gap may be zero",
)
claim(
    "point by point the log likelihoods differ by a small part of a nat",
    np.mean(np.abs(by_flow - exact)),
    below=0.2,
)
""", H)

md(r"""
**The bound.** How tight is the ELBO, and how does that depend on the number of levels? The sum of the KL terms is the area under the squared error as a function of $1 / \sigma^2$, over two, taken in rectangles. Each is too large: the error shrinks within a step, and the rectangle keeps its largest value. The more levels, the thinner the rectangles.
""")
code(r"""
def plane_bound(count, low=0.02, high=10.0):
    # ELBO of points, mean in nats, with so many levels of noise.
    x, silent = fresh[:2000], np.zeros((2000, 10))
    guess = guesser(in_plane, silent)
    levels = np.geomspace(low, high, count)
    wide = high**2 + np.mean(points**2)
    total = np.mean(x**2) / wide - 1 + high**2 / wide
    total += np.log(wide / high**2)  # KL of the widest level, two numbers
    for before, sigma in zip(np.append(np.inf, levels), levels):
        error = x - guess(x + sigma * rng.standard_normal(x.shape), sigma)
        squares = np.mean((error**2).sum(axis=1))
        if sigma > low:
            total += (1 / before**2 - 1 / sigma**2) / 2 * squares
        else:
            total += squares / (2 * low**2) + np.log(2 * np.pi * low**2)
    return -total
""", H)

code(r"""
bounds = {count: plane_bound(count) for count in (8, 32, 128)}
clean = log_density(fresh[:2000], 0.0).mean()
bound_range = claims.spread(
    "gap of the diffusion bound by levels",
    [clean - bound for bound in bounds.values()],
)
""", H)
code(r"""
print(f"exact log likelihood: {clean:.3f} nats")
for (count, bound), a, b in zip(bounds.items(), *bound_range):
    print(f"{count:4d} levels: {bound:6.3f} nats", end=", ")
    print(f"gap {clean - bound:.3f}, seeds {a:.3f} to {b:.3f}")
""", H, V)
code(r"""
claim(
    "with eight levels of noise the bound is far from the likelihood",
    clean - bounds[8],
    above=7.0,
)
claim(
    "with 128 levels less than half a nat is left",
    clean - bounds[128],
    within=(0.22, 0.38),
)
""", H)
md(r"""
**The samples.** A walk along the score from one place [does not find the right shares](score_matching.ipynb#can-you-sample-with-it) of what lies apart. Here the walk starts in the noise, where everything is connected, and the shares should come out.

Three ways lead down the levels. **By chance** takes the step of the derivation, with fresh noise. **Straight** follows the flow, with the slope at the beginning of each step. **Heun's** method tries the straight step, takes the slope there too, and steps with the mean of both; that is two guesses for each step. The levels are close together where noise is small, after [Karras et al. 2022](https://arxiv.org/abs/2206.00364).
""")
code(r"""
def levels_down(count, low=0.05, high=10.0, power=7):
    # From high to low, and to zero at the end.
    ends = high ** (1 / power), low ** (1 / power)
    return np.append(np.linspace(*ends, count) ** power, 0.0)


def by_chance(guess, x, levels):
    for high, low in pairwise(levels):
        x, variance = step_back(guess(x, high), x, high, low)
        x = x + np.sqrt(variance) * rng.standard_normal(x.shape)
    return x
""")
code(r"""
def straight(guess, x, levels):
    for high, low in pairwise(levels):
        x = x + (low - high) * (x - guess(x, high)) / high
    return x
""")
code(r"""
def heun(guess, x, levels):
    for high, low in pairwise(levels):
        slope = (x - guess(x, high)) / high
        there = x + (low - high) * slope
        if low > 0:
            slope = (slope + (there - guess(there, low)) / low) / 2
        x = x + (low - high) * slope
    return x


def start(n, dim, levels):
    return np.hypot(levels[0], 1.0) * rng.standard_normal((n, dim))
""")
code(r"""
to_points = levels_down(20, low=0.02)
drawn = heun(guess, start(5000, 2, to_points), to_points)
nearest = cdist(drawn, centres).argmin(axis=1)
found = np.bincount(nearest, minlength=5) / len(drawn)
wrong_share = np.abs(found - shares).sum() / 2
""", H)
code(r"""
beside = np.concatenate([fresh, drawn + np.array([4.5, 0])])
plots.latent_scatter(
    beside,
    np.repeat([0, 1], 5000),
    ["data", "drawn"],
    xlabel="$x_1$, drawn points shifted by 4.5",
    ylabel="$x_2$",
)
""", H, cap="Points of the known density (left) and points that the denoiser has made of pure noise (right).", alt="Two rings of five clouds side by side that look alike; the clouds become denser around each ring, in the same order.", name="fig-prior-plane")
code(r"""
claim(
    "of the points drawn in the plane hardly any is in a component that "
    "should have had fewer",
    wrong_share,
    below=0.06,
    loose="a share of zero, up to the noise of five thousand points",
)
claim(
    "drawn points scatter about the centres as the data do",
    np.std(drawn - centres[nearest]) / component_std,
    within=(0.9, 1.1),
)
""", H)
md(r"""
## Does it work on codes?

The same class, trained on the 32 numbers of real codes. The label says the class of the garment; for half of the examples it is left out, all zeros, so that one network learns the codes of each class and those of all.
""")
code(r"""
def with_labels(codes, classes):
    label = np.eye(10)[classes]
    return np.hstack([codes, label]).astype("float32")
""")
code(r"""
diffusion = Denoiser(32)
before_training = time.process_time()
learning = training.fit(
    diffusion,
    with_labels(codes, data.y_train),
    epochs=16 * repeats,
    batch_size=250,
    learning_rate=3e-3,
    validation=with_labels(val_codes, data.y_val),
)
diffusion_seconds = time.process_time() - before_training
""")
code(r"""
epochs = 1 + np.arange(len(learning.train))
plots.curves(
    {
        "training": (epochs, learning.train),
        "validation": (epochs, learning.validation),
    },
    "passes over the codes",
    "weighted squared error",
    marker=False,
)
""", H, V, cap="Training of the denoiser. Most of the error cannot be avoided: noise that hides a code hides it from every network.", alt="Two curves that fall steeply in the first passes and then slowly, close to each other.", name="fig-prior-training")
md(r"""
Steps cost time: every guess is a pass through the network. How many are needed, and which way down is best? The distances below are of 2,000 pictures each, so they are larger than those of more pictures; compare them with each other.

**Before you run it:** with eight guesses, which way down comes nearest to real images?

<details><summary>By chance, since it is the step that the ELBO derives</summary>

Not quite: each of its steps is a normal, and that is right for small steps only. Eight steps are large.

</details>
<details><summary>Straight: eight small steps in the right direction</summary>

Not quite: the slope changes within a step, and nothing corrects for that.

</details>
<details><summary>Heun's method, though it makes only four steps</summary>

Right: the second slope corrects the first one, and this is worth more than a step.

</details>
""")
code(r"""
budget = (8, 16, 32)
few = 500 if data.is_sample else 2000
silent = np.zeros((few, 10))
ways = {"by chance": by_chance, "straight": straight, "Heun": heun}


def quality(way, levels):
    guess = guesser(diffusion, silent)
    made = way(guess, start(few, 32, levels), levels)
    return distance(pictures_of(made), real)


by_steps = {
    name: [
        quality(way, levels_down(k // 2 if way is heun else k))
        for k in budget
    ]
    for name, way in ways.items()
}
""", H)
code(r"""
low, high = claims.spread(
    "distance by way down and number of guesses", list(by_steps.values())
)
plots.curves(
    {name: (budget, values) for name, values in by_steps.items()},
    "guesses of the network",
    "Fréchet distance",
    logx=True,
    logy=True,
    xticks=budget,
    band=dict(zip(by_steps, zip(low, high))),
)
""", H, V, cap="Distance from real images by the number of guesses, for three ways down the levels of noise. Bands are ranges over seeds.", alt="Three falling curves over 8, 16 and 32 guesses on logarithmic axes.", name="fig-prior-steps")
code(r"""
claim(
    "with eight guesses Heun's method is nearer than the straight way",
    by_steps["Heun"][0] / by_steps["straight"][0],
    below=1.0,
)
claim(
    "with sixteen guesses Heun's method is about as good as with "
    "thirty-two",
    by_steps["Heun"][1] / by_steps["Heun"][2],
    within=(0.6, 1.3),
)
claim(
    "the random way down needs many steps: eight leave more than one and "
    "a half times the distance of thirty-two",
    by_steps["by chance"][0] / by_steps["by chance"][2],
    above=1.5,
)
""", H)

md(r"""
## Can you order a class?

The network has learned two guesses, with a label and without. Their difference points to where the class is more likely: by Bayes' rule the score of $p(z \mid y)$ is that of $p(z)$ plus the slope of $\log p(y \mid z)$. **[Guidance](../glossary.md#term-guidance)** goes further in this direction than is right, by a weight $w$ ([Ho and Salimans 2022](https://arxiv.org/abs/2207.12598)):

$$\hat z_{\text{guided}} = \hat z(z_t, \sigma_t, y) + w\, \big(\hat z(z_t, \sigma_t, y) - \hat z(z_t, \sigma_t)\big) .$$
""")
code(r"""
def guided(classes, weight):
    label = np.eye(10)[classes]
    told = guesser(diffusion, label)
    untold = guesser(diffusion, 0 * label)

    def guess(x, sigma):
        answer = told(x, sigma)
        if weight == 0:
            return answer
        return answer + weight * (answer - untold(x, sigma))

    return guess


down = levels_down(12)


def by_order(classes, weight):
    noise = start(len(classes), 32, down)
    return heun(guided(classes, weight), noise, down)
""")
md(r"""
The rival gets the class, too: a mixture of five normals for each. And it gets a knob of its own. Guidance draws what is typical; a mixture does so when each code is pulled towards the mean of its normal, by a factor below one, a **temperature**.
""")
code(r"""
before_classes = time.process_time()
class_mixtures = [
    fit_mixture(5, codes[data.y_train == label][:3000])
    for label in range(10)
]
class_seconds = time.process_time() - before_classes


def from_classes(classes, temperature):
    made = np.empty((len(classes), 32))
    for label, of_class in enumerate(class_mixtures):
        place = np.flatnonzero(classes == label)
        of_class.random_state = int(rng.integers(2**31))
        z, which = of_class.sample(len(place))
        middle = of_class.means_[which]
        made[rng.permutation(place)] = middle + temperature * (z - middle)
    return made
""", H)
code(r"""
def variety(found, classes):
    # Mean squared distance of features from the mean of their class.
    of_class = [found[classes == label] for label in range(10)]
    return np.mean([rows.var(axis=0).sum() for rows in of_class])


def judged(codes, classes):
    # Share that the judge sees as ordered; distance; variety.
    pictures = pictures_of(codes)
    logits = judge.predict(pictures, batch_size=1000, verbose=0)
    found = features(pictures)
    obeyed = np.mean(logits.argmax(axis=1) == classes)
    own = variety(found, classes) / variety(real, data.y_val)
    return obeyed, metrics.frechet(found, real), own


orders = np.tile(np.arange(10), few // 10)
settings = {
    ("diffusion", w): judged(by_order(orders, w), orders)
    for w in (0, 0.5, 1, 3)
}
settings |= {
    ("mixture", t): judged(from_classes(orders, t), orders)
    for t in (1, 0.85, 0.7)
}
""", H)
md(r"""
**Before you run it:** what will a large weight do?

<details><summary>Obey the order more, and vary less</summary>

Right: it draws what is most typical of the class, again and again.

</details>
<details><summary>Obey the order more, and vary as before</summary>

Not quite: what might be another class is avoided, and with it the variety at the borders.

</details>
<details><summary>Vary more, as the code is pushed further out</summary>

Not quite: it is pushed towards what tells the class, not outwards in all directions.

</details>
""")
code(r"""
judge_on_real = judge.predict(data.x_val, batch_size=1000, verbose=0)
recognised = np.mean(judge_on_real.argmax(axis=1) == data.y_val)
setting_range = claims.spread(
    "orders obeyed, distance and variety by setting",
    list(settings.values()),
)
""", H)
code(r"""
print(f"real images recognised: {recognised:.2f}")
print(f"{'':22} obeyed        distance      variety")
for (name, knob), row, a, b in zip(
    settings, settings.values(), *setting_range
):
    label = f"{name}, {'w' if name == 'diffusion' else 't'} = {knob}"
    print(f"{label:22}", end="")
    for value, least, most in zip(row, a, b):
        print(f" {value:.2f} ({least:.2f}-{most:.2f})", end="")
    print()
""", H, V)
code(r"""
claim(
    "guidance makes the judge see the ordered class more often",
    settings["diffusion", 1][0] - settings["diffusion", 0][0],
    above=0.05,
)
claim(
    "strong guidance costs variety",
    settings["diffusion", 3][2] / settings["diffusion", 0][2],
    below=0.8,
)
claim(
    "a large weight makes the distance from real images larger again",
    settings["diffusion", 3][1] / settings["diffusion", 1][1],
    above=1.2,
)
""", H)
md(r"""
## Which prior wins?

Two more rivals. The **500 posteriors** learn nothing: take 500 training images, and draw from the posterior of a random one. That is a mixture of 500 normals for which nothing was fitted; [Tomczak and Welling (2018)](https://arxiv.org/abs/1705.07120) let the network choose such images itself, and call it the VampPrior. And **guided diffusion** draws classes in equal parts, with the weight that the validation images like best.

All settings are chosen. Now the test images are used, once, for all priors alike.
""")
code(r"""
z_mean, z_log_var = vae.posterior(data.x_train[:500])


def from_posteriors(n):
    which = rng.integers(500, size=n)
    noise = np.exp(z_log_var[which] / 2) * rng.standard_normal((n, 32))
    return (z_mean[which] + noise - centre) / scale


def nearest_setting(name):
    # The setting of the smallest distance from validation images.
    knobs = [knob for method, knob in settings if method == name]
    return min(knobs, key=lambda knob: settings[name, knob][1])


best_weight = nearest_setting("diffusion")
best_temperature = nearest_setting("mixture")
""")
code(r"""
def from_diffusion(n):
    silent = guesser(diffusion, np.zeros((n, 10)))
    return heun(silent, start(n, 32, down), down)


def in_turn(n):
    return np.arange(n) % 10


priors = {
    "standard normal": standard_normal,
    "one normal": one_normal,
    "500 posteriors": from_posteriors,
    "mixture": lambda n: from_mixture(mixture, n),
    "diffusion": from_diffusion,
    "a mixture for each class": lambda n: from_classes(
        in_turn(n), best_temperature
    ),
    "guided diffusion": lambda n: by_order(in_turn(n), best_weight),
}
""", H)
code(r"""
fitting = dict.fromkeys(priors, 0.0) | {
    "mixture": mixture_seconds,
    "diffusion": diffusion_seconds,
    "a mixture for each class": class_seconds,
    "guided diffusion": diffusion_seconds,
}
drawn_codes = {name: draw(n) for name, draw in priors.items()}
""", H)
code(r"""
real_test = features(data.x_test)
test_codes = (draw_codes(data.x_test) - centre) / scale
on_test = {
    name: distance(pictures_of(made), real_test)
    for name, made in drawn_codes.items()
}
on_test["reconstructions"] = distance(pictures_of(test_codes), real_test)
on_test["real images"] = metrics.frechet(real, real_test)
contest_range = claims.spread(
    "distance from test images of all priors", list(on_test.values())
)
""", R)
code(r"""
print(f"{'':25} CPU s   distance   seeds")
for (name, value), a, b in zip(on_test.items(), *contest_range):
    cost = f"{fitting[name]:5.0f}" if name in fitting else "     "
    print(f"{name:25} {cost}   {value:8.2f}   {a:.2f} to {b:.2f}")
""", H, V, R)
code(r"""
shown = {k: v for k, v in on_test.items() if k != "standard normal"}
plots.bars(
    shown,
    "Fréchet distance from test images",
    errors={
        k: (b - a) / 2
        for k, a, b in zip(on_test, *contest_range)
        if k in shown
    },
)
""", H, R, V, cap="Distances from test images, without the standard normal, whose bar would be the longest by far. Whiskers: half the range over the seeds.", alt="Eight horizontal bars. The bar of one normal is the longest, those of the mixtures are short, that of real images is hardly visible.", name="fig-prior-contest")
code(r"""
claim(
    "the mixture of normals leaves less than a quarter of the standard "
    "normal's distance from test images",
    on_test["mixture"] / on_test["standard normal"],
    below=0.25,
)
claim(
    "without a label the mixture is nearer to test images than diffusion",
    on_test["mixture"] / on_test["diffusion"],
    below=1.0,
)
claim(
    "guided diffusion is nearer to test images than diffusion without a "
    "label",
    on_test["guided diffusion"] / on_test["diffusion"],
    below=0.9,
)
claim(
    "diffusion leaves less than a third of the standard normal's distance",
    on_test["diffusion"] / on_test["standard normal"],
    below=0.33,
)
""", H, R)
code(r"""
plots.rows(
    {name: pictures_of(made[:10]) for name, made in drawn_codes.items()}
    | {"reconstructions": pictures_of(val_codes[:10])}
)
""", H, "opening", cap="A shop window for each prior: the first ten pictures, none selected. The decoder is the same in all rows. In the two rows before the last, one picture of each class was ordered.", alt="Eight rows of ten pictures. The standard normal gives many blends and ghosts; the other priors recognisable garments.", name="fig-prior-window")
FILL=json.load(open("/tmp/lab/fill.json"))
def filled(path):
    return re.sub(r"@(\w+)@", lambda m: str(FILL.get(m[1], m[0])), open(path).read())
md(filled("/tmp/lab/result.txt"), id="prior-result")
md(filled("/tmp/lab/price.txt"), id="prior-price")
md(filled("/tmp/lab/summary.txt"), id="prior-summary")
code(r"""
print(f"This run took {time.process_time() - started:.0f} s of CPU time.")
""", H, V)
md(open("/tmp/lab/check.txt").read(), id="check-yourself")
md(r"""
## Exercises

### 1. Twice as many levels

The rectangles of the bound become half as wide when there are twice as many levels of noise. By which factor do you expect the gap to the likelihood to fall, from 32 levels to 64? Measure it in the plane.
""")
md(r"""
<details>
<summary>Show the explanation</summary>

About two. A rectangle is too large by a triangle: its width times half of the fall of the error within the step. Both halve, and there are twice as many. So a bound that is a tenth of a nat too low with T levels can be had within a twentieth with 2 T, at no cost in training.

</details>
""")
code(r"""
gap_64 = clean - plane_bound(64)
claim(
    "with twice as many levels about half of the gap is left",
    gap_64 / (clean - bounds[32]),
    within=(0.4, 0.6),
)
""", S)
md(r"""
### 2. Begin with too little noise

The walk begins at $\sigma = 10$. What happens if it begins at 0.5, with codes that are drawn from a normal of the right variance at this level? Compare the distances.
""")
md(r"""
<details>
<summary>Show the explanation</summary>

At 0.5 the blurred codes are not a standard normal yet: what a normal with independent dimensions does not know, the walk can no longer find. So the end of the noise must be so large that nothing of the data's shape is left.

</details>
""")
code(r"""
by_start = {k: quality(heun, levels_down(12, high=k)) for k in (0.5, 10)}
claim(
    "a walk that begins with too little noise ends further from real "
    "images",
    by_start[0.5] / by_start[10],
    above=1.3,
)
""", S)
md(r"""
### 3. Who copies?

Take the 500 training images of the 500 posteriors and 500 validation images, all reconstructed, and 1,000 drawn pictures of the mixture, of diffusion and of the 500 posteriors. For which share is the nearest reconstruction that of a training image? One half means that none of them was copied. Does the Fréchet distance notice?
""")
md(r"""
<details>
<summary>Show the explanation</summary>

The 500 posteriors copy: around a training image they draw that image with noise. A good distance does not exclude it, since the distance asks whether the pictures are like real ones, and copies are. Diffusion and the mixture stay near one half: they have no reason to prefer these 500.

</details>
""")
code(r"""
def rows_of(pictures):
    return pictures.reshape(len(pictures), -1)


pools = [vae.decode(z_mean), vae.reconstruct(data.x_val[:500])]


def copied(name):
    # Share of drawn pictures that are nearer to a training image.
    made = rows_of(pictures_of(drawn_codes[name][:1000]))
    old, new = (cdist(made, rows_of(pool)).min(axis=1) for pool in pools)
    return np.mean(old < new)


copies = {k: copied(k) for k in ("mixture", "diffusion", "500 posteriors")}
claim(
    "pictures from 500 posteriors are mostly nearest to their own training "
    "images",
    copies["500 posteriors"],
    above=0.65,
)
claim(
    "diffusion's pictures are about as near to unseen as to training "
    "images",
    copies["diffusion"],
    within=(0.42, 0.58),
    loose="one half, up to the chance of which 500 images there are",
)
""", S)
md(r"""
## Further reading

- [Sohl-Dickstein et al. (2015)](https://arxiv.org/abs/1503.03585) had the idea, [Ho et al. (2020)](https://arxiv.org/abs/2006.11239) the pictures that made it known.
- [Kingma et al. (2021)](https://arxiv.org/abs/2107.00630) derive diffusion as a hierarchical VAE, and learn the levels too; [Song et al. (2021)](https://arxiv.org/abs/2011.13456) derive it from scores, with the probability flow.
- [Karras et al. (2022)](https://arxiv.org/abs/2206.00364) sort the choices that others mix: scales, levels, steps.
- [Rombach et al. (2022)](https://arxiv.org/abs/2112.10752) put diffusion on the codes of an autoencoder.
- [Tomczak and Welling (2018)](https://arxiv.org/abs/1705.07120) learn the prior together with the VAE; [van den Oord et al. (2017)](https://arxiv.org/abs/1711.00937) make the codes discrete and learn a prior on these symbols.
""")
