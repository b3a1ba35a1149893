"""Rows, runs and curves as files: every value that was logged, a run at a time.

Invariant: all tables of one file have the same columns; what is sent is what was read, so a file of many runs never lies in memory whole.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from eventide.model import Series, SeriesQuery
from eventide.server.plain import dumps, plain
from eventide.table.derived_curves import derived_curves
from eventide.table.fields import BASE
from eventide.table.rows import row_columns

if TYPE_CHECKING:
    from eventide.model import RunInfo
    from eventide.source import Source

BATCH_ROWS = 20_000
WHOLE_ROWS = 500_000
"""Up to so many rows are read with one question."""
_SERIES = pa.schema(
    [("run_id", pa.string()), ("key", pa.string()), ("step", pa.int64()), ("ts", pa.float64()), ("value", pa.float64())]
)

Tables = tuple[pa.Schema, Iterator[pa.Table]]


# ── what ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def row_tables(source: Source, runs: Sequence[RunInfo], keys: Sequence[str] | None) -> Tables:
    """Return the logged rows of runs."""
    pieces = _pieces(runs)
    tags = _tags(source, runs)

    def read(run_ids: list[str]) -> pa.Table:
        table = source.rows(run_ids, keys=keys)
        return table.rename_columns([column.name for column in row_columns(table.column_names, tags)])

    if len(pieces) == 1:
        table = read(pieces[0])
        return table.schema, iter([table])
    schema = pa.unify_schemas([read(piece).schema for piece in pieces], promote_options="permissive")
    return schema, (_fitted(read(piece), schema) for piece in pieces)


def _pieces(runs: Sequence[RunInfo]) -> list[list[str]]:
    """Return run ids in stretches that are read with one question each."""
    pieces: list[list[str]] = [[]]
    rows = 0
    for run in runs:
        if pieces[-1] and rows + run.rows > WHOLE_ROWS:
            pieces.append([])
            rows = 0
        pieces[-1].append(run.id)
        rows += run.rows
    return pieces


def _tags(source: Source, runs: Sequence[RunInfo]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key in source.keys(run_ids=[run.id for run in runs]):
        found[key.key] = "".join(sorted({*found.get(key.key, ""), *key.tags}))
    return found


def _fitted(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table with the columns of a schema, missing ones null."""
    columns = [
        table.column(field.name).cast(field.type)
        if field.name in table.column_names
        else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def run_table(_source: Source, runs: Sequence[RunInfo], keys: Sequence[str] | None) -> Tables:
    """Return one row a run: facts, parameters as `config.*`, best and last values of metrics."""
    records = [_record(run, keys) for run in runs]
    names = list(dict.fromkeys(name for record in records for name in record))
    columns = {name: _column([record.get(name) for record in records]) for name in names}
    table = pa.table(columns) if columns else pa.table({"id": pa.array([], pa.string())})
    return table.schema, iter([table])


def _record(run: RunInfo, keys: Sequence[str] | None) -> dict[str, Any]:
    record = {name: plain(get(run)) for name, get in BASE.items() if name not in ("tags", "error")}
    record["tags"] = ",".join(run.tags)
    record |= {f"config.{path}": plain(value) for path, value in run.params.items()}
    for key, stats in run.metrics.items():
        if keys is None or key in keys:
            record[f"best.{key}"], record[f"last.{key}"] = stats.best, stats.last
    record |= {f"value.{name}": plain(value) for name, value in run.values.items()}
    return record


def _column(values: list[Any]) -> pa.Array:
    """Return values as a column of one type: numbers as float64 or int64, anything mixed as text."""
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {bool} or kinds <= {int} or kinds <= {str}:
        try:
            return pa.array(values)
        except (pa.ArrowInvalid, OverflowError):
            pass
    if kinds <= {int, float}:
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    texts = [value if value is None or isinstance(value, str) else dumps(value).decode() for value in values]
    return pa.array([None if text is None else text.encode("utf-8", "replace").decode() for text in texts], pa.string())


def point_tables(source: Source, runs: Sequence[RunInfo], keys: Sequence[str] | None) -> Tables:
    """Return every point of numeric metrics, run by run."""

    def read() -> Iterator[pa.Table]:
        for run in runs:
            wanted = tuple(keys) if keys is not None else tuple(run.metrics)
            derived = derived_curves(source, wanted, run_ids=[run.id])
            for curve in derived.series(SeriesQuery((run.id,), wanted)) if wanted else ():
                if isinstance(curve, Series):
                    names = [pa.repeat(pa.scalar(text), len(curve)) for text in (curve.run_id, curve.key)]
                    yield pa.Table.from_arrays([*names, curve.step, curve.ts, curve.y], schema=_SERIES)

    return _SERIES, read()


TABLES: dict[str, Callable[[Source, Sequence[RunInfo], Sequence[str] | None], Tables]] = {
    "rows": row_tables,
    "runs": run_table,
    "series": point_tables,
}


# ── as what ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def as_csv(tables: Tables) -> tuple[Iterator[bytes], str]:
    """Return CSV with a header; numbers in full precision, texts as they were logged."""
    schema, found = tables

    def write() -> Iterator[bytes]:
        sink = io.BytesIO()
        with arrow_csv.CSVWriter(sink, schema, write_options=arrow_csv.WriteOptions(batch_size=BATCH_ROWS)) as writer:
            for table in found:
                for batch in table.to_batches(BATCH_ROWS):
                    writer.write_batch(batch)
                    yield _taken(sink)
        yield _taken(sink)

    return write(), "text/csv; charset=utf-8"


def as_jsonl(tables: Tables) -> tuple[Iterator[bytes], str]:
    """Return one JSON object a row; what a row has not is left out, numbers that are not finite are words."""
    _, found = tables

    def write() -> Iterator[bytes]:
        for table in found:
            for batch in table.to_batches(BATCH_ROWS):
                rows = ({name: value for name, value in row.items() if value is not None} for row in batch.to_pylist())
                yield b"".join(orjson.dumps(plain(row)) + b"\n" for row in rows)

    return write(), "application/jsonl; charset=utf-8"


def as_parquet(tables: Tables) -> tuple[Iterator[bytes], str]:
    """Return a Parquet file."""
    schema, found = tables

    def write() -> Iterator[bytes]:
        sink = _Appended()
        with pq.ParquetWriter(sink, schema) as writer:
            for table in found:
                writer.write_table(table)
                yield sink.taken()
        yield sink.taken()

    return write(), "application/vnd.apache.parquet"


FORMS: dict[str, Callable[[Tables], tuple[Iterator[bytes], str]]] = {
    "csv": as_csv,
    "jsonl": as_jsonl,
    "parquet": as_parquet,
}


def _taken(sink: io.BytesIO) -> bytes:
    data = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return data


class _Appended(io.RawIOBase):
    """A file that is only written to its end, and handed on piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._parts.append(piece)
        self._size += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._size

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        data = b"".join(self._parts)
        self._parts.clear()
        return data
