"""LocalSource keeps the Source contract: from journals, after sealing, and after the journals were removed."""

from __future__ import annotations

from pathlib import Path

from eventide.store.local import LocalSource
from eventide.testing import SourceContract


class TestJournals(SourceContract):
    """Everything is read from journals."""

    def open_source(self, root: Path) -> LocalSource:
        """Open the store as it is."""
        return LocalSource(root)


class TestSealed(SourceContract):
    """Everything there is was sealed before the first question."""

    def open_source(self, root: Path) -> LocalSource:
        """Seal the store, live journals included, then open it."""
        source = LocalSource(root)
        source.seal(include_open=True)
        return source


class TestWithoutIndex(SourceContract):
    """The index cannot be used, so that one in memory answers."""

    def open_source(self, root: Path) -> LocalSource:
        """Open the store with a cache folder that is a file."""
        blocked = root.parent / "blocked"
        blocked.write_text("not a folder")
        return LocalSource(root, cache_dir=blocked)
