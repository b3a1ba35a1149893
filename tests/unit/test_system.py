"""Limits of containers, GPUs by a made-up NVML, and samples of this machine."""

from __future__ import annotations

import os
import sys
import time
import types
from pathlib import Path

import pytest

from eventide.sdk.cgroup import Cgroup
from eventide.sdk.gpu import Gpus
from eventide.sdk.system import Machine

ALWAYS = {"cpu/percent", "cpu/process_percent", "memory/percent", "memory/used_bytes", "memory/process_bytes"}


def tree(root: Path, files: dict[str, str]) -> Path:
    """Write files below a folder."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def cgroup(tmp_path: Path, lines: str, files: dict[str, str]) -> Cgroup:
    """Return the limits of a made-up system."""
    proc = tmp_path / "cgroup"
    proc.write_text(lines)
    return Cgroup.of_this_process(proc=proc, mount=tree(tmp_path / "fs", files))


def test_limits_of_version_2(tmp_path: Path) -> None:
    """The smallest limit on the way up counts; cached files are no memory in use."""
    found = cgroup(
        tmp_path,
        "0::/job/task\n",
        {
            "cpu.max": "max 100000\n",
            "job/cpu.max": "150000 100000\n",
            "job/memory.max": "1000000\n",
            "job/memory.current": "500000\n",
            "job/memory.stat": "anon 1\ninactive_file 100000\n",
            "job/cpu.stat": "usage_usec 2500000\n",
            "job/task/cpu.max": "max 100000\n",
            "job/task/memory.max": "max\n",
            "job/task/memory.current": "1\n",
            "job/task/cpu.stat": "usage_usec 2000000\n",
        },
    )

    assert found.cpu_limit() == 1.5
    assert found.memory_limit_bytes() == 1_000_000
    assert found.memory_used_bytes() == 400_000
    assert found.cpu_seconds() == 2.0


def test_limits_of_version_1(tmp_path: Path) -> None:
    """Each controller has a tree of its own, and a number near 2^63 means no limit."""
    found = cgroup(
        tmp_path,
        "4:memory:/a\n3:cpu,cpuacct:/a\n",
        {
            "memory/a/memory.limit_in_bytes": "9223372036854771712\n",
            "memory/memory.limit_in_bytes": "2000000\n",
            "memory/memory.usage_in_bytes": "600000\n",
            "memory/memory.stat": "total_inactive_file 100000\n",
            "cpu,cpuacct/a/cpu.cfs_quota_us": "50000\n",
            "cpu,cpuacct/a/cpu.cfs_period_us": "100000\n",
            "cpu,cpuacct/a/cpuacct.usage": "3000000000\n",
        },
    )

    assert found.cpu_limit() == 0.5
    assert found.memory_limit_bytes() == 2_000_000
    assert found.memory_used_bytes() == 500_000
    assert found.cpu_seconds() == 3.0


@pytest.mark.parametrize("lines", ["", "0::/gone\n", "nonsense", "0::/../..\n"])
def test_no_limits_where_nothing_says_so(tmp_path: Path, lines: str) -> None:
    """Files that are not there, or make no sense, are no limit."""
    found = cgroup(tmp_path, lines, {"cpu.max": "garbage", "memory.max": ""})

    assert (found.cpu_limit(), found.memory_limit_bytes(), found.memory_used_bytes(), found.cpu_seconds()) == (
        None,
    ) * 4


def test_a_sample_has_the_figures_of_this_machine() -> None:
    """The names are those that front ends rely on, and percent lie between 0 and 100."""
    machine = Machine(cgroup=Cgroup())
    time.sleep(0.05)  # the system counts in hundredths of a second

    sample = machine.sample()

    assert set(sample) >= ALWAYS
    assert set(sample) <= ALWAYS | {
        "disk/read_bytes_per_s", "disk/write_bytes_per_s", "network/sent_bytes_per_s", "network/received_bytes_per_s",
    }  # fmt: skip
    assert all(0 <= value <= 100 for name, value in sample.items() if name.endswith("percent"))
    assert sample["memory/process_bytes"] > 1_000_000
    used = machine.disk_used_percent(os.sep)
    assert used is not None
    assert 0 < used <= 100
    assert machine.disk_used_percent("/no/such/folder") is None


def test_further_ranks_of_a_host_sample_themselves_only() -> None:
    """What all processes of a host share is sampled by the first."""
    assert set(Machine(cgroup=Cgroup(), whole=False).sample()) == {"cpu/process_percent", "memory/process_bytes"}


def test_memory_is_a_share_of_the_limit(tmp_path: Path) -> None:
    """In a container percent means percent of what it may use."""
    limited = cgroup(
        tmp_path, "0::/\n", {"memory.max": "1000\n", "memory.current": "250\n", "cpu.max": "50000 100000\n"}
    )

    sample = Machine(cgroup=limited).sample()

    assert sample["memory/percent"] == 25
    assert sample["memory/used_bytes"] == 250


def fake_nvml(monkeypatch: pytest.MonkeyPatch, count: int = 2, broken: str = "") -> None:
    """Put an NVML in place that has `count` GPUs; one of its functions may fail."""
    nvml = types.ModuleType("pynvml")
    functions = {
        "nvmlInit": lambda: None,
        "nvmlDeviceGetCount": lambda: count,
        "nvmlDeviceGetHandleByIndex": lambda index: index,
        "nvmlDeviceGetUUID": lambda handle: f"GPU-{handle}abc",
        "nvmlDeviceGetName": lambda handle: b"H200",
        "nvmlDeviceGetMemoryInfo": lambda handle: types.SimpleNamespace(total=1000, used=250 + handle),
        "nvmlSystemGetDriverVersion": lambda: "570.1",
        "nvmlSystemGetCudaDriverVersion": lambda: 12080,
        "nvmlDeviceGetUtilizationRates": lambda handle: types.SimpleNamespace(gpu=90, memory=10),
        "nvmlDeviceGetTemperature": lambda handle, kind: 61,
        "nvmlDeviceGetPowerUsage": lambda handle: 350_500,
    }
    for name, function in functions.items():
        setattr(nvml, name, function)
    nvml.NVML_TEMPERATURE_GPU = 0  # type: ignore[attr-defined]
    if broken:
        setattr(nvml, broken, lambda *_: 1 / 0)
    monkeypatch.setitem(sys.modules, "pynvml", nvml)


def test_gpus_are_described_and_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name, memory and driver say what there is; a sample has five figures per GPU."""
    fake_nvml(monkeypatch)
    gpus = Gpus({})

    assert gpus.describe()[1] == {
        "index": 1, "name": "H200", "memory_bytes": 1000, "driver": "570.1", "cuda": "12.8", "uuid": "GPU-1abc",
    }  # fmt: skip
    sample = gpus.sample()
    assert len(sample) == 10
    assert {name: value for name, value in sample.items() if name.startswith("gpu/0/")} == {
        "gpu/0/utilization_percent": 90.0,
        "gpu/0/memory_used_bytes": 250,
        "gpu/0/memory_percent": 25.0,
        "gpu/0/temperature_c": 61.0,
        "gpu/0/power_w": 350.5,
    }


@pytest.mark.parametrize(("visible", "indices"), [("1", [1]), ("", []), ("GPU-0ab", [0]), ("0,1", [0, 1]), ("-1", [])])
def test_only_gpus_that_may_be_used_count(monkeypatch: pytest.MonkeyPatch, visible: str, indices: list[int]) -> None:
    """CUDA_VISIBLE_DEVICES chooses by number or UUID; numbers stay those of the machine."""
    fake_nvml(monkeypatch)

    assert [about["index"] for about in Gpus({"CUDA_VISIBLE_DEVICES": visible}).describe()] == indices


@pytest.mark.parametrize("broken", ["nvmlInit", "nvmlDeviceGetCount", "nvmlDeviceGetHandleByIndex"])
def test_a_broken_driver_means_no_gpu(monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    """Where NVML fails there is none, and no error."""
    fake_nvml(monkeypatch, broken=broken)
    gpus = Gpus({})

    assert (len(gpus), gpus.describe(), gpus.sample()) == (0, [], {})


def test_without_the_package_there_is_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is not needed."""
    monkeypatch.setitem(sys.modules, "pynvml", None)

    assert Gpus({}).describe() == []


def test_a_figure_that_a_gpu_does_not_give_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GPU without a power meter still tells the rest."""
    fake_nvml(monkeypatch, count=1, broken="nvmlDeviceGetPowerUsage")

    sample = Gpus({}).sample()
    assert "gpu/0/power_w" not in sample
    assert sample["gpu/0/temperature_c"] == 61
