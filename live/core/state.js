/**
 * A figure's state in the page's address, so that a teacher can link to a situation:
 * `page.html#live-NAME:key=value&other=value`.
 */

/** @param {string} name of a figure */
export function readState(name) {
  const start = `#live-${name}:`;
  const hash = decodeURIComponent(location.hash);
  return new URLSearchParams(hash.startsWith(start) ? hash.slice(start.length) : "");
}

/**
 * @param {string} name of a figure
 * @param {Record<string, string | number>} values
 * @returns {string} the address of this page with the figure in this state
 */
export function linkTo(name, values) {
  const texts = Object.entries(values).map(([key, value]) => [
    key,
    typeof value === "number" ? String(Number(value.toFixed(4))) : value,
  ]);
  const address = new URL(location.href);
  address.hash = `live-${name}:${new URLSearchParams(texts)}`;
  return address.href;
}
