"""Completion: the scripts for three shells, and the answers they ask for.

Each script calls `eventide __complete WORD... CURRENT` and offers the lines it prints (candidate, tab, description).
Invariant: an answer comes from the verb table and the index alone, without loading click unless options are asked for; whatever goes
wrong, it prints nothing and is silent.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from eventide.cli import verbs
from eventide.cli.options import COLORS, FORMATS, GLOBAL_OPTIONS, take
from eventide.table.values import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from eventide.source import Source

MOST = 100
Candidate = tuple[str, str]

_BASH = """\
# eventide completion for bash
_eventide() {
    local line IFS=$'\\n'
    local current="${COMP_WORDS[COMP_CWORD]}"
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("$(printf '%q' "${line%%$'\\t'*}")")
    done < <(eventide __complete "${COMP_WORDS[@]:1:COMP_CWORD-1}" "$current" 2>/dev/null)
}
complete -o default -o bashdefault -F _eventide eventide
"""
_ZSH = """\
#compdef eventide
# eventide completion for zsh
_eventide() {
    local line
    local -a candidates described
    while IFS= read -r line; do
        candidates+=("${line%%$'\\t'*}")
        described+=("${line/$'\\t'/  }")
    done < <(eventide __complete "${(@)words[2,CURRENT-1]}" "${words[CURRENT]}" 2>/dev/null)
    if (( ${#candidates} )); then
        compadd -U -l -d described -a candidates
    else
        _files
    fi
}
compdef _eventide eventide
"""
_FISH = """\
# eventide completion for fish
function __eventide_complete
    set -l words (commandline -opc)
    eventide __complete $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c eventide -f -a '(__eventide_complete)'
complete -c eventide -l store -r -F
complete -c eventide -s o -l output -r -F
"""
SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def answer(words: Sequence[str]) -> int:
    """Print the candidates for the last of `words` and return 0, whatever happens."""
    try:
        *before, current = words or [""]
        found = dict(candidates(before, current))
        lines = [f"{word}\t{printable(described)}" for word, described in found.items()]
        sys.stdout.write("".join(f"{line}\n" for line in lines[:MOST] if "\n" not in line))
        sys.stdout.flush()
    except Exception:  # noqa: BLE001, S110 - a shell that waits for a completion has no use for an error
        pass
    return 0


def candidates(before: Sequence[str], current: str) -> Iterator[Candidate]:
    """Yield what may stand in the place of `current` after the words `before`."""
    option = before[-1] if before else ""
    if option in _OPTION_KINDS:
        yield from _of_kind(_OPTION_KINDS[option], before[:-1], current)
        return
    _, rest = take(
        [word for word in before if word not in ("--store", "--project", "--format", "--color")]
        if option in GLOBAL_OPTIONS
        else before
    )
    verb = next((verbs.BY_NAME[word] for word in rest if word in verbs.BY_NAME), None)
    if current.startswith("-"):
        yield from _matching(((name, "") for name in _options(verb)), current)
    elif verb is None:
        yield from _matching(((entry.name, entry.summary) for entry in verbs.VERBS), current)
    else:
        placed = sum(not word.startswith("-") for word in rest) - 1
        yield from _of_kind(_argument(verb, placed), before, current)


def _argument(verb: verbs.Verb, place: int) -> str:
    kinds = verb.arguments
    if not kinds:
        return ""
    if place < len(kinds):
        return kinds[place].rstrip("*")
    return kinds[-1].rstrip("*") if kinds[-1].endswith("*") else ""


def _options(verb: verbs.Verb | None) -> list[str]:
    if verb is None:
        return list(GLOBAL_OPTIONS)
    from eventide.cli.program import load  # noqa: PLC0415 - click, only when options are asked for

    own = [option for parameter in load(verb).params for option in parameter.opts if option.startswith("--")]
    return [*own, *GLOBAL_OPTIONS]


def _matching(found: Iterator[Candidate] | Sequence[Candidate], current: str) -> Iterator[Candidate]:
    return (candidate for candidate in found if candidate[0].startswith(current))


def _of_kind(kind: str, before: Sequence[str], current: str) -> Iterator[Candidate]:
    if kind in _STATIC:
        yield from _matching([(word, "") for word in _STATIC[kind]], current)
        return
    ask = _KINDS.get(kind)
    if ask is None:
        return
    from eventide.cli.sources import open_source  # noqa: PLC0415

    options, _ = take(before)
    source = open_source(options.store)
    try:
        yield from ask(source, options.project, current)
    finally:
        source.close()


def _runs(source: Source, project: str | None, current: str, *, deleted: bool = False) -> Iterator[Candidate]:
    from eventide.model import RunQuery  # noqa: PLC0415

    if current.startswith("@best:"):
        yield from ((f"@best:{key}", "") for key, _ in _metrics(source, project, current.removeprefix("@best:")))
        return
    if not deleted:
        yield from _matching(
            [("@last", "the newest run"), ("@running", "runs that run"), ("@best:", "the best run by a metric")],
            current,
        )
    page = source.runs(RunQuery(project=project, limit=300, archived=deleted, deleted=deleted, keys=(), details=False))
    for run in page.runs:
        if run.name.startswith(current):
            yield run.name, f"{run.status.value} {run.id}"
        elif current and run.id.startswith(current):
            yield run.id, f"{run.status.value} {run.name}"


def _bin(source: Source, project: str | None, current: str) -> Iterator[Candidate]:
    return _runs(source, project, current, deleted=True)


def _metrics(source: Source, project: str | None, current: str) -> Iterator[Candidate]:
    return _matching(
        [(info.key, f"{info.runs} runs") for info in source.keys(project=project) if info.numeric], current
    )


def _keys(source: Source, project: str | None, current: str) -> Iterator[Candidate]:
    return _matching([(info.key, f"{info.runs} runs") for info in source.keys(project=project)], current)


def _projects(source: Source, _project: str | None, current: str) -> Iterator[Candidate]:
    return _matching([(info.name, f"{info.runs} runs") for info in source.projects()], current)


def _tags(source: Source, project: str | None, current: str) -> Iterator[Candidate]:
    from eventide.model import RunQuery  # noqa: PLC0415

    found = source.facets("tag", RunQuery(project=project))
    return _matching([(str(facet.value), f"{facet.runs} runs") for facet in found if facet.value], current)


def _filters(source: Source, project: str | None, current: str) -> Iterator[Candidate]:
    states = ("running", "finished", "failed", "killed", "crashed")
    yield from _matching([(f"state:{state}", "") for state in states], current)
    if current.startswith("tag:"):
        yield from (
            (f"tag:{tag}", described) for tag, described in _tags(source, project, current.removeprefix("tag:"))
        )
    else:
        yield from _matching([("tag:", "a tag")], current)
        yield from (
            (f"best({key})", described)
            for key, described in _metrics(source, project, current.removeprefix("best("))
            if current
        )


_STATIC: dict[str, tuple[str, ...]] = {
    "format": FORMATS,
    "color": COLORS,
    "shell": ("bash", "zsh", "fish"),
    "axis": ("step", "time", "ts"),
    "goal": ("max", "min"),
    "attempts": ("last", "all"),
}
_KINDS: dict[str, Callable[[Source, str | None, str], Iterator[Candidate]]] = {
    "run": _runs,
    "bin": _bin,
    "metric": _metrics,
    "key": _keys,
    "project": _projects,
    "tag": _tags,
    "filter": _filters,
}
_OPTION_KINDS = {
    "--format": "format",
    "--color": "color",
    "--project": "project",
    "--store": "folder",
    "--keys": "key",
    "--x": "axis",
    "--goal": "goal",
    "--attempts": "attempts",
    "--remove": "tag",
    "--until": "filter",
    "--output": "folder",
    "-o": "folder",
}
"""What follows an option; `folder` leaves it to the shell."""
