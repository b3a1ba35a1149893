// The runs a page of a project speaks of: those selected in the workspace, else those its filter finds. Both come with the address.
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { useKeys } from "../core/keys.ts";
import { href, formatRoute, query, setQuery } from "../core/route.ts";
import { plural } from "../core/format.ts";
import { Icon } from "../ui/button.tsx";
import { parseView, tokensFilter } from "../workspace/view.ts";

export interface Question {
  project: string;
  q: string;
  sort?: string;
  archived?: boolean;
}

/** Return what to ask for, out of the query of the address. */
export function questionOf(project: string, given: Record<string, string>): Question {
  const view = parseView(given);
  const tokens = view.selected.filter((token) => token !== "*");
  const q = tokens.length ? tokensFilter(tokens) : view.q;
  return { project, q, ...(view.sort.length ? { sort: view.sort.join(",") } : {}), ...(view.archived || tokens.length ? { archived: true } : {}) };
}

/** A field for the filter, and the selection where there is one. */
export function FilterField({ project }: { project: string }): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const selected = parseView(query.value).selected.filter((token) => token !== "*");
  useKeys({ "filter.focus": () => field.current?.focus() });
  const back = href(formatRoute({ path: `/p/${encodeURIComponent(project)}`, query: query.value }));
  return (
    <div class="tool-row">
      <a class="button quiet" href={back}><Icon name="left" />Runs</a>
      {selected.length > 0 ? (
        <button type="button" class="chip" title="Take all runs of the filter again" onClick={() => setQuery({ sel: null })}>{plural(selected.length, "selected run")} ✕</button>
      ) : (
        <input ref={field} class="filter-field mono" type="search" aria-label="Filter runs" placeholder="filter runs, such as lr<1e-3 and best(val/acc)>0.9" value={query.value["q"] ?? ""} onChange={(event) => setQuery({ q: event.currentTarget.value })} onKeyDown={(event) => event.key === "Enter" && setQuery({ q: event.currentTarget.value })} />
      )}
    </div>
  );
}
