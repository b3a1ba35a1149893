// The curves of the compared runs, a small chart for each metric.
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { LineChart } from "../../chart/linechart.tsx";
import { ranked } from "../../core/fuzzy.ts";
import { query, setQuery } from "../../core/route.ts";
import { Choice, Nothing, Swatch } from "../bits.tsx";
import type { CompareProps } from "../compare.tsx";
import { useSource } from "../run/source.ts";

export function Curves({ compared }: CompareProps): JSX.Element {
  const keys = useMemo(() => compared.metrics.filter((line) => line.last.some((one) => one !== null)).map((line) => line.key), [compared]);
  const source = useSource(compared.runs, keys);
  const find = query.value["find"] ?? "";
  const shown = ranked(find, keys, (key) => key);
  return (
    <>
      <div class="tool-row">
        <input type="search" aria-label="Find charts" placeholder="find charts" value={find} onInput={(event) => setQuery({ find: event.currentTarget.value }, { replace: true })} />
        <Choice label="x axis" list={[["step", "step"], ["time", "time"]]} chosen={source.view.value.x as "step"} onChoose={(x) => source.setView({ x })} />
        <span class="legend-line">{compared.runs.map((run) => <span key={run.id} class="legend"><Swatch id={run.id} /><bdi class="cut">{run.name}</bdi></span>)}</span>
      </div>
      {shown.length ? <div class="chart-grid is-small">{shown.map((key) => <LineChart key={key} keys={[key]} source={source} height={150} />)}</div> : <Nothing what="No metric" />}
    </>
  );
}
