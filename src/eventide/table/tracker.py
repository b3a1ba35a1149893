"""Tracker: rows with free columns, logged as one run and looked at like a frame.

    tracker = Tracker("database.db", params={"model": "resnet18"})
    tracker.log(accuracy=0.9, loss=0.1, epoch=1)
    tracker.to_df(all=True)

A tracker is a run: `track_id` is the run's id, `table` its project, params are in its config and in every row.
Invariant: when `log` returns, the row is stored as `run.log` stores it, and every reader of the store finds it. Safe for threads and forks.
"""

from __future__ import annotations

import os
import time
import warnings as warnings_module
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from eventide.clock import SYSTEM_CLOCK
from eventide.errors import EventideWarning, InvalidKey, InvalidValue
from eventide.layout import Layout
from eventide.model import Edit
from eventide.names import new_run_id
from eventide.sdk.birth import store_of
from eventide.sdk.session import begin_beside
from eventide.table import location, stamp
from eventide.table.reading import OpenStore, Readable, check_count, check_table
from eventide.table.rowset import OWN, TIMESTAMP, TRACK_ID

if TYPE_CHECKING:
    from types import TracebackType

    from eventide.sdk.run import Run
    from eventide.table.cache import Cache
    from eventide.table.logger import Logger
    from eventide.table.sampler import Usage
    from eventide.table.tracked import Calls

DEFAULT_TABLE = "default"
REPR_ROWS = 5


class Tracker(Readable):
    """Logs rows into one run of a store, tracks functions, and reads the rows of its table."""

    IN_MEMORY: ClassVar[str] = location.IN_MEMORY
    IN_MEMROY: ClassVar[str] = location.IN_MEMORY
    SKIP_INSERT: ClassVar[str] = location.SKIP_INSERT

    def __init__(
        self,
        db: str | os.PathLike[str] | None = None,
        params: Mapping[str, Any] | None = None,
        *,
        table: str = DEFAULT_TABLE,
        track_id: str | None = None,
        reset: bool = False,
        raise_on_error: bool = True,
        log_system_params: bool = False,
        log_network_params: bool = False,
        measurement_interval: float = 1.0,
        cache: str | os.PathLike[str] | None = None,
        logs_path: str | os.PathLike[str] | None = None,
        logs_file_format: str | None = None,
        logs_stdout: bool = False,
        jsonl: str | os.PathLike[str] | None = None,
    ) -> None:
        """Begin a run, or go on with the one called `track_id`.

        Args:
            db: a store's folder, made when it is not there; a real xetrack file, read into a store beside it; `Tracker.IN_MEMORY`;
                `Tracker.SKIP_INSERT`, which stores nothing; None means the default store.
            params: values for every row.
            table: the table, which is the project of the store.
            track_id: the run's id; None makes a new one.
            reset: put all runs of the table into the bin first.
            raise_on_error: whether a tracked function's error is raised after it was logged; else the call returns None.
            log_system_params: add CPU, memory and disk use to rows and calls.
            log_network_params: add bytes sent and received to rows and calls.
            measurement_interval: seconds between two looks at the memory during a call.
            cache: folder in which results of tracked functions are kept.
            logs_path: folder for log files; needs the extra `loguru`, like the next two.
            logs_file_format: name of the log files, default `{time:YYYY-MM-DD}.log`.
            logs_stdout: write every row to the standard output.
            jsonl: file to which every row goes as a line of JSON.

        Raises:
            NotAStore, StoreUnwritable, StoreTooNew, StoreDamaged: the store cannot be used.
            InvalidName, InvalidSetting: `track_id` or `table` cannot be used.
            MissingExtra: logs are asked for and loguru is not installed.
        """
        place = location.find_place(db)
        self._table = check_table(table)
        self._clock = stamp.StampClock()
        if place.file is not None and place.root is not None:
            from eventide.table.merge import take_in  # noqa: PLC0415 - only for foreign files

            take_in(place.file, place.root)
        if reset and place.root is not None and (place.root / "store.json").exists():
            self._empty_table(place.root)
        self._run = begin_beside(
            project=self._table,
            dir=place.root,
            id=track_id or new_run_id(SYSTEM_CLOCK.time()),
            mode=place.mode,
            clock=self._clock,
        )
        root = store_of(self._run)
        self._stored = root is not None
        if root is not None:
            self._store = OpenStore(root)
        self._log = self._run.log
        self._last = self._clock.last
        self._id = self._run.id
        self._params: dict[str, Any] = {}
        self._laid: set[str] = set()
        self._raises = raise_on_error
        self._measured = (log_system_params, log_network_params, float(measurement_interval))
        self._since: Usage | None = None
        self._cache_folder = cache
        self._logs = (logs_path, logs_file_format, logs_stdout, jsonl)
        self._tell: Callable[[dict[str, Any]], None] | None = None
        if logs_path is not None or logs_stdout or jsonl is not None:
            self._tell = self.logger.track
        self._plain = not (self._tell or log_system_params or log_network_params)
        self.latest: dict[str, Any] = {}
        if params:
            self.set_params(params)

    def _empty_table(self, root: Any) -> None:
        store = OpenStore(root)
        self._store = store
        ids = self.track_ids()
        if ids:
            store.source().edit(ids, Edit(deleted=True))
        store.close()

    # ── rows ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def log(self, data: Mapping[str, Any] | None = None, /, **values: Any) -> dict[str, Any]:
        """Log a row, given as a dict, as keywords, or both; return it with params, `timestamp` and `track_id`. An empty one is not logged.

        Raises:
            InvalidKey, InvalidValue, RunFinished: the caller's mistake; nothing of the row is stored.
        """
        if values:
            data = {**data, **values} if data else values
        elif not data:
            if data is None or isinstance(data, Mapping):
                return {}
            raise _no_row(data)
        try:
            row = {**self._params, **data} if self._params else {**data}
        except TypeError:
            raise _no_row(data) from None
        if TIMESTAMP in row or TRACK_ID in row:
            raise _own_key()
        if self._laid:
            self._release(row)
        if not self._plain:
            return self._log_more(row)
        self._log(row)
        row[TIMESTAMP] = stamp.text(self._last.ts) if self._stored else stamp.text(time.time())
        row[TRACK_ID] = self._id
        self.latest = row
        return row

    def _log_more(self, row: dict[str, Any]) -> dict[str, Any]:
        """Log a row with the use of the machine since the last one, and tell the logs of it."""
        if (self._measured[0] or self._measured[1]) and not self._is_measured(row):
            row.update(self._use())
        self._log(row)
        row[TIMESTAMP] = stamp.text(self._last.ts if self._stored else time.time())
        row[TRACK_ID] = self._id
        self.latest = row
        if self._tell is not None:
            self._tell(row)
        return row

    def log_batch(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Log many rows at once, all of them or, when one cannot be logged, none; return the last one."""
        full = []
        for data in rows:
            if not isinstance(data, Mapping):
                raise _no_row(data)
            row = {**self._params, **data} if data else {}
            if TIMESTAMP in row or TRACK_ID in row:
                raise _own_key()
            full.append(row)
        full = [row for row in full if row]
        if not full:
            return {}
        for row in full if self._laid else ():
            self._release(row)
        self._run.log_many(full)
        moment = stamp.text(self._last.ts if self._stored else time.time())
        for row in full:
            row[TIMESTAMP], row[TRACK_ID] = moment, self._id
            if self._tell is not None:
                self._tell(row)
        self.latest = full[-1]
        return full[-1]

    def track_batch(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Log many rows at once; another name of `log_batch`."""
        return self.log_batch(rows)

    # ── values for later and earlier rows ───────────────────────────────────────────────────────────────────────────

    @property
    def params(self) -> dict[str, Any]:
        """The values that every row gets, as a copy."""
        return dict(self._params)

    def set_param(self, key: str, value: Any) -> str:
        """Give all later rows a value; return the key."""
        self.set_params({key: value})
        return key

    def set_params(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Give all later rows values; return all params. They are in the run's config as well."""
        if any(key in OWN for key in params):
            raise _own_key()
        self._run.config.update(dict(params))
        self._params = {**self._params, **params}
        return dict(self._params)

    def set_value(self, key: str, value: Any) -> None:
        """Give the whole run a value, back in time: rows that are logged already have it, and later ones unless they log `key` anew."""
        if key in OWN:
            raise _own_key()
        self._run.set(key, value)
        self._laid = {*self._laid, key}

    def _release(self, row: Mapping[str, Any]) -> None:
        """Let values for the whole run end where rows begin to log their keys: earlier rows keep them as corrections."""
        from eventide.table.edits import correction, encoded  # noqa: PLC0415

        for key in self._laid & row.keys():
            self._laid = self._laid - {key}
            root = store_of(self._run)
            if root is None:
                continue
            value = self.source.run(self._id).values.get(key)
            self._run._writer.unset(("values", key))  # noqa: SLF001 - a run has no public way to take a value back
            if value is not None:
                until = SYSTEM_CLOCK.time()
                record = correction(key, encoded(Layout(root), value), None, None, until)
                self._run._writer.file(record)  # noqa: SLF001

    def set_where(self, key: str, value: Any, where_key: str, where_value: Any) -> None:
        """Give the rows of this run that are logged already and whose `where_key` is `where_value` a value."""
        from eventide.table.edits import correction, encoded  # noqa: PLC0415

        root = store_of(self._run)
        if root is None:
            return
        layout = Layout(root)
        until = SYSTEM_CLOCK.time()
        self._run._writer.file(  # noqa: SLF001 - a correction is a record of this run's own journal
            correction(key, encoded(layout, value), where_key, encoded(layout, where_value), until)
        )

    # ── functions ───────────────────────────────────────────────────────────────────────────────────────────────────

    def track(
        self,
        func: Callable[..., Any],
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        *,
        cache_force: bool = False,
    ) -> Any:
        """Call `func(*args, **kwargs)`, log the call as a row, and return the result.

        Args:
            func: anything that can be called; a coroutine function gives a coroutine to await.
            args: positional arguments.
            kwargs: keyword arguments.
            params: more values for the row; they are part of what a cached result is found by.
            cache_force: compute anew, and replace the cached result.

        Raises:
            Exception: what `func` raised, after it was logged, unless `raise_on_error` is False.
        """
        if not callable(func):
            raise InvalidValue(
                f"a {type(func).__name__} cannot be called", hint="tracker.track(func, args=[...], kwargs={...})"
            )
        return self._calls.run(func, tuple(args or ()), dict(kwargs or {}), params, force=cache_force)

    def wrap(self, params: Mapping[str, Any] | None = None) -> Callable[[Any], Any]:
        """Return a decorator that logs every call of a function, method or coroutine function, with `params` in each row."""
        return lambda func: self._calls.wrap(func, params)

    @cached_property
    def _calls(self) -> Calls:
        from eventide.table.tracked import Calls  # noqa: PLC0415 - trackers that only log rows need none of it

        measured = self._measured[0] or self._measured[1]
        return Calls(
            self.log,
            self._id,
            measure=self._usage if measured else None,
            cache=self.cache,
            raise_on_error=self._raises,
        )

    @cached_property
    def cache(self) -> Cache | None:
        """The cache of results; None when the tracker has none."""
        if self._cache_folder is None:
            return None
        from eventide.table.cache import Cache  # noqa: PLC0415 - only with a cache

        return Cache(self._cache_folder)

    def _usage(self, *, follow: bool = True) -> Usage:
        from eventide.table.sampler import Usage, sampler  # noqa: PLC0415 - psutil

        system, network, interval_s = self._measured
        return Usage(sampler(), system=system, network=network, interval_s=interval_s if follow else None)

    def _is_measured(self, row: Mapping[str, Any]) -> bool:
        from eventide.table.sampler import NETWORK_KEYS, SYSTEM_KEYS  # noqa: PLC0415

        return (SYSTEM_KEYS if self._measured[0] else NETWORK_KEYS)[0] in row

    def _use(self) -> dict[str, float]:
        """Return what was used since the last row that says so, or a moment ago."""
        since = self._since or self._usage(follow=False)
        self._since = self._usage(follow=False)
        return since.stop()

    # ── logs ────────────────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def logger(self) -> Logger:
        """Log files and the standard output, in lines that can be read back; needs the extra `loguru`."""
        from eventide.table.logger import Logger  # noqa: PLC0415 - loguru

        path, form, stdout, jsonl = self._logs
        return Logger(logs_path=path, file_format=form, stdout=stdout, jsonl=jsonl)

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def track_id(self) -> str:
        """The id of this tracker's run."""
        return self._id

    @property
    def run(self) -> Run:
        """The run that the rows belong to."""
        return self._run

    @property
    def db(self) -> str:
        """The folder of the store; `SKIP_INSERT` when nothing is stored."""
        return str(self._store.root) if self._stored else location.SKIP_INSERT

    @property
    def _mine(self) -> list[str]:
        return [self._id]

    def to_df(self, all: bool = False) -> Any:  # noqa: A002 - the name users know
        """Return the rows of this run, or with `all` of all runs of the table, as a frame; see `set_backend`."""
        if not self._stored:
            return _empty_frame()
        return self._frame(None if all else self._mine)

    def head(self, n: int = 5) -> Any:
        """Return the first rows of this run as a frame."""
        return self.to_df().head(check_count(n))

    def tail(self, n: int = 5) -> Any:
        """Return the last rows of this run as a frame."""
        return self.to_df().tail(check_count(n))

    def __getitem__(self, item: str | int) -> Any:
        """Return a column of this run's rows, or the row at a place as a dict (from 0; negative from the end)."""
        if isinstance(item, str):
            return self.to_df()[item]
        count = len(self)
        place = item + count if item < 0 else item
        if not 0 <= place < count:
            raise IndexError(f"row {item} of {count}")
        return self._rows(self._mine).slice(place, 1).dicts()[0]

    def __len__(self) -> int:
        return self.count_run()

    def __bool__(self) -> bool:
        return True

    def count_run(self) -> int:
        """Return the number of rows of this run, by whichever process they were logged."""
        return self.source.run(self._id).rows if self._stored else 0

    def to_csv(self, path: str | os.PathLike[str], all: bool = False) -> None:  # noqa: A002
        """Write the rows of this run, or with `all` of the table, as CSV."""
        self._write_file(self.to_df(all), path, "csv")

    def to_parquet(self, path: str | os.PathLike[str], all: bool = False) -> None:  # noqa: A002
        """Write the rows of this run, or with `all` of the table, as Parquet; nested and mixed values go as text."""
        self._write_file(self.to_df(all), path, "parquet")

    def __str__(self) -> str:
        return str(self.tail(REPR_ROWS))

    def __repr__(self) -> str:
        return f"Tracker({self.db!r}, track_id={self._id!r}, table={self._table!r})"

    def _repr_html_(self) -> str:
        if not self._stored:
            return ""
        rows = self._rows(self._mine)
        return self.to_html(rows.slice(max(0, len(rows) - 20)), f"{self._id}: {len(rows)} rows")

    # ── the end ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def finish(self, status: Literal["finished", "failed", "killed"] = "finished", error: str = "") -> None:
        """End the run: no rows after this. The end of the process does it otherwise. Reading goes on."""
        if "logger" in self.__dict__:
            self.logger.close()
        self._run.finish(status, error)

    def close(self) -> None:
        """End the run and release the store."""
        self.finish()
        if self._stored:
            self._store.close()

    def __reduce__(self) -> tuple[Any, ...]:
        """Let another process go on with the same run; logs and a private store stay with this one."""
        system, network, interval_s = self._measured
        options = {
            "table": self._table,
            "track_id": self._id,
            "raise_on_error": self._raises,
            "log_system_params": system,
            "log_network_params": network,
            "measurement_interval": interval_s,
            "cache": self._cache_folder,
        }
        return _again, (type(self), self.db, self._params, options)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Literal[False]:
        if error is None:
            self.finish()
        else:
            from eventide.sdk.run import ending_of  # noqa: PLC0415

            self.finish(*ending_of(error))
        return False


def _again(kind: type[Tracker], db: str, params: dict[str, Any], options: dict[str, Any]) -> Tracker:
    """Return a tracker that goes on with a run another process has begun."""
    tracker = kind(db, **options)
    tracker._params = dict(params)  # noqa: SLF001 - the run's config has them already
    return tracker


def _empty_frame() -> Any:
    import pandas as pd  # noqa: PLC0415

    warnings_module.warn("this tracker stores no rows (SKIP_INSERT), so it has none", EventideWarning, stacklevel=3)
    return pd.DataFrame({name: pd.Series(dtype="str") for name in OWN})


def _no_row(data: object) -> InvalidValue:
    return InvalidValue(
        f"a {type(data).__name__} is no row; a row is a dict of keys and values", hint='log({"loss": 0.1})'
    )


def _own_key() -> InvalidKey:
    return InvalidKey(
        "`timestamp` and `track_id` are columns that the tracker itself fills", hint="log(time=...) or another name"
    )
