"""Corrections to rows that are already logged: `set_where`, and values that hold for the rows up to a moment.

Rows are never rewritten. A correction is a record of the run (`_file` with the kind "edit"), which db.artifacts shows; Tracker, Reader and
their SQL lay it over the rows they show, in the order in which corrections were made.
Invariant: a correction changes rows logged before it only, of its own run only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import orjson

from eventide.journal.codec import Encoded, decode, encode
from eventide.journal.records import ROLE_EDIT
from eventide.journal.writer import Identity, JournalWriter
from eventide.model import ObjectRef
from eventide.names import check_key
from eventide.sdk.values import Extender

if TYPE_CHECKING:
    from eventide.layout import Layout
    from eventide.objects.base import Objects
    from eventide.source import Source

KIND = "edit"


@dataclass(frozen=True, slots=True)
class Correction:
    """Rows of `run_id` logged before `until` have `value` under `key`; with `where_key`, those whose value there equals `where` only."""

    run_id: str
    key: str
    value: Any
    where_key: str | None
    where: Any
    until: float

    def applies(self, row: dict[str, Any], run_id: str, ts: float) -> bool:
        """Tell whether a row is one that is corrected."""
        if run_id != self.run_id or ts >= self.until:
            return False
        return self.where_key is None or (self.where_key in row and row[self.where_key] == self.where)


def read_corrections(source: Source) -> list[Correction]:
    """Return all corrections of a store, in the order in which they were made."""
    query = 'SELECT run_id, record FROM db.artifacts WHERE contains(record, \'"kind":"edit"\') ORDER BY ts'
    found = []
    for line in source.sql(query).to_pylist():
        record = orjson.loads(line["record"])
        if record.get("kind") == KIND:
            value, where = (decode(orjson.loads(record[name])) for name in ("value", "where"))
            found.append(
                Correction(line["run_id"], record["key"], value, record["where_key"], where, float(record["until"]))
            )
    return found


def correction(key: str, value: Any, where_key: str | None, where: Any, until: float) -> dict[str, Any]:
    """Return the record of a correction; `value` and `where` are JSON forms."""
    texts = {name: orjson.dumps(raw).decode() for name, raw in (("value", value), ("where", where))}
    return {"kind": KIND, "key": check_key(key), "where_key": where_key, "until": until, **texts}


def write_edits(
    layout: Layout,
    project: str,
    run_id: str,
    records: Iterable[dict[str, Any]] = (),
    values: Mapping[str, Any] | None = None,
) -> None:
    """Append corrections, and values for the whole run, to a run from outside; raises InvalidValue or OSError."""
    writer = JournalWriter(layout, Identity(run_id, project, ROLE_EDIT), extend=extender(layout))
    try:
        for record in records:
            writer.file(record)
        for key, value in (values or {}).items():
            writer.set(("values", check_key(key)), value)
    finally:
        writer.close()


def extender(layout: Layout) -> Callable[[Any], Any]:
    """Return what turns odd values into ones a journal takes, their bytes kept in the store; raises OSError when that fails."""

    def objects() -> Objects:
        from eventide.objects.local import LocalObjects  # noqa: PLC0415 - only when there is an object

        return LocalObjects(layout)

    def fail(_kind: str, error: BaseException, _records: int) -> None:
        raise error

    other = Extender(objects, fail)

    def extend(value: Any) -> Any:
        return Encoded({"_object": asdict(value)}) if type(value) is ObjectRef else other(value)

    return extend


def encoded(layout: Layout, value: Any) -> Any:
    """Return the JSON form of a value, its bytes kept in the store when it needs any; raises InvalidValue."""
    return encode(value, extender(layout))[1]


def correct(
    rows: Sequence[dict[str, Any]], run_ids: Sequence[str], ts: Sequence[float], found: Iterable[Correction]
) -> None:
    """Apply corrections to rows as dicts, in place."""
    for each in found:
        for row, run_id, moment in zip(rows, run_ids, ts, strict=True):
            if each.applies(row, run_id, moment):
                row[each.key] = each.value
