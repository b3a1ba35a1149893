"""Which names of other trackers have a stand-in here, and how `import` is made to find it.

Invariant: a name and the module it stands for are one and the same module object, so that classes and settings exist once.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

from eventide.errors import EventideWarning, InvalidSetting, Misuse

_HOME = "eventide.compat"
_NAMES = {
    "xetrack": "xetrack",
    "tmt": "tmt",
    "experiment_tracker": "experiment_tracker",
    "uetai": "uetai",
    "waddle": "waddle",
}
"""Import name of a tracker → its module below `eventide.compat`; those whose module is not there are not offered."""


@dataclass(frozen=True, slots=True)
class Alias:
    """A name that `import` finds here."""

    name: str
    module: str
    real: bool
    """Whether a package of that name is installed as well, which is passed over."""


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the names that are installed, and everything below them."""

    def __init__(self) -> None:
        self.targets: dict[str, str] = {}

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - the protocol's
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> importlib.machinery.ModuleSpec | None:
        """Return how to load a name that is ours, else None."""
        head, dot, rest = fullname.partition(".")
        if head not in self.targets:
            return None
        module = f"{self.targets[head]}{dot}{rest}"
        if importlib.util.find_spec(module) is None:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, origin=module)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Return the module that a name stands for."""
        module = import_module(str(spec.origin))
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Give the module its own description back: it is loaded already."""
        spec = module.__spec__
        if spec is not None and spec.loader is self:
            module.__spec__ = spec.loader_state


_finder = _Finder()


def available() -> dict[str, str]:
    """Return name → module of every tracker whose names Eventide has."""
    found = {}
    for name, module in _NAMES.items():
        if importlib.util.find_spec(f"{_HOME}.{module}") is not None:
            found[name] = f"{_HOME}.{module}"
    return found


def install(names: str | Iterable[str] | None = None) -> list[Alias]:
    """Make `import` find Eventide's modules under other trackers' names (None: all there are), and return them.

    A package of that name that is installed is passed over, and a warning says so.

    Raises:
        InvalidSetting: a name that has no stand-in.
        Misuse: the real package has been imported already.
    """
    known = available()
    wanted = list(known) if names is None else [names] if isinstance(names, str) else list(names)
    for name in wanted:
        if name not in known:
            raise InvalidSetting(f"`{name:.60}` has no stand-in", hint=f"one of {', '.join(known)}")
    made = [_alias(name, known[name]) for name in wanted]
    for alias in made:
        if alias.real:
            warnings.warn(
                f"`{alias.name}` is installed, and is passed over: `import {alias.name}` gives `{alias.module}` here",
                EventideWarning,
                stacklevel=2,
            )
        _finder.targets[alias.name] = alias.module
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
    return made


def _alias(name: str, module: str) -> Alias:
    """Return what installing a name would do; raises Misuse when the real package is loaded."""
    if name in _finder.targets:
        return Alias(name, module, real=False)
    loaded = sys.modules.get(name)
    if loaded is not None and loaded is not sys.modules.get(module):
        raise Misuse(
            f"`{name}` was imported before the shim was installed",
            hint="call eventide.shim.install() first, or run: python -m eventide.shim script.py",
        )
    try:
        real = importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        real = False
    return Alias(name, module, real)


def installed() -> dict[str, str]:
    """Return name → module of the names that are installed."""
    return dict(_finder.targets)


def uninstall() -> None:
    """Let `import` find what it would find without the shim; names that were imported stay what they are to who has them."""
    for name in list(_finder.targets):
        for loaded in [loaded for loaded in sys.modules if loaded == name or loaded.startswith(f"{name}.")]:
            del sys.modules[loaded]
    _finder.targets.clear()
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
