/** For the tests: data sets as the pages load them. */
import { readFile } from "node:fs/promises";
import { unpack } from "../core/data.js";

/**
 * @param {string} name of a data set
 * @returns {Promise<{ arrays: Record<string, import("../core/data.js").Tensor>, facts: any }>}
 */
export async function dataSet(name) {
  const file = new URL(`../../_assets/live/data/${name}.js`, import.meta.url);
  const script = await readFile(file, "utf8");
  const { arrays, facts } = JSON.parse(script.slice(script.indexOf("]=") + 2, -2));
  const unpacked = Object.entries(arrays).map(([key, packed]) => [key, unpack(packed)]);
  return { arrays: Object.fromEntries(unpacked), facts };
}
