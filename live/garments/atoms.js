/**
 * A picture as a sum of atoms. The atoms of a picture are in the order of their numbers, largest
 * first; each has a factor: 0 for an atom that is left out, 1 for one as strong as the encoder says.
 */

export const STRONGEST = 2; // the largest factor

/**
 * The factors that keep the largest atoms.
 *
 * @param {number} count of all atoms
 * @param {number} k of those that are kept
 * @returns {number[]}
 */
export function largest(count, k) {
  return Array.from({ length: count }, (_, i) => (i < k ? 1 : 0));
}

/**
 * What the decoder gets.
 *
 * @param {ArrayLike<number>} numbers of the picture's atoms
 * @param {number[]} places of these atoms in the dictionary
 * @param {number[]} factors
 * @param {number} width of the dictionary
 * @returns {Float32Array} one number for each atom of the dictionary
 */
export function codeOf(numbers, places, factors, width) {
  const code = new Float32Array(width);
  places.forEach((place, i) => (code[place] = factors[i] * numbers[i]));
  return code;
}

/**
 * The mean squared error per pixel.
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
 * The factors that the reader has changed, for the address: "2.0-5.14" leaves out the third atom
 * and gives the sixth 1.4 times its number.
 *
 * @param {number[]} factors in tenths
 * @param {number} k
 */
export function writeChanges(factors, k) {
  const usual = largest(factors.length, k);
  return factors
    .map((factor, i) => (factor === usual[i] ? "" : `${i}.${Math.round(10 * factor)}`))
    .filter(Boolean)
    .join("-");
}

/**
 * The reverse; what cannot be read changes nothing.
 *
 * @param {string} text
 * @param {number} count
 * @param {number} k
 */
export function readChanges(text, count, k) {
  const factors = largest(count, k);
  for (const [, i, tenths] of text.matchAll(/(\d+)\.(\d+)/g)) {
    if (Number(i) < count) factors[Number(i)] = Math.min(STRONGEST, Number(tenths) / 10);
  }
  return factors;
}

/** Red adds light, white is nothing, blue takes light away: steps of the chapter's colours. */
const SIGNED = [
  [5, 48, 97], [32, 101, 171], [67, 147, 195], [144, 196, 221], [209, 229, 240], [247, 246, 246],
  [253, 219, 199], [243, 164, 129], [214, 96, 77], [177, 24, 43], [103, 0, 31],
]; // prettier-ignore

/**
 * The colour of a number of either sign.
 *
 * @param {number} value
 * @param {number} limit the size from which on colours no longer change
 * @returns {number[]} red, green and blue, 0 to 255
 */
export function signedColour(value, limit) {
  const last = SIGNED.length - 1;
  const place = (last * (1 + Math.min(1, Math.max(-1, value / limit)))) / 2;
  const below = Math.min(last - 1, Math.floor(place));
  return SIGNED[below].map((c, i) => c + (place - below) * (SIGNED[below + 1][i] - c));
}
