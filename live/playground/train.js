/**
 * Training in the page: Adam on small batches, in slices that leave the page free to answer.
 *
 * @typedef {import("./network.js").Network} Network
 * @typedef {import("./network.js").Parts} Parts
 * @typedef {import("./network.js").Settings} Settings
 * @typedef {import("../core/random.js").Random} Random
 */

/** Points of one step. */
const BATCH = 100;

/** Adam (Kingma and Ba 2015) with the constants that Keras has, for weights in one flat array. */
export class Adam {
  /**
   * @param {number} size how many weights there are
   * @param {number} rate the learning rate
   */
  constructor(size, rate) {
    this.rate = rate;
    this.steps = 0;
    this.mean = new Float64Array(size);
    this.square = new Float64Array(size);
  }

  /**
   * One step: changes the weights.
   *
   * @param {Float64Array} weights
   * @param {Float64Array} gradient
   */
  step(weights, gradient) {
    this.steps += 1;
    const [first, second] = [0.9, 0.999];
    const correct = Math.sqrt(1 - second ** this.steps) / (1 - first ** this.steps);
    for (let k = 0; k < weights.length; k++) {
      const g = gradient[k];
      this.mean[k] += (1 - first) * (g - this.mean[k]);
      this.square[k] += (1 - second) * (g * g - this.square[k]);
      weights[k] -= (this.rate * correct * this.mean[k]) / (Math.sqrt(this.square[k]) + 1e-7);
    }
  }
}

/** A network that learns points, step by step. */
export class Training {
  /**
   * @param {Network} network
   * @param {Float64Array} points (n, 2), at least one; may be exchanged between two steps
   * @param {Random} random for the first weights, the batches and the noise
   * @param {number} [rate]
   */
  constructor(network, points, random, rate = 0.01) {
    this.network = network;
    this.points = points;
    this.random = random;
    this.adam = new Adam(network.weights.length, rate);
    /** @type {number[]} places of the points that this round has not seen yet */
    this.waiting = [];
    network.start(random);
  }

  get steps() {
    return this.adam.steps;
  }

  /**
   * One step on the next points in a random order.
   *
   * @param {Settings} settings
   * @returns {Parts} before the step
   */
  step(settings) {
    const count = this.points.length / 2;
    const n = Math.min(BATCH, count);
    const batch = new Float64Array(2 * n);
    for (let i = 0; i < n; i++) {
      if (this.waiting.length === 0) {
        this.waiting = this.random.shuffle(Array.from({ length: count }, (_, k) => k));
      }
      const place = /** @type {number} */ (this.waiting.pop());
      batch.set(this.points.subarray(2 * place, 2 * place + 2), 2 * i);
    }
    const normal = new Float64Array(2 * n).map(() => this.random.normal());
    const parts = this.network.learn(batch, settings, normal);
    this.adam.step(this.network.weights, this.network.gradient);
    return parts;
  }

  /**
   * Some steps, fewer if the time is up, at least one.
   *
   * @param {Settings} settings
   * @param {number} most steps
   * @param {number} milliseconds
   * @returns {{ steps: number, loss: number }} how many there were, and their mean loss
   */
  slice(settings, most, milliseconds) {
    const end = performance.now() + milliseconds;
    let [sum, steps] = [0, 0];
    do {
      sum += this.step(settings).loss;
      steps += 1;
    } while (steps < most && performance.now() < end);
    return { steps, loss: sum / steps };
  }
}
