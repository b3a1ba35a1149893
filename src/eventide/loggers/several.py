"""Several loggers as one.

Invariant: every logger gets every call, whatever the others do; what one of them raises is counted and said once, and goes no further,
unless it is the caller's own mistake.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from eventide.errors import EventideWarning, InvalidSetting, Misuse

if TYPE_CHECKING:
    from eventide.loggers.interface import Logger, Status, StrPath


class MultiLogger:
    """Loggers that are told the same."""

    def __init__(self, loggers: Iterable[Logger]) -> None:
        """Put loggers together; raises InvalidSetting when there are none."""
        self.loggers: Sequence[Logger] = tuple(loggers)
        if not self.loggers:
            raise InvalidSetting("a MultiLogger needs loggers", hint="MultiLogger([EventideLogger(), WandbLogger()])")
        self.failures: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"MultiLogger({list(self.loggers)!r})"

    def _each(self, method: str, /, *args: Any, **named: Any) -> list[Any]:
        """Call a method of every logger; raise the caller's own mistake, once all were called."""
        answers, mistake = [], None
        for logger in self.loggers:
            try:
                answers.append(getattr(logger, method)(*args, **named))
            except Misuse as error:
                mistake = error
            except Exception as error:  # noqa: BLE001 - one failing never stops the others, or training
                self._failed(type(logger).__name__, method, error)
        if mistake is not None:
            raise mistake
        return answers

    def _failed(self, name: str, method: str, error: Exception) -> None:
        first = name not in self.failures
        self.failures[name] = self.failures.get(name, 0) + 1
        if first:
            with contextlib.suppress(Exception):  # warnings may be errors
                text = f"{name}.{method}: {type(error).__name__}: {error!s:.300}; the others go on"
                warnings.warn(text, EventideWarning, stacklevel=4)

    def log(self, data: Mapping[str, Any], step: int | None = None) -> None:
        """Log metrics, media and texts, each as what it is."""
        self._each("log", data, step)

    def log_metric(self, name: str, value: Any, step: int | None = None) -> None:
        """Log one number."""
        self._each("log_metric", name, value, step)

    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Log several numbers of one step."""
        self._each("log_metrics", metrics, step)

    def log_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Record parameters; nested dicts are trees."""
        self._each("log_parameters", parameters)

    def log_text(self, key: str, text: str, step: int | None = None) -> None:
        """Log a text."""
        self._each("log_text", key, text, step)

    def log_image(self, key: str, image: Any, step: int | None = None, *, caption: str = "") -> None:
        """Log a picture."""
        self._each("log_image", key, image, step, caption=caption)

    def log_audio(self, key: str, audio: Any, sample_rate_hz: int | None = None, step: int | None = None) -> None:
        """Log a sound."""
        self._each("log_audio", key, audio, sample_rate_hz, step)

    def log_video(self, key: str, video: Any, fps: float | None = None, step: int | None = None) -> None:
        """Log a film."""
        self._each("log_video", key, video, fps, step)

    def log_graph(self, key: str, graph: Any, step: int | None = None) -> None:
        """Log a graph."""
        self._each("log_graph", key, graph, step)

    def log_table(self, key: str, data: Any, columns: Iterable[str] | None = None, step: int | None = None) -> None:
        """Log a table."""
        self._each("log_table", key, data, None if columns is None else list(columns), step)

    def log_histogram(self, key: str, values: Any, step: int | None = None) -> None:
        """Log how values are spread."""
        self._each("log_histogram", key, values, step)

    def log_html(self, key: str, html: str, step: int | None = None) -> None:
        """Log a page."""
        self._each("log_html", key, html, step)

    def log_artifact(
        self,
        path: StrPath,
        name: str | None = None,
        type: str | None = None,  # noqa: A002
        *,
        aliases: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
    ) -> str:
        """Keep a file or folder everywhere; return what the first logger calls it."""
        answers = self._each("log_artifact", path, name, type, aliases=tuple(aliases), metadata=metadata)
        return str(answers[0]) if answers else name or Path(path).name

    def download_artifact(self, name: str, version: str | int | None = None, save_path: StrPath | None = None) -> Path:
        """Bring a version of an artifact here, from the first logger that has it; raises what the last one raised when none has."""
        problem: Exception | None = None
        for logger in self.loggers:
            try:
                return logger.download_artifact(name, version, save_path)
            except Exception as error:  # noqa: BLE001 - the next one may have it
                problem = error
        raise problem or InvalidSetting("there are no loggers")

    def delete_artifact(self, name: str, version: str | int) -> None:
        """Remove a version of an artifact everywhere."""
        self._each("delete_artifact", name, version)

    def get_experiment(self) -> list[Any]:
        """Return the native objects, in the order of the loggers."""
        return self._each("get_experiment")

    def watch(self, model: Any, every_n_steps: int = 100) -> None:
        """Log norms of a torch model's parameters and gradients every so many backward passes."""
        self._each("watch", model, every_n_steps)

    def flush(self) -> None:
        """Return when everything logged so far is with all back ends."""
        self._each("flush")

    def finish(self, status: Status = "finished") -> None:
        """End all runs, and say what failed."""
        self._each("finish", status)
        if self.failures:
            told = ", ".join(f"{count} x {name}" for name, count in self.failures.items())
            with contextlib.suppress(Exception):
                warnings.warn(f"calls that failed: {told}", EventideWarning, stacklevel=2)
            self.failures = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        killed = kind is not None and issubclass(kind, KeyboardInterrupt)
        self.finish("finished" if kind is None else "killed" if killed else "failed")
