"""What is said about the machine, the code and the program that is measured, and whether the machine was quiet."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

import driftline
from driftline.capture.execution import Execution

# More than this of all cores' time used by others makes a measurement doubtful.
BUSY_SHARE = 0.1
# More than this taken by the host of a virtual machine too.
STOLEN_SHARE = 0.02
# A wall clock that was set moves the borders of the stages against the looks.
CLOCK_MOVED_S = 0.1
_CPU = Path("/sys/devices/system/cpu")


def describe_environment(command: Sequence[str], folder: Path, hostname: str | None = None) -> dict[str, Any]:
    """The `environment` block of a profile: machine, system, code in `folder`. None is what is not known.

    `hostname` is shown instead of the machine's own name.
    """
    commit = git_state(folder)
    return {
        "hostname": hostname or platform.node() or None,
        "cpu": cpu_name(),
        "cpu_cores_physical": psutil.cpu_count(logical=False),
        "cpu_cores_logical": psutil.cpu_count(),
        "ram_total_gb": round(psutil.virtual_memory().total / 1024**3, 1),
        # Without what the builder of a kernel adds to its version.
        "os": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version() if _is_own_python(command) else None,
        "package_version": driftline.__version__,
        "git_sha": commit["commit"][:7] if commit["commit"] else None,
        "git_dirty": commit["dirty"],
        "device": None,
        "precision": None,
        "library_versions": {},
        "cpu_governor": _line(_CPU / "cpu0/cpufreq/scaling_governor"),
        "load_1m": _load(),
    }


def _is_own_python(command: Sequence[str]) -> bool:
    """Whether the command runs in the Python that measures it: of another one nothing is known."""
    found = shutil.which(command[0]) if command else None
    return found is not None and Path(found).parent == Path(sys.executable).parent and "python" in Path(found).name


def repository_of(folder: Path) -> Path | None:
    """The top of the tree around a folder; None where there is no repository."""
    top = _git(folder, "rev-parse", "--show-toplevel")
    return Path(top) if top else None


def git_attribute(path: Path, name: str) -> str | None:
    """What git holds of an attribute of a path, which need not be there: `unspecified`, `set`, `unset` or its value;
    None where there is no repository."""
    told = _git(path.parent, "check-attr", "-z", name, "--", path.name)
    return told.split("\0")[2] if told else None


def git_state(folder: Path) -> dict[str, Any]:
    """Commit, branch and dirtiness of the tree around a folder; all None where there is no repository or no commit.

    Files that git does not know make no tree dirty, as `git describe --dirty` has it.
    """
    commit = _git(folder, "rev-parse", "--verify", "HEAD")
    if not commit:
        return {"commit": None, "branch": None, "dirty": None}
    branch = _git(folder, "rev-parse", "--abbrev-ref", "HEAD")
    return {"commit": commit, "branch": branch, "dirty": bool(_git(folder, "status", "--porcelain", "-uno"))}


def git_describe(folder: Path) -> str | None:
    """What git calls the commit around a folder: the last tag and what came after it; None where there is none."""
    return _git(folder, "describe", "--tags", "--always", "--dirty")


def _git(folder: Path, *arguments: str) -> str | None:
    return _said("git", *arguments, folder=folder)


def _said(*command: str, folder: Path | None = None) -> str | None:
    try:
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return result.stdout.strip() or None


def cpu_name() -> str:
    """The model of the CPU as the system names it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    if platform.system() == "Darwin":
        return _said("sysctl", "-n", "machdep.cpu.brand_string") or platform.machine()
    return platform.processor() or platform.machine()


def _line(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except OSError:
        return None


def _load() -> float | None:
    try:
        return round(os.getloadavg()[0], 2)
    except (AttributeError, OSError):
        return None


class QuietWatch:
    """Whether anything but the command kept the machine busy, from its making on."""

    def __init__(self) -> None:
        self._times = psutil.cpu_times()
        self._throttled = _throttled()

    def warnings(self, execution: Execution, capture: int) -> list[str]:
        """What makes the measurement doubtful, a sentence each."""
        now, cores = psutil.cpu_times(), psutil.cpu_count() or 1
        passed = (sum(now[:8]) - sum(self._times[:8])) or 1.0
        idle = sum(_more(now, self._times, name) for name in ("idle", "iowait"))
        stolen = _more(now, self._times, "steal")
        used = (execution.user_s or 0.0) + (execution.system_s or 0.0) + execution.overhead_s
        others = max(0.0, passed - idle - stolen - used) / passed
        found = []
        # In a moment too short for the kernel's counters nothing can be told.
        if execution.wall_s * cores > 0.5 and others > BUSY_SHARE:
            found.append(f"other programs used {others:.0%} of all CPU time during capture {capture}")
        if stolen / passed > STOLEN_SHARE:
            found.append(f"the host of this virtual machine took {stolen / passed:.0%} of its CPU time")
        if _throttled() > self._throttled:
            found.append(f"the CPU was throttled by its heat during capture {capture}")
        if abs(execution.clock_moved_s) > CLOCK_MOVED_S:
            found.append(f"the clock was set by {execution.clock_moved_s:+.1f} s during capture {capture}")
        return found


def power_warnings() -> list[str]:
    """What is wrong with the machine whatever it does."""
    battery = getattr(psutil, "sensors_battery", lambda: None)()
    governor = _line(_CPU / "cpu0/cpufreq/scaling_governor")
    found = ["the machine ran on battery"] if battery and battery.power_plugged is False else []
    return found + (["the CPU governor was powersave"] if governor == "powersave" and not _is_intel_pstate() else [])


def _is_intel_pstate() -> bool:
    """Whose `powersave` is the ordinary way."""
    return _line(_CPU / "cpu0/cpufreq/scaling_driver") == "intel_pstate"


def _more(now: Any, before: Any, name: str) -> float:
    return max(0.0, float(getattr(now, name, 0.0) - getattr(before, name, 0.0)))


def _throttled() -> int:
    """How often any core was slowed down by its heat since the system started."""
    counts = (_line(path) for path in _CPU.glob("cpu*/thermal_throttle/core_throttle_count"))
    return sum(int(count) for count in counts if count and count.isdigit())
