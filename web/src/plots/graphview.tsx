// A graph drawn in layers, with arrows. It scrolls where it is larger than its place, and can be grown; nodes that lead somewhere are links.
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { plural } from "../core/format.ts";
import { Button } from "../ui/button.tsx";
import { curve, layout, type GraphEdge, type GraphNode } from "./layers.ts";

const EDGE = 12;
const MOST = 1500;

interface GraphProps {
  nodes: readonly GraphNode[];
  edges: readonly GraphEdge[];
  name: string;
  directed?: boolean;
  /** Drawn with a strong border. */
  chosen?: string;
  link?: (node: GraphNode) => string | undefined;
  across?: boolean;
}

export function GraphView({ nodes: all, edges, name, directed = true, chosen, link, across = true }: GraphProps): JSX.Element {
  const [scale, setScale] = useState(1);
  const nodes = all.slice(0, MOST);
  const drawn = useMemo(() => layout(nodes, edges, { across }), [all, edges, across]);
  const [w, h] = [drawn.width + 2 * EDGE, drawn.height + 2 * EDGE];
  const mark = `arrow-${name.replace(/\W+/g, "-")}`;
  return (
    <div class="graph">
      <div class="graph-tools"><span class="faint">{plural(all.length, "node")}, {plural(edges.length, "arrow")}{all.length > MOST ? `; the first ${MOST} are drawn` : ""}</span><Button icon="plus" label="Larger" onClick={() => setScale(Math.min(4, scale * 1.25))} /><Button label="Smaller" onClick={() => setScale(Math.max(0.2, scale / 1.25))}>−</Button></div>
      <div class="graph-room" tabIndex={0} role="group" aria-label={`Graph ${name}`}>
        <svg width={w * scale} height={h * scale} viewBox={`${-EDGE} ${-EDGE} ${w} ${h}`} role={link ? "group" : "img"} aria-label={`${name}: ${plural(all.length, "node")}, ${plural(edges.length, "arrow")}`}>
          <defs><marker id={mark} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" class="graph-arrow" /></marker></defs>
          {drawn.routes.map((route, at) => {
            const middle = { x: (route.points[0]!.x + route.points[1]!.x) / 2, y: (route.points[0]!.y + route.points[1]!.y) / 2 };
            return (
              <g key={at}>
                <path d={curve(route.points, across)} class="graph-edge" marker-end={directed ? `url(#${mark})` : undefined} />
                {route.edge.label && <text x={middle.x} y={middle.y - 3} class="graph-label" text-anchor="middle">{route.edge.label.slice(0, 40)}</text>}
              </g>
            );
          })}
          {drawn.nodes.map(({ node, x, y, width, height }) => {
            const letters = Math.floor((width - 16) / 6.8);
            const inside = (
              <>
                <title>{node.label}</title>
                <rect x={x} y={y} width={width} height={height} rx={node.kind === "run" ? height / 2 : 6} class={`graph-node ${node.kind ?? ""} ${node.id === chosen ? "is-chosen" : ""}`} />
                <text x={x + width / 2} y={y + height / 2} dy=".35em" text-anchor="middle" class="graph-name">{node.label.length > letters ? node.label.slice(0, letters - 1) + "…" : node.label}</text>
              </>
            );
            const to = link?.(node);
            return to ? <a key={node.id} href={to} aria-label={node.label}>{inside}</a> : <g key={node.id}>{inside}</g>;
          })}
        </svg>
      </div>
    </div>
  );
}
