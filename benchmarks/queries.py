"""What a person waits for: curves of many runs, one long curve, and the first page of a long runs table.

The floor of the buckets is DuckDB grouping the very same Parquet files by hand.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import duckdb

from benchmarks.measure import Row, Scale, folder, in_turns, median_s, ms, python, python_s, seconds
from benchmarks.stores import create, write_curves, write_table_runs

if TYPE_CHECKING:
    from eventide.model import Buckets

BINS = 1000
KEY = "train/loss"
FIFTY = 50
PAGE = 50

CURVE = """
import sys, eventide
frame = eventide.open(sys.argv[1]).series("", "train/loss")
assert len(frame) == int(sys.argv[2]), len(frame)
"""
IMPORT_PANDAS = "import pandas"


def rows(scale: Scale) -> list[Row]:
    return [*_buckets(scale), *_runs_table(scale), *_long_curve(scale)]


def _buckets(scale: Scale) -> list[Row]:
    from eventide.model import SeriesQuery
    from eventide.store.local import LocalSource

    runs, steps, rounds = scale(FIFTY, 3), scale(10_000, 2_000), scale(11, 2)
    with folder() as root:
        ids = tuple(write_curves(create(root / "store"), runs, steps))
        query = SeriesQuery(ids, (KEY,), bins=BINS)

        def ask(source: LocalSource) -> None:
            found = source.series(query)
            assert len(found) == runs
            assert sum(int(cast("Buckets", curve).count.sum()) for curve in found) == runs * steps

        unsealed = LocalSource(root / "store", auto_seal=False)
        first_unsealed = seconds(lambda: ask(unsealed))
        warm_unsealed = median_s(lambda: ask(unsealed), rounds)
        unsealed.seal()
        unsealed.close()
        sealed = LocalSource(root / "store")
        first_sealed = seconds(lambda: ask(sealed))
        floor = _by_hand(root / "store", max(1, steps // BINS))
        warm_sealed, bare = in_turns((lambda: seconds(lambda: ask(sealed)), lambda: seconds(floor)), rounds)
        sealed.close()
    what = f"{runs} runs x {steps:,} steps x 3 metrics: one metric of all in {BINS:,} buckets"
    by_hand = f"{ms(bare)} DuckDB by hand"
    return [
        Row(f"{what}, warm, sealed", "≤ 100 ms", ms(warm_sealed), by_hand, warm_sealed / bare, warm_sealed <= 0.1),
        Row(f"{what}, warm, journals", "≤ 1 s", ms(warm_unsealed), by_hand, warm_unsealed / bare, warm_unsealed <= 1),
        Row("the same, first question, sealed / journals", "", f"{ms(first_sealed)} / {ms(first_unsealed)}"),
    ]


def _by_hand(root: Path, width: int) -> Any:
    files = sorted(map(str, (root / "tables").glob("*/events/**/*.parquet")))
    con = duckdb.connect()
    con.execute("SET threads = 2")
    select = (
        f'SELECT run_id, step // {width} AS bucket, min("{KEY}"), max("{KEY}"), avg("{KEY}"), arg_max("{KEY}", step)'
    )
    query = f"{select} FROM read_parquet($files) GROUP BY ALL"
    return lambda: con.execute(query, {"files": files}).fetchnumpy()


def _runs_table(scale: Scale) -> list[Row]:
    from eventide.model import RunQuery
    from eventide.store.local import LocalSource

    runs, columns, rounds = scale(10_000, 50), 50, scale(15, 2)
    query = RunQuery(filter="lr<1e-2 and optimizer=adamw and m03>0", sort="-best(m01)", limit=PAGE)
    with folder() as root:
        write_table_runs(create(root / "store"), runs, columns)
        source = LocalSource(root / "store")
        first = seconds(lambda: source.runs(query))
        warm = median_s(lambda: source.runs(query), rounds)
        page = source.runs(query)
        source.close()
        again = LocalSource(root / "store")
        reopened = seconds(lambda: again.runs(query))
        again.close()
    assert 0 < len(page.runs) <= PAGE < page.total or scale.quick
    what = f"runs table of {runs:,} runs x {columns} columns, filtered and sorted, first {PAGE}"
    return [
        Row(f"{what}, warm", "≤ 50 ms", ms(warm), met=warm <= 0.05),
        Row("the same, first ever (builds the index) / in a new source", "", f"{first:.1f} s / {ms(reopened)}"),
    ]


def _long_curve(scale: Scale) -> list[Row]:
    import eventide

    steps, rounds = scale(100_000, 1_000), scale(9, 2)
    with folder() as root:
        write_curves(create(root / "store"), 1, steps)
        with eventide.open(root / "store") as store:
            store.seal()

            def ask() -> None:
                assert len(store.series("", KEY)) == steps

            warm = median_s(ask, rounds)
        python(CURVE, root / "store", steps)
        start, pandas = in_turns(
            (lambda: python_s(CURVE, root / "store", steps), lambda: python_s(IMPORT_PANDAS)), rounds
        )
    what = f"curve of one metric, {steps:,} steps, as a DataFrame"
    return [
        Row(f"{what}, warm", "≤ 60 ms", ms(warm), met=warm <= 0.06),
        Row(
            f"{what}, from process start",
            "≤ 600 ms",
            ms(start),
            f"{ms(pandas)} importing pandas alone",
            start / pandas,
            start <= 0.6,
        ),
    ]
