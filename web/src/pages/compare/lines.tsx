// Tables of comparison: a line for each parameter, metric or fact, a column for each run, the reference first in mind: what equals
// it is faint, what differs carries the difference.
import type { JSX } from "preact";
import { useMemo, useRef } from "preact/hooks";
import { exact } from "../../core/format.ts";
import { useKeys } from "../../core/keys.ts";
import { query, setQuery } from "../../core/route.ts";
import type { CompareLine, Run } from "../../core/types.ts";
import { Nothing, RunLink, Shown } from "../bits.tsx";
import type { CompareProps } from "../compare.tsx";
import { delta, type Delta } from "./delta.ts";

export const ConfigLines = (props: CompareProps): JSX.Element => <Lines {...props} lines={props.compared.config} what="parameter" />;

const NOISE = /^(captured|command\.argv|git\.diff)/;

export function EnvironmentLines(props: CompareProps): JSX.Element {
  const lines = useMemo(() => props.compared.environment.filter((line) => !NOISE.test(line.path)), [props.compared]);
  return <Lines {...props} lines={lines} what="fact" />;
}

function Lines({ compared, reference, setReference, lines, what }: CompareProps & { lines: readonly CompareLine[]; what: string }): JSX.Element {
  const all = query.value["all"] !== undefined;
  const find = (query.value["find"] ?? "").toLowerCase();
  const field = useRef<HTMLInputElement>(null);
  useKeys({ "filter.focus": () => field.current?.focus() });
  const differing = lines.filter((line) => !line.same);
  const shown = (all ? lines : differing).filter((line) => !find || line.path.toLowerCase().includes(find) || line.values.some((one) => exact(one).toLowerCase().includes(find)));
  return (
    <>
      <div class="tool-row">
        <input ref={field} type="search" aria-label={`Find a ${what}`} placeholder="find" value={query.value["find"] ?? ""} onInput={(event) => setQuery({ find: event.currentTarget.value }, { replace: true })} />
        <label class="check"><input type="checkbox" checked={!all} onChange={() => setQuery({ all: all ? null : "1" }, { replace: true })} />only what differs</label>
        <span class="faint" role="status">{differing.length} of {lines.length} differ</span>
      </div>
      {shown.length ? (
        <div class="scroll-x" tabIndex={0} role="group" aria-label="Comparison">
          <table class="plain compare-table">
            <Heads runs={compared.runs} reference={reference} setReference={setReference} first={what} />
            <tbody>
              {shown.map((line) => (
                <tr key={line.path} class={line.same ? "faint" : ""}>
                  <th scope="row"><bdi>{line.path}</bdi></th>
                  {line.values.map((one, at) => {
                    const same = exact(one) === exact(line.values[reference]);
                    return <td key={at} class={at === reference ? "is-reference" : same ? "is-same" : "is-other"}><Shown of={one} />{at !== reference && !same && <By of={delta(one, line.values[reference], null)} />}</td>;
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : <Nothing what={find ? `Nothing holds ${find}` : lines.length ? `No ${what} differs` : `There is no ${what}`} />}
    </>
  );
}

const By = ({ of }: { of: Delta | null }): JSX.Element | null => (of && of.kind !== "same" ? <span class={`delta ${of.kind}`} title={of.share || undefined}>{of.text}</span> : null);

function Heads({ runs, reference, setReference, first }: { runs: readonly Run[]; reference: number; setReference: (id: string) => void; first: string }): JSX.Element {
  return (
    <thead>
      <tr>
        <th scope="col">{first}</th>
        {runs.map((run, at) => (
          <th key={run.id} scope="col" class={at === reference ? "is-reference" : ""}>
            <RunLink run={run} />
            {at === reference ? <span class="faint">reference</span> : <button type="button" class="plain-text faint" onClick={() => setReference(run.id)}>make reference</button>}
          </th>
        ))}
      </tr>
    </thead>
  );
}

export function MetricLines({ compared, reference, setReference }: CompareProps): JSX.Element {
  const find = (query.value["find"] ?? "").toLowerCase();
  const pick = query.value["pick"] === "last" ? "last" : "best";
  const shown = compared.metrics.filter((line) => !find || line.key.toLowerCase().includes(find));
  return (
    <>
      <div class="tool-row">
        <input type="search" aria-label="Find a metric" placeholder="find" value={query.value["find"] ?? ""} onInput={(event) => setQuery({ find: event.currentTarget.value }, { replace: true })} />
        <label class="check"><input type="checkbox" checked={pick === "last"} onChange={() => setQuery({ pick: pick === "last" ? null : "last" }, { replace: true })} />differences of the last value</label>
      </div>
      {shown.length ? (
        <div class="scroll-x" tabIndex={0} role="group" aria-label="Comparison">
          <table class="plain compare-table numbers">
            <Heads runs={compared.runs} reference={reference} setReference={setReference} first="metric" />
            <tbody>
              {shown.map((line) => {
                const best = bestAt(line[pick], line.goal);
                return (
                  <tr key={line.key}>
                    <th scope="row"><bdi>{line.key}</bdi> <span class="faint" title={line.goal === "max" ? "higher is better" : "lower is better"}>{line.goal === "max" ? "↑" : "↓"}</span></th>
                    {line.best.map((one, at) => {
                      const by = at === reference ? null : delta(line[pick][at], line[pick][reference], line.goal);
                      return (
                        <td key={at} class={`${at === reference ? "is-reference" : ""} ${best.has(at) ? "strong" : ""}`}>
                          <span class="metric-pair"><span class="faint">best</span><Shown of={one} /><span class="faint">last</span><Shown of={line.last[at]} /></span>
                          {by && <span class={`delta ${by.kind}`} aria-label={`${by.text}, ${by.kind}`}>{by.text}{by.kind !== "same" && by.share && <span> ({by.share})</span>}</span>}
                        </td>
                      );
                    })}
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      ) : <Nothing what="No metric" />}
    </>
  );
}

/** Return the places of the best values. */
function bestAt(values: readonly unknown[], goal: "max" | "min"): Set<number> {
  const numbers = values.map((one) => (typeof one === "number" ? one : null));
  const finite = numbers.filter((one): one is number => one !== null);
  if (finite.length < 2) return new Set();
  const best = goal === "max" ? Math.max(...finite) : Math.min(...finite);
  return new Set(numbers.flatMap((one, at) => (one === best ? [at] : [])));
}
