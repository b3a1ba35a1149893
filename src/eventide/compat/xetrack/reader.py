"""xetrack's Reader on Eventide's.

Invariant: arguments, names and the form of results are translated; everything else is `eventide.Reader`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from eventide.compat.xetrack import keys
from eventide.compat.xetrack.assets import AssetsManager
from eventide.compat.xetrack.config import LOGURU_PARAMS
from eventide.table import logfiles
from eventide.table.cache import Cache
from eventide.table.reader import DEFAULT_TABLE
from eventide.table.reader import Reader as NativeReader


class Reader(NativeReader):
    """Reads all rows of a table, under xetrack's names."""

    def __init__(
        self,
        db: str | os.PathLike[str],
        engine: Literal["sqlite", "duckdb"] = "sqlite",
        table: str = DEFAULT_TABLE,
    ) -> None:
        """Look at a database that is there; `engine` makes no difference."""
        self.engine = engine
        super().__init__(db, table=DEFAULT_TABLE if table == "events" else table)

    @staticmethod
    def _rename(names: list[str]) -> list[str]:
        return keys.valid_keys(names)

    def _frame(self, track_ids: Sequence[str] | None) -> Any:
        return keys.shown_frame(super()._frame(track_ids))

    def head(self, n: int = 5) -> Any:
        """Return the first rows as a frame."""
        return keys.shown_frame(super().head(n))

    def tail(self, n: int = 5) -> Any:
        """Return the last rows as a frame."""
        return keys.shown_frame(super().tail(n))

    @property
    def columns(self) -> set[str]:  # type: ignore[override]
        """The names of the columns of the table."""
        return set(super().columns)

    @property
    def assets(self) -> AssetsManager:  # type: ignore[override]
        """The objects that rows refer to."""
        return AssetsManager.of(self._store)

    @classmethod
    def read_db(
        cls,
        db: str | os.PathLike[str],
        engine: Literal["sqlite", "duckdb"] = "sqlite",
        table: str = DEFAULT_TABLE,
        **which: Any,
    ) -> Any:
        """Return rows of a database as a frame; `which` is `track_id`, `head` or `tail`."""
        with cls(db, engine, table) as reader:
            return reader.to_df(**which)

    @classmethod
    def read_logs(cls, path: str | os.PathLike[str], limit: int | None = None) -> Any:
        """Return the rows of the log files in a folder as a frame; `limit` is a number of files, the newest first."""
        return logfiles.frame(logfiles.read_logs(path, limit, LOGURU_PARAMS.DELIMITER))

    @classmethod
    def read_cache(cls, cache: str | Path, key: Any) -> Any:
        """Return a cached result as `{"result": ..., "cache": track_id}`; `key` is one that `scan_cache` gave."""
        hit = Cache(cache).read(key if isinstance(key, str) else key[-1])
        return {"result": hit.result, "cache": hit.entry.track_id}

    @classmethod
    def scan_cache(cls, cache: str | Path) -> Iterator[tuple[Any, Any]]:
        """Yield ((function, arguments, key), {"result": ..., "cache": track_id}) of every cached result."""
        for key, entry in Cache(cache).scan():
            yield (entry.function, entry.args, key), cls.read_cache(cache, key)
