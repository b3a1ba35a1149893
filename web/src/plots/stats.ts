// Numbers about numbers. Invariant: NaN and infinities are left out, and where nothing is left the answer is null or empty.

export const finite = (values: readonly (number | null)[]): number[] => values.filter((value): value is number => value !== null && Number.isFinite(value));

/** Return the q-quantile of sorted values, between neighbours by their distance. */
export function quantile(sorted: readonly number[], q: number): number {
  if (!sorted.length) return NaN;
  const place = (sorted.length - 1) * q;
  const low = Math.floor(place);
  return sorted[low]! + ((sorted[low + 1] ?? sorted[low]!) - sorted[low]!) * (place - low);
}

export interface Box {
  n: number;
  q1: number;
  median: number;
  q3: number;
  /** Ends of the whiskers: the outermost values within 1.5 times the box's length. */
  low: number;
  high: number;
  outliers: number[];
  mean: number;
}

export function box(values: readonly (number | null)[]): Box | null {
  const sorted = finite(values).sort((a, b) => a - b);
  if (!sorted.length) return null;
  const [q1, median, q3] = [0.25, 0.5, 0.75].map((q) => quantile(sorted, q)) as [number, number, number];
  const reach = 1.5 * (q3 - q1);
  const inside = sorted.filter((value) => value >= q1 - reach && value <= q3 + reach);
  return { n: sorted.length, q1, median, q3, low: inside[0]!, high: inside[inside.length - 1]!, outliers: sorted.filter((value) => value < q1 - reach || value > q3 + reach), mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length };
}

export interface Point {
  x: number;
  y: number;
}

export type Wish = "max" | "min";

/** Return the places of points that no other point beats in both directions, in the order of x. Equal points are all kept. */
export function paretoFront(points: readonly Point[], x: Wish, y: Wish): number[] {
  const sign = (wish: Wish) => (wish === "max" ? 1 : -1);
  const places = points.map((_, at) => at).filter((at) => Number.isFinite(points[at]!.x) && Number.isFinite(points[at]!.y));
  places.sort((a, b) => sign(x) * (points[b]!.x - points[a]!.x) || sign(y) * (points[b]!.y - points[a]!.y));
  const front: number[] = [];
  let best = -Infinity;
  let last: Point | null = null;
  for (const at of places) {
    const point = points[at]!;
    const height = sign(y) * point.y;
    if (height > best || (last && point.x === last.x && point.y === last.y)) {
      front.push(at);
      best = height;
      last = point;
    }
  }
  return front.sort((a, b) => points[a]!.x - points[b]!.x);
}

/** Return the straight line of least squares and how much of the spread it explains; null where there is none. */
export function trend(points: readonly Point[]): { slope: number; start: number; r2: number; n: number } | null {
  const good = points.filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y));
  const n = good.length;
  if (n < 3) return null;
  const [mx, my] = [good.reduce((sum, p) => sum + p.x, 0) / n, good.reduce((sum, p) => sum + p.y, 0) / n];
  const [xx, xy, yy] = good.reduce(([a, b, c], p) => [a + (p.x - mx) ** 2, b + (p.x - mx) * (p.y - my), c + (p.y - my) ** 2], [0, 0, 0]);
  if (!(xx > 0)) return null;
  const slope = xy / xx;
  return { slope, start: my - slope * mx, r2: yy > 0 ? (xy * xy) / (xx * yy) : 1, n };
}

/** Return the area under a curve given by points in the order of x. */
export function area(points: readonly Point[]): number {
  let sum = 0;
  for (let at = 1; at < points.length; at += 1) sum += ((points[at]!.x - points[at - 1]!.x) * (points[at]!.y + points[at - 1]!.y)) / 2;
  return sum;
}

/** Put a histogram on other edges; what lies in a part of a bin is taken to be spread evenly over it. */
export function rebin(edges: readonly number[], counts: readonly number[], onto: readonly number[]): number[] {
  const out = new Array<number>(Math.max(0, onto.length - 1)).fill(0);
  for (let at = 0; at < counts.length; at += 1) {
    const [low, high] = [edges[at]!, edges[at + 1]!];
    if (!counts[at] || !Number.isFinite(low) || !Number.isFinite(high)) continue;
    for (let to = 0; to < out.length; to += 1) {
      const [a, b] = [Math.max(low, onto[to]!), Math.min(high, onto[to + 1]!)];
      if (high === low) {
        const last = to === out.length - 1;
        if (low >= onto[to]! && (low < onto[to + 1]! || (last && low === onto[to + 1]!))) out[to]! += counts[at]!;
      } else if (b > a) out[to]! += (counts[at]! * (b - a)) / (high - low);
    }
  }
  return out;
}

/** Tell what a table shows, by the names of its columns. */
export function tableKind(columns: readonly string[], rows: readonly (readonly unknown[])[]): "confusion" | "pr" | "roc" | null {
  const names = columns.map((name) => name.toLowerCase().replace(/[\s-]+/g, "_"));
  const has = (...any: string[]) => any.some((name) => names.includes(name));
  if (has("fpr", "false_positive_rate") && has("tpr", "true_positive_rate", "recall")) return "roc";
  if (has("precision") && has("recall", "tpr")) return "pr";
  if (has("actual", "true", "target", "label") && has("predicted", "prediction", "pred") && has("count", "n", "npredictions")) return "confusion";
  const square = rows.length >= 2 && columns.length === rows.length + 1 && rows.every((row, at) => String(row[0]) === columns[at + 1] && row.slice(1).every((cell) => typeof cell === "number" && cell >= 0));
  return square ? "confusion" : null;
}

/** Return the column of a table by one of its names. */
export const columnOf = (columns: readonly string[], ...any: string[]): number => columns.findIndex((name) => any.includes(name.toLowerCase().replace(/[\s-]+/g, "_")));

/** Return labels and counts [actual][predicted] of a table that `tableKind` calls a confusion matrix. */
export function confusionOf(columns: readonly string[], rows: readonly (readonly unknown[])[]): { labels: string[]; counts: number[][] } {
  const [a, p, n] = [columnOf(columns, "actual", "true", "target", "label"), columnOf(columns, "predicted", "prediction", "pred"), columnOf(columns, "count", "n", "npredictions")];
  if (a < 0 || p < 0 || n < 0) return { labels: columns.slice(1), counts: rows.map((row) => row.slice(1).map((cell) => Number(cell) || 0)) };
  const labels = [...new Set(rows.flatMap((row) => [String(row[a]), String(row[p])]))];
  const counts = labels.map(() => labels.map(() => 0));
  for (const row of rows) counts[labels.indexOf(String(row[a]))]![labels.indexOf(String(row[p]))]! += Number(row[n]) || 0;
  return { labels, counts };
}
