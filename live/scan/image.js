/**
 * What the cleaner needs of OpenCV, SciPy, NumPy and Pillow, with their rounding: the checks of a
 * page compare with thresholds, so a page must get the same numbers here as in Python.
 *
 * @typedef {{ values: Float32Array, height: number, width: number }} Page grey, 0 black to 1 white
 * @typedef {{ values: Uint8Array, height: number, width: number }} Bytes grey from 0 to 255, or a
 *   mask of 0 and 1
 * @typedef {"replicate" | "mirror"} Border what is beyond the edge: the last pixel, or a mirror image
 */

const { ceil, floor, fround, max, min, round, sqrt } = Math;

// Grey levels

/**
 * Grey levels of a coloured picture, as Pillow makes them, transparent parts being white.
 *
 * @param {ArrayLike<number>} rgba four bytes for each pixel
 */
export function greyOf(rgba) {
  const grey = new Uint8Array(rgba.length / 4);
  for (let i = 0, at = 0; i < grey.length; i++, at += 4) {
    const alpha = rgba[at + 3];
    const [r, g, b] = [0, 1, 2].map((k) => overWhite(rgba[at + k], alpha));
    grey[i] = (19595 * r + 38470 * g + 7471 * b + 32768) >> 16;
  }
  return grey;
}

/**
 * @param {number} value
 * @param {number} alpha
 */
function overWhite(value, alpha) {
  if (alpha === 255) return value;
  if (alpha === 0) return 255;
  const weight = floor((255 * alpha * 255 * 128) / (255 * 255));
  const sum = value * weight + 255 * (255 * 128 - weight) + (0x80 << 7);
  return (((sum >> 8) + sum) >> 8) >> 7;
}

/**
 * Bytes as grey levels from 0 to 1.
 *
 * @param {Bytes} bytes
 * @returns {Page}
 */
export function asPage({ values, height, width }) {
  const levels = Float32Array.from({ length: 256 }, (_, i) => i / 255);
  const page = new Float32Array(values.length);
  for (let i = 0; i < page.length; i++) page[i] = levels[values[i]];
  return { values: page, height, width };
}

/**
 * Grey levels from 0 to 1 as bytes.
 *
 * @param {Page} page
 * @returns {Bytes}
 */
export function asBytes({ values, height, width }) {
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = halfEven(fround(values[i] * 255));
  return { values: bytes, height, width };
}

/**
 * The nearest whole number, the even one of two.
 *
 * @param {number} value
 */
export function halfEven(value) {
  const rounded = round(value);
  return rounded - value === 0.5 && rounded % 2 ? rounded - 1 : rounded;
}

// Numbers of many pixels

/**
 * The number at one place of the sorted numbers, which are moved about (quickselect).
 *
 * @param {Float32Array | Float64Array} values
 * @param {number} place from 0
 */
function select(values, place) {
  let left = 0;
  let right = values.length - 1;
  while (right > left) {
    const pivot = values[(left + right) >> 1];
    let i = left;
    let j = right;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i <= j) {
        const swapped = values[i];
        values[i++] = values[j];
        values[j--] = swapped;
      }
    }
    if (place <= j) right = j;
    else if (place >= i) left = i;
    else break;
  }
  return values[place];
}

/**
 * A quantile, as `numpy.quantile` computes it of 32-bit numbers: in 32 bits.
 *
 * @param {Float32Array} values are moved about
 * @param {number} q
 */
export function quantile(values, q) {
  const place = fround(fround(q) * (values.length - 1));
  const below = min(floor(place), values.length - 1);
  const low = select(values, below);
  const high = below + 1 < values.length ? least(values, below + 1) : low;
  const part = fround(place - below);
  const step = fround(high - low);
  if (part >= 0.5) return fround(high - fround(step * fround(1 - part)));
  return fround(low + fround(step * part));
}

/**
 * @param {Float32Array | Float64Array} values are moved about
 */
export function median(values) {
  const half = values.length >> 1;
  const high = select(values, half);
  if (values.length % 2) return high;
  let low = -Infinity;
  for (let i = 0; i < half; i++) if (values[i] > low) low = values[i];
  return (low + high) / 2;
}

/**
 * @param {Float32Array} values
 * @param {number} from
 */
function least(values, from) {
  let smallest = Infinity;
  for (let i = from; i < values.length; i++) if (values[i] < smallest) smallest = values[i];
  return smallest;
}

/**
 * Every `step`-th pixel of every `step`-th row.
 *
 * @param {Page} page
 * @param {number} step
 * @param {number} [first] where to begin
 * @returns {Page}
 */
export function every({ values, height, width }, step, first = 0) {
  const rows = max(0, ceil((height - first) / step));
  const columns = max(0, ceil((width - first) / step));
  const some = new Float32Array(rows * columns);
  for (let i = 0, at = 0; i < rows; i++) {
    const row = (first + i * step) * width + first;
    for (let j = 0; j < columns; j++) some[at++] = values[row + j * step];
  }
  return { values: some, height: rows, width: columns };
}

// Sizes

/**
 * A picture reduced so that each pixel is the mean of the area it covers (OpenCV's INTER_AREA).
 *
 * @template {Page | Bytes} T
 * @param {T} image
 * @param {number} height of the result
 * @param {number} width of the result
 * @param {number} [scale] how much smaller the result is, if not exactly the ratio of the sizes
 * @returns {T}
 */
export function resizeArea(image, height, width, scale) {
  if (height === image.height && width === image.width) return image;
  const down = scale ?? image.height / height;
  const across = scale ?? image.width / width;
  if (down < 1 || across < 1) {
    return /** @type {T} */ (resizeLinear(/** @type {Page} */ (image), height, width, true));
  }
  const whole = Number.isInteger(down) && Number.isInteger(across);
  const bytes = image.values instanceof Uint8Array;
  const Values = /** @type {any} */ (image.values.constructor);
  const result = new Values(height * width);
  if (whole) meansOfBlocks(image, down, across, height, width, result);
  else meansOfAreas(image, down, across, height, width, result, bytes);
  return /** @type {T} */ ({ values: result, height, width });
}

/**
 * @param {Page | Bytes} image
 * @param {number} down
 * @param {number} across
 * @param {number} height
 * @param {number} width
 * @param {Float32Array | Uint8Array} result
 */
function meansOfBlocks(image, down, across, height, width, result) {
  const { values } = image;
  const bytes = values instanceof Uint8Array;
  for (let i = 0, at = 0; i < height; i++) {
    const bottom = min((i + 1) * down, image.height);
    for (let j = 0; j < width; j++, at++) {
      const right = min((j + 1) * across, image.width);
      let sum = 0;
      for (let row = i * down; row < bottom; row++) {
        for (let k = row * image.width + j * across; k < row * image.width + right; k++) {
          sum += values[k];
        }
      }
      const count = (bottom - i * down) * (right - j * across);
      if (!bytes) result[at] = sum / count;
      else if (down === 2 && across === 2) result[at] = (sum + 2) >> 2;
      else result[at] = halfEven(fround(sum * fround(1 / count)));
    }
  }
}

/**
 * @param {Page | Bytes} image
 * @param {number} down
 * @param {number} across
 * @param {number} height
 * @param {number} width
 * @param {Float32Array | Uint8Array} result
 * @param {boolean} bytes
 */
function meansOfAreas(image, down, across, height, width, result, bytes) {
  const rows = shares(image.height, height, down);
  const columns = shares(image.width, width, across);
  const line = new Float32Array(width);
  const sum = new Float32Array(width);
  for (let i = 0; i < height; i++) {
    sum.fill(0);
    for (let r = rows.first[i]; r < rows.first[i + 1]; r++) {
      const start = rows.source[r] * image.width;
      const weight = rows.weight[r];
      line.fill(0);
      for (let j = 0; j < width; j++) {
        let part = 0;
        for (let c = columns.first[j]; c < columns.first[j + 1]; c++) {
          part = fround(part + fround(image.values[start + columns.source[c]] * columns.weight[c]));
        }
        sum[j] += fround(weight * part);
      }
    }
    for (let j = 0; j < width; j++) result[i * width + j] = bytes ? halfEven(sum[j]) : sum[j];
  }
}

/**
 * Which pixels of a line each pixel of a shorter line covers, and with which shares.
 *
 * @param {number} length
 * @param {number} count pixels of the shorter line
 * @param {number} scale
 */
function shares(length, count, scale) {
  const first = [0];
  /** @type {number[]} */
  const source = [];
  /** @type {number[]} */
  const weight = [];
  for (let i = 0; i < count; i++) {
    const begin = i * scale;
    const end = begin + scale;
    const cell = min(scale, length - begin);
    const last = min(floor(end), length - 1);
    const start = min(ceil(begin), last);
    const add = (/** @type {number} */ pixel, /** @type {number} */ share) => {
      source.push(pixel);
      weight.push(fround(share / cell));
    };
    if (start - begin > 1e-3) add(start - 1, start - begin);
    for (let pixel = start; pixel < last; pixel++) add(pixel, 1);
    if (end - last > 1e-3) add(last, min(end - last, 1, cell));
    first.push(source.length);
  }
  return { first, source, weight };
}

/**
 * A page of another size, by linear interpolation (OpenCV's INTER_LINEAR).
 *
 * @param {Page} page
 * @param {number} height
 * @param {number} width
 * @param {boolean} [areas] as OpenCV enlarges for INTER_AREA
 * @returns {Page}
 */
export function resizeLinear(page, height, width, areas = false) {
  const y = between(page.height, height, areas);
  const x = between(page.width, width, areas);
  const { values } = page;
  const result = new Float32Array(height * width);
  for (let i = 0, at = 0; i < height; i++) {
    const upper = y.low[i] * page.width;
    const lower = min(y.low[i] + 1, page.height - 1) * page.width;
    const down = y.part[i];
    for (let j = 0; j < width; j++, at++) {
      const left = x.low[j];
      const right = min(left + 1, page.width - 1);
      const part = x.part[j];
      const above = values[upper + left] * (1 - part) + values[upper + right] * part;
      const below = values[lower + left] * (1 - part) + values[lower + right] * part;
      result[at] = fround(above) * (1 - down) + fround(below) * down;
    }
  }
  return { values: result, height, width };
}

/**
 * The pixel before each pixel of a line of another length, and how far it is from there.
 *
 * @param {number} length
 * @param {number} count
 * @param {boolean} areas
 */
function between(length, count, areas) {
  const scale = length / count;
  const low = new Int32Array(count);
  const part = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    if (areas) {
      low[i] = floor(i * scale);
      const inside = i + 1 - (low[i] + 1) / scale;
      part[i] = inside <= 0 ? 0 : inside - floor(inside);
    } else {
      const place = (i + 0.5) * scale - 0.5;
      low[i] = floor(place);
      part[i] = place - low[i];
    }
    if (low[i] < 0) [low[i], part[i]] = [0, 0];
    if (low[i] >= length - 1) [low[i], part[i]] = [length - 1, 0];
  }
  return { low, part };
}

/**
 * Rows of an enlarged page, by linear interpolation (Pillow's BILINEAR, for rows of a page at a
 * time).
 *
 * @param {Page} page
 * @param {number} height of the whole enlarged page
 * @param {number} width of it
 * @param {number} first of the rows
 * @param {number} last of the rows, exclusive
 * @returns {Float32Array}
 */
export function enlargedRows(page, height, width, first, last) {
  const top = fround((first * page.height) / height);
  const bottom = fround((last * page.height) / height);
  const y = triangles(page.height, top, bottom, last - first);
  const x = triangles(page.width, 0, page.width, width);
  /** @type {Map<number, Float32Array>} */
  const lines = new Map();
  const lineOf = (/** @type {number} */ row) => {
    const known = lines.get(row);
    if (known) return known;
    const line = new Float32Array(width);
    const start = row * page.width;
    for (let j = 0; j < width; j++) {
      let sum = 0;
      for (let k = 0; k < x.many[j]; k++) {
        sum += page.values[start + x.low[j] + k] * x.weight[x.most * j + k];
      }
      line[j] = sum;
    }
    lines.set(row, line);
    return line;
  };
  const result = new Float32Array((last - first) * width);
  for (let i = 0; i < last - first; i++) {
    const used = Array.from({ length: y.many[i] }, (_, k) => lineOf(y.low[i] + k));
    const [a, b, c] = [used[0], used[1] ?? used[0], used[2] ?? used[0]];
    const [u, v, w] = [0, 1, 2].map((k) => (k < used.length ? y.weight[y.most * i + k] : 0));
    for (let j = 0; j < width; j++) result[i * width + j] = a[j] * u + b[j] * v + c[j] * w;
  }
  return result;
}

/**
 * The weights of Pillow's linear interpolation along one axis, which is enlarged.
 *
 * @param {number} length
 * @param {number} from the first place on it that is taken
 * @param {number} to the last
 * @param {number} count of pixels made of that
 */
function triangles(length, from, to, count) {
  const scale = (to - from) / count;
  const most = 3;
  const low = new Int32Array(count);
  const many = new Int32Array(count);
  const weight = new Float64Array(most * count);
  for (let i = 0; i < count; i++) {
    const centre = from + (i + 0.5) * scale;
    low[i] = max(0, floor(centre - 1 + 0.5));
    many[i] = min(length, floor(centre + 1 + 0.5)) - low[i];
    let sum = 0;
    for (let k = 0; k < many[i]; k++) {
      const share = max(0, 1 - Math.abs(k + low[i] - centre + 0.5));
      weight[most * i + k] = share;
      sum += share;
    }
    for (let k = 0; k < many[i]; k++) weight[most * i + k] /= sum;
  }
  return { low, many, weight, most };
}

/**
 * A mask of another size, by the nearest pixel.
 *
 * @param {Bytes} mask
 * @param {number} height
 * @param {number} width
 * @returns {Bytes}
 */
export function resizeNearest(mask, height, width) {
  const values = new Uint8Array(height * width);
  for (let i = 0, at = 0; i < height; i++) {
    const row = min(floor(i * (mask.height / height)), mask.height - 1) * mask.width;
    for (let j = 0; j < width; j++) {
      values[at++] = mask.values[row + min(floor(j * (mask.width / width)), mask.width - 1)];
    }
  }
  return { values, height, width };
}

// Neighbours

/**
 * Where to read beyond the edges of a line of pixels.
 *
 * @param {number} length
 * @param {number} margin
 * @param {Border} border
 * @returns {Int32Array} for each place from -margin to length + margin - 1, the pixel
 */
function beyond(length, margin, border) {
  return Int32Array.from({ length: length + 2 * margin }, (_, i) => {
    const place = i - margin;
    if (border === "replicate" || length === 1) return max(0, min(length - 1, place));
    const period = 2 * length - 2;
    const wrapped = ((place % period) + period) % period;
    return min(wrapped, period - wrapped);
  });
}

/**
 * A blur by a bell curve of the standard deviation 0.7.
 *
 * @param {Page} page
 * @returns {Page}
 */
export function soften(page) {
  const bell = [-3, -2, -1, 0, 1, 2, 3].map((x) => Math.exp((-0.5 * x * x) / 0.49));
  const total = bell.reduce((sum, value) => sum + value);
  const [far, mid, near, here] = bell.map((value) => fround(value / total));
  const { values, height, width } = page;
  const x = beyond(width, 3, "mirror");
  const y = beyond(height, 3, "mirror");
  const line = new Float32Array(width + 6);
  const across = new Float32Array(values.length);
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < line.length; j++) line[j] = values[i * width + x[j]];
    for (let j = 0; j < width; j++) {
      across[i * width + j] =
        here * line[j + 3] +
        near * (line[j + 2] + line[j + 4]) +
        mid * (line[j + 1] + line[j + 5]) +
        far * (line[j] + line[j + 6]);
    }
  }
  const result = new Float32Array(values.length);
  for (let i = 0; i < height; i++) {
    const [a, b, c, d, e, f, g] = [0, 1, 2, 3, 4, 5, 6].map((k) => y[i + k] * width);
    for (let j = 0; j < width; j++) {
      result[i * width + j] =
        here * across[d + j] +
        near * (across[c + j] + across[e + j]) +
        mid * (across[b + j] + across[f + j]) +
        far * (across[a + j] + across[g + j]);
    }
  }
  return { values: result, height, width };
}

/**
 * The means of squares of pixels.
 *
 * @param {Page} page
 * @param {number} side of the squares, odd
 * @param {Border} border
 * @returns {Page}
 */
export function blur(page, side, border) {
  const { values, height, width } = page;
  const margin = side >> 1;
  const x = beyond(width, margin, border);
  const y = beyond(height, margin, border);
  const across = new Float64Array(values.length);
  for (let i = 0; i < height; i++) {
    const row = i * width;
    let sum = 0;
    for (let j = 0; j < side - 1; j++) sum += values[row + x[j]];
    for (let j = 0; j < width; j++) {
      sum += values[row + x[j + side - 1]];
      across[row + j] = sum;
      sum -= values[row + x[j]];
    }
  }
  const result = new Float32Array(values.length);
  const sums = new Float64Array(width);
  const share = 1 / (side * side);
  for (let k = 0; k < side - 1; k++) {
    for (let j = 0; j < width; j++) sums[j] += across[y[k] * width + j];
  }
  for (let i = 0; i < height; i++) {
    const enters = y[i + side - 1] * width;
    const leaves = y[i] * width;
    for (let j = 0; j < width; j++) {
      const sum = sums[j] + across[enters + j];
      result[i * width + j] = sum * share;
      sums[j] = sum - across[leaves + j];
    }
  }
  return { values: result, height, width };
}

/**
 * The means of squares of 5 by 5 pixels, as SciPy's `uniform_filter` computes them: first down,
 * then across, rounded to 32 bits between.
 *
 * @param {Page} page
 * @returns {Page}
 */
export function mean5({ values, height, width }) {
  const y = beyond(height, 2, "replicate");
  const x = beyond(width, 2, "replicate");
  const down = new Float32Array(values.length);
  const line = new Float64Array(width);
  for (let k = 0; k < 5; k++) for (let j = 0; j < width; j++) line[j] += values[y[k] * width + j];
  for (let j = 0; j < width; j++) line[j] /= 5;
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) down[i * width + j] = line[j];
    if (i + 1 === height) break;
    for (let j = 0; j < width; j++) {
      line[j] += (values[y[i + 5] * width + j] - values[y[i] * width + j]) / 5;
    }
  }
  const result = new Float32Array(values.length);
  for (let i = 0; i < height; i++) {
    const row = i * width;
    let mean = 0;
    for (let k = 0; k < 5; k++) mean += down[row + x[k]];
    mean /= 5;
    for (let j = 0; j < width; j++) {
      result[row + j] = mean;
      if (j + 1 < width) mean += (down[row + x[j + 5]] - down[row + x[j]]) / 5;
    }
  }
  return { values: result, height, width };
}

/**
 * The medians of squares of pixels (Huang's sliding histogram).
 *
 * @param {Bytes} bytes
 * @param {number} side of the squares, odd
 * @returns {Bytes}
 */
export function medianBlur({ values, height, width }, side) {
  const margin = side >> 1;
  const x = beyond(width, margin, "replicate");
  const y = beyond(height, margin, "replicate");
  const half = (side * side) >> 1;
  const result = new Uint8Array(values.length);
  const counts = new Int32Array(256);
  const rows = new Int32Array(side);
  for (let i = 0; i < height; i++) {
    counts.fill(0);
    for (let k = 0; k < side; k++) {
      rows[k] = y[i + k] * width;
      for (let j = 0; j < side; j++) counts[values[rows[k] + x[j]]]++;
    }
    let level = 0;
    let below = 0; // how many pixels of the square are darker than the level
    for (let j = 0; j < width; j++) {
      while (below > half) below -= counts[--level];
      while (below + counts[level] <= half) below += counts[level++];
      result[i * width + j] = level;
      if (j + 1 === width) break;
      for (let k = 0; k < side; k++) {
        const leaves = values[rows[k] + x[j]];
        const enters = values[rows[k] + x[j + side]];
        counts[leaves]--;
        counts[enters]++;
        if (leaves < level) below--;
        if (enters < level) below++;
      }
    }
  }
  return { values: result, height, width };
}

// Shapes

/**
 * The runs of pixels that make up an ellipse in a square, as OpenCV draws it.
 *
 * @param {number} side
 * @returns {{ first: number, length: number }[]} one run for each row
 */
export function ellipse(side) {
  const radius = side >> 1;
  return Array.from({ length: side }, (_, i) => {
    const away = i - radius;
    const reach = halfEven(radius * sqrt(max(0, radius * radius - away * away) / radius ** 2));
    const first = max(radius - reach, 0);
    return { first, length: min(radius + reach + 1, side) - first };
  });
}

/**
 * A rectangle as runs of pixels.
 *
 * @param {number} height
 * @param {number} width
 */
export function rectangle(height, width) {
  return Array.from({ length: height }, () => ({ first: 0, length: width }));
}

/**
 * The largest value under a shape, around each pixel.
 *
 * @template {Page | Bytes} T
 * @param {T} image not negative
 * @param {{ first: number, length: number }[]} shape its middle is at half its size, rounded down
 * @param {boolean} [replicate] whether the last pixels go on beyond the edge, or nothing does
 * @returns {T}
 */
export function dilate(image, shape, replicate = false) {
  return extreme(image, shape, replicate, true);
}

/**
 * The smallest value under a shape, around each pixel.
 *
 * @type {typeof dilate}
 */
export function erode(image, shape, replicate = false) {
  return extreme(image, shape, replicate, false);
}

/**
 * Dilation and erosion. The bits of numbers that are not negative are in the order of the numbers,
 * so whole numbers are compared, without a branch. Of each row, the extremes of 2, 4, 8 … pixels
 * are found one from the other; two of them that overlap cover a run of any length.
 *
 * @template {Page | Bytes} T
 * @param {T} image
 * @param {{ first: number, length: number }[]} shape
 * @param {boolean} replicate
 * @param {boolean} largest
 * @returns {T}
 */
function extreme(image, shape, replicate, largest) {
  const { height, width } = image;
  const floats = image.values instanceof Float32Array;
  const { buffer, byteOffset, length: size } = image.values;
  const data = floats ? new Int32Array(buffer, byteOffset, size) : image.values;
  const flip = largest ? 0 : -1; // erosion is dilation of the negative; ~x keeps the order, reversed
  const nothing = largest ? 0 : -(2 ** 31);
  const tall = shape.length;
  const wide = max(...shape.map(({ first, length }) => first + length));
  const runs = shape.filter(
    (run, k) => run.length > 0 && shape.findIndex((other) => other.length === run.length) === k,
  );
  const kind = shape.map((run) => runs.findIndex((other) => other.length === run.length));
  const levels = 1 + floor(Math.log2(max(...runs.map(({ length }) => length))));
  const tables = Array.from({ length: levels }, () => new Int32Array(width + wide));
  const left = wide >> 1;
  // The largest values of the runs around each pixel of the last rows, in a ring.
  const ring = Array.from({ length: tall }, () => runs.map(() => new Int32Array(width)));
  const fill = (/** @type {number} */ row) => {
    fillTables(tables, data, row * width, width, left, replicate, flip, nothing);
    runs.forEach(({ first, length }, k) => {
      const level = floor(Math.log2(length));
      const second = first + length - (1 << level);
      largestOfTwo(ring[row % tall][k], tables[level], first, second);
    });
  };
  const out = new Int32Array(height * width);
  const none = new Int32Array(width).fill(nothing);
  const above = tall >> 1;
  for (let row = 0; row < min(tall - above - 1, height); row++) fill(row);
  for (let i = 0; i < height; i++) {
    const newest = i + tall - above - 1;
    if (newest < height) fill(newest);
    const lines = shape.flatMap((_, k) => {
      const row = i + k - above;
      const inside = max(0, min(height - 1, row));
      if (kind[k] < 0 || (row !== inside && !replicate)) return [];
      return [ring[inside % tall][kind[k]]];
    });
    while (lines.length % 5) lines.push(none);
    const line = out.subarray(i * width, (i + 1) * width).fill(nothing);
    for (let k = 0; k < lines.length; k += 5) {
      raise(line, lines[k], lines[k + 1], lines[k + 2], lines[k + 3], lines[k + 4]);
    }
    if (flip) for (let j = 0; j < width; j++) line[j] = ~line[j];
  }
  const values = floats ? new Float32Array(out.buffer) : Uint8Array.from(out);
  return /** @type {T} */ ({ values, height, width });
}

/**
 * The largest of 1, 2, 4, … pixels from each pixel of a row on.
 *
 * @param {Int32Array[]} tables
 * @param {ArrayLike<number>} data
 * @param {number} at where the row begins
 * @param {number} width
 * @param {number} left pixels before the row
 * @param {boolean} replicate
 * @param {number} flip
 * @param {number} nothing what is beyond the edge
 */
function fillTables(tables, data, at, width, left, replicate, flip, nothing) {
  const [single] = tables;
  single.fill(replicate ? data[at] ^ flip : nothing, 0, left);
  for (let j = 0; j < width; j++) single[left + j] = data[at + j] ^ flip;
  single.fill(replicate ? data[at + width - 1] ^ flip : nothing, left + width);
  for (let level = 1; level < tables.length; level++) {
    const from = tables[level - 1];
    const to = tables[level];
    const half = 1 << (level - 1);
    for (let j = 0; j < to.length - half; j++) to[j] = larger(from[j], from[j + half]);
  }
}

/**
 * The larger numbers of two stretches of a table.
 *
 * @param {Int32Array} line
 * @param {Int32Array} table
 * @param {number} first where the one begins in it
 * @param {number} second where the other begins in it
 */
function largestOfTwo(line, table, first, second) {
  for (let j = 0; j < line.length; j++) line[j] = larger(table[first + j], table[second + j]);
}

/**
 * Raise a line to five others.
 *
 * @param {Int32Array} line
 * @param {Int32Array} a
 * @param {Int32Array} b
 * @param {Int32Array} c
 * @param {Int32Array} d
 * @param {Int32Array} e
 */
function raise(line, a, b, c, d, e) {
  for (let j = 0; j < line.length; j++) {
    line[j] = larger(larger(larger(line[j], a[j]), larger(b[j], c[j])), larger(d[j], e[j]));
  }
}

/**
 * The larger of two whole numbers that are less than 2 ** 31 apart, without a branch.
 *
 * @param {number} a
 * @param {number} b
 */
function larger(a, b) {
  const over = (a - b) | 0;
  return (a - (over & (over >> 31))) | 0;
}

/**
 * The square of each pixel's distance to the nearest 0 of a mask (Felzenszwalb & Huttenlocher 2012).
 *
 * @param {Bytes} mask that has a 0
 * @returns {Float64Array}
 */
export function squaredDistance({ values, height, width }) {
  const far = 2 * (height + width);
  const result = new Float64Array(values.length);
  for (let j = 0; j < width; j++) {
    let gap = far;
    for (let i = 0; i < height; i++) {
      gap = values[i * width + j] ? gap + 1 : 0;
      result[i * width + j] = gap;
    }
    gap = far;
    for (let i = height - 1; i >= 0; i--) {
      gap = values[i * width + j] ? gap + 1 : 0;
      if (gap < result[i * width + j]) result[i * width + j] = gap;
    }
  }
  const heights = new Float64Array(width);
  const place = new Int32Array(width);
  const from = new Float64Array(width + 1);
  for (let i = 0; i < height; i++) {
    const row = i * width;
    for (let j = 0; j < width; j++) heights[j] = result[row + j] ** 2;
    let last = 0; // of the parabolas that make up the lower envelope
    place[0] = 0;
    from[0] = -Infinity;
    from[1] = Infinity;
    for (let j = 1; j < width; j++) {
      const parabola = heights[j] + j * j;
      const meets = (/** @type {number} */ other) =>
        (parabola - heights[other] - other * other) / (2 * (j - other));
      let meet = meets(place[last]);
      while (meet <= from[last]) meet = meets(place[--last]);
      place[++last] = j;
      from[last] = meet;
      from[last + 1] = Infinity;
    }
    for (let j = 0, k = 0; j < width; j++) {
      while (from[k + 1] < j) k++;
      result[row + j] = (j - place[k]) ** 2 + heights[place[k]];
    }
  }
  return result;
}

// Pieces

/**
 * The pieces of a mask: pixels that touch, by a side or a corner. Piece 0 is all the rest.
 *
 * @param {Bytes} mask
 */
export function pieces({ values, height, width }) {
  const labels = new Int32Array(values.length);
  /** @type {number[]} */
  const parent = [0];
  const root = (/** @type {number} */ label) => {
    while (parent[label] !== label) label = parent[label] = parent[parent[label]];
    return label;
  };
  for (let i = 0, at = 0; i < height; i++) {
    for (let j = 0; j < width; j++, at++) {
      if (!values[at]) continue;
      const left = j > 0 ? labels[at - 1] : 0;
      const above = i > 0 ? labels[at - width] : 0;
      const before = i > 0 && j > 0 ? labels[at - width - 1] : 0;
      const after = i > 0 && j + 1 < width ? labels[at - width + 1] : 0;
      // Above touches all others, and before touches left.
      let label = above || before || left || after;
      if (!label) parent.push((label = parent.length));
      else if (!above && after && after !== label) {
        const [a, b] = [root(label), root(after)];
        parent[max(a, b)] = min(a, b);
      }
      labels[at] = label;
    }
  }
  const number = new Int32Array(parent.length);
  let count = 1;
  for (let label = 1; label < parent.length; label++) {
    number[label] = parent[label] === label ? count++ : number[root(label)];
  }
  const area = new Float64Array(count);
  const top = new Int32Array(count).fill(height);
  const bottom = new Int32Array(count).fill(-1);
  const left = new Int32Array(count).fill(width);
  const right = new Int32Array(count).fill(-1);
  const sumX = new Float64Array(count);
  const sumY = new Float64Array(count);
  for (let i = 0, at = 0; i < height; i++) {
    for (let j = 0; j < width; j++, at++) {
      const label = (labels[at] = number[labels[at]]);
      area[label]++;
      sumX[label] += j;
      sumY[label] += i;
      if (i < top[label]) top[label] = i;
      if (i > bottom[label]) bottom[label] = i;
      if (j < left[label]) left[label] = j;
      if (j > right[label]) right[label] = j;
    }
  }
  return {
    count,
    labels,
    area,
    heights: bottom.map((value, k) => value - top[k] + 1),
    widths: right.map((value, k) => value - left[k] + 1),
    middleX: sumX.map((sum, k) => sum / area[k]),
    middleY: sumY.map((sum, k) => sum / area[k]),
  };
}
