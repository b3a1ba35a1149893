"""The terminal UI: first frame, key to redraw while runs are live, rest, memory; in a pseudo-terminal, as people run it."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.measure import Row, Scale
from eventide.testing import make_run

LIVE_RUNS, LIVE_KEYS = 5, 6
_WRITER = """
import math, sys, time, eventide
run = eventide.init(dir=sys.argv[1], project="live", name="live-" + sys.argv[2], capture="none", system_interval_s=0)
step = 0
while True:
    run.log({f"part{key}/loss": math.exp(-step / 500) + math.sin(step / (9 + key)) / 9 for key in range(int(sys.argv[3]))})
    step += 1
    time.sleep(0.05)
"""
_CURSOR = b"48;2;42;58;87"
"""The ground of the line under the cursor, in the dark theme: it is drawn anew wherever the cursor goes."""


class _Ease(NamedTuple):
    first_ms: float
    key_ms: float
    core: float
    bytes_s: float
    rss_mb: float
    own_mb: float


def rows(scale: Scale) -> list[Row]:
    """Measure on a store of 1,000 short runs, then on five that are being logged."""
    count = 50 if scale.quick else 1000
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "store"
        for place in range(count):
            losses = ({"train/loss": 1 / (step + 1), "val/acc": step / 50} for step in range(20))
            make_run(
                root,
                f"20260101-000000-quiet-stork-{place:08x}",
                losses,
                name=f"run-{place}",
                config={"seed": place, "lr": 0.1},
            )
        env = {
            **os.environ,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "EVENTIDE_CACHE_DIR": f"{folder}/cache",
        }
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        _at_ease(root, env, idle_s=1)  # fills the caches of bytecode and of the index
        ease = _at_ease(root, env, idle_s=3 if scale.quick else 10)
        live = _while_live(root, env, keys=10 if scale.quick else 40)
    charts = f"{LIVE_KEYS} charts of {LIVE_RUNS} live runs"
    slowest_ms = max(live.table_ms, live.cross_ms)
    return [
        Row(f"tui: first frame with {count} runs", "≤ 600 ms", f"{ease.first_ms:.0f} ms", met=ease.first_ms <= 600),
        Row("tui: key to redraw", "≤ 50 ms", f"{ease.key_ms:.0f} ms", met=ease.key_ms <= 50),
        Row(
            f"tui: key to redraw, {charts}",
            "≤ 50 ms",
            f"{live.table_ms:.0f} ms in the table, {live.cross_ms:.0f} ms for the crosshair in all charts",
            met=slowest_ms <= 50,
        ),
        Row("tui: processor at rest", "≤ 3 %", f"{ease.core:.1%}", met=ease.core <= 0.03),
        Row("tui: output at rest", "≤ 2 KB/s", f"{ease.bytes_s / 1000:.2f} KB/s", met=ease.bytes_s <= 2000),
        Row(
            "tui: memory",
            "≤ 90 MB",
            f"{ease.rss_mb:.0f} MB, of which {ease.own_mb:.0f} MB its own",
            met=ease.rss_mb <= 90,
        ),
        Row(
            f"tui: memory, {charts}",
            "≤ 90 MB",
            f"{live.rss_mb:.0f} MB, of which {live.own_mb:.0f} MB its own; processor {live.core:.0%}",
            met=live.rss_mb <= 90,
        ),
    ]


class _Live(NamedTuple):
    table_ms: float
    cross_ms: float
    core: float
    rss_mb: float
    own_mb: float


def _at_ease(root: Path, env: dict[str, str], *, idle_s: float) -> _Ease:
    began = time.perf_counter()
    with _program(root, env, (120, 40)) as (pid, terminal):
        _until(terminal, re.compile(rb"run-"))
        first_ms = (time.perf_counter() - began) * 1000
        _quiet(terminal, 2.0)
        key_ms = _answer_ms(terminal, [b"j"] * 20, re.compile(_CURSOR))
        _quiet(terminal, 1.5)
        before, began = _cpu_s(pid), time.perf_counter()
        written = _quiet(terminal, idle_s, whole=True)
        passed = time.perf_counter() - began
        return _Ease(first_ms, key_ms, (_cpu_s(pid) - before) / passed, written / passed, *_memory_mb(pid))


def _while_live(root: Path, env: dict[str, str], *, keys: int) -> _Live:
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, str(root), str(place), str(LIVE_KEYS)], env=env)
        for place in range(LIVE_RUNS)
    ]
    try:
        with _program(root, env, (200, 60), "-q", "state:running") as (pid, terminal):
            _until(terminal, re.compile(rb"%d live" % LIVE_RUNS))
            _quiet(terminal, 5.0, whole=True)
            before, began = _cpu_s(pid), time.perf_counter()
            _quiet(terminal, 5.0, whole=True)
            core = (_cpu_s(pid) - before) / (time.perf_counter() - began)
            memory = _memory_mb(pid)
            table_ms = _answer_ms(terminal, [b"j", b"k"] * (keys // 2), re.compile(_CURSOR))
            os.write(terminal, b"\t")
            _quiet(terminal, 1.0, whole=True)
            cross_ms = _answer_ms(terminal, [b"\x1b[D"] * keys, re.compile("│".encode()))
            return _Live(table_ms, cross_ms, core, *memory)
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()


@contextmanager
def _program(root: Path, env: dict[str, str], size: tuple[int, int], *more: str) -> Iterator[tuple[int, int]]:
    """Run the program on a terminal of so many columns and lines; give its process and the terminal's other end."""
    pid, terminal = pty.fork()
    if not pid:
        os.environ.update(env, COLUMNS=str(size[0]), LINES=str(size[1]))
        os.execv(sys.executable, [sys.executable, "-m", "eventide", "tui", str(root), *more])  # noqa: S606
    command = ["stty", "rows", str(size[1]), "cols", str(size[0])]
    subprocess.run(command, stdin=terminal, check=False)
    try:
        yield pid, terminal
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        os.close(terminal)


def _answer_ms(terminal: int, keys: list[bytes], sign: re.Pattern[bytes]) -> float:
    """Press keys one after the other and return how long it takes until the sign of the answer comes, the 95th percentile."""
    waits = []
    for key in keys:
        _quiet(terminal, 0.17, whole=True)
        began = time.perf_counter()
        os.write(terminal, key)
        _until(terminal, sign, 2)
        waits.append((time.perf_counter() - began) * 1000)
    return sorted(waits)[-1 - len(waits) // 20]


def _until(terminal: int, sign: re.Pattern[bytes], most_s: float = 30) -> None:
    seen = b""
    end = time.monotonic() + most_s
    while not sign.search(seen) and time.monotonic() < end:
        if select.select([terminal], [], [], 0.5)[0]:
            seen += os.read(terminal, 65536)


def _quiet(terminal: int, seconds: float, *, whole: bool = False) -> int:
    """Read until nothing comes for so long (or, with `whole`, for exactly so long); return how many bytes came."""
    written, end = 0, time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if select.select([terminal], [], [], left)[0]:
            written += len(os.read(terminal, 65536))
            end = end if whole else time.monotonic() + seconds
    return written


def _cpu_s(pid: int) -> float:
    parts = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mb(pid: int) -> tuple[float, float]:
    """Return what a process holds, and what of it is no file of the system's."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    found = {line.split()[0]: int(line.split()[1]) / 1000 for line in lines if line.startswith(("VmRSS", "RssAnon"))}
    return found.get("VmRSS:", 0.0), found.get("RssAnon:", 0.0)
