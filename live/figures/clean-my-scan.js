/**
 * A page of the reader's own, cleaned in the browser as the command does it. It is sent nowhere.
 *
 * Data set "document-cleaner": network `cleaner`, array `example`, the bytes of an image file.
 */
import { figure } from "../core/figure.js";
import { button, label, make, slider, toggle } from "../core/widgets.js";
import { startCleaning } from "../scan/pool.js";
import { COLOURS, KEEP, notAnImage, pixelsOfPng, tooLarge, whyNot } from "../scan/words.js";
import workerText from "worker:../scan/worker.js";

const LARGEST_VIEW = 2000; // pixels: the longer side of a picture as it is shown
const NETWORK_SHARE = 0.7; // of the time, roughly

/**
 * @typedef {import("../scan/pool.js").Result} Result
 * @typedef {{ name: string, file: Blob, address: string }} Scan a file, and the address of its picture
 * @typedef {Scan & { result: Result, saved: string }} Cleaned with the address of the file to save
 */

figure("clean-my-scan", async (host) => {
  /** @type {Cleaned | null} what is shown, or comes back when the next page is given up */
  let cleaned = null;
  /** @type {(Scan & { stop: () => void }) | null} what is being cleaned */
  let current = null;
  let asked = 0; // how many pages were given
  let keep = host.state.text("keep", "false") === "true";

  // What there is to see.
  const before = /** @type {HTMLImageElement} */ (make("img", { class: "live-before", alt: "" }));
  const after = canvas("live-after");
  const marks = canvas("live-marks");
  const edge = make("div", { class: "live-edge" });
  const view = make("div", { class: "live-view", role: "img" }, before, after, marks, edge);
  const bar = /** @type {HTMLProgressElement} */ (
    make("progress", { max: "1", value: "0", "aria-label": "Cleaned so far" })
  );
  const notes = make("ul", { class: "live-notes" });

  const wipe = slider({
    label: "Compare",
    min: 0,
    max: 100,
    step: 1,
    value: 50,
    format: (value) => `${value} % scan`,
    oninput: setWipe,
  });
  const pick = input({});
  const photograph = input({ capture: "environment" });
  const cancel = button("Cancel", () => {
    giveUp();
    host.say("Cancelled; nothing was changed.");
  });
  const save = /** @type {HTMLAnchorElement} */ (
    make("a", { class: "live-button", href: "#" }, "Save as PNG")
  );
  const mark = toggle("Mark the places", false, (pressed) => {
    marks.hidden = !pressed;
  });
  const keeping = toggle(KEEP, keep, (pressed) => {
    keep = pressed;
    host.state.set({ keep: String(keep) });
    const scan = current ?? cleaned;
    if (scan) begin(scan.file, scan.name);
  });
  const camera = button("Photograph a page", () => photograph.click());
  camera.hidden = !matchMedia("(pointer: coarse)").matches;
  const zone = make(
    "div",
    { class: "live-drop" },
    make("p", {}, "Drop or paste a page here. It stays on your computer."),
    make(
      "div",
      { class: "live-controls" },
      button("Choose a page", () => pick.click()),
      camera,
      button("Take an example", example),
    ),
  );
  const step = make("span", { "aria-hidden": "true" }); // the status line says the same
  const running = make("div", { class: "live-controls live-running" }, bar, cancel, step);
  const trouble = make("p", { class: "live-trouble", "aria-hidden": "true", hidden: "" });
  zone.append(trouble);
  const controls = make("div", { class: "live-controls" }, save, mark, keeping);
  const stage = make("div", { class: "live-stage" }, view, wipe.element);
  host.root.append(
    label(host.options.try ?? "Give it a page of your own: what of the dirt is left, and what of the text?"),
    zone, running, stage, controls, notes, pick, photograph,
  ); // prettier-ignore
  setWipe(wipe.value);
  present();
  host.say("A scan or a photo of a page of text, in colour or grey.");

  /** @param {string} name of a class */
  function canvas(name) {
    return /** @type {HTMLCanvasElement} */ (make("canvas", { class: name }));
  }

  /** @param {Record<string, string>} attributes */
  function input(attributes) {
    const element = /** @type {HTMLInputElement} */ (
      make("input", { type: "file", accept: "image/*", hidden: "", ...attributes })
    );
    element.addEventListener("change", () => {
      take(element.files);
      element.value = ""; // the same file can be chosen again
    });
    return element;
  }

  /** @param {number} share of the picture that shows the scan, in per cent */
  function setWipe(share) {
    view.style.setProperty("--live-wipe", `${share}%`);
  }

  /**
   * Take the first of the files that a reader has given.
   *
   * @param {FileList | null | undefined} files
   */
  function take(files) {
    const [one] = files ?? [];
    if (one) begin(one, one.name || "The picture");
  }

  /** Clean the page that comes with the book. */
  async function example() {
    const { arrays } = await host.data("document-cleaner");
    await begin(new Blob([new Uint8Array(arrays.example.values)]), "example.webp");
  }

  /**
   * Clean an image. Whatever is wrong with it, the page before stays.
   *
   * @param {Blob} file
   * @param {string} name
   */
  async function begin(file, name) {
    const turn = ++asked;
    const start = await startOf(file);
    const address = URL.createObjectURL(file);
    const refused = start
      ? (whyNot(name, start) ?? tooLarge(name, pixelsOfPng(start) ?? 0))
      : `${name} cannot be read; give the file of one scan, not a folder.`;
    const size = refused ? null : await sizeOf(address);
    const wrong = refused ?? (size ? tooLarge(name, size.width * size.height) : notAnImage(name));
    const network = wrong ? null : await networkOf();
    if (turn !== asked || !size || !network) {
      URL.revokeObjectURL(address);
      if (wrong) complain(wrong);
      return;
    }
    giveUp();
    show({ name, file, address }, size);
    running.hidden = false;
    trouble.hidden = true;
    bar.value = 0;
    step.textContent = "";
    host.say(`${name} is being cleaned.`);
    const stop = startCleaning(workerText, network, file, keep, {
      say: (text) => {
        step.textContent = text;
        host.say(`${name}: ${text}`);
      },
      progress: (share) => {
        bar.value = NETWORK_SHARE * share;
      },
      preview: (bitmap, place) => {
        const { width, height } = after;
        const context = /** @type {CanvasRenderingContext2D} */ (after.getContext("2d"));
        const [x, y] = [place.left * width, place.top * height];
        context.drawImage(bitmap, x, y, place.width * width, place.height * height);
        bitmap.close();
      },
      result: (result) => {
        current = null;
        if (cleaned) for (const old of [cleaned.address, cleaned.saved]) URL.revokeObjectURL(old);
        cleaned = { name, file, address, result, saved: URL.createObjectURL(result.png) };
        present();
        const state = result.alike ? "was clean already" : "is clean";
        host.say(
          `${name} ${state}: ${result.width} x ${result.height} pixels. Drag across it to compare.`,
        );
      },
      wrong: (reason) => {
        giveUp();
        complain(`${name} could not be cleaned: ${reason}.`);
      },
    });
    current = { name, file, address, stop };
  }

  /**
   * Say what is wrong, at the place where the page was dropped, too.
   *
   * @param {string} sentence
   */
  function complain(sentence) {
    trouble.textContent = sentence;
    trouble.hidden = false;
    host.say(sentence);
  }

  /** The network; null, and a sentence, if it cannot be had or not be run. */
  async function networkOf() {
    try {
      if (!("OffscreenCanvas" in window)) throw new Error("This needs a newer browser.");
      return (await host.data("document-cleaner")).networks.cleaner;
    } catch (error) {
      complain(error instanceof Error ? error.message : String(error));
      return null;
    }
  }

  /** Stop what is being cleaned, and show the page before. */
  function giveUp() {
    if (!current) return;
    current.stop();
    URL.revokeObjectURL(current.address);
    current = null;
    present();
  }

  /** Show the page that was cleaned last, if there is one. */
  function present() {
    running.hidden = true;
    stage.hidden = !cleaned;
    controls.hidden = notes.hidden = !cleaned;
    if (!cleaned) return;
    const { result } = cleaned;
    show(cleaned, result);
    controls.hidden = notes.hidden = false;
    paint(after, result.picture);
    mark.hidden = !result.marks;
    if (result.marks) paint(marks, result.marks);
    for (const note of result.notes) frame(note, marks.width / result.width);
    marks.hidden = mark.getAttribute("aria-pressed") !== "true";
    save.href = cleaned.saved;
    save.download = `${cleaned.name.replace(/\.\w+$/, "")}-clean.png`;
    const swatch = (/** @type {number} */ change) =>
      make("i", { style: `background: ${colourOf(change)}` });
    notes.replaceChildren(
      ...sentencesOn(result).map((text) => make("li", {}, text)),
      ...result.notes.map(({ text, change }) => make("li", {}, swatch(change), text)),
    );
  }

  /**
   * Draw frames around the places of a change.
   *
   * @param {import("../scan/words.js").Note} note
   * @param {number} scale of the drawing
   */
  function frame({ change, boxes }, scale) {
    const context = /** @type {CanvasRenderingContext2D} */ (marks.getContext("2d"));
    context.strokeStyle = colourOf(change);
    context.lineWidth = Math.max(2, marks.width / 300);
    for (const box of boxes) {
      const [left, top, right, bottom] = box.map((side) => side * scale);
      context.strokeRect(left - 3, top - 3, right - left + 6, bottom - top + 6);
    }
  }

  /**
   * Show the scan, with an empty place for the clean page.
   *
   * @param {Scan} scan
   * @param {{ width: number, height: number }} size
   */
  function show({ name, address }, { width, height }) {
    before.src = address;
    view.setAttribute("aria-label", `${name}: the scan, and beside it the clean page`);
    view.style.aspectRatio = `${width} / ${height}`;
    const scale = Math.min(1, LARGEST_VIEW / Math.max(width, height));
    for (const layer of [after, marks]) {
      layer.width = Math.max(1, Math.round(width * scale));
      layer.height = Math.max(1, Math.round(height * scale));
    }
    stage.hidden = false;
    controls.hidden = notes.hidden = true;
  }

  // What a reader does.
  view.addEventListener("pointerdown", (event) => {
    event.preventDefault(); // or the text below is selected
    view.setPointerCapture(event.pointerId);
    drag(event);
  });
  view.addEventListener("pointermove", (event) => {
    if (view.hasPointerCapture(event.pointerId)) drag(event);
  });
  /** @param {PointerEvent} event */
  function drag({ clientX }) {
    const { left, width } = view.getBoundingClientRect();
    wipe.value = Math.max(0, Math.min(100, Math.round((100 * (clientX - left)) / width)));
    setWipe(wipe.value);
  }
  document.addEventListener("paste", (event) => {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    take(event.clipboardData.files);
  });
  // A file that misses the zone would take the reader away from the page.
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    zone.classList.add("live-over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) zone.classList.remove("live-over");
  });
  document.addEventListener("drop", (event) => {
    zone.classList.remove("live-over");
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    if (event.dataTransfer.files.length) take(event.dataTransfer.files);
    else complain("That is not a file; save the picture first, then drop it here.");
  });
});

/**
 * The first bytes of a file.
 *
 * @param {Blob} file
 * @returns {Promise<Uint8Array | null>} null for a folder, or what is gone
 */
async function startOf(file) {
  try {
    return new Uint8Array(await file.slice(0, 1024).arrayBuffer());
  } catch {
    return null;
  }
}

/**
 * The size of an image, of which the browser reads no more than it needs for that.
 *
 * @param {string} address
 * @returns {Promise<{ width: number, height: number } | null>} null for what is no image
 */
function sizeOf(address) {
  return new Promise((resolve) => {
    const image = new Image();
    image.onload = () => resolve({ width: image.naturalWidth, height: image.naturalHeight });
    image.onerror = () => resolve(null);
    image.src = address;
  });
}

/**
 * @param {HTMLCanvasElement} layer
 * @param {ImageBitmap} picture
 */
function paint(layer, picture) {
  const context = /** @type {CanvasRenderingContext2D} */ (layer.getContext("2d"));
  context.clearRect(0, 0, layer.width, layer.height);
  context.drawImage(picture, 0, 0, layer.width, layer.height);
}

/** @param {number} change */
const colourOf = (change) => `rgb(${COLOURS[change].join(" ")})`;

/**
 * What a reader should know of a clean page, besides its notes.
 *
 * @param {Result} result
 */
function sentencesOn({ alike, negative, scale }) {
  const sentences = [];
  if (alike) sentences.push("This page was clean already: hardly anything has changed.");
  if (negative) {
    sentences.push(
      "Its letters are lighter than their ground: it was cleaned as a negative, and turned back.",
    );
  }
  if (scale > 1) {
    sentences.push(`Its strokes are wide: the network saw it ${scale.toFixed(1)} times smaller.`);
  }
  return sentences;
}
