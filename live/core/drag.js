/**
 * A plane with a handle: mouse, pen, finger and arrow keys.
 *
 * @param {HTMLElement} element the plane; it becomes focusable
 * @param {{
 *   label: string,
 *   onmove: (fx: number, fy: number) => void,
 *   valuetext: () => string,
 *   position: () => [number, number],
 * }} options fractions of the element's width and height from its left and top edge, in [0, 1];
 *   `position` is where the handle is, `valuetext` says so in words
 * @returns {() => void} to be called when the handle was moved by something else
 */
export function pad(element, { label, onmove, valuetext, position }) {
  element.classList.add("live-pad");
  element.tabIndex = 0;
  element.setAttribute("role", "slider");
  element.setAttribute("aria-label", label);
  element.setAttribute("aria-valuemin", "0");
  element.setAttribute("aria-valuemax", "100");
  const tell = () => {
    element.setAttribute("aria-valuenow", String(Math.round(100 * position()[0])));
    element.setAttribute("aria-valuetext", valuetext());
  };
  const inside = (/** @type {number} */ x) => Math.min(1, Math.max(0, x));
  const move = (/** @type {number} */ fx, /** @type {number} */ fy) => {
    onmove(inside(fx), inside(fy));
    tell();
  };
  const follow = (/** @type {PointerEvent} */ event) => {
    const box = element.getBoundingClientRect();
    move((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    element.focus({ preventScroll: true });
    follow(event);
    event.preventDefault();
  });
  element.addEventListener("pointermove", (event) => {
    if (element.hasPointerCapture(event.pointerId)) follow(event);
  });
  element.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 0.1 : 0.02;
    /** @type {Record<string, [number, number]>} */
    const ways = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, -step],
      ArrowDown: [0, step],
    };
    const way = ways[event.key];
    if (!way) return;
    const [fx, fy] = position();
    move(fx + way[0], fy + way[1]);
    event.preventDefault();
  });
  tell();
  return tell;
}
