"""`python -m eventide.shim tmt_tui [FOLDER]`: the terminal UI on what That Metric Timeline left.

A folder that holds an Eventide store is opened as it is. A real old `.tmt` folder is only read: its entries are written into a store
in the user's cache folder, made anew each time, and that is shown, read-only. Invariant: the old folder is never changed.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from eventide.errors import NotAStore
from eventide.settings import get
from eventide.tui.place import Options

if TYPE_CHECKING:
    from collections.abc import Iterable

    from eventide.compat.tmt.storage.schema import Entry

_NAMES = ("tmt_db.json", "db.json", "tmt.json", "database.json", "experiments.json")


def main(arguments: list[str]) -> None:
    """Open what the arguments name, the current folder by default; raises NotAStore."""
    from eventide.tui.start import start  # noqa: PLC0415 - only for this command

    folder = Path(arguments[0] if arguments else ".").expanduser()
    root = next((each for each in (folder, folder / ".eventide") if (each / "store.json").is_file()), None)
    if root is not None:
        start(str(root.absolute()), None, Options())
    else:
        start(str(translated(folder)), None, Options(read_only=True))


def translated(folder: Path) -> Path:
    """Return a store made of an old folder's entries; raises NotAStore when there are none."""
    from eventide.compat.tmt.storage.json_db import DbManager  # noqa: PLC0415

    file = _file(folder)
    cache = Path(get("cache_dir") or platformdirs.user_cache_dir("eventide"))
    root = cache / "tmt" / hashlib.sha256(str(file.absolute()).encode()).hexdigest()[:16] / ".eventide"
    shutil.rmtree(root.parent, ignore_errors=True)
    for entry in DbManager(file, read_only=True).all_entries():
        _write(root, entry, "")
    if not root.is_dir():
        raise NotAStore(f"`{file}` holds no entries", hint="eventide tui")
    return root


def _file(folder: Path) -> Path:
    if folder.is_file():
        return folder
    inside = (folder, folder / ".tmt")
    found: Iterable[Path] = (each for base in inside for name in _NAMES for each in [base / name] if each.is_file())
    file = next(iter(found), None) or next((each for base in inside for each in sorted(base.glob("*.json"))), None)
    if file is None:
        raise NotAStore(
            f"`{folder}` holds neither a store nor entries of That Metric Timeline", hint="eventide tui STORE"
        )
    return file


class _At:
    """The clock of an entry."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def time(self) -> float:
        """Return when the entry was made."""
        return self._seconds

    def monotonic(self) -> float:
        """Return the same: nothing here needs them to differ."""
        return self._seconds


def _write(root: Path, entry: Entry, group: str) -> None:
    """Write an entry, then those within it as runs of its group."""
    from eventide.journal.writer import Identity, JournalWriter  # noqa: PLC0415
    from eventide.layout import Layout  # noqa: PLC0415

    clock = _At(float(entry.date_created))
    layout = Layout(root)
    layout.create(now_s=clock.time())
    run_id = hashlib.sha256(f"{group} {entry.id}".encode()).hexdigest()[:16]
    writer = JournalWriter(layout, Identity(run_id, "tmt", "run"), clock=clock)
    facts = {"name": entry.name or entry.id, "notes": entry.description, "group": group}
    for name, text in facts.items():
        if text:
            writer.set((name,), text)
    writer.set(
        ("config",),
        {
            "id": entry.id,
            "args": entry.args,
            "snapshot": entry.local_snapshot_path,
            "results": entry.local_results_path,
        },
    )
    metrics = {each.name: each.value for each in entry.metrics}
    if metrics:
        writer.append(metrics, None)
    writer.close({"status": "finished"})
    for inner in entry.other_runs:
        _write(root, inner, entry.name or entry.id)
