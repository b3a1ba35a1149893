"""The views that SQL sees, made of sealed files and live tails."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eventide.errors import InvalidQuery
from eventide.journal.codec import tag_of
from eventide.journal.reader import merge_tags
from eventide.names import escape_key
from eventide.store.rows.columns import ColumnMap
from eventide.store.sql.engine import Engine
from eventide.store.sql.view import RELATIONS, EventsInput, TableInput

Rows = list[dict[str, Any]]


@dataclass
class Store:
    """A catalog that a test fills, with an engine over it."""

    folder: Path
    inputs: EventsInput = field(default_factory=EventsInput)
    samples: TableInput = field(default_factory=TableInput)
    output: TableInput = field(default_factory=TableInput)
    relations: dict[str, pa.Table] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.engine = Engine(self, self.folder)

    def events(self) -> EventsInput:
        """Return the events."""
        self.asked.append("events")
        return self.inputs

    def system(self) -> TableInput:
        """Return the samples."""
        self.asked.append("system")
        return self.samples

    def console(self) -> TableInput:
        """Return the console text."""
        self.asked.append("console")
        return self.output

    def relation(self, name: str) -> pa.Table:
        """Return a relation with one column, unless the test has put one."""
        self.asked.append(name)
        return self.relations.setdefault(name, pa.table({"run_id": pa.array(["r"])}))

    def sealed(self, name: str, table: pa.Table, project: str = "p") -> str:
        """Write a sealed file and return its path."""
        path = self.folder / project / "events" / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path)
        return str(path)

    def ask(self, query: str, *params: Any) -> Rows:
        """Return the rows of a query."""
        return list(self.engine.run(query, params).to_pylist())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return an empty catalog in a folder whose name is hard to quote."""
    made = Store(tmp_path / "it's [a] *store*" / "tables")
    yield made
    made.engine.close()


def physical(rows: Rows, run: str = "r", attempt: int = 1, names: ColumnMap | None = None) -> pa.Table:
    """Return rows as a table of the physical columns that sealing would write."""
    from eventide.store.rows.arrow_rows import value_columns

    names = names or ColumnMap()
    raw = [{escape_key(key): value for key, value in row.items() if key != "at"} for row in rows]
    count = len(rows)
    return pa.table(
        {
            "run_id": pa.array([run] * count),
            "step": pa.array([row.get("at", place) for place, row in enumerate(rows)], pa.int64()),
            "ts": pa.array([float(place) for place in range(count)]),
            "_attempt": pa.array([attempt] * count, pa.int32()),
            "_rank": pa.array([0] * count, pa.int32()),
            "_writer": pa.array(["w"] * count),
            "_seq": pa.array(range(count), pa.int64()),
            **value_columns(raw, names),
        }
    )


def tags_of(*parts: Rows) -> dict[str, str]:
    """Return the tags the journal would have stated."""
    tags: dict[str, str] = {}
    for rows in parts:
        for row in rows:
            for key, value in row.items():
                merge_tags(tags, {escape_key(key): tag_of(value)})
    return tags


def test_sealed_rows_and_live_rows_are_one_table(store: Store) -> None:
    """Columns meet under their own names wherever the rows are."""
    old: Rows = [{"loss": 1.0, "phase": "a"}, {"loss": 0.5, "n": 3}]
    new: Rows = [{"loss": 0.25, "n": 2**60, "ok": True, "odd": [1, {"a": None}]}]
    store.inputs = EventsInput([store.sealed("a", physical(old))], physical(new, "live"), tags=tags_of(old, new))
    found = store.ask("SELECT * EXCLUDE (ts) FROM db.events ORDER BY run_id DESC, step")
    empty = {"loss": None, "phase": None, "n": None, "ok": None, "odd": None}
    assert found == [
        {"run_id": "r", "step": 0, **empty, "loss": 1.0, "phase": "a"},
        {"run_id": "r", "step": 1, **empty, "loss": 0.5, "n": 3},
        {"run_id": "live", "step": 0, **empty, "loss": 0.25, "n": 2**60, "ok": True, "odd": '[1,{"a":null}]'},
    ]
    assert store.engine.run("SELECT n FROM db.events").schema.field("n").type == pa.int64()


@pytest.mark.parametrize(
    "name", ["db.events", "events", "EVENTS", '"events"', "db.default", '"default"', "db.events_all"]
)
def test_an_empty_store_has_views(store: Store, name: str) -> None:
    """A query over nothing answers nothing, with the columns that always exist."""
    table = store.engine.run(f"SELECT run_id, step, ts FROM {name}")
    assert (table.num_rows, table.schema.types) == (0, [pa.string(), pa.int64(), pa.float64()])


@pytest.mark.parametrize("name", ["system", "console", *RELATIONS])
def test_every_table_exists_in_an_empty_store(store: Store, name: str) -> None:
    """Tables can be named before there is anything in them, with and without `db.`."""
    assert {"run_id"} <= {*store.engine.run(f"SELECT * FROM db.{name}").column_names}
    assert {"run_id"} <= {*store.engine.run(f"SELECT * FROM {name}").column_names}


def test_only_what_a_query_names_is_made(store: Store) -> None:
    """A question about runs costs nothing for events."""
    store.ask("SELECT 'events' AS metrics_, count(*) FROM db.runs -- params")
    assert store.asked == ["runs"]


def test_all_tables_are_listed(store: Store) -> None:
    """SHOW TABLES shows what can be asked."""
    found = {row["name"] for row in store.ask("SHOW TABLES")}
    assert found == {"events", "events_all", "default", "system", "console", *RELATIONS}


def test_a_key_may_be_called_anything(store: Store) -> None:
    """Quotes, dots, SQL words, columns of our own and names that differ by case are columns."""
    keys = [
        "select",
        'a"b',
        "a'b",
        "a.b/c",
        "a b",
        "step",
        "Step",
        "_x",
        "loss",
        "Loss",
        "x:s",
        "é\n",
        "100%",
        "_more",
        "run_id",
    ]
    rows: Rows = [{key: float(number) for number, key in enumerate(keys)}]
    store.inputs = EventsInput([store.sealed("a", physical(rows))], tags=tags_of(rows))
    (found,) = store.ask("SELECT * FROM db.events")
    shown = dict(zip(keys, keys, strict=True))
    shown |= {"step": "_step", "Step": "Step~2", "_x": "__x", "_more": "__more", "run_id": "_run_id"}
    shown |= {"loss": "loss~2"} if "loss~2" in found else {"Loss": "Loss~2"}
    assert {key: found[shown[key]] for key in keys} == rows[0]
    for key in keys:
        literal = key.replace("'", "''")
        assert store.ask(f"SELECT value('{literal}') AS v FROM db.events") == [{"v": rows[0][key]}]


def test_projects_that_number_keys_differently_are_not_mixed(store: Store) -> None:
    """`loss` of one project and `Loss` of another stay two columns, whichever came first in each."""
    first, second, third = ColumnMap(["loss", "Loss~2"]), ColumnMap(["Loss", "loss~2"]), ColumnMap(["Loss"])
    rows: Rows = [{"loss": 1.0, "Loss": 2.0}]
    files = [
        store.sealed("a", physical(rows, "one", names=first), "p1"),
        store.sealed("a", physical(rows, "two", names=second), "p2"),
        store.sealed("a", physical([{"Loss": 2.0}], "three", names=third), "p3"),
    ]
    tail = pa.concat_tables(
        [physical(rows, "four", names=second), physical(rows, "five", names=first)], promote_options="default"
    )
    store.inputs = EventsInput(files, tail, tags=tags_of(rows))
    found = store.ask("SELECT run_id, value('loss') AS a, value('Loss') AS b FROM events ORDER BY run_id")
    both = {"a": 1.0, "b": 2.0}
    assert found == [
        {"run_id": run, **(both if run != "three" else {"a": None, "b": 2.0})}
        for run in sorted(["one", "two", "three", "four", "five"])
    ]


def test_a_key_of_several_types_never_breaks_a_query(store: Store) -> None:
    """Numbers win the bare name; text of the same key is beside it."""
    rows: Rows = [{"acc": 0.9}, {"acc": "n/a"}, {"acc": True}, {"acc": 1}]
    store.inputs = EventsInput([store.sealed("a", physical(rows))], tags=tags_of(rows))
    assert store.ask(
        'SELECT step, acc, "acc:s", "acc:b" FROM events WHERE acc > 0.5 OR "acc:s" IS NOT NULL ORDER BY step'
    ) == [
        {"step": 0, "acc": 0.9, "acc:s": None, "acc:b": None},
        {"step": 1, "acc": None, "acc:s": "n/a", "acc:b": None},
        {"step": 3, "acc": 1.0, "acc:s": None, "acc:b": None},
    ]


def test_integers_and_floats_in_different_files_filter_correctly(store: Store) -> None:
    """What is an integer in one file and a float in another is one double column everywhere."""
    one, two = [{"acc": 1}, {"acc": 0}], [{"acc": 0.5}, {"acc": 0.9}]
    store.inputs = EventsInput(
        [store.sealed("a", physical(one)), store.sealed("b", physical(two))], tags=tags_of(one, two)
    )
    assert store.ask("SELECT acc FROM events WHERE acc >= 0.5 ORDER BY acc") == [
        {"acc": 0.5},
        {"acc": 0.9},
        {"acc": 1.0},
    ]


def test_repeated_steps_show_in_events_all_only(store: Store) -> None:
    """After a resume the newest try wins in `events`, and nothing is lost in `events_all`."""
    first = physical([{"at": step, "a": 1} for step in range(4)])
    second = physical([{"at": step, "a": 2} for step in (2, 3, 4)], attempt=2)
    store.inputs = EventsInput([store.sealed("a", first)], second, superseded=[("r", 1, 3), ("r", 1, 2), ("s", 1, 0)])
    assert [(row["step"], row["a"]) for row in store.ask("FROM events ORDER BY step")] == [
        (0, 1),
        (1, 1),
        (2, 2),
        (3, 2),
        (4, 2),
    ]
    found = store.ask("SELECT _attempt, count(*) AS n, min(_seq) AS s FROM events_all GROUP BY ALL ORDER BY 1")
    assert found == [{"_attempt": 1, "n": 4, "s": 0}, {"_attempt": 2, "n": 3, "s": 0}]


def test_hidden_runs_show_nowhere(store: Store) -> None:
    """Rows of a run in the bin are in no view."""
    store.inputs = EventsInput(
        [store.sealed("a", physical([{"a": 1}], "gone"))], physical([{"a": 2}], "here"), ["gone"]
    )
    assert store.ask("SELECT run_id FROM events_all UNION ALL SELECT run_id FROM events") == [{"run_id": "here"}] * 2


def test_values_of_a_run_are_laid_over_its_rows(store: Store) -> None:
    """A value set for a run shows in all of its rows, replaces what was logged, and may be of a new key."""
    rows: Rows = [{"acc": 1}, {"acc": 2, "note": "x"}]
    tail = pa.concat_tables([physical(rows, "r"), physical(rows, "s")])
    values = [("r", "acc", "0.5"), ("r", "verdict", '"good"'), ("r", "step", "7"), ("t", "acc", "1")]
    store.inputs = EventsInput((), tail, tags=tags_of(rows), values=values)
    found = store.ask("SELECT run_id, acc, note, verdict, _step FROM events ORDER BY run_id, step")
    assert found == [
        {"run_id": "r", "acc": 0.5, "note": None, "verdict": "good", "_step": 7},
        {"run_id": "r", "acc": 0.5, "note": "x", "verdict": "good", "_step": 7},
        {"run_id": "s", "acc": 1.0, "note": None, "verdict": None, "_step": None},
        {"run_id": "s", "acc": 2.0, "note": "x", "verdict": None, "_step": None},
    ]


def test_keys_without_a_column_are_found_by_value(store: Store) -> None:
    """`value('key')` finds numbers, NaN, text and booleans in `_more`, and joins them with a column of another project."""
    odd = "a/b~c\"d'e.f*$[0] é"
    rows: Rows = [{odd: 1.5, "n": 3, "t": "x", "b": True, "late": "NaN"}, {odd: None, "late": 2.0}]
    tail = physical(rows, names=ColumnMap(f"c{number}" for number in range(2000)))
    sealed = store.sealed("a", physical([{"late": 0.5}], "other"))
    store.inputs = EventsInput([sealed], tail, tags=tags_of(rows, [{"late": 0.5}]))
    literal = odd.replace("'", "''")
    query = f"""
        SELECT value('{literal}') AS odd, value('n') AS n, value('t') AS t, value('b') AS b,
            isnan(e.value('late')) AS nan, e.value ( 'late' ) + 1 AS late, 'value(''n'')' AS text /* value('zz') */
        FROM events e ORDER BY run_id DESC, step -- value('zz')
    """
    found = store.ask(query)
    assert found == [
        {
            "odd": 1.5,
            "n": 3.0,
            "t": "x",
            "b": True,
            "nan": True,
            "late": pytest.approx(float("nan"), nan_ok=True),
            "text": "value('n')",
        },
        {"odd": None, "n": None, "t": None, "b": None, "nan": False, "late": 3.0, "text": "value('n')"},
        {"odd": None, "n": None, "t": None, "b": None, "nan": False, "late": 1.5, "text": "value('n')"},
    ]


def test_value_of_an_unknown_key_says_what_is_near(store: Store) -> None:
    """A key that nobody logged is an error, not a column of NULL."""
    store.inputs = EventsInput((), physical([{"accuracy": 1.0}]), tags={"accuracy": "f"})
    with pytest.raises(InvalidQuery, match="no run has logged `acuracy`") as caught:
        store.ask("SELECT value('acuracy') FROM events")
    assert caught.value.hint == "did you mean `accuracy`?"


def test_rows_that_arrive_between_two_queries_are_seen(store: Store) -> None:
    """New rows, new keys, new files and sealing show in the next query."""
    seen = []
    for inputs in (
        EventsInput((), physical([{"a": 1}])),
        EventsInput((), physical([{"a": 1}, {"a": 2}])),
        EventsInput((), physical([{"a": 1}, {"a": 2, "b": "x"}])),
        EventsInput([store.sealed("a", physical([{"a": 1}, {"a": 2, "b": "x"}]))], None),
        EventsInput([store.sealed("b", physical([{"c": 1}]))], physical([{"a": 3}])),
    ):
        store.inputs = replace(inputs, tags={"a": "i", "b": "s", "c": "i"})
        table = store.engine.run("SELECT * FROM events")
        seen.append((table.num_rows, table.column_names[3:]))
    assert seen == [(1, ["a"]), (2, ["a"]), (2, ["a", "b"]), (2, ["a", "b"]), (2, ["c", "a"])]


def test_a_file_that_vanished_is_asked_for_again(store: Store) -> None:
    """Compaction between listing and reading does not show."""
    path = store.sealed("a", physical([{"a": 1}]))
    store.inputs = EventsInput([path])
    assert store.ask("SELECT a FROM events") == [{"a": 1.0}]
    other = store.sealed("b", physical([{"a": 1}]))
    Path(path).unlink()

    def events() -> EventsInput:
        store.asked.append("events")
        return EventsInput([path] if store.asked.count("events") < 3 else [other])

    store.asked.clear()
    store.events = events  # type: ignore[method-assign]
    assert store.ask("SELECT a FROM events") == [{"a": 1.0}]


def test_system_and_console_are_views_too(store: Store) -> None:
    """Samples and text show under plain names, without what is internal."""
    fixed = {
        "run_id": pa.array(["r"]),
        "ts": pa.array([1.0]),
        "_writer": pa.array(["w"]),
        "_seq": pa.array([0], pa.int64()),
    }
    store.samples = TableInput((), pa.table({**fixed, "cpu": pa.array([50.0]), "gpu%20name:s": pa.array(["T4"])}))
    store.output = TableInput((), pa.table({**fixed, "stream": pa.array(["stdout"]), "text": pa.array(["hi\n"])}))
    assert store.ask("SELECT * FROM db.system") == [{"run_id": "r", "ts": 1.0, "cpu": 50.0, "gpu name": "T4"}]
    assert store.ask("SELECT * FROM db.console") == [{"run_id": "r", "ts": 1.0, "stream": "stdout", "text": "hi\n"}]


def test_views_over_many_files_are_cheap(store: Store) -> None:
    """50 files of 300 keys cost milliseconds when a tail changes, not a new look at every file."""
    row = {f"k{number}": 1.0 for number in range(300)}
    files = [store.sealed(f"f{number}", physical([row])) for number in range(50)]
    best = 1.0
    for _ in range(5):
        store.inputs = EventsInput(files, physical([row]))
        store.ask("SELECT 1 FROM runs")
        start = time.perf_counter()
        store.engine._views.prepare("FROM events")
        best = min(best, time.perf_counter() - start)
    assert best < 0.1
    assert store.ask("SELECT count(*) AS n FROM events WHERE k7 > 0") == [{"n": 51}]
