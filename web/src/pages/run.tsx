// One run: its head with what can be changed, and a view for each kind of what it left behind. Views that would be empty do not exist.
import { lazy, Suspense } from "preact/compat";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { pageActions } from "../app/shell.tsx";
import { projectOfRun, readOnly } from "../app/store.ts";
import { get, send, type Problem } from "../core/api.ts";
import { age, dateTime, duration, number, plural } from "../core/format.ts";
import { useKeys } from "../core/keys.ts";
import { watch } from "../core/live.ts";
import { go, href } from "../core/route.ts";
import { useAnswer } from "../core/state.ts";
import type { Goal, ProjectSettings, RunDetails, RunsAnswer } from "../core/types.ts";
import { Button } from "../ui/button.tsx";
import { Failure, Waiting } from "../ui/failure.tsx";
import { Menu, type MenuItem } from "../ui/menu.tsx";
import { copy, say, sayFailed } from "../ui/toast.tsx";
import { tokensFilter } from "../workspace/view.ts";
import { LinkTabs, runHref, Status, Swatch, up, useLive, useTitle, type TabEntry } from "./bits.tsx";
import type { PageProps } from "./index.ts";

export interface TabProps {
  run: RunDetails;
  goal: Goal | null;
  settings: ProjectSettings | null;
  edit: (change: Record<string, unknown>, said: string, undo?: Record<string, unknown>) => Promise<void>;
}

const TABS = {
  overview: lazy(() => import("./run/overview.tsx").then((module) => ({ default: module.Overview }))),
  metrics: lazy(() => import("./run/metrics.tsx").then((module) => ({ default: module.Metrics }))),
  system: lazy(() => import("./run/metrics.tsx").then((module) => ({ default: module.System }))),
  console: lazy(() => import("./run/console.tsx").then((module) => ({ default: module.Console }))),
  config: lazy(() => import("./run/config.tsx").then((module) => ({ default: module.Config }))),
  code: lazy(() => import("./run/code.tsx").then((module) => ({ default: module.CodeTab }))),
  media: lazy(() => import("./run/media.tsx").then((module) => ({ default: module.MediaTab }))),
  artifacts: lazy(() => import("./run/artifacts.tsx").then((module) => ({ default: module.ArtifactsTab }))),
  raw: lazy(() => import("./run/raw.tsx").then((module) => ({ default: module.Raw }))),
};

const isTab = (name: string): name is keyof typeof TABS => name in TABS;

function tabsOf(run: RunDetails): TabEntry[] {
  const files = run.files ?? {};
  const of = (...kinds: string[]) => kinds.reduce((sum, kind) => sum + (files[kind] ?? 0), 0);
  const all: [TabEntry, boolean][] = [
    [{ id: "overview", text: "Overview" }, true],
    [{ id: "metrics", text: "Metrics", count: run.keys.length }, run.keys.length > 0],
    [{ id: "system", text: "System" }, run.system_keys.length > 0],
    [{ id: "console", text: "Console" }, run.has_console],
    [{ id: "config", text: "Config", count: Object.keys(run.params).length }, Object.keys(run.params).length > 0],
    [{ id: "code", text: "Code" }, of("snapshot", "code", "diff") > 0 || hasCode(run)],
    [{ id: "media", text: "Media", count: of("media") }, of("media") > 0],
    [{ id: "artifacts", text: "Artifacts", count: of("artifact", "use", "result") }, of("artifact", "use", "result") > 0],
    [{ id: "raw", text: "Raw" }, true],
  ];
  return all.filter(([, there]) => there).map(([tab]) => tab);
}

const hasCode = (run: RunDetails): boolean => Boolean(run.provenance["code"] ?? (run.provenance["git"] as Record<string, unknown> | undefined)?.["diff"]);

export function Page({ params }: PageProps): JSX.Element {
  const asked = params["run"] ?? "";
  const tab = params["tab"] || "overview";
  const details = useAnswer(asked, (signal) => get<RunDetails>(`/api/runs/${encodeURIComponent(asked)}`, {}, signal), { fresh: true });
  const { data: run, error } = details.answer.value;
  const settings = useAnswer(run ? run.project : null, (signal) => get<ProjectSettings>(`/api/settings/${encodeURIComponent(run!.project)}`, {}, signal));
  useLive([run?.id ?? asked], details.reload);
  useEffect(() => (run ? watch([run.id], tab === "console" ? run.id : null) : undefined), [run?.id, tab]);
  useEffect(() => {
    if (!run) return;
    projectOfRun.value = run.project;
  }, [run?.project, run?.name]);
  useTitle(run ? `${run.name}${tab === "overview" ? "" : " · " + tab}` : "Run");
  const at = (name: string) => () => go(`/r/${encodeURIComponent(asked)}/${name}`);
  useEffect(() => {
    if (!run) return;
    pageActions.value = [...tabsOf(run).map((one) => ({ text: `${one.text} of ${run.name}`, run: at(one.id === "overview" ? "" : one.id) })), { text: "Compare this run", run: () => go(`/compare?runs=${encodeURIComponent(run.id)}`) }];
    return () => void (pageActions.value = []);
  }, [run?.id, run && tabsOf(run).map((one) => one.id).join()]);
  useKeys({
    "run.console": at("console"),
    "run.system": at("system"),
    "run.diff": () => void (run && go(`/compare?runs=${[run.previous, run.id].filter(Boolean).map((id) => encodeURIComponent(id!)).join(",")}`)),
    "view.up": () => up(tab === "overview" && run ? `/p/${encodeURIComponent(run.project)}` : `/r/${encodeURIComponent(asked)}`),
  });
  if (!run) return error ? <NoRun asked={asked} tab={tab} problem={error} onRetry={details.reload} /> : <Waiting />;
  const edit: TabProps["edit"] = async (change, said, undo) => {
    try {
      await send("PATCH", "/api/runs", { run_ids: [run.id], ...change });
      details.reload();
      say(said, undo ? () => edit(undo, "Undone") : null);
    } catch (failed) {
      sayFailed(failed);
    }
  };
  const goal = goalOf(run, settings.answer.value.data);
  const tabs = tabsOf(run);
  const View = isTab(tab) ? TABS[tab] : null;
  const wide = tab === "console" || tab === "raw" || tab === "code";
  return (
    <div class={`run-page ${wide ? "is-tall" : ""}`}>
      <Head run={run} edit={edit} />
      <LinkTabs list={tabs} current={tab} to={(id) => runHref(run.id, id === "overview" ? "" : id)} label="Views of the run" />
      {error && <Failure problem={error} onRetry={details.reload} />}
      <Suspense fallback={<Waiting />}>
        {View ? <View run={run} goal={goal} settings={settings.answer.value.data} edit={edit} /> : <p class="nothing">There is no view <b>{tab}</b>. <a href={runHref(run.id)}>Overview</a></p>}
      </Suspense>
    </div>
  );
}

function goalOf(run: RunDetails, settings: ProjectSettings | null): Goal | null {
  if (settings?.goal && run.metrics[settings.goal.key]) return settings.goal;
  const keys = Object.keys(run.metrics);
  const key = keys.find((one) => /(^|\/)(val|eval|valid|test)/.test(one) && /(acc|f1|auc|reward|score)/.test(one)) ?? keys.find((one) => /(^|\/)(val|eval|valid|test)/.test(one)) ?? keys.find((one) => /(acc|f1|auc|reward)/.test(one)) ?? keys.find((one) => /loss/.test(one));
  return key ? { key, direction: run.metrics[key]!.goal } : null;
}

function Head({ run, edit }: { run: RunDetails; edit: TabProps["edit"] }): JSX.Element {
  const [naming, setNaming] = useState(false);
  const rename = (name: string) => {
    setNaming(false);
    if (name && name !== run.name) void edit({ name }, "Renamed", { name: run.name });
  };
  const items: MenuItem[] = [
    { text: "Compare with the previous run", icon: "columns", action: "run.diff", disabled: !run.previous, onChoose: () => go(`/compare?runs=${encodeURIComponent(run.previous ?? "")},${encodeURIComponent(run.id)}`) },
    { text: "Compare with…", icon: "columns", onChoose: () => go(`/compare?runs=${encodeURIComponent(run.id)}`) },
    { text: "Copy the id", icon: "copy", onChoose: () => void copy(run.id, "Id copied") },
    { text: "Copy as Python", icon: "copy", onChoose: () => void copy(`import eventide\n\nrun = eventide.open().run(${JSON.stringify(run.id)})\nrun.history()`, "Python copied") },
    { text: "Copy as command", icon: "copy", onChoose: () => void copy(`eventide show ${run.id}`, "Command copied") },
    { text: "All rows as CSV", icon: "download", apart: true, href: `/api/export.csv?run_ids=${encodeURIComponent(run.id)}&what=rows` },
    { text: "All rows as Parquet", icon: "download", href: `/api/export.parquet?run_ids=${encodeURIComponent(run.id)}&what=rows` },
  ];
  if (!readOnly.value) {
    items.push({ text: run.archived ? "Take out of the archive" : "Archive", apart: true, icon: "hide", onChoose: () => void edit({ archived: !run.archived }, run.archived ? "Taken out of the archive" : "Archived", { archived: run.archived }) });
    items.push({ text: run.deleted ? "Restore from the bin" : "Move to the bin", icon: "trash", danger: !run.deleted, onChoose: () => void edit({ deleted: !run.deleted }, run.deleted ? "Restored" : "Moved to the bin", { deleted: Boolean(run.deleted) }) });
  }
  return (
    <header class="run-head">
      <div class="run-title">
        <Swatch id={run.id} />
        {naming ? (
          <input class="name-field" aria-label="Name of the run" value={run.name} ref={(field) => field?.focus()} onBlur={(event) => rename(event.currentTarget.value.trim())} onKeyDown={(event) => (event.key === "Enter" ? rename(event.currentTarget.value.trim()) : event.key === "Escape" && (event.stopPropagation(), setNaming(false)))} />
        ) : (
          <h1 title={run.name}><bdi>{run.name}</bdi></h1>
        )}
        {!readOnly.value && !naming && <Button icon="edit" label="Rename" onClick={() => setNaming(true)} />}
        <span class="run-state"><Status status={run.status} /></span>
        {run.archived && <span class="chip">archived</span>}
        {run.deleted !== null && <span class="chip bad">in the bin</span>}
        <span class="room" />
        <Menu icon="more" label="Actions on the run" items={items} action="run.actions" />
      </div>
      <p class="run-line faint">
        <button type="button" class="plain-text mono" title="Copy the id" onClick={() => void copy(run.id, "Id copied")}>{run.id}</button>
        <span title={dateTime(run.started)}>{dateTime(run.started)} ({age(run.started)})</span>
        <span>{run.status === "running" ? "for " : ""}{duration(run.duration_s)}</span>
        <span>{plural(run.rows, "row")}</span>
        {run.attempts > 1 && <span>{plural(run.attempts, "attempt")}</span>}
        {run.world_size > 1 && <span>{number(run.world_size)} ranks</span>}
        {run.host && <span class="cut">on <bdi>{run.host}</bdi></span>}
      </p>
    </header>
  );
}

/** An address of a run that is not there: say what was searched, and which names are near. A short token may still mean a run. */
function NoRun({ asked, tab, problem, onRetry }: { asked: string; tab: string; problem: Problem; onRetry: () => void }): JSX.Element {
  const [looked, setLooked] = useState(problem.status !== 404);
  useEffect(() => {
    if (problem.status !== 404) return;
    get<RunsAnswer>("/api/runs", { q: tokensFilter([asked]), limit: 2, archived: true, keys: "-" })
      .then((found) => (found.total === 1 ? go(`/r/${encodeURIComponent(found.runs[0]!.id)}${tab === "overview" ? "" : "/" + tab}`, { replace: true }) : setLooked(true)), () => setLooked(true));
  }, [asked]);
  if (!looked) return <Waiting />;
  if (problem.status !== 404) return <div class="page"><Failure problem={problem} onRetry={onRetry} /></div>;
  const near = (problem.body["nearest"] ?? []) as { id: string; name: string }[];
  return (
    <div class="page">
      <h1>No run is called <q class="wrap"><bdi>{asked.slice(0, 200)}</bdi></q></h1>
      <p class="faint">{problem.message}{problem.hint ? `; ${problem.hint}` : ""}</p>
      {near.length > 0 && (
        <>
          <h2>The nearest names</h2>
          <ul class="near-runs">{near.map((run) => <li key={run.id}><a href={runHref(run.id)}><Swatch id={run.id} /><bdi>{run.name}</bdi></a> <span class="faint mono">{run.id}</span></li>)}</ul>
        </>
      )}
      <p><a href={href("/?all")}>All projects</a></p>
    </div>
  );
}
