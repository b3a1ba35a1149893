"""Log what scikit-learn fits: `GridSearchCV(...).set_callbacks(SklearnCallback())`, and `log_estimator` for any estimator.

From scikit-learn 1.9 on, pipelines, searches and some estimators tell callbacks of their tasks; for all others, and for older versions,
`log_estimator(fitted, X, y)` records the same things afterwards.
Invariant: the callback looks on; it never stops fitting. Fits in other processes (`n_jobs`) are not logged from there: what a search
found is logged at its end, from here.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any, Self

from eventide.integrations.target import Target, library
from eventide.sdk.media.kinds import Table

_sklearn: Any = library("sklearn", "scikit-learn")
_MAX_CELLS = 2_000
"""Features of importances and classes of a confusion matrix at most; more tell nobody anything."""


class SklearnCallback:
    """Logs a row per finished task: its kind, its seconds and, if wanted, scores; and at the end what the whole fit found."""

    max_propagation_depth = None
    """Estimators within estimators tell of their tasks too."""

    def __init__(self, to: Any = None, *, project: str | None = None, scoring: Any = None, model: bool = False) -> None:
        """Log to a run, a logger, or by default the current run.

        Args:
            to: a run or one of `eventide.loggers`.
            project: of the run that is begun when there is none.
            scoring: name of a score, or a scorer, of every task whose state can be scored, on its training data; default none.
            model: whether the fitted estimator is kept, as the artifact `model` (`model.joblib`).

        Raises:
            InvalidSetting: `to` is neither run nor logger.
        """
        self._target: Target | None = Target(to, "sklearn", project)
        """None in the copies that worker processes get."""
        self._scoring = scoring
        self._model = model
        self._begun: dict[tuple[Any, ...], float] = {}
        self._steps = 0

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_target": None, "_begun": {}}

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def setup(self, estimator: Any, context: Any) -> None:
        """Record the parameters of the outermost estimator."""
        del context
        if self._target is None:
            return
        self._steps = 0
        self._begun.clear()
        self._target.begin()
        self._target.parameters({type(estimator).__name__: estimator.get_params()})

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Note the time."""
        del estimator
        if self._target is not None:
            self._begun[_path(context)] = time.perf_counter()

    def on_fit_task_end(
        self,
        estimator: Any,
        context: Any,
        *,
        X: Any = None,  # noqa: N803 - the name scikit-learn looks for
        y: Any = None,
        fitted_estimator: Any = None,
    ) -> None:
        """Log that a task is finished."""
        target = self._target
        if target is not None:
            target.attempt(
                "logging", lambda: target.log(self._row(estimator, context, fitted_estimator, (X, y)), self._count())
            )

    def _row(self, estimator: Any, context: Any, fitted: Any, data: tuple[Any, Any]) -> dict[str, Any]:
        began_s = self._begun.pop(_path(context), None)
        row: dict[str, Any] = {"task": f"{context.estimator_name}/{context.task_name}"}
        if began_s is not None:
            row["seconds"] = time.perf_counter() - began_s
        if self._scoring is not None and fitted is not None and data[0] is not None:
            from sklearn.metrics import check_scoring  # noqa: PLC0415 - only where scores are wanted

            score = check_scoring(fitted, self._scoring)(fitted, *data)
            scores = score if isinstance(score, dict) else {"score": score}
            row.update({f"{type(estimator).__name__}/{name}": float(value) for name, value in scores.items()})
        return row

    def _count(self) -> int:
        self._steps += 1
        return self._steps - 1

    def teardown(self, estimator: Any, context: Any) -> None:
        """Log what the whole fit found, and end the run if it was begun here."""
        del context
        target = self._target
        if target is not None:
            target.attempt("summing up", lambda: _record(target, estimator, model=self._model))
            target.end()


def log_estimator(
    estimator: Any,
    X: Any = None,  # noqa: N803 - the name users know
    y: Any = None,
    *,
    to: Any = None,
    project: str | None = None,
    prefix: str = "test",
    model: bool = False,
) -> None:
    """Log a fitted estimator: parameters, importances or coefficients, results of a search, and how well it does on data.

    Args:
        estimator: fitted.
        X: data to score it on; None for none.
        y: the truth; a classifier gets accuracy, balanced accuracy, F1 and a confusion matrix, a regressor R2 and mean errors.
        to: a run or one of `eventide.loggers`; default the current run, or one that is begun and ended here.
        project: of the run that is begun when there is none.
        prefix: of the scores' names.
        model: whether the estimator is kept, as the artifact `model` (`model.joblib`).

    Raises:
        InvalidSetting: `to` is neither run nor logger.
    """
    target = Target(to, "sklearn", project)
    target.parameters({type(estimator).__name__: estimator.get_params()})
    target.attempt("recording the estimator", lambda: _record(target, estimator, model=model))
    if X is not None:
        target.attempt("scoring", lambda: _score(target, estimator, X, y, prefix))
    target.end()


def _record(target: Target, estimator: Any, *, model: bool) -> None:
    if hasattr(estimator, "cv_results_"):
        _record_search(target, estimator)
    last = getattr(estimator, "best_estimator_", estimator)
    last = last[-1] if hasattr(last, "named_steps") else last
    _record_features(target, last)
    for name in ("n_iter_", "loss_", "best_loss_", "inertia_", "oob_score_"):
        value = getattr(last, name, None)
        if value is not None and getattr(value, "size", 1) == 1:
            target.summary({name.strip("_"): float(value.item() if hasattr(value, "item") else value)})
    for step, loss in enumerate(getattr(last, "loss_curve_", None) or ()):
        target.log({"loss": float(loss)}, step)
    if model:
        with tempfile.TemporaryDirectory(prefix="eventide-sklearn-") as folder:
            path = Path(folder) / "model.joblib"
            library("joblib", "joblib").dump(estimator, path)
            target.artifact(
                path, "model", metadata={"class": type(estimator).__name__, "sklearn": _sklearn.__version__}
            )


def _record_search(target: Target, search: Any) -> None:
    """Log a search: one row per candidate, the whole table, and the best."""
    results = search.cv_results_
    names = [name for name in results if name.startswith(("mean_", "std_", "rank_"))]
    parameters = sorted({name for candidate in results["params"] for name in candidate})
    rows = []
    for place, candidate in enumerate(results["params"]):
        numbers = {name: float(results[name][place]) for name in names}
        target.log({f"search/{name}": value for name, value in numbers.items()}, place)
        rows.append([*(_cell(candidate.get(name)) for name in parameters), *numbers.values()])
    target.log({"search": Table(rows, [*parameters, *names])}, len(rows) - 1)
    best = {f"best/{name}": _cell(value) for name, value in getattr(search, "best_params_", {}).items()}
    if hasattr(search, "best_score_"):
        best["best_score"] = float(search.best_score_)
    target.summary(best)


def _record_features(target: Target, estimator: Any) -> None:
    import numpy as np  # noqa: PLC0415 - scikit-learn has loaded it

    values = getattr(estimator, "feature_importances_", None)
    title = "importance"
    if values is None:
        values, title = getattr(estimator, "coef_", None), "coefficient"
    if values is None or hasattr(values, "todense"):
        return
    table = np.atleast_2d(np.asarray(values, dtype="f8"))
    if table.size > _MAX_CELLS * 10 or table.ndim != 2:
        return
    given = getattr(estimator, "feature_names_in_", None)
    names = list(given) if given is not None else [f"x{place}" for place in range(table.shape[1])]
    columns = [title] if len(table) == 1 else [f"{title} {place}" for place in range(len(table))]
    rows: list[list[Any]] = [[str(name), *map(float, table[:, place])] for place, name in enumerate(names)][:_MAX_CELLS]
    rows.sort(key=lambda row: -abs(row[1]))
    target.log({"features": Table(rows, ["feature", *columns])})


def _score(target: Target, estimator: Any, data: Any, truth: Any, prefix: str) -> None:
    from sklearn import base, metrics  # noqa: PLC0415 - only where there is something to score

    if truth is None:
        target.summary({f"{prefix}/score": float(estimator.score(data))})
        return
    found = estimator.predict(data)
    if base.is_classifier(estimator):
        target.summary(
            {
                f"{prefix}/accuracy": float(metrics.accuracy_score(truth, found)),
                f"{prefix}/balanced_accuracy": float(metrics.balanced_accuracy_score(truth, found)),
                f"{prefix}/f1_macro": float(metrics.f1_score(truth, found, average="macro", zero_division=0)),
            }
        )
        labels = metrics.unique_labels(truth, found) if hasattr(metrics, "unique_labels") else sorted({*truth, *found})
        if len(labels) ** 2 <= _MAX_CELLS:
            counts = metrics.confusion_matrix(truth, found, labels=labels)
            rows = [[str(label), *map(int, counts[place])] for place, label in enumerate(labels)]
            target.log({f"{prefix}/confusion": Table(rows, ["truth", *(f"found {label}" for label in labels)])})
    elif base.is_regressor(estimator):
        target.summary(
            {
                f"{prefix}/r2": float(metrics.r2_score(truth, found)),
                f"{prefix}/mean_absolute_error": float(metrics.mean_absolute_error(truth, found)),
                f"{prefix}/root_mean_squared_error": float(metrics.mean_squared_error(truth, found)) ** 0.5,
            }
        )
    else:
        target.summary({f"{prefix}/score": float(estimator.score(data, truth))})


def _cell(value: Any) -> Any:
    item = value.item() if getattr(value, "shape", None) == () else value
    return item if item is None or isinstance(item, (bool, int, float, str)) else str(item)


def _path(context: Any) -> tuple[Any, ...]:
    """Return what tells a task from all others of its fit."""
    path: list[Any] = []
    while context is not None:
        path.append((context.estimator_name, context.task_name, context.task_id))
        context = context.parent
    return (*path,)
