"""The nearest name to one that does not exist, for hints.

Invariant: a suggestion is one of the choices, exactly as it is written.
"""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, choices: Iterable[str]) -> str:
    """Return the choice that looks most like `name`, as a question; empty when none does."""
    import difflib  # noqa: PLC0415 - only on the way to an error

    by_folded = {choice.casefold(): choice for choice in choices}
    found = difflib.get_close_matches(name.casefold(), list(by_folded), n=1, cutoff=0.5)
    return f"did you mean `{by_folded[found[0]]}`?" if found else ""
