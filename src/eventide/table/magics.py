"""IPython magics, thin on purpose: `%runs FILTER` and `%%track name key=value`.

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


def load_ipython_extension(shell: Any) -> None:
    """Register the magics with an IPython shell."""
    shell.register_magic_function(runs, "line", "runs")
    shell.register_magic_function(lambda line, cell: track(shell, line, cell), "cell", "track")
