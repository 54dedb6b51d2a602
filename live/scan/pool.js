/**
 * The workers that clean a page, started from text, since a page from disk may load no worker.
 *
 * @typedef {import("./worker.js").Result} Result
 * @typedef {{ left: number, top: number, width: number, height: number }} Place shares of the page
 * @typedef {{
 *   say: (text: string) => void,
 *   progress: (share: number) => void,
 *   preview: (bitmap: ImageBitmap, place: Place) => void,
 *   result: (result: Result) => void,
 *   wrong: (reason: string) => void,
 * }} Listener
 */

const MOST_WORKERS = 4;

/**
 * Clean a page.
 *
 * @param {string} source the text of the workers
 * @param {import("../core/net.js").Network} network
 * @param {Blob} file an image
 * @param {boolean} keep lighten, never erase
 * @param {Listener} listener told what happens; nothing any more after `result` or `wrong`
 * @returns {() => void} stops it
 */
export function startCleaning(source, network, file, keep, listener) {
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const workers = Array.from(
    { length: 1 + Math.min(navigator.hardwareConcurrency || 1, MOST_WORKERS) },
    () => new Worker(address),
  );
  const [first, ...idle] = workers;
  /** @type {any[]} */
  const tiles = [];
  let stopped = false;
  const stop = () => {
    stopped = true;
    for (const worker of workers) worker.terminate();
    URL.revokeObjectURL(address);
  };
  const fail = (/** @type {string} */ reason) => {
    if (stopped) return;
    stop();
    listener.wrong(reason);
  };
  const give = () => {
    while (tiles.length && idle.length) {
      const tile = tiles.shift();
      idle.pop()?.postMessage({ tile }, [tile.values.buffer]);
    }
  };
  for (const worker of workers) worker.onerror = (event) => fail(event.message);
  for (const worker of idle.slice()) {
    worker.postMessage({ network: { nodes: network.nodes, weights: network.weights } });
    worker.onmessage = ({ data }) => {
      if (data.wrong) return fail(data.wrong);
      first.postMessage(data, [data.tiled.values.buffer]);
      idle.push(worker);
      give();
    };
  }
  first.onmessage = ({ data }) => {
    if (data.tile) {
      tiles.push(data.tile);
      give();
    }
    if (data.say) listener.say(data.say);
    if (data.progress) listener.progress(data.progress);
    if (data.preview) listener.preview(data.preview.bitmap, data.preview.place);
    if (data.wrong) fail(data.wrong);
    if (data.result) {
      stop();
      listener.result(data.result);
    }
  };
  // Read here, turned as the camera noted: in a page from disk a worker of WebKit reads no file.
  createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none" }).then(
    (bitmap) => first.postMessage({ bitmap, keep }, [bitmap]),
    () => fail("it is damaged, or not a picture made of pixels"),
  );
  return stop;
}
