"""One read-only SQL statement, within bounds.

What may run is decided by the engine's own parser, on the tree: one SELECT or EXPLAIN, whose tables are names and whose table functions
are on a list. The connection is locked as well (`engine`), so that neither layer has to be perfect.
Invariant: no exception of DuckDB or Arrow leaves this module; a statement that is refused has not run.
"""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from eventide.errors import EventideError, InvalidQuery, LimitExceeded
from eventide.model import SqlLimits
from eventide.store.sql.suggest import nearest
from eventide.store.sql.text import tokens

BATCH_ROWS = 100_000
MAX_MESSAGE_CHARS = 300

TABLE_FUNCTIONS = frozenset(
    {
        "duckdb_columns",
        "duckdb_functions",
        "duckdb_keywords",
        "duckdb_tables",
        "duckdb_types",
        "duckdb_views",
        "generate_series",
        "json_each",
        "json_tree",
        "pragma_table_info",
        "range",
        "repeat",
        "repeat_row",
        "unnest",
    }
)
"""Table functions a query may call; all others read files, change settings, or run SQL from text."""
REFUSED_FUNCTIONS = frozenset(
    {"current_setting", "getenv", "getvariable", "nextval", "pg_sleep", "setseed", "setval", "sleep_ms", "write_log"}
)

CANCELLED = "the query was cancelled"
_AGAIN_S = 0.05
"""Between two looks at whether a query is to stop."""
_EXECUTE_STREAMS = int(duckdb.__version__.partition(".")[0]) < 2
"""Up to 1.x `execute` streams and `sql` with parameters collects everything, past the memory limit; from 2.0 it is the other way."""
_HUGEINT = pa.decimal128(38, 0)
_ERROR_KIND = re.compile(r"^[A-Za-z ]+ Error: ")
_MISSING_COLUMN = re.compile(r'column "?([^"\n]+?)"? (?:not found|was not found)|not have a column named "([^"\n]+)"')
_MISSING_TABLE = re.compile(r'Table with name "?([^"\s]+?)"? does not exist')
_MISSING_FUNCTION = re.compile(r'Function with name "?([^"\s]+?)"? does not exist')

Params = Sequence[Any] | Mapping[str, Any]


class FileVanishedError(Exception):
    """A sealed file was removed between listing and reading; the question can be asked again. Never leaves this package."""


def run_sql(  # noqa: PLR0917 - the connection, the question, and its bounds
    con: duckdb.DuckDBPyConnection,
    query: str,
    params: Params = (),
    limits: SqlLimits | None = None,
    max_bytes: int | None = None,
    names: Mapping[str, Sequence[str]] | None = None,
) -> pa.Table:
    """Run a statement that `check_sql` has let through; return all of its rows.

    `max_bytes` bounds the answer in memory; `names` are tables with their columns, for hints.

    Raises:
        InvalidQuery: it does not run.
        LimitExceeded: it went beyond `limits`, `max_bytes`, or the memory limit of the connection.
        FileVanishedError: a file it reads is gone.
    """
    limits = limits or SqlLimits()
    with _translated(names or {}), _deadline(con, limits):
        batches: list[pa.RecordBatch] = []
        rows = size = 0
        with _reader(con, query, params) as reader:
            for batch in reader:
                batches.append(batch)
                rows += batch.num_rows
                size += batch.nbytes
                if limits.max_rows is not None and rows > limits.max_rows:
                    if limits.truncate:
                        break
                    raise LimitExceeded(
                        f"the query has more than {limits.max_rows} rows", hint=f"add LIMIT {limits.max_rows}"
                    )
                if max_bytes is not None and size > max_bytes:
                    raise LimitExceeded(
                        f"the rows of the query need more than {max_bytes >> 20} MiB",
                        hint="select fewer columns, aggregate, or add LIMIT",
                    )
            schema = reader.schema
        return _plain(pa.Table.from_batches(batches, schema).slice(0, limits.max_rows))


def _reader(con: duckdb.DuckDBPyConnection, query: str, params: Params) -> pa.RecordBatchReader:
    """Return the rows as they are computed: nothing collects them before they are asked for."""
    bound: Any = dict(params) if isinstance(params, Mapping) else list(params)
    if _EXECUTE_STREAMS:
        result: Any = con.execute(query, bound or None)
    else:
        result = con.sql(query, params=bound or None)
    make = getattr(result, "to_arrow_reader", None) or result.fetch_record_batch
    reader: pa.RecordBatchReader = make(BATCH_ROWS)
    return reader


# ── what may run ────────────────────────────────────────────────────────────────────────────────────────────────────────


def check_sql(con: duckdb.DuckDBPyConnection, query: str) -> None:
    """Return if `query` is one statement that only reads.

    Raises:
        InvalidQuery: it does not parse, is empty, several statements, or anything but a reading SELECT or EXPLAIN of one.
    """
    with _translated({}):
        try:
            statements = con.extract_statements(query)
        except ValueError:  # a type of statement this release of the Python package has no name for
            raise _refused(_first_word(query)) from None
        if not statements:
            raise InvalidQuery("the query is empty", hint="SELECT * FROM db.runs")
        if len(statements) > 1 and not any("CREATE" in str(statement.type) for statement in statements):  # PIVOT is two
            raise InvalidQuery(f"one statement at a time, not {len(statements)}", hint="ask one after the other")
        kind = str(statements[0].type).rpartition(".")[2]
        if kind == "EXPLAIN":
            _check_tree(con, _explained(query), query)
        elif kind == "SELECT":
            _check_tree(con, query, query)
        else:
            raise _refused(_first_word(query))


def _check_tree(con: duckdb.DuckDBPyConnection, select: str, query: str) -> None:
    """Refuse what the parse tree of a SELECT shows to be more than reading; refuse everything that has no such tree."""
    rows = con.execute(
        "SELECT json_serialize_sql(?)", [select]
    ).fetchall()  # all: a result half read blocks the connection
    tree = orjson.loads(rows[0][0]) if rows else {"error": True}
    if tree.get("error"):
        if "Only SELECT" in str(tree.get("error_message", "")):
            raise _refused(_first_word(query))
        raise InvalidQuery(f"the query does not parse: {_shortened(str(tree.get('error_message', '')))}")
    for node in _nodes(tree):
        _check_node(node)


def _check_node(node: Mapping[str, Any]) -> None:
    kind, of = node.get("type"), node.get("class")
    if kind == "TABLE_FUNCTION":
        function = node.get("function") or {}
        name = str(function.get("function_name", "")).lower()
        if name not in TABLE_FUNCTIONS:
            raise InvalidQuery(f"the table function `{name:.60}` cannot be used", hint="SELECT * FROM db.events")
    elif kind == "BASE_TABLE":
        name = str(node.get("table_name", ""))
        if any(char in name for char in "/\\.:*?"):  # the engine would take it for a file
            raise InvalidQuery(f"`{name:.80}` is not a table", hint="SHOW TABLES")
    elif of == "FUNCTION" and str(node.get("function_name", "")).lower() in REFUSED_FUNCTIONS:
        raise InvalidQuery(f"the function `{node['function_name']}` cannot be used")


def _nodes(tree: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every object in a JSON tree, without recursion: a user decides how deep it is."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _explained(query: str) -> str:
    """Return the statement after EXPLAIN, ANALYZE and options in brackets."""
    position, depth = 0, 0
    for token in tokens(query):
        if token.text in ("(", ")"):
            if (
                token.text == "("
                and depth == 0
                and re.match(r"\(\s*(?:select|with|from|values)\b", query[position:], re.IGNORECASE)
            ):
                break
            depth += 1 if token.text == "(" else -1
        elif token.kind != "space" and depth == 0 and token.text.lower() not in ("explain", "analyze"):
            break
        position += len(token.text)
    return query[position:]


def _first_word(query: str) -> str:
    return next((token.text.upper() for token in tokens(query) if token.kind == "word"), "?")


def _refused(word: str) -> InvalidQuery:
    what = "PIVOT" if word in ("SELECT", "FROM", "WITH") else word
    return InvalidQuery(
        f"`{what:.40}` cannot be used: the store is read with SELECT only", hint="SELECT * FROM db.runs"
    )


# ── bounds and errors ───────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _deadline(con: duckdb.DuckDBPyConnection, limits: SqlLimits) -> Iterator[None]:
    """Interrupt the connection after a time, or when the query was cancelled, again and again until it notices."""
    timeout_s, cancelled = limits.timeout_s, limits.cancelled
    if timeout_s is None and cancelled is None:
        yield
        return
    done = threading.Event()
    why: list[str] = []
    until_s = math.inf if timeout_s is None else time.monotonic() + timeout_s

    def watch() -> None:
        wait_s = 0.0
        while not done.wait(wait_s):
            left_s = until_s - time.monotonic()
            if cancelled is not None and cancelled():
                why.append(CANCELLED)
            elif left_s <= 0:
                why.append(f"the query took longer than {timeout_s:g} s")
            if why:
                con.interrupt()
            wait_s = _AGAIN_S if why else min(max(0.0, left_s), _AGAIN_S if cancelled is not None else math.inf)
            if wait_s == math.inf:
                return

    watcher = threading.Thread(target=watch, name="eventide-sql-deadline", daemon=True)
    watcher.start()
    try:
        yield
    except (duckdb.Error, pa.ArrowException, OSError, RuntimeError) as error:
        if why and not isinstance(error, EventideError):
            hint = "" if why[0] == CANCELLED else "filter by run_id, aggregate less, or allow more time"
            raise LimitExceeded(why[0], hint=hint) from error
        raise
    finally:
        done.set()
        watcher.join()


@contextmanager
def _translated(names: Mapping[str, Sequence[str]]) -> Iterator[None]:
    """Turn the engine's exceptions into ours."""
    try:
        yield
    except EventideError:
        raise
    except duckdb.OutOfMemoryException as error:
        raise _too_large() from error
    except (duckdb.Error, pa.ArrowException, OSError, RuntimeError, TypeError, ValueError) as error:
        raise _translate(error, names) from error
    except MemoryError as error:
        raise _too_large() from error


def _too_large() -> LimitExceeded:
    return LimitExceeded(
        "the query needs more memory than it may have",
        hint="filter by run_id, aggregate, select fewer columns, or raise the limit",
    )


def _translate(error: Exception, names: Mapping[str, Sequence[str]]) -> Exception:
    text = str(error)
    if "Out of Memory" in text:
        return _too_large()
    if "INTERRUPT" in text:
        return LimitExceeded("the query was interrupted")
    if "No files found" in text or "Cannot open file" in text or "No such file" in text:
        return FileVanishedError(_shortened(text))
    return InvalidQuery(f"the query does not run: {_shortened(text)}", hint=_hint(text, names))


def _shortened(text: str) -> str:
    """Return the first sentence of an engine's message."""
    first = _ERROR_KIND.sub("", text.strip()).partition("\n")[0].strip()
    return first if len(first) <= MAX_MESSAGE_CHARS else first[: MAX_MESSAGE_CHARS - 1] + "…"


def _hint(text: str, names: Mapping[str, Sequence[str]]) -> str:
    """Return the nearest name to the one that an engine's message says is missing."""
    choose: tuple[tuple[re.Pattern[str], Callable[[], Iterable[str]], str], ...] = (
        (_MISSING_COLUMN, lambda: (column for columns in names.values() for column in columns), "DESCRIBE db.events"),
        (_MISSING_TABLE, lambda: names, "SHOW TABLES"),
        (_MISSING_FUNCTION, lambda: ("value",), ""),
    )
    for pattern, choices, otherwise in choose:
        match = pattern.search(text)
        if match:
            missing = next(group for group in match.groups() if group).rpartition(".")[2]
            return nearest(missing, choices()) or otherwise
    return ""


def _plain(table: pa.Table) -> pa.Table:
    """Return a table with the engine's 128-bit integers, which sums are made of, as int64 where they fit, else as double."""
    for index, column in enumerate(table.columns):
        if column.type == _HUGEINT:
            try:
                plain = column.cast(pa.int64())
            except pa.ArrowInvalid:
                plain = pc.cast(column, pa.float64())
            table = table.set_column(index, table.field(index).name, plain)
    return table
