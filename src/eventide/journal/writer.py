"""Append records to a run's journal from one process.

`JournalWriter.append` is the hot path of every training loop: it validates, stamps, encodes and hands the line to the kernel
with one `write(2)`, in the calling thread, before it returns. No queue, no writer thread, nothing to drain at exit.

Invariant: a part is only ever appended to, by the one process that opened it, in whole lines; when `append` returns without a
reported failure, `kill -9` loses nothing. A failed write leaves the part at the end of its last whole line.
"""

from __future__ import annotations

import os
import threading
import zlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

from eventide.clock import SYSTEM_CLOCK, Clock
from eventide.errors import InvalidStep, InvalidValue, RunFinished
from eventide.journal.codec import EXACT_INT, INT64_MAX, MAX_INLINE_BYTES, NONFINITE, Extension, encode, refuse
from eventide.journal.process import ProcessIdentity
from eventide.journal.records import (
    CONSOLE,
    END,
    FILE,
    KEYS,
    ROLE_FORK,
    ROW_PREFIX,
    SET,
    STEP,
    SYSTEM,
    TS,
    Header,
    Record,
)
from eventide.names import check_key, escape_key

if TYPE_CHECKING:
    from eventide.layout import Layout

PART_SIZE_BYTES = 16 * 1024 * 1024
MAX_PLANS = 1024
MAX_PENDING_BYTES = 8 * 1024 * 1024
"""How much is kept in memory, to be written later, while the file system refuses to take it."""

WIDE = 16
"""Rows of so many keys are put together from bytes."""
BLOCK_BYTES = 1024 * 1024
"""How much is handed over in one write by `append_many`, and read at once when a part is counted."""

_OPTIONS = orjson.OPT_APPEND_NEWLINE
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
NAN = float("nan")
_FLOATS = {float}
_FAST = frozenset({float, int, str, bool})

Sifted = tuple[Mapping[str, Any], Callable[[int, float], None] | None]
"""A row without what is kept elsewhere, and what to do with that once its step and time are known; None when there is nothing."""

OnFailure = Callable[[str, Exception, int], None]
"""Called with (kind, error, number of records affected) when the environment, not the caller, is at fault."""


def _raise(_kind: str, error: Exception, _records: int) -> None:
    raise error


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose journal is written, and in which capacity; fixed for a writer's life."""

    run: str
    project: str
    role: str
    attempt: int = 1
    rank: int = 0
    world_size: int = 1


class JournalWriter:
    """One process's hand on one run's journal. Safe for threads; after `fork` the child writes a part of its own.

    Opening is lazy: no file exists before the first record.
    """

    def __init__(
        self,
        layout: Layout,
        identity: Identity,
        *,
        clock: Clock = SYSTEM_CLOCK,
        extend: Extension = refuse,
        sift: Callable[[Mapping[str, Any]], Sifted] | None = None,
        on_failure: OnFailure = _raise,
        next_step: int = 0,
        part_size_bytes: int = PART_SIZE_BYTES,
    ) -> None:
        self._layout = layout
        self._identity = identity
        self._now = clock.time
        self._extend = extend
        self._sift = sift
        self._on_failure = on_failure
        self._part_size_bytes = part_size_bytes
        self._next_step = next_step
        self._closed = False
        self._become(ProcessIdentity.current())

    def _become(self, process: ProcessIdentity) -> None:
        """Start as a writer of the calling process that has written nothing yet."""
        self._process = process
        self.name = f"{process.label}-{os.urandom(4).hex()}"
        self._lock = threading.RLock()
        self._fd = -1
        self._part = -1
        self._at = self._rows_before = 0
        self._rows = self._size = self._synced_size = 0
        self._plans: dict[tuple[Any, ...], tuple[tuple[str, ...], tuple[str, ...]]] = {}
        self._float_rows: set[tuple[str, ...]] = set()
        self._tags: set[tuple[str, str]] = set()
        self._pending: deque[tuple[bytes, int]] = deque()
        self._pending_bytes = 0
        self._unsynced: list[int] = []

    def after_fork_in_child(self) -> None:
        """Forget the parent's part and lock; the child's first record opens a part of the child's own."""
        for fd in (*self._unsynced, *((self._fd,) if self._fd >= 0 else ())):
            os.close(fd)
        self._identity = replace(self._identity, role=ROLE_FORK)
        self._become(ProcessIdentity.current(fresh=True))

    @property
    def identity(self) -> Identity:
        """Whose journal this is."""
        return self._identity

    @property
    def next_step(self) -> int:
        """The step the next row gets when none is given."""
        return self._next_step

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    @property
    def rows(self) -> int:
        """Rows accepted so far by this writer, over all its parts."""
        return self._rows_before + self._rows

    # ── rows ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def append(  # noqa: C901, PLR0912, PLR0915 - the hot path: a call saved is a twentieth of its cost
        self, data: Mapping[str, Any], step: int | None = None
    ) -> None:
        """Append one row; `step` None counts on from the last one.

        Raises:
            InvalidKey, InvalidValue, InvalidStep, RunFinished: the caller's mistake; nothing of the row is written.
        """
        texts = False
        try:
            total = NAN
            if tuple(data) in self._float_rows:
                if len(data) < WIDE:
                    total = 0.0
                    for value in data.values():
                        if type(value) is not float:
                            total = NAN
                            break
                        total += value
                elif set(map(type, data.values())) == _FLOATS:  # a third cheaper than the loop
                    total = sum(data.values())
            if total - total != 0.0:  # not all are floats, or not all are finite
                texts = self._plan(data)
        except (LookupError, TypeError, AttributeError):
            self._append_any(data, step)
            return
        # Not `with`: that costs 80 ns more, of about 1,500. Acquired inside `try`, so that no KeyboardInterrupt can leak the lock.
        lock = self._lock
        try:
            lock.acquire()
            if step is None:
                step = self._next_step
            elif type(step) is not int or not 0 <= step <= INT64_MAX:
                step = check_step(step)
            try:
                if len(data) < WIDE:
                    line = orjson.dumps({STEP: step, TS: self._now(), **data}, None, _OPTIONS)
                else:  # a third cheaper than copying the dict
                    line = (
                        orjson.dumps({STEP: step, TS: self._now()})[:-1] + b"," + orjson.dumps(data, None, _OPTIONS)[1:]
                    )
            except TypeError:  # half of a surrogate pair in a text
                self._append_any(data, step)
                return
            if texts and b"null" in line:  # how orjson writes NaN and infinities
                self._append_any(data, step)
                return
            self._next_step = step + 1
            size = self._size + len(line)
            if self._fd < 0 or self._pending or size >= self._part_size_bytes:
                self._write(line, 1)
                return
            try:
                written = os.write(self._fd, line)
                if written != len(line):
                    self._put_rest(line, written)
            except OSError as error:
                self._keep(line, 1, error)
            else:
                self._size = size
                self._rows += 1
        finally:
            try:  # noqa: SIM105 - contextlib.suppress costs 300 ns
                lock.release()
            except RuntimeError:  # interrupted while waiting for the lock
                pass

    def _plan(self, data: Mapping[str, Any]) -> bool:
        """Return whether a row that may be written as it is holds texts; raises LookupError when it may not."""
        ints, texts = self._plans[(*data, *map(type, data.values()))]
        for key in ints:
            if not -EXACT_INT <= data[key] <= EXACT_INT:
                raise LookupError
        for key in texts:
            if data[key] in NONFINITE or len(data[key]) > MAX_INLINE_BYTES:
                raise LookupError
        if not texts:
            total = sum(data.values())
            if total - total != 0.0:  # one of the values is not finite
                raise LookupError
        return bool(texts)

    def _append_any(self, data: Any, step: Any) -> None:
        """Append a row whose keys or types are new, or that needs escaping, conversion or care. An empty row is not written."""
        checked = None if step is None else check_step(step)
        aside = None
        if self._sift is not None and hasattr(data, "values"):
            data, aside = self._sift(data)
        row, tags = self._encode_row(data)
        with self._lock:
            self._check_open()
            if not row and aside is None:
                return
            number = self._next_step if checked is None else checked
            self._next_step = number + 1
            if row:
                lines = self._lines_of(number, row, tags)
                self._learn(data, row)
                self._write(lines, 1)
        if aside is not None:
            aside(number, self._now())

    def append_many(self, rows: Sequence[Mapping[str, Any]], steps: Sequence[int] | None = None) -> None:
        """Append rows in a few large writes; empty rows are not written, and use up a given step but no counted one.

        Raises:
            InvalidKey, InvalidValue, InvalidStep, RunFinished: a mistake in any row; nothing is written.
        """
        if steps is not None and len(steps) != len(rows):
            raise InvalidStep(
                f"{len(rows)} rows were given with {len(steps)} steps", hint="log_many(rows, steps=range(len(rows)))"
            )
        numbers = None if steps is None else [check_step(step) for step in steps]
        encoded = [self._encode_row(data) for data in rows]
        with self._lock:
            self._check_open()
            lines: list[bytes] = []
            size = 0
            for index, (row, tags) in enumerate(encoded):
                if not row:
                    continue
                lines.append(self._lines_of(self._next_step if numbers is None else numbers[index], row, tags))
                size += len(lines[-1])
                if size >= BLOCK_BYTES or self._size + size >= self._part_size_bytes:
                    self._write(b"".join(lines), len(lines))
                    lines, size = [], 0
            if lines:
                self._write(b"".join(lines), len(lines))

    def _encode_row(self, data: Any) -> tuple[dict[str, Any], dict[str, str]]:
        """Return a row as it is stored, and the tags of its values; raises InvalidKey or InvalidValue."""
        if not isinstance(data, Mapping):
            raise InvalidValue(
                f"a {type(data).__name__} is no row; a row is a dict of keys and values", hint='log({"loss": 0.1})'
            )
        row: dict[str, Any] = {}
        tags: dict[str, str] = {}
        for key, value in data.items():
            name = escape_key(check_key(key))
            try:
                tags[name], row[name] = encode(value, self._extend)
            except InvalidValue as error:
                raise InvalidValue(f"`{key:.60}`: {error.message}", hint=error.hint) from error
        return row, tags

    def _lines_of(self, step: int, row: dict[str, Any], tags: dict[str, str]) -> bytes:
        """Return the line of a row, after one that says which types its keys have if this part has not said so; the lock is held."""
        line = orjson.dumps({STEP: step, TS: self._now(), **row}, None, _OPTIONS)
        self._next_step = step + 1
        seen = self._tags
        news = {name: tag for name, tag in tags.items() if (name, tag) not in seen}
        if not news:
            return line
        seen.update(news.items())
        return orjson.dumps({KEYS: news}, None, _OPTIONS) + line

    def _learn(self, data: Mapping[str, Any], row: dict[str, Any]) -> None:
        """Remember a combination of keys and types that needs no work next time, and which keys to look at."""
        types = [type(value) for value in data.values()]
        if type(data) is not dict or not _FAST.issuperset(types) or list(data) != list(row):
            return
        if len(self._plans) >= MAX_PLANS:
            self._forget_plans()
        ints = tuple(key for key, kind in zip(data, types, strict=True) if kind is int)
        texts = tuple(key for key, kind in zip(data, types, strict=True) if kind is str)
        self._plans[(*data, *types)] = (ints, texts)
        if set(types) == {float}:
            self._float_rows.add(tuple(data))

    def _forget_plans(self) -> None:
        self._plans.clear()
        self._float_rows.clear()

    # ── other records ───────────────────────────────────────────────────────────────────────────────────────────────

    def set(self, path: tuple[str, ...], value: Any) -> None:
        """Record that the run-level value at `path` is now `value`."""
        encoded = encode(value, self._extend)[1]
        self._record({SET: list(path), "value": encoded, TS: self._now()})

    def unset(self, path: tuple[str, ...]) -> None:
        """Record that there is no longer a value at `path`."""
        self._record({SET: list(path), TS: self._now()})

    def system(self, sample: Mapping[str, float]) -> None:
        """Record one sample of system metrics."""
        self._record({SYSTEM: {key: encode(value)[1] for key, value in sample.items()}, TS: self._now()})

    def console(self, text: str, stream: str = "stdout") -> None:
        """Record console text; `stream` is `stdout` or `stderr`."""
        try:
            self._record({CONSOLE: text, "stream": stream, TS: self._now()})
        except TypeError:  # half of a surrogate pair
            self._record({CONSOLE: text.encode("utf-8", "replace").decode(), "stream": stream, TS: self._now()})

    def file(self, reference: Record, step: int | None = None, ts: float | None = None) -> None:
        """Record a reference to an object: media, result or artifact; `ts` None means now."""
        self._record({FILE: encode(reference)[1], STEP: step, TS: self._now() if ts is None else ts})

    def _record(self, record: Record) -> None:
        line = orjson.dumps(record, None, _OPTIONS)
        with self._lock:
            self._check_open()
            self._write(line, 0)

    def begin(self) -> None:
        """Open the first part, so that the run can be seen before anything is recorded."""
        with self._lock:
            self._check_open()
            try:
                if self._fd < 0:
                    self._open_part()
            except OSError as error:
                self._on_failure("delayed", error, 0)

    # ── the file ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _check_open(self) -> None:
        if self._closed:
            raise RunFinished(
                f"the run `{self._identity.run}` is finished",
                hint=f"eventide.init(id={self._identity.run!r}, resume='must')",
            )

    def _write(self, lines: bytes, rows: int) -> None:
        """Hand whole lines to the kernel, or keep them for later when it refuses. The lock is held."""
        if self._closed:
            self._check_open()
        try:
            if self._fd < 0:
                self._open_part()
            if self._pending:
                self._write_pending()
            self._put(lines, rows)
        except OSError as error:
            self._keep(lines, rows, error)
        if self._size >= self._part_size_bytes:
            self._rotate()

    def _put(self, lines: bytes, rows: int) -> None:
        written = os.write(self._fd, lines)
        if written < len(lines):
            self._put_rest(lines, written)
        self._size += len(lines)
        self._rows += rows

    def _put_rest(self, lines: bytes, written: int) -> None:
        """Go on after a write that took only the beginning, or take the beginning back; the part is ours alone."""
        while written < len(lines):
            try:
                written += os.write(self._fd, lines[written:])
            except OSError:
                os.ftruncate(self._fd, os.fstat(self._fd).st_size - written)
                raise

    def _keep(self, lines: bytes, rows: int, error: OSError) -> None:
        """Hold lines the file system refused, up to a limit, and say so."""
        if self._pending_bytes + len(lines) > MAX_PENDING_BYTES:
            self._on_failure("dropped", error, 1)
            return
        self._pending.append((lines, rows))
        self._pending_bytes += len(lines)
        self._on_failure("delayed", error, 1)

    def _write_pending(self) -> None:
        while self._pending:
            lines, rows = self._pending[0]
            self._put(lines, rows)
            self._pending.popleft()
            self._pending_bytes -= len(lines)

    def _rotate(self) -> None:
        try:
            self._end_part({})
        except OSError as error:
            self._on_failure("delayed", error, 0)

    def _open_part(self) -> None:
        number = self._part + 1
        path = self._layout.part(self._identity.run, self.name, number)
        try:
            self._fd = os.open(path, _FLAGS, 0o644)
        except FileNotFoundError:
            os.makedirs(path.parent, exist_ok=True)  # noqa: PTH103 - start-up cost
            self._fd = os.open(path, _FLAGS, 0o644)
        self._rows = self._size = self._synced_size = 0
        try:
            self._put(orjson.dumps(self._header(number).record(), None, _OPTIONS), 0)
        except OSError:
            os.close(self._fd)
            self._fd = -1
            path.unlink(missing_ok=True)
            raise
        self._part = number
        self._layout.announce()

    def _header(self, number: int) -> Header:
        identity, process = self._identity, self._process
        return Header(
            run=identity.run,
            project=identity.project,
            writer=self.name,
            part=number,
            at=self._at,
            rows=self._rows_before,
            ts=self._now(),
            role=identity.role,
            attempt=identity.attempt,
            rank=identity.rank,
            world_size=identity.world_size,
            host=process.host,
            pid=process.pid,
            pid_start=process.start,
            machine=process.machine,
        )

    def _end_part(self, ending: Record) -> None:
        """Write the trailer, keep the descriptor for the next sync, and go on with the next part when one is needed."""
        rows, size, crc = self._counts()
        counts = {"rows": rows, "bytes": size, "crc32": f"{crc:08x}"}
        line = orjson.dumps({END: {**counts, **ending}, TS: self._now()}, None, _OPTIONS)
        if os.write(self._fd, line) != len(line):
            os.ftruncate(self._fd, size)
            raise OSError(28, "the trailer of a part could not be written whole")
        self._at += size + len(line)
        self._rows_before += rows
        self._rows = self._size = self._synced_size = 0
        self._tags.clear()  # the next part says anew which keys it holds
        self._forget_plans()
        self._unsynced.append(self._fd)
        self._fd = -1

    def _counts(self) -> tuple[int, int, int]:
        """Return rows, bytes and checksum of the open part from the file itself; drops a torn last line.

        `append` keeps no checksum, which would cost it a twentieth, and its own counts can be wrong after a KeyboardInterrupt.
        """
        rows = size = crc = 0
        rest = b""
        os.lseek(self._fd, 0, os.SEEK_SET)
        while block := os.read(self._fd, BLOCK_BYTES):
            lines, _, rest = (rest + block).rpartition(b"\n")
            if lines:
                lines += b"\n"
                crc = zlib.crc32(lines, crc)
                rows += lines.count(b"\n" + ROW_PREFIX) + lines.startswith(ROW_PREFIX)
                size += len(lines)
        if rest:
            os.ftruncate(self._fd, size)
        return rows, size, crc

    def heartbeat(self) -> None:
        """Move the mtime of the open part, which says that this process lives."""
        with self._lock:
            if self._fd >= 0:
                os.utime(self._fd)

    def sync(self) -> None:
        """Write what is pending and fsync every part written since the last sync; failures are reported, not raised."""
        with self._lock:
            try:
                if self._pending and self._fd >= 0:
                    self._write_pending()
            except OSError as error:
                self._on_failure("delayed", error, 0)
            retired, self._unsynced = self._unsynced, []
            current = os.dup(self._fd) if self._fd >= 0 and self._size != self._synced_size else -1
            self._synced_size = self._size
        for fd in (*retired, *((current,) if current >= 0 else ())):
            try:
                os.fsync(fd)
            except OSError as error:
                self._on_failure("unsynced", error, 0)
            finally:
                os.close(fd)

    def close(self, ending: Record | None = None) -> None:
        """End the journal of this process: last trailer with `ending` (status and error), fsync. Calling again does nothing."""
        with self._lock:
            if self._closed:
                return
            try:
                if self._fd < 0 and (ending or self._pending):
                    self._open_part()
                if self._pending:
                    self._write_pending()
                if self._fd < 0 and ending:  # the pending lines filled the part
                    self._open_part()
                if self._fd >= 0:
                    self._end_part(ending or {})
            except OSError as error:
                self._on_failure("dropped" if self._pending else "unfinished", error, len(self._pending))
            self._closed = True
            self._forget_plans()
            if self._fd >= 0:
                self._unsynced.append(self._fd)
                self._fd = -1
        self.sync()
        self._layout.announce()


def check_step(step: Any) -> int:
    """Return `step` as an int, else raise `InvalidStep`; integer scalars of other libraries are accepted, bool is not."""
    if isinstance(step, bool) or not hasattr(step, "__index__"):
        raise InvalidStep(
            f"the step `{step!r:.60}` is a {type(step).__name__}, not an integer", hint="log(..., step=int(step))"
        )
    number = int(step.__index__())
    if not 0 <= number <= INT64_MAX:
        raise InvalidStep(f"the step {number} is not between 0 and 2^63 - 1")
    return number
