"""Errands of the pulse."""

from __future__ import annotations

import threading

from eventide.sdk.pulse import Pulse
from eventide.testing import FakeClock


class Patient:
    """Something that the pulse looks after."""

    def heartbeat(self) -> None:
        """Do nothing."""

    sync = heartbeat


def test_an_errand_is_run_once_when_it_is_due() -> None:
    """Not before its time, not twice, and one that fails keeps nobody from theirs."""
    clock, done = FakeClock(), list[str]()
    pulse = Pulse(clock=clock)
    pulse.later(1.0, lambda: done.append("first"))
    pulse.later(0.5, lambda: done.append(str(1 / 0)))
    pulse.tick()
    assert done == []
    clock.advance(1.0)
    pulse.tick()
    pulse.tick()
    assert done == ["first"]
    assert pulse.failures == 1


def test_an_errand_wakes_the_thread() -> None:
    """The thread, which may sleep for seconds, is back in time."""
    pulse, done = Pulse(), threading.Event()
    pulse.watch(Patient())
    pulse.later(0.01, done.set)

    assert done.wait(4)
    pulse.stop()


def test_a_forked_child_has_no_errands_of_its_parent() -> None:
    """What the parent wanted later is the parent's to do."""
    clock, done = FakeClock(), list[int]()
    pulse = Pulse(clock=clock)
    pulse.later(1.0, lambda: done.append(1))
    pulse.after_fork_in_child()
    clock.advance(2.0)
    pulse.tick()

    assert done == []
