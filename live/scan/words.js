/**
 * What the figure says about a file and about a cleaned page, in the words of the command.
 *
 * @typedef {{ text: string, change: number, boxes: number[][] }} Note a sentence on one kind of change,
 *   and where it was made: left, top, right and bottom in pixels of the page
 */
import { LEFT, REMOVED, RESTORED } from "./cleaner.js";

export const MOST_PIXELS = 16_000_000; // what a phone's browser has memory for
export const KEEP = "Erase nothing"; // the name of the toggle that does what --keep does

/** @type {Record<number, number[]>} red, blue and yellow, as in the command's report */
export const COLOURS = {
  [RESTORED]: [214, 39, 40],
  [LEFT]: [31, 119, 180],
  [REMOVED]: [255, 187, 80],
};

const HEIF_BRANDS = ["heic", "heix", "hevc", "heim", "heis", "mif1", "msf1"];

/**
 * Why a file cannot be read, as far as its first bytes tell.
 *
 * @param {string} name of the file
 * @param {Uint8Array} start its first bytes
 * @returns {string | null} a sentence; null if it may be an image
 */
export function whyNot(name, start) {
  const text = String.fromCharCode(...start.subarray(0, 1024));
  if (!text) return `${name} is empty; scan or copy it again.`;
  if (text.slice(4, 8) === "ftyp" && HEIF_BRANDS.includes(text.slice(8, 12))) {
    return `${name} is a HEIC photo, which cannot be read here; save it as JPEG first.`;
  }
  if (text.includes("%PDF-")) {
    return `${name} is a PDF, not an image; save its pages as images first.`;
  }
  return null;
}

/**
 * The size of the picture in a PNG file; browsers refuse very large ones without a reason.
 *
 * @param {Uint8Array} start the file's first bytes
 * @returns {number | null} how many pixels; null for other files
 */
export function pixelsOfPng(start) {
  if (start.length < 24 || String.fromCharCode(...start.subarray(0, 4)) !== "\x89PNG") return null;
  const view = new DataView(start.buffer, start.byteOffset);
  return view.getUint32(16) * view.getUint32(20);
}

/** @param {string} name of a file */
export const notAnImage = (name) =>
  `${name} is not an image that can be read here; give a PNG, JPEG, WebP, AVIF, BMP or GIF file.`;

/**
 * Why a picture is refused for its size.
 *
 * @param {string} name of the file
 * @param {number} pixels
 * @returns {string | null}
 */
export function tooLarge(name, pixels) {
  if (pixels <= MOST_PIXELS) return null;
  const [has, most] = [Math.ceil(pixels / 1e6), MOST_PIXELS / 1e6];
  return (
    `${name} has ${has} million pixels; up to ${most} million can be cleaned here. ` +
    "Reduce it first, or use the command, which takes 89 million."
  );
}

/**
 * Whether a page was clean before: hardly any pixel has changed by more than a tenth, and the page
 * as a whole by less than 0.03, since the network's white is not quite white.
 *
 * @param {Uint8Array} before
 * @param {Uint8Array} after
 */
export function isAlike(before, after) {
  let sum = 0;
  let changed = 0;
  for (let i = 0; i < before.length; i++) {
    const difference = Math.abs(before[i] - after[i]);
    sum += difference;
    if (difference > 25.5) changed++;
  }
  return changed < before.length / 1000 && sum / 255 < 0.03 * before.length;
}

/**
 * Say in sentences what was put back and what was left alone, where and how often.
 *
 * @param {(change: number) => number[][]} boxesOf the places of a change, the largest first
 * @returns {Note[]}
 */
export function describe(boxesOf) {
  /** @type {Note[]} */
  const notes = [];
  const restored = boxesOf(RESTORED);
  if (restored.length) {
    const text =
      `Strokes in ${places(restored)} were lost in cleaning and have been put back from the scan; ` +
      `look there, or try “${KEEP}”.`;
    notes.push({ text, change: RESTORED, boxes: restored });
  }
  const left = boxesOf(LEFT);
  if (left.length) {
    const text = `${places(left)} ${left.length === 1 ? "was" : "were"} left as in the scan.`;
    notes.push({ text, change: LEFT, boxes: left });
  }
  const removed = boxesOf(REMOVED);
  if (removed.length) {
    const text =
      `${places(removed)} with a wide grey area was taken for stained and lightened; if a picture ` +
      `was there, use “${KEEP}”.`;
    notes.push({ text, change: REMOVED, boxes: removed });
  }
  return notes;
}

/** @param {number[][]} boxes */
function places(boxes) {
  const [left, top, right, bottom] = boxes[0];
  const where = `${right - left} x ${bottom - top} pixels at (${left}, ${top})`;
  return boxes.length === 1
    ? `1 place (${where})`
    : `${boxes.length} places (the largest: ${where})`;
}
