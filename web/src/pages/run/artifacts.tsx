// What a run made and used.
import type { JSX } from "preact";
import { get } from "../../core/api.ts";
import { date, size } from "../../core/format.ts";
import { href } from "../../core/route.ts";
import { useAnswer } from "../../core/state.ts";
import type { FileItem } from "../../core/types.ts";
import { Asked } from "../bits.tsx";
import { objectAddress } from "../objects.ts";
import type { TabProps } from "../run.tsx";

const HEADINGS = { artifact: "Made by this run", use: "Used by this run", result: "Results" } as const;

export function ArtifactsTab({ run }: TabProps): JSX.Element {
  const found = useAnswer(run.id + JSON.stringify(run.files), (signal) => get<{ files: FileItem[] }>(`/api/runs/${encodeURIComponent(run.id)}/files`, { kind: "artifact,use,result" }, signal));
  return (
    <div class="page-part">
      <Asked of={found}>
        {({ files }) => (
          <>
            {(Object.keys(HEADINGS) as (keyof typeof HEADINGS)[]).map((kind) => {
              const list = files.filter((file) => file.kind === kind);
              if (!list.length) return null;
              return (
                <section key={kind} aria-label={HEADINGS[kind]}>
                  <h2>{HEADINGS[kind]}</h2>
                  <table class="plain numbers">
                    <thead><tr><th scope="col">name</th><th scope="col">{kind === "result" ? "format" : "version"}</th><th scope="col">size</th><th scope="col">when</th></tr></thead>
                    <tbody>{list.map((file, at) => <Row key={at} file={file} project={run.project} />)}</tbody>
                  </table>
                </section>
              );
            })}
          </>
        )}
      </Asked>
    </div>
  );
}

function Row({ file, project }: { file: FileItem; project: string }): JSX.Element {
  const version = file.record["version"];
  const link = file.kind === "result" ? objectAddress(file.sha256, { name: file.name }) : href(`/a/${encodeURIComponent(file.name)}/v${String(version)}?project=${encodeURIComponent(String(file.record["project"] ?? project))}`);
  return (
    <tr>
      <th scope="row"><a href={link} download={file.kind === "result"}><bdi>{file.name}</bdi></a></th>
      <td>{version === undefined ? file.format : `v${String(version)}`}</td>
      <td title={file.kind === "artifact" ? `${size(Number(file.record["new_bytes"] ?? 0))} new` : undefined}>{file.size_bytes ? size(file.size_bytes) : ""}</td>
      <td>{date(file.ts)}</td>
    </tr>
  );
}
