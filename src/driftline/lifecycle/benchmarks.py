"""Writes what a benchmark measured as a capture: a YAML file in `<root>/benchmarks/`, which is a baseline from then on.

`benchmark.schema.json` says what each name in it means (layout: F-136).
"""

from __future__ import annotations

import os
import platform
import time
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from driftline.artifacts.decode import decode
from driftline.artifacts.reading import file_bytes
from driftline.artifacts.values import storable
from driftline.capture.environment import cpu_name, git_describe
from driftline.capture.times import utc_seconds
from driftline.capture.workload import Measured
from driftline.errors import Problems, UserError
from driftline.files import check_writable, sweep, write_atomically, write_new
from driftline.lifecycle.plan import check_version

FOLDER = "benchmarks"
SCHEMA = Path(__file__).with_name("benchmark.schema.json")
PROJECT = Path("pyproject.toml")


def check_name(name: str) -> str:
    """The name as it was given. Raises UserError where it is no plain file name."""
    try:
        return check_version(name)
    except UserError:
        raise UserError(
            f"{name!r} cannot be the name of a capture",
            "use letters, digits, '.', '_', '+' and '-', as in v1.12.0, with --name: it becomes the name of its file",
        ) from None


def find_version(given: str | None = None) -> str:
    """The version that is measured: the given one, else that of ./pyproject.toml, else what git calls the commit.

    Raises UserError where none of them tells it.
    """
    found = given if given is not None else _project_version() or git_describe(Path.cwd())
    if not found or not found.strip():
        raise UserError("nothing tells which version is measured", "name it with --version V")
    return found


def _project_version() -> str | None:
    """None where there is no such file, or it takes the version from elsewhere."""
    try:
        data = file_bytes(PROJECT)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(f"cannot read {PROJECT}: {error.strerror}", "name the version with --version V") from None
    try:
        content = tomllib.loads(decode(data, Problems()))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UserError(f"{PROJECT} is not TOML: {str(error)[:200]}", "name the version with --version V") from None
    project = content.get("project")
    version = project.get("version") if isinstance(project, dict) else None
    return version if isinstance(version, str) and version.strip() else None


def check_target(target: Path, may_replace: bool) -> None:
    """Raises UserError for what would otherwise be found out when all was measured."""
    if target.suffix != ".yaml":
        raise UserError(f"{target} is no .yaml file", "name the file with .yaml at its end")
    if os.path.lexists(target) and not may_replace:
        raise UserError(
            f"{target} is there already", "a capture never changes: choose another --name, or add --replace"
        )
    try:
        check_writable(target.parent)
        sweep(target.parent)
    except OSError as error:
        raise UserError(f"cannot write into {target.parent}: {error.strerror}", "name another place") from None


def describe(results: Sequence[Measured], name: str, version: str) -> dict[str, Any]:
    """The capture as the file holds it. Results of the same workload cannot be in one: the first would be lost."""
    names = [result.workload.name for result in results]
    if len(set(names)) < len(names):
        raise ValueError(f"two results of one workload: {names}")
    return {
        "version": storable(version),
        "captured_at": utc_seconds(time.time()),
        "name": name,
        "environment": environment(),
        "workloads": {storable(result.workload.name): entry(result) for result in results},
    }


def environment() -> dict[str, Any]:
    """Where it was measured; the machine's own name is left out. None is what is not known."""
    import psutil

    from driftline.capture.platform import detect_platform, get_git_metadata, os_arch

    git = get_git_metadata()
    return {
        "python_version": platform.python_version(),
        "platform": os_arch(),
        "platform_id": storable(detect_platform()),
        "cpu": storable(cpu_name()) or None,
        "memory_gb": round(psutil.virtual_memory().total / 1024**3, 1),
        "git_commit": git["git_commit"],
        "git_branch": git["git_branch"],
    }


def entry(result: Measured) -> dict[str, Any]:
    """A workload as a capture holds it. The environment variables that were set are left out: they hold secrets."""
    workload = result.workload
    program = workload.program
    what = {"callable": program.function} if program.function else {"command": [*map(storable, program.command)]}
    return {
        "description": storable(workload.description),
        "iterations": len(result.samples_ms),
        "warmups": len(result.warmups_ms),
        "outliers": result.outliers,
        **({"provider": storable(workload.provider)} if workload.provider else {}),
        **what,
        "items": workload.items,
        "notes": [storable(note) for note in result.all_notes],
        "metrics": dict(result.metrics),
        "samples_ms": list(result.samples_ms),
    }


def write_capture(document: Mapping[str, Any], target: Path, may_replace: bool) -> None:
    """Writes the whole file or none of it. Raises UserError where one is there that may not be replaced, or it cannot
    be written."""
    text = yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True, width=120)
    try:
        (write_atomically if may_replace else write_new)(target, text)
    except FileExistsError:
        raise UserError(f"{target} was made meanwhile", "look at it, then choose another --name") from None
    except OSError as error:
        raise UserError(f"cannot write {target}: {error.strerror}", "make it writable and try again") from None
