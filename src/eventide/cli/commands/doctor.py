"""`eventide doctor`: store health and versions."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import click

from eventide.cli.output import Column, Listing
from eventide.cli.verb import VerbCommand
from eventide.errors import EventideError
from eventide.layout import STORE_VERSION
from eventide.model import RunQuery
from eventide.table import values
from eventide.table.actions import keeper

if TYPE_CHECKING:
    from eventide.cli.state import State

EXIT_DAMAGED = 4
_PACKAGES = ("orjson", "duckdb", "deltalake", "pyarrow", "pandas", "polars")


@click.command(cls=VerbCommand)
@click.pass_obj
def doctor(
    state: State,
) -> None:
    """Look at versions, the store, and what verify finds; exits with 4 when the store is damaged.

    eventide doctor
    eventide doctor --json
    """
    rows = [*_versions(), *_store(state)]
    state.output.emit(
        Listing(
            "checks", (Column("check"), Column("result"), Column("value", wide=True), Column("advice", wide=True)), rows
        )
    )
    if any(row[1] == "damaged" for row in rows):
        raise click.exceptions.Exit(EXIT_DAMAGED)


def _versions() -> list[list[Any]]:
    from eventide._version import __version__  # noqa: PLC0415

    rows: list[list[Any]] = [["eventide", "ok", f"{__version__}, store format {STORE_VERSION}", None]]
    rows.append(["python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}", None])
    for package in _PACKAGES:
        try:
            rows.append([package, "ok", version(package), None])
        except PackageNotFoundError:
            advice = (
                f"pip install 'eventide[{package}]'"
                if package == "polars"
                else "pip install --force-reinstall eventide"
            )
            rows.append([package, "absent", None, advice])
    encoding = getattr(sys.stdout, "encoding", "") or "unknown"
    good = encoding.lower().replace("-", "") == "utf8"
    rows.append(["encoding", "ok" if good else "limited", encoding, None if good else "export PYTHONUTF8=1"])
    return rows


def _store(state: State) -> list[list[Any]]:
    try:
        info = state.source.info()
    except EventideError as error:
        kind = "damaged" if error.exit_code == EXIT_DAMAGED else "absent"
        return [["store", kind, error.message, error.hint or None]]
    writable = os.access(state.root, os.W_OK)
    rows: list[list[Any]] = [
        ["store", "ok", f"{info.root}, format {info.format}, id {info.id}", None],
        ["writable", "ok" if writable else "no", str(writable).lower(), None if writable else f"chmod u+w {info.root}"],
        ["runs", "ok", f"{info.runs} in {info.projects} projects", None],
        [
            "size",
            "ok",
            f"journal {values.size(info.journal_bytes)}, tables {values.size(info.sealed_bytes)}, objects {values.size(info.object_bytes)}",
            None,
        ],
    ]
    crashed = state.source.runs(RunQuery("state:crashed", limit=1, keys=(), details=False)).total
    rows.append(
        ["crashed runs", "ok" if not crashed else "note", crashed, "eventide runs state:crashed" if crashed else None]
    )
    binned = state.source.runs(RunQuery(deleted=True, limit=1, keys=(), details=False)).total
    rows.append(
        ["bin", "ok" if not binned else "note", binned, "eventide gc --empty-bin --dry-run" if binned else None]
    )
    rows.append(_problems(state))
    return rows


def _problems(state: State) -> list[Any]:
    problems = list(keeper(state.source, "verify")())
    if not problems:
        return ["bytes", "ok", "every byte is as it should be", None]
    lost = sum(problem.lost_bytes for problem in problems)
    repairable = any(problem.repairable for problem in problems)
    advice = "eventide verify --repair --dry-run" if repairable else "eventide verify"
    return ["bytes", "damaged", f"{len(problems)} problems, {lost} bytes lost", advice]
