/**
 * What is written on a page, found without a network, to see that cleaning has lost nothing of it:
 * `course_utils/documents/strokes.py`, function by function.
 *
 * @typedef {import("./image.js").Page} Page
 * @typedef {import("./image.js").Bytes} Bytes
 * @typedef {{ ink: Bytes, pale: Bytes, light: Bytes, ground: Bytes, grey: Bytes, share: number }} Loss
 *   masks of lost ink, of lost pale print, of lost light strokes, of the dark grounds of those, and
 *   of wide grey areas that are gone; the lost part of all narrow strokes as dark as ink
 */
import {
  blur,
  dilate,
  ellipse,
  erode,
  every,
  halfEven,
  median,
  pieces,
  quantile,
  rectangle,
  resizeArea,
  resizeLinear,
  resizeNearest,
  soften,
  squaredDistance,
} from "./image.js";

export const WINDOW = 25; // pixels; what is wider is no stroke
export const LEAST_CONTRAST = 0.06; // of the paper's light; with less, nobody reads it
const INK_SHARE = 0.6; // of the contrast of the page's ink; what is narrow and has more is ink
const WIDE_INK_SHARE = 0.9; // the same for wide strokes, since a stain is wide too, and paler
const PALE_SHARE = 0.25; // what has more, and is written like text, may be pale print
const UNEVEN = 0.05; // of its mean: the deviation of darkness above which a wide stroke is a stain
const LIGHT_SHARE = 0.03; // of a dark ground must be lost light strokes for them to be writing
const LEFT_SHARE = 0.5; // of a stroke's contrast must be left after cleaning
export const STROKE_WIDTH = 2; // pixels; how wide strokes are where the network is at its best
export const WIDE_STROKE = 5; // pixels; from here on the page is reduced first

const { abs, floor, fround, max, min, sqrt } = Math;

// Pixel by pixel

/** @param {number} value */
export const clip = (value) => max(0, min(1, value));

/**
 * A function of each pixel, and of the same pixel of another page.
 *
 * @param {Page} page
 * @param {(value: number, other: number) => number} f
 * @param {Page} [other]
 * @returns {Page}
 */
export function pixelwise(page, f, other = page) {
  const values = new Float32Array(page.values.length);
  for (let i = 0; i < values.length; i++) values[i] = f(page.values[i], other.values[i]);
  return { ...page, values };
}

/** @param {Page} page */
export const negative = (page) => pixelwise(page, (value) => 1 - value);

/**
 * Where a condition holds.
 *
 * @param {{ height: number, width: number }} size
 * @param {(i: number) => unknown} condition of a pixel's number
 * @returns {Bytes}
 */
export function where({ height, width }, condition) {
  const values = new Uint8Array(height * width);
  for (let i = 0; i < values.length; i++) values[i] = condition(i) ? 1 : 0;
  return { values, height, width };
}

/** @param {Bytes} mask */
export const any = (mask) => mask.values.includes(1);

/** @param {Bytes} mask */
const countOf = (mask) => mask.values.reduce((sum, value) => sum + value, 0);

/**
 * The share of light that each pixel lacks of what the paper there has.
 *
 * @param {Page} page
 * @param {Page} paper
 */
const lackingOf = (page, paper) =>
  pixelwise(page, (value, light) => clip(1 - fround(value / light)), paper);

/**
 * The page as it would be on white paper.
 *
 * @param {Page} page
 * @param {Page} paper
 */
export const onWhite = (page, paper) =>
  pixelwise(page, (value, light) => clip(value / light), paper);

// Measures of a page

/**
 * How much light each pixel lacks, as a share of the light of the paper around it.
 *
 * @param {Page} page
 * @param {number} [window] pixels; darkness that is wider counts as paper
 * @returns {Page}
 */
export function contrast(page, window = WINDOW) {
  const soft = soften(page);
  const shape = ellipse(window);
  const closed = erode(dilate(soft, shape, true), shape, true);
  const paper = blur(closed, (window >> 1) | 1, "replicate");
  return pixelwise(
    soft,
    (value, light) => clip(fround(light - value) / max(light, fround(0.05))),
    paper,
  );
}

/**
 * The standard deviation of the page's fine noise, robust against ink (median of differences).
 *
 * @param {Page} page
 */
export function grain({ values, height, width }) {
  if (width < 3) return 0;
  const step = max(1, floor(height / 1000));
  const rows = Math.ceil(height / step);
  const second = new Float32Array(rows * (width - 2));
  for (let i = 0, at = 0; i < rows; i++) {
    const row = i * step * width;
    for (let j = row; j < row + width - 2; j++) {
      second[at++] = abs(fround(values[j + 2] - 2 * values[j + 1]) + values[j]);
    }
  }
  return fround(fround(fround(1.4826) * median(second)) / fround(sqrt(6)));
}

/**
 * The contrast of ink: of the darkest fiftieth of what is dark and narrow.
 *
 * @param {Page} lacking the result of `contrast`
 * @param {number} least contrast below which a pixel does not count
 */
export function inkContrast(lacking, least) {
  const above = fround(least);
  const dark = lacking.values.filter((value) => value > above);
  return dark.length >= 50 ? quantile(dark, 0.98) : 1;
}

/**
 * Measure how wide the strokes of a page are: the median along their middle lines.
 *
 * @param {Page} page
 * @returns {number | null} the width in pixels, at least 1; null for a blank page
 */
export function strokeWidth(page) {
  const ink = inkOf(page);
  if (!ink) return null;
  const { height, width } = page;
  const distance = Float32Array.from(squaredDistance(ink));
  const most = dilate({ values: distance, height, width }, rectangle(3, 3)).values;
  const middle = distance.filter((value, i) => value >= most[i] && value > 0);
  if (middle.length < 8) return null;
  return max(1, median(middle.map((value) => 2 * fround(sqrt(value)) - 1)));
}

/**
 * Ink of whatever width, dark on light or the reverse; null if there is none.
 *
 * @param {Page} page
 * @returns {Bytes | null}
 */
function inkOf(page) {
  const lacking = lackingOf(page, broadPaper(page)).values;
  const counts = new Array(256).fill(0);
  for (const value of lacking) counts[min(255, floor(256 * value))]++;
  const level = between(counts) / 256;
  const sums = [0, 0];
  const numbers = [0, 0];
  for (const value of lacking) {
    const dark = Number(value > level);
    sums[dark] += value;
    numbers[dark]++;
  }
  if (!numbers[0] || !numbers[1]) return null;
  if (sums[1] / numbers[1] - sums[0] / numbers[0] < max(LEAST_CONTRAST, 4 * grain(page))) {
    return null;
  }
  const lightOnDark = numbers[1] / lacking.length > 0.5;
  return where(page, (i) => lacking[i] > level !== lightOnDark);
}

/**
 * Otsu's threshold, in bins, in the middle of where the criterion is largest.
 *
 * @param {number[]} counts
 */
function between(counts) {
  const total = counts.reduce((sum, count) => sum + count);
  const moments = counts.reduce((sum, count, i) => sum + count * i);
  let below = 0;
  let moment = 0;
  const spread = counts.slice(0, -1).map((count, i) => {
    below += count;
    moment += count * i;
    const product = below * (total - below);
    return product ? ((moments * below) / total - moment) ** 2 / product : 0;
  });
  const largest = max(...spread) * (1 - 1e-9);
  const best = spread.flatMap((value, i) => (value >= largest ? [i] : []));
  return 0.5 * (best[0] + best[best.length - 1]) + 1;
}

/**
 * The light of the paper over an eighth of the page: smooth, so that nothing written is in it.
 *
 * @param {Page} page
 * @returns {Page} at least 0.05
 */
export function broadPaper(page) {
  const { height, width } = page;
  const small =
    min(height, width) < 64 ? page : resizeArea(page, halfEven(height / 4), halfEven(width / 4), 4);
  const side = max(3, floor(min(small.height, small.width) / 8) | 1);
  const bright = dilate(blur(small, 3, "mirror"), rectangle(side, side));
  const light = resizeLinear(blur(bright, side, "replicate"), height, width);
  return pixelwise(light, (value) => max(value, 0.05));
}

/**
 * The light on the page, if it varies as slowly as a parabola: a picture or a stain does not.
 *
 * A quadratic surface is fitted to the bright pixels of blocks; blocks far below it lose weight.
 *
 * @param {Page} page
 * @returns {Page} at least 0.05
 */
export function fallOfLight(page) {
  const side = 64;
  const bright = dilate(resizeArea(page, side, side), rectangle(5, 5)).values;
  const terms = Array.from(bright, (_, i) => {
    const x = (2 * (i % side)) / (side - 1) - 1;
    const y = (2 * floor(i / side)) / (side - 1) - 1;
    return [1, x, y, x * x, x * y, y * y];
  });
  let surface = new Float64Array(bright.length);
  const weight = new Float64Array(bright.length).fill(1);
  for (let round = 0; round < 6; round++) {
    const factors = leastSquares(terms, bright, weight);
    surface = Float64Array.from(terms, (row) => row.reduce((sum, t, k) => sum + t * factors[k], 0));
    for (let i = 0; i < weight.length; i++) weight[i] = bright[i] < surface[i] - 0.05 ? 0.05 : 1;
  }
  const coarse = { values: Float32Array.from(surface), height: side, width: side };
  return pixelwise(resizeLinear(coarse, page.height, page.width), (value) => max(value, 0.05));
}

/**
 * The factors of the terms whose sum is closest to the values.
 *
 * @param {number[][]} terms of each value
 * @param {ArrayLike<number>} values
 * @param {ArrayLike<number>} weight
 */
function leastSquares(terms, values, weight) {
  const count = terms[0].length;
  const rows = Array.from({ length: count }, () => new Float64Array(count + 1));
  for (let i = 0; i < terms.length; i++) {
    const square = weight[i] * weight[i];
    for (let a = 0; a < count; a++) {
      const part = square * terms[i][a];
      for (let b = 0; b < count; b++) rows[a][b] += part * terms[i][b];
      rows[a][count] += part * values[i];
    }
  }
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < count; b++) {
      if (b === a) continue;
      const ratio = rows[b][a] / rows[a][a];
      for (let k = a; k <= count; k++) rows[b][k] -= ratio * rows[a][k];
    }
  }
  return rows.map((row, a) => row[count] / row[a]);
}

/**
 * Where letters are so large that their strokes are wider than half the window.
 *
 * @param {Page} page
 * @returns {Bytes} the strokes with a margin around them
 */
export function wideStrokes(page) {
  const lacking = lackingOf(page, broadPaper(page));
  const { values } = lacking;
  const least = fround(fround(WIDE_INK_SHARE) * quantile(values.slice(), 0.98));
  if (values.reduce((most, value) => max(most, value), 0) < 4 * LEAST_CONTRAST) {
    return where(page, () => false);
  }
  const ink = where(page, (i) => values[i] > least);
  const inner = open(ink, WINDOW >> 1);
  const { count, labels } = pieces(ink);
  const wide = new Uint8Array(count);
  for (let i = 0; i < labels.length; i++) if (inner.values[i]) wide[labels[i]] = 1;
  wide[0] = 0;
  return dilate(chosen(page, labels, wide), rectangle(9, 9));
}

/**
 * Where the page is dark over more than a stroke's width: panels, photographs, borders.
 *
 * @param {Page} page
 * @param {number} share of the light of white paper; what has less is dark
 * @returns {Bytes}
 */
export function darkGround(page, share) {
  const white = quantile(every(page, 4).values, 0.98);
  const level = fround(fround(share) * white);
  const dark = pixelwise(page, (value) => (value < level ? 1 : 0));
  // Text covers a quarter of its paper, and light text leaves three quarters of its ground.
  const mostly = blur(dark, WINDOW, "replicate").values;
  return open(
    where(page, (i) => mostly[i] > 0.55),
    WINDOW,
  );
}

/**
 * A mask without what is narrower than an ellipse.
 *
 * @param {Bytes} mask
 * @param {number} side of the square that the ellipse fills
 */
function open(mask, side) {
  const shape = ellipse(side);
  return dilate(erode(mask, shape), shape);
}

// Before and after

/**
 * Find the strokes of a page that are missing, or nearly so, after cleaning.
 *
 * @param {Page} before
 * @param {Page} after
 * @returns {Loss}
 */
export function compare(before, after) {
  const least = max(LEAST_CONTRAST, 5 * grain(before));
  const width = strokeWidth(before) ?? STROKE_WIDTH;
  const window = floor(max(11, min(WINDOW, 5 * width))) | 1;
  const was = contrast(before, window);
  const typical = inkContrast(was, least);
  const { ink, pale } = lost(was, after, window, least, typical, INK_SHARE);
  const dark = fround(INK_SHARE * typical);
  const total = countOf(where(before, (i) => was.values[i] > dark));
  const share = countOf(ink) / max(total, 1);
  for (const step of [4, 16]) {
    // Wide strokes.
    if (min(before.height, before.width) < 4 * step) break;
    // The brightest of each block: inside a wide stroke all are dark, in text on a stain not.
    const small = brightest(before, step);
    const seen = contrast(small, WINDOW);
    const wide = lost(seen, brightest(after, step), WINDOW, 2 * least, typical, WIDE_INK_SHARE).ink;
    const large = resizeNearest(even(wide, small), before.height, before.width).values;
    for (let i = 0; i < large.length; i++) ink.values[i] |= large[i];
  }
  const lit = onWhite(before, fallOfLight(before));
  const { light, ground } = lostLight(lit, after, window, least, typical);
  const wide = darkGround(lit, 0.75).values;
  const gone = where(lit, (i) => wide[i] && after.values[i] > fround(0.85) && !ground.values[i]);
  const elsewhere = (/** @type {Bytes} */ mask) =>
    where(mask, (i) => mask.values[i] && !ground.values[i]);
  const grey = largePieces(gone, WINDOW ** 2);
  return { ink: elsewhere(ink), pale: elsewhere(pale), light, ground, grey, share };
}

/**
 * Lost light strokes on dark grounds, and those grounds, where they are more than chance.
 *
 * @param {Page} before
 * @param {Page} after
 * @param {number} window
 * @param {number} least
 * @param {number} typical
 */
function lostLight(before, after, window, least, typical) {
  const dark = darkGround(before, 0.65);
  if (!any(dark)) return { light: dark, ground: dark };
  const was = contrast(negative(before), window);
  const { ink } = lost(was, negative(after), window, least, typical, INK_SHARE);
  const { count, labels, area } = pieces(dark);
  const sums = new Float64Array(count);
  for (let i = 0; i < labels.length; i++) sums[labels[i]] += ink.values[i];
  const written = Uint8Array.from(sums, (sum, k) => Number(k > 0 && sum / area[k] > LIGHT_SHARE));
  const ground = chosen(dark, labels, written);
  return { light: where(ground, (i) => ink.values[i] && ground.values[i]), ground };
}

/**
 * Lost strokes as dark as ink, and lost paler marks that are set like text.
 *
 * @param {Page} was the contrast of the page before
 * @param {Page} after
 * @param {number} window
 * @param {number} least
 * @param {number} typical
 * @param {number} share
 * @returns {{ ink: Bytes, pale: Bytes }}
 */
function lost(was, after, window, least, typical, share) {
  const before = was.values;
  const now = contrast(after, window).values;
  const seen = fround(least);
  const half = LEFT_SHARE;
  // A blurred edge that has become sharp is no loss: what is close to ink that is left is kept.
  const left = where(was, (i) => now[i] > half * before[i] && before[i] > seen);
  const near = dilate(left, rectangle(5, 5)).values;
  const gone = where(was, (i) => before[i] > seen && now[i] < half * before[i] && !near[i]).values;
  const dark = fround(share * typical);
  const ink = largePieces(
    where(was, (i) => gone[i] && before[i] > dark),
    4,
  );
  const faint = fround(max(least, PALE_SHARE * typical));
  const pale = where(was, (i) => gone[i] && before[i] > faint && !ink.values[i]);
  return { ink, pale: setLikeText(pale) };
}

/**
 * The pieces of a mask that are of an even darkness: print is, a stain is not.
 *
 * @param {Bytes} mask
 * @param {Page} page
 */
function even(mask, page) {
  const { count, labels, area } = pieces(mask);
  const sums = new Float64Array(count);
  const squares = new Float64Array(count);
  for (let i = 0; i < labels.length; i++) {
    const dark = 1 - page.values[i];
    sums[labels[i]] += dark;
    squares[labels[i]] += dark * dark;
  }
  const flat = Uint8Array.from(sums, (sum, k) => {
    const mean = sum / area[k];
    return Number(k > 0 && sqrt(max(0, squares[k] / area[k] - mean * mean)) < UNEVEN * mean);
  });
  return chosen(mask, labels, flat);
}

/**
 * The mask without pieces of fewer pixels than `leastArea`.
 *
 * @param {Bytes} mask
 * @param {number} leastArea
 */
function largePieces(mask, leastArea) {
  const { labels, area } = pieces(mask);
  return chosen(
    mask,
    labels,
    Uint8Array.from(area, (size, k) => Number(k > 0 && size >= leastArea)),
  );
}

/**
 * The pieces of a mask that are of one size and stand in rows, as letters do.
 *
 * @param {Bytes} mask
 */
function setLikeText(mask) {
  const { count, labels, heights, widths, middleX, middleY } = pieces(mask);
  const keep = new Uint8Array(count);
  let letters = Array.from({ length: count }, (_, k) => k).filter(
    (k) => k > 0 && heights[k] >= 5 && widths[k] < 6 * heights[k] && heights[k] < 6 * widths[k],
  );
  if (letters.length < 5) return chosen(mask, labels, keep);
  const size = median(Float64Array.from(letters, (k) => heights[k]));
  letters = letters.filter((k) => heights[k] > 0.5 * size && heights[k] < 2 * size);
  /** @type {Map<number, number[]>} */
  const rows = new Map();
  for (const k of letters) {
    const row = halfEven(middleY[k] / size);
    rows.set(row, [...(rows.get(row) ?? []), k]);
  }
  for (const row of rows.values()) {
    if (row.length < 5) continue;
    const places = row.map((k) => middleX[k]).sort((a, b) => a - b);
    const gaps = Float64Array.from(places.slice(1), (place, k) => place - places[k]);
    if (median(gaps) < 3 * size) for (const k of row) keep[k] = 1;
  }
  return chosen(mask, labels, keep);
}

/**
 * The mask of some pieces.
 *
 * @param {{ height: number, width: number }} size
 * @param {Int32Array} labels of the pixels
 * @param {Uint8Array} choice 1 for each piece that is chosen
 * @returns {Bytes}
 */
function chosen({ height, width }, labels, choice) {
  const values = new Uint8Array(labels.length);
  for (let i = 0; i < values.length; i++) values[i] = choice[labels[i]];
  return { values, height, width };
}

/**
 * The brightest pixel of each block.
 *
 * @param {Page} page
 * @param {number} step
 */
function brightest(page, step) {
  return every(dilate(page, rectangle(step, step)), step, step >> 1);
}
