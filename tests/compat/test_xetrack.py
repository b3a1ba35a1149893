"""xetrack's own document through `eventide.compat.xetrack`, in both generations of its names, and through the shim."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from eventide.compat import xetrack
from eventide.compat.xetrack import Reader, Tracker, copy
from eventide.compat.xetrack.assets import AssetsManager
from eventide.compat.xetrack.config import CONSTANTS, LOGURU_PARAMS, SCHEMA_PARAMS, TRACKER_CONSTANTS
from eventide.compat.xetrack.duckdb import DuckDBEngine
from eventide.compat.xetrack.engine import SqliteEngine
from eventide.compat.xetrack.git import get_commit_hash, get_commit_tags
from eventide.compat.xetrack.logging import Logger
from eventide.compat.xetrack.stats import Stats
from eventide.errors import InvalidQuery


def quickstart() -> Tracker:
    """Do what the document's quickstart does."""
    tracker = Tracker("database.db", params={"model": "resnet18"})
    tracker.log(accuracy=0.9, loss=0.1, epoch=1)
    return tracker


def test_quickstart() -> None:
    """The first example: a row with params, `latest`, and all rows as a frame."""
    tracker = Tracker("database.db", params={"model": "resnet18"})
    row = tracker.log(accuracy=0.9, loss=0.1, epoch=1)
    assert {key: row[key] for key in ("accuracy", "loss", "epoch", "model")} == {
        "accuracy": 0.9,
        "loss": 0.1,
        "epoch": 1,
        "model": "resnet18",
    }
    assert tracker.latest == row
    assert set(row) == {"accuracy", "loss", "epoch", "model", "timestamp", "track_id"}
    assert set(tracker.to_df(all=True).columns) == set(row)


def test_params_and_set_value() -> None:
    """Params for later rows; a value back in time."""
    tracker = quickstart()
    tracker.set_params({"model": "resnet18", "dataset": "cifar10"})
    assert tracker.log(accuracy=0.9, loss=0.1, epoch=2)["dataset"] == "cifar10"
    tracker.set_value("test_accuracy", 0.9)
    frame = tracker.to_df()
    assert frame["test_accuracy"].tolist() == [0.9, 0.9]
    assert frame["dataset"].isna().tolist() == [True, False]


def test_track_a_function_and_wrap_one() -> None:
    """Function tracking with the use of the machine, then the decorator, both as the document writes them."""

    def read_image(path: str, size: int = 0) -> int:
        time.sleep(0.05)
        return len(path) + size

    args: tuple[Any, ...] = ("image.png",)
    kwargs: dict[str, Any] = {"size": 571075}
    tracker = Tracker("database.db", log_system_params=True, log_network_params=True, measurement_interval=0.1)
    image = tracker.track(read_image, *args, **kwargs)
    assert image == 571084
    row = tracker.latest
    assert (row["function_name"], row["function_result"], row["error"]) == ("read_image", 571084, "")
    used = {"disk_percent", "p_memory_percent", "cpu", "memory_percent", "bytes_sent", "bytes_recv"}
    assert used <= set(row)

    @tracker.wrap(params={"name": "foofoo"})
    def foo(a: int, b: str) -> int:
        return a + len(b)

    result = foo(1, "hello")
    assert result == 6
    row = tracker.latest
    assert {key: row[key] for key in ("function_name", "args", "kwargs", "error", "function_result", "name")} == {
        "function_name": "foo",
        "args": "[1, 'hello']",
        "kwargs": "{}",
        "error": "",
        "function_result": 6,
        "name": "foofoo",
    }
    assert used <= set(row)


def test_pandas_like_and_sql_like() -> None:
    """print(tracker), a column, the frame, and the document's SQL."""
    tracker = quickstart()
    tracker.log(accuracy=0.5)
    assert "resnet18" in str(tracker)
    assert repr(tracker) == str(tracker)
    assert tracker["accuracy"].tolist() == [0.9, 0.5]
    found = tracker.conn.execute(f"SELECT * FROM db.events WHERE accuracy > {0.8}").fetchall()
    assert len(found) == 1
    assert 0.9 in found[0]


def test_in_memory_in_both_spellings(capsys: pytest.CaptureFixture[str]) -> None:
    """`Tracker(Tracker.IN_MEMORY)` works, and so does the constant's first spelling, with logs."""
    assert Tracker(Tracker.IN_MEMORY).log(a=1)["a"] == 1
    row = Tracker(db=Tracker.IN_MEMROY, logs_path="logs", logs_stdout=True).log(accuracy=0.9)
    assert "TRACKING" in capsys.readouterr().out
    frame = Reader.read_logs(path="logs")
    assert frame.to_dict("records") == [row]


def test_reader_and_monitoring() -> None:
    """The Reader's frame, model monitoring without a database, the experiment log under both names."""
    quickstart()
    assert len(Reader("database.db").to_df()) == 1
    tracker = Tracker(db=Tracker.SKIP_INSERT, logs_path="logs", logs_stdout=True)
    assert tracker.logger is not None
    tracker.logger.monitor({"drift": 0.1})
    tracker.logger.experiemnt({"f1": 0.9})
    tracker.logger.experiment({"f1": 0.8})
    assert Reader.read_logs(path="logs").to_dict("list")["f1"][1:] == [0.9, 0.8]


def test_copy() -> None:
    """Two databases into one."""
    Tracker("db1.db").log(a=1)
    Tracker("db2.db").log(a=2)
    assert copy(source="db1.db", target="db2.db") == 1
    assert sorted(Reader("db2.db").to_df()["a"]) == [1, 2]


# ── the second generation ───────────────────────────────────────────────────────────────────────────────────────────────


def test_log_takes_a_dict_and_shows_plain_keys() -> None:
    """Keys are shown with `_`, in rows, frames, SQL and rows by place; the store keeps them; own columns are dropped."""
    tracker = Tracker("n.db", params={"m": 1}, engine="duckdb", table="exp", warnings=False, compress=True)
    row = tracker.log({"invalid key": 1, "@@": 2, "timestamp": "x", "track_id": "y"})
    assert {key: row[key] for key in ("invalid_key", "__")} == {"invalid_key": 1, "__": 2}
    assert len(row) == 1 + 2 + 2
    assert tracker.to_df()["invalid_key"].tolist() == [1]
    assert tracker.conn.execute("SELECT invalid_key FROM db.exp").fetchall() == [(1,)]
    assert tracker.conn.execute('SELECT invalid_key FROM "default"').fetchall() == [(1,)]
    assert tracker[1]["invalid_key"] == 1
    assert tracker[2] is None
    assert tracker.columns == {"timestamp", "track_id", "m", "invalid_key", "__"}
    import eventide

    assert "invalid key" in set(eventide.open("n.db").key_tags())
    assert tracker.log_batch([{"a.b": 1}, {"a.b": 2, "a_b": 3}])["a_b"] == 3
    assert tracker.to_df()["a.b"].tolist()[1:] == [1, 2]
    assert (len(tracker), tracker.count_run(), tracker.count_all(), tracker.log({})) == (3, 3, 3, {})


def test_objects_are_hashes() -> None:
    """An object's cell is a hash of 16 digits, which leads to the object; so does its key; objects can be removed."""
    tracker = Tracker("n.db")
    row = tracker.log({"model": len, "plain": [1]})
    assert (len(row["model"]), row["plain"]) == (16, [1])
    assert AssetsManager.is_hash_candidate(row["model"])
    assert tracker.get(row["model"]) is tracker.get("model") is len
    assert tracker.to_df()["model"].tolist() == [row["model"]]
    assert (len(tracker.assets), tracker.assets.counts) == (1, {row["model"]: 1})
    assert tracker.remove_asset(row["model"], "model") is True
    assert tracker.get("model") is None


def test_track_in_the_later_form_with_a_cache() -> None:
    """`track(func, params=, args=, kwargs=)`, lineage in `cache`, and what the Reader says of it."""
    tracker = Tracker("n.db", cache="cache", raise_on_error=False)
    assert [tracker.track(pow, {"p": 1}, [2], {"exp": 3}), tracker.track(pow, params={"p": 1}, args=[2, 3])] == [8, 8]
    assert tracker.track(pow, None, [2, 3]) == 8
    assert tracker.latest["cache"] == ""
    assert tracker.track(pow, args=[2, 3]) == 8
    assert tracker.latest["cache"] == tracker.track_id
    assert tracker.track(pow, 2, 3) == 8
    ((_, entry), *_) = Reader.scan_cache("cache")
    assert entry == {"result": 8, "cache": tracker.track_id}
    assert Reader.delete_cache_by_track_id("cache", tracker.track_id) >= 2
    assert tracker.track(lambda: 1 / 0) is None
    assert tracker.latest["error"] == "division by zero"


def test_other_members_of_the_tracker() -> None:
    """Ids, times, sizes, attributes, where-updates: under the names scripts use."""
    tracker = Tracker("n.db", params={"a": 1}, git_root=".")
    assert Tracker.generate_track_id().count("-") == 2
    assert len(Tracker.get_timestamp()) == 26
    assert Tracker.to_mb(2**20) == 1.0
    assert (tracker.set_param("b", 2), tracker.params["b"], tracker.add_column("c", 1)) == ("b", 2, "c")
    tracker.log({"x": 1})
    tracker.set_where("y", 5, "x", 1)
    assert tracker.to_df()["y"].tolist() == [5]
    assert (tracker.table_name, tracker.logger, tracker.cache, tracker.warnings) == ("default", None, None, True)
    assert tracker.engine.count_records() == 1
    assert tracker.validate_result({}, 3) == {"function_result": 3}
    assert Tracker.to_sql_type(1.5) == "REAL"
    first = Tracker("n.db", reset=True)
    assert first.count_all() == 0


def test_readers_of_the_later_form() -> None:
    """Head, tail, one run, the newest, deleted runs, JSON lines, `read_db`."""
    tracker = Tracker("n.db", jsonl="rows.jsonl")
    tracker.log({"a b": float("nan"), "o": len})
    tracker.log({"i": 2})
    tracker.finish()
    line = json.loads(Path("rows.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert (line["a_b"], line["level"], len(line["o"])) == (None, "TRACKING", 16)
    assert Reader.read_jsonl("rows.jsonl")["i"].tolist()[1] == 2
    reader = Reader("n.db", engine="duckdb", table="default")
    assert (len(reader.to_df(head=1)), len(reader.to_df(tail=1)), len(reader.latest()), len(reader)) == (1, 1, 2, 2)
    assert len(Reader.read_db("n.db", "sqlite", "default", track_id=tracker.track_id)) == 2
    assert "a_b" in reader.columns
    assert reader.delete_run(tracker.track_id) is True
    assert len(reader) == 0


@pytest.mark.parametrize("engine", [SqliteEngine, DuckDBEngine])
def test_engines(engine: Any) -> None:
    """The engine modules: SQL, frames, counts, columns; writing by SQL is refused with a word."""
    Tracker("n.db").log({"a": 1})
    with engine("n.db") as made:
        made.create_table("x", {"a": "TEXT"})
        made.add_column("x", "b", "TEXT")
        assert made.execute("SELECT a FROM db.events").fetchall() == [(1,)]
        assert made.execute_sql("SELECT a FROM events WHERE a = ?", [1])["a"].tolist() == [1]
        made.set_value("b", 2)
        made.set_where("c", 3, "a", 1)
        assert (made.count_records(), made.columns, made.table_name) == (
            1,
            {"timestamp", "track_id", "a", "b", "c"},
            "default",
        )
        with pytest.raises(InvalidQuery):
            made.execute("INSERT INTO events VALUES (1)")


def test_assets_manager() -> None:
    """Objects by key and hash, counted, listed, popped."""
    assets = AssetsManager("objects.db", autocommit=False)
    first = assets.insert("k", {"x"})
    assert assets.insert("k2", {"x"}) == first
    assert (assets.get("k"), assets.get_from_hash(first), assets.get_from_key("k2")) == ({"x"}, {"x"}, {"x"})
    assert (len(assets), assets.counts, assets.keys) == (1, {first: 2}, {"k": first, "k2": first})
    assert list(assets.assets) == [first]
    assert (assets.pop("k"), assets.get("k", 5)) == ({"x"}, 5)


def test_small_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Constants, git, statistics, the logger and its delimiter."""
    assert (SCHEMA_PARAMS.TRACK_ID, TRACKER_CONSTANTS.FUNCTION_NAME) == ("track_id", "function_name")
    assert (CONSTANTS.SKIP_INSERT, xetrack.get_backend()) == (Tracker.SKIP_INSERT, "pandas")
    assert (get_commit_hash(), get_commit_tags()) == (None, [])
    assert set(Stats(None, {}, 0.01).get_stats()) == set(Stats.KEYS)
    monkeypatch.setenv("LOGS_DELIMITER", "@@@")
    assert LOGURU_PARAMS.DELIMITER == "@@@"
    logger = Logger(False, "logs")
    logger.track({"a": "@@@"})
    logger.log({"b": 1}, "MONITOR", indent=2)
    assert logger.read_logs() == [{"a": "@@@"}, {"b": 1}]
    (file,) = Path("logs").iterdir()
    assert logger.read_log(file, "TRACKING") == [{"a": "@@@"}]
    assert logger.is_tracked_entry(file.read_text(encoding="utf-8").splitlines()[0])
    logger.close()


# ── through the shim ────────────────────────────────────────────────────────────────────────────────────────────────────

_SEED = """
import sys
from xetrack import Tracker, Reader, copy
import xetrack.engine, xetrack.config

tracker = Tracker('database.db',
                  params={'model': 'resnet18'}
                  )
tracker.log(accuracy=0.9, loss=0.1, epoch=1)
tracker.set_params({'model': 'resnet18', 'dataset': 'cifar10'})
tracker.log(accuracy=0.9, loss=0.1, epoch=2)
tracker.set_value('test_accuracy', 0.9)
@tracker.wrap(params={'name':'foofoo'})
def foo(a: int, b: str):
    return a + len(b)
result = foo(1, 'hello')
rows = tracker.conn.execute(f"SELECT * FROM db.events WHERE accuracy > 0.8").fetchall()
Tracker(db=Tracker.IN_MEMROY, logs_path='logs').log(accuracy=0.9)
df = Reader('database.db').to_df()
copied = copy(source="database.db", target="db2.db")
print(len(rows), result, len(df), len(Reader.read_logs(path='logs')), copied, sys.argv[1:], __name__)
"""


def shim(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m eventide.shim`."""
    env = {**os.environ, "PYTHONPATH": ":".join(path for path in sys.path if path)}
    command = [sys.executable, "-m", "eventide.shim", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, env=env)


@pytest.mark.process
def test_an_unmodified_script_runs() -> None:
    """The document's script runs as it stands; its arguments and its name are its own; `xt` then shows its rows."""
    Path("old.py").write_text(_SEED, encoding="utf-8")
    answer = shim("--as", "xetrack", "old.py", "--lr", "0.1")
    assert (answer.stdout, answer.stderr) == ("2 6 3 1 3 ['--lr', '0.1'] __main__\n", "")
    assert "foofoo" in shim("xt", "tail", "database.db", "--n", "1").stdout
    assert json.loads(shim("xt", "sql", "database.db", "SELECT epoch FROM events", "--json").stdout)[0] == {"epoch": 1}


@pytest.mark.process
def test_a_real_package_is_passed_over_with_a_word() -> None:
    """With a package called xetrack installed, ours is used, and stderr says so; what the script exits with is the answer."""
    Path("xetrack.py").write_text("raise SystemExit('the real one')", encoding="utf-8")
    Path("old.py").write_text("import xetrack, sys; print(xetrack.__name__); sys.exit(7)", encoding="utf-8")
    answer = shim("old.py")
    assert (answer.stdout, answer.returncode) == ("eventide.compat.xetrack\n", 7)
    assert "`xetrack` is installed, and is passed over" in answer.stderr


@pytest.mark.process
@pytest.mark.parametrize("arguments", [[], ["--as"], ["--as", "nobody", "x.py"], ["missing.py"], ["--what", "x.py"]])
def test_wrong_calls_of_the_shim_say_what_is_wrong(arguments: list[str]) -> None:
    """No script, an unknown name or option: exit code 2, an error and a hint."""
    Path("x.py").touch()
    answer = shim(*arguments)
    assert (answer.returncode, answer.stderr.count("\n"), answer.stderr.startswith("error: ")) == (2, 2, True)
