"""Curves, rows, console."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from eventide.server.schema.base import MAX_KEYS, MAX_RUNS, MAX_TEXT, MAX_WIDTH, Body, Model, Table, Value


class Smooth(Body):
    """How curves are smoothed, over all of their points: `amount` is 0 to below 1 for ema, else a width in units of x."""

    kind: Literal["ema", "mean", "gaussian"]
    amount: float = Field(ge=0, allow_inf_nan=False)


class Band(Body):
    """Draw a curve and a band per group of runs instead of one curve per run; `by` is as in /api/groups."""

    by: list[str] = Field(max_length=MAX_KEYS)
    stat: Literal["mean_std", "mean_sem", "median_iqr", "min_max"] = "mean_std"


class SeriesRequest(Body):
    """Which curves, over which range, for how many pixels."""

    run_ids: list[str] | None = Field(default=None, max_length=MAX_RUNS)
    q: str | None = Field(default=None, max_length=MAX_TEXT)
    project: str | None = Field(default=None, max_length=1_000)
    sort: str | None = Field(default=None, max_length=MAX_TEXT)
    limit: int | None = Field(default=None, ge=1, le=MAX_RUNS)
    archived: bool = False
    keys: list[str] = Field(min_length=1, max_length=MAX_KEYS)
    """Metrics; what begins with `=` is an expression over metrics, such as `=train/loss - val/loss`."""
    table: Table = "events"
    x: str = Field(default="step", min_length=1, max_length=MAX_TEXT)
    """`step`, `time`, `ts`, a metric, or an expression."""
    minus: str | None = Field(default=None, max_length=1_000)
    """A run whose curves are subtracted from all others, on straight lines between its points."""
    start: float | None = Field(default=None, allow_inf_nan=False)
    stop: float | None = Field(default=None, allow_inf_nan=False)
    width: int = Field(default=800, ge=1, le=MAX_WIDTH)
    smooth: Smooth | None = None
    group: Band | None = None
    exact: bool | None = None
    """True and false decide what is otherwise decided by the number of points: at most two per pixel are sent as they are."""
    robust: bool = True


class RowsRequest(Body):
    """Which logged rows."""

    run_ids: list[str] = Field(min_length=1, max_length=MAX_RUNS)
    keys: list[str] | None = Field(default=None, max_length=MAX_KEYS)
    offset: int = Field(default=0, ge=0)
    limit: int = Field(default=200, ge=1, le=10_000)
    attempts: Literal["last", "all"] = "last"


class RowsAnswer(Model):
    """A stretch of rows; every row has one value per column."""

    columns: list[str]
    rows: list[list[Value]]
    offset: int
    total: int


class ConsoleText(Model):
    """A piece of console text; `n` counts from 0."""

    n: int
    ts: float
    stream: str
    text: str


class ConsoleAnswer(Model):
    """A stretch of console text; `next` is what to ask for as `after`."""

    lines: list[ConsoleText]
    total: int
    next: int
