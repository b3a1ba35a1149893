"""Runs, and changes to them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from eventide.server.schema.base import MAX_KEYS, MAX_RUNS, MAX_TEXT, Body, Direction, Model, Num, Status, Value

MAX_VALUED = 500
"""Runs whose points one question for computed columns may need."""
MAX_FIELDS = 32


class Metric(Model):
    """One metric of one run in numbers; `best` is by its `goal`."""

    count: int
    nonfinite: int
    first: Num | None
    last: Num | str | None
    last_step: int
    min: Num | None
    min_step: int | None
    max: Num | None
    max_step: int | None
    mean: Num | None
    std: Num | None
    best: Num | None
    best_step: int | None
    goal: Direction
    first_nonfinite_step: int | None


class Run(Model):
    """One run as a list shows it."""

    id: str
    project: str
    name: str
    status: Status
    started: float
    ended: float | None
    updated: float
    duration_s: float
    group: str
    host: str
    user: str
    tags: list[str]
    notes: str
    reason: str
    """Last line of the traceback of a failed run."""
    rows: int
    attempts: int
    world_size: int
    archived: bool
    deleted: float | None
    params: dict[str, Value]
    metrics: dict[str, Metric]
    summary: dict[str, Value]
    values: dict[str, Value]


class RunDetails(Run):
    """Everything about one run but its points."""

    config: dict[str, Value]
    provenance: dict[str, Value]
    error: str
    files: dict[str, int]
    """References to objects, counted by kind."""
    keys: list[str]
    system_keys: list[str]
    has_console: bool
    previous: str | None
    """The run of the same project that started before."""


class RunsAnswer(Model):
    """One page of runs."""

    runs: list[Run]
    total: int
    cursor: str
    """Where to go on with /api/changes."""


class ValuesRequest(Body):
    """Columns that are computed from points, such as `mean(val/acc,10)` and `at(val/loss,500)`, of some runs."""

    run_ids: list[str] = Field(min_length=1, max_length=MAX_VALUED)
    fields: list[str] = Field(min_length=1, max_length=MAX_FIELDS)


class ValuesAnswer(Model):
    """Values by run and field; null where a run has none."""

    values: dict[str, dict[str, Num | None]]


class Resolved(Model):
    """The runs a selector means."""

    ids: list[str]


class RunEdit(Body):
    """A change to some runs; what is left out or null stays as it is."""

    run_ids: list[str] = Field(min_length=1, max_length=MAX_RUNS)
    name: str | None = Field(default=None, max_length=1_000)
    notes: str | None = Field(default=None, max_length=MAX_TEXT)
    group: str | None = Field(default=None, max_length=1_000)
    add_tags: list[str] = Field(default_factory=list, max_length=MAX_KEYS)
    remove_tags: list[str] = Field(default_factory=list, max_length=MAX_KEYS)
    archived: bool | None = None
    deleted: bool | None = None
    """True puts runs into the bin, false takes them out."""


class Edited(Model):
    """Runs as they are after a change."""

    runs: list[Run]


class AnnotationEdit(Body):
    """Words at a step of a run; with an `id` they replace those of before, and an empty text takes them away."""

    run_id: str = Field(min_length=1, max_length=1_000)
    step: int = Field(ge=0)
    text: str = Field(max_length=500)
    id: str | None = Field(default=None, max_length=100)


class Annotated(Model):
    """The id of an annotation."""

    id: str


class Purge(Body):
    """Runs to remove for ever; all of them have to lie in the bin."""

    run_ids: list[str] = Field(min_length=1, max_length=MAX_RUNS)
    confirm: Literal["purge"]


class Purged(Model):
    """What was removed."""

    runs: list[str]
    files: int
    size_bytes: int
