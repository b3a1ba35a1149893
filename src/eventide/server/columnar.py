"""Curves as bytes that a browser draws without parsing: a small JSON header, then aligned little-endian blocks.

    "EVS1" · u32 length of the header · header, padded with spaces to a multiple of 8 · blocks, each on a multiple of 8

Invariant: a block is written once however many curves share it; numbers are single precision only where that loses nothing to see.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAGIC = b"EVS1"
_ALIGN = 8
_FINEST = 1e-5
"""Part of the largest magnitude that single precision tells apart with room to spare."""
_LARGEST = float(np.finfo(np.float32).max)


class Blocks:
    """The blocks of one answer."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._places: dict[tuple[str, bytes], dict[str, Any]] = {}
        self._size = 0

    def add(self, values: NDArray[Any], dtype: str) -> dict[str, Any]:
        """Add a block of dtype f4, f8 or u4 and return where it is: offset, length in bytes, dtype."""
        data = np.ascontiguousarray(values, dtype=np.dtype(f"<{dtype}")).tobytes()
        place = self._places.get((dtype, data))
        if place is None:
            place = {"offset": self._size, "length": len(data), "dtype": dtype}
            self._places[dtype, data] = place
            padding = -len(data) % _ALIGN
            self._parts += [data, b"\0" * padding]
            self._size += len(data) + padding
        return place

    def add_values(self, values: NDArray[np.float64], *, exact: bool = False) -> dict[str, Any]:
        """Add values in single precision where that is enough: to see, or with `exact` to be the same number."""
        return self.add(values, "f4" if _fits(values, exact=exact) else "f8")

    def answer(self, header: dict[str, Any]) -> bytes:
        """Return the whole answer."""
        head = orjson.dumps(header)
        head += b" " * (-(len(head) + len(MAGIC) + 4) % _ALIGN)
        return b"".join((MAGIC, len(head).to_bytes(4, "little"), head, *self._parts))


def _fits(values: NDArray[np.float64], *, exact: bool) -> bool:
    finite = values[np.isfinite(values)]
    if not len(finite):
        return True
    largest = float(np.abs(finite).max())
    if largest > _LARGEST:
        return False
    if exact:
        return bool((finite.astype(np.float32) == finite).all())
    spread = float(finite.max() - finite.min())
    return (
        spread == 0.0 and math.isclose(float(np.float32(finite[0])), float(finite[0]), rel_tol=1e-7)
    ) or spread > _FINEST * largest
