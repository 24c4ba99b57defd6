"""What is said about the machine and the code that measured. Nothing here names the machine or its user."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

import driftline


def describe_machine(hostname: str) -> dict[str, Any]:
    """The `environment` block of a profile. `hostname` is the name to show; the real one is not read."""
    commit = git_state()
    return {
        "hostname": hostname,
        "cpu": _cpu_name(),
        "cpu_cores_physical": psutil.cpu_count(logical=False),
        "cpu_cores_logical": psutil.cpu_count(),
        "ram_total_gb": round(psutil.virtual_memory().total / 1024**3, 1),
        "os": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "package_version": driftline.__version__,
        "git_sha": commit["commit"][:7] if commit["commit"] else None,
        "git_dirty": commit["dirty"],
        "device": "cpu",
        "precision": None,
        "library_versions": library_versions(),
    }


def library_versions() -> dict[str, str]:
    """Versions of the libraries that the pipeline computes with."""
    return {name: version(name) for name in ("numpy", "psutil", "rouge-score")}


def git_state() -> dict[str, Any]:
    """Commit, branch and dirtiness of the source tree; all None where there is no repository or no commit."""
    commit = _git("rev-parse", "--verify", "HEAD")
    if not commit:
        return {"commit": None, "branch": None, "dirty": None}
    return {"commit": commit, "branch": _git("rev-parse", "--abbrev-ref", "HEAD"), "dirty": bool(_git("status", "-s"))}


def _git(*arguments: str) -> str | None:
    try:
        result = subprocess.run(
            ["git", *arguments], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return result.stdout.strip() or None


def _cpu_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
