"""Where things lie: the root that is asked, and the root that is written to."""

from __future__ import annotations

import os
from pathlib import Path

from driftline.artifacts.history import history_folder
from driftline.artifacts.scan import looks_like_root
from driftline.errors import UserError


def find_root(given: str | os.PathLike[str] | None = None, project: Path = Path()) -> Path:
    """The root to use: the given one, else DRIFTLINE_ROOT, else ./data or the current directory if it is one.

    Another `project` is looked into in place of the current directory.
    """
    named = given or os.environ.get("DRIFTLINE_ROOT")
    if named:
        root = Path(named)
        if not os.path.isdir(root):
            raise UserError(f"no directory {root}", "name the directory that holds eval/ or profiles/ with --root")
        return root.absolute()
    for folder in (project / "data", project):
        if looks_like_root(folder):
            return folder.absolute()
    # A history may lie apart, and then it is all there is.
    kept = history_folder()
    if kept and kept.is_dir():
        return kept.parent
    raise UserError(
        "no root here: neither ./data nor the current directory holds eval/, profiles/, history/ or releases.yaml",
        "name one with --root DIR, or make one: python -m driftline.demo --out data",
    )


def writable_root(given: str | os.PathLike[str] | None = None, project: Path = Path()) -> Path:
    """The given root, which may not be there yet, else the one that is found, else a new ./data; in the current
    directory, or in another `project`."""
    named = given or os.environ.get("DRIFTLINE_ROOT")
    if named:
        return Path(named).absolute()
    try:
        return find_root(project=project)
    except UserError:
        return (project / "data").absolute()
