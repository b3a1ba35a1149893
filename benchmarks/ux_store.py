"""The store that pages are measured on: made through the public API, the same every time but for ids and times.

    python -m benchmarks.ux_store DIR                       50 runs of 10,000 steps, 5 metrics, 11 parameters, images
    python -m benchmarks.ux_store DIR --steps 100000        for the overlay of U2
    python -m benchmarks.ux_store DIR --runs 1000 --steps 200

Invariant: ten configurations with five seeds each; three runs have six spikes of 10,000 each in `train/loss`, one run is NaN from
60 % of its steps on. `PLANTED` says where, so that a test can ask for every one of them.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

import eventide

PROJECT = "vision"
SPIKED = (3, 17, 41)
"""Runs, by the order in which they are made, with spikes."""
SPIKE = 1e4
LOST = 29
"""The run that is NaN from 60 % of its steps on."""
SEEDS = 5
IMAGES = 4

_MODELS = ("resnet18", "resnet34", "vit-s", "convnext", "mixer")
_OPTIMIZERS = ("adamw", "sgd", "lion")


def spikes(steps: int, place: int = SPIKED[0]) -> list[int]:
    """Return the steps at which the run at a place has its six spikes: other ones for every run."""
    shift = 0.021 * SPIKED.index(place)
    return [round(steps * (share + shift)) for share in (0.07, 0.193, 0.4031, 0.55, 0.768, 0.913)]


def config_of(place: int) -> dict[str, Any]:
    """Return the parameters of the run at a place: nested, eleven leaves, alike but for the seed within a group of five."""
    group, seed = divmod(place, SEEDS)
    random = np.random.default_rng(group)
    return {
        "model": {"name": _MODELS[group % len(_MODELS)], "depth": int(random.choice([12, 18, 34])), "width": 384},
        "optimizer": {
            "name": _OPTIMIZERS[group % len(_OPTIMIZERS)],
            "lr": float(f"{10 ** random.uniform(-4.6, -1.8):.3g}"),
            "weight_decay": float(random.choice([0.0, 0.01, 0.05])),
        },
        "data": {"batch_size": int(random.choice([64, 128, 256])), "aug": {"flip": bool(group % 2), "mixup": 0.2}},
        "epochs": 30,
        "seed": seed,
    }


def curves_of(place: int, steps: int) -> dict[str, list[float]]:
    """Return the five metrics of the run at a place."""
    config = config_of(place)
    random = np.random.default_rng(1000 + place)
    x = np.arange(steps) / steps
    good = 1 - abs(np.log10(config["optimizer"]["lr"]) + 3.1) / 3.2
    speed = 3 + 5 * good
    noise = random.normal(size=(4, steps))
    loss = 0.08 + 0.5 * (1 - good) + 2.2 * np.exp(-speed * x) + (0.05 + 0.03 * (1 - good)) * np.abs(noise[0])
    accuracy = np.clip(
        0.55 + 0.41 * good - 0.75 * np.exp(-speed * x) + 0.012 * noise[1] + 0.004 * random.normal(), 0, 1
    )
    held = np.clip(accuracy - 0.03 - 0.05 * x * (1 - good) + 0.01 * noise[2], 0, 1)
    columns = {
        "train/loss": loss,
        "train/acc": accuracy,
        "val/loss": loss * 1.12 + 0.03 * np.abs(noise[3]),
        "val/acc": held,
        "lr": config["optimizer"]["lr"] * 0.5 * (1 + np.cos(np.pi * x)),
    }
    if place in SPIKED:
        columns["train/loss"][spikes(steps, place)] = SPIKE
    if place == LOST:
        for key in ("train/loss", "val/loss"):
            columns[key][round(steps * 0.6) :] = np.nan
    return {key: values.tolist() for key, values in columns.items()}


def write_run(root: Path, place: int, steps: int, *, images: bool = True) -> str:
    """Log one whole run, and return its id."""
    config = config_of(place)
    name = f"{config['model']['name']}-{place:02d}"
    tags = ["baseline"] if place % 10 == 0 else ["spiky"] if place in SPIKED else []
    run = eventide.init(
        project=PROJECT,
        name=name,
        config=config,
        tags=tags,
        dir=root,
        capture="none",
        system_interval_s=0,
        console="off",
        snapshot=False,
    )
    run.define_metric("val/acc", goal="max")
    run.log_many(curves_of(place, steps))
    if images:
        random = np.random.default_rng(place)
        for image in range(IMAGES):
            run.log_media(
                "samples", (random.random((32, 32, 3)) * 255).astype("uint8"), step=steps - 1, caption=f"sample {image}"
            )
    run.finish("failed" if place == LOST else "finished", error="ValueError: loss is NaN" if place == LOST else "")
    return run.id


def write(root: Path, *, runs: int = 50, steps: int = 10_000, images: bool = True) -> list[str]:
    """Log the whole store, and return the runs' ids in order."""
    return [write_run(root, place, steps, images=images) for place in range(runs)]


def main() -> None:
    """Write a store into the folder given."""
    parser = argparse.ArgumentParser(description="Write the store that pages are measured on.")
    parser.add_argument("root", type=Path)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--steps", type=int, default=10_000)
    options = parser.parse_args()
    ids = write(options.root, runs=options.runs, steps=options.steps, images=options.steps >= 1000)
    print(f"{len(ids)} runs in {options.root}")


if __name__ == "__main__":
    main()
