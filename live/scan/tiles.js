/**
 * A page of any size in tiles that a network takes one at a time, as in
 * `course_utils/documents/network.py`.
 *
 * @typedef {import("./image.js").Page} Page
 * @typedef {{ page: Page, top: number, left: number, inner: { top: number, bottom: number, left: number, right: number } }} Tile
 *   what the network sees, where that is on the page, and the rows and columns that are taken of it
 */
const STRIDE = 16; // the network halves a page four times, so pages and tiles are multiples of this
const OVERLAP = 64; // no pixel has an influence further away than this
const SMALLEST_SIDE = 64; // a page smaller than this is padded
export const LARGEST_TILE = 768; // pixels; larger tiles overlap less, the page is the same

const { ceil, max, min } = Math;

/**
 * What the network makes of a page.
 *
 * @param {Page} page
 * @param {(tile: Tile) => Promise<Float32Array>} run the network, on one tile
 * @param {number} [largest] side of a tile, a multiple of 16
 * @returns {Promise<Page>} from 0 to 1
 */
export async function applyNetwork(page, run, largest = LARGEST_TILE) {
  const clean = new Float32Array(page.values.length);
  await Promise.all(
    cut(page, largest).map(async (tile) => {
      const values = await run(tile);
      const { inner, top, left } = tile;
      const right = min(inner.right, page.width);
      for (let row = inner.top; row < min(inner.bottom, page.height); row++) {
        const from = (row - top) * tile.page.width - left;
        for (let column = inner.left; column < right; column++) {
          clean[row * page.width + column] = max(0, min(1, values[from + column]));
        }
      }
    }),
  );
  return { ...page, values: clean };
}

/**
 * The tiles of a page: of one size, beginning at multiples of 16, with the page's mirror image where
 * they are larger than it.
 *
 * @param {Page} page
 * @param {number} largest
 * @returns {Tile[]}
 */
export function cut(page, largest) {
  const rows = spans(padded(page.height), largest);
  const columns = spans(padded(page.width), largest);
  return rows.places.flatMap((y) =>
    columns.places.map((x) => {
      const values = new Float32Array(rows.size * columns.size);
      for (let i = 0, at = 0; i < rows.size; i++) {
        const row = mirrored(y.start + i, page.height) * page.width;
        for (let j = 0; j < columns.size; j++) {
          values[at++] = page.values[row + mirrored(x.start + j, page.width)];
        }
      }
      return {
        page: { values, height: rows.size, width: columns.size },
        top: y.start,
        left: x.start,
        inner: { top: y.first, bottom: y.last, left: x.first, right: x.last },
      };
    }),
  );
}

/** @param {number} side */
const padded = (side) => max(SMALLEST_SIDE, ceil(side / STRIDE) * STRIDE);

/**
 * @param {number} place
 * @param {number} length
 */
function mirrored(place, length) {
  if (place < length) return place;
  if (length === 1) return 0;
  const wrapped = place % (2 * length - 2);
  return min(wrapped, 2 * length - 2 - wrapped);
}

/**
 * Cut a length, a multiple of 16, into tiles of one size.
 *
 * @param {number} length
 * @param {number} largest
 * @returns {{ size: number, places: { start: number, first: number, last: number }[] }} where each
 *   tile begins, and the first and the last (exclusive) pixel that is taken from it
 */
export function spans(length, largest) {
  if (length <= largest) return { size: length, places: [{ start: 0, first: 0, last: length }] };
  const inner = length - 2 * OVERLAP;
  const count = ceil(inner / (largest - 2 * OVERLAP));
  const step = ceil(inner / (count * STRIDE)) * STRIDE;
  const size = step + 2 * OVERLAP;
  const starts = Array.from({ length: count }, (_, i) => min(i * step, length - size));
  const edges = [0, ...starts.slice(1).map((start) => start + OVERLAP), length];
  return {
    size,
    places: starts.map((start, i) => ({ start, first: edges[i], last: edges[i + 1] })),
  };
}
