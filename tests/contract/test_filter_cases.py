"""Every case of filter_cases.txt gives the runs, or the error, that it says."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import numpy as np
import orjson
import pytest
from tests.contract.filter_runs import NOW, RUNS, Described

from eventide.errors import InvalidFilter
from eventide.journal.codec import encode
from eventide.model import Series, SeriesQuery
from eventide.store.filter.derived import fill_derived
from eventide.store.filter.filters import compile_filter, compile_sort
from eventide.store.filter.grammar import parse
from eventide.store.index.database import Index
from eventide.store.index.facts import columns_of, leaves
from eventide.store.index.fold import KeyStats

CASES = Path(__file__).with_name("filter_cases.txt")
REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "filter.md"


def cases() -> list[tuple[str, str]]:
    """Return `(text, expected)` of every line that is no comment."""
    lines = [line for line in CASES.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return [(text.strip(), expected.strip()) for text, _, expected in (line.rpartition("→") for line in lines)]


def insert(db: sqlite3.Connection, run: Described) -> None:
    """Put one described run into an index."""
    rows = max(map(len, run.metrics.values()), default=0)
    config = encode(run.config)[1]
    values = (
        run.id, run.project, run.name, run.state, run.started, run.ended, run.ended or NOW, run.group, run.host, run.user,
        run.note, "", rows, run.attempts, 1, 0, None, orjson.dumps(config).decode(), "{}",
    )  # fmt: skip
    db.execute(f"INSERT INTO runs VALUES({', '.join('?' * len(values))})", values)
    db.executemany("INSERT INTO tags VALUES(?, ?)", [(run.id, tag) for tag in run.tags])
    db.executemany(
        "INSERT INTO params VALUES(?, ?, ?, ?, ?)", [(run.id, path, *columns_of(raw)) for path, raw in leaves(config)]
    )
    for table, content in (("summary", run.summary), ("vals", run.values)):
        found = [(run.id, key, *columns_of(encode(value)[1])) for key, value in content.items()]
        db.executemany(f"INSERT INTO {table} VALUES(?, ?, ?, ?, ?)", found)
    db.executemany(
        "INSERT INTO definitions(run_id, key, summary) VALUES(?, ?, ?)",
        [(run.id, key, kind) for key, kind in run.defined.items()],
    )
    for key, logged in run.metrics.items():
        insert_metric(db, run, key, logged)


def insert_metric(db: sqlite3.Connection, run: Described, key: str, logged: list[object]) -> None:
    """Put the statistics of one metric into an index."""
    stats = KeyStats()
    for step, value in enumerate(logged):
        stats.add(encode(value)[1], step, run.started + step)
    db.execute(
        "INSERT INTO metrics(run_id, key, goal, count, nonfinite, first, last, last_text, min, max, mean, m2, numbers)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (run.id, key, run.goals.get(key, "min"), stats.count, stats.nonfinite, stats.first, stats.last, stats.last_text,
         stats.min, stats.max, stats.mean, stats.m2, stats.numbers),
    )  # fmt: skip


def curves(query: SeriesQuery) -> list[Series]:
    """Return the described points that a query asks for."""
    found = []
    for run in RUNS.values():
        for key in query.keys:
            if run.id in query.run_ids and key in run.metrics:
                y = np.array(
                    [v if isinstance(v, int | float) else math.nan for v in run.metrics[key]], dtype=np.float64
                )
                step = np.arange(len(y))
                found.append(
                    Series(run.id, key, step.astype(np.float64), step, (run.started + step).astype(np.float64), y)
                )
    return found


@pytest.fixture(scope="module")
def db() -> Iterator[sqlite3.Connection]:
    """Return an index that holds the described runs."""
    index = Index(None)
    for run in RUNS.values():
        insert(index.db, run)
    yield index.db
    index.close()


def ask(db: sqlite3.Connection, text: str, sort: str = "id") -> str:
    """Return the letters of the runs a filter matches, in the order of a sort; or its error."""
    try:
        chosen, order = compile_filter(parse(text), NOW, UTC), compile_sort(sort, NOW)
    except InvalidFilter as error:
        return f"error @{error.position}: {error.message.partition(': ')[2]}"
    fill_derived(db, (*chosen.derived, *order.derived), curves)
    sql = f"SELECT r.run_id FROM runs r WHERE {chosen.sql} ORDER BY {order.sql}"
    letters = {run.id: letter for letter, run in RUNS.items()}
    return " ".join(letters[run_id] for (run_id,) in db.execute(sql, [*chosen.params, *order.params])) or "none"


@pytest.mark.parametrize(("text", "expected"), cases())
def test_a_filter_selects_what_the_case_says(db: sqlite3.Connection, text: str, expected: str) -> None:
    """The filter on a line of filter_cases.txt selects the runs after the arrow, or fails there for that reason."""
    found = ask(db, text)
    if expected.startswith("error"):
        position, _, words = expected.partition(": ")
        assert found.partition(": ")[0] == position
        assert words in found
    else:
        assert " ".join(sorted(found.split())) == expected


@pytest.mark.parametrize(("text", "expected"), [case for case in cases() if not case[1].startswith("error")])
def test_what_a_filter_leaves_out_is_what_its_negation_selects(
    db: sqlite3.Connection, text: str, expected: str
) -> None:
    """For every filter, each run is selected either by it or by its negation, never by both."""
    negated = ask(db, f"not ({text})") if text else "none"
    chosen = set() if expected == "none" else set(expected.split())
    assert (set() if negated == "none" else set(negated.split())) == set(RUNS) - chosen


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", "e d b f a c"),
        ("started", "e d b f a c"),
        ("-started", "c a f b d e"),
        ("name", "d f a b e c"),
        ("-best(val/acc)", "c a b e d f"),
        ("val/acc", "b e c a d f"),
        ("-val/acc", "a c e b d f"),
        ("config.lr", "c a b e d f"),
        ("-config.lr", "e b a c d f"),
        ("last(train/loss)", "a c b e d f"),
        ("-slope(train/loss)", "c a e d b f"),
        ("at(train/loss,3)", "a c e d b f"),
        ("val/err", "e d b f a c"),
        ("group,-started", "a b e c f d"),
        ("-ended,-name", "a f b d e c"),
        ("-tag,project", "e c d a f b"),
        ("seed", "a b c e d f"),
        ("big", "d e b f a c"),
        ("age,rows", "c a f b d e"),
    ],
)
def test_a_sort_puts_missing_and_nan_last(db: sqlite3.Connection, sort: str, expected: str) -> None:
    """Runs come in the order asked for, those without a value or with NaN last both ways, ties by id."""
    assert ask(db, "", sort) == expected


def test_the_examples_of_the_reference_parse() -> None:
    """Every filter in the first block of docs/reference/filter.md is one."""
    block = REFERENCE.read_text(encoding="utf-8").split("```")[1].removeprefix("text\n")
    for line in block.splitlines():
        text = line.partition("   ")[0]
        assert str(parse(text))
