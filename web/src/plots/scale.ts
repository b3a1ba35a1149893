// Axes of plots: from values to pixels and back. Invariant: a scale and its inverse undo each other within its domain; ticks lie
// within the domain and in rising order.
import { asNumber, number, value as written } from "../core/format.ts";

export interface Scale {
  kind: "linear" | "log" | "band";
  /** Pixels of a value; NaN where the axis has no place for it. */
  at: (value: unknown) => number;
  /** The value at a pixel; for bands the place of the nearest. */
  back: (pixel: number) => number;
  ticks: { value: unknown; text: string; at: number }[];
  domain: readonly [number, number];
  names: readonly string[];
}

/** Return round numbers that cover a range, about so many. */
export function roundTicks(low: number, high: number, about: number): number[] {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [low];
  const rough = span / Math.max(1, about);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((size) => size >= rough) ?? rough;
  const out: number[] = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9 && out.length < 100; n += 1) out.push(Number((n * step).toPrecision(12)));
  return out;
}

export function linear(low: number, high: number, from: number, to: number, about = 6): Scale {
  if (!(high > low)) (low -= Math.abs(low) * 0.05 || 0.5), (high += Math.abs(high) * 0.05 || 0.5);
  const at = (value: unknown) => from + (((asNumber(value) ?? NaN) - low) / (high - low)) * (to - from);
  return { kind: "linear", at, back: (pixel) => low + ((pixel - from) / (to - from)) * (high - low), ticks: roundTicks(low, high, about).map((value) => ({ value, text: number(value), at: at(value) })), domain: [low, high], names: [] };
}

export function log(low: number, high: number, from: number, to: number, about = 6): Scale {
  if (!(low > 0)) low = high > 0 ? high / 1000 : 1e-3;
  if (!(high > low)) (low /= 2), (high = Math.max(low, high) * 2);
  const [a, b] = [Math.log10(low), Math.log10(high)];
  const at = (value: unknown) => {
    const given = asNumber(value);
    return given !== null && given > 0 ? from + ((Math.log10(given) - a) / (b - a)) * (to - from) : NaN;
  };
  const decades = Math.floor(b) - Math.ceil(a) + 1;
  let values: number[];
  if (decades >= 2) {
    const every = Math.ceil(decades / Math.max(2, about));
    values = Array.from({ length: decades }, (_, n) => 10 ** (Math.ceil(a) + n)).filter((_, n) => n % every === 0);
  } else {
    values = [];
    for (let power = Math.floor(a); power <= b; power += 1) for (const n of [1, 2, 5]) values.push(n * 10 ** power);
    values = values.filter((value) => value >= low * 0.999 && value <= high * 1.001);
  }
  return { kind: "log", at, back: (pixel) => 10 ** (a + ((pixel - from) / (to - from)) * (b - a)), ticks: values.map((value) => ({ value, text: number(Number(value.toPrecision(12)), 2), at: at(value) })), domain: [low, high], names: [] };
}

/** Places for names, evenly apart. */
export function band(names: readonly string[], from: number, to: number): Scale {
  const step = (to - from) / Math.max(1, names.length);
  const place = new Map(names.map((name, at) => [name, at]));
  const at = (value: unknown) => {
    const found = place.get(written(value));
    return found === undefined ? NaN : from + step * (found + 0.5);
  };
  const every = Math.max(1, Math.ceil(14 / Math.max(1, Math.abs(step))));
  return { kind: "band", at, back: (pixel) => Math.max(0, Math.min(names.length - 1, Math.floor((pixel - from) / step))), ticks: names.map((name) => ({ value: name, text: name, at: at(name) })).filter((_, n) => n % every === 0), domain: [0, names.length], names };
}

/** Whether a logarithmic axis serves these numbers better: all above zero, over more than two and a half decades. */
export function wantsLog(values: readonly number[]): boolean {
  const finite = values.filter(Number.isFinite);
  const low = Math.min(...finite);
  return finite.length > 1 && low > 0 && Math.max(...finite) / low > 300;
}

/** Return the scale that fits values: numbers on a line, else names. */
export function scaleFor(values: readonly unknown[], from: number, to: number, wanted: "auto" | "linear" | "log" = "auto", about = 6): Scale {
  const given = values.filter((value) => value !== null && value !== undefined);
  const numbers = given.map(asNumber);
  if (!given.length || numbers.some((n) => n === null)) return band(sorted([...new Set(given.map(written))]), from, to);
  const finite = (numbers as number[]).filter(Number.isFinite);
  if (!finite.length) return linear(0, 1, from, to, about);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  if (wanted === "log" || (wanted === "auto" && wantsLog(finite))) {
    const positive = finite.filter((n) => n > 0);
    return positive.length ? log(Math.min(...positive), Math.max(...positive), from, to, about) : linear(low, high, from, to, about);
  }
  return linear(low, high, from, to, about);
}

const sorted = (names: string[]): string[] => names.sort((a, b) => (Number.isFinite(Number(a)) && Number.isFinite(Number(b)) ? Number(a) - Number(b) : a < b ? -1 : a > b ? 1 : 0));

/** Widen a range so that marks do not lie on its edge. */
export function widened(scale: "linear" | "log", low: number, high: number, share = 0.04): [number, number] {
  if (scale === "log" && low > 0) return [low * (low / high) ** share, high * (high / low) ** share];
  const room = (high - low) * share || Math.abs(low) * share || 1;
  return [low - room, high + room];
}
