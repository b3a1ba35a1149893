"""What keys and commands do to a table of runs: select, sort, group, columns, changes.

Invariant: selection, pin and folds are kept by run id, whatever happens to the order of the rows.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from eventide.table.goals import GoalMetric
from eventide.table.suggest import named
from eventide.tui import edits, listing
from eventide.tui.grid import Grid
from eventide.tui.listing import sort_of
from eventide.tui.screens.chartkeys import ChartKeys
from eventide.tui.screens.prompt import Prompt, matching

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from eventide.model import RunInfo
    from eventide.tui.listing import Cells, Listing, Wanted
    from eventide.tui.screens.prompt import Item

_SORTS = ("started", "duration", "name", "state")


class Listed(ChartKeys):
    """A screen with a table of runs."""

    wanted: Wanted

    def __init__(self) -> None:
        super().__init__()
        self.listing: Listing | None = None
        self.cells: Cells | None = None
        self.selected: set[str] = set()
        self.hidden: set[str] = set()
        self.unfolded: set[str] = set()

    @property
    def grid(self) -> Grid:
        """The table."""
        return self.query_one("#runs", Grid)

    def reload(self) -> None:
        """Ask for the runs anew."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Show what is known now."""
        raise NotImplementedError

    def want(self, wanted: Wanted) -> None:
        """List other runs, or list them otherwise."""
        self.wanted = wanted
        self.reload()

    def current_run(self) -> RunInfo | None:
        """Return the run under the cursor."""
        return self.listing.by_id.get(self.grid.row) if self.listing is not None else None

    def chosen_runs(self) -> list[RunInfo]:
        """Return the selected runs, else the one under the cursor, else those of the group under it."""
        found = self.listing
        if found is None:
            return []
        if self.selected:
            return [run for run in found.runs if run.id in self.selected]
        run = self.current_run()
        if run is not None:
            return [run]
        return [run for group in found.groups if listing.group_id(group) == self.grid.row for run in group.runs]

    def metric_keys(self) -> Sequence[str]:
        """Return all metrics of the listed runs."""
        return self.listing.metrics if self.listing is not None else ()

    # ── the cursor ──────────────────────────────────────────────────────────────────────────────────────────────────

    def do_row_first(self) -> None:
        """First row."""
        self.grid.move_to(0)

    def do_row_last(self) -> None:
        """Last row."""
        self.grid.move_to(len(self.grid.rows) - 1)

    def do_row_page_down(self) -> None:
        """A page down."""
        self.grid.move(self.grid.page)

    def do_row_page_up(self) -> None:
        """A page up."""
        self.grid.move(-self.grid.page)

    def do_columns_left(self) -> None:
        """Scroll the columns."""
        self.grid.slide(-1)

    def do_columns_right(self) -> None:
        """Scroll the columns."""
        self.grid.slide(1)

    def do_run_open(self) -> None:
        """Open the run, fold or unfold the group; on a chart, show it alone."""
        if self.focused is self.charts:
            self.do_chart_full()
            return
        run = self.current_run()
        if run is not None:
            self.ui.open_run(run.id)
        elif self.grid.row:
            self.unfolded ^= {self.grid.row}
            self.redraw()

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Open what was clicked twice."""
        del event
        self.do_run_open()

    # ── selecting ───────────────────────────────────────────────────────────────────────────────────────────────────

    def do_run_select(self) -> None:
        """Select the run or the runs of the group, and go on."""
        run = self.current_run()
        members = {run.id} if run is not None else {each.id for each in self._members(self.grid.row)}
        self.selected = self.selected - members if members <= self.selected else self.selected | members
        self.grid.move(1)
        self.redraw()

    def _members(self, row: str) -> list[RunInfo]:
        groups = self.listing.groups if self.listing is not None else ()
        return [run for group in groups if listing.group_id(group) == row for run in group.runs]

    def do_run_select_all(self) -> None:
        """Select all listed runs, or none."""
        if self.listing is not None:
            every = {run.id for run in self.listing.runs}
            self.selected = set() if every <= self.selected else every
            self.redraw()

    def do_run_pin(self) -> None:
        """Pin the run, or let it go."""
        run = self.current_run()
        if run is not None:
            self.want(replace(self.wanted, pinned="" if self.wanted.pinned == run.id else run.id))

    def do_run_hide(self) -> None:
        """Hide the runs from the charts, or show them."""
        ids = {run.id for run in self.chosen_runs()}
        self.hidden = self.hidden - ids if ids <= self.hidden else self.hidden | ids
        self.redraw()

    def do_run_diff(self) -> None:
        """Compare the selected runs, or this one with the pinned or the best."""
        from eventide.tui.screens.compare import CompareScreen  # noqa: PLC0415

        runs = self.chosen_runs()
        if len(runs) == 1 and self.listing is not None:
            other = self.listing.by_id.get(self.wanted.pinned or self.listing.best)
            runs = [other, *runs] if other is not None and other.id != runs[0].id else runs
        if len(runs) < 2:
            self.ui.say("select two runs or more to compare them", "warning")
            return
        self.app.push_screen(CompareScreen([run.id for run in runs]))

    # ── sort, group, columns ────────────────────────────────────────────────────────────────────────────────────────

    def on_grid_heading(self, event: Grid.Heading) -> None:
        """Sort by a column; again turns it round."""
        self.cmd_sort(event.column if event.column != "mark" else "state")

    def sorts(self) -> list[Item]:
        """Return what runs can be sorted by."""
        found = self.listing
        names = [*_SORTS]
        if found is not None:
            names += [sort_of(column.key) for column in found.columns if column.key not in ("mark", "tags", "notes")]
            names += [f"{pick}({named(key)})" for key in found.metrics for pick in ("best", "last")]
        return [(name, "sort", "") for name in dict.fromkeys(names)]

    def do_runs_sort(self) -> None:
        """Ask what to sort by."""
        self._prompt("sort by (a leading - turns it round)", self.sorts(), self.cmd_sort)

    def cmd_sort(self, text: str) -> None:
        """Sort by a field; the best comes first."""
        wanted = sort_of(text.strip())
        if wanted and wanted == self.wanted.sort.removeprefix("-"):
            wanted = wanted if self.wanted.sort.startswith("-") else f"-{wanted}"
        elif wanted and not wanted.startswith("-") and self._higher_first(wanted):
            wanted = f"-{wanted}"
        self.want(replace(self.wanted, sort=wanted or "-started"))

    def _higher_first(self, field: str) -> bool:
        if field == "started":
            return True
        key = field.partition("(")[2].rstrip(")").strip("`")
        runs = self.listing.runs if self.listing is not None else ()
        return next((run.metrics[key].goal == "max" for run in runs if key in run.metrics), False)

    def do_runs_group(self) -> None:
        """Ask what to group by."""
        params = sorted({path for run in (self.listing.runs if self.listing else ()) for path in run.params})
        items = [
            ("-seed", "group", "all but the seed"),
            *((name, "group", "") for name in ("group", "state", "host", *params)),
        ]
        items = [*items, ("none", "group", "no groups")] if self.wanted.group else items
        self._prompt("group by (several: spaces between; -seed: all but the seed)", items, self.cmd_group)

    def cmd_group(self, text: str) -> None:
        """Group by fields, or by all varying parameters but those with a leading `-`."""
        fields = tuple(word for word in text.replace(",", " ").split() if word != "none")
        self.want(replace(self.wanted, group=fields, limit=10_000 if fields else self.wanted.limit))

    def do_runs_columns(self) -> None:
        """Ask for a column to add or remove."""
        shown = [column.key for column in self.listing.columns] if self.listing is not None else []
        found = self.listing
        names = [
            f"{pick}({key})"
            for key in (found.metrics if found else ())
            for pick in ("best", "last", "min", "max", "mean")
        ]
        names += [
            f"config.{path}" for path in sorted({path for run in (found.runs if found else ()) for path in run.params})
        ]
        names += ["name", "project", "group", "duration", "started", "tags", "notes", "host", "user", "id"]
        items = [(name, "column", "shown" if name in shown else "") for name in names]
        self._prompt("add or remove a column", [("default", "column", ""), *items], self._turn_column)

    def _turn_column(self, name: str) -> None:
        shown = (
            [column.key for column in self.listing.columns if column.key not in ("state", "mark")]
            if self.listing
            else []
        )
        if name in ("default", ""):
            self.want(replace(self.wanted, columns=()))
        else:
            new = [key for key in shown if key != name] if name in shown else [*shown, name]
            self.want(replace(self.wanted, columns=tuple(new)))

    def cmd_columns(self, text: str) -> None:
        """Show these columns, in this order; nothing for the default ones."""
        names = tuple(text.split())
        self.want(replace(self.wanted, columns=() if names in ((), ("default",)) else names))

    def cmd_goal(self, text: str) -> None:
        """Judge runs by a metric: `goal val/acc max`."""
        key, _, direction = text.strip().partition(" ")
        runs = self.listing.runs if self.listing is not None else ()
        known = next((run.metrics[key].goal for run in runs if key in run.metrics), None)
        if not key:
            self.want(replace(self.wanted, goal=None))
        elif known is None:
            self.ui.say(f"no run here has logged `{key}`", "warning")
        else:
            goal = GoalMetric(key, "min" if direction == "min" else "max" if direction == "max" else known)
            self.want(replace(self.wanted, goal=goal))

    def _prompt(self, title: str, items: Sequence[Item], then: Callable[[str], None], value: str = "") -> None:
        def chosen(text: str | None) -> None:
            if text is not None:
                then(text)

        self.app.push_screen(Prompt(title, value=value, items=matching(items)), chosen)

    # ── changes ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def do_run_actions(self) -> None:
        """Offer what can be done with the chosen runs."""
        runs = self.chosen_runs()
        if not runs:
            return
        names = ["tag", "note", "rename", "archive", "bin"] if not self.ui.options.read_only else []
        names += ["export", "copy", "diff", "web"]
        details = dict(_ACTIONS)
        whom = runs[0].name if len(runs) == 1 else f"{len(runs)} runs"
        items = [(name, "", details[name]) for name in names if name != "rename" or len(runs) == 1]
        self.app.push_screen(Prompt(whom, items=matching(items), free=False), self._act_on)

    def _act_on(self, name: str | None) -> None:
        runs = self.chosen_runs()
        if name is None or not runs:
            return
        if name in ("tag", "note", "rename", "export"):
            value = (
                {"note": runs[0].notes, "rename": runs[0].name, "export": "runs.csv"}.get(name, "")
                if len(runs) == 1 or name == "export"
                else ""
            )
            title = {
                "tag": "tags to add; -tag takes it off",
                "note": "note",
                "rename": "name",
                "export": "write the table into a .csv",
            }[name]
            self._prompt(title, [], getattr(self, f"cmd_{name}"), value)
        elif name == "diff":
            self.do_run_diff()
        else:
            getattr(self, f"cmd_{name}")("")

    def cmd_tag(self, text: str) -> None:
        """Add tags, take off those with a leading `-`."""
        if text.strip():
            self.ui.change(partial(edits.tag, self.chosen_runs(), text))

    def cmd_note(self, text: str) -> None:
        """Set the notes."""
        self.ui.change(partial(edits.note, self.chosen_runs(), text))

    def cmd_rename(self, text: str) -> None:
        """Give the run under the cursor another name."""
        run = self.current_run()
        if run is not None and text.strip():
            self.ui.change(partial(edits.rename, run, text.strip()))

    def cmd_archive(self, text: str) -> None:
        """Hide runs from lists, or show them again."""
        del text
        self.ui.change(partial(edits.archive, self.chosen_runs()))

    def cmd_bin(self, text: str) -> None:
        """Put runs into the bin; undo takes them out."""
        del text
        self.ui.change(partial(edits.to_bin, self.chosen_runs()))
        self.selected.clear()

    def cmd_copy(self, text: str) -> None:
        """Copy the ids of runs."""
        del text
        self.ui.copy("\n".join(run.id for run in self.chosen_runs()))

    def do_run_copy(self) -> None:
        """Copy the ids of runs."""
        self.cmd_copy("")

    def cmd_web(self, text: str) -> None:
        """Open the same in the browser."""
        del text
        self.ui.do_web_open()

    def cmd_filter(self, text: str) -> None:
        """Show runs that match."""
        from eventide.tui.filterline import FilterLine  # noqa: PLC0415

        self.query_one(FilterLine).set_text(text)

    def cmd_archived(self, text: str) -> None:
        """List archived runs too, or no more."""
        del text
        self.want(replace(self.wanted, archived=not self.wanted.archived))

    def cmd_project(self, text: str) -> None:
        """Show one project's runs; nothing for all."""
        self.want(replace(self.wanted, project=text.strip() or None, limit=200))

    def cmd_export(self, text: str) -> None:
        """Write the table into a CSV file."""
        from eventide.tui import files  # noqa: PLC0415

        found, chosen = self.listing, self.chosen_runs() if self.selected else None
        if found is not None:
            name = text.strip() or "runs.csv"
            self.ask(
                "write", lambda: files.write_runs(found, chosen, name), lambda path: self.ui.say(f"written: {path}")
            )

    def do_view_export(self) -> None:
        """Ask where to write the table."""
        self._act_on("export")


_ACTIONS = (
    ("tag", "add or take off tags"), ("note", "set the notes"), ("rename", "another name"), ("archive", "hide from lists, or show"),
    ("bin", "into the bin; u takes it out"), ("export", "write a CSV of the table"), ("copy", "copy ids"),
    ("diff", "compare"), ("web", "open in the browser"),
)  # fmt: skip
