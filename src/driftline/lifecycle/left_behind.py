"""What measurements left behind: profiles that were broken off, and processes that outlived their command."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from driftline.artifacts.decode import json_object
from driftline.artifacts.reading import file_bytes
from driftline.artifacts.scan import scan_partial_profiles
from driftline.artifacts.values import text
from driftline.artifacts.yaml_text import load_mapping
from driftline.capture.times import utc_seconds
from driftline.errors import Problems
from driftline.files import remove

PROC = Path("/proc")


def broken_off(root: Path) -> list[str]:
    """Each `*.partial.yaml` below profiles/ with the reason that it gives, as a line."""
    return [
        f"{found.shown} was broken off: {_reason(root / found.rel) or 'it gives no reason'}"
        for found in sorted(scan_partial_profiles(root))
    ]


def _reason(path: Path) -> str | None:
    try:
        document = load_mapping(file_bytes(path), Problems())
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    partial = document.content.get("partial") if document else None
    return text(partial.get("reason")) if isinstance(partial, dict) else None


def outlived(root: Path) -> list[str]:
    """Each process that outlived its command and still runs, as a line; a note without any such process is removed."""
    if not (PROC / "self" / "stat").exists():
        return []
    told = []
    for path in sorted((root / ".driftline" / "left").glob("*.json")):
        note = _note(path)
        if note is None:
            told.append(f"warning: {path} is no note of processes")
            continue
        running = [process for process in note["processes"] if is_running(process["pid"], process["started"])]
        told += [
            f"{process.get('name') or 'a process'} ({process['pid']}) still runs, left by{_command(note)}{_at(note)}: "
            f"`kill {process['pid']}` ends it"
            for process in running
        ]
        if not running:
            remove([path])
    return told


def _note(path: Path) -> dict[str, Any] | None:
    """What the note says, its processes those that can be looked for; None where it is none."""
    try:
        note = json_object(file_bytes(path), Problems())
    except OSError:
        return None
    processes = note.get("processes") if note else None
    if note is None or not isinstance(processes, list):
        return None
    usable = [process for process in processes if isinstance(process, dict) and _is_whole(process)]
    return {**note, "processes": usable} if len(usable) == len(processes) else None


def _is_whole(process: dict[str, Any]) -> bool:
    pid, started = process.get("pid"), process.get("started")
    return type(pid) is int and pid > 0 and type(started) is int


def is_running(pid: int, started: int) -> bool:
    """Whether the process still runs that began at that many clock ticks (proc(5)); its number may have a new owner."""
    try:
        stat = (PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return False
    fields = stat.rpartition(b")")[2].split()
    return len(fields) > 19 and fields[19] == str(started).encode() and fields[0] not in (b"Z", b"X")


def _command(note: dict[str, Any]) -> str:
    command = note.get("command")
    return f" {shlex.join(map(str, command))}" if isinstance(command, list) and command else " a command"


def _at(note: dict[str, Any]) -> str:
    at = note.get("at")
    if isinstance(at, bool) or not isinstance(at, (int, float)):
        return ""
    try:
        return f" at {utc_seconds(at)}"
    except (ValueError, OverflowError, OSError):
        return ""
