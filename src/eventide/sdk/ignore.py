"""Which files of a tree belong to its code: gitignore rules at every depth, and what is left out in any case.

Invariant: rules are those of gitignore(5): a deeper file overrides a shallower one, and nothing below an ignored folder comes back.
What looks like a secret is left out whatever the rules say.
"""

from __future__ import annotations

import re
from fnmatch import translate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

SECRETS = (
    ".env", ".env.*", "*.pem", "*.key", "*.p12", "*.pfx", "*.kdbx", "*.keystore", "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*",
    ".netrc", ".pypirc", ".npmrc", ".git-credentials", "credentials", "credentials.*", "secrets.*", "*.secret",
)  # fmt: skip
"""Names of files that are never kept."""
FOLDERS = frozenset(
    {".git", ".hg", ".svn", ".ssh", ".aws", ".gnupg", ".eventide", ".tmt", "__pycache__", "node_modules"}
)
"""Names of folders that are never entered."""

_SECRET = re.compile("|".join(translate(pattern) for pattern in SECRETS))


def is_left_out(name: str, *, is_folder: bool) -> bool:
    """Tell whether a file or folder of this name is left out in any case."""
    return name in FOLDERS if is_folder else _SECRET.match(name.lower()) is not None


class Rules:
    """The gitignore rules on the way from the root of a tree to one of its folders."""

    def __init__(self, specs: tuple[tuple[str, Any], ...] = ()) -> None:
        self._specs = specs

    def entering(self, folder: Path, prefix: str, *, ignore_file: str = ".gitignore") -> Rules:
        """Return the rules inside `folder`, whose path from the root is `prefix` (empty, or ending with a slash)."""
        try:
            lines = (folder / ignore_file).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return self
        return self.adding(prefix, lines)

    def adding(self, prefix: str, lines: list[str]) -> Rules:
        """Return the rules with further lines that hold below `prefix`; a line that is no pattern is passed over."""
        from pathspec import GitIgnoreSpec  # noqa: PLC0415 - only where code is kept

        kept = []
        for line in lines:
            try:
                GitIgnoreSpec.from_lines([line])
            except ValueError:
                continue
            kept.append(line)
        return Rules((*self._specs, (prefix, GitIgnoreSpec.from_lines(kept))))

    def ignores(self, path: str) -> bool:
        """Tell whether the rules ignore a path from the root; a folder's path ends with a slash."""
        for prefix, spec in reversed(self._specs):
            found = spec.check_file(path[len(prefix) :]).include
            if found is not None:
                return bool(found)
        return False
