// What is pointed at, shared by all charts and the run table: the crosshair moves in all charts of the same x, and the run under
// the pointer lights up everywhere.
import { signal } from "@preact/signals";

export interface Cursor {
  x: number;
  axis: string;
  /** The chart it comes from. */
  from: symbol;
}

export const cursor = signal<Cursor | null>(null);
/** Id of the run (or line) looked at, in a chart or in the table. */
export const focused = signal<string | null>(null);
/** While Alt is held, every chart shows its values. */
export const inspectAll = signal(false);
/** The chart that keys speak to: the one pointed at or focused last. */
export const current = signal<{ id: symbol; full: () => void; reset: () => void } | null>(null);

let started = false;

/** Begin to follow the Alt key. */
export function startHover(): void {
  if (started) return;
  started = true;
  addEventListener("keydown", (event) => event.key === "Alt" && (inspectAll.value = true));
  addEventListener("keyup", (event) => event.key === "Alt" && (inspectAll.value = false));
  addEventListener("blur", () => (inspectAll.value = false));
}
