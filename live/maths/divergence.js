/** The two KL divergences between a normal q and a density p of several humps, in nats. */
import { average, logNormal } from "./normal.js";

/**
 * @typedef {import("./normal.js").Normal} Normal
 * @typedef {import("./normal.js").Mixture} Mixture
 * @typedef {{ value: (q: Normal) => number, slopes: (q: Normal) => [number, number] }} Divergence
 *   with its derivatives with respect to the mean and the log standard deviation of q
 */

/**
 * KL(q || p), an average over q.
 *
 * @param {Mixture} p
 * @returns {Divergence}
 */
export function reverse(p) {
  return {
    value: (q) => average(q, (z) => logNormal(z, q) - p.logDensity(z)),
    slopes: (q) => [
      -average(q, p.slope),
      -1 - average(q, (z) => p.slope(z) * (z - q.mean)), // the -1 is the entropy's
    ],
  };
}

/**
 * KL(p || q), an average over p. Only log q depends on q, and its average needs only the mean and
 * the variance of p.
 *
 * @param {Mixture} p
 * @returns {Divergence}
 */
export function forward(p) {
  const negativeEntropy = p.average(p.logDensity);
  const spread = (/** @type {Normal} */ q) => (p.sd ** 2 + (p.mean - q.mean) ** 2) / q.sd ** 2;
  return {
    value: (q) => negativeEntropy - logNormal(0, { mean: 0, sd: q.sd }) + spread(q) / 2,
    slopes: (q) => [(q.mean - p.mean) / q.sd ** 2, 1 - spread(q)],
  };
}

/**
 * One step downhill. A step is measured in standard deviations of q (the natural gradient of a
 * normal: the slope for the mean times its variance, that for its log standard deviation by two),
 * and is never so long that q leaves its place.
 *
 * @param {Normal} q
 * @param {[number, number]} slopes with respect to the mean and the log standard deviation
 * @param {number} rate
 * @returns {Normal}
 */
export function downhill({ mean, sd }, [forMean, forLog], rate) {
  const limit = (/** @type {number} */ x) => Math.min(0.1, Math.max(-0.1, x));
  return {
    mean: mean - sd * limit(rate * sd * forMean),
    sd: sd * Math.exp(-limit((rate * forLog) / 2)),
  };
}

/**
 * The minimum that lies downhill of q.
 *
 * @param {Normal} q
 * @param {(q: Normal) => [number, number]} slopes
 * @returns {Normal}
 */
export function descend(q, slopes) {
  for (let i = 0; i < 2000; i++) {
    const next = downhill(q, slopes(q), 0.2);
    const moved = Math.abs(next.mean - q.mean) + Math.abs(next.sd - q.sd);
    q = next;
    if (moved < 1e-9) break;
  }
  return q;
}
