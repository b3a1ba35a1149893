// Reads comma-separated values, quotes and line breaks within them included. Invariant: every row has as many cells as the head.

export function readCsv(text: string, mark = ",", most = 100_000): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < text.length && rows.length < most; at += 1) {
    const letter = text[at]!;
    if (quoted) {
      if (letter === '"' && text[at + 1] === '"') (cell += '"'), (at += 1);
      else if (letter === '"') quoted = false;
      else cell += letter;
    } else if (letter === '"' && cell === "") quoted = true;
    else if (letter === mark) row.push(cell), (cell = "");
    else if (letter === "\n" || letter === "\r") {
      if (letter === "\r" && text[at + 1] === "\n") at += 1;
      row.push(cell), rows.push(row), (row = []), (cell = "");
    } else cell += letter;
  }
  if (cell || row.length) row.push(cell), rows.push(row);
  const wide = rows[0]?.length ?? 0;
  return rows.map((one) => (one.length === wide ? one : [...one, ...new Array<string>(Math.max(0, wide - one.length)).fill("")].slice(0, wide)));
}

/** Write a table as comma-separated values; a text that a spreadsheet would take for a formula gets a quote before it. */
export function toCsv(columns: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const cell = (value: unknown): string => {
    if (value === null || value === undefined) return "";
    let text = typeof value === "object" ? JSON.stringify(value) : String(value);
    if (typeof value === "string" && /^[=+@\t\r-]/.test(text) && !Number.isFinite(Number(text))) text = "'" + text;
    return /[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  return [columns, ...rows].map((row) => row.map(cell).join(",")).join("\n") + "\n";
}
