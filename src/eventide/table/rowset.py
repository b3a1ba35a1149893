"""The rows of some runs as a tracker shows them: `timestamp`, `track_id`, then the logged keys under their own names.

Corrections (`edits`) are laid over them. Rows that a resumed run repeated are all shown: each was logged.
Invariant: nothing a row was logged with is missing from `dicts`, and every value has its type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from eventide._optional import require
from eventide.names import RESERVED_COLUMNS, unescape_key
from eventide.table import stamp
from eventide.table.edits import Correction, correct, read_corrections
from eventide.table.rows import MORE, decoded_rows, rows_frame

if TYPE_CHECKING:
    import pyarrow as pa

    from eventide.source import Source
    from eventide.table.frames import Backend

TIMESTAMP, TRACK_ID = "timestamp", "track_id"
_KINDS = frozenset("sbij")
"""Endings of columns that hold what a key was logged with besides its usual kind of value."""
Rename = Callable[[list[str]], list[str]]
OWN = (TIMESTAMP, TRACK_ID)
"""Columns that a tracker gives every row."""


@dataclass(frozen=True, slots=True)
class RowSet:
    """Some rows, read at one moment."""

    table: pa.Table
    """run_id, step, ts, and the keys under stored names."""
    tags: Mapping[str, str]
    corrections: Sequence[Correction] = field(default_factory=tuple)
    rename: Rename = list
    """How keys are called, all at once, in frames and dicts."""

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def slice(self, start: int, length: int | None = None) -> RowSet:
        """Return some of the rows."""
        return replace(self, table=self.table.slice(start, length))

    @property
    def ts(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """When the rows were logged, seconds since the epoch."""
        return np.asarray(self.table.column("ts").to_numpy(), np.float64)

    @property
    def run_ids(self) -> list[str]:
        """The run of each row."""
        return list(self.table.column("run_id").to_pylist())

    @property
    def keys(self) -> list[str]:
        """The logged keys that rows of the set have, as `frame` calls them."""
        return [name for name in self.slice(0, 0).frame("pandas").columns if name not in OWN]

    def dicts(self) -> list[dict[str, Any]]:
        """Return the rows as dicts: `timestamp`, `track_id`, and the keys a row has a value under, whichever column holds it."""
        names, columns = decoded_rows(self.table.drop_columns(list(RESERVED_COLUMNS)), self.tags)
        names = [self._key_of(name) for name in _own_names(names)]
        corrected = any(each.key not in names for each in self.corrections)
        keys = list(dict.fromkeys(names))
        shown = dict(zip(keys, self.rename(keys), strict=True))
        moments, run_ids = stamp.texts(self.ts), self.run_ids
        rows: list[dict[str, Any]] = []
        for place, (moment, run_id) in enumerate(zip(moments, run_ids, strict=True)):
            row: dict[str, Any] = {TIMESTAMP: moment, TRACK_ID: run_id}
            for name, column in zip(names, columns, strict=True):
                value = column[place]
                if name == MORE:
                    row.update((unescape_key(key), item) for key, item in (value or {}).items())
                elif value is not None:
                    row[name] = value
            rows.append(row)
        correct(rows, run_ids, self.ts.tolist(), self.corrections)
        if corrected:
            shown.update(zip((more := [each.key for each in self.corrections]), self.rename(more), strict=True))
        if all(name == called for name, called in shown.items()):
            return rows
        return [{shown.get(key, key): value for key, value in row.items()} for row in rows]

    def _key_of(self, name: str) -> str:
        """Return the key whose values of another kind than its usual one a column holds; other names as they are."""
        key, colon, kind = name.rpartition(":")
        return key if colon and kind in _KINDS and name not in self.tags and key in self.tags else name

    def frame(self, backend: Backend) -> Any:
        """Return the rows as a frame of pandas or polars."""
        frame = self._pandas() if backend == "pandas" else self._polars()
        for each in self.corrections:
            frame = _corrected(frame, each, self.ts, backend)
        names = list(frame.columns)
        called = [*OWN, *self.rename(names[len(OWN) :])]
        if called == names:
            return frame
        renamed = dict(zip(names, called, strict=True))
        return frame.rename(columns=renamed) if backend == "pandas" else frame.rename(renamed)

    def _pandas(self) -> Any:
        import pandas as pd  # noqa: PLC0415 - only when a frame is asked for

        frame = rows_frame(self.table.drop_columns(list(RESERVED_COLUMNS)), self.tags)
        frame.columns = pd.Index(_own_names(list(frame.columns)), dtype=object)
        if not len(frame.columns):
            frame = pd.DataFrame(index=pd.RangeIndex(len(self)))
        frame.insert(0, TRACK_ID, self.table.column("run_id").to_pandas())
        frame.insert(0, TIMESTAMP, pd.Series(stamp.texts(self.ts), dtype="str"))
        return frame

    def _polars(self) -> Any:
        pl = require("polars", "polars")
        frame = rows_frame(self.table, self.tags, backend="polars")
        names = [name for name in frame.columns if name not in RESERVED_COLUMNS]
        plain = frame.select(names).rename(dict(zip(names, _own_names(names), strict=True)))
        head = [pl.Series(TIMESTAMP, stamp.texts(self.ts), dtype=pl.String), frame["run_id"].alias(TRACK_ID)]
        return pl.DataFrame(head).hstack(plain.get_columns())


def read_rows(
    source: Source, run_ids: Sequence[str], *, by_time: bool = False, keys: Sequence[str] | None = None
) -> RowSet:
    """Return the rows of runs, of some keys only when given: run after run in logging order, or all in the order of time."""
    table = source.rows(run_ids, keys=keys, attempts="all")
    if by_time and len(run_ids) > 1:
        order = np.argsort(table.column("ts").to_numpy(), kind="stable")
        if len(order) and not bool(np.all(order[1:] > order[:-1])):
            table = table.take(order)
    tags: dict[str, str] = {}
    for key in source.keys(run_ids=list(run_ids)):
        tags[key.key] = "".join(sorted({*tags.get(key.key, ""), *key.tags}))
    wanted = set(run_ids)
    return RowSet(table, tags, [each for each in read_corrections(source) if each.run_id in wanted])


def _own_names(names: list[str]) -> list[str]:
    """Return names with `step`, `ts` and `run_id` as users logged them: here they are keys like any other."""
    taken = set(names)
    wanted = {f"_{name}": name for name in RESERVED_COLUMNS if name not in taken}
    return [wanted.get(name, f"_{name}" if name in OWN else name) for name in names]


def _corrected(frame: Any, each: Correction, ts: Any, backend: Backend) -> Any:
    """Return a frame with one correction applied."""
    columns = list(frame.columns)
    if each.where_key is not None and each.where_key not in columns:
        return frame
    hits = [run_id == each.run_id and moment < each.until for run_id, moment in zip(frame[TRACK_ID], ts, strict=True)]
    if each.where_key is not None:
        found = frame[each.where_key].to_list()
        hits = [hit and _same(value, each.where) for hit, value in zip(hits, found, strict=True)]
    old = frame[each.key].to_list() if each.key in columns else [None] * len(hits)
    values = [each.value if hit else value for hit, value in zip(hits, old, strict=True)]
    if backend == "polars":
        pl = require("polars", "polars")
        return frame.with_columns(pl.Series(each.key, values, strict=False))
    import pandas as pd  # noqa: PLC0415

    frame[each.key] = pd.Series(values, dtype=object, index=frame.index).infer_objects()
    return frame


def _same(value: Any, wanted: Any) -> bool:
    try:
        return bool(value == wanted)
    except (TypeError, ValueError):  # arrays, missing values
        return False
