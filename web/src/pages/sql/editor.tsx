// A field for a statement: its text lies, coloured, below a transparent field, so that the browser keeps writing, undo and readers.
// Suggestions come while typing; Tab or Enter takes one, Escape sends them away.
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Problem } from "../../core/api.ts";
import type { SqlView } from "../../core/types.ts";
import { Tokens } from "../../view/code.tsx";
import { tokens } from "../../view/highlight.ts";
import { offers, type Offer } from "./words.ts";

interface EditorProps {
  value: string;
  views: readonly SqlView[];
  onInput: (text: string) => void;
  onRun: () => void;
  problem: Problem | null;
}

interface Open {
  start: number;
  end: number;
  items: Offer[];
  at: number;
}

export function Editor({ value, views, onInput, onRun, problem }: EditorProps): JSX.Element {
  const field = useRef<HTMLTextAreaElement>(null);
  const paint = useRef<HTMLPreElement>(null);
  const [open, setOpen] = useState<Open | null>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  useLayoutEffect(() => {
    if (cursor !== null) field.current?.setSelectionRange(cursor, cursor), setCursor(null);
  }, [cursor, value]);
  // Letters that may still want an offer; the views may come after them.
  const typing = useRef(false);
  const here = () => document.activeElement === field.current;
  const close = () => ((typing.current = false), setOpen(null));
  const offer = (text: string, end: number) => {
    const { start, items } = offers(text, end, views);
    setOpen(items.length ? { start, end, items, at: 0 } : null);
  };
  const typed = (event: JSX.TargetedInputEvent<HTMLTextAreaElement>) => {
    const { value: text, selectionStart } = event.currentTarget;
    typing.current = true;
    onInput(text);
    offer(text, selectionStart);
  };
  useEffect(() => {
    if (typing.current && here()) offer(field.current!.value, field.current!.selectionStart);
  }, [views.map((view) => view.name).join("\n")]);
  const take = (offer: Offer) => {
    if (!open) return;
    onInput(value.slice(0, open.start) + offer.text + value.slice(open.end));
    setCursor(open.start + offer.text.length);
    close();
    field.current?.focus();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.preventDefault(), close(), onRun();
    else if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      setOpen({ ...open, at: (open.at + (event.key === "ArrowDown" ? 1 : -1) + open.items.length) % open.items.length });
    } else if (open && (event.key === "Tab" || event.key === "Enter") && !event.shiftKey) event.preventDefault(), take(open.items[open.at]!);
    else if (open && event.key === "Escape") event.preventDefault(), event.stopPropagation(), close();
  };
  const rows = Math.min(16, Math.max(5, value.split("\n").length + 1));
  const at = open ? placeOf(value, open.start) : null;
  const lines = value.split("\n");
  return (
    <div class={`editor mono ${problem ? "has-problem" : ""}`}>
      <pre ref={paint} class="editor-paint" aria-hidden="true">{lines.map((line, place) => <span key={place}><Tokens list={tokens(line, "sql")} />{"\n"}</span>)}</pre>
      <textarea ref={field} class="editor-field" rows={rows} value={value} spellcheck={false} autocomplete="off" autocapitalize="off" role="combobox" aria-label="SQL" aria-autocomplete="list" aria-expanded={open !== null} aria-controls="sql-offers" aria-activedescendant={open ? `sql-offer-${open.at}` : undefined} aria-invalid={problem !== null} onInput={typed} onKeyDown={onKey} onBlur={() => setTimeout(() => here() || close(), 150)} onClick={close} onScroll={(event) => paint.current && (paint.current.scrollTop = event.currentTarget.scrollTop, paint.current.scrollLeft = event.currentTarget.scrollLeft)} />
      <ul id="sql-offers" class="popup menu offers" role="listbox" aria-label="Suggestions" hidden={!open} style={at ? { left: `calc(${at.column}ch + 12px)`, top: `${(at.line + 1) * 20 + 10 - (field.current?.scrollTop ?? 0)}px` } : undefined}>
        {open?.items.map((offer, place) => (
          <li key={offer.text} id={`sql-offer-${place}`} role="option" aria-selected={place === open.at} class="menu-item" onPointerDown={(event) => (event.preventDefault(), take(offer))}><span class="menu-text">{offer.text}</span><span class="menu-detail">{offer.detail}</span></li>
        ))}
      </ul>
    </div>
  );
}

function placeOf(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at).split("\n");
  return { line: before.length - 1, column: Math.min(60, before[before.length - 1]!.length) };
}
