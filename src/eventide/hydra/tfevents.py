"""Scalars of TensorBoard event files, read without TensorBoard.

A file is a row of records: length (8 bytes), its masked CRC-32C (4), a protobuf `Event`, the masked CRC-32C of that (4). Of the event only
time, step and scalar values are read, as `simple_value` or as a tensor of one number.
Invariant: whatever the bytes say, reading ends; a torn or damaged tail ends it early, and what came before is kept.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

MAX_RECORD_BYTES = 64 * 1024 * 1024
_POLYNOMIAL = 0x82F63B78
_MASK_DELTA = 0xA282EAD8
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FLOAT, _DOUBLE, _INT32, _INT64 = 1, 2, 3, 9
_FORMATS = {_FLOAT: "<f", _DOUBLE: "<d", _INT32: "<i", _INT64: "<q"}
_VALUE_FIELDS = {5: "<f", 6: "<d"}

Field = tuple[int, int, "int | bytes"]


class Scalar(NamedTuple):
    """One logged number."""

    wall_time: float
    step: int
    tag: str
    value: float


def read_scalars(file: BinaryIO) -> Iterator[Scalar]:
    """Yield the scalars of an event file opened for reading bytes, in order."""
    for payload in _records(file):
        try:
            yield from _event(payload)
        except (ValueError, IndexError, struct.error):
            return


def _records(file: BinaryIO) -> Iterator[bytes]:
    while len(head := file.read(12)) == 12:
        length, crc = struct.unpack("<QI", head)
        if length > MAX_RECORD_BYTES or crc != masked_crc(head[:8]):
            return
        payload = file.read(length)
        if len(payload) < length or len(file.read(4)) < 4:
            return
        yield payload


def _event(payload: bytes) -> Iterator[Scalar]:
    wall_time, step = 0.0, 0
    summaries: list[bytes] = []
    for number, wire, value in _fields(payload):
        if number == 1 and wire == _FIXED64 and isinstance(value, bytes):
            (wall_time,) = struct.unpack("<d", value)
        elif number == 2 and isinstance(value, int):
            step = value - (1 << 64) if value >= 1 << 63 else value
        elif number == 5 and isinstance(value, bytes):
            summaries.append(value)
    for summary in summaries:
        for number, wire, value in _fields(summary):
            if number == 1 and wire == _BYTES and isinstance(value, bytes):
                found = _value(value)
                if found is not None:
                    yield Scalar(wall_time, max(step, 0), *found)


def _value(data: bytes) -> tuple[str, float] | None:
    """Return tag and number of one summary value; None when it is no scalar."""
    tag, result = "", None
    for number, wire, value in _fields(data):
        if not isinstance(value, bytes):
            continue
        if number == 1 and wire == _BYTES:
            tag = value.decode("utf-8", "replace")
        elif number == 2 and wire == _FIXED32:
            (result,) = struct.unpack("<f", value)
        elif number == 8 and wire == _BYTES:
            result = _tensor(value)
    return None if result is None or not tag else (tag, float(result))


def _tensor(data: bytes) -> float | None:
    """Return the number a tensor of one element holds; None for larger ones and for texts."""
    kind = 0
    content = b""
    for number, wire, value in _fields(data):
        if number == 1 and isinstance(value, int):
            kind = value
        elif number == 4 and isinstance(value, bytes):
            content = value
        elif number in _VALUE_FIELDS and isinstance(value, bytes) and wire in (_BYTES, _FIXED32, _FIXED64):
            form = _VALUE_FIELDS[number]
            return float(struct.unpack(form, value)[0]) if len(value) == struct.calcsize(form) else None
        elif number in (7, 10) and wire == _VARINT and isinstance(value, int):
            return float(value - (1 << 64) if value >= 1 << 63 else value)
    form = _FORMATS.get(kind, "")
    return float(struct.unpack(form, content)[0]) if form and len(content) == struct.calcsize(form) else None


def _fields(data: bytes) -> Iterator[Field]:
    """Yield (number, wire type, value) of a protobuf message; raises ValueError or IndexError when it is none."""
    place, end = 0, len(data)
    while place < end:
        key, place = _varint(data, place)
        wire = key & 7
        if wire == _VARINT:
            value, place = _varint(data, place)
            yield key >> 3, wire, value
            continue
        if wire == _BYTES:
            size, place = _varint(data, place)
        elif wire in (_FIXED64, _FIXED32):
            size = 8 if wire == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {wire}")
        if place + size > end:
            raise ValueError("a field reaches beyond its message")
        yield key >> 3, wire, data[place : place + size]
        place += size


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise ValueError("a number of more than ten bytes")


def _table() -> tuple[int, ...]:
    rows = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0)
        rows.append(crc)
    return tuple(rows)


_CRC = _table()


def masked_crc(data: bytes) -> int:
    """Return the masked CRC-32C of a few bytes, as TFRecord files hold it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & 0xFFFFFFFF
