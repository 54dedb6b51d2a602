/**
 * Random numbers that a seed decides, so that a figure can be linked to.
 *
 * @typedef {{
 *   uniform: () => number,
 *   normal: () => number,
 *   integer: (below: number) => number,
 *   shuffle: <T>(items: T[]) => T[],
 * }} Random
 */

/**
 * A generator of 32 random bits at a time (mulberry32 by T. Ettinger, in the public domain).
 *
 * @param {number} seed an integer
 * @returns {Random} `uniform` in [0, 1), `normal` of mean 0 and variance 1, `integer` in [0, below),
 *   `shuffle` returns the items in a new order, in a new array
 */
export function random(seed) {
  let state = seed >>> 0;
  let spare = NaN;
  function uniform() {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  function normal() {
    if (!Number.isNaN(spare)) {
      const kept = spare;
      spare = NaN;
      return kept;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
  const integer = (/** @type {number} */ below) => Math.floor(uniform() * below);
  /** @type {<T>(items: T[]) => T[]} */
  function shuffle(items) {
    const order = [...items];
    for (let i = order.length - 1; i > 0; i--) {
      const j = integer(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }
  return { uniform, normal, integer, shuffle };
}
