/**
 * A small autoencoder that learns points in the plane while the reader watches and turns its knobs.
 *
 * Options, and keys in the address: `method` (plain, denoising, contractive, vae), `points` (circle,
 * spiral, moons, clusters, own), `noise`, `strength`, `beta`, `seed`; in the address also `own`, the
 * reader's points. The option `try` replaces the line on what to try.
 *
 * @typedef {import("../playground/network.js").Method} Method
 * @typedef {import("../playground/network.js").Settings} Settings
 * @typedef {import("../playground/scene.js").Scene} Scene
 */
import { figure } from "../core/figure.js";
import { plot } from "../core/plot.js";
import { random } from "../core/random.js";
import { button, choice, label, make, slider } from "../core/widgets.js";
import { Network } from "../playground/network.js";
import { NAMES, POINTS, draw, read, shareNear, write } from "../playground/points.js";
import { LearningCurve, REACH, look } from "../playground/scene.js";
import { Training } from "../playground/train.js";
import { drawCodes, drawPlane, number, short } from "../playground/view.js";

const HIDDEN = 16; // units of each hidden layer
const STEPS = 6; // of a frame: so few that learning can be watched
const SLICE = 8; // milliseconds that a frame may train
const BUTTON = 50; // steps of the button
const REST = 20_000; // steps after which it pauses, to spare the battery
const PACE = 200; // milliseconds from one set of numbers to the next
const CODES = 300; // random codes that are decoded

/** @type {{ value: Method, text: string, hint: string }[]} */
const METHODS = [
  {
    value: "plain",
    text: "plain",
    hint: "Watch the rings, decoded from random codes: how many lie where no point is, and why?",
  },
  {
    value: "denoising",
    text: "denoising",
    hint: "Slide the noise up while it learns: where do the arrows lead a point that is off the curve?",
  },
  {
    value: "contractive",
    text: "contractive",
    hint: "Slide the strength up: the code reacts less. How much of that is a mere change of scale?",
  },
  {
    value: "vae",
    text: "VAE",
    hint: "Slide β from left to right: when do random codes fit the points, and when does the code say nothing?",
  },
];

/** @type {Record<string, string>} */
const SHAPES = { circle: "circle", spiral: "spiral", moons: "two moons", clusters: "clusters" };

/**
 * The slider of each method: its ends, and where it is at first; by the factor if `log`.
 *
 * @type {Record<"noise" | "strength" | "beta", { label: string, min: number, max: number,
 *   step: number, log: boolean, first: number, method: Method }>}
 */
const KNOBS = {
  noise: { label: "Noise σ", min: 0, max: 0.6, step: 0.02, log: false, first: 0.1, method: "denoising" },
  strength: { label: "Strength λ", min: 1e-5, max: 1, step: 0.1, log: true, first: 1e-3, method: "contractive" },
  beta: { label: "β", min: 0.01, max: 100, step: 0.05, log: true, first: 1, method: "vae" },
}; // prettier-ignore

figure("playground", (host) => {
  const text = (/** @type {string} */ key, /** @type {string} */ otherwise) =>
    host.state.text(key, host.options[key] ?? otherwise);
  const value = (/** @type {keyof typeof KNOBS} */ key) => {
    const { min, max, first } = KNOBS[key];
    const given = host.state.number(key, Number(host.options[key] ?? first));
    return Math.min(max, Math.max(min, given));
  };

  /** @type {Settings} */
  const settings = {
    method: METHODS.find((one) => one.value === text("method", "plain"))?.value ?? "plain",
    noise: value("noise"),
    strength: value("strength"),
    beta: value("beta"),
  };
  let shape = text("points", "circle");
  if (!NAMES.includes(shape)) shape = "own";
  let seed = host.state.number("seed", Number(host.options.seed ?? 1));
  const own = read(text("own", ""), REACH);
  /** @type {[number, number]} where the keyboard's cross is */
  let cross = [0, 0];

  /** @type {Training | undefined} nothing, while there are no points */
  let training;
  let curve = new LearningCurve();
  /** @type {Scene | undefined} */
  let scene;
  let draws = new Float64Array();
  let due = 0; // steps still to be made; Infinity while it runs
  let inSight = true;
  let awaited = false;
  let told = -Infinity; // when the numbers were last shown
  const colours = { ink: "", paper: "", muted: "", line: "" };

  const hint = label("");
  const plane = /** @type {HTMLCanvasElement} */ (make("canvas", { class: "live-plane" }));
  const axis = /** @type {HTMLCanvasElement} */ (
    make("canvas", { class: "live-codes", role: "img" })
  );
  axis.setAttribute("aria-label", "A histogram of the codes, and the density of the random codes");
  let learning = axes();
  const lossHead = make("p", { class: "live-head" });
  const codesHead = make("p", { class: "live-head" });
  const numbers = make("div", { class: "live-numbers" });

  const go = button("Start", () => {
    if (due === Infinity) pause();
    else start(Infinity);
  });
  const some = button(`${BUTTON} steps`, () => start(BUTTON));
  const reset = button("Reset", () => begin());
  const next = button("Next seed", () => {
    seed += 1;
    begin();
  });
  const clear = button("Clear the points", () => {
    own.length = 0;
    begin();
  });
  const methods = choice({
    label: "Autoencoder",
    options: METHODS,
    value: settings.method,
    onchange(name) {
      settings.method = /** @type {Method} */ (name);
      begin();
    },
  });
  const shapes = choice({
    label: "Points",
    options: [
      ...NAMES.map((name) => ({ value: name, text: SHAPES[name] })),
      { value: "own", text: "your own" },
    ],
    value: shape,
    onchange(name) {
      shape = name;
      begin();
    },
  });
  const knobs = Object.entries(KNOBS).map(([name, { label, min, max, step, log, method }]) => {
    const key = /** @type {keyof typeof KNOBS} */ (name);
    const at = (/** @type {number} */ given) => (log ? Math.log10(given) : given);
    const back = (/** @type {number} */ place) => (log ? 10 ** place : place);
    const knob = slider({
      label,
      min: at(min),
      max: at(max),
      step,
      value: at(settings[key]),
      format: (place) => short(back(place)),
      oninput(place) {
        settings[key] = back(place);
        remember();
      },
    });
    return { element: knob.element, method };
  });

  /** The axes of a learning curve; -ELBO may be negative, the other losses want a logarithm. */
  function axes() {
    const vae = settings.method === "vae";
    return plot({
      width: 340,
      height: 200,
      x: [1, 100],
      y: [0.01, 1],
      xlabel: "steps",
      ylabel: "",
      title: "The loss against the steps of training",
      logy: !vae,
      ticks: 4,
    });
  }

  /** A new network for the points as they are; it learns on if it did. */
  function begin() {
    const draw0 = random(seed);
    const points = shape === "own" ? Float64Array.from(own) : draw(shape, draw0);
    draws = new Float64Array(CODES).map(draw0.normal);
    const variational = settings.method === "vae";
    const network = new Network({ hidden: HIDDEN, code: 1, variational });
    training = points.length ? new Training(network, points, draw0) : undefined;
    if (!training) rest();
    curve = new LearningCurve();
    const old = learning.svg;
    learning = axes();
    old.replaceWith(learning.svg);
    arrange();
    remember();
    told = -Infinity;
    show();
  }

  /** What is there for this method and these points. */
  function arrange() {
    const method = METHODS.find((one) => one.value === settings.method);
    hint.textContent = host.options.try ?? method?.hint ?? "";
    for (const knob of knobs) knob.element.hidden = knob.method !== settings.method;
    const drawing = shape === "own";
    clear.hidden = !drawing;
    go.disabled = some.disabled = !training;
    const vae = settings.method === "vae";
    lossHead.textContent = vae ? "Loss, in nats" : "Loss";
    codesHead.textContent = vae
      ? "Codes of the points (means), and the prior"
      : "Codes of the points, and a normal of their mean and spread";
    plane.setAttribute("role", drawing ? "application" : "img");
    plane.setAttribute(
      "aria-label",
      drawing
        ? "Your points: the arrow keys move a cross, Enter adds a point, Backspace takes the last away"
        : `${SHAPES[shape]}: points, arrows from each place to its reconstruction, and the decoded curve`,
    );
    if (drawing) plane.tabIndex = 0;
    else plane.removeAttribute("tabindex");
    if (!training) host.say("Add points: click or tap, or use the arrow keys and Enter.");
  }

  function remember() {
    host.state.set({ ...settings, points: shape, seed, own: write(own, REACH) });
  }

  /** Another point of the reader's, or one less; the network goes on with them. */
  function change() {
    const points = Float64Array.from(own);
    if (training && points.length) {
      training.points = points;
      training.waiting = [];
      remember();
      show();
    } else begin();
  }

  function add(/** @type {number} */ px, /** @type {number} */ py) {
    if (own.length === 2 * POINTS) return host.say(`${POINTS} points are enough.`);
    own.push(px, py);
    change();
    host.say(`${own.length / 2} points.`);
  }

  function start(/** @type {number} */ steps) {
    if (!training) return;
    due = steps;
    go.textContent = due === Infinity ? "Pause" : "Start";
    ask();
  }

  function rest() {
    due = 0;
    go.textContent = "Start";
  }

  function pause() {
    rest();
    tell();
    host.say(`Paused after ${training?.steps.toLocaleString("en-GB")} steps.`);
  }

  function ask() {
    if (awaited || !inSight || !due) return;
    awaited = true;
    requestAnimationFrame(frame);
  }

  function frame() {
    awaited = false;
    if (!training || !due) return;
    const { steps, loss } = training.slice(settings, Math.min(STEPS, due), SLICE);
    due -= steps;
    curve.add(training.steps, loss);
    show();
    if (!due || training.steps % REST < steps) pause();
    ask();
  }

  function show() {
    scene = training && look(training.network, training.points, draws);
    paint();
    if (performance.now() - told < PACE) return;
    told = performance.now();
    tell();
  }

  function paint() {
    const cursor = shape === "own" && document.activeElement === plane ? cross : undefined;
    drawPlane(plane, scene, colours, cursor);
    drawCodes(axis, scene, colours);
  }

  /** The learning curve and the numbers. */
  function tell() {
    const { points } = curve;
    learning.clear();
    if (points.length > 1) {
      // The first steps fall from far above, and would press the rest to the floor.
      const losses = points.slice(points.length >> 4).map(([, loss]) => loss);
      const [low, high] = [Math.min(...losses), Math.max(...losses)];
      learning.ranges([0, points[points.length - 1][0]], [low, high]);
      learning.line(points.filter(([, loss]) => loss <= high));
    }
    /** @type {[string, string][]} */
    const shown = [[`steps, seed ${seed}`, (training?.steps ?? 0).toLocaleString("en-GB")]];
    if (training && scene) {
      shown.push(["squared error", number(scene.error)]);
      if (settings.method === "vae") shown.push(["KL, nats", number(scene.kl)]);
      if (settings.method === "contractive") {
        const size = training.network.contraction(training.points);
        shown.push(["reaction ‖J‖²", number(size)]);
        shown.push(["reaction / variance of codes", number(size / scene.variance)]);
      }
      const near = Math.round(100 * shareNear(scene.decoded, training.points));
      shown.push(["random codes near a point", `${near} %`]);
    }
    numbers.replaceChildren(
      ...shown.map(([name, words]) =>
        make("div", {}, make("span", {}, name), make("b", {}, words)),
      ),
    );
  }

  plane.addEventListener("click", (event) => {
    if (shape !== "own") return;
    const box = plane.getBoundingClientRect();
    cross = [
      REACH * ((2 * (event.clientX - box.left)) / box.width - 1),
      REACH * (1 - (2 * (event.clientY - box.top)) / box.height),
    ];
    add(...cross);
  });
  plane.addEventListener("keydown", (event) => {
    if (shape !== "own") return;
    const step = event.shiftKey ? 0.3 : 0.05;
    /** @type {Record<string, [number, number]>} */
    const ways = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, step],
      ArrowDown: [0, -step],
    };
    const way = ways[event.key];
    if (way) {
      cross = [cross[0] + way[0], cross[1] + way[1]];
      cross = /** @type {[number, number]} */ (
        cross.map((at) => Math.min(REACH, Math.max(-REACH, at)))
      );
      paint();
    } else if (event.key === "Enter") add(...cross);
    else if (event.key === "Backspace" && own.length) {
      own.length -= 2;
      change();
    } else return;
    event.preventDefault();
  });
  plane.addEventListener("focus", paint);
  plane.addEventListener("blur", paint);

  const key = (/** @type {string} */ kind, /** @type {string} */ words) =>
    make("span", { class: "live-key" }, make("i", { class: `live-key-${kind}` }), words);
  const legend = make(
    "p",
    { class: "live-legend" },
    key("points", "points, in the colour of their code"),
    key("curve", "decode(z)"),
    key("ring", "from random codes"),
    key("arrow", "r(x) − x"),
  );
  host.root.append(
    hint,
    make("div", { class: "live-controls" }, methods.element, shapes.element),
    make(
      "div",
      { class: "live-desk" },
      make("div", { class: "live-stage" }, plane, legend),
      make(
        "div",
        { class: "live-controls" },
        make("div", { class: "live-buttons" }, go, some, reset, next, clear),
        ...knobs.map((knob) => knob.element),
      ),
      make("div", { class: "live-aside" }, lossHead, learning.svg, codesHead, axis, numbers),
    ),
  );

  begin();
  host.onTheme(() => {
    for (const name of /** @type {(keyof typeof colours)[]} */ (Object.keys(colours))) {
      colours[name] = host.colour(`--live-${name}`);
    }
    paint();
  });
  new ResizeObserver(paint).observe(plane);
  new IntersectionObserver((entries) => {
    inSight = entries[entries.length - 1].isIntersecting;
    ask();
  }).observe(plane);
  if (!host.calm && training) start(Infinity);
});
