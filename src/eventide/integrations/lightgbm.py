"""Log the training of LightGBM: `lightgbm.train(..., callbacks=[LightGBMCallback()])`, also `lightgbm.cv` and `LGBMClassifier.fit`.

LightGBM tells its callbacks of rounds, not of the end. A run that is begun here ends after the last round; where training may stop early,
use the callback in a `with` block, or call `finish`:

    with LightGBMCallback() as callback:
        booster = lightgbm.train(..., callbacks=[callback, lightgbm.early_stopping(10)])
        callback.sum_up(booster)

Invariant: the callback looks on; it never stops training.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Self

from eventide.integrations.target import Target
from eventide.sdk.media.kinds import Table


class LightGBMCallback:
    """Logs every round's metrics, with the round as the step, and the parameters."""

    order = 25
    """After what records evaluations, before what stops early by raising."""
    before_iteration = False

    def __init__(self, to: Any = None, *, project: str | None = None, model: bool = False) -> None:
        """Log to a run, a logger, or by default the current run.

        Args:
            to: a run or one of `eventide.loggers`.
            project: of the run that is begun when there is none.
            model: whether `sum_up` keeps the model, as the artifact `model`.

        Raises:
            InvalidSetting: `to` is neither run nor logger.
        """
        self._target = Target(to, "lightgbm", project)
        self._model = model
        self._within = False

    def __call__(self, env: Any) -> None:
        """Log the metrics of a round."""
        self._target.attempt("logging", lambda: self._round(env))

    def _round(self, env: Any) -> None:
        if env.iteration == env.begin_iteration:
            if not self._within:
                self._target.end()  # of a training before that stopped early
                self._target.begin()
            self._target.parameters({"lightgbm": env.params or {}, "rounds": env.end_iteration - env.begin_iteration})
        row: dict[str, Any] = {}
        for result in env.evaluation_result_list or ():
            data, metric, value, *more = result
            key = metric if " " in metric else f"{data}/{metric}"  # older versions name folds within the metric
            row[key.replace(" ", "/")] = float(value)
            if len(more) > 1 and more[1] is not None:
                row[f"{key.replace(' ', '/')}-std"] = float(more[1])
        self._target.log(row, env.iteration)
        if env.iteration == env.end_iteration - 1 and not self._within:
            self._target.end()

    def sum_up(self, booster: Any) -> None:
        """Record the best round, what the features matter, and keep the model if wanted.

        Args:
            booster: what `lightgbm.train` returned, or a fitted estimator.
        """
        self._target.attempt("summing up", lambda: self._sum_up(getattr(booster, "booster_", booster)))

    def _sum_up(self, booster: Any) -> None:
        if booster.best_iteration > 0:
            self._target.summary({"best_iteration": booster.best_iteration - 1})
        self._target.summary(
            {
                f"best/{data}/{name}": float(v)
                for data, scores in booster.best_score.items()
                for name, v in scores.items()
            }
        )
        gain, split = booster.feature_importance("gain"), booster.feature_importance("split")
        rows = [[name, float(gain[place]), int(split[place])] for place, name in enumerate(booster.feature_name())]
        rows.sort(key=lambda row: -row[1])
        self._target.log(
            {"importance": Table(rows, ["feature", "gain", "split"])}, max(booster.current_iteration() - 1, 0)
        )
        if self._model:
            with tempfile.TemporaryDirectory(prefix="eventide-lightgbm-") as folder:
                path = Path(folder) / "model.txt"
                booster.save_model(str(path))
                self._target.artifact(path, "model")

    def finish(self) -> None:
        """End the run, when it was begun here."""
        self._target.end()

    def __enter__(self) -> Self:
        self._within = True
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        self._within = False
        if error is None:
            self._target.end()
            return
        from eventide.sdk.run import ending_of  # noqa: PLC0415 - only when something failed

        self._target.end(*ending_of(error))
