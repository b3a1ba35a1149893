// One field that finds everything: actions of the page, pages, projects, runs and metrics.
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { get, isAborted } from "../core/api.ts";
import { ACTIONS } from "../core/actions.ts";
import { isBound, keyLabel, keysOf, perform } from "../core/keys.ts";
import { go } from "../core/route.ts";
import { ranked } from "../core/fuzzy.ts";
import type { Columns, RunsAnswer } from "../core/types.ts";
import { NAVIGATION, STORE_PAGES } from "../pages/index.ts";
import { Dialog } from "../ui/dialog.tsx";
import { pageActions } from "./slots.ts";
import { exists, project, projects } from "./store.ts";

interface Entry {
  text: string;
  kind: string;
  detail?: string | undefined;
  run: () => void;
}

const SHOWN = 12;

export function Palette({ onClose }: { onClose: () => void }): JSX.Element {
  const [text, setText] = useState("");
  const [place, setPlace] = useState(0);
  const found = useFound(text.trim());
  const fixed = useMemo(entries, []);
  const list = ranked(text, [...fixed, ...found], (entry) => entry.text).slice(0, SHOWN);
  const at = Math.min(place, list.length - 1);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const choose = (entry: Entry | undefined) => {
    if (!entry) return;
    onClose();
    setTimeout(entry.run);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setPlace((at + 1) % Math.max(1, list.length));
    else if (event.key === "ArrowUp") setPlace((at - 1 + list.length) % Math.max(1, list.length));
    else if (event.key === "Enter") choose(list[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="Find anything" onClose={onClose} class="palette" bare>
      <input
        ref={field}
        type="text"
        class="palette-field"
        placeholder="Action, run, metric, page…"
        role="combobox"
        aria-label="Find anything"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={at >= 0 ? `palette-${at}` : undefined}
        value={text}
        onInput={(event) => (setText(event.currentTarget.value), setPlace(0))}
        onKeyDown={onKey}
      />
      <ul id="palette-list" role="listbox" aria-label="Found">
        {list.map((entry, number) => (
          <li key={entry.kind + entry.text} id={`palette-${number}`} role="option" aria-selected={number === at} onPointerMove={() => setPlace(number)} onClick={() => choose(entry)}>
            <span class="palette-text">{entry.text}</span>
            <span class="palette-detail">{entry.detail}</span>
            <span class="palette-kind">{entry.kind}</span>
          </li>
        ))}
      </ul>
      {!list.length && <p class="faint palette-none">Nothing is called so</p>}
    </Dialog>
  );
}

function entries(): Entry[] {
  const actions = ACTIONS.filter((action) => isBound(action.id) && action.id !== "palette.open").map((action): Entry => ({ text: action.text, kind: "action", detail: keyLabel(keysOf(action.id)[0] ?? ""), run: () => perform(action.id) }));
  const own = pageActions.value.map((action): Entry => ({ ...action, kind: "action" }));
  const pages = [...(project.value ? NAVIGATION.filter(exists) : []), ...STORE_PAGES].map((entry): Entry => ({ text: entry.text, kind: "page", run: () => go(entry.href.replace(":project", encodeURIComponent(project.value))) }));
  const all = (projects.value ?? []).map((one): Entry => ({ text: one.name, kind: "project", detail: `${one.runs} runs`, run: () => go(`/p/${encodeURIComponent(one.name)}`) }));
  return [...own, ...actions, ...pages, ...all];
}

/** Runs whose name contains the text, and metrics. */
function useFound(text: string): Entry[] {
  const [runs, setRuns] = useState<Entry[]>([]);
  const [metrics, setMetrics] = useState<Entry[]>([]);
  useEffect(() => {
    if (!text) return setRuns([]);
    const control = new AbortController();
    const timer = setTimeout(() => {
      const quoted = `"${text.replace(/["\\]/g, "")}"`;
      get<RunsAnswer>("/api/runs", { q: quoted, limit: 8, keys: "" }, control.signal)
        .then((answer) => setRuns(answer.runs.map((run) => ({ text: run.name, kind: "run", detail: run.project, run: () => go(`/r/${run.id}`) }))))
        .catch((error: unknown) => void (isAborted(error) || setRuns([])));
    }, 120);
    return () => (clearTimeout(timer), control.abort());
  }, [text]);
  useEffect(() => {
    if (!project.value) return;
    const here = encodeURIComponent(project.value);
    get<Columns>("/api/columns", { project: project.value })
      .then((answer) => setMetrics(answer.metrics.map(({ key, runs: n }) => ({ text: key, kind: "metric", detail: `${n} runs`, run: () => go(`/p/${here}?c=${encodeURIComponent(key)}`) }))))
      .catch(() => undefined);
  }, []);
  return [...metrics, ...runs];
}
