// Media that the page draws itself: texts, tables (and the matrices and curves in them), histograms and how they move, graphs.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useAnswer } from "../../core/state.ts";
import { plural } from "../../core/format.ts";
import type { FileItem } from "../../core/types.ts";
import { Confusion, Curve } from "../../plots/judged.tsx";
import { GraphView } from "../../plots/graphview.tsx";
import { Bins, Moving, type Hist } from "../../plots/histogram.tsx";
import { tableKind } from "../../plots/stats.ts";
import { Prose } from "../../view/prose.tsx";
import { Asked, Choice } from "../bits.tsx";
import { Grid } from "../grid.tsx";
import { objectJson, objectText } from "../objects.ts";
import { text } from "./items.ts";

export function TextItem({ file }: { file: FileItem }): JSX.Element {
  const found = useAnswer(file.sha256, () => objectText(file.sha256));
  const isProse = file.format === "md" || text(file, "mime") === "text/markdown";
  return <Asked of={found}>{(got) => (isProse ? <div class="media-text"><Prose text={got.text} /></div> : <pre class="media-text" dir="auto" tabIndex={0}>{got.text}{got.cut ? "\n…" : ""}</pre>)}</Asked>;
}

interface TableData { columns: string[]; rows: unknown[][] }

export function TableItem({ file }: { file: FileItem }): JSX.Element {
  const found = useAnswer(file.sha256, () => objectJson<TableData>(file.sha256));
  const [as, setAs] = useState<"drawn" | "table">("drawn");
  return (
    <Asked of={found}>
      {({ columns, rows }) => {
        const kind = tableKind(columns, rows);
        return (
          <>
            {kind && <Choice label="Shown as" list={[["drawn", kind === "confusion" ? "matrix" : "curve"], ["table", "table"]]} chosen={as} onChoose={setAs} />}
            {kind === "confusion" && as === "drawn" ? <Confusion columns={columns} rows={rows} name={file.name} /> : kind && as === "drawn" ? <Curve kind={kind as "pr"} columns={columns} rows={rows} name={file.name} /> : (
              <div class="media-table"><Grid label={file.name} columns={columns.map(String)} total={rows.length} row={(at) => rows[at] ?? null} /></div>
            )}
            <p class="faint">{plural(rows.length, "row")}</p>
          </>
        );
      }}
    </Asked>
  );
}

const MOST_STEPS = 60;

export function HistogramItem({ file, all, width }: { file: FileItem; all: readonly { step: number; items: FileItem[] }[]; width: number }): JSX.Element {
  const [as, setAs] = useState<"one" | "steps">("one");
  const every = Math.max(1, Math.ceil(all.length / MOST_STEPS));
  const wanted = as === "one" ? [] : all.filter((_, at) => at % every === 0 || at === all.length - 1);
  const found = useAnswer(`${file.sha256} ${as}`, async () => ({
    one: await objectJson<Hist>(file.sha256),
    steps: await Promise.all(wanted.map(async (one) => ({ step: one.step, ...(await objectJson<Hist>(one.items[0]!.sha256)) }))),
  }));
  return (
    <>
      {all.length > 1 && <Choice label="Shown" list={[["one", "at this step"], ["steps", "over steps"]]} chosen={as} onChoose={setAs} />}
      <Asked of={found}>{({ one, steps }) => (as === "steps" && steps.length > 1 ? <Moving of={steps} name={file.name} width={width} /> : <Bins of={one} name={file.name} width={width} />)}</Asked>
    </>
  );
}

interface GraphData { nodes: { id: string | number; label?: string; kind?: string }[]; edges: { source: string | number; target: string | number; label?: string }[]; directed?: boolean }

export function GraphItem({ file }: { file: FileItem }): JSX.Element {
  const found = useAnswer(file.sha256, () => objectJson<GraphData>(file.sha256));
  return (
    <Asked of={found}>
      {(graph) => <GraphView name={file.name} directed={graph.directed !== false} nodes={graph.nodes.map((node) => ({ ...node, id: String(node.id), label: String(node.label ?? node.id) }))} edges={graph.edges.map((edge) => ({ source: String(edge.source), target: String(edge.target), ...(edge.label ? { label: String(edge.label) } : {}) }))} />}
    </Asked>
  );
}
