"""A progress bar on stderr while a root is read; none where stderr is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from driftline.refresh import Progress


@contextmanager
def reading_progress() -> Iterator[Progress | None]:
    """A callback for `open_store` that draws a bar as soon as there is something to read."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TaskID, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: list[TaskID] = []

        def show(done: int, total: int) -> None:
            if not tasks:
                tasks.append(bar.add_task("reading", total=total))
            bar.update(tasks[0], completed=done, total=total)

        yield show
