"""What was changed against a commit, file by file, from the diff that git wrote when the run began.

Invariant: any text is taken apart without an error, and no line of a hunk is lost or changed; nothing is applied or run.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from eventide.errors import ObjectNotFound
from eventide.table.environment import changes

if TYPE_CHECKING:
    from eventide.model import RunInfo
    from eventide.source import Source

_BEGIN = re.compile(r"^(?=diff --git )", re.MULTILINE)
_ESCAPE = re.compile(r'\\([abfnrtv"\\]|[0-7]{3})')
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", '"': '"', "\\": "\\"}


class PatchFile(NamedTuple):
    """One file of a diff."""

    path: str
    change: Literal["added", "removed", "changed"]
    hunks: str | None
    """From the first `@@` on; None where there is nothing to read."""
    reason: str | None
    """Why there are no hunks, or what else happened: a new name, another mode."""


class SinceCommit(NamedTuple):
    """What a run had changed against its commit."""

    files: list[PatchFile]
    truncated: bool
    """Whether the diff was longer than what is kept."""


def since_commit(source: Source, info: RunInfo) -> SinceCommit:
    """Return what a run had changed against its commit; nothing where its tree was clean.

    Raises:
        ObjectNotFound: the run was in no repository, or its changes were not kept.
    """
    git = info.provenance.get("git")
    if not isinstance(git, dict) or (git.get("dirty") is not False and not git.get("diff")):
        raise ObjectNotFound(
            f"the run `{info.id}` kept no changes against a commit", hint="run the script in a git repository"
        )
    return SinceCommit(split_patch(changes(source, info)), bool(git.get("diff_truncated")))


def split_patch(text: str) -> list[PatchFile]:
    """Return the files of a diff in the order in which it has them; what stands before the first is left out."""
    return [_file(piece) for piece in _BEGIN.split(text) if piece.startswith("diff --git ")]


def _file(piece: str) -> PatchFile:
    place = piece.find("\n@@ ")
    head, hunks = (piece, None) if place < 0 else (piece[:place], piece[place + 1 :])
    lines = head.split("\n")
    said = {word: line[len(word) :] for line in lines[1:] for word in _WORDS if line.startswith(word)}
    change: Literal["added", "removed", "changed"] = "changed"
    if "new file" in said:
        change = "added"
    elif "deleted file" in said:
        change = "removed"
    return PatchFile(_path(lines[0], said), change, hunks, _reason(lines, said, hunks))


_WORDS = ("+++ ", "--- ", "rename from ", "rename to ", "new file", "deleted file", "old mode ", "new mode ")


def _path(first: str, said: dict[str, str]) -> str:
    """Return the path of a file as it is now, or was where it is gone."""
    if said.get("rename to "):
        return _plain(said["rename to "])
    for word in ("+++ ", "--- "):
        named = _plain(said.get(word, "/dev/null"))
        if named != "/dev/null" and named[2:]:
            return named[2:]
    both = first.removeprefix("diff --git ")  # the same path twice
    return _plain(both[: len(both) // 2])[2:] or both or first


def _plain(text: str) -> str:
    """Return a path without the quotes and escapes that git gives odd ones."""
    text = text.removesuffix("\t")
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1]) or chr(int(found[1], 8)), text[1:-1])


def _reason(lines: list[str], said: dict[str, str], hunks: str | None) -> str | None:
    if "rename from " in said:
        return f"was {_plain(said['rename from '])}"
    if hunks is not None:
        return None
    if any(line.startswith(("Binary files ", "GIT binary patch")) for line in lines):
        return "no text"
    left_out = next((line.strip("()") for line in lines if line.startswith("(left out")), None)
    if left_out is not None:
        return left_out
    if "new mode " in said:
        return f"mode {said.get('old mode ', '?')} → {said['new mode ']}"
    return "empty" if {"new file", "deleted file"} & said.keys() else None
