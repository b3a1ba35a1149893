"""A real server on the loopback for each test that asks for one, and clients that talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import numpy as np
import pytest

from eventide.layout import Layout
from eventide.server.app import make_app
from eventide.server.serving import Server, bind
from eventide.store.local import LocalSource
from eventide.testing import make_run


class Running(NamedTuple):
    """A server that answers, and what it answers from."""

    url: str
    port: int
    source: LocalSource
    root: Path
    client: httpx.Client


Serve = Callable[..., Running]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return a store with a few runs."""
    root = tmp_path / "store"
    Layout(root).create(now_s=1_790_000_000.0)
    rows = [{"loss": 1.0 / (step + 1), "acc": step / 50} for step in range(50)]
    for seed in range(3):
        config = {"lr": 0.1, "seed": seed, "model": {"depth": 2}}
        make_run(root, f"alpha-{seed}", rows, project="demo", name=f"alpha {seed}", config=config)
    failed = make_run(root, "beta", rows[:20], project="demo", config={"lr": 0.2, "seed": 0}, status=None)
    failed.close({"status": "failed", "error": "Traceback\nValueError: no"})
    make_run(root, "other", [{"loss": float("nan")}, {"loss": 2.0}], project="side")
    return root


@pytest.fixture
def serve(store: Path, tmp_path: Path) -> Iterator[Serve]:
    """Return a function that serves the store, with options of `make_app`; all servers end with the test."""
    running: list[tuple[Server, LocalSource, httpx.Client]] = []

    def start(root: Path | None = None, *, host: str = "127.0.0.1", **how: Any) -> Running:
        source = LocalSource(root or store, cache_dir=tmp_path / f"cache{len(running)}")
        server = Server(make_app(source, **how), bind(host, 0))
        server.start()
        client = httpx.Client(base_url=server.place.url, timeout=20.0, trust_env=False)
        running.append((server, source, client))
        return Running(server.place.url, server.place.port, source, root or store, client)

    yield start
    for server, source, client in running:
        client.close()
        server.stop()
        source.close()


@pytest.fixture
def served(serve: Serve) -> Running:
    """Return a plain local server."""
    return serve()


@pytest.fixture
def spiky(store: Path) -> Path:
    """Return the store with a run of 20,000 points: six spikes, and NaN from step 15,000."""
    values = np.sin(np.arange(20_000) / 900.0)
    values[[10, 3_000, 3_001, 7_777, 12_000, 14_999]] = 1e4
    values[15_000:15_100] = np.nan
    make_run(store, "spiky", [{"loss": float(value)} for value in values], project="spikes")
    return store
