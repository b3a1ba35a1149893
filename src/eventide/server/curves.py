"""The answer to a question for curves: bins on a shared grid, single points where there are few, bands for groups.

Invariant: no spike is hidden (every bin has its extremes, and the farthest points are named), all curves of an answer share one grid,
and smoothing happens over all points, before anything is binned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from eventide.errors import InvalidSetting
from eventide.model import Buckets, RunQuery, Series, SeriesQuery, Smoothing
from eventide.server.columnar import Blocks
from eventide.server.plain import plain
from eventide.table import outliers
from eventide.table.annotations import annotations_of
from eventide.table.bands import band
from eventide.table.groups import Group, group_runs
from eventide.table.selection import all_runs, infos

if TYPE_CHECKING:
    from eventide.model import Floats, RunInfo
    from eventide.server.schema import SeriesRequest
    from eventide.source import Source
    from eventide.table.derived_curves import DerivedCurves

POINTS_PER_PIXEL = 2
USUAL_RUNS = 50
MOST_POINTS = 20_000_000
"""Points of single curves in one answer; what is beyond comes in bins whatever was asked for."""
_BARE = np.empty(0)


def chosen_runs(source: Source, asked: SeriesRequest, keys: tuple[str, ...]) -> list[RunInfo]:
    """Return the runs a question is about, with the statistics of some metrics; those named and not there are left out.

    Raises:
        InvalidSetting: neither runs nor a filter or project are named.
        InvalidFilter: the filter or sort does not parse.
    """
    if asked.run_ids is not None:
        return infos(source, asked.run_ids, keys=keys, details=asked.group is not None)
    if asked.q is None and asked.project is None:
        raise InvalidSetting("name the runs: run_ids, or q and project")
    query = RunQuery(
        asked.q or "",
        asked.project,
        asked.sort or "-started",
        keys=keys,
        archived=asked.archived,
        details=asked.group is not None,
    )
    if asked.group is not None and asked.limit is None:
        return list(all_runs(source, query))
    return list(source.runs(replace(query, limit=asked.limit or USUAL_RUNS)).runs)


class Answering:
    """One question on its way to its answer."""

    def __init__(
        self, source: Source, derived: DerivedCurves, asked: SeriesRequest, runs: Sequence[RunInfo], cursor: str
    ) -> None:
        self.source = source
        self.derived = derived
        self.asked = asked
        self.runs = runs
        self.cursor = cursor
        self.blocks = Blocks()
        smooth = asked.smooth
        self.query = SeriesQuery(
            tuple(run.id for run in runs),
            tuple(dict.fromkeys(asked.keys)),
            x=asked.x,
            start=asked.start,
            stop=asked.stop,
            table=asked.table,
            smooth=None if smooth is None or not smooth.amount else Smoothing(smooth.kind, smooth.amount),
        )

    def answer(self) -> bytes:
        """Return the bytes."""
        if not self.runs:
            return self._written([], [], {})
        if self.asked.group is not None:
            return self._bands()
        few = self._few_known()
        if few is not None and len(few) == len(self.runs):
            return self._all_exactly(tuple(few))
        binned = self._binned(self.query, self.asked.width)
        exact = self._wanted_exactly(binned)
        points = (
            {(curve.run_id, curve.key): curve for curve in self._points(tuple({run for run, _ in exact}))}
            if exact
            else {}
        )
        raw = self._raw(binned)
        bulks = self._bulks(raw or binned)
        outlying, counts = self._outlying(binned, bulks)
        curves = []
        for place, curve in enumerate(binned):
            name = (curve.run_id, curve.key)
            about = (
                self._exact(points[name])
                if name in exact and name in points
                else self._bins(curve, raw[place].mean if raw else None)
            )
            about["extremes"] = outlying.get(name, [])
            curves.append(about)
        return self._written(binned, curves, _robust(bulks, counts))

    def _all_exactly(self, run_ids: tuple[str, ...]) -> bytes:
        points = [curve for curve in self._points(run_ids) if len(curve)]
        bulks: dict[str, outliers.Range] = {}
        counts: dict[str, list[int]] = {}
        for key in self.query.keys if self.asked.robust else ():
            bulk = outliers.robust_range_of_points([curve for curve in points if curve.key == key])
            if bulk is not None:
                bulks[key], counts[key] = bulk, [0, 0]
        curves = []
        for curve in points:
            about = self._exact(curve)
            if curve.key in bulks:
                above, below = outliers.outside(curve.y, bulks[curve.key])
                counts[curve.key][0] += above
                counts[curve.key][1] += below
                about["extremes"] = [point._asdict() for point in outliers.extremes(curve, bulks[curve.key])]
            curves.append(about)
        return self._written([], curves, _robust(bulks, counts))

    # ── what is read ────────────────────────────────────────────────────────────────────────────────────────────────

    def _few_known(self) -> list[str] | None:
        """Return the runs all of whose curves are known to have few points, without reading any; None where that is not known."""
        asked = self.asked
        if asked.exact is False or asked.table != "events" or asked.start is not None or asked.stop is not None:
            return None
        most = max(1, POINTS_PER_PIXEL * asked.width)
        return [run.id for run in self.runs if all(stats.count <= most for stats in run.metrics.values())]

    def _binned(self, query: SeriesQuery, bins: int) -> list[Buckets]:
        found = self.derived.series(replace(query, bins=bins))
        return [curve for curve in found if isinstance(curve, Buckets)]

    def _points(self, run_ids: tuple[str, ...]) -> list[Series]:
        found = self.derived.series(replace(self.query, run_ids=run_ids))
        return [curve for curve in found if isinstance(curve, Series)]

    def _wanted_exactly(self, binned: Sequence[Buckets]) -> set[tuple[str, str]]:
        if self.asked.exact is False:
            return set()
        counts = {(curve.run_id, curve.key): int(curve.count.sum()) for curve in binned}
        most = POINTS_PER_PIXEL * self.asked.width if self.asked.exact is None else MOST_POINTS // max(1, len(counts))
        return {name for name, count in counts.items() if count <= most}

    def _raw(self, binned: Sequence[Buckets]) -> list[Buckets]:
        """Return the same curves on the same grid without smoothing; empty where nothing is smoothed."""
        if self.query.smooth is None or not binned:
            return []
        edges = binned[0].edges
        query = replace(self.query, smooth=None, start=float(edges[0]), stop=float(edges[-1]))
        found = {(curve.run_id, curve.key): curve for curve in self._binned(query, len(edges) - 1)}
        return [found.get((curve.run_id, curve.key), curve) for curve in binned]

    # ── outliers ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _bulks(self, binned: Sequence[Buckets]) -> dict[str, outliers.Range]:
        """Return the robust range of each key that has one."""
        if not self.asked.robust:
            return {}
        found = {}
        for key in self.query.keys:
            bulk = outliers.robust_range([curve for curve in binned if curve.key == key])
            if bulk is not None:
                found[key] = bulk
        return found

    def _outlying(
        self, binned: Sequence[Buckets], bulks: dict[str, outliers.Range]
    ) -> tuple[dict[tuple[str, str], list[Any]], dict[str, list[int]]]:
        """Return the farthest points of each curve that reaches out of its range, and the points above and below by key."""
        reaching = {
            (curve.run_id, curve.key)
            for curve in binned
            if curve.key in bulks and outliers.reaches_out(curve, bulks[curve.key])
        }
        named: dict[tuple[str, str], list[Any]] = {}
        counts = {key: [0, 0] for key in bulks}
        if not reaching:
            return named, counts
        query = replace(self.query, run_ids=tuple(dict.fromkeys(run for run, _ in reaching)), smooth=None)
        for curve in self.derived.series(replace(query, keys=tuple(dict.fromkeys(key for _, key in reaching)))):
            name = (curve.run_id, curve.key)
            if name not in reaching or not isinstance(curve, Series):
                continue
            bulk = bulks[curve.key]
            above, below = outliers.outside(curve.y, bulk)
            counts[curve.key][0] += above
            counts[curve.key][1] += below
            named[name] = [point._asdict() for point in outliers.extremes(curve, bulk)]
        return named, counts

    # ── groups ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _bands(self) -> bytes:
        assert self.asked.group is not None  # noqa: S101 - the caller looked
        groups = group_runs(self.runs, self.asked.group.by)
        binned = self._binned(self.query, self.asked.width)
        most = max((int(curve.count.sum()) for curve in binned), default=0)
        if 0 < most < self.asked.width:  # bins that most runs would leave empty make no band
            binned = self._binned(self.query, most)
        by_run: dict[tuple[str, str], Buckets] = {(curve.run_id, curve.key): curve for curve in binned}
        curves = []
        for key in self.query.keys:
            for group in groups:
                members = [by_run[run.id, key] for run in group.runs if (run.id, key) in by_run]
                if members:
                    curves.append(self._band(group, key, members))
        bulks = self._bulks(self._raw(binned) or binned)
        _, counts = self._outlying(binned, bulks)
        return self._written(binned, curves, _robust(bulks, counts))

    def _band(self, group: Group, key: str, members: Sequence[Buckets]) -> dict[str, Any]:
        assert self.asked.group is not None  # noqa: S101 - the caller looked
        made = band(members, self.asked.group.stat)
        blocks = self.blocks
        return {
            "run_id": "",
            "key": key,
            "group": {"label": group.label, "key": _words(group.key), "n_runs": len(members)},
            "points": int(made.points.sum()),
            "nonfinite": int(made.nonfinite.sum()),
            "first_nonfinite_x": _first_nonfinite(members[0].edges, made.nonfinite),
            "exact": False,
            "extremes": [],
            "blocks": {
                "mean": blocks.add_values(made.middle),
                "lo": blocks.add_values(made.low),
                "hi": blocks.add_values(made.high),
                "n": blocks.add(made.n, "u4"),
                "min": blocks.add_values(made.min),
                "max": blocks.add_values(made.max),
                "count": blocks.add(made.points, "u4"),
            },
        }

    # ── what is written ─────────────────────────────────────────────────────────────────────────────────────────────

    def _bins(self, curve: Buckets, raw: Floats | None) -> dict[str, Any]:
        blocks = self.blocks
        written = {
            "mean": blocks.add_values(curve.mean),
            "min": blocks.add_values(curve.min),
            "max": blocks.add_values(curve.max),
            "count": blocks.add(curve.count, "u4"),
        }
        if raw is not None:
            written["raw"] = blocks.add_values(raw)
        return {
            "run_id": curve.run_id,
            "key": curve.key,
            "group": None,
            "points": int(curve.count.sum()),
            "nonfinite": int(curve.nonfinite.sum()),
            "first_nonfinite_x": _first_nonfinite(curve.edges, curve.nonfinite),
            "exact": False,
            "extremes": [],
            "blocks": written,
        }

    def _exact(self, curve: Series) -> dict[str, Any]:
        order = np.argsort(curve.x, kind="stable") if np.any(np.diff(curve.x) < 0) else slice(None)
        x, y, step = curve.x[order], curve.y[order], curve.step[order]
        blocks = self.blocks
        written = {"x": blocks.add(x, "f8"), "y": blocks.add_values(y, exact=True)}
        if self.asked.x != "step" or self.asked.table != "events":
            written["step"] = blocks.add(step.astype(np.float64), "f8")
        bad = np.flatnonzero(~np.isfinite(y))
        return {
            "run_id": curve.run_id,
            "key": curve.key,
            "group": None,
            "points": len(y),
            "nonfinite": len(bad),
            "first_nonfinite_x": float(x[bad[0]]) if len(bad) and np.isfinite(x[bad[0]]) else None,
            "exact": True,
            "extremes": [],
            "blocks": written,
            "span": _span(x),
        }

    def _written(
        self, binned: Sequence[Buckets], curves: list[dict[str, Any]], robust: dict[str, dict[str, float]]
    ) -> bytes:
        edges = binned[0].edges if binned else _BARE
        low, high = (float(edges[0]), float(edges[-1])) if len(edges) else _whole(curves)
        header: dict[str, Any] = {
            "cursor": self.cursor,
            "bins": max(0, len(edges) - 1),
            "range": {
                "low": self.asked.start if self.asked.start is not None else low,
                "high": self.asked.stop if self.asked.stop is not None else high,
            },
            "curves": curves,
            "robust": robust,
            "annotations": self._annotations(),
        }
        for curve in curves:
            curve.pop("span", None)
        if len(edges):
            header["x"] = self.blocks.add(edges[:-1] + np.diff(edges) / 2, "f8")
            header["edges"] = self.blocks.add(edges, "f8")
        return self.blocks.answer(header)

    def _annotations(self) -> list[dict[str, Any]]:
        """Return the annotations of the runs, at their places on x; those without a place there are left out."""
        if self.asked.group is not None or self.asked.table != "events":
            return []
        found = annotations_of(self.source, [run.id for run in self.runs])
        places: dict[str, Series] = {}
        if found and self.asked.x != "step":
            names = tuple(dict.fromkeys(one.run_id for one in found))
            query = replace(self.query, run_ids=names, start=None, stop=None, smooth=None)
            for curve in self.derived.series(query):
                if isinstance(curve, Series):
                    places.setdefault(curve.run_id, curve)
        placed = [(one, _place(one.step, places.get(one.run_id), self.asked.x)) for one in found]
        return [
            {"id": one.id, "run_id": one.run_id, "step": one.step, "text": one.text, "x": x}
            for one, x in placed
            if x is not None
        ]


def _place(step: int, curve: Series | None, axis: str) -> float | None:
    """Return where a step lies on x: between the points of a curve on a straight line."""
    if axis == "step":
        return float(step)
    if curve is None:
        return None
    usable = np.isfinite(curve.x)
    order = np.argsort(curve.step[usable], kind="stable")
    steps, xs = curve.step[usable][order], curve.x[usable][order]
    return float(np.interp(step, steps, xs)) if len(xs) and steps[0] <= step <= steps[-1] else None


def _first_nonfinite(edges: Floats, nonfinite: Any) -> float | None:
    bad = np.flatnonzero(nonfinite)
    return float((edges[bad[0]] + edges[bad[0] + 1]) / 2) if len(bad) else None


def _span(x: Floats) -> tuple[float, float] | None:
    finite = x[np.isfinite(x)]
    return (float(finite.min()), float(finite.max())) if len(finite) else None


def _whole(curves: Sequence[dict[str, Any]]) -> tuple[float, float]:
    spans = [span for curve in curves if (span := curve.get("span")) is not None]
    return (min(low for low, _ in spans), max(high for _, high in spans)) if spans else (0.0, 1.0)


def _robust(bulks: dict[str, outliers.Range], counts: dict[str, list[int]]) -> dict[str, dict[str, float]]:
    return {
        key: {"low": bulk.low, "high": bulk.high, "above": counts[key][0], "below": counts[key][1]}
        for key, bulk in bulks.items()
    }


def _words(key: dict[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in key.items()}
