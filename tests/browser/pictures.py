"""Pictures of the page, compared with those that were kept: how they are taken, and how far two may differ.

Invariant: a picture is only compared where letters are drawn as they were for the kept ones: the same font, the same major version
of the browser. `EVENTIDE_KEEP_PICTURES=1` keeps new ones; look at each before it is committed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent / "pictures"
MADE_WITH = FOLDER / "made-with.json"
KEEP = os.environ.get("EVENTIDE_KEEP_PICTURES") == "1"
SHARE = 0.002
"""Of the pixels that may differ."""
STEP = 24
"""Of 255: two colours of a pixel that are nearer than this are the same."""
# What is not the same twice: ids and what is coloured by them, moments, how long something took.
CHANGING = (
    ".swatch",
    ".run-meta",
    ".run-head .faint",
    ".facts",
    "time",
    ".live",
    "[data-changing]",
)


def machine(browser: Any) -> dict[str, str]:
    """Return what decides how letters look."""
    found = shutil.which("fc-match")
    font = (
        subprocess.run([found, "system-ui", "family"], capture_output=True, text=True, check=True).stdout
        if found
        else ""
    )
    return {"browser": browser.version.split(".")[0], "font": font.strip()}


def check(page: Any, name: str, tmp_path: Path, hidden: tuple[str, ...] = ()) -> None:
    """Compare what the page shows with the kept picture; where they differ, both lie in `tmp_path`."""
    masks = [page.locator(what) for what in (*CHANGING, *hidden)]
    taken = page.screenshot(animations="disabled", caret="hide", mask=masks, mask_color="#808080")
    kept = FOLDER / f"{name}.png"
    now = machine(page.context.browser)
    if KEEP:
        FOLDER.mkdir(exist_ok=True)
        kept.write_bytes(taken)
        MADE_WITH.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")
        return
    if json.loads(MADE_WITH.read_text(encoding="utf-8")) != now:
        pytest.skip(f"the kept pictures were drawn with another browser or font than {now}")
    share = difference(kept.read_bytes(), taken)
    if share > SHARE:
        (tmp_path / f"{name}-kept.png").write_bytes(kept.read_bytes())
        (tmp_path / f"{name}-now.png").write_bytes(taken)
    assert share <= SHARE, f"{share:.2%} of `{name}` differ: see {tmp_path}"


def difference(one: bytes, other: bytes) -> float:
    """Return the share of pixels in which two pictures differ, 0 to 1; pictures of different sizes differ wholly."""
    import numpy as np
    from PIL import Image

    a, b = (np.asarray(Image.open(BytesIO(data)).convert("RGB"), dtype="int16") for data in (one, other))
    if a.shape != b.shape:
        return 1.0
    return float((abs(a - b).max(axis=2) > STEP).mean())
