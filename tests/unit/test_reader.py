"""The reader: headers, whole lines, and lines that are not what they should be."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventide.errors import StoreDamaged, StoreTooNew
from eventide.journal.reader import read_chunks, read_header, read_tags, records

HEADER = b'{"_run":{"v":1,"run":"r","project":"p","writer":"w","part":0,"at":0,"rows":0,"ts":1.0}}\n'


def test_header_in_the_making_is_none(tmp_path: Path) -> None:
    """A first line that is not whole yet is no header and no damage."""
    path = tmp_path / "part"
    for size in (0, 1, len(HEADER) - 1):
        path.write_bytes(HEADER[:size])
        assert read_header(path) is None


@pytest.mark.parametrize(
    "line", [b"\n", b"nonsense\n", b"[]\n", b'{"step":1}\n', b'{"_run":3}\n', b'{"_run":{"v":1}}\n', b"\xff\n"]
)
def test_first_line_that_is_no_header_is_damage(tmp_path: Path, line: bytes) -> None:
    """A whole first line that is no header is reported with the file's path."""
    path = tmp_path / "part"
    path.write_bytes(line)
    with pytest.raises(StoreDamaged, match="part"):
        read_header(path)


def test_part_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """A part of a version this code does not know is not guessed at."""
    path = tmp_path / "part"
    path.write_bytes(HEADER.replace(b'"v":1', b'"v":2'))
    with pytest.raises(StoreTooNew):
        read_header(path)


def test_unknown_header_fields_are_ignored(tmp_path: Path) -> None:
    """A field that was added later does not keep an older reader from reading."""
    path = tmp_path / "part"
    path.write_bytes(HEADER.replace(b'"v":1', b'"v":1,"later":true'))
    header = read_header(path)
    assert header is not None
    assert header.run == "r"


@pytest.mark.parametrize("size", [1, 3, 64, 1 << 20])
def test_chunks_of_any_size_give_the_same_lines(tmp_path: Path, size: int) -> None:
    """However little is read at once, the lines and their offsets are the same, and the torn tail is left out."""
    lines = [
        HEADER,
        b'{"step":0,"ts":1.0,"a":"\\u2028 \xe2\x80\xa8 x"}\n',
        b"not json\n",
        b'{"step":1,"ts":1.0,"a":"' + b"y" * 500 + b'"}\n',
    ]
    path = tmp_path / "part"
    path.write_bytes(b"".join(lines) + b'{"step":2,')
    found = [pair for chunk in read_chunks(path, 0, size=size) for pair in records(chunk)]
    assert [offset for offset, _ in found] == [sum(map(len, lines[:index])) for index in range(4)]
    assert [record is None for _, record in found] == [False, False, True, False]


def test_line_separators_inside_text_do_not_split(tmp_path: Path) -> None:
    """Only a newline ends a record, not a carriage return or a Unicode line separator."""
    path = tmp_path / "part"
    path.write_bytes(HEADER + '{"step":0,"ts":1.0,"a":"x\u2028y\u0085z"}\n'.encode() + b'{"a":"b"}\r\n')
    found = [record for chunk in read_chunks(path, len(HEADER)) for _, record in records(chunk)]
    assert found[0] == {"step": 0, "ts": 1.0, "a": "x\u2028y\u0085z"}
    assert len(found) == 2


def test_tags_up_to_an_offset(tmp_path: Path) -> None:
    """The types of keys are joined over all records before the offset, and none after it."""
    path = tmp_path / "part"
    head = HEADER + b'{"_keys":{"a":"f"}}\n{"step":0,"ts":1.0,"a":1.0}\n'
    path.write_bytes(head + b'{"_keys":{"a":"i","b":"s"}}\n')
    assert read_tags(path, len(head)) == {"a": "f"}
    assert read_tags(path, path.stat().st_size) == {"a": "fi", "b": "s"}
