// What differs in the code of any two of the compared runs.
import type { JSX } from "preact";
import { get } from "../../core/api.ts";
import { query, setQuery } from "../../core/route.ts";
import { useAnswer } from "../../core/state.ts";
import type { CodeDiff } from "../../core/types.ts";
import { Asked, Choice, inQuery, Nothing, Select } from "../bits.tsx";
import { CodeChanges } from "../codediff.tsx";
import type { CompareProps } from "../compare.tsx";

export function CodeBetween({ compared, reference }: CompareProps): JSX.Element {
  const { runs } = compared;
  const a = runs.find((run) => run.id === query.value["from"]) ?? runs[reference]!;
  const b = runs.find((run) => run.id === query.value["to"] && run !== a) ?? runs.find((run) => run !== a)!;
  const found = useAnswer(`${a.id} ${b.id}`, (signal) => get<CodeDiff>(`/api/runs/${encodeURIComponent(b.id)}/code/diff`, { with: a.id }, signal), { fresh: true });
  const split = query.value["split"] !== "0";
  const list = runs.map((run) => [run.id, run.name] as const);
  return (
    <>
      <div class="tool-row">
        <Select label="from" value={a.id} list={list} onChange={(id) => setQuery({ from: id, to: id === b.id ? a.id : b.id }, { replace: true })} />
        <Select label="to" value={b.id} list={list} onChange={(id) => setQuery({ to: id, from: id === a.id ? b.id : a.id }, { replace: true })} />
        <span class="room" />
        <Choice label="Layout" list={[["1", "split"], ["0", "unified"]]} chosen={split ? "1" : "0"} onChoose={inQuery("split", "1")} />
      </div>
      {found.answer.value.error?.code === "object_not_found" ? <Nothing what={(found.answer.value.error.message.includes(b.id) ? b : a).name + " kept no code"} how={found.answer.value.error.hint} /> : <Asked of={found} what="Comparing">{({ files }) => <CodeChanges files={files} split={split} />}</Asked>}
    </>
  );
}
