"""How long the command line takes to answer, from the start of the process to its end, against a bare interpreter."""

from __future__ import annotations

from benchmarks.measure import Row, Scale, folder, in_turns, ms, python, python_s
from benchmarks.stores import create, write_table_runs

CLI = "import sys; sys.argv[0] = 'eventide'; from eventide.cli.main import run; run()"
COLUMNS = 20


def rows(scale: Scale) -> list[Row]:
    runs, rounds = scale(1_000, 10), scale(15, 2)
    with folder() as root:
        write_table_runs(create(root / "store"), runs, COLUMNS)
        listing = ("runs", "--store", root / "store")
        assert python(CLI, *listing).strip()
        help_s, runs_s, bare = in_turns(
            (lambda: python_s(CLI, "--help"), lambda: python_s(CLI, *listing), lambda: python_s("")), rounds
        )
    floor = f"{ms(bare)} bare interpreter"
    return [
        Row("`eventide --help`", "≤ 200 ms", ms(help_s), floor, help_s / bare, help_s <= 0.2),
        Row(f"`eventide runs` on {runs:,} runs", "≤ 400 ms", ms(runs_s), floor, runs_s / bare, runs_s <= 0.4),
    ]
