"""What Hydra says about a run and its sweep beside the config: job, overrides, launcher, choices, the best result.

Invariant: only text and plain data are read; pickled return values stay closed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from eventide.errors import InvalidValue
from eventide.hydra.tree import RunFolder, read_mapping
from eventide.hydra.yaml import MAX_BYTES, read_yaml


@dataclass(frozen=True, slots=True)
class Details:
    """Facts from hydra.yaml, overrides.yaml and the sweep's optimization_results.yaml; empty where a file does not say."""

    job_name: str = ""
    overrides: tuple[str, ...] = ()
    override_dirname: str = ""
    launcher: str = ""
    """Class path of the launcher, as text."""
    sweeper: str = ""
    mode: str = ""
    """`RUN` or `MULTIRUN`."""
    config_name: str = ""
    version: str = ""
    output_dir: str = ""
    """Where the run was written, on the machine that ran it."""
    cwd: str = ""
    choices: dict[str, str] = field(default_factory=dict)
    results: dict[str, Any] = field(default_factory=dict)
    """What an optimising sweeper reported for the whole sweep, such as `best_value`."""

    def facts(self) -> dict[str, Any]:
        """Return the facts as columns of a frame, under `hydra/`."""
        found = {
            "job/name": self.job_name,
            "job/override_dirname": self.override_dirname,
            "launcher": self.launcher,
            "mode": self.mode,
            "overrides": list(self.overrides),
            "output_dir": self.output_dir,
            **{f"sweep/{key}": value for key, value in self.results.items()},
        }
        return {f"hydra/{key}": value for key, value in found.items() if value not in ("", [])}


def read_details(run: RunFolder) -> Details:
    """Return what Hydra wrote beside the config of a run; what is missing or broken is left out."""
    folder = f"{run.path}/{run.output_subdir}"
    tree = _mapping(f"{folder}/hydra.yaml").get("hydra")
    tree = tree if isinstance(tree, dict) else {}
    return Details(
        job_name=_text(tree, "job", "name"),
        overrides=_overrides(f"{folder}/overrides.yaml", tree),
        override_dirname=_text(tree, "job", "override_dirname"),
        launcher=_text(tree, "launcher", "_target_"),
        sweeper=_text(tree, "sweeper", "_target_"),
        mode=_text(tree, "mode"),
        config_name=_text(tree, "job", "config_name"),
        version=_text(tree, "runtime", "version"),
        output_dir=_text(tree, "runtime", "output_dir"),
        cwd=_text(tree, "runtime", "cwd"),
        choices=_choices(_at(tree, "runtime", "choices")),
        results=_mapping(f"{run.sweep}/optimization_results.yaml") if run.sweep else {},
    )


def _mapping(path: str) -> dict[str, Any]:
    try:
        return read_mapping(path)
    except (OSError, InvalidValue):
        return {}


def _at(tree: Any, *path: str) -> Any:
    for key in path:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def _text(tree: Any, *path: str) -> str:
    value = _at(tree, *path)
    return value if isinstance(value, str) and value != "???" else ""


def _choices(tree: Any) -> dict[str, str]:
    """Return which option of each config group of the user's was chosen."""
    if not isinstance(tree, dict):
        return {}
    return {
        str(group): str(option)
        for group, option in tree.items()
        if option is not None and not str(group).startswith("hydra/")
    }


def _overrides(path: str, tree: dict[str, Any]) -> tuple[str, ...]:
    listed: Any = None
    try:
        if os.stat(path).st_size <= MAX_BYTES:  # noqa: PTH116
            with open(path, "rb") as file:  # noqa: PTH123
                listed = read_yaml(file.read())
    except (OSError, InvalidValue):
        pass
    if not isinstance(listed, list):
        listed = _at(tree, "overrides", "task")
    return tuple(str(item) for item in listed) if isinstance(listed, list) else ()
