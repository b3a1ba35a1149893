"""Config, summary and tags: reading gives back what was assigned, and every change is recorded with its path."""

from __future__ import annotations

import argparse
import copy
import dataclasses
from typing import Any

import pydantic
import pytest

from eventide.errors import InvalidValue
from eventide.sdk.config import GONE, Config, Summary, Tags, as_tree


class Recorded(list[tuple[tuple[str, ...], Any]]):
    """What a config told its recorder."""

    def __call__(self, path: tuple[str, ...], value: Any) -> None:
        """Record one change, as it was at that moment."""
        self.append((path, value if value is GONE else copy.deepcopy(value)))


@pytest.fixture
def recorded() -> Recorded:
    """Return an empty record."""
    return Recorded()


def test_assigning_at_any_depth_is_recorded_with_its_path(recorded: Recorded) -> None:
    """Attributes and items, nested as deep as you like, are recorded under the full path."""
    config = Config(recorded)
    config.optim = {"lr": 0.1, "betas": (0.9, 0.99)}
    config.optim.lr = 0.2
    config["optim"]["name"] = "adam"
    config["optim.lr"] = 0.3
    assert recorded == [
        (("optim",), {"lr": 0.1, "betas": (0.9, 0.99)}),
        (("optim", "lr"), 0.2),
        (("optim", "name"), "adam"),
        (("optim", "lr"), 0.3),
    ]
    assert config.to_dict() == {"optim": {"lr": 0.3, "betas": (0.9, 0.99), "name": "adam"}}
    assert config["optim.name"] == config.optim.name == "adam"


def test_update_merges_trees_and_replaces_leaves(recorded: Recorded) -> None:
    """Updating records what it changes and leaves the rest of the tree alone."""
    config = Config(recorded)
    config.update({"a": {"x": 1, "y": 2}, "b": 3})
    config.update({"a": {"y": 5}}, c=6)
    assert recorded == [((), {"a": {"x": 1, "y": 2}, "b": 3}), (("a", "y"), 5), (("c",), 6)]
    assert config.to_dict() == {"a": {"x": 1, "y": 5}, "b": 3, "c": 6}


def test_deleting_is_recorded(recorded: Recorded) -> None:
    """Deleting a leaf or a branch is recorded, deleting what is not there is an error."""
    config = Config(recorded)
    config.update({"a": {"x": 1}, "b": 2})
    del config.a.x
    del config["b"]
    assert recorded[1:] == [(("a", "x"), GONE), (("b",), GONE)]
    with pytest.raises(AttributeError):
        del config.b
    with pytest.raises(KeyError):
        del config["a"]["x"]


def test_missing_names_are_ordinary_errors(recorded: Recorded) -> None:
    """Reading what is not there is AttributeError or KeyError, so that getattr and get have their defaults."""
    config = Config(recorded)
    assert getattr(config, "lr", 1) == 1
    assert config.get("lr", 2) == 2
    assert "a.b" not in config
    assert 3 not in config  # type: ignore[comparison-overlap]


def test_what_the_recorder_refuses_is_not_kept() -> None:
    """When recording raises, the tree is as it was."""

    def refuse(path: tuple[str, ...], value: Any) -> None:
        raise InvalidValue(f"{path} {value}")

    config = Config(refuse)
    with pytest.raises(InvalidValue):
        config.a = 1
    assert config.to_dict() == {}


def test_changing_the_given_dict_later_changes_nothing(recorded: Recorded) -> None:
    """The tree is a copy of what was given, and to_dict a copy of the tree."""
    given = {"a": {"x": [1]}}
    config = Config(recorded)
    config.update(given)
    given["a"]["x"].append(2)
    config.to_dict()["a"]["x"].append(3)
    assert config.to_dict() == {"a": {"x": [1]}}


@dataclasses.dataclass
class Inner:
    """A branch."""

    lr: float = 0.1


@dataclasses.dataclass
class Outer:
    """A tree of dataclasses."""

    inner: Inner = dataclasses.field(default_factory=Inner)
    sizes: tuple[int, ...] = (1, 2)


class Model(pydantic.BaseModel):
    """A pydantic model."""

    lr: float = 0.1
    inner: dict[str, int] = {"a": 1}


class Plain:
    """An object with attributes."""

    def __init__(self) -> None:
        self.lr = 0.1


@pytest.mark.parametrize(
    ("given", "tree"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 1}}),
        (argparse.Namespace(lr=0.1, n=argparse.Namespace(x=1)), {"lr": 0.1, "n": {"x": 1}}),
        (Outer(), {"inner": {"lr": 0.1}, "sizes": (1, 2)}),
        (Model(), {"lr": 0.1, "inner": {"a": 1}}),
        (Plain(), {"lr": 0.1}),
        (Config(Recorded(), (), {"a": 1}), {"a": 1}),
        ({"a": {1: "x"}}, {"a": {1: "x"}}),
    ],
)
def test_configs_of_every_make_become_the_same_tree(given: Any, tree: dict[str, Any]) -> None:
    """Dicts, namespaces, dataclasses, pydantic models and plain objects are taken over as plain dicts."""
    assert as_tree(given) == tree


@pytest.mark.parametrize("given", [3, "text", [1, 2], {1: 2}, {"": 1}, Plain])
def test_what_has_no_named_parts_is_no_config(given: Any) -> None:
    """A config of something without names, or with names that are no text, is refused."""
    with pytest.raises(InvalidValue):
        as_tree(given)


def test_summary_records_items_and_attributes() -> None:
    """The summary takes items and attributes alike and records each."""
    told: list[tuple[str, Any]] = []
    summary = Summary(lambda key, value: told.append((key, value)))
    summary["best/acc"] = 0.9
    summary.epochs = 3
    del summary["epochs"]
    assert told == [("best/acc", 0.9), ("epochs", 3), ("epochs", GONE)]
    assert dict(summary) == {"best/acc": 0.9}


def test_tags_are_a_set_whose_changes_are_recorded() -> None:
    """Adding twice records once; removing what is not there is an error, discarding it is not."""
    told: list[tuple[str, bool]] = []
    tags = Tags(lambda tag, there: told.append((tag, there)))
    tags.add("b")
    tags.add("b")
    tags |= {"a"}
    tags.remove("b")
    assert told == [("b", True), ("a", True), ("b", False)]
    assert list(tags) == ["a"]
    with pytest.raises(KeyError):
        tags.remove("nothing")
