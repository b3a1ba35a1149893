// The curves of one run, and of the machine it ran on: sections by the first part of the key, one line of controls for all charts.
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { cursor, current } from "../../chart/hover.ts";
import { LineChart } from "../../chart/linechart.tsx";
import type { ChartSource } from "../../chart/types.ts";
import { get } from "../../core/api.ts";
import { number } from "../../core/format.ts";
import { ranked } from "../../core/fuzzy.ts";
import { useKeys } from "../../core/keys.ts";
import { go, query, setQuery } from "../../core/route.ts";
import type { RowsAnswer } from "../../core/types.ts";
import { Button } from "../../ui/button.tsx";
import { say } from "../../ui/toast.tsx";
import { Choice, Nothing, Select } from "../bits.tsx";
import type { TabProps } from "../run.tsx";
import { useSource } from "./source.ts";

const SMOOTHS = [0, 0.3, 0.6, 0.8, 0.9, 0.95, 0.99];
/** So few charts need no sections. */
const FEW = 8;
const SCALES = [["linear", "linear"], ["log", "log"], ["symlog", "symlog"]] as const;

export function Metrics({ run }: TabProps): JSX.Element {
  const numeric = run.keys.filter((key) => (run.metrics[key]?.count ?? 0) > 0 || !run.metrics[key]);
  return <ChartPage run={run} keys={numeric} table="events" />;
}

export function System({ run }: TabProps): JSX.Element {
  return <ChartPage run={run} keys={run.system_keys} table="system" />;
}

/** Return sections of charts: `gpu/0/…` and `gpu/1/…` of one quantity stand in one section each device. */
export function sections(keys: readonly string[], table: "events" | "system"): [string, string[]][] {
  const made = new Map<string, string[]>();
  for (const key of keys) {
    const parts = key.split("/");
    const name = table === "system" && parts[0] === "gpu" && parts.length > 2 ? `gpu ${parts[1]}` : parts.length > 1 ? parts[0]! : "";
    made.set(name, [...(made.get(name) ?? []), key]);
  }
  if (keys.length <= FEW) return [["", [...keys]]];
  return [...made].sort(([a], [b]) => (a === "" ? -1 : b === "" ? 1 : a < b ? -1 : 1));
}

function ChartPage({ run, keys, table }: { run: TabProps["run"]; keys: readonly string[]; table: "events" | "system" }): JSX.Element {
  const source = useSource([run], keys, { table, ...(table === "system" ? { x: "time" } : {}) });
  const find = query.value["find"] ?? "";
  const shown = useMemo(() => (find ? ranked(find, keys, (key) => key) : [...keys]), [find, keys.join("\n")]);
  if (!keys.length) return <Nothing what={table === "system" ? "Nothing of the machine was recorded" : "No metric was logged"} />;
  return (
    <div class="run-charts">
      <ChartTools source={source} find={find} run={run} table={table} />
      {!shown.length && <Nothing what={`No metric is like ${find}`} />}
      {sections(shown, table).map(([name, list]) => (
        <section key={name} class="chart-section" aria-label={name || "metrics"}>
          {name && <h2 class="section-name">{name} <span class="faint">{list.length}</span></h2>}
          <div class="chart-grid">{list.map((key) => <LineChart key={key} keys={[key]} source={source} height={210} items={table === "events" ? [{ text: "Console at the crosshair", icon: "table", action: "run.console", onChoose: () => void toConsole(run) }] : []} />)}</div>
        </section>
      ))}
    </div>
  );
}

function ChartTools({ source, find, run, table }: { source: ChartSource; find: string; run: TabProps["run"]; table: string }): JSX.Element {
  const view = source.view.value;
  const field = useRef<HTMLInputElement>(null);
  const at = useCrosshair();
  const place = view.smooth?.kind === "ema" ? Math.max(0, SMOOTHS.findIndex((amount) => amount >= view.smooth!.amount - 1e-9)) : 0;
  const smooth = (next: number) => source.setView({ smooth: SMOOTHS[next] ? { kind: "ema", amount: SMOOTHS[next]! } : null });
  useKeys({
    "chart.find": () => field.current?.focus(),
    "filter.focus": () => field.current?.focus(),
    "chart.x": () => source.setView({ x: { step: "time", time: "ts" }[view.x] ?? "step" }),
    "chart.log": () => source.setView({ scale: view.scale === "log" ? "linear" : "log" }),
    "chart.smooth_less": () => smooth(Math.max(0, place - 1)),
    "chart.smooth_more": () => smooth(Math.min(SMOOTHS.length - 1, place + 1)),
    "chart.outliers": () => source.setView({ outliers: view.outliers === "full" ? "auto" : "full" }),
    "chart.reset": () => source.setZoom(null),
    "chart.full": () => (current.peek() ? current.peek()!.full() : false),
    "run.console": () => (run.has_console ? void toConsole(run) : false),
  });
  return (
    <div class="tool-row">
      <input ref={field} type="search" aria-label="Find charts" placeholder="find charts" value={find} onInput={(event) => setQuery({ find: event.currentTarget.value }, { replace: true })} />
      <Choice label="x axis" list={table === "system" ? [["time", "time"], ["ts", "clock"]] : [["step", "step"], ["time", "time"], ["ts", "clock"]]} chosen={view.x} onChoose={(x) => source.setView({ x })} />
      <Select label="y" value={view.scale} list={SCALES} onChange={(scale) => source.setView({ scale: scale as "linear" })} />
      <label class="select"><span>smooth</span><input type="range" min={0} max={SMOOTHS.length - 1} step={1} value={place} aria-valuetext={String(SMOOTHS[place])} onInput={(event) => smooth(Number(event.currentTarget.value))} /><output>{SMOOTHS[place] || "none"}</output></label>
      {view.zoom && <Button icon="reset" action="chart.reset" onClick={() => source.setZoom(null)}>{number(view.zoom[0])} … {number(view.zoom[1])}</Button>}
      <span class="room" />
      {table === "events" && run.has_console && at !== null && <Button kind="plain" icon="table" action="run.console" onClick={() => void toConsole(run)}>Console at {view.x === "step" ? number(at) : "the crosshair"}</Button>}
    </div>
  );
}

/** The last place of the crosshair: a click beside the chart has to know it still. */
let lastAt: { x: number; axis: string } | null = null;

function useCrosshair(): number | null {
  const [at, setAt] = useState<number | null>(null);
  useEffect(() => cursor.subscribe((now) => {
    if (!now) return;
    lastAt = { x: now.x, axis: now.axis };
    setAt(now.x);
  }), []);
  return at;
}

/** Open what was printed when the row at the crosshair was logged. */
async function toConsole(run: TabProps["run"]): Promise<void> {
  const id = encodeURIComponent(run.id);
  if (!lastAt) return go(`/r/${id}/console`);
  try {
    let ts = lastAt.axis === "ts" ? lastAt.x : lastAt.axis === "time" ? run.started + lastAt.x : NaN;
    if (lastAt.axis === "step") {
      const rows = await get<RowsAnswer>(`/api/runs/${id}/rows`, { around: Math.max(0, Math.round(lastAt.x)), window: 0 });
      ts = Number(rows.rows[0]?.[rows.columns.findIndex((name) => name === "ts" || name === "_ts")]);
    }
    go(`/r/${id}/console${Number.isFinite(ts) ? `?at=${ts.toFixed(3)}` : ""}`);
  } catch {
    say("The time of that row is not known");
  }
}
