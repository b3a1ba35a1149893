// A notebook by its cells: notes as Markdown, code in colour, and what it printed or drew.
import type { JSX } from "preact";
import { pieces } from "./ansi.ts";
import { Code } from "./code.tsx";
import type { Cell, Output } from "./notebook.ts";
import { Prose } from "./prose.tsx";

export function Notebook({ cells }: { cells: readonly Cell[] }): JSX.Element {
  return (
    <div class="notebook">
      {cells.map((cell, at) => (
        <section key={at} class="cell" aria-label={`Cell ${at + 1}`}>
          <span class="cell-count faint mono" aria-hidden="true">{cell.kind === "code" ? `[${cell.count ?? " "}]` : ""}</span>
          <div class="cell-body">
            {cell.kind === "markdown" ? <Prose text={cell.source} /> : <Code text={cell.source} language={cell.kind === "code" ? "python" : "text"} />}
            {cell.outputs.map((output, place) => <Shown key={place} output={output} />)}
          </div>
        </section>
      ))}
    </div>
  );
}

function Shown({ output }: { output: Output }): JSX.Element {
  if (output.kind === "image") return <img src={`data:${output.mime};base64,${output.text}`} alt="drawn by the cell" />;
  return <pre class={`cell-output mono ${output.kind === "error" ? "is-stderr" : ""}`} tabIndex={0}>{output.text.split("\n").map((line, at) => <div key={at}>{pieces(line).map((piece, place) => <span key={place} class={piece.kind || undefined}>{piece.text}</span>)}{"\n"}</div>)}</pre>;
}
