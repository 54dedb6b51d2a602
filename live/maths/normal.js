/**
 * Normal densities on the line, mixtures of them, and their averages. Units of logarithms: nats.
 *
 * @typedef {{ mean: number, sd: number }} Normal
 * @typedef {{ share: number, mean: number, sd: number }} Hump the shares of all humps sum to one
 */

const LOG_2_PI = Math.log(2 * Math.PI);

/**
 * @param {number} z
 * @param {Normal} normal
 */
export function logNormal(z, { mean, sd }) {
  const epsilon = (z - mean) / sd;
  return -0.5 * (epsilon * epsilon + LOG_2_PI) - Math.log(sd);
}

/**
 * KL(q || p) of two normals in closed form.
 *
 * @param {Normal} q
 * @param {Normal} p
 */
export function klNormals(q, p) {
  const ratio = q.sd / p.sd;
  const shift = (q.mean - p.mean) / p.sd;
  return 0.5 * (ratio * ratio - 1 + shift * shift) - Math.log(ratio);
}

/**
 * The average of f over a normal. The trapezoidal rule is nearly exact for f that are smooth on
 * the scale of its standard deviation.
 *
 * @param {Normal} normal
 * @param {(z: number) => number} f
 */
export function average({ mean, sd }, f) {
  const step = 0.025;
  let sum = 0;
  for (let i = -360; i <= 360; i++) {
    const epsilon = step * i;
    sum += Math.exp(-0.5 * epsilon * epsilon) * f(mean + sd * epsilon);
  }
  return (sum * step) / Math.sqrt(2 * Math.PI);
}

/**
 * A density with several humps.
 *
 * @param {Hump[]} humps
 */
export function mixture(humps) {
  const mean = humps.reduce((sum, hump) => sum + hump.share * hump.mean, 0);
  const square = humps.reduce((sum, hump) => sum + hump.share * (hump.sd ** 2 + hump.mean ** 2), 0);
  /** Logarithm of each hump's part of the density; its largest part alone cannot vanish. */
  const parts = (/** @type {number} */ z) =>
    humps.map((hump) => Math.log(hump.share) + logNormal(z, hump));
  const logDensity = (/** @type {number} */ z) => {
    const logs = parts(z);
    const largest = Math.max(...logs);
    return largest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - largest), 0));
  };
  return {
    humps,
    mean,
    sd: Math.sqrt(square - mean * mean),
    logDensity,
    /** Derivative of the log density. */
    slope(/** @type {number} */ z) {
      const whole = logDensity(z);
      return parts(z).reduce((sum, log, i) => {
        const { mean: centre, sd } = humps[i];
        return sum - (Math.exp(log - whole) * (z - centre)) / sd ** 2;
      }, 0);
    },
    /** The average of f over the mixture. */
    average: (/** @type {(z: number) => number} */ f) =>
      humps.reduce((sum, hump) => sum + hump.share * average(hump, f), 0),
  };
}

/** @typedef {ReturnType<typeof mixture>} Mixture */
