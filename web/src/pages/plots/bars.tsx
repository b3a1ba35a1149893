// A bar for each run, or for each group with its error: the mean over all of its runs, and how many they are.
import type { JSX } from "preact";
import { get } from "../../core/api.ts";
import { runColor, placeColor } from "../../core/colors.ts";
import { asNumber, number } from "../../core/format.ts";
import { go, query } from "../../core/route.ts";
import { useAnswer } from "../../core/state.ts";
import { dark } from "../../core/theme.ts";
import type { GroupsAnswer } from "../../core/types.ts";
import { roundTicks } from "../../plots/scale.ts";
import { useWidth } from "../../plots/width.ts";
import { Asked, inQuery, Nothing, Select } from "../bits.tsx";
import type { PlotProps } from "../plots.tsx";
import { choices, columnOf, metricField } from "./table.ts";
import { withOwn } from "./scatter.tsx";

const ROW = 24;
const MOST = 60;
const ERRORS = [["std", "standard deviation"], ["sem", "standard error"], ["quartiles", "quartiles"], ["range", "smallest to largest"]] as const;

interface Bar {
  id: string;
  name: string;
  value: number;
  low: number | null;
  high: number | null;
  n: number | null;
  color: string;
  open?: () => void;
}

export function Bars(props: PlotProps): JSX.Element {
  const { columns, goal, runs, project, q } = props;
  const metrics = columns.metrics.filter((one) => one.numeric).map((one) => one.key);
  const y = columnOf(query.value["py"] ?? (goal ? metricField("best", goal.key) : metrics[0] ? metricField("best", metrics[0]) : "duration"), columns)!;
  const by = query.value["gb"] ?? (columns.seeds.length ? "-" + columns.seeds[0] : "");
  const error = query.value["err"] ?? "std";
  const groupable: (readonly [string, string])[] = [["", "each run"], ...columns.seeds.map((seed) => [`-${seed}`, `all but ${seed}`] as const), ...columns.params.filter((one) => one.varying).map((one) => [one.path, one.path] as const)];
  const pick = y.field.startsWith("last") ? "last" : "best";
  const asked = by && y.kind === "metric" ? JSON.stringify([project, q, by, y.path, pick]) : null;
  const found = useAnswer(asked, (signal) => get<GroupsAnswer>("/api/groups", { project, q, by, metrics: y.path, pick }, signal));
  const direction = y.kind === "metric" ? (runs.find((run) => run.metrics[y.path])?.metrics[y.path]?.goal ?? "max") : "max";
  const single = runs.map((run): Bar => ({ id: run.id, name: run.name, value: asNumber(y.of(run)) ?? NaN, low: null, high: null, n: null, color: runColor(run.id, dark.value), open: () => go(`/r/${encodeURIComponent(run.id)}`) }));
  const grouped = (answer: GroupsAnswer): Bar[] => answer.groups.map((group, place) => {
    const stats = group.metrics[y.path];
    const of = (name: "mean" | "std" | "sem" | "q1" | "q3" | "median" | "min" | "max") => asNumber(stats?.[name]);
    const middle = (error === "quartiles" ? of("median") : of("mean")) ?? NaN;
    const around = error === "sem" ? of("sem") : of("std");
    const [low, high] = error === "quartiles" ? [of("q1"), of("q3")] : error === "range" ? [of("min"), of("max")] : around === null ? [null, null] : [middle - around, middle + around];
    return { id: group.label, name: group.run_ids.length === 1 ? (runs.find((run) => run.id === group.run_ids[0])?.name ?? group.label) : group.label || "all", value: middle, low, high, n: stats?.n ?? 0, color: placeColor(place, dark.value), open: () => go(`/p/${encodeURIComponent(project)}?q=${encodeURIComponent(q)}&g=${encodeURIComponent(by)}`) };
  });
  return (
    <div class="plot-part">
      <div class="tool-row">
        <Select label="value" value={y.field} list={withOwn(choices(columns, goal), y)} onChange={inQuery("py", "")} />
        <Select label="group by" value={by} list={groupable} onChange={inQuery("gb", "")} />
        {asked && <Select label="error" value={error} list={ERRORS} onChange={inQuery("err", "std")} />}
      </div>
      {asked ? <Asked of={found}>{(answer) => <Drawn bars={grouped(answer)} direction={direction} name={y.text} />}</Asked> : <Drawn bars={single} direction={direction} name={y.text} />}
    </div>
  );
}

function Drawn({ bars: all, direction, name }: { bars: Bar[]; direction: string; name: string }): JSX.Element {
  const { box, width } = useWidth();
  const bars = all.filter((bar) => Number.isFinite(bar.value)).sort((a, b) => (direction === "max" ? b.value - a.value : a.value - b.value)).slice(0, MOST);
  if (!bars.length) return <Nothing what="No run has this value" />;
  const label = Math.min(280, Math.max(90, ...bars.map((bar) => bar.name.length * 6.6 + 12)));
  const ends = bars.flatMap((bar) => [bar.value, bar.low ?? bar.value, bar.high ?? bar.value]);
  const [low, high] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const right = width - 110;
  const at = (value: number) => label + ((value - low) / (high - low || 1)) * (right - label);
  const height = bars.length * ROW + 26;
  return (
    <div ref={box} class="plot-holder">
      <svg class="plot-svg" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${name}: ${bars.slice(0, 10).map((bar) => `${bar.name} ${number(bar.value)}`).join(", ")}`}>
        <g class="axes">{roundTicks(low, high, 6).map((tick) => <g key={tick}><line x1={at(tick)} x2={at(tick)} y1={0} y2={height - 22} /><text x={at(tick)} y={height - 8} text-anchor="middle">{number(tick)}</text></g>)}</g>
        {bars.map((bar, row) => {
          const y = row * ROW + ROW / 2;
          return (
            <g key={bar.id} class="bar-line" onClick={bar.open}>
              <title>{`${bar.name}: ${number(bar.value, 6)}${bar.n === null ? "" : ` over ${bar.n} runs`}`}</title>
              <text class="bar-name" x={label - 8} y={y} dy=".35em" text-anchor="end">{bar.name.length > 40 ? bar.name.slice(0, 39) + "…" : bar.name}</text>
              <rect x={Math.min(at(0), at(bar.value))} width={Math.max(1, Math.abs(at(bar.value) - at(0)))} y={y - 8} height={16} rx={2} fill={bar.color} fill-opacity={0.85} />
              {bar.low !== null && bar.high !== null && bar.high > bar.low && <path class="error-bar" d={`M${at(bar.low)} ${y}H${at(bar.high)}M${at(bar.low)} ${y - 4}v8M${at(bar.high)} ${y - 4}v8`} />}
              <text class="bar-value" x={Math.max(at(bar.high ?? bar.value), at(bar.value)) + 6} y={y} dy=".35em">{number(bar.value)}{bar.n !== null && <tspan class="faint-fill"> n={bar.n}</tspan>}</text>
            </g>
          );
        })}
      </svg>
      {all.length > bars.length && <p class="faint">the {bars.length} best of {all.length}</p>}
    </div>
  );
}
