import assert from "node:assert/strict";
import { test } from "node:test";
import {
  codeOf, largest, readChanges, signedColour, squaredError, STRONGEST, writeChanges,
} from "../garments/atoms.js"; // prettier-ignore

test("the largest atoms come first, and all or none is possible", () => {
  assert.deepEqual(largest(4, 2), [1, 1, 0, 0]);
  assert.deepEqual(largest(3, 0), [0, 0, 0]);
  assert.deepEqual(largest(3, 3), [1, 1, 1]);
});

test("a code has each atom's number, times its factor, at the atom's place", () => {
  assert.deepEqual([...codeOf([3, 2, 1], [4, 0, 2], [1, 0, 2], 5)], [0, 0, 2, 0, 3]);
});

test("the squared error is a mean over the pixels", () => {
  assert.equal(squaredError([1, 2, 3, 4], [1, 2, 3, 2]), 1);
  assert.equal(squaredError([0.5], [0.5]), 0);
});

test("what the reader changed comes back from the address", () => {
  const factors = [1, 0, 1.4, 2, 0, 0.3];
  assert.equal(writeChanges(factors, 4), "1.0-2.14-3.20-5.3");
  assert.deepEqual(readChanges(writeChanges(factors, 4), 6, 4), factors);
  assert.equal(writeChanges(largest(6, 3), 3), "");
});

test("an address that nobody wrote changes nothing, or no more than is possible", () => {
  assert.deepEqual(readChanges("nonsense", 3, 2), [1, 1, 0]);
  assert.deepEqual(readChanges("9.5-2.999", 3, 2), [1, 1, STRONGEST]);
});

test("red adds, blue takes away, nothing is nearly white, and colours end at the limit", () => {
  const [red, , blue] = signedColour(0.4, 0.4);
  assert.ok(red > blue);
  const [less, , more] = signedColour(-0.4, 0.4);
  assert.ok(more > less);
  assert.ok(Math.min(...signedColour(0, 0.4)) > 240);
  assert.deepEqual(signedColour(7, 0.4), signedColour(0.4, 0.4));
});
