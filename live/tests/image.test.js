import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { unpack } from "../core/data.js";
import * as image from "../scan/image.js";

const file = new URL("fixtures/scan.json", import.meta.url);
const { inputs, results } = JSON.parse(readFileSync(file, "utf8"));

/** @param {string} name */
function input(name) {
  const { shape, values } = unpack(inputs[name]);
  return /** @type {any} */ ({ values, height: shape[0], width: shape[1] });
}

/**
 * The first rows and columns of a picture.
 *
 * @param {any} picture
 * @param {number} height
 * @param {number} width
 */
function crop(picture, height, width) {
  const values = picture.values.filter(
    (/** @type {number} */ _, /** @type {number} */ i) =>
      i % picture.width < width && i < height * picture.width,
  );
  return { values, height, width };
}

const page = input("page");
const bytes = input("bytes");
const mask = input("mask");
const small = input("small");

/** @type {Record<string, () => ArrayLike<number>>} */
const made = {
  greyOf: () => image.greyOf(input("rgba").values),
  asBytes: () => image.asBytes(page).values,
  quantiles: () => [0.02, 0.5, 0.98].map((q) => image.quantile(page.values.slice(), q)),
  median: () => [image.median(page.values.slice())],
  "area 4": () => image.resizeArea(page, 13, 17, 4).values,
  "area 20 31": () => image.resizeArea(page, 20, 31).values,
  "area bytes 20 31": () => image.resizeArea(bytes, 20, 31).values,
  "area bytes halves": () => image.resizeArea(crop(bytes, 52, 66), 26, 33).values,
  "area bytes thirds": () => image.resizeArea(crop(bytes, 51, 66), 17, 22).values,
  "area 64 64": () => image.resizeArea(page, 64, 64).values,
  "area small": () => image.resizeArea(small, 64, 64).values,
  "linear up": () => image.resizeLinear(small, 53, 67).values,
  "linear down": () => image.resizeLinear(page, 20, 31).values,
  nearest: () => image.resizeNearest(crop(mask, 17, 29), 53, 67).values,
  enlargedRows: () => image.enlargedRows(page, 150, 160, 40, 71),
  soften: () => image.soften(page).values,
  "blur replicate": () => image.blur(page, 13, "replicate").values,
  "blur mirror": () => image.blur(page, 3, "mirror").values,
  mean5: () => image.mean5(page).values,
  medianBlur: () => image.medianBlur(bytes, 25).values,
  ellipses: () => Array.from({ length: 23 }, (_, i) => drawn(image.ellipse(i + 3), i + 3)).flat(),
  closed: () => {
    const shape = image.ellipse(11);
    return image.erode(image.dilate(page, shape, true), shape, true).values;
  },
  opened: () => {
    const shape = image.ellipse(4);
    return image.dilate(image.erode(mask, shape), shape).values;
  },
  "dilate 4": () => image.dilate(page, image.rectangle(4, 4)).values,
  "dilate mask": () => image.dilate(mask, image.rectangle(15, 31)).values,
  distance: () => image.squaredDistance(mask),
  pieces: () => {
    const { count, area, heights, widths, middleX, middleY } = image.pieces(mask);
    const rows = Array.from({ length: count }, (_, k) =>
      [area, heights, widths, middleX, middleY].map((column) => column[k]),
    );
    rows.sort((a, b) => [4, 3, 2, 1, 0].reduce((order, k) => order || a[k] - b[k], 0));
    return rows.flat();
  },
};

/**
 * @param {{ first: number, length: number }[]} runs
 * @param {number} side
 */
function drawn(runs, side) {
  return runs.flatMap(({ first, length }) =>
    Array.from({ length: side }, (_, j) => Number(j >= first && j < first + length)),
  );
}

/** @type {Record<string, number>} what 32-bit sums in another order may differ by */
const TOLERANCE = { distance: 1e-3, pieces: 1e-5 };

for (const [name, packed] of Object.entries(results)) {
  test(`${name} is what Python makes`, () => {
    const expected = unpack(packed).values;
    const actual = made[name]();
    assert.equal(actual.length, expected.length);
    const within = packed.type === "u8" ? 0 : (TOLERANCE[name] ?? 3e-7);
    const worst = Array.from(expected).reduce(
      (most, value, i) => Math.max(most, Math.abs(actual[i] - value)),
      0,
    );
    assert.ok(worst <= within, `differs by up to ${worst}`);
  });
}

test("every takes pixels at equal distances", () => {
  const some = image.every(page, 4, 2);
  assert.deepEqual([some.height, some.width], [13, 17]);
  assert.equal(some.values[18], page.values[6 * 67 + 6]);
});
