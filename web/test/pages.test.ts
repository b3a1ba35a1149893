import assert from "node:assert/strict";
import test from "node:test";
import { readCsv, toCsv } from "../src/pages/csv.ts";
import { delta } from "../src/pages/compare/delta.ts";
import { cellAt, lastAtMost, shelve, spread } from "../src/pages/media/items.ts";
import { brushText, columnOf, withBrush } from "../src/pages/plots/table.ts";
import { offers } from "../src/pages/sql/words.ts";
import type { Columns, FileItem, Run } from "../src/core/types.ts";

test("what is written as CSV is read back, quotes and line breaks included", () => {
  const rows = [["a,b", 'say "x"'], ["line\nbreak", ""], ["1", "é"]];
  assert.deepEqual(readCsv(toCsv(["k", "v"], rows)), [["k", "v"], ...rows]);
  assert.deepEqual(readCsv("a,b\n1\n1,2,3\n"), [["a", "b"], ["1", ""], ["1", "2"]]);
});

test("no exported text is a formula to a spreadsheet, and numbers stay numbers", () => {
  assert.equal(toCsv(["a"], [["=1+1"], ["-3"], [-3], ["@x"]]), "a\n'=1+1\n-3\n-3\n'@x\n");
});

test("a difference is better or worse only by a known direction", () => {
  assert.equal(delta(0.9, 0.8, "max")?.kind, "better");
  assert.equal(delta(0.9, 0.8, "min")?.kind, "worse");
  assert.equal(delta(2, 1, null)?.kind, "");
  assert.equal(delta(1, 1, "max")?.text, "=");
  assert.deepEqual([delta("NaN", 1, "max"), delta("x", 1, "max"), delta(true, 1, null), delta(null, 1, null)], [null, null, null, null]);
  assert.equal(delta(3, 0, "max")?.share, "");
});

const file = (run_id: string, name: string, step: number, type = "image"): FileItem => ({ run_id, project: "p", kind: "media", name, step, ts: step, sha256: `${run_id}${name}${step}`, size_bytes: 1, format: "png", record: { type } });

test("a cell shows what was logged at the greatest step that is not later", () => {
  const shelf = shelve([file("a", "x", 10), file("a", "x", 0), file("b", "x", 5), file("a", "sound", 3, "audio")]);
  assert.deepEqual(shelf.steps, [0, 3, 5, 10]);
  assert.deepEqual([0, 9, 10, 99].map((step) => cellAt(shelf, "a", "x", step).step), [0, 0, 10, 10]);
  assert.equal(cellAt(shelf, "b", "x", 4).step, null);
  assert.deepEqual(shelf.keys.map((one) => one.key), ["x", "sound"]);
  assert.equal(lastAtMost([0, 3, 5], 4), 1);
  assert.deepEqual(spread([0, 1, 2, 3, 4, 5, 6], 3), [0, 3, 6]);
});

const columns = { goal: null, params: [{ path: "lr", distinct: 2, varying: true, numeric: true, value: null }], metrics: [{ key: "lr", runs: 1, numeric: true }, { key: "val/acc", runs: 1, numeric: true }], system: [], tags: [], seeds: [], total: 1 } as unknown as Columns;

test("a bare path is the parameter before the metric, as in the filter", () => {
  const run = { params: { lr: 3 }, metrics: { lr: { best: 1, last: 2 }, "val/acc": { best: 0.9, last: 0.8 } } } as unknown as Run;
  assert.equal(columnOf("lr", columns)?.of(run), 3);
  assert.equal(columnOf("val/acc", columns)?.of(run), 0.9);
  assert.equal(columnOf("last(`val/acc`)", columns)?.of(run), 0.8);
  assert.equal(columnOf("", columns), null);
});

test("a brush is a condition of the filter and takes the place of the one before", () => {
  const lr = columnOf("lr", columns)!;
  assert.equal(brushText(lr, 0.00123456, 0.1, null), "lr between 0.00123..0.1");
  assert.equal(brushText(lr, 0, 0, ["a"]), 'lr="a"');
  assert.equal(withBrush("state:running and lr between 1..2", "lr", "lr between 3..4"), "state:running and lr between 3..4");
  assert.equal(withBrush("a=1 or b=2", "lr", "lr=3"), "(a=1 or b=2) and lr=3");
  assert.equal(withBrush("", "lr", "lr=3"), "lr=3");
});

test("views follow `from`, and columns of the named views come elsewhere", () => {
  const views = [{ name: "runs", columns: [{ name: "name", type: "VARCHAR" }, { name: "val/acc", type: "DOUBLE" }] }, { name: "keys", columns: [{ name: "key", type: "VARCHAR" }] }];
  assert.deepEqual(offers("select * from ", 14, views).items.map((one) => one.text), ["runs", "keys"]);
  assert.ok(offers("select va from runs", 9, views).items.some((one) => one.text === '"val/acc"'));
  assert.ok(!offers("select ke from runs", 9, views).items.some((one) => one.text === "key"));
  assert.deepEqual(offers("select 'na", 10, views).items, []);
});
