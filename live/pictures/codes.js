/**
 * Principal components as a code that is stored in a few bits, as the chapter on compression has it.
 *
 * @typedef {{
 *   mean: Float32Array, components: Float32Array, low: Float32Array, high: Float32Array,
 * }} Components the mean image; the components, one after the other; and the range of each
 *   number of the code on training images
 */

/**
 * A number rounded to 2^bits levels within a range; what lies outside is cut.
 *
 * @param {number} value
 * @param {number} low
 * @param {number} high
 * @param {number} bits
 */
export function rounded(value, low, high, bits) {
  const levels = 2 ** bits - 1;
  const level = Math.round(((value - low) / (high - low)) * levels);
  return low + (Math.min(levels, Math.max(0, level)) / levels) * (high - low);
}

/**
 * A picture's code: its principal components, rounded.
 *
 * @param {Components} pca
 * @param {Float32Array} image
 * @param {number} bits of each number
 * @returns {Float32Array} as many numbers as there are components
 */
export function encode({ mean, components, low, high }, image, bits) {
  return low.map((_, k) => {
    let along = 0;
    for (let i = 0, at = k * mean.length; i < mean.length; i++) {
      along += components[at + i] * (image[i] - mean[i]);
    }
    return rounded(along, low[k], high[k], bits);
  });
}

/**
 * What the first numbers of a code draw.
 *
 * @param {Components} pca
 * @param {Float32Array} code
 * @param {number} size how many of its numbers to use
 * @returns {Float32Array} grey levels, cut to [0, 1]
 */
export function decode({ mean, components }, code, size) {
  const out = mean.slice();
  for (let k = 0; k < size; k++) {
    for (let i = 0, at = k * mean.length; i < out.length; i++)
      out[i] += code[k] * components[at + i];
  }
  return out.map((value) => Math.min(1, Math.max(0, value)));
}

/**
 * Bytes of a code: six bits for each number.
 *
 * @param {number} size how many numbers
 * @param {number} bits of each number
 */
export function bytes(size, bits) {
  return (size * bits) / 8;
}
