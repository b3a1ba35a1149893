// All projects of the store, the most recently active first; one project alone is opened at once.
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { projects } from "../app/store.ts";
import { age, count, dateTime, number, plural, asNumber } from "../core/format.ts";
import { go, href, query } from "../core/route.ts";
import type { Project } from "../core/types.ts";
import { Waiting } from "../ui/failure.tsx";
import { later } from "../ui/portal.tsx";

const Empty = later(() => import("../workspace/empty.tsx").then((module) => module.Empty));

export function Page(): JSX.Element {
  const list = projects.value;
  const all = query.value["all"] !== undefined;
  useEffect(() => {
    document.title = "Eventide";
    if (list?.length === 1 && !all) go(`/p/${encodeURIComponent(list[0]!.name)}`, { replace: true });
  }, [list, all]);
  if (!list) return <Waiting />;
  if (!list.length) return <Empty project="" />;
  return (
    <div class="page">
      <h1>Projects</h1>
      <ul class="projects">
        {list.map((one) => <Card key={one.name} project={one} />)}
      </ul>
    </div>
  );
}

function Card({ project }: { project: Project }): JSX.Element {
  const best = project.best ? asNumber(project.best.value) : null;
  return (
    <li class="project">
      <a class="project-link" href={href(`/p/${encodeURIComponent(project.name)}`)}>{project.name}</a>
      <div class="project-facts">
        <span>{plural(project.runs, "run")}</span>
        {project.running > 0 && <span class="status"><span class="status-dot running" /> {count(project.running)} running</span>}
        {project.failed > 0 && <span class="status"><span class="status-dot failed" /> {count(project.failed)} failed</span>}
        <span class="faint" title={dateTime(project.updated)}>{age(project.updated)}</span>
      </div>
      <div class="project-best">
        {project.goal && best !== null && project.best && <><span class="faint">{project.goal.key} {project.goal.direction === "max" ? "↑" : "↓"}</span> <b class="num">{number(best)}</b> <a href={href(`/r/${encodeURIComponent(project.best.run_id)}`)}>{project.best.name}</a></>}
      </div>
      <Spark values={project.spark} />
    </li>
  );
}

function Spark({ values }: { values: (number | null)[] }): JSX.Element | null {
  const known = values.filter((value): value is number => value !== null);
  if (known.length < 2) return null;
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const points = values.flatMap((value, at) => (value === null ? [] : [`${((at / (values.length - 1)) * 118 + 1).toFixed(1)},${(27 - ((value - low) / (high - low || 1)) * 24).toFixed(1)}`]));
  return (
    <svg class="spark" viewBox="0 0 120 30" width="120" height="30" aria-hidden="true">
      <polyline points={points.join(" ")} />
    </svg>
  );
}
