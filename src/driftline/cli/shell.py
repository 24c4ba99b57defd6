"""Runs the duckdb shell of this environment over the model of a root."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from driftline.errors import UserError
from driftline.store import Store


def find_duckdb() -> str:
    """The `duckdb` beside this Python, else on the PATH."""
    beside = Path(sys.executable).with_name("duckdb")
    found = str(beside) if beside.exists() else shutil.which("duckdb")
    if found is None:
        raise UserError("no duckdb shell in this environment", "install it: pip install duckdb-cli")
    return found


def run(store: Store, options: list[str]) -> int:
    """Starts the shell with the model loaded and the options passed on; returns its exit code."""
    start = store.write_shell_file()
    root, keep = store.root, store.cache
    store.close()
    command = [find_duckdb(), "-init", str(start), *options]
    finished = subprocess.run(command, env={**os.environ, "DRIFTLINE_ROOT": str(root)}, check=False)
    del keep
    return finished.returncode
