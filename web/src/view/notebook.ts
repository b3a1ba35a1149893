// Reads a Jupyter notebook into cells. Invariant: outputs are text or images whose bytes are given as data; HTML and scripts of
// a notebook are never kept.

export interface Output {
  kind: "text" | "error" | "image";
  text: string;
  mime?: string;
}

export interface Cell {
  kind: "code" | "markdown" | "raw";
  source: string;
  count: number | null;
  outputs: Output[];
}

const joined = (value: unknown): string => (Array.isArray(value) ? value.map(String).join("") : typeof value === "string" ? value : "");

/** Return the cells of a notebook, or null where the text is none. */
export function readNotebook(text: string): Cell[] | null {
  try {
    const data = JSON.parse(text) as { cells?: unknown };
    if (!Array.isArray(data.cells)) return null;
    return (data.cells as Record<string, unknown>[]).map((cell) => ({
      kind: cell["cell_type"] === "markdown" ? "markdown" : cell["cell_type"] === "code" ? "code" : "raw",
      source: joined(cell["source"]),
      count: typeof cell["execution_count"] === "number" ? (cell["execution_count"] as number) : null,
      outputs: (Array.isArray(cell["outputs"]) ? (cell["outputs"] as Record<string, unknown>[]) : []).flatMap(outputs),
    }));
  } catch {
    return null;
  }
}

function outputs(output: Record<string, unknown>): Output[] {
  if (output["output_type"] === "stream") return [{ kind: "text", text: joined(output["text"]) }];
  if (output["output_type"] === "error") return [{ kind: "error", text: joined((output["traceback"] as string[] | undefined)?.join("\n")) || `${String(output["ename"])}: ${String(output["evalue"])}` }];
  const data = (output["data"] ?? {}) as Record<string, unknown>;
  for (const mime of ["image/png", "image/jpeg"]) {
    const bytes = joined(data[mime]).replace(/\s/g, "");
    if (/^[A-Za-z0-9+/]+=*$/.test(bytes)) return [{ kind: "image", text: bytes, mime }];
  }
  const plain = joined(data["text/plain"]);
  return plain ? [{ kind: "text", text: plain }] : [];
}
