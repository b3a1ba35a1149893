// How a value spreads within groups: boxes to the quartiles, whiskers, and every run as a point beside.
import type { JSX } from "preact";
import { placeColor, fnv1a } from "../../core/colors.ts";
import { number, value as written } from "../../core/format.ts";
import { go, query } from "../../core/route.ts";
import { dark } from "../../core/theme.ts";
import { Axes } from "../../plots/axes.tsx";
import { band, scaleFor } from "../../plots/scale.ts";
import { box as boxOf } from "../../plots/stats.ts";
import { useWidth } from "../../plots/width.ts";
import { inQuery, Nothing, Select } from "../bits.tsx";
import type { PlotProps } from "../plots.tsx";
import { withOwn } from "./scatter.tsx";
import { choices, columnOf, metricField, numeric } from "./table.ts";

const M = { left: 70, right: 16, top: 14, bottom: 52 };
const MOST = 40;

export function Boxes({ runs, columns, goal }: PlotProps): JSX.Element {
  const { box, width } = useWidth();
  const metrics = columns.metrics.filter((one) => one.numeric).map((one) => one.key);
  const list = choices(columns, goal);
  const y = columnOf(query.value["py"] ?? (goal ? metricField("best", goal.key) : metrics[0] ? metricField("best", metrics[0]) : "duration"), columns)!;
  const varying = columns.params.filter((one) => one.varying && !columns.seeds.includes(one.path) && one.distinct <= MOST);
  const by = columnOf(query.value["gb"]?.replace(/^-.*/, "") || (varying.find((one) => !one.numeric) ?? varying[0])?.path || "state", columns)!;
  const values = runs.map((run) => ({ run, group: written(by.of(run)), value: numeric(y.of(run)) })).filter((one) => one.value !== null && Number.isFinite(one.value));
  const names = band([...new Set(values.map((one) => one.group))].sort((a, b) => (Number.isFinite(Number(a)) && Number.isFinite(Number(b)) ? Number(a) - Number(b) : a < b ? -1 : 1)).slice(0, MOST), M.left, width - M.right);
  const height = 420;
  const ys = scaleFor(values.map((one) => one.value), height - M.bottom - 6, M.top + 6, (query.value["ly"] ?? "auto") as "auto");
  const half = Math.min(34, ((width - M.left - M.right) / Math.max(1, names.names.length)) * 0.32);
  return (
    <div class="plot-part">
      <div class="tool-row">
        <Select label="value" value={y.field} list={withOwn(list, y)} onChange={inQuery("py", "")} />
        <Select label="group by" value={by.field} list={withOwn([...varying.map((one) => [one.path, one.path] as const), ["state", "state"], ["group", "group"], ["host", "host"]], by)} onChange={inQuery("gb", "")} />
      </div>
      {values.length ? (
        <div ref={box} class="plot-holder">
          <svg class="plot-svg" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${y.text} by ${by.text}: ${names.names.slice(0, 10).map((name) => `${name} median ${number(boxOf(values.filter((one) => one.group === name).map((one) => one.value))?.median ?? NaN)}`).join(", ")}`}>
            <Axes x={names} y={ys} area={{ left: M.left, right: width - M.right, top: M.top, bottom: height - M.bottom }} xName={by.text} yName={y.text} />
            {names.names.map((name, place) => {
              const mine = values.filter((one) => one.group === name);
              const stats = boxOf(mine.map((one) => one.value));
              if (!stats) return null;
              const x = names.at(name);
              const color = placeColor(place, dark.value);
              const boxed = stats.n >= 4;
              return (
                <g key={name}>
                  <title>{`${name}: median ${number(stats.median)}, quartiles ${number(stats.q1)} … ${number(stats.q3)}, N = ${stats.n}`}</title>
                  {boxed && <path d={`M${x} ${ys.at(stats.high)}V${ys.at(stats.q3)}M${x} ${ys.at(stats.q1)}V${ys.at(stats.low)}`} stroke={color} stroke-width={1.5} />}
                  {boxed && <rect x={x - half} width={half * 2} y={ys.at(stats.q3)} height={Math.max(1, ys.at(stats.q1) - ys.at(stats.q3))} rx={3} fill={color} fill-opacity={0.16} stroke={color} stroke-width={1.5} />}
                  <path d={`M${x - half} ${ys.at(stats.median)}h${half * 2}`} stroke={color} stroke-width={2.5} />
                  {mine.map(({ run, value }) => <circle key={run.id} class="is-link" cx={x + (((fnv1a(run.id) % 1000) / 1000 - 0.5) * half)} cy={ys.at(value)} r={3} fill={color} fill-opacity={0.7} onClick={() => go(`/r/${encodeURIComponent(run.id)}`)}><title>{`${run.name}: ${number(value!)}`}</title></circle>)}
                  <text class="axes-n" x={x} y={height - M.bottom + 27} text-anchor="middle">n={stats.n}</text>
                </g>
              );
            })}
          </svg>
        </div>
      ) : <Nothing what="No run has this value" />}
    </div>
  );
}
