// What one wants to know of a run first: how it ended and why, how good it is, what was different, how to do it again.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { readOnly } from "../../app/store.ts";
import { get } from "../../core/api.ts";
import { age, asNumber, date, dateTime, duration, exact, number, size, value as written } from "../../core/format.ts";
import { href, query, setQuery } from "../../core/route.ts";
import { useAnswer } from "../../core/state.ts";
import { pinnedBeside } from "./pinned.ts";
import type { Comparison, FileItem, Metric, RunDetails } from "../../core/types.ts";
import { Button, Icon } from "../../ui/button.tsx";
import { copy } from "../../ui/toast.tsx";
import { plain } from "../../view/ansi.ts";
import { Prose } from "../../view/prose.tsx";
import { Asked, Facts, RunLink, runHref, RunPicker, Shown } from "../bits.tsx";
import type { TabProps } from "../run.tsx";

const FIRST = 12;

export function Overview(props: TabProps): JSX.Element {
  const { run, goal } = props;
  return (
    <div class="overview">
      <div class="overview-main">
        {(run.error || run.reason) && <WhyFailed run={run} />}
        {run.status === "crashed" && !run.error && <p class="alert" role="note"><b>crashed</b> The process ended without a word: killed, out of memory, or the machine went down. Last heard {age(run.updated)}.</p>}
        <Differences {...props} />
        <MetricTable run={run} goal={goal?.key ?? ""} />
        <Note {...props} />
      </div>
      <aside class="overview-side" aria-label="Facts">
        {goal && <GoalCard metric={run.metrics[goal.key]!} goal={goal} />}
        <Tags {...props} />
        <RunFacts run={run} />
        <Reproduce run={run} />
        <Kept run={run} />
      </aside>
    </div>
  );
}

function WhyFailed({ run }: { run: RunDetails }): JSX.Element {
  const last = plain(run.reason || run.error.trim().split("\n").pop() || "");
  return (
    <section class="alert" aria-label="Why it failed">
      <p><b>{run.status}</b> <bdi class="mono wrap">{last}</bdi></p>
      {run.error && run.error.trim() !== last && (
        <details>
          <summary>Traceback</summary>
          <pre class="code" tabIndex={0}>{plain(run.error)}</pre>
          <Button icon="copy" onClick={() => void copy(run.error, "Traceback copied")}>Copy</Button>
        </details>
      )}
    </section>
  );
}

function GoalCard({ metric, goal }: { metric: Metric; goal: { key: string; direction: string } }): JSX.Element {
  return (
    <div class="goal-card">
      <div class="faint">best <bdi>{goal.key}</bdi> {goal.direction === "max" ? "↑" : "↓"}</div>
      <div class="goal-value" title={exact(metric.best)}>{written(metric.best)}</div>
      <div class="faint">{metric.best_step !== null && <>at step {number(metric.best_step)}</>}{metric.last !== null && <> · last {written(metric.last)}</>}</div>
    </div>
  );
}

/** Parameters that differ from the previous, the pinned, or any other run. */
function Differences({ run }: TabProps): JSX.Element | null {
  const pinned = pinnedBeside(run);
  const asked = query.value["ref"];
  const other = asked ?? pinned ?? run.previous;
  const [all, setAll] = useState(false);
  const compared = useAnswer(other && other !== run.id ? `${other},${run.id}` : null, (signal) => get<Comparison>("/api/compare", { runs: `${other},${run.id}` }, signal));
  const pick = (id: string) => setQuery({ ref: id }, { replace: true });
  const choose = (
    <RunPicker text="another run" project={run.project} leaveOut={[run.id]} onPick={(one) => pick(one.id)} tools={(close) => (
      <p class="picked-first">
        {run.previous && <Button onClick={() => (close(), pick(run.previous!))}>previous</Button>}
        {pinned && <Button onClick={() => (close(), pick(pinned))}>pinned</Button>}
      </p>
    )} />
  );
  if (!other) return Object.keys(run.params).length ? <section aria-label="Parameters"><header class="part-head"><h2>Parameters</h2><span class="room" />{choose}</header><ParamList entries={Object.entries(run.params)} /></section> : null;
  return (
    <section aria-label="Parameters">
      <Asked of={compared} what="Comparing">
        {({ runs, config }) => {
          const changed = config.filter((line) => !line.same);
          const shown = all ? [...changed, ...config.filter((line) => line.same)] : changed.slice(0, FIRST);
          const kind = other === run.previous ? "the previous run" : other === pinned ? "the pinned run" : "";
          return (
            <>
              <header class="part-head">
                <h2>{changed.length ? `${changed.length} of ${config.length} parameters differ` : config.length ? `All ${config.length} parameters are the same` : "No parameters"}</h2>
                <span class="faint">from {kind} {runs[0] && <RunLink run={runs[0]} />}</span>
                <span class="room" />
                <a href={href(`/compare?runs=${encodeURIComponent(other)},${encodeURIComponent(run.id)}`)}>compare</a>
                {choose}
              </header>
              {shown.length > 0 && (
                <table class="plain diff-table">
                  <thead class="hidden-text"><tr><th scope="col">parameter</th><th scope="col">before</th><th scope="col">here</th></tr></thead>
                  <tbody>
                    {shown.map((line) => (
                      <tr key={line.path} class={line.same ? "faint" : ""}>
                        <th scope="row"><bdi>{line.path}</bdi></th>
                        <td class="before">{!line.same && <Shown of={line.values[0]} />}</td>
                        <td class="arrow" aria-hidden="true">{line.same ? "" : "→"}</td>
                        <td><Shown of={line.values[1]} /></td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              )}
              {config.length > shown.length && <Button icon="down" onClick={() => setAll(true)}>{`Show all ${config.length}`}</Button>}
            </>
          );
        }}
      </Asked>
    </section>
  );
}

function ParamList({ entries }: { entries: [string, unknown][] }): JSX.Element {
  return <table class="plain"><tbody>{entries.map(([path, one]) => <tr key={path}><th scope="row"><bdi>{path}</bdi></th><td><Shown of={one} /></td></tr>)}</tbody></table>;
}

function MetricTable({ run, goal }: { run: RunDetails; goal: string }): JSX.Element | null {
  const entries = Object.entries(run.metrics).sort(([a], [b]) => (a === goal ? -1 : b === goal ? 1 : 0));
  const extra = [...Object.entries(run.summary).filter(([key, one]) => !run.metrics[key] || exact(one) !== exact(run.metrics[key].last)), ...Object.entries(run.values)];
  const [all, setAll] = useState(false);
  if (!entries.length && !extra.length) return null;
  const shown = all ? entries : entries.slice(0, FIRST);
  return (
    <section aria-label="Metrics">
      {entries.length > 0 && (
        <>
          <header class="part-head"><h2>Metrics</h2><span class="room" /><a href={runHref(run.id, "metrics")}>curves</a></header>
          <div class="scroll-x">
            <table class="plain numbers">
              <thead><tr><th scope="col">key</th><th scope="col">last</th><th scope="col">best</th><th scope="col">at step</th><th scope="col">min</th><th scope="col">max</th><th scope="col">mean</th><th scope="col">points</th></tr></thead>
              <tbody>
                {shown.map(([key, metric]) => (
                  <tr key={key}>
                    <th scope="row"><a href={href(`/r/${encodeURIComponent(run.id)}/metrics?find=${encodeURIComponent(key)}`)}><bdi>{key}</bdi></a> <span class="faint" title={metric.goal === "max" ? "higher is better" : "lower is better"}>{metric.goal === "max" ? "↑" : "↓"}</span></th>
                    {[metric.last, metric.best, metric.best_step, metric.min, metric.max, metric.mean].map((one, at) => <td key={at} class={at === 1 ? "strong" : ""}><Shown of={one} /></td>)}
                    <td>{number(metric.count)}{metric.nonfinite > 0 && <span class="chip bad" title={`not finite from step ${metric.first_nonfinite_step}`}>{metric.nonfinite} NaN</span>}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {entries.length > shown.length && <Button icon="down" onClick={() => setAll(true)}>{`Show all ${entries.length}`}</Button>}
        </>
      )}
      {extra.length > 0 && <><h2 class="later">Values</h2><ParamList entries={extra} /></>}
    </section>
  );
}

function Note({ run, edit }: TabProps): JSX.Element | null {
  const [text, setText] = useState<string | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => void (text !== null && field.current?.focus()), [text === null]);
  if (readOnly.value && !run.notes) return null;
  const saveNote = () => {
    if (text !== null && text !== run.notes) void edit({ notes: text }, "Note saved", { notes: run.notes });
    setText(null);
  };
  return (
    <section aria-label="Note">
      <header class="part-head"><h2>Note</h2><span class="room" />{!readOnly.value && text === null && <Button onClick={() => setText(run.notes)}>{run.notes ? "Edit" : "Write a note"}</Button>}</header>
      {text === null ? (
        run.notes && <Prose text={run.notes} />
      ) : (
        <>
          <textarea ref={field} class="note-field mono" aria-label="Note, in Markdown" rows={Math.min(24, Math.max(5, text.split("\n").length + 1))} value={text} onInput={(event) => setText(event.currentTarget.value)} onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) saveNote();
            else if (event.key === "Escape") event.stopPropagation(), setText(null);
          }} />
          <p><Button kind="primary" onClick={saveNote}>Save</Button> <Button onClick={() => setText(null)}>Leave as it was</Button> <span class="faint">Markdown; Ctrl Enter saves</span></p>
        </>
      )}
    </section>
  );
}

function Tags({ run, edit }: TabProps): JSX.Element | null {
  const [adding, setAdding] = useState(false);
  if (readOnly.value && !run.tags.length) return null;
  const add = (text: string) => {
    setAdding(false);
    const tags = text.split(",").map((tag) => tag.trim()).filter((tag) => tag && !run.tags.includes(tag));
    if (tags.length) void edit({ add_tags: tags }, "Tagged", { remove_tags: tags });
  };
  return (
    <p class="tag-line">
      {run.tags.map((tag) => (
        <span key={tag} class="chip">
          <a href={href(`/p/${encodeURIComponent(run.project)}?q=${encodeURIComponent(`tag:"${tag.replace(/["\\]/g, "\\$&")}"`)}`)}><bdi class="cut">{tag}</bdi></a>
          {!readOnly.value && <button type="button" class="chip-close" aria-label={`Remove the tag ${tag}`} onClick={() => void edit({ remove_tags: [tag] }, "Tag removed", { add_tags: [tag] })}><Icon name="close" size={10} /></button>}
        </span>
      ))}
      {!readOnly.value && (adding ? <input class="tag-field" aria-label="New tags, with commas" ref={(field) => field?.focus()} onBlur={(event) => add(event.currentTarget.value)} onKeyDown={(event) => (event.key === "Enter" ? add(event.currentTarget.value) : event.key === "Escape" && (event.stopPropagation(), setAdding(false)))} /> : <button type="button" class="chip" onClick={() => setAdding(true)}>+ tag</button>)}
    </p>
  );
}

type Tree = Record<string, unknown>;
const tree = (value: unknown): Tree => (typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Tree) : {});

function RunFacts({ run }: { run: RunDetails }): JSX.Element {
  const host = tree(run.provenance["host"]);
  const python = tree(run.provenance["python"]);
  const git = tree(run.provenance["git"]);
  const gpus = Array.isArray(run.provenance["gpu"]) ? (run.provenance["gpu"] as unknown[]).map(tree) : [];
  const bytes = asNumber(host["memory_bytes"]);
  const text = (value: unknown) => (value ? <Shown of={value} cut={false} /> : null);
  return (
    <Facts list={[
      ["started", <time title={dateTime(run.started)}>{dateTime(run.started)}</time>],
      ["duration", duration(run.duration_s)],
      ["ended", run.ended ? date(run.ended) : null],
      ["group", text(run.group)],
      ["user", text(run.user)],
      ["host", text(run.host || host["name"])],
      ["processor", host["cpus"] ? <>{text(host["cpu"])} {number(Number(host["cpus"]))} cores{bytes ? `, ${size(bytes)}` : ""}</> : null],
      ["gpu", gpus.length ? <>{gpus.length > 1 ? `${gpus.length} × ` : ""}{text(gpus[0]!["name"])}</> : null],
      ["system", text([host["os"], host["kernel"]].filter(Boolean).join(" "))],
      ["python", text(python["version"])],
      ["commit", git["commit"] ? <><code title={String(git["commit"])}>{String(git["commit"]).slice(0, 10)}</code> {text(git["branch"])} {git["dirty"] ? <a class="chip warn" href={runHref(run.id, "code")} title="The working tree had changes that were not committed">dirty</a> : <span class="faint">clean</span>}</> : null],
    ]} />
  );
}

const shell = (argument: string): string => (/^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replace(/'/g, "'\\''")}'`);

function Reproduce({ run }: { run: RunDetails }): JSX.Element {
  const command = tree(run.provenance["command"]);
  const argv = Array.isArray(command["argv"]) ? (command["argv"] as unknown[]).map(String) : [];
  const again = `eventide reproduce ${run.id} --run`;
  const line = (label: string, text: string) => (
    <div class="command">
      <span class="faint">{label}</span>
      <pre class="code" tabIndex={0}>{text}</pre>
      <Button icon="copy" label={`Copy: ${label}`} onClick={() => void copy(text, "Command copied")} />
    </div>
  );
  return <>{argv.length > 0 && line("was started with", argv.map(shell).join(" "))}{line("run it again", again)}</>;
}

function Kept({ run }: { run: RunDetails }): JSX.Element | null {
  const some = ["artifact", "use"].some((kind) => run.files[kind]);
  const found = useAnswer(some ? run.id + JSON.stringify(run.files) : null, (signal) => get<{ files: FileItem[] }>(`/api/runs/${encodeURIComponent(run.id)}/files`, { kind: "artifact,use" }, signal));
  const files = found.answer.value.data?.files ?? [];
  const part = (kind: string, heading: string) => {
    const list = files.filter((file) => file.kind === kind);
    return list.length > 0 && (
      <>
        <h3>{heading}</h3>
        <ul class="bare">{list.map((file, at) => <li key={at}><a href={href(`/a/${encodeURIComponent(file.name)}/v${String(file.record["version"] ?? 0)}?project=${encodeURIComponent(String(file.record["project"] ?? run.project))}`)}><bdi>{file.name}</bdi> v{String(file.record["version"] ?? "?")}</a> {kind === "artifact" && <span class="faint">{size(file.size_bytes)}</span>}</li>)}</ul>
      </>
    );
  };
  return <>{part("use", "Artifacts used")}{part("artifact", "Artifacts made")}</>;
}
