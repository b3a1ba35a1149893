// The only module that knows uPlot: it gives axes, scales, the crosshair and the selection by drag. The curves are drawn by
// draw.ts in its hook, each over its own x, because uPlot's aligned tables would draw through NaN and need one x for all.
import uPlot from "uplot";
import { duration, number } from "../core/format.ts";
import { cssValue } from "../core/theme.ts";
import { axisTexts } from "./axistexts.ts";
import { drawLines, SYMLOG_LINEAR, type Frame, type Mark } from "./draw.ts";
import type { Drawn, Line, Range, Scale } from "./types.ts";

export interface PlotState {
  lines: readonly Line[];
  x: Range;
  y: Range;
  scale: Scale;
  /** `step`, `time`, `ts` or a key: how places on the axis are written. */
  axis: string;
  focus: string | null;
  faintRaw: boolean;
  paint: Drawn["paint"];
}

export interface PlotEvents {
  /** The crosshair moved: x in the axis's units, place in pixels of the plot; null when it left. */
  move: (at: { x: number; y: number; left: number; top: number } | null) => void;
  zoom: (range: readonly [number, number] | null) => void;
  click: () => void;
}

export interface Ticks {
  x: { at: number; text: string }[];
  y: { at: number; text: string }[];
}

/** Write a place on the x axis. */
export function xText(axis: string, value: number): string {
  if (axis === "time") return duration(value);
  if (axis === "ts") return new Date(value * 1000).toLocaleString("sv").slice(0, 19);
  return axis === "step" ? String(Math.round(value)) : number(value);
}

const TIME_STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 432000, 864000, 2592000];
const STEP_STEPS = [1, 2, 5, 10, 20, 25, 50].concat(...[2, 3, 4, 5, 6, 7, 8, 9].map((power) => [1, 2, 2.5, 5].map((m) => m * 10 ** power)));

function xTicks(axis: string, splits: number[]): string[] {
  if (axis === "time") return splits.map((value) => duration(value));
  if (axis !== "step") return splits.map((value) => number(value));
  const thousands = splits.some((value) => value >= 10_000) && splits.every((value) => value % 100 === 0);
  return splits.map((value) => (thousands && value !== 0 ? `${number(value / 1000, 6)}k` : String(value)));
}

export class Plot {
  private readonly chart: uPlot;
  private state: PlotState;
  private found: Mark[] = [];
  private ratio = 1;

  constructor(
    private readonly host: HTMLElement,
    state: PlotState,
    private readonly events: PlotEvents,
  ) {
    this.state = state;
    this.chart = new uPlot(this.options(), this.table(), host);
    this.listen();
  }

  /** Marks of spikes and of values that are not finite, in canvas pixels. */
  get marks(): readonly Mark[] {
    return this.found;
  }

  get pixelRatio(): number {
    return this.ratio;
  }

  get canvas(): HTMLCanvasElement {
    return this.chart.ctx.canvas;
  }

  get over(): HTMLElement {
    return this.chart.over;
  }

  /** Where the axes put their labels, for the SVG. */
  get ticks(): Ticks {
    const of = (place: number) => {
      const axis = this.chart.axes[place] as uPlot.Axis & { _splits?: number[]; _values?: (string | null)[] };
      return (axis._splits ?? []).map((at, i) => ({ at, text: String(axis._values?.[i] ?? "") })).filter((tick) => tick.text);
    };
    return { x: of(0), y: of(1) };
  }

  /** Draw another state; the scale and the axis of x stay what they were made with. */
  update(state: PlotState): void {
    const moved = state.x.low !== this.state.x.low || state.x.high !== this.state.x.high || state.y.low !== this.state.y.low || state.y.high !== this.state.y.high;
    this.state = state;
    if (moved) {
      this.chart.batch(() => {
        this.chart.setScale("x", { min: state.x.low, max: state.x.high });
        this.chart.setScale("y", { min: state.y.low, max: state.y.high });
      });
    }
    this.chart.redraw(false, true);
  }

  resize(width: number, height: number): void {
    this.chart.setSize({ width, height });
  }

  /** Put the crosshair at a place of x without saying so to anyone. */
  cursorTo(x: number | null): void {
    const left = x === null ? -10 : this.chart.valToPos(x, "x");
    this.chart.setCursor({ left: x === null || left < 0 || left > this.chart.over.clientWidth ? -10 : left, top: -10 }, false);
  }

  /** Return the mark under the pointer, if any; places in pixels of the plot. */
  markAt(left: number, top: number): Mark | null {
    const { bbox } = this.chart;
    const [x, y] = [left * this.ratio + bbox.left, top * this.ratio + bbox.top];
    let best: Mark | null = null;
    let distance = (9 * this.ratio) ** 2;
    for (const mark of this.found) {
      const far = (mark.px - x) ** 2 + (mark.py - y) ** 2;
      if (far < distance) [best, distance] = [mark, far];
    }
    return best;
  }

  /** Return the place of a value, in pixels of the plot. */
  toPixels(value: number, axis: "x" | "y"): number {
    return this.chart.valToPos(value, axis);
  }

  destroy(): void {
    this.chart.destroy();
  }

  private table(): uPlot.AlignedData {
    return [[this.state.x.low, this.state.x.high], [null, null]];
  }

  private options(): uPlot.Options {
    const { scale, axis } = this.state;
    const ink = cssValue("--axis");
    const grid = { stroke: cssValue("--grid"), width: 1 };
    const font = "11px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
    const common = { stroke: ink, font, grid, ticks: { show: false }, border: { show: false } };
    const xAxis: uPlot.Axis = { ...common, size: 26, gap: 4, space: 64, values: (_chart, splits) => xTicks(axis, splits) };
    if (axis === "ts") delete xAxis.values;
    if (axis === "time") xAxis.incrs = TIME_STEPS;
    if (axis === "step") xAxis.incrs = STEP_STEPS;
    const yAxis: uPlot.Axis = { ...common, gap: 4, space: 26, size: labelRoom, values: (_chart, splits) => axisTexts(splits, scale === "log") };
    return {
      width: Math.max(120, this.host.clientWidth),
      height: Math.max(80, this.host.clientHeight),
      padding: [6, 10, 0, 2],
      legend: { show: false },
      cursor: { points: { show: false }, y: false, drag: { x: true, y: false, setScale: false, dist: 4 }, bind: { dblclick: () => () => (this.events.zoom(null), null) } },
      select: { show: true, left: 0, top: 0, width: 0, height: 0 },
      scales: {
        x: { time: axis === "ts", auto: false, range: () => [this.state.x.low, this.state.x.high] },
        y: { auto: false, distr: scale === "log" ? 3 : scale === "symlog" ? 4 : 1, asinh: SYMLOG_LINEAR, range: () => [this.state.y.low, this.state.y.high] },
      },
      axes: [xAxis, yAxis],
      series: [{}, { show: true, paths: () => null, points: { show: false } }],
      hooks: {
        draw: [(chart) => this.draw(chart)],
        setCursor: [(chart) => this.moved(chart)],
        setSelect: [(chart) => this.selected(chart)],
      },
    };
  }

  private draw(chart: uPlot): void {
    const { bbox, ctx } = chart;
    this.ratio = chart.ctx.canvas.width / chart.width || 1;
    const frame: Frame = { left: bbox.left, top: bbox.top, width: bbox.width, height: bbox.height, x: this.state.x, y: this.state.y, scale: this.state.scale, ratio: this.ratio };
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    this.found = drawLines(ctx, this.state.lines, frame, { focus: this.state.focus, faintRaw: this.state.faintRaw });
    if (this.state.paint) this.found.push(...this.state.paint(ctx, frame, cssValue("--axis")));
    ctx.restore();
  }

  private moved(chart: uPlot): void {
    const { left = -1, top = -1 } = chart.cursor;
    if (!(chart.cursor as { event?: unknown }).event) return;
    if (left < 0 || top < 0) this.events.move(null);
    else this.events.move({ x: chart.posToVal(left, "x"), y: chart.posToVal(top, "y"), left, top });
  }

  private selected(chart: uPlot): void {
    const { left, width } = chart.select;
    if (width < 4) return;
    const range = [chart.posToVal(left, "x"), chart.posToVal(left + width, "x")] as const;
    chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.events.zoom(range);
  }

  private listen(): void {
    const { over } = this.chart;
    let down: [number, number] = [0, 0];
    over.addEventListener("pointerdown", (event) => (down = [event.clientX, event.clientY]));
    over.addEventListener("click", (event) => {
      if (Math.hypot(event.clientX - down[0], event.clientY - down[1]) < 4) this.events.click();
    });
    over.addEventListener("mouseleave", () => this.events.move(null));
    over.addEventListener(
      "wheel",
      (event) => {
        if (!event.ctrlKey) return;
        event.preventDefault();
        const at = this.chart.posToVal(event.offsetX, "x");
        const { low, high } = this.state.x;
        const by = event.deltaY > 0 ? 1.25 : 0.8;
        this.events.zoom([at - (at - low) * by, at + (high - at) * by]);
      },
      { passive: false },
    );
  }
}

/** Return the room the labels of y need. */
function labelRoom(chart: uPlot, values: string[] | null): number {
  if (!values?.length) return 34;
  const longest = values.reduce((a, b) => (String(b ?? "").length > String(a ?? "").length ? b : a), "");
  chart.ctx.save();
  chart.ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  const width = chart.ctx.measureText(String(longest ?? "")).width / devicePixelRatio;
  chart.ctx.restore();
  return Math.max(34, Math.ceil(width) + 12);
}
