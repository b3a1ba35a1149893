// The parameters of a run: as a tree, by paths, as YAML, or against any other run.
import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { get } from "../../core/api.ts";
import { useKeys } from "../../core/keys.ts";
import { href, query, setQuery } from "../../core/route.ts";
import { useAnswer } from "../../core/state.ts";
import { pinnedBeside } from "./pinned.ts";
import type { RunDetails } from "../../core/types.ts";
import { Button, Icon } from "../../ui/button.tsx";
import { copy, save } from "../../ui/toast.tsx";
import { CodeFile } from "../../view/code.tsx";
import { DiffView } from "../../view/diffview.tsx";
import { counts, diffTexts, folded } from "../../view/unified.ts";
import { flatten, toYaml } from "../../view/yaml.ts";
import { Asked, Choice, inQuery, Nothing, RunLink, RunPicker, Shown } from "../bits.tsx";
import type { TabProps } from "../run.tsx";

type Way = "tree" | "flat" | "yaml" | "diff";
const WAYS = [["tree", "Tree"], ["flat", "Flat"], ["yaml", "YAML"], ["diff", "Diff"]] as const;

export function Config({ run }: TabProps): JSX.Element {
  const way = (WAYS.some(([id]) => id === query.value["as"]) ? query.value["as"] : "tree") as Way;
  const search = (query.value["find"] ?? "").toLowerCase();
  const field = useRef<HTMLInputElement>(null);
  useKeys({ "filter.focus": () => field.current?.focus() });
  const yaml = useMemo(() => toYaml(run.config), [run.config]);
  const flat = useMemo(() => flatten(run.config), [run.config]);
  const fits = ([path, one]: [string, unknown]) => !search || path.toLowerCase().includes(search) || JSON.stringify(one)?.toLowerCase().includes(search);
  const shown = flat.filter(fits);
  return (
    <div class="config-page">
      <div class="tool-row">
        <Choice label="Shown as" list={WAYS} chosen={way} onChoose={inQuery("as", "tree")} />
        {way !== "diff" && way !== "yaml" && <input ref={field} type="search" aria-label="Search the parameters" placeholder="search" value={query.value["find"] ?? ""} onInput={(event) => setQuery({ find: event.currentTarget.value }, { replace: true })} />}
        <span class="room" />
        <Button icon="copy" onClick={() => void copy(yaml, "Copied as YAML")}>YAML</Button>
        <Button icon="copy" onClick={() => void copy(JSON.stringify(run.config, null, 2), "Copied as JSON")}>JSON</Button>
        <Button icon="download" label="Save as YAML" onClick={() => save(`${run.name}.yaml`, new Blob([yaml], { type: "application/yaml" }))} />
      </div>
      {way !== "diff" && search && !shown.length && <Nothing what={`No parameter holds ${search}`} />}
      {way === "tree" && <div class="tree"><Branch of={run.config} path="" search={search} project={run.project} /></div>}
      {way === "flat" && <table class="plain"><tbody>{shown.map(([path, one]) => <tr key={path}><th scope="row"><bdi>{path}</bdi></th><td><Shown of={one} cut={false} /></td></tr>)}</tbody></table>}
      {way === "yaml" && <CodeFile text={yaml} language="yaml" label="Parameters as YAML" />}
      {way === "diff" && <Against run={run} yaml={yaml} pinned={pinnedBeside(run)} />}
    </div>
  );
}

const isTree = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

function Branch({ of, path, search, project }: { of: Record<string, unknown>; path: string; search: string; project: string }): JSX.Element {
  return (
    <ul class="branch">
      {Object.entries(of).map(([key, one]) => {
        const here = path ? `${path}.${key}` : key;
        const holds = !search || here.toLowerCase().includes(search) || JSON.stringify(one)?.toLowerCase().includes(search);
        if (!holds) return null;
        return isTree(one) && Object.keys(one).length ? <Folder key={key} name={key} of={one} path={here} search={search} project={project} /> : (
          <li key={key} class="leaf">
            <bdi class="leaf-name">{key}</bdi>
            <Shown of={one} cut={false} />
            {["string", "number", "boolean"].includes(typeof one) && <a class="leaf-find" title="Runs with this value" aria-label={`Runs with this ${here}`} href={href(`/p/${encodeURIComponent(project)}?q=${encodeURIComponent(`\`config.${here.replace(/`/g, "")}\`=${typeof one === "string" ? JSON.stringify(one) : String(one)}`)}`)}><Icon name="search" size={12} /></a>}
          </li>
        );
      })}
    </ul>
  );
}

function Folder({ name, of, path, search, project }: { name: string; of: Record<string, unknown>; path: string; search: string; project: string }): JSX.Element {
  const [open, setOpen] = useState(true);
  const shown = open || Boolean(search);
  return (
    <li>
      <button type="button" class="fold" aria-expanded={shown} onClick={() => setOpen(!open)}><Icon name={shown ? "down" : "right"} size={12} /><bdi>{name}</bdi>{!shown && <span class="faint">{Object.keys(of).length}</span>}</button>
      {shown && <Branch of={of} path={path} search={search} project={project} />}
    </li>
  );
}

function Against({ run, yaml, pinned }: { run: RunDetails; yaml: string; pinned: string | undefined }): JSX.Element {
  const other = query.value["with"] ?? pinned ?? run.previous;
  const split = query.value["split"] !== "0";
  const details = useAnswer(other ?? null, (signal) => get<RunDetails>(`/api/runs/${encodeURIComponent(other!)}`, {}, signal));
  const pick = <RunPicker text={other ? "another run" : "Choose a run"} project={run.project} leaveOut={[run.id]} onPick={(one) => setQuery({ with: one.id }, { replace: true })} />;
  if (!other) return <Nothing what="There is no earlier run to compare with" how={pick} />;
  return (
    <Asked of={details}>
      {(before) => {
        const lines = diffTexts(toYaml(before.config), yaml);
        const { added, removed } = counts(lines);
        return (
          <>
            <p class="tool-row"><span class="faint">from</span> <RunLink run={before} /> {pick} <span class="diff-counts"><span class="good">+{added}</span> <span class="bad">−{removed}</span></span><span class="room" /><Choice label="Layout" list={[["1", "split"], ["0", "unified"]]} chosen={split ? "1" : "0"} onChoose={inQuery("split", "1")} /></p>
            {added + removed ? <DiffView lines={folded(lines, 3)} language="yaml" split={split} label={`Parameters of ${before.name} and ${run.name}`} /> : <Nothing what="The parameters are the same" />}
          </>
        );
      }}
    </Asked>
  );
}
