"""`SnapshotManager`: a copy of a folder under an id, beside those made before.

Recorded functions need none of this, their code is kept by the store; this is for scripts that take snapshots themselves.
Invariant: a snapshot is under its name whole or not at all; files that are the same as in the last one are hard links to it; ignore rules
hold for every snapshot and at every depth; the folder of the snapshots is never part of one.
"""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from eventide.compat.tmt.files import link_or_copy, point
from eventide.errors import InvalidSetting, RunExists
from eventide.names import check_label
from eventide.sdk.snapshot import walk

Comparison = filecmp.dircmp[str]


@dataclass
class SnapshotManager:
    """Takes one snapshot: `make_snapshot()`."""

    id: str
    tmt_dir: str
    snapshot_target: str
    snapshot_source: str
    last_snapshot_link: str
    ignore_path: str | None = None

    @cached_property
    def snapshot_dest(self) -> str:
        """The folder of this snapshot."""
        return str(Path(self.snapshot_target) / check_label(self.id, "snapshot"))

    @cached_property
    def gitignored_files(self) -> set[str]:
        """Paths below the source that are not copied: `tmt_dir`, and what rules, limits or caution leave out at the top level."""
        top = {entry.name for entry in os.scandir(self.snapshot_source)}
        kept = {path.partition("/")[0] for path in self._files()}
        return (top - kept) | {os.path.relpath(self.tmt_dir, self.snapshot_source)}

    def make_snapshot(self) -> None:
        """Copy what is new or changed, link what is not, and point `last` here.

        Raises:
            InvalidSetting: the source is no folder.
            RunExists: there is a snapshot of this id.
            OSError: the files cannot be read or written.
        """
        self.copy_files()
        self.create_symlink()

    def copy_files(self) -> None:
        """Make the folder of this snapshot."""
        if not Path(self.snapshot_source).is_dir():
            raise InvalidSetting(f"the source of snapshots, `{self.snapshot_source}`, is no folder")
        final = Path(self.snapshot_dest)
        if final.exists():
            raise RunExists(f"there is a snapshot `{self.id}` in `{self.snapshot_target}`", hint="another id")
        last = Path(self.last_snapshot_link)
        making = final.with_name(f".{final.name}-{os.urandom(4).hex()}.tmp")
        making.mkdir(parents=True)
        try:
            for path, place in self._files().items():
                target = making / path
                target.parent.mkdir(parents=True, exist_ok=True)
                before = last / path
                if before.is_file() and filecmp.cmp(place, before, shallow=False):
                    link_or_copy(str(before), str(target))
                else:
                    shutil.copy2(place, target)
            making.rename(final)
        except OSError:
            shutil.rmtree(making, ignore_errors=True)
            raise

    def create_symlink(self) -> None:
        """Point `last` to this snapshot, whoever else does the same."""
        point(Path(self.last_snapshot_link), Path(self.snapshot_dest))

    def _files(self) -> dict[str, str]:
        """Return path → place of every file that belongs into the snapshot."""
        root = Path(self.snapshot_source).absolute()
        own = os.path.relpath(Path(self.snapshot_target).absolute(), root) + "/"
        rules = Path(self.ignore_path) if self.ignore_path else None
        found = walk(root, Path(self.tmt_dir).absolute(), {}, ignore_file=rules)
        return {file.path: file.place for file in found if not file.path.startswith(own)}

    # ── what differs between two folders ────────────────────────────────────────────────────────────────────────────

    @staticmethod
    def get_diff_files(cmp: Comparison, directory: str) -> Iterator[str]:
        """Yield the files that are in both folders and differ, below `directory`."""
        return _every(cmp, directory, "diff_files")

    @staticmethod
    def get_new_files(cmp: Comparison, directory: str) -> Iterator[str]:
        """Yield what only the first folder has."""
        return _every(cmp, directory, "left_only")

    @staticmethod
    def get_removed_files(cmp: Comparison, directory: str) -> Iterator[str]:
        """Yield what only the second folder has."""
        return _every(cmp, directory, "right_only")

    @staticmethod
    def get_equal_files(cmp: Comparison, directory: str) -> Iterator[str]:
        """Yield the files that are the same in both folders."""
        return _every(cmp, directory, "same_files")


def _every(cmp: Comparison, directory: str, kind: str) -> Iterator[str]:
    for name in getattr(cmp, kind):
        yield os.path.join(directory, name)  # noqa: PTH118 - texts, as they always were
    for name, inner in cmp.subdirs.items():
        yield from _every(inner, os.path.join(directory, name), kind)  # noqa: PTH118
