/**
 * Layers on pictures, as Keras computes them: numbers in the order rows, columns, channels.
 *
 * @typedef {{ values: Float32Array, height: number, width: number, channels: number }} Image
 * @typedef {{ stride: number, padding: "same" | "valid" }} Shape
 */

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
  const { channels, width, height, values } = input;
  const out = new Float32Array(y.outputs * x.outputs * filters);
  for (let i = 0; i < y.outputs; i++) {
    for (let j = 0; j < x.outputs; j++) {
      const at = (i * x.outputs + j) * filters;
      for (let f = 0; f < filters; f++) out[at + f] = bias[f];
      for (let r = 0; r < rows; r++) {
        const row = i * shape.stride + r - y.before;
        if (row < 0 || row >= height) continue;
        for (let s = 0; s < rows; s++) {
          const column = j * shape.stride + s - x.before;
          if (column < 0 || column >= width) continue;
          let from = (row * width + column) * channels;
          let k = (r * rows + s) * channels * filters;
          for (let c = 0; c < channels; c++) {
            const value = values[from++];
            if (value === 0) k += filters;
            else for (let f = 0; f < filters; f++) out[at + f] += value * kernel[k++];
          }
        }
      }
    }
  }
  return { values: out, height: y.outputs, width: x.outputs, channels: filters };
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
  const { channels, values } = input;
  const height = input.height * stride;
  const width = input.width * stride;
  const before = Math.max(0, rows - stride) >> 1;
  const out = new Float32Array(height * width * filters);
  for (let at = 0; at < out.length; at += filters) out.set(bias, at);
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
          let k = (r * rows + s) * filters * channels;
          for (let f = 0; f < filters; f++) {
            let sum = 0;
            for (let c = 0; c < channels; c++) sum += values[from + c] * kernel[k++];
            out[at + f] += sum;
          }
        }
      }
    }
  }
  return { values: out, height, width, channels: filters };
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
  const out = new Float32Array(height * width * channels).fill(-Infinity);
  for (let i = 0; i < input.height; i++) {
    for (let j = 0; j < input.width; j++) {
      let from = (i * input.width + j) * channels;
      let at = (Math.floor((i + top) / size) * width + Math.floor((j + left) / size)) * channels;
      for (let c = 0; c < channels; c++, from++, at++) {
        if (input.values[from] > out[at]) out[at] = input.values[from];
      }
    }
  }
  return { values: out, height, width, channels };
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
  const out = new Float32Array(width * height * channels);
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const from = (Math.floor(i / size) * input.width + Math.floor(j / size)) * channels;
      out.set(input.values.subarray(from, from + channels), (i * width + j) * channels);
    }
  }
  return { values: out, height, width, channels };
}
