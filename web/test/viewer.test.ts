import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "../src/core/series.ts";
import type { Band, Run } from "../src/core/types.ts";
import { curveQuestions, valuesQuestion } from "../src/app/onefile.ts";
import { encode, remade } from "../src/viewer/curves.ts";
import { parseFilter } from "../src/viewer/filter.ts";
import { groupRuns, groupsAnswer, resolveBy, short, spread } from "../src/viewer/groups.ts";
import { smoothed } from "../src/viewer/smooth.ts";
import { plainKey, seriesKey } from "../src/viewer/transport.ts";

const near = (a: ArrayLike<number>, b: readonly number[], by = 1e-12) => {
  assert.equal(a.length, b.length);
  for (const [at, value] of b.entries()) assert.ok(Number.isNaN(value) ? Number.isNaN(a[at]!) : Math.abs(a[at]! - value) <= by, `${at}: ${a[at]} is not ${value}`);
};

const run = (id: string, params: Record<string, unknown>, last = 1): Run => ({ id, name: id, project: "p", status: "finished", tags: [], params, metrics: { loss: { last, min: last / 2, best: last / 2, goal: "min" } } }) as unknown as Run;

test("smoothing of points is that of the server", () => {
  // From store/rows/smoothing.py.
  const x = [0, 1, 2, 3, 5, 6];
  const y = [1, 3, NaN, 2, 8, 4];
  near(smoothed(x, y, null, { kind: "ema", amount: 0.5 }), [1.0, 2.3333333333333335, NaN, 2.0, 6.936312505869539, 5.400272221611353], 1e-12);
  near(smoothed(x, y, null, { kind: "mean", amount: 2 }), [2.0, 2.0, NaN, 2.0, 6.0, 6.0], 1e-12);
  near(smoothed(x, y, null, { kind: "gaussian", amount: 1 }), [1.7550813375962908, 2.244918662403709, NaN, 2.7276670198572504, 6.1409968135736355, 5.486056945058742], 1e-12);
});

test("a bucket counts as often as it has points, an empty one is no gap, one without finite values is", () => {
  const count = Uint32Array.from([1, 3, 0, 1]);
  near(smoothed([0, 1, 2, 3], [0, 4, NaN, 8], count, { kind: "mean", amount: 20 }), [4, 4, NaN, 4]);
  near(smoothed([0, 1, 2, 3], [0, 4, NaN, 8], Uint32Array.from([1, 3, 2, 1]), { kind: "mean", amount: 20 }), [3, 3, NaN, 8]);
});

test("runs are grouped by parameters, and by all that vary but some", () => {
  const runs = [run("a", { lr: 0.001, seed: 1, "model.depth": 2 }), run("b", { lr: 0.001, seed: 2, "model.depth": 2 }), run("c", { lr: 1e-5, seed: 1, "model.depth": 2 }), run("d", { seed: 3, "model.depth": 2 })];
  assert.deepEqual(resolveBy(runs, ["-seed"]), ["lr"]);
  assert.deepEqual(groupRuns(runs, ["-seed"]).map(({ label, runs: own }) => [label, own.length]), [["lr=0.001", 2], ["lr=1e-05", 1], ["lr=·", 1]]);
  assert.deepEqual(groupRuns(runs, ["state"]).map(({ label }) => label), ["state=finished"]);
  assert.deepEqual([short(0.00012345), short(123456), short(1234.6), short(0.5), short(1e-9)], ["0.0001234", "1.235e+05", "1235", "0.5", "1e-09"]);
});

test("a group has numbers over all of its runs", () => {
  assert.deepEqual(spread([1, null, 3, NaN]), { n: 2, mean: 2, std: Math.SQRT2, sem: 1, median: 2, q1: 1.5, q3: 2.5, min: 1, max: 3 });
  const { groups, by, total } = groupsAnswer([run("a", { lr: 1 }, 4), run("b", { lr: 1 }, 6), run("c", { lr: 2 }, 2)], ["lr"], ["loss"], ["min(loss)", "last(loss)"], "best", null);
  assert.deepEqual([by, total, groups.map((group) => group.label)], [["lr"], 3, ["lr=2", "lr=1"]]);
  assert.deepEqual([groups[1]!.fields["min(loss)"]!.mean, groups[1]!.fields["last(loss)"]!.mean], [2.5, 5]);
});

const exact = (id: string, y: readonly number[]) => ({ about: { run_id: id, key: "loss", points: y.length, nonfinite: 0, first_nonfinite_x: null, exact: true, extremes: [] }, blocks: { x: { values: Float64Array.from(y.keys()), dtype: "f8" as const }, y: { values: Float64Array.from(y), dtype: "f8" as const } } });
const file = () => encode({ cursor: "", bins: 0, range: { low: 0, high: 3 }, robust: {} }, {}, [exact("a", [0, 1, 2, 3]), exact("b", [2, 3, 4, 5]), exact("c", [9, 9, 9, 9])]).buffer;

test("curves of a file are chosen, smoothed and taken together without a server", () => {
  const chosen = decode(remade(file(), new Set(["b"]), null, null, []).buffer);
  assert.deepEqual([chosen.curves.map((curve) => curve.run_id), [...chosen.curves[0]!.mean]], [["b"], [2, 3, 4, 5]]);
  const smooth = decode(remade(file(), new Set(["a"]), { kind: "mean", amount: 2 }, null, []).buffer);
  assert.deepEqual([[...smooth.curves[0]!.mean], [...smooth.curves[0]!.raw!]], [[0.5, 1, 2, 2.5], [0, 1, 2, 3]]);
  const runs = [run("a", { lr: 1 }), run("b", { lr: 1 }), run("c", { lr: 2 })];
  for (const [stat, low] of [["min_max", [0, 1, 2, 3]], ["mean_std", [1 - Math.SQRT2, 2 - Math.SQRT2, 3 - Math.SQRT2, 4 - Math.SQRT2]], ["mean_sem", [0, 1, 2, 3]], ["median_iqr", [0.5, 1.5, 2.5, 3.5]]] as const) {
    const bands = decode(remade(file(), null, null, { by: ["lr"], stat } as Band, runs).buffer);
    const [first, second] = bands.curves;
    assert.deepEqual([first!.group!.label, first!.group!.n_runs, second!.group!.label, bands.bins, [...first!.n!]], ["lr=1", 2, "lr=2", 4, [2, 2, 2, 2]]);
    near(first!.mean, [1, 2, 3, 4]);
    near(first!.lo!, low);
    near(second!.lo!, [9, 9, 9, 9]);
    assert.deepEqual([...first!.min!, ...first!.max!], [0, 1, 2, 3, 2, 3, 4, 5]);
  }
});

test("buckets are smoothed and taken together bucket by bucket", () => {
  const f8 = (values: number[]) => ({ values: Float64Array.from(values), dtype: "f8" as const });
  const curve = (id: string, mean: number[], count: number[]) => ({ about: { run_id: id, key: "loss", points: 4, nonfinite: 0, first_nonfinite_x: null, exact: false, extremes: [] }, blocks: { mean: f8(mean), min: f8(mean), max: f8(mean.map((value) => value + 1)), count: { values: Uint32Array.from(count), dtype: "u4" as const } } });
  const held = encode({ cursor: "", bins: 3, range: { low: 0, high: 6 }, robust: {} }, { x: f8([1, 3, 5]), edges: f8([0, 2, 4, 6]) }, [curve("a", [1, NaN, 3], [2, 0, 2]), curve("b", [3, 5, 5], [2, 2, 2])]).buffer;
  const bands = decode(remade(held, null, null, { by: ["state"], stat: "mean_std" }, [run("a", {}), run("b", {})]).buffer).curves[0]!;
  near(bands.mean, [2, 5, 4]);
  assert.deepEqual([[...bands.n!], [...bands.count!], [...bands.max!]], [[2, 1, 2], [4, 2, 4], [4, 6, 6]]);
  const smooth = decode(remade(held, new Set(["a"]), { kind: "mean", amount: 20 }, null, []).buffer).curves[0]!;
  near(smooth.mean, [2, NaN, 2]);
});

test("a file holds the curves as they are shown, and those of all listed runs to make others from", () => {
  const body = { run_ids: ["a"], keys: ["loss"], table: "events", x: "step", smooth: { kind: "ema", amount: 0.6 }, group: null };
  const chosen = curveQuestions([body, { ...body, smooth: null, run_ids: ["z"] }], ["a", "b"]);
  assert.deepEqual([...chosen.keys()].sort(), [seriesKey(body), plainKey(body)].sort());
  assert.deepEqual([...(chosen.get(plainKey(body))!["run_ids"] as string[])].sort(), ["a", "b", "z"]);
  assert.equal(seriesKey({ ...body, smooth: { kind: "ema", amount: 0 } }), plainKey(body));
  const grouped = { ...body, smooth: null, group: { by: ["lr"], stat: "mean_std" } };
  assert.equal(seriesKey({ ...grouped, run_ids: ["b", "a"] }), seriesKey({ ...grouped, run_ids: ["a", "b"] }));
  assert.notEqual(seriesKey({ ...grouped, run_ids: ["b"] }), seriesKey(grouped));
  assert.deepEqual(valuesQuestion([{ run_ids: ["a"], fields: ["at(loss,1)"] }, { run_ids: ["b"], fields: ["at(loss,1)"] }], chosen.values()), { run_ids: ["a", "b", "z"], fields: ["at(loss,1)"] });
  assert.equal(valuesQuestion([], chosen.values()), null);
});

test("a file filters by columns that needed points, and says so of others", () => {
  const given = { ...run("a", {}), values_at: { "mean(loss,10)": 0.25 } };
  assert.equal(parseFilter("mean(loss, 10)<0.5")(given), true);
  assert.throws(() => parseFilter("at(loss,3)<0.5")(given), /needs the server/);
});
