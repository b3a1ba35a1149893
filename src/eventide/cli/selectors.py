"""RUN on the command line: an id, a unique prefix, a name, @last, @running, @best:METRIC, or `-` for ids from stdin.

Invariant: each run comes once; a selector that nothing answers to is an error that names the nearest run, except that of many
ids from stdin the unknown ones are reported and the rest go on (exit code 5).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from eventide.cli import terminal
from eventide.errors import InvalidSetting, RunAmbiguous, RunNotFound

if TYPE_CHECKING:
    from eventide.cli.state import State

EXIT_PARTLY = 5
Resolve = Callable[[str], Sequence[str]]


@dataclass(slots=True)
class Selected:
    """Runs that were found, and the selectors of those that were not."""

    ids: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def from_stdin() -> list[str]:
    """Return the first word of every line of stdin; raises InvalidSetting when stdin is a terminal."""
    if terminal.is_terminal(sys.stdin):
        raise InvalidSetting(
            "`-` reads run ids from stdin, which is a terminal",
            hint="eventide runs state:failed | eventide tag - broken",
        )
    return [words[0] for line in sys.stdin if (words := line.split(maxsplit=1))]


def select(state: State, selectors: Sequence[str], *, resolve: Resolve | None = None) -> Selected:
    """Return the runs that selectors mean.

    Raises:
        RunNotFound: a selector that was typed means nothing, or not one of those from stdin means anything.
        RunAmbiguous: a prefix or a name fits several runs.
    """
    look: Resolve = resolve or (lambda selector: state.source.resolve(selector, project=state.project))
    found = Selected()
    for selector in selectors:
        if selector != "-":
            found.ids += look(selector)
            continue
        for word in from_stdin():
            try:
                found.ids += look(word)
            except RunNotFound:
                found.unknown.append(word)
    found.ids = list(dict.fromkeys(found.ids))
    if found.unknown and not found.ids:
        raise RunNotFound(
            f"none of the {len(found.unknown)} ids from stdin is a run, such as `{found.unknown[0]}`",
            hint="eventide runs",
        )
    for word in found.unknown:
        state.output.say(f"no run answers to `{word}`", style="yellow")
    return found


def select_one(state: State, selector: str) -> str:
    """Return the one run a selector means; raises RunAmbiguous when it means several."""
    ids = select(state, [selector]).ids
    if not ids:
        raise RunNotFound("stdin named no run", hint="eventide runs")
    if len(ids) > 1:
        raise RunAmbiguous(f"`{selector}` means {len(ids)} runs, and this takes one", candidates=tuple(ids))
    return ids[0]
