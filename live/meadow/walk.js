/**
 * Steps among the codes of ferns, as the chapter's `Walk` and `wander` take them.
 *
 * @typedef {{
 *   codes: ArrayLike<number>, middle: ArrayLike<number>, root: ArrayLike<number>, limit: number,
 * }} Meadow codes (n, d), their mean (d), the lower root (d, d) of their covariance, and the distance
 *   to the nearest code up to which a step is taken
 * @typedef {{ code: number[], far: number, refused: number, stayed: boolean }} Arrival where a walk
 *   ends, how far from the nearest code, after how many refused steps; and whether it found none to
 *   take
 */

export const TRIES = 300;

/**
 * From a code to another one: with normal noise, and codes that are normal, as they are distributed.
 *
 * @param {Meadow} meadow
 * @param {ArrayLike<number>} z
 * @param {number} strength from 0, which stays, to 1, which forgets z
 * @param {() => number} normal draws of mean 0 and variance 1
 */
export function step({ middle, root }, z, strength, normal) {
  const size = middle.length;
  const noise = Array.from({ length: size }, normal);
  const keep = Math.sqrt(1 - strength ** 2);
  return Array.from(middle, (m, i) => {
    let moved = 0;
    for (let j = 0; j <= i; j++) moved += root[size * i + j] * noise[j];
    return m + keep * (z[i] - m) + strength * moved;
  });
}

/**
 * @param {Meadow} meadow
 * @param {ArrayLike<number>} z
 * @returns {number} the distance to the nearest code
 */
export function toNearest({ codes }, z) {
  const size = z.length;
  let least = Infinity;
  for (let start = 0; start < codes.length; start += size) {
    let square = 0;
    for (let i = 0; i < size && square < least; i++) square += (codes[start + i] - z[i]) ** 2;
    if (square < least) least = square;
  }
  return Math.sqrt(least);
}

/**
 * A walk of one step. One that looks refuses every step that ends far from all codes and tries again.
 *
 * @param {Meadow} meadow
 * @param {ArrayLike<number>} start
 * @param {number} strength
 * @param {() => number} normal
 * @param {boolean} looks
 * @returns {Arrival}
 */
export function wander(meadow, start, strength, normal, looks) {
  for (let refused = 0; refused < TRIES; refused++) {
    const code = step(meadow, start, strength, normal);
    const far = toNearest(meadow, code);
    if (!looks || far < meadow.limit) return { code, far, refused, stayed: false };
  }
  const far = toNearest(meadow, start);
  return { code: Array.from(start), far, refused: TRIES, stayed: true };
}

/**
 * How various pictures are: the mean distance between two of them.
 *
 * @param {ArrayLike<number>[]} pictures
 * @param {number} unit of distance
 */
export function variety(pictures, unit) {
  let sum = 0;
  for (let i = 0; i < pictures.length; i++) {
    for (let j = 0; j < i; j++) {
      let square = 0;
      for (let k = 0; k < pictures[i].length; k++) square += (pictures[i][k] - pictures[j][k]) ** 2;
      sum += Math.sqrt(square);
    }
  }
  return sum / ((pictures.length * (pictures.length - 1)) / 2) / unit;
}

/**
 * A picture from the pixels that may have ink; the others are black.
 *
 * @param {ArrayLike<number>} values
 * @param {ArrayLike<number>} inked for each pixel whether it may
 */
export function whole(values, inked) {
  let next = 0;
  return Float32Array.from(inked, (may) => (may ? values[next++] : 0));
}
