// How far a value lies from that of the reference. Invariant: where either side is no finite number there is no difference, and a
// difference is called better or worse only where a direction is known.
import { asNumber, number } from "../../core/format.ts";

export interface Delta {
  by: number;
  text: string;
  /** In percent of the reference, empty where that is zero. */
  share: string;
  kind: "better" | "worse" | "same" | "";
}

export function delta(value: unknown, reference: unknown, goal: "max" | "min" | null): Delta | null {
  const [a, b] = [asNumber(value), asNumber(reference)];
  if (a === null || b === null || !Number.isFinite(a) || !Number.isFinite(b) || typeof value === "boolean") return null;
  const by = a - b;
  const sign = by > 0 ? "+" : "";
  const share = b !== 0 ? `${sign}${number((by / Math.abs(b)) * 100, 3)} %` : "";
  const kind = by === 0 ? "same" : goal === null ? "" : by > 0 === (goal === "max") ? "better" : "worse";
  return { by, text: by === 0 ? "=" : sign + number(by, 3), share, kind };
}
