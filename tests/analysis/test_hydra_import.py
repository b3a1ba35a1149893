"""Hydra runs into a store: what is read, once each, and what is refused."""

from __future__ import annotations

import io
import math
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

import eventide
from eventide.clock import SYSTEM_CLOCK
from eventide.errors import InvalidSetting, InvalidValue
from eventide.hydra.importing import Importer, Report
from eventide.hydra.inspection import traceback_at_end
from eventide.hydra.readers import read_metrics
from eventide.hydra.rules import default_rules, make_rules, read_rules
from eventide.hydra.tfevents import read_scalars
from eventide.journal.writer import Identity, JournalWriter
from eventide.layout import Layout
from eventide.model import Edit
from eventide.store.local import LocalSource

OLD = 1_700_000_000


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """Return the folder of one job of a sweep."""
    job = tmp_path / "tree" / "multirun" / "2021-01-26" / "17-07-39" / "0"
    (job / ".hydra").mkdir(parents=True)
    (job / ".hydra" / "config.yaml").write_text(
        "lr: 0.1\nday: 2021-01-01\nmodel: {name: lstm, _target_: m.Lstm}\n", encoding="utf-8"
    )
    (job / ".hydra" / "overrides.yaml").write_text("- lr=0.1\n", encoding="utf-8")
    hydra = "hydra:\n  job: {name: train, num: 0, override_dirname: 'lr=0.1'}\n  runtime: {output_dir: /far/0}\n"
    (job / ".hydra" / "hydra.yaml").write_text(hydra, encoding="utf-8")
    return job


@pytest.fixture
def source(store_dir: Path) -> Iterator[LocalSource]:
    """Return an empty store."""
    Layout(store_dir).create(now_s=OLD)
    opened = LocalSource(store_dir)
    yield opened
    opened.close()


Import = Callable[..., Report]


@pytest.fixture
def take(tmp_path: Path, source: LocalSource) -> Import:
    """Return a function that imports the tree with a fresh importer."""

    def call(problems: list[str] | None = None, **options: Any) -> Report:
        told = [] if problems is None else problems
        rules = options.pop("rules", default_rules())
        for path in (tmp_path / "tree").rglob("*"):
            os.utime(path, (OLD, OLD + path.stat().st_size)) if path.is_file() and not path.is_symlink() else None
        importer = Importer(
            str(tmp_path / "tree"), source, source.layout, rules, project="old", clock=SYSTEM_CLOCK,
            on_problem=lambda path, reason: told.append(f"{Path(path).name}: {reason}"), **options,
        )  # fmt: skip
        return importer.run_once()

    return call


def only(source: LocalSource) -> eventide.Store:
    """Return the store over a source."""
    return eventide.Store(source)


def test_a_run_is_all_there(job: Path, source: LocalSource, take: Import) -> None:
    """Config, tags, sweep, name, log, metrics, summary and files of a run are found in the store."""
    (job / "metrics.csv").write_text("epoch,step,loss,note\n0,0,1.5,x\n0,1,,\n1,2,0.5,y\n", encoding="utf-8")
    (job / "results.json").write_text('{"test": {"acc": 0.9}, "curve": [1, 2, 3]}', encoding="utf-8")
    (job / "train.log").write_bytes(b"[2021-01-26 17:07:40][x][INFO] - caf\xe9\n")
    report = take()
    store = only(source)
    run = store.run("lr=0.1")

    assert (report.new, report.skipped, report.rows, report.files) == (1, 0, 6, 6)
    assert (
        run.project,
        run.status.value,
        run.group,
        run.tags,
    ) == ("old", "finished", "train 2021-01-26 17-07-39", ("hydra", "train"))
    assert (run.params["model.name"], run.params["model._target_"]) == ("lstm", "m.Lstm")
    assert run.summary["test/acc"] == 0.9
    assert (run.metrics["loss"].last, run.metrics["loss"].last_step, run.metrics["curve"].last) == (0.5, 2, 3.0)
    assert "caf\ufffd" in source.console(run.id)[0].text
    record = orjson.loads(
        source.sql("SELECT record FROM db.artifacts WHERE record LIKE '%results.json%'").column("record")[0].as_py()
    )
    assert source.open_object(record["sha256"]).startswith(b'{"test"')
    assert source.verify() == []


def test_importing_again_takes_only_what_is_new(job: Path, source: LocalSource, take: Import) -> None:
    """A second import changes nothing; rows and lines that were added later are added, and nothing twice."""
    (job / "metrics.csv").write_text("step,loss\n0,1\n1,2\n", encoding="utf-8")
    (job / "train.log").write_text("one\n", encoding="utf-8")
    take()
    assert ((again := take()).new, again.updated, again.unchanged) == (0, 0, 1)

    with (job / "metrics.csv").open("a", encoding="utf-8") as file:
        file.write("2,3\n")
    with (job / "train.log").open("a", encoding="utf-8") as file:
        file.write("two\n")
    report = take()
    run = only(source).run("lr=0.1")

    assert (report.new, report.updated, report.rows) == (0, 1, 1)
    assert run.history()["loss"].sort_index().tolist() == [1, 2, 3]
    assert [line.text for line in source.console(run.id)] == ["one\n", "two\n"]
    assert (run.status.value, run.info.attempts) == ("finished", 1)


def test_a_tree_that_moved_is_the_same(job: Path, source: LocalSource, take: Import, tmp_path: Path) -> None:
    """A run is known by what Hydra wrote, not by where it lies."""
    take()
    (tmp_path / "tree" / "multirun").rename(tmp_path / "tree" / "archive")

    assert ((again := take()).new, again.unchanged) == (0, 1)


def test_a_rewritten_file_is_a_further_attempt(job: Path, source: LocalSource, take: Import) -> None:
    """Metrics that were written anew win over the old ones."""
    (job / "metrics.csv").write_text("step,loss\n0,1\n1,2\n2,3\n", encoding="utf-8")
    take()
    (job / "metrics.csv").write_text("step,loss\n0,10\n", encoding="utf-8")
    take()
    run = only(source).run("lr=0.1")

    assert (run.info.attempts, run.history()["loss"].sort_index().tolist()) == (2, [10])


def test_an_import_that_was_cut_off_is_made_good(job: Path, source: LocalSource, take: Import) -> None:
    """What a killed import left half is taken in anew, and shown once."""
    (job / "metrics.csv").write_text("step,loss\n0,1\n1,2\n", encoding="utf-8")
    take()
    run_id = only(source).run("lr=0.1").id
    dead = JournalWriter(source.layout, Identity(run_id, "old", "run"))
    dead.append({"loss": 5.0}, 1)
    (part,) = [path for path in source.layout.run_dir(run_id).iterdir() if dead.name in path.name]
    part.write_bytes(part.read_bytes().replace(f'"pid":{os.getpid()}'.encode(), b'"pid":999999999'))
    assert only(source).run("lr=0.1").status.value == "crashed"
    take()
    run = only(source).run("lr=0.1")

    assert (run.status.value, run.history()["loss"].sort_index().tolist()) == ("finished", [1, 2])


def test_a_running_job_is_read_as_it_grows(job: Path, source: LocalSource, tmp_path: Path) -> None:
    """While followed, a line that is not finished waits, and a file is kept once it is quiet."""
    path = job / "metrics.csv"
    path.write_text("step,loss\n0,1\n1,2", encoding="utf-8")
    importer = Importer(
        str(tmp_path / "tree"), source, source.layout, default_rules(), project="old", clock=SYSTEM_CLOCK,
        on_problem=lambda *_: None, follow=True,
    )  # fmt: skip
    assert importer.run_once().rows == 1
    assert importer.run_once().run_ids == []
    with path.open("a", encoding="utf-8") as file:
        file.write("5\n")
    assert importer.run_once().rows == 1
    for file_path in job.rglob("*"):
        os.utime(file_path, (OLD, OLD))
    assert ((last := importer.run_once()).updated, last.rows) == (1, 0)
    assert only(source).run("lr=0.1").history()["loss"].sort_index().tolist() == [1, 25]


def test_runs_in_the_bin_stay_there(job: Path, source: LocalSource, take: Import) -> None:
    """What was thrown away does not come back with the next import."""
    (run_id,) = take().run_ids
    source.edit([run_id], Edit(deleted=True))

    assert ((again := take()).new, again.skipped) == (0, 1)


def test_files_with_the_same_keys_are_kept_apart(job: Path, source: LocalSource, take: Import) -> None:
    """The second file that logs a key has its name in front."""
    (job / "train.csv").write_text("step,loss\n0,1\n", encoding="utf-8")
    (job / "val.csv").write_text("step,loss\n0,2\n", encoding="utf-8")
    take()

    assert {key: stats.last for key, stats in only(source).run("lr=0.1").metrics.items()} == {
        "loss": 1.0,
        "val/loss": 2.0,
    }


def test_nothing_outside_is_copied(job: Path, source: LocalSource, take: Import, tmp_path: Path) -> None:
    """Links and pipes in a run are neither read nor kept."""
    (tmp_path / "secret.csv").write_text("step,loss\n0,1\n", encoding="utf-8")
    (job / "link.csv").symlink_to(tmp_path / "secret.csv")
    os.mkfifo(job / "pipe.csv")
    report = take()

    assert (report.new, report.rows, report.files) == (1, 0, 3)


def test_broken_files_are_named_and_the_run_is_kept(job: Path, source: LocalSource, take: Import) -> None:
    """A pickle called .npy, broken JSON and a false archive cost one line each."""
    np.save(job / "objects.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    (job / "bad.json").write_text("{", encoding="utf-8")
    (job / "bad.npz").write_bytes(b"PK")
    (job / "deep.json").write_text('{"a":' * 1000 + "1" + "}" * 1000, encoding="utf-8")
    (job / "events.out.tfevents.1").write_bytes(b"\x00" * 40)
    problems: list[str] = []
    report = take(problems)

    assert (report.new, report.rows) == (1, 0)
    assert sorted(text.split(":")[0] for text in problems) == ["bad.json", "bad.npz", "deep.json", "objects.npy"]


def test_a_traceback_at_the_end_of_the_log_is_a_failure(job: Path, source: LocalSource, take: Import) -> None:
    """The run failed, and the traceback says why; one that was followed by more did not end it."""
    trace = "Traceback (most recent call last):\n  File x\nValueError: boom\n"
    (job / "train.log").write_text(f"[2021-01-26 17:07:40][x] start\n{trace}", encoding="utf-8")
    take()
    run = only(source).run("lr=0.1")

    assert (run.status.value, run.error.endswith("ValueError: boom")) == ("failed", True)
    assert traceback_at_end(f"{trace}[2021-01-26 17:07:41][x] went on\n") == ""


# ── readers ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def read(
    path: Path, rules: dict[str, Any] | None = None
) -> tuple[list[tuple[int | None, dict[str, Any]]], dict[str, Any]]:
    """Return what a file holds: (step, values) of each row, and the summary."""
    rule = make_rules(rules or {}).of(path.name)
    assert rule is not None
    found = read_metrics(str(path), path.name, rule)
    return [(point.step, point.values) for point in found.points], found.summary


@pytest.mark.parametrize(
    ("name", "text", "points", "summary"),
    [
        ("a.csv", "step,x\n3,1\n4,nan\n", [(3, {"x": 1}), (4, {"x": math.nan})], {}),
        ("a.csv", "\ufeffepoch;x\n0;1.5", [(0, {"epoch": 0, "x": 1.5})], {}),
        ("a.tsv", "x\ty\n1\t\n\t2\n", [(None, {"x": 1}), (None, {"y": 2})], {}),
        ("a.csv", "", [], {}),
        ("a.csv", "name\nbob\n", [], {}),
        ("a.jsonl", '{"step": 1, "a": {"b": 2}}\nbroken\n{"c": true}', [(1, {"a/b": 2}), (None, {"c": True})], {}),
        ("a.json", '[{"epoch": 2, "x": 1}]', [(2, {"epoch": 2, "x": 1})], {}),
        ("a.json", "[1, 2]", [(None, {"a": 1}), (None, {"a": 2})], {}),
        ("a.json", '{"x": [1, 2], "y": 3, "z": "text"}', [(None, {"x": 1}), (None, {"x": 2})], {"y": 3}),
        ("a.json", "0.5", [], {"a": 0.5}),
    ],
)
def test_texts(tmp_path: Path, name: str, text: str, points: list[Any], summary: dict[str, Any]) -> None:
    """Rows, columns and single numbers are found in CSV, JSON and JSON lines."""
    (tmp_path / name).write_text(text, encoding="utf-8")

    assert repr((points, summary)) == repr(read(tmp_path / name))


def test_arrays(tmp_path: Path) -> None:
    """One dimension is a curve, none a value of the run, two none of both; archives name their members."""
    np.save(tmp_path / "loss.npy", np.array([1.5, np.inf], dtype=np.float32))
    np.savez(tmp_path / "all.npz", acc=np.array([1, 2]), best=np.float64(0.5), matrix=np.eye(2), texts=np.array(["a"]))

    assert ([(None, {"loss": 1.5}), (None, {"loss": math.inf})], {}) == read(tmp_path / "loss.npy")
    assert read(tmp_path / "all.npz") == ([(None, {"all/acc": 1}), (None, {"all/acc": 2})], {"all/best": 0.5})


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    """An archive that unpacks to more than the limit is not unpacked."""
    with (
        zipfile.ZipFile(tmp_path / "x.npz", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.npy", "w", force_zip64=True) as member,
    ):
        for _ in range(300):
            member.write(bytes(1_000_000))
    with pytest.raises(InvalidValue, match="unpacks"):
        read(tmp_path / "x.npz")


def test_rules_choose_step_keys_and_prefix(tmp_path: Path) -> None:
    """A rule of the user's comes before the defaults."""
    (tmp_path / "log.txt").write_text("it,x,y\n5,1,2\n", encoding="utf-8")
    (tmp_path / "rules.toml").write_text(
        '[[metrics]]\nfiles = "*.txt"\nreader = "csv"\nstep = "it"\nkeys = ["x"]\nprefix = "p/"\n', encoding="utf-8"
    )
    rule = read_rules(tmp_path / "rules.toml").of("log.txt")
    assert rule is not None
    (point,) = read_metrics(str(tmp_path / "log.txt"), "log.txt", rule).points

    assert (point.step, point.values, rule.prefix) == (5, {"x": 1}, "p/")


@pytest.mark.parametrize(
    "document",
    [
        {"metric": []},
        {"metrics": {}},
        {"metrics": [{"reader": "csv"}]},
        {"metrics": [{"files": "*.csv", "reader": "excel"}]},
        {"metrics": [{"files": "*.csv", "steps": "x"}]},
        {"metrics": [{"files": 3}]},
        {"files": {"max_mb": -1}},
        {"files": {"log": "../x"}},
    ],
)
def test_rules_that_cannot_work_are_refused(document: dict[str, Any]) -> None:
    """A misspelt or meaningless rule is an error, not silence."""
    with pytest.raises(InvalidSetting):
        make_rules(document)


def test_tensorboard_events(tmp_path: Path) -> None:
    """Scalars that a TensorBoard writer wrote come back with step, time and value; a torn tail loses only itself."""
    writer_of = pytest.importorskip("tensorboardX").SummaryWriter
    with writer_of(str(tmp_path)) as writer:
        for step in range(5):
            writer.add_scalar("loss/train", 1.0 / (step + 1), step, walltime=OLD + step)
        writer.add_text("note", "hello")
        writer.add_histogram("weights", np.arange(10.0))
    (path,) = tmp_path.glob("events*")
    data = path.read_bytes()
    found = list(read_scalars(io.BytesIO(data)))

    assert [("loss/train", step, OLD + step) for step in range(5)] == [
        (item.tag, item.step, item.wall_time) for item in found
    ]
    assert pytest.approx([1.0 / (step + 1) for step in range(5)]) == [item.value for item in found]
    assert found[:4] == list(read_scalars(io.BytesIO(data[: data.rindex(b"loss/train")])))
    assert len(read(path)[0]) == 5


@given(st.binary(max_size=200), st.integers(0, 60))
def test_damaged_event_files_end(noise: bytes, place: int) -> None:
    """Whatever the bytes, reading ends without an error, and what it finds are scalars."""
    head = b'\x18\x00\x00\x00\x00\x00\x00\x00\xa3\x7fK"\t\x00\x00\xc0\x88\xa3\xd6\xd9A\x1a\rbrain.Event:2\xec0\xf6-'
    data = bytearray(head * 2)
    data[place : place + len(noise)] = noise
    assert all(isinstance(item.value, float) for item in read_scalars(io.BytesIO(bytes(data))))
