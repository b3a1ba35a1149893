"""Results made of tensors, with the real library where it is installed."""

from __future__ import annotations

import collections
from pathlib import Path
from typing import Any

import pytest

import eventide
from eventide.errors import InvalidSetting

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.process, pytest.mark.slow]


def saved(value: Any) -> Any:
    """Save a value in a run of its own, and return what was said of it and what comes back without opening a pickle."""
    with eventide.init(dir="store") as run:
        kept = eventide.save(value, "value")
    with eventide.open("store") as store:
        return kept, store.run(run.id).load("value")


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "int64", "bool", "complex64"])
def test_a_tensor_comes_back_as_it_was(dtype: str) -> None:
    """Every kind of tensor is kept as weights, not as a pickle, and comes back with shape, type and values."""
    tensor = torch.arange(6).reshape(2, 3).to(getattr(torch, dtype))
    kept, back = saved(tensor)
    assert (kept.format, kept.extension, kept.type) == ("torch", ".pt", "torch.Tensor")
    assert back.dtype == tensor.dtype
    assert torch.equal(back, tensor)


def test_views_gradients_and_scalars() -> None:
    """A view does not bring its whole storage, a tensor that wants a gradient and one without dimensions come back."""
    big = torch.zeros(1_000_000)
    kept, back = saved(big[:3])
    assert torch.equal(back, big[:3])
    assert kept.size_bytes < 100_000
    wanting = torch.ones(2, requires_grad=True)
    kept, back = saved(wanting)
    assert (kept.format, back.requires_grad) == ("torch", True)
    assert saved(torch.tensor(1.5))[1].item() == 1.5


def test_weights_of_a_model_and_of_its_optimizer() -> None:
    """State dicts, the ordered one of a model and the nested one of an optimizer, are weights and load into new objects."""
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(2, 3)).sum().backward()
    optimizer.step()

    kept, state = saved(model.state_dict())
    assert kept.format == "torch"
    assert isinstance(state, collections.OrderedDict)
    other = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    other.load_state_dict(state)
    assert torch.equal(other[0].weight, model[0].weight)
    kept, state = saved({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3, "best": None})
    assert kept.format == "torch"
    assert state["epoch"] == 3
    torch.optim.AdamW(other.parameters()).load_state_dict(state["optimizer"])


def test_a_parameter_is_kept_as_weights() -> None:
    """A parameter comes back as one."""
    kept, back = saved(torch.nn.Parameter(torch.ones(2)))
    assert kept.format == "torch"
    assert isinstance(back, torch.nn.Parameter)


def test_a_whole_model_is_a_pickle_and_opened_only_when_asked() -> None:
    """A module is code: it is pickled, and loading it is an explicit act."""
    with eventide.init(dir="store") as run:
        kept = eventide.save(torch.nn.Linear(2, 2), "model")
    assert kept.format == "pickle"
    with eventide.open("store") as store:
        with pytest.raises(InvalidSetting, match="is a pickle"):
            store.run(run.id).load("model")
        assert isinstance(store.run(run.id).load("model", allow_pickle=True), torch.nn.Linear)


def test_kinds_that_only_code_brings_back_are_pickles() -> None:
    """A tensor of somebody's own class, and a dict of another kind, are pickled: as weights they could never be loaded."""

    class Mine(torch.Tensor):  # type: ignore[misc,name-defined,unused-ignore]
        pass

    with eventide.init(dir="store"):
        assert eventide.save(torch.ones(1).as_subclass(Mine), "own").format == "pickle"
        assert eventide.save({"a": collections.defaultdict(int, b=torch.ones(1))}, "odd").format == "pickle"
        assert eventide.save(torch.eye(2).to_sparse(), "sparse").format == "torch"


def test_lists_with_something_else_in_them_are_pickles() -> None:
    """What weights cannot hold, such as an object beside a tensor, is pickled whole."""
    with eventide.init(dir="store"):
        assert eventide.save([torch.ones(1), Path("x")], "mixed").format == "pickle"
        assert eventide.save([torch.ones(1), "x"], "plain").format == "torch"
