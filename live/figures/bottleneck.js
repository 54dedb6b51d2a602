/**
 * One slider for the size of the code: principal components, computed here, against autoencoders.
 *
 * Data set "bottleneck": arrays `pictures` (n, 28, 28, 1), `mean`, `components`, `low`, `high` of
 * the PCA code, and `deep-2` … `shallow-64`, what the networks made of the pictures when the chapter
 * was run; facts `names` of the pictures, `sizes` of the networks' codes, `bits` of each number.
 */
import { figure } from "../core/figure.js";
import { plot } from "../core/plot.js";
import { canvas28, label, make, paint28, pictures, slider } from "../core/widgets.js";
import { bytes, decode, encode } from "../pictures/codes.js";
import { greyLevels, squaredError } from "../pictures/images.js";

const STOPS = [2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64];

figure("bottleneck", async (host) => {
  const { arrays, facts } = await host.data("bottleneck");
  /** @type {{ names: string[], sizes: number[], bits: number }} */
  const { names, sizes, bits } = facts;
  const images = greyLevels(arrays.pictures);
  /** @type {any} */
  const pca = Object.fromEntries(
    ["mean", "components", "low", "high"].map((key) => [key, arrays[key].values]),
  );
  const made = Object.fromEntries(
    ["deep", "shallow"].map((kind) => [
      kind,
      sizes.map((size) => greyLevels(arrays[`${kind}-${size}`])),
    ]),
  );
  let picked = Math.min(images.length - 1, Math.max(0, host.state.number("picture", 9)));

  const panels = ["original", "PCA", "deep", "shallow"].map((key) => {
    const title = key === "PCA" || key === "original" ? key : `${key} network`;
    const picture = canvas28(6.5, title);
    const line = make("i", { class: `live-stroke live-${key}` });
    const head = make("p", { class: "live-head" }, title);
    const words = make("p", { class: "live-measure" });
    return {
      key,
      picture,
      words,
      card: make("div", { class: "live-exhibit" }, picture, line, head, words),
    };
  });
  const [original, linear, ...networks] = panels;
  original.words.replaceChildren("784 pixels", make("br"), "784 bytes");

  /** @type {[number, number]} */
  const across = [STOPS[0] * 0.9, STOPS[STOPS.length - 1] * 1.1];
  const axes = plot({
    width: 360,
    height: 250,
    x: across,
    y: [0.001, 0.1],
    xlabel: "code size (numbers)",
    ylabel: "squared error per pixel",
    title: "Error of this picture against the size of the code, by PCA and by the networks",
    logx: true,
    logy: true,
    ticks: 4,
  });
  /** @type {import("d3-scale").ScaleLogarithmic<number, number>} */ (axes.x).base(2);

  /** Of each method the picture and the error at every size, for the picture that is picked. */
  function compute() {
    const image = images[picked];
    const code = encode(pca, image, bits);
    const byPca = STOPS.map((size) => decode(pca, code, size));
    const curve = (/** @type {Float32Array[]} */ copies) =>
      copies.map((copy) => squaredError(image, copy));
    return {
      PCA: { sizes: STOPS, copies: byPca, errors: curve(byPca) },
      ...Object.fromEntries(
        Object.entries(made).map(([kind, bySize]) => {
          const copies = bySize.map((one) => one[picked]);
          return [kind, { sizes, copies, errors: curve(copies) }];
        }),
      ),
    };
  }
  /** @type {Record<string, { sizes: number[], copies: Float32Array[], errors: number[] }>} */
  let methods = compute();

  function update() {
    const size = STOPS[code.value];
    axes.clear();
    const [low, high] = axes.y.domain();
    axes.line(
      [
        [size, low],
        [size, high],
      ],
      "live-now",
    );
    const now = [linear, ...networks].map(({ key, picture, words }) => {
      const { sizes: own, copies, errors } = methods[key];
      const at = lastUpTo(own, size);
      paint28(picture, copies[at]);
      words.replaceChildren(
        `${own[at]} numbers`,
        make("br"),
        `${bytes(own[at], bits)} bytes`,
        make("br"),
        make("strong", {}, `error ${errors[at].toFixed(4)}`),
      );
      const points = own.map(
        (k, i) => /** @type {[number, number]} */ ([k, Math.max(low, errors[i])]),
      );
      axes.line(points, `live-line live-${key}`);
      if (key !== "PCA") axes.dots(points, `live-dot live-${key}`, 3);
      axes.dots([points[at]], `live-dot live-${key}`, 6);
      return { size: own[at], error: errors[at] };
    });
    host.state.set({ size, picture: picked });
    const [own, deep, shallow] = now;
    const times = (/** @type {{ error: number }} */ other) => (own.error / other.error).toFixed(2);
    host.say(
      `With ${size} numbers PCA's error is ${times(deep)} times the deep network's with ${deep.size}, and ${times(shallow)} times the shallow network's.`,
    );
  }

  function show() {
    paint28(original.picture, images[picked]);
    methods = compute();
    const all = Object.values(methods).flatMap(({ errors }) => errors);
    axes.ranges(across, [Math.max(1e-5, Math.min(...all) / 1.3), Math.max(...all) * 1.3]);
    update();
  }

  const code = slider({
    label: "Code",
    min: 0,
    max: STOPS.length - 1,
    step: 1,
    value: lastUpTo(STOPS, host.state.number("size", 8)),
    format: (value) => `${STOPS[value]} numbers`,
    oninput: update,
  });
  const strip = pictures({
    label: "Pictures",
    images,
    names,
    value: picked,
    onpick: (index) => {
      picked = index;
      show();
    },
  });
  const note = make(
    "p",
    { class: "live-note" },
    `Validation images, a column for each class; the last row is not of the data. Each number of a code takes ${bits} bits. PCA is computed here. The networks' pictures were computed when the chapter was run, for ${sizes.slice(0, -1).join(", ")} and ${sizes[sizes.length - 1]} numbers: between these sizes you see those of the smaller one.`,
  );
  host.root.append(
    label(
      "Give all three 8 numbers. Then slide on: how many does PCA need until it is as good as the networks with 8?",
    ),
    make("div", { class: "live-exhibits" }, ...panels.map((one) => one.card)),
    make("div", { class: "live-controls" }, code.element),
    make("div", { class: "live-below" }, strip.element, axes.svg),
    note,
  );
  show();
});

/**
 * Where the last of some sizes is that does not exceed another, or the first.
 *
 * @param {number[]} sizes in rising order
 * @param {number} limit
 */
function lastUpTo(sizes, limit) {
  return Math.max(0, sizes.filter((size) => size <= limit).length - 1);
}
