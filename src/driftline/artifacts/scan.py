"""Finds the artifacts of a root: regular files with a known name in a known place, each real directory once."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from driftline.errors import Problem

RUN_FILES = {
    "metrics.json": "metrics",
    "predictions.jsonl": "predictions",
    "fingerprint.json": "fingerprint",
    "baseline.json": "baseline",
    "run_summary.json": "run_summary",
    "diagnostics.jsonl": "diagnostics",
}
PROFILE_SUFFIXES = {".yaml": "profile", ".stage_truth.json": "stage_truth", ".monitor.log": "monitor_log"}
PARTIAL_SUFFIX = ".partial.yaml"
ROOT_FILES = {"releases.yaml": "releases", "driftline.toml": "settings"}
# Where baselines of platforms lie; the first one that names a metric of a platform counts.
BASELINE_FILES = ("performance_baselines.json", "tests/performance_baselines.json")
Signature = tuple[int, int, int, int]
Classify = Callable[[str, str], tuple[str, str] | None]
CATEGORIES = ("runs", "baselines", "references")
ROOT_MARKS = (
    *(f"eval/{name}" for name in CATEGORIES),
    "profiles",
    "releases.yaml",
    "history",
    "performance_baselines.json",
    "benchmarks",
    "noise",
    "gate.yaml",
    "driftline.toml",
)


@dataclass(frozen=True)
class Places:
    """Where what is tracked lies, if not where a root has it: the folder of the history, the file of the baselines of
    platforms, the folder of the versioned ones, and single files of these beside those of the folder."""

    history: Path | None = None
    baselines: Path | None = None
    benchmarks: Path | None = None
    files: tuple[Path, ...] = ()


class Found(NamedTuple):
    """One file below a root, or something unusable in its place.

    `rel` is its path below the root, `key` that of its run or profile, `fault` why it cannot be read.
    `signature` is (size, mtime_ns, ctime_ns, inode).
    """

    rel: str
    artifact: str
    key: str
    signature: Signature
    fault: Problem | None = None

    @property
    def shown(self) -> str:
        """The path as it may be stored and shown."""
        return printable(self.rel)


def printable(path: str) -> str:
    """The path with each byte that is no UTF-8 as `\\xff`, so that two names never become one."""
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "backslashreplace")


def looks_like_root(folder: Path) -> bool:
    """Whether the folder holds anything that a root may hold."""
    return any((folder / mark).exists() for mark in ROOT_MARKS)


def scan(root: Path, places: Places | None = None) -> list[Found]:
    """Every artifact below the root, and every thing that stands where an artifact should; and what is tracked, in the
    places that are named for it."""
    places = places or Places()
    found: list[Found] = []
    for name, artifact in ROOT_FILES.items():
        if os.path.lexists(root / name):
            found.append(_look(str(root / name), name, artifact, ""))
    found += _Walk(str(root), _run_artifact).below(*(f"eval/{category}" for category in CATEGORIES))
    found += _flat(root, "noise", "noise", (".jsonl",))
    for name in [_below(root, places.baselines)] if places.baselines else BASELINE_FILES:
        if os.path.lexists(root / name):
            found.append(_look(str(root / name), name, "platform_baselines", ""))
    found += _flat(root, _below(root, places.history, "history"), "history", (".jsonl",))
    found += _flat(root, _below(root, places.benchmarks, "benchmarks"), "benchmark", (".yaml", ".yml"))
    known = {file.rel for file in found}
    for name in dict.fromkeys(_below(root, file) for file in places.files):
        if name not in known:
            found.append(_look(str(root / name), name, "benchmark", printable(name)))
    return found + scan_profiles(root)


def _below(root: Path, place: Path | None, name: str = "") -> str:
    """The place as a path from the root, which may lead out of it."""
    return os.path.relpath(place, root) if place else name


def _flat(root: Path, folder: str, artifact: str, suffixes: tuple[str, ...]) -> list[Found]:
    """The files of a folder, and of none below it; their key is their name without the suffix."""

    def classify(where: str, name: str) -> tuple[str, str] | None:
        if where != folder or name.startswith(".") or not name.endswith(suffixes):
            return None
        return artifact, printable(name.rpartition(".")[0])

    return _Walk(str(root), classify).below(folder)


def scan_profiles(root: Path) -> list[Found]:
    """Every artifact below profiles/."""
    return _Walk(str(root), _profile_artifact).below("profiles")


def scan_partial_profiles(root: Path) -> list[Found]:
    """What measurements that were broken off left below profiles/."""
    return [found for found in _Walk(str(root), _partial_profile).below("profiles") if found.artifact != "folder"]


def _run_artifact(folder: str, name: str) -> tuple[str, str] | None:
    artifact = RUN_FILES.get(name)
    key = folder.removeprefix("eval/")
    return (artifact, printable(key)) if artifact and "/" in key else None


def _profile_artifact(folder: str, name: str) -> tuple[str, str] | None:
    # What a measurement that was broken off left is no profile.
    if name.startswith(".") or name == "regression_rules.yaml" or name.endswith(PARTIAL_SUFFIX):
        return None
    for suffix, artifact in PROFILE_SUFFIXES.items():
        if name.endswith(suffix):
            below = f"{folder}/{name[: -len(suffix)]}".removeprefix("profiles/")
            return artifact, printable(below)
    return None


def _partial_profile(folder: str, name: str) -> tuple[str, str] | None:
    if name.startswith(".") or not name.endswith(PARTIAL_SUFFIX):
        return None
    return "partial", printable(f"{folder}/{name.removesuffix('.yaml')}".removeprefix("profiles/"))


@dataclass
class _Walk:
    """Visits real directories before linked ones, so that a run keeps its own name whatever links to it."""

    root: str
    classify: Classify
    found: list[Found] = field(default_factory=list)
    seen: set[tuple[int, int]] = field(default_factory=set)
    folders: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)

    def below(self, *tops: str) -> list[Found]:
        self.links = [top for top in tops if os.path.lexists(os.path.join(self.root, top))]
        while self.folders or self.links:
            if self.folders:
                self._read(self.folders.pop())
            else:
                self._enter(self.links.pop(0))
        return self.found

    def _enter(self, rel: str) -> None:
        """A directory that may have been read already under another name."""
        path = os.path.join(self.root, rel)
        try:
            status = os.stat(path)
        except OSError as error:
            self._fault(rel, Problem("warning", f"the link leads nowhere: {error.strerror}", "remove the link"))
            return
        if not stat.S_ISDIR(status.st_mode):
            self._fault(rel, Problem("warning", "a directory was expected here", "move the file away"))
        elif f"{os.path.realpath(os.path.dirname(path))}/".startswith(f"{os.path.realpath(path)}/"):
            self._fault(rel, Problem("warning", "the link leads back to a directory that holds it", "remove the link"))
        elif (status.st_dev, status.st_ino) not in self.seen:
            self.folders.append(rel)
        else:
            self._fault(rel, Problem("info", "the link leads to a directory that is read under its own name", "none"))

    def _read(self, rel: str) -> None:
        path = os.path.join(self.root, rel)
        try:
            status = os.stat(path)
            with os.scandir(path) as entries:
                listing = sorted(entries, key=attrgetter("name"))
        except OSError as error:
            self._fault(rel, Problem("error", f"the directory cannot be read: {error.strerror}", "check its owner"))
            return
        if (status.st_dev, status.st_ino) in self.seen:
            return
        self.seen.add((status.st_dev, status.st_ino))
        classify, found = self.classify, self.found
        for entry in listing:
            below = f"{rel}/{entry.name}"
            known = classify(rel, entry.name)
            if known:
                found.append(_look(entry.path, below, *known))
            elif entry.is_symlink() and not os.path.isfile(entry.path):
                self.links.append(below)
            elif entry.is_dir(follow_symlinks=False):
                self.folders.append(below)

    def _fault(self, rel: str, problem: Problem) -> None:
        self.found.append(Found(rel, "folder", "", _signature_of_link(os.path.join(self.root, rel)), problem))


def _look(path: str, rel: str, artifact: str, key: str) -> Found:
    try:
        status = os.stat(path)
    except OSError as error:
        problem = Problem("error", f"the file cannot be reached: {error.strerror}", "mend or remove the link")
        return Found(rel, artifact, key, _signature_of_link(path), problem)
    signature = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    if stat.S_ISREG(status.st_mode):
        return Found(rel, artifact, key, signature)
    kind = _KINDS.get(stat.S_IFMT(status.st_mode), "no regular file")
    problem = Problem("error", f"a file was expected, this is {kind}", "move it away and write the file")
    return Found(rel, artifact, key, signature, problem)


_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def _signature_of_link(path: str) -> Signature:
    try:
        status = os.lstat(path)
    except OSError:
        return (-1, 0, 0, 0)
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
