"""The program in a real terminal, while a script logs; and what it loads before the first frame."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

SCRIPT = """
import time, eventide
run = eventide.init(dir={root!r}, project="live", name="live-run", config={{"note": "\\x1b]0;owned\\x07"}})
for step in range(400):
    run.log({{"loss": 1 / (step + 1)}})
    print("\\x1b]52;c;ZXZpbA==\\x07step", step, flush=True)
    time.sleep(0.02)
run.finish()
"""


@pytest.mark.skipif(shutil.which("tmux") is None, reason="no tmux")
def test_a_live_run_is_shown_in_a_real_terminal(tmp_path: Path) -> None:
    """A run that a script logs appears by itself, keys move, its end is seen, and nothing it printed steers the terminal."""
    root = str(tmp_path / "store")
    environment = {**os.environ, "EVENTIDE_CACHE_DIR": str(tmp_path / "cache"), "TERM": "xterm-256color"}
    socket = f"eventide-{uuid.uuid4().hex[:8]}"
    tmux = ["tmux", "-L", socket, "-f", "/dev/null"]

    def shown() -> str:
        return subprocess.run(
            [*tmux, "capture-pane", "-p"], check=True, capture_output=True, text=True, env=environment
        ).stdout

    def wait_for(text: str) -> str:
        for _ in range(150):
            screen = shown()
            if text in screen:
                return screen
            time.sleep(0.1)
        raise AssertionError(f"{text} never came:\n{shown()}")

    script = subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(root=root)], env=environment, stdout=subprocess.DEVNULL
    )
    try:
        for _ in range(400):
            if (Path(root) / "store.json").exists():
                break
            time.sleep(0.05)
        command = f"{sys.executable} -m eventide tui {root}"
        subprocess.run([*tmux, "new-session", "-d", "-x", "100", "-y", "30", command], check=True, env=environment)
        wait_for("live-run")
        wait_for("1 live")
        subprocess.run([*tmux, "send-keys", "Enter"], check=True, env=environment)
        wait_for("overview")
        subprocess.run([*tmux, "send-keys", "q"], check=True, env=environment)
        assert script.wait(60) == 0
        screen = wait_for("idle")
        assert "owned" not in screen
        assert "]52;" not in screen
    finally:
        script.kill()
        subprocess.run([*tmux, "kill-server"], check=False, env=environment, capture_output=True)


HOSTILE = """
import eventide
evil = "\\x1b]52;c;ZXZpbA==\\x07\\x1b]0;owned\\x07\\x1b[2J\\x9b31m\\x1b[10;1Howned"
run = eventide.init(dir={root!r}, notes=evil + "\\n" + evil, config={{"k": evil, "plain": 1}})
for step in range(40):
    run.log({{"loss": 1 / (step + 1), "text": evil}})
    print(evil, "printed", step, flush=True)
run.summary["s"] = evil
run.finish()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_nothing_that_was_logged_steers_the_terminal(root: Path) -> None:
    """Of sequences in names, notes, configs, values and console not one reaches the terminal on any screen."""
    import pty

    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "140", "LINES": "45"}
    script = root.parent / "hostile.py"  # in a file: the program's own command line is shown, too
    script.write_text(HOSTILE.format(root=str(root)))
    subprocess.run([sys.executable, str(script)], check=True, env=environment, stdout=subprocess.DEVNULL)
    pid, terminal = pty.fork()
    if not pid:
        os.execve(sys.executable, [sys.executable, "-m", "eventide", "tui", str(root)], environment)  # noqa: S606

    def read(sign: bytes) -> bytes:
        found, end = b"", time.monotonic() + 30
        while sign not in found and time.monotonic() < end:
            if select.select([terminal], [], [], 0.1)[0]:
                found += os.read(terminal, 65536)
        assert sign in found, (sign, found[-2000:])
        return found

    written = b""
    try:
        written += read(b"step")  # the charts' axis: the rows are there, and keys mean one of them
        for keys, sign in (
            (b"\r", b"overview"),
            (b"\t", b"metrics"),
            (b"\t", b"parameter"),
            (b"L", b"printed"),
            (b"q", b"newest"),
            (b"f", b"crosshair"),
            (b"q", b"newest"),
            (b"\x06", b"parameter"),
            (b"\x1b", b"newest"),
            (b"d", b"are the same"),
        ):
            os.write(terminal, keys)
            written += read(sign)
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        os.close(terminal)
    for evil in (b"\x1b]52", b"ZXZpbA", b"]0;owned", b"\x1b[10;1Howned", b"\xc2\x9b31m"):
        assert evil not in written


def test_the_first_frame_loads_neither_duckdb_nor_pandas_nor_fastapi(root: Path) -> None:
    """Until curves are read, nothing heavy is imported."""
    code = (
        "import sys; from eventide.tui.start import made, save_memory; from eventide.tui.place import Options; save_memory();"
        "from eventide.table.store import open_source; from eventide.tui import listing;"
        f"source = open_source({str(root)!r}); app = made(source, Options(), 'x'); listing.fetch(source, listing.Wanted());"
        "print([name for name in ('duckdb', 'fastapi', 'pyarrow', 'deltalake') if name in sys.modules], 'pandas' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert answer.stdout.strip() == "[] False"


@pytest.mark.skipif(sys.platform != "linux", reason="what Linux calls memory")
def test_memory_is_given_back_and_all_goes_on_as_before() -> None:
    """After loading Arrow a process gives back much of what it holds, Arrow reckons on as before, and pandas is kept out."""
    code = (
        "import sys; from pathlib import Path; from eventide.tui.frugal import give_back, save_memory; save_memory();"
        "import pyarrow as pa, pyarrow.compute as pc, pyarrow.parquet;"
        "held = lambda: int(Path('/proc/self/statm').read_text().split()[1]);"
        "before = held(); give_back(); after = held();"
        "print(after < before * 0.8, pc.sum(pa.array([1, None, 2])).as_py(), 'pandas' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert answer.stdout.strip() == "True 3 False"
    assert answer.stderr == ""
