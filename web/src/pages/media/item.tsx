// One logged medium in its cell, by its type. Pages and vector drawings of a run stay in a sandbox or within an img.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Signal } from "../../core/state.ts";
import { number, size } from "../../core/format.ts";
import { placeColor } from "../../core/colors.ts";
import type { FileItem } from "../../core/types.ts";
import { objectAddress } from "../objects.ts";
import { text } from "./items.ts";
import { legend, Mask, type MaskFact } from "./mask.tsx";
import { GraphItem, HistogramItem, TableItem, TextItem } from "./drawn.tsx";

export interface Place {
  zoom: number;
  /** Shift in shares of the picture's size. */
  x: number;
  y: number;
}

export const NOT_MOVED: Place = { zoom: 1, x: 0, y: 0 };

export interface Look {
  size: number;
  boxes: boolean;
  masks: boolean;
  place: Signal<Place>;
}

export interface ItemProps {
  file: FileItem;
  look: Look;
  all: readonly { step: number; items: FileItem[] }[];
}

export function Item({ file, look, all }: ItemProps): JSX.Element {
  const caption = text(file, "caption");
  return (
    <div class="media-item">
      {inside(file, look, all)}
      {look.masks && Array.isArray(file.record["masks"]) && <div class="mask-legend">{legend(file.record["masks"] as MaskFact[]).slice(0, 16).map((one) => <span key={one.name} class="legend"><span class="swatch" style={{ background: one.color }} /><bdi class="cut">{one.name}</bdi></span>)}</div>}
      {caption && <p class="media-caption" dir="auto" title={caption}>{caption}</p>}
    </div>
  );
}

const mime = (file: FileItem): string => text(file, "mime");

function inside(file: FileItem, look: Look, all: ItemProps["all"]): JSX.Element {
  const source = () => objectAddress(file.sha256, { type: mime(file) });
  switch (text(file, "type")) {
    case "image":
      return <Picture file={file} look={look} />;
    case "figure":
      return mime(file).startsWith("image/") ? <Picture file={file} look={look} /> : <Kept file={file} />;
    case "audio":
      return <audio controls preload="none" src={source()} aria-label={file.name} />;
    case "video":
      return mime(file).startsWith("image/") ? <Picture file={file} look={look} /> : <video controls preload="metadata" src={source()} aria-label={file.name} />;
    case "text":
      return <TextItem file={file} />;
    case "table":
      return <TableItem file={file} />;
    case "histogram":
      return <HistogramItem file={file} all={all} width={look.size} />;
    case "graph":
      return <GraphItem file={file} />;
    case "html":
      return <iframe class="media-page" sandbox="allow-scripts" src={objectAddress(file.sha256, { type: "text/html" })} title={`${file.name}, a page the run logged`} loading="lazy" />;
    default:
      return <Kept file={file} />;
  }
}

const Kept = ({ file }: { file: FileItem }): JSX.Element => (
  <a class="media-file" href={objectAddress(file.sha256, { name: `${file.name.split("/").pop()}.${file.format}` })} download><span>{text(file, "type") || "file"} · {file.format}</span><span class="faint">{size(file.size_bytes)}, download</span></a>
);

interface Mark { x: number; y: number; w: number; h: number; label?: string; score?: number }

/** A picture that moves and grows with all the others: drag, Ctrl and wheel, or the keys + − 0 and arrows. */
export function Picture({ file, look, bare }: { file: FileItem; look: Look; bare?: boolean }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [failed, setFailed] = useState(false);
  const [natural, setNatural] = useState<[number, number]>([Number(file.record["width"]) || 0, Number(file.record["height"]) || 0]);
  const { place } = look;
  const { zoom, x, y } = place.value;
  const boxes = (look.boxes && Array.isArray(file.record["boxes"]) ? file.record["boxes"] : []) as Mark[];
  const masks = (look.masks && Array.isArray(file.record["masks"]) ? file.record["masks"] : []) as MaskFact[];
  const grow = (by: number) => {
    const next = Math.max(1, Math.min(40, place.peek().zoom * by));
    place.value = next === 1 ? NOT_MOVED : { ...place.peek(), zoom: next };
  };
  const shift = (dx: number, dy: number) => {
    const old = place.peek();
    const most = (old.zoom - 1) / 2;
    place.value = { ...old, x: Math.max(-most, Math.min(most, old.x + dx)), y: Math.max(-most, Math.min(most, old.y + dy)) };
  };
  useEffect(() => {
    const element = box.current!;
    const wheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      grow(event.deltaY < 0 ? 1.2 : 1 / 1.2);
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, []);
  const drag = (event: PointerEvent) => {
    if (place.peek().zoom === 1 || event.button) return;
    event.preventDefault();
    const element = box.current!;
    element.setPointerCapture(event.pointerId);
    const move = (now: PointerEvent) => shift(now.movementX / element.clientWidth, now.movementY / element.clientHeight);
    element.addEventListener("pointermove", move);
    element.addEventListener("pointerup", () => element.removeEventListener("pointermove", move), { once: true });
  };
  const onKey = (event: KeyboardEvent) => {
    const by = { ArrowLeft: [0.1, 0], ArrowRight: [-0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] }[event.key];
    if (event.key === "+" || event.key === "=") grow(1.5);
    else if (event.key === "-") grow(1 / 1.5);
    else if (event.key === "0") place.value = NOT_MOVED;
    else if (by && place.peek().zoom > 1) shift(by[0]!, by[1]!);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const small = natural[0] > 0 && natural[0] < 160;
  const name = text(file, "caption") || file.name;
  const [w, h] = natural;
  return (
    <div ref={box} class="picture" role="img" tabIndex={bare ? -1 : 0} aria-label={`${name}${w ? `, ${w} by ${h} pixels` : ""}${boxes.length ? `, ${boxes.length} boxes` : ""}`} style={{ aspectRatio: w && h ? `${w} / ${h}` : "1" }} onPointerDown={drag} onDblClick={() => (zoom === 1 ? grow(2) : void (place.value = NOT_MOVED))} onKeyDown={onKey}>
      {failed ? <span class="faint">not shown</span> : (
        <div class="picture-room" style={{ transform: `translate(${x * 100}%, ${y * 100}%) scale(${zoom})` }}>
          <img class={small || zoom > 2 ? "is-sharp" : ""} src={objectAddress(file.sha256, { type: mime(file) })} alt="" loading="lazy" decoding="async" draggable={false} onError={() => setFailed(true)} onLoad={(event) => !w && setNatural([event.currentTarget.naturalWidth, event.currentTarget.naturalHeight])} />
          {masks.map((mask, at) => <Mask key={mask.sha256 + at} of={mask} place={at} />)}
          {boxes.length > 0 && w > 0 && (
            <svg class="boxes" viewBox={`0 0 ${w} ${h}`} aria-hidden="true">
              {boxes.map((one, at) => <Box key={at} of={one} width={w} shown={look.size} color={placeColor(labelPlace(one.label ?? ""), true)} />)}
            </svg>
          )}
        </div>
      )}
    </div>
  );
}

const labelPlace = (label: string): number => [...label].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % 12;

function Box({ of, width, shown, color }: { of: Mark; width: number; shown: number; color: string }): JSX.Element {
  const pixel = width / shown;
  const label = [of.label, typeof of.score === "number" ? number(of.score, 2) : ""].filter(Boolean).join(" ");
  return (
    <g>
      <rect x={of.x} y={of.y} width={of.w} height={of.h} fill="none" stroke={color} stroke-width={1.6 * pixel} />
      {label && <text x={of.x + 2 * pixel} y={Math.max(10 * pixel, of.y - 3 * pixel)} font-size={10.5 * pixel} fill="#fff" stroke="#000" stroke-opacity=".75" stroke-width={2.4 * pixel} paint-order="stroke">{label}</text>}
    </g>
  );
}
