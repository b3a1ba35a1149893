"""Figures: what is drawn, from frames and from stores, and how it is saved."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import eventide
from eventide import plots
from eventide.compat import experiment_tracker as old
from eventide.errors import InvalidSetting
from eventide.testing import make_run

pytest.importorskip("plotly")


@pytest.fixture
def store(store_dir: Path) -> Any:
    """Return a store of two learning rates with three seeds each."""
    for number in range(6):
        lr, seed = (0.1, 0.01)[number // 3], number % 3
        rows = [{"acc": lr + step / 10 + seed / 100} for step in range(5)]
        make_run(
            store_dir,
            f"20260101-00000{number}-some-run-{number:08d}",
            rows,
            config={"lr": lr, "seed": seed, "opt": "<b>"},
        )
    with eventide.open(store_dir) as opened:
        yield opened


@pytest.fixture
def frame() -> pd.DataFrame:
    """Return twelve runs with a numeric, a text and a useless parameter."""
    lrs = [10.0 ** -(1 + run % 3) for run in range(12)]
    accs = [0.5 + math.log10(lr) / 10 + 0.01 * (run // 3) for run, lr in enumerate(lrs)]
    return pd.DataFrame(
        {"lr": lrs, "depth": [run // 3 for run in range(12)], "opt": ["sgd", "adam"] * 6, "acc": [*accs[:-1], math.nan]}
    )


def test_bands_pool_over_seeds(store: Any) -> None:
    """Grouped by a parameter, each group is its mean with a band of one standard deviation."""
    figure = plots.learning_curves(store, "acc", by="lr")
    bands = [trace for trace in figure.data if trace.fill == "toself"]
    lines = [trace for trace in figure.data if trace.fill is None]

    assert (len(bands), len(lines)) == (2, 2)
    line = next(trace for trace in lines if trace.name == "lr=0.1 (n=3)")
    assert pytest.approx([0.11, 0.21, 0.31, 0.41, 0.51]) == list(line.y)
    assert pytest.approx(0.12) == max(bands[lines.index(line)].y[:1])
    assert (
        len([trace for trace in plots.learning_curves(store, "acc", by="-seed", band="ci").data if trace.fill is None])
        == 2
    )
    assert len(plots.learning_curves(store, "acc", where="lr>0").data) == 6


def test_curves_of_a_long_frame_keep_spikes() -> None:
    """A long curve has few points, and its band reaches to its highest value."""
    values = np.zeros(10_000)
    values[5_000] = 7.0
    points = pd.DataFrame({"run_id": "a", "key": "loss", "step": np.arange(10_000), "value": values})
    figure = plots.learning_curves(points, "loss")

    assert max(len(trace.x) for trace in figure.data) <= 2000
    assert max(figure.data[0].y) == 7.0


def test_parallel_coordinates_and_scatter_matrix(frame: pd.DataFrame) -> None:
    """Axes are the parameters that differ and the metric; runs without a value are left out, texts are named."""
    (parallel,) = plots.parallel_coordinates(frame, "acc").data
    (matrix,) = plots.scatter_matrix(frame, "acc").data

    assert [dimension.label for dimension in parallel.dimensions] == ["lr", "depth", "opt", "acc"]
    assert {11} == {len(dimension["values"]) for dimension in parallel.dimensions}
    assert parallel.dimensions[2].ticktext == ("adam", "sgd")
    assert [dimension.label for dimension in matrix.dimensions] == ["lr", "depth", "opt", "acc"]


def test_importance_finds_what_matters(frame: pd.DataFrame) -> None:
    """The parameter that makes the metric comes first, by forest and by marginal effect; the answer is the same again."""
    found = plots.parameter_importance(frame, "acc")

    assert found["parameter"][0] == "lr"
    assert found["marginal"][0] > 0.8
    assert math.isnan(found.set_index("parameter")["correlation"]["opt"])
    assert found.equals(plots.parameter_importance(frame, "acc"))
    assert len(plots.importance(frame, "acc").data) == 2


def test_contour_and_boxes(frame: pd.DataFrame) -> None:
    """A contour needs two numbers; boxes take anything, the lowest median first."""
    surface, dots = plots.contour(frame, "acc", "lr", "depth", log=True).data
    boxes = plots.box(frame, "acc", ["lr", "opt"]).data

    assert (len(dots.x), np.shape(surface.z)) == (8, (40, 40))
    assert len(boxes) == 6
    assert boxes[0].name.startswith("lr=0.001")


def test_confusion_matrix_has_its_views() -> None:
    """Counts, shares by row, by column and of all can be switched; names are shown as text."""
    figure = plots.confusion_matrix([[1, 3], [0, 4]], ["<b>cat", "dog"], normalize="recall")

    assert np.asarray(figure.data[0].z).tolist() == [[0.25, 0.75], [0, 1]]
    assert figure.data[0].x[0] == "&lt;b&gt;cat"
    assert [button.label for button in figure.layout.updatemenus[0].buttons] == ["recall", "counts", "precision", "all"]


def test_mistakes_are_named(frame: pd.DataFrame) -> None:
    """What cannot be drawn is refused with a reason."""
    for wrong in (
        lambda: plots.box(frame, "nothing", "lr"),
        lambda: plots.box(frame, "acc", "nothing"),
        lambda: plots.contour(frame, "acc", "lr", "opt"),
        lambda: plots.parameter_importance(frame.iloc[:3], "acc"),
        lambda: plots.confusion_matrix([[1, 2]]),
        lambda: plots.confusion_matrix([[1]], ["a", "b"]),
        lambda: plots.parallel_coordinates(frame.iloc[:0], "acc"),
        lambda: plots.parallel_coordinates(3, "acc"),
        lambda: plots.learning_curves(pd.DataFrame({"run_id": []}), "acc"),
        lambda: plots.save(None, "figure.pdf"),
    ):
        with pytest.raises(InvalidSetting):
            wrong()


def test_html_is_a_page_of_its_own(frame: pd.DataFrame, tmp_path: Path) -> None:
    """The file loads no script from anywhere."""
    text = plots.save(plots.box(frame, "acc", "opt"), tmp_path / "box.html").read_text(encoding="utf-8")

    assert "Plotly.newPlot" in text
    assert '<script src="' not in text
    assert [tmp_path / "box.html"] == list(tmp_path.glob("*box*"))


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.skipif(
    not (shutil.which("chromium") or shutil.which("google-chrome")), reason="no Chrome or Chromium here"
)
@pytest.mark.filterwarnings("ignore")  # kaleido's own, on its way out of the browser
def test_pictures_are_drawn_offline(frame: pd.DataFrame, tmp_path: Path) -> None:
    """PNG and SVG come from the browser of this machine."""
    figure = plots.box(frame, "acc", "opt")

    assert plots.save(figure, tmp_path / "box.png").read_bytes().startswith(b"\x89PNG")
    assert plots.save(figure, tmp_path / "box.svg").read_bytes().startswith(b"<svg")


def test_the_old_names_draw(frame: pd.DataFrame) -> None:
    """The figures of experiment_tracker are drawn by the same functions."""
    index = pd.MultiIndex.from_tuples([("d", run, epoch) for run in (0, 1) for epoch in range(3)])
    curves = pd.DataFrame({"loss": range(6)}, index=index)

    assert len(old.gui.plots.plots_epochs(curves, "loss").data) == 2
    assert len(old.gui.plots.parallel_coordinates(frame.drop(columns="acc"), frame[["acc"]]).data) == 1
    assert np.asarray(
        old.gui.plots.interactive_confusion_matrix([[1, 1], [0, 2]], ispercent=True).data[0].z
    ).tolist() == [[0.5, 0.5], [0, 1]]
