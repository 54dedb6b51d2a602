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
 * @param {{
 *   low: number, high: number, rows: { name: string, className?: string }[], line?: number,
 * }} options the ends of the scale, beyond which bars fade; and where a line crosses all rows
 * @returns {{
 *   element: HTMLElement,
 *   set: (row: number, from: number, to: number, value: number) => void,
 * }} `set` draws a bar and writes its number
 */
export function bars({ low, high, rows, line }) {
  const share = (/** @type {number} */ x) =>
    100 * Math.min(1, Math.max(0, (x - low) / (high - low)));
  const made = rows.map(({ name, className = "" }) => {
    const bar = make("span", { class: `live-nats-bar ${className}` });
    const number = /** @type {HTMLDataElement} */ (make("data"));
    const track = make("span", { class: "live-nats-track" }, bar);
    if (line !== undefined) {
      track.append(make("span", { class: "live-nats-line", style: `left:${share(line)}%` }));
    }
    return { bar, number, track, name: make("span", { class: "live-nats-name" }, name) };
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
  };
}
