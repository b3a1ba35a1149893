"""From keys to actions: the shared key table, with what the setting `tui_keys` makes of it.

Invariant: every action of the table has at least its default keys unless the setting gives it others; in one scope a key means one
action.
"""

from __future__ import annotations

from collections.abc import Iterable

from eventide.errors import InvalidSetting
from eventide.keymap import SCOPES, Action, actions

_TO_TEXTUAL = {
    "/": "slash", "?": "question_mark", ":": "colon", "!": "exclamation_mark", ".": "full_stop", "[": "left_square_bracket",
    "]": "right_square_bracket", "+": "plus", "-": "minus", "<": "less_than_sign", ">": "greater_than_sign", ",": "comma",
    ";": "semicolon", "=": "equals_sign", "*": "asterisk", "'": "apostrophe", '"': "quotation_mark", "#": "number_sign",
    "%": "percent_sign", "&": "ampersand", "@": "at", "$": "dollar_sign", "(": "left_parenthesis", ")": "right_parenthesis",
    "_": "underscore", "~": "tilde", "^": "circumflex_accent", "|": "vertical_line", "\\": "backslash", "`": "grave_accent",
    "{": "left_curly_bracket", "}": "right_curly_bracket",
}  # fmt: skip
_SHOWN = {"up": "↑", "down": "↓", "left": "←", "right": "→", "escape": "esc", "pagedown": "pgdn", "pageup": "pgup"}


def textual_key(key: str) -> str:
    """Return a key of the table as Textual names it: `shift+t` is `T`, `/` is `slash`."""
    if key.startswith("shift+") and len(key) == len("shift+x"):
        return key[-1].upper()
    head, plus, last = key.rpartition("+") if len(key) > 1 else ("", "", key)
    return f"{head}{plus}{_TO_TEXTUAL.get(last, last)}"


def shown_key(key: str) -> str:
    """Return a key as help shows it: `shift+t` is `T`."""
    if key.startswith("shift+") and len(key) == len("shift+x"):
        return key[-1].upper()
    return _SHOWN.get(key, key)


class Keys:
    """The keys of the terminal UI."""

    def __init__(self, remapped: Iterable[str] = ()) -> None:
        self._keys = {action.id: action.keys for action in actions("tui")}
        self._actions = {action.id: action for action in actions("tui")}
        for entry in remapped:
            self._remap(entry)
        self._by_key: dict[tuple[str, str], str] = {}
        for action in actions("tui"):
            for key in self._keys[action.id]:
                self._by_key.setdefault((action.scope, textual_key(key)), action.id)

    def _remap(self, entry: str) -> None:
        name, equals, key = entry.partition("=")
        name = name.strip()
        if not equals or name not in self._keys:
            raise InvalidSetting(
                f"`{entry:.80}` in the setting `tui_keys` names no action and key",
                hint="eventide tui, then ? lists the actions; one entry is `run.pin=ctrl+p`",
            )
        given = tuple(part for part in key.split() if part)
        self._keys[name] = given
        taken = {textual_key(part) for part in given}
        scope = self._actions[name].scope
        for other, keys in self._keys.items():  # what was on that key gives way
            if other != name and self._actions[other].scope == scope:
                self._keys[other] = tuple(part for part in keys if textual_key(part) not in taken)

    def action(self, key: str, scopes: Iterable[str]) -> str | None:
        """Return the action of a pressed key, as Textual names it, in the first of some scopes that has one."""
        for scope in scopes:
            found = self._by_key.get((scope, key))
            if found is not None:
                return found
        return None

    def of(self, action_id: str) -> str:
        """Return the keys of an action as help shows them."""
        return " ".join(shown_key(key) for key in self._keys[action_id])

    def first(self, action_id: str) -> str:
        """Return the first key of an action as help shows it, "" when it has none."""
        keys = self._keys[action_id]
        return shown_key(keys[0]) if keys else ""

    def listed(self) -> list[tuple[str, list[Action]]]:
        """Return all actions under the headings of their scopes."""
        return [
            (heading, [action for action in actions("tui") if action.scope == scope])
            for scope, heading in SCOPES.items()
        ]
