"""Take in what the first generation's loggers wrote: one value per JSON file or request, and a file about each run.

Each entry becomes a row of the run it names. Its own name (`waddle/entry`) goes into the row, so that an entry whose file could not be
removed after a crash is not taken in again. Invariant: an entry is in the journal before its file is removed.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import orjson

from eventide.clock import SYSTEM_CLOCK, Clock
from eventide.compat.waddle.logger import DEFAULT_CATEGORY
from eventide.compat.waddle.shapes import ENTRY_KEY
from eventide.errors import EventideError, InvalidValue
from eventide.journal.records import ROLE_RUN
from eventide.journal.writer import Identity, JournalWriter
from eventide.names import check_label

if TYPE_CHECKING:
    from eventide.layout import Layout
    from eventide.source import Source

Keep = Literal["delete", "keep"]
_MAX_FILE_BYTES = 64 * 1024 * 1024
_ODD = re.compile(r"[^A-Za-z0-9_.-]+")


class EntryClock:
    """Tells the time an entry was logged at."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.at_s: float | None = None

    def time(self) -> float:
        """Return the entry's time, or that of now."""
        return self._clock.time() if self.at_s is None else self.at_s

    def monotonic(self) -> float:
        """Return the system's monotonic time."""
        return self._clock.monotonic()


class Ingester:
    """Writes entries into a store. Safe for threads."""

    def __init__(self, layout: Layout, source: Source, clock: Clock = SYSTEM_CLOCK) -> None:
        self._layout = layout
        self._source = source
        self._clock = EntryClock(clock)
        self._lock = threading.Lock()
        self._writers: dict[str, JournalWriter] = {}
        self._seen: dict[str, set[str]] = {}

    def entry(self, raw: Any, name: str = "") -> bool:
        """Take one entry in; return False when it was there already.

        Args:
            raw: `id`, `project`, `step`, `category`, `name`, `value`, `timestamp`; or `run_info`, or the fields of one.
            name: what the entry is called, so that it is taken in once; empty for one that comes once anyway.

        Raises:
            InvalidValue: it is no entry.
            InvalidName: its project is no name.
        """
        if type(raw) is not dict:
            raise InvalidValue("an entry is a JSON object")
        about = raw.get("run_info")
        is_about = isinstance(about, dict) or ("name" not in raw and ("start_time" in raw or "cli_params" in raw))
        body: dict[str, Any] = about if isinstance(about, dict) else raw
        owner = str(body.get("id") or body.get("run") or body.get("run_id") or "")
        project = check_label(str(body.get("project") or raw.get("project") or "default"), "project")
        if not owner:
            raise InvalidValue(
                "an entry says which run it belongs to: `id`",
                hint='{"id": "...", "name": "loss", "value": 0.5, "step": 1}',
            )
        if not is_about:
            _check_row(body)
        run_id = run_id_of(project, owner)
        with self._lock:
            seen = self._seen_of(run_id) if name else set()
            if name and name in seen:
                return False
            writer = self._writer(run_id, project, owner)
            if is_about:
                self._about(writer, body)
            else:
                self._row(writer, body, name)
            seen.add(name)
        return True

    def _row(self, writer: JournalWriter, body: dict[str, Any], name: str) -> None:
        key = body["name"]
        category = str(body.get("category") or DEFAULT_CATEGORY)
        step = body.get("step")
        row = {key if category == DEFAULT_CATEGORY else f"{category}/{key}": body["value"]}
        if name:
            row[ENTRY_KEY] = name
        self._clock.at_s = seconds(body.get("timestamp"))
        try:
            writer.append(row, int(step) if isinstance(step, int | float) and step >= 0 else None)
        finally:
            self._clock.at_s = None

    @staticmethod
    def _about(writer: JournalWriter, body: dict[str, Any]) -> None:
        arguments = body.get("cli_params")
        if isinstance(arguments, str):
            with contextlib.suppress(ValueError):
                arguments = orjson.loads(arguments)
        if isinstance(arguments, dict):
            for key, value in arguments.items():
                writer.set(("config", str(key)), value)
        elif arguments:
            writer.set(("config", "cli_params"), arguments)
        if body.get("git_hash"):
            writer.set(("provenance", "git"), {"commit": str(body["git_hash"])})
        kept = {
            key: body[key]
            for key in ("python_version", "os_info", "cpu_info", "total_memory", "gpu_info")
            if key in body
        }
        if kept:
            writer.set(("provenance", "waddle"), kept)

    def _writer(self, run_id: str, project: str, owner: str) -> JournalWriter:
        writer = self._writers.get(run_id)
        if writer is None:
            writer = self._writers[run_id] = JournalWriter(
                self._layout, Identity(run_id, project, ROLE_RUN), clock=self._clock
            )
            writer.set(("name",), owner[:128])
        return writer

    def _seen_of(self, run_id: str) -> set[str]:
        """Return the entries of a run that earlier processes took in."""
        seen = self._seen.get(run_id)
        if seen is None:
            with contextlib.suppress(EventideError):
                table = self._source.rows([run_id], keys=[ENTRY_KEY], attempts="all")
                name = next((column for column in table.column_names if column.startswith(ENTRY_KEY)), None)
                seen = set(table.column(name).to_pylist()) if name else set()
            seen = self._seen[run_id] = seen or set()
        return seen

    def heartbeat(self) -> None:
        """Show that the runs are still watched."""
        with self._lock:
            for writer in self._writers.values():
                writer.heartbeat()

    def close(self) -> None:
        """End the runs that are being taken in."""
        with self._lock:
            for writer in self._writers.values():
                with contextlib.suppress(OSError):
                    writer.close({"status": "finished"})
            self._writers.clear()


def _check_row(body: dict[str, Any]) -> None:
    """Raise InvalidValue unless an entry has a name and a value; nothing is made for one that has not."""
    key = body.get("name")
    if not isinstance(key, str) or not key or "value" not in body:
        raise InvalidValue(
            "an entry has a `name` and a `value`", hint='{"id": "...", "name": "loss", "value": 0.5, "step": 1}'
        )


class FolderWatch:
    """Takes in the JSON files below a folder, once each."""

    def __init__(self, folder: Path, ingester: Ingester, keep: Keep = "delete") -> None:
        """Watch a folder.

        Args:
            folder: the loggers' `log_root`.
            ingester: where entries go.
            keep: whether a file is removed when its entry is in the journal, as the seed did, or stays.
        """
        self._folder = folder
        self._ingester = ingester
        self._keep = keep
        self._done: set[str] = set()
        self.refused: dict[str, str] = {}
        """File → why it is no entry; such files stay."""

    def scan(self) -> int:
        """Take in what is there; return how many entries were new. A file that is being written ends in `.tmp` and is left alone."""
        taken = 0
        for path in sorted(self._folder.rglob("*.json")):
            name = path.relative_to(self._folder).as_posix()
            if name in self._done or name in self.refused or path.is_symlink() or not path.is_file():
                continue
            try:
                taken += self._take(path, name)
            except FileNotFoundError:
                continue
            except (EventideError, ValueError, OSError) as error:
                self.refused[name] = str(error).partition("\n")[0]
        return taken

    def _take(self, path: Path, name: str) -> bool:
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise InvalidValue(f"a file of more than {_MAX_FILE_BYTES} bytes is no entry")
        raw = orjson.loads(path.read_bytes())
        if isinstance(raw, dict) and "run_info" not in raw and path.name.endswith("run_info.json"):
            raw.setdefault("project", path.parent.parent.name or "default")
            raw = {"run_info": raw}
        new = self._ingester.entry(raw, name)
        if self._keep == "delete":
            path.unlink(missing_ok=True)
        else:
            self._done.add(name)
        return new

    def follow(
        self, stopping: Callable[[], bool], interval_s: float = 1.0, sleep: Callable[[float], Any] = time.sleep
    ) -> None:
        """Take in what comes, until `stopping`."""
        while not stopping():
            self.scan()
            self._ingester.heartbeat()
            sleep(interval_s)
        self.scan()


def run_id_of(project: str, owner: str) -> str:
    """Return the run for an id that a logger made up; ids of two projects never meet."""
    digest = hashlib.sha256(f"{project}\0{owner}".encode()).hexdigest()[:10]
    return f"waddle-{_ODD.sub('-', owner)[:60].strip('-.') or 'run'}-{digest}"


def seconds(value: Any) -> float | None:
    """Return a time stamp, a number or an ISO text, as seconds since the epoch, or None."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return float(value) / (1000.0 if value > 1e11 else 1.0)
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            found = datetime.fromisoformat(value)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    return None
