"""Questions about runs, answered from the index: pages, details, selectors, facets.

Invariant: every value that comes from a caller is a bound parameter; the only SQL text that varies is what `filters` compiled.
"""

from __future__ import annotations

import difflib
import sqlite3
from typing import TYPE_CHECKING, Any

import orjson

from eventide.errors import RunAmbiguous, RunNotFound
from eventide.journal.codec import decode
from eventide.model import Changes, Facet, ProjectInfo, RunInfo, RunQuery, RunStatus
from eventide.store.index.stats import read_metrics

if TYPE_CHECKING:
    from eventide.store.filter.filters import CompiledFilter, CompiledSort

_RUN = (
    "r.run_id, r.project, r.name, r.status, r.started, r.ended, r.updated, r.group_name, r.host, r.user, r.notes, r.error, r.rows,"
    " r.attempts, r.world_size, r.archived, r.deleted, r.config"
)
_MANY = 100
"""From this many runs on, details are read table by table instead of run by run."""


def scope(query: RunQuery, compiled: CompiledFilter) -> tuple[str, list[Any]]:
    """Return the WHERE clause of a query: its filter, its project, and whether archived runs and the bin count."""
    terms = [f"({compiled.sql})", "r.deleted IS NOT NULL" if query.deleted else "r.deleted IS NULL"]
    params: list[Any] = list(compiled.params)
    if not query.archived and not query.deleted:
        terms.append("r.archived = 0")
    if query.project is not None:
        terms.append("r.project = ?")
        params.append(query.project)
    if query.projects is not None:
        terms.append("r.project IN (SELECT value FROM json_each(?))")
        params.append(orjson.dumps(query.projects).decode())
    return " AND ".join(terms), params


def page(
    db: sqlite3.Connection, query: RunQuery, compiled: CompiledFilter, order: CompiledSort
) -> tuple[list[RunInfo], int]:
    """Return the runs of one page, and how many match on all pages.

    All matching ids are sorted, then the page's rows are read: the columns a sort needs lie in small indexes, whole rows do not.
    """
    matching = ids(db, query, compiled, order)
    stop = None if query.limit is None else query.offset + query.limit
    rows = [read_row(db, run_id) for run_id in matching[query.offset : stop]]
    return fill(db, [row for row in rows if row is not None], query), len(matching)


def ids(db: sqlite3.Connection, query: RunQuery, compiled: CompiledFilter, order: CompiledSort) -> list[str]:
    """Return the ids of all runs a query matches, in its order."""
    where, params = scope(query, compiled)
    sql = f"SELECT r.run_id FROM runs r WHERE {where} ORDER BY {order.sql}"  # noqa: S608 - compiled, parameters bound
    return [run_id for (run_id,) in db.execute(sql, [*params, *order.params])]


def read_row(db: sqlite3.Connection, run_id: str) -> tuple[Any, ...] | None:
    """Return one row of `runs`, or None."""
    row: tuple[Any, ...] | None = db.execute(f"SELECT {_RUN} FROM runs r WHERE run_id = ?", (run_id,)).fetchone()  # noqa: S608 - a constant
    return row


def fill(db: sqlite3.Connection, rows: list[tuple[Any, ...]], query: RunQuery) -> list[RunInfo]:
    """Return rows of `runs` as RunInfo, with the details a query asks for."""
    wanted = [row[0] for row in rows]
    tags = _by_run(db, "tags", "tag", wanted)
    params = _by_run(db, "params", "path, json", wanted) if query.details else {}
    summary = _by_run(db, "summary", "key, json", wanted) if query.details else {}
    values = _by_run(db, "vals", "key, json", wanted) if query.details else {}
    definitions = _by_run(db, "definitions", "key, summary", wanted) if query.details else {}
    provenance = _by_run(db, "runs", "provenance", wanted) if query.details else {}
    filled = []
    for row in rows:
        run_id = row[0]
        metrics = {} if query.keys == () else read_metrics(db, run_id, query.keys)
        filled.append(
            RunInfo(
                id=run_id, project=row[1], name=row[2], status=RunStatus(row[3]), started=row[4], ended=row[5], updated=row[6],
                group=row[7], host=row[8], user=row[9], notes=row[10], error=row[11], rows=row[12], attempts=row[13],
                world_size=row[14], archived=bool(row[15]), deleted=row[16],
                config=_tree(row[17]) if query.details else {},
                tags=tuple(tag for (tag,) in tags.get(run_id, ())),
                params={path: _value(json) for path, json in params.get(run_id, ())},
                metrics=metrics,
                summary=_summary(metrics, dict(definitions.get(run_id, ())), dict(summary.get(run_id, ()))) if query.details else {},
                values={key: _value(json) for key, json in values.get(run_id, ())},
                provenance=_tree(provenance[run_id][0][0]) if run_id in provenance else {},
            )
        )  # fmt: skip
    return filled


def _by_run(db: sqlite3.Connection, table: str, columns: str, wanted: list[str]) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of a table for some runs, by run."""
    if len(wanted) < _MANY:
        sql = f"SELECT {columns} FROM {table} WHERE run_id = ?"  # noqa: S608 - our own names
        return {run_id: db.execute(sql, (run_id,)).fetchall() for run_id in wanted}
    found: dict[str, list[tuple[Any, ...]]] = {}
    keep = set(wanted)
    for run_id, *rest in db.execute(f"SELECT run_id, {columns} FROM {table}"):  # noqa: S608
        if run_id in keep:
            found.setdefault(run_id, []).append(tuple(rest))
    return found


def _tree(config: str) -> dict[str, Any]:
    tree = decode(orjson.loads(config))
    return tree if isinstance(tree, dict) else {"value": tree}


def _value(json: str) -> Any:
    return decode(orjson.loads(json))


def _summary(metrics: dict[str, Any], kinds: dict[str, str | None], explicit: dict[str, str]) -> dict[str, Any]:
    """Return one value per metric, by its definition, and what the script set itself on top."""
    summary: dict[str, Any] = {}
    for key, stats in metrics.items():
        kind = kinds.get(key) or "last"
        if kind != "none" and stats.count:
            summary[key] = getattr(stats, kind)
    summary.update((key, _value(json)) for key, json in explicit.items())
    return summary


def one(db: sqlite3.Connection, run_id: str) -> RunInfo:
    """Return one run with all its details; raises RunNotFound."""
    row = read_row(db, run_id)
    if row is None:
        raise not_found(db, run_id)
    return fill(db, [row], RunQuery())[0]


def not_found(db: sqlite3.Connection, selector: str) -> RunNotFound:
    """Return the error for a selector nothing answers to; its hint names the nearest runs."""
    names = {
        name: run_id for run_id, name in db.execute("SELECT run_id, name FROM runs ORDER BY started DESC LIMIT 5000")
    }
    names.update({run_id: run_id for run_id in list(names.values())})
    near = difflib.get_close_matches(selector, names, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(f'`{name}`' for name in near)}?" if near else "eventide runs"
    return RunNotFound(f"no run answers to `{selector:.80}`", hint=hint)


def resolve(db: sqlite3.Connection, selector: str, project: str | None) -> list[str]:
    """Return the ids that a selector without `@` means: an id, a name, or a unique prefix of an id or of its random end."""
    if db.execute("SELECT 1 FROM runs WHERE run_id = ?", (selector,)).fetchone():
        return [selector]
    like = selector.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    scope_sql, scope_params = ("", []) if project is None else (" AND project = ?", [project])
    for condition, params in (
        ("name = ?", [selector]),
        ("run_id LIKE ? ESCAPE '\\'", [f"{like}%"]),
        ("run_id LIKE ? ESCAPE '\\'", [f"%-{like}%"]),
    ):
        sql = f"SELECT run_id FROM runs WHERE {condition}{scope_sql} ORDER BY started DESC LIMIT 20"  # noqa: S608 - three constants
        found = [run_id for (run_id,) in db.execute(sql, [*params, *scope_params])] if selector else []
        if len(found) == 1:
            return found
        if found:
            raise RunAmbiguous(
                f"`{selector:.80}` may mean {len(found)} runs: {', '.join(found[:5])}{', …' if len(found) > 5 else ''}",
                hint=f"eventide show {found[0]}",
                candidates=tuple(found),
            )
    raise not_found(db, selector)


def projects(db: sqlite3.Connection) -> list[ProjectInfo]:
    """Return all projects that have runs outside the bin."""
    rows = db.execute(
        "SELECT project, count(*), sum(status = 'running'), max(updated) FROM runs WHERE deleted IS NULL GROUP BY project ORDER BY 4 DESC"
    )
    return [ProjectInfo(*row) for row in rows]


_FACET_COLUMNS = {
    "state": "status", "status": "status", "project": "project", "group": "group_name", "host": "host", "user": "user", "name": "name",
}  # fmt: skip


def facets(db: sqlite3.Connection, field: str, run_ids: list[str], limit: int) -> list[Facet]:
    """Return the values of a field over some runs, the most frequent first."""
    keep = set(run_ids)
    counts: dict[Any, int] = {}
    column = _FACET_COLUMNS.get(field)
    if column is not None:
        rows = db.execute(f"SELECT run_id, {column} FROM runs")  # noqa: S608 - from the table above
    elif field == "tag":
        rows = db.execute("SELECT run_id, tag FROM tags")
    else:
        path = field.removeprefix("config.")
        rows = db.execute("SELECT run_id, json FROM params WHERE path = ?", (path,))
    for run_id, value in rows:
        if run_id in keep and value not in ("", None):
            counts[value] = counts.get(value, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))[:limit]
    decoded = column is None and field != "tag"
    return [Facet(_value(value) if decoded else value, runs) for value, runs in ordered]


def changes(db: sqlite3.Connection, cursor: str) -> Changes:
    """Return what changed since a cursor; one of another index, or none, means that everything did."""
    found = db.execute("SELECT value FROM state WHERE name = 'generation'").fetchone()
    generation = found[0] if found else ""
    owner, _, text = cursor.partition(":")
    since = int(text) if owner == generation and text.isdigit() else 0
    number = db.execute("SELECT max(number) FROM changed").fetchone()[0] or 0
    moved = [
        run_id
        for (run_id,) in db.execute("SELECT run_id FROM changed WHERE number > ? ORDER BY number, run_id", (since,))
    ]
    present = {run_id for run_id in moved if db.execute("SELECT 1 FROM runs WHERE run_id = ?", (run_id,)).fetchone()}
    return Changes(
        cursor=f"{generation}:{number}",
        run_ids=tuple(run_id for run_id in moved if run_id in present),
        removed=tuple(run_id for run_id in moved if run_id not in present) if since else (),
    )
