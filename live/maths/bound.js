/**
 * The chapter's model on a line, whose evidence is known: z ~ N(0, 1), x = z + noise of variance one
 * half, and x = 2. All in nats, and each of the three numbers by a formula of its own.
 */
import { klNormals, logNormal } from "./normal.js";

const NOISE_VAR = 0.5;
export const X = 2;

/** @typedef {import("./normal.js").Normal} Normal */

/** @type {Normal} p(z) */
export const PRIOR = { mean: 0, sd: 1 };

/** @type {Normal} p(z | x) */
export const POSTERIOR = { mean: X / (1 + NOISE_VAR), sd: Math.sqrt(NOISE_VAR / (1 + NOISE_VAR)) };

/** log p(x): x is a sum of two normal terms. */
export const LOG_EVIDENCE = logNormal(X, { mean: 0, sd: Math.sqrt(1 + NOISE_VAR) });

/**
 * The average of log p(x | z) over q: its value at the mean, less what the spread of q costs.
 *
 * @param {Normal} q
 */
export function reconstruction({ mean, sd }) {
  return logNormal(X, { mean, sd: Math.sqrt(NOISE_VAR) }) - (sd * sd) / (2 * NOISE_VAR);
}

/**
 * The evidence lower bound.
 *
 * @param {Normal} q
 */
export function elbo(q) {
  return reconstruction(q) - klNormals(q, PRIOR);
}

/**
 * KL(q || p(z | x)).
 *
 * @param {Normal} q
 */
export function gap(q) {
  return klNormals(q, POSTERIOR);
}

/**
 * Derivatives of minus the ELBO with respect to the mean and the log standard deviation of q. They
 * know p(x | z) and p(z), and not the posterior.
 *
 * @param {Normal} q
 * @returns {[number, number]}
 */
export function slopes({ mean, sd }) {
  const towards = (mean - X) / NOISE_VAR + mean;
  return [towards, sd * sd * (1 / NOISE_VAR + 1) - 1];
}
