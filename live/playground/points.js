/**
 * A few hundred points in the plane, the data of the playground: flat arrays x0, y0, x1, y1, …
 *
 * All of them lie within 1.2 of the origin in each direction.
 *
 * @typedef {import("../core/random.js").Random} Random
 */

/** How many points a data set has. */
export const POINTS = 300;

/** The scatter across the curves, a standard deviation. */
const SCATTER = 0.05;

/** @type {Record<string, (random: Random, i: number) => [number, number]>} where a point belongs */
const SHAPES = {
  circle: (random) => polar(0.9, 2 * Math.PI * random.uniform()),
  spiral: (random) => {
    // The square root makes the points about equally dense along the arm.
    const turns = 0.25 + 1.35 * Math.sqrt(random.uniform());
    return polar(0.68 * turns, 2 * Math.PI * turns);
  },
  moons: (random, i) => {
    const [x, y] = polar(0.7, Math.PI * random.uniform());
    return i % 2 ? [x - 0.35, y - 0.175] : [0.35 - x, 0.175 - y];
  },
  clusters: (_, i) => polar(0.85, (2 * Math.PI * ((i % 5) + 0.25)) / 5),
};

/** The names of the data sets. */
export const NAMES = Object.keys(SHAPES);

/**
 * @param {number} radius
 * @param {number} angle in radians
 * @returns {[number, number]}
 */
function polar(radius, angle) {
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

/**
 * A data set: points of a shape with normal scatter around it.
 *
 * @param {string} name one of `NAMES`
 * @param {Random} random
 * @param {number} [count]
 * @returns {Float64Array} of the length 2 `count`
 */
export function draw(name, random, count = POINTS) {
  const scatter = name === "clusters" ? 2 * SCATTER : SCATTER;
  const points = new Float64Array(2 * count);
  for (let i = 0; i < count; i++) {
    const [x, y] = SHAPES[name](random, i);
    points[2 * i] = x + scatter * random.normal();
    points[2 * i + 1] = y + scatter * random.normal();
  }
  return points;
}

/**
 * The share of some points that have one of the data's points nearby.
 *
 * @param {Float64Array} some (n, 2)
 * @param {Float64Array} points (m, 2)
 * @param {number} [reach] how far "nearby" is, three times the scatter of the curves
 */
export function shareNear(some, points, reach = 3 * SCATTER) {
  let near = 0;
  for (let i = 0; i < some.length; i += 2) {
    for (let j = 0; j < points.length; j += 2) {
      if ((some[i] - points[j]) ** 2 + (some[i + 1] - points[j + 1]) ** 2 <= reach ** 2) {
        near += 1;
        break;
      }
    }
  }
  return near / (some.length / 2);
}

/** Steps of the grid on which own points lie when they are written down. */
const GRID = 36 ** 2 - 1;

/**
 * Points as text for an address: four characters each, two for each coordinate.
 *
 * @param {ArrayLike<number>} points (n, 2)
 * @param {number} reach the largest coordinate
 */
export function write(points, reach) {
  return Array.from(points, (value) => {
    const step = Math.round((GRID * (value + reach)) / (2 * reach));
    return Math.min(GRID, Math.max(0, step)).toString(36).padStart(2, "0");
  }).join("");
}

/**
 * The points of a text; what is no point is left out.
 *
 * @param {string} text
 * @param {number} reach the largest coordinate
 * @returns {number[]} (n, 2), `POINTS` at most
 */
export function read(text, reach) {
  const pairs = (text.match(/[0-9a-z]{4}/g) ?? []).slice(0, POINTS);
  return pairs.flatMap((pair) =>
    [pair.slice(0, 2), pair.slice(2)].map(
      (digits) => (2 * reach * parseInt(digits, 36)) / GRID - reach,
    ),
  );
}
