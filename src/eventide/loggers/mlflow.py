"""Log to MLflow, a server or a database on this machine, and to Eventide.

The address comes from MLFLOW_TRACKING_URI unless it is given; credentials are MLflow's own affair. Calls go through a client of our own, so
that no active run of the script is touched.
"""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventide._optional import require
from eventide.loggers.vendor import Medium, Vendor, begun, local_logger

if TYPE_CHECKING:
    from eventide.loggers.interface import Status
    from eventide.loggers.local import EventideLogger

_STATUSES = {"finished": "FINISHED", "failed": "FAILED", "killed": "KILLED"}
_ARTIFACTS = "artifacts"
_MAX_VALUE = 6000
"""Characters of a parameter that MLflow takes."""


class MLflowLogger(Vendor):
    """A run of MLflow as a logger."""

    def __init__(
        self,
        experiment_name: str = "Default",
        *,
        tracking_uri: str | None = None,
        run_name: str | None = None,
        tags: Mapping[str, str] | None = None,
        artifact_location: str | None = None,
        keep: bool | EventideLogger = True,
    ) -> None:
        """Begin a run.

        Args:
            experiment_name: the experiment there, the project here.
            tracking_uri: such as `sqlite:///mlflow.db`; default what MLflow is told by the environment.
            run_name: shown to people.
            tags: texts by name.
            artifact_location: where a new experiment keeps files; default what MLflow chooses.
            keep: whether the run is kept in Eventide too; or the logger of a run that is there.

        Raises:
            MissingExtra: mlflow is not installed.
        """
        mlflow: Any = require("mlflow", "mlflow")
        tracking: Any = require("mlflow.tracking", "mlflow")
        self.run_id = ""

        def begin() -> tuple[_MLflow, Any]:
            client = tracking.MlflowClient(tracking_uri=tracking_uri)
            found = client.get_experiment_by_name(experiment_name)
            experiment_id = (
                found.experiment_id
                if found
                else client.create_experiment(experiment_name, artifact_location=artifact_location)
            )
            self.run_id = client.create_run(experiment_id, run_name=run_name, tags=dict(tags or {})).info.run_id
            return _MLflow(mlflow, client, self.run_id), client

        self.ties = begun("mlflow", begin, lambda: local_logger(keep, project=_label(experiment_name), name=run_name))

    def __repr__(self) -> str:
        return f"MLflowLogger({self.run_id!r})"


class _MLflow:
    """The SDK's calls."""

    def __init__(self, mlflow: Any, client: Any, run_id: str) -> None:
        self._entities: Any = mlflow.entities
        self._client = client
        self._run_id = run_id

    def metrics(self, metrics: Mapping[str, float], step: int | None) -> None:
        import time  # noqa: PLC0415

        now_ms = int(time.time() * 1000)
        rows = [self._entities.Metric(_key(key), float(value), now_ms, step or 0) for key, value in metrics.items()]
        for start in range(0, len(rows), 1000):
            self._client.log_batch(self._run_id, metrics=rows[start : start + 1000])

    def parameters(self, parameters: Mapping[str, Any]) -> None:
        for path, value in _leaves(parameters):
            self._client.log_param(self._run_id, _key(path), str(value)[:_MAX_VALUE])

    def texts(self, texts: Mapping[str, str], step: int | None) -> None:
        for key, text in texts.items():
            self._client.log_text(self._run_id, text, self._place(key, step, "txt"))

    def medium(self, medium: Medium, step: int | None, folder: Path) -> None:
        ending = medium.format.rpartition(".")[2]
        place = self._place(medium.key, step, ending)
        if medium.kind in ("text", "html"):
            self._client.log_text(self._run_id, medium.data.decode(), place)
            return
        if medium.kind == "table" and ending == "json":
            import orjson  # noqa: PLC0415 - only for tables

            content = orjson.loads(medium.data)
            medium = medium._replace(data=orjson.dumps({"columns": content["columns"], "data": content["rows"]}))
        written = medium.file(folder)
        named = written.with_name(place.rpartition("/")[2])
        written.replace(named)
        self._client.log_artifact(self._run_id, str(named), place.rpartition("/")[0] or None)
        named.unlink(missing_ok=True)

    @staticmethod
    def _place(key: str, step: int | None, ending: str) -> str:
        at = "" if step is None else f"-{step:08d}"
        return f"{_key(key)}{at}.{ending}"

    def artifact(self, path: Path, name: str, type: str, aliases: Sequence[str], metadata: Mapping[str, Any]) -> None:  # noqa: A002
        taken = {
            file.path.rpartition("/")[2]
            for file in self._client.list_artifacts(self._run_id, f"{_ARTIFACTS}/{_key(name)}")
        }
        place = f"{_ARTIFACTS}/{_key(name)}/v{len([entry for entry in taken if entry.startswith('v')])}"
        if path.is_dir():
            self._client.log_artifacts(self._run_id, str(path), place)
        else:
            self._client.log_artifact(self._run_id, str(path), place)
        self._client.set_tag(
            self._run_id,
            f"artifact.{_key(name)}",
            f"{place} {type} {' '.join(aliases)} {dict(metadata) or ''}".strip()[:5000],
        )

    def download(self, name: str, version: str | int | None, folder: Path) -> Path:
        place = f"{_ARTIFACTS}/{_key(name)}"
        found = sorted(
            (file.path.rpartition("/")[2] for file in self._client.list_artifacts(self._run_id, place)),
            key=lambda v: int(v[1:]),
        )
        wanted = found[-1] if version in (None, "latest") else f"v{str(version).removeprefix('v')}"
        folder.mkdir(parents=True, exist_ok=True)
        return Path(self._client.download_artifacts(self._run_id, f"{place}/{wanted}", str(folder)))

    def delete(self, name: str, version: str | int) -> None:
        place = f"{_ARTIFACTS}/{_key(name)}/v{str(version).removeprefix('v')}"
        root = self._client.get_run(self._run_id).info.artifact_uri
        if root.startswith("file:") or "://" not in root:
            shutil.rmtree(Path(root.removeprefix("file://")) / place)
            return
        repository: Any = require("mlflow.store.artifact.artifact_repository_registry", "mlflow")
        repository.get_artifact_repository(root).delete_artifacts(place)

    def finish(self, status: Status) -> None:
        self._client.set_terminated(self._run_id, _STATUSES[status])


def _key(key: str) -> str:
    """Return a key as MLflow takes it: letters, digits, `_ - . / :` and spaces, with nothing that leads out of its folder."""
    clean = "".join(char if char.isalnum() or char in "_-./ :" else "_" for char in key)
    parts = [part for part in clean.split("/") if part not in ("", ".", "..")]
    return "/".join(parts)[:250] or "_"


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, value in tree.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            found += _leaves(value, f"{path}.")
        else:
            found.append((path, value))
    return found


def _label(name: str) -> str:
    """Return an experiment's name as a project."""
    clean = "".join(char if char.isprintable() and char not in "/\\" else "-" for char in name).strip(" .-")
    return clean[:100] or "default"


def is_number(value: Any) -> bool:
    """Tell whether MLflow takes a value as a metric."""
    return isinstance(value, (int, float)) and not (isinstance(value, float) and math.isinf(value))


def tracking_uri() -> str | None:
    """Return the address the environment names."""
    return os.environ.get("MLFLOW_TRACKING_URI")
