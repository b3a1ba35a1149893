"""Keras trains a small model for real, on torch, with our callback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from eventide.loggers import EventideLogger

if TYPE_CHECKING:
    import eventide

pytest.importorskip("torch")
keras = pytest.importorskip("keras")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # of the libraries

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(32, 3)).astype("f4"), RNG.normal(size=(32, 1)).astype("f4")


def make_model() -> Any:
    """Return a compiled model of one layer."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, name="out")])
    model.compile(keras.optimizers.SGD(0.05), loss="mse", metrics=["mae"])
    return model


def test_epochs_parameters_and_the_model(the_run: Callable[[], Any], tmp_path: Path) -> None:
    """A row per epoch is what Keras itself reports; the model is kept and loads again; the run ends with `fit`."""
    from eventide.integrations import KerasCallback

    model, callback = make_model(), KerasCallback(project="deep", model=True)
    history = model.fit(X, Y, validation_split=0.25, epochs=3, verbose=0, callbacks=[callback])
    found = model.evaluate(X, Y, verbose=0, callbacks=[callback])
    run = the_run()
    assert (run.project, run.status, run.tags) == ("deep", "finished", ("keras",))
    for key in ("loss", "mae", "val_loss"):
        assert run.history([key])[key].tolist() == pytest.approx(history.history[key])
    assert run.metrics["learning_rate"].last == pytest.approx(0.05)
    assert run.config["fit"]["epochs"] == 3
    assert run.config["model"]["layers"] == ["Dense out"]
    assert run.config["optimizer"]["learning_rate"] == pytest.approx(0.05)
    assert run.summary["test/loss"] == pytest.approx(found[0])
    (artifact,) = run.artifacts()
    again = keras.saving.load_model(next(Path(artifact.download(tmp_path / "again")).rglob("*.keras")))
    assert np.allclose(again.predict(X, verbose=0), model.predict(X, verbose=0))


def test_batches_evaluation_and_a_run_of_the_script(run: eventide.Run, the_run: Callable[[], Any]) -> None:
    """Rows of batches if wanted; `evaluate` is summed up; the script's run goes on."""
    from eventide.integrations import KerasCallback

    model, callback = make_model(), KerasCallback(EventideLogger(run), log_every_n_batches=2)
    model.fit(X, Y, epochs=1, batch_size=8, verbose=0, callbacks=[callback])
    found = model.evaluate(X, Y, verbose=0, callbacks=[KerasCallback()])
    assert not run.finished
    view = the_run()
    assert view.metrics["batch/loss"].count == 2
    assert view.summary["test/loss"] == pytest.approx(found[0])
