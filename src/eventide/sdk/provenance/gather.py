"""Gather where a run comes from, once per process where it is the same for all its runs, and record it.

What is slow or may hang (git's diff, the GPUs) comes last, and is bounded in time. Invariant: nothing here raises for what it looks at;
a kind that was not asked for is not even looked at.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from eventide.sdk.provenance import command, git, host, launcher, python
from eventide.sdk.provenance.started import user_of

if TYPE_CHECKING:
    from eventide.sdk.gpu import Gpus
    from eventide.sdk.provenance.started import Started

KINDS = ("git", "command", "python", "host", "gpu", "launcher", "user")
MAX_INLINE_BYTES = 1024
"""Larger lists of packages are kept as an object, which all runs of the environment share."""
PATIENCE_S = git.TIMEOUT_S
FRESH_S = 60.0
"""How long what git said of the changes holds: a notebook lives for days, a sweep begins a hundred runs a second."""
STILL_S = 2.0
"""How long holds what costs little to look up."""

Keep = Callable[[bytes], str]
"""Keeps bytes in the store of a run and returns their hash; empty where there is none."""


def wanted_kinds(choice: Iterable[str]) -> frozenset[str]:
    """Return the kinds that a value of the setting `capture` means."""
    chosen = set(choice)
    if "none" in chosen:
        return frozenset()
    return frozenset(KINDS) if "all" in chosen or not chosen else frozenset(chosen)


class Facts:
    """What is known of this process's origin. Safe for threads; after a fork the child starts with what was known."""

    def __init__(self) -> None:
        self.after_fork_in_child()
        self._known: dict[Any, Any] = {}
        self._changes: dict[Path, tuple[float, git.Changes | None]] = {}

    def after_fork_in_child(self) -> None:
        """Forget locks that another thread of the parent may have held."""
        self._lock = threading.RLock()  # a signal may end another run while this thread holds it
        self._slow_lock = threading.Lock()

    def quick(self, kinds: frozenset[str], started: Started, keep: Keep) -> tuple[dict[str, Any], frozenset[str]]:
        """Return what is known at once, to be recorded below `provenance`, and the kinds that `slow` has more of.

        Args:
            kinds: what to look at, of `KINDS`.
            started: how the process stood when the run began.
            keep: keeps a long list of packages, and the diff, in the run's store.
        """
        makers: dict[str, Callable[[], Any]] = {
            "command": lambda: self._once(("command", started), lambda: command.describe(started)),
            "launcher": lambda: launcher.describe(os.environ),
            "user": lambda: self._once("user", user_name),
            "host": lambda: self._once("host", host.describe),
            "python": lambda: self._python(keep),
            "git": lambda: self._repository(started, keep),
            "gpu": lambda: self._known.get("gpu"),
        }
        found: dict[str, Any] = {}
        with self._lock:
            for kind, make in makers.items():
                if kind in kinds and (content := _tried(make)):
                    found[kind] = content
            missing = {"gpu"} if "gpu" in kinds and "gpu" not in self._known else set()
            missing |= {"git"} if "git" in found and self._fresh(started) is None else set()
        return found, frozenset(missing)

    def slow(
        self, kinds: frozenset[str], started: Started, keep: Keep, *, gpus: Callable[[], Gpus], timeout_s: float
    ) -> dict[str, Any]:
        """Return what takes longer: the changes that git tells, the GPUs; nothing of either when it does not come in time."""
        found: dict[str, Any] = {}
        if not self._slow_lock.acquire(timeout=timeout_s):
            return found
        try:
            if "git" in kinds:
                _tried(lambda: self._ask_git(started, timeout_s))
            if "gpu" in kinds and "gpu" not in self._known:
                self._known["gpu"] = _tried(lambda: gpus().describe()) or []
        finally:
            self._slow_lock.release()
        with self._lock:
            if "git" in kinds and (about := _tried(lambda: self._repository(started, keep))):
                found["git"] = about
            if "gpu" in kinds and self._known["gpu"]:
                found["gpu"] = self._known["gpu"]
        return found

    def _once(self, key: Any, make: Callable[[], Any]) -> Any:
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]

    def _for_a_while(self, key: Any, make: Callable[[], Any]) -> Any:
        known = self._known.get(key)
        now = time.monotonic()
        if known is None or now - known[0] > STILL_S:
            known = self._known[key] = now, make()
        return known[1]

    def _python(self, keep: Keep) -> dict[str, Any]:
        about, data = self._once("python", _python_facts)
        if len(data) <= MAX_INLINE_BYTES:
            return dict(about)
        sha256 = keep(data)
        return {**about, "packages": {}, "packages_sha256": sha256} if sha256 else dict(about)

    def _repository_of(self, started: Started) -> git.Repository | None:
        found: git.Repository | None = self._once(("repository", started), lambda: _repository_of(started))
        return found

    def _fresh(self, started: Started) -> tuple[float, git.Changes | None] | None:
        """Return what git said of the changes, if that is not long ago."""
        repository = self._repository_of(started)
        known = None if repository is None else self._changes.get(repository.root)
        return known if known is not None and time.monotonic() - known[0] <= FRESH_S else None

    def _ask_git(self, started: Started, timeout_s: float) -> None:
        repository = self._repository_of(started)
        if repository is not None and self._fresh(started) is None:
            found = git.changes(repository, timeout_s=timeout_s)
            self._changes[repository.root] = time.monotonic(), found

    def _repository(self, started: Started, keep: Keep) -> dict[str, Any]:
        repository = self._repository_of(started)
        if repository is None:
            return {}
        about = self._for_a_while(("head", repository), lambda: git.describe(repository))
        known = self._fresh(started)
        changes = None if known is None else known[1]
        if changes is None:  # not asked yet, or git did not tell
            return {**about, "dirty": None, "diff": ""}
        diff = keep(changes.diff.encode("utf-8", "replace")) if changes.diff else ""
        return {
            **about,
            "dirty": changes.dirty,
            "diff": diff,
            **({"diff_truncated": True} if changes.truncated else {}),
        }


def _tried(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except Exception:  # noqa: BLE001 - an odd machine: less is known
        return None


def user_name() -> str:
    """Return who runs this: what the environment says, else the name of the user id."""
    try:
        import pwd  # noqa: PLC0415 - not on Windows; may ask a directory service

        return user_of(os.environ) or pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError, OSError):
        return user_of(os.environ)


def _python_facts() -> tuple[dict[str, Any], bytes]:
    about = python.describe()
    return about, orjson.dumps(about["packages"], option=orjson.OPT_SORT_KEYS)


def _repository_of(started: Started) -> git.Repository | None:
    """Return the repository of the script, else of the folder it was started in; a script of an environment is nobody's code."""
    script = command.script_of(started)
    places = [] if script is None or _is_installed(script) else [script.resolve().parent]
    if started.cwd:
        places.append(Path(started.cwd))
    return next((found for place in places if (found := git.find(place)) is not None), None)


def _is_installed(script: Path) -> bool:
    """Tell whether a script belongs to an environment: `bin/train` that a package has installed."""
    prefixes = {Path(prefix).resolve() for prefix in (sys.prefix, sys.base_prefix)}
    resolved = script.resolve()
    return any(part in ("site-packages", "dist-packages") for part in resolved.parts) or any(
        resolved.parent in (prefix / "bin", prefix / "Scripts") for prefix in prefixes
    )
