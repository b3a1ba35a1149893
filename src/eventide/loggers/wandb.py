"""Log to Weights & Biases, online or offline, and to Eventide.

Keys come from WANDB_API_KEY or what `wandb login` has kept; one that is given as an argument is handed on and written down nowhere.
`WANDB_MODE=offline` writes files for `wandb sync`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventide._optional import require
from eventide.loggers.local import EventideLogger, selector
from eventide.loggers.vendor import Medium, Vendor, begun, local_logger

if TYPE_CHECKING:
    from eventide.loggers.interface import Status


class WandbLogger(Vendor):
    """A run of Weights & Biases as a logger."""

    def __init__(
        self,
        project: str | None = None,
        *,
        entity: str | None = None,
        name: str | None = None,
        api_key: str | None = None,
        config: Mapping[str, Any] | None = None,
        experiment: Any = None,
        keep: bool | EventideLogger = True,
        **kwargs: Any,
    ) -> None:
        """Begin a run.

        Args:
            project: the project, there and here.
            entity: user or team.
            name: shown to people.
            api_key: default what wandb finds itself.
            config: parameters.
            experiment: a run that has begun already, instead of all of the above.
            keep: whether the run is kept in Eventide too; or the logger of a run that is there.
            **kwargs: handed on to `wandb.init`.

        Raises:
            MissingExtra: wandb is not installed.
        """
        wandb: Any = require("wandb", "wandb")
        parameters = dict(config or {})

        def begin() -> tuple[_Wandb, Any]:
            options = dict(kwargs)
            if api_key is not None:
                options.setdefault("settings", wandb.Settings(api_key=api_key))
            native = experiment or wandb.init(project=project, entity=entity, name=name, config=parameters, **options)
            return _Wandb(wandb, native), native

        self.ties = begun(
            "wandb", begin, lambda: local_logger(keep, project=project, name=name, config=parameters or None)
        )

    def __repr__(self) -> str:
        return f"WandbLogger({getattr(self.ties.native, 'id', None)!r})"


class _Wandb:
    """The SDK's calls."""

    def __init__(self, wandb: Any, run: Any) -> None:
        self._wandb = wandb
        self._run = run
        self._step = -1

    def _log(self, data: Mapping[str, Any], step: int | None) -> None:
        """Log a row. wandb drops a step that goes back: it is logged at the newest one, with its own step beside."""
        if step is not None and step < self._step:
            self._run.log({**data, "logged_step": step}, step=self._step)
            return
        if step is not None:
            self._step = step
        self._run.log(dict(data), step=step)

    def metrics(self, metrics: Mapping[str, float], step: int | None) -> None:
        self._log(metrics, step)

    def parameters(self, parameters: Mapping[str, Any]) -> None:
        self._run.config.update(dict(parameters), allow_val_change=True)

    def texts(self, texts: Mapping[str, str], step: int | None) -> None:
        self._log(texts, step)

    def medium(self, medium: Medium, step: int | None, folder: Path) -> None:
        self._log({medium.key: self._value(medium, folder)}, step)

    def _value(self, medium: Medium, folder: Path) -> Any:  # noqa: PLR0911 - one return per kind
        wandb, caption = self._wandb, medium.caption or None
        if medium.kind == "image" or (medium.kind == "figure" and medium.format in ("png", "jpeg")):
            return wandb.Image(str(medium.file(folder)), caption=caption)
        if medium.kind == "audio":
            return wandb.Audio(str(medium.file(folder)), caption=caption)
        if medium.kind == "video":
            return wandb.Video(str(medium.file(folder)), caption=caption, format=medium.format)
        if medium.kind == "html":
            return wandb.Html(medium.data.decode(), inject=False)
        if medium.kind == "text":
            return wandb.Html(f"<pre>{_escaped(medium.data.decode())}</pre>", inject=False)
        content = _json(medium) if medium.format.endswith("json") else None
        if medium.kind == "histogram" and content is not None:
            return wandb.Histogram(np_histogram=(content["counts"], content["edges"]))
        if medium.kind == "table" and content is not None:
            return wandb.Table(columns=content["columns"], data=content["rows"], allow_mixed_types=True)
        if medium.kind == "graph" and content is not None:
            rows = [[edge["source"], edge["target"], edge.get("label") or ""] for edge in content["edges"]]
            return wandb.Table(columns=["source", "target", "label"], data=rows)
        return wandb.Html(f"<pre>{_escaped(medium.data.decode('utf-8', 'replace'))}</pre>", inject=False)

    def artifact(self, path: Path, name: str, type: str, aliases: Sequence[str], metadata: Mapping[str, Any]) -> None:  # noqa: A002
        artifact = self._wandb.Artifact(name=name, type=type, metadata=dict(metadata))
        artifact.add_dir(str(path)) if path.is_dir() else artifact.add_file(str(path))
        self._run.log_artifact(artifact, aliases=["latest", *aliases])

    def download(self, name: str, version: str | int | None, folder: Path) -> Path:
        return Path(self._run.use_artifact(selector(name, version)).download(root=str(folder)))

    def delete(self, name: str, version: str | int) -> None:
        place = f"{self._run.entity}/{self._run.project}/{selector(name, version)}"
        self._wandb.Api().artifact(place).delete(delete_aliases=True)

    def finish(self, status: Status) -> None:
        self._run.finish(exit_code=0 if status == "finished" else 1)


def _json(medium: Medium) -> Any:
    import orjson  # noqa: PLC0415 - only for what is kept as JSON

    return orjson.loads(medium.data)


def _escaped(text: str) -> str:
    import html  # noqa: PLC0415

    return html.escape(text)


def offline() -> bool:
    """Tell whether wandb is told to send nothing."""
    return os.environ.get("WANDB_MODE", "") in ("offline", "disabled", "dryrun")
