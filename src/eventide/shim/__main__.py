"""`python -m eventide.shim [--as NAME ...] script.py args...`: run a script with other trackers' names.

Invariant: the script sees the arguments, the path and the name `__main__` that it would see if Python had been called on it.
"""

from __future__ import annotations

import runpy
import sys
import warnings
from pathlib import Path

from eventide.errors import EventideError
from eventide.shim.names import available, install

USAGE = """\
usage: python -m eventide.shim [--as NAME ...] SCRIPT [ARGUMENT ...]
       python -m eventide.shim xt COMMAND ...
       python -m eventide.shim waddle COMMAND ...
       python -m eventide.shim tmt_tui [FOLDER]

Run SCRIPT so that `import NAME` finds Eventide's own module of that name ({names}).
"""


def main(arguments: list[str]) -> int:  # noqa: PLR0911 - one return per outcome
    """Run what the arguments say and return the exit code; what the script raises or exits with is its own."""
    names: list[str] = []
    while arguments and arguments[0].startswith("-"):
        option, _, value = arguments.pop(0).partition("=")
        if option in ("-h", "--help"):
            sys.stdout.write(USAGE.format(names=", ".join(available())))
            return 0
        if option != "--as" or not (value or arguments):
            return _complain(f"`{option}` is no option, or lacks its value")
        names.append(value or arguments.pop(0))
    if not arguments:
        return _complain("there is no script to run")
    script = arguments[0]
    if script == "xt" and not Path(script).exists():
        from eventide.shim.xt import xt  # noqa: PLC0415 - only for this command

        return _guarded(lambda: xt.main(arguments[1:], prog_name="xt", standalone_mode=True))
    if script == "waddle" and not Path(script).exists():
        from eventide.shim.waddle import waddle  # noqa: PLC0415 - only for this command

        return _guarded(lambda: waddle.main(arguments[1:], prog_name="waddle", standalone_mode=True))
    if script == "tmt_tui" and not Path(script).exists():
        from eventide.shim import tmt_tui  # noqa: PLC0415 - only for this command

        return _guarded(lambda: tmt_tui.main(arguments[1:]))
    if not Path(script).exists():
        return _complain(f"there is no file `{script}`")
    code = _guarded(lambda: _install(names))
    if code:
        return code
    sys.argv = arguments
    sys.path[0] = str(Path(script).resolve().parent)
    runpy.run_path(script, run_name="__main__")
    return 0


def _install(names: list[str]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        install(names or None)
    for warning in caught:
        sys.stderr.write(f"eventide.shim: {warning.message}\n")


def _guarded(action: object) -> int:
    try:
        action()  # type: ignore[operator]
    except EventideError as error:
        return _complain(str(error.message), hint=error.hint)
    return 0


def _complain(what: str, hint: str = "python -m eventide.shim --help") -> int:
    sys.stderr.write(f"error: {what}\nhint: {hint}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
