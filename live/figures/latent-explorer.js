/**
 * The latent plane of the VAE, with the plain autoencoder's beside it on the same gesture.
 *
 * Data set "explorer": network `vae` from codes to pictures, arrays `codes` (n, 2), `labels` (n),
 * facts `classes`, `colours`. Data set "explorer-plain", which loads when somebody compares: network
 * `plain`, array `codes`.
 */
import { pad } from "../core/drag.js";
import { figure } from "../core/figure.js";
import { random } from "../core/random.js";
import { button, canvas28, make, paint28, toggle } from "../core/widgets.js";

const REACH = 3; // standard deviations of the codes from the middle of the plane to its edge
const NEIGHBOURS = 25;
const SIZE = 600; // pixels of the plane's drawing

/**
 * @typedef {{
 *   x: number, y: number, key: string, title: string, codes: Float32Array, labels: Uint8Array,
 *   centre: [number, number], scale: [number, number],
 *   decode: (z: [number, number]) => Float32Array,
 *   plane: HTMLCanvasElement, picture: HTMLCanvasElement, words: HTMLElement, card: HTMLElement,
 *   dots: HTMLCanvasElement, tell: () => void,
 * }} Panel
 */

figure("latent-explorer", async (host) => {
  const own = await host.data("explorer");
  const { arrays, facts } = own;
  /** @type {{ classes: string[], colours: string[] }} */
  const { classes, colours } = facts;
  const labels = /** @type {Uint8Array} */ (arrays.labels.values);
  let playing = 0;

  const panels = [panel(own, "vae", "Variational autoencoder")];

  /**
   * @param {typeof own} data with the codes and the network
   * @param {string} key of the network
   * @param {string} title
   * @returns {Panel}
   */
  function panel({ networks, arrays }, key, title) {
    const codes = /** @type {Float32Array} */ (arrays.codes.values);
    const [mx, sx] = moments(codes, 0);
    const [my, sy] = moments(codes, 1);
    const plane = /** @type {HTMLCanvasElement} */ (make("canvas", { class: "live-plane" }));
    plane.width = plane.height = SIZE;
    const picture = canvas28(7, "The garment at this place");
    const words = make("p", { class: "live-near" });
    const side = make("div", { class: "live-side" }, picture, words);
    const head = make("p", { class: "live-head" }, title);
    const row = make("div", { class: "live-row" }, plane, side);
    const network = networks[key];
    return {
      x: 0, y: 0, key, title, codes, labels, plane, picture, words,
      centre: [mx, my],
      scale: [REACH * sx, REACH * sy],
      decode: (z) => network.run(z),
      card: make("div", { class: "live-card" }, head, row),
      dots: document.createElement("canvas"),
      tell: () => {},
    }; // prettier-ignore
  }

  /** Where the handle is among a panel's codes. */
  const code = (/** @type {Panel} */ one) =>
    /** @type {[number, number]} */ ([
      one.centre[0] + one.x * one.scale[0],
      one.centre[1] + one.y * one.scale[1],
    ]);

  /** The classes of the nearest codes, the commonest first, in words. */
  function near(/** @type {Panel} */ one) {
    const [a, b] = code(one);
    const order = [...labels.keys()].map((i) => ({
      label: labels[i],
      d:
        ((one.codes[2 * i] - a) / one.scale[0]) ** 2 +
        ((one.codes[2 * i + 1] - b) / one.scale[1]) ** 2,
    }));
    order.sort((p, q) => p.d - q.d);
    const counts = new Array(classes.length).fill(0);
    for (const { label } of order.slice(0, NEIGHBOURS)) counts[label]++;
    const found = [...counts.keys()]
      .filter((i) => counts[i] >= 0.2 * NEIGHBOURS)
      .sort((p, q) => counts[q] - counts[p])
      .slice(0, 3);
    return { classes: found, empty: Math.sqrt(order[4].d) > 0.08 };
  }

  /** The codes do not move: they are drawn once for each theme. */
  function drawDots(/** @type {Panel} */ one) {
    one.dots.width = one.dots.height = SIZE;
    const context = /** @type {CanvasRenderingContext2D} */ (one.dots.getContext("2d"));
    context.fillStyle = host.colour("--live-paper");
    context.fillRect(0, 0, SIZE, SIZE);
    context.globalAlpha = 0.75;
    for (let i = 0; i < labels.length; i++) {
      const px = (0.5 + (one.codes[2 * i] - one.centre[0]) / one.scale[0] / 2) * SIZE;
      const py = (0.5 - (one.codes[2 * i + 1] - one.centre[1]) / one.scale[1] / 2) * SIZE;
      context.fillStyle = colours[labels[i]];
      context.beginPath();
      context.arc(px, py, 4.5, 0, 2 * Math.PI);
      context.fill();
    }
  }

  function drawHandle(/** @type {Panel} */ one) {
    const context = /** @type {CanvasRenderingContext2D} */ (one.plane.getContext("2d"));
    context.drawImage(one.dots, 0, 0);
    const px = (0.5 + one.x / 2) * SIZE;
    const py = (0.5 - one.y / 2) * SIZE;
    for (const [width, colour] of [
      [9, host.colour("--live-paper")],
      [4, host.colour("--live-ink")],
    ]) {
      context.lineWidth = Number(width);
      context.strokeStyle = String(colour);
      context.beginPath();
      context.arc(px, py, 17, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  function update() {
    for (const one of panels) {
      if (one.card.hidden) continue;
      paint28(one.picture, one.decode(code(one)));
      drawHandle(one);
      const { classes: found, empty } = near(one);
      const swatches = found.map((i) =>
        make(
          "span",
          { class: "live-class" },
          make("i", { style: `background:${colours[i]}` }),
          classes[i],
        ),
      );
      one.words.replaceChildren(
        empty ? "no image has its code here; nearest: " : "near: ",
        ...swatches,
      );
      one.tell();
    }
    host.state.set({
      x: panels[0].x,
      y: panels[0].y,
      compare: compare.getAttribute("aria-pressed") ?? "false",
    });
    host.say(`${panels[0].title}: ${panels[0].words.textContent}`);
  }

  /** From the middle of one class to the middle of another, in each plane its own way. */
  function play() {
    stop();
    /** @type {Map<Panel, number[][]>} */
    const ways = new Map(); // a panel may come while the walk is on
    const start = performance.now();
    const duration = host.calm ? 1 : 4000;
    const step = (/** @type {number} */ now) => {
      const t = Math.min(1, (now - start) / duration);
      for (const one of panels) {
        const way = ways.get(one) ?? [from, to].map((select) => middle(one, select.selectedIndex));
        ways.set(one, way);
        const [[ax, ay], [bx, by]] = way;
        [one.x, one.y] = [ax + t * (bx - ax), ay + t * (by - ay)].map(short);
      }
      update();
      if (t < 1) playing = requestAnimationFrame(step);
    };
    playing = requestAnimationFrame(step);
  }

  /** The handles of both planes at the same place. */
  function moveTo(/** @type {number} */ x, /** @type {number} */ y) {
    stop();
    for (const one of panels) [one.x, one.y] = [short(x), short(y)];
  }

  function stop() {
    cancelAnimationFrame(playing);
  }

  /** The median code of a class, as a place of the handle. */
  function middle(/** @type {Panel} */ one, /** @type {number} */ label) {
    return [0, 1].map((axis) => {
      const own = [...labels.keys()]
        .filter((i) => labels[i] === label)
        .map((i) => one.codes[2 * i + axis])
        .sort((p, q) => p - q);
      return (own[own.length >> 1] - one.centre[axis]) / one.scale[axis];
    });
  }

  const cards = make("div", { class: "live-cards" });
  const asked = host.state.text("compare", host.options.compare ?? "false") === "true";
  const compare = toggle("Compare with a plain autoencoder", asked, async (pressed) => {
    try {
      if (pressed) await addPlain();
    } catch (error) {
      host.say(String(error));
      return;
    }
    if (panels.length > 1) panels[1].card.hidden = compare.getAttribute("aria-pressed") !== "true";
    update();
  });

  async function addPlain() {
    const data = await host.data("explorer-plain");
    if (panels.length > 1) return;
    const one = panel(data, "plain", "The same network, plain: no noise, no prior");
    panels.push(one);
    [one.x, one.y] = [panels[0].x, panels[0].y];
    show(one);
  }
  const surprise = random(Date.now());
  const anywhere = button("Surprise me", () => {
    moveTo(1.32 * surprise.uniform() - 0.66, 1.32 * surprise.uniform() - 0.66);
    update();
  });
  const [from, to] = ["from", "to"].map((word, i) => {
    const select = /** @type {HTMLSelectElement} */ (
      make("select", { "aria-label": `Walk ${word}` })
    );
    select.append(...classes.map((name) => new Option(name)));
    select.selectedIndex = i ? classes.indexOf("bag") : classes.indexOf("ankle boot");
    return select;
  });
  const walk = make(
    "span",
    { class: "live-walk" },
    "from ",
    from,
    " to ",
    to,
    button("Walk", play),
  );

  /** Give a panel its place and its handle. */
  function show(/** @type {Panel} */ one) {
    one.tell = pad(one.plane, {
      label: `Latent plane: ${one.title}`,
      onmove: (fx, fy) => {
        moveTo(2 * fx - 1, 1 - 2 * fy);
        requestAnimationFrame(update);
      },
      position: () => [(1 + one.x) / 2, (1 - one.y) / 2],
      valuetext: () => one.words.textContent ?? "",
    });
    drawDots(one);
    cards.append(one.card);
  }
  show(panels[0]);
  const [startX, startY] = middle(panels[0], classes.indexOf("ankle boot"));
  moveTo(host.state.number("x", startX), host.state.number("y", startY));
  if (asked) await addPlain();
  host.root.append(
    make(
      "p",
      { class: "live-try" },
      host.options.try ??
        "Drag across the plane: every point is a garment that nobody has made. Where does a boot turn into a bag?",
    ),
    cards,
    make("div", { class: "live-controls" }, anywhere, walk, compare),
  );
  host.onTheme(() => {
    panels.forEach(drawDots);
    update();
  });
});

/** As exact as a link is, so that a link brings back the same picture. */
function short(/** @type {number} */ value) {
  return Math.round(1e4 * value) / 1e4;
}

/**
 * @param {Float32Array} codes (n, 2)
 * @param {number} axis
 * @returns {[number, number]} mean and standard deviation
 */
function moments(codes, axis) {
  let sum = 0;
  let squares = 0;
  const n = codes.length / 2;
  for (let i = 0; i < n; i++) sum += codes[2 * i + axis];
  const mean = sum / n;
  for (let i = 0; i < n; i++) squares += (codes[2 * i + axis] - mean) ** 2;
  return [mean, Math.sqrt(squares / n)];
}
