/**
 * Draws the plane and the code axis.
 *
 * @typedef {import("./scene.js").Scene} Scene
 * @typedef {{ ink: string, paper: string, muted: string, line: string }} Colours
 */
import { ARROWS, REACH } from "./scene.js";

/** How many of the random codes are drawn; all of them would hide the curve. */
const RINGS = 40;

/** Colours along the code, the same in both themes: from blue by violet to orange. */
const STOPS = [
  [38, 108, 218],
  [150, 88, 190],
  [226, 104, 40],
];

const SHADES = Array.from({ length: 64 }, (_, i) => {
  const at = (i / 63) * (STOPS.length - 1);
  const k = Math.min(Math.floor(at), STOPS.length - 2);
  const mixed = STOPS[k].map((value, c) =>
    Math.round(value + (at - k) * (STOPS[k + 1][c] - value)),
  );
  return `rgb(${mixed.join(" ")})`;
});

/**
 * The place in SHADES of a code.
 *
 * @param {number} z
 * @param {[number, number]} range
 */
function shade(z, [low, high]) {
  const share = high > low ? (z - low) / (high - low) : 0.5;
  return Math.round((SHADES.length - 1) * Math.min(1, Math.max(0, share)));
}

/**
 * @param {Path2D} path
 * @param {number} x of the middle
 * @param {number} y
 * @param {number} radius
 */
function circle(path, x, y, radius) {
  path.moveTo(x + radius, y);
  path.arc(x, y, radius, 0, 2 * Math.PI);
}

/**
 * A canvas as large as its place on the page, sharp on every screen, and empty.
 *
 * @param {HTMLCanvasElement} canvas
 * @returns {{ context: CanvasRenderingContext2D, width: number, height: number }} in CSS pixels
 */
function fresh(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = window.devicePixelRatio || 1;
  const [across, down] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== across) canvas.width = across;
  if (canvas.height !== down) canvas.height = down;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

/**
 * The plane: the points in the colours of their codes, the arrows r(x) - x, the decoded curve, and
 * rings around what decodes from random codes.
 *
 * @param {HTMLCanvasElement} canvas square
 * @param {Scene | undefined} scene nothing, while there are no points
 * @param {Colours} colours
 * @param {[number, number] | undefined} cross of the keyboard, in the plane
 */
export function drawPlane(canvas, scene, colours, cross) {
  const { context, width: size } = fresh(canvas);
  const pixel = size / (2 * REACH);
  const x = (/** @type {number} */ value) => (value + REACH) * pixel;
  const y = (/** @type {number} */ value) => (REACH - value) * pixel;
  context.lineCap = context.lineJoin = "round";
  if (scene) {
    drawArrows(context, scene, colours.muted, size, x, y);
    const { points, codes, range, curve, decoded } = scene;
    const shapes = SHADES.map(() => new Path2D());
    for (let i = 0; i < codes.length; i++) {
      circle(shapes[shade(codes[i], range)], x(points[2 * i]), y(points[2 * i + 1]), 2.4);
    }
    context.globalAlpha = 0.6;
    for (const [s, shape] of shapes.entries()) {
      context.fillStyle = SHADES[s];
      context.fill(shape);
    }
    context.globalAlpha = 1;
    context.lineWidth = 4;
    const last = curve.length / 2 - 1;
    for (const [s, colour] of SHADES.entries()) {
      const [from, to] = [s, s + 1].map((end) => Math.round((last * end) / SHADES.length));
      context.strokeStyle = colour;
      context.beginPath();
      for (let i = from; i <= to; i++) context.lineTo(x(curve[2 * i]), y(curve[2 * i + 1]));
      context.stroke();
    }
    const rings = new Path2D();
    for (let i = 0; i < 2 * RINGS; i += 2) circle(rings, x(decoded[i]), y(decoded[i + 1]), 4.2);
    for (const [colour, width] of /** @type {[string, number][]} */ ([
      [colours.paper, 3.2],
      [colours.ink, 1.4],
    ])) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.stroke(rings);
    }
  }
  if (!scene) {
    context.fillStyle = colours.muted;
    context.font = `15px ${getComputedStyle(canvas).fontFamily}`;
    context.textAlign = "center";
    context.fillText("Click to add points, then press Start.", size / 2, size / 3);
  }
  if (cross) {
    context.strokeStyle = colours.ink;
    context.lineWidth = 1.5;
    context.beginPath();
    for (const [dx, dy] of [
      [9, 0],
      [0, 9],
    ]) {
      context.moveTo(x(cross[0]) - dx, y(cross[1]) - dy);
      context.lineTo(x(cross[0]) + dx, y(cross[1]) + dy);
    }
    context.stroke();
  }
}

/**
 * Arrows no longer than their cell; each keeps its direction.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {string} colour
 * @param {number} size of the plane
 * @param {(value: number) => number} x
 * @param {(value: number) => number} y
 */
function drawArrows(context, { places, arrows }, colour, size, x, y) {
  const cell = size / ARROWS;
  const pixel = size / (2 * REACH);
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = 1;
  context.globalAlpha = 0.6;
  const shafts = new Path2D();
  const heads = new Path2D();
  for (let k = 0; k < arrows.length; k += 2) {
    const [dx, dy] = [arrows[k] * pixel, -arrows[k + 1] * pixel];
    const length = Math.hypot(dx, dy);
    if (!(length > 0.5)) continue;
    const [ux, uy] = [dx / length, dy / length];
    const drawn = Math.min(length, 0.8 * cell);
    const head = Math.min(5, 0.6 * drawn);
    const [px, py] = [x(places[k]), y(places[k + 1])];
    const [tx, ty] = [px + drawn * ux, py + drawn * uy];
    shafts.moveTo(px, py);
    shafts.lineTo(tx - head * ux, ty - head * uy);
    heads.moveTo(tx, ty);
    heads.lineTo(tx - head * ux - (head / 2) * uy, ty - head * uy + (head / 2) * ux);
    heads.lineTo(tx - head * ux + (head / 2) * uy, ty - head * uy - (head / 2) * ux);
    heads.closePath();
  }
  context.stroke(shafts);
  context.fill(heads);
  context.globalAlpha = 1;
}

/**
 * The code axis: a histogram of the points' codes, and the normal density of the random codes, both
 * to the same scale.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Scene | undefined} scene
 * @param {Colours} colours
 */
export function drawCodes(canvas, scene, colours) {
  const { context, width, height } = fresh(canvas);
  const floor = height - 18;
  context.strokeStyle = colours.line;
  context.beginPath();
  context.moveTo(0, floor + 0.5);
  context.lineTo(width, floor + 0.5);
  context.stroke();
  if (!scene) return;
  const { codes, range, normal } = scene;
  const { mean, deviation } = normal;
  const low = Math.min(range[0], mean - 3 * deviation);
  const high = Math.max(range[1], mean + 3 * deviation);
  if (!(high > low)) return;
  const bins = 60;
  const counts = new Array(bins).fill(0);
  for (const z of codes) {
    counts[Math.min(bins - 1, Math.max(0, Math.floor((bins * (z - low)) / (high - low))))] += 1;
  }
  const expected = (/** @type {number} */ z) =>
    (((codes.length * (high - low)) / bins) * Math.exp(-(((z - mean) / deviation) ** 2) / 2)) /
    (deviation * Math.sqrt(2 * Math.PI));
  // A code that says nothing makes one high column; the density stays readable beside it.
  const most = Math.min(Math.max(...counts, expected(mean)), 4 * expected(mean));
  const up = (floor - 4) / most;
  for (const [i, count] of counts.entries()) {
    context.fillStyle = SHADES[shade(low + ((i + 0.5) / bins) * (high - low), range)];
    const column = Math.min(count * up, floor);
    context.fillRect((i * width) / bins + 0.5, floor - column, width / bins - 1, column);
  }
  context.strokeStyle = colours.ink;
  context.lineWidth = 1.5;
  context.beginPath();
  for (let px = 0; px <= width; px += 2) {
    context.lineTo(px, floor - up * expected(low + (px / width) * (high - low)));
  }
  context.stroke();
  context.fillStyle = colours.muted;
  context.font = `12px ${getComputedStyle(canvas).fontFamily}`;
  const texts = [low, (low + high) / 2, high].map(short);
  for (const [i, align] of /** @type {CanvasTextAlign[]} */ ([
    "left",
    "center",
    "right",
  ]).entries()) {
    context.textAlign = align;
    context.fillText(texts[i], (i / 2) * width, height - 4);
  }
}

/**
 * A number in three digits.
 *
 * @param {number} value
 */
export function number(value) {
  const size = Math.abs(value);
  if (size >= 100) return minus(Math.round(value).toLocaleString("en-GB"));
  return minus(size < 0.001 ? value.toFixed(5) : value.toPrecision(3));
}

/**
 * A number in two digits at most.
 *
 * @param {number} value
 */
export function short(value) {
  return minus(String(Number(value.toPrecision(2))));
}

/**
 * With a true minus sign.
 *
 * @param {string} text
 */
function minus(text) {
  return text.replace("-", "\u2212");
}
