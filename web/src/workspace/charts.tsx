// The charts of the workspace: what they have in common on one line, then sections by the first part of the keys; pinned ones
// first, those of the machine last and folded.
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { chartQuestions } from "../app/slots.ts";
import { current } from "../chart/hover.ts";
import { LineChart } from "../chart/linechart.tsx";
import type { ChartSource } from "../chart/types.ts";
import { useKeys } from "../core/keys.ts";
import { kept } from "../core/state.ts";
import { Icon } from "../ui/button.tsx";
import { later } from "../ui/portal.tsx";
import type { ChartGridProps } from "./chartgrid.tsx";
import { ChartBar, findChart, SMOOTHS } from "./chartbar.tsx";
import type { Workspace } from "./data.ts";
import { sections, type Section } from "./sections.ts";
import { chartSource, type watchShown } from "./shown.ts";

const folded = kept<Record<string, boolean>>("folded", { system: true });
const ChartGrid = later<ChartGridProps>(() => import("./chartgrid.tsx").then((module) => module.ChartGrid));
/** Above so many charts only those near the view exist. */
const MANY = 60;
/** Up to so many charts have room to be taller. */
const FEW = 4;
const HEIGHTS = [0, 340, 250, 210, 185, 165, 150];

export function Charts({ workspace, watched }: { workspace: Workspace; watched: ReturnType<typeof watchShown> }): JSX.Element {
  const source = useMemo(() => chartSource(workspace, watched, "events"), [workspace]);
  const system = useMemo(() => chartSource(workspace, watched, "system"), [workspace]);
  const view = workspace.view.value;
  const settings = workspace.settings.value;
  const made = sections(workspace.columns.value, { charts: view.charts, find: view.find, pinned: settings?.pinned ?? [], hidden: settings?.hidden ?? [], order: settings?.order ?? [], goal: workspace.goal.value?.key });
  useChartKeys(workspace, source);
  useEffect(() => {
    chartQuestions.value = () => {
      const { view: how } = source;
      const { x, smooth, group } = how.peek();
      return made.flatMap((section) => section.charts.map((keys) => ({ ...source.ask.peek(), keys, table: section.table, x, smooth, group: section.table === "events" ? group : null, robust: true })));
    };
    return () => void (chartQuestions.value = null);
  });
  const hidden = (settings?.hidden ?? []).length;
  const total = made.reduce((sum, section) => sum + (folded.value[section.name] ? 0 : section.charts.length), 0);
  return (
    <section class="charts" aria-label="Charts">
      <ChartBar workspace={workspace} source={source} />
      <div class="charts-scroll" tabIndex={-1}>
        <div>{made.map((section) => <SectionOf key={section.name} section={section} source={section.table === "system" ? system : source} workspace={workspace} total={total} />)}</div>
        {!made.length && workspace.columns.value && <p class="charts-none faint">{view.find ? `No chart is called like “${view.find}”` : "Nothing numeric was logged yet"}</p>}
        {hidden > 0 && !view.charts.length && <p class="faint charts-more">{hidden} charts hidden. <button type="button" class="text-button" onClick={() => void workspace.saveSettings({ hidden: [] })}>Show them</button></p>}
        {view.charts.length > 0 && <p class="charts-more"><button type="button" class="text-button" onClick={() => workspace.setView({ charts: [] })}>Show all charts</button></p>}
      </div>
    </section>
  );
}

function SectionOf({ section, source, workspace, total }: { section: Section; source: ChartSource; workspace: Workspace; total: number }): JSX.Element {
  const view = workspace.view.value;
  const isFolded = Boolean(folded.value[section.name]) && !view.find && section.name !== "";
  const perRow = view.perRow;
  const single = section.charts.length === 1 && section.name === "";
  const many = total > MANY;
  const height = HEIGHTS[perRow || (total <= FEW ? 1 : 2)] ?? 185;
  const columns = perRow ? `repeat(${perRow}, minmax(0, 1fr))` : single ? "minmax(0, 1fr)" : `repeat(auto-${many ? "fill" : "fit"}, minmax(min(100%, 330px), 1fr))`;
  const chart = (keys: string[]) => <LineChart key={keys.join("+")} keys={keys} source={source} height={single ? 460 : height} items={() => import("./chartmenus.ts").then((module) => module.chartItems(keys, section, workspace))} />;
  return (
    <div class="section">
      {section.name && (
        <h2>
          <button type="button" class="section-head" aria-expanded={!isFolded} onClick={() => (folded.value = { ...folded.value, [section.name]: !isFolded })}>
            <Icon name={isFolded ? "right" : "down"} size={12} /> {section.name} <span class="faint">{section.charts.length}</span>
          </button>
        </h2>
      )}
      {!isFolded && many && <ChartGrid count={section.charts.length} columns={columns} height={height} render={(place) => chart(section.charts[place]!)} />}
      {!isFolded && !many && <div class="chart-grid" style={{ gridTemplateColumns: columns }}>{section.charts.map(chart)}</div>}
    </div>
  );
}

function useChartKeys(workspace: Workspace, source: ChartSource): void {
  const chart = () => workspace.view.peek().chart;
  const smooth = (way: 1 | -1) => () => {
    const now = chart().smooth?.amount ?? 0;
    const at = SMOOTHS.findIndex((amount) => amount >= now - 1e-9);
    const next = SMOOTHS[Math.max(0, Math.min(SMOOTHS.length - 1, (at < 0 ? SMOOTHS.length - 1 : at) + way))]!;
    workspace.setView({ chart: { smooth: next ? { kind: "ema", amount: next } : null } }, { replace: true });
  };
  const row = (way: 1 | -1) => () => workspace.setView({ perRow: Math.max(1, Math.min(6, (workspace.view.peek().perRow || 2) + way)) }, { replace: true });
  useKeys({
    "chart.x": () => {
      const order = ["step", "time", "ts"];
      workspace.setView({ chart: { x: order[(order.indexOf(chart().x) + 1) % order.length]!, zoom: null } });
    },
    "chart.log": () => source.setView({ scale: chart().scale === "log" ? "linear" : "log" }),
    "chart.smooth_less": smooth(-1),
    "chart.smooth_more": smooth(1),
    "chart.outliers": () => source.setView({ outliers: chart().outliers === "auto" ? "full" : "auto" }),
    "chart.full": () => (current.value ? current.value.full() : document.querySelector<HTMLElement>(".chart .chart-tools button")?.click()),
    "chart.reset": () => source.setZoom(null),
    "chart.find": findChart,
    "chart.more": row(1),
    "chart.fewer": row(-1),
    "view.up": () => {
      const view = workspace.view.peek();
      if (view.chart.zoom) source.setZoom(null);
      else if (view.charts.length) workspace.setView({ charts: [] });
      else if (view.selected.length) workspace.setView({ selected: [] });
      else return false;
      return undefined;
    },
  });
}

