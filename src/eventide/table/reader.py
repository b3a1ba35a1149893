"""Reader: the rows of all runs of a table, while others write them.

Invariant: a Reader writes nothing but the changes it is asked for (`set_value`, `set_where`, `delete_run`), and those as records of
their own.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from eventide.clock import SYSTEM_CLOCK
from eventide.errors import InvalidSetting, NotAStore, StoreUnwritable
from eventide.layout import Layout
from eventide.model import Edit
from eventide.table import cache
from eventide.table.edits import correction, encoded, write_edits
from eventide.table.location import find_place
from eventide.table.reading import OpenStore, Readable, check_count, check_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eventide.table.cache import Entry

DEFAULT_TABLE = "default"


class Reader(Readable):
    """All rows of a table of a store, as frames: `Reader("database.db").to_df()`."""

    def __init__(self, db: str | os.PathLike[str] | None = None, *, table: str = DEFAULT_TABLE) -> None:
        """Look at a store that is there.

        Args:
            db: a store's folder, or a real xetrack file, which is read into a store beside it; None means the default store.
            table: the table, a project of the store.

        Raises:
            NotAStore, StoreTooNew, StoreDamaged: there is no store that could be read.
        """
        place = find_place(db)
        if place.root is None:
            raise NotAStore(f"`{db}` is stored nowhere, so there is nothing to read", hint="Reader('database.db')")
        root = place.root if place.file is None else self._taken_in(place.file, place.root)
        self._table = check_table(table)
        self._store = OpenStore(root)
        self._store.source()

    def _taken_in(self, file: Path, root: Path) -> Path:
        """Read a foreign file into a store and return its folder: beside the file, or a private one where nothing can be written."""
        from eventide.table.merge import take_in  # noqa: PLC0415 - only for foreign files

        try:
            take_in(file, root)
        except StoreUnwritable:
            root = Path(tempfile.mkdtemp(prefix="eventide-reader-"))
            weakref.finalize(self, shutil.rmtree, root, ignore_errors=True)
            take_in(file, root)
        return root

    def to_df(self, track_id: str | None = None, head: int | None = None, tail: int | None = None) -> Any:
        """Return rows as a frame, in the order of time: of one run, the first, the last, or all of them.

        Raises:
            InvalidSetting: more than one of `track_id`, `head` and `tail` is given.
            RunNotFound: there is no such run in the table.
        """
        if sum(asked is not None for asked in (track_id, head, tail)) > 1:
            raise InvalidSetting("`track_id`, `head` and `tail` exclude each other", hint="to_df().head(5)")
        if track_id is not None:
            return self._frame([self._one(track_id)])
        if head is not None:
            return self.head(head)
        return self._frame(None) if tail is None else self.tail(tail)

    def head(self, n: int = 5) -> Any:
        """Return the first rows as a frame."""
        from eventide.table.backend import get_backend  # noqa: PLC0415

        return self._rows(None).slice(0, check_count(n)).frame(get_backend())

    def tail(self, n: int = 5) -> Any:
        """Return the last rows as a frame."""
        from eventide.table.backend import get_backend  # noqa: PLC0415

        rows = self._rows(None)
        return rows.slice(max(0, len(rows) - check_count(n))).frame(get_backend())

    def latest(self) -> Any:
        """Return the rows of the run that logged last, as a frame."""
        rows = self._rows(None)
        return self._frame([rows.slice(len(rows) - 1).run_ids[0]]) if len(rows) else self._frame(None)

    def set_value(self, key: str, value: Any, track_id: str | None = None) -> None:
        """Give a run (None: all runs of the table) a value, back in time: every row of it has it."""
        for run_id in self._chosen(track_id):
            write_edits(self._layout, self._table, run_id, values={key: value})

    def set_where(self, key: str, value: Any, where_key: str, where_value: Any, track_id: str | None = None) -> None:
        """Give the rows of a run (None: all runs of the table) whose `where_key` is `where_value` a value."""
        until = SYSTEM_CLOCK.time()
        layout = self._layout
        record = correction(key, encoded(layout, value), where_key, encoded(layout, where_value), until)
        for run_id in self._chosen(track_id):
            write_edits(layout, self._table, run_id, [record])

    def delete_run(self, track_id: str) -> bool:
        """Put a run into the bin, from where `eventide restore` takes it; return True. Raises RunNotFound."""
        self.source.edit([self._one(track_id)], Edit(deleted=True))
        return True

    def _chosen(self, track_id: str | None) -> list[str]:
        return self.track_ids() if track_id is None else [self._one(track_id)]

    @property
    def _layout(self) -> Layout:
        return Layout(self._store.root)

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write all rows as CSV."""
        self._write_file(self.to_df(), path, "csv")

    def to_parquet(self, path: str | os.PathLike[str]) -> None:
        """Write all rows as Parquet; nested and mixed values go as text."""
        self._write_file(self.to_df(), path, "parquet")

    def close(self) -> None:
        """Release the store."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> Literal[False]:
        self.close()
        return False

    def __len__(self) -> int:
        return self.count_all()

    def __getitem__(self, column: str) -> Any:
        return self.to_df()[column]

    def __repr__(self) -> str:
        return f"Reader({str(self._store.root)!r}, table={self._table!r})"

    def _repr_html_(self) -> str:
        rows = self._rows(None)
        return self.to_html(rows.slice(max(0, len(rows) - 20)), f"{len(rows)} rows of {self._table}")

    # ── without a store ─────────────────────────────────────────────────────────────────────────────────────────────

    @classmethod
    def read_db(cls, db: str | os.PathLike[str], *, table: str = DEFAULT_TABLE, **which: Any) -> Any:
        """Return rows of a store as a frame; `which` is `track_id`, `head` or `tail`, as for `to_df`."""
        with cls(db, table=table) as reader:
            return reader.to_df(**which)

    @classmethod
    def read_logs(cls, path: str | os.PathLike[str], limit: int | None = None) -> Any:
        """Return the rows of the log files in a folder as a frame; `limit` is a number of files, the newest first."""
        from eventide.table.logfiles import frame, read_logs  # noqa: PLC0415

        return frame(read_logs(path, limit))

    @classmethod
    def read_jsonl(cls, path: str | os.PathLike[str]) -> Any:
        """Return the rows of a JSON lines log as a frame, with `timestamp` and `level`."""
        from eventide.table.logfiles import frame, read_jsonl  # noqa: PLC0415

        return frame(read_jsonl(path))

    @classmethod
    def read_cache(cls, folder: str | Path, key: str) -> Any:
        """Return the cached result under a key of `scan_cache`; raises ObjectNotFound."""
        return cache.Cache(folder).read(key).result

    @classmethod
    def scan_cache(cls, folder: str | Path) -> Iterator[tuple[str, Entry]]:
        """Yield (key, entry) of every cached result: what was called, and which run computed it."""
        return cache.Cache(folder).scan()

    @classmethod
    def delete_cache_by_track_id(cls, folder: str | Path, track_id: str) -> int:
        """Remove the cached results that a run computed; return how many there were."""
        return cache.Cache(folder).delete_by_track_id(track_id)
