"""A store of runs that left everything behind a page can show: code, console, media, artifacts, failures, and hostile texts.

Invariant: the runs are processes of their own, written through the public API; the code of the later ones differs from that of the
earlier ones.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = "rich"
RUNS = 4
FAILED = 3
HOSTILE = (
    "<script>window.hacked=1</script><img src=x onerror=window.hacked=1>",
    "\u202egnp.exe\u202c \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "\U0001f469\u200d\U0001f680 e\u0301 \x1b[31mred\x1b[0m",
    "long " + "x" * 10_000,
)

_SCRIPT = """
import sys
import numpy as np
import eventide

number = int(sys.argv[1])
rng = np.random.default_rng(number)
run = eventide.init(
    project="rich", name=f"run-{number}", dir=sys.argv[2], console="python", snapshot="on", tags=["kept"],
    config={"lr": 10.0 ** -number, "opt": ["adam", "sgd"][number % 2], "model": {"width": 64 * 2**number, "depth": 4}},
    notes="# Note\\n\\n**strong** [bad](javascript:alert(1)) [good](https://example.org) <b>raw</b>",
)
RATE = 1
print("\\x1b[32mgreen\\x1b[0m <b>not bold</b>")
print("10%\\r100%")
print("careful", file=sys.stderr)
for step in range(60):
    run.log({"train/loss": 1 / (step + 1) + number, "val/acc": RATE * step / 60 - number / 10}, step=step)
    print(f"line {step}")
    if step % 20 == 0:
        picture = np.full((32, 48, 3), 40 * (step // 20) + 60, "uint8")
        mask = np.zeros((32, 48), int)
        mask[8:20, 8:20] = 1
        boxes = [{"x": 4, "y": 6, "w": 12, "h": 10, "label": "<i>box</i>", "score": 0.5}]
        run.log({"samples": eventide.Image(picture, caption=f"at {step}", boxes=boxes, masks={"blob": mask})}, step=step)
        run.log({"weights": eventide.Histogram(rng.normal(step, 1, 500))}, step=step)
run.log({"judged": eventide.Table([["cat", "cat", 3], ["cat", "dog", 1]], columns=["actual", "predicted", "count"])}, step=59)
net = {"nodes": [{"id": "a", "label": "<b>in</b>"}, {"id": "b"}], "edges": [{"source": "a", "target": "b"}]}
run.log({"net": eventide.Graph({**net, "directed": True})}, step=59)
run.log({"page": eventide.Html("<script>try { parent.document.title = 'hacked' } catch (e) {}</script>hello")}, step=59)
run.log({"said": eventide.Text("<script>window.hacked=1</script>")}, step=59)
kept = eventide.Artifact("model", type="model")
kept.add_bytes(f'{{"number": {number}}}\\n', "weights.json")
kept.add_bytes("# Model\\n", "README.md")
if number:
    run.use_artifact("model:latest")
run.log_artifact(kept, aliases=["best"] if number == 1 else [])
if number == 3:
    raise RuntimeError("out of memory: <script>window.hacked=1</script>")
run.finish()
"""

_HOSTILE = """
import sys
import unicodedata
import numpy as np
import eventide

text = sys.argv[3]
short = text[:200]
# What names may hold is limited; what is written, said and configured is not.
name = "".join(letter for letter in text if letter not in "/\\\\" and unicodedata.category(letter)[0] != "C")[:120].strip(" .")
run = eventide.init(
    project="hostile", name=name, dir=sys.argv[2], console="python", group=name, notes=text, tags=[name],
    config={short: {"inner": text}, "plain": 1},
)
print(text)
run.log({short: 1.0, "said": eventide.Text(text, caption=text)}, step=0)
run.log({short: 2.0, "samples": eventide.Image(np.zeros((8, 8, 3), "uint8"), caption=text)}, step=1)
run.summary["said"] = text
raise RuntimeError(text)
"""


def write(folder: Path) -> None:
    """Write the store into `folder/.eventide`."""
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "EVENTIDE_QUIET": "1", "PYTHONIOENCODING": "utf-8"}
    code = folder / "code"
    code.mkdir()
    script = code / "train.py"
    for number in range(RUNS):
        # The last two ran from other code.
        script.write_text(_SCRIPT.replace("RATE = 1", f"RATE = {1 + number // 2}"), encoding="utf-8")
        _run(env, code, script, str(number), str(folder / ".eventide"), ok=number != FAILED)
    other = folder / "other"
    other.mkdir()
    hostile = other / "hostile.py"
    hostile.write_text(_HOSTILE, encoding="utf-8")
    for number, text in enumerate(HOSTILE):
        _run(env, other, hostile, str(number), str(folder / ".eventide"), text, ok=False)


def _run(env: dict[str, str], folder: Path, script: Path, *arguments: str, ok: bool) -> None:
    done = subprocess.run(
        [sys.executable, str(script), *arguments], env=env, cwd=folder, capture_output=True, timeout=120, check=False
    )
    if ok and done.returncode != 0:
        raise RuntimeError(done.stderr.decode(errors="replace"))
