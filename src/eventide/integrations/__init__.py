"""Callbacks for Lightning, Hugging Face Transformers, Keras, scikit-learn, XGBoost and LightGBM: one line in a script that trains.

    from eventide.integrations import XGBoostCallback

    xgboost.train(parameters, data, evals=[(test, "test")], callbacks=[XGBoostCallback()])

Every callback takes a run, any of `eventide.loggers`, or nothing: then it logs to the current run, or begins one and ends it with training.
Invariant: a library is imported when its callback is asked for, not before; a callback's own failures never stop training.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eventide.integrations.huggingface import HuggingFaceCallback
    from eventide.integrations.keras import KerasCallback
    from eventide.integrations.lightgbm import LightGBMCallback
    from eventide.integrations.lightning import LightningCallback, LightningLogger
    from eventide.integrations.sklearn import SklearnCallback, log_estimator
    from eventide.integrations.xgboost import XGBoostCallback

__all__ = [
    "HuggingFaceCallback",
    "KerasCallback",
    "LightGBMCallback",
    "LightningCallback",
    "LightningLogger",
    "SklearnCallback",
    "XGBoostCallback",
    "log_estimator",
]

_HOMES = {
    "HuggingFaceCallback": "huggingface",
    "KerasCallback": "keras",
    "LightGBMCallback": "lightgbm",
    "LightningCallback": "lightning",
    "LightningLogger": "lightning",
    "SklearnCallback": "sklearn",
    "XGBoostCallback": "xgboost",
    "log_estimator": "sklearn",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module `eventide.integrations` has no `{name}`")
    value = getattr(import_module(f"eventide.integrations.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__]
