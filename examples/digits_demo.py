"""Train nine scikit-learn models on the handwritten digits in four processes, watch them live, and compare them.

    python examples/digits_demo.py [--epochs N] [--dir STORE]

Three families of models times three seeds, each a run of its own in the project `digits`. While they train, a second process
(`live_runs.py`) prints the runs table from the same store; at the end come the best runs, the mean over seeds and one SQL
answer. The store is `.eventide` in the current folder unless `--dir` or EVENTIDE_DIR names another; every call adds new runs.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shlex
import shutil
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from digits_training import FAMILIES, PROJECT, Job, train
from rich.console import Console
from rich.table import Table

import eventide
from eventide.layout import default_root

SEEDS = (0, 1, 2)
PROCESSES = 4
FIRST_GOOD = 0.95
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "EVENTIDE_QUIET": "1"}
"""Of the training processes: four of them share the cores, so each computes with one thread."""

SQL = """\
SELECT "group" AS family, count(DISTINCT run_id) AS runs, min(step) AS first_epoch
FROM db.events JOIN db.runs USING (run_id) JOIN db.tags USING (run_id)
WHERE tag = '{tag}' AND "val/acc" >= {accuracy}
GROUP BY ALL ORDER BY first_epoch"""


def main() -> int:
    """Run the demo and return an exit status."""
    options = _options()
    store = str(options.dir or default_root())
    tag = time.strftime("demo-%Y%m%d-%H%M%S")
    jobs = [Job(family, seed, options.epochs, store, tag) for seed in SEEDS for family in FAMILIES]
    console = Console(emoji=False, highlight=False, markup=False, soft_wrap=True)
    console.print(f"Training {len(jobs)} models in {PROCESSES} processes; every epoch is logged to {store}\n")
    started = time.monotonic()
    run_ids = _train(jobs, store, f'tag="{tag}"')
    console.print(f"\n{len(run_ids)} runs in {time.monotonic() - started:.0f} s.\n")
    with eventide.open(store) as runs:
        _compare(console, runs, tag)
    _say_what_next(console, store)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train nine models on the digits data, tracked by Eventide.")
    parser.add_argument("--epochs", type=int, default=30, help="epochs of every run (default: %(default)s)")
    parser.add_argument("--dir", type=Path, help="the store (default: the nearest .eventide upwards, else here)")
    return parser.parse_args()


def _train(jobs: list[Job], store: str, filter: str) -> list[str]:  # noqa: A002 - the grammar's name
    """Train all jobs, with the live table beside them, and return the ids of the runs."""
    os.environ.update(ENVIRONMENT)
    live = [sys.executable, str(Path(__file__).with_name("live_runs.py")), store, filter, str(len(jobs))]
    with subprocess.Popen(live, stdin=subprocess.PIPE) as watcher:  # noqa: S603 - our own script
        try:
            spawn = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(PROCESSES, mp_context=spawn) as pool:
                return list(pool.map(train, jobs))
        finally:
            if watcher.stdin is not None:
                watcher.stdin.close()  # the sign for the watcher to look once more and end
            watcher.wait()


def _compare(console: Console, store: Any, tag: str) -> None:
    """Print the best runs, the families over their seeds, and the answer of one SQL query."""
    columns = ["name", "group", "best(val/acc)", "best(val/loss)", "errors"]
    runs = store.runs(f'tag="{tag}"', sort="-best(val/acc)", columns=columns)
    console.print(_table("The best runs, by validation accuracy", columns, runs[columns].head(5).to_numpy().tolist()))

    families = runs.groupby("group", observed=True)["best(val/acc)"].agg(["mean", "std", "count"])
    rows = [
        (family, f"{mean:.4f} ± {std:.4f}", int(count))
        for family, mean, std, count in families.sort_values("mean", ascending=False).itertuples()
    ]
    console.print(_table("Mean ± standard deviation over seeds", ["family", "best(val/acc)", "seeds"], rows))

    query = SQL.format(accuracy=FIRST_GOOD, tag=tag)
    answer = store.sql(query)
    console.print(f"When did each family first reach {FIRST_GOOD:.0%}? In SQL:\n\n{query}\n")
    console.print(_table("", answer.columns, answer.fetchall()))


def _table(title: str, columns: list[str], rows: list[Any]) -> Table:
    grid = Table(title=title or None, title_justify="left")
    for place, name in enumerate(columns):
        grid.add_column(name, justify="left" if place == 0 else "right")
    for row in rows:
        grid.add_row(*(f"{cell:.4f}" if isinstance(cell, float) else str(cell) for cell in row))
    return grid


def _say_what_next(console: Console, store: str) -> None:
    """Print commands that can be pasted as they are."""
    beside = Path(sys.executable).with_name("eventide")
    found = shutil.which("eventide")
    program = "eventide" if found and Path(found).resolve() == beside.resolve() else _short(beside)
    where = "" if Path(store).absolute() == default_root().absolute() else f" --store {shlex.quote(store)}"
    console.print("Type next:\n")
    for words, meaning in (
        (f"runs 'project={PROJECT}' --sort '-best(val/acc)'", "every run of every demo so far"),
        ("ui", "the same as a page, with curves that move while runs log"),
        ("tui", "the same in this terminal"),
        ("show '@best:val/acc'", "the best one in detail"),
        ("plot val/loss 'group=network'", "its curves, in the terminal"),
        ("diff '@best:val/acc' @last", "what two runs have different"),
        ("export --output digits.csv", "every logged row"),
    ):
        console.print(f"  {program}{where} {words:<46} # {meaning}")
    opened = f"eventide.open({store!r})" if where else "eventide.open()"
    console.print(f"\nor in Python: import eventide; {opened}.to_df()")


def _short(path: Path) -> str:
    """Return a path as it is typed from here."""
    here = Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


if __name__ == "__main__":
    sys.exit(main())
