import assert from "node:assert/strict";
import { test } from "node:test";
import { cell, defaultFields, metricField, nextSort, pointValues, toColumn, valueCell } from "../src/workspace/columns.ts";
import { swapColumn } from "../src/workspace/headmenu.tsx";
import { statText } from "../src/workspace/spread.ts";
import { missing } from "../src/workspace/values.ts";
import { hasTerm, termOf, withoutField, withTerm } from "../src/workspace/facets.tsx";
import { bestOf } from "../src/workspace/lines.ts";
import { sections } from "../src/workspace/sections.ts";
import { groupNames, guessGoal, ranks } from "../src/workspace/ranks.ts";
import { formatView, means, parseView, shortIds, split } from "../src/workspace/view.ts";
import { visible } from "../src/ui/span.ts";
import { beside } from "../src/ui/popup.tsx";
import type { Columns, Group, Run } from "../src/core/types.ts";

const columns: Columns = {
  goal: { key: "val/acc", direction: "max" },
  params: [{ path: "optimizer.lr", distinct: 9, varying: true, numeric: true, value: null }, { path: "model.name", distinct: 3, varying: true, numeric: false, value: null }, { path: "data.name", distinct: 3, varying: true, numeric: false, value: null }, { path: "epochs", distinct: 1, varying: false, numeric: true, value: 30 }],
  metrics: [{ key: "train/loss", runs: 9, numeric: true }, { key: "val/acc", runs: 9, numeric: true }, { key: "lr", runs: 9, numeric: true }, { key: "note", runs: 9, numeric: false }],
  system: ["cpu/percent"],
  tags: [],
  seeds: ["seed"],
  total: 9,
};

test("a view survives being written into the address, and defaults leave nothing there", () => {
  const query = { q: "lr<1", g: "-seed", s: "-best(val/acc),name", sel: "7f3a,9b1c", x: "time", sm: ".6", c: "val/acc,train/loss+val/loss", z: "1000..5000", y: "log", n: "50" };
  const view = parseView(query);
  const written = Object.fromEntries(Object.entries(formatView(view)).filter(([, value]) => value));
  assert.deepEqual(written, query);
  assert.deepEqual(Object.values(formatView(parseView({}))).filter(Boolean), []);
});

test("what is unknown or wrong in an address is left aside", () => {
  const view = parseView({ z: "5..1", sm: "x", y: "cubic", n: "-3", w: "99", unknown: "1" });
  assert.deepEqual([view.chart.zoom, view.chart.smooth, view.chart.scale, view.first, view.perRow], [null, null, "linear", 1, 6]);
});

test("old addresses mean what they meant", () => {
  const view = parseView({ sm: "mean:100", z: "-5e3..2.5e3", gs: "median_iqr", p: "charts", cols: "best(val/acc),config.lr,`a,b`" });
  assert.deepEqual(view.chart.smooth, { kind: "mean", amount: 100 });
  assert.deepEqual(view.chart.zoom, [-5000, 2500]);
  assert.deepEqual([view.stat, view.panes, view.columns], ["median_iqr", "charts", ["best(val/acc)", "config.lr", "`a,b`"]]);
  assert.deepEqual(split("f(a,b),c"), ["f(a,b)", "c"]);
});

test("short ids are the random end of generated ones, long enough to be the only one", () => {
  const ids = ["20261121-070453-amber-nightjar-6q73f0ys", "20261121-070453-ruby-finch-6q73bbzb", "mine"];
  assert.deepEqual(shortIds(ids, ids), ["6q73f", "6q73b", "mine"]);
  assert.ok(means("6q73f", ids[0]!) && !means("6q73f", ids[1]!) && means("20261121-070453-ruby", ids[1]!));
});

test("the default columns are the goal, what varies, and the other metrics", () => {
  const fields = defaultFields(columns, columns.goal);
  assert.deepEqual(fields.slice(0, 6), ["best(val/acc)", "config.optimizer.lr", "config.model.name", "config.data.name", "last(train/loss)", "last(lr)"]);
  assert.ok(!fields.includes("config.epochs"));
});

test("a parameter's title is its last part, with one more where that is not enough", () => {
  assert.deepEqual([toColumn("config.optimizer.lr", columns, null).title, toColumn("config.optimizer.lr", columns, null).before], ["lr", ""]);
  assert.deepEqual([toColumn("config.model.name", columns, null).before], ["model."]);
  assert.deepEqual(toColumn("best(`a b`)", columns, null).metric, { key: "a b", stat: "best", n: undefined });
});

test("clicking a header sorts by the better end, then the other, then not at all", () => {
  assert.deepEqual(nextSort([], "lr", false, false), ["lr"]);
  assert.deepEqual(nextSort(["lr"], "lr", false, false), ["-lr"]);
  assert.deepEqual(nextSort(["-lr"], "lr", false, false), []);
  assert.deepEqual(nextSort(["name"], "best(a)", true, true), ["name", "-best(a)"]);
  assert.deepEqual(nextSort(["name", "-best(a)"], "name", false, true), ["-name", "-best(a)"]);
});

test("missing and odd values are told apart", () => {
  assert.deepEqual([valueCell(null).missing, valueCell("NaN").odd, valueCell("NaN").text, valueCell(0.1234567).title], [true, true, "NaN", "0.1234567"]);
  assert.equal(bestOf([1, null, 3], "max"), 3);
  assert.equal(bestOf([1, null, 3], null), null);
});

test("facets write terms of the grammar, replace their own and keep the others", () => {
  assert.deepEqual(["adam", "a b", "true", 3, null, "NaN", true].map(termOf), ["=adam", '="a b"', '="true"', "=3", "=null", "=nan", "=true"]);
  const q = withTerm("lr<1", "optimizer.name", "=adam");
  assert.equal(q, "lr<1 and optimizer.name=adam");
  assert.equal(withTerm(q, "optimizer.name", "=sgd"), "lr<1 and optimizer.name=sgd");
  assert.equal(withoutField(q, "optimizer.name"), "lr<1");
  assert.ok(hasTerm(q, "optimizer.name", "=adam"));
  assert.equal(withTerm("a or b", "state", "=failed"), "(a or b) and state=failed");
});

test("charts stand in sections by prefix, that of the goal first, the machine's last", () => {
  const options = { charts: [], find: "", pinned: ["lr"], hidden: [], order: [], goal: "val/acc" };
  const more = { ...columns, metrics: [...columns.metrics, { key: "train/acc", runs: 2, numeric: true }] };
  assert.deepEqual(sections(more, options).map((section) => section.name), ["pinned", "val", "train", "system"]);
  assert.deepEqual(sections(columns, options).map((section) => section.name), ["pinned", "", "system"]); // heads above one chart each are left out
  assert.deepEqual(sections(columns, { ...options, find: "loss" }).map((section) => section.charts), [[["train/loss"]]]);
});

test("rank runs from worst to best by the goal, and is left out where the goal is missing", () => {
  const run = (id: string, best: number | null): Run => ({ id, metrics: best === null ? {} : { a: { best } } }) as unknown as Run;
  assert.deepEqual([...ranks([run("x", 1), run("y", 3), run("z", 2), run("n", null)], { key: "a", direction: "max" })], [["y", 1], ["z", 0.5], ["x", 0]]);
  assert.deepEqual([guessGoal("val/acc"), guessGoal("train/loss"), guessGoal("other")], ["max", "min", null]);
});

test("groups are named by as few values as tell them apart", () => {
  const group = (lr: number, name: string): Group => ({ key: { "o.lr": lr, "m.name": name }, label: "", n: 5, failed: 0, run_ids: [], metrics: {}, fields: {} });
  assert.deepEqual([...groupNames([group(0.1, "a"), group(0.2, "a")]).values()], ["lr 0.1", "lr 0.2"]);
  assert.deepEqual([...groupNames([group(0.1, "a"), group(0.1, "b"), group(0.2, "a")]).values()], ["lr 0.1, name a", "lr 0.1, name b", "lr 0.2, name a"]);
});

test("only what is in view is made, with some to spare", () => {
  assert.deepEqual(visible(2800, 280, 28, 10_000), { from: 90, to: 120 });
  assert.deepEqual(visible(0, 280, 28, 5), { from: 0, to: 5 });
});

test("what floats stays inside of the window", () => {
  assert.deepEqual(beside({ left: 990, top: 580, width: 20, height: 20 }, { width: 200, height: 100 }, { width: 1000, height: 600 }), { left: 794, top: 476 });
});

test("a column may be the mean of the last rows or the value at a step, and is written as it is read", () => {
  for (const [stat, key, n, before] of [["mean", "val/acc", 10, "mean of 10 "], ["at", "train/loss", 0, "at 0 "], ["at", "a, b)", 7, "at 7 "], ["mean", "val/acc", undefined, "mean "], ["slope", "val/acc", undefined, "slope "]] as const) {
    const field = metricField(stat, key, n);
    const column = toColumn(field, columns, null);
    assert.deepEqual([column.field, column.metric, column.before], [field, { key, stat, n }, before]);
    assert.equal(column.derived, n !== undefined || stat === "slope");
    assert.deepEqual(parseView({ cols: `${field},best(val/acc)`, s: `-${field}` }).columns, [field, "best(val/acc)"]);
  }
  assert.equal(toColumn("mean(val/acc, 5)", columns, null).metric?.n, 5);
});

test("values that need points are waited for, shown, and asked again once a run has logged more", () => {
  const run = { id: "a", rows: 3, metrics: {} } as unknown as Run;
  const column = toColumn("at(val/acc,2)", columns, null);
  pointValues.value = new Map();
  assert.equal(cell(run, column).text, "…");
  assert.deepEqual(missing([run], [column.field], pointValues.value), [run]);
  pointValues.value = new Map([["a", { rows: 3, values: { [column.field]: 0.25, "at(x,9)": null } }]]);
  assert.equal(cell(run, column).number, 0.25);
  assert.equal(cell(run, toColumn("at(x,9)", columns, null)).missing, true);
  assert.deepEqual(missing([run], [column.field], pointValues.value), []);
  assert.deepEqual(missing([{ ...run, rows: 4 }], [column.field], pointValues.value).length, 1);
  assert.deepEqual(missing([run], [column.field, "mean(val/acc,2)"], pointValues.value).length, 1);
});

test("another number takes the place of a column, and the sort goes along", () => {
  let changed: unknown = null;
  const workspace = { fields: { peek: () => ["last(x)", "min(x)", "duration"] }, view: { peek: () => ({ sort: ["-last(x)", "name"] }) }, setView: (change: unknown) => (changed = change) } as unknown as Parameters<typeof swapColumn>[0];
  swapColumn(workspace, "last(x)", "at(x,5)");
  assert.deepEqual(changed, { columns: ["at(x,5)", "min(x)", "duration"], sort: ["-at(x,5)", "name"] });
  swapColumn(workspace, "last(x)", "min(x)");
  assert.deepEqual((changed as { columns: string[] }).columns, ["min(x)", "duration"]);
});

test("a deviation is written the way its mean is, in no more letters than a column holds", () => {
  const stats = (mean: number, std: number) => ({ n: 5, mean, std, sem: std, median: mean, q1: mean, q3: mean, min: mean, max: mean });
  assert.equal(statText(stats(0.8713, 0.0062), "mean_std")[0], "0.8713±0.0062");
  assert.equal(statText(stats(0.8187, 0.00061), "mean_std")[0], "0.8187±0.0006");
  assert.equal(statText(stats(0.8187, 0.000061), "mean_std")[0], "0.8187±6e-5");
  assert.equal(statText(stats(12.5, 1.25), "mean_std")[0], "12.5±1.3");
});
