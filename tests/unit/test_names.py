"""Names: what a project, run, tag and key may be called, and how ids are made."""

from __future__ import annotations

import pytest

from eventide import names
from eventide.errors import InvalidKey, InvalidName


def test_ten_thousand_ids_of_one_second_differ() -> None:
    """Jobs started in the same second get different ids, sorted by their start."""
    ids = {names.new_run_id(1_790_000_000.0) for _ in range(10_000)}
    assert len(ids) == 10_000
    assert max(ids) < names.new_run_id(1_790_000_001.0)


def test_name_is_the_readable_part_of_an_id() -> None:
    """The human name is the two words of a generated id, and the whole of a user's own id."""
    assert names.name_of("20261120-101502-marvellous-stork-7f3akx2m") == "marvellous-stork"
    assert names.name_of("my-run") == "my-run"


@pytest.mark.parametrize(
    "run_id", ["", ".", "..", "../x", "a/b", "-rf", ".hidden", "a b", "ü", "x" * 129, 7, None, "a\n", "end."]
)
def test_run_id_that_is_no_folder_is_refused(run_id: object) -> None:
    """A run id that could leave the store, hide, or not exist on some system is refused."""
    with pytest.raises(InvalidName):
        names.check_run_id(run_id)


@pytest.mark.parametrize("label", ["", "../../x", "a/b", "a\\b", "..", " a", "a ", "a\x00b", "a\u202eb", "x" * 129, 3])
def test_label_that_could_leave_its_place_is_refused(label: object) -> None:
    """A project, tag or group name with separators or control characters is refused."""
    with pytest.raises(InvalidName):
        names.check_label(label, "project")


@pytest.mark.parametrize("label", ["mnist", "мой проект", "a.b", "x: y, z", "100%", "日本"])
def test_readable_label_is_allowed(label: str) -> None:
    """Any printable text can be a name."""
    assert names.check_label(label, "project") == label


@pytest.mark.parametrize("key", [1, None, b"x", "", "\ud800", ("a",)])
def test_key_that_is_no_text_is_refused(key: object) -> None:
    """A key that is not a non-empty text of real characters is refused."""
    with pytest.raises(InvalidKey):
        names.check_key(key)


@pytest.mark.parametrize("key", ["step", "ts", "run_id", "_x", "__x", "_keys", "loss/train", "a.b", '"', "x" * 65536])
def test_escaped_key_comes_back(key: str) -> None:
    """Every key survives escaping, and no stored key looks like Eventide's own."""
    stored = names.escape_key(key)
    assert names.unescape_key(stored) == key
    assert stored not in names.RESERVED_COLUMNS
    assert not stored.startswith("_") or stored.startswith("__") or stored[1:] in names.RESERVED_COLUMNS
