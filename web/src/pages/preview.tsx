// One file as well as a browser can show it: pictures, sound and film, code in colour, notebooks by cells, tables as tables, pages in
// a sandbox, and by size and hash whatever else there is.
import type { JSX } from "preact";
import { size } from "../core/format.ts";
import { useAnswer } from "../core/state.ts";
import { CodeFile } from "../view/code.tsx";
import { languageOf } from "../view/highlight.ts";
import { Notebook } from "../view/notebookview.tsx";
import { readNotebook } from "../view/notebook.ts";
import { Prose } from "../view/prose.tsx";
import { Asked, Nothing } from "./bits.tsx";
import { Grid } from "./grid.tsx";
import { endingOf, isText, objectAddress, objectText, typeOf } from "./objects.ts";
import { readCsv } from "./csv.ts";

interface PreviewProps {
  path: string;
  sha256: string;
  size_bytes: number | null;
  run?: string;
}

const LARGEST = 8_000_000;

export function Preview({ path, sha256, size_bytes, run }: PreviewProps): JSX.Element {
  const type = typeOf(endingOf(path));
  const source = objectAddress(sha256, { type, ...(run ? { run } : {}) });
  if (type.startsWith("image/")) return <div class="preview-picture"><img src={source} alt={path} loading="lazy" /></div>;
  if (type.startsWith("audio/")) return <audio controls preload="none" src={source} aria-label={path} />;
  if (type.startsWith("video/")) return <video controls preload="metadata" src={source} aria-label={path} />;
  if (type === "text/html") return <iframe class="preview-page" sandbox="allow-scripts" src={source} title={path} loading="lazy" />;
  if ((size_bytes ?? 0) > LARGEST) return <Binary path={path} sha256={sha256} size_bytes={size_bytes} />;
  return <TextPreview path={path} sha256={sha256} size_bytes={size_bytes} />;
}

export const Binary = ({ path, sha256, size_bytes }: PreviewProps): JSX.Element => (
  <Nothing what={`${size_bytes === null ? "A file" : size(size_bytes)} that is not text`} how={<><span class="mono wrap">{sha256}</span><br /><a href={objectAddress(sha256, { name: path.split("/").pop() ?? "file" })} download>Download</a></>} />
);

function TextPreview({ path, sha256, size_bytes }: PreviewProps): JSX.Element {
  const found = useAnswer(sha256, () => objectText(sha256), { fresh: true });
  return (
    <Asked of={found}>
      {({ text, cut }) => {
        if (!isText(text)) return <Binary path={path} sha256={sha256} size_bytes={size_bytes} />;
        const ending = endingOf(path);
        const cells = ending === "ipynb" ? readNotebook(text) : null;
        const table = ending === "csv" || ending === "tsv" ? readCsv(text, ending === "tsv" ? "\t" : ",") : null;
        return (
          <>
            {cut && <p class="faint">Only the first 4 MB are shown</p>}
            {cells ? <Notebook cells={cells} /> : table ? <Grid label={path} columns={table[0] ?? []} total={table.length - 1} row={(at) => table[at + 1] ?? null} /> : ending === "md" ? <Prose text={text} /> : text ? <CodeFile text={text} language={languageOf(path)} label={path} /> : <Nothing what="The file is empty" />}
          </>
        );
      }}
    </Asked>
  );
}
