// The rows as they were logged, a stretch at a time, and everything else that is known of the run as the server says it.
import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { get } from "../../core/api.ts";
import { count, dateTime, plural } from "../../core/format.ts";
import { query } from "../../core/route.ts";
import { useAnswer } from "../../core/state.ts";
import type { FileItem, RowsAnswer, RunDetails } from "../../core/types.ts";
import { Failure } from "../../ui/failure.tsx";
import { Code } from "../../view/code.tsx";
import { Asked, Choice, inQuery, Nothing } from "../bits.tsx";
import { Grid } from "../grid.tsx";
import type { TabProps } from "../run.tsx";

const PAGE = 200;

export function Raw({ run }: TabProps): JSX.Element {
  const what = query.value["what"] ?? "rows";
  return (
    <div class="raw-page">
      <div class="tool-row">
        <Choice label="What" list={[["rows", "Rows"], ["files", "Files"], ["record", "Record"]]} chosen={what as "rows"} onChoose={inQuery("what", "rows")} />
        <span class="room" />
        {["csv", "parquet", "jsonl"].map((kind) => <a key={kind} class="button plain" href={`/api/export.${kind}?run_ids=${encodeURIComponent(run.id)}&what=rows`} download>{kind}</a>)}
      </div>
      {what === "rows" ? <Rows run={run} /> : what === "files" ? <FileRecords run={run} /> : <div class="scroll"><Code text={JSON.stringify({ ...run, params: undefined }, null, 2)} language="json" /></div>}
    </div>
  );
}

/** Pages of rows come when they are scrolled to. */
function Rows({ run }: { run: RunDetails }): JSX.Element {
  const pages = useRef(new Map<number, unknown[][] | "asked">());
  const [, setTurn] = useState(0);
  const first = useAnswer(`${run.id} ${run.rows}`, (signal) => get<RowsAnswer>(`/api/runs/${encodeURIComponent(run.id)}/rows`, { offset: 0, limit: PAGE }, signal));
  const { data, error } = first.answer.value;
  useMemo(() => (pages.current = new Map()), [run.id]);
  if (!data) return error ? <Failure problem={error} onRetry={first.reload} /> : <p class="waiting">Loading…</p>;
  if (!data.total) return <Nothing what="No row was logged" />;
  pages.current.set(0, data.rows);
  const see = (from: number, to: number) => {
    const held = pages.current;
    for (let page = Math.floor(from / PAGE); page <= Math.floor(Math.min(to, data.total - 1) / PAGE); page += 1) {
      if (held.has(page)) continue;
      held.set(page, "asked");
      get<RowsAnswer>(`/api/runs/${encodeURIComponent(run.id)}/rows`, { offset: page * PAGE, limit: PAGE }).then(
        (answer) => (held.set(page, answer.rows), setTurn((turn) => turn + 1)),
        () => held.delete(page),
      );
    }
  };
  const shown = data.columns.flatMap((name, column) => (name === "run_id" ? [] : [column]));
  const row = (at: number) => {
    const page = pages.current.get(Math.floor(at / PAGE));
    const found = page === undefined || page === "asked" ? null : page[at % PAGE];
    return found ? shown.map((column) => (data.columns[column] === "ts" && typeof found[column] === "number" ? dateTime(found[column]) : found[column])) : null;
  };
  return (
    <>
      <p class="faint">{plural(data.total, "row")}, {count(shown.length)} columns</p>
      <Grid columns={shown.map((column) => data.columns[column]!)} total={data.total} row={row} onSpan={see} label="Rows" />
    </>
  );
}

function FileRecords({ run }: { run: RunDetails }): JSX.Element {
  const found = useAnswer(run.id, (signal) => get<{ files: FileItem[] }>(`/api/runs/${encodeURIComponent(run.id)}/files`, {}, signal));
  return (
    <Asked of={found}>
      {({ files }) => files.length ? <Grid label="Files" columns={["kind", "name", "step", "format", "size_bytes", "sha256", "record"]} total={files.length} row={(at) => { const file = files[at]!; return [file.kind, file.name, file.step, file.format, file.size_bytes, file.sha256, JSON.stringify(file.record)]; }} /> : <Nothing what="The run keeps no files" />}
    </Asked>
  );
}
