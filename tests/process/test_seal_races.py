"""Guarantee 5 with real processes: any number of sealers racing, killed at any instant, neither lose nor double a record."""

from __future__ import annotations

import collections
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eventide.journal.scan import Scanner
from eventide.layout import Layout
from eventide.store.tables.compact import compact
from eventide.store.tables.seal import Sealer
from eventide.store.tables.sealed import SealedTables
from eventide.store.tables.verify import verify

DURATION_S = float(os.environ.get("SEAL_RACES_S", "10"))
"""How long they race; a longer one finds more."""

WRITER = """
import os, sys, time
from pathlib import Path
from eventide.journal.writer import Identity, JournalWriter
from eventide.layout import Layout
root, run, acknowledged = sys.argv[1:]
out = os.open(acknowledged, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
writer = JournalWriter(Layout(Path(root)), Identity(run, "p", "run"), part_size_bytes=3000)
for number in range(100_000):
    row = {"number": number, "name": f"{run}/{number}"}
    if number % 50 == 49:
        row[f"new {hash(run) % 5} {number // 500}"] = 0.5
        writer.console(f"{number}\\n")
        writer.system({"cpu": number})
    writer.append(row)
    os.write(out, b".")
    if number % 20 == 0:
        time.sleep(0.01)
"""

SEALER = """
import random, sys
from pathlib import Path
from eventide.layout import Layout
from eventide.store.tables.compact import compact
from eventide.journal.scan import Scanner
from eventide.store.tables.seal import Sealer
root, stop = map(Path, sys.argv[1:])
layout = Layout(root)
scanner = Scanner(layout)
conflicts = rows = 0
print("ready", flush=True)
while not stop.exists():
    scanner.scan()
    if random.random() < 0.1:
        report = compact(layout, list(scanner.parts()), vacuum_after_hours=1).sealed
    else:
        report = Sealer(layout).seal(scanner.parts(), include_open=random.random() < 0.5)
    conflicts += report.conflicts
    rows += report.rows
print(conflicts, rows)
"""


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a Python process."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def kill(process: subprocess.Popen[str]) -> None:
    """Kill -9."""
    process.send_signal(signal.SIGKILL)
    process.communicate()


class Race:
    """Writers and sealers, and when the next of them dies."""

    def __init__(self, layout: Layout, folder: Path) -> None:
        self.layout = layout
        self.stop = folder / "stop"
        self.acknowledged: dict[str, Path] = {}
        self.killed_sealers = 0
        self._folder = folder
        self._sealers = [start(SEALER, layout.root, self.stop) for _ in range(3)]
        self._victim = start(SEALER, layout.root, self.stop)
        self._writers = [self._new_writer() for _ in range(3)]
        self._ready()

    def _ready(self) -> None:
        for sealer in (*self._sealers, self._victim):
            assert sealer.stdout is not None
            assert sealer.stdout.readline() == "ready\n"

    def _new_writer(self) -> subprocess.Popen[str]:
        run = f"run-{len(self.acknowledged):03d}"
        self.acknowledged[run] = self._folder / f"{run}.txt"
        return start(WRITER, self.layout.root, run, self.acknowledged[run])

    def kill_somebody(self) -> None:
        """Kill a writer, and a sealer that is at work, and start others in their place."""
        index = random.randrange(len(self._writers))
        kill(self._writers[index])
        self._writers[index] = self._new_writer()
        kill(self._victim)
        self.killed_sealers += 1
        self._victim = start(SEALER, self.layout.root, self.stop)
        assert self._victim.stdout is not None
        self._victim.stdout.readline()

    def end(self) -> int:
        """Kill all writers and the victim, let the other sealers end, and return how many races they lost."""
        for process in (*self._writers, self._victim):
            kill(process)
        self.stop.touch()
        outputs = [sealer.communicate(timeout=60)[0].split() for sealer in self._sealers]
        assert [sealer.returncode for sealer in self._sealers] == [0] * 3
        return sum(int(conflicts) for conflicts, _ in outputs)


def sealed_rows(layout: Layout) -> list[dict[str, object]]:
    """Return the rows of the events table."""
    tables = SealedTables(layout)
    tables.refresh()
    columns = ["run_id", "number", "name:s", "_writer", "_seq"]
    found = [pq.read_table(file, columns=columns) for file in tables.files("p", "events")]
    return list(pa.concat_tables(found).to_pylist())


@pytest.mark.process
@pytest.mark.slow
def test_racing_and_killed_sealers_keep_every_acknowledged_row_exactly_once(store_dir: Path, tmp_path: Path) -> None:
    """Three sealers race, a fourth is killed again and again, writers are killed; all acknowledged rows are there once."""
    layout = Layout(store_dir)
    layout.create(now_s=0.0)
    race = Race(layout, tmp_path)
    until = time.monotonic() + DURATION_S
    while time.monotonic() < until:
        time.sleep(random.uniform(0.05, 0.6))
        race.kill_somebody()
    conflicts = race.end()
    scanner = Scanner(layout)
    scanner.scan()
    Sealer(layout).seal(scanner.parts())
    assert compact(layout).sealed.rows == 0

    rows = sealed_rows(layout)
    places = collections.Counter((row["_writer"], row["_seq"]) for row in rows)
    assert set(places.values()) == {1}
    names = collections.Counter(row["name:s"] for row in rows)
    assert set(names.values()) == {1}
    for run, path in race.acknowledged.items():
        acknowledged = path.stat().st_size if path.exists() else 0
        numbers = sorted(int(str(row["number"]).removesuffix(".0")) for row in rows if row["run_id"] == run)
        assert len(numbers) in (acknowledged, acknowledged + 1)  # one may be written and not acknowledged
        assert numbers == list(range(len(numbers)))
    assert [problem for problem in verify(layout) if "never finished" not in problem.what] == []
    assert len(rows) > 500
    assert race.killed_sealers > 1
    assert conflicts > 0
    print(f"{len(rows)} rows, {conflicts} lost races, {race.killed_sealers} killed sealers")
