import assert from "node:assert/strict";
import { test } from "node:test";
import { psnr } from "../pictures/images.js";
import { median, saltAndPepper, switchingMedian } from "../pictures/noise.js";

const grey = new Float32Array(784).fill(0.3);
const touched = (/** @type {Float32Array} */ image) =>
  [...image.keys()].filter((i) => image[i] !== grey[i]);

test("of one seed, more noise spoils the same pixels in the same way, and others", () => {
  const noise = saltAndPepper(3);
  const little = noise(grey, 0.1);
  const much = noise(grey, 0.5);
  for (const i of touched(little)) assert.equal(much[i], little[i]);
  assert.ok(touched(much).length > 3 * touched(little).length);
  assert.deepEqual(noise(grey, 0), grey);
  assert.notDeepEqual(saltAndPepper(4)(grey, 0.1), little);
});

test("the share of replaced pixels and their values are those of the chapter", () => {
  const values = Array.from({ length: 50 }, (_, seed) => saltAndPepper(seed)(grey, 0.3)).flatMap(
    (image) => touched(image).map((i) => image[i]),
  );
  const share = (/** @type {(value: number) => boolean} */ f) =>
    values.filter(f).length / values.length;
  assert.ok(Math.abs(values.length / (50 * 784) - 0.3) < 0.01);
  assert.ok(Math.abs(share((v) => v < 0.1 || v > 0.9) - 0.41) < 0.02);
  assert.ok(Math.abs(share((v) => v < 0.5) - 0.5) < 0.02);
});

// The same picture in Python: i = np.arange(784); ((i * i * 31 + 7 * i) % 101) / 100. The numbers
// are those of the chapter's `median` and `switching_median`, which call SciPy.
const picture = Float32Array.from({ length: 784 }, (_, i) => ((i * i * 31 + 7 * i) % 101) / 100);
const places = [0, 27, 30, 400, 756, 783];
const FROM_PYTHON = [
  {
    filter: (/** @type {Float32Array} */ image) => median(image, 3),
    at: [0.14, 0.63, 0.37, 0.57, 0.34, 0.27],
    sum: 344.47,
  },
  {
    filter: (/** @type {Float32Array} */ image) => median(image, 5),
    at: [0.37, 0.49, 0.37, 0.56, 0.64, 0.5],
    sum: 345.8,
  },
  {
    filter: (/** @type {Float32Array} */ image) =>
      switchingMedian(image, { threshold: 0.3, size: 3, passes: 2 }),
    at: [0, 0.63, 0.32, 0.64, 0.34, 0.1],
    sum: 303.86,
  },
  {
    filter: (/** @type {Float32Array} */ image) =>
      switchingMedian(image, { threshold: 0, size: 5, passes: 2 }),
    at: [0.37, 0.49, 0.37, 0.5, 0.57, 0.38],
    sum: 342.11,
  },
];

test("the filters are those of the chapter, at the edges too", () => {
  for (const { filter, at, sum } of FROM_PYTHON) {
    const filtered = filter(picture);
    for (const [k, place] of places.entries()) {
      assert.ok(Math.abs(filtered[place] - at[k]) < 1e-6);
    }
    assert.ok(Math.abs(filtered.reduce((a, b) => a + b, 0) - sum) < 0.01);
  }
});

test("errors of a tenth and of a hundredth are 20 and 40 dB, and none is infinite", () => {
  const off = (/** @type {number} */ error) => grey.map((value) => value + error);
  assert.ok(Math.abs(psnr(grey, off(0.1)) - 20) < 1e-3);
  assert.ok(Math.abs(psnr(grey, off(0.01)) - 40) < 1e-3);
  assert.equal(psnr(grey, grey), Infinity);
});
