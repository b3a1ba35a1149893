"""The colours of runs, the same in the page, the terminal UI and figures.

Invariant: a run's colour is a function of its id alone, so it is the same on every screen and on every day. The twelve colours
keep at least 3 : 1 contrast with the theme's background and stay apart under deuteranopia, protanopia and tritanopia. The page
reads them from web/src/core/palette.json, written by scripts/keymap.py.
"""

from __future__ import annotations

LIGHT = (
    "#2094fe", "#802102", "#199693", "#dc4264", "#824aca", "#ab9104",
    "#4671a2", "#075449", "#c962d3", "#976202", "#5b199c", "#9f0e6d",
)  # fmt: skip
"""On white."""
DARK = (
    "#9dbdff", "#ed8712", "#1abcb8", "#bd7671", "#b688fe", "#c5e538",
    "#5693bd", "#1bf5d8", "#cfbe7a", "#897301", "#7359db", "#be3588",
)  # fmt: skip
"""On #14181f; the hues are those of LIGHT, place by place, where they can be told apart."""
VIRIDIS = ("#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725")
"""Ten stops of the ramp that shows a rank or a value."""


def fnv1a(text: str) -> int:
    """Return the 32-bit FNV-1a hash of a text's UTF-8 bytes."""
    value = 0x811C9DC5
    for byte in text.encode("utf-8", "surrogatepass"):
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def run_place(run_id: str) -> int:
    """Return which of the twelve colours a run has, 0 … 11."""
    return fnv1a(run_id) % len(LIGHT)


def run_color(run_id: str, *, dark: bool = False) -> str:
    """Return a run's colour as `#rrggbb`."""
    return (DARK if dark else LIGHT)[run_place(run_id)]


def ramp(share: float, *, dark: bool = False) -> str:
    """Return the colour of a rank or value on the ramp.

    Args:
        share: 0 (worst) … 1 (best); what lies outside is clipped.
        dark: Whether the background is dark; the end of the ramp that would vanish in it is left out.
    """
    low, high = (0.18, 1.0) if dark else (0.0, 0.86)
    place = (low + (high - low) * min(1.0, max(0.0, share))) * (len(VIRIDIS) - 1)
    left = min(int(place), len(VIRIDIS) - 2)
    parts = zip(_parts(VIRIDIS[left]), _parts(VIRIDIS[left + 1]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * (place - left)):02x}" for a, b in parts)


def _parts(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
