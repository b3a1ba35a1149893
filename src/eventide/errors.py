"""Every error Eventide raises, in one tree.

Invariant: an error says what could not be done, to what, and why; `hint` is something that can be pasted.
`code` is stable and travels to the command line, the server and other languages; messages may be reworded.

    EventideError
    ├── Misuse                      the caller's own mistake; the only kind that raises inside a training loop
    │   ├── InvalidKey              a logged key is not a non-empty string
    │   ├── InvalidValue            a value that can be stored neither as JSON nor as an object
    │   ├── InvalidStep             a step that is not an integer of 0 or more
    │   ├── InvalidName             a project, run, tag or alias name that cannot be used
    │   ├── InvalidSetting          a setting, argument or environment variable with a value it cannot have
    │   ├── InvalidFilter           a run filter that does not parse
    │   ├── InvalidQuery            an SQL statement that does not run
    │   └── RunFinished             writing to a run after finish()
    ├── NotFound
    │   ├── RunNotFound
    │   ├── MetricNotFound
    │   └── ObjectNotFound
    ├── RunAmbiguous                a run selector that several runs match
    ├── RunExists                   a run id that is taken
    ├── RunIsLive                   an action that needs the run to have ended
    ├── StoreError
    │   ├── NotAStore               a folder without a store.json
    │   ├── StoreTooNew             a store or journal written by a newer Eventide
    │   ├── StoreDamaged            bytes that are not what the format promises
    │   └── StoreUnwritable         a folder that cannot be written to
    ├── LimitExceeded               a query beyond its time, memory or row limit
    ├── AccessDenied                a token that is missing, unknown, expired, or does not allow what was asked
    ├── Unreachable                 a server that does not answer, or not as Eventide does
    └── MissingExtra                an optional package that is not installed
"""

from __future__ import annotations


class EventideError(Exception):
    """Root of all errors raised by Eventide.

    Attributes:
        message: what failed, on what, and why; one or two lines.
        hint: what to do next, pasteable where possible; empty when there is nothing to say.
    """

    code = "error"
    http_status = 500
    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n\nhint: {self.hint}" if self.hint else self.message


class EventideWarning(UserWarning):
    """Something the environment did to a run that did not stop it: said once per kind, counted, repeated at the end."""


class Misuse(EventideError):
    """The caller's own mistake."""

    code = "misuse"
    http_status = 400
    exit_code = 2


class InvalidKey(Misuse, ValueError):
    """A logged key is not a non-empty string."""

    code = "invalid_key"


class InvalidValue(Misuse, TypeError):
    """A value can be stored neither as JSON nor as an object."""

    code = "invalid_value"


class InvalidStep(Misuse, ValueError):
    """A step is not an integer from 0 to 2^63 - 1."""

    code = "invalid_step"


class InvalidName(Misuse, ValueError):
    """A project, run, tag or alias name cannot be used."""

    code = "invalid_name"


class InvalidSetting(Misuse, ValueError):
    """A setting, argument or environment variable has a value it cannot have."""

    code = "invalid_setting"


class InvalidFilter(Misuse, ValueError):
    """A run filter does not parse; `position` is the offset of the first character that cannot be read."""

    code = "invalid_filter"

    def __init__(self, message: str, *, hint: str = "", text: str = "", position: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.text = text
        self.position = position


class InvalidQuery(Misuse, ValueError):
    """An SQL statement does not run."""

    code = "invalid_query"


class RunFinished(Misuse, RuntimeError):
    """Something was written to a run after it was finished."""

    code = "run_finished"


class NotFound(EventideError, LookupError):
    """Something named does not exist."""

    code = "not_found"
    http_status = 404
    exit_code = 1


class RunNotFound(NotFound):
    """No run answers to this selector."""

    code = "run_not_found"


class MetricNotFound(NotFound):
    """No run has logged this metric."""

    code = "metric_not_found"


class ObjectNotFound(NotFound):
    """No object has this hash, or its bytes are gone."""

    code = "object_not_found"


class RunAmbiguous(EventideError, LookupError):
    """Several runs answer to this selector; `candidates` are their ids."""

    code = "run_ambiguous"
    http_status = 409
    exit_code = 2

    def __init__(self, message: str, *, hint: str = "", candidates: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.candidates = candidates


class RunExists(EventideError, ValueError):
    """The run id is taken."""

    code = "run_exists"
    http_status = 409
    exit_code = 2


class RunIsLive(EventideError, RuntimeError):
    """The run is still being written, and the action needs it to have ended."""

    code = "run_is_live"
    http_status = 409


class StoreError(EventideError):
    """The store itself is in the way."""

    code = "store_error"
    exit_code = 4


class NotAStore(StoreError, LookupError):
    """The folder holds no store.json."""

    code = "not_a_store"
    http_status = 404
    exit_code = 1


class StoreTooNew(StoreError):
    """The store, or a part of a journal, was written by a newer Eventide."""

    code = "store_too_new"


class StoreDamaged(StoreError):
    """Bytes are not what the format promises; the message names the file and the offset."""

    code = "store_damaged"


class StoreUnwritable(StoreError, OSError):
    """The folder cannot be written to."""

    code = "store_unwritable"
    exit_code = 1


class LimitExceeded(EventideError, RuntimeError):
    """A query went beyond its time, memory or row limit."""

    code = "limit_exceeded"
    http_status = 413


class AccessDenied(EventideError, PermissionError):
    """The token is missing, unknown, expired, or does not allow what was asked."""

    code = "access_denied"
    http_status = 403


class Unreachable(EventideError, ConnectionError):
    """A server does not answer, or not as Eventide does."""

    code = "unreachable"
    http_status = 502


class MissingExtra(EventideError, ImportError):
    """An optional package is not installed; the hint is the command that installs it."""

    code = "missing_extra"
    http_status = 501
