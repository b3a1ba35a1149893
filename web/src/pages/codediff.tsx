// What changed in code, a part for each file: open where it is short, folded where it is long; files that are no text by their hashes.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { plural } from "../core/format.ts";
import type { CodeChange } from "../core/types.ts";
import { Icon } from "../ui/button.tsx";
import { DiffView } from "../view/diffview.tsx";
import { languageOf } from "../view/highlight.ts";
import { readNotebook } from "../view/notebook.ts";
import { counts, diffTexts, folded, parseUnified } from "../view/unified.ts";
import { useAnswer } from "../core/state.ts";
import { Asked, Nothing } from "./bits.tsx";
import { objectText, type ObjectText } from "./objects.ts";

const OPEN_LINES = 400;

export function CodeChanges({ files, split }: { files: readonly CodeChange[]; split: boolean }): JSX.Element {
  if (!files.length) return <Nothing what="The code is the same" />;
  return (
    <div class="changes">
      <p class="faint">{plural(files.length, "file")} changed</p>
      {files.map((file) => <Change key={file.path} file={file} split={split} />)}
    </div>
  );
}

function Change({ file, split }: { file: CodeChange; split: boolean }): JSX.Element {
  const isBook = file.path.endsWith(".ipynb") && Boolean(file.old && file.new);
  const lines = !file.hunks ? [] : parseUnified(file.hunks);
  const { added, removed } = counts(lines);
  const [open, setOpen] = useState<boolean>(lines.length < OPEN_LINES);
  const language = languageOf(file.path);
  return (
    <section class="change" aria-label={file.path}>
      <button type="button" class="fold change-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name={open ? "down" : "right"} size={12} />
        <bdi class="mono cut">{file.path}</bdi>
        <span class={`chip ${file.status === "added" ? "good" : file.status === "removed" ? "bad" : ""}`}>{file.status}</span>
        {file.hunks && file.reason && <span class="faint">{file.reason}</span>}
        {Boolean(file.hunks) && <span class="diff-counts"><span class="good">+{added}</span> <span class="bad">−{removed}</span></span>}
      </button>
      {open && (isBook ? <Books old={file.old!} next={file.new!} split={split} fallback={lines} path={file.path} /> : !file.hunks ? <p class="faint mono wrap hashes">{file.reason ?? `${file.old ?? "none"} → ${file.new ?? "none"} (no text, or too long)`}</p> : <DiffView lines={lines} language={language} split={split && file.status === "changed"} label={`Changes in ${file.path}`} />)}
    </section>
  );
}

/** Notebooks differ by the sources of their cells; what they printed says nothing about the code. */
function Books({ old, next, split, fallback, path }: { old: string; next: string; split: boolean; fallback: ReturnType<typeof parseUnified>; path: string }): JSX.Element {
  const both = useAnswer<[ObjectText, ObjectText]>(old + next, () => Promise.all([objectText(old), objectText(next)]));
  return (
    <Asked of={both}>
      {([before, after]: [ObjectText, ObjectText]) => {
        const [a, b] = [readNotebook(before.text), readNotebook(after.text)] as const;
        if (!a || !b) return <DiffView lines={fallback} language="json" split={split} label={path} />;
        const source = (cells: NonNullable<typeof a>) => cells.map((cell) => `# ── ${cell.kind}\n${cell.source}`).join("\n");
        const lines = folded(diffTexts(source(a), source(b)));
        return lines.length ? <DiffView lines={lines} language="python" split={split} label={`Changes in ${path}`} /> : <p class="faint hashes">Only outputs differ</p>;
      }}
    </Asked>
  );
}
