/**
 * What there is to see of a network at one moment, as numbers; view.js draws them.
 *
 * @typedef {import("./network.js").Network} Network
 * @typedef {{
 *   points: Float64Array,
 *   codes: Float64Array,
 *   range: [number, number],
 *   places: Float64Array,
 *   arrows: Float64Array,
 *   curve: Float64Array,
 *   randomCodes: Float64Array,
 *   decoded: Float64Array,
 *   normal: { mean: number, deviation: number },
 *   error: number,
 *   kl: number,
 *   variance: number,
 * }} Scene `range` are the codes of the curve's ends; `arrows` are r(x) - x at `places`; `curve`
 *   are the points of evenly spaced codes, `decoded` those of `randomCodes`, which are `normal`
 */

/** The plane is seen from -REACH to REACH in both directions. */
export const REACH = 1.5;

/** Arrows along one side of the plane. */
export const ARROWS = 19;

/** Codes along the curve. */
const CURVE = 240;

/** Standard deviations of the prior that the curve of a VAE shows on either side. */
const PRIOR = 3;

/** Where the arrows start: the middles of the cells of a square grid, (ARROWS^2, 2). */
const PLACES = new Float64Array(2 * ARROWS * ARROWS).map((_, k) => {
  const cell = k >> 1;
  const step = k % 2 ? Math.floor(cell / ARROWS) : cell % ARROWS;
  return REACH * ((2 * step + 1) / ARROWS - 1);
});

/**
 * A network with codes of one number, looked at.
 *
 * Random codes are drawn from the prior N(0, 1) of a VAE. The other networks have no prior; theirs
 * are the same draws with the mean and the spread of the codes, which is what is closest to it.
 *
 * @param {Network} network
 * @param {Float64Array} points (n, 2)
 * @param {Float64Array} draws standard normal
 * @returns {Scene}
 */
export function look(network, points, draws) {
  const { codes, error, mean, variance, kl } = network.measure(points);
  const { variational } = network;
  /** @type {[number, number]} */
  const range = variational ? [-PRIOR, PRIOR] : ends(codes);
  const normal = variational ? { mean: 0, deviation: 1 } : { mean, deviation: Math.sqrt(variance) };
  const rebuilt = network.decode(network.encode(PLACES));
  const arrows = rebuilt.map((value, k) => value - PLACES[k]);
  const along = new Float64Array(CURVE + 1).map(
    (_, k) => range[0] + (k / CURVE) * (range[1] - range[0]),
  );
  const randomCodes = draws.map((z) => normal.mean + normal.deviation * z);
  return {
    points,
    codes,
    range,
    places: PLACES,
    arrows,
    curve: network.decode(along),
    randomCodes,
    decoded: network.decode(randomCodes),
    normal,
    error,
    kl,
    variance,
  };
}

/**
 * The least and the largest of some numbers.
 *
 * @param {Float64Array} values
 * @returns {[number, number]}
 */
function ends(values) {
  return [
    values.reduce((least, value) => Math.min(least, value), Infinity),
    values.reduce((most, value) => Math.max(most, value), -Infinity),
  ];
}

/** A learning curve that never has more than some hundred points: old ones are averaged in pairs. */
export class LearningCurve {
  /** @param {number} [most] points that it may have, even */
  constructor(most = 400) {
    this.most = most;
    /** @type {[number, number][]} step and loss */
    this.points = [];
  }

  /**
   * @param {number} step
   * @param {number} loss
   */
  add(step, loss) {
    this.points.push([step, loss]);
    if (this.points.length < this.most) return;
    const half = this.most / 2;
    this.points = Array.from({ length: half }, (_, i) => {
      const [[, one], [last, other]] = this.points.slice(2 * i, 2 * i + 2);
      return [last, (one + other) / 2];
    });
  }
}
