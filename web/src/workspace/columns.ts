// Columns of the run table: which there are by default, what a run says in each, and how the column is sorted. A column is a
// field of the filter grammar, so that what is read here can be typed there.
import { signal } from "@preact/signals";
import { asNumber, date, dateTime, age, duration, exact, number, value } from "../core/format.ts";
import type { Columns, Direction, Goal, Metric, Run } from "../core/types.ts";

/** What the list of runs says of each metric. */
export type Known = "last" | "best" | "min" | "max" | "mean" | "first" | "std" | "count";
export type Stat = Known | "at" | "slope";

/** What a run says in columns that need its points, and how many rows it had then: filled by values.ts. */
export interface PointValues {
  rows: number;
  values: Record<string, unknown>;
}
export const pointValues = signal<ReadonlyMap<string, PointValues>>(new Map());

export interface Column {
  /** A field of the grammar, such as `best(val/acc)`, `config.lr`, `duration`. */
  field: string;
  kind: "metric" | "param" | "run";
  title: string;
  /** Said in front of the title, faint: which number of a metric, or the folder of a path. */
  before: string;
  width: number;
  numeric: boolean;
  /** `n`: of how many last rows, or at which step. */
  metric?: { key: string; stat: Stat; n?: number | undefined };
  /** Whether it needs points. */
  derived?: boolean;
  path?: string;
  /** Which way is good, where one is. */
  direction?: Direction | undefined;
  editable?: "name" | "notes" | "tags" | "group";
}

export interface Cell {
  text: string;
  title: string;
  number: number | null;
  missing: boolean;
  odd: boolean;
}

const RUN_FIELDS: Record<string, { title: string; width: number; numeric?: boolean; editable?: Column["editable"] }> = {
  state: { title: "state", width: 84 },
  started: { title: "started", width: 104 },
  ended: { title: "ended", width: 104 },
  duration: { title: "duration", width: 84, numeric: true },
  tag: { title: "tags", width: 130, editable: "tags" },
  note: { title: "note", width: 180, editable: "notes" },
  group: { title: "group", width: 96, editable: "group" },
  host: { title: "host", width: 96 },
  user: { title: "user", width: 84 },
  id: { title: "id", width: 250 },
  rows: { title: "rows", width: 76, numeric: true },
  attempts: { title: "attempts", width: 76, numeric: true },
  reason: { title: "why", width: 240 },
};

export const RUN_COLUMNS: readonly string[] = Object.keys(RUN_FIELDS);

const plainPath = (path: string): boolean => /^[A-Za-z_][\w/.-]*$/.test(path);
/** Write a path as the grammar wants it: odd ones between back-ticks. */
export const fieldOf = (path: string): string => (plainPath(path) ? path : `\`${path.replaceAll("`", "")}\``);
export const metricField = (stat: Stat, key: string, n?: number): string => `${stat}(${fieldOf(key)}${n === undefined ? "" : `,${n}`})`;
export const paramField = (path: string): string => `config.${fieldOf(path)}`;

const unquoted = (text: string): string => text.replaceAll("`", "");

/** Return the column of a field; an unknown field is a parameter. */
export function toColumn(field: string, columns: Columns | null, goal: Goal | null): Column {
  const metric = /^(best|last|min|max|mean|first|std|count|at|slope)\((`[^`]*`|[^`]+?)(?:,\s*(\d+))?\)$/.exec(field);
  if (metric) {
    const [stat, key] = [metric[1] as Stat, unquoted(metric[2]!)];
    const n = metric[3] === undefined ? undefined : Number(metric[3]);
    const said = n === undefined ? stat : stat === "at" ? `at ${n}` : `${stat} of ${n}`;
    const plain = stat === "best" || stat === "last";
    const at = key.lastIndexOf("/");
    const direction = plain && goal?.key === key ? goal.direction : undefined;
    return { field, kind: "metric", title: plain ? key.slice(at + 1) : key, before: plain ? key.slice(0, at + 1) : `${said} `, width: width(plain ? key : `${said} ${key}`, 84), numeric: true, metric: { key, stat, n }, derived: n !== undefined || stat === "slope" || stat === "at", direction };
  }
  const known = RUN_FIELDS[field];
  if (known) return { field, kind: "run", before: "", numeric: false, ...known };
  const path = unquoted(field.replace(/^config\./, ""));
  const about = columns?.params.find((one) => one.path === path);
  const [before, title] = shortest(path, columns?.params.map((one) => one.path) ?? []);
  return { field, kind: "param", title, before, width: width(before + title, 58), numeric: about?.numeric ?? false, path };
}

/** Return a path cut to its last parts that tell it from the others, the very last one apart. */
function shortest(path: string, others: readonly string[]): [string, string] {
  const parts = path.split(".");
  const last = parts.pop()!;
  const same = others.filter((other) => other !== path && (other === last || other.endsWith(`.${last}`)));
  if (!same.length) return ["", last];
  const near = parts.pop();
  return [near === undefined ? "" : `${near}.`, last];
}

const width = (text: string, least: number): number => Math.min(180, Math.max(least, 26 + text.length * 7));

const METRICS = 4;
const PARAMS = 6;

/** Return the default columns: goal metric, what varies, the metrics most runs have, then duration, start, tags, note. */
export function defaultFields(columns: Columns | null, goal: Goal | null, pinned: readonly string[] = []): string[] {
  if (!columns) return goal ? [metricField("best", goal.key), "duration", "started"] : ["duration", "started"];
  const fields = goal ? [metricField("best", goal.key)] : [];
  const charted = columns.metrics.filter((metric) => metric.numeric && metric.key !== goal?.key);
  const rank = (key: string) => (pinned.includes(key) ? 0 : 1);
  const metrics = [...charted].sort((a, b) => rank(a.key) - rank(b.key) || b.runs - a.runs || likely(b.key) - likely(a.key)).slice(0, METRICS - 1);
  const params = columns.params.filter((param) => param.varying).slice(0, PARAMS);
  fields.push(...params.map((param) => paramField(param.path)), ...metrics.map((metric) => metricField("last", metric.key)), "duration", "started");
  if (columns.tags.length) fields.push("tag");
  return [...fields, "note"];
}

/** Return how likely a person wants to see a metric in the table. */
const likely = (key: string): number => (/^(val|valid|validation|eval|test)\b/.test(key) ? 2 : 0) + (/loss|acc|error|f1|auc|reward|score/.test(key) ? 1 : 0);

const empty = (text = "·"): Cell => ({ text, title: "", number: null, missing: true, odd: false });

export function cell(run: Run, column: Column, dates: "absolute" | "age" = "absolute"): Cell {
  if (column.derived) {
    const found = pointValues.value.get(run.id)?.values[column.field];
    return found === undefined ? empty("…") : valueCell(found);
  }
  if (column.metric) return metricCell(run.metrics[column.metric.key], column.metric.stat as Known);
  if (column.kind === "param") return valueCell(run.params[column.path!]);
  return runCell(run, column.field, dates);
}

function metricCell(metric: Metric | undefined, stat: Known): Cell {
  if (!metric) return empty();
  const given = stat === "count" ? metric.count : metric[stat];
  if (given === null || given === undefined) return metric.nonfinite ? { ...empty(), text: lost(metric), odd: true, missing: false } : empty();
  const found = valueCell(given);
  const at = stat === "best" ? metric.best_step : stat === "last" ? metric.last_step : stat === "min" ? metric.min_step : stat === "max" ? metric.max_step : null;
  if (found.odd && stat === "last") return { ...found, text: lost(metric) };
  return at === null ? found : { ...found, title: `${found.title} at step ${at}` };
}

const lost = (metric: Metric): string => (metric.first_nonfinite_step === null ? "NaN" : `NaN@${metric.first_nonfinite_step}`);

export function valueCell(given: unknown): Cell {
  if (given === null || given === undefined) return empty();
  const found = asNumber(given);
  if (found !== null) return { text: number(found), title: exact(given), number: Number.isFinite(found) ? found : null, missing: false, odd: !Number.isFinite(found) };
  return { text: value(given), title: exact(given), number: null, missing: false, odd: false };
}

function runCell(run: Run, field: string, dates: "absolute" | "age"): Cell {
  const text = (shown: string, title = shown): Cell => (shown === "" ? empty("") : { text: shown, title, number: null, missing: false, odd: false });
  switch (field) {
    case "started":
    case "ended": {
      const ts = field === "started" ? run.started : run.ended;
      return ts === null ? empty("") : text(dates === "age" ? age(ts) : date(ts), dates === "age" ? dateTime(ts) : `${dateTime(ts)}, ${age(ts)}`);
    }
    case "duration":
      return text(duration(run.duration_s), `${number(run.duration_s)} s`);
    case "state":
      return text(run.status, run.reason || run.status);
    case "tag":
      return text(run.tags.join(", "));
    case "note":
      return text(run.notes.split("\n")[0] ?? "", run.notes);
    case "rows":
    case "attempts":
      return valueCell(run[field]);
    default:
      return text(String((run as unknown as Record<string, unknown>)[field] ?? ""));
  }
}

/** Return the next sort when a header is clicked: best end first, then the other, then none; with `add`, as a further key. */
export function nextSort(sort: readonly string[], field: string, falls: boolean, add: boolean): string[] {
  const first = (falls ? "-" : "") + field;
  const second = (falls ? "" : "-") + field;
  const place = sort.findIndex((one) => one === field || one === `-${field}`);
  const next = place < 0 ? first : sort[place] === first ? second : null;
  if (!add) return next === null ? [] : [next];
  if (place < 0) return [...sort, first];
  return next === null ? sort.filter((_, at) => at !== place) : sort.map((one, at) => (at === place ? next : one));
}
