/** The playground's network: its losses and gradients against Keras and against differences. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { random } from "../core/random.js";
import { Network } from "../playground/network.js";

/** @typedef {import("../playground/network.js").Settings} Settings */

/** @type {Settings["method"][]} */
const METHODS = ["plain", "denoising", "contractive", "vae"];

/** @type {{ hidden: number, code: number, noise: number, strength: number, beta: number,
 *   points: number[], normal: Record<string, number[]>, weights: Record<string, number[]>,
 *   expected: Record<string, { loss: number, gradient: number[], codes: number[],
 *     rebuilt: number[], contraction: number }> }} */
const fixture = JSON.parse(
  readFileSync(new URL("fixtures/playground.json", import.meta.url), "utf8"),
);

/**
 * The norm of a difference, relative to that of the numbers expected.
 *
 * @param {ArrayLike<number>} actual
 * @param {ArrayLike<number>} expected
 */
function distance(actual, expected) {
  assert.equal(actual.length, expected.length);
  const numbers = Array.from(expected);
  const difference = Math.hypot(...numbers.map((value, k) => actual[k] - value));
  return difference / Math.hypot(...numbers);
}

for (const method of METHODS) {
  const { hidden, code, noise, strength, beta } = fixture;
  const settings = { method, noise, strength, beta };
  const points = Float64Array.from(fixture.points);

  test(`${method}: loss and gradient are those of Keras`, () => {
    const network = new Network({ hidden, code, variational: method === "vae" });
    network.weights.set(fixture.weights[method]);
    const expected = fixture.expected[method];
    const normal = Float64Array.from(fixture.normal[method]);
    const { loss } = network.learn(points, settings, normal);
    assert.ok(Math.abs(loss / expected.loss - 1) < 1e-10, `${loss} is not ${expected.loss}`);
    assert.ok(distance(network.gradient, expected.gradient) < 1e-10);
    assert.ok(distance(network.encode(points), expected.codes) < 1e-10);
    assert.ok(distance(network.decode(network.encode(points)), expected.rebuilt) < 1e-10);
    assert.ok(Math.abs(network.contraction(points) / expected.contraction - 1) < 1e-10);
  });

  for (const codes of [1, 2]) {
    test(`${method}, codes of ${codes}: the gradient is that of differences`, () => {
      const draws = random(codes);
      const network = new Network({ hidden: 7, code: codes, variational: method === "vae" });
      network.weights.forEach((_, k) => (network.weights[k] = draws.normal() / 2));
      const normal = new Float64Array(points.length).map(() => draws.normal());
      network.learn(points, settings, normal);
      const gradient = network.gradient.slice();
      const step = 1e-5;
      const differences = gradient.map((_, k) => {
        const [up, down] = [step, -step].map((move) => {
          const before = network.weights[k];
          network.weights[k] = before + move;
          const { loss } = network.learn(points, settings, normal);
          network.weights[k] = before;
          return loss;
        });
        return (up - down) / (2 * step);
      });
      const error = distance(gradient, differences);
      assert.ok(error < 1e-8, `relative difference ${error}`);
    });
  }
}

test("the contraction is that of the encoder's movements", () => {
  const network = new Network({ hidden: 5, code: 2, variational: false });
  const draws = random(3);
  network.weights.forEach((_, k) => (network.weights[k] = draws.normal()));
  const [x, y, step] = [0.3, -0.7, 1e-6];
  const moves = [
    [step, 0],
    [0, step],
  ].map(([dx, dy]) => {
    const up = network.encode(Float64Array.of(x + dx, y + dy));
    const down = network.encode(Float64Array.of(x - dx, y - dy));
    return Math.hypot(...up.map((value, k) => (value - down[k]) / (2 * step))) ** 2;
  });
  const exact = network.contraction(Float64Array.of(x, y));
  assert.ok(Math.abs(exact / (moves[0] + moves[1]) - 1) < 1e-7);
});

test("the first weights are Glorot's: uniform, of the right width, biases zero", () => {
  const network = new Network({ hidden: 40, code: 1, variational: false });
  network.start(random(0));
  const { kernel, bias } = network.encoder.layers[1];
  const limit = Math.sqrt(6 / 80);
  const variance = kernel.reduce((sum, value) => sum + value ** 2, 0) / kernel.length;
  assert.ok(kernel.every((value) => Math.abs(value) <= limit));
  assert.ok(Math.abs(variance / (limit ** 2 / 3) - 1) < 0.05);
  assert.ok(bias.every((value) => value === 0));
});
