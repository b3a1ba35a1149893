// The artifacts of a project: names, versions, aliases, and how much of each version was new.
import type { JSX } from "preact";
import { get } from "../core/api.ts";
import { date, plural, size } from "../core/format.ts";
import { href, query, setQuery } from "../core/route.ts";
import { useAnswer } from "../core/state.ts";
import type { Artifact, Artifacts } from "../core/types.ts";
import { Asked, Nothing, useTitle } from "./bits.tsx";
import type { PageProps } from "./index.ts";

export const artifactHref = (one: { project: string; name: string }, version: number | string): string => href(`/a/${encodeURIComponent(one.name)}/v${version}?project=${encodeURIComponent(one.project)}`);

export function Page({ params }: PageProps): JSX.Element {
  const project = params["project"] ?? "";
  useTitle(`Artifacts · ${project}`);
  const found = useAnswer(project, (signal) => get<Artifacts>("/api/artifacts", { project }, signal));
  const find = query.value["find"] ?? "";
  return (
    <div class="page">
      <header class="part-head"><h1>Artifacts</h1><span class="room" /><input type="search" aria-label="Find artifacts" placeholder="find" value={find} onInput={(event) => setQuery({ find: event.currentTarget.value }, { replace: true })} /></header>
      <Asked of={found}>
        {({ artifacts }) => {
          const shown = artifacts.filter((one) => one.name.toLowerCase().includes(find.toLowerCase()) || one.type.toLowerCase().includes(find.toLowerCase()));
          if (!artifacts.length) return <Nothing what="No artifact was logged" how="Files that belong together are kept by content, with versions:" code={'run.log_artifact("model.pt", name="model", type="model")'} />;
          return <div class="artifact-list">{shown.map((one) => <One key={one.name} of={one} />)}{!shown.length && <Nothing what={`No artifact is like ${find}`} />}</div>;
        }}
      </Asked>
    </div>
  );
}

function One({ of }: { of: Artifact }): JSX.Element {
  const all = of.versions.reduce((sum, one) => sum + one.size_bytes, 0);
  const fresh = of.versions.reduce((sum, one) => sum + one.new_bytes, 0);
  return (
    <section class="artifact" aria-label={of.name}>
      <header class="part-head"><h2><a href={artifactHref(of, of.versions[0]?.version ?? 0)}><bdi>{of.name}</bdi></a></h2>{of.type && <span class="chip">{of.type}</span>}<span class="faint">{plural(of.versions.length, "version")}, {size(all)}{fresh < all ? `, ${size(fresh)} kept` : ""}</span></header>
      <table class="plain numbers">
        <thead class="hidden-text"><tr><th scope="col">version</th><th scope="col">aliases</th><th scope="col">files</th><th scope="col">size</th><th scope="col">new</th><th scope="col">made</th></tr></thead>
        <tbody>
          {of.versions.slice(0, 8).map((one) => (
            <tr key={one.version} class={one.deleted ? "faint" : ""}>
              <th scope="row"><a href={artifactHref(of, one.version)}>v{one.version}</a></th>
              <td class="words">{one.aliases.map((alias) => <span key={alias} class="chip"><bdi>{alias}</bdi></span>)}</td>
              <td>{plural(one.files, "file")}</td><td>{size(one.size_bytes)}</td><td class="faint">{one.new_bytes < one.size_bytes ? `${size(one.new_bytes)} new` : "all new"}</td><td class="faint">{date(one.created)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {of.versions.length > 8 && <p class="faint">and {of.versions.length - 8} older</p>}
    </section>
  );
}
