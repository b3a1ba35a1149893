// What is new, gone or changed between two versions of an artifact; texts that changed are shown line by line when opened.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { plural, size } from "../core/format.ts";
import { useAnswer } from "../core/state.ts";
import type { ArtifactDetails, ManifestFile } from "../core/types.ts";
import { Icon } from "../ui/button.tsx";
import { DiffView } from "../view/diffview.tsx";
import { languageOf } from "../view/highlight.ts";
import { diffTexts, folded } from "../view/unified.ts";
import { Asked, Nothing } from "./bits.tsx";
import { isText, objectText } from "./objects.ts";

export interface FileChange {
  path: string;
  status: "added" | "removed" | "changed";
  old: ManifestFile | null;
  new: ManifestFile | null;
}

/** Return the files that differ, in the order of their paths. */
export function manifestChanges(before: readonly ManifestFile[], after: readonly ManifestFile[]): FileChange[] {
  const [a, b] = [new Map(before.map((file) => [file.path, file])), new Map(after.map((file) => [file.path, file]))];
  return [...new Set([...a.keys(), ...b.keys()])].sort().flatMap((path): FileChange[] => {
    const [old, next] = [a.get(path) ?? null, b.get(path) ?? null];
    if (old && next && old.sha256 === next.sha256 && old.reference === next.reference) return [];
    return [{ path, status: !old ? "added" : !next ? "removed" : "changed", old, new: next }];
  });
}

const SMALL = 1_000_000;

export function ManifestDiff({ before, after }: { before: ArtifactDetails; after: ArtifactDetails }): JSX.Element {
  const changes = manifestChanges(before.manifest, after.manifest);
  if (!changes.length) return <Nothing what="The files are the same" />;
  return <div class="changes"><p class="faint">{plural(changes.length, "file")} of {Math.max(before.manifest.length, after.manifest.length)} differ</p>{changes.map((change) => <One key={change.path} of={change} />)}</div>;
}

function One({ of }: { of: FileChange }): JSX.Element {
  const [open, setOpen] = useState(false);
  const texts = of.old?.sha256 && of.new?.sha256 && (of.old.size_bytes ?? 0) < SMALL && (of.new.size_bytes ?? 0) < SMALL;
  const sizes = [of.old, of.new].map((file) => (typeof file?.size_bytes === "number" ? size(file.size_bytes) : "")).filter(Boolean).join(" → ");
  const line = <><bdi class="mono cut">{of.path}</bdi><span class={`chip ${of.status === "added" ? "good" : of.status === "removed" ? "bad" : ""}`}>{of.status}</span><span class="faint">{sizes}</span></>;
  return (
    <section class="change" aria-label={of.path}>
      {texts ? <button type="button" class="fold change-head" aria-expanded={open} onClick={() => setOpen(!open)}><Icon name={open ? "down" : "right"} size={12} />{line}</button> : <div class="change-head">{line}</div>}
      {open && texts && <Texts old={of.old!.sha256!} next={of.new!.sha256!} path={of.path} />}
    </section>
  );
}

function Texts({ old, next, path }: { old: string; next: string; path: string }): JSX.Element {
  const both = useAnswer(old + next, async () => ({ a: await objectText(old), b: await objectText(next) }));
  return <Asked of={both}>{({ a, b }) => (isText(a.text) && isText(b.text) ? <DiffView lines={folded(diffTexts(a.text, b.text))} language={languageOf(path)} split={false} label={`Changes in ${path}`} /> : <p class="faint hashes mono wrap">{old} → {next}</p>)}</Asked>;
}
