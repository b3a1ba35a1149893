// From the server's answer to lines and ranges: pure, so that what a chart shows can be tested without one.
import { placeColor, DASHES, runColor } from "../core/colors.ts";
import type { Curve, Numbers, SeriesAnswer } from "../core/series.ts";
import { titleOf, type Line, type Outliers, type Range, type Ranges, type RunStyle, type Scale } from "./types.ts";

/** Above so many lines, bands are drawn for pinned and hovered ones only. */
export const MANY = 8;
/** The range of the bulk is the default only where it is narrower by this factor. */
const RUINED = 3;

interface Styling {
  runs: readonly RunStyle[];
  keys: readonly string[];
  dark: boolean;
  groupColor?: ((label: string) => string | null) | undefined;
  groupLabel?: ((label: string) => string) | undefined;
}

/** Return the answer's curves as lines, in the order in which they are drawn: best last, pinned on top. */
export function toLines(answer: SeriesAnswer, { runs, keys, dark, groupColor, groupLabel }: Styling): Line[] {
  const styles = new Map(runs.map((run, rank) => [run.id, { run, rank }]));
  const several = keys.length > 1;
  let groups = 0;
  const made = answer.curves.map((curve, place) => {
    const style = styles.get(curve.run_id);
    const keyPlace = Math.max(0, keys.indexOf(curve.key));
    const color = curve.group ? (groupColor?.(curve.group.label) ?? placeColor(several ? place : groups++, dark)) : (style?.run.color ?? runColor(curve.run_id, dark));
    const name = curve.group ? (groupLabel?.(curve.group.label) ?? curve.group.label) : (style?.run.name ?? curve.run_id.slice(0, 8));
    const line: Line = {
      id: `${curve.group ? curve.group.label : curve.run_id}\n${curve.key}`,
      runId: curve.group ? "" : curve.run_id,
      key: curve.key,
      label: several ? `${name} · ${titleOf(curve.key)}` : name,
      color,
      dash: several ? DASHES[keyPlace % DASHES.length]! : (style?.run.dash ?? []),
      pinned: style?.run.pinned ?? false,
      ...points(curve, answer.x),
      raw: curve.raw,
      n: curve.n,
      runs: curve.group?.n_runs ?? 1,
      nanFrom: curve.first_nonfinite_x,
      nonfinite: curve.nonfinite,
      extremes: curve.extremes,
      exact: curve.exact,
      points: curve.points,
    };
    return { line, rank: style?.rank ?? 1e6 + place };
  });
  made.sort((a, b) => Number(a.line.pinned) - Number(b.line.pinned) || b.rank - a.rank);
  return made.map((one) => one.line);
}

function points(curve: Curve, grid: Float64Array): Pick<Line, "x" | "y" | "broken" | "low" | "high"> {
  const { mean: y, count } = curve;
  const x = curve.exact && curve.x ? curve.x : grid;
  const broken = curve.exact ? () => true : (at: number) => (count ? count[at]! > 0 : false);
  const band = curve.group ? { low: curve.lo, high: curve.hi } : { low: curve.min, high: curve.max };
  return { x, y, broken, ...band };
}

const usable = (value: number, scale: Scale): boolean => Number.isFinite(value) && (scale !== "log" || value > 0);

/** Return the range of everything in view, spikes and bands included; null where there is nothing. */
export function fullRange(lines: readonly Line[], scale: Scale, x: Range): Range | null {
  let low = Infinity;
  let high = -Infinity;
  const take = (value: number) => {
    if (!usable(value, scale)) return;
    if (value < low) low = value;
    if (value > high) high = value;
  };
  for (const line of lines) {
    for (let at = 0; at < line.y.length; at += 1) {
      if (line.x[at]! < x.low || line.x[at]! > x.high) continue;
      take(line.y[at]!);
      if (line.low) take(line.low[at]!);
      if (line.high) take(line.high[at]!);
    }
    for (const one of line.extremes) if (one.x >= x.low && one.x <= x.high) take(one.y);
  }
  return low <= high ? { low, high } : null;
}

/** Return the range of the bin means in view without outliers, with a margin. Outliers are among the outermost half percent on a
 *  side, and further out than the rest is wide: the noisy start of a curve is none. */
export function bulkRange(lines: readonly Line[], scale: Scale, x: Range): Range | null {
  const values: number[] = [];
  for (const line of lines) {
    for (let at = 0; at < line.y.length; at += 1) {
      const value = line.y[at]!;
      if (line.x[at]! >= x.low && line.x[at]! <= x.high && usable(value, scale)) values.push(value);
    }
  }
  if (!values.length) return null;
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(share * (sorted.length - 1))))]!;
  const [low, high] = [at(0.005), at(0.995)];
  const log = scale === "log";
  const reach = log ? Math.max(high / low, 1.5) : high - low || Math.abs(high) * 0.1 || 1;
  const [floor, roof] = log ? [low / reach, high * reach] : [low - reach, high + reach];
  const inner = { low, high };
  for (const line of lines) {
    for (let at = 0; at < line.y.length; at += 1) {
      if (line.x[at]! < x.low || line.x[at]! > x.high) continue;
      for (const value of [line.y[at]!, line.low?.[at] ?? NaN, line.high?.[at] ?? NaN]) {
        if (!(value >= floor && value <= roof)) continue;
        if (value < inner.low) inner.low = value;
        if (value > inner.high) inner.high = value;
      }
    }
  }
  return padded(inner, scale, 0.05);
}

/** Return a range a little wider, so that no curve lies on the frame. */
export function padded({ low, high }: Range, scale: Scale, share = 0.05): Range {
  if (scale === "log") {
    const by = Math.max((high / low) ** share, 1.02);
    return { low: low / by, high: high * by };
  }
  const by = (high - low) * share || Math.abs(high) * 0.05 || 0.5;
  return { low: low - by, high: high + by };
}

/** Return the y range to draw: the bulk's by default only where spikes would flatten everything else. */
export function yRange(lines: readonly Line[], scale: Scale, outliers: Outliers, x: Range): Ranges {
  const all = fullRange(lines, scale, x);
  if (!all) return { shown: { low: scale === "log" ? 0.1 : 0, high: 1 }, full: { low: 0, high: 1 }, cut: false, matters: false };
  const full = padded(all, scale);
  const bulk = bulkRange(lines, scale, x);
  const span = (range: Range) => (scale === "log" ? Math.log(range.high / range.low) : range.high - range.low);
  const matters = bulk !== null && span(full) > RUINED * span(bulk);
  const cut = bulk !== null && (outliers === "bulk" ? span(full) > span(bulk) : outliers === "auto" && matters);
  return { shown: cut ? bulk : full, full, cut, matters };
}

/** Return how many points in view lie above and below: extremes where they are known one by one, else bins that reach out. */
export function outside(lines: readonly Line[], y: Range, x: Range): { above: number; below: number } {
  let above = 0;
  let below = 0;
  for (const line of lines) {
    let [over, under] = [0, 0];
    for (let at = 0; at < line.y.length; at += 1) {
      if (line.x[at]! < x.low || line.x[at]! > x.high) continue;
      // A group's band is a statistic, not points: only its line counts.
      if ((line.runs > 1 ? line.y : (line.high ?? line.y))[at]! > y.high) over += 1;
      if ((line.runs > 1 ? line.y : (line.low ?? line.y))[at]! < y.low) under += 1;
    }
    const seen = line.extremes.filter((one) => one.x >= x.low && one.x <= x.high);
    above += Math.max(over, seen.filter((one) => one.y > y.high).length);
    below += Math.max(under, seen.filter((one) => one.y < y.low).length);
  }
  return { above, below };
}

/** Return how many values a logarithmic axis cannot show. */
export function nonPositive(lines: readonly Line[]): number {
  let n = 0;
  for (const line of lines) for (let at = 0; at < line.y.length; at += 1) if (line.y[at]! <= 0) n += 1;
  return n;
}

/** Return the place of the point nearest to `x`; -1 where there is none. Points out of order are searched one by one. */
export function nearestAt(xs: Float64Array, x: number): number {
  const n = xs.length;
  if (!n) return -1;
  let [low, high] = [0, n - 1];
  if (xs[0]! > xs[n - 1]! || (n < 5000 && !isSorted(xs))) {
    let best = 0;
    for (let at = 1; at < n; at += 1) if (Math.abs(xs[at]! - x) < Math.abs(xs[best]! - x)) best = at;
    return best;
  }
  while (low < high) {
    const middle = (low + high) >> 1;
    if (xs[middle]! < x) low = middle + 1;
    else high = middle;
  }
  return low > 0 && Math.abs(xs[low - 1]! - x) <= Math.abs(xs[low]! - x) ? low - 1 : low;
}

const sortedness = new WeakMap<Float64Array, boolean>();

function isSorted(xs: Float64Array): boolean {
  let known = sortedness.get(xs);
  if (known === undefined) {
    known = true;
    for (let at = 1; at < xs.length && known; at += 1) known = xs[at]! >= xs[at - 1]!;
    sortedness.set(xs, known);
  }
  return known;
}

/** Return the place of the last value at or before `x` that is there: lines logged rarely are read where they were last. */
export function valueAt(line: Line, x: number): number {
  const at = nearestAt(line.x, x);
  if (at < 0) return -1;
  const reach = 12;
  for (let step = 0; step <= reach; step += 1) {
    if (at - step >= 0 && !Number.isNaN(line.y[at - step]!)) return at - step;
    if (line.broken(at - step)) return at - step;
    if (at + step < line.y.length && !Number.isNaN(line.y[at + step]!)) return at + step;
  }
  return at;
}

/** Return a sentence that says what a chart shows, for readers and captions. */
export function caption(title: string, lines: readonly Line[], goal: "max" | "min" | null, format: (value: number) => string): string {
  const what = lines.some((line) => line.runs > 1) ? "group" : "run";
  const parts = [`${title}, ${lines.length} ${what}${lines.length === 1 ? "" : "s"}`];
  let best: { value: number; x: number; line: Line } | null = null;
  for (const line of lines) {
    const values: Numbers = (goal === "min" ? line.low : line.high) ?? line.y;
    for (let at = 0; goal && at < values.length; at += 1) {
      const value = values[at]!;
      if (Number.isFinite(value) && (!best || (goal === "max" ? value > best.value : value < best.value))) best = { value, x: line.x[at]!, line };
    }
  }
  if (best) parts.push(`best ${format(best.value)} ${best.line.label} at ${format(best.x)}`);
  const lost = lines.filter((line) => line.nanFrom !== null).length;
  if (lost) parts.push(`${lost} with values that are not finite`);
  return parts.join(", ");
}
