// Changes to runs: which cell is being edited, and how a change is made so that it can be undone.
import { signal } from "@preact/signals";
import { send } from "../core/api.ts";
import type { Run, RunEdit } from "../core/types.ts";
import { say, sayFailed } from "../ui/toast.tsx";
import type { Workspace } from "./data.ts";

export type Editable = "name" | "notes" | "tags" | "group";

export const editing = signal<{ run: Run; what: Editable } | null>(null);

/** Change runs, refresh what is shown, and offer to undo. */
export async function change(workspace: Workspace, edit: Partial<RunEdit> & { run_ids: string[] }, done: string, back: (Partial<RunEdit> & { run_ids: string[] })[]): Promise<void> {
  try {
    await send("PATCH", "/api/runs", edit);
    await workspace.refresh();
    say(done, async () => {
      for (const one of back) await send("PATCH", "/api/runs", one);
      await workspace.refresh();
    });
  } catch (error) {
    sayFailed(error);
  }
}
