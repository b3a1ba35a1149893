"""The guarantees about writing, each by its name, with real processes, real signals and real kill -9."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eventide.journal.past import writers_of
from eventide.journal.reader import read_chunks, read_header, records, row_values

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="these tests fork and send POSIX signals"),
]

BEGIN = "import eventide, os, sys, time, signal\n"


def start(script: str, store: Path, **environ: str) -> subprocess.Popen[str]:
    """Start a Python process that runs `script`, with the store in EVENTIDE_DIR."""
    return subprocess.Popen(
        [sys.executable, "-c", BEGIN + textwrap.dedent(script)],
        env={**os.environ, "EVENTIDE_DIR": str(store), **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(script: str, store: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `script` to its end."""
    process = start(script, store, **environ)
    out, err = process.communicate(timeout=120)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def journals(store: Path) -> dict[str, list[dict[str, Any]]]:
    """Return writer → its records, of all runs; a line that is no JSON object fails the test."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(store.glob("runs/*/*.jsonl")):
        header = read_header(path)
        if header is None:
            assert b"\n" not in path.read_bytes()  # killed while it began a part
            continue
        for chunk in read_chunks(path, 0):
            for _, record in records(chunk):
                assert record is not None
                found.setdefault(header.writer, []).append(record)
    return found


def rows(store: Path) -> list[dict[str, Any]]:
    """Return all rows of all writers, with their steps."""
    return [
        {"step": record["step"], **row_values(record)}
        for own in journals(store).values()
        for record in own
        if "step" in record
    ]


def status(store: Path) -> dict[str, Any]:
    """Return the one ending that says a status."""
    (ending,) = [
        record["_end"]
        for own in journals(store).values()
        for record in own
        if "_end" in record and "status" in record["_end"]
    ]
    return dict(ending)


def trailers_are_right(store: Path) -> None:
    """Check every trailer against the bytes before it."""
    import zlib

    import orjson

    for path in store.glob("runs/*/*.jsonl"):
        lines = path.read_bytes().splitlines(keepends=True)
        if not lines[-1].startswith(b'{"_end"'):
            continue
        end, content = orjson.loads(lines[-1])["_end"], b"".join(lines[:-1])
        count = sum(line.startswith(b'{"step":') for line in lines)
        assert (end["rows"], end["bytes"], end["crc32"]) == (count, len(content), f"{zlib.crc32(content):08x}")


# ── 1. returned is kept ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seed", range(8))
def test_returned_is_kept(store_dir: Path, seed: int) -> None:
    """After kill -9 at a random instant every row whose log() had returned is in the journal, readable without repair."""
    process = start(
        """
        run = eventide.init()
        i = 0
        while True:
            run.log({"loss": 1 / (i + 1), "acc": i})
            os.write(1, b"%d\\n" % i)
            i += 1
        """,
        store_dir,
        EVENTIDE_PART_SIZE_BYTES="20000",
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    delay_s = random.Random(seed).uniform(0.0, 0.15)
    deadline = time.monotonic() + delay_s
    acknowledged = int(first)
    while time.monotonic() < deadline:
        acknowledged = int(process.stdout.readline())
    process.kill()
    rest = process.stdout.read().split("\n")
    acknowledged = max([acknowledged, *(int(line) for line in rest[:-1] if line)])
    process.wait()
    assert process.stderr is not None
    process.stdout.close()
    process.stderr.close()
    found = [row["step"] for row in rows(store_dir)]
    assert found[: acknowledged + 1] == list(range(acknowledged + 1))
    assert len(found) <= acknowledged + 2


def test_last_of_many_rows_survives_kill_in_the_same_breath(store_dir: Path) -> None:
    """A process that kills itself right after the last of 20,000 calls has lost none of them."""
    result = run(
        """
        run = eventide.init()
        for i in range(20_000):
            run.log({"loss": 1 / (i + 1), "acc": 0.5})
        os.kill(os.getpid(), signal.SIGKILL)
        """,
        store_dir,
    )
    assert result.returncode == -signal.SIGKILL
    assert [row["step"] for row in rows(store_dir)] == list(range(20_000))


# ── 2. logging never hurts training ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a file system of 256 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    if (
        os.getuid() != 0
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], check=False).returncode
    ):
        pytest.skip("mounting a small file system needs privileges")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.parametrize("warnings", ["default", "error"])
def test_logging_never_hurts_training_when_the_disk_is_full(small_disk: Path, warnings: str) -> None:
    """On a full disk no call raises, one warning per kind is said and repeated at the end, and what is there is whole."""
    result = run(
        """
        run = eventide.init(id="r")
        for i in range(20_000):
            run.log({"loss": 1 / (i + 1), "acc": 0.5, "text": "x" * 20})
            if i == 10_000: run.log({"big": bytes(2_000_000)}); run.config.a = 1; run.summary["b"] = 2
        run.flush(sync=True)
        run.finish()
        print("trained")
        """,
        small_disk / "store",
        PYTHONWARNINGS=warnings,
    )
    assert result.stdout == "trained\n", result.stderr
    assert result.returncode == 0
    said = [line for line in result.stderr.splitlines() if "run `r`" in line and "eventide" in line.lower()]
    kinds = [line for line in said if "training goes on" in line]
    assert len(kinds) == len({line.split("run `r`:")[1].split(":")[0] for line in kinds})
    assert any("records" in line and "training goes on" not in line for line in said), result.stderr
    found = [row["step"] for row in rows(small_disk / "store")]
    assert found[:100] == list(range(100))
    assert found == sorted(found)


def test_logging_never_hurts_training_when_files_may_not_grow(store_dir: Path) -> None:
    """Under a limit on file sizes rows are taken back whole, nothing raises, and the limit lifted, all come after."""
    result = run(
        """
        import resource
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        run = eventide.init()
        run.log(a=0.5)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, resource.RLIM_INFINITY))
        for i in range(1, 500):
            run.log(a=i + 0.5)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        run.log(a=500.5)
        """,
        store_dir,
    )
    assert result.returncode == 0, result.stderr
    assert [row["a"] for row in rows(store_dir)] == [i + 0.5 for i in range(501)]
    trailers_are_right(store_dir)


def test_logging_never_hurts_training_when_the_store_is_taken_away(store_dir: Path) -> None:
    """When somebody deletes the store under a running script, the script ends as it would have."""
    result = run(
        """
        import shutil
        run = eventide.init()
        run.log(a=1)
        shutil.rmtree(os.environ["EVENTIDE_DIR"])
        for i in range(100):
            run.log(a=i)
        run.finish()
        print("trained")
        """,
        store_dir,
        EVENTIDE_PART_SIZE_BYTES="1024",
    )
    assert (result.returncode, result.stdout) == (0, "trained\n"), result.stderr


# ── 3. any number of writers ────────────────────────────────────────────────────────────────────────────────────────────


def test_any_number_of_writers_begin_at_once_on_a_new_store(store_dir: Path) -> None:
    """Sixty-four processes that begin together on a store that does not exist yet: no error, no row lost, one store."""
    gate = store_dir.parent / "gate"
    processes = [
        start(
            f"""
            import eventide.sdk.session
            while not os.path.exists({str(gate)!r}): time.sleep(0.005)
            run = eventide.init(project="p")
            for i in range(50): run.log({{"i": i, "who": {number}}})
            """,
            store_dir,
        )
        for number in range(64)
    ]
    time.sleep(0.5)
    gate.touch()
    results = [(process.communicate(timeout=120)[1], process.returncode) for process in processes]
    assert [result for result in results if result != ("", 0)] == []
    found = sorted((row["who"], row["i"]) for row in rows(store_dir))
    assert found == [(number, i) for number in range(64) for i in range(50)]
    assert sum(path.suffix == ".tmp" for path in store_dir.iterdir()) == 0


def test_any_number_of_threads_write_one_run(store_dir: Path) -> None:
    """Threads that log to one run get different steps, and every line is whole."""
    result = run(
        """
        import threading
        sys.setswitchinterval(1e-5)
        run = eventide.init()
        def work(who):
            for i in range(1000):
                run.log({"who": who, "i": i, f"k{i % 7}": 0.5})
        threads = [threading.Thread(target=work, args=(who,)) for who in range(8)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        """,
        store_dir,
        EVENTIDE_PART_SIZE_BYTES="50000",
    )
    assert result.returncode == 0, result.stderr
    found = rows(store_dir)
    assert sorted(row["step"] for row in found) == list(range(8000))
    assert sorted((row["who"], row["i"]) for row in found) == [(who, i) for who in range(8) for i in range(1000)]
    trailers_are_right(store_dir)


def test_forked_children_write_parts_of_their_own(store_dir: Path) -> None:
    """A forked child logs to the same run through a part of its own, with no say in the status."""
    result = run(
        """
        run = eventide.init(id="r")
        run.log(who="parent")
        for child in range(3):
            if os.fork() == 0:
                run.log(who=f"child {child}")
                if child == 1: sys.exit(5)
                os._exit(0)
        for child in range(3): os.wait()
        run.log(who="parent")
        """,
        store_dir,
    )
    assert result.returncode == 0, result.stderr
    found = journals(store_dir)
    assert len(found) == 4
    assert sorted(row["who"] for row in rows(store_dir)) == ["child 0", "child 1", "child 2", "parent", "parent"]
    assert sorted(own[0]["_run"]["role"] for own in found.values()) == ["fork", "fork", "fork", "run"]
    assert status(store_dir)["status"] == "finished"
    trailers_are_right(store_dir)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_of_multiprocessing_write_the_same_run(store_dir: Path, tmp_path: Path, method: str) -> None:
    """A run handed to worker processes, however they are started, is the same run there."""
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import multiprocessing
            import eventide

            def work(run, i):
                run.log({{"i": i}}, step=i)

            if __name__ == "__main__":
                run = eventide.init(id="r")
                context = multiprocessing.get_context({method!r})
                processes = [context.Process(target=work, args=(run, i)) for i in range(3)]
                for process in processes: process.start()
                for process in processes: process.join()
                assert [process.exitcode for process in processes] == [0, 0, 0]
                run.log({{"i": 3}}, step=3)
            """
        )
    )
    result = subprocess.run(
        [sys.executable, script],
        env={**os.environ, "EVENTIDE_DIR": str(store_dir)},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    assert sorted(row["i"] for row in rows(store_dir)) == [0, 1, 2, 3]
    assert [path.name for path in (store_dir / "runs").iterdir()] == ["r"]
    ended = [any("_end" in record for record in own) for own in journals(store_dir).values()]
    assert ended == [True] * 4
    assert status(store_dir)["status"] == "finished"


RANKS = {
    "torchrun": lambda rank: {
        "RANK": str(rank),
        "WORLD_SIZE": "4",
        "LOCAL_RANK": str(rank),
        "TORCHELASTIC_RUN_ID": "j",
    },
    "one host": lambda rank: {"RANK": str(rank), "WORLD_SIZE": "4"},
    "slurm": lambda rank: {"SLURM_PROCID": str(rank), "SLURM_NTASKS": "4", "SLURM_JOB_ID": "1", "SLURM_STEP_ID": "0"},
    "given id": lambda rank: {"RANK": str(rank), "WORLD_SIZE": "4", "EVENTIDE_RUN_ID": "mine"},
}


@pytest.mark.parametrize("launcher", RANKS)
def test_ranks_write_one_run(store_dir: Path, launcher: str) -> None:
    """Ranks that begin together write one run, each its own part with its rank, and each its own rows."""
    processes = [
        start("run = eventide.init()\nfor i in range(20): run.log(i=i)", store_dir, **RANKS[launcher](rank))
        for rank in range(4)
    ]
    results = [(process.communicate(timeout=60)[1], process.returncode) for process in processes]
    assert results == [("", 0)] * 4
    assert len(list((store_dir / "runs").iterdir())) == 1
    headers = [own[0]["_run"] for own in journals(store_dir).values()]
    assert sorted((header["rank"], header["world_size"], header["attempt"]) for header in headers) == [
        (rank, 4, 1) for rank in range(4)
    ]
    assert len(rows(store_dir)) == 80


# ── how it ends ─────────────────────────────────────────────────────────────────────────────────────────────────────────

ENDINGS: dict[str, tuple[str, int, str, str]] = {
    "at the end": ("", 0, "finished", ""),
    "exit 0": ("sys.exit(0)", 0, "finished", ""),
    "exit without a code": ("sys.exit()", 0, "finished", ""),
    "exit 3": ("sys.exit(3)", 3, "failed", "SystemExit: 3"),
    "exit with a text": ("sys.exit('bad news')", 1, "failed", "bad news"),
    "exception": ("raise ValueError('boom')", 1, "failed", "ValueError: boom"),
    "keyboard interrupt": ("raise KeyboardInterrupt", -signal.SIGINT, "killed", ""),
    "ctrl-c": ("os.kill(os.getpid(), signal.SIGINT); time.sleep(5)", -signal.SIGINT, "killed", ""),
    "terminated": ("os.kill(os.getpid(), signal.SIGTERM); time.sleep(5)", -signal.SIGTERM, "killed", "SIGTERM"),
    "hung up": ("os.kill(os.getpid(), signal.SIGHUP); time.sleep(5)", -signal.SIGHUP, "killed", "SIGHUP"),
    "finished by hand": ("run.finish('failed', 'because'); sys.exit(0)", 0, "failed", "because"),
    "caught exit": ("\ntry: sys.exit(3)\nexcept SystemExit: run.log(a=1)\nrun.finish()", 0, "finished", ""),
    "hook replaced afterwards": (
        "sys.excepthook = lambda *a: None; raise ValueError('boom')",
        1,
        "failed",
        "ValueError: boom",
    ),
    "exception in a thread": (
        "import threading; t = threading.Thread(target=lambda: 1 / 0); t.start(); t.join()",
        0,
        "finished",
        "",
    ),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_status_says_how_the_process_ended(store_dir: Path, name: str) -> None:
    """Each way a process ends gives its run the right status, and the process the exit code it would have had."""
    code, returncode, wanted, error = ENDINGS[name]
    heard = "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"  # whoever runs the tests may ignore it, such as nohup
    result = run(heard + "run = eventide.init()\nrun.log(a=1)\n" + code, store_dir)
    assert result.returncode == returncode, result.stderr
    ending = status(store_dir)
    assert ending["status"] == wanted
    assert error in ending.get("error", "")
    trailers_are_right(store_dir)


def test_kill_in_the_middle_of_logging_leaves_a_right_trailer(store_dir: Path) -> None:
    """SIGTERM that arrives while log() is at work ends the run as killed, with counts that agree with the file."""
    for _ in range(5):
        process = start("run = eventide.init()\nprint(flush=True)\nwhile True: run.log(a=0.5, b=1.5)", store_dir)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.02)
        process.terminate()
        process.communicate(timeout=30)
        assert process.returncode == -signal.SIGTERM
    endings = [record["_end"] for own in journals(store_dir).values() for record in own if "_end" in record]
    assert [ending["status"] for ending in endings] == ["killed"] * 5
    trailers_are_right(store_dir)


@pytest.mark.parametrize("when", ["before", "after"])
def test_handlers_of_others_are_called(store_dir: Path, when: str) -> None:
    """A script's own signal handler, excepthook and atexit function run as if Eventide were not there."""
    begin = "run = eventide.init()\nrun.log(a=1)\n"
    own = (
        "import atexit\n"
        "atexit.register(lambda: print('atexit'))\n"
        "old = sys.excepthook\n"
        "sys.excepthook = lambda *a: (print('hook'), old(*a))\n"
        "signal.signal(signal.SIGTERM, lambda *a: print('handler', flush=True))\n"
    )
    end = "os.kill(os.getpid(), signal.SIGTERM)\nraise ValueError('boom')"
    result = run((own + begin if when == "before" else begin + own) + end, store_dir)
    assert result.stdout == "handler\nhook\natexit\n"
    assert "ValueError: boom" in result.stderr
    assert status(store_dir)["status"] == "failed"


def test_ignored_signal_stays_ignored(store_dir: Path) -> None:
    """A script started with nohup is not ended by a hang-up."""
    result = run(
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\nrun = eventide.init()\nos.kill(os.getpid(), signal.SIGHUP)\nrun.log(a=1)",
        store_dir,
    )
    assert result.returncode == 0
    assert status(store_dir)["status"] == "finished"


def test_resume_after_a_crash(store_dir: Path) -> None:
    """After kill -9 the same id goes on as the next attempt, after the last step; both attempts stay readable."""
    script = "run = eventide.init(id='r', resume='allow')\nfor i in range(10): run.log(i=i)\n"
    run(script + "os.kill(os.getpid(), 9)", store_dir)
    run(script, store_dir)
    earlier = writers_of(store_dir / "runs" / "r")
    assert sorted((past.header.attempt, past.status, past.step) for past in earlier if past.status) == [
        (2, "finished", 19)
    ]
    assert sorted((past.header.attempt, past.step) for past in earlier) == [(1, 9), (2, 19)]


# ── lossless, and light ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_lossless_from_one_process_to_another(store_dir: Path) -> None:
    """Values of every kind logged in one process are read equal and typed in another."""
    result = run(
        """
        import decimal, datetime, numpy as np
        run = eventide.init()
        run.log({"nan": float("nan"), "big": 2**70, "d": decimal.Decimal("0.1"), "t": (1, 2), "s": {3}, "np": np.float32(0.5),
                 "when": datetime.datetime(2026, 1, 2), "none": None, "yes": True, "b": b"x", "text": "NaN", "step": 9})
        """,
        store_dir,
    )
    assert result.returncode == 0, result.stderr
    (row,) = [row_values(record) for own in journals(store_dir).values() for record in own if "step" in record]
    import datetime as dt
    from decimal import Decimal

    assert row.pop("nan") != row.get("nan")
    assert row == {
        "big": 2**70,
        "d": Decimal("0.1"),
        "t": (1, 2),
        "s": {3},
        "np": 0.5,
        "when": dt.datetime(2026, 1, 2),  # noqa: DTZ001 - it was logged without a zone
        "none": None,
        "yes": True,
        "b": b"x",
        "text": "NaN",
        "step": 9,
    }


def test_logging_loads_only_the_standard_library_and_orjson(store_dir: Path) -> None:
    """Calling init and log in a clean interpreter load nothing else; only the end of a run looks at where it came from."""
    result = run(
        """
        before = set(sys.modules)
        run = eventide.init(config={"a": 1}); run.log({"a": 1.0, "b": "x"}); run.summary["c"] = 2
        loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
        run.finish()
        print(sorted(loaded - set(sys.stdlib_module_names)))
        heavy = {"asyncio", "subprocess", "secrets", "hashlib", "socket", "decimal", "email", "http", "ctypes", "logging"}
        print(sorted(loaded & heavy))
        """,
        store_dir,
    )
    assert result.stdout == "['eventide', 'orjson']\n[]\n", result.stderr


def test_memory_store_of_a_killed_process_is_swept(store_dir: Path) -> None:
    """The private store of a killed process is removed by the next one that uses that mode."""
    script = "run = eventide.init(mode='memory')\nrun.log(a=1)\nprint(run.dir, flush=True)\n"
    first = run(script + "os.kill(os.getpid(), 9)", store_dir).stdout.strip()
    assert Path(first).exists()
    second = run(script, store_dir).stdout.strip()
    assert not Path(first).exists()
    assert not Path(second).exists()
