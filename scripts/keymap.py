"""Write the page's copies of `eventide.keymap` and `eventide.palette` into web/src/core/.

Invariant: the files are functions of the tables alone; with `--check` nothing is written and a stale file fails.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from eventide.keymap import SCOPES, actions
from eventide.palette import DARK, LIGHT, VIRIDIS

FOLDER = Path(__file__).resolve().parent.parent / "web" / "src" / "core"


def keymap() -> str:
    """Return the text of keymap.json."""
    rows = [
        {"id": action.id, "keys": list(action.keys), "text": action.text, "scope": action.scope}
        for action in actions("web")
    ]
    return json.dumps({"scopes": SCOPES, "actions": rows}, indent=1, ensure_ascii=False) + "\n"


def keys() -> str:
    """Return the text of keys.json: what the page needs before anybody asks for help."""
    return json.dumps({action.id: list(action.keys) for action in actions("web")}) + "\n"


def palette() -> str:
    """Return the text of palette.json."""
    return json.dumps({"light": LIGHT, "dark": DARK, "viridis": VIRIDIS}, indent=1) + "\n"


def main() -> int:
    """Write the files, or say with `--check` whether they are current."""
    stale = []
    for name, content in (("keymap.json", keymap()), ("keys.json", keys()), ("palette.json", palette())):
        target = FOLDER / name
        if target.is_file() and target.read_text(encoding="utf-8") == content:
            continue
        if "--check" in sys.argv:
            stale.append(name)
        else:
            target.write_text(content, encoding="utf-8")
    if stale:
        print(f"web/src/core: stale: {', '.join(stale)}; hint: python scripts/keymap.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
