/**
 * Small steps, one a frame, that the reader can watch and interrupt.
 *
 * @param {boolean} calm true: all steps at once
 */
export function glider(calm) {
  let frame = 0;
  const stop = () => cancelAnimationFrame(frame);
  return {
    stop,
    /** @param {() => boolean} step takes one, and says whether there are more */
    start(step) {
      stop();
      if (calm) while (step());
      else {
        const next = () => {
          if (step()) frame = requestAnimationFrame(next);
        };
        frame = requestAnimationFrame(next);
      }
    },
  };
}
