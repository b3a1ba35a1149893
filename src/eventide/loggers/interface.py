"""What a logger can do, and how `log(data)` tells metrics, media and texts apart.

Invariant: every logger takes the same calls with the same arguments, so that one can stand for another.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, Self

from eventide.errors import InvalidKey, InvalidValue
from eventide.sdk.media import kinds
from eventide.sdk.media.recognise import sift
from eventide.sdk.values import type_name

Status = Literal["finished", "failed", "killed"]
StrPath = str | os.PathLike[str]


class Logger(Protocol):
    """Somewhere to log to. Calls that log return None; a logger's own failures raise nothing."""

    def log(self, data: Mapping[str, Any], step: int | None = None) -> None:
        """Log metrics, media and texts, each as what it is."""

    def log_metric(self, name: str, value: Any, step: int | None = None) -> None:
        """Log one number."""

    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Log several numbers of one step."""

    def log_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Record parameters; nested dicts are trees."""

    def log_text(self, key: str, text: str, step: int | None = None) -> None:
        """Log a text."""

    def log_image(self, key: str, image: Any, step: int | None = None, *, caption: str = "") -> None:
        """Log a picture: an array, tensor, Pillow image, figure, path, or `eventide.Image`."""

    def log_audio(self, key: str, audio: Any, sample_rate_hz: int | None = None, step: int | None = None) -> None:
        """Log a sound: an array, a path, or `eventide.Audio`."""

    def log_video(self, key: str, video: Any, fps: float | None = None, step: int | None = None) -> None:
        """Log a film: an array of frames, a path, or `eventide.Video`."""

    def log_graph(self, key: str, graph: Any, step: int | None = None) -> None:
        """Log a graph: a torch module, a NetworkX graph, Graphviz text, or edges."""

    def log_table(self, key: str, data: Any, columns: Iterable[str] | None = None, step: int | None = None) -> None:
        """Log a table: a DataFrame, rows, or a dict of columns."""

    def log_histogram(self, key: str, values: Any, step: int | None = None) -> None:
        """Log how values are spread."""

    def log_html(self, key: str, html: str, step: int | None = None) -> None:
        """Log a page."""

    def log_artifact(
        self,
        path: StrPath,
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - the name users know
        *,
        aliases: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
    ) -> str:
        """Keep a file or folder as the next version of a name; return what it can be asked for by."""
        ...

    def download_artifact(self, name: str, version: str | int | None = None, save_path: StrPath | None = None) -> Path:
        """Bring a version of an artifact here; return where it lies."""
        ...

    def delete_artifact(self, name: str, version: str | int) -> None:
        """Remove a version of an artifact."""

    def get_experiment(self) -> Any:
        """Return the back end's own object, for what this interface does not have."""
        ...

    def watch(self, model: Any, every_n_steps: int = 100) -> None:
        """Log norms of a torch model's parameters and gradients every so many backward passes."""

    def flush(self) -> None:
        """Return when everything logged so far is with the back end."""

    def finish(self, status: Status = "finished") -> None:
        """End the run there; calling again does nothing."""

    def __enter__(self) -> Self:
        """Return the logger."""
        ...

    def __exit__(self, *problem: object) -> None:
        """End the run, failed when there is an exception."""


class Sorted(NamedTuple):
    """The parts of what `log` was given."""

    metrics: dict[str, float]
    texts: dict[str, str]
    media: list[tuple[str, kinds.Media]]
    others: dict[str, Any]
    """What is none of these: lists, dicts, None."""


def sort(data: Mapping[str, Any]) -> Sorted:
    """Tell numbers, texts and media of a dict apart; raises InvalidKey, InvalidValue for the caller's own mistakes."""
    if not isinstance(data, Mapping):
        raise InvalidValue(f"a logger logs dicts, not a {type_name(data)}", hint='logger.log({"loss": 0.5})')
    for key in data:
        if type(key) is not str or not key:
            raise InvalidKey(f"a key is a text, not {key!r:.60}", hint='logger.log({"loss": 0.5})')
    rest, found = sift(data)
    media = [(key, medium) for key, several in found for medium in several]
    metrics: dict[str, float] = {}
    texts: dict[str, str] = {}
    others: dict[str, Any] = {}
    for key, value in rest.items():
        if isinstance(value, str):
            texts[key] = value
        elif (number := as_number(value)) is not None:
            metrics[key] = number
        else:
            others[key] = value
    return Sorted(metrics, texts, media, others)


def as_number(value: Any) -> float | None:
    """Return a number as a vendor takes it: also of numpy, torch and jax scalars; None for what is none."""
    kind = type(value)
    if kind is float or kind is int or kind is bool:
        return value if kind is not int or -(1 << 53) <= value <= 1 << 53 else float(value)
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        try:
            item = (value.detach() if hasattr(value, "detach") else value).item()
        except (TypeError, ValueError, RuntimeError):
            return None
        return as_number(item) if type(item) in (int, float, bool) else None
    if hasattr(value, "__float__") and not isinstance(value, (str, bytes)) and not hasattr(value, "__len__"):
        try:
            return float(value)
        except (TypeError, ValueError):
            return None
    return None


def made(kind: type[kinds.Media], value: Any, *args: Any, **named: Any) -> kinds.Media:
    """Return a value as a medium of a kind; one that is a medium already stays what it is."""
    return value if isinstance(value, kinds.Media) else kind(value, *args, **named)
