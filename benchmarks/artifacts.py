"""Artifacts: a large file against the speed of hash and disk, and a second version of a folder with one change."""

from __future__ import annotations

import json

from benchmarks.measure import Row, Scale, folder, python

SHARE = 0.7
MEMORY_MB = 64
KEPT = """
import hashlib, json, os, pathlib, resource, sys, time
import eventide

root, size = pathlib.Path(sys.argv[1]), int(sys.argv[2])
block = os.urandom(4 * 1024 * 1024)
big = root / "big.bin"
with big.open("wb") as file:
    for number in range(size // len(block)):
        file.write(number.to_bytes(8, "big") + block[8:])

def timed(action):
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun

def hashed():
    with big.open("rb") as file:
        digest = hashlib.sha256()
        while data := file.read(4 * 1024 * 1024):
            digest.update(data)

def copied():
    with big.open("rb") as file, (root / "copy").open("wb") as out:
        while data := file.read(4 * 1024 * 1024):
            out.write(data)

hash_s, copy_s = timed(hashed), timed(copied)
(root / "copy").unlink()
run = eventide.init(dir=root / "store")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
kept_s = timed(lambda: run.log_artifact(big))
memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
many = root / "many"
many.mkdir()
for number in range(1000):
    (many / f"{number}.txt").write_text(f"{number}" * 100)
    os.utime(many / f"{number}.txt", (1e9, 1e9))
first_s = timed(lambda: run.log_artifact(many))
(many / "5.txt").write_text("changed")
objects = lambda: sum(1 for path in (root / "store/objects").rglob("*") if path.is_file())
count = objects()
second_s = timed(lambda: run.log_artifact(many))
stored = objects() - count - 1
run.finish()
print(json.dumps([hash_s, copy_s, kept_s, memory, first_s, second_s, stored]))
"""


def rows(scale: Scale) -> list[Row]:
    size = scale(1024, 64) * 1024 * 1024
    with folder() as root:
        hash_s, copy_s, kept_s, memory, first_s, second_s, stored = json.loads(python(KEPT, root, size))
    slower = max(hash_s, copy_s)
    share = slower / kept_s
    speed = f"{size / kept_s / 1e6:.0f} MB/s"
    floor = f"hash {size / hash_s / 1e6:.0f}, copy {size / copy_s / 1e6:.0f} MB/s"
    return [
        Row(
            f"a file of {size >> 20:,} MiB as an artifact", "≥ 70 % of the slower", speed, floor, share, share >= SHARE
        ),
        Row("memory it takes", "≤ 64 MB", f"{memory:.0f} MB", "-", memory / MEMORY_MB, memory <= MEMORY_MB),
        Row(
            "second version of 1,000 files, one changed",
            "stores 1 file",
            f"{stored:.0f} file, {second_s * 1e3:.0f} ms",
            f"{first_s * 1e3:.0f} ms the first time",
            second_s / first_s,
            stored == 1,
        ),
    ]
