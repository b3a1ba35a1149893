"""The terminal UI: first frame, key to redraw, rest, memory; in a pseudo-terminal, as people run it."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import Row, Scale
from eventide.testing import make_run


def rows(scale: Scale) -> list[Row]:
    """Measure on a store of 1,000 short runs."""
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
            "EVENTIDE_CACHE_DIR": f"{folder}/cache",
            "COLUMNS": "120",
            "LINES": "40",
        }
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        _session(root, env, idle_s=1)  # fills the caches of bytecode and of the index
        first_ms, key_ms, core, bytes_s, rss_mb = _session(root, env, idle_s=3 if scale.quick else 10)
    return [
        Row(f"tui: first frame with {count} runs", "≤ 600 ms", f"{first_ms:.0f} ms", met=first_ms <= 600),
        Row("tui: key to redraw", "≤ 50 ms", f"{key_ms:.0f} ms", met=key_ms <= 50),
        Row("tui: processor at rest", "≤ 3 %", f"{core:.1%}", met=core <= 0.03),
        Row("tui: output at rest", "≤ 2 KB/s", f"{bytes_s / 1000:.2f} KB/s", met=bytes_s <= 2000),
        Row("tui: memory", "≤ 90 MB", f"{rss_mb:.0f} MB", met=rss_mb <= 90),
    ]


def _session(root: Path, env: dict[str, str], *, idle_s: float) -> tuple[float, float, float, float, float]:
    began = time.perf_counter()
    pid, terminal = pty.fork()
    if not pid:
        os.execve(sys.executable, [sys.executable, "-m", "eventide", "tui", str(root)], env)  # noqa: S606
    subprocess.run(["stty", "rows", "40", "cols", "120"], stdin=terminal, check=False)  # noqa: S607
    try:
        _until(terminal, b"run-")
        first_ms = (time.perf_counter() - began) * 1000
        _quiet(terminal, 2.0)
        waits = []
        for _ in range(20):
            began = time.perf_counter()
            os.write(terminal, b"j")
            select.select([terminal], [], [], 2)
            waits.append((time.perf_counter() - began) * 1000)
            _quiet(terminal, 0.1)
        _quiet(terminal, 1.0)
        before, began = _cpu_s(pid), time.perf_counter()
        written = _quiet(terminal, idle_s, whole=True)
        passed = time.perf_counter() - began
        return first_ms, sorted(waits)[-2], (_cpu_s(pid) - before) / passed, written / passed, _rss_mb(pid)
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        os.close(terminal)


def _until(terminal: int, text: bytes) -> None:
    seen = b""
    end = time.monotonic() + 30
    while text not in seen and time.monotonic() < end:
        if select.select([terminal], [], [], 1)[0]:
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


def _rss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1000
    return 0.0
