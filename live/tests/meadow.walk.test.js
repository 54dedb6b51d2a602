/** The walk does what the chapter's does: its `Walk` and `wander`, run by NumPy on these numbers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { random } from "../core/random.js";
import { TRIES, step, toNearest, variety, wander, whole } from "../meadow/walk.js";

const codes = [
  [0, 0, 0],
  [1, 0.5, -0.2],
  [-0.6, 1.1, 0.4],
  [0.3, -0.9, 0.8],
  [1.4, 1.2, 0.1],
  [-1.0, -0.3, -0.7],
  [0.2, 0.4, 1.5],
];
const meadow = {
  codes: codes.flat(),
  middle: [0.18571428571428567, 0.2857142857142857, 0.27142857142857146],
  root: [
    [0.8375133261199915, 0, 0],
    [0.250457990601396, 0.7085426590585889, 0],
    [0.11684249050757523, -0.039621692272154924, 0.7050949626074705],
  ].flat(),
  limit: 0.7,
};

/** Noise that both got, over and over. */
function given() {
  const numbers = [-1.2, 0.4, 2.1, 0.9, -0.3, 0.6, -0.5, -1.4, 0.2, 0.1, 0.2, -0.3];
  let k = 0;
  return () => numbers[k++ % numbers.length];
}

/**
 * @param {number[]} a
 * @param {number[]} b
 */
function close(a, b) {
  assert.equal(a.length, b.length);
  a.forEach((value, i) => assert.ok(Math.abs(value - b[i]) < 1e-7, `${a} is not ${b}`));
}

test("a step ends where the chapter's ends", () => {
  const there = [0.23413326233646337, 0.44686334208391343, 0.6890695678603558];
  close(step(meadow, codes[1], 0.6, given()), there);
  close([toNearest(meadow, there)], [0.81300026]);
  assert.throws(() => close(step(meadow, codes[1], 0.601, given()), there));
});

test("a step of strength zero stays", () => {
  close(step(meadow, codes[1], 0, given()), codes[1]);
  const { far, refused, stayed } = wander(meadow, codes[1], 0, given(), true);
  assert.ok(far < 1e-12 && refused === 0 && !stayed);
});

test("what ends far from all codes is refused, counted and tried again, as in the chapter", () => {
  const expected = [
    { limit: 0.7, refused: 2, code: [-0.23304238, -0.83147443, 0.40949669] },
    { limit: 0.6, refused: 3, code: [0.26946562, 0.45246862, 0.06365999] },
  ];
  for (const { limit, refused, code } of expected) {
    const arrival = wander({ ...meadow, limit }, codes[1], 1, given(), true);
    assert.equal(arrival.refused, refused);
    close(arrival.code, code);
    assert.ok(arrival.far < limit && !arrival.stayed);
  }
});

test("who finds no step stays", () => {
  const arrival = wander({ ...meadow, limit: 1e-4 }, codes[1], 1, given(), true);
  assert.deepEqual(arrival, { code: codes[1], far: 0, refused: TRIES, stayed: true });
});

test("who does not look takes the first step, which looking either keeps or refuses", () => {
  let same = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const looked = wander(meadow, codes[1], 0.8, random(seed).normal, true);
    const blind = wander(meadow, codes[1], 0.8, random(seed).normal, false);
    assert.equal(blind.refused, 0);
    assert.equal(blind.far < meadow.limit, looked.refused === 0);
    if (looked.refused === 0) {
      assert.deepEqual(blind, looked);
      same++;
    }
  }
  assert.ok(same > 5 && same < 35);
});

test("steps of any strength leave normal codes as they are distributed", () => {
  const { normal } = random(3);
  const moved = Array.from({ length: 20000 }, () =>
    step(meadow, step(meadow, codes[1], 1, normal), 0.7, normal),
  );
  const mean = (/** @type {(z: number[]) => number} */ f) =>
    moved.reduce((sum, z) => sum + f(z), 0) / moved.length;
  const { middle, root } = meadow;
  for (const i of [0, 1, 2]) {
    assert.ok(Math.abs(mean((z) => z[i]) - middle[i]) < 0.03);
    for (const j of [0, 1, 2]) {
      const covariance = [0, 1, 2].reduce((sum, k) => sum + root[3 * i + k] * root[3 * j + k], 0);
      const found = mean((z) => (z[i] - middle[i]) * (z[j] - middle[j]));
      assert.ok(Math.abs(found - covariance) < 0.03, `${found}, ${covariance}`);
    }
  }
});

test("the variety is the mean distance of two, in the unit", () => {
  const pictures = [
    [0, 0.5, 1, 0.2],
    [0.1, 0.9, 0.3, 0],
    [1, 1, 0, 0.6],
  ];
  close([variety(pictures, 2.5)], [0.46880270174913896]);
  assert.equal(variety([pictures[0], pictures[0]], 2.5), 0);
});

test("pixels that never have ink are black", () => {
  assert.deepEqual([...whole([0.5, 0.25], [0, 1, 0, 0, 1])], [0, 0.5, 0, 0, 0.25]);
});
