"""xetrack's engines: SQL, columns and counts of one table.

Invariant: both engines are the same here, and only read; rows are written by a Tracker.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from eventide.compat.xetrack.config import DEFAULTS
from eventide.compat.xetrack.reader import Reader
from eventide.table.location import find_place
from eventide.table.reader import DEFAULT_TABLE

if TYPE_CHECKING:
    from eventide.table.cursor import Cursor


class Engine:
    """A table of a database."""

    def __init__(
        self, db: str | os.PathLike[str] = DEFAULTS.DB, compress: bool = False, table_name: str = DEFAULT_TABLE
    ) -> None:
        """Open a database, made when it is not there; `compress` makes no difference."""
        from eventide.clock import SYSTEM_CLOCK  # noqa: PLC0415
        from eventide.layout import Layout  # noqa: PLC0415

        del compress
        self.db = db
        self.table_name = table_name
        root = find_place(db).root
        if root is not None:
            Layout(root).create(now_s=SYSTEM_CLOCK.time())
        self._reader = Reader(Path(db), table=table_name)

    @property
    def conn(self) -> Any:
        """The connection."""
        return self._reader.conn

    @property
    def columns(self) -> set[str]:
        """The names of the columns."""
        return self._reader.columns

    @property
    def dtypes(self) -> dict[str, Any]:
        """Column → Python type."""
        return self._reader.dtypes

    def execute(self, query: str, params: list[Any] | None = None) -> Cursor:
        """Run one SQL statement that reads; raises InvalidQuery for any other."""
        return self._reader.conn.execute(query, params or ())

    def execute_sql(self, query: str, params: list[Any] | None = None) -> Any:
        """Run one SQL statement and return its rows as a frame."""
        return self.execute(query, params).df()

    def create_table(self, table: str, columns: dict[str, str], primary_key: list[str] | None = None) -> None:
        """Do nothing: a table is there when a row is logged into it."""

    def add_column(self, table: str, column: str, dtype: str) -> None:
        """Do nothing: a column is there when a row has it."""

    def set_value(self, key: str, value: Any, track_id: str | None = None) -> None:
        """Give all rows, or those of one run, a value."""
        self._reader.set_value(key, value, track_id)

    def set_where(self, key: str, value: Any, where_key: str, where_value: Any, track_id: str | None = None) -> None:
        """Give the rows whose `where_key` is `where_value` a value."""
        self._reader.set_where(key, value, where_key, where_value, track_id)

    def remove_asset(self, hash_value: str, column: str | None, remove_keys: bool = True) -> bool:
        """Remove an object and empty the cells that refer to it."""
        del remove_keys
        return self._reader.remove_asset(hash_value, column)

    def count_records(self, track_id: str | None = None) -> int:
        """Return the number of rows, of one run when given."""
        return len(self._reader) if track_id is None else self._reader.source.run(track_id).rows

    @staticmethod
    def to_sql_type(value: Any) -> str:
        """Return the type a column gets from its first value."""
        return sql_type(value)

    def close(self) -> None:
        """Release the database."""
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> Literal[False]:
        self.close()
        return False


class SqliteEngine(Engine):
    """The engine called `sqlite`."""


def sql_type(value: Any) -> str:
    """Return the SQL type of a value."""
    if isinstance(value, bool | int):
        return "INTEGER"
    if isinstance(value, float):
        return "REAL"
    return "BLOB" if isinstance(value, bytearray) else "TEXT"
