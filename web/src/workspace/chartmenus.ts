// What the menus above the charts offer; loaded when the first of them is opened.
import { readOnly } from "../app/store.ts";
import type { ChartSource } from "../chart/types.ts";
import type { MenuItem } from "../ui/menu.tsx";
import type { Section } from "./sections.ts";
import type { Workspace } from "./data.ts";
import { split } from "./view.ts";

export function xItems(workspace: Workspace, source: ChartSource): MenuItem[] {
  const now = workspace.view.value.chart.x;
  const choice = (x: string, text: string): MenuItem => ({ text, checked: now === x, onChoose: () => workspace.setView({ chart: { x, zoom: null } }) });
  const keys = source.keys.value.slice(0, 24);
  return [choice("step", "Step"), choice("time", "Time since the start"), choice("ts", "Clock"), ...keys.map((key, place) => ({ ...choice(key, key), ...(place === 0 ? { heading: "A logged metric" } : {}) }))];
}

export function yItems(source: ChartSource): MenuItem[] {
  const { scale, outliers } = source.view.value;
  return [
    { text: "Linear", checked: scale === "linear", onChoose: () => source.setView({ scale: "linear" }) },
    { text: "Logarithmic", checked: scale === "log", action: "chart.log", onChoose: () => source.setView({ scale: "log" }) },
    { text: "Symmetric logarithmic", checked: scale === "symlog", onChoose: () => source.setView({ scale: "symlog" }) },
    { text: "Range by itself", heading: "Outliers", checked: outliers === "auto", action: "chart.outliers", onChoose: () => source.setView({ outliers: "auto" }) },
    { text: "Everything", checked: outliers === "full", onChoose: () => source.setView({ outliers: "full" }) },
    { text: "The bulk only", checked: outliers === "bulk", onChoose: () => source.setView({ outliers: "bulk" }) },
  ];
}

export function smoothItems(workspace: Workspace): MenuItem[] {
  const { smooth } = workspace.view.value.chart;
  const { amount, kind } = smooth ?? { amount: 0, kind: "ema" };
  const set = (next: typeof smooth) => workspace.setView({ chart: { smooth: next } }, { replace: true });
  return [
    { text: "None: the raw values", checked: !smooth, onChoose: () => set(null) },
    ...[0.6, 0.9, 0.98].map((value): MenuItem => ({ text: `Exponential ${value}`, checked: kind === "ema" && amount === value, onChoose: () => set({ kind: "ema", amount: value }) })),
    ...[10, 100, 1000].map((value, place): MenuItem => ({ text: `Moving mean over ${value}`, apart: place === 0, checked: kind === "mean" && amount === value, onChoose: () => set({ kind: "mean", amount: value }) })),
    ...[10, 100].map((value, place): MenuItem => ({ text: `Gaussian of ${value}`, apart: place === 0, checked: kind === "gaussian" && amount === value, onChoose: () => set({ kind: "gaussian", amount: value }) })),
  ];
}

export const rowItems = (workspace: Workspace): MenuItem[] =>
  [0, 1, 2, 3, 4, 5, 6].map((n) => ({ text: n ? `${n} in a row` : "As many as fit", checked: workspace.view.value.perRow === n, onChoose: () => workspace.setView({ perRow: n }, { replace: true }) }));

/** Put a chart of other keys in the place of one, or on top: in the address where that names charts, else pinned. */
export function replaceChart(workspace: Workspace, keys: readonly string[] | null, next: readonly string[]): void {
  const [before, after] = [keys?.join("+"), next.join("+")];
  const replaced = (charts: readonly string[]) => [...new Set(before && charts.includes(before) ? charts.map((one) => (one === before ? after : one)) : [after, ...charts])];
  const { charts } = workspace.view.peek();
  if (charts.length || readOnly.value) workspace.setView({ charts: replaced(charts.map((one) => one.join("+"))).map((one) => split(one, "+")) });
  else void workspace.saveSettings({ pinned: replaced(workspace.settings.peek()?.pinned ?? []) });
}

/** What the workspace adds to the menu of a chart. */
export function chartItems(keys: readonly string[], section: Section, workspace: Workspace): MenuItem[] {
  if (section.table === "system") return [];
  const name = keys.join("+");
  const settings = workspace.settings.value;
  const [pinned, hidden] = [settings?.pinned ?? [], settings?.hidden ?? []];
  const items: MenuItem[] = [];
  if (!readOnly.value) {
    items.push({ text: pinned.includes(name) ? "Unpin the chart" : "Pin the chart on top", icon: "pin", onChoose: () => void workspace.saveSettings({ pinned: pinned.includes(name) ? pinned.filter((one) => one !== name) : [...pinned, name] }) });
    if (keys.length === 1) items.push({ text: "Hide the chart", icon: "hide", onChoose: () => void workspace.saveSettings({ hidden: [...hidden, name] }) });
  }
  const others = (workspace.columns.value?.metrics ?? []).filter((metric) => metric.numeric && !keys.includes(metric.key)).map((metric) => metric.key);
  const tail = keys[0]!.split("/").pop();
  const near = [...others.filter((key) => key.split("/").pop() === tail), ...others.filter((key) => key.split("/").pop() !== tail)].slice(0, 5);
  for (const [place, key] of near.entries()) items.push({ text: `Together with ${key}`, icon: "plus", apart: place === 0, onChoose: () => workspace.setView({ charts: [[...keys, key]] }) });
  return items;
}
