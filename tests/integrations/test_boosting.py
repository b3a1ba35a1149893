"""XGBoost and LightGBM tell their callbacks of every round; the real libraries, trained on small data."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eventide
from eventide.errors import EventideWarning, InvalidSetting
from eventide.integrations import LightGBMCallback, XGBoostCallback
from eventide.loggers import EventideLogger, MultiLogger

xgboost = pytest.importorskip("xgboost")
lightgbm = pytest.importorskip("lightgbm")
pytestmark = pytest.mark.slow

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 4))
Y = (X[:, 0] + 0.1 * RNG.normal(size=200) > 0).astype(int)


def boost(rounds: int = 6, **more: Any) -> Any:
    """Train XGBoost on the first 150 rows."""
    train, test = xgboost.DMatrix(X[:150], Y[:150]), xgboost.DMatrix(X[150:], Y[150:])
    settings = {"objective": "binary:logistic", "eta": 0.3, "max_depth": 2, "nthread": 1}
    return xgboost.train(settings, train, rounds, evals=[(train, "train"), (test, "test")], verbose_eval=False, **more)


def gradient_boost(callbacks: list[Any], rounds: int = 6, **more: Any) -> Any:
    """Train LightGBM on the first 150 rows."""
    train = lightgbm.Dataset(X[:150], Y[:150])
    test = lightgbm.Dataset(X[150:], Y[150:], reference=train)
    settings = {"objective": "binary", "learning_rate": 0.3, "verbose": -1, "num_threads": 1, **more}
    return lightgbm.train(settings, train, rounds, [train, test], ["train", "test"], callbacks=callbacks)


def test_xgboost_rounds_parameters_importance_and_model(the_run: Callable[[], Any], tmp_path: Path) -> None:
    """A run is begun, holds one row per round as XGBoost itself reports it, and ends with training."""
    said: dict[str, Any] = {}
    booster = boost(callbacks=[XGBoostCallback(project="trees", model=True)], evals_result=said)
    run = the_run()
    assert (run.project, run.status, run.tags) == ("trees", "finished", ("xgboost",))
    assert run.history(["test/logloss"])["test/logloss"].dropna().tolist() == said["test"]["logloss"]
    assert run.config["xgboost"]["eta"] == pytest.approx(0.3)
    assert run.config["xgboost"]["max_depth"] == 2
    (table,) = run.media("importance")
    assert table.type == "table"
    (model,) = run.artifacts()
    again = xgboost.Booster(model_file=str(next(Path(model.download(tmp_path / "again")).rglob("*.ubj"))))
    assert np.array_equal(again.predict(xgboost.DMatrix(X)), booster.predict(xgboost.DMatrix(X)))


def test_xgboost_early_stopping_and_a_run_of_the_script(run: eventide.Run, the_run: Callable[[], Any]) -> None:
    """With a run of the script's own, training is logged there and the run goes on."""
    booster = boost(40, callbacks=[XGBoostCallback()], early_stopping_rounds=2)
    run.log({"after": 1})
    assert not run.finished
    view = the_run()
    assert view.summary["best_iteration"] == booster.best_iteration
    assert view.summary["best_score"] == pytest.approx(booster.best_score)


def test_xgboost_cross_validation_and_estimators(the_run: Callable[[], Any]) -> None:
    """Folds become means and deviations; the classes of scikit-learn's kind work too, both into one run."""
    with eventide.init() as run:
        found = xgboost.cv(
            {"objective": "binary:logistic", "nthread": 1},
            xgboost.DMatrix(X, Y),
            3,
            nfold=3,
            callbacks=[XGBoostCallback(run)],
        )
        model = xgboost.XGBClassifier(n_estimators=3, n_jobs=1, callbacks=[XGBoostCallback(EventideLogger(run))])
        model.fit(X[:150], Y[:150], eval_set=[(X[150:], Y[150:])], verbose=False)
    view = the_run()
    assert view.metrics["test/logloss-std"].count == 3
    assert view.metrics["test/logloss"].last == pytest.approx(found["test-logloss-mean"].iloc[-1])
    assert view.config["folds"] == 3
    assert view.metrics["validation_0/logloss"].count == 3


def test_lightgbm_rounds_and_parameters(the_run: Callable[[], Any]) -> None:
    """A run is begun with the first round and ends with the last; its rows are what LightGBM itself recorded."""
    said: dict[str, Any] = {}
    gradient_boost([LightGBMCallback(project="trees"), lightgbm.record_evaluation(said)])
    run = the_run()
    assert (run.project, run.status) == ("trees", "finished")
    assert run.history(["test/binary_logloss"])["test/binary_logloss"].tolist() == said["test"]["binary_logloss"]
    assert run.config["lightgbm"]["learning_rate"] == 0.3
    assert run.config["rounds"] == 6


def test_lightgbm_that_stops_early_is_summed_up(the_run: Callable[[], Any], tmp_path: Path) -> None:
    """In a `with` block the run ends where training does; the best round, importances and the model are kept."""
    with LightGBMCallback(model=True) as callback:
        booster = gradient_boost([callback, lightgbm.early_stopping(2, verbose=False)], 200)
        callback.sum_up(booster)
    run = the_run()
    assert run.status == "finished"
    assert run.summary["best_iteration"] == booster.best_iteration - 1
    assert run.metrics["test/binary_logloss"].count == booster.best_iteration + 2
    assert [medium.key for medium in run.media()] == ["importance"]
    (model,) = run.artifacts()
    again = lightgbm.Booster(model_file=str(next(Path(model.download(tmp_path / "again")).rglob("*.txt"))))
    assert np.array_equal(again.predict(X), booster.predict(X))


def test_lightgbm_estimators_and_cross_validation(the_run: Callable[[], Any]) -> None:
    """Classes of scikit-learn's kind and `cv` work too, through any logger."""
    with eventide.init() as run:
        to = MultiLogger([EventideLogger(run)])
        model = lightgbm.LGBMClassifier(n_estimators=4, verbose=-1, n_jobs=1)
        model.fit(X[:150], Y[:150], eval_X=X[150:], eval_y=Y[150:], callbacks=[LightGBMCallback(to)])
        settings = {"objective": "binary", "verbose": -1, "num_threads": 1}
        lightgbm.cv(settings, lightgbm.Dataset(X, Y), 3, nfold=3, callbacks=[LightGBMCallback(to)])
    view = the_run()
    assert view.metrics["valid_0/binary_logloss"].count == 4
    assert view.metrics["valid/binary_logloss"].count == 3
    assert view.metrics["valid/binary_logloss-std"].count == 3


def test_failures_stop_no_training(the_run: Callable[[], Any]) -> None:
    """A target that raises is counted and said; the model is trained all the same. What is no target is refused at once."""
    with pytest.raises(InvalidSetting, match="neither a run nor a logger"):
        XGBoostCallback("my-run")
    with pytest.raises(InvalidSetting, match="neither a run nor a logger"):
        LightGBMCallback(EventideLogger)

    class Broken(EventideLogger):
        def log(self, *_: Any, **__: Any) -> None:
            raise OSError("no space")

    with eventide.init() as run, warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert boost(callbacks=[XGBoostCallback(Broken(run))]).num_boosted_rounds() == 6
        assert gradient_boost([LightGBMCallback(Broken(run))]).num_trees() == 6
    told = [str(warning.message) for warning in said if warning.category is EventideWarning]
    assert told == [
        "xgboost: logging failed: OSError: no space; training goes on",
        "xgboost: what failed: logging 7 x",
        "lightgbm: logging failed: OSError: no space; training goes on",
        "lightgbm: what failed: logging 6 x",
    ]
    assert the_run().status == "finished"


def test_one_callback_for_several_trainings(store_dir: Path) -> None:
    """Each training gets a run of its own; one that broke off has failed, one that stopped early has finished."""
    callback = XGBoostCallback()
    boost(callbacks=[callback])

    class Breaks(xgboost.callback.TrainingCallback):  # type: ignore[misc,name-defined] # it may not be there
        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        boost(callbacks=[callback, Breaks()])
    boost(callbacks=[callback])
    light = LightGBMCallback()
    gradient_boost([light, lightgbm.early_stopping(2, verbose=False)], 200)
    gradient_boost([light])
    with eventide.open(store_dir) as db:
        assert db.runs(sort="started")["status"].tolist() == ["finished", "failed", "finished", "finished", "finished"]
