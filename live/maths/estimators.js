/**
 * Two estimators of a gradient: of E[f(z)], f(z) = the sum of z_j^2, with respect to one coordinate
 * of the mean, where the d coordinates of z have the mean mu and the variance 1. It is 2 mu.
 *
 * @typedef {{ draws: number, dimension: number, mu: number }} Setting `draws` of z for an estimate
 * @typedef {{ score: number, baseline: number, path: number }} Estimates one by each: the score
 *   function, the same with the leave-one-out baseline, the path
 */

/** @param {Setting} setting */
export function truth({ mu }) {
  return 2 * mu;
}

/**
 * One estimate by each, of the same draws. A draw needs only its own coordinate and the sum of the
 * squares of the others. By turning the space their mean vector lies along one axis: the sum is one
 * shifted square and a chi-square of the rest.
 *
 * @param {Setting} setting
 * @param {import("../core/random.js").Random} random
 * @returns {Estimates}
 */
export function estimate({ draws, dimension, mu }, random) {
  let sumF = 0;
  let sumNoise = 0;
  let score = 0;
  let path = 0;
  for (let i = 0; i < draws; i++) {
    const epsilon = random.normal();
    const z = mu + epsilon;
    let f = z * z;
    if (dimension > 1) f += (Math.sqrt(dimension - 1) * mu + random.normal()) ** 2;
    if (dimension > 2) f += chiSquare(dimension - 2, random);
    sumF += f;
    sumNoise += epsilon;
    score += f * epsilon;
    path += 2 * z;
  }
  // Each value less the mean of the other draws' values, summed over the draws:
  const baseline = (draws * score - sumF * sumNoise) / (draws - 1);
  return { score: score / draws, baseline: baseline / draws, path: path / draws };
}

/**
 * A sum of `degrees` squares of standard normal numbers, by Marsaglia and Tsang's rejection for the
 * gamma distribution of shape degrees / 2.
 *
 * @param {number} degrees at least 1
 * @param {import("../core/random.js").Random} random
 */
export function chiSquare(degrees, random) {
  if (degrees < 2) return random.normal() ** 2;
  const d = degrees / 2 - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    if (Math.log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v))
      return 2 * d * v;
  }
}

/**
 * Standard deviations of the estimates by the formulas of the chapter.
 *
 * @param {Setting} setting
 * @returns {Estimates}
 */
export function theory({ draws, dimension, mu }) {
  const square = mu * mu;
  const others = (dimension - 1) * (square + 1); // mean of the other coordinates' part of f
  const varied = (dimension - 1) * (2 + 4 * square); // its variance
  const second = varied + others ** 2 + 2 * others * (square + 3);
  const score = second + square * square + 18 * square + 15 - 4 * square;
  const best = score - (others + square + 3) ** 2; // with the best constant baseline
  const ofF = varied + 2 + 4 * square;
  const baseline = best + 4 + (4 * square + ofF) / (draws - 1);
  return {
    score: Math.sqrt(score / draws),
    baseline: Math.sqrt(baseline / draws),
    path: Math.sqrt(4 / draws),
  };
}
