// Short words about what was done, with a way back: deleting asks nothing before, and can be undone for ten seconds (or with the
// key of `edit.undo` until something else is done).
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { asProblem } from "../core/state.ts";
import { Button } from "./button.tsx";

interface Toast {
  id: number;
  text: string;
  kind: "done" | "failed";
  undo: (() => unknown) | null;
}

const UNDO_MS = 10_000;
const toasts = signal<Toast[]>([]);
let last = 0;
let lastUndo: (() => unknown) | null = null;

/** Say something for a few seconds; with `undo`, for ten, with a button. */
export function say(text: string, undo: (() => unknown) | null = null, kind: Toast["kind"] = "done"): void {
  const id = ++last;
  if (undo) lastUndo = undo;
  toasts.value = [...toasts.value.slice(-2), { id, text, kind, undo }];
  setTimeout(() => dismiss(id), undo ? UNDO_MS : kind === "failed" ? 8000 : 3500);
}

/** Say why something was not done. */
export function sayFailed(error: unknown): void {
  const problem = asProblem(error);
  say(problem.hint ? `${problem.message} (${problem.hint})` : problem.message, null, "failed");
}

const dismiss = (id: number): void => {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
};

/** Undo what was done last; returns whether there was anything. */
export function undoLast(): boolean {
  const undo = lastUndo;
  lastUndo = null;
  if (!undo) return false;
  toasts.value = toasts.value.filter((toast) => toast.undo !== undo);
  void Promise.resolve(undo()).catch(sayFailed);
  return true;
}

export function Toasts(): JSX.Element {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((toast) => (
        <div key={toast.id} class={`toast ${toast.kind}`}>
          <span>{toast.text}</span>
          {toast.undo && (
            <Button
              label="Undo"
              action="edit.undo"
              kind="plain"
              onClick={() => {
                lastUndo = toast.undo;
                undoLast();
              }}
            >
              Undo
            </Button>
          )}
          <Button icon="close" label="Dismiss" onClick={() => dismiss(toast.id)} />
        </div>
      ))}
    </div>
  );
}

export async function copy(text: string, what = "Copied"): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say(what);
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    say(done ? what : "The browser does not let the page copy", null, done ? "done" : "failed");
  }
}

/** Let the browser save a file made by the page. */
export function save(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
