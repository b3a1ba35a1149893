// The answer of a statement as a chart: one column across, numbers upwards, as points, a line or bars; a column of names makes groups.
import type { JSX } from "preact";
import { asNumber, value as written } from "../../core/format.ts";
import { query, setQuery } from "../../core/route.ts";
import { placeColor } from "../../core/colors.ts";
import { dark } from "../../core/theme.ts";
import { Axes } from "../../plots/axes.tsx";
import { scaleFor } from "../../plots/scale.ts";
import { useWidth } from "../../plots/width.ts";
import { Choice, Nothing, Select } from "../bits.tsx";

const M = { left: 70, right: 16, top: 12, bottom: 44 };
const HEIGHT = 400;
const MOST = 5000;
const GROUPS = 12;

export function SqlChart({ columns, rows }: { columns: readonly string[]; rows: readonly (readonly unknown[])[] }): JSX.Element {
  const { box, width } = useWidth();
  const numeric = columns.filter((_, at) => rows.slice(0, 200).some((row) => asNumber(row[at]) !== null));
  const x = columns.includes(query.value["cx"] ?? "") ? query.value["cx"]! : columns[0]!;
  const y = numeric.includes(query.value["cy"] ?? "") ? query.value["cy"]! : numeric.find((name) => name !== x) ?? numeric[0];
  const by = columns.includes(query.value["cg"] ?? "") ? query.value["cg"]! : "";
  const kind = (["bars", "line", "points"].includes(query.value["ck"] ?? "") ? query.value["ck"] : numeric.includes(x) ? "line" : "bars") as "bars";
  if (!y) return <Nothing what="A chart needs a column of numbers" />;
  const [ix, iy, ig] = [columns.indexOf(x), columns.indexOf(y), columns.indexOf(by)];
  const given = rows.slice(0, MOST).filter((row) => asNumber(row[iy]) !== null && row[ix] !== null);
  const names = ig < 0 ? [""] : [...new Set(given.map((row) => written(row[ig])))].slice(0, GROUPS);
  const xs = scaleFor(kind === "bars" ? given.map((row) => written(row[ix])).map((text) => text + "") .map((text) => (Number.isFinite(Number(text)) && numeric.includes(x) ? `${text}` : text)) : given.map((row) => row[ix]), M.left, width - M.right, "linear", width / 90);
  const ys = scaleFor([...given.map((row) => row[iy]), ...(kind === "bars" ? [0] : [])], HEIGHT - M.bottom, M.top, "linear");
  const groups = names.map((name, place) => ({ name, color: placeColor(place, dark.value), rows: ig < 0 ? given : given.filter((row) => written(row[ig]) === name) }));
  const wide = xs.kind === "band" ? ((width - M.left - M.right) / Math.max(1, xs.names.length)) * 0.8 : 6;
  const list = (all: readonly string[]) => all.map((name) => [name, name] as const);
  const bottom = ys.at(Math.max(0, ys.domain[0]));
  return (
    <div ref={box} class="sql-chart">
      <div class="tool-row">
        <Choice label="Kind" list={[["bars", "bars"], ["line" as "bars", "line"], ["points" as "bars", "points"]]} chosen={kind} onChoose={(ck) => setQuery({ ck }, { replace: true })} />
        <Select label="x" value={x} list={list(columns)} onChange={(cx) => setQuery({ cx }, { replace: true })} />
        <Select label="y" value={y} list={list(numeric)} onChange={(cy) => setQuery({ cy }, { replace: true })} />
        <Select label="group" value={by} list={[["", "none"], ...list(columns)]} onChange={(cg) => setQuery({ cg }, { replace: true })} />
        {ig >= 0 && groups.map((group) => <span key={group.name} class="legend"><span class="swatch" style={{ background: group.color }} /><bdi class="cut">{group.name}</bdi></span>)}
      </div>
      <svg class="plot-svg" width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={`${y} by ${x}, ${given.length} rows`}>
        <Axes x={xs} y={ys} area={{ left: M.left, right: width - M.right, top: M.top, bottom: HEIGHT - M.bottom }} xName={x} yName={y} />
        {groups.map((group, place) => {
          const points = group.rows.map((row) => ({ x: xs.at(row[ix]), y: ys.at(row[iy]), row })).filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y));
          if (kind === "bars") return points.map((point, at) => <rect key={`${place}-${at}`} x={point.x - wide / 2 + (place * wide) / groups.length} width={Math.max(1, wide / groups.length - 1)} y={Math.min(point.y, bottom)} height={Math.max(1, Math.abs(bottom - point.y))} fill={group.color}><title>{`${written(point.row[ix])}: ${written(point.row[iy])}`}</title></rect>);
          if ((kind as string) === "line") return <polyline key={place} class="curve" stroke={group.color} points={[...points].sort((a, b) => a.x - b.x).map((point) => `${point.x.toFixed(1)},${point.y.toFixed(1)}`).join(" ")} />;
          return points.map((point, at) => <circle key={`${place}-${at}`} cx={point.x} cy={point.y} r={3.2} fill={group.color} fill-opacity={0.75}><title>{`${written(point.row[ix])}: ${written(point.row[iy])}`}</title></circle>);
        })}
      </svg>
      {rows.length > MOST && <p class="faint">The first {MOST} rows are drawn</p>}
    </div>
  );
}
