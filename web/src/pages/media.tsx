// The media of a project's runs side by side: the same selection and filter as in the workspace.
import type { JSX } from "preact";
import { get } from "../core/api.ts";
import { plural } from "../core/format.ts";
import { query } from "../core/route.ts";
import { useAnswer } from "../core/state.ts";
import type { RunsAnswer } from "../core/types.ts";
import { Asked, Nothing, useTitle } from "./bits.tsx";
import type { PageProps } from "./index.ts";
import { MediaGrid } from "./media/grid.tsx";
import { FilterField, questionOf } from "./selection.tsx";

const MOST = 60;

export function Page({ params }: PageProps): JSX.Element {
  const project = params["project"] ?? "";
  useTitle(`Media · ${project}`);
  const question = questionOf(project, query.value);
  const found = useAnswer(JSON.stringify(question), (signal) => get<RunsAnswer>("/api/runs", { ...question, limit: MOST, keys: "-", details: false }, signal));
  return (
    <div class="media-page">
      <FilterField project={project} />
      <Asked of={found}>
        {({ runs, total }) => (runs.length ? <MediaGrid runs={runs} project={project} changed={0} note={total > runs.length ? `of the first ${plural(runs.length, "run")} of ${total}` : ""} /> : <Nothing what="No run fits the filter" />)}
      </Asked>
    </div>
  );
}
