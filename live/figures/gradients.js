/** Two estimators of one gradient, thousands of times each: how far do they scatter? */
import { inWords } from "../core/bars.js";
import { figure } from "../core/figure.js";
import { fit } from "../core/fit.js";
import { plot } from "../core/plot.js";
import { random } from "../core/random.js";
import { button, label, make, slider, toggle } from "../core/widgets.js";
import { estimate, theory, truth } from "../maths/estimators.js";

const REPETITIONS = 2000;
const SLICE = 8; // milliseconds of drawing in one frame
const FEWEST = 2; // estimates that have a standard deviation
const DIMENSIONS = [1, 3, 10, 30, 100];
const MOST_LOG2 = 7; // 128 draws for an estimate
const BINS = 61;
const BAR = 1.08; // the highest bar leaves a little room above

figure("gradients", (host) => {
  const setting = {
    draws: 2 ** within(1, MOST_LOG2, Math.round(host.state.number("log2draws", 3))),
    dimension: DIMENSIONS.find((d) => d >= host.state.number("dimension", 1)) ?? 1,
    mu: within(-2, 2, host.state.number("mu", 0.5)),
  };
  let seed = host.state.number("seed", 1);
  let generator = random(seed);
  let done = 0; // estimates so far, of each kind
  const found = {
    score: new Float64Array(REPETITIONS),
    baseline: new Float64Array(REPETITIONS),
    path: new Float64Array(REPETITIONS),
  };
  let frame = 0;
  let width = 640;

  const rows = [row("Score function", ""), row("Pathwise", "live-second")];

  /**
   * @param {string} name
   * @param {string} className
   */
  function row(name, className) {
    const place = make("div", { class: "live-histogram" });
    const title = make("b", { class: className }, name);
    const words = make("span");
    const element = make("div", {}, make("p", { class: "live-caption" }, title, words), place);
    return { name, className, place, title, words, element, axes: axesOf(name) };
  }

  function axesOf(/** @type {string} */ name) {
    return plot({
      width, height: 150, x: range(), y: [0, BAR], xlabel: "", ylabel: "",
      title: `Histogram of the estimates: ${name}`, ticks: width < 480 ? 5 : 9,
    }); // prettier-ignore
  }

  /** From minus to plus a round number, so that all but the rarest estimates are in view. */
  function range() {
    const reach = Math.abs(truth(setting)) + 3.5 * theory(setting).score;
    const power = 10 ** Math.floor(Math.log10(reach));
    const end = power * ([1.5, 2, 3, 5, 7].find((factor) => factor * power >= reach) ?? 10);
    return /** @type {[number, number]} */ ([-end, end]);
  }

  /** Forget all estimates and make new ones, a slice in every frame. */
  function restart() {
    cancelAnimationFrame(frame);
    generator = random(seed);
    done = 0;
    for (const one of rows) one.axes.ranges(range(), [0, BAR]);
    host.state.set({ ...setting, log2draws: Math.log2(setting.draws), seed });
    const more = () => {
      const end = performance.now() + SLICE;
      do {
        const { score, baseline, path } = estimate(setting, generator);
        found.score[done] = score;
        found.baseline[done] = baseline;
        found.path[done++] = path;
      } while (done < FEWEST || (done < REPETITIONS && performance.now() < end));
      draw();
      if (done < REPETITIONS) frame = requestAnimationFrame(more);
    };
    frame = requestAnimationFrame(more);
  }

  function draw() {
    if (done < FEWEST) return; // the next frame draws
    const kinds = /** @type {const} */ ([leaveOneOut ? "baseline" : "score", "path"]);
    const [low, high] = range();
    const edges = Array.from({ length: BINS + 1 }, (_, i) => low + (i / BINS) * (high - low));
    const expected = theory(setting);
    const spreads = kinds.map((kind, i) => {
      const estimates = found[kind].subarray(0, done);
      const counts = new Array(BINS).fill(0);
      for (const value of estimates) {
        const bin = Math.floor(((value - low) / (high - low)) * BINS);
        if (bin >= 0 && bin < BINS) counts[bin]++;
      }
      const most = Math.max(...counts);
      const { mean, sd } = moments(estimates);
      const { axes, words, className } = rows[i];
      axes.clear();
      axes.bars(
        edges,
        counts.map((count) => count / most),
        `live-bar ${className}`,
      );
      axes.line(
        [
          [truth(setting), 0],
          [truth(setting), BAR],
        ],
        "live-line live-truth",
      );
      words.textContent =
        `mean ${inWords(mean, 2)}, standard deviation ${digits(sd)} ` +
        `(by the formula ${digits(expected[kind])})`;
      return sd;
    });
    rows[0].title.textContent = leaveOneOut ? "Score function, leave-one-out" : "Score function";
    const worth = Number(((spreads[0] / spreads[1]) ** 2).toPrecision(2)).toLocaleString("en");
    host.say(
      `${done.toLocaleString("en")} estimates by each; the true gradient is ` +
        `${inWords(truth(setting), 2)}. ` +
        `One pathwise draw is worth ${worth} draws of the other.`,
    );
  }

  let leaveOneOut = host.state.text("baseline", "false") === "true";
  const baseline = toggle("Leave-one-out baseline", leaveOneOut, (pressed) => {
    leaveOneOut = pressed;
    host.state.set({ baseline: String(pressed) });
    draw();
  });

  host.root.append(
    label(
      "Raise the dimension: which of the two scatters more, and how many draws bring it back? " +
        "The upright line is the true gradient.",
    ),
    ...rows.map((one) => one.element),
    make(
      "div",
      { class: "live-controls live-stack" },
      slider({
        label: "dimension of the code",
        min: 0,
        max: DIMENSIONS.length - 1,
        step: 1,
        value: DIMENSIONS.indexOf(setting.dimension),
        format: (i) => String(DIMENSIONS[i]),
        oninput(i) {
          setting.dimension = DIMENSIONS[i];
          restart();
        },
      }).element,
      slider({
        label: "draws for an estimate",
        min: 1,
        max: MOST_LOG2,
        step: 1,
        value: Math.log2(setting.draws),
        format: (power) => String(2 ** power),
        oninput(power) {
          setting.draws = 2 ** power;
          restart();
        },
      }).element,
      slider({
        label: "mean μ",
        min: -2,
        max: 2,
        step: 0.05,
        value: setting.mu,
        format: (mu) => inWords(mu, 2),
        oninput(mu) {
          setting.mu = mu;
          restart();
        },
      }).element,
    ),
    make(
      "div",
      { class: "live-controls" },
      baseline,
      button("New draws", () => {
        seed++;
        restart();
      }),
    ),
  );
  fit(host.root, (now) => {
    width = now;
    for (const one of rows) {
      one.axes = axesOf(one.name);
      one.place.replaceChildren(one.axes.svg);
    }
    draw();
  });
  restart();
});

/** @param {number} low @param {number} high @param {number} value */
function within(low, high, value) {
  return Math.min(high, Math.max(low, value));
}

/** @param {Float64Array} values */
function moments(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, sd: Math.sqrt(variance) };
}

/** Three digits that count. @param {number} value */
function digits(value) {
  return value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(value))));
}
