// Runs taken together as the server does it (table/groups.py): which fields a grouping means, and numbers over all runs of a group.
import { asNumber } from "../core/format.ts";
import type { Group, GroupsAnswer, GroupStats, Metric, Run } from "../core/types.ts";
import { reader } from "./filter.ts";

const SEEDS = ["seed", "random_seed", "rng_seed", "manual_seed", "random_state"];
const FAILED = ["failed", "crashed", "killed"];

const last = (path: string): string => path.slice(path.lastIndexOf(".") + 1);
const frozen = (value: unknown): string => JSON.stringify(value) ?? "null";

/** Return the fields to group by; with a leading `-`, all parameters that vary but those. */
export function resolveBy(runs: readonly Run[], by: readonly string[]): string[] {
  const out = by.filter((field) => /^[-!]/.test(field)).map((field) => field.slice(1));
  if (!out.length) return [...new Set(by)];
  const named = new Set(out.map((field) => field.replace(/^config\./, "")));
  const seeds = named.has("seed");
  const isOut = (path: string) => named.has(path) || (seeds && SEEDS.includes(last(path).toLowerCase()));
  const values = new Map<string, { seen: Set<string>; n: number }>();
  for (const run of runs) {
    for (const [path, value] of Object.entries(run.params)) {
      const about = values.get(path) ?? { seen: new Set<string>(), n: 0 };
      about.seen.add(frozen(value));
      about.n += 1;
      values.set(path, about);
    }
  }
  const varying = [...values].filter(([path, { seen, n }]) => (seen.size > 1 || n < runs.length) && !isOut(path)).map(([path]) => path);
  return [...by.filter((field) => !/^[-!]/.test(field)), ...varying.sort((a, b) => (a < b ? -1 : 1))];
}

export function fieldOf(run: Run, field: string): unknown {
  if (field === "state" || field === "status") return run.status;
  if (field === "project" || field === "group" || field === "host" || field === "user") return run[field];
  if (field === "tag" || field === "tags") return run.tags.join(", ");
  return run.params[field.replace(/^config\./, "")] ?? null;
}

/** Return a number with at most four digits, as Python's `.4g` writes it. */
export function short(value: number): string {
  const [digits = "", power = "0"] = value.toExponential(3).split("e");
  const exponent = Number(power);
  const bare = (text: string) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  if (exponent < -4 || exponent >= 4) return `${bare(digits)}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  return bare(value.toFixed(Math.max(0, 3 - exponent)));
}

const said = (value: unknown): string => (value === null || value === undefined ? "·" : typeof value === "number" && !Number.isInteger(value) ? short(value) : value === true ? "True" : value === false ? "False" : typeof value === "object" ? frozen(value) : String(value));

export interface Members {
  key: Record<string, unknown>;
  label: string;
  runs: Run[];
}

/** Return the groups of runs in the order of their first runs. */
export function groupRuns(runs: readonly Run[], by: readonly string[]): Members[] {
  const fields = resolveBy(runs, by);
  const found = new Map<string, Run[]>();
  for (const run of runs) {
    const name = frozen(fields.map((field) => fieldOf(run, field)));
    found.set(name, [...(found.get(name) ?? []), run]);
  }
  return [...found.values()].map((members) => {
    const key = Object.fromEntries(fields.map((field) => [field, fieldOf(members[0]!, field)]));
    return { key, label: Object.entries(key).map(([field, value]) => `${last(field)}=${said(value)}`).join(" ") || "all", runs: members };
  });
}

/** Return values in numbers; missing ones and those that are not finite do not count. */
export function spread(values: readonly (number | null)[]): GroupStats {
  const list = values.filter((value): value is number => value !== null && Number.isFinite(value)).sort((a, b) => a - b);
  const n = list.length;
  if (!n) return { n: 0, mean: null, std: null, sem: null, median: null, q1: null, q3: null, min: null, max: null };
  const mean = list.reduce((a, b) => a + b, 0) / n;
  const std = n > 1 ? Math.sqrt(list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1)) : null;
  return { n, mean, std, sem: std === null ? null : std / Math.sqrt(n), median: quantile(list, 0.5), q1: quantile(list, 0.25), q3: quantile(list, 0.75), min: list[0]!, max: list[n - 1]! };
}

export function quantile(ascending: ArrayLike<number>, share: number): number {
  const place = share * (ascending.length - 1);
  const below = Math.floor(place);
  const [low, high] = [ascending[below]!, ascending[Math.min(below + 1, ascending.length - 1)]!];
  return low + (high - low) * (place - below);
}

/** Answer a question for groups of these runs, the best first by the first metric. */
export function groupsAnswer(runs: readonly Run[], by: readonly string[], metrics: readonly string[], fields: readonly string[], pick: string, direction: "max" | "min" | null): GroupsAnswer {
  const groups: Group[] = groupRuns(runs, by).map(({ key, label, runs: members }) => ({
    key,
    label,
    n: members.length,
    failed: members.filter((run) => FAILED.includes(run.status)).length,
    run_ids: members.map((run) => run.id),
    metrics: Object.fromEntries(metrics.map((metric) => [metric, spread(members.map((run) => asNumber(run.metrics[metric]?.[pick as keyof Metric] ?? null)))])),
    fields: Object.fromEntries(fields.map((field) => [field, spread(members.map((run) => asNumber(reader(field)(run) ?? null)))])),
  }));
  const way = (direction ?? runs.find((run) => metrics[0] !== undefined && run.metrics[metrics[0]])?.metrics[metrics[0]!]?.goal ?? "max") === "max" ? -1 : 1;
  const rank = (group: Group) => asNumber(group.metrics[metrics[0] ?? ""]?.mean ?? null);
  groups.sort((a, b) => {
    const [x, y] = [rank(a), rank(b)];
    return x === null || y === null ? Number(x === null) - Number(y === null) : way * (x - y);
  });
  return { by: resolveBy(runs, by), metrics: [...metrics], groups, total: runs.length };
}
