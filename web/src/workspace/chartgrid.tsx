// A grid of very many charts, of which only those near the view exist: rows far above and below are empty room of the same height.
// Loaded only where there are many; a few charts stay in the document, where the browser finds them.
import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";

export interface ChartGridProps {
  count: number;
  /** `grid-template-columns`. */
  columns: string;
  /** Of the plot of one chart, without what stands around it. */
  height: number;
  render: (place: number) => ComponentChildren;
}

const SPARE = 500;
/** In pixels for each millisecond. */
const FLYING = 6;
const REST_MS = 80;
/** What stands around a plot, until a chart has been measured. */
const AROUND = 46;
/** Height of a row with its gap, by the height of its plots: the same in all sections. */
const rowHeights = new Map<number, number>();

export function ChartGrid({ count, columns, height, render }: ChartGridProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const at = useSignal({ per: 2, row: rowHeights.get(height) ?? height + AROUND, from: 0, to: 0 });

  useLayoutEffect(() => {
    const element = box.current!;
    const scroller = element.closest(".charts-scroll")!;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let last = { at: performance.now(), top: scroller.scrollTop };
    /** What flies past is not made: nobody can read it. */
    const scrolled = () => {
      const now = { at: performance.now(), top: scroller.scrollTop };
      const speed = Math.abs(now.top - last.top) / Math.max(1, now.at - last.at);
      last = now;
      clearTimeout(timer);
      if (speed < FLYING) measure();
      else timer = setTimeout(measure, REST_MS);
    };
    const measure = () => {
      const style = getComputedStyle(element);
      const per = Math.max(1, style.gridTemplateColumns.split(" ").length);
      const chart = element.firstElementChild as HTMLElement | null;
      if (chart) rowHeights.set(height, chart.offsetHeight + (parseFloat(style.rowGap) || 0));
      const row = rowHeights.get(height) ?? height + AROUND;
      const rows = Math.ceil(count / per);
      const top = scroller.getBoundingClientRect().top - element.getBoundingClientRect().top;
      const place = (pixels: number) => Math.max(0, Math.min(rows, pixels / row));
      const next = { per, row, from: Math.floor(place(top - SPARE)), to: Math.ceil(place(top + scroller.clientHeight + SPARE)) };
      const now = at.peek();
      if (next.per !== now.per || next.row !== now.row || next.from !== now.from || next.to !== now.to) at.value = next;
    };
    measure();
    // What is above may fold or grow: then the room of all charts changes its height.
    const watcher = new ResizeObserver(measure);
    watcher.observe(element);
    watcher.observe(scroller);
    if (scroller.firstElementChild) watcher.observe(scroller.firstElementChild);
    scroller.addEventListener("scroll", scrolled, { passive: true });
    return () => (clearTimeout(timer), watcher.disconnect(), scroller.removeEventListener("scroll", scrolled));
  }, [count, columns, height]);

  const { per, row, from, to } = at.value;
  const shown = [];
  for (let place = from * per; place < Math.min(count, to * per); place += 1) shown.push(render(place));
  return (
    <div ref={box} class="chart-grid" style={{ gridTemplateColumns: columns, paddingTop: `${from * row}px`, paddingBottom: `${Math.max(0, Math.ceil(count / per) - to) * row}px` }}>
      {shown}
    </div>
  );
}
