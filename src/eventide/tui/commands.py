"""The command palette: commands with arguments, and every action by what it does.

Invariant: a command is offered only where the screen below, or the program, knows it; a typed command means the same everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventide.keymap import actions
from eventide.tui.screens.listed import Listed
from eventide.tui.screens.page import Page
from eventide.tui.screens.prompt import Prompt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from eventide.tui.app import TerminalUI
    from eventide.tui.screens.prompt import Item

COMMANDS = (
    ("filter", "TEXT", "show runs that match"),
    ("sort", "best(val/acc)", "sort; the best comes first"),
    ("group", "-seed", "group by fields, or all but these"),
    ("columns", "name lr best(val/acc)", "which columns, in which order"),
    ("goal", "val/acc max", "the metric runs are judged by"),
    ("project", "NAME", "one project, or all"),
    ("metrics", "val lr", "charts of which metrics"),
    ("x", "step|time|clock|KEY", "the x axis"),
    ("smooth", "0.9", "smooth by an exponential mean"),
    ("log", "", "logarithmic y axis"),
    ("last", "10m", "the last stretch of time only"),
    ("write", "FILE.svg", "write the chart: .svg or .csv"),
    ("tag", "paper -draft", "add tags, take off those with -"),
    ("note", "TEXT", "set the notes"),
    ("rename", "NAME", "another name for the run"),
    ("archive", "", "hide runs from lists, or show"),
    ("archived", "", "list archived runs too"),
    ("bin", "", "into the bin"),
    ("export", "FILE.csv", "write the table"),
    ("copy", "", "copy ids"),
    ("open", "RUN", "open a run by name, id, @last, @best:…"),
)
"""Name, example of arguments, what it does."""
WRITES = frozenset({"tag", "note", "rename", "archive", "bin"})


def ask(ui: TerminalUI) -> None:
    """Ask for a command and run it."""
    page = ui.screen
    if not isinstance(page, Page):
        return
    known = {
        name: hint
        for name, hint, _ in COMMANDS
        if method(ui, page, name) and not (name in WRITES and ui.options.read_only)
    }

    def goes_on(text: str) -> bool:
        return text in known and bool(known[text])

    def done(text: str | None) -> None:
        if text is not None:
            run(ui, page, text)

    ui.push_screen(
        Prompt("command", items=lambda text: offers(ui, page, text, known), goes_on=goes_on, examples=True), done
    )


def method(ui: TerminalUI, page: Page, name: str) -> Callable[[str], None] | None:
    """Return what a command does on a screen; None where it is not known."""
    found: Callable[[str], None] | None = getattr(page, f"cmd_{name}", None) or getattr(ui, f"cmd_{name}", None)
    return found


def offers(ui: TerminalUI, page: Page, text: str, known: dict[str, str]) -> Sequence[Item]:
    """Return what may be meant."""
    name, space, argument = text.lstrip(": ").partition(" ")
    if space and name in known:
        return [
            (f"{name} {item}", kind, detail)
            for item, kind, detail in arguments(page, name)
            if argument.lower() in item.lower()
        ]
    found: list[Item] = [
        (each, hint, words) for each, hint, words in COMMANDS if each in known and (text in each or text in words)
    ]
    found.sort(key=lambda item: not item[0].startswith(text))
    for action in actions("tui"):
        handler = f"do_{action.id.replace('.', '_')}"
        if (
            action.id != "palette.open"
            and text.lower() in action.text.lower()
            and (hasattr(page, handler) or hasattr(ui, handler))
        ):
            found.append((action.text, ui.keys.of(action.id), ""))
    return found


def arguments(page: Page, name: str) -> Sequence[Item]:
    """Return arguments that a command takes here."""
    if isinstance(page, Listed):
        if name == "sort":
            return page.sorts()
        if name == "group":
            runs = page.listing.runs if page.listing else ()
            return [
                ("-seed", "all but the seed", ""),
                *((path, "parameter", "") for path in sorted({path for run in runs for path in run.params})),
            ]
        if name == "open":
            return [(run.name, "run", run.status.value) for run in (page.listing.runs if page.listing else ())]
        if name == "project":
            return [
                (each, "project", "")
                for each in sorted({run.project for run in (page.listing.runs if page.listing else ())})
            ]
    keys = getattr(page, "metric_keys", None)
    if name in ("metrics", "goal", "x") and keys is not None:
        extra = [(axis, "axis", "") for axis in ("step", "time", "clock")] if name == "x" else []
        return [*extra, *((key, "metric", "") for key in keys())]
    return []


def run(ui: TerminalUI, page: Page, text: str) -> None:
    """Run a command, or an action by its text."""
    name, _, argument = text.lstrip(": ").partition(" ")
    command = method(ui, page, name)
    if command is not None and any(name == each for each, _, _ in COMMANDS):
        if name in WRITES and ui.options.read_only:
            ui.say("nothing is changed here: --read-only", "warning")
        else:
            command(argument)
        return
    action = next((each for each in actions("tui") if text in (each.text, each.id)), None)
    if action is None or not page.act(action.id):
        ui.say(f"there is no command `{name}`", "warning")
