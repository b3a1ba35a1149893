"""Track every Hydra job with no change of code: `hydra.callbacks.eventide._target_=eventide.hydra.callback.EventideCallback`.

A job is a run: config (interpolations as text, so that no secret is resolved), overrides, tags, the sweep as its group, the log, the files
it leaves, metrics in them unless the script logs its own, its return value, and how it ended. `eventide.log(...)` in the job goes to it.
Works in single runs, in sweeps (`-m`) and under launchers that run jobs in other processes, which unpickle the callback.
Invariant: between jobs it holds nothing; what goes wrong in it is a warning of Hydra's, never the job's failure.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from hydra.experimental.callback import Callback
from omegaconf import OmegaConf

from eventide import settings
from eventide.hydra.labels import MARKER, label
from eventide.journal.writer import JournalWriter
from eventide.layout import default_root
from eventide.sdk.run import ending_of
from eventide.sdk.session import init

if TYPE_CHECKING:
    from eventide.sdk.run import Run

_DATE = re.compile(r"(\d{4}-\d\d-\d\d)[\\/_ T](\d\d-\d\d-\d\d)")
_MAX_NAME_CHARS = 100


class EventideCallback(Callback):
    """Hydra's hooks; the arguments are the keys beside `_target_` in `hydra.callbacks.eventide`.

    Args:
        dir: the store; default as for `eventide.init`, looked for from the folder the program was started in.
        project: of the runs; default EVENTIDE_PROJECT, else `default`.
        tags: of the runs, beside `hydra` and the job's name.
        notes: of the runs.
        files: whether log, files and the metrics in files are taken in at the end of a job.
    """

    def __init__(
        self,
        dir: str | None = None,  # noqa: A002 - as in eventide.init
        project: str | None = None,
        tags: Sequence[str] = (),
        notes: str | None = None,
        files: bool = True,
    ) -> None:
        self._dir = dir
        self._project = project
        self._tags = tuple(tags)
        self._notes = notes
        self._files = files
        self._run: Run | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_run": None}

    def on_job_start(self, config: Any, **_: Any) -> None:
        """Begin a run for the job."""
        hydra = config.hydra
        job = str(hydra.job.name)
        overrides = [str(item) for item in hydra.overrides.task]
        is_sweep = OmegaConf.select(hydra, "mode") is not None and "MULTIRUN" in str(hydra.mode)
        tree = OmegaConf.to_container(config, resolve=False)
        assert isinstance(tree, dict)  # noqa: S101 - a Hydra config is one
        tree.pop("hydra", None)
        run = init(
            project=self._project,
            name=label(",".join(overrides)[:_MAX_NAME_CHARS] or job, "job"),
            config=tree,
            group=_group(job, str(hydra.sweep.dir)) if is_sweep else None,
            tags=[*dict.fromkeys(("hydra", label(job, "job"), *self._tags, *settings.get("tags")))],
            notes=self._notes,
            dir=self._store(str(hydra.runtime.cwd)),
        )
        self._run = run
        folder = Path(str(hydra.runtime.output_dir))
        facts = {
            "output_dir": str(folder),
            "overrides": overrides,
            "launcher": str(OmegaConf.select(hydra, "launcher._target_")),
        }
        run._writer.set(("provenance", "hydra"), facts)  # noqa: SLF001 - on behalf of the run
        if hydra.output_subdir is not None:
            marker = folder / str(hydra.output_subdir) / MARKER
            marker.write_bytes(orjson.dumps({"run": run.id, "store": str(run.dir)}) + b"\n")

    def on_job_end(self, config: Any, job_return: Any, **_: Any) -> None:
        """End the run as the job ended."""
        run, self._run = self._run, None
        if run is None or run.finished:
            return
        status, error = "finished", ""
        try:
            _record_result(run, job_return.return_value)
        except Exception as failure:  # noqa: BLE001 - the job's own, which Hydra raises when it is looked at
            status, error = ending_of(failure)
        try:
            if self._files:
                _take_files(run, config.hydra)
        finally:
            run.finish(status, error)  # type: ignore[arg-type] # one of the three

    def _store(self, cwd: str) -> str:
        """Return the store, the same whether or not Hydra changes the working folder for its jobs."""
        chosen = settings.get("dir", self._dir)
        if chosen is None:
            return str(default_root(Path(cwd)))
        path = os.path.expanduser(chosen)  # noqa: PTH111
        return path if os.path.isabs(path) else os.path.join(cwd, path)  # noqa: PTH117, PTH118


def _group(job: str, sweep_dir: str) -> str:
    """Return the name that all jobs of a sweep share, the same that an import gives it."""
    date = _DATE.search(sweep_dir)
    return label(f"{job} {date[1]} {date[2]}" if date else f"{job} {Path(sweep_dir).name}", "sweep")


def _record_result(run: Run, value: Any) -> None:
    """Keep what the job returned when it is a number or a few of them."""
    if isinstance(value, bool | int | float) and (not isinstance(value, float) or not math.isnan(value)):
        run.summary["return_value"] = value
    elif (
        isinstance(value, list | tuple)
        and 0 < len(value) <= 16
        and all(isinstance(item, int | float) for item in value)
    ):
        for place, item in enumerate(value):
            run.summary[f"return_value/{place}"] = item


def _take_files(run: Run, hydra: Any) -> None:
    """Take in log, files and metrics as an import would; metrics only when the script logged none itself."""
    from eventide.hydra.rules import FILE_NAME, default_rules, read_rules  # noqa: PLC0415 - numpy, only at the end of a job
    from eventide.hydra.taking import Taking  # noqa: PLC0415
    from eventide.hydra.tree import Memory, RunFolder, find_runs  # noqa: PLC0415
    from eventide.objects.local import LocalObjects  # noqa: PLC0415

    writer = run._writer  # noqa: SLF001 - on behalf of the run
    if run._layout is None or not isinstance(writer, JournalWriter):  # noqa: SLF001
        return
    path = str(hydra.runtime.output_dir)
    output = str(hydra.output_subdir) if hydra.output_subdir is not None else ".hydra"
    found = [item for item in find_runs(path, Memory(), lambda _path, _reason: None) if item.path == path]
    folder = found[0] if found else RunFolder(path, output)
    own_rules = Path(str(hydra.runtime.cwd)) / FILE_NAME
    rules = read_rules(own_rules) if own_rules.is_file() else default_rules()
    taking = Taking(folder, rules, {})
    changes = [
        change._replace(metrics=None) if run.rows and change.metrics is not None else change
        for change in taking.look(lambda _name, _reason: None)
    ]
    taking.write(changes, writer, LocalObjects(run._layout), _Clock())  # noqa: SLF001


class _Clock:
    """Takes the times that an import would set; here the run's own clock says when."""

    now = 0.0
