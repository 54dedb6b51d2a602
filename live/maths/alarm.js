/**
 * A threshold that keeps a promise about false alarms (split conformal prediction), what one
 * calibration makes of the promise, and what the alarms are worth.
 */
import { random } from "../core/random.js";

const TINY = 1e-300;
const ROUNDING = 1e-9; // of (n + 1)(1 - alpha), which may be meant to be an integer

/**
 * Which of n sorted scores is the threshold, counted from 1. Above n there is none: infinity.
 *
 * @param {number} n
 * @param {number} alpha the promised share of false alarms
 */
export function place(n, alpha) {
  return Math.ceil((n + 1) * (1 - alpha) - ROUNDING);
}

/**
 * The threshold for a promise.
 *
 * @param {ArrayLike<number>} sorted scores of normal examples
 * @param {number} alpha
 */
export function threshold(sorted, alpha) {
  const k = place(sorted.length, alpha);
  return k > sorted.length ? Infinity : sorted[Math.max(1, k) - 1];
}

/**
 * How few examples a promise needs, so that anything can be flagged.
 *
 * @param {number} alpha
 */
export function fewest(alpha) {
  return Math.ceil(1 / alpha - ROUNDING / alpha) - 1;
}

/**
 * The promise that the k-th of n scores keeps, in four digits and never less than it is.
 *
 * @param {number} n
 * @param {number} k
 */
export function promiseOf(n, k) {
  const exact = (n + 1 - k) / (n + 1);
  const unit = 10 ** (Math.floor(Math.log10(exact)) - 3);
  return Number((Math.ceil(exact / unit - 1e-6) * unit).toPrecision(4));
}

/**
 * How many of sorted numbers are larger than a value.
 *
 * @param {ArrayLike<number>} sorted
 * @param {number} value
 */
export function above(sorted, value) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] > value) high = middle;
    else low = middle + 1;
  }
  return sorted.length - low;
}

/**
 * Draw n of the scores to calibrate by. The others are fresh: the threshold has not seen them.
 *
 * @param {ArrayLike<number>} pool sorted scores
 * @param {number} n
 * @param {number} seed
 * @returns {{ drawn: Float64Array, fresh: Float64Array }} both sorted
 */
export function calibration(pool, n, seed) {
  const { integer } = random(seed);
  const order = Array.from(pool, (_, i) => i);
  const isDrawn = new Uint8Array(pool.length);
  for (let i = 0; i < n; i++) {
    const j = i + integer(order.length - i);
    [order[i], order[j]] = [order[j], order[i]];
    isDrawn[order[i]] = 1;
  }
  const drawn = new Float64Array(n);
  const fresh = new Float64Array(pool.length - n);
  let [d, f] = [0, 0];
  for (let i = 0; i < pool.length; i++) {
    if (isDrawn[i]) drawn[d++] = pool[i];
    else fresh[f++] = pool[i];
  }
  return { drawn, fresh };
}

/**
 * What to expect among pieces of which a share is odd.
 *
 * @param {{ pieces: number, share: number, hits: number, falseAlarms: number }} rates `hits` is the
 *   share of odd pieces that are flagged, `falseAlarms` that of normal ones
 * @returns {{ odd: number, found: number, missed: number, wrong: number, quiet: number,
 *   precision: number }} numbers of pieces, not rounded; `precision` is NaN without any alarm
 */
export function expected({ pieces, share, hits, falseAlarms }) {
  const odd = pieces * share;
  const found = odd * hits;
  const wrong = (pieces - odd) * falseAlarms;
  return {
    odd,
    found,
    missed: odd - found,
    wrong,
    quiet: pieces - odd - wrong,
    precision: found / (found + wrong),
  };
}

/**
 * Logarithm of the gamma function of a positive number, by Stirling's series.
 *
 * @param {number} x
 */
export function logGamma(x) {
  let shift = 0;
  let y = x;
  while (y < 10) shift += Math.log(y++);
  const square = 1 / (y * y);
  const series =
    (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)))) / y;
  return (y - 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + series - shift;
}

/**
 * Logarithm of the density of Beta(a, b).
 *
 * @param {number} x in (0, 1)
 * @param {number} a
 * @param {number} b
 */
export function logBetaDensity(x, a, b) {
  const scale = logGamma(a + b) - logGamma(a) - logGamma(b);
  return scale + (a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x);
}

/**
 * The probability that a draw from Beta(a, b) is at most x: the regularised incomplete beta
 * function, by its continued fraction and Lentz's method.
 *
 * @param {number} x
 * @param {number} a
 * @param {number} b
 * @returns {number}
 */
export function betaShare(x, a, b) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - betaShare(1 - x, b, a); // where it converges fast
  const away = (/** @type {number} */ value) => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 1000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    let change = 1;
    for (const term of [even, odd]) {
      d = 1 / away(1 + term * d);
      c = away(1 + term / c);
      change = c * d;
      fraction *= change;
    }
    if (Math.abs(change - 1) < 1e-14) break;
  }
  return (Math.exp(logBetaDensity(x, a, b)) * x * (1 - x) * fraction) / a;
}

/**
 * The number below which a draw from Beta(a, b) lies with probability p.
 *
 * @param {number} p
 * @param {number} a
 * @param {number} b
 */
export function betaQuantile(p, a, b) {
  let low = 0;
  let high = 1;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (betaShare(middle, a, b) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Where the false-alarm rates of nine calibrations in ten lie.
 *
 * @param {number} n
 * @param {number} alpha
 * @returns {[number, number]}
 */
export function range(n, alpha) {
  const k = place(n, alpha);
  if (k > n) return [0, 0];
  return [betaQuantile(0.05, n + 1 - k, k), betaQuantile(0.95, n + 1 - k, k)];
}
