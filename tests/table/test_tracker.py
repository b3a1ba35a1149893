"""Tracker and Reader: rows in, rows out, SQL, values back in time, and what is refused."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import eventide
from eventide import Reader, Tracker
from eventide.errors import (
    EventideWarning,
    InvalidKey,
    InvalidName,
    InvalidQuery,
    InvalidSetting,
    InvalidValue,
    NotAStore,
    RunFinished,
)
from eventide.table import stamp
from eventide.table.backend import get_backend, set_backend


@pytest.fixture
def tracker(store_dir: Path) -> Iterator[Tracker]:
    """A tracker on a store of its own."""
    with Tracker(store_dir, params={"model": "resnet18"}) as made:
        yield made
    made.close()


def test_log_returns_the_row_and_stores_it(tracker: Tracker) -> None:
    """`log` returns data, params, timestamp and track_id; the store, `latest` and a Reader have the very same row."""
    row = tracker.log({"accuracy": 0.9}, loss=0.1, epoch=1)
    assert list(row) == ["model", "accuracy", "loss", "epoch", "timestamp", "track_id"]
    assert (row["track_id"], tracker.latest) == (tracker.track_id, row)
    assert tracker[0] == row
    assert Reader(tracker.db).to_df().to_dict("records") == [row]


def test_keys_and_values_come_back_exactly(tracker: Tracker) -> None:
    """Keys as typed, values with their types: nothing is renamed, rounded or turned into text."""
    row = {
        "loss/train": 1e-300,
        "a.b": True,
        "quote\"'`": "it's",
        "é 漢": -7,
        "step": 5,
        "ts": "mine",
        "run_id": 0.5,
        "order": 2**60,
        "tuple": (1, (2,)),
        "when": dt.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=dt.UTC),
        "exact": decimal.Decimal("0.10"),
        "nested": {"a": [None, {"b": math.inf}]},
        "_x": b"\x00\xff",
    }
    tracker.log(row)
    found = tracker[-1]
    assert {key: found[key] for key in row} == row
    assert {key: type(found[key]) for key in row} == {key: type(value) for key, value in row.items()}
    assert set(row) <= set(tracker.columns)


def test_a_key_may_change_its_type(tracker: Tracker) -> None:
    """A key that held a number, then text, a list, a flag: every row has it under its own name, as it was logged."""
    values = [0.5, "text", [1, "x"], True, -3.5, 2**60, "NaN", math.inf]
    for value in values:
        tracker.log(x=value)
    assert [tracker[place]["x"] for place in range(len(values))] == values
    eventide.copy(tracker.db, f"{tracker.db}-2")
    copied = Reader(f"{tracker.db}-2")._rows([tracker.track_id]).dicts()
    assert [row["x"] for row in copied] == values


@given(ts=st.floats(min_value=0, max_value=4e9))
def test_times_are_the_same_text_everywhere(ts: float) -> None:
    """A time has one text, in Python and numpy, and the text leads back to it."""
    text = stamp.text(ts)
    assert stamp.texts([ts]) == [text]
    assert stamp.text(stamp.seconds(text)) == text


def test_the_timestamp_of_a_row_finds_it_in_sql(tracker: Tracker) -> None:
    """The text that `log` returned is the text that SQL compares with."""
    rows = [tracker.log(i=i) for i in range(50)]
    for row in rows[::7]:
        found = tracker.conn.execute("SELECT i FROM events WHERE timestamp = ?", [row["timestamp"]]).fetchall()
        assert (row["i"],) in found


def test_sql_knows_all_names_of_the_table(tracker: Tracker) -> None:
    """`events`, `db.events`, `db.default` and `"default"` are the tracker's table, in joins, CTEs and lists too; strings are left alone."""
    tracker.log(accuracy=0.9, note="from db.events")
    tracker.log(accuracy=0.5)
    one = tracker.conn.execute
    for name in ("events", "db.events", "db.default", '"default"', 'db."default"', "DB.Events"):
        assert one(f"SELECT * FROM {name} WHERE accuracy > 0.8").fetchall()[0][2:] == (
            0.9,
            "resnet18",
            "from db.events",
        )
    assert one("SELECT count(*) FROM events a JOIN db.default b USING (timestamp)").fetchone() == (2,)
    assert one("WITH best AS (SELECT * FROM events) SELECT max(accuracy) FROM best").fetchone() == (0.9,)
    assert one("SELECT count(*) FROM events a, db.events b").fetchone() == (4,)
    assert one("SELECT note FROM db.events WHERE note = 'from db.events'").fetchall() == [("from db.events",)]
    assert one("SELECT name FROM db.runs").fetchall() == [(tracker.run.name,)]
    assert one("SELECT 1 AS one").df()["one"].tolist() == [1]


def test_sql_reads_only(tracker: Tracker) -> None:
    """A statement that would write is refused, and has changed nothing."""
    tracker.log(a=1)
    with pytest.raises(InvalidQuery):
        tracker.conn.execute("DELETE FROM db.events")
    assert len(tracker) == 1


def test_cursor_fetches_like_a_database(tracker: Tracker) -> None:
    """Rows come one by one, in pieces, all at once, and by iterating; columns are described."""
    tracker.log_batch([{"i": i} for i in range(5)])
    cursor = tracker.conn.execute("SELECT i FROM events ORDER BY i")
    assert (cursor.fetchone(), cursor.fetchmany(2), cursor.fetchall()) == ((0,), [(1,), (2,)], [(3,), (4,)])
    assert cursor.fetchone() is None
    assert [column[0] for column in cursor.description] == ["i"]
    assert list(tracker.conn.cursor().execute("SELECT i FROM events WHERE i > 3")) == [(4,)]


@pytest.mark.parametrize("table", ["exp 1", 'we"ird', "it's", "select", "漢字"])
def test_tables_may_be_called_anything(store_dir: Path, table: str) -> None:
    """A table's name may hold quotes, blanks and keywords; other tables of the store are not in it, and within reach."""
    Tracker(store_dir).log(x=1)
    other = Tracker(store_dir, table=table)
    other.log(y=2)
    quoted = table.replace('"', '""')
    assert other.conn.execute(f'SELECT y FROM db."{quoted}"').fetchall() == [(2,)]
    assert other.columns == ["timestamp", "track_id", "y"]
    assert Reader(store_dir).to_df()["x"].tolist() == [1]
    assert Reader(store_dir, table=table).to_df(track_id=other.track_id)["y"].tolist() == [2]
    with pytest.raises(InvalidName):
        Tracker(store_dir, table="a/b")


def test_params_go_into_later_rows_and_the_config(tracker: Tracker) -> None:
    """Params are in every later row, a row's own values win, and the run's config has them."""
    assert tracker.set_params({"lr": 0.1, "tags": ["a"]}) == {"model": "resnet18", "lr": 0.1, "tags": ["a"]}
    assert tracker.set_param("lr", 0.2) == "lr"
    assert tracker.log(a=1)["lr"] == 0.2
    assert tracker.log(lr=0.3)["lr"] == 0.3
    assert eventide.open(tracker.db).run(tracker.track_id).config["lr"] == 0.2


def test_set_value_goes_back_in_time(tracker: Tracker) -> None:
    """A value for the run is in rows logged before, everywhere; rows that log the key anew keep their own."""
    tracker.log(epoch=1)
    tracker.set_value("test", 0.9)
    tracker.log(epoch=2)
    assert tracker.to_df()["test"].tolist() == [0.9, 0.9]
    assert eventide.open(tracker.db).run(tracker.track_id).values == {"test": 0.9}
    tracker.log(test=0.3)
    assert tracker.to_df()["test"].tolist() == [0.9, 0.9, 0.3]
    assert [row["test"] for row in Reader(tracker.db)._rows(None).dicts()] == [0.9, 0.9, 0.3]
    assert tracker.conn.execute("SELECT test FROM events").fetchall() == [(0.9,), (0.9,), (0.3,)]


@pytest.mark.parametrize(("value", "shown"), [(0.7, 0.7), ("high", "high"), (None, None), (True, True)])
def test_set_where_changes_chosen_rows_that_are_there(tracker: Tracker, value: Any, shown: Any) -> None:
    """Only rows of this run with that value, logged before, change; frames, dicts and SQL agree; a new column may appear."""
    tracker.log_batch([{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.4}])
    other = Tracker(tracker.db)
    other.log(epoch=1, loss=0.1)
    tracker.set_where("loss", value, "epoch", 1)
    tracker.set_where("mark", "x", "epoch", 2)
    tracker.log(epoch=1, loss=0.2)
    assert [row.get("loss") for row in (tracker[i] for i in range(3))] == [shown, 0.4, 0.2]
    first = tracker.conn.execute("SELECT loss, mark FROM events WHERE track_id = ?", [tracker.track_id]).fetchall()
    assert str(first[0][0]).lower() == str(shown).lower()
    assert [mark for _, mark in first] == [None, "x", None]
    assert other.to_df()["loss"].tolist() == [0.1]


def test_frames_and_counts(tracker: Tracker) -> None:
    """One run or the whole table, head and tail, columns, lengths, types, files."""
    tracker.log_batch([{"i": i, "name": "x", "ok": True, "loss": i / 2} for i in range(8)])
    Tracker(tracker.db).log(i=99)
    assert (len(tracker), tracker.count_run(), tracker.count_all()) == (8, 8, 9)
    assert tracker["i"].tolist() == list(range(8))
    assert (tracker.head(2)["i"].tolist(), tracker.tail(2)["i"].tolist()) == ([0, 1], [6, 7])
    assert tracker.to_df(all=True)["i"].tolist() == [*range(8), 99]
    assert {name: tracker.dtypes[name] for name in ("i", "loss", "name")} == {"i": int, "loss": float, "name": str}
    assert "7" in str(tracker)
    assert tracker.track_id in tracker._repr_html_()
    with pytest.raises(IndexError):
        tracker[8]
    with pytest.raises(InvalidSetting):
        tracker.head(-1)


def test_files_hold_all_rows(tracker: Tracker, tmp_path: Path) -> None:
    """CSV and Parquet hold the rows, odd values as text."""
    import pandas as pd

    tracker.log(i=1, odd=(1, 2))
    tracker.to_csv(tmp_path / "a.csv")
    tracker.to_parquet(tmp_path / "a.parquet", all=True)
    assert pd.read_csv(tmp_path / "a.csv")["i"].tolist() == [1]
    assert pd.read_parquet(tmp_path / "a.parquet")["odd"].tolist() == ["(1, 2)"]


def test_polars_frames_on_request(tracker: Tracker) -> None:
    """`set_backend` chooses the library for this thread only."""
    tracker.log_batch([{"i": 1}, {"i": 2, "step": 3}])
    tracker.set_where("i", 5, "i", 2)
    set_backend("polars")
    try:
        seen: list[str] = []
        thread = threading.Thread(target=lambda: seen.append(get_backend()))
        thread.start()
        thread.join()
        frame = tracker.to_df()
        assert (type(frame).__module__.partition(".")[0], frame["i"].to_list(), seen) == ("polars", [1, 5], ["pandas"])
        assert frame.columns[:2] == ["timestamp", "track_id"]
    finally:
        set_backend("auto")
    with pytest.raises(InvalidSetting):
        set_backend("spark")  # type: ignore[arg-type]


def test_reader_follows_writers(store_dir: Path) -> None:
    """A Reader sees each row as soon as it is logged; head, tail, one run, the newest run; filters exclude each other."""
    first, second = Tracker(store_dir), Tracker(store_dir)
    reader = Reader(store_dir)
    for i in range(3):
        first.log(i=i)
        second.log(i=10 + i, late=True)
        assert len(reader.to_df()) == len(reader) == 2 * (i + 1)
    assert reader.to_df()["i"].tolist() == [0, 10, 1, 11, 2, 12]
    assert reader.to_df(head=2)["i"].tolist() == [0, 10]
    assert reader.to_df(tail=1)["i"].tolist() == [12]
    assert reader.latest()["track_id"].unique().tolist() == [second.track_id]
    with pytest.raises(InvalidSetting):
        reader.to_df(head=1, tail=1)


def test_reader_changes_runs(store_dir: Path) -> None:
    """Values for one run or all, chosen rows, and runs into the bin and out of it."""
    first, second = Tracker(store_dir), Tracker(store_dir)
    first.log(i=1)
    second.log(i=2)
    reader = Reader(store_dir)
    reader.set_value("score", 5, first.track_id)
    reader.set_where("i", 7, "i", 2)
    assert reader.to_df()["i"].tolist() == [1, 7]
    assert reader.to_df(track_id=first.track_id)["score"].tolist() == [5]
    assert reader.delete_run(first.track_id) is True
    assert reader.to_df()["i"].tolist() == [7]
    eventide.open(store_dir).restore()
    assert len(reader) == 2


def test_a_run_can_be_gone_on_with(store_dir: Path) -> None:
    """The same track_id again goes on with the run; all rows of both times are there, in order."""
    Tracker(store_dir, track_id="mine").log(i=1)
    with Tracker(store_dir, track_id="mine") as again:
        again.log(i=2)
    assert Tracker(store_dir, track_id="mine").to_df()["i"].tolist() == [1, 2]


def test_in_memory_and_nothing_at_all(tmp_path: Path) -> None:
    """A tracker in memory leaves no file where it was made; SKIP_INSERT stores nothing and still returns rows."""
    memory = Tracker(Tracker.IN_MEMROY)
    memory.log(a=1)
    assert memory.to_df()["a"].tolist() == [1]
    nothing = Tracker(Tracker.SKIP_INSERT)
    assert nothing.log(a=1)["a"] == 1
    with pytest.warns(EventideWarning):
        assert len(nothing.to_df()) == 0
    assert list(Path.cwd().iterdir()) == []


def test_reset_puts_the_table_into_the_bin(store_dir: Path) -> None:
    """`reset` empties the table, other tables stay, and nothing is lost for good."""
    Tracker(store_dir).log(a=1)
    Tracker(store_dir, table="other").log(a=1)
    fresh = Tracker(store_dir, reset=True)
    assert (fresh.count_all(), len(Reader(store_dir, table="other"))) == (0, 1)
    eventide.open(store_dir).restore()
    assert fresh.count_all() == 1


def test_a_tracker_is_not_the_current_run(store_dir: Path) -> None:
    """`eventide.log` never ends up in a tracker."""
    with eventide.init(dir=store_dir) as run:
        Tracker(store_dir).log(a=1)
        assert eventide.run is run


def test_the_store_cannot_be_a_file_of_another_kind(tmp_path: Path) -> None:
    """A foreign file is named and left as it is; a file without bytes and a missing store are told apart."""
    text = tmp_path / "notes.txt"
    text.write_text("mine")
    with pytest.raises(NotAStore, match="notes"):
        Tracker(text)
    assert text.read_text() == "mine"
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE people (name TEXT)")
    with pytest.raises(NotAStore, match="track_id"):
        Reader(other)
    with pytest.raises(NotAStore):
        Reader(tmp_path / "missing")
    empty = tmp_path / "empty.db"
    empty.touch()
    assert Tracker(empty).log(a=1)["a"] == 1
    assert empty.stat().st_size == 0


def test_mistakes_raise_and_store_nothing(tracker: Tracker) -> None:
    """A bad key, an impossible value, something that is no row, or the tracker's own columns: an error, and no row."""
    circular: list[Any] = []
    circular.append(circular)
    for bad, error in (
        ({1: 2}, InvalidKey),
        ({"": 2}, InvalidKey),
        ({"timestamp": 2}, InvalidKey),
        ({"track_id": 2}, InvalidKey),
        ({"c": circular}, InvalidValue),
        ({"g": (i for i in range(3))}, InvalidValue),
        ([1], InvalidValue),
    ):
        with pytest.raises(error):
            tracker.log(bad)  # type: ignore[arg-type]
        with pytest.raises(error):
            tracker.log_batch([{"fine": 1}, bad])  # type: ignore[list-item]
    assert (tracker.log({}), tracker.log(), tracker.log_batch([])) == ({}, {}, {})
    assert len(tracker) == 0
    tracker.finish()
    with pytest.raises(RunFinished):
        tracker.log(a=1)


def test_objects_are_kept_once_and_counted(tracker: Tracker) -> None:
    """An object logged twice is stored once, has two cells, comes back by key and hash, and can be removed."""
    table = np.arange(5000).reshape(50, 100)
    tracker.log(weights=table, other=len)
    tracker.log(weights=table)
    asset = next(asset for asset in tracker.assets.list() if "weights" in asset.keys)
    assert (asset.count, asset.track_ids, asset.ref.format) == (2, (tracker.track_id,), "npy")
    assert np.array_equal(tracker.get("weights"), table)
    assert np.array_equal(tracker.get(asset.ref.sha256[:12]), table)
    assert tracker.get("other") is len
    assert tracker.get("nothing", 5) == 5
    assert tracker.remove_asset("weights") is True
    assert (tracker.remove_asset("weights"), tracker.get("weights"), "weights" in tracker[0]) == (False, None, True)
    assert tracker[0]["weights"] is None
    assert tracker.conn.execute("SELECT weights FROM events").fetchall() == [(None,), (None,)]
