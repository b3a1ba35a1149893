"""Values: whatever people log comes back equal, or as a reference to an object that holds it."""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import math
import pickle
import threading
import uuid
from collections import OrderedDict, defaultdict
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from eventide.errors import InvalidValue
from eventide.journal.codec import decode, encode
from eventide.layout import Layout
from eventide.model import ObjectRef
from eventide.objects.local import LocalObjects
from eventide.sdk.values import Extender


class Colour(enum.Enum):
    """An enum of texts."""

    RED = "red"


class Level(enum.IntEnum):
    """An enum of integers."""

    HIGH = 3


class MyFloat(float):
    """A subclass of a plain type."""


class MyText(str):
    """A subclass of a plain type."""

    __slots__ = ()


@dataclasses.dataclass
class Point:
    """A dataclass."""

    x: int
    y: Any


class Thing:
    """A class that nothing knows."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Thing) and other.value == self.value

    __hash__ = None  # type: ignore[assignment]


class FakeTensor:
    """Behaves like a tensor of another library, as far as it is looked at."""

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        self._array = array
        self.dtype = array.dtype
        self.shape = array.shape

    def detach(self) -> FakeTensor:
        """Return the same tensor."""
        return self

    def cpu(self) -> FakeTensor:
        """Return the same tensor."""
        return self

    def item(self) -> Any:
        """Return the one element."""
        return self._array.item()

    def numpy(self) -> np.ndarray[Any, Any]:
        """Return the elements."""
        return self._array


class Pair(NamedTuple):
    """A named tuple."""

    first: int
    second: float


@pytest.fixture
def objects(store_dir: Path) -> LocalObjects:
    """Return the objects of a fresh store."""
    layout = Layout(store_dir)
    layout.create(now_s=1.0)
    return LocalObjects(layout)


@pytest.fixture
def extend(objects: LocalObjects) -> Extender:
    """Return the codec's extension, with a store to keep objects in."""

    def fail(kind: str, error: BaseException, records: int) -> None:
        raise AssertionError((kind, error, records))

    return Extender(lambda: objects, fail)


@pytest.mark.parametrize(
    ("value", "back"),
    [
        (np.float64(0.1), 0.1),
        (np.float32(0.5), 0.5),
        (np.int64(2**62), 2**62),
        (np.uint64(2**64 - 1), 2**64 - 1),
        (np.bool_(True), True),
        (np.str_("text"), "text"),
        (np.complex128(1 + 2j), 1 + 2j),
        (np.array(3.5), 3.5),
        (FakeTensor(np.array(2.5)), 2.5),
        (FakeTensor(np.array(7)), 7),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        (MyFloat(0.25), 0.25),
        (MyText("abc"), "abc"),
        (OrderedDict(a=1), {"a": 1}),
        (defaultdict(int, a=1), {"a": 1}),
        (Pair(1, 2.5), {"first": 1, "second": 2.5}),
        (Point(1, [2]), {"x": 1, "y": [2]}),
        (argparse.Namespace(a=1), {"a": 1}),
        (PurePosixPath("/a/b"), "/a/b"),
        (pd.Timestamp("2026-01-02T03:04:05.678"), dt.datetime(2026, 1, 2, 3, 4, 5, 678000)),  # noqa: DTZ001 - it has no zone
        (pd.Timedelta(seconds=1.5), dt.timedelta(seconds=1.5)),
        (pd.NaT, None),
        (pd.NA, None),
        ({"a": np.float32(1.5)}, {"a": 1.5}),
    ],
)
def test_scalars_and_subclasses_become_plain_values(extend: Extender, value: Any, back: Any) -> None:
    """Scalars of other libraries and subclasses of plain types come back as the plain Python value."""
    found = decode(encode(value, extend)[1])
    assert found == back
    assert type(found) is type(back)


@pytest.mark.parametrize("value", [np.float64("nan"), np.float32("nan"), MyFloat("nan")])
def test_nan_of_any_library_is_a_number(extend: Extender, value: Any) -> None:
    """NaN of another library is tagged and read back as a float."""
    tag, encoded = encode(value, extend)
    assert tag == "f"
    assert math.isnan(decode(encoded))


@pytest.mark.parametrize(
    "value",
    [
        10**30,
        -(2**63) - 1,
        decimal.Decimal("0.10"),
        fractions.Fraction(1, 3),
        uuid.UUID(int=7),
        dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
        dt.date(2026, 1, 2),
        dt.time(1, 2, 3, 4),
        dt.timedelta(days=-1, microseconds=1),
        b"\x00\xff",
        bytearray(b"x"),
        1 + 2j,
        (1, (2, 3)),
        {1, 2},
        frozenset({"a"}),
        range(1, 10, 2),
        {"_datetime": "mine"},
        {"_array": 1},
        {1: "a", None: 2},
        "NaN",
        "\ud800",
        {"_text": "NaN"},
        [None, True, {"a": [1.5]}],
    ],
)
def test_plain_python_values_come_back_equal_and_typed(extend: Extender, value: Any) -> None:
    """Values of the standard library survive exactly, those that look like the format's own included."""
    found = decode(encode(value, extend)[1])
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12, dtype=np.int8).reshape(3, 4),
        np.array([0.1, np.nan, np.inf, -np.inf, -0.0], dtype=np.float32),
        np.array([0.1, 1e308], dtype=np.float64),
        np.array([], dtype=np.float16),
        np.array([2**64 - 1], dtype=np.uint64),
        np.array([1 + 2j, complex("nan")], dtype=np.complex64),
        np.array([True, False]),
        np.array(["a", "bcd"]),
        np.array(["2026-01-01", "NaT"], dtype="M8[ns]"),
        np.array([5], dtype="m8[s]"),
        np.arange(3, dtype=">i4"),
        np.datetime64("2026-01-01T00:00:00.123456789"),
    ],
)
def test_small_array_comes_back_exactly(extend: Extender, array: Any) -> None:
    """An array of up to 1,000 elements keeps dtype, shape and every element, inside the row."""
    found = decode(encode(array, extend)[1])
    assert found.dtype == array.dtype
    assert found.shape == array.shape
    np.testing.assert_array_equal(found, array)


def test_array_of_another_library_is_kept_inline(extend: Extender) -> None:
    """A small tensor is kept with its values, and the type it had."""
    encoded = encode(FakeTensor(np.arange(3)), extend)[1]
    assert encoded["_array"]["type"].endswith("FakeTensor")
    assert decode(encoded).tolist() == [0, 1, 2]


def test_large_array_is_an_npy_object(extend: Extender, objects: LocalObjects) -> None:
    """An array of more than 1,000 elements is an object that numpy reads without unpickling."""
    import io

    array = np.linspace(0, 1, 1001)
    ref = decode(encode(array, extend)[1])
    assert isinstance(ref, ObjectRef)
    assert (ref.format, ref.type, ref.repr) == ("npy", "numpy.ndarray", "float64[1001]")
    np.testing.assert_array_equal(np.load(io.BytesIO(objects.read(ref.sha256)), allow_pickle=False), array)


@pytest.mark.parametrize(("value", "form"), [("é" * 1_100_000, "text"), (b"x" * 1_100_000, "bytes")])
def test_long_text_and_bytes_are_objects(extend: Extender, objects: LocalObjects, value: Any, form: str) -> None:
    """Text and bytes beyond 1 MiB are kept as objects, byte for byte."""
    ref = decode(encode(value, extend)[1])
    assert ref.format == form
    data = objects.read(ref.sha256)
    assert (data.decode() if form == "text" else data) == value


@pytest.mark.parametrize(
    "value", [Thing(3), pd.DataFrame({"a": [1]}), pd.Timestamp(1), np.array([Thing(1)], dtype=object)]
)
def test_other_objects_are_pickled(extend: Extender, objects: LocalObjects, value: Any) -> None:
    """An object that nothing knows is pickled into the store and described in the row."""
    ref = decode(encode(value, extend)[1])
    assert ref.format == "pickle"
    assert ref.size_bytes == objects.size_bytes(ref.sha256)
    back = pickle.loads(objects.read(ref.sha256))
    assert np.all(np.asarray(back == value))


def test_lambda_is_pickled(extend: Extender, objects: LocalObjects) -> None:
    """A lambda is an object like any other, and runs after loading."""
    ref = decode(encode(lambda x: x + 1, extend)[1])
    assert pickle.loads(objects.read(ref.sha256))(1) == 2


def test_what_cannot_be_pickled_is_refused(extend: Extender, objects: LocalObjects) -> None:
    """A generator, a lock and a function over one are the caller's mistake, with a hint, and store nothing."""
    lock = threading.Lock()
    for value in ((x for x in range(0)), lock, lambda: lock):
        with pytest.raises(InvalidValue) as caught:
            encode(value, extend)
        assert caught.value.hint
    assert not objects._layout.objects_dir.exists()


def test_circular_values_are_refused(extend: Extender) -> None:
    """A value that contains itself is refused at once, however wide it is."""
    wide: list[Any] = []
    wide.extend([wide, wide, wide])
    point = Point(1, None)
    point.y = {"point": point}
    for value in (wide, {"a": wide}, point):
        with pytest.raises(InvalidValue, match=r"itself|deeper"):
            encode(value, extend)


def test_hostile_repr_does_no_harm(extend: Extender) -> None:
    """An object whose repr raises is stored all the same, described by its type."""

    class Rude:
        def __repr__(self) -> str:
            raise RuntimeError

    assert "Rude" in decode(encode(Rude(), extend)[1]).repr


def test_object_the_disk_refuses_is_reported_not_raised(store_dir: Path) -> None:
    """When an object cannot be stored the row keeps its description, and the failure is counted."""
    failures: list[str] = []

    class Full:
        def put_bytes(self, data: bytes) -> str:
            raise OSError(28, "No space left on device")

    extend = Extender(Full, lambda kind, _error, _records: failures.append(kind))  # type: ignore[arg-type]
    assert decode(encode(SimpleNamespace(a=1), extend)[1]).format == "pickle"
    assert failures == ["object"]
