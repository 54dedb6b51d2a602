/**
 * Salt and pepper on a garment or on the reader's own drawing, and four cures side by side.
 *
 * Data set "noise-and-cure": networks `classic` and `skip`, array `pictures` (n, 28, 28, 1), the
 * arrays and `facts.linear` of the linear denoiser, facts `names` of the pictures and `filters`, the
 * filter's best settings by level.
 */
import { figure } from "../core/figure.js";
import { plot } from "../core/plot.js";
import { button, canvas28, label, make, paint28, pictures, slider } from "../core/widgets.js";
import { drawing } from "../pictures/drawing.js";
import { greyLevels, psnr } from "../pictures/images.js";
import { linearDenoiser } from "../pictures/linear.js";
import { saltAndPepper, switchingMedian } from "../pictures/noise.js";

const MOST = 60; // percent
/** @type {[number, number]} */
const DECIBELS = [5, 35]; // of the plot
const SIZE = { height: 28, width: 28, channels: 1 };

/**
 * @typedef {{
 *   key: string, title: string, cure: (noisy: Float32Array, amount: number) => Float32Array,
 *   slow: boolean, picture: HTMLCanvasElement, words: HTMLElement, card: HTMLElement,
 *   decibels: number, curve: Map<number, number>, done: number,
 * }} Panel `curve` holds the decibels at the amounts, in percent, that the reader has visited;
 *   `done` is the number of the change that it shows
 */

figure("noise-and-cure", async (host) => {
  const { networks, arrays, facts } = await host.data("noise-and-cure");
  /** @type {{ level: number, threshold: number, size: number, passes: number }[]} */
  const filters = facts.filters;
  const garments = greyLevels(arrays.pictures);
  /** @type {any} */
  const statistics = { ...facts.linear };
  for (const key of ["mean", "centre", "steps", "variances"]) statistics[key] = arrays[key].values;
  statistics.axes = Float32Array.from(arrays.axes.values, (byte) => byte - 128);

  let seed = host.state.number("seed", 1);
  let noise = saltAndPepper(seed);
  const asked = Math.floor(host.state.number("picture", 0));
  const first = asked < garments.length ? asked : 0; // below 0: a blank page
  const clean = (garments[first] ?? new Float32Array(784)).slice(); // the reader draws on it
  let change = 0; // counts what the reader does
  let waiting = 0;

  const network = (/** @type {string} */ key) => (/** @type {Float32Array} */ image) =>
    networks[key].run(image, SIZE).map((value) => Math.min(1, Math.max(0, value)));
  /** @type {Panel[]} */
  const panels = [
    panel("noisy", "noisy", (image) => image),
    panel("filter", "best filter", (image, amount) =>
      amount === 0 ? image : switchingMedian(image, nearest(filters, amount)),
    ),
    panel("matrix", "one matrix", (image, amount) => linearDenoiser(statistics, image, amount)),
    panel("classic", "classic network", network("classic"), true),
    panel("skip", "skip network", network("skip"), true),
  ];
  const cures = panels.slice(1);

  /**
   * @param {string} key
   * @param {string} title
   * @param {Panel["cure"]} cure
   * @param {boolean} [slow] whether it takes milliseconds
   * @returns {Panel}
   */
  function panel(key, title, cure, slow = false) {
    const picture = canvas28(5.5, title);
    const words = make("p", { class: "live-measure" });
    const name = make("p", { class: "live-head" }, title);
    const line = make("i", { class: `live-stroke live-${key}` });
    const card = make("div", { class: "live-exhibit" }, picture, line, words, name);
    return {
      key, title, cure, slow, picture, words, card,
      decibels: 0, curve: new Map(), done: -1,
    }; // prettier-ignore
  }

  const axes = plot({
    width: 360,
    height: 230,
    x: [0, MOST],
    y: DECIBELS,
    xlabel: "replaced pixels (%)",
    ylabel: "PSNR (dB)",
    title: "Decibels of each cure at the amounts of noise that you have tried",
    ticks: 6,
  });

  /** Everything has changed: it is drawn with the next frame. */
  function renew() {
    change += 1;
    if (!waiting) waiting = requestAnimationFrame(draw);
    host.state.set({ noise: amount.value, seed, picture: strip.value });
  }

  /** The quick cures at once; of the networks the one that has waited longest, until all are done. */
  function draw() {
    const noisy = noise(clean, amount.value / 100);
    for (const one of panels) if (!one.slow && one.done < change) apply(one, noisy);
    const stale = panels.filter((one) => one.done < change).sort((a, b) => a.done - b.done);
    if (stale.length) apply(stale[0], noisy);
    waiting = stale.length > 1 ? requestAnimationFrame(draw) : 0;
    finish();
  }

  function apply(/** @type {Panel} */ one, /** @type {Float32Array} */ noisy) {
    const image = one.cure(noisy, amount.value / 100);
    paint28(one.picture, image);
    one.decibels = psnr(clean, image);
    one.curve.set(amount.value, one.decibels);
    one.done = change;
    one.words.textContent = inDecibels(one.decibels);
  }

  /** What compares the cures. */
  function finish() {
    const best = Math.max(...cures.map((one) => one.decibels));
    const now = amount.value;
    const [low, high] = DECIBELS;
    axes.clear();
    axes.line([[now, low], [now, high]], "live-now"); // prettier-ignore
    for (const one of cures) {
      one.card.classList.toggle("live-best", one.decibels === best);
      const points = [...one.curve]
        .sort((a, b) => a[0] - b[0])
        .map(([at, decibels]) => /** @type {[number, number]} */ ([at, Math.min(high, decibels)]));
      axes.line(points, `live-line live-${one.key}`);
      axes.dots(
        points.filter(([at]) => at === now),
        `live-dot live-${one.key}`,
      );
    }
    if (panels.some((one) => one.done < change)) return;
    const [filter, , classic, skip] = cures;
    host.say(
      now === 0
        ? `Without noise the networks still err: classic ${inDecibels(classic.decibels)}, skip ${inDecibels(skip.decibels)}.`
        : `${now} % noise: the classic network is ${ahead(classic, filter)} the filter, the skip network ${ahead(skip, filter)} it.`,
    );
  }

  /** Another picture or other noise: the curves begin anew. */
  function begin() {
    for (const one of panels) one.curve.clear();
    renew();
  }

  const amount = slider({
    label: "Noise",
    min: 0,
    max: MOST,
    step: 1,
    value: Math.min(MOST, Math.max(0, host.state.number("noise", 10))),
    format: (value) => `${value} %`,
    oninput: renew,
  });
  const strip = pictures({
    label: "Garments",
    images: garments,
    names: facts.names,
    value: first,
    onpick: (index) => {
      clean.set(garments[index]);
      board.paint();
      begin();
    },
  });
  const board = drawing(clean, {
    label: "The clean picture: draw on it",
    onchange: () => {
      strip.value = -1;
      begin();
    },
  });
  const other = button("Other noise", () => {
    noise = saltAndPepper(++seed);
    begin();
  });
  const blank = button("Blank page", () => {
    clean.fill(0);
    strip.value = -1;
    board.paint();
    board.element.focus();
    begin();
  });

  const original = make(
    "div",
    { class: "live-exhibit" },
    board.element,
    make("i", { class: "live-stroke live-clean" }),
    make("p", { class: "live-measure" }, "clean"),
    make("p", { class: "live-head" }, "draw on it"),
  );
  const note = make(
    "p",
    { class: "live-note" },
    "Validation images, and the networks that this chapter trained. The filter and the matrix are told how much noise there is; the networks see only the picture. Of the matrix 360 axes are kept, which costs less than 0.1 dB from 5 % on.",
  );
  host.root.append(
    label(
      "Slide the noise: where does the classic network pass the filter? Then draw something that is no garment.",
    ),
    make("div", { class: "live-exhibits" }, original, ...panels.map((one) => one.card)),
    make("div", { class: "live-controls" }, amount.element, other, blank),
    make("div", { class: "live-below" }, make("div", {}, strip.element, note), axes.svg),
  );
  begin();
});

/**
 * The setting that the chapter found best for the level nearest to an amount of noise.
 *
 * @template {{ level: number }} Setting
 * @param {Setting[]} settings
 * @param {number} amount
 */
function nearest(settings, amount) {
  const distance = (/** @type {Setting} */ one) => Math.abs(one.level - amount);
  return settings.reduce((a, b) => (distance(b) < distance(a) ? b : a));
}

/** @param {number} decibels */
function inDecibels(decibels) {
  return Number.isFinite(decibels) ? `${decibels.toFixed(1)} dB` : "no error";
}

/**
 * By how much one cure is better than another, in words.
 *
 * @param {{ decibels: number }} one
 * @param {{ decibels: number }} other
 */
function ahead(one, other) {
  const lead = one.decibels - other.decibels;
  if (Math.abs(lead) < 0.05) return "level with";
  return `${inDecibels(Math.abs(lead))} ${lead < 0 ? "below" : "above"}`;
}
