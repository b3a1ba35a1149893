"""How this project uses Delta tables: where they are, how they are made, written and opened.

Invariant: metric columns carry no Parquet statistics. Parquet's minimum and maximum leave NaN out, and DuckDB prunes with them as if
they did not: `isnan(loss)` would miss rows. `run_id`, `step`, `ts` and `_seq` have them, and Delta's own for the first three.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eventide.errors import StoreDamaged, StoreError

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa
    from deltalake import CommitProperties, DeltaTable, WriterProperties

COMMIT_ORDER = ("system", "console", "events", "runs")
"""`runs` comes last: its transactions say that the other tables have their share."""
READ_ORDER = ("runs", "system", "console", "events")
"""`runs` comes first: what an older `runs` claims, a younger table holds."""

FENCE = 1 << 62
"""Coverage of a purged writer: more than any journal has, so that nobody seals it again."""

ROW_GROUP_ROWS = 128 * 1024
ZSTD_LEVEL = 3
PRUNED = {"events": "run_id,step,ts", "system": "run_id,ts", "console": "run_id,ts", "runs": "run_id,ts"}
DICTIONARIES = ("run_id", "_writer", "stream", "kind")
DELTAS = ("step", "_seq", "_attempt", "_rank")
_RAW_PATH = re.compile(r"%[0-9A-Fa-f]{2}|[\[\]^|\\\x00-\x1f\x7f]")
"""What delta-rs decodes, takes for a separator, or panics at, in a path."""


def exists(path: Path) -> bool:
    """Tell whether there is a Delta table in the folder `path`."""
    return (path / "_delta_log" / f"{0:020d}.json").exists() or (path / "_delta_log" / "_last_checkpoint").exists()


def open_table(path: Path) -> DeltaTable | None:
    """Return the table in the folder `path` at its newest version, or None when there is none.

    Raises:
        StoreDamaged: there is a log, and it cannot be read.
        StoreError: the Delta library cannot reach a folder of that name.
    """
    from deltalake import DeltaTable  # noqa: PLC0415 - 80 ms that a store without tables does not pay
    from deltalake.exceptions import DeltaError, TableNotFoundError  # noqa: PLC0415

    if not exists(path):
        return None
    try:
        return DeltaTable(location(path))
    except TableNotFoundError:
        return None
    except (DeltaError, OSError) as error:
        raise StoreDamaged(f"the table `{path}` cannot be opened: {error}") from error


def create_table(path: Path, schema: pa.Schema, table: str) -> DeltaTable:
    """Return the table in the folder `path`, made empty with `schema` if there is none. Safe for any number of processes."""
    from deltalake import DeltaTable  # noqa: PLC0415
    from deltalake.exceptions import DeltaError  # noqa: PLC0415

    found = open_table(path)
    if found is not None:
        return found
    path.mkdir(parents=True, exist_ok=True)
    configuration = {"delta.dataSkippingStatsColumns": PRUNED[table]}
    try:
        return DeltaTable.create(location(path), schema, mode="ignore", configuration=configuration)
    except DeltaError:
        found = open_table(path)  # somebody else was first
        if found is None:
            raise
        return found


def writer_properties(schema: pa.Schema) -> WriterProperties:
    """Return how the columns of `schema` are encoded in Parquet."""
    from deltalake import ColumnProperties, WriterProperties  # noqa: PLC0415

    columns: dict[str, Any] = {}
    for field in schema:
        name, kind = field.name, str(field.type)
        if name in DICTIONARIES:
            columns[name] = ColumnProperties(dictionary_enabled=True, statistics_enabled="CHUNK")
        elif name in DELTAS:
            columns[name] = ColumnProperties(
                dictionary_enabled=False, encoding="DELTA_BINARY_PACKED", statistics_enabled="CHUNK"
            )
        elif kind == "double":
            columns[name] = ColumnProperties(
                dictionary_enabled=False,
                encoding="BYTE_STREAM_SPLIT",
                statistics_enabled="CHUNK" if name == "ts" else "NONE",
            )
    return WriterProperties(
        compression="ZSTD",
        compression_level=ZSTD_LEVEL,
        max_row_group_size=ROW_GROUP_ROWS,
        default_column_properties=ColumnProperties(dictionary_enabled=True, statistics_enabled="NONE"),
        column_properties=columns,
    )


def arrow_schema(table: DeltaTable) -> pa.Schema:
    """Return the columns of a table as an Arrow schema."""
    import pyarrow as pa  # noqa: PLC0415

    return pa.schema(table.schema())


def transactions(covered: Mapping[str, int]) -> CommitProperties:
    """Return what makes a commit say that it covers so many bytes of each writer's journal."""
    from deltalake import CommitProperties, Transaction  # noqa: PLC0415

    return CommitProperties(app_transactions=[Transaction(writer, end) for writer, end in covered.items()])


def append(table: DeltaTable, rows: pa.Table | None, covered: Mapping[str, int]) -> None:
    """Commit rows, none included, together with what they cover; the snapshot of `table` is what races are judged by.

    Raises:
        deltalake.exceptions.DeltaError: somebody else committed something that matters, or the commit failed.
    """
    from deltalake import write_deltalake  # noqa: PLC0415

    if rows is None or not rows.num_rows:
        table.create_write_transaction([], "append", table.schema(), commit_properties=transactions(covered))
        table.update_incremental()
        return
    write_deltalake(
        table,
        rows,
        mode="append",
        schema_mode="merge",
        writer_properties=writer_properties(rows.schema),
        commit_properties=transactions(covered),
    )


def location(path: Path) -> str:
    """Return the folder `path` as delta-rs takes it; raises StoreError for the few names with which it would go elsewhere."""
    plain = str(path.absolute())
    odd = _RAW_PATH.search(plain)
    if odd and os.name != "nt":
        raise StoreError(
            f"`{plain}` cannot hold sealed tables: the Delta library misreads `{odd[0]}` in a path",
            hint="move the store to a folder whose path has none of %41 [ ] ^ | \\ in it; unsealed journals work anywhere",
        )
    return plain
