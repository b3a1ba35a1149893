"""Fold many rows at once, column by column, with numpy; the same answers as `fold.fold_rows`.

Invariant: nothing here is needed for small pieces, so that a reader of a quiet store imports neither numpy nor Arrow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from eventide.names import unescape_key
from eventide.store.index.fold import ALL, MAX_TEXT_CHARS, Folded, KeyStats, Limits
from eventide.store.rows import arrays
from eventide.store.rows.arrow import read_tables
from eventide.store.rows.columns import INTERNAL, MORE, ColumnMap, parse

if TYPE_CHECKING:
    from eventide.journal.reader import Chunk
    from eventide.journal.records import Header, Record
    from eventide.model import Floats, Ints


def fold_chunk(
    header: Header, chunk: Chunk, tags: Mapping[str, str], limits: Limits = ALL
) -> tuple[Folded, list[tuple[int, Record]]]:
    """Return the folded rows of a chunk, and its run-level records with their offsets in the part."""
    tables = read_tables(header, chunk, tags=tags, column_map=ColumnMap())
    folded = Folded({}, last_ts=limits.since_ts)
    if tables.events is not None:
        folded = fold_columns(tables.events, tables.tags, limits)
    others: list[tuple[int, Record]] = []
    if tables.runs is not None:
        places, texts = tables.runs.column("_seq").to_pylist(), tables.runs.column("record").to_pylist()
        others = [(seq - header.at, orjson.loads(text)) for seq, text in zip(places, texts, strict=True)]
    return folded, others


def fold_columns(table: pa.Table, tags: Mapping[str, str], limits: Limits = ALL) -> Folded:
    """Fold an events table of one writer, in order."""
    since_ts, before_step = limits
    step = arrays.to_numpy(table.column("step"))
    ts = np.maximum.accumulate(np.maximum(arrays.to_numpy(table.column("ts")), since_ts))
    folded = (
        Folded({}, rows=len(step), min_step=int(step.min()), last_ts=float(ts[-1]))
        if len(step)
        else Folded({}, last_ts=since_ts)
    )
    if before_step != float("inf") and len(step):
        keep = step < before_step
        table, step, ts = table.filter(arrays.flags(keep)), step[keep], ts[keep]
    if not len(step):
        return folded
    for name in table.column_names:
        if name in INTERNAL:
            continue
        key, kind = parse(name)
        stats = (
            _fold_numbers(table.column(name), step, ts)
            if kind in ("", "i")
            else _fold_texts(table.column(name), kind, step, ts)
        )
        if stats.count:
            stats.tags = _tags_of_kind(kind, tags.get(key, ""))
            folded.stats.setdefault(unescape_key(key), KeyStats()).merge(stats)
    if MORE in table.column_names:
        _fold_more(table.column(MORE), step, ts, folded.stats)
    return folded


def _tags_of_kind(kind: str, tags: str) -> str:
    """Return those of a key's tags that values of one column can have."""
    if kind:
        return {"i": "l"}.get(kind, kind)
    return "".join(sorted(set(tags) & {"f", "i"})) or "f"


def _valid(column: pa.ChunkedArray, step: Ints, ts: Floats) -> tuple[Any, Ints, Floats]:
    if not column.null_count:
        return column, step, ts
    mask = arrays.to_numpy(pc.is_valid(column))
    return column.drop_null(), step[mask], ts[mask]


def _fold_numbers(column: pa.ChunkedArray, step: Ints, ts: Floats) -> KeyStats:
    kept, step, ts = _valid(column, step, ts)
    y = arrays.to_numpy(kept).astype(np.float64, copy=False)
    stats = KeyStats(count=len(y))
    if not len(y):
        return stats
    stats.last_ts, stats.last_step = float(ts[-1]), int(step[-1])
    finite = np.isfinite(y)
    if finite[-1]:
        stats.last = float(y[-1])
    else:
        stats.last_text = "NaN" if np.isnan(y[-1]) else "Infinity" if y[-1] > 0 else "-Infinity"
    if not finite.all():
        bad = np.flatnonzero(~finite)
        stats.nonfinite, stats.first_nonfinite_step = len(bad), int(step[bad[0]])
        y, step, ts = y[finite], step[finite], ts[finite]
    if len(y):
        low, high = float(y.min()), float(y.max())
        stats.numbers = len(y)
        stats.first, stats.first_ts = float(y[0]), float(ts[0])
        stats.min, stats.min_step = low, int(step[y == low].min())
        stats.max, stats.max_step = high, int(step[y == high].min())
        with np.errstate(over="ignore", invalid="ignore"):
            stats.mean = float(y.mean())
            stats.m2 = float(np.square(y - stats.mean).sum())
    return stats


def _fold_texts(column: pa.ChunkedArray, kind: str, step: Ints, ts: Floats) -> KeyStats:
    kept, step, ts = _valid(column, step, ts)
    stats = KeyStats(count=len(kept))
    if len(kept):
        last = kept[len(kept) - 1].as_py()
        stats.last_ts, stats.last_step = float(ts[-1]), int(step[-1])
        stats.last_text = ("true" if last else "false") if kind == "b" else str(last)[:MAX_TEXT_CHARS]
    return stats


def _fold_more(column: pa.ChunkedArray, step: Ints, ts: Floats, found: dict[str, KeyStats]) -> None:
    texts: Sequence[str | None] = column.to_pylist()
    for text, at_step, at_ts in zip(texts, step.tolist(), ts.tolist(), strict=True):
        if text is None:
            continue
        for name, raw in orjson.loads(text).items():
            if raw is not None:
                found.setdefault(unescape_key(name), KeyStats()).add(raw, at_step, at_ts)
