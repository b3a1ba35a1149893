"""The tree a run filter becomes, and its canonical text.

Invariant: nodes are frozen and know nothing of SQL or of time; `parse(str(node)) == node` for every node that `parse` returns.
`And(())` matches every run and is written as the empty text.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from eventide.model import RunStatus

Operator = Literal[":", "=", "!=", "<", "<=", ">", ">=", "~"]


class FieldType(StrEnum):
    """What a field holds, which decides its operators and what a value means to it."""

    TEXT = "text"
    STATE = "state"
    TIME = "time"
    """A moment; a duration as value means that long ago."""
    SPAN = "span"
    """A length of time in seconds."""
    NUMBER = "number"
    ANY = "any"
    """A number, text, bool or null, as the user logged it."""


FIELDS: dict[str, FieldType] = {
    "name": FieldType.TEXT,
    "id": FieldType.TEXT,
    "state": FieldType.STATE,
    "tag": FieldType.TEXT,
    "group": FieldType.TEXT,
    "project": FieldType.TEXT,
    "host": FieldType.TEXT,
    "user": FieldType.TEXT,
    "note": FieldType.TEXT,
    "started": FieldType.TIME,
    "ended": FieldType.TIME,
    "duration": FieldType.SPAN,
    "age": FieldType.SPAN,
    "git.commit": FieldType.ANY,
    "git.branch": FieldType.ANY,
    "git.dirty": FieldType.ANY,
    "rows": FieldType.NUMBER,
    "attempts": FieldType.NUMBER,
}
ALIASES = {"run_id": "id", "status": "state", "tags": "tag", "notes": "note"}
"""Names that frames and JSON use for the same fields."""

FUNCTIONS: dict[str, Literal["", "n?", "step"]] = {
    "best": "",
    "last": "",
    "first": "",
    "min": "",
    "max": "",
    "mean": "n?",
    "std": "n?",
    "at": "step",
    "count": "",
    "slope": "n?",
}
"""Functions of a metric, with their second argument: none, an optional number of last points, or a step."""

STATES = tuple(status.value for status in RunStatus)
KEYWORDS = frozenset({"and", "or", "not", "in", "between"})
RESERVED = frozenset({"has", "has_nan"})
PREFIXES = ("config.", "metric.")


def is_plain(path: str) -> bool:
    """Return whether a path can be written without back-ticks."""
    return bool(path) and path[0] != "/" and all(c.isalnum() or c in "_./-" for c in path)


def quote_key(key: str) -> str:
    """Return a key between back-ticks; a back-tick inside is doubled."""
    return "`" + key.replace("`", "``") + "`"


@dataclass(frozen=True, slots=True)
class Field:
    """Something a run has one value of (a tag: any number)."""

    kind: Literal["run", "config", "metric", "path", "call"]
    """`run`: one of FIELDS; `config`, `metric`: only there; `path`: config first, then summary; `call`: a function of a metric."""
    name: str
    """Field, dotted path, metric key, or function."""
    metric: str = ""
    """The metric of a call."""
    n: int | None = None
    """The second argument of a call: a number of points, or a step."""

    @property
    def type(self) -> FieldType:
        """What the field holds."""
        if self.kind == "run":
            return FIELDS[self.name]
        return FieldType.NUMBER if self.kind == "call" and self.name != "last" else FieldType.ANY

    @property
    def is_derived(self) -> bool:
        """Whether the value has to be computed from the whole curve before the query."""
        return self.kind == "call" and (self.n is not None or self.name == "slope")

    def __str__(self) -> str:
        """Return the field as the grammar writes it."""
        if self.kind == "run":
            return self.name
        if self.kind == "call":
            metric = self.metric if is_plain(self.metric) else quote_key(self.metric)
            return f"{self.name}({metric})" if self.n is None else f"{self.name}({metric},{self.n})"
        if self.kind == "path":
            return self.name if self._is_free() else quote_key(self.name)
        return f"{self.kind}.{self.name if is_plain('.' + self.name) else quote_key(self.name)}"

    def _is_free(self) -> bool:
        """Return whether the bare path means nothing else to the grammar."""
        taken = self.name in FIELDS or self.name in ALIASES or self.name in RESERVED or self.name.lower() in KEYWORDS
        return is_plain(self.name) and not taken and not self.name.startswith((*PREFIXES, "-"))


@dataclass(frozen=True, slots=True)
class Value:
    """A value as it was written, with what it may mean."""

    kind: Literal["number", "text", "quoted", "bool", "null", "nan", "duration", "date", "regex"]
    text: str
    """The text between the quotes or slashes, or the bare word."""
    number: float | None = None
    """The number, 0 or 1 of a bool, or the seconds of a duration."""
    flags: str = ""
    """`i` after a regex."""

    def __str__(self) -> str:
        """Return the value as the grammar writes it."""
        if self.kind == "quoted":
            return quote_text(self.text)
        return slashed(self.text, self.flags) if self.kind == "regex" else self.text


def quote_text(text: str) -> str:
    """Return text between double quotes, with backslashes and quotes escaped."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def slashed(pattern: str, flags: str) -> str:
    """Return a pattern between slashes, with the slashes inside escaped."""
    out: list[str] = []
    pair = False
    for char in pattern:
        out.append("\\/" if char == "/" and not pair else char)
        pair = char == "\\" and not pair
    return f"/{''.join(out)}/{flags}"


@dataclass(frozen=True, slots=True)
class And:
    """Every part matches; no parts match every run."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        """Return the canonical text."""
        return " and ".join(f"({part})" if isinstance(part, And | Or) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part matches."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        """Return the canonical text."""
        return " or ".join(f"({part})" if isinstance(part, Or) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not match."""

    part: Node

    def __str__(self) -> str:
        """Return the canonical text."""
        return f"not ({self.part})" if isinstance(self.part, And | Or) else f"not {self.part}"


@dataclass(frozen=True, slots=True)
class Compare:
    """A field against one value."""

    field: Field
    op: Operator
    value: Value

    def __str__(self) -> str:
        """Return the canonical text."""
        return f"{self.field}{self.op}{self.value}"


@dataclass(frozen=True, slots=True)
class Between:
    """A field within a range, both ends included."""

    field: Field
    low: Value
    high: Value

    def __str__(self) -> str:
        """Return the canonical text."""
        return f"{self.field} between {self.low}..{self.high}"


@dataclass(frozen=True, slots=True)
class In:
    """A field equal to one of several values."""

    field: Field
    values: tuple[Value, ...]

    def __str__(self) -> str:
        """Return the canonical text."""
        return f"{self.field} in ({', '.join(map(str, self.values))})"


@dataclass(frozen=True, slots=True)
class Has:
    """A field that is there and not null."""

    field: Field

    def __str__(self) -> str:
        """Return the canonical text."""
        return f"has:{self.field}"


@dataclass(frozen=True, slots=True)
class HasNan:
    """NaN or an infinity was logged, for one metric or for any."""

    metric: str | None = None

    def __str__(self) -> str:
        """Return the canonical text."""
        if self.metric is None:
            return "has_nan"
        return f"has_nan:{self.metric if is_plain(self.metric) else quote_key(self.metric)}"


@dataclass(frozen=True, slots=True)
class Word:
    """A bare word, looked for in name, id, tags, note and group; `*` and `?` make it a glob."""

    text: str

    def __str__(self) -> str:
        """Return the canonical text."""
        return self.text


@dataclass(frozen=True, slots=True)
class Phrase:
    """Quoted text, looked for as it is where words are looked for."""

    text: str

    def __str__(self) -> str:
        """Return the canonical text."""
        return quote_text(self.text)


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression searched in name and id."""

    pattern: str
    flags: str = ""

    def __str__(self) -> str:
        """Return the canonical text."""
        return slashed(self.pattern, self.flags)


Node = And | Or | Not | Compare | Between | In | Has | HasNan | Word | Phrase | Regex
ALL = And(())
"""Matches every run."""


def levels(node: Node) -> int:
    """Return how many `and`, `or` and `not` lie around the innermost term."""
    if isinstance(node, Not):
        return 1 + levels(node.part)
    return 1 + max(map(levels, node.parts), default=0) if isinstance(node, And | Or) else 0
