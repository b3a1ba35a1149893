// What can be done with runs of the table, by key, menu or palette: select, pin, hide, compare, tag, archive, delete, export, copy.
import { signal } from "@preact/signals";
import { readOnly } from "../app/store.ts";
import { address } from "../core/api.ts";
import { plural } from "../core/format.ts";
import { go } from "../core/route.ts";
import type { Run } from "../core/types.ts";
import type { MenuItem } from "../ui/menu.tsx";
import type { Place } from "../ui/popup.tsx";
import { copy, say, sayFailed } from "../ui/toast.tsx";
import { get } from "../core/api.ts";
import type { RunsAnswer } from "../core/types.ts";
import { groupId, type Workspace } from "./data.ts";
import { change, editing, type Editable } from "./edit.tsx";
import type { TableLine } from "./lines.ts";

export type Actions = ReturnType<typeof makeActions>;

const idsOf = (line: TableLine): string[] => (line.kind === "run" ? [line.run.id] : line.kind === "group" ? line.group.run_ids : []);

export function makeActions(workspace: Workspace) {
  const menuAt = signal<{ at: Place; line: TableLine | null } | null>(null);
  let last: TableLine | null = null;

  /** Turn the tokens of these runs on, or off where all are on already. */
  function toggled(current: ReadonlySet<string>, ids: readonly string[]): string[] {
    const on = ids.every((id) => current.has(id));
    const next = on ? [...current].filter((id) => !ids.includes(id)) : [...current, ...ids.filter((id) => !current.has(id))];
    return workspace.tokens(next);
  }

  const base = (): ReadonlySet<string> => (workspace.allSelected.peek() ? new Set((workspace.rows.peek()?.runs ?? []).flatMap((run) => (run ? [run.id] : []))) : workspace.selected.peek());

  function select(lines: readonly TableLine[]): void {
    last = lines[lines.length - 1] ?? null;
    workspace.setView({ selected: toggled(base(), lines.flatMap(idsOf)) }, { replace: true });
  }

  function selectRange(list: readonly TableLine[], to: number): void {
    const from = Math.max(0, list.findIndex((line) => line.kind === last?.kind && idsOf(line).join() === (last ? idsOf(last).join() : "")));
    const range = list.slice(Math.min(from, to), Math.max(from, to) + 1).flatMap(idsOf);
    workspace.setView({ selected: workspace.tokens(new Set([...base(), ...range])) }, { replace: true });
  }

  const actions = {
    menuAt,
    cursor: (() => undefined) as () => TableLine | undefined,
    list: (() => []) as () => readonly TableLine[],
    select,
    selectRange,
    click(event: MouseEvent, line: TableLine): void {
      event.stopPropagation();
      if (event.shiftKey) selectRange(actions.list(), actions.list().indexOf(line));
      else select([line]);
    },
    selectAll: () => workspace.setView({ selected: workspace.allSelected.peek() ? [] : ["*"] }, { replace: true }),
    pin: (line: TableLine) => workspace.setView({ pinned: toggled(workspace.pinned.peek(), idsOf(line)) }, { replace: true }),
    hide: (line: TableLine) => workspace.setView({ hidden: toggled(workspace.hidden.peek(), idsOf(line)) }, { replace: true }),
    open(line: TableLine): void {
      if (line.kind === "run") workspace.open(line.run.id);
      else if (line.kind === "group") void unfold(workspace, groupId(line.group), line.group.run_ids);
    },
    edit(event: Event, run: Run, what: Editable): void {
      if (readOnly.peek()) return;
      event.preventDefault();
      editing.value = { run, what };
    },
    menu: (at: Place, line: TableLine | null) => void (menuAt.value = { at, line }),
    items: (line: TableLine | null): MenuItem[] => items(workspace, actions, line),
    /** Compare the selected runs, or the first two of the pinned and the one at the cursor. */
    async compare(): Promise<void> {
      const line = actions.cursor();
      const ids = await workspace.chosen(null);
      const all = [...new Set([...ids, ...(ids.length < 2 ? [...workspace.pinned.peek(), ...(line ? idsOf(line) : [])] : [])])];
      if (all.length < 2) return say("Select at least two runs to compare");
      go(`/compare?runs=${workspace.tokens(all.slice(0, 20)).join(",")}`);
      if (all.length > 20) say("The first 20 of them are compared");
    },
  };
  return actions;
}

async function unfold(workspace: Workspace, id: string, run_ids: readonly string[]): Promise<void> {
  const next = new Set(workspace.unfolded.peek());
  if (!next.delete(id)) next.add(id);
  workspace.unfolded.value = next;
  const missing = run_ids.filter((run) => !workspace.known.peek().has(run));
  if (!missing.length || !next.has(id)) return;
  try {
    const answer = await get<RunsAnswer>("/api/runs", { project: workspace.project, q: `id in (${missing.map((run) => JSON.stringify(run)).join(", ")})`, limit: 1000, archived: true, keys: workspace.asked.peek().keys });
    workspace.remember(answer.runs);
  } catch (error) {
    sayFailed(error);
  }
}

function items(workspace: Workspace, actions: Actions, line: TableLine | null): MenuItem[] {
  const own = line ? idsOf(line) : [];
  const selected = workspace.allSelected.peek() ? (workspace.rows.peek()?.total ?? 0) : workspace.selected.peek().size;
  const inSelection = own.length > 0 && own.every((id) => workspace.allSelected.peek() || workspace.selected.peek().has(id));
  const onSelection = selected > 0 && (line === null || inSelection);
  const n = onSelection ? selected : own.length;
  const ids = async () => (onSelection ? workspace.chosen(null) : own);
  const what = n === 1 && line?.kind === "run" ? line.run.name : plural(n, "run");
  const doing = (act: (run_ids: string[]) => unknown) => () => void ids().then(act).catch(sayFailed);
  const edit = (text: string, to: object, from: object) => doing((run_ids) => change(workspace, { run_ids, ...to }, `${text} ${what}`, [{ run_ids, ...from }]));
  const one = line?.kind === "run" && !onSelection ? line : null;
  const list: MenuItem[] = [];
  if (one) {
    list.push({ text: "Open", icon: "right", action: "run.open", onChoose: () => actions.open(one) });
    list.push({ text: workspace.pinned.peek().has(one.run.id) ? "Unpin" : "Pin", icon: "pin", action: "run.pin", onChoose: () => actions.pin(one) });
    list.push({ text: workspace.hidden.peek().has(one.run.id) ? "Show in charts" : "Hide from charts", icon: "hide", action: "run.hide", onChoose: () => actions.hide(one) });
  }
  if (n === 0) return [{ text: "Select runs first, with x or the boxes", disabled: true }];
  list.push({ text: n > 1 ? `Compare ${plural(Math.min(n, 20), "run")}` : "Compare with the pinned run", icon: "columns", action: "run.diff", onChoose: () => void actions.compare() });
  if (!readOnly.peek()) {
    if (one) {
      for (const [text, key] of [["Rename", "name"], ["Edit tags", "tags"], ["Edit note", "notes"]] as const) list.push({ text, apart: key === "name", onChoose: () => void (editing.value = { run: one.run, what: key }) });
    } else list.push({ text: `Tag ${what}…`, apart: true, onChoose: doing((run_ids) => tagMany(workspace, run_ids, what)) });
    const archived = one?.run.archived ?? false;
    list.push({ text: archived ? "Take out of the archive" : "Archive", onChoose: edit(archived ? "Out of the archive:" : "Archived", { archived: !archived }, { archived }) });
    list.push({ text: "Move to the bin", icon: "trash", danger: true, onChoose: doing((run_ids) => bin(workspace, run_ids, what)) });
  }
  const selection = (run_ids: string[]) => ({ run_ids: run_ids.join(",") });
  const query = onSelection && workspace.allSelected.peek() ? { project: workspace.project, q: workspace.view.peek().q } : null;
  const download = (kind: string, rows: string) => doing((run_ids) => void (location.href = address(`/api/export.${kind}`, { ...(query ?? selection(run_ids)), what: rows })));
  list.push({ text: "Table of runs as CSV", icon: "download", apart: true, onChoose: download("csv", "runs") });
  list.push({ text: "Every point as CSV", icon: "download", onChoose: download("csv", "rows") });
  list.push({ text: "Every point as Parquet", icon: "download", onChoose: download("parquet", "rows") });
  list.push({ text: "Copy ids", icon: "copy", apart: true, onChoose: doing((run_ids) => copy(run_ids.join("\n"), `${plural(run_ids.length, "id")} copied`)) });
  list.push({ text: "Copy as Python", icon: "copy", onChoose: doing((run_ids) => copy(`import eventide\n\nruns = eventide.open().runs(${JSON.stringify(query ? query.q : `id in (${run_ids.join(", ")})`)}, project=${JSON.stringify(workspace.project)})\n`, "Python copied")) });
  list.push({ text: "Copy as command", icon: "copy", onChoose: doing((run_ids) => copy(`eventide runs ${shell(query ? query.q : `id in (${run_ids.join(", ")})`)} --project ${shell(workspace.project)}`, "Command copied")) });
  return list;
}

const shell = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

async function bin(workspace: Workspace, run_ids: string[], what: string): Promise<void> {
  await change(workspace, { run_ids, deleted: true }, `${what} moved to the bin`, [{ run_ids, deleted: false }]);
  const gone = new Set(run_ids);
  if ([...workspace.selected.peek()].some((id) => gone.has(id)) || workspace.allSelected.peek()) workspace.setView({ selected: workspace.allSelected.peek() ? [] : workspace.tokens([...workspace.selected.peek()].filter((id) => !gone.has(id))) }, { replace: true });
}

/** Which runs are being tagged: the dialog asks for the tags. */
export const tagging = signal<{ run_ids: string[]; what: string; workspace: Workspace } | null>(null);

function tagMany(workspace: Workspace, run_ids: string[], what: string): void {
  tagging.value = { workspace, run_ids, what };
}
