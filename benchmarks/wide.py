"""Very many keys: a run with 10,000 of them, a project with 100,000. Listing, filtering and plotting one must stay usable.

Every figure is one question of a person; the first one, which takes everything in, stands by itself.
"""

from __future__ import annotations

import random
from typing import Any

from benchmarks.measure import Row, Scale, folder, median_s, ms, seconds
from benchmarks.stores import create, write_run

USABLE_S = 2.0
STEPS = 5


def rows(scale: Scale) -> list[Row]:
    keys = scale(10_000, 50)
    return [*_measure("a run", 1, keys), *_measure("a project", scale(10, 3), keys)]


def _measure(what: str, runs: int, keys: int) -> list[Row]:
    import eventide

    total = runs * keys
    with folder() as root:
        layout = create(root / "store")
        for number in range(runs):
            names = [f"run{number}/layer{key}/grad" for key in range(keys)]

            def append(writer: Any, names: list[str] = names) -> None:
                for step in range(STEPS):
                    writer.append({name: random.random() for name in names}, step)

            write_run(layout, append, config={"number": number})
        key = f"run{runs - 1}/layer{keys - 1}/grad"
        with eventide.open(root / "store") as store:
            first = seconds(store.runs)
            lines = [_line(f"{what} with {total:,} keys, journals", store, key, total)]
            sealing = seconds(store.seal)
            lines.append(_line(f"{what} with {total:,} keys, sealed", store, key, total))
    lines.append(Row(f"{what} with {total:,} keys: first look / seal", "", f"{first:.1f} s / {sealing:.1f} s"))
    return lines


def _line(what: str, store: Any, key: str, total: int) -> Row:
    assert len(store.keys()) == total
    assert len(store.runs(f"best(`{key}`)<=1", columns=["name"])) == 1
    assert len(store.series("", key)) == STEPS
    listing = median_s(store.keys, 3)
    filtering = median_s(lambda: store.runs(f"best(`{key}`)<=1", columns=["name", f"best({key})"]), 3)
    plotting = median_s(lambda: store.series("", key, bins=100), 3)
    return Row(
        f"{what}: list keys / filter by one / plot one",
        f"usable: ≤ {USABLE_S:g} s each",
        f"{ms(listing)} / {ms(filtering)} / {ms(plotting)}",
        met=max(listing, filtering, plotting) <= USABLE_S,
    )
