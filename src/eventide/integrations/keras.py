"""Log the training of Keras 3, whatever its backend: `model.fit(..., callbacks=[KerasCallback()])`.

A row per epoch, with the epoch as its step: `loss`, `val_loss`, ...; and, if wanted, rows `batch/loss` with a count of their own.
Invariant: the callback looks on; it never stops training.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eventide.integrations.target import Target, library, numbers

_keras: Any = library("keras", "keras")


class KerasCallback(_keras.callbacks.Callback):  # type: ignore[misc] # Keras may not be there to be looked at
    """Logs every epoch's metrics, the optimizer, the model's layers, and the model if wanted."""

    def __init__(
        self, to: Any = None, *, project: str | None = None, model: bool = False, log_every_n_batches: int = 0
    ) -> None:
        """Log to a run, a logger, or by default the current run.

        Args:
            to: a run or one of `eventide.loggers`.
            project: of the run that is begun when there is none.
            model: whether the trained model is kept, as the artifact `model`.
            log_every_n_batches: how often a row of a batch is logged; 0 for never.

        Raises:
            InvalidSetting: `to` is neither run nor logger.
        """
        super().__init__()
        self._target = Target(to, "keras", project)
        self._keep = model
        self._every = log_every_n_batches
        self._batches = 0
        self._began_s = 0.0

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Record the model and the optimizer."""
        del logs
        self._target.begin()
        self._target.attempt("recording parameters", lambda: self._target.parameters(self._tree()))

    def _tree(self) -> dict[str, Any]:
        model, optimizer = self.model, getattr(self.model, "optimizer", None)
        tree: dict[str, Any] = {
            "fit": dict(self.params or {}),
            "model": {
                "name": model.name,
                "parameters": model.count_params() if model.built else None,
                "layers": [f"{type(layer).__name__} {layer.name}" for layer in model.layers],
            },
        }
        if optimizer is not None:
            tree["optimizer"] = optimizer.get_config()
        return tree

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Note the time."""
        del epoch, logs
        self._began_s = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log the metrics of an epoch."""
        row = numbers(logs)
        rate = getattr(getattr(self.model, "optimizer", None), "learning_rate", None)
        self._target.attempt("reading the learning rate", lambda: row.update(_rate(rate)))
        self._target.log({**row, "epoch_seconds": time.perf_counter() - self._began_s}, epoch)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log the metrics of a batch, when it is its turn."""
        del batch
        self._batches += 1
        if self._every and self._batches % self._every == 0:
            row = {f"batch/{key}": value for key, value in numbers(logs).items()}
            self._target.log({**row, "batch": self._batches})

    def on_test_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Log what `model.evaluate` found, outside of training."""
        if not self._began_s:
            self._target.summary({f"test/{key}": value for key, value in numbers(logs).items()})
            self._target.end()

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Keep the model if wanted, and end the run if it was begun here."""
        del logs
        self._began_s = 0.0
        if self._keep:
            with tempfile.TemporaryDirectory(prefix="eventide-keras-") as folder:
                path = Path(folder) / "model.keras"
                self._target.attempt("saving the model", lambda: self.model.save(path))
                if path.exists():
                    self._target.artifact(path, "model")
        self._target.end()


def _rate(rate: Any) -> dict[str, float]:
    """Return the learning rate as a metric; a schedule has none of its own."""
    return {} if rate is None or callable(rate) else {"learning_rate": float(rate)}
