"""Rewrite files of a table: the same rows in other files, or fewer rows.

Not with delta-rs's `optimize` and `delete`: of two merges that start from the same version both commit, and every row is there twice
(seen in 1.6.6; its conflict check passes over removals that change no data, its own included), and what `delete` writes has other types
in its Arrow schema and statistics that leave NaN out. Here a rewrite is committed as exactly the version after one in which all of its
files are live, by creating that version's log entry exclusively: the way every Delta commit on a file system becomes one. Who comes
second does not commit, looks again, and only goes on if its files are all still there.

Invariant: a rewrite removes the rows it says and no other, and doubles none, whatever else is committed meanwhile.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from eventide.store.tables.delta import DELTAS, DICTIONARIES, PRUNED, ROW_GROUP_ROWS, ZSTD_LEVEL, open_table
from eventide.store.tables.sealed import SealedFile, Snapshot

if TYPE_CHECKING:
    import pyarrow as pa

_GROUP_BYTES = 256 * 1024 * 1024
"""Memory for one row group, at eight bytes a value."""
_ATTEMPTS = 8
_WRITER_VERSION = 2
"""Tables that ask more of their writers were changed by another engine, and are left to it."""


@dataclass(frozen=True, slots=True)
class Target:
    """A written file that no commit names yet."""

    name: str
    size_bytes: int
    rows: int
    stats: dict[str, Any]


def write_file(
    path: Path, sources: Sequence[SealedFile], schema: pa.Schema, *, without: Collection[str] = ()
) -> Target:
    """Write the rows of files, but for those of the runs `without`, into a new file; a row group at a time is in memory.

    Args:
        path: the table's folder.
        sources: live files, in the order in which their rows are written.
        schema: the table's columns; those that no source has are left out.
        without: ids of runs whose rows are not wanted.

    Raises:
        FileNotFoundError: a source is gone.
        OSError: a source has other rows than the log says, or something cannot be read or written.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    present = {name for source in sources for name in pq.read_schema(source.path).names}
    merged = pa.schema([field for field in schema if field.name in present])
    name = f"part-00000-{uuid.uuid4()}-c000.zstd.parquet"
    bounds = _Bounds(PRUNED[path.name])
    counter = _Counter()
    group_rows = max(1024, min(ROW_GROUP_ROWS, _GROUP_BYTES // (8 * len(merged))))
    doubles = {field.name: "BYTE_STREAM_SPLIT" for field in merged if pa.types.is_floating(field.type)}
    deltas = {name: "DELTA_BINARY_PACKED" for name in DELTAS if name in present}
    plain = {**doubles, **deltas}
    with (path / name).open("xb") as file:
        with pq.ParquetWriter(
            file,
            merged,
            compression="zstd",
            compression_level=ZSTD_LEVEL,
            use_dictionary=[field.name for field in merged if field.name not in plain],
            column_encoding=plain,
            write_statistics=[field.name for field in merged if field.name in {*DICTIONARIES, *deltas, "ts"}],
        ) as writer:
            for table in _row_groups(sources, merged, group_rows, counter, without):
                bounds.add(table)
                writer.write_table(table, row_group_size=group_rows)
        file.flush()
        os.fsync(file.fileno())
        size_bytes = file.tell()
    expected = sum(source.rows for source in sources)
    if counter.rows != expected:
        (path / name).unlink()
        raise OSError(f"the files of `{path}` hold {counter.rows} rows, their log says {expected}")
    return Target(name, size_bytes, bounds.rows, bounds.stats())


class _Counter:
    """Counts the rows read, wanted or not."""

    rows = 0


def _row_groups(
    sources: Sequence[SealedFile], schema: pa.Schema, rows: int, counter: _Counter, without: Collection[str]
) -> Iterator[pa.Table]:
    """Yield the wanted rows of files in order, `rows` at a time, with all columns of `schema`."""
    import pyarrow as pa  # noqa: PLC0415

    waiting: list[pa.Table] = []
    count = 0
    for table in _batches(sources, rows, counter, without):
        for piece in _cut(_conform(table, schema), rows - count):
            waiting.append(piece)
            count += piece.num_rows
            if count >= rows:
                yield pa.concat_tables(waiting).combine_chunks()
                waiting, count = [], 0
    if count:
        yield pa.concat_tables(waiting).combine_chunks()


def _batches(
    sources: Sequence[SealedFile], rows: int, counter: _Counter, without: Collection[str]
) -> Iterator[pa.Table]:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    unwanted = pa.array(sorted(without), pa.string())
    for source in sources:
        with pq.ParquetFile(source.path) as file:
            for batch in file.iter_batches(batch_size=rows):
                table = pa.Table.from_batches([batch])
                counter.rows += table.num_rows
                if without:
                    table = table.filter(pc.invert(pc.is_in(table["run_id"].cast(pa.string()), value_set=unwanted)))
                yield table


def _cut(table: pa.Table, at: int) -> list[pa.Table]:
    return [table.slice(0, at), table.slice(at)] if table.num_rows > at else [table]


def _conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415

    columns = [
        table[field.name].cast(field.type) if field.name in table.column_names else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


class _Bounds:
    """Collects the statistics that Delta keeps of a file."""

    def __init__(self, columns: str) -> None:
        self._columns = columns.split(",")
        self._low: dict[str, Any] = {}
        self._high: dict[str, Any] = {}
        self._nulls = dict.fromkeys(self._columns, 0)
        self.rows = 0

    def add(self, table: pa.Table) -> None:
        """Take rows in."""
        import pyarrow.compute as pc  # noqa: PLC0415

        self.rows += table.num_rows
        for name in self._columns:
            column = table[name]
            found = pc.min_max(column).as_py()
            self._nulls[name] += column.null_count
            if found["min"] is not None:
                self._low[name] = min(self._low.get(name, found["min"]), found["min"])
                self._high[name] = max(self._high.get(name, found["max"]), found["max"])

    def stats(self) -> dict[str, Any]:
        """Return the statistics in the form of an add action."""
        return {"numRecords": self.rows, "minValues": self._low, "maxValues": self._high, "nullCount": self._nulls}


def swap(path: Path, removed: Sequence[SealedFile], added: Sequence[Target], *, data_change: bool) -> bool:
    """Put files in the place of others; return False, and change nothing, when one of the others is no longer live."""
    names = {Path(file.path).name for file in removed}
    for _ in range(_ATTEMPTS):
        table = open_table(path)
        if table is None or table.protocol().min_writer_version > _WRITER_VERSION:
            return False
        if not names <= {Path(file.path).name for file in Snapshot(path, table).files()}:
            return False
        if _create_version(path, table.version() + 1, _entry(removed, added, data_change=data_change)):
            return True
    return False


def discard(path: Path, targets: Sequence[Target]) -> None:
    """Remove written files that no commit will name."""
    for target in targets:
        (path / target.name).unlink(missing_ok=True)


def _entry(removed: Sequence[SealedFile], added: Sequence[Target], *, data_change: bool) -> bytes:
    """Return a log entry: one action per line."""
    now_ms = int(time.time() * 1000)
    operation = "DELETE" if data_change else "OPTIMIZE"
    common = {"partitionValues": {}, "dataChange": data_change}
    info = {"timestamp": now_ms, "operation": operation, "operationParameters": {}, "engineInfo": "eventide"}
    actions: list[dict[str, Any]] = [{"commitInfo": info}]
    for file in removed:
        gone = {"path": Path(file.path).name, "size": file.size_bytes, "deletionTimestamp": now_ms}
        actions.append({"remove": {**gone, "extendedFileMetadata": True, **common}})
    for target in added:
        come = {"path": target.name, "size": target.size_bytes, "modificationTime": now_ms}
        actions.append({"add": {**come, "stats": orjson.dumps(target.stats).decode(), **common}})
    return b"".join(orjson.dumps(action) + b"\n" for action in actions)


def _create_version(path: Path, version: int, entry: bytes) -> bool:
    """Make `entry` the log entry of a version unless somebody else was first; it appears complete or not at all."""
    log = path / "_delta_log"
    temporary = log / f"_commit_{uuid.uuid4()}.json.tmp"
    with temporary.open("xb") as file:
        file.write(entry)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(temporary, log / f"{version:020d}.json")
    except FileExistsError:
        return False
    finally:
        temporary.unlink()
    return True
