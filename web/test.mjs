// Runs test/*.test.ts with node:test: each file is bundled by esbuild into a temporary folder first.
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const only = process.argv.slice(2);
const names = (await readdir(join(here, "test"))).filter((name) => name.endsWith(".test.ts") && (!only.length || only.some((part) => name.includes(part))));
const out = await mkdtemp(join(tmpdir(), "eventide-web-"));
await build({
  absWorkingDir: here,
  entryPoints: names.map((name) => join("test", name)),
  outdir: out,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  jsx: "automatic",
  jsxImportSource: "preact",
  logLevel: "warning",
});
const made = names.map((name) => join(out, name.replace(/\.ts$/, ".mjs")));
const { status } = spawnSync(process.execPath, ["--test", ...made], { stdio: "inherit" });
await rm(out, { recursive: true });
process.exitCode = status ?? 1;
