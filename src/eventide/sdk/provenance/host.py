"""The machine: name, system, processor, memory, and the limits that a container puts on them.

Invariant: nothing is started to find it out, and no question goes over the network.
"""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

from eventide.journal.process import host_name
from eventide.sdk.cgroup import Cgroup


def describe(cgroup: Cgroup | None = None) -> dict[str, Any]:
    """Return what the machine is; what it does not tell is left out."""
    limits = cgroup or Cgroup.of_this_process()
    found: dict[str, Any] = {
        "name": host_name(),
        "os": _system(),
        "kernel": f"{platform.system()} {platform.release()}",
        "arch": platform.machine(),
        "cpu": _processor(),
        "cpus": os.cpu_count() or 0,
        "cpus_usable": usable_cpus(),
        "memory_bytes": memory_bytes(),
        "container": _container(),
        "cpu_limit": limits.cpu_limit(),
        "memory_limit_bytes": limits.memory_limit_bytes(),
    }
    return {name: value for name, value in found.items() if value not in (None, "", 0)}


def usable_cpus() -> int:
    """Return how many CPUs this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory_bytes() -> int:
    """Return the machine's memory; 0 where it does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        pass
    try:
        import psutil  # noqa: PLC0415 - only where there is no sysconf

        return int(psutil.virtual_memory().total)
    except Exception:  # noqa: BLE001 - not even that
        return 0


def _system() -> str:
    """Return the name of the system as its makers say it."""
    try:
        release = platform.freedesktop_os_release()
    except (AttributeError, OSError):
        mac = platform.mac_ver()[0]
        return f"macOS {mac}" if mac else f"{platform.system()} {platform.version()}"
    return release.get("PRETTY_NAME") or release.get("NAME", "")


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:  # noqa: PTH123
            for line in lines:
                name, _, value = line.partition(":")
                if name.strip() in ("model name", "Model", "Hardware"):
                    return value.strip()
    except OSError:
        pass
    return "" if os.name == "posix" and platform.system() == "Linux" else platform.processor()


def _container() -> str:
    """Return which kind of container this is, as far as it shows."""
    if Path("/.dockerenv").exists():
        return "docker"
    if Path("/run/.containerenv").exists():
        return "podman"
    if os.environ.get("KUBERNETES_SERVICE_HOST"):
        return "kubernetes"
    if os.environ.get("APPTAINER_CONTAINER") or os.environ.get("SINGULARITY_CONTAINER"):
        return "apptainer"
    return ""
