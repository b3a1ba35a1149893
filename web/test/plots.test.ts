import assert from "node:assert/strict";
import test from "node:test";
import { layerOf, layout } from "../src/plots/layers.ts";
import { band, linear, log, roundTicks, scaleFor } from "../src/plots/scale.ts";
import { area, box, confusionOf, paretoFront, rebin, tableKind, trend } from "../src/plots/stats.ts";

test("a scale and its inverse undo each other", () => {
  for (const scale of [linear(-3, 7, 10, 300), log(1e-4, 20, 300, 10)]) for (const pixel of [10, 77, 300]) assert.ok(Math.abs(scale.at(scale.back(pixel)) - pixel) < 1e-6);
  assert.ok(Number.isNaN(log(1e-4, 1, 0, 100).at(-1)));
  assert.ok(Number.isNaN(linear(0, 1, 0, 100).at("x")));
});

test("ticks are round and lie within the range", () => {
  assert.deepEqual(roundTicks(0, 1, 5), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(roundTicks(5, 5, 5), [5]);
  for (const tick of roundTicks(-0.37, 12.4, 6)) assert.ok(tick >= -0.37 && tick <= 12.4);
});

test("values choose their scale: wide positive numbers log, words names", () => {
  assert.equal(scaleFor([1e-5, 1e-1], 0, 1).kind, "log");
  assert.equal(scaleFor([1, 2, 3], 0, 1).kind, "linear");
  assert.equal(scaleFor(["adam", "sgd"], 0, 1).kind, "band");
  assert.equal(scaleFor([true, false], 0, 1).kind, "band");
  assert.equal(band(["a", "b"], 0, 100).at("b"), 75);
  assert.equal(scaleFor([null, "NaN"], 0, 1).kind, "linear");
});

test("a box has its quartiles, and whiskers end at values", () => {
  assert.deepEqual(box([1, 2, 3, 4, 100, NaN, null]), { n: 5, q1: 2, median: 3, q3: 4, low: 1, high: 4, outliers: [100], mean: 22 });
  assert.equal(box([NaN]), null);
});

test("no point of the front is beaten, and every other point is", () => {
  const points = Array.from({ length: 200 }, (_, n) => ({ x: Math.sin(n * 12.9898) * 5, y: Math.cos(n * 78.233) * 3 }));
  const front = new Set(paretoFront(points, "min", "max"));
  points.forEach((point, at) => {
    const beaten = points.some((other) => other.x <= point.x && other.y >= point.y && (other.x < point.x || other.y > point.y));
    assert.equal(front.has(at), !beaten);
  });
  assert.deepEqual(paretoFront([{ x: NaN, y: 1 }], "min", "min"), []);
});

test("a trend finds the line points lie on", () => {
  const found = trend([0, 1, 2, 3].map((x) => ({ x, y: 2 * x + 1 })))!;
  assert.ok(Math.abs(found.slope - 2) < 1e-9 && Math.abs(found.r2 - 1) < 1e-9);
  assert.equal(trend([{ x: 1, y: 1 }]), null);
});

test("putting a histogram on other edges keeps its count", () => {
  const out = rebin([0, 1, 2, 3], [4, 2, 6], [0, 0.5, 1.7, 3]);
  assert.ok(Math.abs(out.reduce((a, b) => a + b, 0) - 12) < 1e-9);
  assert.deepEqual(rebin([1, 1], [5], [0, 1, 2]), [0, 5]);
});

test("tables that are a confusion matrix or a curve are known by their columns", () => {
  assert.equal(tableKind(["actual", "predicted", "count"], []), "confusion");
  assert.equal(tableKind(["", "a", "b"], [["a", 1, 2], ["b", 0, 3]]), "confusion");
  assert.equal(tableKind(["fpr", "tpr"], []), "roc");
  assert.equal(tableKind(["precision", "recall", "threshold"], []), "pr");
  assert.equal(tableKind(["x", "y"], [[1, 2]]), null);
  assert.deepEqual(confusionOf(["actual", "predicted", "count"], [["a", "a", 3], ["a", "b", 1]]), { labels: ["a", "b"], counts: [[3, 1], [0, 0]] });
  assert.equal(area([{ x: 0, y: 1 }, { x: 1, y: 1 }]), 1);
});

test("arrows lead to later layers, circles are survived, and nodes do not overlap", () => {
  const nodes = ["a", "b", "c", "d", "e"].map((id) => ({ id, label: id }));
  const edges = [["a", "b"], ["b", "c"], ["a", "c"], ["c", "a"], ["d", "c"], ["e", "e"], ["a", "zz"]].map(([source, target]) => ({ source: source!, target: target! }));
  const layer = layerOf(nodes, edges);
  assert.deepEqual(["a", "b", "c"].map((id) => layer.get(id)), [0, 1, 2]);
  const { nodes: placed } = layout(nodes, edges);
  assert.equal(placed.length, 5);
  for (const one of placed) for (const other of placed) if (one !== other) assert.ok(one.x + one.width <= other.x || other.x + other.width <= one.x || one.y + one.height <= other.y || other.y + other.height <= one.y);
});
