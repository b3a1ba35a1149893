// What the curves say at the crosshair: nearest first, ten at most, raw beside smoothed. It stays inside the window, and lets the
// pointer through unless it was frozen by a click.
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { aligned, fractionDigits, number } from "../core/format.ts";
import { readOnly } from "../app/store.ts";
import { Portal } from "../ui/portal.tsx";
import type { Mark } from "./draw.ts";
import type { TipRow } from "./tiprows.ts";

const ROWS = 10;

export interface TipProps {
  title: string;
  rows: TipRow[];
  mark: Mark | null;
  left: number;
  top: number;
  frozen: boolean;
  smoothed: boolean;
  onNote: () => void;
  onClose: () => void;
}

export function Tip({ title, rows, mark, left, top, frozen, smoothed, onNote, onClose }: TipProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = box.current!;
    const { offsetWidth: width, offsetHeight: height } = element;
    const x = left + 16 + width > innerWidth - 6 ? left - width - 16 : left + 16;
    element.style.transform = `translate(${Math.max(6, x)}px, ${Math.max(6, Math.min(top - height / 2, innerHeight - height - 6))}px)`;
  });
  const shown = rows.slice(0, ROWS);
  const fraction = Math.min(8, Math.max(0, ...shown.map((row) => fractionDigits(number(row.value, 5)))));
  const seeds = shown.some((row) => row.line.runs > 1);
  const host = document.querySelector("dialog[open]") ?? document.body;
  return (
    <Portal into={host}>
    <div ref={box} class={`tip ${frozen ? "frozen" : ""}`} role="presentation">
      <div class="tip-head">
        <span>{title}</span>
        {frozen && !readOnly.value && <button type="button" class="tip-note" onClick={onNote}>annotate</button>}
        {frozen && <button type="button" class="tip-close" aria-label="Let go" onClick={onClose}>×</button>}
      </div>
      {mark && <div class="tip-mark">{markText(mark)}</div>}
      <table>
        <tbody>
          {shown.map((row, place) => (
            <tr key={row.line.id} class={place === 0 ? "nearest" : ""}>
              <td><span class="swatch" style={{ background: row.line.color }} /></td>
              <td class="num">{aligned(number(row.value, 5), fraction)}</td>
              {smoothed && <td class="num faint">{row.line.raw ? number(row.line.raw[row.at] ?? NaN, 5) : ""}</td>}
              <td class="num faint">{spread(row)}</td>
              {seeds && <td class="num faint">{row.line.n ? `n ${row.line.n[row.at]}` : ""}</td>}
              <td class="tip-name">{row.line.label}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > ROWS && <div class="faint">+{rows.length - ROWS}</div>}
    </div>
    </Portal>
  );
}

function markText({ kind, line, y, step, text }: Mark): string {
  if (kind === "note") return `${text} · step ${number(step, 9)} · ${line.label}`;
  if (kind === "nan") return `not finite from ${number(step, 9)} on · ${line.label}`;
  return `${number(y, 7)} at step ${number(step, 9)} · ${line.label}`;
}

function spread({ line, at }: TipRow): string {
  if (!line.low || !line.high || line.exact) return "";
  const [low, high] = [line.low[at]!, line.high[at]!];
  if (Number.isNaN(low) || low === high) return "";
  return line.runs > 1 ? `${number(low, 3)} – ${number(high, 3)}` : `${number(low, 3)}…${number(high, 3)}`;
}
