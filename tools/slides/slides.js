/* Fits every slide into its frame, then starts reveal.js and the living figures. */
(async function () {
  "use strict";
  const WIDTH = 1280, HEIGHT = 720, SMALLEST = 0.6;
  const paper = /print-pdf/.test(location.search);

  const overflows = (box) =>
    box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1;

  // Words become smaller, in steps, until the slide fits; pictures take what is left of it.
  function fit(box) {
    for (let size = 1; overflows(box) && size >= SMALLEST - 0.001; size -= 0.04) {
      box.style.fontSize = `calc(var(--size) * ${size})`;
      box.dataset.size = size.toFixed(2);
    }
  }

  // A living figure keeps its own sizes, so the whole of it is scaled.
  function fitLiving(place) {
    const box = place.closest(".box");
    for (let zoom = 1; zoom > 0.4; zoom -= 0.05) {
      place.style.zoom = zoom;
      if (!overflows(box)) return;
    }
  }

  if (paper) document.querySelectorAll(".slide-living").forEach((slide) => slide.remove());
  await document.fonts.ready; // the formulas' font
  document.body.classList.add("measuring");
  document.querySelectorAll(".box").forEach(fit);
  document.body.classList.remove("measuring");

  // It grows when it starts, and again when its data have come.
  document.querySelectorAll(".live").forEach((place) => {
    new ResizeObserver(() => {
      if (place.offsetParent && overflows(place.closest(".box"))) fitLiving(place);
    }).observe(place);
  });

  await Reveal.initialize({
    width: WIDTH, height: HEIGHT, margin: 0, center: false, hash: true, slideNumber: "c/t",
    transition: "none", controlsTutorial: false, pdfSeparateFragments: false,
    pdfMaxPagesPerSlide: 1, plugins: [RevealNotes],
    keyboardCondition: (event) => !event.target.closest?.(".live"), // its controls use the arrows
  });
})();
