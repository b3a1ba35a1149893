"""What can be said about an SQL text without parsing it: which names it mentions, and where it calls `value('key')`.

Invariant: text inside string literals, quoted identifiers and comments is never taken for anything else, and never changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
      (?P<space>\s+|--[^\n]*)
    | (?P<comment>/\*)
    | (?P<text>[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z)|'(?:[^']|'')*(?:'|\Z)|\$(?P<tag>[^\W\d]?\w*)\$.*?(?:\$(?P=tag)\$|\Z))
    | (?P<quoted>"(?:[^"]|"")*(?:"|\Z))
    | (?P<word>[^\W\d][\w$]*)
    | (?P<other>\d[\w.]*|.)
    """,
    re.DOTALL | re.VERBOSE,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")


class Token(NamedTuple):
    """A piece of SQL: its kind (`space`, `text`, `quoted`, `word`, `other`) and its characters, as they stand."""

    kind: str
    text: str


def tokens(query: str) -> Iterator[Token]:
    """Yield the pieces of a query; together they are the query."""
    position = 0
    while position < len(query):
        match = _TOKEN.match(query, position)
        if match is None:  # cannot be: `other` takes any character
            return
        end = match.end()
        if match.lastgroup == "comment":
            end = _comment_end(query, end)
            yield Token("space", query[position:end])
        else:
            kind = "text" if match["text"] is not None else str(match.lastgroup)
            yield Token(kind, match[0])
        position = end


def _comment_end(query: str, position: int) -> int:
    """Return where the comment that began before `position` ends; comments nest."""
    depth = 1
    for edge in _COMMENT_EDGE.finditer(query, position):
        depth += 1 if edge[0] == "/*" else -1
        if not depth:
            return edge.end()
    return len(query)


def mentioned(query: str) -> set[str]:
    """Return every name in the query, in lower case, quoted ones included."""
    names = set()
    for token in tokens(query):
        if token.kind == "word":
            names.add(token.text.lower())
        elif token.kind == "quoted":
            names.add(token.text.strip('"').replace('""', '"').lower())
    return names


def words(query: str) -> list[str]:
    """Return everything but white space, comments and semicolons, in lower case."""
    return [token.text.lower() for token in tokens(query) if token.kind != "space" and token.text != ";"]


def rewrite_values(query: str, expression: Callable[[str, str], str]) -> str:
    """Return the query with every `value('key')` replaced by `expression(key, prefix)`.

    `prefix` is what qualifies the call, dots included: `e.` for `e.value('loss')`. Calls with anything but one plain string are
    left for the engine to complain about.
    """
    pieces = list(tokens(query))
    written: list[str] = []
    index = 0
    while index < len(pieces):
        call = _call(pieces, index)
        if call is None:
            written.append(pieces[index].text)
            index += 1
            continue
        key, after = call
        prefix = _take_prefix(written)
        written.append(expression(key, prefix))
        index = after
    return "".join(written)


def _call(pieces: list[Token], index: int) -> tuple[str, int] | None:
    """Return the key of the `value('key')` that begins at `index`, and where it ends; None when none begins there."""
    if pieces[index].kind != "word" or pieces[index].text.lower() != "value":
        return None
    found: list[Token] = []
    place = index + 1
    while place < len(pieces) and len(found) < 3:
        if pieces[place].kind != "space":
            found.append(pieces[place])
        place += 1
    if len(found) < 3 or (found[0].text, found[2].text) != ("(", ")"):
        return None
    text = found[1].text
    if found[1].kind != "text" or len(text) < 2 or text[0] != "'" or text[-1] != "'":
        return None
    return text[1:-1].replace("''", "'"), place


def _take_prefix(written: list[str]) -> str:
    """Remove `name.` and `name.name.` from the end of what was written, and return it."""
    start = len(written)
    while (
        start >= 2 and written[start - 1] == "." and re.fullmatch(r'[^\W\d][\w$]*|"(?:[^"]|"")*"', written[start - 2])
    ):
        start -= 2
    prefix = "".join(written[start:])
    del written[start:]
    return prefix


def literal(text: str) -> str:
    """Return `text` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
