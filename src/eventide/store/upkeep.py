"""What keeps a local store in shape: sealing, compaction, retention, purge, garbage, verification and repair, in one place.

Invariant: none of it is needed for a right answer, and all of it can be stopped at any instant and done again. It does not go through
the Source protocol: it is about files, which a remote front end does not see.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from eventide.errors import RunNotFound

if TYPE_CHECKING:
    from pathlib import Path

    from eventide.clock import Clock
    from eventide.journal.scan import Part
    from eventide.layout import Layout
    from eventide.model import Problem, Removal
    from eventide.store.tables.compact import CompactReport
    from eventide.store.tables.seal import SealReport


class Upkeep:
    """The upkeep of one store; everything heavy is imported when it is used."""

    def __init__(self, layout: Layout, clock: Clock, index_dir: Path | None) -> None:
        self._layout = layout
        self._clock = clock
        self._index_dir = index_dir

    def seal(self, parts: Iterable[Part], *, include_open: bool = False) -> SealReport:
        """Seal closed parts, and with `include_open` the whole lines of live ones."""
        from eventide.store.tables.seal import Sealer  # noqa: PLC0415

        return Sealer(self._layout, self._clock).seal(parts, include_open=include_open)

    def compact(self, parts: Iterable[Part], *, include_open: bool = False) -> CompactReport:
        """Seal, then merge small files and remove those out of use."""
        from eventide.store.tables.compact import compact  # noqa: PLC0415

        return compact(self._layout, parts, clock=self._clock, include_open=include_open)

    def retain(self, keep_days: float | Literal["forever"], *, dry_run: bool = False, unsent: bool = False) -> Removal:
        """Remove sealed parts of the journal older than `keep_days`, and with `unsent` those that a hub lacks."""
        from eventide.store.tables.retention import remove_sealed_parts  # noqa: PLC0415

        return remove_sealed_parts(self._layout, keep_days=keep_days, clock=self._clock, dry_run=dry_run, unsent=unsent)

    def purge(self, run_ids: Iterable[str], *, dry_run: bool = False, force: bool = False) -> Removal:
        """Remove runs for ever."""
        from eventide.store.tables.purge import purge  # noqa: PLC0415

        wanted = list(run_ids)
        if not wanted:
            raise RunNotFound("there is nothing to purge", hint="eventide rm RUN")
        return purge(self._layout, wanted, clock=self._clock, dry_run=dry_run, force=force)

    def collect_garbage(self, *, dry_run: bool = False, min_age_days: float = 7) -> Removal:
        """Remove objects that no run refers to."""
        from eventide.store.tables.garbage import collect_garbage  # noqa: PLC0415

        return collect_garbage(self._layout, clock=self._clock, min_age_days=min_age_days, dry_run=dry_run)

    def collect(
        self, hashes: Iterable[str], *, put_before_s: float, released: Iterable[str] = (), dry_run: bool = False
    ) -> Removal:
        """Remove those of some objects that nothing refers to."""
        from eventide.store.tables.garbage import collect_some  # noqa: PLC0415

        return collect_some(self._layout, hashes, put_before_s=put_before_s, released=released, dry_run=dry_run)

    def verify(self, *, objects: bool = True) -> list[Problem]:
        """Look at every byte and report what is not as the format promises."""
        from eventide.store.tables.verify import verify  # noqa: PLC0415

        return verify(self._layout, clock=self._clock, objects=objects)

    def repair(self, *, dry_run: bool = False, store_json: bool = False) -> list[Problem]:
        """Mend what can be mended without guessing; return all problems, `repairable` ones among them put right."""
        from eventide.store.tables.repair import repair  # noqa: PLC0415

        return repair(
            self._layout, clock=self._clock, dry_run=dry_run, store_json=store_json, index_dir=self._index_dir
        )
