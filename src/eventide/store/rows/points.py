"""Points of metrics as numpy arrays, from sealed files and live tails alike; no SQL engine involved.

Invariant: a run's points come in logging order, whatever files they lie in; with attempts "last", a step that a later attempt repeated
counts once, with the later value.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from eventide.names import escape_key
from eventide.store.rows import arrays
from eventide.store.rows.columns import MORE, parse
from eventide.store.rows.parquet import read_encoded

if TYPE_CHECKING:
    from eventide.model import Floats, Ints

_PLACE = ("run_id", "step", "ts", "_attempt", "_writer", "_seq")


@dataclass(frozen=True, slots=True)
class Points:
    """The points of one metric of one run, in logging order."""

    step: Ints
    ts: Floats
    y: Floats


Cutoffs = Callable[[str], Mapping[int, int]]
"""Run id → attempt → step from which a later attempt repeated it."""


def number_columns(names: Iterable[str], keys: Sequence[str]) -> dict[str, list[str]]:
    """Return key → the physical columns that hold its numbers, large integers last."""
    stored = {escape_key(key): key for key in keys}
    found: dict[str, list[str]] = {key: [] for key in keys}
    for name in names:
        if name in _PLACE or name == MORE:
            continue
        column = parse(name)
        if column.key in stored and column.kind in ("", "i"):
            found[stored[column.key]].append(name)
    return {key: sorted(columns, key=len) for key, columns in found.items()}


def read_sealed(files: Sequence[str], run_ids: Sequence[str], keys: Sequence[str]) -> list[pa.Table]:
    """Return the rows of some runs from sealed files, with only the columns that matter; raises FileNotFoundError."""

    def choose(names: list[str]) -> list[str]:
        columns = [name for found in number_columns(names, keys).values() for name in found]
        return [*_PLACE, *columns, *([MORE] if MORE in names else [])]

    wanted = frozenset(run_ids)
    return [table for table in (read_encoded(file, wanted, choose) for file in files) if table.num_rows]


def _extract(table: pa.Table, names: Sequence[str], key: str) -> tuple[Any, Any]:
    """Return (mask of rows with a number, the numbers of those rows) of one key."""
    values: Any = None
    for name in names:
        column = (
            table.column(name).cast(pa.float64()) if table.column(name).type != pa.float64() else table.column(name)
        )
        values = column if values is None else pc.coalesce(values, column)
    if MORE in table.column_names:
        more = _more_numbers(table.column(MORE), key)
        if more is not None:
            values = more if values is None else pc.coalesce(values, more)
    if values is None:
        return None, None
    mask = pc.is_valid(values).to_numpy(zero_copy_only=False) if values.null_count else None
    numbers = values.drop_null() if values.null_count else values
    return mask, numbers.to_numpy()


def _more_numbers(column: pa.ChunkedArray, key: str) -> pa.Array | None:
    """Return the numbers of a key that lives in the JSON column, or None when no row has it."""
    stored = escape_key(key)
    needle = orjson.dumps(stored).decode() + ":"
    hits = pc.match_substring(column, needle).to_numpy(zero_copy_only=False)
    if not np.any(hits == True):  # noqa: E712 - None where the column is NULL
        return None
    found: list[float | None] = [None] * len(column)
    for place in np.flatnonzero(hits == True):  # noqa: E712
        raw = orjson.loads(column[int(place)].as_py()).get(stored)
        if (isinstance(raw, int | float) and not isinstance(raw, bool)) or raw in ("NaN", "Infinity", "-Infinity"):
            found[place] = float(raw)
    return arrays.floats(found)


def points(
    tables: Iterable[pa.Table], run_ids: Collection[str], keys: Sequence[str], cutoffs_of: Cutoffs, *, attempts: str
) -> dict[tuple[str, str], Points]:
    """Return (run id, key) → points, for every pair that has any.

    Args:
        tables: physical event rows, in any order; sealed rows and tails, rows of other runs among them.
        run_ids: the runs that are wanted.
        keys: user's keys.
        cutoffs_of: asked about every run.
        attempts: `last` or `all`.
    """
    pieces: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for table in tables:
        _collect(table, frozenset(run_ids), keys, pieces)
    found = {}
    for which, parts in pieces.items():
        joined = [np.concatenate(column) if len(parts) > 1 else column[0] for column in zip(*parts, strict=True)]
        step, ts, attempt, writer, seq, y = joined
        cutoffs = cutoffs_of(which[0]) if attempts == "last" else {}
        keep = not_repeated(step, attempt, cutoffs)
        if keep is not None:
            step, ts, attempt, writer, seq, y = (column[keep] for column in joined)
        order = logging_order(ts, attempt, writer, seq)
        if order is not None:
            step, ts, y = step[order], ts[order], y[order]
        if len(y):
            found[which] = Points(step, ts, y)
    return found


def _collect(
    table: pa.Table, run_ids: frozenset[str], keys: Sequence[str], pieces: dict[tuple[str, str], list[tuple[Any, ...]]]
) -> None:
    columns = number_columns(table.column_names, keys)
    bounds = [stretch for stretch in run_bounds(table) if stretch[0] in run_ids]
    place = [table.column(name).to_numpy() for name in ("step", "ts", "_attempt")]
    writer = writer_codes(table.column("_writer"))
    place += [writer, table.column("_seq").to_numpy()]
    for key, names in columns.items():
        mask, numbers = _extract(table, names, key)
        if numbers is None:
            continue
        offsets = np.concatenate(([0], np.cumsum(mask))) if mask is not None else np.empty(0, np.int64)
        for run_id, start, stop in bounds:
            rows = slice(start, stop)
            if mask is None:
                piece = (*(column[rows] for column in place), numbers[rows])
            else:
                inside = mask[rows]
                piece = (*(column[rows][inside] for column in place), numbers[offsets[start] : offsets[stop]])
            if len(piece[-1]):
                pieces.setdefault((run_id, key), []).append(piece)


def run_bounds(table: pa.Table) -> list[tuple[str, int, int]]:
    """Return (run id, first row, row after the last) of each stretch of rows of one run."""
    column = table.column("run_id").combine_chunks()
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    codes = encoded.indices.to_numpy()
    names = encoded.dictionary.to_pylist()
    edges = np.flatnonzero(np.diff(codes)) + 1
    starts = [0, *edges.tolist()]
    return [
        (names[codes[start]], start, stop) for start, stop in zip(starts, [*edges.tolist(), len(codes)], strict=True)
    ]


def writer_codes(column: pa.ChunkedArray) -> Any:
    """Return a number per writer that is the same in every table: a hash of its name."""
    encoded = column.combine_chunks()
    if not pa.types.is_dictionary(encoded.type):
        encoded = encoded.dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    hashes = np.array(
        [int.from_bytes(name.encode()[-8:], "big") & 0x7FFFFFFFFFFFFFFF for name in encoded.dictionary.to_pylist()],
        np.int64,
    )
    return hashes[encoded.indices.to_numpy()]


def not_repeated(step: Ints, attempt: Ints, cutoffs: Mapping[int, int]) -> Any:
    """Return the mask of rows no later attempt repeated, or None when that is all of them."""
    if not cutoffs:
        return None
    keep = np.ones(len(step), bool)
    for number, from_step in cutoffs.items():
        keep &= (attempt != number) | (step < from_step)
    return None if keep.all() else keep


def logging_order(ts: Floats, attempt: Ints, writer: Ints, seq: Ints) -> Any:
    """Return the order in which points were logged, or None when they are in it already."""
    if len(seq) < 2:
        return None
    one_writer = writer[0] == writer[-1] and not np.any(writer != writer[0])
    if one_writer:
        return None if np.all(seq[1:] > seq[:-1]) else np.argsort(seq, kind="stable")
    by_writer = np.lexsort((seq, writer))
    held = ts[by_writer].copy()
    starts = np.flatnonzero(np.diff(writer[by_writer], prepend=writer[by_writer][0] - 1))
    for start, stop in zip(starts, [*starts[1:], len(held)], strict=True):
        np.maximum.accumulate(held[start:stop], out=held[start:stop])  # a clock that went back is held
    return by_writer[np.lexsort((seq[by_writer], held, attempt[by_writer]))]
