"""Log to Eventide through the interface of all loggers.

Invariant: whatever is logged here is the run's own, as if it had been logged with `eventide`; the run can be used beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventide.loggers.methods import Methods
from eventide.loggers.watching import watch
from eventide.sdk.session import init

if TYPE_CHECKING:
    from eventide.loggers.interface import Status, StrPath
    from eventide.sdk.media import kinds
    from eventide.sdk.run import Run


class EventideLogger(Methods):
    """A run of Eventide as a logger."""

    def __init__(self, run: Run | None = None, **how: Any) -> None:
        """Log to a run, or begin one.

        Args:
            run: a run that has begun; finishing it is then up to its owner.
            **how: as in `eventide.init`, when no run is given.

        Raises:
            InvalidName, InvalidSetting, StoreUnwritable: see `eventide.init`.
        """
        self._owned = run is None
        self.run = init(**how) if run is None else run

    def __repr__(self) -> str:
        return f"EventideLogger({self.run.id!r})"

    def log(self, data: Mapping[str, Any], step: int | None = None) -> None:
        """Log a row; see `Run.log`."""
        self.run.log(data, step)

    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Log several numbers of one step."""
        self.run.log(metrics, step)

    send_metrics = log_metrics

    def log_texts(self, texts: Mapping[str, str], step: int | None) -> None:
        """Log texts of one step."""
        self.run.log(texts, step)

    def log_others(self, others: Mapping[str, Any], step: int | None) -> None:
        """Log values of any kind."""
        self.run.log(others, step)

    def log_media(self, media: Sequence[tuple[str, kinds.Media]], step: int | None) -> None:
        """Log media of one step."""
        several: dict[str, list[kinds.Media]] = {}
        for key, medium in media:
            several.setdefault(key, []).append(medium)
        self.run.log(several, step)

    def log_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Record parameters; nested dicts are trees."""
        self.run.config.update(dict(parameters))

    def log_artifact(
        self,
        path: StrPath,
        name: str | None = None,
        type: str | None = None,  # noqa: A002
        *,
        aliases: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
    ) -> str:
        """Keep a file or folder as the next version of a name; return `project/name:v3`."""
        return self.run.log_artifact(path, name, type, aliases=aliases, metadata=metadata).selector

    def download_artifact(self, name: str, version: str | int | None = None, save_path: StrPath | None = None) -> Path:
        """Bring a version of an artifact here; return where it lies."""
        return Path(self.run.use_artifact(selector(name, version)).download(save_path))

    def delete_artifact(self, name: str, version: str | int) -> None:
        """Remove a version of an artifact."""
        self.run.use_artifact(selector(name, version)).delete()

    def get_experiment(self) -> Run:
        """Return the run."""
        return self.run

    def watch(self, model: Any, every_n_steps: int = 100) -> None:
        """Log norms of a torch model's parameters and gradients every so many backward passes."""
        watch(model, self.log_metrics, every_n_steps)

    def flush(self) -> None:
        """Return when everything logged so far is kept."""
        self.run.flush()

    def finish(self, status: Status = "finished") -> None:
        """End the run, when it was begun here."""
        if self._owned:
            self.run.finish(status)


def selector(name: str, version: str | int | None) -> str:
    """Return how a version is asked for: `name:v3`, `name:latest`; 3, "3" and "v3" are one version."""
    if ":" in name and version is None:
        return name
    if version is None:
        return f"{name}:latest"
    text = str(version)
    return f"{name}:{f'v{text}' if text.isdigit() else text}"
