// Editing name, note, tags or group where they stand: Enter keeps, Escape does not, and what was done can be undone.
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Run } from "../core/types.ts";
import type { Workspace } from "./data.ts";
import { change, editing, type Editable } from "./editing.ts";

const words = (text: string): string[] => text.split(/[,\s]+/).filter(Boolean);

function save(workspace: Workspace, run: Run, what: Editable, text: string): void {
  const run_ids = [run.id];
  if (what === "tags") {
    const wanted = words(text);
    const add_tags = wanted.filter((tag) => !run.tags.includes(tag));
    const remove_tags = run.tags.filter((tag) => !wanted.includes(tag));
    if (add_tags.length || remove_tags.length) void change(workspace, { run_ids, add_tags, remove_tags }, `Tags of ${run.name} changed`, [{ run_ids, add_tags: remove_tags, remove_tags: add_tags }]);
    return;
  }
  if (text === run[what] || (what === "name" && !text)) return;
  void change(workspace, { run_ids, [what]: text }, `${what === "notes" ? "Note" : what === "name" ? "Name" : "Group"} of ${run.name} changed`, [{ run_ids, [what]: run[what] }]);
}

export function Editor({ workspace }: { workspace: Workspace }): JSX.Element | null {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);
  const now = editing.value;
  if (!now) return null;
  const { run, what } = now;
  const end = (keep: boolean) => {
    if (editing.peek() !== now) return;
    const text = field.current!.value.trim();
    editing.value = null;
    document.querySelector<HTMLElement>(".table-box")?.focus({ preventScroll: true });
    if (keep) save(workspace, run, what, text);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    end(event.key === "Enter");
  };
  return <input ref={field} class="cell-editor" aria-label={`${what} of ${run.name}`} value={what === "tags" ? run.tags.join(", ") : run[what]} onKeyDown={onKey} onBlur={() => end(true)} onClick={(event) => event.stopPropagation()} />;
}
