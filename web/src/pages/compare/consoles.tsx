// What two of the compared runs printed, side by side.
import type { JSX } from "preact";
import { query, setQuery } from "../../core/route.ts";
import type { Run } from "../../core/types.ts";
import { Failure } from "../../ui/failure.tsx";
import { VirtualList } from "../../ui/virtual.tsx";
import { Nothing, RunLink, Select } from "../bits.tsx";
import type { CompareProps } from "../compare.tsx";
import { Line, useConsole } from "../run/console.tsx";

export function Consoles({ compared, reference }: CompareProps): JSX.Element {
  const { runs } = compared;
  const a = runs.find((run) => run.id === query.value["from"]) ?? runs[reference]!;
  const b = runs.find((run) => run.id === query.value["to"] && run !== a) ?? runs.find((run) => run !== a)!;
  const list = runs.map((run) => [run.id, run.name] as const);
  return (
    <>
      <div class="tool-row">
        <Select label="left" value={a.id} list={list} onChange={(id) => setQuery({ from: id, to: id === b.id ? a.id : b.id }, { replace: true })} />
        <Select label="right" value={b.id} list={list} onChange={(id) => setQuery({ to: id, from: id === a.id ? b.id : a.id }, { replace: true })} />
      </div>
      <div class="consoles"><Side key={a.id} run={a} /><Side key={b.id} run={b} /></div>
    </>
  );
}

function Side({ run }: { run: Run }): JSX.Element {
  const { lines, problem, done, more } = useConsole(run);
  return (
    <section class="console-side" aria-label={`Console of ${run.name}`}>
      <h2><RunLink run={run} tab="console" /></h2>
      {problem && <Failure problem={problem} onRetry={more} />}
      {done && !lines.length && !problem ? <Nothing what="Nothing was printed" /> : <VirtualList total={lines.length} rowHeight={19} class="console mono" role="log" label={`Console of ${run.name}`} render={(at) => <div class={`console-row ${lines[at]!.stream === "stderr" ? "is-stderr" : ""}`}><Line line={lines[at]!} mark="" /></div>} />}
    </section>
  );
}
