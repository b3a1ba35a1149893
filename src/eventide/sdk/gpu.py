"""GPUs through NVML, where the package nvidia-ml-py (extra `gpu`) and a driver are there.

Only the GPUs that this process may use count: those of CUDA_VISIBLE_DEVICES when it is set. Their numbers are those of the machine.
Invariant: without package, driver or GPU there are none, and nothing raises; a figure that a GPU does not give is left out.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from typing import Any


class Gpus:
    """The GPUs of this process. Not safe for threads; not to be used after a fork."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._handles: dict[int, Any] = {}
        try:
            import pynvml  # noqa: PLC0415 - an extra, and never before the first log

            pynvml.nvmlInit()
            self._nvml: Any = pynvml
            wanted = _visible(environ)
            for index in range(pynvml.nvmlDeviceGetCount()):
                handle = pynvml.nvmlDeviceGetHandleByIndex(index)
                if wanted is None or str(index) in wanted or _is_named(_text(pynvml.nvmlDeviceGetUUID(handle)), wanted):
                    self._handles[index] = handle
        except Exception:  # noqa: BLE001 - no package, no driver, no GPU, no right to look: then there is none
            self._handles = {}

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._handles)

    def describe(self) -> list[dict[str, Any]]:
        """Return name, memory, driver, index and UUID of each."""
        return [self._about(index, handle) for index, handle in self._handles.items()]

    def _about(self, index: int, handle: Any) -> dict[str, Any]:
        nvml = self._nvml
        about: dict[str, Any] = {"index": index}
        reads: dict[str, Callable[[], Any]] = {
            "name": lambda: _text(nvml.nvmlDeviceGetName(handle)),
            "memory_bytes": lambda: int(nvml.nvmlDeviceGetMemoryInfo(handle).total),
            "driver": lambda: _text(nvml.nvmlSystemGetDriverVersion()),
            "cuda": lambda: _cuda(nvml.nvmlSystemGetCudaDriverVersion()),
            "uuid": lambda: _text(nvml.nvmlDeviceGetUUID(handle)),
        }
        for name, read in reads.items():
            with contextlib.suppress(Exception):
                about[name] = read()
        return about

    def sample(self) -> dict[str, float]:
        """Return utilisation, memory, temperature and power of each, under the names of system metrics."""
        found: dict[str, float] = {}
        for index, handle in self._handles.items():
            for read in (self._utilization, self._memory, self._temperature, self._power):
                with contextlib.suppress(Exception):
                    found.update({f"gpu/{index}/{name}": value for name, value in read(handle).items()})
        return found

    def _utilization(self, handle: Any) -> dict[str, float]:
        return {"utilization_percent": float(self._nvml.nvmlDeviceGetUtilizationRates(handle).gpu)}

    def _memory(self, handle: Any) -> dict[str, float]:
        memory = self._nvml.nvmlDeviceGetMemoryInfo(handle)
        return {"memory_used_bytes": int(memory.used), "memory_percent": 100 * memory.used / memory.total}

    def _temperature(self, handle: Any) -> dict[str, float]:
        return {"temperature_c": float(self._nvml.nvmlDeviceGetTemperature(handle, self._nvml.NVML_TEMPERATURE_GPU))}

    def _power(self, handle: Any) -> dict[str, float]:
        return {"power_w": self._nvml.nvmlDeviceGetPowerUsage(handle) / 1000}


def _visible(environ: Mapping[str, str]) -> frozenset[str] | None:
    """Return the indices or UUIDs that CUDA may use, or None for all."""
    text = environ.get("CUDA_VISIBLE_DEVICES")
    if text is None:
        return None
    return frozenset(part.strip() for part in text.split(",") if part.strip())


def _is_named(uuid: str, wanted: frozenset[str]) -> bool:
    return any(name.startswith("GPU-") and uuid.startswith(name) for name in wanted)


def _text(value: Any) -> str:
    """Return a text of NVML, which older packages give as bytes."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _cuda(number: int) -> str:
    return f"{number // 1000}.{number % 1000 // 10}"
