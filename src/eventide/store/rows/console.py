"""Console text of a run, a page at a time.

Where lines lie is told from their times and places, and remembered; text is read of those alone that are wanted.
Invariant: lines come in the order of time, then writer, then place in the journal, whatever files they lie in; a page is a stretch of
that order, so that pages put together are the whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from eventide.model import ConsoleLine
from eventide.store.rows import arrays
from eventide.store.rows.parquet import groups_of, plain
from eventide.store.rows.stretches import encoded, run_bounds

if TYPE_CHECKING:
    from eventide.model import Ints

MOST_KNOWN = 1_000
"""Stretches that are remembered; what is remembered of one is small unless several writers wrote at the same time."""
_KEY = ("run_id", "ts", "_writer", "_seq")
_TEXT = ("ts", "stream", "text")


class Plan(NamedTuple):
    """Where a run's text may be: sealed files, and live tables in their order."""

    run_id: str
    files: Sequence[str]
    tails: Sequence[pa.Table]


class _Keys(NamedTuple):
    """What lines are ordered by."""

    ts: Any
    codes: Any
    """Places in `writers`."""
    writers: list[str]
    seq: Any


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Lines of the run that follow each other in one row group, or in one live table."""

    table: pa.Table | None
    path: str
    group: int
    start: int
    count: int
    first: tuple[float, str, int]
    last: tuple[float, str, int]
    keys: _Keys | None
    """Those of all lines, where they are not in order themselves."""

    def lines(self, rows: Ints | slice) -> pa.Table:
        """Return some of its lines."""
        table = self.table
        if table is None:
            with pq.ParquetFile(self.path) as file:
                table = plain(file.read_row_group(self.group, columns=list(_TEXT), use_threads=False))
        own = table.select(_TEXT).slice(self.start, self.count)
        if isinstance(rows, slice):
            return own.slice(rows.start, rows.stop - rows.start)
        return own.take(arrays.from_numpy(rows.astype(np.int64), pa.int64()))


class Consoles:
    """Reads console text, and remembers where lines lie in files that do not change. Safe for threads."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], list[_Stretch]] = {}

    def count(self, plan: Plan) -> int:
        """Return how many lines there are; raises FileNotFoundError when a file has gone since."""
        return sum(stretch.count for stretch in self._stretches(plan))

    def page(self, plan: Plan, after: int, limit: int | None) -> list[ConsoleLine]:
        """Return the lines from place `after` on, at most `limit`; raises FileNotFoundError when a file has gone since."""
        stretches = self._stretches(plan)
        total = sum(stretch.count for stretch in stretches)
        stop = total if limit is None else min(total, after + limit)
        found: list[ConsoleLine] = []
        for table in _pieces(stretches, after, stop):
            columns = (table.column(name).to_pylist() for name in _TEXT)
            found += [ConsoleLine(plan.run_id, *line) for line in zip(*columns, strict=True)]
        return found

    def _stretches(self, plan: Plan) -> list[_Stretch]:
        found: list[_Stretch] = []
        for path in plan.files:
            name = (path, plan.run_id)
            known = self._known.get(name)
            if known is None:
                known = list(_of_file(path, plan.run_id))
                if len(self._known) >= MOST_KNOWN:
                    self._known.clear()
                self._known[name] = known
            found += known
        for table in plan.tails:
            found += _of_table(table, plan.run_id, table, "", 0)
        return sorted(found, key=lambda stretch: stretch.first)


def _pieces(stretches: Sequence[_Stretch], start: int, stop: int) -> Iterator[pa.Table]:
    """Yield the lines from one place to another in the order of all."""
    if start >= stop:
        return
    if any(stretch.keys for stretch in stretches) or any(a.last >= b.first for a, b in pairwise(stretches)):
        yield from _merged(stretches, start, stop)
        return
    before = 0
    for stretch in stretches:
        low, high = max(start - before, 0), min(stop - before, stretch.count)
        if low < high:
            yield stretch.lines(slice(low, high))
        before += stretch.count


def _merged(stretches: Sequence[_Stretch], start: int, stop: int) -> Iterator[pa.Table]:
    """Yield the same where stretches overlap: by the order of all their keys."""
    keys = [stretch.keys or _keys(stretch) for stretch in stretches]
    names = {name: code for code, name in enumerate(sorted({name for each in keys for name in each.writers}))}
    writer = np.concatenate([np.array([names[name] for name in each.writers])[each.codes] for each in keys])
    ts, seq = np.concatenate([each.ts for each in keys]), np.concatenate([each.seq for each in keys])
    wanted = np.lexsort((seq, writer, ts))[start:stop]
    ends = np.cumsum([stretch.count for stretch in stretches])
    owner = np.searchsorted(ends, wanted, side="right")
    tables: list[pa.Table] = []
    place = np.empty(len(wanted), np.int64)
    for number in np.unique(owner).tolist():
        mine = np.flatnonzero(owner == number)
        place[mine] = sum(table.num_rows for table in tables) + np.arange(len(mine))
        stretch = stretches[number]
        tables.append(stretch.lines(wanted[mine] - (ends[number] - stretch.count)))
    yield pa.concat_tables(tables, promote_options="permissive").take(arrays.from_numpy(place, pa.int64()))


def _of_file(path: str, run_id: str) -> Iterator[_Stretch]:
    with pq.ParquetFile(path, read_dictionary=["run_id", "_writer"]) as file:
        for group in groups_of(file.metadata, [run_id]):
            table = file.read_row_group(group, columns=list(_KEY), use_threads=False)
            yield from _of_table(table, run_id, None, path, group)


def _of_table(keys: pa.Table, run_id: str, table: pa.Table | None, path: str, group: int) -> Iterator[_Stretch]:
    for owner, start, stop in run_bounds(keys):
        if owner != run_id:
            continue
        own = _columns(keys.slice(start, stop - start))
        ts, codes, writers, seq = own
        first, last = ((float(ts[i]), writers[codes[i]], int(seq[i])) for i in (0, -1))
        same = (ts[1:] == ts[:-1]) & (codes[1:] == codes[:-1]) & (seq[1:] > seq[:-1])
        ordered = bool(((ts[1:] > ts[:-1]) | same).all())
        yield _Stretch(table, path, group, start, stop - start, first, last, None if ordered else own)


def _columns(keys: pa.Table) -> _Keys:
    writers = encoded(keys.column("_writer"))
    codes, names = arrays.to_numpy(writers.indices), writers.dictionary.to_pylist()
    return _Keys(arrays.to_numpy(keys.column("ts")), codes, names, arrays.to_numpy(keys.column("_seq")))


def _keys(stretch: _Stretch) -> _Keys:
    """Return the keys of a stretch that is in order itself, read again."""
    table = stretch.table
    if table is None:
        with pq.ParquetFile(stretch.path) as file:
            table = file.read_row_group(stretch.group, columns=list(_KEY), use_threads=False)
    return _columns(table.slice(stretch.start, stretch.count))
