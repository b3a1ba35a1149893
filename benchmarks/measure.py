"""How things are measured here: sizes, rows of the table, medians, turns, child processes.

Invariant: every figure is a median (or a stated percentile) of several rounds, and what is compared was measured in turns.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
COMPILED = Path(__file__).parent / "results" / "compiled"


@dataclass(frozen=True)
class Row:
    """One line of the table; `met` is None where nothing was promised."""

    what: str
    to_reach: str
    measured: str
    baseline: str = ""
    ratio: float | None = None
    met: bool | None = None


@dataclass(frozen=True)
class Scale:
    """Full sizes, or small ones that only show that a benchmark runs."""

    quick: bool = False

    def __call__(self, full: int, quick: int) -> int:
        """Return the size to use."""
        return quick if self.quick else full


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """Give an empty folder for stores and caches, and set the environment so that nothing else is touched."""
    path = Path(tempfile.mkdtemp(prefix="eventide-bench-"))
    for name in [name for name in os.environ if name.startswith("EVENTIDE_")]:
        del os.environ[name]
    os.environ.update(EVENTIDE_CACHE_DIR=str(path / "cache"), EVENTIDE_QUIET="1")
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def seconds(action: Callable[[], object]) -> float:
    """Return how long one call takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def median_s(action: Callable[[], object], rounds: int) -> float:
    """Return the median time of a call over several rounds, after one that does not count."""
    action()
    return statistics.median(seconds(action) for _ in range(rounds))


def in_turns(actions: Sequence[Callable[[], float]], rounds: int) -> list[float]:
    """Call every action once a round, in turns, and return the median of what each returned; a first round does not count."""
    for action in actions:
        action()
    found = [[action() for action in actions] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*found, strict=True)]


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """Return the value below which `share` (0 to 1) of the sorted values lie."""
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


def environment() -> dict[str, str]:
    """Return the environment of child processes: with compiled modules, as after a first start, in a folder of their own."""
    env = {**os.environ, "PYTHONPYCACHEPREFIX": str(COMPILED)}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    return env


def python(code: str, *arguments: object) -> str:
    """Run code in a fresh interpreter and return what it printed."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment()).stdout


def python_s(code: str, *arguments: object) -> float:
    """Return how long a fresh interpreter takes for code, from the start of the process to its end."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    env = environment()
    return seconds(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT, env=env))


def folder_bytes(path: Path, suffix: str = "") -> int:
    """Return the bytes of all files below a folder, of those with a suffix when one is given."""
    return sum(file.stat().st_size for file in path.rglob(f"*{suffix}") if file.is_file())


def us(value_s: float) -> str:
    """Return seconds as microseconds."""
    return f"{value_s * 1e6:.2f} µs"


def ms(value_s: float) -> str:
    """Return seconds as milliseconds."""
    return f"{value_s * 1e3:.1f} ms" if value_s < 0.1 else f"{value_s * 1e3:.0f} ms"


def mb(size_bytes: float) -> str:
    """Return bytes as MB."""
    return f"{size_bytes / 1e6:.1f} MB"
