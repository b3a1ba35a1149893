"""An in-memory DuckDB that can read the store's sealed files and nothing else.

Invariant: after the connection is made its settings are locked: no file outside its folders, no extension, no Python variable,
no setting can be reached by SQL, whatever `sql` lets through. One query at a time; waiting ones see newer rows.
"""

from __future__ import annotations

import math
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from eventide.errors import InvalidQuery, InvalidSetting, LimitExceeded, StoreDamaged
from eventide.model import SqlLimits
from eventide.store.sql.statement import CANCELLED, FileVanishedError, check_sql, run_sql
from eventide.store.sql.text import literal
from eventide.store.sql.view import TABLES, Views

if TYPE_CHECKING:
    import pyarrow as pa

    from eventide.store.sql.statement import Params
    from eventide.store.sql.view import Catalog

MEMORY_LIMIT = "640MiB"
"""What queries may use unless told otherwise: with Python, Arrow and a large tail the process stays below 1 GB."""
MAX_SPILL = "10GiB"
"""What queries may write to the temporary folder."""
_TRIES = 3
_WAIT_S = 0.1


class Engine:
    """Runs SQL over the views of a catalog. Safe for threads."""

    def __init__(self, catalog: Catalog, *folders: Path, memory_limit: str = MEMORY_LIMIT) -> None:
        """Make the engine; no file is read before the first query.

        Args:
            catalog: what the views are made of; asked within `run`, while no other query runs.
            folders: the only folders whose files can be read.
            memory_limit: a size as DuckDB takes it, such as "2GB".

        Raises:
            InvalidSetting: `memory_limit` is no size.
        """
        self._lock = threading.RLock()
        self._spill = tempfile.mkdtemp(prefix="eventide-sql-")
        self._clean = weakref.finalize(self, shutil.rmtree, self._spill, ignore_errors=True)
        self._con = duckdb.connect(":memory:")
        self._views = Views(self._con, catalog)
        try:
            self._con.execute(f"SET memory_limit={literal(memory_limit)}")
        except duckdb.Error as error:
            raise InvalidSetting(f"`{memory_limit}` is not a memory size", hint="memory_limit='2GB'") from error
        self._max_bytes = _size_bytes(self._con)
        _lock(self._con, folders, self._spill)
        self._closed = False

    def run(self, query: str, params: Params = (), limits: SqlLimits | None = None) -> pa.Table:
        """Run one read-only statement over the newest state of the catalog; return all of its rows.

        Raises:
            InvalidQuery: the statement does not parse, names what does not exist, or would write.
            LimitExceeded: it went beyond `limits` or the memory limit.
            StoreDamaged: a sealed file is missing.
        """
        with self._turn(limits):
            if self._closed:
                raise InvalidQuery("the store is closed", hint="eventide.open()")
            check_sql(self._con, query)
            for left in reversed(range(_TRIES)):
                try:
                    return self._run(query, params, limits)
                except FileVanishedError as error:
                    self._views.forget()
                    if not left:
                        raise StoreDamaged(f"a sealed file is missing: {error}", hint="eventide verify") from error
            raise AssertionError  # the loop returns or raises

    @contextmanager
    def _turn(self, limits: SqlLimits | None) -> Iterator[None]:
        """Wait until no other query runs; one that is cancelled meanwhile, or out of time, does not wait for its turn."""
        limits = limits or SqlLimits()
        until_s = math.inf if limits.timeout_s is None else time.monotonic() + limits.timeout_s
        while not self._lock.acquire(timeout=_WAIT_S):
            if limits.cancelled is not None and limits.cancelled():
                raise LimitExceeded(CANCELLED)
            if time.monotonic() > until_s:
                raise LimitExceeded(
                    f"the query did not get its turn within {limits.timeout_s:g} s", hint="ask again later"
                )
        try:
            yield
        finally:
            self._lock.release()

    def _run(self, query: str, params: Params, limits: SqlLimits | None) -> pa.Table:
        try:
            ready = self._views.prepare(query)
        except duckdb.IOException as error:
            raise FileVanishedError(str(error).partition("\n")[0]) from error
        except duckdb.Error as error:
            raise StoreDamaged(
                f"the sealed tables cannot be read: {str(error).partition(chr(10))[0]}", hint="eventide verify"
            ) from error
        names = {**dict.fromkeys(TABLES, ()), **self._views.columns}
        return run_sql(self._con, ready, params, limits, self._max_bytes, names)

    def close(self) -> None:
        """Release memory and temporary files; calling again does nothing."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._con.close()
                self._clean()


def _lock(con: duckdb.DuckDBPyConnection, folders: Sequence[Path], spill: str) -> None:
    """Set what a connection may do, and make it impossible to change."""
    with suppress(duckdb.Error):  # a build without time zones
        con.execute("SET TimeZone='UTC'")
    listed = ", ".join(literal(str(folder.absolute()) + "/") for folder in folders)
    for statement in (
        "SET schema='db'",
        f"SET temp_directory={literal(spill)}",
        f"SET max_temp_directory_size={literal(MAX_SPILL)}",
        "SET parquet_metadata_cache=true",
        "SET python_enable_replacements=false",
        "SET autoinstall_known_extensions=false",
        "SET autoload_known_extensions=false",
        f"SET allowed_directories=[{listed}]",
        "SET enable_external_access=false",
        "SET lock_configuration=true",
    ):
        con.execute(statement)


def _size_bytes(con: duckdb.DuckDBPyConnection) -> int:
    """Return the memory limit of a connection in bytes."""
    rows = con.execute("SELECT value FROM duckdb_settings() WHERE name = 'memory_limit'").fetchall()
    number, _, unit = str(rows[0][0]).partition(" ")
    return int(float(number) * 1024 ** ("bytes", "KiB", "MiB", "GiB", "TiB").index(unit))
