// What a group says in a metric's column: middle and spread in few letters.
import { asNumber, exact, number } from "../core/format.ts";
import type { GroupStats } from "../core/types.ts";

/** Write a deviation the way its mean is written: 0.8713±0.006, not 0.8713±6e-3; to one digit where two would need a wider column. */
function beside(mean: number, spread: number): string {
  const digits = spread < 1e-3 ? 1 : 2;
  return Math.abs(mean) >= 0.01 && spread < 0.01 && spread >= 1e-4 ? String(Number(spread.toPrecision(digits))) : number(spread, digits);
}

/** Return the statistic of a group as the table shows it, and all of them for its title. */
export function statText(stats: GroupStats, stat: string): [string, string | undefined] {
  const of = (name: keyof GroupStats) => asNumber(stats[name]);
  const short = (given: number | null) => (given === null ? "" : number(given, 3));
  const all = (["mean", "std", "sem", "median", "q1", "q3", "min", "max"] as const).map((name) => `${name} ${exact(stats[name])}`).join("\n");
  const title = `${all}\nn ${stats.n}`;
  const mean = of("mean");
  if (mean === null) return ["", title];
  if (stat === "median_iqr") return [`${short(of("median"))} [${short(of("q1"))}, ${short(of("q3"))}]`, title];
  if (stat === "min_max") return [`${short(of("min"))}…${short(of("max"))}`, title];
  const spread = of(stat === "mean_sem" ? "sem" : "std");
  return [spread === null ? number(mean) : `${number(mean)}±${beside(mean, spread)}`, title];
}
