"""The names of WaddleML, both generations: old scripts run with `import eventide.compat.waddle as waddle`, or unchanged through the shim.

`waddle.run` and `waddle.config` are those of the active run, at the moment of asking. No server is started and no repository touched;
`server_url` sends the run to a hub.
Invariant: every run is an Eventide run in `.waddle/` (or where `db_path` or `log_root` says), and nothing is written elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eventide.compat.waddle.database import WaddleDB
from eventide.compat.waddle.logger import Run, WaddleLogger
from eventide.compat.waddle.session import (
    active_run,
    finish,
    init,
    log,
    log_artifact,
    log_param,
    log_tag,
    serve_dashboard,
)

if TYPE_CHECKING:
    from eventide.sdk.config import Config

    run: Run | None
    config: Config | None

__all__ = [
    "Run",
    "WaddleDB",
    "WaddleLogger",
    "finish",
    "init",
    "log",
    "log_artifact",
    "log_param",
    "log_tag",
    "serve_dashboard",
]


def __getattr__(name: str) -> Any:
    if name == "run":
        return active_run()
    if name == "config":
        run = active_run()
        return None if run is None else run.config
    raise AttributeError(f"module `waddle` has no `{name}`")
