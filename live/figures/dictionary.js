/**
 * An image as a sum of few atoms, each of which the reader takes away, puts back or strengthens.
 *
 * Data set "dictionary": network `decoder` (one Dense layer: the atoms that the images use), arrays
 * `images` (n, 196) less the mean image, `mean` (196), `numbers` (n, 20) of each image's largest
 * atoms; facts `classes`, `labels`, `atoms` (their places in the decoder), `users` and `favourite` of
 * each atom (share of images that use it, class that does so most), `k` of the network.
 */
import { figure } from "../core/figure.js";
import { button, canvas28, make, paint28, pictures, slider } from "../core/widgets.js";
import {
  codeOf, largest, readChanges, signedColour, squaredError, STRONGEST, writeChanges,
} from "../garments/atoms.js"; // prettier-ignore

const SIDE = 14; // pixels
const ATOM = 0.4; // from this value on an atom's colours no longer change; atoms have length one
const REST = 0.6; // the same for what is missing

figure("dictionary", async (host) => {
  const { networks, arrays, facts } = await host.data("dictionary");
  /** @type {{
   *   classes: string[], labels: number[], atoms: number[][],
   *   users: number[], favourite: number[], k: number,
   * }} */
  const { classes, labels, atoms, users, favourite, k: own } = facts;
  const mean = arrays.mean.values;
  const weights = networks.decoder.weights[0].values;
  const width = users.length;
  const count = atoms[0].length;
  const row = (/** @type {string} */ key, /** @type {number} */ i, /** @type {number} */ size) =>
    arrays[key].values.subarray(i * size, (i + 1) * size);
  const whole = (/** @type {number} */ value, /** @type {number} */ most) =>
    Math.min(most, Math.max(0, Math.round(value)));

  let image = whole(host.state.number("image", classes.length - 1), labels.length - 1);
  let k = whole(host.state.number("k", own), count);
  let factors = readChanges(host.state.text("changed", ""), count, k);

  const shown = {
    image: canvas28(5, "The image"),
    sum: canvas28(5, "The sum of the atoms"),
    rest: signedCanvas("What is missing in the sum"),
  };
  for (const canvas of [shown.image, shown.sum]) canvas.style.width = "100%";
  const name = make("p");
  const words = make("p");
  const errors = make("p", { class: "live-error" });
  const user = make("p", { class: "live-user" });

  /** What an atom does elsewhere, in words. */
  function about(/** @type {number} */ rank) {
    const atom = atoms[image][rank];
    const share = Math.round(100 * users[atom]);
    const often = share < 1 ? "fewer than 1" : String(share);
    return (
      `Atom ${rank + 1}: in the sums of ${often} % of all validation images, ` +
      `most often of the class ${classes[favourite[atom]]}.`
    );
  }

  const tiles = Array.from({ length: count }, (_, rank) => {
    const picture = signedCanvas("");
    const number = make("span", { class: "live-number" });
    const press = button("", () => {
      factors[rank] = factors[rank] ? 0 : 1;
      update();
    });
    press.classList.add("live-atom");
    press.append(picture);
    const input = /** @type {HTMLInputElement} */ (
      make("input", {
        type: "range",
        min: "0",
        max: String(STRONGEST),
        step: "0.1",
        "aria-label": `Strength of atom ${rank + 1}`,
      })
    );
    input.addEventListener("input", () => {
      factors[rank] = Number(input.value);
      update();
    });
    const element = make("div", { class: "live-tile" }, press, number, input);
    for (const event of ["pointerenter", "focusin"]) {
      element.addEventListener(event, () => (user.textContent = about(rank)));
    }
    return { picture, number, press, input, element };
  });

  /** What belongs to the image, and stays while its atoms change. */
  function choose() {
    const pixels = row("images", image, SIDE ** 2);
    paint28(shown.image, doubled(pixels.map((value, i) => value + mean[i])));
    name.textContent = classes[labels[image]];
    tiles.forEach((tile, rank) => {
      const start = atoms[image][rank] * SIDE ** 2;
      paintSigned(tile.picture, weights.subarray(start, start + SIDE ** 2), ATOM);
    });
    user.textContent = "Point at an atom to see who else uses it.";
    update();
  }

  function sumOf(/** @type {number[]} */ parts) {
    const numbers = row("numbers", image, count);
    return networks.decoder.run(codeOf(numbers, atoms[image], parts, width));
  }

  function update() {
    const pixels = row("images", image, SIDE ** 2);
    const numbers = row("numbers", image, count);
    const sum = sumOf(factors);
    paint28(shown.sum, doubled(sum.map((value, i) => value + mean[i])));
    paintSigned(
      shown.rest,
      sum.map((value, i) => pixels[i] - value),
      REST,
    );
    tiles.forEach(({ number, press, input }, rank) => {
      const value = (factors[rank] * numbers[rank]).toFixed(2);
      number.textContent = value;
      press.setAttribute("aria-pressed", String(factors[rank] > 0));
      press.setAttribute("aria-label", `${about(rank)} In this sum ${value} times.`);
      input.value = String(factors[rank]);
      input.setAttribute("aria-valuetext", `${factors[rank]} times its own number`);
    });
    const used = factors.filter(Boolean).length;
    const error = squaredError(pixels, sum).toFixed(4);
    const best = squaredError(pixels, sumOf(largest(count, own))).toFixed(4);
    words.textContent = used ? `${used} ${used === 1 ? "atom" : "atoms"}` : "the mean alone";
    errors.replaceChildren(make("strong", {}, error), " squared error");
    host.state.set({ image, k, changed: writeChanges(factors, k) });
    host.say(
      `${words.textContent}: squared error ${error} per pixel. The network's own ${own}: ${best}.`,
    );
  }

  const strip = pictures({
    label: "Choose an image",
    images: labels.map((_, i) =>
      doubled(row("images", i, SIDE ** 2).map((value, j) => value + mean[j])),
    ),
    names: labels.map((label, i) => `${classes[label]}, image ${i + 1}`),
    value: image,
    onpick(index) {
      image = index;
      reset();
      choose();
    },
  });
  const keep = slider({
    label: "Largest atoms",
    min: 0,
    max: count,
    step: 1,
    value: k,
    oninput(value) {
      k = value;
      reset();
      update();
    },
  });
  function reset() {
    factors = largest(count, k);
  }
  const back = button("Undo changes", () => {
    reset();
    update();
  });

  host.root.append(
    make(
      "p",
      { class: "live-try" },
      host.options.try ??
        "Press an atom to take it away. Which ones make the boot a boot and not a shoe?",
    ),
    strip.element,
    make(
      "div",
      { class: "live-row" },
      make(
        "div",
        { class: "live-equation" },
        make("div", {}, shown.image, name),
        sign("="),
        make("div", {}, shown.sum, words),
        sign("+"),
        make("div", {}, shown.rest, make("p", {}, "missing")),
      ),
      make("div", { class: "live-panel" }, keep.element, errors, back),
    ),
    make("p", { class: "live-head" }, "The atoms. Red adds light, blue takes it away."),
    make("div", { class: "live-tiles" }, ...tiles.map((tile) => tile.element)),
    user,
  );
  choose();
});

/**
 * A picture of 14 x 14 pixels with twice as many in each direction.
 *
 * @param {ArrayLike<number>} pixels
 */
function doubled(pixels) {
  const at = (/** @type {number} */ i) => Math.floor(i / 56) * SIDE + ((i % 28) >> 1);
  return Float32Array.from({ length: 784 }, (_, i) => pixels[at(i)]);
}

/** @param {string} text between two pictures */
function sign(text) {
  return make("span", { class: "live-sign" }, text);
}

/** @param {string} text what the picture shows, or nothing where a button says so */
function signedCanvas(text) {
  const canvas = canvas28(5, text);
  canvas.width = canvas.height = SIDE;
  canvas.style.width = "100%";
  if (!text) canvas.setAttribute("aria-hidden", "true");
  return canvas;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} pixels
 * @param {number} limit
 */
function paintSigned(canvas, pixels, limit) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(SIDE, SIDE);
  for (let i = 0; i < pixels.length; i++) {
    image.data.set([...signedColour(pixels[i], limit), 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
}
