// Parallel coordinates: an axis for each column, a line for each run, coloured by the goal. Axes are dragged or moved by the arrow
// keys; a brush along an axis writes the filter. Only parameters that vary have an axis unless more are asked for.
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { number } from "../../core/format.ts";
import { go, query, setQuery } from "../../core/route.ts";
import { scaleFor, type Scale } from "../../plots/scale.ts";
import { useWidth } from "../../plots/width.ts";
import { Button } from "../../ui/button.tsx";
import { Dropdown } from "../../ui/menu.tsx";
import { Nothing } from "../bits.tsx";
import type { PlotProps } from "../plots.tsx";
import { split } from "../../workspace/view.ts";
import { colorAt, Key, Tip } from "./scatter.tsx";
import { brushText, choices, columnOf, metricField, withBrush, type Column } from "./table.ts";

const M = { left: 60, right: 70, top: 44, bottom: 22 };
const MOST_AXES = 9;

interface Axis {
  column: Column;
  scale: Scale;
  x: number;
}

export function Parallel({ runs, columns, goal, q }: PlotProps): JSX.Element {
  const { box, width } = useWidth();
  const [over, setOver] = useState<number | null>(null);
  const [brush, setBrush] = useState<{ at: number; from: number; to: number } | null>(null);
  const [drag, setDrag] = useState<{ at: number; x: number } | null>(null);
  const svg = useRef<SVGSVGElement>(null);
  const own = split(query.value["axes"] ?? "");
  const byDefault = [...columns.params.filter((one) => one.varying && !columns.seeds.includes(one.path) && one.distinct > 1).slice(0, MOST_AXES - 1).map((one) => (/^[A-Za-z_][\w./]*$/.test(one.path) ? one.path : "`" + one.path.replace(/`/g, "") + "`")), ...(goal ? [metricField("best", goal.key)] : [])];
  const fields = own.length ? own : byDefault;
  const height = 460;
  const chosen = fields.map((field) => columnOf(field, columns)).filter((one): one is Column => one !== null);
  const gap = (width - M.left - M.right) / Math.max(1, chosen.length - 1);
  const axes: Axis[] = chosen.map((column, at) => ({ column, scale: scaleFor(runs.map(column.of), height - M.bottom, M.top, "auto", 6), x: M.left + at * gap }));
  const goalColumn = goal ? columnOf(metricField("best", goal.key), columns) : null;
  const colors = goalColumn ? scaleFor(runs.map(goalColumn.of), goal!.direction === "max" ? 0 : 1, goal!.direction === "max" ? 1 : 0) : null;
  const put = (next: readonly string[]) => setQuery({ axes: next.join() === byDefault.join() ? null : next.join(",") }, { replace: true });
  const swap = (from: number, to: number) => {
    if (to < 0 || to >= fields.length || from === to) return;
    const next = [...fields];
    next.splice(to, 0, ...next.splice(from, 1));
    put(next);
  };
  if (axes.length < 2) return <Nothing what="No parameter varies here" how="Parallel axes need at least two columns that differ between runs." />;
  const local = (event: PointerEvent) => {
    const { left, top } = svg.current!.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const endBrush = () => {
    if (!brush) return;
    const { column, scale } = axes[brush.at]!;
    const [low, high] = [Math.min(brush.from, brush.to), Math.max(brush.from, brush.to)];
    setBrush(null);
    if (high - low < 4) return;
    const names = scale.kind === "band" ? scale.names.filter((name) => scale.at(name) >= low && scale.at(name) <= high) : null;
    if (names && !names.length) return;
    const [a, b] = [scale.back(high), scale.back(low)];
    // The axes stay, also those on which what is left no longer varies.
    setQuery({ q: withBrush(query.peek()["q"] ?? "", column.field, brushText(column, Math.min(a, b), Math.max(a, b), names)), sel: null, axes: fields.join(",") });
  };
  const lineOf = (run: PlotProps["runs"][number]) => {
    let d = "";
    let pen = "M";
    for (const axis of axes) {
      const y = axis.scale.at(axis.column.of(run));
      if (!Number.isFinite(y)) { pen = "M"; continue; }
      d += `${pen}${axis.x.toFixed(1)} ${y.toFixed(1)}`;
      pen = "L";
    }
    return d;
  };
  const near = (event: PointerEvent) => {
    if (drag) return setDrag({ ...drag, x: local(event).x });
    if (brush) return setBrush({ ...brush, to: Math.max(M.top, Math.min(height - M.bottom, local(event).y)) });
    const { x, y } = local(event);
    const left = Math.max(0, Math.min(axes.length - 2, Math.floor((x - M.left) / gap)));
    const share = (x - axes[left]!.x) / gap;
    let best = -1;
    let far = 9;
    runs.forEach((run, place) => {
      const [a, b] = [axes[left]!.scale.at(axes[left]!.column.of(run)), axes[left + 1]!.scale.at(axes[left + 1]!.column.of(run))];
      const d = Math.abs(a + (b - a) * share - y);
      if (d < far) (far = d), (best = place);
    });
    setOver(best < 0 ? null : best);
  };
  const shown = over === null ? null : runs[over];
  const sorted = colors && goalColumn ? [...runs.keys()].sort((a, b) => (colors.at(goalColumn.of(runs[a]!)) || 0) - (colors.at(goalColumn.of(runs[b]!)) || 0)) : [...runs.keys()];
  return (
    <div class="plot-part">
      <div class="tool-row">
        <Dropdown label="Choose axes" class="plain" button={<>{axes.length} axes</>}>
          {() => <div class="picked-list">{choices(columns, goal).map(([field, text]) => <label key={field} class="check menu-item"><input type="checkbox" checked={fields.includes(field)} onChange={() => put(fields.includes(field) ? fields.filter((one) => one !== field) : [...fields, field])} /><bdi class="menu-text">{text}</bdi></label>)}</div>}
        </Dropdown>
        {own.length > 0 && <Button icon="reset" onClick={() => setQuery({ axes: null }, { replace: true })}>what varies</Button>}
        {q && <span class="faint mono cut">{q}</span>}
        <span class="room" />
        <span class="faint">drag along an axis to filter, drag its name to move it</span>
      </div>
      <div ref={box} class="plot-holder">
        <svg ref={svg} class="plot-svg parallel" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="group" aria-label={`Parallel axes of ${runs.length} runs: ${axes.map((axis) => axis.column.text).join(", ")}`} onPointerMove={near} onPointerLeave={() => !brush && !drag && setOver(null)} onPointerUp={() => {
          if (drag) swap(drag.at, Math.max(0, Math.min(axes.length - 1, Math.round((drag.x - M.left) / gap)))), setDrag(null);
          else if (brush) endBrush();
        }} onClick={(event) => shown && !(event.target as Element).closest("[data-axis]") && go(`/r/${encodeURIComponent(shown.id)}`)}>
          <g class={`lines ${shown ? "is-dim" : ""}`}>{sorted.map((place) => <path key={runs[place]!.id} d={lineOf(runs[place]!)} stroke={colors && goalColumn ? colorAt(colors, goalColumn.of(runs[place]!)) : "var(--accent)"} />)}</g>
          {shown && <path class="line-over" d={lineOf(shown)} stroke={colors && goalColumn ? colorAt(colors, goalColumn.of(shown)) : "var(--accent)"} />}
          {axes.map((axis, at) => (
            <g key={axis.column.field} transform={`translate(${drag?.at === at ? drag.x : axis.x} 0)`} class="axes" data-axis={axis.column.field}>
              <line class="axis-line" x1={0} x2={0} y1={M.top} y2={height - M.bottom} />
              {axis.scale.ticks.map((tick) => <text key={tick.text} x={at === axes.length - 1 ? 6 : -6} y={tick.at} dy=".35em" text-anchor={at === axes.length - 1 ? "start" : "end"}>{tick.text.slice(0, Math.max(4, Math.floor(gap / 8)))}</text>)}
              <rect class="axis-brush" x={-9} width={18} y={M.top} height={height - M.top - M.bottom} onPointerDown={(event) => {
                event.preventDefault();
                const y = local(event).y;
                setBrush({ at, from: y, to: y });
              }}><title>drag to filter by {axis.column.text}</title></rect>
              {brush?.at === at && <rect class="brushed" x={-9} width={18} y={Math.min(brush.from, brush.to)} height={Math.abs(brush.to - brush.from)} />}
              <foreignObject x={-Math.min(gap / 2, 70)} y={6} width={Math.min(gap, 140)} height={26}>
                <button type="button" class="axis-button" title={`${axis.column.text}${axis.scale.kind === "log" ? ", logarithmic" : ""}`} aria-keyshortcuts="ArrowLeft ArrowRight" onPointerDown={(event) => (event.preventDefault(), setDrag({ at, x: axis.x }))} onKeyDown={(event) => {
                  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
                  if (by) event.preventDefault(), event.stopPropagation(), swap(at, at + by);
                }}><bdi>{axis.column.text.split("/").pop()!.split(".").slice(-2).join(".")}</bdi>{axis.scale.kind === "log" ? <span class="faint"> log</span> : null}</button>
              </foreignObject>
            </g>
          ))}
        </svg>
        {shown && !brush && !drag && <Tip run={shown} left={width / 2} top={0} width={width} lines={chosen} />}
      </div>
      {colors && goalColumn && <Key scale={scaleFor(runs.map(goalColumn.of), 0, 1)} column={goalColumn} />}
      <p class="faint" role="status">{number(runs.length)} runs</p>
    </div>
  );
}
