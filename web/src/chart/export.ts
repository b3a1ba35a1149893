// A chart as a file: PNG at twice its size and SVG with real text, both drawn anew in the light theme with a title and a legend,
// and the Python that gives the same curves. Every point as CSV or Parquet comes from the server.
import { number } from "../core/format.ts";
import { drawLines, type Frame } from "./draw.ts";
import { SvgPen } from "./svg.ts";
import { xText } from "./plot.ts";
import type { ChartSource, ChartView, Drawn, Line, Range } from "./types.ts";

export interface Picture {
  keys: readonly string[];
  name: string;
  view: ChartView;
  lines: readonly Line[];
  x: Range | undefined;
  y: Range | undefined;
  paint: Drawn["paint"];
}

const INK = "#1b2027";
const FAINT = "#5c6672";
const GRID = "#e3e6eb";
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
const LEGEND = 12;

interface Texts {
  x: number;
  y: number;
  text: string;
  size: number;
  color: string;
  anchor: "start" | "middle" | "end";
  bold?: boolean;
}

interface Plan {
  width: number;
  height: number;
  frame: Frame;
  grid: { x1: number; y1: number; x2: number; y2: number }[];
  texts: Texts[];
  swatches: { x: number; y: number; line: Line }[];
}

/** Return round numbers that cover a range. */
export function ticksOf({ low, high }: Range, scale: string, wanted: number): number[] {
  if (scale === "log") {
    const found = [];
    for (let power = Math.ceil(Math.log10(low)); power <= Math.floor(Math.log10(high)); power += 1) found.push(10 ** power);
    if (found.length >= 2) return found;
  }
  const rough = (high - low) / wanted;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * (rough / unit > 5 ? 10 : rough / unit > 2 ? 5 : rough / unit > 1 ? 2 : 1);
  const found = [];
  for (let at = Math.ceil(low / step); at * step <= high + step * 1e-9; at += 1) found.push(Number((at * step).toPrecision(12)));
  return found;
}

function plan({ name, view, lines, x, y }: Picture, box: HTMLElement): Plan {
  const [wide, high] = [Math.max(480, box.clientWidth), Math.max(280, box.clientHeight)];
  const shown = [...lines].reverse().slice(0, LEGEND);
  const rows = Math.ceil(shown.length / 2) + (lines.length > LEGEND ? 1 : 0);
  const frame: Frame = { left: 56, top: 34, width: wide - 72, height: high - 80, x: x ?? { low: 0, high: 1 }, y: y ?? { low: 0, high: 1 }, scale: view.scale, ratio: 1 };
  const height = high + rows * 18 + 6;
  const bottom = frame.top + frame.height;
  const linear = { ...frame, scale: view.scale };
  const span = frame.x.high - frame.x.low;
  const made: Plan = { width: wide, height, frame: linear, grid: [], texts: [{ x: frame.left, y: 20, text: name, size: 14, color: INK, anchor: "start", bold: true }], swatches: [] };
  for (const at of ticksOf(frame.x, "linear", 7)) {
    const place = frame.left + ((at - frame.x.low) / span) * frame.width;
    made.grid.push({ x1: place, y1: frame.top, x2: place, y2: bottom });
    made.texts.push({ x: place, y: bottom + 16, text: xText(view.x, at), size: 11, color: FAINT, anchor: "middle" });
  }
  const height01 = heights(frame);
  for (const at of ticksOf(frame.y, view.scale, 6)) {
    const place = height01(at);
    made.grid.push({ x1: frame.left, y1: place, x2: frame.left + frame.width, y2: place });
    made.texts.push({ x: frame.left - 6, y: place + 4, text: number(at), size: 11, color: FAINT, anchor: "end" });
  }
  made.texts.push({ x: frame.left + frame.width / 2, y: bottom + 34, text: view.x === "ts" ? "time of day" : view.x, size: 11, color: FAINT, anchor: "middle" });
  shown.forEach((line, place) => {
    const [left, top] = [frame.left + (place % 2) * (frame.width / 2), high + Math.floor(place / 2) * 18];
    made.swatches.push({ x: left, y: top - 4, line });
    made.texts.push({ x: left + 26, y: top, text: line.label.slice(0, 60), size: 11, color: INK, anchor: "start" });
  });
  if (lines.length > LEGEND) made.texts.push({ x: frame.left, y: high + Math.ceil(shown.length / 2) * 18, text: `and ${lines.length - LEGEND} more`, size: 11, color: FAINT, anchor: "start" });
  return made;
}

function heights(frame: Frame): (value: number) => number {
  const curve = frame.scale === "log" ? Math.log : frame.scale === "symlog" ? (value: number) => Math.asinh(value / 1e-3) : (value: number) => value;
  const [low, high] = [curve(frame.y.low), curve(frame.y.high)];
  return (value) => frame.top + frame.height - ((curve(value) - low) / (high - low || 1)) * frame.height;
}

/** Return the chart as PNG, two device pixels a pixel. */
export function png(picture: Picture, box: HTMLElement): Promise<Blob> {
  const { width, height, frame, grid, texts, swatches } = plan(picture, box);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width * 2, height * 2];
  const pen = canvas.getContext("2d")!;
  pen.scale(2, 2);
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, width, height);
  pen.strokeStyle = GRID;
  pen.lineWidth = 1;
  for (const line of grid) {
    pen.beginPath();
    pen.moveTo(line.x1, line.y1);
    pen.lineTo(line.x2, line.y2);
    pen.stroke();
  }
  for (const one of texts) {
    pen.font = `${one.bold ? "600 " : ""}${one.size}px ${FONT}`;
    pen.fillStyle = one.color;
    pen.textAlign = one.anchor === "middle" ? "center" : one.anchor;
    pen.fillText(one.text, one.x, one.y);
  }
  for (const { x, y, line } of swatches) swatch(pen, x, y, line);
  pen.save();
  pen.beginPath();
  pen.rect(frame.left, frame.top, frame.width, frame.height);
  pen.clip();
  drawLines(pen, picture.lines, frame, { focus: null, faintRaw: Boolean(picture.view.smooth) });
  picture.paint?.(pen, frame, FAINT);
  pen.restore();
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The browser made no picture"))), "image/png"));
}

function swatch(pen: CanvasRenderingContext2D | SvgPen, x: number, y: number, line: Line): void {
  pen.beginPath();
  pen.setLineDash([...line.dash]);
  pen.lineWidth = 2;
  pen.strokeStyle = line.color;
  pen.moveTo(x, y);
  pen.lineTo(x + 20, y);
  pen.stroke();
  pen.setLineDash([]);
}

/** Return the chart as SVG: real text, at most 200 KB whatever is drawn. */
export function svg(picture: Picture, box: HTMLElement): string {
  const { width, height, frame, grid, texts, swatches } = plan(picture, box);
  for (const share of [1, 2, 4, 8]) {
    const pen = new SvgPen(share);
    drawLines(pen, picture.lines, frame, { focus: null, faintRaw: Boolean(picture.view.smooth) });
    picture.paint?.(pen, frame, FAINT);
    const legend = new SvgPen(1);
    for (const { x, y, line } of swatches) swatch(legend, x, y, line);
    const lines = grid.map((one) => `<path d="M${one.x1.toFixed(1)} ${one.y1.toFixed(1)}L${one.x2.toFixed(1)} ${one.y2.toFixed(1)}"/>`).join("");
    const words = texts.map((one) => `<text x="${one.x.toFixed(1)}" y="${one.y.toFixed(1)}" font-size="${one.size}" fill="${one.color}" text-anchor="${one.anchor}"${one.bold ? ' font-weight="600"' : ""}>${escaped(one.text)}</text>`).join("\n");
    const text = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT}">
<title>${escaped(picture.name)}</title>
<rect width="100%" height="100%" fill="#ffffff"/>
<clipPath id="plot"><rect x="${frame.left}" y="${frame.top}" width="${frame.width}" height="${frame.height}"/></clipPath>
<g stroke="${GRID}" fill="none">${lines}</g>
<g clip-path="url(#plot)" stroke-linejoin="round">
${pen.text}
</g>
${legend.text}
${words}
</svg>
`;
    if (text.length <= 200_000 || share === 8) return text;
  }
  return "";
}

const escaped = (text: string): string => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "");

/** Return the Python that reads the same curves. */
export function python({ keys, view }: Picture, ids: readonly string[], source: ChartSource): string {
  const quoted = (text: string) => JSON.stringify(text);
  const chosen = ids.length ? `id in (${ids.join(", ")})` : (source.ask.value.q ?? "");
  const lines = ["import eventide", "", "store = eventide.open()", `runs = store.runs(${quoted(chosen)}, project=${quoted(source.project)})`];
  for (const key of keys) lines.push(`points = store.series(${quoted(key)}, ${quoted(chosen)}, project=${quoted(source.project)}${view.x === "step" ? "" : `, x=${quoted(view.x)}`})`);
  return lines.join("\n") + "\n";
}
