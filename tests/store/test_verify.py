"""Verify finds every kind of damage and says where; repair touches only what needs no guess."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from eventide.journal.records import END, HEADER
from eventide.journal.scan import Part, Scanner
from eventide.journal.writer import Identity, JournalWriter
from eventide.layout import Layout
from eventide.model import Problem
from eventide.store.tables.purge import PURGING, purge
from eventide.store.tables.repair import repair
from eventide.store.tables.retention import remove_sealed_parts
from eventide.store.tables.seal import Sealer
from eventide.store.tables.sealed import SealedTables
from eventide.store.tables.verify import verify


class Later:
    """A clock that runs an hour and more ahead of the file system's."""

    def time(self) -> float:
        """Return a time two hours from now."""
        return time.time() + 7200

    def monotonic(self) -> float:
        """Return the process's own time."""
        return time.monotonic()


@pytest.fixture
def layout(store_dir: Path) -> Layout:
    """Return a store with a finished run in three parts."""
    layout = Layout(store_dir)
    layout.create(now_s=0.0)
    run(layout, "r", 30, part_size_bytes=700)
    return layout


def run(layout: Layout, run_id: str, rows: int, *, end: bool = True, **options: Any) -> JournalWriter:
    """Log a run."""
    writer = JournalWriter(layout, Identity(run_id, "p", "run"), **options)
    for number in range(rows):
        writer.append({"loss": float(number)})
    if end:
        writer.close({"status": "finished"})
    return writer


def parts(layout: Layout) -> list[Part]:
    """Return what a first scan finds."""
    scanner = Scanner(layout)
    scanner.scan()
    return list(scanner.parts())


def seal(layout: Layout) -> SealedTables:
    """Seal everything and return the tables."""
    Sealer(layout).seal(parts(layout))
    tables = SealedTables(layout)
    tables.refresh()
    return tables


def edit(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change a file behind everybody's back."""
    path.write_bytes(change(path.read_bytes()))


def found(layout: Layout, path: Path) -> list[tuple[int, str]]:
    """Return offset and text of the problems of one file."""
    return [(problem.offset, problem.what) for problem in verify(layout) if problem.path == str(path)]


def test_a_sound_store_has_no_problems(layout: Layout) -> None:
    """Not while runs are written, not after sealing, not after retention, not after a purge."""
    assert verify(layout) == []
    live = run(layout, "live", 5, end=False)
    assert verify(layout) == []
    seal(layout)
    run(layout, "other", 5)
    assert verify(layout) == []
    remove_sealed_parts(layout, keep_days=0, clock=Later())
    assert verify(layout) == []
    purge(layout, ["other"])
    assert verify(layout) == []
    live.close()


def test_an_empty_or_missing_store_is_told_apart(tmp_path: Path) -> None:
    """A folder without store.json is a problem; beside runs/ it can be repaired on request."""
    layout = Layout(tmp_path / "none")
    assert [(str(layout.store_json), False)] == [(p.path, p.repairable) for p in verify(layout)]
    layout.runs_dir.mkdir(parents=True)
    assert [p.repairable for p in verify(layout)] == [True]
    assert [p.repairable for p in repair(layout)] == [False]
    assert not layout.store_json.exists()
    assert [p.repairable for p in repair(layout, store_json=True, dry_run=True)] == [True]
    assert not layout.store_json.exists()
    repair(layout, store_json=True)
    assert verify(layout) == []


@pytest.mark.parametrize("body", [b"", b"{", b'{"format": 99, "id": "x"}', b"[]"])
def test_a_store_description_that_cannot_be_used_is_reported(layout: Layout, body: bytes) -> None:
    """Damaged and newer descriptions are named, and never replaced."""
    layout.store_json.write_bytes(body)
    assert [problem.repairable for problem in verify(layout)] == [False]
    repair(layout, store_json=True)
    assert layout.store_json.read_bytes() == body


def test_a_flipped_byte_is_found_by_the_checksum(layout: Layout) -> None:
    """A number that became another number is valid JSON, and still not what was written."""
    part = parts(layout)[1]
    edit(part.path, lambda data: data.replace(b'"loss":1', b'"loss":7', 1))
    ((offset, what),) = found(layout, part.path)
    assert "crc32" in what
    assert part.path.read_bytes()[offset:].startswith(b'{"_end"')


def test_a_line_that_is_no_record_is_found_at_its_offset(layout: Layout) -> None:
    """The problem names the first byte of the line and how many bytes are lost."""
    part = parts(layout)[0]
    lines = part.path.read_bytes().splitlines(keepends=True)
    at, lost = len(b"".join(lines[:3])), len(lines[3])
    edit(part.path, lambda data: data[: at + 5] + b"\xff" + data[at + 6 :])
    problem = next(problem for problem in verify(layout) if problem.path == str(part.path))
    assert Problem(str(part.path), at, "a line that is no record", lost) == problem


def test_nul_bytes_are_called_by_their_name(layout: Layout) -> None:
    """The hole that a crashed file server leaves is told apart from other damage."""
    part = parts(layout)[0]
    at = part.path.read_bytes().index(b"\n") + 1
    edit(part.path, lambda data: data[:at] + b"\0" * 10 + data[at + 10 :])
    assert (at, "NUL bytes where records were") in found(layout, part.path)


@pytest.mark.parametrize("change", [lambda d: b"x" + d, lambda d: b"{}\n" + d, lambda d: b"\0" * 200 + b"\n" + d])
def test_a_part_without_a_header_is_found(layout: Layout, change: Callable[[bytes], bytes]) -> None:
    """Nothing of such a part can be placed, so all of it counts as lost."""
    part = parts(layout)[0]
    edit(part.path, change)
    (problem,) = [problem for problem in verify(layout) if problem.path == str(part.path)]
    assert (0, part.path.stat().st_size) == (problem.offset, problem.lost_bytes)
    assert "header" in problem.what


def test_a_part_of_a_newer_version_is_reported_not_lost(layout: Layout) -> None:
    """It is whole; this version just cannot read it."""
    part = parts(layout)[0]
    edit(part.path, lambda data: data.replace(b'"v":1', b'"v":9', 1))
    (problem,) = [problem for problem in verify(layout) if problem.path == str(part.path)]
    assert problem.lost_bytes == 0
    assert "version 9" in problem.what


def test_a_part_under_another_name_is_found(layout: Layout) -> None:
    """A file that was renamed or put into another run's folder does not pass for what it is not."""
    first = parts(layout)[0]
    (layout.runs_dir / "other").mkdir()
    moved = layout.runs_dir / "other" / "somebody-000000.jsonl"
    moved.write_bytes(first.path.read_bytes())
    texts = [what for _, what in found(layout, moved)]
    assert any("names the run `r`" in what for what in texts)
    assert any(f"names part 0 of the writer `{first.header.writer}`" in what for what in texts)


def test_a_missing_part_is_a_gap_until_the_tables_have_it(layout: Layout) -> None:
    """Bytes that are neither in the journal nor sealed are lost, and counted."""
    first, second, *_ = parts(layout)
    content = second.path.read_bytes()
    second.path.unlink()
    (problem,) = verify(layout)
    assert second.size_bytes == problem.lost_bytes
    second.path.write_bytes(content)
    seal(layout)
    second.path.unlink()
    first.path.unlink()
    assert verify(layout) == []


@pytest.mark.parametrize("ending", [{"rows": 99}, {"bytes": 1}, {"crc32": "00000000"}])
def test_a_trailer_that_counts_something_else_is_found(layout: Layout, ending: dict[str, Any]) -> None:
    """Rows, bytes and checksum are each compared."""
    part = parts(layout)[0]
    data = part.path.read_bytes()
    at = data.rindex(b"\n", 0, -1) + 1
    trailer = orjson.loads(data[at:])
    trailer[END] |= ending
    part.path.write_bytes(data[:at] + orjson.dumps(trailer) + b"\n")
    assert any(offset == at and next(iter(ending)) in what for offset, what in found(layout, part.path))


def test_records_after_the_trailer_are_found(layout: Layout) -> None:
    """A closed part is closed: nobody appends to it."""
    part = parts(layout)[-1]
    edit(part.path, lambda data: data + b'{"step":1,"ts":1.0,"loss":1.0}\n')
    assert (part.size_bytes, "a record after the trailer") in found(layout, part.path)


def test_a_torn_tail_is_reported_only_when_its_writer_is_gone(layout: Layout) -> None:
    """A live writer will finish its line; a gone one never will, and repair leaves the bytes alone."""
    writer = run(layout, "live", 3, end=False)
    (part,) = [part for part in parts(layout) if part.run_id == "live"]
    with part.path.open("ab") as file:
        file.write(b'{"step":3,"ts"')
    assert verify(layout) == []
    header = orjson.loads(part.path.read_bytes().split(b"\n")[0])
    stale = {HEADER: {**header[HEADER], "pid_start": "0"}}
    edit(part.path, lambda data: orjson.dumps(stale) + data[data.index(b"\n") :])
    (problem,) = verify(layout)
    assert (problem.lost_bytes, problem.repairable) == (14, False)
    before = part.path.read_bytes()
    repair(layout)
    assert before == part.path.read_bytes()
    writer.close()


def test_a_part_cut_short_after_it_was_sealed_is_found(layout: Layout) -> None:
    """Tables that cover more than the journal has say that the journal lost bytes."""
    seal(layout)
    part = parts(layout)[-1]
    edit(part.path, lambda data: data[: data.index(b"\n") + 1])
    assert any("covers" in problem.what and part.header.writer in problem.what for problem in verify(layout))


def test_missing_cut_and_foreign_table_files_are_found(layout: Layout) -> None:
    """Each live Parquet file is there, as long as its log says, and has a readable footer."""
    path = Path(seal(layout).files("p", "events")[0])
    content = path.read_bytes()
    path.unlink()
    assert found(layout, path) == [(0, "a file of the table is gone")]
    path.write_bytes(content[:-10])
    assert len(found(layout, path)) == 2
    path.write_bytes(content[:-4] + b"oops")
    assert any("cannot be read" in what for _, what in found(layout, path))
    path.write_bytes(content)
    assert verify(layout) == []


@pytest.mark.parametrize("name", [f"{0:020d}.json", f"{1:020d}.json"])
@pytest.mark.parametrize("body", [None, b"", b"garbage\n"])
def test_a_damaged_table_log_is_found(layout: Layout, name: str, body: bytes | None) -> None:
    """A log entry that is gone, empty or no JSON is a problem of the table."""
    seal(layout)
    table = layout.table("p", "events")
    entry = table / "_delta_log" / name
    entry.unlink()
    if body is not None:
        entry.write_bytes(body)
    problems = verify(layout)
    lost = [problem for problem in problems if "has 0 rows of the 30" in problem.what]
    assert lost or any(problem.path.startswith(str(table)) for problem in problems)


def test_rows_that_are_twice_in_a_table_are_found(layout: Layout) -> None:
    """The writer counts its rows; a table that has more of them was written to by something else."""
    from deltalake import write_deltalake

    (file,) = seal(layout).files("p", "events")
    write_deltalake(str(layout.table("p", "events")), pq.read_table(file).slice(0, 3), mode="append")
    (problem,) = verify(layout)
    assert "has 33 rows of the 30" in problem.what


def test_an_object_that_is_not_its_hash_is_found(layout: Layout) -> None:
    """Every object is read and hashed, unless that is not wanted."""
    sha256 = hashlib.sha256(b"data").hexdigest()
    path = layout.object(sha256)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"data")
    assert verify(layout) == []
    path.write_bytes(b"dama")
    assert [Problem(str(path), 0, "the object's bytes are not those its name promises", 4)] == verify(layout)
    assert verify(layout, objects=False) == []


def test_what_killed_processes_left_is_repaired(layout: Layout, tmp_path: Path) -> None:
    """Old temporary files go, young ones stay, begun purges are finished, the index is deleted on request."""
    run(layout, "away", 3)
    old, young = layout.objects_dir / ".1-a.tmp", layout.root / ".store-b.tmp"
    layout.objects_dir.mkdir()
    old.touch()
    young.touch()
    os.utime(old, (0, 0))
    layout.run_dir("away").rename(layout.runs_dir / f"{PURGING}away")
    index = tmp_path / "index"
    index.mkdir()
    expected = {str(old), str(layout.runs_dir / f"{PURGING}away"), str(index)}
    assert expected == {problem.path for problem in repair(layout, dry_run=True, index_dir=index)}
    assert old.exists()
    assert expected == {problem.path for problem in repair(layout, index_dir=index) if problem.repairable}
    assert [path.exists() for path in (old, young, index)] == [False, True, False]
    assert verify(layout) == []
    assert repair(layout, index_dir=index) == []
