"""`uetai.logger.WandbLogger`, over the logger of Weights & Biases in `eventide.loggers`.

Invariant: objects of the SDK that a script logs go to W&B as they are, and to Eventide as what they hold.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal

import eventide
from eventide.compat.uetai.data import profile, visualization_table
from eventide.compat.uetai.logger.base import (
    UetaiLoggerBase,
    UnsupportedData,
    checked_path,
    described,
    picture,
    pictures_in,
)
from eventide.loggers.wandb import WandbLogger as _WandbLogger
from eventide.sdk.media import tables


class WandbLogger(UetaiLoggerBase):
    """A run of Weights & Biases."""

    def __init__(
        self,
        project_name: str | None = "uetai",
        workspace: str | None = None,
        experiment: Any = None,
        name: str | None = None,
        api_key: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Begin a run; further arguments are those of `eventide.loggers.WandbLogger`, and of `wandb.init`.

        Raises:
            MissingExtra: wandb is not installed.
        """
        self.project_name = project_name
        self.workspace = workspace
        self.logger = _WandbLogger(
            project_name, entity=workspace, name=name, api_key=api_key, experiment=experiment, **kwargs
        )
        self._tables: dict[bool, list[list[Any]]] = {True: [], False: []}

    @property
    def version(self) -> str | None:
        """The id of W&B's run."""
        return getattr(self.experiment, "id", None)

    def visualize_table(self, is_train: bool = True) -> list[list[Any]]:
        """Return the rows that `monitor` has gathered."""
        return self._tables[is_train]

    def watch(
        self,
        model: Any,
        criterion: Any = None,  # noqa: ARG002 - parameters of a loss are none of the model's
        log: Literal["gradients", "parameters", "all"] | None = "gradients",
        log_freq: int = 100,
        log_graph: bool = True,
    ) -> None:
        """Log norms of parameters and gradients every so many backward passes, and the model as a graph."""
        if log is not None:
            self.logger.watch(model, log_freq)
        if log_graph:
            self.logger.log_graph("model", model)

    def log(self, data: Any, step: int | None = None, **kwargs: Any) -> None:
        """Log anything, objects of W&B too; see `UetaiLoggerBase.log`."""
        native = {key: value for key, value in data.items() if _is_native(value)} if isinstance(data, Mapping) else {}
        if not native:
            super().log(data, step, **kwargs)
            return
        ours = {key: value for key, value in data.items() if key not in native}
        if ours:
            super().log(ours, step)
        self._log_native(native, step)

    def _log_native(self, native: dict[str, Any], step: int | None) -> None:
        local, run = self.logger.ties.local, self.experiment
        held = [(key, medium) for key, value in native.items() for medium in _ours(value)]
        if local is not None and held:
            local.log_media(held, step)
        self.logger.ties.line.put("media", lambda: run.log(native, step=step))

    def log_text(
        self, text: Any, name: str | None = None, step: int | None = None, metadata: list[str] | None = None
    ) -> None:
        """Log a text, or rows of texts with `metadata` as their columns."""
        if isinstance(text, str):
            self.logger.log_media([(name or "text", eventide.Text(text, described(metadata)))], step)
        else:
            columns = metadata or [f"column_{at}" for at in range(len(text[0]) if text else 0)]
            self.logger.log_table(name or "text", text, columns, step)

    def log_table(
        self,
        key: str,
        data: Any = None,
        columns: list[str] | None = None,
        dataframe: Any = None,
        step: int | None = None,
    ) -> None:
        """Log a table: rows and columns, or a DataFrame."""
        self.logger.log_table(key, data if dataframe is None else dataframe, columns, step)

    def log_artifact(
        self,
        artifact_name: str,
        artifact_path: str | os.PathLike[str],
        artifact_type: str = "Artifact",
        vis_table: Any = False,
        auto_profiling: Any = False,
    ) -> str:
        """Keep a file or folder as the next version; return what it can be asked for by.

        Args:
            artifact_name: its name.
            artifact_path: a file or folder.
            artifact_type: a word.
            vis_table: True logs the pictures of the folder, each with its name; or a table to log with it.
            auto_profiling: True logs what the columns of the CSV file hold; or the DataFrame to describe.

        Raises:
            FileNotFoundError: there is nothing at the path.
            UnsupportedData: a table or profile of something else.
        """
        place = checked_path(artifact_path)
        shown: list[tuple[str, Any]] = []
        if vis_table is True:
            folder = place if place.is_dir() else place.parent
            shown += [(f"{artifact_name}/pictures", eventide.Image(one, one.stem)) for one in pictures_in(folder)]
        elif vis_table:
            found = _ours(vis_table)
            if not found:
                raise UnsupportedData(f"a {type(vis_table).__name__} is no table", hint="vis_table=True")
            shown += [(f"{artifact_name}/table", one) for one in found]
        if auto_profiling is not False and auto_profiling is not None:
            shown.append((f"{artifact_name}/profile", profile(place if auto_profiling is True else auto_profiling)))
        selector = self.logger.log_artifact(place, artifact_name, artifact_type)
        if shown:
            self.logger.log_media(shown, None)
        return selector

    def monitor(  # noqa: PLR0917 - uetai's order
        self,
        task: str = "image_classify",
        inputs: Any = None,
        ground_truths: Any = None,
        output: Any = None,
        map2int: Any = None,
        epoch: int = 0,
        log_n_items: int = 10,
        log_every_n_epoch: int = 2,
        is_train: bool = True,
    ) -> None:
        """Log the first pictures of a batch with their truths, predictions and scores, every few epochs.

        Args:
            task: `image_classify`.
            inputs: pictures, N x C x H x W.
            ground_truths: N classes.
            output: N x classes scores.
            map2int: class → label; a list or dict.
            epoch: becomes the step.
            log_n_items: how many pictures.
            log_every_n_epoch: in which epochs.
            is_train: whether it counts to training or validation.

        Raises:
            UnsupportedData: another task.
        """
        if task != "image_classify":
            raise UnsupportedData(f"the task `{task!s:.60}` is not `image_classify`")
        if epoch % log_every_n_epoch:
            return
        scores = [[float(one) for one in row] for row in output[:log_n_items]]
        rows, media = [], []
        where = "train" if is_train else "valid"
        for at, row in enumerate(scores):
            truth, guess = int(ground_truths[at]), max(range(len(row)), key=row.__getitem__)
            said, meant = (map2int[guess], map2int[truth]) if map2int else (guess, truth)
            rows.append([f"{epoch}_{at}", str(meant), str(said), *row])
            media.append((f"{where}/images", picture(inputs[at], f"{meant}: {said}")))
        self._tables[is_train] += rows
        labels = (
            [map2int[at] for at in range(len(scores[0]))]
            if map2int and scores
            else range(len(scores[0]) if scores else 0)
        )
        columns = ["id", "ground_truth", "prediction", *[f"score_{label}" for label in labels]]
        self.logger.log_media([*media, (f"{where}/predictions", eventide.Table(rows, columns))], epoch)

    def shap_summary_plot(self, explainer: Any, X_test: Any, feature_names: list[str] | None = None) -> None:  # noqa: N803 - uetai's name
        """Log what SHAP says of each feature: a table of mean absolute values, as the explainer gives them."""
        import numpy as np  # noqa: PLC0415 - only here

        values = np.abs(np.asarray(explainer.shap_values(X_test), dtype=float))
        names = feature_names or [str(name) for name in getattr(X_test, "columns", ())]
        width = len(names) or np.shape(X_test)[1]
        axis = next((at for at in reversed(range(values.ndim)) if values.shape[at] == width), values.ndim - 1)
        means = np.moveaxis(values, axis, -1).reshape(-1, values.shape[axis]).mean(axis=0)
        named = names or [f"feature_{at}" for at in range(len(means))]
        rows = sorted(zip(named, means.tolist(), strict=True), key=lambda row: -row[1])
        self.logger.log_table("shap explain", [list(row) for row in rows], ["feature", "mean |SHAP value|"])

    @staticmethod
    def visualization_table(dataset: Any, log_n_items: int = 100) -> Any:
        """Return the first items of a data set as a table."""
        return visualization_table(dataset, log_n_items)


def _is_native(value: Any) -> bool:
    """Tell whether a value is one of W&B's own objects, or a list of them."""
    one = value[0] if isinstance(value, (list, tuple)) and value else value
    return type(one).__module__.partition(".")[0] == "wandb"


def _ours(value: Any) -> list[Any]:  # noqa: PLR0911 - one return per kind reads best
    """Return what an object of W&B holds as media of Eventide; none for what only W&B can show."""
    if isinstance(value, (list, tuple)):
        return [medium for one in value for medium in _ours(one)]
    if isinstance(value, eventide.Table):
        return [value]
    if tables.is_frame(value):
        return [eventide.Table(value)]
    caption = str(getattr(value, "_caption", None) or "")
    match type(value).__name__:
        case "Table":
            rows = [[str(cell) if _is_native(cell) else cell for cell in row] for row in value.data]
            return [eventide.Table(rows, [str(name) for name in value.columns])]
        case "Image":
            drawn = getattr(value, "image", None)
            return [] if drawn is None else [eventide.Image(drawn, caption)]
        case "Html":
            return [eventide.Html(str(value.html))]
        case "Histogram":
            return [eventide.Histogram(edges=list(value.bins), counts=list(value.histogram))]
    return []
