// How runs and groups stand to each other: ranks, names of groups, and which way a metric is better.
import { asNumber, value } from "../core/format.ts";
import type { Goal, Group, Run } from "../core/types.ts";

/** Return a name for a group that survives a refresh. */
export const groupId = (group: Group): string => JSON.stringify(group.key);

/** Return each run's place between worst (0) and best (1) by the goal; without a goal, by the order given. */
export function ranks(runs: readonly Run[], goal: Goal | null): Map<string, number> {
  const reached = (run: Run) => asNumber(goal ? run.metrics[goal.key]?.best : null);
  const sign = goal?.direction === "min" ? -1 : 1;
  const ordered = goal ? [...runs].filter((run) => Number.isFinite(reached(run) ?? NaN)).sort((a, b) => sign * (reached(b)! - reached(a)!)) : [...runs];
  const last = Math.max(1, ordered.length - 1);
  return new Map(ordered.map((run, place) => [run.id, 1 - place / last]));
}

const names = new WeakMap<readonly Group[], Map<string, string>>();

/** Return what tells a group from the others: as few of its values as do. */
export function groupName(group: Group, groups: readonly Group[]): string {
  let known = names.get(groups);
  if (!known) names.set(groups, (known = groupNames(groups)));
  return known.get(groupId(group)) ?? group.label;
}

export function groupNames(groups: readonly Group[]): Map<string, string> {
  const paths = Object.keys(groups[0]?.key ?? {});
  const said = (one: Group, path: string) => value(one.key[path]);
  const distinct = (chosen: string[]) => new Set(groups.map((one) => chosen.map((path) => said(one, path)).join("\n"))).size;
  let chosen: string[] = [];
  while (chosen.length < paths.length && (distinct(chosen) < groups.length || !chosen.length)) {
    const next = paths.filter((path) => !chosen.includes(path)).sort((a, b) => distinct([...chosen, b]) - distinct([...chosen, a]))[0]!;
    chosen = [...chosen, next];
  }
  chosen = paths.filter((path) => chosen.includes(path));
  return new Map(groups.map((one) => [groupId(one), chosen.map((path) => `${path.split(".").pop()} ${said(one, path)}`).join(", ")]));
}

/** Return which way a metric is better, as far as its name tells. */
export function guessGoal(key: string): "max" | "min" | null {
  const name = key.toLowerCase().split("/").pop()!;
  if (/acc|f1|auc|reward|score|precision|recall|bleu|map|iou|return/.test(name)) return "max";
  return /loss|err|mse|mae|rmse|perplexity|ppl|nll|time|duration|wer/.test(name) ? "min" : null;
}
