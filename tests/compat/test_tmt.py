"""That Metric Timeline's names: its documented examples, its file, folders and config, and the cases that hurt."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eventide
import eventide.shim
from eventide.compat.tmt import (
    Configs,
    DbManager,
    DuplicatedNameError,
    DuplicatePolicy,
    DuplicateStrategy,
    EntryNotFound,
    TmtManager,
    tmt_recorder,
    tmt_save,
)
from eventide.errors import EventideWarning, InvalidSetting

NEW = DuplicateStrategy(DuplicatePolicy.AS_NEW_ENTRY)


def entries(path: str = ".tmt/tmt_db.json") -> list[dict[str, Any]]:
    """Return what the file holds."""
    found: list[dict[str, Any]] = json.loads(Path(path).read_text())["data"]
    return found


def test_documented_recording_and_managing() -> None:
    """The documented examples of recording, saving, and reading metrics and results run as they stand."""

    @tmt_recorder(name="some_experiment_with_data")
    def train_and_predict(x: Any) -> dict[str, float]:
        """Train."""
        preds = x + 1
        tmt_save(preds, name="lr_predictions")
        return {"f1": 0.5, "accuracy": 0.75}

    assert train_and_predict(np.arange(3)) == {"f1": 0.5, "accuracy": 0.75}
    assert (train_and_predict.__name__, train_and_predict.__doc__) == ("train_and_predict", "Train.")
    manager = TmtManager()
    entry = manager.set_entry_by_name("some_experiment_with_data")
    manager.set_entry_by_id(entry.id)
    for name, path in manager.results_paths():
        with Path(path).open("rb") as f:
            res = pickle.load(f)
        assert name == "lr_predictions"
        assert res.tolist() == [1, 2, 3]
    for _, res in manager.load_results():
        assert res.mean() == 2.0
    assert {name: val for name, val in manager.get_metrics()} == {"f1": 0.5, "accuracy": 0.75}  # noqa: C416
    assert Path(".tmt/results") / entry.id / "lr_predictions.pkl" == Path(next(manager.results_paths())[1])
    with eventide.open() as store:
        run = store.run(entry.id)
        assert run.name == "some_experiment_with_data"
        assert run.summary == {"f1": 0.5, "accuracy": 0.75}
        assert run.load("lr_predictions").tolist() == [1, 2, 3]


def test_shim_finds_all_names() -> None:
    """With the shim, `tmt` and the modules its users import resolve to ours."""
    code = """
        import eventide.shim; eventide.shim.install("tmt")
        from tmt import tmt_recorder, tmt_save, TmtManager
        from tmt.storage.json_db import DbManager
        from tmt.storage.schema import Entry, Metric, Result
        from tmt.utils.duplicates import DuplicatePolicy, DuplicateStrategy
        from tmt.exceptions import DuplicatedNameError, EntryNotFound
        print(TmtManager.__module__)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "eventide.compat.tmt.manager"


def test_find_by_id_name_regex_and_date() -> None:
    """Entries are found by id prefix, exact name, substring, pattern, and by dates given as datetime, day or number."""
    for name in ("some_experiment", "some", "other"):
        tmt_recorder(name)(lambda: None)()
    manager = TmtManager()
    db = manager.db
    assert manager.set_entry_by_name("some").name == "some"
    whole = db.get_entry_by_exact_name("other")
    assert db.get_entry_by_id(whole.id[:-1]).name == "other"
    assert [entry.name for entry in db.get_entries_by_name("some")] == ["some_experiment", "some"]
    assert [entry.name for entry in db.get_entries_by_name_regex("o.*r$")] == ["other"]
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    assert len(list(db.get_entries_greater_than_date(now - hour))) == 3
    assert list(db.get_entries_greater_than_date((now + hour).timestamp())) == []
    assert len(list(db.get_entries_lower_than_date(now + hour))) == 3
    assert len(list(db.get_entries_between_dates((now - hour).date(), (now + hour).date()))) == 3
    assert list(db.get_entries_between_dates(0, 1)) == []
    with pytest.raises(EntryNotFound):
        manager.set_entry_by_name("nowhere")
    with pytest.raises(EntryNotFound):
        db.get_entry_by_id("nowhere")


def test_duplicates() -> None:
    """A name that is taken whole is refused, put below the first entry, or made an entry of its own."""
    calls: list[int] = []
    tmt_recorder("some_experiment")(lambda: None)()
    tmt_recorder("some")(lambda: calls.append(1))()
    with pytest.raises(DuplicatedNameError):
        tmt_recorder("some")(lambda: calls.append(2))()
    assert calls == [1]
    tmt_recorder("some", duplicate_strategy=NEW)(lambda: {"a": 2})()
    below = DuplicateStrategy(DuplicatePolicy.AS_SUB_ENTRY)
    tmt_recorder("some", duplicate_strategy=below)(lambda: {"a": 3})()
    assert [(entry["name"], len(entry["other_runs"])) for entry in entries()] == [
        ("some_experiment", 0),
        ("some", 1),
        ("some", 0),
    ]
    manager = TmtManager()
    manager.set_entry_by_name("some")
    assert [tuple(metric) for metric in manager.get_metrics()] == [("a", 3)]


def test_config_is_found_by_both(tmp_path: Path) -> None:
    """`.tmt/config.json`, or a file that is named, rules recorder and manager alike, with all its keys and path rules."""
    content = {
        "tmt_dir": ".example",
        "snapshot_source": ".",
        "snapshot_target": "snapshot_example",
        "last_snapshot_link": "snapshot_example/last",
        "gitignore_path": "path/to/.gitignore",
        "json_db_path": "db.json",
        "results_path": "kept",
    }
    Path(".tmt").mkdir()
    Path(".tmt/config.json").write_text("// a comment\n" + json.dumps(content))
    tmt_recorder("here")(lambda: tmt_save(1, "one") and None)()
    assert TmtManager().set_entry_by_name("here").results[0].path.startswith(".example/kept/")
    assert entries(".example/db.json")[0]["name"] == "here"
    assert Configs.from_default_path_or_default_config().last_snapshot_link == ".example/snapshot_example/last"
    assert Configs.from_default_path_or_default_config().gitignore_path == "path/to/.gitignore"
    elsewhere = tmp_path / "config.json"
    elsewhere.write_text(json.dumps({"tmt_dir": str(tmp_path / "absolute")}))
    tmt_recorder("custom_config", config_path=elsewhere)(lambda: {"f1": 1.0})()
    assert TmtManager(config=elsewhere).set_entry_by_name("custom_config").metrics[0].value == 1.0
    assert (tmp_path / "absolute" / "tmt_db.json").exists()
    elsewhere.write_text('{"tmt_dri": "x"}')
    with pytest.raises(InvalidSetting, match="tmt_dri"):
        TmtManager(config=elsewhere)


def test_odd_metrics_never_damage_the_file() -> None:
    """Metrics that JSON cannot hold become numbers, lists or text; earlier entries stay as they were."""
    tmt_recorder("good")(lambda: {"a": 1})()
    odd = {"f": np.float32(0.5), "i": np.int64(3), "v": np.arange(2), "n": float("nan"), "o": {1, 2}, (1, 2): 1j}
    tmt_recorder("odd")(lambda: odd)()
    first, second = entries()
    assert first["metrics"][0]["value"] == 1
    values = {metric["name"]: metric["value"] for metric in second["metrics"]}
    assert (values["f"], values["i"], values["v"]) == (0.5, 3, [0, 1])
    assert isinstance(values["o"], str)
    assert "(1, 2)" in values


def test_returned_objects_are_kept() -> None:
    """What is returned and is no dict is kept as a result, with a warning, and reaches the caller."""
    with pytest.warns(EventideWarning, match="returned"):
        assert tmt_recorder("list")(lambda: [1, 2])() == [1, 2]
    manager = TmtManager()
    manager.set_entry_by_name("list")
    assert list(manager.load_results()) == [("returned", [1, 2])]


def test_save_rules(tmp_path: Path) -> None:
    """Saving needs a running function and a name that stays in its folder; the same name again keeps both files."""
    with pytest.raises(ValueError, match="running"):
        tmt_save(1, "x")

    @tmt_recorder("saves")
    def saves() -> None:
        for bad in ("../x", "a/b", "..", ""):
            with pytest.raises(ValueError, match="name"):
                tmt_save(1, bad)
        tmt_save("first", "twice")
        with pytest.warns(EventideWarning, match="both are kept"):
            tmt_save("second", "twice")
        tmt_save("third", "twice", allow_exist=True)
        tmt_save("text", "custom", extension=".txt", custom_save=lambda obj, path: Path(path).write_text(obj) and None)
        tmt_save("text", "other", custom_save=lambda _obj, _path: str(_other(tmp_path)))
        thread = threading.Thread(target=tmt_save, args=(4, "from_thread"))
        thread.start()
        thread.join()

    saves()
    manager = TmtManager()
    manager.set_entry_by_name("saves")
    loaded = list(manager.load_results())
    assert [value for name, value in loaded if name == "twice"] == ["first", "second", "third"]
    assert dict(loaded)["custom"] == b"text"
    assert dict(loaded)["from_thread"] == 4
    assert dict(manager.results_paths())["other"] == str(tmp_path / "chosen")


def _other(folder: Path) -> Path:
    path = folder / "chosen"
    path.write_text("chosen")
    return path


def test_nested_and_coroutines() -> None:
    """Results go to the function that saves them: the outer one again when an inner one has returned."""

    @tmt_recorder("inner")
    def inner() -> None:
        tmt_save("i", "mine")

    @tmt_recorder("outer")
    async def outer() -> None:
        inner()
        await asyncio.sleep(0)
        tmt_save("o", "mine")

    asyncio.run(outer())
    for name in ("inner", "outer"):
        manager = TmtManager()
        manager.set_entry_by_name(name)
        assert list(manager.load_results()) == [("mine", name[0])]


def test_failures() -> None:
    """A failure leaves no entry and its name free; with save_on_exception it is kept to the entry and its results stay."""

    def fails() -> None:
        tmt_save(1, "before")
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        tmt_recorder("fails")(fails)()
    assert not Path(".tmt/tmt_db.json").exists()
    with pytest.warns(EventideWarning, match="broken"):
        assert tmt_recorder("fails", save_on_exception=True)(fails)() is None
    assert [result["name"] for result in entries()[0]["results"]] == ["before"]
    with eventide.open() as store:
        assert list(store.runs()["status"]) == ["failed", "failed"]


def test_database_changes() -> None:
    """Entries are updated and deleted one by one or all, and a read-only manager changes nothing."""
    for name in ("a", "b"):
        tmt_recorder(name)(lambda: None)()
    db = DbManager(".tmt/tmt_db.json")
    entry = db.get_entry_by_exact_name("a")
    entry.description = "told"
    db.update_entries([entry])
    assert db.get_entry_by_exact_name("a").description == "told"
    DbManager(".tmt/tmt_db.json", read_only=True).delete_all()
    assert (db.delete_entry(entry), db.delete_entry(entry)) == (True, False)
    assert [found.name for found in db.all_entries()] == ["b"]
    db.delete_all()
    assert db.all_entries() == []


def test_old_files_are_read() -> None:
    """A file with NaN and keys of older versions is read."""
    Path("old.json").write_text(
        '{"data": [{"id": "example", "name": "e", "__json_id": 3, "metrics": [{"entry_id": "example", "name": "m", "value": NaN}]}]}'
    )
    entry = DbManager("old.json").get_entry_by_id("example")
    assert entry.metrics[0].value != entry.metrics[0].value  # NaN


def test_snapshots_are_shown() -> None:
    """The code of a run is shown as a folder of hard links without what the ignore file names; `last` points at the newest."""
    Path(".tmt").mkdir()
    Path(".tmt/config.json").write_text('{"snapshot_source": "code", "gitignore_path": "rules"}')
    Path("rules").write_text("*.log\n")
    Path("code/package").mkdir(parents=True)
    for number in range(2):
        Path("code/package/module.py").write_text(f"VERSION = {number}")
        Path("code/package/out.log").write_text("noise")
        tmt_recorder("kept", duplicate_strategy=NEW)(lambda: None)()
    manager = TmtManager()
    first, second = manager.db.all_entries()
    manager.set_entry_by_id(first.id)
    shown = Path(manager.code_snapshot_path()) / "package/module.py"
    assert shown.read_text() == "VERSION = 0"
    assert shown.samefile(Path(".eventide/snapshots") / first.id / "package/module.py")
    assert Path(".tmt/snapshots/last/package/module.py").read_text() == "VERSION = 1"
    assert [path.name for path in Path(".tmt/snapshots/last/package").iterdir()] == ["module.py"]
    assert second.local_snapshot_path


SCRIPT = """
    import sys
    from eventide.compat.tmt import *
    @tmt_recorder("run", duplicate_strategy=DuplicateStrategy(DuplicatePolicy.AS_NEW_ENTRY))
    def run(n):
        tmt_save(n, "n")
        return {"n": n}
    for n in range(int(sys.argv[1])):
        run(n)
        print(n, flush=True)
"""


def _start(count: int) -> subprocess.Popen[str]:
    code = textwrap.dedent(SCRIPT)
    return subprocess.Popen([sys.executable, "-c", code, str(count)], stdout=subprocess.PIPE, text=True)


def test_processes_at_once() -> None:
    """Four processes that record 25 runs each at once leave 100 entries, 100 runs and 100 results."""
    processes = [_start(25) for _ in range(4)]
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    found = entries()
    assert len(found) == len({entry["id"] for entry in found}) == 100
    assert all(Path(entry["results"][0]["path"]).is_file() for entry in found)
    with eventide.open() as store:
        assert len(store) == 100


def test_kill_at_any_instant() -> None:
    """Kill -9 at any instant leaves a whole file that holds every run that was told of."""
    told = 0
    for round_number in range(6):
        process = _start(1000)
        assert process.stdout is not None
        process.stdout.readline()
        told += 1
        time.sleep(0.013 * round_number)
        os.kill(process.pid, signal.SIGKILL)
        rest, _ = process.communicate()
        told += len(rest.splitlines())
        found = entries()
        assert told <= len(found) <= told + 1
        told = len(found)
    with eventide.open() as store:
        assert len(store) >= told


def test_every_module_name_is_found() -> None:
    """The modules that scripts import from by their full names resolve to ours, one object under all names."""
    code = """
        import eventide.shim; eventide.shim.install("tmt")
        import tmt
        from tmt.configs.parser import Configs
        from tmt.decorators.recorder import recorder
        from tmt.history.context import ContextManager, context_manager
        from tmt.history.snapshot import SnapshotManager
        from tmt.history.utils import save
        from tmt.info import __version__
        from tmt.utils.manager import TmtManager
        print(recorder is tmt.tmt_recorder, save is tmt.tmt_save, TmtManager is tmt.TmtManager, Configs is tmt.Configs)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"] * 4


def test_the_running_experiment_is_at_hand() -> None:
    """Inside of a recorded function `context_manager` holds its entry and saves for it; outside it holds nothing."""
    from eventide.compat.tmt.history.context import context_manager

    @tmt_recorder("at hand")
    def work() -> None:
        running = context_manager.get()
        assert running is not None
        assert running.root_entry.name == "at hand"
        running.save([1, 2], "numbers")

    work()
    assert context_manager.get() is None
    assert [result["name"] for result in entries()[0]["results"]] == ["numbers"]


def test_snapshots_by_hand() -> None:
    """`SnapshotManager` copies what is new, links what is not, honours the ignore file every time, and never copies its own folder."""
    for path in ("src/a.py", "src/sub/deep/b.py", "src/out.log", "src/sub/inner.log"):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(path)
    Path("ignore").write_text("*.log\n")
    config = Configs(tmt_dir="src/own", snapshot_source="src", gitignore_path="ignore")
    config.init_snapshot_manager("one").make_snapshot()
    Path("src/a.py").write_text("changed")
    Path("src/new").mkdir()
    Path("src/new/c.py").write_text("new")
    manager = config.init_snapshot_manager("two")
    manager.make_snapshot()

    two = Path("src/own/snapshots/two")
    assert manager.snapshot_dest == str(two)
    assert sorted(str(path.relative_to(two)) for path in two.rglob("*.*")) == ["a.py", "new/c.py", "sub/deep/b.py"]
    assert (two / "a.py").read_text() == "changed"
    assert Path("src/own/snapshots/one/a.py").read_text() == "src/a.py"
    assert (two / "sub/deep/b.py").samefile("src/own/snapshots/one/sub/deep/b.py")
    assert Path("src/own/snapshots/last").resolve() == two.resolve()
    assert manager.gitignored_files == {"out.log", "own"}
    with pytest.raises(eventide.errors.RunExists):
        config.init_snapshot_manager("two").make_snapshot()
    with pytest.raises(InvalidSetting):
        Configs(snapshot_source="nowhere").init_snapshot_manager("x").make_snapshot()


def test_what_differs_between_two_folders() -> None:
    """The comparisons of `SnapshotManager` name files at every depth, below the folder they are given."""
    import filecmp

    from eventide.compat.tmt.history.snapshot import SnapshotManager

    for path, text in {
        "a/same": "1",
        "b/same": "1",
        "a/x/other": "1",
        "b/x/other": "22",
        "a/new": "",
        "b/x/old": "",
    }.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text)
    cmp = filecmp.dircmp("a", "b")
    assert list(SnapshotManager.get_equal_files(cmp, "")) == ["same"]
    assert list(SnapshotManager.get_diff_files(cmp, "at")) == ["at/x/other"]
    assert list(SnapshotManager.get_new_files(cmp, "")) == ["new"]
    assert list(SnapshotManager.get_removed_files(cmp, "")) == ["x/old"]
