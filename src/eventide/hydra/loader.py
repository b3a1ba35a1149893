"""Load what Hydra left behind into a pandas frame: one row a run, its config, and the paths of its files.

    from eventide.hydra import load_project
    frame = load_project("multirun", "*.npy")

Invariant: reads only, and only YAML and file names; a bad run costs one warning that names it, never the load.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from eventide.errors import EventideWarning, InvalidSetting, InvalidValue, RunNotFound
from eventide.hydra.details import read_details
from eventide.hydra.patterns import compile_pattern
from eventide.hydra.progress import show_progress
from eventide.hydra.tree import Memory, RunFolder, find_runs
from eventide.hydra.when import choose

if TYPE_CHECKING:
    import pandas as pd

Logic = Literal["multirun", "singlerun", "auto"]
Query = str | Sequence[str] | None
_LOGICS = ("multirun", "singlerun", "auto")
_memory = Memory()


class FileLoader:
    """Loads runs together with the files in them that match.

    Args:
        query_string: patterns such as `*.npy` or `checkpoints/*.ckpt`, one or a list; `**/` looks into all subfolders. None collects
            nothing and takes every run.
        logic: `multirun` for sweeps, `singlerun` for single runs, `auto` for both.
        min_required_files: runs with fewer matching files are left out; 0 takes them all.
        details: also columns `hydra/...`: job name, overrides, launcher, results of an optimising sweeper.
        progress: a progress bar; None shows one on a terminal when there are many runs.
    """

    def __init__(
        self,
        query_string: Query = None,
        logic: Logic = "auto",
        min_required_files: int = 1,
        *,
        details: bool = False,
        progress: bool | None = None,
    ) -> None:
        if logic not in _LOGICS:
            raise InvalidSetting(f"`logic={logic!r:.60}` is none of {', '.join(_LOGICS)}")
        self.query_string = [query_string] if isinstance(query_string, str) else list(query_string or ())
        self.logic = logic
        self.min_required_files = min_required_files if self.query_string else 0
        self._patterns = [compile_pattern(text) for text in self.query_string]
        self._details = details
        self._progress = progress

    def load_project(
        self, base_path: str | os.PathLike[str], filter_date: Any = None, filter_hms: Any = None
    ) -> pd.DataFrame:
        """Return all runs at and below a folder; see `load_project` of this module."""
        base = _folder(base_path)
        runs = self._find(base)
        dates = choose({run.date for run in runs}, filter_date, filter_hms)
        chosen = [run for run in runs if run.date in dates]
        frame = self._frame(chosen)
        if frame is None:
            raise self._nothing(base, runs, chosen)
        return frame

    def load_experiment(self, folder: str | os.PathLike[str], date_time: str | None = None) -> pd.DataFrame:
        """Return the runs of one experiment, such as `multirun/2021-01-26/17-07-39`; `date_time` replaces its time in the index."""
        base = _folder(folder)
        runs = self._find(base)
        for run in runs:
            run.date = date_time or run.date
        frame = self._frame(runs)
        if frame is None:
            raise self._nothing(base, runs, runs)
        return frame

    def load_run(self, run_path: str | os.PathLike[str]) -> pd.DataFrame:
        """Return one run as a frame of one row; raises RunNotFound when the folder is none."""
        base = _folder(run_path)
        runs = [run for run in self._find(base) if run.path == base]
        frame = self._frame(runs)
        if frame is None:
            raise self._nothing(base, runs, runs)
        return frame

    def _find(self, base: str) -> list[RunFolder]:
        try:
            runs = find_runs(base, _memory, _warn)
        except OSError as error:
            raise InvalidSetting(f"the folder `{base}` cannot be read: {error.strerror or error}") from error
        return [run for run in runs if self.logic in ("auto", run.mode)]

    def _frame(self, runs: list[RunFolder]) -> pd.DataFrame | None:
        """Return the frame of those runs that can be read and have files enough; None when there is none."""
        from eventide.hydra.frame import Row, build  # noqa: PLC0415 - pandas only when there is something to load

        rows: list[Row] = []
        places: dict[tuple[str, int], str] = {}
        with show_progress(self._progress, len(runs)) as advance:
            for run in runs:
                advance()
                paths = self._collect(run)
                config = None if len(paths) < self.min_required_files else _config(run)
                if config is None:
                    continue
                first = places.setdefault((run.date, run.number), run.path)
                if first != run.path:
                    _warn(run.path, f"it is run {run.number} of {run.date} like `{first}`; both are kept", "noted")
                facts = read_details(run).facts() if self._details else {}
                rows.append(Row(run.date, run.number, config, facts, paths))
        return build(rows) if rows else None

    def _collect(self, run: RunFolder) -> list[str]:
        """Return the paths of matching files, pattern by pattern, each file once."""
        found: dict[str, None] = {}
        for matches in self._patterns:
            found.update((name, None) for name in run.files if matches(name))
        return [os.path.join(run.path, name) for name in found]  # noqa: PTH118 - texts, in the system's own spelling

    def _nothing(self, base: str, runs: list[RunFolder], chosen: list[RunFolder]) -> RunNotFound:
        if not runs:
            what = "no Hydra run" if self.logic == "auto" else f"no Hydra run of a {self.logic}"
            return RunNotFound(f"{what} in `{base}`", hint='a run is a folder with `.hydra/config.yaml`; logic="auto"')
        if not chosen:
            days = sorted({run.date[:10] for run in runs})
            return RunNotFound(
                f"none of {len(runs)} runs in `{base}` is of that time", hint=f"days: {', '.join(days[:5])}"
            )
        wanted = ", ".join(f"`{text}`" for text in self.query_string)
        return RunNotFound(
            f"none of {len(chosen)} runs in `{base}` can be read and has {self.min_required_files} or more files {wanted}".strip(),
            hint="min_required_files=0",
        )


def load_project(  # noqa: PLR0917 - the order that scripts give them in
    base_path: str | os.PathLike[str],
    query_string: Query = None,
    logic: Logic = "auto",
    min_required_files: int = 1,
    filter_date: Any = None,
    filter_hms: Any = None,
    *,
    details: bool = False,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Return all Hydra runs at and below a folder as a frame, sorted.

    The index has two levels, `date` ("2021-01-26 17-07-39") and `run` (the job's number); the columns are config keys joined with `/`,
    sorted, then `collected_path_0`, `collected_path_1`, ... Types are kept: whole numbers stay whole, lists stay lists.

    Args:
        base_path: the folder; paths in the frame begin with it as given.
        query_string: see `FileLoader`.
        logic: see `FileLoader`.
        min_required_files: see `FileLoader`.
        filter_date: only experiments of a day, such as "2022-10-09", a `date` or `datetime`, "last", or a list of these.
        filter_hms: only experiments of a time, such as "17-07-39" or "17:07". A day here means the day, and a time there the time.
        details: see `FileLoader`.
        progress: see `FileLoader`.

    Raises:
        InvalidSetting: `base_path` is no folder that can be read, or a filter names neither a day nor a time.
        RunNotFound: nothing is left; the message says why.
    """
    loader = FileLoader(query_string, logic, min_required_files, details=details, progress=progress)
    return loader.load_project(base_path, filter_date, filter_hms)


def load_experiment(folder: str | os.PathLike[str], query_string: Query = None, **options: Any) -> pd.DataFrame:
    """Return the runs of one experiment; `options` are those of `FileLoader`."""
    return FileLoader(query_string, **options).load_experiment(folder)


def load_run(run_path: str | os.PathLike[str], query_string: Query = None, **options: Any) -> pd.DataFrame:
    """Return one run as a frame of one row; `options` are those of `FileLoader`."""
    return FileLoader(query_string, **options).load_run(run_path)


def _folder(path: str | os.PathLike[str]) -> str:
    base = os.path.expanduser(os.fspath(path)).rstrip("/") or "/"  # noqa: PTH111
    if not os.path.isdir(base):  # noqa: PTH112
        what = "is a file, not a folder" if os.path.exists(base) else "does not exist"  # noqa: PTH110
        raise InvalidSetting(f"`{base}` {what}", hint="give the folder that Hydra wrote to, such as multirun")
    return base


def _config(run: RunFolder) -> dict[str, Any] | None:
    """Return the flattened config of a run; None, with a warning, when it has none that can be read."""
    try:
        return _memory.config(run.config_path)
    except FileNotFoundError:
        _warn(run.path, f"`{run.output_subdir}/config.yaml` is missing")
    except OSError as error:
        _warn(run.path, f"`{run.output_subdir}/config.yaml` cannot be read: {error.strerror or error}")
    except InvalidValue as error:
        _warn(run.path, f"`{run.output_subdir}/config.yaml`: {error.message}")
    return None


def _warn(path: str, reason: str, what: str = "skipped") -> None:
    warnings.warn(f"`{path}` {what}: {reason}", EventideWarning, stacklevel=2)
