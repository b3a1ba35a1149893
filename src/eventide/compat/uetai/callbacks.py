"""`uetai.callbacks`: pictures with truths and predictions from a Lightning training, for today's Lightning.

Invariant: torch and Lightning are imported by who trains, not here; a trainer calls the hooks by their names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import eventide
from eventide.compat.uetai.logger.base import UetaiLoggerBase, UnsupportedData, picture

__all__ = ["ClassificationMonitor", "ImageMonitorBase"]


def _base() -> type:
    """Return Lightning's class of callbacks where there is one: its trainer asks callbacks for all hooks."""
    import sys  # noqa: PLC0415

    for name in ("lightning.pytorch", "pytorch_lightning"):
        module = sys.modules.get(name)
        if module is not None and hasattr(module, "Callback"):
            return module.Callback  # type: ignore[no-any-return]
    from importlib import import_module  # noqa: PLC0415

    for name in ("lightning.pytorch", "pytorch_lightning"):
        try:
            return import_module(name).Callback  # type: ignore[no-any-return]
        except ImportError:
            continue
    return object


_Base: Any = _base()


class ImageMonitorBase(_Base):  # type: ignore[misc]
    """Logs the pictures of a batch every few steps, or gathered at the end of each epoch; override `add_image` to show them otherwise."""

    def __init__(  # noqa: PLR0917 - uetai's order
        self,
        on_step: bool = True,
        on_epoch: bool = False,
        log_every_n_steps: int | None = None,
        log_n_element_per_epoch: int | None = None,
        label_mapping: Mapping[int, Any] | Sequence[Any] | None = None,
        logger: UetaiLoggerBase | Any = None,
    ) -> None:
        """Say when to log.

        Args:
            on_step: log batches as they come.
            on_epoch: gather them until the end of the epoch instead.
            log_every_n_steps: which batches; default as the trainer logs.
            log_n_element_per_epoch: how many pictures at most per epoch.
            label_mapping: class → label.
            logger: a logger of uetai or of `eventide.loggers`; default the trainer's, else the current run.
        """
        super().__init__()
        self._on_epoch = on_epoch
        self._on_step = on_step and not on_epoch
        self._every = log_every_n_steps
        self._limit = log_n_element_per_epoch
        self._labels = label_mapping
        self._logger = logger
        self._trainer: Any = None
        self._gathered: dict[str, list[Any]] = {}

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002 - Lightning's
        """Note the trainer."""
        self._trainer = trainer
        self._every = self._every or getattr(trainer, "log_every_n_steps", None) or 50

    def on_train_batch_end(
        self,
        trainer: Any,  # noqa: ARG002 - Lightning's
        pl_module: Any,  # noqa: ARG002
        outputs: Any,
        batch: Any,
        batch_idx: int,
        *_: Any,
    ) -> None:
        """Log or gather a batch."""
        if (batch_idx + 1) % (self._every or 50):
            return
        media = self._media(outputs, batch)
        if self._on_epoch:
            for key, values in media.items():
                self._gathered.setdefault(key, []).extend(values)
        elif self._on_step:
            self.add_image(media, "Train/step_media")

    def on_train_epoch_end(self, trainer: Any, pl_module: Any, *_: Any) -> None:  # noqa: ARG002
        """Log what the epoch has gathered."""
        if self._on_epoch and self._gathered:
            kept = {key: values[: self._limit] for key, values in self._gathered.items()}
            self._gathered = {}
            self.add_image(kept, "Train/epoch_media")

    @staticmethod
    def _media(outputs: Any, batch: Any) -> dict[str, list[Any]]:
        predicted = outputs.get("pred") if isinstance(outputs, Mapping) else outputs
        if predicted is None or not hasattr(predicted, "shape") or not predicted.shape:
            raise UnsupportedData(
                "a training step has to return its predictions", hint='return {"loss": loss, "pred": y}'
            )
        guesses = predicted.argmax(1) if len(predicted.shape) > 1 else predicted
        return {
            "images": list(batch[0]),
            "ground_truths": [int(one) for one in batch[1]],
            "predictions": [int(one) for one in guesses],
        }

    def add_image(self, media: dict[str, list[Any]], tag: str | None = None) -> None:
        """Log pictures with what they are and were taken for."""
        shown = []
        pairs = zip(media["images"], media["ground_truths"], media["predictions"], strict=True)
        for image, truth, guess in pairs:
            meant, said = (truth, guess) if self._labels is None else (self._labels[truth], self._labels[guess])
            shown.append(picture(image, f"Ground truth: {meant} Prediction: {said}"))
        self._log(tag or "Media", shown)

    def _log(self, tag: str, shown: list[Any]) -> None:
        target = self._logger or getattr(self._trainer, "logger", None)
        step = getattr(self._trainer, "global_step", None)
        if isinstance(target, UetaiLoggerBase):
            target = target.logger
        if target is not None and hasattr(target, "log_media"):
            target.log_media([(tag, one) for one in shown], step)
        else:
            eventide.log({tag: shown}, step=step)


class ClassificationMonitor(ImageMonitorBase):
    """Logs pictures with the names of their classes."""

    def __init__(self, label_mapping: Mapping[int, Any] | Sequence[Any], *args: Any, **kwargs: Any) -> None:
        """Take the names first; the rest as for `ImageMonitorBase`."""
        super().__init__(*args, **{**kwargs, "label_mapping": label_mapping})
