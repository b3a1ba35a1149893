"""Which parameters the metric depends on: a random forest's permutation importance, and the marginal effect of each.

Invariant: the same runs give the same answer (the forest's seed is fixed), and how many runs it rests on is always said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from eventide._optional import require
from eventide.errors import InvalidSetting
from eventide.plots.data import chosen_params, codes, color, graph_objects, label, laid_out, plain
from eventide.plots.parameters import measured

MIN_RUNS = 5
_TREES = 100
_REPEATS = 10


def parameter_importance(runs: Any, metric: str, params: Sequence[str] | None = None) -> pd.DataFrame:
    """Return how much a metric depends on each parameter, the most important first.

    Columns: `parameter`; `importance`, the loss of R² of a random forest when the parameter's values are shuffled, as a share of the sum
    (0 to 1); `marginal`, the share of the metric's variance that lies between the values of the parameter alone (0 to 1); `correlation`,
    Spearman's rank correlation, NaN for texts; `runs`, how many it rests on.

    Raises:
        InvalidSetting: fewer than 5 runs have a value, or no parameter differs.
        MissingExtra: scikit-learn is not installed.
    """
    frame, column, values = measured(runs, metric)
    names = chosen_params(frame, params, [column])
    if len(frame) < MIN_RUNS:
        raise InvalidSetting(f"{len(frame)} runs say nothing about importance; {MIN_RUNS} or more are needed")
    if not names:
        raise InvalidSetting("no parameter differs between these runs")
    table = [codes(frame[name]) for name in names]
    shares = _permutation(np.column_stack([np.nan_to_num(places, nan=-1.0) for places, _ in table]), values)
    records = [
        (
            label(name),
            share,
            _marginal(places, texts is not None, values),
            _correlation(places, texts, values),
            len(values),
        )
        for name, share, (places, texts) in zip(names, shares, table, strict=True)
    ]
    found = pd.DataFrame(records, columns=["parameter", "importance", "marginal", "correlation", "runs"])
    return found.sort_values("importance", ascending=False, kind="stable", ignore_index=True)


def importance(runs: Any, metric: str, params: Sequence[str] | None = None) -> Any:
    """Return a figure of bars: importance in a random forest and marginal effect of each parameter. See `parameter_importance`."""
    go = graph_objects()
    found = parameter_importance(runs, metric, params).iloc[::-1]
    figure = go.Figure()
    for place, (part, name) in enumerate({"marginal": "marginal effect", "importance": "random forest"}.items()):
        texts = [plain(text) for text in found["parameter"]]
        figure.add_trace(go.Bar(y=texts, x=found[part], name=name, orientation="h", marker_color=color(1 - place)))
    title = f"what {metric} depends on, {int(found['runs'].iloc[0])} runs"
    return laid_out(figure, title, "share, 0 to 1").update_layout(barmode="group", legend_traceorder="reversed")


def _permutation(features: Any, values: Any) -> Any:
    """Return each column's share of the forest's permutation importance; zeros when nothing matters."""
    ensemble = require("sklearn.ensemble", "plots")
    inspection = require("sklearn.inspection", "plots")
    forest = ensemble.RandomForestRegressor(n_estimators=_TREES, random_state=0, n_jobs=1).fit(features, values)
    found = inspection.permutation_importance(forest, features, values, n_repeats=_REPEATS, random_state=0, n_jobs=1)
    positive = np.maximum(found.importances_mean, 0.0)
    total = positive.sum()
    return positive / total if total > 0 else positive


def _marginal(places: Any, is_text: bool, values: Any) -> float:
    """Return the share of variance between groups of equal values; numbers with many values are cut into five of equal size."""
    total = float(((values - values.mean()) ** 2).sum())
    if total == 0:
        return 0.0
    known = np.nan_to_num(places, nan=-np.inf)
    if not is_text and len(np.unique(known)) > max(5, len(values) // 3):
        known = np.argsort(np.argsort(known, kind="stable"), kind="stable") * 5 // len(known)
    between = sum(
        float((known == value).sum()) * float(values[known == value].mean() - values.mean()) ** 2
        for value in np.unique(known)
    )
    return min(1.0, between / total)


def _correlation(places: Any, texts: list[str] | None, values: Any) -> float:
    keep = np.isfinite(places)
    if texts is not None or len(np.unique(places[keep])) < 2 or len(np.unique(values[keep])) < 2:
        return float("nan")
    return float(pd.Series(places[keep]).rank().corr(pd.Series(values[keep]).rank(), method="pearson"))
