"""`eventide artifact`: versions of files and folders: list, fetch, put, check, delete, compare, trace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from eventide.cli.output import Column, Listing
from eventide.cli.verb import VerbCommand
from eventide.errors import InvalidSetting
from eventide.table import artifacts as reading
from eventide.table import values

if TYPE_CHECKING:
    from eventide.cli.state import State
    from eventide.table.artifacts import ArtifactVersion

EXIT_DAMAGED = 4


class _Group(click.Group, VerbCommand):
    """A verb with verbs of its own; its help is laid out like every verb's."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write usage, docstring, options."""
        VerbCommand.format_help(self, ctx, formatter)


@click.group(cls=_Group)
def artifact() -> None:
    """Versions of files and folders that runs have logged.

        eventide artifact ls                              names, versions, aliases, sizes
        eventide artifact get model:best -o checkpoints   its files; again: only what is missing
        eventide artifact put data --type dataset         a folder as the next version of `data`
        eventide artifact lineage data:v3                 which runs made it, which used it
        eventide artifact verify model                    read every byte
        eventide artifact diff data:v3 data:latest        added, removed and changed files
        eventide artifact alias data:v3 production        --remove takes it off
        eventide artifact rm model:v0                     and the bytes that only it needs

    NAME is `name` (its latest version), `name:v3`, `name:alias` or `project/name:v3`.
    """


def _find(state: State, selector: str) -> ArtifactVersion:
    return reading.find(state.source, selector, project=state.project)


@artifact.command("ls", cls=VerbCommand)
@click.argument("name", metavar="[NAME]", default="")
@click.option("--files", "-f", "with_files", is_flag=True, help="The files of one version instead.")
@click.pass_obj
def list_versions(state: State, name: str, *, with_files: bool) -> None:
    """List versions, or the files of one.

    eventide artifact ls
    eventide artifact ls model:v3 --files
    """
    if with_files:
        if not name:
            raise InvalidSetting("no artifact was named", hint="eventide artifact ls NAME --files")
        files = _find(state, name).files.items()
        rows = [[path, entry.size_bytes, entry.sha256, entry.reference] for path, entry in files]
        columns = (Column("path", wide=True), Column("size_bytes", "size", title="size"), Column("sha256"))
        state.output.emit(Listing("files", (*columns, Column("reference", wide=True)), rows))
        return
    found = reading.versions(state.source, project=state.project, name=name.partition(":")[0] or None)
    if ":" in name:
        found = [_find(state, name)]
    table = [
        [v.name, f"v{v.version}", list(v.aliases), v.type, v.file_count, v.size_bytes, v.new_bytes, *_place(v)]
        for v in found
    ]
    first = (Column("name", wide=True), Column("version"), Column("aliases"), Column("type"), Column("files", "number"))
    sizes = (Column("size_bytes", "size", title="size"), Column("new_bytes", "size", title="new"))
    rest = (Column("created", "time"), Column("project"), Column("run", wide=True), Column("digest"))
    state.output.emit(Listing("artifacts", (*first, *sizes, *rest), table))


def _place(version: ArtifactVersion) -> list[object]:
    return [version.created.timestamp(), version.project, version.runs[0], version.digest]


@artifact.command("get", cls=VerbCommand)
@click.argument("name", metavar="NAME")
@click.option("--output", "-o", metavar="DIR", help="Where to; default artifacts/NAME-vN here.")
@click.option("--file", "-f", "paths", multiple=True, metavar="PATH", help="Only this file of it; may be repeated.")
@click.option("--no-references", is_flag=True, help="Leave out what is only referred to.")
@click.pass_obj
def get(state: State, name: str, *, output: str | None, paths: tuple[str, ...], no_references: bool) -> None:
    """Write a version's files to a folder; an interrupted download is gone on with.

    eventide artifact get model:best
    eventide artifact get data:v3 -o data -f train.csv
    """
    found = _find(state, name)
    folder = found.download(output, paths=paths or None, references=not no_references)
    state.output.say(f"{found} is in {folder}")


@artifact.command("put", cls=VerbCommand)
@click.argument("path", metavar="PATH")
@click.argument("name", metavar="[NAME]", default="")
@click.option("--type", "kind", metavar="TYPE", default="artifact", show_default=True, help="A word for what it is.")
@click.option("--alias", "-a", "aliases", multiple=True, metavar="ALIAS", help="An alias that moves to it.")
@click.option("--description", "-d", default="", metavar="TEXT", help="What it is.")
@click.option("--reference", is_flag=True, help="Only refer to PATH (a URL, file or folder); copy nothing.")
@click.pass_obj
def put(
    state: State, path: str, name: str, *, kind: str, aliases: tuple[str, ...], description: str, reference: bool
) -> None:
    """Keep a file or folder as the next version of NAME, logged by a small run of its own.

    eventide artifact put checkpoints model --type model -a best
    eventide artifact put https://example.org/data.zip data --reference
    """
    from eventide.sdk.artifacts import Artifact  # noqa: PLC0415 - only this verb writes
    from eventide.sdk.session import init  # noqa: PLC0415

    if reference:
        own = name or path.rstrip("/").rpartition("/")[2]
        source: Artifact | str = Artifact(own, kind, description=description).add_reference(path)
    else:
        if not Path(path).expanduser().exists():
            raise InvalidSetting(f"there is no file or folder `{path:.120}`")
        source = path
    run = init(dir=state.source.info().root, project=state.project, name="artifact put", tags=("artifact-put",))
    with run:
        version = run.log_artifact(source, name or None, kind, aliases=aliases, description=description)
    state.output.say(
        f"{version}: {values.files(len(version.files))}, {values.size(version.size_bytes)}, {values.size(version.new_bytes)} new"
    )


@artifact.command("rm", cls=VerbCommand)
@click.argument("name", metavar="NAME")
@click.option("--dry-run", is_flag=True, help="Only report the bytes.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.pass_obj
def remove(state: State, name: str, *, dry_run: bool, yes: bool) -> None:
    """Delete one version, and the bytes that nothing else refers to.

    eventide artifact rm model:v0 --dry-run
    eventide artifact rm model:v0 --yes
    """
    found = _find(state, name)
    if not dry_run:
        state.confirm(f"delete {found} for ever", yes=yes)
    removal = found.delete(dry_run=dry_run)
    verb = "would free" if dry_run else "freed"
    content = {"artifact": str(found), "files": removal.files, "bytes": removal.size_bytes, "dry_run": dry_run}
    text = f"{found}: {verb} {values.files(removal.files)}, {values.size(removal.size_bytes)}\n"
    state.output.emit_object("removal", content, lambda: text)


@artifact.command("verify", cls=VerbCommand)
@click.argument("name", metavar="[NAME]", default="")
@click.option("--folder", metavar="DIR", help="Check a downloaded copy instead.")
@click.pass_context
def verify(ctx: click.Context, name: str, *, folder: str | None) -> None:
    """Read every byte of a version, of all versions of a name, or of everything; exit 4 when something is not as it was logged.

    eventide artifact verify
    eventide artifact verify model:v3 --folder checkpoints
    """
    state: State = ctx.obj
    wanted = (
        [_find(state, name)]
        if ":" in name or folder is not None
        else reading.versions(state.source, project=state.project, name=name or None)
    )
    if name and not wanted:
        wanted = [_find(state, name)]  # raises, and names what there is
    problems = [[str(version), found.path, found.why] for version in wanted for found in version.verify(folder)]
    state.output.emit(
        Listing("problems", (Column("artifact"), Column("path", wide=True), Column("problem", wide=True)), problems)
    )
    state.output.say(f"{len(wanted)} versions checked, {len(problems)} problems")
    if problems:
        ctx.exit(EXIT_DAMAGED)


@artifact.command("lineage", cls=VerbCommand)
@click.argument("name", metavar="NAME")
@click.pass_obj
def lineage(state: State, name: str) -> None:
    """List the runs that made a version, and those that used it.

    eventide artifact lineage data:v3
    eventide artifact lineage other-project/model:best
    """
    found = _find(state, name)
    traced = found.lineage()
    rows = [["made", run_id] for run_id in traced.made_by] + [["used", run_id] for run_id in traced.used_by]
    named = [[what, run_id, state.source.run(run_id).name, str(found)] for what, run_id in rows]
    state.output.emit(Listing("lineage", (Column("what"), Column("run"), Column("name"), Column("artifact")), named))


@artifact.command("diff", cls=VerbCommand)
@click.argument("one", metavar="NAME")
@click.argument("other", metavar="NAME")
@click.pass_obj
def diff(state: State, one: str, other: str) -> None:
    """List what the second version has added, removed and changed.

    eventide artifact diff data:v3 data:latest
    """
    found = _find(state, one).diff(_find(state, other))
    rows = [[what, path] for what, paths in found.items() for path in paths]
    state.output.emit(Listing("diff", (Column("what"), Column("path", wide=True)), rows))


@artifact.command("alias", cls=VerbCommand)
@click.argument("name", metavar="NAME")
@click.argument("aliases", metavar="ALIAS...", nargs=-1, required=True)
@click.option("--remove", is_flag=True, help="Take them off instead.")
@click.pass_obj
def alias(state: State, name: str, aliases: tuple[str, ...], *, remove: bool) -> None:
    """Give a version aliases, each taken from the version that had it.

    eventide artifact alias model:v3 best production
    eventide artifact alias model:v3 production --remove
    """
    found = _find(state, name)
    now = found.remove_alias(*aliases) if remove else found.add_alias(*aliases)
    state.output.say(f"{now}: {', '.join(now.aliases) or 'no aliases'}")
