"""A hub on the loopback, client and server on the same cores: ingest, the way of a row to who looks, a long sync, memory, many clients."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

import eventide
from benchmarks.measure import Row, Scale, folder, ms
from eventide.layout import Layout
from eventide.model import RunQuery, SeriesQuery
from eventide.relay.outbox import Outbox
from eventide.relay.sender import Sender
from eventide.testing import make_run
from eventide.transport import Http

KEYS = 14
RATE = 100_000
"""Points a second that come in while clients look: sixteen times what the best peer takes at all."""

WRITER = """
import sys, time
from pathlib import Path
from eventide.testing import make_run
root, run, seconds, rate = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), float(sys.argv[4])
writer = make_run(root, run, status=None)
row = {f"metric/{number}": 0.125 * number for number in range(14)}
end = time.monotonic() + seconds
count = 0
while time.monotonic() < end:
    writer.append_many([row] * 200)
    count += 200
    time.sleep(max(0.0, count * 14 / rate - (seconds - (end - time.monotonic()))))
writer.close({"status": "finished"})
print(count)
"""


@contextlib.contextmanager
def hub(root: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Run a hub as a process of its own; yield its address and process."""
    command = [sys.executable, "-m", "eventide", "serve", str(root), "--hub", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=_environment()) as process:
        assert process.stderr is not None
        url = process.stderr.readline().split()[0].rstrip("/")
        try:
            yield url, psutil.Process(process.pid)
        finally:
            process.terminate()


def _environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key not in {"EVENTIDE_TOKEN", "EVENTIDE_HUB"}}


def rows(scale: Scale) -> list[Row]:
    return [_ingest(scale), *_live(scale), _sync(scale), _many(scale)]


def _ingest(scale: Scale) -> Row:
    """Eight relays send what eight stores hold; points per second from the first request to the last acknowledgement."""
    relays, per_run = 8, scale(100_000, 500)
    row = {f"metric/{number}": 0.125 * number for number in range(KEYS)}
    with folder() as root, hub(root / "hub") as (url, process):
        for number in range(relays):
            make_run(root / f"store-{number}", f"run-{number}", [row] * per_run)
        command = [sys.executable, "-m", "eventide", "sync", "--to", url, "--store"]
        began = time.perf_counter()
        senders = [
            subprocess.Popen([*command, str(root / f"store-{number}")], stderr=subprocess.DEVNULL, env=_environment())
            for number in range(relays)
        ]
        assert all(sender.wait() == 0 for sender in senders)
        took = time.perf_counter() - began
        assert eventide.open(url).run("run-0").rows == per_run
        memory = process.memory_info().rss / 1e6
    rate = relays * per_run * KEYS / took
    return Row(
        "ingest from 8 relays, their start included",
        "≥ 300,000 points/s",
        f"{rate:,.0f} points/s",
        f"hub {memory:.0f} MB",
        1.0,
        rate >= 300_000,
    )


def _live(scale: Scale) -> list[Row]:
    """From `log()` in a process that sends for itself to the answer of the hub that has the row; memory with 100 live runs."""
    with folder() as root, hub(root / "hub") as (url, process):
        writers = [
            make_run(root / "store", f"live-{number}", [{"loss": 0.0}], status=None) for number in range(scale(100, 5))
        ]
        outbox, http = Outbox(Layout(root / "store")), Http(url)
        sender, stop = Sender(http, outbox), threading.Event()
        relay = threading.Thread(target=sender.follow, kwargs={"interval_s": 0.05, "stopping": stop.is_set})
        relay.start()
        db = eventide.open(url).source
        while db.runs(RunQuery(limit=0)).total < len(writers):
            time.sleep(0.05)
        took = []
        for turn in range(scale(40, 3)):
            for writer in writers:
                writer.append({"loss": float(turn)})
            began = time.perf_counter()
            while db.run(writers[-1].identity.run).rows < turn + 2:
                time.sleep(0.005)
            took.append(time.perf_counter() - began)
            time.sleep(0.05)
        memory = process.memory_info().rss / 1e6
        stop.set()
        relay.join()
    took.sort()
    median, worst = statistics.median(took), took[int(len(took) * 0.95) - 1]
    return [
        Row(
            "row on the hub after log(), 100 live runs",
            "median ≤ 300 ms",
            ms(median),
            f"p95 {ms(worst)}",
            1.0,
            median <= 0.3 and worst <= 1.0,
        ),
        Row("hub's memory with 100 live runs", "≤ 300 MB", f"{memory:.0f} MB", "", 1.0, memory <= 300),
    ]


def _sync(scale: Scale) -> Row:
    """One finished run, sent at once."""
    count = scale(1_000_000, 5_000)
    with folder() as root, hub(root / "hub") as (url, _):
        row = {"loss": 0.123456789, "accuracy": 0.987654321, "lr": 0.001}
        writer = make_run(root / "store", "long", status=None)
        for _ in range(count // 1000):
            writer.append_many([row] * 1000)
        writer.close({"status": "finished"})
        http = Http(url)
        sender = Sender(http, Outbox(Layout(root / "store")))
        began = time.perf_counter()
        while sender.round():
            pass
        took = time.perf_counter() - began
        size = sum(path.stat().st_size for path in (root / "store" / "runs").glob("*/*.jsonl"))
        assert sender.progress.journal_bytes == size
    rate = size / took / 1e6
    return Row(
        f"sync of a finished run of {count:,} rows",
        "≥ 50 MB/s",
        f"{rate:.0f} MB/s",
        f"{size / 1e6:.0f} MB",
        1.0,
        rate >= 50,
    )


def _many(scale: Scale) -> Row:
    """Twenty clients list runs and draw curves while a writer's run is relayed."""
    clients, seconds = scale(20, 2), float(scale(10, 1))
    took: list[float] = []
    with folder() as root, hub(root / "hub") as (url, _):
        for number in range(scale(50, 3)):
            make_run(root / "hub", f"old-{number}", [{"loss": 1 / (step + 1)} for step in range(1000)])
        Layout(root / "store").create(now_s=0.0)
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(root / "store"), "fast", str(seconds), str(RATE)],
            stdout=subprocess.PIPE,
            text=True,
        )
        relay = subprocess.Popen(
            [sys.executable, "-m", "eventide", "relay", "--to", url, "--store", str(root / "store")],
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )
        end = time.monotonic() + seconds

        def look() -> None:
            source = eventide.open(url).source
            while time.monotonic() < end:
                for ask in (
                    lambda: source.runs(RunQuery(limit=50)),
                    lambda: source.series(SeriesQuery(("old-0", "old-1", "old-2"), ("loss",), bins=500)),
                ):
                    began = time.perf_counter()
                    ask()
                    took.append(time.perf_counter() - began)
                    time.sleep(0.5)

        threads = [threading.Thread(target=look) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        written = int(json.loads(writer.communicate()[0]))
        relay.terminate()
        relay.wait()
    took.sort()
    worst = took[int(len(took) * 0.95) - 1]
    return Row(
        f"{clients} clients list and draw while rows come in", "p95 ≤ 300 ms", ms(worst),
        f"median {ms(statistics.median(took))}, {written * KEYS / seconds:,.0f} points/s written", 1.0, worst <= 0.3,
    )  # fmt: skip
