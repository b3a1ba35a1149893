// What there is to filter by: values with their counts, numbers as a histogram to brush. A click writes the text of the filter, so
// that the language is learned by looking.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get, isAborted } from "../core/api.ts";
import { asNumber, number, value } from "../core/format.ts";
import type { Facet } from "../core/types.ts";
import { Button } from "../ui/button.tsx";
import { metricField, paramField } from "./columns.ts";
import type { Workspace } from "./data.ts";

const MOST = 8;

export function Facets({ workspace, onClose }: { workspace: Workspace; onClose: () => void }): JSX.Element {
  const columns = workspace.columns.value;
  const goal = workspace.goal.value;
  const fields = ["state", ...(columns?.tags.length ? ["tag"] : []), ...(goal ? [metricField("best", goal.key)] : []), ...(columns?.params ?? []).filter((param) => param.varying).slice(0, 14).map((param) => paramField(param.path))];
  return (
    <section class="facets" aria-label="Facets">
      <header><h2>Filter by</h2><Button icon="close" label="Close the facets" onClick={onClose} /></header>
      {fields.map((field) => <OneFacet key={field} field={field} workspace={workspace} />)}
    </section>
  );
}

function OneFacet({ field, workspace }: { field: string; workspace: Workspace }): JSX.Element | null {
  const [facet, setFacet] = useState<Facet | null>(null);
  const { project } = workspace;
  const { q } = workspace.view.value;
  // The values of a field do not vanish when one of them is chosen: its own terms are left out.
  const others = withoutField(q, field);
  useEffect(() => {
    const control = new AbortController();
    get<Facet>("/api/facets", { project, q: others, field, limit: 50 }, control.signal)
      .then(setFacet)
      .catch((error: unknown) => void (isAborted(error) || setFacet(null)));
    return () => control.abort();
  }, [others, field, workspace.rows.value?.total]);
  if (!facet || (!facet.values.length && !facet.histogram)) return null;
  const most = Math.max(1, ...facet.values.map((one) => one.runs));
  const histogram = facet.histogram && facet.values.length > MOST ? facet.histogram : null;
  return (
    <div class="facet">
      <h3>{field.replace(/^config\./, "")}</h3>
      {histogram ? (
        <Brush edges={histogram.edges} counts={histogram.counts} onRange={(low, high) => workspace.setView({ q: withTerm(q, field, `between ${number(low).replace("−", "-")}..${number(high).replace("−", "-")}`) })} />
      ) : (
        <ul>
          {facet.values.slice(0, MOST).map((one) => {
            const term = termOf(one.value);
            const on = hasTerm(q, field, term);
            return (
              <li key={term}>
                <button type="button" class="facet-value" aria-pressed={on} onClick={() => workspace.setView({ q: on ? withoutField(q, field) : withTerm(q, field, term) })}>
                  <span class="facet-bar" style={{ width: `${(one.runs / most) * 100}%` }} />
                  <span class="cut">{value(one.value)}</span>
                  <span class="num faint">{one.runs}</span>
                </button>
              </li>
            );
          })}
          {facet.values.length > MOST && <li class="faint">and {facet.values.length - MOST} more</li>}
        </ul>
      )}
    </div>
  );
}

function Brush({ edges, counts, onRange }: { edges: readonly number[]; counts: readonly number[]; onRange: (low: number, high: number) => void }): JSX.Element {
  const [from, setFrom] = useState<number | null>(null);
  const [to, setTo] = useState<number | null>(null);
  const most = Math.max(1, ...counts);
  const [low, high] = from === null || to === null ? [-1, -2] : [Math.min(from, to), Math.max(from, to)];
  const choose = () => {
    if (from !== null && to !== null) onRange(edges[low]!, edges[high + 1]!);
    setFrom(null);
    setTo(null);
  };
  return (
    <div class="brush" onPointerUp={choose} onPointerLeave={() => (setFrom(null), setTo(null))}>
      <div class="brush-bars">
        {counts.map((runs, place) => (
          <button key={place} type="button" class={place >= low && place <= high ? "on" : ""} aria-label={`${number(edges[place]!)} to ${number(edges[place + 1]!)}: ${runs} runs`} title={`${number(edges[place]!)} … ${number(edges[place + 1]!)}: ${runs}`} onPointerDown={() => (setFrom(place), setTo(place))} onPointerEnter={() => from !== null && setTo(place)} onKeyDown={(event) => event.key === "Enter" && onRange(edges[place]!, edges[place + 1]!)}>
            <span style={{ height: `${(runs / most) * 100}%` }} />
          </button>
        ))}
      </div>
      <div class="brush-ends faint"><span>{number(edges[0]!)}</span><span>{number(edges[edges.length - 1]!)}</span></div>
    </div>
  );
}

/** Write a value as the grammar reads it. */
export function termOf(given: unknown): string {
  if (given === null || given === undefined) return "=null";
  const found = asNumber(given);
  if (found !== null) return `=${Number.isNaN(found) ? "nan" : String(found)}`;
  if (typeof given === "boolean") return `=${given}`;
  const text = String(given);
  return /^[A-Za-z_][\w./-]*$/.test(text) && !/^(true|false|null|nan|inf|and|or|not|in|has|between|today|yesterday)$/i.test(text) ? `=${text}` : `="${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

const glue = (field: string, term: string): string => (/^\w/.test(term) ? `${field} ${term}` : `${field}${term}`);
/** Split a filter of terms joined by `and` at its top level; anything with `or` or parentheses stays one piece. */
const pieces = (q: string): string[] => (/\bor\b|\(.*\band\b/i.test(q.replace(/"[^"]*"/g, "")) ? [q] : q.split(/\s+and\s+/i).map((one) => one.trim()).filter(Boolean));
const isOf = (piece: string, field: string): boolean => piece === field || (piece.startsWith(field) && /^(\s|=|<|>|!|:|~)/.test(piece.slice(field.length)));

export const hasTerm = (q: string, field: string, term: string): boolean => pieces(q).includes(glue(field, term));
export const withoutField = (q: string, field: string): string => pieces(q).filter((piece) => !isOf(piece, field)).join(" and ");

export function withTerm(q: string, field: string, term: string): string {
  const rest = withoutField(q, field);
  const kept = pieces(rest).length === 1 && /\bor\b/i.test(rest) ? `(${rest})` : rest;
  return [kept, glue(field, term)].filter(Boolean).join(" and ");
}
