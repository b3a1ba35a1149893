"""What `eventide.loggers` adds to a call: over `run.log` for Eventide's own logger, over nothing for a vendor's.

The vendor is a stand-in that takes what it gets, so that what is measured is ours; it works beside training. Calls come as training
makes them, with pauses, and the line to the vendor is empty when a round begins.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from benchmarks.measure import Row, Scale, folder, in_turns, us

LIMIT_S = 10e-6
DATA = {"loss": 0.5, "accuracy": 0.75}
PAUSE_S = 200e-6


def rows(scale: Scale) -> list[Row]:
    import eventide
    from eventide.loggers import EventideLogger, MultiLogger
    from eventide.loggers.vendor import Ties, Vendor

    class Taker:
        """An SDK that takes everything and does nothing."""

        def __getattr__(self, name: str) -> Callable[..., None]:
            return lambda *_args, **_named: None

    class TakerLogger(Vendor):
        def __init__(self, local: EventideLogger | None) -> None:
            taker: Any = Taker()
            self.ties = Ties("taker", taker, taker, local)

    calls, rounds = scale(400, 20), scale(15, 2)
    with (
        folder() as root,
        eventide.init(dir=root / "store", console="off", capture="none", system_interval_s=0) as run,
    ):
        ours = EventideLogger(run)
        alone, beside = TakerLogger(None), TakerLogger(EventideLogger(run))
        several = MultiLogger([EventideLogger(run), TakerLogger(None)])
        timed = [
            _timed(run.log, calls, lambda: None),
            _timed(ours.log, calls, lambda: None),
            _timed(alone.log, calls, alone.flush),
            _timed(beside.log, calls, beside.flush),
            _timed(several.log, calls, several.flush),
            _timed(alone.log_metrics, calls, alone.flush),
        ]
        base, *found = in_turns(timed, rounds)
        for logger in (alone, beside, several):
            logger.finish()
    told = (
        ("EventideLogger.log, two metrics", base),
        ("a vendor's logger.log, nothing kept here", 0.0),
        ("a vendor's logger.log, the run kept here", base),
        ("MultiLogger.log of both", base),
        ("a vendor's logger.log_metrics", 0.0),
    )
    return [
        Row(
            f"{what}: over the back end",
            "≤ 10 µs",
            us(took - own),
            f"{us(own)} `run.log`" if own else "the SDK works beside training",
            None,
            took - own <= LIMIT_S,
        )
        for (what, own), took in zip(told, found, strict=True)
    ]


def _timed(log: Callable[..., object], calls: int, settle: Callable[[], None]) -> Callable[[], float]:
    """Return what measures the mean time of a call, and lets what it began end."""

    def once() -> float:
        spent = 0.0
        for step in range(calls):
            begun = time.perf_counter()
            log(DATA, step=step)
            spent += time.perf_counter() - begun
            time.sleep(PAUSE_S)
        settle()
        return spent / calls

    return once
