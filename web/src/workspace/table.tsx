// The run table: a real grid for readers, of which only the rows and columns in view exist. Keys act on the row of the cursor;
// the cursor stays on its run when rows move.
import type { JSX } from "preact";
import { computed, useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { focused } from "../chart/hover.ts";
import { fractionDigits } from "../core/format.ts";
import { useKeys } from "../core/keys.ts";
import { same } from "../core/state.ts";
import { dateStyle, rowHeight } from "../core/theme.ts";
import { Icon } from "../ui/button.tsx";
import { Waiting } from "../ui/failure.tsx";
import { placeOf, type Place } from "../ui/place.ts";
import { later } from "../ui/portal.tsx";
import { visible } from "../ui/span.ts";
import { cell, nextSort, type Column } from "./columns.ts";
import type { Run } from "../core/types.ts";
import type { Workspace } from "./data.ts";
import { groupId, guessGoal } from "./ranks.ts";
import { bestOf, watchLines, type TableLine } from "./lines.ts";
import { Line, type ColumnFacts } from "./line.tsx";
import type { HeadMenuProps } from "./headmenu.tsx";
import type { ValuesProps } from "./values.ts";
import type { Colors } from "./shown.ts";
import type { Actions } from "./actions.ts";
import type { ReadonlySignal } from "@preact/signals";

const Values = later<ValuesProps>(() => import("./values.ts").then((module) => module.Values));
const HeadMenu = later<HeadMenuProps>(() => import("./headmenu.tsx").then((module) => module.HeadMenu));

/** Room of the columns that stay: check box, colour and state, name. */
const FIXED = 262;
/** The same in a narrow window. */
const NARROW = 150;
const HEAD = 30;
/** The table is drawn anew after so many rows, and so many pixels to the side. */
const STEP_ROWS = 6;
const STEP_PX = 64;
/** What passes under a pointer that rests, while the table scrolls, is not pointed at. */
const SCROLLED_MS = 150;
/** Runs whose values decide how wide columns are, and how digits line up. */
const SAMPLE = 400;

interface TableProps {
  workspace: Workspace;
  colors: ReadonlySignal<Colors>;
  shownIds: ReadonlySignal<ReadonlySet<string>>;
  actions: Actions;
}

export const lineId = (line: TableLine | undefined): string | null => (!line || line.kind === "waiting" ? null : line.kind === "run" ? line.run.id : groupId(line.group));

export function Table({ workspace, colors, shownIds, actions }: TableProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const moved = useRef(0);
  const size = useSignal({ top: 0, left: 0, width: 600, height: 600 });
  const at = useSignal<string | null>(null);
  const lines = useMemo(() => watchLines(workspace), [workspace]);
  const height = rowHeight.value;

  const fixed = useComputed(() => (size.value.width < 420 ? NARROW : FIXED));
  const sampled = useMemo(() => {
    let last: Run[] = [];
    return computed(() => {
      const now = (workspace.rows.value?.runs.slice(0, SAMPLE) ?? []).filter((run) => run !== undefined);
      return (last = same(last, now));
    });
  }, []);
  const facts = useComputed<ColumnFacts[]>(() => {
    const runs = sampled.value;
    const room = workspace.shownColumns.value;
    const grouped = workspace.view.value.groupBy.length > 0;
    let left = fixed.value;
    return room.map((column) => {
      const cells = runs.map((run) => cell(run, column, dateStyle.value));
      const direction = column.metric && (column.metric.stat === "best" || column.metric.stat === "last") ? (column.direction ?? guessGoal(column.metric.key)) : null;
      const widest = Math.max(0, ...cells.map((one) => one.text.length));
      if (column.kind !== "run" || column.field === "host") column.width = Math.round(Math.min(220, Math.max(column.width, 20 + widest * 7.2)));
      if (column.metric && grouped) column.width = Math.max(column.width, 122);
      const fact: ColumnFacts = { column, left, fraction: Math.min(6, Math.max(0, ...cells.map((one) => fractionDigits(one.text)))), best: bestOf(cells.map((one) => one.number), direction) };
      left += column.width;
      return fact;
    });
  });
  // The same list while the same columns are in view, so that rows have nothing to draw anew.
  const inSight = useRef<ColumnFacts[]>([]);
  const { left, width } = size.value;
  const shownFacts = (inSight.current = same(inSight.current, facts.value.filter((fact) => fact.left + fact.column.width > left + fixed.value - 200 && fact.left < left + width + 264)));
  const total = facts.value.reduce((sum, fact) => Math.max(sum, fact.left + fact.column.width), fixed.value);
  const list = lines.value;
  const rows = visible(size.value.top, size.value.height + STEP_ROWS * height, height, list.length);
  const place = at.value === null ? 0 : Math.max(0, list.findIndex((line) => lineId(line) === at.value));

  useLayoutEffect(() => {
    const element = box.current!;
    const measure = () => {
      const step = STEP_ROWS * rowHeight.peek();
      const next = { top: Math.floor(element.scrollTop / step) * step, left: Math.floor(element.scrollLeft / STEP_PX) * STEP_PX, width: element.clientWidth, height: element.clientHeight };
      if (JSON.stringify(next) !== JSON.stringify(size.peek())) size.value = next;
    };
    const scrolled = () => ((moved.current = performance.now()), measure());
    measure();
    const watcher = new ResizeObserver(measure);
    watcher.observe(element);
    element.addEventListener("scroll", scrolled, { passive: true });
    return () => (watcher.disconnect(), element.removeEventListener("scroll", scrolled));
  }, []);
  useEffect(() => workspace.see(rows.from, rows.to), [rows.from, rows.to, list.length]);

  const derived = facts.value.filter((fact) => fact.column.derived).map((fact) => fact.column.field);

  const move = (to: number) => {
    const next = Math.max(0, Math.min(list.length - 1, to));
    at.value = lineId(list[next]);
    focused.value = list[next]?.kind === "run" ? list[next].run.id : null;
    const element = box.current!;
    if (next * height < element.scrollTop) element.scrollTop = next * height;
    else if ((next + 1) * height > element.scrollTop + element.clientHeight - HEAD) element.scrollTop = (next + 1) * height - element.clientHeight + HEAD;
    element.focus({ preventScroll: true });
  };
  const here = (): TableLine | undefined => (at.value === null ? undefined : list[place]);
  const onLine = (act: (line: TableLine) => void) => () => {
    const line = here();
    if (!line) return false;
    act(line);
    return undefined;
  };
  useKeys({
    "row.next": () => move(at.value === null ? 0 : place + 1),
    "row.previous": () => move(place - 1),
    "row.first": () => move(0),
    "row.last": () => move(list.length - 1),
    "run.open": onLine((line) => actions.open(line)),
    "run.select": onLine((line) => actions.select([line])),
    "run.select_range": onLine(() => actions.selectRange(list, place)),
    "run.select_all": () => actions.selectAll(),
    "run.pin": onLine((line) => actions.pin(line)),
    "run.hide": onLine((line) => actions.hide(line)),
  });
  actions.cursor = here;
  actions.list = () => list;

  const point = useMemo(() => (line: TableLine) => void (at.value = lineId(line)), []);
  const hover = useMemo(() => (id: string) => void (performance.now() - moved.current > SCROLLED_MS && (focused.value = id)), []);
  if (!workspace.loaded.value && !workspace.problem.value) return <div class="table-box" ref={box}><Waiting what="Loading runs" /></div>;
  return (
    <div
      ref={box}
      class="table-box"
      role={workspace.view.value.groupBy.length ? "treegrid" : "grid"}
      aria-label="Runs"
      aria-rowcount={list.length + 1}
      aria-colcount={facts.value.length + 2}
      aria-multiselectable="true"
      aria-activedescendant={at.value !== null && place >= rows.from && place < rows.to ? `row-${place}` : undefined}
      aria-busy={workspace.loading.value}
      tabIndex={0}
      onFocus={(event) => event.target === event.currentTarget && at.value === null && list.length > 0 && (at.value = lineId(list[0]))}
      onPointerLeave={() => (focused.value = null)}
    >
      <div class="table-room" role="presentation" style={{ width: `${total}px`, height: `${HEAD + list.length * height}px`, "--fixed": `${fixed.value}px` }}>
        <Head workspace={workspace} facts={shownFacts} total={total} />
        {derived.length > 0 && <Values fields={derived} runs={list.slice(rows.from, rows.to).flatMap((line) => (line.kind === "run" ? [line.run] : []))} />}
        <div role="rowgroup" class="table-body" style={{ top: `${HEAD}px` }}>
          {list.slice(rows.from, rows.to).map((line, offset) => {
            const number = rows.from + offset;
            return <Line key={lineId(line) ?? `waiting ${number}`} line={line} number={number} facts={shownFacts} isCursor={lineId(line) === at.value && at.value !== null} workspace={workspace} colors={colors} shownIds={shownIds} actions={actions} onPoint={point} onHover={hover} />;
          })}
        </div>
      </div>
    </div>
  );
}

function Head({ workspace, facts, total }: { workspace: Workspace; facts: readonly ColumnFacts[]; total: number }): JSX.Element {
  const { sort, allSelected, selected } = workspace;
  const asked = useSignal<{ column: Column; at: Place } | null>(null);
  const all = allSelected.value;
  return (
    <div class="table-head" role="rowgroup" style={{ width: `${total}px` }}>
      <div role="row" aria-rowindex={1} class="table-head-row">
        <div class="head-fixed" role="columnheader" aria-colindex={1}>
          <input type="checkbox" aria-label="Select all filtered runs" checked={all} ref={(element) => { if (element) element.indeterminate = !all && selected.value.size > 0; }} onChange={() => workspace.setView({ selected: all || selected.value.size ? [] : ["*"] })} />
          <SortButton workspace={workspace} field="name" title="name" before="" falls={false} />
        </div>
        {facts.map(({ column, left }, place) => {
          const sorted = sort.value.find((one) => one === column.field || one === `-${column.field}`);
          return (
            <div key={column.field} role="columnheader" aria-colindex={place + 3} aria-sort={sorted ? (sorted.startsWith("-") ? "descending" : "ascending") : undefined} class={`head-cell ${column.numeric ? "num" : ""}`} style={{ left: `${left}px`, width: `${column.width}px` }} onContextMenu={(event) => (event.preventDefault(), (asked.value = { column, at: placeOf(event.currentTarget) }))}>
              <SortButton workspace={workspace} field={column.field} title={column.title} before={column.before} falls={fallsFirst(column, workspace)} arrow={workspace.goal.value?.key === column.metric?.key && column.metric?.stat === "best" ? workspace.goal.value?.direction : undefined} />
              <button type="button" class="head-more" tabIndex={-1} aria-label={`Column ${column.field}`} onClick={(event) => (asked.value = { column, at: placeOf(event.currentTarget) })}><Icon name="down" size={12} /></button>
            </div>
          );
        })}
      </div>
      {asked.value && <HeadMenu key={asked.value.column.field} workspace={workspace} {...asked.value} onClose={() => (asked.value = null)} />}
    </div>
  );
}

const fallsFirst = (column: Column, workspace: Workspace): boolean => {
  if (!column.metric) return column.field === "started" || column.field === "ended" || column.field === "duration";
  const goal = workspace.goal.value;
  return (goal?.key === column.metric.key ? goal.direction : (guessGoal(column.metric.key) ?? "max")) === "max";
};

function SortButton({ workspace, field, title, before, falls, arrow }: { workspace: Workspace; field: string; title: string; before: string; falls: boolean; arrow?: "max" | "min" | undefined }): JSX.Element {
  const sort = workspace.sort.value;
  const place = sort.findIndex((one) => one === field || one === `-${field}`);
  const mark = place < 0 ? "" : sort[place]!.startsWith("-") ? "▾" : "▴";
  const isDefault = workspace.view.value.sort.length === 0;
  return (
    <button type="button" class={`sort ${place >= 0 ? "sorted" : ""}`} title={`Sort by ${before}${title}${arrow ? (arrow === "max" ? "; higher is better" : "; lower is better") : ""} (with shift: as second key)`} tabIndex={-1} onClick={(event) => workspace.setView({ sort: nextSort(isDefault && event.shiftKey ? sort : isDefault && place >= 0 ? sort : workspace.view.value.sort, field, falls, event.shiftKey) })}>
      {mark && <span aria-hidden="true">{mark}{sort.length > 1 ? place + 1 : ""}</span>}
      {arrow && !mark && <span class="faint" aria-hidden="true">{arrow === "max" ? "↑" : "↓"}</span>}
      <span class="cut"><span class="faint">{before}</span>{title}</span>
    </button>
  );
}
