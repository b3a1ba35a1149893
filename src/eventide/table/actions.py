"""What a store can be told to do: edit runs, bin and restore them, reclaim space, check itself.

Invariant: nothing is lost by one call: `delete` puts into the bin, and only `purge`, which takes runs that are in the bin
already, destroys. Everything that frees space can be tried with `dry_run=True` and reports bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eventide.errors import EventideError
from eventide.model import Edit, Removal, RunQuery
from eventide.table.selection import all_runs, in_bin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventide.source import Source

Selector = "str | Sequence[str]"


def keeper(source: Source, task: str) -> Any:
    """Return the method `task` of a source that holds its files itself; raises EventideError when it does not."""
    method = getattr(source, task, None)
    if method is None:
        raise EventideError(f"this source cannot {task}: it does not hold the files of the store itself")
    return method


class Actions:
    """The part of `Store` that changes things."""

    source: Source

    def _ids(self, selector: str | Sequence[str]) -> list[str]:
        selectors = [selector] if isinstance(selector, str) else list(selector)
        return list(dict.fromkeys(run_id for each in selectors for run_id in self.source.resolve(each)))

    def _binned(self, selector: str | Sequence[str] | None) -> list[str]:
        if selector is None:
            found = all_runs(self.source, RunQuery(deleted=True, archived=True, keys=(), details=False))
            return [run.id for run in found]
        selectors = [selector] if isinstance(selector, str) else list(selector)
        return list(dict.fromkeys(run_id for each in selectors for run_id in in_bin(self.source, each)))

    def edit(self, selector: str | Sequence[str], edit: Edit) -> list[str]:
        """Apply an `Edit` to runs and return their ids."""
        ids = self._ids(selector)
        self.source.edit(ids, edit)
        return ids

    def tag(self, selector: str | Sequence[str], *tags: str) -> list[str]:
        """Add tags to runs and return their ids."""
        return self.edit(selector, Edit(add_tags=tags))

    def untag(self, selector: str | Sequence[str], *tags: str) -> list[str]:
        """Take tags off runs and return their ids."""
        return self.edit(selector, Edit(remove_tags=tags))

    def rename(self, selector: str, name: str) -> list[str]:
        """Give a run another name; its id stays. Returns the id."""
        return self.edit(selector, Edit(name=name))

    def note(self, selector: str | Sequence[str], notes: str) -> list[str]:
        """Replace the notes of runs and return their ids."""
        return self.edit(selector, Edit(notes=notes))

    def archive(self, selector: str | Sequence[str], *, undo: bool = False) -> list[str]:
        """Hide runs from lists, or show them again with `undo`, and return their ids."""
        return self.edit(selector, Edit(archived=not undo))

    def delete(self, selector: str | Sequence[str], *, dry_run: bool = False) -> list[str]:
        """Put runs into the bin, from where `restore` takes them, and return their ids."""
        ids = self._ids(selector)
        if not dry_run:
            self.source.edit(ids, Edit(deleted=True))
        return ids

    def restore(self, selector: str | Sequence[str] | None = None) -> list[str]:
        """Take runs (None: all) out of the bin and return their ids."""
        ids = self._binned(selector)
        if ids:
            self.source.edit(ids, Edit(deleted=False))
        return ids

    def purge(self, selector: str | Sequence[str] | None = None, *, dry_run: bool = False) -> Removal:
        """Destroy runs that are in the bin (None: all of them) and say what was freed; there is no way back."""
        ids = self._binned(selector)
        if not ids:
            return Removal(dry_run=dry_run)
        removal: Removal = keeper(self.source, "purge")(ids, dry_run=dry_run)
        return removal

    def gc(self, *, dry_run: bool = False) -> Removal:
        """Remove bytes that nothing refers to any more."""
        removal: Removal = keeper(self.source, "gc")(dry_run=dry_run)
        return removal

    def retain(self, *, dry_run: bool = False) -> Removal:
        """Remove journal files that are sealed and older than the retention time."""
        removal: Removal = keeper(self.source, "retain")(dry_run=dry_run)
        return removal

    def seal(self, *, include_open: bool = False) -> Any:
        """Move closed journal parts into the tables; `include_open` takes parts that are still written as well."""
        return keeper(self.source, "seal")(include_open=include_open)

    def compact(self) -> Any:
        """Merge the small files of the tables."""
        return keeper(self.source, "compact")()

    def verify(self) -> Any:
        """Return the problems of the store; empty when all is well."""
        return keeper(self.source, "verify")()

    def repair(self, *, dry_run: bool = False) -> Any:
        """Repair what can be repaired without guessing and return the problems."""
        return keeper(self.source, "repair")(dry_run=dry_run)
