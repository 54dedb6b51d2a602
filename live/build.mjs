/**
 * Bundles every figure into one classic script, and notes in it what it was made from.
 *
 *     node build.mjs            writes ../_assets/live/NAME.js
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const target = path.join(here, "..", "_assets", "live");

/** @type {import("esbuild").BuildOptions} */
const OPTIONS = {
  absWorkingDir: here,
  bundle: true,
  format: "iife",
  minify: true,
  target: ["es2022", "safari15.4"],
  legalComments: "none",
  charset: "utf8",
  write: false,
  metafile: true,
};

/**
 * The text of files as one fingerprint: tests/test_live.py computes the same.
 *
 * @param {string[]} files relative to this folder
 */
async function fingerprint(files) {
  const hash = createHash("sha256");
  for (const file of [...files].sort()) {
    hash.update(`${file}\n`);
    hash.update(await readFile(path.join(here, file)));
  }
  return hash.digest("hex").slice(0, 16);
}

await mkdir(target, { recursive: true });
const names = (await readdir(path.join(here, "figures"))).filter((name) => name.endsWith(".js"));
for (const name of names.sort()) {
  const made = await build({ ...OPTIONS, entryPoints: [`figures/${name}`] });
  const inputs = Object.keys(made.metafile?.inputs ?? {});
  const own = inputs.filter((file) => !file.startsWith("node_modules"));
  const banner = `/* Made by live/build.mjs from ${own.sort().join(", ")} (${await fingerprint(own)}). */\n`;
  const text = banner + (made.outputFiles?.[0].text ?? "");
  await writeFile(path.join(target, name), text);
  console.log(`${name}  ${(text.length / 1024).toFixed(1)} KiB`);
}
