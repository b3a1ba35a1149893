"""WaddleML's run: `WaddleLogger` of the first generation and `Run` of the newest are one class here.

Invariant: whatever can be logged with Eventide can be logged with it; what a signature of either generation allows works.
"""

from __future__ import annotations

import contextlib
import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import orjson

from eventide.errors import InvalidValue
from eventide.sdk import session

if TYPE_CHECKING:
    from types import TracebackType

    from eventide.compat.waddle.database import WaddleDB
    from eventide.sdk.config import Config
    from eventide.sdk.run import Run as NativeRun
    from eventide.sdk.run import Status

DEFAULT_CATEGORY = "default"
TAG_PREFIX = "tag/"
_STATUSES: dict[str, Status] = {
    "completed": "finished",
    "finished": "finished",
    "failed": "failed",
    "aborted": "killed",
    "killed": "killed",
}


class Run:
    """One run; made by `waddle.init`."""

    def __init__(self, run: NativeRun, commit_sha: str | None = None) -> None:
        self.native = run
        """The Eventide run."""
        self.id = run.id
        self.project = run.project
        self.commit_sha = commit_sha

    def __repr__(self) -> str:
        return f"Run({self.id!r}, project={self.project!r})"

    @property
    def name(self) -> str:
        """Name shown to people."""
        return self.native.name

    @property
    def config(self) -> Config:
        """Parameters; `run.config.x = 1` is stored at once."""
        return self.native.config

    @property
    def log_folder(self) -> str:
        """Folder of the run's journal."""
        return str(self.native.dir or "")

    @property
    def _db(self) -> WaddleDB:
        from eventide.compat.waddle.database import WaddleDB  # noqa: PLC0415 - a script that only logs reads nothing

        return WaddleDB.of_run(self.native)

    # ── logging ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def log(
        self,
        data: Mapping[str, Any],
        step: int | None = None,
        category: str = DEFAULT_CATEGORY,
        timestamp: Any = None,
    ) -> None:
        """Append one row; `category` other than `default` goes in front of the keys, a `timestamp` of one's own into a key."""
        if not isinstance(data, Mapping):
            raise InvalidValue(f"waddle logs dicts, not a {type(data).__name__}", hint="run.log({'loss': 0.5})")
        row = (
            dict(data) if category == DEFAULT_CATEGORY else {f"{category}/{key}": value for key, value in data.items()}
        )
        if timestamp is not None:
            row["timestamp"] = timestamp
        self.native.log(row, step)

    def log_metric(self, key: str, step: int, value: Any, ts: float | None = None) -> None:
        """Append one value."""
        self.log({key: value}, step, timestamp=ts)

    def log_param(self, key: str, value: Any) -> None:
        """Store a parameter; the newest value stays."""
        self.native.config[key] = value

    def log_tag(self, key: str, value: Any = True) -> None:
        """Store a tag with its value; as a tag of Eventide it is `key:value`."""
        text = key if value is True else f"{key}:{value}"
        with contextlib.suppress(ValueError):  # what cannot be a tag is kept with its value all the same
            self.native.tags.add(text[:128])
        self.native.set(f"{TAG_PREFIX}{key}", value)

    def log_artifact(self, name: str, path: str | None = None, kind: str = "file", inline: bool = False) -> str:  # noqa: ARG002
        """Keep a file (without a path: an empty one) as the next version of a name; return its id. `inline` says nothing: all is kept."""
        from eventide.sdk.artifacts import Artifact  # noqa: PLC0415 - only where there are artifacts

        if path is None:
            empty = Artifact(name, kind)
            empty.add_bytes(b"", "empty")
            version = self.native.log_artifact(empty)
        else:
            version = self.native.log_artifact(path, name=name, type=kind, metadata={"uri": str(Path(path).absolute())})
        return f"{name}:v{version.version}"

    # ── the first generation's ──────────────────────────────────────────────────────────────────────────────────────

    def log_run_info(self) -> dict[str, Any]:
        """Return what is known of where the run comes from; it is recorded with every run anyway."""
        return {
            "id": self.id,
            "project": self.project,
            "cli_params": orjson.dumps(sys.argv[1:]).decode(),
            "python_version": platform.python_version(),
            "os_info": platform.platform(),
            "git_hash": self.get_git_commit_hash(),
        }

    def get_git_commit_hash(self) -> str | None:
        """Return the commit of the working folder, or None."""
        return self.commit_sha

    @staticmethod
    def get_running_script_code() -> str | None:
        """Return the text of the script that runs, or None; the run's snapshot has all of its code."""
        script = Path(sys.argv[0]) if sys.argv and sys.argv[0] else None
        try:
            return None if script is None else script.read_text(encoding="utf-8")
        except (OSError, ValueError):
            return None

    @staticmethod
    def get_gpu_system_metrics() -> list[dict[str, Any]]:
        """Return nothing: system metrics are sampled with every run."""
        return []

    def log_gpu_metrics_periodically(self, interval: float = 60) -> None:
        """Do nothing: system metrics are sampled with every run, see `system_interval_s`."""

    def serve_dashboard(self, host: str = "127.0.0.1", port: int = 8000) -> None:
        """Print how to see the run; the page is a program of its own, which reads while this one writes."""
        store = self.native.dir.parent.parent if self.native.dir is not None else "."
        sys.stderr.write(f"eventide ui {os.fspath(store)} --host {host} --port {port}\n")

    # ── the end ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def finish(self, status: str = "completed") -> None:
        """End the run: completed, failed or aborted."""
        self.native.finish(_STATUSES.get(status, "finished"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.native.__exit__(kind, error, trace)


WaddleLogger = Run
"""The first generation's name."""


def current() -> NativeRun | None:
    """Return the native run that is active, or None."""
    return session.current()
