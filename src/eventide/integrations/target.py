"""Where a callback logs to: a run, a logger, the current run, or a run of its own.

Invariant: nothing raises out of here into training; what failed is counted, the first failure said at once, and all of them at the end.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from eventide._optional import require
from eventide.errors import EventideWarning, InvalidSetting, MissingExtra
from eventide.sdk.session import current, init
from eventide.sdk.values import type_name

if TYPE_CHECKING:
    import os

Status = Literal["finished", "failed", "killed"]
_MAX_TEXT_CHARS = 500


def library(module: str, package: str) -> Any:
    """Return an imported training library, which is the script's own rather than an extra of Eventide.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        return require(module, package)
    except MissingExtra as error:
        raise MissingExtra(error.message, hint=f"pip install {package}") from None


class Target:
    """What one callback logs to. It may be pickled when what it logs to may be; a run may."""

    def __init__(self, to: Any, library: str, project: str | None = None) -> None:
        """Log to a run or a logger; None is the current run when training begins, or one that is begun for it.

        Raises:
            InvalidSetting: it is neither.
        """
        if to is not None and (
            isinstance(to, type)
            or not (callable(getattr(to, "log", None)) and callable(getattr(to, "log_artifact", None)))
        ):
            raise InvalidSetting(
                f"{to!r:.60}, a {type_name(to)}, is neither a run nor a logger",
                hint="give eventide.init(...), a logger, or nothing",
            )
        self._given = to
        self._library = library
        self._project = project
        self._to: Any = to
        self._first_step = 0
        """A run that is gone on with replaces its rows from the first step that is logged again: none is, here."""
        self.owned = False
        """Whether the run was begun here, and is ended here."""
        self.failures: dict[str, int] = {}

    @property
    def to(self) -> Any:
        """What is logged to: begun if need be, and gone on with when it had ended and there is more to log, such as a test."""
        to = self._to
        if to is not None and (self._given is not None or not to.finished):
            return to
        if to is not None and self.owned:
            to = init(project=to.project, id=to.id, resume=True)
            self._first_step = to.step
        else:
            to = current()
            if to is None:
                to, self.owned = init(project=self._project, tags=[self._library]), True
        self._to = to
        return to

    def begin(self) -> None:
        """Have what follows go to a run of its own, where runs are begun here; a training before that broke off has failed."""
        if self._given is not None:
            return
        if self.owned:
            self.end("failed", "the training broke off")
        self._to, self.owned, self._first_step = None, False, 0

    def attempt(self, what: str, action: Callable[[], object]) -> None:
        """Do something whose failure must not reach training."""
        try:
            action()
        except Exception as error:  # noqa: BLE001 - the point of this class
            first = what not in self.failures
            self.failures[what] = self.failures.get(what, 0) + 1
            if first:
                self._say(f"{what} failed: {type(error).__name__}: {error!s:.300}; training goes on")

    def log(self, data: Mapping[str, Any], step: int | None = None) -> None:
        """Log a row; an empty one is none."""
        if data:
            self.attempt("logging", lambda: self._log(dict(data), step))

    def _log(self, data: dict[str, Any], step: int | None) -> None:
        to = self.to  # which may raise the first step
        to.log(data, step if step is None else max(step, self._first_step))

    def parameters(self, tree: Mapping[str, Any]) -> None:
        """Record parameters, what is no plain value as its text."""

        def record() -> None:
            to, kept = self.to, plain(tree)
            if hasattr(to, "log_parameters"):
                to.log_parameters(kept)
            else:
                to.config.update(kept)

        self.attempt("recording parameters", record)

    def summary(self, values: Mapping[str, Any]) -> None:
        """Give the run single values; a logger, which has none, gets them as a row."""

        def record() -> None:
            to = self.to
            run = to if hasattr(to, "summary") else getattr(to, "run", None)
            if run is not None:
                for key, value in values.items():
                    run.summary[key] = value
            if run is not to and (run is None or to.get_experiment() is not run):  # a vendor has to be told too
                to.log(dict(values))

        if values:
            self.attempt("summing up", record)

    def artifact(
        self,
        path: str | os.PathLike[str],
        name: str,
        aliases: Sequence[str] = (),
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep a file or folder as the next version of a model."""
        kept = None if metadata is None else plain(metadata)
        self.attempt(
            "keeping an artifact",
            lambda: self.to.log_artifact(path, name, "model", aliases=aliases, metadata=kept),
        )

    def watch(self, model: Any, every_n_steps: int) -> None:
        """Log norms of a model's gradients, where the target can."""
        if hasattr(self.to, "watch"):
            self.attempt("watching the model", lambda: self.to.watch(model, every_n_steps))

    def end(self, status: Status = "finished", error: str = "") -> None:
        """End the run, when it was begun here, and say what failed."""
        if self.owned and self._to is not None and not self._to.finished:
            self.attempt("ending the run", lambda: self._to.finish(status, error))
        if self.failures:
            told = ", ".join(f"{what} {count} x" for what, count in self.failures.items())
            self._say(f"what failed: {told}")
            self.failures = {}

    def _say(self, text: str) -> None:
        with contextlib.suppress(Exception):  # warnings may be errors
            warnings.warn(f"{self._library}: {text}", EventideWarning, stacklevel=4)


def plain(value: Any) -> Any:
    """Return parameters as what can be stored as they are: other values become texts."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping):
        return {str(key) or "_": plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(each) for each in value]
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        return plain(value.item())
    if isinstance(value, type) or callable(value):
        return getattr(value, "__qualname__", None) or type(value).__name__
    return f"{value!s:.{_MAX_TEXT_CHARS}}"


def numbers(logs: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what of a library's logs is one number, or was: scalars of arrays and tensors as numbers."""
    found: dict[str, Any] = {}
    for key, value in (logs or {}).items():
        if isinstance(value, (bool, int, float)):
            found[str(key)] = value
        elif getattr(value, "shape", None) in ((), (1,)) and hasattr(value, "item"):
            found[str(key)] = (value.detach() if hasattr(value, "detach") else value).item()
    return found
