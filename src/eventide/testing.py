"""Public helpers for tests: a clock to turn by hand, stores made to measure, and the suite every Source must pass.

To test an implementation, subclass `SourceContract` in a test module and say how to open a store:

    class TestMySource(SourceContract):
        def open_source(self, root):
            return MySource(root)

Invariant: nothing here is imported by Eventide itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eventide.clock import SYSTEM_CLOCK, Clock
from eventide.errors import (
    InvalidFilter,
    InvalidName,
    InvalidQuery,
    InvalidSetting,
    InvalidValue,
    LimitExceeded,
    ObjectNotFound,
    RunAmbiguous,
    RunNotFound,
)
from eventide.journal.writer import Identity, JournalWriter
from eventide.layout import Layout
from eventide.model import (
    Buckets,
    Edit,
    FileQuery,
    RunQuery,
    RunStatus,
    Series,
    SeriesQuery,
    Smoothing,
    SqlLimits,
)
from eventide.objects.local import LocalObjects
from eventide.source import Source


class FakeClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, now_s: float = 1_790_000_000.0) -> None:
        self.now_s = now_s

    def time(self) -> float:
        """Return the wall time it was set to."""
        return self.now_s

    def monotonic(self) -> float:
        """Return the same time: nothing here needs them to differ."""
        return self.now_s

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now_s += seconds


def make_run(
    root: Path,
    run_id: str,
    rows: Iterable[Mapping[str, Any]] = (),
    *,
    project: str = "demo",
    name: str = "",
    config: Mapping[str, Any] | None = None,
    tags: Iterable[str] = (),
    status: str | None = "finished",
    steps: Iterable[int] | None = None,
    clock: Clock = SYSTEM_CLOCK,
    **identity: Any,
) -> JournalWriter:
    """Write a run's journal directly; return its writer, closed unless `status` is None.

    Args:
        root: the store; made when it is not there.
        run_id: id of the run.
        rows: what to log, in order.
        project: project of the run.
        name: name of the run, empty for the one its id gives.
        config: its config.
        tags: its tags.
        status: how it ended; None leaves it running.
        steps: a step per row; None counts from 0.
        clock: where times come from.
        **identity: further fields of `journal.writer.Identity`.
    """
    layout = Layout(root)
    layout.create(now_s=clock.time())
    writer = JournalWriter(layout, Identity(run_id, project, identity.pop("role", "run"), **identity), clock=clock)
    if name:
        writer.set(("name",), name)
    if config is not None:
        writer.set(("config",), dict(config))
    for tag in tags:
        writer.set(("tags", tag), True)
    places: Iterable[int | None] = iter(steps) if steps is not None else iter(lambda: None, 0)
    for row, step in zip(rows, places, strict=False):
        writer.append(row, step)
    if status is not None:
        writer.close({"status": status})
    return writer


FIRST, SECOND, THIRD = (
    f"20260101-00000{number}-quiet-stork-{end}" for number, end in enumerate(("aaaaaaaa", "bbbbbbbb", "cccccccc"))
)


SAMPLE_OBJECT = b"0123456789"


def make_sample_store(root: Path) -> None:
    """Write the store the contract asks about: two finished runs and one that still runs, in two projects."""
    clock = FakeClock()

    def losses(start: float) -> list[dict[str, Any]]:
        clock.advance(1)
        return [{"loss": start / (step + 1), "acc": step / 10, "epoch": step} for step in range(10)]

    make_run(
        root, FIRST, losses(1.0), name="first", config={"lr": 0.1, "opt": {"name": "sgd"}}, tags=["paper"], clock=clock
    )
    spiky = [*losses(2.0), {"loss": 1e6, "phase": "test"}, {"loss": math.nan}]
    make_run(
        root, SECOND, spiky, name="second", config={"lr": 0.01, "opt": {"name": "adam"}}, status="failed", clock=clock
    )
    clock.advance(1)
    live = make_run(root, THIRD, [{"loss": 0.5, "a b/c.d": 1}], project="other", status=None, clock=clock)
    live.set(("values", "test_acc"), 0.75)
    live.set(("provenance", "git"), {"commit": "0123abc", "dirty": True})
    live.console("hello\n")
    for load in (0.25, 0.5, 0.75):
        clock.advance(1)
        live.system({"cpu/percent": load, "gpu/0/power_w": 100.0})
    sha256 = LocalObjects(Layout(root)).put_bytes(SAMPLE_OBJECT)
    media = {"kind": "media", "name": "sample", "sha256": sha256, "size_bytes": len(SAMPLE_OBJECT), "format": "txt"}
    live.file(media, step=3)
    live.file({"kind": "use", "name": "data", "version": 1})
    live.sync()


class SourceContract:
    """What every Source does; subclass it and override `open_source`."""

    def open_source(self, root: Path) -> Source:
        """Return a source over the store at `root`."""
        raise NotImplementedError

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        """The sample store."""
        make_sample_store(tmp_path / "sample")
        return tmp_path / "sample"

    @pytest.fixture
    def source(self, root: Path) -> Iterable[Source]:
        """A source over the sample store."""
        source = self.open_source(root)
        yield source
        source.close()

    def test_it_is_a_source(self, source: Source) -> None:
        """The object has every method of the protocol."""
        assert isinstance(source, Source)

    def test_runs_come_newest_first(self, source: Source) -> None:
        """Without a sort, runs are listed by their start, the newest first."""
        assert [run.id for run in source.runs(RunQuery()).runs] == [THIRD, SECOND, FIRST]

    def test_a_page_says_how_many_runs_there_are_in_all(self, source: Source) -> None:
        """Limit and offset cut a page out of the answer; the total does not change."""
        page = source.runs(RunQuery(limit=1, offset=1))

        assert (page.total, [run.id for run in page.runs]) == (3, [SECOND])

    def test_runs_are_filtered_and_sorted(self, source: Source) -> None:
        """Filter and sort use the grammar, over params and metrics alike."""
        page = source.runs(RunQuery("opt.name=adam or tag:paper", sort="lr"))

        assert [run.name for run in page.runs] == ["second", "first"]

    def test_runs_of_some_projects_only(self, source: Source) -> None:
        """A query can be held to some projects, beside what it asks for itself."""
        assert [run.id for run in source.runs(RunQuery(projects=("other", "nothing"))).runs] == [THIRD]
        assert source.runs(RunQuery(project="demo", projects=("other",))).total == 0
        assert source.runs(RunQuery("loss<1", projects=())).total == 0

    def test_functions_of_points_work_in_filters(self, source: Source) -> None:
        """at() looks at single points, not only at statistics."""
        assert [run.id for run in source.runs(RunQuery("at(loss,1)=0.5")).runs] == [FIRST]

    def test_a_filter_that_does_not_parse_says_where(self, source: Source) -> None:
        """The error carries the offset of the first character that cannot be read."""
        with pytest.raises(InvalidFilter) as caught:
            source.runs(RunQuery("lr <"))

        assert 0 < caught.value.position <= len("lr <")

    def test_a_run_has_its_details(self, source: Source) -> None:
        """Config, params, metrics, tags and status are what was written."""
        run = source.run(FIRST)

        assert (run.name, run.project, run.status, run.tags) == ("first", "demo", RunStatus.FINISHED, ("paper",))
        assert run.config == {"lr": 0.1, "opt": {"name": "sgd"}}
        assert run.params == {"lr": 0.1, "opt.name": "sgd"}
        assert (
            run.metrics["loss"].count, run.metrics["loss"].first, run.metrics["loss"].last, run.metrics["loss"].best,
            run.metrics["loss"].best_step,
        ) == (10, 1.0, 0.1, 0.1, 9)  # fmt: skip

    def test_non_finite_values_are_counted_apart(self, source: Source) -> None:
        """A NaN is the last value, and never the minimum, maximum or mean."""
        loss = source.run(SECOND).metrics["loss"]

        assert isinstance(loss.last, float)
        assert math.isnan(loss.last)
        assert (loss.count, loss.nonfinite, loss.first_nonfinite_step, loss.max) == (12, 1, 11, 1e6)

    def test_an_unknown_run_is_not_found(self, source: Source) -> None:
        """A missing run is an error of its own, with a hint."""
        with pytest.raises(RunNotFound) as caught:
            source.run("nothing")

        assert caught.value.hint

    @pytest.mark.parametrize("selector", [FIRST, "first", "20260101-000000", "aaaa", "@best:loss"])
    def test_selectors_find_a_run(self, source: Source, selector: str) -> None:
        """An id, a name, a prefix of the id or of its random end, and @best all mean the run."""
        assert FIRST in source.resolve(selector)

    def test_last_and_running_are_selectors(self, source: Source) -> None:
        """@last is the run that started last; @running are those that run."""
        assert (source.resolve("@last"), source.resolve("@running")) == ([THIRD], [THIRD])

    def test_a_prefix_of_several_runs_is_ambiguous(self, source: Source) -> None:
        """The error names the candidates."""
        with pytest.raises(RunAmbiguous) as caught:
            source.resolve("20260101")

        assert {FIRST, SECOND, THIRD} == set(caught.value.candidates)

    def test_projects_and_keys_are_listed(self, source: Source) -> None:
        """Projects come with counts, keys with the number of runs that have them."""
        assert {("demo", 2, 0), ("other", 1, 1)} == {(p.name, p.runs, p.running) for p in source.projects()}
        assert {key.key: key.runs for key in source.keys(project="demo")} == {
            "loss": 2,
            "acc": 2,
            "epoch": 2,
            "phase": 1,
        }
        assert [key.key for key in source.keys(run_ids=[THIRD])] == ["a b/c.d", "loss"]

    def test_facets_count_values(self, source: Source) -> None:
        """The values of a field come with how many runs have them."""
        assert {("sgd", 1), ("adam", 1)} == {
            (facet.value, facet.runs) for facet in source.facets("opt.name", RunQuery())
        }

    def test_series_are_every_point(self, source: Source) -> None:
        """Without bins, a curve is exactly what was logged, NaN included."""
        (curve,) = source.series(SeriesQuery((SECOND,), ("loss",)))

        assert isinstance(curve, Series)
        assert list(range(12)) == curve.step.tolist()
        assert curve.y[10] == 1e6
        assert math.isnan(curve.y[11])

    def test_buckets_never_lose_a_spike(self, source: Source) -> None:
        """The maximum over all buckets is the maximum of the curve, and every point is counted."""
        buckets = source.series(SeriesQuery((FIRST, SECOND), ("loss",), bins=3))

        assert all(isinstance(curve, Buckets) for curve in buckets)
        assert buckets[0].edges.tolist() == buckets[1].edges.tolist()  # type: ignore[union-attr]
        assert max(value for value in buckets[1].max.tolist() if not math.isnan(value)) == 1e6  # type: ignore[union-attr]
        assert (buckets[1].count.sum(), buckets[1].nonfinite.sum()) == (12, 1)  # type: ignore[union-attr]

    def test_a_metric_can_be_x(self, source: Source) -> None:
        """Any logged key can be the x axis."""
        (curve,) = source.series(SeriesQuery((FIRST,), ("loss",), x="acc", start=0.2, stop=0.4))

        assert isinstance(curve, Series)
        assert curve.x.tolist() == [0.2, 0.3, 0.4]

    def test_rows_have_the_logged_keys_as_columns(self, source: Source) -> None:
        """Rows are run_id, step, ts and the keys under the names they were logged with; ints stay ints."""
        table = source.rows([FIRST])

        assert {"run_id", "step", "ts", "loss", "acc", "epoch"} == set(table.column_names)
        assert list(range(10)) == table.column("epoch").to_pylist()
        assert all(isinstance(value, int) for value in table.column("epoch").to_pylist())

    def test_values_for_the_whole_run_reach_back(self, source: Source) -> None:
        """A value set for the run shows in all of its rows."""
        assert source.rows([THIRD]).column("test_acc").to_pylist() == [0.75]

    def test_sql_sees_rows_runs_metrics_and_params(self, source: Source) -> None:
        """One statement can join what was logged with what is known about runs."""
        table = source.sql(
            "SELECT r.name, count(*) AS n FROM db.events e JOIN db.runs r USING (run_id) JOIN db.params p USING (run_id)"
            " JOIN db.metrics m USING (run_id) WHERE p.key = 'lr' AND m.key = 'loss' AND e.loss < ? GROUP BY ALL ORDER BY ALL",
            [0.5],
        )

        assert table.to_pylist() == [{"name": "first", "n": 8}, {"name": "second", "n": 6}]

    @pytest.mark.parametrize(
        "query", ["SELEC 1", "SELECT nothing FROM db.events", "DROP TABLE runs", "SELECT 1; SELECT 2", ""]
    )
    def test_sql_that_cannot_run_is_refused(self, source: Source, query: str) -> None:
        """Broken, writing and multiple statements are the caller's mistake."""
        with pytest.raises(InvalidQuery):
            source.sql(query)

    def test_sql_honours_a_row_limit(self, source: Source) -> None:
        """An answer with more rows than allowed is an error, not a cut answer."""
        with pytest.raises(LimitExceeded):
            source.sql("SELECT * FROM db.events", limits=SqlLimits(max_rows=3))

    def test_sql_can_be_kept_to_some_projects(self, source: Source) -> None:
        """The views then show the runs of these alone."""
        within = SqlLimits(projects=("other",))
        assert source.sql("SELECT run_id FROM db.runs", limits=within).to_pylist() == [{"run_id": THIRD}]
        found = source.sql("SELECT DISTINCT run_id FROM db.events", limits=within)
        assert set(found.column("run_id").to_pylist()) <= {THIRD}

    def test_console_text_is_kept_as_written(self, source: Source) -> None:
        """Console text comes back as it was, and can be skipped."""
        assert [line.text for line in source.console(THIRD)] == ["hello\n"]
        assert source.console(THIRD, after=1) == []
        assert [source.console_count(run_id) for run_id in (FIRST, THIRD)] == [0, 1]

    def test_edits_change_what_runs_are_called(self, source: Source) -> None:
        """Names, notes and tags can be changed from outside, and a run can be archived."""
        source.edit([FIRST], Edit(name="renamed", notes="a *note*", add_tags=("best",), remove_tags=("paper",)))
        source.edit([SECOND], Edit(archived=True))

        run = source.run(FIRST)
        assert (run.name, run.notes, run.tags, run.status) == ("renamed", "a *note*", ("best",), RunStatus.FINISHED)
        assert SECOND not in [run.id for run in source.runs(RunQuery()).runs]
        assert SECOND in [run.id for run in source.runs(RunQuery(archived=True)).runs]

    def test_the_bin_hides_and_gives_back(self, source: Source) -> None:
        """A run in the bin is in no list, no frame and no query, until it is taken out."""
        source.edit([FIRST], Edit(deleted=True))
        assert [run.id for run in source.runs(RunQuery()).runs] == [THIRD, SECOND]
        assert [run.id for run in source.runs(RunQuery(deleted=True)).runs] == [FIRST]
        assert source.rows().num_rows == 13
        assert source.sql("SELECT count(*) AS n FROM db.events").column("n").to_pylist() == [13]

        source.edit([FIRST], Edit(deleted=False))
        assert source.rows().num_rows == 23
        assert source.sql("SELECT count(*) AS n FROM db.events").column("n").to_pylist() == [23]

    def test_an_edit_of_an_unknown_run_changes_nothing(self, source: Source) -> None:
        """When one of the runs does not exist, none is changed."""
        with pytest.raises(RunNotFound):
            source.edit([FIRST, "nothing"], Edit(name="x"))

        assert source.run(FIRST).name == "first"

    @pytest.mark.parametrize("edit", [Edit(name="../x"), Edit(add_tags=("a/b",)), Edit(name="")])
    def test_an_edit_with_a_bad_name_is_refused(self, source: Source, edit: Edit) -> None:
        """Names and tags go through the same checks as in the script."""
        with pytest.raises(InvalidName):
            source.edit([FIRST], edit)

    def test_changes_tell_what_is_new(self, source: Source, root: Path) -> None:
        """A cursor handed back brings only what happened since."""
        cursor = source.changes().cursor
        assert source.changes(cursor).run_ids == ()

        make_run(root, "new-run", [{"loss": 1.0}])

        assert source.changes(cursor).run_ids == ("new-run",)

    def test_a_row_is_readable_as_soon_as_log_returns(self, source: Source, root: Path) -> None:
        """Rows of a run that is being written are seen by the very next question, of every kind."""
        writer = make_run(root, "live-run", [{"loss": 1.0}], status=None)
        for count in range(2, 5):
            writer.append({"loss": float(count)})

            assert count == source.rows(["live-run"]).num_rows
            assert count == source.run("live-run").metrics["loss"].last
            assert [count] == source.sql("SELECT count(*) AS n FROM db.events WHERE run_id = 'live-run'").column(
                "n"
            ).to_pylist()
            assert count == len(source.series(SeriesQuery(("live-run",), ("loss",)))[0])  # type: ignore[arg-type]

    def test_the_newest_attempt_wins_where_steps_overlap(self, source: Source, root: Path) -> None:
        """After a resume from an older step both readings exist: the last attempt, and all rows."""
        make_run(root, "resumed", [{"loss": 1.0}] * 5, status="failed")
        make_run(root, "resumed", [{"loss": 2.0}] * 3, steps=[3, 4, 5], attempt=2)

        def losses(attempts: Any) -> list[float]:
            (curve,) = source.series(SeriesQuery(("resumed",), ("loss",), attempts=attempts))
            assert isinstance(curve, Series)
            return list(curve.y)

        assert [1.0, 1.0, 1.0, 2.0, 2.0, 2.0] == losses("last") == source.rows(["resumed"]).column("loss").to_pylist()
        assert losses("all") == [1.0] * 5 + [2.0] * 3
        assert source.run("resumed").metrics["loss"].count == 6
        counts = source.sql(
            "SELECT (SELECT count(*) FROM db.events WHERE run_id = 'resumed'),"
            " (SELECT count(*) FROM db.events_all WHERE run_id = 'resumed')"
        )
        assert list(counts.to_pylist()[0].values()) == [6, 8]

    def test_references_to_objects_are_listed(self, source: Source) -> None:
        """References come in the order of time, can be chosen by run, project, kind and name, and say all that was recorded."""
        media, use = source.files(FileQuery())
        assert (media.run_id, media.project, media.kind, media.name, media.step) == (
            THIRD,
            "other",
            "media",
            "sample",
            3,
        )
        assert (media.size_bytes, media.format, media.record["format"]) == (len(SAMPLE_OBJECT), "txt", "txt")
        assert (use.kind, use.step, use.sha256, use.record["version"]) == ("use", None, "", 1)
        for query in (
            FileQuery(kinds=("media", "result")),
            FileQuery((THIRD,), name="sample"),
            FileQuery(project="other", limit=1),
        ):
            assert source.files(query) == [media]
        assert source.files(FileQuery(offset=1)) == [use]
        assert source.files(FileQuery((FIRST, SECOND))) == source.files(FileQuery(project="demo")) == []

    def test_references_of_runs_in_the_bin_are_hidden(self, source: Source) -> None:
        """Lists leave out what lies in the bin; asked for by its run it is there."""
        source.edit([THIRD], Edit(deleted=True))
        assert source.files(FileQuery()) == []
        assert len(source.files(FileQuery((THIRD,)))) == 2

    def test_references_can_be_added_from_outside(self, source: Source) -> None:
        """An edit may add references, such as an alias; one without a kind is refused."""
        source.edit([FIRST], Edit(files=({"kind": "alias", "name": "data", "alias": "best"},)))
        (alias,) = source.files(FileQuery(kinds=("alias",)))
        assert (alias.run_id, alias.name, alias.record["alias"]) == (FIRST, "data", "best")
        with pytest.raises(InvalidValue):
            source.edit([FIRST], Edit(files=({"name": "data"},)))

    def test_objects_are_read_whole_and_in_pieces(self, source: Source) -> None:
        """An object has a size, and any stretch of it can be read."""
        sha256 = source.files(FileQuery(kinds=("media",)))[0].sha256
        assert source.object_size(sha256) == len(SAMPLE_OBJECT)
        assert source.open_object(sha256) == SAMPLE_OBJECT
        assert source.open_object(sha256, start=3, stop=5) == b"34"
        assert source.open_object(sha256, start=8) == b"89"
        assert source.open_object(sha256, start=20) == source.open_object(sha256, start=5, stop=5) == b""

    def test_samples_of_the_machine_are_curves(self, source: Source) -> None:
        """System metrics have keys and curves of their own, and never mix with what was logged."""
        assert [(key.key, key.project, key.runs) for key in source.keys(run_ids=[THIRD], table="system")] == [
            ("cpu/percent", "other", 1),
            ("gpu/0/power_w", "other", 1),
        ]
        assert source.keys(project="demo", table="system") == []
        assert "cpu/percent" not in {key.key: key for key in source.keys(project=None)}
        (curve,) = source.series(SeriesQuery((THIRD,), ("cpu/percent",), x="time", table="system"))
        assert isinstance(curve, Series)
        assert (list(curve.y), list(curve.step)) == ([0.25, 0.5, 0.75], [0, 1, 2])
        assert list(np.diff(curve.x)) == [1.0, 1.0]
        (buckets,) = source.series(SeriesQuery((THIRD,), ("cpu/percent",), x="time", table="system", bins=2))
        assert isinstance(buckets, Buckets)
        assert buckets.count.sum() == 3

    def test_curves_can_be_smoothed(self, source: Source) -> None:
        """Smoothing changes what is drawn, never the extremes, and happens before a range is cut out."""
        raw, mean = (
            source.series(SeriesQuery((FIRST,), ("acc",), smooth=how)) for how in (None, Smoothing("mean", 2.0))
        )
        assert isinstance(raw[0], Series)
        assert isinstance(mean[0], Series)
        assert mean[0].y[1:-1] == pytest.approx(raw[0].y[1:-1])
        assert mean[0].y[0] == pytest.approx((raw[0].y[0] + raw[0].y[1]) / 2)
        (cut,) = source.series(SeriesQuery((FIRST,), ("acc",), start=5, smooth=Smoothing("mean", 2.0)))
        assert isinstance(cut, Series)
        assert cut.y[0] == pytest.approx(raw[0].y[5])
        (buckets,) = source.series(SeriesQuery((SECOND,), ("loss",), bins=3, smooth=Smoothing("mean", 4.0)))
        assert isinstance(buckets, Buckets)
        assert buckets.max.max() == 1e6
        assert buckets.last[-1] < 1e6

    @pytest.mark.parametrize("smoothing", [Smoothing("ema", 1.0), Smoothing("mean", 0.0), Smoothing("cubic", 1.0)])  # type: ignore[arg-type]
    def test_impossible_smoothing_is_refused(self, source: Source, smoothing: Smoothing) -> None:
        """An amount or kind that means nothing is the caller's mistake."""
        with pytest.raises(InvalidSetting):
            source.series(SeriesQuery((FIRST,), ("loss",), smooth=smoothing))

    def test_a_run_says_where_it_came_from(self, source: Source) -> None:
        """Provenance comes with the details of a run, and is empty where nothing was captured."""
        assert source.run(THIRD).provenance == {"git": {"commit": "0123abc", "dirty": True}}
        assert source.run(FIRST).provenance == {}

    @pytest.mark.parametrize("sha256", ["0" * 64, "../../x", ""])
    def test_an_object_that_is_not_there_is_not_found(self, source: Source, sha256: str) -> None:
        """Unknown hashes and things that are no hash are refused, not looked up."""
        for question in (source.open_object, source.object_size):
            with pytest.raises((ObjectNotFound, InvalidName)):
                question(sha256)
