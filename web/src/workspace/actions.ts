// What can be done with runs of the table, by key, menu or palette: select, pin, hide, compare, tag, archive, delete, export, copy.
import { signal } from "@preact/signals";
import { readOnly } from "../app/store.ts";
import { go } from "../core/route.ts";
import type { Run } from "../core/types.ts";
import type { MenuItem } from "../ui/menu.tsx";
import type { Place } from "../ui/place.ts";
import { say, sayFailed } from "../ui/toast.tsx";
import { get } from "../core/api.ts";
import type { RunsAnswer } from "../core/types.ts";
import type { Workspace } from "./data.ts";
import { groupId } from "./ranks.ts";
import { editing, type Editable } from "./editing.ts";
import type { TableLine } from "./lines.ts";

export type Actions = ReturnType<typeof makeActions>;

export const idsOf = (line: TableLine): string[] => (line.kind === "run" ? [line.run.id] : line.kind === "group" ? line.group.run_ids : []);

export function makeActions(workspace: Workspace) {
  const menuAt = signal<{ at: Place; items: MenuItem[] } | null>(null);
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
    async menu(at: Place, line: TableLine | null): Promise<void> {
      const { runItems } = await import("./runmenu.ts");
      menuAt.value = { at, items: runItems(workspace, actions, line) };
    },
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

/** Which runs are being tagged: the dialog asks for the tags. */
export const tagging = signal<{ run_ids: string[]; what: string; workspace: Workspace } | null>(null);
