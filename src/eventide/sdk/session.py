"""Begin runs, know the current one, and end them all with the process.

Invariant: every run begun here gets exactly one ending from this process, whichever way it ends, short of SIGKILL. Nothing is installed,
started or opened before the first `init`.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from eventide import configfile, settings
from eventide.clock import SYSTEM_CLOCK
from eventide.errors import Misuse
from eventide.layout import Layout, find_root
from eventide.sdk import birth
from eventide.sdk.config import as_tree
from eventide.sdk.console.streams import Streams
from eventide.sdk.exits import Exits
from eventide.sdk.kept_code import Keeper
from eventide.sdk.observer import Observer
from eventide.sdk.pulse import Pulse

if TYPE_CHECKING:
    from eventide.clock import Clock
    from eventide.journal.writer import Identity
    from eventide.sdk.run import Run, Status
    from eventide.sdk.uplink import Uplink

_lock = threading.RLock()
_runs: list[Run] = []
"""Unfinished runs of this process, the newest last."""
_beside: list[Run] = []
"""Further unfinished runs, which are never the current one."""
_ordinals: dict[str, int] = {}
"""Launch key → runs begun in that launch by this process."""
_uplinks: dict[str, Uplink] = {}
"""Run id → what sends it to a hub."""
_private: list[Path] = []
"""Stores of mode "memory" that this process made."""
_pulse = Pulse()
_observer = Observer(_pulse)
_keeper = Keeper(_pulse)
scope: ContextVar[Run | None] = ContextVar("eventide_run", default=None)
"""The run of the recorded function that calls; coroutines and nested functions each see their own."""


def init(
    *,
    project: str | None = None,
    name: str | None = None,
    config: Any = None,
    group: str | None = None,
    tags: str | Sequence[str] | None = None,
    notes: str | None = None,
    dir: str | os.PathLike[str] | None = None,  # noqa: A002 - the name users know
    id: str | None = None,  # noqa: A002
    resume: bool | Literal["never", "allow", "must"] | None = None,
    mode: Literal["disk", "memory", "disabled"] | None = None,
    capture: str | Sequence[str] | None = None,
    system_interval_s: float | None = None,
    console: Literal["python", "fd", "off"] | None = None,
    snapshot: bool | Literal["auto", "on", "off"] | None = None,
    hub: str | None = None,
) -> Run:
    """Begin a run and return it. What is not given comes from the environment (EVENTIDE_PROJECT, ...), `eventide.toml`, or the defaults.

    Args:
        project: what the run belongs to; default `default`.
        name: shown to people; default two words made up for the run.
        config: parameters: a dict, Namespace, dataclass, pydantic model or OmegaConf tree.
        group: several runs that belong together.
        tags: short labels.
        notes: Markdown.
        dir: the store; default the nearest `.eventide/` upwards, else `./.eventide`.
        id: the run's id; default a new one. Ranks of one launch share it by themselves.
        resume: what to do when `id` exists: "never" (default) raises, "allow" and True go on with it, "must" insists on it.
        mode: "disk", "memory" (a private store that vanishes at exit) or "disabled" (nothing is written).
        capture: what is noted of where the run comes from: "all" (default), "none", or some of "git", "command", "python",
            "host", "gpu", "launcher", "user".
        system_interval_s: seconds between samples of the machine's use, default 10; 0 takes none.
        snapshot: whether the code is kept: True, False, or "auto" (default): where the script lies in a git repository or beside a
            configuration file.
        console: what is kept of the console: "python" (default: what Python prints), "fd" (what subprocesses write, too) or "off".
        hub: address of a hub that the run is sent to while it is written; the store keeps it all the same.

    Raises:
        StoreUnwritable, StoreTooNew, StoreDamaged: the store cannot be used.
        RunExists, RunNotFound: see `resume`.
        InvalidName, InvalidSetting, InvalidValue: an argument that cannot be used.
    """
    configfile.forget()
    kind = settings.get("mode", mode)
    wish = birth.Wish.of(
        project=project,
        name=name,
        group=group,
        tags=tags,
        notes=notes,
        id=id,
        resume=resume,
        capture=capture,
        system_interval_s=system_interval_s,
        console=console,
        snapshot=snapshot,
    )
    tree = None if config is None else as_tree(config)
    if kind == "disabled":
        run = birth.disabled_run(wish, _home())
    else:
        layout = Layout(_root(dir, kind))
        layout.create(now_s=SYSTEM_CLOCK.time())
        run = birth.open_run(layout, wish, _home(), _ordinal_of)
    try:
        if tree is not None:
            run.config.update(tree)
    except Misuse as error:
        run.finish("failed", f"init(config=...) failed: {error.message}")
        raise
    _begin(run, wish, quiet=kind == "disabled" or settings.get("quiet"))
    url = settings.get("hub", hub)
    root = birth.store_of(run)
    if url and kind == "disk" and root is not None:
        from eventide.sdk.uplink import Uplink  # noqa: PLC0415 - only runs that are sent need it

        _uplinks[run.id] = Uplink(run, Layout(root), url, birth.rank_of(run))
    return run


def begin_beside(
    *,
    project: str,
    dir: str | os.PathLike[str] | None,  # noqa: A002 - as in `init`
    id: str,  # noqa: A002
    mode: Literal["disk", "memory", "disabled"],
    clock: Clock = SYSTEM_CLOCK,
) -> Run:
    """Begin a run, or go on with it, for something that logs beside the script's own runs; it becomes the current run of nobody.

    Raises:
        StoreUnwritable, StoreTooNew, StoreDamaged: the store cannot be used.
        InvalidName, InvalidSetting: the project or the id cannot be used, or the run belongs to another project.
    """
    wish = birth.Wish.of(project=project, id=id, resume="allow")
    home = _home()._replace(clock=clock)
    if mode == "disabled":
        run = birth.disabled_run(wish, home)
    else:
        layout = Layout(_root(dir, mode))
        layout.create(now_s=clock.time())
        run = birth.open_run(layout, wish, home, _ordinal_of)
    return _begin(run, wish, quiet=True, beside=True)


def current() -> Run | None:
    """Return the run of the recorded function that calls, else the newest unfinished run of this process, or None."""
    run = scope.get()
    if run is not None and not run.finished:
        return run
    return _runs[-1] if _runs else None


def log(data: Mapping[str, Any] | None = None, /, step: int | None = None, **metrics: Any) -> None:
    """Append one row to the current run, see `Run.log`; raises Misuse when there is none."""
    run = scope.get()
    if run is None or run.finished:
        try:
            run = _runs[-1]
        except IndexError:
            raise no_run("log") from None
    run.log(data, step, **metrics)


def log_many(
    rows: Iterable[Mapping[str, Any]] | Mapping[str, Sequence[Any]], steps: Iterable[int] | None = None
) -> None:
    """Append many rows to the current run, see `Run.log_many`; raises Misuse when there is none."""
    run = current()
    if run is None:
        raise no_run("log_many")
    run.log_many(rows, steps)


def finish(status: Status = "finished", error: str = "") -> None:
    """End the current run; nothing happens when there is none."""
    run = current()
    if run is not None:
        run.finish(status, error)


def no_run(what: str) -> Misuse:
    """Return the error of a call that needs a run when there is none."""
    return Misuse(
        f"`{what}` needs a run, and this process has none that is unfinished",
        hint=f"eventide.init()\neventide.{what}(...)",
    )


# ── beginning ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _root(folder: str | os.PathLike[str] | None, mode: str) -> Path:
    if mode == "memory":
        from eventide.sdk import memory  # noqa: PLC0415 - only in this mode

        path = memory.make_store()
        _private.append(path)
        return path
    return find_root(settings.get("dir", folder))


def _home() -> birth.Home:
    return birth.Home(SYSTEM_CLOCK, _pulse, _forget, rejoin)


def _ordinal_of(key: str) -> int:
    with _lock:
        ordinal = _ordinals.get(key, 0)
        _ordinals[key] = ordinal + 1
        return ordinal


def _begin(run: Run, wish: birth.Wish | None = None, *, quiet: bool, beside: bool = False) -> Run:
    """Make a run the current one unless it is `beside`, and see to it that the process's end is its end."""
    with _lock:
        _exits.install()
        _exits.forget()
        (_beside if beside else _runs).append(run)
    if not quiet:
        _print(f"eventide: run {run.name} ({run.id}) in project {run.project}", f"          {run.dir}")
    if wish is not None:
        _observer.watch(run, wish.capture, wish.system_interval_s)
        if not beside:
            _keeper.watch(run, wish.snapshot)
        if wish.console != "off" and run.dir is not None and not beside:
            _listen(run, wish.console)
    return run


def _listen(run: Run, console: str) -> None:
    """Keep what is printed with the run; what cannot listen to descriptors listens to Python."""
    if console == "fd":
        from eventide.sdk.console.descriptors import Descriptors  # noqa: PLC0415 - only in this mode

        try:
            run._before_end.append(Descriptors(run).stop)  # noqa: SLF001 - part of the same package
        except (OSError, ValueError) as error:
            run._guard("console", error, 1)  # noqa: SLF001
        else:
            return
    run._guard.attempt("console", lambda: _streams.attach(run))  # noqa: SLF001


def rejoin(root: Path | None, identity: Identity | None, name: str, next_step: int) -> Run:
    """Return the run that was pickled: the same object in the process that has it, a writer of its own elsewhere."""
    if root is None or identity is None:
        return _begin(birth.disabled_run(birth.Wish.of(name=name), _home()), quiet=True)
    with _lock:
        for run in (*_runs, *_beside):
            if run.id == identity.run and birth.store_of(run) == root and birth.rank_of(run) == identity.rank:
                return run
    return _begin(birth.join_run(Layout(root), identity, name, _home(), next_step), quiet=True)


# ── ending ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _forget(run: Run) -> None:
    """Take a finished run from the list."""
    with _lock:
        if run in _beside:
            _beside.remove(run)
            return
        if run in _runs:
            _runs.remove(run)
    uplink = _uplinks.pop(run.id, None)
    if uplink is not None:
        uplink.end(settings.get_anyway("hub_timeout_s"))
    if run.role == "run" and run.dir is not None and not settings.get_anyway("quiet"):
        _print(f"eventide: run {run.name} {run.status}, {run.rows} rows", f"          eventide show {run.id}")


def _finish_all(status: Status, error: str) -> None:
    """End every unfinished run of this process."""
    for run in reversed([*_beside, *_runs]):
        run.finish(status, error)


def _at_exit() -> None:
    _pulse.stop()
    while _private:
        from eventide.sdk import memory  # noqa: PLC0415

        memory.remove_store(_private.pop())


def _after_fork_in_child() -> None:
    """Let every unfinished run of the parent write a part of its own here, with its first record."""
    global _lock  # noqa: PLW0603 - another thread of the parent may have held it
    _lock = threading.RLock()
    _private.clear()  # the parent's, who removes them
    _exits.forget()
    _pulse.after_fork_in_child()
    _observer.after_fork_in_child()
    _keeper.after_fork_in_child()
    for run in (*_beside, *_runs):
        run.after_fork_in_child()
    _streams.after_fork_in_child()


def _print(*lines: str) -> None:
    try:
        if sys.stderr.isatty():
            sys.stderr.write("".join(f"{line}\n" for line in lines))
    except (AttributeError, OSError, ValueError):  # no stderr, or a closed one
        pass


_exits = Exits(_finish_all, _at_exit)
_streams = Streams(_pulse, current)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
