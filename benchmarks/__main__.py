"""Run the benchmarks and write one Markdown table.

    python -m benchmarks                      all subjects
    python -m benchmarks log_cost queries     some of them
    python -m benchmarks --quick              small sizes: shows that everything runs, not how fast

The table goes to the standard output and to benchmarks/results/; each subject runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from benchmarks.measure import Row, Scale

SUBJECTS = (
    "log_cost",
    "startup",
    "writers",
    "small_runs",
    "read_back",
    "seal",
    "queries",
    "memory",
    "wide",
    "cli_cost",
    "tracker",
    "hydra",
    "record",
    "snapshot",
    "ux",
    "ux_large",
    "media",
    "loggers",
    "artifacts",
    "system",
    "console",
    "server",
    "hub",
    "tui",
)
RESULTS = Path(__file__).parent / "results"
HEAD = ("what", "to reach", "measured", "baseline in the same run", "ratio", "met")


def main() -> int:
    """Measure what was asked for; 1 when a subject failed or, at full size, a limit was missed."""
    options = _options()
    if options.rows:
        rows = import_module(f"benchmarks.{options.names[0]}").rows(Scale(quick=options.quick))
        print(json.dumps([asdict(row) for row in rows]))
        return 0
    failed: list[str] = []
    found: list[Row] = []
    for name in options.names or SUBJECTS:
        print(f"{name} ...", end=" ", flush=True, file=sys.stderr)
        started = time.monotonic()
        rows = _measure(name, quick=options.quick)
        print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
        found += rows
        failed += [] if rows else [name]
    text = _report(found, failed, quick=options.quick)
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / time.strftime(f"%Y%m%d-%H%M%S{'-quick' if options.quick else ''}.md")).write_text(text, encoding="utf-8")
    missed = not options.quick and any(row.met is False for row in found)
    return 1 if failed or missed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure Eventide.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(SUBJECTS)}")
    parser.add_argument("--quick", action="store_true", help="small sizes, for a look at whether it runs")
    parser.add_argument("--rows", action="store_true", help=argparse.SUPPRESS)  # a subject in its own process
    options = parser.parse_args()
    unknown = set(options.names) - set(SUBJECTS)
    if unknown:
        parser.error(f"nothing is called {', '.join(sorted(unknown))}; there are {', '.join(SUBJECTS)}")
    return options


def _measure(name: str, *, quick: bool) -> list[Row]:
    """Return the lines of one subject, measured in a fresh process; none when it failed."""
    command = [sys.executable, "-m", "benchmarks", name, "--rows", *(["--quick"] if quick else [])]
    answer = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1])
    if answer.returncode:
        return []
    return [Row(**row) for row in json.loads(answer.stdout.splitlines()[-1])]


def _report(rows: list[Row], failed: list[str], *, quick: bool) -> str:
    cells = [HEAD, tuple("---" for _ in HEAD)]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        met = {True: "yes", False: "**no**", None: ""}[row.met]
        cells.append((row.what, row.to_reach, row.measured, row.baseline, ratio, met))
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in cells]
    lines += [f"\nFailed: {', '.join(failed)}"] if failed else []
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    about = (
        f"{platform.machine()}, {os.cpu_count()} cores{load}, Python {platform.python_version()}, Eventide {_version()}"
    )
    return "\n".join([*lines, "", about + (", **small sizes: the figures mean nothing**" if quick else "")]) + "\n"


def _version() -> str:
    from eventide import __version__

    return __version__


if __name__ == "__main__":
    sys.exit(main())
