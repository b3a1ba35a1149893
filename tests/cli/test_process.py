"""The program as a process of its own: what it loads, pipes, interrupts, terminals, completion."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

PROGRAM = (sys.executable, "-c", "from eventide.cli.main import run; run()")
HEAVY = ("deltalake", "duckdb", "numpy", "pandas", "polars", "pyarrow")


def call(
    *arguments: str, stdin: str = "", environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the program and return what it gave."""
    return subprocess.run(
        [*PROGRAM, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        env={**os.environ, **(environment or {})},
    )


def loaded(arguments: Sequence[str], names: Sequence[str]) -> set[str]:
    """Return which of the modules `names` the program loads for these arguments."""
    code = (
        f"import sys, atexit; sys.argv = ['eventide', *{list(arguments)!r}]; "
        f"atexit.register(lambda: print('LOADED', *[n for n in {list(names)!r} if n in sys.modules], file=sys.stderr)); "
        "from eventide.cli.main import run; run()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.rpartition("LOADED")[2].split())


def test_help_loads_next_to_nothing() -> None:
    """`--help` loads neither the option parser nor the store."""
    assert loaded(["--help"], [*HEAVY, "click", "rich", "eventide.store.local"]) == set()


@pytest.mark.parametrize(
    "verb",
    [["runs"], ["runs", "--group", "lr"], ["show", "@last"], ["best"], ["diff", "cnn-0", "hot"], ["keys"], ["config"]],
)
def test_listing_loads_no_engine(sample: Path, verb: list[str]) -> None:
    """Verbs that list runs load neither Arrow, DuckDB, pandas nor, when piped, rich."""
    assert loaded(["--store", str(sample), *verb], [*HEAVY, "rich"]) == set()


def test_plot_loads_no_sql_engine(sample: Path) -> None:
    """Verbs that read rows load Arrow, and neither DuckDB nor polars."""
    assert loaded(["--store", str(sample), "export", "cnn-0"], ["duckdb", "polars"]) == set()
    assert loaded(["--store", str(sample), "plot", "val/acc"], ["duckdb", "polars"]) == set()


def test_a_pipe_that_closes_is_silent(sample: Path) -> None:
    """A reader that goes away after the first line causes no message."""
    with subprocess.Popen(
        [*PROGRAM, "--store", str(sample), "export"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 0


def test_interrupt_exits_with_130(sample: Path) -> None:
    """Ctrl-C ends a watch with 130 and no traceback."""
    arguments = [*PROGRAM, "--store", str(sample), "watch", "--interval", "0.1"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stderr.read().strip() == b""


def test_pipes_compose(sample: Path) -> None:
    """What `runs` prints can be piped into a verb that takes `-`."""
    listed = call("--store", str(sample), "runs", "tag:paper")
    tagged = call("--store", str(sample), "tag", "-", "x", "--dry-run", stdin=listed.stdout)
    assert tagged.returncode == 0
    assert [line.split("\t")[1] for line in tagged.stdout.splitlines()] == ["cnn-2", "cnn-1"]


def test_a_narrow_encoding_is_no_error(sample: Path) -> None:
    """Characters that stdout cannot encode are written as escapes."""
    done = call("--store", str(sample), "runs", "--format", "table", environment={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, "\\u2713 finished" in done.stdout) == (0, True)


def completed(sample: Path, *words: str) -> list[str]:
    """Return the candidates for the last of `words`."""
    done = call("__complete", "--store", str(sample), *words)
    assert (done.returncode, done.stderr) == (0, "")
    return [line.partition("\t")[0] for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["le"], ["leaderboard"]),
        (["show", "cnn"], ["cnn-2", "cnn-1", "cnn-0"]),
        (["show", "@best:val"], ["@best:val/acc"]),
        (["best", "train"], ["train/loss"]),
        (["runs", "state:f"], ["state:finished", "state:failed"]),
        (["runs", "--format", "js"], ["json", "jsonl"]),
        (["runs", "--project", "o"], ["other"]),
        (["runs", "--only"], ["--only-changed"]),
        (["export", "--keys", "fl"], ["flag"]),
        (["completion", "z"], ["zsh"]),
        (["config", ""], []),
    ],
    ids="-".join,
)
def test_completion(sample: Path, words: list[str], expected: list[str]) -> None:
    """Verbs, options, runs, metrics, keys, projects and filters are completed."""
    assert completed(sample, *words) == expected


def test_completion_is_silent_without_a_store(tmp_path: Path) -> None:
    """Where there is no store, completion offers nothing of it and says nothing."""
    assert [word for word in completed(tmp_path, "show", "x") if not word.startswith("@")] == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_parse(shell: str) -> None:
    """The shell itself, where it is installed, accepts its script."""
    script = call("completion", shell).stdout
    try:
        done = subprocess.run([shell, "-n"], input=script, text=True, capture_output=True, check=False, timeout=30)
    except FileNotFoundError:
        pytest.skip(f"{shell} is not installed")
    assert (done.returncode, done.stderr) == (0, "")


def test_bash_completes_in_place(sample: Path, tmp_path: Path) -> None:
    """The bash function fills COMPREPLY with what the program offers."""
    program = tmp_path / "eventide"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "from eventide.cli.main import run; run()" "$@"\n')
    program.chmod(0o755)
    script = call("completion", "bash").stdout + (
        f"COMP_WORDS=(eventide --store {sample} show cnn-1); COMP_CWORD=4; _eventide; printf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
    )
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash"], input=script, text=True, capture_output=True, check=False, timeout=30, env=environment
    )
    assert (done.stdout.split(), done.stderr) == (["cnn-1"], "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a pseudo-terminal")
def test_a_terminal_gets_a_coloured_table_of_its_width(sample: Path) -> None:
    """On a terminal the table is coloured, relative in time, and no wider than the terminal."""
    import fcntl
    import pty
    import re
    import struct
    import termios

    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")},
        "TERM": "xterm",
    }
    with subprocess.Popen(
        [*PROGRAM, "--store", str(sample), "runs"], stdout=side, stderr=subprocess.PIPE, env=environment
    ) as process:
        os.close(side)
        text = b""
        try:
            while piece := os.read(main, 65536):
                text += piece
        except OSError:  # what Linux says when the other side is closed
            pass
        assert process.wait(30) == 0
    os.close(main)
    shown = text.decode()
    assert "\x1b[31m✗ failed" in shown
    plain = re.sub("\x1b\\[[0-9;]*m", "", shown).splitlines()
    assert max(map(len, plain)) <= 60
    assert len(plain) == 6
