"""Kinds of media other than pictures: sound, films, texts, tables, histograms, figures, graphs, files."""

from __future__ import annotations

import io
import wave
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.media.conftest import shown

import eventide
from eventide.errors import InvalidValue

if TYPE_CHECKING:
    from eventide.sdk.run import Run

RNG = np.random.default_rng(5)


# --- sound and films ----------------------------------------------------------------------------------------------------


def test_samples_become_wav(run: Run) -> None:
    """Floats are 16 bits in the file, what is beyond -1..1 is cut off and counted; integers are exact."""
    exact = (np.arange(2000) - 1000).astype(np.int16)
    loud = np.array([0.0, 2.0, np.nan, -1.0] * 100, dtype=np.float32)
    run.log(
        {
            "exact": eventide.Audio(exact, 8000),
            "loud": eventide.Audio(loud, 8000),
            "stereo": eventide.Audio(np.zeros((2, 500)), 8000),
        }
    )
    found = {medium.key: medium for medium in shown(run)}
    with wave.open(io.BytesIO(found["exact"].read())) as sound:
        assert np.array_equal(np.frombuffer(sound.readframes(2000), dtype="<i2"), exact)
    assert found["exact"].record["duration_s"] == 0.25
    assert (found["loud"].record["clipped"], found["loud"].record["nonfinite"]) == (100, 100)
    assert found["stereo"].record["channels"] == 2


def test_sound_files_are_looked_at(run: Run, tmp_path: Path) -> None:
    """A FLAC file is kept as it is, and soundfile says how long it is."""
    soundfile = pytest.importorskip("soundfile")
    path = tmp_path / "tone.flac"
    soundfile.write(path, np.zeros(8000), 16000)
    run.log({"tone": path})
    (found,) = shown(run)
    assert (found.type, found.format, found.record["duration_s"]) == ("audio", "flac", 0.5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"data": np.zeros(10)},
        {"data": np.zeros((0,)), "sample_rate_hz": 5},
        {"data": np.zeros((5, 5, 5)), "sample_rate_hz": 5},
        {"data": np.zeros(5), "sample_rate_hz": -1},
    ],
)
def test_what_is_no_sound_says_so(wrong: dict[str, Any]) -> None:
    """Samples without a rate, none at all, of three dimensions, or of a negative rate raise."""
    with pytest.raises(InvalidValue):
        eventide.Audio(**wrong)


@pytest.mark.parametrize("form", ["mp4", "webm", "gif"])
def test_frames_become_a_film(run: Run, form: Any) -> None:
    """Frames of odd sides become a film that a decoder reads back frame by frame."""
    pytest.importorskip("av")
    frames = RNG.integers(0, 256, (6, 33, 47, 3), dtype=np.uint8)
    run.log(
        {
            "film": eventide.Video(frames, fps=3, format=form),
            "torchlike": eventide.Video(frames.transpose(0, 3, 1, 2), format="gif"),
        }
    )
    film, other = shown(run)
    assert (film.format, film.record["frames"], film.record["duration_s"]) == (form, 6, 2.0)
    assert other.record["width"] == 47
    if form != "gif":
        import av

        with av.open(io.BytesIO(film.read())) as container:
            decoded: Any = container
            assert len(list(decoded.decode(video=0))) == 6


# --- texts, tables, histograms ------------------------------------------------------------------------------------------


def test_frames_are_tables(run: Run) -> None:
    """A DataFrame of pandas or polars that is logged as it is becomes a table that can be read back."""
    import pandas as pd

    frame = pd.DataFrame(
        {"n": [1, 2], "x": [0.5, float("nan")], "t": ["a", "ü"], "when": [pd.Timestamp("2026-01-01"), pd.NaT]}
    )
    run.log({"table": frame})
    polars = pytest.importorskip("polars")
    run.log({"polars": polars.DataFrame({"a": [1, 2]})})
    table, other = shown(run)
    assert table.data() == {
        "columns": ["n", "x", "t", "when"],
        "rows": [[1, 0.5, "a", "2026-01-01T00:00:00"], [2, "NaN", "ü", None]],
    }
    assert other.data()["rows"] == [[1], [2]]


def test_a_huge_table_loses_no_row(run: Run) -> None:
    """What a page shows is bounded; all rows are in a second object."""
    run.log({"table": eventide.Table([[i, str(i)] for i in range(25_000)], columns=["n", "t"])})
    (found,) = shown(run)
    assert (found.record["rows"], found.record["shown"], len(found.data()["rows"])) == (25_000, 10_000, 10_000)
    assert found.frame()["n"].tolist() == list(range(25_000))


def test_tables_of_every_form(run: Run) -> None:
    """Rows, dicts, columns and rows added one by one are tables."""
    grown = eventide.Table(columns=["a", "b"])
    grown.add(1, 2)
    run.log(
        {
            "rows": eventide.Table([[1, "x"]], ["a", "b"]),
            "dicts": eventide.Table([{"a": 1}, {"b": 2}]),
            "columns": eventide.Table({"a": [1, 2]}),
            "grown": grown,
        }
    )
    assert [medium.data()["rows"] for medium in shown(run)] == [
        [[1, "x"]],
        [[1, None], [None, 2]],
        [[1], [2]],
        [[1, 2]],
    ]


@pytest.mark.parametrize("wrong", ["text", 5, [1, 2], [[1, 2], [1]], {"a": [1], "b": [1, 2]}])
def test_what_is_no_table_says_so(wrong: Any) -> None:
    """Texts, numbers, rows of several lengths raise."""
    with pytest.raises(InvalidValue):
        eventide.Table(wrong)


def test_histograms(run: Run) -> None:
    """Values are counted, what is not finite aside; edges and counts that exist are taken; equal values have a place."""
    values = np.array([0.0, 1.0, 1.0, 2.0, np.nan, np.inf])
    run.log(
        {
            "a": eventide.Histogram(values, bins=2),
            "b": eventide.Histogram(edges=[0, 1, 2], counts=[3, 4]),
            "same": eventide.Histogram([5.0] * 9),
            "none": eventide.Histogram([np.nan]),
        }
    )
    a, b, same, none = shown(run)
    assert a.data() == {"edges": [0.0, 1.0, 2.0], "counts": [1, 3]}
    assert (a.record["count"], a.record["nonfinite"]) == (4, 2)
    assert b.data()["counts"] == [3, 4]
    assert (sum(same.data()["counts"]), sum(none.data()["counts"])) == (9, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"values": []},
        {"values": 5.0},
        {"values": [1], "bins": 0},
        {"edges": [0, 1], "counts": [1, 2]},
        {"edges": [1, 0], "counts": [1]},
    ],
)
def test_what_is_no_histogram_says_so(wrong: dict[str, Any]) -> None:
    """Nothing, no values, one value, no bins, and edges that do not fit raise."""
    with pytest.raises(InvalidValue):
        eventide.Histogram(**wrong)


def test_texts_and_html(run: Run) -> None:
    """Texts of any length and content are kept as UTF-8; HTML is shown where it can do nothing to the page."""
    run.log(
        {
            "text": eventide.Text("ü" * 10),
            "md": eventide.Text("# a", markdown=True),
            "html": eventide.Html("<script>alert(1)</script>"),
        }
    )
    text, markdown, page = shown(run)
    assert (text.data(), markdown.format) == ("ü" * 10, "md")
    assert 'sandbox=""' in page.to_html()
    assert "<script>" not in page.to_html()


# --- figures and graphs -------------------------------------------------------------------------------------------------


def test_figures_of_matplotlib(run: Run) -> None:
    """A figure is drawn when it is logged: clearing it afterwards changes nothing."""
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4, 3), dpi=50)
    axes = figure.subplots()
    axes.plot([1, 2, 3])
    run.log({"plain": figure, "svg": eventide.Figure(axes, format="svg")})
    figure.clear()
    plain, svg = shown(run)
    assert (plain.type, plain.image().size, svg.mime) == ("figure", (200, 150), "image/svg+xml")
    assert len(set(np.asarray(plain.image().convert("L")).ravel().tolist())) > 2


def test_figures_of_plotly(run: Run) -> None:
    """A figure of Plotly is kept as data."""
    plotly = pytest.importorskip("plotly.graph_objects")
    run.log({"fig": plotly.Figure(plotly.Scatter(y=[1, 2]))})
    (found,) = shown(run)
    assert (found.format, found.data()["data"][0]["type"]) == ("plotly.json", "scatter")


def test_models_are_graphs(run: Run) -> None:
    """A model that can be traced is what computes what; another is the tree of its modules."""
    torch = pytest.importorskip("torch")

    class Branching(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.inner = torch.nn.Linear(2, 2)

        def forward(self, x: Any) -> Any:
            return self.inner(x) if x.sum() > 0 else x

    run.log(
        {
            "a": eventide.Graph(torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU())),
            "b": eventide.Graph(Branching()),
        }
    )
    traced, tree = shown(run)
    assert [node.get("op") for node in traced.data()["nodes"]] == ["placeholder", "Linear", "ReLU", "output"]
    assert traced.data()["nodes"][1]["parameters"] == 9
    assert tree.data()["edges"] == [{"source": "model", "target": "inner"}]


def test_graphs_of_every_form(run: Run) -> None:
    """NetworkX, DOT, lists of edges and dicts are the same kind of data, and are drawn."""
    networkx = pytest.importorskip("networkx")
    run.log(
        {
            "nx": eventide.Graph(networkx.path_graph(3)),
            "dot": eventide.Graph('digraph { a [label="A & B"]; a -> {b c} [label=x]; c -> a }'),
            "edges": eventide.Graph([("a", "b"), ("b", "c", "why")]),
            "dict": eventide.Graph(
                {"nodes": [{"id": 1, "label": "one"}], "edges": [{"source": 1, "target": 2}], "directed": False}
            ),
        }
    )
    found = {medium.key: medium.data() for medium in shown(run)}
    assert (len(found["nx"]["edges"]), found["nx"]["directed"]) == (2, False)
    assert [(edge["source"], edge["target"]) for edge in found["dot"]["edges"]] == [("a", "b"), ("a", "c"), ("c", "a")]
    assert found["dot"]["nodes"][0]["label"] == "A & B"
    assert found["edges"]["edges"][1]["label"] == "why"
    assert [node["label"] for node in found["dict"]["nodes"]] == ["one", "2"]
    assert all("<svg" in medium.to_html() for medium in shown(run))


@pytest.mark.parametrize(
    "wrong",
    [
        "no graph",
        "digraph { a -> ",
        "digraph { a -> -> b }",
        [],
        [1],
        {"edges": [], "nodes": []},
        5,
        {"nodes": [{}], "edges": []},
    ],
)
def test_what_is_no_graph_says_so(wrong: Any) -> None:
    """Texts that are not DOT, empty graphs and other things raise."""
    with pytest.raises(InvalidValue):
        eventide.Graph(wrong)


def test_files_molecules_and_bodies(run: Run, tmp_path: Path) -> None:
    """Files are kept as they are under the kind that was meant; wrong endings, folders and empty files raise."""
    (tmp_path / "m.pdb").write_text("ATOM")
    (tmp_path / "b.glb").write_bytes(b"glTF")
    run.log(
        {
            "m": eventide.Molecule(tmp_path / "m.pdb"),
            "b": tmp_path / "b.glb",
            "f": eventide.File(b"x", name="notes.pdf"),
        }
    )
    assert [(medium.type, medium.format) for medium in shown(run)] == [
        ("molecule", "pdb"),
        ("object3d", "glb"),
        ("file", "pdf"),
    ]
    (tmp_path / "empty.pdb").touch()
    for wrong in (tmp_path, tmp_path / "empty.pdb", tmp_path / "none.pdb", tmp_path / "b.glb", 5, b""):
        with pytest.raises(InvalidValue):
            eventide.Molecule(wrong)  # type: ignore[arg-type]


def test_changed_bytes_are_not_handed_out(run: Run) -> None:
    """A picture whose object has changed on the disk is refused."""
    run.log({"img": eventide.Image(np.zeros((9, 9)))})
    (found,) = shown(run)
    assert run.dir is not None
    path = run.dir.parent.parent / "objects" / found.sha256[:2] / found.sha256
    path.chmod(0o644)
    path.write_bytes(b"x" * found.size_bytes)
    with pytest.raises(eventide.errors.StoreDamaged):
        found.read()


def test_media_of_a_store_by_key_and_saved(run: Run, tmp_path: Path) -> None:
    """Media are found over all runs, by key, and written to files of their own."""
    run.log({"val/img": eventide.Image(np.zeros((9, 9))), "other": eventide.Text("x")}, step=3)
    run.finish()
    with eventide.open(tmp_path / "store") as store:
        (found,) = store.media(key="val/img")
        path = found.save(tmp_path)
    assert (path.name, path.read_bytes()) == ("val_img-3.png", found.read())
