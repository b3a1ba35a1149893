"""Kept code through a server: the same files, differences and bytes as from the folder."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import eventide
from eventide.sdk import snapshot

pytestmark = pytest.mark.process


def test_code_is_listed_compared_and_restored_through_a_server(serve: Callable[..., Any], store: Path) -> None:
    """With an address for a store, `code` and `reproduce` answer as they do on the folder, and restore the same bytes."""
    root = Path("project")
    root.mkdir()
    for number in (1, 2):
        (root / "train.py").write_text(f"x = {number}\n")
        with eventide.init(dir=str(store), id=f"kept-{number}", project="demo", snapshot=False) as run:
            snapshot.take(run, root)
    url = serve(store).url

    def call(*words: str) -> str:
        command = [str(Path(sys.executable).with_name("eventide")), "--store", url, *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert call("code", "ls", "kept-1").split("\t")[:2] == ["train.py", "6"]
    assert call("code", "show", "kept-2", "train.py") == "x = 2\n"
    assert call("code", "diff", "kept-1", "kept-2").splitlines()[-2:] == ["-x = 1", "+x = 2"]
    call("code", "restore", "kept-1", "out")
    assert Path("out/train.py").read_text() == "x = 1\n"
    assert json.loads(call("reproduce", "kept-1", "--json"))["reproduce"]["code"]["files"] == 1
