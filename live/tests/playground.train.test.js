/** The playground's training keeps what the figure promises. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { random } from "../core/random.js";
import { Network } from "../playground/network.js";
import { NAMES, POINTS, draw, read, shareNear, write } from "../playground/points.js";
import { Adam, Training } from "../playground/train.js";

/** @typedef {import("../playground/network.js").Settings} Settings */

/** @type {Map<string, ReturnType<typeof learn>>} */
const learnt = new Map();

/**
 * A trained network, which several tests may look at.
 *
 * @param {Parameters<typeof learn>} how
 */
function train(...how) {
  const key = JSON.stringify(how);
  const found = learnt.get(key) ?? learn(...how);
  learnt.set(key, found);
  return found;
}

/**
 * A network, trained.
 *
 * @param {string} name of the points
 * @param {Partial<Settings>} changes
 * @param {number} [steps]
 */
function learn(name, changes, steps = 1500) {
  /** @type {Settings} */
  const settings = { method: "plain", noise: 0.2, strength: 1e-3, beta: 1, ...changes };
  const points = draw(name, random(1));
  const network = new Network({ hidden: 16, code: 1, variational: settings.method === "vae" });
  const training = new Training(network, points, random(1));
  const losses = Array.from({ length: steps }, () => training.step(settings).loss);
  return { points, network, training, losses };
}

/** @param {number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * How much of the way to the circle of radius 0.9 the arrows r(x) - x go at points off it: the mean
 * of their part towards the circle over the distance.
 *
 * @param {Network} network
 * @param {number} radius
 */
function homeward(network, radius) {
  const angles = Array.from({ length: 60 }, (_, k) => (2 * Math.PI * k) / 60);
  const off = Float64Array.from(
    angles.flatMap((a) => [radius * Math.cos(a), radius * Math.sin(a)]),
  );
  const rebuilt = network.decode(network.encode(off));
  const parts = angles.map((a, i) => {
    const [dx, dy] = [rebuilt[2 * i] - off[2 * i], rebuilt[2 * i + 1] - off[2 * i + 1]];
    return (dx * Math.cos(a) + dy * Math.sin(a)) / (0.9 - radius);
  });
  return mean(parts.sort((a, b) => a - b).slice(6, 54)); // without the cut, where the code jumps
}

test("every data set has its points, near the origin, and the seed decides them", () => {
  for (const name of NAMES) {
    const points = draw(name, random(4));
    assert.equal(points.length, 2 * POINTS);
    assert.ok(
      points.every((value) => Math.abs(value) < 1.4),
      name,
    );
    assert.deepEqual(points, draw(name, random(4)));
    assert.notDeepEqual(points, draw(name, random(5)));
  }
});

test("the share of points nearby counts each of them once", () => {
  const points = Float64Array.of(0, 0, 0.01, 0, 1, 1);
  assert.equal(shareNear(Float64Array.of(0, 0, 0, 0.14, 1, 0, 0.5, 0.5), points), 0.5);
});

test("Adam's first step has the length of the learning rate in each coordinate", () => {
  const weights = Float64Array.of(1, 1);
  const adam = new Adam(2, 0.01);
  adam.step(weights, Float64Array.of(5, -0.3));
  assert.ok(Math.abs(weights[0] - 0.99) < 1e-6);
  assert.ok(Math.abs(weights[1] - 1.01) < 1e-6);
});

test("Adam is Keras' Adam: three steps on a known gradient", () => {
  const weights = Float64Array.of(1);
  const adam = new Adam(1, 0.1);
  for (const g of [1, -2, 0.5]) adam.step(weights, Float64Array.of(g));
  assert.ok(Math.abs(weights[0] - 0.95028) < 1e-6, `${weights[0]}`);
});

for (const method of /** @type {const} */ (["plain", "denoising", "contractive", "vae"])) {
  test(`${method}: the loss falls on two moons and on the circle`, () => {
    for (const name of ["moons", "circle"]) {
      const { losses } = train(name, { method });
      const [first, last] = [mean(losses.slice(0, 20)), mean(losses.slice(-100))];
      // A denoising autoencoder cannot take out the part of the noise that lies along the curve.
      const rest = (method === "denoising" ? 0.5 : 0.15) * first;
      assert.ok(last < rest, `${name}: from ${first} to ${last}`);
    }
  });
}

test("the arrows of a denoising autoencoder lead back to the circle, from both sides", () => {
  const { network } = train("circle", { method: "denoising", noise: 0.2 });
  for (const radius of [0.7, 1.15]) {
    const part = homeward(network, radius);
    assert.ok(part > 0.7 && part < 1.3, `radius ${radius}: ${part}`);
  }
});

test("the VAE at a large beta says nothing: the KL divergence is 0, the picture one point", () => {
  const { network, points } = train("circle", { method: "vae", beta: 100 });
  const { kl, error } = network.measure(points);
  assert.ok(kl < 0.01, `KL ${kl}`);
  const [low, high] = network
    .decode(Float64Array.of(-2, 2))
    .reduce(
      ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
      [Infinity, -Infinity],
    );
  assert.ok(high - low < 0.3, `${low} to ${high}`);
  assert.ok(Math.abs(error / 0.81 - 1) < 0.1, `error ${error}`);
});

test("the VAE at beta = 1 uses its code, and its codes fill the prior", () => {
  const { network, points } = train("circle", { method: "vae" });
  const { kl, mean: centre, variance, error } = network.measure(points);
  assert.ok(kl > 2 && kl < 3.5, `KL ${kl}`);
  assert.ok(Math.abs(centre) < 0.3 && variance > 0.6 && variance < 1.4, `${centre}, ${variance}`);
  assert.ok(error < 0.03, `error ${error}`);
});

test("the contractive penalty shrinks the encoder's Jacobian", () => {
  const plain = train("circle", {});
  const contractive = train("circle", { method: "contractive" });
  const [before, after] = [plain, contractive].map(({ network, points }) => {
    const { variance, error } = network.measure(points);
    assert.ok(error < 0.03, `error ${error}`);
    const size = network.contraction(points);
    return { size, relative: size / variance };
  });
  assert.ok(after.size < before.size / 10, `${before.size} to ${after.size}`);
  assert.ok(after.relative < before.relative / 2, `${before.relative} to ${after.relative}`);
});

test("random codes of a plain autoencoder miss the clusters more often than those of a VAE", () => {
  const draws = Float64Array.from({ length: 500 }, random(9).normal);
  const plain = train("clusters", {}, 2500);
  const vae = train("clusters", { method: "vae" }, 2500);
  const { mean: centre, variance } = plain.network.measure(plain.points);
  const scaled = draws.map((z) => centre + Math.sqrt(variance) * z);
  const shares = [
    shareNear(plain.network.decode(scaled), plain.points),
    shareNear(vae.network.decode(draws), vae.points),
  ];
  assert.ok(shares[0] > 0.6 && shares[0] < shares[1] - 0.04, `${shares}`);
});

test("training is decided by the seed, and sees every point once before any twice", () => {
  const [one, two] = [learn("moons", {}, 5), learn("moons", {}, 5)];
  assert.deepEqual(one.network.weights, two.network.weights);
  assert.equal(one.training.steps, 5);
  assert.equal(one.training.waiting.length, 100); // five batches of 100 of 300 points
  assert.equal(new Set(one.training.waiting).size, 100);
});

test("a slice ends when its time is up or its steps are done, and has a step at least", () => {
  const { training } = learn("moons", {}, 1);
  const settings = { method: /** @type {const} */ ("plain"), noise: 0, strength: 0, beta: 0 };
  assert.equal(training.slice(settings, 10, 0).steps, 1);
  assert.equal(training.slice(settings, 3, 1e6).steps, 3);
  assert.equal(training.steps, 5);
  const start = performance.now();
  training.slice(settings, 1e6, 8);
  assert.ok(performance.now() - start < 1000); // a busy machine may be late
});

test("own points are read as they were written, and nonsense is left out", () => {
  const points = [0.3, -1.2, 1.5, -1.5, 0, 0.7];
  const again = read(write(points, 1.5), 1.5);
  assert.equal(again.length, 6);
  points.forEach((value, k) => assert.ok(Math.abs(value - again[k]) < 0.002));
  assert.deepEqual(read("?!", 1.5), []);
  assert.equal(read("zzzz".repeat(1000), 1.5).length, 2 * POINTS);
});

test("a single point can be learnt", () => {
  const network = new Network({ hidden: 4, code: 1, variational: false });
  const training = new Training(network, Float64Array.of(0.3, 0.2), random(1));
  const settings = { method: /** @type {const} */ ("plain"), noise: 0, strength: 0, beta: 0 };
  for (let k = 0; k < 500; k++) training.step(settings);
  assert.ok(network.measure(training.points).error < 1e-3);
});
