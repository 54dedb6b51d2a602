/**
 * What happens off the page's own thread. One worker cuts a picture into tiles and checks the
 * result; others run the network, each on one tile at a time.
 *
 * @typedef {{ id: number, values: Float32Array, height: number, width: number }} TilePage
 * @typedef {{
 *   width: number, height: number, scale: number, alike: boolean, negative: boolean,
 *   notes: import("./words.js").Note[], picture: ImageBitmap, marks: ImageBitmap | null, png: Blob,
 * }} Result
 */
import { Network } from "../core/net.js";
import { boxes, cleanAndCompare, LEFT, REMOVED, RESTORED } from "./cleaner.js";
import { undone } from "./exposure.js";
import { asBytes, greyOf } from "./image.js";
import { applyNetwork, cut, LARGEST_TILE } from "./tiles.js";
import { COLOURS, describe, isAlike } from "./words.js";

const self_ = /** @type {any} */ (self);
/** @type {Network} */
let network;
/** @type {Map<number, (values: Float32Array) => void>} */
const waiting = new Map();
let last = 0;

self_.onmessage = async (/** @type {MessageEvent} */ { data }) => {
  try {
    if (data.network) {
      network = new Network({ nodes: data.network.nodes, weights: [] });
      network.weights = data.network.weights;
    } else if (data.tile) {
      const { id, values, height, width } = data.tile;
      const clean = network.run(values, { height, width, channels: 1 });
      self_.postMessage({ tiled: { id, values: clean } }, [clean.buffer]);
    } else if (data.tiled) {
      waiting.get(data.tiled.id)?.(data.tiled.values);
      waiting.delete(data.tiled.id);
    } else {
      await clean(data.bitmap, data.keep);
    }
  } catch (error) {
    self_.postMessage({ wrong: error instanceof Error ? error.message : String(error) });
  }
};

/**
 * Clean a page, and tell the page of the browser what is done on the way.
 *
 * @param {ImageBitmap} bitmap
 * @param {boolean} keep
 */
async function clean(bitmap, keep) {
  const bytes = read(bitmap);
  const cleaning = await cleanAndCompare(bytes, inTiles, {
    keep,
    say: (text) => self_.postMessage({ say: text }),
  });
  self_.postMessage({ say: "The result is drawn." });
  const { page, changes, scale, exposure } = cleaning;
  const { width, height } = page;
  const canvas = drawn(page.values, width, height, (grey) => [grey, grey, grey, 255]);
  const png = await canvas.convertToBlob({ type: "image/png" });
  const picture = canvas.transferToImageBitmap();
  const marked = [RESTORED, LEFT, REMOVED].some((change) => changes.values.includes(change));
  const marks = marked
    ? drawn(changes.values, changes.width, changes.height, (change) =>
        COLOURS[change] ? [...COLOURS[change], 128] : [0, 0, 0, 0],
      ).transferToImageBitmap()
    : null;
  const notes = describe((change) => boxes(cleaning, change));
  /** @type {Result} */
  const result = {
    width, height, scale, notes, picture, marks, png,
    alike: isAlike(bytes.values, page.values),
    negative: exposure.ground !== null,
  }; // prettier-ignore
  self_.postMessage({ result }, marks ? [picture, marks] : [picture]);
}

/**
 * The grey levels of a picture.
 *
 * @param {ImageBitmap} bitmap
 * @returns {import("./image.js").Bytes}
 */
function read(bitmap) {
  const { width, height } = bitmap;
  const context = contextOf(new OffscreenCanvas(width, height));
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return { values: greyOf(context.getImageData(0, 0, width, height).data), height, width };
}

/** @param {OffscreenCanvas} canvas */
function contextOf(canvas) {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("the browser gives no memory for a picture of this size");
  return context;
}

/**
 * A picture whose colours are a function of bytes.
 *
 * @param {Uint8Array} values
 * @param {number} width
 * @param {number} height
 * @param {(value: number) => number[]} rgba
 */
function drawn(values, width, height, rgba) {
  const colours = Array.from({ length: 256 }, (_, value) => rgba(value));
  const data = new Uint8ClampedArray(4 * values.length);
  for (let i = 0; i < values.length; i++) {
    const colour = colours[values[i]];
    for (let k = 0; k < 4; k++) data[4 * i + k] = colour[k];
  }
  const canvas = new OffscreenCanvas(width, height);
  contextOf(canvas).putImageData(new ImageData(data, width, height), 0, 0);
  return canvas;
}

/** @type {import("./cleaner.js").Network} */
async function inTiles(page, exposure) {
  const total = cut(page, LARGEST_TILE).length;
  let done = 0;
  return applyNetwork(page, async (tile) => {
    const values = await onTile({ id: ++last, ...tile.page });
    done++;
    self_.postMessage({ progress: done / total });
    if (exposure) await preview(page, tile, values, exposure);
    return values;
  });
}

/**
 * What another worker's network makes of a tile.
 *
 * @param {TilePage} tile
 * @returns {Promise<Float32Array>}
 */
function onTile(tile) {
  return new Promise((resolve) => {
    waiting.set(tile.id, resolve);
    self_.postMessage({ tile }, [tile.values.buffer]);
  });
}

/**
 * Show a tile as soon as it is clean.
 *
 * @param {import("./image.js").Page} page
 * @param {import("./tiles.js").Tile} tile
 * @param {Float32Array} values
 * @param {import("./exposure.js").Exposure} exposure
 */
async function preview(page, tile, values, exposure) {
  const { inner, top, left } = tile;
  const { height, width } = tile.page;
  const grey = asBytes(undone(exposure, { values, height, width })).values;
  const picture = drawn(grey, width, height, (value) => [value, value, value, 255]);
  const right = Math.min(inner.right, page.width);
  const bottom = Math.min(inner.bottom, page.height);
  const from = [inner.left - left, inner.top - top, right - inner.left, bottom - inner.top];
  const bitmap = await createImageBitmap(picture, from[0], from[1], from[2], from[3]);
  const place = {
    left: inner.left / page.width,
    top: inner.top / page.height,
    width: from[2] / page.width,
    height: from[3] / page.height,
  };
  self_.postMessage({ preview: { bitmap, place } }, [bitmap]);
}
