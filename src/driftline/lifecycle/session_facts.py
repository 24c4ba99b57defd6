"""What is said of every record: on which platform, of which code, by which Python, in which kind of run."""

from __future__ import annotations

import os
import platform as system
from pathlib import Path
from typing import Any

from driftline.capture.platform import detect_platform, get_git_metadata, os_arch

TRUE = ("1", "true", "yes", "on")


def is_recording() -> bool:
    """Whether ENABLE_PERFORMANCE_RECORDING asks for records: 1, true, yes or on."""
    return os.environ.get("ENABLE_PERFORMANCE_RECORDING", "").strip().lower() in TRUE


def session_facts(
    platform: str | None = None, run_type: str | None = None, folder: Path | None = None
) -> dict[str, Any]:
    """platform (else PERFORMANCE_PLATFORM, or this one), os_arch, run_type (else PERFORMANCE_RUN_TYPE, or manual),
    git_commit and git_branch of the tree around `folder`, python_version."""
    git = get_git_metadata(folder)
    return {
        "platform": platform or detect_platform(),
        "os_arch": os_arch(),
        "run_type": run_type or os.environ.get("PERFORMANCE_RUN_TYPE", "").strip() or "manual",
        "git_commit": git["git_commit"],
        "git_branch": git["git_branch"],
        "python_version": system.python_version(),
    }
