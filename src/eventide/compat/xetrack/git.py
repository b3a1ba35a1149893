"""xetrack.git: what a repository says about the code at hand. Nothing is ever written to it.

Invariant: where there is no git or no repository, the answer is None or empty, and nothing is printed.
"""

from __future__ import annotations

import subprocess
from pathlib import Path


def get_commit_hash(path: str | None = None, git_root: str = ".") -> str | None:
    """Return the hash of the commit that is checked out, or of the last one that changed `path`; None when there is none."""
    if path is None:
        return _git(git_root, "rev-parse", "HEAD") or None
    return _git(git_root, "log", "-n", "1", "--format=%H", "--", path) or None


def get_commit_tags(git_root: str = ".") -> list[str]:
    """Return the tags of the commit that is checked out."""
    return _git(git_root, "tag", "--points-at", "HEAD").split()


def _git(root: str, *arguments: str) -> str:
    command = ["git", "-C", str(Path(root)), *arguments]
    try:
        answer = subprocess.run(command, check=False, capture_output=True, text=True, timeout=10)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""
