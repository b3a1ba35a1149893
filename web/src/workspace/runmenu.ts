// What can be done with the run at hand or with all selected ones; loaded when it is asked for.
import { readOnly } from "../app/store.ts";
import { address } from "../core/api.ts";
import { plural } from "../core/format.ts";
import type { MenuItem } from "../ui/menu.tsx";
import { copy, sayFailed } from "../ui/toast.tsx";
import { idsOf, tagging, type Actions } from "./actions.ts";
import type { Workspace } from "./data.ts";
import { change, editing } from "./editing.ts";
import type { TableLine } from "./lines.ts";

export function runItems(workspace: Workspace, actions: Actions, line: TableLine | null): MenuItem[] {
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
    } else list.push({ text: `Tag ${what}…`, apart: true, onChoose: doing((run_ids) => void (tagging.value = { workspace, run_ids, what })) });
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
