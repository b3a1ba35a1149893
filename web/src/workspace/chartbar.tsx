// What all charts have in common: the x axis, smoothing, the y axis, how many stand in a row, and which are looked for.
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { ChartSource } from "../chart/types.ts";
import { number } from "../core/format.ts";
import { keyLabel, keysOf } from "../core/keys.ts";
import { settled } from "../core/state.ts";
import { Button, Icon } from "../ui/button.tsx";
import { Menu } from "../ui/menu.tsx";
import type { Workspace } from "./data.ts";

export const SMOOTHS: readonly number[] = [0, 0.3, 0.6, 0.8, 0.9, 0.95, 0.98, 0.99];
const menus = () => import("./chartmenus.ts");
const X_TEXT: Record<string, string> = { step: "step", time: "time", ts: "clock" };

export const findChart = (): void => document.querySelector<HTMLInputElement>(".chart-find")?.focus();

export function ChartBar({ workspace, source }: { workspace: Workspace; source: ChartSource }): JSX.Element {
  const { chart, find } = workspace.view.value;
  const zoomed = chart.zoom !== null;
  const search = useRef(settled(120, (text: string) => workspace.setView({ find: text.trim() }, { replace: true }))).current;
  return (
    <div class="chart-bar" role="toolbar" aria-label="All charts">
      <Menu label="What x is" action="chart.x" items={() => menus().then((module) => module.xItems(workspace, source))}><span class="faint">x</span> {X_TEXT[chart.x] ?? chart.x} <Icon name="down" size={12} /></Menu>
      <Smoothing workspace={workspace} />
      <Menu label="What y is" items={() => menus().then((module) => module.yItems(source))}><span class="faint">y</span> {chart.scale !== "linear" ? chart.scale : chart.outliers === "auto" ? "auto" : chart.outliers} <Icon name="down" size={12} /></Menu>
      {zoomed && <Button kind="plain" icon="reset" label="Reset the zoom" action="chart.reset" onClick={() => source.setZoom(null)}>{number(chart.zoom![0], 5)}–{number(chart.zoom![1], 5)}</Button>}
      <span class="spring" />
      <Button icon="plus" label="New chart: metrics and expressions" onClick={() => void import("../chart/editor.tsx").then((module) => module.editChart(null, source))} />
      <Menu label="Charts in a row" items={() => menus().then((module) => module.rowItems(workspace))}><Icon name="table" /></Menu>
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
  return (
    <span class="smoothing">
      <Menu label="How curves are smoothed" items={() => menus().then((module) => module.smoothItems(workspace))}><span class="faint">smooth</span> {smooth ? `${kind === "ema" ? "" : `${kind} `}${number(amount)}` : "none"}</Menu>
      {kind === "ema" && <input type="range" min="0" max="0.99" step="0.01" value={amount} aria-label="Smoothing, 0 to 0.99" title={`Smoothing (${keysOf("chart.smooth_less")[0]} ${keysOf("chart.smooth_more")[0]})`} onInput={(event) => later(Number(event.currentTarget.value))} />}
    </span>
  );
}
