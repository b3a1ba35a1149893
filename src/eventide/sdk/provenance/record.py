"""Write where a run comes from into its journal.

The first rank of a launch speaks for the run; every other one says its host, GPUs and place only, below `ranks`.
Invariant: objects are in the store before the record that names them.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from eventide.objects.choice import open_objects
from eventide.sdk.provenance.started import user_of

if TYPE_CHECKING:
    from eventide.sdk.provenance.gather import Keep
    from eventide.sdk.run import Run

KEPT_S = 60.0
"""How long an object that was stored needs no second look: far less than garbage collection waits."""
MAX_KEPT = 8
_kept: dict[tuple[str, bytes], tuple[str, float]] = {}
_OF_A_RANK = ("host", "gpu", "launcher")


def keeper(run: Run) -> Keep:
    """Return what keeps bytes in the store of a run; once per content and store, and an empty text where the disk refuses."""
    layout = run._layout  # noqa: SLF001 - part of the same package

    def keep(data: bytes) -> str:
        if layout is None:
            return ""
        place = str(layout.root), data
        known = _kept.get(place)
        if known is not None and time.monotonic() - known[1] < KEPT_S:
            return known[0]
        try:
            sha256 = open_objects(layout, is_writer=True).put_bytes(data)
        except OSError as error:
            run._guard("object", error, 1)  # noqa: SLF001
            return ""
        if len(_kept) >= MAX_KEPT:
            _kept.clear()
        _kept[place] = sha256, time.monotonic()
        return sha256

    return keep


def record(run: Run, found: dict[str, Any]) -> None:
    """Record what was found; raises RunFinished when the run ended meanwhile."""
    writer = run._writer  # noqa: SLF001 - part of the same package
    rank = getattr(getattr(writer, "identity", None), "rank", 0)
    if rank:
        mine = {kind: found[kind] for kind in _OF_A_RANK if kind in found}
        if mine:
            writer.set(("provenance", "ranks", str(rank)), mine)
        return
    if "user" in found and not user_of(os.environ):  # else `init` has said so
        writer.set(("user",), found["user"])
    for kind, content in found.items():
        writer.set(("provenance", kind), content)
