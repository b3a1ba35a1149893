// What the curves say at a place of x.
import { valueAt } from "./model.ts";
import type { Line } from "./types.ts";

export interface TipRow {
  line: Line;
  at: number;
  value: number;
  far: number;
}

/** Return what lines say at `x`, nearest to the height `y` (in pixels, by `toPixels`) first. */
export function tipRows(lines: readonly Line[], x: number, y: number, toPixels: (value: number) => number): TipRow[] {
  const rows: TipRow[] = [];
  for (const line of lines) {
    const at = valueAt(line, x);
    if (at < 0) continue;
    const ends = line.x[line.x.length - 1]!;
    if (x > ends + (ends - line.x[0]!) * 0.02) continue;
    const value = line.y[at]!;
    if (Number.isNaN(value) && !line.broken(at)) continue;
    const far = Math.abs(toPixels(value) - y);
    rows.push({ line, at, value, far: Number.isNaN(far) ? 1e9 : far });
  }
  return rows.sort((a, b) => a.far - b.far);
}
