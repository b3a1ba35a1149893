// Columns of runs as plots see them: a parameter, a number of a metric, or a fact of the run. A column is written as a field of the
// filter's language, so that a plot's choice reads in the address like anything else.
import { asNumber } from "../../core/format.ts";
import type { Columns, Goal, Run } from "../../core/types.ts";

export type Pick = "best" | "last" | "min" | "max" | "mean" | "first";

export interface Column {
  /** As in the filter: `lr`, `best(val/acc)`, `duration`. */
  field: string;
  text: string;
  of: (run: Run) => unknown;
  kind: "param" | "metric" | "fact";
  path: string;
  goal: "max" | "min" | null;
}

const FACTS: Record<string, (run: Run) => unknown> = {
  duration: (run) => run.duration_s,
  started: (run) => run.started,
  rows: (run) => run.rows,
  state: (run) => run.status,
  host: (run) => run.host,
  group: (run) => run.group,
  user: (run) => run.user,
};

const PICKS = ["best", "last", "min", "max", "mean", "first"];
const bare = (path: string): string => (/^[A-Za-z_][\w./]*$/.test(path) ? path : "`" + path.replace(/`/g, "") + "`");

export const metricField = (pick: string, key: string): string => `${pick}(${bare(key)})`;

/** Return the column of a field, or null where it reads like none. */
export function columnOf(field: string, columns: Columns): Column | null {
  if (!field) return null;
  const found = /^(\w+)\((`?)(.*)\2\)$/s.exec(field);
  if (found && PICKS.includes(found[1]!)) {
    const [, pick, , key] = found as unknown as [string, Pick, string, string];
    return { field, text: pick === "best" ? key : `${pick} ${key}`, of: (run) => run.metrics[key]?.[pick], kind: "metric", path: key, goal: null };
  }
  if (FACTS[field]) return { field, text: field, of: FACTS[field], kind: "fact", path: field, goal: null };
  const path = field.replace(/^`|`$/g, "").replace(/^config\./, "");
  const isParam = columns.params.some((one) => one.path === path);
  if (!isParam && columns.metrics.some((one) => one.key === path)) return { field: metricField("best", path), text: path, of: (run) => run.metrics[path]?.best, kind: "metric", path, goal: null };
  return { field, text: path, of: (run) => run.params[path], kind: "param", path, goal: null };
}

/** Return all columns there are, those that say something first. */
export function choices(columns: Columns, goal: Goal | null): (readonly [string, string])[] {
  const keys = columns.metrics.filter((one) => one.numeric).map((one) => one.key);
  const first = goal ? [goal.key, ...keys.filter((key) => key !== goal.key)] : keys;
  return [
    ...first.map((key) => [metricField("best", key), `best ${key}`] as const),
    ...columns.params.filter((one) => one.varying).map((one) => [bare(one.path), one.path] as const),
    ...["duration", "started", "rows", "state", "host", "group"].map((name) => [name, name] as const),
    ...first.map((key) => [metricField("last", key), `last ${key}`] as const),
  ];
}

/** Return what a brush over an axis means in the language of the filter. */
export function brushText(column: Column, low: number, high: number, names: readonly string[] | null): string {
  if (names) return names.length === 1 ? `${column.field}=${JSON.stringify(names[0])}` : `${column.field} in (${names.map((name) => JSON.stringify(name)).join(", ")})`;
  const short = (value: number) => String(Number(value.toPrecision(3)));
  return `${column.field} between ${short(low)}..${short(high)}`;
}

/** Put a condition into a filter, in the place of an earlier one on the same field. */
export function withBrush(filter: string, field: string, condition: string): string {
  const parts = splitAnd(filter).filter((part) => !part.startsWith(`${field} between `) && !part.startsWith(`${field} in (`) && !(part.startsWith(`${field}="`) && condition.startsWith(field)));
  return [...parts, condition].filter(Boolean).join(" and ");
}

/** Split at the words `and` that stand outside of parentheses and quotes; a filter with `or` stays whole. */
function splitAnd(filter: string): string[] {
  const trimmed = filter.trim();
  if (!trimmed) return [];
  const parts: string[] = [];
  let depth = 0;
  let quote = "";
  let from = 0;
  for (let at = 0; at < trimmed.length; at += 1) {
    const letter = trimmed[at]!;
    if (quote) quote = letter === quote ? "" : quote;
    else if (letter === '"' || letter === "`") quote = letter;
    else if (letter === "(") depth += 1;
    else if (letter === ")") depth -= 1;
    else if (depth === 0 && /^\s+or\s/i.test(trimmed.slice(at))) return [`(${trimmed})`];
    else if (depth === 0 && /^\s+and\s/i.test(trimmed.slice(at))) parts.push(trimmed.slice(from, at).trim()), (from = at + /^\s+and\s/i.exec(trimmed.slice(at))![0].length), (at = from - 1);
  }
  return [...parts, trimmed.slice(from).trim()];
}

export const numeric = (value: unknown): number | null => (typeof value === "boolean" ? null : asNumber(value));
