// Smoothing as the server does it (store/rows/smoothing.py), for a file without one. Where the file holds buckets instead of points,
// a bucket stands for its points at its middle: the averages of moving mean and Gaussian count it as many times as it has points.
// What is not finite is a gap that nothing is carried across; an empty bucket is no gap.
import type { Numbers } from "../core/series.ts";
import type { Smooth } from "../core/types.ts";

const REACH = 4;

/** Return y smoothed, NaN where it is; `count` says how many points each value stands for. */
export function smoothed(x: ArrayLike<number>, y: ArrayLike<number>, count: Numbers | null, { kind, amount }: Smooth): Float64Array {
  const out = new Float64Array(y.length).fill(NaN);
  let stretch: number[] = [];
  const end = () => {
    if (!stretch.length) return;
    const at = stretch.map((place) => x[place]!);
    const values = stretch.map((place) => y[place]!);
    const weight = stretch.map((place) => count?.[place] ?? 1);
    const made = kind === "ema" ? ema(at, values, amount) : near(at, values, weight, kind === "mean" ? amount / 2 : REACH * amount, kind === "mean" ? () => 1 : (distance) => Math.exp(-0.5 * (distance / amount) ** 2));
    const [low, high] = [extreme(values, Math.min), extreme(values, Math.max)];
    for (const [number, place] of stretch.entries()) out[place] = Math.min(high, Math.max(low, made[number]!));
    stretch = [];
  };
  for (let place = 0; place < y.length; place += 1) {
    if (Number.isFinite(y[place]!) && Number.isFinite(x[place]!)) stretch.push(place);
    else if (!count || count[place]! > 0) end();
  }
  end();
  return out;
}

const extreme = (values: readonly number[], pick: (a: number, b: number) => number): number => values.reduce((a, b) => pick(a, b));

/** The debiased exponential average: the past counts `weight` to the power of the distance in x. */
function ema(x: readonly number[], y: readonly number[], weight: number): number[] {
  if (weight <= 0) return [...y];
  const gaps = x.slice(1).map((one, place) => Math.abs(one - x[place]!));
  const real = gaps.filter((gap) => gap > 0).sort((a, b) => a - b);
  const middle = real.length >> 1;
  const usual = !real.length ? 1 : real.length % 2 ? real[middle]! : (real[middle - 1]! + real[middle]!) / 2;
  let total = 0;
  let norm = 0;
  return y.map((value, place) => {
    const gap = place ? gaps[place - 1]! : 0;
    const fade = weight ** gap;
    const share = 1 - weight ** (gap > 0 ? gap : usual);
    total = total * fade + share * value;
    norm = norm * fade + share;
    return total / norm;
  });
}

/** The average of what lies within `reach` on either side, by distance. */
function near(x: readonly number[], y: readonly number[], count: readonly number[], reach: number, weight: (distance: number) => number): number[] {
  const order = x.map((_, place) => place).sort((a, b) => x[a]! - x[b]!);
  const out = new Array<number>(y.length);
  let from = 0;
  for (const place of order) {
    while (x[order[from]!]! < x[place]! - reach) from += 1;
    let total = 0;
    let norm = 0;
    for (let at = from; at < order.length && x[order[at]!]! <= x[place]! + reach; at += 1) {
      const other = order[at]!;
      const share = count[other]! * weight(Math.abs(x[other]! - x[place]!));
      total += share * y[other]!;
      norm += share;
    }
    out[place] = total / norm;
  }
  return out;
}
