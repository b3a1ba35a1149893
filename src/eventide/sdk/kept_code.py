"""Keep the code of plain runs, beside training: a moment after the first run began, or at its end at the latest.

The setting `snapshot` decides whether: by itself only where it is plain which folder is the code. What one run of a process has kept
stands for the runs that follow it for a while, at the cost of one record each.
Invariant: nothing here raises into training or loads anything before the first run lives; a run's code is recorded once.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from eventide import configfile, settings
from eventide.journal.records import ROLE_RUN

if TYPE_CHECKING:
    from eventide.sdk.pulse import Pulse
    from eventide.sdk.run import Run

FIRST_LOOK_S = 0.5
"""After the beginning of a run; who is done by then keeps its code at its end."""
FRESH_S = 60.0
"""How long a kept tree stands for later runs: a notebook lives for days, a sweep begins a hundred runs a second."""
LONGEST_S = 30.0
"""How long keeping a tree may take beside training, and at a run's end."""
PATIENCE_S = 10.0
"""How long the end of a run waits for the thread."""


class Start(NamedTuple):
    """How the process stood when a run began; at its end the interpreter has forgotten the script."""

    choice: str
    """`auto` or `on`."""
    script: str | None
    cwd: str


class Keeper:
    """Keeps the code of the runs of a process. Safe for threads."""

    def __init__(self, pulse: Pulse) -> None:
        self._pulse = pulse
        self.after_fork_in_child()

    def after_fork_in_child(self) -> None:
        """Forget the parent's runs, which keep their code there."""
        self._lock = threading.Lock()
        self._busy = threading.Lock()
        """Held while a tree is walked."""
        self._waiting: dict[int, tuple[Run, Start]] = {}
        self._is_due = False
        self._kept: dict[tuple[str | None, ...], tuple[float, dict[str, Any] | None]] = {}
        """Store and all that decides about the source → when its tree was kept, and the record of it; None where there was no source."""

    def watch(self, run: Run, choice: str) -> None:
        """Keep the code of a run soon; costs some microseconds."""
        identity = getattr(run._writer, "identity", None)  # noqa: SLF001 - part of the same package
        is_first = identity is None or identity.rank == 0
        if choice == "off" or run.dir is None or run.role != ROLE_RUN or not is_first:
            return
        try:
            cwd = os.getcwd()  # noqa: PTH109 - start-up cost
        except OSError:  # the folder is gone
            return
        start = Start(choice, getattr(sys.modules.get("__main__"), "__file__", None), cwd)
        run._before_end.append(lambda: self.finish(run))  # noqa: SLF001
        with self._lock:
            self._waiting[id(run)] = run, start
            begin, self._is_due = not self._is_due, True
        if begin:
            self._pulse.later(FIRST_LOOK_S, self._start)

    def finish(self, run: Run) -> None:
        """Keep the code of a run that ends, unless that is done; not of one that is being killed: there is no time."""
        if run.status == "killed":  # and a named tuple made now would cost Python its exit code for Ctrl-C
            with self._lock:
                self._waiting.pop(id(run), None)
            return
        self._take(run, PATIENCE_S)

    def _start(self) -> None:
        with self._lock:
            self._is_due = False
        try:
            threading.Thread(target=self._take_all, name="eventide-code", daemon=True).start()
        except RuntimeError:  # no more threads; `finish` does it
            return

    def _take_all(self) -> None:
        with self._lock:
            waiting = [run for run, _ in self._waiting.values()]
        for run in waiting:
            self._take(run, LONGEST_S)

    def _take(self, run: Run, patience_s: float) -> None:
        if not self._busy.acquire(timeout=patience_s):
            return
        try:
            with self._lock:
                _, start = self._waiting.pop(id(run), (run, None))
            if start is not None:
                run._guard.attempt("code", lambda: self._keep(run, start))  # noqa: SLF001
        finally:
            self._busy.release()

    def _keep(self, run: Run, start: Start) -> None:
        layout = run._layout  # noqa: SLF001
        if layout is None:
            return
        key = str(layout.root), *start, settings.get("code_dir")
        kept = self._kept.get(key)
        if kept is not None and time.monotonic() - kept[0] <= FRESH_S:
            record = kept[1]
            if record is not None:
                run._writer.file(record)  # noqa: SLF001
            return
        folder = source_of(start)
        record = None if folder is None else self._take_tree(run, folder, start.choice)
        self._kept[key] = time.monotonic(), record

    @staticmethod
    def _take_tree(run: Run, folder: Path, choice: str) -> dict[str, Any] | None:
        from eventide.sdk import snapshot  # noqa: PLC0415 - only where code is kept

        limits = snapshot.WIDE if choice == "on" else snapshot.NARROW
        return snapshot.take(run, folder, limits=limits, until_s=time.monotonic() + LONGEST_S)


def source_of(start: Start) -> Path | None:
    """Return the folder whose code belongs to this process; None where that cannot be told, or nothing is to be kept.

    It is the setting `code_dir`, else the nearest folder, upwards from the script, with a configuration file or a git repository. Asked
    for with `on` it is found from the current folder too, and is that folder itself (or the script's, when that lies elsewhere) where
    there is no such file.

    Raises:
        OSError: `on` means a folder that is no project, such as the home folder.
        InvalidSetting: the configuration file has become one that cannot be used.
    """
    here = Path(start.cwd)
    said = settings.get("code_dir")
    if said is not None:
        return here / Path(said).expanduser()
    script = _own(start)
    is_asked = start.choice == "on"
    for place in [*([script.parent] if script is not None else []), *([here] if is_asked else [])]:
        found = _project(place)
        if found is not None:
            return found
    if not is_asked:
        return None
    folder = here if script is None or script.is_relative_to(here) else script.parent
    if _is_too_wide(folder):
        raise OSError(f"`{folder}` is no project; put an eventide.toml beside the code")
    return folder


def _own(start: Start) -> Path | None:
    """Return the script, or None: at a prompt, in a notebook, for a program that was installed."""
    if not start.script:
        return None
    path = Path(start.cwd, start.script).resolve()
    prefixes = {Path(prefix).resolve() for prefix in (sys.prefix, sys.base_prefix)}
    return path if path.is_file() and not any(path.is_relative_to(prefix) for prefix in prefixes) else None


def _project(start: Path) -> Path | None:
    """Return the nearest folder from `start` upwards that is a project."""
    ceilings = {part for part in os.environ.get("GIT_CEILING_DIRECTORIES", "").split(os.pathsep) if part}
    file = configfile.nearest(str(start))
    for folder in (start, *start.parents):
        if _is_too_wide(folder) or str(folder) in ceilings:
            return None
        if (folder / ".git").exists() or (file is not None and str(folder) == file.folder):
            return folder
    return None


def _is_too_wide(folder: Path) -> bool:
    """Tell whether a folder holds more than code: the home folder, a temporary one, the whole disk."""
    import tempfile  # noqa: PLC0415 - only where code is kept

    home = Path("~").expanduser()
    return folder == folder.parent or folder in (home, *home.parents, Path(tempfile.gettempdir()))
