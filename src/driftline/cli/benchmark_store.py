"""The root that holds captures, and captures that lie elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from driftline.cli.progress import reading_progress
from driftline.errors import UserError

if TYPE_CHECKING:
    from driftline.artifacts.benchmark_config import BenchmarkConfig
    from driftline.store import Store

DirOption = Annotated[
    Path | None,
    typer.Option(
        "--baselines-dir", metavar="DIR", help="Where captures lie; else as configured, or <root>/benchmarks."
    ),
]


@contextmanager
def opened(root: Path | None, folder: Path | None, config: BenchmarkConfig, names: list[str]) -> Iterator[Store]:
    """The root with the captures of the folder, and those of the names that are files. Where there is no root, these
    alone."""
    from driftline.artifacts.history import history_folder
    from driftline.artifacts.scan import Places
    from driftline.benchmark_pairs import outside
    from driftline.places import writable_root
    from driftline.store import open_store

    chosen = folder or config.baselines_dir
    if folder and not folder.is_dir():
        raise UserError(f"no directory {folder}", "name the directory of the captures with --baselines-dir")
    places = Places(history_folder(), benchmarks=chosen.absolute() if chosen else None, files=outside(names))
    found = writable_root(root)
    with (
        reading_progress() as progress,
        open_store(found if found.is_dir() else Path(), progress, None, places) as store,
    ):
        yield store
