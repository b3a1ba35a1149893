"""Read-only SQL within bounds: what runs, what is refused, and what is said about it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventide.errors import EventideError, InvalidQuery, InvalidSetting, LimitExceeded
from eventide.model import SqlLimits
from eventide.store.sql.engine import Engine
from eventide.store.sql.text import mentioned, rewrite_values, tokens
from eventide.store.sql.view import EventsInput, TableInput


class Numbers:
    """A catalog with a hundred thousand rows and one run."""

    def __init__(self, files: list[str]) -> None:
        self._events = EventsInput(files, tags={"loss": "f", "n": "i"})
        self._runs = pa.table({"run_id": pa.array(["r"]), "name": pa.array(["a run"])})

    def events(self) -> EventsInput:
        """Return the rows."""
        return self._events

    def system(self) -> TableInput:
        """Return nothing."""
        return TableInput()

    def console(self) -> TableInput:
        """Return nothing."""
        return TableInput()

    def relation(self, name: str) -> pa.Table:
        """Return the run."""
        return self._runs


def sealed(folder: Path, rows: int) -> str:
    """Write a sealed file with numbers."""
    folder.mkdir(parents=True)
    count = pa.array(range(rows), pa.int64())
    fixed = {"run_id": pa.array(["r"] * rows), "step": count, "ts": count.cast(pa.float64())}
    inner = {"_attempt": pa.array([1] * rows, pa.int32()), "_rank": pa.array([0] * rows, pa.int32())}
    writer = {"_writer": pa.array(["w"] * rows), "_seq": count}
    keys = {"loss": count.cast(pa.float64()), "n": count.cast(pa.float64())}
    pq.write_table(pa.table({**fixed, **inner, **writer, **keys}), folder / "a.parquet")
    return str(folder / "a.parquet")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a sealed file of a hundred thousand rows."""
    return sealed(tmp_path_factory.mktemp("store") / "tables" / "p" / "events", 100_000)


@pytest.fixture
def engine(file: str) -> Iterator[Engine]:
    """Return an engine over the file."""
    made = Engine(Numbers([file]), Path(file).parents[2], memory_limit="200MB")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("query", "params", "rows"),
    [
        ("SELECT count(*) AS n, sum(step) AS s FROM db.events", (), [{"n": 100_000, "s": 4_999_950_000}]),
        ("FROM events SELECT n WHERE n < ? AND loss >= ?", (3, 2.0), [{"n": 2}]),
        ("SELECT $a || $b AS t", {"a": "x'", "b": "; DROP"}, [{"t": "x'; DROP"}]),
        ("WITH x AS (SELECT 1 AS a) SELECT a FROM x;", (), [{"a": 1}]),
        ("(SELECT 1 AS a) UNION ALL (SELECT 2)", (), [{"a": 1}, {"a": 2}]),
        ("VALUES (1)", (), [{"col0": 1}]),
        ("SELECT name FROM runs JOIN events USING (run_id) WHERE step = 1", (), [{"name": "a run"}]),
        ("SELECT max(i) AS m FROM range(10) t(i)", (), [{"m": 9}]),
        ("SELECT 1 AS a WHERE false", (), []),
        (
            "WITH RECURSIVE x AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM x WHERE a < 5) SELECT max(a) AS m FROM x",
            (),
            [{"m": 5}],
        ),
        ("SELECT unnest([1, 2]) AS a", (), [{"a": 1}, {"a": 2}]),
        (
            "SELECT (SELECT sum(v) FROM (VALUES (9223372036854775807::BIGINT), (9223372036854775807)) t(v)) AS s",
            (),
            [{"s": 2.0**64}],
        ),
    ],
)
def test_a_statement_that_reads_is_answered(
    engine: Engine, query: str, params: Any, rows: list[dict[str, Any]]
) -> None:
    """SELECT in its forms works, with bound parameters, and sums are plain numbers."""
    assert engine.run(query, params).to_pylist() == rows


@pytest.mark.parametrize(
    "query",
    [
        "EXPLAIN SELECT * FROM events",
        "explain analyze FROM events LIMIT 1",
        "EXPLAIN (FORMAT json) SELECT 1",
        "EXPLAIN (SELECT 1)",
        "DESCRIBE events",
        "DESCRIBE SELECT 1",
        "SUMMARIZE SELECT step FROM events LIMIT 10",
        "SHOW TABLES;",
        "SELECT table_name FROM information_schema.tables",
    ],
)
def test_a_question_about_the_tables_is_answered(engine: Engine, query: str) -> None:
    """EXPLAIN, DESCRIBE, SUMMARIZE and SHOW TABLES only read."""
    assert engine.run(query).num_rows > 0


REFUSED = [
    "",
    "-- nothing",
    ";",
    "SELECT 1; SELECT 2",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_csv_auto('/etc/passwd')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM read_json('/etc/passwd')",
    "SELECT * FROM read_parquet('{file}')",
    "SELECT * FROM parquet_metadata('{file}')",
    "SELECT * FROM '{file}'",
    'SELECT * FROM "{file}"',
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM 'a.parquet'",
    "SELECT * FROM 'https://example.org/a.parquet'",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM glob('{file}')",
    "SELECT (SELECT count(*) FROM read_text('/etc/passwd'))",
    "SELECT 1 WHERE 1 IN (SELECT 1 FROM glob('*'))",
    "WITH x AS (SELECT * FROM read_text('/etc/passwd')) SELECT * FROM x",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table(['events'])",
    "SELECT * FROM json_execute_serialized_sql('x')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM pragma_database_size()",
    "SELECT * FROM python_map_function()",
    "SELECT getenv('HOME')",
    "SELECT current_setting('temp_directory')",
    "SELECT write_log('x')",
    "SELECT * INTO x FROM range(3)",
    "COPY (SELECT 1) TO '{file}.csv'",
    "COPY events TO 'eventide-escape.csv'",
    "EXPORT DATABASE '{file}.d'",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{file}.csv'",
    "EXPLAIN ANALYZE SELECT * FROM read_text('{file}')",
    "/* x */ EXPLAIN /* y */ ANALYZE -- z\n COPY (SELECT 1) TO '{file}.csv'",
    "ATTACH 'eventide-escape.db'",
    "ATTACH ':memory:' AS x",
    "DETACH memory",
    "USE memory",
    "INSTALL httpfs",
    "LOAD httpfs",
    "UPDATE EXTENSIONS",
    "SET memory_limit='100GB'",
    "SET lock_configuration=false",
    "RESET memory_limit",
    "PRAGMA version",
    "PRAGMA database_list",
    "PRAGMA enable_profiling",
    "CALL pragma_version()",
    "CREATE TABLE x (a INT)",
    "CREATE VIEW x AS SELECT 1",
    "CREATE MACRO f() AS 1",
    "CREATE SECRET x (TYPE s3)",
    "CREATE OR REPLACE VIEW db.events AS SELECT 1",
    "DROP VIEW db.events",
    "INSERT INTO events VALUES (1)",
    "UPDATE runs SET name = 'x'",
    "DELETE FROM runs",
    "TRUNCATE runs",
    "ALTER TABLE runs ADD COLUMN a INT",
    "BEGIN",
    "COMMIT",
    "CHECKPOINT",
    "VACUUM",
    "PREPARE x AS SELECT 1",
    "EXECUTE x",
    "SET VARIABLE x = 1",
    "PIVOT events ON run_id USING sum(loss)",
    "IMPORT DATABASE '/tmp'",
    "SELECT * FROM secret_in_python",
    "SELEC 1",
    "SELECT (",
    "SELECT 'a",
    "SELECT nothing FROM events",
    "SELECT * FROM nothing",
    "SELECT nothing(1)",
    "SELECT ? + 1",
    "SELECT loss + name FROM events, runs",
    "SELECT value(1) FROM events",
    "\0",
    "SELECT \udcff",
]


@pytest.mark.parametrize("query", REFUSED)
def test_everything_else_is_refused(engine: Engine, file: str, query: str) -> None:
    """Nothing is written, read from elsewhere, loaded or set; the error is ours, and the engine works on."""
    secret_in_python = pa.table({"a": [1]})
    before = sorted(Path(file).parent.iterdir())
    with pytest.raises(InvalidQuery) as caught:
        engine.run(query.replace("{file}", file))
    assert caught.value.message
    assert "\n" not in caught.value.message
    assert sorted(Path(file).parent.iterdir()) == before
    assert not list(Path.cwd().iterdir())
    assert engine.run("SELECT max(step) AS m FROM events").to_pylist() == [{"m": 99_999}]
    assert secret_in_python.num_rows == 1


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "COPY (SELECT 1) TO 'eventide-escape.csv'",
        "ATTACH 'eventide-escape.db'",
        "INSTALL httpfs",
        "LOAD '/tmp/x.duckdb_extension'",
        "SET enable_external_access=true",
        "SET allowed_directories=['/']",
        "SET memory_limit='100GB'",
        "RESET lock_configuration",
        "SELECT * FROM secret_in_python",
    ],
)
def test_the_engine_itself_is_locked(engine: Engine, statement: str) -> None:
    """Were a statement to slip through the parser's net, the engine would still refuse."""
    secret_in_python = pa.table({"a": [1]})
    with pytest.raises(duckdb.Error):
        engine._con.execute(statement).fetchall()
    assert secret_in_python.num_rows == 1


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("SELECT los FROM events", "did you mean `loss`?"),
        ("SELECT e.lss FROM events e", "did you mean `loss`?"),
        ("SELECT * FROM db.evnts", "did you mean `events`?"),
        ("SELECT * FROM metrcs", "did you mean `metrics`?"),
        ("SELECT qqqqqqqq FROM events", "DESCRIBE db.events"),
        ("SELECT value('los') FROM events", "did you mean `loss`?"),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest(engine: Engine, query: str, hint: str) -> None:
    """A typing mistake is put right by its error."""
    with pytest.raises(InvalidQuery) as caught:
        engine.run(query)
    assert caught.value.hint == hint


@pytest.mark.parametrize("params", [(1,), {}])
@pytest.mark.parametrize(
    "query",
    [
        "SELECT count(*) FROM range(100000000000::BIGINT) a, range({one} + 100000000000::BIGINT) b",
        "WITH RECURSIVE x AS (SELECT {one} AS a UNION ALL SELECT a + 1 FROM x) SELECT max(a) FROM x",
        "SELECT * FROM range(1000000000000::BIGINT) WHERE range % 7000000 = {one}",
    ],
)
def test_a_query_that_takes_too_long_is_stopped(engine: Engine, query: str, params: Any) -> None:
    """The deadline holds while computing and while reading, with and without parameters; the engine works on."""
    start = time.monotonic()
    with pytest.raises(LimitExceeded, match=r"longer than 0\.2 s"):
        engine.run(query.format(one="?" if params else "1"), params, SqlLimits(timeout_s=0.2))
    assert time.monotonic() - start < 5
    assert engine.run("SELECT 1 AS a", (), SqlLimits(timeout_s=30)).to_pylist() == [{"a": 1}]


@pytest.mark.parametrize("params", [(1,), ()])
def test_a_query_with_too_many_rows_is_stopped_at_once(engine: Engine, params: Any) -> None:
    """Nobody waits for, or holds in memory, a hundred thousand million rows."""
    with pytest.raises(LimitExceeded, match="more than 10 rows"):
        engine.run(
            f"SELECT * FROM range({'?' if params else '1'}, 100000000000::BIGINT)", params, SqlLimits(max_rows=10)
        )
    assert engine.run("SELECT * FROM range(10)", (), SqlLimits(max_rows=10)).num_rows == 10


@pytest.mark.parametrize("params", [(1,), ()])
@pytest.mark.parametrize(
    "query", ["SELECT list(range) FROM range({one}, 100000000)", "SELECT * FROM range({one}, 100000000000::BIGINT)"]
)
def test_a_query_that_needs_too_much_memory_is_stopped(engine: Engine, query: str, params: Any) -> None:
    """The limit holds for what the engine computes with and for the answer."""
    with pytest.raises(LimitExceeded, match=r"more than 1|more memory"):
        engine.run(query.format(one="?" if params else "1"), params, SqlLimits(timeout_s=30))
    assert engine.run("SELECT 1 AS a").to_pylist() == [{"a": 1}]


def test_queries_of_several_threads_do_not_mix(engine: Engine) -> None:
    """Answers go to those who asked."""
    found: dict[int, Any] = {}

    def ask(number: int) -> None:
        found[number] = engine.run(
            "SELECT ? AS a, count(*) AS n FROM events WHERE step < ?", (number, number)
        ).to_pylist()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: [{"a": number, "n": number}] for number in range(8)}


def test_a_closed_engine_says_so_and_leaves_nothing(file: str) -> None:
    """Closing removes the temporary folder; closing again is fine."""
    engine = Engine(Numbers([file]), Path(file).parents[2])
    spill = Path(engine._spill)
    assert spill.exists()
    engine.close()
    engine.close()
    assert not spill.exists()
    with pytest.raises(InvalidQuery, match="closed"):
        engine.run("SELECT 1")


def test_a_memory_limit_that_is_none_is_refused(file: str) -> None:
    """A setting with a typing mistake is named."""
    with pytest.raises(InvalidSetting, match="`lots`"):
        Engine(Numbers([file]), Path(file).parents[2], memory_limit="lots")


@given(st.text(st.sampled_from("'\"$-/*\n eEvalue()x.;\\a1"), max_size=40))
def test_the_pieces_of_a_query_are_the_query(query: str) -> None:
    """Tokens lose nothing, however odd the text."""
    assert "".join(token.text for token in tokens(query)) == query


@pytest.mark.parametrize(
    ("query", "rewritten"),
    [
        ("SELECT value('a')", "SELECT <a>"),
        ("SELECT VALUE ( 'it''s' ) + e.value('b')", "SELECT <it's> + e.<b>"),
        ("SELECT \"E\".value('a'), db.events.value('a')", 'SELECT "E".<a>, db.events.<a>'),
        ("SELECT 'value(''a'')', \"value('a')\", $$value('a')$$, E'\\'value(\\'a\\')'", None),
        ("SELECT 1 -- value('a')\n/* value('a') /* value('b') */ value('c') */", None),
        ("SELECT value(a), value('a', 'b'), value, myvalue('a'), value(E'a')", None),
    ],
)
def test_value_is_found_where_it_is_a_call_and_nowhere_else(query: str, rewritten: str | None) -> None:
    """Strings, identifiers and comments are left alone."""
    assert rewrite_values(query, lambda key, prefix: f"{prefix}<{key}>") == (rewritten or query)


def test_names_in_strings_and_comments_are_not_mentioned() -> None:
    """What is prepared is what the query uses."""
    assert mentioned("SELECT \"Runs\" FROM db.Events -- metrics\n WHERE a = 'params' /* tags */") == {
        "select",
        "runs",
        "from",
        "db",
        "events",
        "where",
        "a",
    }


def test_every_error_is_ours(engine: Engine) -> None:
    """Parameters that no engine knows, and results that no table can hold, are InvalidQuery too."""
    cases: list[tuple[str, Any]] = [
        ("SELECT ?", (object(),)),
        ("SELECT 1", (1,)),
        ("SELECT $a", {"b": 1}),
        ("SELECT 1/0::DECIMAL(99)", ()),
    ]
    for query, params in cases:
        with pytest.raises(EventideError):
            engine.run(query, params)
