// Any two columns against each other; colour and size by two more; the runs nobody beats, and the trend.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ramp, runColor, placeColor } from "../../core/colors.ts";
import { number, value as written } from "../../core/format.ts";
import { go, query, setQuery } from "../../core/route.ts";
import { dark } from "../../core/theme.ts";
import { Axes } from "../../plots/axes.tsx";
import { scaleFor, type Scale } from "../../plots/scale.ts";
import { paretoFront, trend, type Wish } from "../../plots/stats.ts";
import { useWidth } from "../../plots/width.ts";
import type { Run } from "../../core/types.ts";
import { inQuery, Select, Status } from "../bits.tsx";
import type { PlotProps } from "../plots.tsx";
import { choices, columnOf, metricField, numeric, type Column } from "./table.ts";

const M = { left: 70, right: 20, top: 14, bottom: 46 };
const SCALES = [["auto", "auto"], ["linear", "linear"], ["log", "log"]] as const;

export function Scatter({ runs, columns, goal }: PlotProps): JSX.Element {
  const { box, width } = useWidth();
  const [at, setAt] = useState<number | null>(null);
  const height = Math.max(300, Math.min(560, Math.round(width * 0.5)));
  const list = choices(columns, goal);
  const first = columns.params.filter((one) => one.varying && one.numeric && !columns.seeds.includes(one.path)).sort((a, b) => b.distinct - a.distinct)[0] ?? columns.params.find((one) => one.varying);
  const xField = query.value["px"] ?? (first ? list.find(([, text]) => text === first.path)?.[0] ?? first.path : "started");
  const yField = query.value["py"] ?? (goal ? metricField("best", goal.key) : list[0]?.[0] ?? "duration");
  const [x, y, c, s] = [xField, yField, query.value["pc"] ?? "", query.value["ps"] ?? ""].map((field) => columnOf(field, columns));
  if (!x || !y) return <p class="nothing">Nothing to draw</p>;
  const xs = scaleFor(runs.map(x.of), M.left + 8, width - M.right - 8, (query.value["lx"] ?? "auto") as "auto", width / 100);
  const ys = scaleFor(runs.map(y.of), height - M.bottom - 8, M.top + 8, (query.value["ly"] ?? "auto") as "auto");
  const colors = c ? scaleFor(runs.map(c.of), 0, 1) : null;
  const sizes = s ? scaleFor(runs.map(s.of), 3, 11) : null;
  const marks = runs.map((run, place) => ({ run, place, x: xs.at(x.of(run)), y: ys.at(y.of(run)), color: colors ? colorAt(colors, c!.of(run)) : runColor(run.id, dark.value), size: sizes ? sizes.at(s!.of(run)) || 3 : 5 })).filter((mark) => Number.isFinite(mark.x) && Number.isFinite(mark.y));
  const wish = (column: Column): Wish => (column.kind === "metric" ? goalOf(runs, column.path) : "min");
  const points = marks.map((mark) => ({ x: numeric(x.of(mark.run)) ?? NaN, y: numeric(y.of(mark.run)) ?? NaN }));
  const front = query.value["pareto"] !== undefined ? paretoFront(points, wish(x), wish(y)) : [];
  const line = query.value["trend"] !== undefined ? trend(marks.map((mark) => ({ x: mark.x, y: mark.y }))) : null;
  const lost = runs.length - marks.length;
  const shown = at === null ? null : marks[Math.min(at, marks.length - 1)];
  const move = (event: KeyboardEvent) => {
    if (event.key === "Enter" && shown) return go(`/r/${encodeURIComponent(shown.run.id)}`);
    const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || !marks.length) return;
    event.preventDefault();
    event.stopPropagation();
    setAt(((at ?? -by) + by + marks.length) % marks.length);
  };
  const nearest = (event: PointerEvent) => {
    const { left, top } = (event.currentTarget as Element).getBoundingClientRect();
    const [px, py] = [event.clientX - left, event.clientY - top];
    let best = -1;
    let far = 30 ** 2;
    marks.forEach((mark, place) => {
      const d = (mark.x - px) ** 2 + (mark.y - py) ** 2;
      if (d < far) (far = d), (best = place);
    });
    setAt(best < 0 ? null : best);
  };
  return (
    <div class="plot-part">
      <div class="tool-row">
        <Select label="x" value={x.field} list={withOwn(list, x)} onChange={inQuery("px", "")} /><Select label="" name="Scale of x" value={query.value["lx"] ?? "auto"} list={SCALES} onChange={inQuery("lx", "auto")} class="is-small" />
        <Select label="y" value={y.field} list={withOwn(list, y)} onChange={inQuery("py", "")} /><Select label="" name="Scale of y" value={query.value["ly"] ?? "auto"} list={SCALES} onChange={inQuery("ly", "auto")} class="is-small" />
        <Select label="colour" value={c?.field ?? ""} list={[["", "by run"], ...list]} onChange={inQuery("pc", "")} />
        <Select label="size" value={s?.field ?? ""} list={[["", "equal"], ...list]} onChange={inQuery("ps", "")} />
        <label class="check"><input type="checkbox" checked={query.value["pareto"] !== undefined} onChange={(event) => setQuery({ pareto: event.currentTarget.checked ? "1" : null }, { replace: true })} />Pareto front</label>
        <label class="check"><input type="checkbox" checked={query.value["trend"] !== undefined} onChange={(event) => setQuery({ trend: event.currentTarget.checked ? "1" : null }, { replace: true })} />trend</label>
      </div>
      <div ref={box} class="plot-holder">
        <svg class="plot-svg" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="application" aria-roledescription="scatter plot" tabIndex={0} aria-label={`${y.text} by ${x.text}, ${marks.length} runs; arrow keys move, Enter opens`} onPointerMove={nearest} onPointerLeave={() => setAt(null)} onKeyDown={move} onClick={() => shown && go(`/r/${encodeURIComponent(shown.run.id)}`)}>
          <Axes x={xs} y={ys} area={{ left: M.left, right: width - M.right, top: M.top, bottom: height - M.bottom }} xName={x.text} yName={y.text} />
          {front.length > 1 && <polyline class="front" points={front.map((place) => `${marks[place]!.x.toFixed(1)},${marks[place]!.y.toFixed(1)}`).join(" ")} />}
          {line && <line class="trend" x1={M.left} x2={width - M.right} y1={line.start + line.slope * M.left} y2={line.start + line.slope * (width - M.right)} />}
          {marks.map((mark, place) => <circle key={mark.run.id} cx={mark.x} cy={mark.y} r={mark.size} fill={mark.color} fill-opacity={0.82} class={`${front.includes(place) ? "on-front" : ""} ${place === at ? "is-at" : ""}`} />)}
        </svg>
        {shown && <Tip run={shown.run} left={shown.x} top={shown.y} width={width} lines={[x, y, c, s].filter((one): one is Column => one !== null)} />}
      </div>
      <p class="faint" role="status">{marks.length} runs{lost ? `, ${lost} without a value here` : ""}{front.length ? `, ${front.length} on the front (${x.text} ${wish(x)}, ${y.text} ${wish(y)})` : ""}{line ? `, trend explains ${number(line.r2 * 100, 3)} % of the spread on these axes (N = ${line.n})` : ""}</p>
      {colors && c && <Key scale={colors} column={c} />}
    </div>
  );
}

export const withOwn = (list: readonly (readonly [string, string])[], own: Column): (readonly [string, string])[] => (list.some(([field]) => field === own.field) ? [...list] : [[own.field, own.text], ...list]);

export const goalOf = (runs: readonly Run[], key: string): Wish => runs.find((run) => run.metrics[key])?.metrics[key]?.goal ?? "min";

export function colorAt(scale: Scale, of: unknown): string {
  if (of === null || of === undefined) return "#8a94a0";
  if (scale.kind !== "band") {
    const share = scale.at(of);
    return Number.isFinite(share) ? ramp(share, dark.value) : "#8a94a0";
  }
  const place = scale.names.indexOf(written(of));
  return place < 0 ? "#8a94a0" : scale.names.length > 12 ? ramp(place / (scale.names.length - 1), dark.value) : placeColor(place, dark.value);
}

export function Key({ scale, column }: { scale: Scale; column: Column }): JSX.Element {
  if (scale.kind === "band") return <p class="legend-line">{scale.names.slice(0, 24).map((name) => <span key={name} class="legend"><span class="swatch" style={{ background: colorAt(scale, name) }} /><bdi class="cut">{name}</bdi></span>)}</p>;
  return <p class="legend-line faint"><span>{column.text}</span> {number(scale.domain[0])} <span class="ramp" style={{ background: `linear-gradient(to right, ${[0, 0.25, 0.5, 0.75, 1].map((share) => ramp(share, dark.value)).join(", ")})` }} /> {number(scale.domain[1])}</p>;
}

export function Tip({ run, left, top, width, lines }: { run: Run; left: number; top: number; width: number; lines: readonly Column[] }): JSX.Element {
  const side = left > width / 2 ? { right: `${width - left + 12}px` } : { left: `${left + 12}px` };
  return (
    <div class="plot-tip" role="status" style={{ ...side, top: `${Math.max(0, top - 20)}px` }}>
      <div><b><bdi>{run.name}</bdi></b> <Status status={run.status} bare /></div>
      {[...new Map(lines.map((line) => [line.field, line])).values()].map((line) => <div key={line.field}><span class="faint">{line.text}</span> {written(line.of(run)).slice(0, 60)}</div>)}
    </div>
  );
}
