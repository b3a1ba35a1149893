"""LocalSource beyond the contract: the index is disposable, damage stays local, tables and journals add up."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eventide.errors import NotAStore, RunIsLive, RunNotFound, StoreTooNew
from eventide.journal.process import ProcessIdentity
from eventide.journal.scan import STALE_AFTER_S
from eventide.model import Edit, RunInfo, RunQuery, RunStatus, Series, SeriesQuery
from eventide.store.local import LocalSource
from eventide.testing import FIRST, SECOND, THIRD, FakeClock, make_run, make_sample_store

EVERYTHING = RunQuery(limit=None, archived=True)


def answers(source: LocalSource) -> dict[str, Any]:
    """Return what a source says about the sample store, in a form that can be compared."""
    runs = source.runs(EVERYTHING).runs
    curves = source.series(SeriesQuery(tuple(run.id for run in runs), ("loss", "acc", "phase")))
    return {
        "runs": [repr(rounded(run)) for run in runs],
        "rows": [repr(row) for row in source.rows().to_pylist()],
        "keys": source.keys(),
        "curves": [(curve.run_id, curve.key, repr(curve.y.tolist())) for curve in curves if isinstance(curve, Series)],
        "console": [line.text for line in source.console(THIRD)],
    }


def rounded(run: RunInfo) -> RunInfo:
    """Return a run without the last digits of sums: folding in other pieces rounds differently."""
    metrics = {
        key: replace(stats, mean=stats.mean and float(f"{stats.mean:.9g}"), std=stats.std and float(f"{stats.std:.9g}"))
        for key, stats in run.metrics.items()
    }
    return replace(run, metrics=metrics)


@pytest.fixture
def root(store_dir: Path) -> Path:
    """The sample store, its third run still being written by this process."""
    make_sample_store(store_dir)
    return store_dir


def test_derived_is_disposable(root: Path, tmp_path: Path) -> None:
    """Deleting the index changes no answer, from journals, sealed tables and removed journals alike."""
    source = LocalSource(root)
    expected = answers(source)
    source.close()
    for change in ("nothing", "seal", "compact", "retain"):
        again = LocalSource(root)
        if change == "seal":
            again.seal(include_open=True)
        elif change == "compact":
            again.compact(include_open=True)
        elif change == "retain":
            assert again.retain(0).files >= 2
        assert expected == answers(again), change
        again.close()
        shutil.rmtree(tmp_path / "cache")
        fresh = LocalSource(root)
        assert expected == answers(fresh), change
        fresh.close()


def test_rows_written_after_a_seal_are_added_to_the_sealed_ones(root: Path) -> None:
    """A live run that was sealed in part goes on, and every row counts once."""
    writer = make_run(root, "live", [{"loss": 1.0}] * 5, status=None)
    source = LocalSource(root)
    for round_number in range(1, 4):
        source.seal(include_open=True)
        writer.append({"loss": 2.0, f"new{round_number}": 1})

        assert 5 + round_number == source.rows(["live"]).num_rows
        assert list(range(5 + round_number)) == source.rows(["live"]).column("step").to_pylist()
        assert 5 + round_number == source.run("live").rows
        assert 5 + round_number == source.run("live").metrics["loss"].count


def test_two_sources_share_one_index(root: Path) -> None:
    """Whoever refreshes first folds the new bytes; the other one counts none of them again."""
    one, other = LocalSource(root), LocalSource(root)
    writer = make_run(root, "shared", [{"loss": 1.0}], status=None)
    for count in range(2, 12):
        writer.append({"loss": 1.0})
        first, second = (one, other) if count % 2 else (other, one)

        assert count == first.run("shared").metrics["loss"].count == second.run("shared").metrics["loss"].count


def test_an_index_that_another_process_holds_is_not_waited_for(root: Path) -> None:
    """While somebody else writes the index, answers come from a private copy, and are complete."""
    holder = LocalSource(root)
    source = LocalSource(root)
    holder.refresh()
    holder._index.db.execute("BEGIN EXCLUSIVE")
    make_run(root, "late", [{"loss": 1.0}])

    assert source.runs(EVERYTHING).total == 4

    holder._index.db.execute("ROLLBACK")


def test_a_damaged_index_is_replaced(root: Path, tmp_path: Path) -> None:
    """An index file that is no database costs nothing but the time to make it anew."""
    source = LocalSource(root)
    expected = answers(source)
    source.close()
    (path,) = (tmp_path / "cache").rglob("index.sqlite")
    path.write_bytes(b"this is no database at all" * 100)

    assert expected == answers(LocalSource(root))


@pytest.mark.parametrize("damage", [b"", b"garbage\n", b"\x00" * 100, b'{"_run":{"v":99,"run":"x"}}\n', b'{"_run":'])
def test_a_damaged_part_does_not_hide_the_other_runs(root: Path, damage: bytes) -> None:
    """A part without a usable header is left out; everything else answers as before."""
    source = LocalSource(root)
    expected = answers(source)
    (root / "runs" / "broken").mkdir()
    (root / "runs" / "broken" / "host-1-2-abcd-000000.jsonl").write_bytes(damage)

    assert expected == answers(source)


@pytest.mark.parametrize("place", ["middle", "end"])
def test_a_damaged_line_costs_only_itself(root: Path, place: str) -> None:
    """Lines that are no records are skipped wherever they stand."""
    (part,) = (root / "runs" / FIRST).iterdir()
    lines = part.read_bytes().splitlines(keepends=True)
    at = len(lines) // 2 if place == "middle" else len(lines)
    part.write_bytes(b"".join([*lines[:at], b"\x00\x00not json\n", *lines[at:]]))

    source = LocalSource(root)

    assert 10 == source.rows([FIRST]).num_rows == source.run(FIRST).rows


def test_files_that_are_none_of_ours_are_ignored(root: Path) -> None:
    """Stray files and folders in the store change nothing."""
    source = LocalSource(root)
    expected = answers(source)
    (root / "runs" / "notes.txt").write_text("hello")
    (root / "runs" / FIRST / "notes.txt").write_text("hello")
    (root / "runs" / ".hidden").mkdir()
    (root / "tables" / "stray").mkdir(parents=True)
    (root / "runs" / "empty").mkdir()

    assert expected == answers(source)


def test_a_folder_without_a_store_is_not_one(tmp_path: Path) -> None:
    """Opening a folder that is no store says so, with the command that makes one."""
    with pytest.raises(NotAStore) as caught:
        LocalSource(tmp_path)

    assert f"eventide init {tmp_path}" == caught.value.hint


def test_a_store_of_a_newer_version_is_refused(root: Path) -> None:
    """A store that a newer version wrote is not touched."""
    (root / "store.json").write_text('{"format": 99, "id": "x"}')

    with pytest.raises(StoreTooNew):
        LocalSource(root)


def test_a_silent_writer_that_cannot_be_looked_up_counts_as_crashed(
    store_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer on another host whose heartbeat stopped is crashed, and running again when it goes on."""
    elsewhere = ProcessIdentity("elsewhere", 4711, "1", "another-kernel")
    with monkeypatch.context() as patch:
        patch.setattr(ProcessIdentity, "current", classmethod(lambda cls, *, fresh=False: elsewhere))
        writer = make_run(store_dir, "far", [{"loss": 1.0}], status=None)
    (part,) = (store_dir / "runs" / "far").iterdir()
    clock = FakeClock(part.stat().st_mtime)
    source = LocalSource(store_dir, clock=clock)

    assert source.run("far").status == RunStatus.RUNNING
    clock.advance(STALE_AFTER_S + 1)
    assert source.run("far").status == RunStatus.CRASHED
    clock.now_s = part.stat().st_mtime
    writer.append({"loss": 2.0})
    clock.now_s = part.stat().st_mtime
    assert source.run("far").status == RunStatus.RUNNING


def test_values_set_by_the_newest_edit_win(root: Path) -> None:
    """Of several edits by several writers the latest counts, whatever the order in which they are read."""
    clock = FakeClock(2_000_000_000)
    source = LocalSource(root, clock=clock)
    for name in ("one", "two", "three"):
        clock.advance(1)
        source.edit([FIRST], Edit(name=name))

    assert "three" == source.run(FIRST).name == LocalSource(root).run(FIRST).name


def test_a_purged_run_is_gone_everywhere(root: Path) -> None:
    """Purging removes a run from journals, tables and index, reports the bytes, and a dry run removes nothing."""
    source = LocalSource(root)
    source.seal(include_open=True)
    source.edit([FIRST], Edit(deleted=True))

    planned = source.purge(dry_run=True)
    assert (planned.runs, planned.dry_run) == ((FIRST,), True)
    assert source.run(FIRST).id == FIRST
    removal = source.purge()

    assert (removal.runs, removal.size_bytes > 0) == ((FIRST,), True)
    with pytest.raises(RunNotFound):
        source.run(FIRST)
    again = LocalSource(root)
    assert {SECOND, THIRD} == {run.id for run in again.runs(EVERYTHING).runs}
    assert again.rows().num_rows == 13
    assert list(again.runs(RunQuery(deleted=True)).runs) == []


def test_a_live_run_is_not_purged(root: Path) -> None:
    """A run that is still being written is refused, unless it is forced."""
    source = LocalSource(root)
    source.edit([THIRD], Edit(deleted=True))

    with pytest.raises(RunIsLive):
        source.purge()


def test_keys_of_purged_runs_are_no_longer_listed(root: Path) -> None:
    """The list of keys is that of the runs there are."""
    source = LocalSource(root)
    source.edit([SECOND], Edit(deleted=True))
    source.purge()

    assert "phase" not in {key.key for key in source.keys(project="demo")}
    assert "phase" not in {name for (name,) in source._index.db.execute("SELECT key FROM keys WHERE project = 'demo'")}


def test_a_killed_run_is_crashed_at_the_first_look(store_dir: Path) -> None:
    """A writer that is provably gone is crashed as soon as its bytes are seen, not one look later."""
    script = (
        "import os, signal, sys, eventide\n"
        "run = eventide.init(dir=sys.argv[1], id='killed')\n"
        "run.log(loss=1.0)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(store_dir)], check=False)

    run = LocalSource(store_dir).run("killed")

    assert (run.status, run.rows) == (RunStatus.CRASHED, 1)
