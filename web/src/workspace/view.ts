// What the workspace's address says: parsed and written here alone. Defaults are left out; what is unknown is left alone.
import type { ChartView, Outliers, Scale } from "../chart/types.ts";
import type { Band, Smooth } from "../core/types.ts";

export type ColorBy = string;

export interface View {
  q: string;
  /** Keys to group by; `-seed` means all but the seed. */
  groupBy: string[];
  stat: Band["stat"];
  /** Fields of the grammar, `-` before those that fall; empty: the goal metric, best first. */
  sort: string[];
  /** Tokens of selected runs (see `shortIds`), or `*` for all filtered ones. */
  selected: string[];
  pinned: string[];
  hidden: string[];
  /** How many of the sort are shown when nothing is selected; Infinity: all. */
  first: number;
  /** "" (by rank above twelve runs), `run`, `rank`, `state`, or a field. */
  colorBy: ColorBy;
  /** Fields in the order of their columns; empty: the default. */
  columns: string[];
  /** Charts to show, each of one key or of several (`a+b`); empty: all. */
  charts: string[][];
  perRow: number;
  find: string;
  panes: "both" | "table" | "charts";
  archived: boolean;
  chart: Omit<ChartView, "group">;
}

export const FIRST = 20;

const list = (text: string | undefined): string[] => (text ? split(text) : []);

/** Split at commas, or another letter, outside of parentheses and back-ticks. */
export function split(text: string, by = ","): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let part = "";
  for (const letter of text) {
    if (letter === "`") quoted = !quoted;
    else if (!quoted && letter === "(") depth += 1;
    else if (!quoted && letter === ")") depth -= 1;
    if (letter === by && depth <= 0 && !quoted) {
      parts.push(part);
      part = "";
    } else part += letter;
  }
  return [...parts, part].filter(Boolean);
}

const oneOf = <T extends string>(text: string | undefined, known: readonly T[], otherwise: T): T => (known.includes(text as T) ? (text as T) : otherwise);

export function parseView(query: Record<string, string>): View {
  const n = query["n"];
  return {
    q: query["q"] ?? "",
    groupBy: list(query["g"]),
    stat: oneOf(query["gs"], ["mean_std", "median_iqr", "min_max", "mean_sem"], "mean_std"),
    sort: list(query["s"]),
    selected: list(query["sel"]),
    pinned: list(query["pin"]),
    hidden: list(query["hide"]),
    first: n === "all" ? Infinity : Math.max(1, Math.round(Number(n)) || FIRST),
    colorBy: query["by"] ?? "",
    columns: list(query["cols"]),
    charts: list(query["c"]).map((chart) => split(chart, "+")),
    perRow: Math.min(6, Math.max(0, Math.round(Number(query["w"])) || 0)),
    find: query["find"] ?? "",
    panes: oneOf(query["p"], ["both", "table", "charts"], "both"),
    archived: query["arch"] !== undefined,
    chart: {
      x: query["x"] || "step",
      smooth: parseSmooth(query["sm"]),
      scale: oneOf<Scale>(query["y"], ["linear", "log", "symlog"], "linear"),
      outliers: oneOf<Outliers>(query["o"], ["auto", "full", "bulk"], "auto"),
      zoom: parseZoom(query["z"]),
      minus: query["d"] !== undefined,
      yr: query["yr"] ?? "",
      ref: query["ref"] ?? "",
    },
  };
}

function parseSmooth(text: string | undefined): Smooth | null {
  if (!text) return null;
  const [first = "", second] = text.split(":");
  const kind = second === undefined ? "ema" : oneOf(first, ["ema", "mean", "gaussian"] as const, "ema");
  const amount = Number(second ?? first);
  if (!Number.isFinite(amount) || amount <= 0) return null;
  return kind === "ema" ? { kind, amount: Math.min(0.999, amount) } : { kind, amount };
}

function parseZoom(text: string | undefined): readonly [number, number] | null {
  const found = /^(-?[\d.e+-]+?)\.\.(-?[\d.e+-]+)$/i.exec(text ?? "");
  const [low, high] = [Number(found?.[1]), Number(found?.[2])];
  return found && Number.isFinite(low) && Number.isFinite(high) && high > low ? [low, high] : null;
}

const brief = (value: number): string => String(value).replace(/^0\./, ".");

/** Return the changes as parts of the query; null takes a part away. */
export function formatView(change: Partial<Omit<View, "chart">> & { chart?: Partial<View["chart"]> }): Record<string, string | null> {
  const out: Record<string, string | null> = {};
  const put = (key: string, text: string | undefined, otherwise = "") => {
    if (text !== undefined) out[key] = text === otherwise ? null : text;
  };
  put("q", change.q);
  put("g", change.groupBy?.join(","));
  put("gs", change.stat, "mean_std");
  put("s", change.sort?.join(","));
  put("sel", change.selected?.join(","));
  put("pin", change.pinned?.join(","));
  put("hide", change.hidden?.join(","));
  if (change.first !== undefined) put("n", change.first === Infinity ? "all" : String(change.first), String(FIRST));
  put("by", change.colorBy);
  put("cols", change.columns?.join(","));
  put("c", change.charts?.map((keys) => keys.join("+")).join(","));
  if (change.perRow !== undefined) put("w", change.perRow ? String(change.perRow) : "");
  put("find", change.find);
  put("p", change.panes, "both");
  if (change.archived !== undefined) put("arch", change.archived ? "1" : "");
  const { chart } = change;
  if (!chart) return out;
  put("x", chart.x, "step");
  put("y", chart.scale, "linear");
  put("o", chart.outliers, "auto");
  put("yr", chart.yr);
  put("ref", chart.ref);
  if (chart.minus !== undefined) put("d", chart.minus ? "1" : "");
  if (chart.smooth !== undefined) put("sm", chart.smooth === null ? "" : (chart.smooth.kind === "ema" ? "" : `${chart.smooth.kind}:`) + brief(chart.smooth.amount));
  if (chart.zoom !== undefined) put("z", chart.zoom === null ? "" : `${chart.zoom[0]}..${chart.zoom[1]}`);
  return out;
}

/** Return the part of a run's id that tells it apart at a glance: the random end of a generated id, else all of it. */
export function idStem(id: string): string {
  const parts = id.split("-");
  return parts.length === 5 && /^\d{8}$/.test(parts[0]!) && /^\d{6}$/.test(parts[1]!) ? parts[4]! : id;
}

/** Return a short token for each id, at least four characters, unique among `others`. */
export function shortIds(ids: readonly string[], others: readonly string[]): string[] {
  const stems = others.map(idStem);
  return ids.map((id) => {
    const stem = idStem(id);
    for (let length = 4; length < stem.length; length += 1) {
      const token = stem.slice(0, length);
      if (!/[-.]$/.test(token) && stems.filter((other) => other.startsWith(token)).length <= 1) return token;
    }
    return stem;
  });
}

/** Whether a token of the address means this run. */
export const means = (token: string, id: string): boolean => id === token || idStem(id).startsWith(token) || id.startsWith(token);

/** Return a filter that finds the runs of tokens. */
export const tokensFilter = (tokens: readonly string[]): string => `id~"(^|-)(${tokens.map((token) => token.replace(/[^\w-]/g, ".")).join("|")})"`;
