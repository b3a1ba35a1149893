"""Draw graphs and histograms as SVG: pure functions from data to text, for pages, notebooks and files alike.

A graph is laid out in layers from top to bottom: edges that close a circle are turned round for the layout, every node stands below those
that lead to it, and the order within a layer follows the middle of a node's neighbours. Invariant: the same data gives the same drawing;
all text is escaped; the result needs nothing from anywhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

MAX_DRAWN = 2000
"""Graphs of more nodes are not laid out; the drawing says so."""
_CHAR, _HEIGHT, _GAP_X, _GAP_Y, _MARGIN = 7.2, 30.0, 24.0, 46.0, 16.0
_LABEL_CHARS = 42
_SWEEPS = 4

Edge = tuple[str, str]


class Box(NamedTuple):
    """Where a node is drawn, in units of the drawing: centre and size."""

    x: float
    y: float
    width: float
    height: float


def svg_of_graph(graph: Mapping[str, Any]) -> str:
    """Return a drawing of `{"nodes": [{"id", "label"}], "edges": [{"source", "target", "label"}], "directed": bool}`."""
    nodes = [node for node in graph.get("nodes") or () if isinstance(node, Mapping) and "id" in node]
    if len(nodes) > MAX_DRAWN:
        text = f"{len(nodes)} nodes, {len(graph.get('edges') or ())} edges: too many to draw"
        return _svg(len(text) * _CHAR, 24.0, f'<text x="8" y="16">{text}</text>')
    labels = {str(node["id"]): _shortened(str(node.get("label", node["id"]))) for node in nodes}
    edges = [
        (str(edge["source"]), str(edge["target"]), str(edge.get("label") or ""))
        for edge in graph.get("edges") or ()
        if str(edge.get("source")) in labels and str(edge.get("target")) in labels
    ]
    boxes = layout(labels, [edge[:2] for edge in edges])
    width = max((box.x + box.width / 2 for box in boxes.values()), default=0.0) + _MARGIN
    height = max((box.y + box.height / 2 for box in boxes.values()), default=0.0) + _MARGIN
    arrows = bool(graph.get("directed", True))
    body = [_line(boxes[source], boxes[target], label, arrows=arrows) for source, target, label in edges]
    body += [_node(boxes[name], label) for name, label in labels.items()]
    return _svg(width, height, _ARROW + "".join(body))


def layout(labels: Mapping[str, str], edges: Sequence[Edge]) -> dict[str, Box]:
    """Return where each node is drawn."""
    forward = _without_circles(list(labels), edges)
    layers = _ordered(_layers(list(labels), forward), forward)
    widths = {name: max(48.0, len(label) * _CHAR + 18) for name, label in labels.items()}
    rows = [sum(widths[name] for name in layer) + _GAP_X * (len(layer) - 1) for layer in layers]
    widest = max(rows, default=0.0)
    boxes: dict[str, Box] = {}
    for depth, (layer, row) in enumerate(zip(layers, rows, strict=True)):
        x = _MARGIN + (widest - row) / 2
        y = _MARGIN + _HEIGHT / 2 + depth * (_HEIGHT + _GAP_Y)
        for name in layer:
            boxes[name] = Box(x + widths[name] / 2, y, widths[name], _HEIGHT)
            x += widths[name] + _GAP_X
    return boxes


def _without_circles(nodes: Sequence[str], edges: Sequence[Edge]) -> list[Edge]:
    """Return the edges with those turned round that close a circle; edges from a node to itself are left out."""
    following: dict[str, list[str]] = defaultdict(list)
    for source, target in edges:
        if source != target:
            following[source].append(target)
    state: dict[str, int] = {}
    back: set[Edge] = set()
    for start in nodes:
        if start in state:
            continue
        state[start] = 1
        walk = [(start, iter(following[start]))]
        while walk:
            node, rest = walk[-1]
            step = next(rest, None)
            if step is None:
                state[node] = 2
                walk.pop()
            elif state.get(step) == 1:
                back.add((node, step))
            elif step not in state:
                state[step] = 1
                walk.append((step, iter(following[step])))
    turned = ((target, source) if (source, target) in back else (source, target) for source, target in edges)
    return [(source, target) for source, target in dict.fromkeys(turned) if source != target]


def _layers(nodes: Sequence[str], edges: Sequence[Edge]) -> list[list[str]]:
    """Return nodes by depth: each one below all that lead to it."""
    waiting = dict.fromkeys(nodes, 0)
    following: dict[str, list[str]] = defaultdict(list)
    for source, target in edges:
        following[source].append(target)
        waiting[target] += 1
    depth = dict.fromkeys(nodes, 0)
    ready = [node for node in nodes if not waiting[node]]
    for node in ready:  # grows while it is walked
        for target in following[node]:
            depth[target] = max(depth[target], depth[node] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for node in nodes:
        layers[depth[node]].append(node)
    return layers


def _ordered(layers: list[list[str]], edges: Sequence[Edge]) -> list[list[str]]:
    """Return layers in an order that has fewer edges cross: by the mean place of the neighbours, down and up in turns."""
    near: dict[str, list[str]] = defaultdict(list)
    for source, target in edges:
        near[source].append(target)
        near[target].append(source)
    place = {node: number / max(1, len(layer) - 1) for layer in layers for number, node in enumerate(layer)}
    for sweep in range(_SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            mean = {node: _mean([place[other] for other in near[node]], place[node]) for node in layer}
            layer.sort(key=lambda node, mean=mean: mean[node])  # type: ignore[misc]
            place.update({node: number / max(1, len(layer) - 1) for number, node in enumerate(layer)})
    return layers


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


# ── text ────────────────────────────────────────────────────────────────────────────────────────────────────────────

_ARROW = (
    '<defs><marker id="eventide-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"'
    ' orient="auto-start-reverse">'
    '<path d="M0 0 L8 4 L0 8 z" fill="currentColor"/></marker></defs>'
)


def _svg(width: float, height: float, body: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
        f' style="max-width:100%;color:#666" font-family="system-ui, sans-serif" font-size="12" role="img">{body}</svg>'
    )


def _node(box: Box, label: str) -> str:
    x, y = box.x - box.width / 2, box.y - box.height / 2
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="6" fill="#eef2f7" stroke="#7b8794"/>'
        f'<text x="{box.x:.1f}" y="{box.y + 4:.1f}" text-anchor="middle" fill="#1f2933">{escape(label)}</text>'
    )


def _line(source: Box, target: Box, label: str, *, arrows: bool) -> str:
    if source == target:
        x, y = source.x + source.width / 2, source.y
        path = f"M{x:.1f} {y - 6:.1f} c22 -14 22 26 0 12"
    else:
        side = 1 if target.y > source.y else -1 if target.y < source.y else 0
        y1, y2 = source.y + side * source.height / 2, target.y - side * target.height / 2
        bend = (y2 - y1) / 2 if side else -source.height
        end = y2 - bend * (1 if side else -1)
        path = (
            f"M{source.x:.1f} {y1:.1f} C{source.x:.1f} {y1 + bend:.1f} {target.x:.1f} {end:.1f} {target.x:.1f} {y2:.1f}"
        )
    arrow = ' marker-end="url(#eventide-arrow)"' if arrows else ""
    drawn = f'<path d="{path}" fill="none" stroke="currentColor"{arrow}/>'
    if not label:
        return drawn
    x, y = (source.x + target.x) / 2, (source.y + target.y) / 2
    return drawn + f'<text x="{x + 4:.1f}" y="{y:.1f}" font-size="10" fill="#52606d">{escape(_shortened(label))}</text>'


def _shortened(label: str) -> str:
    line = "".join(char for char in " ".join(label.split()) if char.isprintable())
    return line if len(line) <= _LABEL_CHARS else f"{line[: _LABEL_CHARS - 1]}…"


def svg_of_histogram(
    edges: Sequence[float], counts: Sequence[float], *, width: float = 480, height: float = 160
) -> str:
    """Return a drawing of a histogram: one more edge than counts."""
    low, high = float(edges[0]), float(edges[-1])
    tallest = max((float(count) for count in counts), default=0.0) or 1.0
    bars = []
    for start, stop, count in zip(edges, edges[1:], counts, strict=False):
        x = (start - low) / (high - low) * width
        wide = max((stop - start) / (high - low) * width - 0.5, 0.5)
        tall = count / tallest * (height - 24)
        bars.append(
            f'<rect x="{x:.1f}" y="{height - 20 - tall:.1f}" width="{wide:.1f}" height="{tall:.1f}" fill="#3b6ea8"/>'
        )
    foot = f"{height - 4:.0f}"
    ends = (
        f'<text x="0" y="{foot}">{low:.4g}</text><text x="{width:.0f}" y="{foot}" text-anchor="end">{high:.4g}</text>'
    )
    return _svg(width, height, "".join(bars) + ends)
