// What a run printed: only the visible lines exist, colours of a terminal are shown, standard error is marked. The end is followed
// until one scrolls up; then new lines are counted instead.
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { get } from "../../core/api.ts";
import { count, dateTime, plural } from "../../core/format.ts";
import { useKeys } from "../../core/keys.ts";
import { onChanges } from "../../core/live.ts";
import { query, setQuery } from "../../core/route.ts";
import { asProblem } from "../../core/state.ts";
import type { Problem } from "../../core/api.ts";
import type { ConsoleAnswer, ConsoleText, RunDetails } from "../../core/types.ts";
import { Button } from "../../ui/button.tsx";
import { Failure } from "../../ui/failure.tsx";
import { copy, save } from "../../ui/toast.tsx";
import { visible } from "../../ui/span.ts";
import { overwritten, pieces, plain } from "../../view/ansi.ts";
import { Nothing } from "../bits.tsx";

const ROW = 19;
const PAGE = 5000;

export interface Printed {
  lines: ConsoleText[];
  total: number;
  problem: Problem | null;
  done: boolean;
  more: () => void;
}

/** Ask for the printed lines, from the beginning, and for what is new when the run says so. */
export function useConsole(run: Pick<RunDetails, "id">): Printed {
  const [state, setState] = useState<Omit<Printed, "more">>({ lines: [], total: 0, problem: null, done: false });
  const at = useRef({ next: 0, busy: false, again: false, lines: [] as ConsoleText[] });
  const load = useMemo(() => async () => {
    const own = at.current;
    if (own.busy) return void (own.again = true);
    own.busy = true;
    try {
      for (;;) {
        const answer = await get<ConsoleAnswer>(`/api/runs/${encodeURIComponent(run.id)}/console`, { after: own.next, limit: PAGE });
        if (answer.lines.length) own.lines = own.lines.concat(answer.lines.filter((line) => line.n >= own.next));
        own.next = answer.next;
        setState({ lines: own.lines, total: answer.total, problem: null, done: answer.lines.length < PAGE });
        if (answer.lines.length < PAGE) break;
      }
    } catch (error) {
      setState((old) => ({ ...old, problem: asProblem(error), done: true }));
    }
    own.busy = false;
    if (own.again) (own.again = false), setTimeout(() => void load(), 400);
  }, [run.id]);
  useEffect(() => {
    at.current = { next: 0, busy: false, again: false, lines: [] };
    void load();
    return onChanges((changes) => (!changes.runs?.length || changes.runs.some((one) => one.id === run.id)) && void load());
  }, [run.id]);
  return { ...state, more: () => void load() };
}

export function Line({ line, mark }: { line: ConsoleText; mark: string }): JSX.Element {
  return <span class="console-text" dir="ltr">{pieces(line.text).map((piece, place) => <span key={place} class={piece.kind || undefined} style={piece.color || piece.back ? { color: piece.color, background: piece.back } : undefined}>{found(piece.text, mark)}</span>)}</span>;
}

function found(text: string, wanted: string): (string | JSX.Element)[] {
  if (!wanted) return [text];
  const out: (string | JSX.Element)[] = [];
  const low = text.toLowerCase();
  let from = 0;
  for (let at = low.indexOf(wanted); at >= 0; at = low.indexOf(wanted, from)) {
    out.push(text.slice(from, at), <mark key={at}>{text.slice(at, at + wanted.length)}</mark>);
    from = at + wanted.length;
  }
  return [...out, text.slice(from)];
}

const clock = (ts: number): string => dateTime(ts).slice(11);

export function Console({ run }: { run: RunDetails }): JSX.Element {
  const { lines, problem, done, more } = useConsole(run);
  const [search, setSearch] = useState("");
  const [only, setOnly] = useState(false);
  const [stream, setStream] = useState<"all" | "stderr">("all");
  const [place, setPlace] = useState(0);
  const wanted = search.toLowerCase();
  const shown = useMemo(() => lines.filter((line) => (stream === "all" || line.stream === stream) && (!only || !wanted || plain(line.text).toLowerCase().includes(wanted))), [lines, stream, only, wanted]);
  const hits = useMemo(() => (wanted ? shown.flatMap((line, at) => (plain(overwritten(line.text)).toLowerCase().includes(wanted) ? [at] : [])) : []), [shown, wanted]);
  const box = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const [span, setSpan] = useState({ from: 0, to: 80 });
  const [follow, setFollow] = useState(run.status === "running" && !query.value["at"]);
  const seen = useRef(0);
  const wide = useMemo(() => Math.min(400, shown.reduce((most, line) => Math.max(most, line.text.length), 40)), [shown]);

  const measure = () => {
    const element = box.current;
    if (!element) return;
    const atEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - ROW * 1.5;
    if (atEnd) seen.current = shown.length;
    setFollow(atEnd && run.status === "running");
    setSpan(visible(element.scrollTop, element.clientHeight, ROW, shown.length, 20));
  };
  const toRow = (row: number) => {
    setFollow(false);
    box.current?.scrollTo({ top: Math.max(0, row * ROW - box.current.clientHeight / 3) });
  };
  useEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
    measure();
  }, [shown.length, follow]);
  const asked = Number(query.value["at"]);
  const nearest = useMemo(() => {
    if (!asked || !shown.length) return -1;
    let low = 0;
    let high = shown.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (shown[middle]!.ts < asked) low = middle + 1;
      else high = middle;
    }
    return low;
  }, [asked, shown]);
  useEffect(() => void (nearest >= 0 && done && toRow(nearest)), [nearest >= 0 && done, asked]);
  const step = (way: number) => {
    if (!hits.length) return;
    const next = (place + way + hits.length) % hits.length;
    setPlace(next);
    toRow(hits[next]!);
  };
  useEffect(() => {
    setPlace(0);
    if (hits.length && wanted) toRow(hits[0]!);
  }, [wanted]);
  useKeys({ "filter.focus": () => field.current?.focus(), "run.console": () => box.current?.focus() });
  const fresh = run.status === "running" && !follow ? Math.max(0, shown.length - seen.current) : 0;

  const rows = [];
  for (let at = span.from; at < Math.min(span.to, shown.length); at += 1) {
    const line = shown[at]!;
    rows.push(
      <div key={line.n} class={`console-line ${line.stream === "stderr" ? "is-stderr" : ""} ${at === nearest ? "is-asked" : ""} ${hits[place] === at ? "is-hit" : ""}`} style={{ transform: `translateY(${at * ROW}px)` }}>
        <span class="console-time" title={dateTime(line.ts)}>{clock(line.ts)}</span>
        <span class="console-mark" title={line.stream === "stderr" ? "standard error" : undefined}>{line.stream === "stderr" ? "!" : ""}</span>
        <Line line={line} mark={wanted} />
      </div>,
    );
  }
  return (
    <div class="console-page">
      <div class="tool-row">
        <input ref={field} type="search" aria-label="Search the console" placeholder="search" value={search} onInput={(event) => setSearch(event.currentTarget.value)} onKeyDown={(event) => event.key === "Enter" && step(event.shiftKey ? -1 : 1)} />
        {wanted && <><span class="faint" role="status">{hits.length ? `${place + 1} of ${count(hits.length)}` : "not found"}</span><Button icon="up" label="Previous match" onClick={() => step(-1)} /><Button icon="down" label="Next match" onClick={() => step(1)} /><label class="check"><input type="checkbox" checked={only} onChange={() => setOnly(!only)} />only matches</label></>}
        <label class="check"><input type="checkbox" checked={stream === "stderr"} onChange={() => setStream(stream === "all" ? "stderr" : "all")} />only errors</label>
        {nearest >= 0 && shown[nearest] && <button type="button" class="chip" onClick={() => setQuery({ at: null }, { replace: true })}>at {clock(asked)} ✕</button>}
        <span class="room" />
        <span class="faint">{plural(lines.length, "line")}{done ? "" : "…"}</span>
        <Button icon="copy" label="Copy all lines" onClick={() => void copy(shown.map((line) => plain(overwritten(line.text))).join("\n"), `${plural(shown.length, "line")} copied`)} />
        <Button icon="download" label="Save as text" onClick={() => save(`${run.name}.log`, new Blob([shown.map((line) => plain(overwritten(line.text))).join("\n") + "\n"], { type: "text/plain" }))} />
      </div>
      {problem && <Failure problem={problem} onRetry={more} />}
      {done && !lines.length && !problem && <Nothing what="Nothing was printed" />}
      <div ref={box} class="console mono" role="log" aria-label="Console" aria-live="off" tabIndex={0} onScroll={measure}>
        <div style={{ height: `${shown.length * ROW}px`, minWidth: `${wide + 14}ch`, position: "relative" }}>{rows}</div>
      </div>
      {fresh > 0 && <button type="button" class="chip console-fresh" onClick={() => setFollow(true)}>{plural(fresh, "new line")} ↓</button>}
    </div>
  );
}
