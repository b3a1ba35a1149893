// The same numbers as the chart, as a table: x in rows, curves in columns.
import type { JSX } from "preact";
import type { Signal } from "@preact/signals";
import { number } from "../core/format.ts";
import { dark } from "../core/theme.ts";
import { VirtualList } from "../ui/virtual.tsx";
import type { Loaded } from "./load.ts";
import { toLines } from "./model.ts";
import { xText } from "./plot.ts";
import type { ChartSource, Line } from "./types.ts";

const MOST = 60;

export interface NumberTable {
  xs: number[];
  /** By line: value by place in `xs`, NaN where there is none. */
  columns: { label: string; values: Float64Array }[];
}

/** Return all x of the lines in order, with each line's values at them. */
export function toTable(lines: readonly Line[]): NumberTable {
  const xs = [...new Set(lines.flatMap((line) => Array.from(line.x)))].sort((a, b) => a - b);
  const places = new Map(xs.map((x, place) => [x, place]));
  const columns = lines.map((line) => {
    const values = new Float64Array(xs.length).fill(NaN);
    for (let at = 0; at < line.y.length; at += 1) values[places.get(line.x[at]!)!] = line.y[at]!;
    return { label: line.label, values };
  });
  const some = xs.map((_, place) => columns.some((column) => !Number.isNaN(column.values[place]!)));
  return { xs: xs.filter((_, place) => some[place]), columns: columns.map((column) => ({ ...column, values: column.values.filter((_, place) => some[place]) })) };
}

export function Numbers({ loaded, source, keys }: { loaded: Signal<Loaded>; source: ChartSource; keys: readonly string[] }): JSX.Element {
  const { answer } = loaded.value;
  if (!answer) return <p class="faint">No numbers yet</p>;
  const lines = toLines(answer, { runs: source.runs.value, keys, dark: dark.value }).reverse();
  const table = toTable(lines.slice(0, MOST));
  const axis = source.view.value.x;
  const binned = lines.some((line) => !line.exact);
  return (
    <>
      <p class="faint">{binned ? "Means of bins, as drawn; zoom in for single points, or export CSV for every one." : "Every point in view."}{lines.length > MOST ? ` The first ${MOST} of ${lines.length} curves.` : ""}</p>
      <div class="numbers" role="table" aria-label="Values of the chart" aria-rowcount={table.xs.length + 1} tabIndex={0}>
        <div class="numbers-row head" role="row" aria-rowindex={1}>
          <span role="columnheader">{axis}</span>
          {table.columns.map((column, place) => <span key={place} role="columnheader" title={column.label}>{column.label}</span>)}
        </div>
        <VirtualList total={table.xs.length} rowHeight={24} role="rowgroup" class="numbers-body" render={(row) => (
          <div class="numbers-row" role="row" aria-rowindex={row + 2}>
            <span role="rowheader">{xText(axis, table.xs[row]!)}</span>
            {table.columns.map((column, place) => <span key={place} role="cell">{Number.isNaN(column.values[row]!) ? "" : number(column.values[row]!, 6)}</span>)}
          </div>
        )} />
      </div>
    </>
  );
}
