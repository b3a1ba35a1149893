"""Graphs as plain data: `{"nodes": [...], "edges": [...], "directed": bool}`.

Models are traced where torch can (what computes what), else shown as the tree of their modules. Invariant: every end of an edge is a
node; ids are texts and unique.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import orjson

from eventide.errors import InvalidValue
from eventide.sdk.media import dot
from eventide.sdk.media.tables import cell
from eventide.sdk.values import type_name

if TYPE_CHECKING:
    from eventide.sdk.media.kinds import Encoded

MAX_NODES = 100_000
_HINT = 'eventide.Graph([("a", "b"), ("b", "c", "label")]), or {"nodes": [...], "edges": [...]}'


class _Making:
    """A graph that is being put together."""

    def __init__(self, *, directed: bool) -> None:
        self.nodes: dict[str, dict[str, Any]] = {}
        self.edges: list[dict[str, Any]] = []
        self.directed = directed

    def node(self, key: Any, label: Any = None, **more: Any) -> str:
        name = str(key).encode("utf-8", "replace").decode()
        found = self.nodes.setdefault(name, {"id": name, "label": name})
        if label is not None:
            found["label"] = str(cell(str(label)))
        found.update({str(what): cell(value) for what, value in more.items() if what not in ("id", "label")})
        if len(self.nodes) > MAX_NODES:
            raise InvalidValue(f"a graph of more than {MAX_NODES} nodes is too large", hint="run.save(graph, name)")
        return name

    def edge(self, source: Any, target: Any, label: Any = None, **more: Any) -> None:
        found = {"source": self.node(source), "target": self.node(target)}
        if label is not None:
            found["label"] = str(cell(str(label)))
        extra = {str(what): cell(value) for what, value in more.items() if what not in ("source", "target", "label")}
        self.edges.append({**found, **extra})

    def data(self) -> dict[str, Any]:
        if not self.nodes:
            raise InvalidValue("a graph without nodes cannot be shown", hint=_HINT)
        return {"nodes": list(self.nodes.values()), "edges": self.edges, "directed": self.directed}


def as_data(graph: Any, directed: bool | None) -> dict[str, Any]:
    """Return any graph as data; raises InvalidValue."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(graph, torch.nn.Module):
        return _of_model(graph, torch)
    if hasattr(graph, "nodes") and hasattr(graph, "edges") and hasattr(graph, "is_directed"):
        return _of_networkx(graph, directed)
    if isinstance(graph, str) or (hasattr(graph, "source") and isinstance(graph.source, str)):
        return _of_dot(graph if isinstance(graph, str) else graph.source, directed)
    if isinstance(graph, Mapping) and "edges" in graph:
        is_directed = directed if directed is not None else bool(graph.get("directed", True))
        return _of_lists(graph.get("nodes") or (), graph["edges"], directed=is_directed)
    if isinstance(graph, (list, tuple, set, frozenset)):
        return _of_lists((), graph, directed=directed is not False)
    raise InvalidValue(f"a {type_name(graph)} is no graph", hint=_HINT)


def encode(data: dict[str, Any]) -> Encoded:
    """Return a graph as JSON."""
    from eventide.sdk.media.kinds import Encoded  # noqa: PLC0415 - the classes load this module when they need it

    facts = {"nodes": len(data["nodes"]), "edges": len(data["edges"]), "directed": data["directed"]}
    return Encoded(orjson.dumps(data, None, orjson.OPT_NON_STR_KEYS), "json", "application/json", facts)


def _of_lists(nodes: Iterable[Any], edges: Iterable[Any], *, directed: bool) -> dict[str, Any]:
    made = _Making(directed=directed)
    for node in nodes:
        if isinstance(node, Mapping):
            if "id" not in node:
                raise InvalidValue(f"a node has no `id`: {node!s:.60}", hint='{"id": "a", "label": "A"}')
            made.node(node["id"], node.get("label"), **{str(k): v for k, v in node.items() if k not in ("id", "label")})
        else:
            made.node(node)
    for edge in edges:
        if isinstance(edge, Mapping) and "source" in edge and "target" in edge:
            ends = ("source", "target", "label")
            more = {str(k): v for k, v in edge.items() if k not in ends}
            made.edge(edge["source"], edge["target"], edge.get("label"), **more)
        elif isinstance(edge, (list, tuple)) and len(edge) in (2, 3):
            made.edge(*edge)
        else:
            raise InvalidValue(f"`{edge!r:.60}` is no edge", hint=_HINT)
    return made.data()


def _of_networkx(graph: Any, directed: bool | None) -> dict[str, Any]:
    made = _Making(directed=graph.is_directed() if directed is None else directed)
    for name, facts in graph.nodes(data=True):
        made.node(name, facts.get("label"), **{str(k): v for k, v in facts.items() if k not in ("label", "key")})
    for source, target, facts in graph.edges(data=True):
        label = facts.get("label", facts.get("weight"))
        made.edge(
            source, target, label, **{str(k): v for k, v in facts.items() if k not in ("label", "source", "target")}
        )
    return made.data()


def _of_dot(text: str, directed: bool | None) -> dict[str, Any]:
    parsed = dot.parse(text)
    made = _Making(directed=parsed.directed if directed is None else directed)
    for name, facts in parsed.nodes.items():
        made.node(name, facts.get("label"), **{k: v for k, v in facts.items() if k != "label"})
    for source, target, facts in parsed.edges:
        made.edge(source, target, facts.get("label"), **{k: v for k, v in facts.items() if k != "label"})
    return made.data()


# ── models ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_model(model: Any, torch: Any) -> dict[str, Any]:
    """Return a model as what computes what; as the tree of its modules where it cannot be traced."""
    try:
        traced = import_module("torch.fx").symbolic_trace(model)
    except Exception:  # noqa: BLE001 - control flow on values, foreign code
        return _tree(model)
    made = _Making(directed=True)
    for node in traced.graph.nodes:
        label = str(node.target)
        more: dict[str, Any] = {"op": str(node.op)}
        if node.op == "call_module":
            module = traced.get_submodule(node.target)
            label, more = f"{node.target}: {_described(module)}", {"op": type(module).__name__, **_parameters(module)}
        elif node.op == "call_function":
            label = getattr(node.target, "__name__", str(node.target))
        made.node(node.name, label, **more)
        for source in node.all_input_nodes:
            made.edge(source.name, node.name)
    _ = torch
    return made.data()


def _tree(model: Any) -> dict[str, Any]:
    made = _Making(directed=True)
    for name, module in model.named_modules():
        own = name.rpartition(".")
        label = f"{own[2]}: {_described(module)}" if name else type(module).__name__
        made.node(name or "model", label, op=type(module).__name__, **_parameters(module))
        if name:
            made.edge(own[0] or "model", name)
    return made.data()


def _described(module: Any) -> str:
    """Return a module's class, with its arguments where it has no modules inside."""
    inner = next(iter(module.children()), None)
    extra = "" if inner is not None else str(module.extra_repr())
    return f"{type(module).__name__}({extra:.60})" if extra else type(module).__name__


def _parameters(module: Any) -> dict[str, int]:
    count = sum(parameter.numel() for parameter in module.parameters())
    return {"parameters": count} if count else {}
