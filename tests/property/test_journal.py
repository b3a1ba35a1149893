"""Properties of the journal: nothing is lost, nothing is changed, whatever is logged and wherever a file is cut."""

from __future__ import annotations

import math
import os
import tempfile
from datetime import UTC
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from eventide.journal.codec import decode, encode
from eventide.journal.reader import read_chunks, read_header, records, row_values
from eventide.journal.writer import Identity, JournalWriter
from eventide.layout import Layout

TEXTS = st.one_of(
    st.text(max_size=12),
    st.text(st.characters(categories=("Cs", "L")), max_size=3),
    st.sampled_from(["NaN", "Infinity", "-Infinity", "null", "_text", "_dict", "\n", '"', "step"]),
)
HASHABLES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    TEXTS,
    st.binary(max_size=8),
    st.datetimes(),
    st.datetimes(timezones=st.just(UTC)),
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.decimals(allow_nan=False),
    st.fractions(),
    st.uuids(),
)
SCALARS = st.one_of(HASHABLES, st.floats(), st.complex_numbers(), st.builds(bytearray, st.binary(max_size=4)))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.one_of(TEXTS, HASHABLES), inner, max_size=3),
        st.sets(HASHABLES, max_size=3),
        st.frozensets(HASHABLES, max_size=3),
    ),
    max_leaves=8,
)
KEYS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8),
    st.sampled_from(
        ["step", "ts", "run_id", "_x", "__x", "_keys", "_run", "_end", "a.b", "a/b", "Loss", "loss", "a\nb"]
    ),
)
ROWS = st.dictionaries(KEYS, VALUES, max_size=5)
PLAIN_ROWS = st.dictionaries(
    st.sampled_from("abc"),
    st.one_of(st.floats(), st.integers(), st.booleans(), st.sampled_from(["x", "null", "NaN"])),
    max_size=3,
)


def same(left: Any, right: Any) -> bool:
    """Tell whether two values are equal and of the same type throughout, NaN being equal to itself and 0.0 not to -0.0."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return bool(left.hex() == right.hex())
    if isinstance(left, complex):
        return same(left.real, right.real) and same(left.imag, right.imag)
    if isinstance(left, dict):
        pairs = zip(left.items(), right.items(), strict=True) if len(left) == len(right) else None
        return pairs is not None and all(same(k1, k2) and same(v1, v2) for (k1, v1), (k2, v2) in pairs)
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right) or (isinstance(left, (Decimal, Fraction)) and str(left) == str(right))


def write(root: Path, rows: list[dict[str, Any]], **options: Any) -> list[Path]:
    """Write rows with one writer and return its parts."""
    layout = Layout(root)
    layout.create(now_s=1.0)
    writer = JournalWriter(layout, Identity(run="r", project="p", role="run"), **options)
    for row in rows:
        writer.append(row)
    writer.close({"status": "finished"})
    return sorted(layout.run_dir("r").glob("*.jsonl"))


def read(paths: list[Path]) -> list[dict[str, Any]]:
    """Return the rows of parts, decoded."""
    found = (record for path in paths for chunk in read_chunks(path, 0) for _, record in records(chunk))
    return [row_values(record) for record in found if record is not None and "step" in record]


@given(VALUES)
def test_every_value_comes_back_equal_and_typed(value: Any) -> None:
    """decode(encode(v)) is v, through JSON, for every value of the standard library however nested."""
    import orjson

    assert same(decode(orjson.loads(orjson.dumps(encode(value)[1]))), value)


@given(st.lists(st.one_of(ROWS, PLAIN_ROWS), max_size=12), st.sampled_from([1024, 16 * 1024 * 1024]))
def test_every_row_comes_back_in_order(rows: list[dict[str, Any]], part_size_bytes: int) -> None:
    """Whatever rows are logged after one another, all come back in order, over as many parts as it takes."""
    with tempfile.TemporaryDirectory() as folder:
        found = read(write(Path(folder), rows, part_size_bytes=part_size_bytes))
    assert same(found, [row for row in rows if row])


@given(st.lists(ROWS, min_size=1, max_size=4))
def test_part_cut_anywhere_yields_the_whole_records_before_the_cut(rows: list[dict[str, Any]]) -> None:
    """A part cut at any byte gives exactly the records whose last byte lies before the cut, and is completed by the rest."""
    with tempfile.TemporaryDirectory() as folder:
        (path,) = write(Path(folder) / "store", rows)
        data = path.read_bytes()
        torn = Path(folder) / "torn"
        torn.write_bytes(data)
        for cut in range(len(data), -1, -1):
            os.truncate(torn, cut)
            whole = data.rfind(b"\n", 0, cut) + 1
            assert b"".join(chunk.data for chunk in read_chunks(torn, 0)) == data[:whole]
            assert (read_header(torn) is None) == (whole == 0)
        for whole in (0, *(at + 1 for at, byte in enumerate(data) if byte == ord("\n"))):
            assert b"".join(chunk.data for chunk in read_chunks(path, whole)) == data[whole:]


@given(st.floats())
def test_float_keeps_every_bit(value: float) -> None:
    """A float is the same float after a round trip, signed zero and NaN included."""
    found = decode(encode(value)[1])
    assert math.isnan(found) if math.isnan(value) else found.hex() == value.hex()
