"""Read graphs written in Graphviz's DOT language: nodes, edges, attributes, subgraphs; layout hints are kept as attributes.

Invariant: text is only read, never run; what is not DOT raises InvalidValue with the place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from eventide.errors import InvalidValue

_TOKEN = re.compile(
    r"\s*(?:(?P<comment>//[^\n]*|#[^\n]*|/\*.*?\*/)|(?P<edge>->|--)|(?P<mark>[{}\[\];,=:])"
    r'|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<html><(?:[^<>]|<[^<>]*>)*>)|(?P<word>-?[\w.]+))',
    re.DOTALL,
)
_ESCAPES = {"\\n": "\n", "\\l": "\n", "\\r": "\n", '\\"': '"', "\\\\": "\\"}
Facts = dict[str, str]


@dataclass
class Dot:
    """A graph as DOT describes it."""

    directed: bool
    nodes: dict[str, Facts] = field(default_factory=dict)
    edges: list[tuple[str, str, Facts]] = field(default_factory=list)


def parse(text: str) -> Dot:
    """Return the graph of a DOT text; raises InvalidValue."""
    return _Parser(text).graph()


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.at = 0

    def graph(self) -> Dot:
        if self.peek().lower() == "strict":
            self.take()
        kind = self.take().lower()
        if kind not in ("graph", "digraph"):
            raise _wrong("it begins with neither `graph` nor `digraph`")
        self.made = Dot(kind == "digraph")
        if self.peek() != "{":
            self.take()
        self.expect("{")
        self.statements({}, {})
        return self.made

    def statements(self, node_facts: Facts, edge_facts: Facts) -> list[str]:
        """Read up to the closing brace; return the nodes named in between."""
        named: list[str] = []
        while self.peek() != "}":
            if self.peek() == "":
                raise _wrong("a closing brace is missing")
            if self.peek() in (";", ","):
                self.take()
                continue
            named += self.statement(node_facts, edge_facts)
        self.take()
        return named

    def statement(self, node_facts: Facts, edge_facts: Facts) -> list[str]:
        word, is_quoted = self.peek(), self.is_quoted()
        if not is_quoted and word.lower() in ("node", "edge", "graph") and self.peek(1) == "[":
            self.take()
            target = {"node": node_facts, "edge": edge_facts}.get(word.lower(), {})
            target.update(self.attributes())
            return []
        if self.peek(1) == "=" and word != "{":
            self.at += 3
            return []
        chain = [self.ends(node_facts, edge_facts)]
        while self.peek() in ("->", "--") and not self.is_quoted():
            self.take()
            chain.append(self.ends(node_facts, edge_facts))
        facts = self.attributes() if self.peek() == "[" else {}
        if len(chain) == 1 and word not in ("{", "subgraph"):
            self.made.nodes[chain[0][0]].update(facts)
        for sources, targets in pairwise(chain):
            self.made.edges += [(one, other, {**edge_facts, **facts}) for one in sources for other in targets]
        return [name for names in chain for name in names]

    def ends(self, node_facts: Facts, edge_facts: Facts) -> list[str]:
        """Read one end of an edge: a node, or a subgraph that stands for all of its nodes."""
        if not self.is_quoted() and self.peek().lower() == "subgraph":
            self.take()
            if self.peek() != "{":
                self.take()
        if self.peek() == "{" and not self.is_quoted():
            self.take()
            return list(dict.fromkeys(self.statements(dict(node_facts), dict(edge_facts))))
        if not self.is_quoted() and self.peek() in ("", "{", "}", "[", "]", "=", ":", "->", "--"):
            raise _wrong(f"`{self.peek()}` stands where a node should")
        name = self.take()
        while self.peek() == ":" and not self.is_quoted():  # a port, which drawings here do not have
            self.at += 2
        self.made.nodes.setdefault(name, dict(node_facts))
        return [name]

    def attributes(self) -> Facts:
        facts: Facts = {}
        while self.peek() == "[" and not self.is_quoted():
            self.take()
            while self.peek() != "]":
                if self.peek() in (",", ";"):
                    self.take()
                    continue
                name = self.take()
                facts[name] = "true"
                if self.peek() == "=":
                    self.take()
                    facts[name] = self.take()
                if self.peek() == "":
                    raise _wrong("a closing bracket is missing")
            self.take()
        return facts

    def peek(self, ahead: int = 0) -> str:
        place = self.at + ahead
        return self.tokens[place][0] if place < len(self.tokens) else ""

    def is_quoted(self) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at][1]

    def take(self) -> str:
        if self.at >= len(self.tokens):
            raise _wrong("it ends too early")
        self.at += 1
        return self.tokens[self.at - 1][0]

    def expect(self, mark: str) -> None:
        if self.peek() != mark:
            raise _wrong(f"`{self.peek():.20}` stands where `{mark}` should")
        self.take()


def _tokens(text: str) -> list[tuple[str, bool]]:
    """Return the words and marks of a DOT text, each with whether it was quoted."""
    found: list[tuple[str, bool]] = []
    place = 0
    text = text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise _wrong(f"`{text[place : place + 20]}` cannot be read")
        place = match.end()
        kind = match.lastgroup
        if kind == "quoted":
            found.append((re.sub(r'\\[nlr"\\]', lambda m: _ESCAPES[m[0]], match["quoted"]), True))
        elif kind == "html":
            found.append((re.sub(r"<[^>]*>", " ", match["html"][1:-1]).strip(), True))
        elif kind != "comment":
            found.append((match[0].strip(), False))
    return found


def _wrong(why: str) -> InvalidValue:
    return InvalidValue(
        f"this text is no graph in the DOT language: {why}", hint='eventide.Graph("digraph { a -> b }")'
    )
