"""scikit-learn: its callbacks where estimators have them, `log_estimator` where they have none."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from eventide.integrations import SklearnCallback, log_estimator

if TYPE_CHECKING:
    import eventide

sklearn = pytest.importorskip("sklearn")
pytestmark = pytest.mark.slow

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 3))
Y = np.where(X[:, 0] > 0, "yes", "no")


def has_callbacks() -> bool:
    """Tell whether this scikit-learn has callbacks."""
    try:
        import sklearn.callback
    except ImportError:
        return False
    return bool(sklearn.callback)


needs_callbacks = pytest.mark.skipif(not has_callbacks(), reason="scikit-learn has callbacks from 1.9 on")


@needs_callbacks
@pytest.mark.filterwarnings("ignore::Warning:sklearn.*")
def test_a_search_is_logged(the_run: Callable[[], Any], tmp_path: Path) -> None:
    """Every task is a row; the candidates, the best of them and the fitted model are kept, and the run ends with the search."""
    from joblib import load
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    search = GridSearchCV(pipeline, {"logisticregression__C": [0.1, 1.0, 10.0]}, cv=2)
    search.set_callbacks(SklearnCallback(project="grid", model=True)).fit(X, Y)
    run = the_run()
    assert (run.project, run.status) == ("grid", "finished")
    assert run.metrics["search/mean_test_score"].count == 3
    assert run.summary["best_score"] == pytest.approx(search.best_score_)
    assert run.summary["best/logisticregression__C"] == search.best_params_["logisticregression__C"]
    assert run.config["GridSearchCV"]["cv"] == 2
    tasks = set(run.history(["task"])["task"].dropna())
    assert {"GridSearchCV/fit"} < tasks
    assert {medium.key for medium in run.media()} == {"search", "features"}
    (model,) = run.artifacts()
    again = load(next(Path(model.download(tmp_path / "again")).rglob("*.joblib")))
    assert (again.predict(X) == search.predict(X)).all()


@needs_callbacks
@pytest.mark.filterwarnings("ignore::Warning:sklearn.*")
def test_iterations_are_scored_if_wanted(run: eventide.Run, the_run: Callable[[], Any]) -> None:
    """An estimator that tells of its iterations is scored at each of them."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression().set_callbacks(SklearnCallback(run, scoring="accuracy")).fit(X, Y)
    view = the_run()
    assert view.status == "running"
    assert view.metrics["LogisticRegression/score"].count >= fitted.n_iter_[0]
    assert view.metrics["LogisticRegression/score"].last == fitted.score(X, Y)


@needs_callbacks
@pytest.mark.filterwarnings("ignore::Warning:sklearn.*")
def test_fits_in_other_processes(the_run: Callable[[], Any]) -> None:
    """A search that fits in worker processes gives the same results, and one run."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV

    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2, n_jobs=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # joblib's own, of its workers
        search.set_callbacks(SklearnCallback()).fit(X, Y)
    run = the_run()
    assert run.status == "finished"
    assert run.metrics["search/mean_test_score"].count == 2


@pytest.mark.parametrize("kind", ["forest", "linear", "neural", "clusters"])
def test_any_estimator_is_logged(kind: str, the_run: Callable[[], Any]) -> None:
    """Estimators without callbacks: parameters, features, scores on data, and what the fit left behind."""
    from sklearn.cluster import KMeans
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LinearRegression
    from sklearn.neural_network import MLPClassifier

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fit this short does not converge
        if kind == "forest":
            log_estimator(RandomForestClassifier(5, random_state=0).fit(X[:80], Y[:80]), X[80:], Y[80:], model=True)
        elif kind == "linear":
            log_estimator(LinearRegression().fit(X, X[:, 1]), X, X[:, 1], prefix="train")
        elif kind == "neural":
            log_estimator(MLPClassifier((4,), max_iter=5, random_state=0).fit(X, Y), X, Y)
        else:
            log_estimator(KMeans(2, n_init=1, random_state=0).fit(X), X)
    run = the_run()
    assert run.status == "finished"
    media = {medium.key for medium in run.media()}
    if kind == "forest":
        assert run.config["RandomForestClassifier"]["n_estimators"] == 5
        assert run.summary["test/accuracy"] > 0.7
        assert media == {"features", "test/confusion"}
        assert [artifact.name for artifact in run.artifacts()] == ["model"]
    elif kind == "linear":
        assert run.summary["train/r2"] == pytest.approx(1)
        assert media == {"features"}
    elif kind == "neural":
        assert run.metrics["loss"].count == 5
        assert run.summary["n_iter"] == 5
    else:
        assert run.summary["inertia"] > 0
        assert run.summary["test/score"] < 0
