"""From the command line to the running program.

Invariant: what cannot be opened is an error before the screen changes, and the terminal is given back however it ends.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from eventide.transport import is_url
from eventide.tui.frugal import save_memory
from eventide.tui.place import Options, name_of, split

if TYPE_CHECKING:
    from eventide.source import Source
    from eventide.tui.app import TerminalUI

SWITCH_S = 0.001
"""How long a thread that reads may hold up the one that draws; a fifth of what Python does by itself."""


def start(place: str | None, store: str | None, options: Options) -> None:
    """Open a store, a server or a run, show it, and close it again; raises NotAStore, RunNotFound and their like."""
    save_memory()
    sys.setswitchinterval(SWITCH_S)
    from eventide.table.store import open_source  # noqa: PLC0415

    root, run = split(place, store)
    source = open_source(root)
    try:
        if is_url(root):
            source.info()  # a server that does not answer is better told before the screen changes
        run_id = source.resolve(run, project=options.project)[0] if run else ""
        made(source, options, name_of(root), run_id).run()
    finally:
        source.close()


def made(source: Source, options: Options, place: str, run_id: str = "") -> TerminalUI:
    """Return the program, not yet running."""
    from eventide.tui.app import TerminalUI  # noqa: PLC0415 - after what can fail

    return TerminalUI(source, options, place=place, run_id=run_id)
