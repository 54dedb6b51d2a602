/** One normal q and a density p with two humps: what the two directions of the divergence ask for. */
import { bars, inWords } from "../core/bars.js";
import { bell, legend } from "../core/bell.js";
import { figure } from "../core/figure.js";
import { glider } from "../core/glide.js";
import { button, label, make, slider } from "../core/widgets.js";
import { descend, downhill, forward, reverse } from "../maths/divergence.js";
import { mixture } from "../maths/normal.js";

const MIDDLE = 0.25; // between the humps of the chapter, whose distance is 3.5
const NEAREST = 1;
const FARTHEST = 6;
const SHARES = [0.6, 0.4];
const SDS = [0.5, 0.7];
/** @type {[number, number]} */
const RANGE = [-6, 6.5];

figure("two-humps", (host) => {
  /** @type {import("../maths/normal.js").Normal} */
  let q = { mean: host.state.number("mean", 0.8), sd: host.state.number("sd", 0.9) };
  let distance = Math.min(FARTHEST, Math.max(NEAREST, host.state.number("distance", 3.5)));
  let { p, kinds } = target();
  const glide = glider(host.calm);

  function target() {
    const humps = [-1, 1].map((side, i) => {
      return { share: SHARES[i], mean: MIDDLE + (side * distance) / 2, sd: SDS[i] };
    });
    const density = mixture(humps);
    return { p: density, kinds: { reverse: reverse(density), forward: forward(density) } };
  }

  const picture = bell({
    label: "The top of q",
    title: "A density p with two humps, and the normal density q",
    x: RANGE,
    top: 1.05,
    widest: 4,
    q: () => q,
    onmove: move,
    curves: () => [{ density: (z) => Math.exp(p.logDensity(z)), className: "live-line" }],
  });
  const apart = slider({
    label: "distance of the humps",
    min: NEAREST,
    max: FARTHEST,
    step: 0.1,
    value: distance,
    format: (value) => value.toFixed(1),
    oninput(value) {
      distance = value;
      ({ p, kinds } = target());
      move(q);
    },
  });
  const costs = bars({
    low: 0,
    high: 4,
    rows: [{ name: "reverse KL(q ‖ p)", className: "live-second" }, { name: "forward KL(p ‖ q)" }],
  });

  /** By the reader, who thereby takes over. */
  function move(/** @type {typeof q} */ next) {
    glide.stop();
    set(picture.within(next));
  }

  function set(/** @type {typeof q} */ next) {
    q = next;
    const values = { reverse: kinds.reverse.value(q), forward: kinds.forward.value(q) };
    costs.set(0, 0, values.reverse, values.reverse);
    costs.set(1, 0, values.forward, values.forward);
    host.state.set({ mean: q.mean, sd: q.sd, distance });
    const words = `q has the mean ${inWords(q.mean, 2)} and the standard deviation ${q.sd.toFixed(2)}.`;
    const level = (/** @type {keyof typeof kinds} */ kind) =>
      kinds[kind].slopes(q).every((slope) => Math.abs(slope) < 1e-4);
    if (level("reverse")) host.say(`A minimum of the reverse KL: ${words} Is it the only one?`);
    else if (level("forward")) host.say(`The minimum of the forward KL: ${words} Both are p's.`);
    else host.say(words);
    picture.draw();
  }

  function minimise(/** @type {keyof typeof kinds} */ kind) {
    const { slopes } = kinds[kind];
    glide.start(() => {
      const next = downhill(q, slopes(q), 0.1);
      const more = Math.abs(next.mean - q.mean) + Math.abs(next.sd - q.sd) > 2e-4;
      set(more ? next : descend(next, slopes));
      return more;
    });
  }

  host.root.append(
    label(
      "Put q somewhere by its top, then let it roll downhill. " +
        "How many places can you find where the reverse KL comes to rest?",
    ),
    legend([
      { name: "q(z)", className: "live-second" },
      { name: "p(z)", className: "" },
    ]),
    picture.element,
    make("div", { class: "live-controls live-stack" }, apart.element),
    costs.element,
    make(
      "div",
      { class: "live-controls" },
      button("Minimise reverse KL", () => minimise("reverse")),
      button("Minimise forward KL", () => minimise("forward")),
    ),
  );
  move(q);
});
