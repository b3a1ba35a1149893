"""Questions and answers of a Source as bytes.

A question is JSON: the arguments by name. An answer is JSON in the codec of the journal (so that NaN, dates and arrays come back as they
were), curves as one JSON line of contents and raw little-endian columns, and tables as an Arrow stream.
Invariant: `load_*(dump_*(answer)) == answer`. Fields of a newer server that are not known here are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass
from typing import TYPE_CHECKING, Any

import orjson

from eventide import model
from eventide.errors import InvalidValue, Unreachable
from eventide.journal.codec import Encoded, decode, encode
from eventide.sdk.values import Extender

if TYPE_CHECKING:
    import pyarrow as pa

JSON_TYPE = "application/json"
CURVES_TYPE = "application/vnd.eventide.curves"
ARROW_TYPE = "application/vnd.apache.arrow.stream"
BYTES_TYPE = "application/octet-stream"

_ALIGN = 8
_TUPLES = {
    "RunQuery": ("keys", "projects"),
    "SeriesQuery": ("run_ids", "keys"),
    "FileQuery": ("run_ids", "kinds"),
    "SqlLimits": ("projects",),
    "Edit": ("add_tags", "remove_tags", "files"),
}
_NESTED: dict[str, Callable[[Any], Any]] = {"smooth": lambda raw: model.Smoothing(**raw)}


# ── questions ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def dump_question(arguments: Mapping[str, Any]) -> bytes:
    """Return arguments, dataclasses among them, as JSON."""
    plain = {name: asdict(value) if is_dataclass(value) else value for name, value in arguments.items()}  # type: ignore[arg-type]
    return orjson.dumps(encode(plain, _extend)[1])


def load_question(data: bytes) -> dict[str, Any]:
    """Return the arguments of a question, dataclasses still as dicts; raises InvalidValue for anything else than a JSON object."""
    try:
        raw = decode(orjson.loads(data or b"{}"))
    except ValueError as error:
        raise InvalidValue(f"the question is no JSON: {error}") from error
    if type(raw) is not dict:
        raise InvalidValue("a question is a JSON object: its arguments by name")
    return raw


def made(kind: type[Any], raw: Any) -> Any:
    """Return a dataclass of a question from its dict; raises InvalidValue when it has other fields or none."""
    if type(raw) is not dict:
        raise InvalidValue(f"a {kind.__name__} is a JSON object")
    arguments = dict(raw)
    for name in _TUPLES.get(kind.__name__, ()):
        if arguments.get(name) is not None and name in arguments:
            arguments[name] = tuple(arguments[name])
    for name, make in _NESTED.items():
        if arguments.get(name) is not None:
            arguments[name] = make(arguments[name])
    try:
        return kind(**arguments)
    except TypeError as error:
        raise InvalidValue(f"this is no {kind.__name__}: {error}") from error


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def dump_answer(answer: Any) -> bytes:
    """Return an answer made of plain values and of the dataclasses of `eventide.model` as JSON."""
    return orjson.dumps(encode(_plain(answer), _extend)[1])


def _plain(answer: Any) -> Any:
    if type(answer) is list:
        return [_plain(item) for item in answer]
    if isinstance(answer, model.RunPage):
        return {"runs": [_plain(run) for run in answer.runs], "total": answer.total}
    if not is_dataclass(answer):
        return answer
    found = {field.name: getattr(answer, field.name) for field in fields(answer)}
    if isinstance(answer, model.RunInfo):
        found["status"] = str(answer.status)
        found["metrics"] = {key: _plain(stats) for key, stats in answer.metrics.items()}
    return found


def load_answer(data: bytes, kind: Any = None) -> Any:
    """Return a plain answer, or one dataclass of `kind`; raises Unreachable when the bytes are none of ours."""
    return _answered(data, lambda raw: raw if kind is None else _built(kind, raw))


def load_answers(data: bytes, kind: Any) -> list[Any]:
    """Return a list of dataclasses of `kind`; raises Unreachable when the bytes are none of ours."""
    return list(_answered(data, lambda raw: [_built(kind, item) for item in raw]))


def _answered(data: bytes, build: Callable[[Any], Any]) -> Any:
    try:
        return build(decode(orjson.loads(data)))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Unreachable(f"the server answered something else than Eventide would: {data[:80]!r}") from error


def _built(kind: Any, raw: dict[str, Any]) -> Any:
    known = {field.name: raw[field.name] for field in fields(kind) if field.name in raw}
    if kind is model.RunPage:
        known["runs"] = tuple(_built(model.RunInfo, run) for run in raw["runs"])
    if kind is model.RunInfo:
        known["status"] = model.RunStatus(raw["status"])
        known["metrics"] = {key: _built(model.MetricStats, stats) for key, stats in raw["metrics"].items()}
    return kind(**known)


def _extend(value: Any) -> Any:
    """Return what stands for a value the codec does not know: references, arrays, and text of any length."""
    if isinstance(value, model.ObjectRef):
        return Encoded({"_object": asdict(value)})
    if type(value) is str:
        return Encoded(value)
    if type(value) is bytes or type(value) is bytearray:
        return Encoded(encode(value)[1])
    return _arrays(value)


def _no_objects() -> Any:
    raise InvalidValue("a value of an answer does not fit into JSON")


_arrays = Extender(_no_objects, lambda _kind, _error, _count: None)


# ── curves ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def dump_curves(curves: Sequence[model.Series] | Sequence[model.Buckets]) -> bytes:
    """Return curves as contents and columns; edges shared by all are sent once."""
    import numpy as np  # noqa: PLC0415 - with the first curve

    blocks: list[bytes] = []
    places: dict[int, list[Any]] = {}
    offset = 0
    contents = []
    for curve in curves:
        columns = {}
        for field in fields(curve):
            value = getattr(curve, field.name)
            if isinstance(value, str):
                continue
            if id(value) not in places:
                data = np.ascontiguousarray(value)
                places[id(value)] = [data.dtype.newbyteorder("<").str, offset, len(data)]
                blocks.append(data.astype(data.dtype.newbyteorder("<"), copy=False).tobytes())
                offset += data.nbytes
            columns[field.name] = places[id(value)]
        contents.append({"run_id": curve.run_id, "key": curve.key, "columns": columns})
    kind = type(curves[0]).__name__ if curves else "Series"
    head = orjson.dumps({"kind": kind, "curves": contents})
    return b"".join((head, b" " * (-(len(head) + 1) % _ALIGN), b"\n", *blocks))


def load_curves(data: bytes) -> list[Any]:
    """Return curves from their bytes, Series or Buckets, columns as read-only views of `data`."""
    import numpy as np  # noqa: PLC0415

    head, _, _ = data.partition(b"\n")
    start = len(head) + 1

    def build(raw: dict[str, Any]) -> list[Any]:
        kind = {"Series": model.Series, "Buckets": model.Buckets}[raw["kind"]]
        return [
            kind(
                run_id=curve["run_id"],
                key=curve["key"],
                **{
                    name: np.frombuffer(data, dtype=np.dtype(form), count=count, offset=start + offset)
                    for name, (form, offset, count) in curve["columns"].items()
                },
            )
            for curve in raw["curves"]
        ]

    return list(_answered(head, build))


# ── tables ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def dump_table(table: pa.Table) -> bytes:
    """Return a table as an Arrow stream."""
    import pyarrow as pa  # noqa: PLC0415 - with the first table

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def load_table(data: bytes) -> pa.Table:
    """Return the table of an Arrow stream; raises Unreachable when it is none."""
    import pyarrow as pa  # noqa: PLC0415

    try:
        return pa.ipc.open_stream(data).read_all()
    except pa.ArrowInvalid as error:
        raise Unreachable("the server answered something else than a table") from error
