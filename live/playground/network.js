/**
 * An autoencoder of points in the plane, its four objectives and their gradients, all by hand.
 *
 * Arrays are flat and in double precision, one row after the other: n points are 2 n numbers. A
 * kernel is laid out as Keras does it, (inputs, units), and the weights of a network are kernel,
 * bias, kernel, bias, … of the encoder and then of the decoder, which is Keras' own order.
 *
 * @typedef {import("../core/random.js").Random} Random
 * @typedef {"plain" | "denoising" | "contractive" | "vae"} Method
 * @typedef {{
 *   method: Method,
 *   noise: number,
 *   strength: number,
 *   beta: number,
 * }} Settings `noise` is the standard deviation of what a denoising autoencoder's input is spoilt
 *   by, `strength` the weight of the contractive penalty, `beta` that of the KL divergence
 * @typedef {{ loss: number, error: number, penalty: number }} Parts means over the points: what is
 *   minimised, the squared distance to the reconstruction, and the squared norm of the encoder's
 *   Jacobian (contractive) or the KL divergence in nats (VAE), else 0
 */

/** Coordinates of a point. */
const PLANE = 2;

/** The standard deviation of p(x | z) around the decoded point, in each coordinate. */
export const SPREAD = 0.1;

/**
 * Dense layers one after the other, with tanh between them and none at the end.
 *
 * `forward` keeps what `backward` needs, so they are called in turns.
 */
class Chain {
  /**
   * @param {number[]} sizes of the input and of each layer
   * @param {Float64Array} weights of all layers, a view
   * @param {Float64Array} gradient by these weights, a view; `backward` adds to it
   */
  constructor(sizes, weights, gradient) {
    /** @type {{ inputs: number, units: number, kernel: Float64Array, bias: Float64Array,
     *   dKernel: Float64Array, dBias: Float64Array }[]} */
    this.layers = [];
    for (let l = 1, at = 0; l < sizes.length; l++) {
      const [inputs, units] = [sizes[l - 1], sizes[l]];
      const end = at + inputs * units;
      this.layers.push({
        inputs,
        units,
        kernel: weights.subarray(at, end),
        bias: weights.subarray(end, end + units),
        dKernel: gradient.subarray(at, end),
        dBias: gradient.subarray(end, end + units),
      });
      at = end + units;
    }
    /** @type {Float64Array[]} the input, the hidden layers after tanh, the output */
    this.values = [];
  }

  /**
   * @param {Float64Array} input n rows
   * @param {number} n
   * @returns {Float64Array} n rows
   */
  forward(input, n) {
    this.values = [input];
    for (const [l, { inputs, units, kernel, bias }] of this.layers.entries()) {
      const out = new Float64Array(n * units);
      for (let i = 0; i < n; i++) out.set(bias, i * units);
      addProduct(this.values[l], kernel, n, inputs, units, out);
      if (l < this.layers.length - 1)
        for (let k = 0; k < out.length; k++) out[k] = Math.tanh(out[k]);
      this.values.push(out);
    }
    return this.values[this.layers.length];
  }

  /**
   * Adds to the gradient by the weights; the last `forward` had these n rows.
   *
   * @param {Float64Array} dOutput the gradient by the output
   * @param {number} n
   * @param {Float64Array[]} [dHidden] what reaches the hidden layers by another way
   * @returns {Float64Array} the gradient by the input
   */
  backward(dOutput, n, dHidden = []) {
    let d = dOutput;
    for (let l = this.layers.length - 1; l >= 0; l--) {
      const { inputs, units, kernel, dKernel, dBias } = this.layers[l];
      const input = this.values[l];
      for (let i = 0, k = 0; i < n; i++) for (let j = 0; j < units; j++) dBias[j] += d[k++];
      addOuter(input, d, n, inputs, units, dKernel);
      const dInput = timesTransposed(d, kernel, n, inputs, units);
      if (l > 0) {
        const more = dHidden[l];
        for (let k = 0; k < dInput.length; k++) {
          dInput[k] = (dInput[k] + (more ? more[k] : 0)) * (1 - input[k] ** 2);
        }
      }
      d = dInput;
    }
    return d;
  }

  /**
   * The squared Frobenius norm of the Jacobian at each of the n rows of the last `forward`, summed
   * over them. With `weight`, adds the gradient of weight times the sum: the part that goes through
   * the kernels directly; the part through the hidden layers is returned, for `backward`.
   *
   * One column of the Jacobian at a time is how the output moves when one coordinate of the input
   * does: a unit vector, times a kernel, times the slopes 1 - h^2 of the tanh units, and so on. The
   * gradient walks back along the same way.
   *
   * @param {number} n
   * @param {number} [weight]
   * @returns {{ sum: number, dHidden: Float64Array[] }}
   */
  contraction(n, weight) {
    const last = this.layers.length;
    const { inputs: columns } = this.layers[0];
    const rows = columns * n; // row c n + i: how point i moves with coordinate c
    /** @type {Float64Array[]} movements, before and after each layer's slopes */
    const moved = [new Float64Array(rows * columns)];
    const pushed = [moved[0]];
    for (let row = 0; row < rows; row++) moved[0][row * columns + Math.floor(row / n)] = 1;
    for (const [l, { inputs, units, kernel }] of this.layers.entries()) {
      const out = new Float64Array(rows * units);
      addProduct(moved[l], kernel, rows, inputs, units, out);
      pushed.push(out);
      moved.push(l + 1 < last ? timesSlopes(out, this.values[l + 1]) : out);
    }
    const sum = moved[last].reduce((total, value) => total + value ** 2, 0);
    /** @type {Float64Array[]} */
    const dHidden = [];
    if (weight === undefined) return { sum, dHidden };
    /** @type {Float64Array} */
    let d = moved[last].map((value) => 2 * weight * value);
    for (let l = last - 1; l >= 0; l--) {
      const { inputs, units, kernel, dKernel } = this.layers[l];
      addOuter(moved[l], d, rows, inputs, units, dKernel);
      if (l === 0) break;
      const dMoved = timesTransposed(d, kernel, rows, inputs, units);
      const h = this.values[l];
      dHidden[l] = new Float64Array(h.length);
      for (let from = 0; from < dMoved.length; from += h.length) {
        for (let k = 0; k < h.length; k++) {
          dHidden[l][k] -= 2 * h[k] * dMoved[from + k] * pushed[l][from + k];
        }
      }
      d = timesSlopes(dMoved, h);
    }
    return { sum, dHidden };
  }
}

/**
 * Adds input times kernel to `out`.
 *
 * @param {Float64Array} input (n, inputs)
 * @param {Float64Array} kernel (inputs, units)
 * @param {number} n
 * @param {number} inputs
 * @param {number} units
 * @param {Float64Array} out (n, units)
 */
function addProduct(input, kernel, n, inputs, units, out) {
  for (let i = 0, from = 0; i < n; i++) {
    const at = i * units;
    for (let a = 0, k = 0; a < inputs; a++) {
      const value = input[from++];
      for (let j = 0; j < units; j++) out[at + j] += value * kernel[k++];
    }
  }
}

/**
 * Adds the transpose of input times d to `dKernel`: the gradient by a kernel.
 *
 * @param {Float64Array} input (n, inputs)
 * @param {Float64Array} d (n, units)
 * @param {number} n
 * @param {number} inputs
 * @param {number} units
 * @param {Float64Array} dKernel (inputs, units)
 */
function addOuter(input, d, n, inputs, units, dKernel) {
  for (let i = 0, from = 0; i < n; i++) {
    const at = i * units;
    for (let a = 0, k = 0; a < inputs; a++) {
      const value = input[from++];
      for (let j = 0; j < units; j++) dKernel[k++] += value * d[at + j];
    }
  }
}

/**
 * d times the transpose of a kernel: the gradient by a layer's input.
 *
 * @param {Float64Array} d (n, units)
 * @param {Float64Array} kernel (inputs, units)
 * @param {number} n
 * @param {number} inputs
 * @param {number} units
 * @returns {Float64Array} (n, inputs)
 */
function timesTransposed(d, kernel, n, inputs, units) {
  const out = new Float64Array(n * inputs);
  for (let i = 0, to = 0; i < n; i++) {
    const at = i * units;
    for (let a = 0, k = 0; a < inputs; a++) {
      let sum = 0;
      for (let j = 0; j < units; j++) sum += d[at + j] * kernel[k++];
      out[to++] = sum;
    }
  }
  return out;
}

/**
 * Movements behind tanh units: times the slopes 1 - h^2.
 *
 * @param {Float64Array} movements (blocks, n, units)
 * @param {Float64Array} h (n, units)
 * @returns {Float64Array} (blocks, n, units)
 */
function timesSlopes(movements, h) {
  const out = new Float64Array(movements.length);
  for (let from = 0; from < out.length; from += h.length) {
    for (let k = 0; k < h.length; k++) out[from + k] = movements[from + k] * (1 - h[k] ** 2);
  }
  return out;
}

/** An encoder of points and its mirror image, a decoder. */
export class Network {
  /**
   * A network without knowledge: all weights are 0. Its encoder has two heads, mean and log
   * variance, if it is `variational`.
   *
   * @param {{ hidden: number, code: number, variational: boolean }} sizes units of each of the two
   *   hidden layers on either side, and numbers of a code
   */
  constructor({ hidden, code, variational }) {
    this.code = code;
    this.variational = variational;
    const encoder = [PLANE, hidden, hidden, variational ? 2 * code : code];
    const decoder = [code, hidden, hidden, PLANE];
    const [first, second] = [encoder, decoder].map(count);
    this.weights = new Float64Array(first + second);
    this.gradient = new Float64Array(first + second);
    this.encoder = new Chain(
      encoder,
      this.weights.subarray(0, first),
      this.gradient.subarray(0, first),
    );
    this.decoder = new Chain(decoder, this.weights.subarray(first), this.gradient.subarray(first));
  }

  /**
   * New weights, as Keras starts them: kernels by Glorot and Bengio 2010, uniform, and biases 0.
   *
   * @param {Random} random
   */
  start(random) {
    for (const { inputs, units, kernel, bias } of [
      ...this.encoder.layers,
      ...this.decoder.layers,
    ]) {
      const limit = Math.sqrt(6 / (inputs + units));
      for (let k = 0; k < kernel.length; k++) kernel[k] = limit * (2 * random.uniform() - 1);
      bias.fill(0);
    }
  }

  /**
   * Codes of points; of a VAE, the means.
   *
   * @param {Float64Array} points (n, 2)
   * @returns {Float64Array} (n, code)
   */
  encode(points) {
    const n = points.length / PLANE;
    const out = this.encoder.forward(points, n);
    return this.variational ? halves(out, this.code)[0] : out;
  }

  /**
   * Points of codes.
   *
   * @param {Float64Array} codes (n, code)
   * @returns {Float64Array} (n, 2)
   */
  decode(codes) {
    return this.decoder.forward(codes, codes.length / this.code);
  }

  /**
   * The squared Frobenius norm of the encoder's Jacobian, the mean over points. Of a VAE it is that
   * of both heads.
   *
   * @param {Float64Array} points (n, 2)
   */
  contraction(points) {
    const n = points.length / PLANE;
    this.encoder.forward(points, n);
    return this.encoder.contraction(n).sum / n;
  }

  /**
   * What the network makes of points, without any noise.
   *
   * @param {Float64Array} points (n, 2)
   * @returns {{ codes: Float64Array, error: number, mean: number, variance: number, kl: number }}
   *   the codes (of a VAE, the means), the mean squared distance to the reconstruction, mean and
   *   variance of the first number of the codes, and the mean KL divergence in nats (VAE), else 0
   */
  measure(points) {
    const n = points.length / PLANE;
    const out = this.encoder.forward(points, n);
    const [codes, logVariances] = this.variational ? halves(out, this.code) : [out, undefined];
    const kl = logVariances ? divergence(codes, logVariances) / n : 0;
    const error = distance(this.decode(codes), points, n).sum / n;
    let [mean, variance] = [0, 0];
    for (let i = 0; i < n; i++) mean += codes[i * this.code] / n;
    for (let i = 0; i < n; i++) variance += (codes[i * this.code] - mean) ** 2 / n;
    return { codes, error, mean, variance, kl };
  }

  /**
   * The mean loss of some points; its gradient is in `gradient` afterwards.
   *
   * The objectives are those of the chapters: the squared distance |x - r(x)|^2 (plain), the same
   * with r(x + noise u) (denoising), plus strength |J|^2 (contractive), and -ELBO in nats with
   * p(x | z) = N(decode(z), SPREAD^2) and beta before the KL divergence (VAE).
   *
   * @param {Float64Array} points (n, 2)
   * @param {Settings} settings
   * @param {Float64Array} normal standard normal draws: (n, 2) to denoise, (n, code) for a VAE, of
   *   which the others use none
   * @returns {Parts}
   */
  learn(points, settings, normal) {
    const n = points.length / PLANE;
    this.gradient.fill(0);
    if (settings.method === "vae") return this.learnVae(points, n, settings.beta, normal);
    const { method, noise, strength } = settings;
    const seen = method === "denoising" ? points.map((x, k) => x + noise * normal[k]) : points;
    const codes = this.encoder.forward(seen, n);
    const { sum, dOutput } = distance(this.decoder.forward(codes, n), points, n);
    const error = sum / n;
    const dCodes = this.decoder.backward(dOutput, n);
    if (method !== "contractive") {
      this.encoder.backward(dCodes, n);
      return { loss: error, error, penalty: 0 };
    }
    const contraction = this.encoder.contraction(n, strength / n);
    this.encoder.backward(dCodes, n, contraction.dHidden);
    const penalty = contraction.sum / n;
    return { loss: error + strength * penalty, error, penalty };
  }

  /**
   * @param {Float64Array} points (n, 2)
   * @param {number} n
   * @param {number} beta
   * @param {Float64Array} epsilon (n, code)
   * @returns {Parts}
   */
  learnVae(points, n, beta, epsilon) {
    const { code } = this;
    const [means, logVariances] = halves(this.encoder.forward(points, n), code);
    const z = means.map((mean, k) => mean + Math.exp(logVariances[k] / 2) * epsilon[k]);
    const { sum, dOutput } = distance(this.decoder.forward(z, n), points, n);
    const precision = 1 / SPREAD ** 2;
    const dCodes = this.decoder.backward(
      dOutput.map((d) => (d * precision) / 2),
      n,
    );
    const dHeads = new Float64Array(2 * n * code);
    for (let k = 0; k < n * code; k++) {
      const at = 2 * k - (k % code); // row by row, first the means, then the log variances
      const [byNoise, byKl] = [dCodes[k] * (z[k] - means[k]), Math.exp(logVariances[k]) - 1];
      dHeads[at] = dCodes[k] + (beta / n) * means[k];
      dHeads[at + code] = (byNoise + (beta / n) * byKl) / 2;
    }
    this.encoder.backward(dHeads, n);
    const constant = (PLANE / 2) * Math.log(2 * Math.PI * SPREAD ** 2);
    const [error, penalty] = [sum / n, divergence(means, logVariances) / n];
    return { loss: (error * precision) / 2 + constant + beta * penalty, error, penalty };
  }
}

/**
 * How many weights dense layers of these sizes have.
 *
 * @param {number[]} sizes
 */
function count(sizes) {
  return sizes.slice(1).reduce((sum, units, l) => sum + (sizes[l] + 1) * units, 0);
}

/**
 * The two heads of each row.
 *
 * @param {Float64Array} rows (n, 2 width)
 * @param {number} width
 * @returns {[Float64Array, Float64Array]} (n, width) each
 */
function halves(rows, width) {
  const n = rows.length / 2;
  const [first, second] = [new Float64Array(n), new Float64Array(n)];
  for (let k = 0; k < n; k++) {
    const at = 2 * k - (k % width);
    first[k] = rows[at];
    second[k] = rows[at + width];
  }
  return [first, second];
}

/**
 * KL(N(mean, exp(logVariance)) || N(0, 1)) in nats, summed over everything.
 *
 * @param {Float64Array} means
 * @param {Float64Array} logVariances
 */
function divergence(means, logVariances) {
  return means.reduce((sum, mean, k) => {
    const logVariance = logVariances[k];
    return sum + (mean ** 2 + Math.exp(logVariance) - 1 - logVariance) / 2;
  }, 0);
}

/**
 * The squared distances of n decoded points to the points themselves.
 *
 * @param {Float64Array} decoded
 * @param {Float64Array} points
 * @param {number} n
 * @returns {{ sum: number, dOutput: Float64Array }} their sum, and the gradient of their mean
 */
function distance(decoded, points, n) {
  const dOutput = new Float64Array(decoded.length);
  let sum = 0;
  for (let k = 0; k < decoded.length; k++) {
    const difference = decoded[k] - points[k];
    sum += difference ** 2;
    dOutput[k] = (2 * difference) / n;
  }
  return { sum, dOutput };
}
