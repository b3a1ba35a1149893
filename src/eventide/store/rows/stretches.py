"""Stretches of points: what one table of rows has of one metric of one run, in as little memory as it takes.

Most curves are logged by one process, in order, at every step: of such a stretch only the values are kept, steps are a range and the place
in the journal is its first and last offset. Invariant: what is left out here was looked at and can be told again from what is kept;
where it cannot, `MixedError` asks for the whole columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from eventide.names import escape_key
from eventide.store.rows import arrays
from eventide.store.rows.columns import MORE, parse

if TYPE_CHECKING:
    from eventide.model import Floats, Ints

PLACE = ("run_id", "step", "ts", "_attempt", "_writer", "_seq")


class Need(IntEnum):
    """How much of the columns beside the values a question needs."""

    STEPS = 0
    TIMES = 1
    PLACE = 2
    """Everything that tells in which order several writers logged."""

    def columns(self) -> tuple[str, ...]:
        """Return the columns to read."""
        if self is Need.PLACE:
            return PLACE
        return ("run_id", "step", "_seq") if self is Need.STEPS else ("run_id", "step", "ts", "_seq")


class MixedError(Exception):
    """These rows are not in the order of one writer's journal; never leaves this package."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Points of one metric of one run that follow each other in one table."""

    step: Ints | range
    y: Floats
    seq: Ints | tuple[int, int]
    """All offsets with `Need.PLACE`, else the first and the last; those between ascend."""
    ts: Floats | None = None
    attempt: Ints | None = None
    writer: Ints | None = None

    def steps(self) -> Ints:
        """Return the steps as an array."""
        return np.arange(self.step.start, self.step.stop, self.step.step) if isinstance(self.step, range) else self.step

    def span(self) -> tuple[int, int]:
        """Return the smallest and the largest step."""
        if isinstance(self.step, range):
            return min(self.step[0], self.step[-1]), max(self.step[0], self.step[-1])
        return int(self.step.min()), int(self.step.max())

    def nbytes(self) -> int:
        """Return about how much memory it holds."""
        held = (self.step, self.y, self.seq, self.ts, self.attempt, self.writer)
        return 200 + sum(one.nbytes for one in held if isinstance(one, np.ndarray))


Stretches = dict[tuple[str, str], list[Stretch]]
"""(run id, key) → stretches, in the order of the table."""


def number_columns(names: Iterable[str], keys: Sequence[str]) -> dict[str, list[str]]:
    """Return key → the physical columns that hold its numbers, large integers last."""
    stored = {escape_key(key): key for key in keys}
    found: dict[str, list[str]] = {key: [] for key in keys}
    for name in names:
        if name in PLACE or name == MORE:
            continue
        column = parse(name)
        if column.key in stored and column.kind in ("", "i"):
            found[stored[column.key]].append(name)
    return {key: sorted(columns, key=len) for key, columns in found.items()}


def chosen_columns(names: Sequence[str], keys: Sequence[str], need: Need) -> list[str]:
    """Return the columns of a sealed file that stretches of some keys are made of."""
    columns = [name for found in number_columns(names, keys).values() for name in found]
    return [*need.columns(), *columns, *([MORE] if MORE in names else [])]


def collect(table: pa.Table, run_ids: frozenset[str], keys: Sequence[str], need: Need, found: Stretches) -> None:
    """Add the stretches of some runs in one table of physical rows.

    Raises:
        MixedError: without `Need.PLACE`, where the rows of a run are not in the order of their offsets.
    """
    bounds = [stretch for stretch in run_bounds(table) if stretch[0] in run_ids]
    if not bounds:
        return
    place = {name: arrays.to_numpy(table.column(name)) for name in need.columns() if name not in ("run_id", "_writer")}
    if need is Need.PLACE:
        place["_writer"] = writer_codes(table.column("_writer"))
    sparse = sum(stop - start for _, start, stop in bounds) < table.num_rows // 2  # a view would hold all of it
    whole = [_shared(place, slice(start, stop), need) for _, start, stop in bounds]
    for key, names in number_columns(table.column_names, keys).items():
        mask, numbers = _extract(table, names, key)
        if numbers is None:
            continue
        before = np.concatenate(([0], np.cumsum(mask))) if mask is not None else None
        for (run_id, start, stop), shared in zip(bounds, whole, strict=True):
            if before is None:
                y, rest = numbers[start:stop], shared
            else:
                y = numbers[before[start] : before[stop]]
                if not len(y):
                    continue
                rest = _shared(place, start + np.flatnonzero(mask[start:stop]), need)
            found.setdefault((run_id, key), []).append(Stretch(rest[0], y.copy() if sparse else y, *rest[1:]))


def _shared(place: dict[str, Any], rows: Any, need: Need) -> tuple[Any, ...]:
    """Return what all keys of one stretch of rows share: steps, offsets, and with more need times, attempts and writers."""
    step, seq = place["step"][rows], place["_seq"][rows]
    ts = place["ts"][rows] if need >= Need.TIMES else None
    if need is Need.PLACE:
        return step, seq, ts, place["_attempt"][rows], place["_writer"][rows]
    if not (seq[1:] > seq[:-1]).all():
        raise MixedError
    return _compact(step), (int(seq[0]), int(seq[-1])), None if ts is None else ts.copy()


def _compact(step: Ints) -> Ints | range:
    """Return steps as a range where they are one."""
    first, count = int(step[0]), len(step)
    pace = int(step[1]) - first if count > 1 else 1
    if pace and int(step[-1]) == first + pace * (count - 1) and (step[1:] - step[:-1] == pace).all():
        return range(first, first + pace * count, pace)
    return step.copy()


def merged(parts: Sequence[Stretch]) -> Sequence[Stretch]:
    """Return stretches of one writer as one where they follow each other; else as they are."""
    if len(parts) == 1 or parts[0].writer is not None or any(one.seq[1] >= two.seq[0] for one, two in pairwise(parts)):
        return parts
    times = [part.ts for part in parts if part.ts is not None]
    return [
        Stretch(
            _one_range([part.step for part in parts if isinstance(part.step, range)], len(parts))
            or np.concatenate([part.steps() for part in parts]),
            np.concatenate([part.y for part in parts]),
            (int(parts[0].seq[0]), int(parts[-1].seq[1])),
            np.concatenate(times) if times else None,
        )
    ]


def _one_range(steps: Sequence[range], count: int) -> range | None:
    """Return `count` ranges as one where each goes on where the one before it ended; a single number goes on anywhere in step."""
    if len(steps) != count:
        return None
    pace = next((step.step for step in steps if len(step) > 1), steps[1][0] - steps[0][0])
    ends = all(before[-1] + pace == after[0] for before, after in pairwise(steps))
    even = all(step.step == pace for step in steps if len(step) > 1)
    return range(steps[0][0], steps[-1][-1] + pace, pace) if pace and ends and even else None


def _extract(table: pa.Table, names: Sequence[str], key: str) -> tuple[Any, Any]:
    """Return (mask of rows with a number, the numbers of those rows) of one key."""
    values: Any = None
    for name in names:
        column = table.column(name)
        column = column if column.type == pa.float64() else column.cast(pa.float64())
        values = column if values is None else pc.coalesce(values, column)
    if MORE in table.column_names:
        more = _more_numbers(table.column(MORE), key)
        if more is not None:
            more = pa.chunked_array([more])
            values = more if values is None else pc.coalesce(values, more)
    if values is None:
        return None, None
    if not values.null_count:
        return None, arrays.to_numpy(values)
    return arrays.to_numpy(pc.is_valid(values)), arrays.to_numpy(values.drop_null())


def _more_numbers(column: pa.ChunkedArray, key: str) -> pa.Array | None:
    """Return the numbers of a key that lives in the JSON column, or None when no row has it."""
    stored = escape_key(key)
    needle = orjson.dumps(stored).decode() + ":"
    hits = np.flatnonzero(arrays.to_numpy(pc.match_substring(column, needle)) & arrays.to_numpy(pc.is_valid(column)))
    if not len(hits):
        return None
    found: list[float | None] = [None] * len(column)
    for place in hits:
        raw = orjson.loads(column[int(place)].as_py()).get(stored)
        if (isinstance(raw, int | float) and not isinstance(raw, bool)) or raw in ("NaN", "Infinity", "-Infinity"):
            found[place] = float(raw)
    return arrays.floats(found)


def run_bounds(table: pa.Table) -> list[tuple[str, int, int]]:
    """Return (run id, first row, row after the last) of each stretch of rows of one run."""
    if not table.num_rows:
        return []
    runs = encoded(table.column("run_id"))
    codes = arrays.to_numpy(runs.indices)
    names = runs.dictionary.to_pylist()
    edges = (np.flatnonzero(codes[1:] != codes[:-1]) + 1).tolist()
    return [(names[codes[start]], start, stop) for start, stop in zip([0, *edges], [*edges, len(codes)], strict=True)]


def writer_codes(column: pa.ChunkedArray) -> Any:
    """Return a number per writer that is the same in every table: a hash of its name."""
    writers = encoded(column)
    hashes = np.array(
        [int.from_bytes(name.encode()[-8:], "big") & 0x7FFFFFFFFFFFFFFF for name in writers.dictionary.to_pylist()],
        np.int64,
    )
    return hashes[arrays.to_numpy(writers.indices)]


def encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """Return a column of text as one array of places in a list of its values."""
    if column.num_chunks == 1:
        chunk = column.chunk(0)
        return chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode()
    several = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    joined = several.unify_dictionaries().combine_chunks()
    return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined
