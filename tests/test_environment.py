"""What a profile says of the machine, and when a measurement on it is doubtful."""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import psutil
import pytest

from driftline.capture import environment, gpu
from driftline.capture.execution import Execution
from driftline.capture.stage_log import StageLog

HOME = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}


class Times(NamedTuple):
    """Seconds of all cores, as psutil.cpu_times gives them."""

    user: float = 0
    nice: float = 0
    system: float = 0
    idle: float = 0
    iowait: float = 0
    irq: float = 0
    softirq: float = 0
    steal: float = 0


def doubts(monkeypatch: pytest.MonkeyPatch, passed: Times, cpu_s: float = 0.0, moved_s: float = 0.0) -> list[str]:
    """What is said of an execution of 10 s that used some CPU time, while this passed on two cores."""
    readings = iter([Times(), passed])
    monkeypatch.setattr(psutil, "cpu_times", lambda: next(readings))
    monkeypatch.setattr(psutil, "cpu_count", lambda: 2)
    watch = environment.QuietWatch()
    execution = Execution(0.0, StageLog(Path("none")), ended=10.0, wall_s=10.0, user_s=cpu_s, clock_moved_s=moved_s)
    return watch.warnings(execution, 3)


def test_a_quiet_machine_is_no_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    assert doubts(monkeypatch, Times(user=8.5, system=1.0, idle=10.5), cpu_s=9.0) == []


@pytest.mark.parametrize(
    ("passed", "moved_s", "said"),
    [
        (Times(user=16, idle=4), 0.0, ["other programs used 35% of all CPU time during capture 3"]),
        (Times(user=9, idle=9, steal=2), 0.0, ["the host of this virtual machine took 10% of its CPU time"]),
        (Times(user=9, idle=11), -3.04, ["the clock was set by -3.0 s during capture 3"]),
    ],
)
def test_what_disturbs_a_measurement_is_named(
    monkeypatch: pytest.MonkeyPatch, passed: Times, moved_s: float, said: list[str]
) -> None:
    assert doubts(monkeypatch, passed, cpu_s=9.0, moved_s=moved_s) == said


def test_a_cpu_that_was_throttled_meanwhile_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = iter([4, 5])
    monkeypatch.setattr(environment, "_throttled", lambda: next(counts))

    assert doubts(monkeypatch, Times(idle=20)) == ["the CPU was throttled by its heat during capture 3"]


@pytest.mark.parametrize(("plugged", "said"), [(True, []), (None, []), (False, ["the machine ran on battery"])])
def test_a_machine_on_battery_is_named(monkeypatch: pytest.MonkeyPatch, plugged: bool | None, said: list[str]) -> None:
    monkeypatch.setattr(psutil, "sensors_battery", lambda: SimpleNamespace(power_plugged=plugged), raising=False)

    assert [found for found in environment.power_warnings() if "battery" in found] == said


def test_the_machine_is_described_and_its_name_only_if_nobody_gives_another(tmp_path: Path) -> None:
    described = environment.describe_environment([sys.executable, "x.py"], tmp_path)

    assert described["hostname"] == platform.node()
    assert environment.describe_environment(["sh"], tmp_path, "box")["hostname"] == "box"
    assert described["cpu_cores_logical"] == psutil.cpu_count()
    assert described["python"] == platform.python_version()
    assert environment.describe_environment(["sh"], tmp_path)["python"] is None
    assert (described["git_sha"], described["git_dirty"], described["device"]) == (None, None, None)


def test_the_commit_is_that_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in HOME.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "code.py").write_text("1\n")
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    (tmp_path / "output").touch()
    clean = environment.describe_environment(["sh"], tmp_path)
    (tmp_path / "code.py").write_text("2\n")
    dirty = environment.describe_environment(["sh"], tmp_path)

    assert len(clean["git_sha"]) == 7
    assert (clean["git_dirty"], dirty["git_dirty"], dirty["git_sha"]) == (False, True, clean["git_sha"])


class NVMLError(Exception):
    pass


def nvml(held: dict[int, Any], devices: int = 1) -> SimpleNamespace:
    """The library of a machine whose every GPU holds this for each process, in bytes."""

    def init() -> None:
        if devices < 0:
            raise NVMLError

    running = [SimpleNamespace(pid=pid, usedGpuMemory=used) for pid, used in held.items()]
    return SimpleNamespace(
        NVMLError=NVMLError, nvmlInit=init, nvmlDeviceGetCount=lambda: devices,
        nvmlDeviceGetHandleByIndex=lambda at: at, nvmlDeviceGetComputeRunningProcesses=lambda _device: running,
    )  # fmt: skip


@pytest.fixture
def _forgetful() -> Iterator[None]:
    gpu.gpu_memory.cache_clear()
    yield
    gpu.gpu_memory.cache_clear()


@pytest.mark.usefixtures("_forgetful")
@pytest.mark.parametrize(
    ("library", "held_mb"),
    [
        (nvml({1: 3 * 2**20, 2: 5 * 2**20, 9: 2**30}, devices=2), 16.0),
        (nvml({9: 2**30}), 0.0),
        (nvml({1: None}), None),
    ],
)
def test_the_memory_of_gpus_is_that_of_the_measured_processes(
    monkeypatch: pytest.MonkeyPatch, library: SimpleNamespace, held_mb: float | None
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", library)
    held = gpu.gpu_memory()

    assert held is not None
    assert held({1, 2}) == held_mb


@pytest.mark.usefixtures("_forgetful")
@pytest.mark.parametrize("library", [None, nvml({}, devices=0), nvml({}, devices=-1)])
def test_without_a_gpu_nothing_is_said_of_its_memory(
    monkeypatch: pytest.MonkeyPatch, library: SimpleNamespace | None
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", library)

    assert gpu.gpu_memory() is None
