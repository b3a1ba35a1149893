"""What Tracker and Reader have in common: looking at the rows of a table, as frames, dicts, columns, files and SQL.

Invariant: every answer holds all rows whose `log` returned before it was asked for, whoever logged them.
"""

from __future__ import annotations

import os
import weakref
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventide.errors import InvalidSetting, RunNotFound
from eventide.model import RunQuery
from eventide.table.assets import Assets
from eventide.table.backend import get_backend
from eventide.table.cursor import Connection
from eventide.table.rowset import OWN, RowSet, read_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventide.store.local import LocalSource

_TYPES = {"bool": bool, "int": int, "Int": int, "float": float, "str": str, "object": object, "category": str}


class OpenStore:
    """A store that is opened when it is first asked, once per process."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._source: LocalSource | None = None
        self._pid = 0

    def source(self) -> LocalSource:
        """Return the opened store; raises NotAStore and its like."""
        if self._source is None or self._pid != os.getpid():  # what was open before a fork is the parent's
            from eventide.store.local import LocalSource  # noqa: PLC0415 - a process that only logs needs none of it

            self._source = LocalSource(self.root)
            self._pid = os.getpid()
            weakref.finalize(self, _close, self._source, self._pid)
        return self._source

    def close(self) -> None:
        """Release the store; it is opened again when it is asked again."""
        if self._source is not None:
            _close(self._source, self._pid)
            self._source = None


def _close(source: LocalSource, pid: int) -> None:
    if pid == os.getpid():
        source.close()


class Readable:
    """Rows of one table of a store."""

    _store: OpenStore
    _table: str

    @staticmethod
    def _rename(names: list[str]) -> list[str]:
        """Return what keys are called in everything that is read: what they were logged as."""
        return names

    @property
    def source(self) -> LocalSource:
        """The store, as everything else in Eventide asks it."""
        return self._store.source()

    @property
    def table_name(self) -> str:
        """The table: the project of the store whose runs these are."""
        return self._table

    @property
    def conn(self) -> Connection:
        """The store as a database: `conn.execute("SELECT * FROM db.events WHERE accuracy > 0.8").fetchall()`."""
        return Connection(self._store.source, self._table, self._rename)

    @property
    def stored_objects(self) -> Assets:
        """The objects that rows of the store refer to."""
        return Assets(self._store.source)

    @property
    def assets(self) -> Assets:
        """The objects that rows of the store refer to; compatible trackers show them in another form."""
        return self.stored_objects

    def track_ids(self) -> list[str]:
        """Return the ids of all runs of the table, the oldest first; runs in the bin are left out."""
        query = RunQuery(project=self._table, sort="started", limit=None, archived=True, keys=(), details=False)
        return [run.id for run in self.source.runs(query).runs]

    def _rows(self, track_ids: Sequence[str] | None) -> RowSet:
        """Return the rows of some runs, of all of the table when None."""
        chosen = self.track_ids() if track_ids is None else track_ids
        return replace(read_rows(self.source, chosen, by_time=track_ids is None), rename=self._rename)

    def _one(self, track_id: str) -> str:
        """Return an id if it is a run of the table, else raise RunNotFound."""
        if self.source.run(track_id).project != self._table:
            raise RunNotFound(f"the run `{track_id}` is none of the table `{self._table}`")
        return track_id

    def _frame(self, track_ids: Sequence[str] | None) -> Any:
        return self._rows(track_ids).frame(get_backend())

    def get(self, key: Any, default: Any = None) -> Any:
        """Return an object that rows refer to: by reference, SHA-256 (or its beginning), or key; `default` when there is none.

        Objects are unpickled, and unpickling runs code: ask only for objects whose writer you trust.
        """
        return self.assets.get(key, default)

    @property
    def columns(self) -> list[str]:
        """The names of the columns of the table: `timestamp`, `track_id`, then the logged keys."""
        return [str(name) for name in self._rows(None).slice(0, 0).frame("pandas").columns]

    @property
    def dtypes(self) -> dict[str, type]:
        """Column → the Python type of its values: float, int, bool, str, or object for everything else."""
        frame = self._rows(None).frame("pandas")
        return {str(name): _type_of(str(kind)) for name, kind in frame.dtypes.items()}

    def remove_asset(self, key: Any, column: str | None = None) -> bool:
        """Remove an object: cells that refer to it (of one column, when given) become empty, then its bytes go if no cell is left.

        Returns False when there is no such object. There is no way back.
        """
        return self.stored_objects.remove(key, column)

    def count_all(self) -> int:
        """Return the number of rows of the table."""
        query = RunQuery(project=self._table, limit=None, archived=True, keys=(), details=False)
        return sum(run.rows for run in self.source.runs(query).runs)

    def _write_file(self, frame: Any, path: str | os.PathLike[str], form: str) -> None:
        """Write a frame as CSV or Parquet; values that have no column type go as text."""
        if form == "parquet":
            _parquet_ready(frame).to_parquet(path) if hasattr(frame, "to_parquet") else frame.write_parquet(path)
        elif hasattr(frame, "to_csv"):
            frame.to_csv(path, index=False)
        else:
            frame.write_csv(path)

    def to_html(self, rows: RowSet, title: str) -> str:
        """Return rows as a table for notebooks."""
        from eventide.table.notebook import cells_html, safe  # noqa: PLC0415 - only notebooks need it

        shown = rows.slice(0, 20).dicts()
        names = list(dict.fromkeys((*OWN, *(name for row in shown for name in row))))
        columns = [[row.get(name) for row in shown] for name in names]
        return f"<div>{safe(title)}</div>{cells_html(names, columns, len(rows))}"


def check_table(table: str) -> str:
    """Return a table name that can be a project; raises InvalidName."""
    from eventide.names import check_label  # noqa: PLC0415

    return check_label(table, "table")


def check_count(n: int) -> int:
    """Return a number of rows; raises InvalidSetting when it is below 0."""
    if n < 0:
        raise InvalidSetting(f"`n={n}`: there cannot be fewer than 0 rows")
    return n


def _type_of(dtype: str) -> type:
    return next((kind for name, kind in _TYPES.items() if dtype.startswith(name)), object)


def _parquet_ready(frame: Any) -> Any:
    """Return a frame whose columns of mixed Python values are texts: Parquet has one type per column."""
    odd = [name for name in frame.columns if frame[name].dtype == object]
    return frame.assign(**{name: frame[name].map(lambda value: None if value is None else str(value)) for name in odd})
