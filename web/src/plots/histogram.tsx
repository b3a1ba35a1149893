// Histograms: one as bars; many over steps as a map in which darker means more.
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { number } from "../core/format.ts";
import { ramp } from "../core/colors.ts";
import { dark } from "../core/theme.ts";
import { Axes } from "./axes.tsx";
import { linear } from "./scale.ts";
import { rebin } from "./stats.ts";

export interface Hist {
  edges: number[];
  counts: number[];
}

const M = { left: 46, right: 8, top: 8, bottom: 26 };

export function Bins({ of, name, width: given, height = 170 }: { of: Hist; name: string; width: number; height?: number }): JSX.Element {
  const width = Math.max(220, given);
  const most = Math.max(1, ...of.counts);
  const x = linear(of.edges[0] ?? 0, of.edges[of.edges.length - 1] ?? 1, M.left, width - M.right, width / 80);
  const y = linear(0, most, height - M.bottom, M.top, 4);
  const n = of.counts.reduce((sum, one) => sum + one, 0);
  return (
    <svg class="plot-svg" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${name}: ${n} values from ${number(x.domain[0])} to ${number(x.domain[1])}, the fullest bin holds ${most}`}>
      <Axes x={x} y={y} area={{ left: M.left, right: width - M.right, top: M.top, bottom: height - M.bottom }} />
      {of.counts.map((count, at) => {
        const [a, b] = [x.at(of.edges[at]), x.at(of.edges[at + 1])];
        return count > 0 && <rect key={at} class="bin" x={a + 0.5} y={y.at(count)} width={Math.max(0.5, b - a - 1)} height={Math.max(1, y.at(0) - y.at(count))}><title>{`${number(of.edges[at]!)} … ${number(of.edges[at + 1]!)}: ${number(count)}`}</title></rect>;
      })}
    </svg>
  );
}

const ROWS = 40;

/** Steps from left to right, values from below upwards; the colour is the share of a step's values in a cell. */
export function Moving({ of, name, width: given, height = 220, yName = "" }: { of: readonly (Hist & { step: number })[]; name: string; width: number; height?: number; yName?: string }): JSX.Element {
  const width = Math.max(300, given);
  const { edges, shares, most } = useMemo(() => {
    const finite = of.flatMap((one) => one.edges).filter(Number.isFinite);
    const [low, high] = [Math.min(...finite), Math.max(...finite)];
    const edges = Array.from({ length: ROWS + 1 }, (_, at) => low + ((high - low || 1) * at) / ROWS);
    const shares = of.map((one) => {
      const total = one.counts.reduce((sum, count) => sum + count, 0) || 1;
      return rebin(one.edges, one.counts, edges).map((count) => count / total);
    });
    return { edges, shares, most: Math.max(1e-9, ...shares.flat()) };
  }, [of]);
  const steps = of.map((one) => one.step);
  const gap = steps.length > 1 ? (steps[steps.length - 1]! - steps[0]!) / (steps.length - 1) : 1;
  const x = linear(steps[0]! - gap / 2, steps[steps.length - 1]! + gap / 2, M.left, width - M.right, width / 80);
  const y = linear(edges[0]!, edges[ROWS]!, height - M.bottom, M.top, 4);
  const border = (at: number) => (at <= 0 ? x.domain[0] : at >= steps.length ? x.domain[1] : (steps[at - 1]! + steps[at]!) / 2);
  return (
    <svg class="plot-svg" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${name}: distribution over ${steps.length} steps, values from ${number(edges[0]!)} to ${number(edges[ROWS]!)}`}>
      <Axes x={x} y={y} area={{ left: M.left, right: width - M.right, top: M.top, bottom: height - M.bottom }} yName={yName} />
      {shares.flatMap((column, at) => column.map((share, row) => share > 0 && (
        <rect key={`${at}-${row}`} x={x.at(border(at))} y={y.at(edges[row + 1])} width={x.at(border(at + 1)) - x.at(border(at)) + 0.6} height={y.at(edges[row]) - y.at(edges[row + 1]) + 0.6} fill={ramp(Math.sqrt(share / most), dark.value)}><title>{`step ${number(steps[at]!)}, ${number(edges[row]!)} … ${number(edges[row + 1]!)}: ${number(share * 100, 3)} %`}</title></rect>
      )))}
    </svg>
  );
}
