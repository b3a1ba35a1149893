// Media by run, key and step. Invariant: what a cell shows at a step is what was logged at the greatest step that is not later;
// nothing logged later is ever shown for it.
import type { FileItem } from "../../core/types.ts";

export interface Cell {
  run_id: string;
  key: string;
  /** Step of what is shown; null where there is nothing yet. */
  step: number | null;
  items: FileItem[];
}

export interface Shelf {
  keys: { key: string; type: string }[];
  /** All steps of all, rising. */
  steps: number[];
  /** By run, then key: steps rising, each with what was logged then. */
  of: Map<string, Map<string, { step: number; items: FileItem[] }[]>>;
}

export const stepOf = (file: FileItem): number => file.step ?? 0;
export const text = (file: FileItem, name: string): string => (typeof file.record[name] === "string" ? (file.record[name] as string) : "");

/** Pictures come first: they are what one looks for. */
const TYPES = ["image", "video", "figure", "table", "histogram", "audio", "text", "graph", "html"];
const order = (type: string): number => (TYPES.indexOf(type) + TYPES.length + 1) % (TYPES.length + 1);

/** Put files in their places. */
export function shelve(files: readonly FileItem[], wanted: (key: string) => boolean = () => true): Shelf {
  const keys = new Map<string, string>();
  const steps = new Set<number>();
  const of: Shelf["of"] = new Map();
  for (const file of files) {
    if (!keys.has(file.name)) keys.set(file.name, text(file, "type") || "file");
    if (!wanted(file.name)) continue;
    steps.add(stepOf(file));
    const run = of.get(file.run_id) ?? new Map<string, { step: number; items: FileItem[] }[]>();
    of.set(file.run_id, run);
    const list = run.get(file.name) ?? [];
    run.set(file.name, list);
    const last = list.find((one) => one.step === stepOf(file));
    if (last) last.items.push(file);
    else list.push({ step: stepOf(file), items: [file] });
  }
  for (const run of of.values()) for (const list of run.values()) list.sort((a, b) => a.step - b.step).forEach((one) => one.items.sort((a, b) => Number(a.record["index"] ?? 0) - Number(b.record["index"] ?? 0)));
  return { keys: [...keys].map(([key, type]) => ({ key, type })).sort((a, b) => order(a.type) - order(b.type) || (a.key < b.key ? -1 : 1)), steps: [...steps].sort((a, b) => a - b), of };
}

/** Return what a run shows for a key at a step. */
export function cellAt(shelf: Shelf, run_id: string, key: string, step: number): Cell {
  const list = shelf.of.get(run_id)?.get(key) ?? [];
  let found: { step: number; items: FileItem[] } | undefined;
  for (const one of list) if (one.step <= step) found = one;
  return { run_id, key, step: found?.step ?? null, items: found?.items ?? [] };
}

/** Return about so many of the steps, the first and the last among them. */
export function spread(steps: readonly number[], most: number): number[] {
  if (steps.length <= most) return [...steps];
  return Array.from({ length: most }, (_, at) => steps[Math.round((at * (steps.length - 1)) / (most - 1))]!);
}

/** Return the place of the last value that is at most `wanted`, or -1. */
export function lastAtMost(values: readonly number[], wanted: number): number {
  let found = -1;
  for (const [at, value] of values.entries()) if (value <= wanted) found = at;
  return found;
}
