import assert from "node:assert/strict";
import { test } from "node:test";
import { concatenate, conv2d, conv2dTranspose, maxPool, upSample } from "../core/conv.js";

/** @param {number} length */
const numbers = (length) => Float32Array.from({ length }, (_, i) => Math.sin(7 * i * i + 3 * i));

/**
 * @param {number} height
 * @param {number} width
 * @param {number} channels
 */
const image = (height, width, channels) => ({
  height,
  width,
  channels,
  values: numbers(height * width * channels),
});

/**
 * @param {ArrayLike<number>} actual
 * @param {ArrayLike<number>} expected
 */
function close(actual, expected) {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) {
    assert.ok(Math.abs(actual[i] - expected[i]) < 1e-4, `${i}: ${actual[i]}, not ${expected[i]}`);
  }
}

/**
 * A convolution by its definition, one product after the other.
 *
 * @type {typeof conv2d}
 */
function plain(input, kernel, bias, rows, { stride, padding }) {
  const { channels, values } = input;
  const filters = bias.length;
  const [height, width] = [input.height, input.width].map((size) =>
    padding === "same" ? Math.ceil(size / stride) : Math.floor((size - rows) / stride) + 1,
  );
  const shift = (/** @type {number} */ outputs, /** @type {number} */ size) =>
    padding === "same" ? Math.max(0, (outputs - 1) * stride + rows - size) >> 1 : 0;
  const top = shift(height, input.height);
  const left = shift(width, input.width);
  const out = new Float32Array(height * width * filters);
  for (let at = 0; at < out.length; at++) {
    const f = at % filters;
    const j = Math.floor(at / filters) % width;
    const i = Math.floor(at / filters / width);
    let sum = bias[f];
    for (let tap = 0; tap < rows * rows * channels; tap++) {
      const c = tap % channels;
      const column = j * stride - left + (Math.floor(tap / channels) % rows);
      const row = i * stride - top + Math.floor(tap / channels / rows);
      if (row < 0 || column < 0 || row >= input.height || column >= input.width) continue;
      sum += values[(row * input.width + column) * channels + c] * kernel[tap * filters + f];
    }
    out[at] = sum;
  }
  return { values: out, height, width, channels: filters };
}

for (const padding of /** @type {const} */ (["same", "valid"])) {
  for (const [height, width, channels, filters, rows, stride] of [
    [7, 8, 3, 5, 3, 1],
    [8, 11, 2, 8, 4, 2],
    [9, 6, 1, 1, 3, 2],
    [5, 5, 4, 6, 1, 1],
    [6, 7, 2, 3, 2, 3],
  ]) {
    test(`conv2d ${padding} ${height} x ${width} x ${channels}, kernel ${rows}, by ${stride}`, () => {
      const input = image(height, width, channels);
      const kernel = numbers(rows * rows * channels * filters);
      const expected = plain(input, kernel, numbers(filters), rows, { stride, padding });
      const actual = conv2d(input, kernel, numbers(filters), rows, { stride, padding });
      assert.deepEqual({ ...actual, values: 0 }, { ...expected, values: 0 });
      close(actual.values, expected.values);
    });
  }
}

test("conv2dTranspose is the transpose of conv2d", () => {
  for (const [rows, stride, filters] of [
    [2, 2, 3],
    [3, 1, 2],
    [4, 2, 1],
  ]) {
    const small = image(4, 5, 3);
    const large = image(4 * stride, 5 * stride, filters);
    const kernel = numbers(rows * rows * filters * 3);
    const shape = /** @type {const} */ ({ stride, padding: "same" });
    const down = conv2d(large, kernel, new Float32Array(3), rows, shape);
    const up = conv2dTranspose(small, kernel, new Float32Array(filters), rows, stride);
    const dot = (/** @type {Float32Array} */ a, /** @type {Float32Array} */ b) =>
      a.reduce((sum, value, i) => sum + value * b[i], 0);
    assert.ok(Math.abs(dot(down.values, small.values) - dot(large.values, up.values)) < 1e-3);
    const biased = conv2dTranspose(small, kernel, numbers(filters), rows, stride);
    close(
      biased.values,
      up.values.map((value, i) => value + numbers(filters)[i % filters]),
    );
  }
});

test("maxPool, upSample and concatenate", () => {
  const input = { values: Float32Array.of(1, 5, 2, 4, 3, 0), height: 2, width: 3, channels: 1 };
  assert.deepEqual([...maxPool(input, 2).values], [5, 2]);
  const up = upSample(input, 2);
  assert.deepEqual([up.height, up.width], [4, 6]);
  assert.deepEqual([...up.values.subarray(6, 18)], [1, 1, 5, 5, 2, 2, 4, 4, 3, 3, 0, 0]);
  const both = concatenate([input, image(2, 3, 2)]);
  assert.equal(both.channels, 3);
  assert.deepEqual(
    [both.values[3], ...both.values.subarray(4, 6)],
    [5, ...image(2, 3, 2).values.subarray(2, 4)],
  );
});
