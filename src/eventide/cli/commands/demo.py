"""`eventide demo`: fill a store with sample runs."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from eventide.cli.verb import VerbCommand
from eventide.clock import SYSTEM_CLOCK
from eventide.journal.records import ROLE_RUN
from eventide.journal.writer import Identity, JournalWriter
from eventide.layout import Layout
from eventide.names import new_run_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eventide.cli.state import State

PROJECT = "demo"
STEPS = 300
_STEP_S = 2.0
_MODELS = (("mlp", 0.95, 40.0), ("cnn", 0.985, 25.0), ("linear", 0.90, 15.0))
"""Model, accuracy it tends to, steps it needs."""
_ERROR = """\
Traceback (most recent call last):
  File "train.py", line 61, in <module>
    step(batch)
ValueError: the loss is NaN at step 120"""
_NEXT = """\
{runs} sample runs of {steps} steps in {root}

Now try:
  eventide runs{where}
  eventide leaderboard val/acc{where}
  eventide runs --group -seed{where}
  eventide plot val/acc model:cnn{where}
  eventide sql "SELECT name, status FROM db.runs"{where}
"""


@click.command(cls=VerbCommand)
@click.argument("folder", metavar="[DIR]", default="")
@click.option(
    "--seeds", type=click.IntRange(min=1, max=1000), default=3, show_default=True, metavar="N", help="Seeds per model."
)
@click.pass_obj
def demo(
    state: State,
    folder: str,
    *,
    seeds: int,
) -> None:
    """Fill a store with sample runs to play with: three models, some seeds, one failure, one crash.

    eventide demo
    eventide demo /tmp/sample
    eventide rm --help                                how to be rid of them
    """
    root = Path(folder).expanduser().absolute() if folder else state.root
    runs = fill(root, seeds)
    where = f" --store {root}" if folder or state.options.store else ""
    content = {"store": str(root), "project": PROJECT, "runs": runs}
    state.output.emit_object("demo", content, lambda: _NEXT.format(runs=runs, steps=STEPS, root=root, where=where))


def fill(root: Path, seeds: int = 3) -> int:
    """Write sample runs into the store at `root`, made where there is none; return how many."""
    layout = Layout(root)
    now = SYSTEM_CLOCK.time()
    layout.create(now_s=now)
    plans = list(_plans(seeds, now))
    for plan in plans:
        _write(layout, plan)
    layout.announce()
    return len(plans)


@dataclass(frozen=True, slots=True)
class Plan:
    """One sample run."""

    name: str
    model: str
    ceiling: float
    pace: float
    seed: int
    lr: float
    started: float
    steps: int = STEPS
    status: str | None = "finished"
    error: str = ""
    diverges_at: int | None = None


def _plans(seeds: int, now: float) -> Iterator[Plan]:
    number = 0
    total = len(_MODELS) * seeds + 2
    for model, ceiling, pace in _MODELS:
        for seed in range(seeds):
            number += 1
            begun = now - (total - number + 1) * (STEPS * _STEP_S + 60)
            yield Plan(
                f"{model}-{seed}", model, ceiling, pace, seed, {"mlp": 1e-3, "cnn": 3e-4, "linear": 1e-2}[model], begun
            )
    begun = now - 2 * (STEPS * _STEP_S + 60)
    yield Plan("mlp-hot", "mlp", 0.95, 40.0, 0, 0.3, begun, steps=160, status="failed", error=_ERROR, diverges_at=120)
    yield Plan("cnn-lost", "cnn", 0.985, 25.0, 7, 3e-4, now - STEPS * _STEP_S, steps=110, status=None)


class _Times:
    """A clock that stands where it was put."""

    def __init__(self, now: float) -> None:
        self.now = now

    def time(self) -> float:
        """Return the time that was set."""
        return self.now

    def monotonic(self) -> float:
        """Return the time that was set."""
        return self.now


def _write(layout: Layout, plan: Plan) -> None:
    """Write one run's journal; one without a status is left open, as a killed process leaves it."""
    clock = _Times(plan.started)
    writer = JournalWriter(layout, Identity(new_run_id(plan.started), PROJECT, ROLE_RUN), clock=clock)
    writer.set(("name",), plan.name)
    writer.set(
        ("config",),
        {"model": plan.model, "lr": plan.lr, "seed": plan.seed, "data": {"name": "digits", "batch_size": 64}},
    )
    writer.set(("tags", "sample"), value=True)
    noise = random.Random(f"{plan.name}/{plan.seed}")  # noqa: S311 - sample data
    for step in range(plan.steps):
        clock.now = plan.started + step * _STEP_S
        writer.append(_row(plan, step, noise), step)
        if step % 50 == 0:
            writer.console(f"step {step}/{STEPS}\n")
    clock.now += _STEP_S
    if plan.status is not None:
        writer.close({"status": plan.status, **({"error": plan.error} if plan.error else {})})
    else:
        writer.sync()


def _row(plan: Plan, step: int, noise: random.Random) -> dict[str, float]:
    """Return what is logged at one step: loss each time, accuracy each tenth."""
    progress = 1.0 - math.exp(-step / plan.pace)
    if plan.diverges_at is not None and step >= plan.diverges_at:
        return {"train/loss": math.nan}
    wobble = noise.gauss(0.0, 0.02 + 0.1 * (1.0 - progress))
    row = {"train/loss": max(1e-3, 2.3 * (1.0 - progress) + (1.0 - plan.ceiling) + wobble)}
    if step % 97 == 96:
        row["train/loss"] += 4.0
    if step % 10 == 9 or step == plan.steps - 1:
        row["val/acc"] = min(1.0, max(0.05, 0.1 + (plan.ceiling - 0.1) * progress + noise.gauss(0.0, 0.004)))
    return row
