"""Log the training of XGBoost: `xgboost.train(..., callbacks=[XGBoostCallback()])`, also `xgboost.cv` and `XGBClassifier(callbacks=...)`.

A row per round, with the round as its step: `train/logloss`, and `train/logloss-std` in a cross-validation.
Invariant: the callback looks on; it never stops training and returns every model as it got it.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eventide.integrations.target import Target, library
from eventide.sdk.media.kinds import Table

_xgboost: Any = library("xgboost", "xgboost")
_IMPORTANCES = ("gain", "weight", "cover")


class XGBoostCallback(_xgboost.callback.TrainingCallback):  # type: ignore[misc] # XGBoost may not be there to be looked at
    """Logs every round's metrics, the parameters, the best round, what the features matter, and the model if wanted."""

    def __init__(self, to: Any = None, *, project: str | None = None, model: bool = False) -> None:
        """Log to a run, a logger, or by default the current run.

        Args:
            to: a run or one of `eventide.loggers`.
            project: of the run that is begun when there is none.
            model: whether the trained model is kept, as the artifact `model`.

        Raises:
            InvalidSetting: `to` is neither run nor logger.
        """
        super().__init__()
        self._target = Target(to, "xgboost", project)
        self._model = model

    def before_training(self, model: Any) -> Any:
        """Record the parameters."""
        self._target.begin()
        self._target.attempt("recording parameters", lambda: self._target.parameters(_settings(model)))
        return model

    def after_iteration(self, model: Any, epoch: int, evals_log: Mapping[str, Mapping[str, Any]]) -> bool:
        """Log the metrics of a round."""
        del model
        row: dict[str, Any] = {}
        for data, metrics in evals_log.items():
            for metric, history in metrics.items():
                last = history[-1]
                if isinstance(last, tuple):
                    row[f"{data}/{metric}"], row[f"{data}/{metric}-std"] = map(float, last)
                else:
                    row[f"{data}/{metric}"] = float(last)
        self._target.log(row, epoch)
        return False

    def after_training(self, model: Any) -> Any:
        """Sum up, keep the model if wanted, and end the run if it was begun here."""
        if hasattr(model, "get_score"):
            self._target.attempt("summing up", lambda: self._sum_up(model))
        self._target.end()
        return model

    def _sum_up(self, booster: Any) -> None:
        attributes = booster.attributes()
        self._target.summary(
            {name: json.loads(attributes[name]) for name in ("best_iteration", "best_score") if name in attributes}
        )
        scores = {kind: booster.get_score(importance_type=kind) for kind in _IMPORTANCES}
        rows = [[name, *(scores[kind].get(name, 0.0) for kind in _IMPORTANCES)] for name in scores["gain"]]
        rows.sort(key=lambda row: -float(row[1]))
        if rows:
            self._target.log({"importance": Table(rows, ["feature", *_IMPORTANCES])}, booster.num_boosted_rounds() - 1)
        if self._model:
            with tempfile.TemporaryDirectory(prefix="eventide-xgboost-") as folder:
                path = Path(folder) / "model.ubj"
                booster.save_model(path)
                self._target.artifact(path, "model", metadata=dict(attributes))


def _settings(model: Any) -> dict[str, Any]:
    """Return the parameters of a booster, or of the first fold of a cross-validation, numbers as numbers."""
    folds = getattr(model, "cvfolds", None)
    booster = folds[0].bst if folds else model
    found: dict[str, Any] = {}
    _collect(json.loads(booster.save_config())["learner"], found)
    return {"xgboost": found, **({"folds": len(folds)} if folds else {})}


def _collect(tree: Any, found: dict[str, Any]) -> None:
    if isinstance(tree, list):
        for each in tree:
            _collect(each, found)
        return
    for key, value in tree.items():
        if isinstance(value, (dict, list)):
            _collect(value, found)
        else:
            found.setdefault(key, _typed(value))


def _typed(text: Any) -> Any:
    try:
        return json.loads(text)
    except (ValueError, TypeError):
        return text
