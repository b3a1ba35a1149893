// Two to twenty runs side by side: what differs in their parameters, metrics, curves, code, surroundings, and what they printed.
import { lazy, Suspense } from "preact/compat";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { pageActions } from "../app/shell.tsx";
import { projectOfRun } from "../app/store.ts";
import { get } from "../core/api.ts";
import { plural } from "../core/format.ts";
import { useKeys } from "../core/keys.ts";
import { formatRoute, go, href, path, query, setQuery } from "../core/route.ts";
import { useAnswer } from "../core/state.ts";
import type { Comparison, Run, RunsAnswer } from "../core/types.ts";
import { Icon } from "../ui/button.tsx";
import { Waiting } from "../ui/failure.tsx";
import { means, tokensFilter } from "../workspace/view.ts";
import { Asked, LinkTabs, Nothing, RunLink, RunPicker, Status, up, useLive, useTitle } from "./bits.tsx";
import type { PageProps } from "./index.ts";

const MOST = 20;
const VIEWS = {
  config: lazy(() => import("./compare/lines.tsx").then((module) => ({ default: module.ConfigLines }))),
  metrics: lazy(() => import("./compare/lines.tsx").then((module) => ({ default: module.MetricLines }))),
  curves: lazy(() => import("./compare/curves.tsx").then((module) => ({ default: module.Curves }))),
  code: lazy(() => import("./compare/code.tsx").then((module) => ({ default: module.CodeBetween }))),
  environment: lazy(() => import("./compare/lines.tsx").then((module) => ({ default: module.EnvironmentLines }))),
  console: lazy(() => import("./compare/consoles.tsx").then((module) => ({ default: module.Consoles }))),
};

export interface CompareProps {
  compared: Comparison;
  /** Place of the run all others are measured against. */
  reference: number;
  setReference: (id: string) => void;
}

const isView = (name: string): name is keyof typeof VIEWS => name in VIEWS;

/** Find the runs of the address, in its order; tokens as short as in the workspace are enough. */
async function resolve(tokens: readonly string[], signal: AbortSignal): Promise<Run[]> {
  if (!tokens.length) return [];
  const { runs } = await get<RunsAnswer>("/api/runs", { q: tokensFilter(tokens), archived: true, limit: 200, keys: "-", details: false }, signal);
  const found = tokens.map((token) => runs.find((run) => means(token, run.id)));
  const missing = tokens.filter((_, at) => !found[at]);
  const named = await Promise.all(missing.map((token) => get<{ ids: string[] }>("/api/resolve", { selector: token }, signal).then(({ ids }) => get<Run>(`/api/runs/${encodeURIComponent(ids[0]!)}`, {}, signal), () => undefined)));
  return [...new Map([...found.map((run, at) => run ?? named[missing.indexOf(tokens[at]!)]), ...[]].filter((run): run is Run => Boolean(run)).map((run) => [run.id, run])).values()];
}

export function Page({ params }: PageProps): JSX.Element {
  const project = params["project"];
  const asked = (query.value["runs"] ?? query.value["sel"] ?? "").split(",").filter((token) => token && token !== "*");
  const found = useAnswer(`${asked.join()} ${project ?? ""}`, async (signal) => {
    if (asked.length || !project) return resolve(asked.slice(0, MOST), signal);
    const { runs } = await get<RunsAnswer>("/api/runs", { project, q: query.value["q"] ?? "", limit: 6, keys: "-", details: false }, signal);
    return runs;
  });
  useKeys({ "view.up": () => up(`/p/${encodeURIComponent(project ?? found.answer.peek().data?.[0]?.project ?? "")}`) });
  return (
    <div class="compare-page">
      <Asked of={found}>{(runs) => <Sides runs={runs} project={project} asked={asked} />}</Asked>
    </div>
  );
}

function Sides({ runs, project, asked }: { runs: Run[]; project: string | undefined; asked: readonly string[] }): JSX.Element {
  const ids = runs.map((run) => run.id);
  const view = query.value["view"] ?? "config";
  const own = new Set(runs.map((run) => run.project)).size === 1 ? runs[0]!.project : "";
  useEffect(() => void (projectOfRun.value = own), [own]);
  useTitle(ids.length > 1 ? `Compare ${plural(ids.length, "run")}` : "Compare");
  const put = (next: readonly string[]) => setQuery({ runs: next.join(","), sel: null });
  const lost = asked.filter((token) => !runs.some((run) => means(token, run.id)));
  const add = <RunPicker text="Add a run" project={project ?? runs[0]?.project} leaveOut={ids} onPick={(run) => put([...ids, run.id].slice(0, MOST))} />;
  const compared = useAnswer(ids.length > 1 ? ids.join() : null, (signal) => get<Comparison>("/api/compare", { runs: ids.join(",") }, signal));
  useLive(ids, compared.reload, 2000);
  const views = compared.answer.value.data?.views ?? [];
  useEffect(() => {
    pageActions.value = views.map((name) => ({ text: `Compare ${name}`, run: () => setQuery({ view: name === "config" ? null : name }) }));
    return () => void (pageActions.value = []);
  }, [views.join()]);
  const to = (id: string) => href(formatRoute({ path: path.value, query: { ...query.value, view: id } }));
  const reference = Math.max(0, ids.findIndex((id) => query.value["ref"] !== undefined && means(query.value["ref"], id)));
  const shown = isView(view) ? view : "config";
  const View = VIEWS[shown];
  // What is empty has no tab, but for the view that the address asks for: it says that it is.
  const list = Object.keys(VIEWS).filter((id) => id === shown || views.some((name) => name === id)).map((id) => ({ id, text: id[0]!.toUpperCase() + id.slice(1) }));
  return (
    <>
      <header class="part-head compare-head">
        <h1>Compare {ids.length > 1 ? plural(ids.length, "run") : ""}</h1>
        <ul class="compared">
          {runs.map((run, at) => (
            <li key={run.id} class="chip"><RunLink run={run} /><Status status={run.status} bare />{at === reference && ids.length > 1 && <span class="faint">reference</span>}<button type="button" class="chip-close" aria-label={`Leave out ${run.name}`} onClick={() => put(ids.filter((id) => id !== run.id))}><Icon name="close" size={10} /></button></li>
          ))}
        </ul>
        {ids.length < MOST && add}
      </header>
      {lost.length > 0 && <p class="failure" role="alert">No run is called {lost.map((token) => `“${token.slice(0, 60)}”`).join(", ")}</p>}
      {ids.length < 2 ? <Nothing what={ids.length ? "Add a second run to compare with" : "Add the runs to compare"} how="In the table of runs, x selects and d compares." /> : (
        <>
          <LinkTabs list={list} current={shown} to={to} label="What is compared" />
          <Asked of={compared} what="Comparing">
            {(data) => <Suspense fallback={<Waiting />}><View compared={data} reference={reference} setReference={(id) => setQuery({ ref: id === ids[0] ? null : id }, { replace: true })} /></Suspense>}
          </Asked>
        </>
      )}
      {ids.length < 2 && <p><a href={href(project ? `/p/${encodeURIComponent(project)}` : "/")} onClick={(event) => (event.preventDefault(), go(project ? `/p/${encodeURIComponent(project)}` : "/"))}>Runs</a></p>}
    </>
  );
}
