// Axes and their faint lines, in SVG with real text.
import type { JSX } from "preact";
import type { Scale } from "./scale.ts";

export interface Area {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const cut = (text: string, most: number): string => (text.length > most ? text.slice(0, Math.max(1, most - 1)) + "…" : text);

export function Axes({ x, y, area, xName, yName }: { x: Scale; y: Scale; area: Area; xName?: string; yName?: string }): JSX.Element {
  const wide = x.kind === "band" ? Math.max(3, Math.floor((area.right - area.left) / Math.max(1, x.ticks.length) / 6.6)) : 12;
  const deep = Math.floor((area.left - 8) / 6.4);
  return (
    <g class="axes" aria-hidden="true">
      {x.ticks.map((tick) => <line key={`x${tick.text}${tick.at}`} x1={tick.at} x2={tick.at} y1={area.top} y2={area.bottom} />)}
      {y.ticks.map((tick) => <line key={`y${tick.text}${tick.at}`} x1={area.left} x2={area.right} y1={tick.at} y2={tick.at} />)}
      {x.ticks.map((tick) => <text key={`u${tick.text}${tick.at}`} x={tick.at} y={area.bottom + 14} text-anchor="middle">{cut(tick.text, wide)}</text>)}
      {y.ticks.map((tick) => <text key={`v${tick.text}${tick.at}`} x={area.left - 5} y={tick.at} dy=".35em" text-anchor="end">{cut(tick.text, deep)}</text>)}
      {xName && <text class="axis-name" x={(area.left + area.right) / 2} y={area.bottom + 31} text-anchor="middle">{cut(xName, 60)}</text>}
      {yName && <text class="axis-name" transform={`translate(12 ${(area.top + area.bottom) / 2}) rotate(-90)`} text-anchor="middle">{cut(yName, 44)}</text>}
    </g>
  );
}
