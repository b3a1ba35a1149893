"""`uetai.utilities`. Stateless."""

from __future__ import annotations

from importlib.util import find_spec

from eventide._version import __version__

__all__ = ["check_uetai_version", "module_available"]


def module_available(module_path: str) -> bool:
    """Tell whether a module can be imported."""
    try:
        return find_spec(module_path) is not None
    except (ImportError, ValueError):
        return False


def check_uetai_version() -> str:
    """Return the version of what stands in for uetai; no network is asked."""
    return __version__
