"""Log to Comet, online or offline, and to Eventide.

Keys come from COMET_API_KEY or Comet's own configuration; one that is given as an argument is handed on and written down nowhere.
Without a key, or with `offline`, Comet's offline experiment writes an archive for `comet upload`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventide._optional import require
from eventide.loggers.vendor import Medium, Vendor, begun, local_logger

if TYPE_CHECKING:
    from eventide.loggers.interface import Status
    from eventide.loggers.local import EventideLogger

_QUIET = {
    "log_code": False, "parse_args": False, "auto_output_logging": False, "auto_param_logging": False, "auto_metric_logging": False,
    "log_git_patch": False, "display_summary_level": 0,
}  # fmt: skip
"""What Eventide records already, or would be recorded behind the user's back; any of it can be given back as an argument."""


class CometLogger(Vendor):
    """An experiment of Comet as a logger."""

    def __init__(
        self,
        project_name: str | None = None,
        workspace: str | None = None,
        api_key: str | None = None,
        *,
        offline: bool | None = None,
        offline_directory: str | os.PathLike[str] | None = None,
        experiment: Any = None,
        name: str | None = None,
        keep: bool | EventideLogger = True,
        **kwargs: Any,
    ) -> None:
        """Begin an experiment.

        Args:
            project_name: the project, there and here.
            workspace: Comet's workspace.
            api_key: default what Comet finds itself.
            offline: whether to write an archive instead of sending; default: where there is no key.
            offline_directory: where the archive goes; default `.cometml-runs` here.
            experiment: one that has begun already, instead of all of the above.
            name: shown to people.
            keep: whether the run is kept in Eventide too; or the logger of a run that is there.
            **kwargs: handed on to Comet.

        Raises:
            MissingExtra: comet_ml is not installed.
        """
        comet: Any = require("comet_ml", "comet")

        def begin() -> tuple[_Comet, Any]:
            native = _begun(comet) if experiment is None else experiment
            if name:
                native.set_name(name)
            return _Comet(comet, native), native

        def _begun(comet: Any) -> Any:
            settings = {**_QUIET, **kwargs, "project_name": project_name, "workspace": workspace}
            if not (api_key is None and comet.get_config("comet.api_key") is None if offline is None else offline):
                return comet.Experiment(api_key=api_key, **settings)
            directory = None if offline_directory is None else os.fspath(offline_directory)
            if directory is not None:
                os.makedirs(directory, exist_ok=True)  # noqa: PTH103 - Comet takes another folder otherwise, without a word
            return comet.OfflineExperiment(offline_directory=directory, **settings)

        self.ties = begun("comet", begin, lambda: local_logger(keep, project=project_name, name=name))

    def __repr__(self) -> str:
        return f"CometLogger({getattr(self.ties.native, 'id', None)!r})"


class _Comet:
    """The SDK's calls."""

    def __init__(self, comet: Any, experiment: Any) -> None:
        self._comet = comet
        self._experiment = experiment

    def metrics(self, metrics: Mapping[str, float], step: int | None) -> None:
        self._experiment.log_metrics(dict(metrics), step=step)

    def parameters(self, parameters: Mapping[str, Any]) -> None:
        self._experiment.log_parameters(dict(parameters))

    def texts(self, texts: Mapping[str, str], step: int | None) -> None:
        for key, text in texts.items():
            self._experiment.log_text(text, step=step, metadata={"key": key})

    def medium(self, medium: Medium, step: int | None, folder: Path) -> None:
        said = {"caption": medium.caption} if medium.caption else None
        name = f"{medium.key}.{medium.format.rpartition('.')[2]}"
        if medium.kind == "text":
            self._experiment.log_text(medium.data.decode(), step=step, metadata={"key": medium.key, **(said or {})})
        elif medium.kind == "image" or (medium.kind == "figure" and medium.format in ("png", "jpeg")):
            self._experiment.log_image(str(medium.file(folder)), name=medium.key, step=step, metadata=said)
        elif medium.kind == "audio":
            self._experiment.log_audio(str(medium.file(folder)), file_name=name, step=step, metadata=said)
        elif medium.kind == "video":
            self._experiment.log_video(str(medium.file(folder)), name=name, step=step, metadata=said)
        elif medium.kind == "histogram":
            self._histogram(medium, step)
        elif medium.kind == "html":
            self._experiment.log_html(medium.data.decode())
            self._experiment.log_asset_data(medium.data.decode(), name=name, step=step)
        elif medium.kind == "table":
            self._table(medium)
        elif medium.kind == "graph":
            self._experiment.set_model_graph(medium.data.decode(), overwrite=True)
            self._experiment.log_asset_data(medium.data.decode(), name=name, step=step, metadata={"type": "graph"})
        else:
            self._experiment.log_asset(str(medium.file(folder)), file_name=name, step=step, metadata=said)

    def _histogram(self, medium: Medium, step: int | None) -> None:
        values = getattr(medium.original, "data", None)
        if values is None:
            self._experiment.log_asset_data(medium.data.decode(), name=f"{medium.key}.json", step=step)
        else:
            import numpy as np  # noqa: PLC0415 - the values are an array

            self._experiment.log_histogram_3d(np.asarray(values, dtype="f8").ravel(), name=medium.key, step=step)

    def _table(self, medium: Medium) -> None:
        import orjson  # noqa: PLC0415 - only for tables

        content = orjson.loads(medium.data)
        self._experiment.log_table(f"{medium.key}.csv", tabular_data=content["rows"], headers=content["columns"])

    def artifact(self, path: Path, name: str, type: str, aliases: Sequence[str], metadata: Mapping[str, Any]) -> None:  # noqa: A002
        artifact = self._comet.Artifact(name=name, artifact_type=type, aliases=list(aliases), metadata=dict(metadata))
        artifact.add(str(path))
        try:
            self._experiment.log_artifact(artifact)
        except NotImplementedError:  # offline experiments have no artifacts: the files go along as assets
            said = {"artifact": name, "type": type, "aliases": " ".join(aliases), **dict(metadata)}
            for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
                if file.is_file():
                    inner = file.relative_to(path).as_posix() if path.is_dir() else file.name
                    self._experiment.log_asset(str(file), file_name=f"artifacts/{name}/{inner}", metadata=said)

    def download(self, name: str, version: str | int | None, folder: Path) -> Path:
        wanted = None if version is None else str(version)
        logged = self._experiment.get_artifact(name, version_or_alias=wanted)
        return Path(str(logged.download(str(folder)).download_local_path))

    def delete(self, name: str, version: str | int) -> None:
        api = self._comet.API()
        api.delete_artifact_version(self._experiment.workspace, name, str(version))

    def finish(self, status: Status) -> None:
        if status != "finished":
            self._experiment.add_tag(status)
        self._experiment.end()
