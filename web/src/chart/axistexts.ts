// How the labels of an axis are written.
import { number } from "../core/format.ts";

/** Write the labels of an axis alike: as many digits after the point as its step needs, powers only where all are tiny or huge. */
export function axisTexts(splits: readonly (number | null)[], log = false): string[] {
  const values = splits.filter((value): value is number => value !== null);
  const largest = Math.max(...values.map(Math.abs));
  const step = Math.abs((values[1] ?? 1) - (values[0] ?? 0));
  if (log || largest < 1e-3 || largest >= 1e6 || !(step > 0)) return splits.map((value) => (value === null ? "" : number(value)));
  const digits = Math.max(0, Math.min(8, Math.ceil(-Math.log10(step) - 1e-9)));
  const wanted = values.every((value) => Math.abs(value * 10 ** digits - Math.round(value * 10 ** digits)) < 1e-6) ? digits : digits + 1;
  return splits.map((value) => (value === null ? "" : value.toFixed(wanted).replace(/^-(?=0(\.0*)?$)/, "").replace("-", "−")));
}
