"""The Python on every page of the guides and concepts runs as pasted, top to bottom, in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def _code(page: Path) -> str:
    blocks = re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return "\n".join(blocks)


PAGES = [page for folder in ("concepts", "guides") for page in sorted((DOCS / folder).glob("*.md")) if _code(page)]


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_examples_of_a_page_run(page: Path, tmp_path: Path) -> None:
    """A page's examples run one after the other as one script, without a word on stderr."""
    script = tmp_path / "work" / "page.py"
    script.write_text(_code(page), encoding="utf-8")
    command = [sys.executable, script.name]
    quiet = {"WANDB_SILENT": "true", "MLFLOW_LOGGING_LEVEL": "ERROR"}  # what other SDKs say there is not ours
    env = {**os.environ, **quiet}
    answer = subprocess.run(command, check=False, capture_output=True, text=True, cwd=script.parent, env=env)
    assert (answer.returncode, answer.stderr) == (0, "")
