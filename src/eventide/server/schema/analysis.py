"""Runs taken together: columns, facets, filters, groups."""

from __future__ import annotations

from eventide.server.schema.base import Model, Num, Value
from eventide.server.schema.store import Goal


class ParamColumn(Model):
    """One parameter over the runs of a question; `value` is there when all runs have the same."""

    path: str
    distinct: int
    varying: bool
    numeric: bool
    value: Value = None


class MetricColumn(Model):
    """One metric over the runs of a question."""

    key: str
    runs: int
    numeric: bool


class TagCount(Model):
    """One tag and how many runs have it."""

    tag: str
    runs: int


class Columns(Model):
    """What a table of runs could show."""

    goal: Goal | None
    params: list[ParamColumn]
    metrics: list[MetricColumn]
    system: list[str]
    tags: list[TagCount]
    seeds: list[str]
    """Parameters that are random seeds by their name."""
    total: int


class FacetValue(Model):
    """One value of a field and how many runs have it."""

    value: Value
    runs: int


class Histogram(Model):
    """How many values lie between edges; one edge more than counts."""

    edges: list[float]
    counts: list[int]


class Facet(Model):
    """The values of a field over the runs of a question, the most frequent first."""

    field: str
    values: list[FacetValue]
    histogram: Histogram | None = None


class Completion(Model):
    """One thing that could stand at the cursor."""

    text: str
    kind: str
    detail: str | None = None
    runs: int | None = None


class CompletionAnswer(Model):
    """What could stand in the place of text[start:end]."""

    start: int
    end: int
    items: list[Completion]


class Parsed(Model):
    """Whether a filter parses: its plain form if it does, else what is wrong, and where."""

    ok: bool
    canonical: str | None = None
    message: str | None = None
    position: int | None = None
    """Of the first character that cannot be read."""
    expected: str | None = None
    hint: str | None = None


class GroupStats(Model):
    """One metric over the runs of a group, non-finite and missing values left out of `n`."""

    n: int
    mean: Num | None
    std: Num | None
    """Of the sample; null below two runs."""
    sem: Num | None
    median: Num | None
    q1: Num | None
    q3: Num | None
    min: Num | None
    max: Num | None


class Group(Model):
    """Runs that agree in what they are grouped by."""

    key: dict[str, Value]
    label: str
    n: int
    failed: int
    run_ids: list[str]
    metrics: dict[str, GroupStats]
    fields: dict[str, GroupStats]
    """Of the numbers that were asked for, by how they were written."""


class GroupsAnswer(Model):
    """All groups, the best by the first metric first; every run of the question is in one of them."""

    by: list[str]
    metrics: list[str]
    groups: list[Group]
    total: int


class ImportanceItem(Model):
    """One parameter and Spearman's rank correlation of its values with the metric, over `n` runs."""

    path: str
    correlation: float
    n: int


class Importance(Model):
    """Which parameters go with a metric, the strongest first; a correlation is no cause."""

    metric: str
    n: int
    items: list[ImportanceItem]
