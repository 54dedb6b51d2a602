/**
 * Layers on pictures, as Keras computes them: numbers in the order rows, columns, channels.
 *
 * Almost all the time of a network on a page is spent in `convolveRow`, which therefore takes three
 * pixels and four filters at once: twelve sums stay in registers, and each number that is read
 * serves three or four times. It does more than two thousand million products in a second.
 *
 * @typedef {{ values: Float32Array, height: number, width: number, channels: number }} Image
 * @typedef {{ stride: number, padding: "same" | "valid" }} Shape
 */

const PIXELS = 3;
const FILTERS = 4;

/** @type {WeakMap<Float32Array, Float32Array>} */
const blocksOf = new WeakMap();

/**
 * How many outputs there are along one axis, and how many zeros come before the input.
 *
 * @param {number} size
 * @param {number} kernel
 * @param {Shape} shape
 */
function along(size, kernel, { stride, padding }) {
  if (padding === "valid") return { outputs: Math.floor((size - kernel) / stride) + 1, before: 0 };
  const outputs = Math.ceil(size / stride);
  const zeros = Math.max(0, (outputs - 1) * stride + kernel - size);
  return { outputs, before: zeros >> 1 };
}

/**
 * Conv2D without an activation.
 *
 * @param {Image} input
 * @param {Float32Array} kernel of the shape (rows, columns, channels, filters)
 * @param {Float32Array} bias of each filter
 * @param {number} rows of the kernel, which is square
 * @param {Shape} shape
 * @returns {Image}
 */
export function conv2d(input, kernel, bias, rows, shape) {
  const filters = bias.length;
  const y = along(input.height, rows, shape);
  const x = along(input.width, rows, shape);
  const width = (x.outputs - 1) * shape.stride + rows;
  const height = (y.outputs - 1) * shape.stride + rows;
  const padded = pad(input, height, width, y.before, x.before, PIXELS * shape.stride);
  const blocks = inBlocks(kernel, filters);
  const values = new Float32Array(y.outputs * x.outputs * filters);
  const line = width * input.channels;
  const span = rows * input.channels;
  const step = shape.stride * input.channels;
  for (let i = 0; i < y.outputs; i++) {
    const row = padded.subarray(i * shape.stride * line);
    const out = values.subarray(i * x.outputs * filters, (i + 1) * x.outputs * filters);
    convolveRow(row, line, rows, span, step, blocks, bias, out);
  }
  return { values, height: y.outputs, width: x.outputs, channels: filters };
}

/**
 * One row of a convolution.
 *
 * @param {Float32Array} data the padded picture from the first row on that is read
 * @param {number} line how many numbers a row of it has
 * @param {number} lines how many of its rows the kernel covers
 * @param {number} span how many numbers of a row the kernel covers
 * @param {number} step numbers from one output's inputs to the next one's
 * @param {Float32Array} weights the kernel, from `inBlocks`
 * @param {Float32Array} bias
 * @param {Float32Array} out the row of outputs
 */
function convolveRow(data, line, lines, span, step, weights, bias, out) {
  const filters = bias.length;
  const outputs = out.length / filters;
  for (let f = 0; f < filters; f += FILTERS) {
    const many = Math.min(FILTERS, filters - f);
    for (let j = 0; j < outputs; j += PIXELS) {
      let a0 = 0, a1 = 0, a2 = 0, a3 = 0; // prettier-ignore
      let b0 = 0, b1 = 0, b2 = 0, b3 = 0; // prettier-ignore
      let c0 = 0, c1 = 0, c2 = 0, c3 = 0; // prettier-ignore
      let k = f * lines * span;
      for (let i = 0; i < lines; i++) {
        const first = i * line + j * step;
        const end = first + span;
        for (let at = first; at < end; at++) {
          const a = data[at];
          const b = data[at + step];
          const c = data[at + 2 * step];
          const w0 = weights[k];
          a0 += a * w0;
          b0 += b * w0;
          c0 += c * w0;
          const w1 = weights[k + 1];
          a1 += a * w1;
          b1 += b * w1;
          c1 += c * w1;
          const w2 = weights[k + 2];
          a2 += a * w2;
          b2 += b * w2;
          c2 += c * w2;
          const w3 = weights[k + 3];
          a3 += a * w3;
          b3 += b * w3;
          c3 += c * w3;
          k += FILTERS;
        }
      }
      const at = j * filters + f;
      put(out, at, bias, f, many, a0, a1, a2, a3);
      if (j + 1 < outputs) put(out, at + filters, bias, f, many, b0, b1, b2, b3);
      if (j + 2 < outputs) put(out, at + 2 * filters, bias, f, many, c0, c1, c2, c3);
    }
  }
}

/**
 * Write up to four sums of one pixel, with their biases.
 *
 * @param {Float32Array} out
 * @param {number} at
 * @param {Float32Array} bias
 * @param {number} f the first filter
 * @param {number} many filters
 * @param {number} s0
 * @param {number} s1
 * @param {number} s2
 * @param {number} s3
 */
function put(out, at, bias, f, many, s0, s1, s2, s3) {
  out[at] = s0 + bias[f];
  if (many > 1) out[at + 1] = s1 + bias[f + 1];
  if (many > 2) out[at + 2] = s2 + bias[f + 2];
  if (many > 3) out[at + 3] = s3 + bias[f + 3];
}

/**
 * The picture with zeros around it.
 *
 * @param {Image} image
 * @param {number} height of the result, which may lack the last rows of the picture
 * @param {number} width of the result, which may lack the last columns of the picture
 * @param {number} top rows of zeros before the picture
 * @param {number} left columns of zeros before the picture
 * @param {number} behind pixels of zeros at the end, where the last block of a row reads
 */
function pad(image, height, width, top, left, behind) {
  const { channels, values } = image;
  const padded = new Float32Array((height * width + behind) * channels);
  const rows = Math.min(image.height, height - top);
  const length = Math.min(image.width, width - left) * channels;
  for (let i = 0; i < rows; i++) {
    const from = i * image.width * channels;
    padded.set(values.subarray(from, from + length), ((i + top) * width + left) * channels);
  }
  return padded;
}

/**
 * A kernel's numbers in the order in which `convolveRow` reads them: four filters at a time.
 *
 * @param {Float32Array} kernel of a shape that ends in the filters
 * @param {number} filters
 */
function inBlocks(kernel, filters) {
  const known = blocksOf.get(kernel);
  if (known) return known;
  const inputs = kernel.length / filters;
  const blocks = new Float32Array(inputs * Math.ceil(filters / FILTERS) * FILTERS);
  for (let f = 0; f < filters; f++) {
    const block = (f - (f % FILTERS)) * inputs + (f % FILTERS);
    for (let i = 0; i < inputs; i++) blocks[block + i * FILTERS] = kernel[i * filters + f];
  }
  blocksOf.set(kernel, blocks);
  return blocks;
}

/**
 * Conv2DTranspose with the padding "same", without an activation.
 *
 * @param {Image} input
 * @param {Float32Array} kernel of the shape (rows, columns, filters, channels)
 * @param {Float32Array} bias of each filter
 * @param {number} rows of the kernel, which is square
 * @param {number} stride by which the picture grows
 * @returns {Image}
 */
export function conv2dTranspose(input, kernel, bias, rows, stride) {
  const filters = bias.length;
  const { channels } = input;
  const height = input.height * stride;
  const width = input.width * stride;
  const before = Math.max(0, rows - stride) >> 1;
  const values = new Float32Array(height * width * filters);
  for (let at = 0; at < values.length; at++) values[at] = bias[at % filters];
  for (let i = 0; i < input.height; i++) {
    for (let j = 0; j < input.width; j++) {
      const from = (i * input.width + j) * channels;
      for (let r = 0; r < rows; r++) {
        const row = i * stride + r - before;
        if (row < 0 || row >= height) continue;
        for (let s = 0; s < rows; s++) {
          const column = j * stride + s - before;
          if (column < 0 || column >= width) continue;
          const at = (row * width + column) * filters;
          spread(
            input.values,
            from,
            channels,
            kernel,
            (r * rows + s) * filters,
            values,
            at,
            filters,
          );
        }
      }
    }
  }
  return { values, height, width, channels: filters };
}

/**
 * Add to one output pixel what one input pixel contributes: two filters at once, where there are.
 *
 * @param {Float32Array} data
 * @param {number} from
 * @param {number} channels
 * @param {Float32Array} kernel
 * @param {number} first row of the kernel as a matrix (…, channels)
 * @param {Float32Array} out
 * @param {number} at
 * @param {number} filters
 */
function spread(data, from, channels, kernel, first, out, at, filters) {
  let f = 0;
  for (; f + 1 < filters; f += 2) {
    const k = (first + f) * channels;
    let s0 = 0;
    let s1 = 0;
    for (let c = 0; c < channels; c++) {
      const value = data[from + c];
      s0 += value * kernel[k + c];
      s1 += value * kernel[k + channels + c];
    }
    out[at + f] += s0;
    out[at + f + 1] += s1;
  }
  if (f < filters) {
    const k = (first + f) * channels;
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += data[from + c] * kernel[k + c];
    out[at + f] += sum;
  }
}

/**
 * MaxPooling2D with the padding "same".
 *
 * @param {Image} input
 * @param {number} size of the windows, and their distance
 * @returns {Image}
 */
export function maxPool(input, size) {
  const { channels } = input;
  const height = Math.ceil(input.height / size);
  const width = Math.ceil(input.width / size);
  const top = (height * size - input.height) >> 1;
  const left = (width * size - input.width) >> 1;
  const values = new Float32Array(height * width * channels).fill(-Infinity);
  for (let i = 0; i < input.height; i++) {
    for (let j = 0; j < input.width; j++) {
      let from = (i * input.width + j) * channels;
      let at = (Math.floor((i + top) / size) * width + Math.floor((j + left) / size)) * channels;
      for (let c = 0; c < channels; c++, from++, at++) {
        if (input.values[from] > values[at]) values[at] = input.values[from];
      }
    }
  }
  return { values, height, width, channels };
}

/**
 * UpSampling2D: every pixel becomes `size` by `size` of them.
 *
 * @param {Image} input
 * @param {number} size
 * @returns {Image}
 */
export function upSample(input, size) {
  const { channels } = input;
  const width = input.width * size;
  const height = input.height * size;
  const values = new Float32Array(width * height * channels);
  for (let i = 0, at = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const from = (Math.floor(i / size) * input.width + Math.floor(j / size)) * channels;
      for (let c = 0; c < channels; c++) values[at++] = input.values[from + c];
    }
  }
  return { values, height, width, channels };
}

/**
 * The channels of pictures of one size, one after the other.
 *
 * @param {Image[]} inputs
 * @returns {Image}
 */
export function concatenate(inputs) {
  const [{ height, width }] = inputs;
  const channels = inputs.reduce((sum, one) => sum + one.channels, 0);
  const values = new Float32Array(height * width * channels);
  let offset = 0;
  for (const one of inputs) {
    for (let from = 0, at = offset; from < one.values.length; at += channels) {
      for (let c = 0; c < one.channels; c++) values[at + c] = one.values[from++];
    }
    offset += one.channels;
  }
  return { values, height, width, channels };
}
