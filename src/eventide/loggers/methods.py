"""The calls of a logger that come down to a few others; a class that has those gets the rest.

Stateless: every class brings `log_media`, `log_metrics`, `log_parameters`, `log_texts`, `finish` and what its back end needs.
Invariant: the caller's own mistakes raise here, before anything is logged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, Self

from eventide.errors import InvalidKey
from eventide.loggers.interface import Status, as_number, made, sort
from eventide.sdk.media import kinds


class Parts(Protocol):
    """What a class has to bring."""

    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Log several numbers of one step."""

    def send_metrics(self, metrics: dict[str, float], step: int | None) -> None:
        """Log numbers that were checked; the dict is given away."""

    def log_texts(self, texts: Mapping[str, str], step: int | None) -> None:
        """Log texts of one step."""

    def log_media(self, media: Sequence[tuple[str, kinds.Media]], step: int | None) -> None:
        """Log media of one step."""

    def log_others(self, others: Mapping[str, Any], step: int | None) -> None:
        """Log values that are neither number nor text nor medium."""

    def finish(self, status: Status = "finished") -> None:
        """End the run."""


class Methods:
    """The calls every logger has, in terms of `Parts`."""

    def log(self: Parts, data: Mapping[str, Any], step: int | None = None) -> None:
        """Log metrics, media and texts, each as what it is; raises InvalidKey, InvalidValue for the caller's own mistakes."""
        found = sort(data)
        if found.metrics:
            self.send_metrics(found.metrics, step)
        if found.texts:
            self.log_texts(found.texts, step)
        if found.others:
            self.log_others(found.others, step)
        if found.media:
            self.log_media(found.media, step)

    def log_metric(self: Parts, name: str, value: Any, step: int | None = None) -> None:
        """Log one number."""
        self.log_metrics({name: value}, step)

    def log_text(self: Parts, key: str, text: str, step: int | None = None) -> None:
        """Log a text."""
        self.log_media([(_checked(key), made(kinds.Text, text))], step)

    def log_image(self: Parts, key: str, image: Any, step: int | None = None, *, caption: str = "") -> None:
        """Log a picture: an array, tensor, Pillow image, figure, path, or `eventide.Image`."""
        self.log_media([(_checked(key), picture(image, caption))], step)

    def log_audio(
        self: Parts, key: str, audio: Any, sample_rate_hz: int | None = None, step: int | None = None
    ) -> None:
        """Log a sound: an array, a path, or `eventide.Audio`."""
        self.log_media([(_checked(key), made(kinds.Audio, audio, sample_rate_hz))], step)

    def log_video(self: Parts, key: str, video: Any, fps: float | None = None, step: int | None = None) -> None:
        """Log a film: an array of frames, a path, or `eventide.Video`."""
        speed = {} if fps is None else {"fps": fps}
        self.log_media([(_checked(key), made(kinds.Video, video, **speed))], step)

    def log_graph(self: Parts, key: str, graph: Any, step: int | None = None) -> None:
        """Log a graph: a torch module, a NetworkX graph, Graphviz text, or edges."""
        self.log_media([(_checked(key), made(kinds.Graph, graph))], step)

    def log_table(
        self: Parts, key: str, data: Any, columns: Iterable[str] | None = None, step: int | None = None
    ) -> None:
        """Log a table: a DataFrame, rows, or a dict of columns."""
        named = None if columns is None else list(columns)
        self.log_media([(_checked(key), made(kinds.Table, data, named))], step)

    def log_histogram(self: Parts, key: str, values: Any, step: int | None = None) -> None:
        """Log how values are spread."""
        self.log_media([(_checked(key), made(kinds.Histogram, values))], step)

    def log_html(self: Parts, key: str, html: str, step: int | None = None) -> None:
        """Log a page."""
        self.log_media([(_checked(key), made(kinds.Html, html))], step)

    def __enter__(self) -> Self:
        """Return the logger."""
        return self

    def __exit__(self: Parts, *problem: object) -> None:
        """End the run, failed when there is an exception."""
        kind = problem[0] if problem else None
        status: Status = "finished"
        if kind is not None:
            status = "killed" if isinstance(kind, type) and issubclass(kind, KeyboardInterrupt) else "failed"
        self.finish(status)


def picture(image: Any, caption: str = "") -> kinds.Media:
    """Return anything that can be looked at as a medium."""
    if isinstance(image, kinds.Media):
        return image
    from eventide.sdk.media import figures  # noqa: PLC0415 - only for pictures

    if figures.is_matplotlib(image) or figures.is_plotly(image):
        return kinds.Figure(image, caption=caption)
    return kinds.Image(image, caption=caption)


def numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Return metrics as numbers.

    Raises:
        InvalidKey: a key is no text.
        InvalidValue: a value is no number.
    """
    found = {}
    for key, value in metrics.items():
        number = as_number(value)
        if number is None:
            from eventide.errors import InvalidValue  # noqa: PLC0415 - the way to an error
            from eventide.sdk.values import type_name  # noqa: PLC0415

            raise InvalidValue(
                f"`{key!s:.60}` is a {type_name(value)}, not a number", hint="logger.log takes values of all kinds"
            )
        found[_checked(key)] = number
    return found


def _checked(key: Any) -> str:
    if not isinstance(key, str) or not key:
        raise InvalidKey(f"a key is a text, not {key!r:.60}", hint='logger.log_metric("loss", 0.5)')
    return key
