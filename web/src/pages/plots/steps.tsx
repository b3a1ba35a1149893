// How a metric spreads over the runs at each step: a map in which a darker cell holds more of the runs.
import type { JSX } from "preact";
import { bytes } from "../../core/api.ts";
import { query } from "../../core/route.ts";
import { decode } from "../../core/series.ts";
import { useAnswer } from "../../core/state.ts";
import { Moving, type Hist } from "../../plots/histogram.tsx";
import { quantile } from "../../plots/stats.ts";
import { useWidth } from "../../plots/width.ts";
import { Asked, inQuery, Nothing, Select } from "../bits.tsx";
import type { PlotProps } from "../plots.tsx";

const COLUMNS = 60;
const ROWS = 40;
const MOST = 200;

export function OverSteps({ runs, columns, goal }: PlotProps): JSX.Element {
  const { box, width } = useWidth();
  const keys = columns.metrics.filter((one) => one.numeric).map((one) => one.key);
  const key = keys.includes(query.value["pk"] ?? "") ? query.value["pk"]! : (goal?.key ?? keys[0] ?? "");
  const ids = runs.slice(0, MOST).map((run) => run.id);
  const found = useAnswer(key ? `${key} ${ids.join()}` : null, async (signal) => {
    const got = await bytes("/api/series", { run_ids: ids, keys: [key], width: COLUMNS, exact: false, robust: false }, signal);
    return spread(decode(got!.buffer));
  }, { fresh: true });
  if (!key) return <Nothing what="No metric" />;
  return (
    <div class="plot-part">
      <div class="tool-row"><Select label="metric" value={key} list={keys.map((one) => [one, one] as const)} onChange={inQuery("pk", "")} /><span class="faint">{ids.length} runs; the outermost half per cent on either side is left out of the range</span></div>
      <div ref={box} class="plot-holder"><Asked of={found}>{(steps) => (steps.length > 1 ? <Moving of={steps} name={`${key} over ${ids.length} runs`} width={width} height={420} /> : <Nothing what="There are too few steps to draw" />)}</Asked></div>
    </div>
  );
}

/** Return for each bin of steps how many runs have which mean value. */
function spread(answer: ReturnType<typeof decode>): (Hist & { step: number })[] {
  const columns = new Map<number, number[]>();
  for (const curve of answer.curves) {
    const xs = curve.x ?? answer.x;
    const span = (answer.high - answer.low) / COLUMNS || 1;
    const own = new Map<number, { sum: number; n: number }>();
    for (let at = 0; at < curve.mean.length; at += 1) {
      const value = curve.mean[at]!;
      if (!Number.isFinite(value)) continue;
      const bin = Math.min(COLUMNS - 1, Math.floor((xs[at]! - answer.low) / span));
      const cell = own.get(bin) ?? { sum: 0, n: 0 };
      own.set(bin, { sum: cell.sum + value, n: cell.n + 1 });
    }
    for (const [bin, { sum, n }] of own) columns.set(bin, [...(columns.get(bin) ?? []), sum / n]);
  }
  const all = [...columns.values()].flat().sort((a, b) => a - b);
  const [low, high] = [quantile(all, 0.005), quantile(all, 0.995)];
  if (!(high > low)) return [];
  const edges = Array.from({ length: ROWS + 1 }, (_, at) => low + ((high - low) * at) / ROWS);
  const span = (answer.high - answer.low) / COLUMNS || 1;
  return [...columns].sort(([a], [b]) => a - b).map(([bin, values]) => {
    const counts = new Array<number>(ROWS).fill(0);
    for (const value of values) if (value >= low && value <= high) counts[Math.min(ROWS - 1, Math.floor(((value - low) / (high - low)) * ROWS))]! += 1;
    return { step: answer.low + (bin + 0.5) * span, edges, counts };
  });
}
