"""Log the training of Lightning: `Trainer(logger=LightningLogger())`, or a callback beside other loggers.

`LightningLogger` gets what `self.log` sends to loggers; `LightningCallback` takes the same metrics from the trainer, whatever its loggers.
Both work with `lightning` and with `pytorch_lightning`, whichever the script has imported.
Invariant: only the process of rank 0 logs; neither changes how training goes.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eventide.integrations.target import Target, library, numbers
from eventide.sdk.run import ending_of

_NAME = (
    "pytorch_lightning"
    if "pytorch_lightning" in sys.modules and "lightning" not in sys.modules
    else "lightning.pytorch"
)
_lightning: Any = library(_NAME, "lightning")
_loggers: Any = library(f"{_NAME}.loggers.logger", "lightning")
_rank_zero_only: Any = library(f"{_NAME}.utilities", "lightning").rank_zero_only


class LightningLogger(_loggers.Logger):  # type: ignore[misc] # Lightning may not be there to be looked at
    """Eventide, or any of its loggers, as a logger of Lightning."""

    def __init__(
        self,
        to: Any = None,
        *,
        project: str | None = None,
        prefix: str = "",
        checkpoints: bool = False,
    ) -> None:
        """Log to a run, a logger, or by default the current run.

        Args:
            to: a run or one of `eventide.loggers`.
            project: of the run that is begun when there is none.
            prefix: put before every metric's name, with a slash.
            checkpoints: whether checkpoints are kept, as versions of the artifact `checkpoint`; the best one is called `best`.

        Raises:
            InvalidSetting: `to` is neither run nor logger.
        """
        super().__init__()
        self._target = Target(to, "lightning", project)
        self._prefix = f"{prefix}/" if prefix else ""
        self._keeper = _Checkpoints(self._target) if checkpoints else None

    @property
    def experiment(self) -> Any:
        """The run, or the logger's native object."""
        to = self._target.to
        return to.get_experiment() if hasattr(to, "get_experiment") else to

    @property
    def name(self) -> str:
        """The project."""
        return str(getattr(self._run(), "project", "eventide"))

    @property
    def version(self) -> str:
        """The run's id."""
        return str(getattr(self._run(), "id", ""))

    @property
    def save_dir(self) -> str | None:
        """Where Lightning puts its own files, such as checkpoints; None leaves it to the trainer."""
        return None

    def _run(self) -> Any:
        to = self._target.to
        return getattr(to, "run", to)

    @_rank_zero_only  # type: ignore[untyped-decorator]
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Log metrics of a step."""
        self._target.log({f"{self._prefix}{key}": value for key, value in numbers(metrics).items()}, step)

    @_rank_zero_only  # type: ignore[untyped-decorator]
    def log_hyperparams(self, params: Any, *_: Any, **__: Any) -> None:
        """Record hyperparameters: a dict or a Namespace."""
        self._target.parameters(params if isinstance(params, Mapping) else vars(params))

    @_rank_zero_only  # type: ignore[untyped-decorator]
    def log_graph(self, model: Any, input_array: Any = None) -> None:
        """Log the model as a graph of its modules."""
        del input_array
        from eventide.sdk.media.kinds import Graph  # noqa: PLC0415 - only where a graph is wanted

        self._target.attempt("logging the graph", lambda: self._target.to.log({"model": Graph(model)}))

    @_rank_zero_only  # type: ignore[untyped-decorator]
    def log_image(self, key: str, images: list[Any], step: int | None = None, caption: list[str] | None = None) -> None:
        """Log pictures under a key: arrays, tensors, Pillow images, paths."""
        from eventide.sdk.media.kinds import Image, Media  # noqa: PLC0415 - only where there are pictures

        def log() -> None:
            captions = caption or [""] * len(images)
            several = [
                each if isinstance(each, Media) else Image(each, text)
                for each, text in zip(images, captions, strict=True)
            ]
            self._target.log({key: several}, step)

        self._target.attempt("logging pictures", log)

    @_rank_zero_only  # type: ignore[untyped-decorator]
    def log_media(self, data: Mapping[str, Any], step: int | None = None) -> None:
        """Log anything that a run can log."""
        self._target.log(data, step)

    def after_save_checkpoint(self, checkpoint_callback: Any) -> None:
        """Keep new checkpoints if wanted."""
        if self._keeper is not None:
            self._keeper.keep(checkpoint_callback)

    @_rank_zero_only  # type: ignore[untyped-decorator]
    def finalize(self, status: str) -> None:
        """End the run if it was begun here: `success`, `failed`, ..."""
        self._target.end("failed" if status == "failed" else "killed" if status == "aborted" else "finished")


class LightningCallback(_lightning.Callback):  # type: ignore[misc] # Lightning may not be there to be looked at
    """Logs what the trainer's metrics are, beside whatever loggers it has."""

    def __init__(
        self, to: Any = None, *, project: str | None = None, checkpoints: bool = False, watch: int = 0
    ) -> None:
        """Log to a run, a logger, or by default the current run.

        Args:
            to: a run or one of `eventide.loggers`.
            project: of the run that is begun when there is none.
            checkpoints: whether checkpoints are kept at the end, as versions of the artifact `checkpoint`.
            watch: how often norms of gradients are logged, in steps, where `to` is a logger; 0 for never.

        Raises:
            InvalidSetting: `to` is neither run nor logger.
        """
        super().__init__()
        self._target = Target(to, "lightning", project)
        self._keeper = _Checkpoints(self._target) if checkpoints else None
        self._watch = watch
        self._last: dict[str, Any] = {}

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """Record the hyperparameters."""
        if not trainer.is_global_zero:
            return
        self._target.begin()
        self._target.parameters(
            {
                **dict(pl_module.hparams),
                "trainer": {
                    "max_epochs": trainer.max_epochs,
                    "max_steps": trainer.max_steps,
                    "devices": trainer.num_devices,
                },
            }
        )
        if self._watch:
            self._target.watch(pl_module, self._watch)

    def on_train_batch_end(self, trainer: Any, *_: Any, **__: Any) -> None:
        """Log the step's metrics, as often as the trainer logs."""
        if trainer.is_global_zero and trainer.global_step % max(trainer.log_every_n_steps, 1) == 0:
            self._log(trainer)

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Log the epoch's metrics."""
        del pl_module
        if trainer.is_global_zero:
            self._log(trainer)

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Log the metrics of a validation."""
        del pl_module
        if trainer.is_global_zero and not trainer.sanity_checking:
            self._log(trainer)

    def on_test_end(self, trainer: Any, pl_module: Any) -> None:
        """Log the metrics of a test."""
        del pl_module
        if trainer.is_global_zero:
            self._log(trainer)
            self._target.end()

    def _log(self, trainer: Any) -> None:
        """Log what has changed since the last row."""

        def log() -> None:
            now = numbers(trainer.callback_metrics)
            row = {key: value for key, value in now.items() if self._last.get(key) != value}
            self._last.update(row)
            if row:
                self._target.log({**row, "epoch": trainer.current_epoch}, trainer.global_step)

        self._target.attempt("logging", log)

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """End the run as failed, if it was begun here."""
        del pl_module
        if trainer.is_global_zero:
            self._target.end(*ending_of(exception))

    def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
        """Keep checkpoints if wanted, and end the run if it was begun here."""
        del pl_module
        if not trainer.is_global_zero:
            return
        if self._keeper is not None:
            for callback in trainer.checkpoint_callbacks:
                self._keeper.keep(callback)
        self._target.end()


class _Checkpoints:
    """Keeps every checkpoint once."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._kept: dict[str, float] = {}

    def keep(self, callback: Any) -> None:
        """Keep the checkpoints that are new since the last time, the best one last."""

        def keep() -> None:
            best = str(getattr(callback, "best_model_path", "") or "")
            last = str(getattr(callback, "last_model_path", "") or "")
            several = [*map(str, getattr(callback, "best_k_models", {}) or {}), last, best]
            for path in dict.fromkeys(path for path in several if path):
                changed = Path(path).stat().st_mtime if Path(path).exists() else None
                if changed is None or self._kept.get(path) == changed:
                    continue
                self._kept[path] = changed
                score = getattr(callback, "best_model_score", None)
                facts = {"file": Path(path).name, "monitor": callback.monitor, "best_score": score}
                self._target.artifact(path, "checkpoint", ["best"] if path == best else [], facts)

        self._target.attempt("keeping checkpoints", keep)
