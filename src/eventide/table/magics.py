"""IPython magics, thin on purpose: `%runs FILTER`, `%%track name key=value` and `%eventide ui`.

`%load_ext eventide` calls `load_ipython_extension`, which registers them.
Invariant: each magic is one call of a function that exists without it.
"""

from __future__ import annotations

import json
import shlex
from typing import Any

from eventide.errors import InvalidSetting
from eventide.table.store import open as open_store


def runs(line: str = "") -> Any:
    """Return the runs frame of a filter: `%runs state:running and lr<1e-3`."""
    return open_store().runs(line.strip())


def parse_track(line: str) -> tuple[str | None, dict[str, Any]]:
    """Return (name, config) of the line `name key=value ...`; values are JSON where they parse as such, else text."""
    name: str | None = None
    config: dict[str, Any] = {}
    for word in shlex.split(line):
        key, equals, value = word.partition("=")
        if not equals:
            if name is not None:
                raise InvalidSetting(f"`{word}` is neither the name nor key=value", hint="%%track name lr=0.1")
            name = word
            continue
        try:
            config[key] = json.loads(value)
        except ValueError:
            config[key] = value
    return name, config


def track(shell: Any, line: str, cell: str) -> Any:
    """Run a cell as a run: `%%track baseline lr=0.1`; its code is kept as the value `cell`, its failure as the run's."""
    from eventide import init  # type: ignore[attr-defined,unused-ignore]  # noqa: PLC0415 - lazily made public name

    name, config = parse_track(line)
    with init(name=name, config=config) as run:
        run.set("cell", cell)
        result = shell.run_cell(cell)
        result.raise_error()
        return result.result


def page(line: str = "") -> Any:
    """Show the page of a store below the cell, `%eventide ui [STORE] [--height PIXELS]`, or end its server, `%eventide stop`."""
    from eventide.table.page import HEIGHT_PX, show_page, stop_pages  # noqa: PLC0415 - only where a page is asked for

    verb, *words = shlex.split(line) or ["ui"]
    height_px = HEIGHT_PX
    if "--height" in words:
        place = words.index("--height")
        height = "".join(words[place + 1 : place + 2])
        if not height.isdecimal():
            raise InvalidSetting(f"`{height}` is no height in pixels", hint="%eventide ui --height 720")
        height_px = int(height)
        del words[place : place + 2]
    if verb == "stop" and not words:
        count = stop_pages()
        return f"{count} server{'s' * (count != 1)} ended"
    if verb != "ui" or len(words) > 1:
        raise InvalidSetting(
            f"`%eventide {line.strip():.80}` says nothing to do", hint="%eventide ui, or %eventide stop"
        )
    return show_page(words[0] if words else None, height_px=height_px)


def load_ipython_extension(shell: Any) -> None:
    """Register the magics with an IPython shell."""
    shell.register_magic_function(runs, "line", "runs")
    shell.register_magic_function(lambda line, cell: track(shell, line, cell), "cell", "track")
    shell.register_magic_function(page, "line", "eventide")
