// The code a run ran from: what changed against another run first, else its files; each in colour, notebooks by cells.
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { get } from "../../core/api.ts";
import { plural, size } from "../../core/format.ts";
import { query, setQuery } from "../../core/route.ts";
import { useAnswer } from "../../core/state.ts";
import type { Code, CodeDiff, RunDetails } from "../../core/types.ts";
import { Button } from "../../ui/button.tsx";
import { copy } from "../../ui/toast.tsx";
import { Asked, Choice, inQuery, Nothing, RunLink, RunPicker } from "../bits.tsx";
import { CodeChanges } from "../codediff.tsx";
import { FileTree } from "../filetree.tsx";
import { objectAddress } from "../objects.ts";
import { Preview } from "../preview.tsx";
import type { TabProps } from "../run.tsx";
import { pinnedBeside } from "./pinned.ts";

export function CodeTab({ run }: TabProps): JSX.Element {
  const found = useAnswer(run.id, (signal) => get<Code>(`/api/runs/${encodeURIComponent(run.id)}/code`, {}, signal));
  const pinned = pinnedBeside(run);
  const git = (run.provenance["git"] ?? {}) as Record<string, unknown>;
  const patch = typeof git["diff"] === "string" ? git["diff"] : "";
  const first = patch && git["dirty"] ? "commit" : run.previous ? "changes" : "files";
  const shown = query.value["show"] ?? first;
  const list: ["changes" | "commit" | "files", string][] = [["changes", "Changes"], ["files", "Files"]];
  if (patch) list.splice(1, 0, ["commit", "Since commit"]);
  return (
    <div class="code-page">
      <div class="tool-row">
        <Choice label="Shown" list={list} chosen={shown as "files"} onChoose={inQuery("show", first)} />
        {typeof git["commit"] === "string" && git["commit"] && <span class="faint">commit <code title={git["commit"]}>{git["commit"].slice(0, 10)}</code> {git["dirty"] ? <span class="chip warn">dirty</span> : ""}</span>}
        <span class="room" />
        {shown !== "files" && <Choice label="Layout" list={[["1", "split"], ["0", "unified"]]} chosen={query.value["split"] === "0" ? "0" : "1"} onChoose={inQuery("split", "1")} />}
        <Button icon="copy" onClick={() => void copy(`eventide code restore ${run.id} ${run.name.replace(/[^\w.-]+/g, "-")}-code`, "Restore command copied")}>Restore command</Button>
      </div>
      {shown === "commit" ? <SinceCommit run={run} /> : shown === "changes" ? <Changes run={run} pinned={pinned} /> : <Asked of={found}>{(code) => <Files code={code} run={run} />}</Asked>}
    </div>
  );
}

function Changes({ run, pinned }: { run: RunDetails; pinned: string | undefined }): JSX.Element {
  const other = query.value["with"] ?? pinned ?? run.previous;
  const about = useAnswer(other ?? null, (signal) => get<RunDetails>(`/api/runs/${encodeURIComponent(other!)}`, {}, signal));
  const diff = useAnswer(other ? `${run.id} ${other}` : null, (signal) => get<CodeDiff>(`/api/runs/${encodeURIComponent(run.id)}/code/diff`, { with: other! }, signal), { fresh: true });
  const pick = (
    <RunPicker text={other ? "another run" : "Choose a run"} project={run.project} leaveOut={[run.id]} onPick={(one) => setQuery({ with: one.id }, { replace: true })} tools={(close) => (
      <p class="picked-first">
        {run.previous && <Button onClick={() => (close(), setQuery({ with: run.previous }, { replace: true }))}>previous</Button>}
        {pinned && <Button onClick={() => (close(), setQuery({ with: pinned }, { replace: true }))}>pinned</Button>}
      </p>
    )} />
  );
  if (!other) return <Nothing what="There is no earlier run to compare with" how={pick} />;
  const before = about.answer.value.data;
  return (
    <>
      <p class="tool-row"><span class="faint">{other === run.previous ? "from the previous run" : other === pinned ? "from the pinned run" : "from"}</span> {before && <RunLink run={before} tab="code" />} {pick}</p>
      {diff.answer.value.error?.code === "object_not_found" ? <Nothing what={diff.answer.value.error.message} how="Choose another run, or see the files." /> : <Asked of={diff} what="Comparing">{({ files }) => <CodeChanges files={files} split={query.value["split"] !== "0"} />}</Asked>}
    </>
  );
}

/** What was not committed when the run began, as git said it. */
function SinceCommit({ run }: { run: RunDetails }): JSX.Element {
  const diff = useAnswer(run.id, (signal) => get<CodeDiff>(`/api/runs/${encodeURIComponent(run.id)}/code/diff`, { with: "@commit" }, signal));
  return (
    <Asked of={diff}>
      {({ files, truncated }) => (
        <>
          {truncated && <p class="chip warn">More was changed than is kept: the end is missing</p>}
          {files.length ? <CodeChanges files={files} split={query.value["split"] !== "0"} /> : <Nothing what="Nothing was changed since the commit" />}
        </>
      )}
    </Asked>
  );
}

function Files({ code, run }: { code: Code; run: RunDetails }): JSX.Element {
  const asked = query.value["file"];
  const file = useMemo(() => code.files.find((one) => one.path === asked) ?? code.files.find((one) => /(^|\/)(train|main|run)[^/]*\.py$/.test(one.path)) ?? code.files.find((one) => one.path.endsWith(".py")) ?? code.files[0], [code, asked]);
  const [left, setLeft] = useState(false);
  if (!file) return <Nothing what="No code was kept with this run" how="eventide.init(code=True) keeps it; see the guide on code and reproducing." />;
  return (
    <div class="files-split">
      <nav class="file-list" aria-label="Files">
        <p class="faint">{plural(code.files.length, "file")}, {size(code.files.reduce((sum, one) => sum + one.size_bytes, 0))}</p>
        <FileTree files={code.files} chosen={file.path} onChoose={(path) => setQuery({ file: path, show: "files" }, { replace: true })} />
        {code.left_out.length > 0 && <details open={left} onToggle={(event) => setLeft(event.currentTarget.open)}><summary class="faint">{plural(code.left_out.length, "file")} left out</summary>{left && <ul class="bare">{code.left_out.slice(0, 500).map((one) => <li key={one.path}><bdi>{one.path}</bdi> <span class="faint">{one.reason}</span></li>)}</ul>}</details>}
      </nav>
      <div class="file-body">
        <header class="part-head"><h2 class="cut"><bdi>{file.path}</bdi></h2><span class="faint">{size(file.size_bytes)}</span><span class="room" /><a class="button quiet" href={objectAddress(file.sha256, { name: file.path.split("/").pop()!, run: run.id })} download>Download</a></header>
        <Preview key={file.sha256} path={file.path} sha256={file.sha256} size_bytes={file.size_bytes} run={run.id} />
      </div>
    </div>
  );
}
