"""The program: theme, keys, screens, changes and their undo.

Invariant: it speaks to its Source and to nothing else; it closes what it opened, and leaves the terminal as it was.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App
from textual.theme import Theme

from eventide.errors import EventideError
from eventide.model import RunStatus
from eventide.settings import get
from eventide.tui.asker import Changed, Watch
from eventide.tui.charts import Shown
from eventide.tui.edits import Change, run_steps
from eventide.tui.keys import Keys
from eventide.tui.listing import Wanted
from eventide.tui.look import DARK, LIGHT, Look
from eventide.tui.place import Options
from eventide.tui.safe import safe
from eventide.tui.screens.page import Page
from eventide.tui.screens.runs import RunsScreen

if TYPE_CHECKING:
    from collections.abc import Callable

    from eventide.model import RunInfo
    from eventide.source import Source


def _theme(look: Look) -> Theme:
    return Theme(
        name=look.name, primary=look.accent, secondary=look.dim, warning=look.warn, error=look.error, success=look.ok, accent=look.accent,
        foreground=look.text, background=look.background, surface=look.panel, panel=look.panel, boost=look.panel, dark=look.dark,
        variables={"input-cursor-background": look.text, "input-selection-background": look.cursor},
    )  # fmt: skip


class TerminalUI(App[None]):
    """The terminal UI over one Source."""

    ENABLE_COMMAND_PALETTE = False
    INLINE_PADDING = 0
    CSS: ClassVar[str] = """
    Screen { background: $background; color: $foreground; overflow: hidden; }
    Input { background: $panel; color: $foreground; border: none; padding: 0 1; height: 1; }
    Toast { background: $panel; padding: 0 1; margin-top: 0; }
    """
    BINDINGS: ClassVar[list[Any]] = []

    def __init__(
        self,
        source: Source,
        options: Options | None = None,
        *,
        place: str = "",
        run_id: str = "",
        dark: bool | None = None,
    ) -> None:
        super().__init__()
        self.source = source
        self.options = options or Options()
        self.place = place
        self.keys = Keys(get("tui_keys") or ())
        self.look: Look = DARK if (is_dark() if dark is None else dark) else LIGHT
        self.first_run = (run_id, "")
        self._watch: Watch | None = None
        self._undo: list[Change] = []
        self._serial = 0
        self.is_ready = False
        for look in (DARK, LIGHT):
            self.register_theme(_theme(look))
        self.theme = self.look.name

    # ── start and end ───────────────────────────────────────────────────────────────────────────────────────────────

    def on_mount(self) -> None:
        """Show the runs, and watch for changes."""
        options = self.options
        mode: Any = "ascii" if options.ascii else "half" if options.half else "braille"
        shown = Shown(mode=mode, x="ts" if options.last_s else "step", last_s=options.last_s)
        first = RunsScreen(Wanted(options.filter, options.project), shown)
        first.following = options.follow
        if options.restore:
            from eventide.tui import memory  # noqa: PLC0415

            memory.restore(self, first)
        self.push_screen(first)
        if self.first_run[0]:
            self.open_run(*self.first_run)
        self._watch = Watch(self.source, self, fps=min(4.0, options.fps))

    def first_frame(self) -> None:
        """Note that the runs are on the screen."""
        self.is_ready = True

    def on_unmount(self) -> None:
        """Stop watching."""
        if self._watch is not None:
            self._watch.close()

    def on_changed(self, message: Changed) -> None:
        """Tell the screen on top, and the one below it of runs that are not shown."""
        for screen in self.screen_stack:
            if isinstance(screen, Page) and (screen is self.screen or isinstance(screen, RunsScreen)):
                screen.changed(message)

    # ── saying things ───────────────────────────────────────────────────────────────────────────────────────────────

    def say(self, text: str, severity: Any = "information") -> None:
        """Show a message for a moment."""
        self.notify(safe(text), severity=severity, timeout=4, markup=False)

    def complain(self, error: Exception) -> None:
        """Show an error for a while."""
        if isinstance(error, EventideError):
            text = safe(error.message) + (f"  ({safe(error.hint)})" if error.hint else "")
        else:
            text = safe(f"{type(error).__name__}: {error}")
        self.notify(text, severity="error", timeout=8, markup=False)

    def announce(self, run: RunInfo) -> None:
        """Say that a run has ended."""
        good = run.status is RunStatus.FINISHED
        self.say(f"{run.name} {run.status.value}", "information" if good else "error")
        if self.options.bell:
            self.bell()

    @property
    def read_only_text(self) -> str:
        """What the header says of it."""
        return "read-only · " if self.options.read_only else ""

    # ── screens ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def back(self) -> None:
        """Go back one screen; the first one stays."""
        if len(self.screen_stack) > 2:
            self.pop_screen()

    def open_run(self, run_id: str, tab: str = "") -> None:
        """Show one run."""
        from eventide.tui.screens.run import RunScreen  # noqa: PLC0415

        self.push_screen(RunScreen(run_id, tab=tab))

    @property
    def runs_screen(self) -> RunsScreen | None:
        """The table of runs."""
        return next((screen for screen in self.screen_stack if isinstance(screen, RunsScreen)), None)

    def do_help_open(self) -> None:
        """Show the keys."""
        from eventide.tui.screens.help import HelpScreen  # noqa: PLC0415

        scopes = self.screen.SCOPES if isinstance(self.screen, Page) else ()
        self.push_screen(HelpScreen(scopes))

    def do_palette_open(self) -> None:
        """Ask for a command."""
        from eventide.tui import commands  # noqa: PLC0415

        commands.ask(self)

    def cmd_open(self, text: str) -> None:
        """Open a run by its name, id, or a selector."""
        screen, project = self.screen, self.options.project
        if isinstance(screen, Page) and text.strip():
            screen.ask(
                "open", lambda: self.source.resolve(text.strip(), project=project), lambda ids: self.open_run(ids[0])
            )

    def do_search_open(self) -> None:
        """Search by name and date."""
        from eventide.tui.screens.search import SearchScreen  # noqa: PLC0415

        self.push_screen(SearchScreen(), self._searched)

    def _searched(self, text: str | None) -> None:
        runs = self.runs_screen
        if text is not None and runs is not None:
            while not isinstance(self.screen, RunsScreen) and len(self.screen_stack) > 2:
                self.pop_screen()
            runs.cmd_filter(text)

    def do_sql_open(self) -> None:
        """Ask with SQL."""
        from eventide.tui.screens.sql import SqlScreen  # noqa: PLC0415

        self.push_screen(SqlScreen())

    def do_bin_open(self) -> None:
        """Show what is in the bin."""
        from eventide.tui.screens.bin import BinScreen  # noqa: PLC0415

        self.push_screen(BinScreen(self.options.project))

    def do_app_quit(self) -> None:
        """End."""
        from eventide.tui import memory  # noqa: PLC0415

        memory.keep(self)
        self.exit()

    async def action_quit(self) -> None:
        """End."""
        self.do_app_quit()

    def do_theme_toggle(self) -> None:
        """Dark or light."""
        self.look = LIGHT if self.look.dark else DARK
        self.theme = self.look.name
        for screen in self.screen_stack:
            if isinstance(screen, Page):
                screen.refresh_look()

    # ── links ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def link(self) -> str:
        """Return the address of what is shown, in the page."""
        from eventide.tui.files import link_to  # noqa: PLC0415

        return link_to(self)

    def do_web_open(self) -> None:
        """Open the page; where there is no browser of this user, print the link."""
        url = self.link()
        if os.environ.get("SSH_CONNECTION") or not (
            os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.name == "nt"
        ):
            self.say(f"{url}   (with `eventide ui` running)")
        else:
            self.open_url(url)

    def do_link_copy(self) -> None:
        """Copy the link."""
        self.copy(self.link())

    def copy(self, text: str) -> None:
        """Copy text through the terminal."""
        if text:
            self.copy_to_clipboard(
                safe(text) if "\n" not in text else "\n".join(safe(line) for line in text.split("\n"))
            )
            self.say(f"copied: {text.partition(chr(10))[0]}" + (" …" if "\n" in text else ""))

    # ── changes ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def change(self, make: Callable[[], Change]) -> None:
        """Make a change in the background; it can be undone."""
        if self.options.read_only:
            self.say("nothing is changed here: --read-only", "warning")
            return
        change = make()
        self._write(change.steps, change.text, lambda: self._undo.append(change))

    def do_edit_undo(self) -> None:
        """Undo the last change."""
        if not self._undo:
            self.say("nothing to undo")
            return
        change = self._undo.pop()
        self._write(change.undo, f"undone: {change.text}", lambda: None)

    def _write(self, steps: Any, text: str, then: Callable[[], Any]) -> None:
        screen = self.screen if isinstance(self.screen, Page) else self.runs_screen
        if screen is None:
            return
        self._serial += 1

        def done(_: None) -> None:
            then()
            self.say(f"{text}   {self.keys.first('edit.undo')}: undo" if not text.startswith("undone") else text)
            self.on_changed(Changed((), ()))

        screen.ask(f"edit {self._serial}", lambda: run_steps(self.source, steps), done)


def is_dark() -> bool:
    """Tell whether the terminal is dark: the setting `tui_theme`, else what COLORFGBG says, else yes."""
    chosen = get("tui_theme")
    if chosen != "auto":
        return bool(chosen == "dark")
    ground = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    return not (ground.isdigit() and (int(ground) == 7 or int(ground) >= 9))
