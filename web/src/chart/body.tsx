// The drawn part of a chart: owns the plot, moves the crosshair by pointer, by arrow keys and with the other charts, shows the
// values at it, and reads them out.
import type { JSX } from "preact";
import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { number } from "../core/format.ts";
import { look } from "../core/theme.ts";
import { cursor, focused, inspectAll, startHover } from "./hover.ts";
import { caption } from "./model.ts";
import { Plot, xText, type PlotState } from "./plot.ts";
import { later } from "../ui/portal.tsx";
import { tipRows, type TipRow } from "./tiprows.ts";
import type { TipProps } from "./tooltip.tsx";
import type { Mark } from "./draw.ts";
import type { ChartSource, Drawn } from "./types.ts";

const Tip = later<TipProps>(() => import("./tooltip.tsx").then((module) => module.Tip));

interface Tipped {
  rows: TipRow[];
  mark: Mark | null;
  x: number;
  left: number;
  top: number;
}

interface BodyProps {
  id: symbol;
  name: string;
  keys: readonly string[];
  state: Drawn;
  source: ChartSource;
}

export function Body({ id, name, keys, state, source }: BodyProps): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const tip = useSignal<Tipped | null>(null);
  const frozen = useSignal(false);
  const said = useSignal("");
  const view = source.view.value;
  const latest = useRef({ state, view, source });
  latest.current = { state, view, source };

  const plotState = (): PlotState => {
    const { state: now, view: how } = latest.current;
    return { lines: now.lines, x: now.x, y: now.ranges.shown, scale: how.scale, axis: how.x, focus: focused.peek(), faintRaw: Boolean(how.smooth), paint: now.paint };
  };

  const point = useMemo(() => (x: number, left: number, top: number, byKey = false) => {
    const chart = plot.current;
    if (!chart) return;
    const mark = byKey ? null : chart.markAt(left, top);
    const rows = tipRows(latest.current.state.lines, x, top, (value) => chart.toPixels(value, "y"));
    const place = chart.over.getBoundingClientRect();
    tip.value = { rows, mark, x, left: place.left + left, top: place.top + top };
    const first = mark?.line ?? rows[0]?.line;
    if (mark) rows.sort((a, b) => Number(b.line === mark.line) - Number(a.line === mark.line));
    const near = mark || byKey || (rows[0] && rows[0].far < 28);
    focused.value = near && first ? first.runId || first.id : null;
    if (byKey) said.value = `${xText(latest.current.view.x, x)}: ${rows.slice(0, 5).map((row) => `${row.line.label} ${number(row.value)}`).join(", ")}`;
  }, []);

  const leave = useMemo(() => () => {
    if (frozen.peek()) return;
    tip.value = null;
    if (cursor.peek()?.from === id) cursor.value = null;
    focused.value = null;
  }, []);

  useEffect(() => {
    startHover();
    const made = new Plot(host.current!, plotState(), {
      move: (at) => {
        if (frozen.peek()) return;
        if (!at) return leave();
        cursor.value = { x: at.x, axis: latest.current.view.x, from: id };
        point(at.x, at.left, at.top);
      },
      zoom: (range) => {
        frozen.value = false;
        tip.value = null;
        latest.current.source.setZoom(range && tidy(range, latest.current.view.x));
      },
      click: () => (frozen.value = !frozen.peek() && tip.peek() !== null),
    });
    plot.current = made;
    const sized = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = host.current!;
      if (width > 40 && height > 40) made.resize(width, height);
    });
    sized.observe(host.current!);
    return () => {
      sized.disconnect();
      plot.current = null;
      made.destroy();
      if (cursor.peek()?.from === id) cursor.value = null;
    };
  }, [view.scale, view.x, look.value]);

  useEffect(() => plot.current?.update(plotState()), [state, view.smooth]);

  useSignalEffect(() => {
    void focused.value;
    const chart = plot.current;
    if (!chart) return;
    const frame = requestAnimationFrame(() => plot.current?.update(plotState()));
    return () => cancelAnimationFrame(frame);
  });

  useSignalEffect(() => {
    const at = cursor.value;
    const all = inspectAll.value;
    const chart = plot.current;
    if (!chart || at?.from === id) return;
    const same = at !== null && at.axis === latest.current.view.x;
    chart.cursorTo(same ? at.x : null);
    if (frozen.peek()) return;
    if (same && all) point(at.x, chart.toPixels(at.x, "x"), chart.over.clientHeight / 2);
    else if (tip.peek()) tip.value = null;
  });

  const onKey = (event: KeyboardEvent) => {
    const chart = plot.current;
    if (!chart || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape" && tip.value) {
      frozen.value = false;
      leave();
    } else if (event.key === "Enter" && tip.value) frozen.value = !frozen.value;
    else if (event.key === "a" && tip.value) note();
    else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      const x = stepFrom(tip.value?.x ?? null, event.key === "ArrowRight" ? 1 : -1, event.shiftKey ? 10 : 1, state);
      chart.cursorTo(x);
      cursor.value = { x, axis: view.x, from: id };
      point(x, chart.toPixels(x, "x"), chart.over.clientHeight / 2, true);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const note = () => {
    const at = tip.peek();
    frozen.value = false;
    leave();
    void import("./annotate.tsx").then((module) => module.annotate(latest.current, at));
  };
  const goal = keys.length === 1 ? source.goalOf(keys[0]!) : null;
  const shown = tip.value;
  return (
    <>
      <div ref={host} class="plot" role="img" tabIndex={0} aria-roledescription="chart" aria-label={caption(name, state.lines, goal, (value) => number(value, 6))} onKeyDown={onKey} onBlur={() => !frozen.value && leave()} />
      <div class="hidden-text" aria-live="polite">{said.value}</div>
      {shown && shown.rows.length > 0 && (
        <Tip title={`${view.x === "time" || view.x === "ts" ? "" : `${view.x} `}${xText(view.x, shown.x)}`} rows={shown.rows} mark={shown.mark} left={shown.left} top={shown.top} frozen={frozen.value} smoothed={Boolean(view.smooth)} onNote={note} onClose={() => ((frozen.value = false), leave())} />
      )}
    </>
  );
}

/** Return the next place of x to read, a bin or point of the first line further. */
function stepFrom(x: number | null, way: 1 | -1, by: number, { lines, x: range }: Drawn): number {
  const xs = lines[lines.length - 1]?.x;
  if (x === null || !xs?.length) return (range.low + range.high) / 2;
  let at = 0;
  while (at < xs.length - 1 && xs[at]! < x) at += 1;
  const next = xs[Math.max(0, Math.min(xs.length - 1, at + way * by))]!;
  return Math.max(range.low, Math.min(range.high, next));
}

/** Return a range a person would write: whole steps, four significant digits of the span. */
function tidy([low, high]: readonly [number, number], axis: string): readonly [number, number] {
  if (axis === "step" && high - low > 4) return [Math.max(0, Math.floor(low)), Math.ceil(high)];
  const digits = Math.max(0, 3 - Math.floor(Math.log10(high - low)));
  const round = (value: number) => Number(value.toFixed(Math.min(12, digits)));
  return [round(low), round(high)];
}
