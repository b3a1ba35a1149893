// Curves of a file, smoothed or taken together anew from what it holds: every point of short curves, buckets of long ones.
import { decode, type Curve, type Numbers, type SeriesAnswer } from "../core/series.ts";
import type { Band, Run, Smooth } from "../core/types.ts";
import { groupRuns, quantile } from "./groups.ts";
import { smoothed } from "./smooth.ts";

const MOST_BINS = 700;
const BYTES = { f4: Float32Array, f8: Float64Array, u4: Uint32Array } as const;

type Blocks = Record<string, { values: Numbers; dtype: keyof typeof BYTES }>;
interface Written {
  about: Record<string, unknown>;
  blocks: Blocks;
}

/** Write an answer as the server does: "EVS1", the header, the blocks. */
export function encode(header: Record<string, unknown>, grid: Blocks, curves: readonly Written[]): Uint8Array<ArrayBuffer> {
  const parts: { at: number; bytes: Uint8Array }[] = [];
  let size = 0;
  const place = ({ values, dtype }: Blocks[string]) => {
    const kept = values instanceof BYTES[dtype] ? values : BYTES[dtype].from(values);
    const about = { offset: size, length: kept.byteLength, dtype };
    parts.push({ at: size, bytes: new Uint8Array(kept.buffer, kept.byteOffset, kept.byteLength) });
    size += Math.ceil(kept.byteLength / 8) * 8;
    return about;
  };
  const all = (blocks: Blocks) => Object.fromEntries(Object.entries(blocks).map(([name, block]) => [name, place(block)]));
  const said = { ...header, ...all(grid), curves: curves.map(({ about, blocks }) => ({ ...about, blocks: all(blocks) })) };
  let text = JSON.stringify(said);
  const encoder = new TextEncoder();
  text += " ".repeat((8 - (encoder.encode(text).length % 8)) % 8);
  const head = encoder.encode(text);
  const out = new Uint8Array(8 + head.length + size);
  out.set(encoder.encode("EVS1"));
  new DataView(out.buffer).setUint32(4, head.length, true);
  out.set(head, 8);
  for (const { at, bytes } of parts) out.set(bytes, 8 + head.length + at);
  return out;
}

/** Return the answer with the curves of some runs alone, smoothed, or as bands of groups. */
export function remade(buffer: ArrayBuffer, wanted: ReadonlySet<string> | null, smooth: Smooth | null, group: Band | null, runs: readonly Run[]): Uint8Array<ArrayBuffer> {
  const answer = decode(buffer);
  const curves = answer.curves.filter((curve) => !curve.group && (!wanted || wanted.has(curve.run_id)));
  const way = smooth && smooth.amount > 0 ? smooth : null;
  const about = { cursor: answer.cursor, robust: group ? {} : answer.robust, range: { low: answer.low, high: answer.high } };
  if (group) return banded(answer, curves, way, group, runs, about);
  const grid: Blocks = answer.bins ? { x: { values: answer.x, dtype: "f8" }, edges: { values: answer.edges!, dtype: "f8" } } : {};
  return encode({ ...about, bins: answer.bins }, grid, curves.map((curve) => single(curve, answer, way)));
}

const described = ({ run_id, key, group, points, nonfinite, first_nonfinite_x, exact, extremes }: Curve) => ({ run_id, key, group, points, nonfinite, first_nonfinite_x, exact, extremes });

const middle = (curve: Curve, answer: SeriesAnswer, smooth: Smooth | null): Numbers => (smooth ? smoothed(curve.exact && curve.x ? curve.x : answer.x, curve.mean, curve.exact ? null : curve.count, smooth) : curve.mean);

function single(curve: Curve, answer: SeriesAnswer, smooth: Smooth | null): Written {
  const blocks: Blocks = {};
  const put = (name: string, values: Numbers | null, dtype: keyof typeof BYTES = values instanceof Float32Array ? "f4" : "f8") => values && (blocks[name] = { values, dtype });
  put(curve.exact ? "y" : "mean", middle(curve, answer, smooth));
  put("x", curve.exact ? curve.x : null);
  put("step", curve.step);
  put("min", curve.min);
  put("max", curve.max);
  put("count", curve.count, "u4");
  put("raw", smooth ? curve.mean : null);
  return { about: described(curve), blocks };
}

/** One curve on the shared grid: what a band is made of. */
interface Binned {
  mean: Float64Array;
  min: Float64Array;
  max: Float64Array;
  count: Uint32Array;
  lost: number;
  lostAt: number;
}

function binned(curve: Curve, answer: SeriesAnswer, edges: Float64Array, smooth: Smooth | null): Binned {
  const bins = edges.length - 1;
  const y = middle(curve, answer, smooth);
  const made: Binned = { mean: new Float64Array(bins).fill(NaN), min: new Float64Array(bins).fill(NaN), max: new Float64Array(bins).fill(NaN), count: new Uint32Array(bins), lost: curve.nonfinite, lostAt: curve.first_nonfinite_x ?? NaN };
  if (!curve.exact) {
    made.mean.set(y);
    made.min.set(curve.min ?? y);
    made.max.set(curve.max ?? y);
    made.count.set(curve.count ?? []);
    return made;
  }
  const [low, high] = [edges[0]!, edges[bins]!];
  const finite = new Uint32Array(bins);
  for (let at = 0; at < y.length; at += 1) {
    const x = curve.x![at]!;
    if (!(x >= low && x <= high)) continue;
    const bin = Math.min(bins - 1, Math.floor(((x - low) / (high - low || 1)) * bins));
    made.count[bin]! += 1;
    const [value, raw] = [y[at]!, curve.mean[at]!];
    if (!Number.isFinite(raw)) continue;
    const n = (finite[bin]! += 1);
    made.mean[bin] = n === 1 ? value : made.mean[bin]! + (value - made.mean[bin]!) / n;
    made.min[bin] = n === 1 ? raw : Math.min(made.min[bin]!, raw);
    made.max[bin] = n === 1 ? raw : Math.max(made.max[bin]!, raw);
  }
  return made;
}

/** The grid of the answer, or for short curves one with as many buckets as the longest has points. */
function gridOf(answer: SeriesAnswer, curves: readonly Curve[]): Float64Array {
  if (answer.edges && answer.bins) return answer.edges;
  const bins = Math.max(1, Math.min(MOST_BINS, Math.max(0, ...curves.map((curve) => curve.points))));
  const wide = answer.high - answer.low || 1;
  return Float64Array.from({ length: bins + 1 }, (_, place) => answer.low + (wide * place) / bins);
}

function banded(answer: SeriesAnswer, curves: readonly Curve[], smooth: Smooth | null, group: Band, runs: readonly Run[], about: Record<string, unknown>): Uint8Array<ArrayBuffer> {
  const edges = gridOf(answer, curves);
  const bins = edges.length - 1;
  const x = Float64Array.from({ length: bins }, (_, place) => (edges[place]! + edges[place + 1]!) / 2);
  const here = new Set(curves.map((curve) => curve.run_id));
  const groups = groupRuns(runs.filter((run) => here.has(run.id)), group.by);
  const made: Written[] = [];
  for (const key of new Set(curves.map((curve) => curve.key))) {
    for (const { key: values, label, runs: members } of groups) {
      const ids = new Set(members.map((run) => run.id));
      const own = curves.filter((curve) => curve.key === key && ids.has(curve.run_id)).map((curve) => binned(curve, answer, edges, smooth));
      if (own.length) made.push({ about: { run_id: "", key, group: { label, key: values, n_runs: own.length }, exact: false, extremes: [], ...totals(own) }, blocks: band(own, bins, group.stat ?? "mean_std") });
    }
  }
  return encode({ ...about, bins }, { x: { values: x, dtype: "f8" }, edges: { values: edges, dtype: "f8" } }, made);
}

function totals(own: readonly Binned[]): Record<string, unknown> {
  const first = Math.min(...own.map((one) => (Number.isNaN(one.lostAt) ? Infinity : one.lostAt)));
  return { points: own.reduce((sum, one) => sum + one.count.reduce((a, b) => a + b, 0), 0), nonfinite: own.reduce((sum, one) => sum + one.lost, 0), first_nonfinite_x: Number.isFinite(first) ? first : null };
}

/** Mean and spread per bucket over every run that has a value there. */
export function band(own: readonly Pick<Binned, "mean" | "min" | "max" | "count">[], bins: number, stat: Band["stat"]): Blocks {
  const empty = () => new Float64Array(bins).fill(NaN);
  const [mean, lo, hi, min, max] = [empty(), empty(), empty(), empty(), empty()];
  const [n, count] = [new Uint32Array(bins), new Uint32Array(bins)];
  for (let bin = 0; bin < bins; bin += 1) {
    const values = own.map((one) => one.mean[bin]!).filter(Number.isFinite).sort((a, b) => a - b);
    count[bin] = own.reduce((sum, one) => sum + one.count[bin]!, 0);
    n[bin] = values.length;
    if (!values.length) continue;
    const average = values.reduce((a, b) => a + b, 0) / values.length;
    if (stat === "median_iqr") [mean[bin], lo[bin], hi[bin]] = [quantile(values, 0.5), quantile(values, 0.25), quantile(values, 0.75)];
    else if (stat === "min_max") [mean[bin], lo[bin], hi[bin]] = [average, values[0]!, values[values.length - 1]!];
    else {
      const std = values.length > 1 ? Math.sqrt(values.reduce((sum, value) => sum + (value - average) ** 2, 0) / (values.length - 1)) : 0;
      const wide = stat === "mean_sem" ? std / Math.sqrt(values.length) : std;
      [mean[bin], lo[bin], hi[bin]] = [average, average - wide, average + wide];
    }
    min[bin] = Math.min(...own.map((one) => one.min[bin]!).filter(Number.isFinite));
    max[bin] = Math.max(...own.map((one) => one.max[bin]!).filter(Number.isFinite));
  }
  const f8 = (values: Float64Array) => ({ values, dtype: "f8" as const });
  return { mean: f8(mean), lo: f8(lo), hi: f8(hi), min: f8(min), max: f8(max), n: { values: n, dtype: "u4" }, count: { values: count, dtype: "u4" } };
}
