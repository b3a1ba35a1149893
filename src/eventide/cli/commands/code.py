"""`eventide code`: the code that runs kept."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from eventide.cli import terminal
from eventide.cli.output import Column, Listing
from eventide.cli.selectors import select_one
from eventide.cli.verb import VerbCommand
from eventide.errors import InvalidSetting
from eventide.table import code as reading
from eventide.table import values

if TYPE_CHECKING:
    from eventide.cli.state import State

_STYLES = {"+": "green", "-": "red", "@": "cyan"}


class _CodeGroup(click.Group, VerbCommand):
    """A verb with verbs of its own; its help is laid out like every verb's."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write usage, docstring, options."""
        VerbCommand.format_help(self, ctx, formatter)


@click.group(cls=_CodeGroup, invoke_without_command=True)
@click.pass_context
def code(context: click.Context) -> None:
    """The code a run kept: list, show, compare, write out.

        eventide code ls @last                            every file, with its size
        eventide code show @last train.py                 one file
        eventide code diff @best:val/acc @last            what changed between two runs
        eventide code diff @last                          ... since then, in the working tree
        eventide code restore @best:val/acc old           all of it, into a new folder

    Which runs keep their code is said in docs/guides/code-and-reproduce.md.
    """
    if context.invoked_subcommand is None:
        sys.stdout.write(context.get_help())


@code.command("ls", cls=VerbCommand)
@click.argument("run", metavar="[RUN]", default="@last")
@click.option("--left-out", is_flag=True, help="What was not kept instead, and why.")
@click.pass_obj
def ls(state: State, run: str, *, left_out: bool) -> None:
    """List the files a run kept.

    eventide code ls
    eventide code ls @best:val/acc --left-out
    """
    tree = reading.tree(state.source, select_one(state, run))
    if left_out:
        rows: list[list[object]] = [[path, why] for path, why in sorted(tree.left_out.items())]
        state.output.emit(Listing("left_out", (Column("path", wide=True), Column("why", wide=True)), rows))
        return
    rows = [[file.path, file.size_bytes, file.sha256] for file in tree.files.values()]
    columns = (Column("path", wide=True), Column("size_bytes", "size", title="size"), Column("sha256"))
    state.output.emit(Listing("files", columns, rows, extra={"run": tree.run_id, "source": tree.source}))
    if state.output.is_table and tree.left_out:
        state.output.say(f"{len(tree.left_out)} more were left out: eventide code ls {tree.run_id} --left-out")


@code.command("show", cls=VerbCommand)
@click.argument("run", metavar="RUN")
@click.argument("path", metavar="PATH")
@click.pass_obj
def show(state: State, run: str, path: str) -> None:
    """Print a file as the run kept it.

    eventide code show @last train.py
    eventide code show @best:val/acc models/cnn.py > old.py
    """
    data = reading.read(state.source, reading.tree(state.source, select_one(state, run)), path)
    if not state.output.is_terminal:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        return
    if b"\0" in data:
        raise InvalidSetting(
            f"`{path}` is no text, and stdout is a terminal", hint="eventide code show RUN PATH > FILE"
        )
    state.output.write(values.printable_block(data.decode("utf-8", "replace")))


@code.command("diff", cls=VerbCommand)
@click.argument("first", metavar="RUN")
@click.argument("second", metavar="[RUN]", default="")
@click.option("--dir", "folder", metavar="DIR", help="The working tree; default the folder the code was taken from.")
@click.option("--stat", is_flag=True, help="Only which files, and how many lines.")
@click.pass_obj
def diff(state: State, first: str, second: str, *, folder: str | None, stat: bool) -> None:
    """Show what changed in the code, from one run to another or to the working tree.

        eventide code diff @best:val/acc @last
        eventide code diff @last --dir .
        eventide code diff brave-otter calm-lynx --stat

    The exit code is 0 whether anything differs or not. --json has the lines of every file.
    """
    if second and folder:
        raise InvalidSetting("two runs and --dir are one too many", hint=f"eventide code diff {first} --dir {folder}")
    one = select_one(state, first)
    other = select_one(state, second) if second else None
    found = reading.diff(state.source, one, other, folder=Path(folder) if folder else None)
    if stat or (state.output.was_asked and not state.output.is_table):
        state.output.emit(_listing(found, with_lines=state.output.is_json and not stat))
        return
    for change in found:
        state.output.write("".join(f"{line}\n" for line in _lines(change, color=state.output.color)))
    if not found:
        state.output.say("no difference")


def _listing(found: list[reading.FileDiff], *, with_lines: bool) -> Listing:
    columns = [
        Column("path", wide=True),
        Column("change"),
        Column("added", "number"),
        Column("removed", "number"),
        Column("old_bytes", "size"),
        Column("new_bytes", "size"),
    ]
    rows: list[list[object]] = [
        [
            each.path,
            each.change,
            None if each.lines is None else each.added,
            None if each.lines is None else each.removed,
            each.old.size_bytes if each.old else None,
            each.new.size_bytes if each.new else None,
        ]
        for each in found
    ]
    if with_lines:
        columns.append(Column("lines", "tree"))
        rows = [[*row, None if each.lines is None else list(each.lines)] for row, each in zip(rows, found, strict=True)]
    return Listing("changes", columns, rows)


def _lines(change: reading.FileDiff, *, color: bool) -> list[str]:
    """Return a file's changes as people read them; what is no text by size and hash."""
    title = terminal.paint(f"{change.change} {values.printable(change.path)}", "bold", color=color)
    if change.lines is None:
        sides = [f"{file.size_bytes} bytes {file.sha256[:12]}" if file else "none" for file in (change.old, change.new)]
        return [title, f"  {sides[0]} → {sides[1]}"]
    body = []
    for place, line in enumerate(change.lines):
        style = "bold" if place < 2 else _STYLES.get(line[:1], "")
        body.append(terminal.paint(values.printable_block(line), style, color=color))
    return [title, *body]


@code.command("restore", cls=VerbCommand)
@click.argument("run", metavar="RUN")
@click.argument("folder", metavar="DIR")
@click.option("--force", is_flag=True, help="Into a folder with something in it; files of the same names are replaced.")
@click.pass_obj
def restore(state: State, run: str, folder: str, *, force: bool) -> None:
    """Write the code a run kept into a folder.

        eventide code restore @best:val/acc old

    The folder has to be new or empty. To run it again: eventide reproduce RUN --run.
    """
    tree = reading.restore(state.source, select_one(state, run), folder, force=force)
    content = {"run": tree.run_id, "folder": folder, "files": len(tree.files), "size_bytes": tree.size_bytes}
    text = f"{len(tree.files)} files of {tree.run_id} written to {values.printable(folder)}\n"
    state.output.emit_object("restored", content, lambda: text)
