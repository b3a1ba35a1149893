"""Eventide: a local-first experiment tracker.

    import eventide

    run = eventide.init(project="mnist", config={"lr": 0.1})
    for step in range(100):
        run.log({"loss": 1 / (step + 1)})
    run.finish()

    eventide.open().runs()

The public names are listed in `__all__` and found when they are first used, so that a training script loads what it needs to log and
nothing else: `init log log_many finish run Run Tracker` write, `open Store Reader copy` ask, `EventideError errors` say what went wrong.
`run` is the current run, or None, at the moment of asking; it can therefore not be imported with `from eventide import run`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from eventide._version import __version__

if TYPE_CHECKING:
    from eventide import errors
    from eventide.errors import EventideError, EventideWarning
    from eventide.sdk.record import record
    from eventide.sdk.results import save
    from eventide.sdk.run import Run
    from eventide.sdk.session import finish, init, log, log_many
    from eventide.table.merge import copy
    from eventide.table.reader import Reader
    from eventide.table.results import load
    from eventide.table.store import Store, open  # noqa: A004 - `eventide.open` reads well
    from eventide.table.tracker import Tracker

    run: Run | None

__all__ = [
    "EventideError",
    "EventideWarning",
    "Reader",
    "Run",
    "Store",
    "Tracker",
    "__version__",
    "copy",
    "errors",
    "finish",
    "init",
    "load",
    "log",
    "log_many",
    "open",
    "record",
    "run",
    "save",
]

_HOMES = {
    "EventideError": "eventide.errors",
    "EventideWarning": "eventide.errors",
    "Reader": "eventide.table.reader",
    "Run": "eventide.sdk.run",
    "Store": "eventide.table.store",
    "Tracker": "eventide.table.tracker",
    "copy": "eventide.table.merge",
    "finish": "eventide.sdk.session",
    "init": "eventide.sdk.session",
    "load": "eventide.table.results",
    "load_ipython_extension": "eventide.table.magics",
    "log": "eventide.sdk.session",
    "log_many": "eventide.sdk.session",
    "open": "eventide.table.store",
    "record": "eventide.sdk.record",
    "save": "eventide.sdk.results",
}


def __getattr__(name: str) -> Any:
    if name == "run":
        return import_module("eventide.sdk.session").current()
    if name == "errors":
        return import_module("eventide.errors")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module `eventide` has no `{name}`")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__doc__"]
