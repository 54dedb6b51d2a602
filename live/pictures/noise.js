/** Salt and pepper, and the filters that remove it without learning. */
import { random } from "../core/random.js";

const SIDE = 28;

/**
 * Salt and pepper as the course's `noise.salt_and_pepper` has it: a pixel is replaced with some
 * probability, by a number from the Beta(1/2, 1/2) distribution. Of one seed, more noise spoils
 * the pixels that less noise spoils, by the same numbers, and others.
 *
 * @param {number} seed
 * @returns {(clean: Float32Array, amount: number) => Float32Array} `amount` from 0 to 1
 */
export function saltAndPepper(seed) {
  const { uniform } = random(seed);
  const turns = Float32Array.from({ length: SIDE * SIDE }, uniform);
  const values = Float32Array.from(
    { length: SIDE * SIDE },
    () => Math.sin((Math.PI / 2) * uniform()) ** 2,
  );
  return (clean, amount) => clean.map((value, i) => (turns[i] < amount ? values[i] : value));
}

/**
 * The median of the window around each pixel; beyond the edge the picture is mirrored.
 *
 * @param {Float32Array} image 28 x 28
 * @param {number} size of the window, odd
 */
export function median(image, size) {
  const reach = size >> 1;
  const window = new Float32Array(size * size);
  const middle = window.length >> 1;
  return image.map((_, i) => {
    const row = Math.floor(i / SIDE);
    const column = i % SIDE;
    let n = 0;
    for (let r = row - reach; r <= row + reach; r++) {
      for (let c = column - reach; c <= column + reach; c++) {
        window[n++] = image[mirrored(r) * SIDE + mirrored(c)];
      }
    }
    return window.sort()[middle];
  });
}

/** @param {number} i a row or a column, perhaps beyond the edge */
function mirrored(i) {
  return i < 0 ? -1 - i : i < SIDE ? i : 2 * SIDE - 1 - i;
}

/**
 * The median where a pixel is far from it, elsewhere the pixel. Distances are rounded to 32 bits, as
 * the chapter's are: grey levels often differ by just the threshold.
 *
 * @param {Float32Array} image 28 x 28
 * @param {{ threshold: number, size: number, passes: number }} setting
 */
export function switchingMedian(image, { threshold, size, passes }) {
  const most = Math.fround(threshold);
  for (let pass = 0; pass < passes; pass++) {
    const smooth = median(image, size);
    image = image.map((value, i) =>
      Math.fround(Math.abs(value - smooth[i])) > most ? smooth[i] : value,
    );
  }
  return image;
}
