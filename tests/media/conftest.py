"""A run that logs media, and what it logged read back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import eventide

if TYPE_CHECKING:
    from eventide.sdk.run import Run
    from eventide.table.media import Medium


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Return a run in a store of its own."""
    with eventide.init(dir=tmp_path / "store", project="p") as made:
        yield made


def shown(run: Run, key: str | None = None) -> list[Medium]:
    """Return what a run has logged, after ending it."""
    run.finish()
    assert run.dir is not None
    with eventide.open(run.dir.parent.parent) as store:
        return store.run(run.id).media(key)


def rows(run: Run) -> Any:
    """Return the logged rows of a run."""
    assert run.dir is not None
    with eventide.open(run.dir.parent.parent) as store:
        return store.run(run.id).history()


def pixels(medium: Medium) -> Any:
    """Return the pixels of a picture."""
    return np.asarray(medium.image())
