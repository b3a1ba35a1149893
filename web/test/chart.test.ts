import assert from "node:assert/strict";
import { test } from "node:test";
import { drawLines, mapper, type Frame, type Pen } from "../src/chart/draw.ts";
import { axisTexts } from "../src/chart/axistexts.ts";
import { caption, fullRange, nearestAt, outside, valueAt, yRange } from "../src/chart/model.ts";
import { SvgPen, thinned } from "../src/chart/svg.ts";
import { decorated, keyOf, offers, ownOf, withOwn } from "../src/chart/own.ts";
import { tipRows } from "../src/chart/tiprows.ts";
import { titleOf, type Drawn, type Line } from "../src/chart/types.ts";

function line(y: number[], change: Partial<Line> = {}): Line {
  return { id: "r\nk", runId: "r", key: "k", label: "run", color: "#112233", dash: [], pinned: false, x: Float64Array.from(y, (_, at) => at), y: Float32Array.from(y), broken: () => false, low: null, high: null, raw: null, n: null, runs: 1, nanFrom: null, nonfinite: 0, extremes: [], exact: true, points: y.length, ...change };
}

const all = { low: -1e9, high: 1e9 };
const noisy = (n: number) => Array.from({ length: n }, (_, at) => 1 + 0.1 * Math.sin(at));

class Recorder implements Pen {
  paths: string[] = [];
  strokeStyle = "";
  fillStyle = "";
  lineWidth = 1;
  lineJoin: CanvasLineJoin = "round";
  globalAlpha = 1;
  private path = "";
  beginPath() { this.path = ""; }
  moveTo(x: number, y: number) { this.path += `M${x.toFixed(0)},${y.toFixed(0)}`; }
  lineTo(x: number, y: number) { this.path += `L${x.toFixed(0)},${y.toFixed(0)}`; }
  closePath() { this.path += "Z"; }
  stroke() { this.paths.push(this.path); }
  fill() { this.paths.push(`fill ${this.path}`); }
  setLineDash() {}
}

const frame = (y: { low: number; high: number }, high = 9): Frame => ({ left: 0, top: 0, width: 90, height: 100, x: { low: 0, high }, y, scale: "linear", ratio: 1 });

test("with spikes the bulk fills most of the height, and the spikes are counted", () => {
  const y = noisy(600);
  const spiked = line(y, { high: Float32Array.from(y, (one, at) => (at % 100 === 50 ? 1e4 : one)), low: Float32Array.from(y), extremes: [50, 150, 250, 350, 450, 550].map((x) => ({ x, step: x, y: 1e4 })) });
  const ranges = yRange([spiked], "linear", "auto", all);
  assert.equal(ranges.cut, true);
  assert.ok(0.2 / (ranges.shown.high - ranges.shown.low) >= 0.6);
  assert.equal(outside([spiked], ranges.shown, all).above, 6);
  assert.equal(yRange([spiked], "linear", "full", all).shown.high > 1e4, true);
});

test("without outliers nothing is cut off, whatever is asked for by default", () => {
  const ranges = yRange([line(noisy(300))], "linear", "auto", all);
  assert.equal(ranges.cut, false);
  assert.deepEqual(outside([line(noisy(300))], ranges.shown, all), { above: 0, below: 0 });
});

test("values that are not finite are no part of the range, and a log axis takes positive ones alone", () => {
  assert.deepEqual(fullRange([line([NaN, 2, 5, Infinity])], "linear", all), { low: 2, high: 5 });
  assert.deepEqual(fullRange([line([-1, 0, 2, 5])], "log", all), { low: 2, high: 5 });
  assert.equal(fullRange([line([NaN])], "linear", all), null);
});

test("a bin without points is passed over, one with values that are not finite breaks the line", () => {
  const pen = new Recorder();
  drawLines(pen, [line([1, NaN, 1, NaN, 1], { broken: (at) => at === 3 })], frame({ low: 0, high: 2 }, 4), { focus: null, faintRaw: false });
  assert.equal(pen.paths[0]!.match(/M/g)!.length, 2);
  assert.ok(pen.paths[0]!.startsWith("M0,50L45,50M90,50"));
});

test("every spike keeps a mark, inside of the plot or at its edge", () => {
  const extremes = [{ x: 1, step: 1, y: 1.5 }, { x: 4, step: 4, y: 99 }, { x: 6, step: 6, y: -99 }];
  const found = drawLines(new Recorder(), [line(noisy(10), { extremes })], frame({ low: 0, high: 2 }), { focus: null, faintRaw: false });
  assert.deepEqual(found.map((mark) => mark.kind), ["spike", "above", "below"]);
  assert.ok(found.every((mark) => mark.py >= 0 && mark.py <= 100));
});

test("the start of values that are not finite keeps a mark", () => {
  const found = drawLines(new Recorder(), [line([1, 1, NaN, NaN], { nanFrom: 2, broken: (at) => at > 1 })], frame({ low: 0, high: 2 }, 3), { focus: null, faintRaw: false });
  assert.deepEqual(found.map((mark) => [mark.kind, mark.x]), [["nan", 2]]);
});

test("points out of order are drawn in logging order", () => {
  const pen = new Recorder();
  drawLines(pen, [line([0, 1, 2], { x: Float64Array.from([5, 1, 9]) })], frame({ low: 0, high: 2 }), { focus: null, faintRaw: false });
  assert.equal(pen.paths[0], "M50,100L10,50L90,0");
});

test("a logarithmic axis places powers evenly and has no place for zero", () => {
  const { py } = mapper({ ...frame({ low: 1, high: 100 }), scale: "log" });
  assert.equal(Math.round(py(10)), 50);
  assert.equal(py(0), NaN);
});

test("the tooltip says the nearest line first", () => {
  const rows = tipRows([line([1, 1, 1]), line([5, 5, 5], { label: "far" }), line([2, 2, 2], { label: "near" })], 1, 90, (value) => value * 45);
  assert.deepEqual(rows.map((row) => row.value), [2, 1, 5]);
});

test("the nearest point is found in sorted and in unsorted x", () => {
  assert.equal(nearestAt(Float64Array.from([0, 10, 20]), 14), 1);
  assert.equal(nearestAt(Float64Array.from([0, 10, 20]), 16), 2);
  assert.equal(nearestAt(Float64Array.from([9, 1, 5]), 4), 2);
  assert.equal(nearestAt(new Float64Array(0), 4), -1);
  assert.equal(valueAt(line([1, NaN, NaN, 4]), 1.2), 0);
});

test("labels of an axis have as many digits as its step needs", () => {
  assert.deepEqual(axisTexts([0, 0.005, 0.01]), ["0.000", "0.005", "0.010"]);
  assert.deepEqual(axisTexts([0, 0.5, 1]), ["0.0", "0.5", "1.0"]);
  assert.deepEqual(axisTexts([-2, 0, 2]), ["−2", "0", "2"]);
  assert.deepEqual(axisTexts([0, 1e-5, 2e-5]), ["0", "1e-5", "2e-5"]);
});

test("a caption says what is shown, what is best and what is not finite", () => {
  const text = caption("val/acc", [line([0.1, 0.9, 0.5]), line([0.2], { label: "other", nanFrom: 3 })], "max", (value) => value.toFixed(1));
  assert.equal(text, "val/acc, 2 runs, best 0.9 run at 1.0, 1 with values that are not finite");
});

test("a thinned path keeps its spikes", () => {
  const points = Array.from({ length: 1000 }, (_, at): [number, number] => [at, at === 512 ? -99 : 0]);
  const kept = thinned(points, 8);
  assert.ok(kept.length < 300 && kept.some(([, y]) => y === -99));
  const pen = new SvgPen(1);
  pen.beginPath();
  pen.moveTo(0, 0);
  pen.lineTo(3.14159, 2);
  pen.stroke();
  assert.match(pen.text, /^<path d="M0.0 0.0L3.1 2.0" fill="none"/);
});

// ── what single charts have ─────────────────────────────────────────────────────────────────────────────────────────────

const NO_OWN = { low: null, high: null, references: [] };

test("a chart's range and lines survive the address, whatever their names", () => {
  const own = { low: null, high: 1e-3, references: [{ value: 0.95, label: "good, (enough): 100 % `x`" }, { value: -2, label: "" }] };
  for (const keys of [["val/acc"], ["a:b"], ["val/loss", "=(max(a, b) + `x y`)"]]) {
    const written = withOwn(keys, keys, own, { yr: "other:0..1", ref: "other:1:x" });
    assert.deepEqual(ownOf(keys, written), own);
    assert.deepEqual(ownOf(["other"], written), { low: 0, high: 1, references: [{ value: 1, label: "x" }] });
    const renamed = withOwn(keys, ["new"], own, written);
    assert.deepEqual(ownOf(keys, renamed), NO_OWN);
    assert.deepEqual(ownOf(["new"], renamed), own);
    assert.deepEqual(withOwn(["new"], ["new"], { ...NO_OWN, references: [] }, renamed), { yr: "other:0..1", ref: "other:1:x" });
  }
  assert.deepEqual(ownOf(["a"], { yr: "a:..,a", ref: "a,a:x:y,:1:" }), NO_OWN);
});

test("what is typed is a metric where there is one, else an expression in parentheses", () => {
  assert.equal(keyOf(" val/acc ", ["val/acc"]), "val/acc");
  assert.equal(keyOf("val/acc * 100", ["val/acc"]), "=(val/acc * 100)");
  assert.equal(keyOf("=(a) + (b)", []), "=((a) + (b))");
  assert.equal(keyOf("=(a + b)", []), "=(a + b)");
  assert.equal(keyOf("  ", []), "");
  assert.equal(titleOf("=(a + b)"), "a + b");
  assert.deepEqual(offers("val/loss - tra", ["train/loss", "val/loss", "my metric"]), ["val/loss - train/loss"]);
  assert.deepEqual(offers("2 * (my", ["train/loss", "my metric"]), ["2 * (`my metric`"]);
  assert.deepEqual(offers("", ["my metric"]), ["my metric"]);
});

test("a line for reference widens the range, a range by hand decides it, and words stand on their run's charts", () => {
  const one = line([1, 2, 3]);
  const plain: Drawn = { lines: [one], x: { low: 0, high: 2 }, ranges: { shown: { low: 1, high: 3 }, full: { low: 1, high: 3 }, cut: false, matters: false }, out: { above: 0, below: 0 }, unusable: 0 };
  const view = { x: "step", smooth: null, scale: "linear", outliers: "auto", zoom: null, group: null } as const;
  assert.ok(decorated(plain, ["k"], { ...view, ref: "k:5:top" }, []).ranges.shown.high > 5);
  const cut = decorated(plain, ["k"], { ...view, yr: "k:..2" }, []);
  assert.deepEqual([cut.ranges.shown, cut.out.above], [{ low: 1, high: 2 }, 1]);
  assert.ok(decorated(plain, ["k"], { ...view, yr: "k:9.." }, []).ranges.shown.high > 9);
  const log = decorated(plain, ["k"], { ...view, scale: "log", yr: "k:-1..", ref: "k:0:x" }, []);
  assert.deepEqual(log.ranges.shown, { low: 1, high: 3 });
  const note = { id: "n", run_id: "r", step: 1, x: 1, text: "warm" };
  const noted = decorated(plain, ["k"], view, [note, { ...note, run_id: "other" }, { ...note, x: 7 }]);
  const frame: Frame = { left: 0, top: 0, width: 100, height: 50, x: plain.x, y: { low: 1, high: 3 }, scale: "linear", ratio: 1 };
  const marks = noted.paint!(new Recorder(), frame, "#000");
  assert.deepEqual(marks.map(({ kind, text, step }) => [kind, text, step]), [["note", "warm", 1]]);
});
