"""Sealing: every row exactly once, whoever seals, and what readers are told about it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError
from hypothesis import given
from hypothesis import strategies as st

from eventide.errors import StoreError
from eventide.journal.scan import Part, Scanner
from eventide.journal.writer import Identity, JournalWriter
from eventide.layout import TABLES, Layout
from eventide.store.tables import delta, feed, merge, rewrite, seal
from eventide.store.tables.compact import compact
from eventide.store.tables.coverage import TransactionLog
from eventide.store.tables.seal import Sealer, SealReport
from eventide.store.tables.sealed import SealedTables


@pytest.fixture
def layout(store_dir: Path) -> Layout:
    """Return an empty store."""
    layout = Layout(store_dir)
    layout.create(now_s=0.0)
    return layout


def journal(layout: Layout, run: str = "r", project: str = "p", **options: Any) -> JournalWriter:
    """Return a writer of a run."""
    return JournalWriter(layout, Identity(run, project, "run"), **options)


def parts(layout: Layout) -> list[Part]:
    """Return what a first scan finds."""
    scanner = Scanner(layout)
    scanner.scan()
    return list(scanner.parts())


def sealed(layout: Layout) -> SealedTables:
    """Return the tables as they are now."""
    tables = SealedTables(layout)
    tables.refresh()
    return tables


def rows(layout: Layout, table: str = "events", project: str = "p") -> list[dict[str, Any]]:
    """Return all rows of a sealed table in journal order."""
    files = sealed(layout).files(project, table)
    if not files:
        return []
    found = pa.concat_tables([pq.read_table(file) for file in files], promote_options="default")
    return list(found.sort_by([("run_id", "ascending"), ("_writer", "ascending"), ("_seq", "ascending")]).to_pylist())


def losses(layout: Layout) -> list[float]:
    """Return the logged values in order."""
    return [row["loss"] for row in rows(layout)]


def log(writer: JournalWriter, values: Iterable[float]) -> None:
    """Log some losses."""
    for value in values:
        writer.append({"loss": value})


def test_a_finished_run_is_sealed_into_all_four_tables(layout: Layout) -> None:
    """Rows, system samples, console text and run-level records each end up in their table, and everything is covered."""
    writer = journal(layout)
    log(writer, [1.0, 2.0])
    writer.system({"cpu": 0.5})
    writer.console("hello\n")
    writer.set(("config", "lr"), 0.1)
    writer.close({"status": "finished"})
    (part,) = parts(layout)
    report = Sealer(layout).seal([part])
    assert (2, part.size_bytes, 1, 4, 0) == (
        report.rows,
        report.bytes_sealed,
        report.parts,
        report.commits,
        report.conflicts,
    )
    assert losses(layout) == [1.0, 2.0]
    assert [row["cpu"] for row in rows(layout, "system")] == [0.5]
    assert [row["text"] for row in rows(layout, "console")] == ["hello\n"]
    assert [row["kind"] for row in rows(layout, "runs")] == ["_run", "_keys", "_set", "_end"]
    assert [part.end] * 4 == [sealed(layout).covered("p", table, writer.name) for table in TABLES]


def test_sealing_again_adds_nothing(layout: Layout) -> None:
    """What is covered is left alone: no rows, no commits."""
    writer = journal(layout)
    log(writer, [1.0])
    writer.close({"status": "finished"})
    Sealer(layout).seal(parts(layout))
    assert SealReport() == Sealer(layout).seal(parts(layout))
    assert losses(layout) == [1.0]


def test_an_open_part_is_sealed_only_on_request_and_only_whole_lines(layout: Layout) -> None:
    """A live writer's part waits; with include_open its whole lines go, and the writer just goes on."""
    writer = journal(layout)
    log(writer, [1.0, 2.0])
    assert Sealer(layout).seal(parts(layout)).rows == 0
    (part,) = parts(layout)
    with part.path.open("ab") as file:
        file.write(b'{"step":9,"ts":1.0,"lo')
    assert Sealer(layout).seal(parts(layout), include_open=True).rows == 2
    assert part.size_bytes == sealed(layout).covered("p", "events", writer.name)
    with part.path.open("r+b") as file:
        file.truncate(part.size_bytes)
    log(writer, [3.0])
    writer.close({"status": "finished"})
    assert Sealer(layout).seal(parts(layout)).rows == 1
    assert losses(layout) == [1.0, 2.0, 3.0]


def test_a_writer_that_was_called_gone_and_goes_on_loses_nothing(layout: Layout) -> None:
    """Sealing the part of a silent writer covers a prefix; what it appends later is sealed later."""
    writer = journal(layout)
    log(writer, [1.0])
    for value in (2.0, 3.0, 4.0):
        Sealer(layout).seal(parts(layout), include_open=True)
        log(writer, [value])
    writer.close({"status": "finished"})
    Sealer(layout).seal(parts(layout))
    assert losses(layout) == [1.0, 2.0, 3.0, 4.0]


def test_nothing_beyond_a_gap_is_sealed(layout: Layout) -> None:
    """While a middle part is missing its followers wait, and are sealed when it is back."""
    writer = journal(layout, part_size_bytes=600)
    log(writer, map(float, range(60)))
    writer.close({"status": "finished"})
    found = parts(layout)
    assert len(found) > 3
    report = Sealer(layout).seal([found[0], *found[2:]])
    assert found[0].end == sealed(layout).covered("p", "runs", writer.name) == report.bytes_sealed
    Sealer(layout).seal(found)
    assert list(map(float, range(60))) == losses(layout)


def test_damage_in_an_open_part_is_not_stepped_over(layout: Layout) -> None:
    """A hole may be filled by a file server yet; in a closed part it is final and counted."""
    writer = journal(layout)
    log(writer, [1.0])
    (part,) = parts(layout)
    with part.path.open("ab") as file:
        file.write(b"\0" * 20 + b"\n")
    log(writer, [2.0])
    Sealer(layout).seal(parts(layout), include_open=True)
    assert losses(layout) == []
    writer.close({"status": "finished"})
    assert Sealer(layout).seal(parts(layout)).damaged == 1
    assert losses(layout) == [1.0, 2.0]


def test_batches_are_bounded_and_add_up(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """Much journal goes in several commits, in order, with new columns on the way."""
    monkeypatch.setattr(feed, "BATCH_BYTES", 3000)
    monkeypatch.setattr(feed, "READ_BYTES", 1000)
    for run in ("a", "b"):
        writer = journal(layout, run, part_size_bytes=2500)
        for number in range(150):
            writer.append({"loss": float(number), f"only_{run}_{number // 50}": number})
        writer.close({"status": "finished"})
    report = Sealer(layout).seal(parts(layout))
    assert report.rows == 300
    assert len(parts(layout)) == report.parts
    assert report.commits > 6
    assert [*map(float, range(150))] * 2 == losses(layout)
    assert {f"only_{run}_{number}" for run in "ab" for number in range(3)} < set(sealed(layout).columns("p", "events"))


def test_the_loser_of_a_race_sees_what_is_left(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody seals the same bytes between reading and committing: the commit is refused, and nothing is doubled."""
    writer = journal(layout)
    log(writer, [1.0, 2.0])
    writer.console("text")
    writer.close({"status": "finished"})
    found = parts(layout)
    genuine = delta.append
    rivals: list[bool] = []

    def late(table: DeltaTable, rows: pa.Table | None, covered: Mapping[str, int]) -> None:
        if not rivals:
            rivals.append(True)
            Sealer(layout).seal(found)
        genuine(table, rows, covered)

    monkeypatch.setattr(seal, "append", late)
    report = Sealer(layout).seal(found)
    assert (report.rows, report.conflicts, report.postponed) == (0, 1, 0)
    assert losses(layout) == [1.0, 2.0]


def test_a_sealer_killed_between_two_tables_is_continued(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever table the last commit reached, the next sealer adds the rest and doubles nothing."""
    writer = journal(layout)
    log(writer, [1.0, 2.0])
    writer.system({"cpu": 0.5})
    writer.console("text")
    writer.close({"status": "finished"})
    genuine = delta.append
    for survived in range(4):
        shutil.rmtree(layout.tables_dir, ignore_errors=True)
        done: list[str] = []

        def dying(
            table: DeltaTable,
            rows: pa.Table | None,
            covered: Mapping[str, int],
            done: list[str] = done,
            survived: int = survived,
        ) -> None:
            if len(done) == survived:
                raise KeyboardInterrupt
            genuine(table, rows, covered)
            done.append("")

        monkeypatch.setattr(seal, "append", dying)
        with pytest.raises(KeyboardInterrupt):
            Sealer(layout).seal(parts(layout))
        monkeypatch.setattr(seal, "append", genuine)
        Sealer(layout).seal(parts(layout))
        assert losses(layout) == [1.0, 2.0]
        assert [len(rows(layout, table)) for table in ("system", "console", "runs")] == [1, 1, 3]


def test_a_table_that_refuses_every_commit_postpones(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """Races lost too often end in a report, not in an endless loop; nothing is covered then."""
    from deltalake.exceptions import CommitFailedError

    writer = journal(layout)
    log(writer, [1.0])
    writer.close({"status": "finished"})

    def refuse(*_: object) -> None:
        raise CommitFailedError("lost again")

    monkeypatch.setattr(seal, "append", refuse)
    monkeypatch.setattr(seal, "_PAUSE_S", 0.0)
    report = Sealer(layout).seal(parts(layout))
    assert (report.conflicts, report.postponed) == (seal.MAX_ATTEMPTS, 1)
    assert sealed(layout).covered("p", "runs", writer.name) == 0


def test_a_project_name_made_by_hand_cannot_leave_the_store(layout: Layout) -> None:
    """A header that names a project no checked name could be is not sealed anywhere."""
    writer = JournalWriter(layout, Identity("r", "..", "run"))
    log(writer, [1.0])
    writer.close({"status": "finished"})
    assert SealReport() == Sealer(layout).seal(parts(layout))
    assert not layout.tables_dir.exists()


@pytest.mark.parametrize("project", ["100% real", "Ärger/50".replace("/", "~2F"), "a#b?c[d]", "x" * 100])
def test_projects_of_any_name_are_sealed(layout: Layout, project: str) -> None:
    """Names that mean something in a URL or path are sealed, listed and read like others."""
    writer = journal(layout, project=project)
    log(writer, [1.0])
    writer.close({"status": "finished"})
    Sealer(layout).seal(parts(layout))
    tables = sealed(layout)
    assert [project] == tables.projects()
    assert [row["loss"] for row in rows(layout, project=project)] == [1.0]


@pytest.mark.parametrize("folder", ["50%20off", "a[1]"])
def test_stores_that_delta_cannot_reach_say_so(tmp_path: Path, folder: str) -> None:
    """A path that delta-rs would decode or panic at is an error that says what to do, not a table elsewhere."""
    layout = Layout(tmp_path / folder)
    layout.create(now_s=0.0)
    writer = journal(layout)
    log(writer, [1.0])
    writer.close({"status": "finished"})
    with pytest.raises(StoreError, match="misreads"):
        Sealer(layout).seal(parts(layout))
    assert rows(layout) == []


@pytest.mark.parametrize("folder", ["50% off", "a?b#c", "with space", "ünï"])
def test_stores_in_folders_of_any_name_are_sealed(tmp_path: Path, folder: str) -> None:
    """The path of the store itself may hold what means something in a URL."""
    layout = Layout(tmp_path / folder)
    layout.create(now_s=0.0)
    writer = journal(layout)
    log(writer, [1.0])
    writer.close({"status": "finished"})
    Sealer(layout).seal(parts(layout))
    assert losses(layout) == [1.0]
    assert all(path.startswith(str(layout.root)) for path in sealed(layout).files("p", "events"))


def test_files_are_pruned_by_run(layout: Layout) -> None:
    """A question about one run opens only files whose range of run ids includes it."""
    for run in ("a" * 100, "b" * 100, "c" * 100):
        writer = journal(layout, run)
        log(writer, [1.0])
        writer.close({"status": "finished"})
        Sealer(layout).seal(parts(layout))
    tables = sealed(layout)
    assert len(tables.files("p", "events")) == 3
    assert len(tables.files("p", "events", ["b" * 100])) == 1
    assert len(tables.files("p", "events", ["a" * 100, "c" * 100])) == 2
    assert tables.files("p", "events", ["d"]) == []
    assert tables.files("other", "events") == []


def test_filters_find_nan_in_sealed_files(layout: Layout) -> None:
    """Metric columns carry no statistics that leave NaN out, with which DuckDB would skip them."""
    writer = journal(layout)
    log(writer, [0.1, float("nan"), 0.5])
    writer.close({"status": "finished"})
    Sealer(layout).seal(parts(layout))
    for _ in range(2):
        files = sealed(layout).files("p", "events")
        assert duckdb.execute(f"SELECT step FROM read_parquet({files}) WHERE isnan(loss)").fetchall() == [(1,)]
        for number in range(4):
            more = journal(layout, f"r{number}")
            log(more, [0.2])
            more.close({"status": "finished"})
            Sealer(layout).seal(parts(layout))
        assert compact(layout).merged > 0  # merging writes the columns the same way


def test_three_noisy_metrics_take_less_than_ten_bytes_a_point(layout: Layout) -> None:
    """The size promised for sealed points, all columns included, on a curve with noise in every digit."""
    import random

    random.seed(1)
    writer = journal(layout)
    for step in range(20_000):
        base = 2.0 / (1 + step / 1000)
        writer.append({key: base + random.gauss(0, 0.05) for key in ("loss", "acc", "lr")})
    writer.close({"status": "finished"})
    Sealer(layout).seal(parts(layout))
    assert sealed(layout).size_bytes() / 60_000 <= 10


def test_readers_see_new_commits_and_vanished_tables(layout: Layout) -> None:
    """Refresh tells change from no change; tables that were deleted are gone, and sealed anew from the journals."""
    tables = SealedTables(layout)
    assert not tables.refresh()
    writer = journal(layout)
    log(writer, [1.0])
    writer.close({"status": "finished"})
    Sealer(layout).seal(parts(layout))
    assert tables.refresh()
    assert not tables.refresh()
    assert {writer.name: parts(layout)[0].end} == tables.writers("p")
    shutil.rmtree(layout.tables_dir)
    assert tables.refresh()
    assert (tables.projects(), tables.covered("p", "events", writer.name), tables.size_bytes()) == ([], 0, 0)
    Sealer(layout).seal(parts(layout))
    assert tables.refresh()
    assert losses(layout) == [1.0]


def test_coverage_read_from_the_log_is_what_delta_says(layout: Layout) -> None:
    """Before, at and after a checkpoint, and when old commits were cleaned up, both ways of reading agree."""
    log_ = None
    names = []
    for number in range(12):
        writer = journal(layout, f"r{number}")
        log(writer, [1.0])
        writer.close({"status": "finished"})
        names.append(writer.name)
        Sealer(layout).seal(parts(layout))
        table = DeltaTable(str(layout.table("p", "runs")))
        log_ = log_ or TransactionLog(layout.table("p", "runs"))
        if number == 6:
            table.create_checkpoint()
            for commit in range(table.version() - 2):
                (layout.table("p", "runs") / "_delta_log" / f"{commit:020d}.json").unlink()
            table = DeltaTable(str(layout.table("p", "runs")))
        for fresh in (log_, TransactionLog(layout.table("p", "runs"))):
            assert {name: table.transaction_version(name) for name in names} == dict(fresh.at(table.version()))


def test_checkpoints_of_other_engines_are_left_to_delta(layout: Layout) -> None:
    """A checkpoint in several files is not read here, and coverage is right all the same."""
    writer = journal(layout)
    log(writer, [1.0])
    writer.close({"status": "finished"})
    Sealer(layout).seal(parts(layout))
    (layout.table("p", "runs") / "_delta_log" / f"{0:020d}.checkpoint.{1:010d}.{2:010d}.parquet").touch()
    tables = SealedTables(layout)
    tables._tables.clear()
    try:
        tables.refresh()
    except Exception:  # noqa: BLE001 - delta-rs may refuse the empty checkpoint; then there is nothing to compare
        pytest.skip("this delta-rs reads the checkpoint")
    assert parts(layout)[0].end == tables.covered("p", "runs", writer.name)


def test_compaction_keeps_every_row_and_removes_old_files_only_when_asked(layout: Layout) -> None:
    """Small files become one; the old ones stay for readers that know them, until they are vacuumed."""
    for number in range(6):
        writer = journal(layout, f"r{number}")
        log(writer, [float(number)])
        writer.close({"status": "finished"})
        Sealer(layout).seal(parts(layout))
    before = sealed(layout).files("p", "events")
    report = compact(layout)
    assert report.merged >= 6
    assert len(sealed(layout).files("p", "events")) == 1
    assert all(Path(file).exists() for file in before)
    assert list(map(float, range(6))) == losses(layout)
    assert compact(layout, vacuum_after_hours=0).files >= 6
    assert not any(Path(file).exists() for file in before)
    assert list(map(float, range(6))) == losses(layout)
    assert SealReport() == Sealer(layout).seal(parts(layout))


@pytest.mark.parametrize("rival", ["merge", "seal", "delete"])
def test_a_merge_neither_doubles_nor_loses_rows_in_a_race(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, rival: str
) -> None:
    """Somebody merges, seals or deletes after the files were read: each row is there once, and deleted ones stay away."""
    for number in range(5):
        writer = journal(layout, f"r{number}")
        log(writer, [float(number)])
        writer.close({"status": "finished"})
        Sealer(layout).seal(parts(layout))
    genuine = rewrite.swap
    path = layout.table("p", "events")

    def late(*arguments: Any, **options: Any) -> bool:
        monkeypatch.setattr(merge, "swap", genuine)
        if rival == "merge":
            assert merge.merge_small_files(path).files == 5
        elif rival == "seal":
            writer = journal(layout, "r5")
            log(writer, [5.0])
            writer.close({"status": "finished"})
            Sealer(layout).seal(parts(layout))
        else:
            DeltaTable(str(path)).delete("run_id = 'r2'")
        return genuine(*arguments, **options)

    monkeypatch.setattr(merge, "swap", late)
    report = merge.merge_small_files(path)
    lost = rival != "seal"
    assert (0 if lost else 5, int(lost)) == (report.files, report.conflicts)
    expected = {"merge": range(5), "seal": range(6), "delete": (0, 1, 3, 4)}[rival]
    assert [float(number) for number in expected] == losses(layout)


def test_a_merged_table_is_sound_for_delta(layout: Layout) -> None:
    """delta-rs reads, checkpoints, prunes, deletes from and appends to a table after a merge, odd names and new columns included."""
    for number in range(6):
        writer = journal(layout, f"r{number}")
        for step in range(40):
            writer.append({"loss": float(step), f"k.{number} é": number, "text": "x", "big": 2**60})
        writer.close({"status": "finished"})
        Sealer(layout).seal(parts(layout))
    before = rows(layout)
    path = layout.table("p", "events")
    assert merge.merge_small_files(path).files == 6
    assert before == rows(layout)
    table = DeltaTable(str(path))
    table.create_checkpoint()
    assert 240 == table.count() == DeltaTable(str(path)).count()
    assert sealed(layout).files("p", "events", ["s"]) == []
    table.delete("run_id = 'r3'")
    assert table.count() == 200


@given(
    cuts=st.lists(st.integers(1, 12), min_size=1, max_size=6),
    part_size=st.integers(200, 2000),
    open_seals=st.lists(st.booleans(), min_size=6, max_size=6),
)
def test_any_order_of_writing_and_sealing_keeps_every_row_once(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], part_size: int, open_seals: list[bool]
) -> None:
    """However writing, rotation, closed and prefix seals are interleaved, the tables end up with the journal."""
    layout = Layout(tmp_path_factory.mktemp("store"))
    layout.create(now_s=0.0)
    writer = journal(layout, part_size_bytes=part_size)
    value = 0
    for count, open_seal in zip(cuts, open_seals, strict=False):
        log(writer, [float(number) for number in range(value, value + count)])
        value += count
        Sealer(layout).seal(parts(layout), include_open=open_seal)
    writer.close({"status": "finished"})
    Sealer(layout).seal(parts(layout))
    assert [float(number) for number in range(value)] == losses(layout)


def test_delta_refuses_what_the_design_relies_on(tmp_path: Path) -> None:
    """A commit with a transaction of an application that committed since the snapshot was loaded fails."""
    from eventide.store.tables.delta import transactions

    data = pa.table({"x": [1]})
    write_deltalake(tmp_path / "t", data)
    first, second = DeltaTable(tmp_path / "t"), DeltaTable(tmp_path / "t")
    write_deltalake(first, data, mode="append", commit_properties=transactions({"w": 1}))
    with pytest.raises(DeltaError, match="transaction"):
        write_deltalake(second, data, mode="append", commit_properties=transactions({"w": 1}))
    with pytest.raises(DeltaError, match="transaction"):
        DeltaTable(tmp_path / "t", version=0).create_write_transaction(
            [], "append", second.schema(), commit_properties=transactions({"w": 2})
        )
