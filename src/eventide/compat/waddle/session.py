"""WaddleML's functions of the module: init, log, finish and their like, on the active run.

Both generations' signatures work: `log("category", {...}, step)` and `log({...}, step)` are told apart by the first argument, and `init`
takes the arguments of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eventide.compat.waddle.logger import Run
from eventide.compat.waddle.place import store_of_database, store_of_logs
from eventide.sdk import session
from eventide.sdk.provenance import git

_active: dict[str, Run] = {}
"""`run` → the active run."""


def init(  # noqa: PLR0917 - the seed's order
    project: str = "default",
    name: str | None = None,
    config: Mapping[str, Any] | None = None,
    tags: Mapping[str, Any] | None = None,
    db_path: str | None = None,
    system_metrics: bool = True,
    *,
    log_root: str | None = None,
    use_gpu_metrics: bool = True,
    gpu_metrics_interval: float = 60,
    server_url: str | None = None,
    server_port: int = 8000,  # noqa: ARG001 - no server is started
    server_bind: str = "127.0.0.1",  # noqa: ARG001
) -> Run:
    """Begin a run and make it the active one; the one before is finished.

    Args:
        project: what the run belongs to.
        name: shown to people. (In the first generation the second argument was `log_root`: a text with a slash is taken for one.)
        config: parameters.
        tags: names with values.
        db_path: where the store is; default `.waddle` here.
        system_metrics: whether the machine's use is sampled.
        log_root: the first generation's place; the store lies beside it.
        use_gpu_metrics: as `system_metrics`.
        gpu_metrics_interval: seconds between samples.
        server_url: address of a hub to send the run to.
        server_port: no server is started: `eventide ui` shows the page.
        server_bind: as `server_port`.

    Raises:
        StoreUnwritable: the place cannot be written to.
        InvalidName, InvalidValue: an argument that cannot be used.
    """
    if name is not None and "/" in name and log_root is None:
        name, log_root = None, name
    finish()
    root = store_of_logs(log_root) if log_root is not None and db_path is None else store_of_database(db_path)
    sampled = system_metrics and use_gpu_metrics
    native = session.init(
        project=project,
        name=name,
        config=dict(config) if config is not None else None,
        dir=root,
        system_interval_s=min(float(gpu_metrics_interval), 10.0) if sampled else 0.0,
        hub=server_url,
    )
    run = Run(native, _commit(Path.cwd()))
    for key, value in (tags or {}).items():
        run.log_tag(key, value)
    _active["run"] = run
    return run


def _commit(folder: Path) -> str | None:
    """Return the commit of a working folder, or None; nothing is touched."""
    repository = git.find(folder)
    if repository is None:
        return None
    try:
        return git.describe(repository).get("commit") or None
    except OSError:
        return None


def active_run() -> Run | None:
    """Return the active run, or None."""
    run = _active.get("run")
    return None if run is None or run.native.finished else run


def _needed() -> Run:
    run = active_run()
    if run is None:
        raise RuntimeError("No active run. Call waddle.init() first.")
    return run


def log(*args: Any, **named: Any) -> None:
    """Append one row: `log({...}, step=None)`, or `log(category, {...}, step, timestamp=None)`; raises RuntimeError without a run."""
    run = _needed()
    given = dict(zip(("category", "data", "step", "timestamp"), args, strict=False))
    if args and not isinstance(args[0], str):
        given = dict(zip(("data", "step", "category", "timestamp"), args, strict=False))
    given.update(named)
    data = given.pop("metrics", given.pop("data", None))
    if data is None:
        raise TypeError("log() needs a dict of what to log")
    run.log(data, **given)


def log_param(key: str, value: Any) -> None:
    """Store a parameter; raises RuntimeError without a run."""
    _needed().log_param(key, value)


def log_tag(key: str, value: Any) -> None:
    """Store a tag; raises RuntimeError without a run."""
    _needed().log_tag(key, value)


def log_artifact(name: str, path: str | None = None, kind: str = "file", inline: bool = False) -> str:
    """Keep a file and return its id; raises RuntimeError without a run."""
    return _needed().log_artifact(name, path, kind, inline)


def serve_dashboard(host: str = "127.0.0.1", port: int = 8000) -> None:
    """Print how to see the run; raises RuntimeError without a run."""
    _needed().serve_dashboard(host, port)


def finish() -> None:
    """End the active run; nothing happens when there is none."""
    run = active_run()
    if run is not None:
        run.finish()
    _active.clear()
