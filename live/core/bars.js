/** Rows of bars along one scale of nats, each with its number. */
import { make } from "./widgets.js";

/**
 * @param {number} value
 * @param {number} [digits]
 */
export function inWords(value, digits = 3) {
  return value.toFixed(digits).replace("-", "−");
}

/**
 * @param {{ low: number, high: number, rows: { name: string, className?: string }[] }} options ends
 *   of the scale; what lies beyond is cut, with a mark
 * @returns {{
 *   element: HTMLElement,
 *   set: (row: number, from: number, to: number, value: number) => void,
 *   line: (at: number) => void,
 * }} `set` draws a bar and writes its number, `line` draws a line through all rows
 */
export function bars({ low, high, rows }) {
  const share = (/** @type {number} */ x) =>
    100 * Math.min(1, Math.max(0, (x - low) / (high - low)));
  const made = rows.map(({ name, className = "" }) => {
    const bar = make("span", { class: `live-nats-bar ${className}` });
    const number = /** @type {HTMLDataElement} */ (make("data", { class: className }));
    const mark = make("span", { class: "live-nats-line" });
    mark.hidden = true;
    const track = make("span", { class: "live-nats-track" }, bar, mark);
    return { bar, mark, number, track, name: make("span", { class: "live-nats-name" }, name) };
  });
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => low + i).filter(
    (x) => x % 2 === 0,
  );
  const scale = make(
    "span",
    { class: "live-nats-scale", "aria-hidden": "true" },
    ...ticks.map((x) => make("i", { style: `left:${share(x)}%` }, inWords(x, 0))),
  );
  const element = make("div", { class: "live-nats" });
  for (const { name, track, number } of made) element.append(name, track, number);
  element.append(make("span", { class: "live-nats-name" }), scale, make("span", {}, "nats"));
  return {
    element,
    set(row, from, to, value) {
      const { bar, number } = made[row];
      const [left, right] = [Math.min(from, to), Math.max(from, to)];
      bar.style.left = `${share(left)}%`;
      bar.style.width = `${share(right) - share(left)}%`;
      bar.classList.toggle("live-cut-left", left < low);
      bar.classList.toggle("live-cut-right", right > high);
      number.value = String(value);
      number.textContent = inWords(value);
    },
    line(at) {
      for (const { mark } of made) {
        mark.hidden = false;
        mark.style.left = `${share(at)}%`;
      }
    },
  };
}
