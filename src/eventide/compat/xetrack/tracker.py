"""xetrack's Tracker on Eventide's.

Invariant: arguments, names and the form of results are translated; everything else is `eventide.Tracker`.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from eventide.clock import SYSTEM_CLOCK
from eventide.compat.xetrack import keys
from eventide.compat.xetrack.assets import AssetsManager
from eventide.compat.xetrack.config import DEFAULTS, TRACKER_CONSTANTS
from eventide.compat.xetrack.engine import Engine, sql_type
from eventide.compat.xetrack.git import get_commit_hash
from eventide.compat.xetrack.logging import Logger
from eventide.journal.codec import Encoded
from eventide.layout import Layout
from eventide.names import name_of, new_run_id
from eventide.sdk.birth import store_of
from eventide.table import stamp
from eventide.table.edits import encoded
from eventide.table.location import find_place
from eventide.table.tracked import RESULT
from eventide.table.tracker import DEFAULT_TABLE
from eventide.table.tracker import Tracker as NativeTracker

_MEGABYTE = 2**20


class Tracker(NativeTracker):
    """Logs rows, tracks functions and reads rows back, under xetrack's names."""

    def __init__(  # noqa: PLR0917 - positions as scripts use them
        self,
        db: str | os.PathLike[str] = DEFAULTS.DB,
        params: Mapping[str, Any] | None = None,
        reset: bool = False,
        log_system_params: bool = False,
        log_network_params: bool = False,
        raise_on_error: bool = True,
        measurement_interval: float = 1,
        track_id: str | None = None,
        logs_path: str | None = None,
        logs_file_format: str | None = None,
        logs_stdout: bool = False,
        jsonl: str | None = None,
        cache: str | None = None,
        compress: bool = False,
        warnings: bool = True,
        git_root: str | None = None,
        engine: Literal["sqlite", "duckdb"] = "sqlite",
        table: str = DEFAULT_TABLE,
    ) -> None:
        """Begin a run; arguments as for `eventide.Tracker`. `compress` and `engine` are accepted, and make no difference."""
        del compress
        self.warnings = warnings
        self.git_root = git_root
        self._engine_name = engine
        self._configured = bool(logs_path or logs_stdout or jsonl)
        super().__init__(
            db,
            None,
            table=DEFAULT_TABLE if table == "events" else table,
            track_id=track_id or _unused_track_id(db),
            reset=reset,
            raise_on_error=raise_on_error,
            log_system_params=log_system_params,
            log_network_params=log_network_params,
            measurement_interval=measurement_interval,
            cache=cache,
            logs_path=logs_path,
            logs_file_format=logs_file_format,
            logs_stdout=logs_stdout,
            jsonl=jsonl,
        )
        if params:
            self.set_params(params)
        if git_root is not None and (commit := get_commit_hash(git_root=git_root)):
            self.set_params({TRACKER_CONSTANTS.GIT_COMMIT_KEY: commit})
            self._git_commit_hash = commit

    # ── rows ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def log(self, data: Mapping[Any, Any] | None = None, /, **values: Any) -> dict[str, Any]:
        """Log a row, given as a dict or as keywords; return it with params, `timestamp` and `track_id`, keys as xetrack spells them."""
        row = keys.user_row({**(data or {}), **values})
        if not row:
            return {}
        stored, seen = self._stored_row(row)
        full = super().log(stored)
        return self._remember({key: seen.get(key, value) for key, value in full.items()})

    def log_batch(self, rows: Sequence[Mapping[Any, Any]]) -> dict[str, Any]:
        """Log many rows, all or none; return the last one."""
        pairs = [self._stored_row(keys.user_row(row)) for row in rows]
        full = super().log_batch([stored for stored, _ in pairs])
        seen = next((seen for stored, seen in reversed(pairs) if stored), dict[str, Any]())
        return self._remember({key: seen.get(key, value) for key, value in full.items()}) if full else {}

    def track_batch(self, rows: Sequence[Mapping[Any, Any]]) -> dict[str, Any]:
        """Log many rows, all or none; return the last one."""
        return self.log_batch(rows)

    def _remember(self, row: dict[str, Any]) -> dict[str, Any]:
        self.latest = keys.valid_row({key: keys.text_of(value) for key, value in row.items()})
        return self.latest

    def _stored_row(self, row: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return a row with its objects stored, and what is shown of them: their hashes."""
        root = store_of(self._run)
        if root is None or all(map(keys.is_plain, row.values())):
            return row, {}
        seen: dict[str, Any] = {}
        stored = {}
        for key, value in row.items():
            if keys.is_plain(value):
                stored[key] = value
                continue
            raw = encoded(Layout(root), value)
            stored[key] = Encoded(raw)
            is_object = isinstance(raw, dict) and "_object" in raw
            seen[key] = raw["_object"]["sha256"][: keys.HASH_CHARS] if is_object else value
        return stored, seen

    @staticmethod
    def _rename(names: list[str]) -> list[str]:
        return keys.valid_keys(names)

    def _frame(self, track_ids: Sequence[str] | None) -> Any:
        return keys.shown_frame(super()._frame(track_ids))

    # ── values ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def params(self) -> dict[str, Any]:
        """The values that every row gets."""
        return self._params

    def set_params(self, params: Mapping[str, Any]) -> None:  # type: ignore[override]
        """Give all later rows values."""
        super().set_params(keys.user_row(params))

    def set_param(self, key: str, value: Any) -> str:
        """Give all later rows a value; return the key."""
        self.set_params({key: value})
        return key

    def add_column(self, key: str, value: Any) -> str:
        """Do nothing: a column is there when a row has it. Returns the key."""
        del value
        return key

    # ── functions ───────────────────────────────────────────────────────────────────────────────────────────────────

    def track(self, func: Callable[..., Any], *given: Any, cache_force: bool = False, **named: Any) -> Any:
        """Call a function, log the call, and return its result.

        `track(func, params, args, kwargs)` is xetrack's own form, by position or by name. Where the second position holds no dict, all
        that follows are the function's own arguments, as xetrack's first document shows it: `track(read_image, *args, **kwargs)`.
        """
        params, args, kwargs = named.pop("params", None), named.pop("args", None), named.pop("kwargs", None)
        if given and not isinstance(given[0], Mapping | None):
            args = (*given, *(args or ()))
        elif given:
            params, args, kwargs = (*given, *(params, args, kwargs)[len(given) :])[:3]
        return super().track(func, args, {**(kwargs or {}), **named}, params, cache_force=cache_force)

    def validate_result(self, data: dict[str, Any], result: Any) -> dict[str, Any]:
        """Return a row with a function's result in it: the keys of a dict, else `function_result`."""
        return {**data, **(result if isinstance(result, dict) else {RESULT: result})}

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def __getitem__(self, item: str | int) -> Any:
        """Return a column of this run, or a row of the whole table as a dict: 1 is the first; None past the last."""
        if isinstance(item, str):
            return self.to_df()[item]
        rows = self._rows(None)
        if not 1 <= item <= len(rows):
            return None
        names = rows.keys
        row = rows.slice(item - 1, 1).dicts()[0]
        return {name: keys.shown(row.get(name)) for name in dict.fromkeys(("track_id", "timestamp", *names, *row))}

    @property
    def columns(self) -> set[str]:  # type: ignore[override]
        """The names of the columns of the table."""
        return set(super().columns)

    @property
    def assets(self) -> AssetsManager:  # type: ignore[override]
        """The objects that rows refer to."""
        return AssetsManager.of(self._store)

    def get(self, key: Any, default: Any = None) -> Any:
        """Return an object by hash or key; None when there is none."""
        return self.assets.get(key, default) if self._stored else default

    @property
    def engine(self) -> Engine:
        """The tables of the database, as xetrack's engines offer them."""
        return Engine(self._store.root, table_name=self._table)

    @property
    def logger(self) -> Logger | None:  # type: ignore[override]
        """The log files and the standard output; None when no logs were asked for."""
        if not self._configured:
            return None
        known: Logger | None = self.__dict__.get("_logger")
        if known is None:
            path, form, stdout, jsonl = self._logs
            known = self.__dict__["_logger"] = Logger(bool(stdout), path, form, jsonl=jsonl)
        return known

    def finish(self, status: Literal["finished", "failed", "killed"] = "finished", error: str = "") -> None:
        """End the run."""
        if (known := self.__dict__.pop("_logger", None)) is not None:
            known.close()
        super().finish(status, error)

    def __repr__(self) -> str:
        return str(self)

    # ── statics ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @staticmethod
    def to_sql_type(value: Any) -> str:
        """Return the type a column gets from its first value."""
        return sql_type(value)

    @staticmethod
    def generate_track_id() -> str:
        """Return a new id such as `marvellous-stork-4885`."""
        return f"{name_of(new_run_id(SYSTEM_CLOCK.time()))}-{random.randrange(10_000):04d}"  # noqa: S311 - a name

    @staticmethod
    def get_timestamp() -> str:
        """Return the time as rows have it, UTC."""
        return stamp.text(SYSTEM_CLOCK.time())

    @staticmethod
    def to_mb(bytes: float) -> float:  # noqa: A002 - the name scripts know
        """Return bytes as MB of 2^20 bytes."""
        return bytes / _MEGABYTE


def _unused_track_id(db: str | os.PathLike[str]) -> str:
    """Return a new id that no run of the database has."""
    place = find_place(db)
    while True:
        track_id = Tracker.generate_track_id()
        if place.root is None or not Layout(place.root).run_dir(track_id).exists():
            return track_id
