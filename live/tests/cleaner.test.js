import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inflateSync } from "node:zlib";
import { boxes, cleanAndCompare } from "../scan/cleaner.js";
import { measure } from "../scan/exposure.js";
import { asPage } from "../scan/image.js";
import * as strokes from "../scan/strokes.js";
import { applyNetwork, cut, spans } from "../scan/tiles.js";
import { describe, isAlike, pixelsOfPng, tooLarge, whyNot } from "../scan/words.js";

const file = new URL("fixtures/scan.json", import.meta.url);
const { pages, measures, cleanings } = JSON.parse(readFileSync(file, "utf8"));

/** @param {{ shape: number[], zip: string }} packed */
function bytesOf({ shape, zip }) {
  const values = Uint8Array.from(inflateSync(Buffer.from(zip, "base64")));
  return { values, height: shape[0], width: shape[1] };
}

/** @param {Uint8Array} values */
const fingerprint = (values) => createHash("sha256").update(values).digest("hex");

/**
 * @param {number | null} actual
 * @param {number | null} expected
 * @param {string} what
 */
function near(actual, expected, what) {
  if (actual === null || expected === null) return assert.equal(actual, expected, what);
  const within = 1e-6 * Math.max(20, Math.abs(expected));
  assert.ok(Math.abs(actual - expected) <= within, `${what}: ${actual}, not ${expected}`);
}

for (const [name, expected] of Object.entries(measures)) {
  test(`${name}: measures of the page are what Python finds`, () => {
    const page = asPage(bytesOf(pages[name]));
    const lacking = strokes.contrast(page);
    near(strokes.grain(page), expected.grain, "grain");
    near(strokes.inkContrast(lacking, 0.06), expected.ink, "ink");
    near(strokes.strokeWidth(page), expected.width, "width");
    const { ground, white, gain } = measure(page);
    near(ground, expected.exposure.ground, "ground");
    near(white, expected.exposure.white, "white");
    near(gain, expected.exposure.gain, "gain");
    const found = {
      contrast: lacking,
      broadPaper: strokes.broadPaper(page),
      fallOfLight: strokes.fallOfLight(page),
      wideStrokes: strokes.wideStrokes(page),
      darkGround: strokes.darkGround(page, 0.75),
    };
    for (const [key, { values }] of Object.entries(found)) {
      const sum = [...values].reduce((total, value) => total + value, 0);
      near(sum, expected.sums[key], key);
    }
  });
}

/** @type {Record<string, (value: number) => number>} stand-ins for the network, as in Python */
const NETWORKS = {
  brighter: (value) => strokes.clip(Math.fround(1.5 * value) - Math.fround(0.2)),
  white: () => 0.97,
};

for (const [name, expected] of Object.entries(cleanings)) {
  test(`${name}: the clean page is the command's, and so is what is said of it`, async () => {
    const [page, network, keep] = name.split(", ");
    const run = async (/** @type {import("../scan/tiles.js").Tile} */ tile) =>
      strokes.pixelwise(tile.page, NETWORKS[network]).values;
    const cleaning = await cleanAndCompare(
      bytesOf(pages[page]),
      (seen) => applyNetwork(seen, run),
      {
        keep: keep === "keep",
      },
    );
    assert.equal(cleaning.scale, expected.scale);
    assert.equal(fingerprint(cleaning.changes.values), expected.changes);
    assert.equal(fingerprint(cleaning.page.values), expected.page);
    for (const [change, places] of Object.entries(expected.boxes)) {
      assert.deepEqual(boxes(cleaning, Number(change)), places);
    }
  });
}

test("the cleanings take every branch", () => {
  const all = Object.values(cleanings);
  for (const change of [1, 2, 3]) assert.ok(all.some((one) => one.boxes[change].length));
  assert.ok(all.some((one) => one.scale > 1));
  const exposures = Object.values(measures).map((one) => one.exposure);
  assert.ok(exposures.some((one) => one.ground !== null));
  assert.ok(exposures.some((one) => one.white !== 0.9));
  assert.ok(exposures.some((one) => one.gain !== 1));
  assert.ok(Object.values(measures).some((one) => one.sums.wideStrokes));
});

test("tiles cover every pixel once, begin on the grid, and mirror what is beyond the page", async () => {
  for (const [length, largest] of [
    [1760, 768],
    [1248, 512],
    [160, 160],
    [176, 160],
  ]) {
    const { size, places } = spans(length, largest);
    assert.ok(size <= largest && size % 16 === 0);
    const taken = places.flatMap(({ first, last }) => Array.from({ length: last - first }, (_, i) => first + i)); // prettier-ignore
    assert.deepEqual(
      taken,
      Array.from({ length }, (_, i) => i),
    );
    for (const { start, first, last } of places) {
      assert.ok(start % 16 === 0 && start >= 0 && start + size <= length);
      assert.ok(first === 0 || first - start >= 64);
      assert.ok(last === length || start + size - last >= 64);
    }
  }
  const [height, width] = [190, 333];
  const values = Float32Array.from({ length: height * width }, (_, i) => (i % 97) / 97);
  const page = { values, height, width };
  const copied = await applyNetwork(page, async (tile) => tile.page.values, 160);
  assert.deepEqual(copied, page);
  const [tile] = cut({ values: Float32Array.of(1, 2, 3), height: 1, width: 3 }, 768);
  assert.deepEqual([tile.page.height, tile.page.width], [64, 64]);
  assert.deepEqual([...tile.page.values.subarray(64, 73)], [1, 2, 3, 2, 1, 2, 3, 2, 1]);
});

test("what is said of files and pages", () => {
  const bytes = (/** @type {string} */ text) => Uint8Array.from(text, (c) => c.charCodeAt(0));
  assert.match(whyNot("a", bytes("")) ?? "", /a is empty/);
  assert.match(whyNot("a", bytes("....ftypheic")) ?? "", /HEIC/);
  assert.match(whyNot("a", bytes("%PDF-1.4")) ?? "", /PDF/);
  assert.equal(whyNot("a", bytes("\x89PNG")), null);
  assert.equal(pixelsOfPng(bytes("\x89PNG............\0\0\x01\0\0\0\0\x02")), 512);
  assert.equal(pixelsOfPng(bytes("\xff\xd8")), null);
  assert.match(tooLarge("a", 24e6) ?? "", /24 million pixels; up to 16 million/);
  assert.equal(tooLarge("a", 16e6), null);
  const box = [1, 2, 11, 22];
  assert.deepEqual(
    describe(() => []),
    [],
  );
  const notes = describe((change) => (change === 2 ? [box] : [box, box]));
  assert.deepEqual(
    notes.map(({ change, boxes: places }) => [change, places.length]),
    [
      [1, 2],
      [2, 1],
      [3, 2],
    ],
  );
  const [restored, left, removed] = notes.map(({ text }) => text);
  assert.match(
    restored,
    /^Strokes in 2 places \(the largest: 10 x 20 pixels at \(1, 2\)\) were lost/,
  );
  assert.equal(left, "1 place (10 x 20 pixels at (1, 2)) was left as in the scan.");
  assert.match(removed, /^2 places .* taken for stained and lightened/);
  const white = new Uint8Array(2000).fill(255);
  assert.ok(isAlike(white, new Uint8Array(2000).fill(250)));
  assert.ok(!isAlike(white, new Uint8Array(2000).fill(240)));
  assert.ok(
    !isAlike(
      white,
      white.map((value, i) => (i < 3 ? 9 : value)),
    ),
  );
});
