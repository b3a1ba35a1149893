// A table of any size: rows exist only while in view, numbers stand right, a cell is opened by a click and copied by a key. The
// header stays. The widths come from the first rows.
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { asNumber, exact, value as written } from "../core/format.ts";
import { visible } from "../ui/span.ts";
import { copy } from "../ui/toast.tsx";

const ROW = 26;

interface GridProps {
  columns: readonly string[];
  /** Types, said as titles. */
  types?: readonly string[];
  total: number;
  /** Null: not there yet. */
  row: (at: number) => readonly unknown[] | null;
  onSpan?: (from: number, to: number) => void;
  onColumn?: (at: number) => void;
  sorted?: { at: number; falling: boolean } | null;
  label: string;
}

const SPAN = 120;

export function Grid({ columns, types, total, row, onSpan, onColumn, sorted, label }: GridProps): JSX.Element {
  const name = label.replace(/\W+/g, "-");
  const box = useRef<HTMLDivElement>(null);
  const [span, setSpan] = useState({ from: 0, to: 40 });
  const [at, setAt] = useState<[number, number]>([0, 0]);
  const widths = useMemo(() => {
    const rows = Array.from({ length: Math.min(total, SPAN) }, (_, place) => row(place)).filter((one) => one !== null);
    return columns.map((name, column) => {
      const longest = rows.reduce((most, one) => Math.max(most, written(one![column]).length), 0);
      return Math.min(360, Math.max(56, Math.max(name.length + 1.5, longest) * 8.3 + 20));
    });
  }, [columns.join("\n"), total > 0, row(0) === null]);
  const starts = useMemo(() => widths.reduce<number[]>((sums, width) => [...sums, sums[sums.length - 1]! + width], [0]), [widths]);
  const measure = () => {
    const element = box.current;
    if (!element) return;
    const next = visible(element.scrollTop, element.clientHeight - ROW, ROW, total, 10);
    setSpan((old) => (old.from === next.from && old.to === next.to ? old : next));
    onSpan?.(next.from, next.to);
  };
  useEffect(() => {
    measure();
    const watcher = new ResizeObserver(measure);
    watcher.observe(box.current!);
    return () => watcher.disconnect();
  }, [total]);
  const move = (event: KeyboardEvent) => {
    const by: Record<string, [number, number]> = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1], PageDown: [20, 0], PageUp: [-20, 0] };
    const step = by[event.key];
    if ((event.ctrlKey || event.metaKey) && event.key === "c" && !getSelection()?.toString()) return void copy(exact(row(at[0])?.[at[1]]), "Cell copied");
    if (!step || event.target !== box.current) return;
    event.preventDefault();
    event.stopPropagation();
    const next: [number, number] = [Math.max(0, Math.min(total - 1, at[0] + step[0])), Math.max(0, Math.min(columns.length - 1, at[1] + step[1]))];
    setAt(next);
    const element = box.current!;
    const top = next[0] * ROW;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + 2 * ROW > element.scrollTop + element.clientHeight) element.scrollTop = top + 2 * ROW - element.clientHeight;
    const left = starts[next[1]]!;
    if (left < element.scrollLeft) element.scrollLeft = left;
    else if (left + widths[next[1]]! > element.scrollLeft + element.clientWidth) element.scrollLeft = left + widths[next[1]]! - element.clientWidth;
  };
  const lines = [];
  for (let place = span.from; place < Math.min(span.to, total); place += 1) {
    const cells = row(place);
    lines.push(
      <div key={place} class="grid-row" role="row" aria-rowindex={place + 2} style={{ transform: `translateY(${place * ROW}px)` }}>
        {columns.map((_, column) => {
          const cell = cells?.[column];
          const isNumber = asNumber(cell) !== null;
          return <div key={column} id={`${name}-${place}-${column}`} class={`grid-cell ${isNumber ? "num" : ""} ${cell === null || cell === undefined ? "faint" : ""} ${at[0] === place && at[1] === column ? "is-at" : ""}`} role="gridcell" aria-colindex={column + 1} style={{ width: `${widths[column]}px` }} title={exact(cell).slice(0, 1000)} onClick={() => setAt([place, column])} onDblClick={() => void copy(exact(cell), "Cell copied")}><bdi>{cells ? written(cell).slice(0, 400) : ""}</bdi></div>;
        })}
      </div>,
    );
  }
  return (
    <div ref={box} class="grid" role="grid" aria-label={label} aria-rowcount={total + 1} aria-colcount={columns.length} aria-activedescendant={total ? `${name}-${at[0]}-${at[1]}` : undefined} tabIndex={0} onScroll={measure} onKeyDown={move}>
      <div class="grid-room" style={{ width: `${starts[starts.length - 1]}px` }} role="rowgroup">
        <div class="grid-head" role="row" aria-rowindex={1}>
          {columns.map((title, column) => (
            <div key={column} class="grid-cell" role="columnheader" style={{ width: `${widths[column]}px` }} title={[title, types?.[column]].filter(Boolean).join("\n")} aria-sort={sorted?.at === column ? (sorted.falling ? "descending" : "ascending") : undefined}>
              {onColumn ? <button type="button" class="plain-text" onClick={() => onColumn(column)}><bdi>{title}</bdi>{sorted?.at === column ? (sorted.falling ? " ↓" : " ↑") : ""}</button> : <bdi>{title}</bdi>}
            </div>
          ))}
        </div>
        <div style={{ height: `${total * ROW}px`, position: "relative" }} role="presentation">{lines}</div>
      </div>
    </div>
  );
}
