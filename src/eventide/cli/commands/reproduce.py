"""`eventide reproduce`: what running a run again takes, and doing it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from eventide.cli import terminal
from eventide.cli.selectors import select_one
from eventide.cli.verb import VerbCommand
from eventide.errors import InvalidSetting
from eventide.table import code, values
from eventide.table import reproduce as reading
from eventide.transport import is_url

if TYPE_CHECKING:
    from eventide.cli.state import State

_SHOWN = 12


@click.command(cls=VerbCommand)
@click.argument("run", metavar="[RUN]", default="@last")
@click.argument("arguments", metavar="[-- ARGUMENTS]", nargs=-1, type=click.UNPROCESSED)
@click.option("--dir", "folder", metavar="DIR", help="Where the code goes, a new folder; default reproduce-NAME.")
@click.option("--run", "go", is_flag=True, help="Write the code there, and run the command in it as a new run.")
@click.pass_context
def reproduce(context: click.Context, run: str, arguments: tuple[str, ...], *, folder: str | None, go: bool) -> None:
    """Show what running a run again takes; with --run, do it.

        eventide reproduce @best:val/acc
        eventide reproduce @best:val/acc --run
        eventide reproduce @last --run --dir again -- --epochs 1

    Nothing is written without --run. ARGUMENTS take the place of those the script was given.
    The new run goes to the same store; its value `reproduces` is the id of the old one:
    eventide runs 'reproduces=ID'.
    """
    state: State = context.obj
    of = reading.recipe(state.source, select_one(state, run), arguments)
    target = Path(folder or f"reproduce-{of.run.name}".replace("/", "-").replace("\\", "-"))
    if not go:
        state.output.emit_object("reproduce", _content(of), lambda: _page(state, of, target))
        return
    reading.refuse_problems(of)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InvalidSetting(f"`{target}` is there already", hint=f"eventide reproduce {of.run.id} --run --dir OTHER")
    store = None if is_url(state.options.store) else state.root
    code.restore(state.source, of.run.id, target)
    state.output.say(f"{len(of.tree.files) if of.tree else 0} files written to {target}; running {of.line}")
    for note in of.notes:
        state.output.say(f"note: {note}", style="yellow")
    sys.stdout.flush()
    environment = {**os.environ, **reading.environment_of(of, target, store)}
    done = subprocess.run([sys.executable, *of.command], check=False, cwd=target / of.cwd, env=environment)  # noqa: S603 - what was asked for
    context.exit(done.returncode if done.returncode >= 0 else 128 - done.returncode)


def _content(of: reading.Recipe) -> dict[str, Any]:
    return {
        "run": of.run.id,
        "name": of.run.name,
        "can_run": not of.problems,
        "problems": list(of.problems),
        "notes": list(of.notes),
        "command": list(of.command),
        "cwd": of.cwd,
        "code": None
        if of.tree is None
        else {
            "files": len(of.tree.files),
            "size_bytes": of.tree.size_bytes,
            "source": of.tree.source,
            "sha256": of.tree.sha256,
        },
        "git": of.git,
        "python": {"then": of.python[0], "now": of.python[1]},
        "packages": [{"name": each.name, "then": each.then, "now": each.now} for each in of.packages],
        "environment": of.environment,
        "config": of.run.config,
    }


def _page(state: State, of: reading.Recipe, target: Path) -> str:
    """Return it as people read it."""
    color = state.output.color

    def title(text: str) -> str:
        return "\n" + terminal.paint(text, "dim", color=color) + "\n"

    lines = [f"{terminal.paint(values.printable(of.run.name), 'bold', color=color)}  {of.run.id}\n"]
    lines += [f"  {name:<9}{values.printable(text)}\n" for name, text in _facts(of) if text]
    if of.environment:
        lines += [title("environment"), *_pairs(of.environment)]
    if of.run.params:
        lines += [title("config"), *_pairs(of.run.params)]
    if of.packages:
        lines += [title("packages that are others here")]
        shown = [each for each in of.packages if each.then is not None] or list(of.packages)
        lines += [f"  {each.name:<24}{each.then or '-'} → {each.now or '-'}\n" for each in shown[:_SHOWN]]
        lines += [f"  … {len(of.packages) - len(shown[:_SHOWN])} more: --json\n"] if len(of.packages) > _SHOWN else []
    lines += [title("to bear in mind"), *(f"  {values.printable(note)}\n" for note in of.notes)] if of.notes else []
    if of.problems:
        lines += [title("why it cannot be run again as it was")]
        lines += [
            terminal.paint(f"  {values.printable(problem)}", "red", color=color) + "\n" for problem in of.problems
        ]
    else:
        lines += [f"\neventide reproduce {of.run.id} --run --dir {values.printable(str(target))}\n"]
    return "".join(lines)


def _facts(of: reading.Recipe) -> list[tuple[str, str]]:
    tree, git = of.tree, of.git
    commit = str(git.get("commit") or "")
    state = {True: ", with changes", False: "", None: ""}[git.get("dirty")]
    return [
        (
            "code",
            f"{values.files(len(tree.files))}, {values.size(tree.size_bytes)}, of {tree.source}"
            if tree
            else "not kept",
        ),
        (
            "git",
            f"{commit[:12]} {git.get('branch') or ''}{state} {git.get('remote') or ''}" if commit else "not recorded",
        ),
        ("command", of.line or "not recorded"),
        ("in", of.cwd),
        ("python", f"{of.python[0] or 'not recorded'}; here {of.python[1]}"),
    ]


def _pairs(pairs: dict[str, Any]) -> list[str]:
    width = min(40, max(map(len, pairs)))
    return [f"  {values.printable(name):<{width}}  {values.text(value)}\n" for name, value in pairs.items()]
