"""`eventide ui` and `eventide serve` as people start them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

pytestmark = pytest.mark.process


@contextmanager
def _started(*arguments: str, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Give a server in a process of its own, and the link it prints."""
    env = {**os.environ, "EVENTIDE_CACHE_DIR": str(tmp_path / "cache"), "NO_COLOR": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "eventide", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=env,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found is not None, line + process.stdout.read()
        yield process, found[0]
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_ui_prints_its_link_answers_and_ends(store: Path, tmp_path: Path) -> None:
    """The link works at once, the process is small, and Ctrl-C ends it well and soon."""
    with _started("ui", str(store), "--no-browser", "--port", "0", tmp_path=tmp_path) as (process, link):
        info = httpx.get(f"{link}api/info", trust_env=False).json()
        assert (info["store"]["runs"], info["read_only"]) == (5, False)
        assert psutil.Process(process.pid).memory_info().rss < 150e6
        process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        assert process.wait(timeout=15) == 0
        assert time.monotonic() - begun < 8


def test_a_token_link_lets_in(store: Path, tmp_path: Path) -> None:
    """`--token auto` prints a link that works in a browser; without it nothing is answered."""
    with _started("serve", str(store), "--port", "0", "--token", "auto", tmp_path=tmp_path) as (_, link):
        with httpx.Client(trust_env=False, follow_redirects=True) as browser:
            assert browser.get(link).status_code == 200
            assert browser.get(link.partition("?")[0] + "api/runs").status_code == 200
        assert httpx.get(link.partition("?")[0] + "api/runs", trust_env=False).status_code == 401


@pytest.mark.parametrize("reach", ["--host=0.0.0.0", "--proxy=127.0.0.1", "--allow-host=runs.example.org"])
def test_a_server_for_everybody_is_refused(store: Path, tmp_path: Path, reach: str) -> None:
    """Others, behind a proxy too, are let in with a token, or when that is said in so many words, and not otherwise."""
    env = {**os.environ, "EVENTIDE_CACHE_DIR": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "eventide", "serve", str(store), reach, "--port", "0"]
    answer = subprocess.run(command, check=False, capture_output=True, text=True, env=env, timeout=30)
    assert answer.returncode == 2
    assert "other machines" in answer.stderr
    with _started(*command[3:], "--let-everybody-in", "--read-only", tmp_path=tmp_path) as (_, link):
        port = link.rpartition(":")[2].strip("/")
        assert httpx.get(f"http://127.0.0.1:{port}/api/info", trust_env=False).json()["read_only"] is True


def test_a_folder_without_a_store_is_said(tmp_path: Path) -> None:
    """What is no store is an error before anything listens."""
    command = [sys.executable, "-m", "eventide", "ui", str(tmp_path / "none"), "--no-browser", "--port", "0"]
    answer = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    assert answer.returncode == 1
    assert "eventide init" in answer.stderr
