// Which charts there are, in which sections.
import { ranked } from "../core/fuzzy.ts";
import type { Columns } from "../core/types.ts";
import { split } from "./view.ts";

export interface Section {
  name: string;
  charts: string[][];
  table: "events" | "system";
}

/** Return the sections to show: pinned first, then by prefix, the machine's last. */
export function sections(columns: Columns | null, options: { charts: string[][]; find: string; pinned: readonly string[]; hidden: readonly string[]; order: readonly string[]; goal?: string | undefined }): Section[] {
  if (!columns) return [];
  if (options.charts.length) return [{ name: "", charts: options.charts, table: "events" }];
  const numeric = columns.metrics.filter((metric) => metric.numeric).map((metric) => metric.key);
  const hidden = new Set(options.hidden);
  const place = new Map(options.order.map((key, at) => [key, at]));
  const keys = ranked(options.find, numeric, (key) => key).filter((key) => options.find || !hidden.has(key));
  if (!options.find) keys.sort((a, b) => (place.get(a) ?? 1e6) - (place.get(b) ?? 1e6));
  const pinned = options.pinned.filter((chart) => split(chart, "+").every((key) => key[0] === "=" || numeric.includes(key)) && (!options.find || keys.includes(chart)));
  const made: Section[] = [];
  if (pinned.length) made.push({ name: "pinned", charts: pinned.map((chart) => split(chart, "+")), table: "events" });
  const rest = grouped(keys.filter((key) => !pinned.includes(key)));
  const first = sectionOf(options.goal ?? "");
  const weight = (name: string) => (name === first ? 0 : name === LOOSE ? 2 : 1);
  const groups = [...rest].sort(([a], [b]) => weight(a) - weight(b));
  // Heads above one chart each would only tear the charts apart.
  if (groups.length && groups.every(([, group]) => group.length === 1)) made.push({ name: "", charts: groups.map(([, group]) => group), table: "events" });
  else for (const [name, group] of groups) made.push({ name, charts: group.map((key) => [key]), table: "events" });
  const system = ranked(options.find, columns.system, (key) => key);
  if (system.length) made.push({ name: "system", charts: system.map((key) => [key]), table: "system" });
  return made;
}

/** The section of keys without a prefix. */
const LOOSE = "metrics";

function sectionOf(key: string): string {
  const at = key.indexOf("/");
  return at > 0 ? key.slice(0, at) : LOOSE;
}

function grouped(keys: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const key of keys) {
    const name = sectionOf(key);
    groups.set(name, [...(groups.get(name) ?? []), key]);
  }
  return groups;
}
