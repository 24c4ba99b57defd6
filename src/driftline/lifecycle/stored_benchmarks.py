"""Finds which captures of benchmarks may be removed, and removes them. What another file names stays."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from driftline.artifacts.perf_baselines import read_benchmark
from driftline.artifacts.reading import file_bytes
from driftline.artifacts.rows import Batch
from driftline.artifacts.values import moment
from driftline.artifacts.yaml_text import load_mapping
from driftline.errors import Problems, UserError

# When it was measured, as the layouts that are in use call it.
TIMES = ("captured_at", "captured")
# Files of a root that may name a capture, and those of the project around it.
NAMING = ("driftline.toml", "gate.yaml", "releases.yaml", "performance_baselines.json")
BUILDING = ("Makefile", "tox.ini", ".gitlab-ci.yml")
WORKFLOWS = Path(".github", "workflows")
_WORD = re.compile(r"[A-Za-z0-9_.+-]+")


def removable(folder: Path, keep: int | None, name: str | None, named: set[str]) -> list[Path]:
    """The captures that are older than the `keep` newest, or the one of this name, oldest first.

    Never the newest, nor one of the `named`, nor a file that is no capture, nor, by age, one that tells no time. Raises
    UserError for a name that is none or must stay, and where the folder cannot be read.
    """
    files = [path for path in captures(folder) if is_capture(path)]
    times = {path: at for path in files if (at := captured_at(path)) is not None}
    by_age = sorted(times, key=lambda path: (times[path], path.name))
    newest = by_age[-1:]
    if name is None:
        older = by_age[: -max(1, keep or 1)]
        return [path for path in older if path.stem not in named]
    found = [path for path in files if path.stem == name]
    if not found:
        known = ", ".join(path.stem for path in files) or "there is none"
        if any(path.stem == name for path in captures(folder)):
            raise UserError(f"{folder / f'{name}.yaml'} is no capture: it stays", f"name one of these: {known}")
        raise UserError(f"there is no capture {name!r} in {folder}", f"name one of these: {known}")
    if found == newest:
        raise UserError(f"{found[0]} is the newest capture: it stays", "capture a newer one first")
    if name in named:
        raise UserError(f"{found[0]} is named by another file: it stays", "take its name out of there first")
    return found


def captures(folder: Path) -> list[Path]:
    """The files of a folder that may be captures, by name; none where there is no folder. Raises UserError."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".yaml" and path.is_file())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UserError(f"cannot read {folder}: {error.strerror}", "name the folder of the captures") from None


def is_capture(path: Path) -> bool:
    """Whether the file is a versioned baseline to those who read the root."""
    problems = Problems()
    try:
        data = file_bytes(path)
    except OSError:
        return False
    return load_mapping(data, problems) is not None and read_benchmark(data, path.stem, 0, Batch(), problems)


def captured_at(path: Path) -> str | None:
    """When it was captured, as text that sorts; None where the file does not tell."""
    try:
        document = load_mapping(file_bytes(path), Problems())
    except OSError:
        return None
    if document is None:
        return None
    return next((at for name in TIMES if (at := moment(document.content.get(name))) is not None), None)


def names_in(files: Iterable[Path], names: Iterable[str]) -> set[str]:
    """Those of the names that stand in one of the files as a word, with or without `.yaml`; files that are not there
    name none. Raises UserError for one that cannot be read: what it names is not known."""
    words: set[str] = set()
    for path in files:
        try:
            text = file_bytes(path).decode(errors="replace")
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise UserError(f"cannot read {path}: {error.strerror}", "what it names must not be removed") from None
        words.update(word.strip(".").removesuffix(".yaml") for word in _WORD.findall(text))
    return {name for name in names if name in words}


def naming_files(root: Path, project: Path) -> list[Path]:
    """The files that may name a capture: of the root, and of the project that it is measured in."""
    workflows = project / WORKFLOWS
    found = [*(root / name for name in NAMING), *(project / name for name in (*NAMING, *BUILDING))]
    return found + sorted(path for suffix in ("*.yml", "*.yaml") for path in workflows.glob(suffix))


def remove_captures(paths: Iterable[Path]) -> None:
    """Removes the files. Raises UserError at the first that cannot be removed."""
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise UserError(f"cannot remove {path}: {error.strerror}", "make its folder writable") from None
