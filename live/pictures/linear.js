/**
 * The best linear denoiser of salt and pepper, for any amount of it, without a matrix of 784 x 784.
 *
 * The chapter's answer is
 * mean + (1 - p) C [(1 - p)^2 C + diag(v)]^-1 (noisy - (1 - p) mean - p / 2)
 * with the covariance C of clean pictures and the variance v of the noise. v changes with the amount
 * p, but hardly its pattern. So pixels are measured in units of the noise at one level: there the
 * axes of C serve for every p, and the inverse becomes one gain for each axis. The leading axes are
 * stored; the others, on which pictures vary little, share one gain.
 *
 * @typedef {{
 *   level: number, mean: Float32Array, centre: Float32Array,
 *   axes: Float32Array, steps: Float32Array, variances: Float32Array, rest: number,
 * }} Statistics of clean pictures: mean and E(1/2 - x)^2 of each pixel; the axes, one after the
 *   other, to be multiplied by their steps; the variances along them, and that along the others
 */

/**
 * @param {Statistics} statistics
 * @param {Float32Array} noisy 784 grey levels
 * @param {number} amount of noise, from 0 to below 1: the matrix is told it
 * @returns {Float32Array} grey levels, cut to [0, 1]
 */
export function linearDenoiser(statistics, noisy, amount) {
  const { level, mean, centre, axes, steps, variances, rest } = statistics;
  const n = noisy.length;
  const kept = 1 - amount;
  const unit = centre.map((c) => Math.sqrt(1 / 8 + (1 - level) * c));
  const ratio = centre.reduce((sum, c, i) => sum + (1 / 8 + kept * c) / unit[i] ** 2, 0) / n;
  const gain = (/** @type {number} */ variance) =>
    (kept * variance) / (kept ** 2 * variance + amount * ratio);
  const input = noisy.map((y, i) => (y - kept * mean[i] - amount / 2) / unit[i]);
  const out = input.map((y) => gain(rest) * y);
  for (let k = 0, at = 0; k < steps.length; k++, at += n) {
    let along = 0;
    for (let i = 0; i < n; i++) along += axes[at + i] * input[i];
    along *= steps[k] ** 2 * (gain(variances[k]) - gain(rest));
    for (let i = 0; i < n; i++) out[i] += along * axes[at + i];
  }
  return out.map((y, i) => Math.min(1, Math.max(0, mean[i] + unit[i] * y)));
}
