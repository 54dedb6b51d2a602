/** A picture of 28 x 28 pixels to draw on: mouse, pen, finger, and keys. */
import { canvas28, paint28 } from "../core/widgets.js";

const SIDE = 28;

/**
 * Lightens the pixels near a place, fully within half a brush and not at all beyond.
 *
 * @param {Float32Array} image 28 x 28 grey levels, changed
 * @param {number} x of the brush's middle, in pixels from the left edge
 * @param {number} y from the top edge
 * @param {number} [radius] of the brush, in pixels
 */
export function dab(image, x, y, radius = 1.3) {
  for (let i = 0; i < image.length; i++) {
    const distance = Math.hypot((i % SIDE) + 0.5 - x, Math.floor(i / SIDE) + 0.5 - y);
    image[i] = Math.max(image[i], Math.min(1, Math.max(0, radius + 0.5 - distance)));
  }
}

/**
 * @param {Float32Array} image 28 x 28 grey levels, changed by drawing
 * @param {{ label: string, onchange: () => void }} options
 * @returns {{ element: HTMLCanvasElement, paint: () => void }} `paint` shows the picture after it
 *   was changed by something else
 */
export function drawing(image, { label, onchange }) {
  const element = canvas28(5.5, label);
  const keys = "arrow keys move the brush, with Shift or Space they draw";
  element.classList.add("live-board");
  element.tabIndex = 0;
  element.setAttribute("role", "application"); // so that screen readers leave it the keys
  element.setAttribute("aria-label", `${label}; ${keys}`);
  const brush = { x: SIDE / 2, y: SIDE / 2, shown: false };

  const paint = () => {
    paint28(element, image);
    if (!brush.shown) return;
    const context = /** @type {CanvasRenderingContext2D} */ (element.getContext("2d"));
    context.fillStyle = getComputedStyle(element).getPropertyValue("--live-warm");
    context.fillRect(Math.floor(brush.x), Math.floor(brush.y), 1, 1);
  };
  /** A stroke to a place from where the brush was, or a dab. */
  const draw = (
    /** @type {number} */ x,
    /** @type {number} */ y,
    /** @type {boolean} */ stroke,
  ) => {
    const steps = stroke ? Math.ceil(2 * Math.hypot(x - brush.x, y - brush.y)) : 0;
    for (let i = 0; i < steps; i++) {
      const part = i / steps;
      dab(image, brush.x + part * (x - brush.x), brush.y + part * (y - brush.y));
    }
    dab(image, x, y);
    Object.assign(brush, { x, y });
    paint();
    onchange();
  };

  const follow = (/** @type {PointerEvent} */ event, /** @type {boolean} */ stroke) => {
    const box = element.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * SIDE;
    const y = ((event.clientY - box.top) / box.height) * SIDE;
    draw(x, y, stroke);
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    element.focus({ preventScroll: true });
    brush.shown = false;
    follow(event, false);
    event.preventDefault();
  });
  element.addEventListener("pointermove", (event) => {
    if (element.hasPointerCapture(event.pointerId)) follow(event, true);
  });
  element.addEventListener("keydown", (event) => {
    /** @type {Record<string, [number, number]>} */
    const ways = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
      " ": [0, 0],
    };
    const way = ways[event.key];
    if (!way) return;
    event.preventDefault();
    brush.shown = true;
    const inside = (/** @type {number} */ at) => Math.min(SIDE - 0.5, Math.max(0.5, at));
    const [x, y] = [inside(brush.x + way[0]), inside(brush.y + way[1])];
    if (event.shiftKey || event.key === " ") draw(x, y, true);
    else Object.assign(brush, { x, y });
    paint();
  });
  element.addEventListener("blur", () => {
    brush.shown = false;
    paint();
  });
  paint();
  return { element, paint };
}
