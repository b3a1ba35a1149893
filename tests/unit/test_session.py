"""Sessions: how runs begin, which one is current, how they are resumed, shared and ended; in one process."""

from __future__ import annotations

import pickle
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

import eventide
from eventide.errors import (
    InvalidName,
    InvalidSetting,
    InvalidStep,
    InvalidValue,
    Misuse,
    RunExists,
    RunFinished,
    RunNotFound,
    StoreTooNew,
    StoreUnwritable,
)
from eventide.journal.reader import read_chunks, records, row_values
from eventide.sdk import launch, session
from eventide.sdk.guard import Guard
from eventide.sdk.pulse import Pulse
from eventide.testing import FakeClock


@pytest.fixture(autouse=True)
def _no_runs_left() -> Iterator[None]:
    """End what a test leaves unfinished."""
    yield
    session._finish_all("finished", "")
    session._at_exit()
    session._ordinals.clear()


def journal(run: eventide.Run) -> list[dict[str, Any]]:
    """Return all records of a run, writer by writer."""
    assert run.dir is not None
    paths = sorted(run.dir.glob("*.jsonl"), key=lambda path: path.stat().st_mtime_ns)
    return [record for path in paths for chunk in read_chunks(path, 0) for _, record in records(chunk) if record]


def rows(run: eventide.Run) -> list[tuple[int, dict[str, Any]]]:
    """Return the rows of a run as (step, values)."""
    return [(record["step"], row_values(record)) for record in journal(run) if "step" in record]


def values(run: eventide.Run) -> dict[tuple[str, ...], Any]:
    """Return the run-level values as they stand; removed ones are missing."""
    found: dict[tuple[str, ...], Any] = {}
    for record in journal(run):
        if "_set" in record:
            path = tuple(record["_set"])
            found.pop(path, None)
            if "value" in record:
                found[path] = record["value"]
    return found


def ends(run: eventide.Run) -> list[dict[str, Any]]:
    """Return the trailers of a run."""
    return [record["_end"] for record in journal(run) if "_end" in record]


def test_a_run_from_init_to_finish(store_dir: Path) -> None:
    """Everything said about a run is in its journal: names, config, rows, summary, metrics, status."""
    run = eventide.init(
        dir=store_dir,
        project="p",
        name="n",
        group="g",
        tags=["a", "b"],
        notes="*hi*",
        config={"lr": 0.1, "net": {"width": 3}},
    )
    run.log({"loss": 0.5}, acc=1)
    run.log(loss=0.4, step=7)
    run.log({"loss": 0.3})
    run.config.net.width = 4
    run.summary["best"] = 0.3
    run.set("seed", 7)
    run.define_metric("loss", step_metric="epoch", summary="min", goal="min")
    run.tags.remove("a")
    run.name = "renamed"
    run.finish()
    assert rows(run) == [(0, {"loss": 0.5, "acc": 1}), (7, {"loss": 0.4}), (8, {"loss": 0.3})]
    found = {path: value for path, value in values(run).items() if path[0] not in ("provenance", "user")}
    assert found == {
        ("name",): "renamed",
        ("group",): "g",
        ("notes",): "*hi*",
        ("tags", "b"): True,
        ("config",): {"lr": 0.1, "net": {"width": 3}},
        ("config", "net", "width"): 4,
        ("summary", "best"): 0.3,
        ("values", "seed"): 7,
        ("metrics", "loss"): {"step_metric": "epoch", "summary": "min", "goal": "min"},
    }
    assert ends(run)[-1]["status"] == "finished"
    assert ends(run)[-1]["rows"] == 3


def test_environment_fills_in_what_is_not_given(store_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every argument of init has its environment variable, and an argument wins."""
    for name, value in {
        "DIR": str(store_dir),
        "PROJECT": "env-project",
        "NAME": "env-name",
        "GROUP": "env-group",
        "TAGS": "x,y",
        "NOTES": "env-notes",
        "RUN_ID": "env-id",
    }.items():
        monkeypatch.setenv(f"EVENTIDE_{name}", value)
    run = eventide.init(name="given")
    assert (run.id, run.project, run.name, run.group, run.notes) == (
        "env-id",
        "env-project",
        "given",
        "env-group",
        "env-notes",
    )
    assert list(run.tags) == ["x", "y"]
    assert run.dir == store_dir / "runs" / "env-id"


def test_module_level_log_goes_to_the_newest_unfinished_run(store_dir: Path) -> None:
    """Two runs at once are both usable; eventide.log means the newest that is not finished."""
    assert eventide.run is None
    with pytest.raises(Misuse, match="needs a run"):
        eventide.log(a=1)
    first = eventide.init(dir=store_dir)
    second = eventide.init(dir=store_dir)
    eventide.log(a=1)
    first.log(b=2)
    second.finish()
    eventide.log({"a": 3})
    assert session.current() is first
    eventide.finish()
    eventide.finish()
    assert session.current() is None
    assert rows(first) == [(0, {"b": 2}), (1, {"a": 3})]
    assert rows(second) == [(0, {"a": 1})]


def test_logging_after_finish_is_a_mistake(store_dir: Path) -> None:
    """After finish rows and changes are RunFinished with the command to resume; finish itself may be repeated."""
    run = eventide.init(dir=store_dir)
    run.log(a=1)
    run.finish()
    run.finish("failed")
    acts: list[Callable[[], object]] = [
        lambda: run.log(a=1),
        lambda: run.log(b="new"),
        lambda: run.config.update(a=1),
        lambda: run.tags.add("x"),
    ]
    for act in acts:
        with pytest.raises(RunFinished) as caught:
            act()
        assert run.id in caught.value.hint
    assert [end["status"] for end in ends(run)] == ["finished"]


@pytest.mark.parametrize("nothing", [None, {}])
def test_empty_row_is_not_written(store_dir: Path, nothing: Any) -> None:
    """Logging nothing writes no row and uses up no step."""
    run = eventide.init(dir=store_dir)
    run.log(nothing)
    run.log(a=1)
    assert rows(run) == [(0, {"a": 1})]


@pytest.mark.parametrize("data", [[1], "text", 3, {1: 2}, {"": 1}, {"a": (x for x in range(0))}])
def test_mistake_raises_and_leaves_the_run_usable(store_dir: Path, data: Any) -> None:
    """The caller's mistake raises at once, writes nothing of the row, and the run goes on."""
    run = eventide.init(dir=store_dir)
    with pytest.raises(Misuse):
        run.log(data)
    with pytest.raises(InvalidStep):
        run.log({"a": 1}, step=-1)
    run.log(a=1)
    assert rows(run) == [(0, {"a": 1})]


def test_many_rows_in_every_shape(store_dir: Path) -> None:
    """A list of dicts, a dict of columns, a DataFrame of pandas and what has `to_dicts` are logged row by row, with steps or without."""
    import pandas as pd

    class Frame:
        def to_dicts(self) -> list[dict[str, int]]:
            return [{"a": 7}, {"a": 8}]

    run = eventide.init(dir=store_dir)
    run.log_many([{"a": 1}, {"a": 2}])
    run.log_many({"a": [3, 4]}, steps=[10, 12])
    run.log_many(pd.DataFrame({"a": [5, 6]}))
    run.log_many(Frame())
    assert rows(run) == [
        (step, {"a": value}) for step, value in zip([0, 1, 10, 12, 13, 14, 15, 16], range(1, 9), strict=True)
    ]
    for bad in ([{"a": 1}, {2: 3}], {"a": [1], "b": [1, 2]}, {"a": 1}, ["x"]):
        with pytest.raises(Misuse):
            run.log_many(bad)
    assert len(rows(run)) == 8


def test_context_manager_says_how_it_ended(store_dir: Path) -> None:
    """Leaving the block ends the run: finished, failed with the traceback, or killed; the exception goes on."""
    with eventide.init(dir=store_dir) as good:
        good.log(a=1)
    with pytest.raises(ValueError, match="boom"), eventide.init(dir=store_dir) as bad:
        raise ValueError("boom")
    with pytest.raises(KeyboardInterrupt), eventide.init(dir=store_dir) as killed:
        raise KeyboardInterrupt
    with pytest.raises(SystemExit), eventide.init(dir=store_dir) as stopped:
        sys.exit(3)
    with pytest.raises(SystemExit), eventide.init(dir=store_dir) as left:
        sys.exit(0)
    statuses = [ends(run)[-1]["status"] for run in (good, bad, killed, stopped, left)]
    assert statuses == ["finished", "failed", "killed", "failed", "finished"]
    assert "ValueError: boom" in ends(bad)[-1]["error"]
    assert "error" not in ends(good)[-1]


def test_taken_id_needs_resume(store_dir: Path) -> None:
    """An id that exists raises, unless resume says to go on; one that does not exist cannot be insisted on."""
    eventide.init(dir=store_dir, id="mine").finish()
    with pytest.raises(RunExists) as caught:
        eventide.init(dir=store_dir, id="mine")
    assert "resume='allow'" in caught.value.hint
    with pytest.raises(RunNotFound):
        eventide.init(dir=store_dir, id="other", resume="must")
    with pytest.raises(InvalidSetting, match="resume"):
        eventide.init(dir=store_dir, id="mine", resume="maybe")  # type: ignore[arg-type]
    eventide.init(dir=store_dir, id="mine", resume="allow").finish()
    eventide.init(dir=store_dir, id="new", resume=True).finish()
    assert sorted(path.name for path in (store_dir / "runs").iterdir()) == ["mine", "new"]


def test_resuming_goes_on_after_the_last_step(store_dir: Path) -> None:
    """A resumed run is a new part and a new attempt, keeps name and project, and counts on from the last logged step."""
    first = eventide.init(dir=store_dir, id="r", name="keep", project="p")
    first.log(a=1, step=41)
    first.finish("failed")
    second = eventide.init(dir=store_dir, id="r", resume="must")
    second.log(a=2)
    second.finish()
    headers = [record["_run"] for record in journal(second) if "_run" in record]
    assert [(header["attempt"], header["project"]) for header in headers] == [(1, "p"), (2, "p")]
    assert rows(second) == [(41, {"a": 1}), (42, {"a": 2})]
    assert values(second)["name",] == "keep"
    with pytest.raises(InvalidSetting, match="belongs to the project"):
        eventide.init(dir=store_dir, id="r", resume="must", project="other")


def test_last_step_is_found_far_from_the_end(store_dir: Path) -> None:
    """The last row is found behind a megabyte of console text, and in an earlier part when the newest has none."""
    run = eventide.init(dir=store_dir, id="r")
    run.log(a=1, step=9)
    for _ in range(20):
        run._writer.console("x" * 50_000)
    run.finish()
    eventide.init(dir=store_dir, id="r", resume="must").finish()
    assert eventide.init(dir=store_dir, id="r", resume="must").step == 10


def test_joining_a_live_run_is_the_same_attempt(store_dir: Path) -> None:
    """While somebody still writes a run, another writer of it joins the attempt instead of beginning the next."""
    first = eventide.init(dir=store_dir, id="r")
    first.log(a=1)
    second = eventide.init(dir=store_dir, id="r", resume="allow")
    second.log(a=2)
    assert {record["_run"]["attempt"] for record in journal(first) if "_run" in record} == {1}


def test_silent_writer_of_another_machine_is_stale(store_dir: Path) -> None:
    """A writer elsewhere that has not been heard of for 45 seconds does not keep a resume from being the next attempt."""
    import os

    run = eventide.init(dir=store_dir, id="r")
    run.log(a=1)
    assert run.dir is not None
    (path,) = run.dir.glob("*.jsonl")
    lines = path.read_bytes().split(b"\n", 1)
    header = orjson.loads(lines[0])
    header["_run"]["machine"] = "elsewhere"
    run.finish()
    body = b"\n".join(line for line in lines[1].split(b"\n") if not line.startswith(b'{"_end"'))
    path.write_bytes(orjson.dumps(header) + b"\n" + body)
    for age_s, attempt in ((5, 1), (60, 2)):
        os.utime(path, (path.stat().st_mtime - age_s,) * 2)
        again = eventide.init(dir=store_dir, id="r", resume="must")
        assert again._writer.identity.attempt == attempt  # type: ignore[union-attr]
        again.finish()
        for other in run.dir.glob("*.jsonl"):
            if other != path:
                other.unlink()


@pytest.mark.parametrize("name", ["../../x", "a/b", "", ".", "x" * 200])
def test_names_that_leave_the_store_are_refused(store_dir: Path, name: str) -> None:
    """A project, name, group, tag or id that could be a path is refused before anything is written."""
    if name:
        for what in ("project", "name", "group", "id"):
            with pytest.raises(InvalidName):
                eventide.init(dir=store_dir, **{what: name})  # type: ignore[arg-type]
    with pytest.raises(InvalidName):
        eventide.init(dir=store_dir, tags=[name])
    assert not store_dir.exists()


@pytest.mark.parametrize("config", [3, "text", {1: 2}])
def test_config_that_is_none_begins_no_run(store_dir: Path, config: Any) -> None:
    """A config that cannot be one is refused before the run exists."""
    with pytest.raises(InvalidValue):
        eventide.init(dir=store_dir, config=config)
    assert not store_dir.exists()


def test_unusable_store_is_refused_at_init(tmp_path: Path, store_dir: Path) -> None:
    """A store below a file, and one of a newer version, raise at init with a hint."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreUnwritable) as caught:
        eventide.init(dir=tmp_path / "file")
    assert caught.value.hint
    store_dir.mkdir()
    (store_dir / "store.json").write_text('{"format": 9, "id": "x"}')
    with pytest.raises(StoreTooNew):
        eventide.init(dir=store_dir)
    (store_dir / "store.json").unlink()
    assert not (store_dir / "runs").exists()
    (store_dir / "runs").mkdir()
    (store_dir / "runs" / "taken").write_text("a file where a folder should be")
    with pytest.raises(StoreUnwritable):
        eventide.init(dir=store_dir, id="taken", resume="allow")
    assert eventide.run is None


def test_disabled_writes_nothing(tmp_path: Path, store_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In mode "disabled" everything can be called, nothing is written, and nothing is started."""
    monkeypatch.setenv("EVENTIDE_MODE", "disabled")
    before = sorted(tmp_path.rglob("*"))
    with eventide.init(dir=store_dir, config={"a": 1}, tags=["x"]) as run:
        run.log({"a": 1}, step=-1)
        run.log_many([{"a": 1}])
        run.config.b = 2
        run.summary["c"] = 3
        run.set("d", 4)
        run.define_metric("a")
        run.flush(sync=True)
        assert run.config.to_dict() == {"a": 1, "b": 2}
        assert run.dir is None
    assert sorted(tmp_path.rglob("*")) == before
    with pytest.raises(RunFinished):
        run.log(a=1)


def test_memory_store_is_private_and_vanishes(tmp_path: Path, store_dir: Path) -> None:
    """In mode "memory" a run is like any other, in a private store that is gone afterwards."""
    run = eventide.init(dir=store_dir, mode="memory")
    run.log(a=1)
    assert rows(run) == [(0, {"a": 1})]
    assert run.dir is not None
    root = run.dir.parent.parent
    assert root.stat().st_mode & 0o777 == 0o700
    run.finish()
    session._at_exit()
    assert not root.exists()
    assert not store_dir.exists()


def test_run_pickles_to_itself_in_the_same_process(store_dir: Path) -> None:
    """Unpickling a run where it lives gives that very run."""
    run = eventide.init(dir=store_dir)
    assert pickle.loads(pickle.dumps(run)) is run
    disabled = eventide.init(mode="disabled")
    assert pickle.loads(pickle.dumps(disabled)).finished is False


def test_repr_has_no_path(store_dir: Path) -> None:
    """A run's repr is one line with name, id and project, and says when it is finished."""
    run = eventide.init(dir=store_dir, id="r", name="n", project="p")
    assert repr(run) == "Run('n', id='r', project='p')"
    run.finish()
    assert repr(run) == "Run('n', id='r', project='p', finished)"


# ── ranks ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("environ", "place"),
    [
        ({}, (0, 1, 0)),
        ({"RANK": "3"}, (0, 1, 0)),
        ({"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1"}, (3, 4, 1)),
        ({"RANK": "0", "WORLD_SIZE": "1"}, (0, 1, 0)),
        (
            {"SLURM_PROCID": "2", "SLURM_NTASKS": "4", "SLURM_LOCALID": "0", "SLURM_JOB_ID": "9", "SLURM_STEP_ID": "0"},
            (2, 4, 0),
        ),
        ({"SLURM_PROCID": "0", "SLURM_NTASKS": "4", "SLURM_JOB_ID": "9"}, (0, 1, 0)),
        ({"OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2"}, (1, 2, 0)),
    ],
)
def test_launchers_say_the_rank(environ: dict[str, str], place: tuple[int, int, int]) -> None:
    """Rank and world size come from the launcher's variables; a batch script or a single process is no launch."""
    assert launch.detect(environ)[:3] == place


@pytest.mark.parametrize("environ", [{"RANK": "x", "WORLD_SIZE": "2"}, {"RANK": "2", "WORLD_SIZE": "2"}])
def test_impossible_rank_is_named(environ: dict[str, str]) -> None:
    """A launcher's variable that is no rank is named in the error."""
    with pytest.raises(InvalidSetting, match="RANK"):
        launch.detect(environ)


def test_launch_key_is_shared_by_ranks_and_by_nobody_else() -> None:
    """Ranks of one launch agree on its key, other launches differ."""

    def key(**environ: str) -> str:
        return launch.detect({"WORLD_SIZE": "2", **environ}).key

    assert key(RANK="0", TORCHELASTIC_RUN_ID="a") == key(RANK="1", TORCHELASTIC_RUN_ID="a")
    assert key(RANK="0", TORCHELASTIC_RUN_ID="a") != key(RANK="0", TORCHELASTIC_RUN_ID="b")
    assert key(RANK="0", TORCHELASTIC_RUN_ID="none") == key(RANK="1")
    slurm = {"SLURM_NTASKS": "2", "SLURM_JOB_ID": "9"}
    steps = {launch.detect({**slurm, "SLURM_PROCID": "0", "SLURM_STEP_ID": step}).key for step in "01"}
    assert len(steps) == 2


def test_a_launch_used_again_is_a_new_run(store_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rank beginning again after it finished means a new run; after a failure it is the next attempt."""
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "job")

    def begin() -> eventide.Run:
        session._ordinals.clear()  # as a new process would
        return eventide.init(dir=store_dir)

    first = begin()
    first.finish("failed")
    again = begin()
    assert again.id == first.id
    assert again._writer.identity.attempt == 2  # type: ignore[union-attr]
    again.finish()
    assert begin().id != first.id


def test_second_run_of_a_launch_is_another_run(store_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs begun one after the other by every rank are two runs, shared in order."""
    monkeypatch.setenv("WORLD_SIZE", "2")
    ids = []
    for rank in "01":
        monkeypatch.setenv("RANK", rank)
        session._ordinals.clear()
        ids.append([eventide.init(dir=store_dir).id for _ in range(2)])
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 2


# ── guard and pulse ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_guard_warns_once_per_kind_and_repeats_at_the_end() -> None:
    """Failures are counted, said once per kind, and summed up in one line."""
    guard = Guard("r", "/store")
    guard.relax()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            guard("delayed", OSError(28, "full"), 1)
        guard("dropped", OSError(28, "full"), 1)
        guard.repeat()
        guard.repeat()
    texts = [str(warning.message) for warning in caught]
    assert len(texts) == 3
    assert all(issubclass(warning.category, eventide.EventideWarning) for warning in caught)
    assert "3 records" in texts[2]
    assert "/store" in texts[2]


def test_guard_never_raises_where_warnings_are_errors(capsys: pytest.CaptureFixture[str]) -> None:
    """With warnings turned into errors the failure is said on stderr instead."""
    guard = Guard("r", "/store")
    guard.relax()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        guard("delayed", OSError(28, "full"), 1)
    assert "training goes on" in capsys.readouterr().err


class Patient:
    """Counts what the pulse does to it."""

    def __init__(self) -> None:
        self.beats = self.syncs = 0

    def heartbeat(self) -> None:
        """Count, and fail."""
        self.beats += 1
        raise OSError

    def sync(self) -> None:
        """Count."""
        self.syncs += 1


def test_pulse_beats_and_syncs_at_its_intervals() -> None:
    """Heartbeat and sync come at their own intervals, and a failing one stops neither itself nor the other."""
    clock = FakeClock()
    pulse = Pulse(clock=clock, heartbeat_interval_s=10, fsync_interval_s=5)
    patient = Patient()
    pulse._watched[0] = patient
    for _ in range(20):
        clock.advance(1)
        pulse.tick()
    assert (patient.beats, patient.syncs, pulse.failures) == (2, 4, 2)


def test_pulse_is_one_thread_that_stops_at_once() -> None:
    """However many are watched there is one thread, and it ends when told."""
    import threading

    before = set(threading.enumerate())
    pulse = Pulse()
    for _ in range(5):
        pulse.watch(Patient())
    started = set(threading.enumerate()) - before  # threads of other tests may end meanwhile
    thread = pulse._thread
    assert thread is not None
    assert started == {thread}
    assert thread.daemon
    pulse.stop()
    thread.join(5)
    assert not thread.is_alive()


def test_pulse_lives_while_a_run_does(store_dir: Path) -> None:
    """The heartbeat moves the file's time, so that others see the process live."""
    import os

    run = eventide.init(dir=store_dir)
    run.log(a=1)
    assert run.dir is not None
    (path,) = run.dir.glob("*.jsonl")
    os.utime(path, (1, 1))
    run._writer.heartbeat()
    assert path.stat().st_mtime > 1
