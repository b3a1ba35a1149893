"""Which column of a table holds a key, and which name a column has in an answer.

A key has one physical column per kind of value, for ever: `loss` for numbers (DOUBLE), `loss:s` text, `loss:b` booleans, `loss:i`
integers that a DOUBLE cannot hold, `loss:j` JSON text of everything else. So no file can change the type of another one's column.
Names avoid what Delta Lake forbids and never differ by case alone; what finds no column lives in `_more`, one JSON object per row.

Invariant: `parse` gives back the key and kind of every name that `ColumnMap.column` hands out, without the map; and no two columns
of a map are equal when case is ignored. The rule for logical names (`logical_columns`) is here and nowhere else.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from eventide.journal.codec import EXACT_INT, INT64_MAX, NONFINITE

MAX_COLUMNS = 2000
"""Key columns of one table; further keys live in `_more`."""
MAX_NAME_BYTES = 255

MORE = "_more"
FIXED = ("run_id", "step", "ts", "_attempt", "_rank", "_writer", "_seq")
"""Columns of the events table that are no keys, in their order."""
SYSTEM_FIXED = ("run_id", "ts", "_writer", "_seq")
INTERNAL = frozenset({*FIXED, MORE})

NUMBER, TEXT, BOOL, LONG, JSON = "", "s", "b", "i", "j"
KINDS = (NUMBER, LONG, TEXT, BOOL, JSON)
"""Kinds of columns, in the order in which they claim the bare name of a key."""

_SPECIAL = re.compile(r'[\x00-\x20\x7f-\x9f,;{}()=%:"`]|~(?=[0-9]+\Z)')
_COLLISION = re.compile(r"~[0-9]+\Z")
_INTEGER_TAGS = frozenset("iln")


class Column(NamedTuple):
    """What a physical column holds: the stored (escaped) key and the kind of its values."""

    key: str
    kind: str


def encode_name(key: str) -> str:
    """Return `key` with every character that a column name cannot have percent-encoded as UTF-8."""
    return _SPECIAL.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), key)


def decode_name(name: str) -> str:
    """Return the key of an encoded name; the inverse of `encode_name`."""
    return unquote(name)


def parse(column: str) -> Column:
    """Return the key and kind of a physical key column."""
    base, _, kind = column.partition(":")
    return Column(decode_name(_COLLISION.sub("", base)), kind)


def kind_of(raw: Any) -> str | None:
    """Return the kind of a raw JSON value of a row; None for null."""
    of = type(raw)
    if of is float:
        return NUMBER
    if of is str:
        return NUMBER if raw in NONFINITE else TEXT
    if of is int:
        return NUMBER if -EXACT_INT <= raw <= EXACT_INT else LONG if -INT64_MAX - 1 <= raw <= INT64_MAX else JSON
    if of is bool:
        return BOOL
    return None if raw is None else JSON


class ColumnMap:
    """The columns of one project's tables: those that exist, and new ones as they are asked for. Safe for threads.

    Two maps agree when they start from the same columns and are asked in the same order; so whoever writes tables starts from the
    columns of the table, and asks for the new keys of a piece in sorted order.
    """

    def __init__(self, columns: Iterable[str] = (), *, system: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._columns: dict[tuple[str, str], str] = {}
        self._bases: dict[str, str] = {}
        self._taken = {name.casefold() for name in INTERNAL}
        self._system_columns = tuple(system)
        self._system: ColumnMap | None = None
        for name in columns:
            if name not in INTERNAL:
                self._adopt(name)

    def _adopt(self, name: str) -> None:
        key, kind = parse(name)
        base = name.partition(":")[0]
        self._columns[key, kind] = name
        self._bases[key] = base
        self._taken.add(base.casefold())

    @property
    def columns(self) -> list[str]:
        """The key columns known so far, in the order in which they came."""
        return list(self._columns.values())

    @property
    def system(self) -> ColumnMap:
        """The map of the project's system table, which has columns of its own."""
        with self._lock:
            if self._system is None:
                self._system = ColumnMap(self._system_columns)
            return self._system

    def column(self, key: str, kind: str) -> str | None:
        """Return the column of a stored key for values of `kind`; None when it has to live in `_more`."""
        found = self._columns.get((key, kind))
        if found is not None:
            return found
        with self._lock:
            found = self._columns.get((key, kind))
            if found is not None or len(self._columns) >= MAX_COLUMNS:
                return found
            base = self._bases.get(key) or self._new_base(key)
            if len(base.encode()) + 2 > MAX_NAME_BYTES:  # room for the kind, so that all kinds of a key share one fate
                return None
            self._bases[key] = base
            self._taken.add(base.casefold())
            name = self._columns[key, kind] = f"{base}:{kind}" if kind else base
            return name

    def _new_base(self, key: str) -> str:
        """Return a base name for a key that nothing else has, ignoring case."""
        name = base = encode_name(key)
        number = 1
        while base.casefold() in self._taken:
            number += 1
            base = f"{name}~{number}"
        return base


class Logical(NamedTuple):
    """One column of an answer, made of physical ones; `kind` is the kind of its values."""

    name: str
    key: str
    kind: str
    columns: tuple[str, ...]
    """The first one that is not NULL is the value."""

    def sql(self) -> str:
        """Return the SQL expression of this column over the physical ones."""
        target = "DOUBLE" if self.kind == NUMBER else "BIGINT"
        parts = [quote(c) if parse(c).kind == self.kind else f"CAST({quote(c)} AS {target})" for c in self.columns]
        return parts[0] if len(parts) == 1 else f"COALESCE({', '.join(parts)})"


def quote(name: str) -> str:
    """Return `name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def logical_columns(columns: Iterable[str], tags: Mapping[str, str]) -> list[Logical]:
    """Return the columns an answer shows for physical key columns, in their order; `tags` is stored key → all its tags.

    The bare key shows its numbers: as int64 when its tags say that it never was anything but integers, else as double. A key
    without numbers shows its text, else its booleans, else its JSON. What the bare name does not show stays visible under
    `key:s`, `key:b`, `key:j`, and as `key:i` where a double rounds large integers. A key that differs from another only by case
    keeps its suffix (`Loss~2`); names are unique when case is ignored.
    """
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for column in columns:
        if column not in INTERNAL:
            key, kind = parse(column)
            kinds = found.setdefault(key, {})
            kinds[kind] = (*kinds.get(kind, ()), column)  # projects may have numbered a key differently
    taken = {name.casefold() for name in INTERNAL}
    shown = [_bare(key, kinds, tags.get(key, ""), taken) for key, kinds in found.items()]
    for bare in list(shown):
        kinds = found[bare.key]
        hidden = [kind for kind in KINDS if kind in kinds and not _covers(bare, kind)]
        shown += [Logical(_unique(f"{bare.name}:{kind}", taken), bare.key, kind, kinds[kind]) for kind in hidden]
    return shown


def _bare(key: str, kinds: dict[str, tuple[str, ...]], tags: str, taken: set[str]) -> Logical:
    """Return the column that gets the key's own name."""
    first = next(kind for kind in KINDS if kind in kinds)
    collision = _COLLISION.search(kinds[first][0].partition(":")[0])
    name = _unique(key + (collision[0] if collision else ""), taken)
    if first not in (NUMBER, LONG):
        return Logical(name, key, first, kinds[first])
    integers = _INTEGER_TAGS.issuperset(tags) if tags else NUMBER not in kinds
    order = (LONG, NUMBER) if integers else (NUMBER, LONG)
    return Logical(name, key, order[0], tuple(column for kind in order for column in kinds.get(kind, ())))


def _covers(bare: Logical, kind: str) -> bool:
    """Tell whether the bare column shows all values of `kind` as they are."""
    return kind == bare.kind or (kind == NUMBER and bare.kind == LONG)


def without_collisions(columns: Iterable[str], taken: dict[str, str]) -> dict[str, str]:
    """Return column → name under which columns of several projects can stand side by side in one table.

    Every project numbers keys that differ by case alone on its own, so one's `loss` and another's `Loss` would be merged by an
    engine that ignores case. A name whose case-folded form belongs to another one in `taken` gets a number that is free; `taken`
    (case-folded → name) is added to. `parse` gives the same for both names.
    """
    mine = set(columns)
    names: dict[str, str] = {}
    for column in columns:
        name, number = column, 1
        while taken.setdefault(name.casefold(), name) != name or (name != column and name in mine):
            number += 1
            base, colon, kind = column.partition(":")
            name = f"{_COLLISION.sub('', base)}~{number}{colon}{kind}"
        names[column] = name
    return names


def _unique(name: str, taken: set[str]) -> str:
    """Return `name`, with a number if it is taken, and take it."""
    result, number = name, 1
    while result.casefold() in taken:
        number += 1
        result = f"{name}~{number}"
    taken.add(result.casefold())
    return result
