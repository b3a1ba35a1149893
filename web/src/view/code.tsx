// Shows code: coloured lines with numbers, of which only the visible ones exist when there are many.
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { VirtualList } from "../ui/virtual.tsx";
import { openQuotes, tokens, type Language, type Token } from "./highlight.ts";

export const LINE = 19;
const MANY = 400;

export function Tokens({ list }: { list: readonly Token[] }): JSX.Element {
  return <>{list.map((token, place) => (token.kind ? <span key={place} class={`tok-${token.kind}`}>{token.text}</span> : token.text))}</>;
}

/** A short block without numbers. */
export function Code({ text, language }: { text: string; language: Language }): JSX.Element {
  const lines = text.split("\n");
  const open = openQuotes(lines, language);
  return (
    <pre class="code" tabIndex={0}>
      <code>{lines.map((line, at) => <span key={at}><Tokens list={tokens(line, language, open[at])} />{at < lines.length - 1 ? "\n" : ""}</span>)}</code>
    </pre>
  );
}

/** A whole file with line numbers. */
export function CodeFile({ text, language, label }: { text: string; language: Language; label: string }): JSX.Element {
  const lines = useMemo(() => text.replace(/\n$/, "").split("\n"), [text]);
  const open = useMemo(() => openQuotes(lines, language), [lines, language]);
  const digits = String(lines.length).length;
  const row = (at: number) => (
    <div class="code-line">
      <span class="code-number" style={{ width: `${digits + 2}ch` }} aria-hidden="true">{at + 1}</span>
      <span class="code-text" dir="ltr"><Tokens list={tokens(lines[at]!, language, open[at])} /></span>
    </div>
  );
  if (lines.length > MANY) return <VirtualList total={lines.length} rowHeight={LINE} render={row} class="code-file mono" label={label} role="group" />;
  return <div class="code-file mono" tabIndex={0} role="group" aria-label={label}>{lines.map((_, at) => <div key={at}>{row(at)}</div>)}</div>;
}
