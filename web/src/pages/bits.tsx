// Small parts the pages share: an answer with its waiting and failing, the state of a run, links, facts, tabs, and the choice of a run.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { get, isAborted } from "../core/api.ts";
import { runColor } from "../core/colors.ts";
import { exact, value as written } from "../core/format.ts";
import { onChanges } from "../core/live.ts";
import { go, href, path, setQuery } from "../core/route.ts";
import { settled, type Answer, type Signal } from "../core/state.ts";
import { dark } from "../core/theme.ts";
import type { Parsed, Run, RunsAnswer, Status as RunStatus } from "../core/types.ts";
import { Icon } from "../ui/button.tsx";
import { Failure, Waiting } from "../ui/failure.tsx";
import { Dropdown } from "../ui/menu.tsx";

/** Show an answer, or why there is none; the last good one stays when a newer question failed. */
export function Asked<T>({ of: { answer, reload }, what, children }: { of: { answer: Signal<Answer<T>>; reload: () => void }; what?: string; children: (data: T) => ComponentChildren }): JSX.Element {
  const { data, error } = answer.value;
  return (
    <>
      {error && <Failure problem={error} onRetry={reload} />}
      {data !== null ? children(data) : !error && <Waiting what={what} />}
    </>
  );
}

/** Ask again when one of these runs changed, at most once in `milliseconds`. */
export function useLive(ids: readonly string[], reload: () => void, milliseconds = 700): void {
  const key = ids.join();
  useEffect(() => {
    const wanted = new Set(ids);
    let due = false;
    const later = settled(milliseconds, () => ((due = false), reload()));
    const end = onChanges((changes) => {
      if (due || (changes.runs?.length && !changes.runs.some((run) => wanted.has(run.id)))) return;
      due = true;
      later();
    });
    return () => (end(), later.cancel());
  }, [key]);
}

export const Status = ({ status, bare }: { status: RunStatus; bare?: boolean }): JSX.Element => (
  <span class="status"><span class={`status-dot ${status}`} role="img" aria-label={bare ? status : undefined} aria-hidden={!bare} title={status} />{!bare && status}</span>
);

export const runHref = (id: string, tab = ""): string => href(`/r/${encodeURIComponent(id)}${tab ? "/" + tab : ""}`);

/** The mark a run has in every chart. */
export const Swatch = ({ id }: { id: string }): JSX.Element => <span class="swatch" style={{ background: runColor(id, dark.value) }} aria-hidden="true" />;

export const RunLink = ({ run, tab }: { run: Pick<Run, "id" | "name">; tab?: string }): JSX.Element => (
  <a class="run-link" href={runHref(run.id, tab)} title={`${run.name}\n${run.id}`}><Swatch id={run.id} /><bdi class="cut">{run.name}</bdi></a>
);

/** A logged value on one line: numbers short with the exact one as title, texts isolated from the writing direction around them. */
export function Shown({ of, cut = true }: { of: unknown; cut?: boolean }): JSX.Element {
  const text = written(of);
  return <bdi class={cut ? "value cut" : "value"} title={exact(of).slice(0, 2000) || undefined}>{text.length > 4000 ? text.slice(0, 4000) + "…" : text}</bdi>;
}

export function Facts({ list }: { list: [string, ComponentChildren][] }): JSX.Element {
  const given = list.filter(([, what]) => what !== null && what !== undefined && what !== "" && what !== false);
  return <dl class="facts">{given.map(([name, what]) => <div key={name}><dt>{name}</dt><dd>{what}</dd></div>)}</dl>;
}

export interface TabEntry {
  id: string;
  text: string;
  count?: number | undefined;
}

/** Views of one thing, as links: `to` gives the address of each. */
export function LinkTabs({ list, current, to, label }: { list: readonly TabEntry[]; current: string; to: (id: string) => string; label: string }): JSX.Element {
  return (
    <nav class="tabs page-tabs" aria-label={label}>
      {list.map((tab) => (
        <a key={tab.id} href={to(tab.id)} aria-current={tab.id === current ? "page" : undefined}>
          {tab.text}{tab.count !== undefined && <span class="tab-count">{tab.count}</span>}
        </a>
      ))}
    </nav>
  );
}

/** A small choice between a few, side by side. */
export function Choice<T extends string>({ label, list, chosen, onChoose }: { label: string; list: readonly (readonly [T, string])[]; chosen: T; onChoose: (one: T) => void }): JSX.Element {
  return (
    <div class="choice" role="group" aria-label={label}>
      {list.map(([id, text]) => <button key={id} type="button" class="choice-one" aria-pressed={id === chosen} onClick={() => onChoose(id)}>{text}</button>)}
    </div>
  );
}

/** A select with its label before it. */
export function Select({ label, name, value, list, onChange, class: kind = "" }: { label: string; name?: string; value: string; list: readonly (readonly [string, string])[]; onChange: (value: string) => void; class?: string }): JSX.Element {
  return (
    <label class={`select ${kind}`}>
      {label && <span>{label}</span>}
      <select aria-label={label ? undefined : name} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {list.map(([id, text]) => <option key={id} value={id}>{text}</option>)}
      </select>
    </label>
  );
}

/** A choice that lives in the address. */
export const inQuery = (key: string, otherwise: string) => (value: string): void => setQuery({ [key]: value === otherwise ? null : value }, { replace: true });

/** A button that opens a field in which a run is found by typing. */
export function RunPicker({ text, project, leaveOut, onPick, tools }: { text: string; project?: string | undefined; leaveOut?: readonly string[]; onPick: (run: Run) => void; tools?: (close: () => void) => ComponentChildren }): JSX.Element {
  return (
    <Dropdown label={text} class="plain" popupClass="panel run-picker" button={<>{text}<Icon name="down" size={12} /></>}>
      {(close) => <>{tools?.(close)}<Found project={project} leaveOut={leaveOut ?? []} onPick={(run) => (close(), onPick(run))} /></>}
    </Dropdown>
  );
}

function Found({ project, leaveOut, onPick }: { project?: string | undefined; leaveOut: readonly string[]; onPick: (run: Run) => void }): JSX.Element {
  const [typed, setTyped] = useState("");
  const [runs, setRuns] = useState<Run[]>([]);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const control = new AbortController();
    const ask = (q: string) => get<RunsAnswer>("/api/runs", { project, q, limit: 12, keys: "-", details: false }, control.signal);
    const timer = setTimeout(() => {
      const named = `name:"${typed.replace(/["\\]/g, "")}"`;
      const asked = typed ? get<Parsed>("/api/parse", { q: typed }, control.signal).then(({ ok }) => ask(ok ? typed : named)) : ask("");
      asked.catch((error) => (isAborted(error) ? Promise.reject(error) : ask(named))).then((answer) => setRuns(answer.runs), () => undefined);
    }, typed ? 120 : 0);
    return () => (clearTimeout(timer), control.abort());
  }, [typed, project]);
  const shown = runs.filter((run) => !leaveOut.includes(run.id));
  return (
    <>
      <input class="wide" aria-label="Find a run by name or filter" placeholder="name or filter" value={typed} onInput={(event) => setTyped(event.currentTarget.value)} onKeyDown={(event) => {
        if (event.key === "Enter" && shown[0]) onPick(shown[0]);
        if (event.key === "ArrowDown") event.preventDefault(), list.current?.querySelector("button")?.focus();
      }} />
      <div ref={list} class="picked-list" onKeyDown={(event) => {
        const next = event.key === "ArrowDown" ? document.activeElement?.nextElementSibling : event.key === "ArrowUp" ? document.activeElement?.previousElementSibling : null;
        if (next) event.preventDefault(), (next as HTMLElement).focus();
      }}>
        {shown.map((run) => (
          <button key={run.id} type="button" class="menu-item" onClick={() => onPick(run)}>
            <Swatch id={run.id} /><bdi class="menu-text">{run.name}</bdi><span class="menu-detail"><Status status={run.status} /></span>
          </button>
        ))}
        {!shown.length && <p class="faint">No other run is found</p>}
      </div>
    </>
  );
}

/** Name the browser's tab while a page is shown. */
export function useTitle(text: string): void {
  useEffect(() => void (document.title = `${text} · Eventide`), [text]);
}

/** Leave the field one is in; else go up to an address. */
export const up = (address: string): boolean => {
  const field = document.activeElement as HTMLElement | null;
  if (field?.matches("input, textarea, select")) {
    field.blur();
    return true;
  }
  if (path.peek() === address) return false;
  go(address);
  return true;
};

/** A column of empty room says what would be here and how it gets there. */
export function Nothing({ what, how, code }: { what: string; how?: ComponentChildren; code?: string }): JSX.Element {
  return <div class="nothing"><p>{what}</p>{how && <p class="faint">{how}</p>}{code && <pre class="code" tabIndex={0}><code>{code}</code></pre>}</div>;
}
