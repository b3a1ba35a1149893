// Signals, and answers of the server as something a component can hold: `useAnswer` keeps the last good answer on screen while
// a newer one is under way or has failed, and drops answers to questions that are no longer asked.
import { signal, type Signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { isAborted, Problem } from "./api.ts";

export { batch, computed, effect, signal, useComputed, useSignal, useSignalEffect, type ReadonlySignal, type Signal } from "@preact/signals";

export interface Answer<T> {
  data: T | null;
  error: Problem | null;
  loading: boolean;
  /** When `data` came, in milliseconds. */
  at: number;
}

export interface Answering<T> extends Signal<Answer<T>> {}

const EMPTY: Answer<never> = { data: null, error: null, loading: true, at: 0 };

/** Ask whenever `question` changes. Returns the answer (a signal, read with `.value`) and a way to ask again.
 *  `question` null asks nothing. With `fresh`, an answer to another question is not kept on screen. */
export function useAnswer<T>(question: string | null, fetcher: (signal: AbortSignal) => Promise<T>, options: { fresh?: boolean } = {}): { answer: Signal<Answer<T>>; reload: () => void } {
  const answer = useMemo(() => signal<Answer<T>>({ ...EMPTY }), []);
  const latest = useRef(fetcher);
  latest.current = fetcher;
  const running = useRef<AbortController | null>(null);
  const reload = useMemo(
    () => () => {
      running.current?.abort();
      const control = new AbortController();
      running.current = control;
      if (!answer.peek().loading) answer.value = { ...answer.peek(), loading: true };
      latest.current(control.signal).then(
        (data) => {
          if (!control.signal.aborted) answer.value = { data, error: null, loading: false, at: Date.now() };
        },
        (error: unknown) => {
          if (control.signal.aborted || isAborted(error)) return;
          answer.value = { ...answer.peek(), error: asProblem(error), loading: false };
        },
      );
    },
    [],
  );
  useEffect(() => {
    if (question === null) {
      answer.value = { ...EMPTY, loading: false };
      return;
    }
    if (options.fresh) answer.value = { ...EMPTY };
    reload();
    return () => running.current?.abort();
  }, [question]);
  return { answer, reload };
}

/** Return `last` where it holds the same as `now`, so that what depends on it stays as it is. */
export const same = <T>(last: T[], now: T[]): T[] => (last.length === now.length && now.every((one, at) => one === last[at]) ? last : now);

export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(error instanceof Error ? error.message : String(error), 0, "PageError");
}

/** A signal whose value outlives the page, in the browser's own storage. */
export function kept<T>(name: string, otherwise: T): Signal<T> {
  let first = otherwise;
  try {
    const text = localStorage.getItem("eventide." + name);
    if (text !== null) first = JSON.parse(text) as T;
  } catch {
    // Storage may be forbidden or hold what an older page wrote: then it starts anew.
  }
  const made = signal(first);
  made.subscribe((value) => {
    try {
      if (JSON.stringify(value) === JSON.stringify(otherwise)) localStorage.removeItem("eventide." + name);
      else localStorage.setItem("eventide." + name, JSON.stringify(value));
    } catch {
      // Not kept, and nothing else is lost.
    }
  });
  return made;
}

/** Return a function that calls `act` once, `milliseconds` after its last call; not before the tab is looked at again. */
export function settled<A extends unknown[]>(milliseconds: number, act: (...values: A) => void): ((...values: A) => void) & { cancel: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const later = (...values: A) => {
    clearTimeout(timer);
    timer = setTimeout(() => (document.hidden ? later : act)(...values), milliseconds);
  };
  return Object.assign(later, { cancel: () => clearTimeout(timer) });
}

/** Runs that are pinned in the table of each project, by the last look at it. */
export const pins = kept<Record<string, readonly string[]>>("pins", {});
