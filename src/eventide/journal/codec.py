"""Values to JSON and back, without loss.

JSON already tells int, float, bool, str, None, list and dict apart. What it cannot say is written as

* the strings "NaN", "Infinity", "-Infinity": a float (a user's string of that text is written as {"_text": "NaN"});
* a dict with one key that names a type: {"_decimal": "0.1"}, {"_datetime": "..."}, {"_bytes": "<base64>"}, ...
  A user's own dict that would look like one, or has keys that are not strings, is written as {"_dict": [[key, value], ...]}.

Invariant: `decode(encode(v))` equals v and has its type, for every v that `encode` accepts; decoding needs no context and never
runs code. Tags (`i l f b s n j`) say which physical column a value belongs to; they are hints, not needed for decoding.
"""

from __future__ import annotations

import binascii
import math
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from eventide.errors import InvalidValue

INT, LONG, FLOAT, BOOL, TEXT, NULL, JSON = "i", "l", "f", "b", "s", "n", "j"

EXACT_INT = 1 << 53
"""Integers up to this magnitude are exact as DOUBLE; rows with larger ones are tagged `l`."""
INT64_MAX = (1 << 63) - 1
MAX_DEPTH = 64
"""Nesting deeper than this is refused: no reader of the tables could use it."""

MAX_INLINE_BYTES = 1024 * 1024
"""Text and bytes longer than this are offered to the extension, which keeps them as an object."""

NONFINITE = frozenset({"NaN", "Infinity", "-Infinity"})

Trail = tuple[int, ...]
"""Identities of the containers around a value: a circular one ends here, however wide it is."""
_BYTES = (bytes, bytearray)

Extension = Callable[[Any], Any]
"""Turns a value this module does not know into one it does, or raises InvalidValue."""


def float_text(value: float) -> str | float:
    """Return a float as JSON writes it here: itself when finite, else its name."""
    if value - value == 0.0:
        return value
    if value != value:  # noqa: PLR0124 - NaN
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def refuse(value: object) -> Any:
    """Raise `InvalidValue`: the extension used when none is given."""
    raise InvalidValue(f"a value of type {type(value).__name__} cannot be logged")


def encode(value: Any, extend: Extension = refuse) -> tuple[str, Any]:
    """Return `(tag, jsonable)` for one value of a row; `extend` is asked about types this module does not know.

    Raises:
        InvalidValue: circular, nested deeper than 64 levels, or of a type that neither this module nor `extend` knows.
    """
    encoded = _encode(value, extend, ())
    return tag_of(encoded), encoded


def tag_of(encoded: Any) -> str:
    """Return the tag of an encoded value, from its JSON form alone."""
    kind = type(encoded)
    if kind is float:
        return FLOAT
    if kind is int:
        return INT if -EXACT_INT <= encoded <= EXACT_INT else LONG
    if kind is bool:
        return BOOL
    if kind is str:
        return FLOAT if encoded in NONFINITE else TEXT
    return NULL if encoded is None else JSON


def _encode(value: Any, extend: Extension, trail: Trail) -> Any:  # noqa: PLR0911 - one return per kind reads best
    kind = type(value)
    if kind is float:
        return float_text(value)
    if kind is str:
        return (
            _encode_text(value)
            if len(value) <= MAX_INLINE_BYTES or extend is refuse
            else _encode(extend(value), extend, trail)
        )
    if kind is int:
        return value if -INT64_MAX - 1 <= value <= INT64_MAX else {"_int": str(value)}
    if value is None or kind is bool:
        return value
    if kind is Encoded:
        return value.json
    if len(trail) >= MAX_DEPTH or id(value) in trail:
        why = "contains itself" if id(value) in trail else f"is nested deeper than {MAX_DEPTH} levels"
        raise InvalidValue(f"a {kind.__name__} {why}")
    trail = (*trail, id(value))
    if kind is dict:
        return _encode_dict(value, extend, trail)
    if kind is list:
        return [_encode(item, extend, trail) for item in value]
    encoder = _encoder_of(kind)
    if encoder is None or (kind in _BYTES and len(value) > MAX_INLINE_BYTES and extend is not refuse):
        return _encode(extend(value), extend, trail)
    name, plain = encoder(value)
    return {name: _encode(plain, extend, trail) if type(plain) is list else plain}


class Encoded:
    """A value an extension has already turned into its final JSON form."""

    __slots__ = ("json",)

    def __init__(self, json: Any) -> None:
        self.json = json


def _encode_text(value: str) -> Any:
    if value in NONFINITE:
        return {"_text": value}
    try:
        value.encode()
    except UnicodeEncodeError:
        return {"_surrogates": _base64(value.encode("utf-8", "surrogatepass"))}
    return value


def _encode_dict(value: dict[Any, Any], extend: Extension, trail: Trail) -> Any:
    plain = all(type(key) is str for key in value) and not (len(value) == 1 and next(iter(value)).startswith("_"))
    if plain:
        try:
            "".join(value).encode()
        except UnicodeEncodeError:
            plain = False
    if plain:
        return {key: _encode(item, extend, trail) for key, item in value.items()}
    return {"_dict": [[_encode(key, extend, trail), _encode(item, extend, trail)] for key, item in value.items()]}


def _sorted(items: Any) -> list[Any]:
    """Return the items of a set in an order that does not depend on the process."""
    try:
        return sorted(items)
    except TypeError:
        return sorted(items, key=lambda item: (type(item).__name__, repr(item)))


_ENCODERS: dict[type, Callable[[Any], tuple[str, Any]]] = {
    complex: lambda v: ("_complex", [v.real, v.imag]),
    bytes: lambda v: ("_bytes", _base64(v)),
    bytearray: lambda v: ("_bytearray", _base64(v)),
    tuple: lambda v: ("_tuple", list(v)),
    set: lambda v: ("_set", _sorted(v)),
    frozenset: lambda v: ("_frozenset", _sorted(v)),
    range: lambda v: ("_range", [v.start, v.stop, v.step]),
}
_NAMED_ENCODERS: dict[str, Callable[[Any], tuple[str, Any]]] = {
    "datetime.datetime": lambda v: ("_datetime", v.isoformat()),
    "datetime.date": lambda v: ("_date", v.isoformat()),
    "datetime.time": lambda v: ("_time", v.isoformat()),
    "datetime.timedelta": lambda v: ("_timedelta", [v.days, v.seconds, v.microseconds]),
    "decimal.Decimal": lambda v: ("_decimal", str(v)),
    "fractions.Fraction": lambda v: ("_fraction", str(v)),
    "uuid.UUID": lambda v: ("_uuid", str(v)),
}
"""Encoders of types whose modules are not imported here, for they would double the start-up of a script that never logs them."""


def _encoder_of(kind: type) -> Callable[[Any], tuple[str, Any]] | None:
    """Return how a type is encoded, or None; remembers types of modules that have been imported meanwhile."""
    encoder = _ENCODERS.get(kind)
    if encoder is None:
        encoder = _NAMED_ENCODERS.get(f"{kind.__module__}.{kind.__qualname__}")
        if encoder is None or getattr(sys.modules.get(kind.__module__), kind.__name__, None) is not kind:
            return None
        _ENCODERS[kind] = encoder
    return encoder


def _made(module: str, name: str) -> Any:
    return getattr(import_module(module), name)


def _base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode()


def _array(content: Any) -> Any:
    """Return a numpy array exactly as it was, or the content as it is where there is no numpy."""
    try:
        numpy = import_module("numpy")
    except ImportError:
        return {"_array": content}
    dtype, shape, data = numpy.dtype(content["dtype"]), content["shape"], content["data"]
    if dtype.kind in "fc":
        parts = numpy.array([float(x) for x in data], dtype="f8")
        return (parts.view("c16") if dtype.kind == "c" else parts).astype(dtype).reshape(shape)
    if dtype.kind in "mM":
        return numpy.array(data, dtype="i8").astype(dtype.newbyteorder("=")).astype(dtype).reshape(shape)
    return numpy.array(data, dtype=dtype).reshape(shape)


def _object_ref(content: Any) -> Any:
    from eventide.model import ObjectRef  # noqa: PLC0415 - a writer has no use for the model

    return ObjectRef(**{name: content[name] for name in ("sha256", "size_bytes", "format", "type", "repr")})


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "_datetime": lambda v: _made("datetime", "datetime").fromisoformat(v),
    "_date": lambda v: _made("datetime", "date").fromisoformat(v),
    "_time": lambda v: _made("datetime", "time").fromisoformat(v),
    "_timedelta": lambda v: _made("datetime", "timedelta")(*v),
    "_decimal": lambda v: _made("decimal", "Decimal")(str(v)),
    "_fraction": lambda v: _made("fractions", "Fraction")(str(v)),
    "_complex": lambda v: complex(*(decode(part) for part in v)),
    "_bytes": binascii.a2b_base64,
    "_bytearray": lambda v: bytearray(binascii.a2b_base64(v)),
    "_tuple": lambda v: tuple(decode(item) for item in v),
    "_set": lambda v: {decode(item) for item in v},
    "_frozenset": lambda v: frozenset(decode(item) for item in v),
    "_range": lambda v: range(*v),
    "_uuid": lambda v: _made("uuid", "UUID")(str(v)),
    "_int": int,
    "_text": str,
    "_surrogates": lambda v: binascii.a2b_base64(v).decode("utf-8", "surrogatepass"),
    "_array": _array,
    "_object": _object_ref,
    "_dict": lambda v: {decode(key): decode(item) for key, item in v},
}


def decode(raw: Any) -> Any:
    """Return the value whose JSON form is `raw`; a form this version does not know comes back as the dict it is."""
    kind = type(raw)
    if kind is str:
        return float(raw) if raw in NONFINITE else raw
    if kind is list:
        return [decode(item) for item in raw]
    if kind is not dict:
        return raw
    if len(raw) == 1:
        ((name, content),) = raw.items()
        decoder = _DECODERS.get(name)
        if decoder is not None:
            try:
                return decoder(content)
            except (ValueError, TypeError, ArithmeticError, LookupError):
                return raw
    return {key: decode(item) for key, item in raw.items()}


def is_number(raw: Any) -> bool:
    """Tell whether a raw JSON value of a row counts as a number (bool does not)."""
    return type(raw) in (int, float) or (type(raw) is str and raw in NONFINITE)


def as_float(raw: Any) -> float:
    """Return a raw number as a float; NaN for everything else."""
    return float(raw) if is_number(raw) else math.nan
