"""Logged rows to frames with the keys' own names and the values' own types.

A Source hands out rows under stored names: escaped when they are reserved, with `~2` behind a key that differs from another one by
case alone, with `:s`, `:b`, `:i`, `:j` behind what a key held besides its main kind. Here the user's names come back.
Invariant: names stay unique; a name that would clash with `run_id`, `step`, `ts` or another key keeps its stored form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from eventide._optional import require
from eventide.journal.codec import decode
from eventide.names import RESERVED_COLUMNS, unescape_key
from eventide.table.frames import Backend, check_backend, polars_time, timestamps

if TYPE_CHECKING:
    import pyarrow as pa

MORE = "_more"
"""Column of the keys that found no column of their own, as one dict per row."""
_SUFFIXES = re.compile(r"(?P<base>.*?)(?P<twin>~\d+)?(?P<kind>:[sbij](?:~\d+)?)?", re.DOTALL)


class RowColumn(NamedTuple):
    """What a column of logged rows is called, and whether it holds JSON text."""

    name: str
    is_json: bool


def row_columns(names: list[str], tags: Mapping[str, str]) -> list[RowColumn]:
    """Return how the columns of a Source's rows are shown; `tags` is key → types seen, as `KeyInfo` has it."""
    taken = set(RESERVED_COLUMNS)
    shown = []
    for name in names:
        if name in RESERVED_COLUMNS or name == MORE:
            shown.append(RowColumn(name, name == MORE))
            continue
        wanted, is_json = _restored(name, tags)
        if wanted in taken:
            wanted = name
        taken.add(wanted)
        shown.append(RowColumn(wanted, is_json))
    return shown


def _restored(name: str, tags: Mapping[str, str]) -> tuple[str, bool]:
    """Return the user's name of a column, and whether its values are JSON text."""
    key = unescape_key(name)
    if key in tags:
        return key, _main_kind(tags[key]) == "j"
    match = _SUFFIXES.fullmatch(name)
    base, kind = (unescape_key(match["base"] or name), match["kind"] or "") if match is not None else (key, "")
    if base in tags:
        return f"{base}{kind[:2]}", (kind[1:2] or _main_kind(tags[base])) == "j"
    return key, False


def _main_kind(tags: str) -> str:
    """Return the kind that a key's bare column shows."""
    return next((kind for kind in ("f", "i", "l", "s", "b", "j") if kind in tags), "n")


def rows_frame(table: pa.Table, tags: Mapping[str, str], *, backend: Backend = "pandas") -> Any:
    """Return logged rows as a frame: run_id, step int64, ts (UTC), and the logged keys under their own names.

    What JSON cannot say directly (dates, Decimals, nested values, ...) comes back as the Python value that was logged; polars keeps
    the JSON text, because its columns hold one type.
    """
    check_backend(backend)
    shown = row_columns(list(table.column_names), tags)
    if backend == "polars":
        pl = require("polars", "polars")
        return pl.from_arrow(table.rename_columns([column.name for column in shown])).with_columns(
            polars_time(pl, "ts")
        )
    import pandas as pd  # noqa: PLC0415

    columns = {place: _from_arrow(column, table.column(place)) for place, column in enumerate(shown)}
    frame = pd.DataFrame(columns, copy=False)
    frame.columns = pd.Index([column.name for column in shown], dtype=object)
    return frame


def _from_arrow(column: RowColumn, values: Any) -> Any:
    import pandas as pd  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415

    if column.name == "ts":
        return timestamps(values.to_numpy())
    if column.name == "run_id":
        return values.combine_chunks().dictionary_encode().to_pandas()
    if column.is_json:
        return pd.Series([_decoded(text) for text in values.to_pylist()], dtype=object)
    if pa.types.is_integer(values.type) and values.null_count:
        return values.to_pandas(types_mapper={values.type: pd.Int64Dtype()}.get)
    if pa.types.is_boolean(values.type) and values.null_count:
        return values.to_pandas(types_mapper={values.type: pd.BooleanDtype()}.get)
    return values.to_pandas()


def _decoded(text: str | None) -> Any:
    if text is None:
        return None
    try:
        return decode(orjson.loads(text))
    except ValueError:
        return text


def decoded_rows(table: pa.Table, tags: Mapping[str, str]) -> tuple[list[str], list[list[Any]]]:
    """Return the column names and the columns of logged rows as Python values, JSON decoded."""
    shown = row_columns(list(table.column_names), tags)
    columns = [values.to_pylist() for values in table.columns]
    return [column.name for column in shown], [
        [_decoded(text) for text in values] if column.is_json else values
        for column, values in zip(shown, columns, strict=True)
    ]
