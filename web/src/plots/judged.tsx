// How well something was told apart: confusion matrices, and curves of precision and recall or of true and false positives.
import type { JSX } from "preact";
import { number } from "../core/format.ts";
import { placeColor, ramp } from "../core/colors.ts";
import { dark } from "../core/theme.ts";
import { Axes } from "./axes.tsx";
import { linear } from "./scale.ts";
import { area, columnOf, confusionOf } from "./stats.ts";

interface TableProps {
  columns: readonly string[];
  rows: readonly (readonly unknown[])[];
  name: string;
}

/** Rows are what it was, columns what it was taken for; the colour is the share of the row. */
export function Confusion({ columns, rows, name }: TableProps): JSX.Element {
  const { labels, counts } = confusionOf(columns, rows);
  const total = counts.flat().reduce((sum, one) => sum + one, 0);
  const right = counts.reduce((sum, row, at) => sum + (row[at] ?? 0), 0);
  return (
    <div class="scroll-x" tabIndex={0} role="group" aria-label={`Confusion matrix ${name}`}>
      <table class="confusion">
        <caption>{number((right / (total || 1)) * 100, 3)} % of {number(total)} right; rows: actual, columns: predicted</caption>
        <thead><tr><td />{labels.map((label) => <th key={label} scope="col" title={label}><bdi>{label.slice(0, 10)}</bdi></th>)}</tr></thead>
        <tbody>
          {counts.map((row, at) => {
            const sum = row.reduce((all, one) => all + one, 0) || 1;
            return (
              <tr key={labels[at]}>
                <th scope="row" title={labels[at]}><bdi>{labels[at]!.slice(0, 14)}</bdi></th>
                {row.map((count, to) => {
                  const share = count / sum;
                  return <td key={to} class={at === to ? "is-right" : ""} style={count ? { background: ramp(share, dark.value), color: share > 0.55 ? "#101418" : "#fff" } : undefined} title={`${labels[at]} taken for ${labels[to]}: ${count} (${number(share * 100, 3)} %)`}>{count ? number(count) : <span class="faint">0</span>}</td>;
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

const M = { left: 44, right: 10, top: 10, bottom: 40 };

export function Curve({ kind, columns, rows, name }: TableProps & { kind: "pr" | "roc" }): JSX.Element {
  const [xs, ys] = kind === "roc" ? [columnOf(columns, "fpr", "false_positive_rate"), columnOf(columns, "tpr", "true_positive_rate", "recall")] : [columnOf(columns, "recall", "tpr"), columnOf(columns, "precision")];
  const by = columnOf(columns, "class", "label", "class_name");
  const groups = new Map<string, { x: number; y: number }[]>();
  for (const row of rows) {
    const point = { x: Number(row[xs]), y: Number(row[ys]) };
    if (!Number.isFinite(point.x) || !Number.isFinite(point.y)) continue;
    const group = by < 0 ? "" : String(row[by]);
    groups.set(group, [...(groups.get(group) ?? []), point]);
  }
  const [width, height] = [340, 300];
  const x = linear(0, 1, M.left, width - M.right, 5);
  const y = linear(0, 1, height - M.bottom, M.top, 5);
  const lines = [...groups].map(([label, points]) => {
    const sorted = points.sort((a, b) => a.x - b.x || b.y - a.y);
    return { label, sorted, under: area(sorted) };
  });
  const said = lines.map((line) => `${line.label ? line.label + " " : ""}${kind === "roc" ? "AUC" : "area"} ${number(line.under, 3)}`).join(", ");
  return (
    <figure class="judged">
      <svg class="plot-svg" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${name}: ${said}`}>
        <Axes x={x} y={y} area={{ left: M.left, right: width - M.right, top: M.top, bottom: height - M.bottom }} xName={kind === "roc" ? "false positive rate" : "recall"} yName={kind === "roc" ? "true positive rate" : "precision"} />
        {kind === "roc" && <line class="chance" x1={x.at(0)} y1={y.at(0)} x2={x.at(1)} y2={y.at(1)} />}
        {lines.map((line, at) => <polyline key={line.label} class="curve" points={line.sorted.map((point) => `${x.at(point.x).toFixed(1)},${y.at(point.y).toFixed(1)}`).join(" ")} stroke={placeColor(at, dark.value)} stroke-dasharray={at >= 12 ? "5 3" : undefined} />)}
      </svg>
      <figcaption class="faint">{lines.slice(0, 12).map((line, at) => <span key={line.label} class="legend"><span class="swatch" style={{ background: placeColor(at, dark.value) }} />{line.label} {number(line.under, 3)}</span>)}</figcaption>
    </figure>
  );
}
