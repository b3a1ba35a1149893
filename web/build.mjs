// Bundles the page into src/eventide/server/static. `--watch` rebuilds on change; `--check` writes nothing and fails when the
// committed files are stale. One small entry; every page is a chunk of its own, loaded when it is opened.
import { build, context } from "esbuild";
import { minify } from "terser";
import { gzipSync } from "node:zlib";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "src", "eventide", "server", "static");
const check = process.argv.includes("--check");
const watch = process.argv.includes("--watch");
const LIBRARIES = ["preact", "@preact/signals", "@preact/signals-core", "uplot"];
const BUDGET = { js: 60 * 1024, css: 10 * 1024 };

// The page uses uPlot's axes, scales, crosshair and selection. Its legend and its second mode are never switched on, and path builders
// and helpers that only hang on the class from outside are never called: said here, so that 6 KB of them can be left out.
const LIGHTER = [
  ["const showLegend = legend.show;", "const showLegend = false;"],
  ["const mode = self.mode;", "const mode = 1;"],
  ["const linearPath = linear() ;", "const linearPath = null;"],
  ["const pointsPath = points() ;", "const pointsPath = null;"],
  [/uPlot\.assign = assign;[^]*(?=export \{ uPlot as default \};)/, ""],
];
const lightPlot = {
  name: "light-plot",
  setup(builder) {
    builder.onLoad({ filter: /uPlot\.esm\.js$/ }, async ({ path }) => {
      let contents = await readFile(path, "utf8");
      for (const [what, by] of LIGHTER) {
        const lighter = contents.replace(what, by);
        if (lighter === contents) throw new Error(`uPlot is not what build.mjs expects: no ${what}`);
        contents = lighter;
      }
      return { contents, loader: "js" };
    });
  },
};

const shared = {
  plugins: [lightPlot],
  absWorkingDir: here,
  bundle: true,
  minify: true,
  target: ["es2022"],
  format: "esm",
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  charset: "utf8",
  write: false,
  logLevel: "warning",
};

const pageOptions = {
  ...shared,
  entryPoints: [{ in: "src/main.tsx", out: "main" }, { in: "src/style/index.css", out: "style" }, { in: "src/style/pages.css", out: "pages" }],
  splitting: true,
  inject: ["src/common.ts"],
  metafile: true,
  outdir: "out",
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
};

// The viewer is the same page in one script without chunks, for exported files that have no server.
const viewerOptions = { ...shared, format: "iife", splitting: false, entryPoints: [{ in: "src/viewer.tsx", out: "viewer" }], outdir: "out" };

function named(result, wanted) {
  return basename(result.outputFiles.map((file) => file.path).find((path) => wanted.test(basename(path))));
}

/** What the workspace needs at first load: the entry, what it imports, and the chunks of its route. */
function firstLoad(metafile, roots) {
  const outputs = metafile.outputs;
  const wanted = new Set();
  const visit = (path) => {
    if (wanted.has(path)) return;
    wanted.add(path);
    for (const one of outputs[path].imports) if (one.kind === "import-statement") visit(one.path);
  };
  for (const [path, output] of Object.entries(outputs)) if (roots.includes(output.entryPoint)) visit(path);
  return [...wanted];
}

async function licences() {
  const parts = ["The page is bundled with these libraries.\n"];
  for (const name of LIBRARIES) {
    const folder = join(here, "node_modules", name);
    const about = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const text = await readFile(join(folder, "LICENSE"), "utf8");
    parts.push(`${"=".repeat(78)}\n${name} ${about.version} (${about.license})\n${"=".repeat(78)}\n\n${text.trim()}\n`);
  }
  return parts.join("\n");
}

/** Minify once more: terser sees across a whole module, which is worth 5 %. Reading a signal has an effect: no `pure_getters`. */
async function smaller(file) {
  if (!file.path.endsWith(".js")) return Buffer.from(file.contents);
  const { code } = await minify(file.text, { module: true, ecma: 2020, compress: { passes: 3, unsafe_arrows: true }, format: { ascii_only: false } });
  return Buffer.from(code + "\n");
}

async function files(page, viewer) {
  const made = new Map();
  for (const file of [...page.outputFiles, ...viewer.outputFiles]) made.set(basename(file.path), await smaller(file));
  const names = { js: named(page, /^main-.*\.js$/), css: named(page, /^style-.*\.css$/), pages: named(page, /^pages-.*\.css$/) };
  const first = firstLoad(page.metafile, ["src/main.tsx", "src/pages/workspace.tsx", "src/chart/plot.ts"]);
  const ahead = firstLoad(page.metafile, ["src/main.tsx"]).map((path) => basename(path)).filter((name) => name !== names.js && name.endsWith(".js"));
  const html = (await readFile(join(here, "index.html"), "utf8"))
    .replace("{{js}}", names.js)
    .replace("{{css}}", names.css)
    .replace("{{pages}}", names.pages)
    .replace("{{preload}}\n", ahead.map((name) => `<link rel="modulepreload" href="static/${name}">\n`).join(""));
  made.set("index.html", Buffer.from(html));
  made.set("icon.svg", await readFile(join(here, "src", "icon.svg")));
  made.set("LICENSES.txt", Buffer.from(await licences()));
  const weight = { js: 0, css: 0 };
  for (const path of first) if (path.endsWith(".js")) weight.js += gzipSync(made.get(basename(path)), { level: 9 }).length;
  weight.css = gzipSync(made.get(names.css), { level: 9 }).length;
  made.set("build.json", Buffer.from(JSON.stringify({ first_load: first.map((path) => basename(path)).sort(), gzip_bytes: weight }, null, 1) + "\n"));
  return { made, weight };
}

async function current() {
  const found = new Map();
  for (const name of await readdir(target).catch(() => [])) found.set(name, await readFile(join(target, name)));
  return found;
}

async function write(made) {
  await mkdir(target, { recursive: true });
  const old = await current();
  for (const [name, content] of made) if (!old.get(name)?.equals(content)) await writeFile(join(target, name), content);
  for (const name of old.keys()) if (!made.has(name)) await rm(join(target, name));
}

async function once() {
  const [page, viewer] = await Promise.all([build(pageOptions), build(viewerOptions)]);
  const { made, weight } = await files(page, viewer);
  const old = await current();
  const stale = [...new Set([...made.keys(), ...old.keys()])].filter((name) => !made.get(name)?.equals(old.get(name) ?? Buffer.from("\0")));
  const said = `first load ${(weight.js / 1024).toFixed(1)} KB of script, ${(weight.css / 1024).toFixed(1)} KB of style, gzipped`;
  if (check) {
    if (stale.length) throw new Error(`src/eventide/server/static is stale (${stale.slice(0, 4).join(", ")}); hint: make web`);
  } else await write(made);
  console.log(said);
  if (weight.js > BUDGET.js || weight.css > BUDGET.css) throw new Error(`over budget: ${said}`);
}

if (watch) {
  const again = { name: "again", setup: (builder) => builder.onEnd(() => once().catch((error) => console.error(error.message))) };
  await (await context({ ...pageOptions, plugins: [lightPlot, again] })).watch();
} else {
  await once().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
