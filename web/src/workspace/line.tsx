// One line of the run table: a run, or a group with its statistics over all of its runs.
import type { JSX } from "preact";
import { useComputed, type ReadonlySignal } from "@preact/signals";
import { focused } from "../chart/hover.ts";
import { aligned } from "../core/format.ts";
import { href } from "../core/route.ts";
import { dateStyle, rowHeight } from "../core/theme.ts";
import type { Metric, Run } from "../core/types.ts";
import { cell, type Column } from "./columns.ts";
import type { Workspace } from "./data.ts";
import { later } from "../ui/portal.tsx";
import type { GroupLineProps } from "./groupline.tsx";
import { editing } from "./editing.ts";
import type { TableLine } from "./lines.ts";
import type { Colors } from "./shown.ts";
import type { Actions } from "./actions.ts";

const GroupLine = later<GroupLineProps>(() => import("./groupline.tsx").then((module) => module.GroupLine));
const Editor = later(() => import("./edit.tsx").then((module) => module.Editor));

export interface ColumnFacts {
  column: Column;
  left: number;
  /** Most digits after the point among the loaded values. */
  fraction: number;
  best: number | null;
}

export interface LineProps {
  line: TableLine;
  number: number;
  facts: readonly ColumnFacts[];
  isCursor: boolean;
  workspace: Workspace;
  colors: ReadonlySignal<Colors>;
  shownIds: ReadonlySignal<ReadonlySet<string>>;
  actions: Actions;
  onPoint: (line: TableLine) => void;
  onHover: (id: string) => void;
}

export function Line(props: LineProps): JSX.Element {
  const { line, number: place, isCursor, workspace, actions, onPoint, onHover } = props;
  const isLit = useComputed(() => line.kind === "run" && focused.value === line.run.id);
  const style = { top: `${place * rowHeight.value}px`, height: `${rowHeight.value}px` };
  if (line.kind === "waiting") return <div class="row waiting-row" role="row" aria-rowindex={place + 2} style={style}><span role="gridcell" aria-colindex={1} class="row-fixed faint">…</span></div>;
  const ids = line.kind === "run" ? [line.run.id] : line.group.run_ids;
  const selected = workspace.allSelected.value || (ids.length > 0 && ids.every((id) => workspace.selected.value.has(id)));
  const hidden = ids.every((id) => workspace.hidden.value.has(id));
  const kinds = ["row", line.kind, isCursor && "cursor", selected && "selected", hidden && "is-hidden", isLit.value && "lit", line.kind === "run" && line.pinned && "pinned"].filter(Boolean).join(" ");
  return (
    <div
      id={`row-${place}`}
      class={kinds}
      role="row"
      aria-rowindex={place + 2}
      aria-selected={selected}
      aria-expanded={line.kind === "group" ? line.open : undefined}
      style={style}
      onPointerEnter={() => line.kind === "run" && onHover(line.run.id)}
      onClick={(event) => {
        onPoint(line);
        if ((event.target as Element).closest("a, button, input")) return;
        if (line.kind === "group") actions.open(line);
      }}
      onContextMenu={(event) => {
        if ((event.target as Element).closest("a, input")) return;
        event.preventDefault();
        onPoint(line);
        void actions.menu({ left: event.clientX, top: event.clientY, width: 0, height: 0 }, line);
      }}
    >
      {line.kind === "run" ? <RunLine {...props} run={line.run} depth={line.depth} selected={selected} /> : <GroupLine {...props} group={line.group} open={line.open} place={line.place} selected={selected} />}
    </div>
  );
}

export const reading = (selected: boolean, name: string): string => `${selected ? "Deselect" : "Select"} ${name}`;

function RunLine({ run, depth, selected, facts, workspace, colors, shownIds, actions, line }: LineProps & { run: Run; depth: number; selected: boolean }): JSX.Element {
  const shown = shownIds.value.has(run.id);
  const edited = editing.value?.run.id === run.id ? editing.value.what : null;
  const lost = firstLost(run);
  return (
    <>
      <div class="row-fixed" role="gridcell" aria-colindex={1} style={depth ? { paddingLeft: "26px" } : undefined}>
        <input type="checkbox" tabIndex={-1} aria-label={reading(selected, run.name)} checked={selected} onClick={(event) => actions.click(event, line)} />
        <span class={`swatch ${shown ? "" : "off"}`} style={shown ? { background: colors.value.run(run) } : undefined} />
        <span class={`status-dot ${run.status}`} title={run.reason ? `${run.status}: ${run.reason}` : run.status} role="img" aria-label={run.status} />
        {edited === "name" ? <Editor workspace={workspace} /> : <a class="run-name cut" tabIndex={-1} href={href(`/r/${encodeURIComponent(run.id)}`)} title={`${run.name}\n${run.id}`} onDblClick={(event) => actions.edit(event, run, "name")}>{run.name}</a>}
        {lost !== null && <span class="badge bad" title={`Values that are not finite from step ${lost} on`}>NaN@{lost}</span>}
        {run.reason && run.status !== "running" && <span class="badge faint cut" title={run.reason}>{run.reason}</span>}
        {run.archived && <span class="badge faint">archived</span>}
      </div>
      {facts.map(({ column, left, fraction, best }, place) => {
        const one = cell(run, column, dateStyle.value);
        const isEdited = edited !== null && edited === column.editable;
        const bold = best !== null && one.number === best;
        return (
          <div
            key={column.field}
            role="gridcell"
            aria-colindex={place + 3}
            class={`table-cell ${column.numeric ? "num" : "cut"} ${one.missing ? "missing" : ""} ${one.odd ? "bad" : ""} ${bold ? "best" : ""}`}
            title={one.title || undefined}
            style={{ left: `${left}px`, width: `${column.width}px` }}
            onDblClick={column.editable ? (event) => actions.edit(event, run, column.editable!) : undefined}
          >
            {isEdited ? <Editor workspace={workspace} /> : column.field === "tag" && run.tags.length ? <Tags tags={run.tags} /> : column.numeric ? aligned(one.text, fraction) : one.text}
          </div>
        );
      })}
    </>
  );
}

function Tags({ tags }: { tags: readonly string[] }): JSX.Element {
  return <>{tags.map((tag) => <span key={tag} class="tag">{tag}</span>)}</>;
}

function firstLost(run: Run): number | null {
  let first: number | null = null;
  for (const metric of Object.values(run.metrics) as Metric[]) {
    const at = metric.nonfinite > 0 ? metric.first_nonfinite_step : null;
    if (at !== null && (first === null || at < first)) first = at;
  }
  return first;
}
