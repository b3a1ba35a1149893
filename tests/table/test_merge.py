"""copy(): between stores, and from and to files that the real xetrack writes."""

from __future__ import annotations

import base64
import pickle
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import eventide
from eventide import Reader, Tracker, copy
from eventide.errors import InvalidSetting, NotAStore
from eventide.table import sqlite_file

_ROWS = [
    ("marvellous-stork-0001", "2026-11-21 03:51:47.552645", 0.9, 1, 'it\'s "x" é', None),
    ("marvellous-stork-0001", "2026-11-21 03:51:47.554701", None, 2, None, "e0dba7452d4de911"),
    ("unnatural-polecat-0002", "2026-11-21 03:51:47.562929", 0.5, None, None, "e0dba7452d4de911"),
]


def real_file(path: Path, table: str = "default") -> Path:
    """Write a file as the real xetrack does: one table of rows, three of objects."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            f'CREATE TABLE "{table}" (track_id TEXT, timestamp TEXT, accuracy REAL, epoch INTEGER, note TEXT, obj TEXT,'
            " PRIMARY KEY (track_id, timestamp))"
        )
        db.executemany(f'INSERT INTO "{table}" VALUES (?, ?, ?, ?, ?, ?)', _ROWS)
        for name in ("assets", "keys", "counts"):
            db.execute(f"CREATE TABLE {name} (key TEXT PRIMARY KEY, value BLOB)")
        name = base64.b64encode(pickle.dumps("e0dba7452d4de911", protocol=5)).decode()
        db.execute("INSERT INTO assets VALUES (?, ?)", (name, pickle.dumps({1, 2})))
    return path


@pytest.mark.parametrize("table", ["default", "events"])
def test_real_files_of_both_generations_are_read(tmp_path: Path, table: str) -> None:
    """Rows, times, runs and objects of a real file are there, beside the file, which stays as it was byte for byte."""
    file = real_file(tmp_path / "track.db", table)
    before = file.read_bytes()
    reader = Reader(file)
    frame = reader.to_df()
    assert frame["timestamp"].tolist() == [row[1] for row in _ROWS]
    assert frame["track_id"].tolist() == [row[0] for row in _ROWS]
    assert frame["note"].tolist()[0] == _ROWS[0][4]
    assert reader.get("obj") == {1, 2}
    tracker = Tracker(file)
    tracker.log(accuracy=1.0)
    assert (len(reader), len(Reader(file))) == (4, 4)
    assert file.read_bytes() == before
    assert sorted(path.name for path in tmp_path.glob("track.db*")) == ["track.db", "track.db.eventide"]


def test_copy_between_stores_keeps_everything_and_repeats_for_nothing(tmp_path: Path) -> None:
    """Runs, rows, times, values, corrections, objects arrive; a second copy is empty; later rows follow."""
    source = Tracker(tmp_path / "a", params={"lr": 0.1}, track_id="first")
    source.log(i=1, odd=(1, 2), fn=len)
    source.log(i=2)
    source.set_value("score", 7)
    source.set_where("i", 5, "i", 2)
    Tracker(tmp_path / "a", table="other").log(z=1)
    assert copy(tmp_path / "a", tmp_path / "b") == 3
    assert copy(source=tmp_path / "a", target=tmp_path / "b") == 0
    source.log(i=3)
    assert copy(tmp_path / "a", tmp_path / "b") == 1
    one, two = (Reader(tmp_path / name) for name in "ab")
    assert two._rows(["first"]).dicts() == one._rows(["first"]).dicts()
    assert two.to_df()["i"].tolist() == [1, 5, 3]
    assert two.get("fn") is len
    run = eventide.open(tmp_path / "b").run("first")
    assert (run.config, run.values) == ({"lr": 0.1}, {"score": 7})
    assert eventide.open(tmp_path / "b").verify() == []


def test_only_some_tables_and_no_objects(tmp_path: Path) -> None:
    """`tables` chooses; `assets=False` leaves the bytes of objects behind."""
    Tracker(tmp_path / "a").log(fn=len)
    Tracker(tmp_path / "a", table="x").log(i=1)
    assert copy(tmp_path / "a", tmp_path / "b", tables=["x"]) == 1
    assert copy(tmp_path / "a", tmp_path / "c", assets=False) == 2
    assert (Reader(tmp_path / "c").get("fn"), Reader(tmp_path / "a").get("fn")) == (None, len)


@pytest.mark.parametrize("table", ["default", "events"])
def test_copy_into_a_real_file(tmp_path: Path, table: str) -> None:
    """A store's rows become rows of the file's own table, with new columns and objects; repeated, nothing is added."""
    file = real_file(tmp_path / "track.db", table)
    tracker = Tracker(tmp_path / "a")
    row = tracker.log(accuracy=0.7, **{"a b": True}, fn=frozenset({1}), model=len, big=2**70)
    assert (copy(tmp_path / "a", file), copy(tmp_path / "a", file)) == (1, 0)
    found = sqlite_file.read_table(file, table)[-1]
    assert (found["track_id"], found["timestamp"]) == (row["track_id"], row["timestamp"])
    assert (found["accuracy"], found["a b"], found["big"]) == (0.7, 1, str(2**70))
    assert pickle.loads(sqlite_file.read_objects(file)[found["model"]]) is len
    assert len(sqlite_file.read_table(file, table)) == 4
    with closing(sqlite3.connect(file)) as db:
        keys = [key for (key,) in db.execute("SELECT key FROM keys")]
    assert base64.b64encode(pickle.dumps("model", protocol=5)).decode() in keys


def test_copy_between_real_files(tmp_path: Path) -> None:
    """An old file's rows and objects go into a new one's table."""
    old, new = real_file(tmp_path / "old.db", "events"), real_file(tmp_path / "new.db")
    with closing(sqlite3.connect(new)) as db, db:
        db.execute('DELETE FROM "default" WHERE epoch = 1')
    assert (copy(old, new), copy(old, new)) == (1, 0)
    assert len(sqlite_file.read_table(new, "default")) == 3


def test_copies_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    """A missing source, the same place twice, and places that store nothing."""
    Tracker(tmp_path / "a").log(a=1)
    for source, target, error in (
        (tmp_path / "none", tmp_path / "b", NotAStore),
        (tmp_path / "a", tmp_path / "a", InvalidSetting),
        (Tracker.IN_MEMORY, tmp_path / "b", NotAStore),
    ):
        with pytest.raises(error):
            copy(source, target)


def test_a_file_where_no_store_can_be_made_is_read(tmp_path: Path) -> None:
    """Where nothing can be written beside the file, a Reader reads it all the same."""
    file = real_file(tmp_path / "track.db")
    (tmp_path / "track.db.eventide").write_text("in the way")
    assert len(Reader(file)) == 3
    assert sorted(path.name for path in tmp_path.glob("*.db*")) == ["track.db", "track.db.eventide"]


def test_times_in_other_forms_are_read(tmp_path: Path) -> None:
    """The old form of times is understood; one that is none is kept as text."""
    file = real_file(tmp_path / "track.db")
    extra: list[Any] = [("x", "18-08-2023 11:02:35.162360", 1.0), ("x y/z", "soon", 2.0)]
    with closing(sqlite3.connect(file)) as db, db:
        db.executemany('INSERT INTO "default" (track_id, timestamp, accuracy) VALUES (?, ?, ?)', extra)
    reader = Reader(file)
    assert reader.to_df(track_id="x")["timestamp"].tolist() == ["2023-08-18 11:02:35.162360"]
    assert reader.to_df(track_id="x-y-z")["original_timestamp"].tolist() == ["soon"]
