import assert from "node:assert/strict";
import { test } from "node:test";
import { dab } from "../pictures/drawing.js";

test("a brush lightens the pixels under it, a little those at its rim, and no others", () => {
  const image = new Float32Array(784);
  image[0] = 0.25;
  dab(image, 10.5, 20.5);
  const row = image.slice(20 * 28 + 10, 20 * 28 + 13);
  assert.equal(row[0], 1);
  assert.ok(row[1] > 0.5 && row[1] < 1);
  assert.equal(row[2], 0);
  assert.equal(image[0], 0.25);
  dab(image, 10.5, 20.5);
  assert.deepEqual(image.slice(20 * 28 + 10, 20 * 28 + 13), row);
});
