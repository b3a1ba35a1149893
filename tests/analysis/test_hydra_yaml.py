"""What the YAML reader refuses, and what it leaves as text."""

from __future__ import annotations

import time

import pytest

from eventide.errors import InvalidValue
from eventide.hydra.yaml import MAX_BYTES, read_yaml


def test_nothing_is_instantiated_or_resolved() -> None:
    """Targets, interpolations and tags of Python stay plain data."""
    text = b"_target_: os.system\npath: ${oc.env:HOME}\nrun: !!python/object/apply:os.system ['touch /tmp/x']\nodd: !foo {a: 1}\n"

    found = read_yaml(text)

    assert found == {"_target_": "os.system", "path": "${oc.env:HOME}", "run": ["touch /tmp/x"], "odd": {"a": 1}}


def test_a_path_of_omegaconf_is_its_text() -> None:
    """OmegaConf writes paths as a Python tag; they come back as text."""
    assert read_yaml(b"p: !!python/object/apply:pathlib.PosixPath\n- /\n- data\n- mnist\n") == {"p": "/data/mnist"}


def test_merge_keys_and_anchors_mean_what_they_say() -> None:
    """Aliases and merge keys within the bounds are resolved."""
    assert read_yaml(b"a: &x {q: 1}\nb:\n  <<: *x\n  z: 2\nc: *x\n") == {
        "a": {"q": 1},
        "b": {"q": 1, "z": 2},
        "c": {"q": 1},
    }


_BOMB = b"a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (level, level, b",".join([b"*a%d" % (level - 1)] * 9)) for level in range(1, 10)
)
_MERGE_BOMB = b"a0: &a0 {x: 1, y: 2}\n" + b"".join(
    b"a%d: &a%d {<<: [%s]}\n" % (level, level, b",".join([b"*a%d" % (level - 1)] * 9)) for level in range(1, 10)
)


@pytest.mark.parametrize(
    "text",
    [
        _BOMB,
        _MERGE_BOMB,
        b"[" * 100_000,
        b"{a: " * 5_000,
        b"x: " + b"a" * MAX_BYTES,
        b"a: &a [*a]",
        b"--- 1\n--- 2\n",
        b"a: {",
        b"\xff\xfe\x00",
        b"\x80\x81",
        b"? [1]\n: 2",
        b"x: !!int no",
        b"x: " + b"1:" * 1_000_000 + b"1",
        b"x: 0x" + b"f" * 1_000_000,
        b"x: !!int '" + b"1:" * 1_000_000 + b"1'",
    ],
    ids=lambda text: repr(text[:12]),
)
def test_what_cannot_be_read_is_refused_quickly(text: bytes) -> None:
    """Bombs, depth, size, several documents and broken text raise one error, at once."""
    begun = time.monotonic()
    with pytest.raises(InvalidValue):
        read_yaml(text)

    assert time.monotonic() - begun < 2
