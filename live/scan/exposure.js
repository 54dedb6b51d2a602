/**
 * Bringing a page to the brightness, contrast and polarity that the network knows, and back, as
 * `course_utils/documents/exposure.py` does.
 *
 * @typedef {import("./image.js").Page} Page
 * @typedef {{ ground: number | null, white: number, gain: number }} Exposure the grey of the dark
 *   ground of a page with light letters, null for dark letters; the brightness of its paper if that
 *   is dim, else `PAPER`; by how much its contrast is to be raised, 1 for dark ink
 */
import { asBytes, every, median, medianBlur, quantile } from "./image.js";
import {
  LEAST_CONTRAST,
  WINDOW,
  clip,
  contrast,
  fallOfLight,
  grain,
  inkContrast,
  negative,
  pixelwise,
} from "./strokes.js";

const DIM = 0.65; // a page whose white is darker than this is made lighter
const PAPER = 0.9; // to this
const PALE = 0.5; // print of less contrast than this is made darker
const DARK = 0.85; // to this
const LARGEST_GAIN = 8;

const { abs, fround, max, min } = Math;

/**
 * Find the exposure of a page.
 *
 * @param {Page} page with strokes of a few pixels
 * @returns {Exposure}
 */
export function measure(page) {
  const ground = groundOfLightLetters(page);
  let white = quantile(every(ground === null ? page : negative(page), 2).values, 0.98);
  white = white >= DIM ? PAPER : max(white, 0.01);
  const seen = applied({ ground, white, gain: 1 }, page);
  const least = max(LEAST_CONTRAST / 2, 5 * grain(seen));
  const typical = inkContrast(contrast(seen), least);
  const gain = least < typical && typical < PALE ? min(DARK / typical, LARGEST_GAIN) : 1;
  return { ground, white, gain };
}

/**
 * The page as the network knows pages.
 *
 * @param {Exposure} exposure
 * @param {Page} page
 * @returns {Page}
 */
export function applied({ ground, white, gain }, page) {
  let seen = ground === null ? page : negative(page);
  if (white !== PAPER) {
    const lighter = fround(PAPER / white);
    seen = pixelwise(seen, (value) => clip(value * lighter));
  }
  if (gain !== 1) {
    const steeper = fround(gain);
    const raised = (/** @type {number} */ value, /** @type {number} */ light) =>
      clip(light - fround(steeper * fround(light - value)));
    seen = pixelwise(seen, raised, fallOfLight(seen));
  }
  return seen;
}

/**
 * A clean page with the polarity and the paleness of the page before, on white or black.
 *
 * @param {Exposure} exposure
 * @param {Page} clean
 * @returns {Page}
 */
export function undone({ ground, gain }, clean) {
  let page = clean;
  if (gain !== 1) page = pixelwise(page, (value) => 1 - fround(fround(1 - value) / fround(gain)));
  if (ground !== null) page = pixelwise(page, (value) => 1 - fround(fround(1 - ground) * value));
  return pixelwise(page, clip);
}

/**
 * The grey around letters that are lighter than it; null where letters are darker.
 *
 * The median of a window is the ground, of whatever grey. What stands out from it clearly is
 * letters; so it counts whether more of that is lighter or darker.
 *
 * @param {Page} page
 */
function groundOfLightLetters(page) {
  const pixels = asBytes(page);
  const ground = medianBlur(pixels, WINDOW);
  const size = pixels.values.length;
  const out = Float64Array.from(pixels.values, (value, i) => value - ground.values[i]);
  const clear = max(8, 0.4 * quantileOfCounts(out));
  let light = 0;
  let dark = 0;
  for (const value of out) {
    if (value > clear) light++;
    if (value < -clear) dark++;
  }
  if (light < 3 * dark || light < 0.002 * size) return null;
  return median(Float64Array.from(ground.values)) / 255;
}

/**
 * The quantile 0.995 of the sizes of whole numbers up to 255.
 *
 * @param {Float64Array} differences
 */
function quantileOfCounts(differences) {
  const counts = new Int32Array(256);
  for (const value of differences) counts[abs(value)]++;
  const place = 0.995 * (differences.length - 1);
  const at = (/** @type {number} */ wanted) => {
    let level = 0;
    for (let seen = counts[0]; seen <= wanted; seen += counts[level]) level++;
    return level;
  };
  const low = at(Math.floor(place));
  return low + (at(Math.ceil(place)) - low) * (place % 1);
}
