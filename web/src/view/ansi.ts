// Reads the colours of a terminal out of printed text. Invariant: what comes out are stretches of text with class names from a fixed
// list or a colour written as six hexadecimal digits; whatever a run prints, nothing of it becomes markup, and other control
// sequences (moving the cursor, titles, links) are dropped.

export interface Piece {
  text: string;
  /** Class names out of `ansi-fg-0` … `ansi-bg-15`, `ansi-bold`, `ansi-faint`, `ansi-italic`, `ansi-under`, `ansi-strike`, `ansi-swap`. */
  kind: string;
  color?: string;
  back?: string;
}

interface Look {
  fg: string;
  bg: string;
  flags: Set<string>;
}

// CSI sequences, OSC sequences (ended by BEL or ST), and two-character escapes.
// eslint-disable-next-line no-control-regex
const ESCAPE = /\x1b\[([0-9:;<=>?]*)[ -/]*([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-Z\\-_a-z0-9=>]|\x1b/g;
// eslint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g;
const FLAGS: Record<number, string> = { 1: "bold", 2: "faint", 3: "italic", 4: "under", 7: "swap", 9: "strike" };
const OFF: Record<number, string[]> = { 22: ["bold", "faint"], 23: ["italic"], 24: ["under"], 27: ["swap"], 29: ["strike"] };

/** Return a line as a terminal would show it: what is before a carriage return is written over by what follows. */
export function overwritten(line: string): string {
  const parts = line.replace(/\r+$/, "").split("\r");
  if (parts.length === 1) return parts[0]!;
  let shown = "";
  for (const part of parts) {
    const bare = plain(part);
    const before = plain(shown);
    shown = bare.length >= before.length || part.includes("\x1b[K") ? part : part + before.slice(bare.length);
  }
  return shown;
}

/** Return text without any control sequence. */
export const plain = (text: string): string => text.replace(ESCAPE, "").replace(CONTROL, "");

/** Split a line into stretches of one look. */
export function pieces(line: string): Piece[] {
  const text = overwritten(line);
  if (!text.includes("\x1b")) {
    const clean = text.replace(CONTROL, "");
    return clean ? [{ text: clean, kind: "" }] : [];
  }
  const look: Look = { fg: "", bg: "", flags: new Set() };
  const out: Piece[] = [];
  let from = 0;
  const put = (part: string) => {
    const clean = part.replace(CONTROL, "");
    if (clean) out.push({ text: clean, ...kindOf(look) });
  };
  for (const found of text.matchAll(ESCAPE)) {
    put(text.slice(from, found.index));
    from = found.index + found[0].length;
    if (found[2] === "m") restyle(look, found[1] ?? "");
  }
  put(text.slice(from));
  return out;
}

function kindOf(look: Look): Omit<Piece, "text"> {
  const names = [...look.flags].map((flag) => `ansi-${flag}`);
  const out: Omit<Piece, "text"> = { kind: "" };
  if (look.fg.startsWith("#")) out.color = look.fg;
  else if (look.fg) names.push(`ansi-fg-${look.fg}`);
  if (look.bg.startsWith("#")) out.back = look.bg;
  else if (look.bg) names.push(`ansi-bg-${look.bg}`);
  out.kind = names.join(" ");
  return out;
}

function restyle(look: Look, text: string): void {
  const codes = text.split(/[;:]/).map((part) => (part === "" ? 0 : Number(part)));
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at]!;
    if (code === 0) (look.fg = ""), (look.bg = ""), look.flags.clear();
    else if (FLAGS[code]) look.flags.add(FLAGS[code]);
    else if (OFF[code]) OFF[code].forEach((flag) => look.flags.delete(flag));
    else if (code >= 30 && code <= 37) look.fg = String(code - 30);
    else if (code >= 40 && code <= 47) look.bg = String(code - 40);
    else if (code >= 90 && code <= 97) look.fg = String(code - 82);
    else if (code >= 100 && code <= 107) look.bg = String(code - 92);
    else if (code === 39) look.fg = "";
    else if (code === 49) look.bg = "";
    else if (code === 38 || code === 48) {
      const taken = codes[at + 1] === 5 ? 2 : codes[at + 1] === 2 ? 4 : 0;
      const color = taken === 2 ? indexed(codes[at + 2]) : taken === 4 ? hex(codes.slice(at + 2, at + 5)) : "";
      if (code === 38) look.fg = color;
      else look.bg = color;
      at += taken;
    }
  }
}

/** Return one of 256 colours: 16 named ones, a cube of 6³, 24 greys. */
function indexed(place: number | undefined): string {
  if (place === undefined || !(place >= 0 && place <= 255)) return "";
  if (place < 16) return String(place);
  if (place >= 232) return hex([0, 0, 0].fill(8 + (place - 232) * 10));
  const cube = place - 16;
  return hex([Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((level) => (level ? 55 + 40 * level : 0)));
}

const hex = (parts: (number | undefined)[]): string => "#" + [0, 1, 2].map((at) => Math.max(0, Math.min(255, Math.round(parts[at] ?? 0) || 0)).toString(16).padStart(2, "0")).join("");
