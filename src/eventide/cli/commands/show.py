"""`eventide show`: everything about one run."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import click

from eventide.cli import terminal
from eventide.cli.output import Column, Listing
from eventide.cli.selectors import select_one
from eventide.cli.verb import VerbCommand
from eventide.table import environment, fields, values

if TYPE_CHECKING:
    from eventide.cli.state import State
    from eventide.model import RunInfo


@click.command(cls=VerbCommand)
@click.argument("run", metavar="[RUN]", default="@last")
@click.option("--traceback", is_flag=True, help="Only the traceback of a failed run.")
@click.option("--env", is_flag=True, help="Only where it came from: git, command, Python, packages, host, GPUs.")
@click.option("--diff", is_flag=True, help="Only what was changed in the code against its commit.")
@click.pass_obj
def show(
    state: State,
    run: str,
    *,
    traceback: bool,
    env: bool,
    diff: bool,
) -> None:
    """Show everything about one run, the newest by default.

    eventide show
    eventide show @last --env
    eventide show @best:val/acc
    eventide show marvellous-stork --json
    eventide show @last --traceback
    """
    info = state.source.run(select_one(state, run))
    if traceback:
        state.output.write(terminal.plain_console(info.error.rstrip("\n")) + "\n" if info.error else "")
        return
    if diff:
        state.output.write(terminal.plain_console(environment.changes(state.source, info)))
        return
    if env:
        tree = environment.whole(state.source, info)
        state.output.emit_object("environment", tree, lambda: _origin(state, info, tree))
        return
    content = {name: get(info) for name, get in (*fields.BASE.items(), *fields.WHOLE.items())}
    state.output.emit_object("run", content, lambda: _card(state, info), times=fields.TIMES)


def _card(state: State, info: RunInfo) -> str:
    """Return the run as people read it."""
    from eventide.cli.tables import STATUS  # noqa: PLC0415 - rich only where people read

    output = state.output
    mark, style = STATUS[info.status.value]
    status = terminal.paint(f"{mark} {info.status.value}", style, color=output.color)
    lines = [
        f"{terminal.paint(values.printable(info.name), 'bold', color=output.color)}  {status}  {values.printable(info.id)}",
        *_facts(info, output.now),
    ]
    if info.error:
        why = values.printable(info.error.strip().rsplit("\n", 1)[-1])
        lines += [terminal.paint(f"  {why}", "red", color=output.color) + "   (--traceback for all of it)"]
    text = "\n".join(lines) + "\n"
    for title, pairs in (("config", info.params), ("values", info.values), ("summary", _own_summary(info))):
        if pairs:
            text += f"\n{terminal.paint(title, 'dim', color=output.color)}\n{_pairs(pairs)}"
    if info.metrics:
        output.write(text + f"\n{terminal.paint('metrics', 'dim', color=output.color)}\n")
        output.emit(metrics_listing(info))
        return ""
    return text


def _origin(state: State, info: RunInfo, tree: dict[str, Any]) -> str:
    """Return where a run came from, as people read it."""
    if not tree:
        return "nothing was captured of where this run came from (setting `capture`)\n"
    text = f"{terminal.paint(values.printable(info.name), 'bold', color=state.output.color)}  {values.printable(info.id)}\n"
    leaves = environment.leaves(tree)
    packages = {name: value for name, value in leaves.items() if name.startswith("packages.")}
    groups: dict[str, dict[str, Any]] = {}
    for name, value in leaves.items():
        group, _, rest = name.partition(".")
        if name not in packages and value not in (None, ""):
            groups.setdefault(group, {})[rest or group] = value
    for group, pairs in groups.items():
        text += f"\n{terminal.paint(group, 'dim', color=state.output.color)}\n{_pairs(pairs)}"
    if packages:
        listed = "  ".join(f"{name.removeprefix('packages.')}=={version}" for name, version in packages.items())
        wrapped = textwrap.fill(
            values.printable(listed),
            terminal.width() - 2,
            initial_indent="  ",
            subsequent_indent="  ",
            break_on_hyphens=False,
        )
        text += f"\n{terminal.paint(f'packages ({len(packages)})', 'dim', color=state.output.color)}\n{wrapped}\n"
    captured = ", ".join(map(str, tree.get("captured", ())))
    return f"{text}\ncaptured: {values.printable(captured)}\n" if captured else text


def _facts(info: RunInfo, now: float) -> list[str]:
    facts = [
        ("project", info.project + (f" · group {info.group}" if info.group else "")),
        (
            "started",
            f"{values.moment(info.started)[:19]}Z ({values.age(info.started, now)}), took {values.duration(info.duration_s)}",
        ),
        ("rows", f"{info.rows}" + (f" in {info.attempts} attempts" if info.attempts > 1 else "")),
        (
            "where",
            " · ".join(
                part
                for part in (info.user, info.host, f"{info.world_size} ranks" if info.world_size > 1 else "")
                if part
            ),
        ),
        ("tags", ", ".join(info.tags)),
        ("notes", info.notes),
        ("state", "archived" * info.archived or ("in the bin" if info.deleted else "")),
    ]
    return [f"  {name:<9}{values.printable(value)}" for name, value in facts if value]


def _own_summary(info: RunInfo) -> dict[str, Any]:
    """Return what the script itself put into the summary."""
    return {key: value for key, value in info.summary.items() if key not in info.metrics}


def _pairs(pairs: dict[str, Any]) -> str:
    names = [values.printable(name) for name in pairs]
    width = min(40, max(map(len, names)))
    return "".join(
        f"  {name:<{width}}  {values.text(value)}\n" for name, value in zip(names, pairs.values(), strict=True)
    )


def metrics_listing(info: RunInfo) -> Listing:
    """Return one row per metric."""
    columns = [Column("metric", wide=True), Column("goal")]
    columns += [
        Column(name, "number")
        for name in ("best", "best_step", "last", "last_step", "min", "max", "mean", "std", "count", "nonfinite")
    ]
    rows = []
    for key, stats in info.metrics.items():
        described = fields.describe(stats)
        rows.append([key, *(described[column.name] for column in columns[1:])])
    return Listing("metrics", columns, rows)
