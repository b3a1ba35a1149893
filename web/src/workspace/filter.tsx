// The filter: one line of the grammar that is the same in every front end. What does not parse yet is underlined at its place, with
// what was expected, while the last good result stays on screen. Completion offers fields, then values with their counts.
import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { get, isAborted, Problem } from "../core/api.ts";
import { useKeys, keyLabel, keysOf } from "../core/keys.ts";
import { asProblem, settled } from "../core/state.ts";
import type { CompletionAnswer, Parsed } from "../core/types.ts";
import { Button, Icon } from "../ui/button.tsx";
import { later } from "../ui/portal.tsx";
import type { Workspace } from "./data.ts";
import type { OffersProps } from "./offers.tsx";

const PARSE_MS = 40;
/** A name without an operator is often the beginning of more: it is applied when typing rests. */
const REST_MS = 450;
const UNFINISHED = /\s[\w./-]+$/;
const Offers = later<OffersProps>(() => import("./offers.tsx").then((module) => module.Offers));

export function Filter({ workspace, onFacets, facetsOpen }: { workspace: Workspace; onFacets: () => void; facetsOpen: boolean }): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const text = useSignal(workspace.view.peek().q);
  const wrong = useSignal<Problem | null>(null);
  const offers = useSignal<CompletionAnswer | null>(null);
  const place = useSignal(-1);
  const entered = useSignal(workspace.view.peek().q);
  const jobs = useMemo(() => ({ parse: new AbortController(), complete: new AbortController() }), []);

  // The address may change by other hands: back, facets, a saved view.
  const q = workspace.view.value.q;
  useEffect(() => {
    if (q !== entered.peek()) {
      entered.value = q;
      text.value = q;
      wrong.value = null;
    }
  }, [q]);

  const apply = (wanted: string, leave: boolean) => {
    entered.value = wanted;
    workspace.setView({ q: wanted, ...(workspace.allSelected.peek() ? { selected: [] } : {}) }, { replace: !leave });
  };
  const parse = useMemo(() => settled(PARSE_MS, async (wanted: string) => {
    jobs.parse.abort();
    const control = (jobs.parse = new AbortController());
    try {
      const found = wanted.trim() ? await get<Parsed>("/api/parse", { q: wanted }, control.signal) : null;
      if (control.signal.aborted) return;
      wrong.value = found && !found.ok ? new Problem(found.message ?? "", 0, "", "", found.position) : null;
      if (!wrong.value) apply(wanted.trim(), false);
    } catch (error) {
      if (!isAborted(error)) wrong.value = asProblem(error);
    }
  }), []);
  const rest = useMemo(() => settled(REST_MS, (wanted: string) => wanted === text.peek() && parse(wanted)), []);
  const complete = useMemo(() => settled(PARSE_MS, async () => {
    jobs.complete.abort();
    const control = (jobs.complete = new AbortController());
    const element = field.current;
    if (!element || document.activeElement !== element) return;
    try {
      const answer = await get<CompletionAnswer>("/api/complete", { project: workspace.project, text: element.value, cursor: element.selectionStart ?? element.value.length }, control.signal);
      if (control.signal.aborted || document.activeElement !== element) return;
      offers.value = answer.items.length && !(answer.items.length === 1 && answer.items[0]!.text === element.value.slice(answer.start, answer.end)) ? answer : null;
      place.value = -1;
    } catch {
      offers.value = null;
    }
  }), []);

  const input = (value: string) => {
    text.value = value;
    if (UNFINISHED.test(value)) rest(value);
    else parse(value);
    complete();
  };
  const take = (at: number) => {
    const answer = offers.value;
    const item = answer?.items[at];
    if (!answer || !item) return;
    const before = text.value.slice(0, answer.start) + item.text;
    const after = text.value.slice(answer.end);
    offers.value = null;
    field.current!.value = before + after;
    field.current!.setSelectionRange(before.length, before.length);
    input(before + after);
  };
  const onKey = (event: KeyboardEvent) => {
    const list = offers.value?.items ?? [];
    if (event.key === "ArrowDown" && list.length) place.value = (place.value + 1) % list.length;
    else if (event.key === "ArrowUp" && list.length) place.value = (place.value - 1 + list.length) % list.length;
    else if ((event.key === "Tab" && !event.shiftKey && list.length) || (event.key === "Enter" && place.value >= 0)) take(Math.max(0, place.value));
    else if (event.key === "Enter") {
      offers.value = null;
      if (!wrong.value) apply(text.value.trim(), true);
      document.querySelector<HTMLElement>(".table-box")?.focus();
    } else if (event.key === "Escape") {
      if (offers.value) offers.value = null;
      else field.current!.blur();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  useKeys({ "filter.focus": () => (field.current?.focus(), field.current?.select()) });

  const error = wrong.value ?? (workspace.problem.value?.position !== null && workspace.problem.value?.position !== undefined ? workspace.problem.value : null);
  const at = error?.position ?? null;
  return (
    <div class={`filter ${error ? "wrong" : ""}`} role="search">
      <Icon name="search" />
      <div class="filter-field">
        {error && at !== null && (
          <div class="filter-under" aria-hidden="true">
            <span>{text.value.slice(0, at)}</span>
            <mark>{text.value.slice(at) || " "}</mark>
          </div>
        )}
        <input
          ref={field}
          type="text"
          role="combobox"
          aria-label="Filter runs"
          aria-expanded={offers.value !== null}
          aria-controls="filter-offers"
          aria-autocomplete="list"
          aria-activedescendant={place.value >= 0 ? `offer-${place.value}` : undefined}
          aria-invalid={error !== null}
          aria-describedby={error ? "filter-error" : undefined}
          spellcheck={false}
          autocomplete="off"
          placeholder="Filter: state:running or best(val/acc)>0.9 and lr<1e-3"
          value={text.value}
          onInput={(event) => input(event.currentTarget.value)}
          onFocus={() => complete()}
          onClick={() => complete()}
          onKeyDown={onKey}
          onBlur={() => setTimeout(() => (offers.value = null), 150)}
        />
        {offers.value && <Offers answer={offers.value} place={place.value} onTake={take} />}
        {error && <div id="filter-error" class="filter-error" role="alert">{error.message}</div>}
      </div>
      {text.value ? <Button icon="close" label="Clear the filter" onClick={() => (input(""), field.current?.focus())} /> : <kbd>{keyLabel(keysOf("filter.focus")[0] ?? "")}</kbd>}
      <Button icon="settings" label="Facets: filter by what there is" pressed={facetsOpen} onClick={onFacets} />
    </div>
  );
}
