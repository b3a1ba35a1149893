"""Named queries: what was asked once can be read FROM in later statements.

They become common table expressions in front of a statement, so what runs is one statement, checked and bounded like any other.
Invariant: a name is an identifier, and no chain of names leads back to itself; text in literals, quotes and comments is never taken
for a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from eventide.errors import EventideError, InvalidQuery
from eventide.model import SqlLimits
from eventide.store.sql.text import mentioned, tokens

if TYPE_CHECKING:
    from eventide.source import Source

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_EXPLAIN = re.compile(r"\s*explain\s+(?:analyze\s+|\(\s*(?:format|analyze)\b[^)]*\)\s*)?", re.IGNORECASE)
_ABOUT = re.compile(r"\s*(?:describe|desc|summarize)\b", re.IGNORECASE)
_LIMITS = SqlLimits(timeout_s=10.0)


def check_name(source: Source, name: str) -> str:
    """Return a name that a statement can say without quotes and that means nothing else; raises InvalidQuery."""
    hint = "letters, digits and `_`, such as `best_runs`"
    if not _NAME.fullmatch(name):
        raise InvalidQuery(f"`{name:.80}` cannot be the name of a view", hint=hint)
    if name.lower() in {str(row["name"]).lower() for row in source.sql("SHOW TABLES", limits=_LIMITS).to_pylist()}:
        raise InvalidQuery(f"`{name}` is a view of the store already", hint="choose another name")
    try:
        source.sql(f"WITH {name} AS (SELECT 1) SELECT * FROM {name}", limits=_LIMITS)  # noqa: S608 - an identifier
    except InvalidQuery:
        raise InvalidQuery(f"`{name}` is a word of SQL", hint=hint) from None
    return name


def check_query(text: str) -> str:
    """Return a query without the semicolons at its end; raises InvalidQuery when it is none that could stand in parentheses."""
    pieces = list(tokens(text))
    while pieces and (pieces[-1].kind == "space" or pieces[-1].text == ";"):
        pieces.pop()
    depth = 0
    for piece in pieces:
        depth += {"(": 1, ")": -1}.get(piece.text, 0) if piece.kind == "other" else 0
        if depth < 0 or (piece.kind == "other" and piece.text == ";"):
            break
    else:
        if pieces and not depth:
            return "".join(piece.text for piece in pieces)
    raise InvalidQuery("a view is one SELECT with all of its parentheses", hint="SELECT * FROM runs")


def expand(source: Source, query: str, named: Mapping[str, str]) -> str:
    """Return a statement that has what it reads of `named` (name → query) in front of it; itself when it reads none.

    Raises:
        InvalidQuery: the queries it reads lead back to themselves.
    """
    known = {name.lower(): (name, text) for name, text in named.items()}
    head, body = _explained(query)
    own, reads = _tables(source, body, known)
    order: dict[str, None] = {}
    for name in reads - own:
        _visit(source, name, known, order, [])
    if not order:
        return query
    written = ", ".join(f'"{known[name][0]}" AS ({_line(known[name][1])})' for name in order)
    given, rest = _with(f"SELECT * FROM ({_line(body).rstrip('; ')})" if _ABOUT.match(body) else body)  # noqa: S608 - what a user asks
    return f"{head}{given}{written}{rest}"


def _visit(source: Source, name: str, known: Mapping[str, Any], order: dict[str, None], above: list[str]) -> None:
    """Add a name after all that it reads."""
    if name in above:
        chain = " → ".join(f"`{known[one][0]}`" for one in [*above[above.index(name) :], name])
        raise InvalidQuery(f"these views lead back to themselves: {chain}", hint="change one of them")
    if name in order:
        return
    own, reads = _tables(source, known[name][1], known)
    for one in sorted(reads - own):
        _visit(source, one, known, order, [*above, name])
    order[name] = None


def _tables(source: Source, query: str, known: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Return the names that a statement defines itself, and those of `known` that it reads; by its words where nothing parses it."""
    words = mentioned(query) & known.keys()
    if not words:
        return set(), set()
    try:
        tree = orjson.loads(
            source.sql("SELECT json_serialize_sql(?) AS tree", [query], limits=_LIMITS)["tree"][0].as_py()
        )
    except (EventideError, ValueError):
        tree = {"error": True}
    if tree.get("error"):
        return set(), words
    top = [statement.get("node", {}).get("cte_map", {}).get("map", ()) for statement in tree.get("statements", ())]
    own = {str(entry.get("key", "")).lower() for entries in top for entry in entries}
    return own, {name for name in _base_tables(tree) if name in words}


def _base_tables(tree: Any) -> Iterator[str]:
    left = [tree]
    while left:
        node = left.pop()
        if isinstance(node, dict):
            if node.get("type") == "BASE_TABLE" and not node.get("schema_name"):
                yield str(node.get("table_name", "")).lower()
            left.extend(node.values())
        elif isinstance(node, list):
            left.extend(node)


def _explained(query: str) -> tuple[str, str]:
    """Return what stands before a statement that is only to be explained, and the statement."""
    found = _EXPLAIN.match(query)
    return ("", query) if found is None else (found[0], query[found.end() :])


def _with(query: str) -> tuple[str, str]:
    """Return how the list of common table expressions begins, and what follows those that are put in front."""
    pieces = list(tokens(query))
    words = [place for place, piece in enumerate(pieces) if piece.kind != "space"][:2]
    if not words or pieces[words[0]].text.lower() != "with":
        return "WITH ", f" {query}"
    recursive = len(words) > 1 and pieces[words[1]].text.lower() == "recursive"
    rest = "".join(piece.text for piece in pieces[words[recursive] + 1 :])
    return ("WITH RECURSIVE " if recursive else "WITH "), f",{rest}"


def _line(query: str) -> str:
    """Return a query on one line, so that what follows keeps its line numbers."""
    return "".join(" " if piece.kind == "space" else piece.text for piece in tokens(query)).strip()
