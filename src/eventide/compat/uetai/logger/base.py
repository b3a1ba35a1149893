"""What the loggers of uetai have in common: the calls of `eventide.loggers` under uetai's names and in its order.

Invariant: what a call cannot take is refused before anything of it is logged.
"""

from __future__ import annotations

import json
import os
import re
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import eventide
from eventide.errors import InvalidKey, InvalidValue
from eventide.loggers.interface import as_number
from eventide.sdk.media import files, tables

if TYPE_CHECKING:
    from eventide.loggers.interface import Status
    from eventide.loggers.vendor import Vendor

_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff")
_NUMBERED = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


class UnsupportedData(InvalidValue, ValueError):
    """Data uetai's `log` takes no part of; uetai raises ValueError."""


class Sorted(NamedTuple):
    """What one `log` was given, told apart."""

    metrics: dict[str, float]
    media: list[tuple[str, Any]]
    """Key and medium of Eventide."""


class UetaiLoggerBase:
    """Base of the loggers: everything but how a dashboard is begun."""

    logger: Vendor
    """The logger of `eventide.loggers` that does the work."""
    project_name: str | None

    @property
    def experiment(self) -> Any:
        """The SDK's own object."""
        return self.logger.get_experiment()

    def get_experiment(self) -> Any:
        """Return the SDK's own object."""
        return self.experiment

    @property
    def name(self) -> str | None:
        """The name of the run."""
        return None if self.logger.run is None else str(self.logger.run.name)

    @property
    def save_dir(self) -> str | None:
        """The folder where the run is kept here."""
        folder = None if self.logger.run is None else self.logger.run.dir
        return None if folder is None else str(folder)

    # ── logging ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def log(self, data: Any, step: int | None = None, **_: Any) -> None:
        """Log anything: a dict of metrics, pictures, tables and texts; a text; the path of a picture or table; a set of those.

        Raises:
            UnsupportedData: something in it cannot be logged; nothing of it is.
            InvalidKey: a key is no text.
        """
        found = told_apart(data)
        if found.metrics:
            self.logger.log_metrics(found.metrics, step)
        if found.media:
            self.logger.log_media(found.media, step)

    def log_metric(self, metric_name: str, metric_value: Any, step: int | None = None) -> None:
        """Log one number."""
        self.logger.log_metric(metric_name, metric_value, step)

    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Log several numbers of one step."""
        self.logger.log_metrics(metrics, step)

    def log_parameters(self, params: Any, *_: Any, **__: Any) -> None:
        """Record parameters: a dict or the Namespace of argparse."""
        self.logger.log_parameters(vars(params) if isinstance(params, Namespace) else params)

    def log_image(self, image_data: Any, name: str | None = None, step: int | None = None, **about: Any) -> None:
        """Log a picture: an array, tensor, Pillow image or path."""
        self.logger.log_image(name or "image", image_data, step, caption=str(about.get("caption") or ""))

    def log_images(self, image_data: list[Any], name: str, step: int | None = None, **about: Any) -> None:
        """Log several pictures under one name; `caption` is a list as long."""
        if not isinstance(image_data, list):
            raise UnsupportedData(f"log_images takes a list, not a {type(image_data).__name__}")
        for key, values in about.items():
            if len(values) != len(image_data):
                raise UnsupportedData(f"{len(image_data)} pictures and {len(values)} of `{key:.60}`")
        captions = about.get("caption") or [""] * len(image_data)
        pictures = [picture(one, str(caption)) for one, caption in zip(image_data, captions, strict=True)]
        self.logger.log_media([(name, one) for one in pictures], step)

    def log_html(self, html: str, clear: bool = False) -> None:  # noqa: ARG002 - every version is kept
        """Log a page."""
        self.logger.log_html("html", html)

    def log_audio(self, audio_data: Any, sample_rate: int | None = None, name: str = "audio", step: Any = None) -> None:
        """Log a sound: samples, or a path."""
        self.logger.log_audio(name, audio_data, sample_rate, step)

    def log_video(self, video: Any, name: str = "video", step: int | None = None) -> None:
        """Log a film: frames, or a path."""
        self.logger.log_video(name, video, step=step)

    def log_graph(self, graph: Any, name: str = "graph", step: int | None = None) -> None:
        """Log a graph: a torch module, or anything `eventide.Graph` takes."""
        self.logger.log_graph(name, graph, step)

    def log_histogram_3d(
        self, values: Any, step: int | None = None, metadata: Any = None, *, name: str = "histogram"
    ) -> None:
        """Log how values are spread."""
        self.logger.log_media([(name, eventide.Histogram(values, caption=described(metadata)))], step)

    # ── artifacts ───────────────────────────────────────────────────────────────────────────────────────────────────

    def download_artifact(
        self, artifact_name: str, artifact_version: float | str | None = None, save_path: str | None = None
    ) -> str:
        """Bring a version of an artifact here; return where it lies. Version `2.0.0` is the second, and so is `0.1`."""
        return str(self.logger.download_artifact(artifact_name, version_of(artifact_version), save_path))

    def delete_artifact(self, artifact_name: str, artifact_version: float | str) -> None:
        """Remove a version of an artifact."""
        self.logger.delete_artifact(artifact_name, version_of(artifact_version) or "latest")

    # ── the end ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def finish(self, status: Status = "finished") -> None:
        """End the run, here and at the dashboard."""
        self.logger.finish(status)

    end = finish

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.logger.__exit__(*problem)


def told_apart(data: Any) -> Sorted:
    """Tell apart what `log` was given; raises UnsupportedData, InvalidKey."""
    metrics: dict[str, float] = {}
    media: list[tuple[str, Any]] = []
    if not isinstance(data, Mapping):
        several = data if isinstance(data, (set, frozenset)) else [data]
        return Sorted(metrics, [_alone(one) for one in several])
    if not data:
        raise UnsupportedData("an empty dict was logged", hint='logger.log({"loss": 0.5})')
    for key, value in data.items():
        if not isinstance(key, str) or not key:
            raise InvalidKey(f"a key is a text, not {key!r:.60}", hint='logger.log({"loss": 0.5})')
        number = as_number(value)
        if number is not None:
            metrics[key] = number
        else:
            media.append(_named(key, value))
    return Sorted(metrics, media)


def _alone(value: Any) -> tuple[str, Any]:
    """Return key and medium of something logged without a key."""
    if isinstance(value, (str, os.PathLike)):
        text = os.fspath(value)
        if is_file(text, _PICTURES):
            return "image", eventide.Image(Path(text))
        if is_file(text, (".csv", ".tsv")):
            return "table", table_of(text)
        return "text", eventide.Text(text)
    if tables.is_frame(value):
        return "table", eventide.Table(value)
    return "image", picture(value)


def _named(key: str, value: Any) -> tuple[str, Any]:
    """Return key and medium of a value of a dict. A dict is what describes a text, which is the key."""
    if isinstance(value, Mapping):
        return "text", eventide.Text(key, described(value))
    if isinstance(value, (str, os.PathLike)) or tables.is_frame(value):
        return key, _alone(value)[1]
    return key, picture(value)


def picture(value: Any, caption: str = "") -> Any:
    """Return a value as a medium, a picture where it is an array; raises UnsupportedData for what is none."""
    if isinstance(value, eventide.Image) and caption:
        value.caption = caption
    if hasattr(value, "encode") and hasattr(value, "held"):
        return value
    if isinstance(value, str):
        return eventide.Image(Path(value), caption)
    try:
        return eventide.Image(value, caption)
    except InvalidValue as error:
        from eventide.loggers.methods import picture as drawn  # noqa: PLC0415 - figures, and what is none of ours

        try:
            return drawn(value, caption)
        except InvalidValue:
            raise UnsupportedData(f"a {type(value).__name__} cannot be logged: {error.message}") from None


def is_file(text: str, endings: tuple[str, ...]) -> bool:
    """Tell whether a text is the path of a file of some kind that is there; a long text is no path."""
    try:
        return text.lower().endswith(endings) and os.path.isfile(text)  # noqa: PTH113 - texts throughout
    except (OSError, ValueError):
        return False


def table_of(path: str) -> Any:
    """Return a CSV or TSV file as a table."""
    import pandas as pd  # noqa: PLC0415 - only for tables

    return eventide.Table(pd.read_csv(path, sep="\t" if path.lower().endswith(".tsv") else ","), caption=path)


def described(metadata: Any) -> str:
    """Return metadata as a caption."""
    return "" if not metadata else metadata if isinstance(metadata, str) else json.dumps(metadata, default=str)


def version_of(version: float | str | None) -> str | int | None:
    """Return a version of Comet's or uetai's spelling as Eventide counts: `3.0.0` is the third, v2; `0.1` is v1."""
    found = _NUMBERED.fullmatch(str(version))
    if version is None or found is None:
        return None if version is None else str(version)
    major, minor = int(found[1]), int(found[2])
    return major - 1 if major else minor


def checked_path(path: str | os.PathLike[str]) -> Path:
    """Return a path that is there; raises FileNotFoundError, as uetai does."""
    place = Path(path)
    if not place.exists():
        raise FileNotFoundError(f"`{path!s:.200}` does not exist")
    return place


def pictures_in(folder: Path) -> list[Path]:
    """Return the pictures in a folder, by name."""
    return [path for path in sorted(folder.iterdir()) if files.kind_of(str(path)) == "image"]
