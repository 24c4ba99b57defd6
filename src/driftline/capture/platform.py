"""Which kind of machine measures, as one name that baselines are kept under; and which commit is measured.

Nothing here fails for what cannot be found out: that is None, or no part of the name.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import psutil

from driftline.capture.environment import cpu_name, git_state
from driftline.capture.gpu import MIB

# A driver that wakes many GPUs takes seconds to answer; one that hangs never does.
PATIENCE_S = 20.0
# Without one of these no torch on Linux finds a GPU, and to import it takes seconds.
GPU_DEVICES = tuple(Path("/dev", name) for name in ("nvidiactl", "kfd", "dxg", "nvmap"))
# Asked in a process of its own: to begin with CUDA in this one takes memory of the GPU, and what is forked from it can
# use CUDA no more.
_ASK_TORCH = f"""
import torch
for at in range(torch.cuda.device_count()):
    device = torch.cuda.get_device_properties(at)
    print(f"{{device.name}}, {{device.total_memory // {MIB}}}")
"""

_FALSE = frozenset({"", "0", "false", "no", "off"})
_RUNNERS = {"Darwin": "macOS"}
_ARCHITECTURES = {"amd64": "x86_64", "x64": "x86_64", "aarch64": "arm64"}

# GB that memory of Macs and of GPUs is sold in. Of a size that is not here as much is told as can be used.
_SOLD_GB = (
    1, 2, 3, 4, 5, 6, 8, 10, 11, 12, 16, 18, 20, 24, 32, 36, 40, 48, 64, 72, 80, 94, 96, 128, 141, 144, 180, 192, 256,
    288, 512,
)  # fmt: skip
# Error correction takes a sixteenth of a GPU's memory, the driver a little more.
_TAKEN = 0.08
_ABOVE = 0.005

_APPLE = re.compile(r"Apple ([A-Z]\d+\b.*)")
# Not what a chip is called, but how it is mounted, and its memory, which is measured.
_MOUNTED = re.compile(r"[\s-]+(?:SXM\d*|PCIe|HBM\d\w*|(?P<gb>\d+)GB?)(?![^\s-])", re.IGNORECASE)
_SAID_ANYWAY = frozenset(
    {"nvidia", "geforce", "tesla", "amd", "instinct", "gpu", "generation", "edition", "with", "design"}
)
_TRADEMARK = re.compile(r"\((?:R|TM|C)\)", re.IGNORECASE)
_OTHER = re.compile(r"[^A-Za-z0-9.-]+")
# As drivers name GPUs: in ASCII, on one line, and never in brackets, which stand for what cannot be told.
_NAME = re.compile(r"[A-Za-z0-9][ -+\--~]*")
_MEMORY = re.compile(r"(?P<mib>[0-9]{1,9})|\[[^]]*\]")
_UNKNOWN = "Unknown"


class Gpu(NamedTuple):
    """A GPU as its driver names it, and its memory in GB of 1024³ bytes; None where the driver does not say."""

    name: str
    memory_gb: float | None


@dataclass(frozen=True)
class Machine:
    """All that the name of a platform is made of.

    `system` and `architecture` are as Python's `platform` has them (`Linux`, `aarch64`), `ram_gb` is in GB of 1024³
    bytes. `gpus` is asked only where the name needs a GPU: to find them may take seconds.
    """

    environ: Mapping[str, str]
    system: str
    architecture: str
    cpu: str | None
    ram_gb: float | None
    gpus: Callable[[], Sequence[Gpu]]


def this_machine(environ: Mapping[str, str] = os.environ) -> Machine:
    """The machine that this runs on, with these variables for its environment."""
    system = platform.system()
    return Machine(environ, system, platform.machine(), cpu_name() or None, _ram_gb(), lambda: _gpus(system, environ))


def detect_platform(machine: Machine | None = None) -> str:
    """The name of the platform, such as `M1_Mac_16GB`, `GitHub_Actions_macOS`, `RunPod_A100`, `RTX_4090_24GB`.

    The first that holds: `PERFORMANCE_PLATFORM` as it is given, GitHub Actions, RunPod, another CI, an Apple Mac with
    its RAM, a GPU with its own memory (of several the one with the most), else system and architecture.
    """
    machine = machine or this_machine()
    environ = machine.environ
    if override := environ.get("PERFORMANCE_PLATFORM", "").strip():
        return override
    if _is_true(environ.get("GITHUB_ACTIONS")):
        return f"GitHub_Actions_{_RUNNERS.get(machine.system, machine.system or _UNKNOWN)}"
    if environ.get("RUNPOD_POD_ID", "").strip():
        gpu = _largest(machine)
        return f"RunPod_{_gpu_name(gpu.name) if gpu else _UNKNOWN}"
    if _is_true(environ.get("CI")):
        return "CI_Generic"
    if mac := _mac(machine):
        return mac
    if gpu := _largest(machine):
        return _with_memory(_gpu_name(gpu.name), gpu.memory_gb or _gb_in(gpu.name))
    return f"{machine.system or _UNKNOWN}_{machine.architecture or _UNKNOWN}"


def os_arch(machine: Machine | None = None) -> str:
    """System and architecture under one spelling each, such as `linux-x86_64` and `darwin-arm64`."""
    system, architecture = (
        (machine.system, machine.architecture) if machine else (platform.system(), platform.machine())
    )
    known = architecture.lower()
    return f"{system.lower() or 'unknown'}-{_ARCHITECTURES.get(known, known) or 'unknown'}"


def get_git_metadata(folder: Path | None = None, environ: Mapping[str, str] = os.environ) -> dict[str, str | None]:
    """Commit and branch of the tree around a folder (else where this runs): `git_commit` and `git_branch`, and the
    same as `commit` and `branch`. None where there is no repository, and for the branch where none is checked out.

    GitHub Actions checks out a commit and says in the environment of which branch it is.
    """
    state = git_state(folder or Path.cwd())
    commit, branch = state["commit"], state["branch"]
    if branch == "HEAD":
        branch = _branch_of_action(environ)
    return {"git_commit": commit, "git_branch": branch, "commit": commit, "branch": branch}


def _branch_of_action(environ: Mapping[str, str]) -> str | None:
    if not _is_true(environ.get("GITHUB_ACTIONS")):
        return None
    named = None if environ.get("GITHUB_REF_TYPE") == "tag" else environ.get("GITHUB_REF_NAME")
    return environ.get("GITHUB_HEAD_REF") or named or None


def _is_true(value: str | None) -> bool:
    return (value or "").strip().lower() not in _FALSE


def _mac(machine: Machine) -> str | None:
    chip = _APPLE.fullmatch(machine.cpu or "")
    if machine.system != "Darwin" or machine.architecture != "arm64" or chip is None:
        return None
    return _with_memory(f"{_plain(chip[1])}_Mac", machine.ram_gb)


def _largest(machine: Machine) -> Gpu | None:
    return max(machine.gpus(), key=lambda gpu: gpu.memory_gb or 0.0, default=None)


def _gpu_name(name: str) -> str:
    words = _MOUNTED.sub("", _TRADEMARK.sub(" ", name)).split()
    return _plain(" ".join(word for word in words if word.lower() not in _SAID_ANYWAY)) or _plain(name) or _UNKNOWN


def _gb_in(name: str) -> float | None:
    sizes = [float(found["gb"]) for found in _MOUNTED.finditer(name) if found["gb"]]
    return sizes[0] if sizes else None


def _plain(text: str) -> str:
    return _OTHER.sub("_", text).strip("_")


def _with_memory(name: str, gb: float | None) -> str:
    return f"{name}_{_sold_gb(gb)}GB" if gb else name


def _sold_gb(gb: float) -> int:
    """The size that this much usable memory is sold as."""
    sold = next((size for size in _SOLD_GB if gb <= size * (1 + _ABOVE)), None)
    return sold if sold and gb >= sold * (1 - _TAKEN) else max(1, round(gb))


def _ram_gb() -> float | None:
    try:
        return psutil.virtual_memory().total / 1024**3
    except (OSError, psutil.Error):
        return None


def _gpus(system: str, environ: Mapping[str, str]) -> list[Gpu]:
    """What `nvidia-smi` lists; where there is none, what torch finds. Neither is there on a Mac."""
    if system == "Darwin":
        return []
    if smi := shutil.which("nvidia-smi", path=environ.get("PATH", "")):
        return _listed(environ, smi, "--query-gpu=name,memory.total", "--format=csv,noheader,nounits")
    if system == "Linux" and not any(device.exists() for device in GPU_DEVICES):
        return []
    if "torch" in sys.modules or importlib.util.find_spec("torch"):
        # -P: a file named torch.py in the folder where this runs is no torch, and is not to be run.
        return _listed(environ, sys.executable, "-P", "-c", _ASK_TORCH)
    return []


def _listed(environ: Mapping[str, str], *command: str) -> list[Gpu]:
    """The GPUs that a program prints, one `name, MiB` a line. Lines of any other kind are its complaints."""
    try:
        result = subprocess.run(
            command, env=dict(environ), stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=PATIENCE_S,
            encoding="utf-8", errors="replace",
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return []
    return [gpu for line in result.stdout.splitlines() if (gpu := _gpu(line))]


def _gpu(line: str) -> Gpu | None:
    """None for what is no row of a GPU. `[N/A]` and the like stand for a memory that is not told."""
    name, _, told = line.rpartition(",")
    name, memory = name.strip(), _MEMORY.fullmatch(told.strip())
    if memory is None or _NAME.fullmatch(name) is None:
        return None
    return Gpu(name, int(memory["mib"]) / 1024 if memory["mib"] else None)
