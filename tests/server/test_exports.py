"""What is taken out of a store through a server: rows, points and runs as files, and a view as one page."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq

if TYPE_CHECKING:
    import pytest
    from tests.server.conftest import Serve


def test_exports_hold_every_row(serve: Serve, spiky: Path) -> None:
    """CSV, Parquet and JSON lines have as many rows as were logged, each value exactly."""
    client = serve(spiky).client
    table = pq.read_table(io.BytesIO(client.get("/api/export.parquet", params={"run_ids": "spiky,beta"}).content))
    assert table.num_rows == 20_020
    loss = np.array(table.column("loss").to_pylist()[:20_000], dtype=float)
    assert (np.isnan(loss).sum(), loss[7_777]) == (100, 1e4)
    rows = list(csv.DictReader(io.StringIO(client.get("/api/export.csv", params={"q": "id:beta"}).text)))
    assert (len(rows), float(rows[2]["loss"])) == (20, 1 / 3)
    lines = client.get("/api/export.jsonl", params={"run_ids": "other"}).text.splitlines()
    assert [json.loads(line)["loss"] for line in lines] == ["NaN", 2.0]
    points = list(
        csv.DictReader(io.StringIO(client.get("/api/export.csv", params={"run_ids": "beta", "what": "series"}).text))
    )
    assert len(points) == 40
    runs = [
        json.loads(line)
        for line in client.get("/api/export.jsonl", params={"what": "runs", "project": "demo"}).text.splitlines()
    ]
    assert {run["id"]: run["config.lr"] for run in runs}["beta"] == 0.2


def test_a_large_export_is_read_in_pieces(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs with different keys fit into one file, also when they are not read together."""
    monkeypatch.setattr("eventide.server.exports.WHOLE_ROWS", 60)
    content = serve().client.get("/api/export.parquet").content
    table = pq.read_table(io.BytesIO(content))
    assert table.num_rows == 172
    assert set(table.column_names) == {"run_id", "step", "ts", "loss", "acc"}


def test_a_view_becomes_one_file(serve: Serve, tmp_path: Path) -> None:
    """The file holds the page, its style and the packed answers to the questions of the view, and allows itself nothing else."""
    page = tmp_path / "page"
    page.mkdir()
    (page / "viewer.js").write_text("start()")
    (page / "style-ABCDEFGH.css").write_text("body{}")
    (page / "pages-ABCDEFGH.css").write_text("main{}")
    client = serve(page_dir=page).client
    question = {"run_ids": ["alpha-0"], "keys": ["loss"], "width": 100}
    requests = [
        {"key": "GET /api/runs?project=demo", "path": "/api/runs?project=demo"},
        {"key": "POST /api/series 1", "method": "POST", "path": "/api/series", "body": question},
    ]
    answer = client.post("/api/export.html", json={"view": "/p/demo?q=<b>", "requests": requests})
    assert answer.status_code == 200, answer.text
    data = answer.text.partition('id="eventide-data">')[2].partition("</script>")[0]
    assert "<" not in data
    held = json.loads(gzip.decompress(base64.b64decode(json.loads(data)["packed"])))
    assert json.loads(held["GET /api/runs?project=demo"]["text"])["total"] == 4
    assert base64.b64decode(held["POST /api/series 1"]["base64"])[:4] == b"EVS1"
    assert json.loads(held["GET /api/info"]["text"])["hub"] is False
    assert "default-src 'none'; script-src 'sha256-" in answer.text
    assert answer.headers["content-disposition"].startswith("attachment")
    for wrong in ("/api/export.csv", "http://evil.example/api/x", "//evil/api", "/etc/passwd"):
        assert (
            client.post("/api/export.html", json={"view": "/", "requests": [{"key": "x", "path": wrong}]}).status_code
            == 400
        )
    write = {"key": "x", "method": "POST", "path": "/api/purge", "body": {}}
    assert client.post("/api/export.html", json={"view": "/", "requests": [write]}).status_code == 400
