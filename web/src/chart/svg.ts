// A pen that writes SVG paths. Coordinates have one digit after the point; with `share`, only every so-many-th point of a long
// path is kept, lowest and highest of each stretch, so that spikes survive.
import type { Pen } from "./draw.ts";

type Point = [number, number];

export class SvgPen implements Pen {
  strokeStyle: string | CanvasGradient | CanvasPattern = "#000";
  fillStyle: string | CanvasGradient | CanvasPattern = "#000";
  lineWidth = 1;
  lineJoin: CanvasLineJoin = "round";
  globalAlpha = 1;
  textAlign: CanvasTextAlign = "left";
  private dash: number[] = [];
  private parts: Point[][] = [];
  private closed = false;
  private readonly out: string[] = [];

  constructor(private readonly share: number) {}

  get text(): string {
    return this.out.join("\n");
  }

  beginPath(): void {
    this.parts = [];
    this.closed = false;
  }

  moveTo(x: number, y: number): void {
    this.parts.push([[x, y]]);
  }

  lineTo(x: number, y: number): void {
    if (this.parts.length) this.parts[this.parts.length - 1]!.push([x, y]);
    else this.moveTo(x, y);
  }

  closePath(): void {
    this.closed = true;
  }

  setLineDash(dash: number[]): void {
    this.dash = dash;
  }

  stroke(): void {
    if (!this.parts.length) return;
    const dash = this.dash.length ? ` stroke-dasharray="${this.dash.join(" ")}"` : "";
    this.out.push(`<path d="${this.path()}" fill="none" stroke="${String(this.strokeStyle)}" stroke-width="${this.lineWidth}"${dash}${this.alpha()}/>`);
  }

  fill(): void {
    if (!this.parts.length) return;
    const color = /^rgba\((\d+),(\d+),(\d+),([\d.]+)\)$/.exec(String(this.fillStyle));
    const paint = color ? `rgb(${color[1]},${color[2]},${color[3]})" fill-opacity="${color[4]}` : String(this.fillStyle);
    this.out.push(`<path d="${this.path()}" fill="${paint}"${this.alpha()}/>`);
  }

  fillText(text: string, x: number, y: number): void {
    const plain = text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
    this.out.push(`<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="11" fill="${String(this.fillStyle)}" stroke="none" text-anchor="${this.textAlign === "right" ? "end" : "start"}">${plain}</text>`);
  }

  private alpha(): string {
    return this.globalAlpha < 1 ? ` opacity="${this.globalAlpha}"` : "";
  }

  private path(): string {
    const written = this.parts.map((part) => thinned(part, this.share).map(([x, y], at) => `${at ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join(""));
    return written.join("") + (this.closed ? "Z" : "");
  }
}

/** Return every `share`-th stretch of points by its lowest and its highest. */
export function thinned(points: Point[], share: number): Point[] {
  if (share <= 1 || points.length < 4 * share) return points;
  const kept: Point[] = [points[0]!];
  for (let from = 1; from < points.length - 1; from += share * 2) {
    const part = points.slice(from, Math.min(points.length - 1, from + share * 2));
    const low = part.reduce((a, b) => (b[1] < a[1] ? b : a));
    const high = part.reduce((a, b) => (b[1] > a[1] ? b : a));
    kept.push(...(part.indexOf(low) <= part.indexOf(high) ? [low, high] : [high, low]));
  }
  kept.push(points[points.length - 1]!);
  return kept;
}
