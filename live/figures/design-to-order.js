/**
 * A shop window of designs to order: choose a class, shuffle the style, pin what you like, save.
 *
 * Data set "designs": network `decoder` (a picture of code and label in one row), facts `classes`,
 * `loudness` (the number in the label).
 */
import { figure } from "../core/figure.js";
import { glider } from "../core/glide.js";
import { button, canvas28, choice, make, paint28 } from "../core/widgets.js";
import { alike, fill, inputOf, order, read, shuffle, write } from "../garments/window.js";

const COUNT = 12;
const COLUMNS = 4; // of the saved picture
const ZOOM = 8; // pixels of the saved picture for each of a garment's
const MORPH = 450; // milliseconds

figure("design-to-order", async (host) => {
  const { networks, facts } = await host.data("designs");
  /** @type {{ classes: string[], loudness: number }} */
  const { classes, loudness } = facts;
  const size = networks.decoder.weights[0].shape[0] - classes.length;
  const boot = classes.length - 1;

  let kind = host.state.number("class", boot);
  if (!classes[kind]) kind = boot;
  let seed = Math.abs(Math.round(host.state.number("seed", 1)));
  let designs =
    read(host.state.text("window", ""), COUNT, classes.length) ?? fill(COUNT, kind, seed);
  /** What the decoder gets for each garment that is on show, on the way to its design. */
  let inputs = designs.map(target);
  const morph = glider(host.calm);

  function target(/** @type {import("../garments/window.js").Design} */ design) {
    return inputOf(design, size, classes.length, loudness);
  }

  const pieces = designs.map((_, i) => {
    const picture = canvas28(4, "");
    picture.setAttribute("aria-hidden", "true");
    picture.style.width = "100%";
    const word = make("span", { class: "live-kind" });
    const press = button("", () => {
      designs[i] = { ...designs[i], pinned: !designs[i].pinned };
      tell();
    });
    press.classList.add("live-piece");
    press.append(picture, word);
    return { picture, word, press };
  });

  function draw() {
    pieces.forEach(({ picture }, i) => {
      paint28(picture, networks.decoder.run(inputs[i]));
    });
  }

  /** From what is on show to the designs: every garment turns into the next one. */
  function change(/** @type {typeof designs} */ next) {
    designs = next;
    const from = inputs;
    const to = designs.map(target);
    const start = performance.now();
    morph.start(() => {
      const t = host.calm ? 1 : Math.min(1, (performance.now() - start) / MORPH);
      inputs = from.map((one, i) => one.map((value, j) => value + t * (to[i][j] - value)));
      draw();
      return t < 1;
    });
    tell();
  }

  function tell() {
    designs.forEach((design, i) => {
      const { word, press } = pieces[i];
      word.textContent = classes[design.kind];
      press.setAttribute("aria-pressed", String(design.pinned));
      press.setAttribute("aria-label", `Pin design ${i + 1}, ${classes[design.kind]}`);
    });
    const pinned = designs.filter((design) => design.pinned).length;
    like.disabled = pinned === 0 || pinned === COUNT;
    again.disabled = pinned === COUNT;
    host.state.set({ class: kind, seed, window: write(designs) });
    host.say(
      pinned
        ? `${pinned} of ${COUNT} pinned: they stay when you change the class or shuffle.`
        : `${COUNT} designs of the class ${classes[kind]}. Press one to pin it.`,
    );
  }

  /** The window as one picture, on the reader's disk. */
  function save() {
    const gap = 2 * ZOOM;
    const cell = 28 * ZOOM + gap;
    const canvas = document.createElement("canvas");
    canvas.width = COLUMNS * cell + gap;
    canvas.height = (COUNT / COLUMNS) * cell + gap;
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingEnabled = false;
    pieces.forEach(({ picture }, i) => {
      const x = gap + (i % COLUMNS) * cell;
      const y = gap + Math.floor(i / COLUMNS) * cell;
      context.drawImage(picture, x, y, 28 * ZOOM, 28 * ZOOM);
    });
    canvas.toBlob((blob) => {
      if (!blob) return host.say("This browser could not make the picture.");
      const href = URL.createObjectURL(blob);
      make("a", { href, download: "shop-window.png" }).click();
      setTimeout(() => URL.revokeObjectURL(href), 10_000);
      host.say("Your window is saved as shop-window.png.");
    }, "image/png");
  }

  const wanted = choice({
    label: "Class",
    options: classes.map((text, i) => ({ value: String(i), text })),
    value: String(kind),
    onchange(value) {
      kind = Number(value);
      change(order(designs, kind));
    },
  });
  const again = button("Shuffle", () => {
    seed += COUNT;
    change(shuffle(designs, seed));
  });
  const like = button("More like the pinned", () => {
    seed += COUNT;
    change(alike(designs, seed));
  });

  host.root.append(
    make(
      "p",
      { class: "live-try" },
      host.options.try ??
        "Choose another class and watch one garment: what stays? Pin what you like, and shuffle the rest.",
    ),
    wanted.element,
    make(
      "div",
      { class: "live-window", role: "group", "aria-label": "Shop window" },
      ...pieces.map(({ press }) => press),
    ),
    make("div", { class: "live-controls" }, again, like, button("Save the picture", save)),
  );
  draw();
  tell();
});
