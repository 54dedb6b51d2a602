/**
 * Puts a figure on a page: where the book has left a picture, with a place in which to live.
 *
 * @typedef {{
 *   networks: Record<string, Network>,
 *   arrays: Record<string, import("./data.js").Tensor>,
 *   facts: any,
 * }} Data
 * @typedef {{
 *   root: HTMLElement,
 *   options: Record<string, string>,
 *   data: (name: string) => Promise<Data>,
 *   state: {
 *     number: (key: string, otherwise: number) => number,
 *     text: (key: string, otherwise: string) => string,
 *     set: (values: Record<string, string | number>) => void,
 *   },
 *   say: (text: string) => void,
 *   onTheme: (draw: () => void) => void,
 *   colour: (name: string) => string,
 *   calm: boolean,
 * }} Host
 */
import { unpack } from "./data.js";
import { Network } from "./net.js";
import { linkTo, readState } from "./state.js";
import { button } from "./widgets.js";

/** @type {any} */
const page = window;
/** @type {Record<string, import("./data.js").PackedData>} */
const packed = (page.liveData ??= {}); // filled by the scripts in data/
const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);
const folder = script ? new URL(".", script.src).href : "";
/** @type {Record<string, Promise<Data>>} */
const loaded = {};

/**
 * An exported data set. It comes by a script, since a page from disk may fetch nothing.
 *
 * @param {string} name
 * @returns {Promise<Data>}
 */
function data(name) {
  return (loaded[name] ??= new Promise((resolve, reject) => {
    const element = document.createElement("script");
    element.src = `${folder}data/${name}.js`;
    element.onload = () => resolve(unpackAll(packed[name]));
    element.onerror = () => reject(new Error(`The file data/${name}.js is missing.`));
    document.head.append(element);
  }));
}

page.live = { data }; // for the tests, and for readers who open the console

/**
 * @param {import("./data.js").PackedData} all
 * @returns {Data}
 */
function unpackAll({ networks = {}, arrays = {}, facts = {} }) {
  return {
    networks: mapped(networks, (one) => new Network(one)),
    arrays: mapped(arrays, unpack),
    facts,
  };
}

/**
 * @template A, B
 * @param {Record<string, A>} record
 * @param {(value: A) => B} f
 */
function mapped(record, f) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value)]));
}

/**
 * Starts a figure at each of its places on the page, when the reader comes near it.
 *
 * @param {string} name
 * @param {(host: Host) => void | Promise<void>} start builds it in `host.root`
 */
export function figure(name, start) {
  const begin = () => {
    /** @type {NodeListOf<HTMLElement>} */
    const places = document.querySelectorAll(`.live[data-live="${name}"]`);
    for (const place of places) {
      if (location.hash.startsWith(`#live-${name}:`)) place.scrollIntoView();
      const watch = new IntersectionObserver(
        (entries) => {
          if (!entries.some((entry) => entry.isIntersecting)) return;
          watch.disconnect();
          mount(name, place, start);
        },
        { rootMargin: "600px" },
      );
      watch.observe(place);
    }
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
  window.addEventListener("hashchange", () => {
    if (location.hash.startsWith(`#live-${name}:`)) location.reload();
  });
}

/**
 * @param {string} name
 * @param {HTMLElement} place
 * @param {(host: Host) => void | Promise<void>} start
 */
async function mount(name, place, start) {
  const root = document.createElement("div");
  root.className = "live-root";
  const status = document.createElement("p");
  status.className = "live-status";
  status.setAttribute("role", "status");
  const foot = document.createElement("div");
  foot.className = "live-foot";
  const box = document.createElement("div");
  box.className = `live-box live-${name}`;
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", place.dataset.liveTitle ?? "Living figure");
  const given = readState(name);
  /** @type {Record<string, string | number>} */
  let state = Object.fromEntries(given);
  let waiting = 0;
  const host = {
    root,
    options: /** @type {Record<string, string>} */ (JSON.parse(place.dataset.liveOptions ?? "{}")),
    data,
    state: {
      number: (/** @type {string} */ key, /** @type {number} */ otherwise) => {
        const value = given.has(key) ? Number(given.get(key)) : NaN;
        return Number.isFinite(value) ? value : otherwise;
      },
      text: (/** @type {string} */ key, /** @type {string} */ otherwise) =>
        given.get(key) ?? otherwise,
      set: (/** @type {Record<string, string | number>} */ values) => {
        state = { ...state, ...values };
      },
    },
    say: (/** @type {string} */ text) => {
      clearTimeout(waiting);
      waiting = window.setTimeout(() => {
        if (status.textContent !== text) status.textContent = text;
      }, 150);
    },
    onTheme: (/** @type {() => void} */ draw) => {
      draw();
      new MutationObserver(draw).observe(document.documentElement, {
        attributes: true,
        attributeFilter: ["data-theme"],
      });
    },
    colour: (/** @type {string} */ key) => getComputedStyle(box).getPropertyValue(key).trim(),
    calm: matchMedia("(prefers-reduced-motion: reduce)").matches,
  };
  const link = button("Link to this", async () => {
    const address = linkTo(name, state);
    history.replaceState(null, "", address);
    try {
      await navigator.clipboard.writeText(address);
      host.say("The link is copied; it is in the address bar too.");
    } catch {
      host.say("The link is in the address bar now.");
    }
  });
  link.classList.add("live-link");
  foot.append(status, link);
  box.append(root, foot);
  if (place.classList.contains("live-beside")) place.append(box);
  else place.prepend(box);
  try {
    await start(host);
    place.classList.add("live-on");
    if (location.hash.startsWith(`#live-${name}:`)) box.scrollIntoView();
  } catch (error) {
    box.remove();
    console.error(error);
  }
}
