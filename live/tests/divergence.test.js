import assert from "node:assert/strict";
import { test } from "node:test";
import { descend, downhill, forward, reverse } from "../maths/divergence.js";
import { klNormals, logNormal, mixture } from "../maths/normal.js";

const near = (/** @type {number} */ a, /** @type {number} */ b, /** @type {number} */ within) =>
  assert.ok(Math.abs(a - b) <= within, `${a} and ${b} differ by more than ${within}`);
const HUMPS = mixture([
  { share: 0.6, mean: -1.5, sd: 0.5 },
  { share: 0.4, mean: 2.0, sd: 0.7 },
]);
const QS = [
  { mean: -1.5, sd: 1 },
  { mean: 0.4, sd: 0.25 },
  { mean: 3, sd: 2 },
  { mean: -2, sd: 4 },
];

/** @param {(z: number) => number} f from -60 to 60 */
function integral(f) {
  let sum = 0;
  for (let i = -12000; i <= 12000; i++) sum += f(i / 200) / 200;
  return sum;
}

test("the mixture has a whole mass, its mean, its variance and its slope", () => {
  const density = (/** @type {number} */ z) => Math.exp(HUMPS.logDensity(z));
  near(integral(density), 1, 1e-10);
  near(
    integral((z) => z * density(z)),
    HUMPS.mean,
    1e-10,
  );
  near(
    integral((z) => (z - HUMPS.mean) ** 2 * density(z)),
    HUMPS.sd ** 2,
    1e-9,
  );
  near(HUMPS.mean, -0.1, 1e-12);
  for (const z of [-30, -1, 0.3, 2.5]) {
    const difference = HUMPS.logDensity(z + 1e-5) - HUMPS.logDensity(z - 1e-5);
    near(HUMPS.slope(z), difference / 2e-5, 1e-5);
  }
});

test("with one hump both divergences are those of two normals", () => {
  const p = { mean: -1, sd: 1.7 };
  const one = mixture([{ share: 1, ...p }]);
  for (const q of QS) {
    near(reverse(one).value(q), klNormals(q, p), 1e-9);
    near(forward(one).value(q), klNormals(p, q), 1e-9);
  }
});

test("with two humps both divergences are integrals", () => {
  for (const q of QS) {
    const difference = (/** @type {number} */ z) => logNormal(z, q) - HUMPS.logDensity(z);
    near(
      reverse(HUMPS).value(q),
      integral((z) => Math.exp(logNormal(z, q)) * difference(z)),
      1e-6,
    );
    near(
      forward(HUMPS).value(q),
      integral((z) => -Math.exp(HUMPS.logDensity(z)) * difference(z)),
      1e-6,
    );
  }
});

test("slopes agree with finite differences", () => {
  const h = 1e-5;
  for (const { value, slopes } of [reverse(HUMPS), forward(HUMPS)]) {
    for (const { mean, sd } of QS) {
      const [forMean, forLog] = slopes({ mean, sd });
      const size = 1 + Math.abs(forMean) + Math.abs(forLog);
      const byMean = value({ mean: mean + h, sd }) - value({ mean: mean - h, sd });
      near(byMean / (2 * h) / size, forMean / size, 1e-6);
      const byLog = value({ mean, sd: sd * Math.exp(h) }) - value({ mean, sd: sd * Math.exp(-h) });
      near(byLog / (2 * h) / size, forLog / size, 1e-6);
    }
  }
});

test("the reverse divergence has the three minima of the chapter", () => {
  const { value, slopes } = reverse(HUMPS);
  for (const { start, mean, sd, kl } of [
    { start: { mean: -1.5, sd: 1 }, mean: -1.494, sd: 0.51, kl: 0.507 },
    { start: { mean: 2, sd: 1 }, mean: 1.976, sd: 0.73, kl: 0.907 },
    { start: { mean: 0, sd: 2 }, mean: 0.486, sd: 1.6, kl: 0.85 },
  ]) {
    const found = descend(start, slopes);
    near(found.mean, mean, 0.0006);
    near(found.sd, sd, 0.006);
    near(value(found), kl, 0.0006);
    assert.ok(slopes(found).every((slope) => Math.abs(slope) < 1e-6));
  }
});

test("the forward divergence has one minimum, with the mean and variance of p", () => {
  const { value, slopes } = forward(HUMPS);
  for (const start of QS) {
    const found = descend(start, slopes);
    near(found.mean, HUMPS.mean, 1e-6);
    near(found.sd, HUMPS.sd, 1e-6);
    near(value(found), 0.485, 0.0006);
  }
});

test("no step down the hill leads up", () => {
  for (const { value, slopes } of [reverse(HUMPS), forward(HUMPS)]) {
    for (let q of QS) {
      for (let i = 0; i < 200; i++) {
        const next = downhill(q, slopes(q), 0.2);
        assert.ok(value(next) <= value(q) + 1e-9, JSON.stringify({ q, next }));
        q = next;
      }
    }
  }
});
