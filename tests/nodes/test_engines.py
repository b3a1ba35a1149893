"""Other engines read the sealed tables as they are: from the folder, and from the bucket."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from eventide.layout import Layout
from eventide.nodes.bucket import Bucket
from eventide.nodes.mirror import TableMirror
from eventide.store.local import LocalSource
from eventide.testing import make_run


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A sealed table with rows of two runs, NaN and a key with odd characters among them."""
    for number in range(2):
        rows = [{"loss": float(step), "odd key": step, "phase": "train"} for step in range(100)]
        make_run(tmp_path / "store", f"run-{number}", [*rows, {"loss": float("nan")}], project="p")
    LocalSource(tmp_path / "store").seal()
    return Layout(tmp_path / "store").table("p", "events")


@pytest.fixture
def shared(table: Path, tmp_path: Path, bucket_url: str) -> str:
    """The same table in a bucket."""
    assert TableMirror(Layout(tmp_path / "store"), Bucket(bucket_url)).push()
    return f"{bucket_url}/tables/{table.parent.name}/events"


def options() -> dict[str, str]:
    """Return how a library of Rust reaches the bucket."""
    return {
        "aws_endpoint_url": os.environ["AWS_ENDPOINT_URL"],
        "aws_access_key_id": "x",
        "aws_secret_access_key": "x",
        "aws_region": "us-east-1",
        "aws_allow_http": "true",
    }


def test_polars_reads_them(table: Path, shared: str) -> None:
    """Polars scans the table, in the folder and in the bucket."""
    polars = pytest.importorskip("polars")
    for frame in (polars.scan_delta(str(table)), polars.scan_delta(shared, storage_options=options())):
        found = frame.filter(polars.col("run_id") == "run-1").select("loss", "odd%20key", "phase:s").collect()
        assert found.height == 101
        assert found["loss"].is_nan().sum() == 1
        assert found["odd%20key"].sum() == sum(range(100))


def test_the_clickhouse_engine_reads_them(table: Path, shared: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """ClickHouse's engine asks SQL of the table, in the folder and in the bucket."""
    chdb = pytest.importorskip("chdb")
    monkeypatch.chdir(table.parent.parent)  # it reads below the current folder alone
    endpoint = f"{os.environ['AWS_ENDPOINT_URL']}/{shared.removeprefix('s3://')}"
    for where in (f"deltaLakeLocal('{table}')", f"deltaLake('{endpoint}', 'x', 'x')"):
        said = chdb.query(
            f"SELECT run_id, count() AS n, countIf(isNaN(loss)) AS bad FROM {where} GROUP BY run_id ORDER BY 1", "JSON"
        )
        rows = [(row["run_id"], int(row["n"]), int(row["bad"])) for row in json.loads(str(said))["data"]]
        assert rows == [("run-0", 101, 1), ("run-1", 101, 1)]


def test_daft_reads_them(table: Path) -> None:
    """Daft, which can spread a question over a cluster, reads the table."""
    daft = pytest.importorskip("daft")
    found = daft.read_deltalake(str(table)).groupby("run_id").agg(daft.col("step").count()).sort("run_id").to_pydict()
    assert found == {"run_id": ["run-0", "run-1"], "step": [101, 101]}
