"""The command that was given: arguments without secrets, the script and its hash, the folder, the interpreter.

Invariant: no argument that holds a secret leaves this module with it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventide.sdk.provenance.secrets import redact_arguments

if TYPE_CHECKING:
    from eventide.sdk.provenance.started import Started

MAX_ARGUMENTS = 1000
MAX_CHARS = 64 * 1024
MAX_SCRIPT_BYTES = 16 * 1024 * 1024


def describe(started: Started) -> dict[str, Any]:
    """Return the command: `argv` as the script saw it, `original` where the interpreter was given more, such as `-m`."""
    script = script_of(started)
    original = list(getattr(sys, "orig_argv", ()))
    found: dict[str, Any] = {
        "argv": _bounded(redact_arguments(started.argv)),
        "script": str(script) if script else "",
        "script_sha256": _sha256(script) if script else "",
        "cwd": started.cwd,
        "executable": sys.executable or "",
    }
    if original[1:] != list(started.argv):
        found["original"] = _bounded(redact_arguments(original))
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    if spec is not None and getattr(spec, "name", None):
        found["module"] = str(spec.name).removesuffix(".__main__")
    return found


def script_of(started: Started) -> Path | None:
    """Return the file that is run, or None: in a notebook, with `-c`, at a prompt."""
    file = getattr(sys.modules.get("__main__"), "__file__", None) or (started.argv[0] if started.argv else "")
    if not file or file in ("-c", "-m", "-"):
        return None
    try:
        path = Path(started.cwd, file)
        return path if path.is_file() else None
    except (OSError, ValueError):
        return None


def _sha256(path: Path) -> str:
    from hashlib import sha256  # noqa: PLC0415 - 5 ms of start-up

    try:
        with path.open("rb") as file:
            data = file.read(MAX_SCRIPT_BYTES + 1)
    except OSError:
        return ""
    return sha256(data).hexdigest() if len(data) <= MAX_SCRIPT_BYTES else ""


def _bounded(arguments: list[str]) -> list[str]:
    """Return the arguments, cut where there are very many or very long ones."""
    kept: list[str] = []
    left = MAX_CHARS
    for place, argument in enumerate(arguments):
        if place >= MAX_ARGUMENTS or left <= 0:
            return [*kept, f"… {len(arguments) - place} more"]
        text = argument.encode("utf-8", "replace").decode()
        kept.append(text if len(text) <= left else f"{text[:left]}…")
        left -= len(text)
    return kept
