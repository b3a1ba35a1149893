// Shows Markdown as elements of our own.
import type { JSX } from "preact";
import { href } from "../core/route.ts";
import { Code } from "./code.tsx";
import { languageOf } from "./highlight.ts";
import { parseMarkdown, type Block, type Inline } from "./markdown.ts";

export function Prose({ text, class: kind = "" }: { text: string; class?: string }): JSX.Element {
  return <div class={`prose ${kind}`} dir="auto">{parseMarkdown(text).map(block)}</div>;
}

function block(one: Block, place: number): JSX.Element {
  switch (one.kind) {
    case "heading": {
      const Tag = `h${Math.min(6, one.level + 2)}` as "h3";
      return <Tag key={place}>{one.inside.map(piece)}</Tag>;
    }
    case "paragraph":
      return <p key={place}>{one.inside.map(piece)}</p>;
    case "code":
      return <Code key={place} text={one.text} language={languageOf("x." + (one.language === "python" ? "py" : one.language))} />;
    case "quote":
      return <blockquote key={place}>{one.blocks.map(block)}</blockquote>;
    case "rule":
      return <hr key={place} />;
    case "table":
      return (
        <div key={place} class="scroll-x">
          <table class="plain">
            <thead><tr>{one.head.map((cell, at) => <th key={at} scope="col">{cell.map(piece)}</th>)}</tr></thead>
            <tbody>{one.rows.map((row, at) => <tr key={at}>{row.map((cell, column) => <td key={column}>{cell.map(piece)}</td>)}</tr>)}</tbody>
          </table>
        </div>
      );
    case "list": {
      const items = one.items.map((item, at) => (
        <li key={at} class={item.done === null ? "" : "task"}>
          {item.done !== null && <input type="checkbox" checked={item.done} disabled aria-label={item.done ? "done" : "to do"} />}
          {item.blocks.length === 1 && item.blocks[0]!.kind === "paragraph" ? item.blocks[0]!.inside.map(piece) : item.blocks.map(block)}
        </li>
      ));
      return one.ordered ? <ol key={place} start={one.start}>{items}</ol> : <ul key={place}>{items}</ul>;
    }
  }
}

function piece(one: Inline, place: number): JSX.Element | string {
  switch (one.kind) {
    case "text":
      return one.text;
    case "code":
      return <code key={place}>{one.text}</code>;
    case "strong":
      return <strong key={place}>{one.inside.map(piece)}</strong>;
    case "em":
      return <em key={place}>{one.inside.map(piece)}</em>;
    case "strike":
      return <s key={place}>{one.inside.map(piece)}</s>;
    case "break":
      return <br key={place} />;
    case "link":
      return one.href.startsWith("/") ? <a key={place} href={href(one.href)}>{one.inside.map(piece)}</a> : <a key={place} href={one.href} target="_blank" rel="noopener noreferrer nofollow">{one.inside.map(piece)}</a>;
  }
}
