"""How much memory of NVIDIA GPUs processes hold, where the library that tells it (NVML) is installed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

MIB = 1024 * 1024


@cache
def gpu_memory() -> Callable[[set[int]], float | None] | None:
    """What gives the MiB that some processes hold on all GPUs; None where there is no NVML, or no GPU."""
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
        devices = [pynvml.nvmlDeviceGetHandleByIndex(at) for at in range(pynvml.nvmlDeviceGetCount())]
    except pynvml.NVMLError:
        return None
    return (lambda pids: _held(pynvml, devices, pids)) if devices else None


def _held(nvml: Any, devices: list[Any], pids: set[int]) -> float | None:
    """None where the driver does not say how much a process holds."""
    held = 0
    for device in devices:
        try:
            running = nvml.nvmlDeviceGetComputeRunningProcesses(device)
        except nvml.NVMLError:
            return None
        for process in running:
            if process.pid in pids:
                if process.usedGpuMemory is None:
                    return None
                held += process.usedGpuMemory
    return held / MIB
