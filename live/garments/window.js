/**
 * A shop window of garments that a conditional decoder draws. A design is a class and the seeds of
 * its code: the first seed draws the code from the prior, every further one takes a small step.
 *
 * @typedef {{ kind: number, seeds: number[], pinned: boolean }} Design
 */
import { random } from "../core/random.js";

const STEP = 0.4; // of a standard deviation

/**
 * The code of a design. A step keeps the distribution: what is drawn from the prior stays so.
 *
 * @param {number[]} seeds
 * @param {number} size of a code
 * @returns {number[]}
 */
export function code(seeds, size) {
  const [first, ...steps] = seeds.map((seed) => {
    const { normal } = random(seed);
    return Array.from({ length: size }, normal);
  });
  return steps.reduce(
    (z, step) => z.map((value, i) => Math.sqrt(1 - STEP ** 2) * value + STEP * step[i]),
    first,
  );
}

/**
 * What the decoder gets: the code, then ten numbers of which one says the class.
 *
 * @param {Design} design
 * @param {number} size of a code
 * @param {number} classes how many there are
 * @param {number} loudness the number that says the class
 */
export function inputOf({ kind, seeds }, size, classes, loudness) {
  const label = Array.from({ length: classes }, (_, i) => (i === kind ? loudness : 0));
  return Float32Array.from([...code(seeds, size), ...label]);
}

/**
 * @param {Design[]} designs
 * @param {(design: Design, free: number) => Design} change of those that are not pinned; `free`
 *   counts them from 0
 */
function others(designs, change) {
  let free = 0;
  return designs.map((design) => (design.pinned ? design : change(design, free++)));
}

/**
 * New codes for what is not pinned; the classes stay.
 *
 * @param {Design[]} designs
 * @param {number} seed of the first of them; the next ones follow
 */
export function shuffle(designs, seed) {
  return others(designs, (design, free) => ({ ...design, seeds: [seed + free] }));
}

/**
 * Another class for what is not pinned; the codes stay.
 *
 * @param {Design[]} designs
 * @param {number} kind
 */
export function order(designs, kind) {
  return others(designs, (design) => ({ ...design, kind }));
}

/**
 * Small steps away from the pinned designs, in turn, for what is not pinned.
 *
 * @param {Design[]} designs of which one at least is pinned
 * @param {number} seed
 */
export function alike(designs, seed) {
  const pinned = designs.filter((design) => design.pinned);
  return others(designs, (_, free) => {
    const { kind, seeds } = pinned[free % pinned.length];
    return { kind, seeds: [...seeds, seed + free], pinned: false };
  });
}

/**
 * @param {number} count
 * @param {number} kind
 * @param {number} seed
 * @returns {Design[]} a window with nothing pinned
 */
export function fill(count, kind, seed) {
  const empty = Array.from({ length: count }, () => ({ kind, seeds: [], pinned: false }));
  return shuffle(empty, seed);
}

/**
 * For the address: "9.3_8.4-17p" is a boot of seed 3, and a pinned bag a step away from seed 4.
 *
 * @param {Design[]} designs
 */
export function write(designs) {
  return designs
    .map(({ kind, seeds, pinned }) => `${kind}.${seeds.join("-")}${pinned ? "p" : ""}`)
    .join("_");
}

/**
 * The reverse.
 *
 * @param {string} text
 * @param {number} count of designs
 * @param {number} classes
 * @returns {Design[] | undefined} nothing if the text is no such window
 */
export function read(text, count, classes) {
  const designs = text.split("_").map((one) => {
    const [, kind, seeds, pin] = /^(\d+)\.(\d+(?:-\d+)*)(p?)$/.exec(one) ?? [];
    return { kind: Number(kind), seeds: (seeds ?? "").split("-").map(Number), pinned: !!pin };
  });
  const fine = designs.length === count && designs.every(({ kind }) => kind < classes);
  return fine ? designs : undefined;
}
