import assert from "node:assert/strict";
import { test } from "node:test";
import { greyLevels, psnr } from "../pictures/images.js";
import { linearDenoiser } from "../pictures/linear.js";
import { saltAndPepper } from "../pictures/noise.js";
import { dataSet } from "./data.js";

test("where every pixel has the same noise it is the chapter's formula", () => {
  const [c, level, p] = [0.2, 0.2, 0.4];
  const unit2 = 1 / 8 + (1 - level) * c;
  const variances = [0.3, 0.1, 0.02]; // of pictures along the axes
  const axes = [
    [0.6, 0.8, 0],
    [-0.8, 0.6, 0],
    [0, 0, 1],
  ];
  const mean = [0.2, 0.5, 0.4];
  const noisy = [0.3, 0.7, 0.2];
  const answer = linearDenoiser(
    {
      level,
      mean: Float32Array.from(mean),
      centre: new Float32Array(3).fill(c),
      axes: Float32Array.from([axes[0], axes[1]].flat(), (value) => 10 * value),
      steps: new Float32Array(2).fill(0.1),
      variances: Float32Array.from(variances.slice(0, 2), (value) => value / unit2),
      rest: variances[2] / unit2,
    },
    Float32Array.from(noisy),
    p,
  );
  const v = p / 8 + p * (1 - p) * c;
  const input = noisy.map((y, i) => y - (1 - p) * mean[i] - p / 2);
  mean.forEach((m, i) => {
    const change = axes.map((axis, k) => {
      const gain = ((1 - p) * variances[k]) / ((1 - p) ** 2 * variances[k] + v);
      return axis[i] * gain * axis.reduce((sum, a, j) => sum + a * input[j], 0);
    });
    assert.ok(Math.abs(answer[i] - (m + change[0] + change[1] + change[2])) < 1e-6);
  });
});

test("it cleans the chapter's pictures, and leaves them alone where there is no noise", async () => {
  const { arrays, facts } = await dataSet("noise-and-cure");
  const values = Object.fromEntries(
    ["mean", "centre", "steps", "variances"].map((key) => [
      key,
      /** @type {Float32Array} */ (arrays[key].values),
    ]),
  );
  const axes = Float32Array.from(arrays.axes.values, (byte) => byte - 128);
  const { level, rest } = facts.linear;
  const { mean, centre, steps, variances } = values;
  const statistics = { level, rest, mean, centre, steps, variances, axes };
  for (const [i, clean] of greyLevels(arrays.pictures).entries()) {
    assert.ok(psnr(clean, linearDenoiser(statistics, clean, 0)) > 60);
    const noisy = saltAndPepper(i)(clean, 0.1);
    assert.ok(psnr(clean, linearDenoiser(statistics, noisy, 0.1)) > psnr(clean, noisy) + 2);
  }
});
