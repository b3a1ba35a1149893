"""What it takes to run a run again: its code, command, packages, environment, as far as they were recorded.

Nothing is done here but looking; `problems` says why it cannot be run as recorded, `notes` what may come out otherwise.
Invariant: a secret that was taken out of the command line is never made up: such a command is a problem.
"""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import orjson

from eventide.errors import EventideError, InvalidSetting
from eventide.table import code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eventide.model import RunInfo
    from eventide.source import Source

MASK = "***"
_EXPECTED = ("not code", "a virtual environment")
SET_AGAIN = ("PYTHONHASHSEED", "CUBLAS_WORKSPACE_CONFIG", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""Variables that decide what comes out, whatever the machine; set again when the run is."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A package that is another one here; None where there is none."""

    name: str
    then: str | None
    now: str | None


@dataclass(frozen=True, slots=True)
class Recipe:
    """What running a run again takes."""

    run: RunInfo
    tree: code.Tree | None
    git: dict[str, Any] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    """As it was given, the interpreter left out: `train.py --lr 0.1`, or `-m package --lr 0.1`."""
    cwd: str = ""
    """Where it was started, from the root of the code; empty means the root itself."""
    python: tuple[str, str] = ("", "")
    """Version then and now."""
    packages: tuple[Difference, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    """Variables of note, as they were."""
    world_size: int = 1
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The command as one line for a shell."""
        return shlex.join(("python", *self.command)) if self.command else ""


def recipe(source: Source, run_id: str, arguments: Sequence[str] = ()) -> Recipe:
    """Return what running a run again takes.

    Args:
        source: where the run is.
        run_id: a full id.
        arguments: take the place of those the script was given.
    """
    info = source.run(run_id)
    about = info.provenance
    tree = code.find(source, run_id)
    command, cwd, problems = _command(about.get("command") or {}, tree, arguments)
    if tree is None:
        problems.insert(0, "the code was not kept")
    then, python_notes = _python(source, about.get("python") or {})
    packages, package_notes = _packages(source, about.get("python") or {})
    environment = {
        name: str(value) for group in (about.get("launcher") or {}).values() for name, value in sorted(group.items())
    }
    notes = [*python_notes, *package_notes, *_other_notes(info, tree)]
    return Recipe(
        info,
        tree,
        dict(about.get("git") or {}),
        tuple(command),
        cwd,
        (then, ".".join(map(str, sys.version_info[:3]))),
        tuple(packages),
        environment,
        info.world_size,
        tuple(problems),
        tuple(notes),
    )


def _command(
    about: dict[str, Any], tree: code.Tree | None, arguments: Sequence[str]
) -> tuple[list[str], str, list[str]]:
    """Return the command to give to Python, where to start it below the root of the code, and what is in the way."""
    argv = [str(word) for word in about.get("argv") or ()]
    if not argv:
        return (
            [],
            "",
            [
                "the command was not recorded: `capture` did not ask for it, the run ended too early, or is of an older version"
            ],
        )
    original = [str(word) for word in about.get("original") or ()]
    words = original[1:] if original else list(argv)
    given = argv[1:]
    if arguments:
        head = (
            words[: len(words) - len(given)]
            if given and words[-len(given) :] == given
            else words
            if not given
            else words[:1]
        )
        words = [*head, *arguments]
    problems = []
    if any(MASK in word for word in words) or any(word.startswith("… ") and word.endswith(" more") for word in words):
        problems.append(
            "a secret, or the end of a very long list, was left out of the recorded arguments; give them after `--`"
        )
    cwd = ""
    if tree is not None:
        cwd, outside = _below(tree.source, str(about.get("cwd") or tree.source))
        if outside:
            problems.append(f"it was started in `{about.get('cwd')}`, outside of the kept code of `{tree.source}`")
        words, missing = _with_script(words, about, tree)
        problems += missing
    return words, cwd, problems


def _below(root: str, path: str) -> tuple[str, bool]:
    """Return a path from the root, and whether it lies outside of it."""
    relative = os.path.relpath(path, root) if path.startswith("/") == root.startswith("/") else ".."
    if relative == os.curdir:
        return "", False
    return ("", True) if PurePath(relative).parts[0] == os.pardir else (PurePath(relative).as_posix(), False)


def _with_script(words: list[str], about: dict[str, Any], tree: code.Tree) -> tuple[list[str], list[str]]:
    """Return the command with the script as the kept one, and a problem where it was not kept."""
    script = str(about.get("script") or "")
    if not script:
        return words, [] if "-c" in words else ["what was run was no file: a prompt or a notebook"]
    if about.get("module"):
        return words, []
    relative, outside = _below(tree.source, script)
    if outside or relative not in tree.files:
        return words, [f"the script `{script}` is not part of the kept code of `{tree.source}`"]
    sha256 = str(about.get("script_sha256") or "")
    problems = (
        [] if sha256 in ("", tree.files[relative].sha256) else [f"`{relative}` was changed before the code was kept"]
    )
    cwd = str(about.get("cwd") or tree.source)
    path = os.path.relpath(script, cwd)
    places = [place for place, word in enumerate(words) if os.path.join(cwd, word) == script]  # noqa: PTH118 - texts of another machine
    if places:
        words = [*words[: places[0]], path, *words[places[0] + 1 :]]
    return words, problems


def _python(source: Source, about: dict[str, Any]) -> tuple[str, list[str]]:
    del source
    then = str(about.get("version") or "")
    now = ".".join(map(str, sys.version_info[:3]))
    if not then:
        return "", ["the version of Python was not recorded"]
    return then, [] if then == now else [f"Python was {then}, and is {now} here"]


def _packages(source: Source, about: dict[str, Any]) -> tuple[list[Difference], list[str]]:
    """Return which packages are others here, and what is not known."""
    from eventide.sdk.provenance.python import describe  # noqa: PLC0415 - looks through the environment

    then = about.get("packages") or {}
    if not then and about.get("packages_sha256"):
        try:
            then = orjson.loads(source.open_object(str(about["packages_sha256"])))
        except (EventideError, ValueError):
            return [], ["the list of packages is gone from the store"]
    if not then:
        return [], ["the packages were not recorded"]
    now = describe()["packages"]
    found = [
        Difference(name, then.get(name), now.get(name))
        for name in sorted(then.keys() | now.keys())
        if then.get(name) != now.get(name)
    ]
    changed = sum(each.then is not None for each in found)
    return found, [f"{changed} packages are missing here or of another version"] if changed else []


def _other_notes(info: RunInfo, tree: code.Tree | None) -> list[str]:
    notes = []
    if info.world_size > 1:
        notes.append(f"it had {info.world_size} ranks; `--run` starts one process")
    left_out = [path for path, why in tree.left_out.items() if why not in _EXPECTED] if tree is not None else []
    if left_out:
        more = f" and {len(left_out) - 1} more were" if len(left_out) > 1 else " was"
        notes.append(f"`{left_out[0]}`{more} left out of the code: eventide code ls {info.id} --left-out")
    return notes


def refuse_problems(of: Recipe) -> None:
    """Raise InvalidSetting when a run cannot be run again as recorded."""
    if of.problems:
        git = of.git.get("commit")
        hint = f"git worktree add DIR {git}" if git and of.tree is None else f"eventide reproduce {of.run.id}"
        raise InvalidSetting(f"cannot run `{of.run.id}` again: {'; '.join(of.problems)}", hint=hint)


def environment_of(of: Recipe, folder: Path, store: Path | None) -> dict[str, str]:
    """Return the variables to set for running it again in a folder.

    The new run goes to the same store and project, names the old one, and keeps that folder as its code; a repository around the folder
    is not taken for its own.
    """
    found = {name: value for name, value in of.environment.items() if name in SET_AGAIN}
    ceilings = [part for part in os.environ.get("GIT_CEILING_DIRECTORIES", "").split(os.pathsep) if part]
    found |= {
        "EVENTIDE_REPRODUCES": of.run.id,
        "EVENTIDE_PROJECT": of.run.project,
        "EVENTIDE_CODE_DIR": str(folder.absolute()),
        "EVENTIDE_SNAPSHOT": "on",
        "GIT_CEILING_DIRECTORIES": os.pathsep.join([*ceilings, str(folder.absolute().parent)]),
    }
    if store is not None:
        found["EVENTIDE_DIR"] = str(store.absolute())
    return found
