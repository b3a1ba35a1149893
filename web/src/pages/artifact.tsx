// One version of an artifact: its files with a look into them, where it came from and who used it, and what is new against another.
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { info, projectOfRun } from "../app/store.ts";
import { get } from "../core/api.ts";
import { dateTime, exact, plural, size } from "../core/format.ts";
import { useKeys } from "../core/keys.ts";
import { formatRoute, go, href, path, query, setQuery } from "../core/route.ts";
import { useAnswer } from "../core/state.ts";
import type { Artifact, ArtifactDetails, Artifacts, ManifestFile } from "../core/types.ts";
import { Button } from "../ui/button.tsx";
import { copy } from "../ui/toast.tsx";
import { GraphView } from "../plots/graphview.tsx";
import { Prose } from "../view/prose.tsx";
import { artifactHref } from "./artifacts.tsx";
import { Asked, Facts, LinkTabs, Nothing, runHref, Select, Shown, up, useTitle } from "./bits.tsx";
import { FileTree } from "./filetree.tsx";
import type { PageProps } from "./index.ts";
import { ManifestDiff } from "./manifestdiff.tsx";
import { objectAddress } from "./objects.ts";
import { Preview } from "./preview.tsx";

export function Page({ params }: PageProps): JSX.Element {
  const name = params["artifact"] ?? "";
  const asked = query.value["project"];
  useTitle(name);
  const list = useAnswer(`${name} ${asked ?? ""}`, (signal) => get<Artifacts>("/api/artifacts", { project: asked }, signal));
  const known = list.answer.value.data?.artifacts.find((one) => one.name === name);
  const project = asked ?? known?.project ?? "";
  const version = (params["version"] ?? String(known?.versions[0]?.version ?? "latest")).replace(/^v(?=\d+$)/, "");
  const found = useAnswer(project && (params["version"] || known) ? `${project} ${name} ${version}` : null, (signal) => get<ArtifactDetails>(`/api/artifacts/${encodeURIComponent(project)}/${encodeURIComponent(name)}/${encodeURIComponent(version)}`, {}, signal), { fresh: true });
  if (project && projectOfRun.peek() !== project) projectOfRun.value = project;
  useKeys({ "view.up": () => up(`/p/${encodeURIComponent(project)}/artifacts`) });
  const failed = found.answer.value.error;
  return (
    <div class="page wide">
      <p class="crumbs"><a href={href(`/p/${encodeURIComponent(project)}/artifacts`)}>Artifacts</a> / <bdi>{name}</bdi></p>
      {failed && known && <p>The versions of <b><bdi>{name}</bdi></b> are {known.versions.slice(0, 20).map((one) => <span key={one.version}><a href={artifactHref(known, one.version)}>v{one.version}</a> </span>)}</p>}
      {list.answer.value.data && !known && !failed && !found.answer.value.data && <NoArtifact name={name} list={list.answer.value.data.artifacts} />}
      {(known || asked) && <Asked of={found}>{(one) => <Version of={one} known={known} />}</Asked>}
    </div>
  );
}

function NoArtifact({ name, list }: { name: string; list: readonly Artifact[] }): JSX.Element {
  const near = [...list].sort((a, b) => alike(b.name, name) - alike(a.name, name)).slice(0, 3);
  return <><h1>No artifact is called <q class="wrap"><bdi>{name.slice(0, 200)}</bdi></q></h1><p class="faint">in the store {info.value?.store.root}</p>{near.length > 0 && <><h2>The nearest names</h2><ul>{near.map((one) => <li key={one.project + one.name}><a href={artifactHref(one, one.versions[0]?.version ?? 0)}><bdi>{one.name}</bdi></a></li>)}</ul></>}</>;
}

/** How many pairs of letters two names share. */
const alike = (a: string, b: string): number => [...a].filter((_, at) => at > 0 && b.includes(a.slice(at - 1, at + 1))).length / Math.max(1, a.length);

function Version({ of, known }: { of: ArtifactDetails; known: Artifact | undefined }): JSX.Element {
  const tab = query.value["tab"] ?? "files";
  const to = (id: string) => href(formatRoute({ path: path.value, query: { ...query.value, tab: id } }));
  return (
    <>
      <header class="part-head">
        <h1><bdi>{of.name}</bdi> <span class="faint">v{of.version}</span></h1>
        {of.aliases.map((alias) => <span key={alias} class="chip"><bdi>{alias}</bdi></span>)}
        {of.deleted && <span class="chip bad">deleted</span>}
        <span class="room" />
        {known && <Select label="version" value={String(of.version)} list={known.versions.map((one) => [String(one.version), `v${one.version}${one.aliases.length ? ` (${one.aliases.join(", ")})` : ""}`] as const)} onChange={(version) => go(formatRoute({ path: `/a/${encodeURIComponent(of.name)}/v${version}`, query: { ...query.peek(), project: of.project } }))} />}
        <Button icon="copy" onClick={() => void copy(`eventide artifact get ${of.project}/${of.name}:v${of.version}`, "Command copied")}>Get command</Button>
      </header>
      <Facts list={[
        ["type", of.type], ["size", <>{size(of.size_bytes)}{of.new_bytes < of.size_bytes ? `, ${size(of.new_bytes)} new` : ", all new"}</>], ["files", plural(of.files, "file")], ["made", dateTime(of.created)],
        ["by", of.producer ? <a href={runHref(of.producer)}>{of.lineage.nodes.find((node) => node.id === `run:${of.producer}`)?.label ?? of.producer}</a> : null],
        ["used by", of.consumers.length ? plural(of.consumers.length, "run") : "nobody yet"],
        ...Object.entries(of.metadata).slice(0, 12).map(([key, one]): [string, JSX.Element] => [key, <Shown of={one} />]),
        ["digest", <code class="wrap" title={of.digest}>{exact(of.digest).slice(0, 16)}</code>],
      ]} />
      {of.description && <Prose text={of.description} />}
      <LinkTabs list={[{ id: "files", text: "Files", count: of.manifest.length }, { id: "lineage", text: "Lineage" }, { id: "diff", text: "Diff" }]} current={tab} to={to} label="Views of the version" />
      {tab === "lineage" ? <LineageOf of={of} /> : tab === "diff" ? <Against of={of} known={known} /> : <Files of={of} />}
    </>
  );
}

function Files({ of }: { of: ArtifactDetails }): JSX.Element {
  const file = useMemo(() => of.manifest.find((one) => one.path === query.value["file"]) ?? of.manifest[0], [of, query.value["file"]]);
  if (!file) return <Nothing what="The version has no files" />;
  return (
    <div class="files-split">
      <nav class="file-list" aria-label="Files"><FileTree files={of.manifest} chosen={file.path} onChoose={(path) => setQuery({ file: path }, { replace: true })} note={(path) => (of.manifest.find((one) => one.path === path)?.reference ? "reference" : "")} /></nav>
      <div class="file-body">
        <header class="part-head"><h2 class="cut"><bdi>{file.path}</bdi></h2>{typeof file.size_bytes === "number" && <span class="faint">{size(file.size_bytes)}</span>}<span class="room" />{file.sha256 && <a class="button quiet" href={objectAddress(file.sha256, { name: file.path.split("/").pop()! })} download>Download</a>}</header>
        {file.sha256 ? <Preview key={file.sha256} path={file.path} sha256={file.sha256} size_bytes={file.size_bytes ?? null} /> : <Reference of={file} />}
      </div>
    </div>
  );
}

/** What lies elsewhere is named, never loaded. */
const Reference = ({ of }: { of: ManifestFile }): JSX.Element => (
  <Nothing what="This file lies elsewhere" how={<><code class="wrap">{of.reference}</code> <Button icon="copy" onClick={() => void copy(of.reference ?? "", "Address copied")}>Copy</Button></>} />
);

const KINDS = { run: "run", artifact: "artifact" };

function LineageOf({ of }: { of: ArtifactDetails }): JSX.Element {
  const own = `artifact:${of.project}/${of.name}:v${of.version}`;
  const link = (node: { id: string }) => {
    const [kind, rest = ""] = [node.id.slice(0, node.id.indexOf(":")), node.id.slice(node.id.indexOf(":") + 1)];
    if (kind === "run") return runHref(rest);
    const found = /^([^/]+)\/(.*):v(\d+)$/.exec(rest);
    return found ? artifactHref({ project: found[1]!, name: found[2]! }, found[3]!) + "&tab=lineage" : undefined;
  };
  if (of.lineage.nodes.length < 2) return <Nothing what="Nothing is known of where it came from" />;
  return <><p class="faint">Two steps in either direction; a node leads further.</p><GraphView name={`lineage of ${of.name}`} nodes={of.lineage.nodes.map((node) => ({ id: node.id, label: node.label, kind: KINDS[node.kind] }))} edges={of.lineage.edges} chosen={of.lineage.nodes.find((node) => node.id === own || node.label === `${of.name}:v${of.version}`)?.id ?? own} link={link} /></>;
}

function Against({ of, known }: { of: ArtifactDetails; known: Artifact | undefined }): JSX.Element {
  const others = known?.versions.filter((one) => one.version !== of.version) ?? [];
  const other = query.value["with"] ?? String(others.find((one) => one.version < of.version)?.version ?? others[0]?.version ?? "");
  const found = useAnswer(other ? `${of.project} ${of.name} ${other}` : null, (signal) => get<ArtifactDetails>(`/api/artifacts/${encodeURIComponent(of.project)}/${encodeURIComponent(of.name)}/${encodeURIComponent(other)}`, {}, signal));
  if (!other) return <Nothing what="There is no other version" />;
  return (
    <>
      <div class="tool-row"><Select label="from" value={other} list={others.map((one) => [String(one.version), `v${one.version}`] as const)} onChange={(value) => setQuery({ with: value }, { replace: true })} /><span>to v{of.version}</span></div>
      <Asked of={found}>{(before) => <ManifestDiff before={before} after={of} />}</Asked>
    </>
  );
}
