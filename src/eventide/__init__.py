"""Eventide: a local-first experiment tracker.

    import eventide

    run = eventide.init(project="mnist", config={"lr": 0.1})
    for step in range(100):
        run.log({"loss": 1 / (step + 1)})
    run.finish()

    eventide.open().runs()

The public names are listed in `__all__` and found when they are first used, so that a training script loads what it needs to log and
nothing else: `init log log_many finish run Run Tracker` write, `Image Table …` and `Artifact` wrap what is logged, `open Store Reader
copy` ask, `EventideError errors` say what went wrong.
`run` is the current run, or None, at the moment of asking; it can therefore not be imported with `from eventide import run`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from eventide._version import __version__

if TYPE_CHECKING:
    from eventide import errors
    from eventide.errors import EventideError, EventideWarning
    from eventide.sdk.artifacts import Artifact
    from eventide.sdk.media.kinds import (
        Audio,
        Figure,
        File,
        Graph,
        Histogram,
        Html,
        Image,
        Molecule,
        Object3D,
        Table,
        Text,
        Video,
    )
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
    "Artifact",
    "Audio",
    "EventideError",
    "EventideWarning",
    "Figure",
    "File",
    "Graph",
    "Histogram",
    "Html",
    "Image",
    "Molecule",
    "Object3D",
    "Reader",
    "Run",
    "Store",
    "Table",
    "Text",
    "Tracker",
    "Video",
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
    "Artifact": "eventide.sdk.artifacts",
    "Audio": "eventide.sdk.media.kinds",
    "EventideError": "eventide.errors",
    "EventideWarning": "eventide.errors",
    "Figure": "eventide.sdk.media.kinds",
    "File": "eventide.sdk.media.kinds",
    "Graph": "eventide.sdk.media.kinds",
    "Histogram": "eventide.sdk.media.kinds",
    "Html": "eventide.sdk.media.kinds",
    "Image": "eventide.sdk.media.kinds",
    "Molecule": "eventide.sdk.media.kinds",
    "Object3D": "eventide.sdk.media.kinds",
    "Reader": "eventide.table.reader",
    "Run": "eventide.sdk.run",
    "Store": "eventide.table.store",
    "Table": "eventide.sdk.media.kinds",
    "Text": "eventide.sdk.media.kinds",
    "Tracker": "eventide.table.tracker",
    "Video": "eventide.sdk.media.kinds",
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
