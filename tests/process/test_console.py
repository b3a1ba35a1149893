"""Console text of real processes: killed, forked, on a terminal, with subprocesses."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

pytestmark = pytest.mark.process

HEAD = """
import faulthandler, os, subprocess, sys, time
import eventide
run = eventide.init(dir=sys.argv[1], console=sys.argv[2], capture="none", system_interval_s=0)
run.log(loss=1.0)
"""


def start(store: Path, mode: str, body: str) -> list[str]:
    """Return the command that runs a script with a run."""
    script = store.parent / "script.py"
    script.write_text(HEAD + body)
    return [sys.executable, str(script), str(store), mode]


def kept(store: Path, stream: str | None = None) -> str:
    """Return the console text in a store, of one stream or of both."""
    found = []
    for part in sorted((store / "runs").glob("*/*.jsonl")):
        for line in part.read_bytes().splitlines():
            record = orjson.loads(line)
            if "_out" in record and stream in (None, record["stream"]):
                found.append((record["ts"], record["_out"]))
    return "".join(text for _, text in sorted(found, key=lambda item: item[0]))


def wait_for(store: Path, text: str) -> str:
    """Return the console text once it holds `text`, or what there is after five seconds."""
    end = time.monotonic() + 5
    while text not in kept(store) and time.monotonic() < end:
        time.sleep(0.02)
    return kept(store)


@pytest.mark.parametrize("mode", ["python", "fd"])
def test_lines_that_were_printed_survive_a_kill(store_dir: Path, mode: str) -> None:
    """After kill -9 every line whose print returned is in the journal, and nothing is missing from the terminal's side."""
    body = "for number in range(500): print('line', number, flush=True)\nos.kill(os.getpid(), 9)\n"
    answer = subprocess.run(start(store_dir, mode, body), check=False, capture_output=True, text=True)

    lines = "".join(f"line {number}\n" for number in range(500))
    assert answer.returncode == -9
    assert wait_for(store_dir, "line 499\n") == lines
    assert answer.stdout == lines


@pytest.mark.parametrize("mode", ["python", "fd", "off"])
def test_what_the_user_sees_is_the_same(store_dir: Path, mode: str) -> None:
    """Output, errors, order within a stream and the exit code are those without capture."""
    body = """
print("out"); print("err", file=sys.stderr)
sys.stdout.buffer.write(b"bytes\\xff\\n"); sys.stdout.flush()
sys.stdout.writelines(["a\\n", "b\\n"])
print("no newline", end="")
sys.exit(3)
"""
    answer = subprocess.run(start(store_dir, mode, body), check=False, capture_output=True)
    plain = subprocess.run([sys.executable, "-c", f"import sys\n{body}"], check=False, capture_output=True)

    assert (answer.returncode, answer.stdout, answer.stderr) == (plain.returncode, plain.stdout, plain.stderr)
    assert sorted(answer.stdout.split(b"\n")) == [b"a", b"b", b"bytes\xff", b"no newline", b"out"]
    assert (answer.returncode, answer.stderr) == (3, b"err\n")


def test_descriptors_catch_subprocesses(store_dir: Path) -> None:
    """With console="fd" the text of subprocesses, of C code and of faulthandler is kept, each with its stream."""
    body = """
subprocess.run("echo from a shell; echo its error >&2", shell=True)
os.write(1, b"raw\\n")
sys.stdout.buffer.write(b"binary\\n"); sys.stdout.flush()
faulthandler.dump_traceback()
"""
    subprocess.run(start(store_dir, "fd", body), check=True, capture_output=True)
    out, errors = kept(store_dir, "stdout"), kept(store_dir, "stderr")

    assert out == "from a shell\nraw\nbinary\n"
    assert errors.startswith("its error\n")
    assert "script.py" in errors


@pytest.mark.parametrize("mode", ["python", "fd"])
def test_a_terminal_stays_a_terminal(store_dir: Path, mode: str) -> None:
    """isatty, size and the bytes on the terminal are as without capture, also after kill -9."""
    body = """
print(sys.stdout.isatty(), os.get_terminal_size(1).columns)
print("\\x1b[31mred\\x1b[0m")
for number in range(50): print(f"\\r{number}", end="", flush=True)
print(); print("last words", flush=True)
os.kill(os.getpid(), 9)
"""
    reading, writing = pty.openpty()
    subprocess.run(["stty", "cols", "123"], stdin=writing, check=True)
    subprocess.run(
        start(store_dir, mode, body), check=False, stdin=subprocess.DEVNULL, stdout=writing, stderr=writing,
        env={**os.environ, "EVENTIDE_QUIET": "1"},
    )  # fmt: skip
    text = wait_for(store_dir, "last words\n")
    seen = b""
    while b"last words\r\n" not in seen:
        seen += os.read(reading, 65536)
    os.close(writing)
    os.close(reading)

    assert text == "True 123\n\x1b[31mred\x1b[0m\n49\nlast words\n"
    states = "".join(f"\r{number}" for number in range(50))
    assert seen.decode() == f"True 123\r\n\x1b[31mred\x1b[0m\r\n{states}\r\nlast words\r\n"


def test_a_traceback_that_ends_the_script_is_kept(store_dir: Path) -> None:
    """The last thing a failing script says is in its console text."""
    subprocess.run(start(store_dir, "python", "raise RuntimeError('boom')\n"), check=False, capture_output=True)

    assert "RuntimeError: boom" in kept(store_dir, "stderr")


def test_forked_children_write_their_own_lines(store_dir: Path) -> None:
    """Lines of parent and child are all there once; what the parent had begun is not doubled."""
    body = """
print("begun", end=" ", flush=True)
pid = os.fork()
if pid == 0:
    print("child", flush=True); os._exit(0)
os.waitpid(pid, 0)
print("parent")
"""
    subprocess.run(start(store_dir, "python", body), check=True, capture_output=True)
    text = kept(store_dir)

    assert (text.count("child\n"), text.count("parent\n"), text.count("begun")) == (1, 1, 1)
    assert len(list((store_dir / "runs").glob("*/*.jsonl"))) == 2


def test_a_subprocess_that_outlives_the_run_is_heard_to_its_end(store_dir: Path) -> None:
    """The run's end does not wait for it, and its text is kept all the same."""
    body = "subprocess.Popen('sleep 4; echo late', shell=True)\n"
    begun = time.monotonic()
    process = subprocess.Popen(start(store_dir, "fd", body), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert process.wait(20) == 0

    assert time.monotonic() - begun < 10
    assert "late\n" in wait_for(store_dir, "late\n")


def test_descriptors_are_given_back(store_dir: Path) -> None:
    """After the run, output goes where it went before, and nothing of it is kept."""
    body = "run.finish(); print('after', flush=True); os.system('echo after too')\n"
    answer = subprocess.run(start(store_dir, "fd", body), check=True, capture_output=True, text=True)

    assert answer.stdout == "after\nafter too\n"
    assert kept(store_dir) == ""


def test_a_closed_stdout_is_no_error(store_dir: Path) -> None:
    """A daemon without stdout begins its run; console="fd" falls back with a warning."""
    body = ""
    for mode in ("python", "fd"):
        command = start(store_dir, mode, body)
        answer = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *command], check=False, capture_output=True, text=True)
        assert answer.returncode == 0
