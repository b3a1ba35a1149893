"""What the dashboard shows: a sidebar to choose runs with, their table, and figures of them, all to be exported.

Invariant: reads only; whatever was logged is shown as text, never as HTML; a figure that cannot be drawn says why and leaves the rest
alone.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from eventide import plots
from eventide.dashboard.choice import Choice, apply, options, tags_of
from eventide.dashboard.serve import store_of
from eventide.errors import EventideError
from eventide.model import RunQuery
from eventide.plots.data import label
from eventide.plots.export import rendered
from eventide.table.choose import goal_metric
from eventide.table.compare import differing, params, seeds
from eventide.table.store import Store, open  # noqa: A004 - the store's

if TYPE_CHECKING:
    from eventide.model import RunInfo

FIGURES = (
    "Learning curves",
    "Parallel coordinates",
    "Scatter matrix",
    "Importance",
    "Contour",
    "Boxes",
    "Confusion matrix",
)
_FIRST = ("name", "status", "started", "group", "tags")
_MAX_FILTERS = 6


def draw(folder: Path) -> None:
    """Draw the whole page for a store, or for a folder with Hydra runs."""
    st.set_page_config(page_title="Eventide", layout="wide")
    st.title(f"Runs in {folder.name or folder}")
    try:
        root = store_of(folder)
        store = open(root)
    except EventideError as error:
        st.error(str(error))
        return
    with store:
        _body(store)


def _body(store: Store) -> None:
    st.sidebar.button("Look again", help="Take in what is new")
    where = st.sidebar.text_input(
        "Filter", help="Such as lr<1e-3 and tag:paper; see the reference of filters", key="where"
    )
    try:
        frame = pd.DataFrame(store.runs(where))
    except EventideError as error:
        st.sidebar.error(str(error))
        return
    if frame.empty:
        st.info("No runs.")
        return
    chosen = apply(frame, _choice(frame))
    st.caption(f"{len(chosen)} of {len(frame)} runs")
    if chosen.empty:
        st.info("No run fits this choice.")
        return
    _table(chosen)
    _figures(store, chosen, store.source.runs(RunQuery(filter=where, limit=50, details=False)).runs)


# ── choosing ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _choice(frame: pd.DataFrame) -> Choice:
    side = st.sidebar
    tags = side.multiselect("Tags", tags_of(frame), key="tags")
    groups = side.multiselect("Group", options(frame, "group"), key="groups")
    first, last = frame["started"].min().date(), frame["started"].max().date()
    days = side.date_input("Started", (first, last), min_value=first, max_value=last, key="days")
    offered = [name for name in differing(frame) if options(frame, name)]
    filtered = side.multiselect(
        "Hyperparameters", offered, format_func=label, max_selections=_MAX_FILTERS, key="params"
    )
    values = {name: side.multiselect(label(name), options(frame, name), key=f"values:{name}") for name in filtered}
    columns = [str(name) for name in frame.columns]
    sort = side.selectbox("Sort by", columns, index=columns.index("started"), format_func=label, key="sort")
    descending = side.checkbox("Descending", value=True, key="descending")
    picked: Any = days
    whole = tuple(picked) if isinstance(picked, tuple) and len(picked) == 2 else (first, last)  # one end may be missing
    return Choice(tags, groups, (whole[0], whole[1]), values, sort or "started", descending)


def _table(frame: pd.DataFrame) -> None:
    constant = set(params(frame)) - set(differing(frame)) if len(frame) > 1 else set()
    rest = [
        name for name in frame.columns if name not in _FIRST and name not in constant and not _is_empty(frame[name])
    ]
    columns = [*_FIRST, *(name for name in rest if str(name).startswith(("config.", "metric.", "summary.")))]
    shown = frame[columns].map(lambda value: str(value) if isinstance(value, dict) else value)
    st.dataframe(shown.rename(columns=label), width="stretch", key="table")
    st.download_button("Table as CSV", frame.to_csv().encode(), "runs.csv", "text/csv", key="csv")


def _is_empty(series: pd.Series[Any]) -> bool:
    return bool(series.isna().all())


# ── figures ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _figures(store: Store, frame: pd.DataFrame, infos: Sequence[RunInfo]) -> None:
    metrics = [label(str(name)) for name in frame.columns if str(name).startswith(("metric.", "summary."))]
    metrics = [name for name in dict.fromkeys(metrics) if _is_numeric(frame, name)]
    kinds = st.multiselect("Figures", FIGURES, default=["Learning curves"] if metrics else [], key="figures")
    if not metrics:
        st.info("No numbers have been logged.")
        return
    best = goal_metric(infos)
    metric = st.selectbox("Metric", metrics, index=metrics.index(best) if best in metrics else 0, key="metric")
    for kind in kinds:
        st.subheader(kind)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of Plotly and numpy, about figures with little in them
                figure = _DRAWN[kind](store, frame, metric)
        except EventideError as error:
            st.info(error.message)
            continue
        if figure is not None:
            st.plotly_chart(figure, width="stretch", key=f"figure:{kind}")
            _exports(figure, kind)


def _is_numeric(frame: pd.DataFrame, name: str) -> bool:
    column = next(frame[full] for full in (f"metric.{name}", f"summary.{name}") if full in frame.columns)
    return bool(pd.api.types.is_numeric_dtype(column))


def _exports(figure: Any, kind: str) -> None:
    """Offer the figure as a page of its own, and as pictures, which take a second and are made when asked for."""
    name = kind.lower().replace(" ", "-")
    left, middle, right = st.columns(3)
    left.download_button("HTML", lambda: rendered(figure, "html"), f"{name}.html", "text/html", key=f"html:{kind}")
    for place, form, mime in ((middle, "svg", "image/svg+xml"), (right, "png", "image/png")):
        if place.button(f"Make {form.upper()}", key=f"make-{form}:{kind}"):
            try:
                place.download_button(
                    form.upper(), rendered(figure, form), f"{name}.{form}", mime, key=f"{form}:{kind}"
                )
            except EventideError as error:
                place.info(str(error))


def _curves(store: Store, frame: pd.DataFrame, metric: str) -> Any:
    left, middle, right = st.columns(3)
    by = left.multiselect("One line for each", differing(frame), default=_by(frame), format_func=label, key="by")
    band: Any = middle.selectbox("Band", ["std", "ci", "range", "none"], key="band")
    x = right.selectbox("Along", ["step", "time"], key="x")
    points = store.series(list(map(str, frame.index)), metric, x=x)
    if points.empty:
        st.info(f"{metric} has one value a run and no curve.")
        return None
    points["run_id"] = points["run_id"].astype(str)
    points = points.drop(columns=[x], errors="ignore").rename(columns={"x": x})
    rows = frame[by].loc[points["run_id"]].reset_index(drop=True)
    joined = pd.concat([points.reset_index(drop=True), rows], axis=1)
    if not by:
        joined["run"] = [
            f"{name} ({run_id[-8:]})"
            for name, run_id in zip(frame["name"].loc[points["run_id"]], points["run_id"], strict=True)
        ]
    return plots.learning_curves(joined, metric, by=by or ["run"], band=band, x=x)


def _by(frame: pd.DataFrame) -> list[str]:
    """Return what differs beside seeds, if pooling over seeds leaves less than a dozen lines."""
    pooled = seeds(frame)
    names = [name for name in differing(frame) if name not in pooled]
    return names if pooled and 0 < len(names) <= 3 else []


def _contour(_store: Store, frame: pd.DataFrame, metric: str) -> Any:
    numeric = [name for name in differing(frame) if pd.api.types.is_numeric_dtype(frame[name])]
    if len(numeric) < 2:
        st.info("A contour needs two numeric hyperparameters that differ.")
        return None
    left, middle, right = st.columns(3)
    first = left.selectbox("Across", numeric, format_func=label, key="first")
    second = middle.selectbox("Up", [name for name in numeric if name != first], format_func=label, key="second")
    return plots.contour(frame, metric, first, second, log=right.checkbox("Logarithmic", key="log"))


def _boxes(_store: Store, frame: pd.DataFrame, metric: str) -> Any:
    offered = [*differing(frame), "group", "status"]
    return plots.box(frame, metric, st.selectbox("A box for each", offered, format_func=label, key="box"))


def _confusion(_store: Store, frame: pd.DataFrame, _metric: str) -> Any:
    """Draw two columns of labels against each other: how often they agree."""
    texts = [
        name for name in frame.columns if str(name).startswith(("summary.", "metric.")) and frame[name].dtype == object
    ]
    found = [
        (name, value)
        for name in texts
        for value in frame[name].head(50)
        if isinstance(value, list) and value and isinstance(value[0], list)
    ]
    if not found:
        st.info("No run has a square list of lists in its summary: run.summary['confusion'] = matrix.tolist()")
        return None
    names = list(dict.fromkeys(name for name, _ in found))
    chosen = st.selectbox("Matrix", names, format_func=label, key="matrix")
    return plots.confusion_matrix(next(value for name, value in found if name == chosen))


_DRAWN: dict[str, Callable[[Store, pd.DataFrame, str], Any]] = {
    "Learning curves": _curves,
    "Parallel coordinates": lambda _store, frame, metric: plots.parallel_coordinates(frame, metric),
    "Scatter matrix": lambda _store, frame, metric: plots.scatter_matrix(frame, metric),
    "Importance": lambda _store, frame, metric: plots.importance(frame, metric),
    "Contour": _contour,
    "Boxes": _boxes,
    "Confusion matrix": _confusion,
}
