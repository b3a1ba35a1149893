// Unified differences: from two texts, or read from what the server wrote; then as one column or as two. Invariant: the lines of the
// old side and of the new side, in order, are those of the two texts wherever a difference was made from whole texts.

export interface DiffLine {
  kind: "same" | "old" | "new" | "gap";
  /** Number of the line in the old and in the new text, from 1; 0 where it is in one of them only. */
  old: number;
  new: number;
  text: string;
}

export interface Pair {
  left: DiffLine | null;
  right: DiffLine | null;
}

const HEAD = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@ ?(.*)$/;

/** Read a unified difference of one file; headers of files are left out. */
export function parseUnified(text: string): DiffLine[] {
  const lines: DiffLine[] = [];
  let old = 0;
  let next = 0;
  let begun = false;
  for (const line of text.split("\n")) {
    const head = HEAD.exec(line);
    if (head) {
      old = Number(head[1]);
      next = Number(head[2]);
      begun = true;
      lines.push({ kind: "gap", old, new: next, text: head[3] ?? "" });
    } else if (!begun || line.startsWith("\\")) continue;
    else if (line.startsWith("+")) lines.push({ kind: "new", old: 0, new: next++, text: line.slice(1) });
    else if (line.startsWith("-")) lines.push({ kind: "old", old: old++, new: 0, text: line.slice(1) });
    else if (line.startsWith(" ")) lines.push({ kind: "same", old: old++, new: next++, text: line.slice(1) });
  }
  return lines;
}

/** Put removed lines beside those that took their place. */
export function pairs(lines: readonly DiffLine[]): Pair[] {
  const out: Pair[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at]!;
    if (line.kind === "same" || line.kind === "gap") {
      out.push({ left: line, right: line });
      at += 1;
      continue;
    }
    const olds: DiffLine[] = [];
    const news: DiffLine[] = [];
    while (at < lines.length && lines[at]!.kind === "old") olds.push(lines[at++]!);
    while (at < lines.length && lines[at]!.kind === "new") news.push(lines[at++]!);
    for (let row = 0; row < Math.max(olds.length, news.length); row += 1) out.push({ left: olds[row] ?? null, right: news[row] ?? null });
  }
  return out;
}

/** How many lines were added and removed. */
export function counts(lines: readonly DiffLine[]): { added: number; removed: number } {
  return { added: lines.filter((line) => line.kind === "new").length, removed: lines.filter((line) => line.kind === "old").length };
}

const LONGEST = 3000;

/** Return how two texts differ, all lines included; beyond 3,000 lines everything between the common ends counts as changed. */
export function diffTexts(before: string, after: string): DiffLine[] {
  const a = before === "" ? [] : before.replace(/\n$/, "").split("\n");
  const b = after === "" ? [] : after.replace(/\n$/, "").split("\n");
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  const out: DiffLine[] = [];
  let i = 0;
  let j = 0;
  const put = (kind: DiffLine["kind"]) => {
    if (kind === "same") out.push({ kind, old: i + 1, new: j + 1, text: a[i++]! }), (j += 1);
    else if (kind === "old") out.push({ kind, old: i + 1, new: 0, text: a[i++]! });
    else out.push({ kind, old: 0, new: j + 1, text: b[j++]! });
  };
  for (let n = 0; n < head; n += 1) put("same");
  for (const kind of middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail))) put(kind);
  for (let n = 0; n < tail; n += 1) put("same");
  return out;
}

/** Longest common subsequence of the part that differs. */
function middle(a: string[], b: string[]): ("same" | "old" | "new")[] {
  if (!a.length || !b.length || a.length * b.length > LONGEST * LONGEST / 2) return [...a.map(() => "old" as const), ...b.map(() => "new" as const)];
  const wide = b.length + 1;
  const best = new Uint16Array((a.length + 1) * wide);
  for (let i = a.length - 1; i >= 0; i -= 1) for (let j = b.length - 1; j >= 0; j -= 1) best[i * wide + j] = a[i] === b[j] ? best[(i + 1) * wide + j + 1]! + 1 : Math.max(best[(i + 1) * wide + j]!, best[i * wide + j + 1]!);
  const out: ("same" | "old" | "new")[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) out.push("same"), (i += 1), (j += 1);
    else if (i < a.length && (j >= b.length || best[(i + 1) * wide + j]! >= best[i * wide + j + 1]!)) out.push("old"), (i += 1);
    else out.push("new"), (j += 1);
  }
  return out;
}

/** Keep `around` lines beside each change and put a gap where lines were left out. */
export function folded(lines: readonly DiffLine[], around = 3): DiffLine[] {
  const keep = new Uint8Array(lines.length);
  lines.forEach((line, at) => {
    if (line.kind !== "same") keep.fill(1, Math.max(0, at - around), Math.min(lines.length, at + around + 1));
  });
  const out: DiffLine[] = [];
  lines.forEach((line, at) => {
    if (keep[at]) {
      if (at > 0 && !keep[at - 1]) out.push({ kind: "gap", old: line.old, new: line.new, text: "" });
      out.push(line);
    }
  });
  return out;
}

/** Return what two similar lines have in common at their ends, so that only the middle is marked. */
export function marked(old: string, next: string): { head: number; oldTail: number; newTail: number } {
  let head = 0;
  const least = Math.min(old.length, next.length);
  while (head < least && old[head] === next[head]) head += 1;
  let tail = 0;
  while (tail < least - head && old[old.length - 1 - tail] === next[next.length - 1 - tail]) tail += 1;
  if (head + tail < least * 0.3) return { head: 0, oldTail: old.length, newTail: next.length };
  return { head, oldTail: old.length - tail, newTail: next.length - tail };
}
