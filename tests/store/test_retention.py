"""Retention, purge and garbage collection: what goes, what stays, and what a kill in between leaves."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import eventide
from eventide.errors import InvalidName, RunIsLive
from eventide.journal.scan import Part, Scanner
from eventide.journal.writer import Identity, JournalWriter
from eventide.layout import TABLES, Layout
from eventide.model import Removal
from eventide.store.local import LocalSource
from eventide.store.tables import purge as purge_module
from eventide.store.tables.compact import compact
from eventide.store.tables.delta import FENCE
from eventide.store.tables.garbage import collect_garbage
from eventide.store.tables.purge import finish_purges, pending_purges, purge
from eventide.store.tables.retention import DAY_S, is_intact, remove_sealed_parts
from eventide.store.tables.seal import Sealer
from eventide.store.tables.sealed import SealedTables


class Later:
    """A clock that runs some days ahead of the file system's."""

    def __init__(self, days: float) -> None:
        self._ahead_s = days * DAY_S

    def time(self) -> float:
        """Return the time some days from now."""
        return time.time() + self._ahead_s

    def monotonic(self) -> float:
        """Return the process's own time."""
        return time.monotonic()


@pytest.fixture
def layout(store_dir: Path) -> Layout:
    """Return an empty store."""
    layout = Layout(store_dir)
    layout.create(now_s=0.0)
    return layout


def run(layout: Layout, run_id: str, values: list[float], *, end: bool = True, **options: Any) -> JournalWriter:
    """Log one run; `end` finishes it."""
    writer = JournalWriter(layout, Identity(run_id, "p", "run"), **options)
    for value in values:
        writer.append({"loss": value})
    writer.system({"cpu": 1.0})
    writer.console("text\n")
    if end:
        writer.close({"status": "finished"})
    return writer


def parts(layout: Layout) -> list[Part]:
    """Return what a first scan finds."""
    scanner = Scanner(layout)
    scanner.scan()
    return list(scanner.parts())


def losses(layout: Layout) -> dict[str, list[float]]:
    """Return the sealed rows per run."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = SealedTables(layout)
    tables.refresh()
    found: dict[str, list[float]] = {}
    files = tables.files("p", "events")
    if files:
        table = pa.concat_tables([pq.read_table(file) for file in files], promote_options="default").sort_by("_seq")
        for row in table.to_pylist():
            found.setdefault(row["run_id"], []).append(row["loss"])
    return found


def sealed_runs(layout: Layout) -> set[str]:
    """Return the runs that have a row in any sealed table."""
    import pyarrow.parquet as pq

    tables = SealedTables(layout)
    tables.refresh()
    files = [file for table in TABLES for file in tables.files("p", table)]
    return {run_id for file in files for run_id in pq.read_table(file, columns=["run_id"])["run_id"].to_pylist()}


# ── retention ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_only_old_sealed_closed_parts_are_removed(layout: Layout) -> None:
    """Nothing goes before its time, before it is sealed, or while it is written; then exactly the sealed parts go."""
    run(layout, "done", [1.0, 2.0])
    run(layout, "live", [3.0], end=False)
    assert remove_sealed_parts(layout, keep_days=0).files == 0
    Sealer(layout).seal(parts(layout), include_open=True)
    assert remove_sealed_parts(layout, keep_days=7).files == 0
    assert remove_sealed_parts(layout, keep_days="forever", clock=Later(1000)).files == 0
    size_bytes = next(part.size_bytes for part in parts(layout) if part.run_id == "done")
    expected = Removal(("done",), 1, size_bytes, dry_run=True)
    assert expected == remove_sealed_parts(layout, keep_days=7, clock=Later(8), dry_run=True)
    assert len(parts(layout)) == 2
    assert Removal(("done",), 1, size_bytes) == remove_sealed_parts(layout, keep_days=7, clock=Later(8))
    assert [part.run_id for part in parts(layout)] == ["live"]
    assert layout.run_dir("done").is_dir()
    assert losses(layout)["done"] == [1.0, 2.0]


def test_a_writer_goes_on_after_its_earlier_parts_were_removed(layout: Layout) -> None:
    """Later parts know their place in the journal, so removing earlier ones neither doubles nor hides rows."""
    writer = run(layout, "r", [float(number) for number in range(40)], end=False, part_size_bytes=500)
    Sealer(layout).seal(parts(layout))
    assert remove_sealed_parts(layout, keep_days=0, clock=Later(1)).files > 2
    for number in range(40, 60):
        writer.append({"loss": float(number)})
    writer.close({"status": "finished"})
    Sealer(layout).seal(parts(layout))
    assert losses(layout)["r"] == [float(number) for number in range(60)]


def test_a_part_whose_bytes_changed_is_kept(layout: Layout) -> None:
    """Damage is evidence: a part that does not match its trailer is never removed."""
    run(layout, "r", [1.0, 2.0])
    Sealer(layout).seal(parts(layout))
    (part,) = parts(layout)
    assert is_intact(part)
    content = part.path.read_bytes()
    part.path.write_bytes(content.replace(b"1.0", b"9.0"))
    assert not is_intact(part)
    assert remove_sealed_parts(layout, keep_days=0, clock=Later(1)).files == 0


# ── purge ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_purged_run_is_gone_from_everywhere(layout: Layout) -> None:
    """Journal, code tree and rows in all tables go, others stay, and the report says what was freed."""
    run(layout, "keep", [1.0])
    run(layout, "away", [2.0])
    Sealer(layout).seal(parts(layout))
    run(layout, "away", [3.0])
    tree = layout.snapshot_dir("away")
    tree.mkdir(parents=True)
    (tree / "train.py").write_text("print()")
    foreseen = purge(layout, ["away", "never-was"], dry_run=True)
    assert (foreseen.runs, foreseen.dry_run) == (("away",), True)
    assert sealed_runs(layout) == {"keep", "away"}
    done = purge(layout, ["away", "never-was"])
    assert done.runs == ("away",)
    assert done.size_bytes > 0
    assert foreseen.size_bytes > 0
    assert sealed_runs(layout) == {"keep"}
    assert not tree.exists()
    assert {part.run_id for part in parts(layout)} == {"keep"}
    assert Removal() == purge(layout, ["away"])
    assert not any("away" in path.name for path in layout.runs_dir.iterdir())


def test_purge_leaves_no_bytes_of_the_run_on_disk(layout: Layout) -> None:
    """Files that held its rows are removed, not only forgotten."""
    run(layout, "keep", [1.0])
    run(layout, "away", [123456.789])
    writer = JournalWriter(layout, Identity("away", "p", "run"))
    writer.append({"secret": "word" * 50})
    writer.close({"status": "finished"})
    Sealer(layout).seal(parts(layout))
    purge(layout, ["away"])
    tables = SealedTables(layout)
    tables.refresh()
    live = {file for table in TABLES for file in tables.files("p", table)}
    assert live == {str(path) for path in layout.tables_dir.rglob("*.parquet") if "_delta_log" not in path.parts}


def test_a_live_run_is_not_purged_unless_forced(layout: Layout) -> None:
    """Purging what is still written is refused, all of it; forced, the run is gone and stays gone."""
    run(layout, "done", [1.0])
    writer = run(layout, "live", [2.0], end=False)
    with pytest.raises(RunIsLive, match="live"):
        purge(layout, ["done", "live"])
    assert {part.run_id for part in parts(layout)} == {"done", "live"}
    Sealer(layout).seal(parts(layout), include_open=True)
    purge(layout, ["live"], force=True)
    writer.append({"loss": 3.0})
    writer.close({"status": "finished"})
    Sealer(layout).seal(parts(layout), include_open=True)
    assert sealed_runs(layout) == {"done"}


@pytest.mark.parametrize("bad", ["../x", "a' OR '1'='1", "", "."])
def test_a_name_that_is_no_run_id_purges_nothing(layout: Layout, bad: str) -> None:
    """Names that could mean something in a path or predicate are refused before anything happens."""
    run(layout, "keep", [1.0])
    with pytest.raises(InvalidName):
        purge(layout, ["keep", bad])
    assert {part.run_id for part in parts(layout)} == {"keep"}


def test_a_sealer_that_read_before_the_purge_cannot_bring_the_run_back(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows already in a sealer's hands when the run is purged are refused by every table."""
    from eventide.store.tables import delta, seal

    run(layout, "keep", [1.0])
    Sealer(layout).seal(parts(layout))
    run(layout, "away", [2.0])
    for position in range(len(TABLES)):
        calls: list[int] = []

        def late(*arguments: Any, calls: list[int] = calls, position: int = position) -> None:
            if len(calls) == position:
                purge(layout, ["away"], force=True)
            calls.append(1)
            delta.append(*arguments)

        monkeypatch.setattr(seal, "append", late)
        Sealer(layout).seal(parts(layout))
        assert sealed_runs(layout) == {"keep"}
        run(layout, "away", [2.0])


def test_a_purge_killed_anywhere_is_finished_by_the_next(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """From its first step on the run is out of sight, and purge, compact and repair each finish the work."""
    finishers: list[Callable[[], object]] = [
        lambda: purge(layout, ["away"]),
        lambda: compact(layout),
        lambda: finish_purges(layout),
    ]
    steps = ("_doom", "_purge_table", "_fence", "_delete", "vacuum", "folder_size")
    for number, step in enumerate(steps):
        shutil.rmtree(layout.root)
        layout.create(now_s=0.0)
        run(layout, "keep", [1.0])
        run(layout, "away", [2.0])
        Sealer(layout).seal(parts(layout))
        run(layout, "away", [3.0])
        with monkeypatch.context() as patch:
            reached: list[int] = []

            def dying(*_: object, reached: list[int] = reached, **__: object) -> None:
                reached.append(1)
                raise KeyboardInterrupt

            genuine = purge_module._estimate(layout, ["away"])
            patch.setattr(purge_module, "_estimate", lambda *_, known=genuine: known)
            patch.setattr(purge_module, step, dying)
            with pytest.raises(KeyboardInterrupt):
                purge(layout, ["away"])
            assert reached
        assert pending_purges(layout) == {"away"}
        assert {part.run_id for part in parts(layout)} == {"keep"}
        finishers[number % len(finishers)]()
        assert sealed_runs(layout) == {"keep"}
        assert pending_purges(layout) == set()


def test_a_run_of_a_purged_id_can_begin_anew(layout: Layout) -> None:
    """New writers of the same id are not held back by the old ones' fence, and readers see only them."""
    old = run(layout, "r", [1.0])
    Sealer(layout).seal(parts(layout))
    purge(layout, ["r"])
    new = run(layout, "r", [2.0])
    Sealer(layout).seal(parts(layout))
    assert losses(layout) == {"r": [2.0]}
    tables = SealedTables(layout)
    tables.refresh()
    assert set(tables.writers("p")) == {new.name}
    assert tables.covered("p", "events", old.name) in (0, FENCE)


# ── garbage ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def put(layout: Layout, data: bytes) -> str:
    """Store an object."""
    sha256 = hashlib.sha256(data).hexdigest()
    path = layout.object(sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return sha256


def test_only_old_objects_that_nothing_names_are_removed(layout: Layout) -> None:
    """References in journals, in sealed records and values, and in manifests they name all keep an object."""
    kept = [put(layout, text) for text in (b"in a record", b"in a value", b"in a manifest", b"in an open journal")]
    manifest = put(layout, b'{"files": {"model.bin": "%s"}}' % kept[2].encode())
    lost = put(layout, b"nobody's")
    writer = JournalWriter(layout, Identity("r", "p", "run"))
    writer.file({"sha256": kept[0]})
    writer.file({"name": "m", "sha256": manifest})
    writer.append({"image": {"sha256": kept[1]}})
    writer.close({"status": "finished"})
    Sealer(layout).seal(parts(layout))
    remove_sealed_parts(layout, keep_days=0, clock=Later(1))
    assert parts(layout) == []
    other = JournalWriter(layout, Identity("r2", "p", "run"))
    other.append({"path": f"see {kept[3]}"})
    assert Removal() == collect_garbage(layout)
    assert Removal((), 1, 8, dry_run=True) == collect_garbage(layout, clock=Later(8), dry_run=True)
    assert layout.object(lost).exists()
    assert Removal((), 1, 8) == collect_garbage(layout, clock=Later(8))
    assert not layout.object(lost).exists()
    assert all(layout.object(sha256).exists() for sha256 in (*kept, manifest))
    other.close({"status": "finished"})


def test_objects_of_a_purged_run_become_garbage(layout: Layout) -> None:
    """Purge and collection together free what only that run referred to."""
    sha256 = put(layout, b"weights")
    writer = JournalWriter(layout, Identity("r", "p", "run"))
    writer.file({"sha256": sha256})
    writer.close({"status": "finished"})
    Sealer(layout).seal(parts(layout))
    assert collect_garbage(layout, clock=Later(8)).files == 0
    purge(layout, ["r"])
    assert collect_garbage(layout, clock=Later(8)).files == 1


def test_references_are_found_where_blocks_of_a_journal_meet(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash that two reads share is a reference like any other."""
    from eventide.store.tables import garbage

    sha256 = put(layout, b"bytes")
    writer = JournalWriter(layout, Identity("r", "p", "run"))
    writer.file({"sha256": sha256})
    writer.close({"status": "finished"})
    for block in (65, 100, 127, 128, 129, 256):
        monkeypatch.setattr(garbage, "_BLOCK_BYTES", block)
        assert collect_garbage(layout, clock=Later(8), dry_run=True).files == 0


def test_a_run_without_journal_can_be_resumed(store_dir: Path) -> None:
    """After retention took every part, a resume still knows the attempt and counts on from the last step."""
    run = eventide.init(dir=str(store_dir), id="long", project="demo")
    run.log_many([{"loss": 1.0}] * 5)
    run.finish()
    source = LocalSource(store_dir)
    source.seal()
    assert source.retain(0).files == 1

    again = eventide.init(dir=str(store_dir), id="long", project="demo", resume="must")
    again.log(loss=0.5)
    again.finish()

    assert source.rows(["long"]).column("step").to_pylist() == [0, 1, 2, 3, 4, 5]
    assert source.run("long").attempts == 2
