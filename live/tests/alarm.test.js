import assert from "node:assert/strict";
import { test } from "node:test";
import {
  above, betaQuantile, betaShare, calibration, expected, fewest, logBetaDensity, logGamma, place,
  promiseOf, range, threshold,
} from "../maths/alarm.js"; // prettier-ignore

const near = (/** @type {number} */ a, /** @type {number} */ b, /** @type {number} */ within) =>
  assert.ok(Math.abs(a - b) <= within, `${a} and ${b} differ by more than ${within}`);

/** By scipy.stats.beta with (n + 1 - k, k): ppf of 0.05 and 0.95, cdf and logpdf at alpha. */
const SCIPY = [
  { n: 500, alpha: 0.05, k: 476, low: 0.034998479, high: 0.066843284, share: 0.52864925, log: 3.7085364 },
  { n: 500, alpha: 0.01, k: 496, low: 0.0039483296, high: 0.018212852, share: 0.56038891, log: 4.4793294 },
  { n: 100, alpha: 0.1, k: 91, low: 0.055263238, high: 0.15179543, share: 0.54870983, log: 2.5791962 },
  { n: 2000, alpha: 0.001, k: 1999, low: 0.0001777094, high: 0.0023697134, share: 0.59412955, log: 6.2945498 },
  { n: 20, alpha: 0.05, k: 20, low: 0.0025613788, high: 0.13910834, share: 0.64151408, log: 2.0211597 },
  { n: 1000, alpha: 0.0123, k: 989, low: 0.006938388, high: 0.018141892, share: 0.57314496, log: 4.717029 },
  { n: 50, alpha: 0.5, k: 26, low: 0.37624589, high: 0.60458796, share: 0.55613759, log: 1.7252205 },
]; // prettier-ignore

test("places, quantiles, shares and densities are those of scipy", () => {
  for (const { n, alpha, k, low, high, share, log } of SCIPY) {
    assert.equal(place(n, alpha), k);
    const [from, to] = range(n, alpha);
    near(from / low, 1, 1e-6);
    near(to / high, 1, 1e-6);
    near(betaShare(alpha, n + 1 - k, k), share, 1e-7);
    near(logBetaDensity(alpha, n + 1 - k, k), log, 1e-6);
  }
});

test("the logarithm of the gamma function is scipy's", () => {
  for (const [x, value] of [
    [0.5, 0.5723649429247],
    [1, 0],
    [3, 0.6931471805599453],
    [26, 58.00360522298052],
    [2001, 13206.524350513808],
  ]) {
    near(logGamma(x), value, 1e-12 * (1 + value));
  }
});

test("a share of a quantile is the share, and the ends are the ends", () => {
  for (const p of [0.01, 0.3, 0.95]) near(betaShare(betaQuantile(p, 3, 40), 3, 40), p, 1e-10);
  assert.equal(betaShare(0, 2, 3), 0);
  assert.equal(betaShare(1, 2, 3), 1);
});

test("the threshold is the chapter's", () => {
  const squares = Array.from({ length: 99 }, (_, i) => (i + 1) ** 2);
  const found = [0.5, 0.1, 0.05, 0.011, 0.01, 0.009].map((alpha) => threshold(squares, alpha));
  assert.deepEqual(found, [2500, 8100, 9025, 9801, 9801, Infinity]);
});

test("with too few examples nothing can be flagged, and one more is enough", () => {
  for (const alpha of [0.5, 0.1, 0.05, 0.0123, 0.01, 0.001, 0.0005]) {
    const n = fewest(alpha);
    assert.ok(place(n, alpha) <= n, String(alpha));
    assert.ok(place(n - 1, alpha) > n - 1, String(alpha));
  }
  assert.equal(fewest(0.001), 999);
  assert.deepEqual(range(500, 0.001), [0, 0]);
});

test("the promise of a score puts the threshold on that score", () => {
  for (const n of [20, 50, 500, 1000, 2000]) {
    for (let k = Math.ceil(n / 2) + 1; k <= n; k++) {
      const alpha = promiseOf(n, k);
      assert.equal(place(n, alpha), k, `${n}, ${k}, ${alpha}`);
      assert.ok(alpha * (n + 1) >= n + 1 - k - 1e-6);
    }
  }
  assert.equal(promiseOf(999, 990), 0.01);
});

test("above counts what is larger, not what is equal", () => {
  const sorted = [1, 2, 2, 2, 5];
  assert.deepEqual(
    [0, 1, 2, 3, 5, Infinity].map((value) => above(sorted, value)),
    [5, 4, 1, 1, 0, 0],
  );
});

test("a calibration draws n, leaves the others fresh, and a seed brings it back", () => {
  const pool = Array.from({ length: 300 }, (_, i) => i);
  const { drawn, fresh } = calibration(pool, 120, 7);
  assert.equal(drawn.length, 120);
  assert.deepEqual(
    [...drawn, ...fresh].sort((a, b) => a - b),
    pool,
  );
  for (const part of [drawn, fresh])
    assert.deepEqual(
      [...part],
      [...part].sort((a, b) => a - b),
    );
  assert.deepEqual(calibration(pool, 120, 7).drawn, drawn);
  assert.notDeepEqual(calibration(pool, 120, 8).drawn, drawn);
});

test("the promise is kept on average, and nine rates in ten are in the range", () => {
  const pool = Array.from({ length: 20_000 }, (_, i) => i);
  for (const alpha of [0.1, 0.01]) {
    const rates = Array.from({ length: 300 }, (_, seed) => {
      const { drawn, fresh } = calibration(pool, 200, seed);
      return above(fresh, threshold(drawn, alpha)) / fresh.length;
    });
    const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
    const exact = (201 - place(200, alpha)) / 201;
    near(mean / exact, 1, 0.13);
    const [low, high] = range(200, alpha);
    const inside = rates.filter((rate) => rate >= low && rate <= high).length / rates.length;
    near(inside, 0.9, 0.06);
  }
});

test("what to expect adds up, and its precision is that of Bayes", () => {
  for (const [share, precision] of [
    [0.5, 0.9807692307692307],
    [0.01, 0.34],
    [0.001, 0.04857142857142857],
  ]) {
    const all = expected({ pieces: 10_000, share, hits: 0.51, falseAlarms: 0.01 });
    near(all.precision, precision, 1e-12);
    near(all.found + all.missed + all.wrong + all.quiet, 10_000, 1e-9);
    near(all.odd, all.found + all.missed, 1e-9);
  }
  const none = { pieces: 100, share: 0.1, hits: 0, falseAlarms: 0 };
  assert.ok(Number.isNaN(expected(none).precision));
});
