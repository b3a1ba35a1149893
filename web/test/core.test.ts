import assert from "node:assert/strict";
import { test } from "node:test";
import { DASHES, dashes, fnv1a, ramp, runColor, runPlace } from "../src/core/colors.ts";
import { age, aligned, duration, number, size, value } from "../src/core/format.ts";
import { ranked, score } from "../src/core/fuzzy.ts";
import { pressed } from "../src/core/keys.ts";
import { encodeValue, formatRoute, match, parseRoute } from "../src/core/route.ts";
import { decode } from "../src/core/series.ts";

test("numbers have at most four significant digits and take the shorter form", () => {
  const cases: [number, string][] = [[0.000388, "3.88e-4"], [3.9e-4, "3.9e-4"], [0.0012, "0.0012"], [0.912345, "0.9123"], [12345.678, "12346"], [50, "50"], [1e9, "1e9"], [-0.5, "−0.5"], [0, "0"], [NaN, "NaN"], [Infinity, "∞"], [64, "64"], [0.1, "0.1"], [1.5e-12, "1.5e-12"], [123.456, "123.5"]];
  for (const [given, expected] of cases) assert.equal(number(given), expected);
});

test("aligned numbers are as wide as the longest fraction of their column", () => {
  assert.equal(aligned("1.5", 3).length, aligned("1.234", 3).length);
  assert.equal(aligned("2", 3).length, "2.234".length);
  assert.equal(aligned("3.9e-4", 3), "3.9e-4");
  assert.equal(aligned("adam", 3), "adam");
});

test("durations, ages and sizes are written in their largest units", () => {
  assert.deepEqual([0.42, 45, 125, 3700, 90000, 400000].map(duration), ["0.4 s", "45 s", "2 m 5 s", "1 h 2 m", "25 h", "4 d 15 h"]);
  assert.deepEqual([2, 100, 7300, 200000].map((seconds) => age(1e9 - seconds, 1e9)), ["now", "1 m ago", "2 h ago", "2 d ago"]);
  assert.deepEqual([12, 1500, 93553177].map(size), ["12 B", "1.5 KB", "93.6 MB"]);
});

test("any value of the interface becomes one line", () => {
  assert.deepEqual([null, undefined, true, "NaN", "adam", [1, 2], { a: 1 }].map(value), ["·", "·", "true", "NaN", "adam", "[1,2]", '{"a":1}']);
});

test("a route survives being written and read", () => {
  const route = { path: "/p/demo", query: { q: "lr<1e-3 and best(val/acc)>0.9 & x=\"a+b%\"", g: "-seed", sel: "7f3a,9b1c", flag: "" } };
  assert.deepEqual(parseRoute(formatRoute(route)), route);
});

test("an address stays readable: the characters of filters are not escaped", () => {
  assert.equal(encodeValue("best(val/acc)>0.9 and lr<1e-3"), "best(val/acc)>0.9+and+lr<1e-3");
});

test("patterns of pages match their addresses and nothing else", () => {
  assert.deepEqual(match("/p/:project", "/p/a%20b"), { project: "a b" });
  assert.deepEqual(match("/r/:run/:tab?", "/r/7f3a"), { run: "7f3a" });
  assert.equal(match("/p/:project", "/p/a/b"), null);
  assert.equal(match("/p/:project", "/r/a"), null);
  assert.deepEqual(match("/", "/"), {});
});

test("colours are those of the Python side", () => {
  assert.equal(fnv1a(""), 0x811c9dc5);
  assert.equal(fnv1a("a"), 0xe40c292c);
  assert.equal(runColor("20261120-101502-marvellous-stork-7f3akx2m", false), runColor("20261120-101502-marvellous-stork-7f3akx2m", false));
  assert.match(ramp(0.5, true), /^#[0-9a-f]{6}$/);
});

test("runs that share a colour differ in their dash", () => {
  const ids = Array.from({ length: 200 }, (_, place) => `run-${place}`).filter((id) => runPlace(id) === 0).slice(0, DASHES.length);
  assert.equal(new Set(dashes(ids).values()).size, ids.length);
});

test("finding takes whole words before scattered letters, and regular expressions between slashes", () => {
  assert.deepEqual(ranked("acc", ["train/accuracy", "a/c/c", "val/acc"], (text) => text).slice(0, 2).sort(), ["train/accuracy", "val/acc"]);
  assert.deepEqual(ranked("/^val/", ["val/acc", "train/val"], (text) => text), ["val/acc"]);
  assert.equal(score("xyz", "val/acc"), null);
});

test("keys are named as the table names them", () => {
  const key = (given: Partial<KeyboardEvent>) => pressed({ key: "", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...given } as KeyboardEvent);
  assert.deepEqual([key({ key: "k", metaKey: true }), key({ key: "X", shiftKey: true }), key({ key: "?", shiftKey: true }), key({ key: "ArrowDown" }), key({ key: " " })], ["ctrl+k", "shift+x", "?", "down", "space"]);
});

test("the binary answer is read without a copy", () => {
  const header = { cursor: "c", bins: 2, x: { offset: 0, length: 16, dtype: "f8" }, range: { low: 0, high: 9 }, curves: [{ run_id: "r", key: "k", points: 4, nonfinite: 1, first_nonfinite_x: 7, exact: false, blocks: { mean: { offset: 16, length: 8, dtype: "f4" }, count: { offset: 24, length: 8, dtype: "u4" } }, extremes: [{ x: 1, step: 1, y: 9 }] }] };
  let text = JSON.stringify(header);
  while ((8 + text.length) % 8) text += " ";
  const buffer = new ArrayBuffer(8 + text.length + 32);
  new Uint8Array(buffer).set(new TextEncoder().encode("EVS1"));
  new DataView(buffer).setUint32(4, text.length, true);
  new Uint8Array(buffer).set(new TextEncoder().encode(text), 8);
  new Float64Array(buffer, 8 + text.length, 2).set([2.5, 7.5]);
  new Float32Array(buffer, 8 + text.length + 16, 2).set([0.5, NaN]);
  new Uint32Array(buffer, 8 + text.length + 24, 2).set([3, 1]);
  const answer = decode(buffer);
  assert.deepEqual([...answer.x], [2.5, 7.5]);
  assert.deepEqual([...answer.curves[0]!.mean], [0.5, NaN]);
  assert.deepEqual([...answer.curves[0]!.count!], [3, 1]);
  assert.equal(answer.curves[0]!.extremes[0]!.y, 9);
  assert.equal(answer.x.buffer, buffer);
  assert.throws(() => decode(new ArrayBuffer(16)), /EVS1/);
});
