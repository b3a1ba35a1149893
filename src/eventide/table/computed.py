"""Columns that need the points of a metric: the mean of its last rows, its value at a step, its slope.

Invariant: one question for curves, however many runs and columns are asked for; a value is the same that a filter or a sort by the
same field compares.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from eventide.errors import InvalidFilter
from eventide.model import Series, SeriesQuery
from eventide.store.filter.filters import Derived, derived_of
from eventide.store.filter.grammar import parse_field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventide.model import RunInfo
    from eventide.source import Source

Values = dict[str, dict[str, float | None]]
"""Run → field as it was asked for → value; None where it is not defined."""


def computed_values(source: Source, run_ids: Sequence[str], fields: Sequence[str]) -> Values:
    """Return the values of some fields, such as `mean(val/acc,10)` and `at(val/loss,500)`, of some runs.

    Raises:
        InvalidFilter: a field does not parse, or is none that is computed from points.
    """
    wanted = {text: _derived(text) for text in fields}
    values: Values = {run_id: dict.fromkeys(wanted) for run_id in run_ids}
    if not values or not wanted:
        return values
    from eventide.store.filter.derived import evaluate  # noqa: PLC0415 - numpy, only where points are read

    keys = tuple(dict.fromkeys(item.metric for item in wanted.values()))
    for curve in source.series(SeriesQuery(tuple(values), keys)):
        if isinstance(curve, Series):
            found = {text: evaluate(item, curve) for text, item in wanted.items() if item.metric == curve.key}
            values[curve.run_id].update(found)
    return values


def field_values(source: Source, runs: Sequence[RunInfo], fields: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return field → run → value for numbers of metrics such as `min(loss)` and `mean(loss,10)`; runs without one are left out.

    Raises:
        InvalidFilter: a field does not parse, or is no number of a metric.
    """
    parsed = {text: parse_field(text) for text in fields}
    for text, field in parsed.items():
        if field.kind != "call":
            raise InvalidFilter(f"`{text:.80}` is no number of a metric", hint="min(METRIC), mean(METRIC,N)", text=text)
    points = computed_values(
        source, [run.id for run in runs], [text for text, field in parsed.items() if field.is_derived]
    )
    found: dict[str, dict[str, float]] = {text: {} for text in parsed}
    for run in runs:
        for text, field in parsed.items():
            value = (
                points[run.id][text] if field.is_derived else getattr(run.metrics.get(field.metric), field.name, None)
            )
            if isinstance(value, int | float) and math.isfinite(value):
                found[text][run.id] = float(value)
    return found


def _derived(text: str) -> Derived:
    field = parse_field(text)
    if not field.is_derived:
        raise InvalidFilter(
            f"`{text:.80}` is not computed from points: it is in the list of runs",
            hint="mean(METRIC,N), std(METRIC,N), slope(METRIC) or at(METRIC,STEP)",
            text=text,
        )
    return derived_of(field)
