"""Figures of runs, made with Plotly: curves, parallel coordinates, scatter matrix, importance, contour, boxes, confusion matrix.

    from eventide import plots
    plots.learning_curves(eventide.open(), "val/acc", by="lr").show()

Every function takes a frame of runs, or runs themselves (a Store, views or infos), and returns a `plotly.graph_objects.Figure`. Needs the
extra `plots`. Invariant: importing this package loads neither Plotly nor pandas; a figure holds its data and asks no other host for
anything.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eventide.plots.confusion import confusion_matrix
    from eventide.plots.curves import learning_curves
    from eventide.plots.export import save
    from eventide.plots.forest import importance, parameter_importance
    from eventide.plots.parameters import box, contour, parallel_coordinates, scatter_matrix

__all__ = [
    "box",
    "confusion_matrix",
    "contour",
    "importance",
    "learning_curves",
    "parallel_coordinates",
    "parameter_importance",
    "save",
    "scatter_matrix",
]

_HOMES = {
    "box": "parameters",
    "confusion_matrix": "confusion",
    "contour": "parameters",
    "importance": "forest",
    "learning_curves": "curves",
    "parallel_coordinates": "parameters",
    "parameter_importance": "forest",
    "save": "export",
    "scatter_matrix": "parameters",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module `eventide.plots` has no `{name}`")
    return getattr(import_module(f"eventide.plots.{home}"), name)


def __dir__() -> list[str]:
    return __all__
