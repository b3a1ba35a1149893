// A list of which only the visible rows exist. Rows have one fixed height, so a million of them cost as much as fifty.
import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { visible, type Span } from "./span.ts";

interface VirtualProps {
  total: number;
  rowHeight: number;
  render: (place: number) => ComponentChildren;
  class?: string;
  role?: JSX.AriaRole;
  label?: string;
  /** Kept at the end while new rows come, unless scrolled up. */
  follow?: boolean;
  onSpan?: (span: Span) => void;
}

export function VirtualList({ total, rowHeight, render, class: kind = "", role = "list", label, follow, onSpan }: VirtualProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [span, setSpan] = useState<Span>({ from: 0, to: 60 });
  const atEnd = useRef(true);
  const measure = () => {
    const element = box.current;
    if (!element) return;
    atEnd.current = element.scrollTop + element.clientHeight >= element.scrollHeight - rowHeight;
    const next = visible(element.scrollTop, element.clientHeight, rowHeight, total);
    setSpan((old) => (old.from === next.from && old.to === next.to ? old : next));
  };
  useLayoutEffect(() => {
    const element = box.current!;
    if (follow && atEnd.current) element.scrollTop = element.scrollHeight;
    measure();
    const watcher = new ResizeObserver(measure);
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [total, rowHeight, follow]);
  useLayoutEffect(() => onSpan?.(span), [span.from, span.to]);
  const rows = [];
  for (let place = span.from; place < Math.min(span.to, total); place += 1) {
    rows.push(
      <div key={place} class="virtual-row" style={{ transform: `translateY(${place * rowHeight}px)`, height: `${rowHeight}px` }}>
        {render(place)}
      </div>,
    );
  }
  return (
    <div ref={box} class={`virtual ${kind}`} role={role} aria-label={label} tabIndex={0} onScroll={measure}>
      <div class="virtual-room" style={{ height: `${total * rowHeight}px` }}>
        {rows}
      </div>
    </div>
  );
}
