"""Changes to a run from outside: names, notes, tags, archive and bin; appended to its journal like everything else.

Invariant: no earlier record is touched; an edit is a part of its own by a writer whose role never decides the run's status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventide.errors import InvalidValue, StoreUnwritable
from eventide.journal.records import ROLE_EDIT
from eventide.journal.writer import Identity, JournalWriter
from eventide.names import check_label

if TYPE_CHECKING:
    from eventide.clock import Clock
    from eventide.layout import Layout
    from eventide.model import Edit


def check_edit(edit: Edit) -> None:
    """Raise `InvalidName` or `InvalidValue` when something of an edit cannot be used; nothing is written before."""
    for value, what in ((edit.name, "run"), (edit.group or None, "group"), *((tag, "tag") for tag in edit.add_tags)):
        if value is not None:
            check_label(value, what)
    for record in edit.files:
        if not isinstance(record.get("kind"), str) or not record["kind"]:
            raise InvalidValue(f"a reference to add has no `kind`: {record!s:.80}")


def write_edit(layout: Layout, clock: Clock, run_id: str, project: str, edit: Edit) -> None:
    """Append an edit to a run's journal; raises StoreUnwritable."""
    writer = JournalWriter(layout, Identity(run_id, project, ROLE_EDIT), clock=clock)
    try:
        for path, value in (
            ("name", edit.name),
            ("notes", edit.notes),
            ("group", edit.group),
            ("archived", edit.archived),
        ):
            if value is not None:
                writer.set((path,), value)
        for tag in edit.add_tags:
            writer.set(("tags", tag), True)
        for tag in edit.remove_tags:
            writer.unset(("tags", tag))
        if edit.deleted is True:
            writer.set(("deleted",), clock.time())
        elif edit.deleted is False:
            writer.unset(("deleted",))
        for record in edit.files:
            writer.file(record)
        writer.close()
    except OSError as error:
        raise StoreUnwritable(
            f"cannot write to the run `{run_id}` in `{layout.root}`: {error.strerror or error}"
        ) from error
