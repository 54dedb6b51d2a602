/**
 * Walks away from a fern: choose a fern and a strength, and see a dozen steps that look first, or
 * the same steps without looking.
 *
 * Data set "ferns": network `decoder` (of the pixels that may have ink), arrays `pictures` (k, 784) of
 * the ferns to choose from, `codes` (n, d) of all ferns, theirs first, `middle` (d), `root` (d, d),
 * `inked` (784), facts `limit`, `unit`, `variety` of true ferns.
 */
import { figure } from "../core/figure.js";
import { random } from "../core/random.js";
import {
  button,
  canvas28,
  label,
  make,
  paint28,
  pictures,
  slider,
  toggle,
} from "../core/widgets.js";
import { TRIES, variety, wander, whole } from "../meadow/walk.js";
import { greyLevels } from "../pictures/images.js";

const COUNT = 12;
const CHAPTERS_FERN = 1; // the one in the chapter's picture
const STRENGTH = 0.7;

figure("fern-walk", async (host) => {
  const { networks, arrays, facts } = await host.data("ferns");
  const { codes, middle, root } = Object.fromEntries(
    Object.entries(arrays).map(([key, { values }]) => [key, values]),
  );
  const meadow = { codes, middle, root, limit: /** @type {number} */ (facts.limit) };
  const ferns = greyLevels(arrays.pictures);
  const size = middle.length;
  const decode = (/** @type {ArrayLike<number>} */ z) =>
    whole(networks.decoder.run(z), arrays.inked.values);

  const asked = Math.round(host.state.number("fern", CHAPTERS_FERN + 1)) - 1;
  let fern = ferns[asked] ? asked : CHAPTERS_FERN;
  let strength = Math.min(1, Math.max(0, host.state.number("strength", STRENGTH)));
  let looks = host.state.text("look", "yes") !== "no";
  let seed = Math.abs(Math.round(host.state.number("seed", 1)));

  const drawn = canvas28(4, "");
  const rebuilt = canvas28(4, "");
  const places = Array.from({ length: COUNT }, () => {
    const picture = canvas28(4, "");
    const distance = /** @type {HTMLDataElement} */ (make("data"));
    const word = make("span");
    const caption = make("span", { class: "live-where", "aria-hidden": "true" }, distance, word);
    return { picture, distance, word, element: make("div", {}, picture, caption) };
  });

  function update() {
    const start = codes.subarray(size * fern, size * (fern + 1));
    paint28(drawn, ferns[fern]);
    paint28(rebuilt, decode(start));
    drawn.setAttribute("aria-label", `Fern ${fern + 1}, as the artist drew it`);
    rebuilt.setAttribute("aria-label", `Fern ${fern + 1}, rebuilt by the network`);
    // A place keeps its noise while the strength changes, and what it sees first if nobody looks.
    const arrivals = places.map((_, i) =>
      wander(meadow, start, strength, random(seed + i).normal, looks),
    );
    const images = arrivals.map(({ code }) => decode(code));
    arrivals.forEach(({ far, refused, stayed }, i) => {
      const { picture, distance, word, element } = places[i];
      const beyond = far >= meadow.limit;
      paint28(picture, images[i]);
      const share = (far / meadow.limit).toFixed(2);
      distance.value = String(far);
      distance.textContent = share;
      word.textContent = stayed
        ? "stayed"
        : looks
          ? `${refused} refused`
          : beyond
            ? "beyond"
            : "within";
      element.classList.toggle("live-beyond", beyond);
      const how = stayed
        ? `no step found, it stayed`
        : looks
          ? `after ${refused} refused steps`
          : `${word.textContent} the limit`;
      picture.setAttribute("aria-label", `Variation ${i + 1}: distance ${share}, ${how}`);
    });
    tell(arrivals, variety(images, facts.unit));
  }

  function tell(
    /** @type {import("../meadow/walk.js").Arrival[]} */ arrivals,
    /** @type {number} */ v,
  ) {
    host.state.set({ fern: fern + 1, strength, look: looks ? "yes" : "no", seed });
    const refused = arrivals.reduce((sum, one) => sum + one.refused, 0);
    const stayed = arrivals.filter((one) => one.stayed).length;
    const beyond = arrivals.filter((one) => one.far >= meadow.limit).length;
    const steps = looks
      ? `${refused} steps refused, ${COUNT - stayed} taken.`
      : `${COUNT} steps taken without looking, ${beyond} of them beyond the limit.`;
    const none = stayed ? ` ${stayed} found none in ${TRIES} and stayed.` : "";
    host.say(
      `${steps}${none} Variety ${v.toFixed(2)}; two true ferns differ by ${facts.variety.toFixed(2)}.`,
    );
  }

  const choose = pictures({
    label: "Ferns of the artist",
    images: ferns,
    names: ferns.map((_, i) => `Fern ${i + 1}`),
    value: fern,
    onpick(index) {
      fern = index;
      update();
    },
  });
  const far = slider({
    label: "Strength",
    min: 0,
    max: 1,
    step: 0.05,
    value: strength,
    format: (value) => value.toFixed(2),
    oninput(value) {
      strength = value;
      update();
    },
  });
  const look = toggle("Look before you step", looks, (pressed) => {
    looks = pressed;
    update();
  });
  const again = button("Another dozen", () => {
    seed += COUNT;
    update();
  });
  const original = (/** @type {HTMLElement} */ picture, /** @type {string} */ text) =>
    make("div", {}, picture, make("span", { class: "live-where", "aria-hidden": "true" }, text));
  host.root.append(
    label(
      host.options.try ??
        "Choose a fern and walk, a little or a lot. Then step without looking: which of the marked pictures are no ferns?",
    ),
    choose.element,
    make("div", { class: "live-controls" }, far.element, look, again),
    make(
      "div",
      { class: "live-meadow" },
      make("div", { class: "live-origin" }, original(drawn, "drawn"), original(rebuilt, "rebuilt")),
      make(
        "div",
        { class: "live-variations", role: "group", "aria-label": "Twelve variations" },
        ...places.map(({ element }) => element),
      ),
      make(
        "p",
        { class: "live-note" },
        "The number says how far the code is from the nearest code of a fern. Beyond 1, the limit, a walk that looks refuses the step and tries again.",
      ),
    ),
  );
  update();
});
