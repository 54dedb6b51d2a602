import assert from "node:assert/strict";
import { test } from "node:test";
import { random } from "../core/random.js";
import {
  elbo, gap, LOG_EVIDENCE, POSTERIOR, PRIOR, reconstruction, slopes, X,
} from "../maths/bound.js"; // prettier-ignore
import { descend } from "../maths/divergence.js";
import { average, logNormal } from "../maths/normal.js";

const NOISE = Math.sqrt(0.5); // as the chapter says, written anew
const near = (/** @type {number} */ a, /** @type {number} */ b, /** @type {number} */ within) =>
  assert.ok(Math.abs(a - b) <= within, `${a} and ${b} differ by more than ${within}`);
const logJoint = (/** @type {number} */ z) =>
  logNormal(z, PRIOR) + logNormal(X, { mean: z, sd: NOISE });

test("the log evidence is the integral of the joint density", () => {
  let sum = 0;
  for (let i = -6000; i <= 6000; i++) sum += Math.exp(logJoint(i / 500)) / 500;
  near(LOG_EVIDENCE, Math.log(sum), 1e-10);
});

test("the posterior is the joint density, divided by the evidence", () => {
  for (const z of [-2, 0, 1.3, 4]) near(logNormal(z, POSTERIOR), logJoint(z) - LOG_EVIDENCE, 1e-12);
});

test("ELBO and KL add up to the log evidence for every q of two thousand", () => {
  const { normal } = random(1);
  for (let i = 0; i < 2000; i++) {
    const q = { mean: 4 * normal(), sd: Math.exp(normal()) };
    near((elbo(q) + gap(q) - LOG_EVIDENCE) / (1 + gap(q)), 0, 1e-12);
    assert.ok(gap(q) >= 0 && elbo(q) <= LOG_EVIDENCE);
  }
});

test("ELBO, reconstruction and KL are the averages that they claim to be", () => {
  for (const q of [{ mean: 0.3, sd: 0.2 }, { mean: -1.5, sd: 1.4 }, { mean: 3, sd: 3 }]) {
    near(elbo(q), average(q, (z) => logJoint(z) - logNormal(z, q)), 1e-9);
    near(gap(q), average(q, (z) => logNormal(z, q) - logNormal(z, POSTERIOR)), 1e-9);
    near(reconstruction(q), average(q, (z) => logNormal(X, { mean: z, sd: NOISE })), 1e-9);
  }
}); // prettier-ignore

test("twice too wide costs 1.5 - log 2, and twice too narrow log 2 - 0.375", () => {
  const { mean, sd } = POSTERIOR;
  near(gap({ mean, sd: 2 * sd }), 1.5 - Math.log(2), 1e-12);
  near(gap({ mean, sd: sd / 2 }), Math.log(2) - 0.375, 1e-12);
});

test("the slopes are those of minus the ELBO, and of the gap", () => {
  const h = 1e-5;
  const q = { mean: -0.4, sd: 1.3 };
  const [forMean, forLog] = slopes(q);
  for (const f of [(/** @type {import("../maths/normal.js").Normal} */ one) => -elbo(one), gap]) {
    near((f({ ...q, mean: q.mean + h }) - f({ ...q, mean: q.mean - h })) / (2 * h), forMean, 1e-7);
    const wider = { ...q, sd: q.sd * Math.exp(h) };
    const narrower = { ...q, sd: q.sd * Math.exp(-h) };
    near((f(wider) - f(narrower)) / (2 * h), forLog, 1e-7);
  }
});

test("climbing the ELBO ends at the posterior, which the climb does not know", () => {
  for (const start of [PRIOR, { mean: -2, sd: 0.2 }, { mean: 4, sd: 4 }]) {
    const found = descend(start, slopes);
    near(found.mean, POSTERIOR.mean, 1e-6);
    near(found.sd, POSTERIOR.sd, 1e-6);
  }
});
