// The rows of the table as a flat list of lines: pinned runs first; runs, or groups with the runs of those unfolded.
import { computed, type ReadonlySignal } from "@preact/signals";
import type { Group, Run } from "../core/types.ts";
import type { Workspace } from "./data.ts";
import { groupId } from "./ranks.ts";

export type TableLine = { kind: "run"; run: Run; pinned: boolean; depth: number } | { kind: "group"; group: Group; place: number; open: boolean } | { kind: "waiting" };

/** Lines of the table by their runs: the same run has the same line, so that nothing is drawn anew. */
const known = new WeakMap<Run, TableLine>();

function lineOf(run: Run): TableLine {
  const line: TableLine = known.get(run) ?? { kind: "run", run, pinned: false, depth: 0 };
  known.set(run, line);
  return line;
}

export function watchLines(workspace: Workspace): ReadonlySignal<readonly TableLine[]> {
  return computed(() => {
    const pinned = [...workspace.pinned.value].map((id) => workspace.known.value.get(id)).filter((run): run is Run => run !== undefined);
    const lines: TableLine[] = pinned.map((run) => ({ kind: "run", run, pinned: true, depth: 0 }));
    if (workspace.view.value.groupBy.length) {
      for (const [place, group] of (workspace.groups.value?.groups ?? []).entries()) {
        const open = workspace.unfolded.value.has(groupId(group));
        lines.push({ kind: "group", group, place, open });
        if (!open) continue;
        for (const id of group.run_ids) {
          const run = workspace.known.value.get(id);
          lines.push(run ? { kind: "run", run, pinned: false, depth: 1 } : { kind: "waiting" });
        }
      }
      return lines;
    }
    for (const run of workspace.rows.value?.runs ?? []) {
      if (!run) lines.push({ kind: "waiting" });
      else if (!workspace.pinned.value.has(run.id)) lines.push(lineOf(run));
    }
    return lines;
  });
}

/** Return the best value of each metric column among runs, so that it can be bold; null where no way is good. */
export function bestOf(values: readonly (number | null)[], direction: "max" | "min" | null | undefined): number | null {
  if (!direction) return null;
  let best: number | null = null;
  for (const value of values) if (value !== null && (best === null || (direction === "max" ? value > best : value < best))) best = value;
  return best;
}
