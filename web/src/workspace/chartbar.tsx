// What all charts have in common: the x axis, smoothing, the y axis, how many stand in a row, and which are looked for.
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { ChartSource } from "../chart/types.ts";
import { number } from "../core/format.ts";
import { keyLabel, keysOf } from "../core/keys.ts";
import { settled } from "../core/state.ts";
import { Button, Icon } from "../ui/button.tsx";
import { Menu, type MenuItem } from "../ui/menu.tsx";
import type { Workspace } from "./data.ts";

export const SMOOTHS: readonly number[] = [0, 0.3, 0.6, 0.8, 0.9, 0.95, 0.98, 0.99];
const X_TEXT: Record<string, string> = { step: "step", time: "time", ts: "clock" };

export const findChart = (): void => document.querySelector<HTMLInputElement>(".chart-find")?.focus();

export function ChartBar({ workspace, source }: { workspace: Workspace; source: ChartSource }): JSX.Element {
  const { chart, perRow, find } = workspace.view.value;
  const zoomed = chart.zoom !== null;
  const search = useRef(settled(120, (text: string) => workspace.setView({ find: text.trim() }, { replace: true }))).current;
  return (
    <div class="chart-bar" role="toolbar" aria-label="All charts">
      <Menu label="What x is" action="chart.x" items={() => xItems(workspace, source)}><span class="faint">x</span> {X_TEXT[chart.x] ?? chart.x} <Icon name="down" size={12} /></Menu>
      <Smoothing workspace={workspace} />
      <Menu label="What y is" items={() => yItems(source)}><span class="faint">y</span> {chart.scale !== "linear" ? chart.scale : chart.outliers === "auto" ? "auto" : chart.outliers} <Icon name="down" size={12} /></Menu>
      {zoomed && <Button kind="plain" icon="reset" label="Reset the zoom" action="chart.reset" onClick={() => source.setZoom(null)}>{number(chart.zoom![0], 5)}–{number(chart.zoom![1], 5)}</Button>}
      <span class="spring" />
      <Menu label="Charts in a row" items={() => [0, 1, 2, 3, 4, 5, 6].map((n): MenuItem => ({ text: n ? `${n} in a row` : "As many as fit", checked: perRow === n, onChoose: () => workspace.setView({ perRow: n }, { replace: true }) }))}><Icon name="table" /></Menu>
      <input class="chart-find" type="search" placeholder={`Find charts (${keyLabel(keysOf("chart.find")[0] ?? "")})`} aria-label="Find charts by name, or by /regular expression/" value={find} onInput={(event) => search(event.currentTarget.value)} onKeyDown={(event) => event.key === "Escape" && (event.stopPropagation(), event.currentTarget.blur())} />
    </div>
  );
}

function Smoothing({ workspace }: { workspace: Workspace }): JSX.Element {
  const { smooth } = workspace.view.value.chart;
  const amount = smooth?.amount ?? 0;
  const kind = smooth?.kind ?? "ema";
  const set = (next: typeof smooth) => workspace.setView({ chart: { smooth: next } }, { replace: true });
  const later = useRef(settled(60, (value: number) => set(value > 0 ? { kind: "ema", amount: value } : null))).current;
  const items = (): MenuItem[] => [
    { text: "None: the raw values", checked: !smooth, onChoose: () => set(null) },
    ...[0.6, 0.9, 0.98].map((value): MenuItem => ({ text: `Exponential ${value}`, checked: kind === "ema" && amount === value, onChoose: () => set({ kind: "ema", amount: value }) })),
    ...[10, 100, 1000].map((value, place): MenuItem => ({ text: `Moving mean over ${value}`, apart: place === 0, checked: kind === "mean" && amount === value, onChoose: () => set({ kind: "mean", amount: value }) })),
    ...[10, 100].map((value, place): MenuItem => ({ text: `Gaussian of ${value}`, apart: place === 0, checked: kind === "gaussian" && amount === value, onChoose: () => set({ kind: "gaussian", amount: value }) })),
  ];
  return (
    <span class="smoothing">
      <Menu label="How curves are smoothed" items={items}><span class="faint">smooth</span> {smooth ? `${kind === "ema" ? "" : `${kind} `}${number(amount)}` : "none"}</Menu>
      {kind === "ema" && <input type="range" min="0" max="0.99" step="0.01" value={amount} aria-label="Smoothing, 0 to 0.99" title={`Smoothing (${keysOf("chart.smooth_less")[0]} ${keysOf("chart.smooth_more")[0]})`} onInput={(event) => later(Number(event.currentTarget.value))} />}
    </span>
  );
}

function xItems(workspace: Workspace, source: ChartSource): MenuItem[] {
  const now = workspace.view.value.chart.x;
  const choice = (x: string, text: string): MenuItem => ({ text, checked: now === x, onChoose: () => workspace.setView({ chart: { x, zoom: null } }) });
  const keys = source.keys.value.slice(0, 24);
  return [choice("step", "Step"), choice("time", "Time since the start"), choice("ts", "Clock"), ...keys.map((key, place) => ({ ...choice(key, key), ...(place === 0 ? { heading: "A logged metric" } : {}) }))];
}

function yItems(source: ChartSource): MenuItem[] {
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
