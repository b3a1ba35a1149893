"""Tables and histograms as JSON.

Invariant: no row is lost: what a page can show (`SHOWN_ROWS`) is the table's own object, and a longer table has all of its rows in a
second one that its record names. Values that JSON does not have are written as text.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import orjson

from eventide.errors import InvalidValue
from eventide.sdk.media import images
from eventide.sdk.values import short_repr, type_name

if TYPE_CHECKING:
    from eventide.sdk.media.kinds import Encoded, Histogram, Put, Table

SHOWN_ROWS = 10_000
MAX_COLUMNS = 10_000
MAX_BINS = 4096
_OPTIONS = orjson.OPT_NON_STR_KEYS


def is_frame(value: Any) -> bool:
    """Tell whether a value is a DataFrame of pandas or polars, without loading either."""
    kind = type(value)
    return kind.__name__ == "DataFrame" and kind.__module__.partition(".")[0] in ("pandas", "polars")


def checked(data: Any, columns: Sequence[str] | None) -> tuple[Any, list[str]]:
    """Return a frame, or a list of rows, with the names of its columns; raises InvalidValue."""
    named = None if columns is None else [str(column) for column in columns]
    if is_frame(data):
        names = [str(column) for column in data.columns]
        if named is not None and named != names:
            data, names = data[list(columns or ())], named
        return data, _few(names)
    if data is None:
        return [], _few(named or [])
    if isinstance(data, Mapping):
        return _from_columns(data, named)
    if isinstance(data, (str, bytes)) or not hasattr(data, "__iter__"):
        raise InvalidValue(f"a {type_name(data)} is no table", hint='eventide.Table([[1, "a"]], columns=["n", "text"])')
    rows = list(data)
    if rows and all(isinstance(row, Mapping) for row in rows):
        names = named or list(dict.fromkeys(str(key) for row in rows for key in row))
        return [[{str(k): v for k, v in row.items()}.get(name) for name in names] for row in rows], _few(names)
    return _from_rows(rows, named)


def _from_rows(rows: list[Any], named: list[str] | None) -> tuple[Any, list[str]]:
    listed = []
    for row in rows:
        if isinstance(row, (str, bytes)) or not hasattr(row, "__iter__"):
            raise InvalidValue(f"a row is a list of values, not a {type_name(row)}: {short_repr(row):.60}")
        listed.append(list(row))
    names = named or [str(number) for number in range(len(listed[0]) if listed else 0)]
    for number, row in enumerate(listed):
        if len(row) != len(names):
            raise InvalidValue(f"row {number} has {len(row)} values for {len(names)} columns")
    return listed, _few(names)


def _from_columns(data: Mapping[Any, Any], named: list[str] | None) -> tuple[Any, list[str]]:
    lists = {str(name): list(column) for name, column in data.items() if hasattr(column, "__iter__")}
    lists = {name: column for name, column in lists.items() if not isinstance(data.get(name), (str, bytes))}
    if len(lists) != len(data) or len({len(column) for column in lists.values()}) > 1:
        raise InvalidValue("a dict of columns needs one list per column, all of the same length")
    names = named or list(lists)
    missing = [name for name in names if name not in lists]
    if missing:
        raise InvalidValue(f"there is no column `{missing[0]:.60}`")
    return [list(row) for row in zip(*(lists[name] for name in names), strict=True)], _few(names)


def _few(names: list[str]) -> list[str]:
    if len(names) > MAX_COLUMNS:
        raise InvalidValue(
            f"a table of {len(names)} columns is too wide: {MAX_COLUMNS} at most", hint="run.save(table, name)"
        )
    return names


def held(data: Any) -> Any:
    """Return rows that the caller's later changes do not reach."""
    if isinstance(data, list):
        return [list(row) for row in data]
    return data.copy() if hasattr(data, "copy") else data.clone()


def encode(table: Table, put: Put) -> Encoded:
    """Return a table as JSON; all of a long one goes through `put`."""
    from eventide.sdk.media.kinds import Encoded  # noqa: PLC0415 - the classes load this module when they need it

    total = len(table.data)
    facts: dict[str, Any] = {"rows": total, "columns": list(table.columns)}
    if total > SHOWN_ROWS:
        whole = _json(table.columns, _rows(table.data, total))
        facts |= {"shown": SHOWN_ROWS, "whole": {"sha256": put(whole), "size_bytes": len(whole), "format": "json"}}
    return Encoded(_json(table.columns, _rows(table.data, SHOWN_ROWS)), "json", "application/json", facts)


def _rows(data: Any, limit: int) -> list[Any]:
    if isinstance(data, list):
        return data[:limit]
    if hasattr(data, "iter_rows"):
        return [list(row) for row in data.head(limit).iter_rows()]
    return [list(row) for row in data.head(limit).itertuples(index=False, name=None)]


def _json(columns: list[str], rows: list[Any]) -> bytes:
    return orjson.dumps({"columns": columns, "rows": [[cell(value) for value in row] for row in rows]}, None, _OPTIONS)


def cell(value: Any) -> Any:  # noqa: PLR0911 - one return per kind reads best
    """Return one value of a table as JSON has it: NaN and infinities by name, what is missing as null, the rest as text."""
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is float:
        return value if math.isfinite(value) else {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    if kind is int:
        return value if -(2**53) <= value <= 2**53 else str(value)
    if kind is str:
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if kind.__name__ in ("NaTType", "NAType"):
        return None
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        item = value.item()
        return cell(item) if type(item) in (bool, int, float, str) else str(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if kind in (list, tuple) and len(value) <= 100:
        return [cell(each) for each in value]
    return short_repr(value)


# ── histograms ──────────────────────────────────────────────────────────────────────────────────────────────────────


def checked_histogram(values: Any, bins: Any, edges: Any, counts: Any) -> tuple[Any, Any, Any]:
    """Return values, or edges and counts, that make a histogram; raises InvalidValue."""
    if (values is None) == (edges is None and counts is None):
        raise InvalidValue("a histogram is made of values, or of edges and counts", hint="eventide.Histogram(values)")
    if values is None:
        return None, *_counted(edges, counts)
    if isinstance(bins, bool) or not hasattr(bins, "__index__") or not 1 <= int(bins) <= MAX_BINS:
        raise InvalidValue(f"bins is `{bins!r:.20}`; it is a number from 1 to {MAX_BINS}", hint="bins=64")
    array = images.array_of(values, "a histogram")
    if array.ndim == 0:
        raise InvalidValue("a single number is no histogram", hint="log it as it is")
    return array.ravel(), None, None


def _counted(edges: Any, counts: Any) -> tuple[list[float], list[float]]:
    try:
        limits = [float(edge) for edge in edges]
        numbers = [int(count) if float(count).is_integer() else float(count) for count in counts]
    except (TypeError, ValueError, OverflowError):
        raise InvalidValue("edges and counts are lists of finite numbers") from None
    rising = all(low < high for low, high in pairwise(limits))
    if len(limits) != len(numbers) + 1 or not numbers or not rising or not all(map(math.isfinite, limits)):
        raise InvalidValue(
            f"{len(limits)} edges do not enclose {len(numbers)} counts", hint="edges rise, and are one more than counts"
        )
    return limits, numbers


def encode_histogram(histogram: Histogram) -> Encoded:
    """Return a histogram as JSON."""
    from eventide.sdk.media.kinds import Encoded  # noqa: PLC0415

    facts: dict[str, Any] = {}
    if histogram.data is None:
        edges, counts = histogram.edges, histogram.counts
    else:
        edges, counts, facts = _count(histogram.data, int(histogram.bins))
    body = orjson.dumps({"edges": edges, "counts": counts})
    return Encoded(body, "json", "application/json", {"bins": len(counts), **facts})


def _count(array: Any, bins: int) -> tuple[list[float], list[int], dict[str, Any]]:
    numpy = import_module("numpy")
    values = array if array.dtype == numpy.float32 else array.astype(numpy.float64)
    finite = values[numpy.isfinite(values)]
    facts: dict[str, Any] = {"count": int(finite.size)}
    if finite.size < values.size:
        facts["nonfinite"] = int(values.size - finite.size)
    if not finite.size:
        return [0.0, 1.0], [0], facts
    low, high = float(finite.min()), float(finite.max())
    span = (low, high) if high - low < math.inf else (low / 2, high / 2)
    counts, edges = numpy.histogram(finite.astype(numpy.float64), bins=bins, range=_wide(*span))
    return (
        edges.tolist(),
        counts.tolist(),
        {**facts, "min": low, "max": high, "mean": float(finite.mean(dtype=numpy.float64))},
    )


def _wide(low: float, high: float) -> tuple[float, float]:
    """Return a range that can be divided, however close its ends are."""
    least = 1e-9 * max(abs(low), abs(high), 1e-300)
    return (low, high) if high - low > least * 1e-3 else (low - max(least, 0.5), high + max(least, 0.5))
