"""Metrics in files that runs leave: CSV, JSON, JSON lines, numpy arrays, TensorBoard events.

Invariant: nothing is unpickled and nothing is executed; a file that is not what its name says gives no metrics and one reason; every
reader is bounded in bytes and rows.
"""

from __future__ import annotations

import csv
import io
import math
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import orjson

from eventide.errors import InvalidValue
from eventide.hydra.rules import Rule, reader_of
from eventide.hydra.tfevents import read_scalars
from eventide.hydra.yaml import flatten

MAX_BYTES = 256 * 1024 * 1024
MAX_ROWS = 1_000_000
STEP_NAMES = ("step", "global_step", "_step", "iteration", "iter", "epoch")
_TIME_NAMES = frozenset({"timestamp", "_timestamp", "wall_time", "ts", "time"})
_EPOCH_S = (1e9, 1e11)
"""What a number under a name of time must lie between to be seconds since the epoch."""


Row = dict[str, Any]
Rows = Iterable[Row]


class Point(NamedTuple):
    """One row of metrics; step and ts are None where the file does not say."""

    step: int | None
    ts: float | None
    values: dict[str, float | int | bool]


class Metrics(NamedTuple):
    """What a file holds: rows in order, and single values of the whole run."""

    points: list[Point]
    summary: dict[str, Any]


def read_metrics(path: str, name: str, rule: Rule, *, complete: bool = True) -> Metrics:
    """Return the metrics of one file; keys have no prefix yet.

    Args:
        path: where it is.
        name: its path inside the run; its last part without the ending names what has no name of its own.
        rule: how to read it.
        complete: whether nobody writes it any more; else a last line without an end is left for later.

    Raises:
        InvalidValue: it is not what its reader expects, or beyond the bounds.
        OSError: it cannot be read.
    """
    reader = rule.reader or reader_of(name)
    if reader not in _READERS:
        raise InvalidValue("no reader for a file of this name")
    stem = name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    with open(path, "rb") as file:  # noqa: PTH123
        rows: Rows
        summary: Row = {}
        try:
            if reader == "tensorboard":
                rows = _tensorboard(file)
            else:
                data = file.read(MAX_BYTES + 1)
                if len(data) > MAX_BYTES:
                    raise InvalidValue(f"larger than {MAX_BYTES // 1_000_000} MB")
                if not complete and reader in ("csv", "jsonl"):
                    data = data[: data.rfind(b"\n") + 1]
                rows, summary = _READERS[reader](data, stem)
            points = [point for point in (_point(row, rule) for row in _bounded(rows)) if point is not None]
        except RecursionError:
            raise InvalidValue("nested too deeply") from None
    kept = {key: value for key, value in summary.items() if key and (rule.keys is None or key in rule.keys)}
    return Metrics(points, kept)


_STEP, _TS = "\0step", "\0ts"
"""Names under which readers that know them hand over step and time."""


def _bounded(rows: Rows) -> Iterator[Row]:
    for number, row in enumerate(rows):
        if number >= MAX_ROWS:
            raise InvalidValue(f"more than {MAX_ROWS} rows")
        yield row


def _point(row: Row, rule: Rule) -> Point | None:
    """Return the numbers of a row, with its step and time taken out; None when it has no numbers."""
    step, ts = row.pop(_STEP, None), row.pop(_TS, None)
    values = {key: value for key, value in row.items() if type(value) in (int, float, bool) and key}
    name = rule.step or next((name for name in STEP_NAMES if _as_step(values.get(name)) is not None), "")
    if step is None and name:
        step = _as_step(values.get(name))
        if name != "epoch":
            values.pop(name, None)
    for name in _TIME_NAMES & values.keys():
        if ts is None and not isinstance(values[name], bool) and _EPOCH_S[0] < values[name] < _EPOCH_S[1]:
            ts = float(values.pop(name))
    if rule.keys is not None:
        values = {key: value for key, value in values.items() if key in rule.keys}
    return Point(step, ts, values) if values else None


def _as_step(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return int(value) if 0 <= value < 2**63 and value == int(value) else None


# ── text ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _csv(data: bytes, _stem: str) -> tuple[Rows, Row]:
    lines = io.StringIO(data.decode("utf-8-sig", "replace"), newline="")
    head = lines.readline()
    delimiter = max(",\t;", key=head.count)
    lines.seek(0)
    return _csv_rows(csv.reader(lines, delimiter=delimiter)), {}


def _csv_rows(reader: Any) -> Iterator[Row]:
    """Yield rows as numbers by column; empty cells and texts are left out."""
    try:
        names: list[str] = next(reader, [])
        for cells in reader:
            found = ((name.strip(), _number(cell)) for name, cell in zip(names, cells, strict=False))
            yield {name: value for name, value in found if value is not None}
    except csv.Error as error:
        raise InvalidValue(f"it is no CSV: {error}") from error


def _number(text: str) -> int | float | None:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return None


def _jsonl(data: bytes, _stem: str) -> tuple[Rows, Row]:
    return _json_lines(data), {}


def _json_lines(data: bytes) -> Iterator[Row]:
    """Yield the objects, one a line; a line that is none is passed over."""
    for line in data.split(b"\n"):
        try:
            row = orjson.loads(line)
        except ValueError:
            row = None
        yield flatten(row) if isinstance(row, dict) else {}


def _json(data: bytes, stem: str) -> tuple[Rows, Row]:
    """Return a list of objects as rows, an object of lists as columns, and any other object as values of the run."""
    try:
        document = orjson.loads(data)
    except ValueError as error:
        raise InvalidValue(f"it is no JSON: {error}") from error
    if isinstance(document, list):
        return [flatten(row) if isinstance(row, dict) else {stem: row} for row in document], {}
    if not isinstance(document, dict):
        return [], {stem: document} if _is_number(document) else {}
    flat = flatten(document)
    columns = {
        key: value for key, value in flat.items() if isinstance(value, list) and value and all(map(_is_number, value))
    }
    length = max(map(len, columns.values()), default=0)
    rows = [{key: column[place] for key, column in columns.items() if place < len(column)} for place in range(length)]
    return rows, {key: value for key, value in flat.items() if _is_number(value)}


def _is_number(value: Any) -> bool:
    return type(value) in (int, float, bool)


# ── arrays ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _npy(data: bytes, stem: str) -> tuple[Rows, Row]:
    return _columns({stem: _array(io.BytesIO(data))})


def _npz(data: bytes, stem: str) -> tuple[Rows, Row]:
    arrays: dict[str, Any] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(info.file_size for info in archive.infolist()) > MAX_BYTES:
                raise InvalidValue(f"it unpacks to more than {MAX_BYTES // 1_000_000} MB")
            for info in archive.infolist():
                with archive.open(info) as member:
                    arrays[f"{stem}/{info.filename.removesuffix('.npy')}"] = _array(io.BytesIO(member.read()))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise InvalidValue(f"it is no archive of arrays: {error}") from error
    return _columns(arrays)


def _array(file: io.BytesIO) -> Any:
    """Return an array of plain numbers; raises InvalidValue for pickles and everything else."""
    try:
        return np.lib.format.read_array(file, allow_pickle=False)
    except (ValueError, EOFError, MemoryError, SyntaxError, TypeError) as error:
        raise InvalidValue(" ".join(f"it is no array of numbers: {error}".split())[:200]) from error


def _columns(arrays: dict[str, Any]) -> tuple[Rows, Row]:
    """Return arrays of one dimension as columns and single numbers as values of the run; others hold no curve."""
    numeric = {key: array for key, array in arrays.items() if array.dtype.kind in "biuf"}
    columns = {key: array.tolist() for key, array in numeric.items() if array.ndim == 1}
    length = max(map(len, columns.values()), default=0)
    rows = ({key: column[place] for key, column in columns.items() if place < len(column)} for place in range(length))
    return rows, {key: array.item() for key, array in numeric.items() if array.ndim == 0}


def _tensorboard(file: Any) -> Iterator[Row]:
    for scalar in read_scalars(file):
        yield {_STEP: scalar.step, _TS: scalar.wall_time or None, scalar.tag: scalar.value}


_READERS: dict[str, Callable[[bytes, str], tuple[Rows, Row]]] = {
    "csv": _csv,
    "json": _json,
    "jsonl": _jsonl,
    "npy": _npy,
    "npz": _npz,
    "tensorboard": lambda _data, _stem: ([], {}),
}
