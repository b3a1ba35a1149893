// What single charts have beside their curves: a range of y of their own, lines for reference, words at steps. The first two stand
// in the address: `yr=val/acc:.9..1`, `ref=val/acc:.95:target`; a chart is named by its keys. Loaded once a chart has any of it.
import { number } from "../core/format.ts";
import type { Note } from "../core/series.ts";
import { split } from "../workspace/view.ts";
import { mapper, type Frame, type Mark, type Pen } from "./draw.ts";
import { outside } from "./model.ts";
import { titleOf, type ChartView, type Drawn, type Line, type Range } from "./types.ts";

export interface Reference {
  value: number;
  label: string;
}

export interface Own {
  low: number | null;
  high: number | null;
  references: Reference[];
}

const numberOf = (text: string): number | null => (text.trim() && Number.isFinite(Number(text)) ? Number(text) : null);
const quoted = (label: string): string => label.replace(/[%:`(),]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`);

function unquoted(label: string): string {
  try {
    return decodeURIComponent(label);
  } catch {
    return label;
  }
}

/** Return what the address says of a chart. */
export function ownOf(keys: readonly string[], { yr = "", ref = "" }: Pick<ChartView, "yr" | "ref">): Own {
  const name = keys.join("+");
  const own: Own = { low: null, high: null, references: [] };
  for (const part of split(yr)) {
    const found = /^(.*):([^:]*)\.\.([^:]*)$/.exec(part);
    if (found?.[1] === name) [own.low, own.high] = [numberOf(found[2]!), numberOf(found[3]!)];
  }
  for (const part of split(ref)) {
    const found = /^(.*):([^:]*):([^:]*)$/.exec(part);
    const value = numberOf(found?.[2] ?? "");
    if (found?.[1] === name && value !== null) own.references.push({ value, label: unquoted(found[3]!) });
  }
  return own;
}

/** Return both parts of the address after a change to one chart, which may get a new name with it. */
export function withOwn(before: readonly string[], after: readonly string[], own: Own, { yr = "", ref = "" }: Pick<ChartView, "yr" | "ref">): { yr: string; ref: string } {
  const names = new Set([before.join("+"), after.join("+")]);
  const others = (text: string, pattern: RegExp) => split(text).filter((part) => !names.has(pattern.exec(part)?.[1] ?? ""));
  const name = after.join("+");
  const range = own.low === null && own.high === null ? [] : [`${name}:${own.low ?? ""}..${own.high ?? ""}`];
  const lines = own.references.map(({ value, label }) => `${name}:${value}:${quoted(label)}`);
  return { yr: [...others(yr, /^(.*):[^:]*$/), ...range].join(","), ref: [...others(ref, /^(.*):[^:]*:[^:]*$/), ...lines].join(",") };
}

/** Return what was typed as a key: a metric by its name, anything else as an expression. */
export const keyOf = (typed: string, metrics: readonly string[]): string => {
  const body = typed.trim().replace(/^=/, "").trim();
  if (!body || metrics.includes(body)) return body;
  return body.startsWith("(") && titleOf(`=${body}`) !== `=${body}` && balanced(body.slice(1, -1)) ? `=${body}` : `=(${body})`;
};

/** Return what a text may go on as: the names that begin like its last word, or hold it. */
export function offers(typed: string, metrics: readonly string[]): string[] {
  const { index, 0: word } = /[^\s()+*^,`]*$/.exec(typed)!;
  const wanted = word.toLowerCase();
  const fit = metrics.filter((key) => key.toLowerCase().includes(wanted));
  return fit.slice(0, 100).map((key) => typed.slice(0, index) + (/^[\w./:@-]+$/.test(key) || index === 0 ? key : `\`${key}\``));
}

/** Whether every parenthesis is closed where it was opened. */
function balanced(body: string): boolean {
  let depth = 0;
  for (const letter of body) {
    if (letter === "(") depth += 1;
    else if (letter === ")" && (depth -= 1) < 0) return false;
  }
  return depth === 0;
}

/** Return a chart's drawing with what is its own. */
export function decorated(plain: Drawn, keys: readonly string[], view: ChartView, notes: readonly Note[]): Drawn {
  const own = ownOf(keys, view.minus ? {} : view); // ranges and lines are about values, not about differences
  const log = view.scale === "log";
  const fits = (value: number) => !log || value > 0;
  const references = own.references.filter((one) => fits(one.value));
  const shown = { ...plain.ranges.shown };
  for (const { value } of references) {
    if (value < shown.low) shown.low = log ? value / 1.05 : value - (shown.high - value) * 0.05;
    if (value > shown.high) shown.high = log ? value * 1.05 : value + (value - shown.low) * 0.05;
  }
  const given = [own.low, own.high].map((value) => (value !== null && fits(value) ? value : null));
  if (given[0] !== null) shown.low = given[0]!;
  if (given[1] !== null) shown.high = given[1]!;
  if (!(shown.high > shown.low)) [shown.low, shown.high] = given[1] === null ? [shown.low, log ? shown.low * 10 : shown.low + 1] : [log ? shown.high / 10 : shown.high - 1, shown.high];
  const chosen = given.some((value) => value !== null);
  const ranges = { ...plain.ranges, shown, cut: plain.ranges.cut || chosen, matters: plain.ranges.matters && !chosen };
  const placed = place(notes, plain.lines, plain.x);
  return { ...plain, ranges, out: outside(plain.lines, shown, plain.x), paint: (pen, frame, ink) => paint(pen, frame, references, placed, ink) };
}

interface Placed {
  note: Note;
  line: Line;
}

/** Return the notes in view, each with the line of its run. */
function place(notes: readonly Note[], lines: readonly Line[], x: Range): Placed[] {
  const byRun = new Map([...lines].reverse().map((line) => [line.runId, line]));
  return notes.flatMap((note) => {
    const line = byRun.get(note.run_id);
    return line && note.x >= x.low && note.x <= x.high ? [{ note, line }] : [];
  });
}

/** Draw lines for reference and flags at steps, and return the flags. Labels are written where the pen can write. */
export function paint(pen: Pen & Partial<CanvasRenderingContext2D>, frame: Frame, references: readonly Reference[], placed: readonly Placed[], ink: string): Mark[] {
  const { px, py } = mapper(frame);
  const { left, top, width, height, ratio } = frame;
  for (const { value, label } of references) {
    const at = py(value);
    if (!(at >= top && at <= top + height)) continue;
    line(pen, ink, ratio, [6, 4], [left, at, left + width, at]);
    if (pen.fillText) {
      pen.textBaseline = "alphabetic";
      pen.font = `${11 * ratio}px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif`;
      pen.textAlign = "right";
      pen.fillStyle = ink;
      pen.fillText(referenceText({ value, label }), left + width - 4 * ratio, at < top + 11 * ratio ? at + 12 * ratio : at - 3 * ratio);
    }
  }
  return placed.map(({ note, line: curve }) => {
    const at = px(note.x);
    line(pen, curve.color, ratio, [1, 4], [at, top, at, top + height]);
    pen.fillStyle = curve.color;
    pen.beginPath();
    for (const [dx, dy] of [[0, 0], [9, 3.5], [0, 7]]) pen.lineTo(at + dx! * ratio, top + (2 + dy!) * ratio);
    pen.closePath();
    pen.fill();
    return { line: curve, x: note.x, y: NaN, step: note.step, kind: "note", text: note.text, px: at + 4 * ratio, py: top + 5 * ratio };
  });
}

function line(pen: Pen, color: string, ratio: number, dash: readonly number[], [x1, y1, x2, y2]: readonly [number, number, number, number]): void {
  pen.strokeStyle = color;
  pen.lineWidth = ratio;
  pen.setLineDash(dash.map((part) => part * ratio));
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
  pen.stroke();
  pen.setLineDash([]);
}

export const referenceText = ({ value, label }: Reference): string => (label ? `${label} ${number(value)}` : number(value));
