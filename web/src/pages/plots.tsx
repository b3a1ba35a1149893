// Plots of runs against each other: each run is a mark. The filter, the selection and the columns are in the address.
import { lazy, Suspense } from "preact/compat";
import type { JSX } from "preact";
import { get } from "../core/api.ts";
import { plural } from "../core/format.ts";
import { useKeys } from "../core/keys.ts";
import { query } from "../core/route.ts";
import { useAnswer } from "../core/state.ts";
import type { Columns, Goal, ProjectSettings, Run, RunsAnswer } from "../core/types.ts";
import { Waiting } from "../ui/failure.tsx";
import { Asked, Choice, inQuery, Nothing, up, useTitle } from "./bits.tsx";
import type { PageProps } from "./index.ts";
import { FilterField, questionOf } from "./selection.tsx";

const MOST = 2000;
const KINDS = {
  scatter: lazy(() => import("./plots/scatter.tsx").then((module) => ({ default: module.Scatter }))),
  parallel: lazy(() => import("./plots/parallel.tsx").then((module) => ({ default: module.Parallel }))),
  bars: lazy(() => import("./plots/bars.tsx").then((module) => ({ default: module.Bars }))),
  boxes: lazy(() => import("./plots/boxes.tsx").then((module) => ({ default: module.Boxes }))),
  steps: lazy(() => import("./plots/steps.tsx").then((module) => ({ default: module.OverSteps }))),
  importance: lazy(() => import("./plots/importance.tsx").then((module) => ({ default: module.Importance }))),
};

export interface PlotProps {
  project: string;
  runs: readonly Run[];
  columns: Columns;
  goal: Goal | null;
  q: string;
}

const isKind = (name: string | undefined): name is keyof typeof KINDS => name !== undefined && name in KINDS;

export function Page({ params }: PageProps): JSX.Element {
  const project = params["project"] ?? "";
  useTitle(`Plots · ${project}`);
  const kind = isKind(query.value["plot"]) ? query.value["plot"] : "scatter";
  const question = questionOf(project, query.value);
  const found = useAnswer(JSON.stringify(question), async (signal) => {
    const [runs, columns, settings] = await Promise.all([
      get<RunsAnswer>("/api/runs", { ...question, limit: MOST, details: true }, signal),
      get<Columns>("/api/columns", { project, q: question.q }, signal),
      get<ProjectSettings>(`/api/settings/${encodeURIComponent(project)}`, {}, signal),
    ]);
    return { runs, columns, goal: settings.goal ?? columns.goal };
  });
  useKeys({ "view.up": () => up(`/p/${encodeURIComponent(project)}`) });
  const View = KINDS[kind];
  return (
    <div class="plots-page">
      <FilterField project={project} />
      <div class="tool-row"><Choice label="Plot" list={[["scatter", "scatter"], ["parallel", "parallel"], ["bars", "bars"], ["boxes", "boxes"], ["steps", "over steps"], ["importance", "importance"]]} chosen={kind} onChoose={inQuery("plot", "scatter")} /></div>
      <Asked of={found}>
        {({ runs, columns, goal }) => runs.runs.length ? (
          <>
            <Suspense fallback={<Waiting />}><View project={project} runs={runs.runs} columns={columns} goal={goal ?? null} q={question.q} /></Suspense>
            {runs.total > runs.runs.length && <p class="faint">{plural(runs.runs.length, "run")} of {runs.total}</p>}
          </>
        ) : <Nothing what="No run fits the filter" />}
      </Asked>
    </div>
  );
}
