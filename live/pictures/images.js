/** Pictures of 28 x 28 pixels. */

/**
 * The pictures of an exported array of bytes.
 *
 * @param {import("../core/data.js").Tensor} tensor (n, 28, 28, 1)
 * @returns {Float32Array[]} the grey levels of each, from 0 to 1
 */
export function greyLevels({ values }) {
  return Array.from({ length: values.length / 784 }, (_, i) =>
    Float32Array.from(values.subarray(784 * i, 784 * (i + 1)), (byte) => byte / 255),
  );
}

/**
 * Mean squared difference of two pictures.
 *
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 */
export function squaredError(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum / a.length;
}

/**
 * Peak signal-to-noise ratio in decibels, infinite for equal pictures.
 *
 * @param {ArrayLike<number>} clean grey levels from 0 to 1
 * @param {ArrayLike<number>} image
 */
export function psnr(clean, image) {
  return -10 * Math.log10(squaredError(clean, image));
}
