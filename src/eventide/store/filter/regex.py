"""Regular expressions that cannot hang: what `~` and /…/ run with.

Simple patterns, whose worst case is bounded by their form, run in `re`; all others run in RE2 (through Arrow), which is linear in
the text whatever the pattern. Invariant: both see at most `MAX_TEXT_CHARS` of a text, a pattern accepted by `check_pattern` never
raises afterwards, and no pattern can make a search take time exponential in anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

MAX_PATTERN_CHARS = 500
MAX_TEXT_CHARS = 2000
"""Characters of a text that are searched; names and tags are shorter, a long note is searched this far."""

# Look-around, back-references, conditions and verbose comments: RE2 has none of them, so no pattern may.
_REFUSED = re.compile(r"\\[1-9]|\(\?(?:[=!#(]|<[=!]|P[=>])|\(\?[a-zA-Z]*x")
_ESCAPED_OR_CLASS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_QUANTIFIER = re.compile(r"[*+?{]")
_RISKY = re.compile(r"\)[*+?{]|\{\d{3,}|\{\d*,\d{2,}")


def check_pattern(pattern: str) -> str:
    """Return why a pattern cannot be used, or an empty text when it can."""
    if len(pattern) > MAX_PATTERN_CHARS:
        return f"it is longer than {MAX_PATTERN_CHARS} characters"
    if _REFUSED.search(pattern):
        return "look-around, back-references and conditions are not supported"
    try:
        searcher(pattern)
    except (re.error, ValueError, OverflowError, RecursionError, Warning) as error:
        return str(error).splitlines()[0]
    return ""


def regexp(pattern: str, text: object) -> bool | None:
    """Return whether `pattern` is found in `text`: the SQL function of the same name; None for what is not text."""
    if not isinstance(text, str):
        return None
    return searcher(pattern)(text[:MAX_TEXT_CHARS])


@lru_cache(maxsize=256)
def searcher(pattern: str) -> Callable[[str], bool]:
    """Return a function that tells whether the pattern is found in a text; raises re.error or ValueError when it is none."""
    compiled = re.compile(pattern)
    if not _is_simple(pattern):
        return _linear(pattern)
    search = compiled.search
    return lambda text: search(text) is not None


def _is_simple(pattern: str) -> bool:
    """Tell whether `re` needs at most quadratic time: two quantifiers at most, one of them unbounded, none on a group."""
    bare = _ESCAPED_OR_CLASS.sub("x", pattern).replace("(?", "(")
    unbounded = sum(bare.count(sign) for sign in "*+{")
    return unbounded <= 1 and len(_QUANTIFIER.findall(bare)) <= 2 and not _RISKY.search(bare)


def _linear(pattern: str) -> Callable[[str], bool]:
    import pyarrow as pa  # noqa: PLC0415 - slow to import, and needed for unusual patterns only
    import pyarrow.compute as pc  # noqa: PLC0415

    options = pc.MatchSubstringOptions(pattern)
    pc.call_function(
        "match_substring_regex", [pa.scalar("")], options
    )  # raises ArrowInvalid, a ValueError, when RE2 refuses

    def search(text: str) -> bool:
        return bool(pc.call_function("match_substring_regex", [pa.scalar(text)], options).as_py())

    return search
