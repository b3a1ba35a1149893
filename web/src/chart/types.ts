// What a chart is made of, between the server's answer and the canvas.
import type { ReadonlySignal } from "@preact/signals";
import type { Extreme, Numbers } from "../core/series.ts";
import type { Band, SeriesRequest } from "../core/types.ts";
import type { Frame, Mark, Pen } from "./draw.ts";

/** How a run looks in every chart. */
export interface RunStyle {
  id: string;
  name: string;
  color: string;
  dash: readonly number[];
  pinned: boolean;
}

export type Scale = "linear" | "log" | "symlog";
export type Outliers = "auto" | "full" | "bulk";

/** What all charts of a page have in common. */
export interface ChartView {
  x: string;
  smooth: NonNullable<SeriesRequest["smooth"]> | null;
  scale: Scale;
  outliers: Outliers;
  zoom: readonly [number, number] | null;
  group: Band | null;
  /** Whether the first pinned run is subtracted from all. */
  minus?: boolean;
  /** Ranges of y and lines for reference that single charts have, as they stand in the address (see own.ts). */
  yr?: string;
  ref?: string;
}

/** Where a chart's curves come from, and what its gestures do. */
export interface ChartSource {
  view: ReadonlySignal<ChartView>;
  /** Shown runs in the order of their rank; ids of the answer that are not here get the colour of their id. */
  runs: ReadonlySignal<readonly RunStyle[]>;
  /** Which runs the server is asked for. */
  ask: ReadonlySignal<Pick<SeriesRequest, "run_ids" | "q" | "project" | "sort" | "limit">>;
  /** The metrics this page can offer as x axis or for a chart of its own. */
  keys: ReadonlySignal<readonly string[]>;
  table?: "events" | "system";
  setZoom: (range: readonly [number, number] | null) => void;
  setView: (change: Partial<ChartView>) => void;
  /** The address of a page that shows this chart alone. */
  link: (keys: readonly string[]) => string;
  /** How a shown range is called when exported. */
  project: string;
  /** Better is higher or lower; null where nobody knows. */
  goalOf: (key: string) => "max" | "min" | null;
  /** The colour of a group's curve, as the table shows it. */
  groupColor?: (label: string) => string | null;
  /** The run that is subtracted where that is wanted. */
  minus?: ReadonlySignal<string | null>;
  /** Put a chart of other keys in the place of this one, or beside it; null: a new one. */
  edit?: (keys: readonly string[] | null, next: readonly string[]) => void;
  /** A shorter name for a group. */
  groupLabel?: (label: string) => string;
}

/** One curve, ready to be drawn. `x` and `y` have the same length; NaN in `y` is a gap where `broken` says so. */
export interface Line {
  id: string;
  runId: string;
  key: string;
  label: string;
  color: string;
  dash: readonly number[];
  pinned: boolean;
  x: Float64Array;
  y: Numbers;
  /** Whether a NaN stands for logged values that are not finite, and not for a bin without points. */
  broken: (at: number) => boolean;
  low: Numbers | null;
  high: Numbers | null;
  raw: Numbers | null;
  /** Runs at each x, of a group. */
  n: Numbers | null;
  runs: number;
  nanFrom: number | null;
  nonfinite: number;
  extremes: readonly Extreme[];
  exact: boolean;
  points: number;
}

export interface Range {
  low: number;
  high: number;
}

export interface Ranges {
  /** What is drawn. */
  shown: Range;
  full: Range;
  /** Whether outliers lie outside of what is drawn. */
  cut: boolean;
  /** Whether the bulk is so much narrower that the choice matters. */
  matters: boolean;
}

/** What is on a chart now. */
export interface Drawn {
  lines: readonly Line[];
  x: Range;
  ranges: Ranges;
  /** Points outside of the y range. */
  out: { above: number; below: number };
  /** Values a logarithmic axis has no place for. */
  unusable: number;
  /** Draws what is not a curve, and returns its marks. */
  paint?: (pen: Pen, frame: Frame, ink: string) => Mark[];
}

/** What stands for a key in titles: an expression without its sign. */
export const titleOf = (key: string): string => key.replace(/^=\((.*)\)$/, "$1");
