"""`tracker.conn`: a connection that reads the store with SQL, in the manner of Python's database modules.

Invariant: it only reads; a statement that would write raises InvalidQuery and has changed nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from eventide._optional import require
from eventide.table.relation import prepared

if TYPE_CHECKING:
    import pyarrow as pa

    from eventide.source import Source
    from eventide.table.rowset import Rename


class Cursor:
    """The rows of one query, as tuples; `df()`, `pl()` and `arrow()` give all of them as a frame or table."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self._rows: list[tuple[Any, ...]] | None = None
        self._next = 0

    @property
    def description(self) -> list[tuple[Any, ...]]:
        """One 7-tuple per column: name, type, and five times None."""
        return [(field.name, str(field.type), None, None, None, None, None) for field in self._table.schema]

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(self._table.column_names)

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row, None after the last one."""
        found = self.fetchmany(1)
        return found[0] if found else None

    def fetchmany(self, size: int = 1) -> list[tuple[Any, ...]]:
        """Return the next rows, at most `size`."""
        rows = self._all()[self._next : self._next + size]
        self._next += len(rows)
        return rows

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return the rows that are left."""
        return self.fetchmany(self._table.num_rows)

    def df(self) -> Any:
        """Return all rows as a pandas frame."""
        import pandas as pd  # noqa: PLC0415 - only when a frame is asked for

        frame = self._table.to_pandas()
        for name, column in zip(self._table.column_names, self._table.columns, strict=True):
            if column.null_count and str(column.type) == "int64":  # a missing value makes no other value a float
                frame[name] = pd.array(column.to_pylist(), dtype="Int64")
        return frame

    fetchdf = to_df = df

    def pl(self) -> Any:
        """Return all rows as a polars frame."""
        return require("polars", "polars").from_arrow(self._table)

    def arrow(self) -> pa.Table:
        """Return all rows as an Arrow table."""
        return self._table

    fetch_arrow_table = arrow

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        while (row := self.fetchone()) is not None:
            yield row

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def _all(self) -> list[tuple[Any, ...]]:
        if self._rows is None:
            columns = [column.to_pylist() for column in self._table.columns]
            self._rows = list(zip(*columns, strict=True)) if columns else []
        return self._rows


class Connection:
    """Asks a store with read-only SQL; `events`, `default` and `db.events` are the rows of the tracker's table."""

    def __init__(self, source: Callable[[], Source], table: str, rename: Rename = list) -> None:
        self._source = source
        self._table = table
        self._rename = rename

    def execute(self, query: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> Cursor:
        """Run one statement over the newest rows.

        Raises:
            InvalidQuery: it does not run, or would write.
            LimitExceeded: it needs more memory than the setting `memory_limit_mb` allows.
        """
        source = self._source()
        bound: Any = params
        return Cursor(source.sql(prepared(source, query, self._table, self._rename), bound or ()))

    sql = execute

    def cursor(self) -> Self:
        """Return the connection: every query has a cursor of its own."""
        return self

    def commit(self) -> None:
        """Do nothing: rows are stored when `log` returns."""

    rollback = close = commit

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None
