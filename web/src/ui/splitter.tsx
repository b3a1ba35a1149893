// Two panes and the bar between them, moved by mouse or by arrow keys. The share of the first pane is kept.
import type { ComponentChildren, JSX } from "preact";
import { useRef } from "preact/hooks";
import type { Signal } from "../core/state.ts";

interface SplitterProps {
  /** Share of the first pane, 0.15 … 0.85. */
  share: Signal<number>;
  first: ComponentChildren | null;
  second: ComponentChildren | null;
  label: string;
}

const within = (share: number): number => Math.min(0.85, Math.max(0.15, share));

export function Splitter({ share, first, second, label }: SplitterProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const drag = (event: PointerEvent) => {
    const bar = event.currentTarget as HTMLElement;
    bar.setPointerCapture(event.pointerId);
    const { left, width } = box.current!.getBoundingClientRect();
    const move = (next: PointerEvent) => (share.value = within((next.clientX - left) / width));
    bar.addEventListener("pointermove", move);
    bar.addEventListener("pointerup", () => bar.removeEventListener("pointermove", move), { once: true });
  };
  const nudge = (event: KeyboardEvent) => {
    const step = event.key === "ArrowLeft" ? -0.03 : event.key === "ArrowRight" ? 0.03 : 0;
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    share.value = within(share.value + step);
  };
  return (
    <div ref={box} class="split">
      {first && (
        <div class="split-pane" style={{ flexBasis: second ? `${share.value * 100}%` : "100%" }}>
          {first}
        </div>
      )}
      {first && second && (
        <div class="split-bar" role="separator" aria-orientation="vertical" aria-label={label} aria-valuenow={Math.round(share.value * 100)} aria-valuemin={15} aria-valuemax={85} tabIndex={0} onPointerDown={drag} onKeyDown={nudge} onDblClick={() => (share.value = 0.45)} />
      )}
      {second && <div class="split-pane rest">{second}</div>}
    </div>
  );
}
