/** A proposal q that the reader moves and widens: ELBO and KL always add up to the log evidence. */
import { bars, inWords } from "../core/bars.js";
import { bell, legend } from "../core/bell.js";
import { figure } from "../core/figure.js";
import { glider } from "../core/glide.js";
import { button, label, make, slider } from "../core/widgets.js";
import {
  elbo, gap, LOG_EVIDENCE, POSTERIOR, PRIOR, reconstruction, slopes,
} from "../maths/bound.js"; // prettier-ignore
import { descend, downhill } from "../maths/divergence.js";
import { klNormals, logNormal } from "../maths/normal.js";

/** @type {[number, number]} */
const RANGE = [-3, 5];
const WIDEST = 3;

figure("elbo", (host) => {
  /** @type {import("../maths/normal.js").Normal} */
  let q = { mean: host.state.number("mean", -0.4), sd: host.state.number("sd", 0.6) };
  const glide = glider(host.calm);

  const picture = bell({
    label: "The top of q",
    title: "The densities of the prior, of the posterior and of q",
    x: RANGE,
    top: 1.6,
    widest: WIDEST,
    q: () => q,
    onmove: move,
    curves: () => [
      { density: (z) => Math.exp(logNormal(z, PRIOR)), className: "live-line live-third" },
      { density: (z) => Math.exp(logNormal(z, POSTERIOR)), className: "live-line" },
    ],
  });
  const mean = slider({
    label: "mean of q",
    min: RANGE[0],
    max: RANGE[1],
    step: 0.01,
    value: q.mean,
    format: (value) => inWords(value, 2),
    oninput: (value) => move({ ...q, mean: value }),
  });
  const spread = slider({
    label: "standard deviation",
    min: Math.log(picture.narrowest),
    max: Math.log(WIDEST),
    step: 0.005,
    value: Math.log(q.sd),
    format: (value) => inWords(Math.exp(value), 2),
    oninput: (value) => move({ ...q, sd: Math.exp(value) }),
  });
  const sum = bars({
    low: -8,
    high: 0,
    line: LOG_EVIDENCE,
    rows: [
      { name: "ELBO", className: "live-second" },
      { name: "+ KL(q ‖ p(z | x))", className: "live-missing" },
      { name: "= log p(x)" },
    ],
  });
  const parts = make("p", { class: "live-parts" });

  /** By the reader, who thereby takes over. */
  function move(/** @type {typeof q} */ next) {
    glide.stop();
    set(picture.within(next));
  }

  function set(/** @type {typeof q} */ next) {
    q = next;
    mean.value = q.mean;
    spread.value = Math.log(q.sd);
    const bound = elbo(q);
    sum.set(0, bound, 0, bound);
    sum.set(1, bound, LOG_EVIDENCE, gap(q));
    sum.set(2, LOG_EVIDENCE, 0, LOG_EVIDENCE);
    parts.textContent =
      `The ELBO is the mean of log p(x | z) over q, ${inWords(reconstruction(q))}, ` +
      `less KL(q ‖ p(z)), ${inWords(klNormals(q, PRIOR))}.`;
    host.state.set({ mean: q.mean, sd: q.sd });
    host.say(inText());
    picture.draw();
  }

  function inText() {
    if (gap(q) < 5e-4) return "q is the posterior, and the ELBO is the log evidence.";
    const times = q.sd / POSTERIOR.sd;
    const shift = Math.abs(q.mean - POSTERIOR.mean);
    const side = q.mean < POSTERIOR.mean ? "left" : "right";
    const where = shift < 0.005 ? "in its middle" : `${shift.toFixed(2)} to its ${side}`;
    return `q is ${times.toFixed(2)} times as wide as the posterior and ${where}.`;
  }

  function climb() {
    glide.start(() => {
      const next = downhill(q, slopes(q), 0.1);
      const more = Math.abs(next.mean - q.mean) + Math.abs(next.sd - q.sd) > 2e-4;
      set(more ? next : descend(next, slopes));
      return more;
    });
  }

  host.root.append(
    label(
      "Drag q by its top until the ELBO is as large as it can be. " +
        "Which costs more: twice the posterior's width, or half of it?",
    ),
    legend([
      { name: "q(z)", className: "live-second" },
      { name: "posterior p(z | x)", className: "" },
      { name: "prior p(z)", className: "live-third" },
    ]),
    picture.element,
    make("div", { class: "live-controls live-stack" }, mean.element, spread.element),
    sum.element,
    parts,
    make(
      "div",
      { class: "live-controls" },
      button("Climb the ELBO", climb),
      button("Put q on the prior", () => move(PRIOR)),
      button("Twice as wide", () => move({ ...q, sd: 2 * q.sd })),
      button("Half as wide", () => move({ ...q, sd: q.sd / 2 })),
    ),
  );
  move(q);
});
