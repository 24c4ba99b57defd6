"""What is found out about the machine that measures: above all its GPUs, which other programs know."""

from __future__ import annotations

import os
import platform as system_platform
import sys
import threading
from pathlib import Path
from typing import NoReturn

import psutil
import pytest

from driftline.capture import platform
from driftline.capture.platform import Gpu, detect_platform, this_machine


def on_path(folder: Path, script: str) -> dict[str, str]:
    """An environment whose only program is an nvidia-smi that does this."""
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return {"PATH": str(folder)}


@pytest.fixture
def linux(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests run on is Linux, without a GPU of its own."""
    monkeypatch.setattr(system_platform, "system", lambda: "Linux")
    monkeypatch.setattr(system_platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(platform, "GPU_DEVICES", ())


@pytest.mark.usefixtures("linux")
def test_what_nvidia_smi_lists_gives_the_name(tmp_path: Path) -> None:
    asked = '[ "$*" = "--query-gpu=name,memory.total --format=csv,noheader,nounits" ] || exit 1'
    listed = "printf 'NVIDIA T400 4GB, 4096\\nNVIDIA GeForce RTX 4090, 24564\\nNVIDIA GB10, [N/A]\\nno GPU, here\\n'"
    machine = this_machine(on_path(tmp_path, f"{asked}\n{listed}"))

    assert machine.gpus() == [
        Gpu("NVIDIA T400 4GB", 4.0), Gpu("NVIDIA GeForce RTX 4090", 24564 / 1024), Gpu("NVIDIA GB10", None)
    ]  # fmt: skip
    assert detect_platform(machine) == "RTX_4090_24GB"


@pytest.mark.usefixtures("linux")
@pytest.mark.parametrize(
    "script",
    [
        "echo 'NVIDIA A100-SXM4-80GB, 81920'; exit 1",
        "echo 'No devices were found'",
        "echo 'NVIDIA-SMI has failed, because it could not reach the driver'",
        "printf '\\377\\376\\000,, 1\\n\\n,\\n, 81920\\n[Unknown Error], 81920\\nA100, nan\\nA100, -1\\nA100, ٣\\n'",
        "echo 'A100, 99999999999999999999'",
        "kill -9 $$",
    ],
)
def test_an_nvidia_smi_that_fails_or_prints_garbage_finds_no_gpu(tmp_path: Path, script: str) -> None:
    assert detect_platform(this_machine(on_path(tmp_path, script))) == "Linux_x86_64"


@pytest.mark.usefixtures("linux")
def test_an_nvidia_smi_that_cannot_be_run_or_is_missing_finds_no_gpu(tmp_path: Path) -> None:
    environ = on_path(tmp_path, "")
    (tmp_path / "nvidia-smi").write_bytes(b"\x7fELF")

    assert this_machine(environ).gpus() == []
    assert detect_platform(this_machine({"PATH": str(tmp_path / "none")})) == "Linux_x86_64"
    assert detect_platform(this_machine({})) == "Linux_x86_64"


@pytest.mark.usefixtures("linux")
def test_an_nvidia_smi_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fifo = tmp_path / "never"
    os.mkfifo(fifo)
    environ = on_path(tmp_path, f"read word < '{fifo}'; echo 'NVIDIA A100-SXM4-80GB, 81920'")
    monkeypatch.setattr(platform, "PATIENCE_S", 0.1)
    # Whoever waits longer is answered, and finds the GPU.
    ends = threading.Timer(5, lambda: fifo.write_text("go\n", encoding="utf-8"))
    ends.daemon = True
    ends.start()

    assert detect_platform(this_machine(environ)) == "Linux_x86_64"
    ends.cancel()


TORCH = """
class cuda:
    device_count = staticmethod(lambda: 1)
    class get_device_properties:
        name, total_memory = "AMD Instinct MI300X", 206141652992
        def __init__(self, at): pass
"""


@pytest.mark.usefixtures("linux")
@pytest.mark.parametrize(
    ("source", "has_device", "named"),
    [
        (TORCH, True, "MI300X_192GB"),
        (TORCH, False, "Linux_x86_64"),
        ("raise SystemExit(3)", True, "Linux_x86_64"),
        ("import os; os.abort()", True, "Linux_x86_64"),
    ],
)
def test_torch_is_asked_in_a_process_of_its_own_where_nvidia_smi_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, has_device: bool, named: str
) -> None:
    (tmp_path / "torch.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(platform, "GPU_DEVICES", (tmp_path if has_device else tmp_path / "none",))

    assert detect_platform(this_machine({"PATH": "", "PYTHONPATH": str(tmp_path)})) == named
    assert "torch" not in sys.modules


@pytest.mark.usefixtures("linux")
def test_a_file_named_torch_where_this_runs_is_not_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "torch.py").write_text(f"open({str(tmp_path / 'executed')!r}, 'w')\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    monkeypatch.setattr(platform, "GPU_DEVICES", (tmp_path,))

    assert this_machine({"PATH": ""}).gpus() == []
    assert not (tmp_path / "executed").exists()


def test_a_mac_is_not_asked_for_gpus_of_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_platform, "system", lambda: "Darwin")

    assert this_machine(on_path(tmp_path, "echo 'NVIDIA A100-SXM4-80GB, 81920'")).gpus() == []


def test_this_machine_is_what_the_system_says(monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {"PERFORMANCE_PLATFORM": "box"}
    machine = this_machine(environ)

    assert (machine.system, machine.architecture) == (system_platform.system(), system_platform.machine())
    assert machine.ram_gb == psutil.virtual_memory().total / 1024**3
    assert machine.environ is environ
    monkeypatch.setenv("PERFORMANCE_PLATFORM", "shelf")
    assert detect_platform() == "shelf"


def test_a_memory_that_is_not_told_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied() -> NoReturn:
        raise PermissionError

    monkeypatch.setattr(psutil, "virtual_memory", denied)
    assert this_machine({}).ram_gb is None
