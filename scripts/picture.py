"""Draw docs/pictures/runs.svg: what `eventide runs` prints for the store of the digits demo.

    make demo && python scripts/picture.py [STORE]

The drawing is rich's, without the fonts that it would load from another host.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "pictures" / "runs.svg"
COMMAND = [
    "eventide",
    "runs",
    "project=digits",
    "--sort",
    "-best(val/acc)",
    "--columns",
    "name,status,best(val/acc),last(val/loss),seed,epochs,duration",
    "--limit",
    "9",
]
COLUMNS = 84


def main() -> int:
    """Run the command as on a terminal and draw what it prints."""
    store = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / ".eventide")
    program = [str(Path(sys.executable).with_name("eventide")), *COMMAND[1:], "--store", store]
    env = {**os.environ, "COLUMNS": str(COLUMNS), "PYTHONIOENCODING": "utf-8"}
    answer = subprocess.run(  # noqa: S603 - our own program
        [*program, "--format", "table", "--color", "always"], check=True, capture_output=True, text=True, env=env
    )
    typed = " ".join(word if re.fullmatch(r"[\w.=-]+", word) else f"'{word}'" for word in COMMAND)
    console = Console(record=True, width=COLUMNS + 2, file=open(os.devnull, "w", encoding="utf-8"), force_terminal=True)  # noqa: PTH123, SIM115
    console.print(Text(f"$ {typed}\n", style="bold"), soft_wrap=False)
    console.print(Text.from_ansi(answer.stdout.rstrip("\n")), no_wrap=True, crop=True)
    drawing = console.export_svg(title="eventide runs", unique_id="runs")
    drawing = re.sub(r"@font-face\s*\{[^}]*\}\s*", "", drawing)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text("\n".join(line.rstrip() for line in drawing.splitlines()) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
