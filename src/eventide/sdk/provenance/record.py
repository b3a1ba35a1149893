"""Write where a run comes from into its journal.

The first rank of a launch speaks for the run; every other one says its host, GPUs and place only, below `ranks`.
Invariant: objects are in the store before the record that names them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from eventide.objects.local import LocalObjects
from eventide.sdk.provenance.started import user_of

if TYPE_CHECKING:
    from eventide.sdk.provenance.gather import Keep
    from eventide.sdk.run import Run

_OF_A_RANK = ("host", "gpu", "launcher")


def keeper(run: Run) -> Keep:
    """Return what keeps bytes in the store of a run; once per content and store, and an empty text where the disk refuses."""
    layout = run._layout  # noqa: SLF001 - part of the same package

    def keep(data: bytes) -> str:
        if layout is None:
            return ""
        try:
            return LocalObjects(layout).put_bytes(data)
        except OSError as error:
            run._guard("object", error, 1)  # noqa: SLF001
            return ""

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
