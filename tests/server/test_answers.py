"""What the server answers: every route against its model, curves, rows, console, files, changes, edits, exports."""

from __future__ import annotations

import json
import math
import struct
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from fastapi.routing import APIRoute, APIWebSocketRoute
from websockets.sync.client import connect

from eventide.layout import Layout
from eventide.model import Edit
from eventide.objects.local import LocalObjects
from eventide.server import schema
from eventide.server.auth import Access, OpenGate
from eventide.server.guard import Hosts
from eventide.server.routes import ROUTERS
from eventide.server.served import Needs
from eventide.testing import make_run

if TYPE_CHECKING:
    import httpx
    from tests.server.conftest import Running, Serve

    from eventide.model import Buckets, Series, SeriesQuery

OPEN = {"/healthz", "/static/{name}"}
"""Routes that need no right."""


# ── the table of routes ─────────────────────────────────────────────────────────────────────────────────────────────────


def _rights(route: APIRoute | APIWebSocketRoute) -> set[str]:
    return {dependency.call.right for dependency in route.dependant.dependencies if isinstance(dependency.call, Needs)}


def test_every_route_needs_a_right() -> None:
    """Whatever is added: a route or WebSocket that asks for no right is listed here, and what changes anything needs more than reading."""
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute | APIWebSocketRoute)]
    assert len(routes) > 30
    for route in routes:
        assert route.path in OPEN or _rights(route), route.path
        changing = isinstance(route, APIRoute) and (route.methods or set()) & {"PATCH", "PUT", "DELETE"}
        assert not changing or not _rights(route) & {"read"}, route.path


def test_a_route_refuses_whoever_lacks_its_right(serve: Serve) -> None:
    """With no right at all every route but the open ones answers 403."""
    client = serve(gate=OpenGate(Access(frozenset()))).client
    for router in ROUTERS:
        for route in router.routes:
            if not isinstance(route, APIRoute) or route.path in OPEN:
                continue
            path = route.path.replace("{form}", "csv").replace("{path:path}", "").replace("{", "").replace("}", "")
            for method in route.methods or ():
                answer = client.request(method, path, json=None if method == "GET" else {})
                assert answer.status_code == 403, (method, path, answer.text)


def test_the_openapi_file_is_fresh() -> None:
    """web/openapi.json, from which the page's types are made, says what the routes say."""
    import importlib.util

    path = Path(__file__).parents[2] / "scripts" / "openapi.py"
    spec = importlib.util.spec_from_file_location("openapi_script", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.TARGET.read_text(encoding="utf-8") == module.content(), "run `python scripts/openapi.py`"


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/healthz", schema.Health), ("/api/info", schema.Info), ("/api/projects", schema.Projects), ("/api/runs", schema.RunsAnswer),
        ("/api/runs?project=demo&q=lr<0.15&sort=-best(acc)&limit=2&offset=1&keys=acc", schema.RunsAnswer),
        ("/api/runs/beta", schema.RunDetails), ("/api/runs/alpha-0", schema.RunDetails), ("/api/resolve?selector=@last", schema.Resolved),
        ("/api/columns?project=demo", schema.Columns), ("/api/facets?field=lr", schema.Facet),
        ("/api/facets?field=state&q=lr>0", schema.Facet),
        ("/api/complete?text=stat&cursor=4", schema.CompletionAnswer), ("/api/complete", schema.CompletionAnswer),
        ("/api/parse?q=lr<0.1%20and%20state:failed", schema.Parsed), ("/api/groups?by=-seed&project=demo", schema.GroupsAnswer),
        ("/api/groups?by=lr,model.depth&metrics=acc&stat=median&pick=last", schema.GroupsAnswer),
        ("/api/importance?metric=acc", schema.Importance), ("/api/compare?runs=beta,alpha-0,other", schema.Comparison),
        ("/api/runs/beta/rows?limit=3", schema.RowsAnswer), ("/api/runs/beta/rows?around=10&window=2", schema.RowsAnswer),
        ("/api/runs/beta/console", schema.ConsoleAnswer), ("/api/runs/beta/files", schema.Files), ("/api/files?project=demo", schema.Files),
        ("/api/files?q=lr<0.15", schema.Files), ("/api/runs/beta/code", schema.Code), ("/api/artifacts", schema.Artifacts),
        ("/api/media", schema.Media), ("/api/media?key=x&step=1&q=lr<1", schema.Media), ("/api/sql/schema", schema.SqlSchema),
        ("/api/sql/views", schema.SavedViews), ("/api/parse?q=lr<", schema.Parsed),
        ("/api/settings/demo", schema.ProjectSettings), ("/api/changes", schema.Changes),
    ],
)  # fmt: skip
def test_an_answer_fits_its_model(served: Running, path: str, model: type[schema.Model]) -> None:
    """Every answer in JSON has the members that the interface promises, and no others."""
    answer = served.client.get(path)
    assert answer.status_code == 200, answer.text
    read = model.model_validate(answer.json())
    assert json.loads(read.model_dump_json()).keys() == answer.json().keys() | model.model_fields.keys()
    assert answer.json().keys() <= set(model.model_fields)


# ── runs ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_comparison_names_the_views_that_have_content(serve: Serve, store: Path) -> None:
    """Console and code are named once one of the runs printed something or kept its code; metrics only where one was logged."""
    printed = make_run(store, "printed", project="demo", status=None)
    printed.console("epoch 1\n")
    printed.close({"status": "finished"})
    client = serve().client
    for runs, views in {
        "beta,alpha-0": ["config", "metrics", "curves"],
        "beta,printed": ["config", "metrics", "curves", "console"],
        "printed": ["console"],
    }.items():
        assert client.get("/api/compare", params={"runs": runs}).json()["views"] == views


def test_runs_come_in_pages_with_what_a_list_shows(served: Running) -> None:
    """A page has the runs of a filter in an order, and why a run failed."""
    page = served.client.get("/api/runs", params={"project": "demo", "sort": "name", "limit": 2, "offset": 1}).json()
    assert ([run["name"] for run in page["runs"]], page["total"]) == (["alpha 1", "alpha 2"], 4)
    failed = served.client.get("/api/runs", params={"q": "state:failed"}).json()["runs"]
    assert [(run["id"], run["reason"]) for run in failed] == [("beta", "ValueError: no")]
    assert failed[0]["metrics"]["loss"]["best"] == failed[0]["metrics"]["loss"]["min"] == 1 / 20


def test_numbers_that_are_not_finite_are_words(served: Running) -> None:
    """NaN and infinities arrive as the words that the interface names."""
    run = served.client.get("/api/runs/other").json()
    assert (run["metrics"]["loss"]["first"], run["metrics"]["loss"]["nonfinite"]) == (2.0, 1)
    rows = served.client.get("/api/runs/other/rows").json()
    assert [row[rows["columns"].index("loss")] for row in rows["rows"]] == ["NaN", 2.0]


def test_a_run_answers_to_a_unique_prefix(served: Running) -> None:
    """A prefix that fits one run means it; one that fits several names them; none names what is like it."""
    assert served.client.get("/api/runs/bet").json()["id"] == "beta"
    several = served.client.get("/api/runs/alpha")
    assert (several.status_code, sorted(several.json()["candidates"])) == (409, ["alpha-0", "alpha-1", "alpha-2"])
    missing = served.client.get("/api/resolve", params={"selector": "betta"})
    assert (missing.status_code, missing.json()["code"], missing.json()["nearest"][0]["id"]) == (
        404,
        "run_not_found",
        "beta",
    )


def test_a_filter_that_does_not_parse_says_where(served: Running) -> None:
    """Half a filter is answered, with the position of the first character that cannot be read; asking with it is a problem."""
    half = served.client.get("/api/parse", params={"q": "lr<"})
    assert (half.status_code, half.json()["ok"], half.json()["canonical"], half.json()["position"]) == (
        200,
        False,
        None,
        3,
    )
    assert "value" in half.json()["expected"]
    assert half.json()["message"].endswith(half.json()["expected"])
    assert served.client.get("/api/parse", params={"q": "lr<1 state:failed"}).json()["ok"]
    problem = served.client.get("/api/runs", params={"q": "lr<"}).json()
    assert (problem["status"], problem["code"], problem["position"]) == (400, "invalid_filter", 3)


def test_columns_that_need_points_come_in_one_question(served: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Means of the last rows, values at a step and slopes of all named runs need one look at curves; they are what a sort sees."""
    asked: list[SeriesQuery] = []
    series = served.source.series

    def counted(query: SeriesQuery) -> list[Series] | list[Buckets]:
        asked.append(query)
        return series(query)

    monkeypatch.setattr(served.source, "series", counted)
    fields = ["mean(acc,10)", "at(loss, 4)", "at(acc,999)", "slope(acc)"]
    question = {"run_ids": ["alpha-0", "beta", "other", "gone"], "fields": fields}
    values = served.client.post("/api/runs/values", json=question).json()["values"]
    assert len(asked) == 1
    assert sorted(values) == ["alpha-0", "beta", "other"]
    assert values["alpha-0"]["mean(acc,10)"] == pytest.approx(44.5 / 50)
    assert values["beta"]["mean(acc,10)"] == pytest.approx(14.5 / 50)
    assert (values["beta"]["at(loss, 4)"], values["beta"]["at(acc,999)"]) == (1 / 5, None)
    assert values["beta"]["slope(acc)"] == pytest.approx(1 / 50)
    assert values["other"] == dict.fromkeys(fields)
    found = served.client.get("/api/runs", params={"q": "mean(acc,10)<0.5", "sort": "-mean(acc,10)"}).json()["runs"]
    assert [run["id"] for run in found] == ["beta"]
    mistakes: list[dict[str, object]] = [
        {"fields": ["best(acc)"]}, {"fields": ["at(acc"]}, {"fields": []}, {"run_ids": []}, {"more": 1},
    ]  # fmt: skip
    for wrong in mistakes:
        refused = served.client.post("/api/runs/values", json={**question, **wrong})
        assert refused.status_code == 400, wrong


def test_projects_say_what_they_hold(serve: Serve, store: Path) -> None:
    """A project has media and artifacts as soon as one of its runs has; the others have none."""
    client = serve().client

    def holds() -> dict[str, list[str]]:
        return {project["name"]: project["holds"] for project in client.get("/api/projects").json()["projects"]}

    assert holds() == {"demo": [], "side": []}
    writer = make_run(store, "seen", project="side", status=None)
    sha256 = LocalObjects(Layout(store)).put_bytes(b"x")
    writer.file({"kind": "media", "name": "picture", "sha256": sha256, "size_bytes": 1, "format": "image"})
    assert holds() == {"demo": [], "side": ["media"]}
    writer.file({"kind": "artifact", "name": "model", "sha256": sha256, "size_bytes": 1, "format": "artifact"})
    writer.close({"status": "finished"})
    assert holds() == {"demo": [], "side": ["media", "artifacts"]}


def test_groups_pool_all_their_runs(served: Running) -> None:
    """Seeds become one row with mean, spread and count over every run."""
    groups = served.client.get("/api/groups", params={"project": "demo", "by": "-seed", "metrics": "acc"}).json()
    assert groups["total"] == 4
    assert sorted(group["n"] for group in groups["groups"]) == [1, 3]
    pooled = next(group for group in groups["groups"] if group["n"] == 3)
    assert pooled["metrics"]["acc"]["n"] == 3
    assert pooled["metrics"]["acc"]["mean"] == pytest.approx(49 / 50)
    assert pooled["metrics"]["acc"]["std"] == pytest.approx(0.0)
    assert pooled["fields"] == {}


def test_groups_pool_any_number_of_a_metric(served: Running) -> None:
    """Least values, means of the last rows and values at a step are pooled like any other; what is no number of a metric is refused."""
    question = {"project": "demo", "by": "lr", "fields": "min(loss),mean(acc\\,10),at(acc\\,30)"}
    groups = served.client.get("/api/groups", params=question).json()["groups"]
    pooled = next(group["fields"] for group in groups if group["n"] == 3)
    assert [(numbers["n"], numbers["mean"]) for numbers in pooled.values()] == [
        (3, pytest.approx(1 / 50)), (3, pytest.approx(44.5 / 50)), (3, pytest.approx(30 / 50)),
    ]  # fmt: skip
    alone = next(group["fields"] for group in groups if group["n"] == 1)
    assert alone["at(acc,30)"]["n"] == 0
    assert served.client.get("/api/groups", params={**question, "fields": "config.lr"}).status_code == 400


# ── curves ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _decode(body: bytes) -> tuple[dict[str, Any], Any]:
    assert body[:4] == b"EVS1"
    (length,) = struct.unpack("<I", body[4:8])
    assert (8 + length) % 8 == 0
    header = json.loads(body[8 : 8 + length])

    def block(place: dict[str, Any]) -> Any:
        assert place["offset"] % 8 == 0
        count = place["length"] // int(place["dtype"][1])
        return np.frombuffer(body, np.dtype(f"<{place['dtype']}"), count, 8 + length + place["offset"])

    return header, block


def _series(client: httpx.Client, **question: Any) -> tuple[dict[str, Any], Any]:
    answer = client.post("/api/series", json=question)
    assert answer.status_code == 200, answer.text
    return _decode(answer.content)


def test_no_spike_is_hidden(serve: Serve, spiky: Path) -> None:
    """Bins keep the extremes of all points, the robust range leaves the spikes out and counts them, and each is named exactly."""
    header, block = _series(serve(spiky).client, run_ids=["spiky"], keys=["loss"], width=300)
    (curve,) = header["curves"]
    assert (header["bins"], curve["exact"], curve["points"], curve["nonfinite"]) == (300, False, 20_000, 100)
    assert np.nanmax(block(curve["blocks"]["max"])) == np.float32(1e4)
    assert int(block(curve["blocks"]["count"]).sum()) == 20_000
    assert header["robust"]["loss"]["above"] == 6
    assert header["robust"]["loss"]["high"] < 2
    assert [(point["step"], point["y"]) for point in curve["extremes"]] == [
        (step, 1e4) for step in (10, 3_000, 3_001, 7_777, 12_000, 14_999)
    ]
    assert curve["first_nonfinite_x"] == pytest.approx(15_000, abs=70)
    assert len(block(header["x"])) == 300


def test_few_points_come_as_they_are(serve: Serve, spiky: Path) -> None:
    """At most two points per pixel are sent themselves, after zooming in as well, with their exact values."""
    client = serve(spiky).client
    header, block = _series(client, run_ids=["alpha-0", "alpha-1"], keys=["loss", "acc"], width=100)
    assert [curve["exact"] for curve in header["curves"]] == [True] * 4
    assert header["bins"] == 0
    first = header["curves"][0]["blocks"]
    assert list(block(first["x"])) == list(range(50))
    assert block(first["y"])[2] == 1 / 3
    assert len({curve["blocks"]["x"]["offset"] for curve in header["curves"]}) == 1
    header, block = _series(client, run_ids=["spiky"], keys=["loss"], width=300, start=2_900, stop=3_100)
    (curve,) = header["curves"]
    assert (curve["exact"], curve["points"], header["range"]) == (True, 201, {"low": 2_900, "high": 3_100})
    assert block(curve["blocks"]["y"])[100] == 1e4


def test_curves_can_be_drawn_over_time_and_other_metrics(served: Running) -> None:
    """Any numeric key is an x; time counts from the start of the run."""
    header, block = _series(served.client, run_ids=["alpha-0"], keys=["loss"], x="acc", width=100)
    blocks = header["curves"][0]["blocks"]
    assert block(blocks["x"])[10] == pytest.approx(0.2)
    assert block(blocks["step"])[10] == 10
    header, block = _series(served.client, run_ids=["alpha-0"], keys=["loss"], x="time", width=100)
    assert 0 <= block(header["curves"][0]["blocks"]["x"])[0] < 60


def test_smoothing_leaves_the_extremes(serve: Serve, spiky: Path) -> None:
    """A smoothed answer has the line as it was beside it, and the extremes of what was logged."""
    smooth = {"kind": "mean", "amount": 500}
    header, block = _series(serve(spiky).client, run_ids=["spiky"], keys=["loss"], width=300, smooth=smooth)
    blocks = header["curves"][0]["blocks"]
    assert np.nanmax(block(blocks["max"])) == np.float32(1e4)
    assert np.nanmax(block(blocks["mean"])) < np.nanmax(block(blocks["raw"]))


def test_groups_become_bands_over_all_their_runs(served: Running) -> None:
    """A band says how many runs it is made of, at each bin, and has no holes where all runs have points."""
    group = {"by": ["lr"], "stat": "mean_std"}
    header, block = _series(served.client, project="demo", keys=["acc"], width=400, group=group)
    curves = {curve["group"]["key"]["lr"]: curve for curve in header["curves"]}
    assert {lr: curve["group"]["n_runs"] for lr, curve in curves.items()} == {0.1: 3, 0.2: 1}
    blocks = curves[0.1]["blocks"]
    assert set(block(blocks["n"])) == {3}
    assert np.isfinite(block(blocks["mean"])).all()
    assert (block(blocks["lo"]) <= block(blocks["mean"])).all()
    for stat in ("median_iqr", "min_max", "mean_sem"):
        header, _ = _series(served.client, project="demo", keys=["acc"], width=40, group={"by": ["lr"], "stat": stat})
        assert len(header["curves"]) == 2


def test_unchanged_curves_are_not_sent_again(served: Running) -> None:
    """The ETag stays while the runs do, differs by question, and moves with the runs."""
    question = {"run_ids": ["alpha-0"], "keys": ["loss"], "width": 100}
    first = served.client.post("/api/series", json=question)
    again = served.client.post("/api/series", json=question, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert served.client.post("/api/series", json={**question, "width": 90}).headers["etag"] != first.headers["etag"]
    served.source.edit(["alpha-0"], Edit(notes="changed"))
    moved = served.client.post("/api/series", json=question, headers={"If-None-Match": first.headers["etag"]})
    assert (moved.status_code, moved.content[:4]) == (200, b"EVS1")


def test_nothing_to_draw_is_an_answer(served: Running) -> None:
    """Keys that no run has, and no runs at all, give no curves."""
    for question in (
        {"run_ids": ["beta"], "keys": ["none"]},
        {"run_ids": ["gone"], "keys": ["loss"]},
        {"q": "name:zzz", "keys": ["loss"]},
    ):
        header, _ = _series(served.client, **question)
        assert header["curves"] == []
    header, _ = _series(served.client, run_ids=["other"], keys=["loss"], width=10)
    assert (header["curves"][0]["nonfinite"], header["curves"][0]["first_nonfinite_x"]) == (1, 0.0)


# ── console, objects, code, media ───────────────────────────────────────────────────────────────────────────────────────


def test_console_text_is_paged_searched_and_tailed(serve: Serve, store: Path) -> None:
    """Reading on from `next` sees every line once; a search counts from the beginning of the text."""
    writer = make_run(store, "chatty", status=None)
    for number in range(25):
        writer.console(f"line {number}{' Warning' if number % 10 == 3 else ''}\n")
    writer.close({"status": "finished"})
    client = serve().client

    def ask(**how: Any) -> dict[str, Any]:
        answer: dict[str, Any] = client.get("/api/runs/chatty/console", params=how).json()
        return answer

    seen, after = [], 0
    while True:
        page = ask(after=after, limit=10)
        seen += [line["text"] for line in page["lines"]]
        after = page["next"]
        if len(page["lines"]) < 10:
            break
    assert (len(seen), page["total"], after) == (25, 25, 25)
    assert [line["n"] for line in ask(search="warning")["lines"]] == [3, 13, 23]
    assert [line["n"] for line in ask(tail=2)["lines"]] == [23, 24]
    assert ask(after=25)["lines"] == []


def test_media_of_each_run_at_a_step(serve: Serve, store: Path) -> None:
    """At a step each run shows what it had logged last until then; objects come with the type that was asked for."""
    objects = LocalObjects(Layout(store))
    for run, steps in (("first", (0, 10)), ("second", (5,))):
        writer = make_run(store, run, status=None, project="media")
        for step in steps:
            sha256 = objects.put_bytes(f"{run}{step}".encode())
            reference = {
                "kind": "media",
                "name": "sample",
                "type": "image",
                "sha256": sha256,
                "size_bytes": 6,
                "format": "png",
                "mime": "image/png",
            }
            writer.file(reference, step=step)
        writer.close({"status": "finished"})
    client = serve().client
    media = client.get("/api/media", params={"project": "media", "key": "sample", "step": 7}).json()
    assert media["keys"] == [{"key": "sample", "type": "image", "steps": [0, 5, 10], "runs": 2}]
    assert [(item["run_id"], item["step"]) for item in media["items"]] == [("first", 0), ("second", 5)]
    answer = client.get(f"/api/objects/{media['items'][0]['sha256']}", params={"type": "image/png", "run": "first"})
    assert (answer.content, answer.headers["content-type"]) == (b"first0", "image/png")
    assert client.get(f"/api/objects/{media['items'][0]['sha256']}", params={"run": "second"}).status_code == 404


# ── changes, edits, settings ────────────────────────────────────────────────────────────────────────────────────────────


def test_changes_arrive_while_a_run_logs(served: Running) -> None:
    """A row is told within a second, once per run; what was missed since a cursor comes first."""
    url = f"ws://127.0.0.1:{served.port}/api/changes"
    with connect(url, proxy=None) as socket:
        hello = json.loads(socket.recv(timeout=5))
        assert hello["type"] == "hello"
        writer = make_run(served.root, "live", [{"loss": 1.0}], status=None)
        writer.sync()
        begun = time.monotonic()
        message = json.loads(socket.recv(timeout=5))
        assert time.monotonic() - begun < 1.5
        assert (message["type"], [run["id"] for run in message["runs"]]) == ("changes", ["live"])
        assert message["runs"][0]["status"] == "running"
    writer.append({"loss": 2.0}, 1)
    writer.close({"status": "finished"})
    with connect(f"{url}?cursor={message['cursor']}&project=demo", proxy=None) as socket:
        assert json.loads(socket.recv(timeout=5))["type"] == "hello"
        missed = json.loads(socket.recv(timeout=5))
        assert [(run["id"], run["status"], run["rows"]) for run in missed["runs"]] == [("live", "finished", 2)]
    polled = served.client.get("/api/changes", params={"cursor": hello["cursor"]}).json()
    assert [run["id"] for run in polled["runs"]] == ["live"]


def test_an_edit_changes_all_of_its_runs_or_none(served: Running) -> None:
    """Names, tags, archive and bin change together; an unknown run leaves everything as it was."""
    body = {"run_ids": ["beta", "alpha-0"], "add_tags": ["best"], "notes": "seen", "archived": True}
    edited = served.client.patch("/api/runs", json=body).json()["runs"]
    assert [(run["id"], run["tags"], run["archived"]) for run in edited] == [
        ("beta", ["best"], True),
        ("alpha-0", ["best"], True),
    ]
    assert served.client.patch("/api/runs", json={"run_ids": ["alpha-1", "gone"], "notes": "x"}).status_code == 404
    assert served.client.get("/api/runs/alpha-1").json()["notes"] == ""
    assert served.client.patch("/api/runs", json={"run_ids": ["beta"]}).status_code == 400
    served.client.patch("/api/runs", json={"run_ids": ["alpha-2"], "deleted": True})
    binned = served.client.get("/api/runs", params={"deleted": "true"}).json()["runs"]
    assert [run["id"] for run in binned] == ["alpha-2"]


def test_settings_of_a_project_are_kept(serve: Serve, tmp_path: Path) -> None:
    """What the page keeps about a project survives the server, and the goal ranks its runs at once."""
    how = {
        "goal": {"key": "loss", "direction": "max"},
        "pinned": ["beta"],
        "views": [{"name": "mine", "url": "/p/demo?q=lr<1"}],
    }
    client = serve(preferences_dir=tmp_path / "page").client
    assert client.put("/api/settings/demo", json=how).status_code == 200
    demo = next(project for project in client.get("/api/projects").json()["projects"] if project["name"] == "demo")
    assert (demo["goal"], demo["best"]["value"]) == (how["goal"], 1.0)
    assert serve(preferences_dir=tmp_path / "page").client.get("/api/settings/demo").json()["views"] == how["views"]


def test_samples_are_made_in_an_empty_store_only(serve: Serve, tmp_path: Path) -> None:
    """A first visitor can ask for sample runs; nobody gets them among real ones."""
    assert serve(make_demo=lambda: ("demo", 0)).client.post("/api/demo", json={}).status_code == 409
    empty = tmp_path / "empty"
    Layout(empty).create(now_s=1.0)

    def make() -> tuple[str, int]:
        make_run(empty, "sample")
        return "demo", 1

    client = serve(empty, make_demo=make).client
    assert client.post("/api/demo", json={}).json() == {"project": "demo", "runs": 1}
    assert client.get("/api/runs").json()["total"] == 1


# ── the page and monitoring ─────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_answers_for_its_addresses(serve: Serve, tmp_path: Path) -> None:
    """Every address of the page gives the page, files with a hash may be kept for ever, unknown ones are not found."""
    page = tmp_path / "page"
    page.mkdir()
    (page / "index.html").write_text('<base href="/"><p>page</p>')
    (page / "main-ABCDEFGH.js").write_text("1")
    client = serve(page_dir=page, hosts=Hosts("127.0.0.1")).client
    for path in ("/", "/p/demo?q=lr<1", "/p/a/b/c", "/run/x"):
        assert "<p>page</p>" in client.get(path).text
    script = client.get("/static/main-ABCDEFGH.js")
    assert (script.text, script.headers["content-type"]) == ("1", "text/javascript; charset=utf-8")
    assert "immutable" in script.headers["cache-control"]
    assert client.get("/static/none.js").status_code == client.get("/api/none").status_code == 404
    assert "not built" in serve(page_dir=None).client.get("/").text


def test_metrics_are_in_the_format_of_prometheus(served: Running) -> None:
    """Every line is a comment or a name with a number."""
    served.client.get("/api/runs")
    lines = served.client.get("/metrics").text.splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert values["eventide_runs"] == "5"
    assert all(math.isfinite(float(value)) for value in values.values())
    assert 'eventide_requests_total{method="GET",status="200"}' in values


def test_an_access_to_one_project_sees_no_other(serve: Serve, store: Path) -> None:
    """Runs, keys, files, objects and changes of other projects are not there, whatever their ids; nor does SQL see them."""
    sha256 = LocalObjects(Layout(store)).put_bytes(b"secret of the other project")
    writer = make_run(store, "hidden", [{"secret/key": 1.0}], project="side", status=None)
    writer.file({"kind": "media", "name": "m", "sha256": sha256, "size_bytes": 1, "format": "txt"})
    writer.close({"status": "finished"})
    client = serve(gate=OpenGate(Access(frozenset({"read", "write"}), "guest", frozenset({"demo"})))).client
    assert {run["project"] for run in client.get("/api/runs").json()["runs"]} == {"demo"}
    assert [project["name"] for project in client.get("/api/projects").json()["projects"]] == ["demo"]
    refused = (
        client.get("/api/runs/hidden"), client.get("/api/runs/hidden/console"), client.get(f"/api/objects/{sha256}"),
        client.get("/api/compare?runs=hidden"), client.patch("/api/runs", json={"run_ids": ["hidden"], "notes": "x"}),
        client.post("/api/rows", json={"run_ids": ["hidden"]}),
    )  # fmt: skip
    assert [answer.status_code for answer in refused] == [404] * len(refused)
    seen = client.post("/api/sql", json={"query": "SELECT DISTINCT project FROM db.runs"}).json()
    assert seen["rows"] == [["demo"]]
    assert "secret/key" not in client.get("/api/sql/schema").text
    assert client.get("/api/settings/side").status_code == 403
    header, _ = _series(client, run_ids=["hidden", "beta"], keys=["secret/key", "loss"])
    assert {curve["run_id"] for curve in header["curves"]} == {"beta"}
    for path in (
        "/api/columns",
        "/api/media",
        "/api/files",
        "/api/complete?text=secr",
        "/api/export.csv",
        "/api/changes?cursor=x:0",
    ):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "hidden" not in answer.text
        assert "secret" not in answer.text


def test_expressions_differences_and_words_at_steps(served: Running) -> None:
    """Curves of expressions, minus a run, with the annotations of their runs at their places on x; what is wrong is said."""
    client = served.client
    made = client.post("/api/annotations", json={"run_id": "beta", "step": 1, "text": "warm"}).json()["id"]
    header, _ = _series(client, run_ids=["alpha-1", "beta"], keys=["loss", "=2 * loss"], x="time", minus="beta")
    assert {curve["key"] for curve in header["curves"]} == {"loss", "=2 * loss"}
    assert [(one["id"], one["run_id"], one["step"], one["text"]) for one in header["annotations"]] == [
        (made, "beta", 1, "warm")
    ]
    changed = {"run_id": "beta", "step": 1, "text": "", "id": made}
    assert client.post("/api/annotations", json=changed).json() == {"id": made}
    header, _ = _series(client, run_ids=["beta"], keys=["loss"])
    assert header["annotations"] == []
    for wrong, status in (
        ({"run_id": "gone", "step": 1, "text": "x"}, 404),
        ({"run_id": "beta", "step": 1, "text": "  "}, 400),
        ({"run_id": "beta", "step": -1, "text": "x"}, 400),
        ({"run_id": "beta", "step": 1, "text": "x", "id": "none"}, 404),
    ):
        assert client.post("/api/annotations", json=wrong).status_code == status
    assert client.post("/api/series", json={"run_ids": ["beta"], "keys": ["=los"], "width": 9}).status_code == 400
    assert client.get("/api/parse/expression?text=2*loss").json()["ok"] is True
    said = client.get("/api/parse/expression?text=2*lost").json()
    assert (said["ok"], said["hint"]) == (False, "did you mean `loss`?")
