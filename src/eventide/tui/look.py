"""Colours of the terminal UI, dark and light: what a role looks like.

Invariant: widgets name roles and never colours, so that a theme changes everywhere at once; a run's colour is that of the page.
Text has at least 4.5 : 1 contrast with its background in both themes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.style import Style

from eventide.palette import ramp, run_color

MARKS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""Letters that tell runs apart where there is no colour."""


@dataclass(frozen=True)
class Look:
    """One theme."""

    name: str
    dark: bool
    background: str
    panel: str
    text: str
    dim: str
    line: str
    accent: str
    cursor: str
    blurred: str
    chosen: str
    ok: str
    warn: str
    error: str
    _cache: dict[tuple[str, str], Style] = field(default_factory=dict, compare=False, repr=False)

    def style(self, role: str, ground: str = "") -> Style:
        """Return the style of a role on a ground: "", `cursor`, `blurred`, `chosen`, `panel`.

        Roles are "", `dim`, `bold`, `line`, `accent`, `ok`, `warn`, `error`, `run:<id>`, `faint:<id>`, `ramp:<share>`,
        `#rrggbb`, `#rrggbb/rrggbb`.
        """
        found = self._cache.get((role, ground))
        if found is None and role[:1] == "#" and "/" in role:  # a half block of a picture: too many to keep
            upper, _, lower = role.partition("/")
            return Style(color=upper, bgcolor=f"#{lower}")
        if found is None:
            found = self._cache[(role, ground)] = Style(
                color=self.color(role),
                bgcolor=getattr(self, ground or "background"),
                bold=role in ("bold", "title", "current") or None,
            )
        return found

    def color(self, role: str) -> str:
        """Return the colour of a role as `#rrggbb`."""
        kind, _, rest = role.partition(":")
        if kind == "run":
            return run_color(rest, dark=self.dark)
        if kind == "faint":
            return mixed(run_color(rest, dark=self.dark), self.background, 0.6)
        if kind == "ramp":
            return ramp(float(rest), dark=self.dark)
        if kind.startswith("#"):
            return kind
        kind = "accent" if kind == "current" else kind
        return str(getattr(self, kind)) if kind in ("dim", "line", "accent", "ok", "warn", "error") else self.text


def mixed(color: str, ground: str, share: float) -> str:
    """Return a colour with a share of the ground mixed in."""
    pairs = zip(_parts(color), _parts(ground), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _parts(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


DARK = Look(
    "eventide-dark", dark=True, background="#14181f", panel="#1a202a", text="#d3dae6", dim="#8893a5", line="#333d4d",
    accent="#9dbdff", cursor="#2a3a57", blurred="#212936", chosen="#1d2b40", ok="#63c184", warn="#e5ad4b", error="#f0777f",
)  # fmt: skip
LIGHT = Look(
    "eventide-light", dark=False, background="#ffffff", panel="#f5f7fa", text="#1f2733", dim="#5f6b7c", line="#ccd4de",
    accent="#1f5fc4", cursor="#d5e4fb", blurred="#eceff4", chosen="#e9f1fd", ok="#1d7a41", warn="#8f5c00", error="#bf2633",
)  # fmt: skip
