// Lays a graph out in layers: arrows lead onward, nodes of one layer stand below each other, and crossings are made fewer by putting
// nodes near the middle of their neighbours. Invariant: every node has a place, no two nodes overlap, and arrows that close a circle
// are the only ones that lead back.

export interface GraphNode {
  id: string;
  label: string;
  kind?: string;
}

export interface GraphEdge {
  source: string;
  target: string;
  label?: string;
}

export interface Placed {
  node: GraphNode;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Route {
  edge: GraphEdge;
  points: readonly { x: number; y: number }[];
}

export interface Layout {
  nodes: Placed[];
  routes: Route[];
  width: number;
  height: number;
}

export interface Options {
  across?: boolean;
  nodeHeight?: number;
  gap?: number;
  layerGap?: number;
  widest?: number;
  letter?: number;
}

/** Return the arrows without those that would close a circle. */
function acyclic(ids: readonly string[], edges: readonly GraphEdge[]): Map<string, string[]> {
  const next = new Map<string, string[]>(ids.map((id) => [id, []]));
  for (const edge of edges) if (edge.source !== edge.target && next.has(edge.source) && next.has(edge.target)) next.get(edge.source)!.push(edge.target);
  const state = new Map<string, 1 | 2>();
  for (const root of ids) {
    if (state.has(root)) continue;
    const stack: { id: string; at: number }[] = [{ id: root, at: 0 }];
    state.set(root, 1);
    while (stack.length) {
      const top = stack[stack.length - 1]!;
      const list = next.get(top.id)!;
      if (top.at >= list.length) {
        state.set(top.id, 2);
        stack.pop();
      } else if (state.get(list[top.at]!) === 1) list.splice(top.at, 1);
      else {
        const id = list[top.at++]!;
        if (!state.has(id)) state.set(id, 1), stack.push({ id, at: 0 });
      }
    }
  }
  return next;
}

/** Return the layer of each node: one more than that of the last node before it. */
export function layerOf(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): Map<string, number> {
  const ids = nodes.map((node) => node.id);
  const next = acyclic(ids, edges);
  const before = new Map<string, number>(ids.map((id) => [id, 0]));
  for (const list of next.values()) for (const id of list) before.set(id, before.get(id)! + 1);
  const layer = new Map<string, number>(ids.map((id) => [id, 0]));
  const ready = ids.filter((id) => before.get(id) === 0);
  for (let at = 0; at < ready.length; at += 1) {
    const id = ready[at]!;
    for (const to of next.get(id)!) {
      layer.set(to, Math.max(layer.get(to)!, layer.get(id)! + 1));
      before.set(to, before.get(to)! - 1);
      if (before.get(to) === 0) ready.push(to);
    }
  }
  return layer;
}

export function layout(nodes: readonly GraphNode[], edges: readonly GraphEdge[], options: Options = {}): Layout {
  const { across = true, nodeHeight = 30, gap = 12, layerGap = 56, widest = 220, letter = 7 } = options;
  const layer = layerOf(nodes, edges);
  const rows: GraphNode[][] = [];
  for (const node of nodes) (rows[layer.get(node.id)!] ??= []).push(node);
  const beside = new Map<string, string[]>(nodes.map((node) => [node.id, []]));
  for (const edge of edges) beside.get(edge.source)?.push(edge.target), beside.get(edge.target)?.push(edge.source);
  for (let turn = 0; turn < 6; turn += 1) order(turn % 2 ? [...rows].reverse() : rows, layer, beside);
  const width = (node: GraphNode) => Math.min(widest, Math.max(48, node.label.length * letter + 24));
  const placed = new Map<string, Placed>();
  let along = 0;
  const sizes = rows.map((row) => row.reduce((sum, node) => sum + (across ? nodeHeight : width(node)) + gap, -gap));
  const most = Math.max(0, ...sizes);
  rows.forEach((row, at) => {
    const deep = across ? Math.max(...row.map(width)) : nodeHeight;
    let place = (most - sizes[at]!) / 2;
    for (const node of row) {
      const w = width(node);
      placed.set(node.id, across ? { node, x: along + (deep - w) / 2, y: place, width: w, height: nodeHeight } : { node, x: place, y: along, width: w, height: nodeHeight });
      place += (across ? nodeHeight : w) + gap;
    }
    along += deep + layerGap;
  });
  const total = Math.max(0, along - layerGap);
  const routes = edges.flatMap((edge): Route[] => {
    const [a, b] = [placed.get(edge.source), placed.get(edge.target)];
    return a && b ? [{ edge, points: across ? [{ x: a.x + a.width, y: a.y + a.height / 2 }, { x: b.x, y: b.y + b.height / 2 }] : [{ x: a.x + a.width / 2, y: a.y + a.height }, { x: b.x + b.width / 2, y: b.y }] }] : [];
  });
  return { nodes: [...placed.values()], routes, width: across ? total : most, height: across ? most : total };
}

function order(rows: readonly GraphNode[][], layer: Map<string, number>, beside: Map<string, string[]>): void {
  const place = new Map<string, number>();
  rows.forEach((row) => row.forEach((node, at) => place.set(node.id, at / Math.max(1, row.length))));
  for (const row of rows.slice(1)) {
    const middle = new Map(row.map((node) => {
      const near = beside.get(node.id)!.filter((id) => layer.get(id) !== layer.get(node.id)).map((id) => place.get(id)!);
      return [node.id, near.length ? near.reduce((a, b) => a + b, 0) / near.length : place.get(node.id)!];
    }));
    row.sort((a, b) => middle.get(a.id)! - middle.get(b.id)!);
    row.forEach((node, at) => place.set(node.id, at / row.length));
  }
}

/** Return a curve between two points that leaves and arrives along the layers. */
export function curve(points: readonly { x: number; y: number }[], across = true): string {
  const [a, b] = [points[0]!, points[points.length - 1]!];
  const bend = across ? Math.max(24, Math.abs(b.x - a.x) / 2) : Math.max(24, Math.abs(b.y - a.y) / 2);
  const f = (n: number) => n.toFixed(1);
  return across ? `M${f(a.x)} ${f(a.y)}C${f(a.x + bend)} ${f(a.y)} ${f(b.x - bend)} ${f(b.y)} ${f(b.x)} ${f(b.y)}` : `M${f(a.x)} ${f(a.y)}C${f(a.x)} ${f(a.y + bend)} ${f(b.x)} ${f(b.y - bend)} ${f(b.x)} ${f(b.y)}`;
}
