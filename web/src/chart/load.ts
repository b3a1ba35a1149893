// Asks for curves. The last answers are kept with their ETag, so that what did not change is not sent again; an answer to a
// question that is no longer asked is dropped; changes of shown runs ask again, one question of a chart at a time.
import { signal, type Signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { bytes, isAborted, type Problem } from "../core/api.ts";
import { onChanges } from "../core/live.ts";
import { decode, type SeriesAnswer } from "../core/series.ts";
import { asProblem } from "../core/state.ts";
import type { SeriesRequest } from "../core/types.ts";

export interface Loaded {
  answer: SeriesAnswer | null;
  /** What `answer` answers. */
  question: string;
  error: Problem | null;
  loading: boolean;
}

const KEEP = 24;
const LIVE_MS = 300;
const known = new Map<string, { etag: string; answer: SeriesAnswer }>();

async function ask(question: string, signal: AbortSignal): Promise<SeriesAnswer> {
  const old = known.get(question);
  const got = await bytes("/api/series", JSON.parse(question), signal, old?.etag ?? "");
  const answer = got ? decode(got.buffer) : old!.answer;
  known.delete(question);
  known.set(question, { etag: got?.etag ?? old?.etag ?? "", answer });
  for (const first of known.keys()) {
    if (known.size <= KEEP) break;
    known.delete(first);
  }
  return answer;
}

/** Forget all answers. */
export const forget = (): void => known.clear();

/** Ask the question while it is not null, and again when its runs change. */
export function useSeries(question: SeriesRequest | null): { loaded: Signal<Loaded>; reload: () => void } {
  const text = question ? JSON.stringify(question) : "";
  const loaded = useMemo(() => signal<Loaded>({ answer: null, question: "", error: null, loading: true }), []);
  const state = useMemo(() => ({ text: "", control: null as AbortController | null, busy: false, again: false, timer: 0 as unknown as ReturnType<typeof setTimeout> }), []);
  const load = useMemo(
    () => async () => {
      state.control?.abort();
      const control = (state.control = new AbortController());
      const asked = state.text;
      if (!asked) return;
      state.busy = true;
      if (loaded.peek().question !== asked) loaded.value = { ...loaded.peek(), loading: true };
      try {
        const answer = await ask(asked, control.signal);
        if (control.signal.aborted) return;
        const old = loaded.peek();
        if (old.answer !== answer || old.question !== asked || old.error || old.loading) loaded.value = { answer, question: asked, error: null, loading: false };
      } catch (error) {
        if (control.signal.aborted || isAborted(error)) return;
        loaded.value = { ...loaded.peek(), error: asProblem(error), loading: false };
      } finally {
        if (!control.signal.aborted) {
          state.busy = false;
          if (state.again) later();
        }
      }
    },
    [],
  );
  const later = () => {
    state.again = false;
    clearTimeout(state.timer);
    state.timer = setTimeout(() => void load(), LIVE_MS);
  };
  useEffect(() => {
    state.text = text;
    state.again = false;
    clearTimeout(state.timer);
    if (text) void load();
    return () => state.control?.abort();
  }, [text]);
  useEffect(() => {
    const runs = question?.run_ids ? new Set(question.run_ids) : null;
    if (!text) return;
    let due = false;
    return onChanges((changes) => {
      const mine = (changes.runs ?? []).some((run) => (runs ? runs.has(run.id) : !question?.project || run.project === question.project));
      if (!mine && changes.runs?.length) return;
      if (state.busy) state.again = true;
      else if (!due) {
        due = true;
        setTimeout(() => ((due = false), void load()), 30);
      }
    });
  }, [text]);
  useEffect(() => () => clearTimeout(state.timer), []);
  return { loaded, reload: () => void load() };
}
