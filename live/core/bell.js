/** A normal density among other curves, which the reader drags by its top. */
import { pad } from "./drag.js";
import { fit } from "./fit.js";
import { plot } from "./plot.js";
import { make } from "./widgets.js";
import { logNormal } from "../maths/normal.js";

const ROOT_2_PI = Math.sqrt(2 * Math.PI);

/**
 * @typedef {import("../maths/normal.js").Normal} Normal
 *
 * @param {{
 *   label: string, title: string, x: [number, number], top: number, widest: number,
 *   q: () => Normal, onmove: (q: Normal) => void,
 *   curves: () => { density: (z: number) => number, className: string }[],
 * }} options `top` is the largest density that is shown, which sets the smallest standard deviation;
 *   `widest` is the largest one
 * @returns {{
 *   element: HTMLElement, draw: () => void, narrowest: number, within: (q: Normal) => Normal,
 * }} `draw` is to be called when anything has changed; `within` is the nearest normal that the
 *   drawing can show
 */
export function bell({ label, title, x, top, widest, q, onmove, curves }) {
  const element = make("div", { class: "live-bell" });
  const narrowest = 1 / (ROOT_2_PI * top * 0.96);
  let width = 640;
  let height = 260;
  const build = () =>
    plot({ width, height, x, y: [0, top], xlabel: "z", ylabel: "density", title, ticks: 5 });
  let axes = build();
  const within = (/** @type {Normal} */ { mean, sd }) => ({
    mean: Math.min(x[1], Math.max(x[0], mean)),
    sd: Math.min(widest, Math.max(narrowest, sd)),
  });
  const peak = () => 1 / (ROOT_2_PI * q().sd);
  const tell = pad(element, {
    label,
    onmove(fx, fy) {
      const density = Math.max(1e-6, axes.y.invert(fy * height));
      onmove(within({ mean: axes.x.invert(fx * width), sd: 1 / (ROOT_2_PI * density) }));
    },
    position: () => [axes.x(q().mean) / width, axes.y(peak()) / height],
    valuetext: () => `mean ${q().mean.toFixed(2)}, standard deviation ${q().sd.toFixed(2)}`,
  });
  /** @returns {[number, number][]} */
  const points = (/** @type {(z: number) => number} */ density) =>
    Array.from({ length: 301 }, (_, i) => {
      const z = x[0] + (i / 300) * (x[1] - x[0]);
      return [z, Math.min(top, density(z))];
    });
  function draw() {
    axes.clear();
    for (const { density, className } of curves()) axes.line(points(density), className);
    const own = points((z) => Math.exp(logNormal(z, q())));
    axes.line([[x[0], 0], ...own, [x[1], 0]], "live-area");
    axes.line(own, "live-line live-q");
    axes.dots([[q().mean, peak()]], "live-dot live-handle", 9);
    tell();
  }
  fit(element, (now) => {
    width = now;
    height = now < 480 ? 220 : 260;
    axes = build();
    element.replaceChildren(axes.svg);
    draw();
  });
  return { element, draw, narrowest, within };
}

/**
 * The names of curves with a sample of each.
 *
 * @param {{ name: string, className: string }[]} entries
 */
export function legend(entries) {
  return make(
    "p",
    { class: "live-lines" },
    ...entries.map(({ name, className }) =>
      make("span", {}, make("i", { class: className, "aria-hidden": "true" }), name),
    ),
  );
}
