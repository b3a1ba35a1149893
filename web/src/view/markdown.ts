// Reads the part of Markdown that notes use into plain data. Invariant: the result holds texts and a fixed set of kinds; there is no
// way to write HTML, and a link is kept only when it begins with http:// or https://, is a mail address, or is an address of the page.

export type Inline =
  | { kind: "text" | "code"; text: string }
  | { kind: "strong" | "em" | "strike"; inside: Inline[] }
  | { kind: "link"; href: string; inside: Inline[] }
  | { kind: "break" };

export type Block =
  | { kind: "heading"; level: number; inside: Inline[] }
  | { kind: "paragraph"; inside: Inline[] }
  | { kind: "code"; language: string; text: string }
  | { kind: "quote"; blocks: Block[] }
  | { kind: "list"; ordered: boolean; start: number; items: { done: boolean | null; blocks: Block[] }[] }
  | { kind: "table"; head: Inline[][]; rows: Inline[][][] }
  | { kind: "rule" };

const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const DEEPEST = 12;

/** Read Markdown into blocks. */
export function parseMarkdown(text: string, depth = 0): Block[] {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const blocks: Block[] = [];
  let at = 0;
  if (depth > DEEPEST) return [{ kind: "paragraph", inside: [{ kind: "text", text }] }];
  const until = (test: (line: string) => boolean): string[] => {
    const taken: string[] = [];
    while (at < lines.length && test(lines[at]!)) taken.push(lines[at++]!);
    return taken;
  };
  while (at < lines.length) {
    const line = lines[at]!;
    const fence = /^\s{0,3}(```+|~~~+)\s*([\w+-]*)/.exec(line);
    const heading = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    if (!line.trim()) at += 1;
    else if (fence) {
      at += 1;
      const body = until((one) => !one.trim().startsWith(fence[1]!));
      at += 1;
      blocks.push({ kind: "code", language: fence[2] ?? "", text: body.join("\n") });
    } else if (heading) {
      blocks.push({ kind: "heading", level: heading[1]!.length, inside: inline(heading[2]!) });
      at += 1;
    } else if (/^\s{0,3}([-*_])(\s*\1){2,}\s*$/.test(line)) {
      blocks.push({ kind: "rule" });
      at += 1;
    } else if (/^\s{0,3}>/.test(line)) blocks.push({ kind: "quote", blocks: parseMarkdown(until((one) => /^\s{0,3}>/.test(one)).map((one) => one.replace(/^\s{0,3}> ?/, "")).join("\n"), depth + 1) });
    else if (ITEM.test(line)) blocks.push(list(until((one) => ITEM.test(one) || /^\s{2,}\S/.test(one)), depth));
    else if (line.includes("|") && /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/.test(lines[at + 1] ?? "")) {
      const head = cells(line);
      at += 2;
      blocks.push({ kind: "table", head, rows: until((one) => one.includes("|")).map(cells) });
    } else {
      const first = lines[at++]!;
      const more = until((one) => Boolean(one.trim()) && !/^\s{0,3}(#{1,6}\s|>|```|~~~)/.test(one) && !ITEM.test(one));
      blocks.push({ kind: "paragraph", inside: inline([first, ...more].map((one) => one.trimStart()).join("\n")) });
    }
  }
  return blocks;
}

const cells = (line: string): Inline[][] => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => inline(cell.trim()));

function list(lines: string[], depth: number): Block {
  const first = ITEM.exec(lines[0]!)!;
  const ordered = /\d/.test(first[2]!);
  const indent = first[1]!.length;
  const items: string[][] = [];
  for (const line of lines) {
    const found = ITEM.exec(line);
    if (found && found[1]!.length <= indent) items.push([found[3]!]);
    else items[items.length - 1]?.push(line.replace(new RegExp(`^\\s{0,${indent + 2}}`), ""));
  }
  return {
    kind: "list",
    ordered,
    start: ordered ? parseInt(first[2]!, 10) : 1,
    items: items.map((item) => {
      const task = /^\[([ xX])\]\s+/.exec(item[0]!);
      if (task) item[0] = item[0]!.slice(task[0].length);
      return { done: task ? task[1] !== " " : null, blocks: parseMarkdown(item.join("\n"), depth + 1) };
    }),
  };
}

const INLINE = /(`+)([^]*?[^`])\1(?!`)|\[([^\]\n]+)\]\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)*)\)|(\*\*|__)(?=\S)([^]*?\S)\5|([*_])(?=\S)([^]*?\S)\7(?!\w)|~~(?=\S)([^]*?\S)~~|\b(https?:\/\/[^\s<>()"']+[^\s<>()"'.,;:!?])|( {2,}\n|\\\n)|\\([\\`*_{}[\]()#+\-.!|~>])/;

/** Read the inside of a line. */
export function inline(text: string, depth = 0): Inline[] {
  const out: Inline[] = [];
  let rest = text;
  while (rest) {
    const found = depth > DEEPEST ? null : INLINE.exec(rest);
    if (!found) {
      out.push({ kind: "text", text: rest });
      break;
    }
    if (found.index) out.push({ kind: "text", text: rest.slice(0, found.index) });
    rest = rest.slice(found.index + found[0].length);
    if (found[2] !== undefined) out.push({ kind: "code", text: found[2] });
    else if (found[3] !== undefined) {
      const href = safeHref(found[4] ?? "");
      const inside = inline(found[3], depth + 1);
      if (href) out.push({ kind: "link", href, inside });
      else out.push(...inside);
    } else if (found[6] !== undefined) out.push({ kind: "strong", inside: inline(found[6], depth + 1) });
    else if (found[8] !== undefined) out.push({ kind: "em", inside: inline(found[8], depth + 1) });
    else if (found[9] !== undefined) out.push({ kind: "strike", inside: inline(found[9], depth + 1) });
    else if (found[10] !== undefined) out.push({ kind: "link", href: found[10], inside: [{ kind: "text", text: found[10] }] });
    else if (found[11] !== undefined) out.push({ kind: "break" });
    else out.push({ kind: "text", text: found[12] ?? "" });
  }
  return out;
}

/** Return an address that may be followed, or nothing. */
export function safeHref(href: string): string {
  if (/^https?:\/\/[^\s]+$/i.test(href) || /^mailto:[^\s@]+@[^\s@]+$/i.test(href)) return href;
  return /^\/(r|p|a)\/[^\s\\]*$/.test(href) ? href : "";
}
