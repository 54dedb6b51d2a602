/**
 * Bundles every figure into one classic script, and notes in it what it was made from.
 *
 *     node build.mjs            writes ../_assets/live/NAME.js, and the licences of what is bundled
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
 * A bundle as text, for workers, which a page from disk cannot load: `worker:` before a file's name.
 *
 * @param {Set<string>} inputs gets the names of the files that were bundled
 * @returns {import("esbuild").Plugin}
 */
const workers = (inputs) => ({
  name: "workers",
  setup(bundler) {
    bundler.onResolve({ filter: /^worker:/ }, ({ path: name, resolveDir }) => ({
      path: path.relative(here, path.join(resolveDir, name.slice("worker:".length))),
      namespace: "worker",
    }));
    bundler.onLoad({ filter: /.*/, namespace: "worker" }, async ({ path: file }) => {
      const made = await build({ ...OPTIONS, entryPoints: [file] });
      for (const name of Object.keys(made.metafile?.inputs ?? {})) inputs.add(name);
      return { contents: made.outputFiles?.[0].text ?? "", loader: "text" };
    });
  },
});

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

/** @param {string} text */
const digest = (text) => createHash("sha256").update(text).digest("hex").slice(0, 16);

await mkdir(target, { recursive: true });
/** @type {Set<string>} */
const packages = new Set();
const names = (await readdir(path.join(here, "figures"))).filter((name) => name.endsWith(".js"));
for (const name of names.sort()) {
  /** @type {Set<string>} */
  const inputs = new Set();
  const plugins = [workers(inputs)];
  const made = await build({ ...OPTIONS, plugins, entryPoints: [`figures/${name}`] });
  for (const input of Object.keys(made.metafile?.inputs ?? {})) inputs.add(input);
  for (const input of inputs) {
    const [, foreign] = input.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)/) ?? [];
    if (foreign) packages.add(foreign);
  }
  const own = [...inputs].filter((file) => !/^(node_modules|worker:)/.test(file));
  const code = made.outputFiles?.[0].text ?? "";
  const prints = `${await fingerprint(own)}, ${digest(code)}`; // of the sources, of what follows
  const banner = `/* Made by live/build.mjs from ${own.sort().join(", ")} (${prints}). */\n`;
  const text = banner + code;
  await writeFile(path.join(target, name), text);
  console.log(`${name}  ${(text.length / 1024).toFixed(1)} KiB`);
}

const licences = await Promise.all(
  [...packages].sort().map(async (name) => {
    const text = await readFile(path.join(here, "node_modules", name, "LICENSE"), "utf8");
    return `${name}\n${"=".repeat(name.length)}\n\n${text.trim()}\n`;
  }),
);
await writeFile(path.join(target, "LICENSES.txt"), licences.join("\n\n"));
