/**
 * Five VAEs that differ in beta only: what they keep of garments, what they draw, and their place
 * on the curve of rate and distortion.
 *
 * Data set "beta": arrays `garments` (n, 784), `reconstructions` and `samples` (betas, n, 784),
 * facts `betas`, `rates`, `distortions` (nats per image), `classes`.
 */
import { inWords } from "../core/bars.js";
import { figure } from "../core/figure.js";
import { fit } from "../core/fit.js";
import { plot } from "../core/plot.js";
import { canvas28, label, make, paint28, slider } from "../core/widgets.js";

figure("beta", async (host) => {
  const { arrays, facts } = await host.data("beta");
  /** @type {{ betas: number[], rates: number[], distortions: number[], classes: string[] }} */
  const { betas, rates, distortions, classes } = facts;
  const asked = betas.indexOf(host.state.number("beta", 1));
  let chosen = asked < 0 ? betas.indexOf(1) : asked;

  /** Picture `i` of the chosen model, or of the garments. */
  const pixels = (/** @type {string} */ key, /** @type {number} */ i) => {
    const { values, shape } = arrays[key];
    const first = (shape.length === 3 ? chosen * shape[1] + i : i) * 784;
    return Array.from(values.subarray(first, first + 784), (byte) => byte / 255);
  };
  const row = (/** @type {string[]} */ names) => names.map((name) => canvas28(2, name));
  const garments = row(classes);
  const kept = row(classes.map((name) => `${name}, reconstructed`));
  const drawn = row(classes.map((_, i) => `drawn from code ${i + 1}`));
  garments.forEach((canvas, i) => paint28(canvas, pixels("garments", i)));

  const place = make("div", { class: "live-curve" });
  let width = 640;
  let axes = build();
  function build() {
    return plot({
      width,
      height: width < 480 ? 230 : 270,
      x: [0, Math.ceil(Math.max(...rates) / 5) * 5],
      y: [Math.floor(Math.min(...distortions) / 10) * 10 - 10, Math.max(...distortions) + 10],
      xlabel: "rate, nats per image",
      ylabel: "distortion, nats per image",
      title: "Rate and distortion of the models; the chosen one is marked",
    });
  }

  function draw() {
    axes.clear();
    /** @type {[number, number][]} */
    const points = rates.map((rate, i) => [rate, distortions[i]]);
    const [rate, distortion] = points[chosen];
    const [low, high] = axes.y.domain();
    const beta = betas[chosen];
    /** On the line of slope -beta through the chosen point, at this rate. */
    const onLine = (/** @type {number} */ at) => distortion - beta * (at - rate);
    const ends = axes.x.domain().map((at) => {
      const inside = Math.min(high, Math.max(low, onLine(at)));
      return /** @type {[number, number]} */ ([rate - (inside - distortion) / beta, inside]);
    });
    axes.line(points, "live-line");
    axes.line(ends, "live-line live-second");
    axes.dots(points);
    axes.dots([[rate, distortion]], "live-dot live-handle", 9);
  }

  /** The mouse or a finger near a point of the curve chooses it, as the slider does. */
  function follow(/** @type {PointerEvent} */ event) {
    if (event.buttons !== 1) return;
    const at = event.clientX - place.getBoundingClientRect().left;
    const far = rates.map((rate) => Math.abs(axes.x(rate) - at));
    chosen = far.indexOf(Math.min(...far));
    steps.value = chosen;
    update();
  }
  place.addEventListener("pointerdown", (event) => {
    event.preventDefault(); // or the text below is selected
    follow(event);
  });
  place.addEventListener("pointermove", follow);

  function update() {
    kept.forEach((canvas, i) => paint28(canvas, pixels("reconstructions", i)));
    drawn.forEach((canvas, i) => paint28(canvas, pixels("samples", i)));
    const [rate, distortion] = [rates[chosen], distortions[chosen]];
    host.say(
      `At β = ${betas[chosen]}: rate ${inWords(rate, 1)} + distortion ${inWords(distortion, 1)} ` +
        `= −ELBO ${inWords(rate + distortion, 1)} nats per image.`,
    );
    host.state.set({ beta: betas[chosen] });
    draw();
  }

  const steps = slider({
    label: "β",
    min: 0,
    max: betas.length - 1,
    step: 1,
    value: chosen,
    format: (i) => String(betas[i]),
    oninput(i) {
      chosen = i;
      update();
    },
  });
  const caption = (/** @type {string} */ text) => make("p", { class: "live-head" }, text);
  host.root.append(
    label("Slide β. Which model keeps most of a garment, and which one draws the best new ones?"),
    place,
    make(
      "p",
      { class: "live-parts" },
      "The dashed line falls by β for each nat of rate: it is worth taking if it saves more than that.",
    ),
    make("div", { class: "live-controls" }, steps.element),
    caption("Garments that the models have not seen, and below each what its code keeps:"),
    make(
      "div",
      { class: "live-tens" },
      ...garments.map((canvas, i) => make("span", {}, canvas, kept[i])),
    ),
    caption("Drawn from the prior, with the same ten codes for every β:"),
    make("div", { class: "live-tens" }, ...drawn),
    make("p", { class: "live-parts" }, "All this was computed when the chapter was run."),
  );
  fit(place, (now) => {
    width = now;
    axes = build();
    place.replaceChildren(axes.svg);
    draw();
  });
  update();
});
