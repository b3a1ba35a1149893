"""All verbs in one table, so that help and completion need not load them.

Invariant: a verb is listed here or it does not exist; its module holds a command of that name.
"""

from __future__ import annotations

from typing import NamedTuple


class Verb(NamedTuple):
    """One verb; `arguments` are the kinds of its positional arguments, the last one repeats when it ends with `*`."""

    name: str
    family: str
    summary: str
    arguments: tuple[str, ...] = ()
    module: str = ""
    aliases: tuple[str, ...] = ()


FAMILIES = ("start", "look", "change", "share", "rows", "keep")
SHORT_FAMILIES = {
    "change": "tags, notes and names; hide runs, put them into the bin and take them out",
    "rows": "rows and objects, as a Tracker logs them",
    "keep": "space, health and settings",
}
"""Families whose verbs share one line of the program's help."""

VERBS: tuple[Verb, ...] = (
    Verb("init", "start", "make a store", ("folder",), "setup"),
    Verb("demo", "start", "fill a store with sample runs", ("folder",), "demo"),
    Verb("hydra", "start", "list or import what Hydra left", ("folder",), "hydra"),
    Verb("runs", "look", "list runs", ("filter",), "runs", ("ls",)),
    Verb("show", "look", "everything about one run", ("run",), "show"),
    Verb("best", "look", "the best run by a metric, and why", ("metric", "filter"), "best"),
    Verb("leaderboard", "look", "rank runs by a metric", ("metric", "filter"), "best"),
    Verb("diff", "look", "what differs between two runs", ("run", "run"), "diff"),
    Verb("code", "look", "the code of a run: list, show, diff, restore", (), "code"),
    Verb("reproduce", "look", "what running a run again takes; --run does it", ("run",), "reproduce"),
    Verb("plot", "look", "draw a metric", ("metric", "filter"), "plot"),
    Verb("ui", "look", "runs in the browser, live", ("folder",), "serve"),
    Verb("tui", "look", "runs on this terminal, live", ("folder",), "tui"),
    Verb("serve", "look", "runs over HTTP, for other machines", ("folder",), "serve"),
    Verb("dashboard", "look", "figures and tables in the browser", ("folder",), "dashboard"),
    Verb("tail", "look", "console text or logged rows of a run", ("run",), "tail"),
    Verb("watch", "look", "follow runs while they train", ("filter",), "watch"),
    Verb("keys", "look", "what has been logged", ("filter",), "keys", ("columns",)),
    Verb("sql", "look", "ask with read-only SQL", (), "sql"),
    Verb("export", "look", "write rows at full resolution", ("filter",), "export"),
    Verb("tag", "change", "add or remove tags", ("run", "tag*"), "edit"),
    Verb("note", "change", "set a run's notes", ("run",), "edit"),
    Verb("rename", "change", "give a run another name", ("run",), "edit"),
    Verb("archive", "change", "hide runs from lists", ("run*",), "edit"),
    Verb("rm", "change", "put runs into the bin", ("run*",), "bin", ("delete",)),
    Verb("restore", "change", "take runs out of the bin", ("bin*",), "bin"),
    Verb("head", "rows", "the first rows of a run", ("run",), "rows"),
    Verb("stats", "rows", "mean, spread and quartiles of what was logged", ("filter",), "spread"),
    Verb("hist", "rows", "how the values of a key are spread", ("metric", "filter"), "spread"),
    Verb("scatter", "rows", "two keys against each other", ("metric", "metric", "filter"), "spread"),
    Verb("results", "rows", "what a run has saved", ("run",), "results"),
    Verb("media", "rows", "pictures, sound, tables that a run logged", ("run",), "media"),
    Verb("artifact", "rows", "versions of files and folders: get, put, trace", (), "artifact"),
    Verb("assets", "rows", "objects that rows refer to", (), "objects"),
    Verb("cache", "rows", "cached results of functions", ("folder",), "objects"),
    Verb("set", "rows", "give rows a value, back in time", ("run",), "rows"),
    Verb("merge", "rows", "copy another store's rows into this one", ("folder", "folder"), "merge"),
    Verb("relay", "share", "follow the store and send it to a hub", (), "relay"),
    Verb("sync", "share", "send a hub what it lacks, once", ("run*",), "relay"),
    Verb("token", "share", "make, list, revoke tokens for the server", (), "token"),
    Verb("seal", "keep", "move ended journals into tables", (), "upkeep"),
    Verb("gc", "keep", "reclaim space", (), "upkeep"),
    Verb("verify", "keep", "check every byte of the store", (), "upkeep"),
    Verb("doctor", "keep", "store health and versions", (), "doctor"),
    Verb("config", "keep", "every setting, its value and origin", ("setting",), "config"),
    Verb("completion", "keep", "completion script for a shell", ("shell",), "completion"),
)

BY_NAME = {name: verb for verb in VERBS for name in (verb.name, *verb.aliases)}

_HEAD = """\
Eventide: a local-first experiment tracker.

  eventide runs 'lr<1e-3 and best(val/acc)>0.9'    runs that match, newest first
  eventide plot train/loss state:running           curves in the terminal
  eventide diff @last @best:val/acc                what made the difference
  eventide runs --json=id,best.val/acc | jq ...    for scripts

usage: eventide VERB [ARGUMENTS] [OPTIONS]          eventide VERB --help
"""

_TAIL = """
RUN     an id, a unique prefix, a name, @last, @running, @best:METRIC, or - for ids from stdin
FILTER  lr<1e-3 and tag:paper, state:failed started>2d, has:val/acc ...

options of every verb, before or after it:
  --store DIR   --project NAME   --format table|tsv|json|jsonl|csv|md   --json[=FIELDS]   --color auto|always|never
  --fail-empty  exit 3 when nothing matches   --debug  tracebacks   --version   --help
  A terminal gets a table; a pipe gets TSV without header, uncut, ISO times. --json help lists the fields.
"""


def root_help() -> str:
    """Return the help of the whole program: one screen."""
    lines = [_HEAD]
    for family in FAMILIES:
        if family in SHORT_FAMILIES:
            names = ", ".join(verb.name for verb in VERBS if verb.family == family)
            lines.append(f"  {family:<8}{names}\n{'':<24}{SHORT_FAMILIES[family]}\n")
            continue
        for place, verb in enumerate(verb for verb in VERBS if verb.family == family):
            label = family if not place else ""
            name = verb.name + "".join(f", {alias}" for alias in verb.aliases)
            lines.append(f"  {label:<8}{name:<14}{verb.summary}\n")
    return "".join((*lines, _TAIL))
