"""What the repository around the code says: commit, branch, remote, and what is changed on top.

Commit, branch and remote are read from the files of the repository; `git` is started for the changes alone.
Invariant: nothing in the repository is written, no hook, pager, external diff or file system monitor of it runs, nothing is fetched, and a
git that is missing, hangs or refuses only means that less is known.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

from eventide.sdk.ignore import is_left_out
from eventide.sdk.provenance.secrets import redact_text, without_credentials

MAX_DIFF_BYTES = 1024 * 1024
TIMEOUT_S = 10.0
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_CONFIG_LIKE = (
    ".cfg",
    ".conf",
    ".env",
    ".ini",
    ".json",
    ".properties",
    ".sh",
    ".toml",
    ".tfvars",
    ".txt",
    ".yaml",
    ".yml",
)
_SAFE = (
    "--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false",
    "-c", "protocol.allow=never", "-c", "diff.ignoreSubmodules=dirty", "-c", "submodule.recurse=false",
)  # fmt: skip
_DIFF = ("diff", "--no-ext-diff", "--no-textconv", "--no-color", "--src-prefix=a/", "--dst-prefix=b/", "HEAD", "--")


class Repository(NamedTuple):
    """Where a repository lies."""

    root: Path
    """Of the working tree."""
    folder: Path
    """What belongs to this working tree: HEAD."""
    common: Path
    """What all working trees share: references and configuration."""


class Changes(NamedTuple):
    """What is changed against the commit; untracked files do not count."""

    dirty: bool
    diff: str
    """Without secrets; files that may hold one are named only."""
    truncated: bool


def find(start: Path) -> Repository | None:
    """Return the repository that a folder belongs to, or None."""
    ceilings = {part for part in os.environ.get("GIT_CEILING_DIRECTORIES", "").split(os.pathsep) if part}
    for root in (start, *start.parents):
        if str(root) in ceilings and root != start:
            return None
        place = root / ".git"
        try:
            if place.is_dir():
                return Repository(root, place, place) if (place / "HEAD").exists() else None
            if place.is_file():
                folder = _pointed(root, place.read_text(encoding="utf-8", errors="surrogateescape"))
                return None if folder is None else Repository(root, folder, _common(folder))
        except OSError:
            return None
    return None


def _pointed(root: Path, text: str) -> Path | None:
    """Return where a `.git` file of a working tree or submodule points."""
    name, _, target = text.strip().partition(": ")
    return root / target if name == "gitdir" and target else None


def _common(folder: Path) -> Path:
    try:
        return folder / (folder / "commondir").read_text(encoding="utf-8").strip()
    except OSError:
        return folder


def describe(repository: Repository) -> dict[str, Any]:
    """Return commit, branch and remote; empty texts for what there is not."""
    commit, branch = _head(repository)
    return {"commit": commit, "branch": branch, "remote": _remote(repository, branch), "root": str(repository.root)}


def _head(repository: Repository) -> tuple[str, str]:
    try:
        head = (repository.folder / "HEAD").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "", ""
    if not head.startswith("ref: "):
        return (head if _SHA.fullmatch(head) else ""), ""
    reference = head.removeprefix("ref: ").strip()
    if reference == "refs/heads/.invalid":  # references are in a table that only git reads
        return _asked(repository, "rev-parse", "HEAD"), _asked(repository, "branch", "--show-current")
    return _commit_of(repository, reference), reference.removeprefix("refs/heads/")


def _commit_of(repository: Repository, reference: str) -> str:
    for folder in (repository.folder, repository.common):
        with contextlib.suppress(OSError, ValueError):
            text = (folder / reference).read_text(encoding="ascii").strip()
            if _SHA.fullmatch(text):
                return text
    with contextlib.suppress(OSError):
        for line in (repository.common / "packed-refs").read_text(encoding="utf-8", errors="replace").splitlines():
            sha, _, name = line.partition(" ")
            if name == reference and _SHA.fullmatch(sha):
                return sha
    return ""


def _asked(repository: Repository, *arguments: str) -> str:
    output, _, _ = _run(repository, arguments, TIMEOUT_S)
    return output.decode("utf-8", "replace").strip()


def _remote(repository: Repository, branch: str) -> str:
    """Return the address of the branch's remote, else of origin, else of the first; without credentials."""
    remotes: dict[str, str] = {}
    wanted = "origin"
    section = ("", "")
    with contextlib.suppress(OSError):
        for line in (repository.common / "config").read_text(encoding="utf-8", errors="replace").splitlines():
            if header := re.match(r'\s*\[\s*([\w.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]', line):
                section = (header[1].lower(), header[2] or "")
                continue
            name, _, value = (part.strip() for part in line.partition("="))
            if section[0] == "remote" and name.lower() == "url":
                remotes.setdefault(section[1], value.strip('"'))
            elif section == ("branch", branch) and name.lower() == "remote" and branch:
                wanted = value
    return without_credentials(remotes.get(wanted) or next(iter(remotes.values()), ""))


def changes(repository: Repository, *, timeout_s: float = TIMEOUT_S) -> Changes | None:
    """Return what is changed against HEAD, or None where git does not tell in time."""
    output, truncated, fine = _run(repository, _DIFF, timeout_s)
    if not fine:
        return None
    text = output.decode("utf-8", "replace")
    if truncated:
        text = text[: text.rfind("\n") + 1]
    return Changes(bool(output), redact_diff(text), truncated)


def redact_diff(diff: str) -> str:
    """Return a diff without secrets: files that may be one are named only, values that look like one are masked."""
    pieces = re.split(r"(?m)^(?=diff --git )", diff)
    return "".join(_redact_file(piece) for piece in pieces)


def _redact_file(piece: str) -> str:
    header = re.match(r"diff --git a/(.*) b/(.*)", piece)
    path = header[2] if header else ""
    name = path.rpartition("/")[2].rstrip('"')
    if name and is_left_out(name, is_folder=False):
        return f"{piece.partition(chr(10))[0]}\n(left out: may hold a secret)\n"
    lowered = name.lower()
    literals_only = not (lowered.endswith(_CONFIG_LIKE) or lowered.startswith("dockerfile"))
    return redact_text(piece, literals_only=literals_only) if piece else ""


def _run(repository: Repository, arguments: tuple[str, ...], timeout_s: float) -> tuple[bytes, bool, bool]:
    """Return what git printed up to `MAX_DIFF_BYTES`, whether there was more, and whether it ended well in time."""
    import subprocess  # noqa: PLC0415 - never before the first log

    command = ["git", "-C", str(repository.root), *_SAFE, *arguments]
    try:
        process = subprocess.Popen(  # noqa: S603 - a list of our own words and a path
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,
        )
    except (OSError, ValueError):
        return b"", False, False
    with process:
        try:
            output, ended = _read(process, timeout_s)
            return output[:MAX_DIFF_BYTES], len(output) > MAX_DIFF_BYTES, ended
        finally:
            if process.poll() is None:
                _kill(process)


def _environment() -> dict[str, str]:
    """Return an environment in which git neither asks, locks, fetches nor runs what somebody has set for it."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name.startswith(("GIT_CONFIG", "GIT_CEILING"))
    }
    ours = {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_PAGER": "cat",
        "LC_ALL": "C",
    }
    return {**kept, **ours}


def _read(process: Any, timeout_s: float) -> tuple[bytes, bool]:
    """Return what the process prints, a little more than `MAX_DIFF_BYTES` at most, and whether that was all or enough, in time."""
    import subprocess  # noqa: PLC0415

    if sys.platform == "win32":
        try:
            output: bytes = process.communicate(timeout=timeout_s)[0]
        except subprocess.TimeoutExpired:
            return b"", False
        return output, process.returncode == 0
    import selectors  # noqa: PLC0415
    import time  # noqa: PLC0415

    deadline = time.monotonic() + timeout_s
    blocks: list[bytes] = []
    size = 0
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        while size <= MAX_DIFF_BYTES:
            if not ready.select(max(0.0, deadline - time.monotonic())):
                return b"", False
            block = os.read(process.stdout.fileno(), 65536)
            if not block:
                break
            blocks.append(block)
            size += len(block)
    if size > MAX_DIFF_BYTES:
        return b"".join(blocks), True
    try:
        return b"".join(blocks), process.wait(max(0.1, deadline - time.monotonic())) == 0
    except subprocess.TimeoutExpired:
        return b"", False


def _kill(process: Any) -> None:
    """End git and whatever it has started."""
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, 9)
