// Shows a difference as one column or as two, with the changed part of a line marked. Signs stand beside the colours.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Button } from "../ui/button.tsx";
import { Tokens } from "./code.tsx";
import { tokens, type Language } from "./highlight.ts";
import { marked, pairs, type DiffLine, type Pair } from "./unified.ts";

const FIRST = 600;
const SIGN = { same: " ", old: "−", new: "+", gap: " " };

export function DiffView({ lines, language, split: wanted, label }: { lines: readonly DiffLine[]; language: Language; split: boolean; label: string }): JSX.Element {
  // Two columns need room for two.
  const split = wanted && innerWidth > 720;
  const [all, setAll] = useState(false);
  const rows = pairs(lines);
  const shown = all ? rows : rows.slice(0, FIRST);
  return (
    <div class={`diff mono ${split ? "is-split" : ""}`} role="group" aria-label={label} tabIndex={0}>
      {split ? shown.map((pair, at) => <SplitRow key={at} pair={pair} language={language} />) : unify(shown).map(({ line, pair }, at) => <Row key={at} line={line} pair={pair} language={language} />)}
      {shown.length < rows.length && <Button kind="plain" onClick={() => setAll(true)}>{`Show ${rows.length - shown.length} more lines`}</Button>}
    </div>
  );
}

/** In one column all removed lines of a change come before the added ones. */
function unify(rows: readonly Pair[]): { line: DiffLine; pair: Pair }[] {
  const out: { line: DiffLine; pair: Pair }[] = [];
  let news: { line: DiffLine; pair: Pair }[] = [];
  for (const pair of rows) {
    if (pair.left && pair.left === pair.right) {
      out.push(...news, { line: pair.left, pair });
      news = [];
      continue;
    }
    if (pair.left) out.push({ line: pair.left, pair });
    if (pair.right) news.push({ line: pair.right, pair });
  }
  return [...out, ...news];
}

function Row({ line, pair, language }: { line: DiffLine; pair: Pair; language: Language }): JSX.Element {
  if (line.kind === "gap") return <Gap line={line} />;
  return (
    <div class={`diff-line ${line.kind}`}>
      <span class="code-number" aria-hidden="true">{line.old || ""}</span>
      <span class="code-number" aria-hidden="true">{line.new || ""}</span>
      <Text line={line} pair={pair} language={language} />
    </div>
  );
}

function SplitRow({ pair, language }: { pair: Pair; language: Language }): JSX.Element {
  if (pair.left?.kind === "gap") return <Gap line={pair.left} />;
  const half = (line: DiffLine | null, number: number) =>
    line ? (
      <div class={`diff-line ${line.kind}`}>
        <span class="code-number" aria-hidden="true">{number || ""}</span>
        <Text line={line} pair={pair} language={language} />
      </div>
    ) : (
      <div class="diff-line none" />
    );
  return <div class="diff-pair">{half(pair.left, pair.left?.old ?? 0)}{half(pair.right, pair.right?.new ?? 0)}</div>;
}

const Gap = ({ line }: { line: DiffLine }): JSX.Element => <div class="diff-gap">{line.text ? `⋯ ${line.text}` : "⋯"}</div>;

function Text({ line, pair, language }: { line: DiffLine; pair: Pair; language: Language }): JSX.Element {
  const other = line.kind === "old" ? pair.right : line.kind === "new" ? pair.left : null;
  const sign = <span class="diff-sign">{SIGN[line.kind]}</span>;
  if (!other || other.kind === "same") return <span class="code-text" dir="ltr">{sign}<Tokens list={tokens(line.text, language)} /></span>;
  const both = line.kind === "old" ? marked(line.text, other.text) : marked(other.text, line.text);
  const end = line.kind === "old" ? both.oldTail : both.newTail;
  return (
    <span class="code-text" dir="ltr">
      {sign}
      {line.text.slice(0, both.head)}
      <mark>{line.text.slice(both.head, end)}</mark>
      {line.text.slice(end)}
    </span>
  );
}
