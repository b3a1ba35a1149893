"""What runs show: recognised, encoded beside the training thread, stored once, read back."""

from __future__ import annotations

import io
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image as Pillow
from tests.media.conftest import pixels, rows, shown

import eventide
from eventide.errors import InvalidKey, InvalidValue, RunFinished
from eventide.sdk.media import encoder as encoding
from eventide.sdk.media.recognise import is_picture

if TYPE_CHECKING:
    from eventide.sdk.run import Run

RNG = np.random.default_rng(5)


# --- pictures -----------------------------------------------------------------------------------------------------------


def test_pixels_of_eight_bits_come_back_exactly(run: Run) -> None:
    """An array H x W x 3 of uint8 is a picture, kept without loss, at the step of its row."""
    array = RNG.integers(0, 256, (40, 50, 3), dtype=np.uint8)
    run.log({"loss": 0.5, "img": array}, step=7)
    (found,) = shown(run)
    assert (found.key, found.step, found.type, found.format) == ("img", 7, "image", "png")
    assert (found.record["width"], found.record["height"]) == (50, 40)
    assert np.array_equal(array, pixels(found))
    assert list(rows(run).loc[7])[1:] == [0.5]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 1, [0, 1]), (0, 255, [0, 255]), (-1, 1, [-1, 1]), (-3, 5, [-3, 5]), (0, 0, [0, 1]), (7, 7, [0, 255])],
)
def test_floats_are_scaled_as_people_mean_them(run: Run, low: float, high: float, expected: list[float]) -> None:
    """0..1, -1..1 and 0..255 are known; anything else goes from its smallest to its largest value, and the record says so."""
    array = np.linspace(low, high, 400).reshape(20, 20)
    run.log({"img": eventide.Image(array)})
    (found,) = shown(run)
    assert found.record["range"] == expected
    black, white = expected
    assert np.array_equal(np.rint((array - black) / (white - black) * 255).astype(np.uint8), pixels(found))


def test_nan_is_black_and_counted(run: Run) -> None:
    """A picture of NaN and infinities is shown, and the record says how many there were."""
    array = np.full((20, 20), 0.5)
    array[0] = np.nan
    array[1, 0] = np.inf
    run.log({"some": eventide.Image(array), "all": eventide.Image(np.full((9, 9), np.nan))})
    some, every = shown(run)
    assert (some.record["nonfinite"], every.record["nonfinite"]) == (21, 81)
    assert pixels(some)[0, 0] == 0
    assert pixels(some)[1, 0] == 255
    assert pixels(every).max() == 0


def test_a_plain_array_of_floats_keeps_its_numbers(run: Run) -> None:
    """A matrix of floats that is logged as it is can be seen, and read back exactly."""
    array = RNG.normal(size=(64, 32))
    run.log({"weights": array})
    (found,) = shown(run)
    assert np.array_equal(array, found.array())
    assert pixels(found).shape == (64, 32)


@pytest.mark.parametrize(
    ("shape", "dtype", "expected"),
    [
        ((64, 64), "uint8", True),
        ((64, 64), "float32", True),
        ((64, 64, 3), "float64", True),
        ((64, 64, 4), "uint8", True),
        ((64, 64), "bool", True),
        ((64, 64), "int64", False),
        ((64, 64, 3), "int32", False),
        ((3, 64, 64), "uint8", False),
        ((10, 10), "uint8", False),
        ((5, 400), "uint8", False),
        ((2, 64, 64, 3), "uint8", False),
        ((64, 20000), "float32", False),
        ((2000,), "float32", False),
        ((), "float32", False),
    ],
)
def test_what_an_array_is_depends_on_shape_and_type_alone(shape: tuple[int, ...], dtype: str, expected: bool) -> None:
    """The rule of the guide, as a table."""
    assert is_picture(shape, dtype, is_torch=False) is expected


def test_what_is_no_picture_stays_a_value(run: Run) -> None:
    """Small arrays, vectors, integers and texts that look like paths are kept in the row, as ever."""
    small, vector, labels = RNG.random((5, 5)), RNG.random(3000), np.arange(4096).reshape(64, 64)
    run.log({"small": small, "vector": vector, "labels": labels, "text": "picture.png", "path": Path("no/such.png")})
    assert shown(run) == []
    row = rows(run).iloc[0]
    assert np.array_equal(row["small"], small)
    assert (row["vector"].format, row["labels"].format) == ("npy", "npy")
    assert (row["text"], row["path"]) == ("picture.png", str(Path("no/such.png")))


def test_tensors_have_their_colours_first(run: Run) -> None:
    """A tensor C x H x W is a picture; 0-d tensors stay numbers."""
    torch = pytest.importorskip("torch")
    tensor = torch.rand(3, 32, 48)
    run.log(
        {"img": tensor, "gray": torch.rand(1, 40, 40), "loss": torch.tensor(0.25), "batch": torch.rand(2, 3, 32, 32)}
    )
    found = {medium.key: medium for medium in shown(run)}
    assert sorted(found) == ["gray", "img"]
    assert pixels(found["img"]).shape == (32, 48, 3)
    assert np.array_equal(found["img"].array(), tensor.numpy().transpose(1, 2, 0))
    assert rows(run).iloc[0]["loss"] == 0.25


def test_tensors_that_need_gradients_and_halves(run: Run) -> None:
    """Tensors on the tape and of 16 bits are pictures too."""
    torch = pytest.importorskip("torch")
    run.log(
        {
            "a": torch.rand(3, 32, 32, requires_grad=True),
            "b": torch.rand(3, 32, 32).bfloat16(),
            "c": torch.rand(3, 32, 32).half(),
        }
    )
    assert [medium.key for medium in shown(run)] == ["a", "b", "c"]


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "CMYK", "1", "I;16", "F"])
def test_images_of_pillow_in_any_mode(run: Run, mode: str) -> None:
    """An image of Pillow is a picture, whatever its mode."""
    run.log({"img": Pillow.new(mode, (12, 9))})
    (found,) = shown(run)
    assert found.image().size == (12, 9)


def test_boxes_masks_and_captions(run: Run) -> None:
    """Boxes are in the record, masks are objects of their own, classes by number."""
    mask = np.zeros((20, 30), dtype=np.int64)
    mask[5:] = 2
    image = eventide.Image(
        RNG.random((20, 30, 3)),
        "a street",
        boxes=[{"x": 1, "y": 2, "w": 3, "h": 4, "label": "car", "score": np.float32(0.5)}],
        masks=[{"data": mask, "label": "ground", "classes": {0: "sky", 2: "road"}}],
    )
    run.log({"img": image})
    (found,) = shown(run)
    assert found.caption == "a street"
    assert found.record["boxes"] == [{"x": 1.0, "y": 2.0, "w": 3.0, "h": 4.0, "label": "car", "score": 0.5}]
    (kept,) = found.record["masks"]
    assert kept["classes"] == {"0": "sky", "2": "road"}
    stored = found.source.open_object(kept["sha256"])
    assert np.array_equal(np.asarray(Pillow.open(io.BytesIO(stored))), mask)


def test_several_at_one_step_are_counted(run: Run) -> None:
    """A list of pictures is several media of one key, and further calls at the step go on counting."""
    for _ in range(2):
        run.log({"many": [eventide.Image(RNG.random((9, 9))) for _ in range(3)]}, step=4)
    run.log({"many": [RNG.random((40, 40)), RNG.random((40, 40))]}, step=5)
    assert [(medium.step, medium.index) for medium in shown(run)] == [(4, i) for i in range(6)] + [(5, 0), (5, 1)]


def test_a_row_of_media_alone_counts_as_a_step(run: Run) -> None:
    """Steps count on over rows that hold only media."""
    for _ in range(3):
        run.log({"img": eventide.Image(RNG.random((9, 9)))})
    run.log(loss=1.0)
    assert [medium.step for medium in shown(run)] == [0, 1, 2]
    assert rows(run).index.tolist() == [3]


def test_the_same_picture_is_stored_once(run: Run) -> None:
    """A hundred steps of one picture are one object and a hundred references."""
    array = RNG.integers(0, 256, (40, 40, 3), dtype=np.uint8)
    for _ in range(100):
        run.log({"img": array})
    assert len({medium.sha256 for medium in shown(run)}) == 1


def test_changing_the_array_after_logging_it_changes_nothing(run: Run) -> None:
    """What is shown is what the array was when `log` was called."""
    array = np.zeros((64, 64), dtype=np.uint8)
    expected = []
    for value in range(20):
        array[:] = value
        run.log({"img": array})
        expected.append(value)
    assert [int(pixels(medium)[0, 0]) for medium in shown(run)] == expected


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((0, 5)),
        np.array(1.0),
        np.zeros((2, 3, 4, 5)),
        np.zeros((5, 5, 7)),
        np.zeros((5, 5), dtype=complex),
        np.array([["a", "b"]]),
        object(),
        b"",
        "no such file.png",
        np.zeros((20000, 2)),
        None,
    ],
    ids=["empty", "0-d", "4-d", "7 channels", "complex", "text", "object", "bytes", "missing file", "too long", "None"],
)
def test_what_is_no_picture_says_so_at_once(run: Run, wrong: Any) -> None:
    """Empty arrays, 0-d arrays, wrong shapes and types, missing files raise in the caller's line, and nothing is logged."""
    with pytest.raises(InvalidValue):
        run.log({"loss": 1.0, "img": eventide.Image(wrong)})
    assert (run.rows, shown(run)) == (0, [])


@pytest.mark.parametrize(
    "boxes",
    [
        [{"x": 1}],
        [{"x": "a", "y": 1, "w": 1, "h": 1}],
        [{"x": 1, "y": 1, "w": -1, "h": 1}],
        [3],
        [{"x": float("nan"), "y": 1, "w": 1, "h": 1}],
    ],
)
def test_boxes_that_are_none_say_so(boxes: Any) -> None:
    """A box without sides, with texts, negative or NaN sides raises."""
    with pytest.raises(InvalidValue):
        eventide.Image(np.zeros((9, 9)), boxes=boxes)


def test_encoded_files_are_kept_as_they_are(run: Run, tmp_path: Path) -> None:
    """A path's bytes are not touched, even when the file is gone afterwards; its ending says what it is."""
    path = tmp_path / "photo.jpg"
    Pillow.new("RGB", (10, 12)).save(path)
    data = path.read_bytes()
    run.log({"a": path, "b": eventide.Image(str(path)), "c": eventide.Image(data)})
    path.unlink()
    found = shown(run)
    assert [(medium.format, medium.read(), medium.record["width"]) for medium in found] == [("jpeg", data, 10)] * 3


def test_a_corrupt_file_is_kept_and_marked(run: Run, tmp_path: Path) -> None:
    """Bytes that no decoder reads are kept as they are, and the record says so."""
    path = tmp_path / "broken.png"
    path.write_bytes(b"\x89PNG and no more")
    run.log({"img": path, "sound": eventide.Audio(b"RIFF....")})
    image, sound = shown(run)
    assert (image.record["unreadable"], sound.record["unreadable"]) == (True, True)
    assert image.read() == b"\x89PNG and no more"


# --- the queue ----------------------------------------------------------------------------------------------------------


def test_failures_are_counted_and_never_raised(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An encoder that fails warns once, and the rows around it are kept."""

    def broken(*_: Any) -> Any:
        raise RuntimeError("no such codec")

    monkeypatch.setattr("eventide.sdk.media.images.written", broken)
    with pytest.warns(eventide.EventideWarning, match="media could not be kept") as caught:  # noqa: PT031 - logging and ending warn
        for step in range(3):
            run.log({"img": eventide.Image(np.zeros((9, 9))), "loss": 1.0 * step})
        run.finish()
    assert any("3 media could not be kept" in str(warning.message) for warning in caught)
    assert rows(run)["loss"].tolist() == [0.0, 1.0, 2.0]


def test_a_full_queue_makes_the_caller_encode(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """When too much waits, nothing is dropped: the thread that logs does its own."""
    monkeypatch.setattr(encoding, "MAX_WAITING", 2)
    for value in range(40):
        run.log({"img": eventide.Image(np.full((64, 64), value, dtype=np.uint8))})
    assert sorted(int(pixels(medium)[0, 0]) for medium in shown(run)) == list(range(40))


def test_finish_gives_up_on_what_is_stuck(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An encoder that hangs does not hang the end of the run for ever; what was lost is counted."""
    release = threading.Event()
    monkeypatch.setattr("eventide.sdk.media.images.written", lambda *_: release.wait(10) and b"")
    run.log({"img": eventide.Image(np.zeros((9, 9)))})
    time.sleep(0.1)
    with pytest.warns(eventide.EventideWarning) as caught:
        run.finish("killed")  # waits three seconds, not sixty
    release.set()
    assert "nothing was finished" in str(caught[0].message)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_shows_its_own(run: Run) -> None:
    """After fork the child has a thread of its own, and what waited in the parent is the parent's."""
    run.log({"img": eventide.Image(np.zeros((9, 9)))})
    child = os.fork()
    if not child:
        code = 1
        try:
            run.log({"child": eventide.Image(np.zeros((9, 9)))}, step=5)
            run.finish()
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert sorted(medium.key for medium in shown(run)) == ["child", "img"]


def test_threads_log_at_once(run: Run) -> None:
    """Eight threads log media and lose none."""

    def work(name: int) -> None:
        for step in range(10):
            run.log({f"img{name}": eventide.Image(np.zeros((9, 9))), f"loss{name}": 1.0}, step=step)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(shown(run)) == 80


def test_media_belong_at_the_top_of_a_row(run: Run) -> None:
    """Inside another value, among other things in a list, under a bad key or after the end they are the caller's mistake."""
    image = eventide.Image(np.zeros((9, 9)))
    with pytest.raises(InvalidValue, match="keys of their own"):
        run.log({"val": {"img": image}})
    with pytest.raises(InvalidValue, match="mixes"):
        run.log({"val": [image, 3]})
    with pytest.raises(InvalidKey):
        run.log({"": image})
    with pytest.raises(InvalidValue):
        run.log_many([{"img": image}])
    run.finish()
    with pytest.raises(RunFinished):
        run.log({"img": image})


def test_disabled_runs_show_nothing(tmp_path: Path) -> None:
    """Mode `disabled` takes media and writes nothing anywhere."""
    with eventide.init(mode="disabled", dir=tmp_path / "store") as run:
        run.log({"img": eventide.Image(np.zeros((9, 9)))})
    assert run.dir is None
    assert not (tmp_path / "store").exists()


def test_log_media_takes_what_log_would_not_guess(run: Run) -> None:
    """`log_media` wraps texts, small arrays and lists of them."""
    run.log_media("text", "hello", caption="said")
    run.log_media("small", np.zeros((4, 4)))
    run.log_media("both", [np.zeros((40, 40)), Pillow.new("L", (5, 5))])
    with pytest.raises(InvalidValue):
        run.log_media("no", object())
    assert [(medium.key, medium.type, medium.caption) for medium in shown(run)][:2] == [
        ("text", "text", "said"),
        ("small", "image", ""),
    ]
