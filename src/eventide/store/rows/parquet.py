"""Read rows of some runs from one sealed file.

Row groups are chosen by the minimum and maximum of `run_id`; what is read is brought to one set of types, whichever engine wrote the file.
Invariant: a table handed out holds all rows of the asked-for runs in the file, in its order; `read_rows` leaves out all others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from eventide.store.rows import arrays

Choose = Callable[[list[str]], list[str]]
"""Names of all columns → names of those that are wanted."""


def read_rows(path: str, run_ids: Collection[str] | None = None, choose: Choose | None = None) -> pa.Table:
    """Return the rows of `run_ids` (None: all) with the chosen columns; `run_id` is among them in any case.

    Raises:
        FileNotFoundError: the file was removed since it was listed.
    """
    with pq.ParquetFile(path) as file:
        names = file.schema_arrow.names
        wanted = names if choose is None else choose(names)
        if "run_id" not in wanted:
            wanted = ["run_id", *wanted]
        groups, exact = _groups(file.metadata, run_ids)
        table = plain(file.read_row_groups(groups, columns=wanted))
    if run_ids is None or exact or not table.num_rows:
        return table
    return table.filter(pc.is_in(table.column("run_id"), value_set=arrays.texts(sorted(run_ids))))


def read_groups(path: str, run_ids: Collection[str], choose: Choose) -> Iterator[pa.Table]:
    """Yield the row groups that may hold rows of `run_ids`, one at a time, rows of other runs included, texts dictionary-encoded.

    For whoever walks stretches of rows by run anyway: neither comparing nor copying half a million run ids.

    Raises:
        FileNotFoundError: the file was removed since it was listed.
    """
    with pq.ParquetFile(path, read_dictionary=["run_id", "_writer"]) as file:
        groups, _ = _groups(file.metadata, run_ids)
        columns = choose(file.schema_arrow.names) if groups else []
        for group in groups:
            yield file.read_row_group(group, columns=columns, use_threads=False)


def groups_of(metadata: Any, run_ids: Collection[str]) -> list[int]:
    """Return the row groups of a file that may hold rows of some runs."""
    return _groups(metadata, run_ids)[0]


def _groups(metadata: Any, run_ids: Collection[str] | None) -> tuple[list[int], bool]:
    """Return the row groups that may hold rows of the runs, and whether they hold nothing else."""
    groups = range(metadata.num_row_groups)
    if run_ids is None:
        return list(groups), True
    chosen, exact = [], True
    for number in groups:
        statistics = _statistics(metadata.row_group(number))
        if statistics is None or not statistics.has_min_max:
            chosen.append(number)
            exact = False
            continue
        low, high = statistics.min, statistics.max
        if any(low <= run_id <= high for run_id in run_ids):
            chosen.append(number)
            exact = exact and low == high and low in run_ids
    return chosen, exact


def _statistics(group: Any) -> Any:
    """Return what a row group says about its run ids."""
    columns = (group.column(place) for place in range(group.num_columns))
    return next((column.statistics for column in columns if column.path_in_schema == "run_id"), None)


def plain(table: pa.Table) -> pa.Table:
    """Return the table with plain text columns: some writers leave views or large offsets."""
    odd = (pa.types.is_string_view, pa.types.is_large_string, pa.types.is_dictionary)
    for place, field in enumerate(table.schema):
        if any(test(field.type) for test in odd):
            table = table.set_column(place, field.name, table.column(place).cast(pa.string()))
    return table
