"""The server: its start, its memory, lists, curves of many long runs, many clients, and how long news takes.

Every server is a process of its own (`eventide serve`); times are those of a client on the same machine, the warm ones medians.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measure import Row, Scale, folder
from benchmarks.stores import PROJECT, create, curves, write_curves, write_run
from eventide.store.local import LocalSource

START_LIMIT_S = 1.0
MEMORY_LIMIT = 150e6
SERIES_LIMIT_S = 0.25
SERIES_LIMIT_BYTES = 600_000
NEWS_LIMIT_S = 1.0
WIDTH = 800
CLIENTS = 20
SETTLED_S = 1.5
"""From the page to the first click."""
QUIET_S = 14

WRITER = """
import sys, time, eventide
run = eventide.init(dir=sys.argv[1], project="bench", name=sys.argv[2])
for step in range(int(sys.argv[3])):
    run.log({"t": time.time()}, step=step)
    time.sleep(0.5)
run.finish()
"""


def rows(scale: Scale) -> list[Row]:
    with folder() as root:
        return [
            *_many_runs(root / "many", scale),
            *_long_runs(root / "long", scale),
            *_console(root / "console", scale),
            _news(root / "news", scale),
        ]


# ── a store of many runs ────────────────────────────────────────────────────────────────────────────────────────────────


def _many_runs(root: Path, scale: Scale) -> Iterator[Row]:
    runs = scale(1_000, 10)
    layout = create(root)
    for number in range(runs):
        made = curves(20, number)
        config = {"lr": 10 ** -(number % 5), "seed": number % 7, "model": {"depth": number % 3}}

        def log(writer: Any, made: Any = made) -> None:
            for step in range(20):
                writer.append({key: values[step] for key, values in made.items()}, step)

        write_run(layout, log, config=config)
    with served(root):
        pass  # the first one makes the index
    starts = []
    idle = busy = 0
    lists = columns = 0.0
    for _ in range(3):
        with served(root) as server:
            starts.append(server.ready_s)
            idle = server.resident()
            lists = _warm(lambda: server.get("/api/runs?project=bench&limit=200"))
            columns = _warm(lambda: server.get("/api/columns?project=bench"))
            busy = server.resident()
    start = statistics.median(starts)
    what = f"of a store of {runs:,} runs"
    yield Row(f"`eventide serve` {what}, process to answer", "≤ 1 s", f"{start:.2f} s", met=start <= START_LIMIT_S)
    yield Row(f"memory of a server {what}, idle", "≤ 150 MB", f"{idle / 1e6:.0f} MB", met=idle <= MEMORY_LIMIT)
    yield Row("the same after lists and columns", "", f"{busy / 1e6:.0f} MB")
    yield Row("first page of runs (200), warm", "≤ 250 ms", f"{lists * 1e3:.0f} ms", met=lists <= 0.25)
    yield Row("columns over all runs, warm", "", f"{columns * 1e3:.0f} ms")


# ── long runs ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _long_runs(root: Path, scale: Scale) -> Iterator[Row]:
    runs, steps = 50, scale(100_000, 200)
    write_curves(create(root), runs, steps)
    with closing(LocalSource(root)) as source:
        source.seal()
    question = {"project": PROJECT, "keys": ["train/loss"], "width": WIDTH, "limit": runs}
    first: list[float] = []
    alone: list[int] = []
    for _ in range(3):
        with served(root) as server:
            server.get("/")  # what opens the page loads what curves need
            time.sleep(SETTLED_S)
            first.append(_timed(lambda server=server: server.post("/api/series", question)))  # type: ignore[misc]
            alone.append(server.peak())
    with served(root) as server:
        size = len(server.post("/api/series", question))
        zoomed = _warm(lambda: server.post("/api/series", {**question, "stop": steps - next(_NUMBERS)}))
        again = _warm(lambda: server.post("/api/series", question))
        crowd = _crowd(server, {**question, "keys": ["val/loss"]})
        peak = server.peak()
        time.sleep(QUIET_S)
        memory = server.resident()
    what, cold = f"curves of {runs} runs x {steps:,} points, {WIDTH} px", statistics.median(first)
    yield Row(f"{what}, the first question", "≤ 250 ms", f"{cold * 1e3:.0f} ms", met=cold <= SERIES_LIMIT_S)
    yield Row(f"{what}, zoomed", "", f"{zoomed * 1e3:.0f} ms")
    yield Row(f"{what}, asked for again", "", f"{again * 1e3:.0f} ms")
    yield Row(f"{what}, bytes", "≤ 600 KB", f"{size / 1e3:.0f} KB", met=size <= SERIES_LIMIT_BYTES)
    yield Row(f"{what}, {CLIENTS} clients at once, the last answer", "", f"{crowd:.2f} s")
    yield Row(
        "memory of the server at most, one question", "≤ 300 MB", f"{max(alone) / 1e6:.0f} MB", met=max(alone) <= 300e6
    )
    yield Row("the same after all of the above", "", f"{peak / 1e6:.0f} MB")
    yield Row(f"memory of the server {QUIET_S} s later", "≤ 200 MB", f"{memory / 1e6:.0f} MB", met=memory <= 200e6)


# ── a long console ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _console(root: Path, scale: Scale) -> Iterator[Row]:
    lines = scale(1_000_000, 2_000)
    layout = create(root)

    def log(writer: Any) -> None:
        for number in range(lines):
            writer.console(f"epoch {number // 1000}, step {number}: loss {1 / (number + 1):.6f}, accuracy 0.99\n")

    run_id = write_run(layout, log)
    with closing(LocalSource(root)) as source:
        source.seal()
    with served(root) as server:
        first = _timed(lambda: server.get(f"/api/runs/{run_id}/console?tail=2000"))
        places = iter(range(0, lines, max(1, lines // 20)))
        page = _warm(lambda: server.get(f"/api/runs/{run_id}/console?after={next(places)}"))
        memory = server.peak()
    what = f"console of {lines:,} lines"
    yield Row(f"{what}: the end of it, first", "", f"{first * 1e3:.0f} ms")
    yield Row(f"{what}: a page of 2,000 lines anywhere", "≤ 50 ms", f"{page * 1e3:.0f} ms", met=page <= 0.05)
    yield Row(f"{what}: memory of the server at most", "≤ 300 MB", f"{memory / 1e6:.0f} MB", met=memory <= 300e6)


_NUMBERS = iter(range(1, 1_000))
"""So that no two questions are the same."""


def _crowd(server: Server, question: dict[str, Any]) -> float:
    """Return how long it takes until all of many clients have their curves."""
    begun = time.perf_counter()
    clients = [threading.Thread(target=server.post, args=("/api/series", question)) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return time.perf_counter() - begun


# ── news ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _news(root: Path, scale: Scale) -> Row:
    """Measure from `log()` to the message that tells of it, while many runs write twice a second each."""
    from websockets.sync.client import connect

    writers, steps = scale(20, 2), scale(40, 4)
    create(root)
    delays: list[float] = []
    with served(root) as server, connect(f"ws://127.0.0.1:{server.port}/api/changes", proxy=None) as socket:
        command = [sys.executable, "-c", WRITER, str(root)]
        running = [subprocess.Popen([*command, f"w{number}", str(steps)]) for number in range(writers)]
        while any(process.poll() is None for process in running):
            try:
                message = json.loads(socket.recv(timeout=1.0))
            except TimeoutError:
                continue
            heard = time.time()
            delays += [heard - run["updated"] for run in message.get("runs", ()) if run["status"] == "running"]
    late = sorted(delays)[int(0.95 * (len(delays) - 1))]
    what = f"from log() to the WebSocket's message, {writers} writers, p95 of {len(delays)}"
    return Row(what, "≤ 1 s", f"{late:.2f} s", met=late <= NEWS_LIMIT_S)


# ── a server ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Server:
    """A server in a process of its own, and one client of it."""

    def __init__(self, process: subprocess.Popen[str], port: int, ready_s: float) -> None:
        import httpx

        self.process = process
        self.port = port
        self.ready_s = ready_s
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60.0, trust_env=False)

    def get(self, path: str) -> bytes:
        """Return an answer's body."""
        return bytes(self.client.get(path).raise_for_status().content)

    def post(self, path: str, body: dict[str, Any]) -> bytes:
        """Return an answer's body."""
        return bytes(self.client.post(path, json=body).raise_for_status().content)

    def peak(self) -> int:
        """Return the most memory that the process has had, in bytes; what it has where that is not known."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii", errors="replace")
        except OSError:
            return self.resident()
        return 1024 * int(status.split("VmHWM:")[1].split()[0])

    def resident(self) -> int:
        """Return the memory of the process in bytes."""
        import psutil

        return int(psutil.Process(self.process.pid).memory_info().rss)


@contextmanager
def served(root: Path) -> Iterator[Server]:
    """Serve a store, measured from the start of the process to its first answer."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "eventide", "serve", str(root), "--port", str(port)]
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
    server = None
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
                break
            except OSError:
                assert process.poll() is None
                time.sleep(0.005)
        server = Server(process, port, 0.0)
        server.get("/healthz")
        server.ready_s = time.perf_counter() - begun
        yield server
    finally:
        if server is not None:
            server.client.close()
        process.terminate()
        process.wait(timeout=20)


def _timed(ask: Callable[[], object]) -> float:
    """Return how long one answer takes."""
    begun = time.perf_counter()
    ask()
    return time.perf_counter() - begun


def _warm(ask: Callable[[], object]) -> float:
    """Return the median time of several answers after the first."""
    ask()
    return statistics.median([_timed(ask) for _ in range(7)])
