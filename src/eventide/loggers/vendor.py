"""What the loggers of vendors share: the run in Eventide beside, the line to the SDK, encoded media.

Stateless: `Vendor` works on the `Ties` that a class makes. Invariant: Eventide is told first, in the caller's thread, so that it has
what the vendor may lose.
"""

from __future__ import annotations

import operator
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

from eventide.errors import EventideError, InvalidStep, ObjectNotFound, RunFinished
from eventide.loggers.line import Line
from eventide.loggers.local import EventideLogger, selector
from eventide.loggers.methods import Methods, numbers
from eventide.loggers.watching import watch

if TYPE_CHECKING:
    from eventide.loggers.interface import Status, StrPath
    from eventide.sdk.media import kinds


class Medium(NamedTuple):
    """A medium as a vendor gets it."""

    key: str
    kind: str
    """`image`, `audio`, `video`, `text`, `table`, `histogram`, `figure`, `html`, `graph`, or `file`."""
    caption: str
    data: bytes
    format: str
    fields: dict[str, Any]
    original: kinds.Media

    def file(self, folder: Path) -> Path:
        """Write it into a folder and return where."""
        name = "".join(char if char.isalnum() or char in "-_." else "_" for char in self.key).strip(".") or "medium"
        path = folder / f"{name}.{self.format.rpartition('.')[2]}"
        path.write_bytes(self.data)
        return path


class Backend(Protocol):
    """What a vendor's SDK has to be able to do; every call may raise."""

    def metrics(self, metrics: Mapping[str, float], step: int | None) -> None:
        """Log numbers."""

    def parameters(self, parameters: Mapping[str, Any]) -> None:
        """Record parameters."""

    def texts(self, texts: Mapping[str, str], step: int | None) -> None:
        """Log short texts."""

    def medium(self, medium: Medium, step: int | None, folder: Path) -> None:
        """Log a medium; `folder` is there until the run ends."""

    def artifact(self, path: Path, name: str, type: str, aliases: Sequence[str], metadata: Mapping[str, Any]) -> None:  # noqa: A002
        """Keep a file or folder."""

    def download(self, name: str, version: str | int | None, folder: Path) -> Path:
        """Bring an artifact into a folder."""
        ...

    def delete(self, name: str, version: str | int) -> None:
        """Remove a version of an artifact."""

    def finish(self, status: Status) -> None:
        """End the run."""


@dataclass
class Ties:
    """What one logger of a vendor is tied to."""

    vendor: str
    backend: Backend
    native: Any
    local: EventideLogger | None
    line: Line = field(init=False)
    folder: Path = field(init=False)
    """For files on their way to the vendor; removed with the logger."""
    finished: bool = False
    cleanup: Any = field(init=False)

    def __post_init__(self) -> None:
        self.line = Line(self.vendor)
        self.folder = Path(tempfile.mkdtemp(prefix=f"eventide-{self.vendor}-"))
        self.cleanup = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    def checked(self, step: Any) -> int | None:
        """Return a step as an int.

        Raises:
            InvalidStep: it is none, or negative.
            RunFinished: the logger is finished.
        """
        if self.finished:
            raise RunFinished(f"the {self.vendor} logger is finished", hint="make another logger")
        if step is None:
            return None
        try:
            number = -1 if isinstance(step, bool) else operator.index(step)
        except TypeError:
            number = -1
        if number < 0:
            raise InvalidStep(f"a step is an integer of 0 or more, not {step!r:.60}", hint="step=int(step)")
        return number


class Nowhere:
    """Stands for an SDK that could not begin: it takes everything and keeps nothing, for Eventide has it."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None


def begun(vendor: str, begin: Callable[[], tuple[Backend, Any]], keep: Callable[[], EventideLogger | None]) -> Ties:
    """Return what a logger is tied to. An SDK that cannot begin (no key, no network) is said, and training goes on with the run kept here.

    Raises:
        Exception: what the SDK raised, when no run is kept here that would have everything.
    """
    try:
        backend, native = begin()
    except Exception as error:
        local = keep()
        if local is None:
            raise
        ties = Ties(vendor, cast("Backend", Nowhere()), None, local)
        ties.line.failed("start", error)
        return ties
    return Ties(vendor, backend, native, keep())


class Vendor(Methods):
    """The calls of a vendor's logger, in terms of its `Ties`."""

    ties: Ties

    @property
    def run(self) -> Any:
        """The run in Eventide; None when it keeps none."""
        return None if self.ties.local is None else self.ties.local.run

    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Log several numbers of one step; raises InvalidKey, InvalidValue for the caller's own mistakes."""
        self.send_metrics(numbers(metrics), step)

    def send_metrics(self, metrics: dict[str, float], step: int | None) -> None:
        """Log numbers that were checked; the dict is given away."""
        ties = self.ties
        if ties.local is not None:
            ties.local.run.log(metrics, step)
        elif ties.finished or (step is not None and not (type(step) is int and step >= 0)):
            step = ties.checked(step)
        ties.line.put("metrics", partial(ties.backend.metrics, metrics, step))

    def log_texts(self, texts: Mapping[str, str], step: int | None) -> None:
        """Log texts of one step."""
        step = self.ties.checked(step)
        if self.ties.local is not None:
            self.ties.local.log_texts(texts, step)
        backend, kept = self.ties.backend, dict(texts)
        self.ties.line.put("text", lambda: backend.texts(kept, step))

    def log_others(self, others: Mapping[str, Any], step: int | None) -> None:
        """Log values that are neither number nor text nor medium: as themselves in Eventide, as text at the vendor."""
        step = self.ties.checked(step)
        if self.ties.local is not None:
            self.ties.local.log_others(others, step)
        backend, kept = self.ties.backend, {key: str(value) for key, value in others.items() if value is not None}
        if kept:
            self.ties.line.put("text", lambda: backend.texts(kept, step))

    def log_media(self, media: Sequence[tuple[str, kinds.Media]], step: int | None) -> None:
        """Log media of one step; they are encoded beside training."""
        step = self.ties.checked(step)
        if self.ties.local is not None:
            self.ties.local.log_media(media, step)
        ties = self.ties
        for key, medium in media:
            held = medium.held()

            def send(key: str = key, held: kinds.Media = held) -> None:
                ties.backend.medium(_encoded(key, held), step, ties.folder)

            ties.line.put(medium.type or "media", send)

    def log_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Record parameters; nested dicts are trees."""
        self.ties.checked(None)
        if self.ties.local is not None:
            self.ties.local.log_parameters(parameters)
        backend, kept = self.ties.backend, dict(parameters)
        self.ties.line.put("parameters", lambda: backend.parameters(kept))

    def log_artifact(
        self,
        path: StrPath,
        name: str | None = None,
        type: str | None = None,  # noqa: A002
        *,
        aliases: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
    ) -> str:
        """Keep a file or folder as the next version of a name, here and at the vendor; return what Eventide calls it."""
        place, given = Path(path).absolute(), tuple(aliases)
        if not place.exists():
            from eventide.errors import InvalidValue  # noqa: PLC0415 - the way to an error

            raise InvalidValue(f"there is no file or folder `{path}`")
        label = name or place.name
        if self.ties.local is not None:
            label = self.ties.local.log_artifact(path, name, type, aliases=given, metadata=metadata)
        backend = self.ties.backend
        self.ties.line.put(
            "artifact",
            lambda: backend.artifact(place, name or place.name, type or "artifact", given, dict(metadata or {})),
        )
        return label

    def download_artifact(self, name: str, version: str | int | None = None, save_path: StrPath | None = None) -> Path:
        """Bring a version of an artifact here: from the store where it is kept, else from the vendor."""
        if self.ties.local is not None:
            try:
                return self.ties.local.download_artifact(name, version, save_path)
            except EventideError:
                if self.ties.finished:
                    raise
        folder = Path(save_path) if save_path is not None else Path.cwd() / "artifacts" / name
        try:
            found: Path | None = self.ties.line.ask(lambda: self.ties.backend.download(name, version, folder))
        except Exception as error:
            said = (
                f"the artifact `{selector(name, version):.80}` is not here, and not to be had from {self.ties.vendor}"
            )
            raise ObjectNotFound(f"{said}: {type(error).__name__}: {error!s:.200}") from error
        if found is None:
            raise ObjectNotFound(f"the artifact `{selector(name, version):.80}` is not here")
        return found

    def delete_artifact(self, name: str, version: str | int) -> None:
        """Remove a version of an artifact, here and at the vendor."""
        if self.ties.local is not None:
            self.ties.local.delete_artifact(name, version)
        backend = self.ties.backend
        self.ties.line.put("deletion", lambda: backend.delete(name, version))

    def get_experiment(self) -> Any:
        """Return the SDK's own object."""
        return self.ties.native

    def watch(self, model: Any, every_n_steps: int = 100) -> None:
        """Log norms of a torch model's parameters and gradients every so many backward passes."""
        watch(model, self.log_metrics, every_n_steps)

    def flush(self) -> None:
        """Return when everything logged so far is with the SDK."""
        if self.ties.local is not None:
            self.ties.local.flush()
        self.ties.line.flush()

    def finish(self, status: Status = "finished") -> None:
        """End the run, in Eventide and at the vendor; calling again does nothing."""
        if self.ties.finished:
            return
        self.ties.finished = True
        if self.ties.local is not None:
            self.ties.local.finish(status)
        self.ties.line.close(lambda: self.ties.backend.finish(status))
        self.ties.cleanup()


def _encoded(key: str, medium: kinds.Media) -> Medium:
    encoded = medium.encode(lambda _data: "")
    data = encoded.data if isinstance(encoded.data, bytes) else encoded.data.read()
    return Medium(key, medium.type, medium.caption, data, encoded.format, encoded.fields, medium)


def local_logger(keep: bool | EventideLogger, **how: Any) -> EventideLogger | None:
    """Return the logger of the run that is kept beside: one that is given, a new one, or none."""
    if isinstance(keep, EventideLogger):
        return keep
    return EventideLogger(**{name: value for name, value in how.items() if value is not None}) if keep else None
