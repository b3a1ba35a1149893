"""The table of keys and the colours of runs, which the page and the terminal UI share."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventide.keymap import KEYMAP, SCOPES, actions
from eventide.palette import DARK, LIGHT, fnv1a, ramp, run_color, run_place

ROOT = Path(__file__).parents[2]
CVD = {
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}


def linear(color: str) -> tuple[float, ...]:
    """Return a colour's linear parts, 0 … 1."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return tuple(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)


def light_of(color: str) -> float:
    """Return a colour's relative luminance."""
    red, green, blue = linear(color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("front_end", ["web", "tui"])
def test_no_key_means_two_things(front_end: Literal["web", "tui"]) -> None:
    """Within a front end no key belongs to two actions, and no action is listed twice."""
    found = actions(front_end)
    keys = [key for action in found for key in action.keys]

    assert len(set(keys)) == len(keys)
    assert len({action.id for action in found}) == len(found)


def test_actions_are_named_alike() -> None:
    """Ids are `<noun>.<verb>`, texts begin with a capital letter, and every scope has a heading."""
    for action in KEYMAP:
        assert re.fullmatch(r"[a-z]+\.[a-z_]+", action.id)
        assert action.text[0].isupper()
        assert action.scope in SCOPES


def test_the_page_has_the_same_tables() -> None:
    """The page's copies are what the tables say."""
    script = runpy.run_path(str(ROOT / "scripts" / "keymap.py"))

    for name in ("keymap", "keys", "palette"):
        assert script[name]() == (ROOT / "web" / "src" / "core" / f"{name}.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(("colors", "background"), [(LIGHT, "#ffffff"), (DARK, "#14181f")])
def test_colors_stand_out_from_the_background(colors: tuple[str, ...], background: str) -> None:
    """Every colour has at least 3 : 1 contrast with its theme's background."""
    behind = light_of(background)
    for color in colors:
        low, high = sorted((behind, light_of(color)))
        assert (high + 0.05) / (low + 0.05) >= 3.0


@pytest.mark.parametrize("colors", [LIGHT, DARK])
@pytest.mark.parametrize("kind", CVD)
def test_colors_stay_apart_for_color_blind_readers(colors: tuple[str, ...], kind: str) -> None:
    """As a colour-blind reader sees them, no two of the twelve are the same."""
    seen = [tuple(sum(a * b for a, b in zip(row, linear(color), strict=True)) for row in CVD[kind]) for color in colors]

    apart = [
        sum((a - b) ** 2 for a, b in zip(one, two, strict=True)) ** 0.5
        for at, one in enumerate(seen)
        for two in seen[:at]
    ]
    assert min(apart) > 0.04


@given(st.text())
def test_a_color_depends_on_the_id_alone(run_id: str) -> None:
    """Any id has one of the twelve places, and the colour of that place in either theme."""
    assert 0 <= run_place(run_id) < len(LIGHT)
    assert run_color(run_id) == LIGHT[run_place(run_id)]
    assert run_color(run_id, dark=True) == DARK[run_place(run_id)]


def test_the_hash_is_the_known_one() -> None:
    """The hash is 32-bit FNV-1a, as published."""
    assert [fnv1a(""), fnv1a("a"), fnv1a("foobar")] == [0x811C9DC5, 0xE40C292C, 0xBF9CF968]


@given(st.floats(allow_nan=False))
def test_the_ramp_covers_every_share(share: float) -> None:
    """Whatever is asked for is a colour of the ramp."""
    assert re.fullmatch("#[0-9a-f]{6}", ramp(share))
