"""Results: every kind of object comes back as it was saved, by version, and pickles only when asked for."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import eventide
from eventide.cli.program import app
from eventide.errors import (
    InvalidName,
    InvalidSetting,
    InvalidValue,
    Misuse,
    ObjectNotFound,
    RunFinished,
    StoreDamaged,
)
from eventide.sdk import session
from eventide.sdk.results import is_json

if TYPE_CHECKING:
    from eventide.table.run import RunView


@pytest.fixture(autouse=True)
def _no_runs_left() -> Iterator[None]:
    """End what a test leaves unfinished."""
    yield
    session._finish_all("finished", "")


def seen(run: Any) -> RunView:
    """Return a run as readers see it."""
    return eventide.open().run(run.id)


@pytest.mark.parametrize(
    ("obj", "form"),
    [
        (np.arange(6.0).reshape(2, 3), "npy"),
        ({"a": [1, 2.5, None, True, "é"]}, "json"),
        ("text", "json"),
        (b"bytes", "bytes"),
    ],
)
def test_safe_formats_load_at_once(obj: Any, form: str) -> None:
    """Arrays, plain trees and bytes are kept in formats that load without a word."""
    run = eventide.init()
    assert run.finished is False
    assert eventide.save(obj, "x").format == form
    back = seen(run).load("x")
    assert type(back) is type(obj)
    assert np.array_equal(back, obj) if form == "npy" else back == obj


def test_frames() -> None:
    """Frames of pandas and polars are kept as Parquet, and come back as what they were."""
    pl = pytest.importorskip("polars")
    run = eventide.init()
    pandas = pd.DataFrame({"a": [1, 2], "b": ["x", None]}, index=[3, 4])
    assert eventide.save(pandas, "pandas").format == "parquet"
    assert eventide.save(pl.DataFrame({"a": [1]}), "polars").format == "parquet"
    assert eventide.save(pd.DataFrame({"a": [1, "x"]}), "mixed").format == "pickle"
    pd.testing.assert_frame_equal(seen(run).load("pandas"), pandas)
    assert seen(run).load("polars").equals(pl.DataFrame({"a": [1]}))


def test_torch_weights() -> None:
    """Tensors and dicts of them are kept as torch's weights, and loaded with weights_only."""
    torch = pytest.importorskip("torch")
    run = eventide.init()
    assert eventide.save({"w": torch.ones(2)}, "w").format == "torch"
    assert seen(run).load("w")["w"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("obj", [{1, 2}, (1, 2), {1: 2}, float("nan"), 2**70, np.array([None]), np.float64(1)])
def test_pickles_open_only_when_asked(obj: Any) -> None:
    """What only a pickle brings back needs allow_pickle, or unpickle, for that very name."""
    run = eventide.init()
    assert eventide.save(obj, "x").format == "pickle"
    with pytest.raises(InvalidSetting, match="pickle"):
        seen(run).load("x")
    back = eventide.load(run, "x", allow_pickle=True)
    assert (type(back), repr(back)) == (type(obj), repr(obj))
    assert repr(eventide.load(run.id, "x", unpickle=True)) == repr(obj)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x) | st.tuples(x),
    )
)
def test_json_gives_back_the_same(obj: Any) -> None:
    """Whatever is taken for JSON comes back equal, with the same types."""
    import orjson

    if is_json(obj):
        assert repr(orjson.loads(orjson.dumps(obj))) == repr(obj)


def test_versions() -> None:
    """The same name again is a new version; equal bytes are one object; the newest is loaded unless one is named."""
    run = eventide.init()
    assert [eventide.save(value, "x").version for value in (1, 2, 1)] == [1, 2, 3]
    view = seen(run)
    assert [(result.version, view.load("x", result.version)) for result in view.results()] == [(1, 1), (2, 2), (3, 1)]
    assert view.load("x") == 1
    assert len({result.sha256 for result in view.results()}) == 2
    with pytest.raises(ObjectNotFound, match="3 versions"):
        view.load("x", 4)
    with pytest.raises(ObjectNotFound, match="no result `y`"):
        view.load("y")
    run.finish()
    with eventide.init(id=run.id, resume="must"):
        eventide.save(5, "x")
    assert seen(run).load("x", 4) == 5


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "a\\b", ".hidden", "a\0b", "x" * 200, 3])
def test_names_are_checked(name: Any) -> None:
    """Names that are no file name are refused."""
    eventide.init()
    with pytest.raises(InvalidName):
        eventide.save(1, name)


def test_misuse() -> None:
    """Saving without a run, to a finished run, or what cannot be pickled raises and stores nothing."""
    with pytest.raises(Misuse, match="save"):
        eventide.save(1, "x")
    run = eventide.init()
    with pytest.raises(InvalidValue, match="pickled"):
        eventide.save((item for item in [1]), "x")
    with pytest.raises(InvalidName):
        eventide.save(1, "x", extension="/../../x")
    run.finish()
    with pytest.raises(RunFinished):
        eventide.save(1, "x", run=run)
    assert seen(run).results() == []


def test_savers() -> None:
    """A saver writes the file itself, or another one, and what it wrote is read by a loader."""
    run = eventide.init()
    eventide.save("hello", "a", extension=".txt", saver=lambda obj, path: path.write_text(obj))
    Path("chosen.txt").write_text("there")
    eventide.save("x", "b", extension=".txt", saver=lambda _obj, _path: "chosen.txt")
    view = seen(run)
    with pytest.raises(InvalidSetting, match="loader"):
        view.load("a")
    assert view.load("a", loader=lambda path: (path.suffix, path.read_text())) == (".txt", "hello")
    assert view.load("b", loader=Path.read_text) == "there"
    with pytest.raises(InvalidValue, match="no file"):
        eventide.save("x", "c", saver=lambda _obj, _path: None)


def test_damaged_bytes_are_noticed() -> None:
    """Bytes that are not what was saved are an error, never an object."""
    run = eventide.init()
    saved = eventide.save([1], "x")
    path = Path(".eventide/objects") / saved.sha256[:2] / saved.sha256
    path.chmod(0o644)
    path.write_bytes(b"[2]")
    with pytest.raises(StoreDamaged):
        seen(run).load("x")


def test_kept_by_garbage_collection_and_sealing() -> None:
    """Objects of results survive gc, before and after the journal became tables; unreferenced ones go."""
    with eventide.init() as run:
        saved = eventide.save([1, 2], "x")
    source: Any = eventide.open().source
    for path in Path(".eventide/objects").rglob("*"):
        if path.is_file():
            os.utime(path, (1, 1))
    source.gc()
    assert seen(run).load("x") == [1, 2]
    source.seal()
    source.gc()
    assert seen(run).load("x") == [1, 2]
    assert re.fullmatch("[0-9a-f]{64}", saved.sha256)


def test_command_line() -> None:
    """`eventide results` lists what was saved, and writes one version to a file."""
    with eventide.init(name="mine"):
        eventide.save([1], "x")
        eventide.save([2], "x")
    listing = CliRunner().invoke(app, ["results", "mine", "--json=name,version"])
    assert '"version":2' in listing.output.replace(" ", "")
    assert CliRunner().invoke(app, ["results", "mine", "x"]).exit_code == 0
    assert Path("x.json").read_text() == "[2]"
    assert CliRunner().invoke(app, ["results", "mine", "x", "--nth", "1", "-o", "one"]).exit_code == 0
    assert Path("one").read_text() == "[1]"
    assert CliRunner().invoke(app, ["results", "mine", "x"]).exit_code == 2
