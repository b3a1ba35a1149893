"""Write web/src/core/keymap.json, the page's copy of `eventide.keymap`.

Invariant: the file is a function of the table alone; with `--check` nothing is written and a stale file fails.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from eventide.keymap import SCOPES, actions

TARGET = Path(__file__).resolve().parent.parent / "web" / "src" / "core" / "keymap.json"


def content() -> str:
    """Return the file's text."""
    rows = [
        {"id": action.id, "keys": list(action.keys), "text": action.text, "scope": action.scope}
        for action in actions("web")
    ]
    return json.dumps({"scopes": SCOPES, "actions": rows}, indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the file, or say with `--check` whether it is current."""
    if "--check" not in sys.argv:
        TARGET.write_text(content(), encoding="utf-8")
        return 0
    if TARGET.read_text(encoding="utf-8") != content():
        print(f"`{TARGET}` is stale; hint: python scripts/keymap.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
