import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, decode, encode, rounded } from "../pictures/codes.js";
import { greyLevels, squaredError } from "../pictures/images.js";
import { dataSet } from "./data.js";

test("three bits make eight levels, and what is out of range is cut", () => {
  const ramp = Array.from({ length: 999 }, (_, i) => rounded(i / 998, 0, 1, 3));
  assert.equal(new Set(ramp).size, 8);
  assert.equal(rounded(7, -2, 2, 6), 2);
  assert.equal(rounded(-7, -2, 2, 6), -2);
  assert.equal(bytes(64, 6), 48);
});

test("PCA's pictures from rounded codes have the errors that Python measured", async () => {
  const { arrays, facts } = await dataSet("bottleneck");
  const [mean, components, low, high] = ["mean", "components", "low", "high"].map(
    (key) => /** @type {Float32Array} */ (arrays[key].values),
  );
  const pca = { mean, components, low, high };
  const images = greyLevels(arrays.pictures);
  const codes = images.map((image) => encode(pca, image, facts.bits));
  facts.sizes.forEach((/** @type {number} */ size, /** @type {number} */ at) => {
    const errors = images.map((image, i) => squaredError(image, decode(pca, codes[i], size)));
    const measured = errors.reduce((a, b) => a + b, 0) / images.length;
    assert.ok(Math.abs(measured - facts.pca[at]) < 1e-5);
  });
});
