"""Sealed tables in a bucket, and a local mirror of them.

Whatever changes tables (sealing, merging, purging) works on the mirror as on any store; `push` then makes its commits those of the bucket,
each by creating its log entry if nobody has. A commit that came second is taken back here, and done again from what is there now.
Invariant: the bucket's log is the truth. A version in it never changes, and all files it names are there before it is.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from eventide.store.tables.delta import COMMIT_ORDER, READ_ORDER

if TYPE_CHECKING:
    from eventide.layout import Layout
    from eventide.nodes.bucket import Bucket

_LOG = "_delta_log"
_ENTRY = re.compile(r"\d{20}\.json\Z")
_CHECKPOINT = re.compile(r"\d{20}\.checkpoint\.parquet\Z|_last_checkpoint\Z")


class TableMirror:
    """The tables of a store as they are in a bucket. Its owner lets one thread at a time use it."""

    def __init__(self, layout: Layout, bucket: Bucket) -> None:
        self._root = layout.tables_dir
        self._bucket = bucket
        self._shared: dict[tuple[str, str], int] = {}
        """(project folder, table) → the newest version known to be in the bucket."""
        self._checkpointed: dict[str, float] = {}

    def pull(self) -> bool:
        """Bring what the bucket has and the mirror lacks; return whether there was anything. Raises StoreError."""
        changed = False
        for project in self._bucket.folders("tables/"):
            for table in READ_ORDER:
                changed |= self._pull_table(project, table)
        return changed

    def _pull_table(self, project: str, table: str) -> bool:
        place = f"tables/{project}/{table}"
        known = self._shared.get((project, table), -1)
        after = f"{place}/{_LOG}/{known:020d}.json" if known >= 0 else ""
        fresh = [name for name in self._bucket.names(f"{place}/{_LOG}/", after) if _ENTRY.search(name)]
        log = self._root / project / table / _LOG
        if known < 0:
            self._take_back(log, {name.rpartition("/")[2] for name in fresh})
        changed = False
        for name in fresh:
            path = log / name.rpartition("/")[2]
            if not path.exists():
                self._fetch_named(place, name, path)
                changed = True
            self._shared[project, table] = int(path.stem)
        return changed

    def _fetch_named(self, place: str, name: str, path: Path) -> None:
        """Bring a log entry, after the files it adds."""
        waiting = path.with_name(f".{path.name}.{os.getpid()}.new")
        self._bucket.fetch(name, waiting)
        try:
            for added in re.findall(rb'"add":\{"path":"([^"]+\.parquet)"', waiting.read_bytes()):
                file = path.parent.parent / added.decode()
                if not file.exists():
                    self._bucket.fetch(f"{place}/{added.decode()}", file)
            path.parent.mkdir(parents=True, exist_ok=True)
            waiting.replace(path)
        finally:
            waiting.unlink(missing_ok=True)

    def _take_back(self, log: Path, shared: set[str]) -> None:
        """Forget local commits that never came into the bucket: this node died before it could push them."""
        if not log.is_dir():
            return
        mine = [path for path in log.iterdir() if _ENTRY.search(path.name) and path.name not in shared]
        if mine:
            self._rebuild(log, before=min(int(path.stem) for path in mine))

    def _rebuild(self, log: Path, before: int) -> None:
        """Replace a log folder by one that ends before a version: a new folder, so that readers open the table anew."""
        kept = log.with_name(f"{_LOG}.{os.urandom(4).hex()}")
        kept.mkdir()
        for path in log.iterdir():
            if _ENTRY.search(path.name) and int(path.stem) < before:
                shutil.copy2(path, kept / path.name)
        old = log.with_name(f"{_LOG}.old-{os.urandom(4).hex()}")
        log.rename(old)
        if any(kept.iterdir()):
            kept.rename(log)
        else:
            kept.rmdir()
        shutil.rmtree(old)

    def push(self) -> bool:
        """Make local commits those of the bucket; return False when another node's came first, and ours were taken back.

        Raises:
            StoreError: the bucket cannot be written; calling again goes on.
        """
        whole = True
        for project in (
            sorted(path.name for path in self._root.iterdir() if path.is_dir()) if self._root.is_dir() else ()
        ):
            for table in COMMIT_ORDER:
                if not whole:
                    self._drop_rest(project, table)
                elif not self._push_table(project, table):
                    whole = False
        return whole

    def _local(self, project: str, table: str) -> list[Path]:
        """Return the log entries of a table that the bucket lacks, in order."""
        log = self._root / project / table / _LOG
        known = self._shared.get((project, table), -1)
        if not log.is_dir():
            return []
        return sorted(path for path in log.iterdir() if _ENTRY.search(path.name) and int(path.stem) > known)

    def _push_table(self, project: str, table: str) -> bool:
        place, folder = f"tables/{project}/{table}", self._root / project / table
        for entry in self._local(project, table):
            body = entry.read_bytes()
            for added in re.findall(rb'"add":\{"path":"([^"]+\.parquet)"', body):
                self._bucket.put(f"{place}/{added.decode()}", folder / added.decode())
            if not self._bucket.put_new(f"{place}/{_LOG}/{entry.name}", body):
                self._rebuild(entry.parent, before=int(entry.stem))
                return False
            self._shared[project, table] = int(entry.stem)
        for path in sorted((folder / _LOG).glob("*")) if (folder / _LOG).is_dir() else ():
            if _CHECKPOINT.search(path.name) and path.stat().st_mtime > self._checkpointed.get(str(path), 0.0):
                self._bucket.put(f"{place}/{_LOG}/{path.name}", path)
                self._checkpointed[str(path)] = path.stat().st_mtime
        return True

    def _drop_rest(self, project: str, table: str) -> None:
        """Take back what was to be pushed after a commit that came second."""
        mine = self._local(project, table)
        if mine:
            self._rebuild(mine[0].parent, before=int(mine[0].stem))
