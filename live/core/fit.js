/**
 * Draws for the width that a place has, and again when it changes: a phone gets a drawing of its
 * own with letters that can be read, not a small copy.
 *
 * @param {HTMLElement} place
 * @param {(width: number) => void} draw `width` in CSS pixels
 */
export function fit(place, draw) {
  let drawn = 0;
  const look = () => {
    const width = place.clientWidth;
    if (width && width !== drawn) draw((drawn = width));
  };
  new ResizeObserver(() => requestAnimationFrame(look)).observe(place);
}
