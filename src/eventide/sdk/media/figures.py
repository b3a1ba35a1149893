"""Figures: Matplotlib's are drawn when they are logged, Plotly's kept as data.

Invariant: a figure is only touched in the thread that logs it; nothing here shows, closes or changes one.
"""

from __future__ import annotations

import io
import sys
from typing import Any

from eventide.errors import InvalidValue
from eventide.sdk.values import type_name

PLOTLY = "plotly.json"
_MIMES = {"png": "image/png", "svg": "image/svg+xml"}


def is_matplotlib(value: Any) -> bool:
    """Tell whether a value is a figure of Matplotlib, without loading Matplotlib."""
    module = sys.modules.get("matplotlib.figure")
    return module is not None and isinstance(value, module.FigureBase)


def is_plotly(value: Any) -> bool:
    """Tell whether a value is a figure of Plotly, without loading Plotly."""
    module = sys.modules.get("plotly.basedatatypes")
    return module is not None and isinstance(value, module.BaseFigure)


def checked(figure: Any, form: str) -> Any:
    """Return the figure that is meant; raises InvalidValue."""
    if form not in _MIMES:
        raise InvalidValue(f"figures are not drawn as `{form!r:.20}`", hint=f"format= one of {', '.join(_MIMES)}")
    if getattr(figure, "__name__", "") == "matplotlib.pyplot":
        figure = figure.gcf()
    if not is_matplotlib(figure) and hasattr(figure, "get_figure"):
        figure = figure.get_figure()
    if is_matplotlib(figure) or is_plotly(figure):
        return figure
    raise InvalidValue(f"a {type_name(figure)} is no figure of Matplotlib or Plotly", hint="eventide.Figure(plt.gcf())")


def drawn(figure: Any, form: str) -> tuple[bytes, str, str, dict[str, Any]]:
    """Return bytes, format, media type and facts of a figure; raises what drawing it raises."""
    if is_plotly(figure):
        return figure.to_json().encode(), PLOTLY, "application/vnd.plotly.v1+json", {}
    file = io.BytesIO()
    whole = figure.get_figure() if not hasattr(figure, "savefig") else figure
    whole.savefig(file, format=form)
    width, height = (round(float(side) * whole.dpi) for side in whole.get_size_inches())
    return file.getvalue(), form, _MIMES[form], {"width": width, "height": height}
