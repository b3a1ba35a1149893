// The console for read-only SQL over the whole store: an editor that knows views and columns, the answer as a table or a chart, what
// was asked before; statements can be kept under a name and read FROM. The statement is in the address; limits are said, and more is one click away.
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { get, isAborted, send, type Problem } from "../core/api.ts";
import { asNumber, count, duration, plural } from "../core/format.ts";
import { query, setQuery } from "../core/route.ts";
import { asProblem, kept, useAnswer } from "../core/state.ts";
import type { SavedViews, SqlAnswer, SqlSchema } from "../core/types.ts";
import { Button } from "../ui/button.tsx";
import { Failure } from "../ui/failure.tsx";
import { Dropdown } from "../ui/menu.tsx";
import { copy, save } from "../ui/toast.tsx";
import { Choice, inQuery, Nothing, useTitle } from "./bits.tsx";
import { toCsv } from "./csv.ts";
import { Grid } from "./grid.tsx";
import { SqlChart } from "./sql/chart.tsx";
import { Editor } from "./sql/editor.tsx";
import { allViews, SaveAs, Saved } from "./sql/saved.tsx";
import type { PageProps } from "./index.ts";

const LIMITS = [1_000, 10_000, 100_000, 1_000_000];
const TIMEOUT_S = 10;
const HISTORY = 60;
const FIRST = "select project, count(*) as runs, max(started) as latest\nfrom runs\ngroup by project\norder by runs desc";
const asked = kept<string[]>("sql", []);

interface Ran {
  text: string;
  answer: SqlAnswer | null;
  problem: Problem | null;
  limit: number;
}

export function Page({ params }: PageProps): JSX.Element {
  useTitle("SQL");
  const project = params["project"] ?? null;
  const held = useAnswer(`views ${project ?? ""}`, (signal) => get<SavedViews>("/api/sql/views", { project }, signal));
  const saved = held.answer.value.data?.views ?? [];
  const onSaved = (data: SavedViews) => (held.answer.value = { ...held.answer.peek(), data });
  const schema = useAnswer("schema", (signal) => get<SqlSchema>("/api/sql/schema", {}, signal));
  const [text, setText] = useState(query.value["q"] ?? FIRST);
  const [ran, setRan] = useState<Ran | null>(null);
  const [since, setSince] = useState(0);
  const running = useRef<{ id: string; control: AbortController } | null>(null);
  const run = async (statement: string, limit = LIMITS[0]!) => {
    if (!statement.trim()) return;
    await cancel();
    const control = new AbortController();
    const id = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
    running.current = { id, control };
    setSince(Date.now());
    setQuery({ q: statement === FIRST ? null : statement }, { replace: query.peek()["q"] === statement || !query.peek()["q"] });
    asked.value = [statement, ...asked.peek().filter((one) => one !== statement)].slice(0, HISTORY);
    try {
      const answer = await send<SqlAnswer>("POST", "/api/sql", { query: statement, timeout_s: TIMEOUT_S, max_rows: limit, id, project }, control.signal);
      setRan({ text: statement, answer, problem: null, limit });
    } catch (error) {
      if (!isAborted(error)) setRan((old) => ({ text: statement, answer: old?.answer ?? null, problem: asProblem(error), limit }));
    }
    if (running.current?.id === id) (running.current = null), setSince(0);
  };
  const cancel = async () => {
    const now = running.current;
    if (!now) return;
    running.current = null;
    setSince(0);
    now.control.abort();
    await send("POST", `/api/sql/${encodeURIComponent(now.id)}/cancel`, {}).catch(() => undefined);
  };
  useEffect(() => {
    if (query.peek()["q"]) void run(query.peek()["q"]!);
    return () => void cancel();
  }, []);
  useEffect(() => {
    const wanted = query.value["q"];
    if (wanted !== undefined && wanted !== text && wanted !== ran?.text) setText(wanted), void run(wanted);
  }, [query.value["q"]]);
  const views = schema.answer.value.data?.views ?? [];
  const expanded = (ran?.text === text && ran.answer?.expanded) || text;
  const pick = (name: string) => setText((old) => (old.trim() ? old + (/\s$/.test(old) ? "" : " ") + name : `select * from ${name}`));
  return (
    <div class="sql-page">
      <div class="sql-top">
        <div class="sql-ask">
          <Editor value={text} views={allViews(views, saved)} onInput={setText} onRun={() => void run(text)} problem={ran?.text === text ? ran.problem : null} />
          <div class="tool-row">
            {since ? <Button kind="danger" icon="close" onClick={() => void cancel()}>Cancel</Button> : <Button kind="primary" onClick={() => void run(text)} label="Ctrl Enter">Run</Button>}
            {since > 0 && <Clock since={since} />}
            <Dropdown label="What was asked before" button="History">{(close) => <div class="picked-list sql-history">{asked.value.length ? asked.value.map((one, at) => <button key={at} type="button" class="menu-item mono" onClick={() => (close(), setText(one), void run(one))}><span class="menu-text">{one.replace(/\s+/g, " ").slice(0, 120)}</span></button>) : <p class="faint">Nothing yet</p>}</div>}</Dropdown>
            <SaveAs text={text} saved={saved} project={project} onSaved={onSaved} />
            <Button icon="copy" onClick={() => void copy(`eventide sql ${JSON.stringify(expanded)}`, "Command copied")}>Copy as command</Button>
            <span class="room" />
            <span class="faint">read-only · {TIMEOUT_S} s · Ctrl Enter runs</span>
          </div>
        </div>
        <nav class="sql-views" aria-label="Views and columns">
          <Saved saved={saved} project={project} onSaved={onSaved} onPick={pick} onOpen={(next, now) => (setText(next), now && void run(next))} />
          <Views views={views} onPick={pick} />
        </nav>
      </div>
      {ran?.problem && <Failure problem={ran.problem} onRetry={() => void run(ran.text, ran.limit)} />}
      {ran?.answer ? <Result ran={ran} answer={ran.answer} more={() => void run(ran.text, LIMITS.find((limit) => limit > ran.limit) ?? ran.limit)} /> : !ran?.problem && !since && <Nothing what="Ask the store anything" how="Views and their columns stand on the right; a click writes their name." />}
    </div>
  );
}

function Clock({ since }: { since: number }): JSX.Element {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 100);
    return () => clearInterval(timer);
  }, []);
  return <span class="faint" role="timer">{duration((Date.now() - since) / 1000)}</span>;
}

function Views({ views, onPick }: { views: SqlSchema["views"]; onPick: (name: string) => void }): JSX.Element {
  const [find, setFind] = useState("");
  const low = find.toLowerCase();
  const named = (name: string) => (/^[a-z_]\w*$/i.test(name) ? name : `"${name.replace(/"/g, '""')}"`);
  const shown = views.map((view) => ({ ...view, columns: view.columns.filter((column) => !low || view.name.toLowerCase().includes(low) || column.name.toLowerCase().includes(low)) })).filter((view) => !low || view.columns.length);
  return (
    <>
      <input type="search" aria-label="Find a view or column" placeholder="find a view or column" value={find} onInput={(event) => setFind(event.currentTarget.value)} />
      {shown.map((view) => (
        <details key={view.name} open={Boolean(low) || views.length < 3}>
          <summary class="mono">{view.name} <span class="faint">{view.columns.length}</span></summary>
          <ul class="bare">
            <li><button type="button" class="plain-text mono" onClick={() => onPick(named(view.name))}>from {view.name}</button></li>
            {view.columns.slice(0, 300).map((column) => <li key={column.name}><button type="button" class="plain-text mono" onClick={() => onPick(named(column.name))}><bdi>{column.name}</bdi></button> <span class="faint">{column.type.toLowerCase()}</span></li>)}
          </ul>
        </details>
      ))}
    </>
  );
}

function Result({ ran, answer, more }: { ran: Ran; answer: SqlAnswer; more: () => void }): JSX.Element {
  const [sort, setSort] = useState<{ at: number; falling: boolean } | null>(null);
  const as = query.value["as"] === "chart" ? "chart" : "table";
  const columns = answer.columns.map((column) => column.name);
  const rows = useMemo(() => {
    if (!sort || sort.at >= columns.length) return answer.rows;
    const way = sort.falling ? -1 : 1;
    return [...answer.rows].sort((a, b) => {
      const [x, y] = [a[sort.at], b[sort.at]];
      if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
      const [m, n] = [asNumber(x), asNumber(y)];
      return way * (m !== null && n !== null ? m - n : String(x) < String(y) ? -1 : String(x) > String(y) ? 1 : 0);
    });
  }, [answer, sort]);
  const file = (kind: string, content: string, type: string) => save(`eventide.${kind}`, new Blob([content], { type }));
  return (
    <section class="sql-result" aria-label="Answer">
      <div class="tool-row">
        <Choice label="Shown as" list={[["table", "Table"], ["chart", "Chart"]]} chosen={as} onChoose={inQuery("as", "table")} />
        <span class="faint" role="status">{plural(rows.length, "row")} in {duration(answer.elapsed_s)}</span>
        {answer.truncated && <span class="chip warn">the first {count(ran.limit)}{ran.limit < LIMITS[LIMITS.length - 1]! && <button type="button" class="plain-text" onClick={more}>more</button>}</span>}
        <span class="room" />
        <Button icon="download" onClick={() => file("csv", toCsv(columns, rows), "text/csv")}>CSV</Button>
        <Button icon="download" onClick={() => file("jsonl", rows.map((row) => JSON.stringify(Object.fromEntries(columns.map((name, at) => [name, row[at]])))).join("\n") + "\n", "application/jsonl")}>JSONL</Button>
      </div>
      {!rows.length ? <Nothing what="No row fits" /> : as === "chart" ? <SqlChart columns={columns} rows={rows} /> : <Grid label="Answer" columns={columns} types={answer.columns.map((column) => column.type)} total={rows.length} row={(at) => rows[at] ?? null} sorted={sort} onColumn={(at) => setSort((old) => (old?.at !== at ? { at, falling: true } : old.falling ? { at, falling: false } : null))} />}
    </section>
  );
}
