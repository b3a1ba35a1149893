"""Find the runs in a folder that Hydra wrote, whatever its layout.

A run is a folder with a `.hydra/` in it, or with a subfolder of another name (`hydra.output_subdir`) that holds config.yaml, hydra.yaml
and overrides.yaml. Its place, a time and a number, comes from its path; where the path does not tell, from hydra.yaml and mtimes.
Invariant: nothing is written; symbolic links to folders are not followed, so that no loop and no folder outside can be reached; what
cannot be read is reported to `on_problem` and skipped.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from eventide.errors import InvalidValue
from eventide.hydra.yaml import MAX_BYTES, flatten, read_yaml

Mode = Literal["multirun", "singlerun"]
OnProblem = Callable[[str, str], None]
"""Called with the path of what was skipped and the reason."""

MAX_DEPTH = 32
OUTPUT_DIR = ".hydra"
_OUTPUT_FILES = frozenset({"config.yaml", "hydra.yaml", "overrides.yaml"})
_PLACE = re.compile(r".*(?:^|[\\/])(\d{4}-\d\d-\d\d)[\\/_ T](\d\d-\d\d-\d\d)(?:[\\/](.+))?$")
_RACY_NS = 2_000_000_000
"""A folder younger than this may change again without its mtime moving; it is listed anew."""
_MAX_REMEMBERED = 250_000


@dataclass(slots=True)
class RunFolder:
    """One Hydra run on disk."""

    path: str
    output_subdir: str
    files: list[str] = field(default_factory=list)
    """Files below, relative to `path`, without those of `output_subdir`."""
    sweep: str = ""
    """Folder of the sweep it belongs to; empty for a single run."""
    date: str = ""
    """When its experiment began, as `2021-01-26 17-07-39`."""
    number: int = 0
    mode: Mode = "singlerun"

    @property
    def config_path(self) -> str:
        """The file of its config."""
        return f"{self.path}/{self.output_subdir}/config.yaml"


class Names(NamedTuple):
    """What is in a folder."""

    folders: tuple[str, ...]
    files: tuple[str, ...]


class Memory:
    """Listings and configs already read, known to be current by mtime, size and inode; bounded, for one process."""

    def __init__(self) -> None:
        self._names: dict[str, tuple[int, Names]] = {}
        self._configs: dict[str, tuple[tuple[int, int, int], dict[str, Any]]] = {}

    def names(self, path: str) -> Names:
        """Return what is in a folder; raises OSError."""
        mtime_ns = os.stat(path).st_mtime_ns  # noqa: PTH116 - a thousand folders
        known = self._names.get(path)
        if known is not None and known[0] == mtime_ns:
            return known[1]
        folders, files = [], []
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.name)
                elif not entry.is_symlink() or entry.is_file():
                    files.append(entry.name)
        names = Names(tuple(sorted(folders)), tuple(sorted(files)))
        if time.time_ns() - mtime_ns > _RACY_NS:
            _make_room(self._names)
            self._names[path] = (mtime_ns, names)
        return names

    def config(self, path: str) -> dict[str, Any]:
        """Return the flattened config of a run; raises OSError, and InvalidValue when it is none."""
        status = os.stat(path)  # noqa: PTH116
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        known = self._configs.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        flat = flatten(read_mapping(path))
        if time.time_ns() - status.st_mtime_ns > _RACY_NS:
            _make_room(self._configs)
            self._configs[path] = (stamp, flat)
        return flat


def _make_room(remembered: dict[str, Any]) -> None:
    """Forget the oldest tenth when there is too much."""
    if len(remembered) >= _MAX_REMEMBERED:
        for path in list(remembered)[: _MAX_REMEMBERED // 10]:
            del remembered[path]


def read_mapping(path: str) -> dict[str, Any]:
    """Return the mapping a YAML file holds; raises OSError, and InvalidValue for anything else."""
    if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - a pipe would be waited for
        raise InvalidValue("it is no file")
    with open(path, "rb") as file:  # noqa: PTH123 - a thousand files
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InvalidValue(f"larger than {MAX_BYTES} bytes")
    tree = read_yaml(data)
    if tree is None:
        raise InvalidValue("it is empty")
    if not isinstance(tree, dict):
        raise InvalidValue(f"it holds a {type(tree).__name__}, not keys and values")
    return tree


def find_runs(base: str, memory: Memory, on_problem: OnProblem) -> list[RunFolder]:
    """Return the runs at and below `base`, sorted by time, number and path; raises OSError when `base` cannot be listed."""
    search = _Search(memory, on_problem)
    search.visit(base, memory.names(base), _sweep_above(base), 0, None)
    for run in search.runs:
        _place(run)
    search.runs.sort(key=lambda run: (run.date, run.number, run.path))
    return search.runs


def _sweep_above(base: str) -> str:
    """Return the folder above `base` that holds a multirun.yaml, as it does for the folder of one job."""
    parent = os.path.dirname(os.path.abspath(base))  # noqa: PTH100, PTH120
    return parent if os.path.isfile(f"{parent}/multirun.yaml") else ""  # noqa: PTH113


class _Search:
    def __init__(self, memory: Memory, on_problem: OnProblem) -> None:
        self._memory = memory
        self._on_problem = on_problem
        self.runs: list[RunFolder] = []

    def visit(self, path: str, names: Names, sweep: str, depth: int, files: list[str] | None) -> None:
        """Look at a folder and below; `files` takes the paths of files when it lies inside a run."""
        if depth > MAX_DEPTH:
            self._on_problem(path, f"it lies deeper than {MAX_DEPTH} folders")
            return
        if "multirun.yaml" in names.files:
            sweep = path
        below = self._below(path, names)
        output = self._output_of(names, below)
        run = None if output is None else RunFolder(path, output, sweep=sweep)
        own = files if run is None else run.files
        before = len(self.runs)
        for name, inside in below.items():
            if name != output and name[0] != ".":
                nested: list[str] | None = None if own is None else []
                self.visit(f"{path}/{name}", inside, sweep, depth + 1, nested)
                if own is not None and nested:
                    own.extend(f"{name}/{file}" for file in nested)
        if own is not None:
            own.extend(names.files)
        if run is not None:
            run.files.sort()
            self.runs.append(run)
        elif files is None and len(self.runs) == before:
            self._miss(path, names)

    def _below(self, path: str, names: Names) -> dict[str, Names]:
        """List the subfolders that are worth it: hidden ones only while they may be the output folder of a run."""
        found: dict[str, Names] = {}
        has_output = OUTPUT_DIR in names.folders
        for name in names.folders:
            if name == OUTPUT_DIR or (has_output and name[0] == "."):
                continue
            try:
                found[name] = self._memory.names(f"{path}/{name}")
            except OSError as error:
                self._on_problem(f"{path}/{name}", f"it cannot be read: {error.strerror or error}")
        return found

    @staticmethod
    def _output_of(names: Names, below: dict[str, Names]) -> str | None:
        """Return the name of the folder Hydra wrote its own files to; None when this folder is no run."""
        if OUTPUT_DIR in names.folders:
            return OUTPUT_DIR
        return next((name for name, inside in below.items() if _OUTPUT_FILES.issubset(inside.files)), None)

    def _miss(self, path: str, names: Names) -> None:
        """Report a folder that lies where runs lie and is none."""
        place = _PLACE.match(path)
        if place is None:
            return
        is_job = place[3] is not None and place[3].isdecimal()
        if is_job or (place[3] is None and not names.folders and names.files and "multirun.yaml" not in names.files):
            self._on_problem(path, "it has no `.hydra` folder")


def _place(run: RunFolder) -> None:
    """Fill in time, number and mode."""
    path = run.path if os.path.isabs(run.path) else os.path.abspath(run.path)  # noqa: PTH100, PTH117
    match = _PLACE.match(path)
    if match is not None:
        run.date = f"{match[1]} {match[2]}"
        rest = match[3]
        if rest is None:
            return
        if rest.isdecimal():
            run.number, run.mode = int(rest), "multirun"
            run.sweep = run.sweep or os.path.dirname(path)  # noqa: PTH120
            return
    number = _job_number(run)
    if number is not None:
        run.number, run.mode = number, "multirun"
    elif run.sweep:
        run.mode = "multirun"
    if match is None:
        run.date = _time_of(f"{run.sweep}/multirun.yaml" if run.sweep else run.config_path, run.config_path)


def _job_number(run: RunFolder) -> int | None:
    """Return the number that Hydra gave the job of a sweep; None for a single run and where it does not say."""
    try:
        job = read_mapping(f"{run.path}/{run.output_subdir}/hydra.yaml").get("hydra", {}).get("job", {})
    except (OSError, InvalidValue, AttributeError):
        return None
    number = job.get("num") if isinstance(job, dict) else None
    return number if type(number) is int and number >= 0 else None


def _time_of(*paths: str) -> str:
    """Return the mtime of the first of the files that is there, in local time as Hydra names folders."""
    for path in paths:
        try:
            return time.strftime("%Y-%m-%d %H-%M-%S", time.localtime(os.stat(path).st_mtime))  # noqa: PTH116
        except OSError:
            continue
    return "0000-00-00 00-00-00"
