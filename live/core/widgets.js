/** Controls and small pictures. */

let counter = 0;

/**
 * @param {string} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/**
 * The line above a figure that says what to try.
 *
 * @param {string} text
 */
export function label(text) {
  return make("p", { class: "live-try" }, text);
}

/**
 * @param {{
 *   label: string, min: number, max: number, step: number, value: number,
 *   format?: (value: number) => string, oninput: (value: number) => void,
 * }} options
 * @returns {{ element: HTMLElement, value: number }} `value` can be set, which tells nobody
 */
export function slider({ label: text, min, max, step, value, format = String, oninput }) {
  const input = /** @type {HTMLInputElement} */ (
    make("input", { type: "range", id: `live-input-${++counter}` })
  );
  Object.assign(input, { min, max, step, value });
  const shown = make("output", { for: input.id });
  const show = () => {
    const words = format(Number(input.value));
    shown.textContent = words;
    input.setAttribute("aria-valuetext", words);
  };
  input.addEventListener("input", () => {
    show();
    oninput(Number(input.value));
  });
  show();
  const name = make("label", { for: input.id }, text);
  return {
    element: make("div", { class: "live-slider" }, name, input, shown),
    get value() {
      return Number(input.value);
    },
    set value(next) {
      input.value = String(next);
      show();
    },
  };
}

/**
 * @param {string} text
 * @param {() => void} onclick
 * @returns {HTMLButtonElement}
 */
export function button(text, onclick) {
  const element = /** @type {HTMLButtonElement} */ (
    make("button", { type: "button", class: "live-button" }, text)
  );
  element.addEventListener("click", onclick);
  return element;
}

/**
 * A button that stays down.
 *
 * @param {string} text
 * @param {boolean} pressed at the start
 * @param {(pressed: boolean) => void} onchange
 */
export function toggle(text, pressed, onchange) {
  const element = button(text, () => {
    pressed = !pressed;
    element.setAttribute("aria-pressed", String(pressed));
    onchange(pressed);
  });
  element.setAttribute("aria-pressed", String(pressed));
  return element;
}

/**
 * One of several, as radio buttons in a row.
 *
 * @param {{
 *   label: string, options: { value: string, text: string }[], value: string,
 *   onchange: (value: string) => void,
 * }} options
 * @returns {{ element: HTMLElement, value: string }} `value` can be set, which tells nobody
 */
export function choice({ label: text, options, value, onchange }) {
  const name = `live-choice-${++counter}`;
  const inputs = options.map((option) => {
    const input = /** @type {HTMLInputElement} */ (
      make("input", { type: "radio", name, value: option.value })
    );
    input.checked = option.value === value;
    input.addEventListener("change", () => onchange(option.value));
    return input;
  });
  const labels = options.map((option, i) => make("label", {}, inputs[i], option.text));
  const legend = make("legend", {}, text);
  return {
    element: make("fieldset", { class: "live-choice" }, legend, ...labels),
    get value() {
      return inputs.find((input) => input.checked)?.value ?? "";
    },
    set value(next) {
      for (const input of inputs) input.checked = input.value === next;
    },
  };
}

/**
 * A canvas for a picture of 28 x 28 pixels.
 *
 * @param {number} scale CSS pixels for each of its pixels
 * @param {string} text what it shows, for those who do not see it
 * @returns {HTMLCanvasElement}
 */
export function canvas28(scale, text) {
  const canvas = /** @type {HTMLCanvasElement} */ (
    make("canvas", { class: "live-picture", role: "img", "aria-label": text })
  );
  canvas.width = canvas.height = 28;
  canvas.style.width = `${28 * scale}px`;
  return canvas;
}

/**
 * Draw a picture, white on black as in the book.
 *
 * @param {HTMLCanvasElement} canvas of 28 x 28 pixels
 * @param {ArrayLike<number>} pixels 784 numbers; beyond [0, 1] they are cut
 */
export function paint28(canvas, pixels) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(28, 28);
  for (let i = 0; i < 784; i++) {
    const grey = 255 * pixels[i]; // the array of bytes rounds and cuts
    image.data.set([grey, grey, grey, 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
}

/**
 * A row of small pictures, of which the reader picks one.
 *
 * @param {{
 *   label: string, images: ArrayLike<number>[], names: string[], value?: number,
 *   onpick: (index: number) => void,
 * }} options pictures of 784 numbers in [0, 1]; `value` is picked at the start
 * @returns {{ element: HTMLElement, value: number }} `value` can be set, which tells nobody
 */
export function pictures({ label: text, images, names, value = 0, onpick }) {
  const buttons = images.map((pixels, i) => {
    const canvas = canvas28(1.5, names[i]);
    paint28(canvas, pixels);
    const element = button("", () => {
      pick(i);
      onpick(i);
    });
    element.classList.add("live-thumb");
    element.append(canvas);
    return element;
  });
  const pick = (/** @type {number} */ index) => {
    value = index;
    buttons.forEach((one, i) => one.setAttribute("aria-pressed", String(i === index)));
  };
  pick(value);
  return {
    element: make("div", { class: "live-pictures", role: "group", "aria-label": text }, ...buttons),
    get value() {
      return value;
    },
    set value(next) {
      pick(next);
    },
  };
}
