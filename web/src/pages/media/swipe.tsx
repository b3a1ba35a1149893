// Two pictures on one place, and a bar between them that is dragged or moved by the arrow keys.
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { number } from "../../core/format.ts";
import { query, setQuery } from "../../core/route.ts";
import type { Run } from "../../core/types.ts";
import { Nothing, Select } from "../bits.tsx";
import { Picture, type Look } from "./item.tsx";
import type { Cell } from "./items.ts";

interface Side {
  cell: Cell;
  run: Pick<Run, "id" | "name">;
}

export function Swipe({ cells, look }: { cells: Side[]; look: Look }): JSX.Element {
  const pictures = cells.flatMap(({ cell, run }) => cell.items.filter((file) => ["image", "figure"].includes(String(file.record["type"]))).map((file, at) => ({ file, name: `${run.name} · ${cell.key} · step ${number(cell.step ?? 0)}${at ? ` · ${at + 1}` : ""}` })));
  const [share, setShare] = useState(0.5);
  const box = useRef<HTMLDivElement>(null);
  if (pictures.length < 2) return <Nothing what="Two pictures are needed: choose another run, key or step" how="With columns by step, two steps of one run stand against each other." />;
  const place = (name: string, otherwise: number) => Math.max(0, Math.min(pictures.length - 1, Number(query.value[name] ?? otherwise) || 0));
  const [a, b] = [place("a", 0), place("b", pictures.length - 1)];
  const list = pictures.map((one, at) => [String(at), one.name] as const);
  const huge: Look = { ...look, size: 720 };
  const move = (event: PointerEvent) => {
    const { left, width } = box.current!.getBoundingClientRect();
    setShare(Math.max(0, Math.min(1, (event.clientX - left) / width)));
  };
  return (
    <div class="swipe-page">
      <div class="tool-row"><Select label="left" value={String(a)} list={list} onChange={(value) => setQuery({ a: value }, { replace: true })} /><Select label="right" value={String(b)} list={list} onChange={(value) => setQuery({ b: value }, { replace: true })} /></div>
      <div ref={box} class="swipe">
        <div class="swipe-side"><Picture file={pictures[b]!.file} look={huge} bare /></div>
        <div class="swipe-side" style={{ clipPath: `inset(0 ${(1 - share) * 100}% 0 0)` }}><Picture file={pictures[a]!.file} look={huge} bare /></div>
        <div class="swipe-bar" role="slider" tabIndex={0} aria-label="Between left and right" aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share * 100)} style={{ left: `${share * 100}%` }}
          onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
          onPointerMove={(event) => event.currentTarget.hasPointerCapture(event.pointerId) && move(event)}
          onKeyDown={(event) => {
            const by = { ArrowLeft: -0.02, ArrowRight: 0.02, Home: -1, End: 1 }[event.key];
            if (by === undefined) return;
            event.preventDefault();
            event.stopPropagation();
            setShare(Math.max(0, Math.min(1, share + by)));
          }} />
      </div>
    </div>
  );
}
