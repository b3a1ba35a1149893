// Draws lines, bands and glyphs, on a canvas or into anything that takes the same strokes (see svg.ts). Lines are followed in
// logging order; a bin without points is passed over, values that are not finite break the line, spikes keep a mark.
import { faded } from "../core/colors.ts";
import { MANY } from "./model.ts";
import type { Line, Range, Scale } from "./types.ts";

/** The strokes that are needed; CanvasRenderingContext2D has them. */
export interface Pen {
  beginPath(): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  closePath(): void;
  stroke(): void;
  fill(): void;
  setLineDash(dash: number[]): void;
  strokeStyle: string | CanvasGradient | CanvasPattern;
  fillStyle: string | CanvasGradient | CanvasPattern;
  lineWidth: number;
  lineJoin: CanvasLineJoin;
  globalAlpha: number;
}

export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
  x: Range;
  y: Range;
  scale: Scale;
  /** Device pixels per pixel. */
  ratio: number;
}

export interface Mark {
  line: Line;
  x: number;
  y: number;
  step: number;
  kind: "spike" | "above" | "below" | "nan" | "note";
  text?: string;
  px: number;
  py: number;
}

/** Half-width around zero in which a symlog axis is linear. */
export const SYMLOG_LINEAR = 1e-3;

export function mapper(frame: Frame): { px: (x: number) => number; py: (y: number) => number } {
  const { left, top, width, height, x, y, scale } = frame;
  const kx = width / (x.high - x.low || 1);
  const px = (value: number) => left + (value - x.low) * kx;
  const curve = scale === "log" ? Math.log : scale === "symlog" ? (value: number) => Math.asinh(value / SYMLOG_LINEAR) : null;
  const [low, high] = curve ? [curve(y.low), curve(y.high)] : [y.low, y.high];
  const ky = height / (high - low || 1);
  const bottom = top + height;
  const py = curve ? (value: number) => (scale === "log" && value <= 0 ? NaN : bottom - (curve(value) - low) * ky) : (value: number) => bottom - (value - low) * ky;
  return { px, py };
}

interface Look {
  /** The line looked at; the others step back. */
  focus: string | null;
  faintRaw: boolean;
}

/** Draw everything, and return the marks, so that a pointer can find them. */
export function drawLines(pen: Pen, lines: readonly Line[], frame: Frame, look: Look): Mark[] {
  const map = mapper(frame);
  const crowd = lines.length > MANY;
  const isFocus = (line: Line) => look.focus !== null && (line.id === look.focus || (line.runId !== "" && line.runId === look.focus));
  const order = look.focus === null ? lines : [...lines.filter((line) => !isFocus(line)), ...lines.filter(isFocus)];
  for (const line of order) {
    const chosen = isFocus(line);
    if (line.low && line.high && (!crowd || chosen || line.pinned || line.runs > 1)) band(pen, line, frame, map, crowd && !chosen ? 0.1 : 0.16);
  }
  for (const line of order) {
    const chosen = isFocus(line);
    pen.lineWidth = (chosen || line.pinned ? 2.25 : crowd ? 1 : 1.5) * frame.ratio;
    pen.lineJoin = "round";
    pen.setLineDash(line.dash.map((part) => part * frame.ratio));
    if (line.raw && look.faintRaw && (!crowd || chosen)) {
      pen.globalAlpha = 0.28;
      pen.strokeStyle = line.color;
      trace(pen, line, line.raw, frame, map);
    }
    pen.globalAlpha = look.focus !== null && !chosen && !line.pinned ? (crowd ? 0.3 : 0.4) : 1;
    pen.strokeStyle = line.color;
    trace(pen, line, line.y, frame, map);
  }
  pen.globalAlpha = 1;
  pen.setLineDash([]);
  return marks(pen, order, frame, map);
}

type Map = ReturnType<typeof mapper>;

function trace(pen: Pen, line: Line, values: ArrayLike<number>, frame: Frame, { px, py }: Map): void {
  const { x } = line;
  const [from, to] = window(x, frame.x);
  let down = false;
  let alone = false;
  let [lastX, lastY] = [0, 0];
  pen.beginPath();
  for (let at = from; at < to; at += 1) {
    const value = py(values[at]!);
    if (Number.isNaN(value)) {
      if (down && line.broken(at)) {
        if (alone) pen.lineTo(lastX + frame.ratio, lastY);
        down = false;
      }
      continue;
    }
    const place = px(x[at]!);
    const height = Math.max(-1e5, Math.min(1e5, value));
    if (down) pen.lineTo(place, height);
    else pen.moveTo(place, height);
    alone = !down;
    down = true;
    [lastX, lastY] = [place, height];
  }
  if (down && alone) pen.lineTo(lastX + 2 * frame.ratio, lastY);
  pen.stroke();
}

/** Return the points in view of a sorted x, with one more on each side; all of them where x is not sorted. */
function window(x: Float64Array, range: Range): [number, number] {
  const n = x.length;
  if (n < 3 || x[0]! > x[n - 1]!) return [0, n];
  let from = 0;
  let to = n;
  while (from + 1 < n && x[from + 1]! < range.low && x[from]! <= x[from + 1]!) from += 1;
  while (to - 2 >= 0 && x[to - 2]! > range.high && x[to - 2]! <= x[to - 1]!) to -= 1;
  return from < to ? [from, to] : [0, n];
}

function band(pen: Pen, line: Line, frame: Frame, { px, py }: Map, opacity: number): void {
  const { x, low, high } = line;
  if (!low || !high) return;
  const [from, to] = window(x, frame.x);
  const floor = frame.top + frame.height;
  const limit = (value: number) => Math.max(frame.top - 4, Math.min(floor + 4, Number.isNaN(value) ? floor + 4 : value));
  pen.fillStyle = faded(line.color, opacity);
  let start = -1;
  const fill = (end: number) => {
    if (start < 0 || end - start < 1) return;
    pen.beginPath();
    for (let at = start; at <= end; at += 1) if (!Number.isNaN(high[at]!)) pen.lineTo(px(x[at]!), limit(py(high[at]!)));
    for (let at = end; at >= start; at -= 1) if (!Number.isNaN(low[at]!)) pen.lineTo(px(x[at]!), limit(py(low[at]!)));
    pen.closePath();
    pen.fill();
  };
  let last = -1;
  for (let at = from; at < to; at += 1) {
    if (Number.isNaN(high[at]!) || Number.isNaN(low[at]!)) {
      if (line.broken(at)) {
        fill(last);
        start = -1;
      }
      continue;
    }
    if (start < 0) start = at;
    last = at;
  }
  fill(last);
}

function marks(pen: Pen, lines: readonly Line[], frame: Frame, { px, py }: Map): Mark[] {
  const found: Mark[] = [];
  const { left, top, width, height, ratio } = frame;
  for (const line of lines) {
    for (const one of line.extremes) {
      const place = px(one.x);
      if (place < left - 1 || place > left + width + 1) continue;
      const value = py(one.y);
      const kind = value < top || one.y === Infinity ? "above" : value > top + height || Number.isNaN(value) || one.y === -Infinity ? "below" : "spike";
      const y = kind === "above" ? top + 5 * ratio : kind === "below" ? top + height - 5 * ratio : value;
      found.push({ line, x: one.x, y: one.y, step: one.step, kind, px: place, py: y });
    }
    if (line.nanFrom !== null) {
      const place = px(line.nanFrom);
      if (place < left - 1 || place > left + width + 1) continue;
      const before = py(lastFinite(line, line.nanFrom));
      const y = Number.isNaN(before) ? top + height - 6 * ratio : Math.max(top + 6 * ratio, Math.min(top + height - 6 * ratio, before));
      found.push({ line, x: line.nanFrom, y: NaN, step: line.nanFrom, kind: "nan", px: place, py: y });
    }
  }
  for (const mark of found) glyph(pen, mark, ratio);
  return found;
}

function lastFinite(line: Line, before: number): number {
  let found = NaN;
  for (let at = 0; at < line.y.length && line.x[at]! <= before; at += 1) if (!Number.isNaN(line.y[at]!)) found = line.y[at]!;
  return found;
}

function glyph(pen: Pen, { kind, px, py, line }: Mark, ratio: number): void {
  const r = 3.6 * ratio;
  pen.beginPath();
  pen.strokeStyle = line.color;
  pen.fillStyle = line.color;
  pen.lineWidth = 1.6 * ratio;
  if (kind === "nan") {
    pen.moveTo(px - r, py - r);
    pen.lineTo(px + r, py + r);
    pen.moveTo(px + r, py - r);
    pen.lineTo(px - r, py + r);
    pen.stroke();
    return;
  }
  const corners = kind === "above" ? [[0, -r], [r, r * 0.7], [-r, r * 0.7]] : kind === "below" ? [[0, r], [r, -r * 0.7], [-r, -r * 0.7]] : [[0, -r], [r, 0], [0, r], [-r, 0]];
  for (const [dx, dy] of corners) pen.lineTo(px + dx!, py + dy!);
  pen.closePath();
  pen.fill();
}
