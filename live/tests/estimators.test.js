import assert from "node:assert/strict";
import { test } from "node:test";
import { random } from "../core/random.js";
import { chiSquare, estimate, theory, truth } from "../maths/estimators.js";

const REPETITIONS = 40_000;
const KINDS = /** @type {const} */ (["score", "baseline", "path"]);

/** @param {ArrayLike<number>} values */
function moments(values) {
  const list = Array.from(values);
  const mean = list.reduce((a, b) => a + b, 0) / list.length;
  const central = (/** @type {number} */ power) =>
    list.reduce((sum, value) => sum + (value - mean) ** power, 0) / list.length;
  return { mean, variance: central(2), fourth: central(4) };
}

for (const setting of [
  { draws: 2, dimension: 1, mu: 0.5 },
  { draws: 8, dimension: 1, mu: -1.5 },
  { draws: 4, dimension: 2, mu: 0.7 },
  { draws: 4, dimension: 10, mu: 0.5 },
  { draws: 3, dimension: 100, mu: 1 },
]) {
  test(`estimates are right on average, with the variances of theory: ${JSON.stringify(setting)}`, () => {
    const generator = random(3);
    const all = Array.from({ length: REPETITIONS }, () => estimate(setting, generator));
    const expected = theory(setting);
    /** @type {Record<string, number>} */
    const variances = {};
    for (const kind of KINDS) {
      const { mean, variance, fourth } = moments(all.map((one) => one[kind]));
      const off = (mean - truth(setting)) / Math.sqrt(variance / REPETITIONS);
      assert.ok(Math.abs(off) < 4, `${kind} is ${off} standard errors off`);
      const error = Math.sqrt((fourth - variance ** 2) / REPETITIONS);
      const offTheory = (variance - expected[kind] ** 2) / error;
      assert.ok(Math.abs(offTheory) < 4, `variance of ${kind}: ${offTheory} standard errors off`);
      variances[kind] = variance;
    }
    const ratio = variances.score / variances.path;
    assert.ok(Math.abs(ratio / (expected.score / expected.path) ** 2 - 1) < 0.1, `ratio ${ratio}`);
  });
}

test("one path is worth as many draws as the chapter measured", () => {
  for (const [dimension, score, baseline] of [
    [1, 5, 3],
    [10, 61, 12],
    [100, 4081, 97],
  ]) {
    const of = theory({ draws: 4, dimension, mu: 0.5 });
    assert.ok(Math.abs((of.score / of.path) ** 2 / score - 1) < 0.12);
    assert.ok(Math.abs((of.baseline / of.path) ** 2 / baseline - 1) < 0.12);
  }
});

test("chi-square numbers have their mean and variance", () => {
  const generator = random(5);
  for (const degrees of [1, 2, 3, 98]) {
    const values = Array.from({ length: REPETITIONS }, () => chiSquare(degrees, generator));
    const { mean, variance, fourth } = moments(values);
    assert.ok(Math.abs(mean - degrees) < 4 * Math.sqrt((2 * degrees) / REPETITIONS));
    const error = Math.sqrt((fourth - variance ** 2) / REPETITIONS);
    assert.ok(Math.abs(variance - 2 * degrees) < 4 * error);
  }
});
