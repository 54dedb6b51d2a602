import assert from "node:assert/strict";
import { test } from "node:test";
import { alike, code, fill, inputOf, order, read, shuffle, write } from "../garments/window.js";

/** A window of four; the second is pinned. */
function some() {
  const designs = fill(4, 7, 100);
  designs[1].pinned = true;
  return designs;
}

const moments = (/** @type {number[]} */ values) => {
  const mean = values.reduce((a, b) => a + b) / values.length;
  return [mean, values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length];
};

test("a seed decides a code, and another seed gives another", () => {
  assert.deepEqual(code([5], 16), code([5], 16));
  assert.notDeepEqual(code([5], 16), code([6], 16));
});

test("codes of neighbouring seeds are standard normal, after steps too", () => {
  for (const steps of [[], [7], [8, 9]]) {
    const values = Array.from({ length: 2000 }, (_, seed) =>
      code([seed, ...steps.map((step) => 1e6 * step + seed)], 16),
    );
    for (const numbers of [values.flat(), values.map((z) => z[0]), values.map((z) => z[15])]) {
      const [mean, variance] = moments(numbers);
      assert.ok(Math.abs(mean) < 0.08 && Math.abs(variance - 1) < 0.12, `${mean}, ${variance}`);
    }
  }
});

test("a step is small", () => {
  const far = (/** @type {number[]} */ a, /** @type {number[]} */ b) =>
    Math.hypot(...a.map((value, i) => value - b[i]));
  let steps = 0;
  let others = 0;
  for (let seed = 1; seed <= 50; seed++) {
    steps += far(code([seed], 16), code([seed, 1000 + seed], 16));
    others += far(code([seed], 16), code([1000 + seed], 16));
  }
  assert.ok(steps < 0.35 * others);
});

test("the decoder gets the code and a loud label", () => {
  const input = inputOf({ kind: 2, seeds: [3], pinned: false }, 16, 10, 5);
  assert.deepEqual([...input.slice(0, 16)], [...Float32Array.from(code([3], 16))]);
  assert.deepEqual([...input.slice(16)], [0, 0, 5, 0, 0, 0, 0, 0, 0, 0]);
});

test("what is pinned stays when the rest is shuffled, ordered or varied", () => {
  const before = some();
  for (const after of [shuffle(before, 200), order(before, 3), alike(before, 300)]) {
    assert.deepEqual(after[1], before[1]);
    for (const i of [0, 2, 3]) assert.notDeepEqual(after[i], before[i]);
  }
});

test("a new class keeps the codes, a new code keeps the class", () => {
  const before = some();
  assert.deepEqual(
    order(before, 3).map((design) => design.seeds),
    before.map((design) => design.seeds),
  );
  assert.deepEqual(
    shuffle(before, 200).map((design) => design.kind),
    [7, 7, 7, 7],
  );
});

test("the pinned ones are varied in turn, and no two variations are the same", () => {
  const before = order(some(), 2);
  before[3].pinned = true;
  const after = alike(before, 300);
  assert.deepEqual(after[0], { kind: 7, seeds: [101, 300], pinned: false });
  assert.deepEqual(after[2], { kind: 2, seeds: [103, 301], pinned: false });
});

test("a window comes back from the address", () => {
  const designs = alike(some(), 300);
  assert.equal(write(designs), "7.101-300_7.101p_7.101-301_7.101-302");
  assert.deepEqual(read(write(designs), 4, 10), designs);
});

test("what is no window is not read", () => {
  for (const text of ["", "7.1", "7.1_7.2_7.3_7.x", "12.1_7.2_7.3_7.4", "7.1_7.2_7.3_7.4_7.5"]) {
    assert.equal(read(text, 4, 10), undefined, text);
  }
});
