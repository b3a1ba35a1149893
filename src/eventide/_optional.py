"""Import what is optional, or say exactly what to install.

Invariant: nothing is imported before it is asked for, and a missing package becomes one `MissingExtra` with a command to paste.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from eventide.errors import MissingExtra

if TYPE_CHECKING:
    from types import ModuleType


def require(module: str, extra: str) -> ModuleType:
    """Return the imported `module`, which the extra `extra` of Eventide installs.

    Raises:
        MissingExtra: the package is not installed. A package that is there and fails to import raises its own error.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or module.split(".", 1)[0] != error.name.split(".", 1)[0]:
            raise
        raise MissingExtra(f"`{module}` is not installed", hint=f"pip install 'eventide[{extra}]'") from None
