/**
 * Cleaning a page so that nothing written on it is lost: the network, at the right scale, checked,
 * as `course_utils/documents/cleaner.py` does.
 *
 * @typedef {import("./image.js").Page} Page
 * @typedef {import("./image.js").Bytes} Bytes
 * @typedef {import("./exposure.js").Exposure} Exposure
 * @typedef {import("./strokes.js").Loss} Loss
 * @typedef {(page: Page, exposure?: Exposure) => Promise<Page>} Network from a page to the clean one;
 *   the exposure is given with a page that is to be shown
 * @typedef {{ small: Page, exposure: Exposure, seen: Page, clean: Page, loss: Loss }} Attempt the
 *   page, reduced; what was done to it for the network, what that saw and made of it, what is lost
 * @typedef {{ page: Bytes, scale: number, changes: Bytes, exposure: Exposure }} Cleaning the clean
 *   page; by how much it was reduced for the network; at that scale, what was changed afterwards
 */
import { applied, measure, undone } from "./exposure.js";
import {
  asBytes,
  asPage,
  dilate,
  enlargedRows,
  halfEven,
  mean5,
  pieces,
  rectangle,
  resizeArea,
} from "./image.js";
import {
  STROKE_WIDTH,
  WIDE_STROKE,
  any,
  broadPaper,
  clip,
  compare,
  fallOfLight,
  onWhite,
  pixelwise,
  strokeWidth,
  where,
  wideStrokes,
} from "./strokes.js";

const LARGEST_SCALE = 32;
const LARGEST_SHARE = 0.25; // of the ink may be lost at the measured scale before others are tried
const COARSER = 4; // how much smaller the page is on which wide strokes are cleaned
const STRIP = 256; // rows that are enlarged at once
export const RESTORED = 1; // in the changes: a stroke that the network had erased was put back
export const LEFT = 2; // the page was left as it was
export const REMOVED = 3; // a wide grey area is gone, as a stain should be and a picture should not

const { ceil, fround, max, min } = Math;

/**
 * Clean a scanned page, compare its strokes before and after, and put back what is gone.
 *
 * @param {Bytes} bytes the page
 * @param {Network} network
 * @param {{ keep?: boolean, say?: (what: string) => void }} [options] `keep`: lighten, never erase;
 *   `say` is told what is done next
 * @returns {Promise<Cleaning>}
 */
export async function cleanAndCompare(bytes, network, { keep = false, say = () => {} } = {}) {
  say("The strokes are measured.");
  const first = chooseScale(bytes);
  let factor = first;
  let best = await attempt(bytes, network, first, say);
  if (best.loss.share > LARGEST_SHARE) {
    const others = new Set([1, first / 2, 2 * first, 4 * first]);
    others.delete(first);
    for (const other of [...others].sort((a, b) => a - b)) {
      const side = min(bytes.height, bytes.width) / other;
      if (other < 1 || other > LARGEST_SCALE || side < 32) continue;
      say("Many strokes were lost: another scale is tried.");
      const tried = await attempt(bytes, network, other, say);
      if (tried.loss.share < 0.7 * best.loss.share) [factor, best] = [other, tried];
    }
  }
  const { seen, small, exposure } = best;
  const { restored, changes } = putBack(seen, best.clean, best.loss);
  const kept = keep ? pixelwise(restored, min, onWhite(seen, fallOfLight(seen))) : restored;
  const clean = undone(exposure, kept);
  const page = factor === 1 ? asBytes(clean) : carryOver(bytes, small, clean);
  return { page, scale: factor, changes, exposure };
}

/**
 * @param {Bytes} bytes
 * @param {Network} network
 * @param {number} factor
 * @param {(what: string) => void} say
 * @returns {Promise<Attempt>}
 */
async function attempt(bytes, network, factor, say) {
  const small = asPage(reduce(bytes, factor));
  const exposure = measure(small);
  const seen = applied(exposure, small);
  say("The network cleans the page.");
  let clean = await network(seen, exposure);
  say("The strokes before and after are compared.");
  const wide = wideStrokes(seen);
  if (any(wide) && min(seen.height, seen.width) >= 32 * COARSER) {
    const smaller = reduce(seen, COARSER);
    const coarse = carryOver(seen, smaller, await network(smaller));
    const values = clean.values.map((value, i) =>
      wide.values[i] ? min(value, coarse.values[i]) : value,
    );
    clean = { ...clean, values }; // hollow letters are filled
  }
  return { small, exposure, seen, clean, loss: compare(seen, clean) };
}

/**
 * Put lost strokes back on white; leave dark grounds with lost light strokes as they were.
 *
 * @param {Page} seen
 * @param {Page} clean
 * @param {Loss} loss
 * @returns {{ restored: Page, changes: Bytes }}
 */
function putBack(seen, clean, loss) {
  const values = clean.values.slice();
  const changes = loss.grey.values.map((grey) => (grey ? REMOVED : 0));
  const strokes = where(seen, (i) => loss.ink.values[i] || loss.pale.values[i]);
  if (any(strokes)) {
    const around = dilate(strokes, rectangle(3, 3)).values;
    const white = onWhite(seen, broadPaper(seen)).values;
    for (let i = 0; i < values.length; i++) {
      if (around[i]) values[i] = min(values[i], white[i]);
      if (strokes.values[i]) changes[i] = RESTORED;
    }
  }
  if (any(loss.ground)) {
    const around = dilate(loss.ground, rectangle(7, 7)).values;
    for (let i = 0; i < values.length; i++) {
      if (around[i]) [values[i], changes[i]] = [seen.values[i], LEFT];
    }
  }
  return { restored: { ...clean, values }, changes: { ...seen, values: changes } };
}

/**
 * The factor by which to reduce a page so that the network sees strokes of a width it knows.
 *
 * @param {Bytes} bytes
 * @returns {number} from 1, also for a blank page, to 32
 */
export function chooseScale(bytes) {
  const step = ceil(min(bytes.height, bytes.width) / 2500); // fine enough, and not slow
  const width = strokeWidth(asPage(reduce(bytes, step)));
  if (width === null || step * width <= WIDE_STROKE) return 1;
  return max(1, min(LARGEST_SCALE, (step * width) / STROKE_WIDTH));
}

/**
 * @template {Page | Bytes} T
 * @param {T} page
 * @param {number} scale
 * @returns {T}
 */
function reduce(page, scale) {
  const [height, width] = [page.height, page.width].map((side) => max(1, halfEven(side / scale)));
  return resizeArea(page, height, width);
}

/**
 * Do to a page what was done to its reduced copy.
 *
 * @template {Page | Bytes} T
 * @param {T} page
 * @param {Page} small the reduced copy
 * @param {Page} smallClean what it was made to
 * @returns {T}
 */
function carryOver(page, small, smallClean) {
  const { slope, offset } = localLines(small, smallClean);
  const { height, width } = page;
  const bytes = page.values instanceof Uint8Array;
  const clean = bytes ? new Uint8Array(height * width) : new Float32Array(height * width);
  for (let top = 0; top < height; top += STRIP) {
    const bottom = min(top + STRIP, height);
    const slopes = enlargedRows(slope, height, width, top, bottom);
    const offsets = enlargedRows(offset, height, width, top, bottom);
    for (let i = 0, at = top * width; i < slopes.length; i++, at++) {
      const value = bytes ? fround(page.values[at] / 255) : page.values[at];
      const made = clip(fround(fround(slopes[i] * value) + offsets[i]));
      clean[at] = bytes ? halfEven(fround(made * 255)) : made;
    }
  }
  return /** @type {T} */ ({ values: clean, height, width });
}

/**
 * Slope and offset of the line from x to y fitted around each pixel, in 5 x 5 of them.
 *
 * @param {Page} x
 * @param {Page} y
 */
function localLines(x, y) {
  const meanX = mean5(x);
  const meanY = mean5(y);
  const product = (/** @type {number} */ a, /** @type {number} */ b) => a * b;
  const difference = (/** @type {number} */ a, /** @type {number} */ b) => a - b;
  const covariance = pixelwise(
    mean5(pixelwise(x, product, y)),
    difference,
    pixelwise(meanX, product, meanY),
  );
  const variance = pixelwise(
    mean5(pixelwise(x, product)),
    difference,
    pixelwise(meanX, product, meanX),
  );
  const slope = pixelwise(
    covariance,
    (value, spread) => value / fround(max(spread, 0) + fround(1e-4)),
    variance,
  );
  return { slope, offset: pixelwise(meanY, difference, pixelwise(slope, product, meanX)) };
}

/**
 * Where one kind of change was made, the largest place first.
 *
 * @param {Cleaning} cleaning
 * @param {number} change `RESTORED`, `LEFT` or `REMOVED`; what is close together is one place
 * @returns {number[][]} left, top, right and bottom of each place, in pixels of the page
 */
export function boxes({ changes, scale }, change) {
  const { width } = changes;
  const mask = where(changes, (i) => changes.values[i] === change);
  const { labels } = pieces(dilate(mask, rectangle(15, 31)));
  /** @type {Map<number, { box: number[], order: number }>} */
  const places = new Map();
  for (let i = 0; i < labels.length; i++) {
    if (!labels[i]) continue;
    const x = i % width;
    const y = (i - x) / width;
    // OpenCV numbers pieces by blocks of 2 x 2 pixels, which decides between places of one size.
    const order = (y >> 1) * width + (x >> 1);
    const place = places.get(labels[i]) ?? { box: [width, Infinity, 0, 0], order };
    const [left, top, right, bottom] = place.box;
    if (mask.values[i]) {
      place.box = [min(left, x), min(top, y), max(right, x + 1), max(bottom, y + 1)];
    }
    place.order = min(place.order, order);
    places.set(labels[i], place);
  }
  const area = (/** @type {number[]} */ box) => (box[2] - box[0]) * (box[3] - box[1]);
  return [...places.values()]
    .sort((a, b) => a.order - b.order)
    .map(({ box }) => box.map((value) => halfEven(scale * value)))
    .sort((a, b) => area(b) - area(a));
}
