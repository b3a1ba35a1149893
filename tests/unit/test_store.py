"""The store object on a real store: frames, curves, rows, runs, actions."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

import eventide
from eventide.errors import InvalidFilter, InvalidSetting, NotAStore, RunAmbiguous, RunNotFound
from eventide.model import RunStatus

if TYPE_CHECKING:
    from eventide.table.store import Store


@pytest.fixture
def db(store_dir: Path) -> Store:
    """Return a store of three runs: two seeds that finished, one that failed."""
    for seed in range(2):
        with eventide.init(dir=store_dir, project="p", name=f"seed-{seed}", config={"lr": 0.1, "seed": seed}) as run:
            for step in range(10):
                run.log({"loss": 1.0 / (step + 1) + seed, "acc": step / 10, "Loss": step, "step": -step})
    failed = eventide.init(dir=store_dir, project="p", name="bad", config={"lr": 1.0})
    failed.log({"loss": math.nan, "phase": "warm"})
    with pytest.raises(RuntimeError, match="boom"), failed:
        raise RuntimeError("boom")
    return eventide.open(store_dir)


def test_runs(db: Store) -> None:
    """`runs` filters, sorts and limits like every front end."""
    assert db.runs("lr<0.5", sort="name")["name"].tolist() == ["seed-0", "seed-1"]
    assert db.runs(limit=1).attrs["total"] == 3
    assert db.runs("state:failed", columns=["name", "error"])["error"].iloc[0].endswith("RuntimeError: boom\n")
    assert len(db) == 3
    with pytest.raises(InvalidFilter):
        db.runs("lr<")


def test_run(db: Store) -> None:
    """`run` takes what the command line takes, and says facts, statistics and history."""
    run = db.run("seed-1")
    assert (run.status, run.config, run.rows) == (RunStatus.FINISHED, {"lr": 0.1, "seed": 1}, 10)
    assert run.metrics["acc"].best == 0.9
    assert db.run(run.id) == run
    with pytest.raises(RunNotFound):
        db.run("nobody")
    with pytest.raises(RunAmbiguous):
        db.run("20")


def test_history_is_wide(db: Store) -> None:
    """`history` has one row a step, and the keys under their own names, twins by case included."""
    frame = db.run("seed-0").history()
    assert frame.index.tolist() == list(range(10))
    assert frame["acc"].tolist() == [step / 10 for step in range(10)]
    assert frame["Loss"].tolist() == list(range(10))
    assert frame["_step"].tolist() == [-step for step in range(10)]
    assert list(db.run("seed-0").history("acc").columns) == ["ts", "acc"]


def test_history_merges_calls_of_one_step(store_dir: Path) -> None:
    """What several calls logged at one step is one row of the history, and several rows of `to_df`."""
    with eventide.init(dir=store_dir, name="two") as run:
        run.log({"a": 1.0}, step=0)
        run.log({"b": 2.0}, step=0)
    db = eventide.open(store_dir)
    assert db.run("two").history()[["a", "b"]].to_numpy().tolist() == [[1.0, 2.0]]
    assert len(db.to_df()) == 2


def test_series(db: Store) -> None:
    """`series` takes a filter, ids, a run or a frame, and gives every point or buckets."""
    run = db.run("seed-0")
    expected = [step / 10 for step in range(10)]
    for runs in ("name:seed-0", [run.id], run, db.runs("name:seed-0")):
        assert db.series(runs, "acc")["value"].tolist() == expected
    buckets = db.series("", "acc", bins=2)
    assert buckets.groupby("run_id", observed=True)["count"].sum().tolist() == [10, 10]
    assert set(db.series(run)["key"]) == {"loss", "acc", "Loss", "step"}
    with pytest.raises(InvalidSetting):
        db.series(run, "acc", bins=0)


def test_metrics(db: Store) -> None:
    """`metrics` is long by default, wide or binned on request."""
    assert list(db.metrics("lr<0.5", "acc").columns) == ["run_id", "key", "step", "time", "value"]
    wide = db.metrics("lr<0.5", ["acc", "loss"], wide=True)
    assert (wide.shape, wide.columns.names) == ((10, 4), ["key", "run_id"])
    assert db.metrics("name:seed-0", "acc", points=5)["n"].sum() == 10


def test_to_df(db: Store) -> None:
    """`to_df` has every logged row under the keys' own names; polars on request."""
    frame = db.to_df()
    assert len(frame) == 21
    assert list(frame.columns[:3]) == ["run_id", "step", "ts"]
    assert set(frame.columns[3:]) == {"loss", "acc", "Loss", "_step", "phase"}
    assert isinstance(db.to_df("name:bad", backend="polars"), pl.DataFrame)
    assert list(db.to_df(keys="acc").columns) == ["run_id", "step", "ts", "acc"]


def test_sql(db: Store) -> None:
    """`sql` gives its rows as tuples, pandas, polars or Arrow, with parameters."""
    result = db.sql("SELECT name FROM db.runs WHERE name LIKE ? ORDER BY name", ["seed%"])
    assert result.columns == ["name"]
    assert result.fetchone() == ("seed-0",)
    assert result.fetchall() == [("seed-1",)]
    assert result.fetchone() is None
    assert list(result) == [("seed-0",), ("seed-1",)]
    assert result.df()["name"].tolist() == result.pl()["name"].to_list() == result.arrow()["name"].to_pylist()
    assert "2 rows" in repr(result)


def test_edits(db: Store) -> None:
    """Tags, notes, names and the archive are changed through the store or the run, and seen at once."""
    run = db.run("seed-0").tag("a", "b").untag("a").note("n").rename("zero")
    assert (run.tags, run.notes, run.name) == (("b",), "n", "zero")
    db.archive("zero")
    assert db.runs()["name"].tolist() == ["bad", "seed-1"]
    db.archive("zero", undo=True)
    assert len(db.runs("tag:b")) == 1


def test_bin(db: Store) -> None:
    """Deleting is a bin: nothing is gone until purge, which takes only what is in it."""
    ids = db.delete("seed-0", dry_run=True)
    assert len(db) == 3
    assert db.delete("seed-0") == ids
    assert len(db) == 2
    assert db.restore("seed-0") == ids
    with pytest.raises(RunNotFound):
        db.purge("seed-0")
    db.delete("seed-0")
    assert db.purge(dry_run=True).size_bytes > 0
    assert db.purge().runs == tuple(ids)
    assert db.purge().runs == ()
    assert len(db) == 2


def test_sealing_changes_no_frame(db: Store) -> None:
    """Frames are the same before and after sealing and compaction."""
    before = db.to_df(), db.runs(), db.series("", "loss")
    assert db.seal().rows == 21
    db.compact()
    for frame, again in zip(before, (db.to_df(), db.runs(), db.series("", "loss")), strict=True):
        assert frame.sort_index(axis=1).equals(again.sort_index(axis=1))


def test_store_as_context_manager_and_in_words(db: Store) -> None:
    """A store closes itself, and says where it is and how much it holds."""
    with eventide.open(Path(db.info().root)) as again:
        assert repr(again).endswith("3 runs in 1 projects>")
        assert [key.key for key in again.keys(project="p") if not key.numeric] == ["phase"]
        assert again.projects()[0].runs == 3
        assert "seed-1" in again._repr_html_()
        assert again.verify() == []


def test_not_a_store(tmp_path: Path) -> None:
    """Opening a folder that is none says so and how to make one."""
    with pytest.raises(NotAStore, match="is not an Eventide store"):
        eventide.open(tmp_path)
