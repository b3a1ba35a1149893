"""Log the training of Hugging Face Transformers: `Trainer(..., callbacks=[HuggingFaceCallback()])`.

Metrics are called `train/loss`, `eval/loss`, `test/...`, with the trainer's global step as theirs.
Invariant: only the process of world rank 0 logs; the callback looks on and never changes how training goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eventide.integrations.target import Target, library, numbers

_transformers: Any = library("transformers", "transformers")


class HuggingFaceCallback(_transformers.TrainerCallback):  # type: ignore[misc] # Transformers may not be there to be looked at
    """Logs what the trainer logs, its arguments, the model's configuration, and checkpoints if wanted."""

    def __init__(
        self, to: Any = None, *, project: str | None = None, checkpoints: bool = False, watch_every_n_steps: int = 0
    ) -> None:
        """Log to a run, a logger, or by default the current run.

        Args:
            to: a run or one of `eventide.loggers`.
            project: of the run that is begun when there is none.
            checkpoints: whether every checkpoint is kept, as a version of the artifact `checkpoint`; the best one is called `best`.
            watch_every_n_steps: how often norms of gradients are logged, where `to` is a logger; 0 for never.

        Raises:
            InvalidSetting: `to` is neither run nor logger.
        """
        self._target = Target(to, "transformers", project)
        self._checkpoints = checkpoints
        self._watch_every = watch_every_n_steps
        self._training = False

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        """Record the arguments and the model's configuration."""
        del control
        if not state.is_world_process_zero:
            return
        self._training = True
        self._target.begin()
        tree: dict[str, Any] = {"trainer": args.to_dict()}
        config: Any = getattr(model, "config", None)
        if hasattr(config, "to_dict"):
            tree["model"] = config.to_dict()
        if hasattr(model, "num_parameters"):
            tree["model_parameters"] = model.num_parameters()
        self._target.parameters(tree)
        if self._watch_every and model is not None:
            self._target.watch(model, self._watch_every)

    def on_log(self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **_: Any) -> None:
        """Log what the trainer logs."""
        del args, control
        if state.is_world_process_zero:
            self._target.log({_name(key): value for key, value in numbers(logs).items()}, state.global_step)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Keep a checkpoint if wanted."""
        del control
        if not self._checkpoints or not state.is_world_process_zero:
            return
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        best = state.best_model_checkpoint is not None and Path(state.best_model_checkpoint).name == folder.name
        if folder.is_dir():
            self._target.artifact(folder, "checkpoint", ["best"] if best else [], {"step": state.global_step})

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Sum up, and end the run if it was begun here."""
        del args, control
        if not state.is_world_process_zero:
            return
        self._training = False
        if state.best_metric is not None:
            self._target.summary(
                {"best_metric": state.best_metric, "best_checkpoint": state.best_model_checkpoint or ""}
            )
        self._target.end()

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """End the run again, when this was an evaluation after training."""
        del args, control
        if state.is_world_process_zero and not self._training:
            self._target.end()

    def on_predict(self, args: Any, state: Any, control: Any, metrics: Any, **_: Any) -> None:
        """Log what a prediction was worth."""
        del args, control
        if state.is_world_process_zero:
            self._target.log({_name(key): value for key, value in numbers(metrics).items()}, state.global_step)
            if not self._training:
                self._target.end()


def _name(key: str) -> str:
    for kind in ("eval", "test", "train"):
        if key.startswith(f"{kind}_"):
            return f"{kind}/{key[len(kind) + 1 :]}"
    return f"train/{key}" if key != "epoch" else key
