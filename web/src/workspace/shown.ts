// Which runs the charts show, and how they look. Shown are the selected runs, else the first of the sort as a rule that new
// better runs enter by themselves; pinned ones always. Above twelve, colour means rank: fifty hashed hues would be noise.
import { computed, type ReadonlySignal } from "@preact/signals";
import type { ChartSource, ChartView, RunStyle } from "../chart/types.ts";
import { DASHES, dashes, placeColor, ramp, runColor } from "../core/colors.ts";
import { dark } from "../core/theme.ts";
import type { Group, Run } from "../core/types.ts";
import type { Workspace } from "./data.ts";
import { cell, toColumn } from "./columns.ts";
import { groupId, groupName, guessGoal, ranks } from "./ranks.ts";

/** Above so many shown runs they are coloured by rank. */
const HUES = 12;
const STATES: Record<string, number> = { running: 2, finished: 0, failed: 3, crashed: 1, killed: 5 };
const UNKNOWN = "#8a94a0";

export interface Shown {
  /** In the order of the sort. */
  runs: readonly Run[];
  /** Every filtered run, not only these. */
  all: boolean;
  groups: readonly Group[];
  total: number;
  rule: "selected" | "first" | "all";
}

export interface Colors {
  run: (run: Run) => string;
  group: (group: Group, place: number) => string;
  /** What colour means: said above the table. */
  by: string;
}

export function watchShown(workspace: Workspace): { shown: ReadonlySignal<Shown>; colors: ReadonlySignal<Colors>; styles: ReadonlySignal<readonly RunStyle[]> } {
  const shown = computed<Shown>(() => {
    const { first, groupBy } = workspace.view.value;
    const rows = workspace.rows.value;
    const list = (rows?.runs ?? []).filter((run): run is Run => run !== undefined);
    const hidden = workspace.hidden.value;
    const [selected, pinned] = [workspace.selected.value, workspace.pinned.value];
    const seen = (run: Run) => !hidden.has(run.id);
    const total = rows?.total ?? 0;
    if (groupBy.length) {
      const all = (workspace.groups.value?.groups ?? []).filter((group) => !selected.size || group.run_ids.some((id) => selected.has(id)));
      const groups = all.filter((group) => !group.run_ids.every((id) => hidden.has(id))).slice(0, selected.size ? undefined : first);
      return { runs: [], all: false, groups, total: all.length, rule: selected.size ? "selected" : first >= all.length ? "all" : "first" };
    }
    if (workspace.allSelected.value || first === Infinity) return { runs: list.filter(seen), all: total > list.length, groups: [], total, rule: "all" };
    if (selected.size) {
      const order = new Map(list.map((run, place) => [run.id, place]));
      const chosen = [...new Set([...selected, ...pinned])].map((id) => workspace.known.value.get(id)).filter((run): run is Run => run !== undefined);
      chosen.sort((a, b) => (order.get(a.id) ?? 1e9) - (order.get(b.id) ?? 1e9));
      return { runs: chosen.filter(seen), all: false, groups: [], total, rule: "selected" };
    }
    const top = list.filter(seen).slice(0, first);
    const more = [...pinned].filter((id) => !top.some((run) => run.id === id)).map((id) => workspace.known.value.get(id)).filter((run): run is Run => run !== undefined && seen(run));
    return { runs: [...top, ...more], all: false, groups: [], total, rule: total > top.length ? "first" : "all" };
  });

  const colors = computed<Colors>(() => makeColors(workspace, shown.value, dark.value));

  // The same list while it says the same, so that charts have nothing to draw anew when further rows are loaded.
  let last: readonly RunStyle[] = [];
  const styles = computed<readonly RunStyle[]>(() => {
    const { runs } = shown.value;
    const byId = colors.value.by === "run";
    const dash = byId ? dashes(runs.map((run) => run.id)) : null;
    const now = runs.map((run) => ({ id: run.id, name: run.name, color: colors.value.run(run), dash: DASHES[dash?.get(run.id) ?? 0]!, pinned: workspace.pinned.value.has(run.id) }));
    return JSON.stringify(now) === JSON.stringify(last) ? last : (last = now);
  });
  return { shown, colors, styles };
}

function makeColors(workspace: Workspace, shown: Shown, isDark: boolean): Colors {
  const wanted = workspace.view.value.colorBy || (Math.max(shown.runs.length, shown.groups.length) > HUES ? "rank" : "run");
  const goal = workspace.goal.value;
  const count = Math.max(1, shown.groups.length - 1);
  const ofPlace = (place: number) => (wanted === "rank" ? ramp(1 - place / count, isDark) : placeColor(place, isDark));
  const group = (one: Group, place: number) => {
    const at = shown.groups.findIndex((other) => groupId(other) === groupId(one));
    return ofPlace(at < 0 ? place : at);
  };
  if (wanted === "rank") {
    const share = ranks(shown.runs, goal);
    return { run: (run) => (share.has(run.id) ? ramp(share.get(run.id)!, isDark) : UNKNOWN), group, by: goal ? `rank by ${goal.key}` : "rank" };
  }
  if (wanted === "run") return { run: (run) => runColor(run.id, isDark), group, by: "run" };
  if (wanted === "state") return { run: (run) => placeColor(STATES[run.status] ?? 6, isDark), group, by: "state" };
  return { run: byField(wanted, shown.runs, workspace, isDark), group, by: wanted };
}

function byField(field: string, runs: readonly Run[], workspace: Workspace, isDark: boolean): (run: Run) => string {
  const column = toColumn(field, workspace.columns.value, workspace.goal.value);
  const numbers = runs.map((run) => cell(run, column).number).filter((one): one is number => one !== null);
  if (column.numeric && numbers.length) {
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    const log = low > 0 && high / low > 50;
    const place = (one: number) => (high === low ? 0.5 : log ? Math.log(one / low) / Math.log(high / low) : (one - low) / (high - low));
    return (run) => {
      const one = cell(run, column).number;
      return one === null ? UNKNOWN : ramp(place(one), isDark);
    };
  }
  const texts = [...new Set(runs.map((run) => cell(run, column).text))].sort();
  return (run) => placeColor(Math.max(0, texts.indexOf(cell(run, column).text)), isDark);
}

/** Return what the charts of the workspace draw. */
export function chartSource(workspace: Workspace, { shown, styles, colors }: ReturnType<typeof watchShown>, table: "events" | "system"): ChartSource {
  const view = computed<ChartView>(() => {
    const { chart, groupBy, stat } = workspace.view.value;
    return { ...chart, group: groupBy.length && table === "events" ? { by: groupBy, stat } : null };
  });
  const ask = computed(() => {
    const now = shown.value;
    if (now.groups.length) return { run_ids: now.groups.flatMap((group) => group.run_ids) };
    if (now.all) return { q: workspace.view.value.q, project: workspace.project, sort: workspace.sort.value.join(","), limit: 1000 };
    return { run_ids: now.runs.map((run) => run.id) };
  });
  const text = computed(() => JSON.stringify(ask.value));
  return {
    view,
    runs: styles,
    // Rows are new objects with every refresh; the question changes only when its text does.
    ask: computed(() => JSON.parse(text.value)),
    keys: computed(() => (workspace.columns.value?.metrics ?? []).filter((metric) => metric.numeric).map((metric) => metric.key)),
    table,
    project: workspace.project,
    setZoom: (zoom) => workspace.setView({ chart: { zoom } }),
    setView: ({ group: _group, ...change }) => workspace.setView({ chart: change }, { replace: true }),
    minus: computed(() => [...workspace.pinned.value][0] ?? null),
    edit: (keys, next) => void import("./chartmenus.ts").then((module) => module.replaceChart(workspace, keys, next)),
    link: (keys) => workspace.link({ charts: [[...keys]] }),
    goalOf: (key) => (workspace.goal.value?.key === key ? workspace.goal.value.direction : guessGoal(key)),
    groupLabel: (label) => {
      const group = shown.value.groups.find((one) => one.label === label);
      return group ? groupName(group, workspace.groups.value?.groups ?? []) : label;
    },
    groupColor: (label) => {
      const place = shown.value.groups.findIndex((group) => group.label === label);
      return place < 0 ? null : colors.value.group(shown.value.groups[place]!, place);
    },
  };
}
