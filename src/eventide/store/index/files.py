"""Questions about references to objects: media, artifacts, results, kept code.

Invariant: a reference of a run in the bin is shown only to who asks for the run by its id.
"""

from __future__ import annotations

import sqlite3
from typing import Any

import orjson

from eventide.model import FileInfo, FileQuery


def file_columns(reference: Any) -> tuple[str, str, str]:
    """Return kind, name and the whole of a `_file` record's body, as the index keeps them."""
    body = reference if type(reference) is dict else {}
    return _text(body, "kind"), _text(body, "name"), orjson.dumps(reference).decode()


def files(db: sqlite3.Connection, query: FileQuery) -> list[FileInfo]:
    """Return the references a query asks for, in the order of time."""
    terms, params = ["r.deleted IS NULL" if query.run_ids is None else "1"], list[Any]()
    if query.run_ids is not None:
        terms.append("f.run_id IN (SELECT value FROM json_each(?))")
        params.append(orjson.dumps(query.run_ids).decode())
    if query.project is not None:
        terms.append("r.project = ?")
        params.append(query.project)
    if query.kinds:
        terms.append("f.kind IN (SELECT value FROM json_each(?))")
        params.append(orjson.dumps(query.kinds).decode())
    if query.name is not None:
        terms.append("f.name = ?")
        params.append(query.name)
    sql = (
        "SELECT f.run_id, r.project, f.step, f.ts, f.record FROM files f JOIN runs r USING(run_id)"  # noqa: S608 - constants
        f" WHERE {' AND '.join(terms)} ORDER BY f.ts, f.run_id, f.writer, f.seq LIMIT ? OFFSET ?"
    )
    params += [-1 if query.limit is None else query.limit, query.offset]
    return [_info(*row) for row in db.execute(sql, params)]


def _info(run_id: str, project: str, step: int | None, ts: float, text: str) -> FileInfo:
    loaded = orjson.loads(text)
    record = loaded if type(loaded) is dict else {}
    size = record.get("size_bytes")
    return FileInfo(
        run_id=run_id,
        project=project,
        kind=_text(record, "kind"),
        name=_text(record, "name"),
        step=step,
        ts=ts,
        sha256=_text(record, "sha256"),
        size_bytes=size if type(size) is int else 0,
        format=_text(record, "format"),
        record=record,
    )


def _text(record: dict[str, Any], name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""
