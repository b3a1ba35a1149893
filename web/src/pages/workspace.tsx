// The workspace: the run table and the charts of the shown runs, side by side; below 900 px as tabs. The page people live in.
import type { JSX } from "preact";
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { barSlot, pageActions } from "../app/slots.ts";
import { useKeys } from "../core/keys.ts";
import { watch } from "../core/live.ts";
import { kept } from "../core/state.ts";
import { Failure } from "../ui/failure.tsx";
import { MenuList } from "../ui/menu.tsx";
import { later } from "../ui/portal.tsx";
import { Splitter } from "../ui/splitter.tsx";
import { makeActions, tagging } from "../workspace/actions.ts";
import { Charts } from "../workspace/charts.tsx";
import { openWorkspace, type Workspace } from "../workspace/data.ts";
import { Filter } from "../workspace/filter.tsx";
import { watchShown } from "../workspace/shown.ts";
import { Table } from "../workspace/table.tsx";
import { TableBar } from "../workspace/tablebar.tsx";
import type { PageProps } from "./index.ts";

const Empty = later(() => import("../workspace/empty.tsx").then((module) => module.Empty));
const Facets = later(() => import("../workspace/facets.tsx").then((module) => module.Facets));
const TagDialog = later(() => import("../workspace/tagdialog.tsx").then((module) => module.TagDialog));

const share = kept<number>("split", 0.46);
const narrow = matchMedia("(max-width: 900px)");

export function Page({ params }: PageProps): JSX.Element {
  const project = params["project"] ?? "";
  return <Opened key={project} project={project} />;
}

function Opened({ project }: { project: string }): JSX.Element {
  const workspace = useMemo(() => openWorkspace(project), []);
  const watched = useMemo(() => watchShown(workspace), []);
  const actions = useMemo(() => makeActions(workspace), []);
  const facets = useSignal(false);
  const small = useSignal(narrow.matches);
  const shownIds = useComputed(() => new Set(watched.shown.value.runs.map((run) => run.id)));
  const shownText = useComputed(() => (watched.shown.value.groups.length ? watched.shown.value.groups.flatMap((group) => group.run_ids) : watched.shown.value.runs.map((run) => run.id)).join(" "));

  useEffect(() => () => workspace.close(), []);
  useEffect(() => {
    const change = () => (small.value = narrow.matches);
    narrow.addEventListener("change", change);
    return () => narrow.removeEventListener("change", change);
  }, []);
  useEffect(() => watch(shownText.value.split(" ").filter(Boolean)), [shownText.value]);
  useEffect(() => {
    document.title = `${project} · Eventide`;
    barSlot.value = <BarFilter workspace={workspace} facets={facets} />;
    pageActions.value = [
      { text: "Group all but the seed", run: () => workspace.setView({ groupBy: (workspace.columns.peek()?.seeds ?? ["seed"]).map((seed) => `-${seed}`) }) },
      { text: "No groups", run: () => workspace.setView({ groupBy: [] }) },
      { text: "Show archived runs", run: () => workspace.setView({ archived: !workspace.view.peek().archived }) },
      { text: "Filter by facets", run: () => (facets.value = true) },
    ];
    return () => {
      barSlot.value = null;
      pageActions.value = [];
    };
  }, []);

  const pane = (which: "table" | "charts") => () => {
    const now = workspace.view.peek().panes;
    if (small.peek()) workspace.setView({ panes: which }, { replace: true });
    else workspace.setView({ panes: now === "both" ? (which === "table" ? "charts" : "table") : now === which ? "both" : "both" }, { replace: true });
  };
  useKeys({ "pane.table": pane("table"), "pane.charts": pane("charts") });

  const { loaded, columns, problem, view, rows } = workspace;
  const nothing = loaded.value && (columns.value?.total ?? 0) === 0 && (rows.value?.total ?? 0) === 0 && !view.value.q && !view.value.archived;
  if (nothing) return <Empty project={project} />;
  const error = problem.value && problem.value.position === null ? problem.value : null;
  const wanted = view.value.panes;
  const panes = small.value && wanted === "both" ? "table" : wanted;
  const table = (
    <div class="table-pane">
      <TableBar workspace={workspace} shown={watched.shown} colors={watched.colors} actions={actions} />
      {error && <Failure problem={error} onRetry={() => void workspace.refresh()} />}
      <div class="table-and-facets">
        {facets.value && <Facets workspace={workspace} onClose={() => (facets.value = false)} />}
        <Table workspace={workspace} colors={watched.colors} shownIds={shownIds} actions={actions} />
      </div>
      {loaded.value && rows.value?.total === 0 && <p class="table-none faint">No run fits the filter. <button type="button" class="text-button" onClick={() => workspace.setView({ q: "" })}>Clear it</button></p>}
    </div>
  );
  const menu = actions.menuAt.value;
  return (
    <div class="workspace">
      <h1 class="hidden-text">{project}</h1>
      {small.value && (
        <div class="pane-tabs" role="tablist" aria-label="Table or charts">
          <button type="button" role="tab" aria-selected={panes === "table"} onClick={pane("table")}>Runs</button>
          <button type="button" role="tab" aria-selected={panes === "charts"} onClick={pane("charts")}>Charts</button>
        </div>
      )}
      <Splitter share={share} label="Width of the table" first={panes !== "charts" ? table : null} second={panes !== "table" ? <Charts workspace={workspace} watched={watched} /> : null} />
      {menu && <MenuList label="Actions on runs" at={menu.at} items={menu.items} onClose={() => (actions.menuAt.value = null)} />}
      {tagging.value && <TagDialog />}
    </div>
  );
}

function BarFilter({ workspace, facets }: { workspace: Workspace; facets: { value: boolean } }): JSX.Element {
  return <Filter workspace={workspace} facetsOpen={facets.value} onFacets={() => (facets.value = !facets.value)} />;
}
