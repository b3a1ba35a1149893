"""A confusion matrix to look into: counts and shares, with the class names at hand.

Invariant: rows are true classes and columns predicted ones; the hover text always says the count, whatever is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from eventide.errors import InvalidSetting
from eventide.plots.data import graph_objects, laid_out, plain

_ANNOTATED = 20


def confusion_matrix(
    matrix: Any, classes: Sequence[str] | None = None, *, normalize: Literal["recall", "precision", "all"] | None = None
) -> Any:
    """Return a figure of a confusion matrix with buttons for counts, recall and precision.

    Args:
        matrix: a square array of counts, rows true, columns predicted.
        classes: a name per class; None numbers them.
        normalize: what is shown first; None for counts.

    Raises:
        InvalidSetting: the matrix is not square, or there is not one name per class.
    """
    go = graph_objects()
    counts = np.asarray(matrix, dtype=np.float64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not counts.size:
        raise InvalidSetting(f"a confusion matrix is square; this has the shape {counts.shape}")
    names = [plain(name) for name in (classes if classes is not None else range(len(counts)))]
    if len(names) != len(counts):
        raise InvalidSetting(f"{len(names)} names for {len(counts)} classes")
    views = {
        "counts": counts,
        "recall": _shares(counts, 1),
        "precision": _shares(counts, 0),
        "all": _shares(counts, None),
    }
    if normalize is not None and normalize not in views:
        raise InvalidSetting(f"`normalize={normalize!r:.60}` is none of recall, precision, all")
    first = normalize or "counts"
    trace = go.Heatmap(
        z=views[first],
        x=names,
        y=names,
        text=_texts(views[first], first),
        texttemplate="%{text}" if len(names) <= _ANNOTATED else None,
        customdata=counts,
        hovertemplate="true: %{y}<br>predicted: %{x}<br>%{customdata:.0f} of them<br>%{z:.4g}<extra></extra>",
        colorscale="Blues",
    )
    figure = laid_out(go.Figure(trace), "", "predicted", "true")
    figure.update_yaxes(autorange="reversed", type="category").update_xaxes(type="category")
    order = [first, *(view for view in views if view != first)]
    buttons = [
        {
            "label": view,
            "method": "restyle",
            "args": [{"z": [views[view].tolist()], "text": [_texts(views[view], view)]}],
        }
        for view in order
    ]
    menu = {"type": "buttons", "direction": "right", "x": 0, "y": 1.12, "buttons": buttons}
    return figure.update_layout(updatemenus=[menu], margin={"t": 70})


def _shares(counts: Any, axis: int | None) -> Any:
    totals = counts.sum(axis=axis, keepdims=True)
    return np.divide(counts, totals, out=np.zeros_like(counts), where=totals != 0)


def _texts(values: Any, view: str) -> list[list[str]]:
    return [[f"{value:g}" if view == "counts" else f"{value:.0%}" for value in row] for row in values]
