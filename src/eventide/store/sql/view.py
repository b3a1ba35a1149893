"""The views that SQL sees: `db.events`, `db.events_all`, `db.system`, `db.console`, `db.runs`, `db.metrics`, ...

Sealed Parquet files and the live tail are one relation, with keys under their own names. Only what a query mentions is prepared,
and only what changed since the last query is prepared again.
Invariant: a view is never made of anything but the inputs its catalog handed out last; types of one file never change those of
another one, because physical columns have one type each (`columns`).
"""

# ruff: noqa: S608 - SQL is put together here from quoted names and literals; that is what this module is for

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Protocol

import orjson
import pyarrow as pa

from eventide.errors import InvalidQuery
from eventide.journal.codec import tag_of
from eventide.names import escape_key, unescape_key
from eventide.store.rows import arrays
from eventide.store.rows.arrow import CONSOLE_SCHEMA, EVENTS_SCHEMA, SYSTEM_SCHEMA
from eventide.store.rows.arrow_rows import value_columns
from eventide.store.rows.columns import MORE, ColumnMap, Logical, logical_columns, quote, without_collisions
from eventide.store.sql.suggest import nearest
from eventide.store.sql.text import literal, mentioned, rewrite_values, words

if TYPE_CHECKING:
    import duckdb

RELATIONS = ("runs", "metrics", "params", "summary", "tags", "keys", "artifacts")
"""Relations that a catalog has as Arrow tables."""
TABLES = ("events", "events_all", "system", "console", *RELATIONS)
"""What can be asked for, unqualified and as `db.<name>`; `default` is another name of `events`."""

_LISTINGS = frozenset(
    {"show", "information_schema", "duckdb_tables", "duckdb_views", "duckdb_columns", "sqlite_master", "pg_catalog"}
)
_EVENTS_NAMES = frozenset({"events", "events_all", "default", "value"})


@dataclass(frozen=True, slots=True)
class TableInput:
    """A table as it is now: sealed Parquet files of all projects, and rows that are not sealed yet, with physical columns."""

    files: Sequence[str] = ()
    tail: pa.Table | None = None
    hidden: Sequence[str] = ()
    """Runs that no view shows."""


@dataclass(frozen=True, slots=True)
class EventsInput:
    """The events as they are now; like TableInput, and what is laid over the rows."""

    files: Sequence[str] = ()
    tail: pa.Table | None = None
    hidden: Sequence[str] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    """Stored key → all tags seen, over everything that is selected."""
    superseded: Sequence[tuple[str, int, int]] = ()
    """(run id, attempt, step): rows of that attempt from that step on show in `events_all` only."""
    values: Sequence[tuple[str, str, str]] = ()
    """(run id, user's key, JSON) of values for whole runs, which replace logged ones."""


class Catalog(Protocol):
    """Where the views get their inputs. Inputs that did not change should be the same objects again."""

    def events(self) -> EventsInput:
        """Return the events."""
        ...

    def system(self) -> TableInput:
        """Return the samples of system metrics."""
        ...

    def console(self) -> TableInput:
        """Return the console text."""
        ...

    def relation(self, name: str) -> pa.Table:
        """Return one of `RELATIONS`."""
        ...


class Views:
    """Keeps the views of one connection up to date. Its owner holds a lock around every use."""

    def __init__(self, con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
        self._con = con
        self._catalog = catalog
        self._registered: dict[str, object] = {}
        self._views: dict[str, str] = {}
        self._selects: dict[str, tuple[str, list[str]]] = {}
        self._described: dict[tuple[str, ...], list[str]] = {}
        self._inputs: EventsInput | None = None
        self._tags: Mapping[str, str] = {}
        self._logical: dict[str, Logical] = {}
        self._has_more = False
        self.columns: dict[str, list[str]] = {}
        """Columns of the views prepared so far, for hints."""
        con.execute("CREATE SCHEMA IF NOT EXISTS db")

    def forget(self) -> None:
        """Prepare everything anew next time."""
        self._inputs = None
        self._registered.clear()
        self._views.clear()
        self._described.clear()

    def prepare(self, query: str) -> str:
        """Bring the views a query mentions up to date; return the query with `value('key')` resolved.

        Raises:
            InvalidQuery: `value` of a key that nothing has.
        """
        names = mentioned(query)
        if names & _LISTINGS:
            names |= {*TABLES, "default"}
        if names & _EVENTS_NAMES:
            self._events(self._catalog.events())
            for name in ("events", "events_all", "default"):
                if name in names:
                    self._view(name, *self._selects[name])
        if "system" in names:
            self._system(self._catalog.system())
        if "console" in names:
            self._console(self._catalog.console())
        for name in RELATIONS:
            if name in names:
                table = self._catalog.relation(name)
                self._register(f"__{name}", table)
                self._view(name, f"SELECT * FROM __{name}", table.column_names)
        if words(query) == ["show", "tables"]:  # the engine would list what the views are made of, too
            return "SELECT view_name AS name FROM duckdb_views() WHERE schema_name = 'db' ORDER BY name"
        return rewrite_values(query, self._value) if "value" in names else query

    # ── events ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _events(self, inputs: EventsInput) -> None:
        if inputs is self._inputs:
            return
        base, physical = self._base("events", inputs.files, inputs.tail, inputs.hidden, EVENTS_SCHEMA)
        self._tags, base, physical = self._overlay(inputs, base, physical)
        logical = logical_columns(physical, self._tags)
        self._logical = {}
        for item in logical:
            self._logical.setdefault(item.key, item)  # the first one of a key has its bare name
        self._has_more = MORE in physical
        shown = [f"{item.sql()} AS {quote(item.name)}" for item in logical] + [MORE] * self._has_more
        names = [item.name for item in logical] + [MORE] * self._has_more
        outer, inner = ["run_id", "step", "ts"], ["_attempt", "_rank", "_writer", "_seq"]
        self._selects["events_all"] = (
            f"SELECT {', '.join([*outer, *inner, *shown])} FROM ({base})",
            [*outer, *inner, *names],
        )
        if inputs.superseded:
            self._register("__superseded", inputs.superseded, lambda: _superseded_table(inputs.superseded))
            base = (
                f"SELECT e.* FROM ({base}) e LEFT JOIN __superseded s ON e.run_id = s.superseded_run AND e._attempt = s.attempt "
                "WHERE s.from_step IS NULL OR e.step < s.from_step"
            )
        self._selects["events"] = self._selects["default"] = (
            f"SELECT {', '.join([*outer, *shown])} FROM ({base})",
            [*outer, *names],
        )
        self._inputs = inputs

    def _overlay(self, inputs: EventsInput, base: str, physical: list[str]) -> tuple[Mapping[str, str], str, list[str]]:
        """Return tags, relation and columns with the values for whole runs laid over what was logged."""
        if not inputs.values:
            return inputs.tags, base, physical
        by_run: dict[str, dict[str, object]] = {}
        tags = dict(inputs.tags)
        for run_id, key, json in inputs.values:
            name, raw = escape_key(key), orjson.loads(json)
            by_run.setdefault(run_id, {})[name] = raw
            tags[name] = "".join(sorted({*tags.get(name, ""), tag_of(raw)}))
        laid = value_columns(list(by_run.values()), ColumnMap(physical))
        laid.pop(MORE, None)
        runs = arrays.texts(list(by_run))
        self._register("__values", inputs.values, lambda: pa.table({"values_run": runs, **laid}))
        replaced = [f"COALESCE(o.{quote(name)}, e.{quote(name)}) AS {quote(name)}" for name in laid if name in physical]
        added = [name for name in laid if name not in physical]
        columns = ", ".join(
            [f"e.* REPLACE ({', '.join(replaced)})" if replaced else "e.*", *(f"o.{quote(n)}" for n in added)]
        )
        base = f"SELECT {columns} FROM ({base}) e LEFT JOIN __values o ON e.run_id = o.values_run"
        return (
            tags,
            base,
            [*(name for name in physical if name != MORE), *added, *(MORE for name in physical if name == MORE)],
        )

    def _value(self, key: str, prefix: str) -> str:
        """Return the expression for `value('key')`: the key's column, and what further projects have of it in `_more`."""
        stored = escape_key(key)
        item = self._logical.get(stored)
        tags = set(self._tags.get(stored, ""))
        parts = [] if item is None else [prefix + quote(item.name)]
        if self._has_more and (parts or tags):
            pointer = literal("/" + stored.replace("~", "~0").replace("/", "~1"))
            of = (
                "VARCHAR"
                if tags and tags.isdisjoint("filb")
                else "BOOLEAN"
                if tags.isdisjoint("fil") and tags
                else "DOUBLE"
            )
            parts.append(f"TRY_CAST(json_extract_string({prefix}{MORE}, {pointer}) AS {of})")
        if not parts:
            known = [unescape_key(name) for name in {**self._logical, **self._tags}]
            raise InvalidQuery(f"no run has logged `{key:.80}`", hint=nearest(key, known) or "SELECT key FROM db.keys")
        return parts[0] if len(parts) == 1 else f"COALESCE({', '.join(parts)})"

    # ── the other tables ────────────────────────────────────────────────────────────────────────────────────────────

    def _system(self, inputs: TableInput) -> None:
        base, physical = self._base("system", inputs.files, inputs.tail, inputs.hidden, SYSTEM_SCHEMA)
        logical = logical_columns(physical, {})
        shown = ["run_id, ts", *(f"{item.sql()} AS {quote(item.name)}" for item in logical)]
        self._view(
            "system", f"SELECT {', '.join(shown)} FROM ({base})", ["run_id", "ts", *(item.name for item in logical)]
        )

    def _console(self, inputs: TableInput) -> None:
        base, _ = self._base("console", inputs.files, inputs.tail, inputs.hidden, CONSOLE_SCHEMA)
        self._view("console", f"SELECT run_id, ts, stream, text FROM ({base})", ["run_id", "ts", "stream", "text"])

    # ── files and tails ─────────────────────────────────────────────────────────────────────────────────────────────

    def _base(
        self, name: str, files: Sequence[str], tail: pa.Table | None, hidden: Sequence[str], schema: pa.Schema
    ) -> tuple[str, list[str]]:
        """Return a relation of physical columns over files and tail, and the names of its columns."""
        taken: dict[str, str] = {}
        columns = dict.fromkeys(schema.names)
        plain: list[str] = []
        parts = [_empty(schema)]
        for group in _by_folder(files):
            names = without_collisions(self._describe(group), taken)
            columns.update(dict.fromkeys(names.values()))
            if all(old == new for old, new in names.items()):
                plain += group
            else:
                chosen = ", ".join(f"{quote(old)} AS {quote(new)}" for old, new in names.items())
                parts.append(f"SELECT {chosen} FROM {_parquet(group)}")
        if plain:
            parts.insert(1, f"SELECT * FROM {_parquet(plain)}")
        if tail is not None and tail.num_rows:
            names = without_collisions(tail.column_names, taken)
            columns.update(dict.fromkeys(names.values()))
            self._register(f"__{name}_tail", tail, lambda: tail.rename_columns(list(names.values())))
            parts.append(f"SELECT * FROM __{name}_tail")
        base = " UNION ALL BY NAME ".join(parts[1:] or parts)
        if hidden:
            self._register(f"__{name}_hidden", hidden, lambda: pa.table({"hidden_run": arrays.texts(list(hidden))}))
            base = f"SELECT e.* FROM ({base}) e WHERE e.run_id NOT IN (SELECT hidden_run FROM __{name}_hidden)"
        return base, [*(c for c in columns if c != MORE), *(c for c in columns if c == MORE)]

    def _describe(self, files: Sequence[str]) -> list[str]:
        """Return the columns of sealed files; asked once per set of files."""
        key = tuple(files)
        found = self._described.get(key)
        if found is None:
            rows = self._con.execute(f"DESCRIBE SELECT * FROM {_parquet(files)}").fetchall()
            folder = PurePath(key[0]).parent
            self._described = {k: v for k, v in self._described.items() if PurePath(k[0]).parent != folder}
            found = self._described[key] = [str(row[0]) for row in rows]
        return found

    def _register(self, name: str, source: object, make: Callable[[], pa.Table] | None = None) -> None:
        """Make an Arrow table known to the engine unless the same source is."""
        if self._registered.get(name) is not source:
            self._con.register(name, source if make is None else make())
            self._registered[name] = source

    def _view(self, name: str, select: str, columns: Iterable[str]) -> None:
        """Make a view unless it is there; its columns are bound anew in every query."""
        self.columns[name] = list(columns)
        if self._views.get(name) != select:
            self._con.execute(f"CREATE OR REPLACE VIEW db.{quote(name)} AS {select}")
            self._views[name] = select


def _by_folder(files: Sequence[str]) -> list[list[str]]:
    """Return the files of each table, in the order of their folders."""
    groups: dict[str, list[str]] = {}
    for file in files:
        groups.setdefault(str(PurePath(file).parent), []).append(file)
    return list(groups.values())


def _parquet(files: Sequence[str]) -> str:
    listed = ", ".join(literal(file) for file in files)
    return f"read_parquet([{listed}], union_by_name=true, hive_partitioning=false)"


def _empty(schema: pa.Schema) -> str:
    types = {pa.string(): "VARCHAR", pa.float64(): "DOUBLE", pa.int64(): "BIGINT", pa.int32(): "INTEGER"}
    columns = ", ".join(f"NULL::{types[of]} AS {name}" for name, of in zip(schema.names, schema.types, strict=True))
    return f"SELECT {columns} WHERE false"


def _superseded_table(rows: Sequence[tuple[str, int, int]]) -> pa.Table:
    """Return one row per run and attempt, with the first step that was logged again."""
    first: dict[tuple[str, int], int] = {}
    for run_id, attempt, step in rows:
        first[run_id, attempt] = min(step, first.get((run_id, attempt), step))
    return pa.table(
        {
            "superseded_run": arrays.texts([run_id for run_id, _ in first]),
            "attempt": arrays.ints([attempt for _, attempt in first]),
            "from_step": arrays.ints(list(first.values())),
        }
    )
