"""Arrow arrays from Python lists and numpy and back, through their buffers.

`pa.array`, `pa.scalar` and `to_numpy` import pandas when it is installed, to ask whether they were given some of it: a second that no
command line has to spare, and memory that no server has. Invariant: nothing here imports pandas, every array equals what
`pa.array(values, type)` would give, and every numpy array what `to_numpy` would, where nothing is null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray


def from_numpy(data: NDArray[Any], of: pa.DataType, valid: NDArray[np.bool_] | None = None) -> pa.Array:
    """Return a numpy array of the matching width as an Arrow array, sharing its memory; null where not `valid`."""
    return pa.Array.from_buffers(of, len(data), [_bitmap(valid), pa.py_buffer(np.ascontiguousarray(data))])


def to_numpy(column: pa.Array | pa.ChunkedArray) -> NDArray[Any]:
    """Return numbers or booleans as numpy, with anything where there is null; their own memory where they are in one piece, not packed."""
    if isinstance(column, pa.ChunkedArray):
        chunks = [to_numpy(chunk) for chunk in column.chunks]
        return chunks[0] if len(chunks) == 1 else np.concatenate(chunks or [np.empty(0, _dtype(column.type))])
    if pa.types.is_boolean(column.type):
        return to_numpy(pc.cast(column, pa.uint8())).view(np.bool_)
    data = column.buffers()[1]
    if data is None or not len(column):
        return np.empty(0, _dtype(column.type))
    return np.frombuffer(data, _dtype(column.type), len(column), column.offset * column.type.bit_width // 8)


def _dtype(of: pa.DataType) -> np.dtype[Any]:
    if pa.types.is_boolean(of):
        return np.dtype(np.bool_)
    kind = "f" if pa.types.is_floating(of) else "u" if pa.types.is_unsigned_integer(of) else "i"
    return np.dtype(f"{kind}{of.bit_width // 8}")


def of_type(values: list[Any], of: pa.DataType) -> pa.Array:
    """Return values as doubles, 64-bit integers, text, or moments (given in microseconds since the epoch)."""
    if pa.types.is_timestamp(of):
        return ints(values).view(of)
    makers: dict[pa.DataType, Callable[[list[Any]], pa.Array]] = {
        pa.float64(): floats,
        pa.int64(): ints,
        pa.string(): texts,
    }
    return makers[of](values)


def constant(text: str, count: int) -> pa.Array:
    """Return `count` times the same text."""
    raw = text.encode()
    offsets = np.arange(count + 1, dtype=np.int32) * np.int32(len(raw))
    return pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(offsets), pa.py_buffer(raw * count)])


def floats(values: list[float | None]) -> pa.Array:
    """Return doubles."""
    return from_numpy(np.array(values, dtype=np.float64), pa.float64(), _valid(values))


def ints(values: list[int | None]) -> pa.Array:
    """Return 64-bit integers."""
    valid = _valid(values)
    plain = values if valid is None else [0 if value is None else value for value in values]
    return from_numpy(np.array(plain, dtype=np.int64), pa.int64(), valid)


def bools(values: list[bool | None]) -> pa.Array:
    """Return booleans."""
    data = _bitmap(np.array([value is True for value in values], dtype=np.bool_))
    return pa.Array.from_buffers(pa.bool_(), len(values), [_bitmap(_valid(values)), data])


def flags(bits: NDArray[np.bool_]) -> pa.Array:
    """Return a numpy mask as booleans."""
    return pa.Array.from_buffers(pa.bool_(), len(bits), [None, _bitmap(bits)])


def texts(values: Sequence[str | None]) -> pa.Array:
    """Return text; together less than 2 GiB."""
    encoded = [b"" if value is None else value.encode() for value in values]
    offsets = np.zeros(len(values) + 1, dtype=np.int32)
    np.cumsum([len(raw) for raw in encoded], out=offsets[1:])
    buffers = [_bitmap(_valid(values)), pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(values), buffers)


def scattered(places: NDArray[np.int64], values: NDArray[Any], of: pa.DataType, count: int) -> pa.Array:
    """Return `count` values, `values` at `places` and null elsewhere; memory between them is reserved but not used."""
    data = np.zeros(count, dtype=values.dtype)
    data[places] = values
    valid = np.zeros((count + 7) // 8, dtype=np.uint8)
    np.bitwise_or.at(valid, places >> 3, np.left_shift(1, places & 7).astype(np.uint8))
    return pa.Array.from_buffers(of, count, [pa.py_buffer(valid), pa.py_buffer(data)])


def holds_large(array: pa.Array, limit: float) -> bool:
    """Tell whether an array of doubles holds a finite value of `limit` or more, up or down."""
    if not len(array):
        return False
    values = np.frombuffer(array.buffers()[1], np.float64)[array.offset : array.offset + len(array)]
    sizes = np.abs(values)
    return bool((np.isfinite(sizes) & (sizes >= limit)).any())


def _valid(values: Sequence[Any]) -> NDArray[np.bool_] | None:
    """Return which values are not None; None when all are."""
    if None not in values:
        return None
    return np.array([value is not None for value in values], dtype=np.bool_)


def _bitmap(bits: NDArray[np.bool_] | None) -> pa.Buffer | None:
    return None if bits is None else pa.py_buffer(np.packbits(bits, bitorder="little"))
