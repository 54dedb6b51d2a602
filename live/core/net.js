/**
 * The forward pass of a network that a chapter has trained: dense and convolutional layers, skips.
 *
 * @typedef {import("./conv.js").Image} Image
 * @typedef {{
 *   op: string,
 *   from: number[],
 *   weights?: number[],
 *   activation?: string,
 *   stride?: number,
 *   padding?: "same" | "valid",
 *   size?: number,
 *   shape?: number[],
 * }} Node `op` is a layer's class in Keras; `from` are the nodes that it reads, -1 for the input
 */
import { conv2d, conv2dTranspose, maxPool, upSample } from "./conv.js";
import { unpack } from "./data.js";

/** @type {Record<string, (x: number) => number>} */
const ACTIVATIONS = {
  relu: (x) => (x > 0 ? x : 0),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  sine: Math.sin,
  tanh: Math.tanh,
  gelu: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
};

/**
 * The error function, to 1.2e-7 (the Chebyshev fit of Press et al., Numerical Recipes, 6.2).
 *
 * @param {number} x
 */
export function erf(x) {
  const t = 1 / (1 + 0.5 * Math.abs(x));
  const fit = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398,
    1.48851587, -0.82215223, 0.17087277,
  ];
  const power = fit.reduceRight((sum, c) => sum * t + c, 0);
  const rest = t * Math.exp(-x * x + power);
  return x >= 0 ? 1 - rest : rest - 1;
}

/**
 * Dense without an activation, of one row.
 *
 * @param {Float32Array} input
 * @param {Float32Array} kernel of the shape (inputs, units)
 * @param {Float32Array} bias of each unit
 */
export function dense(input, kernel, bias) {
  const units = bias.length;
  const out = Float32Array.from(bias);
  for (let i = 0, k = 0; i < input.length; i++, k += units) {
    const value = input[i];
    if (value !== 0) for (let j = 0; j < units; j++) out[j] += value * kernel[k + j];
  }
  return out;
}

/** A network as it was exported: `run` is its forward pass. */
export class Network {
  /** @param {import("./data.js").PackedNetwork} packed */
  constructor(packed) {
    this.nodes = packed.nodes;
    this.weights = packed.weights.map((one) => {
      const { shape, values } = unpack(one);
      return { shape, values: /** @type {Float32Array} */ (values) };
    });
  }

  /**
   * What the network makes of one input.
   *
   * @param {ArrayLike<number>} input a code or a feature, or a picture's rows one after the other
   * @param {{ height: number, width: number, channels: number }} [size] of a picture
   * @returns {Float32Array}
   */
  run(input, size = { height: 1, width: 1, channels: input.length }) {
    /** @type {Image} */
    const start = { values: Float32Array.from(input), ...size };
    /** @type {Image[]} */
    const done = [];
    for (const node of this.nodes) {
      const out = this.layer(
        node,
        node.from.map((i) => (i < 0 ? start : done[i])),
      );
      const f = ACTIVATIONS[node.activation ?? ""];
      if (f) for (let i = 0; i < out.values.length; i++) out.values[i] = f(out.values[i]);
      done.push(out);
    }
    return done[done.length - 1].values;
  }

  /**
   * One layer, without its activation.
   *
   * @param {Node} node
   * @param {Image[]} inputs
   * @returns {Image}
   */
  layer(node, inputs) {
    const [input] = inputs;
    const [kernel, bias] = (node.weights ?? []).map((i) => this.weights[i]);
    const { stride = 1, padding = "same", size = 1 } = node;
    switch (node.op) {
      case "Dense":
        return flat(dense(input.values, kernel.values, bias.values));
      case "Conv2D":
        return conv2d(input, kernel.values, bias.values, kernel.shape[0], { stride, padding });
      case "Conv2DTranspose":
        return conv2dTranspose(input, kernel.values, bias.values, kernel.shape[0], stride);
      case "MaxPooling2D":
        return maxPool(input, size);
      case "UpSampling2D":
        return upSample(input, size);
      case "Activation":
        return { ...input, values: input.values.slice() };
      case "Flatten":
        return flat(input.values);
      case "Reshape": {
        const [height, width, channels] = node.shape ?? [];
        return { values: input.values, height, width, channels };
      }
      case "Concatenate":
        return concatenate(inputs);
      case "Add":
        return combine(inputs, (a, b) => a + b);
      case "Subtract":
        return combine(inputs, (a, b) => a - b);
      case "Multiply":
        return combine(inputs, (a, b) => a * b);
      default:
        throw new Error(`This network has a layer that the page does not know: ${node.op}.`);
    }
  }
}

/**
 * @param {Float32Array} values
 * @returns {Image}
 */
function flat(values) {
  return { values, height: 1, width: 1, channels: values.length };
}

/**
 * @param {Image[]} inputs of one size
 * @param {(a: number, b: number) => number} f of one channel each, or of one that serves for all
 * @returns {Image}
 */
function combine([a, b], f) {
  return { ...a, values: a.values.map((value, i) => f(value, b.values[i])) };
}

/**
 * The channels of pictures of one size, one after the other.
 *
 * @param {Image[]} inputs
 * @returns {Image}
 */
function concatenate(inputs) {
  const [{ height, width }] = inputs;
  const channels = inputs.reduce((sum, one) => sum + one.channels, 0);
  const values = new Float32Array(height * width * channels);
  let offset = 0;
  for (const one of inputs) {
    for (let i = 0; i < height * width; i++) {
      values.set(
        one.values.subarray(i * one.channels, (i + 1) * one.channels),
        i * channels + offset,
      );
    }
    offset += one.channels;
  }
  return { values, height, width, channels };
}
