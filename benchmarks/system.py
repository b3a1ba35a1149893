"""What sampling the machine costs: CPU time of the observing thread, at the default interval.

The share of one core is the CPU time of a sample over the interval. The process has a few children, as with data loaders.
"""

from __future__ import annotations

import multiprocessing
import statistics
import time

from benchmarks.measure import Row, Scale, us

LIMIT = 0.003
CHILDREN = 4


def rows(scale: Scale) -> list[Row]:
    import psutil

    from eventide import settings
    from eventide.sdk.gpu import Gpus
    from eventide.sdk.system import Machine

    context = multiprocessing.get_context("fork")
    children = [context.Process(target=time.sleep, args=(60,), daemon=True) for _ in range(CHILDREN)]
    for child in children:
        child.start()
    gpus = Gpus()
    machine = Machine(gpus=gpus)
    costs = []
    for _ in range(scale(100, 3)):
        time.sleep(0.01)
        begun = time.thread_time()
        machine.sample()
        costs.append(time.thread_time() - begun)
    for child in children:
        child.terminate()
        child.join()
    cost, interval_s = statistics.median(costs), settings.find("system_interval_s").default
    share = cost / interval_s
    about = (
        f"{us(cost)} a sample, every {interval_s:g} s; {len(psutil.pids())} processes on the host,"
        f" {CHILDREN} children, {len(gpus)} GPUs"
    )
    return [Row("system sampling, share of one core", "≤ 0.3 %", f"{100 * share:.3f} %", about, met=share <= LIMIT)]
