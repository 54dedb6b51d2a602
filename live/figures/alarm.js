/**
 * A threshold, a base rate, and what an alarm is worth: scores of normal garments, some of which
 * calibrate the threshold while the others are fresh, and scores of odd ones.
 *
 * Data set "alarm": arrays `calm` and `odd`, sorted scores.
 */
import { figure } from "../core/figure.js";
import { fit } from "../core/fit.js";
import { pad } from "../core/drag.js";
import { plot } from "../core/plot.js";
import { button, label, make, slider } from "../core/widgets.js";
import {
  above, betaQuantile, calibration, expected, fewest, logBetaDensity, place, promiseOf, range,
  threshold,
} from "../maths/alarm.js"; // prettier-ignore

const PIECES = 10_000;
const NARROW = 480; // CSS pixels of a drawing on a phone
const PROMISES = [0.1, 0.05, 0.01, 0.001];
const LARGEST = 0.5; // promise
const LEAST = 0.0005;
const SIZES = [20, 50, 100, 200, 500, 1000, 2000];
const ONE_IN = [2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];
const MOST = 200; // calibrations
const BINS = 48;
const STEPS = 50; // places for dots along the axis of rates

figure("alarm", async (host) => {
  const { arrays } = await host.data("alarm");
  const [calm, odd] = [arrays.calm.values, arrays.odd.values];
  const first = Math.min(calm[0], odd[0]);
  const ends = /** @type {[number, number]} */ ([first * 0.95, odd[odd.length - 1] * 1.05]);

  let alpha = within(LEAST, LARGEST, Number(host.state.text("alpha", "0.01")) || 0.01);
  let n = SIZES.find((size) => size >= host.state.number("n", 500)) ?? SIZES[SIZES.length - 1];
  let oneIn = ONE_IN.find((one) => one >= host.state.number("in", 1000)) ?? PIECES;
  let draws = within(1, MOST, Math.round(host.state.number("draws", 1)));
  /** Where the reader has put the threshold, which lies on the calibration score before it. */
  let wish = NaN;
  /** @type {ReturnType<typeof calibration>[]} */
  let calibrations = [];

  /** The calibrations so far, by this many examples. */
  function calibrate() {
    if (calibrations[0]?.drawn.length !== n) calibrations = [];
    while (calibrations.length < draws) {
      calibrations.push(calibration(calm, n, calibrations.length + 1));
    }
    return calibrations.slice(0, draws);
  }

  function measure() {
    const all = calibrate();
    const now = all[draws - 1];
    const rates = all.map(
      ({ drawn, fresh }) => above(fresh, threshold(drawn, alpha)) / fresh.length,
    );
    const cut = threshold(now.drawn, alpha);
    const hits = above(odd, cut) / odd.length;
    const falseAlarms = rates[draws - 1];
    const counts = expected({ pieces: PIECES, share: 1 / oneIn, hits, falseAlarms });
    return { ...now, rates, cut, hits, falseAlarms, counts };
  }
  let found = measure();

  // The scores

  const edges = Array.from(
    { length: BINS + 1 },
    (_, i) => ends[0] * (ends[1] / ends[0]) ** (i / BINS),
  );
  const shares = (/** @type {ArrayLike<number>} */ sorted) =>
    edges
      .slice(1)
      .map((edge, i) => (above(sorted, edges[i]) - above(sorted, edge)) / sorted.length);
  const oddShares = shares(odd);
  const top = 1.15 * Math.max(...oddShares, ...shares(calm));
  const plane = make("div", { class: "live-scores live-histogram" });
  let scores = build(640);
  let width = 640;

  function build(/** @type {number} */ size) {
    return plot({
      width: size,
      height: size < NARROW ? 210 : 250,
      x: ends,
      y: [0, top],
      xlabel: "score",
      ylabel: "",
      title: "Histograms of the scores of fresh normal garments and of odd ones",
      logx: true,
      ticks: size < NARROW ? 3 : 6,
    });
  }

  const tell = pad(plane, {
    label: "Threshold",
    onmove(fx) {
      const { drawn } = found;
      const least = drawn[Math.ceil((n + 1) * (1 - LARGEST)) - 1];
      wish = within(least, drawn[n - 1], scores.x.invert(fx * width));
      alpha = promiseOf(n, n - above(drawn, wish));
      update();
    },
    position: () => [scores.x(Math.min(ends[1], wish || found.cut)) / width, 0.5],
    valuetext: () =>
      found.cut === Infinity
        ? "none, nothing is flagged"
        : `${round(found.cut, 3)}, promised at most ${percent(alpha)} false alarms`,
  });

  function drawScores() {
    const { cut, fresh } = found;
    scores.clear();
    for (const [heights, name] of /** @type {[number[], string][]} */ ([
      [oddShares, "live-second"],
      [shares(fresh), ""],
    ])) {
      heights.forEach((height, i) => {
        const parts = [edges[i], within(edges[i], edges[i + 1], cut), edges[i + 1]];
        scores.bars(parts.slice(0, 2), [height], `live-bar live-quiet ${name}`);
        scores.bars(parts.slice(1), [height], `live-bar ${name}`);
      });
    }
    const at = Math.min(ends[1], cut);
    const line = /** @type {[number, number][]} */ ([
      [at, 0],
      [at, top],
    ]);
    scores.line(line, `live-line live-truth ${cut === Infinity ? "live-none" : ""}`);
    scores.dots([[at, top * 0.86]], "live-dot live-handle", 9);
  }

  // The pieces

  const canvas = /** @type {HTMLCanvasElement} */ (make("canvas", { role: "img" }));
  const sheet = make("div", { class: "live-sheet" }, canvas);
  let side = 0;

  function drawPieces() {
    const across = side < NARROW ? 125 : 200; // pieces in a row
    const cell = Math.floor((side * devicePixelRatio) / across);
    if (!cell) return;
    const gap = cell > 2 ? 1 : 0;
    canvas.width = cell * across;
    canvas.height = (cell * PIECES) / across;
    canvas.style.width = `${canvas.width / devicePixelRatio}px`;
    const { odd: odds, found: right, wrong } = found.counts;
    const parts = [
      { upTo: Math.round(right), colour: "--live-warm", strength: 1 },
      { upTo: Math.round(odds), colour: "--live-warm", strength: 0.45 },
      { upTo: Math.round(odds) + Math.round(wrong), colour: "--live-accent", strength: 1 },
      { upTo: PIECES, colour: "--live-line", strength: 0.45 },
    ];
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    let i = 0;
    for (const { upTo, colour, strength } of parts) {
      context.fillStyle = host.colour(colour);
      context.globalAlpha = strength;
      for (; i < upTo; i++) {
        const [x, y] = [(i % across) * cell, Math.floor(i / across) * cell];
        context.fillRect(x, y, cell - gap, cell - gap);
      }
    }
  }

  const rows = /** @type {const} */ ([
    ["found", "right alarms"],
    ["missed", "odd ones missed"],
    ["wrong", "false alarms"],
    ["quiet", "normal, no alarm"],
  ]).map(([key, name]) => {
    const number = /** @type {HTMLDataElement} */ (make("data"));
    const word = make("span", {}, make("i", { class: `live-${key}`, "aria-hidden": "true" }), name);
    return { key, number, row: make("p", {}, word, number) };
  });
  const worth = make("p", { class: "live-worth" });

  function writePieces() {
    const { counts } = found;
    const parts = [counts.found, counts.missed, counts.wrong];
    const digits = parts.some((part) => part > 0 && part < 10) ? 1 : 0;
    const shown = {
      found: Number(counts.found.toFixed(digits)),
      wrong: Number(counts.wrong.toFixed(digits)),
      missed: 0,
      quiet: 0,
    };
    const all = Number(counts.odd.toFixed(digits));
    shown.missed = all - shown.found;
    shown.quiet = PIECES - all - shown.wrong;
    const inWords = (/** @type {number} */ value) =>
      value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    for (const { key, number } of rows) {
      number.value = shown[key].toFixed(digits);
      number.textContent = inWords(shown[key]);
    }
    const odds = count(Number(all.toFixed(digits)));
    const are = all === 1 ? "is" : "are";
    canvas.setAttribute(
      "aria-label",
      `${count(PIECES)} pieces, of which ${odds} ${are} odd: ` +
        rows.map(({ key, number }) => `${number.textContent} ${NAMES[key]}`).join(", "),
    );
    if (Number.isNaN(counts.precision)) {
      worth.textContent = "No alarm, so none is right.";
      return "Nothing is flagged, odd or not.";
    }
    const alarms = inWords(shown.found + shown.wrong);
    if (counts.wrong === 0) {
      const tried = `${count(found.fresh.length)} fresh normal garments`;
      worth.textContent = `${alarms} alarms, all right as far as ${tried} can tell`;
      return `None of ${tried} was flagged. That is too few to say how rare a false alarm is.`;
    }
    const precision = percent(counts.precision);
    const ratio = counts.wrong / counts.found;
    worth.textContent = `${alarms} alarms, ${inWords(shown.found)} of them right: ${precision}`;
    return (
      `Of ${count(PIECES)} new pieces ${odds} ${are} odd. ` +
      `There are ${alarms} alarms on average, and ${precision} of them are right` +
      (ratio > 1 ? `: ${round(ratio, 2)} false ones for each.` : ".")
    );
  }

  // The promise

  const strip = make("div", { class: "live-histogram live-rates" });
  const kept = make("p", { class: "live-parts" });

  function drawRates() {
    const { rates } = found;
    const k = place(n, alpha);
    const possible = k <= n;
    const far = possible ? betaQuantile(0.999, n + 1 - k, k) : 2 * alpha;
    const end = 105 * Math.max(far, ...rates);
    const step = end / STEPS;
    const piles = new Array(STEPS + 1).fill(0);
    /** @type {[number, number][]} */
    const dots = rates.map((rate) => {
      const i = Math.floor((100 * rate) / step);
      return [(i + 0.5) * step, ++piles[i] - 0.5];
    });
    const height = width < NARROW ? 150 : 160;
    const high = Math.max(8, 1.1 * Math.max(...piles));
    const axes = plot({
      width,
      height,
      x: [0, end],
      y: [0, high],
      xlabel: "false alarms, % of fresh normal garments",
      ylabel: "",
      title: "False-alarm rates of the calibrations so far, and the range of theory",
      ticks: width < NARROW ? 4 : 8,
    });
    if (possible) {
      const [low, most] = range(n, alpha);
      const density = (/** @type {number} */ x) => Math.exp(logBetaDensity(x, n + 1 - k, k));
      const xs = Array.from({ length: 241 }, (_, i) => ((i + 0.5) / 241) * (end / 100));
      const peak = Math.max(...xs.map(density));
      const points = xs.map((x) => {
        return /** @type {[number, number]} */ ([100 * x, (0.9 * high * density(x)) / peak]);
      });
      const inner = points.filter(([x]) => x >= 100 * low && x <= 100 * most);
      axes.line([[100 * low, 0], ...inner, [100 * most, 0]], "live-area");
      axes.line(points, "live-line live-third");
    }
    const promised = /** @type {[number, number][]} */ ([
      [100 * alpha, 0],
      [100 * alpha, high],
    ]);
    axes.line(promised, "live-line live-truth");
    if (possible) {
      const radius = Math.min(4, (0.42 * (height - 48)) / high);
      axes.dots(dots.slice(0, -1), "live-dot", radius);
      axes.dots(dots.slice(-1), "live-dot live-last", radius + 1);
    }
    strip.replaceChildren(axes.svg);
  }

  function writePromise() {
    const { rates, fresh } = found;
    const k = place(n, alpha);
    if (k > n) {
      return (
        `${count(n)} examples are too few to promise ${percent(alpha)}: the threshold would be ` +
        `score ${count(n + 1)} of ${count(n)}. It takes at least ` +
        `${count(fewest(alpha))}. Until then nothing is flagged.`
      );
    }
    const [low, high] = range(n, alpha).map(percent);
    const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
    const soFar = draws > 1 ? ` The mean of ${draws} calibrations is ${percent(mean)}.` : "";
    return (
      `Nine calibrations in ten have a rate between ${low} and ${high}, the shaded range. ` +
      `Each dot is one calibration, tried on the ${count(fresh.length)} normal garments ` +
      `that it did not draw. These are not endless, so dots scatter a little more.${soFar}`
    );
  }

  // The controls

  const promise = slider({
    label: "promised false alarms",
    min: Math.log10(LEAST),
    max: Math.log10(LARGEST),
    step: 0.01,
    value: Math.log10(alpha),
    format: () => percent(alpha),
    oninput: (power) => promiseThis(Number((10 ** power).toPrecision(2))),
  });
  const examples = slider({
    label: "normal examples",
    min: 0,
    max: SIZES.length - 1,
    step: 1,
    value: SIZES.indexOf(n),
    format: (i) => count(SIZES[i]),
    oninput(i) {
      n = SIZES[i];
      wish = NaN;
      update();
    },
  });
  const rarity = slider({
    label: "odd ones",
    min: 0,
    max: ONE_IN.length - 1,
    step: 1,
    value: ONE_IN.indexOf(oneIn),
    format: (i) => `1 in ${count(ONE_IN[i])}`,
    oninput(i) {
      oneIn = ONE_IN[i];
      update();
    },
  });
  const presets = PROMISES.map((value) => ({
    value,
    press: button(percent(value), () => promiseThis(value)),
  }));

  function promiseThis(/** @type {number} */ value) {
    alpha = within(LEAST, LARGEST, value);
    wish = NaN;
    update();
  }

  function again(/** @type {number} */ more) {
    draws = more ? Math.min(MOST, draws + more) : 1;
    wish = NaN;
    update();
  }
  const once = button("Calibrate again", () => again(1));
  const often = button("20 times more", () => again(20));
  const afresh = button("Start over", () => again(0));

  const flagged = make("p", { class: "live-caption" });
  const caught = make("p", { class: "live-caption" });

  function update() {
    found = measure();
    const { hits, falseAlarms, fresh, cut } = found;
    promise.value = Math.log10(alpha);
    for (const { value, press } of presets) {
      press.setAttribute("aria-pressed", String(value === alpha));
    }
    once.disabled = often.disabled = draws === MOST;
    afresh.disabled = draws === 1;
    flagged.replaceChildren(
      make("b", {}, `${percent(falseAlarms)} false alarms`),
      `among ${count(fresh.length)} fresh normal garments`,
    );
    caught.replaceChildren(
      make("b", { class: "live-second" }, `${percent(hits)} found`),
      `of ${count(odd.length)} odd ones`,
    );
    kept.textContent = writePromise();
    kept.classList.toggle("live-impossible", cut === Infinity);
    const words = writePieces();
    host.say(
      cut === Infinity ? `${count(n)} examples cannot promise ${percent(alpha)}. ${words}` : words,
    );
    host.state.set({ alpha: String(alpha), n, in: oneIn, draws });
    drawScores();
    drawPieces();
    drawRates();
    tell();
  }

  host.root.append(
    label(
      "Drag the threshold. When one garment in a thousand is odd, can most alarms be right? " +
        "And when one in ten is?",
    ),
    flagged,
    caught,
    plane,
    make(
      "div",
      { class: "live-controls live-stack" },
      promise.element,
      examples.element,
      rarity.element,
    ),
    make(
      "div",
      { class: "live-controls", role: "group", "aria-label": "Promise" },
      "Promise",
      ...presets.map(({ press }) => press),
    ),
    make("p", { class: "live-head" }, `What to expect of ${count(PIECES)} new pieces:`),
    worth,
    sheet,
    make("div", { class: "live-pieces" }, ...rows.map(({ row }) => row)),
    make("p", { class: "live-head" }, "What calibrations make of the promise, the upright line:"),
    strip,
    kept,
    make("div", { class: "live-controls" }, once, often, afresh),
  );
  fit(plane, (now) => {
    width = now;
    scores = build(width);
    plane.replaceChildren(scores.svg);
    drawScores();
    drawRates();
    tell();
  });
  fit(sheet, (now) => {
    side = now;
    drawPieces();
  });
  host.onTheme(drawPieces);
  update();
});

const NAMES = {
  found: "right alarms",
  missed: "missed",
  wrong: "false alarms",
  quiet: "normal ones without an alarm",
};

/** @param {number} low @param {number} high @param {number} value */
function within(low, high, value) {
  return Math.min(high, Math.max(low, value));
}

/** Two digits that count, at least. @param {number} share */
function percent(share) {
  const value = 100 * share;
  const digits = value >= 10 || value === 0 ? 0 : value >= 1 ? 1 : 2;
  return `${Number(value.toFixed(digits))}\u00a0%`;
}

/** @param {number} value */
function count(value) {
  return value.toLocaleString("en");
}

/** @param {number} value @param {number} digits that count */
function round(value, digits) {
  return Number(value.toPrecision(digits)).toLocaleString("en");
}
