"""SQL as a tracker understands it: a table per project, with `timestamp`, `track_id` and the logged keys.

A query that names `events`, `default`, `db.events` or a table of the store is given those tables as WITH clauses in front; everything
else in it is left as it is, so that db.runs, db.metrics and the rest stay within reach.
Invariant: text in strings, quoted names that are no tables, and comments are never changed.
"""

# ruff: noqa: S608 - SQL is put together here from quoted names and literals; that is what this module is for

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import orjson

from eventide.journal.codec import encode
from eventide.model import ObjectRef, RunQuery
from eventide.store.rows.columns import quote
from eventide.store.sql.text import Token, literal, tokens
from eventide.table import stamp
from eventide.table.edits import Correction, read_corrections

if TYPE_CHECKING:
    from eventide.source import Source
    from eventide.table.rowset import Rename

SEED_NAMES = ("events", "default")
"""Names of the tracker's own table, besides its own."""
_INNER = ("run_id", "step", "ts", "_attempt", "_rank", "_writer", "_seq")
_KEPT = ("run_id", "ts", "_writer", "_seq")
_BEFORE_TABLE = frozenset({"from", "join", "into", "update", "table"})


def prepared(source: Source, query: str, table: str, rename: Rename = list) -> str:
    """Return a query with the tables it names in front of it; `events` and `default` mean `table`, keys are called as `rename` says."""
    meanings = {project.name.lower(): project.name for project in source.projects()}
    meanings.update(dict.fromkeys(SEED_NAMES, table))
    meanings[table.lower()] = table
    text, used = _qualified(query, meanings)
    if not used:
        return text
    corrections = read_corrections(source)
    clauses = ", ".join(
        f"{quote(name)} AS ({_relation(source, meanings[name.lower()], corrections, rename)})" for name in used
    )
    return _with(text, clauses)


def _qualified(query: str, meanings: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return a query with its tables as plain quoted names, and those names."""
    pieces = list(tokens(query))
    solid = [place for place, piece in enumerate(pieces) if piece.kind != "space"]
    used: dict[str, str] = {}
    position = 0
    while position < len(solid):
        place = solid[position]
        name = _name(pieces[place])
        dotted = position + 2 < len(solid) and pieces[solid[position + 1]].text == "."
        after = _name(pieces[solid[position + 2]]) if dotted else None
        if name is not None and name.lower() == "db" and after is not None and after.lower() in meanings:
            _replace(pieces, solid[position : position + 3], quote(after))
            used.setdefault(after.lower(), after)
            position += 3
            continue
        before = pieces[solid[position - 1]].text.lower() if position else ""
        if (
            name is not None
            and name.lower() in meanings
            and (before in _BEFORE_TABLE or _in_list(pieces, solid, position))
        ):
            pieces[place] = Token("quoted", quote(name))
            used.setdefault(name.lower(), name)
        position += 1
    return "".join(piece.text for piece in pieces), list(used.values())


def _name(piece: Token) -> str | None:
    """Return the name a piece of SQL is, None for anything else."""
    if piece.kind == "word":
        return piece.text
    return piece.text[1:-1].replace('""', '"') if piece.kind == "quoted" else None


def _in_list(pieces: list[Token], solid: list[int], position: int) -> bool:
    """Tell whether a name follows a comma in a FROM list: `FROM a, b`."""
    if position < 2 or pieces[solid[position - 1]].text != ",":
        return False
    for back in range(position - 2, -1, -1):
        word = pieces[solid[back]].text.lower()
        if word == "from":
            return True
        if pieces[solid[back]].kind not in ("word", "quoted") and word not in (",", "."):
            return False
        if word in ("select", "where", "by", "having", "on"):
            return False
    return False


def _replace(pieces: list[Token], places: list[int], text: str) -> None:
    for place in range(places[0], places[-1] + 1):
        pieces[place] = Token("space", "")
    pieces[places[0]] = Token("quoted", text)


def _with(query: str, clauses: str) -> str:
    """Return a query with WITH clauses in front, before those it has itself."""
    head = ""
    rest = list(tokens(query))
    while rest and (rest[0].kind == "space" or rest[0].text.lower() in ("explain", "analyze")):
        head += rest.pop(0).text
    words = [piece for piece in rest if piece.kind != "space"]
    text = "".join(piece.text for piece in rest)
    if not words or words[0].text.lower() != "with":
        return f"{head}WITH {clauses} {text}"
    skip = 2 if len(words) > 1 and words[1].text.lower() == "recursive" else 1
    dropped = 0
    while dropped < skip:
        dropped += rest.pop(0).kind != "space"
    return f"{head}WITH {'RECURSIVE ' if skip == 2 else ''}{clauses}, {''.join(piece.text for piece in rest)}"


def _relation(source: Source, project: str, corrections: list[Correction], rename: Rename) -> str:
    """Return the SELECT of one project's rows."""
    of_project = f"run_id IN (SELECT run_id FROM db.runs WHERE project = {literal(project)})"
    names = _columns(source, project)
    inner = f"SELECT {', '.join([*_KEPT, *map(quote, names)])} FROM db.events_all WHERE {of_project}"
    ids = {
        run.id for run in source.runs(RunQuery(project=project, limit=None, archived=True, keys=(), details=False)).runs
    }
    mine = [each for each in corrections if each.run_id in ids]
    if mine:
        inner = _corrected(source, inner, names, mine)
    called = rename([_shown(name) for name in names])
    listed = [f"{quote(name)} AS {quote(shown)}" for name, shown in zip(names, called, strict=True)]
    return f"SELECT {', '.join([f'{stamp.SQL} AS timestamp', 'run_id AS track_id', *listed])} FROM ({inner}) ORDER BY ts, _writer, _seq"


def _shown(name: str) -> str:
    """Return what a column is called: keys that collide with the store's own columns are plain keys here."""
    if name in ("timestamp", "track_id"):
        return f"_{name}"
    return name[1:] if name in ("_step", "_ts", "_run_id") else name


def _columns(source: Source, project: str) -> list[str]:
    """Return the columns of the view that hold keys of a project."""
    from eventide.table.rows import row_columns  # noqa: PLC0415 - Arrow

    names = [name for name in source.sql("SELECT * FROM db.events_all LIMIT 0").column_names if name not in _INNER]
    keys = source.keys(project=project)
    tags = {key.key: key.tags for key in keys}
    set_here = {
        key
        for run in source.runs(RunQuery(project=project, limit=None, archived=True, keys=())).runs
        for key in run.values
    }
    wanted = {*tags, *set_here}
    found = []
    for name, column in zip(names, row_columns(names, {**dict.fromkeys(set_here, ""), **tags}), strict=True):
        base, colon, kind = column.name.rpartition(":")
        if (
            name == "_more"
            or column.name in wanted
            or (colon and kind in "sbij" and base in wanted)
            or name[1:] in wanted
        ):
            found.append(name)
    return found


def _corrected(source: Source, inner: str, names: list[str], corrections: list[Correction]) -> str:
    """Return rows with corrections laid over them, one after the other."""
    types = {field.name: str(field.type) for field in source.sql(f"SELECT * FROM ({inner}) LIMIT 0").schema}
    for each in corrections:
        value, kind = _value(each.value)
        test = f"run_id = {literal(each.run_id)} AND ts < {each.until!r}"
        if each.where_key is not None:
            if each.where_key not in types:
                continue
            test += f" AND {quote(each.where_key)} = {_value(each.where)[0]}"
        if each.key not in types:
            inner = f"SELECT *, CASE WHEN {test} THEN {value} END AS {quote(each.key)} FROM ({inner})"
            types[each.key] = kind
            names.append(each.key)
            continue
        kept = quote(each.key)
        if value != "NULL" and _family(types[each.key]) != _family(kind):  # one column has one type: text holds both
            kept, value, types[each.key] = f"{quote(each.key)}::VARCHAR", f"({value})::VARCHAR", "string"
        case = f"CASE WHEN {test} THEN {value} ELSE {kept} END AS {quote(each.key)}"
        inner = f"SELECT * REPLACE ({case}) FROM ({inner})"
    return inner


def _family(kind: str) -> str:
    return "number" if kind in ("double", "int64", "int32", "float") else kind.removeprefix("large_")


def _value(value: Any) -> tuple[str, str]:
    """Return a value as SQL, and its Arrow type."""
    if value is None:
        return "NULL", "null"
    if isinstance(value, bool):
        return str(value).upper(), "bool"
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return str(value), "int64"
    if isinstance(value, float):
        return (repr(value) if math.isfinite(value) else f"{literal(str(value))}::DOUBLE"), "double"
    if isinstance(value, str):
        return f"{literal(value)}::VARCHAR", "string"
    raw = {"_object": asdict(value)} if isinstance(value, ObjectRef) else encode(value)[1]
    return f"{literal(orjson.dumps(raw).decode())}::VARCHAR", "string"
